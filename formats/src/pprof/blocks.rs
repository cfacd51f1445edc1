//! Cuts the input into blocks of whole records and decodes each to a [`Part`].
//!
//! A packed file is decoded while it is unpacked, and no more than a few blocks of it are in memory at once.

use super::columns::Decoder;
use super::part::{Part, whole_records};
use super::wire::{Cursor, Message};
use crate::error::ReadErrorKind;
use crate::unpack::{More, Unpacker};
use crate::{Notes, ReadOptions};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A block has at most about this many bytes, so that unpacking and decoding overlap in any file that takes time.
const MOST_BYTES: usize = 1 << 20;
/// So many blocks wait for a thread; the thread that unpacks decodes the next one itself.
const WAITING: usize = 3;

/// The parts of an input in order.
#[derive(Default)]
pub(crate) struct Parts {
    pub(crate) parts: Vec<Part>,
    /// How many bytes there are.
    pub(crate) bytes: usize,
    /// How many parts stand before the end of each gzip member, where no record crosses such an end.
    pub(crate) members: Vec<usize>,
}

fn block_bytes(options: &ReadOptions) -> usize {
    options.chunk_bytes.clamp(1, MOST_BYTES)
}

/// The parts of plain bytes.
pub(crate) fn plain(input: &[u8], options: &ReadOptions) -> Parts {
    let decode = |decoder: &mut Decoder, range: &Range<usize>| {
        let part = Part::decode(Message { bytes: &input[range.clone()], at: range.start }, decoder);
        if let Some(progress) = &options.progress {
            progress.add(range.len());
        }
        part
    };
    let blocks = cut(input, block_bytes(options));
    let parts = match &blocks[..] {
        [block] => vec![decode(&mut Decoder::default(), block)],
        blocks => blocks.par_iter().map_init(Decoder::default, decode).collect(),
    };
    Parts { parts, bytes: input.len(), members: Vec::new() }
}

/// Ranges of whole records of about `size` bytes each; what ends inside a record is the last.
fn cut(input: &[u8], size: usize) -> Vec<Range<usize>> {
    let mut blocks = Vec::new();
    let mut cursor = Cursor::new(Message { bytes: input, at: 0 });
    let mut start = 0;
    while let Ok(Some(_)) = cursor.field() {
        if cursor.at() - start >= size {
            blocks.push(start..cursor.at());
            start = cursor.at();
        }
    }
    if start < input.len() || blocks.is_empty() {
        blocks.push(start..input.len());
    }
    blocks
}

/// The parts of a packed input.
pub(crate) fn packed(
    unpacker: &mut Unpacker<'_>,
    options: &ReadOptions,
    notes: &mut Notes,
) -> Result<Parts, ReadErrorKind> {
    let size = block_bytes(options);
    let (done, spare) = (Mutex::new(Vec::new()), Mutex::new(Vec::<Vec<u8>>::new()));
    let decoders = Mutex::new(Vec::<Decoder>::new());
    let waiting = AtomicUsize::new(0);
    let mut parts = Parts::default();
    let decode = |index: usize, bytes: Vec<u8>, at: usize| {
        let mut decoder = lock(&decoders).pop().unwrap_or_default();
        let part = Part::decode(Message { bytes: &bytes, at }, &mut decoder);
        lock(&decoders).push(decoder);
        lock(&done).push((index, part));
        lock(&spare).push(bytes);
    };
    rayon::in_place_scope(|scope| {
        let decode = &decode;
        let (mut blocks, mut bytes, mut crosses) = (0, Vec::new(), false);
        loop {
            let more = unpacker.fill(&mut bytes, size, notes)?;
            let end = if more == More::End { bytes.len() } else { whole_records(&bytes) };
            if end > 0 {
                let mut rest = lock(&spare).pop().unwrap_or_default();
                rest.clear();
                rest.extend_from_slice(&bytes[end..]);
                bytes.truncate(end);
                let block = std::mem::replace(&mut bytes, rest);
                let (index, at) = (blocks, parts.bytes);
                blocks += 1;
                parts.bytes += end;
                if more == More::End || waiting.load(Ordering::Relaxed) >= WAITING {
                    decode(index, block, at);
                } else {
                    waiting.fetch_add(1, Ordering::Relaxed);
                    let waiting = &waiting;
                    scope.spawn(move |_| {
                        decode(index, block, at);
                        waiting.fetch_sub(1, Ordering::Relaxed);
                    });
                }
            }
            if more != More::Yes {
                crosses |= !bytes.is_empty();
                if parts.members.last().copied().unwrap_or(0) < blocks {
                    parts.members.push(blocks);
                }
            }
            if more == More::End {
                if crosses {
                    parts.members.clear();
                }
                return Ok::<(), ReadErrorKind>(());
            }
        }
    })?;
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|&(index, _)| index);
    parts.parts = done.into_iter().map(|(_, part)| part).collect();
    Ok(parts)
}

/// The contents of a lock. A thread that panicked while it held one ends the whole read anyway.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
