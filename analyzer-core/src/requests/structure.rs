//! Calls that are new, gone, or made more or less often: what one operation calls, how often per request, at the same mix
//! of requests on both sides.
//!
//! A call is a pair of the operation that makes it and the operation that answers it, or that its own time belongs to where
//! no span answers. The caller's side of an answered call is no operation of its own. Counts per request and group are
//! weighed as times are in `decomposition.rs`, and their scatter is that of `contributions.rs`.

use super::contributions::{self, Sides};
use super::decomposition::{Decomposition, FrameChange};
use super::findings::StructureRow;
use super::rows::EXEMPLARS;
use super::set::{Cost, Request, Set, Side, Source};
use super::sums::{Blocks, Cell, cells};
use super::{Question, RequestOptions, Thresholds, Whole};
use crate::stats::{fisher, student};
use analyzer_formats::{SpanId, SpanKind};
use rustc_hash::FxHashMap;

/// The share of the error rate that changes of calls may use.
const CHANCE: f64 = 0.2;
/// More rows are no explanation.
const MOST_ROWS: usize = 100;

/// Who calls, and what is called: numbers of [`Frames`](crate::spans::Frames).
type Pair = (u32, u32);

/// The calls that changed, the largest change of calls per request first.
pub(super) fn structure(whole: &Whole<'_>, options: &RequestOptions) -> Vec<StructureRow> {
    let mut pairs = Pairs::default();
    let sets = whole.sides.map(|side| pairs.set(side));
    let count = pairs.list.len();
    if count == 0 {
        return Vec::new();
    }
    let [before, after] = [&sets[0], &sets[1]];
    let cells = cells([before, after]);
    let blocks = [before, after].map(|set| Blocks::new(set, whole.groups.names.len(), &cells));
    let captures = captures(whole, before, &cells);
    let sides = Sides {
        frames: whole.frames,
        cells: &cells,
        sets: [before, after],
        blocks: [&blocks[0], &blocks[1]],
        captures: &captures,
    };
    let found = Decomposition::new(&cells, count, &blocks[0].sums(), &blocks[1].sums());
    let (_, errors) = contributions::errors(&sides, &found);
    let with = [before, after].map(|set| requests_with(set, count));
    let of = [before, after].map(|set| set.requests.len() as u64);
    let p_values: Vec<f64> = (0..count)
        .map(|pair| {
            let change = found.frames[pair].change();
            let by_scatter = match errors[pair] {
                Some((error, degrees)) if error > 0.0 => student::p_value(change / error, degrees),
                // Every request of a group makes it, or none: what scatters is only whether it is made.
                Some(_) if change != 0.0 => 0.0,
                _ => 1.0,
            };
            by_scatter.max(by_presence(&found.frames[pair], [with[0][pair], with[1][pair]], of))
        })
        .collect();
    let level = CHANCE * (1.0 - options.confidence);
    let is_sure = student::discoveries(&p_values, level);
    let mut changed: Vec<usize> = (0..count)
        .filter(|&pair| is_sure[pair] && matters(&found.frames[pair], &options.thresholds))
        .collect();
    let size = |pair: usize| found.frames[pair].change().abs();
    let name = |pair: usize| {
        let (caller, called) = pairs.list[pair];
        (&whole.frames.get(caller).name, &whole.frames.get(called).name)
    };
    changed
        .sort_by(|&one, &other| size(other).total_cmp(&size(one)).then_with(|| name(one).cmp(&name(other))));
    changed.truncate(MOST_ROWS);
    let rows = changed.into_iter().map(|pair| {
        let change = &found.frames[pair];
        let half = errors[pair].map_or(0.0, |(error, degrees)| {
            error * student::quantile(f64::midpoint(1.0, options.confidence), degrees)
        });
        let pct = |side: usize| 100.0 * with[side][pair] as f64 / of[side].max(1) as f64;
        // Where calls became fewer, before shows them.
        let side = usize::from(change.change() > 0.0);
        let shown = contributions::exemplars([before, after][side], pair as u32, EXEMPLARS);
        StructureRow {
            code: code(change),
            caller: name(pair).0.clone(),
            called: name(pair).1.clone(),
            before_pct: pct(0),
            after_pct: pct(1),
            before_calls: change.time.0,
            after_calls: change.time.1,
            low: change.change() - half,
            high: change.change() + half,
            exemplars: shown.iter().map(|request| whole.sides[side].trace_id(request)).collect(),
        }
    });
    rows.collect()
}

/// Pairs of caller and called, by number.
#[derive(Default)]
struct Pairs {
    list: Vec<Pair>,
    known: FxHashMap<Pair, u32>,
}

impl Pairs {
    fn number(&mut self, pair: Pair) -> u32 {
        *self.known.entry(pair).or_insert_with(|| {
            self.list.push(pair);
            self.list.len() as u32 - 1
        })
    }

    /// The requests of a side with their calls in place of their frames, and the number of these in place of time.
    fn set(&mut self, side: Side<'_>) -> Set {
        let mut set = Set::default();
        let mut calls: Vec<u32> = Vec::new();
        for request in &side.set.requests {
            let source = side.source(request);
            calls.clear();
            let spans = source.traces.traces[request.trace as usize].spans.clone();
            calls.extend(spans.filter_map(|span| Some(self.number(pair(source, SpanId::new(span))?))));
            calls.sort_unstable();
            let start = set.costs.len();
            set.costs.extend(calls.chunk_by(|one, other| one == other).map(|same| Cost {
                frame: same[0],
                time_ns: same.len() as i64,
                calls: same.len() as u32,
            }));
            set.requests.push(Request { costs: start..set.costs.len(), ..request.clone() });
        }
        set
    }
}

/// The call that a span is: none for roots, and for the caller's side of a call that spans answer.
fn pair(source: &Source<'_>, span: SpanId) -> Option<Pair> {
    let spans = &source.traces.spans;
    let parent = spans.parent[span.index()]?;
    let service = |span: SpanId| source.traces.processes[spans.process[span.index()].index()].service;
    let work = |span: SpanId| source.frames.work[span.index()];
    let is_call = |span: SpanId| {
        source.frames.path[span.index()] != work(span)
            || matches!(spans.kind[span.index()], SpanKind::Client | SpanKind::Producer)
    };
    let is_answer = |span: SpanId, of: SpanId| service(span) != service(of);
    if is_answer(span, parent) {
        let caller = spans.parent[parent.index()].filter(|_| is_call(parent)).unwrap_or(parent);
        return Some((work(caller), work(span)));
    }
    let is_answered = || source.path.children().get(span).iter().any(|&child| is_answer(child, span));
    if is_call(span) && is_answered() {
        return None;
    }
    Some((work(parent), source.frames.path[span.index()]))
}

/// The captures of before, each in stretches, where there are several.
fn captures(whole: &Whole<'_>, before: &Set, cells: &[Cell]) -> Vec<Blocks> {
    let number = whole.sides[0].sources.len() as u32;
    (0..number)
        .filter(|_| whole.question == Question::Changed && number > 1)
        .map(|capture| before.only(|request| request.capture == capture))
        .filter(|set| !set.requests.is_empty())
        .map(|set| Blocks::new(&set, whole.groups.names.len(), cells))
        .collect()
}

/// In how many requests each pair is.
fn requests_with(set: &Set, count: usize) -> Vec<u64> {
    let mut with = vec![0; count];
    for request in &set.requests {
        set.costs_of(request).iter().for_each(|cost| with[cost.frame as usize] += 1);
    }
    with
}

/// Where one side has none of the calls: the probability that none of its requests makes them by chance.
fn by_presence(change: &FrameChange, with: [u64; 2], of: [u64; 2]) -> f64 {
    match change.time {
        (0.0, _) | (_, 0.0) => fisher::p_value(with, of),
        _ => 0.0,
    }
}

/// Whether a change is enough to look at.
fn matters(change: &FrameChange, thresholds: &Thresholds) -> bool {
    let (before, after) = change.time;
    if before == 0.0 || after == 0.0 {
        return before.max(after) >= thresholds.new_calls;
    }
    let size = (after - before).abs();
    size >= thresholds.calls_change && size >= thresholds.calls_share * before.max(after)
}

fn code(change: &FrameChange) -> &'static str {
    match change.time {
        (0.0, _) => "new",
        (_, 0.0) => "gone",
        (before, after) if after > before => "more",
        _ => "fewer",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::request_testing::{Span, spans};
    use crate::spans::{Children, CriticalPath};
    use analyzer_formats::Notes;

    #[test]
    fn a_call_is_a_pair_of_operations_however_many_spans_it_has() {
        let client = |span| Span { kind: SpanKind::Client, ..span };
        let query =
            Span { tags: &[("db.system", "mysql")], ..Span::new("e", "c", "cart", "SELECT t", 30, 40) };
        let traces = spans(&[
            Span::new("a", "", "shop", "GET /", 0, 100),
            client(Span::new("b", "a", "shop", "GET", 10, 90)),
            Span::new("c", "b", "cart", "GET /cart", 20, 80),
            Span::new("d", "c", "cart", "load", 25, 28),
            client(query),
            Span::new("f", "a", "mail", "send", 92, 95),
            client(Span::new("g", "a", "shop", "PUT", 96, 97)),
        ]);
        let notes = Notes::default();
        let children = Children::of(&traces);
        let mut frames = crate::spans::Frames::default();
        let of_spans = frames.add(&traces, &children);
        let source = Source {
            traces: &traces,
            notes: &notes,
            path: CriticalPath::with(&traces, children, crate::spans::PathOptions::default()),
            frames: of_spans,
        };
        let names: Vec<Option<(&str, &str)>> = (0..traces.spans.len())
            .map(|span| pair(&source, SpanId::new(span)))
            .map(|pair| {
                pair.map(|(one, other)| (frames.get(one).name.as_str(), frames.get(other).name.as_str()))
            })
            .collect();
        assert_eq!(
            names,
            [
                None,
                None,
                Some(("shop: GET /", "cart: GET /cart")),
                Some(("cart: GET /cart", "cart: load")),
                Some(("cart: GET /cart", "remote:mysql: SELECT t")),
                Some(("shop: GET /", "mail: send")),
                Some(("shop: GET /", "shop: PUT")),
            ]
        );
    }

    #[test]
    fn small_changes_do_not_matter_and_new_calls_do() {
        let thresholds = Thresholds::default();
        let of = |before, after| {
            let change = FrameChange { time: (before, after), ..FrameChange::default() };
            (code(&change), matters(&change, &thresholds))
        };
        assert_eq!(of(0.0, 0.02), ("new", true));
        assert_eq!(of(0.02, 0.0), ("gone", true));
        assert_eq!(of(0.0, 0.001), ("new", false));
        assert_eq!(of(1.0, 1.08), ("more", false), "less than a tenth");
        assert_eq!(of(0.1, 0.13), ("more", false), "three in a hundred requests");
        assert_eq!(of(2.0, 1.0), ("fewer", true));
    }
}
