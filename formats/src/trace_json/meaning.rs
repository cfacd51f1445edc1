//! What the words and numbers of spans mean: kinds, failure, values of tags.

use super::json_text::{compact, unwrapped};
use super::record::Declared;
use crate::json::Value;
use crate::{SpanKind, TagValue, TracesBuilder};

/// What a tag says of its span.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Says {
    /// Its kind, where the tag is about that.
    pub(crate) kind: Option<SpanKind>,
    /// That it failed.
    pub(crate) error: bool,
}

/// What a tag says of its span; nothing, for most keys.
pub(crate) fn says(key: &[u8], value: &Value<'_>) -> Says {
    match key {
        b"error" => Says { error: is_failure(value), kind: None },
        b"otel.status_code" => Says { error: is_error(value), kind: None },
        b"span.kind" => Says { kind: Some(kind(value)), error: false },
        _ => Says::default(),
    }
}

/// The value of a tag: of the declared type where it can be read as such, else what JSON says.
pub(crate) fn tag_value(builder: &mut TracesBuilder, value: &Value<'_>, declared: Declared) -> TagValue {
    let number = |int: Option<i64>| int.map(TagValue::Int).or_else(|| value.float().map(TagValue::Float));
    let typed = match (value, declared) {
        (Value::Bool(value), _) => Some(TagValue::Bool(*value)),
        (Value::Text(text), Declared::Bool) => {
            matches!(text.raw, b"true" | b"false").then_some(TagValue::Bool(text.raw == b"true"))
        }
        (Value::Number(_) | Value::Text(_), Declared::Float) => number(None),
        (Value::Number(_), _) | (Value::Text(_), Declared::Int) => number(value.int()),
        _ => None,
    };
    typed.unwrap_or_else(|| {
        TagValue::Text(match value {
            Value::Text(text) => builder.string(&text.bytes()),
            Value::Number(raw) => builder.string(raw),
            Value::Container(json) => {
                let wrapped = matches!(declared, Declared::WrappedList | Declared::WrappedMap);
                let plain = wrapped.then(|| unwrapped(json, declared == Declared::WrappedMap)).flatten();
                match plain {
                    Some(plain) => builder.string(&plain),
                    None => builder.string(&compact(json)),
                }
            }
            Value::Null | Value::Bool(_) => builder.string(b"null"),
        })
    })
}

/// The kind that a number of OpenTelemetry's `SpanKind` or a word means.
pub(super) fn kind(value: &Value<'_>) -> SpanKind {
    match (value.int(), value) {
        (Some(1), _) => SpanKind::Internal,
        (Some(2), _) => SpanKind::Server,
        (Some(3), _) => SpanKind::Client,
        (Some(4), _) => SpanKind::Producer,
        (Some(5), _) => SpanKind::Consumer,
        (None, Value::Text(word)) => kind_named(word.raw),
        _ => SpanKind::Unspecified,
    }
}

/// The kind that a word means: `client`, `CLIENT`, `SPAN_KIND_CLIENT`, `SpanKind.CLIENT`.
fn kind_named(word: &[u8]) -> SpanKind {
    let last = word.rsplit(|byte| matches!(byte, b'_' | b'.')).next().unwrap_or(word);
    match &*last.to_ascii_lowercase() {
        b"internal" => SpanKind::Internal,
        b"server" => SpanKind::Server,
        b"client" => SpanKind::Client,
        b"producer" => SpanKind::Producer,
        b"consumer" => SpanKind::Consumer,
        _ => SpanKind::Unspecified,
    }
}

/// Whether a status means failure: 2, `ERROR`, `STATUS_CODE_ERROR`.
pub(super) fn is_error(status: &Value<'_>) -> bool {
    let named = |word: &[u8]| word.len() >= 5 && word[word.len() - 5..].eq_ignore_ascii_case(b"error");
    status.int() == Some(2) || matches!(status, Value::Text(word) if named(word.raw))
}

/// Whether an `error` tag says that its span failed: true, or whatever went wrong in words or as a number.
fn is_failure(value: &Value<'_>) -> bool {
    match value {
        Value::Bool(value) => *value,
        Value::Text(text) => {
            let says_no = [&b""[..], b"false", b"0"].iter().any(|no| text.raw.eq_ignore_ascii_case(no));
            !says_no
        }
        Value::Number(_) => value.float().is_some_and(|number| number != 0.0),
        Value::Null | Value::Container(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Cursor;

    #[test]
    fn kinds_and_statuses_have_many_spellings() {
        let value = |json: &'static str| Cursor::new(json.as_bytes(), 0).value().unwrap();
        for json in ["3 ", "\"3\"", "\"client\"", "\"CLIENT\"", "\"SPAN_KIND_CLIENT\"", "\"SpanKind.CLIENT\""]
        {
            assert_eq!(kind(&value(json)), SpanKind::Client, "{json}");
        }
        for json in ["0 ", "6 ", "null", "\"\"", "\"SPAN_KIND_UNSPECIFIED\"", "[3]"] {
            assert_eq!(kind(&value(json)), SpanKind::Unspecified, "{json}");
        }
        for (json, error) in [
            ("2 ", true),
            ("\"STATUS_CODE_ERROR\"", true),
            ("\"Error\"", true),
            ("1 ", false),
            ("\"Unset\"", false),
            ("null", false),
        ] {
            assert_eq!(is_error(&value(json)), error, "{json}");
        }
    }
}
