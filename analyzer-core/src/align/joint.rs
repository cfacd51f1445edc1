//! The call tree of both captures, and what is done to it so that the same code stands at the same place.
//!
//! In this order, each on what the one before left: modules without symbols on one side become one function, functions
//! that differ in arguments or paths are joined, then renamed ones, then inlined ones become part of their callers, and
//! wrappers are bridged.

use super::inlined::{Inlined, inlined};
use super::loose::loose;
use super::modules::{BareModule, bare_modules};
use super::wrappers::{Wrapper, wrappers};
use super::{KeySpace, Rename, renames};
use crate::function::{FunctionCells, functions, outermost};
use crate::stats::reference::Reference;
use crate::tree::{CallTree, Children, ROOT, Step};

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
    pub(crate) modules: Vec<BareModule>,
    pub(crate) renamed: Vec<Rename>,
    pub(crate) inlined: Vec<Inlined>,
    pub(crate) wrappers: Vec<Wrapper>,
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
        let modules = bare_modules(self, keys);
        let mut aligned = Aligned { same: (0..keys.keys().len() as u32).collect(), ..Aligned::default() };
        if !modules.is_empty() {
            let mut module_of = vec![false; keys.keys().len()];
            for module in &modules {
                module_of[module.key as usize] = true;
                module.functions.iter().for_each(|&key| aligned.same[key as usize] = module.key);
            }
            // Code of the module that calls code of the module is one function.
            let key = |node: usize| aligned.same[self.tree.key(node)];
            let is_within = |node: usize| {
                let parent = self.tree.parent(node);
                parent != ROOT && module_of[key(node) as usize] && key(parent) == key(node)
            };
            let step = |node| if is_within(node) { Step::Merge } else { Step::Keep };
            *self = Joint::new(self.tree.rearranged(key, step), keys);
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
            if aligning.is_counted {
                aligned.inlined = inlined(self, keys, self.scale());
            }
            if !aligned.inlined.is_empty() {
                let own_key = |node| self.tree.key(node) as u32;
                let is_inlined = |node: usize| {
                    let caller = self.tree.key(self.tree.parent(node)) as u32;
                    aligned.inlined.iter().any(|row| row.function == own_key(node) && row.into == caller)
                };
                let step = |node| if is_inlined(node) { Step::Merge } else { Step::Keep };
                *self = Joint::new(self.tree.rearranged(own_key, step), keys);
            }
            let whole = self.tree.total[ROOT];
            let per_sample =
                |value: i128, count: i128| if count > 0 { value as f64 / count as f64 } else { 1.0 };
            let k = match aligning.is_counted {
                true => {
                    self.scale() * per_sample(whole.value.after, whole.count.after)
                        / per_sample(whole.value.before, whole.count.before)
                }
                false => whole.value.after as f64 / whole.value.before as f64,
            };
            if k.is_finite() && k > 0.0 {
                aligned.wrappers = wrappers(self, keys, k);
            }
        }
        aligned
    }

    /// After = k x before in samples, for functions that did not change: how much one took over from another does not
    /// depend on a third.
    fn scale(&self) -> f64 {
        let counts = self.functions.iter().map(|function| {
            let count = function.own.count;
            (count.before as f64, count.after as f64)
        });
        let whole = self.tree.total[ROOT].count;
        Reference::new(counts).map_or(whole.after as f64 / whole.before as f64, |reference| reference.k)
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
