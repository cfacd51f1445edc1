//! Where findings about requests begin to matter, in one place.

/// What is worth reporting. Times in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// A frame grew, and a cause is one, only by this share of the mean request or more,
    pub least_share: f64,
    /// and by so much time, which is said of requests of some milliseconds and more:
    pub least_ns: f64,
    /// where that would be more than this share of the mean request, the share counts.
    pub least_ns_share: f64,
    /// Equal calls below one parent, one after another, from which on they are a loop.
    pub repeated_calls: u32,
    /// A pattern in one request takes this share of it or more,
    pub pattern_share: f64,
    /// and so much time,
    pub pattern_ns: f64,
    /// unless that would be more than this share of the request.
    pub pattern_ns_share: f64,
    /// A tag is worth a line where the shares of requests that have it differ by so many hundredths or more,
    pub tag_points: f64,
    /// and where so many requests of a side have it, and so many of both have its service.
    pub tag_requests: u64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Thresholds {
            least_share: 0.01,
            least_ns: 0.5e6,
            least_ns_share: 0.05,
            repeated_calls: 5,
            pattern_share: 0.05,
            pattern_ns: 10e6,
            pattern_ns_share: 0.25,
            tag_points: 5.0,
            tag_requests: 5,
        }
    }
}

impl Thresholds {
    /// The least change of the mean request that matters, where that takes `mean_ns`.
    pub(super) fn of_mean(&self, mean_ns: f64) -> f64 {
        (self.least_share * mean_ns).max(self.least_ns.min(self.least_ns_share * mean_ns))
    }

    /// The least time that a pattern takes of a request that takes `duration_ns`.
    pub(super) fn of_request(&self, duration_ns: i64) -> f64 {
        let duration = duration_ns as f64;
        (self.pattern_share * duration).max(self.pattern_ns.min(self.pattern_ns_share * duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_bars_give_way_where_requests_are_short() {
        let thresholds = Thresholds::default();
        assert_eq!([4e6, 20e6, 400e6].map(|mean| thresholds.of_mean(mean)), [0.2e6, 0.5e6, 4e6]);
        assert_eq!(
            [8_000_000, 100_000_000, 1_000_000_000].map(|duration| thresholds.of_request(duration)),
            [2e6, 10e6, 50e6]
        );
    }
}
