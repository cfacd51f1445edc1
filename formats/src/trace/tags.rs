//! Which tags of spans an analysis of time and failure asks for.

/// Which tags of spans are kept. Those of processes always are.
///
/// What a span is (its kind, whether it failed) does not depend on it. Whether two spans are the same and one is left
/// out is judged by the tags that are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tags {
    /// Every tag.
    #[default]
    All,
    /// Those that tell what a span called and how it went: kind, status, error, HTTP, database, RPC, tries, messaging, peer,
    /// sampler, in the keys of OpenTracing and of old and new OpenTelemetry.
    Needed,
}

/// Keys and, where they end in a dot, beginnings of keys.
const NEEDED: &[&[u8]] = &[
    b"component",
    b"db.",
    b"error",
    b"error.",
    b"exception.",
    b"grpc.",
    b"http.method",
    b"http.request.method",
    b"http.request.resend_count",
    b"http.resend_count",
    b"http.response.status_code",
    b"http.retry_count",
    b"http.route",
    b"http.status_code",
    b"http.target",
    b"http.url",
    b"messaging.",
    b"net.peer.",
    b"network.peer.",
    b"otel.status_code",
    b"otel.status_description",
    b"peer.",
    b"pool.name",
    b"previous-rpc-attempts",
    b"rpc.",
    b"sampler.",
    b"server.address",
    b"server.port",
    b"span.kind",
    b"sql",
    b"sql.query",
    b"url.full",
    b"url.path",
];

/// Whether tags of this key are kept as [`Tags::Needed`].
pub(crate) fn is_needed(key: &[u8]) -> bool {
    NEEDED.iter().any(|&needed| if needed.ends_with(b".") { key.starts_with(needed) } else { key == needed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_needed_whole_or_by_their_beginning() {
        for (key, needed) in [
            ("error", true),
            ("error.kind", true),
            ("errors", false),
            ("db.statement", true),
            ("db", false),
            ("http.url", true),
            ("http.user_agent", false),
            ("url.full", true),
            ("http.request.resend_count", true),
            ("http.resend_count", true),
            ("http.request.size", false),
            ("grpc.previous-rpc-attempts", true),
            ("previous-rpc-attempts", true),
            ("db.client.connection.pool.name", true),
            ("db.query.parameter.0", true),
            ("messaging.message.delivery_attempt", true),
            ("db.query.text", true),
            ("db.query.summary", true),
            ("sql", true),
            ("sql.query", true),
            ("sql.rows", false),
            ("sqlite", false),
        ] {
            assert_eq!(is_needed(key.as_bytes()), needed, "{key}");
        }
    }
}
