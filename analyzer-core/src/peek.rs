//! A function between its callers and its callees, over all stacks that it is on.
//!
//! A sample counts once: its callers are those of the outermost call of the function, its callees those of the
//! innermost. So callers add up to the function's total, and callees with its own value do too.

use crate::single::{About, Single};
use crate::tree::{CallTree, ROOT};
use regex::bytes::Regex;
use serde::Serialize;

/// Callers are followed up to so many steps for all nodes of a function together.
const MOST_STEPS: usize = 20_000_000;

/// How far callers and callees are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The functions that call it and that it calls.
    Direct,
    /// All stacks that lead to it and from it.
    Stacks,
}

/// Functions of a capture, each between its callers and callees.
#[derive(Clone, Debug, Serialize)]
pub struct Peek {
    /// `plateau-peek/1`.
    pub schema: &'static str,
    /// What is shown.
    #[serde(flatten)]
    pub about: About,
    /// The functions of the name that was asked for, the largest total first.
    pub functions: Vec<PeekFunction>,
}

/// A function between its callers and callees.
#[derive(Clone, Debug, Serialize)]
pub struct PeekFunction {
    /// Its name.
    pub function: String,
    /// Its own value.
    #[serde(rename = "self")]
    pub own: f64,
    /// Its own value in percent of the capture's total.
    pub self_pct: f64,
    /// Its value and that of what it calls.
    pub total: f64,
    /// The same in percent of the capture's total.
    pub total_pct: f64,
    /// Of the function's total, the percentage with more than one call of it on the stack.
    pub recursive_pct: f64,
    /// What leads to it: callers behind what they call.
    pub callers: Vec<PeekRow>,
    /// What it calls: callees behind their callers. On the same level the largest comes first, here as above.
    pub callees: Vec<PeekRow>,
}

/// A caller or callee, on one path.
#[derive(Clone, Debug, Serialize)]
pub struct PeekRow {
    /// Its name.
    pub function: String,
    /// The row that it stands next to, towards the function; null for one that is next to the function itself.
    pub next: Option<usize>,
    /// Its value on this path.
    pub total: f64,
    /// The same in percent of the function's total.
    pub total_pct: f64,
}

/// A function between two trees, both rooted in it.
pub(crate) struct Sandwich {
    pub key: usize,
    /// Callers below what they call; the root has itself what no function called.
    pub callers: CallTree,
    /// Callees; the root has the function's own value itself.
    pub callees: CallTree,
    /// What has several calls of the function on the stack.
    pub recursive: i128,
}

impl Single {
    /// Functions of a name, the largest total first, at most so many, between their callers and callees.
    #[must_use]
    pub fn peek(&self, pattern: &Regex, reach: Reach, most: usize) -> Peek {
        let functions = self.matching(pattern).into_iter().take(most);
        let functions = functions.map(|key| self.peek_function(&self.sandwich(key, reach)));
        Peek { schema: "plateau-peek/1", about: self.about.clone(), functions: functions.collect() }
    }

    /// Whether a measured function has this name.
    #[must_use]
    pub fn matches(&self, pattern: &Regex) -> bool {
        !self.matching(pattern).is_empty()
    }

    /// The measured functions of a name, the largest total first.
    pub(crate) fn matching(&self, pattern: &Regex) -> Vec<usize> {
        let keys = self.keys.keys();
        let is_asked: Vec<bool> = keys.iter().map(|key| pattern.is_match(&key.name)).collect();
        let mut totals = vec![0; keys.len()];
        for node in (1..self.tree.len()).filter(|&node| self.outermost[node]) {
            totals[self.tree.key(node)] += self.tree.total[node].value.after;
        }
        let mut found: Vec<usize> =
            (0..keys.len()).filter(|&key| is_asked[key] && totals[key] != 0).collect();
        // Keys stand in the order of names.
        found.sort_by_key(|&key| (std::cmp::Reverse(totals[key]), key));
        found
    }

    /// Measured functions whose names are nearest to a text: what was meant where nothing matches.
    #[must_use]
    pub fn nearest(&self, text: &str) -> Vec<String> {
        const SHOWN: usize = 3;
        const LIKE: f64 = 0.75;
        let wanted = text.to_lowercase();
        let mut measured = vec![false; self.keys.keys().len()];
        (1..self.tree.len()).for_each(|node| measured[self.tree.key(node)] = true);
        let mut near: Vec<(f64, String)> = Vec::new();
        for (key, _) in self.keys.keys().iter().zip(measured).filter(|(_, is_measured)| *is_measured) {
            let name = String::from_utf8_lossy(&key.name).into_owned();
            let lower = name.to_lowercase();
            // The words of a name, and the whole of it.
            let words = lower.split(|c: char| !c.is_alphanumeric() && c != '_').chain([lower.as_str()]);
            let likeness = words.map(|word| strsim::jaro_winkler(word, &wanted)).fold(0.0, f64::max);
            let likeness = if lower.contains(&wanted) { 2.0 } else { likeness };
            if likeness >= LIKE {
                near.push((likeness, name));
            }
        }
        near.sort_by(|one, other| other.0.total_cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
        near.into_iter().take(SHOWN).map(|(_, name)| name).collect()
    }

    /// The trees of a function.
    pub(crate) fn sandwich(&self, key: usize, reach: Reach) -> Sandwich {
        let tree = &self.tree;
        let value = |node: usize| tree.total[node].value.after;
        let own = |node: usize| tree.own[node].value.after;
        let calls: Vec<usize> = (1..tree.len()).filter(|&node| tree.key(node) == key).collect();
        let outermost: Vec<usize> = calls.iter().copied().filter(|&node| self.outermost[node]).collect();
        let furthest = match reach {
            Reach::Direct => 1,
            // One caller at least, and no more steps than a moment allows.
            Reach::Stacks => (MOST_STEPS / outermost.len().max(1)).max(1),
        };
        let mut callers = CallTree::rooted(0);
        for &call in &outermost {
            let (mut at, mut caller, mut steps) = (ROOT, tree.parent(call), 0);
            while caller != ROOT && steps < furthest {
                at = callers.grow(at, tree.key(caller), 0);
                caller = tree.parent(caller);
                steps += 1;
            }
            callers.own[at].value.after += value(call);
        }
        callers.add_up();

        let mut callees = CallTree::rooted(calls.iter().map(|&call| own(call)).sum());
        // Of every node, how often the function is above it or in it, and its place among the callees.
        let mut times = vec![0u32; tree.len()];
        let mut at = vec![ROOT; tree.len()];
        let mut recursive = 0;
        for node in 1..tree.len() {
            let caller = tree.parent(node);
            let is_call = tree.key(node) == key;
            times[node] = times[caller] + u32::from(is_call);
            if is_call && times[node] == 2 {
                recursive += value(node);
            }
            if times[node] > 0 && !is_call {
                let is_far = reach == Reach::Direct && at[caller] != ROOT;
                at[node] = if is_far { at[caller] } else { callees.grow(at[caller], tree.key(node), 0) };
                callees.own[at[node]].value.after += own(node);
            }
        }
        callees.add_up();
        Sandwich { key, callers, callees, recursive }
    }

    fn peek_function(&self, sandwich: &Sandwich) -> PeekFunction {
        let total = self.in_unit(sandwich.callees.total[ROOT].value.after);
        let own = self.in_unit(sandwich.callees.own[ROOT].value.after);
        let percent = |value: f64| if total > 0.0 { 100.0 * value / total } else { 0.0 };
        let row = |tree: &CallTree, node: usize, next: Option<usize>| {
            let value = self.in_unit(tree.total[node].value.after);
            PeekRow { function: self.name(tree.key(node)), next, total: value, total_pct: percent(value) }
        };
        let rows = |tree: &CallTree| -> Vec<PeekRow> {
            let mut at = vec![None; tree.len()];
            let in_order = by_size(tree).into_iter().enumerate().map(|(index, node)| {
                at[node] = Some(index);
                row(tree, node, at[tree.parent(node)])
            });
            in_order.collect()
        };
        PeekFunction {
            function: self.name(sandwich.key),
            own,
            self_pct: self.about.percent(own),
            total,
            total_pct: self.about.percent(total),
            recursive_pct: percent(self.in_unit(sandwich.recursive)),
            callers: rows(&sandwich.callers),
            callees: rows(&sandwich.callees),
        }
    }

    /// The name of a function.
    pub(crate) fn name(&self, key: usize) -> String {
        String::from_utf8_lossy(&self.keys.keys()[key].name).into_owned()
    }
}

/// The nodes below the root, each before those below it, siblings by size.
fn by_size(tree: &CallTree) -> Vec<usize> {
    let mut children = tree.children();
    let mut order = Vec::new();
    let mut waiting = vec![ROOT];
    while let Some(node) = waiting.pop() {
        if node != ROOT {
            order.push(node);
        }
        let below = children.of_mut(node);
        below.sort_by_key(|&child| (std::cmp::Reverse(tree.total[child as usize].value.after), child));
        waiting.extend(below.iter().rev().map(|&child| child as usize));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::TraceValue;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn peek(text: &str, pattern: &str, reach: Reach) -> Peek {
        let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
        let capture = read_bytes("x", text.as_bytes(), &options).unwrap();
        let single = Single::new(&capture, None, TraceValue::CriticalPath).unwrap();
        single.peek(&Regex::new(pattern).unwrap(), reach, 10)
    }

    fn rows(rows: &[PeekRow]) -> Vec<(&str, Option<usize>, f64)> {
        rows.iter().map(|row| (row.function.as_str(), row.next, row.total)).collect()
    }

    const TEXT: &str = "main;a;f;x 4\nmain;b;f;x 1\nmain;b;f;y;z 2\nmain;f 3\nf 5\nmain;c 6\n";

    #[test]
    fn direct_callers_and_callees_add_up_to_the_function() {
        let peek = peek(TEXT, "^f$", Reach::Direct);
        let f = &peek.functions[0];
        assert_eq!((f.total, f.own, f.recursive_pct), (15.0, 8.0, 0.0));
        assert_eq!(rows(&f.callers), [("a", None, 4.0), ("b", None, 3.0), ("main", None, 3.0)]);
        assert_eq!(rows(&f.callees), [("x", None, 5.0), ("y", None, 2.0)]);
        // What is missing among the callers is f at the root of a stack.
        assert_eq!(f.callers.iter().map(|row| row.total).sum::<f64>(), 10.0);
        assert_eq!(f.own + f.callees.iter().map(|row| row.total).sum::<f64>(), f.total);
        assert_eq!((f.callees[0].total_pct * 3.0).round(), 100.0);
    }

    #[test]
    fn stacks_lead_to_the_roots_and_to_the_leaves() {
        let peek = peek(TEXT, "^f$", Reach::Stacks);
        let f = &peek.functions[0];
        let callers = [
            ("a", None, 4.0),
            ("main", Some(0), 4.0),
            ("b", None, 3.0),
            ("main", Some(2), 3.0),
            ("main", None, 3.0),
        ];
        assert_eq!(rows(&f.callers), callers);
        assert_eq!(rows(&f.callees), [("x", None, 5.0), ("y", None, 2.0), ("z", Some(1), 2.0)]);
    }

    #[test]
    fn recursion_counts_once() {
        // f calls itself, and once through g.
        let peek = peek("main;f;f;x 4\nmain;f;g;f 3\nmain;f;x 2\nmain;f;g 1\n", "^f$", Reach::Direct);
        let f = &peek.functions[0];
        assert_eq!((f.total, f.own, f.recursive_pct), (10.0, 3.0, 70.0));
        assert_eq!(rows(&f.callers), [("main", None, 10.0)]);
        assert_eq!(rows(&f.callees), [("x", None, 6.0), ("g", None, 1.0)]);
    }

    #[test]
    fn the_largest_comes_first_and_what_is_not_there_is_not_found() {
        let peek_names = |pattern: &str| -> Vec<String> {
            peek(TEXT, pattern, Reach::Direct).functions.into_iter().map(|f| f.function).collect()
        };
        assert_eq!(peek_names("."), ["main", "f", "c", "x", "a", "b", "y", "z"]);
        assert!(peek_names("nothing").is_empty());
    }

    #[test]
    fn the_nearest_names_are_told() {
        let capture =
            read_bytes("x", b"main;json::parse_object 4\nmain;render 2\n", &ReadOptions::default()).unwrap();
        let single = Single::new(&capture, None, TraceValue::CriticalPath).unwrap();
        assert_eq!(single.nearest("parse_objct"), ["json::parse_object"]);
        assert_eq!(single.nearest("PARSE"), ["json::parse_object"]);
        assert!(single.nearest("qqqq").is_empty());
    }
}
