use super::*;
use crate::render::tests::report;

fn picture(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) -> String {
    let mut picture = Vec::new();
    Svg.render(&report(before, after), &mut picture).unwrap();
    String::from_utf8(picture).unwrap()
}

#[test]
fn any_name_gives_well_formed_xml() {
    let mut text = Vec::new();
    for (place, name) in
        [&b"</script>"[..], b"]]>", b"\0\x01\x1b[0m", b"\xff\xfe", b"\"'&lt;", "\u{202e}\u{ffff}".as_bytes()]
            .iter()
            .enumerate()
    {
        text.extend_from_slice(b"m;");
        text.extend_from_slice(name);
        text.extend_from_slice(format!(" {}\n", 1000 + place).as_bytes());
    }
    let mut after = text.clone();
    after.extend_from_slice(b"m;\x0b\x0c 5000\n");
    let picture = picture(text, after);
    let document = roxmltree::Document::parse(&picture).unwrap();
    let titles: Vec<&str> = document
        .descendants()
        .filter(|node| node.has_tag_name("title"))
        .filter_map(|node| node.text())
        .collect();
    assert!(titles.iter().any(|title| title.starts_with("</script>;")), "{titles:?}");
    assert!(titles.iter().any(|title| title.starts_with("\\u{0}\\u{1}\\u{1b}[0m;")), "{titles:?}");
    assert!(titles.iter().any(|title| title.starts_with("\\u{202e}\\u{ffff};")), "{titles:?}");
    assert!(!document.descendants().any(|node| node.has_tag_name("script")));
}

#[test]
fn boxes_carry_title_number_and_colour() {
    let picture = picture("m;a 9000\nm;b 1000\n", "m;a 9000\nm;b 3000\nm;n 2000\n");
    assert!(picture.contains(
        "<title>n; total 0.00 % to 14.29 % (+14.29); self 0.00 % to 14.29 % (+14.29); new; plateau"
    ));
    assert!(picture.contains("fill=\"#f07c2e\"/>"), "full at five points");
    assert!(picture.contains("stroke-dasharray=\"4 2\""), "a shrank");
}

#[test]
fn identical_captures_are_all_grey() {
    let text = "m;a 9000\nm;b 1000\n";
    let picture = picture(text, text);
    let boxes = picture.split_once("<g font-family").map(|(_, boxes)| boxes.to_owned()).unwrap();
    for colour in [rgb(GREW), rgb(SHRANK), GREW_LINE.to_owned(), SHRANK_LINE.to_owned()] {
        assert!(!boxes.contains(&colour), "{colour}");
    }
}

#[test]
fn narrow_boxes_are_drawn_together() {
    let rows: String = (0..5000).map(|place| format!("m;narrow{place} 1\n")).collect();
    let text = format!("m;wide 5000\n{rows}");
    let picture = picture(&text, &text);
    assert!(picture.contains("<title>5,000 narrow frames</title>"));
    assert!(!picture.contains("narrow17"));
}

#[test]
fn a_very_deep_stack_is_cut_and_says_so() {
    let deep = vec!["f"; 100_000].join(";");
    let picture = picture(format!("{deep} 4000\n"), format!("{deep} 5000\n"));
    assert!(picture.contains(" rows below are not drawn.</text>"));
    assert!(picture.len() < 1_000_000, "{} bytes", picture.len());
}

#[test]
fn text_stands_out_from_every_fill() {
    let light = |colour: &str| {
        let channel = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    };
    let ink = light(INK);
    for step in 0..=20 {
        for full in [GREW, SHRANK] {
            let contrast = (light(&mixed(full, f64::from(step) / 20.0)) + 0.05) / (ink + 0.05);
            assert!(contrast >= 4.5, "{contrast}");
        }
    }
    for line in [GREW_LINE, SHRANK_LINE, MUTED] {
        assert!(1.05 / (light(line) + 0.05) >= 4.5, "white on {line}");
    }
}

#[test]
fn the_middle_of_a_long_name_gives_way() {
    assert_eq!(fit("short", 5), "short");
    assert_eq!(fit("app::cache::parse_object", 11), "app::\u{2026}bject");
    assert_eq!(fit("日本語の関数", 7), "日\u{2026}数");
}
