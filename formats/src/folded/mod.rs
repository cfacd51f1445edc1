//! folded stacks.

use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};

/// folded stacks.
pub struct Folded;

impl Format for Folded {
    fn name(&self) -> &'static str {
        "folded"
    }

    fn description(&self) -> &'static str {
        "folded stacks"
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
