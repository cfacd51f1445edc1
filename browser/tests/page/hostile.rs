//! Names are text, wherever they stand: none becomes an element, an attribute, a script or a request, and none hides.

use crate::Open;
use browser::{Media, Names, Page, Script, Server, hostile, html, shared};
use std::collections::BTreeSet;

/// Each kind of element on the page with the names of its attributes, and every address it holds.
const ELEMENTS: &str = "[...new Set([...document.querySelectorAll('*')].map((element) =>
    [element.namespaceURI.slice(-4), element.localName, ...element.getAttributeNames().sort(),
        element.getAttribute('href')?.replace(/\\d+/, '') ?? ''].join(' ')))]";

/// Characters that hide or reorder others, in what the page shows or says.
pub(crate) const HIDDEN: &str = "(() => {
    const said = [...document.querySelectorAll('body *')].flatMap((element) =>
        [...element.attributes].map((attribute) => attribute.value));
    const shown = [...document.querySelectorAll('main')].map((element) => element.textContent);
    const hidden = /[\\0-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]/;
    return [document.title, ...said, ...shown].filter((text) => hidden.test(text)).map((text) => text.slice(0, 200));
})()";

/// Functions of the report that have a name to be seen.
const FUNCTIONS_WITH_NAMES: usize = 10;

fn elements(open: &Open) -> BTreeSet<String> {
    elements_of(&open.page)
}

/// Each kind of element of a page.
pub(crate) fn elements_of(page: &Page<'_>) -> BTreeSet<String> {
    let elements = page.value(ELEMENTS).expect("a value");
    let elements = elements.as_array().expect("a list").iter();
    elements.map(|element| element.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn names_are_text_in_every_place() {
    let Some(plain) = Open::new(&hostile(Names::Plain)) else { return };
    let report = hostile(Names::Hostile);
    let Some(mut open) = Open::new(&report) else { return };
    let wanted = elements(&plain);
    assert!(wanted.len() > 40, "{wanted:?}");
    let added: Vec<String> = elements(&open).difference(&wanted).cloned().collect();
    assert_eq!(added, [] as [String; 0], "elements or attributes that plain names do not make");

    // Every place in which a name stands, has it.
    let text = open.text("document.body.textContent + document.title");
    for place in [
        "root",
        "markup",
        "emoji",
        "arabic",
        "javascript",
        "__proto__",
        "constructor",
        "combining",
        "long",
        "value",
        "other value",
        "module",
        "build id",
        "source",
        "question",
        "before.pb",
        "after.pb",
        "host of before",
        "host of after",
        "digest",
    ] {
        assert!(text.contains(&format!("zq {place}")), "{place} is not on the page");
    }
    let title = open.text("document.title");
    assert!(title.contains("&lt;b&gt;") && title.ends_with("plateau"), "{title}");
    let within = |selector: &str| open.text(&format!("document.querySelector('{selector}').textContent"));
    assert!(within(".static svg title").contains("zq "));
    assert!(within("details").contains("zq root</script>"));
    assert!(within("p.warning").contains("zq "));
    assert_eq!(open.value(HIDDEN), serde_json::json!([]));

    // What scripts write: the line of the selected frame, the box under the pointer, the number of matches.
    let mut tips = 0;
    for node in 0..report.graph.nodes.len() {
        open.run(&format!("plateau.graph.reveal({node}); document.getElementById('view').scrollIntoView()"));
        let at = open.value(&format!(
            "((box) => [box.left + 20, box.top + 18 * p.tree.depth[{node}] - p.graph.painter.top + 5])
                (p.graph.painter.canvas.getBoundingClientRect())"
        ));
        open.page.point(at[0].as_f64().expect("x"), at[1].as_f64().expect("y")).expect("the pointer moves");
        tips += usize::from(open.text("document.querySelector('#tip b').textContent").contains("zq "));
    }
    assert!(tips >= FUNCTIONS_WITH_NAMES, "{tips} names under the pointer");
    for query in ["<img", "\u{202e}", "zq", "\0", "'\"", "u{202e}"] {
        open.run(&format!("plateau.graph.search({})", serde_json::json!(query)));
    }
    assert!(open.number("p.state().matches") > 5.0, "what is shown is what can be searched");
    let added: Vec<String> = elements(&open).difference(&wanted).cloned().collect();
    let styled = |element: &String| !element.contains("style");
    assert!(!added.iter().any(styled), "{added:?}");
    assert_eq!(open.value(HIDDEN), serde_json::json!([]));
    assert_eq!(open.text("typeof hacked"), "undefined");
    assert_eq!(open.server.requests(), ["/"]);
    open.is_quiet();
}

#[test]
fn hostile_addresses_are_text() {
    for hash in [
        "#q=<img src=x onerror=hacked=1>",
        "#q=%3C/script%3E%3Cscript%3Ehacked=1%3C/script%3E",
        "#m=__proto__&r=constructor",
    ] {
        let Some(mut open) = Open::at(&hostile(Names::Plain), hash) else { return };
        assert_eq!(open.text("typeof hacked"), "undefined");
        assert_eq!(open.number("document.querySelectorAll('img').length"), 0.0);
        open.is_quiet();
    }
}

#[test]
fn hostile_names_do_not_break_the_page_without_scripts_or_in_a_narrow_window() {
    let Some(chromium) = shared() else { return };
    let server = Server::start(html(&hostile(Names::Hostile))).expect("the page is served");
    for script in [Script::On, Script::Off] {
        let mut page = chromium.page().expect("a tab opens");
        page.script(script).expect("scripts are switched");
        page.media(Media { width: 390, height: 844, ..Media::default() }).expect("the window is resized");
        page.open(server.address()).expect("the page loads");
        let wide = page.value("document.documentElement.scrollWidth").expect("a value");
        assert_eq!(wide, 390, "{script:?}");
        assert_eq!(page.value("document.querySelectorAll('body > *').length > 1").expect("a value"), true);
    }
}
