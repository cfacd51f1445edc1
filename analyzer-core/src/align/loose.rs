//! The loose second pass: functions that one side alone has, which are the same but for template arguments, parameters or
//! the folders of a path.
//!
//! `Vec<u8>::push` and `Vec<String>::push` are different code, so the looser key joins only what is one function on each
//! side, over all functions that were measured.

use super::{KeySpace, Names, Rename};
use crate::function::FunctionCells;
use regex::bytes::Regex;
use rustc_hash::FxHashMap;
use std::borrow::Cow;
use std::sync::LazyLock;

/// How alike two functions are that differ in nothing else.
const SCORE: f64 = 1.0;

/// Functions of one loose name: those of either side, and the last of each.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    before: (u32, u32),
    after: (u32, u32),
}

/// Pairs of a function that only before has and one that only after has, by name of that of before.
pub(super) fn loose(functions: &[FunctionCells], keys: &KeySpace) -> Vec<Rename> {
    if keys.names == Names::Exact {
        return Vec::new();
    }
    let sides = |key: usize| {
        let total = functions[key].total.value;
        (total.before != 0, total.after != 0)
    };
    let mut groups: FxHashMap<Cow<'_, [u8]>, Group> = FxHashMap::default();
    let unmatched = |key: &usize| matches!(sides(*key), (true, false) | (false, true));
    for key in (0..functions.len()).filter(unmatched) {
        let group = groups.entry(loose_name(&keys.keys()[key].name)).or_default();
        let side = if sides(key).0 { &mut group.before } else { &mut group.after };
        *side = (side.0 + 1, key as u32);
    }
    groups.retain(|_, group| group.before.0 == 1 && group.after.0 == 1);
    if groups.is_empty() {
        return Vec::new();
    }
    for key in (0..functions.len()).filter(|&key| sides(key) == (true, true)) {
        groups.remove(&loose_name(&keys.keys()[key].name));
    }
    let pair = |group: Group| Rename { before: group.before.1, after: group.after.1, score: SCORE };
    let mut pairs: Vec<Rename> = groups.into_values().map(pair).collect();
    pairs.sort_by_key(|pair| &keys.keys()[pair.before as usize].name);
    pairs
}

/// A name without template arguments, parameters and folders.
fn loose_name(name: &[u8]) -> Cow<'_, [u8]> {
    static FOLDERS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?-u)(?:[\w.@~+-]*/)+([\w@-]+\.)")
            .expect("the pattern is a constant, and a test compiles it")
    });
    let mut name = Cow::Borrowed(name);
    if let Some(bare) = without_arguments(&name) {
        name = Cow::Owned(without_result(&bare).to_vec());
    }
    if let Cow::Owned(bare) = FOLDERS.replace_all(&name, &b"$1"[..]) {
        name = Cow::Owned(bare);
    }
    name
}

/// Without what stands in `<..>` after a name (and in `[go.shape..]`), and without parameters.
fn without_arguments(name: &[u8]) -> Option<Vec<u8>> {
    let mut bare = Vec::with_capacity(name.len());
    let mut at = 0;
    while at < name.len() {
        let opens = match name[at] {
            // `operator<`, `operator<<`, `operator<=>`
            b'<' if bare.ends_with(b"operator") => {
                let end = name[at..]
                    .iter()
                    .position(|byte| !b"<=>".contains(byte))
                    .map_or(name.len(), |end| at + end);
                bare.extend_from_slice(&name[at..end]);
                at = end;
                continue;
            }
            b'<' => {
                let is_path = name[at..].starts_with(b"<impl ") || name[at..].starts_with(b"<dyn ");
                !is_path && (bare.last().is_some_and(is_word) || bare.ends_with(b"::"))
            }
            b'[' => name[at..].starts_with(b"[go.shape") && bare.last().is_some_and(is_word),
            _ => false,
        };
        if !opens {
            bare.push(name[at]);
            at += 1;
            continue;
        }
        // What does not close is no list of arguments.
        at = closing(name, at)? + 1;
        if bare.ends_with(b"::") {
            bare.truncate(bare.len() - 2);
        }
    }
    let qualified = bare.strip_suffix(b" const").unwrap_or(&bare);
    if qualified.ends_with(b")") {
        let mut depth = 0usize;
        let open = qualified.iter().rposition(|byte| {
            match byte {
                b')' => depth += 1,
                b'(' => depth = depth.saturating_sub(1),
                _ => {}
            }
            depth == 0
        });
        if let Some(open) = open.filter(|&open| is_function(&qualified[..open])) {
            bare.truncate(open);
        }
    }
    (bare.len() < name.len() && !bare.is_empty()).then_some(bare)
}

fn is_word(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || *byte >= 0x80
}

/// Whether parameters can follow: after a word, or after the sign of an operator.
fn is_function(name: &[u8]) -> bool {
    match memchr::memmem::rfind(name, b"operator").map(|at| &name[at + b"operator".len()..]) {
        Some(b"") => false,
        Some(sign) if sign.iter().all(u8::is_ascii_punctuation) => true,
        _ => name.last().is_some_and(is_word),
    }
}

/// Where the bracket at `open` closes.
fn closing(name: &[u8], open: usize) -> Option<usize> {
    let pair = if name[open] == b'<' { (b'<', b'>') } else { (b'[', b']') };
    let mut depth = 0usize;
    for at in open..name.len() {
        // `->` closes nothing.
        let is_arrow = name[at] == b'>' && matches!(name[at - 1], b'-' | b'=');
        if name[at] == pair.0 {
            depth += 1;
        } else if name[at] == pair.1 && !is_arrow {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Templates of C++ are written with the type of their result, which may be an argument.
fn without_result(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|&byte| byte == b' ') {
        Some(space)
            if !name[..space].ends_with(b"operator")
                && !name.iter().any(|byte| b"<>(){}[]/,".contains(byte)) =>
        {
            &name[space + 1..]
        }
        _ => name,
    }
}

#[cfg(test)]
mod tests {
    use super::loose_name;
    use crate::align::Names;
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    #[test]
    fn arguments_parameters_and_folders_are_left_out() {
        for (name, loose) in [
            ("foo<int>::bar", "foo::bar"),
            ("std::vector<int, std::allocator<int> >::push_back(int const&)", "std::vector::push_back"),
            ("void sort<int*, Less<int> >(int*, Less<int>)", "sort"),
            ("app::parse::<alloc::vec::Vec<u8>>", "app::parse"),
            ("<app::Map<K, V> as core::Drop>::drop", "<app::Map as core::Drop>::drop"),
            (
                "core::fmt::num::<impl core::fmt::Display for u32>::fmt",
                "core::fmt::num::<impl core::fmt::Display for u32>::fmt",
            ),
            ("call<fn(u8) -> u8>", "call"),
            ("Map<int>::operator<<(int)", "Map::operator<<"),
            ("operator<", "operator<"),
            ("Map<int>::operator()(int) const", "Map::operator()"),
            ("main.Max[go.shape.int]", "main.Max"),
            ("main.(*Server).handle", "main.(*Server).handle"),
            ("github.com/acme/api.Call", "api.Call"),
            ("get (/srv/app/views.py)", "get (views.py)"),
            ("kworker/0:1", "kworker/0:1"),
            ("mod:fun/2", "mod:fun/2"),
            ("a < b", "a < b"),
            ("open<", "open<"),
            ("(anonymous namespace)::f", "(anonymous namespace)::f"),
        ] {
            assert_eq!(std::str::from_utf8(&loose_name(name.as_bytes())), Ok(loose), "{name}");
        }
    }

    fn joined(before: &str, after: &str, options: &CompareOptions) -> Vec<(String, String)> {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let report = compare(&read(before), &read(after), options).unwrap();
        let renamed = report.alignment.map(|alignment| alignment.renamed).unwrap_or_default();
        let certain = renamed.into_iter().filter(|row| row.score == super::SCORE);
        certain.map(|row| (row.before, row.after)).collect()
    }

    #[test]
    fn a_function_of_other_arguments_is_the_same_where_there_is_one_on_each_side() {
        let (before, after) = ("main;sum<int>::add 300\nmain 500\n", "main;sum<long>::add 310\nmain 500\n");
        let pair = [("sum<int>::add".to_owned(), "sum<long>::add".to_owned())];
        let options = CompareOptions::default();
        assert_eq!(joined(before, after, &options), pair);
        // Which of two it became cannot be known; nor is the one that stayed another one.
        for more in ["main;sum<char>::add 100\n", "main;sum<int>::add 100\n"] {
            assert_eq!(joined(before, &(after.to_owned() + more), &options), []);
        }
        assert_eq!(joined(before, after, &CompareOptions { renames: false, ..options.clone() }), []);
        assert_eq!(joined(before, after, &CompareOptions { names: Names::Exact, ..options }), []);
    }
}
