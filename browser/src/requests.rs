//! Reports and pages of requests: of services that call a database again and again since the change, with names of one kind.

use crate::hostile::Names;
use analyzer_core::render::html::{AboutTraces, traces_page};
use analyzer_core::report::Report;
use analyzer_core::requests::{
    Cause, Findings, PairRow, RequestOptions, StructureRow, TagRow, slow_requests,
};
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{
    Capture, Container, Content, NewSpan, Notes, ProcessId, Reference, ReferenceKind, Source, SpanKind,
    StringId, Tag, TagValue, TracesBuilder,
};

/// Requests of a capture.
const REQUESTS: i64 = 120;
/// A second, in nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// A name that is too long for a narrow window.
const SUGGESTION: &str = "recommend what other readers of the same books have bought before";

/// Which requests call the database in a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loops {
    None,
    All,
    /// One in ten.
    Some,
}

/// A capture that is being made.
struct Making {
    builder: TracesBuilder,
    names: Names,
    trace: StringId,
    spans: u32,
}

impl Making {
    fn process(&mut self, service: &str) -> ProcessId {
        let service = self.builder.string(&self.names.bytes(service));
        self.builder.process(service, &[])
    }

    /// Adds a span and gives its id.
    fn span(&mut self, parent: Option<StringId>, process: ProcessId, what: &Span<'_>) -> StringId {
        self.spans += 1;
        let id = self.builder.string(format!("{:08x}", self.spans).as_bytes());
        let operation = match what.operation {
            "long" if self.names == Names::Hostile => {
                [b"zq long ".to_vec(), "<b>\u{202e}\0".repeat(10_000).into(), b" zq long".to_vec()].concat()
            }
            operation => self.names.bytes(operation),
        };
        let operation = self.builder.string(&operation);
        let tag = Tag {
            key: self.builder.string(b"peer.service"),
            value: TagValue::Text(self.builder.string(&self.names.bytes("database"))),
        };
        let tags: &[Tag] =
            if what.kind == SpanKind::Client && what.operation == "query" { &[tag] } else { &[] };
        let mut new = NewSpan::new(self.trace, id, operation, process).at(what.start, what.length);
        (new.kind, new.error) = (what.kind, what.failed);
        let reference =
            parent.map(|span| Reference { kind: ReferenceKind::ChildOf, trace: self.trace, span });
        self.builder.span(&new, reference.as_slice(), tags);
        id
    }
}

struct Span<'a> {
    operation: &'a str,
    kind: SpanKind,
    start: i64,
    length: i64,
    failed: bool,
}

fn capture(side: &str, names: Names, loops: Loops) -> Capture {
    let mut builder = TracesBuilder::new(1000);
    let trace = builder.string(b"");
    let mut making = Making { builder, names, trace, spans: 0 };
    let [gateway, orders, mail] = ["gateway", "orders", "mail"].map(|service| making.process(service));
    for request in 0..REQUESTS {
        making.trace = making.builder.string(&[names.bytes("trace"), request.to_string().into()].concat());
        let start = 1_700_000_000 * SECOND + request * SECOND;
        let calls = match loops {
            Loops::All => 14,
            Loops::Some if request % 10 == 3 => 14,
            _ => 1,
        };
        let us = |us: i64| us * 1000 + (request * 7919) % 97 * 1000;
        let work = us(calls * 1200 + 900);
        let span = |operation, kind, start, length| Span { operation, kind, start, length, failed: false };
        let root = making.span(None, gateway, &span("serve", SpanKind::Server, start, work + us(1500)));
        let client = making.span(
            Some(root),
            gateway,
            &span("call", SpanKind::Client, start + us(200), work + us(400)),
        );
        let server =
            making.span(Some(client), orders, &span("list", SpanKind::Server, start + us(400), work));
        for call in 0..calls {
            let at = start + us(500 + 1200 * call);
            making.span(Some(server), orders, &span("query", SpanKind::Client, at, us(1000)));
        }
        let late = start + us(100);
        let failed = Span { failed: request % 2 == 0, ..span(SUGGESTION, SpanKind::Internal, late, us(90)) };
        making.span(Some(root), gateway, &failed);
        making.span(Some(root), mail, &span("long", SpanKind::Server, start + work + us(900), us(30)));
    }
    let mut notes = Notes::default();
    let content = Content::Traces(making.builder.finish(&mut notes));
    let source = Source {
        name: names.text(&format!("{side}.json")),
        format: "jaeger",
        why_recognised: String::new(),
        container: Container::Plain,
        bytes: 1,
        digest: None,
    };
    Capture { source, content, notes }
}

/// Rows of every kind, whatever is found: their names are hostile as those of spans are.
fn filled(findings: &mut Findings, names: Names) {
    let text = |name: &str| names.text(name);
    let exemplars = vec![text("trace of a cause"), text("trace of another")];
    findings.causes.push(Cause {
        code: "n_plus_one",
        title: text("title of a cause"),
        frame: Some(text("frame of a cause")),
        statement: Some(text("statement")),
        before_pct: 0.5,
        after_pct: 100.0,
        us_per_request: 15_600.0,
        saving_us: 14_400.0,
        exemplars: exemplars.clone(),
    });
    findings.structure.push(StructureRow {
        code: "more",
        caller: text("caller"),
        called: text("called"),
        before_pct: 100.0,
        after_pct: 100.0,
        before_calls: 1.0,
        after_calls: 14.0,
        low: 12.5,
        high: 13.5,
        exemplars,
    });
    findings.tags.push(TagRow {
        service: text("service of a tag"),
        pairs: vec![text("key=value"), text("other=value")],
        before_pct: 3.0,
        after_pct: 96.0,
        q: 0.000_01,
    });
    findings.pair = Some(vec![PairRow {
        depth: 3,
        frame: text("span of a pair"),
        before_us: None,
        after_us: Some(1200.0),
        before_path_us: 0.0,
        after_path_us: 1200.0,
    }]);
    findings.quality.selection_warnings.push(text("warning of a selection"));
}

/// The report of two sets of requests: since the change a query is made 14 times rather than once. Every name has `zq` in it.
///
/// # Panics
/// Never: the captures can be compared.
#[must_use]
pub fn requests(names: Names) -> Report {
    let (before, after) = (capture("before", names, Loops::None), capture("after", names, Loops::All));
    let options = CompareOptions { command: names.text("question"), ..CompareOptions::default() };
    let mut report = compare(&before, &after, &options).unwrap_or_else(|error| panic!("{error}"));
    report.traces.iter_mut().for_each(|findings| filled(findings, names));
    report
}

/// The page of one set of requests, one in ten of which makes a query 14 times.
///
/// # Panics
/// When it is not UTF-8.
#[must_use]
pub fn html_of_traces(names: Names) -> String {
    let options = RequestOptions::default();
    let mut findings = slow_requests(&[capture("one", names, Loops::Some)], &options);
    filled(&mut findings, names);
    let files = [names.text("one.json")];
    let account = [names.text("Read: all.")];
    let (title, command, verdict) = (names.text("title"), names.text("question"), names.text("query"));
    let remarks = [names.text("warning of a selection")];
    let about = AboutTraces {
        title: &title,
        verdict: &verdict,
        remarks: &remarks,
        files: &files,
        account: &account,
        command: &command,
        confidence: 0.95,
    };
    let mut page = Vec::new();
    traces_page(&findings, &about, &mut page).expect("memory takes what is written to it");
    String::from_utf8(page).expect("pages are UTF-8")
}
