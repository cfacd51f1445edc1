//! A cursor over JSON bytes: keys, elements and values one after the other.

use super::{BrokenJson, Fault, Text, Value};

/// How deep values may be nested: one bit each of the stack of open brackets.
const DEPTH: u32 = u128::BITS;

/// A place in JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    input: &'a [u8],
    /// Offset of the next byte.
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor over `input` that stands at `at`. Offsets count from the start of `input`.
    pub(crate) fn new(input: &'a [u8], at: usize) -> Cursor<'a> {
        Cursor { input, at }
    }

    /// The next byte that is not white space; `None` at the end.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.input.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// The fault of standing here.
    pub(crate) fn broken(&self, expected: &'static str) -> BrokenJson {
        BrokenJson { byte: self.at, expected, fault: Fault::Syntax }
    }

    /// Goes past `byte`, which must come next.
    pub(crate) fn pass(&mut self, byte: u8, expected: &'static str) -> Result<(), BrokenJson> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.broken(expected))
    }

    /// Whether exactly these bytes come next; then they are passed.
    #[inline]
    pub(crate) fn passes(&mut self, bytes: &[u8]) -> bool {
        let passes = self.rest().starts_with(bytes);
        self.at += if passes { bytes.len() } else { 0 };
        passes
    }

    /// Whether the string of these bytes, as they stand between quotes in another place, comes next; then it is passed.
    #[inline]
    pub(crate) fn passes_string(&mut self, raw: &[u8]) -> bool {
        let Some((b'"', rest)) = self.rest().split_first() else { return false };
        let passes = rest.get(raw.len()) == Some(&b'"') && rest.starts_with(raw);
        self.at += if passes { raw.len() + 2 } else { 0 };
        passes
    }

    /// Whether this key comes next, with the comma that is due and without white space; then it is passed up to its
    /// value. `name` must need no escapes.
    #[inline]
    pub(crate) fn passes_key(&mut self, name: &[u8], first: &mut bool) -> bool {
        let comma = usize::from(!*first);
        let Some(rest) = self.rest().get(comma..comma + name.len() + 3) else { return false };
        let [b'"', middle @ .., b'"', b':'] = rest else { return false };
        if middle != name || (!*first && self.input[self.at] != b',') {
            return false;
        }
        self.at += comma + name.len() + 3;
        *first = false;
        true
    }

    fn rest(&self) -> &'a [u8] {
        self.input.get(self.at..).unwrap_or_default()
    }

    /// The bytes from `start` up to here.
    pub(crate) fn since(&self, start: usize) -> &'a [u8] {
        &self.input[start..self.at]
    }

    /// The next key of the object that was entered by passing its brace, up to its value; `None` past the end
    /// of the object. `first` tells whether a comma is due.
    #[inline]
    pub(crate) fn key(&mut self, first: &mut bool) -> Result<Option<Text<'a>>, BrokenJson> {
        match self.peek() {
            Some(b'}') => {
                self.at += 1;
                return Ok(None);
            }
            Some(b',') if !*first => {
                self.at += 1;
                self.peek();
            }
            Some(b'"') if *first => {}
            _ => return Err(self.broken("',' or '}'")),
        }
        *first = false;
        let key = self.string()?;
        self.pass(b':', "':'")?;
        Ok(Some(key))
    }

    /// Whether another element of the entered array comes; past the end of the array otherwise.
    pub(crate) fn element(&mut self, first: &mut bool) -> Result<bool, BrokenJson> {
        match self.peek() {
            Some(b']') => {
                self.at += 1;
                return Ok(false);
            }
            Some(b',') if !*first => self.at += 1,
            Some(_) if *first => {}
            _ => return Err(self.broken("',' or ']'")),
        }
        *first = false;
        match self.peek() {
            Some(_) => Ok(true),
            None => Err(self.broken("a value")),
        }
    }

    /// Reads a string.
    #[inline]
    pub(crate) fn string(&mut self) -> Result<Text<'a>, BrokenJson> {
        self.pass(b'"', "a string")?;
        let start = self.at;
        let escaped = self.pass_quote()?;
        Ok(Text { raw: &self.input[start..self.at - 1], escaped })
    }

    /// Goes past the quote that ends the string the cursor stands in; whether there were escapes.
    fn pass_quote(&mut self) -> Result<bool, BrokenJson> {
        let mut escaped = false;
        loop {
            let rest = self.rest();
            let Some(ahead) = quote_or_backslash(rest) else {
                self.at = self.input.len();
                return Err(self.broken("'\"', the end of a string"));
            };
            self.at += ahead + 1;
            if rest[ahead] == b'"' {
                return Ok(escaped);
            }
            escaped = true;
            self.at += 1;
        }
    }

    /// Reads any value.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, BrokenJson> {
        match self.peek() {
            Some(b'"') => self.string().map(Value::Text),
            Some(b'{' | b'[') => {
                let start = self.at;
                self.skip_container()?;
                Ok(Value::Container(&self.input[start..self.at]))
            }
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                let number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                self.at += self.input[start..].iter().take_while(|byte| number(byte)).count();
                if self.at == self.input.len() {
                    return Err(self.broken("the rest of a number"));
                }
                Ok(Value::Number(&self.input[start..self.at]))
            }
            Some(b't') => self.word(b"true").map(|()| Value::Bool(true)),
            Some(b'f') => self.word(b"false").map(|()| Value::Bool(false)),
            Some(b'n') => self.word(b"null").map(|()| Value::Null),
            _ => Err(self.broken("a value")),
        }
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), BrokenJson> {
        let rest = &self.input[self.at..];
        if rest.starts_with(word) {
            self.at += word.len();
            return Ok(());
        }
        if word.starts_with(rest) {
            self.at = self.input.len();
        }
        Err(self.broken("true, false or null"))
    }

    /// Goes past the object or array that comes next.
    fn skip_container(&mut self) -> Result<(), BrokenJson> {
        // The lowest bit is the innermost open bracket: 1 for an array.
        let (mut stack, mut depth) = (0u128, 0);
        while let Some(&byte) = self.input.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => {
                    self.pass_quote()?;
                }
                b'{' | b'[' => {
                    if depth == DEPTH {
                        let expected = "values nested at most 128 deep";
                        return Err(BrokenJson { byte: self.at - 1, expected, fault: Fault::TooDeep });
                    }
                    depth += 1;
                    stack = stack << 1 | u128::from(byte == b'[');
                }
                b'}' | b']' => {
                    if stack & 1 != u128::from(byte == b']') {
                        self.at -= 1;
                        let expected = if stack & 1 == 1 { "']'" } else { "'}'" };
                        return Err(self.broken(expected));
                    }
                    stack >>= 1;
                    depth -= 1;
                    if depth == 0 {
                        return Ok(());
                    }
                }
                _ => {}
            }
        }
        Err(self.broken("the end of an object or array"))
    }
}

/// Offset of the first `"` or `\`: eight bytes at a time while strings are short, as most are, then by memchr.
#[inline]
fn quote_or_backslash(bytes: &[u8]) -> Option<usize> {
    const SHORT: usize = 64;
    const ONES: u64 = u64::MAX / 255;
    let mut at = 0;
    while let Some((eight, _)) = bytes[at..].split_first_chunk::<8>()
        && at < SHORT
    {
        let eight = u64::from_le_bytes(*eight);
        // The lowest byte that is zero after the xor is the first match (Warren, Hacker's Delight, 6-1).
        let zero = |x: u64| x.wrapping_sub(ONES) & !x & (ONES << 7);
        let found = zero(eight ^ (ONES * u64::from(b'"'))) | zero(eight ^ (ONES * u64::from(b'\\')));
        if found != 0 {
            return Some(at + (found.trailing_zeros() / 8) as usize);
        }
        at += 8;
    }
    memchr::memchr2(b'"', b'\\', &bytes[at..]).map(|ahead| at + ahead)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Result<Value<'_>, BrokenJson> {
        Cursor::new(json.as_bytes(), 0).value()
    }

    #[test]
    fn objects_and_arrays_are_walked() {
        let mut cursor = Cursor::new(br#" { "a" : [1, {"x":"]}"}] , "b":null }"#, 0);
        cursor.pass(b'{', "'{'").unwrap();
        let mut first = true;
        assert_eq!(cursor.key(&mut first).unwrap().unwrap().raw, b"a");
        assert_eq!(cursor.value().unwrap(), Value::Container(br#"[1, {"x":"]}"}]"#));
        assert_eq!(cursor.key(&mut first).unwrap().unwrap().raw, b"b");
        assert_eq!(cursor.value().unwrap(), Value::Null);
        assert_eq!(cursor.key(&mut first).unwrap(), None);
        assert_eq!(cursor.peek(), None);
    }

    #[test]
    fn faults_name_their_byte() {
        assert_eq!(value("[1, 2").unwrap_err().byte, 5);
        assert_eq!(value("[1}").unwrap_err().byte, 2);
        assert_eq!(value("\"ab\\").unwrap_err().byte, 4);
        assert_eq!(value("tru").unwrap_err().byte, 3);
        assert_eq!(value("trap").unwrap_err().byte, 0);
        let deep = "[".repeat(100_000);
        assert_eq!(value(&deep).unwrap_err().fault, Fault::TooDeep);
        assert_eq!(value(&deep).unwrap_err().byte, 128);
    }

    #[test]
    fn long_strings_are_read_to_their_quote() {
        for length in 0..150 {
            let json = format!("\"{}\\\"{}\"", "x".repeat(length), "y".repeat(length));
            let Value::Text(text) = value(&json).unwrap() else { panic!("a string") };
            assert_eq!(text.raw.len(), 2 * length + 2);
            assert!(text.escaped);
        }
    }
}
