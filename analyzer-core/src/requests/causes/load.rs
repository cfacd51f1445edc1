//! How much runs at once: requests that a process answers, and calls that it makes.
//!
//! Found in one sweep over the spans of a capture. A process is what the capture tells apart: where it names no instances,
//! those of a service count as one.

use super::seen::{Seen, is_entry};
use crate::requests::set::Source;
use crate::spans::{FrameKind, Frames};
use analyzer_formats::{ProcessId, SpanId};
use rustc_hash::FxHashMap;

/// The requests of the processes of one capture.
pub(super) struct Load {
    /// Starts and ends, each in order, by process.
    of_process: FxHashMap<ProcessId, (Vec<i64>, Vec<i64>)>,
}

impl Load {
    pub(super) fn of(source: &Source<'_>) -> Load {
        let mut of_process: FxHashMap<ProcessId, (Vec<i64>, Vec<i64>)> = FxHashMap::default();
        let spans = &source.traces.spans;
        for span in (0..spans.len()).map(SpanId::new) {
            // What took no time ran beside nothing.
            if is_entry(source, span) && spans.duration_ns[span.index()] > 0 {
                let (starts, ends) = of_process.entry(spans.process[span.index()]).or_default();
                starts.push(spans.start_ns[span.index()]);
                ends.push(spans.start_ns[span.index()].saturating_add(spans.duration_ns[span.index()]));
            }
        }
        // Each entry by itself: their order does not matter.
        #[expect(clippy::iter_over_hash_type)]
        for (starts, ends) in of_process.values_mut() {
            starts.sort_unstable();
            ends.sort_unstable();
        }
        Load { of_process }
    }

    /// How many other requests the process of a span was answering when the span began, where it began to answer this one with
    /// `entry`.
    pub(super) fn others(&self, seen: &Seen<'_>, span: SpanId, entry: SpanId) -> u32 {
        let at = seen.spans().start_ns[span.index()];
        let Some((starts, ends)) = self.of_process.get(&seen.spans().process[span.index()]) else { return 0 };
        let running = starts.partition_point(|&start| start < at) - ends.partition_point(|&end| end <= at);
        // Its own request is none of the others.
        let own = seen.interval(entry);
        let is_counted = own.start < at && own.end > at;
        (running - usize::from(is_counted).min(running)) as u32
    }
}

/// Whom a frame calls: `remote:sqlite` of `remote:sqlite: SELECT orders`, else its service.
pub(super) fn callee(frames: &Frames, called: u32) -> &str {
    let frame = frames.get(called);
    match frame.kind {
        FrameKind::Work => &frame.service,
        FrameKind::Edge => &frame.name,
        FrameKind::Remote => {
            let after = "remote:".len();
            let end = frame.name[after..].find(": ").map_or(frame.name.len(), |at| after + at);
            &frame.name[..end]
        }
    }
}

/// The most calls of one process of a service to a callee that ran at once.
pub(super) fn most_at_once(source: &Source<'_>, frames: &Frames, service: &str, wanted: &str) -> u32 {
    let spans = &source.traces.spans;
    // By frame: a capture has many more spans.
    let is_wanted: Vec<bool> =
        (0..frames.len() as u32).map(|frame| callee(frames, frame) == wanted).collect();
    let mut changes: FxHashMap<ProcessId, Vec<(i64, i32)>> = FxHashMap::default();
    for span in (0..spans.len()).map(SpanId::new) {
        let at = span.index();
        let path = source.frames.path[at];
        if path == source.frames.work[at] || frames.get(path).service != service {
            continue;
        }
        let process = spans.process[at];
        let of = |span: SpanId| source.traces.processes[spans.process[span.index()].index()].service;
        let answer = source.path.children().get(span).iter().find(|&&child| of(child) != of(span));
        let called = answer.map_or(path, |answer| source.frames.work[answer.index()]);
        let start = spans.start_ns[at];
        let end = start.saturating_add(spans.duration_ns[at]);
        if is_wanted[called as usize] && start < end {
            changes.entry(process).or_default().extend([(start, 1), (end, -1)]);
        }
    }
    let most = |mut changes: Vec<(i64, i32)>| {
        // What ends at the moment when another starts was over before.
        changes.sort_unstable();
        let (mut now, mut most) = (0, 0);
        for (_, change) in changes {
            now += change;
            most = most.max(now);
        }
        most
    };
    changes.into_values().map(most).max().unwrap_or(0).cast_unsigned()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{query, with_seen, work};
    use super::*;
    use crate::spans::request_testing::{Span, spans};

    #[test]
    fn requests_of_a_process_and_its_calls_are_counted_over_all_traces() {
        //  1  a 0........................60        b 10..40
        //  2        a  20..............50          b       30.....45
        //  3                            a 50...70  b                 55..60
        let times = [("1", (0, 60), (10, 40)), ("2", (20, 50), (30, 45)), ("3", (50, 70), (55, 60))];
        let tags = &[("db.system", "mysql")];
        let list: Vec<Span<'_>> = times
            .iter()
            .flat_map(|&(trace, root, call)| {
                let spans = [work("a", "", "GET /", root), query("b", "a", call, tags)];
                spans.map(|span| Span { trace, ..span })
            })
            .collect();
        let others = with_seen(spans(&list), |seen, frames, load| {
            let root = seen.request.root;
            let call = seen.children(root)[0];
            let at_once = most_at_once(seen.source, frames, "shop", "remote:mysql");
            assert_eq!(at_once, 2);
            assert_eq!(most_at_once(seen.source, frames, "shop", "remote:redis"), 0);
            assert_eq!(callee(frames, seen.called(call)), "remote:mysql");
            [load.others(seen, root, root), load.others(seen, call, root)]
        });
        assert_eq!(others, [[0, 0], [1, 1], [1, 1]]);
    }
}
