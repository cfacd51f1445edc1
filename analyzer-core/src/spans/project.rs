//! Projects traces to a profile, so that spans are aligned, compared and drawn like stacks.
//!
//! A frame is `service: operation` with the ids in operation names replaced, a stack the path of ancestors from the
//! root. Every span counts once at its stack, so sums run over all traces; divide by [`super::requests`] for values
//! per request.

use super::children::Children;
use super::critical_path::{CriticalPath, PathOptions};
use super::frames::{Frames, SpanFrames};
use super::self_time::self_times;
use analyzer_formats::{Frame, FrameId, FrameKind, Function, Profile, ProfileBuilder, StackId, Traces};

/// What a span is worth in a projection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceValue {
    /// Time on the critical path, in nanoseconds.
    #[default]
    CriticalPath,
    /// Time while no child ran, in nanoseconds.
    SelfTime,
    /// Duration, in nanoseconds. Children count again in their parents.
    Wall,
    /// One per span.
    Count,
    /// One per span marked as failed.
    Errors,
}

impl TraceValue {
    /// Whether it is time on the critical path.
    #[must_use]
    pub fn is_critical_path(self) -> bool {
        self == TraceValue::CriticalPath
    }

    /// Name and unit of the value type.
    #[must_use]
    pub fn name_and_unit(self) -> (&'static str, &'static str) {
        match self {
            TraceValue::CriticalPath => ("critical_path", "nanoseconds"),
            TraceValue::SelfTime => ("self", "nanoseconds"),
            TraceValue::Wall => ("wall", "nanoseconds"),
            TraceValue::Count => ("calls", "count"),
            TraceValue::Errors => ("errors", "count"),
        }
    }

    /// The value of every span.
    pub(crate) fn of_spans(self, traces: &Traces, children: Children, path: PathOptions) -> Vec<i64> {
        match self {
            TraceValue::CriticalPath => CriticalPath::with(traces, children, path).times(),
            TraceValue::SelfTime => self_times(traces),
            TraceValue::Wall => traces.spans.duration_ns.clone(),
            TraceValue::Count => vec![1; traces.spans.len()],
            TraceValue::Errors => traces.spans.error.iter().map(|&error| i64::from(error)).collect(),
        }
    }
}

/// What spans are measured by, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SpanMeasure {
    /// The value.
    pub value: TraceValue,
    /// How critical paths are found, where they are the value.
    pub path: PathOptions,
}

/// The value, with the rest as it is by default.
impl From<TraceValue> for SpanMeasure {
    fn from(value: TraceValue) -> SpanMeasure {
        SpanMeasure { value, ..SpanMeasure::default() }
    }
}

/// The profile of one value of all spans: one series, one row per distinct stack, counted by its spans.
///
/// Where the value is time of its own (critical path, self time), what a caller's span takes beside its callee stands
/// one frame deeper, as the way between the two services or as the callee that has no spans.
#[must_use]
pub fn project(traces: &Traces, measure: impl Into<SpanMeasure>) -> Profile {
    let SpanMeasure { value, path: path_options } = measure.into();
    let mut builder = ProfileBuilder::default();
    let (name, unit) = value.name_and_unit();
    let value_type = builder.value_type(name.as_bytes(), unit.as_bytes());
    let series = builder.series(&[value_type]);
    let mut frames = Frames::default();
    let children = Children::of(traces);
    let SpanFrames { work, path } = frames.add(traces, &children);
    let ids: Vec<FrameId> = frames.iter().map(|frame| frame_of(&frame.name, &mut builder)).collect();
    let stacks = stacks(traces, |span| ids[work[span] as usize], &mut builder);
    let is_own = matches!(value, TraceValue::CriticalPath | TraceValue::SelfTime);
    let values = value.of_spans(traces, children, path_options);
    for (span, (mut stack, value)) in stacks.into_iter().zip(values).enumerate() {
        if is_own && path[span] != work[span] {
            stack = Some(builder.stack(stack, ids[path[span] as usize]));
        }
        builder.count(series, stack, 1, value);
    }
    builder.finish()
}

/// The stack of every span: the path of its ancestors.
fn stacks(
    traces: &Traces,
    frame: impl Fn(usize) -> FrameId,
    builder: &mut ProfileBuilder,
) -> Vec<Option<StackId>> {
    let spans = &traces.spans;
    let mut stacks: Vec<Option<StackId>> = vec![None; spans.len()];
    let mut ancestors = Vec::new();
    for start in 0..spans.len() {
        // Climb to an ancestor whose stack is known, then come down; every span is climbed once.
        let mut at = Some(start);
        while let Some(span) = at.filter(|&span| stacks[span].is_none()) {
            ancestors.push(span);
            at = spans.parent[span].map(|parent| parent.index());
        }
        let mut stack = at.and_then(|span| stacks[span]);
        while let Some(span) = ancestors.pop() {
            stack = Some(builder.stack(stack, frame(span)));
            stacks[span] = stack;
        }
    }
    stacks
}

fn frame_of(name: &str, builder: &mut ProfileBuilder) -> FrameId {
    let name = builder.string(name.as_bytes());
    let function = builder.function(Function { name, system_name: None, file: None, start_line: 0 });
    builder.frame(Frame { function, mapping: None, line: 0, kind: FrameKind::User })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Small, small, trace};
    use super::*;

    fn rows(profile: &Profile) -> Vec<(String, i64, u64)> {
        let samples = &profile.series[0].samples;
        let counts = samples.counts.as_ref().unwrap();
        (0..samples.len())
            .map(|row| {
                let mut names: Vec<String> = profile
                    .frames_of(samples.stacks[row])
                    .map(|id| {
                        profile.strings.text(profile.function(profile.frame(id).function).name).into_owned()
                    })
                    .collect();
                names.reverse();
                (names.join(";"), samples.values[0][row], counts[row])
            })
            .collect()
    }

    #[test]
    fn a_stack_is_the_path_from_the_root() {
        // The child stands before its parent; /u/1 and /u/2 are one operation.
        let spans = [
            small("/u/1", "root", 0, 40),
            small("root", "", 0, 100),
            Small { error: true, ..small("/u/2", "root", 40, 60) },
        ];
        let traces = trace(1000, &spans);
        let (root, child) = ("s: root".to_owned(), "s: root;s: /u/{id}".to_owned());
        for (value, of_child, of_root) in [
            (TraceValue::CriticalPath, 60, 40),
            (TraceValue::SelfTime, 60, 40),
            (TraceValue::Wall, 60, 100),
            (TraceValue::Count, 2, 1),
            (TraceValue::Errors, 1, 0),
        ] {
            let profile = project(&traces, value);
            assert_eq!(
                rows(&profile),
                [(child.clone(), of_child, 2), (root.clone(), of_root, 1)],
                "{value:?}"
            );
            let value_type = profile.series[0].value_types[0];
            let (name, unit) = value.name_and_unit();
            assert_eq!(
                (&*profile.strings.text(value_type.name), &*profile.strings.text(value_type.unit)),
                (name, unit)
            );
            assert_eq!(profile.series[0].records, 3);
        }
    }

    #[test]
    fn a_deep_chain_is_projected() {
        let ids: Vec<String> = (0..100_000).map(|at| format!("x{at}y")).collect();
        let mut chain: Vec<Small<'_>> = (0..ids.len())
            .map(|at| small(&ids[at], if at == 0 { "" } else { &ids[at - 1] }, 0, 10))
            .collect();
        chain.reverse();
        let profile = project(&trace(1000, &chain), TraceValue::SelfTime);
        assert_eq!(profile.series[0].sum(0), 10);
        assert_eq!(profile.stacks.len(), 100_000);
    }
}
