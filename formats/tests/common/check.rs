//! What must hold of every input whatever its bytes. The tests and the fuzz targets check the same.

use analyzer_formats::{Capture, ReadOptions, read_bytes};
use std::fmt::{self, Write};
use std::hash::{DefaultHasher, Hasher};

/// Small enough that a bomb ends an execution soon.
const MAX_UNPACKED: u64 = 16 << 20;

/// Reads bytes as the named format, or as what they are recognised as, and checks that nothing is lost in silence
/// and that the result does not depend on the size of chunks.
///
/// # Panics
/// When it does.
pub(crate) fn check(bytes: &[u8], from: Option<&'static str>) -> Option<Capture> {
    let options = ReadOptions { from, max_unpacked: MAX_UNPACKED, timeline: true, ..ReadOptions::default() };
    let whole = read_bytes("input", bytes, &options);
    let chunked = read_bytes("input", bytes, &ReadOptions { chunk_bytes: 64, ..options });
    match (whole, chunked) {
        (Ok(whole), Ok(chunked)) => {
            assert_eq!(
                whole.notes.records(),
                whole.records_used() + whole.notes.samples_left_out(),
                "every record is used or left out: {:?}",
                whole.notes
            );
            assert_eq!(whole.notes, chunked.notes, "notes do not depend on chunks");
            assert_eq!(digest(&whole), digest(&chunked), "the content does not depend on chunks");
            Some(whole)
        }
        (Err(whole), Err(chunked)) => {
            assert_eq!(whole.to_string(), chunked.to_string(), "errors do not depend on chunks");
            None
        }
        (whole, chunked) => panic!(
            "whole: {:?}, in chunks: {:?}",
            whole.map(|capture| capture.notes),
            chunked.map(|capture| capture.notes)
        ),
    }
}

/// A digest of everything in a capture: its tables hold no hash map, so their debug text is the same every time.
fn digest(capture: &Capture) -> u64 {
    struct Digest(DefaultHasher);
    impl fmt::Write for Digest {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0.write(text.as_bytes());
            Ok(())
        }
    }
    let mut digest = Digest(DefaultHasher::new());
    write!(digest, "{:?}", capture.content).expect("hashing does not fail");
    digest.0.finish()
}
