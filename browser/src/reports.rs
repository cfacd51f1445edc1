//! Reports from folded text and from the corpus.

use crate::root;
use analyzer_core::render::html::page_of_one;
use analyzer_core::render::{Html, Renderer};
use analyzer_core::report::Report;
use analyzer_core::spans::TraceValue;
use analyzer_core::{CompareOptions, Single, compare};
use analyzer_formats::{Capture, Content, ReadOptions, read_bytes, read_path};
use anyhow::{Context, Result};

/// A capture of folded text.
///
/// # Panics
/// When it is none.
#[must_use]
pub fn capture(name: &str, folded: impl AsRef<[u8]>) -> Capture {
    let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
    read_bytes(name, folded.as_ref(), &options).unwrap_or_else(|error| panic!("{error}"))
}

/// The report of two captures.
///
/// # Panics
/// When they cannot be compared.
#[must_use]
pub fn report(before: &Capture, after: &Capture) -> Report {
    let command = "plateau diff before.folded after.folded".to_owned();
    // Also of what is not fit to be compared there are reports.
    let options = CompareOptions { command, force: true, ..CompareOptions::default() };
    compare(before, after, &options).unwrap_or_else(|error| panic!("{error}"))
}

/// The page of a report.
///
/// # Panics
/// When it is not UTF-8.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut page = Vec::new();
    Html.render(report, &mut page).expect("memory takes what is written to it");
    String::from_utf8(page).expect("pages are UTF-8")
}

/// The page of one capture.
///
/// # Panics
/// When there is nothing to show of it.
#[must_use]
pub fn html_of_one(capture: &Capture) -> String {
    let single =
        Single::new(capture, None, TraceValue::CriticalPath).unwrap_or_else(|error| panic!("{error}"));
    let mut page = Vec::new();
    page_of_one(&single, "plateau flame one.folded", &mut page).expect("memory takes what is written to it");
    String::from_utf8(page).expect("pages are UTF-8")
}

/// A pair of the corpus.
#[derive(Clone, Debug)]
pub struct Pair {
    /// Its name in the manifest.
    pub name: String,
    before: String,
    after: String,
    value: Option<String>,
}

/// The pairs of the corpus.
///
/// # Errors
/// When the manifest cannot be read.
pub fn corpus() -> Result<Vec<Pair>> {
    let text = std::fs::read_to_string(root().join("corpus/MANIFEST.toml")).context("the manifest")?;
    let manifest: toml::Table = text.parse()?;
    let pairs = manifest["pair"].as_array().context("the manifest lists pairs")?;
    pairs
        .iter()
        .map(|pair| {
            let text = |key: &str| pair.get(key).and_then(toml::Value::as_str).map(str::to_owned);
            Ok(Pair {
                name: text("name").context("a pair has a name")?,
                before: text("before").context("a pair has a before")?,
                after: text("after").context("a pair has an after")?,
                value: text("value_type").filter(|_| text("format").as_deref() != Some("folded")),
            })
        })
        .collect()
}

impl Pair {
    /// Compares the pair.
    ///
    /// # Errors
    /// When the captures cannot be read or compared.
    pub fn report(&self) -> Result<Report> {
        let (before, after) = self.captures()?;
        let value = self.value.clone().filter(|_| matches!(before.content, Content::Profile(_)));
        let command = format!("plateau diff {} {}", self.before, self.after);
        let options = CompareOptions { command, value, ..CompareOptions::default() };
        Ok(compare(&before, &after, &options)?)
    }

    /// Reads the pair.
    ///
    /// # Errors
    /// When the captures cannot be read.
    pub fn captures(&self) -> Result<(Capture, Capture)> {
        let read = |path: &str| -> Result<Capture> {
            let mut capture = read_path(&root().join("corpus").join(path), &ReadOptions::default())?;
            // A picture of the page must not tell where the project lies.
            capture.source.name = path.to_owned();
            Ok(capture)
        };
        Ok((read(&self.before)?, read(&self.after)?))
    }
}
