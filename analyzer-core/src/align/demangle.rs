//! Symbols of Rust and C++ as the names in their source, where the profiler did not do it.
//!
//! A rebuild changes the hashes in mangled names of Rust, and nobody reads them.

use cpp_demangle::{DemangleOptions, ParseOptions, Symbol};
use std::fmt::{self, Write};

/// Longer symbols are left as they are, and so are those whose names are longer.
const LONGEST_SYMBOL: usize = 4096;
const LONGEST_NAME: usize = 1 << 16;
/// How deep names of C++ may nest.
const DEEPEST: u32 = 96;

/// The name in the source; `None` for what is no mangled symbol.
pub(crate) fn demangled(symbol: &[u8]) -> Option<String> {
    // Some systems put a `_` before every symbol.
    let bare = symbol.strip_prefix(b"_").filter(|bare| bare.starts_with(b"_")).unwrap_or(symbol);
    if !(bare.starts_with(b"_Z") || bare.starts_with(b"_R")) || bare.len() > LONGEST_SYMBOL {
        return None;
    }
    let symbol = std::str::from_utf8(bare).ok()?;
    let mut name = Bounded::default();
    match rustc_demangle::try_demangle(symbol) {
        // The alternate form leaves out the hash.
        Ok(demangled) => write!(name, "{demangled:#}").ok()?,
        Err(_) => {
            let parsing = ParseOptions::default().recursion_limit(DEEPEST);
            let symbol = Symbol::new_with_options(symbol, &parsing).ok()?;
            symbol
                .structured_demangle(&mut name, &DemangleOptions::default().recursion_limit(DEEPEST))
                .ok()?;
        }
    }
    Some(name.0).filter(|name| !name.is_empty())
}

/// Text up to a length: a short symbol can stand for a name without end.
#[derive(Default)]
struct Bounded(String);

impl Write for Bounded {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > LONGEST_NAME {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_have_the_names_of_their_source() {
        let cases = [
            ("_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE", "core::fmt::Formatter::write_str"),
            ("_RNvCs1234_7mycrate3foo", "mycrate::foo"),
            ("__RNvCs1234_7mycrate3foo", "mycrate::foo"),
            (
                "_ZNSt6vectorIiSaIiEE9push_backERKi",
                "std::vector<int, std::allocator<int> >::push_back(int const&)",
            ),
            ("_ZN3foo3barEv", "foo::bar()"),
        ];
        for (symbol, name) in cases {
            assert_eq!(demangled(symbol.as_bytes()).as_deref(), Some(name), "{symbol}");
        }
        for symbol in
            ["main", "_start", "_Z", "_R", "_Zebra", "_ZN", "__libc_start_main", "\u{1b}_ZN3foo3barEv"]
        {
            assert_eq!(demangled(symbol.as_bytes()), None, "{symbol}");
        }
    }

    #[test]
    fn a_rebuild_changes_no_name() {
        let other = |hash: &str| demangled(format!("_RNvCs{hash}_7mycrate3foo").as_bytes());
        assert_eq!(other("1234"), other("8K9WJNlS7Dz"));
        let other = |hash: &str| demangled(format!("_ZN4core3fmt5write17h{hash}E").as_bytes());
        assert_eq!(other("0123456789abcdef"), other("fedcba9876543210"));
    }

    #[test]
    fn a_short_symbol_does_not_become_a_name_without_end() {
        // Each substitution doubles what stands before it.
        let mut symbol = "_Z1fIiE".to_owned();
        for at in 0..200 {
            symbol += &format!("PFvS{}_S{}_E", if at == 0 { String::new() } else { at.to_string() }, "");
        }
        assert!(demangled(symbol.as_bytes()).is_none_or(|name| name.len() <= LONGEST_NAME));
    }
}
