//! The lines below the first of a sample: frames, and where they are in the source.

use super::{is_blank, is_hex, is_number, number, token, trim_end, trim_start};

/// A frame line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct FrameLine<'a> {
    /// The symbol without its offset; empty when the line has an address only.
    pub symbol: &'a [u8],
    /// The binary, library or pseudo-file; empty when the line has none.
    pub dso: &'a [u8],
    /// Whether the compiler inlined the symbol into the next frame.
    pub inlined: bool,
}

/// Parses a frame line, trimmed at its end. `None` when it does not start with an address.
pub(in super::super) fn frame(line: &[u8]) -> Option<FrameLine<'_>> {
    let (address, rest) = token(trim_start(line));
    if !is_hex(address) {
        return None;
    }
    // What may follow the frame on its line: a branch target, or the mark of an inlined function.
    let rest = match memchr::memmem::find(rest, b" => ") {
        Some(at) if rest[..at].ends_with(b")") => &rest[..at],
        _ => rest,
    };
    let (rest, inlined) = match rest.strip_suffix(b" (inlined)") {
        Some(rest) => (rest, true),
        None => (rest, false),
    };
    let (symbol, dso) = split_dso(rest);
    Some(FrameLine { symbol: strip_offset(symbol), dso, inlined })
}

/// Whether a line that stands at the end of a file without a newline is a whole frame all the same: it ends in a
/// path or a pseudo-file in parentheses, and what is only a part of one does not.
pub(in super::super) fn is_whole_frame(line: &[u8]) -> bool {
    frame(line).is_some_and(|frame| frame.inlined || matches!(frame.dso.first(), Some(b'/' | b'[')))
}

/// Splits `symbol (dso)`: the dso is the last group in parentheses, and may hold such groups itself.
fn split_dso(text: &[u8]) -> (&[u8], &[u8]) {
    if !text.ends_with(b")") {
        return (text, b"");
    }
    let mut depth = 0usize;
    for (at, &byte) in text.iter().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            let before = &text[..at];
            // `operator()` and `f(int)` end in a group that is part of the symbol.
            let is_dso = before.is_empty() || before.ends_with(b" ") || before.ends_with(b"\t");
            return if is_dso { (trim_end(before), &text[at + 1..text.len() - 1]) } else { (text, b"") };
        }
    }
    (text, b"")
}

/// Cuts a trailing `+0x1f`.
fn strip_offset(symbol: &[u8]) -> &[u8] {
    match memchr::memmem::rfind(symbol, b"+0x") {
        Some(at) if is_hex(&symbol[at + 3..]) => &symbol[..at],
        _ => symbol,
    }
}

/// The line of a frame's source position, printed below it with `-F +srcline`: `  file.c:123` or `  dso[1f]`.
pub(in super::super) fn source_line(line: &[u8]) -> Option<(&[u8], u32)> {
    let text = line.strip_prefix(b"  ").filter(|text| text.first().is_some_and(|&byte| !is_blank(byte)))?;
    if let Some(open) = text.strip_suffix(b"]").and_then(|text| memchr::memrchr(b'[', text)) {
        return is_hex(&text[open + 1..text.len() - 1]).then_some((b"", 0));
    }
    let colon = memchr::memrchr(b':', text)?;
    let line = number(&text[colon + 1..]).filter(|_| is_number(&text[colon + 1..]))?;
    Some((&text[..colon], u32::try_from(line).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_keep_their_symbols() {
        let cases = [
            ("\t7f00 memcpy+0x14 (/usr/lib/libc.so.6)", "memcpy", "/usr/lib/libc.so.6", false),
            (
                "\t7f00 (anonymous namespace)::f(int)+0x1 (/opt/a b/x (deleted))",
                "(anonymous namespace)::f(int)",
                "/opt/a b/x (deleted)",
                false,
            ),
            ("\t7f00 F::operator()(int) const (/opt/x)", "F::operator()(int) const", "/opt/x", false),
            ("\t7f00 [unknown] (/memfd:x (deleted))", "[unknown]", "/memfd:x (deleted)", false),
            ("\t7f00 RegExp:[&<>\"'] (/tmp/perf-1.map)", "RegExp:[&<>\"']", "/tmp/perf-1.map", false),
            ("\t7f00 inner (inlined)", "inner", "", true),
            ("\t7f00 operator() (inlined)", "operator()", "", true),
            ("\tffffffff96613abf", "", "", false),
            (
                "ffffffff8103d0ca native_write_msr_safe ([kernel.kallsyms])",
                "native_write_msr_safe",
                "[kernel.kallsyms]",
                false,
            ),
            ("\t7f00 a+0x1f+0x2 (b)", "a+0x1f", "b", false),
            ("\t7f00 f (/bin/a) => 7f01 g (/bin/b)", "f", "/bin/a", false),
        ];
        for (line, symbol, dso, inlined) in cases {
            let frame = frame(trim_end(line.as_bytes())).unwrap();
            assert_eq!(
                (frame.symbol, frame.dso, frame.inlined),
                (symbol.as_bytes(), dso.as_bytes(), inlined),
                "{line}"
            );
        }
        assert_eq!(frame(b"\t THIS_IS_A_WEIRD_LINE"), None);
    }

    #[test]
    fn a_part_of_a_frame_is_no_whole_one() {
        for line in [
            "\t7f f(int)+0x1 (/opt/a b/x (deleted))",
            "\t7f (anonymous namespace)::f (/x)",
            "\t7f [unknown] ([unknown])",
            "\t7f g (inlined)",
        ] {
            assert!(is_whole_frame(line.as_bytes()), "{line}");
            for end in 0..line.len() {
                assert!(!is_whole_frame(&line.as_bytes()[..end]), "{}", &line[..end]);
            }
        }
    }

    #[test]
    fn source_lines() {
        assert_eq!(source_line(b"  main.c:12"), Some((&b"main.c"[..], 12)));
        assert_eq!(source_line(b"  wdel2 (deleted)[14b3]"), Some((&b""[..], 0)));
        assert_eq!(source_line(b"\tmain.c:12"), None);
    }
}
