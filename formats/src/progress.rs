//! How far reading is: numbers that another thread may look at meanwhile.

use std::sync::atomic::{AtomicU64, Ordering};

/// How much of a file is read, of the bytes that are stored: of a compressed file, those that were unpacked.
///
/// Relaxed numbers, counted by chunks: looking at them and counting them costs nothing that could be measured.
#[derive(Debug, Default)]
pub struct Progress {
    done: AtomicU64,
    total: AtomicU64,
}

impl Progress {
    /// The bytes of the file; 0 while that is not known.
    #[must_use]
    pub fn total_bytes(&self) -> u64 {
        self.total.load(Ordering::Relaxed)
    }

    /// The bytes that were read; no more than there are.
    #[must_use]
    pub fn read_bytes(&self) -> u64 {
        self.done.load(Ordering::Relaxed).min(self.total_bytes())
    }

    pub(crate) fn of(&self, total: usize) {
        self.total.store(total as u64, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, bytes: usize) {
        self.done.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn reach(&self, bytes: usize) {
        self.done.store(bytes as u64, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ReadOptions, read_bytes};
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    use std::sync::Arc;

    #[test]
    fn what_is_read_adds_up_to_the_stored_bytes() {
        let perf = "web 1/1 1.0: 1 cycles: \n\t1 main (/bin/web)\n\n".repeat(200);
        let folded = "main;work 3\nmain;rest 4\n".repeat(200);
        let pprof = include_bytes!("../../corpus/captures/go/before.heap.pb.gz");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(folded.as_bytes()).unwrap();
        let packed = gzip.finish().unwrap();
        for bytes in [perf.as_bytes(), folded.as_bytes(), &packed, pprof] {
            let progress = Arc::new(Progress::default());
            let options = ReadOptions {
                progress: Some(Arc::clone(&progress)),
                chunk_bytes: 100,
                ..ReadOptions::default()
            };
            read_bytes("x", bytes, &options).unwrap();
            assert_eq!(progress.total_bytes(), bytes.len() as u64);
            assert_eq!(progress.read_bytes(), bytes.len() as u64);
        }
    }
}
