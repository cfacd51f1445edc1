//! What stands in double quotes: a name in most dialects, a string in MySQL. Nothing says which dialect a statement is
//! in, so the rest of it tells.

use super::lexer::{Token, TokenKind};
use super::words::{Role, lookup};

/// What is in double quotes, by the rest of the text.
#[derive(Clone, Copy)]
pub(super) enum DoubleQuotes {
    Names,
    Strings,
    /// Strings where a name is unlikely.
    ByPosition,
}

impl DoubleQuotes {
    /// Looks outside parentheses only: nothing is left out of a fingerprint there.
    pub(super) fn of(tokens: &[Token<'_>]) -> DoubleQuotes {
        if !tokens.iter().any(|token| token.kind == TokenKind::DoubleQuoted) {
            return DoubleQuotes::ByPosition;
        }
        let mut depth = 0usize;
        let mut previous: Option<&Token<'_>> = None;
        let mut backquoted = false;
        for token in tokens {
            match (token.kind, token.text) {
                (TokenKind::Punctuation, b"(" | b"[") => depth += 1,
                (TokenKind::Punctuation, b")" | b"]") => depth = depth.saturating_sub(1),
                (TokenKind::Punctuation, b";") => depth = 0,
                (TokenKind::QuotedName, text) => backquoted |= text.starts_with(b"`"),
                (TokenKind::DoubleQuoted, text) if depth == 0 && !text.contains(&b'\\') => {
                    let is_table = |word| matches!(lookup(word), Some((_, Role::Table)));
                    if previous.is_some_and(|before| before.text == b"." || is_table(before.text)) {
                        return DoubleQuotes::Names;
                    }
                }
                _ => {}
            }
            previous = Some(token);
        }
        if backquoted { DoubleQuotes::Strings } else { DoubleQuotes::ByPosition }
    }
}
