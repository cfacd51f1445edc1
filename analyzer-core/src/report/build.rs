//! Builds the report: gathers what was computed, rounds it, and puts it into words.

use super::alignment::alignment;
use super::captures::Captures;
use super::comparability::comparability;
use super::graph::{self, Mark, Ranks};
use super::places::{Place, places};
use super::subjects::{self, Measuring};
use super::summary::{note_rows, side_names, summary};
use super::sums::{self, Claims};
use super::totals::{idle, other_values, rate};
use super::{
    Detectable, Equivalence, Growth, NoiseFigures, Plateau, PlateauSide, Report, SCHEMA, Scale, Summary,
    ValueName, Verdict, VerdictCode, explain, moved, provenance, words,
};
use crate::align::cut::Cuts;
use crate::align::{Aligned, KeySpace};
use crate::classes::{ClassRow, Classified};
use crate::compare::CompareOptions;
use crate::count::Count;
use crate::function::FunctionCells;
use crate::idle::Idle;
use crate::plateau::{Kind, Ranked, Ranking, Tier, Totals, Why};
use crate::requests::Findings;
use crate::scale::Alternative;
use crate::sides::Sides;
use crate::stats::captures::Scatter;
use crate::stats::noise::Noise;
use crate::tree::{CallTree, Children, ROOT, Side};
use analyzer_formats::NoteKind;

/// Everything that was computed of two sides.
pub(crate) struct Inputs<'a> {
    pub sides: &'a Sides<'a>,
    pub options: &'a CompareOptions,
    pub keys: &'a KeySpace,
    pub outermost: &'a [bool],
    pub tree: &'a CallTree,
    pub children: Children,
    pub functions: &'a [FunctionCells],
    pub ranking: &'a Ranking,
    /// How much each function differs among captures of before, by key, where there are many.
    pub scatters: &'a [Scatter],
    pub classified: &'a Classified<'a>,
    /// What each class has of both; `None` for traces.
    pub classes: Option<Vec<ClassRow>>,
    pub aligned: &'a Aligned,
    pub cuts: &'a Cuts,
    /// Samples of each function itself in each capture, where a side has several.
    pub own: &'a [(Side, Vec<f64>)],
    pub idle: Idle,
    pub scales: Vec<Alternative>,
    pub noise: Option<Noise>,
    /// What requests tell, of traces.
    pub requests: Option<Findings>,
    /// Whether they tell how sure changes are.
    pub is_known_by_requests: bool,
}

/// Builds the report.
pub(crate) fn build(inputs: Inputs<'_>) -> Report {
    let (sides, options) = (inputs.sides, inputs.options);
    let common = &sides.common[0];
    let whole = &inputs.tree.total[ROOT];
    let per_unit = 10f64.powi(i32::from(common.decimals));
    let k = inputs.scales[0].k;
    let totals = Totals { before: whole.value.before as f64, after: whole.value.after as f64, k };
    let facts = Facts {
        totals,
        per_unit,
        noise: inputs.noise.as_ref(),
        captures: Captures::new(inputs.own),
        inputs: &inputs,
    };
    let basis = sides.basis();
    let samples = match sides.requests {
        Some((before, after)) => (Some(before as i64), Some(after as i64)),
        None if inputs.noise.is_some() => {
            (Some(saturate(whole.count.before)), Some(saturate(whole.count.after)))
        }
        None => (None, None),
    };
    let names = side_names(&sides.before[0].capture.source.name, &sides.after[0].capture.source.name);
    let durations = sides.durations_ns();
    let before = Summary {
        samples: samples.0,
        captures: sides.captures.0,
        value: totals.before / per_unit,
        duration_ns: durations.0,
        ..summary(&sides.before, names.0)
    };
    let after = Summary {
        samples: samples.1,
        captures: sides.captures.1,
        value: totals.after / per_unit,
        duration_ns: durations.1,
        ..summary(&sides.after, names.1)
    };

    let gross = facts.gross();
    let places = places(inputs.tree, inputs.keys, &totals, &inputs.ranking.rows);
    let rows = inputs.ranking.rows.iter().zip(places).enumerate();
    let mut plateaus: Vec<Plateau> =
        rows.map(|(index, (ranked, place))| facts.plateau(index + 1, ranked, place, gross)).collect();
    if sides.requests.is_none() {
        moved::mark(&mut plateaus);
    }
    let rate = rate(&before, &after, inputs.noise.as_ref());
    let equivalence = facts.equivalence();
    let mut verdict = facts.verdict(&plateaus, gross);
    if equivalence.as_ref().is_some_and(|equivalence| equivalence.holds) {
        verdict.code = VerdictCode::Equivalent;
    }
    let code = verdict.code;
    let comparability = comparability(&inputs);
    let value_type = ValueName { name: common.name.clone(), unit: common.unit.clone() };
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
        least_pct: 100.0 * options.rank.min_share,
        comparability: &comparability,
        equivalence: equivalence.as_ref(),
        wants_equivalence: options.margin.is_some(),
        has_evidence: basis == super::Basis::Samples || inputs.is_known_by_requests,
        requests: inputs.requests.as_ref().filter(|_| options.trace_value.is_critical_path()),
    });
    let mut ranks: Ranks = vec![None; inputs.keys.keys().len()];
    for (index, ranked) in inputs.ranking.rows.iter().enumerate() {
        let mark = match ranked.tier {
            Tier::Grew => Mark::Grew,
            Tier::Shrank => Mark::Shrank,
            Tier::Unquantified if ranked.growth > 0.0 => Mark::Grew,
            Tier::Unquantified => Mark::Shrank,
            Tier::MayHaveGrown | Tier::MayHaveShrunk => Mark::Unchanged,
        };
        let row = graph::Row { rank: index as u32 + 1, mark, is_region: ranked.kind == Kind::Region };
        ranks[ranked.key as usize].get_or_insert(row);
    }
    let wide = inputs
        .functions
        .iter()
        .filter(|function| totals.widest_share(&function.own) >= options.rank.min_share);
    let explanations = explain::explanations(&inputs, &totals, &plateaus);
    let noise = inputs.noise.as_ref().filter(|_| totals.before > 0.0 && totals.after > 0.0);
    // With an empty side there is no change that could be detected or not.
    let noise = noise.map(|noise| facts.figures(noise, &plateaus));
    let chances = match &inputs.requests {
        Some(requests) => requests.chances.filter(|_| inputs.is_known_by_requests),
        None => inputs.ranking.chances.filter(|_| noise.is_some()),
    };
    let unchanged_functions = wide.count().saturating_sub(plateaus.len());
    let measuring = Measuring { inputs: &inputs, totals, per_unit };
    let budgets = options.budgets.as_ref().filter(|_| sides.requests.is_none());
    let claims = budgets.and_then(|budgets| Claims::new(&inputs, budgets));
    let functions = match sides.requests {
        None => subjects::functions(&measuring, claims.as_ref()),
        Some(_) => Vec::new(),
    };
    let parts = budgets.filter(|budgets| budgets.needs_sums()).map(|_| sums::parts_of_classes(&measuring));
    Report {
        schema: SCHEMA,
        version: env!("CARGO_PKG_VERSION"),
        command: options.command.clone(),
        value_type,
        other_value_types: other_values(sides, inputs.noise.as_ref()),
        scale: Scale {
            mode: inputs.scales[0].mode,
            k,
            se_ln_k: inputs.scales[0].se_ln_k,
            warning: words::scale_warning(&inputs.scales, inputs.noise.as_ref(), whole.count),
            alternatives: inputs.scales.clone(),
        },
        rate,
        noise,
        verdict,
        plateaus,
        classes: inputs.classes.clone(),
        alignment: alignment(&inputs),
        idle: idle(&inputs.idle, whole, per_unit),
        explanations,
        comparability,
        left_out: note_rows(sides, |kind| kind == NoteKind::LeftOut),
        notes: note_rows(sides, |kind| kind != NoteKind::LeftOut),
        redacted: options.redacted,
        chances,
        traces: inputs.requests.clone(),
        confidence: options.confidence,
        min_share_pct: 100.0 * options.rank.min_share,
        basis,
        certainty: words::certainty(code, basis),
        unchanged_functions,
        functions,
        class_subjects: subjects::classes(&measuring, parts.unwrap_or_default()),
        sums: budgets.map(|budgets| sums::sums(&measuring, budgets, claims.as_ref())),
        graph: graph::graph(
            inputs.tree,
            inputs.children.clone(),
            inputs.outermost,
            inputs.keys,
            &ranks,
            totals.k,
            common.decimals,
        ),
        before,
        after,
    }
}

/// What plateaus and verdict are computed from.
struct Facts<'a> {
    totals: Totals,
    per_unit: f64,
    noise: Option<&'a Noise>,
    captures: Captures<'a>,
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
        let side = |value: i128, count: Count, total: f64| PlateauSide {
            count: self.noise.map(|_| saturate(count)),
            value: value as f64 / self.per_unit,
            share_pct: if total > 0.0 { round(100.0 * value as f64 / total) } else { 0.0 },
        };
        let margin = ranked.margin;
        let gross = if ranked.growth > 0.0 { gross.0 } else { gross.1 };
        Plateau {
            rank,
            id: fingerprint(&key.name, ranked.kind, &self.inputs.sides.common[0].name),
            tier: ranked.tier,
            kind: ranked.kind,
            function: name,
            module: key.module.clone(),
            file: key.file.clone(),
            line: (key.line > 0).then_some(key.line),
            path: place.path,
            callers: place.callers,
            why: match ranked.why {
                // What was taken off had it, or may have.
                Why::New | Why::Gone if self.is_window() => Why::Own,
                why => why,
            },
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
            survives_phi: self.noise.filter(|_| ranked.kind == Kind::Plateau).and_then(|noise| {
                noise.survives(cell.count.before.samples(), cell.count.after.samples()).map(round)
            }),
            captures_grown: self
                .noise
                .filter(|_| ranked.kind == Kind::Plateau && ranked.growth > 0.0)
                .and_then(|noise| self.captures.grown(ranked.key, noise)),
        }
    }

    /// Whether a side is what was measured since an earlier capture.
    fn is_window(&self) -> bool {
        self.inputs.sides.parts().any(|part| provenance::is_subtracted(part.capture))
    }

    fn figures(&self, noise: &Noise, plateaus: &[Plateau]) -> NoiseFigures {
        let samples = self.inputs.tree.total[ROOT].count.before.samples();
        NoiseFigures {
            phi: round(noise.phi),
            alpha: Some(round(noise.alpha)),
            source: noise.source.name(),
            detectable_pct: Detectable {
                share_1: round(100.0 * noise.detectable(0.01, samples)),
                share_10: round(100.0 * noise.detectable(0.10, samples)),
            },
            samples_for_half: self.samples_for_half(plateaus),
        }
    }

    /// Samples of before that it takes to find half of what the first plateau grew by.
    fn samples_for_half(&self, plateaus: &[Plateau]) -> Option<u64> {
        let first = plateaus.first().filter(|row| row.tier == Tier::Grew && row.kind == Kind::Plateau)?;
        let share = (first.before.share_pct + first.after.share_pct) / 200.0;
        self.noise?.samples_needed(share.min(0.99), first.growth.pct / 200.0)
    }

    /// Whether every wide function changed by less than the margin that was asked for, by two one-sided tests
    /// (Schuirmann 1987): the interval of twice the error rate lies within it.
    fn equivalence(&self) -> Option<Equivalence> {
        let (noise, margin) = (self.noise?, self.inputs.options.margin?);
        let confidence = 1.0 - 2.0 * (1.0 - noise.confidence);
        let min_share = self.inputs.options.rank.min_share;
        let wide = self.inputs.functions.iter().enumerate();
        let wide = wide.filter(|(_, function)| self.totals.widest_share(&function.own) >= min_share);
        let whole = self.inputs.tree.total[ROOT].count;
        let scaled =
            if !whole.before.is_zero() { noise.k * whole.before.samples() } else { whole.after.samples() };
        let farthest = wide.map(|(key, function)| {
            let (before, after) = (function.own.count.before.samples(), function.own.count.after.samples());
            let growth = after - noise.k * before;
            let width = self.inputs.scatters.get(key).map_or(1.0, |scatter| scatter.width(confidence));
            (key, (growth.abs() + width * noise.margin(before, after, confidence)) / scaled)
        });
        // A region may have changed by more than any of its functions.
        let regions = self.inputs.ranking.rows.iter().filter(|row| row.kind == Kind::Region).map(|row| {
            (row.key as usize, (row.growth.abs() + row.margin.unwrap_or(0.0)) / self.totals.whole())
        });
        let (key, farthest) = farthest.chain(regions).max_by(|one, other| one.1.total_cmp(&other.1))?;
        Some(Equivalence {
            holds: farthest < margin,
            margin_pct: 100.0 * margin,
            function: key_name(self.inputs.keys, key as u32),
            farthest_pct: 100.0 * farthest,
        })
    }

    /// The verdict, still without words.
    fn verdict(&self, plateaus: &[Plateau], gross: (f64, f64)) -> Verdict {
        let has = |tier| plateaus.iter().any(|plateau| plateau.tier == tier);
        let is_quantified = self.noise.is_some() || self.inputs.is_known_by_requests;
        let code = match (is_quantified, has(Tier::Grew), has(Tier::Shrank)) {
            (false, ..) if plateaus.is_empty() => VerdictCode::NoChangeDetected,
            (false, ..) => VerdictCode::Unquantified,
            (true, true, true) => VerdictCode::Mixed,
            (true, true, false) => VerdictCode::Grew,
            (true, false, true) => VerdictCode::Shrank,
            (true, false, false) => VerdictCode::NoChangeDetected,
        };
        let explained: f64 = self
            .inputs
            .ranking
            .rows
            .iter()
            .filter(|ranked| ranked.growth > 0.0 && ranked.tier != Tier::MayHaveGrown)
            .map(|ranked| ranked.growth)
            .sum();
        // Of two regions one may be within the other.
        let explained_pct =
            (gross.0 > 0.0 && explained > 0.0).then(|| round(100.0 * explained / gross.0).min(100.0));
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
            let samples = tree.total[ROOT].count.after.samples();
            let expected: f64 = tree
                .own
                .iter()
                .map(|cell| {
                    noise.expected_difference(cell.count.before.samples(), cell.count.after.samples())
                })
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

pub(super) fn key_name(keys: &KeySpace, key: u32) -> String {
    String::from_utf8_lossy(&keys.keys()[key as usize].name).into_owned()
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

pub(super) fn saturate(count: Count) -> i64 {
    i64::try_from(count.whole()).unwrap_or(i64::MAX)
}

/// Percentages to four decimal places: more would be noise, and differ between machines.
pub(super) fn round(percent: f64) -> f64 {
    let rounded = (percent * 1e4).round() / 1e4;
    if rounded == 0.0 { 0.0 } else { rounded }
}
