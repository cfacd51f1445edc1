//! Captures of a group that measure something else than the others: a heap profile among profiles of processor time.

use crate::value::{self, Measure};
use analyzer_formats::{Capture, Content};
use std::collections::BTreeMap;

/// Why each capture has no place among the others, `None` where it has: most of them share no value type with it. None is
/// odd where one side would be left without any.
#[must_use]
pub fn odd<'a>(before: &'a [Capture], after: &'a [Capture]) -> Vec<Option<String>> {
    let all: Vec<Vec<Measure>> = before.iter().chain(after).map(measures).collect();
    let mut alike: BTreeMap<Vec<&str>, (usize, usize)> = BTreeMap::new();
    for (at, measures) in all.iter().enumerate() {
        let names = measures.iter().map(|measure| measure.name.as_str()).collect();
        alike.entry(names).or_insert((0, at)).0 += 1;
    }
    // Of equally many kinds the one that is met first.
    let Some((_, pivot)) = alike.into_values().max_by_key(|&(number, at)| (number, usize::MAX - at)) else {
        return Vec::new();
    };
    let has_place = |at: usize| {
        let is_trace = |at: usize| all[at].is_empty();
        match (is_trace(at), is_trace(pivot)) {
            (false, false) => !value::common(&[all[at].clone(), all[pivot].clone()]).is_empty(),
            (one, other) => one == other,
        }
    };
    let places: Vec<bool> = (0..all.len()).map(has_place).collect();
    let (of_before, of_after) = places.split_at(before.len());
    if !of_before.contains(&true) || !of_after.contains(&true) {
        return vec![None; all.len()];
    }
    let why =
        |at: usize| format!("measures {}, and the others of its pair {}", what(&all[at]), what(&all[pivot]));
    places.iter().enumerate().map(|(at, &has_place)| (!has_place).then(|| why(at))).collect()
}

/// What can be compared in a capture; nothing of traces, which are compared by their requests.
fn measures(capture: &Capture) -> Vec<Measure> {
    match &capture.content {
        Content::Profile(profile) => value::measures(profile),
        Content::Traces(_) => Vec::new(),
    }
}

fn what(measures: &[Measure]) -> &str {
    measures.first().map_or("requests", |measure| &measure.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn capture(event: &str) -> Capture {
        let text = format!("app 1 1.0: 1 {event}: \n\t1 f (/app)\n\n");
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    }

    #[test]
    fn one_that_shares_nothing_with_most_is_odd() {
        let (cpu, heap) = (|| capture("cpu-clock"), || capture("kmem:kmalloc"));
        let before = [cpu(), heap(), cpu()];
        let why = "measures kmem:kmalloc, and the others of its pair cpu-clock";
        let found = odd(&before, &[cpu(), heap()]);
        assert_eq!(found, [None, Some(why.to_owned()), None, None, Some(why.to_owned())]);
        assert_eq!(odd(&[cpu(), cpu()], &[heap()]), [None, None, None], "a side would be empty");
        assert_eq!(odd(&[cpu()], &[cpu()]), [None, None]);
    }
}
