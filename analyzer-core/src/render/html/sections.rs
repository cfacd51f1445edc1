//! The sections of the page that are text and tables, in their order.

use crate::plateau::{Tier, Why};
use crate::render::figures;
use crate::render::layout::Layout;
use crate::render::markup::{Text, visible};
use crate::render::svg::{direction, fit};
use crate::report::{Mark, NoteRow, Plateau, Report, Summary, VerdictCode, units};
use crate::scale::ScaleMode;
use std::io::{self, Write};

/// The answer.
pub(super) fn verdict(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<header>\n<p class=\"sides\"><b>{}</b> \u{2192} <b>{}</b><span class=\"what\">{}</span></p>\n<h1>{}</h1>",
        Text(&report.before.name),
        Text(&report.after.name),
        Text(&value_type(report)),
        Text(&report.verdict.text.replace(" -> ", " \u{2192} "))
    )?;
    if let Some(certainty) = report.certainty {
        writeln!(out, "<p class=\"quiet\">{}</p>", Text(certainty))?;
    }
    if let Some(noise) = &report.noise {
        let nothing = report.verdict.code == VerdictCode::NoChangeDetected;
        writeln!(
            out,
            "<p class=\"quiet\">{}These captures show changes {} points in a function of 1 %, {} points in one of \
             10 %.</p>",
            if nothing { "No change detected is not no change. " } else { "" },
            above(noise.detectable_pct.share_1),
            above(noise.detectable_pct.share_10)
        )?;
    }
    writeln!(out, "</header>")
}

fn above(points: f64) -> String {
    if points < 0.005 { "below 0.01".to_owned() } else { format!("above {points:.2}") }
}

fn value_type(report: &Report) -> String {
    let name = &report.value_type;
    if name.name == name.unit { name.name.clone() } else { format!("{} ({})", name.name, name.unit) }
}

/// What makes the captures hard to compare.
pub(super) fn warnings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for warning in &report.comparability {
        writeln!(
            out,
            "<p class=\"warning\" role=\"note\"><b>{}</b> {}</p>",
            if warning.severity == "blocking" { "Not comparable:" } else { "Warning:" },
            Text(&warning.text)
        )?;
    }
    if let Some(warning) = &report.scale.warning {
        writeln!(out, "<p class=\"warning\" role=\"note\"><b>Scale:</b> {}</p>", Text(warning))?;
    }
    Ok(())
}

/// The two captures side by side.
pub(super) fn captures(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section aria-labelledby=\"captures\">\n<h2 id=\"captures\">The two captures</h2>\n<table class=\"captures\">\n\
         <thead><tr><td></td><th scope=\"col\">before</th><th scope=\"col\">after</th></tr></thead>\n<tbody>"
    )?;
    let unit = &report.value_type.unit;
    row(report, out, "file", "long", |side| Some(side.files.join("\n")))?;
    row(report, out, &value_type(report), "", |side| Some(units::value(side.value, unit)))?;
    row(report, out, report.basis.noun(), "", |side| {
        let samples = units::count(side.samples? as f64);
        (samples != units::value(side.value, unit)).then_some(samples)
    })?;
    row(report, out, "recorded", "", |side| side.start.clone())?;
    row(report, out, "duration", "", |side| side.duration_ns.map(units::duration))?;
    row(report, out, "build id", "long code", |side| side.build_id.clone())?;
    row(report, out, "read", "", |side| Some(side.account.clone()))?;
    row(report, out, "blake3", "long code", |side| side.digest.clone())?;
    writeln!(out, "</tbody>\n</table>")?;
    if !report.other_value_types.is_empty() {
        let change = |percent: Option<f64>| {
            percent.map_or_else(|| "nothing before".to_owned(), |percent| format!("{} %", signed(percent, 1)))
        };
        let others = report
            .other_value_types
            .iter()
            .map(|other| format!("{} {}", other.name, change(other.change_pct)));
        let others = others.collect::<Vec<_>>().join(", ");
        writeln!(out, "<p class=\"quiet\">Also measured: {}</p>", Text(&others))?;
    }
    if let Some(idle) = figures::idle(report) {
        writeln!(out, "<p class=\"quiet\">{}</p>", Text(&visible(&idle)))?;
    }
    notes("Left out while reading", &report.left_out, out)?;
    writeln!(out, "</section>")
}

/// A row of the captures, if either side knows it.
fn row(
    report: &Report,
    out: &mut dyn Write,
    head: &str,
    class: &str,
    text: impl Fn(&Summary) -> Option<String>,
) -> io::Result<()> {
    let sides = (text(&report.before), text(&report.after));
    if sides == (None, None) {
        return Ok(());
    }
    write!(out, "<tr><th scope=\"row\">{}</th>", Text(head))?;
    for side in [sides.0, sides.1] {
        write!(out, "<td class=\"{class}\">")?;
        match side {
            Some(text) => {
                let lines: Vec<String> = text.lines().map(|line| Text(line).to_string()).collect();
                write!(out, "{}</td>", lines.join("<br>"))?;
            }
            None => write!(out, "<span class=\"quiet\">unknown</span></td>")?,
        }
    }
    writeln!(out, "</tr>")
}

fn notes(title: &str, rows: &[NoteRow], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>{title}</h3>\n<ul class=\"notes\">")?;
    for note in rows {
        writeln!(
            out,
            "<li><b>{}</b> {} <span class=\"quiet\">{} \u{d7} {}</span></li>",
            note.side,
            Text(&note.text),
            units::count(note.count as f64),
            Text(note.code)
        )?;
    }
    writeln!(out, "</ul>")
}

/// The plateaus that grew, and how much of the growth each explains.
pub(super) fn grew(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let rows = of(report, |row| direction(row) == Mark::Grew);
    writeln!(out, "<section aria-labelledby=\"grew\">\n<h2 id=\"grew\">Plateaus that grew</h2>")?;
    if rows.is_empty() {
        let by = if report.noise.is_some() { "by more than noise" } else { "by much" };
        writeln!(out, "<p>None grew {by}.</p>")?;
    } else {
        table(report, &rows, "explains", out)?;
        explained(&rows, out)?;
    }
    writeln!(out, "</section>")
}

/// What is larger, but not by more than noise.
pub(super) fn may_have_grown(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    section(
        report,
        "may-have-grown",
        "May have grown",
        &of(report, |row| row.tier == Tier::MayHaveGrown),
        out,
    )
}

/// What shrank, and what may have; then how many functions did neither.
pub(super) fn shrank(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    section(
        report,
        "shrank",
        "Plateaus that shrank",
        &of(report, |row| direction(row) == Mark::Shrank),
        out,
    )?;
    section(
        report,
        "may-have-shrunk",
        "May have shrunk",
        &of(report, |row| row.tier == Tier::MayHaveShrunk),
        out,
    )?;
    if let Some(unchanged) = figures::unchanged(report) {
        writeln!(out, "<p class=\"quiet\">{unchanged}.</p>")?;
    }
    Ok(())
}

fn of(report: &Report, wanted: impl Fn(&Plateau) -> bool) -> Vec<&Plateau> {
    report.plateaus.iter().filter(|row| wanted(row)).collect()
}

fn section(report: &Report, id: &str, title: &str, rows: &[&Plateau], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(out, "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>")?;
    table(report, rows, "explains", out)?;
    writeln!(out, "</section>")
}

fn table(report: &Report, rows: &[&Plateau], explains: &str, out: &mut dyn Write) -> io::Result<()> {
    let classes = rows.iter().any(|row| row.class.is_some());
    let has_intervals = rows.iter().any(|row| row.growth.low_pct.is_some());
    let interval =
        if has_intervals { format!(" ({:.0} % interval)", 100.0 * report.confidence) } else { String::new() };
    writeln!(
        out,
        "<table class=\"plateaus\">\n<thead><tr><th scope=\"col\">#</th><th scope=\"col\">function</th>\
         <th scope=\"col\" class=\"r\">before</th><th scope=\"col\" class=\"r\">after</th>\
         <th scope=\"col\" class=\"r\">change, points{interval}</th><th scope=\"col\" class=\"r\">{explains}</th>{}\
         <th scope=\"col\">why</th></tr></thead>\n<tbody>",
        if classes { "<th scope=\"col\">class</th>" } else { "" }
    )?;
    for row in rows {
        write!(out, "<tr data-rank=\"{}\"><td class=\"n\">", row.rank)?;
        disc(row, out)?;
        write!(out, "</td><td class=\"function\">")?;
        function(report, row, out)?;
        // Both in percent of the whole of before at the scale of after, so that they differ by the change.
        let before = row.before.share_pct;
        write!(
            out,
            "</td><td class=\"r\" data-head=\"before\">{before:.2} %</td><td class=\"r\" data-head=\"after\">{:.2} \
             %</td><td class=\"r change\" data-head=\"change\"><b>{}</b>",
            (before + row.growth.pct).max(0.0),
            signed(row.growth.pct, 2)
        )?;
        if let (Some(low), Some(high)) = (row.growth.low_pct, row.growth.high_pct) {
            write!(out, " <span class=\"interval\">[{}, {}]</span>", signed(low, 2), signed(high, 2))?;
        }
        write!(out, "</td><td class=\"r\" data-head=\"{explains}\">")?;
        match row.explains_pct {
            Some(percent) => write!(out, "{percent:.0} %")?,
            None => write!(out, "\u{2013}")?,
        }
        write!(out, "</td>")?;
        if classes {
            write!(out, "<td data-head=\"class\">{}</td>", Text(row.class.as_deref().unwrap_or("\u{2013}")))?;
        }
        writeln!(out, "<td data-head=\"why\">{}</td></tr>", figures::why(row.why))?;
    }
    writeln!(out, "</tbody>\n</table>")
}

/// The name of a plateau, where it is and how it is reached.
fn function(report: &Report, row: &Plateau, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "<span class=\"name\">{}</span>", Text(&fit(&visible(&row.function), 500)))?;
    if let Some(old) = &row.renamed_from {
        write!(out, "<span class=\"where\">was {}</span>", Text(old))?;
    }
    if let Some(other) = counterpart(report, row) {
        write!(out, "<span class=\"where\">may have moved: ")?;
        disc(other, out)?;
        write!(out, " {}</span>", Text(&fit(&visible(&other.function), 200)))?;
    }
    if row.captures_grown.is_some() {
        write!(out, "<span class=\"where\">{}</span>", figures::captures_grown(row))?;
    }
    let mut facts = Vec::new();
    if let Some(file) = &row.file {
        facts.push(row.line.map_or_else(|| file.clone(), |line| format!("{file}:{line}")));
    }
    facts.extend(row.module.clone());
    if !facts.is_empty() {
        write!(out, "<span class=\"where\">{}</span>", Text(&facts.join(" \u{b7} ")))?;
    }
    if row.path.len() > 1 {
        write!(
            out,
            "<details><summary>called by {}</summary><ol class=\"path\">",
            Text(&row.callers.join(", "))
        )?;
        path(&row.path, out)?;
        write!(out, "</ol></details>")?;
    }
    Ok(())
}

/// The row that a row belongs to.
fn counterpart<'a>(report: &'a Report, row: &Plateau) -> Option<&'a Plateau> {
    let id = row.counterpart.as_ref()?;
    report.plateaus.iter().find(|other| other.id == *id)
}

/// A path from the root, its middle left out where it is very long.
pub(super) fn path(names: &[String], out: &mut dyn Write) -> io::Result<()> {
    const ENDS: usize = 25;
    let hidden = names.len().saturating_sub(2 * ENDS);
    for (place, name) in names.iter().enumerate() {
        if hidden == 0 || place < ENDS || place >= ENDS + hidden {
            write!(out, "<li>{}</li>", Text(name))?;
        } else if place == ENDS {
            write!(out, "<li class=\"quiet\">{} more frames</li>", units::count(hidden as f64))?;
        }
    }
    Ok(())
}

/// The number of a row, which leads to its place in the graph.
fn disc(row: &Plateau, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<a class=\"disc {1}\" href=\"#r={0}\" aria-label=\"{0}, show in the graph\">{0}</a>",
        row.rank,
        class_of(row)
    )
}

fn class_of(row: &Plateau) -> &'static str {
    match direction(row) {
        Mark::Grew => "grew",
        Mark::Shrank => "shrank",
        Mark::Unchanged => "doubtful",
    }
}

/// A bar of what explains the growth: one part per plateau, the rest is everything smaller.
fn explained(rows: &[&Plateau], out: &mut dyn Write) -> io::Result<()> {
    let parts: Vec<(&Plateau, f64)> = rows.iter().filter_map(|row| Some((*row, row.explains_pct?))).collect();
    let sum: f64 = parts.iter().map(|(_, percent)| percent).sum();
    if parts.is_empty() {
        return Ok(());
    }
    let rest = (100.0 - sum).max(0.0);
    writeln!(
        out,
        "<figure class=\"explained\">\n<figcaption>What explains the growth: these {sum:.0} %, everything else \
         {rest:.0} %</figcaption>\n<svg width=\"100%\" height=\"24\" role=\"img\" aria-label=\"{} explain {sum:.0} % of \
         all growth\"><rect class=\"rest\" width=\"100%\" height=\"24\"/>",
        if parts.len() == 1 { "One plateau".to_owned() } else { format!("{} plateaus", parts.len()) }
    )?;
    let mut x = 0.0;
    for (row, percent) in parts {
        let width = percent.min(100.0 - x).max(0.0);
        write!(
            out,
            "<g><title>{} {}: {percent:.1} %</title><rect class=\"part\" x=\"{x:.3}%\" width=\"{width:.3}%\" \
             height=\"24\"/>",
            row.rank,
            Text(&row.function)
        )?;
        if width >= 3.0 {
            write!(
                out,
                "<text x=\"{:.3}%\" y=\"16\" text-anchor=\"middle\">{}</text>",
                x + width / 2.0,
                row.rank
            )?;
        }
        writeln!(out, "</g>")?;
        x += width;
    }
    writeln!(out, "</svg>\n</figure>")
}

/// How far the captures are apart, and how far noise alone would put them.
pub(super) fn distance(report: &Report, layout: &Layout, out: &mut dyn Write) -> io::Result<()> {
    let verdict = &report.verdict;
    write!(out, "<p class=\"quiet\">")?;
    match (verdict.distance_pct, verdict.distance_noise_pct) {
        (None, _) => write!(out, "One of the captures is empty.")?,
        (Some(moved), Some(noise)) => {
            write!(out, "{moved:.2} % of the profile moved; noise alone would move {noise:.2} %.")?;
        }
        (Some(moved), None) => {
            write!(out, "{moved:.2} % of the profile moved; how much noise alone would move is unknown.")?;
        }
    }
    if layout.clamped > 0 {
        write!(
            out,
            " {} with a negative value of their own are drawn as if it were zero.",
            units::count(layout.clamped as f64)
        )?;
    }
    writeln!(out, "</p>")
}

/// What is new, gone or moved, by the numbers of the tables: code that changed hands is seen at a glance.
pub(super) fn comings(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let kinds = [
        ("new", "not in before", Why::New),
        ("gone", "not in after", Why::Gone),
        ("moved", "another function changed by as much the other way", Why::Moved),
    ];
    let rows = |why: Why| of(report, |row| row.why == why && direction(row) != Mark::Unchanged);
    if kinds.iter().all(|kind| rows(kind.2).is_empty()) {
        return Ok(());
    }
    writeln!(
        out,
        "<section aria-labelledby=\"comings\">\n<h2 id=\"comings\">New, gone, moved</h2>\n<dl class=\"facts\">"
    )?;
    for (word, meaning, why) in kinds {
        let rows = rows(why);
        if rows.is_empty() {
            continue;
        }
        write!(out, "<div><dt>{word}</dt><dd><span class=\"quiet\">{meaning}</span><ul>")?;
        for row in rows {
            write!(out, "<li>")?;
            disc(row, out)?;
            write!(
                out,
                " <span class=\"name\">{}</span> {}",
                Text(&fit(&visible(&row.function), 200)),
                signed(row.growth.pct, 2)
            )?;
            if let Some(other) = counterpart(report, row) {
                write!(out, " \u{2194} ")?;
                disc(other, out)?;
                write!(out, " <span class=\"name\">{}</span>", Text(&fit(&visible(&other.function), 200)))?;
            }
            write!(out, "</li>")?;
        }
        writeln!(out, "</ul></dd></div>")?;
    }
    writeln!(out, "</dl>\n</section>")
}

/// Why functions that were asked for are in the report, or are not.
pub(super) fn explanations(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(rows) = &report.explanations else { return Ok(()) };
    writeln!(
        out,
        "<section aria-labelledby=\"explanations\">\n<h2 id=\"explanations\">What was asked for</h2>\n<ul class=\"notes\">"
    )?;
    for row in rows {
        writeln!(out, "<li>{}</li>", Text(&visible(&row.text)))?;
    }
    if rows.is_empty() {
        writeln!(out, "<li>No function of either capture matches.</li>")?;
    }
    writeln!(out, "</ul>\n</section>")
}

/// Classes of code, as shares of both sides.
pub(super) fn classes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Some(rows) = report.classes.as_ref().filter(|rows| rows.len() > 1) else { return Ok(()) };
    writeln!(
        out,
        "<section aria-labelledby=\"classes\">\n<h2 id=\"classes\">Classes of code</h2>\n<table>\n<thead><tr>\
         <th scope=\"col\">class</th><th scope=\"col\">before</th><th scope=\"col\">after</th>\
         <th scope=\"col\">change</th></tr></thead>\n<tbody>"
    )?;
    for row in rows {
        let tier = match row.tier {
            "grew" => "grew",
            "shrank" => "shrank",
            _ => "",
        };
        writeln!(
            out,
            "<tr><td data-head=\"class\">{}</td><td data-head=\"before\">{:.1} %</td>\
             <td data-head=\"after\">{:.1} %</td><td data-head=\"change\">{tier}</td></tr>",
            Text(&row.class),
            row.before_pct,
            row.after_pct
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}

/// How the report was made: enough to make it again.
pub(super) fn how(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"how\" aria-labelledby=\"how\">\n<h2 id=\"how\">How this was made</h2>\n<dl class=\"facts\">\
         <div><dt>version</dt><dd>plateau {}, schema {}</dd></div>",
        Text(report.version),
        Text(report.schema)
    )?;
    if !report.command.is_empty() {
        writeln!(out, "<div><dt>command</dt><dd><code>{}</code></dd></div>", Text(&report.command))?;
    }
    write!(out, "<div><dt>scale</dt><dd>")?;
    for (place, scale) in report.scale.alternatives.iter().enumerate() {
        let name = match scale.mode {
            ScaleMode::Reference => "reference: functions that did not change are equal",
            ScaleMode::Share => "share: equal totals",
            ScaleMode::Duration => "duration: per second of recording",
            ScaleMode::Work => report.basis.work(),
            ScaleMode::Anchor => "anchor: what was chosen as the measure is equal",
            ScaleMode::Absolute => "absolute: amounts as they are",
        };
        let used = if place == 0 { " (used)" } else { "" };
        write!(out, "{}{name}, k = {:.4}{used}", if place == 0 { "" } else { "<br>" }, scale.k)?;
    }
    writeln!(out, "</dd></div>")?;
    if let Some(noise) = &report.noise {
        write!(out, "<div><dt>noise</dt><dd>\u{3c6} {:.2}", noise.phi)?;
        if let Some(alpha) = noise.alpha {
            write!(out, ", \u{3b1} {alpha:.4}")?;
        }
        writeln!(out, ", {}</dd></div>", Text(noise.source))?;
    }
    if let Some(line) = figures::redacted(report) {
        writeln!(out, "<div><dt>hidden</dt><dd>{}</dd></div>", Text(&line))?;
    }
    for line in figures::alignment(report) {
        writeln!(out, "<div><dt>alignment</dt><dd>{}</dd></div>", Text(&visible(&line)))?;
    }
    writeln!(
        out,
        "<div><dt>percent</dt><dd>of all of before at the scale of after; a change is after less before, in points of \
         it</dd></div></dl>"
    )?;
    notes("Notes", &report.notes, out)?;
    writeln!(out, "</section>")
}

/// A number with its sign; the minus is as wide as the plus.
fn signed(number: f64, places: usize) -> String {
    format!("{number:+.places$}").replace('-', "\u{2212}")
}
