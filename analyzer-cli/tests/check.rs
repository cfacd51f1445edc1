//! `plateau check`: budgets, what fails and what does not, in which form it is said.

#![allow(clippy::unwrap_used)]

mod common;

use common::{corpus, fails, plateau, scratch, validate};
use serde_json::Value;
use std::fs;
use std::path::Path;

fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

fn folded(parse: u32, wobble: u32) -> String {
    let others = (0..30).map(|n| format!("main;other{n} {}\n", 300 + 10 * n + (n * 7 + wobble) % 11));
    others.collect::<String>() + &format!("main;parse {parse}\n")
}

fn json(args: &[&str], code: i32) -> Value {
    let run = plateau(&[&["check"], args, &["--format", "json"]].concat());
    assert_eq!(run.code, code, "{}", run.stderr);
    validate("plateau-check-1.schema.json", &run.stdout)
}

#[test]
fn a_class_that_there_is_none_of_is_an_error() {
    let folder = scratch();
    let budgets = write(folder.path(), "b.toml", "[[budget]]\nclass = \"aloc\"\nshare = \"2%\"\n");
    let before = corpus("rust/before.folded.gz");
    let run = plateau(&["check", &before, &before, "--budgets", &budgets]);
    fails(&run, 2, &["b.toml:1: ", "alloc, compress, crypto", "found \"aloc\""]);
}

#[test]
fn the_planted_changes_of_the_corpus_fail_and_nothing_else() {
    for (before, after, grown) in [
        ("rust/before.perf.txt.gz", "rust/after.perf.txt.gz", "orderflow::risk::match_blocklist"),
        (
            "services/before.jaeger.json.gz",
            "services/after.jaeger.json.gz",
            "remote:sqlite: SELECT bookstore.order_items",
        ),
    ] {
        let (before, after) = (corpus(before), corpus(after));
        let check = json(&[&before, &after], 1);
        assert_eq!(check["verdict"]["code"], "failed");
        assert_eq!(check["rules"][0]["rows"][0]["function"], grown, "{check}");
        let same = json(&[&before, &before, "--force"], 0);
        assert_ne!(same["verdict"]["code"], "failed", "{same}");
    }
}

#[test]
fn budgets_decide_and_the_day_decides_what_is_accepted() {
    let folder = scratch();
    let file = |name: &str, text: &str| write(folder.path(), name, text);
    let (a, b) = (file("a.folded", &folded(400, 1)), file("b.folded", &folded(1200, 1)));
    let generous = file("generous.toml", "[[budget]]\nfunction = '^parse$'\nshare = '9%'\n");
    assert_eq!(json(&[&a, &b], 1)["rules"][0]["name"], "default");
    json(&[&a, &b, "--budgets", &generous], 0);
    let accepted =
        file("accepted.toml", "[[accepted]]\nfunction = 'parse'\nuntil = 2027-01-31\nreason = 'new'\n");
    let on = |day: &str, code| json(&[&a, &b, "--budgets", &accepted, "--today", day], code);
    assert_eq!(on("2027-01-31", 0)["rules"][0]["rows"][0]["accepted"]["until"], "2027-01-31");
    assert_eq!(on("2027-02-01", 1)["warnings"][0]["code"], "expired_accepted");
    // Per unit of work: 800 samples in 1,000 units.
    let unit = file("unit.toml", "[[budget]]\nfunction = 'parse'\nper_unit = '0.5'\n");
    let scale = ["--scale", "work=1000:1000"];
    json(&[&[a.as_str(), &b, "--budgets", &unit], scale.as_slice()].concat(), 1);
    fails(&plateau(&["check", &a, &b, "--budgets", &unit]), 2, &["unit.toml:1", "--scale work="]);
    let flawed = file("flawed.toml", "default = '1%'\n[[budget]]\nfunction = '('\nshare = '1%'\n");
    fails(&plateau(&["check", &a, &b, "--budgets", &flawed]), 2, &["flawed.toml:3: expected function"]);
    fails(&plateau(&["check", &a, &b, "--budgets", "none.toml"]), 2, &["none.toml: cannot be read"]);
    fails(&plateau(&["check", &a, &b, "--budgets", &unit, "-o", &unit]), 2, &["never overwritten"]);
    let heap = corpus("go/before.heap.pb.gz");
    fails(&plateau(&["check", &heap, &corpus("services/before.jaeger.json.gz")]), 3, &["traces"]);
}

#[test]
fn what_cannot_be_told_passes_unless_it_is_to_fail() {
    let folder = scratch();
    let small = write(folder.path(), "small.folded", "main;parse 30\nmain;render 30\nmain;load 40\n");
    let other = write(folder.path(), "other.folded", "main;parse 31\nmain;render 30\nmain;load 40\n");
    assert_eq!(json(&[&small, &other], 0)["verdict"]["code"], "inconclusive");
    assert_eq!(json(&[&small, &other, "--inconclusive", "fail"], 3)["inconclusive"], "fail");
    let run = plateau(&["check", &small, &other]);
    assert!(run.stdout.contains("Inconclusive is taken for a pass"), "{}", run.stdout);
}

#[test]
fn what_cannot_be_told_fails_beside_what_shrank() {
    let folder = scratch();
    let text = |wobbly: u32, cached: u32| {
        let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 8 * (20 + n) + 1)).collect();
        others + &format!("main;wobbly {wobbly}\nmain;cached {cached}\n")
    };
    let file = |name: &str, text: &str| write(folder.path(), name, text);
    let before = file("before.folded", &text(4803, 2400));
    for (name, cached) in [("alone.folded", 2400), ("beside.folded", 481)] {
        let after = file(name, &text(5040, cached));
        let check = json(&[&before, &after, "--inconclusive", "fail"], 3);
        assert_eq!(check["rules"][0]["rows"][0]["function"], "wobbly", "{check}");
    }
}

#[test]
fn a_path_is_judged_as_a_whole_with_a_baseline_too() {
    let folder = scratch();
    let file = |name: &str, text: &str| write(folder.path(), name, text);
    let text = |batch: u32, serve: u32| {
        folded(400, 1) + &format!("main;batch;load {batch}\nmain;serve;load {serve}\n")
    };
    let (a, b) = (file("a.folded", &text(400, 400)), file("b.folded", &text(900, 800)));
    let base = folder.path().join("base.json").display().to_string();
    let again = file("again.folded", &text(402, 399));
    assert_eq!(plateau(&["baseline", "build", "-o", &base, &a, &again]).code, 0);
    let budgets = file("path.toml", "default = '50%'\n[[budget]]\npath = '^serve$'\nshare = '1%'\n");
    for before in [[a.as_str()].as_slice(), &["--baseline", &base]] {
        let check = json(&[before, &[&b, "--budgets", &budgets]].concat(), 1);
        let row = &check["rules"][0]["rows"][0];
        assert_eq!((&row["function"], &row["kind"]), (&"^serve$".into(), &"path".into()), "{check}");
        // 400 samples more of 14,550, not the 900 of the function over both.
        assert!((row["change_pct"].as_f64().unwrap() - 2.7).abs() < 0.2, "{row}");
    }
}

#[test]
fn flaws_of_a_file_are_told_by_line_and_useless_rules_are_named() {
    let folder = scratch();
    let file = |name: &str, text: &str| write(folder.path(), name, text);
    let (a, b) = (file("a.folded", &folded(400, 1)), file("b.folded", &folded(1200, 1)));
    let rule = |rest: &str| format!("[[budget]]\n{rest}\n");
    for (text, words) in [
        (rule("function = 'f'\nshare = '1%'\nwhole = 1"), "flawed.toml:4: unknown field `whole`"),
        (rule("function = 'f'\nshare = '1%'\nshare = '2%'"), "flawed.toml:4: duplicate key"),
        (rule("function = 'f'\nshare = '150%'"), "flawed.toml:3: expected a share of the whole"),
        (rule("path = '('\nshare = '1%'"), "flawed.toml:2: expected path = a regular expression"),
        ("[[accepted]]\nfunction = 'f'\nuntil = 2026-02-30\n".to_owned(), "flawed.toml:3: "),
        ("[[accepted]]\nfunction = 'f'\nuntil = 'soon'\n".to_owned(), "flawed.toml:3: expected a day"),
    ] {
        let flawed = file("flawed.toml", &text);
        fails(&plateau(&["check", &a, &b, "--budgets", &flawed]), 2, &[words]);
    }
    let empty = file("empty.toml", "");
    assert_eq!(json(&[&a, &b, "--budgets", &empty], 1)["rules"].as_array().unwrap().len(), 1);
    json(&[&a, &a, "--budgets", &empty, "--inconclusive", "fail"], 0);
    let useless = rule("path = 'elsewhere'\nshare = '1%'")
        + &rule("path = '^parse$'\nshare = '50%'")
        + &rule("path = 'parse'\nshare = '1%'")
        + "[[accepted]]\npath = 'elsewhere'\nuntil = 2027-01-31\n";
    let useless = file("useless.toml", &useless);
    let check = json(&[&a, &b, "--budgets", &useless, "--today", "2026-11-28"], 0);
    let codes: Vec<&str> =
        check["warnings"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["unused_budget", "hidden_budget", "unused_accepted"], "{check}");
    let past = file("past.toml", "[[accepted]]\nfunction = 'parse'\nuntil = 2026-11-27\n");
    let run = plateau(&["check", &a, &b, "--budgets", &past, "--today", "2026-11-28"]);
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(run.code == 1 && text.contains("it was accepted until 2026-11-27, which has passed"), "{text}");
}

#[test]
fn the_noise_of_a_baseline_decides_what_is_more_than_noise() {
    let folder = scratch();
    let file = |name: String, text: &str| write(folder.path(), &name, text);
    // From capture to capture parse takes between 500 and 1,100 of 13,000 samples, and the others stay as they are.
    let archived = [500, 1100, 700, 900, 600, 1000, 800];
    let files: Vec<String> =
        (0u32..).zip(archived).map(|(n, parse)| file(format!("{n}.folded"), &folded(parse, n))).collect();
    let base = folder.path().join("base.json").display().to_string();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    assert_eq!(plateau(&[&["baseline", "build", "-o", &base], files.as_slice()].concat()).code, 0);
    let within = file("within.folded".to_owned(), &folded(820, 3));
    let outside = file("outside.folded".to_owned(), &folded(3500, 3));
    assert_eq!(json(&["--baseline", &base, &within], 0)["before"]["captures"], 7);
    let failed = json(&["--baseline", &base, &outside], 1);
    assert_eq!(failed["rules"][0]["rows"][0]["function"], "parse");
    assert_eq!(failed["noise"]["source"], "replicates");
}

#[test]
fn a_comment_is_short_and_without_markup_whatever_the_names() {
    let folder = scratch();
    let name = |n: usize| format!("|`@x<img>_{n}{}", "[#](y)".repeat(800));
    let text = |grown: usize| {
        let hostile: String = (0..60).map(|n| format!("main;{} {}\n", name(n), grown + n)).collect();
        (0..40).map(|n| format!("main;still{n} {}\n", 20_001 + 7 * n)).collect::<String>() + &hostile
    };
    let (a, b) =
        (write(folder.path(), "a.folded", &text(6000)), write(folder.path(), "b.folded", &text(16000)));
    let rules: String = (0..100)
        .map(|n| format!("[[budget]]\nfunction = '_{n}\\['\nshare = '0.5%'\nname = '<b>|{n}'\n"))
        .collect();
    let budgets = write(folder.path(), "b.toml", &rules);
    let md = folder.path().join("check.md").display().to_string();
    let run = plateau(&[
        "check",
        &a,
        &b,
        "--budgets",
        &budgets,
        "--scale",
        "work=1:1",
        "--unit",
        "count",
        "-o",
        &md,
        "-q",
    ]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    let comment = fs::read_to_string(&md).unwrap();
    assert!(comment.chars().count() <= 60_000, "{}", comment.chars().count());
    assert!(comment.contains("failed") && !comment.contains("<b>") && !comment.contains("<b>|"), "{comment}");
    let rows = comment.lines().filter(|line| line.starts_with("| failed"));
    // Cells stay cells: only those of the table are not escaped.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(
        rows.clone().count() > 10 && rows.clone().all(|row| cells(row) == 9),
        "{:?}",
        rows.map(cells).collect::<Vec<_>>()
    );
}
