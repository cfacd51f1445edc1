//! Traces of a few spans for tests.

use analyzer_formats::{
    NewSpan, Notes, Reference, ReferenceKind, SpanKind, Tag, TagValue, Traces, TracesBuilder,
};

/// A span for a test; times in nanoseconds.
#[derive(Clone, Copy)]
pub(crate) struct Span<'a> {
    pub(crate) trace: &'a str,
    pub(crate) id: &'a str,
    /// Empty for a root.
    pub(crate) parent: &'a str,
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) kind: SpanKind,
    pub(crate) error: bool,
    pub(crate) tags: &'a [(&'a str, &'a str)],
}

impl<'a> Span<'a> {
    pub(crate) fn new(
        id: &'a str,
        parent: &'a str,
        service: &'a str,
        operation: &'a str,
        start: i64,
        end: i64,
    ) -> Span<'a> {
        let (kind, error) = (SpanKind::Unspecified, false);
        Span { trace: "t", id, parent, service, operation, start, end, kind, error, tags: &[] }
    }
}

/// Traces of these spans.
pub(crate) fn spans(spans: &[Span<'_>]) -> Traces {
    let mut builder = TracesBuilder::new(1000);
    for span in spans {
        let service = builder.string(span.service.as_bytes());
        let process = builder.process(service, &[]);
        let trace = builder.string(span.trace.as_bytes());
        let [id, parent, operation] =
            [span.id, span.parent, span.operation].map(|text| builder.string(text.as_bytes()));
        let tags: Vec<Tag> = span
            .tags
            .iter()
            .map(|(key, value)| Tag {
                key: builder.string(key.as_bytes()),
                value: value
                    .parse()
                    .map_or_else(|_| TagValue::Text(builder.string(value.as_bytes())), TagValue::Int),
            })
            .collect();
        let reference = Reference { kind: ReferenceKind::ChildOf, trace, span: parent };
        let references: &[Reference] = if span.parent.is_empty() { &[] } else { &[reference] };
        let new = NewSpan::new(trace, id, operation, process).at(span.start, span.end - span.start);
        builder.span(&NewSpan { kind: span.kind, error: span.error, ..new }, references, &tags);
    }
    builder.finish(&mut Notes::default())
}
