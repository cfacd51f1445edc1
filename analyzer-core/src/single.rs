//! One capture as a call tree: what lists, trees and pictures of it are made from.
//!
//! The tree is that of two captures with nothing in before, so everything that reads such trees reads this one too.

use crate::account::{Account, Loss, Records};
use crate::align::{KeySpace, Names};
use crate::error::CompareError;
use crate::function::outermost;
use crate::report::{Graph, graph};
use crate::spans::{self, SpanMeasure};
use crate::tree::{CallTree, Children, ROOT, Side};
use crate::value::{self, Column, Measure, measures};
use analyzer_formats::{Capture, Content, Profile};
use serde::Serialize;
use std::borrow::Cow;

/// What a capture is and measures: the head of every output of one capture.
#[derive(Clone, Debug, Serialize)]
pub struct About {
    /// The path as given.
    pub file: String,
    /// BLAKE3 of the file, in hex, where it was asked for.
    pub digest: Option<String>,
    /// The value type.
    pub value_type: String,
    /// Its unit.
    pub unit: String,
    /// The value types not shown.
    pub other_value_types: Vec<String>,
    /// Sum of all values, in the unit.
    pub total: f64,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
    /// Records in the file, used and left out.
    pub records: Records,
    /// What the reader left out.
    pub left_out: Vec<Loss>,
    /// The account as a sentence.
    #[serde(skip)]
    pub account: String,
}

impl About {
    /// A value in percent of the total.
    #[must_use]
    pub fn percent(&self, value: f64) -> f64 {
        if self.total > 0.0 { 100.0 * value / self.total } else { 0.0 }
    }
}

/// One capture as a call tree.
///
/// ```
/// use analyzer_core::spans::TraceValue;
/// use analyzer_core::{Order, Single};
/// use analyzer_formats::{ReadOptions, read_bytes};
///
/// let capture = read_bytes("example", b"main;parse 3\nmain 1\n", &ReadOptions::default())?;
/// let single = Single::new(&capture, None, TraceValue::default())?;
/// assert_eq!(single.flat(Order::Own).functions[0].function, "parse");
/// // all, main, parse
/// assert_eq!(single.graph().nodes.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Single {
    /// What is shown.
    pub about: About,
    pub(crate) keys: KeySpace,
    /// The values are those of after; before has none.
    pub(crate) tree: CallTree,
    pub(crate) children: Children,
    /// Of every node, whether its function is not among its callers.
    pub(crate) outermost: Vec<bool>,
    decimals: u8,
}

impl Single {
    /// The call tree of a capture's value type, the default one when `value` is none; spans of traces are measured by
    /// `spans`.
    ///
    /// # Errors
    /// When the capture measures nothing, or not the wanted value type.
    pub fn new(
        capture: &Capture,
        value: Option<&str>,
        spans: impl Into<SpanMeasure>,
    ) -> Result<Single, CompareError> {
        let (profile, names) = match &capture.content {
            Content::Profile(profile) => (Cow::Borrowed(profile), Names::Canonical),
            Content::Traces(traces) => (Cow::Owned(spans::project(traces, spans)), Names::Exact),
        };
        let (measure, other_value_types) = choose_measure(&profile, value)?;
        let mut keys = KeySpace::new(names, &[&profile]);
        let key_of = keys.add(&profile);
        keys.locate(&profile, &measure, &key_of);
        let mut tree = CallTree::default();
        let column = Column { measure, finest: 1 };
        tree.add(Side::After, &profile, &column, &[], |frame| key_of[profile.frame(frame).function.index()]);
        tree.sort(&keys.sort());
        tree.add_up();
        let children = tree.children();
        let measure = column.measure;
        let account = Account::new(capture);
        let mut single = Single {
            about: About {
                file: capture.source.name.clone(),
                digest: capture.source.digest.clone(),
                value_type: measure.name,
                unit: measure.unit,
                other_value_types,
                total: 0.0,
                duration_ns: profile.meta.duration_ns,
                records: account.records,
                account: account.sentence(),
                left_out: account.left_out,
            },
            outermost: outermost(&tree, &children, keys.keys().len()),
            keys,
            tree,
            children,
            decimals: measure.decimals,
        };
        single.about.total = single.in_unit(single.tree.total[ROOT].value.after);
        Ok(single)
    }

    /// The tree for pictures: `before` is zero everywhere and `after` the values, `k` is 1, nothing is marked or ranked.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let ranks = vec![None; self.keys.keys().len()];
        graph(&self.tree, self.children.clone(), &self.outermost, &self.keys, &ranks, 1.0, self.decimals)
    }

    /// The call tree as rows.
    #[must_use]
    pub fn tree_rows(&self) -> TreeRows {
        let graph = self.graph();
        let nodes = graph.nodes.iter().enumerate().map(|(at, node)| {
            let (own, total) = (self.in_unit(node.own.after), self.in_unit(node.total.after));
            TreeRow {
                function: graph.names[node.name as usize].clone(),
                parent: (at > 0).then_some(node.parent),
                depth: node.depth,
                own,
                self_pct: self.about.percent(own),
                total,
                total_pct: self.about.percent(total),
            }
        });
        TreeRows { schema: "plateau-tree/1", about: self.about.clone(), nodes: nodes.collect() }
    }

    /// A stored value in the unit.
    pub(crate) fn in_unit(&self, stored: i128) -> f64 {
        stored as f64 / 10f64.powi(i32::from(self.decimals))
    }
}

/// The call tree of a capture as rows: callers before callees, siblings by size. Of more than 100,000 nodes the narrowest
/// are put together, one node for those of a caller.
#[derive(Clone, Debug, Serialize)]
pub struct TreeRows {
    /// `plateau-tree/1`.
    pub schema: &'static str,
    /// What is shown.
    #[serde(flatten)]
    pub about: About,
    /// The nodes, that of everything first.
    pub nodes: Vec<TreeRow>,
}

/// A node of a call tree.
#[derive(Clone, Debug, Serialize)]
pub struct TreeRow {
    /// Its function.
    pub function: String,
    /// Its caller, an index of the nodes; null for the first.
    pub parent: Option<u32>,
    /// Nodes above it.
    pub depth: u32,
    /// Its own value.
    #[serde(rename = "self")]
    pub own: f64,
    /// The same in percent of the capture's total.
    pub self_pct: f64,
    /// Its value and that of what it calls.
    pub total: f64,
    /// The same in percent of the capture's total.
    pub total_pct: f64,
}

/// The wanted measure, or the default, and the names of the others.
///
/// # Errors
/// When the profile does not measure it, or nothing.
pub fn choose_measure(
    profile: &Profile,
    wanted: Option<&str>,
) -> Result<(Measure, Vec<String>), CompareError> {
    let mut all = measures(profile);
    let list = |all: &[Measure]| all.iter().map(|measure| measure.name.clone()).collect::<Vec<_>>();
    if all.is_empty() {
        return Err(CompareError::NothingMeasured);
    }
    let index = match wanted {
        None => 0,
        Some(name) => {
            value::position(all.iter().map(|measure| measure.name.as_str()), name).unwrap_or(all.len())
        }
    };
    if index >= all.len() {
        let wanted = wanted.unwrap_or("any").to_owned();
        return Err(CompareError::NoSuchValueType { wanted, common: list(&all).join(", ") });
    }
    let chosen = all.remove(index);
    let others = list(&all);
    Ok((chosen, others))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flat::Order;
    use crate::report::Mark;
    use crate::spans::TraceValue;
    use crate::tree::Pair;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn single(text: &str) -> Single {
        let options = ReadOptions { from: Some("folded"), ..ReadOptions::default() };
        let capture = read_bytes("x", text.as_bytes(), &options).unwrap();
        Single::new(&capture, None, TraceValue::CriticalPath).unwrap()
    }

    #[test]
    fn the_graph_of_one_capture_has_its_values_in_after() {
        let graph = single("main;b 1\nmain;a;c 3\nmain 2\n").graph();
        let nodes: Vec<_> = graph
            .nodes
            .iter()
            .map(|node| {
                assert_eq!((node.own.before, node.total.before), (0, 0));
                assert_eq!((node.mark, node.rank), (Mark::Unchanged, 0));
                let name = graph.names[node.name as usize].as_str();
                (name, node.depth, node.descendants, node.own.after, node.total.after)
            })
            .collect();
        let rows = [
            ("all", 0, 4, 0, 6),
            ("main", 1, 3, 2, 6),
            ("a", 2, 1, 0, 3),
            ("c", 3, 0, 3, 3),
            ("b", 2, 0, 1, 1),
        ];
        assert_eq!(nodes, rows);
        assert_eq!((graph.k, graph.width(&Pair { before: 0, after: 6 })), (1.0, 3.0));
    }

    #[test]
    fn the_order_of_samples_shows_nowhere() {
        let one = single("m;b 1\nm;a 1\nn 1\n");
        let other = single("n 1\nm;a 1\nm;b 1\n");
        assert_eq!(format!("{:?}", one.graph()), format!("{:?}", other.graph()));
        assert_eq!(format!("{:?}", one.flat(Order::Own)), format!("{:?}", other.flat(Order::Own)));
    }

    #[test]
    fn a_large_tree_is_pruned_and_keeps_its_sum() {
        let lines: Vec<String> = (0..120_000).map(|at| format!("main;f{at} {}", 1 + at % 7)).collect();
        let graph = single(&lines.join("\n")).graph();
        assert!(graph.nodes.len() <= 100_010, "{}", graph.nodes.len());
        let own: i128 = graph.nodes.iter().map(|node| node.own.after).sum();
        assert_eq!(own, graph.nodes[0].total.after);
    }
}
