//! The call tree as pictures need it, of two captures or of one: pre-order, siblings by width, pruned to a size that
//! opens fast.

use crate::align::KeySpace;
use crate::tree::{CallTree, Cell, Children, Pair, ROOT};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// More nodes than this are not drawn: the narrowest are put together.
const MOST_NODES: usize = 100_000;

/// The call tree of both captures, for pictures. Of one capture, before is zero and k is 1.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// Names of functions, unique.
    pub names: Vec<String>,
    /// Nodes in pre-order: the root first, siblings by width in both captures, widest first.
    pub nodes: Vec<GraphNode>,
    /// After = k x before for unchanged code.
    pub k: f64,
    /// Values are in the unit times ten to the power of this.
    pub decimals: u8,
}

/// A node of the graph.
#[derive(Clone, Copy, Debug)]
pub struct GraphNode {
    /// Its name, an index of the names.
    pub name: u32,
    /// Its caller, an index of the nodes; the root is its own.
    pub parent: u32,
    /// Frames above it; 0 for the root.
    pub depth: u32,
    /// How many nodes follow it that are below it.
    pub descendants: u32,
    /// Values of the node itself.
    pub own: Pair<i128>,
    /// Values of the node and below.
    pub total: Pair<i128>,
    /// Whether its change is more than noise.
    pub mark: Mark,
    /// Whether that change is of the node with all below it, and not its own.
    pub is_region: bool,
    /// The rank of the plateau or region it belongs to; 0 for none.
    pub rank: u32,
}

/// Whether a node's change is more than noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mark {
    /// It is not.
    #[default]
    Unchanged,
    /// It grew.
    Grew,
    /// It shrank.
    Shrank,
}

impl Graph {
    /// The width of a pair of values in the two-sided layout: the mean of scaled before and after, in the unit
    /// of after.
    #[must_use]
    pub fn width(&self, value: &Pair<i128>) -> f64 {
        width(value, self.k)
    }
}

fn width(value: &Pair<i128>, k: f64) -> f64 {
    let (a, b) = (k * value.before as f64, value.after as f64);
    (a.max(0.0) + b.max(0.0)) / 2.0
}

/// What [`graph`] needs to know of a function that has a row.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row {
    pub(crate) rank: u32,
    pub(crate) mark: Mark,
    pub(crate) is_region: bool,
}

/// The row of each function, by key.
pub(crate) type Ranks = Vec<Option<Row>>;

/// Builds the graph. `outermost` says of every node whether it is no recursive call.
pub(crate) fn graph(
    tree: &CallTree,
    mut children: Children,
    outermost: &[bool],
    keys: &KeySpace,
    ranks: &Ranks,
    k: f64,
    decimals: u8,
) -> Graph {
    let widths: Vec<f64> = tree.total.iter().map(|cell| width(&cell.value, k)).collect();
    let rows = rows_of_nodes(tree, outermost, ranks, k);
    let kept = kept(tree, &widths, &rows);
    let name = |node: u32| &keys.keys()[tree.key(node as usize)].name;
    for node in (0..tree.len()).filter(|&node| kept[node]) {
        children.of_mut(node).sort_by(|&one, &other| {
            let by_width = widths[other as usize].total_cmp(&widths[one as usize]);
            by_width.then_with(|| name(one).cmp(name(other)))
        });
    }
    let mut builder = Builder {
        tree,
        keys,
        rows: &rows,
        graph: Graph { k, decimals, ..Graph::default() },
        name_of: vec![None; keys.keys().len()],
        pruned_name: None,
    };
    builder.visit(&children, &kept);
    builder.graph
}

/// The row that each node is part of: the places of a function that changed most, as many as make up its change. The
/// rest is noise around it.
fn rows_of_nodes(tree: &CallTree, outermost: &[bool], ranks: &Ranks, k: f64) -> Vec<Option<Row>> {
    let cell = |node: usize, row: &Row| if row.is_region { &tree.total[node] } else { &tree.own[node] };
    let growth = |cell: &Cell| cell.value.after as f64 - k * cell.value.before as f64;
    let mut rows = vec![None; tree.len()];
    let mut places: BTreeMap<u32, (Row, Vec<(f64, usize)>)> = BTreeMap::new();
    for node in 1..tree.len() {
        let Some(row) = ranks[tree.key(node)].filter(|row| outermost[node] || !row.is_region) else {
            continue;
        };
        match row.mark {
            Mark::Unchanged => rows[node] = Some(row),
            _ => {
                let (_, places) = places.entry(row.rank).or_insert_with(|| (row, Vec::new()));
                places.push((growth(cell(node, &row)), node));
            }
        }
    }
    for (row, mut places) in places.into_values() {
        let sign = if row.mark == Mark::Grew { 1.0 } else { -1.0 };
        let mut missing: f64 = sign * places.iter().map(|(growth, _)| growth).sum::<f64>();
        places.sort_by(|one, other| (sign * other.0).total_cmp(&(sign * one.0)).then(one.1.cmp(&other.1)));
        for (growth, node) in places {
            if missing <= 0.0 || sign * growth <= 0.0 {
                break;
            }
            rows[node] = Some(row);
            missing -= sign * growth;
        }
    }
    rows
}

/// Which nodes are drawn: all, or else the widest and those that lead to a reported plateau.
fn kept(tree: &CallTree, widths: &[f64], rows: &[Option<Row>]) -> Vec<bool> {
    if tree.len() <= MOST_NODES {
        return vec![true; tree.len()];
    }
    // Callers are numbered before callees and are as wide or wider, so none is kept without its callers.
    let by_width = |one: &usize, other: &usize| widths[*other].total_cmp(&widths[*one]).then(one.cmp(other));
    let mut kept = vec![false; tree.len()];
    for node in first((0..tree.len()).collect(), MOST_NODES, by_width) {
        kept[node] = true;
    }
    // Of each plateau the widest nodes are kept; a recursive function may have a million narrow ones.
    let plateau_nodes = (1..tree.len()).filter(|&node| rows[node].is_some()).collect();
    let by_size = |one: &usize, other: &usize| {
        let size = |node: usize| {
            let is_region = rows[node].is_some_and(|row| row.is_region);
            let value = if is_region { tree.total[node].value } else { tree.own[node].value };
            value.before.abs() + value.after.abs()
        };
        size(*other).cmp(&size(*one)).then(one.cmp(other))
    };
    for node in first(plateau_nodes, MOST_NODES / 10, by_size) {
        kept[node] = true;
    }
    for node in (1..tree.len()).rev() {
        if kept[node] {
            kept[tree.parent(node)] = true;
        }
    }
    kept[ROOT] = true;
    kept
}

/// The first `most` nodes of an order, in any order.
fn first(mut nodes: Vec<usize>, most: usize, order: impl FnMut(&usize, &usize) -> Ordering) -> Vec<usize> {
    if nodes.len() > most {
        nodes.select_nth_unstable_by(most, order);
        nodes.truncate(most);
    }
    nodes
}

/// What is still to be drawn.
enum Waiting {
    /// A node of the tree.
    Node(usize),
    /// What was too narrow of its siblings.
    Pruned(Pair<i128>),
}

struct Builder<'a> {
    tree: &'a CallTree,
    keys: &'a KeySpace,
    /// The row of each node.
    rows: &'a [Option<Row>],
    graph: Graph,
    name_of: Vec<Option<u32>>,
    pruned_name: Option<u32>,
}

impl Builder<'_> {
    fn visit(&mut self, children: &Children, kept: &[bool]) {
        let root_name = self.new_name("all".to_owned());
        // (node of the tree, its parent in the graph)
        let mut waiting = vec![(Waiting::Node(ROOT), 0u32)];
        while let Some((next, parent)) = waiting.pop() {
            let node = match next {
                Waiting::Node(node) => node,
                Waiting::Pruned(total) => {
                    self.push_pruned(parent, total);
                    continue;
                }
            };
            let index = self.graph.nodes.len() as u32;
            let depth = if node == ROOT { 0 } else { self.graph.nodes[parent as usize].depth + 1 };
            let name = if node == ROOT { root_name } else { self.name(node) };
            let row = self.rows[node];
            self.graph.nodes.push(GraphNode {
                name,
                parent,
                depth,
                descendants: 0,
                own: self.tree.own[node].value,
                total: self.tree.total[node].value,
                mark: row.map_or(Mark::Unchanged, |row| row.mark),
                is_region: row.is_some_and(|row| row.is_region),
                rank: row.map_or(0, |row| row.rank),
            });
            let below = children.of(node);
            let (drawn, dropped): (Vec<u32>, Vec<u32>) =
                below.iter().rev().partition(|&&child| kept[child as usize]);
            if !dropped.is_empty() {
                waiting.push((Waiting::Pruned(self.sum(&dropped)), index));
            }
            waiting.extend(drawn.iter().map(|&child| (Waiting::Node(child as usize), index)));
        }
        for index in (1..self.graph.nodes.len()).rev() {
            let node = self.graph.nodes[index];
            self.graph.nodes[node.parent as usize].descendants += node.descendants + 1;
        }
    }

    fn name(&mut self, node: usize) -> u32 {
        let key = self.tree.key(node);
        if let Some(name) = self.name_of[key] {
            return name;
        }
        let name = self.new_name(String::from_utf8_lossy(&self.keys.keys()[key].name).into_owned());
        self.name_of[key] = Some(name);
        name
    }

    fn new_name(&mut self, name: String) -> u32 {
        self.graph.names.push(name);
        self.graph.names.len() as u32 - 1
    }

    fn sum(&self, nodes: &[u32]) -> Pair<i128> {
        nodes.iter().map(|&node| self.tree.total[node as usize].value).fold(Pair::default(), |sum, value| {
            Pair { before: sum.before + value.before, after: sum.after + value.after }
        })
    }

    /// One node, after its siblings, for the children of `parent` that are too narrow to draw, so that no mass is
    /// lost.
    fn push_pruned(&mut self, parent: u32, total: Pair<i128>) {
        let name = match self.pruned_name {
            Some(name) => name,
            None => {
                let name = self.new_name("(narrow frames)".to_owned());
                self.pruned_name = Some(name);
                name
            }
        };
        let depth = self.graph.nodes[parent as usize].depth + 1;
        self.graph.nodes.push(GraphNode {
            name,
            parent,
            depth,
            descendants: 0,
            own: total,
            total,
            mark: Mark::Unchanged,
            is_region: false,
            rank: 0,
        });
    }
}
