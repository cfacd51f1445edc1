//! Where the shared captures are, for tests that check against them.

use std::path::{Path, PathBuf};

/// The folder of captures beside the project, or the one that `PLATEAU_CAPTURES` names. Says so when there is none.
pub(crate) fn captures() -> Option<PathBuf> {
    let named = std::env::var_os("PLATEAU_CAPTURES").map(PathBuf::from);
    let beside = || {
        let ancestors = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().skip(1);
        ancestors.map(|folder| folder.join("shared/captures")).find(|folder| folder.is_dir())
    };
    let found = named.or_else(beside).filter(|folder| folder.is_dir());
    if found.is_none() {
        println!("skipped: no shared captures beside the project");
    }
    found
}
