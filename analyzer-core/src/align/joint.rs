//! The call tree of both captures, and what is done to it so that the same code stands at the same place.
//!
//! In this order, each on what the one before left: interrupts count as what they interrupt, modules without symbols on one side become one function, functions
//! that differ in arguments or paths are joined, then renamed ones, then inlined ones become part of their callers, and
//! wrappers are bridged.

use super::inlined::{Inlined, inlined};
use super::interrupts::interrupts;
use super::loose::loose;
use super::modules::{BareModule, bare_modules};
use super::wrappers::{Wrapper, wrappers};
use super::{KeySpace, Rename, renames};
use crate::function::{FunctionCells, functions, outermost};
use crate::stats::reference::Reference;
use crate::tree::{CallTree, Children, Pair, ROOT, Step};
use rustc_hash::FxHashSet;

/// The call tree of both captures with what is computed from it.
pub(crate) struct Joint {
    pub(crate) tree: CallTree,
    pub(crate) children: Children,
    /// Of every node, whether its function is not among its callers.
    pub(crate) outermost: Vec<bool>,
    pub(crate) functions: Vec<FunctionCells>,
}

/// What is to be aligned beyond names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Aligning {
    /// Interrupts count as what they interrupt.
    pub(crate) interrupts: bool,
    /// Functions that have another name in after.
    pub(crate) renames: bool,
    /// Frames put in or taken out between others.
    pub(crate) wrappers: bool,
    /// Samples are counted, so that it can be told how much a function grew.
    pub(crate) is_counted: bool,
}

/// What was aligned.
#[derive(Clone, Debug, Default)]
pub(crate) struct Aligned {
    /// By key of the key space before alignment, the key of the same function.
    pub(crate) same: Vec<u32>,
    /// Values of before and after that count as what they interrupted.
    pub(crate) interrupts: Option<Pair<i128>>,
    pub(crate) modules: Vec<BareModule>,
    pub(crate) renamed: Vec<Rename>,
    pub(crate) inlined: Vec<Inlined>,
    pub(crate) wrappers: Vec<Wrapper>,
}

impl Aligned {
    /// A figure of every function, those that are the same added up.
    pub(crate) fn joined(&self, own: &[f64]) -> Vec<f64> {
        let mut joined = vec![0.0; own.len()];
        for (key, figure) in own.iter().enumerate() {
            let key = self.same.get(key).map_or(key, |&key| key as usize);
            if joined.len() <= key {
                joined.resize(key + 1, 0.0);
            }
            joined[key] += figure;
        }
        joined
    }
}

impl Joint {
    pub(crate) fn new(tree: CallTree, keys: &KeySpace) -> Joint {
        let children = tree.children();
        let outermost = outermost(&tree, &children, keys.keys().len());
        let functions = functions(&tree, &outermost, keys.keys().len());
        Joint { tree, children, outermost, functions }
    }

    /// Aligns the functions of both captures.
    pub(crate) fn align(&mut self, keys: &mut KeySpace, aligning: &Aligning) -> Aligned {
        let interrupts = if aligning.interrupts { interrupts(self, keys) } else { None };
        let modules = bare_modules(self, keys);
        let mut aligned = Aligned { same: (0..keys.keys().len() as u32).collect(), ..Aligned::default() };
        aligned.interrupts = interrupts;
        if !modules.is_empty() {
            self.join_modules(&modules, keys, &mut aligned.same);
            aligned.modules = modules;
        }
        if aligning.renames {
            aligned.renamed = loose(&self.functions, keys);
            self.join(&aligned.renamed, keys, &mut aligned.same);
            let others = renames(&self.tree, &self.children, &self.functions, keys);
            self.join(&others, keys, &mut aligned.same);
            aligned.renamed.extend(others);
        }
        if aligning.wrappers {
            if let Some(k) = self.scale().filter(|_| aligning.is_counted) {
                aligned.inlined = inlined(self, keys, k);
                self.merge(&aligned.inlined, keys);
            }
            if let Some(k) = self.scale_of_values(aligning.is_counted) {
                aligned.wrappers = wrappers(self, keys, k);
            }
        }
        aligned
    }

    /// After = k x before in samples, for functions that did not change: how much one took over from another does not
    /// depend on a third.
    fn scale(&self) -> Option<f64> {
        let counts = self.functions.iter().map(|function| {
            let count = function.own.count;
            (count.before.samples(), count.after.samples())
        });
        let whole = self.tree.total[ROOT].count;
        let is_measured = !whole.before.is_zero() && !whole.after.is_zero();
        let share = is_measured.then(|| whole.after.samples() / whole.before.samples())?;
        Some(Reference::new(counts).map_or(share, |reference| reference.k))
    }

    /// The same in values.
    fn scale_of_values(&self, is_counted: bool) -> Option<f64> {
        let whole = self.tree.total[ROOT];
        let is_measured = whole.value.before > 0 && whole.value.after > 0;
        let share = is_measured.then(|| whole.value.after as f64 / whole.value.before as f64)?;
        if !is_counted {
            return Some(share);
        }
        Some(self.scale()? * share * whole.count.before.samples() / whole.count.after.samples())
    }

    /// Makes each module one function. Its code that is called by its code is within.
    fn join_modules(&mut self, modules: &[BareModule], keys: &KeySpace, same: &mut [u32]) {
        let mut is_module = vec![false; keys.keys().len()];
        for module in modules {
            is_module[module.key as usize] = true;
            module.functions.iter().for_each(|&key| same[key as usize] = module.key);
        }
        let key = |node: usize| same[self.tree.key(node)];
        let step = |node: usize| {
            let caller = self.tree.parent(node);
            let is_within = caller != ROOT && is_module[key(node) as usize] && key(caller) == key(node);
            if is_within { Step::Merge } else { Step::Keep }
        };
        *self = Joint::new(self.tree.rearranged(key, step), keys);
    }

    /// Makes inlined functions part of their callers.
    fn merge(&mut self, inlined: &[Inlined], keys: &KeySpace) {
        if inlined.is_empty() {
            return;
        }
        let calls: FxHashSet<(u32, u32)> = inlined.iter().map(|row| (row.into, row.function)).collect();
        let key = |node: usize| self.tree.key(node) as u32;
        let step = |node: usize| {
            let caller = self.tree.parent(node);
            let is_inlined = caller != ROOT && calls.contains(&(key(caller), key(node)));
            if is_inlined { Step::Merge } else { Step::Keep }
        };
        *self = Joint::new(self.tree.rearranged(key, step), keys);
    }

    /// Gives functions that are renamed the key of their new name.
    fn join(&mut self, renamed: &[Rename], keys: &KeySpace, same: &mut [u32]) {
        if renamed.is_empty() {
            return;
        }
        let mut now: Vec<u32> = (0..keys.keys().len() as u32).collect();
        for rename in renamed {
            now[rename.before as usize] = rename.after;
        }
        same.iter_mut().for_each(|key| *key = now[*key as usize]);
        let tree = self.tree.rearranged(|node| now[self.tree.key(node)], |_| Step::Keep);
        *self = Joint::new(tree, keys);
    }
}
