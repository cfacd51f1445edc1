use super::*;
use crate::spans::TraceValue;
use analyzer_formats::{ReadOptions, read_bytes};

fn single(text: &str) -> Single {
    let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
    let capture = read_bytes("x", text.as_bytes(), &options).unwrap();
    Single::new(&capture, None, TraceValue::CriticalPath).unwrap()
}

const SHOWN: Shown = Shown { most: 30, least_share: 0.005 };

fn screen(width: usize) -> Screen {
    Screen { width, color: false, boxes: true }
}

fn tree_text(text: &str, screen: Screen) -> String {
    let mut out = Vec::new();
    tree(&single(text), SHOWN, screen, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn peek_text(text: &str, reach: Reach, screen: Screen) -> String {
    let mut out = Vec::new();
    let pattern = Regex::new("^parse$").unwrap();
    peek(&single(text), (&pattern, reach), SHOWN, screen, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

const TEXT: &str = "main;run;handle;parse;number 20\nmain;run;handle;parse 50\nmain;run;handle;render 25\n\
    main;run;log 3\nmain;batch;parse 1\nparse 1\n";

#[test]
fn a_tree_is_drawn() {
    let text = "\
total           self
   99  99.0 %                 main
   98  98.0 %                 ├ run
   95  95.0 %                 │ ├ handle
   70  70.0 %     50  50.0 %  │ │ ├ parse
   20  20.0 %     20  20.0 %  │ │ │ > number
   25  25.0 %     25  25.0 %  │ │ └ render
    3   3.0 %      3   3.0 %  │ └ log
    1   1.0 %      1   1.0 %  └ batch > parse
    1   1.0 %      1   1.0 %  parse
";
    assert_eq!(tree_text(TEXT, screen(100)), text);
    let ascii = tree_text(TEXT, Screen { boxes: false, ..screen(100) });
    assert!(ascii.is_ascii());
    assert!(ascii.contains("| | |-parse\n") && ascii.contains("` batch > parse\n"), "{ascii}");
}

#[test]
fn a_function_stands_between_its_callers_and_callees() {
    let direct = peek_text(TEXT, Reach::Direct, screen(100));
    let text = "\
total           self
    1   1.4 %                 ┌ (no caller)
    1   1.4 %                 ├ batch
   70  97.2 %                 ├ handle
   72 100.0 %     52  72.2 %  parse  (72.0 % of all)
   20  27.8 %     20  27.8 %  └ number
";
    assert_eq!(direct, text);
    let stacks = peek_text(TEXT, Reach::Stacks, screen(100));
    assert!(stacks.contains("├ batch < main\n") && stacks.contains("├ handle < run < main\n"), "{stacks}");
}

/// Sums the totals of the lines of the first level.
#[test]
fn narrow_screens_are_never_exceeded() {
    let deep: String =
        (0..300).map(|depth| format!("{} 9\n", "解析する関数::e\u{301};工場🦀".repeat(depth + 1))).collect();
    let long = format!("{};parse;{} 5\n", "very::long::name::".repeat(20), "x".repeat(300));
    for text in [TEXT, &deep, &long] {
        for width in [40, 60, 80, 100, 200] {
            for boxes in [true, false] {
                let screen = Screen { boxes, ..screen(width) };
                let printed = tree_text(text, screen) + &peek_text(text, Reach::Stacks, screen);
                for line in printed.lines() {
                    assert!(line.width() <= width, "{} in {width}: {line}", line.width());
                }
            }
        }
    }
}

#[test]
fn a_chain_keeps_its_ends_and_counts_the_rest() {
    let text = format!("first;{}last 5\n", (0..60).map(|at| format!("frame{at};")).collect::<String>());
    let printed = tree_text(&text, screen(60));
    let line = printed.lines().nth(1).unwrap();
    assert!(line.contains("first > ..") && line.ends_with("> frame59 > last"), "{line}");
    let left: usize = line.split("..").nth(1).unwrap().parse().unwrap();
    assert_eq!(left + line.matches("frame").count(), 60);
}

#[test]
fn ten_thousand_frames_are_readable() {
    let mut text = String::new();
    for depth in (0..10_000).step_by(10) {
        text += &format!("main{} 1\n", ";f".repeat(depth));
    }
    let printed = tree_text(&text, screen(100));
    assert!(printed.lines().count() < 70, "{printed}");
    assert!(printed.contains(".. "), "{printed}");
}
