//! Calls made again and again: the N+1 query, a loop over one kind of call; and the missing cache, the same question asked
//! again.

use super::pattern::{Edit, Occurrence, Pattern, Subject};
use super::said::Said;
use super::seen::{Call, Seen};
use crate::requests::Thresholds;
use analyzer_formats::{SpanId, TagId};
use rustc_hash::FxHashMap;

/// Loops of a request over calls of one kind.
pub(super) fn repeated(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    let enough = thresholds.repeated_calls as usize;
    let mut calls: Vec<(Subject, Call)> = Vec::new();
    for of_parent in seen.calls().filter(|calls| calls.len() >= enough) {
        calls.clear();
        calls.extend(of_parent.iter().map(|&call| (subject(seen, call), call)));
        // Stable: the calls of a parent stand in the order of their starts.
        calls.sort_by_key(|(subject, _)| *subject);
        for same in calls.chunk_by(|one, other| one.0 == other.0).filter(|same| same.len() >= enough) {
            // Those side by side are no loop: each must start after the one before it has ended.
            let in_a_row =
                1 + same.windows(2).filter(|pair| seen.follows(pair[1].1.child, pair[0].1.child)).count();
            let path_ns: i64 = same.iter().map(|(_, call)| seen.total_ns(call.child)).sum();
            if in_a_row >= enough
                && 2 * in_a_row >= same.len()
                && path_ns as f64 >= least
                && !is_one_question(seen, same, enough)
            {
                found.push(Occurrence {
                    pattern: Pattern::RepeatedCalls,
                    subject: same[0].0,
                    calls: same.len() as u32,
                    path_ns,
                    without: same[1..].iter().map(|(_, call)| Edit::Takes(call.child, 0)).collect(),
                });
            }
        }
    }
}

/// Who calls what, as loops tell it.
pub(super) fn subject(seen: &Seen<'_>, call: Call) -> Subject {
    Subject { caller: seen.work(call.parent), called: seen.called(call.span), statement: seen.statement(call.span) }
}

/// Whether all questions of a loop are known, and fewer than a loop asks: a cache would do.
fn is_one_question(seen: &Seen<'_>, calls: &[(Subject, Call)], enough: usize) -> bool {
    let mut asked: Vec<Question> = Vec::new();
    for (_, call) in calls {
        let Some(question) = question(seen, call.span) else { return false };
        if !asked.contains(&question) {
            asked.push(question);
        }
        if asked.len() >= enough {
            return false;
        }
    }
    true
}

/// Calls of one service, answering one call, that ask what was asked already, wherever they are made.
pub(super) fn identical(seen: &Seen<'_>, thresholds: &Thresholds, found: &mut Vec<Occurrence>) {
    let least = thresholds.of_request(seen.duration_ns());
    let mut asked: FxHashMap<(SpanId, u32, Question), Vec<SpanId>> = FxHashMap::default();
    let mut order = Vec::new();
    let mut entries: Option<Vec<SpanId>> = None;
    for call in seen.calls().flatten() {
        // A call within a call is the same one, as another layer sees it.
        if call.child != call.span || seen.is_call(call.parent) || seen.failed(call.span) {
            continue;
        }
        let Some(question) = question(seen, call.span) else { continue };
        let entries = entries.get_or_insert_with(|| entries_of(seen));
        let key = (entries[call.parent.index() - seen.range().start], seen.called(call.span), question);
        let calls = asked.entry(key.clone()).or_default();
        if calls.is_empty() {
            order.push(key);
        }
        calls.push(call.span);
    }
    for key in order {
        let Some(calls) = asked.get_mut(&key) else { continue };
        if calls.len() < thresholds.identical_calls as usize {
            continue;
        }
        calls.sort_unstable_by_key(|&call| (seen.interval(call).start, call));
        let path_ns: i64 = calls[1..].iter().map(|&call| seen.total_ns(call)).sum();
        if path_ns as f64 >= least {
            let (entry, called, _) = key;
            found.push(Occurrence {
                pattern: Pattern::MissingCache,
                subject: Subject { caller: seen.work(entry), called, statement: seen.statement(calls[0]) },
                calls: calls.len() as u32,
                path_ns,
                without: calls[1..].iter().map(|&call| Edit::Takes(call, 0)).collect(),
            });
        }
    }
}

/// All that a call asks for: tags, which are unique in a capture.
type Question = Vec<TagId>;

/// What a call asks for, where all of it is known and asking again gives the same answer.
fn question(seen: &Seen<'_>, span: SpanId) -> Option<Question> {
    let mut question: Question = Vec::new();
    let (mut statement, mut has_values, mut has_address, mut reads) = (None, false, false, false);
    for (said, tag) in seen.said(span) {
        match said {
            Said::Read | Said::Prepared | Said::Statement => statement = Some(said),
            Said::Parameter => has_values = true,
            Said::Address => has_address = true,
            Said::Reads => {
                reads = true;
                continue;
            }
            _ => continue,
        }
        question.push(tag);
    }
    let is_known = match statement {
        Some(Said::Read) => true,
        Some(Said::Prepared) => has_values,
        Some(_) => false,
        None => has_address && reads,
    };
    question.sort_unstable();
    is_known.then_some(question)
}

/// For each span of the trace, that with which its service began to answer.
fn entries_of(seen: &Seen<'_>) -> Vec<SpanId> {
    let range = seen.range();
    let mut entries: Vec<SpanId> = range.clone().map(SpanId::new).collect();
    for span in seen.below(seen.request.root) {
        if let Some(parent) = seen.spans().parent[span.index()].filter(|_| span != seen.request.root)
            && seen.service(parent) == seen.service(span)
        {
            entries[span.index() - range.start] = entries[parent.index() - range.start];
        }
    }
    entries
}
