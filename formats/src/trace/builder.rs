//! Builds [`Traces`].

use super::Traces;

/// Collects traces.
#[derive(Clone, Debug, Default)]
pub struct TracesBuilder {
    traces: Traces,
}

impl TracesBuilder {
    /// The finished traces.
    #[must_use]
    pub fn finish(self) -> Traces {
        self.traces
    }
}
