//! The words of SQL that a fingerprint treats otherwise than a name, in the dialects together.
//!
//! Only words that are reserved in most dialects are keywords: `key`, `status` and `date` are columns as often.

/// What a word is to a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Written in capitals, nothing else.
    Keyword,
    /// A keyword that ends a value: a minus after it is between two values.
    Value,
    /// `NULL` and the two truths: values where a value may stand, part of the statement in `IS NULL`.
    Constant,
    /// Begins a query.
    Query,
    /// What follows is a table.
    Table,
    /// A list of values follows in parentheses.
    In,
    /// Rows of values follow.
    Values,
    /// An array of values follows in brackets.
    Array,
    /// Compares with what follows.
    Compares,
    /// A function, in capitals where a parenthesis follows.
    Function,
    /// A function whose arguments are a list of any length.
    ListFunction,
    /// A type whose literals are written after its name: `DATE '2026-01-31'`.
    Date,
    /// In capitals where it begins a statement, else as [`Role::Reserved`].
    Verb,
    /// Of `ON DUPLICATE KEY UPDATE`.
    Duplicate,
    /// In capitals after [`Role::Duplicate`], else as [`Role::Reserved`].
    Key,
    /// Written as it is, but as a name it needs its quotes.
    Reserved,
}

use Role::{
    Array, Compares, Constant, Date, Duplicate, Function, In, Key, Keyword, ListFunction, Query, Reserved,
    Table, Value, Values, Verb,
};

const WORDS: &[(&str, Role)] = &[
    ("ALL", Keyword),
    ("ALTER", Keyword),
    ("ANALYZE", Verb),
    ("AND", Keyword),
    ("ANY", Keyword),
    ("ARRAY", Array),
    ("AS", Keyword),
    ("ASC", Keyword),
    ("AVG", Function),
    ("BEGIN", Keyword),
    ("BETWEEN", Keyword),
    ("BY", Keyword),
    ("CALL", Keyword),
    ("CASCADE", Reserved),
    ("CASE", Keyword),
    ("CAST", Function),
    ("CHECK", Reserved),
    ("COALESCE", Function),
    ("COLLATE", Keyword),
    ("COMMIT", Keyword),
    ("CONFLICT", Keyword),
    ("CONNECT", Reserved),
    ("CONSTRAINT", Reserved),
    ("COUNT", Function),
    ("CREATE", Keyword),
    ("CROSS", Keyword),
    ("CURRENT", Reserved),
    ("CURRENT_DATE", Value),
    ("CURRENT_TIME", Value),
    ("CURRENT_TIMESTAMP", Value),
    ("CURRENT_USER", Value),
    ("DATABASE", Reserved),
    ("DATE", Date),
    ("DATETIME", Date),
    ("DECLARE", Keyword),
    ("DEFAULT", Keyword),
    ("DELETE", Keyword),
    ("DESC", Keyword),
    ("DISTINCT", Keyword),
    ("DO", Keyword),
    ("DROP", Keyword),
    ("DUPLICATE", Duplicate),
    ("ELSE", Keyword),
    ("END", Value),
    ("ESCAPE", Keyword),
    ("EXCEPT", Keyword),
    ("EXEC", Keyword),
    ("EXECUTE", Keyword),
    ("EXISTS", Keyword),
    ("EXPLAIN", Keyword),
    ("FALSE", Constant),
    ("FETCH", Keyword),
    ("FIELD", ListFunction),
    ("FILTER", Reserved),
    ("FOR", Keyword),
    ("FOREIGN", Reserved),
    ("FORMAT", Reserved),
    ("FROM", Table),
    ("FULL", Keyword),
    ("GLOB", Compares),
    ("GRANT", Keyword),
    ("GROUP", Keyword),
    ("HAVING", Keyword),
    ("IF", Keyword),
    ("IGNORE", Keyword),
    ("ILIKE", Compares),
    ("IN", In),
    ("INDEX", Reserved),
    ("INNER", Keyword),
    ("INSERT", Keyword),
    ("INTERSECT", Keyword),
    ("INTERVAL", Keyword),
    ("INTO", Table),
    ("IS", Keyword),
    ("JOIN", Table),
    ("KEY", Key),
    ("LATERAL", Keyword),
    ("LEFT", Keyword),
    ("LIKE", Compares),
    ("LIMIT", Keyword),
    ("LOCK", Verb),
    ("MAX", Function),
    ("MERGE", Keyword),
    ("MIN", Function),
    ("MINUS", Keyword),
    ("NATURAL", Keyword),
    ("NOT", Keyword),
    ("NULL", Constant),
    ("NULLS", Keyword),
    ("OF", Keyword),
    ("OFFSET", Keyword),
    ("ON", Keyword),
    ("ONLY", Keyword),
    ("OR", Keyword),
    ("ORDER", Keyword),
    ("OUTER", Keyword),
    ("OVER", Keyword),
    ("OVERLAPS", Keyword),
    ("PARTITION", Keyword),
    ("PIVOT", Reserved),
    ("PRIMARY", Reserved),
    ("PROCEDURE", Reserved),
    ("QUALIFY", Keyword),
    ("RECURSIVE", Keyword),
    ("REFERENCES", Reserved),
    ("REGEXP", Compares),
    ("REPLACE", Verb),
    ("RETURNING", Keyword),
    ("RIGHT", Keyword),
    ("RLIKE", Compares),
    ("ROLLBACK", Keyword),
    ("ROW", Reserved),
    ("ROWS", Keyword),
    ("SAMPLE", Reserved),
    ("SELECT", Query),
    ("SET", Keyword),
    ("SETTINGS", Reserved),
    ("SHOW", Keyword),
    ("SIMILAR", Keyword),
    ("SOME", Keyword),
    ("START", Verb),
    ("SUM", Function),
    ("TABLE", Keyword),
    ("TABLESAMPLE", Reserved),
    ("THEN", Keyword),
    ("TIME", Date),
    ("TIMESTAMP", Date),
    ("TIMESTAMPTZ", Date),
    ("TO", Reserved),
    ("TOP", Keyword),
    ("TRIGGER", Reserved),
    ("TRUE", Constant),
    ("TRUNCATE", Verb),
    ("UNION", Keyword),
    ("UNIQUE", Reserved),
    ("UNPIVOT", Reserved),
    ("UPDATE", Table),
    ("USER", Reserved),
    ("USING", Keyword),
    ("VALUES", Values),
    ("VIEW", Reserved),
    ("WHEN", Keyword),
    ("WHERE", Keyword),
    ("WINDOW", Keyword),
    ("WITH", Query),
    ("XOR", Keyword),
];

const SLOTS: usize = 1024;
const LONGEST: usize = 17;
const NONE: u8 = u8::MAX;

/// Open addressing over [`WORDS`], so that most names are known by one look.
const TABLE: [u8; SLOTS] = {
    let mut table = [NONE; SLOTS];
    let mut at = 0;
    while at < WORDS.len() {
        let mut slot = slot(WORDS[at].0.as_bytes());
        while table[slot] != NONE {
            slot = (slot + 1) % SLOTS;
        }
        table[slot] = at as u8;
        at += 1;
    }
    table
};

const fn slot(word: &[u8]) -> usize {
    let (first, second) = (word[0] & 0x1f, word[1] & 0x1f);
    let (middle, last) = (word[word.len() / 2] & 0x1f, word[word.len() - 1] & 0x1f);
    (first as usize * 33 + second as usize * 5 + middle as usize * 129 + last as usize * 17 + word.len() * 61)
        % SLOTS
}

/// The keyword a word is, in capitals, and its role.
pub(super) fn lookup(word: &[u8]) -> Option<(&'static str, Role)> {
    if word.len() < 2 || word.len() > LONGEST {
        return None;
    }
    let mut slot = slot(word);
    while TABLE[slot] != NONE {
        let (known, role) = WORDS[TABLE[slot] as usize];
        if known.as_bytes().eq_ignore_ascii_case(word) {
            return Some((known, role));
        }
        slot = (slot + 1) % SLOTS;
    }
    None
}

impl Role {
    /// Whether a bracket right behind the word takes an element of it.
    pub(super) fn takes_index(self) -> bool {
        !matches!(self, Keyword | Query | Table | In | Compares)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_any_case_and_no_others() {
        for &(word, role) in WORDS {
            assert!(word.len() <= LONGEST, "{word}");
            assert_eq!(lookup(word.as_bytes()), Some((word, role)));
            assert_eq!(lookup(word.to_lowercase().as_bytes()), Some((word, role)));
        }
        for name in ["", "a", "t1", "selects", "selec", "order_id", "utf8mb4", "caf\u{e9}", "[RDER"] {
            assert_eq!(lookup(name.as_bytes()), None, "{name}");
        }
        assert!(WORDS.is_sorted_by_key(|&(word, _)| word));
    }
}
