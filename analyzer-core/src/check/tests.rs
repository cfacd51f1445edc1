//! Planted changes against budgets.

use super::*;
use crate::report::Plateau;
use crate::{CompareOptions, compare};
use analyzer_formats::{Capture, ReadOptions, read_bytes};

/// Thirty unchanged functions in a program of 20,000 samples, and these.
fn text(more: &[(&str, u32)]) -> String {
    let others: String = (0..30).map(|n| format!("main;serve;other{n} {}\n", 500 + 10 * n)).collect();
    more.iter().fold(others, |text, (stack, count)| text + &format!("{stack} {count}\n"))
}

fn report(before: &[(&str, u32)], after: &[(&str, u32)]) -> Report {
    let read = |text: String| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
    compare(&read(text(before)), &read(text(after)), &CompareOptions::default()).unwrap()
}

/// What budgets say of captures that they are the question of.
fn asked(before: &[(&str, u32)], after: &[(&str, u32)], text_of_budgets: &str) -> Check {
    let read = |text: String| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
    let budgets = Some(Budgets::parse("budgets.toml", text_of_budgets).unwrap());
    let options = CompareOptions { budgets, ..CompareOptions::default() };
    judged(&compare(&read(text(before)), &read(text(after)), &options).unwrap(), text_of_budgets)
}

fn judged(report: &Report, budgets: &str) -> Check {
    let budgets = Budgets::parse("budgets.toml", budgets).unwrap();
    let options = CheckOptions {
        today: "2026-11-28".parse().unwrap(),
        inconclusive: Inconclusive::Pass,
        work: Some(1000.0),
    };
    check(report, &budgets, &options).unwrap()
}

fn codes(check: &Check) -> Vec<(&str, RowVerdict)> {
    let rows = check.rules.iter().flat_map(|rule| &rule.rows);
    rows.map(|row| (row.function.as_str(), row.verdict)).collect()
}

fn warned(check: &Check) -> Vec<(&str, usize)> {
    check.warnings.iter().map(|warning| (warning.code, warning.line)).collect()
}

/// From 2.3 % to 6.6 % of the whole.
fn grown() -> Report {
    report(&[("main;load;parse", 500)], &[("main;load;parse", 1400)])
}

#[test]
fn what_grew_by_more_than_its_budget_fails() {
    let check = judged(&grown(), "");
    assert_eq!(codes(&check), [("parse", RowVerdict::Failed)]);
    assert_eq!(check.verdict.code, RowVerdict::Failed);
    assert!(
        check.verdict.text.starts_with("Failed: parse grew by more than its budget."),
        "{}",
        check.verdict.text
    );
    // The other way round nothing grew.
    let back = report(&[("main;load;parse", 1400)], &[("main;load;parse", 500)]);
    assert!(judged(&back, "").rules.iter().all(|rule| rule.verdict != RowVerdict::Failed));
    let same = report(&[("main;load;parse", 500)], &[("main;load;parse", 500)]);
    let same = judged(&same, "");
    assert_eq!((same.verdict.code, codes(&same)), (RowVerdict::Passed, vec![]));
}

#[test]
fn every_sort_of_rule_is_about_what_it_names_and_the_first_counts() {
    let grown = |budgets: &str| asked(&[("main;load;parse", 500)], &[("main;load;parse", 1400)], budgets);
    let rule = |selector: &str, limit: &str| format!("[[budget]]\n{selector}\n{limit}\n");
    for (selector, name) in
        [("function = '^parse$'", "parse"), ("path = '^load$'", "^load$"), ("path = 'parse'", "parse")]
    {
        for (limit, verdict) in [
            ("share = '3%'", RowVerdict::Failed),
            ("share = '10%'", RowVerdict::Passed),
            // It grew to almost three times of what it was.
            ("growth = '100%'", RowVerdict::Failed),
            ("growth = '300%'", RowVerdict::Passed),
            // Each limit counts by itself.
            ("share = '10%'\ngrowth = '100%'", RowVerdict::Failed),
            // 900 samples in 1,000 units of work.
            ("per_unit = 0.5", RowVerdict::Failed),
            ("per_unit = '2'", RowVerdict::Passed),
        ] {
            let check = grown(&rule(selector, limit));
            assert_eq!(codes(&check), [(name, verdict)], "{selector} {limit}");
            assert_eq!(check.verdict.code, verdict, "{selector} {limit}");
        }
    }
    let first = rule("function = 'parse'", "share = '10%'") + &rule("path = 'load'", "share = '1%'");
    let check = grown(&first);
    assert_eq!((check.verdict.code, warned(&check)), (RowVerdict::Passed, vec![("hidden_budget", 4)]));
    let elsewhere = grown(&rule("function = 'prase'", "share = '50%'"));
    assert_eq!(
        (elsewhere.verdict.code, warned(&elsewhere)),
        (RowVerdict::Failed, vec![("unused_budget", 1)])
    );
}

#[test]
fn a_class_is_judged_as_a_whole() {
    let stacks = |malloc, free| [("main;serve;malloc", malloc), ("main;serve;free", free)];
    let grown = report(&stacks(800, 800), &stacks(1500, 1400));
    let class = |share: &str| judged(&grown, &format!("[[budget]]\nclass = 'alloc'\nshare = '{share}'\n"));
    let failed = class("4%");
    assert_eq!(failed.verdict.code, RowVerdict::Failed, "{:?}", failed.rules);
    assert!(codes(&failed).contains(&("alloc", RowVerdict::Failed)), "{:?}", codes(&failed));
    let row = failed.rules[0].rows.iter().find(|row| row.function == "alloc").unwrap();
    assert_eq!((row.kind, row.change_pct.round()), (What::Class, 6.0));
    let passed = class("8%");
    assert_eq!(passed.verdict.code, RowVerdict::Passed, "{:?}", passed.rules);
}

#[test]
fn accepted_changes_pass_until_their_last_day_and_up_to_their_size() {
    let report = grown();
    let accepted = |rest: &str| judged(&report, &format!("[[accepted]]\nfunction = '^parse$'\n{rest}\n"));
    let holds = accepted("until = 2026-11-28\nreason = 'new format'");
    assert_eq!((holds.verdict.code, warned(&holds)), (RowVerdict::Passed, vec![]));
    assert_eq!(codes(&holds), [("parse", RowVerdict::Accepted)]);
    let row = holds.rules.iter().flat_map(|rule| &rule.rows).next().unwrap();
    assert!(row.text.ends_with("accepted until 2026-11-28: new format"), "{}", row.text);
    let expired = accepted("until = 2026-11-27");
    assert_eq!((expired.verdict.code, warned(&expired)), (RowVerdict::Failed, vec![("expired_accepted", 1)]));
    let row = expired.rules.iter().flat_map(|rule| &rule.rows).next().unwrap();
    assert!(row.text.ends_with("it was accepted until 2026-11-27, which has passed"), "{}", row.text);
    let beyond = accepted("until = 2027-01-31\nup_to = '3%'");
    assert_eq!((beyond.verdict.code, warned(&beyond)), (RowVerdict::Failed, vec![]));
    assert_eq!(accepted("until = 2027-01-31\nup_to = '6%'").verdict.code, RowVerdict::Passed);
    let useless = judged(&report, "[[accepted]]\nfunction = 'other1'\nuntil = 2027-01-31\n");
    assert_eq!((useless.verdict.code, warned(&useless)), (RowVerdict::Failed, vec![("unused_accepted", 1)]));
}

#[test]
fn an_accepted_class_is_held_against_the_class_as_a_whole() {
    let check = |functions: usize, budgets: &str| {
        let names = ["ZSTD_a", "ZSTD_b", "ZSTD_c", "deflate", "inflate"];
        let stacks: Vec<String> =
            names[..functions].iter().enumerate().map(|(n, name)| format!("main;way{n};{name}")).collect();
        let of = |count: u32| stacks.iter().map(|stack| (stack.as_str(), count)).collect::<Vec<_>>();
        asked(&of(500), &of(1080), budgets)
    };
    let entry = "[[accepted]]\nclass = 'compress'\nup_to = '3%'\nuntil = 2027-01-31\n";
    // One function by 2.9 points is; five of them together are not.
    let one = check(1, entry);
    assert_eq!((one.verdict.code, codes(&one)), (RowVerdict::Passed, vec![("ZSTD_a", RowVerdict::Accepted)]));
    let five = check(5, entry);
    assert_eq!((five.verdict.code, codes(&five).len()), (RowVerdict::Failed, 5));
    let text = &five.rules[0].rows[0].text;
    assert!(text.contains("accepted up to 3 % only, and all of compress grew by +1"), "{text}");
    // So it is where the class has a budget.
    let budget = "[[budget]]\nclass = 'compress'\nshare = '1%'\n".to_owned() + entry;
    assert_eq!(check(1, &budget).verdict.code, RowVerdict::Passed);
    assert_eq!(check(5, &budget).verdict.code, RowVerdict::Failed);
}

#[test]
fn what_is_accepted_of_functions_is_taken_off_a_class_and_a_path() {
    let check = |budgets: &str| {
        let stacks = |malloc, free| [("main;load;malloc", malloc), ("main;load;free", free)];
        asked(&stacks(500, 500), &stacks(1300, 700), budgets)
    };
    let accepted = |function: &str, up_to: &str| {
        format!("[[accepted]]\nfunction = '{function}'\nup_to = '{up_to}'\nuntil = 2027-01-31\n")
    };
    for (selector, name) in [("class = 'alloc'", "alloc"), ("path = '^load$'", "^load$")] {
        // The whole grew by 4.8 points, of which malloc has 3.8.
        let budget = format!("[[budget]]\n{selector}\nshare = '2%'\n");
        let of = |entries: &str| {
            let check = check(&(budget.clone() + entries));
            let row = check.rules[0].rows.iter().find(|row| row.function == name).unwrap().clone();
            (row.verdict, row.text, check.warnings.len())
        };
        assert_eq!(of("").0, RowVerdict::Failed);
        let (verdict, text, warnings) = of(&accepted("^malloc$", "5%"));
        assert_eq!((verdict, warnings), (RowVerdict::Accepted, 0), "{text}");
        assert!(text.contains(" points of it are accepted until 2027-01-31"), "{text}");
        // Up to one point of it, 3.8 are left.
        assert_eq!(of(&accepted("^malloc$", "1%")).0, RowVerdict::Failed);
        assert_eq!(of(&accepted("^free$", "5%")).0, RowVerdict::Failed);
        assert_eq!(of(&(accepted("^malloc$", "2%") + &accepted("^free$", "5%"))).0, RowVerdict::Accepted);
        // Two entries about one function are not two functions.
        assert_eq!(of(&(accepted("^malloc$", "2%") + &accepted("^mal", "2%"))).0, RowVerdict::Failed);
        let (verdict, text, _) = of(&accepted("^malloc$", "5%").replace("2027-01-31", "2026-01-31"));
        assert!(
            verdict == RowVerdict::Failed && text.contains("until 2026-01-31, which has passed"),
            "{text}"
        );
    }
}

#[test]
fn what_is_accepted_is_of_the_class_of_its_nearest_caller() {
    // 800 samples of 21,000 more in each: a function without a class of its own below one of hashes, and one below none.
    let of = |stack: &str, budgets: &str| {
        let check = asked(&[(stack, 500)], &[(stack, 1300)], budgets);
        let verdicts = check.rules.iter().flat_map(|rule| &rule.rows).map(|row| row.verdict);
        (verdicts.max(), check.warnings.len())
    };
    let budget = |selector: &str| format!("[[budget]]\n{selector}\nshare = '1%'\n");
    let entry = |selector: &str| format!("[[accepted]]\n{selector}\nuntil = 2027-01-31\nup_to = '5%'\n");
    let (failed, accepted) = (Some(RowVerdict::Failed), Some(RowVerdict::Accepted));
    for (stack, class, other) in
        [("main;load;crc32;mix", "hash", "own code"), ("main;load;mix", "own code", "hash")]
    {
        let (class, other) = (format!("class = '{class}'"), format!("class = '{other}'"));
        let path = "path = '^load$'";
        assert_eq!(of(stack, &budget(&class)).0, failed, "{class}");
        assert_eq!(of(stack, &(budget(&class) + &entry(path))), (accepted, 0), "{class}");
        assert_eq!(of(stack, &(budget(&class) + &entry(&class))), (accepted, 0), "{class}");
        assert_eq!(of(stack, &(budget(path) + &entry(&class))), (accepted, 0), "{class}");
        assert_eq!(of(stack, &(budget(path) + &entry(&other))), (failed, 1), "{class}");
        // The function by itself.
        assert_eq!(of(stack, &entry(&class)), (accepted, 0), "{class}");
        assert_eq!(of(stack, &entry(&other)), (failed, 1), "{class}");
    }
}

#[test]
fn an_accepted_class_is_what_is_of_it_in_a_region() {
    let check = |budgets: &str| {
        let text = |times: u32| {
            let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 500 + 10 * n)).collect();
            let part = |n: u32| {
                let samples = times * (60 + 10 * n);
                format!("main;price;part{n} {samples}\nmain;price;crc32;mix{n} {samples}\n")
            };
            let text = others + &(0..8).map(part).collect::<String>();
            read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
        };
        let asked = Some(Budgets::parse("x", budgets).unwrap());
        let options = CompareOptions { budgets: asked, ..CompareOptions::default() };
        let check = judged(&compare(&text(2), &text(3), &options).unwrap(), budgets);
        let rows = check.rules.iter().flat_map(|rule| &rule.rows);
        rows.map(|row| (row.kind, row.verdict, row.change_pct.round())).collect::<Vec<_>>()
    };
    let entry = |class: &str| format!("[[accepted]]\nclass = '{class}'\nuntil = 2027-01-31\n");
    // 760 samples of 22,890 of either class.
    let region = |verdict| vec![(What::Region, verdict, 7.0)];
    assert_eq!(check(""), region(RowVerdict::Failed));
    for class in ["own code", "hash"] {
        assert_eq!(check(&("default = '4%'\n".to_owned() + &entry(class))), region(RowVerdict::Accepted));
        assert_eq!(check(&("default = '3%'\n".to_owned() + &entry(class))), region(RowVerdict::Failed));
    }
    assert_eq!(check(&(entry("own code") + &entry("hash"))), region(RowVerdict::Accepted));
}

#[test]
fn parts_of_a_function_in_a_path_and_beside_it_are_accepted_together() {
    let check = |(load, save, free): (u32, u32, u32)| {
        let before = [("main;job;load;malloc", 600), ("main;job;save;malloc", 600), ("main;tidy;free", 600)];
        let after = [(before[0].0, load), (before[1].0, save), (before[2].0, free)];
        let budgets = "[[budget]]\npath = '^load$'\nshare = '50%'\n[[budget]]\nclass = 'alloc'\nshare = '2%'\n\
                       [[accepted]]\npath = '^job$'\nuntil = 2027-01-31\n";
        let check = asked(&before, &after, budgets);
        let row = check.rules[1].rows.iter().find(|row| row.kind == What::Class).unwrap();
        (row.verdict, row.change_pct.round())
    };
    // Three points in either.
    assert_eq!(check((1240, 1240, 600)), (RowVerdict::Accepted, 6.0));
    // What it shrank by beside the path is no growth that is accepted.
    assert_eq!(check((1440, 200, 1200)), (RowVerdict::Failed, 5.0));
}

#[test]
fn what_cannot_be_told_is_inconclusive() {
    // Too few samples for a budget of 1 %.
    let few = |parse: u32| {
        let text = format!("main;parse {parse}\nmain;render 30\nmain;sort 20\nmain;load 25\n");
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    };
    let small = compare(&few(30), &few(30), &CompareOptions::default()).unwrap();
    let check = judged(&small, "");
    assert_eq!(check.verdict.code, RowVerdict::Inconclusive);
    let default = check.rules.last().unwrap();
    assert!(default.text.contains("would not be found"), "{}", default.text);
    let named = judged(&small, "default = '100%'\n[[budget]]\nfunction = 'render'\nshare = '2%'\n");
    assert_eq!(codes(&named), [("render", RowVerdict::Inconclusive)]);
    assert_eq!(judged(&small, "default = '100%'").verdict.code, RowVerdict::Passed);
    // Evidence is unknown: amounts.
    let heap = |parse: u32| {
        let text = format!("main;parse {parse}000\nmain;render 31417\nmain;load 25111\n");
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    };
    let folded = crate::FoldedValues { unit: Some("bytes".to_owned()), period: None };
    let options = CompareOptions { folded, ..CompareOptions::default() };
    let amounts = |parse| judged(&compare(&heap(30), &heap(parse), &options).unwrap(), "");
    let doubled = amounts(60);
    assert_eq!(
        (doubled.verdict.code, codes(&doubled)),
        (RowVerdict::Inconclusive, vec![("parse", RowVerdict::Inconclusive)])
    );
    assert_eq!(amounts(30).verdict.code, RowVerdict::Passed);
    // Less evidence than the rule asks for.
    let rule = |least: u32| format!("[[budget]]\nfunction = 'parse'\nshare = '1%'\nmin_samples = {least}\n");
    assert_eq!(judged(&grown(), &rule(1900)).verdict.code, RowVerdict::Failed);
    let asked = judged(&grown(), &rule(1901));
    assert_eq!(asked.verdict.code, RowVerdict::Inconclusive);
    assert!(asked.rules[0].text.contains("1,900 samples"), "{}", asked.rules[0].text);
}

#[test]
fn a_path_is_all_that_stands_below_its_frames() {
    // Three points more below batch, two and a half below handle; and the same the other way round.
    let stacks = |batch, handle| {
        [
            ("main;batch;load;parse", batch),
            ("main;handle;load;parse", handle),
            ("main;handle;parse;parse", 300),
        ]
    };
    let of = |grown: (u32, u32), budgets: &str| {
        let check = asked(&stacks(600, 600), &stacks(600 + grown.0, 600 + grown.1), budgets);
        let rows = check.rules.iter().flat_map(|rule| &rule.rows);
        let points = |pct: f64| (2.0 * pct).round() / 2.0;
        let rows = rows.map(|row| (row.function.clone(), row.verdict, points(row.change_pct)));
        (rows.collect::<Vec<_>>(), warned(&check).len())
    };
    let row = |name: &str, verdict, points| (name.to_owned(), verdict, points);
    let (passed, failed) = (RowVerdict::Passed, RowVerdict::Failed);
    let handle = |share: &str| format!("[[budget]]\npath = '^handle$'\nshare = '{share}'\n");
    let named = |share: &str| format!("[[budget]]\nfunction = '^parse$'\nshare = '{share}'\n");
    // What is left of parse is judged as all else.
    let (one, other) = ((620, 520), (520, 620));
    assert_eq!(of(one, &handle("1%")).0, [row("^handle$", failed, 2.5), row("parse", failed, 3.0)]);
    assert_eq!(of(other, &handle("1%")).0, [row("^handle$", failed, 3.0), row("parse", failed, 2.5)]);
    assert_eq!(of(one, &handle("5%")).0, [row("^handle$", passed, 2.5), row("parse", failed, 3.0)]);
    assert_eq!(of((0, 520), &handle("5%")).0, [row("^handle$", passed, 2.5)]);
    assert_eq!(of((620, 0), &handle("1%")).0, [row("parse", failed, 3.0)]);
    // The first rule that is about a part of it counts.
    let two = handle("5%") + &named("2%");
    assert_eq!(of(one, &two).0, [row("^handle$", passed, 2.5), row("parse", failed, 3.0)]);
    let two = named("9%") + &handle("1%");
    assert_eq!(of(one, &two), (vec![row("parse", passed, 5.5)], 1));
    // A frame within another of the same path is counted once.
    assert_eq!(of((0, 520), &handle("1%").replace("^handle$", "handle|parse|load")).0.len(), 1);
}

#[test]
fn a_path_and_all_else_share_the_growth_of_a_region() {
    let check = |after: (u32, u32), budgets: &str| {
        let text = |(batch, handle): (u32, u32)| {
            let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 500 + 10 * n)).collect();
            let part = |n: u32| {
                let samples = 60 + 10 * n;
                format!(
                    "main;batch;price;part{n} {}\nmain;handle;price;part{n} {}\n",
                    batch * samples,
                    handle * samples
                )
            };
            let text = others + &(0..8).map(part).collect::<String>();
            read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
        };
        let asked = Some(Budgets::parse("x", budgets).unwrap());
        let options = CompareOptions { budgets: asked, ..CompareOptions::default() };
        let report = compare(&text((2, 2)), &text(after), &options).unwrap();
        let regions = report.plateaus.iter().filter(|row| row.kind == crate::plateau::Kind::Region);
        assert_eq!(regions.count(), 1, "{after:?}");
        let check = judged(&report, budgets);
        let rows = check.rules.iter().flat_map(|rule| &rule.rows);
        rows.map(|row| (row.kind, row.verdict, row.change_pct.round())).collect::<Vec<_>>()
    };
    let handle = |share: &str| format!("[[budget]]\npath = '^handle$'\nshare = '{share}'\n");
    let (path, region) = (What::Path, What::Region);
    let (passed, failed) = (RowVerdict::Passed, RowVerdict::Failed);
    // 760 samples of 22,890 either way.
    assert_eq!(check((3, 3), ""), [(region, failed, 7.0)]);
    assert_eq!(check((3, 3), &handle("9%")), [(path, passed, 3.0), (region, failed, 3.0)]);
    assert_eq!(check((2, 4), &handle("9%")), [(path, passed, 7.0)]);
    assert_eq!(check((2, 4), &handle("5%")), [(path, failed, 7.0)]);
    let accepted =
        |up_to: &str| format!("[[accepted]]\npath = '^handle$'\nuntil = 2027-01-31\nup_to = '{up_to}'\n");
    assert_eq!(check((2, 4), &accepted("9%")), [(region, RowVerdict::Accepted, 7.0)]);
    assert_eq!(check((2, 4), &accepted("5%")), [(region, failed, 7.0)]);
    assert_eq!(check((3, 3), &accepted("9%")), [(region, failed, 7.0)]);
}

#[test]
fn what_may_have_grown_is_inconclusive_whatever_else_is_certain() {
    // A part of 30 % in a capture of 15,500 samples, which may as well not have grown by a point and a half.
    let beside = |wobbly: u32, cached: u32| {
        let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 8 * (20 + n) + 1)).collect();
        let text = others + &format!("main;wobbly {wobbly}\nmain;cached {cached}\n");
        read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap()
    };
    let report = |after: &Capture| compare(&beside(4803, 2400), after, &CompareOptions::default()).unwrap();
    for cached in [2400, 481] {
        let report = report(&beside(5040, cached));
        let is_cached = |row: &Plateau| row.function == "cached" && row.tier == Tier::Shrank;
        assert_eq!(report.plateaus.iter().any(is_cached), cached == 481);
        assert_eq!(report.plateaus.iter().any(|row| row.function == "wobbly"), cached == 2400);
        let check = judged(&report, "");
        assert!(
            codes(&check).contains(&("wobbly", RowVerdict::Inconclusive)),
            "{cached}: {:?}",
            codes(&check)
        );
        assert_eq!(check.verdict.code, RowVerdict::Inconclusive, "{cached}");
    }
    // Seven of them, and no more than five have rows.
    let many = |more: u32| {
        let others: String = (0..30).map(|n| format!("main;other{n} {}\n", 90 + n)).collect();
        let doubtful: String = (0..7).map(|n| format!("main;doubtful{n} {}\n", 100 + more)).collect();
        read_bytes("x", (others + &doubtful).as_bytes(), &ReadOptions::default()).unwrap()
    };
    let report = compare(&many(0), &many(8), &CompareOptions::default()).unwrap();
    let listed = report.plateaus.iter().filter(|row| row.function.starts_with("doubtful")).count();
    let check = judged(&report, "default = '0.01%'");
    let told = codes(&check).iter().filter(|(name, _)| name.starts_with("doubtful")).count();
    assert_eq!((listed, told), (5, 7));
}

#[test]
fn a_function_that_a_row_of_its_caller_tells_is_judged_by_a_rule_that_names_it() {
    let stacks = |times: u32| {
        [
            ("main;quote;price", 300 * times),
            ("main;quote;price;risk", 250 * times),
            ("main;quote;price;curve", 200 * times),
            ("main;quote;price;rate", 220 * times),
        ]
    };
    let scaled = report(&stacks(1), &stacks(2));
    let regions: Vec<&str> = scaled
        .plateaus
        .iter()
        .filter(|row| row.kind == crate::plateau::Kind::Region)
        .map(|row| row.function.as_str())
        .collect();
    assert!(!regions.is_empty() && scaled.plateaus.iter().all(|row| row.function != "risk"), "{regions:?}");
    // The row speaks for all of them: they are not counted twice.
    let all = codes(&judged(&scaled, "")).len();
    assert_eq!(all, scaled.plateaus.iter().filter(|row| row.tier == Tier::Grew).count());
    let named = judged(&scaled, "[[budget]]\nfunction = '^risk$'\nshare = '0.5%'\n");
    assert!(codes(&named).contains(&("risk", RowVerdict::Failed)), "{:?}", codes(&named));
}

#[test]
fn amounts_per_unit_need_work_of_their_kind() {
    let report = grown();
    let check = |text: &str, work| {
        let budgets = Budgets::parse("b.toml", text).unwrap();
        let options =
            CheckOptions { today: "2026-11-28".parse().unwrap(), inconclusive: Inconclusive::Pass, work };
        super::check(&report, &budgets, &options).map(|_| ()).unwrap_err().to_string()
    };
    let rule = |per_unit: &str| format!("\n[[budget]]\nfunction = 'f'\nper_unit = {per_unit}\n");
    assert!(
        check(&rule("5"), None)
            .starts_with("b.toml:2: per_unit = \"5\" needs units of work; give --scale work=")
    );
    // Values in megabytes are memory.
    let folded = crate::FoldedValues { unit: Some("megabytes".to_owned()), period: None };
    let options = CompareOptions { folded, ..CompareOptions::default() };
    let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
    let heap = compare(
        &read("main;parse 3000\nmain;load 4111\n"),
        &read("main;parse 9000\nmain;load 4111\n"),
        &options,
    )
    .unwrap();
    let limited = |per_unit: &str| {
        let check = judged(&heap, &rule(per_unit).replace("'f'", "'parse'"));
        check.rules[0].rows.iter().map(|row| row.verdict).collect::<Vec<_>>()
    };
    // 6,000 MiB more in 1,000 units of work, of amounts whose evidence is unknown.
    assert_eq!(limited("'5MiB'"), [RowVerdict::Inconclusive]);
    assert_eq!(limited("'7MiB'"), []);
    let other = check(&rule("'50us'"), Some(10.0));
    assert!(other.contains("no amount of what was measured, which is samples in count"), "{other}");
}
