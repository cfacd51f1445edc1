//! What the targets share: the checks, which the tests use as well, and the format that is fuzzed.

#[path = "../../tests/common/check.rs"]
mod check;
#[path = "../../tests/common/check_archive.rs"]
mod check_archive;
#[path = "../../../analyzer-core/tests/common/sinks.rs"]
mod sinks;

use analyzer_formats::{Capture, FORMATS};
use std::sync::OnceLock;

/// Reads bytes as a format, or as what they are recognised as, and checks the invariants of reading.
///
/// # Panics
/// When one does not hold.
pub fn check(bytes: &[u8], from: Option<&'static str>) -> Option<Capture> {
    check::check(bytes, from)
}

/// Opens bytes as an archive and checks the invariants of archives.
///
/// # Panics
/// When one does not hold.
pub fn check_archive(bytes: &[u8]) {
    check_archive::check_archive(bytes);
}

/// Makes everything of a capture that can be made of one.
///
/// # Panics
/// When an output is not what its format demands.
pub fn every_output(capture: &Capture) {
    sinks::every_output(capture, |_, _| {});
}

/// The format that `FUZZ_FORMAT` names; without it inputs are recognised. `FUZZ_FORMAT=list` prints the names of
/// all, one a line, and ends.
///
/// # Panics
/// When it names none.
pub fn format() -> Option<&'static str> {
    static NAME: OnceLock<Option<&'static str>> = OnceLock::new();
    *NAME.get_or_init(|| {
        let wanted = std::env::var("FUZZ_FORMAT").ok()?;
        if wanted == "list" {
            FORMATS.iter().for_each(|format| println!("{}", format.name()));
            std::process::exit(0);
        }
        let found = FORMATS.iter().find(|format| format.name() == wanted);
        Some(found.expect("FUZZ_FORMAT names a format of FORMATS").name())
    })
}

/// To be called once before the first input.
///
/// Rayon works on the thread of the fuzzer: coverage is the same from run to run, and nothing waits.
///
/// # Panics
/// When it is called twice.
pub fn start() {
    format();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global();
    pool.expect("no pool was built before");
}
