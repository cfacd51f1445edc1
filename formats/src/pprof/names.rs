//! Names of code that has no symbol.
//!
//! A raw address differs from run to run (address space layout randomisation); the offset in the file does
//! not: `address - start + offset`, as google/pprof's `internal/binutils` computes it.

use crate::{Mapping, Strings, module};

/// The name of a frame of which nothing is known.
pub(crate) const UNKNOWN: &[u8] = b"[unknown]";

/// `[libc.so.6+0x1a2b]`: the place in the file of a mapping; `None` when the mapping has no name.
pub(crate) fn in_mapping(strings: &Strings, mapping: &Mapping, address: u64) -> Option<Vec<u8>> {
    Some(module::unsymbolised(module_of(strings, mapping)?, Some(file_offset(mapping, address))))
}

/// The address whose place in the file of `mapping` is what `name` says: the reverse of [`in_mapping`].
pub(crate) fn address_in_mapping(strings: &Strings, mapping: &Mapping, name: &[u8]) -> Option<u64> {
    let plus = memchr::memmem::rfind(name, b"+0x")?;
    let digits = name[plus + 3..].strip_suffix(b"]")?;
    let offset = u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    let inside = offset.wrapping_sub(mapping.offset).wrapping_add(mapping.start);
    let is_named = |&address: &u64| in_mapping(strings, mapping, address).as_deref() == Some(name);
    [inside, offset].into_iter().find(is_named)
}

/// `0x1a2b`, or `[unknown]` for address 0.
pub(crate) fn of_address(address: u64) -> Vec<u8> {
    if address == 0 { UNKNOWN.to_vec() } else { format!("{address:#x}").into_bytes() }
}

/// The address that [`of_address`] names so.
pub(crate) fn address_of(name: &[u8]) -> Option<u64> {
    if name == UNKNOWN {
        return Some(0);
    }
    let digits = std::str::from_utf8(name.strip_prefix(b"0x")?).ok()?;
    let address = u64::from_str_radix(digits, 16).ok()?;
    (of_address(address) == name).then_some(address)
}

/// The file, else the build id.
fn module_of<'a>(strings: &'a Strings, mapping: &Mapping) -> Option<&'a [u8]> {
    let file = strings.get(mapping.file);
    if file.is_empty() {
        mapping.build_id.map(|id| strings.get(id)).filter(|id| !id.is_empty())
    } else {
        Some(file)
    }
}

fn file_offset(mapping: &Mapping, address: u64) -> u64 {
    // An address outside its mapping has been made relative to the file already.
    let is_inside = address >= mapping.start && (mapping.limit == 0 || address < mapping.limit);
    if is_inside { (address - mapping.start).wrapping_add(mapping.offset) } else { address }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ProfileBuilder;

    #[test]
    fn a_place_in_a_file_does_not_depend_on_where_it_was_loaded() {
        let mut builder = ProfileBuilder::default();
        let file = builder.string(b"/usr/lib/libc.so.6");
        let strings = builder.finish().strings;
        for start in [0x7f00_0000_0000, 0x5500_0000_0000] {
            let mapping = Mapping { file, build_id: None, start, limit: start + 0x10000, offset: 0x28000 };
            let name = in_mapping(&strings, &mapping, start + 0x1234).unwrap();
            assert_eq!(name, b"[libc.so.6+0x29234]");
            assert_eq!(address_in_mapping(&strings, &mapping, &name), Some(start + 0x1234));
        }
    }
}
