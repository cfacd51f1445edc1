//! Whether bytes are pprof: protobuf has no signature, so the first fields are decoded on trial.
//!
//! Any bytes can begin like a protobuf message. Records that are whole and shaped like those of
//! profile.proto, of two kinds or many of one, practically never come by chance; text never has the control
//! bytes that are the tags of such records.

use super::record::looks_right;
use super::wire::{Cursor, Message, Problem, Value};

/// A head that a single sample can be longer than: that of a file, whole.
const DEEP: usize = 1 << 16;

/// What in `head` gives a profile away.
pub(crate) fn recognise(head: &[u8]) -> Option<String> {
    if is_text(head) {
        return None;
    }
    let mut cursor = Cursor::new(Message { bytes: head, at: 0 });
    let (mut right, mut wrong, mut unknown) = ([0u32; 16], 0u32, 0u32);
    let mut first_string = None;
    let (mut is_broken, mut is_cut) = (false, false);
    loop {
        match cursor.field() {
            Ok(Some(field)) => match looks_right(field.number, field.value) {
                Some(true) => {
                    if let (6, Value::Bytes(message)) = (field.number, field.value) {
                        first_string.get_or_insert(message.bytes.len());
                    }
                    right[field.number as usize] += 1;
                }
                Some(false) => wrong += 1,
                None => unknown += 1,
            },
            Ok(None) => break,
            // The head ends inside a record.
            Err(error) if matches!(error.problem(), Problem::Cut | Problem::LengthPastEnd(..)) => {
                is_cut = true;
                break;
            }
            Err(_) => {
                is_broken = true;
                break;
            }
        }
    }
    let records: u32 = right[1..=6].iter().sum::<u32>() + right[11];
    let kinds = right[1..=6].iter().chain(&right[11..12]).filter(|&&count| count > 0).count();
    // The head of a large file may hold nothing but samples, or nothing but strings.
    let is_run = records >= 16 && wrong + unknown == 0 && !is_broken && first_string.unwrap_or(0) == 0;
    // One deep sample may be longer than the head of its file.
    let is_deep = right[1] > 0 && wrong + unknown == 0 && is_cut && head.len() >= DEEP;
    let odd = wrong * 4 + unknown + u32::from(is_broken) * 4;
    let is_profile = (kinds >= 2 && right[1..=5].iter().any(|&count| count > 0)) || is_run || is_deep;
    (is_profile && odd <= records).then(|| format!("{records} records shaped as in profile.proto"))
}

/// Whether there is no byte that text does not have.
fn is_text(head: &[u8]) -> bool {
    head.iter().all(|&byte| byte >= 0x20 || matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_profile_is_recognised_and_text_is_not() {
        let profile = b"\x0a\x04\x08\x01\x10\x02\x32\x00\x32\x03cpu\x32\x02ns";
        assert!(recognise(profile).is_some());
        for text in ["main;work 3\n", "2\n", "\"\x20{}", "{\"data\":[]}", "*\x0chello world!", ""] {
            assert_eq!(recognise(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn a_sample_may_be_longer_than_the_head() {
        let mut head = b"\x0a\x04\x08\x01\x10\x02\x12\x80\x80\x40\x0a\xfc\xff\x3f".to_vec();
        head.resize(DEEP, 1);
        assert!(recognise(&head).is_some());
        assert_eq!(recognise(&head[..1000]), None, "a length past the end of a file");
    }

    #[test]
    fn noise_is_not_recognised() {
        // xorshift64 (Marsaglia 2003), so that the noise is the same in every run.
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        let mut found = 0;
        for round in 0..200_000usize {
            let noise: Vec<u8> = (0..1 + round % 16).flat_map(|_| next()).collect();
            found += usize::from(recognise(&noise).is_some());
        }
        assert!(found == 0, "{found} of 200000 recognised");
    }
}
