//! What the JSON formats of traces share: documents in a row, records of spans, and what their fields mean.
//!
//! A format adds the grammar of its own documents (`record.rs` in its folder) and says which of them hold spans.

mod documents;
mod ids;
mod json_text;
mod load;
mod meaning;
mod objects;
mod record;
mod time;

pub(crate) use documents::{Part, ReadSpans, each, is_empty_list, read};
pub(crate) use ids::names_a_span;
pub(crate) use load::{Service, SpanLoader, UNKNOWN, take_service};
pub(crate) use meaning::{Says, says, tag_value};
pub(crate) use objects::{Grammar, Objects, Sent};
pub(crate) use record::{Attribute, Declared, SpanRecord, keep, read_map, read_one};
pub(crate) use time::{Unit, nanoseconds};
