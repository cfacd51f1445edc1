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
    assert_eq!(capture.notes.get("truncated").unwrap().count, 1);
}

/// Samples in the order of the file, each with its event, its value and its frames from the leaf to the thread.
fn samples(capture: &Capture) -> Vec<(String, i64, Vec<String>)> {
    let profile = profile(capture);
    let name = |frame: FrameId| {
        let frame = profile.frame(frame);
        format!("{} :{}", profile.strings.text(profile.function(frame.function).name), frame.line)
    };
    let mut samples: Vec<_> = Vec::new();
    for series in &profile.series {
        let timeline = series.samples.timeline.as_ref().unwrap();
        for ((&row, &value), &time) in timeline.rows.iter().zip(&timeline.values).zip(&timeline.times_ns) {
            let event = profile.strings.text(series.value_types[0].name).into_owned();
            let frames = profile.frames_of(series.samples.stacks[row as usize]).map(name).collect();
            samples.push((time, (event, value, frames)));
        }
    }
    samples.sort_by_key(|&(time, _)| time);
    samples.into_iter().map(|(_, sample)| sample).collect()
}

/// What a cut is noted as.
const CUTS: [&str; 3] = ["truncated", "end_unmarked", "sample_cut_at_end"];

/// Cuts a text at every byte. Before the cut every sample is as in the whole text; the one that is cut has its
/// frames as far as they are whole, or is no sample, and is noted.
fn cut_everywhere(text: &str, ends: &[usize]) {
    let read = |text: &str| {
        let options = ReadOptions { from: Some("perf-script"), timeline: true, ..ReadOptions::default() };
        read_bytes("test", text.as_bytes(), &options).unwrap()
    };
    let whole = samples(&read(text));
    assert_eq!(whole.len(), ends.len());
    for cut in 1..=text.len() {
        let capture = read(&text[..cut]);
        let found = samples(&capture);
        let before = ends.iter().filter(|&&end| end <= cut).count();
        let shown = &text[..cut];
        assert_eq!(found[..before.min(found.len())], whole[..before], "{shown}");
        if let Some((event, value, frames)) = found.get(before) {
            let (true_event, true_value, true_frames) = &whole[before];
            assert_eq!((event, value), (true_event, true_value), "{shown}");
            let [kept @ .., thread] = &frames[..] else { panic!("no thread: {shown}") };
            // The line of the last one may be cut away.
            let name = |frame: &String| frame.rsplit_once(" :").map(|(name, _)| name.to_owned());
            let is_same = |(kept, whole): (&String, &String)| name(kept) == name(whole);
            assert!(!kept.is_empty() && kept.iter().zip(true_frames).all(is_same), "{shown}");
            assert_eq!(Some(thread), true_frames.last(), "{shown}");
        }
        assert!(found.len() <= before + 1, "{shown}");
        assert_eq!(capture.notes.records(), found.len() as u64 + capture.notes.samples_left_out(), "{shown}");
        let cuts: u64 = CUTS.iter().filter_map(|code| capture.notes.get(code)).map(|note| note.count).sum();
        let is_between = cut == 0 || ends.contains(&cut) || text[..cut].ends_with("#\n");
        assert_eq!(cuts > 0, !is_between, "{:?} {shown}", capture.notes);
        assert!(capture.notes.iter().all(|note| CUTS.contains(&note.code)), "{shown}");
    }
}

/// Where the samples of a text end, which end in `mark`.
fn ends(text: &str, mark: &str) -> Vec<usize> {
    text.match_indices(mark).map(|(at, _)| at + mark.len()).collect()
}

#[test]
fn text_with_stacks_cut_at_every_byte() {
    let text = "#\na b 1/2 [000] 11.100000:   1003009 cycles:u: \n\t    7f01 f(int)+0x14 (/usr/bin/x (deleted))\n\
                \t    55d2 [unknown] ([unknown])\n\t    55d3 (anonymous namespace)::g (/usr/lib/a (1)/b.so)\n\n\
                b 1/3 [001] 12.200000:        250 cycles:u: \n\tffffffff96 do_it ([kernel.kallsyms])\n  it.c:125\n\
                \t    7f01 f(int)+0x14 (/usr/bin/x (deleted))\n\n\
                  :-1 -1 [001] 13.000001: 77 faults: \n\t    7f01 a+0x1 (/y)\n\t    7f02 b (inlined)\n\n";
    cut_everywhere(text, &ends(text, "\n\n"));
}

#[test]
fn text_of_single_lines_cut_at_every_byte() {
    let text = "  a 1 1.100000: 1 cycles:u:  f9 [unknown] ([unknown])\n\
                  a 1 1.200000: 12 cycles:u:  7f f+0x4 (/x (deleted))\n\
                  b 22 1.300000: 34 cycles:u:  7f (anonymous namespace)::g+0x4 (/x)\n";
    // Without the last newline a line is whole.
    let ends: Vec<usize> = ends(text, "\n").into_iter().map(|end| end - 1).collect();
    cut_single_lines(text, &ends);
    let text = "a 1 1.100000: cycles: \na 1 1.200000: cycles: \na 1 1.300000: cycles: \n";
    let marks = self::ends(text, "\n");
    for cut in marks[1]..=text.len() {
        let capture = capture(&text[..cut]);
        let whole = marks.iter().filter(|&&end| end <= cut).count();
        assert_eq!(capture.notes.records(), whole as u64, "{}", &text[..cut]);
        assert_eq!(capture.notes.get("truncated").is_some(), !marks.contains(&cut), "{}", &text[..cut]);
    }
}

fn cut_single_lines(text: &str, ends: &[usize]) {
    let whole = rows(&capture(text));
    for cut in 1..=text.len() {
        let options = ReadOptions { from: Some("perf-script"), ..ReadOptions::default() };
        let capture = read_bytes("test", &text.as_bytes()[..cut], &options).unwrap();
        let before = ends.iter().filter(|&&end| end <= cut).count();
        assert_eq!(rows(&capture), whole[..before], "{}", &text[..cut]);
        let is_whole = ends.contains(&cut) || text[..cut].ends_with('\n');
        assert_eq!(capture.notes.get("truncated").is_some(), !is_whole, "{}", &text[..cut]);
    }
}

#[test]
fn lines_below_a_frame_on_the_line_of_the_header_do_not_cost_it() {
    let capture = capture("a 1 1.0: 1 cycles:  7f f+0x4 (/x)\nodd\na 1 1.0: 1 cycles:  7f f+0x4 (/x)\n");
    assert_eq!(rows(&capture), ["cycles a;f 2 2"]);
}

#[test]
fn places_are_in_the_order_of_the_file() {
    let capture = capture(
        "a 1 1.0: 5 cycles: \n\tODD\n\t1 f (/x)\n\tOTHER\n\tMORE\n\t2 g (/x)\n\tLAST\n\t3 h (/x)\n\t4 i (/x)\n\n",
    );
    let found: Vec<_> =
        capture.notes.get("frame_unread").unwrap().first.iter().map(|place| &place.found).collect();
    assert_eq!(found, ["\\tODD", "\\tOTHER", "\\tMORE"]);
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
