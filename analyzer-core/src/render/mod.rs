//! Renderers: a report into bytes. One file per output; they lay out and decide nothing.

pub mod html;
pub mod layout;
mod markup;
pub mod svg;

use crate::report::Report;
use std::io::{self, Write};

/// Every output of a report, by name.
pub const RENDERERS: &[&dyn Renderer] = &[&html::Html, &svg::Svg];

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
        compare(&before, &after, &CompareOptions::default()).unwrap()
    }
}
