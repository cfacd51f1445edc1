//! The statements of spans, numbered by their shape.

use crate::requests::set::Source;
use crate::spans::tag;
use analyzer_formats::SpanId;
use rustc_hash::FxHashMap;

/// Shapes of statements, by number.
#[derive(Debug, Default)]
pub(super) struct Statements {
    names: Vec<String>,
    known: FxHashMap<String, u32>,
}

impl Statements {
    /// A statement by its number.
    pub(super) fn get(&self, statement: u32) -> &str {
        &self.names[statement as usize]
    }

    /// The statement of every span of a capture.
    pub(super) fn add(&mut self, source: &Source<'_>) -> Vec<Option<u32>> {
        let spans = 0..source.traces.spans.len();
        let text = |span| tag(source.traces, SpanId::new(span), &["db.statement", "db.query.text"]);
        spans.map(|span| text(span).map(|text| self.intern(text))).collect()
    }

    fn intern(&mut self, name: String) -> u32 {
        *self.known.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() as u32 - 1
        })
    }
}
