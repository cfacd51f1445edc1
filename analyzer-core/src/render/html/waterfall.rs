//! One request of each side as bars over time, side by side on one scale.
//!
//! Widths are percentages of the picture and heights pixels, so that text is as large in a narrow window as in a wide one.
//! What a request waited for is filled strongly; a span that ran while the request waited for another is light. What is to be
//! shown has an outline and a number, what failed a cross and the word.

use super::amounts::time;
use super::requests::{Requests, direction, is_doubtful};
use super::time_scale::Scale;
use crate::render::markup::{Text, visible};
use crate::render::svg::fit;
use crate::report::units;
use crate::requests::{Bar, More, Waterfall};
use std::io::{self, Write};

/// A line of text and the bar below it, pixels.
const ROW: f64 = 26.0;
/// Where bars begin below the top of their row, and how high they are.
const BAR: f64 = 15.0;
const HEIGHT: f64 = 8.0;
/// The figures of the scale.
const TOP: f64 = 20.0;
/// A step to the right for each span above, up to so many.
const INDENT: f64 = 9.0;
const MOST_INDENTS: usize = 9;
/// The room for a name in a wide and in a narrow picture, and what a character takes, at most, pixels.
const WIDE: f64 = 470.0;
const NARROW: f64 = 265.0;
const CHARACTER: f64 = 6.9;
const BOLD: f64 = 7.4;
/// Columns of a name where it is read out.
const COLUMNS: usize = 90;

/// Writes the exemplars, if there are any.
pub(super) fn section(of: &Requests<'_>, out: &mut dyn Write) -> io::Result<()> {
    let findings = of.findings;
    let Some(shown) = findings.shown() else { return Ok(()) };
    if findings.exemplars.iter().all(Option::is_none) {
        return Ok(());
    }
    let scale = Scale::of(findings.exemplars.iter().flatten());
    let title = if of.sides()[0] == "usual" {
        "A usual request and a slow one"
    } else {
        "One request before, one after"
    };
    let what = if is_doubtful(shown) { "what changed most, perhaps by chance" } else { "what changed most" };
    writeln!(
        out,
        "<section aria-labelledby=\"waterfalls\">\n<h2 id=\"waterfalls\">{title}</h2>\n<p class=\"legend\"><span><i \
         class=\"swatch waited\"></i>the request waited for it</span><span><i class=\"swatch ran\"></i>it waited for \
         others meanwhile</span><span><i class=\"swatch culprit {}\"></i>{what}: {}</span><span><i class=\"swatch \
         many\"></i>many calls alike</span><span>\u{2715} failed</span></p>\n<div class=\"waterfalls\">",
        direction(shown),
        Text(&fit(&visible(&shown.frame), 120))
    )?;
    let grew = shown.delta_us_per_request >= 0.0;
    for ((side, name), waterfall) in of.sides().into_iter().enumerate().zip(&findings.exemplars) {
        let Some(waterfall) = waterfall else {
            writeln!(out, "<figure><figcaption><b>{name}</b>: no such request.</figcaption></figure>")?;
            continue;
        };
        let why = match (side == 1) == grew {
            false => "one of usual length",
            true if is_doubtful(shown) => "one that spends much on it",
            true => "one that shows the change",
        };
        writeln!(
            out,
            "<figure>\n<figcaption><b>{name}</b>: {}, {why}<span class=\"where\">trace <code>{}</code></span></figcaption>",
            time(waterfall.duration_us),
            Text(&fit(&visible(&waterfall.trace_id), 64))
        )?;
        let picture =
            Picture { waterfall, scale, side, direction: direction(shown), disc: of.number(&shown.frame) };
        picture.draw(name, out)?;
        if waterfall.left_out > 0 {
            writeln!(
                out,
                "<p class=\"quiet\">{} {} no bar of {} own.</p>",
                units::many(waterfall.left_out, "span"),
                if waterfall.left_out == 1 { "has" } else { "have" },
                if waterfall.left_out == 1 { "its" } else { "their" }
            )?;
        }
        writeln!(out, "</figure>")?;
    }
    writeln!(out, "</div>\n</section>")
}

struct Picture<'a> {
    waterfall: &'a Waterfall,
    scale: Scale,
    side: usize,
    /// The class of what is to be shown: `grew` or `shrank`.
    direction: &'static str,
    /// Its number in the tables.
    disc: Option<u32>,
}

impl Picture<'_> {
    fn draw(&self, name: &str, out: &mut dyn Write) -> io::Result<()> {
        let Waterfall { bars, duration_us, .. } = self.waterfall;
        let rows = bars.len() + bars.iter().filter(|bar| bar.more.is_some()).count();
        let height = TOP + rows as f64 * ROW + 4.0;
        let side = self.side;
        writeln!(
            out,
            "<svg width=\"100%\" height=\"{height}\" role=\"img\" aria-labelledby=\"fall-{side}\" \
             aria-describedby=\"fall-{side}-what\">\n<title id=\"fall-{side}\">A request of {name}, {}</title>\n\
             <desc id=\"fall-{side}-what\">{}</desc>",
            time(*duration_us),
            Text(&visible(&self.description()))
        )?;
        writeln!(
            out,
            "<defs><pattern id=\"many-{side}\" width=\"5\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect \
             class=\"waited\" width=\"3\" height=\"8\"/></pattern><pattern id=\"many-{side}-culprit\" width=\"5\" height=\"8\" \
             patternUnits=\"userSpaceOnUse\"><rect class=\"culprit {}\" width=\"3\" height=\"8\"/></pattern></defs>",
            self.direction
        )?;
        self.axis(height, out)?;
        let mut above: Vec<u32> = Vec::new();
        let mut y = TOP;
        for bar in bars {
            while above.last().is_some_and(|&depth| depth >= bar.depth) {
                above.pop();
            }
            let x = above.len().min(MOST_INDENTS) as f64 * INDENT;
            above.push(bar.depth);
            self.bar(bar, x, y, out)?;
            y += ROW;
            if let Some(more) = &bar.more {
                self.more(bar, more, x, y, out)?;
                y += ROW;
            }
        }
        writeln!(out, "</svg>")
    }

    /// What the picture shows, for those who cannot see it.
    fn description(&self) -> String {
        let Waterfall { bars, .. } = self.waterfall;
        let mut longest: Vec<(f64, usize)> = bars.iter().map(waited).zip(0..).collect();
        longest.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.cmp(&other.1)));
        let longest: Vec<String> = longest
            .iter()
            .filter(|(us, _)| *us > 0.0)
            .take(5)
            .map(|&(us, at)| format!("{} {}", fit(&bars[at].frame, COLUMNS), time(us)))
            .collect();
        let mut text =
            format!("{}. Waited longest for: {}.", units::many(bars.len() as u64, "bar"), longest.join("; "));
        let more = bars.iter().filter_map(|bar| Some((bar, bar.more?)));
        for (bar, More { count, waited_us, .. }) in more {
            let calls = units::many(count, "more call");
            text += &format!(" {calls} of {}: {}.", fit(&bar.frame, COLUMNS), time(waited_us));
        }
        let failed = bars.iter().filter(|bar| bar.failed).count() as u64;
        if failed > 0 {
            text += &format!(" {} failed.", units::many(failed, "bar"));
        }
        text
    }

    fn axis(&self, height: f64, out: &mut dyn Write) -> io::Result<()> {
        let ticks = self.scale.ticks();
        let largest = ticks.iter().fold(0.0f64, |largest, tick| largest.max(tick.abs()));
        for tick in ticks {
            let x = self.scale.x(tick);
            let anchor = if x < 6.0 {
                "start"
            } else if x > 94.0 {
                "end"
            } else {
                "middle"
            };
            let label = units::beside(tick * 1e3, largest * 1e3, "nanoseconds");
            let (number, unit) = label.split_once(' ').unwrap_or((&label, ""));
            let number = number.trim_end_matches('0').trim_end_matches('.');
            writeln!(
                out,
                "<line class=\"grid\" x1=\"{x:.3}%\" x2=\"{x:.3}%\" y1=\"{0}\" y2=\"{height}\"/><text class=\"tick\" \
                 x=\"{x:.3}%\" y=\"11\" text-anchor=\"{anchor}\">{1} {unit}</text>",
                TOP - 5.0,
                number.replace('-', "\u{2212}")
            )?;
        }
        Ok(())
    }

    fn bar(&self, bar: &Bar, x: f64, y: f64, out: &mut dyn Write) -> io::Result<()> {
        let name = visible(&bar.frame);
        let length = bar.end_us - bar.start_us;
        let failed = if bar.failed { "failed, " } else { "" };
        writeln!(
            out,
            "<g class=\"{}\"><title>{}: {failed}{} from {}; the request waited {} for it</title>\
             <rect class=\"hit\" y=\"{y}\" width=\"100%\" height=\"{ROW}\"/>",
            if bar.marked { "culprit" } else { "other" },
            Text(&fit(&name, 500)),
            time(length),
            time(bar.start_us),
            time(waited(bar))
        )?;
        // A nested picture cuts a name that is too long for the window; its time stands beside it.
        write!(out, "<svg y=\"{y}\" width=\"80%\" height=\"{BAR}\">")?;
        let mut left = x;
        if let Some(number) = self.disc.filter(|_| bar.marked) {
            let width = 9.0 + 7.0 * number.to_string().len() as f64;
            write!(
                out,
                "<rect class=\"mark {0}\" x=\"{x}\" y=\"0.5\" width=\"{width}\" height=\"14\" rx=\"7\"/><text class=\"number\" \
                 x=\"{1}\" y=\"11.5\" text-anchor=\"middle\">{number}</text>",
                self.direction,
                x + width / 2.0
            )?;
            left += width + 5.0;
        }
        self.name(&name, bar, left, out)?;
        writeln!(
            out,
            "</svg><text class=\"length\" x=\"100%\" y=\"{}\" text-anchor=\"end\">{}</text>",
            y + 11.5,
            time(length)
        )?;
        let top = y + BAR;
        let (from, width) = self.scale.range(bar.start_us, bar.end_us);
        write!(
            out,
            "<rect class=\"ran\" x=\"{from:.3}%\" y=\"{top}\" width=\"{width:.3}%\" height=\"{HEIGHT}\"/>"
        )?;
        let class = if bar.marked { format!("culprit {}", self.direction) } else { "waited".to_owned() };
        for &(start, end) in &bar.waited_us {
            let (from, width) = self.scale.range(start, end);
            write!(
                out,
                "<rect class=\"{class}\" x=\"{from:.3}%\" y=\"{top}\" width=\"{width:.3}%\" height=\"{HEIGHT}\"/>"
            )?;
        }
        if bar.marked {
            write!(
                out,
                "<rect class=\"outline {}\" x=\"{from:.3}%\" y=\"{}\" width=\"{width:.3}%\" height=\"{}\"/>",
                self.direction,
                top - 1.0,
                HEIGHT + 2.0
            )?;
        }
        if bar.failed {
            write!(
                out,
                "<svg class=\"cross\" x=\"{:.3}%\" y=\"{}\" width=\"10\" height=\"10\"><path d=\"M1 1l8 8M9 1l-8 8\"/></svg>",
                from.min(97.0),
                top - 1.0
            )?;
        }
        writeln!(out, "</g>")
    }

    /// A name, shortened for wide and for narrow pictures; the style shows one of the two.
    fn name(&self, name: &str, bar: &Bar, left: f64, out: &mut dyn Write) -> io::Result<()> {
        let (failed, word) =
            if bar.failed { ("<tspan class=\"failed\">failed</tspan> ", 50.0) } else { ("", 0.0) };
        let character = if bar.marked { BOLD } else { CHARACTER };
        let fitted = |room: f64| fit(name, ((room - left - word) / character) as usize);
        let (wide, narrow) = (fitted(WIDE), fitted(NARROW));
        if wide == narrow {
            return write!(out, "<text x=\"{left}\" y=\"11.5\">{failed}{}</text>", Text(&wide));
        }
        for (class, name) in [("wide", wide), ("narrow", narrow)] {
            write!(out, "<text class=\"{class}\" x=\"{left}\" y=\"11.5\">{failed}{}</text>", Text(&name))?;
        }
        Ok(())
    }

    /// The calls that have no bars of their own.
    fn more(&self, bar: &Bar, more: &More, x: f64, y: f64, out: &mut dyn Write) -> io::Result<()> {
        let name = fit(&visible(&bar.frame), COLUMNS);
        let (from, width) = self.scale.range(more.start_us, more.end_us);
        let calls = units::many(more.count, "more call");
        writeln!(
            out,
            "<g class=\"many\"><title>{calls} of {}: the request waited {} for them</title><rect class=\"hit\" y=\"{y}\" \
             width=\"100%\" height=\"{ROW}\"/><svg y=\"{y}\" width=\"80%\" height=\"{BAR}\"><text x=\"{x}\" y=\"11.5\">and \
             {calls} like it</text></svg><text class=\"length\" x=\"100%\" y=\"{}\" text-anchor=\"end\">{}</text>\
             <rect fill=\"url(#many-{}{})\" x=\"{from:.3}%\" y=\"{}\" width=\"{width:.3}%\" height=\"{HEIGHT}\"/></g>",
            Text(&name),
            time(more.waited_us),
            y + 11.5,
            time(more.waited_us),
            self.side,
            if bar.marked { "-culprit" } else { "" },
            y + BAR
        )
    }
}

/// How long the request waited for a span itself.
fn waited(bar: &Bar) -> f64 {
    bar.waited_us.iter().map(|(from, to)| to - from).sum()
}
