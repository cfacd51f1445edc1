//! Every pair of the corpus: its figures are those of the manifest, and the planted change comes first.

use analyzer_core::{CompareOptions, compare, measures};
use analyzer_formats::{Capture, Content, ReadOptions, read_path};
use std::path::{Path, PathBuf};

struct Pair {
    table: toml::Table,
}

impl Pair {
    fn text(&self, key: &str) -> Option<&str> {
        self.table.get(key).map(|value| value.as_str().expect("a text"))
    }

    fn number(&self, key: &str) -> Option<i64> {
        self.table.get(key).map(|value| value.as_integer().expect("a whole number"))
    }

    /// The sum of a side in the last of `decimals` decimal places.
    fn sum(&self, side: &str, decimals: u8) -> i128 {
        match self.table.get(&format!("sum_{side}")).expect("every pair has sums") {
            toml::Value::Integer(sum) => i128::from(*sum) * 10i128.pow(u32::from(decimals)),
            sum => (sum.as_float().expect("a number") * 10f64.powi(i32::from(decimals))).round() as i128,
        }
    }

    fn name(&self) -> &str {
        self.text("name").expect("every pair has a name")
    }

    fn capture(&self, side: &str) -> Capture {
        let path = corpus().join(self.text(side).expect("every pair has both sides"));
        read_path(&path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
    }
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus")
}

fn pairs() -> Vec<Pair> {
    let text = std::fs::read_to_string(corpus().join("MANIFEST.toml")).expect("the corpus has a manifest");
    let manifest: toml::Table = text.parse().expect("the manifest is TOML");
    let pairs = manifest["pair"].as_array().expect("a list of pairs");
    pairs.iter().map(|pair| Pair { table: pair.as_table().expect("a table").clone() }).collect()
}

#[test]
fn the_planted_change_is_first() {
    let mut compared = 0;
    for pair in pairs() {
        let (before, after) = (pair.capture("before"), pair.capture("after"));
        let is_profile = matches!(before.content, Content::Profile(_));
        let value = pair.text("value_type").filter(|_| is_profile && pair.text("format") != Some("folded"));
        let options = CompareOptions { value: value.map(str::to_owned), ..CompareOptions::default() };
        let report =
            compare(&before, &after, &options).unwrap_or_else(|error| panic!("{}: {error}", pair.name()));
        let first = report.plateaus.first().unwrap_or_else(|| panic!("{}: nothing found", pair.name()));
        assert_eq!(Some(first.function.as_str()), pair.text("expect"), "{}", pair.name());
        assert!(first.growth.value > 0.0);
        compared += 1;
    }
    assert!(compared >= 7, "perf script, folded twice, pprof twice, speedscope and Jaeger at least");
}

#[test]
fn the_figures_are_those_of_the_manifest() {
    for pair in pairs() {
        for side in ["before", "after"] {
            let capture = pair.capture(side);
            let wanted = pair.number(&format!("samples_{side}")).expect("every pair has sample counts");
            let name = format!("{} {side}", pair.name());
            match &capture.content {
                Content::Traces(traces) => {
                    assert_eq!(traces.spans.len() as i64, wanted, "{name}: spans");
                    assert_eq!(
                        Some(traces.traces.len() as i64),
                        pair.number(&format!("traces_{side}")),
                        "{name}"
                    );
                    let roots = (0..traces.spans.len()).filter(|&span| traces.spans.parent[span].is_none());
                    let durations: i64 = roots.map(|span| traces.spans.duration_ns[span] / 1000).sum();
                    assert_eq!(i128::from(durations), pair.sum(side, 0), "{name}: root durations");
                }
                Content::Profile(profile) => {
                    let all = measures(profile);
                    let value = pair.text("value_type").and_then(|name| all.iter().find(|m| m.name == name));
                    let measure = value.unwrap_or(&all[0]);
                    let series = &profile.series[measure.series.index()];
                    let column = series
                        .value_types
                        .iter()
                        .position(|value_type| profile.strings.text(value_type.name) == measure.name);
                    assert_eq!(
                        series.sum(column.expect("the measure is a column")),
                        pair.sum(side, measure.decimals),
                        "{name}: sum"
                    );
                    if matches!(pair.text("format"), Some("perf-script" | "speedscope")) {
                        assert_eq!(series.records as i64, wanted, "{name}: samples");
                    }
                }
            }
            assert_eq!(capture.notes.samples_left_out(), 0, "{name}: nothing is left out");
        }
    }
}

#[test]
fn captures_in_different_formats_are_compared() {
    let read =
        |path: &str| read_path(&corpus().join(path), &ReadOptions::default()).expect("the corpus is read");
    let (before, after) = (read("captures/rust/before.perf.txt.gz"), read("captures/rust/after.folded.gz"));
    let report = compare(&before, &after, &CompareOptions::default()).expect("both count samples");
    assert_eq!(report.plateaus[0].function, "orderflow::risk::match_blocklist");
}

#[test]
fn one_profiler_is_compared_across_its_formats() {
    let read =
        |path: &str| read_path(&corpus().join(path), &ReadOptions::default()).expect("the corpus is read");
    let before = read("captures/python/before.raw.folded.gz");
    let after = read("captures/python/after.speedscope.json.gz");
    let report = compare(&before, &after, &CompareOptions::default()).expect("both count samples");
    assert_eq!(report.plateaus[0].function, "Catalogue.resolve_alias");
}
