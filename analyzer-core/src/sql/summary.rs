//! What a statement does in a few words: its verb and the table it is about.

use super::lexer::{Token, TokenKind, tokens};
use rustc_hash::FxHashSet;

/// Words between a verb and its table.
const PASSED: &[&str] = &[
    "INTO",
    "ONLY",
    "IGNORE",
    "LOW_PRIORITY",
    "HIGH_PRIORITY",
    "DELAYED",
    "QUICK",
    "OVERWRITE",
    "OR",
    "REPLACE",
    "ABORT",
    "FAIL",
    "ROLLBACK",
    "IF",
    "NOT",
    "EXISTS",
    "TEMPORARY",
    "TEMP",
    "UNIQUE",
    "MATERIALIZED",
    "CONCURRENTLY",
    "GLOBAL",
    "LOCAL",
    "UNLOGGED",
    "EXTERNAL",
    "LATERAL",
    "FROM",
];
/// Verbs that work on rows; a text is about the first of them.
const WORKS: &[&str] = &[
    "SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "WITH", "CALL", "EXEC", "EXECUTE", "TRUNCATE",
];

/// The verb of a fingerprint and its first table: `SELECT orders`, `CREATE INDEX by_name`.
///
/// The first table is that after `FROM` of the outer query, or the first within a subquery there. A name that `WITH`
/// gives stands for the first table of its queries. Of several statements the first counts that works on rows, because
/// others, such as `SET`, come before it. A statement without a table is its verb, a text without a word is empty.
///
/// ```
/// use analyzer_core::sql::summary;
///
/// assert_eq!(summary(b"SELECT name FROM shop.orders WHERE id IN (?+)"), b"SELECT shop.orders");
/// assert_eq!(summary(b"SET NOCOUNT ON; INSERT INTO [orders] (id) VALUES (?)+"), b"INSERT [orders]");
/// ```
#[must_use]
pub fn summary(fingerprint: &[u8]) -> Vec<u8> {
    let tokens = tokens(fingerprint);
    let mut statements = tokens.split(|token| is(token, ";")).filter(|statement| !statement.is_empty());
    let first = statements.clone().next().unwrap_or_default();
    let about = statements.find(|statement| {
        statement.iter().find(|token| token.kind == TokenKind::Word).is_some_and(|word| is_any(word, WORKS))
    });
    statement(about.unwrap_or(first))
}

fn statement(tokens: &[Token<'_>]) -> Vec<u8> {
    let mut said = Vec::new();
    // `{? = call f(?)}` and parentheses around a query.
    let Some(mut at) = tokens.iter().position(|token| token.kind == TokenKind::Word) else { return said };
    if is(&tokens[at], "EXPLAIN") && tokens.get(at + 1).is_some_and(|next| next.kind == TokenKind::Word) {
        say(&mut said, &[tokens[at]]);
        at += 1 + usize::from(is(&tokens[at + 1], "ANALYZE") && at + 2 < tokens.len());
    }
    let mut with: &[Token<'_>] = &[];
    if is(&tokens[at], "WITH")
        && let Some(verb) = verb_after_with(&tokens[at..])
    {
        with = &tokens[at..at + verb];
        at += verb;
    }
    say_upper(&mut said, &tokens[at]);
    let rest = &tokens[at + 1..];
    let table = match tokens[at].text.to_ascii_uppercase().as_slice() {
        b"SELECT" => from(rest, with),
        b"DELETE" => from(rest, with).or_else(|| name_after(rest, 0)),
        b"INSERT" | b"REPLACE" | b"UPDATE" | b"MERGE" | b"CALL" | b"EXEC" | b"EXECUTE" => {
            name_after(rest, passed(rest, PASSED))
        }
        b"TRUNCATE" => name_after(rest, passed(rest, &["TABLE", "ONLY"])),
        b"CREATE" | b"ALTER" | b"DROP" => {
            let what = passed(rest, PASSED);
            rest.get(what).filter(|token| token.kind == TokenKind::Word).and_then(|token| {
                say_upper(&mut said, token);
                let rest = &rest[what + 1..];
                name_after(rest, passed(rest, PASSED))
            })
        }
        _ => None,
    };
    if let Some(table) = table {
        say(&mut said, table);
    }
    said
}

fn say(said: &mut Vec<u8>, tokens: &[Token<'_>]) {
    if !said.is_empty() {
        said.push(b' ');
    }
    for token in tokens {
        said.extend_from_slice(token.text);
    }
}

fn say_upper(said: &mut Vec<u8>, token: &Token<'_>) {
    say(said, &[*token]);
    let start = said.len() - token.text.len();
    said[start..].make_ascii_uppercase();
}

/// Where the verb is to which `WITH` gives names.
fn verb_after_with(tokens: &[Token<'_>]) -> Option<usize> {
    let mut depth = 0usize;
    tokens.iter().position(|token| {
        depth = depth_after(depth, token);
        depth == 0 && is_any(token, &["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"])
    })
}

/// The names that `WITH` gives: `WITH a AS (..), b (x) AS (..)`.
fn given<'t, 'a>(with: &'t [Token<'a>]) -> impl Iterator<Item = &'a [u8]> + 't {
    let mut depth = 0usize;
    with.iter().enumerate().filter_map(move |(at, token)| {
        depth = depth_after(depth, token);
        let before = with.get(at.checked_sub(1)?)?;
        let gives = depth == 0 && (is(before, ",") || is_any(before, &["WITH", "RECURSIVE"]));
        (gives && is_name(token)).then_some(token.text)
    })
}

/// The first table of a query, whose tokens begin behind `SELECT` or `DELETE`.
fn from<'t, 'a>(tokens: &'t [Token<'a>], with: &'t [Token<'a>]) -> Option<&'t [Token<'a>]> {
    let mut depth = 0usize;
    let outer = tokens.iter().position(|token| {
        depth = depth_after(depth, token);
        depth == 0 && is(token, "FROM")
    })?;
    let given: FxHashSet<&[u8]> = given(with).collect();
    let is_given = |table: &[Token<'_>]| table.len() == 1 && given.contains(table[0].text);
    let mut found = tables(&tokens[outer..]);
    found
        .clone()
        .find(|table| !is_given(table))
        .or_else(|| tables(with).find(|table| !is_given(table)))
        .or_else(|| found.next())
}

/// What stands behind `FROM` and `JOIN` of queries, not of functions as in `EXTRACT(YEAR FROM at)`.
fn tables<'t, 'a>(tokens: &'t [Token<'a>]) -> impl Iterator<Item = &'t [Token<'a>]> + Clone {
    let mut queries = vec![true];
    tokens.iter().enumerate().filter_map(move |(at, token)| {
        match token.text {
            b"(" => {
                let next = tokens.get(at + 1);
                let is_query = next.is_some_and(|next| is_any(next, &["SELECT", "WITH", "DELETE", "("]))
                    || at.checked_sub(1).is_some_and(|before| is_any(&tokens[before], &["FROM", "JOIN"]));
                queries.push(is_query);
            }
            b")" if queries.len() > 1 => {
                queries.pop();
            }
            _ => {}
        }
        if !is_any(token, &["FROM", "JOIN"]) || queries.last() != Some(&true) {
            return None;
        }
        let next = at + 1 + passed(tokens.get(at + 1..)?, &["ONLY", "LATERAL", "("]);
        name_after(tokens, next)
    })
}

/// How many of these words `tokens` begin with.
fn passed(tokens: &[Token<'_>], words: &[&str]) -> usize {
    tokens.iter().take_while(|token| is_any(token, words)).count()
}

/// The name at or behind `at`, with what qualifies it; `? =` may be before it.
fn name_after<'t, 'a>(tokens: &'t [Token<'a>], at: usize) -> Option<&'t [Token<'a>]> {
    let value = |token: &&Token<'_>| token.kind == TokenKind::Placeholder || is(token, "=");
    let start = at + tokens.get(at..)?.iter().take_while(value).count();
    if !is_name(tokens.get(start)?) || is_any(&tokens[start], &["SELECT", "VALUES", "WITH"]) {
        return None;
    }
    let mut end = start + 1;
    while end < tokens.len()
        && (is(&tokens[end], ".") || (is_name(&tokens[end]) && is(&tokens[end - 1], ".")))
    {
        end += 1;
    }
    if is(&tokens[end - 1], ".") {
        end -= 1;
    }
    Some(&tokens[start..end])
}

fn depth_after(depth: usize, token: &Token<'_>) -> usize {
    match token.text {
        b"(" => depth + 1,
        b")" => depth.saturating_sub(1),
        _ => depth,
    }
}

pub(super) fn is_name(token: &Token<'_>) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::QuotedName | TokenKind::DoubleQuoted)
}

/// Whether a token is this word, in any case, or punctuation.
pub(super) fn is(token: &Token<'_>, text: &str) -> bool {
    matches!(token.kind, TokenKind::Word | TokenKind::Punctuation)
        && token.text.eq_ignore_ascii_case(text.as_bytes())
}

pub(super) fn is_any(token: &Token<'_>, texts: &[&str]) -> bool {
    texts.iter().any(|text| is(token, text))
}

#[cfg(test)]
mod tests {
    use super::super::fingerprint;
    use super::*;

    #[test]
    fn titles_are_verb_and_table() {
        for (text, expected) in [
            ("select * from orders", "SELECT orders"),
            ("SELECT `a`.`b` FROM `my db`.`order` a", "SELECT `my db`.`order`"),
            ("SELECT \"u\".* FROM \"public\".\"users\" AS \"u\"", "SELECT \"public\".\"users\""),
            ("(SELECT a FROM t) UNION (SELECT a FROM s)", "SELECT t"),
            ("SELECT (SELECT count(*) FROM b) FROM a", "SELECT a"),
            ("SELECT * FROM (SELECT x FROM inner_t) q JOIN b ON true", "SELECT inner_t"),
            ("SELECT * FROM ((a JOIN b ON a.x = b.x) JOIN c ON true)", "SELECT a"),
            ("SELECT EXTRACT(year FROM at) FROM t", "SELECT t"),
            ("SELECT * FROM (SELECT EXTRACT(year FROM at) FROM t) q", "SELECT t"),
            ("SELECT * FROM ONLY t", "SELECT t"),
            ("SELECT * FROM db..t", "SELECT db..t"),
            ("SELECT * FROM #t", "SELECT #t"),
            ("SELECT * FROM generate_series(1, 10)", "SELECT generate_series"),
            ("SELECT 1", "SELECT"),
            ("SELECT nextval('s')", "SELECT"),
            ("WITH a AS (SELECT * FROM t), b (x) AS (SELECT * FROM a) SELECT * FROM b", "SELECT t"),
            ("WITH RECURSIVE a AS (SELECT 1) SELECT * FROM a", "SELECT a"),
            ("WITH a AS (SELECT * FROM t) SELECT * FROM a JOIN s ON a.x = s.x", "SELECT s"),
            ("WITH a AS (SELECT * FROM t) INSERT INTO s SELECT * FROM a", "INSERT s"),
            ("WITH a AS (DELETE FROM t RETURNING *) SELECT * FROM a", "SELECT t"),
            ("INSERT INTO t (a) VALUES (1)", "INSERT t"),
            ("insert ignore into t values (1)", "INSERT t"),
            ("INSERT t (a) SELECT 1", "INSERT t"),
            ("replace into t values (1)", "REPLACE t"),
            ("UPDATE ONLY t SET a = 1", "UPDATE t"),
            ("DELETE FROM t WHERE a = 1", "DELETE t"),
            ("DELETE a FROM t a JOIN s ON true", "DELETE t"),
            ("DELETE t WHERE a = 1", "DELETE t"),
            ("MERGE INTO t USING s ON true", "MERGE t"),
            ("CREATE TABLE IF NOT EXISTS t (a int)", "CREATE TABLE t"),
            ("create unique index i on t (a)", "CREATE INDEX i"),
            ("DROP TABLE t", "DROP TABLE t"),
            ("alter table t add a int", "ALTER TABLE t"),
            ("TRUNCATE TABLE t", "TRUNCATE t"),
            ("call p(1)", "CALL p"),
            ("{? = call p(?)}", "CALL p"),
            ("EXEC @r = dbo.p @a = 1", "EXEC dbo.p"),
            ("SET NOCOUNT ON; UPDATE [t] SET a = 1; SELECT @@ROWCOUNT", "UPDATE [t]"),
            ("COMMIT", "COMMIT"),
            ("explain analyze select * from t", "EXPLAIN SELECT t"),
            ("SELECT a FROM", "SELECT"),
            ("SELECT a FROM t.", "SELECT t"),
            ("WITH a AS (SELECT", "WITH"),
            ("'only a string'", ""),
            ("", ""),
        ] {
            let found = summary(&fingerprint(text.as_bytes()));
            assert_eq!(String::from_utf8_lossy(&found), expected, "{text}");
        }
    }
}
