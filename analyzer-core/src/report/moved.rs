//! Growth that is another function's shrinkage: cost that moved, or a function that went as another came.

use super::Plateau;
use crate::plateau::{Tier, Why};

/// What is left of growth that moved is noise, and no more than this share of it.
const MOST_LEFT: f64 = 0.2;
/// How many callers up two functions may meet.
const NEAR: usize = 3;

/// Gives rows that belong together each other's id as `counterpart`; where they cancel, the cost has moved.
pub(super) fn mark(plateaus: &mut [Plateau]) {
    let (grown, shrunk): (Vec<usize>, Vec<usize>) = (0..plateaus.len())
        .filter(|&row| matches!(plateaus[row].tier, Tier::Grew | Tier::Shrank))
        .partition(|&row| plateaus[row].tier == Tier::Grew);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for &came in &grown {
        let near = shrunk.iter().filter(|&&went| are_near(&plateaus[came], &plateaus[went]));
        pairs.extend(near.map(|&went| (came, went)));
    }
    // Those of which least is left first, whichever side is looked at.
    let left = |&(came, went): &(usize, usize)| {
        let (one, other) = (&plateaus[came].growth, &plateaus[went].growth);
        (one.value + other.value).abs() / one.value.abs().max(other.value.abs())
    };
    pairs.sort_by(|one, other| {
        let names = |&(came, went): &(usize, usize)| {
            let mut names = [&plateaus[came].function, &plateaus[went].function];
            names.sort_unstable();
            names
        };
        left(one).total_cmp(&left(other)).then_with(|| names(one).cmp(&names(other)))
    });
    for (came, went) in pairs {
        let cancels = cancels(&plateaus[came], &plateaus[went]);
        let is_exchange = plateaus[came].before.value == 0.0 && plateaus[went].after.value == 0.0;
        let is_taken = plateaus[came].counterpart.is_some() || plateaus[went].counterpart.is_some();
        if is_taken || (!cancels && !is_exchange) {
            continue;
        }
        plateaus[came].counterpart = Some(plateaus[went].id.clone());
        plateaus[went].counterpart = Some(plateaus[came].id.clone());
        // One function in the place of another is told as it is.
        if cancels && !is_exchange {
            plateaus[came].why = Why::Moved;
            plateaus[went].why = Why::Moved;
        }
    }
}

/// Whether growth and shrinkage are as large but for noise.
fn cancels(came: &Plateau, went: &Plateau) -> bool {
    let (one, other) = (&came.growth, &went.growth);
    let margin = |row: &Plateau| row.growth.high_pct.map_or(0.0, |high| high - row.growth.pct);
    let left = (one.pct + other.pct).abs();
    left <= margin(came).hypot(margin(went)) && left <= MOST_LEFT * one.pct.abs().min(other.pct.abs())
}

/// Whether two functions have a caller in common that is near, or do the same sort of work.
fn are_near(one: &Plateau, other: &Plateau) -> bool {
    let near = |row: &Plateau| -> Vec<String> {
        let callers = row.path.iter().rev().skip(1).take(NEAR);
        row.callers.iter().chain(callers).cloned().collect()
    };
    let (one_near, other_near) = (near(one), near(other));
    let is_called = one_near.iter().any(|caller| other_near.contains(caller));
    is_called || (one.class.is_some() && one.class == other.class && one.class.as_deref() != Some("own code"))
}

#[cfg(test)]
mod tests {
    use crate::plateau::Why;
    use crate::report::VerdictCode;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    fn others() -> String {
        (0..40).map(|n| format!("main;other{n} {}\n", 300 + 17 * n)).collect()
    }

    fn rows(before: &str, after: &str) -> (VerdictCode, Vec<(String, Why, Option<usize>)>) {
        let read =
            |text: &str| read_bytes("x", (others() + text).as_bytes(), &ReadOptions::default()).unwrap();
        let report = compare(&read(before), &read(after), &CompareOptions::default()).unwrap();
        let rows = report.plateaus.iter().map(|row| {
            let partner =
                report.plateaus.iter().position(|other| Some(&other.id) == row.counterpart.as_ref());
            (row.function.clone(), row.why, partner)
        });
        (report.verdict.code, rows.collect())
    }

    #[test]
    fn cost_that_moves_to_a_neighbour_is_told_as_moved() {
        let (code, rows) = rows(
            "main;serve;check 2000\nmain;serve;apply 500\n",
            "main;serve;check 500\nmain;serve;apply 2000\n",
        );
        assert_eq!(
            rows,
            [("apply".to_owned(), Why::Moved, Some(1)), ("check".to_owned(), Why::Moved, Some(0))]
        );
        assert_eq!(code, VerdictCode::Mixed);
    }

    #[test]
    fn a_larger_function_in_the_place_of_another_is_its_counterpart() {
        let (_, rows) = rows(
            "main;serve;check 600\nmain;serve;check;scan 400\nmain;serve;check;test 500\n",
            "main;serve;totally_different 3400\n",
        );
        assert_eq!(rows[0], ("totally_different".to_owned(), Why::New, Some(1)));
        assert_eq!((rows[1].0.as_str(), rows[1].2), ("check", Some(0)));
    }

    #[test]
    fn growth_elsewhere_has_not_moved() {
        let (_, rows) = rows(
            "main;a;b;c;d;check 2000\nmain;p;q;r;s;apply 500\n",
            "main;a;b;c;d;check 500\nmain;p;q;r;s;apply 2000\n",
        );
        assert_eq!(rows.iter().map(|row| row.1).collect::<Vec<_>>(), [Why::Own, Why::Own]);
    }
}
