//! The profile model: unique stacks of frames with measured values, columnar and immutable.
//!
//! Tables refer to each other by dense ids. Stacks form a forest stored parents before children, so totals
//! over the call tree are one backward pass:
//!
//! ```text
//! series -> samples (stack, one i64 column per value type, count?, labels?)
//!           stack (parent?, frame) -> frame (function, mapping?, line, kind) -> function (name, file, line)
//! ```

mod builder;
mod labels;
mod part;
mod rows;
mod series;
mod stacks;

use crate::interner::dense_id;
pub use crate::interner::{StringId, Strings};
pub use builder::ProfileBuilder;
pub use labels::{Label, LabelSetId, LabelSets, LabelValue};
pub(crate) use part::{Joining, Part};
pub use series::{Moment, Samples, Series, Timeline, ValueType};

dense_id! {
    /// A function: an index into [`Profile::functions`].
    FunctionId
}
dense_id! {
    /// A loaded binary or library: an index into [`Profile::mappings`].
    MappingId
}
dense_id! {
    /// A frame: an index into [`Profile::frames`].
    FrameId
}
dense_id! {
    /// A stack: an index into [`Profile::stacks`].
    StackId
}
dense_id! {
    /// A thread of a timeline: an index into [`Profile::threads`].
    ThreadId
}
dense_id! {
    /// Values measured together: an index into [`Profile::series`].
    SeriesId
}

/// A profile: what one capture measured, over which stacks.
#[derive(Clone, Debug, Default)]
pub struct Profile {
    /// Every name in the capture.
    pub strings: Strings,
    /// Unique functions, in order of first appearance.
    pub functions: Vec<Function>,
    /// Unique mappings, in order of first appearance.
    pub mappings: Vec<Mapping>,
    /// Unique frames, in order of first appearance.
    pub frames: Vec<Frame>,
    /// Unique stacks. A parent's id is smaller than its children's.
    pub stacks: Vec<Stack>,
    /// Label sets that samples refer to.
    pub labels: LabelSets,
    /// The threads that timelines name, in order of first appearance.
    pub threads: Vec<Thread>,
    /// What was measured: one per event of a perf script, one for a folded file, one for a pprof file,
    /// one per unit of a speedscope file.
    pub series: Vec<Series>,
    /// What is known of the capture as a whole.
    pub meta: ProfileMeta,
}

impl Profile {
    /// The function of `id`.
    #[must_use]
    pub fn function(&self, id: FunctionId) -> &Function {
        &self.functions[id.index()]
    }

    /// The frame of `id`.
    #[must_use]
    pub fn frame(&self, id: FrameId) -> &Frame {
        &self.frames[id.index()]
    }

    /// The stack of `id`.
    #[must_use]
    pub fn stack(&self, id: StackId) -> Stack {
        self.stacks[id.index()]
    }

    /// The frames of a stack, from the leaf to the root.
    pub fn frames_of(&self, stack: Option<StackId>) -> impl Iterator<Item = FrameId> {
        std::iter::successors(stack, |&id| self.stack(id).parent).map(|id| self.stack(id).frame)
    }

    /// Whether values of this type are numbers of samples.
    #[must_use]
    pub fn counts_samples(&self, value_type: &ValueType) -> bool {
        let name = self.strings.get(value_type.name);
        self.strings.get(value_type.unit) == b"count" && (name == b"samples" || name == b"sample")
    }

    /// The number of frames of every stack, by stack index.
    #[must_use]
    pub fn depths(&self) -> Vec<u32> {
        let mut depths: Vec<u32> = Vec::with_capacity(self.stacks.len());
        for stack in &self.stacks {
            depths.push(stack.parent.map_or(0, |parent| depths[parent.index()]) + 1);
        }
        depths
    }
}

/// A function, as the capture names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Function {
    /// The name for people: demangled where the profiler did so.
    pub name: StringId,
    /// The name in the binary, where it differs and is known.
    pub system_name: Option<StringId>,
    /// The source file.
    pub file: Option<StringId>,
    /// The line the function starts at; 0 when unknown.
    pub start_line: u32,
}

/// A binary, library, kernel module or JIT region that code was loaded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// Path or pseudo-name such as `[kernel.kallsyms]`.
    pub file: StringId,
    /// Build id, where known.
    pub build_id: Option<StringId>,
    /// First address; 0 when unknown.
    pub start: u64,
    /// One past the last address; 0 when unknown.
    pub limit: u64,
    /// Offset in the file of the byte at `start`.
    pub offset: u64,
}

/// A thread of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Thread {
    /// Its name.
    pub name: StringId,
    /// The number of its process, where known.
    pub pid: Option<u32>,
    /// Its own number, where known.
    pub tid: Option<u32>,
}

/// One entry of a stack: a function at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Frame {
    /// The function; unsymbolised code has one named after its module.
    pub function: FunctionId,
    /// Where the code was loaded from.
    pub mapping: Option<MappingId>,
    /// The source line executing; 0 when unknown.
    pub line: u32,
    /// What sort of frame it is.
    pub kind: FrameKind,
}

/// What sort of code a frame is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FrameKind {
    /// Ordinary code of the program, or nothing else known.
    #[default]
    User,
    /// The operating system's kernel.
    Kernel,
    /// Code compiled at run time.
    Jit,
    /// Interpreted code.
    Interpreted,
    /// Inlined into its caller by the compiler.
    Inlined,
    /// No symbol: the function is named after the module.
    Unknown,
    /// The process or thread name at the root of a stack, not code.
    Thread,
}

/// A stack: its caller's stack and the frame on top.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stack {
    /// The stack without its last frame; `None` when that frame is the root.
    pub parent: Option<StackId>,
    /// The last frame, the callee.
    pub frame: FrameId,
}

/// What a capture says about itself. Everything may be absent.
#[derive(Clone, Debug, Default)]
pub struct ProfileMeta {
    /// Start of the recording, nanoseconds since the Unix epoch.
    pub start_ns: Option<i64>,
    /// Length of the recording in nanoseconds.
    pub duration_ns: Option<i64>,
    /// The mean distance between samples, in the unit of `period_type`.
    pub period: Option<i64>,
    /// What `period` counts: name and unit.
    pub period_type: Option<ValueType>,
    /// The series and value type the capture itself calls its main one.
    pub default_value: Option<(SeriesId, usize)>,
    /// The command that was recorded.
    pub command: Option<String>,
    /// The host that was recorded.
    pub host: Option<String>,
    /// Events that the kernel or the profiler lost while recording.
    pub lost_events: Option<u64>,
    /// Free text of the capture.
    pub comments: Vec<StringId>,
    /// How many threads the capture names; `None` where threads are not told apart.
    pub threads: Option<u64>,
}
