//! Arbitrary profiles: prost's decoding is the truth for reading, and reading undoes writing.

use super::{Profile, try_read};
use crate::pprof::messages::{Function, Label, Line, Location, Sample, ValueType};
use crate::{Frame, FrameKind, LabelValue, Mapping, ProfileBuilder, SeriesId, StackId, pprof};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message;

/// Ids of locations and functions: `spread` makes them dense or sparse.
fn id(index: usize, spread: u64) -> u64 {
    (index as u64 + 1).wrapping_mul(spread)
}

prop_compose! {
    fn profiles()(
        names in vec(vec(any::<u8>(), 0..6), 1..8),
        types in 1usize..4,
        spread in prop_oneof![Just(1u64), Just(0x9e37_79b9_7f4a_7c15)],
        locations in vec(vec((0usize..8, 0i64..100), 1..4), 1..10),
        samples in vec((vec(0usize..10, 0..12), vec(any::<i64>(), 4), vec((0i64..8, 0i64..8, any::<i64>()), 0..3)), 0..20),
    ) -> Profile {
        let string = |index: i64| 1 + index % names.len() as i64;
        Profile {
            sample_type: (0..types).map(|index| ValueType { r#type: string(index as i64), unit: 0 }).collect(),
            sample: samples.iter().map(|(stack, values, labels)| Sample {
                location_id: stack.iter().map(|&index| id(index % locations.len(), spread)).collect(),
                value: values[..types].to_vec(),
                label: labels.iter().map(|&(key, text, num)| {
                    let is_text = num < 0;
                    Label {
                        key: string(key),
                        str: if is_text { string(text) } else { 0 },
                        num: if is_text { 0 } else { num },
                        num_unit: if is_text { 0 } else { string(text) },
                    }
                }).collect(),
            }).collect(),
            location: locations.iter().enumerate().map(|(index, lines)| Location {
                id: id(index, spread),
                line: lines.iter().map(|&(function, line)| Line { function_id: id(function % names.len(), spread), line }).collect(),
                ..Location::default()
            }).collect(),
            function: (0..names.len()).map(|index| Function { id: id(index, spread), name: index as i64 + 1, ..Function::default() }).collect(),
            string_table: std::iter::once(Vec::new()).chain(names).collect(),
            ..Profile::default()
        }
    }
}

/// A sample as names from the root, values, and labels.
type Row = (Vec<Vec<u8>>, Vec<i64>, Vec<String>);

fn rows_of_messages(profile: &Profile) -> Vec<Row> {
    let name = |index: i64| profile.string_table[index as usize].clone();
    let rows = profile.sample.iter().map(|sample| {
        let mut names = Vec::new();
        for id in &sample.location_id {
            let location = profile.location.iter().find(|location| location.id == *id).unwrap();
            for line in &location.line {
                let function = profile.function.iter().find(|function| function.id == line.function_id);
                names.push(name(function.unwrap().name));
            }
        }
        names.reverse();
        let labels = sample.label.iter().map(|label| match label.str {
            0 => format!("{:?} {} {:?}", name(label.key), label.num, name(label.num_unit)),
            text => format!("{:?} {:?}", name(label.key), name(text)),
        });
        (names, sample.value.clone(), labels.collect())
    });
    rows.collect()
}

fn rows_of(profile: &crate::Profile) -> Vec<Row> {
    let samples = &profile.series[0].samples;
    let bytes = |id| profile.strings.get(id).to_vec();
    let rows = (0..samples.len()).map(|row| {
        let frames = profile.frames_of(samples.stacks[row]);
        let mut names: Vec<_> =
            frames.map(|frame| bytes(profile.function(profile.frame(frame).function).name)).collect();
        names.reverse();
        let values = samples.values.iter().map(|column| column[row]).collect();
        let set = samples.labels.as_ref().and_then(|labels| labels[row]);
        let labels =
            set.map(|set| profile.labels.get(set)).unwrap_or_default().iter().map(|label| {
                match label.value {
                    LabelValue::Text(text) => format!("{:?} {:?}", bytes(label.key), bytes(text)),
                    LabelValue::Number(number, unit) => {
                        format!("{:?} {number} {:?}", bytes(label.key), unit.map(bytes).unwrap_or_default())
                    }
                }
            });
        (names, values, labels.collect())
    });
    rows.collect()
}

fn written(profile: &crate::Profile) -> Vec<u8> {
    let mut file = Vec::new();
    pprof::write(profile, SeriesId::new(0), &mut file).unwrap();
    file
}

proptest! {
    #[test]
    fn reading_agrees_with_prost(messages in profiles()) {
        let (profile, notes) = try_read(&messages.encode_to_vec()).unwrap();
        prop_assert!(notes.is_empty());
        prop_assert_eq!(rows_of(&profile), rows_of_messages(&messages));
    }

    #[test]
    fn fields_come_in_any_order(messages in profiles()) {
        let samples = Profile { sample: messages.sample.clone(), ..Profile::default() };
        let strings = Profile { string_table: messages.string_table.clone(), ..Profile::default() };
        let rest = Profile { sample: vec![], string_table: vec![], ..messages.clone() };
        let parts = [samples, rest, strings].map(|part| part.encode_to_vec());
        let expected = rows_of_messages(&messages);
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let bytes = order.map(|part| parts[part].clone()).concat();
            prop_assert_eq!(&rows_of(&try_read(&bytes).unwrap().0), &expected);
        }
    }

    #[test]
    fn reading_undoes_writing(messages in profiles()) {
        let (profile, _) = try_read(&messages.encode_to_vec()).unwrap();
        let file = written(&profile);
        let (again, notes) = try_read(&file).unwrap();
        prop_assert!(notes.is_empty());
        prop_assert_eq!(rows_of(&again), rows_of(&profile));
        prop_assert_eq!(written(&again), file);
    }

    #[test]
    fn noise_in_a_profile_never_panics(messages in profiles(), at in any::<prop::sample::Index>(), noise in vec(any::<u8>(), 1..12)) {
        let mut bytes = messages.encode_to_vec();
        let at = at.index(bytes.len());
        let end = (at + noise.len()).min(bytes.len());
        bytes.splice(at..end, noise);
        let _ = try_read(&bytes);
    }
}

#[test]
fn what_is_not_a_name_survives_writing_too() {
    let mut builder = ProfileBuilder::default();
    let file = builder.string(b"/bin/app");
    let build_id = Some(builder.string(b"abcd"));
    let mapping =
        builder.mapping(Mapping { file, build_id, start: 0x400_000, limit: 0x500_000, offset: 0x1000 });
    let mut frame = |name: &[u8], mapping, line, kind| {
        let name = builder.string(name);
        let function =
            builder.function(crate::Function { name, system_name: None, file: None, start_line: 0 });
        builder.frame(Frame { function, mapping, line, kind })
    };
    let frames = [
        frame(b"main", Some(mapping), 7, FrameKind::User),
        frame(b"inlined", Some(mapping), 8, FrameKind::Inlined),
        frame(b"[app+0x1f0]", Some(mapping), 0, FrameKind::Unknown),
        frame(b"[unknown]", None, 0, FrameKind::Unknown),
        frame(b"0xdead", None, 0, FrameKind::Unknown),
    ];
    let stack =
        frames.iter().fold(None, |parent: Option<StackId>, &frame| Some(builder.stack(parent, frame)));
    let value_types = [builder.value_type(b"samples", b"count"), builder.value_type(b"cpu", b"ns")];
    let series = builder.series(&value_types);
    builder.sample(series, stack, &[1, i64::MIN], None);
    builder.sample(series, None, &[1, i64::MAX], None);
    builder.meta.default_value = Some((series, 0));
    builder.meta.duration_ns = Some(5);
    let profile = builder.finish();
    let (again, _) = try_read(&written(&profile)).unwrap();
    assert_eq!(rows_of(&again), rows_of(&profile));
    let shapes = |profile: &crate::Profile| -> Vec<(u32, FrameKind, Option<Vec<u8>>)> {
        let frames = profile.frames_of(profile.series[0].samples.stacks[0]).map(|id| *profile.frame(id));
        let build_id = |frame: &Frame| profile.mappings[frame.mapping?.index()].build_id;
        let build_id = |frame: &Frame| build_id(frame).map(|id| profile.strings.get(id).to_vec());
        frames.map(|frame| (frame.line, frame.kind, build_id(&frame))).collect()
    };
    assert_eq!(shapes(&again), shapes(&profile));
    assert_eq!((again.meta.default_value, again.meta.duration_ns), (Some((series, 0)), Some(5)));
}

#[test]
fn counts_become_a_sample_type() {
    let mut builder = ProfileBuilder::default();
    let cycles = builder.value_type(b"cycles", b"count");
    let series = builder.series(&[cycles]);
    builder.count(series, None, 3, 700);
    let (again, _) = try_read(&written(&builder.finish())).unwrap();
    assert_eq!(rows_of(&again), [(vec![], vec![3, 700], vec![])]);
    assert_eq!(again.strings.text(again.series[0].value_types[0].name), "samples");
}
