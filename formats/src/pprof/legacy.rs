//! Profiles from before profile.proto that `go tool pprof` still reads: recognised, to say so.
//!
//! Source: google/pprof, `profile/legacy_profile.go`.

/// What legacy profile `input` is, with an article.
pub(crate) fn legacy(input: &[u8]) -> Option<&'static str> {
    if let Some(version) = cpu_version(input) {
        let is_java = version == 1;
        return Some(if is_java {
            "a legacy binary CPU profile (Java)"
        } else {
            "a legacy binary CPU profile (gperftools)"
        });
    }
    let line = input.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let is_heap = line.starts_with(b"--- heapz") || line.starts_with(b"--- growthz");
    if is_heap {
        return Some("a legacy heap profile");
    }
    if line.starts_with(b"--- symbol") {
        return Some("a legacy profile with its symbols");
    }
    is_count(line).then_some("a legacy count profile")
}

/// Words 0, 3, version (0, 1 for Java), period, 0: 4 or 8 bytes each, of either byte order.
fn cpu_version(input: &[u8]) -> Option<u64> {
    let word = |size: usize, index: usize, is_little: bool| {
        let bytes = input.get(index * size..(index + 1) * size)?;
        let value = bytes.iter().enumerate().fold(0u64, |value, (position, &byte)| {
            let shift = if is_little { position } else { size - 1 - position };
            value | u64::from(byte) << (8 * shift)
        });
        Some(value)
    };
    [(4, true), (8, true), (4, false), (8, false)].iter().find_map(|&(size, is_little)| {
        let at = |index| word(size, index, is_little);
        let is_header = at(0) == Some(0)
            && at(1) == Some(3)
            && at(3).is_some_and(|period| period > 0)
            && at(4) == Some(0);
        at(2).filter(|&version| is_header && version <= 1)
    })
}

/// `threadcreate profile: total 7`.
fn is_count(line: &[u8]) -> bool {
    let Some(at) = memchr::memmem::find(line, b" profile: total ") else { return false };
    let (name, count) = (&line[..at], &line[at + b" profile: total ".len()..]);
    !name.is_empty()
        && name.iter().all(u8::is_ascii_graphic)
        && !count.is_empty()
        && count.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_every_word_size_and_order() {
        let words = [0u32, 3, 0, 10000, 0];
        let wide = |bytes: fn(u64) -> [u8; 8]| words.iter().flat_map(|&word| bytes(word.into())).collect();
        let narrow = |bytes: fn(u32) -> [u8; 4]| words.iter().flat_map(|&word| bytes(word)).collect();
        let headers: [Vec<u8>; 4] = [
            wide(u64::to_le_bytes),
            wide(u64::to_be_bytes),
            narrow(u32::to_le_bytes),
            narrow(u32::to_be_bytes),
        ];
        for header in headers {
            assert!(legacy(&header).is_some(), "{header:?}");
            assert!(legacy(&header[..header.len() - 1]).is_none());
        }
        assert!(legacy(&[0; 100]).is_none());
    }

    #[test]
    fn text_headers() {
        assert!(legacy(b"threadcreate profile: total 7\n1 @ 0x44cb3f\n").is_some());
        assert!(legacy(b"--- heapz 1 ---\n").is_some());
        assert!(legacy(b"--- symbol\nbinary=/bin/a\n").is_some());
        assert!(legacy(b"my profile: total 7 seconds\n").is_none());
    }
}
