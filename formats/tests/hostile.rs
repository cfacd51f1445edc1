//! Hostile input: files made to hurt, and what each of them is told. What a reader leaves out on its own is tested
//! beside the reader, damage at random places in `damage.rs`, what becomes of names in `analyzer-core`.

#![allow(clippy::unwrap_used)]

use analyzer_formats::{
    Capture, Content, NoteKind, Profile, ReadOptions, format_named, read_bytes, read_path,
};
use flate2::{Compression, write::GzEncoder};
use std::io::Write;

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn read_as(from: &'static str, bytes: &[u8]) -> Result<Capture, String> {
    let options = ReadOptions { from: Some(from), ..ReadOptions::default() };
    read_bytes("hostile", bytes, &options).map_err(|error| error.to_string())
}

fn profile(capture: &Capture) -> &Profile {
    let Content::Profile(profile) = &capture.content else { panic!("a profile") };
    profile
}

/// Whether `--strict` fails: something is missing, and it is known how much or where.
fn is_lossy(capture: &Capture) -> bool {
    capture.notes.losses().next().is_some()
}

/// A varint.
fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

/// A field of protobuf that is a number.
fn number(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

/// A field of protobuf that is bytes or a message.
fn message(field: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// A pprof file of these samples, whose location 1 is the function `f`. Strings are "", "samples", "count", "f".
fn pprof(samples: &[Vec<u8>]) -> Vec<u8> {
    let mut file = message(1, &[number(1, 1), number(2, 2)].concat());
    for sample in samples {
        file.extend(message(2, sample));
    }
    file.extend(message(4, &[number(1, 1), message(4, &number(1, 1))].concat()));
    file.extend(message(5, &[number(1, 1), number(2, 3)].concat()));
    for text in ["", "samples", "count", "f"] {
        file.extend(message(6, text.as_bytes()));
    }
    file
}

fn pprof_sample(location: u64, values: &[u64]) -> Vec<u8> {
    let values: Vec<u8> = values.iter().flat_map(|&value| varint(value)).collect();
    [number(1, location), message(2, &values)].concat()
}

/// A document of one trace of these spans, all of process `p`.
fn jaeger(spans: &[String]) -> String {
    let spans = spans.join(",");
    format!(r#"{{"data":[{{"traceID":"t","spans":[{spans}],"processes":{{"p":{{"serviceName":"s"}}}}}}]}}"#)
}

#[test]
fn a_bad_checksum_is_noted_and_the_text_is_used() {
    let mut stored = gzip(b"main;f 3\nmain;g 1\n");
    let checksum = stored.len() - 8;
    stored[checksum] ^= 1;
    let capture = read_bytes("hostile", &stored, &ReadOptions::default()).unwrap();
    assert_eq!(profile(&capture).series[0].sum(0), 4);
    assert_eq!(capture.notes.get("bad_gzip").map(|note| note.kind), Some(NoteKind::Damaged));
}

#[test]
fn a_bomb_of_bombs_is_unpacked_once() {
    // What is inside is no capture, and is not unpacked again.
    let stored = gzip(&gzip(&vec![b'a'; 1 << 20]));
    let error = read_bytes("hostile", &stored, &ReadOptions::default()).unwrap_err();
    assert_eq!(error.kind.code(), "unknown_format", "{error}");
}

#[test]
fn a_size_in_a_zstd_header_sizes_no_allocation() {
    // A frame header that promises 2^62 bytes, and a block of one.
    let mut stored = vec![0x28, 0xb5, 0x2f, 0xfd, 0xe0];
    stored.extend((1u64 << 62).to_le_bytes());
    stored.extend([0x09, 0, 0, b'a']);
    assert!(read_bytes("hostile", &stored, &ReadOptions::default()).is_err());
}

#[test]
fn broken_protobuf_is_an_error_with_offset_and_path() {
    let base = pprof(&[pprof_sample(1, &[1])]);
    let told = |bytes: &[u8]| match read_as("pprof", bytes) {
        Ok(capture) => panic!("read: {:?}", capture.notes),
        Err(error) => error,
    };
    let cases: [(&str, Vec<u8>, &str); 4] = [
        (
            "a varint of 11 bytes",
            [vec![0x48], vec![0xff; 10], vec![1]].concat(),
            "a varint of at most 10 bytes",
        ),
        ("a length past the end", [varint(2 << 3 | 2), varint(1 << 20)].concat(), "expected 1048576 bytes"),
        (
            "a length of 2^64 - 1",
            [varint(2 << 3 | 2), varint(u64::MAX)].concat(),
            "expected 18446744073709551615 bytes",
        ),
        ("a group", vec![2 << 3 | 3], "(a group)"),
    ];
    for (what, broken, found) in cases {
        // In front, where it cannot be taken for a cut end.
        let said = told(&[broken, base.clone()].concat());
        assert!(said.contains("byte ") && said.contains(found), "{what}: {said}");
    }
    let inside = [pprof_sample(1, &[1]), vec![0x0b]].concat();
    let said = told(&pprof(&[pprof_sample(1, &[1]), inside]));
    assert!(said.contains("sample[1]"), "{said}");
}

#[test]
fn what_a_sample_refers_to_and_is_not_there_costs_that_sample() {
    let capture = read_as(
        "pprof",
        &pprof(&[
            pprof_sample(1, &[5]),
            pprof_sample(9, &[7]),
            pprof_sample(1, &[1, 2]),
            pprof_sample(1, &[]),
        ]),
    )
    .unwrap();
    assert_eq!(
        (capture.records_used(), capture.notes.samples_left_out(), capture.notes.records()),
        (1, 3, 4)
    );
    assert_eq!(profile(&capture).series[0].sum(0), 5);
    assert!(is_lossy(&capture));
}

#[test]
fn two_samples_of_the_greatest_value_do_not_wrap() {
    let most = i64::MAX;
    let twice = 2 * i128::from(most);
    let texts: [(&str, Vec<u8>); 3] = [
        ("folded", format!("m;f {most}\nm;f {most}\n").into_bytes()),
        (
            "perf-script",
            format!("a 1 1.0: {most} cycles:  7f f+0x4 (/x)\na 1 1.1: {most} cycles:  7f f+0x4 (/x)\n")
                .into_bytes(),
        ),
        ("pprof", pprof(&[pprof_sample(1, &[most as u64]), pprof_sample(1, &[most as u64])])),
    ];
    for (format, bytes) in texts {
        let capture = read_as(format, &bytes).unwrap();
        assert_eq!(profile(&capture).series[0].sum(0), twice, "{format}");
        assert_eq!(capture.records_used(), 2, "{format}");
    }
    let span = |id: &str| {
        format!(
            r#"{{"traceID":"t","spanID":"{id}","operationName":"o","startTime":1,"duration":{most},"processID":"p"}}"#
        )
    };
    let capture = read_as("jaeger", jaeger(&[span("a"), span("b")]).as_bytes()).unwrap();
    // The clock ticks in microseconds and the model in nanoseconds: the greatest value is 1,000 times too long.
    assert_eq!(capture.notes.records(), 2);
    assert_eq!(capture.records_used() + capture.notes.samples_left_out(), 2);
    let Content::Traces(traces) = &capture.content else { panic!("traces") };
    assert!(traces.spans.duration_ns.iter().all(|&duration| duration >= 0));
}

#[test]
fn json_of_many_brackets_does_not_recurse() {
    for open in ["[", "{\"a\":"] {
        let deep = open.repeat(100_000);
        for json in [deep.clone(), format!("{{\"data\":{deep}"), format!("{{\"data\":[{{\"spans\":{deep}")] {
            for from in [None, format_named("jaeger").map(|format| format.name())] {
                let options = ReadOptions { from, ..ReadOptions::default() };
                if let Err(error) = read_bytes("deep", json.as_bytes(), &options) {
                    assert!(error.to_string().len() < 600, "{error}");
                }
            }
        }
    }
}

#[test]
fn a_key_that_is_there_twice_costs_its_span() {
    let twice = |fields: &str| {
        let span = format!(
            r#"{{"traceID":"t","spanID":"a","operationName":"o","startTime":1,"duration":2,"processID":"p",{fields}}}"#
        );
        let capture = read_as("jaeger", jaeger(&[span]).as_bytes()).unwrap();
        (capture.records_used(), capture.notes.samples_left_out())
    };
    assert_eq!(twice(r#""duration":3"#), (0, 1));
    assert_eq!(twice(r#""\u0064uration":3"#), (0, 1), "written differently");
    // What is not read may be there as often as it likes.
    assert_eq!(twice(r#""logs":1,"logs":2"#), (1, 0));
}

#[test]
fn lines_may_end_in_cr_only() {
    let capture = read_bytes("hostile", b"m;f 1\rm;g 2\rm;h 3\r", &ReadOptions::default()).unwrap();
    assert_eq!(capture.records_used(), 3);
    assert_eq!(profile(&capture).series[0].sum(0), 6);
    // Where lines end in line feeds, a CR inside one is a byte of a name.
    let capture = read_as("folded", b"m;a\rb 1\nm;g 2\n").unwrap();
    assert_eq!(capture.records_used(), 2);
}

#[test]
fn names_are_kept_as_bytes() {
    let name = b"</script>]]>\0\x1b[31m\xe2\x80\xae\xff=cmd";
    let capture = read_as("folded", &[b"m;".as_slice(), name, b" 3\n"].concat()).unwrap();
    assert!(profile(&capture).strings.iter().any(|string| string == name));
}

#[test]
fn deep_stacks_are_read() {
    let depth = 1_000_000;
    let folded = format!("{} 1\n", vec!["f"; depth].join(";"));
    let capture = read_as("folded", folded.as_bytes()).unwrap();
    assert_eq!(profile(&capture).depths().last(), Some(&(depth as u32)));
    let perf = format!("a 1 1.0: 1 cycles: \n{}\n", "\t7f f+0x4 (/x)\n".repeat(depth));
    let capture = read_as("perf-script", perf.as_bytes()).unwrap();
    // The command is the root.
    assert_eq!(profile(&capture).depths().last(), Some(&(depth as u32 + 1)));
    let locations = vec![1; depth];
    let sample = [message(1, &locations), message(2, &[1])].concat();
    // Its one sample is longer than what recognition looks at.
    let capture = read_bytes("deep", &pprof(&[sample]), &ReadOptions::default()).unwrap();
    assert_eq!(profile(&capture).depths().last(), Some(&(depth as u32)));
}

#[test]
fn what_is_no_file_is_told_in_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let told =
        |path: &std::path::Path| read_path(path, &ReadOptions::default()).unwrap_err().kind.to_string();
    assert_eq!(told(folder.path()), "is a directory, expected a capture file; name a file inside it");
    let empty = folder.path().join("empty");
    std::fs::write(&empty, b"").unwrap();
    assert!(told(&empty).starts_with("is empty (0 bytes)"));
    // A container of nothing.
    std::fs::write(&empty, gzip(b"")).unwrap();
    assert!(told(&empty).starts_with("is empty"));
}

/// Files are stamped again after they were read; that a change is seen is tested in `input.rs`.
#[test]
fn a_file_that_stays_the_same_is_not_noted() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), b"main;f 3\n".repeat(200_000)).unwrap();
    for map in [true, false] {
        let capture = read_path(file.path(), &ReadOptions { map, ..ReadOptions::default() }).unwrap();
        assert!(capture.notes.is_empty());
    }
}
