//! Which growth stands among so many pairs, and the order in which to look at them.
//!
//! Among 1,000 pairs of unchanged code some fifty would grow at a confidence of 95 % each. So the pairs are tested
//! together (Benjamini and Hochberg, 1995): of those that are said to have grown a share of at most
//! [`FALSE_DISCOVERIES`] has not.
//!
//! The order: growth that stands, the surest first; then what may have grown; growth of unknown evidence by its size;
//! what shrank; the rest; captures without a partner; failures. Among equals the larger growth is first, and then the
//! name decides.

use super::row::{Row, Status};
use crate::stats::student;
use std::cmp::Ordering;

/// The share of pairs said to have grown that may not have.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// Below this no model of noise tells one probability from another: such growth is ordered by its size.
const SURE: f64 = 1e-9;

/// What decides the place of a row; small, so that thousands can be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Standing {
    class: Class,
    p: Option<f64>,
    /// The growth of the first plateau, in percent of the whole.
    size: f64,
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Grew,
    /// By itself it grew, and among so many that may be chance.
    MayHaveGrown,
    Unquantified,
    Shrank,
    Unchanged,
    Unpaired,
    Failed,
}

/// The place of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// Which of the rows it is.
    pub index: usize,
    /// The least rate of false discoveries at which its growth stands.
    pub q: Option<f64>,
    /// Whether it grew by itself but not among so many.
    pub is_demoted: bool,
}

impl Standing {
    /// What decides the place of this row.
    #[must_use]
    pub fn of(row: &Row) -> Standing {
        let first = row.first();
        let class = match (row.status, row.verdict.as_ref().map(|verdict| verdict.code.as_str())) {
            (Status::Unpaired, _) => Class::Unpaired,
            (Status::Quarantined, _) | (_, None) => Class::Failed,
            (_, Some("grew" | "mixed")) => Class::Grew,
            (_, Some("unquantified")) if first.is_some_and(|top| top.growth.value > 0.0) => {
                Class::Unquantified
            }
            (_, Some("shrank")) => Class::Shrank,
            _ => Class::Unchanged,
        };
        let size = first.map_or(0.0, |top| top.growth.pct);
        Standing { class, p: row.p, size, name: row.pair.clone() }
    }
}

/// The rows in the order to look at them.
#[must_use]
pub fn order(rows: &[Standing]) -> Vec<Placed> {
    let tested: Vec<usize> = (0..rows.len()).filter(|&at| rows[at].p.is_some()).collect();
    let p_values: Vec<f64> = tested.iter().filter_map(|&at| rows[at].p).collect();
    let mut q_values = vec![None; rows.len()];
    for (&at, q) in tested.iter().zip(student::q_values(&p_values, p_values.len())) {
        q_values[at] = Some(q);
    }
    let is_demoted =
        |at: usize| rows[at].class == Class::Grew && q_values[at].is_some_and(|q| q > FALSE_DISCOVERIES);
    let class = |at: usize| if is_demoted(at) { Class::MayHaveGrown } else { rows[at].class };
    let p = |at: usize| match class(at) {
        Class::Grew | Class::MayHaveGrown | Class::Unchanged => rows[at].p.unwrap_or(1.0).max(SURE),
        _ => 1.0,
    };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|&one, &other| {
        class(one)
            .cmp(&class(other))
            .then_with(|| p(one).total_cmp(&p(other)))
            .then_with(|| larger_first(&rows[one], &rows[other]))
            .then_with(|| rows[one].name.cmp(&rows[other].name))
            .then(one.cmp(&other))
    });
    order.into_iter().map(|at| Placed { index: at, q: q_values[at], is_demoted: is_demoted(at) }).collect()
}

fn larger_first(one: &Standing, other: &Standing) -> Ordering {
    let size = |row: &Standing| match row.class {
        // What shrank most is first.
        Class::Shrank => -row.size,
        Class::Unchanged => 0.0,
        _ => row.size,
    };
    size(other).total_cmp(&size(one))
}

impl Placed {
    /// Tells the row what was decided among all.
    pub fn tell(&self, row: &mut Row) {
        row.q = self.q;
        if let (true, Some(verdict), Some(q)) = (self.is_demoted, &mut row.verdict, self.q) {
            verdict.code = "may_have_grown".to_owned();
            verdict.text = format!("Among so many pairs this may be chance (q = {q:.2}): {}", verdict.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(class: Class, p: Option<f64>, size: f64, name: &str) -> Standing {
        Standing { class, p, size, name: name.to_owned() }
    }

    fn names(rows: &[Standing]) -> Vec<&str> {
        order(rows).iter().map(|placed| rows[placed.index].name.as_str()).collect()
    }

    #[test]
    fn the_surest_growth_is_first_and_failures_are_last() {
        let rows = [
            row(Class::Failed, None, 0.0, "broken"),
            row(Class::Unpaired, None, 0.0, "alone"),
            row(Class::Unchanged, Some(0.9), 3.0, "quiet"),
            row(Class::Unchanged, Some(0.2), 1.0, "less quiet"),
            row(Class::Shrank, Some(1.0), -1.0, "less"),
            row(Class::Shrank, Some(1.0), -9.0, "much less"),
            row(Class::Unquantified, None, 9.0, "heap"),
            row(Class::Grew, Some(0.3), 1.0, "perhaps"),
            row(Class::Grew, Some(1e-4), 9.0, "sure"),
            row(Class::Grew, Some(1e-12), 2.0, "b"),
            row(Class::Grew, Some(1e-300), 2.0, "a"),
            row(Class::Grew, Some(1e-10), 5.0, "wide"),
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
            "less quiet",
            "quiet",
            "alone",
            "broken",
        ];
        assert_eq!(names(&rows), expected);
    }

    #[test]
    fn growth_stands_among_many_or_it_may_have_grown() {
        // 0.04 is growth by itself. Of 20 tests it is the second: 0.04 x 20 / 2 = 0.4.
        let mut rows = vec![row(Class::Grew, Some(0.001), 1.0, "x"), row(Class::Grew, Some(0.04), 9.0, "y")];
        rows.extend((0..18).map(|at| row(Class::Unchanged, Some(0.5 + f64::from(at) / 100.0), 0.0, "z")));
        let placed = order(&rows);
        assert_eq!((placed[0].index, placed[0].is_demoted), (0, false));
        assert!((placed[0].q.unwrap() - 0.02).abs() < 1e-12);
        assert_eq!((placed[1].index, placed[1].is_demoted), (1, true));
        assert!((placed[1].q.unwrap() - 0.4).abs() < 1e-12);
        // Alone it stands, and without a probability nothing is known to speak against it.
        assert!(!order(&rows[1..2])[0].is_demoted);
        assert!(!order(&[row(Class::Grew, None, 1.0, "x")])[0].is_demoted);
    }

    #[test]
    fn what_was_decided_is_told() {
        let mut told = Row::new("x".to_owned(), Vec::new(), Vec::new());
        let verdict =
            |code: &str| super::super::row::RowVerdict { code: code.to_owned(), text: "f grew".to_owned() };
        told.verdict = Some(verdict("grew"));
        Placed { index: 0, q: Some(0.01), is_demoted: false }.tell(&mut told);
        assert_eq!((told.q, told.verdict.as_ref()), (Some(0.01), Some(&verdict("grew"))));
        Placed { index: 0, q: Some(0.4), is_demoted: true }.tell(&mut told);
        let verdict = told.verdict.unwrap();
        assert_eq!(verdict.code, "may_have_grown");
        assert!(verdict.text.contains("q = 0.40") && verdict.text.ends_with("f grew"), "{}", verdict.text);
    }
}
