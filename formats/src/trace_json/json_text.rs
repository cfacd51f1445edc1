//! Lists and maps in the values of attributes, as one line of JSON text.

use crate::json::Cursor;
use std::borrow::Cow;

/// JSON without the white space between its tokens.
pub(super) fn compact(json: &[u8]) -> Cow<'_, [u8]> {
    let space = |byte: &u8| matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
    if !json.iter().any(space) {
        return Cow::Borrowed(json);
    }
    let mut text = Vec::with_capacity(json.len());
    let (mut quoted, mut escaped) = (false, false);
    for byte in json {
        if quoted || !space(byte) {
            text.push(*byte);
        }
        quoted ^= *byte == b'"' && !escaped;
        escaped = quoted && *byte == b'\\' && !escaped;
    }
    Cow::Owned(text)
}

/// An OTLP list or map (`{"values": [{"stringValue": "a"}]}`) as plain JSON (`["a"]`); `None` where it is not one.
pub(super) fn unwrapped(json: &[u8], map: bool) -> Option<Vec<u8>> {
    let mut cursor = Cursor::new(json, 0);
    let mut text = Vec::new();
    // The open brackets: None for an object that only wraps, else the bracket that closes what it was written as.
    let mut open: Vec<(Option<u8>, bool)> = Vec::new();
    let mut map = map;
    cursor.pass(b'{', "an object").ok()?;
    open.push((None, true));
    while let Some((closing, first)) = open.last_mut() {
        match closing {
            Some(closing) => {
                let (closing, another) = (*closing, !*first);
                if !cursor.element(first).ok()? {
                    text.push(closing);
                    open.pop();
                    continue;
                }
                if another {
                    text.push(b',');
                }
                // What wraps nothing is null.
                cursor.pass(b'{', "an object").ok()?;
                if cursor.peek() == Some(b'}') {
                    text.extend(b"null");
                }
                open.push((None, true));
            }
            None => {
                let Some(key) = cursor.key(first).ok()? else {
                    open.pop();
                    continue;
                };
                cursor.peek();
                let start = cursor.at;
                match key.raw {
                    b"values" => {
                        cursor.pass(b'[', "an array").ok()?;
                        text.push(if map { b'{' } else { b'[' });
                        open.push((Some(if map { b'}' } else { b']' }), true));
                    }
                    b"arrayValue" | b"array_value" | b"kvlistValue" | b"kvlist_value" | b"value" => {
                        map = key.raw.starts_with(b"kvlist");
                        cursor.pass(b'{', "an object").ok()?;
                        open.push((None, true));
                    }
                    b"key" => {
                        cursor.string().ok()?;
                        text.extend_from_slice(&json[start..cursor.at]);
                        text.push(b':');
                    }
                    b"intValue" | b"int_value" => {
                        let number = cursor.value().ok()?.int().is_some();
                        text.extend(json[start..cursor.at].iter().filter(|&&byte| !number || byte != b'"'));
                    }
                    _ => {
                        cursor.value().ok()?;
                        text.extend_from_slice(&json[start..cursor.at]);
                    }
                }
            }
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_space_goes_but_not_from_strings() {
        assert_eq!(&*compact(b"[ 1,\n \"a \\\" b\\\\\" , {\"c\" :2} ]"), b"[1,\"a \\\" b\\\\\",{\"c\":2}]");
        assert!(matches!(compact(b"[1]"), Cow::Borrowed(_)));
    }

    #[test]
    fn wrapped_values_are_unwrapped() {
        for (json, map, expected) in [
            (
                r#"{"values":[{"stringValue":"a"}, {"intValue":"7"},{"boolValue":true},{}]}"#,
                false,
                r#"["a",7,true,null]"#,
            ),
            (r#"{ "values" : [] }"#, false, "[]"),
            (r#"{"values":[{"intValue":"nan"}]}"#, false, r#"["nan"]"#),
            (
                r#"{"values":[{"key":"k","value":{"doubleValue":1.5}},{"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}]}"#,
                true,
                r#"{"k":1.5,"l":["x"]}"#,
            ),
            (
                r#"{"values":[{"kvlistValue":{"values":[{"key":"k","value":{"intValue":1}}]}},{"stringValue":"z"}]}"#,
                false,
                r#"[{"k":1},"z"]"#,
            ),
        ] {
            let text = unwrapped(json.as_bytes(), map).map(|text| String::from_utf8(text).unwrap());
            assert_eq!(text.as_deref(), Some(expected), "{json}");
        }
        for json in ["{\"values\":[7]}", "{\"values\":{}}", "[]", "{\"values\":["] {
            assert_eq!(unwrapped(json.as_bytes(), false), None, "{json}");
        }
    }
}
