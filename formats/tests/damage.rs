//! Damaged captures: cut anywhere, with bytes changed, or no capture at all. Readers never panic.

use analyzer_formats::{Capture, Content, FORMATS, ReadOptions, read_bytes};
use proptest::prelude::*;
use std::io::Read;
use std::path::Path;

/// A capture of the corpus, unpacked, and the name of its format.
fn captures() -> Vec<(&'static str, Vec<u8>)> {
    let files = [
        ("perf-script", "rust/before.perf.txt.gz"),
        ("folded", "rust/before.folded.gz"),
        ("folded", "python/before.raw.folded.gz"),
        ("pprof", "go/before.heap.pb.gz"),
        ("speedscope", "python/before.speedscope.json.gz"),
        ("jaeger", "services/before.jaeger.json.gz"),
    ];
    let read = |(format, file): (&'static str, &str)| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus/captures").join(file);
        let packed = std::fs::read(path).expect("the corpus is there");
        let mut bytes = Vec::new();
        flate2::read::MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes).expect("the corpus is whole");
        (format, bytes)
    };
    files.into_iter().map(read).collect()
}

/// Traces of the other JSON formats, as small as they get with every sort of field.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let otlp = r#"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"scopeSpans":[{"spans":[{"traceId":"W47/95gDgQPSabYzgT/GDA==","spanId":"AAAAAAAAAKo=","name":"a","kind":3,"startTimeUnixNano":"1000","endTimeUnixNano":1500,"attributes":[{"key":"k","value":{"arrayValue":{"values":[{"intValue":"7"},{"kvlistValue":{"values":[{"key":"x","value":{"doubleValue":0.5}}]}}]}}}],"status":{"code":"STATUS_CODE_ERROR"}}]}]}]}"#;
    let zipkin = r#"[[{"traceId":"1","id":"2","kind":"CLIENT","name":"get","timestamp":1000,"duration":5,"localEndpoint":{"serviceName":"a","port":1},"tags":{"error":"x"}}],[{"traceId":"1","id":"2","kind":"SERVER","timestamp":1001,"duration":2,"localEndpoint":{"serviceName":"b"},"shared":true}]]"#;
    let storage = r#"{"hits":{"hits":[{"_source":{"traceID":"1","spanID":"2","operationName":"get","startTime":1000,"startTimeMillis":1,"duration":5,"references":[{"refType":"CHILD_OF","traceID":"1","spanID":"0"}],"tags":[{"key":"n","type":"int64","value":"5"}],"tag":{"span@kind":"client"},"process":{"serviceName":"a","tag":{"h@n":1}}}}]}}"#;
    let console = r#"{"Name":"a","SpanContext":{"TraceID":"01","SpanID":"02"},"Parent":{"SpanID":"00"},"SpanKind":3,"StartTime":"2022-07-30T19:06:19.00025+02:00","EndTime":"2022-07-30T17:06:19.1Z","Attributes":[{"Key":"n","Value":{"Type":"FLOAT64","Value":7}}],"Status":{"Code":"Error"},"Resource":[{"Key":"service.name","Value":{"Type":"STRING","Value":"a"}}]}"#;
    let samples =
        [("otlp", otlp), ("zipkin", zipkin), ("jaeger-storage", storage), ("otel-console", console)];
    samples.map(|(format, json)| (format, format!("{json}\n{json}x\n{json}\n").into_bytes())).into()
}

fn read(format: &'static str, bytes: &[u8]) -> Option<Capture> {
    read_bytes("damaged", bytes, &ReadOptions { from: Some(format), ..ReadOptions::default() }).ok()
}

/// Sample records and spans used.
fn used(capture: &Capture) -> u64 {
    match &capture.content {
        Content::Profile(profile) => profile.series.iter().map(|series| series.records).sum(),
        Content::Traces(traces) => traces.spans.len() as u64,
    }
}

#[test]
fn a_file_cut_anywhere_gives_no_more_than_the_whole() {
    for (format, bytes) in captures() {
        let whole = used(&read(format, &bytes).expect("the whole is read"));
        // Every byte of the first records, then places all over the file.
        let near = 0..bytes.len().min(1500);
        let far = (1500..bytes.len()).step_by((bytes.len() / 60).max(1));
        for cut in near.chain(far) {
            if let Some(capture) = read(format, &bytes[..cut]) {
                assert!(used(&capture) <= whole, "{format} cut at {cut}");
            }
        }
    }
}

#[test]
fn small_traces_cut_anywhere_give_no_more_than_the_whole() {
    for (format, bytes) in samples() {
        let whole = read(format, &bytes).expect("the whole is read");
        // Equal spans count once.
        assert_eq!(whole.notes.records() % 3, 0, "{format}");
        assert!(used(&whole) > 0, "{format}");
        for cut in 0..bytes.len() {
            if let Some(capture) = read(format, &bytes[..cut]) {
                assert!(capture.notes.records() <= whole.notes.records(), "{format} cut at {cut}");
                let met = used(&capture) + capture.notes.samples_left_out();
                assert_eq!(capture.notes.records(), met, "{format} cut at {cut}");
            }
        }
    }
}

#[test]
fn a_perf_script_cut_at_any_byte_has_the_samples_before_the_cut_and_names_it() {
    let (_, bytes) = captures().swap_remove(0);
    let few = memchr::memmem::find_iter(&bytes, b"\n\n").nth(3).expect("there are samples") + 2;
    let bytes = &bytes[..few];
    let whole = read("perf-script", bytes).expect("the whole is read");
    assert_eq!((used(&whole), whole.notes.is_empty()), (4, true));
    // Above the samples stand comments, of which nothing is cut at the end of a line.
    let first = memchr::memmem::find(bytes, b"\n\t").expect("there are frames");
    let first = memchr::memrchr(b'\n', &bytes[..first]).map_or(0, |at| at + 1);
    for cut in 1..=bytes.len() {
        let text = &bytes[..cut];
        let capture = read("perf-script", text).expect("what is whole is read");
        let before = memchr::memmem::find_iter(text, b"\n\n").count() as u64;
        let is_between = text.ends_with(b"\n\n") || (cut <= first && text.ends_with(b"\n"));
        let codes = ["truncated", "end_unmarked", "sample_cut_at_end"];
        let names_it = codes.iter().any(|code| capture.notes.get(code).is_some());
        assert_eq!(names_it, !is_between, "cut at {cut}");
        let is_kept = used(&capture) == before + 1 && !is_between;
        assert!(used(&capture) == before || is_kept, "cut at {cut}: {} of {before}", used(&capture));
        // The one that is cut is kept with its whole frames only.
        let lines =
            text.rsplit(|&byte| byte == b'\n').skip(1).take_while(|line| line.starts_with(b"\t")).count();
        let is_whole_line = text.ends_with(b")");
        assert_eq!(is_kept, cut > first && !is_between && (lines > 0 || is_whole_line), "cut at {cut}");
        assert_eq!(capture.notes.records(), used(&capture) + capture.notes.samples_left_out());
    }
}

/// Stacks of a capture as `event;root;..;leaf`, and how many samples each has.
fn samples_of(capture: &Capture) -> Vec<(String, u64)> {
    let Content::Profile(profile) = &capture.content else { panic!("a profile") };
    let mut samples = Vec::new();
    for series in &profile.series {
        let event = profile.strings.text(series.value_types[0].name);
        let counts = series.samples.counts.as_ref().expect("perf script counts samples");
        for (&stack, &count) in series.samples.stacks.iter().zip(counts) {
            let name = |frame| profile.strings.text(profile.function(profile.frame(frame).function).name);
            let mut frames: Vec<_> = profile.frames_of(stack).map(name).collect();
            frames.push(event.clone());
            frames.reverse();
            samples.push((frames.join(";"), count));
        }
    }
    samples
}

#[test]
fn a_cut_perf_script_has_the_samples_before_the_cut_and_none_made_up() {
    let layouts: [&[&str]; 3] = [
        &[
            "web 10/12 [000] 346832.330193:    1003009 cycles:ppp: \n\t7f00 memcpy+0x14 (/usr/lib/libc.so.6)\n\t7e00 main+0x2 (/opt/web)\n\n",
            "web 10/12 [001] 346833.000001:         77 cpu-clock:u: \n\t7e00 main+0x2 (/opt/web)\n\n",
            "web 10/12 [001] 346834.5:          5 cycles:ppp: \n\t7f00 memcpy+0x14 (/usr/lib/libc.so.6)\n\t7e00 main+0x2 (/opt/web)\n\n",
        ],
        &[
            "  a 1 1.0: 10 cycles:u:  f9 [unknown] ([unknown])\n",
            "  a 1 1.1: 11 cycles:  7f f+0x4 (/x)\n",
            "  a 1 1.2: 12 cycles:  7f f+0x4 (/x)\n",
        ],
        &["sh 1 cycles: \n\t1 leaf (/x)\n\n", "sh 1 faults: \n\t2 other (/x)\n\n", "sh 1 faults: \n\n"],
    ];
    for layout in layouts {
        let text = layout.concat();
        let whole = samples_of(&read("perf-script", text.as_bytes()).expect("the whole is read"));
        let known: Vec<&str> = whole.iter().flat_map(|(stack, _)| stack.split(';')).collect();
        for cut in 0..=text.len() {
            let Some(capture) = read("perf-script", &text.as_bytes()[..cut]) else { continue };
            let before = (1..=layout.len()).filter(|&count| layout[..count].concat().len() <= cut).count();
            let used = used(&capture) as usize;
            // The sample in which the file ends may be whole, but for its frames.
            assert!((before..=before + 1).contains(&used), "{used} of {before} at {cut}: {:?}", &text[..cut]);
            assert_eq!(capture.notes.records() as usize, used + capture.notes.samples_left_out() as usize);
            for (stack, _) in samples_of(&capture) {
                let strange = stack.split(';').find(|part| !known.contains(part));
                assert_eq!(strange, None, "cut at {cut}: {:?}", &text[..cut]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn changed_bytes_do_not_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        for (format, bytes) in captures().into_iter().chain(samples()) {
            let mut damaged = bytes[..bytes.len().min(20_000)].to_vec();
            for (place, byte) in &changes {
                let place = place.index(damaged.len());
                damaged[place] = *byte;
            }
            read(format, &damaged);
        }
    }

    #[test]
    fn bytes_of_any_kind_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        // Whatever is recognised or refused, it is in words.
        let _ = read_bytes("junk", &bytes, &ReadOptions::default()).map_err(|error| error.to_string());
        for format in FORMATS {
            read(format.name(), &bytes);
        }
    }

    #[test]
    fn text_of_any_kind_does_not_panic(text in "[a-f0-9;:/()\\[\\] \\t\\n.+#{}\",-]{0,400}") {
        for format in FORMATS {
            read(format.name(), text.as_bytes());
        }
    }
}
