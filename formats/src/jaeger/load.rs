//! Loads borrowed records into the model.

use super::record::{ProcessRecord, TraceRecord};
use super::span::SpanRecord;
use super::tags::TagRecord;
use crate::interner::StringId;
use crate::json::Text;
use crate::trace_json::{Says, UNKNOWN, names_a_span, says, tag_value};
use crate::{NewSpan, Notes, ProcessId, Reference, ReferenceKind, SpanKind, Tag, TagId, TracesBuilder};
use hashbrown::HashMap;

/// The tick of Jaeger's clock in nanoseconds.
pub(super) const TICK_NS: i64 = 1000;

const INCOMPLETE: &str = "span lacks its spanID, traceID, startTime or duration; it is left out";
const NO_PROCESS: &str = "span names no process of its trace; it is kept under the service [unknown]";
const NO_OPERATION: &str = "span lacks its operationName; it is kept as [unknown]";
const NO_SPAN: &str = "span has a reference that names no span; the reference is ignored";
const NOT_SPANS: &str = "expected the spans of a trace, found something else; what it holds is not read";
const CUT: &str = "span is whole, but the file breaks off before the processes of its trace; it is left out";

/// What is known of the processes of a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The trace is whole.
    Whole,
    /// The file ends or is damaged inside the trace: a process that is not there may have been cut off.
    Cut,
}

/// Loads traces one after the other; keeps what they share.
pub(super) struct TraceLoader<'a> {
    pub(super) builder: TracesBuilder,
    pub(super) notes: Notes,
    /// The processes of the trace under way; the id once a span has used it.
    processes: HashMap<&'a [u8], (ProcessRecord<'a>, Option<ProcessId>)>,
    /// The last span, and the last span that another named as its parent.
    near: [Option<(&'a [u8], StringId)>; 2],
    tags: Vec<TagId>,
    /// What the tag remembered in each slot, if it is still this one, was loaded as.
    known: Vec<Option<(&'a [u8], Loaded)>>,
    references: Vec<Reference>,
}

/// A tag and what it says of its span.
#[derive(Clone, Copy)]
struct Loaded {
    tag: TagId,
    says: Says,
}

impl<'a> TraceLoader<'a> {
    pub(super) fn new() -> TraceLoader<'a> {
        TraceLoader {
            builder: TracesBuilder::new(TICK_NS),
            notes: Notes::default(),
            processes: HashMap::new(),
            near: [None; 2],
            tags: Vec::new(),
            known: Vec::new(),
            references: Vec::new(),
        }
    }

    /// Adds the spans of a trace. `input` is for excerpts.
    pub(super) fn load(&mut self, trace: &TraceRecord<'a>, ended: Ended, input: &[u8]) {
        for flaw in &trace.flaws {
            self.notes.caveat(flaw.code, flaw.text, flaw.byte, &input[flaw.byte..]);
        }
        for &byte in &trace.spans_unread {
            self.notes.damaged("spans_unread", NOT_SPANS, byte, &input[byte..]);
        }
        self.processes.clear();
        for (key, process) in &trace.processes {
            self.processes.insert(key.raw, (process.clone(), None));
        }
        let trace_id = trace.id.map(|id| self.string(id));
        self.notes.met(trace.spans.len() as u64);
        for span in &trace.spans {
            if let Some(flaw) = span.flaw {
                self.notes.left_out(flaw.code, flaw.text, flaw.byte, &input[flaw.byte..]);
                continue;
            }
            let found = &input[span.byte..];
            let own = span.trace.filter(|id| !id.raw.is_empty());
            // Most spans repeat the id of their trace.
            let in_trace = match (own, trace_id) {
                (Some(own), Some(id)) if trace.id == Some(own) => Some(id),
                (Some(own), _) => Some(self.string(own)),
                (None, id) => id,
            };
            let (Some(in_trace), Some(id), Some(start_ns), Some(duration_ns)) =
                (in_trace, span.id, span.start_ns, span.duration_ns)
            else {
                self.notes.left_out("span_incomplete", INCOMPLETE, span.byte, found);
                continue;
            };
            let process = match &span.embedded {
                Some(embedded) => Some(self.process(embedded, trace)),
                None => span.process.and_then(|key| self.process_of(key.raw, trace)),
            };
            if process.is_none() && ended == Ended::Cut {
                self.notes.left_out("span_cut", CUT, span.byte, found);
                continue;
            }
            let process = process.unwrap_or_else(|| {
                self.notes.caveat("process_missing", NO_PROCESS, span.byte, found);
                let service = self.builder.string(UNKNOWN);
                self.builder.process(service, &[])
            });
            let name = id.raw;
            let id = self.string(id);
            let operation = match span.operation {
                Some(operation) => self.string(operation),
                None => {
                    self.notes.caveat("operation_missing", NO_OPERATION, span.byte, found);
                    self.builder.string(UNKNOWN)
                }
            };
            self.load_references(span, trace, in_trace, input);
            let (kind, error) = self.load_tags(span, trace);
            let byte = span.byte as u64;
            let span =
                NewSpan { trace: in_trace, id, operation, process, kind, start_ns, duration_ns, error, byte };
            self.builder.span_with(&span, &self.references, &self.tags);
            self.near[0] = Some((name, id));
        }
    }

    /// Loads the references of a span into `self.references`.
    fn load_references(
        &mut self,
        span: &SpanRecord<'a>,
        trace: &TraceRecord<'a>,
        in_trace: StringId,
        input: &[u8],
    ) {
        self.references.clear();
        for reference in &trace.references[span.references.clone()] {
            if reference.span.is_none() {
                self.notes.caveat("reference_without_span", NO_SPAN, span.byte, &input[span.byte..]);
            }
            let Some(of) = reference.span.filter(|id| !id.raw.is_empty()) else { continue };
            let of_trace = match reference.trace.filter(|id| !id.raw.is_empty()) {
                Some(of_trace) if Some(of_trace) != span.trace => self.string(of_trace),
                _ => in_trace,
            };
            let kind = match reference.kind {
                Some(kind) if kind.raw == b"FOLLOWS_FROM" => ReferenceKind::FollowsFrom,
                _ => ReferenceKind::ChildOf,
            };
            let span = self.parent(of);
            self.references.push(Reference { kind, trace: of_trace, span });
        }
        if let Some(parent) = span.parent.filter(|id| names_a_span(id.raw)) {
            let span = self.parent(parent);
            self.references.push(Reference { kind: ReferenceKind::Parent, trace: in_trace, span });
        }
    }

    /// The id of a parent: mostly the span before, or the parent of the span before.
    fn parent(&mut self, id: Text<'a>) -> StringId {
        let near = self.near.iter().flatten().find(|(raw, _)| *raw == id.raw);
        let known = match near {
            Some(&(_, known)) => known,
            None => self.string(id),
        };
        self.near[1] = Some((id.raw, known));
        known
    }

    /// Loads the tags of a span into `self.tags`; gives what they say of its kind and success.
    fn load_tags(&mut self, span: &SpanRecord<'a>, trace: &TraceRecord<'a>) -> (SpanKind, bool) {
        let (mut kind, mut error) = (SpanKind::Unspecified, false);
        self.tags.clear();
        for tag in trace.tags[span.tags.clone()].iter().chain(&trace.tags[span.more_tags.clone()]) {
            let Some(loaded) = self.load_tag(tag) else { continue };
            kind = loaded.says.kind.unwrap_or(kind);
            error |= loaded.says.error;
            self.tags.push(loaded.tag);
        }
        (kind, error)
    }

    #[inline]
    fn load_tag(&mut self, tag: &TagRecord<'a>) -> Option<Loaded> {
        match self.known.get(tag.slot).filter(|_| tag.in_map.is_none()) {
            Some(&Some((raw, loaded))) if std::ptr::eq(raw, tag.raw) => Some(loaded),
            _ => self.load_new_tag(tag),
        }
    }

    fn load_new_tag(&mut self, record: &TagRecord<'a>) -> Option<Loaded> {
        let fields = record.fields()?;
        let name = fields.name();
        let key = self.builder.string(&name);
        let value = tag_value(&mut self.builder, &fields.value, fields.declared());
        let tag = self.builder.tag(Tag { key, value });
        let loaded = Loaded { tag, says: says(&name, &fields.value) };
        if record.in_map.is_some() {
            return Some(loaded);
        }
        if self.known.len() <= record.slot {
            self.known.resize(record.slot + 1, None);
        }
        self.known[record.slot] = Some((record.raw, loaded));
        Some(loaded)
    }

    fn string(&mut self, text: Text<'_>) -> StringId {
        self.builder.string(&text.bytes())
    }

    /// The process a span of this trace calls `key`.
    fn process_of(&mut self, key: &[u8], trace: &TraceRecord<'a>) -> Option<ProcessId> {
        let (record, id) = self.processes.get(key)?;
        if id.is_some() {
            return *id;
        }
        let record = record.clone();
        let process = self.process(&record, trace);
        if let Some((_, id)) = self.processes.get_mut(key) {
            *id = Some(process);
        }
        Some(process)
    }

    fn process(&mut self, record: &ProcessRecord<'a>, trace: &TraceRecord<'a>) -> ProcessId {
        let service = match record.service {
            Some(service) => self.string(service),
            None => self.builder.string(UNKNOWN),
        };
        let tags =
            trace.tags[record.tags.clone()].iter().filter_map(|tag| Some(self.load_tag(tag)?.tag)).collect();
        self.builder.process_with(service, tags)
    }
}
