//! `plateau baseline`: built of any number of captures in the memory of a few, and refused where it was damaged.

mod common;

use common::{fails, plateau, scratch};
use std::fs;

/// A build must not hold its captures: so many take more than the limit, and a few of them much less.
#[cfg(target_os = "linux")]
#[test]
fn a_build_takes_the_memory_of_a_few_captures() {
    use std::fmt::Write;
    let scratch = scratch();
    let names: Vec<String> = (1..151)
        .map(|number| {
            let mut text = String::new();
            for stack in 0..4500 {
                let part = |k: u32| format!("function_{}_at_{k}", (stack * 31 + k * 17) % 29);
                let parts: Vec<String> = (0..6).map(part).collect();
                let count = stack * 7 % 100 + number;
                writeln!(text, "{};leaf{stack} {count}", parts.join(";")).expect("text");
            }
            let path = scratch.path().join(format!("{number}.folded"));
            fs::write(&path, text).expect("a file");
            path.display().to_string()
        })
        .collect();
    let out = scratch.path().join("base.json");
    // 45 MB of private memory that can be written.
    let run = std::process::Command::new("bash")
        .args(["-c", "ulimit -d 45000; exec \"$@\"", "bash", env!("CARGO_BIN_EXE_plateau")])
        .args(["baseline", "build", "-o"])
        .arg(&out)
        .args(&names)
        .env("RAYON_NUM_THREADS", "2")
        .output()
        .expect("bash");
    assert!(run.status.success(), "{run:?}");
    let shown = plateau(&["baseline", "show", &out.display().to_string()]);
    assert!(shown.stdout.contains(": 150 captures"), "{}", shown.stdout);
}

#[test]
fn a_damaged_file_is_refused_with_the_place() {
    let scratch = scratch();
    let path = |name: &str| scratch.path().join(name).display().to_string();
    let (capture, base, damaged) = (path("a.folded"), path("base.json"), path("damaged.json"));
    fs::write(&capture, "main;parse 30\nmain;render 10\n").expect("a file");
    assert_eq!(plateau(&["baseline", "build", &capture, "-o", &base]).code, 0);
    let whole = fs::read_to_string(&base).expect("a file");
    for (from, to, words) in [
        ("[1,30,30]", "[9,30,30]", "values[0].rows[0]: expected a stack, found 9"),
        ("[1,30,30]", "[1,30,31]", "spread[0].samples: expected the samples of all rows"),
        ("[1,30,30]", "[1,30", "line 1 column"),
        ("baseline/1", "baseline/2", "a later version of plateau wrote it"),
    ] {
        let edited = whole.replacen(from, to, 1);
        assert_ne!(edited, whole, "{from} in {whole}");
        fs::write(&damaged, edited).expect("a file");
        fails(&plateau(&["baseline", "show", &damaged]), 2, &[&damaged, words]);
    }
}
