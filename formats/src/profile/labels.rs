//! Labels of samples (pprof's tags): unique sets of key and value.

use crate::interner::{Dedup, StringId, dense_id};

dense_id! {
    /// A set of labels: an index into [`LabelSets`].
    LabelSetId
}

/// One label of a sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Label {
    /// The key, such as `thread` or `bytes`.
    pub key: StringId,
    /// The value.
    pub value: LabelValue,
}

/// The value of a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelValue {
    /// Text.
    Text(StringId),
    /// A number, with its unit where the capture gives one.
    Number(i64, Option<StringId>),
}

/// Unique label sets, in order of first appearance.
#[derive(Clone, Debug, Default)]
pub struct LabelSets {
    pub(crate) sets: Vec<Vec<Label>>,
}

impl LabelSets {
    /// The labels of a set, in the order of the capture.
    #[must_use]
    pub fn get(&self, id: LabelSetId) -> &[Label] {
        &self.sets[id.index()]
    }

    /// How many unique sets there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sets.len()
    }

    /// Whether no sample has a label.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// Builds [`LabelSets`].
pub(crate) type LabelInterner = Dedup<Vec<Label>>;
