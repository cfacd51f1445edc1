//! How the page looks: palettes, contrast, narrow windows, print, without scripts, to a checker of accessibility.

use crate::{Open, changed};
use browser::{Media, Names, Script, Server, corpus, html, html_of_one, npm, requests, shared};

const DARK: Media = Media { width: 1280, height: 900, dark: true, still: true };
const NARROW: Media = Media { width: 390, height: 844, dark: false, still: true };

/// The pages of the corpus, of a small pair and of one capture, by name.
fn pages() -> Vec<(String, String)> {
    let pairs = corpus().expect("the corpus is there");
    let mut pages = vec![
        ("changed".to_owned(), html(&changed())),
        ("requests".to_owned(), html(&requests(Names::Plain))),
    ];
    for pair in &pairs {
        let report = pair.report().unwrap_or_else(|error| panic!("{}: {error:#}", pair.name));
        pages.push((pair.name.clone(), html(&report)));
    }
    let (one, _) = pairs[0].captures().unwrap_or_else(|error| panic!("{error:#}"));
    pages.push(("one".to_owned(), html_of_one(&one)));
    pages
}

/// Colours as the browser shows them: of the page, of text, and of the first box of the canvas.
fn colours(open: &Open) -> serde_json::Value {
    open.run("plateau.graph.drawNow()");
    open.value(
        "(() => {
            const style = getComputedStyle(document.body);
            const [r, g, b] = p.graph.painter.context.getImageData(600, 2, 1, 1).data;
            return [style.backgroundColor, style.color, `rgb(${r}, ${g}, ${b})`];
        })()",
    )
}

#[test]
fn colours_follow_the_readers_preference() {
    let Some(open) = Open::new(&changed()) else { return };
    let light = serde_json::json!(["rgb(255, 255, 255)", "rgb(27, 28, 30)", "rgb(225, 225, 222)"]);
    let dark = serde_json::json!(["rgb(23, 24, 27)", "rgb(228, 229, 231)", "rgb(58, 61, 67)"]);
    assert_eq!(colours(&open), light);
    open.page.media(DARK).expect("the palette is switched");
    open.run("");
    assert_eq!(colours(&open), dark);
    open.page.media(Media::default()).expect("the palette is switched");
    open.run("");
    assert_eq!(colours(&open), light);
}

/// Contrast as WCAG 2.2 defines it.
const CONTRAST: &str = "
    const numbers = (colour) => {
        const probe = document.createElement('canvas').getContext('2d');
        probe.fillStyle = colour;
        probe.fillRect(0, 0, 1, 1);
        return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3);
    };
    const light = (colour) => {
        const [r, g, b] = numbers(colour).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const contrast = (one, other) => {
        const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
        return (high + 0.05) / (low + 0.05);
    };
    const variable = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
";

#[test]
fn text_stands_out_wherever_it_is() {
    let Some(open) = Open::new(&changed()) else { return };
    for media in [Media::default(), DARK] {
        open.page.media(media).expect("the palette is switched");
        open.run("");
        let pairs = open.page.run(&format!(
            "{CONTRAST}
            const painter = plateau.graph.painter;
            const steps = [...Array(41).keys()].map((step) => step / 40);
            const mixed = (full, step) => painter.fills[0].map((c, k) => c + (full[k] - c) * step);
            const shades = painter.fills.flatMap((full, mark) => steps.map((step) => {{
                const {{ fill, ink }} = shade(mixed(full, step));
                return [`box ${{mark}} ${{step}}`, ink, fill];
            }}));
            const discs = painter.lines.map((line, mark) => [`number ${{mark}}`, painter.page, line]);
            const text = [
                ['ink', 'page'], ['muted', 'page'], ['ink', 'soft'], ['muted', 'soft'], ['ink', 'note'], ['page', 'ink'],
                ['page', 'muted'], ['page', 'grew-line'], ['page', 'shrank-line'],
            ].map(([ink, fill]) => [`${{ink}} on ${{fill}}`, variable(ink), variable(fill)]);
            const bar = ['bar', '#000', variable('grew')];
            return [...shades, ...discs, ...text, bar].map(([name, ink, fill]) => [name, contrast(ink, fill)]);"
        ));
        let pairs = pairs.unwrap_or_else(|error| panic!("{error:#}"));
        let pairs = pairs.as_array().expect("a list");
        assert!(pairs.len() > 100);
        for pair in pairs {
            assert!(pair[1].as_f64().is_some_and(|contrast| contrast >= 4.5), "dark {}: {pair}", media.dark);
        }
    }
}

#[test]
fn no_page_is_wider_than_its_window() {
    for (name, page) in pages() {
        let Some(open) = Open::page(page, "") else { return };
        for width in [360, 390, 720, 721, 1280] {
            open.page.media(Media { width, ..NARROW }).expect("the window is resized");
            open.run("");
            let wide = open.number("document.documentElement.scrollWidth");
            assert!(wide <= f64::from(width), "{name}: {wide} in a window of {width}");
            let canvas = open.number("p.graph.painter.canvas.getBoundingClientRect().right");
            assert!(canvas <= f64::from(width), "{name}: the graph ends at {canvas} of {width}");
        }
    }
}

#[test]
fn nothing_moves_where_the_reader_prefers_that() {
    let Some(open) = Open::new(&changed()) else { return };
    let behaviour = "getComputedStyle(document.documentElement).scrollBehavior";
    assert_eq!(open.text(behaviour), "auto");
    open.page.media(Media { still: false, ..Media::default() }).expect("the preference is switched");
    assert_eq!(open.text(behaviour), "smooth");
    let moving = "document.getAnimations().length";
    assert_eq!(open.number(moving), 0.0);
}

/// Whether what a reader without the canvas needs can be seen: verdict, tables, names and the static picture.
const READABLE: &str = "(() => {
    const isSeen = (element) => element !== null && element.checkVisibility() && element.getBoundingClientRect().height > 10;
    const tables = [...document.querySelectorAll('main table:not(#tip table)')];
    const picture = document.querySelector('.static svg');
    return [isSeen(document.querySelector('h1')), tables.length >= 1 && tables.every(isSeen),
        isSeen(picture) && picture.querySelectorAll('rect').length > 3, isSeen(document.getElementById('explore'))];
})()";

#[test]
fn without_scripts_the_tables_and_the_picture_are_there() {
    let Some(chromium) = shared() else { return };
    for (name, text) in pages() {
        let server = Server::start(text).expect("the page is served");
        let mut page = chromium.page().expect("a tab opens");
        page.script(Script::Off).expect("scripts are switched off");
        page.open(server.address()).expect("the page loads");
        assert_eq!(page.value("typeof window.plateau").expect("a value"), "undefined", "{name}");
        let seen = page.value(READABLE).expect("a value");
        assert_eq!(seen, serde_json::json!([true, true, true, false]), "{name}");
        page.media(NARROW).expect("the window is resized");
        let wide = page.value("document.documentElement.scrollWidth").expect("a value");
        assert!(wide.as_f64().is_some_and(|wide| wide <= 390.0), "{name}: {wide}");
    }
}

#[test]
fn print_has_the_tables_and_the_picture() {
    let Some(open) = Open::new(&changed()) else { return };
    for dark in [false, true] {
        open.page.media(Media { dark, ..Media::default() }).expect("the palette is switched");
        let pdf = open.page.print().expect("the page is printed");
        assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{} bytes", pdf.len());
    }
    open.page
        .call("Emulation.setEmulatedMedia", serde_json::json!({ "media": "print" }))
        .expect("print is shown");
    assert_eq!(open.value(READABLE), serde_json::json!([true, true, true, false]));
    assert_eq!(open.text("getComputedStyle(document.body).color"), "rgb(27, 28, 30)", "ink on paper");
}

#[test]
fn a_checker_of_accessibility_finds_nothing_serious() {
    if shared().is_none() {
        return;
    }
    let Some(axe) = npm("axe-core/axe.min.js") else { return };
    let axe = std::fs::read_to_string(axe).expect("the script can be read");
    for (name, page) in pages() {
        let Some(open) = Open::page(page, "") else { return };
        open.page.value(&axe).expect("the checker loads");
        for (width, dark) in [(1280, false), (1280, true), (390, false), (390, true)] {
            open.page.media(Media { width, dark, ..NARROW }).expect("the window is resized");
            open.run("document.getElementById('help').open = true; plateau.graph.select(0)");
            let found = open.page.run(
                "const { violations, passes } = await axe.run(document);
                if (!passes.some(({ id }) => id === 'color-contrast')) throw new Error('contrast was not checked');
                return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
                    .map(({ id, impact, nodes }) => `${impact} ${id}: ${nodes.slice(0, 5).map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);",
            );
            let found = found.expect("the checker runs");
            assert_eq!(found, serde_json::json!([]), "{name}, {width} px, dark {dark}");
        }
    }
}
