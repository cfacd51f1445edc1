//! Telling JSON captures apart by their keys, and naming those that are not read yet.

use super::{Cursor, Value};
use crate::{Confidence, Recognition};

/// How deep keys are looked at: `data[].spans[].spanID` is three keys down.
const KEY_DEPTH: usize = 4;

/// The keys of the first bytes of a JSON document, as paths without the arrays between: `data.spans.spanID`.
pub(crate) struct Keys {
    paths: Vec<Vec<u8>>,
    /// The value of a `$schema` at the top.
    schema: Vec<u8>,
}

impl Keys {
    /// The keys in `head`, which may be cut anywhere; `None` where it is not JSON with keys.
    pub(crate) fn of(head: &[u8]) -> Option<Keys> {
        let mut cursor = Cursor::new(head, 0);
        if !matches!(cursor.peek(), Some(b'{' | b'[')) {
            return None;
        }
        let mut keys = Keys { paths: Vec::new(), schema: Vec::new() };
        keys.walk(&mut cursor);
        (!keys.paths.is_empty()).then_some(keys)
    }

    /// Collects keys until the bytes end or stop being JSON.
    fn walk(&mut self, cursor: &mut Cursor<'_>) {
        // One entry per open bracket: the length of the path up to it and whether it is an object.
        let mut open: Vec<(usize, bool, bool)> = Vec::new();
        let mut path: Vec<u8> = Vec::new();
        loop {
            if matches!(cursor.peek(), Some(b'{' | b'[')) && open.len() < 2 * KEY_DEPTH {
                let object = cursor.peek() == Some(b'{');
                cursor.at += 1;
                open.push((path.len(), object, true));
            } else {
                match cursor.value() {
                    Ok(Value::Text(text)) if path == b"$schema" => self.schema = text.bytes().into_owned(),
                    Ok(_) => {}
                    Err(_) => return,
                }
            }
            // Close what ends here, then go to the next key or element.
            loop {
                let Some((length, object, first)) = open.last_mut() else { return };
                path.truncate(*length);
                if *object {
                    match cursor.key(first) {
                        Ok(Some(key)) => {
                            if !path.is_empty() {
                                path.push(b'.');
                            }
                            path.extend_from_slice(key.raw);
                            if !self.paths.contains(&path) && self.paths.len() < 256 {
                                self.paths.push(path.clone());
                            }
                            break;
                        }
                        Ok(None) => {}
                        Err(_) => return,
                    }
                } else {
                    match cursor.element(first) {
                        Ok(true) => break,
                        Ok(false) => {}
                        Err(_) => return,
                    }
                }
                open.pop();
            }
        }
    }

    /// Whether there is a key at this path.
    pub(crate) fn has(&self, path: &str) -> bool {
        self.paths.iter().any(|known| known == path.as_bytes())
    }

    /// Whether the `$schema` at the top names `format`.
    pub(crate) fn schema_names(&self, format: &str) -> bool {
        memchr::memmem::find(&self.schema, format.as_bytes()).is_some()
    }

    fn has_all(&self, paths: &[&str]) -> bool {
        paths.iter().all(|path| self.has(path))
    }
}

/// Recognises JSON by the first of these signs whose keys are all there. The last `possible` of them may be anyone's.
pub(crate) fn recognise(head: &[u8], signs: &[&[&str]], possible: usize) -> Option<Recognition> {
    let keys = Keys::of(head)?;
    let at = signs.iter().position(|sign| keys.has_all(sign))?;
    let sure = at + possible < signs.len();
    let confidence = if sure { Confidence::Certain } else { Confidence::Possible };
    Some(Recognition { confidence, why: format!("JSON with the keys {}", signs[at].join(", ")) })
}

/// JSON that people do pass to an analyzer and that is not read yet: its name, and what to do instead.
pub(crate) fn unsupported(head: &[u8]) -> Option<(&'static str, &'static str)> {
    let keys = Keys::of(head)?;
    KINDS.iter().find(|(paths, ..)| keys.has_all(paths)).map(|&(_, kind)| kind)
}

type Kind = (&'static str, &'static str);

const ZIPKIN_V1: Kind =
    ("Zipkin v1 spans", "fetch the same traces from Zipkin's /api/v2/traces, or from Jaeger's /api/traces");
const CASSANDRA: Kind =
    ("Jaeger spans as stored in Cassandra", "fetch the traces from Jaeger's /api/traces instead");
const INTERNAL: Kind =
    ("Jaeger's protobuf model as JSON", "fetch the traces from Jaeger's /api/traces instead");
const TEMPO: Kind = ("a Tempo search result", "it holds summaries; fetch the traces themselves");
const CPUPROFILE: Kind = ("a V8 .cpuprofile", "open it in speedscope and pass what that exports");
const CHROME: Kind = ("a Chrome trace", "record a CPU profile as pprof or folded stacks");
const FIREFOX: Kind = ("a Firefox or samply profile", "record with perf and pass the text of `perf script`");
const STACKPROF: Kind = ("a stackprof profile", "convert it with `stackprof --stackcollapse`");
const PLAN: Kind = ("a PostgreSQL plan", "record a profile or a trace of the query");
const OTLP_PROFILES: Kind = ("OTLP profiles", "record pprof with the same profiler");

/// The keys that give a format away; the first line whose keys are all there is taken.
const KINDS: &[(&[&str], Kind)] = &[
    (&["resourceProfiles"], OTLP_PROFILES),
    (&["traceId", "binaryAnnotations"], ZIPKIN_V1),
    (&["traceId", "annotations.endpoint"], ZIPKIN_V1),
    (&["spans.traceId", "spans.spanId"], INTERNAL),
    (&["traceId", "spanId"], INTERNAL),
    (&["TraceID", "SpanID"], CASSANDRA),
    (&["traces.rootTraceName"], TEMPO),
    (&["traces.traceID"], TEMPO),
    (&["nodes", "startTime", "endTime"], CPUPROFILE),
    (&["nodes.callFrame"], CPUPROFILE),
    (&["traceEvents"], CHROME),
    (&["ph", "ts"], CHROME),
    (&["meta", "threads"], FIREFOX),
    (&["meta", "libs"], FIREFOX),
    (&["meta.processType"], FIREFOX),
    (&["mode", "interval", "frames"], STACKPROF),
    (&["Plan"], PLAN),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_paths_without_arrays() {
        let keys = Keys::of(br#"{"data":[{"traceID":"1","spans":[{"spanID":"2"}]}],"total":0}"#).unwrap();
        for path in ["data", "data.traceID", "data.spans.spanID", "total"] {
            assert!(keys.has(path), "{path}");
        }
        assert!(Keys::of(b"main;work 3").is_none());
        assert!(Keys::of(br#"{"data":[{"trace"#).unwrap().has("data"));
    }

    #[test]
    fn other_json_is_named() {
        for (json, expected) in [
            (r#"{"resourceSpans":[{"resource":{}}]}"#, None),
            (r#"[[{"traceId":"1","id":"2","kind":"CLIENT"}]]"#, None),
            (r#"[{"traceId":"1","id":"2","binaryAnnotations":[]}]"#, Some("Zipkin v1 spans")),
            (r#"{"traceID":"1","spanID":"2","process":{}}"#, None),
            (r#"{"TraceID":"1","SpanID":2}"#, Some("Jaeger spans as stored in Cassandra")),
            (r#"{"$schema":"https://www.speedscope.app/file-format-schema.json"}"#, None),
            (r#"{"nodes":[{"id":1,"callFrame":{}}],"startTime":1}"#, Some("a V8 .cpuprofile")),
            (r#"[{"ph":"B","ts":1,"name":"a"}]"#, Some("a Chrome trace")),
            (r#"{"meta":{"interval":1},"libs":[]}"#, Some("a Firefox or samply profile")),
            (r#"{"data":[{"traceID":"1","spans":[]}]}"#, None),
            (r#"{"traceID":"1","spans":[{"traceID":"1","spanID":"2"}],"processes":{}}"#, None),
        ] {
            assert_eq!(unsupported(json.as_bytes()).map(|(format, _)| format), expected, "{json}");
        }
    }
}
