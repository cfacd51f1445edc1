//! The result of a check into bytes: text, Markdown and JSON.

use super::figures::printable;
use super::markdown::{code, escape};
use super::screen::{Ink, pad, paint, shorten, wrap};
use crate::check::{Check, CheckedSide, Inconclusive, RowResult, RowVerdict, RuleResult};
use crate::report::units;
use std::io::{self, Write};

/// Every output of a check, by name. Another is a line here.
pub const CHECK_RENDERERS: &[&dyn CheckRenderer] =
    &[&CheckText { width: 160, color: false }, &CheckMarkdown, &CheckJson];

/// Turns the result of a check into bytes.
pub trait CheckRenderer: Sync {
    /// The name, as in `--format`.
    fn name(&self) -> &'static str;

    /// The file extension that chooses it, without the dot.
    fn extension(&self) -> &'static str;

    /// Writes the result.
    ///
    /// # Errors
    /// When `out` fails.
    fn render(&self, check: &Check, out: &mut dyn Write) -> io::Result<()>;
}

/// For a terminal of some width.
#[derive(Clone, Copy, Debug)]
pub struct CheckText {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether to mark verdicts with colour.
    pub color: bool,
}

/// Rows of a rule beyond these are counted.
const MOST_ROWS: usize = 20;
/// Names of functions and rules lose their middle beyond this.
const NAME_WIDTH: usize = 120;
/// Columns of a verdict.
const VERDICT: usize = 13;

impl CheckRenderer for CheckText {
    fn name(&self) -> &'static str {
        "text"
    }

    fn extension(&self) -> &'static str {
        "txt"
    }

    fn render(&self, check: &Check, out: &mut dyn Write) -> io::Result<()> {
        self.lines(&format!("{}   {}", sides(check, "   ->   "), check.value_type.name), "", out)?;
        for line in wrap(&printable(&check.verdict.text), self.width) {
            writeln!(out, "{}", paint(line, Ink::Bold, self.color))?;
        }
        if let Some(taken) = taken_for(check) {
            writeln!(out, "{taken}")?;
        }
        writeln!(out)?;
        for rule in &check.rules {
            self.rule(rule, out)?;
        }
        let warnings = warnings(check);
        if !warnings.is_empty() {
            writeln!(out)?;
        }
        warnings.iter().try_for_each(|warning| self.lines(&format!("warning: {warning}"), "", out))
    }
}

impl CheckText {
    fn rule(&self, rule: &RuleResult, out: &mut dyn Write) -> io::Result<()> {
        let verdict = self.verdict(rule.verdict);
        let head = format!("{}: {}", shorten(&printable(&rule.name), NAME_WIDTH), rule.budget.text);
        let because = rule.reason.as_ref().map_or_else(String::new, |reason| format!(" ({reason})"));
        let rest = if rule.rows.is_empty() { format!("; {}", rule.text) } else { String::new() };
        let line = format!("{head}{}{rest}", printable(&because));
        let indent = " ".repeat(VERDICT);
        for (at, part) in wrap(&line, self.width.saturating_sub(VERDICT).max(20)).into_iter().enumerate() {
            writeln!(out, "{}{part}", if at == 0 { verdict.as_str() } else { indent.as_str() })?;
        }
        for row in rule.rows.iter().take(MOST_ROWS) {
            let line = format!(
                "{}  {:.2} % -> {:.2} %{}: {}",
                shorten(&printable(&row.function), NAME_WIDTH),
                row.before_pct,
                row.before_pct + row.change_pct,
                interval(row).map_or_else(String::new, |interval| format!("  {interval}")),
                row.text
            );
            write!(out, "  {}", self.verdict(row.verdict))?;
            for (at, part) in wrap(&printable(&line), self.width.saturating_sub(VERDICT + 2).max(20))
                .into_iter()
                .enumerate()
            {
                writeln!(out, "{}{part}", if at == 0 { "" } else { "                 " })?;
            }
        }
        let more = rule.rows.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            writeln!(out, "{indent}and {more} more; JSON has all")?;
        }
        Ok(())
    }

    fn verdict(&self, verdict: RowVerdict) -> String {
        let ink = if verdict == RowVerdict::Failed { Ink::Grew } else { Ink::Plain };
        paint(&pad(verdict.name(), VERDICT), ink, self.color)
    }

    fn lines(&self, text: &str, indent: &str, out: &mut dyn Write) -> io::Result<()> {
        wrap(&printable(text), self.width).into_iter().try_for_each(|line| writeln!(out, "{indent}{line}"))
    }
}

/// Both sides in a line.
fn sides(check: &Check, arrow: &str) -> String {
    let noun = check.basis.noun().trim_end_matches('s');
    let side = |side: &CheckedSide| {
        let samples = side.samples.and_then(|samples| u64::try_from(samples).ok());
        let samples = samples.map_or_else(String::new, |samples| format!(", {}", units::many(samples, noun)));
        let captures = match side.captures {
            0 | 1 => String::new(),
            many => format!(", {}", units::many(many as u64, "capture")),
        };
        format!("{}{captures}{samples}", side.name)
    };
    format!("{}{arrow}{}", side(&check.before), side(&check.after))
}

/// What an inconclusive result was taken for.
fn taken_for(check: &Check) -> Option<&'static str> {
    (check.verdict.code == RowVerdict::Inconclusive).then_some(match check.inconclusive {
        Inconclusive::Fail => "Inconclusive is taken for a failure (--inconclusive fail).",
        Inconclusive::Pass => "Inconclusive is taken for a pass; --inconclusive fail makes it a failure.",
    })
}

fn interval(row: &RowResult) -> Option<String> {
    Some(format!("[{:+.2}, {:+.2}]", row.low_pct?, row.high_pct?))
}

fn warnings(check: &Check) -> Vec<String> {
    let file = check.budgets.as_deref().unwrap_or_default();
    let of_file = check.warnings.iter().map(|warning| format!("{file}:{}: {}", warning.line, warning.text));
    of_file.chain(check.comparability.iter().map(|row| row.text.clone())).collect()
}

/// The comment form.
pub struct CheckMarkdown;

/// Rows of all rules, and rules without rows, beyond these are counted. A comment of a pull request has room for 65,536
/// characters.
const MOST_ROWS_OF_COMMENT: usize = 40;
/// What stands in a cell loses its middle beyond this.
const CELL_WIDTH: usize = 80;
const TEXT_WIDTH: usize = 200;

impl CheckRenderer for CheckMarkdown {
    fn name(&self) -> &'static str {
        "md"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn render(&self, check: &Check, out: &mut dyn Write) -> io::Result<()> {
        let cell = |text: &str| escape(&shorten(text, CELL_WIDTH));
        writeln!(out, "**{}**\n", escape(&shorten(&check.verdict.text, 2000)))?;
        let of = &check.value_type.name;
        writeln!(out, "{} · {}\n", escape(&shorten(&sides(check, " → "), 400)), cell(of))?;
        if let Some(taken) = taken_for(check) {
            writeln!(out, "{taken}\n")?;
        }
        let rows: Vec<(&RuleResult, &RowResult)> =
            check.rules.iter().flat_map(|rule| rule.rows.iter().map(move |row| (rule, row))).collect();
        if !rows.is_empty() {
            writeln!(out, "| verdict | function | before | after | change | interval | rule | why |")?;
            writeln!(out, "|:--|:--|--:|--:|--:|:--|:--|:--|")?;
        }
        // What failed goes first, so that it is never among what is only counted.
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(rows[at].1.verdict), at));
        for &at in order.iter().take(MOST_ROWS_OF_COMMENT) {
            let (rule, row) = rows[at];
            writeln!(
                out,
                "| {} | {} | {:.2} % | {:.2} % | {:+.2} | {} | {} | {} |",
                row.verdict.name(),
                code(&shorten(&row.function, CELL_WIDTH)),
                row.before_pct,
                row.before_pct + row.change_pct,
                row.change_pct,
                interval(row).unwrap_or_default(),
                cell(&rule.name),
                escape(&shorten(&row.text, TEXT_WIDTH)),
            )?;
        }
        let more = rows.len().saturating_sub(MOST_ROWS_OF_COMMENT);
        if more > 0 {
            writeln!(out, "\n{more} more rows are in the JSON.")?;
        }
        if !rows.is_empty() {
            writeln!(out)?;
        }
        self.rules(check, out)?;
        let warnings = warnings(check);
        for warning in warnings.iter().take(MOST_ROWS) {
            writeln!(out, "- ⚠ {}", escape(&shorten(warning, TEXT_WIDTH)))?;
        }
        let more = warnings.len().saturating_sub(MOST_ROWS);
        if more > 0 {
            writeln!(out, "- and {more} more warnings")?;
        }
        writeln!(out, "\n<details><summary>How this was made</summary>\n")?;
        writeln!(out, "- plateau {}: {}", check.version, code(&shorten(&check.command, 1000)))?;
        writeln!(out, "- accepted changes as of {}", check.today)?;
        writeln!(
            out,
            "- scale by {}: k = {:.4}",
            super::figures::scale_name(check.scale.mode),
            check.scale.k
        )?;
        if let Some(noise) = &check.noise {
            writeln!(out, "- noise {}: phi {:.2}", noise.source, noise.phi)?;
        }
        writeln!(out, "\n</details>")
    }
}

impl CheckMarkdown {
    fn rules(&self, check: &Check, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "| rule | budget | verdict | checked |\n|:--|:--|:--|--:|")?;
        let mut order: Vec<usize> = (0..check.rules.len()).collect();
        order.sort_by_key(|&at| (std::cmp::Reverse(check.rules[at].verdict), at));
        for &at in order.iter().take(MOST_ROWS_OF_COMMENT) {
            let rule = &check.rules[at];
            // Rows say why themselves.
            let why = if rule.rows.is_empty() { format!(": {}", rule.text) } else { String::new() };
            writeln!(
                out,
                "| {} | {} | {}{} | {} |",
                escape(&shorten(&rule.name, CELL_WIDTH)),
                escape(&rule.budget.text),
                rule.verdict.name(),
                escape(&shorten(&why, TEXT_WIDTH)),
                rule.checked
            )?;
        }
        let more = check.rules.len().saturating_sub(MOST_ROWS_OF_COMMENT);
        if more > 0 {
            writeln!(out, "\n{more} more rules are in the JSON.")?;
        }
        writeln!(out)
    }
}

/// The whole result for programs.
pub struct CheckJson;

impl CheckRenderer for CheckJson {
    fn name(&self) -> &'static str {
        "json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn render(&self, check: &Check, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, check)?;
        writeln!(out)
    }
}
