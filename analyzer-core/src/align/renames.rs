//! Functions that have another name in after: a function of before alone and one of after alone that stand at the same
//! place in the call tree.

use super::{KeySpace, is_missing};
use crate::function::FunctionCells;
use crate::tree::{CallTree, Cell, Children, ROOT};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many functions of each side are looked at, the largest: pairs are as many as the product.
const MOST_FUNCTIONS: usize = 1000;
/// Functions of a smaller share, with what they call, are not looked at.
const LEAST_SHARE: f64 = 0.002;
/// What callers and callees in common count for, a similar name, and a similar share.
const NEIGHBOURS: f64 = 0.5;
const NAME: f64 = 0.3;
const SIZE: f64 = 0.2;
/// Pairs of a lower score are two functions.
const LEAST_SCORE: f64 = 0.55;

/// A function under two names.
#[derive(Clone, Copy, Debug)]
pub struct Rename {
    /// Its key in before.
    pub before: u32,
    /// Its key in after.
    pub after: u32,
    /// How alike they are, 0 to 1.
    pub score: f64,
}

/// A caller, a callee or the function itself, beside a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Neighbour {
    Own,
    Caller(u32),
    Callee(u32),
}

/// Pairs functions that only before has with such that only after has: the most alike first, each once.
#[must_use]
pub fn renames(
    tree: &CallTree,
    children: &Children,
    functions: &[FunctionCells],
    keys: &KeySpace,
) -> Vec<Rename> {
    let whole = tree.total[ROOT].value;
    let share = |value: i128, whole: i128| if whole > 0 { value as f64 / whole as f64 } else { 0.0 };
    let shares = |key: usize| {
        let total = functions[key].total.value;
        (share(total.before, whole.before), share(total.after, whole.after))
    };
    let only = |is_before: bool| -> Vec<usize> {
        let missing = (0..functions.len()).filter(|&key| is_missing(&functions[key].total));
        let only = missing.filter(|&key| match shares(key) {
            (before, 0.0) => is_before && before >= LEAST_SHARE,
            (0.0, after) => !is_before && after >= LEAST_SHARE,
            _ => false,
        });
        let mut only: Vec<usize> = only.collect();
        only.sort_by_key(|&key| {
            Reverse(functions[key].total.value.before + functions[key].total.value.after)
        });
        only.truncate(MOST_FUNCTIONS);
        only
    };
    let (gone, new) = (only(true), only(false));
    if gone.is_empty() || new.is_empty() {
        return Vec::new();
    }
    let asked: FxHashSet<usize> = gone.iter().chain(&new).copied().collect();
    let around = neighbourhoods(tree, children, &asked);
    // Only those that share a neighbour are compared: each neighbour has few.
    let mut beside: FxHashMap<Neighbour, Vec<usize>> = FxHashMap::default();
    for &key in &gone {
        for &neighbour in around[&key].keys().filter(|neighbour| **neighbour != Neighbour::Own) {
            beside.entry(neighbour).or_default().push(key);
        }
    }
    let letters: FxHashMap<usize, Letters> =
        asked.iter().map(|&key| (key, letters(&keys.keys()[key].name))).collect();
    let mut pairs = Vec::new();
    for &after in &new {
        let candidates = around[&after].keys().filter_map(|neighbour| beside.get(neighbour)).flatten();
        let mut candidates: Vec<usize> = candidates.copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        for before in candidates {
            let alike = in_common(&around[&before], &around[&after]);
            let sized = (-(shares(after).1 / shares(before).0).ln().abs()).exp();
            let score = NEIGHBOURS * alike + SIZE * sized;
            if score + NAME < LEAST_SCORE {
                continue;
            }
            let score = score + NAME * similar(&letters[&before], &letters[&after]);
            if score >= LEAST_SCORE {
                pairs.push(Rename { before: before as u32, after: after as u32, score });
            }
        }
    }
    let name = |key: u32| &keys.keys()[key as usize].name;
    pairs.sort_by(|one, other| {
        let by_score = other.score.total_cmp(&one.score);
        by_score
            .then_with(|| (name(one.before), name(one.after)).cmp(&(name(other.before), name(other.after))))
    });
    let (mut used, mut found) = (FxHashSet::default(), Vec::new());
    for pair in pairs {
        if !used.contains(&pair.before) && !used.contains(&pair.after) {
            used.extend([pair.before, pair.after]);
            found.push(pair);
        }
    }
    found
}

type Neighbourhood = BTreeMap<Neighbour, f64>;

/// Callers and callees of the functions that are asked for, by value on either side: those have it on one only.
fn neighbourhoods(
    tree: &CallTree,
    children: &Children,
    asked: &FxHashSet<usize>,
) -> FxHashMap<usize, Neighbourhood> {
    let value = |cell: &Cell| (cell.value.before + cell.value.after) as f64;
    let mut around: FxHashMap<usize, Neighbourhood> =
        asked.iter().map(|&key| (key, Neighbourhood::default())).collect();
    for node in 1..tree.len() {
        let Some(around) = around.get_mut(&tree.key(node)) else { continue };
        let parent = tree.parent(node);
        // The root calls as well; no key is that large.
        let caller = if parent == ROOT { u32::MAX } else { tree.key(parent) as u32 };
        *around.entry(Neighbour::Caller(caller)).or_default() += value(&tree.total[node]);
        *around.entry(Neighbour::Own).or_default() += value(&tree.own[node]);
        for &child in children.of(node) {
            let callee = Neighbour::Callee(tree.key(child as usize) as u32);
            *around.entry(callee).or_default() += value(&tree.total[child as usize]);
        }
    }
    around
}

/// The share of two neighbourhoods that they have in common, 0 to 1: the weighted Jaccard index.
fn in_common(one: &Neighbourhood, other: &Neighbourhood) -> f64 {
    let whole = |of: &Neighbourhood| of.values().sum::<f64>().max(f64::MIN_POSITIVE);
    let (sum, other_sum) = (whole(one), whole(other));
    let names: BTreeSet<Neighbour> = one.keys().chain(other.keys()).copied().collect();
    let (mut both, mut either) = (0.0, 0.0);
    for name in names {
        let share = |of: &Neighbourhood, sum: f64| of.get(&name).copied().unwrap_or(0.0) / sum;
        let (one, other) = (share(one, sum), share(other, other_sum));
        both += one.min(other);
        either += one.max(other);
    }
    both / either
}

/// The groups of three letters of a name; the name itself where it is shorter.
type Letters = FxHashSet<Vec<u8>>;

fn letters(name: &[u8]) -> Letters {
    let name = name.to_ascii_lowercase();
    if name.len() < 3 { Letters::from_iter([name]) } else { name.windows(3).map(<[u8]>::to_vec).collect() }
}

/// The share of groups of letters that two names have in common, 0 to 1.
fn similar(one: &Letters, other: &Letters) -> f64 {
    let both = one.intersection(other).count();
    both as f64 / (one.len() + other.len() - both) as f64
}

#[cfg(test)]
mod tests {
    use crate::{CompareOptions, compare};
    use analyzer_formats::{ReadOptions, read_bytes};

    fn renamed(before: &str, after: &str) -> Vec<(String, Option<String>)> {
        let read = |text: &str| read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap();
        let report = compare(&read(before), &read(after), &CompareOptions::default()).unwrap();
        let renamed = report.alignment.map(|alignment| alignment.renamed).unwrap_or_default();
        renamed.into_iter().map(|row| (row.before, Some(row.after))).collect()
    }

    #[test]
    fn a_function_at_the_same_place_is_the_same() {
        let text =
            |name: &str| format!("main;serve;{name};read 300\nmain;serve;{name} 200\nmain;serve 500\n");
        let pair = ("parse_header".to_owned(), Some("parse_headers_v2".to_owned()));
        assert_eq!(renamed(&text("parse_header"), &text("parse_headers_v2")), [pair]);
    }

    #[test]
    fn functions_at_other_places_are_others() {
        let before = "main;serve;parse;read 300\nmain;serve 500\n";
        assert_eq!(renamed(before, "main;admin;export;write 300\nmain;serve 500\n"), []);
    }

    #[test]
    fn each_function_is_paired_once() {
        let before = "main;a_old 300\nmain;b_old 100\nmain 600\n";
        let after = "main;a_new 310\nmain;b_new 90\nmain 600\n";
        let pairs = renamed(before, after);
        let pair = |name: &str| (format!("{name}_old"), Some(format!("{name}_new")));
        assert_eq!(pairs, [pair("a"), pair("b")]);
    }
}
