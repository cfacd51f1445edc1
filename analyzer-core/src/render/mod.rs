//! Renderers: a report into bytes. One file per output; they lay out and decide nothing.

mod csv;
pub mod figures;
mod json;
mod markdown;
mod text;

use crate::report::Report;
pub use csv::Csv;
pub use json::Json;
pub use markdown::Markdown;
use std::io::{self, Write};
pub use text::Text;

/// Every output of a report, by name. The text here is for files: without colour, 160 columns wide.
pub const RENDERERS: &[&dyn Renderer] = &[&Text { width: 160, color: false }, &Markdown, &Json, &Csv];

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
