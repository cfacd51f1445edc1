//! One key space for the functions of both captures.
//!
//! A function is the same in both when its canonical name is: [`RULES`] take away what a rebuild changes.
//! Bridging of wrappers and matching of renames start from here: they join keys that this pass kept apart.

pub(crate) mod cut;
mod demangle;
mod inlined;
mod interrupts;
mod joint;
mod loose;
mod modules;
mod renames;
mod rules;
mod wrappers;

use crate::tree::Cell;
use crate::value::Measure;
use analyzer_formats::{Frame, FrameKind, Profile, Stack};
pub(crate) use demangle::demangled;
pub(crate) use joint::{Aligned, Aligning, Joint};
pub(crate) use modules::BareModule;
pub use renames::{Rename, renames};
use rules::{Applied, canonical_by};
pub use rules::{RULES, Rule, canonical, thread_name};
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::cmp::Reverse;

/// What so few samples are of on one side, the other may not have by chance.
const FEWEST_SAMPLES: f64 = 10.0;

/// Whether what was measured on one side alone is missing on the other, and not by chance.
fn is_missing(cell: &Cell) -> bool {
    let count = (cell.count.before + cell.count.after).samples();
    // Where samples are not counted, nothing is known of chance.
    count == 0.0 || count >= FEWEST_SAMPLES
}

/// Which names count as the same function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Names {
    /// Names without what a rebuild changes: hashes, clones, counters.
    #[default]
    Canonical,
    /// Names as they stand in the captures.
    Exact,
}

/// The functions of two captures, joined by name.
#[derive(Debug)]
pub struct KeySpace {
    names: Names,
    /// Names that stand for threads in every profile: numbers in them tell siblings apart.
    threads: FxHashSet<Vec<u8>>,
    keys: Vec<Key>,
    /// By key, the rules that changed its names.
    applied: Vec<Applied>,
    by_name: FxHashMap<Vec<u8>, u32>,
}

/// A function of either capture.
#[derive(Clone, Debug)]
pub struct Key {
    /// The canonical name, as bytes of the capture.
    pub name: Vec<u8>,
    /// The name of the module it was loaded from, without its folder.
    pub module: Option<String>,
    /// Its source file.
    pub file: Option<String>,
    /// The line where most of its own value was measured, else one that it starts at or that was sampled; 0 when
    /// unknown.
    pub line: u32,
    /// The kind of its frames; the first in the order of kinds where they differ.
    pub kind: FrameKind,
}

impl KeySpace {
    /// An empty key space for the functions of `profiles`.
    #[must_use]
    pub fn new(names: Names, profiles: &[&Profile]) -> KeySpace {
        let mut threads = FxHashSet::default();
        let mut others = FxHashSet::default();
        if names == Names::Canonical {
            for profile in profiles {
                for (function, is_thread) in profile.functions.iter().zip(threads_of(profile)) {
                    let name = profile.strings.get(function.name).to_vec();
                    if is_thread {
                        threads.insert(name)
                    } else {
                        others.insert(name)
                    };
                }
            }
        }
        threads.retain(|name| !others.contains(name));
        KeySpace { names, threads, keys: Vec::new(), applied: Vec::new(), by_name: FxHashMap::default() }
    }

    /// The key of every function of `profile`, by function index.
    pub fn add(&mut self, profile: &Profile) -> Vec<u32> {
        // Of the frames of a function, the least: the order of samples is no property of a capture.
        let mut least_frame: Vec<Option<&Frame>> = vec![None; profile.functions.len()];
        let file =
            |frame: &Frame| frame.mapping.map(|id| profile.strings.get(profile.mappings[id.index()].file));
        let order = |frame: &Frame| (frame.kind, frame.line == 0, frame.line);
        for frame in &profile.frames {
            let least = least_frame[frame.function.index()].get_or_insert(frame);
            let by_order = order(frame).cmp(&order(least));
            if by_order.then_with(|| file(frame).cmp(&file(least))).is_lt() {
                *least = frame;
            }
        }
        let mut placed = FxHashSet::default();
        let functions = profile.functions.iter().zip(least_frame);
        functions
            .map(|(function, frame)| {
                let raw = profile.strings.get(function.name);
                let mut applied = Applied::default();
                let mut name = match self.names {
                    Names::Canonical => canonical_by(raw, &mut applied),
                    Names::Exact => Cow::Borrowed(raw),
                };
                if self.threads.contains(raw)
                    && let Cow::Owned(without_number) = thread_name(&name)
                {
                    applied.add_thread_number();
                    name = Cow::Owned(without_number);
                }
                let name = name.into_owned();
                let text = |id| profile.strings.text(id).into_owned();
                let module = frame.and_then(|frame| frame.mapping);
                let module = module.map(|id| base_name(&text(profile.mappings[id.index()].file)).to_owned());
                let key = self.intern(
                    Key {
                        name,
                        module,
                        file: function.file.map(text),
                        line: if function.start_line > 0 {
                            function.start_line
                        } else {
                            frame.map_or(0, |f| f.line)
                        },
                        kind: frame.map_or(FrameKind::User, |frame| frame.kind),
                    },
                    &mut placed,
                );
                self.applied[key as usize].join(applied);
                key
            })
            .collect()
    }

    /// Gives every function the file and line where most of its own value was measured, for those that have any.
    /// The capture given last decides.
    pub fn locate(&mut self, profile: &Profile, measure: &Measure, key_of: &[u32]) {
        let samples = &profile.series[measure.series.index()].samples;
        let mut at_frame = vec![0i128; profile.frames.len()];
        for (row, stack) in samples.stacks.iter().enumerate() {
            if let Some(stack) = stack {
                at_frame[profile.stack(*stack).frame.index()] += measure.value(samples, row);
            }
        }
        // One line of a function has many frames: by mapping, kind, and function of the same name.
        let mut at_line: FxHashMap<(u32, u32), i128> = FxHashMap::default();
        for (frame, &value) in profile.frames.iter().zip(&at_frame) {
            if value > 0 && frame.line > 0 {
                *at_line.entry((key_of[frame.function.index()], frame.line)).or_default() += value;
            }
        }
        // By key, the hottest line and its file; of equal ones the first.
        type Line<'a> = (Reverse<i128>, u32, Option<&'a [u8]>);
        let mut hottest: Vec<Option<Line<'_>>> = vec![None; self.keys.len()];
        for frame in profile.frames.iter().filter(|frame| frame.line > 0) {
            let key = key_of[frame.function.index()];
            let Some(&value) = at_line.get(&(key, frame.line)) else { continue };
            let file = profile.function(frame.function).file.map(|file| profile.strings.get(file));
            let line = (Reverse(value), frame.line, file);
            let known = hottest[key as usize].get_or_insert(line);
            *known = line.min(*known);
        }
        for (known, hottest) in self.keys.iter_mut().zip(hottest) {
            let Some((_, line, file)) = hottest else { continue };
            known.line = line;
            known.file = file.map(|file| String::from_utf8_lossy(file).into_owned()).or(known.file.take());
        }
    }

    /// The index of a key. `placed` are those that the capture has given a file and line: it decides against those before it.
    fn intern(&mut self, key: Key, placed: &mut FxHashSet<u32>) -> u32 {
        if let Some(&index) = self.by_name.get(&key.name) {
            let known = &mut self.keys[index as usize];
            known.kind = known.kind.min(key.kind);
            known.module = [known.module.take(), key.module].into_iter().flatten().min();
            let place = |file: &Option<String>, line: u32| (file.is_none(), file.clone(), line == 0, line);
            let is_first = placed.insert(index) && key.file.is_some();
            if is_first || place(&key.file, key.line) < place(&known.file, known.line) {
                (known.file, known.line) = (key.file, key.line);
            }
            return index;
        }
        let index = u32::try_from(self.keys.len()).expect("functions of a capture are numbered by u32");
        placed.insert(index);
        self.by_name.insert(key.name.clone(), index);
        self.keys.push(key);
        self.applied.push(Applied::default());
        index
    }

    /// The rules that changed names, in their order, and of how many of the functions that `is_measured` says.
    pub(crate) fn rules(&self, is_measured: impl Fn(usize) -> bool) -> Vec<(&'static str, usize)> {
        let mut all = Applied::default();
        let measured = self.applied.iter().enumerate().filter(|(key, _)| is_measured(*key));
        let measured: Vec<Applied> = measured.map(|(_, applied)| *applied).collect();
        measured.iter().for_each(|applied| all.join(*applied));
        let counted =
            |rule| measured.iter().filter(|applied| applied.names().any(|name| name == rule)).count();
        all.names().map(|rule| (rule, counted(rule))).collect()
    }

    /// Puts the keys in the order of their names. Gives the new key of every old one.
    pub(crate) fn sort(&mut self) -> Vec<u32> {
        let mut order: Vec<u32> = (0..self.keys.len() as u32).collect();
        order.sort_unstable_by(|&one, &other| {
            self.keys[one as usize].name.cmp(&self.keys[other as usize].name)
        });
        let mut now = vec![0; order.len()];
        for (at, &old) in order.iter().enumerate() {
            now[old as usize] = at as u32;
        }
        self.keys = order.iter().map(|&old| self.keys[old as usize].clone()).collect();
        self.applied = order.iter().map(|&old| self.applied[old as usize]).collect();
        self.by_name.values_mut().for_each(|key| *key = now[*key as usize]);
        now
    }

    /// All keys, in order of first appearance: those of the first capture, then the new ones of the second; in the
    /// order of names once all captures are in.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
}

/// Which functions stand for threads: the reader says so, or they only ever stand at the root of a stack and
/// never are all of it.
fn threads_of(profile: &Profile) -> Vec<bool> {
    let mut is_code = vec![false; profile.functions.len()];
    let function_of = |stack: &Stack| profile.frame(stack.frame).function.index();
    for stack in profile.stacks.iter().filter(|stack| stack.parent.is_some()) {
        is_code[function_of(stack)] = true;
    }
    for leaf in profile.series.iter().flat_map(|series| series.samples.stacks.iter().flatten()) {
        is_code[function_of(&profile.stack(*leaf))] = true;
    }
    for frame in profile.frames.iter().filter(|frame| frame.kind == FrameKind::Thread) {
        is_code[frame.function.index()] = false;
    }
    is_code.into_iter().map(|is_code| !is_code).collect()
}

/// A path without its folders.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().filter(|base| !base.is_empty()).unwrap_or(path)
}
