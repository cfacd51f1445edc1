//! Inputs that once made a reader panic, lose a record in silence or depend on chunks, found by the fuzz targets.
//!
//! `regressions/FORMAT/` holds inputs of a reader, `regressions/container/` those that are recognised,
//! `regressions/archive/` archives.

#[path = "common/check.rs"]
mod check;
#[path = "common/check_archive.rs"]
mod check_archive;

use analyzer_formats::format_named;
use std::path::Path;

#[test]
fn what_once_failed_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let target = entry.expect("the entry can be read").path();
        let name = target.file_name().and_then(|name| name.to_str()).expect("a name");
        let from = format_named(name).map(|format| format.name());
        assert!(from.is_some() || ["container", "archive", "sinks"].contains(&name), "{name} is a format");
        for entry in std::fs::read_dir(&target).expect("the folder can be listed") {
            let bytes = std::fs::read(entry.expect("the entry can be read").path()).expect("readable");
            match name {
                "archive" => drop(check_archive::check_archive(&bytes)),
                _ => drop(check::check(&bytes, from)),
            }
            inputs += 1;
        }
    }
    assert!(inputs > 0);
}
