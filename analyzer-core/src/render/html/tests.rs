use super::*;
use crate::render::tests::report;

fn page(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) -> String {
    let mut page = Vec::new();
    Html.render(&report(before, after), &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// The page without the files that are the same on every page.
fn own(page: &str) -> String {
    SCRIPTS.iter().chain([&STYLE]).fold(page.to_owned(), |page, file| page.replace(file, ""))
}

#[test]
fn the_scripts_are_small() {
    let bytes: usize = SCRIPTS.iter().map(|script| script.len()).sum();
    assert!(bytes <= 32 * 1024, "{bytes} bytes of scripts");
}

#[test]
fn sections_stand_in_their_order() {
    let page = page("m;a 9000\nm;b 1000\nm;c 5000\n", "m;a 9000\nm;b 3000\nm;c 2000\n");
    let order = [
        "<h1>",
        "id=\"captures\"",
        "id=\"grew\"",
        "class=\"explained\"",
        "id=\"graph\"",
        "id=\"shrank\"",
        "id=\"how\"",
    ];
    let places: Vec<usize> =
        order.iter().map(|part| page.find(part).unwrap_or_else(|| panic!("{part}"))).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn percentages_of_a_row_differ_by_its_change() {
    let page = page("m;a 5000\nm;b 5000\n", "m;a 5000\nm;b 15000\n");
    // Of 10,000 before and 20,000 after: b from half to three quarters.
    for cell in [">50.00 %<", ">75.00 %<", "<b>+25.00</b>"] {
        assert!(page.contains(cell), "{cell}");
    }
}

#[test]
fn what_is_unknown_is_absent() {
    let page = page("m;a 5000\n", "m;a 5001\n");
    for absent in ["May have grown", "Plateaus that shrank", "class=\"warning\"", "build id", "duration</th>"]
    {
        assert!(!page.contains(absent), "{absent}");
    }
    assert!(page.contains("None grew by more than noise."));
}

#[test]
fn no_name_becomes_markup() {
    let names = [
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "]]>",
        "\" onclick=\"x",
        "' style='x",
        "a\u{1b}[31mb",
        "\u{202e}c",
        "\0nul",
    ];
    let text = |value: u32| {
        let rows = names
            .iter()
            .enumerate()
            .map(|(place, name)| format!("m;{name} {}\n", value + 1000 * place as u32));
        let mut text: Vec<u8> = rows.collect::<String>().into();
        text.extend_from_slice(b"m;bad\xff\xfeutf8 2000\n");
        text
    };
    let page = own(&page(text(100), text(30_000)));
    assert_eq!(page.matches("<script").count(), SCRIPTS.len() + 1);
    assert_eq!(page.matches("</script>").count(), SCRIPTS.len() + 1);
    for hostile in ["<img", "onclick=\"x", "style='x", "\u{1b}", "\u{202e}", "\0"] {
        assert!(!page.contains(hostile), "{hostile:?}");
    }
    assert!(page.contains("\\u{202e}c") && page.contains("a\\u{1b}[31mb") && page.contains("\\u{0}nul"));
    assert!(page.contains("bad\u{fffd}\u{fffd}utf8"));
    assert!(!page.contains(" style=\"") && !page.contains("javascript:"));
}

#[test]
fn the_policy_allows_these_scripts_and_nothing_else() {
    let page = page("m;a 5000\n", "m;a 9000\n");
    assert!(page.contains("content=\"default-src 'none'; script-src 'sha256-"));
    assert_eq!(POLICY.matches("'sha256-").count(), SCRIPTS.len() + 1);
    assert!(!POLICY.contains("unsafe"));
    for sink in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setAttribute(\"style"]
    {
        assert!(SCRIPTS.iter().all(|script| !script.contains(sink)), "{sink}");
    }
    for script in SCRIPTS {
        assert!(script.starts_with("\"use strict\";"));
    }
}

#[test]
fn the_static_picture_has_the_light_colours_of_the_page() {
    for colour in [
        "--box: #e1e1de",
        "--grew: #f07c2e",
        "--shrank: #5aa0e6",
        "--grew-line: #b34700",
        "--shrank-line: #1a5fa8",
    ] {
        assert!(STYLE.contains(colour), "{colour}");
    }
}

#[test]
fn a_very_deep_stack_and_an_empty_side_are_drawn() {
    let deep = vec!["f"; 100_000].join(";");
    let deep = page(format!("{deep} 4000\nf 1000\n"), format!("{deep} 9000\nf 1000\n"));
    assert!(deep.len() < 2_000_000, "{} bytes", deep.len());
    let gone = page("m;a 5000\n", "m 0\n");
    assert!(gone.contains("id=\"tree\""));
    let new = page("m 0\n", "m;a 5000\n");
    assert!(new.contains(">new<") && !own(&new).contains("NaN"));
}

#[test]
fn a_real_pair_is_small() {
    let side = |name: &str| {
        let path = format!("{}/../corpus/captures/rust/{name}.folded.gz", env!("CARGO_MANIFEST_DIR"));
        analyzer_formats::read_path(path.as_ref(), &analyzer_formats::ReadOptions::default()).unwrap()
    };
    let report = crate::compare(&side("before"), &side("after"), &crate::CompareOptions::default()).unwrap();
    let packed = payload::pack(&report.graph).unwrap().text.len();
    assert!(packed <= 10 * report.graph.nodes.len(), "{packed} bytes for {} nodes", report.graph.nodes.len());
    let mut page = Vec::new();
    Html.render(&report, &mut page).unwrap();
    assert!(page.len() <= 600_000, "{} bytes", page.len());
}
