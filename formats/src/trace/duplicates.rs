//! Spans that stand in a file twice: collectors retry, and exports overlap.
//!
//! Only an equal span is a duplicate. Two different spans may share an id (Zipkin gives client and server one),
//! and both are kept.

use super::builder::{SpanRow, TracesBuilder};
use super::{NewSpan, Reference, TagId};
use crate::Notes;
use crate::interner::StringId;
use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;
use std::hash::BuildHasher;

const TEXT: &str = "span stands in the file twice with the same content; the first is used";

/// Leaves out spans that equal an earlier span of their trace. Spans must be grouped by trace.
pub(super) fn leave_out(builder: &mut TracesBuilder, notes: &mut Notes) {
    let repeated = repeated(builder);
    if repeated.is_empty() {
        return;
    }
    // Only spans whose id occurs twice in their trace are compared, so this table stays small.
    let mut seen: HashTable<u32> = HashTable::new();
    let mut duplicate = vec![false; builder.spans.len()];
    let mut order = Vec::new();
    let spans = &builder.spans;
    let hash = |at: u32| FxBuildHasher.hash_one(content(builder, &spans[at as usize]));
    for at in repeated {
        let same =
            |&known: &u32| content(builder, &spans[known as usize]) == content(builder, &spans[at as usize]);
        if seen.find(hash(at), same).is_some() {
            duplicate[at as usize] = true;
            order.push(at as usize);
        } else {
            seen.insert_unique(hash(at), at, |&known| hash(known));
        }
    }
    order.sort_by_key(|&at| (spans[at].span.byte, at));
    for at in order {
        notes.left_out("span_duplicate", TEXT, spans[at].byte(), builder.strings().get(spans[at].span.id));
    }
    let mut at = 0;
    builder.spans.retain(|_| {
        at += 1;
        !duplicate[at - 1]
    });
}

/// The spans whose id occurs more than once in their trace, in order.
fn repeated(builder: &TracesBuilder) -> Vec<u32> {
    const NONE: u32 = u32::MAX;
    // By string id: the first span of the trace under way that has it.
    let mut first = vec![NONE; builder.strings().len()];
    let mut repeated = Vec::new();
    let mut offset = 0;
    for trace in builder.spans.chunk_by(|a, b| a.trace == b.trace) {
        for (at, row) in (offset..).zip(trace) {
            let known = &mut first[row.span.id.index()];
            if *known == NONE {
                *known = at;
            } else {
                repeated.extend([*known, at]);
            }
        }
        for row in trace {
            first[row.span.id.index()] = NONE;
        }
        offset += trace.len() as u32;
    }
    repeated.sort_unstable();
    repeated.dedup();
    repeated
}

/// What makes two spans equal.
type Content<'a> = ([StringId; 3], usize, u8, [i64; 2], bool, &'a [Reference], &'a [TagId]);

fn content<'a>(builder: &'a TracesBuilder, row: &SpanRow) -> Content<'a> {
    let NewSpan { trace, id, operation, process, kind, start_ns, duration_ns, error, byte: _ } = row.span;
    let references = &builder.references[row.references.start as usize..row.references.end as usize];
    let tags = &builder.tag_lists[row.tags.start as usize..row.tags.end as usize];
    ([trace, id, operation], process.index(), kind as u8, [start_ns, duration_ns], error, references, tags)
}
