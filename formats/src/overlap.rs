//! Making text on one thread while another writes it.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};

/// Text is handed over in blocks of this many bytes.
const BLOCK: usize = 1 << 18;
/// So many blocks wait to be written.
const WAITING: usize = 4;

/// Writes to `out` what `make` writes, at the same time.
///
/// # Errors
/// Those of `out`, which also stop `make`, and those of `make`.
pub fn write_overlapped(
    out: &mut impl Write,
    make: impl FnOnce(&mut Blocks) -> io::Result<()> + Send,
) -> io::Result<()> {
    std::thread::scope(|scope| {
        let (full, blocks) = sync_channel(WAITING);
        let maker = scope.spawn(move || {
            let mut made = Blocks { block: Vec::with_capacity(BLOCK + BLOCK / 4), full };
            make(&mut made)?;
            made.flush()
        });
        for block in blocks {
            // Returning drops the receiver, at which the maker stops.
            out.write_all(&block)?;
        }
        maker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Where the text is made. What is written here goes on in blocks.
pub struct Blocks {
    block: Vec<u8>,
    full: SyncSender<Vec<u8>>,
}

impl Write for Blocks {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.block.extend_from_slice(bytes);
        if self.block.len() >= BLOCK {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK + BLOCK / 4));
        // No one takes blocks any more once writing one has failed, which is told there.
        self.full.send(block).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_written_in_order() {
        let mut out = Vec::new();
        let numbers = || (0..200_000u32).flat_map(|number| number.to_le_bytes());
        write_overlapped(&mut out, |made| numbers().try_for_each(|byte| made.write_all(&[byte]))).unwrap();
        assert!(out.into_iter().eq(numbers()));
    }

    #[test]
    fn a_failing_output_ends_the_making() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let error = write_overlapped(&mut Full, |made| {
            loop {
                made.write_all(&[0; 1000])?;
            }
        });
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
