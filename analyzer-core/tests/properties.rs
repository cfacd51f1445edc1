//! What must hold of every comparison.

use analyzer_core::plateau::Tier;
use analyzer_core::render::{RENDERERS, Renderer};
use analyzer_core::report::{Mark, Report, Summary, VerdictCode};
use analyzer_core::spans::TraceValue;
use analyzer_core::{CompareOptions, Order, compare, flat};
use analyzer_formats::{Capture, ReadOptions, read_bytes};
use proptest::prelude::*;

fn folded(name: &str, text: &str) -> Capture {
    let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
    read_bytes(name, text.as_bytes(), &options).expect("folded text of any shape is read")
}

fn diff(before: &str, after: &str) -> Report {
    // Stacks made at random may have nothing in common.
    let options = CompareOptions { force: true, ..CompareOptions::default() };
    compare(&folded("before", before), &folded("after", after), &options)
        .expect("two folded captures can be compared")
}

/// Up to 40 stacks of a few functions with counts up to some thousands.
fn captures() -> impl Strategy<Value = String> {
    let stack = prop::collection::vec(0usize..6, 1..6);
    let line = (stack, 1u32..3000).prop_map(|(stack, count)| {
        let frames: Vec<String> = stack.iter().map(|frame| format!("f{frame}")).collect();
        format!("{} {count}\n", frames.join(";"))
    });
    prop::collection::vec(line, 1..40).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn a_capture_does_not_differ_from_itself(text in captures()) {
        let report = diff(&text, &text);
        prop_assert!(report.plateaus.is_empty());
        prop_assert_eq!(report.verdict.code, VerdictCode::NoChangeDetected);
        prop_assert_eq!(report.verdict.distance_pct, Some(0.0));
        prop_assert!(report.graph.nodes.iter().all(|node| node.mark == Mark::Unchanged));
    }

    #[test]
    fn turning_the_captures_round_mirrors_the_report(before in captures(), after in captures()) {
        // A renamed function has the name of the later side, so its rows differ in that.
        let options = CompareOptions { renames: false, force: true, ..CompareOptions::default() };
        let diff = |one: &str, other: &str| {
            compare(&folded("x", one), &folded("x", other), &options).expect("both measure samples")
        };
        let (there, back) = (diff(&before, &after), diff(&after, &before));
        let k = there.scale.k;
        prop_assert!((k * back.scale.k - 1.0).abs() < 1e-12);
        let mirrored = |tier| match tier {
            Tier::Grew => Tier::Shrank,
            Tier::Shrank => Tier::Grew,
            Tier::MayHaveGrown => Tier::MayHaveShrunk,
            Tier::MayHaveShrunk => Tier::MayHaveGrown,
            Tier::Unquantified => Tier::Unquantified,
        };
        prop_assert_eq!(there.plateaus.len(), back.plateaus.len());
        for row in &there.plateaus {
            let other = back.plateaus.iter().find(|other| other.id == row.id);
            let other = other.expect("what changed one way changed the other way");
            prop_assert_eq!(other.tier, mirrored(row.tier));
            prop_assert!((other.growth.value + row.growth.value / k).abs() < 1e-6);
        }
        // The order within growth is that within shrinkage, up to ties.
        let order = |report: &Report, sign: f64| {
            let rows = report.plateaus.iter().filter(|row| row.growth.value * sign > 0.0);
            rows.map(|row| row.id.clone()).collect::<Vec<_>>()
        };
        let growth: Vec<f64> = there.plateaus.iter().map(|row| row.growth.value.abs()).collect();
        let tied = growth.windows(2).any(|pair| (pair[0] - pair[1]).abs() < 1e-6);
        if !tied {
            prop_assert_eq!(order(&there, 1.0), order(&back, -1.0));
        }
    }

    #[test]
    fn own_values_add_up_to_totals(before in captures(), after in captures()) {
        let report = diff(&before, &after);
        let nodes = &report.graph.nodes;
        let sum: (i128, i128) = nodes.iter().fold((0, 0), |sum, node| (sum.0 + node.own.before, sum.1 + node.own.after));
        prop_assert_eq!(sum, (nodes[0].total.before, nodes[0].total.after));
        for (index, node) in nodes.iter().enumerate() {
            let below = &nodes[index + 1..index + 1 + node.descendants as usize];
            let children = below.iter().filter(|child| child.parent as usize == index);
            let total = children.fold(node.own.before, |total, child| total + child.total.before);
            prop_assert_eq!(total, node.total.before);
        }
    }

    #[test]
    fn neither_threads_nor_chunks_show(before in captures(), after in captures()) {
        let forced = CompareOptions { force: true, ..CompareOptions::default() };
        let with = |threads, chunk_bytes| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
            let options = ReadOptions { from: Some("folded"), chunk_bytes, ..ReadOptions::default() };
            let read = |text: &str| read_bytes("x", text.as_bytes(), &options).expect("folded text");
            pool.install(|| rendered(&compare(&read(&before), &read(&after), &forced).expect("both count samples")))
        };
        prop_assert_eq!(with(1, 1 << 20), with(4, 16));
    }

    #[test]
    fn the_order_of_samples_does_not_show(before in captures(), after in captures(), turn in 0usize..40) {
        let turned = |text: &str| {
            let mut lines: Vec<&str> = text.split_inclusive('\n').collect();
            let at = turn % lines.len();
            lines.rotate_left(at);
            lines.reverse();
            lines.concat()
        };
        let json = |report: Report| {
            let report = Report { before: there(report.before), after: there(report.after), ..report };
            serde_json::to_string_pretty(&report).expect("a report is JSON")
        };
        prop_assert_eq!(json(diff(&before, &after)), json(diff(&turned(&before), &turned(&after))));
    }
}

/// A side without what names the file.
fn there(side: Summary) -> Summary {
    Summary { digest: None, ..side }
}

fn rendered(report: &Report) -> Vec<Vec<u8>> {
    let render = |renderer: &&dyn Renderer| {
        let mut out = Vec::new();
        renderer.render(report, &mut out).expect("memory does not fail");
        out
    };
    RENDERERS.iter().map(render).collect()
}

#[test]
fn a_planted_change_is_first() {
    let before = "main;parse 400\nmain;render;draw 300\nmain;render;text 250\nmain;log 50\n";
    let after = "main;parse 400\nmain;render;draw 300\nmain;render;text 250\nmain;log 250\n";
    let report = diff(before, after);
    assert_eq!((report.plateaus[0].function.as_str(), report.plateaus[0].tier), ("log", Tier::Grew));
    assert_eq!(report.plateaus[0].path, ["main", "log"]);
    // 250 of 1200 against 50 of 1000, in percent of the scaled whole.
    assert!((report.plateaus[0].growth.pct - (100.0 * 250.0 / 1200.0 - 5.0)).abs() < 1e-3);
}

#[test]
fn new_and_gone_are_words() {
    let report = diff("main;kept;old 500\nmain;kept 5000\n", "main;new 500\nmain;kept 5000\n");
    let whys: Vec<_> =
        report.plateaus.iter().map(|row| (row.function.as_str(), format!("{:?}", row.why))).collect();
    assert_eq!(whys, [("new", "New".to_owned()), ("old", "Gone".to_owned())]);
}

#[test]
fn recursion_is_counted_once() {
    let capture = folded("x", "a;b;a;b 1000\na;c 500\n");
    let flat = flat(&capture, None, TraceValue::CriticalPath, Order::Total).expect("it measures samples");
    let totals: Vec<_> =
        flat.functions.iter().map(|row| (row.function.as_str(), row.own, row.total)).collect();
    assert_eq!(totals, [("a", 0.0, 1500.0), ("b", 1000.0, 1000.0), ("c", 500.0, 500.0)]);
}

#[test]
fn ties_are_ordered_by_name_from_either_side() {
    let names = ["fh", "fc", "fa", "fg", "fb", "fe", "fd", "ff"];
    let side = |names: &[&str], count: u32| -> String {
        names.iter().map(|name| format!("main;{name} {count}\n")).collect::<String>() + "main;rest 50000\n"
    };
    let reversed: Vec<&str> = names.iter().rev().copied().collect();
    let (there, back) = (
        diff(&side(&names, 1001), &side(&reversed, 2093)),
        diff(&side(&reversed, 2093), &side(&names, 1001)),
    );
    let names = |report: &Report| {
        let rows = report.plateaus.iter().map(|row| row.function.clone());
        rows.filter(|name| name != "rest").collect::<Vec<_>>()
    };
    assert!(there.plateaus.len() >= 5);
    assert_eq!(names(&there), names(&back));
}

#[test]
fn different_code_is_not_joined() {
    for (before, after) in [
        (
            "main;[server+0x1000] 5000\nmain;[server+0x9000] 5000\n",
            "main;[server+0x1000] 9000\nmain;[server+0x9000] 1000\n",
        ),
        ("sha_256 5000\nsha_512 5000\n", "sha_256 9000\nsha_512 1000\n"),
    ] {
        assert_eq!(diff(before, after).verdict.code, VerdictCode::Mixed, "{before}");
    }
    // But the threads of a pool are one.
    let report = diff("pool-1;work 500\npool-2;work 500\n", "pool-1;work 900\npool-2;work 100\n");
    assert!(report.plateaus.is_empty());
    assert_eq!(report.graph.nodes.len(), 3);
}

#[test]
fn events_are_compared_with_themselves() {
    let text: String = ["cycles:u", "cycles:k"]
        .iter()
        .map(|event| format!("a 1 1.0: 5 {event}: \n\t1 fn_{event} (/x)\n\n").repeat(300))
        .collect();
    let capture = read_bytes("x", text.as_bytes(), &ReadOptions::default()).expect("perf script text");
    for measure in ["cycles:u", "cycles:k", "samples", "samples:cycles:k"] {
        let options = CompareOptions { value: Some(measure.to_owned()), ..CompareOptions::default() };
        let report = compare(&capture, &capture, &options).expect("both have it");
        assert!(report.plateaus.is_empty(), "{measure}");
        assert!(report.other_value_types.iter().all(|other| other.change_pct == Some(0.0)), "{measure}");
    }
}

#[test]
fn round_counts_are_not_taken_for_periods_of_one_side() {
    let round: String = (1..30).map(|i| format!("main;f{i} {}\n", i * 100)).collect();
    let odd: String = (1..30).map(|i| format!("main;f{i} {}\n", i * 100 + i % 7)).collect();
    let report = diff(&round, &odd);
    assert_eq!(report.before.samples, Some(43_500));
}

#[test]
fn an_empty_side_is_compared() {
    let report = diff("# nothing was sampled\n", "main;work 1000\n");
    assert_eq!((report.before.value, report.verdict.distance_pct), (0.0, None));
    assert!(report.noise.is_none());
    assert!(rendered(&report).iter().all(|output| !output.is_empty()));
}

#[test]
fn stacks_of_any_depth_are_compared() {
    let deep = "f;".repeat(200_000);
    let report = diff(&format!("{deep}leaf 100\n"), &format!("{deep}leaf 300\n{deep}other 100\n"));
    assert_eq!(report.plateaus[0].function, "other");
}
