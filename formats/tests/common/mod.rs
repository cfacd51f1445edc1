//! Where the shared captures are, for tests that check against real files of many tools.

use std::io::Write;
use std::path::{Path, PathBuf};

/// The folder of captures that `PLATEAU_CAPTURES` names, or else `shared/captures` in or beside a folder above this
/// one. Says so when there is none.
pub(crate) fn captures() -> Option<PathBuf> {
    let named = std::env::var_os("PLATEAU_CAPTURES").map(PathBuf::from);
    let above = || {
        let ancestors = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        ancestors.map(|folder| folder.join("shared/captures")).find(|folder| folder.is_dir())
    };
    let found = named.or_else(above).filter(|folder| folder.is_dir());
    if found.is_none() {
        // Not with println, whose text is shown of failed tests only: a skipped check has to be seen.
        let line = "skipped: no shared captures here; PLATEAU_CAPTURES can name their folder";
        writeln!(std::io::stderr(), "{line}").expect("the line can be written");
    }
    found
}

/// Every file in a folder and below it, by path.
#[allow(dead_code, reason = "not every test looks at whole folders")]
pub(crate) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("the folder can be listed") {
            let path = entry.expect("the entry can be read").path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    files
}
