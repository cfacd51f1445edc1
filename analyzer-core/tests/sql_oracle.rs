//! SQL beside another lexer, that of the crate sqlparser; and what must hold of every fingerprint.

#![allow(clippy::unwrap_used)]

use analyzer_core::sql::{Token, TokenKind, fingerprint, is_sql, tokens};
use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use sqlparser::dialect::{
    Dialect, GenericDialect, MsSqlDialect, MySqlDialect, PostgreSqlDialect, SQLiteDialect,
};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token as Other, Tokenizer};

/// Statements of one line in ASCII, so that columns are bytes.
const EVERYWHERE: &[&str] = &[
    "SELECT * FROM t1 WHERE a = 1 AND b <> 'it''s' OR c IS NOT NULL",
    "SELECT t1.col_2, utf8mb4 FROM db.t1 AS x LEFT JOIN t2 ON x.id = t2.id -- and more",
    "SELECT /* a comment */ COUNT(*), MAX(a) FROM t GROUP BY b HAVING COUNT(*) > 10 ORDER BY 1 DESC",
    "SELECT a, 1.5, .5, 1e10, 1.5E-3 FROM t LIMIT 10 OFFSET 20",
    "INSERT INTO t (a, b, c) VALUES (1, 'x', NULL), (2, 'y', 3.0)",
    "UPDATE t SET a = a + 1, b = 'z' WHERE c BETWEEN 1 AND 2 AND d <= 3 AND e >= 4 AND f < 5 AND g != 6",
    "DELETE FROM t WHERE a IN (1, 2, 3) AND b NOT IN ('x', 'y')",
    "WITH a AS (SELECT 1 AS x), b AS (SELECT 2 AS x) SELECT * FROM a UNION ALL SELECT * FROM b",
    "SELECT CASE WHEN a > 0 THEN 'p' ELSE 'n' END, CAST(b AS INT), a || b, c * -2 / 3 FROM t",
    "SELECT EXISTS (SELECT 1 FROM t WHERE t.a = s.a) FROM s; SELECT 2",
];

fn dialects() -> [(&'static dyn Dialect, &'static [&'static str]); 5] {
    [
        (
            &GenericDialect {},
            &[
                "SELECT \"a b\", `c d` FROM \"T\" WHERE a = ? AND b = $1 AND c = :name AND d = @p1",
                "SELECT a FROM t WHERE b IN (?, ?, ?)",
                "SELECT a::int, 0xFF, N'national', X'FF' FROM t",
            ],
        ),
        (
            &PostgreSqlDialect {},
            &[
                "SELECT \"u\".\"id\" FROM \"users\" AS \"u\" WHERE \"u\".\"name\" = $1 LIMIT $2",
                "SELECT a::int, b->>'x', c->'y', d#>>'{a,b}', e @> '{}' FROM t WHERE f ~* 'x' AND g !~ 'y'",
                "SELECT $$it's$$, $x$ $$ $x$, E'a\\'b', B'01', U&'d\\0061t' FROM t",
                "SELECT a[1], ARRAY[1, 2], b <-> c, d <@ e, f && g FROM t /* a /* nested */ comment */",
                "INSERT INTO t (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET a = excluded.a RETURNING id",
            ],
        ),
        (
            &MySqlDialect {},
            &[
                "SELECT `a`.`b c`, \"text\", 'it\\'s', 0xFF FROM `t` # to the end",
                "INSERT INTO t (a) VALUES (?) ON DUPLICATE KEY UPDATE a = VALUES(a) + 1",
                "SELECT a <=> b, a && b, 5 % 2, @@autocommit FROM t WHERE c = ?",
            ],
        ),
        (
            &SQLiteDialect {},
            &[
                "SELECT [a b], `c`, \"d\" FROM t WHERE e = ?1 AND f = :name AND g = @p AND h == 1",
                "INSERT INTO t VALUES (x'ff', 'it''s')",
            ],
        ),
        (
            &MsSqlDialect {},
            &[
                "SELECT TOP 10 [a], [My Col] FROM [dbo].[T] WHERE b = @p1 AND c = N'x'",
                "SELECT * FROM #temp JOIN ##global ON #temp.a = ##global.a WHERE @@ROWCOUNT > 0",
                "UPDATE [t] SET [a] = @p0 WHERE [b] = 'C:\\'",
            ],
        ),
    ]
}

fn kind(token: &Other) -> TokenKind {
    match token {
        Other::Word(word) => match word.quote_style {
            None if word.value.starts_with('@') && !word.value.starts_with("@@") => TokenKind::Placeholder,
            None => TokenKind::Word,
            Some('"') => TokenKind::DoubleQuoted,
            Some(_) => TokenKind::QuotedName,
        },
        Other::Number(..) => TokenKind::Number,
        Other::SingleQuotedString(_)
        | Other::NationalStringLiteral(_)
        | Other::HexStringLiteral(_)
        | Other::EscapedStringLiteral(_)
        | Other::UnicodeStringLiteral(_)
        | Other::SingleQuotedByteStringLiteral(_)
        | Other::DollarQuotedString(_) => TokenKind::String,
        Other::DoubleQuotedString(_) => TokenKind::DoubleQuoted,
        Other::Placeholder(_) | Other::Question => TokenKind::Placeholder,
        _ => TokenKind::Punctuation,
    }
}

#[test]
fn tokens_line_up_with_those_of_sqlparser() {
    let mut compared = 0;
    for (dialect, own) in dialects() {
        for statement in EVERYWHERE.iter().chain(own) {
            let others =
                Tokenizer::new(dialect, statement).with_unescape(false).tokenize_with_location().unwrap();
            let mut others = others
                .iter()
                .filter(|other| !matches!(other.token, Other::Whitespace(_)))
                .map(|other| {
                    let (start, end) =
                        (other.span.start.column as usize - 1, other.span.end.column as usize - 1);
                    (kind(&other.token), start, end)
                })
                .peekable();
            for Token { kind, start, text } in tokens(statement.as_bytes()) {
                let shown = format!("{statement}: {}", String::from_utf8_lossy(text));
                let (other, from, mut to) = others.next().unwrap_or_else(|| panic!("{shown}"));
                let end = start + text.len();
                // Where a sign of a placeholder is a token of its own, the name behind it is one more.
                let is_parted = kind == TokenKind::Placeholder && to < end;
                if is_parted {
                    assert_eq!(to, start + 1, "{shown}");
                    to = others.next().unwrap().2;
                } else {
                    // It calls numbers in base 16 strings.
                    let other = if text.starts_with(b"0x") { TokenKind::Number } else { other };
                    assert_eq!(kind, other, "{shown}");
                }
                assert_eq!((start, end), (from, to), "{shown}");
                compared += 1;
            }
            assert_eq!(others.next(), None, "{statement}");
        }
    }
    assert!(compared > 1000, "{compared}");
}

/// A fingerprint without the marks of lists, which no operator looks like: those have a space before.
fn unmarked(fingerprint: &[u8], placeholder: &str) -> String {
    let text = std::str::from_utf8(fingerprint).unwrap();
    let mut sql = String::new();
    for (at, sign) in text.char_indices() {
        let is_mark = sign == '+' && at > 0 && !text[..at].ends_with(' ');
        match sign {
            _ if is_mark => {}
            '?' => sql.push_str(placeholder),
            _ => sql.push(sign),
        }
    }
    sql
}

#[test]
fn fingerprints_parse_where_statements_do() {
    // `TOP` takes a number and no placeholder.
    const EXCEPT: &[&str] = &["SELECT TOP 10 [a], [My Col] FROM [dbo].[T] WHERE b = @p1 AND c = N'x'"];
    let mut parsed = 0;
    for (dialect, own) in dialects() {
        let is_postgres = dialect.is::<PostgreSqlDialect>();
        for statement in EVERYWHERE.iter().chain(own) {
            let before = Parser::parse_sql(dialect, statement);
            let sql = unmarked(&fingerprint(statement.as_bytes()), if is_postgres { "$1" } else { "?" });
            let after = Parser::parse_sql(dialect, &sql);
            assert!(is_sql(statement.as_bytes()), "{statement}");
            match before {
                Ok(before) if !EXCEPT.contains(statement) => {
                    let after = after.unwrap_or_else(|error| panic!("{sql}: {error}"));
                    assert_eq!(before.len(), after.len(), "{sql}");
                    parsed += 1;
                }
                _ => println!("not parsed by sqlparser: {statement}"),
            }
        }
    }
    assert!(parsed > 50, "{parsed}");
}

/// Part of a statement, some of whose text may be anything of its kind.
#[derive(Clone, Debug)]
enum Part {
    Fixed(&'static str),
    Literal,
    List,
    Rows(usize),
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let condition = prop_oneof![
        Just(vec![Part::Fixed("a ="), Part::Literal]),
        Just(vec![Part::Fixed("t1.col_2 >="), Part::Literal]),
        Just(vec![Part::Fixed("b IN ("), Part::List, Part::Fixed(")")]),
        Just(vec![Part::Fixed("lower ( c ) LIKE"), Part::Literal]),
        Just(vec![Part::Fixed("d BETWEEN"), Part::Literal, Part::Fixed("AND"), Part::Literal]),
        Just(vec![Part::Fixed("e = f - 1 * ("), Part::Literal, Part::Fixed("+ g )")]),
        Just(vec![Part::Fixed("h IS NOT NULL")]),
        Just(vec![
            Part::Fixed("i IN ( SELECT j FROM \"S\" WHERE k ="),
            Part::Literal,
            Part::Fixed(") AND ( l , m ) IN ( ("),
            Part::Literal,
            Part::Fixed(", 1 ) )"),
        ]),
    ];
    let select = prop::collection::vec(condition, 1..6).prop_map(|conditions| {
        let mut parts = vec![Part::Fixed("SELECT x , `y` , count ( * ) FROM t1 WHERE")];
        for (at, condition) in conditions.into_iter().enumerate() {
            parts.extend((at > 0).then_some(Part::Fixed("OR")));
            parts.extend(condition);
        }
        parts
    });
    let insert = (1usize..5).prop_map(|columns| {
        vec![Part::Fixed("INSERT INTO t ( a ) VALUES"), Part::Rows(columns), Part::Fixed("RETURNING id")]
    });
    prop_oneof![4 => select, 1 => insert]
}

fn literal(random: &mut StdRng) -> String {
    match random.random_range(0..14) {
        0 => "?".to_owned(),
        1 => ":name".to_owned(),
        2 => "$3".to_owned(),
        3 => "@p1".to_owned(),
        4 => "'it''s (1, 2) -- /* ; '".to_owned(),
        5 => "'a\\'b'".to_owned(),
        6 => "N'\u{e9}'".to_owned(),
        7 => "$x$ ' $$ $x$".to_owned(),
        8 => "DATE '2026-01-31'".to_owned(),
        9 => format!("-{}", random.random_range(0..1000)),
        10 => format!("{}.5e-3", random.random_range(0..1000)),
        11 => format!("0x{:x}", random.random_range(0..1000)),
        12 => "''".to_owned(),
        _ => random.random_range(0..100_000).to_string(),
    }
}

fn list(random: &mut StdRng, length: usize) -> String {
    (0..length).map(|_| literal(random)).collect::<Vec<_>>().join(" , ")
}

/// A statement of these parts, with its own values, numbers of values, white space, comments and case.
fn render(parts: &[Part], seed: u64) -> String {
    let random = &mut StdRng::seed_from_u64(seed);
    let mut statement = String::new();
    for part in parts {
        match part {
            Part::Literal => statement.push_str(&literal(random)),
            Part::List => {
                let length = random.random_range(1..6);
                statement.push_str(&list(random, length));
            }
            Part::Rows(columns) => {
                let rows: Vec<String> = (0..random.random_range(1..5))
                    .map(|_| format!("( {} )", list(random, *columns)))
                    .collect();
                statement.push_str(&rows.join(" , "));
            }
            Part::Fixed(text) => {
                for word in text.split(' ') {
                    let is_keyword = word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_uppercase());
                    if is_keyword && random.random_bool(0.5) {
                        statement.push_str(&word.to_lowercase());
                    } else {
                        statement.push_str(word);
                    }
                    statement.push_str(gap(random));
                }
            }
        }
        statement.push_str(gap(random));
    }
    statement.push_str(["", ";", " ;\n", "-- end", "/*trace='1'*/"][random.random_range(0..5)]);
    statement
}

fn gap(random: &mut StdRng) -> &'static str {
    [" ", " ", "  ", "\n", "\t\r\n", " /* c */ ", " -- it's\n", "/* /* n */ ' */"][random.random_range(0..8)]
}

const FRAGMENTS: &[&str] = &[
    "SELECT",
    "from",
    "t",
    "a",
    "IN",
    "in (",
    "VALUES",
    "values (",
    "ROW",
    "ARRAY",
    "date",
    "DATE",
    "NULL",
    "true",
    "END",
    "LIKE",
    "FIELD(",
    "count",
    "order",
    "key",
    "duplicate",
    "on",
    "(",
    ")",
    "[",
    "]",
    "[a]",
    "[a b]",
    ",",
    ".",
    "..",
    "...",
    ";",
    ":",
    "::",
    ":a",
    "+",
    "-",
    "*",
    "/",
    "%",
    "%s",
    "%(a)s",
    "=",
    "<",
    ">",
    "<@",
    "@",
    "@a",
    "@@a",
    "#",
    "#a",
    "##",
    "##a",
    "#>",
    "#-",
    "$",
    "$1",
    "$a",
    "$$",
    "$a$",
    "?",
    "|",
    "||",
    "&",
    "~",
    "!",
    "\\",
    "'",
    "'x'",
    "'\\'",
    "''",
    "\"",
    "\"T\"",
    "\"a\\\"",
    "`",
    "`t`",
    "`order`",
    "`T x`",
    "N'x'",
    "E'\\''",
    "x",
    "q'[",
    "1",
    "1.5",
    ".5",
    "1e5",
    "0x1F",
    "1abc",
    "1_0",
    "--",
    "-- c\n",
    "/*",
    "*/",
    "/* c */",
    "/*!",
    "/*! a */",
    "\n",
    " ",
    "{",
    "}",
    "\u{e9}",
    "^",
    "U&'x'",
    "WITH",
    "update",
    "JOIN",
    "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
];

fn soup() -> impl Strategy<Value = String> {
    let fragment = (0..FRAGMENTS.len(), prop::bool::weighted(0.6));
    prop::collection::vec(fragment, 0..24).prop_map(|fragments| {
        fragments
            .iter()
            .map(|&(at, gap)| format!("{}{}", FRAGMENTS[at], if gap { " " } else { "" }))
            .collect()
    })
}

fn same_again(statement: &[u8]) -> Result<(), TestCaseError> {
    let once = fingerprint(statement);
    let twice = fingerprint(&once);
    let (once, twice) = (String::from_utf8_lossy(&once), String::from_utf8_lossy(&twice));
    prop_assert_eq!(&once, &twice, "{}", String::from_utf8_lossy(statement));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(
        std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2000)
    ))]

    #[test]
    fn a_fingerprint_is_its_own(statement in soup()) {
        same_again(statement.as_bytes())?;
    }

    #[test]
    fn a_fingerprint_of_any_bytes_is_its_own(statement in prop::collection::vec(any::<u8>(), 0..60)) {
        same_again(&statement)?;
    }

    #[test]
    fn values_white_space_and_comments_do_not_matter(parts in parts(), one: u64, other: u64) {
        let (one, other) = (render(&parts, one), render(&parts, other));
        let found = [&one, &other].map(|text| String::from_utf8(fingerprint(text.as_bytes())).unwrap());
        prop_assert_eq!(&found[0], &found[1], "{}\n{}", one, other);
        prop_assert!(!found[0].ends_with("..."));
        same_again(one.as_bytes())?;
        // Names do matter.
        let renamed = fingerprint(one.replace("t1", "t2").as_bytes());
        prop_assert_eq!(renamed == found[0].as_bytes(), !one.contains("t1"));
    }

    #[test]
    fn a_cut_statement_has_a_stable_fingerprint(parts in parts(), seed: u64, part in 0.0..1.0f64) {
        let statement = render(&parts, seed);
        let end = (statement.len() as f64 * part) as usize;
        let cut = &statement.as_bytes()[..end];
        same_again(cut)?;
    }

    #[test]
    fn tokens_are_the_text_in_order(statement in soup()) {
        let mut end = 0;
        for token in tokens(statement.as_bytes()) {
            prop_assert!(token.start >= end && !token.text.is_empty());
            end = token.start + token.text.len();
            prop_assert_eq!(&statement.as_bytes()[token.start..end], token.text);
        }
    }
}
