//! The page of one capture.

use crate::Open;
use browser::{capture, html_of_one};
use serde_json::json;

const STACKS: &str = "main;serve;parse 300\nmain;serve;render 100\nmain;idle_work 100\n";

#[test]
fn one_capture_has_one_side() {
    let Some(mut open) = Open::page(html_of_one(&capture("one.folded", STACKS)), "") else { return };
    assert_eq!(
        open.text("document.querySelector('h1').textContent"),
        "samples 500. Most of all by itself: parse, 60.0 %."
    );
    assert_eq!(
        open.value("[p.sums.before, p.sums.after, p.marks.grew, p.marks.shrank]"),
        json!([0, 500, 0, 0])
    );
    let shown = "['both', 'before', 'after', 'changed', 'rate', 'search'].filter((id) => document.getElementById(id).checkVisibility())";
    assert_eq!(open.value(shown), json!(["search"]));
    assert_eq!(open.coloured(), 0.0);
    open.run(&format!("plateau.graph.select({})", open.node("parse")));
    assert_eq!(
        open.text("document.getElementById('selected').textContent"),
        "parse: total 60.00 %, self 60.00 %"
    );
    open.keys(&["b", "c"]);
    assert_eq!(open.value("p.state().mode"), "both", "there is no other side");
    open.is_quiet();
}

#[test]
fn search_zoom_and_callers_work_as_in_a_report() {
    let Some(mut open) = Open::page(html_of_one(&capture("one.folded", STACKS)), "") else { return };
    open.keys(&["/", "r", "e", "n"]);
    assert_eq!(open.text("document.getElementById('found').textContent"), "1 found: 20.00 %");
    open.keys(&["Enter"]);
    assert_eq!(open.name("p.state().selected"), "render");
    open.run("document.getElementById('view').focus()");
    open.keys(&["Enter"]);
    assert_eq!(open.name("p.state().zoom"), "render");
    open.keys(&["s"]);
    assert_eq!(open.text("p.tree.names[p.page.name]"), "render");
    open.is_quiet();
}
