//! What shells and `man` are told about the command line: every shell's own reader takes the script, `man` takes the pages.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod common;

use common::{fails, plateau, scratch, with_input};
use std::fs;
use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs another program with this input; without it, or where it is absent, nothing, and a line says so.
fn other(program: &str, args: &[&str], input: &str) -> Option<Output> {
    let child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: no {program} here");
        return None;
    };
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    Some(child.wait_with_output().unwrap())
}

/// The commands that `--help` lists.
fn commands() -> Vec<String> {
    let help = plateau(&["--help"]).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let named = listed.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with(' '));
    let commands: Vec<String> =
        named.map(|line| line.split(' ').next().unwrap().to_owned()).filter(|name| name != "help").collect();
    assert!(commands.iter().any(|name| name == "diff"), "{help}");
    commands
}

#[test]
fn completions_are_read_by_their_shells() {
    for (shell, check) in [
        ("bash", &["-n", "/dev/stdin"][..]),
        ("zsh", &["-n", "/dev/stdin"]),
        ("fish", &["--no-execute", "/dev/stdin"]),
        ("powershell", &[]),
        ("elvish", &[]),
    ] {
        let run = plateau(&["completions", shell]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{shell}");
        for command in commands() {
            assert!(run.stdout.contains(&command), "{shell} completes {command}");
        }
        if check.is_empty() {
            continue;
        }
        if let Some(read) = other(shell, check, &run.stdout) {
            assert!(read.status.success(), "{shell}: {}", String::from_utf8_lossy(&read.stderr));
            assert_eq!(read.stderr, b"", "{shell}");
        }
    }
}

#[test]
fn bash_completes_a_command_and_a_value() {
    let script = plateau(&["completions", "bash"]).stdout;
    let completes = |words: &str| {
        let ask = format!(
            "{script}\nCOMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _plateau plateau \
             \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; echo \"${{COMPREPLY[@]}}\""
        );
        let said = other("bash", &["--norc"], &ask)?;
        assert_eq!(String::from_utf8_lossy(&said.stderr), "");
        Some(String::from_utf8(said.stdout).unwrap().trim().to_owned())
    };
    let Some(command) = completes("plateau comp") else { return };
    assert_eq!(command, "completions");
    assert_eq!(completes("plateau baseline up").unwrap(), "update");
    assert_eq!(completes("plateau show --by to").unwrap(), "total");
    assert_eq!(completes("plateau nonsense").unwrap(), "");
}

#[test]
fn there_is_a_page_for_every_command_and_man_takes_it() {
    let folder = scratch();
    let pages = folder.path().join("share/man1");
    let run = plateau(&["man", "-o", &pages.display().to_string()]);
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let mut names: Vec<String> = fs::read_dir(&pages)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    for command in commands() {
        assert!(names.contains(&format!("plateau-{command}.1")), "{command}: {names:?}");
    }
    assert!(names.contains(&"plateau.1".to_owned()));
    assert!(names.contains(&"plateau-baseline-build.1".to_owned()));
    for name in &names {
        let page = fs::read_to_string(pages.join(name)).unwrap();
        let words: Vec<&str> = name.strip_suffix(".1").unwrap().split('-').skip(1).collect();
        assert!(plateau(&[&["man"], &words[..]].concat()).stdout == page, "{name} is what is printed, too");
        let path = pages.join(name).display().to_string();
        if let Some(read) = other("man", &["--warnings", "-P", "cat", "-l", &path], "") {
            assert!(read.status.success(), "{name}: {}", String::from_utf8_lossy(&read.stderr));
            assert_eq!(String::from_utf8_lossy(&read.stderr), "", "{name}");
        }
    }
    let page = with_input(&["man", "show"], b"").stdout;
    // Examples stand in lines of their own.
    let examples = page.split(".SH EXAMPLES\n.nf\n").nth(1).unwrap();
    assert!(examples.starts_with("  plateau show \\-\\-by total cpu.pb.gz\n"), "{examples}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let folder = scratch();
    let file = folder.path().join("file");
    fs::write(&file, "kept").unwrap();
    let file = file.display().to_string();
    fails(&plateau(&["man", "-o", &file]), 2, &["file: cannot be made"]);
    assert_eq!(fs::read_to_string(&file).unwrap(), "kept");
    fails(&plateau(&["man", "nonsense"]), 2, &["nonsense", "expected a command of plateau", "diff"]);
    fails(&plateau(&["man", "diff", "more"]), 2, &["more", "plateau diff has no commands"]);
    assert_eq!(plateau(&["completions", "tcsh"]).code, 2);
}
