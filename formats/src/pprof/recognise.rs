//! Whether bytes are pprof: protobuf has no signature, so the first fields are decoded on trial.
//!
//! Any bytes can begin like a protobuf message. Records that are whole and shaped like those of
//! profile.proto, of two kinds or many of one, practically never come by chance; text never has the control
//! bytes that are the tags of such records.

use super::record::looks_right;
use super::wire::{Cursor, Message, Problem, Value};

/// What in `head` gives a profile away.
pub(crate) fn recognise(head: &[u8]) -> Option<String> {
    let mut cursor = Cursor::new(Message { bytes: head, at: 0 });
    // The length of a long string may look like text, but for its high bits.
    if is_text(head) && (is_utf8(head) || !cursor.begun().is_some_and(is_huge)) {
        return None;
    }
    let (mut right, mut wrong, mut unknown) = ([0u32; 16], 0u32, 0u32);
    let mut first_string = None;
    let mut is_broken = false;
    let mut begun = None;
    loop {
        let before = cursor.clone();
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
                begun = before.begun();
                break;
            }
            Err(_) => {
                is_broken = true;
                break;
            }
        }
    }
    let records: u32 = right[1..=6].iter().sum::<u32>() + right[11] + right[13];
    let kinds = right[1..=6].iter().chain(&right[11..12]).filter(|&&count| count > 0).count();
    // The head of a large file may hold nothing but samples, or strings, or comments.
    let is_run = records >= 16 && wrong + unknown == 0 && !is_broken && first_string.unwrap_or(0) == 0;
    let odd = wrong * 4 + unknown + u32::from(is_broken) * 4;
    let is_profile = (kinds >= 2 && right[1..=5].iter().any(|&count| count > 0)) || is_run;
    if is_profile && odd <= records {
        return Some(format!("{records} records shaped as in profile.proto"));
    }
    let is_huge = odd == 0 && begun.is_some_and(is_huge);
    is_huge.then(|| "one long record shaped as in profile.proto".to_owned())
}

/// Whether a record that has begun goes on for long: that tells as much as many short ones.
fn is_huge((number, message): (u32, Message<'_>)) -> bool {
    message.bytes.len() >= HUGE && begins_right(number, message)
}

/// A record is long that fills a good part of the head.
const HUGE: usize = 1 << 14;

/// Whether `bytes` are UTF-8 but for a character that may be cut at the end.
fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Whether the first bytes of a record of `Profile` are shaped like field `number`.
fn begins_right(number: u32, message: Message<'_>) -> bool {
    let is_cut = |problem| matches!(problem, Problem::Cut | Problem::LengthPastEnd(..));
    let varints = |message: Message<'_>| {
        message.varints(|_| {}).map_or_else(|error| is_cut(error.problem()), |()| true)
    };
    let fields = match number {
        6 => return is_utf8(message.bytes),
        13 => return varints(message),
        2 => 3,
        4 => 5,
        _ => return false,
    };
    let mut cursor = Cursor::new(message);
    loop {
        let before = cursor.clone();
        match cursor.field() {
            Ok(Some(field)) if field.number <= fields && !matches!(field.value, Value::Fixed) => {}
            Ok(None) => return true,
            Err(error) if is_cut(error.problem()) => {
                let Some((inner, message)) = before.begun() else { return true };
                return if number == 2 && inner <= 2 { varints(message) } else { inner <= fields };
            }
            _ => return false,
        }
    }
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

    /// A length-delimited field.
    fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
        let mut field = vec![number << 3 | 2];
        let mut length = bytes.len();
        while length >= 0x80 {
            field.push(length as u8 | 0x80);
            length >>= 7;
        }
        field.push(length as u8);
        field.extend_from_slice(bytes);
        field
    }

    #[test]
    fn a_head_full_of_one_thing_is_recognised() {
        const HEAD: usize = 1 << 16;
        let ids: Vec<u8> = (0..HEAD as u32).flat_map(|id| [id as u8 | 0x80, 1]).collect();
        let sample = field(2, &[field(1, &[1, 2]), field(2, &[3])].concat());
        let names: Vec<u8> = (0..9_000).flat_map(|name| field(6, format!("name{name}").as_bytes())).collect();
        let heads = [
            ("a deep sample", field(2, &field(1, &ids))),
            ("a long string", field(6, "a\u{e9}".repeat(HEAD).as_bytes())),
            ("packed comments", field(13, &ids)),
            ("a location of many lines", field(4, &field(4, &[8, 1]).repeat(HEAD / 2))),
            ("comments", [0x68, 1].repeat(HEAD)),
            ("samples", sample.repeat(HEAD)),
            ("strings", [field(6, b""), names].concat()),
        ];
        for (what, bytes) in heads {
            assert!(recognise(&bytes[..HEAD]).is_some(), "{what}");
        }
        assert_eq!(recognise(&field(2, &[0xff; 2 * HEAD])[..HEAD]), None);
        assert_eq!(recognise(&field(6, &[0xff; 2 * HEAD])[..HEAD]), None);
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
