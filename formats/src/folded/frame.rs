//! The parts of a frame's text in folded stacks.

use super::record::Style;
use crate::FrameKind;

/// A frame's text, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parts<'a> {
    pub name: &'a [u8],
    pub file: Option<&'a [u8]>,
    pub line: u32,
    pub kind: FrameKind,
}

/// Suffixes and the kinds they stand for: stackcollapse-perf's `_[k]`, `_[j]`, `_[i]`, and async-profiler's
/// compilation levels `_[0]` (interpreted) and `_[1]` (first compiler).
pub(super) const SUFFIXES: &[(&[u8], FrameKind)] = &[
    (b"_[k]", FrameKind::Kernel),
    (b"_[j]", FrameKind::Jit),
    (b"_[i]", FrameKind::Inlined),
    (b"_[0]", FrameKind::Interpreted),
    (b"_[1]", FrameKind::Jit),
];

/// Takes a frame's text apart.
pub(super) fn parts(text: &[u8], style: Style) -> Parts<'_> {
    if style == Style::Austin
        && let Some(parts) = austin(text)
    {
        return parts;
    }
    let (name, kind) = name_and_kind(text);
    let plain = Parts { name, file: None, line: 0, kind };
    if name.len() < text.len() { plain } else { py_spy(text).unwrap_or(plain) }
}

/// A frame's name without the suffix of its kind, and that kind.
pub(crate) fn name_and_kind(text: &[u8]) -> (&[u8], FrameKind) {
    for &(suffix, kind) in SUFFIXES {
        if let Some(name) = text.strip_suffix(suffix) {
            return (name, kind);
        }
    }
    (text, super::kind_of_name(text))
}

/// py-spy's `name (file.py:12)` or `name (file.py)`.
fn py_spy(text: &[u8]) -> Option<Parts<'_>> {
    let inner = text.strip_suffix(b")")?;
    let open = memchr::memmem::rfind(inner, b" (")?;
    let (name, place) = (&inner[..open], &inner[open + 2..]);
    let (file, line) = match split_line(place) {
        Some((file, line)) => (file, line),
        None if place.ends_with(b".py") => (place, 0),
        None => return None,
    };
    (!name.is_empty() && !file.is_empty()).then_some(Parts {
        name,
        file: Some(file),
        line,
        kind: FrameKind::User,
    })
}

/// Austin's `file:function:line`; its process and thread frames (`P12`, `T0:34`) stay as they are.
fn austin(text: &[u8]) -> Option<Parts<'_>> {
    let (rest, line) = split_line(text)?;
    let colon = memchr::memrchr(b':', rest)?;
    let (file, name) = (&rest[..colon], &rest[colon + 1..]);
    (!name.is_empty() && !file.is_empty()).then_some(Parts {
        name,
        file: Some(file),
        line,
        kind: FrameKind::User,
    })
}

/// `text:12` as text and number.
fn split_line(text: &[u8]) -> Option<(&[u8], u32)> {
    let colon = memchr::memrchr(b':', text)?;
    let line = std::str::from_utf8(&text[colon + 1..]).ok()?;
    let digits = line.bytes().all(|byte| byte.is_ascii_digit());
    Some((&text[..colon], line.parse().ok().filter(|_| digits)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, style: Style) -> (String, Option<String>, u32, FrameKind) {
        let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let parts = parts(text.as_bytes(), style);
        (string(parts.name), parts.file.map(string), parts.line, parts.kind)
    }

    #[test]
    fn frames_of_many_tools() {
        let plain = |name: &str, kind| (name.to_owned(), None, 0, kind);
        assert_eq!(of("read_[k]", Style::Plain), plain("read", FrameKind::Kernel));
        assert_eq!(of("Main.run_[0]", Style::Plain), plain("Main.run", FrameKind::Interpreted));
        assert_eq!(of("f(int)", Style::Plain), plain("f(int)", FrameKind::User));
        assert_eq!(of("a::b (c::d)", Style::Plain), plain("a::b (c::d)", FrameKind::User));
        assert_eq!(of("[unknown]", Style::Plain), plain("[unknown]", FrameKind::Unknown));
        let py = ("load".to_owned(), Some("app/db.py".to_owned()), 12, FrameKind::User);
        assert_eq!(of("load (app/db.py:12)", Style::Plain), py);
        assert_eq!(of("app/db.py:load:12", Style::Austin), py);
        assert_eq!(of("app/db.py:load:12", Style::Plain).0, "app/db.py:load:12");
    }
}
