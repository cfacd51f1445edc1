//! The report as one HTML file that needs nothing else: to open offline, to attach to a postmortem.
//!
//! Tables and a static picture are plain HTML, for readers without scripts, for print and for screen readers. The
//! scripts replace the picture by one to explore. A content security policy allows these scripts and this style by
//! their hashes and nothing besides, so no name of a capture can become code or fetch anything.
//!
//! | file | holds |
//! |---|---|
//! | `sections.rs` | verdict, captures, tables, how it was made |
//! | `requests.rs`, `request_tables.rs` | what traces tell of requests |
//! | `table.rs`, `amounts.rs` | tables and figures of that |
//! | `waterfall.rs`, `time_scale.rs` | one request of each side as bars over time |
//! | `traces.rs` | the page of one set of traces |
//! | `single.rs` | the page of one capture |
//! | `payload.rs`, `decode.js` | the call tree, written and read |
//! | `layout.js` | the boxes, as `render/layout.rs` lays them out, for each mode |
//! | `sandwich.js` | one function between its callers and its callees |
//! | `paint.js` | the canvas |
//! | `graph.js` | zoom, selection, search: the state of the picture |
//! | `page.js` | toolbar, keys, address, the documented hook `window.plateau` |
//! | `page.d.ts`, `tsconfig.json` | types of what the scripts share, for their check; no part of the page |

mod amounts;
mod payload;
mod request_tables;
mod requests;
mod sections;
mod single;
mod table;
mod time_scale;
mod traces;
mod waterfall;

use super::layout::Layout;
use super::markup::Text;
use super::{Renderer, svg};
use crate::report::{Graph, Report};
use crate::spans::TraceValue;
use crate::unit::Unit;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use std::sync::LazyLock;

/// The report as one HTML file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Html;

pub use single::page_of_one;
pub use traces::{AboutTraces, traces_page};

const STYLE: &str = include_str!("page.css");

/// The scripts, in the order in which the browser runs them.
const SCRIPTS: [&str; 6] = [
    include_str!("decode.js"),
    include_str!("layout.js"),
    include_str!("sandwich.js"),
    include_str!("paint.js"),
    include_str!("graph.js"),
    include_str!("page.js"),
];

/// What the page may do: run its own scripts and use its own style.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let scripts = SCRIPTS.map(hash).join(" ");
    STYLE_POLICY.replace("style-src", &format!("script-src {scripts}; style-src"))
});

/// What a page without scripts may do: use its own style.
pub(crate) static STYLE_POLICY: LazyLock<String> = LazyLock::new(|| {
    let style = hash(STYLE);
    format!("default-src 'none'; style-src {style}; img-src data:; base-uri 'none'; form-action 'none'")
});

fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

/// A picture for the tab, so that the browser does not ask a server for one.
const ICON: &str = "data:image/svg+xml,%3Csvg%20xmlns='http://www.w3.org/2000/svg'%20viewBox='0%200%2016%2016'%3E\
                    %3Cpath%20fill='%23888'%20d='M1%202h14v4H1z'/%3E%3Cpath%20fill='%23f07c2e'%20d='M4%207h8v7H4z'/%3E\
                    %3C/svg%3E";

impl Renderer for Html {
    fn name(&self) -> &'static str {
        "html"
    }

    fn extension(&self) -> &'static str {
        "html"
    }

    fn description(&self) -> &'static str {
        "report with an interactive diff flame graph, one offline file"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let layout = Layout::new(&report.graph);
        let tree = Tree {
            graph: &report.graph,
            whole: layout.whole,
            unit: &report.value_type.unit,
            seconds: seconds(report.before.duration_ns).zip(seconds(report.after.duration_ns)),
            is_single: false,
        };
        let title = format!("{} \u{2192} {}", report.before.name, report.after.name);
        head(&title, tree.seconds.map_or("", |_| "timed"), &POLICY, out)?;
        sections::verdict(report, out)?;
        sections::warnings(report, out)?;
        if let Some(findings) = &report.traces {
            let plateaus = Some(report.plateaus.as_slice());
            let remarks = &super::requests::remarks(findings);
            requests::Requests { findings, plateaus, confidence: report.confidence, remarks }.write(out)?;
        }
        sections::captures(report, out)?;
        sections::grew(report, out)?;
        graph(report, &layout, out)?;
        sections::may_have_grown(report, out)?;
        sections::shrank(report, out)?;
        sections::comings(report, out)?;
        sections::explanations(report, out)?;
        sections::classes(report, out)?;
        sections::how(report, out)?;
        foot(&tree, out)
    }
}

/// What stands before the sections of every page.
pub(crate) fn head(title: &str, class: &str, policy: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\" class=\"{class}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"generator\" content=\"plateau {}\">\n<title>{} \u{b7} plateau</title>\n\
         <link rel=\"icon\" href=\"{ICON}\">\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
        policy,
        env!("CARGO_PKG_VERSION"),
        Text(title),
    )
}

/// What stands behind them: the call tree and the scripts.
fn foot(tree: &Tree<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</main>")?;
    tree.write(out)?;
    for script in SCRIPTS {
        writeln!(out, "<script>{script}</script>")?;
    }
    writeln!(out, "</body>\n</html>")
}

/// The flame graph: what the scripts fill, and the static picture they replace.
fn graph(report: &Report, layout: &Layout, out: &mut dyn Write) -> io::Result<()> {
    let value = report.value_type.name.as_str();
    let of = match &report.traces {
        Some(_) if value == TraceValue::CriticalPath.name_and_unit().0 => {
            "Flame graph of both: critical paths of all requests".to_owned()
        }
        Some(_) => format!("Flame graph of both: {value} of all requests"),
        None => "Flame graph of both".to_owned(),
    };
    writeln!(
        out,
        "<section id=\"graph\" aria-labelledby=\"graph-title\">\n<h2 id=\"graph-title\">{}</h2>",
        Text(&of)
    )?;
    sections::distance(report, layout, out)?;
    out.write_all(include_bytes!("graph.html"))?;
    writeln!(out, "<div class=\"static\">")?;
    svg::draw(&report.graph, layout, &svg::Frame::on_page(report)?, out)?;
    writeln!(out, "</div>\n</section>")
}

/// The call tree, with what the scripts need to know to lay it out.
struct Tree<'a> {
    graph: &'a Graph,
    /// What 100 % means, as after.
    whole: f64,
    unit: &'a str,
    /// How long before and after were recorded.
    seconds: Option<(f64, f64)>,
    /// Whether there is nothing in before but zeros.
    is_single: bool,
}

/// A length that can be divided by.
fn seconds(duration_ns: Option<i64>) -> Option<f64> {
    duration_ns.filter(|&ns| ns > 0).map(|ns| ns as f64 / 1e9)
}

impl Tree<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let packed = payload::pack(self.graph)?;
        write!(
            out,
            "<script type=\"text/plain\" id=\"tree\" data-k=\"{}\" data-whole=\"{}\" data-shift=\"{}\" \
             data-decimals=\"{}\" data-unit=\"{}\" data-steps=\"{}\"",
            self.graph.k,
            self.whole,
            packed.shift,
            self.graph.decimals,
            Text(self.unit),
            steps(self.unit),
        )?;
        if let Some((before, after)) = self.seconds {
            write!(out, " data-seconds=\"{before} {after}\"")?;
        }
        if self.is_single {
            write!(out, " data-single")?;
        }
        writeln!(out, ">{}</script>", packed.text)
    }
}

/// The sizes in which `units::value` writes a unit, for the script to do the same.
fn steps(unit: &str) -> String {
    let steps = Unit::of_values(unit).steps();
    steps.iter().map(|(size, name)| format!("{size} {name}")).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;
