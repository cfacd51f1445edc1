//! The index as a page: offline, without scripts, in the style of the reports.
//!
//! Rows are written as they come, so a page of 10,000 pairs takes no memory to make.

use super::counts::Counts;
use super::faults::Faults;
use super::index::{About, also_grew, change, grown_on, link, q, reason, subject, verdict};
use super::order::FALSE_DISCOVERIES;
use super::row::{Failure, Row, Status};
use crate::render::html::{STYLE_POLICY, head};
use crate::render::markup::Text;
use crate::render::screen::shorten;
use crate::report::units;
use std::io::{self, Write};

/// Longer names lose their middle: one page shows thousands of them.
const NAME_WIDTH: usize = 300;

/// Writes the page of the rows that `rows` gives, in their order, each time it is asked.
///
/// # Errors
/// When a row cannot be had or `out` fails.
pub fn page<R: Iterator<Item = io::Result<Row>>>(
    about: &About,
    rows: impl Fn() -> io::Result<R>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let counts = &about.counts;
    head("Pairs of captures", "", &STYLE_POLICY, out)?;
    writeln!(out, "<h1>{}</h1>", Text(&counts.text()))?;
    if counts.compared() > 0 {
        pairs(about, rows()?, out)?;
    }
    if counts.failed > 0 {
        section("failed", "Not read or not compared", &["file or pair", "code", "byte", "why"], out)?;
        let mut faults = Faults::default();
        for row in rows()? {
            faults.failures(&row?).into_iter().try_for_each(|(name, failure)| failed(name, failure, out))?;
        }
        end(out)?;
    }
    if counts.in_part > 0 {
        section("in-part", "Read in part", &["file", "code", "byte", "what is missing"], out)?;
        let mut faults = Faults::default();
        for row in rows()? {
            faults.losses(&row?).into_iter().try_for_each(|(name, loss)| failed(name, loss, out))?;
        }
        end(out)?;
    }
    if counts.unpaired > 0 {
        section("unpaired", "Without a partner", &["capture", "why"], out)?;
        for row in rows()? {
            let row = row?;
            if row.status == Status::Unpaired {
                let why = row.error.as_ref().map_or("", |error| &error.text);
                cells(out, &[("long code function", "", &row.pair), ("long", "why", why)])?;
            }
        }
        end(out)?;
    }
    how(about, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn pairs(about: &About, rows: impl Iterator<Item = io::Result<Row>>, out: &mut dyn Write) -> io::Result<()> {
    let heads = ["pair", "verdict", "first plateau", "change", "q"];
    section("pairs", "Pairs, the surest growth first", &heads, out)?;
    for row in rows {
        let row = row?;
        if row.verdict.is_some() {
            pair(&row, out)?;
        }
    }
    end(out)?;
    let Counts { grew, may_have_grown, shrank, may_have_shrunk, .. } = about.counts;
    if grew + may_have_grown + shrank + may_have_shrunk > 0 {
        writeln!(
            out,
            "<p class=\"quiet\">Change in percentage points of the whole, with its interval. Of the pairs that grew, and of those \
             that shrank, a share of {:.0} % at most has not (Benjamini-Hochberg over all pairs); q is the least such share at \
             which a pair is among them.</p>",
            FALSE_DISCOVERIES * 100.0
        )?;
    }
    Ok(())
}

fn pair(row: &Row, out: &mut dyn Write) -> io::Result<()> {
    let name = shorten(&row.pair, NAME_WIDTH);
    write!(out, "<tr><td class=\"long function\">")?;
    match &row.report {
        Some(report) => write!(out, "<a href=\"{}\">{}</a>", link(report), Text(&name))?,
        None => write!(out, "{}", Text(&name))?,
    }
    if (row.before.len(), row.after.len()) != (1, 1) {
        let of = |read: usize, unread: usize| match unread {
            0 => read.to_string(),
            _ => format!("{read} of the {}", read + unread),
        };
        let (before, after) =
            (of(row.before.len(), row.unread.before), of(row.after.len(), row.unread.after));
        write!(out, "<span class=\"where\">{before} of before, {after} of after</span>")?;
    }
    if let Some(missing) = row.error.as_ref().filter(|_| row.status == Status::Partial) {
        let why = shorten(&reason(missing), NAME_WIDTH);
        write!(out, "<span class=\"where\">partial: {}</span>", Text(&why))?;
    }
    write!(out, "</td><td data-head=\"verdict\">{}</td>", verdict(row))?;
    let (subject, also) = (subject(row), also_grew(row));
    if subject.is_none() && also.is_none() {
        write!(out, "<td></td>")?;
    } else {
        write!(out, "<td class=\"long\" data-head=\"first plateau\">")?;
        if let Some(top) = subject {
            write!(out, "<span class=\"name\">{}</span>", Text(&shorten(&top.function, NAME_WIDTH)))?;
        }
        let lines = subject.and_then(grown_on).into_iter().chain(also);
        lines
            .map(|line| shorten(&line, NAME_WIDTH))
            .try_for_each(|line| write!(out, "<span class=\"where\">{}</span>", Text(&line)))?;
        write!(out, "</td>")?;
    }
    if let Some(top) = subject {
        let class = match top.growth.value {
            value if value > 0.0 => "grew",
            _ => "shrank",
        };
        write!(out, "<td class=\"r {class}\" data-head=\"change\">{}</td>", Text(&change(top)))?;
    } else {
        write!(out, "<td></td>")?;
    }
    match q(row) {
        q if q.is_empty() => writeln!(out, "<td></td></tr>"),
        q => writeln!(out, "<td class=\"r\" data-head=\"q\">{}</td></tr>", Text(&q)),
    }
}

fn failed(name: &str, failure: &Failure, out: &mut dyn Write) -> io::Result<()> {
    let byte = failure.byte.map_or_else(String::new, |byte| units::count(byte as f64));
    cells(
        out,
        &[
            ("long code function", "", name),
            ("", "code", &failure.code),
            ("r", "byte", &byte),
            ("long", "why", &failure.text),
        ],
    )
}

fn section(id: &str, title: &str, heads: &[&str], out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{title}</h2>\n<table class=\"plateaus figures\">\n<thead><tr>"
    )?;
    for head in heads {
        let class = if matches!(*head, "change" | "q" | "byte") { " class=\"r\"" } else { "" };
        write!(out, "<th scope=\"col\"{class}>{head}</th>")?;
    }
    writeln!(out, "</tr></thead>\n<tbody>")
}

fn end(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "</tbody>\n</table>\n</section>")
}

/// A row of cells: the class, the head, the text. On a narrow screen the head stands above the text.
fn cells(out: &mut dyn Write, cells: &[(&str, &str, &str)]) -> io::Result<()> {
    write!(out, "<tr>")?;
    for (class, head, text) in cells {
        let head = if head.is_empty() { String::new() } else { format!(" data-head=\"{head}\"") };
        write!(out, "<td class=\"{class}\"{head}>{}</td>", Text(&shorten(text, NAME_WIDTH)))?;
    }
    writeln!(out, "</tr>")
}

fn how(about: &About, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"how\" aria-labelledby=\"how\">\n<h2 id=\"how\">How this was made</h2>\n<dl class=\"facts\">\n\
         <div><dt>version</dt><dd>plateau {}, schema {}</dd></div>\n<div><dt>command</dt><dd><code>{}</code></dd></div>\n\
         <div><dt>pairs</dt><dd>{}; {} read</dd></div>",
        env!("CARGO_PKG_VERSION"),
        super::MANIFEST_SCHEMA,
        Text(&about.command),
        Text(&about.pairing),
        Text(&units::many(about.counts.files, "file")),
    )?;
    for line in &about.passed_over {
        writeln!(out, "<div><dt>passed over</dt><dd>{}</dd></div>", Text(&shorten(line, NAME_WIDTH)))?;
    }
    writeln!(out, "</dl>\n<p><a href=\"results.jsonl\">All rows</a> for programs.</p>\n</section>")
}

#[cfg(test)]
mod tests {
    use super::super::index::tests::{about, failed, grown};
    use super::*;

    #[test]
    fn names_are_no_markup_and_everything_is_there() {
        let hostile = "</td><script>alert(1)</script>\u{202e}";
        let rows = [grown(hostile, hostile), failed("api/h2")];
        let mut out = Vec::new();
        page(&about(&rows), || Ok(rows.iter().cloned().map(Ok)), &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(!text.contains("<script") && !text.contains('\u{202e}'));
        assert!(text.contains("default-src 'none'") && !text.contains("http://www.w3.org\""));
        assert!(text.contains("<a href=\"reports/x-0a1b2c3d.html\">&lt;/td&gt;"));
        assert!(text.contains(
            "<td class=\"long code function\">after/api/h2</td><td class=\"\" data-head=\"code\">truncated</td><td class=\"r\" data-head=\"byte\">812</td>"
        ));
        assert!(text.contains("+2.50 [1.25, 3.75]") && text.contains("0.0010"));
        // What is opened is closed.
        for tag in ["section", "table", "tbody", "tr", "td", "dl", "div", "h1", "h2", "span"] {
            let opened =
                text.matches(&format!("<{tag}>")).count() + text.matches(&format!("<{tag} ")).count();
            assert_eq!(opened, text.matches(&format!("</{tag}>")).count(), "{tag}");
        }
    }
}
