//! What must hold of every comparison.

use analyzer_core::plateau::Tier;
use analyzer_core::render::{RENDERERS, Renderer};
use analyzer_core::report::{Mark, Report, VerdictCode};
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{Capture, ReadOptions, read_bytes};
use proptest::prelude::*;

fn folded(name: &str, text: &str) -> Capture {
    let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
    read_bytes(name, text.as_bytes(), &options).expect("folded text of any shape is read")
}

fn diff(before: &str, after: &str) -> Report {
    compare(&folded("before", before), &folded("after", after), &CompareOptions::default())
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
    fn the_number_of_threads_does_not_show(before in captures(), after in captures()) {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
            pool.install(|| rendered(&diff(&before, &after)))
        };
        prop_assert_eq!(with(1), with(4));
    }
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
    let report = diff("main;old 500\nmain;kept 5000\n", "main;new 500\nmain;kept 5000\n");
    let whys: Vec<_> =
        report.plateaus.iter().map(|row| (row.function.as_str(), format!("{:?}", row.why))).collect();
    assert_eq!(whys, [("new", "New".to_owned()), ("old", "Gone".to_owned())]);
}

#[test]
fn recursion_is_counted_once() {
    // A total over 100 % would show as a share above the whole.
    let report = diff("a;b;a;b 1000\n", "a;b;a;b 1000\na;b;a;c 1000\n");
    assert!(report.plateaus.iter().all(|row| row.after.share_pct <= 100.0));
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
