//! The report as JSON, schema `plateau-report/1`.

use super::Renderer;
use crate::report::Report;
use std::io::{self, Write};

/// The whole report for programs.
pub struct Json;

impl Renderer for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    fn description(&self) -> &'static str {
        "everything, for programs (schema plateau-report/1)"
    }

    fn render(&self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, report)?;
        writeln!(out)
    }
}
