//! One capture among its peers: which of many captures that should be alike differs from the others, and in what.

use crate::compare::{CompareOptions, compare_all};
use crate::error::CompareError;
use crate::report::Report;
use crate::sides::Question;
use analyzer_formats::Capture;
use std::slice;

/// More peers say little more, and each costs its whole tree.
const MOST_PEERS: usize = 50;

/// Compares each capture with its peers, the captures of other hosts of a service say: one report for each, in their order,
/// in which before are the peers and after is the capture. What *grew* there sets it apart from them.
///
/// Peers are all others, or 50 of them, evenly chosen in the order given; they are the same for all captures but for a
/// capture itself. Where there are fewer than two captures there is no report. Reports are made when they are asked for;
/// meanwhile up to 51 captures are held a second time.
///
/// One report has a small [`p_value`](Report::p_value) as often as its smallness says; among many captures control the
/// share of false discoveries, as [`student::q_values`](crate::stats::student::q_values) does.
///
/// ```
/// use analyzer_core::{CompareOptions, outliers};
/// use analyzer_formats::{ReadOptions, read_bytes};
///
/// let read = |text: &str| read_bytes("host", text.as_bytes(), &ReadOptions::default());
/// let usual = read("main;parse 500\nmain;render 500\n")?;
/// let hosts = [usual.clone(), read("main;parse 900\nmain;render 500\n")?, usual.clone(), usual];
/// let reports = outliers(&hosts, &CompareOptions::default()).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(reports.len(), 4);
/// assert_eq!(reports[1].plateaus[0].function, "parse");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Each report as [`compare`](crate::compare()): one among the peers that cannot be compared spoils all of them.
pub fn outliers(
    captures: &[Capture],
    options: &CompareOptions,
) -> impl Iterator<Item = Result<Report, CompareError>> {
    let pool = evenly(captures.len(), MOST_PEERS + 1);
    let mut peers: Vec<Capture> = pool.iter().map(|&at| captures[at].clone()).collect();
    let reports = if captures.len() < 2 { 0 } else { captures.len() };
    captures.iter().enumerate().take(reports).map(move |(at, capture)| {
        // A peer of all others stands behind its own peers, while they are compared.
        let own = pool.binary_search(&at);
        let place = own.unwrap_or(peers.len() - 1);
        peers[place..].rotate_left(1);
        let (last, before) = peers.split_last().ok_or(CompareError::NothingMeasured)?;
        let after = if own.is_ok() { last } else { capture };
        let report =
            compare_all(&Question { before, after: slice::from_ref(after), baseline: None }, options);
        peers[place..].rotate_right(1);
        report
    })
}

/// At most `most` of so many places, at even distances, in order.
fn evenly(places: usize, most: usize) -> Vec<usize> {
    let chosen = places.min(most);
    (0..chosen).map(|at| at * places / chosen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plateau::Tier;
    use analyzer_formats::{ReadOptions, read_bytes};

    /// A host whose functions have some samples more or less than another's, and one function as many as said.
    fn host(number: u32, stem: u32) -> Capture {
        let others: String = (0..40)
            .map(|n| format!("main;other{n} {}\n", 300 + 17 * n + (7 * n + 13 * number) % 31))
            .collect();
        let text = format!("{others}main;stem {stem}\n");
        read_bytes(&format!("host{number}"), text.as_bytes(), &ReadOptions::default()).unwrap()
    }

    fn reports(hosts: &[Capture]) -> Vec<Report> {
        outliers(hosts, &CompareOptions::default()).collect::<Result<_, _>>().unwrap()
    }

    fn grew(report: &Report) -> Vec<&str> {
        let grew = report.plateaus.iter().filter(|row| row.tier == Tier::Grew);
        grew.map(|row| row.function.as_str()).collect()
    }

    #[test]
    fn one_host_that_differs_is_set_apart() {
        let hosts: Vec<Capture> = (0..7).map(|n| host(n, if n == 4 { 900 } else { 500 })).collect();
        for (at, report) in reports(&hosts).iter().enumerate() {
            assert_eq!(report.after.files, [format!("host{at}")]);
            let peers: Vec<String> = (0..7).filter(|&n| n != at).map(|n| format!("host{n}")).collect();
            assert_eq!(report.before.files, peers);
            let p_value = report.p_value.unwrap();
            match at {
                4 => {
                    assert_eq!(grew(report), ["stem"]);
                    assert!(p_value < 1e-4, "{p_value}");
                }
                _ => {
                    assert_eq!(grew(report), [""; 0], "host {at}");
                    assert!(p_value > 0.025, "host {at}: {p_value}");
                }
            }
        }
    }

    #[test]
    fn of_many_peers_fifty_are_taken() {
        let hosts: Vec<Capture> = (0..120).map(|n| host(n, 500)).collect();
        let reports = reports(&hosts);
        assert_eq!(reports.len(), 120);
        for (at, report) in reports.iter().enumerate() {
            assert_eq!(report.before.captures, 50);
            assert!(!report.before.files.contains(&format!("host{at}")), "{at}");
            assert_eq!(report.after.files, [format!("host{at}")]);
        }
    }

    #[test]
    fn one_capture_has_no_peers() {
        assert!(reports(&[host(0, 500)]).is_empty());
        assert!(reports(&[]).is_empty());
        assert_eq!(reports(&[host(0, 500), host(1, 500)]).len(), 2);
    }

    #[test]
    fn places_are_even() {
        assert_eq!(evenly(3, 51), [0, 1, 2]);
        assert_eq!(evenly(10, 4), [0, 2, 5, 7]);
        assert_eq!(evenly(0, 4), [0; 0]);
    }
}
