//! Lists of values and rows, whose number is no part of a statement: an element like the one before is taken back, and
//! the first gets a mark.
//!
//! A list is a place in what was written. Lists within lists are a stack, ended from the inside.

use super::fingerprint::{Last, Writer};
use super::lexer::{Token, TokenKind};

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ListKind {
    /// Values in parentheses or brackets.
    Elements,
    /// Rows after `VALUES`.
    Rows,
}

/// A list whose number of elements does not matter. Places are lengths of what was written.
pub(super) struct List {
    pub(super) kind: ListKind,
    /// That of its elements.
    pub(super) depth: usize,
    pub(super) start: usize,
    pub(super) values: usize,
    /// The element before, if it holds a value; without its mark.
    pub(super) previous: Option<(usize, usize)>,
    /// Whether a row must follow.
    pub(super) expects: bool,
}

/// A run of `+`, the last of which may be a mark.
#[derive(Clone, Copy)]
pub(super) struct Plus {
    /// The length of what was written before.
    pub(super) start: usize,
    /// Whether that ends in a value.
    pub(super) behind_value: bool,
}

const MARK: u8 = b'+';

impl Writer<'_> {
    pub(super) fn close(&mut self, text: &[u8]) {
        while let Some(list) = self.lists.pop_if(|list| self.depth > 0 && list.depth == self.depth) {
            self.end_element(list);
        }
        self.depth = self.depth.saturating_sub(1);
        self.write(text, if text == b")" { Last::Close } else { Last::CloseBracket });
        self.indexable = true;
    }

    pub(super) fn comma(&mut self) {
        let ended = self.lists.pop_if(|list| list.depth == self.depth).map(|list| self.end_element(list));
        self.write(b",", Last::Comma);
        if let Some(list) = ended {
            let expects = list.kind == ListKind::Rows;
            self.lists.push(List { start: self.out.len(), values: self.values, expects, ..list });
        }
    }

    pub(super) fn list(&self, kind: ListKind) -> List {
        let expects = kind == ListKind::Rows;
        let (depth, start, values) = (self.depth, self.out.len(), self.values);
        List { kind, depth, start, values, previous: None, expects }
    }

    /// Ends the rows after `VALUES` where something else follows, and says whether a token is their mark.
    pub(super) fn is_mark_between_rows(&mut self, token: &Token<'_>) -> bool {
        let Some(rows) = self.lists.last() else { return false };
        if rows.kind != ListKind::Rows || rows.depth != self.depth || token.kind == TokenKind::Cut {
            return false;
        }
        let goes_on = match token.text {
            b"(" => rows.expects,
            b"," => !rows.expects,
            b"+" if !rows.expects && self.values > rows.values => return true,
            _ => rows.expects && is_row(token) && self.last != Last::Name,
        };
        if !goes_on && let Some(rows) = self.lists.pop() {
            self.end_element(rows);
        }
        false
    }

    /// Marks an element that holds values, or takes it back where it is like the one before.
    fn end_element(&mut self, mut list: List) -> List {
        self.flush();
        let ends_in_value =
            self.take_back_marks(&list).map_or_else(|| self.is_behind_value(), |plus| plus.behind_value);
        let (start, end) = (self.element(&list), self.out.len());
        match list.previous {
            _ if self.values == list.values || !ends_in_value => list.previous = None,
            Some((from, to)) if self.out[from..to] == self.out[start..end] => self.out.truncate(to + 1),
            _ => {
                list.previous = Some((start, end));
                self.out.push(MARK);
            }
        }
        if list.kind == ListKind::Rows && list.previous.is_some() {
            // What follows is behind the mark, not behind a value.
            (self.last, self.indexable) = (Last::Star, false);
        }
        list
    }

    /// Where the last element of a list starts.
    fn element(&self, list: &List) -> usize {
        list.start + usize::from(self.out.get(list.start) == Some(&b' '))
    }

    /// An element ends in no operator: `+` at its end is a mark of a statement that already was a fingerprint.
    fn take_back_marks(&mut self, list: &List) -> Option<Plus> {
        let plus = self.plus.take_if(|plus| plus.start >= list.start)?;
        self.out.truncate(plus.start);
        Some(plus)
    }

    /// Ends lists that no bracket ends. Their last element may be a part of one, so it goes where there are others.
    pub(super) fn unwind(&mut self) {
        while let Some(list) = self.lists.pop() {
            let is_whole = list.depth == self.depth && !list.expects;
            let has_value = is_whole && self.values > list.values;
            let marked = self.plus.is_some_and(|plus| plus.start >= list.start && plus.behind_value);
            match list.previous {
                _ if (has_value && marked) || (is_whole && list.kind == ListKind::Rows) => {
                    self.end_element(list);
                }
                Some((_, end)) => self.out.truncate(end + 1),
                None if has_value => {
                    self.end_element(list);
                }
                None => {
                    self.take_back_marks(&list);
                }
            }
        }
    }
}

pub(super) fn is_row(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Word && token.text.eq_ignore_ascii_case(b"row")
}
