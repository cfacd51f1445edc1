//! How far a batch is, on standard error: where that is a terminal, and when it takes longer than a moment.

use analyzer_core::report::units;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const AFTER: Duration = Duration::from_millis(300);
/// Lines a second.
const RATE: u8 = 5;

pub(super) struct Bar {
    bar: Option<ProgressBar>,
    start: Instant,
    all: u64,
    done: AtomicU64,
    failed: AtomicU64,
}

impl Bar {
    pub(super) fn new(all: usize, quiet: bool) -> Bar {
        let bar = (!quiet && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(RATE));
            if let Ok(style) = ProgressStyle::with_template("{msg}") {
                bar.set_style(style);
            }
            bar
        });
        Bar {
            bar,
            start: Instant::now(),
            all: all as u64,
            done: AtomicU64::new(0),
            failed: AtomicU64::new(0),
        }
    }

    /// A pair is finished.
    pub(super) fn done(&self, is_failed: bool) {
        let failed = self.failed.fetch_add(u64::from(is_failed), Ordering::Relaxed) + u64::from(is_failed);
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let elapsed = self.start.elapsed();
        if let Some(bar) = self.bar.as_ref().filter(|_| elapsed > AFTER) {
            bar.set_message(text(done, self.all, failed, elapsed));
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

/// `142 of 1,000 pairs, 3 failed, 35.5/s, 24 s remaining`.
fn text(done: u64, all: u64, failed: u64, elapsed: Duration) -> String {
    let rate = done as f64 / elapsed.as_secs_f64().max(1e-3);
    let remaining = (all - done.min(all)) as f64 / rate.max(1e-9);
    let failed = if failed > 0 { format!(", {} failed", units::count(failed as f64)) } else { String::new() };
    format!(
        "{} of {}{failed}, {rate:.1}/s, {remaining:.0} s remaining",
        units::count(done as f64),
        units::many(all, "pair")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_and_remaining_time() {
        let line = text(250, 1000, 3, Duration::from_secs(10));
        assert_eq!(line, "250 of 1,000 pairs, 3 failed, 25.0/s, 30 s remaining");
        assert_eq!(text(1, 1, 0, Duration::from_secs(2)), "1 of 1 pair, 0.5/s, 0 s remaining");
    }
}
