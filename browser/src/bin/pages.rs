//! Writes the page and the SVG of every pair of the corpus, the page of each one's first capture, and those of a report
//! whose every name is an attack, of profiles and of traces, to the folder that is named, for validators.

use analyzer_core::render::{Renderer, Svg};
use anyhow::{Context, Result};
use browser::{Names, corpus, hostile, html, html_of_one, html_of_traces, requests};
use std::path::PathBuf;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map(PathBuf::from).context("pages FOLDER")?;
    std::fs::create_dir_all(&folder)?;
    let mut reports = vec![
        ("hostile".to_owned(), hostile(Names::Hostile)),
        ("hostile-requests".to_owned(), requests(Names::Hostile)),
    ];
    std::fs::write(folder.join("traces.html"), html_of_traces(Names::Plain))?;
    std::fs::write(folder.join("hostile-traces.html"), html_of_traces(Names::Hostile))?;
    for pair in corpus()? {
        let report = pair.report()?;
        std::fs::write(folder.join(format!("{}-one.html", pair.name)), html_of_one(&pair.captures()?.0))?;
        reports.push((pair.name, report));
    }
    for (name, report) in reports {
        std::fs::write(folder.join(format!("{name}.html")), html(&report))?;
        let mut svg = Vec::new();
        Svg.render(&report, &mut svg)?;
        std::fs::write(folder.join(format!("{name}.svg")), svg)?;
    }
    Ok(())
}
