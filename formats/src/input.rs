//! Input bytes: from a path, standard input or memory; mapped or read.
//!
//! This is the only file of the project with `unsafe` code: the memory map.

use crate::error::ReadErrorKind;
use crate::{NoteKind, Notes, Pipes, ReadOptions};
use std::fs::{File, Metadata};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::Deref;
use std::path::Path;
use std::time::SystemTime;

/// Files of at least this size are mapped; below it a read is as fast and carries no risk.
const MAP_FROM_BYTES: u64 = 1 << 20;

/// The bytes of a file as stored.
pub(crate) enum Stored<'a> {
    Mapped(memmap2::Mmap),
    Owned(Vec<u8>),
    Borrowed(&'a [u8]),
}

impl Deref for Stored<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Stored::Mapped(map) => map,
            Stored::Owned(bytes) => bytes,
            Stored::Borrowed(bytes) => bytes,
        }
    }
}

/// A file whose bytes are at hand.
pub(crate) struct Opened {
    pub(crate) stored: Stored<'static>,
    /// `None` of pipes, which have no length and no time.
    file: Option<OpenFile>,
}

impl Opened {
    /// Whether the file was written to since it was opened. Another file in its place is no change of this one.
    pub(crate) fn has_changed(&self) -> bool {
        self.file.as_ref().is_some_and(OpenFile::has_changed)
    }
}

/// An ordinary file, and how it looked when it was opened.
pub(crate) struct OpenFile {
    file: File,
    stamp: Stamp,
}

/// Length and time of the last change of a file.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { bytes: metadata.len(), modified: metadata.modified().ok() }
    }
}

impl OpenFile {
    /// Opens a file of which parts are read; `None` for what is none, which is not opened.
    pub(crate) fn open(path: &Path) -> io::Result<Option<OpenFile>> {
        if !std::fs::metadata(path)?.is_file() {
            return Ok(None);
        }
        let file = File::open(path)?;
        // Of what was opened: the path may lead elsewhere by now.
        let metadata = file.metadata()?;
        Ok(metadata.is_file().then(|| OpenFile { stamp: Stamp::of(&metadata), file }))
    }

    pub(crate) fn stamp(&self) -> &Stamp {
        &self.stamp
    }

    /// All its bytes, one after the other.
    pub(crate) fn reader(&self) -> impl BufRead {
        BufReader::new(&self.file)
    }

    /// All its bytes at once.
    pub(crate) fn stored(&self, options: &ReadOptions) -> io::Result<Stored<'static>> {
        self.part(0, self.stamp.bytes, options)
    }

    /// So many bytes from `start` on: mapped when they are many, else read.
    pub(crate) fn part(&self, start: u64, bytes: u64, options: &ReadOptions) -> io::Result<Stored<'static>> {
        if start.checked_add(bytes).is_none_or(|end| end > self.stamp.bytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if bytes >= MAP_FROM_BYTES && options.map {
            return Ok(Stored::Mapped(map(&self.file, start, bytes)?));
        }
        let mut part = Vec::new();
        let mut file = &self.file;
        file.seek(SeekFrom::Start(start))?;
        file.take(bytes).read_to_end(&mut part)?;
        if part.len() as u64 == bytes {
            Ok(Stored::Owned(part))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }

    /// Whether the file was written to since it was opened.
    pub(crate) fn has_changed(&self) -> bool {
        self.file.metadata().map_or(true, |metadata| Stamp::of(&metadata) != self.stamp)
    }
}

/// Notes that a file was written to while it was read.
pub(crate) fn note_change(notes: &mut Notes) {
    let text = "change of the file while it was read, what was there is used";
    notes.count("file_changed", NoteKind::Damaged, text, 1);
}

/// Opens a file: large regular files are mapped, everything else is read.
pub(crate) fn open(path: &Path, options: &ReadOptions) -> Result<Opened, ReadErrorKind> {
    let metadata = std::fs::metadata(path)?;
    if metadata.is_dir() {
        let advice = "name a file inside it";
        return Err(ReadErrorKind::NotAFile { what: "a directory", advice });
    }
    refuse_special(&metadata, options.pipes)?;
    let mut file = File::open(path)?;
    // Of what was opened: the path may lead elsewhere by now.
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        let mut bytes = Vec::new();
        read_bounded(file, options.max_unpacked, &mut bytes)?;
        return Ok(Opened { stored: Stored::Owned(bytes), file: None });
    }
    let stored = if metadata.len() >= MAP_FROM_BYTES && options.map {
        Stored::Mapped(map(&file, 0, metadata.len())?)
    } else {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Stored::Owned(bytes)
    };
    Ok(Opened { stored, file: Some(OpenFile { stamp: Stamp::of(&metadata), file }) })
}

/// Refuses what is no file and no pipe, and pipes too where they are not wanted: opening one waits for its writer.
#[cfg(unix)]
fn refuse_special(metadata: &Metadata, pipes: Pipes) -> Result<(), ReadErrorKind> {
    use std::os::unix::fs::FileTypeExt;
    let (kind, advice) = (metadata.file_type(), "name a file, or - for standard input");
    if kind.is_char_device() || kind.is_block_device() {
        return Err(ReadErrorKind::NotAFile { what: "a device", advice });
    }
    if kind.is_socket() {
        return Err(ReadErrorKind::NotAFile { what: "a socket", advice });
    }
    if kind.is_fifo() && pipes == Pipes::Refuse {
        let advice = "only files are read from a folder";
        return Err(ReadErrorKind::NotAFile { what: "a named pipe", advice });
    }
    Ok(())
}

#[cfg(not(unix))]
fn refuse_special(metadata: &Metadata, pipes: Pipes) -> Result<(), ReadErrorKind> {
    if pipes == Pipes::Refuse && !metadata.is_file() {
        let advice = "only files are read from a folder";
        return Err(ReadErrorKind::NotAFile { what: "no ordinary file", advice });
    }
    Ok(())
}

/// Maps a file without a name, to which nothing else can write.
pub(crate) fn map_unnamed(file: &File) -> io::Result<Stored<'static>> {
    Ok(Stored::Mapped(map(file, 0, file.metadata()?.len())?))
}

/// Reads standard input to its end, at most `max_unpacked` bytes.
pub(crate) fn stdin(options: &ReadOptions) -> Result<Stored<'static>, ReadErrorKind> {
    let mut bytes = Vec::new();
    read_bounded(io::stdin().lock(), options.max_unpacked, &mut bytes)?;
    Ok(Stored::Owned(bytes))
}

fn read_bounded(from: impl Read, limit: u64, bytes: &mut Vec<u8>) -> Result<(), ReadErrorKind> {
    from.take(limit.saturating_add(1)).read_to_end(bytes)?;
    if bytes.len() as u64 > limit { Err(ReadErrorKind::TooLarge { limit }) } else { Ok(()) }
}

#[allow(unsafe_code)]
fn map(file: &File, start: u64, bytes: u64) -> io::Result<memmap2::Mmap> {
    let bytes = usize::try_from(bytes).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut options = memmap2::MmapOptions::new();
    options.offset(start).len(bytes);
    // SAFETY: the map is private to this process and read only. What no one can exclude is that another
    // process writes to the file meanwhile. Bytes that change give a note (`Opened::has_changed`); of a file that
    // is truncated, pages past its new end are gone, and the kernel ends the process that touches one with SIGBUS.
    // The map lives only while the file is read, the manual says so, and `--no-mmap` (`ReadOptions::map`) avoids it.
    let map = unsafe { options.map(file)? };
    #[cfg(unix)]
    // Advice only: reading works the same when the kernel refuses it.
    let _ = map.advise(memmap2::Advice::Sequential);
    Ok(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Opens a file, as it is mapped or read, cuts it and reads what was opened.
    fn cut_after_opening(map: bool) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        file.as_file().set_len(2 << 20).unwrap();
        let opened = open(file.path(), &ReadOptions { map, ..ReadOptions::default() }).unwrap();
        assert!(!opened.has_changed());
        file.as_file().set_len(0).unwrap();
        // The folder is cleared before the process may end.
        file.close().unwrap();
        assert_eq!(opened.stored.iter().map(|&byte| u64::from(byte)).sum::<u64>(), 0);
        opened.has_changed()
    }

    /// What the manual says: a file that is truncated ends the process that has it mapped, and no other.
    #[cfg(unix)]
    #[test]
    fn a_mapped_file_that_is_truncated_ends_the_process_and_a_read_one_does_not() {
        use std::os::unix::process::ExitStatusExt;
        const CHILD: &str = "PLATEAU_TEST_TRUNCATES";
        if std::env::var_os(CHILD).is_some() {
            cut_after_opening(true);
            return;
        }
        assert!(cut_after_opening(false), "the change is seen");
        let this = "input::tests::a_mapped_file_that_is_truncated_ends_the_process_and_a_read_one_does_not";
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", this])
            .env(CHILD, "1")
            .output()
            .unwrap();
        let bus = if cfg!(target_os = "linux") { 7 } else { 10 };
        assert_eq!(child.status.signal(), Some(bus), "{child:?}");
    }
}
