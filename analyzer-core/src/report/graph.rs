//! The call tree as pictures need it, of two captures or of one: pre-order, siblings by width, pruned to a size that
//! opens fast.

use crate::align::KeySpace;
use crate::tree::{CallTree, Children, Pair, ROOT};
use std::cmp::Ordering;

/// More nodes than this are not drawn: the narrowest are put together.
const MOST_NODES: usize = 50_000;

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
    /// Whether its own change is more than noise.
    pub mark: Mark,
    /// The rank of the plateau it belongs to; 0 for none.
    pub rank: u32,
}

/// Whether a node's own change is more than noise.
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

/// What [`graph`] needs to know of a function: its rank and the direction of its change.
pub(crate) type Ranks = Vec<Option<(u32, Mark)>>;

/// Builds the graph. `ranks` gives, for each key, the reported plateau it is.
pub(crate) fn graph(
    tree: &CallTree,
    mut children: Children,
    keys: &KeySpace,
    ranks: &Ranks,
    k: f64,
    decimals: u8,
) -> Graph {
    let widths: Vec<f64> = tree.total.iter().map(|cell| width(&cell.value, k)).collect();
    let kept = kept(tree, &widths, ranks);
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
        ranks,
        k,
        graph: Graph { k, decimals, ..Graph::default() },
        name_of: vec![None; keys.keys().len()],
        pruned_name: None,
    };
    builder.visit(&children, &kept);
    builder.graph
}

/// Which nodes are drawn: all, or else the widest and those that lead to a reported plateau.
fn kept(tree: &CallTree, widths: &[f64], ranks: &Ranks) -> Vec<bool> {
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
    let plateau_nodes = (1..tree.len()).filter(|&node| ranks[tree.key(node)].is_some()).collect();
    let by_own = |one: &usize, other: &usize| {
        let own = |node: usize| tree.own[node].value.before.abs() + tree.own[node].value.after.abs();
        own(*other).cmp(&own(*one)).then(one.cmp(other))
    };
    for node in first(plateau_nodes, MOST_NODES / 10, by_own) {
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
    ranks: &'a Ranks,
    k: f64,
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
            let (name, rank, mark) =
                if node == ROOT { (root_name, 0, Mark::Unchanged) } else { self.function(node) };
            self.graph.nodes.push(GraphNode {
                name,
                parent,
                depth,
                descendants: 0,
                own: self.tree.own[node].value,
                total: self.tree.total[node].value,
                mark,
                rank,
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

    /// The name, rank and mark of a node.
    fn function(&mut self, node: usize) -> (u32, u32, Mark) {
        let key = self.tree.key(node);
        let name = match self.name_of[key] {
            Some(name) => name,
            None => {
                let name = self.new_name(String::from_utf8_lossy(&self.keys.keys()[key].name).into_owned());
                self.name_of[key] = Some(name);
                name
            }
        };
        let own = &self.tree.own[node].value;
        let growth = own.after as f64 - self.k * own.before as f64;
        match self.ranks[key] {
            Some((rank, Mark::Grew)) if growth > 0.0 => (name, rank, Mark::Grew),
            Some((rank, Mark::Shrank)) if growth < 0.0 => (name, rank, Mark::Shrank),
            Some((rank, Mark::Unchanged)) => (name, rank, Mark::Unchanged),
            _ => (name, 0, Mark::Unchanged),
        }
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
        let (mark, rank) = (Mark::Unchanged, 0);
        self.graph.nodes.push(GraphNode {
            name,
            parent,
            depth,
            descendants: 0,
            own: total,
            total,
            mark,
            rank,
        });
    }
}
