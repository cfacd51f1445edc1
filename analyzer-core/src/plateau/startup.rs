//! What a program does once, while it loads its code.
//!
//! Noise is learned from code that runs again and again. How long loading takes depends on disks and caches, and it
//! happens once a run: one capture of a side cannot tell how much that differs, so its growth stays below the evidence.

use super::{Changes, Kind};
use crate::classes::Classified;
use crate::function::totals;
use crate::tree::{Cell, ROOT};

/// The class of code that loads code.
const LOADING: &str = "load";
/// Where more than this share of a side is below it, it is where the program runs, not how it starts.
const MOST: f64 = 0.2;

/// Which functions are of the start, by key.
#[derive(Clone, Debug, Default)]
pub(super) struct Startup {
    own: Vec<bool>,
    total: Vec<bool>,
}

impl Startup {
    pub(super) fn new(changes: &Changes<'_>, classified: &Classified<'_>) -> Startup {
        let (tree, keys) = (changes.tree, changes.functions.len());
        let is_loading: Vec<bool> = (0..keys).map(|key| classified.of_key(key) == Some(LOADING)).collect();
        if !is_loading.contains(&true) {
            return Startup::default();
        }
        let mut within = vec![false; tree.len()];
        let mut own = vec![Cell::default(); tree.len()];
        let mut sum = Cell::default();
        for node in 1..tree.len() {
            within[node] = within[tree.parent(node)] || is_loading[tree.key(node)];
            if within[node] {
                own[node] = tree.own[node];
                sum += tree.own[node];
            }
        }
        let whole = tree.total[ROOT].value;
        let share = |part: i128, whole: i128| if whole > 0 { part as f64 / whole as f64 } else { 0.0 };
        if share(sum.value.before, whole.before) > MOST || share(sum.value.after, whole.after) > MOST {
            return Startup::default();
        }
        let mut own_of = vec![Cell::default(); keys];
        for node in 1..tree.len() {
            own_of[tree.key(node)] += own[node];
        }
        let samples = |cell: &Cell| cell.count.before.samples() + cell.count.after.samples();
        let is_most = |parts: &[Cell], kind: Kind| -> Vec<bool> {
            let whole = |key: usize| samples(kind.cell(&changes.functions[key]));
            (0..keys).map(|key| samples(&parts[key]) > 0.5 * whole(key)).collect()
        };
        Startup {
            own: is_most(&own_of, Kind::Plateau),
            total: is_most(&totals(tree, changes.outermost, keys, &own), Kind::Region),
        }
    }

    /// Whether most of a function's samples are of the start.
    pub(super) fn has(&self, key: usize, kind: Kind) -> bool {
        let of = match kind {
            Kind::Plateau => &self.own,
            Kind::Region => &self.total,
        };
        of.get(key).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use crate::plateau::Tier;
    use crate::{CompareOptions, Question, compare, compare_all};
    use analyzer_formats::{Capture, ReadOptions, read_bytes};

    fn capture(import: u32, stem: u32) -> Capture {
        let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 300 + 10 * n)).collect();
        let text = format!("{others}main;stem {stem}\nmain;_find_and_load;exec_module;parse {import}\n");
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    }

    fn tiers(before: &[Capture], after: &[Capture]) -> Vec<(String, Tier)> {
        let question = Question { before, after, baseline: None };
        let report = compare_all(&question, &CompareOptions::default()).unwrap();
        report.plateaus.into_iter().map(|row| (row.function, row.tier)).collect()
    }

    #[test]
    fn one_capture_of_a_side_does_not_tell_growth_of_the_start() {
        let grown = tiers(&[capture(40, 400)], &[capture(400, 1000)]);
        assert_eq!(grown, [("stem".to_owned(), Tier::Grew), ("parse".to_owned(), Tier::MayHaveGrown)]);
    }

    #[test]
    fn several_captures_do() {
        let captures = |import: u32| [0, 1, 2].map(|more| capture(import + more, 400));
        assert_eq!(tiers(&captures(40), &captures(400)), [("parse".to_owned(), Tier::Grew)]);
    }

    #[test]
    fn a_program_that_runs_while_it_is_loaded_is_no_start() {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let text = |stem: u32| {
            (0..30).map(|n| format!("main;_find_and_load;other{n} {}\n", 300 + 10 * n)).collect::<String>()
                + &format!("main;_find_and_load;stem {stem}\n")
        };
        let report = compare(&read(&text(400)), &read(&text(900)), &CompareOptions::default()).unwrap();
        assert_eq!(report.plateaus[0].tier, Tier::Grew);
    }
}
