//! Reading JSON without building it: a cursor over the bytes that borrows what it finds.
//!
//! Traces and profiles come as JSON documents of 100 MB and more, cut, or with a field of the wrong type in one
//! record of a million. A cursor knows the byte it stands at, skips what nobody asked for, and leaves everything
//! before a fault usable. The grammar is RFC 8259; strings may hold any bytes, and inside skipped values only
//! strings and brackets are checked. Nothing recurses.

mod cursor;
mod decimal;
mod fault;
mod kind;
mod text;
mod value;
mod walk;

pub(crate) use cursor::Cursor;
pub(crate) use decimal::Decimal;
pub(crate) use fault::{BrokenJson, Fault, malformed, note_fault};
pub(crate) use kind::{Keys, recognise, unsupported};
pub(crate) use text::Text;
pub(crate) use value::Value;
pub(crate) use walk::{elements, fields, text};
