//! The diff flame graph as one static picture: for wikis, print and browsers without scripts.
//!
//! Icicle, root on top, one row per depth. Every box carries a `<title>`; the legend and the numbers of the plateaus
//! are drawn in. No script, no style sheet: presentation attributes survive every sanitiser.

use super::Renderer;
use super::layout::{Extent, Layout};
use super::markup::{Text, visible};
use crate::report::{Graph, GraphNode, Mark, Plateau, Report, units};
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
        draw(report, &Layout::new(&report.graph), &Frame::default(), out)
    }
}

/// How much is drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// Boxes narrower than this, in pixels, are drawn as one per parent.
    pub narrowest: f64,
    /// The most rows.
    pub rows: u32,
    /// Whether verdict and list of plateaus stand above the graph.
    pub heading: Heading,
}

impl Default for Frame {
    fn default() -> Self {
        Frame { narrowest: 0.3, rows: 1000, heading: Heading::Drawn }
    }
}

/// Whether a picture explains itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heading {
    /// Verdict and plateaus are drawn in.
    Drawn,
    /// They stand on the page around it.
    Elsewhere,
}

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 10.0;
const ROW: f64 = 17.0;
const LINE: f64 = 18.0;
/// Width of a character of 11 pixels, monospace.
const CHARACTER: f64 = 6.62;
const SANS: &str = "font-family=\"system-ui,-apple-system,Segoe UI,Roboto,sans-serif\"";

/// The light palette; `page.css` names the same colours.
const UNCHANGED: [u8; 3] = [0xe1, 0xe1, 0xde];
const GREW: [u8; 3] = [0xf0, 0x7c, 0x2e];
const SHRANK: [u8; 3] = [0x5a, 0xa0, 0xe6];
const INK: &str = "#1b1c1e";
const MUTED: &str = "#5c5f66";
const GREW_LINE: &str = "#b34700";
const SHRANK_LINE: &str = "#1a5fa8";

/// Draws the picture of a report.
pub(super) fn draw(report: &Report, layout: &Layout, frame: &Frame, out: &mut dyn Write) -> io::Result<()> {
    let mut heading = Vec::new();
    let mut y = MARGIN;
    if frame.heading == Heading::Drawn {
        y = draw_heading(report, y, &mut heading)?;
    }
    y = draw_legend(y, &mut heading)?;
    let rows = layout.deepest.saturating_add(1).min(frame.rows);
    let cut = layout.deepest >= frame.rows;
    let height = y + f64::from(rows) * ROW + if cut { LINE } else { 0.0 } + MARGIN;
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\">\n<title>Diff flame graph: {} to {}</title>\n\
         <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#ffffff\"/>",
        Text(&report.before.name),
        Text(&report.after.name)
    )?;
    out.write_all(&heading)?;
    let full = layout.boxes.first().map_or(0.0, |root| root.width);
    let per_value = if full > 0.0 { (WIDTH - 2.0 * MARGIN) / full } else { 0.0 };
    let picture = Picture { report, layout, top: y, per_value, rows };
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

/// Verdict, sides and the plateaus by number; gives the line below.
fn draw_heading(report: &Report, top: f64, out: &mut dyn Write) -> io::Result<f64> {
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
    label(out, MARGIN, y, MUTED, 12, &fit(&visible(&sides), 160))?;
    y += LINE;
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
fn draw_legend(top: f64, out: &mut dyn Write) -> io::Result<f64> {
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

struct Picture<'a> {
    report: &'a Report,
    layout: &'a Layout,
    top: f64,
    per_value: f64,
    rows: u32,
}

impl Picture<'_> {
    /// All boxes; then outlines and numbers, which may reach over their neighbours.
    fn boxes(&self, narrowest: f64, out: &mut dyn Write) -> io::Result<()> {
        let graph = &self.report.graph;
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
        let name = visible(&self.report.graph.names[node.name as usize]);
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
        let nodes = &self.report.graph.nodes;
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
        let graph: &Graph = &self.report.graph;
        let shares = |before: i128, after: i128| {
            let (a, b) = (graph.k * before as f64, after as f64);
            let percent = |value| self.layout.percent(value);
            format!("{:.2} % to {:.2} % ({:+.2})", percent(a), percent(b), percent(b - a))
        };
        let mut title = format!(
            "{name}; total {}; self {}",
            shares(node.total.before, node.total.after),
            shares(node.own.before, node.own.after)
        );
        match (node.total.before, node.total.after) {
            (0, 0) => {}
            (0, _) => title += "; new",
            (_, 0) => title += "; gone",
            _ => {}
        }
        if node.rank > 0 {
            title += &format!("; plateau {}", node.rank);
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

/// The number of a plateau in a disc around a point.
fn number(out: &mut dyn Write, x: f64, y: f64, rank: usize, mark: Mark) -> io::Result<()> {
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

fn label(out: &mut dyn Write, x: f64, y: f64, fill: &str, size: u8, text: &str) -> io::Result<()> {
    writeln!(
        out,
        "<text x=\"{x}\" y=\"{y}\" {SANS} font-size=\"{size}\" fill=\"{fill}\">{}</text>",
        Text(text)
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::tests::report;

    fn picture(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) -> String {
        let mut picture = Vec::new();
        Svg.render(&report(before, after), &mut picture).unwrap();
        String::from_utf8(picture).unwrap()
    }

    #[test]
    fn any_name_gives_well_formed_xml() {
        let mut text = Vec::new();
        for (place, name) in [
            &b"</script>"[..],
            b"]]>",
            b"\0\x01\x1b[0m",
            b"\xff\xfe",
            b"\"'&lt;",
            "\u{202e}\u{ffff}".as_bytes(),
        ]
        .iter()
        .enumerate()
        {
            text.extend_from_slice(b"m;");
            text.extend_from_slice(name);
            text.extend_from_slice(format!(" {}\n", 1000 + place).as_bytes());
        }
        let mut after = text.clone();
        after.extend_from_slice(b"m;\x0b\x0c 5000\n");
        let picture = picture(text, after);
        let document = roxmltree::Document::parse(&picture).unwrap();
        let titles: Vec<&str> = document
            .descendants()
            .filter(|node| node.has_tag_name("title"))
            .filter_map(|node| node.text())
            .collect();
        assert!(titles.iter().any(|title| title.starts_with("</script>;")), "{titles:?}");
        assert!(titles.iter().any(|title| title.starts_with("\\u{0}\\u{1}\\u{1b}[0m;")), "{titles:?}");
        assert!(titles.iter().any(|title| title.starts_with("\\u{202e}\\u{ffff};")), "{titles:?}");
        assert!(!document.descendants().any(|node| node.has_tag_name("script")));
    }

    #[test]
    fn boxes_carry_title_number_and_colour() {
        let picture = picture("m;a 9000\nm;b 1000\n", "m;a 9000\nm;b 3000\nm;n 2000\n");
        assert!(picture.contains(
            "<title>n; total 0.00 % to 14.29 % (+14.29); self 0.00 % to 14.29 % (+14.29); new; plateau"
        ));
        assert!(picture.contains("fill=\"#f07c2e\"/>"), "full at five points");
        assert!(picture.contains("stroke-dasharray=\"4 2\""), "a shrank");
    }

    #[test]
    fn identical_captures_are_all_grey() {
        let text = "m;a 9000\nm;b 1000\n";
        let picture = picture(text, text);
        let boxes = picture.split_once("<g font-family").map(|(_, boxes)| boxes.to_owned()).unwrap();
        for colour in [rgb(GREW), rgb(SHRANK), GREW_LINE.to_owned(), SHRANK_LINE.to_owned()] {
            assert!(!boxes.contains(&colour), "{colour}");
        }
    }

    #[test]
    fn narrow_boxes_are_drawn_together() {
        let rows: String = (0..5000).map(|place| format!("m;narrow{place} 1\n")).collect();
        let text = format!("m;wide 5000\n{rows}");
        let picture = picture(&text, &text);
        assert!(picture.contains("<title>5,000 narrow frames</title>"));
        assert!(!picture.contains("narrow17"));
    }

    #[test]
    fn a_very_deep_stack_is_cut_and_says_so() {
        let deep = vec!["f"; 100_000].join(";");
        let picture = picture(format!("{deep} 4000\n"), format!("{deep} 5000\n"));
        assert!(picture.contains(" rows below are not drawn.</text>"));
        assert!(picture.len() < 1_000_000, "{} bytes", picture.len());
    }

    #[test]
    fn text_stands_out_from_every_fill() {
        let light = |colour: &str| {
            let channel = |at: usize| {
                let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
                if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
        };
        let ink = light(INK);
        for step in 0..=20 {
            for full in [GREW, SHRANK] {
                let contrast = (light(&mixed(full, f64::from(step) / 20.0)) + 0.05) / (ink + 0.05);
                assert!(contrast >= 4.5, "{contrast}");
            }
        }
        for line in [GREW_LINE, SHRANK_LINE, MUTED] {
            assert!(1.05 / (light(line) + 0.05) >= 4.5, "white on {line}");
        }
    }

    #[test]
    fn the_middle_of_a_long_name_gives_way() {
        assert_eq!(fit("short", 5), "short");
        assert_eq!(fit("app::cache::parse_object", 11), "app::\u{2026}bject");
        assert_eq!(fit("日本語の関数", 7), "日\u{2026}数");
    }
}
