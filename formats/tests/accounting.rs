//! Every sample is accounted for: records in the file = records used + records left out by a named reason, for every
//! capture of the corpus and every shared one, whatever the chunks; and what is no capture gets a sentence.

mod common;

use analyzer_formats::{Capture, Content, ReadOptions, read_path};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Small enough to cut every capture into many chunks.
const SMALL_CHUNKS: usize = 1 << 10;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures")
}

/// What was met, used and left out; the last with its reasons.
fn account(capture: &Capture) -> (u64, u64, u64, Vec<(&'static str, u64)>) {
    let reasons = capture.notes.iter().map(|note| (note.code, note.count));
    (capture.notes.records(), capture.records_used(), capture.notes.samples_left_out(), reasons.collect())
}

/// Reads a file in chunks of both sizes. `Err` has what is wrong with the account; `Ok` whether it was read.
fn check(path: &Path) -> Result<bool, String> {
    let whole = read_path(path, &ReadOptions::default());
    let small = read_path(path, &ReadOptions { chunk_bytes: SMALL_CHUNKS, ..ReadOptions::default() });
    match (whole, small) {
        (Ok(whole), Ok(small)) => {
            let (found, chunked) = (account(&whole), account(&small));
            let (met, used, left_out, _) = &found;
            if *met != used + left_out {
                return Err(format!("{}: {met} met, {used} used, {left_out} left out", whole.source.name));
            }
            if found != chunked {
                return Err(format!("{}: {found:?}, in small chunks {chunked:?}", whole.source.name));
            }
            Ok(true)
        }
        (Err(whole), Err(small)) => {
            let (whole, small) = (whole.to_string(), small.to_string());
            let is_sentence = whole.len() < 600 + path.as_os_str().len() && !whole.contains('\n');
            if whole != small || !is_sentence {
                return Err(format!("one sentence, the same for every chunk size: {whole:?}, {small:?}"));
            }
            Ok(false)
        }
        (whole, small) => {
            let error = |read: Result<Capture, _>| {
                read.err().map(|error: analyzer_formats::ReadError| error.to_string())
            };
            Err(format!("{}: whole {:?}, in small chunks {:?}", path.display(), error(whole), error(small)))
        }
    }
}

/// How many files below a folder are read; every other is refused in a sentence.
fn check_all(folder: &Path) -> usize {
    let outcomes = common::files_below(folder).into_iter().map(|path| check(&path));
    let (read, wrong): (Vec<_>, Vec<_>) = outcomes.partition(Result::is_ok);
    let wrong: Vec<String> = wrong.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} files:\n{}", wrong.len(), wrong.join("\n"));
    read.into_iter().flatten().filter(|&is_read| is_read).count()
}

#[test]
fn the_corpus_is_accounted_for() {
    let read = check_all(&corpus());
    assert!(read >= 12, "{read}");
}

#[test]
fn shared_captures_are_accounted_for() {
    let Some(captures) = common::captures() else { return };
    let read = check_all(&captures);
    assert!(read > 100, "{read}");
}

/// Counted without a reader: the lines of folded stacks that end with a count.
#[test]
fn folded_stacks_have_a_record_for_every_line_with_a_count() {
    let of_corpus = check_folded(&corpus());
    assert!(of_corpus >= 4, "{of_corpus}");
    let Some(captures) = common::captures() else { return };
    let shared = check_folded(&captures.join("folded"));
    assert!(shared >= 5, "{shared}");
}

/// How many files of folded stacks there are below a folder.
fn check_folded(folder: &Path) -> usize {
    let mut files = 0;
    for path in common::files_below(folder) {
        let Ok(capture) = read_path(&path, &ReadOptions::default()) else { continue };
        if capture.source.format != "folded" {
            continue;
        }
        let mut bytes = std::fs::read(&path).expect("what was read can be read again");
        if bytes.starts_with(&[0x1f, 0x8b]) {
            let mut unpacked = Vec::new();
            flate2::read::MultiGzDecoder::new(&bytes[..])
                .read_to_end(&mut unpacked)
                .expect("a whole container");
            bytes = unpacked;
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let is_count = |word: &str| word.parse::<f64>().is_ok_and(|count| count >= 0.0);
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let counted = lines.filter(|line| line.trim_end().rsplit([' ', '\t']).next().is_some_and(is_count));
        // Where a line has two counts, each of them is a record.
        let columns = if analyzer_formats::folded::split(&capture).is_some() { 2 } else { 1 };
        assert_eq!(capture.records_used(), columns * counted.count() as u64, "{}", path.display());
        files += 1;
    }
    files
}

/// Counted by the recipes that recorded the corpus, which share no code with the readers.
#[test]
fn the_corpus_has_the_samples_that_its_manifest_says() {
    for (name, samples) in [("rust/before.perf.txt.gz", 13_162), ("rust/after.perf.txt.gz", 14_106)] {
        let capture = read_path(&corpus().join(name), &ReadOptions::default()).expect(name);
        let Content::Profile(profile) = &capture.content else { panic!("{name}: expected a profile") };
        assert_eq!(profile.series.iter().map(|series| series.records).sum::<u64>(), samples, "{name}");
        assert_eq!(capture.notes.records(), samples, "{name}");
    }
}
