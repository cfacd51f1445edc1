//! Spans as Jaeger stores them in Elasticsearch and OpenSearch: one document is one span with its process.
//!
//! Read are the documents themselves, one per line or in a list, the hits that hold them under `_source`, and the
//! answer to a search, `{"hits": {"hits": [hit]}}`. Tags may stand in a list or in a map, whose keys have `@` for
//! a dot. The fields are those of `SpanRecord` in Jaeger's `internal/storage/elasticsearch/dbmodel/model.go`.

use super::load::{Ended, TICK_NS, TraceLoader};
use super::record::TraceRecord;
use crate::json::{BrokenJson, Cursor, elements, fields, recognise};
use crate::trace_json::{self, Part, ReadSpans, each, is_empty_list};
use crate::{Content, Format, Notes, ReadErrorKind, ReadOptions, Recognition, Tags};

/// Jaeger spans as stored in Elasticsearch.
pub struct Storage;

const OTHER: &str = "expected a stored span, found other JSON; it is ignored";
const NO_SOURCE: &str =
    "expected a hit with the span in its \"_source\", found something else; it is left out";
const NOT_HITS: &str = "expected the hits of a search, found something else; what it holds is not read";

impl Format for Storage {
    fn name(&self) -> &'static str {
        "jaeger-storage"
    }

    fn description(&self) -> &'static str {
        "Jaeger spans as stored in Elasticsearch or OpenSearch"
    }

    fn recognise(&self, head: &[u8]) -> Option<Recognition> {
        const SIGNS: &[&[&str]] = &[
            &["traceID", "spanID"],
            &["traceID", "operationName"],
            &["_source.traceID"],
            &["hits._source.traceID"],
            &["hits.hits._source.traceID"],
            &["_source.spanID"],
            &["hits._source.spanID"],
            &["hits.hits._source.spanID"],
            &["hits.hits"],
        ];
        recognise(head, SIGNS, 1)
    }

    fn read(&self, input: &[u8], options: &ReadOptions, notes: &mut Notes) -> Result<Content, ReadErrorKind> {
        trace_json::read::<Reader<'_>>(input, options, notes)
    }
}

struct Reader<'a> {
    input: &'a [u8],
    loader: TraceLoader<'a>,
    /// The span under way, as the only one of a trace.
    trace: TraceRecord<'a>,
    found: bool,
}

impl<'a> ReadSpans<'a> for Reader<'a> {
    const EXPECTED: &'static str = "stored spans: objects with \"traceID\", \"spanID\", \"process\"";
    const TICK_NS: i64 = TICK_NS;

    fn new(input: &'a [u8], tags: Tags) -> Reader<'a> {
        Reader { input, loader: TraceLoader::new(), trace: TraceRecord::new(tags), found: false }
    }

    fn document(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        each(cursor, |cursor| {
            let byte = cursor.at;
            if !self.object(cursor)? {
                self.loader.notes.caveat("document_other", OTHER, byte, &self.input[byte..]);
            }
            Ok(())
        })
    }

    fn notes(&mut self) -> &mut Notes {
        &mut self.loader.notes
    }

    fn finish(self) -> Part {
        Part::new(self.loader.builder, self.loader.notes, self.found)
    }
}

impl<'a> Reader<'a> {
    /// Reads a span, a hit, or the answer to a search; whether it was one of these.
    fn object(&mut self, cursor: &mut Cursor<'a>) -> Result<bool, BrokenJson> {
        match self.shape(*cursor)? {
            Stored::Span => self.span(cursor)?,
            Stored::Hit => self.hit(cursor)?,
            Stored::Search => {
                fields(cursor, |key, cursor| match (key.raw, cursor.peek()) {
                    (b"hits", Some(b'{')) => fields(cursor, |key, cursor| match key.raw {
                        b"hits" => self.hits(cursor),
                        _ => cursor.value().map(|_| ()),
                    })
                    .map(|_| ()),
                    (b"hits", _) => self.hits(cursor),
                    _ => cursor.value().map(|_| ()),
                })?;
            }
            Stored::Other => {
                cursor.value()?;
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What comes next, by the first key that tells.
    fn shape(&self, mut cursor: Cursor<'a>) -> Result<Stored, BrokenJson> {
        if cursor.pass(b'{', "'{'").is_err() {
            return Ok(Stored::Other);
        }
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            match key.raw {
                b"traceID" | b"spanID" | b"operationName" => return Ok(Stored::Span),
                b"_source" => return Ok(Stored::Hit),
                b"hits" => return Ok(Stored::Search),
                _ => {
                    cursor.value()?;
                }
            }
        }
        Ok(Stored::Other)
    }

    fn hits(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        self.found |= is_empty_list(*cursor);
        let byte = cursor.at;
        if !elements(cursor, |cursor| self.hit(cursor))? {
            self.loader.notes.damaged("hits_unread", NOT_HITS, byte, &self.input[byte..]);
        }
        Ok(())
    }

    fn hit(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        let (byte, mut has_source) = (cursor.at, false);
        fields(cursor, |key, cursor| match key.raw {
            b"_source" => {
                has_source = true;
                self.span(cursor)
            }
            _ => cursor.value().map(|_| ()),
        })?;
        if !has_source {
            self.loader.notes.met(1);
            self.loader.notes.left_out("hit_without_source", NO_SOURCE, byte, &self.input[byte..]);
        }
        Ok(())
    }

    fn span(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        self.trace.clear();
        self.trace.read_element(cursor)?;
        self.found |= self.trace.spans.iter().any(|span| span.trace.is_some() || span.id.is_some());
        self.loader.load(&self.trace, Ended::Whole, self.input);
        Ok(())
    }
}

enum Stored {
    Span,
    Hit,
    Search,
    Other,
}

#[cfg(test)]
mod tests {
    use crate::{Content, Notes, ReadOptions, SpanKind, TagValue, Traces, read_bytes};

    const SPAN: &str = r#"{"traceID":"t","spanID":"b","parentSpanID":"a","operationName":"get","startTime":1000,
        "startTimeMillis":1,"duration":7,"references":[{"refType":"FOLLOWS_FROM","traceID":"t","spanID":"a"}],
        "tags":[{"key":"n","type":"int64","value":"5"}],"tag":{"span@kind":"client","error":true,"http@route":"/x"},
        "process":{"serviceName":"shop","tag":{"host@name":"h1"}}}"#;

    fn span() -> String {
        SPAN.replace('\n', "")
    }

    fn root() -> String {
        let root = span().replace("\"spanID\":\"b\",\"parentSpanID\":\"a\"", "\"spanID\":\"a\"");
        let (before, after) = root.split_once("\"references\":[").unwrap();
        let (_, after) = after.split_once("],").unwrap();
        format!("{before}{after}")
    }

    fn read(input: &str) -> (Traces, Notes) {
        let capture = read_bytes("test", input.as_bytes(), &ReadOptions::default()).unwrap();
        assert_eq!(capture.source.format, "jaeger-storage");
        assert_eq!(capture.notes.records(), capture.records_used() + capture.notes.samples_left_out());
        let Content::Traces(traces) = capture.content else { panic!("traces") };
        (traces, capture.notes)
    }

    #[test]
    fn a_stored_span_has_its_process_and_tags_of_both_shapes() {
        let (traces, notes) = read(&format!("{}\n{}\n", root(), span()));
        assert!(notes.is_empty(), "{notes:?}");
        let text = |id| traces.strings.text(id).into_owned();
        assert_eq!(traces.spans.start_ns, [1_000_000; 2]);
        assert_eq!(traces.spans.parent[1].map(|id| id.index()), Some(0));
        assert_eq!(traces.spans.link[1], crate::Link::FollowsFrom);
        assert_eq!(traces.spans.kind, [SpanKind::Client; 2]);
        assert_eq!(traces.spans.error, [true; 2]);
        assert_eq!((traces.processes.len(), text(traces.processes[0].service)), (1, "shop".to_owned()));
        for span in [0, 1].map(crate::SpanId::new) {
            let tags: Vec<_> = traces.tags_of(span).map(|tag| (text(tag.key), tag.value)).collect();
            let keys: Vec<&str> = tags.iter().map(|(key, _)| key.as_str()).collect();
            assert_eq!(keys, ["n", "span.kind", "error", "http.route"]);
            assert_eq!(tags[0].1, TagValue::Int(5));
        }
        let of_process: Vec<String> =
            traces.tag_lists.iter().map(|tag| text(traces.tags[tag.index()].key)).collect();
        assert!(of_process.contains(&"host.name".to_owned()), "{of_process:?}");
    }

    #[test]
    fn every_shape_gives_the_same_spans() {
        let (root, span) = (root(), span());
        let hit = |span: &str| format!(r#"{{"_index":"jaeger-span","_id":"1","_source":{span}}}"#);
        let (expected, _) = read(&format!("{root}\n{span}\n"));
        for input in [
            format!("[{root},{span}]"),
            format!("[\n{root},\n{span}\n]"),
            format!("{}\n{}", hit(&root), hit(&span)),
            format!("[{},{}]", hit(&root), hit(&span)),
            format!(r#"{{"took":1,"hits":{{"total":2,"hits":[{},{}]}}}}"#, hit(&root), hit(&span)),
            format!(r#"{{"hits":[{},{}],"total":2}}"#, hit(&root), hit(&span)),
            format!(
                "{{\"duration\":7,{}\n{{\"references\":null,{}",
                &root[1..].replace("\"duration\":7,", ""),
                &span[1..].replacen("\"references\"", "\"refs\"", 1).replace("FOLLOWS_FROM", "")
            ),
        ] {
            let (traces, notes) = read(&input);
            assert!(notes.is_empty(), "{input}: {notes:?}");
            assert_eq!(traces.spans.parent, expected.spans.parent, "{input}");
            assert_eq!(traces.spans.duration_ns, expected.spans.duration_ns, "{input}");
            assert_eq!(traces.processes, expected.processes, "{input}");
        }
    }

    #[test]
    fn a_search_may_find_nothing_or_something_else() {
        let (traces, notes) = read(r#"{"took":1,"hits":{"total":0,"hits":[]}}"#);
        assert_eq!((traces.spans.len(), notes.get("no_traces").unwrap().count), (0, 1));
        let other = br#"{"took":1,"hits":{"total":1,"hits":[{"_source":{"message":"up"}}]}}"#;
        let error = read_bytes("test", other, &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind.code(), "malformed", "{error}");
    }

    #[test]
    fn hits_without_a_span_are_counted() {
        let hit = |span: &str| format!(r#"{{"_id":"1","_source":{span}}}"#);
        for (other, code, left_out) in [
            (r#"{"_id":"2"}"#, "hit_without_source", 1),
            ("7", "hit_without_source", 1),
            ("null", "hit_without_source", 1),
            (r#"{"_source":null}"#, "span_not_object", 1),
            (r#"{"_source":{"message":"up"}}"#, "span_incomplete", 1),
        ] {
            for json in [
                format!(r#"{{"hits":{{"total":2,"hits":[{},{other}]}}}}"#, hit(&root())),
                format!(r#"{{"hits":[{},{other}]}}"#, hit(&root())),
            ] {
                let (traces, notes) = read(&json);
                let codes: Vec<(&str, u64)> = notes.iter().map(|note| (note.code, note.count)).collect();
                assert_eq!((traces.spans.len(), codes), (1, vec![(code, 1)]), "{json}");
                assert_eq!((notes.samples_left_out(), notes.records()), (left_out, 1 + left_out));
            }
        }
        for other in [r#"{"hits":7}"#, r#"{"hits":{"hits":"x"}}"#] {
            let (traces, notes) = read(&format!("{}\n{other}\n", root()));
            let codes: Vec<(&str, u64)> = notes.losses().map(|note| (note.code, note.count)).collect();
            assert_eq!((traces.spans.len(), codes), (1, vec![("hits_unread", 1)]), "{other}");
        }
    }

    #[test]
    fn tags_that_are_not_needed_are_left_out_of_spans() {
        let options = ReadOptions { tags: crate::Tags::Needed, ..ReadOptions::default() };
        let capture = read_bytes("test", root().as_bytes(), &options).unwrap();
        let Content::Traces(traces) = capture.content else { panic!("traces") };
        let keys: Vec<_> =
            traces.tags_of(crate::SpanId::new(0)).map(|tag| traces.strings.text(tag.key)).collect();
        assert_eq!(keys, ["span.kind", "error", "http.route"], "n is not");
        assert_eq!(traces.processes[0].tags.len(), 1);
    }

    #[test]
    fn milliseconds_do_where_there_is_nothing_finer() {
        let (traces, notes) = read(&span().replace("\"startTime\":1000,", ""));
        assert_eq!(
            (traces.spans.start_ns.as_slice(), notes.get("parent_missing").unwrap().count),
            (&[1_000_000][..], 1)
        );
    }

    #[test]
    fn a_flawed_line_costs_that_line() {
        let cut = &span()[..50];
        let (traces, notes) = read(&format!("{}\n{cut}\n{}\n{{\"other\":1}}\n", root(), span()));
        assert_eq!(traces.spans.len(), 2);
        let codes: Vec<(&str, u64)> = notes.iter().map(|note| (note.code, note.count)).collect();
        assert_eq!(codes, [("document_broken", 1), ("document_other", 1)]);
        let wrong = span().replace("\"duration\":7", "\"duration\":[7]");
        let (traces, notes) = read(&format!("{}\n{wrong}\n", root()));
        assert_eq!((traces.spans.len(), notes.samples_left_out()), (1, 1));
    }
}
