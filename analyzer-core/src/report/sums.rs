//! What budgets are about beside functions: all that stands below the frames of a path, and classes function by function.
//!
//! Every node of the call tree belongs to the first rule that is about it: to one about a path where a frame of the path
//! is at the node or above it, else to the one about its function. What belongs to a path is added up; what is left of
//! functions and regions is theirs.

use super::build::{Inputs, key_name};
use super::subjects::{Left, Measuring, Part, Subject};
use crate::check::{Budgets, Selector};
use crate::plateau::Kind;
use crate::tree::{Cell, ROOT};
use std::collections::BTreeMap;

/// What was added up for budgets. Of traces there is nothing: their frames are judged one by one.
#[derive(Clone, Debug, Default)]
pub struct Sums {
    /// Of every rule about a path, what stands below its frames and belongs to no rule before it.
    pub rules: Vec<Option<Subject>>,
    /// Of every accepted change of a path or a class, all that stands below its frames, or is of the class.
    pub accepted: Vec<Option<Subject>>,
    /// Of every row about a region of which something belongs to a path, what is left of it, by the place of the row.
    pub regions: Vec<(usize, Left)>,
}

/// The rules that nodes belong to.
pub(super) struct Claims {
    /// Of every node, the rule about a path that it belongs to.
    of_node: Vec<Option<usize>>,
    /// What is measured in each function, over nodes that belong to no path.
    pub(super) own: Vec<Cell>,
    /// Of those nodes of each function, the one where there is most; the root where there is none.
    widest: Vec<usize>,
}

impl Claims {
    /// `None` where no rule is about a path.
    pub(super) fn new(inputs: &Inputs<'_>, budgets: &Budgets) -> Option<Claims> {
        let is_path = |selector: &Selector| matches!(selector, Selector::Path(_));
        if !budgets.rules.iter().any(|rule| is_path(&rule.selector)) {
            return None;
        }
        let tree = inputs.tree;
        let keys = inputs.keys.keys().len();
        let first = |key: usize, of_paths: bool| {
            let is_about =
                |selector: &Selector| is_path(selector) == of_paths && names(selector, inputs, key);
            budgets.rules.iter().position(|rule| is_about(&rule.selector))
        };
        let by_path: Vec<Option<usize>> = (0..keys).map(|key| first(key, true)).collect();
        let by_name: Vec<Option<usize>> = (0..keys).map(|key| first(key, false)).collect();
        // The first rule about a path of which a frame is at a node or above it.
        let mut above: Vec<Option<usize>> = vec![None; tree.len()];
        let mut claims = Claims {
            of_node: vec![None; tree.len()],
            own: vec![Cell::default(); keys],
            widest: vec![ROOT; keys],
        };
        let width = |node: usize| tree.own[node].value.before.max(tree.own[node].value.after);
        for node in 1..tree.len() {
            let key = tree.key(node);
            above[node] = earlier(above[tree.parent(node)], by_path[key]);
            if above[node].is_some() && earlier(above[node], by_name[key]) == above[node] {
                claims.of_node[node] = above[node];
            } else {
                claims.own[key] += tree.own[node];
                let widest = &mut claims.widest[key];
                if *widest == ROOT || width(node) > width(*widest) {
                    *widest = node;
                }
            }
        }
        Some(claims)
    }

    /// The path to where there is most of a function, of what belongs to no path.
    pub(super) fn path(&self, inputs: &Inputs<'_>, key: usize) -> Vec<String> {
        match self.widest[key] {
            ROOT => Vec::new(),
            node => {
                let nodes = inputs.tree.path(node).into_iter();
                nodes.map(|node| key_name(inputs.keys, inputs.tree.key(node) as u32)).collect()
            }
        }
    }
}

/// The first of two rules.
fn earlier(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

/// Whether a selector is about a function by itself; one about a path is about that of its frames.
fn names(selector: &Selector, inputs: &Inputs<'_>, key: usize) -> bool {
    let module = inputs.keys.keys()[key].module.as_deref();
    selector.names(&key_name(inputs.keys, key as u32), module, inputs.classified.of_key(key))
}

/// Adds up what budgets are about.
pub(super) fn sums(measuring: &Measuring<'_>, budgets: &Budgets, claims: Option<&Claims>) -> Sums {
    let inputs = measuring.inputs;
    let tree = inputs.tree;
    let claim = |node: usize| claims.and_then(|claims| claims.of_node[node]);
    let classes = inputs.classified.of_nodes(tree);
    let share_of = |node: usize| (claim(node), classes[node]);
    let is_path = |selector: &Selector| matches!(selector, Selector::Path(_));
    let rules = budgets.rules.iter().enumerate().map(|(at, rule)| {
        let nodes = (1..tree.len()).filter(|&node| claim(node) == Some(at));
        let name = rule.selector.pattern();
        is_path(&rule.selector).then(|| sum(measuring, name, &nodes.collect::<Vec<_>>(), &share_of))
    });
    let rows = inputs.ranking.rows.iter().enumerate().filter(|(_, row)| row.kind == Kind::Region);
    let is_sum = |selector: &Selector| matches!(selector, Selector::Path(_) | Selector::Class(_));
    let has_sums = claims.is_some() || budgets.accepted.iter().any(|entry| is_sum(&entry.selector));
    // The nodes of every region that has a row.
    let regions: Vec<(usize, usize, Vec<bool>)> = rows
        .filter(|_| has_sums)
        .map(|(at, row)| (at, row.key as usize, below(inputs, |key| key == row.key as usize)))
        .collect();
    let accepted = budgets.accepted.iter().map(|entry| {
        let within = match &entry.selector {
            Selector::Path(_) => below(inputs, |key| names(&entry.selector, inputs, key)),
            Selector::Class(accepted) => classes.iter().map(|class| class == accepted).collect(),
            Selector::Function(_) | Selector::Module(_) => return None,
        };
        let nodes: Vec<usize> = (1..tree.len()).filter(|&node| within[node]).collect();
        let mut subject = sum(measuring, entry.selector.pattern(), &nodes, &share_of);
        let parts = regions.iter().map(|(_, key, region)| {
            let mut cell = Cell::default();
            let free = nodes.iter().filter(|&&node| region[node] && claim(node).is_none());
            free.for_each(|&node| cell += tree.own[node]);
            measuring.part(*key, &cell, Kind::Region, None, None)
        });
        subject.parts.extend(parts);
        Some(subject)
    });
    let left = regions.iter().filter_map(|(at, key, region)| {
        let whole = (1..tree.len()).filter(|&node| region[node]);
        let (taken, left): (Vec<usize>, Vec<usize>) = whole.partition(|&node| claim(node).is_some());
        if taken.is_empty() {
            return None;
        }
        if left.iter().all(|&node| tree.own[node] == Cell::default()) {
            return Some((*at, Left::Nothing));
        }
        let rest = Subject {
            module: inputs.keys.keys()[*key].module.clone(),
            class: inputs.classified.of_key(*key).map(str::to_owned),
            parts: Vec::new(),
            ..sum(measuring, &key_name(inputs.keys, *key as u32), &left, &share_of)
        };
        Some((*at, Left::Rest(Box::new(rest))))
    });
    Sums { rules: rules.collect(), accepted: accepted.collect(), regions: left.collect() }
}

/// Of every node, whether such a function is at it or above it.
fn below(inputs: &Inputs<'_>, is_asked: impl Fn(usize) -> bool) -> Vec<bool> {
    let tree = inputs.tree;
    let is_asked: Vec<bool> = (0..inputs.keys.keys().len()).map(is_asked).collect();
    let mut within = vec![false; tree.len()];
    for node in 1..tree.len() {
        within[node] = within[tree.parent(node)] || is_asked[tree.key(node)];
    }
    within
}

/// What nodes add up to, by function, rule and class. Its variance is that of a region: functions differ each by itself.
fn sum<'c>(
    measuring: &Measuring<'_>,
    name: &str,
    nodes: &[usize],
    share_of: &impl Fn(usize) -> (Option<usize>, &'c str),
) -> Subject {
    let tree = measuring.inputs.tree;
    let mut whole = Cell::default();
    let mut of_function: BTreeMap<usize, Cell> = BTreeMap::new();
    let mut parts: BTreeMap<(usize, (Option<usize>, &str)), Cell> = BTreeMap::new();
    for &node in nodes {
        whole += tree.own[node];
        *of_function.entry(tree.key(node)).or_default() += tree.own[node];
        *parts.entry((tree.key(node), share_of(node))).or_default() += tree.own[node];
    }
    let subject = measuring.sum(name.to_owned(), &whole, of_function.values());
    let parts = parts
        .into_iter()
        .map(|((key, (claim, class)), cell)| measuring.part(key, &cell, Kind::Plateau, claim, Some(class)));
    Subject { parts: parts.filter(|part| part.growth_pct != 0.0).collect(), ..subject }
}

/// The parts of every class, by its name.
pub(super) fn parts_of_classes(measuring: &Measuring<'_>) -> BTreeMap<String, Vec<Part>> {
    let (inputs, tree) = (measuring.inputs, measuring.inputs.tree);
    let mut cells: BTreeMap<(&str, usize), Cell> = BTreeMap::new();
    for (node, class) in inputs.classified.of_nodes(tree).into_iter().enumerate().skip(1) {
        *cells.entry((class, tree.key(node))).or_default() += tree.own[node];
    }
    let mut parts: BTreeMap<String, Vec<Part>> = BTreeMap::new();
    for ((class, key), cell) in cells {
        let part = measuring.part(key, &cell, Kind::Plateau, None, Some(class));
        if part.growth_pct != 0.0 {
            parts.entry(class.to_owned()).or_default().push(part);
        }
    }
    parts
}
