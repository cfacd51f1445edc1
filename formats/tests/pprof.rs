//! Reads the shared pprof captures. The sums are those of `go tool pprof -raw` (Go 1.19), which leaves out
//! rows whose values are all zero; records are counted in the file.

mod common;

use analyzer_formats::{
    Capture, Content, FORMATS, Profile, ReadOptions, SeriesId, pprof, read_bytes, read_path,
};
use std::path::Path;

fn read(path: &Path) -> Capture {
    read_path(path, &ReadOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

fn profile(capture: &Capture) -> &Profile {
    let Content::Profile(profile) = &capture.content else { panic!("{} is a profile", capture.source.name) };
    profile
}

fn sums(profile: &Profile) -> Vec<i128> {
    (0..profile.series[0].value_types.len()).map(|column| profile.series[0].sum(column)).collect()
}

fn codes(capture: &Capture) -> Vec<&str> {
    capture.notes.iter().map(|note| note.code).collect()
}

/// Each row as folded text.
fn folded(profile: &Profile) -> Vec<String> {
    let samples = &profile.series[0].samples;
    let rows = (0..samples.len()).map(|row| {
        let mut names: Vec<_> = profile
            .frames_of(samples.stacks[row])
            .map(|frame| profile.strings.text(profile.function(profile.frame(frame).function).name))
            .collect();
        names.reverse();
        format!("{} {}", names.join(";"), samples.values[0][row])
    });
    rows.collect()
}

#[test]
fn records_and_sums_are_those_of_go_tool_pprof() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let heap: &[i128] = &[83_487, 51_965_338, 73_788, 48_928_729];
    let heapage: &[i128] = &[247_747, 1_374_249_148, 48_375, 330_314_096];
    let cases: &[(&str, u64, &[i128])] = &[
        ("large.cpu", 20_430, &[24_029, 240_290_000_000]),
        ("parca/query_many_1644509272337470000.pb.gz", 54, heap),
        ("parca/query_many_1644509275338070000.pb.gz", 81, heap),
        ("parca/query_many_1644509278338696000.pb.gz", 100, heap),
        ("parca/query_many_1644509281339135000.pb.gz", 108, heap),
        ("parca/query_many_1644509284338649000.pb.gz", 114, heap),
        ("parca/query_many_1644509287338709000.pb.gz", 125, heap),
        ("parca/symbolizer_inlining-disabled-cpu.stripped.pprof", 82, &[1_020, 10_200_000_000]),
        ("parca/symbolizer_normal-cpu.stripped.pprof", 56, &[907, 9_070_000_000]),
        ("parca/symbolizer_profile.pb.gz", 8, &[930]),
        ("parca/symbolizer_stripped-cpu.stripped.pprof", 55, &[958, 9_580_000_000]),
        ("parca/symbolizer_without-dwarf-cpu.stripped.pprof", 59, &[943, 9_430_000_000]),
        ("pprofutils/examples_anon.in.pprof", 3_679, &[6_385, 63_850_000_000]),
        ("pprofutils/examples_anon.out.pprof", 3_679, &[6_385, 63_850_000_000]),
        ("pprofutils/examples_avg.in.pprof", 120, &[387_153_502, 4_114_869_210_214_492]),
        ("pprofutils/examples_avg.out.pprof", 120, &[387_153_502, 216_098_591_072]),
        ("pprofutils/examples_folded.in.pprof", 3, &[12]),
        ("pprofutils/examples_folded.out.pprof", 3, &[12]),
        ("pprofutils/examples_heapage.in.pprof", 14, heapage),
        ("pprofutils/examples_heapage.out.pprof", 14, heapage),
        ("pprofutils/examples_json.in.pprof", 7, &[38, 380_000_000]),
        ("pprofutils/examples_json.out.pprof", 7, &[38, 380_000_000]),
        ("pprofutils/examples_labelframes.in.pprof", 1_014, &[2_722, 27_220_000_000]),
        ("pprofutils/examples_labelframes.out.pprof", 1_014, &[2_722, 27_220_000_000]),
        ("pprofutils/examples_raw.in.pprof", 7, &[38, 380_000_000]),
        ("pprofutils/legacy-pprof.lines.pb.gz", 6, &[308, 3_080_000_000]),
        ("pprofutils/legacy-pprof.samples.cpu.001.pb.gz", 7, &[38, 380_000_000]),
        ("pprofutils/utils_testdata_heapage.pprof", 14, heapage),
    ];
    for &(name, records, expected) in cases {
        let capture = read(&folder.join(name));
        let read = profile(&capture);
        assert_eq!((read.series[0].records, sums(read).as_slice()), (records, expected), "{name}");
        assert_eq!((capture.source.format, capture.notes.samples_left_out()), ("pprof", 0), "{name}");

        let mut file = Vec::new();
        pprof::write(read, SeriesId::new(0), &mut file).unwrap();
        let again = read_bytes(name, &file, &ReadOptions::default()).unwrap();
        assert_eq!(folded(profile(&again)), folded(read), "{name}, written and read again");
        assert_eq!(sums(profile(&again)), expected, "{name}, written and read again");
    }
}

#[test]
fn code_without_symbols_is_named_by_module() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let stripped = read(&folder.join("parca/symbolizer_stripped-cpu.stripped.pprof"));
    assert!(folded(profile(&stripped))[0].ends_with(";[pprof-example-app-go-stripped+0xd460e] 1"));
    assert!(stripped.notes.is_empty());
    // An address in no mapping: the stack pointer of a goroutine, by its looks.
    let with_kernel = read(&folder.join("parca/symbolizer_profile.pb.gz"));
    assert_eq!(codes(&with_kernel), ["pprof_address_only"]);
}

#[test]
fn odd_but_valid_files_are_read() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let cases: &[(&str, &[&str], &[&str])] = &[
        ("ok-base.pb", &["main;leaf 100"], &[]),
        ("ok-empty-stack-sample.pb", &[" 100"], &[]),
        ("ok-gzip-multimember.pb.gz", &["main;leaf 100"], &[]),
        ("ok-gzip-trailing-zeros.pb.gz", &["main;leaf 100"], &[]),
        ("ok-inlined.pb", &["main;leaf 100"], &[]),
        ("ok-mapping-missing.pb", &["main 100"], &["pprof_mapping_missing"]),
        ("ok-mixed-packed-unpacked.pb", &["main;leaf 100"], &[]),
        ("ok-negative-value.pb", &["main;leaf -100"], &[]),
        ("ok-no-samples.pb", &[], &[]),
        ("ok-sparse-huge-ids.pb", &["main;leaf 100"], &[]),
        ("ok-strings-first-reordered.pb", &["main;leaf 100"], &[]),
        ("ok-unknown-fields.pb", &["main;leaf 100"], &["pprof_unknown_field"]),
        ("ok-unpacked.pb", &["main;leaf 100"], &[]),
        ("ok-zstd.pb.zst", &["main;leaf 100"], &[]),
    ];
    for &(name, rows, notes) in cases {
        let capture = read(&folder.join("hostile").join(name));
        assert_eq!(folded(profile(&capture)), rows, "{name}");
        assert_eq!(codes(&capture), notes, "{name}");
    }
}

#[test]
fn broken_files_give_a_note_that_counts() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let cases: &[(&str, u64, u64, &[&str])] = &[
        ("bad-function-dup.pb", 1, 0, &["pprof_function_duplicate"]),
        ("bad-function-id-zero.pb", 1, 0, &["pprof_function_id_zero"]),
        ("bad-line-function-missing.pb", 0, 1, &["pprof_function_missing"]),
        ("bad-line-function-zero.pb", 1, 0, &["pprof_line_without_function"]),
        ("bad-location-dup.pb", 1, 0, &["pprof_location_duplicate"]),
        ("bad-location-missing.pb", 0, 1, &["pprof_location_missing"]),
        ("bad-location-zero.pb", 0, 1, &["pprof_location_missing"]),
        ("bad-string-index-negative.pb", 0, 1, &["pprof_string_out_of_range"]),
        ("bad-string-index-oob.pb", 0, 1, &["pprof_string_out_of_range"]),
        ("bad-string0-nonempty.pb", 0, 0, &["pprof_first_string"]),
        ("bad-truncated-mid-message.pb", 1, 0, &["pprof_name_out_of_range", "truncated"]),
        ("bad-value-count-short.pb", 0, 1, &["pprof_value_count"]),
    ];
    for &(name, records, left_out, notes) in cases {
        let capture = read(&folder.join("hostile").join(name));
        assert_eq!(profile(&capture).series[0].records, records, "{name}");
        assert_eq!(
            (capture.notes.samples_left_out(), codes(&capture).as_slice()),
            (left_out, notes),
            "{name}"
        );
    }
}

#[test]
fn broken_wire_format_is_an_error_that_says_where() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let cases = [
        ("bad-group-wiretype.pb", "byte 88, field 100: expected wire type 0, 1, 2 or 5"),
        ("bad-length-past-end.pb", "byte 88, string_table[6]: expected 1099511627776 bytes"),
        ("bad-no-sample-type.pb", "byte 82, sample_type: expected at least one sample type"),
        ("bad-no-string-table.pb", "byte 51, string_table: expected a string table"),
        ("bad-varint-overlong.pb", "byte 89, time_nanos: expected a varint of at most 10 bytes"),
        ("bad-wrong-wiretype-sampletype.pb", "byte 0, sample_type[0]: expected length-delimited bytes"),
    ];
    for (name, expected) in cases {
        let error = read_path(&folder.join("hostile").join(name), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind.code(), "malformed", "{name}");
        assert!(error.kind.to_string().starts_with(expected), "{name}: {}", error.kind);
    }
}

#[test]
fn legacy_profiles_are_named() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let cases = [
        ("google-pprof-profile/cppbench.contention", "a legacy contention profile"),
        ("google-pprof-profile/cppbench.cpu", "a legacy binary CPU profile"),
        ("google-pprof-profile/cppbench.growth", "a legacy heap profile"),
        ("google-pprof-profile/cppbench.heap", "a legacy heap profile"),
        ("google-pprof-profile/cppbench.thread", "a legacy thread profile"),
        ("google-pprof-profile/cppbench.thread.all", "a legacy thread profile"),
        ("google-pprof-profile/cppbench.thread.none", "a legacy thread profile"),
        ("google-pprof-profile/go.crc32.cpu", "a legacy binary CPU profile"),
        ("google-pprof-profile/go.godoc.thread", "a legacy count profile"),
        ("google-pprof-profile/gobench.cpu", "a legacy binary CPU profile"),
        ("google-pprof-profile/gobench.heap", "a legacy heap profile"),
        ("google-pprof-profile/java.contention", "a legacy contention profile"),
        ("google-pprof-profile/java.cpu", "a legacy binary CPU profile"),
        ("google-pprof-profile/java.heap", "a legacy heap profile"),
        ("pprofutils/legacy-jemalloc.heap", "a jemalloc heap profile"),
    ];
    for (name, what) in cases {
        let error = read_path(&folder.join(name), &ReadOptions::default()).unwrap_err();
        assert_eq!(error.kind.code(), "unsupported_format", "{name}");
        assert!(error.to_string().contains(what), "{error}");
    }
}

#[test]
fn nothing_else_is_taken_for_pprof() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let pprof = FORMATS.iter().find(|format| format.name() == "pprof").unwrap();
    let mut folders = vec![folder.parent().unwrap().to_owned()];
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // speedscope and pprof hold profiles; what they are is checked above.
                if !path.ends_with("pprof") {
                    folders.push(path);
                }
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let head = &bytes[..bytes.len().min(1 << 16)];
            assert!(pprof.recognise(head).is_none(), "{}", path.display());
            seen += 1;
        }
    }
    assert!(seen > 100, "{seen} files");
}

#[test]
fn a_real_capture_cut_or_flipped_never_panics() {
    let Some(folder) = common::captures().map(|folder| folder.join("pprof")) else { return };
    let stored = std::fs::read(folder.join("parca/symbolizer_profile.pb.gz")).unwrap();
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&stored[..]), &mut bytes).unwrap();
    let options = ReadOptions { from: Some("pprof"), ..ReadOptions::default() };
    for cut in 0..bytes.len() {
        let _ = read_bytes("cut", &bytes[..cut], &options);
        let mut flipped = bytes.clone();
        flipped[cut] ^= 1 << (cut % 8);
        let _ = read_bytes("flipped", &flipped, &options);
    }
}
