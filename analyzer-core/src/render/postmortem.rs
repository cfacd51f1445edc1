//! A postmortem to be completed: what the captures show is filled in, the rest are labelled blanks. It states evidence and
//! no cause.

use super::markdown::{code, escape, how, paths, requests, table, warnings};
use super::{Renderer, figures};
use crate::report::{Report, Summary, units};
use std::io::{self, Write};

/// Markdown with the headings of a postmortem.
#[derive(Clone, Copy, Debug)]
pub struct Postmortem;

/// What is left to people.
const BLANK: &str = "_To be filled in:_";

impl Renderer for Postmortem {
    fn name(&self) -> &'static str {
        "postmortem"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn description(&self) -> &'static str {
        "a postmortem in Markdown, to be completed"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let (before, after) = (&report.before, &report.after);
        writeln!(out, "# Postmortem: {BLANK} what happened\n")?;
        writeln!(out, "## Summary\n\n{}\n", escape(&report.verdict.text))?;
        writeln!(
            out,
            "This compares {} with {} ({}). It is evidence of what changed, not of why.\n",
            code(&before.name),
            code(&after.name),
            escape(&report.value_type.name)
        )?;
        writeln!(out, "{BLANK} what users saw, in one or two sentences.\n")?;
        impact(report, out)?;
        writeln!(out, "## Trigger evidence\n")?;
        if report.plateaus.is_empty() {
            writeln!(out, "Nothing is listed: no function changed by more than these captures can show.\n")?;
        } else {
            table(report, out)?;
        }
        requests(report, out)?;
        writeln!(
            out,
            "{BLANK} which change, deployment or event these functions point to, and how that was checked.\n"
        )?;
        timeline(report, out)?;
        writeln!(
            out,
            "## Detection\n\n{BLANK} how it was noticed, by whom or what, and how long after it began.\n"
        )?;
        writeln!(
            out,
            "## Resolution\n\n{BLANK} what was done, when it took effect, and how that was verified.\n"
        )?;
        writeln!(
            out,
            "## Action items\n\n| what | who | until |\n|:--|:--|:--|\n| {BLANK} prevent | | |\n| {BLANK} detect sooner | | |\n\
             | {BLANK} mitigate faster | | |\n"
        )?;
        writeln!(
            out,
            "## Lessons\n\n- What went well: {BLANK}\n- What went wrong: {BLANK}\n- Where we were lucky: {BLANK}\n"
        )?;
        writeln!(out, "## Supporting information\n\nRead {}.\n", escape(&figures::accounts(report)))?;
        for line in report.certainty.map(str::to_owned).into_iter().chain(figures::remarks(report)) {
            writeln!(out, "{}\n", escape(&line))?;
        }
        warnings(report, out)?;
        if !report.plateaus.is_empty() {
            paths(report, out)?;
        }
        how(report, out)
    }
}

/// The totals, in all and per second.
fn impact(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let value = |side: &Summary| units::value(side.value, &report.value_type.unit);
    let (before, after) = (&report.before, &report.after);
    let change = |before: f64, after: f64| match before > 0.0 {
        true => format!(" ({:+.1} %)", 100.0 * (after / before - 1.0)),
        false => String::new(),
    };
    writeln!(out, "## Impact\n")?;
    let total = format!(
        "{} {} \u{2192} {}{}",
        report.value_type.name,
        value(before),
        value(after),
        change(before.value, after.value)
    );
    writeln!(out, "- {}", escape(&total))?;
    if let Some(rate) = &report.rate {
        let text = format!(
            "per second {} \u{2192} {}{}",
            units::value(rate.before_per_s, &report.value_type.unit),
            units::value(rate.after_per_s, &report.value_type.unit),
            change(rate.before_per_s, rate.after_per_s)
        );
        writeln!(out, "- {}", escape(&text))?;
    }
    writeln!(out, "- {BLANK} who was affected, for how long, and what it cost.\n")
}

/// When the captures were recorded.
fn timeline(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Timeline\n\n| time | what |\n|:--|:--|")?;
    let mut sides = [("before", &report.before), ("after", &report.after)];
    sides.sort_by(|one, other| one.1.start.cmp(&other.1.start));
    for (name, side) in sides {
        let time = side.start.as_deref().unwrap_or("not recorded");
        let length = side.duration_ns.filter(|&ns| ns > 0);
        let length = length.map_or_else(String::new, |ns| format!(", {} long", units::duration(ns)));
        writeln!(out, "| {} | capture of {name}: {}{length} |", escape(time), code(&side.name))?;
    }
    writeln!(out, "| {BLANK} began | |\n| {BLANK} noticed | |\n| {BLANK} resolved | |\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::report;

    #[test]
    fn evidence_is_filled_in_and_the_rest_left_blank() {
        let report = report("main;parse 4000\nmain;render 9000\n", "main;parse 9000\nmain;render 9000\n");
        let mut out = Vec::new();
        Postmortem.render(&report, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let headings: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        let wanted = [
            "Summary",
            "Impact",
            "Trigger evidence",
            "Timeline",
            "Detection",
            "Resolution",
            "Action items",
            "Lessons",
            "Supporting information",
        ];
        assert_eq!(headings, wanted);
        assert!(
            text.contains("`parse`") && text.contains("samples 13,000 \u{2192} 18,000 (+38.5 %)"),
            "{text}"
        );
        let (_, detection) = text.split_once("## Detection").unwrap();
        assert!(detection.trim_start().starts_with(BLANK));
        for word in ["because", "caused", "root cause", "due to"] {
            assert!(!text.contains(word), "{word}");
        }
    }
}
