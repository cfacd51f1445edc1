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
    /// A loop is a cause of a change where it makes so many times as many calls as before.
    pub called_more: f64,
    /// Identical calls of one service for one request from which on a cache is missing: two may read before and after a change.
    pub identical_calls: u32,
    /// Calls that ran side by side and do not are a cause where the share of those that do fell by so much.
    pub beside_share: f64,
    /// Waits that found no other request, or some, from which on there is telling them apart.
    pub fewest_waits: u32,
    /// Time before a call is waiting for others where it grew without others by no more than this share of what it grew by with
    /// them.
    pub alone_share: f64,
    /// A pattern in one request takes this share of it or more,
    pub pattern_share: f64,
    /// and so much time,
    pub pattern_ns: f64,
    /// unless that would be more than this share of the request.
    pub pattern_ns_share: f64,
    /// Calls of one kind that a side must have to be told about.
    pub fewest_calls: u32,
    /// A call takes longer than before only by this share or more: two recordings of one system differ by less than that.
    pub slower_share: f64,
    /// Requests that fail, or show a failure, are more only by this share of all requests or more.
    pub error_share: f64,
    /// Calls per request are more or fewer only by so many or more,
    pub calls_change: f64,
    /// and by this share of the larger number,
    pub calls_share: f64,
    /// and a call is new or gone where it was made so often per request.
    pub new_calls: f64,
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
            called_more: 1.2,
            identical_calls: 3,
            beside_share: 0.5,
            fewest_waits: 10,
            alone_share: 0.25,
            pattern_share: 0.05,
            pattern_ns: 10e6,
            pattern_ns_share: 0.25,
            fewest_calls: 10,
            slower_share: 0.2,
            error_share: 0.01,
            calls_change: 0.05,
            calls_share: 0.1,
            new_calls: 0.01,
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
