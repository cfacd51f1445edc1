//! The page of one set of traces: why its slow requests are slow. It has no graph to explore, and so no scripts.

use super::requests::Requests;
use super::{STYLE_POLICY, head};
use crate::render::markup::{Text, visible};
use crate::requests::Findings;
use std::io::{self, Write};

/// What a page of requests says of where they are from.
#[derive(Clone, Copy, Debug)]
pub struct AboutTraces<'a> {
    /// What the page is called: of one file its name.
    pub title: &'a str,
    /// Paths as given.
    pub files: &'a [String],
    /// What the requests tell, in a few sentences.
    pub verdict: &'a str,
    /// What to know before the figures are believed.
    pub remarks: &'a [String],
    /// What was read, a sentence for each file or one for all.
    pub account: &'a [String],
    /// The question as it was asked.
    pub command: &'a str,
    /// The share of intervals that should hold the truth.
    pub confidence: f64,
}

/// Writes what requests tell as a page like that of a report.
///
/// # Errors
/// When `out` fails.
pub fn traces_page(findings: &Findings, about: &AboutTraces<'_>, out: &mut dyn Write) -> io::Result<()> {
    let requests =
        Requests { findings, plateaus: None, confidence: about.confidence, remarks: about.remarks };
    head(about.title, "", &STYLE_POLICY, out)?;
    writeln!(
        out,
        "<header>\n<p class=\"sides\"><b>{}</b></p>\n<h1>{}</h1>",
        Text(about.title),
        Text(&visible(about.verdict))
    )?;
    for line in about.account {
        writeln!(out, "<p class=\"quiet\">{}</p>", Text(&visible(line)))?;
    }
    writeln!(out, "</header>")?;
    requests.write(out)?;
    writeln!(
        out,
        "<section class=\"how\" aria-labelledby=\"how\">\n<h2 id=\"how\">How this was made</h2>\n<dl class=\"facts\">\
         <div><dt>version</dt><dd>plateau {}</dd></div>",
        env!("CARGO_PKG_VERSION")
    )?;
    if !about.command.is_empty() {
        writeln!(out, "<div><dt>command</dt><dd><code>{}</code></dd></div>", Text(about.command))?;
    }
    if !about.files.is_empty() {
        let files: Vec<String> = about.files.iter().map(|file| Text(file).to_string()).collect();
        writeln!(out, "<div><dt>files</dt><dd>{}</dd></div>", files.join("<br>"))?;
    }
    writeln!(out, "</dl>\n</section>\n</main>\n</body>\n</html>")
}
