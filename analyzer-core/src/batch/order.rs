//! Which changes stand among so many pairs, and the order to look at them.
//!
//! Among 1,000 pairs of unchanged code some fifty would change at a confidence of 95 % each. So the pairs are tested
//! together (Benjamini and Hochberg, 1995), growth and shrinkage each: of those that are said to have grown a share of at
//! most [`FALSE_DISCOVERIES`] has not; so of shrinkage. One pair alone is as its report says.
//!
//! The order: growth that stands, the surest first; then what may have grown; growth of unknown evidence by its size;
//! what shrank; what may have shrunk; the rest; captures without a partner; failures. Among equals the larger change is
//! first, and then the name decides.

use super::row::{Chance, Row, Status};
use crate::stats::student;
use std::cmp::Ordering;

/// The share of pairs said to have grown, and of those said to have shrunk, that may not have.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Below this no model of noise tells one probability from another: such changes are ordered by their size.
const SURE: f64 = 1e-9;

/// What decides the place of a row; small, so that thousands can be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    own: Own,
    grew: Option<f64>,
    shrank: Option<f64>,
    /// The growth of the first plateau, in percent of the whole.
    size: f64,
    name: String,
}

/// What a row says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    Changed { grew: bool, shrank: bool },
    Unquantified,
    Unpaired,
    Failed,
}

/// What a row says among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Grew,
    MayHaveGrown,
    Unquantified,
    Shrank,
    MayHaveShrunk,
    Unchanged,
    Unpaired,
    Failed,
}

/// The place of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Which of the rows it is.
    pub index: usize,
    /// How sure its growth is among all.
    pub grew: Option<Chance>,
    /// How sure its shrinkage is among all.
    pub shrank: Option<Chance>,
    /// How many pairs were tested.
    pub tested: usize,
}

impl Standing {
    /// What decides the place of this row.
    #[must_use]
    pub fn of(row: &Row) -> Standing {
        let first = row.first();
        let own = match (row.status, row.verdict.as_ref().map(|verdict| verdict.code.as_str())) {
            (Status::Unpaired, _) => Own::Unpaired,
            (Status::Quarantined, _) | (_, None) => Own::Failed,
            (_, Some("unquantified")) if first.is_some_and(|top| top.growth.value > 0.0) => Own::Unquantified,
            (_, Some(code)) => Own::Changed {
                grew: matches!(code, "grew" | "mixed"),
                shrank: matches!(code, "shrank" | "mixed"),
            },
        };
        let p = |chance: Option<Chance>| chance.map(|chance| chance.p);
        let size = first.map_or(0.0, |top| top.growth.pct);
        Standing { own, grew: p(row.grew), shrank: p(row.shrank), size, name: row.pair.clone() }
    }
}

/// Whether a change stands at this rate of false discoveries among so many pairs.
fn stands(chance: Option<Chance>, tested: usize) -> bool {
    // Alone it stands as its report has it; without a probability nothing is known to speak against it.
    tested < 2 || chance.is_none_or(|chance| chance.q <= FALSE_DISCOVERIES)
}

/// The rows in the order to look at them.
#[must_use]
pub fn order(rows: &[Standing]) -> Vec<Placed> {
    let grew = chances(rows, |row| row.grew);
    let shrank = chances(rows, |row| row.shrank);
    let tested = grew.iter().flatten().count();
    let class = |at: usize| match rows[at].own {
        Own::Failed => Class::Failed,
        Own::Unpaired => Class::Unpaired,
        Own::Unquantified => Class::Unquantified,
        Own::Changed { grew: true, .. } if stands(grew[at], tested) => Class::Grew,
        Own::Changed { shrank: true, .. } if stands(shrank[at], tested) => Class::Shrank,
        Own::Changed { grew: true, .. } => Class::MayHaveGrown,
        Own::Changed { shrank: true, .. } => Class::MayHaveShrunk,
        Own::Changed { .. } => Class::Unchanged,
    };
    let p = |at: usize| {
        let chance = match class(at) {
            Class::Grew | Class::MayHaveGrown | Class::Unchanged => grew[at],
            Class::Shrank | Class::MayHaveShrunk => shrank[at],
            Class::Unquantified | Class::Unpaired | Class::Failed => None,
        };
        chance.map_or(1.0, |chance| chance.p.max(SURE))
    };
    let size = |at: usize| match class(at) {
        Class::Unchanged => 0.0,
        _ => rows[at].size.abs(),
    };
    let by = |one: usize, other: usize| -> Ordering {
        class(one)
            .cmp(&class(other))
            .then_with(|| p(one).total_cmp(&p(other)))
            .then_with(|| size(other).total_cmp(&size(one)))
            .then_with(|| rows[one].name.cmp(&rows[other].name))
            .then(one.cmp(&other))
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&one, &other| by(one, other));
    let placed = |at: usize| Placed { index: at, grew: grew[at], shrank: shrank[at], tested };
    order.into_iter().map(placed).collect()
}

/// The chances of one direction among all.
fn chances(rows: &[Standing], p: impl Fn(&Standing) -> Option<f64>) -> Vec<Option<Chance>> {
    let tested: Vec<(usize, f64)> =
        rows.iter().enumerate().filter_map(|(at, row)| Some((at, p(row)?))).collect();
    let p_values: Vec<f64> = tested.iter().map(|&(_, p)| p).collect();
    let mut chances = vec![None; rows.len()];
    for (&(at, p), q) in tested.iter().zip(student::q_values(&p_values, p_values.len())) {
        chances[at] = Some(Chance { p, q });
    }
    chances
}

impl Placed {
    /// Tells the row what was decided among all.
    pub fn tell(&self, row: &mut Row) {
        (row.grew, row.shrank) = (self.grew, self.shrank);
        let Some(verdict) = &mut row.verdict else { return };
        let (grew, shrank) = (stands(self.grew, self.tested), stands(self.shrank, self.tested));
        let (code, chance) = match (verdict.code.as_str(), grew, shrank) {
            ("grew", false, _) | ("mixed", false, false) => ("may_have_grown", self.grew),
            ("shrank", _, false) => ("may_have_shrunk", self.shrank),
            // What is left of it stands.
            ("mixed", true, false) => ("grew", None),
            ("mixed", false, true) => ("shrank", None),
            _ => return,
        };
        verdict.code = code.to_owned();
        if let Some(Chance { q, .. }) = chance {
            verdict.text =
                format!("Among {} pairs this may be chance (q = {q:.2}): {}", self.tested, verdict.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::RowVerdict;
    use super::*;

    fn standing(own: Own, [grew, shrank]: [Option<f64>; 2], size: f64, name: &str) -> Standing {
        Standing { own, grew, shrank, size, name: name.to_owned() }
    }

    fn grown(p: f64, size: f64, name: &str) -> Standing {
        standing(Own::Changed { grew: true, shrank: false }, [Some(p), Some(1.0)], size, name)
    }

    fn shrunk(p: f64, size: f64, name: &str) -> Standing {
        standing(Own::Changed { grew: false, shrank: true }, [Some(1.0), Some(p)], size, name)
    }

    fn quiet(p: f64, name: &str) -> Standing {
        standing(Own::Changed { grew: false, shrank: false }, [Some(p), Some(p)], 1.0, name)
    }

    fn names(rows: &[Standing]) -> Vec<&str> {
        order(rows).iter().map(|placed| rows[placed.index].name.as_str()).collect()
    }

    #[test]
    fn the_surest_growth_is_first_and_failures_are_last() {
        let nothing = [None, None];
        let rows = [
            standing(Own::Failed, nothing, 0.0, "broken"),
            standing(Own::Unpaired, nothing, 0.0, "alone"),
            quiet(0.9, "quiet"),
            quiet(0.2, "less quiet"),
            shrunk(0.3, -1.0, "perhaps less"),
            shrunk(1e-12, -1.0, "less"),
            shrunk(1e-10, -9.0, "much less"),
            standing(Own::Unquantified, nothing, 9.0, "heap"),
            grown(0.3, 1.0, "perhaps"),
            grown(1e-4, 9.0, "sure"),
            grown(1e-12, 2.0, "b"),
            grown(1e-300, 2.0, "a"),
            grown(1e-10, 5.0, "wide"),
        ];
        let expected = [
            "wide",
            "a",
            "b",
            "sure",
            "perhaps",
            "heap",
            "much less",
            "less",
            "perhaps less",
            "less quiet",
            "quiet",
            "alone",
            "broken",
        ];
        assert_eq!(names(&rows), expected);
    }

    fn told(code: &str, placed: &Placed) -> RowVerdict {
        let mut row = Row::new("x".to_owned(), Vec::new(), Vec::new());
        row.verdict = Some(RowVerdict { code: code.to_owned(), text: "f changed".to_owned() });
        placed.tell(&mut row);
        assert_eq!((row.grew, row.shrank), (placed.grew, placed.shrank));
        row.verdict.unwrap()
    }

    #[test]
    fn a_change_stands_among_many_or_it_may_be_one() {
        // 0.04 is a change by itself. Of 20 tests it is the second: 0.04 x 20 / 2 = 0.4.
        for (change, sure, may) in [
            (grown as fn(f64, f64, &str) -> Standing, "grew", "may_have_grown"),
            (shrunk, "shrank", "may_have_shrunk"),
        ] {
            let mut rows = vec![change(0.001, 1.0, "x"), change(0.04, 9.0, "y")];
            rows.extend((0..18).map(|at| quiet(0.5 + f64::from(at) / 100.0, "z")));
            let placed = order(&rows);
            assert_eq!((placed[0].index, placed[1].index, placed[0].tested), (0, 1, 20));
            let q = |placed: &Placed| [placed.grew, placed.shrank].map(|chance| chance.unwrap().q);
            let least = |placed: &Placed| q(placed).into_iter().fold(1.0, f64::min);
            assert!((least(&placed[0]) - 0.02).abs() < 1e-12 && (least(&placed[1]) - 0.4).abs() < 1e-12);
            assert_eq!(
                told(sure, &placed[0]),
                RowVerdict { code: sure.to_owned(), text: "f changed".to_owned() }
            );
            let verdict = told(sure, &placed[1]);
            assert_eq!(verdict.code, may);
            assert_eq!(verdict.text, "Among 20 pairs this may be chance (q = 0.40): f changed");
            // Alone it stands.
            assert_eq!(told(sure, &order(&rows[1..2])[0]).code, sure);
        }
    }

    #[test]
    fn of_growth_and_shrinkage_what_stands_is_left() {
        let placed = |grew: f64, shrank: f64| {
            let chance = |q| Some(Chance { p: q, q });
            Placed { index: 0, grew: chance(grew), shrank: chance(shrank), tested: 9 }
        };
        for (grew, shrank, code) in
            [(0.01, 0.01, "mixed"), (0.01, 0.4, "grew"), (0.4, 0.01, "shrank"), (0.4, 0.4, "may_have_grown")]
        {
            assert_eq!(told("mixed", &placed(grew, shrank)).code, code);
        }
        let unknown = Placed { index: 0, grew: None, shrank: None, tested: 9 };
        assert_eq!(told("grew", &unknown).code, "grew");
    }
}
