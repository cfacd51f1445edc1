//! The page has Rust's numbers, at their limits too, and colours nothing but change.

use crate::{Open, changed, pair};
use analyzer_core::render::layout::Layout;
use analyzer_core::report::{Mark, Report};
use browser::{capture, corpus, report};
use serde_json::Value;

/// Asserts that every node of the page has the values, the mark and the box that Rust gave it.
#[track_caller]
fn is_rusts(open: &Open, report: &Report) {
    let graph = &report.graph;
    let layout = Layout::new(graph);
    let columns = open.value(
        "({
            before: [...p.tree.totalBefore], after: [...p.tree.totalAfter], mark: [...p.tree.mark],
            x: [...p.graph.layout.x], width: [...p.graph.layout.width], grown: [...p.graph.layout.grown],
            shrunk: [...p.graph.layout.shrunk],
            scale: 2 ** document.getElementById('tree').dataset.shift,
        })",
    );
    let scale = columns["scale"].as_f64().expect("a number");
    let nodes = graph.nodes.len();
    assert_eq!(open.number("p.nodes"), nodes as f64);
    // Halved values lose what is cut off, less than one unit of them per node.
    let slack = if scale > 1.0 { nodes as f64 } else { 0.0 };
    let whole = layout.boxes.first().map_or(1.0, |extent| extent.width) / scale;
    let is_near = |name: &str, node: usize, wanted: f64| {
        let got = columns[name][node].as_f64().expect("a number");
        let near = (got - wanted / scale).abs() <= slack + whole * 1e-9;
        assert!(near, "{name} of node {node}: {got}, Rust says {}", wanted / scale);
    };
    for (i, (node, extent)) in graph.nodes.iter().zip(&layout.boxes).enumerate() {
        is_near("before", i, node.total.before.max(0) as f64);
        is_near("after", i, node.total.after.max(0) as f64);
        is_near("x", i, extent.x);
        is_near("width", i, extent.width);
        is_near("grown", i, extent.grown);
        is_near("shrunk", i, extent.shrunk);
        let mark = match node.mark {
            Mark::Unchanged => 0,
            Mark::Grew => 1,
            Mark::Shrank => 2,
        };
        assert_eq!(columns["mark"][i], mark, "mark of node {i}");
    }
    assert_eq!(open.value("p.sums.before"), columns["before"][0]);
    let grew = graph.nodes.iter().filter(|node| node.mark == Mark::Grew).count();
    assert_eq!(open.number("p.marks.grew"), grew as f64);
    assert!(open.number("p.timeToDraw()") >= 0.0);
}

#[test]
fn every_node_has_rusts_values() {
    let report = changed();
    let Some(open) = Open::new(&report) else { return };
    is_rusts(&open, &report);
}

#[test]
fn every_node_of_the_corpus_has_rusts_values() {
    for pair in corpus().expect("the corpus is there") {
        let report = pair.report().unwrap_or_else(|error| panic!("{}: {error:#}", pair.name));
        let Some(mut open) = Open::new(&report) else { return };
        is_rusts(&open, &report);
        assert!(open.coloured() > 0.0, "{}: the planted change is seen", pair.name);
        open.is_quiet();
    }
}

#[test]
fn identical_captures_are_grey() {
    let text = "m;a;x 4000\nm;a 300\nm;b 20000\n";
    let Some(open) = Open::new(&pair(text, text)) else { return };
    assert_eq!(open.coloured(), 0.0);
    assert_eq!(open.value("p.marks"), serde_json::json!({ "grew": 0, "shrank": 0 }));
    // Noise is grey as well, change is not.
    let Some(open) = Open::new(&pair(text, "m;a;x 4030\nm;a 290\nm;b 20050\n")) else { return };
    assert_eq!(open.coloured(), 0.0);
    let Some(open) = Open::new(&changed()) else { return };
    assert!(open.coloured() > 1000.0, "{}", open.coloured());
}

#[test]
fn the_smallest_captures_are_drawn() {
    let rows =
        [("m 5000\n", "m 9000\n"), ("m 1\n", "m 1\n"), ("m;a 5000\n", "m 0\n"), ("m 0\n", "m;a 5000\n")];
    for (before, after) in rows {
        let report = pair(before, after);
        let Some(mut open) = Open::new(&report) else { return };
        is_rusts(&open, &report);
        for mode in ["before", "after", "both"] {
            open.run(&format!("plateau.graph.setMode('{mode}')"));
            open.run("plateau.graph.search('a'); plateau.graph.zoomTo(plateau.nodes - 1, plateau.nodes - 1)");
        }
        open.keys(&["1", "n", "c", "Escape", "Escape"]);
        let text = open.text("document.body.innerText");
        for wrong in ["NaN", "Infinity", "undefined", "null"] {
            assert!(!text.contains(wrong), "{before:?} {after:?}: {wrong} in {text}");
        }
        open.is_quiet();
    }
}

#[test]
fn values_at_the_limit_are_drawn() {
    let large = 1_000_000_000_000_000_000u64;
    let report = pair(
        format!("m;a {large}\nm;b {large}\nm;c {large}\n"),
        format!("m;a {large}\nm;b {}\nm;c {large}\n", 3 * large),
    );
    let Some(mut open) = Open::new(&report) else { return };
    is_rusts(&open, &report);
    open.run("plateau.graph.select(1)");
    assert!(open.text("document.getElementById('selected').textContent").contains('→'));
    open.is_quiet();
}

#[test]
fn a_recording_of_no_length_is_shown() {
    let side = |value: u32| {
        let mut capture = capture("zero.folded", format!("m;a {value}\nm;b 9000\n"));
        if let analyzer_formats::Content::Profile(profile) = &mut capture.content {
            profile.meta.duration_ns = Some(0);
            profile.meta.start_ns = Some(0);
        }
        capture
    };
    let report = report(&side(4000), &side(9000));
    let Some(mut open) = Open::new(&report) else { return };
    is_rusts(&open, &report);
    let text = open.text("document.body.innerText");
    assert!(!text.contains("NaN") && !text.contains("Infinity") && !text.contains(" inf"), "{text}");
    open.is_quiet();
}

#[test]
fn a_stack_of_10_000_frames_can_be_explored() {
    let deep = |value: u32| {
        let frames: Vec<String> = (0..10_000).map(|frame| format!("f{}", frame % 100)).collect();
        format!("{};leaf {value}\nf0 9000\n", frames.join(";"))
    };
    let report = pair(deep(4000), deep(9000));
    let Some(mut open) = Open::new(&report) else { return };
    assert!(open.number("p.nodes") > 10_000.0);
    open.keys(&["1"]);
    assert_eq!(open.name("p.state().selected"), "leaf");
    assert!(open.number("document.getElementById('view').scrollTop") > 100_000.0);
    // The canvas stays as high as the view, whose own height browsers do not limit.
    assert!(open.number("p.graph.painter.canvas.height") < 2000.0);
    assert!(open.coloured() > 0.0);
    open.run("plateau.graph.zoomTo(9000)");
    open.keys(&["Escape"]);
    assert_eq!(open.value("p.state().zoom"), Value::from(0));
    assert!(open.number("document.documentElement.scrollWidth - innerWidth") <= 0.0);
    open.is_quiet();
}
