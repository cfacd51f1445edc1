//! A packed archive, unpacked once into a file without a name.
//!
//! The file is unlinked before the first byte is in it, or deleted by the system when it is closed: none is left behind
//! whatever ends the process.

use crate::error::ReadErrorKind;
use crate::input::{self, Stored};
use crate::unpack::{Container, More, Unpacker};
use crate::{Notes, ReadOptions};
use std::io::{self, Write};
use std::path::Path;

/// About how many bytes are written at a time.
const WRITTEN_AT_ONCE: usize = 1 << 20;

/// What a container held.
pub(super) struct Unpacked {
    pub(super) stored: Stored<'static>,
    pub(super) container: Container,
    /// Where the container is cut or corrupt.
    pub(super) damage: Option<ReadErrorKind>,
}

/// Unpacks a container into the folder; `None` for plain bytes.
pub(super) fn unpack(
    stored: &[u8],
    options: &ReadOptions,
    folder: &Path,
) -> Result<Option<Unpacked>, ReadErrorKind> {
    let Some(mut unpacker) = Unpacker::new(stored, options) else { return Ok(None) };
    let here = |error: io::Error| {
        let text = format!("cannot be unpacked into {}: {error}", folder.display());
        ReadErrorKind::Io(io::Error::new(error.kind(), text))
    };
    let mut file = tempfile::tempfile_in(folder).map_err(here)?;
    let (mut piece, mut notes) = (Vec::new(), Notes::default());
    loop {
        let more = unpacker.fill(&mut piece, WRITTEN_AT_ONCE, &mut notes)?;
        if more == More::End || piece.len() >= WRITTEN_AT_ONCE {
            file.write_all(&piece).map_err(here)?;
            piece.clear();
        }
        if more == More::End {
            break;
        }
    }
    let damage = unpacker.take_damage().map(|kind| match kind {
        ReadErrorKind::Unpack { container, flaw, byte, detail, .. } => {
            ReadErrorKind::Unpack { container, flaw, byte, detail, done: "the members before it are read" }
        }
        other => other,
    });
    let stored = input::map_unnamed(&file).map_err(here)?;
    Ok(Some(Unpacked { stored, container: unpacker.container(), damage }))
}
