//! pprof protobuf.

use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition};

/// pprof protobuf.
pub struct Pprof;

impl Format for Pprof {
    fn name(&self) -> &'static str {
        "pprof"
    }

    fn description(&self) -> &'static str {
        "pprof protobuf"
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

/// Stub.
///
/// # Errors
/// Never.
pub fn write(_: &crate::Profile, _: crate::SeriesId, _: &mut impl std::io::Write) -> std::io::Result<()> {
    Ok(())
}
