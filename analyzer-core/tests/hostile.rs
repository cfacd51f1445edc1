//! Hostile captures at every sink: names that are markup, formulas or control characters, values at the limits,
//! stacks of a million frames.

#[path = "common/sinks.rs"]
mod sinks;

use analyzer_core::render::RENDERERS;
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{
    Capture, Container, Content, Frame, FrameKind, Function, Notes, ProfileBuilder, ReadOptions, Source,
    read_bytes,
};
use sinks::every_output;
use std::path::Path;

/// What is marked with it came from a capture.
const MARK: &str = "zqx";

const NAMES: &[&str] = &[
    "zqx</script><img src=x onerror=alert(1)>",
    "zqx]]><img src=x>",
    "zqx<!--<img src=x>",
    "zqx--><img src=x>",
    "zqx\"onload=\"alert(1)",
    "zqx'onload='alert(1)",
    "zqx&lt;img src=x&gt;",
    "zqx\0\u{1b}[31mred\u{7}\u{9b}2J",
    "zqx\nnext line\r\n| a | b |",
    "zqx|`[a](javascript:alert(1))<b>*x*_y_",
    "zqx\u{202e}txt.exe\u{2066}\u{200f}\u{feff}",
    "zqx\u{2028}\u{2029}\u{ffff}",
    "=zqx+cmd|' /C calc'!A0",
    "+zqx",
    "-zqx",
    "@zqx",
    "\tzqx",
    "zqx${x}{{x}}%s%n\\",
];

/// A capture of these functions, each called by the one before and each with this value of its own.
fn capture(names: &[&[u8]], value: i64) -> Capture {
    let mut builder = ProfileBuilder::default();
    let value_type = builder.value_type(b"zqx<b>\x1b\xff", b"count");
    let series = builder.series(&[value_type]);
    let mut stack = None;
    for &name in names {
        let name = builder.string(name);
        let function = Function { name, system_name: Some(name), file: Some(name), start_line: 1 };
        let function = builder.function(function);
        let frame = builder.frame(Frame { function, mapping: None, line: 1, kind: FrameKind::User });
        stack = Some(builder.stack(stack, frame));
        builder.sample(series, stack, &[value], None);
    }
    let source = Source {
        name: "zqx<img src=x>\x1b\n\"'.pb".to_owned(),
        format: "pprof",
        why_recognised: String::new(),
        container: Container::Plain,
        bytes: 1,
        digest: None,
    };
    Capture { source, content: Content::Profile(builder.finish()), notes: Notes::default() }
}

/// Characters that hide or reorder what stands beside them, or steer a terminal.
fn is_hidden(character: char) -> bool {
    (character.is_control() && !matches!(character, '\n' | '\t'))
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{ffff}')
}

#[test]
fn names_are_text_at_every_sink() {
    let names: Vec<&[u8]> =
        NAMES.iter().map(|name| name.as_bytes()).chain([b"zqx\xff\xfe\xc3".as_slice()]).collect();
    let (before, after) = (capture(&names[..1], 100), capture(&names, 100));
    let options =
        CompareOptions { command: "plateau diff 'zqx<img src=x>`'".to_owned(), ..Default::default() };
    let report = compare(&before, &after, &options).expect("comparable");
    assert!(report.plateaus.len() > 10, "the names are in the tables");
    for renderer in RENDERERS {
        let mut out = Vec::new();
        renderer.render(&report, &mut out).expect("memory does not fail");
        let text = String::from_utf8(out).expect("reports are UTF-8");
        let name = renderer.name();
        assert!(text.contains(MARK), "{name}");
        if name != "json" {
            let hidden = text.chars().find(|&character| is_hidden(character));
            assert_eq!(hidden, None, "{name}: {}", around(&text, hidden));
        }
        match name {
            "json" => {
                let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                let plateaus = value["plateaus"].as_array().expect("plateaus");
                let functions: Vec<&str> =
                    plateaus.iter().filter_map(|row| row["function"].as_str()).collect();
                assert!(functions.contains(&NAMES[7]), "JSON has names as they are: {functions:?}");
                assert!(!text.contains('\u{1b}') && !text.contains('\0'));
            }
            "html" | "svg" | "md" => {
                let text = if name == "md" { without_code(&text) } else { text.clone() };
                for markup in [
                    "<img",
                    "zqx<b>",
                    "<b>*x*",
                    "zqx</script",
                    "\"onload",
                    "zqx<!--",
                    "zqx-->",
                    "zqx]]>",
                    "\tzqx",
                ] {
                    // To Markdown only what opens with `<` is markup.
                    let is_markup = name != "md" || markup.contains('<');
                    assert!(!is_markup || !text.contains(markup), "{name} holds {markup}");
                }
            }
            "csv" => {
                let mut rows = csv::Reader::from_reader(text.as_bytes());
                let rows: Vec<csv::StringRecord> = rows.records().map(|row| row.expect("a row")).collect();
                assert_eq!(rows.len(), report.plateaus.len());
                for cell in rows.iter().flatten().filter(|cell| cell.contains(MARK)) {
                    assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
                }
            }
            _ => {}
        }
        if name == "svg" {
            roxmltree::Document::parse(&text).expect("SVG is XML");
        }
    }
}

/// Markdown without its code spans, in which nothing is markup (CommonMark 0.31, section 6.1).
fn without_code(text: &str) -> String {
    let mut rest = text;
    let mut outside = String::new();
    while let Some(at) = rest.find(['`', '\\']) {
        outside.push_str(&rest[..at]);
        rest = &rest[at..];
        if rest.starts_with('\\') {
            let escaped = rest.chars().take(2).map(char::len_utf8).sum();
            rest = &rest[escaped..];
            continue;
        }
        let run = rest.len() - rest.trim_start_matches('`').len();
        let mut after = &rest[run..];
        loop {
            let start = after.find('`').expect("a code span ends");
            after = &after[start..];
            let length = after.len() - after.trim_start_matches('`').len();
            after = &after[length..];
            if length == run {
                break;
            }
        }
        rest = after;
    }
    outside + rest
}

fn around(text: &str, character: Option<char>) -> String {
    let at = character.and_then(|character| text.find(character)).unwrap_or(0);
    text.chars().skip(text[..at].chars().count().saturating_sub(60)).take(90).collect::<String>()
}

#[test]
fn written_stacks_have_one_line_each_and_names_as_bytes() {
    let capture = capture(&[b"a\n1 2", b"b;c\r", b"\x1b\xff=x"], 7);
    every_output(&capture, |sink, bytes| {
        if sink == "folded" {
            let lines: Vec<&[u8]> = bytes.split(|&byte| byte == b'\n').collect();
            assert_eq!(lines.len(), 4, "three stacks and the end");
            assert!(lines[2].windows(2).any(|pair| pair == b"\x1b\xff"));
        }
    });
}

#[test]
fn values_at_the_limits_go_through_every_sink() {
    for value in [i64::MAX, i64::MIN, -1, 0, 1] {
        every_output(&capture(&[b"a", b"b", b"c"], value), |_, _| {});
    }
    every_output(&capture(&[], 0), |_, _| {});
}

#[test]
fn what_once_failed_goes_through_every_sink() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../formats/tests/regressions");
    let Ok(targets) = std::fs::read_dir(folder) else { return };
    for target in targets {
        let target = target.expect("the entry can be read").path();
        let from = target.file_name().and_then(|name| analyzer_formats::format_named(name.to_str()?));
        let options = ReadOptions { from: from.map(|format| format.name()), ..ReadOptions::default() };
        for entry in std::fs::read_dir(target).expect("the folder can be listed") {
            let bytes = std::fs::read(entry.expect("the entry can be read").path()).expect("readable");
            if let Ok(capture) = read_bytes("regression", &bytes, &options) {
                every_output(&capture, |_, _| {});
            }
        }
    }
}

/// One stack of so many frames, of a thousand functions that call each other in a circle.
fn deep(depth: usize) -> Capture {
    let names: Vec<String> = (0..1000).map(|function| format!("f{function}")).collect();
    let frames: Vec<&str> = (0..depth).map(|frame| names[frame % 1000].as_str()).collect();
    let text = format!("{} 9\n{} 3\n", frames.join(";"), frames[..depth / 2].join(";"));
    let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
    read_bytes("deep.folded", text.as_bytes(), &options).expect("folded text of any depth is read")
}

#[test]
fn a_stack_of_200_000_frames_goes_through_every_sink() {
    let mut sinks = 0;
    every_output(&deep(200_000), |_, _| sinks += 1);
    assert!(sinks >= 5 + RENDERERS.len());
}

#[test]
fn a_stack_of_a_million_frames_goes_through_every_sink() {
    every_output(&deep(1_000_000), |_, _| {});
}
