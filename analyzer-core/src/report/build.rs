//! Builds the report: gathers what was computed, rounds it, and puts it into words.

use super::alignment::alignment;
use super::comparability::comparability;
use super::graph::{self, Mark, Ranks};
use super::places::{Place, places};
use super::{
    Basis, Detectable, Growth, NoiseFigures, NoteRow, OtherValue, Plateau, PlateauSide, Rate, Report, SCHEMA,
    Scale, Summary, ValueName, Verdict, VerdictCode, words,
};
use crate::account::{Account, places_of};
use crate::align::cut::Cuts;
use crate::align::{Aligned, KeySpace};
use crate::classes::{ClassRow, Classified};
use crate::function::FunctionCells;
use crate::plateau::{Kind, Ranked, Tier, Totals};
use crate::scale::Alternative;
use crate::stats::noise::Noise;
use crate::tree::{CallTree, Children, ROOT};
use crate::value::CommonMeasure;
use analyzer_formats::{Capture, NoteKind, Profile};

/// Everything that was computed of two captures.
pub(crate) struct Inputs<'a> {
    pub command: &'a str,
    pub captures: (&'a Capture, &'a Capture),
    pub profiles: (&'a Profile, &'a Profile),
    /// All common measures and their totals in before and after; the first is the compared one.
    pub measures: &'a [(CommonMeasure, f64, f64)],
    pub keys: &'a KeySpace,
    pub tree: &'a CallTree,
    pub children: Children,
    pub functions: &'a [FunctionCells],
    pub ranked: &'a [Ranked],
    pub classified: &'a Classified<'a>,
    /// What each class has of both; `None` for traces.
    pub classes: Option<Vec<ClassRow>>,
    pub aligned: &'a Aligned,
    pub cuts: &'a Cuts,
    pub scales: Vec<Alternative>,
    pub noise: Option<Noise>,
    pub confidence: f64,
    /// Requests in before and in after, for traces.
    pub requests: Option<(f64, f64)>,
    pub basis: Basis,
    pub min_share: f64,
}

/// Builds the report.
pub(crate) fn build(inputs: Inputs<'_>) -> Report {
    let (measure, ..) = &inputs.measures[0];
    let (unit, decimals, ..) = measure.finest();
    let unit = unit.to_owned();
    let whole = &inputs.tree.total[ROOT];
    let per_unit = 10f64.powi(i32::from(decimals));
    let k = inputs.scales[0].k;
    let totals = Totals { before: whole.value.before as f64, after: whole.value.after as f64, k };
    let facts = Facts { totals, per_unit, noise: inputs.noise.as_ref(), inputs: &inputs };

    let names = side_names(&inputs.captures.0.source.name, &inputs.captures.1.source.name);
    let side = |capture: &Capture, profile: &Profile, name: String, value: i128, samples: Option<i64>| {
        let account = Account::new(capture);
        Summary {
            files: vec![capture.source.name.clone()],
            name,
            digest: capture.source.digest.clone(),
            build_id: main_build_id(profile),
            samples,
            value: value as f64 / per_unit,
            start: profile.meta.start_ns.and_then(rfc3339),
            duration_ns: profile.meta.duration_ns,
            left_out_pct: round(account.left_out_pct()),
            records: account.records,
            account: account.sentence(),
        }
    };
    let (before_capture, after_capture) = inputs.captures;
    let basis = inputs.basis;
    let samples = match inputs.requests {
        Some((before, after)) => (Some(before as i64), Some(after as i64)),
        None if inputs.noise.is_some() => {
            (Some(saturate(whole.count.before)), Some(saturate(whole.count.after)))
        }
        None => (None, None),
    };
    let before = side(before_capture, inputs.profiles.0, names.0, whole.value.before, samples.0);
    let after = side(after_capture, inputs.profiles.1, names.1, whole.value.after, samples.1);

    let gross = facts.gross();
    let places = places(inputs.tree, inputs.keys, &totals, inputs.ranked);
    let rows = inputs.ranked.iter().zip(places).enumerate();
    let plateaus: Vec<Plateau> =
        rows.map(|(index, (ranked, place))| facts.plateau(index + 1, ranked, place, gross)).collect();
    let rate = rate(&before, &after);
    let mut verdict = facts.verdict(&plateaus, gross);
    let code = verdict.code;
    let value_type = ValueName { name: measure.after.name.clone(), unit: unit.clone() };
    verdict.text = words::verdict(&words::Facts {
        code,
        plateaus: &plateaus,
        before: &before,
        after: &after,
        value_type: &value_type,
        scales: &inputs.scales,
        basis,
        rate: rate.as_ref(),
        explained_pct: verdict.explained_pct,
        least_pct: 100.0 * inputs.min_share,
    });
    let mut ranks: Ranks = vec![None; inputs.keys.keys().len()];
    let plateaus_only = inputs.ranked.iter().enumerate().filter(|(_, ranked)| ranked.kind == Kind::Plateau);
    for (index, ranked) in plateaus_only {
        let mark = match ranked.tier {
            Tier::Grew => Mark::Grew,
            Tier::Shrank => Mark::Shrank,
            Tier::Unquantified if ranked.growth > 0.0 => Mark::Grew,
            Tier::Unquantified => Mark::Shrank,
            Tier::MayHaveGrown | Tier::MayHaveShrunk => Mark::Unchanged,
        };
        ranks[ranked.key as usize] = Some((index as u32 + 1, mark));
    }
    let wide =
        inputs.functions.iter().filter(|function| totals.widest_share(&function.own) >= inputs.min_share);
    let unchanged_functions = wide.count().saturating_sub(plateaus.len());
    Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: inputs.command.to_owned(),
        value_type,
        other_value_types: other_values(&inputs.measures[1..]),
        scale: Scale {
            mode: inputs.scales[0].mode,
            k,
            se_ln_k: inputs.scales[0].se_ln_k,
            warning: words::scale_warning(&inputs.scales),
            alternatives: inputs.scales.clone(),
        },
        rate,
        // With an empty side there is no change that could be detected or not.
        noise: inputs.noise.as_ref().filter(|_| totals.before > 0.0 && totals.after > 0.0).map(|noise| {
            let count = whole.count.before as f64;
            NoiseFigures {
                phi: round(noise.phi),
                alpha: Some(round(noise.alpha)),
                source: noise.source.name(),
                detectable_pct: Detectable {
                    share_1: round(100.0 * noise.detectable(0.01, count)),
                    share_10: round(100.0 * noise.detectable(0.10, count)),
                },
            }
        }),
        verdict,
        plateaus,
        classes: inputs.classes.clone(),
        alignment: alignment(&inputs),
        comparability: comparability(&inputs),
        left_out: note_rows(inputs.captures, |kind| kind == NoteKind::LeftOut),
        notes: note_rows(inputs.captures, |kind| kind != NoteKind::LeftOut),
        traces: None,
        confidence: inputs.confidence,
        min_share_pct: 100.0 * inputs.min_share,
        basis,
        certainty: words::certainty(code, basis),
        unchanged_functions,
        graph: graph::graph(inputs.tree, inputs.children.clone(), inputs.keys, &ranks, &totals, decimals),
        before,
        after,
    }
}

/// What plateaus and verdict are computed from.
struct Facts<'a> {
    totals: Totals,
    per_unit: f64,
    noise: Option<&'a Noise>,
    inputs: &'a Inputs<'a>,
}

impl Facts<'_> {
    /// The sum of all functions' growth, and of all shrinkage.
    fn gross(&self) -> (f64, f64) {
        let changes = self.inputs.functions.iter().map(|function| self.totals.growth(&function.own));
        changes
            .fold((0.0, 0.0), |(grown, shrunk), change| (grown + change.max(0.0), shrunk + change.min(0.0)))
    }

    fn percent(&self, value: f64) -> f64 {
        let whole = self.totals.whole();
        if whole == 0.0 { 0.0 } else { round(100.0 * value / whole) }
    }

    fn plateau(&self, rank: usize, ranked: &Ranked, place: Place, gross: (f64, f64)) -> Plateau {
        let key = &self.inputs.keys.keys()[ranked.key as usize];
        let cell = ranked.kind.cell(&self.inputs.functions[ranked.key as usize]);
        let name = String::from_utf8_lossy(&key.name).into_owned();
        let side = |value: i128, count: i128, total: f64| PlateauSide {
            count: self.noise.map(|_| saturate(count)),
            value: value as f64 / self.per_unit,
            share_pct: if total > 0.0 { round(100.0 * value as f64 / total) } else { 0.0 },
        };
        let margin = ranked.margin;
        let gross = if ranked.growth > 0.0 { gross.0 } else { gross.1 };
        Plateau {
            rank,
            id: fingerprint(&key.name, ranked.kind, &self.inputs.measures[0].0.after.name),
            tier: ranked.tier,
            kind: ranked.kind,
            function: name,
            module: key.module.clone(),
            file: key.file.clone(),
            line: (key.line > 0).then_some(key.line),
            path: place.path,
            callers: place.callers,
            why: ranked.why,
            class: self.inputs.classified.of_key(ranked.key as usize).map(str::to_owned),
            counterpart: None,
            renamed_from: self
                .inputs
                .aligned
                .renamed
                .iter()
                .find(|rename| rename.after == ranked.key)
                .map(|rename| key_name(self.inputs.keys, rename.before)),
            before: side(cell.value.before, cell.count.before, self.totals.before),
            after: side(cell.value.after, cell.count.after, self.totals.after),
            growth: Growth {
                value: ranked.growth / self.per_unit,
                pct: self.percent(ranked.growth),
                low_pct: margin.map(|margin| self.percent(ranked.growth - margin)),
                high_pct: margin.map(|margin| self.percent(ranked.growth + margin)),
            },
            explains_pct: (gross != 0.0).then(|| round(100.0 * ranked.growth / gross)),
            survives_phi: None,
        }
    }

    /// The verdict, still without words.
    fn verdict(&self, plateaus: &[Plateau], gross: (f64, f64)) -> Verdict {
        let has = |tier| plateaus.iter().any(|plateau| plateau.tier == tier);
        let code = match (self.noise.is_some(), has(Tier::Grew), has(Tier::Shrank)) {
            (false, ..) if plateaus.is_empty() => VerdictCode::NoChangeDetected,
            (false, ..) => VerdictCode::Unquantified,
            (true, true, true) => VerdictCode::Mixed,
            (true, true, false) => VerdictCode::Grew,
            (true, false, true) => VerdictCode::Shrank,
            (true, false, false) => VerdictCode::NoChangeDetected,
        };
        let explained: f64 = self
            .inputs
            .ranked
            .iter()
            .filter(|ranked| ranked.growth > 0.0 && ranked.tier != Tier::MayHaveGrown)
            .map(|ranked| ranked.growth)
            .sum();
        let explained_pct = (gross.0 > 0.0 && explained > 0.0).then(|| round(100.0 * explained / gross.0));
        let tree = self.inputs.tree;
        let share = |value: i128, total: f64| if total > 0.0 { value as f64 / total } else { 0.0 };
        let distance: f64 = tree
            .own
            .iter()
            .map(|cell| {
                let (before, after) = (cell.value.before, cell.value.after);
                (share(after, self.totals.after) - share(before, self.totals.before)).abs() / 2.0
            })
            .sum();
        let distance_noise = self.noise.map(|noise| {
            let samples = tree.total[ROOT].count.after as f64;
            let expected: f64 = tree
                .own
                .iter()
                .map(|cell| noise.expected_difference(cell.count.before as f64, cell.count.after as f64))
                .sum();
            if samples > 0.0 { expected / samples / 2.0 } else { 0.0 }
        });
        let both = self.totals.before > 0.0 && self.totals.after > 0.0;
        Verdict {
            code,
            text: String::new(),
            explained_pct,
            distance_pct: both.then(|| round(100.0 * distance)),
            distance_noise_pct: distance_noise
                .filter(|_| both)
                .map(|distance| round(100.0 * distance).min(100.0)),
        }
    }
}

fn key_name(keys: &KeySpace, key: u32) -> String {
    String::from_utf8_lossy(&keys.keys()[key as usize].name).into_owned()
}

fn rate(before: &Summary, after: &Summary) -> Option<Rate> {
    let per_second = |side: &Summary| {
        let seconds = side.duration_ns.filter(|&duration| duration > 0)? as f64 / 1e9;
        Some(side.value / seconds)
    };
    let (before_per_s, after_per_s) = (per_second(before)?, per_second(after)?);
    let change_pct =
        if before_per_s > 0.0 { 100.0 * (after_per_s / before_per_s - 1.0) } else { return None };
    Some(Rate { before_per_s, after_per_s, change_pct: round(change_pct), low: None, high: None })
}

fn other_values(measures: &[(CommonMeasure, f64, f64)]) -> Vec<OtherValue> {
    let row = |(measure, before, after): &(CommonMeasure, f64, f64)| OtherValue {
        name: measure.after.name.clone(),
        unit: measure.finest().0.to_owned(),
        change_pct: (*before > 0.0).then(|| round(100.0 * (after / before - 1.0))),
        low: None,
        high: None,
    };
    measures.iter().map(row).collect()
}

fn note_rows((before, after): (&Capture, &Capture), wanted: fn(NoteKind) -> bool) -> Vec<NoteRow> {
    let rows = [("before", before), ("after", after)].into_iter().flat_map(|(side, capture)| {
        let notes = capture.notes.iter().filter(move |note| wanted(note.kind));
        notes.map(move |note| NoteRow {
            side,
            code: note.code,
            count: note.count,
            first: places_of(note),
            text: note.to_string(),
        })
    });
    rows.collect()
}

fn main_build_id(profile: &Profile) -> Option<String> {
    let id = profile.mappings.first()?.build_id?;
    Some(profile.strings.text(id).into_owned()).filter(|id| !id.is_empty())
}

/// The shortest ends of two paths that tell them apart.
fn side_names(before: &str, after: &str) -> (String, String) {
    let tail = |path: &str, parts: usize| {
        let all: Vec<&str> = path.split('/').collect();
        all[all.len().saturating_sub(parts)..].join("/")
    };
    let longest = before.split('/').count().max(after.split('/').count());
    let parts = (1..=longest).find(|&parts| tail(before, parts) != tail(after, parts)).unwrap_or(1);
    (tail(before, parts), tail(after, parts))
}

/// A name for a plateau that is the same in every report on this program.
fn fingerprint(name: &[u8], kind: Kind, measure: &str) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(name).update(&[0]).update(measure.as_bytes());
    if kind == Kind::Region {
        hasher.update(b"\0region");
    }
    hasher.finalize().to_hex()[..12].to_owned()
}

fn rfc3339(start_ns: i64) -> Option<String> {
    jiff::Timestamp::from_nanosecond(i128::from(start_ns)).ok().map(|start| start.to_string())
}

fn saturate(count: i128) -> i64 {
    i64::try_from(count).unwrap_or(if count < 0 { i64::MIN } else { i64::MAX })
}

/// Percentages to four decimal places: more would be noise, and differ between machines.
fn round(percent: f64) -> f64 {
    let rounded = (percent * 1e4).round() / 1e4;
    if rounded == 0.0 { 0.0 } else { rounded }
}
