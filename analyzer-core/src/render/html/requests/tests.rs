use super::*;
use crate::render::html::{AboutTraces, STYLE, traces_page};
use crate::requests::{
    Bar, Cause, Change, Group, GroupSide, MeanChange, More, QualityRow, Service, StructureRow, TagRow,
    Waterfall,
};

const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"' onload='x'\0\u{1b}[31m\u{202e}]]>\u{ffff}";

fn bar(depth: u32, frame: &str, start_us: f64, end_us: f64) -> Bar {
    Bar {
        depth,
        service: String::new(),
        frame: frame.to_owned(),
        start_us,
        end_us,
        waited_us: vec![(start_us, end_us)],
        failed: false,
        marked: false,
        more: None,
    }
}

/// Slow requests call `db: q` 14 times, usual ones once.
fn findings(name: &str) -> Findings {
    let side = |n, p50_us: f64| GroupSide { n, p50_us: Some(p50_us), ..GroupSide::default() };
    let change = Some(Change { us: 14_400.0, low: 14_000.0, high: 15_000.0 });
    let fall = |duration_us: f64, calls: u64| Waterfall {
        trace_id: format!("trace {name}"),
        duration_us,
        bars: vec![
            bar(0, "web: GET", 0.0, duration_us),
            Bar {
                marked: true,
                failed: calls > 1,
                more: (calls > 1).then_some(More {
                    count: calls - 1,
                    start_us: 2000.0,
                    end_us: 15_000.0,
                    waited_us: 12_000.0,
                }),
                ..bar(7, name, 1000.0, 2000.0)
            },
        ],
        left_out: calls - 1,
    };
    Findings {
        compared: "slow_and_usual",
        evidence: "stretches",
        mean: MeanChange { before_us: 2000.0, after_us: 16_400.0, mix_us: 100.0 },
        groups: vec![Group {
            root: Some(name.to_owned()),
            all: Some(side(500, 2100.0)),
            before: side(250, 2000.0),
            after: GroupSide { error_pct: 4.0, ..side(25, 16_400.0) },
            p50_change: change,
            p90_change: None,
            p95_change: None,
            p99_change: None,
            error_change: None,
        }],
        services: vec![Service {
            service: name.to_owned(),
            before_us_per_request: 1000.0,
            after_us_per_request: 15_400.0,
            all_us_per_request: None,
            all: None,
            before: side(250, 1000.0),
            after: side(350, 1100.0),
            p50_change: change,
            p90_change: None,
            p95_change: None,
            p99_change: None,
            error_change: None,
        }],
        contributions: vec![ContributionRow {
            rank: 1,
            frame: name.to_owned(),
            edge: false,
            path: vec!["web: GET".to_owned(), name.to_owned()],
            before_us_per_request: 1000.0,
            after_us_per_request: 15_400.0,
            delta_us_per_request: 14_400.0,
            low: Some(14_000.0),
            high: Some(15_000.0),
            before_calls: 1.0,
            after_calls: 14.0,
            delta_calls: 13.0,
            calls_us_per_request: 14_000.0,
            delta_us_per_call: 100.0,
            tier: "grew",
            exemplars: vec![format!("trace {name}")],
        }],
        causes: vec![Cause {
            code: "n_plus_one",
            title: format!("N+1: {name}"),
            frame: None,
            statement: None,
            before_pct: 0.0,
            after_pct: 100.0,
            us_per_request: 14_400.0,
            saving_us: 13_000.0,
            exemplars: vec![format!("trace {name}")],
        }],
        chances: None,
        structure: vec![StructureRow {
            code: "more",
            caller: "web: GET".to_owned(),
            called: name.to_owned(),
            before_pct: 100.0,
            after_pct: 100.0,
            before_calls: 1.0,
            after_calls: 14.0,
            low: 12.0,
            high: 14.0,
            exemplars: Vec::new(),
        }],
        tags: vec![TagRow {
            service: name.to_owned(),
            pairs: vec![format!("key={name}")],
            before_pct: 3.0,
            after_pct: 96.0,
            q: 1e-9,
        }],
        exemplars: [Some(fall(2000.0, 1)), Some(fall(16_400.0, 14))],
        pair: None,
        quality: QualityRow {
            orphans: 1,
            duplicates: 0,
            skewed: 2,
            selection_warnings: vec![name.to_owned()],
        },
    }
}

fn page(findings: &Findings) -> String {
    let files = [HOSTILE.to_owned()];
    let about = AboutTraces {
        title: "x.json",
        verdict: "Slow requests take longer.",
        remarks: &["Intervals are of stretches.".to_owned()],
        files: &files,
        account: &[],
        command: "plateau trace x.json",
        confidence: 0.95,
    };
    let mut page = Vec::new();
    traces_page(findings, &about, &mut page).unwrap();
    String::from_utf8(page).unwrap().replace(STYLE, "")
}

#[test]
fn sections_stand_in_their_order_and_name_the_culprit_first() {
    let page = page(&findings("db: q"));
    let order = [
        "<h1>Slow requests take longer.</h1>",
        "id=\"causes\"",
        "<b>N+1: db: q</b>",
        "In 0.0 % of usual requests and 100.0 % of slow ones; 14.40 ms per slow request",
        "without it a request would take 13.00 ms less. See <code>trace db: q</code>",
        "id=\"waterfalls\"",
        "<b>usual</b>: 2.00 ms, one of usual length",
        "<b>slow</b>: 16.40 ms, one that shows the change",
        "and 13 more calls like it",
        "13 spans have no bar of their own.",
        "id=\"contributions\"",
        "<th scope=\"col\" class=\"r\">change, 95 % interval</th>",
        "<b>+14.40\u{a0}ms</b><span class=\"where\">[14.00,\u{a0}15.00]\u{a0}ms</span>",
        "id=\"requests\"",
        "<td class=\"r\" data-head=\"number\">500</td><td class=\"r\" data-head=\"p50\">2.10\u{a0}ms</td>",
        "25<span class=\"where\">median\u{a0}16.40\u{a0}ms</span>",
        "id=\"services\"",
        "id=\"structure\"",
        "id=\"tags\"",
        "96.0\u{a0}%",
        "id=\"quality\"",
        "Intervals are of stretches.",
        "id=\"how\"",
    ];
    let mut at = 0;
    for part in order {
        at += page[at..].find(part).unwrap_or_else(|| panic!("{part} is not behind what stands before it"));
    }
    assert!(
        !page.contains("<script")
            && !page.contains("script-src")
            && page.contains("content=\"default-src 'none'; style-src")
    );
}

#[test]
fn pictures_are_xml_and_mark_what_is_to_be_shown() {
    for name in ["db: q", HOSTILE] {
        let page = page(&findings(name));
        let mut pictures = 0;
        for (at, _) in page.match_indices("<svg width=\"100%\"") {
            let end = page[at..]
                .find("</svg>\n</figure>")
                .or_else(|| page[at..].find("</svg>\n<p class=\"quiet\">"));
            let picture = &page[at..at + end.unwrap() + "</svg>".len()];
            let document =
                roxmltree::Document::parse(picture).unwrap_or_else(|error| panic!("{error}: {picture}"));
            let of = |class: &str| {
                document.descendants().filter(|node| node.attribute("class") == Some(class)).count()
            };
            assert_eq!((of("culprit"), of("mark grew"), of("outline grew")), (1, 1, 1));
            assert_eq!((of("many"), of("cross")), (pictures, pictures), "slow ones loop and fail");
            let texts: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
            let shown: String = visible(name).chars().take(10).collect();
            assert!(texts.iter().any(|text| text.contains(&shown)), "{texts:?}");
            pictures += 1;
        }
        assert_eq!(pictures, 2);
    }
}

#[test]
fn no_name_becomes_markup() {
    let page = page(&findings(HOSTILE));
    for hostile in ["<img", "onload='x", "\u{1b}", "\u{202e}", "\0", "<script", "\u{ffff}"] {
        assert!(!page.contains(hostile), "{hostile:?}");
    }
    assert!(page.contains("\\u{202e}") && page.contains("\\u{0}"));
    assert!(!page.contains(" style=\""));
    let long = "<b>".repeat(100_000);
    assert!(self::page(&findings(&long)).len() < 200_000, "long names are cut");
}

#[test]
fn what_is_not_known_is_not_said() {
    let empty = Findings { compared: "sets", evidence: "none", ..Findings::default() };
    let page = page(&empty);
    for absent in ["<table", "waterfalls", "causes", "NaN", "inf"] {
        let body = page.split("<body>").nth(1).unwrap();
        assert!(!body.contains(absent), "{absent}");
    }
    let mut few = findings("db: q");
    few.exemplars[0] = None;
    few.contributions[0].tier = "unquantified";
    (few.contributions[0].low, few.contributions[0].high) = (None, None);
    let page = self::page(&few);
    assert!(page.contains("<b>usual</b>: no such request.") && page.contains("too few requests to tell"));
}
