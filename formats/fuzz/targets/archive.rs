//! Archives: tar, plain and packed, and zip; their members as whatever reader that is.
#![no_main]

use analyzer_fuzz::{check_archive, start};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: start(), |bytes: &[u8]| {
    check_archive(bytes);
});
