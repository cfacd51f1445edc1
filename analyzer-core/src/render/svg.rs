//! The diff flame graph as one static picture: for wikis, print and browsers without scripts.
//!
//! Icicle, root on top, one row per depth. Every box carries a `<title>`; the legend and the numbers of the plateaus
//! are drawn in. No script, no style sheet: presentation attributes survive every sanitiser.

mod legend;

use super::Renderer;
use super::layout::{Extent, Layout};
use super::markup::{Text, visible};
use crate::report::{Graph, GraphNode, Mark, Plateau, Report, units};
use legend::{LINE, label, number};
use std::io::{self, Write};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The diff flame graph, SVG without scripts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Svg;

impl Renderer for Svg {
    fn name(&self) -> &'static str {
        "svg"
    }

    fn extension(&self) -> &'static str {
        "svg"
    }

    fn description(&self) -> &'static str {
        "diff flame graph, one static picture"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
        let mut heading = Vec::new();
        let y = legend::heading(report, MARGIN, &mut heading)?;
        let top = legend::legend(y, &mut heading)?;
        let frame =
            Frame { narrowest: 0.3, rows: 1000, title: title(report), heading, top, captures: Captures::Two };
        draw(&report.graph, &Layout::new(&report.graph), &frame, out)
    }
}

/// How much is drawn, and what stands above it.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Boxes narrower than this, in pixels, are drawn as one per parent.
    narrowest: f64,
    /// The most rows.
    rows: u32,
    title: String,
    /// What is drawn above the graph, down to `top`.
    heading: Vec<u8>,
    top: f64,
    captures: Captures,
}

/// How many captures a graph is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Captures {
    One,
    Two,
}

impl Frame {
    /// The picture on a page that says what is found: the legend alone stands above the graph.
    pub(super) fn on_page(report: &Report) -> io::Result<Frame> {
        let mut heading = Vec::new();
        let top = legend::legend(MARGIN, &mut heading)?;
        Ok(Frame {
            title: title(report),
            heading,
            top,
            captures: Captures::Two,
            ..Frame::of_one(String::new())
        })
    }

    /// The picture of one capture on a page.
    pub(super) fn of_one(title: String) -> Frame {
        Frame { narrowest: 2.0, rows: 150, title, heading: Vec::new(), top: MARGIN, captures: Captures::One }
    }
}

fn title(report: &Report) -> String {
    format!("Diff flame graph: {} to {}", report.before.name, report.after.name)
}

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 10.0;
const ROW: f64 = 17.0;
/// Width of a character of 11 pixels, monospace.
const CHARACTER: f64 = 6.62;

/// The light palette; `page.css` names the same colours.
const UNCHANGED: [u8; 3] = [0xe1, 0xe1, 0xde];
const GREW: [u8; 3] = [0xf0, 0x7c, 0x2e];
const SHRANK: [u8; 3] = [0x5a, 0xa0, 0xe6];
const INK: &str = "#1b1c1e";
const MUTED: &str = "#5c5f66";
const GREW_LINE: &str = "#b34700";
const SHRANK_LINE: &str = "#1a5fa8";

/// Draws a graph.
pub(super) fn draw(graph: &Graph, layout: &Layout, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let rows = layout.deepest.saturating_add(1).min(frame.rows);
    let cut = layout.deepest >= frame.rows;
    let height = frame.top + f64::from(rows) * ROW + if cut { LINE } else { 0.0 } + MARGIN;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n<title>{}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>",
        Text(&frame.title),
    )?;
    out.write_all(&frame.heading)?;
    let full = layout.boxes.first().map_or(0.0, |root| root.width);
    let per_value = if full > 0.0 { (WIDTH - 2.0 * MARGIN) / full } else { 0.0 };
    let picture = Picture { graph, layout, captures: frame.captures, top: frame.top, per_value, rows };
    writeln!(
        out,
        "<g font-family=\"ui-monospace,SFMono-Regular,Menlo,Consolas,monospace\" font-size=\"11\">"
    )?;
    picture.boxes(frame.narrowest, out)?;
    writeln!(out, "</g>")?;
    if cut {
        let below = layout.deepest + 1 - rows;
        let line = format!("{} rows below are not drawn.", units::count(f64::from(below)));
        label(out, MARGIN, height - MARGIN, MUTED, 12, &line)?;
    }
    writeln!(out, "</svg>")
}

struct Picture<'a> {
    graph: &'a Graph,
    layout: &'a Layout,
    captures: Captures,
    top: f64,
    per_value: f64,
    rows: u32,
}

impl Picture<'_> {
    /// All boxes; then outlines and numbers, which may reach over their neighbours.
    fn boxes(&self, narrowest: f64, out: &mut dyn Write) -> io::Result<()> {
        let graph = self.graph;
        let mut marks = Vec::new();
        let mut index = 0;
        while index < graph.nodes.len() {
            let node = &graph.nodes[index];
            let extent = self.layout.boxes[index];
            let next = index + node.descendants as usize + 1;
            if node.depth >= self.rows {
                index = next;
            } else if extent.width * self.per_value < narrowest {
                // Siblings are sorted by width: all that follow are as narrow.
                index = self.narrow(index, narrowest, out)?;
            } else {
                self.one(node, &extent, out)?;
                if node.rank > 0 {
                    self.mark(node, &extent, &mut marks)?;
                }
                index += 1;
            }
        }
        out.write_all(&marks)
    }

    fn one(&self, node: &GraphNode, extent: &Extent, out: &mut dyn Write) -> io::Result<()> {
        let (x, y, width) = self.place(node.depth, extent);
        let target = if extent.change < 0.0 { SHRANK } else { GREW };
        let fill = mixed(target, self.layout.strength(extent.change));
        let name = visible(&self.graph.names[node.name as usize]);
        writeln!(out, "<g><title>{}</title>", Text(&self.title(node, &name)))?;
        write!(
            out,
            "<rect x=\"{x:.2}\" y=\"{y}\" width=\"{:.2}\" height=\"{}\" fill=\"{fill}\"/>",
            if width > 2.0 { width - 0.6 } else { width },
            ROW - 1.0
        )?;
        self.strip(x, y, width, extent, out)?;
        let indent = if node.rank > 0 && width > 22.0 { 18.0 } else { 3.0 };
        let room = ((width - indent - 2.0) / CHARACTER) as usize;
        if room >= 3 && width > 0.0 {
            let text = fit(&name, room);
            write!(
                out,
                "<text x=\"{:.2}\" y=\"{}\" fill=\"{INK}\">{}</text>",
                x + indent,
                y + 11.0,
                Text(&text)
            )?;
        }
        writeln!(out, "</g>")
    }

    /// The children of one parent that are too narrow, from `first` on, as one box; gives the node after them.
    fn narrow(&self, first: usize, narrowest: f64, out: &mut dyn Write) -> io::Result<usize> {
        let nodes = &self.graph.nodes;
        let mut together = Extent { width: 0.0, grown: 0.0, shrunk: 0.0, ..self.layout.boxes[first] };
        let (mut index, mut siblings) = (first, 0u32);
        while index < nodes.len() && (index == first || nodes[index].parent == nodes[first].parent) {
            let extent = self.layout.boxes[index];
            together.width += extent.width;
            together.grown += extent.grown;
            together.shrunk += extent.shrunk;
            siblings += 1;
            index += nodes[index].descendants as usize + 1;
        }
        let (x, y, width) = self.place(nodes[first].depth, &together);
        if width >= narrowest {
            let frames = if siblings == 1 { "frame" } else { "frames" };
            write!(
                out,
                "<g><title>{} narrow {frames}</title><rect x=\"{x:.2}\" y=\"{y}\" width=\"{width:.2}\" height=\"{}\" \
                 fill=\"#ecece9\"/>",
                units::count(f64::from(siblings)),
                ROW - 1.0
            )?;
            self.strip(x, y, width, &together, out)?;
            writeln!(out, "</g>")?;
        }
        Ok(index)
    }

    /// Change in the box or below, at its foot: shrunk, then grown, up to its right edge.
    fn strip(&self, x: f64, y: f64, width: f64, extent: &Extent, out: &mut dyn Write) -> io::Result<()> {
        let mut right = x + if width > 2.0 { width - 0.6 } else { width };
        for (part, colour) in [(extent.grown, GREW_LINE), (extent.shrunk, SHRANK_LINE)] {
            let part = part * self.per_value;
            if part >= 0.25 {
                let left = (right - part).max(x);
                write!(
                    out,
                    "<rect x=\"{left:.2}\" y=\"{}\" width=\"{:.2}\" height=\"3\" fill=\"{colour}\"/>",
                    y + ROW - 4.0,
                    right - left
                )?;
                right = left;
            }
        }
        Ok(())
    }

    fn mark(&self, node: &GraphNode, extent: &Extent, out: &mut dyn Write) -> io::Result<()> {
        let (x, y, width) = self.place(node.depth, extent);
        let (colour, dash) = match node.mark {
            Mark::Grew => (GREW_LINE, ""),
            Mark::Shrank => (SHRANK_LINE, " stroke-dasharray=\"4 2\""),
            Mark::Unchanged => (MUTED, " stroke-dasharray=\"1 2\""),
        };
        writeln!(
            out,
            "<rect x=\"{:.2}\" y=\"{}\" width=\"{:.2}\" height=\"{}\" fill=\"none\" stroke=\"{colour}\" \
             stroke-width=\"1.5\"{dash}/>",
            x + 0.5,
            y + 0.5,
            (width - 1.6).max(1.0),
            ROW - 2.0
        )?;
        if width >= 12.0 {
            let middle = if width > 22.0 { x + 9.5 } else { x + width / 2.0 };
            number(out, middle, y + 8.0, node.rank as usize, node.mark)?;
        }
        Ok(())
    }

    fn place(&self, depth: u32, extent: &Extent) -> (f64, f64, f64) {
        let x = MARGIN + extent.x * self.per_value;
        (x, self.top + f64::from(depth) * ROW, extent.width * self.per_value)
    }

    fn title(&self, node: &GraphNode, name: &str) -> String {
        let graph = self.graph;
        let shares = |before: i128, after: i128| {
            let (a, b) = (graph.k * before as f64, after as f64);
            let percent = |value| self.layout.percent(value);
            match self.captures {
                Captures::One => format!("{:.2} %", percent(b)),
                Captures::Two => {
                    format!("{:.2} % to {:.2} % ({:+.2})", percent(a), percent(b), percent(b - a))
                }
            }
        };
        let mut title = format!(
            "{name}; total {}; self {}",
            shares(node.total.before, node.total.after),
            shares(node.own.before, node.own.after)
        );
        match (node.total.before, node.total.after) {
            _ if self.captures == Captures::One => {}
            (0, 0) => {}
            (0, _) => title += "; new",
            (_, 0) => title += "; gone",
            _ => {}
        }
        if node.rank > 0 {
            title += &format!("; {} {}", if node.is_region { "region" } else { "plateau" }, node.rank);
        }
        title
    }
}

/// The direction in which a plateau is drawn.
pub(super) fn direction(plateau: &Plateau) -> Mark {
    use crate::plateau::Tier;
    match plateau.tier {
        Tier::Grew => Mark::Grew,
        Tier::Shrank => Mark::Shrank,
        Tier::Unquantified if plateau.growth.value > 0.0 => Mark::Grew,
        Tier::Unquantified => Mark::Shrank,
        Tier::MayHaveGrown | Tier::MayHaveShrunk => Mark::Unchanged,
    }
}

fn rgb([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The colour of a change of some strength: from that of no change to the full one.
fn mixed(full: [u8; 3], strength: f64) -> String {
    let mix =
        |from: u8, to: u8| (f64::from(from) + (f64::from(to) - f64::from(from)) * strength).round() as u8;
    rgb(std::array::from_fn(|channel| mix(UNCHANGED[channel], full[channel])))
}

/// A name in at most so many columns: its middle gives way, since both ends tell functions apart.
pub(super) fn fit(name: &str, columns: usize) -> String {
    if name.width() <= columns {
        return name.to_owned();
    }
    let half = |characters: &mut dyn Iterator<Item = char>, columns: usize| {
        let mut used = 0;
        let part = characters.take_while(|character| {
            used += character.width().unwrap_or(0);
            used <= columns
        });
        part.collect::<String>()
    };
    let tail = columns.saturating_sub(1) / 2;
    let head = half(&mut name.chars(), columns.saturating_sub(1 + tail));
    let tail = half(&mut name.chars().rev(), tail);
    head + "\u{2026}" + &tail.chars().rev().collect::<String>()
}

#[cfg(test)]
mod tests;
