//! Values measured together, one row per stack.

use super::{LabelSetId, StackId, StringId, ThreadId};

/// What a column of values measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueType {
    /// What was measured: `cpu`, `alloc_space`, `cycles:u`.
    pub name: StringId,
    /// The unit of the values: `nanoseconds`, `bytes`, `count`.
    pub unit: StringId,
    /// Decimal places: a stored value of 15 with `decimals` 1 is 1.5 units.
    pub decimals: u8,
}

/// The rows of a series. All columns have the same length; the order is that of first appearance.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// The stack of each row; `None` for a sample without a stack. Rows need not be unique.
    pub stacks: Vec<Option<StackId>>,
    /// One column per value type.
    pub values: Vec<Vec<i64>>,
    /// How many samples each row stands for. `None` where the capture does not tell.
    pub counts: Option<Vec<u64>>,
    /// The labels of each row, where the capture has labels.
    pub labels: Option<Vec<Option<LabelSetId>>>,
    /// The samples one by one, where they were asked for (`ReadOptions::timeline`) and the capture tells them apart.
    pub timeline: Option<Timeline>,
}

/// The samples of a series one by one, in the order of the file. All columns have the same length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// The row that each sample was added to.
    pub rows: Vec<u32>,
    /// What each sample weighs, in units of the series' only value type.
    pub values: Vec<i64>,
    /// When each sample was taken, in nanoseconds of the capture's own clock; 0 when unknown.
    pub times_ns: Vec<i64>,
    /// The thread each sample was taken on.
    pub threads: Vec<Option<ThreadId>>,
}

/// When and where a sample was taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Nanoseconds of the capture's own clock; 0 when unknown.
    pub time_ns: i64,
    /// The thread.
    pub thread: Option<ThreadId>,
}

impl Samples {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.stacks.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }
}

/// Values measured together: one perf event, one folded file, all columns of one pprof file.
#[derive(Clone, Debug)]
pub struct Series {
    /// What the columns measure; at least one.
    pub value_types: Vec<ValueType>,
    /// The values.
    pub samples: Samples,
    /// How many sample records of the file went into the rows.
    pub records: u64,
}

impl Series {
    /// The sum of a column.
    #[must_use]
    pub fn sum(&self, column: usize) -> i128 {
        self.samples.values[column].iter().map(|&value| i128::from(value)).sum()
    }
}
