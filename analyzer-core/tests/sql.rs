//! Fingerprints of SQL: cases by hand, statements that were cut, hostile texts.

#![allow(clippy::unwrap_used)]

use analyzer_core::sql::{fingerprint, is_sql, summary};

fn text(statement: &str) -> String {
    String::from_utf8(fingerprint(statement.as_bytes())).unwrap()
}

fn check(cases: &[(&str, &str)]) {
    for (statement, expected) in cases {
        assert_eq!(text(statement), *expected, "{statement}");
        assert_eq!(text(expected), *expected, "again: {statement}");
    }
}

#[test]
fn literals_of_every_dialect_are_values() {
    check(&[
        ("SELECT 1, 1.5, .5, 1., 1e10, 1.5E-3, 0xFF, 1_000, 10L", "SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?"),
        (
            "SELECT 'a', N'a', E'a\\'b', b'01', X'FF', U&'\\00e9', q'[it's]', r'\\'",
            "SELECT ?, ?, ?, ?, ?, ?, ?, ?",
        ),
        ("WHERE a = 'it''s'", "WHERE a = ?"),
        ("WHERE a = 'it\\'s' AND b = 'x'", "WHERE a = ? AND b = ?"),
        ("WHERE a = 'C:\\' AND b = 'x'", "WHERE a = ? AND b = ?"),
        ("WHERE a = 'C:\\' AND b = 'D:\\'", "WHERE a = ? AND b = ?"),
        ("WHERE a = 'a' 'b'", "WHERE a = ?"),
        ("WHERE a = $$it's$$ AND b = $x$ $$ '$x$", "WHERE a = ? AND b = ?"),
        ("WHERE id = 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "WHERE id = ?"),
        ("WHERE id = 507f1f77bcf86cd799439011", "WHERE id = ?"),
        ("WHERE a > DATE '2026-01-31' AND b < timestamp '2026-01-31 10:00:00'", "WHERE a > ? AND b < ?"),
        ("WHERE a > now() - INTERVAL '1 day'", "WHERE a > now() - INTERVAL ?"),
        ("WHERE a = -5 AND b = - 5 AND c IN (-1, +2)", "WHERE a = ? AND b = ? AND c IN (?+)"),
        ("SELECT a -5, a - 5, (a)-5, 3 - -5, END - 5", "SELECT a - ?, a - ?, (a) - ?, ? - ?, END - ?"),
        ("LIMIT -1", "LIMIT ?"),
        ("SELECT date, time, timestamp FROM t", "SELECT date, time, timestamp FROM t"),
        ("SET a = NULL, b = true WHERE c IS NOT NULL", "SET a = ?, b = ? WHERE c IS NOT NULL"),
    ]);
}

#[test]
fn placeholders_are_values() {
    check(&[
        (
            "WHERE a = ? AND b = ?1 AND c = $1 AND d = :name AND e = @p1 AND f = %s AND g = %(name)s",
            "WHERE a = ? AND b = ? AND c = ? AND d = ? AND e = ? AND f = ? AND g = ?",
        ),
        ("WHERE a<@p1 AND b=:b", "WHERE a < ? AND b = ?"),
        ("SELECT a % s, a%s, a::int, a[1:2], doc:field", "SELECT a % s, a % s, a::int, a[?:?], doc:field"),
        ("SELECT @@session.autocommit, emp@remote", "SELECT @@session.autocommit, emp @ remote"),
        ("SELECT @row := @row + 1", "SELECT ? := ? + ?"),
    ]);
}

#[test]
fn names_stay_as_they_are() {
    check(&[
        ("SELECT t1.col_2, utf8mb4, T, \"T\" FROM t1", "SELECT t1.col_2, utf8mb4, T, \"T\" FROM t1"),
        ("SELECT 2fa_codes FROM 2024_orders", "SELECT 2fa_codes FROM 2024_orders"),
        ("select `a`, `My Col`, `order`, `T` from `t`", "SELECT a, `My Col`, `order`, T FROM t"),
        ("select [a], [My Col].[x] from [dbo].[T]", "SELECT [a], [My Col].[x] FROM [dbo].[T]"),
        ("select t.from, user.order from t", "SELECT t.from, user.order FROM t"),
        ("select key, value, status, name, type from t", "SELECT key, value, status, name, type FROM t"),
        (
            "SELECT v$session.sid, emp#, sys.obj$ FROM #t JOIN ##g",
            "SELECT v$session.sid, emp#, sys.obj$ FROM #t JOIN ##g",
        ),
        ("SELECT * FROM db..t, db.2024_t, db..2024_t", "SELECT * FROM db..t, db.2024_t, db..2024_t"),
        ("SELECT \u{540d}\u{524d} FROM \u{8868}1", "SELECT \u{540d}\u{524d} FROM \u{8868}1"),
        // A string of MySQL where a value stands, a name elsewhere.
        (
            "WHERE a = \"x\" AND b IN (\"y\", \"z\") AND c LIKE \"%q\"",
            "WHERE a = ? AND b IN (?+) AND c LIKE ?",
        ),
        ("INSERT INTO t VALUES (\"a\", 1)", "INSERT INTO t VALUES (?, ?)+"),
        ("SELECT CONCAT(`a`, \"x\")", "SELECT CONCAT(a, ?)"),
        (
            "SELECT \"a\" FROM t WHERE \"t\".\"b\" = \"t\".\"c\"",
            "SELECT \"a\" FROM t WHERE \"t\".\"b\" = \"t\".\"c\"",
        ),
        ("SELECT * FROM \"T\" WHERE \"A\" = \"B\"", "SELECT * FROM \"T\" WHERE \"A\" = \"B\""),
    ]);
}

#[test]
fn lists_and_rows_are_one_with_a_mark() {
    check(&[
        ("WHERE a IN (1)", "WHERE a IN (?+)"),
        ("WHERE a IN (1, 2, 3)", "WHERE a IN (?+)"),
        ("WHERE a NOT IN ('x', NULL, ?)", "WHERE a NOT IN (?+)"),
        ("WHERE (a, b) IN ((1, 2), (3, 4))", "WHERE (a, b) IN ((?, ?)+)"),
        ("WHERE a IN ('x'::uuid, 'y'::uuid)", "WHERE a IN (?::uuid+)"),
        ("WHERE a IN (b, 1, 2, c, 3)", "WHERE a IN (b, ?+, c, ?+)"),
        ("WHERE a IN (SELECT b FROM t WHERE c = 1)", "WHERE a IN (SELECT b FROM t WHERE c = ?)"),
        ("WHERE a = ANY(ARRAY[1, 2, 3])", "WHERE a = ANY (ARRAY[?+])"),
        ("SELECT [1, 2], [[1, 2], [3]], a[1]", "SELECT [?+], [[?+]+], a[?]"),
        ("ORDER BY FIELD(id, 3, 1, 2)", "ORDER BY FIELD(id, ?+)"),
        ("SELECT f(1), f(1, 2), COALESCE(a, 1)", "SELECT f(?), f(?, ?), COALESCE(a, ?)"),
        ("INSERT INTO t (a, b) VALUES (1, 'x')", "INSERT INTO t(a, b) VALUES (?, ?)+"),
        ("INSERT INTO t (a, b) VALUES (1, 'x'), (2, NULL), (3, -1)", "INSERT INTO t(a, b) VALUES (?, ?)+"),
        ("VALUES (1, NOW()), (2, NOW()), (3, DEFAULT)", "VALUES (?, NOW())+, (?, DEFAULT)+"),
        ("VALUES (1), (NOW())", "VALUES (?)+, (NOW())"),
        ("VALUES ROW(1, 2), ROW(3, 4)", "VALUES ROW(?, ?)+"),
        (
            "INSERT INTO t VALUES (1, 2), (3, 4) ON DUPLICATE KEY UPDATE a = VALUES(a) + 1, b = values(b)",
            "INSERT INTO t VALUES (?, ?)+ ON DUPLICATE KEY UPDATE a = VALUES (a) + ?, b = VALUES (b)",
        ),
        ("SELECT * FROM (VALUES (1), (2)) AS v", "SELECT * FROM (VALUES (?)+) AS v"),
    ]);
}

#[test]
fn comments_white_space_and_case_do_not_matter() {
    check(&[
        ("select  a\n\tfrom t -- all\n where b=1;", "SELECT a FROM t WHERE b = ?"),
        ("SELECT a # mysql\nFROM t", "SELECT a FROM t"),
        ("SELECT /* a /* b */ c */ a FROM t", "SELECT a FROM t"),
        ("SELECT a /* see /tmp/*.log */ FROM t", "SELECT a FROM t"),
        ("SELECT a FROM t /*traceparent='00-1-2-01',app='x'*/", "SELECT a FROM t"),
        ("SELECT /*+ INDEX(t i) */ a FROM t", "SELECT a FROM t"),
        ("SELECT /*!40001 SQL_NO_CACHE */ a FROM t", "SELECT SQL_NO_CACHE a FROM t"),
        (
            "SELECT a#>>'{x}', b #> ?, c @> d, e->>'f', g ?| h",
            "SELECT a #>> ?, b #> ?, c @> d, e ->> ?, g ? | h",
        ),
        ("SELECT a FROM t;;\n SELECT 1 ;", "SELECT a FROM t; SELECT ?"),
        ("select count(*), Max(a), Lower(b) from t", "SELECT COUNT(*), MAX(a), Lower(b) FROM t"),
        ("", ""),
        (" ; -- nothing", ""),
    ]);
}

#[test]
fn what_is_cut_ends_in_a_mark() {
    check(&[
        ("SELECT a FROM t WHERE b = 'abc", "SELECT a FROM t WHERE b =..."),
        ("SELECT a FROM t WHERE b = ", "SELECT a FROM t WHERE b =..."),
        ("SELECT a FROM t WHERE b = 'abc'...", "SELECT a FROM t WHERE b = ?..."),
        ("SELECT a FROM t /* traceparent", "SELECT a FROM t..."),
        ("SELECT a FROM `or", "SELECT a FROM..."),
        ("SELECT a FROM [or", "SELECT a FROM..."),
        ("SELECT a, b, ", "SELECT a, b,..."),
        ("SELECT a FROM t.", "SELECT a FROM t. ..."),
        ("SELECT f(a", "SELECT f(a..."),
        ("SELECT $x$ abc", "SELECT..."),
        ("SELECT ... FROM t", "SELECT ... FROM t"),
        ("'", "..."),
    ]);
}

#[test]
fn where_a_list_is_cut_does_not_matter() {
    let list = "SELECT a FROM t WHERE b IN ('a', -1, NULL, date '2026-01-31', 'it''s', 1.5)";
    let first = list.find("-1").unwrap();
    for end in first..list.len() - 1 {
        let cut = &list[..end];
        // Half a word is a name.
        if cut.ends_with(|last: char| last.is_ascii_alphabetic()) && !cut.ends_with("NULL") {
            continue;
        }
        assert_eq!(text(cut), "SELECT a FROM t WHERE b IN (?+...", "{cut}");
    }
    let rows = "INSERT INTO t VALUES (1, NOW(), 'a'), (2, NOW(), 'b'), (3, NOW(), 'c')";
    let (second, last) = (rows.find("(2").unwrap(), rows.len());
    for end in second..last {
        let cut = text(&rows[..end]);
        let whole = cut.strip_suffix("...").unwrap_or(&cut);
        assert_eq!(whole, "INSERT INTO t VALUES (?, NOW(), ?)+", "{}", &rows[..end]);
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    const LONG: [&str; 10] = ["'", "\"", "(", "/*", "*/", "--", "IN (", "VALUES (1),", "[", "'\\"];
    const OTHERS: [&str; 54] = [
        "`",
        ")",
        "]",
        "[a",
        "/*!",
        "-",
        "+",
        "#",
        "$",
        "$a$",
        "$a",
        "q'[",
        "q'",
        "\\",
        "\\'",
        "?",
        ":",
        "::",
        ":a",
        "@",
        "%(",
        "%(a",
        "%s",
        ".",
        "..",
        "...",
        ",",
        ";",
        "0",
        "0x",
        "1e",
        "IN (?,",
        "VALUES (",
        "DATE ",
        "- ",
        "DATE - ",
        "\"a\".",
        "a ",
        "\0",
        "\u{ff}",
        "'a",
        "a'",
        "[[",
        "[1,",
        "/* /* ",
        "SELECT ",
        "WITH a AS (",
        "FROM (",
        "E'",
        "N'\\",
        "((1),(2",
        "*",
        "ROW",
        "FROM a,",
    ];
    const BEHIND: [(&str, &str, &str); 4] = [
        ("SELECT a FROM ", "(", ""),
        ("WITH a", ",a AS (SELECT 1 FROM a)", "SELECT 1 FROM a"),
        ("SELECT 1", " FROM ? = ", ""),
        ("WITH a", ",a", " SELECT 1 FROM a JOIN a JOIN a JOIN a"),
    ];
    for (start, part, end) in BEHIND {
        let text = format!("{start}{}{end}", part.repeat((1 << 20) / part.len()));
        assert!(summary(&fingerprint(text.as_bytes())).len() < text.len(), "{part}");
    }
    let parts = LONG.iter().map(|part| (part, 1 << 20)).chain(OTHERS.iter().map(|part| (part, 1 << 17)));
    for (part, size) in parts {
        let bytes = part.as_bytes().repeat(size / part.len());
        let start = std::time::Instant::now();
        let found = fingerprint(&bytes);
        assert!(found.len() <= 3 * size, "{part}: {}", found.len());
        assert!(summary(&found).len() <= found.len());
        assert!(!is_sql(&bytes) || ["WITH", "VALUES"].iter().any(|verb| part.starts_with(verb)), "{part}");
        // A quadratic pass takes minutes.
        assert!(start.elapsed().as_secs() < 20, "{part}");
    }
}
