//! The normal form of a statement, which is the same for every value it is run with.
//!
//! One pass over the tokens writes it. Two things are written late: signs and names of date types, which may belong to a
//! literal that follows, and the `;` between statements. Two are taken back: elements of a list and rows that are like
//! the one before. What is open (lists, parentheses) is a stack and a depth, so that depth of nesting costs no stack.

use super::lexer::{Token, TokenKind, is_word, tokens};
use super::lists::{List, ListKind, Plus, is_row};
use super::quotes::DoubleQuotes;
use super::words::{Role, lookup};

/// The normal form of a statement, or of several in one text; see [the module](super) for what it is like.
///
/// ```
/// use analyzer_core::sql::fingerprint;
///
/// let statement = b"select name from t1 where id in (1, 2, 3) and at > date '2026-01-31' -- by id";
/// assert_eq!(fingerprint(statement), b"SELECT name FROM t1 WHERE id IN (?+) AND at > ?");
/// ```
#[must_use]
pub fn fingerprint(statement: &[u8]) -> Vec<u8> {
    let mut tokens = tokens(statement);
    // A text ends where its last statement does.
    let cut = tokens.pop_if(|token| token.kind == TokenKind::Cut);
    while tokens.pop_if(|token| token.text == b";").is_some() {}
    tokens.extend(cut);
    let mut writer = Writer::new(DoubleQuotes::of(&tokens));
    writer.out.reserve(statement.len().min(512));
    for (at, token) in tokens.iter().enumerate() {
        writer.token(token, tokens.get(at + 1));
    }
    writer.finish()
}

/// What was written last, as far as it decides about what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last {
    /// Nothing, or `;`.
    Start,
    Name,
    ListFunction,
    Keyword,
    /// A keyword that ends a value.
    EndsValue,
    In,
    Array,
    Duplicate,
    /// `?` for a number or placeholder.
    Value,
    /// `?` for a string.
    Text,
    /// An operator or keyword that compares with what follows.
    Compares,
    Operator,
    Star,
    Ellipsis,
    Cast,
    Colon,
    Open,
    Close,
    CloseBracket,
    Comma,
    Dot,
}

/// What is not written before it is known whether a literal follows.
#[derive(Clone, Copy)]
enum Held<'a> {
    Sign(&'a [u8]),
    Date(&'a [u8]),
}

/// A fingerprint as far as it is written.
pub(super) struct Writer<'a> {
    pub(super) out: Vec<u8>,
    quotes: DoubleQuotes,
    pub(super) last: Last,
    /// Whether a bracket behind it takes an element.
    pub(super) indexable: bool,
    dots: usize,
    /// Whether the dot written last joins names, where it begins no number.
    joins: bool,
    semicolon: bool,
    held: Vec<Held<'a>>,
    pub(super) lists: Vec<List>,
    pub(super) depth: usize,
    /// How many values were written.
    pub(super) values: usize,
    /// The run of `+` that was written last.
    pub(super) plus: Option<Plus>,
    cut: bool,
}

const CUT: &[u8] = b"...";

impl<'a> Writer<'a> {
    fn new(quotes: DoubleQuotes) -> Writer<'a> {
        Writer {
            out: Vec::new(),
            quotes,
            last: Last::Start,
            indexable: false,
            dots: 0,
            joins: false,
            semicolon: false,
            held: Vec::new(),
            lists: Vec::new(),
            depth: 0,
            values: 0,
            plus: None,
            cut: false,
        }
    }

    fn token(&mut self, token: &Token<'a>, next: Option<&Token<'a>>) {
        if self.is_mark_between_rows(token) {
            return;
        }
        match token.kind {
            TokenKind::Word => self.word(token.text, next),
            TokenKind::QuotedName => self.name(quoted_name(token.text)),
            TokenKind::DoubleQuoted if self.is_string(token.text, next) => self.value(Last::Text),
            TokenKind::DoubleQuoted => self.name(token.text),
            TokenKind::Number | TokenKind::Placeholder => self.value(Last::Value),
            TokenKind::String => self.value(Last::Text),
            TokenKind::Punctuation => self.punctuation(token.text, next),
            TokenKind::Cut => self.cut = true,
        }
    }

    /// What came before, written or held.
    fn before(&self) -> Last {
        match self.held.last() {
            None => self.last,
            Some(Held::Sign(_)) => Last::Operator,
            Some(Held::Date(_)) => Last::Name,
        }
    }

    fn word(&mut self, text: &'a [u8], next: Option<&Token<'a>>) {
        let is_next = |text: &[u8]| next.is_some_and(|next| next.text == text);
        if self.before() == Last::Dot || is_next(b".") {
            self.name(text);
            self.indexable = lookup(text).is_none_or(|(_, role)| role.takes_index());
            return;
        }
        let Some(found) = lookup(text) else { return self.name(text) };
        match found.1 {
            Role::Keyword | Role::Query | Role::Table => self.keyword(found, Last::Keyword),
            Role::Value => self.keyword(found, Last::EndsValue),
            Role::In => self.keyword(found, Last::In),
            Role::Compares => self.keyword(found, Last::Compares),
            Role::Array => self.keyword(found, Last::Array),
            Role::Duplicate => self.keyword(found, Last::Duplicate),
            Role::Key if self.before() == Last::Duplicate => self.keyword(found, Last::Keyword),
            Role::Verb if self.before() == Last::Start => self.keyword(found, Last::Keyword),
            Role::Constant => match self.before() {
                Last::Open | Last::Comma | Last::Operator | Last::Compares => self.value(Last::Value),
                _ => self.keyword(found, Last::EndsValue),
            },
            Role::Values => {
                self.keyword(found, Last::Keyword);
                if next.is_some_and(|next| next.text == b"(" || is_row(next)) {
                    self.lists.push(self.list(ListKind::Rows));
                }
            }
            Role::Function if is_next(b"(") => self.keyword(found, Last::Name),
            Role::ListFunction if is_next(b"(") => self.keyword(found, Last::ListFunction),
            Role::Date => self.held.push(Held::Date(text)),
            Role::Reserved | Role::Function | Role::ListFunction | Role::Verb | Role::Key => self.name(text),
        }
    }

    fn keyword(&mut self, (keyword, role): (&'static str, Role), last: Last) {
        self.flush();
        self.write(keyword.as_bytes(), last);
        self.indexable = role.takes_index();
    }

    fn name(&mut self, name: &[u8]) {
        self.flush();
        self.write(name, Last::Name);
        self.indexable = true;
    }

    fn value(&mut self, last: Last) {
        // Strings side by side are one literal in parts.
        if last == Last::Text && self.last == Last::Text && self.held.is_empty() {
            return;
        }
        self.held.clear();
        self.write(b"?", last);
        self.indexable = true;
        self.values += 1;
    }

    /// Whether double quotes are around a string.
    fn is_string(&self, text: &[u8], next: Option<&Token<'_>>) -> bool {
        if text.contains(&b'\\') {
            return true;
        }
        if self.before() == Last::Dot || next.is_some_and(|next| next.text == b".") {
            return false;
        }
        match self.quotes {
            DoubleQuotes::Names => false,
            DoubleQuotes::Strings => true,
            DoubleQuotes::ByPosition => match self.before() {
                Last::Compares => true,
                Last::Open | Last::Comma => self.lists.last().is_some_and(|list| match list.kind {
                    ListKind::Elements => list.depth == self.depth,
                    ListKind::Rows => list.depth + 1 == self.depth,
                }),
                _ => false,
            },
        }
    }

    fn punctuation(&mut self, text: &'a [u8], next: Option<&Token<'a>>) {
        match text {
            b"," if self.held.is_empty() => return self.comma(),
            b"+" | b"-" if self.is_prefix() => return self.held.push(Held::Sign(text)),
            b";" => self.flush_whole(),
            _ => self.flush(),
        }
        match text {
            b"(" | b"[" => self.open(text, next),
            b")" | b"]" => self.close(text),
            b"," => self.comma(),
            b";" => self.end_statement(),
            // Two dots are a name left out (`db..t`), three would be a mark.
            b"." if self.last == Last::Dot && self.dots == 2 => {}
            b"." => {
                self.joins = matches!(self.last, Last::Name | Last::CloseBracket | Last::Dot);
                self.dots = if self.last == Last::Dot { 2 } else { 1 };
                self.write(text, Last::Dot);
            }
            b"*" => self.write(text, Last::Star),
            b"::" => self.write(text, Last::Cast),
            b":" if self.is_behind_value() || self.is_behind_keyword() => self.write(text, Last::Colon),
            b"=" | b"<>" | b"!=" | b"<" | b">" | b"<=" | b">=" | b"<=>" | b"==" => {
                self.write(text, Last::Compares);
            }
            _ if text.starts_with(CUT) => self.write(CUT, Last::Ellipsis),
            _ => self.write(text, Last::Operator),
        }
    }

    /// Whether a sign here belongs to what follows.
    fn is_prefix(&self) -> bool {
        match self.held.last() {
            Some(Held::Sign(_)) => true,
            Some(Held::Date(_)) => false,
            None => !self.is_behind_value(),
        }
    }

    pub(super) fn is_behind_value(&self) -> bool {
        matches!(
            self.last,
            Last::Name
                | Last::EndsValue
                | Last::Value
                | Last::Text
                | Last::Close
                | Last::CloseBracket
                | Last::ListFunction
        )
    }

    fn is_behind_keyword(&self) -> bool {
        matches!(self.last, Last::Keyword | Last::In | Last::Array | Last::Duplicate)
    }

    fn open(&mut self, text: &[u8], next: Option<&Token<'_>>) {
        let is_list = match text {
            b"(" => {
                let is_query = next.is_some_and(|next| {
                    next.kind == TokenKind::Word
                        && matches!(lookup(next.text), Some((_, Role::Query | Role::Values)))
                });
                matches!(self.last, Last::In | Last::ListFunction) && !is_query
            }
            _ => self.last == Last::Array || !self.indexable,
        };
        if let Some(rows) = self.lists.last_mut().filter(|list| list.kind == ListKind::Rows)
            && rows.depth == self.depth
        {
            rows.expects = false;
        }
        self.write(text, Last::Open);
        self.depth += 1;
        if is_list {
            self.lists.push(self.list(ListKind::Elements));
        }
    }

    fn end_statement(&mut self) {
        self.unwind();
        self.depth = 0;
        self.semicolon |= self.last != Last::Start;
        self.last = Last::Start;
        self.indexable = false;
    }

    pub(super) fn flush(&mut self) {
        for at in 0..self.held.len() {
            match self.held[at] {
                Held::Sign(sign) => self.write(sign, Last::Operator),
                Held::Date(name) => {
                    self.write(name, Last::Name);
                    self.indexable = true;
                }
            }
        }
        self.held.clear();
    }

    /// Where nothing follows that a sign could belong to.
    fn flush_whole(&mut self) {
        while self.held.pop_if(|held| matches!(held, Held::Sign(_))).is_some() {}
        self.flush();
    }

    pub(super) fn write(&mut self, text: &[u8], next: Last) {
        let end = self.out.len();
        if std::mem::take(&mut self.semicolon) {
            self.out.extend_from_slice(b"; ");
        } else if self.is_spaced(text, next) {
            self.out.push(b' ');
        }
        let behind_value = self.is_behind_value();
        self.plus = (text == b"+").then(|| self.plus.unwrap_or(Plus { start: end, behind_value }));
        self.out.extend_from_slice(text);
        self.last = next;
        self.indexable = false;
    }

    /// Whether there is a space before this. Without one no two tokens become another.
    fn is_spaced(&self, text: &[u8], next: Last) -> bool {
        match (self.last, next) {
            (Last::Start | Last::Open, _)
            | (_, Last::Close | Last::CloseBracket | Last::Comma | Last::Colon) => false,
            (last, Last::Dot) => last == Last::Ellipsis,
            (Last::Dot, Last::Name) => !self.joins && text[0].is_ascii_digit(),
            (Last::Dot, Last::Value | Last::Text | Last::Star) => false,
            (_, Last::Cast) => !self.is_behind_value(),
            (Last::Cast | Last::Colon, Last::Name | Last::Keyword | Last::EndsValue) => false,
            (Last::Colon, Last::Value | Last::Text) => false,
            // A bracket may be a name as well.
            (Last::Dot | Last::Cast | Last::Colon, Last::Open) if text == b"[" => false,
            (_, Last::Open) if text == b"[" => !self.indexable,
            (Last::Name | Last::ListFunction | Last::CloseBracket, Last::Open) => false,
            _ => true,
        }
    }

    fn finish(mut self) -> Vec<u8> {
        let ends_within = matches!(
            self.before(),
            Last::Comma
                | Last::Dot
                | Last::Operator
                | Last::Compares
                | Last::Cast
                | Last::Colon
                | Last::Open
                | Last::Ellipsis
        );
        let cut = self.cut || self.depth > 0 || ends_within;
        self.flush_whole();
        self.unwind();
        if cut {
            if self.out.last() == Some(&b'.') {
                self.out.push(b' ');
            }
            self.out.extend_from_slice(CUT);
        }
        self.out
    }
}

/// A name without the backquotes that it does not need.
fn quoted_name(text: &[u8]) -> &[u8] {
    match text {
        [b'`', name @ .., b'`']
            if name.first().is_some_and(|first| !first.is_ascii_digit())
                && name.iter().all(|&byte| is_word(byte))
                && lookup(name).is_none() =>
        {
            name
        }
        _ => text,
    }
}
