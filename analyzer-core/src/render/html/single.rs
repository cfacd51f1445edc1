//! The page of one capture: what it is, its functions, its flame graph. The scripts and the style are those of reports.

use super::{POLICY, Tree, foot, head, seconds};
use crate::flat::{FlatRow, Order};
use crate::render::layout::Layout;
use crate::render::markup::{Text, visible};
use crate::render::svg::{self, fit};
use crate::report::units;
use crate::single::{About, Single};
use std::io::{self, Write};

/// Functions beyond these are in the graph only.
const MOST_ROWS: usize = 30;

/// Writes one capture as a page like that of a report. `command` is the question as it was asked.
///
/// # Errors
/// When `out` fails.
pub fn page_of_one(single: &Single, command: &str, out: &mut dyn Write) -> io::Result<()> {
    let about = &single.about;
    let graph = single.graph();
    let layout = Layout::new(&graph);
    let seconds = seconds(about.duration_ns).map(|seconds| (seconds, seconds));
    let tree = Tree { graph: &graph, whole: layout.whole, unit: &about.unit, seconds, is_single: true };
    let title = format!("{} \u{b7} {}", about.file, about.value_type);
    head(&title, if seconds.is_some() { "single timed" } else { "single" }, &POLICY, out)?;
    let functions = single.flat(Order::Own).functions;
    verdict(about, &functions, out)?;
    table(about, &functions, out)?;
    writeln!(
        out,
        "<section id=\"graph\" aria-labelledby=\"graph-title\">\n<h2 id=\"graph-title\">Flame graph</h2>"
    )?;
    out.write_all(include_bytes!("graph.html"))?;
    writeln!(out, "<div class=\"static\">")?;
    svg::draw(&graph, &layout, &svg::Frame::of_one(format!("Flame graph: {title}")), out)?;
    writeln!(out, "</div>\n</section>")?;
    how(about, command, out)?;
    foot(&tree, out)
}

fn verdict(about: &About, functions: &[FlatRow], out: &mut dyn Write) -> io::Result<()> {
    let total = units::value(about.total, &about.unit);
    let mut text = format!("{} {total}", about.value_type);
    if let Some(duration_ns) = about.duration_ns {
        text += &format!(" in {}", units::duration(duration_ns));
    }
    if let Some(first) = functions.first().filter(|row| row.own > 0.0) {
        let name = fit(&visible(&first.function), 200);
        text += &format!(". Most of all by itself: {name}, {:.1} %.", first.self_pct);
    }
    writeln!(
        out,
        "<header>\n<p class=\"sides\"><b>{}</b></p>\n<h1>{}</h1>",
        Text(&about.file),
        Text(&visible(&text))
    )?;
    writeln!(out, "<p class=\"quiet\">Read: {}.</p>", Text(&visible(&about.account)))?;
    if !about.other_value_types.is_empty() {
        let others = about.other_value_types.join(", ");
        writeln!(out, "<p class=\"quiet\">Also measured: {}.</p>", Text(&others))?;
    }
    writeln!(out, "</header>")
}

fn table(about: &About, functions: &[FlatRow], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section aria-labelledby=\"functions\">\n<h2 id=\"functions\">Functions</h2>\n<table class=\"plateaus\">\n\
         <thead><tr><th scope=\"col\">#</th><th scope=\"col\">function</th><th scope=\"col\" class=\"r\">self</th>\
         <th scope=\"col\" class=\"r\">total</th></tr></thead>\n<tbody>"
    )?;
    for (index, row) in functions.iter().take(MOST_ROWS).enumerate() {
        write!(
            out,
            "<tr><td class=\"n\">{}</td><td class=\"function\"><span class=\"name\">{}</span>",
            index + 1,
            Text(&fit(&visible(&row.function), 500))
        )?;
        let place = row.file.as_ref().map(|file| match row.line {
            Some(line) => format!("{file}:{line}"),
            None => file.clone(),
        });
        let facts: Vec<String> = [place, row.module.clone()].into_iter().flatten().collect();
        if !facts.is_empty() {
            write!(out, "<span class=\"where\">{}</span>", Text(&facts.join(" \u{b7} ")))?;
        }
        write!(out, "</td>")?;
        for (head, value, percent) in [("self", row.own, row.self_pct), ("total", row.total, row.total_pct)] {
            write!(
                out,
                "<td class=\"r\" data-head=\"{head}\"><b>{percent:.2} %</b> <span class=\"interval\">{}</span></td>",
                Text(&units::value(value, &about.unit))
            )?;
        }
        writeln!(out, "</tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")?;
    let more = functions.len().saturating_sub(MOST_ROWS);
    if more > 0 {
        writeln!(out, "<p class=\"quiet\">{} more are in the graph.</p>", units::count(more as f64))?;
    }
    writeln!(out, "</section>")
}

fn how(about: &About, command: &str, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<section class=\"how\" aria-labelledby=\"how\">\n<h2 id=\"how\">How this was made</h2>\n<dl class=\"facts\">\
         <div><dt>version</dt><dd>plateau {}</dd></div>",
        env!("CARGO_PKG_VERSION")
    )?;
    if !command.is_empty() {
        writeln!(out, "<div><dt>command</dt><dd><code>{}</code></dd></div>", Text(command))?;
    }
    if let Some(digest) = &about.digest {
        writeln!(out, "<div><dt>blake3</dt><dd class=\"code\">{}</dd></div>", Text(digest))?;
    }
    writeln!(out, "</dl>")?;
    if !about.left_out.is_empty() {
        writeln!(out, "<h3>Left out while reading</h3>\n<ul class=\"notes\">")?;
        for note in &about.left_out {
            writeln!(out, "<li>{} \u{d7} {}</li>", units::count(note.count as f64), Text(note.code))?;
        }
        writeln!(out, "</ul>")?;
    }
    writeln!(out, "</section>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::TraceValue;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn page(text: &[u8]) -> String {
        let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
        let capture = read_bytes("x.folded", text, &options).unwrap();
        let single = Single::new(&capture, None, TraceValue::CriticalPath).unwrap();
        let mut page = Vec::new();
        page_of_one(&single, "plateau flame x.folded", &mut page).unwrap();
        String::from_utf8(page).unwrap()
    }

    #[test]
    fn one_capture_is_no_comparison() {
        let page = page(b"main;parse 300\nmain;render 100\n");
        assert!(page.contains("samples 400. Most of all by itself: parse, 75.0 %."), "{page}");
        let (body, _) = page.split_once("<script").unwrap();
        for word in ["class=\"warning\"", "Plateaus that grew", "NaN", "; new"] {
            assert!(!body.contains(word), "{word}");
        }
        assert!(body.contains("<title>parse; total 75.00 %; self 75.00 %</title>"));
    }

    #[test]
    fn no_name_becomes_markup() {
        let page = page(b"m;</script><script>alert(1)</script> 5\nm;\xff\x1b 3\n");
        assert_eq!(page.matches("<script").count(), super::super::SCRIPTS.len() + 1);
        assert!(!page.contains('\u{1b}'));
    }
}
