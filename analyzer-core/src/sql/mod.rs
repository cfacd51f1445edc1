//! SQL statements without what differs from one execution to the next, in any dialect.
//!
//! [`fingerprint`] gives the normal form:
//!
//! - Numbers, strings and placeholders are `?`, with their sign and, for dates, the name of their type. So are `NULL`,
//!   `TRUE` and `FALSE` where a value may stand: `x = NULL`, not `x IS NULL`.
//! - A list of values is one with a mark, `IN (?+)`, and so are rows that are alike, `VALUES (?, ?)+`; one value or row
//!   too, because how many there were is not part of the statement. The mark stands behind what it repeats, so that a
//!   fingerprint without it is SQL again. Arguments of functions are counted: `f(?)` is not `f(?, ?)`.
//! - Comments are left out, hints (`/*+ */`) among them: with a hint a statement is the same one, and what the hint does
//!   shows as its time. MySQL's `/*! */` is code and stays.
//! - White space is single; keywords that are reserved in most dialects, and a few functions, are in capitals. Names
//!   stay as they are: `t1`, `"T"` and `T` are three. Backquotes go where the name does not need them.
//! - Double quotes are around names where a table or a column behind a dot has them, around strings where backquotes
//!   are around names, and else around strings only where a value is compared or listed.
//! - Several statements stay several; the last `;` goes.
//! - A statement that was cut, as agents do after some number of bytes, ends in `...`: it ends within a string, a quoted
//!   name, a comment, parentheses, or behind an operator or comma, or in three dots already. What it ends within is left
//!   out, and of a list whatever may be half an element, so that it does not matter where in a list a cut falls.
//!
//! A fingerprint is its own fingerprint. Any bytes are legal; time and memory are linear in them, and nothing recurses.
//!
//! [`summary`] is the verb and the table for titles; [`is_sql`] tells statements from names of operations.

mod fingerprint;
mod lexer;
mod lists;
mod quotes;
mod recognise;
mod summary;
mod words;

pub use fingerprint::fingerprint;
pub use lexer::{Token, TokenKind, tokens};
pub use recognise::is_sql;
pub use summary::summary;
