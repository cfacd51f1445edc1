//! The account of a capture: records in the file = records used + records left out by a named reason.

use crate::report::units;
use analyzer_formats::{Capture, Content, Note, NoteKind};
use serde::Serialize;

/// How many reasons the sentence names.
const MOST_REASONS: usize = 3;

/// How many sample (or span) records a file holds. `in_file` = `used` + `left_out`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Records {
    /// Met in the file.
    pub in_file: u64,
    /// In the result.
    pub used: u64,
    /// Not in the result; the reasons are listed with the capture.
    pub left_out: u64,
}

/// What is missing of a file for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct Loss {
    /// Stable code.
    pub code: &'static str,
    /// How many samples or spans; of damage, how many places.
    pub count: u64,
    /// The first places.
    pub first: Vec<PlaceInfo>,
    /// The sentence.
    #[serde(skip)]
    pub text: String,
}

/// A place in the unpacked input.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PlaceInfo {
    /// Offset in bytes.
    pub byte: u64,
    /// Line from 1; null for binary formats.
    pub line: Option<u64>,
}

impl Loss {
    fn of(note: &Note) -> Loss {
        Loss { code: note.code, count: note.count, first: places_of(note), text: note.to_string() }
    }

    /// Where it begins, where that is known.
    #[must_use]
    pub fn byte(&self) -> Option<u64> {
        Some(self.first.first()?.byte)
    }
}

/// The account of a capture.
#[derive(Clone, Debug)]
pub struct Account {
    /// The numbers.
    pub records: Records,
    /// Why records were left out.
    pub left_out: Vec<Loss>,
    /// What the numbers are of: `samples`, `spans`, or `records` where one stands for many samples.
    pub noun: &'static str,
    /// Where the file is cut or damaged, so that what is missing cannot be counted.
    pub damages: Vec<Loss>,
}

impl Account {
    /// The account of a capture.
    #[must_use]
    pub fn new(capture: &Capture) -> Account {
        let losses = |kind| {
            let notes = capture.notes.iter().filter(move |note| note.kind == kind);
            notes.map(Loss::of).collect()
        };
        Account {
            records: Records {
                in_file: capture.notes.records(),
                used: capture.records_used(),
                left_out: capture.notes.samples_left_out(),
            },
            left_out: losses(NoteKind::LeftOut),
            noun: noun(capture),
            damages: losses(NoteKind::Damaged),
        }
    }

    /// The account of several captures together.
    #[must_use]
    pub fn of<'a>(captures: impl Iterator<Item = &'a Capture>) -> Account {
        let accounts = captures.map(Account::new).reduce(|mut sum, account| {
            let (records, more) = (&mut sum.records, account.records);
            records.in_file += more.in_file;
            records.used += more.used;
            records.left_out += more.left_out;
            for reason in account.left_out {
                match sum.left_out.iter_mut().find(|known| known.code == reason.code) {
                    Some(known) => known.count += reason.count,
                    None => sum.left_out.push(reason),
                }
            }
            sum.damages.extend(account.damages);
            sum
        });
        accounts.expect("a side has a capture")
    }

    /// Records left out of those in the file, in percent.
    #[must_use]
    pub fn left_out_pct(&self) -> f64 {
        let Records { in_file, left_out, .. } = self.records;
        if left_out == 0 { 0.0 } else { 100.0 * left_out as f64 / in_file as f64 }
    }

    /// The first thing that is missing: damage, which explains what else is, before records left out.
    #[must_use]
    pub fn first_loss(&self) -> Option<&Loss> {
        self.damages.iter().chain(&self.left_out).next()
    }

    /// What is missing, in words: what the first loss is, and how many records are left out.
    #[must_use]
    pub fn loss(&self) -> Option<String> {
        let first = &self.first_loss()?.text;
        let Records { in_file, left_out, .. } = self.records;
        let number = |number: u64| units::count(number as f64);
        Some(match left_out {
            0 => first.clone(),
            _ => format!("{} of {} {} left out: {first}", number(left_out), number(in_file), self.noun),
        })
    }

    /// `13,162 samples, all used`, or how many were left out, why and where first.
    #[must_use]
    pub fn sentence(&self) -> String {
        let Records { in_file, used, left_out } = self.records;
        let number = |number: u64| units::count(number as f64);
        let noun = if in_file == 1 { self.noun.trim_end_matches('s') } else { self.noun };
        let mut text = match (in_file, left_out) {
            (0, _) => format!("no {}", self.noun),
            (1, 0) => format!("1 {noun}, used"),
            (_, 0) if used < in_file => format!("{} of {} {noun} chosen", number(used), number(in_file)),
            (_, 0) => format!("{} {noun}, all used", number(in_file)),
            _ => {
                let is_only = self.left_out.len() == 1;
                let shown = self.left_out.iter().take(MOST_REASONS);
                let reasons: Vec<String> = shown.map(|left_out| reason(left_out, is_only)).collect();
                let more = if self.left_out.len() > MOST_REASONS { "; and more" } else { "" };
                format!(
                    "{} of {} {noun} used; {} left out ({}{more})",
                    number(used),
                    number(in_file),
                    number(left_out),
                    reasons.join("; ")
                )
            }
        };
        if !self.damages.is_empty() {
            text += "; the file is damaged, what is missing there is unknown";
        }
        text
    }
}

/// The first places of a note.
pub(crate) fn places_of(note: &Note) -> Vec<PlaceInfo> {
    note.first.iter().map(|place| PlaceInfo { byte: place.byte, line: place.line }).collect()
}

/// `2 period_too_large, first at line 88`; the number of an only reason has been said.
fn reason(reason: &Loss, is_only: bool) -> String {
    let mut text = match is_only {
        true => reason.code.to_owned(),
        false => format!("{} {}", units::count(reason.count as f64), reason.code),
    };
    match reason.first.first() {
        Some(PlaceInfo { line: Some(line), .. }) => text += &format!(", first at line {line}"),
        Some(PlaceInfo { byte, .. }) => text += &format!(", first at byte {byte}"),
        None => {}
    }
    text
}

/// A record is a sample where each was counted; else it is a stack of which many samples were added up.
fn noun(capture: &Capture) -> &'static str {
    match &capture.content {
        Content::Traces(_) => "spans",
        Content::Profile(profile) if profile.series.iter().all(|series| series.samples.counts.is_some()) => {
            "samples"
        }
        Content::Profile(_) => "records",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyzer_formats::{ReadOptions, read_bytes};

    fn account(text: &str) -> Account {
        Account::new(&read_bytes("x", text.as_bytes(), &ReadOptions::default()).unwrap())
    }

    #[test]
    fn all_used() {
        assert_eq!(account("m;f 3\nm;g 4\n").sentence(), "2 records, all used");
        let perf = "web 1/1 1.0: 1 cycles: \n\t1 main (/bin/web)\n\n";
        assert_eq!(account(&perf.repeat(2)).sentence(), "2 samples, all used");
        assert_eq!(account(perf).sentence(), "1 sample, used");
    }

    #[test]
    fn what_is_left_out_has_a_reason_and_a_place() {
        let account = account("m;f 3\nm;g -4\nm;h 1\n");
        assert_eq!(account.records, Records { in_file: 3, used: 2, left_out: 1 });
        let code = account.left_out[0].code;
        assert_eq!(account.sentence(), format!("2 of 3 records used; 1 left out ({code}, first at line 2)"));
        assert!((account.left_out_pct() - 100.0 / 3.0).abs() < 1e-9);
    }
}
