use super::*;
use crate::SeriesId;
use crate::{Capture, read_bytes};

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
    // Each count of a line is a record.
    assert_eq!((pair.notes.records(), pair.records_used(), pair.notes.samples_left_out()), (10, 8, 2));
    assert!(
        split(&capture("a;b 3\na;c 2 1\n")).is_none(),
        "one line with a count too many is a frame with a blank"
    );
}

#[test]
fn a_tiny_count_does_not_cost_a_large_one() {
    let capture = capture("big 5000000000000000000\nlarge 123.25\ntiny 0.000000001\n");
    assert_eq!(written(&capture), "big 5000000000000000000\nlarge 123\ntiny 0\n");
    assert_eq!(capture.notes.get("decimals_cut").unwrap().count, 2);
    // With room for two places two are kept.
    assert_eq!(
        written(&self::capture("big 50000000000000000\nlarge 123.257\n")),
        "big 50000000000000000\nlarge 123.25\n"
    );
}

#[test]
fn stacks_that_look_like_something_else_come_back() {
    for text in [" 5\n", "#run 3\n", "#run;x 3\n", "# a;b 2\n", "5 3\n", "a;;b 1\n"] {
        assert_eq!(written(&capture(text)), text);
    }
    let Content::Profile(profile) = &capture(" 5\n").content else { panic!("a profile") };
    assert_eq!(profile.series[0].samples.stacks, [None]);
    // A frame that cannot be written as it is.
    let mut builder = crate::ProfileBuilder::default();
    let name = builder.string(b"# a");
    let function = builder.function(crate::Function { name, system_name: None, file: None, start_line: 0 });
    let frame = crate::Frame { function, mapping: None, line: 0, kind: crate::FrameKind::User };
    let frame = builder.frame(frame);
    let stack = builder.stack(None, frame);
    let samples = builder.value_type(b"samples", b"count");
    let series = builder.series(&[samples]);
    builder.sum(series, Some(stack), 7);
    let mut out = Vec::new();
    write(&builder.finish(), series, Values::Column(0), FrameText::Line, &mut out).unwrap();
    assert_eq!(out, b"#_a 7\n");
}
