//! Two single requests, span by span: which span of one is which of the other, what each took, and what only one has.
//!
//! Children of matched spans are matched by what they are called: the first of a name with the first, the second with the
//! second, in the order of their starts. That takes time in proportion to the spans, also of 100,000 children. What is left
//! over is new or gone, with all below it.

use super::findings::PairRow;
use super::rows::us;
use super::set::{Request, Side, Source};
use super::{Question, Whole};
use analyzer_formats::SpanId;
use rustc_hash::FxHashMap;
use std::collections::VecDeque;

/// The spans of both requests in pre-order: those of before in their order, new ones behind the span that they follow.
/// `None` unless each side is one request.
pub(super) fn pair(whole: &Whole<'_>) -> Option<Vec<PairRow>> {
    let sides = whole.sides.map(|side| One::new(&side));
    let [Some(before), Some(after)] = sides else { return None };
    if whole.question != Question::Changed {
        return None;
    }
    let mut rows = Vec::new();
    let mut open: Vec<Open> = Vec::new();
    push(&mut open, matched(&before, &after, (before.tops(), after.tops())), 0);
    while let Some(Open { spans: (one, other), depth }) = open.pop() {
        let frame = match (one, other) {
            (Some(span), _) => before.frame(span),
            (None, Some(span)) => after.frame(span),
            (None, None) => continue,
        };
        rows.push(PairRow {
            depth,
            frame: whole.frames.get(frame).name.clone(),
            before_us: one.map(|span| before.duration_us(span)),
            after_us: other.map(|span| after.duration_us(span)),
            before_path_us: one.map_or(0.0, |span| before.path_us(span)),
            after_path_us: other.map_or(0.0, |span| after.path_us(span)),
        });
        let below =
            |side: &One<'_>, span: Option<SpanId>| span.map_or_else(Vec::new, |span| side.below(span));
        let children = (below(&before, one), below(&after, other));
        push(&mut open, matched(&before, &after, children), depth.saturating_add(1));
    }
    Some(rows)
}

/// A span of before, of after, or one of both.
type Spans = (Option<SpanId>, Option<SpanId>);

/// What is yet to be walked.
struct Open {
    spans: Spans,
    depth: u32,
}

/// Puts siblings on the stack so that the first is walked first.
fn push(open: &mut Vec<Open>, siblings: Vec<Spans>, depth: u32) {
    open.extend(siblings.into_iter().rev().map(|spans| Open { spans, depth }));
}

/// Siblings of both sides, in the order in which they are shown.
fn matched(before: &One<'_>, after: &One<'_>, (ones, others): (Vec<SpanId>, Vec<SpanId>)) -> Vec<Spans> {
    let mut waiting: FxHashMap<u32, VecDeque<usize>> = FxHashMap::default();
    for (at, &span) in ones.iter().enumerate() {
        waiting.entry(before.frame(span)).or_default().push_back(at);
    }
    let mut partners: Vec<Option<SpanId>> = vec![None; ones.len()];
    // Behind which of before each new one stands; those before the first have none.
    let mut news: Vec<(Option<usize>, SpanId)> = Vec::new();
    let mut last = None;
    for &span in &others {
        match waiting.get_mut(&after.frame(span)).and_then(VecDeque::pop_front) {
            Some(at) => {
                partners[at] = Some(span);
                last = Some(at);
            }
            None => news.push((last, span)),
        }
    }
    // Stable: new ones behind the same span stay in their order.
    news.sort_by_key(|&(place, _)| place);
    let mut news = news.into_iter().peekable();
    let mut siblings = Vec::with_capacity(ones.len().max(others.len()));
    let first = std::iter::once((None, None));
    let all = first.chain(ones.iter().zip(partners).enumerate().map(|(at, pair)| (Some(at), Some(pair))));
    for (place, pair) in all {
        siblings.extend(pair.map(|(&one, other)| (Some(one), other)));
        while let Some((_, span)) = news.next_if(|(behind, _)| *behind == place) {
            siblings.push((None, Some(span)));
        }
    }
    siblings
}

/// The one request of a side.
struct One<'a> {
    source: &'a Source<'a>,
    request: &'a Request,
    /// Time on the critical path, of spans that have any.
    path_ns: FxHashMap<SpanId, i64>,
}

impl<'a> One<'a> {
    fn new(side: &Side<'a>) -> Option<One<'a>> {
        let [request] = &side.set.requests[..] else { return None };
        let source = side.source(request);
        let mut path_ns: FxHashMap<SpanId, i64> = FxHashMap::default();
        source.path.segments(request.root, |segment| {
            *path_ns.entry(segment.span).or_default() += segment.duration_ns();
        });
        Some(One { source, request, path_ns })
    }

    /// The spans that have no parent.
    fn tops(&self) -> Vec<SpanId> {
        let traces = self.source.traces;
        let spans = traces.traces[self.request.trace as usize].spans.clone();
        self.by_start(
            spans.map(SpanId::new).filter(|span| traces.spans.parent[span.index()].is_none()).collect(),
        )
    }

    fn below(&self, span: SpanId) -> Vec<SpanId> {
        self.by_start(self.source.path.children().get(span).to_vec())
    }

    fn by_start(&self, mut list: Vec<SpanId>) -> Vec<SpanId> {
        list.sort_by_key(|span| (self.source.traces.spans.start_ns[span.index()], *span));
        list
    }

    fn frame(&self, span: SpanId) -> u32 {
        self.source.frames.work[span.index()]
    }

    fn duration_us(&self, span: SpanId) -> f64 {
        us(self.source.traces.spans.duration_ns[span.index()] as f64)
    }

    fn path_us(&self, span: SpanId) -> f64 {
        us(self.path_ns.get(&span).copied().unwrap_or(0) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::super::set::{Groups, Set};
    use super::*;
    use crate::spans::Frames;
    use crate::spans::request_testing::{Span, spans};
    use analyzer_formats::{Notes, Traces};
    use proptest::prelude::*;

    fn paired(before: &Traces, after: &Traces) -> Vec<PairRow> {
        let notes = Notes::default();
        let (mut frames, mut groups) = (Frames::default(), Groups::default());
        let sources = [before, after].map(|traces| {
            vec![Source::new(traces, &notes, crate::spans::PathOptions::default(), &mut frames)]
        });
        let sets = [0, 1].map(|at: usize| Set::new(&sources[at], &mut groups));
        let sides = [0, 1].map(|at: usize| Side { sources: &sources[at], set: &sets[at] });
        let whole = Whole { question: Question::Changed, sides, frames: &frames, groups: &groups };
        pair(&whole).expect("two requests")
    }

    /// depth, frame, before, after
    fn shape(rows: &[PairRow]) -> Vec<(u32, &str, Option<f64>, Option<f64>)> {
        rows.iter().map(|row| (row.depth, row.frame.as_str(), row.before_us, row.after_us)).collect()
    }

    #[test]
    fn children_are_matched_by_name_in_the_order_of_their_starts() {
        let us = 1000;
        let before = spans(&[
            Span::new("r", "", "s", "root", 0, 100 * us),
            Span::new("b", "r", "s", "work", 50 * us, 60 * us),
            Span::new("a", "r", "s", "load", 0, 40 * us),
            Span::new("x", "a", "s", "old", 10 * us, 20 * us),
        ]);
        let after = spans(&[
            Span::new("r", "", "s", "root", 0, 200 * us),
            Span::new("n", "r", "s", "first", 0, 5 * us),
            Span::new("a", "r", "s", "load", 10 * us, 60 * us),
            Span::new("q", "a", "s", "query", 20 * us, 30 * us),
            Span::new("p", "r", "s", "work", 70 * us, 90 * us),
            Span::new("o", "r", "s", "work", 100 * us, 190 * us),
        ]);
        let rows = paired(&before, &after);
        assert_eq!(
            shape(&rows),
            [
                (0, "s: root", Some(100.0), Some(200.0)),
                (1, "s: first", None, Some(5.0)),
                (1, "s: load", Some(40.0), Some(50.0)),
                (2, "s: query", None, Some(10.0)),
                (2, "s: old", Some(10.0), None),
                (1, "s: work", Some(10.0), Some(20.0)),
                (1, "s: work", None, Some(90.0)),
            ]
        );
        let own: Vec<_> = rows.iter().map(|row| (row.before_path_us, row.after_path_us)).collect();
        assert_eq!(own[0], (50.0, 35.0), "100 - 40 - 10, and 200 - 5 - 50 - 20 - 90");
        assert_eq!(own[2], (30.0, 40.0));
    }

    #[test]
    fn a_new_call_takes_what_is_below_it_along() {
        let before = spans(&[Span::new("r", "", "s", "root", 0, 100)]);
        let after = spans(&[
            Span::new("r", "", "s", "root", 0, 100),
            Span::new("a", "r", "s", "call", 0, 50),
            Span::new("b", "a", "t", "serve", 0, 50),
            Span::new("c", "gone", "t", "orphan", 0, 10),
        ]);
        let rows = paired(&before, &after);
        let new: Vec<_> =
            rows.iter().map(|row| (row.depth, row.frame.as_str(), row.before_us.is_none())).collect();
        assert_eq!(
            new,
            [(0, "s: root", false), (1, "s: call", true), (2, "t: serve", true), (0, "t: orphan", true)]
        );
    }

    #[test]
    fn deep_chains_and_wide_fans_are_walked() {
        let ids: Vec<String> = (0..100_000).map(|at| at.to_string()).collect();
        let chain: Vec<Span<'_>> = (0..ids.len())
            .map(|at| {
                let parent = if at == 0 { "" } else { ids[at - 1].as_str() };
                Span::new(&ids[at], parent, "s", "f", at as i64, 1_000_000 - at as i64)
            })
            .collect();
        let fan: Vec<Span<'_>> = (0..ids.len())
            .map(|at| {
                let parent = if at == 0 { "" } else { "0" };
                Span::new(&ids[at], parent, "s", if at % 2 == 0 { "f" } else { "g" }, at as i64, 1_000_000)
            })
            .collect();
        let (chain, fan) = (spans(&chain), spans(&fan));
        let rows = paired(&chain, &chain);
        assert_eq!((rows.len(), rows[99_999].depth), (100_000, 99_999));
        assert_eq!(paired(&fan, &fan).len(), 100_000);
        assert_eq!(paired(&chain, &fan).len(), 199_998, "the root, and a child of its name");
    }

    proptest! {
        #[test]
        fn every_span_is_there_once(
            trees in prop::collection::vec(prop::collection::vec((0usize..30, 0usize..4, 0i64..50), 1..30), 2..=2),
        ) {
            let names = ["f", "g", "h", "i"];
            let ids: Vec<String> = (0..30).map(|at| at.to_string()).collect();
            let made: Vec<Traces> = trees.iter().map(|tree| {
                let list: Vec<Span<'_>> = tree.iter().enumerate().map(|(at, &(parent, name, start))| {
                    let parent = if at == 0 { "" } else { ids[parent % at].as_str() };
                    Span::new(&ids[at], parent, "s", names[name], start, start + 10)
                }).collect();
                spans(&list)
            }).collect();
            let rows = paired(&made[0], &made[1]);
            prop_assert_eq!(rows.iter().filter(|row| row.before_us.is_some()).count(), trees[0].len());
            prop_assert_eq!(rows.iter().filter(|row| row.after_us.is_some()).count(), trees[1].len());
            let itself = paired(&made[0], &made[0]);
            prop_assert!(itself.iter().all(|row| row.before_us == row.after_us && row.before_us.is_some()));
            // Depths are those of a tree in pre-order.
            prop_assert!(rows.windows(2).all(|two| two[1].depth <= two[0].depth + 1));
        }
    }
}
