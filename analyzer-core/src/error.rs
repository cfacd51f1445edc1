//! Why two captures cannot be compared.

/// Why two captures cannot be compared: a usage error in how they were chosen.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum CompareError {
    /// One holds stacks, the other requests.
    #[error(
        "{before} holds {before_kind}, {after} holds {after_kind}; expected two captures of the same kind. \
         Compare a profile with a profile and traces with traces"
    )]
    DifferentKinds {
        /// The name of before.
        before: String,
        /// `a profile` or `traces`.
        before_kind: &'static str,
        /// The name of after.
        after: String,
        /// `a profile` or `traces`.
        after_kind: &'static str,
    },
    /// No value type is in both.
    #[error(
        "no value type is in both captures: {before} has {before_has}; {after} has {after_has}. \
         Record both with the same event"
    )]
    NoCommonValueType {
        /// The name of before.
        before: String,
        /// Its value types.
        before_has: String,
        /// The name of after.
        after: String,
        /// Its value types.
        after_has: String,
    },
    /// They measure different things under one name, or a side holds nothing that could be compared.
    #[error("{reason}; --force compares them all the same")]
    NotComparable {
        /// What speaks against it.
        reason: String,
    },
    /// What folded values are was said of captures that say so themselves.
    #[error(
        "--unit and --period are for folded stacks, and these captures say themselves what their values are"
    )]
    NotFolded,
    /// The functions to scale by are not in both captures.
    #[error(
        "--scale anchor={pattern}: no function of that name has samples in both captures; try --scale share"
    )]
    NoAnchor {
        /// The regular expression.
        pattern: String,
    },
    /// Too few functions to scale by.
    #[error(
        "--scale reference needs five functions at least that both captures have samples in, and a quarter of all \
         samples in such; try --scale share"
    )]
    NoReference,
    /// The capture holds no sample at all.
    #[error("the capture holds no samples, so there is nothing to show")]
    NothingMeasured,
    /// The wanted value type was not measured, or not in both captures.
    #[error("no value type \"{wanted}\"; --sample-index can be one of: {common}")]
    NoSuchValueType {
        /// What was asked for.
        wanted: String,
        /// What there is.
        common: String,
    },
    /// The wanted scale needs durations that a capture does not state.
    #[error(
        "--scale duration needs the duration of both captures, and {missing} does not state it; try --scale share"
    )]
    NoDuration {
        /// The capture without a duration.
        missing: String,
    },
}
