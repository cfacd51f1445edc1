//! The statements of spans, numbered by their shape.

use crate::requests::set::Source;
use crate::spans::{group_name, statement};
use analyzer_formats::{SpanId, StringId};
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
        let traces = source.traces;
        // The same text comes again and again, and its shape is found once.
        let mut shapes: FxHashMap<StringId, u32> = FxHashMap::default();
        let spans = (0..traces.spans.len()).map(SpanId::new);
        let of_span = |span| {
            let text = statement(traces, span)?.text;
            let shape = || {
                let shape = group_name(traces.strings.get(text));
                self.intern(String::from_utf8_lossy(&shape).into_owned())
            };
            Some(*shapes.entry(text).or_insert_with(shape))
        };
        spans.map(of_span).collect()
    }

    fn intern(&mut self, name: String) -> u32 {
        *self.known.entry(name).or_insert_with_key(|name| {
            self.names.push(name.clone());
            self.names.len() as u32 - 1
        })
    }
}
