//! JSON strings: borrowed as they stand, unescaped when asked for.

use std::borrow::Cow;

/// A string as it stands between its quotes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text<'a> {
    /// The bytes between the quotes.
    pub(crate) raw: &'a [u8],
    /// Whether there is a backslash among them.
    pub(crate) escaped: bool,
}

impl<'a> Text<'a> {
    /// The text meant. A surrogate without its other half becomes `U+FFFD`; an escape that JSON does not know
    /// stays as it is.
    #[inline]
    pub(crate) fn bytes(&self) -> Cow<'a, [u8]> {
        if self.escaped { Cow::Owned(unescape(self.raw)) } else { Cow::Borrowed(self.raw) }
    }
}

fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        text.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
        let Some((&escape, after)) = rest.split_first() else {
            text.push(b'\\');
            break;
        };
        rest = after;
        match escape {
            b'"' | b'\\' | b'/' => text.push(escape),
            b'b' => text.push(8),
            b'f' => text.push(12),
            b'n' => text.push(b'\n'),
            b'r' => text.push(b'\r'),
            b't' => text.push(b'\t'),
            b'u' => {
                let (character, length) = unicode(rest);
                match character {
                    Some(character) => text.extend(character.encode_utf8(&mut [0; 4]).bytes()),
                    None => text.extend(b"\\u"),
                }
                rest = &rest[length..];
            }
            other => text.extend([b'\\', other]),
        }
    }
    text.extend_from_slice(rest);
    text
}

/// The character of the digits after `\u`, and how many bytes it took; `None` where they are not digits.
fn unicode(rest: &[u8]) -> (Option<char>, usize) {
    let Some(first) = four_digits(rest) else { return (None, 0) };
    if (0xd800..0xdc00).contains(&first)
        && rest[4..].starts_with(b"\\u")
        && let Some(second) = four_digits(&rest[6..])
        && (0xdc00..0xe000).contains(&second)
    {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code), 10);
    }
    (Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER)), 4)
}

fn four_digits(rest: &[u8]) -> Option<u32> {
    let mut value = 0;
    for &digit in rest.get(..4)? {
        value = value << 4 | char::from(digit).to_digit(16)?;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_undone() {
        for (raw, expected) in [
            (r"a\nb\t\/", "a\nb\t/"),
            (r"\u00e9\ud83d\ude00", "é😀"),
            (r"\ud83d!", "\u{fffd}!"),
            (r"\ud83d\u0041", "\u{fffd}A"),
            (r"\q\u12", r"\q\u12"),
        ] {
            let text = Text { raw: raw.as_bytes(), escaped: true };
            assert_eq!(String::from_utf8(text.bytes().into_owned()).unwrap(), expected, "{raw}");
        }
    }
}
