//! What reports on traces say of requests, as sections that every output lays out.

use crate::report::{Report, units};
use crate::requests::{
    Cause, Change, ChangePct, ContributionRow, Findings, Group, GroupSide, PairRow, PathRow, RequestPath,
    StructureRow, TagRow, TraceReport,
};

/// A table: the first column is a name, the others are figures.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    pub(super) title: &'static str,
    /// What it is of, where the title does not tell.
    pub(super) of: Option<String>,
    pub(super) heads: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// Columns from the first on that stay, however narrow the screen is.
    pub(super) least: usize,
    /// Ancestors of each row, where rows are a tree; else empty.
    pub(super) depths: Vec<u32>,
    /// What stands below it.
    pub(super) note: Option<String>,
}

/// Sentences, and figures below each.
#[derive(Clone, Debug, Default)]
pub(super) struct List {
    pub(super) title: &'static str,
    pub(super) items: Vec<(String, String)>,
    /// What stands below it.
    pub(super) note: Option<String>,
}

/// A part of a report.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// A table.
    Table(Table),
    /// A list.
    List(List),
}

impl Part {
    fn is_empty(&self) -> bool {
        match self {
            Part::Table(table) => table.rows.is_empty(),
            Part::List(list) => list.items.is_empty(),
        }
    }
}

/// Rows of a table that fit a screen.
const MOST_ROWS: usize = 10;
/// Rows below the evidence.
const MOST_MAY: usize = 5;
/// Spans of two requests, or rows of a critical path, that fit two screens.
const MOST_SPANS: usize = 60;

/// What is told of requests, what tells most first; parts without rows left out.
pub(super) fn parts(report: &Report) -> Vec<Part> {
    let Some(findings) = &report.traces else { return Vec::new() };
    let words = &SETS;
    let parts = [
        Part::List(causes(findings, words)),
        Part::Table(contributions(findings, words, MOST_ROWS)),
        Part::Table(may(findings, words)),
        Part::Table(pair(findings)),
        Part::Table(groups(findings)),
        Part::Table(services(findings)),
        Part::Table(structure(findings, words)),
        Part::Table(tags(findings, words)),
    ];
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// Whether the parts say all that a list of plateaus would: both are of critical paths.
pub(super) fn say_all(report: &Report) -> bool {
    report.traces.is_some() && report.value_type.name == "critical_path"
}

/// What is told of one set.
pub(super) fn parts_of_one(report: &TraceReport) -> Vec<Part> {
    let findings = &report.traces.findings;
    let words = &SLOW;
    let mut parts = vec![Part::List(causes(findings, words))];
    if report.slow_requests.is_some() {
        parts.push(Part::Table(contributions(findings, words, report.rows)));
    }
    parts.push(Part::Table(frames(report)));
    let shown = report.traces.critical_paths.iter().flatten().filter(|path| path.shown_as.is_some());
    parts.extend(shown.map(|path| Part::Table(critical_path(path))));
    parts.extend([
        Part::Table(all_groups(report)),
        Part::Table(all_services(report)),
        Part::Table(structure(findings, words)),
        Part::Table(tags(findings, words)),
    ]);
    parts.into_iter().filter(|part| !part.is_empty()).collect()
}

/// What the two sides are called.
struct Words {
    /// `before` and `after`.
    sides: [&'static str; 2],
    /// Behind a share of requests of either side.
    shares: [&'static str; 2],
    contributions: &'static str,
    may: &'static str,
    structure: &'static str,
    tags: &'static str,
}

const SETS: Words = Words {
    sides: ["before", "after"],
    shares: ["of requests before", "after"],
    contributions: "What the mean request waited for",
    may: "What may be noise, or matters little",
    structure: "Calls that are new, gone, or made more or less often",
    tags: "Tags that one side has more of",
};
const SLOW: Words = Words {
    sides: ["usual", "slow"],
    shares: ["of usual requests", "of slow ones"],
    contributions: "What slow requests waited for, usual -> slow",
    may: "What may be noise, or matters little",
    structure: "Calls that slow requests make more or less often",
    tags: "Tags that slow requests have more or less of",
};

/// What to know of the traces before the figures are believed.
pub(super) fn remarks(findings: &Findings) -> Vec<String> {
    let mut remarks = Vec::new();
    remarks.push(match findings.evidence {
        "captures" => "Intervals are of how much the captures of before differ.".to_owned(),
        "stretches" => "Intervals are of how much stretches of each capture differ; what differs from one recording to the \
                        next is not in them: three captures of before tell that (--before)."
            .to_owned(),
        _ => "There are too few requests for intervals.".to_owned(),
    });
    remarks.extend(flaws(findings));
    remarks.extend(
        findings
            .quality
            .selection_warnings
            .iter()
            .map(|warning| format!("Of the choice of requests: {warning}.")),
    );
    if findings.mean.mix_us != 0.0 {
        let change = findings.mean.after_us - findings.mean.before_us;
        remarks.push(format!(
            "Of the change of the mean request, {}, other requests than before make {}.",
            time(change, Sign::Always),
            time(findings.mean.mix_us, Sign::Always)
        ));
    }
    remarks
}

/// The same of one set.
pub(super) fn remarks_of_one(report: &TraceReport) -> Vec<String> {
    let findings = &report.traces.findings;
    let mut remarks = Vec::new();
    if let (Some(slow), Some(usual)) = (report.slow_requests, report.usual_requests) {
        remarks.push(format!(
            "Slow are the longest 5 % of each kind of request ({}), usual the middle half ({}); kinds of fewer than 21 are \
             left out. That slow ones were chosen for being slow is not in the intervals.",
            units::count(slow as f64),
            units::count(usual as f64)
        ));
    }
    remarks.extend(flaws(findings));
    remarks.extend(
        findings
            .quality
            .selection_warnings
            .iter()
            .map(|warning| format!("Of the choice of requests: {warning}.")),
    );
    remarks
}

fn flaws(findings: &Findings) -> Option<String> {
    let quality = &findings.quality;
    let flaws = [
        (quality.orphans, "without their parent"),
        (quality.duplicates, "twice in a file"),
        (
            quality.skewed,
            "outside the span that waits for them, for clocks differ (--fix-skew brings them together)",
        ),
    ];
    let flaws: Vec<String> = flaws
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{} {what}", units::many(*count, "span")))
        .collect();
    (!flaws.is_empty()).then(|| format!("Of the traces: {}.", flaws.join("; ")))
}

fn causes(findings: &Findings, words: &Words) -> List {
    let is_all = findings.compared == "all";
    let items = findings.causes.iter().take(MOST_ROWS).map(|cause| {
        let Cause { title, before_pct, after_pct, us_per_request, saving_us, exemplars, .. } = cause;
        let [before, after] = words.shares;
        let mut figures = vec![if is_all {
            format!("in {} of requests", percent(*after_pct))
        } else {
            format!("in {} {before}, {} {after}", percent(*before_pct), percent(*after_pct))
        }];
        let is_change = words.sides[0] == "before";
        if *us_per_request != 0.0 {
            let sign = if is_change { Sign::Always } else { Sign::Negative };
            figures.push(format!("{} per request", time(*us_per_request, sign)));
        }
        if *saving_us > 0.0 {
            figures.push(format!("without it {} less", time(*saving_us, Sign::Negative)));
        }
        figures.extend(exemplars.first().map(|id| format!("see trace {id}")));
        (title.clone(), figures.join("; "))
    });
    List { title: "Causes", items: items.collect(), note: more(findings.causes.len(), MOST_ROWS) }
}

fn groups(findings: &Findings) -> Table {
    let rows = findings.groups.iter().take(MOST_ROWS).map(|group| {
        let Group { root, before, after, .. } = group;
        let name = root.clone().unwrap_or_else(|| "all requests".to_owned());
        let [p50, p95, p99] = percentiles(before, after);
        vec![
            name,
            format!("{} \u{2192} {}", units::count(before.n as f64), units::count(after.n as f64)),
            p50,
            change(group.p50_change),
            p95,
            change(group.p95_change),
            failed(before, after, group.error_change),
            p99,
            change(group.p99_change),
        ]
    });
    Table {
        title: "Requests",
        heads: vec!["request", "number", "p50", "change", "p95", "change", "failed", "p99", "change"],
        rows: rows.collect(),
        least: 4,
        note: more(findings.groups.len(), MOST_ROWS),
        ..Table::default()
    }
}

/// p50, p95 and p99 of both sides.
fn percentiles(before: &GroupSide, after: &GroupSide) -> [String; 3] {
    [|side: &GroupSide| side.p50_us, |side: &GroupSide| side.p95_us, |side: &GroupSide| side.p99_us]
        .map(|of| of(before).zip(of(after)).map_or_else(String::new, |(one, other)| both(one, other)))
}

fn change(change: Option<Change>) -> String {
    let text =
        |change: Change| format!("{} {}", time(change.us, Sign::Always), interval(change.low, change.high));
    change.map_or_else(String::new, text)
}

fn failed(before: &GroupSide, after: &GroupSide, change: Option<ChangePct>) -> String {
    if before.error_pct + after.error_pct == 0.0 {
        return "none".to_owned();
    }
    let shares = format!("{:.1} \u{2192} {:.1} %", before.error_pct, after.error_pct);
    change.map_or(shares.clone(), |change| format!("{shares} [{:+.1}, {:+.1}]", change.low, change.high))
}

fn contributions(findings: &Findings, words: &Words, most: usize) -> Table {
    let is_sure = |row: &&ContributionRow| !row.tier.starts_with("may");
    let all = findings.contributions.iter().filter(is_sure).count();
    let shown = findings.contributions.iter().filter(is_sure).take(most);
    Table { title: words.contributions, note: more(all, most), ..contribution_table(shown) }
}

/// The largest changes below the evidence.
fn may(findings: &Findings, words: &Words) -> Table {
    let mut rows: Vec<&ContributionRow> =
        findings.contributions.iter().filter(|row| row.tier.starts_with("may")).collect();
    rows.sort_by(|one, other| {
        let size = |row: &ContributionRow| row.delta_us_per_request.abs();
        size(other).total_cmp(&size(one)).then_with(|| one.rank.cmp(&other.rank))
    });
    Table {
        title: words.may,
        note: more(rows.len(), MOST_MAY),
        ..contribution_table(rows.into_iter().take(MOST_MAY))
    }
}

fn contribution_table<'a>(shown: impl Iterator<Item = &'a ContributionRow>) -> Table {
    let rows = shown.map(|row| {
        let (before, after) = (units::count(round(row.before_calls)), units::count(round(row.after_calls)));
        let by_calls = if before == after {
            after
        } else {
            format!("{before} \u{2192} {after} ({})", time(row.calls_us_per_request, Sign::Always))
        };
        let per_call = |time: f64, calls: f64| if calls > 0.0 { time / calls } else { 0.0 };
        let slower = row.delta_us_per_request - row.calls_us_per_request;
        let by_time = format!(
            "{} ({})",
            both(
                per_call(row.before_us_per_request, row.before_calls),
                per_call(row.after_us_per_request, row.after_calls)
            ),
            time(slower, Sign::Always)
        );
        let sure =
            row.low.zip(row.high).map_or_else(String::new, |(low, high)| format!(" {}", interval(low, high)));
        vec![
            row.frame.clone(),
            both(row.before_us_per_request, row.after_us_per_request),
            format!("{}{sure}", time(row.delta_us_per_request, Sign::Always)),
            by_calls,
            by_time,
            row.exemplars.first().cloned().unwrap_or_default(),
        ]
    });
    Table {
        heads: vec!["where", "per request", "change", "calls per request", "time per call", "see trace"],
        rows: rows.collect(),
        least: 3,
        ..Table::default()
    }
}

fn services(findings: &Findings) -> Table {
    let rows = findings.services.iter().take(MOST_ROWS).map(|row| {
        let [p50, p95, p99] = percentiles(&row.before, &row.after);
        vec![
            row.service.clone(),
            both(row.before_us_per_request, row.after_us_per_request),
            time(row.after_us_per_request - row.before_us_per_request, Sign::Always),
            p50,
            change(row.p50_change),
            p95,
            change(row.p95_change),
            failed(&row.before, &row.after, row.error_change),
            p99,
            change(row.p99_change),
        ]
    });
    Table {
        title: "Services: their part of the mean request, and how long they take to answer a call",
        heads: vec![
            "service",
            "per request",
            "change",
            "p50 of calls",
            "change",
            "p95",
            "change",
            "failed",
            "p99",
            "change",
        ],
        rows: rows.collect(),
        least: 3,
        note: more(findings.services.len(), MOST_ROWS),
        ..Table::default()
    }
}

fn structure(findings: &Findings, words: &Words) -> Table {
    let rows = findings.structure.iter().take(MOST_ROWS).map(|row| {
        let StructureRow { code, caller, called, before_calls, after_calls, low, high, exemplars, .. } = row;
        vec![
            format!("{caller} \u{2192} {called}"),
            (*code).to_owned(),
            format!("{} \u{2192} {}", units::count(round(*before_calls)), units::count(round(*after_calls))),
            format!("[{low:+.2}, {high:+.2}]"),
            shares(row.before_pct, row.after_pct),
            exemplars.first().cloned().unwrap_or_default(),
        ]
    });
    Table {
        title: words.structure,
        heads: vec!["call", "is", "calls per request", "change", "in requests", "see trace"],
        rows: rows.collect(),
        least: 3,
        note: more(findings.structure.len(), MOST_ROWS),
        ..Table::default()
    }
}

fn tags(findings: &Findings, words: &Words) -> Table {
    let rows = findings.tags.iter().take(MOST_ROWS).map(|row| {
        let TagRow { service, pairs, before_pct, after_pct, q } = row;
        let chance = if *q < 0.001 { "< 0.1 %".to_owned() } else { format!("{:.1} %", 100.0 * q) };
        vec![format!("{service}: {}", pairs.join(", ")), shares(*before_pct, *after_pct), chance]
    });
    Table {
        title: words.tags,
        heads: vec!["tag", "in requests", "chance"],
        rows: rows.collect(),
        least: 2,
        note: more(findings.tags.len(), MOST_ROWS),
        ..Table::default()
    }
}

/// Two requests, span by span. Of many those are shown whose time on the critical path differs most, and what is above.
fn pair(findings: &Findings) -> Table {
    let all = findings.pair.as_deref().unwrap_or_default();
    let weight = |row: &PairRow| (row.after_path_us - row.before_path_us).abs();
    let shown = chosen(all.len(), |at| all[at].depth, |at| weight(&all[at]));
    let optional = |us: Option<f64>| us.map_or_else(String::new, |us| time(us, Sign::Negative));
    let rows = shown.iter().map(|&at| {
        let row = &all[at];
        let change = match (row.before_us, row.after_us) {
            (Some(before), Some(after)) => time(after - before, Sign::Always),
            (Some(_), None) => "gone".to_owned(),
            _ => "new".to_owned(),
        };
        vec![
            row.frame.clone(),
            optional(row.before_us),
            optional(row.after_us),
            change,
            both(row.before_path_us, row.after_path_us),
        ]
    });
    Table {
        title: "Both requests, span by span",
        of: None,
        heads: vec!["span", "before", "after", "change", "itself on the critical path"],
        rows: rows.collect(),
        least: 4,
        depths: shown.iter().map(|&at| all[at].depth).collect(),
        note: more(all.len(), shown.len()),
    }
}

/// The rows of a tree in pre-order that are shown: the heaviest, with those above them.
fn chosen(rows: usize, depth: impl Fn(usize) -> u32, weight: impl Fn(usize) -> f64) -> Vec<usize> {
    if rows <= MOST_SPANS {
        return (0..rows).collect();
    }
    let mut parents: Vec<Option<usize>> = Vec::with_capacity(rows);
    let mut above: Vec<usize> = Vec::new();
    for at in 0..rows {
        above.truncate(depth(at) as usize);
        parents.push(above.last().copied());
        above.push(at);
    }
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|&one, &other| weight(other).total_cmp(&weight(one)).then(one.cmp(&other)));
    let mut is_shown = vec![false; rows];
    let mut room = MOST_SPANS;
    for heavy in order {
        let mut at = Some(heavy);
        while let Some(row) = at.filter(|&row| room > 0 && !is_shown[row]) {
            is_shown[row] = true;
            room -= 1;
            at = parents[row];
        }
        if room == 0 {
            break;
        }
    }
    (0..rows).filter(|&at| is_shown[at]).collect()
}

fn frames(report: &TraceReport) -> Table {
    let value = &report.value_type;
    let rows = report.frames.iter().take(report.rows).map(|row| {
        let worth = match value.unit {
            "count" => units::count(round(row.per_request)),
            _ => time(row.per_request, Sign::Negative),
        };
        let each = if row.calls_per_request > 0.0 && value.unit != "count" {
            time(row.per_request / row.calls_per_request, Sign::Negative)
        } else {
            String::new()
        };
        vec![
            row.frame.clone(),
            worth,
            format!("{:.1} %", row.share_pct),
            units::count(round(row.calls_per_request)),
            each,
            percent(row.requests_pct),
            row.exemplars.first().cloned().unwrap_or_default(),
        ]
    });
    let what = match value.name {
        "critical_path" => "What the mean request waits for",
        "self" => "The mean request by self time",
        "wall" => "The mean request by durations of spans, children counted again in their parents",
        "errors" => "Failed spans of the mean request",
        _ => "Spans of the mean request",
    };
    Table {
        title: what,
        heads: vec!["where", "per request", "share", "calls", "per call", "in requests", "see trace"],
        rows: rows.collect(),
        least: 3,
        note: more(report.frames.len(), report.rows),
        ..Table::default()
    }
}

fn all_groups(report: &TraceReport) -> Table {
    let groups = &report.traces.findings.groups;
    let rows = groups.iter().take(report.rows).map(|group| {
        let name = group.root.clone().unwrap_or_else(|| "all requests".to_owned());
        of_all(name, None, group.all.as_ref())
    });
    Table {
        title: "Requests",
        heads: vec!["request", "number", "failed", "p50", "p90", "p95", "p99"],
        rows: rows.collect(),
        least: 4,
        note: more(groups.len(), report.rows),
        ..Table::default()
    }
}

fn all_services(report: &TraceReport) -> Table {
    let mut services: Vec<_> = report.traces.findings.services.iter().collect();
    services.sort_by(|one, other| {
        let all = |us: Option<f64>| us.unwrap_or(0.0);
        all(other.all_us_per_request)
            .total_cmp(&all(one.all_us_per_request))
            .then_with(|| one.service.cmp(&other.service))
    });
    let rows = services.iter().take(report.rows).map(|row| {
        let part = time(row.all_us_per_request.unwrap_or(0.0), Sign::Negative);
        of_all(row.service.clone(), Some(part), row.all.as_ref())
    });
    Table {
        title: "Services: their part of the mean request, and how long they take to answer a call",
        heads: vec!["service", "per request", "calls", "failed", "p50 of calls", "p90", "p95", "p99"],
        rows: rows.collect(),
        least: 4,
        note: more(services.len(), report.rows),
        ..Table::default()
    }
}

/// A row of one side.
fn of_all(name: String, part: Option<String>, all: Option<&GroupSide>) -> Vec<String> {
    let side = all.copied().unwrap_or_default();
    let percentile = |us: Option<f64>| us.map_or_else(String::new, |us| time(us, Sign::Negative));
    let failed = if side.error_pct > 0.0 { format!("{:.1} %", side.error_pct) } else { "none".to_owned() };
    let mut row = vec![name];
    row.extend(part);
    row.extend([
        units::count(side.n as f64),
        failed,
        percentile(side.p50_us),
        percentile(side.p90_us),
        percentile(side.p95_us),
        percentile(side.p99_us),
    ]);
    row
}

fn critical_path(path: &RequestPath) -> Table {
    let shown = chosen(path.tree.len(), |at| path.tree[at].depth, |at| path.tree[at].own_us);
    let all = path.tree.len();
    let texts = shown.iter().map(|&at| {
        let PathRow { frame, spans, start_us, own_us, total_us, .. } = &path.tree[at];
        let number =
            if *spans > 1 { format!(" ({} times)", units::count(*spans as f64)) } else { String::new() };
        let beside = |us: f64| units::beside(us * 1e3, path.duration_us * 1e3, "nanoseconds");
        vec![
            format!("{frame}{number}"),
            beside(*own_us),
            beside(*total_us),
            format!("at {}", beside(*start_us)),
        ]
    });
    let what = match path.shown_as {
        Some("slowest") => "The critical path of the slowest request",
        Some("typical") => "The critical path of a usual request of the same kind",
        _ => "The critical path of a request",
    };
    Table {
        title: what,
        of: Some(format!(
            "{}, {}, trace {}",
            path.root,
            time(path.duration_us, Sign::Negative),
            path.trace_id
        )),
        heads: vec!["waited for", "itself", "with those below", "begins"],
        rows: texts.collect(),
        least: 3,
        depths: shown.iter().map(|&at| path.tree[at].depth).collect(),
        note: more(all, shown.len()),
    }
}

fn more(rows: usize, shown: usize) -> Option<String> {
    let more = rows.checked_sub(shown).filter(|&more| more > 0)?;
    Some(format!("{} more in the JSON report.", units::count(more as f64)))
}

/// Two times in the unit of the larger: `2.68 -> 7.85 ms`.
fn both(before_us: f64, after_us: f64) -> String {
    let largest = before_us.abs().max(after_us.abs());
    let beside = |us: f64| units::beside(us * 1e3, largest * 1e3, "nanoseconds");
    let (before, after) = (beside(before_us), beside(after_us));
    let number = before.split(' ').next().unwrap_or_default();
    format!("{number} \u{2192} {after}")
}

/// Which signs are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// That of what is less than nothing.
    Negative,
    /// That of a change.
    Always,
}

fn time(us: f64, sign: Sign) -> String {
    let text = units::value(us * 1e3, "nanoseconds");
    if sign == Sign::Always && !text.starts_with('-') { format!("+{text}") } else { text }
}

fn interval(low_us: f64, high_us: f64) -> String {
    let largest = low_us.abs().max(high_us.abs()) * 1e3;
    let beside = |us: f64| units::beside(us * 1e3, largest, "nanoseconds");
    let (low, high) = (beside(low_us), beside(high_us));
    let number = low.split(' ').next().unwrap_or_default();
    format!("[{number}, {high}]")
}

/// A share of requests: `96 %`, `0.4 %`.
fn percent(pct: f64) -> String {
    if pct > 0.0 && pct < 9.95 || pct > 99.0 && pct < 100.0 {
        format!("{pct:.1} %")
    } else {
        format!("{pct:.0} %")
    }
}

fn shares(before_pct: f64, after_pct: f64) -> String {
    let (before, after) = (percent(before_pct), percent(after_pct));
    format!("{} \u{2192} {after}", before.trim_end_matches(" %"))
}

fn round(calls: f64) -> f64 {
    (calls * 100.0).round() / 100.0
}
