//! The reader that `FUZZ_FORMAT` names on any bytes; without a name recognition, gzip, zstd and UTF-16.
#![no_main]

use analyzer_fuzz::{check, format, start};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: start(), |bytes: &[u8]| {
    check(bytes, format());
});
