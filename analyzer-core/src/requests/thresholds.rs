//! Where findings about requests begin to matter, in one place.

/// What is worth reporting. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// A frame grew only by this share of the mean request or more,
    pub least_share: f64,
    /// and by so much time.
    pub least_ns: f64,
    /// Equal calls below one parent, one after another, from which on they are a loop.
    pub repeated_calls: u32,
    /// A cause takes this share of the mean request or more,
    pub cause_share: f64,
    /// and so much time.
    pub cause_ns: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            least_share: 0.01,
            least_ns: 0.5e6,
            repeated_calls: 5,
            cause_share: 0.05,
            cause_ns: 10e6,
        }
    }
}
