//! What `plateau batch` makes of captures that cannot be read, are read in part, or cannot be compared.

mod common;

use common::folders::{capture, contents, folders, manifest, rows, text, write};
use common::{fails, plateau, scratch, with_input};
use serde_json::Value;
use std::io::Write;
use std::path::Path;

#[cfg(unix)]
#[test]
fn whatever_fails_is_a_row_and_all_others_are_right() {
    use std::os::unix::fs::symlink;
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 6);
    let gzip = |text: &str| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text.as_bytes()).expect("packed");
        encoder.finish().expect("packed")
    };
    let bad: [(&str, Vec<u8>, &str); 5] = [
        ("empty.pb.gz", Vec::new(), "empty"),
        ("cut.pb.gz", gzip(&capture(1, 0))[..15].to_vec(), "truncated"),
        ("notes.pdf", b"%PDF-1.7 \x00\x01\x02".to_vec(), "unknown_format"),
        ("bomb.gz", gzip(&"main;work 1\n".repeat(400_000)), "too_large"),
        ("corrupt.gz", [&gzip("")[..10], &[0xff; 40]].concat(), "bad_gzip"),
    ];
    for (name, bytes, _) in &bad {
        write(&before.join(name), capture(1, 0));
        write(&after.join(name), bytes);
    }
    assert!(std::process::Command::new("mkfifo").arg(after.join("fifo")).status().expect("mkfifo").success());
    symlink(&after, after.join("api/loop")).expect("a link");
    symlink("nowhere", after.join("dangling")).expect("a link");
    symlink(after.join("api/h1.folded"), after.join("latest")).expect("a link");
    let inputs = |folder: &Path| {
        let listed = std::process::Command::new("find").arg(folder).args(["-ls"]).output().expect("find");
        String::from_utf8_lossy(&listed.stdout).into_owned()
    };
    let listed = inputs(scratch.path());
    // Beside the inputs, of which the listing must stay the same.
    let beside = common::scratch();
    let out = beside.path().join("out");
    let args = ["batch", text(&before), text(&after), "-o", text(&out), "--max-unpacked", "1000000"];
    let run = plateau(&args);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("7 files or pairs failed, and --max-failed allows 0"), "{}", run.stderr);
    assert!(run.stderr.contains("leads around in a circle"), "{}", run.stderr);
    assert_eq!(inputs(scratch.path()), listed, "inputs are not touched");
    let rows = rows(&out);
    let compared: Vec<&Value> = rows.iter().filter(|row| row["status"] == "ok").collect();
    assert_eq!((compared.len(), &compared[0]["pair"]), (6, &Value::from("api/h2.folded")));
    let expected = bad.iter().map(|(name, _, code)| (*name, *code));
    for (name, code) in expected.chain([("fifo", "not_a_file"), ("dangling", "unreadable")]) {
        let row =
            rows.iter().find(|row| row["error"]["file"].as_str().is_some_and(|file| file.ends_with(name)));
        let row = row.unwrap_or_else(|| panic!("no row of {name}"));
        assert_eq!(
            (&row["status"], &row["error"]["code"]),
            (&Value::from("quarantined"), &Value::from(code)),
            "{name}"
        );
    }
    assert_eq!(manifest(&out)["passed_over"].as_array().map(Vec::len), Some(2));
    let run = plateau(&[&args[..], &["--max-failed", "7"]].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
}

#[test]
fn what_is_missing_of_a_capture_is_told_with_its_place() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 3);
    let mut damaged = capture(3, 0);
    damaged.insert_str(0, "main;serve;parse many\n");
    write(&after.join("api/h0.folded"), damaged);
    // Of this one too little is left to be compared.
    write(&after.join("api/h1.folded"), "main;serve;parse many\n");
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out)]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("\nread in part: ") && run.stdout.contains("\nnot read: "), "{}", run.stdout);
    let rows = rows(&out);
    let row = |name: &str| rows.iter().find(|row| row["pair"] == name).expect("a row");
    let loss = &row("api/h0.folded")["losses"][0];
    assert_eq!(row("api/h0.folded")["status"], "partial");
    assert_eq!(&row("api/h0.folded")["error"], loss);
    assert_eq!(
        (&loss["code"], &loss["byte"], &loss["side"]),
        (&"count_unread".into(), &0.into(), &"after".into())
    );
    assert!(loss["text"].as_str().expect("words").starts_with("1 of 9 records left out: "), "{loss}");
    let failed = &row("api/h1.folded")["failed"][0];
    assert_eq!(row("api/h1.folded")["status"], "quarantined");
    assert!(failed["file"].as_str().expect("a file").ends_with("h1.folded"), "{failed}");
    let counts = &manifest(&out)["counts"];
    assert_eq!((&counts["in_part"], &counts["failed"]), (&1.into(), &1.into()));
    let files = contents(&out);
    for index in ["index.html", "index.md"] {
        assert!(String::from_utf8_lossy(&files[index]).contains("Read in part"), "{index}");
    }
}

#[test]
fn one_file_that_fails_is_counted_and_told_once() {
    let scratch = scratch();
    let hosts = scratch.path().join("hosts");
    for host in 0..20 {
        write(&hosts.join(format!("api/h{host}.folded")), capture(host, 0));
    }
    write(&hosts.join("api/h7.folded"), "");
    let out = scratch.path().join("out");
    let args =
        ["batch", "--outliers", text(&hosts), "-o", text(&out), "--report", "none", "--max-failed", "1"];
    let run = plateau(&args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert_eq!(run.stdout.matches("not read: ").count(), 1, "{}", run.stdout);
    let counts = &manifest(&out)["counts"];
    assert_eq!((&counts["files"], &counts["failed"], &counts["rows"]), (&20.into(), &1.into(), &20.into()));
    let page = String::from_utf8(contents(&out)["index.html"].clone()).expect("text");
    assert_eq!(page.matches("<td class=\"long code function\">").count(), 1);
}

#[test]
fn one_odd_capture_does_not_spoil_its_group() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    let perf = |event: &str, seed: u64| -> String {
        let sample = |at: u64| format!("app 1 {at}.0: 1 {event}: \n\t1 f{} (/app)\n\n", (at * 7 + seed) % 5);
        (0..400).map(sample).collect()
    };
    for pod in ["bcdfg", "hjklm"] {
        write(&before.join(format!("api-{pod}.perf")), perf("cpu-clock", 1));
        write(
            &after.join(format!("api-{pod}x.perf").replace("bcdfgx", "vwxzb").replace("hjklmx", "zxwvt")),
            perf("cpu-clock", 2),
        );
    }
    write(&before.join("api-nnnnn.perf"), perf("kmem:kmalloc", 3));
    let out = scratch.path().join("out");
    let args =
        ["batch", text(&before), text(&after), "-o", text(&out), "--report", "none", "--max-failed", "1"];
    let run = plateau(&args);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let row = &rows(&out)[0];
    assert_eq!((&row["status"], row["before"].as_array().map(Vec::len)), (&"partial".into(), Some(3)));
    assert_eq!(row["failed"][0]["code"], "no_common_value_type");
    assert!(row["failed"][0]["text"].as_str().expect("words").contains("kmem:kmalloc"), "{row}");
}

#[test]
fn why_a_pair_is_not_compared_is_told_beside_what_is_missing() {
    let scratch = scratch();
    let base = scratch.path().join("base.folded");
    write(&base, format!("main;serve;parse many\n{}", capture(1, 0)));
    write(&scratch.path().join("a.folded"), capture(2, 0));
    write(&scratch.path().join("b.folded"), "other;thing 3000\nother;else 3000\n");
    let (a, b) = (scratch.path().join("a.folded"), scratch.path().join("b.folded"));
    let lines = format!("{0}\t{1}\n{0}\t{2}\n", text(&base), text(&a), text(&b));
    let out = scratch.path().join("out");
    let run =
        with_input(&["batch", "--files-from", "-", "-o", text(&out), "--report", "none"], lines.as_bytes());
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let counts = &manifest(&out)["counts"];
    assert_eq!(
        (&counts["in_part"], &counts["failed"], &counts["quarantined"]),
        (&1.into(), &1.into(), &1.into())
    );
    let index = String::from_utf8(contents(&out)["index.md"].clone()).expect("text");
    assert!(index.contains("measured in both") && index.contains("### Read in part"), "{index}");
}

#[test]
fn what_cannot_be_compared_is_counted_as_a_pair() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    let perf = |event: &str| -> String {
        (0..400).map(|at| format!("app 1 {at}.0: 1 {event}: \n\t1 f{} (/app)\n\n", at % 5)).collect()
    };
    write(&before.join("api.perf"), perf("cpu-clock"));
    write(&after.join("api.perf"), perf("kmem:kmalloc"));
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("1 file or pair failed, and --max-failed allows 0"), "{}", run.stderr);
    let row = &rows(&out)[0];
    assert_eq!(
        (&row["status"], &row["error"]["code"]),
        (&"quarantined".into(), &"no_common_value_type".into()),
        "{row}"
    );
}

#[test]
fn what_a_corrupt_container_holds_is_no_ground_for_a_verdict() {
    let scratch = scratch();
    let (before, after) = folders(scratch.path(), 3);
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(capture(3, 0).as_bytes()).expect("packed");
    let mut packed = encoder.finish().expect("packed");
    let checksum = packed.len() - 8;
    packed[checksum] ^= 1;
    write(&after.join("api/h0.folded"), &packed);
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 3, "{}{}", run.stdout, run.stderr);
    let rows = rows(&out);
    let row = rows.iter().find(|row| row["pair"] == "api/h0.folded").expect("a row");
    assert_eq!((&row["status"], &row["error"]["code"]), (&"quarantined".into(), &"bad_gzip".into()));
    assert!(row["error"]["byte"].is_u64(), "{row}");
    let (whole, corrupt) = (before.join("api/h0.folded"), after.join("api/h0.folded"));
    let file = scratch.path().join("made.folded");
    for args in [
        &["check", text(&whole), text(&corrupt)][..],
        &["merge", text(&whole), text(&corrupt), "-o", text(&file)],
        &["baseline", "build", text(&corrupt), "-o", text(&file)],
    ] {
        fails(&plateau(args), 2, &["h0.folded: ", "gzip data corrupt", "may be wrong"]);
        assert!(!file.exists());
    }
    assert_eq!(plateau(&["diff", text(&whole), text(&corrupt)]).code, 0, "told, and compared");
}

#[test]
fn the_same_bytes_are_no_second_replicate() {
    let scratch = scratch();
    let (before, after) = (scratch.path().join("before"), scratch.path().join("after"));
    for host in 0..3 {
        write(&before.join(format!("web-{host}.folded")), capture(1, 0));
        write(&after.join(format!("web-{}.folded", host + 5)), capture(2 + host, 0));
    }
    let out = scratch.path().join("out");
    let run = plateau(&["batch", text(&before), text(&after), "-o", text(&out), "--report", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let row = &rows(&out)[0];
    let codes: Vec<&Value> =
        row["losses"].as_array().expect("losses").iter().map(|loss| &loss["code"]).collect();
    assert_eq!(codes, ["same_file", "same_file"], "{row}");
}
