//! Renderers: a report into bytes. One file per output; they lay out and decide nothing.

use crate::report::Report;
use std::io::{self, Write};

/// Every output of a report, by name.
pub const RENDERERS: &[&dyn Renderer] = &[];

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
