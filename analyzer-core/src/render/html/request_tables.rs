//! The tables of the sections on requests.

use super::amounts::{both, calls, change, interval, points, range, shares, time};
use super::requests::{Requests, direction, is_doubtful};
use super::table::{Cell, Table};
use crate::report::units;
use crate::requests::{Change, GroupSide, PairRow, StructureRow};

/// Rows of a table that are read; all are in the JSON report.
const MOST_ROWS: usize = 15;
/// So many are listed even if they may be noise.
const ENOUGH_ROWS: usize = 6;

impl Requests<'_> {
    pub(super) fn contributions(&self) -> Table {
        let [one, other] = self.sides();
        let all = &self.findings.contributions;
        let sure = all.iter().take_while(|row| !is_doubtful(row)).count();
        let listed = sure.clamp(ENOUGH_ROWS, MOST_ROWS).min(all.len());
        let rows = all[..listed].iter().map(|row| {
            let per_call = |time: f64, calls: f64| (calls > 0.0).then(|| time / calls);
            let slower = row.delta_us_per_request - row.calls_us_per_request;
            let each = match (
                per_call(row.before_us_per_request, row.before_calls),
                per_call(row.after_us_per_request, row.after_calls),
            ) {
                (Some(before), Some(after)) => both(before, after),
                (None, Some(only)) | (Some(only), None) => time(only),
                (None, None) => String::new(),
            };
            let delta = row.delta_us_per_request;
            let sure = row.low.zip(row.high).map(|(low, high)| range(low, high));
            // What is next to nothing is not worth a line.
            let matters = |us: f64| {
                let whole = row.before_us_per_request.abs().max(row.after_us_per_request.abs());
                (us.abs() > 0.01 * whole).then(|| change(us))
            };
            vec![
                Cell::number(self.number(&row.frame), direction(row)),
                Cell::Name { name: row.frame.clone(), path: row.path.clone() },
                Cell::figure(both(row.before_us_per_request, row.after_us_per_request)),
                if is_doubtful(row) {
                    Cell::Figure(change(delta), sure)
                } else {
                    Cell::Strong(change(delta), sure)
                },
                Cell::Figure(
                    format!("{} \u{2192} {}", calls(row.before_calls), calls(row.after_calls)),
                    matters(row.calls_us_per_request),
                ),
                Cell::Figure(each, matters(slower)),
                Cell::Words(tier(row.tier).to_owned()),
                Cell::Ids(row.exemplars.iter().take(1).cloned().collect()),
            ]
        });
        Table {
            id: "contributions",
            title: "What the mean request waited for",
            heads: vec![
                "#".to_owned(),
                "where".to_owned(),
                format!("per request, {one} \u{2192} {other}"),
                format!("change, {} interval", self.percent()),
                "calls per request, what more calls did".to_owned(),
                "time per call, what slower calls did".to_owned(),
                "how sure".to_owned(),
                "see trace".to_owned(),
            ],
            rows: rows.collect(),
            note: more(all.len(), listed),
        }
    }

    /// Groups of one set: all requests of each, and how long usual and slow ones take.
    fn groups_of_one(&self) -> Table {
        let rows = self.findings.groups.iter().filter_map(|group| {
            let all = group.all?;
            let length = |us: Option<f64>| Cell::figure(us.map_or_else(String::new, time));
            let part = |side: &GroupSide| {
                let median = side.p50_us.map(|us| format!("median {}", time(us)));
                Cell::Figure(units::count(side.n as f64), median)
            };
            Some(vec![
                Cell::name(group.root.as_deref().unwrap_or("all requests")),
                Cell::figure(units::count(all.n as f64)),
                length(all.p50_us),
                length(all.p95_us),
                length(all.p99_us),
                Cell::figure(format!("{:.1} %", all.error_pct)),
                part(&group.before),
                part(&group.after),
            ])
        });
        let rows: Vec<Vec<Cell>> = rows.take(MOST_ROWS).collect();
        let heads = ["request", "number", "p50", "p95", "p99", "failed", "usual ones", "slow ones"];
        Table {
            id: "requests",
            title: "Requests",
            heads: heads.map(str::to_owned).into(),
            rows,
            note: more(self.findings.groups.len(), MOST_ROWS),
        }
    }

    pub(super) fn groups(&self) -> Table {
        if self.findings.groups.iter().any(|group| group.all.is_some()) {
            return self.groups_of_one();
        }
        let rows = self.findings.groups.iter().take(MOST_ROWS).map(|group| {
            let mut row = vec![
                Cell::name(group.root.as_deref().unwrap_or("all requests")),
                Cell::figure(format!(
                    "{} \u{2192} {}",
                    units::count(group.before.n as f64),
                    units::count(group.after.n as f64)
                )),
            ];
            row.extend(self.latency(
                &group.before,
                &group.after,
                [group.p50_change, group.p95_change, group.p99_change],
            ));
            row.push(failed(&group.before, &group.after, group.error_change.map(points)));
            row
        });
        Table {
            id: "requests",
            title: "Requests",
            heads: self.heads("request", "number"),
            rows: rows.collect(),
            note: more(self.findings.groups.len(), MOST_ROWS),
        }
    }

    pub(super) fn services(&self) -> Table {
        let rows = self.findings.services.iter().take(MOST_ROWS).map(|row| {
            let change = change(row.after_us_per_request - row.before_us_per_request);
            let calls = |side: &GroupSide| units::count(side.n as f64);
            let mut cells = vec![
                Cell::name(&row.service),
                Cell::Figure(both(row.before_us_per_request, row.after_us_per_request), Some(change)),
                Cell::figure(format!("{} \u{2192} {}", calls(&row.before), calls(&row.after))),
            ];
            cells.extend(self.latency(
                &row.before,
                &row.after,
                [row.p50_change, row.p95_change, row.p99_change],
            ));
            cells.push(failed(&row.before, &row.after, row.error_change.map(points)));
            cells
        });
        let mut heads = self.heads("service", "calls answered");
        heads.insert(1, "waited for it, per request".to_owned());
        Table {
            id: "services",
            title: "Services",
            heads,
            rows: rows.collect(),
            note: more(self.findings.services.len(), MOST_ROWS),
        }
    }

    /// The percentiles of both sides, each with the interval of its change.
    fn latency(&self, before: &GroupSide, after: &GroupSide, changes: [Option<Change>; 3]) -> Vec<Cell> {
        let of = |side: &GroupSide| [side.p50_us, side.p95_us, side.p99_us];
        let sides = of(before).into_iter().zip(of(after)).zip(changes);
        let cells = sides.map(|((one, other), change)| match (one, other) {
            (None, None) => Cell::figure(String::new()),
            (Some(one), Some(other)) => Cell::Figure(both(one, other), change.map(interval)),
            // Of one side there are too few.
            (one, other) => {
                let side = |side: Option<f64>| side.map_or_else(|| "too few".to_owned(), time);
                Cell::figure(format!("{} \u{2192} {}", side(one), side(other)))
            }
        });
        cells.collect()
    }

    fn heads(&self, name: &str, number: &str) -> Vec<String> {
        let [one, other] = self.sides();
        let of = |percentile: &str| format!("{percentile}, change with {} interval", self.percent());
        let mut heads = vec![name.to_owned(), format!("{number}, {one} \u{2192} {other}")];
        heads.extend(["p50", "p95", "p99", "failed"].map(of));
        heads
    }

    pub(super) fn pair(&self) -> Table {
        let rows = self.findings.pair.iter().flatten().take(10 * MOST_ROWS).map(|row: &PairRow| {
            let length = |us: Option<f64>| us.map_or_else(|| "none".to_owned(), time);
            let waits = (row.after_path_us - row.before_path_us).abs() > 0.0;
            vec![
                Cell::Nested(row.depth, row.frame.clone()),
                Cell::figure(length(row.before_us)),
                Cell::figure(length(row.after_us)),
                Cell::Figure(
                    both(row.before_path_us, row.after_path_us),
                    waits.then(|| change(row.after_path_us - row.before_path_us)),
                ),
            ]
        });
        let [one, other] = self.sides();
        Table {
            id: "pair",
            title: "The two requests, span by span",
            heads: vec!["span".to_owned(), one.to_owned(), other.to_owned(), "waited for itself".to_owned()],
            rows: rows.collect(),
            note: None,
        }
    }

    pub(super) fn structure(&self) -> Table {
        let [one, other] = self.sides();
        let rows = self.findings.structure.iter().take(MOST_ROWS).map(|row: &StructureRow| {
            vec![
                Cell::Words(row.code.to_owned()),
                Cell::Name { name: row.called.clone(), path: vec![row.caller.clone(), row.called.clone()] },
                Cell::figure(shares(row.before_pct, row.after_pct)),
                Cell::Figure(
                    format!("{} \u{2192} {}", calls(row.before_calls), calls(row.after_calls)),
                    Some(
                        format!("change [{}, {}]", calls(row.low), calls(row.high)).replace('-', "\u{2212}"),
                    ),
                ),
                Cell::Ids(row.exemplars.iter().take(1).cloned().collect()),
            ]
        });
        Table {
            id: "structure",
            title: "Calls that are made more or less often",
            heads: vec![
                "what".to_owned(),
                "call".to_owned(),
                format!("requests that make it, {one} \u{2192} {other}"),
                format!("calls per request, {} interval", self.percent()),
                "see trace".to_owned(),
            ],
            rows: rows.collect(),
            note: more(self.findings.structure.len(), MOST_ROWS),
        }
    }

    pub(super) fn tags(&self) -> Table {
        let [one, other] = self.sides();
        let rows = self.findings.tags.iter().take(MOST_ROWS).map(|row| {
            vec![
                Cell::name(&row.pairs.join(", ")),
                Cell::Words(row.service.clone()),
                Cell::figure(format!("{:.1} %", row.before_pct)),
                Cell::figure(format!("{:.1} %", row.after_pct)),
                Cell::figure(if row.q < 0.001 { "below 0.001".to_owned() } else { format!("{:.3}", row.q) }),
            ]
        });
        Table {
            id: "tags",
            title: "Tags that one side has more of",
            heads: vec![
                "tags".to_owned(),
                "service".to_owned(),
                format!("requests {one}"),
                format!("requests {other}"),
                "share of such findings that is chance (q)".to_owned(),
            ],
            rows: rows.collect(),
            note: more(self.findings.tags.len(), MOST_ROWS),
        }
    }
}

/// Failures of both sides.
fn failed(before: &GroupSide, after: &GroupSide, change: Option<String>) -> Cell {
    if before.error_pct + after.error_pct > 0.0 {
        Cell::Figure(shares(before.error_pct, after.error_pct), change)
    } else {
        Cell::figure("none".to_owned())
    }
}

fn tier(code: &str) -> &'static str {
    match code {
        "grew" => "grew",
        "shrank" => "shrank",
        "may_have_grown" => "may have grown",
        "may_have_shrunk" => "may have shrunk",
        _ => "too few requests to tell",
    }
}

/// How many rows there are beyond those that are listed.
fn more(rows: usize, listed: usize) -> Option<String> {
    let more = rows.checked_sub(listed).filter(|&more| more > 0)?;
    Some(format!("{} more in the JSON report.", units::count(more as f64)))
}
