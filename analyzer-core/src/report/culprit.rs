//! The culprit of a comparison of requests in a sentence: who calls what, more often or slower each time, by how much per
//! request, how sure that is, and the known pattern that it is.

use super::phrases::{name, percent};
use super::units;
use crate::requests::{Cause, ContributionRow, Findings};

/// This share of a change is nearly all of it.
const NEARLY_ALL: f64 = 0.8;
/// A pattern that is not told of the culprit itself explains it where it takes this share of its change.
const EXPLAINS: f64 = 0.5;

/// Whether the sentence names this pattern, or would: that of the culprit.
pub(crate) fn names(cause: &Cause, findings: &Findings) -> bool {
    let (first, _) = culprit(findings);
    match first {
        Some(row) => cause_of(row, findings).is_some_and(|named| std::ptr::eq(named, cause)),
        None => findings.causes.first().is_some_and(|named| std::ptr::eq(named, cause)),
    }
}

/// What became of the mean request, the culprit first. Ends without a full stop.
pub(crate) fn sentence(findings: &Findings) -> String {
    let (first, more) = culprit(findings);
    let whole = whole(findings);
    match first {
        Some(row) => format!("{}. {whole}{more}", told(row, findings)),
        None => {
            let what = if findings.compared == "slow_and_usual" {
                "No part of slow requests takes more than in usual ones by more than noise"
            } else {
                "No part of the requests takes longer or shorter by more than noise"
            };
            match findings.causes.first() {
                Some(cause) => format!("{}. {what}. {whole}", cause.title),
                None => format!("{what}. {whole}"),
            }
        }
    }
}

/// What changed most of what is sure, or where nothing can be sure what changed most; and how many more changed.
fn culprit(findings: &Findings) -> (Option<&ContributionRow>, String) {
    let is_sure = |row: &&ContributionRow| matches!(row.tier, "grew" | "shrank" | "unquantified");
    let sure: Vec<&ContributionRow> = findings.contributions.iter().filter(is_sure).collect();
    let grown = || sure.iter().filter(|row| row.delta_us_per_request > 0.0);
    let shrunk = || sure.iter().filter(|row| row.delta_us_per_request < 0.0);
    let first = grown().next().or_else(|| shrunk().next()).copied();
    if first.is_none_or(|row| row.tier == "unquantified") {
        return (first, String::new());
    }
    let mut counts = [grown().count(), shrunk().count()];
    counts[usize::from(counts[0] == 0)] -= 1;
    let texts = [(counts[0], "grew"), (counts[1], "shrank")];
    let texts: Vec<String> = texts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{count} more part{} {verb}", if *count == 1 { "" } else { "s" }))
        .collect();
    (first, if texts.is_empty() { String::new() } else { format!("; {}", texts.join(", ")) })
}

/// The mean request: `The mean request takes 9.00 ms instead of 3.78 ms (+138.3 %)`.
fn whole(findings: &Findings) -> String {
    let mean = &findings.mean;
    let change = 100.0 * (mean.after_us / mean.before_us - 1.0);
    let change = if mean.before_us > 0.0 { format!(" ({})", percent(change)) } else { String::new() };
    let (from, to) = (time(mean.before_us), time(mean.after_us));
    match findings.compared {
        "slow_and_usual" => format!("Slow requests take {to} in the mean, usual ones {from}{change}"),
        _ => format!("The mean request takes {to} instead of {from}{change}"),
    }
}

/// What one row says.
fn told(row: &ContributionRow, findings: &Findings) -> String {
    let delta = row.delta_us_per_request;
    let grown: f64 = findings.contributions.iter().map(|row| row.delta_us_per_request.max(0.0)).sum();
    let sure =
        row.low.zip(row.high).map_or_else(String::new, |(low, high)| format!(" {}", interval(low, high)));
    let all = if delta > 0.0 && grown > 0.0 {
        format!(", {:.0} % of all growth", 100.0 * delta / grown)
    } else {
        String::new()
    };
    let pattern =
        cause_of(row, findings).map_or_else(String::new, |cause| format!(" ({})", words(cause.code)));
    let by_size = if row.tier == "unquantified" { ", by size alone" } else { "" };
    format!(
        "{}{pattern}: {}{} per request{sure}{all}{by_size}",
        what(row, findings.compared),
        if delta > 0.0 { "+" } else { "" },
        time(delta)
    )
}

/// Who calls what, how often or how long.
fn what(row: &ContributionRow, compared: &str) -> String {
    let frame = name(&row.frame);
    // The side of the caller of a callee without spans is a span of its own, called as the callee's operation.
    let own = if row.frame.starts_with("remote:") { 2 } else { 1 };
    let caller = row.path.len().checked_sub(own + 1).filter(|_| !row.edge).map(|at| name(&row.path[at]));
    let (usual, earlier) = match compared {
        "slow_and_usual" => (" in usual ones", "in usual ones"),
        _ => ("", "before"),
    };
    let (before, after) = (times(row.before_calls), times(row.after_calls));
    let each = |us: f64, calls: f64| time(if calls > 0.0 { us / calls } else { 0.0 });
    let from = each(row.before_us_per_request, row.before_calls);
    let to = each(row.after_us_per_request, row.after_calls);
    let by_calls = row.calls_us_per_request / row.delta_us_per_request;
    let way = row.frame.strip_prefix("net:").filter(|_| row.edge).map(|way| format!("The way {}", name(way)));
    let is_new = row.before_calls <= 0.0;
    let is_gone = row.after_calls <= 0.0;
    let calls = match (&way, &caller) {
        (Some(way), _) => format!("{way} is taken"),
        (None, Some(caller)) => format!("{caller} calls {frame}"),
        (None, None) => format!("{frame} is called"),
    };
    if is_new {
        return format!("{calls} {after} per request, not at all {earlier}");
    }
    if is_gone {
        return format!("{calls} no more, {before} per request {earlier}");
    }
    if by_calls >= NEARLY_ALL {
        return format!("{calls} {after} per request instead of {before}{usual}");
    }
    let takes = match &way {
        Some(way) => format!("{way} takes {to} a call instead of {from}"),
        // Own work: what it calls has rows of its own.
        None if row.frame.starts_with("remote:") => format!("{frame} takes {to} a call instead of {from}"),
        None => format!("{frame} itself takes {to} a call instead of {from}"),
    };
    if by_calls <= 1.0 - NEARLY_ALL {
        return format!("{takes}{usual}");
    }
    let slower = if way.is_some() { "each takes" } else { "each call takes" };
    format!("{calls} {after} per request instead of {before}, and {slower} {to} instead of {from}{usual}")
}

/// The first pattern that is about what a row is about.
fn cause_of<'a>(row: &ContributionRow, findings: &'a Findings) -> Option<&'a Cause> {
    /// Patterns of calls that are made more often.
    const MORE_CALLS: [&str; 3] = ["n_plus_one", "missing_cache", "retries"];
    let is_more_calls = row.calls_us_per_request / row.delta_us_per_request > 1.0 - NEARLY_ALL;
    let causes: Vec<&Cause> =
        findings.causes.iter().filter(|cause| is_more_calls || !MORE_CALLS.contains(&cause.code)).collect();
    let is_same = |cause: &&&Cause| cause.frame.as_ref() == Some(&row.frame);
    // A wait is told of who waits, repeated calls may be told of who makes them.
    let is_near = |cause: &&&Cause| {
        let is_above = cause.frame.as_ref().is_some_and(|frame| row.path.contains(frame));
        is_above && cause.us_per_request >= EXPLAINS * row.delta_us_per_request.abs()
    };
    causes.iter().find(is_same).or_else(|| causes.iter().find(is_near)).copied()
}

/// A code in words.
fn words(code: &str) -> String {
    let known = match code {
        "n_plus_one" => "N+1",
        "missing_cache" => "the same call again and again: a cache is missing",
        "slow_query" => "slow query",
        "serialised" => "in a row now, side by side before",
        "retries" => "retries",
        "pool_wait" => "wait for a connection of a pool or for a lock",
        "lock_wait" => "wait for a lock",
        "slow_dependency" => "slow for all its callers",
        "slow_link" => "the way, not the callee",
        "fast_failure" => "failures are faster",
        "cold_start" => "cold start",
        "traffic_mix" => "other requests than before",
        other => return other.replace('_', " "),
    };
    known.to_owned()
}

fn times(calls: f64) -> String {
    match units::count((calls * 100.0).round() / 100.0).as_str() {
        "1" => "once".to_owned(),
        calls => format!("{calls} times"),
    }
}

fn time(us: f64) -> String {
    units::value(us * 1e3, "nanoseconds")
}

fn interval(low_us: f64, high_us: f64) -> String {
    let largest = low_us.abs().max(high_us.abs()) * 1e3;
    let beside = |us: f64| units::beside(us * 1e3, largest, "nanoseconds");
    let (low, high) = (beside(low_us), beside(high_us));
    let number = low.split(' ').next().unwrap_or_default();
    format!("[{number}, {high}]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::MeanChange;

    /// Time per request and calls per request, before and after.
    fn row(frame: &str, path: &[&str], time: (f64, f64), calls: (f64, f64)) -> ContributionRow {
        let each = |us: f64, calls: f64| if calls > 0.0 { us / calls } else { 0.0 };
        let (one, other) = (each(time.0, calls.0), each(time.1, calls.1));
        let middle = match calls {
            (0.0, _) => other,
            (_, 0.0) => one,
            _ => f64::midpoint(one, other),
        };
        let delta = time.1 - time.0;
        ContributionRow {
            rank: 1,
            frame: frame.to_owned(),
            edge: frame.starts_with("net:"),
            path: path.iter().map(|name| (*name).to_owned()).collect(),
            before_us_per_request: time.0,
            after_us_per_request: time.1,
            delta_us_per_request: delta,
            low: Some(delta - 100.0),
            high: Some(delta + 100.0),
            before_calls: calls.0,
            after_calls: calls.1,
            delta_calls: calls.1 - calls.0,
            calls_us_per_request: (calls.1 - calls.0) * middle,
            delta_us_per_call: other - one,
            tier: if delta > 0.0 { "grew" } else { "shrank" },
            exemplars: Vec::new(),
        }
    }

    fn cause(code: &'static str, frame: &str, us_per_request: f64) -> Cause {
        Cause {
            code,
            title: format!("{code} of {frame}"),
            frame: Some(frame.to_owned()),
            statement: None,
            before_pct: 0.0,
            after_pct: 90.0,
            us_per_request,
            saving_us: 0.0,
            exemplars: Vec::new(),
        }
    }

    fn findings(contributions: Vec<ContributionRow>, causes: Vec<Cause>) -> Findings {
        let mean = MeanChange { before_us: 4_000.0, after_us: 9_000.0, mix_us: 0.0 };
        Findings {
            compared: "sets",
            evidence: "stretches",
            mean,
            contributions,
            causes,
            ..Findings::default()
        }
    }

    const QUERY: &str = "remote:sqlite: SELECT items";

    #[test]
    fn more_calls_name_the_caller_and_the_pattern() {
        let path = ["gateway: GET /", "orders: list", "orders: SELECT items", QUERY];
        let row = row(QUERY, &path, (200.0, 5_200.0), (0.2, 12.1));
        let found = findings(vec![row], vec![cause("n_plus_one", QUERY, 5_000.0)]);
        assert_eq!(
            sentence(&found),
            "orders: list calls remote:sqlite: SELECT items 12.10 times per request instead of 0.20 times (N+1): +5.00 ms \
             per request [4.90, 5.10 ms], 100 % of all growth. The mean request takes 9.00 ms instead of 4.00 ms (+125.0 %)"
        );
    }

    #[test]
    fn slower_calls_say_what_each_takes() {
        let of_way = row("net:a -> b", &["a: x", "net:a -> b"], (600.0, 50_000.0), (2.0, 2.0));
        let text = sentence(&findings(vec![of_way], vec![cause("slow_link", "net:a -> b", 49_400.0)]));
        assert!(
            text.starts_with(
                "The way a -> b takes 25.00 ms a call instead of 300.00 us (the way, not the callee): +49.40 ms"
            ),
            "{text}"
        );
        let own = row("shop: pay", &["shop: pay"], (1_000.0, 3_000.0), (1.0, 1.0));
        let gone = row(QUERY, &["shop: pay", "shop: SELECT items", QUERY], (400.0, 0.0), (2.0, 0.0));
        let text = sentence(&findings(vec![own, gone], Vec::new()));
        assert!(
            text.starts_with("shop: pay itself takes 3.00 ms a call instead of 1.00 ms: +2.00 ms"),
            "{text}"
        );
        assert!(text.ends_with("(+125.0 %); 1 more part shrank"), "{text}");
    }

    #[test]
    fn what_is_gone_or_new_or_both_is_said_so() {
        let path = ["shop: pay", "shop: SELECT items", QUERY];
        let text = |time, calls| what(&row(QUERY, &path, time, calls), "sets");
        assert_eq!(
            text((400.0, 0.0), (2.0, 0.0)),
            format!("shop: pay calls {QUERY} no more, 2 times per request before")
        );
        assert_eq!(
            text((0.0, 400.0), (0.0, 1.0)),
            format!("shop: pay calls {QUERY} once per request, not at all before")
        );
        assert_eq!(
            text((100.0, 800.0), (1.0, 4.0)),
            format!(
                "shop: pay calls {QUERY} 4 times per request instead of once, and each call takes 200.00 us instead of 100.00 us"
            )
        );
    }

    #[test]
    fn a_pattern_of_something_else_is_not_the_culprits() {
        let row = row(QUERY, &["orders: list", "orders: SELECT items", QUERY], (200.0, 5_200.0), (0.2, 12.1));
        let elsewhere = cause("retries", "net:a -> b", 6_000.0);
        let small = cause("pool_wait", "orders: list", 300.0);
        assert!(cause_of(&row, &findings(Vec::new(), vec![elsewhere, small])).is_none());
        let slower = super::tests::row(QUERY, &[QUERY], (200.0, 5_200.0), (2.0, 2.0));
        let repeated = cause("n_plus_one", QUERY, 5_000.0);
        assert!(cause_of(&slower, &findings(Vec::new(), vec![repeated])).is_none(), "it is not called more");
        let near = cause("pool_wait", "orders: list", 4_000.0);
        assert_eq!(
            cause_of(&row, &findings(Vec::new(), vec![near])).map(|cause| cause.code),
            Some("pool_wait")
        );
    }

    #[test]
    fn nothing_found_is_said() {
        assert_eq!(
            sentence(&findings(Vec::new(), Vec::new())),
            "No part of the requests takes longer or shorter by more than noise. The mean request takes 9.00 ms instead of \
             4.00 ms (+125.0 %)"
        );
    }
}
