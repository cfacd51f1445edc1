//! Ids of traces and spans in one spelling: lower-case hexadecimal, of 16 or 32 digits.
//!
//! OTLP/JSON asks for hexadecimal, but whoever prints the protobuf as JSON (Tempo, Kiali) gives base64; Python's
//! console exporter writes `0x`; Zipkin allows leading zeros to be dropped. Ids of all these name the same span.

use std::borrow::Cow;

/// The id of a trace: 32 digits, or 16 where it has no more than that.
pub(super) fn trace_id(raw: &[u8]) -> Cow<'_, [u8]> {
    normal(raw, &[16, 32])
}

/// The id of a span: 16 digits.
pub(super) fn span_id(raw: &[u8]) -> Cow<'_, [u8]> {
    normal(raw, &[16])
}

/// Whether a parent id names a span: none and one of zeros mean a root.
pub(crate) fn names_a_span(id: &[u8]) -> bool {
    id.iter().any(|&digit| digit != b'0')
}

/// An id of neither spelling stays as it is.
fn normal<'a>(raw: &'a [u8], widths: &[usize]) -> Cow<'a, [u8]> {
    let digits = raw.strip_prefix(b"0x").unwrap_or(raw);
    if digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')) && widths.contains(&digits.len())
    {
        return Cow::Borrowed(digits);
    }
    if digits.is_empty() {
        return Cow::Borrowed(digits);
    }
    if digits.iter().all(u8::is_ascii_hexdigit) {
        let width = widths.iter().copied().find(|&width| width >= digits.len()).unwrap_or(digits.len());
        let mut padded = vec![b'0'; width - digits.len()];
        padded.extend(digits.iter().map(u8::to_ascii_lowercase));
        return Cow::Owned(padded);
    }
    match base64(raw) {
        Some(bytes) if widths.contains(&(2 * bytes.len())) => {
            let digit = |nibble: u8| b"0123456789abcdef"[usize::from(nibble)];
            Cow::Owned(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect())
        }
        _ => Cow::Borrowed(raw),
    }
}

/// Decodes base64 in either alphabet (RFC 4648, sections 4 and 5), padded or not.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let end = text.iter().rposition(|&byte| byte != b'=').map_or(0, |at| at + 1);
    let mut bytes = Vec::with_capacity(24);
    let (mut bits, mut held) = (0u32, 0);
    for &letter in &text[..end] {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    // What is left over is padding, and it is zero in what an encoder wrote.
    (bits == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_an_id_is_one_id() {
        for (raw, expected) in [
            ("1658320854877522", "1658320854877522"),
            ("EEE19B7EC3C1B174", "eee19b7ec3c1b174"),
            ("0xeee19b7ec3c1b174", "eee19b7ec3c1b174"),
            ("7uGbfsPBsXQ=", "eee19b7ec3c1b174"),
            ("7uGbfsPBsXQ", "eee19b7ec3c1b174"),
            ("1gZXnld4dYc=", "d606579e57787587"),
            ("2a", "000000000000002a"),
            ("", ""),
            ("span-1", "span-1"),
            ("AAAA", "000000000000aaaa"),
            ("AAAAAAAAAAI=", "0000000000000002"),
            ("7uGbfsPBsXR=", "7uGbfsPBsXR="),
        ] {
            assert_eq!(String::from_utf8_lossy(&span_id(raw.as_bytes())), expected, "{raw}");
        }
        for (raw, expected) in [
            ("QpC1h3qZMN55u0KDZTmOzA==", "4290b5877a9930de79bb428365398ecc"),
            ("5B8EFFF798038103D269B633813FC60C", "5b8efff798038103d269b633813fc60c"),
            ("2e299711ce47710289dc6640727404f", "02e299711ce47710289dc6640727404f"),
            ("48485a3953bb6124", "48485a3953bb6124"),
            ("_-_-_-_-_-_-_-_-_-_-_g", "ffeffeffeffeffeffeffeffeffeffefe"),
        ] {
            assert_eq!(String::from_utf8_lossy(&trace_id(raw.as_bytes())), expected, "{raw}");
        }
        assert!(!names_a_span(b"") && !names_a_span(b"0000") && names_a_span(b"0001"));
    }
}
