//! Packed archives, unpacked into files without names, of which those used last are kept.
//!
//! A file is unlinked before the first byte is in it, or deleted by the system when it is closed: none is left behind
//! whatever ends the process. It is mapped and closed, so that it takes no descriptor.

use crate::Notes;
use crate::error::ReadErrorKind;
use crate::input::{self, Stored};
use crate::unpack::{More, Unpacker};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// About how many bytes are written at a time.
const WRITTEN_AT_ONCE: usize = 1 << 20;
/// More are not kept, however small: each is a map, of which a process has some ten thousand.
const MOST_KEPT: usize = 1024;

/// So many are kept whatever their size: before and after, of which members are read in turn.
const FEWEST_KEPT: usize = 2;

/// Where packed archives are unpacked. What is there stays for the next member that is read, as long as all together are
/// no more bytes than are allowed, or two; of an archive that had to go, the next member read unpacks it again.
pub struct Spool {
    folder: PathBuf,
    most_bytes: u64,
    /// The ones used last at the end.
    kept: Mutex<VecDeque<Arc<Stored<'static>>>>,
}

/// What a container held.
pub(super) struct Unpacked {
    pub(super) stored: Arc<Stored<'static>>,
    /// Where the container is cut or corrupt.
    pub(super) damage: Option<ReadErrorKind>,
}

impl Spool {
    /// In this folder, about so many bytes; two archives are kept whatever their size.
    #[must_use]
    pub fn new(folder: &Path, most_bytes: u64) -> Spool {
        Spool { folder: folder.to_owned(), most_bytes, kept: Mutex::default() }
    }

    /// Keeps what is used now, and lets go what was not for longest.
    pub(super) fn keep(&self, used: &Arc<Stored<'static>>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|one| !Arc::ptr_eq(one, used));
        kept.push_back(Arc::clone(used));
        let mut bytes: u64 = kept.iter().map(|one| one.len() as u64).sum();
        while kept.len() > FEWEST_KEPT && (bytes > self.most_bytes || kept.len() > MOST_KEPT) {
            bytes -= kept.pop_front().map_or(0, |gone| gone.len() as u64);
        }
    }

    /// Unpacks a container.
    ///
    /// # Errors
    /// When it gives more than is allowed, or the folder takes no more.
    pub(super) fn unpack(&self, mut unpacker: Unpacker<'_>) -> Result<Unpacked, ReadErrorKind> {
        let here = |error: io::Error| {
            let text = format!("cannot be unpacked into {}: {error}", self.folder.display());
            ReadErrorKind::Io(io::Error::new(error.kind(), text))
        };
        let mut file = tempfile::tempfile_in(&self.folder).map_err(here)?;
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
            ReadErrorKind::Unpack { container, flaw, byte, detail, .. } => ReadErrorKind::Unpack {
                container,
                flaw,
                byte,
                detail,
                done: "the members before it are read",
            },
            other => other,
        });
        let stored = Arc::new(input::map_unnamed(&file).map_err(here)?);
        self.keep(&stored);
        Ok(Unpacked { stored, damage })
    }
}
