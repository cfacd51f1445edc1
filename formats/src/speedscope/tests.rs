use super::*;
use crate::folded::{self, FrameText, Values};
use crate::{Capture, Profile, SeriesId, Timeline, read_bytes};

const SCHEMA: &str = r#""$schema":"https://www.speedscope.app/file-format-schema.json""#;
const FRAMES: &str = r#""shared":{"frames":[{"name":"a"},{"name":"b"},{"name":"c"}]}"#;

fn read(json: &str, timeline: bool) -> Capture {
    let options = ReadOptions { timeline, ..ReadOptions::default() };
    let capture = read_bytes("test", json.as_bytes(), &options).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        capture.notes.records(),
        capture.records_used() + capture.notes.samples_left_out(),
        "every record is used or left out: {json}"
    );
    capture
}

fn profile(capture: &Capture) -> &Profile {
    let Content::Profile(profile) = &capture.content else { panic!("speedscope holds profiles") };
    profile
}

/// A document of one profile with these fields.
fn one(fields: &str) -> Capture {
    read(&format!("{{{SCHEMA},{FRAMES},\"profiles\":[{{\"name\":\"t\",{fields}}}]}}"), false)
}

fn evented(events: &[(char, u32, &str)], rest: &str) -> Capture {
    let events: Vec<String> = events
        .iter()
        .map(|(kind, frame, at)| format!(r#"{{"type":"{kind}","frame":{frame},"at":{at}}}"#))
        .collect();
    one(&format!(r#""type":"evented","unit":"milliseconds","events":[{}]{rest}"#, events.join(",")))
}

fn folded(capture: &Capture) -> String {
    let mut out = Vec::new();
    for series in 0..profile(capture).series.len() {
        let series = SeriesId::new(series);
        folded::write(profile(capture), series, Values::Column(0), FrameText::Line, &mut out).unwrap();
    }
    String::from_utf8(out).unwrap()
}

fn codes(capture: &Capture) -> Vec<(&'static str, u64)> {
    capture.notes.iter().map(|note| (note.code, note.count)).collect()
}

#[test]
fn samples_add_up_and_count_one_each() {
    let capture = one(r#""type":"sampled","unit":"seconds","startValue":0,"endValue":1,
        "samples":[[0,1],[0],[0, 1],[0,1],[]],"weights":[0.0025,1,2,0.1,1e-9]"#);
    assert_eq!(folded(&capture), "a;b 2.1025\na 1\n 0.000000001\n");
    let series = &profile(&capture).series[0];
    assert_eq!(series.samples.counts.as_deref(), Some(&[3, 1, 1][..]));
    assert!(capture.notes.is_empty(), "{:?}", capture.notes);
}

#[test]
fn keys_stand_in_any_order_and_names_are_unescaped() {
    let capture = read(
        r#"{"profiles":[{"weights":[2],"samples":[[1,0]],"unit":"bytes","type":"sampled"}],"activeProfileIndex":0,
        "shared":{"x":[{}],"frames":[{"line":7,"col":3,"file":"m.py","name":"l\u006fad"},{"name":"read_[k]"}]}}"#,
        false,
    );
    assert_eq!(folded(&capture), "read_[k];load (m.py:7) 2\n");
    assert_eq!(capture.source.why_recognised, "JSON with the key shared.frames");
    assert_eq!(profile(&capture).meta.default_value, Some((SeriesId::new(0), 0)));
}

#[test]
fn weights_without_a_unit_are_the_counts() {
    let capture = one(r#""type":"sampled","unit":"none","samples":[[0],[1]],"weights":[3,4]"#);
    let series = &profile(&capture).series[0];
    assert_eq!((series.samples.counts.as_ref(), series.sum(0), series.value_types[0].decimals), (None, 7, 0));
    let capture = one(r#""type":"sampled","unit":"none","samples":[[0],[1]],"weights":[3.25,0.1234567891]"#);
    assert_eq!(folded(&capture), "a 3.25\nb 0.123456789\n");
    assert_eq!(codes(&capture), [("decimals_cut", 1)]);
}

#[test]
fn digits_below_a_nanosecond_are_rounded_with_a_note() {
    let capture =
        one(r#""unit":"seconds","samples":[[0],[0]],"weights":[0.010000000000000231,0.009999999999999787]"#);
    assert_eq!(folded(&capture), "a 0.02\n");
    assert_eq!(codes(&capture), [("decimals_cut", 2)]);
}

#[test]
fn profiles_of_one_unit_are_threads_of_one_series() {
    let thread = |name: &str, unit: &str, start: u32| {
        format!(
            r#"{{"type":"sampled","name":"{name}","unit":"{unit}","startValue":{start},"samples":[[0],[0,1]],"weights":[1,2]}}"#
        )
    };
    let [one, two, other] = [
        thread(r#"Thread 7 \"main\""#, "milliseconds", 0),
        thread(r#"Process 3 Thread 8 \"io\""#, "milliseconds", 5),
        thread("heap", "bytes", 0),
    ];
    let json = format!("{{{FRAMES},\"profiles\":[{one},{two},{other}]}}");
    let capture = read(&json, true);
    let profile = profile(&capture);
    assert_eq!(folded(&capture), "a 2\na;b 4\na 1\na;b 2\n");
    assert_eq!(profile.meta.threads, Some(3));
    let threads: Vec<_> = profile
        .threads
        .iter()
        .map(|thread| (profile.strings.text(thread.name).into_owned(), thread.pid, thread.tid))
        .collect();
    assert_eq!(
        threads,
        [("main".into(), None, Some(7)), ("io".into(), Some(3), Some(8)), ("heap".into(), None, None)]
    );
    let expected = Timeline {
        rows: vec![0, 1, 0, 1],
        values: vec![1_000_000, 2_000_000, 1_000_000, 2_000_000],
        times_ns: vec![0, 1_000_000, 5_000_000, 6_000_000],
        threads: [0, 0, 1, 1].map(|thread| Some(crate::ThreadId::new(thread))).to_vec(),
    };
    assert_eq!(profile.series[0].samples.timeline.as_ref(), Some(&expected));
    assert!(read(&json, false).content.kind() == "profile");
}

#[test]
fn samples_and_weights_that_do_not_fit_are_left_out() {
    let capture = one(r#""unit":"none","samples":[[0],[3],[-1],["0"],5,[[0]],[0],[0],[1]],
        "weights":[1,1,1,1,1,1,"2",1e30,2]"#);
    assert_eq!(folded(&capture), "a 1\nb 2\n");
    assert_eq!(
        codes(&capture),
        [("frame_unknown", 2), ("sample_unread", 3), ("weight_unread", 1), ("value_too_large", 1)]
    );
    assert_eq!(codes(&one(r#""unit":"none","samples":[[0],[1]],"weights":[1]"#)), [("weight_missing", 1)]);
    assert_eq!(codes(&one(r#""unit":"none","samples":[[0]],"weights":[1,2,3]"#)), [("sample_missing", 2)]);
    assert_eq!(codes(&one(r#""unit":"none","samples":[[0]]"#)), [("weight_missing", 1)]);
    assert_eq!(codes(&one(r#""type":"other","unit":"none""#)), [("profile_unread", 1)]);
    let place = &one(r#""unit":"none","samples":[[9]],"weights":[1]"#);
    assert_eq!(place.notes.get("frame_unknown").unwrap().first[0].byte, 174);
}

#[test]
fn what_is_left_out_is_counted_as_what_is_used() {
    for (entries, met, left_out) in [
        // A frame that is not there, no sample, no weight, a weight that is no number, neither sample nor weight.
        (r#""samples":[[0],[9]],"weights":[1,1],"counts":[2,30]"#, 32, vec![("frame_unknown", 30)]),
        (r#""samples":[[0]],"weights":[1,1],"counts":[2,30]"#, 32, vec![("sample_missing", 30)]),
        (r#""samples":[[0],[1]],"weights":[1],"counts":[2,30]"#, 32, vec![("weight_missing", 30)]),
        (r#""samples":[[0],[1]],"weights":[1,"x"],"counts":[2,30]"#, 32, vec![("weight_unread", 30)]),
        (r#""samples":[[0]],"weights":[1],"counts":[2,30,4]"#, 36, vec![("entry_missing", 34)]),
        // Where the number cannot be told, an entry is one; one that stands for none is damage.
        (r#""samples":[[0],[1]],"weights":[1,1],"counts":[2]"#, 3, vec![("count_unread", 1)]),
        (r#""samples":[[0],[9]],"weights":[1,1],"counts":[2,-3]"#, 3, vec![("frame_unknown", 1)]),
        (r#""samples":[[0],[9]],"weights":[1,1],"counts":[2,0]"#, 2, vec![("entry_unread", 1)]),
        (r#""samples":[[0],[9]],"weights":[1,1],"counts":1"#, 2, vec![("frame_unknown", 1)]),
        (
            r#""samples":[[0],[1]],"weights":[1,1],"counts":[18446744073709551615,2]"#,
            3,
            vec![("count_unread", 1)],
        ),
        (r#""samples":[[0],[1]],"weights":[1,1],"counts":[5000000000,0]"#, 5_000_000_000, vec![]),
        (
            r#""samples":[[0],[1]],"weights":[1,1],"counts":[9223372036854775807,1]"#,
            9_223_372_036_854_775_808,
            vec![("count_unread", 1)],
        ),
    ] {
        let capture = one(&format!(r#""unit":"none",{entries}"#));
        assert_eq!((capture.notes.records(), codes(&capture)), (met, left_out), "{entries}");
    }
}

#[test]
fn parts_of_a_profile_that_are_not_as_expected_are_named() {
    let entries = r#""samples":[[0]],"weights":[1]"#;
    for part in [
        r#""counts":7"#,
        r#""counts":"1""#,
        r#""events":{}"#,
        r#""samples":[[0]]"#,
        r#""weights":5"#,
        r#""thread":3"#,
        r#""unit":7"#,
        r#""startValue":"x""#,
    ] {
        let capture = one(&format!("{entries},{part}"));
        assert_eq!(
            (folded(&capture).as_str(), codes(&capture)),
            ("a 1\n", vec![("part_unread", 1)]),
            "{part}"
        );
    }
    let document = r#"{"shared":{"frames":[{"name":"a"}],"frames":7},"profiles":[]}"#;
    assert_eq!(codes(&read(document, false)), [("part_unread", 1), ("no_profiles", 1)]);
    assert!(one(&format!(r#"{entries},"events":null,"thread":null"#)).notes.is_empty());
}

#[test]
fn names_of_values_are_no_threads() {
    let profile = |name: &str, rest: &str| {
        format!(r#"{{"name":"{name}","unit":"nanoseconds",{rest}"samples":[[0]],"weights":[1]}}"#)
    };
    let threads = |profiles: &[String]| {
        let capture = read(&format!("{{{FRAMES},\"profiles\":[{}]}}", profiles.join(",")), true);
        (self::profile(&capture).meta.threads, self::profile(&capture).threads.len())
    };
    let values = [
        profile("cpu", r#""valueName":"cpu","#),
        profile("wait [nanoseconds]", r#""valueName":"wait","#),
        profile("delay [nanoseconds]", ""),
        profile("off", r#""valueName":"off","thread":null,"#),
    ];
    assert_eq!(threads(&values), (None, 0));
    let mixed = [profile("cpu", r#""valueName":"cpu","#), profile("io", ""), profile("main", "")];
    assert_eq!(threads(&mixed), (Some(2), 2));
    assert_eq!(threads(&[profile(r#"Thread 7 \"w\""#, ""), profile(r#"Thread 7 \"x\""#, "")]), (Some(1), 2));
}

#[test]
fn a_sample_that_is_no_sample_is_not_remembered() {
    let capture = one(r#""unit":"none","samples":[[0,[1],2],[0,[1],2],[0],[0]],"weights":[1,1,1,1]"#);
    assert_eq!((folded(&capture), codes(&capture)), ("a 2\n".to_owned(), vec![("sample_unread", 2)]));
}

#[test]
fn time_between_events_goes_to_the_open_calls() {
    let calls = [
        ('O', 0, "10"),
        ('O', 1, "12.5"),
        ('C', 1, "15"),
        ('C', 0, "16"),
        ('O', 2, "20"),
        ('C', 2, "20"),
        ('O', 2, "21"),
        ('C', 2, "22"),
    ];
    let capture = evented(&calls, r#","startValue":9,"endValue":30"#);
    assert_eq!(folded(&capture), "a 3.5\na;b 2.5\nc 1\n");
    assert_eq!((capture.notes.records(), codes(&capture)), (4, vec![]));
    assert_eq!(profile(&capture).meta.duration_ns, Some(21_000_000));
    assert_eq!(profile(&capture).series[0].samples.counts, None);
}

#[test]
fn events_that_do_not_fit_are_named() {
    let unmatched = evented(&[('O', 0, "0"), ('C', 1, "1"), ('C', 0, "2")], "");
    assert_eq!((folded(&unmatched), codes(&unmatched)), ("a 2\n".into(), vec![("close_unmatched", 1)]));
    let unclosed = evented(&[('O', 0, "0"), ('O', 1, "1"), ('C', 0, "3"), ('C', 1, "4")], "");
    assert_eq!(folded(&unclosed), "a 1\na;b 2\n");
    assert_eq!(codes(&unclosed), [("calls_unclosed", 1), ("close_unmatched", 1)]);
    let backwards = evented(&[('O', 0, "5"), ('O', 1, "3"), ('C', 1, "6"), ('C', 0, "7")], "");
    assert_eq!((folded(&backwards), codes(&backwards)), ("a;b 1\na 1\n".into(), vec![("time_backwards", 1)]));
    let open = evented(&[('O', 0, "0"), ('O', 1, "4")], r#","endValue":10"#);
    assert_eq!((folded(&open), codes(&open)), ("a 4\na;b 6\n".into(), vec![("calls_open", 1)]));
    let frame = evented(&[('O', 0, "0"), ('O', 3, "1"), ('X', 0, "1"), ('C', 3, "2"), ('C', 0, "2")], "");
    assert_eq!(
        (folded(&frame), codes(&frame)),
        ("a 2\n".into(), vec![("frame_unknown", 2), ("event_unread", 1)])
    );
}

#[test]
fn calls_left_open_do_not_reach_the_next_profile() {
    let profile = |events: &str| format!(r#"{{"unit":"none","events":[{events}]}}"#);
    let open = profile(r#"{"type":"O","frame":0,"at":0}"#);
    let close = profile(r#"{"type":"C","frame":0,"at":9}"#);
    let capture = read(&format!("{{{FRAMES},\"profiles\":[{open},{close}]}}"), false);
    assert_eq!(codes(&capture), [("calls_open", 1), ("close_unmatched", 1)]);
}

#[test]
fn evented_and_sampled_profiles_of_a_unit_have_no_counts_together() {
    let sampled = r#"{"unit":"seconds","samples":[[0],[1]],"weights":[1,1]}"#;
    let evented =
        r#"{"unit":"seconds","events":[{"type":"O","frame":2,"at":0},{"type":"C","frame":2,"at":1}]}"#;
    for pair in [format!("{sampled},{evented}"), format!("{evented},{sampled}")] {
        let capture = read(&format!("{{{FRAMES},\"profiles\":[{pair}]}}"), true);
        let series = &profile(&capture).series[0];
        assert_eq!((series.sum(0), series.records, &series.samples.counts), (3_000_000_000, 3, &None));
    }
}

#[test]
fn what_is_no_speedscope_document_is_refused() {
    let refused = |json: &str| {
        let options = ReadOptions { from: Some("speedscope"), ..ReadOptions::default() };
        read_bytes("test", json.as_bytes(), &options).unwrap_err().kind.to_string()
    };
    assert!(refused("{\"data\":[]}").contains("\"shared\" with the \"frames\""));
    assert!(refused(&format!("{{{FRAMES}}}")).contains("\"profiles\" of a speedscope document"));
    assert!(refused("[]").contains("found \"[]\""));
    assert!(refused(&format!("{{\"x\":{}", "[".repeat(100_000))).contains("nested at most 128 deep"));
}

#[test]
fn a_file_cut_anywhere_gives_what_is_whole() {
    let json = format!(
        r#"{{{FRAMES},"profiles":[{{"type":"sampled","unit":"seconds","weights":[1.5,2],"samples":[[0,1],[2]]}},{{"type":"evented","unit":"none","events":[{{"type":"O","frame":0,"at":1.5}},{{"type":"C","frame":0,"at":30}}]}}]}}"#
    );
    let whole = read(&json, true).records_used();
    let mut most = 0;
    for cut in 0..json.len() {
        let options = ReadOptions { from: Some("speedscope"), timeline: true, ..ReadOptions::default() };
        let Ok(capture) = read_bytes("test", &json.as_bytes()[..cut], &options) else { continue };
        let (used, left_out) = (capture.records_used(), capture.notes.samples_left_out());
        assert!(used >= most && used <= whole, "cut at {cut}");
        assert_eq!(capture.notes.records(), used + left_out);
        let note = capture.notes.get("json_cut").unwrap_or_else(|| panic!("the cut at {cut} is named"));
        assert_eq!((note.count, note.first[0].byte), (1, cut as u64));
        most = used;
    }
    assert_eq!((most, whole), (3, 3));
}

#[test]
fn text_after_the_document_and_doubled_keys_are_named() {
    let document = format!("{{{FRAMES},\"profiles\":[],\"profiles\":[]}} 1");
    let capture = read(&document, false);
    assert_eq!(codes(&capture), [("part_unread", 1), ("json_broken", 1)]);
    let broken = one(r#""unit":"none","samples":[[0],[1]x,[2]],"weights":[1,2,3]"#);
    assert_eq!(folded(&broken), "a 1\nb 2\n");
    assert_eq!(codes(&broken), [("sample_missing", 1), ("json_broken", 1)]);
}

#[test]
fn deep_stacks_and_many_samples_are_read() {
    let deep: Vec<String> = (0..100_000).map(|depth| (depth % 3).to_string()).collect();
    let capture = one(&format!(r#""unit":"none","samples":[[{}]],"weights":[1]"#, deep.join(",")));
    assert_eq!(profile(&capture).stacks.len(), 100_000);
    let events: Vec<(char, u32, String)> =
        (0..100_000u32).map(|at| (if at < 50_000 { 'O' } else { 'C' }, 0, at.to_string())).collect();
    let events: Vec<_> = events.iter().map(|(kind, frame, at)| (*kind, *frame, at.as_str())).collect();
    assert_eq!(evented(&events, "").records_used(), 99_999);
}

fn written(capture: &Capture, text: FrameText) -> (String, usize) {
    let mut out = Vec::new();
    let profile = profile(capture);
    let changed = write(profile, &all_values(profile), 0, text, &mut out).unwrap();
    (String::from_utf8(out).unwrap(), changed)
}

#[test]
fn written_profiles_are_one_per_value_and_thread() {
    let script = "w 7 1.5: 10 cycles:\n\t1 f (x)\n\nw 8 1.2: 20 cycles:\n\t2 g (x)\n\nw 7 1.1: 30 cycles:\n\t1 f (x)\n\nw 7 1.9: 5 faults:\n\t1 f (x)\n\n";
    let capture = read(script, true);
    let (json, _) = written(&capture, FrameText::Function);
    let document: serde_json::Value = serde_json::from_str(&json).unwrap();
    let profiles: Vec<_> = document["profiles"].as_array().unwrap().iter().collect();
    let names: Vec<_> = profiles.iter().map(|profile| profile["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Thread 7 \"w\" (cycles)", "Thread 8 \"w\" (cycles)", "Thread 7 \"w\" (faults)"]);
    assert_eq!(profiles[0]["weights"], serde_json::json!([30, 10]), "in the order of time");
    let again = read(&json, true);
    assert_eq!((profile(&again).threads.len(), profile(&again).meta.threads), (2, Some(2)));
    assert_eq!(folded(&again), folded(&capture));
    let counts = |capture: &Capture| profile(capture).series[0].samples.counts.clone();
    assert_eq!(counts(&again), counts(&capture));
}

#[test]
fn names_that_are_not_unicode_are_replaced_and_counted() {
    let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
    let capture = read_bytes("test", b"a\xff;b\xff;c\"\\\x01 3\n", &options).unwrap();
    let (json, changed) = written(&capture, FrameText::Line);
    assert_eq!(changed, 2);
    assert_eq!(folded(&read(&json, false)), "a\u{fffd};b\u{fffd};c\"\\\u{1} 3\n");
}
