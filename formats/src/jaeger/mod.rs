//! Jaeger UI and API documents.

use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};

/// Jaeger UI and API documents.
pub struct Jaeger;

impl Format for Jaeger {
    fn name(&self) -> &'static str {
        "jaeger"
    }

    fn description(&self) -> &'static str {
        "Jaeger UI and API documents"
    }

    fn recognise(&self, _head: &[u8]) -> Option<Recognition> {
        None
    }

    fn read(
        &self,
        _input: &[u8],
        _options: &ReadOptions,
        _notes: &mut Notes,
    ) -> Result<Content, ReadErrorKind> {
        Err(ReadErrorKind::Empty)
    }
}
