//! Compares two captures: which wide plateaus grew, how sure that is, and where they are in the code.
//!
//! [`compare`] is the whole pipeline, from two captures to a [`Report`](report::Report) of decided numbers;
//! [`render`] turns a report into text, Markdown, JSON, HTML, SVG or folded stacks.

pub mod account;
pub mod align;
mod at_scale;
pub mod baseline;
pub mod batch;
pub mod check;
pub mod classes;
mod compare;
mod count;
mod error;
pub mod fitness;
mod flat;
mod folded_diff;
mod function;
mod idle;
pub mod info;
mod merge;
mod outline;
mod peek;
pub mod plateau;
pub mod redact;
mod refusal;
pub mod render;
pub mod report;
pub mod requests;
pub mod scale;
pub mod select;
mod sides;
mod single;
pub mod spans;
pub mod sql;
pub mod stats;
pub mod survey;
mod tree;
pub mod unit;
mod value;

pub use compare::{CompareOptions, compare, compare_all};
pub use count::Count;
pub use error::CompareError;
pub use flat::{Flat, FlatRow, Order, flat};
pub use folded_diff::{FoldedDiffError, folded_diff, folded_text_diff};
pub use function::{FunctionCells, functions, outermost};
pub use merge::{MergeError, Merging, SubtractError, merge, subtract};
pub use peek::{Peek, PeekFunction, PeekRow, Reach};
pub use sides::Question;
pub use single::{About, Single, TreeRow, TreeRows, choose_measure};
pub use tree::{CallTree, Cell, Children, Pair, ROOT, Side};
pub use value::{Evidence, FoldedValues, Measure, ValueSource, measures};
