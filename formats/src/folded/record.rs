//! Lines of folded text, borrowed, without a model.

/// One line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    /// Nothing on it.
    Blank,
    /// `# text`, without the `#`.
    Comment(&'a [u8]),
    /// A stack and its count; `None` when what stands in its place is no plain decimal number.
    Stack { stack: &'a [u8], count: Option<Count<'a>> },
}

/// Digits of a decimal number without sign or exponent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Count<'a> {
    pub whole: &'a [u8],
    pub fraction: &'a [u8],
}

/// How the tool that wrote the file names frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Names, perhaps with the suffixes of stackcollapse and async-profiler.
    Plain,
    /// Austin's `file:function:line`.
    Austin,
}

/// Austin says so in the first comment of its files.
pub(super) fn style(input: &[u8]) -> Style {
    if input.starts_with(b"# austin:") { Style::Austin } else { Style::Plain }
}

/// Splits a line at its last blank.
pub(super) fn line(line: &[u8]) -> Line<'_> {
    let mut text = line;
    while let [rest @ .., b'\n' | b'\r' | b' ' | b'\t'] = text {
        text = rest;
    }
    if text.is_empty() {
        return Line::Blank;
    }
    if let Some(root) = unguarded(text) {
        return stack(root);
    }
    if let [b'#', comment @ ..] = text {
        // A frame may start with `#`; a comment does not end in a count after a `;`.
        if !(comment.contains(&b';') && matches!(stack(text), Line::Stack { count: Some(_), .. })) {
            return Line::Comment(comment.trim_ascii_start());
        }
    }
    stack(text)
}

/// What stands before a stack in a line that would be a comment without it: a blank, where the only frame begins with
/// `#`. Reading takes it off again.
#[must_use]
pub fn guard(stack: &[u8]) -> &'static [u8] {
    let begins_comment = stack.iter().find(|&&byte| byte != b' ') == Some(&b'#');
    if begins_comment && !stack.contains(&b';') { b" " } else { b"" }
}

/// A line without its [`guard`]; `None` when it has none.
fn unguarded(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b" ").filter(|stack| !guard(stack).is_empty())
}

fn stack(text: &[u8]) -> Line<'_> {
    match memchr::memrchr2(b' ', b'\t', text) {
        Some(at) => {
            let mut stack = &text[..at];
            while let [rest @ .., b' ' | b'\t'] = stack {
                stack = rest;
            }
            Line::Stack { stack, count: count(&text[at + 1..]) }
        }
        None => Line::Stack { stack: text, count: None },
    }
}

fn count(text: &[u8]) -> Option<Count<'_>> {
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    let (whole, fraction) = match memchr::memchr(b'.', text) {
        Some(dot) => (&text[..dot], &text[dot + 1..]),
        None => (text, &text[..0]),
    };
    let is_number = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    is_number.then_some(Count { whole, fraction })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Option<(String, String)>) {
        let string = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        match line(text.as_bytes()) {
            Line::Stack { stack, count } => {
                (string(stack), count.map(|count| (string(count.whole), string(count.fraction))))
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_count_follows_the_last_blank() {
        let some = |whole: &str, fraction: &str| Some((whole.to_owned(), fraction.to_owned()));
        assert_eq!(parsed("a b;c d 12\r\n"), ("a b;c d".to_owned(), some("12", "")));
        assert_eq!(parsed("a;b\t7"), ("a;b".to_owned(), some("7", "")));
        assert_eq!(parsed("a 1.50"), ("a".to_owned(), some("1", "50")));
        assert_eq!(parsed(" 5"), (String::new(), some("5", "")));
        for bad in ["a -1", "a 1e3", "a NaN", "a .", "a x", "a 0x1", "a 1.x", "a x.1"] {
            assert_eq!(parsed(bad).1, None, "{bad}");
        }
        assert_eq!(parsed("lonely"), ("lonely".to_owned(), None));
    }

    #[test]
    fn comments_and_frames_that_look_like_them() {
        assert_eq!(line(b"# austin: 3.3.0\n"), Line::Comment(b"austin: 3.3.0"));
        assert_eq!(
            line(b"#run;x 3\n"),
            Line::Stack { stack: b"#run;x", count: Some(Count { whole: b"3", fraction: b"" }) }
        );
        assert_eq!(
            line(b" #run 3\n"),
            Line::Stack { stack: b"#run", count: Some(Count { whole: b"3", fraction: b"" }) }
        );
        assert_eq!(line(b"# samples 5\n"), Line::Comment(b"samples 5"));
        assert_eq!(line(b"# a;b x\n"), Line::Comment(b"a;b x"));
        assert_eq!(line(b" \r\n"), Line::Blank);
    }
}
