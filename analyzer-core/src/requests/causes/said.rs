//! What the tags of spans say of the calls that these stand for.
//!
//! Keys are those of OpenTracing and of old and new OpenTelemetry (semantic conventions up to 1.20, and from 1.23 on). Tags
//! are unique in a capture, so each is judged once, and a span by looking its tags up.

use analyzer_formats::{SpanId, Tag, TagId, TagValue, Traces};

/// What one tag says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    /// Nothing that matters here.
    Nothing,
    /// All that was asked for: a statement that reads, with its values in it.
    Read,
    /// A statement that reads, whose values are elsewhere or hidden.
    Prepared,
    /// Another statement: asked again it may do, or give, something else.
    Statement,
    /// A value of a statement.
    Parameter,
    /// Where a request of HTTP went to, with its query.
    Address,
    /// That a request of HTTP reads.
    Reads,
    /// That a call failed so that it is worth trying again: the callee was busy, out of reach or too late.
    Busy,
    /// That a call failed in another way, or was sent elsewhere.
    Settled,
    /// That a call, or taking a message, was tried before.
    Again,
    /// That a span is about the connections of a pool.
    Pool,
}

/// Words of statements that write, also within one that begins like a question.
const WRITES: [&str; 3] = ["insert", "update", "delete"];
const STATEMENT: [&str; 3] = ["db.statement", "db.query.text", "sql.query"];
const ADDRESS: [&str; 3] = ["url.full", "http.url", "http.target"];
const METHOD: [&str; 2] = ["http.request.method", "http.method"];
const STATUS: [&str; 2] = ["http.response.status_code", "http.status_code"];
const RPC_STATUS: [&str; 5] =
    ["rpc.grpc.status_code", "rpc.response.status_code", "grpc.status_code", "grpc.code", "rpc.status_code"];
/// How many tries there were before; more than none says that this is another.
const RESENT: [&str; 8] = [
    "http.request.resend_count",
    "http.resend_count",
    "http.retry_count",
    "grpc.previous-rpc-attempts",
    "grpc.previous_rpc_attempts",
    "previous-rpc-attempts",
    "rpc.grpc.previous_attempts",
    "grpc.retry_count",
];
/// How many times a message was handed over, this one counted.
const DELIVERIES: [&str; 4] = [
    "messaging.message.delivery_attempt",
    "messaging.gcp_pubsub.message.delivery_attempt",
    "messaging.servicebus.message.delivery_count",
    "messaging.sqs.approximate_receive_count",
];
const REDELIVERED: [&str; 3] =
    ["messaging.redelivered", "messaging.rabbitmq.redelivered", "messaging.message.redelivered"];
/// What statements begin with that read.
const READS: [&str; 12] = [
    "select",
    "with",
    "show",
    "get",
    "mget",
    "hget",
    "hgetall",
    "hmget",
    "smembers",
    "find",
    "aggregate",
    "match",
];
/// Statements with these give another answer each time, or do more than read.
const NOT_ALIKE: [&str; 10] = [
    "nextval",
    "last_insert",
    "lastval",
    "now(",
    "rand",
    "uuid",
    "@@",
    "sleep",
    "current_timestamp",
    "get_lock",
];

/// What the tags of one capture say.
pub(super) struct Sayings {
    /// By tag.
    said: Vec<Said>,
}

impl Sayings {
    pub(super) fn of(traces: &Traces) -> Sayings {
        Sayings { said: traces.tags.iter().map(|tag| said(traces, tag)).collect() }
    }

    /// The tags of a span that say something.
    pub(super) fn of_span<'a>(
        &'a self,
        traces: &'a Traces,
        span: SpanId,
    ) -> impl Iterator<Item = (Said, TagId)> + 'a {
        let tags = &traces.spans.tags[span.index()];
        let list = &traces.tag_lists[tags.start as usize..tags.end as usize];
        list.iter().map(|&tag| (self.said[tag.index()], tag)).filter(|(said, _)| *said != Said::Nothing)
    }
}

fn said(traces: &Traces, tag: &Tag) -> Said {
    let Ok(key) = std::str::from_utf8(traces.strings.get(tag.key)) else { return Said::Nothing };
    let text = match tag.value {
        TagValue::Text(text) => String::from_utf8_lossy(traces.strings.get(text)),
        TagValue::Int(number) => number.to_string().into(),
        TagValue::Float(number) => number.to_string().into(),
        TagValue::Bool(value) => value.to_string().into(),
    };
    let number = || text.trim().parse::<i64>().unwrap_or(0);
    let unless = |is: bool, said| if is { said } else { Said::Nothing };
    match key {
        _ if STATEMENT.contains(&key) => statement(&text),
        _ if is_parameter(key) => Said::Parameter,
        _ if ADDRESS.contains(&key) => unless(!text.contains("REDACTED"), Said::Address),
        _ if METHOD.contains(&key) => {
            unless(["GET", "HEAD"].iter().any(|method| text.eq_ignore_ascii_case(method)), Said::Reads)
        }
        _ if STATUS.contains(&key) => match number() {
            408 | 429 | 500.. => Said::Busy,
            300..500 => Said::Settled,
            _ => Said::Nothing,
        },
        _ if RPC_STATUS.contains(&key) => rpc_status(&text),
        _ if RESENT.contains(&key) => unless(number() > 0, Said::Again),
        _ if DELIVERIES.contains(&key) => unless(number() > 1, Said::Again),
        _ if REDELIVERED.contains(&key) => unless(text.eq_ignore_ascii_case("true"), Said::Again),
        _ if key.starts_with("db.client.connection") || key == "pool.name" => Said::Pool,
        _ => Said::Nothing,
    }
}

/// Whether a key is that of values of a statement.
fn is_parameter(key: &str) -> bool {
    ["db.query.parameter.", "db.statement.parameter", "db.operation.parameter.", "db.parameters"]
        .iter()
        .any(|start| key.starts_with(start))
}

/// Codes of gRPC (`codes.h`), as numbers and as names.
fn rpc_status(text: &str) -> Said {
    const BUSY: [(&str, &str); 3] =
        [("4", "DEADLINE_EXCEEDED"), ("8", "RESOURCE_EXHAUSTED"), ("14", "UNAVAILABLE")];
    if BUSY.iter().any(|(code, name)| text == *code || text.eq_ignore_ascii_case(name)) {
        Said::Busy
    } else if text == "0" || text.eq_ignore_ascii_case("OK") {
        Said::Nothing
    } else {
        Said::Settled
    }
}

fn statement(text: &str) -> Said {
    let lower =
        text.trim_start_matches(|c: char| c.is_whitespace() || c == '(' || c == '{').to_ascii_lowercase();
    let first = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|word| !word.is_empty());
    let reads = first.is_some_and(|first| READS.contains(&first))
        && !WRITES.iter().any(|word| has_word(&lower, word))
        && !NOT_ALIKE.iter().any(|letters| starts_of(&lower, letters).next().is_some());
    match (reads && !lower.contains("for update"), has_gaps(&lower)) {
        (true, false) => Said::Read,
        (true, true) => Said::Prepared,
        (false, _) => Said::Statement,
    }
}

/// Whether a text has a word, not as a part of another: `update`, not `updated_at`.
fn has_word(text: &str, word: &str) -> bool {
    starts_of(text, word).any(|at| !text.as_bytes().get(at + word.len()).is_some_and(|&byte| is_word(byte)))
}

/// Where words of a text begin with these letters.
fn starts_of(text: &str, letters: &str) -> impl Iterator<Item = usize> {
    let found = text.match_indices(letters).map(|(at, _)| at);
    found.filter(|&at| at == 0 || !is_word(text.as_bytes()[at - 1]))
}

/// Whether a statement has places for values: `?`, `$1`, `:1`, `:name`, `@p0`, `%s`, `%(name)s`, or stars where values were
/// hidden. What is quoted counts too: hiding `'x'` gives `'?'`. A statement that has none but looks so is not claimed to be
/// complete, which is the safe side.
fn has_gaps(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().enumerate().any(|(at, &byte)| {
        let before = if at == 0 { b' ' } else { bytes[at - 1] };
        let next = bytes.get(at + 1).copied().unwrap_or(b' ');
        match byte {
            b'?' => true,
            b'$' => next.is_ascii_digit(),
            b':' => before != b':' && !before.is_ascii_alphanumeric() && before != b'"' && is_word(next),
            b'@' => is_word(next) && !before.is_ascii_alphanumeric(),
            b'%' => next == b's' || next == b'(' || next == b'd',
            b'*' => next == b'*',
            _ => false,
        }
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::request_testing::{Span, spans};

    fn of(key: &str, value: &str) -> Said {
        let traces = spans(&[Span { tags: &[(key, value)], ..Span::new("a", "", "s", "o", 0, 1) }]);
        let sayings = Sayings::of(&traces);
        sayings.of_span(&traces, SpanId::new(0)).next().map_or(Said::Nothing, |(said, _)| said)
    }

    #[test]
    fn statements_are_complete_where_values_are_in_them() {
        for complete in [
            "SELECT genre, percent FROM discounts",
            "select * from t where id = 17 and day = '2026-01-01 10:20:30'::date",
            "GET user:17",
            "{\"find\": \"users\", \"filter\": {\"id\": 17}}",
        ] {
            assert_eq!(of("db.statement", complete), Said::Read, "{complete}");
            assert_eq!(of("db.query.text", complete), Said::Read, "{complete}");
        }
        for not in [
            "SELECT a FROM t WHERE id = ?",
            "SELECT a FROM t WHERE id = $1",
            "SELECT a FROM t WHERE id = :id",
            "SELECT a FROM t WHERE id = @p0",
            "SELECT a FROM t WHERE id = %s",
            "SELECT a FROM t WHERE id = %(id)s",
            "GET ?",
        ] {
            assert_eq!(of("db.statement", not), Said::Prepared, "{not}");
        }
        for not in [
            "SELECT nextval('ids')",
            "SELECT a FROM t WHERE id = 1 FOR UPDATE",
            "INSERT INTO t VALUES (1)",
            "",
        ] {
            assert_eq!(of("db.statement", not), Said::Statement, "{not}");
        }
        assert_eq!(of("db.query.parameter.0", "17"), Said::Parameter);
        assert_eq!(of("db.statement.parameters", "[17]"), Said::Parameter);
    }

    #[test]
    fn what_is_worth_another_try_is_told_by_old_and_new_keys() {
        for (key, value, said) in [
            ("http.status_code", "503", Said::Busy),
            ("http.response.status_code", "429", Said::Busy),
            ("http.status_code", "408", Said::Busy),
            ("http.status_code", "404", Said::Settled),
            ("http.status_code", "200", Said::Nothing),
            ("rpc.grpc.status_code", "14", Said::Busy),
            ("rpc.grpc.status_code", "5", Said::Settled),
            ("rpc.response.status_code", "DEADLINE_EXCEEDED", Said::Busy),
            ("rpc.response.status_code", "OK", Said::Nothing),
            ("http.resend_count", "1", Said::Again),
            ("http.request.resend_count", "2", Said::Again),
            ("http.request.resend_count", "0", Said::Nothing),
            ("messaging.message.delivery_attempt", "1", Said::Nothing),
            ("messaging.message.delivery_attempt", "2", Said::Again),
            ("messaging.redelivered", "true", Said::Again),
            ("http.method", "GET", Said::Reads),
            ("http.request.method", "POST", Said::Nothing),
            ("url.full", "http://a/b", Said::Address),
            ("http.user_agent", "x", Said::Nothing),
        ] {
            assert_eq!(of(key, value), said, "{key}={value}");
        }
    }
}
