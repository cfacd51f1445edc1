//! Baselines as files: what an earlier version wrote is read and written the same, and adding up does not depend on the
//! order.

#![allow(clippy::unwrap_used)]

use analyzer_core::baseline::{Baseline, BaselineError, Sum};
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{Capture, Container, Content, ReadOptions, Source, read_bytes};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FOLDED: &str = include_str!("baselines/folded.json");
const PERF: &str = include_str!("baselines/perf.json");

const ONE: &str = "main;parse 30\nmain;render 10\n";
const TWO: &str = "main;parse 20\nmain;render 20\nmain;sort 60\n 3\n";
const THREE: &str = "main;sort 50\nmain;parse 7\n";
const WEB: &str = "web 10/10 1.000000: 250000 cycles:u: \n\t401000 parse+0x10 (/usr/bin/web)\n\t402000 main+0x20 \
                   (/usr/bin/web)\n\nweb 10/11 1.010000: 250000 cycles:u: \n\tffffffff81000000 do_syscall_64+0x10 \
                   ([kernel.kallsyms])\n\t402000 main+0x20 (/usr/bin/web)\n\n";

fn source() -> Source {
    Source {
        name: "base.json".to_owned(),
        format: "baseline",
        why_recognised: "given".to_owned(),
        container: Container::Plain,
        bytes: 0,
        digest: None,
    }
}

fn capture(name: &str, text: &str) -> Capture {
    read_bytes(name, text.as_bytes(), &ReadOptions { digest: true, ..ReadOptions::default() }).unwrap()
}

fn written(baseline: &Baseline) -> String {
    let mut bytes = Vec::new();
    baseline.write(&mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_an_earlier_version_wrote_is_read_and_written_the_same() {
    for stored in [FOLDED, PERF] {
        let read = Baseline::read(stored.as_bytes(), source()).unwrap();
        assert_eq!(written(&read), stored);
        // Merging is what update does; with nothing to add it changes nothing.
        assert_eq!(written(&Baseline::merge(vec![read]).unwrap()), stored);
    }
}

#[test]
fn the_same_captures_give_the_bytes_of_an_earlier_version() {
    let all = [("one.folded", ONE), ("two.folded", TWO), ("three.folded", THREE)];
    let captures: Vec<Capture> = all.iter().map(|(name, text)| capture(name, text)).collect();
    assert_eq!(written(&Baseline::build(&captures).unwrap()), FOLDED);
    assert_eq!(written(&Baseline::build(&[capture("web.perf", WEB)]).unwrap()), PERF);
}

#[test]
fn digests_and_ids_are_what_they_were() {
    let others = |parse: u32| {
        (0..20).map(|n| format!("main;other{n} 400\n")).collect::<String>() + &format!("main;parse {parse}\n")
    };
    let (before, after) = (capture("a", &others(400)), capture("b", &others(1400)));
    // As version 0.1.0 wrote them.
    assert_eq!(
        before.source.digest.as_deref(),
        Some("02b21d42bf2c359c66ae4bcf4704b3229a38dfed0a0d15e8d65756b6970ec26b")
    );
    let report = compare(&before, &after, &CompareOptions::default()).unwrap();
    let row = &report.plateaus[0];
    assert_eq!((row.function.as_str(), row.id.as_str()), ("parse", "d21d1b14ce13"));
}

#[test]
fn a_later_version_is_refused_with_what_to_do() {
    // Its fields may be others.
    for text in
        ["{\"schema\":\"plateau-baseline/2\",\"new\":[]}", &FOLDED.replace("baseline/1", "baseline/12")]
    {
        let error = Baseline::read(text.as_bytes(), source()).unwrap_err();
        assert!(matches!(error, BaselineError::Later { .. }), "{error}");
        let shown = error.to_string();
        for words in ["base.json", "a later version", "reads plateau-baseline/1", "build the baseline again"]
        {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }
    for text in ["{\"schema\":\"plateau-baseline/0\"}", "{\"schema\":\"other/2\"}", "{}", "[]"] {
        let error = Baseline::read(text.as_bytes(), source()).unwrap_err();
        assert!(matches!(error, BaselineError::NotABaseline { .. }), "{error}");
    }
}

#[test]
fn names_that_are_one_as_text_are_added_up() {
    let bytes = |name: &str, text: &[u8]| {
        read_bytes(name, text, &ReadOptions { digest: true, ..ReadOptions::default() }).unwrap()
    };
    let one = bytes("one", b"main;gr\xfc\xdfe 30\nmain;gr\xe4\xdfe 30\nmain;render 40\n");
    let two = bytes("two", b"main;gr\xfc\xdfe 50\nmain;render 50\n");
    let baseline = Baseline::build(&[one, two]).unwrap();
    let text = written(&baseline);
    let read = Baseline::read(text.as_bytes(), source()).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    // Shares of 0.6 and 0.5.
    let both = &file["spread"][0]["functions"]["gr\u{fffd}\u{fffd}e"];
    assert_eq!(*both, serde_json::json!([1_100_000_000_000u64, 610_000_000_000_000u64]));
    // Written again, and with more, it can still be read.
    let again = written(&Baseline::merge(vec![read]).unwrap());
    let read = Baseline::read(again.as_bytes(), source()).unwrap();
    let more = bytes("three", b"main;gr\xe4\xdfe 7\n");
    let sum = written(&Baseline::merge(vec![read, Baseline::build(&[more]).unwrap()]).unwrap());
    Baseline::read(sum.as_bytes(), source()).unwrap();
}

#[test]
fn captures_added_one_after_the_other_are_those_of_all_at_once() {
    let all = [("one.folded", ONE), ("two.folded", TWO), ("three.folded", THREE)];
    let mut sum = Sum::default();
    for (name, text) in all {
        sum.add(Baseline::build(&[capture(name, text)]).unwrap()).unwrap();
    }
    let again = sum.add(Baseline::build(&[capture("again.folded", ONE)]).unwrap());
    assert!(matches!(again, Err(BaselineError::Twice { .. })), "{again:?}");
    assert!(Sum::default().finish().is_none());
    let mut sum = Sum::default();
    for (name, text) in all {
        sum.add(Baseline::build(&[capture(name, text)]).unwrap()).unwrap();
    }
    assert_eq!(written(&sum.finish().unwrap()), FOLDED);
    // The finest decimals of any, whether they come first or last.
    for texts in [["f 2.5\n", "f 4.25\n"], ["f 4.25\n", "f 2.5\n"]] {
        let captures = texts.map(|text| capture("x", text));
        let file: serde_json::Value =
            serde_json::from_str(&written(&Baseline::build(&captures).unwrap())).unwrap();
        assert_eq!(
            (&file["values"][0]["decimals"], &file["values"][0]["rows"][0][1]),
            (&2.into(), &675.into())
        );
    }
}

/// All that a baseline knows, whatever the order of its tables.
fn figures(baseline: &Baseline) -> (BTreeMap<String, i128>, Vec<String>, serde_json::Value) {
    let Content::Profile(profile) = &baseline.capture.content else { panic!("a profile") };
    let samples = &profile.series[0].samples;
    let mut rows: BTreeMap<String, i128> = BTreeMap::new();
    for (row, stack) in samples.stacks.iter().enumerate() {
        let frames: Vec<String> = profile
            .frames_of(*stack)
            .map(|frame| {
                let function = profile.function(profile.frame(frame).function);
                profile.strings.text(function.name).into_owned()
            })
            .collect();
        *rows.entry(frames.join("<")).or_default() += i128::from(samples.values[0][row]);
    }
    let mut members: Vec<String> = baseline.members.iter().map(|member| member.name.clone()).collect();
    members.sort_unstable();
    let file: serde_json::Value = serde_json::from_str(&written(baseline)).unwrap();
    // Maps are ordered by name; samples are a list, one for each capture.
    let mut samples: Vec<u64> =
        file["spread"][0]["samples"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    samples.sort_unstable();
    (rows, members, serde_json::json!([samples, file["spread"][0]["functions"], file["records"]]))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn adding_up_is_associative_and_commutative(
        texts in proptest::collection::vec(
            proptest::collection::vec((0usize..6, 0usize..6, 1u32..1000), 1..12), 3
        )
    ) {
        let one = |at: usize| {
            let lines = texts[at].iter().map(|(a, b, count)| format!("main;f{a};g{b} {count}\n"));
            // Captures of the same bytes are refused.
            let text = lines.collect::<String>() + &format!("main;own{at} 1\n");
            Baseline::build(&[capture(&format!("{at}.folded"), &text)]).unwrap()
        };
        let merge = |all: Vec<Baseline>| Baseline::merge(all).unwrap();
        let plain = figures(&merge(vec![one(0), one(1), one(2)]));
        prop_assert_eq!(&figures(&merge(vec![merge(vec![one(0), one(1)]), one(2)])), &plain);
        prop_assert_eq!(&figures(&merge(vec![one(0), merge(vec![one(1), one(2)])])), &plain);
        prop_assert_eq!(&figures(&merge(vec![one(2), one(0), one(1)])), &plain);
        prop_assert_eq!(&figures(&merge(vec![one(1), merge(vec![one(2), one(0)])])), &plain);
    }
}
