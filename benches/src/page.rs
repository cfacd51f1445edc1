//! The HTML report of a large pair: how soon it is written, how large it is, how soon it can be explored in a browser
//! and how long it takes to draw, beside the SVG that inferno makes of the same pair.

use crate::bar::Verdict;
use crate::generate::folded;
use crate::measure::median;
use crate::record::{commit, processor};
use crate::suite::target;
use crate::tools::inferno;
use analyzer_core::render::{Html, Renderer};
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{ReadOptions, read_path};
use anyhow::{Context, Result, bail};
use browser::{Chromium, Page, shared};
use clap::Parser;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Tells when the first picture is there: the frame after the one in which all is drawn.
const WATCH: &str = "{
    const frame = () => new Promise(requestAnimationFrame);
    const shown = async () => { await window.plateau?.ready; await frame(); await frame(); window.shown = performance.now(); };
    addEventListener('load', () => void shown());
}";

/// What a reader does, each with the milliseconds until the canvas has it. `at` counts up.
const DRAWS: [(&str, &str); 5] = [
    ("the same again", ""),
    (
        "scrolling",
        "graph.view.scrollTop = (at * 97) % Math.max(1, graph.view.scrollHeight - graph.view.clientHeight);",
    ),
    ("zooming", "graph.zoomTo(wide[at % wide.length]);"),
    ("searching", "graph.search(['a', 'er', 'std', 'alloc', 'order', 'zzz'][at % 6]);"),
    ("another width", "graph.setMode(['before', 'after', 'both'][at % 3], at % 2 === 0);"),
];

/// Measures the report of a large pair in a browser
#[derive(Debug, Parser)]
#[command(name = "page")]
struct Args {
    /// Nodes of the call tree of both captures
    #[arg(long, default_value_t = 100_000)]
    nodes: u64,

    /// How often each is measured
    #[arg(long, default_value_t = 9)]
    runs: usize,

    /// Folder of the record; "-" writes none
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/record"))]
    record: PathBuf,
}

/// Runs the program.
///
/// # Errors
/// When there is no browser or the page fails in it.
pub fn main() -> Result<()> {
    let args = Args::parse();
    let target = target()?;
    let folder = target.join("bench-outputs/page");
    std::fs::create_dir_all(&folder)?;
    let chromium = shared().context("a page is measured in a browser")?;
    let pair = ["before", "after"].map(|side| folder.join(format!("{side}.folded")));
    for (path, text) in pair.iter().zip(folded::call_trees(args.nodes)) {
        std::fs::write(path, text)?;
    }
    let text = measure(&args, chromium, &pair, &folder, &inferno(&target))?;
    write!(std::io::stdout(), "{text}")?;
    if args.record != Path::new("-") {
        let date = jiff::Timestamp::now().strftime("%Y-%m-%d");
        let path = args.record.join(format!("page-{date}.md"));
        std::fs::write(&path, text)?;
        writeln!(std::io::stdout(), "\nWritten to {}", path.display())?;
    }
    Ok(())
}

fn measure(
    args: &Args,
    chromium: &Chromium,
    pair: &[PathBuf; 2],
    folder: &Path,
    rivals: &Path,
) -> Result<String> {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let read = |path: &Path| read_path(path, &ReadOptions::default());
    let (before, after) = (read(&pair[0])?, read(&pair[1])?);
    let begun = Instant::now();
    let report = compare(&before, &after, &CompareOptions::default())?;
    let compared = begun.elapsed().as_secs_f64() * 1e3;
    let page = folder.join("report.html");
    let (mut rendered, mut written) = (Vec::new(), Vec::new());
    let mut bytes = Vec::new();
    for _ in 0..args.runs {
        bytes.clear();
        let begun = Instant::now();
        Html.render(&report, &mut bytes)?;
        rendered.push(begun.elapsed().as_secs_f64() * 1e3);
        let begun = Instant::now();
        let mut file = std::io::BufWriter::new(File::create(&page)?);
        Html.render(&report, &mut file)?;
        file.flush()?;
        written.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    let size = bytes.len();
    let rival = flamegraph(pair, folder, rivals)?;
    let (mut ready, mut shown, mut rival_shown) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..args.runs {
        let tab = open(chromium, &page)?;
        ready.push(number(&tab.value("plateau.milliseconds")?)?);
        shown.push(number(&tab.value("shown")?)?);
        if let Some(rival) = &rival {
            rival_shown.push(number(&open(chromium, rival)?.value("shown")?)?);
        }
    }
    let tab = open(chromium, &page)?;
    tab.ready()?;
    let nodes = tab.value("plateau.nodes")?;
    let draws = draws(&tab)?;

    let mut out = format!(
        "# The page of a large report, {}\n\n{}, {} threads; load before: {}; commit {}; {}.\n\n",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        processor(),
        std::thread::available_parallelism().map_or(1, usize::from),
        load.split(' ').next().unwrap_or("unknown"),
        commit(),
        chromium.version()?,
    );
    writeln!(
        out,
        "A pair of folded files made for a call tree of {} nodes, {:.1} and {:.1} MB; the page holds {nodes} nodes. \
         Medians of {} runs, [least, most]. Canvas and SVG are drawn without a graphics card.\n",
        args.nodes,
        std::fs::metadata(&pair[0])?.len() as f64 / 1e6,
        std::fs::metadata(&pair[1])?.len() as f64 / 1e6,
        args.runs
    )?;
    writeln!(out, "| | plateau | inferno-diff-folded, inferno-flamegraph |\n|---|---:|---:|")?;
    writeln!(out, "| compared | {compared:.0} ms | |")?;
    writeln!(
        out,
        "| rendered in memory | {} | |\n| written to a file | {} | |",
        spread(&rendered),
        spread(&written)
    )?;
    let rival_size = match &rival {
        Some(rival) => format!("{:.2} MB", std::fs::metadata(rival)?.len() as f64 / 1e6),
        None => "absent".to_owned(),
    };
    writeln!(out, "| size | {:.2} MB | {rival_size} |", size as f64 / 1e6)?;
    writeln!(out, "| tree read and first drawn, in the page | {} | |", spread(&ready))?;
    writeln!(
        out,
        "| opened until it is seen and can be explored | {} | {} |",
        spread(&shown),
        spread(&rival_shown)
    )?;
    for (name, times) in &draws {
        writeln!(out, "| drawn after {name} | {} | |", spread(times))?;
    }
    let slowest = draws.iter().map(|(_, times)| median(times.iter().copied())).fold(0.0, f64::max);
    let bars = [
        bar("written in less than 500 ms", median(written.iter().copied()), 500.0, "ms"),
        bar("at most 1.5 MB", size as f64 / 1e6, 1.5, "MB"),
        bar("explored in less than 1,000 ms", median(shown.iter().copied()), 1000.0, "ms"),
        bar("drawn in less than 50 ms, whatever came before", slowest, 50.0, "ms"),
    ];
    writeln!(out, "\n| bar | found | met |\n|---|---:|---|")?;
    for Verdict { bar, found, met } in bars {
        writeln!(out, "| {bar} | {found} | {} |", if met == Some(true) { "yes" } else { "**no**" })?;
    }
    Ok(out)
}

fn bar(name: &str, found: f64, most: f64, unit: &str) -> Verdict {
    Verdict { bar: name.to_owned(), found: format!("{found:.2} {unit}"), met: Some(found < most) }
}

fn spread(times: &[f64]) -> String {
    if times.is_empty() {
        return "absent".to_owned();
    }
    let least = times.iter().copied().fold(f64::INFINITY, f64::min);
    let most = times.iter().copied().fold(0.0, f64::max);
    format!("{:.1} ms [{least:.1}, {most:.1}]", median(times.iter().copied()))
}

fn number(value: &Value) -> Result<f64> {
    value.as_f64().with_context(|| format!("{value} is no number"))
}

/// Opens a file and waits until it is seen.
fn open<'a>(chromium: &'a Chromium, path: &Path) -> Result<Page<'a>> {
    let mut page = chromium.page()?;
    page.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH }))?;
    page.open(&format!("file://{}", path.display()))?;
    page.run("while (window.shown === undefined) await new Promise(requestAnimationFrame)")?;
    Ok(page)
}

/// Milliseconds of forty draws after each thing that a reader does.
fn draws(page: &Page<'_>) -> Result<Vec<(&'static str, Vec<f64>)>> {
    DRAWS
        .into_iter()
        .map(|(name, act)| {
            let script = format!(
                "const {{ graph, tree }} = plateau;
                const wide = [...tree.rank.keys()].filter((i) => graph.layout.width[i] > 0.002 * graph.layout.width[0]);
                const times = [];
                for (let at = 0; at < 40; at++) {{
                    const begun = performance.now();
                    {act}
                    plateau.timeToDraw();
                    times.push(performance.now() - begun);
                    await new Promise(requestAnimationFrame);
                }}
                graph.search(''); graph.setMode('both', false); graph.zoomTo(0);
                return times;"
            );
            let times = page.run(&script)?;
            let times = times.as_array().context("a list of times")?.iter().map(number).collect::<Result<_>>()?;
            Ok((name, times))
        })
        .collect()
}

/// The picture that inferno makes of the pair, where it is installed.
fn flamegraph(pair: &[PathBuf; 2], folder: &Path, rivals: &Path) -> Result<Option<PathBuf>> {
    let (diff, draw) = (rivals.join("inferno-diff-folded"), rivals.join("inferno-flamegraph"));
    if !diff.is_file() || !draw.is_file() {
        return Ok(None);
    }
    let (folded, picture) = (folder.join("diff.folded"), folder.join("inferno.svg"));
    let run = |command: &mut Command, output: &Path| -> Result<()> {
        let status = command.stdout(File::create(output)?).status()?;
        if !status.success() {
            bail!("{command:?}: {status}");
        }
        Ok(())
    };
    run(Command::new(&diff).args(pair), &folded)?;
    run(Command::new(&draw).arg(&folded), &picture)?;
    Ok(Some(picture))
}
