//! One key space for the functions of both captures.
//!
//! A function is the same in both when its canonical name is: [`RULES`] take away what a rebuild changes.
//! Bridging of wrappers and matching of renames start from here: they join keys that this pass kept apart.

mod rules;

use analyzer_formats::{FrameKind, Profile};
pub use rules::{RULES, Rule, canonical, thread_name};
use rustc_hash::FxHashMap;

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
#[derive(Debug, Default)]
pub struct KeySpace {
    keys: Vec<Key>,
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
    /// The line it starts at, or else one that was sampled; 0 when unknown.
    pub line: u32,
    /// The kind of frame it was first seen as.
    pub kind: FrameKind,
}

impl KeySpace {
    /// The key of every function of `profile`, by function index.
    pub fn add(&mut self, profile: &Profile, names: Names) -> Vec<u32> {
        let mut first_frame = vec![None; profile.functions.len()];
        for frame in &profile.frames {
            first_frame[frame.function.index()].get_or_insert(frame);
        }
        let only_root = only_roots(profile);
        let functions = profile.functions.iter().zip(first_frame).zip(only_root);
        functions
            .map(|((function, frame), only_root)| {
                let raw = profile.strings.get(function.name);
                let name = match names {
                    Names::Canonical if only_root => thread_name(&canonical(raw)).into_owned(),
                    Names::Canonical => canonical(raw).into_owned(),
                    Names::Exact => raw.to_vec(),
                };
                let text = |id| profile.strings.text(id).into_owned();
                let module = frame.and_then(|frame| frame.mapping);
                let module = module.map(|id| base_name(&text(profile.mappings[id.index()].file)).to_owned());
                self.intern(Key {
                    name,
                    module,
                    file: function.file.map(text),
                    line: if function.start_line > 0 {
                        function.start_line
                    } else {
                        frame.map_or(0, |f| f.line)
                    },
                    kind: frame.map_or(FrameKind::User, |frame| frame.kind),
                })
            })
            .collect()
    }

    fn intern(&mut self, key: Key) -> u32 {
        if let Some(&index) = self.by_name.get(&key.name) {
            let known = &mut self.keys[index as usize];
            known.module = known.module.take().or(key.module);
            if known.file.is_none() {
                (known.file, known.line) = (key.file, key.line);
            }
            return index;
        }
        let index = u32::try_from(self.keys.len()).expect("functions of a capture are numbered by u32");
        self.by_name.insert(key.name.clone(), index);
        self.keys.push(key);
        index
    }

    /// All keys, in order of first appearance: those of the first capture, then the new ones of the second.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }
}

/// Which functions stand at the root of stacks and nowhere else: threads, where there are such.
fn only_roots(profile: &Profile) -> Vec<bool> {
    let mut is_root = vec![false; profile.functions.len()];
    let mut is_callee = vec![false; profile.functions.len()];
    for stack in &profile.stacks {
        let function = profile.frame(stack.frame).function.index();
        let place = if stack.parent.is_none() { &mut is_root } else { &mut is_callee };
        place[function] = true;
    }
    is_root.iter().zip(is_callee).map(|(&root, callee)| root && !callee).collect()
}

/// A path without its folders.
fn base_name(path: &str) -> &str {
    path.rsplit('/').next().filter(|base| !base.is_empty()).unwrap_or(path)
}
