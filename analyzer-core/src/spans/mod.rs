//! Traces.

use analyzer_formats::{Profile, Traces};

/// What is projected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TraceValue {
    /// Critical path.
    #[default]
    CriticalPath,
}

/// Stub.
#[must_use]
pub fn project(_traces: &Traces, _value: TraceValue) -> Profile {
    Profile::default()
}

/// Stub.
#[must_use]
pub fn requests(traces: &Traces) -> usize {
    traces.traces.len()
}
