//! Two folded files as two columns: added up as text, and through the model.

use analyzer_core::{CompareOptions, Question, folded_diff, folded_text_diff};
use analyzer_formats::folded::Text;
use analyzer_formats::{ReadOptions, read_path};
use std::path::{Path, PathBuf};

/// The lines that both ways give, sorted.
fn both(before: &Path, after: &Path) -> [Vec<String>; 2] {
    let options = ReadOptions { chunk_bytes: 1000, ..ReadOptions::default() };
    let lines = |out: Vec<u8>| {
        let mut lines: Vec<String> =
            String::from_utf8(out).expect("these frames are UTF-8").lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    let texts = [before, after].map(|path| Text::open(path, &options).expect("readable").expect("folded"));
    let mut text = Vec::new();
    folded_text_diff(&texts[0].totals(&options), &texts[1].totals(&options), &mut text)
        .expect("a Vec takes all");
    let captures = [before, after].map(|path| read_path(path, &options).expect("readable"));
    let mut model = Vec::new();
    folded_diff(&Question::pair(&captures[0], &captures[1]), &CompareOptions::default(), &mut model)
        .expect("comparable");
    [lines(text), lines(model)]
}

#[test]
fn text_and_model_agree_on_the_corpus() {
    let path = |side| {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("../corpus/captures/rust/{side}.folded.gz"))
    };
    let [text, model] = both(&path("before"), &path("after"));
    assert_eq!(text, model);
    assert!(text.len() > 500);
}

#[test]
fn decimals_and_absent_stacks() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("writable");
        path
    };
    let before = file("before.folded", "\u{feff}a;b 1.5\na;b 1\na;gone 2\na;zero 0\n");
    let after = file("after.folded", "a;new 0.25\r\na;b 3\nodd\n");
    let [text, model] = both(&before, &after);
    assert_eq!(text, ["a;b 2.5 3", "a;gone 2 0", "a;new 0 0.25"]);
    assert_eq!(text, model);
}
