//! Part of a capture as a capture of its own: the samples with a label, or those of a time.

use analyzer_formats::{Capture, Content, LabelValue, Profile, Samples, Timeline};
use thiserror::Error;

/// Which samples are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Selection {
    /// Those of which a label has this value; of samples taken one by one `thread`, `pid` and `tid` are labels too.
    Tag {
        /// The key of the label.
        key: String,
        /// Its value.
        value: String,
    },
    /// Those taken from one time on and before another.
    Window {
        /// The first.
        from: Moment,
        /// The one after the last.
        to: Moment,
    },
}

/// A time of a recording, counted from its first sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Moment {
    /// Nanoseconds after it.
    Nanoseconds(i64),
    /// This share of the time between the first and the last sample, 0 to 1.
    Share(f64),
}

/// Why samples cannot be chosen.
#[derive(Debug, Error, PartialEq)]
pub enum SelectError {
    /// No sample is meant.
    #[error("{name}: no sample has the tag {key}={value}{}", listed(.known))]
    NoSuchTag {
        /// The capture.
        name: String,
        /// The key asked for.
        key: String,
        /// The value asked for.
        value: String,
        /// Tags that samples have.
        known: Vec<String>,
    },
    /// The capture does not say when samples were taken.
    #[error(
        "{name} does not say when its samples were taken; a window of time needs a perf script or speedscope file"
    )]
    NoTimes {
        /// The capture.
        name: String,
    },
    /// Nothing was sampled then.
    #[error("{name}: no sample was taken in the window; its samples span {span_s:.3} s")]
    EmptyWindow {
        /// The capture.
        name: String,
        /// How long the capture is.
        span_s: f64,
    },
    /// It holds traces.
    #[error("{name} holds traces; tags and windows choose samples of a profile")]
    Traces {
        /// The capture.
        name: String,
    },
}

fn listed(known: &[String]) -> String {
    if known.is_empty() { "; it has no tags".to_owned() } else { format!("; it has {}", known.join(", ")) }
}

/// More tags are not listed.
const TAGS: usize = 8;

/// The samples of a capture that are meant.
///
/// # Errors
/// When there is none, or the capture does not tell.
pub fn select(capture: &Capture, selection: &Selection) -> Result<Capture, SelectError> {
    let name = || capture.source.name.clone();
    let Content::Profile(profile) = &capture.content else {
        return Err(SelectError::Traces { name: name() });
    };
    let mut chosen = capture.clone();
    let Content::Profile(part) = &mut chosen.content else {
        return Err(SelectError::Traces { name: name() });
    };
    match selection {
        Selection::Tag { key, value } => {
            for (series, of) in part.series.iter_mut().zip(&profile.series) {
                let samples = &of.samples;
                (series.samples, series.records) = match (&samples.labels, &samples.timeline) {
                    (Some(labels), _) => {
                        let has =
                            |row: &usize| labels[*row].is_some_and(|id| has_tag(profile, id, key, value));
                        let rows: Vec<usize> = (0..samples.len()).filter(has).collect();
                        (rows_of(samples, &rows), rows.len() as u64)
                    }
                    (None, Some(timeline)) => {
                        let on = |entry: &usize| on_thread(profile, timeline, *entry, key, value);
                        entries_of(samples, timeline, on)
                    }
                    (None, None) => (none(samples), 0),
                };
            }
            chosen.source.name = format!("{} ({key}={value})", name());
            if is_empty(&chosen) {
                return Err(SelectError::NoSuchTag {
                    name: name(),
                    key: key.clone(),
                    value: value.clone(),
                    known: tags(profile, key),
                });
            }
        }
        Selection::Window { from, to } => {
            // Of a perf script a time of 0 is not known.
            let starts_at_zero = capture.source.format == "speedscope";
            let times = profile.series.iter().filter_map(|series| series.samples.timeline.as_ref());
            let times: Vec<i64> = times
                .flat_map(|timeline| timeline.times_ns.iter().copied())
                .filter(|&time| time != 0 || starts_at_zero)
                .collect();
            let (Some(&first), Some(&last)) = (times.iter().min(), times.iter().max()) else {
                return Err(SelectError::NoTimes { name: name() });
            };
            let at = |moment: Moment| match moment {
                Moment::Nanoseconds(after) => first.saturating_add(after),
                // Behind the last sample, so that the whole is all of it.
                Moment::Share(share) => first.saturating_add(
                    (last.saturating_sub(first) as f64 * share).round() as i64 + i64::from(share >= 1.0),
                ),
            };
            let (from, to) = (at(*from), at(*to));
            for (series, of) in part.series.iter_mut().zip(&profile.series) {
                let Some(timeline) = &of.samples.timeline else {
                    (series.samples, series.records) = (none(&of.samples), 0);
                    continue;
                };
                let within = |entry: &usize| (from..to).contains(&timeline.times_ns[*entry]);
                (series.samples, series.records) = entries_of(&of.samples, timeline, within);
            }
            let (shown_from, shown_to) = (from.max(first), to.min(last));
            part.meta.duration_ns = shown_to.checked_sub(shown_from).filter(|&duration| duration > 0);
            let seconds = |time: i64| time.saturating_sub(first) as f64 / 1e9;
            chosen.source.name =
                format!("{} ({:.3}..{:.3} s)", name(), seconds(shown_from), seconds(shown_to));
            if is_empty(&chosen) {
                return Err(SelectError::EmptyWindow { name: name(), span_s: seconds(last) });
            }
        }
    }
    Ok(chosen)
}

fn is_empty(capture: &Capture) -> bool {
    capture.records_used() == 0
}

fn has_tag(profile: &Profile, id: analyzer_formats::LabelSetId, key: &str, value: &str) -> bool {
    profile.labels.get(id).iter().any(|label| {
        profile.strings.get(label.key) == key.as_bytes()
            && match label.value {
                LabelValue::Text(text) => profile.strings.get(text) == value.as_bytes(),
                LabelValue::Number(number, _) => value.parse() == Ok(number),
            }
    })
}

fn on_thread(profile: &Profile, timeline: &Timeline, entry: usize, key: &str, value: &str) -> bool {
    let Some(thread) = timeline.threads[entry] else { return false };
    let thread = profile.threads[thread.index()];
    match key {
        "thread" | "comm" => profile.strings.get(thread.name) == value.as_bytes(),
        "pid" => thread.pid.is_some_and(|pid| value.parse() == Ok(pid)),
        "tid" => thread.tid.is_some_and(|tid| value.parse() == Ok(tid)),
        _ => false,
    }
}

/// Tags that samples have, those of the key asked for first.
fn tags(profile: &Profile, key: &str) -> Vec<String> {
    let text = |id| profile.strings.text(id).into_owned();
    let labels =
        (0..profile.labels.len()).flat_map(|set| profile.labels.get(analyzer_formats::LabelSetId::new(set)));
    let labels = labels.map(|label| match label.value {
        LabelValue::Text(value) => (text(label.key), text(value)),
        LabelValue::Number(number, _) => (text(label.key), number.to_string()),
    });
    let threads = profile.threads.iter().map(|thread| ("thread".to_owned(), text(thread.name)));
    let mut tags: Vec<(String, String)> = labels.chain(threads).collect();
    tags.sort_by(|one, other| (one.0 != key, one).cmp(&(other.0 != key, other)));
    tags.dedup();
    tags.into_iter().take(TAGS).map(|(key, value)| format!("{key}={value}")).collect()
}

/// No row.
fn none(samples: &Samples) -> Samples {
    Samples { values: vec![Vec::new(); samples.values.len()], ..Samples::default() }
}

/// The given rows.
fn rows_of(samples: &Samples, rows: &[usize]) -> Samples {
    Samples {
        stacks: rows.iter().map(|&row| samples.stacks[row]).collect(),
        values: samples.values.iter().map(|column| rows.iter().map(|&row| column[row]).collect()).collect(),
        counts: samples.counts.as_ref().map(|counts| rows.iter().map(|&row| counts[row]).collect()),
        labels: samples.labels.as_ref().map(|labels| rows.iter().map(|&row| labels[row]).collect()),
        timeline: None,
    }
}

/// The samples of a timeline that are meant, added up by row, and how many they are.
fn entries_of(samples: &Samples, timeline: &Timeline, is_meant: impl Fn(&usize) -> bool) -> (Samples, u64) {
    let mut sums = vec![0i64; samples.len()];
    let mut counts = vec![0u64; samples.len()];
    let mut entries = 0;
    for entry in (0..timeline.rows.len()).filter(&is_meant) {
        let row = timeline.rows[entry] as usize;
        sums[row] = sums[row].saturating_add(timeline.values[entry]);
        counts[row] += 1;
        entries += 1;
    }
    let rows: Vec<usize> = (0..samples.len()).filter(|&row| counts[row] > 0).collect();
    let mut part = rows_of(samples, &rows);
    let mut place = vec![0u32; samples.len()];
    rows.iter().zip(0..).for_each(|(&row, at)| place[row] = at);
    let meant: Vec<usize> = (0..timeline.rows.len()).filter(is_meant).collect();
    part.timeline = Some(Timeline {
        rows: meant.iter().map(|&entry| place[timeline.rows[entry] as usize]).collect(),
        values: meant.iter().map(|&entry| timeline.values[entry]).collect(),
        times_ns: meant.iter().map(|&entry| timeline.times_ns[entry]).collect(),
        threads: meant.iter().map(|&entry| timeline.threads[entry]).collect(),
    });
    part.values = vec![rows.iter().map(|&row| sums[row]).collect()];
    part.counts = samples.counts.as_ref().map(|_| rows.iter().map(|&row| counts[row]).collect());
    (part, entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn perf() -> Capture {
        let sample = |thread: &str, second: u32, function: &str| {
            format!("{thread} 7/8 {second}.000000: 1 cycles: \n\t1 {function} (/bin/web)\n\n")
        };
        let text = sample("web", 10, "a")
            + &sample("pool", 11, "b")
            + &sample("web", 12, "a")
            + &sample("web", 14, "c");
        read_bytes("x", text.as_bytes(), &ReadOptions { timeline: true, ..ReadOptions::default() }).unwrap()
    }

    fn chosen(selection: &Selection) -> Result<(u64, i128, String), SelectError> {
        let capture = select(&perf(), selection)?;
        let Content::Profile(profile) = &capture.content else { unreachable!("perf script is a profile") };
        Ok((capture.records_used(), profile.series[0].sum(0), capture.source.name))
    }

    #[test]
    fn a_thread_is_a_tag() {
        let tag = |key: &str, value: &str| Selection::Tag { key: key.to_owned(), value: value.to_owned() };
        assert_eq!(chosen(&tag("thread", "web")), Ok((3, 3, "x (thread=web)".to_owned())));
        assert_eq!(chosen(&tag("pid", "7")).map(|chosen| chosen.0), Ok(4));
        let error = chosen(&tag("thread", "db")).unwrap_err().to_string();
        assert_eq!(error, "x: no sample has the tag thread=db; it has thread=pool, thread=web");
    }

    #[test]
    fn a_window_has_its_first_sample_and_not_its_end() {
        let window =
            |from, to| Selection::Window { from: Moment::Nanoseconds(from), to: Moment::Nanoseconds(to) };
        assert_eq!(chosen(&window(0, 2_000_000_000)).map(|chosen| chosen.0), Ok(2));
        assert_eq!(chosen(&window(2_000_000_000, i64::MAX)).map(|chosen| chosen.0), Ok(2));
        assert!(matches!(
            chosen(&window(2_500_000_000, 3_000_000_000)),
            Err(SelectError::EmptyWindow { .. })
        ));
        let halves = [(0.0, 0.5), (0.5, 1.0)].map(|(from, to)| {
            chosen(&Selection::Window { from: Moment::Share(from), to: Moment::Share(to) }).unwrap().0
        });
        assert_eq!(halves, [2, 2]);
    }

    #[test]
    fn a_capture_without_times_says_so() {
        let folded = read_bytes("x", b"main;a 3\n", &ReadOptions::default()).unwrap();
        let window = Selection::Window { from: Moment::Share(0.0), to: Moment::Share(1.0) };
        assert_eq!(select(&folded, &window).unwrap_err(), SelectError::NoTimes { name: "x".to_owned() });
    }
}
