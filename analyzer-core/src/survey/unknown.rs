//! Code without symbols: how much, and in which modules.

use super::percent;
use crate::value::Measure;
use analyzer_formats::{Frame, FrameKind, Profile, StringId};
use serde::Serialize;
use std::collections::BTreeMap;

/// More modules do not help anyone.
const MOST_MODULES: usize = 10;

/// A module whose code has no symbols.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct UnknownModule {
    /// Its path, or what the capture calls code of no known module.
    pub module: String,
    /// Its build id, where known.
    pub build_id: Option<String>,
    /// Share of the value whose leaf is in it without a symbol.
    pub pct: f64,
}

/// What to do to have the symbols of a module next time.
#[must_use]
pub fn advice(module: &str) -> &'static str {
    if module.starts_with("[kernel") || module.starts_with("[guest.kernel") {
        "record as root, or with kernel.kptr_restrict=0"
    } else if is_compiled_at_run_time(module) {
        "have the runtime write a perf map of what it compiles (node --perf-basic-prof, perf-map-agent)"
    } else if module.starts_with("[unknown") {
        "code of no known module: have the runtime write a perf map, or record with --call-graph dwarf"
    } else {
        "install the debug symbols of these modules where it is recorded"
    }
}

/// perf maps, jitdumps, and anonymous memory as perf and simpleperf call it.
fn is_compiled_at_run_time(module: &str) -> bool {
    let file = module.rsplit('/').next().unwrap_or(module);
    (file.starts_with("perf-") && file.ends_with(".map"))
        || file.starts_with("jitted-")
        || ["//anon", "[anon", "anon_inode:"].iter().any(|start| module.starts_with(start))
}

/// How much has no symbol.
pub(super) struct Unknown {
    pub(super) leaf_pct: Option<f64>,
    pub(super) frames_pct: Option<f64>,
    pub(super) modules: Vec<UnknownModule>,
}

pub(super) fn unknown(profile: &Profile, measure: &Measure, weights: &[f64]) -> Unknown {
    let frames = frames(profile);
    let (mut whole, mut unknown) = (0.0, 0.0);
    let (mut all_frames, mut unknown_frames) = (0.0, 0.0);
    // By module and build id; an ordered map, since it is walked.
    let mut by_module: BTreeMap<(StringId, Option<StringId>), f64> = BTreeMap::new();
    let stacks = &profile.series[measure.series.index()].samples.stacks;
    for (stack, &weight) in stacks.iter().zip(weights) {
        whole += weight;
        let Some(stack) = *stack else { continue };
        let (all, nameless) = frames[stack.index()];
        all_frames += weight * f64::from(all);
        unknown_frames += weight * f64::from(nameless);
        let leaf = profile.frame(profile.stack(stack).frame);
        if leaf.kind == FrameKind::Unknown && weight > 0.0 {
            unknown += weight;
            *by_module.entry(module(profile, leaf)).or_default() += weight;
        }
    }
    let text = |id| profile.strings.text(id).into_owned();
    let mut modules: Vec<UnknownModule> = by_module
        .into_iter()
        .map(|((module, build_id), weight)| UnknownModule {
            module: text(module),
            build_id: build_id.map(text),
            pct: percent(weight, whole),
        })
        .collect();
    // Equal shares stand in the order of their names.
    modules.sort_by(|one, other| {
        let names = || (&one.module, &one.build_id).cmp(&(&other.module, &other.build_id));
        other.pct.total_cmp(&one.pct).then_with(names)
    });
    modules.truncate(MOST_MODULES);
    Unknown {
        leaf_pct: (whole > 0.0).then(|| percent(unknown, whole)),
        frames_pct: (all_frames > 0.0).then(|| percent(unknown_frames, all_frames)),
        modules,
    }
}

/// Of every stack, how many frames it has and how many of them lack a symbol. A thread's name is no frame.
fn frames(profile: &Profile) -> Vec<(u32, u32)> {
    let mut frames: Vec<(u32, u32)> = Vec::with_capacity(profile.stacks.len());
    for stack in &profile.stacks {
        let (all, nameless) = stack.parent.map_or((0, 0), |parent| frames[parent.index()]);
        frames.push(match profile.frame(stack.frame).kind {
            FrameKind::Thread => (all, nameless),
            FrameKind::Unknown => (all + 1, nameless + 1),
            _ => (all + 1, nameless),
        });
    }
    frames
}

fn module(profile: &Profile, frame: &Frame) -> (StringId, Option<StringId>) {
    let is_known = |id: &StringId| !profile.strings.get(*id).is_empty();
    match frame.mapping.map(|mapping| &profile.mappings[mapping.index()]) {
        Some(mapping) if is_known(&mapping.file) => (mapping.file, mapping.build_id.filter(is_known)),
        _ => (profile.function(frame.function).name, None),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::look;
    use super::advice;

    /// Three samples: a leaf without a symbol under a caller with one, the other way round, and both known.
    const SAMPLES: &str = "\
web 1/1 1.0: 1 cycles: \n\t1 [unknown] (/lib/a.so)\n\t2 main (/bin/web)\n\n\
web 1/1 2.0: 1 cycles: \n\t3 work (/bin/web)\n\t4 [unknown] (/lib/b.so)\n\n\
web 1/1 3.0: 1 cycles: \n\t3 work (/bin/web)\n\t2 main (/bin/web)\n\n";

    #[test]
    fn leaves_and_frames_without_symbols_are_shares_of_their_own_kind() {
        let survey = look(SAMPLES);
        assert_eq!(survey.unknown_pct, Some(33.3333));
        assert_eq!(survey.unknown_frames_pct, Some(33.3333));
        let modules: Vec<&str> = survey.unknown_modules.iter().map(|module| module.module.as_str()).collect();
        assert_eq!(modules, ["/lib/a.so"]);
    }

    #[test]
    fn what_to_do_depends_on_the_module() {
        let modules = [
            ("/usr/lib/libc.so.6", "debug symbols"),
            ("[kernel.kallsyms]", "kptr_restrict"),
            ("/tmp/perf-12.map", "perf map"),
            ("//anon", "perf map"),
            ("[anon:dalvik-jit-code-cache]", "perf map"),
            ("[unknown]", "no known module"),
            ("/usr/lib/libcanonicalize.so", "debug symbols"),
            ("/opt/perf-tools/bin/perf-agent", "debug symbols"),
            ("(anonymous namespace)::f", "debug symbols"),
        ];
        for (module, expected) in modules {
            assert!(advice(module).contains(expected), "{module}: {}", advice(module));
        }
    }

    #[test]
    fn known_code_is_not_unknown() {
        let survey = look("main;work 3\n");
        assert_eq!((survey.unknown_pct, survey.unknown_frames_pct), (Some(0.0), Some(0.0)));
        assert!(survey.unknown_modules.is_empty());
    }
}
