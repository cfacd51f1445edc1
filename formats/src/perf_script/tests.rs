use super::*;
use crate::FrameId;
use crate::{Capture, Profile, read_bytes};

fn capture(text: &str) -> Capture {
    read_bytes("test", text.as_bytes(), &ReadOptions::default()).unwrap()
}

fn profile(capture: &Capture) -> &Profile {
    let Content::Profile(profile) = &capture.content else { panic!("perf script is a profile") };
    profile
}

/// Every row as `event root;..;leaf count value`.
fn rows(capture: &Capture) -> Vec<String> {
    let profile = profile(capture);
    let name = |frame: FrameId| profile.strings.text(profile.function(profile.frame(frame).function).name);
    let mut rows = Vec::new();
    for series in &profile.series {
        let event = profile.strings.text(series.value_types[0].name);
        let counts = series.samples.counts.as_ref().unwrap();
        let samples = &series.samples;
        for ((&stack, count), value) in samples.stacks.iter().zip(counts).zip(&samples.values[0]) {
            let mut frames: Vec<_> = profile.frames_of(stack).map(name).collect();
            frames.reverse();
            rows.push(format!("{event} {} {count} {value}", frames.join(";")));
        }
    }
    rows
}

#[test]
fn samples_of_every_event_are_kept() {
    let capture = capture(
        "a b 1/2 [000] 1.000000: 10 cycles:u: \n\t1 leaf+0x1 (/x)\n\t2 root+0x2 (/x)\n\n\
         a b 1/2 [000] 1.500000: 30 cycles:u: \n\t1 leaf+0x1 (/x)\n\t2 root+0x2 (/x)\n\n\
         a b 1/3 [000] 2.000000: faults: \n\n",
    );
    assert_eq!(rows(&capture), ["cycles:u a b;root;leaf 2 40", "faults a b 1 1"]);
    let meta = &profile(&capture).meta;
    assert_eq!((meta.duration_ns, meta.threads), (Some(1_000_000_000), Some(2)));
    assert!(capture.notes.is_empty());
}

#[test]
fn single_line_layout() {
    let capture =
        capture("  a 1 1.0: 1 cycles:u:  f9 [unknown] ([unknown])\n  a 1 1.1: 1 cycles:  7f f+0x4 (/x)\n");
    assert_eq!(rows(&capture), ["cycles:u a;[unknown] 1 1", "cycles a;f 1 1"]);
}

#[test]
fn side_records_are_no_samples_and_losses_are_kept() {
    let capture = capture(
        "a 1 1.0: PERF_RECORD_MMAP 1/1: [0x1(0x2) @ 0]: x /x\na 1 1.0: PERF_RECORD_LOST lost 42\n\
         a 1 1.0: PERF_RECORD_LOST lost 1\na 1 1.1: 1 cycles:  7f f+0x4 (/x)\n",
    );
    assert_eq!(rows(&capture), ["cycles a;f 1 1"]);
    assert_eq!(profile(&capture).meta.lost_events, Some(43));
}

#[test]
fn odd_lines_cost_no_sample() {
    let capture = capture(
        "a 1 1.0: 5 cycles: \n\t1 f (/x)\n\tODD\n  main.c:7\n\t2 g (/x)\n\na 1 1.0: 5 cycles: \n\n\t3 h (/x)\n\nrubbish\n",
    );
    assert_eq!(rows(&capture), ["cycles a;g;f 1 5", "cycles a 1 5"]);
    let notes: Vec<_> =
        capture.notes.iter().map(|note| (note.code, note.count, note.first[0].line)).collect();
    assert_eq!(
        notes,
        [("frame_unread", 1, Some(3)), ("frame_without_sample", 1, Some(9)), ("line_unread", 1, Some(11))]
    );
}

#[test]
fn source_lines_belong_to_the_frame_above() {
    let capture = capture("a 1 1.0: 5 cycles: \n\t1 f (/x)\n  f.c:7\n\t2 g (/x)\n  g.c:9\n\n");
    let profile = profile(&capture);
    let frame = |name: &str| {
        profile
            .frames
            .iter()
            .find(|frame| profile.strings.text(profile.function(frame.function).name) == name)
            .unwrap()
    };
    assert_eq!((frame("f").line, frame("g").line), (7, 9));
    let file = profile.function(frame("g").function).file.unwrap();
    assert_eq!(profile.strings.text(file), "g.c");
}

#[test]
fn a_period_over_the_range_is_left_out_and_counted() {
    let capture =
        capture("a 1 1.0: 18446744073709551615 cycles: \n\t1 f (/x)\n\na 1 1.0: 5 cycles: \n\t1 f (/x)\n\n");
    assert_eq!(rows(&capture), ["cycles a;f 1 5"]);
    assert_eq!(capture.notes.samples_left_out(), 1);
}

#[test]
fn huge_sums_do_not_wrap() {
    let sample = format!("a 1 1.0: {} cycles: \n\t1 f (/x)\n\n", i64::MAX);
    let capture = capture(&sample.repeat(2));
    assert_eq!(profile(&capture).series[0].sum(0), 2 * i128::from(i64::MAX));
}

#[test]
fn a_cut_last_sample_keeps_its_whole_frames() {
    let capture = capture("a 1 1.0: 5 cycles: \n\t1 f (/x)\n\t2 g (/");
    assert_eq!(rows(&capture), ["cycles a;f 1 5"]);
    assert_eq!(capture.notes.get("cut_at_end").unwrap().count, 1);
}

#[test]
fn chunks_do_not_show() {
    let mut text = String::new();
    for i in 0..200 {
        let (leaf, comm, event) = (i % 7, i % 3, if i % 5 == 0 { "cycles" } else { "faults" });
        text +=
            &format!("c{comm} 1 {i}.0: {i} {event}: \n\t1 f{leaf} (/x)\n\t{i:x} g{} (/y)\n\tODD\n\n", i % 11);
    }
    text = format!("# hostname : one\n{text}# hostname : two\n");
    text += &format!("a 1 1.0: {} cycles: \n\t1 f (/x)\n\n", i64::MAX).repeat(3);
    text += "  s 1 1.0: 1 cycles:  7f f+0x4 (/x)\nodd\n";
    let whole = capture(&text);
    for chunk_bytes in [1, 10, 100, 1000, 3000] {
        let options = ReadOptions { chunk_bytes, ..ReadOptions::default() };
        let cut = read_bytes("test", text.as_bytes(), &options).unwrap();
        assert_eq!(format!("{:?}", cut.content), format!("{:?}", whole.content), "{chunk_bytes}");
        assert_eq!(cut.notes, whole.notes);
    }
}
