//! How long a request would take if something in it were different.
//!
//! A span does its own work between its children: what it does before a child starts, it does after the last child that had
//! ended by then, so a child starts so long after that one ends, whenever that is. At its end it has waited for all children that
//! had ended by then. Whether it really waited for each of them is not in the trace; taking all of them for waited for never
//! promises more than can be saved. Without edits every span takes as long as it took.

use super::pattern::Edit;
use super::seen::Seen;
use crate::spans::is_async;
use analyzer_formats::SpanId;
use rustc_hash::FxHashMap;
use std::ops::Range;

/// One request, to be run again.
pub(super) struct Replay<'a> {
    seen: &'a Seen<'a>,
    /// Its spans, parents before children.
    order: Vec<SpanId>,
}

/// A child that its parent waits for.
struct Child {
    span: SpanId,
    /// Within the parent.
    at: Range<i64>,
    /// When it ends in the replay, from the start of the parent.
    ends: i64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(seen: &'a Seen<'a>) -> Replay<'a> {
        Replay { seen, order: seen.below(seen.request.root) }
    }

    /// How long the request takes with these edits, nanoseconds.
    pub(super) fn duration_ns(&self, edits: &[Edit]) -> i64 {
        let mut takes: FxHashMap<SpanId, i64> = FxHashMap::default();
        let mut sooner: FxHashMap<SpanId, i64> = FxHashMap::default();
        for edit in edits {
            match *edit {
                Edit::Takes(span, ns) => takes.insert(span, ns),
                Edit::Sooner(span, ns) => sooner.insert(span, ns),
            };
        }
        let first = self.seen.range().start;
        let mut taken = vec![0i64; self.seen.range().len()];
        for &span in self.order.iter().rev() {
            let length = match takes.get(&span) {
                Some(&ns) => ns,
                None => self.length(span, |child| {
                    let cut = self.seen.interval(child).end - self.seen.interval(child).start;
                    (taken[child.index() - first] - cut, sooner.get(&child).copied().unwrap_or(0))
                }),
            };
            taken[span.index() - first] = length;
        }
        taken[self.seen.request.root.index() - first]
    }

    /// How long a span takes, where `change` tells by how much longer each of its children takes, and how much sooner it starts.
    fn length(&self, span: SpanId, change: impl Fn(SpanId) -> (i64, i64)) -> i64 {
        let own = self.seen.interval(span);
        let mut children: Vec<Child> = Vec::new();
        for &child in self.seen.children(span) {
            let at = self.seen.interval(child);
            let at = at.start.max(own.start)..at.end.min(own.end);
            if at.start < at.end && !is_async(self.seen.spans(), child) {
                children.push(Child { span: child, at, ends: 0 });
            }
        }
        children.sort_unstable_by_key(|child| (child.at.start, child.span));
        let mut by_end: Vec<usize> = (0..children.len()).collect();
        by_end.sort_unstable_by_key(|&at| (children[at].at.end, at));
        // What has been waited for so far: when that was, and when it is in the replay.
        let (mut was, mut is) = (own.start, 0i64);
        let mut ended = by_end.into_iter().peekable();
        for at in 0..children.len() {
            let starts = children[at].at.start;
            while let Some(before) = ended.next_if(|&other| children[other].at.end <= starts) {
                was = was.max(children[before].at.end);
                is = is.max(children[before].ends);
            }
            let (longer, sooner) = change(children[at].span);
            let gap = (starts - was - sooner).max(0);
            let length = (children[at].at.end - starts + longer).max(0);
            children[at].ends = is + gap + length;
        }
        for before in ended {
            was = was.max(children[before].at.end);
            is = is.max(children[before].ends);
        }
        is + (own.end - was)
    }
}
