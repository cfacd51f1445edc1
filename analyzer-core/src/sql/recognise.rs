//! Whether a text is a statement of SQL.
//!
//! Names of operations begin with the verbs of SQL too: `SELECT shop.orders` is what instrumentations call a query of
//! that table, `update profile` and `call center` are plain English. So each verb must be followed by what its grammar
//! asks for and a name does not have.

use super::lexer::{Token, TokenKind, first_tokens};
use super::summary::{is, is_any, is_name};
use super::words::{Role, lookup};

/// A statement is known by its first tokens.
const LOOKED_AT: usize = 2000;

/// Whether a text is a statement: `SELECT * FROM t`, not `SELECT shop.orders` or `select seat`.
///
/// Where English and SQL have the same words (`select seat from map`), it is a statement.
#[must_use]
pub fn is_sql(text: &[u8]) -> bool {
    let start =
        text.iter().position(|byte| !matches!(byte, 0..=b' ' | b'(' | b'{' | b'?' | b'=')).unwrap_or(0);
    // Most names end here; the others begin with a comment or a letter of a verb.
    if !matches!(
        text.get(start).map(u8::to_ascii_lowercase),
        Some(b'/' | b'-' | b'#' | b'a'..=b'e' | b'i' | b'm' | b'p' | b'r'..=b'w')
    ) {
        return false;
    }
    let tokens = first_tokens(&text[start..], LOOKED_AT);
    let mut tokens = tokens.as_slice();
    // `BEGIN; UPDATE t ..`, `SET NOCOUNT ON; INSERT ..`, `EXPLAIN SELECT ..`
    loop {
        while tokens.first().is_some_and(|token| is(token, "(")) {
            tokens = &tokens[1..];
        }
        let Some((verb, rest)) = tokens.split_first() else { return false };
        let end = rest.iter().take(4).position(|token| is(token, ";"));
        match end {
            _ if is(verb, "EXPLAIN") => {
                tokens =
                    &rest[rest.iter().take_while(|token| is_any(token, &["ANALYZE", "VERBOSE"])).count()..];
            }
            Some(end) if is_any(verb, &["BEGIN", "START", "SET"]) => tokens = &rest[end + 1..],
            _ => return verb.kind == TokenKind::Word && is_statement(verb, rest),
        }
    }
}

fn is_statement(verb: &Token<'_>, rest: &[Token<'_>]) -> bool {
    let verb = verb.text.to_ascii_uppercase();
    let rest = Rest(rest);
    match verb.as_slice() {
        b"SELECT" => is_select(rest),
        b"INSERT" | b"REPLACE" => is_insert(rest),
        b"UPDATE" => is_update(rest),
        b"DELETE" => is_delete(rest),
        b"WITH" => {
            let name = rest.after(&["RECURSIVE"]);
            name.past_name().and_then(Rest::past_parentheses).is_some_and(|rest| {
                rest.begins(&["AS"]) && rest.after(&["AS", "NOT", "MATERIALIZED"]).begins(&["("])
            })
        }
        b"MERGE" => rest.after(&["INTO"]).past_name().is_some() && rest.has("USING") && rest.has("ON"),
        b"CALL" => {
            let is_next_value =
                rest.0.iter().zip(["NEXT", "VALUE", "FOR"]).all(|(token, word)| is(token, word));
            (is_next_value && rest.0.len() > 3) || rest.past_name().is_some_and(Rest::is_called)
        }
        b"EXEC" | b"EXECUTE" => {
            rest.begins_value()
                || rest.past_name().is_some_and(Rest::begins_value)
                || (rest.begins(&["("]) && Rest(&rest.0[1..]).begins_value())
        }
        b"CREATE" => is_create(rest),
        b"ALTER" => {
            const CHANGES: &[&str] = &[
                "ADD",
                "DROP",
                "ALTER",
                "RENAME",
                "MODIFY",
                "CHANGE",
                "SET",
                "OWNER",
                "ENABLE",
                "DISABLE",
                "ATTACH",
                "DETACH",
                "CONVERT",
                "ENGINE",
                "AUTO_INCREMENT",
            ];
            rest.begins(&["TABLE", "INDEX", "VIEW", "SEQUENCE"])
                && rest
                    .after(&["TABLE", "INDEX", "VIEW", "SEQUENCE", "ONLY", "IF", "EXISTS"])
                    .past_name()
                    .is_some_and(|rest| rest.begins(CHANGES))
        }
        b"DROP" => {
            let what = rest.after(&["TEMPORARY", "TABLE", "VIEW", "INDEX", "MATERIALIZED", "CONCURRENTLY"]);
            let named = what.after(&["IF", "EXISTS"]).past_name();
            what.0.len() < rest.0.len()
                && named.is_some_and(|rest| rest.ends() || rest.begins(&[",", "ON", "CASCADE", "RESTRICT"]))
        }
        b"TRUNCATE" => {
            rest.begins(&["TABLE"])
                && rest
                    .after(&["TABLE", "ONLY"])
                    .past_name()
                    .is_some_and(|rest| rest.ends() || rest.begins(&[",", "CASCADE", "RESTART"]))
        }
        b"SET" => is_set(rest),
        b"SHOW" => rest.0.windows(2).any(|pair| is(&pair[0], "LIKE") && is_value(&pair[1])),
        b"VALUES" => rest.begins(&["("]),
        b"COPY" => rest.past_name().and_then(Rest::past_parentheses).is_some_and(|rest| {
            let to = rest.after(&["FROM", "TO"]);
            to.0.len() < rest.0.len() && (to.begins(&["STDIN", "STDOUT"]) || to.begins_value())
        }),
        b"PRAGMA" => rest.past_name().is_some_and(|rest| rest.begins(&["=", "("])),
        b"DECLARE" => rest.begins_value(),
        b"BEGIN" => {
            let batch = rest.after(&["UNLOGGED", "COUNTER"]);
            batch.begins(&["BATCH"])
                && batch.after(&["BATCH"]).begins(&["INSERT", "UPDATE", "DELETE", "USING"])
        }
        _ => false,
    }
}

fn is_select(rest: Rest<'_, '_>) -> bool {
    let list = rest.after(&["DISTINCT", "ALL"]);
    if list.is_prose() {
        return false;
    }
    let mut depth = 0usize;
    let from = list.0.iter().position(|token| {
        match token.text {
            b"(" => depth += 1,
            b")" => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && is(token, "FROM")
    });
    if let Some(from) = from.filter(|&from| from > 0) {
        let tables = Rest(&list.0[from + 1..]);
        return !tables.is_prose()
            && (tables.ends()
                || tables.begins_value()
                || tables.begins(&["("])
                || tables.past_name().is_some());
    }
    if list.begins_value() {
        return list.0[1..].first().is_none_or(|next| !is_name(next) || is(next, "AS"));
    }
    let Some(behind) = list.past_name() else { return list.begins(&["*"]) && Rest(&list.0[1..]).is_cut() };
    let is_qualified = list.0.len() - behind.0.len() > 1 || list.0[0].kind != TokenKind::Word;
    (is_qualified && behind.begins(&[","])) || list.0[0].text.starts_with(b"@@") || behind.is_called()
}

fn is_insert(rest: Rest<'_, '_>) -> bool {
    const BEHIND: &[&str] = &["(", "VALUES", "VALUE", "SELECT", "SET", "DEFAULT", "WITH", "AS", "PARTITION"];
    let name = rest.after(&[
        "LOW_PRIORITY",
        "DELAYED",
        "HIGH_PRIORITY",
        "IGNORE",
        "OVERWRITE",
        "OR",
        "REPLACE",
        "TABLE",
    ]);
    let table = name.after(&["INTO", "TABLE"]);
    let Some(behind) = table.past_name() else { return false };
    if table.0.len() < name.0.len() {
        return behind.begins(BEHIND) || behind.is_cut();
    }
    behind.past_parentheses().is_some_and(|rest| rest.begins(&["VALUES", "SELECT", "OUTPUT"]))
}

fn is_update(rest: Rest<'_, '_>) -> bool {
    let table = rest.after(&["ONLY", "LOW_PRIORITY", "IGNORE"]);
    let Some(set) = table.0.iter().position(|token| is(token, "SET")) else { return false };
    let set_to = Rest(&table.0[set + 1..]);
    set > 0
        && table.past_name().is_some()
        && (set_to.begins(&["("])
            || set_to.past_name().is_some_and(|rest| rest.begins(&["=", "+=", "-=", "["]) || rest.is_cut()))
}

fn is_delete(rest: Rest<'_, '_>) -> bool {
    const BEHIND: &[&str] = &["WHERE", "USING", "ORDER", "LIMIT", "RETURNING", "AS"];
    if rest.begins(&["FROM"]) {
        let Some(behind) = rest.after(&["FROM", "ONLY"]).past_name() else { return false };
        let behind_alias = behind.past_name();
        return behind.ends()
            || behind.begins(BEHIND)
            || behind_alias
                .is_some_and(|rest| rest.begins(BEHIND) || rest.begins(&["JOIN", "INNER", "LEFT"]));
    }
    rest.past_name().is_some_and(|behind| {
        (behind.begins(&["FROM", ","]) && behind.has("FROM") && (behind.has("WHERE") || behind.has("JOIN")))
            || (behind.begins(&["WHERE"]) && behind.0.iter().any(is_value))
    })
}

fn is_create(rest: Rest<'_, '_>) -> bool {
    const KINDS: &[&str] = &[
        "OR",
        "REPLACE",
        "GLOBAL",
        "LOCAL",
        "TEMPORARY",
        "TEMP",
        "UNLOGGED",
        "EXTERNAL",
        "UNIQUE",
        "CLUSTERED",
        "NONCLUSTERED",
        "MATERIALIZED",
        "CONCURRENTLY",
    ];
    let what = rest.after(KINDS);
    let Some((kind, named)) = what.0.split_first() else { return false };
    let named = Rest(named);
    if named.begins(&["IF"]) && named.after(&["IF", "NOT", "EXISTS"]).0.len() + 3 == named.0.len() {
        return true;
    }
    let named = named.after(&["CONCURRENTLY"]);
    match kind.text.to_ascii_uppercase().as_slice() {
        b"TABLE" => named.past_name().is_some_and(|rest| rest.begins(&["(", "AS", "LIKE"])),
        b"INDEX" => named.past_name().is_some_and(|rest| rest.begins(&["ON"]) && rest.has("(")),
        b"VIEW" => {
            named.past_name().and_then(Rest::past_parentheses).is_some_and(|rest| rest.begins(&["AS"]))
        }
        b"FUNCTION" | b"PROCEDURE" => named.past_name().is_some_and(|rest| rest.begins(&["("])),
        _ => false,
    }
}

fn is_set(rest: Rest<'_, '_>) -> bool {
    let scoped = rest.after(&["SESSION", "GLOBAL", "LOCAL"]);
    if scoped.begins(&["TRANSACTION"]) {
        return scoped.after(&["TRANSACTION"]).begins(&["ISOLATION", "READ"]);
    }
    if let [names, charset, end @ ..] = rest.0
        && (is(names, "NAMES") || (is(names, "NOCOUNT") && is_any(charset, &["ON", "OFF"])))
    {
        return Rest(end).ends() || is_any(&end[0], &["COLLATE"]);
    }
    let is_set_to = |rest: Rest<'_, '_>| {
        rest.begins(&["=", ":="]) || (rest.begins(&["TO"]) && rest.after(&["TO"]).begins_value())
    };
    (scoped.begins_value() && is_set_to(Rest(&scoped.0[1..]))) || scoped.past_name().is_some_and(is_set_to)
}

fn is_value(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Number | TokenKind::String | TokenKind::Placeholder)
}

/// What is left of a statement.
#[derive(Clone, Copy)]
struct Rest<'t, 'a>(&'t [Token<'a>]);

impl<'t, 'a> Rest<'t, 'a> {
    fn begins(self, texts: &[&str]) -> bool {
        self.0.first().is_some_and(|token| is_any(token, texts))
    }

    fn begins_value(self) -> bool {
        self.0.first().is_some_and(is_value)
    }

    fn has(self, text: &str) -> bool {
        self.0.iter().any(|token| is(token, text))
    }

    fn ends(self) -> bool {
        self.0.first().is_none_or(|token| is(token, ";")) || self.is_cut()
    }

    fn is_cut(self) -> bool {
        self.0.first().is_some_and(|token| token.kind == TokenKind::Cut)
    }

    /// Behind any of these words.
    fn after(self, words: &[&str]) -> Self {
        Rest(&self.0[self.0.iter().take_while(|token| is_any(token, words)).count()..])
    }

    /// Behind a name and what qualifies it.
    fn past_name(self) -> Option<Self> {
        let mut rest = self.0;
        loop {
            let (name, behind) = rest.split_first()?;
            if !is_name(name) {
                return None;
            }
            match behind.split_first() {
                Some((dot, behind)) if is(dot, ".") => {
                    rest = behind;
                    // `db..t`
                    while rest.first().is_some_and(|dot| is(dot, ".")) {
                        rest = &rest[1..];
                    }
                }
                _ => return Some(Rest(behind)),
            }
        }
    }

    /// Behind a pair of parentheses, if there is one.
    fn past_parentheses(self) -> Option<Self> {
        if !self.begins(&["("]) {
            return Some(self);
        }
        let mut depth = 0usize;
        let end = self.0.iter().position(|token| {
            match token.text {
                b"(" => depth += 1,
                b")" => depth -= 1,
                _ => {}
            }
            depth == 0
        })?;
        Some(Rest(&self.0[end + 1..]))
    }

    /// Whether arguments follow, and not a word in parentheses: `item(s)`.
    fn is_called(self) -> bool {
        match self.0 {
            [open, close, ..] if is(open, "(") && (is(close, ")") || is(close, "*") || is_value(close)) => {
                true
            }
            [open, name, behind, ..] if is(open, "(") && is_name(name) => {
                !is(behind, ")") && !is_name(behind)
            }
            _ => false,
        }
    }

    /// Three words in a row that are none of SQL: no name has an alias and a third.
    fn is_prose(self) -> bool {
        let is_plain = |token: &Token<'_>| {
            token.kind == TokenKind::Word
                && !is(token, "AT")
                && lookup(token.text).is_none_or(|(_, role)| {
                    matches!(role, Role::Reserved | Role::Verb | Role::Key | Role::Date | Role::Function)
                })
        };
        self.0.len() >= 3 && self.0[..3].iter().all(is_plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_known() {
        for text in [
            "SELECT * FROM t",
            "select a from t",
            "SELECT a b FROM t x WHERE c = 1",
            "  \n\tSELECT\n*\nFROM t",
            "/* app */ SELECT * FROM t",
            "-- find\nSELECT * FROM t",
            "(SELECT a FROM t) UNION (SELECT b FROM s)",
            "SELECT 1",
            "select 'x' as a",
            "SELECT ?",
            "SELECT @@version",
            "SELECT version()",
            "select nextval('s')",
            "select count(*) from t",
            "SELECT DISTINCT a FROM t",
            "SELECT u.id, u.name, u.em",
            "SELECT \"u\".\"id\", \"u\".\"na",
            "SELECT at AT TIME ZONE 'utc' FROM t",
            "SELECT EXTRACT(year FROM at) FROM t",
            "SELECT ... FROM t WHERE ...",
            "SELECT * FROM %s",
            "INSERT INTO t VALUES (1)",
            "insert into t (a, b) values (?, ?)",
            "INSERT INTO t SELECT * FROM s",
            "INSERT IGNORE INTO t SET a = 1",
            "INSERT t (a) VALUES (1)",
            "REPLACE INTO t VALUES (1)",
            "UPDATE t SET a = 1",
            "update db.t x set x.a = ? where x.b = ?",
            "UPDATE t JOIN s ON t.a = s.a SET t.b = s.b",
            "DELETE FROM t",
            "DELETE FROM t WHERE a = 1",
            "delete from t x where x.a = 1",
            "DELETE a FROM t a JOIN s ON a.x = s.x",
            "DELETE t WHERE a = 1",
            "WITH a AS (SELECT 1) SELECT * FROM a",
            "with recursive a (x) as (select 1) select * from a",
            "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN DELETE",
            "CALL p(1, 2)",
            "call next value for s",
            "{? = call p(?)}",
            "EXEC dbo.p @a = 1",
            "EXEC sp_executesql N'SELECT 1'",
            "CREATE TABLE t (a int)",
            "CREATE TABLE IF NOT EXISTS t (a int)",
            "create unique index i on t (a)",
            "CREATE OR REPLACE VIEW v AS SELECT 1",
            "ALTER TABLE t ADD COLUMN a int",
            "DROP TABLE t",
            "DROP TABLE IF EXISTS t",
            "TRUNCATE TABLE t",
            "SET NAMES utf8mb4",
            "SET autocommit=1",
            "SET @a = 1",
            "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
            "SHOW VARIABLES LIKE 'a%'",
            "EXPLAIN SELECT * FROM t",
            "BEGIN; UPDATE t SET a = 1; COMMIT",
            "SET NOCOUNT ON; INSERT INTO [t] ([a]) VALUES (@p0)",
            "VALUES (1, 2)",
            "COPY t (a) FROM STDIN",
            "PRAGMA foreign_keys = ON",
            "BEGIN BATCH INSERT INTO t (a) VALUES (1) APPLY BATCH",
        ] {
            assert!(is_sql(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn names_of_operations_are_not() {
        for text in [
            "",
            " ",
            "(",
            "GET /select",
            "SELECT",
            "SELECT bookstore.orders",
            "SELECT Order",
            "SELECT orders users",
            "select seat",
            "select.seat",
            "Select item(s)",
            "Select seat (economy)",
            "select the best seat from map",
            "Select 5 seats",
            "select_from_where",
            "selectAll",
            "SELECT *",
            "INSERT db.orders",
            "INSERT INTO orders",
            "Insert coin",
            "insert into",
            "Insert coin (2)",
            "UPDATE db.orders",
            "update profile",
            "update set",
            "Update data set for users",
            "DELETE orders",
            "delete user",
            "delete from cart and notify",
            "DELETE /users/17",
            "with retries",
            "With a as b",
            "merge branches",
            "call center",
            "CALL proc",
            "call center (eu)",
            "exec job",
            "execute com.shop.Job",
            "create order",
            "create user account",
            "create table booking",
            "CREATE INDEX i",
            "alter ego",
            "ALTER TABLE t",
            "drop off",
            "drop table for two",
            "truncate logs",
            "set user:17",
            "SET",
            "SET key value",
            "set session attribute",
            "Set alarm on",
            "show results from cache",
            "explain",
            "EXPLAIN bookstore.orders",
            "begin transaction",
            "BEGIN",
            "COMMIT",
            "BEGIN;",
            "declare winner",
            "copy file to disk",
            "values of x",
            "hipstershop.CartService/GetCart",
            "\u{9009}\u{62e9} * FROM t",
        ] {
            assert!(!is_sql(text.as_bytes()), "{text}");
        }
    }
}
