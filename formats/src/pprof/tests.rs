//! Small profiles, by hand or as messages, with the answer beside them.

mod oracle;

use super::messages::{Function, Label, Line, Location, Mapping, Profile, Sample, ValueType};
use crate::{
    Content, FrameKind, LabelValue, NoteKind, Notes, ReadError, ReadOptions, SeriesId, format_named,
    read_bytes,
};
use flate2::{Compression, write::GzEncoder};
use prost::Message;
use std::io::Write;

/// `samples/count`, `cpu/nanoseconds`; main calls work, which has leaf inlined.
fn base() -> Profile {
    let strings =
        ["", "samples", "count", "cpu", "nanoseconds", "main", "work", "leaf", "a.c", "/lib/libc.so.6", "id"];
    let function = |id, name| Function { id, name, filename: 8, start_line: 1, ..Function::default() };
    Profile {
        sample_type: vec![ValueType { r#type: 1, unit: 2 }, ValueType { r#type: 3, unit: 4 }],
        sample: vec![Sample { location_id: vec![2, 1], value: vec![1, 10], label: vec![] }],
        mapping: vec![Mapping {
            id: 1,
            memory_start: 0x7f00_0000,
            memory_limit: 0x7f10_0000,
            file_offset: 0x2000,
            filename: 9,
            build_id: 10,
            ..Mapping::default()
        }],
        location: vec![
            Location { id: 1, line: vec![Line { function_id: 1, line: 3 }], ..Location::default() },
            Location {
                id: 2,
                line: vec![Line { function_id: 3, line: 9 }, Line { function_id: 2, line: 5 }],
                ..Location::default()
            },
            Location { id: 3, mapping_id: 1, address: 0x7f00_1234, line: vec![] },
        ],
        function: vec![function(1, 5), function(2, 6), function(3, 7)],
        string_table: strings.iter().map(|string| string.as_bytes().to_vec()).collect(),
        ..Profile::default()
    }
}

fn add_string(profile: &mut Profile, string: &[u8]) -> i64 {
    profile.string_table.push(string.to_vec());
    profile.string_table.len() as i64 - 1
}

fn try_read(bytes: &[u8]) -> Result<(crate::Profile, Notes), ReadError> {
    try_read_by(bytes, ReadOptions::default().chunk_bytes)
}

fn try_read_by(bytes: &[u8], chunk_bytes: usize) -> Result<(crate::Profile, Notes), ReadError> {
    let options = ReadOptions { from: Some("pprof"), chunk_bytes, ..ReadOptions::default() };
    let capture = read_bytes("test.pb", bytes, &options)?;
    assert_eq!(capture.notes.records(), capture.records_used() + capture.notes.samples_left_out());
    let Content::Profile(profile) = capture.content else { panic!("pprof is a profile") };
    Ok((profile, capture.notes))
}

fn read(profile: &Profile) -> (crate::Profile, Notes) {
    try_read(&profile.encode_to_vec()).unwrap()
}

/// Each row as folded text: `main;work;leaf 1 10`.
fn folded(profile: &crate::Profile) -> Vec<String> {
    let samples = &profile.series[0].samples;
    let rows = (0..samples.len()).map(|row| {
        let mut names: Vec<_> = profile
            .frames_of(samples.stacks[row])
            .map(|frame| profile.strings.text(profile.function(profile.frame(frame).function).name))
            .collect();
        names.reverse();
        let values: Vec<String> = samples.values.iter().map(|column| column[row].to_string()).collect();
        format!("{} {}", names.join(";"), values.join(" "))
    });
    rows.collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn lines_are_innermost_first_and_stacks_leaf_first() {
    let (profile, notes) = read(&base());
    assert!(notes.is_empty());
    assert_eq!(folded(&profile), ["main;work;leaf 1 10"]);
    let kinds: Vec<_> = profile
        .frames_of(profile.series[0].samples.stacks[0])
        .map(|frame| (profile.frame(frame).line, profile.frame(frame).kind))
        .collect();
    assert_eq!(kinds, [(9, FrameKind::Inlined), (5, FrameKind::User), (3, FrameKind::User)]);
    assert_eq!(profile.meta.default_value, Some((SeriesId::new(0), 1)));
}

#[test]
fn every_row_stays() {
    let mut pprof = base();
    pprof.sample = vec![pprof.sample[0].clone(), Sample::default(), pprof.sample[0].clone()];
    pprof.sample[1].value = vec![2, -7];
    let (profile, _) = read(&pprof);
    assert_eq!(folded(&profile), ["main;work;leaf 1 10", " 2 -7", "main;work;leaf 1 10"]);
    assert_eq!((profile.series[0].records, profile.series[0].sum(1)), (3, 13));
}

#[test]
fn code_without_symbols_is_named_by_its_place_in_the_file() {
    let mut pprof = base();
    pprof.sample[0].location_id = vec![3, 1];
    let (profile, notes) = read(&pprof);
    assert!(notes.is_empty());
    assert_eq!(folded(&profile), ["main;[libc.so.6+0x3234] 1 10"]);
    pprof.location[2].mapping_id = 0;
    let (profile, notes) = read(&pprof);
    assert_eq!(folded(&profile), ["main;0x7f001234 1 10"]);
    assert_eq!(notes.get("pprof_address_only").unwrap().count, 1);
}

#[test]
fn kernel_code_is_marked() {
    let mut pprof = base();
    pprof.location[0].mapping_id = 1;
    pprof.string_table[9] = b"[kernel.kallsyms]".to_vec();
    let (profile, _) = read(&pprof);
    assert_eq!(profile.frames[0].kind, FrameKind::Kernel);
}

#[test]
fn labels_are_text_or_numbers_with_units() {
    let mut pprof = base();
    let (thread, name) = (add_string(&mut pprof, b"thread"), add_string(&mut pprof, b"pool-1"));
    let (bytes, unit) = (add_string(&mut pprof, b"bytes"), add_string(&mut pprof, b"kilobytes"));
    pprof.sample[0].label = vec![
        Label { key: thread, str: name, ..Label::default() },
        Label { key: bytes, num: 64, num_unit: unit, ..Label::default() },
        Label { key: bytes, num: 65, ..Label::default() },
    ];
    pprof.sample.push(Sample { label: vec![], ..pprof.sample[0].clone() });
    let (profile, _) = read(&pprof);
    let labels = profile.series[0].samples.labels.as_ref().unwrap();
    let text = |id| profile.strings.text(id).into_owned();
    let shown: Vec<String> = profile
        .labels
        .get(labels[0].unwrap())
        .iter()
        .map(|label| match label.value {
            LabelValue::Text(value) => format!("{}={}", text(label.key), text(value)),
            LabelValue::Number(value, unit) => {
                format!("{}={value}{}", text(label.key), unit.map(text).unwrap_or_default())
            }
        })
        .collect();
    assert_eq!(shown, ["thread=pool-1", "bytes=64kilobytes", "bytes=65"]);
    assert_eq!(labels[1], None);
}

#[test]
fn metadata_is_kept() {
    let mut pprof = base();
    (pprof.time_nanos, pprof.duration_nanos, pprof.period) = (1_700_000_000, 30, 10);
    pprof.period_type = Some(ValueType { r#type: 3, unit: 4 });
    pprof.default_sample_type = 1;
    pprof.comment = vec![8, 5];
    let (profile, _) = read(&pprof);
    let meta = &profile.meta;
    assert_eq!((meta.start_ns, meta.duration_ns, meta.period), (Some(1_700_000_000), Some(30), Some(10)));
    assert_eq!(meta.default_value, Some((SeriesId::new(0), 0)));
    assert_eq!(profile.strings.text(meta.period_type.unwrap().name), "cpu");
    assert_eq!(meta.comments.iter().map(|&id| profile.strings.text(id)).collect::<Vec<_>>(), ["a.c", "main"]);
}

#[test]
fn dropped_frames_take_their_callees_along() {
    let drop = |drop: &str, keep: &str| {
        let mut pprof = base();
        pprof.drop_frames = add_string(&mut pprof, drop.as_bytes());
        if !keep.is_empty() {
            pprof.keep_frames = add_string(&mut pprof, keep.as_bytes());
        }
        let (profile, notes) = read(&pprof);
        (folded(&profile).remove(0), notes.get("pprof_frames_pattern").map_or(0, |note| note.count))
    };
    assert_eq!(drop("work|other", ""), ("main 1 10".to_owned(), 0));
    assert_eq!(drop("leaf", ""), ("main;work 1 10".to_owned(), 0));
    assert_eq!(drop("wor", ""), ("main;work;leaf 1 10".to_owned(), 0));
    assert_eq!(drop("w.*|l.*", "work"), ("main;work 1 10".to_owned(), 0));
    // Nothing above the root can be kept, so nothing is dropped.
    assert_eq!(drop(".*", ""), ("main;work;leaf 1 10".to_owned(), 0));
    assert_eq!(drop("(", ""), ("main;work;leaf 1 10".to_owned(), 1));
}

#[test]
fn samples_that_cannot_be_used_are_counted() {
    type Break = fn(&mut Profile);
    let cases: [(Break, &str, &str); 5] = [
        (
            |pprof| pprof.sample[0].location_id[1] = 77,
            "pprof_location_missing",
            "sample[0].location_id[1] = 77",
        ),
        (
            |pprof| pprof.location[1].line[0].function_id = 77,
            "pprof_function_missing",
            "sample[0].location_id[0] = 2, location[1].line[0].function_id = 77",
        ),
        (
            |pprof| pprof.function[0].name = -1,
            "pprof_string_out_of_range",
            "sample[0].location_id[1] = 1, function[0].name = -1",
        ),
        (
            |pprof| pprof.sample[0].label = vec![Label { key: 1, str: 99, ..Label::default() }],
            "pprof_string_out_of_range",
            "sample[0].label[0].str = 99",
        ),
        (
            |pprof| pprof.sample[0].value = vec![1],
            "pprof_value_count",
            "sample[0].value: 1 values for 2 types",
        ),
    ];
    for (change, code, found) in cases {
        let mut pprof = base();
        change(&mut pprof);
        // One more sample, without anything that could be wrong.
        pprof.sample.push(Sample { value: vec![1, 1], ..Sample::default() });
        let (profile, notes) = read(&pprof);
        let note = notes.get(code).unwrap_or_else(|| panic!("no note {code}"));
        assert_eq!((note.kind, note.count, note.first[0].found.as_str()), (NoteKind::LeftOut, 1, found));
        assert_eq!(profile.series[0].records, 1);
    }
}

#[test]
fn caveats_are_counted() {
    type Break = fn(&mut Profile);
    let cases: [(Break, &str); 8] = [
        (|pprof| pprof.function[0].id = 0, "pprof_function_id_zero"),
        (|pprof| pprof.location[0].line[0].function_id = 0, "pprof_line_without_function"),
        (|pprof| pprof.function.push(pprof.function[0]), "pprof_function_duplicate"),
        (|pprof| pprof.location.push(pprof.location[0].clone()), "pprof_location_duplicate"),
        (|pprof| pprof.mapping.push(pprof.mapping[0]), "pprof_mapping_duplicate"),
        (|pprof| pprof.location[0].mapping_id = 55, "pprof_mapping_missing"),
        (|pprof| pprof.string_table[0] = b"x".to_vec(), "pprof_first_string"),
        (|pprof| pprof.default_sample_type = 5, "pprof_default_type"),
    ];
    for (change, code) in cases {
        let mut pprof = base();
        change(&mut pprof);
        let (_, notes) = read(&pprof);
        assert!(notes.get(code).is_some(), "{code}: {notes:?}");
    }
}

#[test]
fn function_zero_is_used_where_the_file_has_one() {
    let mut pprof = base();
    pprof.function[0].id = 0;
    pprof.location[0].line[0].function_id = 0;
    let (profile, _) = read(&pprof);
    assert_eq!(folded(&profile), ["main;work;leaf 1 10"]);
}

#[test]
fn profiles_in_gzip_members_of_their_own_are_added_up() {
    let mut second = base();
    second.location[0].id = 9;
    second.sample[0].location_id = vec![9];
    (second.duration_nanos, second.time_nanos) = (5, 7);
    let stored = [gzip(&base().encode_to_vec()), gzip(&second.encode_to_vec())].concat();
    let (profile, notes) = try_read(&stored).unwrap();
    assert_eq!(folded(&profile), ["main;work;leaf 1 10", "main 1 10"]);
    assert_eq!((profile.meta.start_ns, profile.meta.duration_ns), (Some(7), Some(5)));
    assert_eq!(notes.get("pprof_members").unwrap().count, 2);
}

#[test]
fn profiles_one_after_another_are_named() {
    let bytes = base().encode_to_vec();
    let message = try_read(&[bytes.clone(), bytes].concat()).unwrap_err().to_string();
    assert!(message.contains("string_table: expected one profile, found a second string table"), "{message}");
}

#[test]
fn members_that_are_parts_of_one_profile_are_read_as_one() {
    let bytes = base().encode_to_vec();
    for cut in 1..bytes.len() {
        let stored = [gzip(&bytes[..cut]), gzip(&bytes[cut..])].concat();
        let (profile, notes) = try_read(&stored).unwrap();
        assert_eq!(folded(&profile), ["main;work;leaf 1 10"]);
        assert!(notes.is_empty());
    }
}

#[test]
fn a_file_cut_anywhere_gives_whole_samples_or_says_where() {
    let mut pprof = base();
    pprof.sample = vec![pprof.sample[0].clone(); 3];
    let bytes = pprof.encode_to_vec();
    let tables = Profile { sample: vec![], ..pprof.clone() }.encode_to_vec();
    let last_samples =
        [tables, Profile { sample: pprof.sample, ..Profile::default() }.encode_to_vec()].concat();
    let (mut partial, mut truncated) = (0, 0);
    for bytes in [bytes, last_samples] {
        for cut in 1..bytes.len() {
            match try_read(&bytes[..cut]) {
                Ok((profile, notes)) => {
                    assert!(profile.series[0].sum(0) + i128::from(notes.samples_left_out()) <= 3);
                    partial += usize::from(notes.get("truncated").is_some());
                }
                Err(error) => {
                    // Between two records nothing but what is missing tells of the cut.
                    let code = error.kind.code();
                    assert!(["truncated", "malformed", "bad_reference"].contains(&code), "{error}");
                    truncated += usize::from(code == "truncated");
                }
            }
        }
    }
    assert!(partial > 10 && truncated > 10, "{partial} partial results, {truncated} cut");
}

#[test]
fn a_broken_record_is_named() {
    let mut pprof = base();
    pprof.sample = vec![pprof.sample[0].clone(); 18];
    let mut bytes = pprof.encode_to_vec();
    // The last sample's location ids, [2, 1], become an unfinished varint.
    let last = bytes.windows(4).rposition(|bytes| bytes == [0x0a, 2, 2, 1]).unwrap();
    bytes[last + 3] = 0x80;
    let message = try_read(&bytes).unwrap_err().to_string();
    let expected = format!("test.pb: byte {}, sample[17].location_id[1]: expected a whole field", last + 3);
    assert!(message.starts_with(&expected), "{message}");
}

#[test]
fn flipped_bits_never_panic() {
    let bytes = base().encode_to_vec();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let _ = try_read(&flipped);
        let _ = format_named("pprof").unwrap().recognise(&flipped);
    }
}

#[test]
fn the_result_does_not_depend_on_threads() {
    let mut pprof = base();
    pprof.sample = (0..200_000)
        .map(|row| Sample {
            location_id: vec![row % 3 + 1; (row % 7) as usize],
            value: vec![1, 2],
            label: vec![],
        })
        .collect();
    let bytes = pprof.encode_to_vec();
    let read_with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| try_read(&bytes).unwrap().0)
    };
    let (one, four) = (read_with(1), read_with(4));
    assert_eq!((one.stacks, one.frames), (four.stacks, four.frames));
    assert_eq!(one.series[0].samples.stacks, four.series[0].samples.stacks);
}

#[test]
fn a_few_bytes_do_not_make_millions_of_frames() {
    let mut profile = base();
    profile.location[1].line = vec![Line { function_id: 3, line: 9 }; 1000];
    profile.sample.push(Sample { location_id: vec![2; 5000], value: vec![1, 10], label: vec![] });
    let (read, notes) = read(&profile);
    assert_eq!((read.series[0].records, notes.samples_left_out()), (1, 1));
    assert_eq!(notes.get("pprof_stack_too_deep").unwrap().count, 1);
}

#[test]
fn a_small_file_does_not_make_stacks_without_end() {
    // A location of many lines on top of 100 different stacks: ten million stacks.
    let mut profile = base();
    profile.location[1].line = vec![Line { function_id: 3, line: 9 }; 100_000];
    profile.sample = (0..100u64)
        .map(|number| Sample {
            location_id: std::iter::once(2)
                .chain((0..7).map(|bit| [1, 3][(number >> bit & 1) as usize]))
                .collect(),
            value: vec![1, 10],
            label: vec![],
        })
        .collect();
    let bytes = profile.encode_to_vec();
    let (read, notes) = try_read(&bytes).unwrap();
    let most = (1 << 22) + 2 * bytes.len();
    assert_eq!(read.stacks.len(), most);
    let in_parts = try_read_by(&bytes, 100).unwrap().0;
    assert!(
        in_parts.stacks == read.stacks && in_parts.series[0].samples.stacks == read.series[0].samples.stacks
    );
    let left_out = notes.get("pprof_too_many_stacks").unwrap();
    assert_eq!(left_out.count, notes.samples_left_out());
    let used = (most / 100_000) as u64;
    assert!((used - 1..=used).contains(&read.series[0].records), "{}", read.series[0].records);
    let found = format!("location_id: more than {most} different stacks");
    assert!(left_out.first[0].found.ends_with(&found), "{left_out:?}");
}

#[test]
fn every_faulty_stack_of_a_deep_chain_is_named() {
    // Each sample one deeper than the one before, above a location that is missing.
    let mut profile = base();
    profile.sample = (0..3_000)
        .map(|depth| Sample {
            location_id: [vec![1; depth], vec![77]].concat(),
            value: vec![1, 10],
            label: vec![],
        })
        .collect();
    let (read, notes) = read(&profile);
    assert_eq!((read.series[0].records, notes.samples_left_out()), (0, 3_000));
    assert!(notes.get("pprof_location_missing").unwrap().first[0].found.contains("location_id[0] = 77"));
}

/// Everything of a result that could differ.
fn shown(outcome: Result<(crate::Profile, Notes), ReadError>) -> String {
    outcome.map_or_else(|error| error.to_string(), |read| format!("{read:?}"))
}

#[test]
fn the_result_does_not_depend_on_chunks_or_containers() {
    let mut pprof = base();
    // Frames that several locations share, locations with and without callees, samples that are left out.
    pprof.location.push(Location { id: 9, ..pprof.location[0].clone() });
    pprof.drop_frames = add_string(&mut pprof, b"leaf");
    let label = |key| vec![Label { key, str: 5, ..Label::default() }];
    pprof.sample = (0..120u64)
        .map(|row| Sample {
            location_id: (0..row % 7)
                .map(|depth| [1, 2, 3, 9, 4][((row * 5 + depth * depth) % 5) as usize])
                .collect(),
            value: vec![1; if row % 11 == 0 { 1 } else { 2 }],
            label: if row % 3 == 0 { label(if row % 9 == 0 { 99 } else { 6 }) } else { vec![] },
        })
        .collect();
    let bytes = pprof.encode_to_vec();
    let reordered = {
        let samples = Profile { sample: pprof.sample.clone(), ..Profile::default() };
        let tables = Profile { sample: vec![], ..pprof };
        [samples.encode_to_vec(), tables.encode_to_vec()].concat()
    };
    let mut broken = bytes.clone();
    broken.splice(500..502, [0xff; 12]);
    for bytes in [&bytes, &reordered, &broken, &bytes[..bytes.len() - 3].to_vec()] {
        let expected = shown(try_read_by(bytes, 1 << 20));
        for chunk_bytes in [1, 50, 1000] {
            assert_eq!(shown(try_read_by(bytes, chunk_bytes)), expected);
            assert_eq!(shown(try_read_by(&gzip(bytes), chunk_bytes)), expected);
            let members = [gzip(&bytes[..400]), gzip(b""), gzip(&bytes[400..])].concat();
            assert_eq!(shown(try_read_by(&members, chunk_bytes)), expected);
            let zstd = zstd::encode_all(&bytes[..], 1).unwrap();
            assert_eq!(shown(try_read_by(&zstd, chunk_bytes)), expected);
        }
    }
}

#[test]
fn a_damaged_gzip_gives_the_samples_that_are_whole() {
    let mut pprof = base();
    let samples: Vec<Sample> = (0..60_000i64)
        .map(|row| Sample { location_id: vec![2, 1], value: vec![1, row * row % 1009], label: vec![] })
        .collect();
    let tables = pprof.encode_to_vec();
    pprof = Profile { sample: samples, ..Profile::default() };
    let mut stored = gzip(&[tables, pprof.encode_to_vec()].concat());
    stored.truncate(stored.len() / 2);
    let (profile, notes) = try_read(&stored).unwrap();
    let records = profile.series[0].records;
    assert!((10_000..50_000).contains(&records), "{records}");
    assert!(notes.get("truncated").is_some());
    assert_eq!(shown(try_read_by(&stored, 1000)), shown(Ok((profile, notes))));
}

#[test]
fn a_packed_profile_past_the_limit_is_refused() {
    let options = ReadOptions { max_unpacked: 100, ..ReadOptions::default() };
    let error = read_bytes("test.pb.gz", &gzip(&base().encode_to_vec()), &options).unwrap_err();
    assert_eq!(error.kind.code(), "too_large");
}

#[test]
fn what_is_below_the_first_match_under_a_user_frame_is_left_out() {
    let mut pprof = base();
    let alloc = add_string(&mut pprof, b"alloc(int)");
    pprof.function.push(Function { id: 4, name: alloc, ..Function::default() });
    let line = |function_id| Line { function_id, line: 0 };
    pprof.location = vec![
        Location { id: 1, line: vec![line(1)], ..Location::default() },
        Location { id: 2, line: vec![line(4)], ..Location::default() },
        // leaf, into which alloc is inlined.
        Location { id: 3, line: vec![line(4), line(3)], ..Location::default() },
    ];
    pprof.drop_frames = add_string(&mut pprof, b"alloc");
    let stacks: [&[u64]; 6] = [&[1, 2, 1], &[1, 3, 1], &[1, 2], &[2, 2], &[1, 2, 1, 2], &[1, 3, 2, 1]];
    pprof.sample =
        stacks.map(|ids| Sample { location_id: ids.to_vec(), value: vec![1, 1], label: vec![] }).to_vec();
    let (profile, _) = read(&pprof);
    let rows = ["main 1 1", "main;leaf 1 1", "alloc(int);main 1 1", "alloc(int);alloc(int) 1 1"];
    assert_eq!(folded(&profile)[..4], rows);
    assert_eq!(folded(&profile)[4..], ["alloc(int);main 1 1", "main 1 1"]);
}

#[test]
fn every_legacy_form_is_named() {
    let cases: [(&[u8], &str); 10] = [
        (b"heap profile: 1: 2 [3: 4] @ heap/1048576\n", "a legacy heap profile"),
        (b"heap_v2/524288\n", "a jemalloc heap profile"),
        (b"--- heapz 1 ---\n", "a legacy heap profile"),
        (b"--- growthz 1 ---\n", "a legacy heap profile"),
        (b"--- contentionz 1 ---\n", "a legacy contention profile"),
        (b"--- mutex:\n", "a legacy mutex profile"),
        (b"--- threadz 1 ---\n", "a legacy thread profile"),
        (b"goroutine profile: total 3\n1 @ 0x1\n", "a goroutine dump"),
        (b"threadcreate profile: total 3\n1 @ 0x1\n", "a legacy count profile"),
        (b"--- symbol\nbinary=/bin/a\n---\n--- profile\n", "a legacy profile with its symbols"),
    ];
    for (bytes, what) in cases {
        for bytes in [bytes.to_vec(), gzip(bytes)] {
            let error = read_bytes("test", &bytes, &ReadOptions::default()).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
    }
}

#[test]
fn every_field_of_the_tables_is_kept() {
    let mut profile = base();
    profile.function[0] = Function { id: 1, name: 5, system_name: 6, filename: 8, start_line: 42 };
    profile.location[0].mapping_id = 1;
    profile.location[0].line[0].line = 44;
    profile.period_type = Some(ValueType { r#type: 3, unit: 4 });
    // Field 15, `doc_url`, is known and not kept.
    let bytes = [profile.encode_to_vec(), vec![15 << 3, 5]].concat();
    let (read, notes) = try_read(&bytes).unwrap();
    assert_eq!(notes.get("pprof_unknown_field"), None);
    let text = |id| read.strings.text(id).into_owned();
    let main = read.functions.iter().find(|function| text(function.name) == "main").unwrap();
    assert_eq!((main.system_name.map(text), main.file.map(text)), (Some("work".into()), Some("a.c".into())));
    assert_eq!(main.start_line, 42);
    let mapping = read.mappings[0];
    assert_eq!((mapping.start, mapping.limit, mapping.offset), (0x7f00_0000, 0x7f10_0000, 0x2000));
    let frame = read.frames.iter().find(|frame| read.function(frame.function) == main).unwrap();
    assert_eq!((frame.line, frame.mapping.map(|id| id.index())), (44, Some(0)));
    let period = read.meta.period_type.unwrap();
    assert_eq!((text(period.name), text(period.unit)), ("cpu".into(), "nanoseconds".into()));
}

#[test]
fn unknown_fields_are_counted_over_all_parts() {
    // Field 200, a varint: three times, in a message that is read whole and byte by byte.
    let unknown = [0xc0, 0x0c, 0x01];
    let bytes = [&unknown[..], &base().encode_to_vec(), &unknown, &unknown].concat();
    for chunk_bytes in [1, 1 << 20] {
        let (_, notes) = try_read_by(&bytes, chunk_bytes).unwrap();
        let note = notes.get("pprof_unknown_field").unwrap();
        assert_eq!((note.count, note.first[0].byte), (3, 0), "{chunk_bytes}");
    }
}

#[test]
fn errors_name_the_record_they_stand_in() {
    // A message of each kind whose first field is cut inside: the path counts those before it.
    let whole = base().encode_to_vec();
    for (field, name) in
        [(1, "sample_type[2]"), (2, "sample[1]"), (3, "mapping[1]"), (4, "location[3]"), (5, "function[3]")]
    {
        let bytes = [&whole[..], &[field << 3 | 2, 2, 0x08, 0x80]].concat();
        let message = try_read(&bytes).unwrap_err().to_string();
        assert!(message.contains(&format!("byte {}, {name}.", whole.len() + 3)), "{message}");
    }
}

#[test]
fn frames_to_drop_are_not_looked_for_in_faulty_locations() {
    let mut profile = base();
    profile.drop_frames = add_string(&mut profile, b"leaf");
    profile.location.push(Location {
        id: 4,
        line: vec![Line { function_id: 77, line: 1 }],
        ..Location::default()
    });
    profile.sample.push(Sample { location_id: vec![4, 1], value: vec![1, 10], label: vec![] });
    let (read, notes) = read(&profile);
    assert_eq!((read.series[0].records, notes.samples_left_out()), (1, 1));
    assert_eq!(notes.get("pprof_function_missing").unwrap().count, 1);
}

#[test]
fn a_file_that_ends_inside_its_last_field_is_cut_and_a_length_of_no_file_is_broken() {
    let whole = base().encode_to_vec();
    let read = |end: &[u8]| try_read(&[&whole[..], end].concat());
    // A varint of one byte that announces another, and a sample of 8,191 bytes.
    for cut in [&[10 << 3, 0x80][..], &[2 << 3 | 2, 0xff, 0x3f]] {
        let (profile, notes) = read(cut).unwrap();
        assert_eq!((profile.series[0].records, notes.get("truncated").unwrap().count), (1, 1));
    }
    let message = read(&[2 << 3 | 2, 0xff, 0xff, 0xff, 0xff, 0x7f]).unwrap_err().to_string();
    assert!(message.contains("sample[1]"), "{message}");
}
