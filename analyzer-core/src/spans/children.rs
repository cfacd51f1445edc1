//! The children of every span, and whether their parent waits for them.

use analyzer_formats::{Link, SpanId, SpanKind, Spans, Traces};

/// The children of every span, in the order of the file.
#[derive(Clone, Debug)]
pub struct Children {
    /// Where the children of each span start in `list`; one more entry than spans.
    starts: Vec<u32>,
    list: Vec<SpanId>,
}

impl Children {
    /// Collects the children of every span.
    #[must_use]
    pub fn of(traces: &Traces) -> Children {
        let parents = &traces.spans.parent;
        let mut starts = vec![0u32; parents.len() + 1];
        for parent in parents.iter().flatten() {
            starts[parent.index() + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut list = vec![SpanId::new(0); starts[parents.len()] as usize];
        for (at, parent) in parents.iter().enumerate() {
            if let Some(parent) = parent {
                let place = &mut next[parent.index()];
                list[*place as usize] = SpanId::new(at);
                *place += 1;
            }
        }
        Children { starts, list }
    }

    /// The children of a span.
    #[must_use]
    pub fn get(&self, span: SpanId) -> &[SpanId] {
        let at = span.index();
        &self.list[self.starts[at] as usize..self.starts[at + 1] as usize]
    }
}

/// Whether a span has a parent that does not wait for it: it follows from it, or takes a message it sent.
#[must_use]
pub fn is_async(spans: &Spans, span: SpanId) -> bool {
    let at = span.index();
    let Some(parent) = spans.parent[at] else { return false };
    spans.link[at] == Link::FollowsFrom
        || (spans.kind[at] == SpanKind::Consumer && spans.kind[parent.index()] == SpanKind::Producer)
}
