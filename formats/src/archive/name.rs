//! Names of members: bytes that an archive holds, made a relative path that can be shown, or refused.
//!
//! No name is ever used to open a file. They are refused all the same where they would lead out of a folder: other
//! programs may use what is written of them.

use std::fmt::Write;

/// Linux takes no longer path.
const LONGEST: usize = 4096;

const EMPTY: &str = "a member without a name";
const ABSOLUTE: &str = "a member with an absolute name";
const OUTSIDE: &str = "a member whose name leads out of the archive";
const TOO_LONG: &str = "a member with a name of more than 4096 bytes";

/// A name as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) shown: String,
    /// What a member of this name is, where the name is refused.
    pub(super) refused: Option<&'static str>,
}

/// What parts of a path stand between.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Separators {
    /// `/` only.
    Slash,
    /// `\` as well: zip archives of Windows have it, against the specification, and drives.
    SlashAndBackslash,
}

impl Name {
    pub(super) fn new(bytes: &[u8], separators: Separators) -> Name {
        let is_separator =
            |byte: u8| byte == b'/' || (byte == b'\\' && separators == Separators::SlashAndBackslash);
        let refused = |shown: &[u8], why| Name { shown: escape_name(shown), refused: Some(why) };
        if bytes.len() > LONGEST {
            return refused(&bytes[..80], TOO_LONG);
        }
        let has_drive = separators == Separators::SlashAndBackslash
            && matches!(bytes, [drive, b':', ..] if drive.is_ascii_alphabetic());
        if has_drive || bytes.first().is_some_and(|&byte| is_separator(byte)) {
            return refused(bytes, ABSOLUTE);
        }
        let parts = || bytes.split(|&byte| is_separator(byte)).filter(|part| !matches!(*part, [] | [b'.']));
        if parts().any(|part| part == b"..") {
            return refused(bytes, OUTSIDE);
        }
        match parts().collect::<Vec<_>>().join(&b'/') {
            path if path.is_empty() => refused(bytes, EMPTY),
            path => Name { shown: escape_name(&path), refused: None },
        }
    }
}

/// The name of a file as text in one line: bytes that are no UTF-8, and characters that steer a terminal, are written as
/// `\xff`, and a backslash before an `x` as `\x5c`, so that two names never become one.
///
/// ```
/// use analyzer_formats::archive::escape_name;
///
/// assert_eq!(escape_name(b"a\xff\n"), "a\\xff\\x0a");
/// assert_eq!(escape_name(br"a\xff"), r"a\x5cxff");
/// ```
#[must_use]
pub fn escape_name(bytes: &[u8]) -> String {
    let mut shown = String::with_capacity(bytes.len());
    let push = |shown: &mut String, bytes: &[u8]| {
        for byte in bytes {
            // Writing to a string does not fail.
            let _ = write!(shown, "\\x{byte:02x}");
        }
    };
    for chunk in bytes.utf8_chunks() {
        let mut characters = chunk.valid().chars().peekable();
        while let Some(character) = characters.next() {
            if character.is_control() || (character == '\\' && characters.peek() == Some(&'x')) {
                push(&mut shown, character.encode_utf8(&mut [0; 4]).as_bytes());
            } else {
                shown.push(character);
            }
        }
        push(&mut shown, chunk.invalid());
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_relative_and_shown_in_one_line() {
        let slash = |bytes: &[u8]| Name::new(bytes, Separators::Slash);
        let kept = |shown: &str| Name { shown: shown.to_owned(), refused: None };
        assert_eq!(slash(b"./a//b/./c.pb.gz"), kept("a/b/c.pb.gz"));
        assert_eq!(slash(b"a\\..\\b"), kept("a\\..\\b"));
        // Bytes that are no characters, a control character beyond ASCII, and what looks like either stay apart.
        assert_eq!(slash(b"a\\xff"), kept("a\\x5cxff"));
        assert_eq!((slash(b"\x85"), slash(b"\xc2\x85")), (kept("\\x85"), kept("\\xc2\\x85")));
        assert_eq!(slash(b"a\n\x1b[31m\xff"), kept("a\\x0a\\x1b[31m\\xff"));
        assert_eq!(slash("prüfung/…".as_bytes()), kept("prüfung/…"));
        assert_eq!(slash(b"..a/b.."), kept("..a/b.."));
        assert_eq!(Name::new(b"a\\b", Separators::SlashAndBackslash), kept("a/b"));
    }

    #[test]
    fn names_that_lead_out_are_refused() {
        let slash = |bytes: &[u8]| Name::new(bytes, Separators::Slash).refused;
        for outside in [&b".."[..], b"../a", b"a/../../b", b"a/.."] {
            assert_eq!(slash(outside), Some(OUTSIDE));
        }
        assert_eq!(slash(b"/etc/passwd"), Some(ABSOLUTE));
        for empty in [&b""[..], b".", b"./", b"././/"] {
            assert_eq!(slash(empty), Some(EMPTY), "{empty:?}");
        }
        assert_eq!(slash(&[b'a'; 4097]), Some(TOO_LONG));
        assert_eq!(slash(&[b'a'; 4096]), None);
        let windows = |bytes: &[u8]| Name::new(bytes, Separators::SlashAndBackslash).refused;
        assert_eq!(windows(b"a\\..\\b"), Some(OUTSIDE));
        assert_eq!(windows(b"\\\\host\\share"), Some(ABSOLUTE));
        assert_eq!(windows(b"C:\\a"), Some(ABSOLUTE));
    }
}
