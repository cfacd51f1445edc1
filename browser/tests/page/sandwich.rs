//! One function between its callers and its callees.

use crate::{Open, changed, pair};
use serde_json::json;

/// Two callers of `copy`, one of them also by recursion; `copy` calls `grow`.
const BEFORE: &str = "main;parse;copy 100\nmain;parse;copy;grow 20000\nmain;render;copy 3000\n\
                      main;render;copy;fold;copy;grow 700\nmain;rest 90000\n";
const AFTER: &str = "main;parse;copy 100\nmain;parse;copy;grow 41000\nmain;render;copy 3000\n\
                     main;render;copy;fold;copy;grow 700\nmain;rest 90000\n";

/// Names and values of a tree of the page: total and own of after, in pre-order.
const ROWS: &str = "(tree) => [...tree.name].map((name, i) => [tree.depth[i], tree.names[name], tree.totalAfter[i], tree.after[i]])";

#[test]
fn a_function_stands_between_its_callers_and_its_callees() {
    let Some(mut open) = Open::new(&pair(BEFORE, AFTER)) else { return };
    open.run(&format!("plateau.graph.select({})", open.node("copy")));
    open.keys(&["s"]);
    assert_eq!(open.text("p.tree.names[p.page.name]"), "copy");
    let rows = |open: &Open, half: u8| open.value(&format!("({ROWS})(p.page.graphs[{half}].tree)"));
    // What it calls itself is within: 100 + 41,000 below parse, 3,000 + 700 below render.
    let callers = json!([
        [0, "copy", 44_800, 0],
        [1, "parse", 41_100, 0],
        [2, "main", 41_100, 41_100],
        [1, "render", 3_700, 0],
        [2, "main", 3_700, 3_700]
    ]);
    assert_eq!(rows(&open, 0), callers);
    let callees = json!([
        [0, "copy", 44_800, 3_100],
        [1, "grow", 41_000, 41_000],
        [1, "fold", 700, 0],
        [2, "copy", 700, 0],
        [3, "grow", 700, 700]
    ]);
    assert_eq!(rows(&open, 1), callees);
    assert_eq!(
        open.value("['view', 'halves'].map((id) => document.getElementById(id).hidden)"),
        json!([true, false])
    );
    // grow is the plateau: its number is below copy, and copy grew by way of parse alone.
    let of = |name: &str, half: u8, column: &str| {
        let tree = format!("p.page.graphs[{half}].tree");
        let node = format!("{tree}.name.indexOf(p.tree.names.indexOf({name:?}))");
        open.number(&format!("p.page.graphs[{half}].{column}[{node}]"))
    };
    assert_eq!((of("grow", 1, "tree.mark"), of("grow", 1, "tree.rank")), (1.0, 1.0));
    let k = open.number("p.tree.k");
    let grown = of("parse", 0, "layout.grown");
    // Of both captures, half of each is drawn.
    assert!((grown - (41_100.0 - k * 20_100.0) / 2.0).abs() < 1.0, "{grown} {k}");
    assert_eq!(of("render", 0, "layout.grown"), 0.0);
    open.is_quiet();
}

#[test]
fn it_can_be_left_and_is_in_the_address() {
    let Some(mut open) = Open::new(&changed()) else { return };
    open.run(&format!("plateau.graph.select({})", open.node("parse")));
    open.run("document.getElementById('sandwich').click()");
    let name = "p.page.name < 0 ? '' : p.tree.names[p.page.name]";
    assert_eq!(open.text(name), "parse");
    assert!(open.coloured() > 0.0, "parse grew");
    open.page.reload().expect("the page loads again");
    open.page.ready().expect("the graph can be explored");
    assert_eq!(open.text(name), "parse");
    assert_eq!(open.value("p.page.graphs.length"), 2);
    open.run("document.getElementById('view').focus()");
    open.keys(&["Escape"]);
    assert_eq!(open.text(name), "");
    assert_eq!(
        open.value("[p.page.graphs.length, document.getElementById('halves').hidden]"),
        json!([1, true])
    );
    // The rows of the tables lead out of it.
    open.run("plateau.page.sandwich(plateau.tree.name[2])");
    open.keys(&["1"]);
    assert_eq!(open.text(name), "");
    assert_eq!(open.name("p.state().selected"), "parse");
    open.is_quiet();
}

#[test]
fn the_pointer_may_be_on_the_graph_when_its_key_is_pressed() {
    let Some(mut open) = Open::new(&changed()) else { return };
    open.run("document.getElementById('view').scrollIntoView()");
    let at = open.value(
        "((box) => [box.left + 200, box.top + 10])(document.getElementById('view').getBoundingClientRect())",
    );
    let (x, y) = (at[0].as_f64().expect("x"), at[1].as_f64().expect("y"));
    open.run(&format!("plateau.graph.select({})", open.node("parse")));
    open.page.point(x, y).expect("the pointer moves");
    // The graph goes from below the pointer and comes back.
    open.keys(&["s"]);
    open.page.point(x + 3.0, y).expect("the pointer moves");
    open.keys(&["s"]);
    open.page.point(x + 6.0, y).expect("the pointer moves");
    open.run("");
    assert_eq!(open.number("p.page.name"), -1.0);
    open.is_quiet();
}
