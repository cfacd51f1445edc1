//! speedscope files of other tools, where they are at hand, and files written here: read(write(x)) = x.

mod common;

use analyzer_formats::folded::{self, FrameText, Values};
use analyzer_formats::speedscope::{all_values, write};
use analyzer_formats::{
    Capture, Content, Frame, FrameKind, Function, Moment, Profile, ProfileBuilder, ReadOptions, SeriesId,
    Thread, ValueType, read_bytes, read_path,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

fn profile(capture: &Capture) -> &Profile {
    let Content::Profile(profile) = &capture.content else { panic!("{} is a profile", capture.source.name) };
    profile
}

fn folded(profile: &Profile) -> String {
    let mut out = Vec::new();
    folded::write(profile, SeriesId::new(0), Values::Column(0), FrameText::Line, &mut out)
        .expect("memory does not fail");
    String::from_utf8_lossy(&out).into_owned()
}

/// Records, sum and notes of every file, counted by a few lines of Python: `len(samples)` and `sum(weights)`, or for
/// events the time between two of them while any is open.
#[test]
fn records_and_sums_are_those_of_the_files() {
    let Some(folder) = common::captures().map(|folder| folder.join("speedscope/speedscope")) else { return };
    let cases: &[(&str, u64, i128, &[&str])] = &[
        ("0.0.1/simple-no-pretty-print.speedscope.json", 4, 14, &[]),
        ("0.0.1/simple.speedscope.json", 4, 14, &[]),
        ("0.1.2/simple-sampled.speedscope.json", 5, 14, &[]),
        ("0.6.0/two-sampled.speedscope.json", 10, 28, &[]),
        ("invalid/incomplete-trace.json", 1, 100, &["calls_open"]),
        ("invalid/out-of-order-events.json", 3, 3, &["calls_unclosed", "close_unmatched"]),
    ];
    for (file, records, sum, notes) in cases {
        let capture = read_path(&folder.join(file), &ReadOptions::default()).expect("a speedscope file");
        let series = &profile(&capture).series[0];
        let scale = 10i128.pow(u32::from(series.value_types[0].decimals));
        assert_eq!((series.records, series.sum(0)), (*records, sum * scale), "{file}");
        assert_eq!(capture.notes.iter().map(|note| note.code).collect::<Vec<_>>(), *notes, "{file}");
        assert_eq!(capture.notes.records(), capture.records_used() + capture.notes.samples_left_out());
    }
    let simple = read_path(&folder.join(cases[0].0), &ReadOptions::default()).expect("a speedscope file");
    assert_eq!(folded(profile(&simple)), "a;b;c 5\na;b;d 4\na;b 5\n");
}

#[test]
fn other_formats_beside_them_are_not_taken_for_speedscope() {
    let Some(folder) = common::captures().map(|folder| folder.join("speedscope")) else { return };
    for path in
        common::files_below(&folder).iter().filter(|path| !path.starts_with(folder.join("speedscope")))
    {
        if let Ok(capture) = read_path(path, &ReadOptions::default()) {
            assert_ne!(capture.source.format, "speedscope", "{}", path.display());
        }
    }
}

/// What a sample is: its stack as text, its value in the last of nine places, and the samples it stands for.
type Row = (Vec<String>, i128, Option<u64>);

/// What a profile measures: by value type and unit, the rows by stack.
fn meaning(profile: &Profile) -> BTreeMap<(String, String), Vec<Row>> {
    let mut all = BTreeMap::new();
    let text = |id| profile.strings.text(id).into_owned();
    for series in &profile.series {
        for (column, value_type) in series.value_types.iter().enumerate() {
            let scale = 10i128.pow(9 - u32::from(value_type.decimals));
            let mut sums: BTreeMap<Vec<String>, (i128, Option<u64>)> = BTreeMap::new();
            for (row, &stack) in series.samples.stacks.iter().enumerate() {
                let frames = profile.frames_of(stack).map(|frame| {
                    let frame = profile.frame(frame);
                    let function = profile.function(frame.function);
                    let file = function.file.map(text);
                    format!("{} {file:?} {} {:?}", text(function.name), frame.line, frame.kind)
                });
                let sum = sums.entry(frames.collect()).or_default();
                sum.0 += i128::from(series.samples.values[column][row]) * scale;
                if let Some(counts) = &series.samples.counts {
                    *sum.1.get_or_insert(0) += counts[row];
                }
            }
            let rows = sums.into_iter().map(|(stack, (value, count))| (stack, value, count)).collect();
            all.insert((text(value_type.name), text(value_type.unit)), rows);
        }
    }
    all
}

#[derive(Clone, Copy, Debug)]
enum Known {
    Counts,
    Nothing,
    Moments,
}

const UNITS: &[(&str, u8)] = &[
    ("seconds", 9),
    ("seconds", 4),
    ("milliseconds", 6),
    ("microseconds", 0),
    ("nanoseconds", 0),
    ("bytes", 0),
    ("count", 0),
    ("count", 3),
    ("cycles/second", 2),
];

/// A thread, as a capture may tell of it: by name, process and number.
type Told = (&'static str, Option<u32>, Option<u32>);

/// Some look like what a file of speedscope's calls something else.
const THREADS: &[Option<Told>] = &[
    None,
    Some(("worker", Some(3), Some(1))),
    Some(("worker", Some(3), Some(2))),
    Some(("worker", None, None)),
    Some(("", None, None)),
    Some(("", None, Some(0))),
    Some(("v3", None, None)),
    Some(("worker (v1)", None, None)),
    Some(("Process 3 Thread 1 \"worker\"", None, None)),
    Some(("count [count]", None, Some(9))),
];

/// The value type and the thread of every sample, sorted; nothing where there is no timeline.
fn threads(profile: &Profile) -> Vec<String> {
    let text = |id| profile.strings.text(id).into_owned();
    let mut all = Vec::new();
    for series in &profile.series {
        let value = text(series.value_types[0].name);
        for thread in series.samples.timeline.iter().flat_map(|timeline| &timeline.threads) {
            let thread = thread.map(|thread| profile.threads[thread.index()]);
            let told = thread.map(|thread| (text(thread.name), thread.pid, thread.tid));
            all.push(format!("{value} {told:?}"));
        }
    }
    all.sort();
    all
}

/// A row to build: the index of its unit, frames with their lines, the value, and the count.
type Planned = (usize, Vec<(usize, u32)>, i64, u16);

/// A profile with a series per unit.
fn built(known: Known, rows: &[Planned]) -> Profile {
    const KINDS: &[FrameKind] =
        &[FrameKind::User, FrameKind::Kernel, FrameKind::Inlined, FrameKind::Interpreted];
    let mut builder = ProfileBuilder::default();
    for (unit, stack, value, count) in rows {
        let (name, decimals) = UNITS[*unit];
        let named = builder.value_type(format!("v{unit}").as_bytes(), name.as_bytes());
        let series = builder.series(&[ValueType { decimals, ..named }]);
        let mut top = None;
        for (frame, line) in stack {
            let name = builder.string(format!("f\"{frame}\n").as_bytes());
            let file = (frame % 2 == 0).then(|| builder.string(b"dir/\\file;.py"));
            let function = builder.function(Function { name, system_name: None, file, start_line: 0 });
            let frame = Frame { function, mapping: None, line: *line, kind: KINDS[frame % KINDS.len()] };
            let frame = builder.frame(frame);
            top = Some(builder.stack(top, frame));
        }
        match known {
            Known::Counts => builder.count(series, top, u64::from(*count), *value),
            Known::Nothing => builder.sum(series, top, *value),
            Known::Moments => {
                let thread = THREADS[usize::from(*count) % THREADS.len()].map(|(name, pid, tid)| {
                    let name = builder.string(name.as_bytes());
                    builder.thread(Thread { name, pid, tid })
                });
                builder.count_at(series, top, *value, Moment { time_ns: i64::from(*count), thread });
            }
        }
    }
    builder.finish()
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        known in prop_oneof![Just(Known::Counts), Just(Known::Nothing), Just(Known::Moments)],
        rows in prop::collection::vec(
            (0..UNITS.len(), prop::collection::vec((0usize..6, 0u32..3), 0..6), -1_000_000i64..1_000_000_000_000, any::<u16>()),
            0..40,
        ),
    ) {
        let profile_in = built(known, &rows);
        let mut json = Vec::new();
        let parts = all_values(&profile_in);
        prop_assert_eq!(write(&profile_in, &parts, 0, FrameText::Line, &mut json).expect("memory"), 0);
        let options = ReadOptions { timeline: true, ..ReadOptions::default() };
        let capture = read_bytes("written", &json, &options).expect("what is written is read");
        prop_assert_eq!(meaning(profile(&capture)), meaning(&profile_in));
        prop_assert_eq!(capture.notes.samples_left_out(), 0);
        if matches!(known, Known::Moments) {
            prop_assert_eq!(threads(profile(&capture)), threads(&profile_in));
        }
        prop_assert_eq!(profile(&capture).threads.len(), profile_in.threads.len());
        // And then nothing changes any more.
        let mut again = Vec::new();
        let parts = all_values(profile(&capture));
        write(profile(&capture), &parts, 0, FrameText::Line, &mut again).expect("memory");
        let second = read_bytes("again", &again, &options).expect("what is written is read");
        prop_assert_eq!(meaning(profile(&second)), meaning(&profile_in));
    }
}
