use super::*;
use crate::SeriesId;
use crate::{Capture, read_bytes};
use proptest::prelude::*;

fn capture(text: &str) -> Capture {
    read_bytes("test", text.as_bytes(), &ReadOptions { from: Some("folded"), ..ReadOptions::default() })
        .unwrap()
}

fn written(capture: &Capture) -> String {
    let Content::Profile(profile) = &capture.content else { panic!("folded stacks are a profile") };
    let mut out = Vec::new();
    write(profile, SeriesId::new(0), Values::Column(0), FrameText::Line, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn equal_stacks_add_up_and_suffixes_come_back() {
    let capture = capture("a;b;c_[k] 3\na;b 2\na;;c 1\na;b;c_[k] 4\n");
    assert_eq!(written(&capture), "a;b;c_[k] 7\na;b 2\na;;c 1\n");
    assert!(capture.notes.is_empty());
}

#[test]
fn a_shared_prefix_of_bytes_is_no_shared_frame() {
    assert_eq!(
        written(&capture("a;bc 1\na;bcd 2\na;b 3\na;bc;d 4\na;bc 5\n")),
        "a;bc 6\na;bcd 2\na;b 3\na;bc;d 4\n"
    );
}

#[test]
fn decimals_are_exact() {
    let capture = capture("a 14.2343983248722834234\na 1\nb 0.5\nc 3.10\n");
    assert_eq!(written(&capture), "a 15.234398324\nb 0.5\nc 3.1\n");
    assert_eq!(capture.notes.get("decimals_cut").unwrap().count, 1);
}

#[test]
fn what_is_no_count_is_left_out_and_counted() {
    let capture = capture("a 1\nb -1\nc 1e3\nd 99999999999999999999\ne\nf 2");
    assert_eq!(written(&capture), "a 1\nf 2\n");
    let notes: Vec<_> = capture.notes.iter().map(|note| (note.code, note.count)).collect();
    assert_eq!(notes, [("count_unread", 3), ("count_too_large", 1)]);
}

#[test]
fn a_tiny_fraction_costs_no_large_count() {
    // Ten to the tenth leaves room for eight places.
    let capture = capture("a 10000000000\nb 0.5\nc 0.000000001\nd 0.00000001\n");
    assert_eq!(written(&capture), "a 10000000000\nb 0.5\nc 0\nd 0.00000001\n");
    let note = capture.notes.get("decimals_cut").unwrap();
    assert_eq!((note.count, note.first[0].line), (1, Some(3)));
    // The largest leaves room for none.
    let capture = self::capture("a 9000000000000000000\nb 0.5\nc 1.0\n");
    assert_eq!(written(&capture), "a 9000000000000000000\nb 0\nc 1\n");
    assert_eq!(capture.notes.samples_left_out(), 0);
    assert_eq!(capture.notes.get("decimals_cut").unwrap().count, 1);
    // It may itself have a fraction, which is kept as far as all of it fits.
    let capture = self::capture("a 922337203685477580.9\nb 9223372036854775807\n");
    assert_eq!(written(&capture), "a 922337203685477580\nb 9223372036854775807\n");
    let capture = self::capture("a 922337203685477580.9\nb 1\n");
    assert_eq!(written(&capture), "a 922337203685477580\nb 1\n");
    let capture = self::capture("a 92233720368547757.9\nb 1\n");
    assert_eq!(written(&capture), "a 92233720368547757.9\nb 1\n");
}

#[test]
fn what_looks_like_a_comment_or_has_no_frames_comes_back() {
    let text = " #run 3\n  #run 4\n#run;x 5\n 6\na;; 7\n #a;b 8\n";
    let capture = capture(text);
    assert_eq!(written(&capture), text);
    let Content::Profile(profile) = &capture.content else { panic!("folded stacks are a profile") };
    let roots = profile.series[0].samples.stacks.iter().map(|stack| profile.frames_of(*stack).last());
    let names = roots.map(|frame| {
        frame.map(|frame| {
            profile.strings.text(profile.function(profile.frame(frame).function).name).into_owned()
        })
    });
    let names: Vec<_> = names.collect();
    let names: Vec<_> = names.iter().map(Option::as_deref).collect();
    assert_eq!(names, [Some("#run"), Some(" #run"), Some("#run"), None, Some("a"), Some(" #a")]);
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(lines in prop::collection::vec("[#a; k_\\[\\]]{0,6} [0-9]{1,3}(\\.[0-9]{1,2})?", 1..8)) {
        let first = capture(&format!("main;run 1\n{}", lines.join("\n")));
        let text = written(&first);
        let again = capture(&text);
        assert_eq!(written(&again), text);
        let stacks = |capture: &Capture| {
            let Content::Profile(profile) = &capture.content else { panic!("folded stacks are a profile") };
            let name = |frame| profile.strings.text(profile.function(profile.frame(frame).function).name).into_owned();
            let samples = &profile.series[0].samples;
            // Sums may be whole where counts were not: fewer decimal places are kept then.
            let finest = 10i64.pow(u32::from(9 - profile.series[0].value_types[0].decimals));
            let values = samples.values[0].iter().map(|value| value * finest);
            let stacks = samples.stacks.iter().map(|stack| profile.frames_of(*stack).map(name).collect::<Vec<_>>());
            stacks.zip(values).collect::<Vec<_>>()
        };
        assert_eq!(stacks(&again), stacks(&first));
    }
}

#[test]
fn chunks_do_not_show() {
    let mut text = String::from("# comment\n");
    for i in 0..300 {
        text += &format!("main;f{};g{} {}.{}\n", i % 7, i % 11, i, i % 3);
    }
    text += "odd line\nmain;f0 1\r\nmain;huge 9000000000000000000\nmain;tiny 0.0000001\n";
    text += &"main;large 900000000\n".repeat(20);
    let whole = capture(&text);
    for chunk_bytes in [1, 10, 100, 1000] {
        let options = ReadOptions { chunk_bytes, from: Some("folded"), ..ReadOptions::default() };
        let cut = read_bytes("test", text.as_bytes(), &options).unwrap();
        assert_eq!(format!("{:?}", cut.content), format!("{:?}", whole.content), "{chunk_bytes}");
        assert_eq!(cut.notes, whole.notes);
    }
}

#[test]
fn two_counts_a_line_are_two_captures() {
    let pair = capture("a;b 3 1\na;c 0 2\na;b 1 1\nno counts\na 1.5 0\n");
    let (before, after) = split(&pair).unwrap();
    assert_eq!(written(&before), "a;b 4\na;c 0\na 1.5\n");
    assert_eq!(written(&after), "a;b 2\na;c 2\na 0\n");
    assert_eq!(before.source.name, "test (before)");
    // Each count of a line is a record, at one place.
    assert_eq!(pair.notes.get("count_unread").unwrap().first.len(), 1);
    assert_eq!((pair.notes.records(), pair.records_used(), pair.notes.samples_left_out()), (10, 8, 2));
    assert!(
        split(&capture("a;b 3\na;c 2 1\n")).is_none(),
        "one line with a count too many is a frame with a blank"
    );
}

#[test]
fn notes_on_the_container_have_no_line() {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(b"a;b 1\na;c\na;d 2\n").unwrap();
    let mut stored = encoder.finish().unwrap();
    stored.extend(b"garbage behind the member");
    let file = tempfile::Builder::new().suffix(".gz").tempfile().unwrap();
    std::fs::write(file.path(), stored).unwrap();
    let text = Text::open(file.path(), &ReadOptions::default()).unwrap().unwrap();
    let totals = text.totals(&ReadOptions::default());
    let lines: Vec<_> = totals.notes.iter().map(|note| (note.code, note.first[0].line)).collect();
    assert_eq!(lines, [("gzip_trailing", None), ("count_unread", Some(2))]);
}
