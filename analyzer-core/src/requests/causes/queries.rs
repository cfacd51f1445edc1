//! Statements that take longer per call than before, and databases that are slow whatever they are asked.

use super::MOST_CAUSES;
use super::facts::Fact;
use super::scatter::{Change, Sums, changes};
use super::whole::{Ground, Row, instead, listed};
use crate::report::units;
use crate::requests::Question;
use crate::spans::FrameKind;
use crate::stats::student;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;

/// Statements of a database are slow alike where none grew by so many times as much as the middle one, or none by so
/// many times its factor.
const ALIKE_GROWTH: f64 = 5.0;
const ALIKE_FACTOR: f64 = 3.0;
/// The share of the statements of a database that must be slower for the database to be slow.
const ALIKE_SHARE: f64 = 0.9;
/// Statements in titles are cut after so many characters.
const SHOWN: usize = 90;

/// A statement, or an operation of a database, and who asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Query {
    called: u32,
    statement: Option<u32>,
    caller: Option<u32>,
}

/// The calls of a query on both sides.
struct Asked {
    query: Query,
    /// How long a call takes.
    time: Change,
    /// What a call takes of the critical path.
    path: Change,
    /// Rows of a call, where most calls say.
    rows: [Option<f64>; 2],
    /// Calls in a request that makes one.
    calls: [f64; 2],
}

impl Asked {
    /// What slower calls do to the mean request, nanoseconds.
    fn by_time(&self, ground: &Ground<'_>) -> f64 {
        let calls = ground.per_request(self.time.counts);
        f64::midpoint(calls.0, calls.1) * self.path.growth()
    }

    /// Whether calls that became more do more than calls that became slower.
    fn is_rather_more(&self) -> bool {
        let [before, after] = self.calls;
        let by_calls = (after - before) * f64::midpoint(self.time.before, self.time.after);
        by_calls > f64::midpoint(before, after) * self.time.growth()
    }
}

/// Slow queries and slow databases.
pub(super) fn slow(ground: &Ground<'_>) -> Vec<Row> {
    let asked = asked(ground);
    let is_slow = is_slow(ground, &asked);
    let mut databases: BTreeMap<String, Vec<(&Asked, bool)>> = BTreeMap::new();
    for (one, is_slow) in asked.iter().zip(is_slow) {
        databases.entry(database(ground, one.query.called)).or_default().push((one, is_slow));
    }
    let (mut rows, mut slow) = (Vec::new(), Vec::new());
    for (name, list) in databases.iter().filter(|(_, list)| list.iter().any(|(_, is_slow)| *is_slow)) {
        let all: Vec<&Asked> = list.iter().map(|(one, _)| *one).collect();
        if ground.question() == Question::Changed && is_alike(ground, &all) {
            rows.extend(slow_database(ground, name, &all));
        } else {
            slow.extend(list.iter().filter(|(_, is_slow)| *is_slow).map(|(one, _)| *one));
        }
    }
    slow.sort_by(|one, other| {
        other.by_time(ground).total_cmp(&one.by_time(ground)).then(one.query.cmp(&other.query))
    });
    rows.extend(slow.into_iter().take(MOST_CAUSES).map(|one| slow_query(ground, one)));
    rows
}

/// The queries of both sides that there are enough calls of, in order.
fn asked(ground: &Ground<'_>) -> Vec<Asked> {
    let mut of_query: FxHashMap<Query, [Vec<&Fact>; 2]> = FxHashMap::default();
    for (side, facts) in ground.facts.iter().enumerate() {
        for fact in facts.list.iter().filter(|fact| fact.is_database && !fact.failed) {
            let caller = facts.parent(fact).map(|parent| parent.work);
            let query = Query { called: fact.called, statement: fact.statement, caller };
            of_query.entry(query).or_default()[side].push(fact);
        }
    }
    let fewest = ground.options.thresholds.fewest_calls as usize;
    let mut list: Vec<(Query, [Vec<&Fact>; 2])> =
        of_query.into_iter().filter(|(_, sides)| sides.iter().all(|facts| facts.len() >= fewest)).collect();
    list.sort_unstable_by_key(|(query, _)| *query);
    let sums = |sides: &[Vec<&Fact>; 2], value: fn(&Fact) -> i64| -> [Sums; 2] {
        [0, 1].map(|side: usize| {
            let calls = sides[side].iter().map(|fact| (fact.request, value(fact) as f64, 1.0));
            ground.layouts[side].sums(calls)
        })
    };
    let times: Vec<[Sums; 2]> = list.iter().map(|(_, sides)| sums(sides, |fact| fact.duration_ns)).collect();
    let paths: Vec<[Sums; 2]> = list.iter().map(|(_, sides)| sums(sides, |fact| fact.total_ns)).collect();
    let both = changes(&times).into_iter().zip(changes(&paths));
    list.iter()
        .zip(both)
        .map(|((query, sides), (time, path))| Asked {
            query: *query,
            time,
            path,
            rows: sides.each_ref().map(|facts| mean_rows(facts)),
            calls: sides.each_ref().map(|facts| facts.len() as f64 / requests(facts).max(1) as f64),
        })
        .collect()
}

/// The requests that make these calls, which are in the order of requests.
fn requests(facts: &[&Fact]) -> usize {
    facts.chunk_by(|one, other| one.request == other.request).count()
}

fn mean_rows(facts: &[&Fact]) -> Option<f64> {
    let rows: Vec<i64> = facts.iter().filter_map(|fact| fact.rows).collect();
    (2 * rows.len() > facts.len())
        .then(|| rows.iter().map(|&rows| rows as f64).sum::<f64>() / rows.len() as f64)
}

/// Which queries are slower for sure, and by enough to matter.
fn is_slow(ground: &Ground<'_>, asked: &[Asked]) -> Vec<bool> {
    let p_values: Vec<f64> = asked.iter().map(|one| one.time.p_value()).collect();
    let is_sure = match ground.question() {
        Question::Changed => student::discoveries(&p_values, ground.level()),
        Question::Slow => vec![true; asked.len()],
    };
    let matters = |one: &Asked| {
        one.by_time(ground) >= ground.least()
            && one.time.ratio() >= 1.0 + ground.options.thresholds.slower_share
            && !one.is_rather_more()
    };
    asked.iter().zip(is_sure).map(|(one, is_sure)| is_sure && matters(one)).collect()
}

/// Whether all queries of a database are slower, and none of them much more than the others.
fn is_alike(ground: &Ground<'_>, all: &[&Asked]) -> bool {
    let statements = all.iter().map(|one| (one.query.called, one.query.statement));
    let mut statements: Vec<_> = statements.collect();
    statements.sort_unstable();
    statements.dedup();
    let slower = |one: &&&Asked| {
        one.time.ratio() >= 1.0 + ground.options.thresholds.slower_share
            && one.time.p_value() <= 1.0 - ground.options.confidence
    };
    let mut grown: Vec<(f64, f64)> =
        all.iter().filter(slower).map(|one| (one.time.growth(), one.time.ratio())).collect();
    let share = grown.len() as f64 / all.len().max(1) as f64;
    if statements.len() < 2 || share < ALIKE_SHARE {
        return false;
    }
    grown.sort_by(|one, other| one.0.total_cmp(&other.0));
    let middle = grown[(grown.len() - 1) / 2].0;
    let largest = grown[grown.len() - 1].0;
    let mut factors: Vec<f64> = grown.iter().map(|&(_, factor)| factor).collect();
    factors.sort_by(f64::total_cmp);
    largest <= ALIKE_GROWTH * middle
        || factors[factors.len() - 1] <= ALIKE_FACTOR * factors[(factors.len() - 1) / 2]
}

/// The name of a database: who answers, or whose spans the calls are.
fn database(ground: &Ground<'_>, called: u32) -> String {
    let frame = ground.whole.frames.get(called);
    match frame.kind {
        FrameKind::Remote => frame.name.split(": ").next().unwrap_or(&frame.name).to_owned(),
        _ => format!("the database of {}", frame.service),
    }
}

fn slow_database(ground: &Ground<'_>, name: &str, all: &[&Asked]) -> Option<Row> {
    let most =
        all.iter().max_by(|one, other| one.by_time(ground).total_cmp(&other.by_time(ground))).copied()?;
    let calls =
        all.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.time.counts.0, sum.1 + one.time.counts.1));
    let both = calls.0 + calls.1;
    // At the same mix of statements on both sides.
    let mean = |value: fn(&Asked) -> f64| {
        all.iter().map(|one| (one.time.counts.0 + one.time.counts.1) / both * value(one)).sum::<f64>()
    };
    let mut statements: Vec<_> = all.iter().map(|one| (one.query.called, one.query.statement)).collect();
    statements.sort_unstable();
    statements.dedup();
    let mut callers: Vec<&str> = all
        .iter()
        .filter_map(|one| one.query.caller)
        .map(|caller| ground.whole.frames.get(caller).service.as_str())
        .collect();
    callers.sort_unstable();
    callers.dedup();
    let title = format!(
        "{name} is slower whatever it is asked: {} statements take {}, for {}: \
         its host, its load or the way to it, not one statement",
        statements.len(),
        instead(mean(|one| one.time.after), mean(|one| one.time.before), ground.question()),
        listed(&callers),
    );
    let limits: FxHashMap<Query, f64> =
        all.iter().map(|one| (one.query, f64::midpoint(one.time.before, one.time.after))).collect();
    let ratios: FxHashMap<Query, f64> =
        all.iter().map(|one| (one.query, (one.time.before / one.time.after.max(1.0)).min(1.0))).collect();
    let query = |side: usize, fact: &Fact| {
        let caller = ground.facts[side].parent(fact).map(|parent| parent.work);
        Query { called: fact.called, statement: fact.statement, caller }
    };
    let shown = ground.requests_where(|side, fact| {
        fact.is_database
            && limits.get(&query(side, fact)).is_some_and(|&limit| fact.duration_ns as f64 > limit)
    });
    let saving = ground.saving(&shown[1], |fact| {
        let ratio = *ratios.get(&query(1, fact)).filter(|_| fact.is_database)?;
        Some((fact.duration_ns as f64 * ratio) as i64)
    });
    Some(Row {
        code: "slow_dependency",
        title,
        frame: Some(most.query.called),
        statement: None,
        change_ns: all.iter().map(|one| one.by_time(ground)).sum(),
        saving_ns: saving,
        requests: shown,
    })
}

fn slow_query(ground: &Ground<'_>, one: &Asked) -> Row {
    let Query { called, statement, caller } = one.query;
    let text = match statement {
        Some(statement) => ground.statements.get(statement),
        None => &ground.whole.frames.get(called).name,
    };
    let times = instead(one.time.after, one.time.before, ground.question());
    let by =
        caller.map_or_else(String::new, |caller| format!(" by {}", ground.whole.frames.get(caller).name));
    let mut known = vec![match one.calls {
        [before, after] if (after / before - 1.0).abs() <= 0.1 => format!("called{by} as often"),
        [before, after] => format!(
            "called{by} {} times a request instead of {}",
            units::count(round(after)),
            units::count(round(before))
        ),
    }];
    if let [Some(before), Some(after)] = one.rows {
        known.push(if (after - before).abs() <= 0.1 * before.max(1.0) {
            "with as many rows".to_owned()
        } else {
            format!("with {} rows instead of {}", units::count(round(after)), units::count(round(before)))
        });
    }
    let why = match ground.question() {
        Question::Changed => ": a lost index, another plan, locks or a larger table are the usual reasons",
        Question::Slow => "",
    };
    let title = format!("slow query: {} takes {times}, {}{why}", short(text), known.join(" and "));
    let limit = f64::midpoint(one.time.before, one.time.after);
    let is_it = |side: usize, fact: &Fact| {
        fact.is_database
            && fact.called == called
            && fact.statement == statement
            && ground.facts[side].parent(fact).map(|parent| parent.work) == caller
    };
    let shown = ground.requests_where(|side, fact| is_it(side, fact) && fact.duration_ns as f64 > limit);
    let ratio = (one.time.before / one.time.after.max(1.0)).min(1.0);
    let saving =
        ground.saving(&shown[1], |fact| is_it(1, fact).then_some((fact.duration_ns as f64 * ratio) as i64));
    Row {
        code: "slow_query",
        title,
        frame: Some(called),
        statement,
        change_ns: one.by_time(ground),
        saving_ns: saving,
        requests: shown,
    }
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A statement on one line, cut where it is long.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<&str>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", line[..at].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_in_titles_are_short_and_on_one_line() {
        assert_eq!(short("SELECT a\n  FROM t"), "SELECT a FROM t");
        let long = short(&"SELECT \u{e4}, ".repeat(30));
        assert!(long.ends_with("...") && long.chars().count() <= SHOWN + 3, "{long}");
    }
}
