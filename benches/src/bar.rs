//! Bars: what a run should reach, and whether it did.

use crate::floor::Floor;
use crate::measure::Measured;
use serde::Serialize;

/// What should hold of `plateau`, the first job of a task.
#[derive(Clone, Copy, Debug)]
pub enum Bar {
    /// Times as fast as a rival, by median wall time.
    Faster(&'static str, f64),
    /// Times as fast as a rival, or else at most this many times a floor.
    FasterOrFloor(&'static str, f64, &'static str, f64),
    /// At most this share of a rival's anonymous memory.
    Memory(&'static str, f64),
    /// Bytes of (unpacked) input per second.
    Rate(f64),
    /// Less anonymous memory than this for each byte of (unpacked) input, of all files together.
    PerByte(f64),
    /// At most this many times a floor.
    Floor(&'static str, f64),
    /// Less than this many seconds.
    Seconds(f64),
}

/// A bar held against a run.
#[derive(Clone, Debug, Serialize)]
pub struct Verdict {
    /// What should hold.
    pub bar: String,
    /// What was found.
    pub found: String,
    /// Whether it holds; unknown where the rival is absent or memory cannot be seen.
    pub met: Option<bool>,
}

impl Bar {
    /// Holds the bar against the jobs of a task over `bytes` of input.
    #[must_use]
    pub fn hold(self, bytes: u64, measured: &[Measured], floors: &[Floor]) -> Verdict {
        let Some(plateau) = measured.first() else {
            return Verdict { bar: self.text(), found: "not measured".to_owned(), met: None };
        };
        let rival = |name: &str| measured.iter().find(|measured| measured.name == name);
        let wall = plateau.wall_s();
        let found = match self {
            Bar::Faster(name, times) => rival(name).map(|rival| {
                let found = rival.wall_s() / wall;
                (format!("{found:.1}x"), found >= times)
            }),
            Bar::FasterOrFloor(name, times, floor, most) => rival(name).map(|rival| {
                let found = rival.wall_s() / wall;
                let floor = floors.iter().find(|known| known.name == floor).map(|floor| wall / floor.seconds);
                let text = floor.map_or_else(String::new, |floor| format!(", {floor:.2}x the floor"));
                (format!("{found:.1}x{text}"), found >= times || floor.is_some_and(|floor| floor <= most))
            }),
            Bar::Memory(name, share) => rival(name).and_then(|rival| {
                let found = plateau.anonymous_bytes()? as f64 / rival.anonymous_bytes()? as f64;
                Some((format!("{found:.3}"), found <= share))
            }),
            Bar::Rate(rate) => {
                let found = bytes as f64 / wall;
                Some((format!("{:.0} MB/s", found / 1e6), found >= rate))
            }
            Bar::PerByte(most) => plateau.anonymous_bytes().map(|anonymous| {
                let found = anonymous as f64 / bytes as f64;
                (format!("{found:.2}"), found < most)
            }),
            Bar::Floor(name, times) => floors.iter().find(|floor| floor.name == name).map(|floor| {
                let found = wall / floor.seconds;
                (format!("{found:.2}x"), found <= times)
            }),
            Bar::Seconds(most) => Some((format!("{:.1} ms", wall * 1e3), wall < most)),
        };
        match found {
            Some((found, met)) => Verdict { bar: self.text(), found, met: Some(met) },
            None => Verdict { bar: self.text(), found: "not measured".to_owned(), met: None },
        }
    }

    fn text(self) -> String {
        match self {
            Bar::Faster(rival, times) => format!("at least {times}x as fast as {rival}"),
            Bar::FasterOrFloor(rival, times, floor, most) => {
                format!("at least {times}x as fast as {rival}, or within {most}x of: {floor}")
            }
            Bar::Memory(rival, share) => format!("at most {share} of the anonymous memory of {rival}"),
            Bar::Rate(rate) => format!("at least {:.0} MB/s", rate / 1e6),
            Bar::PerByte(most) => format!("less than {most} bytes of anonymous memory per byte of input"),
            Bar::Floor(floor, times) => format!("within {times}x of: {floor}"),
            Bar::Seconds(most) => format!("less than {:.0} ms", most * 1e3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Memory, Run};

    #[test]
    fn bars_hold_or_not_or_are_unknown() {
        let measured = |name: &str, wall_s| {
            let run = Run { wall_s, cpu_s: wall_s, memory: Memory::default() };
            Measured { name: name.to_owned(), runs: vec![run] }
        };
        let jobs = [measured("plateau", 1.0), measured("rival", 4.0)];
        let met = |bar: Bar| bar.hold(100, &jobs, &[]).met;
        assert_eq!(met(Bar::Faster("rival", 4.0)), Some(true));
        assert_eq!(met(Bar::Faster("rival", 4.1)), Some(false));
        assert_eq!(met(Bar::Faster("another", 4.0)), None);
        assert_eq!(met(Bar::PerByte(0.5)), None);
        assert_eq!(met(Bar::Rate(101.0)), Some(false));
    }
}
