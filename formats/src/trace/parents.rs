//! Finds the parent of every span.
//!
//! A parent is the first CHILD_OF reference that names a span of the same trace, else the first FOLLOWS_FROM,
//! else the bare parent id. A span whose references name no span of its trace is an orphan; a FOLLOWS_FROM into
//! another trace is a link between traces and asks for no parent. Cycles are cut at their earliest span.
//!
//! Client and server of a call may have one span id, as Zipkin's do. Then the server's span is the child of the
//! client's, and whoever names that id as its parent is a child of the server's.

use super::builder::{ReferenceKind, SpanRow, TracesBuilder};
use super::{Link, SpanId, SpanKind, Trace};
use crate::{Notes, StringId};
use hashbrown::HashMap;

const MISSING: &str = "span names a parent that is not in the file; it starts a tree of its own";
const SELF: &str = "span names itself as its parent; that reference is ignored";
const CYCLE: &str = "spans are each other's parents; the one that starts first is taken as a root";

/// The parent and link of every span. Spans must be grouped by trace, and `traces` hold their ranges.
pub(super) fn resolve(
    builder: &TracesBuilder,
    traces: &[Trace],
    notes: &mut Notes,
) -> (Vec<Option<SpanId>>, Vec<Link>) {
    let spans = &builder.spans;
    let mut parents = vec![None; spans.len()];
    let mut links = vec![Link::Root; spans.len()];
    // By string id: the span of the trace under way that is meant by it, the first unless a later one is a server's.
    let mut by_id: Vec<Option<SpanId>> = vec![None; builder.strings().len()];
    // The first client's span of each id that occurs more than once in the trace under way.
    let mut clients: HashMap<StringId, SpanId> = HashMap::new();
    for trace in traces {
        clients.clear();
        for at in trace.spans.clone().rev() {
            let meant = &mut by_id[spans[at].span.id.index()];
            if let Some(later) = *meant {
                for span in [later.index(), at] {
                    if spans[span].span.kind == SpanKind::Client {
                        clients.insert(spans[span].span.id, SpanId::new(span));
                    }
                }
                if spans[later.index()].span.kind == SpanKind::Server
                    && spans[at].span.kind != SpanKind::Server
                {
                    continue;
                }
            }
            *meant = Some(SpanId::new(at));
        }
        for at in trace.spans.clone() {
            let span = &spans[at].span;
            (parents[at], links[at]) = match clients.get(&span.id) {
                Some(&client) if span.kind == SpanKind::Server => (Some(client), Link::ChildOf),
                _ => parent(builder, &spans[at], at, &by_id, notes),
            };
        }
        for row in &spans[trace.spans.clone()] {
            by_id[row.span.id.index()] = None;
        }
    }
    cut_cycles(builder, &mut parents, &mut links, notes);
    (parents, links)
}

fn parent(
    builder: &TracesBuilder,
    row: &SpanRow,
    at: usize,
    by_id: &[Option<SpanId>],
    notes: &mut Notes,
) -> (Option<SpanId>, Link) {
    let references = &builder.references[row.references.start as usize..row.references.end as usize];
    let (mut best, mut missing, mut itself) = (None, None, false);
    for reference in references {
        let here = reference.trace == row.span.trace;
        match by_id[reference.span.index()].filter(|_| here) {
            Some(parent) if parent.index() == at => itself = true,
            Some(parent) => {
                if best.is_none_or(|(kind, _)| reference.kind < kind) {
                    best = Some((reference.kind, parent));
                }
            }
            None if !here && reference.kind == ReferenceKind::FollowsFrom => {}
            None => missing = missing.or(Some(reference.span)),
        }
    }
    if itself {
        notes.caveat("parent_self", SELF, row.byte(), builder.strings().get(row.span.id));
    }
    match (best, missing) {
        (Some((kind, parent)), _) => (Some(parent), Link::from(kind)),
        (None, Some(wanted)) => {
            notes.caveat("parent_missing", MISSING, row.byte(), builder.strings().get(wanted));
            (None, Link::Orphan)
        }
        (None, None) => (None, Link::Root),
    }
}

/// Cuts every cycle of parents, walking up from each span once.
fn cut_cycles(
    builder: &TracesBuilder,
    parents: &mut [Option<SpanId>],
    links: &mut [Link],
    notes: &mut Notes,
) {
    /// The walk that reached a span first; 0 for none yet.
    const UNSEEN: u32 = 0;
    let spans = &builder.spans;
    let mut walks = vec![UNSEEN; parents.len()];
    for start in 0..parents.len() {
        let walk = start as u32 + 1;
        let mut at = start;
        while walks[at] == UNSEEN {
            walks[at] = walk;
            match parents[at] {
                Some(parent) => at = parent.index(),
                None => break,
            }
        }
        // Ended at a root, or in the tracks of an earlier walk, or in this walk's own: a cycle.
        if walks[at] != walk || parents[at].is_none() {
            continue;
        }
        let cycle = std::iter::successors(Some(at), |&span| {
            parents[span].map(SpanId::index).filter(|&parent| parent != at)
        });
        let earliest = cycle.min_by_key(|&span| (spans[span].span.start_ns, span)).unwrap_or(at);
        parents[earliest] = None;
        links[earliest] = Link::Root;
        let row = &spans[earliest];
        notes.caveat("parent_cycle", CYCLE, row.byte(), builder.strings().get(row.span.id));
    }
}
