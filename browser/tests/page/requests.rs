//! What a report on traces, and the page of one set of them, say of requests.

use crate::Open;
use crate::hostile::{HIDDEN, elements_of};
use browser::{Media, Names, Page, Script, Server, html, html_of_traces, npm, requests, shared};
use serde_json::json;

const WIDE: Media = Media { width: 1280, height: 900, dark: false, still: true };
const NARROW: Media = Media { width: 390, height: 844, dark: false, still: true };

/// A page that is opened as it is, without waiting for a graph.
fn opened(text: String, script: Script, media: Media) -> Option<(Page<'static>, Server)> {
    let mut page = shared()?.page().expect("a tab opens");
    let server = Server::start(text).expect("the page is served");
    page.script(script).expect("scripts are switched");
    page.media(media).expect("the window is resized");
    page.open(server.address()).expect("the page loads");
    Some((page, server))
}

/// Both kinds of pages.
fn pages(names: Names) -> [String; 2] {
    [html(&requests(names)), html_of_traces(names)]
}

#[test]
fn a_page_of_requests_is_one_request_and_no_fault() {
    for text in pages(Names::Plain) {
        let Some((mut page, server)) = opened(text, Script::On, WIDE) else { return };
        page.run("for (let y = 0; y < document.body.scrollHeight; y += 500) scrollTo(0, y)")
            .expect("it scrolls");
        assert_eq!(server.requests(), ["/"]);
        assert_eq!(page.requests(), [server.address()]);
        assert_eq!(page.faults().expect("the browser runs"), [] as [String; 0]);
    }
}

#[test]
fn names_of_services_and_operations_are_text() {
    for (plain, hostile) in pages(Names::Plain).into_iter().zip(pages(Names::Hostile)) {
        let Some((plain, _server)) = opened(plain, Script::On, WIDE) else { return };
        let Some((mut page, server)) = opened(hostile, Script::On, WIDE) else { return };
        let wanted = elements_of(&plain);
        assert!(wanted.len() > 40, "{wanted:?}");
        let added: Vec<String> = elements_of(&page).difference(&wanted).cloned().collect();
        assert_eq!(added, [] as [String; 0], "elements or attributes that plain names do not make");
        let text = page.value("document.body.textContent + document.title").expect("a value");
        let text = text.as_str().expect("a text");
        for place in [
            "gateway",
            "orders",
            "database",
            "serve",
            "list",
            "query",
            "recommend",
            "long",
            "trace",
            "title of a cause",
            "called",
            "caller",
            "key=value",
            "other=value",
            "service of a tag",
            "span of a pair",
            "trace of a cause",
            "warning of a selection",
            "question",
        ] {
            assert!(text.contains(&format!("zq {place}")), "{place} is not on the page");
        }
        assert_eq!(page.value(HIDDEN).expect("a value"), json!([]));
        assert_eq!(page.value("typeof hacked").expect("a value"), "undefined");
        assert_eq!(server.requests(), ["/"]);
        assert_eq!(page.faults().expect("the browser runs"), [] as [String; 0]);
    }
}

/// What is wrong with where texts of the pictures stand: cut by a window, or over one another.
const CROWDED: &str = "(() => {
    const wrong = [];
    for (const picture of document.querySelectorAll('.waterfalls > figure > svg')) {
        const frame = picture.getBoundingClientRect();
        for (const row of picture.querySelectorAll(':scope > g')) {
            const length = row.querySelector('.length').getBoundingClientRect();
            const name = { right: frame.left + 0.8 * frame.width };
            if (length.left < frame.left + 0.8 * frame.width - 1) wrong.push(`over a name: ${row.textContent.slice(0, 80)}`);
            for (const text of [...row.querySelectorAll(':scope > svg > text')].filter((text) => text.checkVisibility())) {
                if (text.getBoundingClientRect().right > name.right + 1) wrong.push(`cut: ${text.textContent}`);
            }
            for (const bar of row.querySelectorAll(':scope > rect')) {
                const { left, right, bottom } = bar.getBoundingClientRect();
                if (left < frame.left - 2 || right > frame.right + 2 || bottom > frame.bottom) wrong.push(`outside: ${row.textContent.slice(0, 80)}`);
            }
        }
        const ticks = [...picture.querySelectorAll('.tick')].map((tick) => tick.getBoundingClientRect());
        ticks.forEach((tick, i) => i && tick.left < ticks[i - 1].right + 2 && wrong.push(`tick ${i}`));
        for (const text of picture.querySelectorAll('text')) {
            if (parseFloat(getComputedStyle(text).fontSize) < 11) wrong.push(`small: ${text.textContent}`);
        }
    }
    return wrong;
})()";

#[test]
fn the_first_screen_names_the_culprit_and_the_pictures_are_readable() {
    for (text, is_report) in pages(Names::Plain).into_iter().zip([true, false]) {
        for script in [Script::On, Script::Off] {
            let Some((page, _server)) = opened(text.clone(), script, WIDE) else { return };
            for media in [
                WIDE,
                Media { width: 1000, ..WIDE },
                NARROW,
                Media { width: 360, ..NARROW },
                Media { dark: true, ..NARROW },
            ] {
                page.media(media).expect("the window is resized");
                let what = format!("{media:?}, report {is_report}");
                let value = |expression: &str| page.value(expression).expect("a value");
                let first = value("document.querySelector('h1').textContent");
                assert!(first.as_str().is_some_and(|text| text.contains("zq query")), "{what}: {first}");
                let bottom = value("document.querySelector('h1').getBoundingClientRect().bottom + scrollY");
                assert!(bottom.as_f64().is_some_and(|y| y < f64::from(media.height)), "{what}: {bottom}");
                let cause =
                    value("document.querySelector('.causes li').getBoundingClientRect().top + scrollY");
                assert!(cause.as_f64().is_some_and(|y| y < f64::from(media.height)), "{what}: {cause}");
                let tops = value(
                    "[...document.querySelectorAll('.waterfalls figure')].map((one) => Math.round(one.getBoundingClientRect().top))",
                );
                assert_eq!(
                    tops[0] == tops[1],
                    media.width > 900,
                    "{what}: side by side or one below the other: {tops}"
                );
                assert_eq!(value(CROWDED), json!([]), "{what}");
                assert_eq!(value("document.documentElement.scrollWidth"), json!(media.width), "{what}");
            }
        }
    }
}

#[test]
fn both_pictures_have_one_scale_and_say_what_they_show() {
    let Some(mut open) = Open::new(&requests(Names::Plain)) else { return };
    let value = |expression: &str| open.value(expression);
    let pictures = "[...document.querySelectorAll('.waterfalls > figure > svg')]";
    let ticks = value(&format!(
        "{pictures}.map((one) => [...one.querySelectorAll('.tick')].map((tick) => tick.textContent))"
    ));
    assert_eq!(ticks[0], ticks[1]);
    assert!(ticks[0].as_array().is_some_and(|ticks| ticks.len() >= 3), "{ticks}");
    // One call before; after three of 14 and what is said of the others, each of those with the number of the row.
    let culprits = format!("{pictures}.map((one) => one.querySelectorAll('g.culprit .number').length)");
    assert_eq!(value(&culprits), json!([1, 3]));
    assert_eq!(
        value(&format!("{pictures}.map((one) => one.querySelectorAll('g.many').length)")),
        json!([0, 1])
    );
    assert_eq!(open.text("document.querySelector('g.many svg').textContent"), "and 11 more calls like it");
    let number = open.text("document.querySelector('g.culprit .number').textContent");
    assert_eq!(number, open.text("document.querySelector('#contributions ~ table .disc').textContent"));
    assert_eq!(number, open.text("document.querySelector('#grew ~ table .disc').textContent"));
    let said = value(&format!(
        "{pictures}.map((one) => [one.getAttribute('role'), document.getElementById(one.getAttribute('aria-labelledby')).textContent,
            document.getElementById(one.getAttribute('aria-describedby')).textContent])"
    ));
    for side in [0, 1] {
        assert_eq!(said[side][0], "img");
        assert!(said[side][1].as_str().is_some_and(|text| text.starts_with("A request of ")), "{said}");
        assert!(said[side][2].as_str().is_some_and(|text| text.contains("Waited longest for: ")), "{said}");
    }
    open.is_quiet();
}

#[test]
fn intervals_say_what_they_are_of() {
    let Some((page, _server)) = opened(html(&requests(Names::Plain)), Script::On, WIDE) else { return };
    let silent = page.value(
        "[...document.querySelectorAll('main table:not(#tip table)')]
            .filter((table) => /\\[[^\\]]*\\d, [^\\]]*\\d\\]/.test(table.tBodies[0].textContent) && !table.tHead.textContent.includes('95 %'))
            .map((table) => table.tHead.textContent)",
    );
    assert_eq!(silent.expect("a value"), json!([]));
    let trust = page.value("document.getElementById('quality').parentElement.textContent").expect("a value");
    assert!(trust.as_str().is_some_and(|text| text.contains("stretches of each capture")), "{trust}");
    let graph = page.value("document.getElementById('graph-title').textContent").expect("a value");
    assert_eq!(graph, "Flame graph of both: critical paths of all requests");
}

#[test]
fn a_page_of_one_set_has_no_scripts_and_prints() {
    let Some((page, _server)) = opened(html_of_traces(Names::Plain), Script::On, WIDE) else { return };
    assert_eq!(page.value("document.scripts.length").expect("a value"), 0);
    let pdf = page.print().expect("the page is printed");
    assert!(pdf.starts_with(b"%PDF-") && pdf.len() > 10_000, "{} bytes", pdf.len());
}

#[test]
fn a_checker_of_accessibility_finds_nothing_serious_on_a_page_without_scripts() {
    if shared().is_none() {
        return;
    }
    let Some(axe) = npm("axe-core/axe.min.js") else { return };
    let axe = std::fs::read_to_string(axe).expect("the script can be read");
    let Some((page, _server)) = opened(html_of_traces(Names::Plain), Script::On, WIDE) else { return };
    page.value(&axe).expect("the checker loads");
    for media in [WIDE, NARROW, Media { dark: true, ..WIDE }, Media { dark: true, ..NARROW }] {
        page.media(media).expect("the window is resized");
        let found = page.run(
            "const { violations, passes } = await axe.run(document);
            if (!passes.some(({ id }) => id === 'color-contrast')) throw new Error('contrast was not checked');
            return violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
                .map(({ id, nodes }) => `${id}: ${nodes.slice(0, 5).map((node) => node.html).join(' | ')}`);",
        );
        assert_eq!(found.expect("the checker runs"), json!([]), "{media:?}");
    }
}
