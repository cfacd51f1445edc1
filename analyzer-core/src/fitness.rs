//! Whether a capture is fit to be compared: the rules, as data.
//!
//! `plateau info` gives the verdict on one capture; a report warns of both by the same rules. The first limit of a rule
//! that its figure passes counts; the verdict is that of the gravest finding.

use crate::account::Account;
use crate::report::units;
use crate::stats::noise::Noise;
use crate::survey::Survey;
use serde::Serialize;

/// The function and the growth that a capture has to be able to show: 1 point in a function of 1 %.
const SHARE: f64 = 0.01;
const GROWTH: f64 = 0.01;

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know.
    Remark,
    /// Results have to be read with it in mind.
    Care,
    /// Results would mislead.
    Unfit,
}

/// Whether to compare a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// Nothing speaks against it.
    Yes,
    /// With the reasons in mind.
    WithCare,
    /// Better record again.
    No,
}

impl Fit {
    /// The word in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Fit::Yes => "yes",
            Fit::WithCare => "with care",
            Fit::No => "no",
        }
    }
}

/// What a rule found.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// Stable code.
    pub code: &'static str,
    /// How much it weighs.
    pub severity: Severity,
    /// The sentence, with what to do.
    pub text: String,
}

/// The verdict on a capture.
#[derive(Clone, Debug, Serialize)]
pub struct Fitness {
    /// Whether to compare it.
    pub verdict: Fit,
    /// Why, in the order of the rules.
    pub reasons: Vec<Finding>,
}

/// What the rules look at. What is not known is `None` and breaks no rule.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Whether there is nothing to compare.
    pub is_empty: bool,
    /// Samples behind the values.
    pub samples: Option<u64>,
    /// The smallest growth that they show in a function of 1 %, in points.
    pub shows_points: Option<f64>,
    /// The samples that it takes to show one point.
    pub samples_needed: Option<u64>,
    /// Requests of a trace set.
    pub requests: Option<u64>,
    /// Share of the file's records that were left out.
    pub left_out_pct: f64,
    /// Where the file is cut or damaged.
    pub damages: Vec<String>,
    /// Share of events lost while recording.
    pub lost_pct: Option<f64>,
    /// Share of the value whose leaf has no symbol.
    pub unknown_pct: Option<f64>,
    /// Share of the value whose stack was cut, and at how many frames.
    pub cut: Option<(f64, u32)>,
    /// Threads that were sampled.
    pub threads: Option<u64>,
    /// Whether a profile does not tell how many samples its values rest on.
    pub lacks_counts: bool,
    /// Whether a profile does not say how long it was recorded.
    pub lacks_duration: bool,
}

impl Facts {
    /// The facts of a file, whatever it holds.
    #[must_use]
    pub fn of_file(account: &Account) -> Facts {
        Facts {
            left_out_pct: account.left_out_pct(),
            damages: account.damages.iter().map(|loss| loss.text.clone()).collect(),
            ..Facts::default()
        }
    }

    /// Adds what a survey found; `noise` is that of a comparison of the capture with one of its size.
    #[must_use]
    pub fn with_survey(self, survey: &Survey, noise: &Noise) -> Facts {
        let noise = noise.clone().at(1.0, 0.0);
        Facts {
            is_empty: survey.is_empty,
            samples: survey.samples,
            lacks_counts: survey.samples.is_none(),
            shows_points: survey
                .samples
                .map(|samples| 100.0 * noise.detectable(SHARE, samples.max(1) as f64)),
            samples_needed: survey.samples.and_then(|_| noise.samples_needed(SHARE, GROWTH)),
            lost_pct: survey.lost_pct,
            unknown_pct: survey.unknown_pct,
            cut: survey.cut.map(|cut| (cut.pct, cut.depth)),
            ..self
        }
    }
}

/// A limit of a figure.
#[derive(Clone, Copy, Debug)]
enum Limit {
    Above(f64),
    Below(f64),
}

use Limit::{Above, Below};
use Severity::{Care, Remark, Unfit};

/// One rule: a figure, what it may be, and the sentence when it is not.
struct Rule {
    code: &'static str,
    figure: fn(&Facts) -> Option<f64>,
    /// The gravest first.
    limits: &'static [(Severity, Limit)],
    text: fn(&Facts, f64) -> String,
}

const RULES: &[Rule] = &[
    Rule {
        code: "empty",
        figure: |facts| Some(f64::from(u8::from(facts.is_empty))),
        limits: &[(Unfit, Above(0.0))],
        text: |_, _| "nothing was measured".to_owned(),
    },
    // Ten points are a function that doubles and more: hardly any change shows.
    Rule {
        code: "few_samples",
        figure: |facts| facts.shows_points.filter(|_| !facts.is_empty),
        limits: &[(Unfit, Above(10.0)), (Care, Above(100.0 * GROWTH))],
        text: |facts, points| {
            let samples = facts.samples.unwrap_or(0);
            let needed = match facts.samples_needed {
                Some(needed) => format!("1 point takes about {}", units::count(rounded_up(needed) as f64)),
                None => "no number of them shows 1 point".to_owned(),
            };
            format!(
                "{} show{} changes above {points:.1} points in a function of 1 %; {needed}",
                units::many(samples, "sample"),
                if samples == 1 { "s" } else { "" },
            )
        },
    },
    // Quantiles of so few requests are those of single ones.
    Rule {
        code: "few_requests",
        figure: |facts| Some(facts.requests? as f64),
        limits: &[(Unfit, Below(10.0)), (Care, Below(100.0))],
        text: |_, requests| {
            format!("{} only: collect a hundred or more", units::many(requests as u64, "request"))
        },
    },
    Rule {
        code: "damaged",
        figure: |facts| Some(facts.damages.len() as f64),
        limits: &[(Care, Above(0.0))],
        text: |facts, _| facts.damages.join("; "),
    },
    Rule {
        code: "left_out",
        figure: |facts| Some(facts.left_out_pct),
        limits: &[(Unfit, Above(25.0)), (Care, Above(1.0)), (Remark, Above(0.0))],
        text: |_, pct| format!("{} of the records could not be used", share(pct)),
    },
    // Events are lost in bursts, when the machine is busiest: what is missing is not like the rest.
    Rule {
        code: "lost_events",
        figure: |facts| facts.lost_pct,
        limits: &[(Unfit, Above(25.0)), (Care, Above(1.0)), (Remark, Above(0.0))],
        text: |_, pct| {
            format!(
                "{} of the events were lost while recording: give perf record a larger -m, or a lower -F",
                share(pct)
            )
        },
    },
    // Half in functions named after their module is half that cannot be told apart.
    Rule {
        code: "unknown_symbols",
        figure: |facts| facts.unknown_pct,
        limits: &[(Unfit, Above(90.0)), (Care, Above(50.0))],
        text: |_, pct| {
            format!(
                "{} of the value is in code without symbols: install them where it is recorded",
                share(pct)
            )
        },
    },
    // A function's own value does not depend on its callers; totals, paths and the graph do.
    Rule {
        code: "cut_stacks",
        figure: |facts| Some(facts.cut?.0),
        limits: &[(Care, Above(10.0))],
        text: |facts, pct| {
            format!(
                "{} has stacks cut at {} frames, so their callers are missing: paths and totals mislead there",
                share(pct),
                facts.cut.map_or(0, |(_, depth)| depth)
            )
        },
    },
    Rule {
        code: "one_thread",
        figure: |facts| Some(facts.threads? as f64),
        limits: &[(Remark, Below(2.0))],
        text: |_, _| "all samples are of one thread".to_owned(),
    },
    Rule {
        code: "uncounted",
        figure: |facts| Some(f64::from(u8::from(facts.lacks_counts))),
        limits: &[(Remark, Above(0.0))],
        text: |_, _| "how many samples stand behind it is not known: changes are ranked by size".to_owned(),
    },
    Rule {
        code: "no_duration",
        figure: |facts| Some(f64::from(u8::from(facts.lacks_duration))),
        limits: &[(Remark, Above(0.0))],
        text: |_, _| "how long was recorded is not known: shares can be compared, not rates".to_owned(),
    },
];

/// Applies every rule.
#[must_use]
pub fn fitness(facts: &Facts) -> Fitness {
    let reasons: Vec<Finding> = RULES.iter().filter_map(|rule| rule.apply(facts)).collect();
    let verdict = match reasons.iter().map(|finding| finding.severity).max() {
        Some(Unfit) => Fit::No,
        Some(Care) => Fit::WithCare,
        Some(Remark) | None => Fit::Yes,
    };
    Fitness { verdict, reasons }
}

impl Rule {
    fn apply(&self, facts: &Facts) -> Option<Finding> {
        let figure = (self.figure)(facts)?;
        let passes = |limit: Limit| match limit {
            Above(limit) => figure > limit,
            Below(limit) => figure < limit,
        };
        let &(severity, _) = self.limits.iter().find(|(_, limit)| passes(*limit))?;
        Some(Finding { code: self.code, severity, text: (self.text)(facts, figure) })
    }
}

/// A share as people say it: two places below one percent, one below ten, none above. 100 % is all.
#[must_use]
pub fn share(percent: f64) -> String {
    match percent {
        percent if percent <= 0.0 => "0 %".to_owned(),
        percent if percent < 0.01 => "less than 0.01 %".to_owned(),
        percent if percent < 1.0 => format!("{percent:.2} %"),
        percent if percent < 10.0 => format!("{percent:.1} %"),
        percent if percent > 99.0 && percent < 100.0 => "more than 99 %".to_owned(),
        percent => format!("{percent:.0} %"),
    }
}

/// Up to two significant digits.
fn rounded_up(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 100 {
        unit *= 10;
    }
    number.div_ceil(unit) * unit
}

#[cfg(test)]
mod tests;
