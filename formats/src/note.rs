//! Notes: what a reader left out or took with a caveat, counted, with the first places.
//!
//! A note means that there is a result. Nothing is left out of a capture without one.

use std::fmt;

/// How many places of each note are kept.
const PLACES: usize = 3;
/// The code of the note that a file, or its container, ends too early.
pub(crate) const TRUNCATED: &str = "truncated";
/// The codes of notes that a container is corrupt; those of the errors where nothing can be used.
const CORRUPT: [&str; 2] = ["bad_gzip", "bad_zstd"];
/// How many bytes of what was found are shown.
const EXCERPT: usize = 80;

/// What a note means for the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoteKind {
    /// Each count is one sample (or span) of the file that is not in the result.
    LeftOut,
    /// The file is cut or damaged there: what is missing cannot be counted.
    Damaged,
    /// Something less than a sample was lost, or an assumption was made.
    Caveat,
}

/// Where in the input, and what stood there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Offset in the unpacked input; in the packed file for notes about the container itself (`truncated` of
    /// one, `bad_gzip`, `bad_zstd`, `gzip_trailing`).
    pub byte: u64,
    /// Line, counted from 1; `None` for binary formats and for notes about the container.
    pub line: Option<u64>,
    /// The bytes found, escaped and cut to 80.
    pub found: String,
}

/// One kind of thing that happened, how often, and where first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Stable, for programs: `frame_unreadable`.
    pub code: &'static str,
    /// What it means for the result.
    pub kind: NoteKind,
    /// How often it happened.
    pub count: u64,
    /// What was expected and what was done, for people.
    pub text: &'static str,
    /// The first places, in file order.
    pub first: Vec<Place>,
}

impl fmt::Display for Note {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} x {}", self.count, self.text)?;
        if let Some(place) = self.first.first() {
            match place.line {
                Some(line) => write!(out, " (first at line {line}, byte {}", place.byte)?,
                None => write!(out, " (first at byte {}", place.byte)?,
            }
            if !place.found.is_empty() {
                write!(out, ": \"{}\"", place.found)?;
            }
            write!(out, ")")?;
        }
        Ok(())
    }
}

/// The notes of one capture, in order of first occurrence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    notes: Vec<Note>,
    records: u64,
}

impl Notes {
    /// The notes of a capture that was put together from others, which held so many records.
    #[must_use]
    pub fn of_records(records: u64) -> Notes {
        Notes { notes: Vec::new(), records }
    }

    /// Counts sample (or span) records met in the file, before it is known whether they can be used.
    pub(crate) fn met(&mut self, records: u64) {
        self.records += records;
    }

    /// How many sample (or span) records the file holds: those used and those left out.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Counts one sample left out at `byte`, where `found` stands.
    pub fn left_out(&mut self, code: &'static str, text: &'static str, byte: usize, found: &[u8]) {
        self.add(code, NoteKind::LeftOut, text, 1, Some((byte, found)));
    }

    /// Counts `samples` samples left out together at `byte`, where `found` stands.
    pub(crate) fn left_out_together(
        &mut self,
        code: &'static str,
        text: &'static str,
        samples: u64,
        byte: usize,
        found: &[u8],
    ) {
        self.add(code, NoteKind::LeftOut, text, samples, Some((byte, found)));
    }

    /// Counts one place at `byte` where the input is cut or damaged, and `found` stands.
    pub fn damaged(&mut self, code: &'static str, text: &'static str, byte: usize, found: &[u8]) {
        self.add(code, NoteKind::Damaged, text, 1, Some((byte, found)));
    }

    /// Counts one caveat at `byte`, where `found` stands.
    pub fn caveat(&mut self, code: &'static str, text: &'static str, byte: usize, found: &[u8]) {
        self.add(code, NoteKind::Caveat, text, 1, Some((byte, found)));
    }

    /// Counts `count` occurrences that have no single place.
    pub fn count(&mut self, code: &'static str, kind: NoteKind, text: &'static str, count: u64) {
        if count > 0 {
            self.add(code, kind, text, count, None);
        }
    }

    fn add(
        &mut self,
        code: &'static str,
        kind: NoteKind,
        text: &'static str,
        count: u64,
        place: Option<(usize, &[u8])>,
    ) {
        let index = self.position(code, kind, text);
        let note = &mut self.notes[index];
        note.count += count;
        if let Some((byte, found)) = place
            && note.first.len() < PLACES
        {
            note.first.push(Place { byte: byte as u64, line: None, found: excerpt(found) });
        }
    }

    fn position(&mut self, code: &'static str, kind: NoteKind, text: &'static str) -> usize {
        self.notes.iter().position(|note| note.code == code).unwrap_or_else(|| {
            self.notes.push(Note { code, kind, count: 0, text, first: Vec::new() });
            self.notes.len() - 1
        })
    }

    /// Forgets what stood at the places.
    pub fn forget_found(&mut self) {
        self.notes.iter_mut().flat_map(|note| &mut note.first).for_each(|place| place.found.clear());
    }

    /// Adds the notes of the part of the input that follows.
    pub fn absorb(&mut self, other: Notes) {
        self.records += other.records;
        for theirs in other.notes {
            let index = self.position(theirs.code, theirs.kind, theirs.text);
            let ours = &mut self.notes[index];
            ours.count += theirs.count;
            let room = PLACES - ours.first.len();
            ours.first.extend(theirs.first.into_iter().take(room));
        }
    }

    /// Computes the line of every place from the whole input.
    pub(crate) fn number_lines(&mut self, input: &[u8]) {
        let mut places: Vec<&mut Place> = self.notes.iter_mut().flat_map(|note| &mut note.first).collect();
        places.sort_by_key(|place| place.byte);
        let (mut line, mut counted) = (1, 0);
        for place in places {
            let end = usize::try_from(place.byte).map_or(input.len(), |byte| byte.min(input.len()));
            line += memchr::memchr_iter(b'\n', &input[counted..end]).count() as u64;
            counted = end;
            place.line = Some(line);
        }
    }

    /// Every note, in order of first occurrence.
    pub fn iter(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter()
    }

    /// The note with this code.
    #[must_use]
    pub fn get(&self, code: &str) -> Option<&Note> {
        self.notes.iter().find(|note| note.code == code)
    }

    /// The note that the container is corrupt: not cut, but such that any byte that was unpacked may be wrong.
    #[must_use]
    pub fn corruption(&self) -> Option<&Note> {
        CORRUPT.iter().find_map(|code| self.get(code))
    }

    /// How many samples (or spans) of the file are not in the result.
    #[must_use]
    pub fn samples_left_out(&self) -> u64 {
        self.notes.iter().filter(|note| note.kind == NoteKind::LeftOut).map(|note| note.count).sum()
    }

    /// The notes that say that something of the file is missing: left out, cut or damaged.
    pub fn losses(&self) -> impl Iterator<Item = &Note> {
        self.notes.iter().filter(|note| note.kind != NoteKind::Caveat)
    }

    /// How often anything was noted.
    pub(crate) fn occurrences(&self) -> u64 {
        self.notes.iter().map(|note| note.count).sum()
    }

    /// Whether there is nothing to say.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }
}

/// Bytes for people: the first line, escaped, at most 80 bytes.
pub(crate) fn excerpt(found: &[u8]) -> String {
    let line = found.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let cut = &line[..line.len().min(EXCERPT)];
    let mut text: String = cut.escape_ascii().to_string();
    if text.len() > EXCERPT {
        // escape_ascii gives ASCII only, so every index is a character boundary.
        text.truncate(EXCERPT);
    }
    if cut.len() < line.len() {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_codes_are_counted_and_the_first_places_kept() {
        let mut notes = Notes::default();
        for byte in 0..5 {
            notes.left_out("bad_line", "expected a count", byte * 2, b"x\n");
        }
        let note = notes.get("bad_line").unwrap();
        assert_eq!((note.count, note.first.len(), notes.samples_left_out()), (5, PLACES, 5));
    }

    #[test]
    fn absorbing_is_reading_on() {
        let add = |notes: &mut Notes, byte| notes.caveat("odd", "expected even", byte, b"?");
        let (mut whole, mut left, mut right) = (Notes::default(), Notes::default(), Notes::default());
        for byte in 0..2 {
            add(&mut whole, byte);
            add(&mut left, byte);
        }
        for byte in 2..6 {
            add(&mut whole, byte);
            add(&mut right, byte);
        }
        left.absorb(right);
        assert_eq!(left, whole);
    }

    #[test]
    fn lines_are_counted_from_one() {
        let mut notes = Notes::default();
        notes.caveat("odd", "expected even", 4, b"c");
        notes.number_lines(b"a\nb\nc\n");
        assert_eq!(notes.get("odd").unwrap().first[0].line, Some(3));
        assert_eq!(
            notes.get("odd").unwrap().to_string(),
            "1 x expected even (first at line 3, byte 4: \"c\")"
        );
    }

    #[test]
    fn excerpts_are_escaped_and_short() {
        assert_eq!(excerpt(b"a\x1b[31m\nnext"), "a\\x1b[31m");
        assert!(excerpt(&[0xff; 500]).len() <= EXCERPT + 3);
    }
}
