//! Renderers: a report into bytes. One file per output; they lay out and decide nothing.

mod csv;
pub mod figures;
pub mod html;
mod json;
pub mod layout;
pub(crate) mod markdown;
pub(crate) mod markup;
pub mod outline;
mod parts;
mod postmortem;
mod requests;
pub mod screen;
pub mod svg;
mod text;
mod trace;

use crate::report::Report;
pub use csv::{Csv, cell};
pub use html::Html;
pub use json::Json;
pub use markdown::Markdown;
pub use postmortem::Postmortem;
pub use screen::wrap;
use std::io::{self, Write};
pub use svg::Svg;
pub use text::Text;
pub use trace::{TRACE_RENDERERS, TraceCsv, TraceJson, TraceMarkdown, TraceRenderer, TraceText};

/// Every output of a report, by name. The text here is for files: without colour, 160 columns wide.
pub const RENDERERS: &[&dyn Renderer] =
    &[&Text { width: 160, color: false }, &Html, &Svg, &Markdown, &Json, &Csv];

/// Turns a report into bytes.
pub trait Renderer: Sync {
    /// The name, as in `--format`.
    fn name(&self) -> &'static str;

    /// The file extension that chooses it, without the dot.
    fn extension(&self) -> &'static str;

    /// One line for help and tables.
    fn description(&self) -> &'static str;

    /// Writes the report.
    ///
    /// # Errors
    /// When `out` fails.
    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()>;
}

#[cfg(test)]
mod tests {
    use crate::report::Report;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    /// The report on two texts of folded stacks.
    pub(super) fn report(before: impl AsRef<[u8]>, after: impl AsRef<[u8]>) -> Report {
        let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
        let read = |name: &str, text: &[u8]| read_bytes(name, text, &options).unwrap();
        let (before, after) = (read("before.folded", before.as_ref()), read("after.folded", after.as_ref()));
        // Also of what is not fit to be compared there are reports.
        let options = CompareOptions { force: true, ..CompareOptions::default() };
        compare(&before, &after, &options).unwrap()
    }
}
