//! Where the samples of two sides come from: the same recording twice, and what was taken off.

use super::words;
use crate::merge::{SUBTRACTED, SUBTRACTED_LATER, SUBTRACTED_MORE};
use crate::refusal::Clock;
use crate::sides::{Part, Sides};
use analyzer_formats::{Capture, Profile};
use std::iter::zip;

/// A code and its sentence.
type Warning = (&'static str, String);

pub(super) fn warnings(sides: &Sides<'_>) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let all: Vec<&Part<'_>> = sides.parts().collect();
    let twice = (1..all.len()).find_map(|at| {
        let first = all[..at].iter().find(|part| is_same(part, all[at]))?;
        Some(words::same_file(&first.capture.source.name, &all[at].capture.source.name, all.len() == 2))
    });
    warnings.extend(twice.map(|text| ("same_file", text)));
    if let Some(part) = sides.after.iter().find(|part| is_archived(sides, part)) {
        warnings.push(("in_baseline", words::in_baseline(&part.capture.source.name)));
    }
    for (_, part, column) in sides.with(&sides.common[0]) {
        let name = &part.capture.source.name;
        for code in [SUBTRACTED_LATER, SUBTRACTED_MORE] {
            warnings.extend(part.capture.notes.get(code).map(|note| (code, format!("{name}: {note}"))));
        }
        if is_subtracted(part.capture) && !adds_up(&column.measure.name) {
            warnings.push(("not_cumulative", words::not_cumulative(name, &column.measure.name)));
        }
    }
    warnings
}

/// Whether an earlier capture was taken off.
pub(super) fn is_subtracted(capture: &Capture) -> bool {
    capture.notes.get(SUBTRACTED).is_some()
}

/// Whether values of this name may add up since the start of the program: those of a clock or of a moment do not.
fn adds_up(name: &str) -> bool {
    let is_of_moment = name.starts_with("inuse_") || name.starts_with("goroutine") || name == "samples";
    !is_of_moment && Clock::named(name).is_none()
}

/// Whether two captures hold the same samples, also when one was renamed or unpacked.
fn is_same(one: &Part<'_>, other: &Part<'_>) -> bool {
    // Two parts of one file are two captures.
    let is_part = |capture: &Capture| {
        capture.records_used() + capture.notes.samples_left_out() < capture.notes.records()
    };
    if is_part(one.capture) || is_part(other.capture) {
        return false;
    }
    let digest = one.capture.source.digest.as_ref().filter(|_| !is_subtracted(one.capture));
    (digest.is_some() && digest == other.capture.source.digest.as_ref() && !is_subtracted(other.capture))
        || has_same_samples(&one.profile, &other.profile)
}

fn has_same_samples(one: &Profile, other: &Profile) -> bool {
    let names = |profile: &Profile| -> Vec<Vec<u8>> {
        profile.functions.iter().map(|function| profile.strings.get(function.name).to_vec()).collect()
    };
    one.series.iter().any(|series| !series.samples.is_empty())
        && one.series.len() == other.series.len()
        && (one.meta.start_ns, one.meta.duration_ns) == (other.meta.start_ns, other.meta.duration_ns)
        && zip(&one.series, &other.series).all(|(one, other)| {
            let (one, other) = (&one.samples, &other.samples);
            one.values == other.values && one.counts == other.counts && one.stacks == other.stacks
        })
        && one.stacks == other.stacks
        && zip(&one.frames, &other.frames).all(|(one, other)| one.function == other.function)
        && names(one) == names(other)
}

/// Whether a baseline was made of this capture too.
fn is_archived(sides: &Sides<'_>, part: &Part<'_>) -> bool {
    let source = &part.capture.source;
    let meta = &part.profile.meta;
    sides.members.iter().any(|member| {
        let is_file = member.digest.is_some() && member.digest == source.digest;
        let is_recording = meta.start_ns.is_some()
            && (member.start_ns, member.duration_ns) == (meta.start_ns, meta.duration_ns);
        is_file || is_recording
    })
}

#[cfg(test)]
mod tests {
    use crate::baseline::Baseline;
    use crate::scale::ScaleChoice;
    use crate::{CompareOptions, Question, compare, compare_all, subtract};
    use analyzer_formats::{Capture, ReadOptions, read_bytes};

    const TEXT: &str = "main;parse 30\nmain;read 9\n";

    fn read(name: &str, text: &str) -> Capture {
        let options = ReadOptions { digest: true, ..ReadOptions::default() };
        read_bytes(name, text.as_bytes(), &options).unwrap()
    }

    fn codes(question: &Question<'_>) -> Vec<&'static str> {
        let options = CompareOptions { force: true, ..CompareOptions::default() };
        let rows = compare_all(question, &options).unwrap().comparability;
        let fitness = ["few_samples", "few_functions"];
        rows.iter().map(|row| row.code).filter(|code| !fitness.contains(code)).collect()
    }

    #[test]
    fn a_capture_under_another_name_is_the_same() {
        let (one, two) = (read("a", TEXT), read("b", TEXT));
        // Other bytes, the same samples.
        let spaced = read("c", &format!("{TEXT}\n"));
        let other = read("d", "main;parse 30\nmain;read 8\n");
        assert_eq!(codes(&Question::pair(&one, &two)), ["same_file"]);
        assert_eq!(codes(&Question::pair(&one, &spaced)), ["same_file"]);
        assert!(codes(&Question::pair(&one, &other)).is_empty());
    }

    #[test]
    fn a_baseline_that_holds_the_capture_in_question_is_told() {
        let captures = [read("a", TEXT), read("b", "main;parse 31\nmain;read 9\n")];
        let baseline = Baseline::build(&captures).unwrap();
        let before = std::slice::from_ref(&baseline.capture);
        let question = Question { before, after: &captures[1..], baseline: Some(&baseline) };
        assert_eq!(codes(&question), ["in_baseline"]);
    }

    #[test]
    fn what_was_subtracted_is_told() {
        let waits = |parse: i64, read: i64| format!("main;parse {parse}\nmain;read {read}\n");
        let (base, earlier, later) =
            (read("x/base", &waits(3, 1)), read("x/one", &waits(300, 1)), read("x/two", &waits(600, 200)));
        let window = |capture: &Capture, base: &Capture| subtract(capture, base).unwrap();
        let question = |before: &Capture, after: &Capture| codes(&Question::pair(before, after));
        assert_eq!(question(&earlier, &window(&later, &base)), ["not_cumulative"]);
        // Nothing of what `read` did lies in the first window, so it cannot be told to be new.
        let (before, after) = (window(&earlier, &base), window(&later, &earlier));
        let options = CompareOptions { scale: ScaleChoice::Absolute, ..CompareOptions::default() };
        let report = compare(&before, &after, &options).unwrap();
        let row = report.plateaus.iter().find(|row| row.function == "read").unwrap();
        assert_eq!((row.why, row.before.value), (crate::plateau::Why::Own, 0.0));
        assert_eq!((report.before.name.as_str(), report.after.name.as_str()), ("one - base", "two - one"));
        let swapped = window(&read("x/one", &waits(300, 10)), &read("x/later", &waits(10, 20)));
        assert!(question(&swapped, &after).contains(&"subtracted_more"));
    }
}
