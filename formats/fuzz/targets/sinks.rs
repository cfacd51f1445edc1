//! Whatever is made of a capture: written again, compared with itself, rendered by every renderer.
#![no_main]

use analyzer_formats::{ReadOptions, read_bytes};
use analyzer_fuzz::{every_output, format, start};
use libfuzzer_sys::fuzz_target;

fuzz_target!(init: start(), |bytes: &[u8]| {
    let options = ReadOptions { from: format(), max_unpacked: 1 << 20, ..ReadOptions::default() };
    if let Ok(capture) = read_bytes("input", bytes, &options) {
        every_output(&capture);
    }
});
