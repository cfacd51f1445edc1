//! Tokens of SQL in any dialect: words, quoted names, numbers, strings, placeholders and punctuation; white space and
//! comments are passed over.
//!
//! Nothing says which dialect a statement is in, and the dialects disagree. What most of them have is taken:
//!
//! - `--` begins a comment, without white space after it too. `#` begins one unless a name or `>`, `-` follow it: `#t`
//!   is a table of SQL Server, `#>` an operator of PostgreSQL.
//! - `/* /* */ */` nests, and where that leaves a comment open, comments end at the first `*/`. The inside of MySQL's
//!   `/*! */` is part of the statement; hints (`/*+ */`) are comments.
//! - A backslash escapes in strings, and where that leaves a string open or puts a word right behind one, and strings
//!   without escapes do not, it is a character like others.
//! - `[name]` is a name of SQL Server unless it stands right behind a value, as an index does, or holds more than a name.
//!
//! Rules: the lexers of PostgreSQL (`scan.l`), MySQL (`sql_lex.cc`) and SQLite (`tokenize.c`). Every byte is looked at a
//! bounded number of times, whatever the text is.

use super::words::lookup;
use memchr::{memchr, memchr2, memmem};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// A keyword or a name without quotes, also `@@variable`, `#table` and MySQL's names that begin with a digit.
    Word,
    /// A name in backquotes or brackets, with them.
    QuotedName,
    /// In double quotes: a name in most dialects, a string in MySQL.
    DoubleQuoted,
    /// A number in any base, or a UUID without quotes as CQL has it.
    Number,
    /// A string, with its prefix: `'x'`, `N'x'`, `E'x'`, `B'x'`, `X'x'`, `U&'x'`, `$tag$x$tag$`, `q'[x]'`.
    String,
    /// `?`, `?1`, `$1`, `:name`, `@p1`, `%s`, `%(name)s`.
    Placeholder,
    /// An operator, a bracket, `,`, `.`, `;`.
    Punctuation,
    /// The last token of a text that ends within a token or comment, or in `...`.
    Cut,
}

/// A token and where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: TokenKind,
    /// The bytes before it.
    pub start: usize,
    /// Its own bytes.
    pub text: &'a [u8],
}

/// The tokens of a text, in order. Any bytes are legal; those beyond ASCII are letters.
#[must_use]
pub fn tokens(text: &[u8]) -> Vec<Token<'_>> {
    let mut escaped = Lexer::new(text, Backslash::Escapes);
    let tokens = escaped.all();
    if !escaped.saw_escape || escaped.flaws == 0 {
        return tokens;
    }
    let mut plain = Lexer::new(text, Backslash::Plain);
    let others = plain.all();
    if plain.flaws < escaped.flaws { others } else { tokens }
}

/// The first tokens of a text.
pub(super) fn first_tokens(text: &[u8], count: usize) -> Vec<Token<'_>> {
    let mut lexer = Lexer::new(text, Backslash::Escapes);
    std::iter::from_fn(|| lexer.next()).take(count).collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Backslash {
    Escapes,
    Plain,
}

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    backslash: Backslash,
    saw_escape: bool,
    /// Signs that backslashes were read wrongly.
    flaws: usize,
    nests: bool,
    /// Within `/*! */`.
    executable: bool,
    previous: Option<Token<'a>>,
}

impl<'a> Lexer<'a> {
    fn new(text: &'a [u8], backslash: Backslash) -> Lexer<'a> {
        Lexer {
            text,
            at: 0,
            backslash,
            saw_escape: false,
            flaws: 0,
            nests: true,
            executable: false,
            previous: None,
        }
    }

    fn all(&mut self) -> Vec<Token<'a>> {
        // Few statements have more tokens than one in four bytes; long ones are long by their strings.
        let mut tokens = Vec::with_capacity((self.text.len() / 4).min(256));
        while let Some(token) = self.next() {
            tokens.push(token);
        }
        tokens
    }

    fn next(&mut self) -> Option<Token<'a>> {
        let (start, token) = match self.skip() {
            Skipped::End => return None,
            Skipped::Open(start) => (start, None),
            Skipped::To(start) => (start, self.token(start)),
        };
        let (kind, end) = token.unwrap_or((TokenKind::Cut, self.text.len()));
        let token = Token { kind, start, text: &self.text[start..end] };
        self.at = end;
        self.previous = Some(token);
        Some(token)
    }

    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(b' ')
    }

    /// Passes over white space and comments.
    fn skip(&mut self) -> Skipped {
        let text = self.text;
        while let Some(&byte) = text.get(self.at) {
            let start = self.at;
            match (byte, self.byte(start + 1)) {
                (..=b' ' | 0x7f, _) => self.at += 1,
                (b'-', b'-') => self.at = line_end(text, start),
                (b'#', next) if !is_word(next) && next != b'>' && !self.is_hash_minus(start) => {
                    if next == b'#' && is_word(self.byte(start + 2)) {
                        return Skipped::To(start);
                    }
                    self.at = line_end(text, start);
                }
                (b'/', b'*') if text.get(start + 2) == Some(&b'!') => {
                    self.executable = true;
                    let version = text[start + 3..].iter().take_while(|byte| byte.is_ascii_digit());
                    self.at += 3 + version.count();
                }
                (b'*', b'/') if self.executable => {
                    self.executable = false;
                    self.at += 2;
                }
                (b'/', b'*') => match self.comment_end(start) {
                    Some(end) => self.at = end,
                    None => return Skipped::Open(start),
                },
                _ => return Skipped::To(start),
            }
        }
        Skipped::End
    }

    fn is_hash_minus(&self, hash: usize) -> bool {
        self.byte(hash + 1) == b'-' && self.byte(hash + 2) != b'-'
    }

    fn comment_end(&mut self, start: usize) -> Option<usize> {
        let text = self.text;
        if self.nests {
            let (mut at, mut depth) = (start + 2, 1);
            while let Some(found) = memchr2(b'*', b'/', &text[at..]) {
                at += found;
                match (text[at], text.get(at + 1)) {
                    (b'*', Some(b'/')) => {
                        at += 2;
                        depth -= 1;
                        if depth == 0 {
                            return Some(at);
                        }
                    }
                    (b'/', Some(b'*')) => {
                        at += 2;
                        depth += 1;
                    }
                    _ => at += 1,
                }
            }
            self.nests = false;
        }
        memmem::find(&text[start + 2..], b"*/").map(|found| start + 2 + found + 2)
    }

    /// The kind and the end of the token that starts here; none where the text ends within it.
    fn token(&mut self, start: usize) -> Option<(TokenKind, usize)> {
        use TokenKind::{DoubleQuoted, Number, Placeholder, Punctuation, QuotedName, Word};
        let (byte, next) = (self.byte(start), self.byte(start + 1));
        Some(match byte {
            b'0'..=b'9' => match uuid(&self.text[start..]) {
                Some(length) => (Number, start + length),
                None => self.number(start),
            },
            _ if is_word_start(byte) => return self.word(start),
            b'\'' => return self.string(start, start, self.backslash),
            b'"' => return self.string(start, start, self.backslash).map(|(_, end)| (DoubleQuoted, end)),
            b'`' => (QuotedName, self.quoted(start, b'`', Backslash::Plain)?),
            b'[' if !self.is_index(start) => match self.bracketed(start) {
                Bracketed::Name(end) => (QuotedName, end),
                Bracketed::Open => return None,
                Bracketed::Other => (Punctuation, start + 1),
            },
            b'.' => return self.dots(start),
            b'?' => (Placeholder, start + 1 + digits(&self.text[start + 1..])),
            b'$' => return self.dollar(start),
            b':' if is_word(next) && !self.is_within(start) => (Placeholder, self.word_end(start + 1)),
            b'@' if next == b'@' && is_word_start(self.byte(start + 2)) && !self.is_behind_name(start) => {
                (Word, self.word_end(start + 2))
            }
            b'@' if is_word(next) && !self.is_behind_name(start) => (Placeholder, self.word_end(start + 1)),
            b'#' if is_word(next) || next == b'#' => {
                (Word, self.word_end(start + 1 + usize::from(next == b'#')))
            }
            b'%' => match self.percent(start) {
                Some(end) => (Placeholder, end),
                None => (Punctuation, self.operator_end(start)),
            },
            _ => (Punctuation, self.operator_end(start)),
        })
    }

    fn word(&mut self, start: usize) -> Option<(TokenKind, usize)> {
        if self.text[start].is_ascii_hexdigit()
            && let Some(length) = uuid(&self.text[start..])
        {
            return Some((TokenKind::Number, start + length));
        }
        let end = self.word_end(start);
        match (&self.text[start..end], self.byte(end)) {
            (b"E" | b"e", b'\'') => self.string(start, end, Backslash::Escapes),
            (b"N" | b"n" | b"B" | b"b" | b"X" | b"x", b'\'') => self.string(start, end, self.backslash),
            (b"R" | b"r", b'\'') => self.string(start, end, Backslash::Plain),
            (b"U" | b"u", b'&') if self.byte(end + 1) == b'\'' => {
                self.string(start, end + 1, Backslash::Plain)
            }
            (b"Q" | b"q" | b"NQ" | b"Nq" | b"nQ" | b"nq", b'\'') => self.oracle_quoted(start, end),
            _ => Some((TokenKind::Word, end)),
        }
    }

    /// The end of the word that `at` is in; `#` is part of one unless it begins an operator of PostgreSQL.
    fn word_end(&self, mut at: usize) -> usize {
        while let Some(&byte) = self.text.get(at)
            && (is_word(byte)
                || byte == b'$'
                || (byte == b'#' && !matches!(self.text.get(at + 1), Some(b'>' | b'-' | b'#'))))
        {
            at += 1;
        }
        at
    }

    fn number(&self, start: usize) -> (TokenKind, usize) {
        let rest = &self.text[start..];
        let word = start + rest.iter().take_while(|&&byte| is_word(byte)).count();
        let whole = &self.text[start..word];
        let end = match rest {
            [b'0', b'x' | b'X', ..] if whole.len() > 2 && whole[2..].iter().all(u8::is_ascii_hexdigit) => {
                word
            }
            [b'0', b'b' | b'B', digits @ ..]
                if matches!(digits.first(), Some(b'0' | b'1'))
                    && whole[2..].iter().all(|digit| matches!(digit, b'0' | b'1')) =>
            {
                word
            }
            _ => start + decimal(rest),
        };
        // Ids in base 16 are values without quotes too; `2fa_codes` is a name.
        const LONG_HEX: usize = 12;
        if end >= word || (whole.len() >= LONG_HEX && whole.iter().all(u8::is_ascii_hexdigit)) {
            return (TokenKind::Number, end.max(word));
        }
        match &self.text[end..word] {
            b"L" | b"l" | b"D" | b"d" | b"F" | b"f" | b"BD" | b"bd" => (TokenKind::Number, word),
            _ if self.text[start..end].iter().all(u8::is_ascii_digit) => (TokenKind::Word, word),
            _ => (TokenKind::Number, end),
        }
    }

    /// A string whose quote is at `quote` and whose prefix starts at `start`.
    fn string(&mut self, start: usize, quote: usize, backslash: Backslash) -> Option<(TokenKind, usize)> {
        debug_assert!(start <= quote);
        let Some(end) = self.quoted(quote, self.text[quote], backslash) else {
            self.flaws += 1;
            return None;
        };
        if self.text.get(end).is_some_and(|&byte| is_word(byte)) {
            self.flaws += 2;
        }
        Some((TokenKind::String, end))
    }

    /// The end of what is between quotes; doubled ones are part of it.
    fn quoted(&mut self, start: usize, quote: u8, backslash: Backslash) -> Option<usize> {
        let text = self.text;
        let mut at = start + 1;
        loop {
            at += match backslash {
                Backslash::Escapes => memchr2(quote, b'\\', text.get(at..)?)?,
                Backslash::Plain => memchr(quote, text.get(at..)?)?,
            };
            if text[at] == b'\\' {
                self.saw_escape |= matches!(text.get(at + 1), Some(b'\\' | b'\'' | b'"') | None);
                at += 2;
            } else if text.get(at + 1) == Some(&quote) {
                at += 2;
            } else {
                return Some(at + 1);
            }
        }
    }

    /// `q'[it's]'`.
    fn oracle_quoted(&mut self, start: usize, quote: usize) -> Option<(TokenKind, usize)> {
        let close = match self.byte(quote + 1) {
            b'[' => b']',
            b'{' => b'}',
            b'(' => b')',
            b'<' => b'>',
            other @ (b'!' | b'|' | b'~' | b'/' | b'#' | b'^' | b'"') => other,
            _ => return self.string(start, quote, self.backslash),
        };
        let found = memmem::find(&self.text[quote + 2..], &[close, b'\''])?;
        Some((TokenKind::String, quote + 2 + found + 2))
    }

    fn dollar(&self, start: usize) -> Option<(TokenKind, usize)> {
        let rest = &self.text[start + 1..];
        let length = rest.iter().take_while(|&&byte| is_word(byte)).count();
        let is_tag = !rest[..length].first().is_some_and(u8::is_ascii_digit);
        if is_tag && rest.get(length) == Some(&b'$') {
            let (tag, body) = self.text[start..].split_at(length + 2);
            let found = memmem::find(body, tag)?;
            return Some((TokenKind::String, start + tag.len() + found + tag.len()));
        }
        let kind = if length > 0 { TokenKind::Placeholder } else { TokenKind::Punctuation };
        Some((kind, start + 1 + length))
    }

    /// The end of `%s`, `%d` or `%(name)s`, which are no remainders.
    fn percent(&self, start: usize) -> Option<usize> {
        if self.is_behind_value(start) {
            return None;
        }
        let mut at = start + 1;
        if self.byte(at) == b'(' {
            at += 1;
            at += self.text[at..].iter().take_while(|&&byte| is_word(byte)).count();
            if at == start + 2 || self.byte(at) != b')' {
                return None;
            }
            at += 1;
        }
        (matches!(self.byte(at), b's' | b'd') && !is_word(self.byte(at + 1))).then_some(at + 1)
    }

    fn dots(&self, start: usize) -> Option<(TokenKind, usize)> {
        let rest = &self.text[start..];
        let dots = rest.iter().take_while(|&&byte| byte == b'.').count();
        if dots >= 3 {
            // Three dots are what tools put where they cut.
            let is_end = rest[dots..].iter().all(|byte| matches!(byte, 0..=b' ' | 0x7f));
            return (!is_end).then_some((TokenKind::Punctuation, start + dots));
        }
        let joins = self.is_behind_name(start) || self.behind(start).is_some_and(|token| token.text == b".");
        if dots == 1 && self.byte(start + 1).is_ascii_digit() && !joins {
            return Some(self.number(start));
        }
        Some((TokenKind::Punctuation, start + 1))
    }

    fn bracketed(&self, start: usize) -> Bracketed {
        let name = &self.text[start + 1..];
        if !name.first().is_some_and(|&byte| is_word_start(byte) || matches!(byte, b'#' | b'@')) {
            return Bracketed::Other;
        }
        let is_name =
            |byte: &u8| is_word(*byte) || matches!(byte, b' ' | b'-' | b'/' | b'#' | b'$' | b'&' | b'@');
        let length = name.iter().take_while(|byte| is_name(byte)).count();
        match name.get(length) {
            Some(b']') => Bracketed::Name(start + 1 + length + 1),
            Some(_) => Bracketed::Other,
            None => Bracketed::Open,
        }
    }

    fn behind(&self, start: usize) -> Option<Token<'a>> {
        self.previous.filter(|token| token.start + token.text.len() == start)
    }

    fn is_behind_name(&self, start: usize) -> bool {
        self.behind(start).is_some_and(|token| {
            matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::DoubleQuoted)
                || token.text == b"]"
        })
    }

    fn is_behind_value(&self, start: usize) -> bool {
        self.behind(start).is_some_and(|token| match token.kind {
            TokenKind::Punctuation => matches!(token.text, b")" | b"]"),
            _ => true,
        })
    }

    /// Whether a bracket here takes an element of what is before it.
    fn is_index(&self, start: usize) -> bool {
        self.is_behind_value(start)
            && self.previous.is_some_and(|token| {
                token.kind != TokenKind::Word || lookup(token.text).is_none_or(|(_, role)| role.takes_index())
            })
    }

    /// Whether a colon here is within something, as in `a[1:n]` and `document:field`, and begins no placeholder.
    fn is_within(&self, start: usize) -> bool {
        self.is_behind_name(start)
            || self.previous.is_some_and(|token| match token.kind {
                TokenKind::Number | TokenKind::String | TokenKind::Placeholder => true,
                TokenKind::Punctuation => matches!(token.text, b")" | b"]"),
                _ => false,
            })
    }

    fn operator_end(&self, start: usize) -> usize {
        const FIRST: &[u8] = b"!#%&*+-/:<=>@^|~";
        const LONG: [&[u8]; 42] = [
            b"!~~*", b"<=>", b"->>", b"#>>", b"!~*", b"!~~", b"~~*", b"<->", b"<#>", b"<+>", b"-|-", b"||/",
            b"<=", b">=", b"<>", b"!=", b"==", b"||", b"&&", b"::", b":=", b"=>", b"->", b"#>", b"#-", b"@>",
            b"<@", b"@@", b"@?", b"<<", b">>", b"~*", b"!~", b"~~", b"|/", b"+=", b"*=", b"/=", b"%%", b"^=",
            b"&<", b"&>",
        ];
        let rest = &self.text[start..];
        let next = self.byte(start + 1);
        if !FIRST.contains(&rest[0]) || !(FIRST.contains(&next) || next == b'?') {
            return start + 1;
        }
        let is_whole = |long: &[u8]| match (long, self.byte(start + long.len())) {
            // Comments begin within operators; `a<@p` compares with a parameter.
            ([.., b'/'], b'*') | ([.., b'-'], b'-') => false,
            (b"<@", behind) => !is_word(behind),
            _ => true,
        };
        start + LONG.iter().find(|long| rest.starts_with(long) && is_whole(long)).map_or(1, |long| long.len())
    }
}

enum Skipped {
    To(usize),
    /// A comment from here to the end of the text.
    Open(usize),
    End,
}

enum Bracketed {
    Name(usize),
    Open,
    Other,
}

fn is_word_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || !byte.is_ascii()
}

/// By a table, because it is asked for most bytes.
pub(super) fn is_word(byte: u8) -> bool {
    const WORD: [bool; 256] = {
        let mut word = [false; 256];
        let mut byte = 0;
        while byte < 256 {
            let known = byte as u8;
            word[byte] = known.is_ascii_alphanumeric() || known == b'_' || !known.is_ascii();
            byte += 1;
        }
        word
    };
    WORD[byte as usize]
}

fn line_end(text: &[u8], start: usize) -> usize {
    memchr2(b'\n', b'\r', &text[start..]).map_or(text.len(), |found| start + found)
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

/// The length of a decimal number that `text` starts with: `1_000`, `1.5`, `.5`, `1.`, `1e-3`.
fn decimal(text: &[u8]) -> usize {
    let mut end = 0;
    while let Some(&byte) = text.get(end)
        && (byte.is_ascii_digit()
            || (byte == b'_' && end > 0 && text.get(end + 1).is_some_and(u8::is_ascii_digit)))
    {
        end += 1;
    }
    if text.get(end) == Some(&b'.') && text.get(end + 1) != Some(&b'.') {
        end += 1 + digits(&text[end + 1..]);
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(text.get(end + 1 + sign..).unwrap_or_default());
        if exponent > 0 {
            end += 1 + sign + exponent;
        }
    }
    end
}

/// The length of a UUID that `text` starts with.
fn uuid(text: &[u8]) -> Option<usize> {
    const LENGTH: usize = 36;
    const DASHES: [usize; 4] = [8, 13, 18, 23];
    if text.get(DASHES[0]) != Some(&b'-') {
        return None;
    }
    let whole = text
        .get(..LENGTH)?
        .iter()
        .enumerate()
        .all(|(at, byte)| if DASHES.contains(&at) { *byte == b'-' } else { byte.is_ascii_hexdigit() });
    (whole && !text.get(LENGTH).is_some_and(|&byte| is_word(byte))).then_some(LENGTH)
}
