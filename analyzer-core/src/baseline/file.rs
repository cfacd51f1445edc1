//! The file of a baseline: JSON, its tables as arrays that refer to each other by position.
//!
//! ```text
//! {"schema":"plateau-baseline/1","captures":[{"name","digest","start_ns","duration_ns"}],
//!  "records","left_out","start_ns","duration_ns",
//!  "modules":[name],"functions":[[name, file|null, line]],"frames":[[function, module|null, kind]],
//!  "stacks":[[parent|null, frame]],
//!  "values":[{"name","unit","decimals","rows":[[stack|null, value, samples|null]]}],
//!  "spread":[{"name","unit","samples":[per capture],"functions":{name: [sum of shares in 1e-12, sum of their squares in 1e-15]}}]}
//! ```
//!
//! Parents stand before their callees. Readers refuse a schema that they do not know; what is added to this one may be
//! passed over.

use super::build::notes;
use super::check::{Fault, check};
use super::{Archived, Baseline, BaselineError, Member, SCHEMA};
use analyzer_formats::{
    Capture, Content, Frame, FrameKind, Function, Mapping, Profile, ProfileBuilder, Source, ValueType,
};
use serde::{Deserialize, Serialize};
use std::fmt::Display;
use std::io::Write;

#[derive(Serialize, Deserialize)]
pub(super) struct File {
    pub(super) schema: String,
    pub(super) captures: Vec<Member>,
    pub(super) records: u64,
    pub(super) left_out: u64,
    pub(super) start_ns: Option<i64>,
    pub(super) duration_ns: Option<i64>,
    pub(super) modules: Vec<String>,
    pub(super) functions: Vec<(String, Option<String>, u32)>,
    pub(super) frames: Vec<(u32, Option<u32>, Kind)>,
    pub(super) stacks: Vec<(Option<u32>, u32)>,
    pub(super) values: Vec<Values>,
    pub(super) spread: Vec<Archived>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Values {
    pub(super) name: String,
    pub(super) unit: String,
    pub(super) decimals: u8,
    pub(super) rows: Vec<(Option<u32>, i64, Option<u64>)>,
}

/// [`FrameKind`] as a word.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    User,
    Kernel,
    Jit,
    Interpreted,
    Inlined,
    Unknown,
    Thread,
}

const KINDS: [(FrameKind, Kind); 7] = [
    (FrameKind::User, Kind::User),
    (FrameKind::Kernel, Kind::Kernel),
    (FrameKind::Jit, Kind::Jit),
    (FrameKind::Interpreted, Kind::Interpreted),
    (FrameKind::Inlined, Kind::Inlined),
    (FrameKind::Unknown, Kind::Unknown),
    (FrameKind::Thread, Kind::Thread),
];

impl Kind {
    fn of(kind: FrameKind) -> Kind {
        KINDS.iter().find(|(of, _)| *of == kind).map_or(Kind::User, |(_, word)| *word)
    }

    fn kind(self) -> FrameKind {
        KINDS.iter().find(|(_, word)| *word as u8 == self as u8).map_or(FrameKind::User, |(kind, _)| *kind)
    }
}

impl Baseline {
    /// Writes the file.
    ///
    /// # Errors
    /// When `out` fails.
    pub fn write(&self, mut out: &mut dyn Write) -> Result<(), BaselineError> {
        let Content::Profile(profile) = &self.capture.content else {
            return Err(BaselineError::Traces { name: self.capture.source.name.clone() });
        };
        serde_json::to_writer(&mut out, &self.file(profile)).map_err(std::io::Error::from)?;
        Ok(writeln!(out)?)
    }

    fn file(&self, profile: &Profile) -> File {
        let text = |id| profile.strings.text(id).into_owned();
        let number = |index: usize| u32::try_from(index).expect("ids of a profile are u32");
        File {
            schema: SCHEMA.to_owned(),
            captures: self.members.clone(),
            records: self.capture.notes.records(),
            left_out: self.capture.notes.samples_left_out(),
            start_ns: profile.meta.start_ns,
            duration_ns: profile.meta.duration_ns,
            modules: profile.mappings.iter().map(|mapping| text(mapping.file)).collect(),
            functions: profile
                .functions
                .iter()
                .map(|function| (text(function.name), function.file.map(text), function.start_line))
                .collect(),
            frames: profile
                .frames
                .iter()
                .map(|frame| {
                    let module = frame.mapping.map(|id| number(id.index()));
                    (number(frame.function.index()), module, Kind::of(frame.kind))
                })
                .collect(),
            stacks: profile
                .stacks
                .iter()
                .map(|stack| (stack.parent.map(|id| number(id.index())), number(stack.frame.index())))
                .collect(),
            values: profile
                .series
                .iter()
                .map(|series| {
                    let (value_type, samples) = (series.value_types[0], &series.samples);
                    let row = |row: usize| {
                        let stack = samples.stacks[row].map(|id| number(id.index()));
                        (stack, samples.values[0][row], samples.counts.as_ref().map(|counts| counts[row]))
                    };
                    Values {
                        name: text(value_type.name),
                        unit: text(value_type.unit),
                        decimals: value_type.decimals,
                        rows: (0..samples.len()).map(row).collect(),
                    }
                })
                .collect(),
            spread: self.measures.clone(),
        }
    }

    /// Reads a baseline; `source` says where it comes from.
    ///
    /// # Errors
    /// When it is none, or damaged.
    pub fn read(bytes: &[u8], source: Source) -> Result<Baseline, BaselineError> {
        let not_one = |found: String| BaselineError::NotABaseline { name: source.name.clone(), found };
        // What a later version wrote may have other fields, so its name is read first.
        let head: Head = serde_json::from_slice(bytes).map_err(|error| not_one(error.to_string()))?;
        if is_later(&head.schema) {
            return Err(BaselineError::Later { name: source.name.clone(), found: head.schema });
        }
        if head.schema != SCHEMA {
            return Err(not_one(format!("the schema \"{}\"", head.schema)));
        }
        let file: File = serde_json::from_slice(bytes).map_err(|error| not_one(error.to_string()))?;
        let damaged = |fault: Fault| BaselineError::Damaged {
            name: source.name.clone(),
            place: fault.place,
            expected: fault.expected,
            found: fault.found,
        };
        check(&file).map_err(damaged)?;
        let profile = file.profile().map_err(damaged)?;
        let notes = notes(file.records, file.left_out);
        Ok(Baseline {
            capture: Capture { source, content: Content::Profile(profile), notes },
            members: file.captures,
            measures: file.spread,
        })
    }
}

/// The field by which versions are told apart.
#[derive(Deserialize)]
struct Head {
    schema: String,
}

/// Whether a schema is a later version of this one.
fn is_later(schema: &str) -> bool {
    let number = |schema: &str| schema.strip_prefix("plateau-baseline/")?.parse::<u32>().ok();
    number(schema).zip(number(SCHEMA)).is_some_and(|(found, known)| found > known)
}

impl File {
    /// The profile, unless a table refers to what another does not have.
    fn profile(&self) -> Result<Profile, Fault> {
        let mut builder = ProfileBuilder::default();
        let mut mappings = Vec::new();
        for module in &self.modules {
            let file = builder.string(module.as_bytes());
            mappings.push(builder.mapping(Mapping { file, build_id: None, start: 0, limit: 0, offset: 0 }));
        }
        let mut functions = Vec::new();
        for (name, file, line) in &self.functions {
            let name = builder.string(name.as_bytes());
            let file = file.as_ref().map(|file| builder.string(file.as_bytes()));
            functions.push(builder.function(Function { name, system_name: None, file, start_line: *line }));
        }
        let mut frames = Vec::new();
        for (at, &(function, module, kind)) in self.frames.iter().enumerate() {
            let function = entry(&functions, function, "a function", format_args!("frames[{at}]"))?;
            let mapping =
                module.map(|module| entry(&mappings, module, "a module", format_args!("frames[{at}]")));
            let mapping = mapping.transpose()?;
            frames.push(builder.frame(Frame { function, mapping, line: 0, kind: kind.kind() }));
        }
        let mut stacks = Vec::new();
        for (at, &(parent, frame)) in self.stacks.iter().enumerate() {
            let parent = parent
                .map(|parent| entry(&stacks, parent, "a stack before it", format_args!("stacks[{at}]")));
            let frame = entry(&frames, frame, "a frame", format_args!("stacks[{at}]"))?;
            stacks.push(builder.stack(parent.transpose()?, frame));
        }
        for (of, values) in self.values.iter().enumerate() {
            let value_type = ValueType {
                name: builder.string(values.name.as_bytes()),
                unit: builder.string(values.unit.as_bytes()),
                decimals: values.decimals,
            };
            let series = builder.series(&[value_type]);
            builder.meta.default_value.get_or_insert((series, 0));
            for (at, &(stack, value, samples)) in values.rows.iter().enumerate() {
                let place = format_args!("values[{of}].rows[{at}]");
                let stack = stack.map(|stack| entry(&stacks, stack, "a stack", place)).transpose()?;
                match samples {
                    Some(samples) => builder.count(series, stack, samples, value),
                    None => builder.sum(series, stack, value),
                }
            }
        }
        (builder.meta.start_ns, builder.meta.duration_ns) = (self.start_ns, self.duration_ns);
        Ok(builder.finish())
    }
}

/// What a row of a table refers to in another.
fn entry<T: Copy>(table: &[T], index: u32, expected: &'static str, place: impl Display) -> Result<T, Fault> {
    let fault = || Fault::new(place, expected, index);
    table.get(index as usize).copied().ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn baseline(texts: &[&str]) -> Baseline {
        let read = |text: &&str| {
            read_bytes("x", text.as_bytes(), &ReadOptions { digest: true, ..ReadOptions::default() }).unwrap()
        };
        Baseline::build(&texts.iter().map(read).collect::<Vec<_>>()).unwrap()
    }

    fn written(baseline: &Baseline) -> String {
        let mut bytes = Vec::new();
        baseline.write(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn decimals_are_brought_together() {
        let baseline = baseline(&["f 2.5\n", "f 4.25\n"]);
        let Content::Profile(profile) = &baseline.capture.content else { unreachable!("it is a profile") };
        let decimals = u32::from(profile.series[0].value_types[0].decimals);
        assert_eq!((profile.series.len(), profile.series[0].sum(0)), (1, 675 * 10i128.pow(decimals) / 100));
    }

    const ONE: &str = "main;parse 30\nmain;render 10\n";
    const TWO: &str = "main;parse 20\nmain;render 20\nmain;sort 60\n";
    const THREE: &str = "main;sort 50\nmain 50\n";

    #[test]
    fn what_is_written_is_read() {
        let text = written(&baseline(&[ONE, TWO]));
        let read = Baseline::read(text.as_bytes(), baseline(&[ONE]).capture.source).unwrap();
        assert_eq!(written(&read), text);
        assert!(text.starts_with("{\"schema\":\"plateau-baseline/1\""));
        // Shares of parse: 3/4 and 1/5.
        assert_eq!(read.measures[0].functions["parse"], (950_000_000_000, 602_500_000_000_000));
    }

    #[test]
    fn baselines_are_merged_by_adding() {
        let merged = Baseline::merge(vec![baseline(&[ONE]), baseline(&[TWO, THREE])]).unwrap();
        assert_eq!(written(&merged), written(&baseline(&[ONE, TWO, THREE])));
        assert!(matches!(
            Baseline::merge(vec![baseline(&[ONE]), baseline(&[ONE])]),
            Err(BaselineError::Twice { .. })
        ));
    }

    #[test]
    fn captures_of_other_kinds_are_refused() {
        let cycles = "web 1/1 1.0: 1 cycles: \n\t1 main (/bin/web)\n\n";
        let waits = "main;wait 2355117\nmain;join 1900004\nmain;park 3111222\n";
        for other in [cycles, waits] {
            let merged = Baseline::merge(vec![baseline(&[ONE]), baseline(&[other])]);
            let Err(BaselineError::OtherKind { has, known, .. }) = merged else { panic!("{merged:?}") };
            assert_ne!(has, known);
        }
    }

    #[test]
    fn other_files_are_refused_in_words() {
        let source = baseline(&[ONE]).capture.source;
        let text = written(&baseline(&[ONE]));
        for bad in ["", "{}", &text.replace("baseline/1", "baseline/9"), &text.replace("[null,0]", "[7,0]")] {
            assert!(Baseline::read(bad.as_bytes(), source.clone()).is_err(), "{bad}");
        }
    }

    #[test]
    fn tables_that_do_not_agree_are_refused_with_the_place() {
        let text = written(&baseline(&[ONE, TWO]));
        let source = baseline(&[ONE]).capture.source;
        let fault = |from: &str, to: &str| {
            let edited = text.replacen(from, to, 1);
            assert_ne!(edited, text, "{from}");
            Baseline::read(edited.as_bytes(), source.clone()).unwrap_err().to_string()
        };
        let first = &text[text.find("{\"name\"").unwrap()..=text.find('}').unwrap()];
        assert!(
            fault(first, &format!("{first},{first}")).contains(": captures[1]: expected each capture once")
        );
        for (from, to, words) in [
            (
                "[1,50,50]",
                "[1,-50,50]",
                "values[0].rows[0]: expected no samples of a negative value, found -50",
            ),
            ("[1,50,50]", "[1,50,51]", "spread[0].samples: expected the samples of all rows, found 140"),
            ("[1,50,50]", "[1,50,50],[1,50,50]", "values[0].rows[1]: expected each stack once"),
            ("[1,50,50]", "[9,50,50]", "values[0].rows[0]: expected a stack, found 9"),
            ("[0,1]", "[3,1]", "stacks[1]: expected a stack before it, found 3"),
            ("[40,100]", "[0,140]", "spread[0].samples: expected those of each capture"),
            ("602500000000000", "999500000000000", "spread[0].functions[\"parse\"]"),
            ("602500000000000", "2500000000000", "spread[0].functions[\"parse\"]"),
            ("[950000000000,", "[960000000000,", "spread[0].functions: expected shares of 1"),
            (
                "\"duration_ns\":null",
                "\"duration_ns\":-1",
                "captures[0].duration_ns: expected a length of time, found -1",
            ),
            ("\"decimals\":0", "\"decimals\":40", "values[0].decimals: expected 18 at most, found 40"),
        ] {
            let found = fault(from, to);
            assert!(found.starts_with("x: ") && found.contains(words), "{words}: {found}");
        }
    }
}
