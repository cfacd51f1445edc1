//! What stands above the graph and explains it: verdict, plateaus by number, colours; and the numbers themselves.

use super::{
    GREW, GREW_LINE, INK, MARGIN, MUTED, SHRANK, SHRANK_LINE, UNCHANGED, direction, fit, mixed, rgb,
};
use crate::render::figures;
use crate::render::markup::{Text, visible};
use crate::report::{Mark, Report, units};
use std::io::{self, Write};
use unicode_width::UnicodeWidthStr;

/// Height of a line of text.
pub(super) const LINE: f64 = 18.0;
const SANS: &str = "font-family=\"system-ui,-apple-system,Segoe UI,Roboto,sans-serif\"";

/// Verdict, sides and the plateaus by number; gives the line below.
pub(super) fn heading(report: &Report, top: f64, out: &mut dyn Write) -> io::Result<f64> {
    let mut y = top + LINE;
    for line in wrapped(&visible(&report.verdict.text), 132) {
        writeln!(
            out,
            "<text x=\"{MARGIN}\" y=\"{y}\" {SANS} font-size=\"15\" font-weight=\"600\" fill=\"{INK}\">{}</text>",
            Text(&fit(&line, 140))
        )?;
        y += LINE + 2.0;
    }
    let sides = format!(
        "{} ({}) to {} ({}); {}",
        report.before.name,
        units::value(report.before.value, &report.value_type.unit),
        report.after.name,
        units::value(report.after.value, &report.value_type.unit),
        report.value_type.name
    );
    for line in [sides, format!("Read {}", figures::accounts(report))] {
        label(out, MARGIN, y, MUTED, 12, &fit(&visible(&line), 160))?;
        y += LINE;
    }
    for plateau in report.plateaus.iter().take(10) {
        number(out, MARGIN + 8.0, y - 4.0, plateau.rank, direction(plateau))?;
        let growth = &plateau.growth;
        let mut line = format!("{}  {:+.2} points", fit(&visible(&plateau.function), 110), growth.pct);
        if let (Some(low), Some(high)) = (growth.low_pct, growth.high_pct) {
            line += &format!(" [{low:.2}, {high:.2}]");
        }
        label(out, MARGIN + 24.0, y, INK, 12, &line)?;
        y += LINE;
    }
    Ok(y)
}

/// What colours, strip and outlines mean; gives the top of the graph.
pub(super) fn legend(top: f64, out: &mut dyn Write) -> io::Result<f64> {
    let y = top + 4.0;
    let mut x = MARGIN;
    for (colour, word) in [(SHRANK, "shrank"), (GREW, "grew")] {
        for step in 0..5 {
            let strength = (f64::from(step) / 4.0).sqrt();
            let at = x + f64::from(if word == "shrank" { 4 - step } else { step }) * 14.0;
            writeln!(
                out,
                "<rect x=\"{at}\" y=\"{y}\" width=\"14\" height=\"11\" fill=\"{}\"/>",
                mixed(colour, strength)
            )?;
        }
        label(out, x + 74.0, y + 10.0, INK, 11, &format!("{word} here, full at 5 points"))?;
        x += 240.0;
    }
    writeln!(
        out,
        "<rect x=\"{x}\" y=\"{y}\" width=\"30\" height=\"11\" fill=\"{}\"/>\
         <rect x=\"{}\" y=\"{}\" width=\"9\" height=\"3\" fill=\"{SHRANK_LINE}\"/>\
         <rect x=\"{}\" y=\"{}\" width=\"9\" height=\"3\" fill=\"{GREW_LINE}\"/>",
        rgb(UNCHANGED),
        x + 12.0,
        y + 8.0,
        x + 21.0,
        y + 8.0
    )?;
    label(out, x + 36.0, y + 10.0, INK, 11, "strip: change in it or below")?;
    x += 200.0;
    for (dash, colour, word) in
        [("", GREW_LINE, "grew"), (" stroke-dasharray=\"4 2\"", SHRANK_LINE, "shrank")]
    {
        writeln!(
            out,
            "<rect x=\"{x}\" y=\"{y}\" width=\"22\" height=\"11\" fill=\"none\" stroke=\"{colour}\" \
             stroke-width=\"1.5\"{dash}/>"
        )?;
        label(out, x + 27.0, y + 10.0, INK, 11, &format!("plateau that {word}"))?;
        x += 142.0;
    }
    label(out, x + 4.0, y + 10.0, MUTED, 11, "width: mean of both captures")?;
    Ok(top + 24.0)
}

/// The number of a plateau in a disc around a point.
pub(super) fn number(out: &mut dyn Write, x: f64, y: f64, rank: usize, mark: Mark) -> io::Result<()> {
    let colour = match mark {
        Mark::Grew => GREW_LINE,
        Mark::Shrank => SHRANK_LINE,
        Mark::Unchanged => MUTED,
    };
    let size = [9, 8, 6][usize::from(rank > 9) + usize::from(rank > 99)];
    writeln!(
        out,
        "<circle cx=\"{x:.2}\" cy=\"{y:.2}\" r=\"6.5\" fill=\"{colour}\"/><text x=\"{x:.2}\" y=\"{:.2}\" {SANS} \
         font-size=\"{size}\" font-weight=\"700\" text-anchor=\"middle\" fill=\"#ffffff\">{rank}</text>",
        y + 3.2
    )
}

pub(super) fn label(out: &mut dyn Write, x: f64, y: f64, fill: &str, size: u8, text: &str) -> io::Result<()> {
    writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" {SANS} font-size=\"{size}\" fill=\"{fill}\">{}</text>",
        Text(text)
    )
}

/// A sentence in lines of at most so many characters, where its words allow.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let line = &mut lines[last];
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= columns {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}
