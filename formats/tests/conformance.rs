//! Reads real captures of many tools, where they are at hand, and checks them against counts made by others.

mod common;

use analyzer_formats::folded::{self, FrameText, Values};
use analyzer_formats::{Content, Profile, ReadOptions, SeriesId, read_path};
use std::collections::BTreeMap;
use std::path::Path;

fn read(path: &Path) -> analyzer_formats::Capture {
    read_path(path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn profile(capture: &analyzer_formats::Capture) -> &Profile {
    let Content::Profile(profile) = &capture.content else {
        panic!("{}: expected a profile", capture.source.name)
    };
    profile
}

#[test]
fn perf_scripts_have_the_samples_and_periods_of_the_reference() {
    let Some(captures) = common::captures() else { return };
    let reference =
        std::fs::read_to_string(captures.join("perf-script/reference-counts.jsonl")).expect("readable");
    for line in reference.lines() {
        let wanted: serde_json::Value = serde_json::from_str(line).expect("a JSON line");
        let name = wanted["file"].as_str().expect("a file");
        let path = captures.join(name);
        if std::fs::metadata(&path).is_ok_and(|metadata| metadata.len() == 0) {
            continue;
        }
        let capture = read(&path);
        assert_eq!(capture.source.format, "perf-script", "{name}");
        let profile = profile(&capture);
        let found: BTreeMap<String, (u64, i128)> = profile
            .series
            .iter()
            .map(|series| {
                let event = profile.strings.text(series.value_types[0].name).into_owned();
                (event, (series.records, series.sum(0)))
            })
            .collect();
        let events: BTreeMap<String, (u64, i128)> = wanted["events"]
            .as_object()
            .expect("events")
            .iter()
            .map(|(event, counts)| {
                let number = |key: &str| counts[key].as_u64().expect("a count");
                // Where there is no period a sample weighs 1.
                let sum = i128::from(number("period_sum")) + i128::from(number("no_period"));
                (event.clone(), (number("samples"), sum))
            })
            .collect();
        assert_eq!(found, events, "{name}");
        assert_eq!(capture.notes.samples_left_out(), 0, "{name}");
    }
}

#[test]
fn written_stacks_add_up_to_the_samples_of_the_reference() {
    let Some(captures) = common::captures() else { return };
    let folder = captures.join("perf-script/flamegraph");
    let capture = read(&folder.join("perf-vertx-stacks-01.txt"));
    let mut ours = Vec::new();
    folded::write(profile(&capture), SeriesId::new(0), Values::Column(0), FrameText::Function, &mut ours)
        .expect("memory does not fail");
    let sum: u64 = String::from_utf8_lossy(&ours)
        .lines()
        .map(|line| line.rsplit_once(' ').and_then(|(_, count)| count.parse::<u64>().ok()).expect("a count"))
        .sum();
    assert_eq!(sum, 286);
}

#[test]
fn folded_files_keep_their_sums() {
    let Some(captures) = common::captures() else { return };
    for name in [
        "folded/async-profiler/sample1.collapsed",
        "folded/inferno-diff/before.txt",
        "folded/inferno-diff/after.txt",
        "folded/flames.txt",
    ] {
        let path = captures.join(name);
        let text = std::fs::read_to_string(&path).expect("readable");
        let counted: i128 = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty())
            .map(|line| {
                line.rsplit_once(' ').and_then(|(_, count)| count.parse::<i128>().ok()).expect("a count")
            })
            .sum();
        let capture = read(&path);
        assert_eq!(profile(&capture).series[0].sum(0), counted, "{name}");
        assert_eq!(capture.notes.samples_left_out(), 0, "{name}");
    }
}

#[test]
fn every_file_is_read_or_refused_in_one_sentence() {
    let Some(captures) = common::captures() else { return };
    let mut read_files = 0;
    for path in common::files_below(&captures) {
        match read_path(&path, &ReadOptions::default()) {
            Ok(_) => read_files += 1,
            Err(error) => {
                let text = error.to_string();
                assert!(text.len() < 600 + path.as_os_str().len() && !text.contains('\n'), "{text}");
            }
        }
    }
    assert!(read_files > 100, "{read_files}");
}
