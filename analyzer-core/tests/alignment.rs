//! What differs between two builds and is no change: wrappers, inlining, arguments of templates, cut stacks. What they take
//! is the same, so nothing grew, and the tree of both is that of one build.

use analyzer_core::plateau::Tier;
use analyzer_core::report::Report;
use analyzer_core::{CompareOptions, compare};
use analyzer_formats::{ReadOptions, read_bytes};

/// A program of three services; `scale` in tenths is how long it was recorded. Each handler has helpers of its own.
fn program(scale: u32) -> Vec<(Vec<String>, u32)> {
    let mut stacks = Vec::new();
    for service in 0..3u32 {
        for handler in 0..8 {
            let place =
                ["main".to_owned(), format!("service{service}"), format!("handler{service}_{handler}<int>")];
            for helper in 0..4 {
                let count = 40 + 17 * ((5 * service + 3 * handler + 7 * helper) % 11);
                let leaf = [format!("helper{handler}_{helper}")];
                stacks.push(([&place[..], &leaf].concat(), count * scale / 10));
            }
            stacks.push((place.to_vec(), (60 + 9 * handler) * scale / 10));
        }
    }
    stacks
}

/// The same with every stack changed.
fn changed(stacks: &[(Vec<String>, u32)], change: impl Fn(&mut Vec<String>)) -> Vec<(Vec<String>, u32)> {
    let mut stacks = stacks.to_vec();
    stacks.iter_mut().for_each(|(frames, _)| change(frames));
    stacks
}

fn text(stacks: &[(Vec<String>, u32)]) -> String {
    stacks.iter().map(|(frames, count)| format!("{} {count}\n", frames.join(";"))).collect()
}

fn diff_with(before: &str, after: &str, options: &CompareOptions) -> Report {
    let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).expect("folded text");
    compare(&read(before), &read(after), options).expect("both count samples")
}

/// Both ways round, since nothing may depend on which is before.
fn diffs(one: &str, other: &str) -> [Report; 2] {
    let options = CompareOptions::default();
    [diff_with(one, other, &options), diff_with(other, one, &options)]
}

fn certain(report: &Report) -> Vec<&str> {
    let rows = report.plateaus.iter().filter(|row| matches!(row.tier, Tier::Grew | Tier::Shrank));
    rows.map(|row| row.function.as_str()).collect()
}

#[test]
fn a_wrapper_is_no_growth_and_no_distance() {
    let (before, after) = (program(10), program(13));
    let wrapped = changed(&after, |frames| frames.insert(2, "guarded".to_owned()));
    let plain = diffs(&text(&before), &text(&after));
    for (plain, report) in plain.iter().zip(diffs(&text(&before), &text(&wrapped))) {
        assert_eq!(certain(&report), [] as [&str; 0]);
        assert_eq!(report.verdict.distance_pct, plain.verdict.distance_pct);
        let inserted = &report.alignment.as_ref().expect("it is told").inserted;
        assert_eq!(inserted.len(), 1);
        assert_eq!(inserted[0].function, "guarded");
    }
    let options = CompareOptions { wrappers: false, ..CompareOptions::default() };
    let apart = diff_with(&text(&before), &text(&wrapped), &options);
    assert!(apart.verdict.distance_pct > Some(90.0) && apart.alignment.is_none());
}

#[test]
fn a_wrapper_does_not_hide_what_grew_below_it() {
    let before = program(10);
    let mut after = changed(&program(13), |frames| frames.insert(2, "guarded".to_owned()));
    for (frames, count) in &mut after {
        if frames.last().is_some_and(|leaf| leaf == "helper3_2") {
            *count *= 2;
        }
    }
    assert_eq!(certain(&diff_with(&text(&before), &text(&after), &CompareOptions::default())), ["helper3_2"]);
}

#[test]
fn an_inlined_function_is_no_growth() {
    let before = program(200);
    let inlined = changed(&program(260), |frames| {
        if frames.last().is_some_and(|leaf| leaf == "helper2_1" || leaf == "helper5_3") {
            frames.pop();
        }
    });
    for report in diffs(&text(&before), &text(&inlined)) {
        assert_eq!(certain(&report), [] as [&str; 0]);
        let rows = &report.alignment.as_ref().expect("it is told").inlined;
        // Each into the handlers of three services.
        let functions: Vec<&str> = rows.iter().map(|row| row.function.as_str()).collect();
        assert_eq!(functions, ["helper2_1", "helper2_1", "helper2_1", "helper5_3", "helper5_3", "helper5_3"]);
    }
}

#[test]
fn other_template_arguments_are_no_change() {
    let (before, after) = (program(10), program(10));
    let after =
        changed(&after, |frames| frames.iter_mut().for_each(|name| *name = name.replace("<int>", "<long>")));
    for report in diffs(&text(&before), &text(&after)) {
        assert!(report.plateaus.is_empty());
        assert_eq!(report.verdict.distance_pct, Some(0.0));
    }
}

#[test]
fn stacks_cut_at_different_depths_are_the_same() {
    let deep = |stacks: Vec<(Vec<String>, u32)>, limit: usize| {
        changed(&stacks, |frames| {
            let leaf = frames.pop().expect("a stack has a leaf");
            let times = 37 * leaf.bytes().map(usize::from).sum::<usize>() % 150;
            frames.extend((0..times).map(|level| ["walk", "visit", "descend"][level % 3].to_owned()));
            frames.push(leaf);
            frames.drain(..frames.len().saturating_sub(limit));
        })
    };
    for (one, other) in [(64, 127), (32, 64), (128, 1000)] {
        let before = deep(program(10), one);
        let after = deep(program(13), other);
        let plain = diffs(&text(&program(10)), &text(&program(13)));
        for (plain, report) in plain.iter().zip(diffs(&text(&before), &text(&after))) {
            assert_eq!(certain(&report), [] as [&str; 0], "{one} {other}");
            assert!(report.verdict.distance_pct <= plain.verdict.distance_pct);
            assert_eq!(report.alignment.as_ref().expect("it is told").compared_depth, Some(one as u32));
        }
    }
}

#[test]
fn the_order_of_samples_does_not_matter() {
    let before = text(&program(200));
    let wrapped = changed(&program(260), |frames| {
        if frames.last().is_some_and(|leaf| leaf == "helper2_1") {
            frames.pop();
        }
        frames.iter_mut().for_each(|name| *name = name.replace("<int>", "<long>"));
        frames.insert(1, "guarded".to_owned());
    });
    let after = text(&wrapped);
    let reversed = |text: &str| text.lines().rev().map(|line| format!("{line}\n")).collect::<String>();
    let options = CompareOptions::default();
    let told = |before: &str, after: &str| {
        let report = diff_with(before, after, &options);
        let alignment = serde_json::to_string(&report.alignment).expect("an alignment is JSON");
        let rows = serde_json::to_string(&report.plateaus).expect("rows are JSON");
        (alignment, rows, report.verdict.distance_pct)
    };
    let first = told(&before, &after);
    assert!(first.0.contains("guarded") && first.0.contains("helper2_1") && first.0.contains("<long>"));
    assert_eq!(first, told(&reversed(&before), &reversed(&after)));
}
