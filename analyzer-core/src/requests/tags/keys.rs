//! What a tag is about, by its key and the look of its value.
//!
//! Keys are those of the semantic conventions of OpenTelemetry and OpenTracing, old and new; others are known by their last
//! word (`elapsedMs` and `elapsed_ms` end in `ms`).

use crate::spans::group_name;

/// Keys that say what kind of span it is or where it is in the source, that name the request itself, and statements, which
/// have findings of their own. Those that end in a dot are beginnings.
const SKIPPED: [&str; 29] = [
    "code.line.number",
    "code.lineno",
    "code.stacktrace",
    "db.query.parameter.",
    "db.query.text",
    "db.statement",
    "exception.stacktrace",
    "internal.span.format",
    "otel.library.",
    "otel.scope.",
    "parent.id",
    "parent_id",
    "parent_span_id",
    "parentid",
    "parentspanid",
    "span.id",
    "span.kind",
    "span_id",
    "spanid",
    "sql.query",
    "trace.id",
    "trace_id",
    "traceid",
    "traceparent",
    "tracestate",
    "w3c.tracestate",
    "x-b3-spanid",
    "x-b3-traceid",
    "x-trace-id",
];
/// Last words of keys that tell when, or how long it took: what is slow took long.
const TIMES: [&str; 18] = [
    "date",
    "duration",
    "elapsed",
    "epoch",
    "latency",
    "micros",
    "millis",
    "ms",
    "msec",
    "nanos",
    "ns",
    "sec",
    "seconds",
    "time",
    "timestamp",
    "ts",
    "us",
    "usec",
];
/// Last words of keys whose numbers name something, and have no size.
const NAMES: [&str; 14] = [
    "guid", "hash", "id", "ids", "number", "offset", "pid", "port", "seq", "sequence", "serial", "tid",
    "uid", "uuid",
];
/// Last words of keys that tell how much: a few bytes more are no difference.
const SIZES: [&str; 4] = ["bytes", "length", "len", "size"];
/// Keys, and last words of keys, that are new with every start of a process.
const INSTANCES: [&str; 9] = [
    "client-uuid",
    "container.id",
    "host.id",
    "ip",
    "pid",
    "process.parent_pid",
    "service.instance.id",
    "uid",
    "uuid",
];
/// Beginnings of keys that come and go with what happens and not with what is instrumented.
const EVENTS: [&str; 5] = ["error", "exception", "feature_flag", "otel.status", "retry"];
/// Whole seconds of the years 2001 to 2039 since the epoch.
const SECONDS: std::ops::Range<f64> = 1e9..2.2e9;

/// Whether tags of this key tell nothing that this comparison is about.
pub(super) fn is_skipped(key: &[u8]) -> bool {
    let lower = key.to_ascii_lowercase();
    let is = |skipped: &str| match skipped.ends_with('.') {
        true => lower.starts_with(skipped.as_bytes()),
        false => lower == skipped.as_bytes(),
    };
    SKIPPED.iter().any(|skipped| is(skipped)) || has_last_word(key, &TIMES)
}

/// Whether the numbers of a key are names, of which more or less means nothing.
pub(super) fn is_name(key: &[u8]) -> bool {
    has_last_word(key, &NAMES)
}

/// Whether the numbers of a key are sizes.
pub(super) fn is_size(key: &[u8]) -> bool {
    has_last_word(key, &SIZES)
}

/// Whether a key comes with what happens to a request, so that its absence is no other instrumentation.
pub(super) fn is_event(key: &[u8]) -> bool {
    let lower = key.to_ascii_lowercase();
    EVENTS.iter().any(|start| lower.starts_with(start.as_bytes()))
}

/// Whether a tag names one process or one request and not what it is: a UUID, a long number, an instance.
pub(super) fn is_id(key: &[u8], value: &[u8]) -> bool {
    let lower = key.to_ascii_lowercase();
    INSTANCES.iter().any(|instance| lower == instance.as_bytes())
        || has_last_word(key, &["pid", "uid", "uuid", "guid"])
        || *group_name(value) == *b"{id}"
}

/// Whether a text is a date with a time.
pub(super) fn is_time(value: &[u8]) -> bool {
    let shape = |byte: &u8| if byte.is_ascii_digit() { b'0' } else { *byte };
    let shape: Vec<u8> = value.iter().take(11).map(shape).collect();
    shape == b"0000-00-00T" || shape == b"0000-00-00 "
}

/// Whether a number is a time since the epoch, in seconds, or in thousandths, millionths or billionths of them.
pub(super) fn is_epoch(number: f64) -> bool {
    [1.0, 1e3, 1e6, 1e9].iter().any(|unit| SECONDS.contains(&(number / unit)))
}

fn has_last_word(key: &[u8], words: &[&str]) -> bool {
    let start = key.iter().rposition(|byte| !byte.is_ascii_alphanumeric()).map_or(0, |at| at + 1);
    let word = &key[start..];
    // `elapsedMs`, but not `MS`.
    let camel =
        (1..word.len()).rev().find(|&at| word[at].is_ascii_uppercase() && word[at - 1].is_ascii_lowercase());
    let word = &word[camel.unwrap_or(0)..];
    words.iter().any(|other| word.eq_ignore_ascii_case(other.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_by_their_last_word() {
        for (key, skipped, name, size) in [
            ("db.statement", true, false, false),
            ("db.query.parameter.0", true, false, false),
            ("otel.scope.version", true, false, false),
            ("TraceId", true, true, false),
            ("elapsedMs", true, false, false),
            ("cache.lookup_time", true, false, false),
            ("timeout", false, false, false),
            ("customer.id", false, true, false),
            ("customerId", false, true, false),
            ("net.peer.port", false, true, false),
            ("http.response.body.size", false, false, true),
            ("db.rows", false, false, false),
            ("grid", false, false, false),
            ("", false, false, false),
        ] {
            let key = key.as_bytes();
            assert_eq!((is_skipped(key), is_name(key), is_size(key)), (skipped, name, size), "{key:?}");
        }
    }

    #[test]
    fn ids_by_their_look() {
        for (key, value, id) in [
            ("tenant", "0b2f1f0e-5a0c-4a58-8a4e-0d2b6f3c1d11", true),
            ("etag", "5f3c0d9a77b1e2aa", true),
            ("process.pid", "4711", true),
            ("service.instance.id", "cart-1", true),
            ("pod", "cart-7c9f8d5b6-x2kq9", false),
            ("service.version", "1.5.0", false),
            ("ip", "10.0.0.7", true),
        ] {
            assert_eq!(is_id(key.as_bytes(), value.as_bytes()), id, "{key}={value}");
        }
        assert!(
            is_time(b"2026-11-28T19:00:00Z") && is_time(b"2026-11-28 19:00:00") && !is_time(b"2026-11-28")
        );
        assert!(is_epoch(1_795_370_970.0) && is_epoch(1_795_370_970_000_000.0) && !is_epoch(480.0));
    }
}
