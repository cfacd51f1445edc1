//! Formats whose documents are spans: one object is one span and names its sender.

use super::documents::{Part, ReadSpans, each, is_empty_list};
use super::load::{Service, SpanLoader};
use super::record::{Attribute, SpanRecord};
use crate::json::{BrokenJson, Cursor, Text, Value};
use crate::{Notes, Tags};
use hashbrown::HashMap;
use std::marker::PhantomData;

const OTHER: &str = "expected a span, found other JSON; it is ignored";

/// A span, and who sent it.
pub(crate) struct Sent<'a> {
    pub(crate) span: SpanRecord<'a>,
    /// The sender as it stands.
    pub(crate) sender: Value<'a>,
    /// Whether there is anything of a span in it.
    pub(crate) known: bool,
}

/// The grammar of such a format.
pub(crate) trait Grammar {
    /// What its documents hold, for errors.
    const EXPECTED: &'static str;
    /// The tick of its clock in nanoseconds.
    const TICK_NS: i64;

    /// Reads the span that comes next and adds its attributes to `attributes`.
    ///
    /// # Errors
    /// Where the bytes stop being JSON.
    fn read_span<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Sent<'a>, BrokenJson>;

    /// Reads a sender: gives the name of its service and adds what else it says to `attributes`.
    ///
    /// # Errors
    /// Where the bytes stop being JSON.
    fn read_sender<'a>(
        cursor: &mut Cursor<'a>,
        attributes: &mut Vec<Attribute<'a>>,
    ) -> Result<Option<Text<'a>>, BrokenJson>;
}

/// Reads objects that are spans, and lists of them.
pub(crate) struct Objects<'a, G> {
    loader: SpanLoader<'a>,
    found: bool,
    attributes: Vec<Attribute<'a>>,
    /// The senders that were seen, by their text.
    services: HashMap<&'a [u8], Service>,
    grammar: PhantomData<G>,
}

impl<'a, G: Grammar> ReadSpans<'a> for Objects<'a, G> {
    const EXPECTED: &'static str = G::EXPECTED;
    const TICK_NS: i64 = G::TICK_NS;

    fn new(input: &'a [u8], tags: Tags) -> Self {
        Objects {
            loader: SpanLoader::new(input, G::TICK_NS, tags),
            found: false,
            attributes: Vec::new(),
            services: HashMap::new(),
            grammar: PhantomData,
        }
    }

    fn document(&mut self, cursor: &mut Cursor<'a>) -> Result<(), BrokenJson> {
        self.found |= is_empty_list(*cursor);
        each(cursor, |cursor| {
            self.attributes.clear();
            let sent = G::read_span(cursor, &mut self.attributes)?;
            self.found |= sent.known;
            if !sent.known && sent.span.flaw.is_none() {
                let byte = sent.span.byte;
                self.loader.notes.caveat("document_other", OTHER, byte, &self.loader.input[byte..]);
                return Ok(());
            }
            let service = self.service(&sent.sender);
            self.loader.span(&sent.span, &self.attributes, service);
            Ok(())
        })
    }

    fn notes(&mut self) -> &mut Notes {
        &mut self.loader.notes
    }

    fn finish(self) -> Part {
        Part::new(self.loader.builder, self.loader.notes, self.found)
    }
}

impl<'a, G: Grammar> Objects<'a, G> {
    fn service(&mut self, sender: &Value<'a>) -> Service {
        let json = match sender {
            Value::Container(json) => json,
            _ => &b"null"[..],
        };
        *self.services.entry(json).or_insert_with(|| {
            let mut attributes = Vec::new();
            // What was gone past as a container may still hold no fields; then it names nobody.
            let name = G::read_sender(&mut Cursor::new(json, 0), &mut attributes).unwrap_or_default();
            self.loader.service(name, &attributes)
        })
    }
}
