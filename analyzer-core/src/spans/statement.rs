//! The statement that a span sent to a database, by its tags.
//!
//! Keys: OpenTelemetry's semantic conventions of databases (`db.query.text`, `db.query.summary`; `db.statement` before
//! 1.26), OpenTracing's (`db.statement`), and those of OpenCensus, Brave (`sql.query`) and of Go's drivers (`sql`).

use analyzer_formats::{SpanId, StringId, TagValue, Traces};

/// From the one that says most.
const KEYS: [(&[u8], StatementSource); 5] = [
    (b"db.query.text", StatementSource::Text),
    (b"db.statement", StatementSource::Text),
    (b"sql.query", StatementSource::Text),
    (b"sql", StatementSource::Text),
    (b"db.query.summary", StatementSource::Summary),
];

/// What a span asked a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The value of the tag as the span has it: statements of one text have one id, by which fingerprints can be kept.
    pub text: StringId,
    /// What kind of text it is.
    pub source: StatementSource,
}

/// What a tag says of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementSource {
    /// The statement, perhaps cut or already without its values. Not all are SQL: commands of Redis and documents of
    /// MongoDB have the same keys.
    Text,
    /// Its verb and tables, `SELECT orders`; of spans that do not keep the statement.
    Summary,
}

/// The statement of a span; none where no tag has one, or only an empty text.
#[must_use]
pub fn statement(traces: &Traces, span: SpanId) -> Option<Statement> {
    let found = traces.tags_of(span).filter_map(|tag| {
        let TagValue::Text(text) = tag.value else { return None };
        let key = traces.strings.get(tag.key);
        let rank = KEYS.iter().position(|&(known, _)| known == key)?;
        let is_said = !traces.strings.get(text).trim_ascii().is_empty();
        is_said.then_some((rank, text))
    });
    // The first tag of a key counts, as it does for others.
    let (rank, text) = found.min_by_key(|&(rank, _)| rank)?;
    Some(Statement { text, source: KEYS[rank].1 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::request_testing::{Span, spans};

    fn found(tags: &[(&str, &str)]) -> Option<(String, StatementSource)> {
        let traces = spans(&[Span { tags, ..Span::new("a", "", "shop", "query", 0, 9) }]);
        let statement = statement(&traces, SpanId::new(0))?;
        Some((traces.strings.text(statement.text).into_owned(), statement.source))
    }

    #[test]
    fn the_key_that_says_most_is_taken() {
        let text = |text: &str| Some((text.to_owned(), StatementSource::Text));
        for key in ["db.query.text", "db.statement", "sql.query", "sql"] {
            assert_eq!(found(&[("db.system", "mysql"), (key, "SELECT 1")]), text("SELECT 1"), "{key}");
        }
        let old_and_new =
            [("db.query.summary", "SELECT t"), ("db.statement", "old"), ("db.query.text", "new")];
        assert_eq!(found(&old_and_new), text("new"));
        assert_eq!(found(&[("db.query.text", " "), ("db.statement", "old")]), text("old"));
        assert_eq!(found(&[("sql", "first"), ("sql", "second")]), text("first"));
        let summary = Some(("SELECT t".to_owned(), StatementSource::Summary));
        assert_eq!(found(&[("db.query.summary", "SELECT t")]), summary);
    }

    #[test]
    fn other_tags_are_no_statements() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&[("db.statement", "")]), None);
        assert_eq!(found(&[("db.statement", "17")]), None, "a number is none");
        assert_eq!(found(&[("db.operation", "SELECT"), ("db.sql.table", "t"), ("component", "sql")]), None);
    }
}
