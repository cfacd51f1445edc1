//! What a capture holds: the figures of `plateau info`, schema `plateau-info/1`.

use crate::account::{Account, Loss, Records};
use crate::fitness::{Facts, Fitness, fitness};
use crate::spans;
use crate::stats::noise::Noise;
use crate::survey::{Rate, UnknownModule, survey};
use crate::value::measures;
use analyzer_formats::{Capture, Content, NoteKind, Profile, Traces};
use rustc_hash::FxHashSet;
use serde::Serialize;

/// The confidence of a comparison unless another is asked for.
const CONFIDENCE: f64 = 0.95;

/// What one capture holds. A field that cannot be known is null.
#[derive(Clone, Debug, Serialize)]
pub struct Info {
    /// `plateau-info/1`.
    pub schema: &'static str,
    /// The path as given.
    pub file: String,
    /// The name of the reader.
    pub format: &'static str,
    /// What in the bytes gave the format away.
    pub why_recognised: String,
    /// `plain`, `gzip` or `zstd`.
    pub container: &'static str,
    /// Size of the stored file.
    pub bytes: u64,
    /// `profile` or `traces`.
    pub kind: &'static str,
    /// Records in the file, used and left out; the reasons are in `left_out`.
    pub records: Records,
    /// What was measured; empty for traces.
    pub value_types: Vec<ValueInfo>,
    /// Unique functions.
    pub functions: Option<usize>,
    /// Unique stacks, callers' stacks not counted.
    pub stacks: Option<usize>,
    /// Frames of the deepest stack.
    pub max_depth: Option<u32>,
    /// Threads that were sampled.
    pub threads: Option<u64>,
    /// Start of the recording, RFC 3339.
    pub start: Option<String>,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
    /// Distance between samples.
    pub period: Option<i64>,
    /// Build ids of the mappings, in order of first appearance.
    pub build_ids: Vec<String>,
    /// Samples of the default value per second, where they are counted and the duration is known.
    pub rate: Option<Rate>,
    /// Share of the default value whose leaf has no symbol.
    pub unknown_pct: Option<f64>,
    /// Share of all frames, as often as they were sampled, that have no symbol.
    pub unknown_frames_pct: Option<f64>,
    /// The modules of leaves without symbols, largest share first, ten at most.
    pub unknown_modules: Vec<UnknownModule>,
    /// Share of the default value whose stack the profiler cut; zero where no cut shows, null for traces.
    pub cut_stacks_pct: Option<f64>,
    /// How many frames were kept of them.
    pub cut_depth: Option<u32>,
    /// Events lost while recording.
    pub lost_events: Option<u64>,
    /// Their share in all events, sampled and lost.
    pub lost_pct: Option<f64>,
    /// Traces used.
    pub traces: Option<usize>,
    /// Spans used.
    pub spans: Option<usize>,
    /// Names of the services, in order of first appearance.
    pub services: Option<Vec<String>>,
    /// What the reader left out.
    pub left_out: Vec<Loss>,
    /// What the reader took with a caveat.
    pub notes: Vec<NoteInfo>,
    /// Samples that would show 1 point in a function of 1 %; null where samples are not counted.
    pub samples_needed: Option<u64>,
    /// Whether to compare the capture, and why.
    pub fit: Fitness,
    /// The account as a sentence.
    #[serde(skip)]
    pub account: String,
    /// What records are: `samples`, `spans`, or `records` where one stands for many samples.
    #[serde(skip)]
    pub noun: &'static str,
}

/// A value type and its totals.
#[derive(Clone, Debug, Serialize)]
pub struct ValueInfo {
    /// Its name: for perf scripts the full name of the event.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// Sample records behind it.
    pub samples: u64,
    /// Sum of the values.
    pub sum: Sum,
}

/// A sum: whole where the values are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Sum {
    /// Of whole numbers.
    Whole(i128),
    /// Of numbers with decimal places.
    Decimal(f64),
}

/// A caveat.
#[derive(Clone, Debug, Serialize)]
pub struct NoteInfo {
    /// Stable code.
    pub code: &'static str,
    /// The sentence.
    pub text: String,
}

/// Describes a capture.
#[must_use]
pub fn info(capture: &Capture) -> Info {
    let account = Account::new(capture);
    let facts = Facts::of_file(&account);
    let mut info = Info {
        schema: "plateau-info/1",
        file: capture.source.name.clone(),
        format: capture.source.format,
        why_recognised: capture.source.why_recognised.clone(),
        container: capture.source.container.name(),
        bytes: capture.source.bytes,
        kind: capture.content.kind(),
        records: account.records,
        value_types: Vec::new(),
        functions: None,
        stacks: None,
        max_depth: None,
        threads: None,
        start: None,
        duration_ns: None,
        period: None,
        build_ids: Vec::new(),
        rate: None,
        unknown_pct: None,
        unknown_frames_pct: None,
        unknown_modules: Vec::new(),
        cut_stacks_pct: None,
        cut_depth: None,
        lost_events: None,
        lost_pct: None,
        traces: None,
        spans: None,
        services: None,
        account: account.sentence(),
        noun: account.noun,
        left_out: account.left_out,
        notes: capture
            .notes
            .iter()
            .filter(|note| note.kind != NoteKind::LeftOut)
            .map(|note| NoteInfo { code: note.code, text: note.to_string() })
            .collect(),
        samples_needed: None,
        fit: fitness(&facts),
    };
    let facts = match &capture.content {
        Content::Profile(profile) => info.describe_profile(profile, facts),
        Content::Traces(traces) => info.describe_traces(traces, facts),
    };
    info.samples_needed = facts.samples_needed;
    info.fit = fitness(&facts);
    info
}

impl Info {
    fn describe_profile(&mut self, profile: &Profile, facts: Facts) -> Facts {
        let text = |id| profile.strings.text(id).into_owned();
        for series in &profile.series {
            for (column, value_type) in series.value_types.iter().enumerate() {
                let sum = series.sum(column);
                self.value_types.push(ValueInfo {
                    name: text(value_type.name),
                    unit: text(value_type.unit),
                    samples: series.records,
                    sum: match value_type.decimals {
                        0 => Sum::Whole(sum),
                        decimals => Sum::Decimal(sum as f64 / 10f64.powi(i32::from(decimals))),
                    },
                });
            }
        }
        let meta = &profile.meta;
        let mut is_leaf = vec![false; profile.stacks.len()];
        for stack in profile.series.iter().flat_map(|series| series.samples.stacks.iter().flatten()) {
            is_leaf[stack.index()] = true;
        }
        self.functions = Some(profile.functions.len());
        self.stacks = Some(is_leaf.iter().filter(|&&is_leaf| is_leaf).count());
        self.max_depth = profile.depths().into_iter().max().or(Some(0));
        self.threads = meta.threads;
        self.start = meta
            .start_ns
            .and_then(|start| jiff::Timestamp::from_nanosecond(i128::from(start)).ok())
            .map(|start| start.to_string());
        self.duration_ns = meta.duration_ns;
        self.period = meta.period;
        self.build_ids = profile.mappings.iter().filter_map(|mapping| mapping.build_id).map(text).collect();
        self.build_ids.retain(|id| !id.is_empty());
        self.lost_events = meta.lost_events;
        let facts = Facts { threads: meta.threads, lacks_duration: meta.duration_ns.is_none(), ..facts };
        let Some(measure) = measures(profile).into_iter().next() else {
            return Facts { is_empty: true, ..facts };
        };
        let survey = survey(profile, &measure);
        let facts = facts.with_survey(&survey, &Noise::assumed(1.0, survey.wide_functions, CONFIDENCE));
        self.rate = survey.rate;
        self.unknown_pct = survey.unknown_pct;
        self.unknown_frames_pct = survey.unknown_frames_pct;
        self.cut_stacks_pct = survey.unknown_pct.map(|_| survey.cut.map_or(0.0, |cut| cut.pct));
        self.cut_depth = survey.cut.map(|cut| cut.depth);
        self.lost_pct = survey.lost_pct;
        self.unknown_modules = survey.unknown_modules;
        facts
    }

    fn describe_traces(&mut self, traces: &Traces, facts: Facts) -> Facts {
        let mut known = FxHashSet::default();
        let new =
            traces.processes.iter().map(|process| process.service).filter(|service| known.insert(*service));
        let services = new.map(|service| traces.strings.text(service).into_owned()).collect();
        self.traces = Some(traces.traces.len());
        self.spans = Some(traces.spans.len());
        self.services = Some(services);
        let requests = spans::requests(traces);
        Facts { is_empty: traces.spans.is_empty(), requests: Some(requests), ..facts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fitness::Fit;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn of(text: &str) -> Info {
        info(&read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap())
    }

    #[test]
    fn the_gravest_finding_is_the_verdict_whatever_comes_after_it() {
        // A third of the lines left out is unfit; that there is no duration is a remark.
        let fit = of("a;b 10000000\na;d 1\na;c x\n").fit;
        let codes: Vec<_> = fit.reasons.iter().map(|reason| reason.code).collect();
        assert_eq!((fit.verdict, codes), (Fit::No, vec!["left_out", "no_duration"]));
    }

    #[test]
    fn services_are_named_once_in_the_order_of_the_file() {
        let span = |id: u32, service: &str| {
            format!(
                r#"{{"traceId":"1","id":"{id}","name":"n","timestamp":1,"duration":1,"localEndpoint":{{"serviceName":"{service}"}}}}"#
            )
        };
        let info = of(&format!("[[{},{},{}]]", span(1, "web"), span(2, "db"), span(3, "web")));
        assert_eq!(info.services.unwrap(), ["web", "db"]);
    }
}
