//! perf script text.

use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};

/// perf script text.
pub struct PerfScript;

impl Format for PerfScript {
    fn name(&self) -> &'static str {
        "perf-script"
    }

    fn description(&self) -> &'static str {
        "perf script text"
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
