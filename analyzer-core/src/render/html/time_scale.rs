//! The scale that the waterfalls of both sides share.

use crate::requests::Waterfall;

/// What lies farther outside of the request than this share of it is cut.
const OUTSIDE: f64 = 0.15;
/// The narrowest that can be seen, percent.
const NARROWEST: f64 = 0.2;

/// What stands at the left and at the right edge of both pictures, microseconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    pub(super) fn of<'a>(waterfalls: impl Iterator<Item = &'a Waterfall> + Clone) -> Scale {
        let longest = waterfalls.clone().map(|one| one.duration_us).fold(0.0, f64::max);
        let bars = waterfalls.flat_map(|one| &one.bars);
        let (low, high) =
            bars.fold((0.0f64, longest), |(low, high), bar| (low.min(bar.start_us), high.max(bar.end_us)));
        let outside = OUTSIDE * longest;
        Scale { low: low.max(-outside), high: high.min(longest + outside).max(low.max(-outside) + 1e-3) }
    }

    /// Percent of the width.
    pub(super) fn x(self, us: f64) -> f64 {
        (100.0 * (us - self.low) / (self.high - self.low)).clamp(0.0, 100.0)
    }

    /// Left edge and width, percent; not so narrow that it is not seen.
    pub(super) fn range(self, from_us: f64, to_us: f64) -> (f64, f64) {
        let (from, to) = (self.x(from_us), self.x(to_us));
        let width = (to - from).max(NARROWEST);
        (from.min(100.0 - width), width)
    }

    /// Times with a round distance, up to five.
    pub(super) fn ticks(self) -> Vec<f64> {
        let least = (self.high - self.low) / 5.0;
        let power = 10f64.powf(least.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|&step| step >= least);
        let Some(step) = step.filter(|step| step.is_normal()) else { return Vec::new() };
        (0..=10u32)
            .map(|number| (self.low / step).ceil() * step + f64::from(number) * step)
            .take_while(|&tick| tick <= self.high)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::requests::Bar;

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |low: f64, high: f64| Scale { low, high }.ticks();
        assert_eq!(ticks(0.0, 16_000.0), [0.0, 5000.0, 10_000.0, 15_000.0]);
        assert_eq!(ticks(-3.0, 10.0), [0.0, 5.0, 10.0]);
        assert_eq!(ticks(0.0, 100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert!(ticks(0.0, 0.0).is_empty());
    }

    #[test]
    fn both_pictures_share_a_scale_that_work_after_the_request_does_not_stretch() {
        let bar = |start_us, end_us| Bar {
            depth: 0,
            service: String::new(),
            frame: String::new(),
            start_us,
            end_us,
            waited_us: Vec::new(),
            failed: false,
            marked: false,
            more: None,
        };
        let one = Waterfall {
            trace_id: String::new(),
            duration_us: 10.0,
            bars: vec![bar(-0.5, 10.0)],
            left_out: 0,
        };
        let other =
            Waterfall { duration_us: 40.0, bars: vec![bar(0.0, 40.0), bar(30.0, 4000.0)], ..one.clone() };
        let scale = Scale::of([&one, &other].into_iter());
        assert_eq!(scale, Scale { low: -0.5, high: 46.0 });
        assert_eq!(scale.range(30.0, 4000.0), (scale.x(30.0), 100.0 - scale.x(30.0)));
        assert_eq!(scale.range(1e9, 1e9), (100.0 - NARROWEST, NARROWEST));
    }
}
