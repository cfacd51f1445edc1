//! Search, zoom, keys and the state in the address.

use crate::{Open, changed, pair};
use serde_json::json;

const FOCUS: &str = "document.getElementById('view').focus()";

/// The share that the page writes, of a value in the unit of after.
fn percent(value: f64, whole: f64) -> String {
    format!("{:.2} %", 100.0 * value / whole)
}

#[test]
fn search_counts_places_and_the_share_they_have() {
    let report = changed();
    let Some(mut open) = Open::new(&report) else { return };
    open.keys(&["/"]);
    assert_eq!(open.text("document.activeElement.id"), "search");
    open.keys(&["P", "a", "r"]);
    // parse and, below it, copy, which does not match; capitals do not matter.
    let graph = &report.graph;
    let parse = graph.nodes.iter().find(|node| graph.names[node.name as usize] == "parse").expect("parse");
    let whole = graph.k * graph.nodes[0].total.before as f64;
    let before = percent(graph.k * parse.total.before as f64, whole);
    let after = percent(parse.total.after as f64, whole);
    let found = "document.getElementById('found').textContent";
    assert_eq!(open.text(found), format!("1 found: {before} → {after}"));
    assert_eq!(open.value("p.state().query"), "Par");
    // One below another counts once.
    open.run("document.getElementById('search').value = ''; plateau.graph.search('e')");
    let matched = open.value("p.graph.matched().map((value) => value / p.tree.whole)");
    let serve = graph.nodes.iter().find(|node| graph.names[node.name as usize] == "serve").expect("serve");
    let idle = graph.nodes.iter().find(|node| graph.names[node.name as usize] == "idle_work").expect("idle");
    let wanted = (serve.total.after + idle.total.after) as f64 / whole;
    assert_eq!(open.number("p.state().matches"), 5.0, "serve, parse, render, fresh, idle_work");
    assert!(matched[1].as_f64().is_none_or(|share| (share - wanted).abs() < 1e-9), "{matched} {wanted}");
    open.is_quiet();
}

#[test]
fn keys_go_through_what_was_found() {
    let Some(open) = Open::new(&changed()) else { return };
    open.keys(&["/", "e", "r", "Enter"]);
    assert_eq!(open.number("p.state().matches"), 2.0, "serve and render, the widest first");
    assert_eq!(open.name("p.state().selected"), "serve");
    open.keys(&["Enter"]);
    assert_eq!(open.name("p.state().selected"), "render");
    open.run(FOCUS);
    open.keys(&["n"]);
    assert_eq!(open.name("p.state().selected"), "serve");
    open.keys(&["N"]);
    assert_eq!(open.name("p.state().selected"), "render");
    open.keys(&["Escape"]);
    assert_eq!(open.value("[p.state().query, p.state().matches]"), json!(["", 0]));
    assert_eq!(open.text("document.getElementById('found').textContent"), "");
}

#[test]
fn arrows_select_and_enter_zooms() {
    let Some(mut open) = Open::new(&changed()) else { return };
    open.run(FOCUS);
    open.keys(&["ArrowDown"]);
    assert_eq!(open.name("p.state().selected"), "all", "the first arrow selects what is zoomed");
    open.keys(&["ArrowDown", "ArrowDown"]);
    assert_eq!(open.name("p.state().selected"), "serve", "the widest callee stands first");
    open.keys(&["ArrowRight"]);
    assert_eq!(open.name("p.state().selected"), "idle_work");
    open.keys(&["ArrowLeft", "ArrowDown"]);
    assert_eq!(open.name("p.state().selected"), "parse");
    assert!(open.text("document.getElementById('selected').textContent").starts_with("parse: total "));
    open.keys(&["Enter"]);
    assert_eq!(open.name("p.state().zoom"), "parse");
    open.keys(&["Backspace"]);
    assert_eq!(open.name("p.state().zoom"), "serve");
    open.keys(&["Escape"]);
    assert_eq!(open.number("p.state().zoom"), 0.0);
    open.keys(&["ArrowUp", "ArrowUp", "ArrowUp", "ArrowUp"]);
    assert_eq!(open.name("p.state().selected"), "all", "there is nothing above the root");
    open.is_quiet();
}

#[test]
fn a_click_zooms_to_what_is_under_the_pointer() {
    let Some(open) = Open::new(&changed()) else { return };
    // The middle of the box of render: canvas, layout and hit test agree.
    open.run("document.getElementById('view').scrollIntoView()");
    let node = open.node("render");
    let place = format!(
        "(() => {{
            const {{ layout, painter }} = p.graph;
            const box = painter.canvas.getBoundingClientRect();
            const x = (layout.x[{node}] + layout.width[{node}] / 2) * painter.scale;
            return [box.left + x, box.top + (p.tree.depth[{node}] + 0.5) * box.height / (p.tree.deepest + 1)];
        }})()"
    );
    let place = open.value(&place);
    let (x, y) = (place[0].as_f64().expect("x"), place[1].as_f64().expect("y"));
    open.page.point(x, y).expect("the pointer moves");
    open.run("");
    assert_eq!(open.text("document.querySelector('#tip b').textContent"), "render");
    assert_eq!(open.value("document.getElementById('tip').hidden"), false);
    open.page.click(x, y).expect("the pointer clicks");
    open.run("");
    assert_eq!(open.name("p.state().zoom"), "render");
    assert_eq!(open.name("p.state().selected"), "render");
    open.run("document.getElementById('out').click()");
    assert_eq!(open.number("p.state().zoom"), 0.0);
}

#[test]
fn numbers_go_to_plateaus_and_on_to_their_next_place() {
    // The same function grew in two places.
    let rows = |grown: u32| format!("main;a;grown {}\nmain;b;grown {}\nmain;still 50000\n", grown, grown / 2);
    let report = pair(rows(9000), rows(20_000));
    assert_eq!(report.plateaus[0].function, "grown");
    let Some(open) = Open::new(&report) else { return };
    open.keys(&["1"]);
    let first = open.number("p.state().selected");
    assert_eq!(open.name("p.state().selected"), "grown");
    open.keys(&["1"]);
    let second = open.number("p.state().selected");
    assert_eq!(open.name("p.state().selected"), "grown");
    assert_ne!(first, second);
    open.keys(&["1"]);
    assert_eq!(open.number("p.state().selected"), first);
    open.keys(&["9"]);
    assert_eq!(open.number("p.state().selected"), first, "there is no ninth");
    // A click on the row goes there, too.
    open.keys(&["Escape"]);
    open.run("document.querySelector('tr[data-rank=\"1\"] .name').click()");
    assert_eq!(open.number("p.state().selected"), second);
}

#[test]
fn keys_switch_modes_help_and_what_is_shown() {
    let Some(mut open) = Open::new(&changed()) else { return };
    let mode = |open: &Open| {
        open.value("[p.state().mode, p.state().onlyChanged, document.querySelector('.choice [aria-pressed=\"true\"]').id]")
    };
    assert_eq!(mode(&open), json!(["both", false, "both"]));
    for wanted in ["before", "after", "both"] {
        open.keys(&["b"]);
        assert_eq!(mode(&open), json!([wanted, false, wanted]));
    }
    open.keys(&["c"]);
    assert_eq!(mode(&open), json!(["both", true, "both"]));
    assert_eq!(open.number(&format!("p.graph.layout.width[{}]", open.node("idle_work"))), 0.0);
    open.keys(&["c"]);
    let help = "document.getElementById('help').open";
    assert_eq!(open.value(help), false);
    open.keys(&["?"]);
    assert_eq!(open.value(help), true);
    open.keys(&["Escape"]);
    assert_eq!(open.value(help), false);
    open.page.allow_clipboard().expect("the permission is given");
    open.run(FOCUS);
    open.run(&format!("plateau.graph.select({})", open.node("copy")));
    open.keys(&["y"]);
    open.until("document.getElementById('found').textContent === 'stack copied'");
    let copied = open.text("navigator.clipboard.readText()");
    assert!(copied.ends_with("main;serve;parse;copy"), "{copied}");
    open.is_quiet();
}

#[test]
fn keys_with_control_are_the_browsers() {
    let Some(open) = Open::new(&changed()) else { return };
    open.run(
        "for (const key of ['b', 'c', '1', '/', 'y']) {
            const event = new KeyboardEvent('keydown', { key, ctrlKey: true, bubbles: true, cancelable: true });
            if (!document.body.dispatchEvent(event)) throw new Error(`${key} was taken`);
        }",
    );
    assert_eq!(open.value("[p.state().mode, p.state().onlyChanged]"), json!(["both", false]));
}

#[test]
fn the_address_holds_the_state() {
    let Some(mut open) = Open::new(&changed()) else { return };
    assert_eq!(open.text("location.hash"), "", "nothing was done yet");
    let parse = open.node("parse");
    let copy = open.node("copy");
    open.run(&format!("plateau.graph.zoomTo({parse}, {copy}); plateau.graph.setMode('after', true); plateau.graph.search('co py&=')"));
    assert_eq!(open.text("location.hash"), format!("#z={parse}&s={copy}&m=after&c=1&q=co+py%26%3D"));
    let state = open.value("p.state()");
    open.page.reload().expect("the page loads again");
    open.page.ready().expect("the graph can be explored");
    assert_eq!(open.value("p.state()"), state);
    assert_eq!(open.text("document.getElementById('search').value"), "co py&=");
    open.is_quiet();
}

#[test]
fn back_goes_to_the_zoom_before() {
    let Some(open) = Open::new(&changed()) else { return };
    let (serve, parse) = (open.node("serve"), open.node("parse"));
    open.run(&format!("plateau.graph.zoomTo({serve})"));
    open.run(&format!("plateau.graph.zoomTo({parse})"));
    let back = "const gone = new Promise((done) => addEventListener('hashchange', done, { once: true }));
                history.back(); await gone";
    open.run(back);
    assert_eq!(open.number("p.state().zoom"), serve);
    open.run(back);
    assert_eq!(open.number("p.state().zoom"), 0.0);
    open.run(&back.replace("back()", "forward()"));
    assert_eq!(open.number("p.state().zoom"), serve);
}

#[test]
fn an_address_that_makes_no_sense_is_ignored() {
    for hash in ["#z=99999999&s=-4&m=sideways&c", "#r=77", "#z=1e3&s=NaN&q=%", "#%00%ff=&&&=="] {
        let Some(mut open) = Open::at(&changed(), hash) else { return };
        let state = open.value("[p.state().zoom, p.state().selected, p.state().mode]");
        assert_eq!(state, json!([0, -1, "both"]), "{hash}");
        open.is_quiet();
    }
}
