//! Whether the tables of a baseline agree with each other: a file that was edited would compare with what never was.

use super::file::{File, Values};
use super::{Archived, SHARE, SQUARE};
use std::collections::BTreeSet;
use std::fmt::Display;

/// What is wrong in a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The place, as one would write it in JavaScript.
    pub(super) place: String,
    /// What should stand there.
    pub(super) expected: &'static str,
    /// What stands there.
    pub(super) found: String,
}

impl Fault {
    pub(super) fn new(place: impl Display, expected: &'static str, found: impl Display) -> Fault {
        Fault { place: place.to_string(), expected, found: found.to_string() }
    }
}

/// The first fault, if there is one. References from table to table are followed elsewhere.
pub(super) fn check(file: &File) -> Result<(), Fault> {
    captures(file)?;
    let mut known = BTreeSet::new();
    for (at, values) in file.values.iter().enumerate() {
        let place = format!("values[{at}]");
        if !known.insert((&values.name, &values.unit)) {
            return Err(Fault::new(place, "each value type once", format_args!("{} again", values.name)));
        }
        rows(values, &place)?;
    }
    let mut known = BTreeSet::new();
    for (at, archived) in file.spread.iter().enumerate() {
        let place = format!("spread[{at}]");
        let is_of = |values: &&Values| (&values.name, &values.unit) == (&archived.name, &archived.unit);
        let Some(values) = file.values.iter().find(is_of) else {
            return Err(Fault::new(place, "the name of a value type", &archived.name));
        };
        if !known.insert((&archived.name, &archived.unit)) {
            return Err(Fault::new(place, "each value type once", format_args!("{} again", archived.name)));
        }
        spread(archived, values, file.captures.len(), &place)?;
    }
    Ok(())
}

fn captures(file: &File) -> Result<(), Fault> {
    if file.captures.is_empty() {
        return Err(Fault::new("captures", "one at least", "none"));
    }
    let mut digests = BTreeSet::new();
    for (at, member) in file.captures.iter().enumerate() {
        if member.digest.as_ref().is_some_and(|digest| !digests.insert(digest)) {
            let found = format_args!("{} again", member.name);
            return Err(Fault::new(format_args!("captures[{at}]"), "each capture once", found));
        }
    }
    let of_captures = file.captures.iter().enumerate();
    let of_captures = of_captures.map(|(at, member)| (format!("captures[{at}]."), member.duration_ns));
    for (place, duration) in of_captures.chain([(String::new(), file.duration_ns)]) {
        if let Some(duration) = duration.filter(|&duration| duration < 0) {
            return Err(Fault::new(place + "duration_ns", "a length of time", duration));
        }
    }
    if file.left_out > file.records {
        return Err(Fault::new("left_out", "no more than all records", file.left_out));
    }
    Ok(())
}

fn rows(values: &Values, place: &str) -> Result<(), Fault> {
    if values.decimals > MOST_DECIMALS {
        return Err(Fault::new(format_args!("{place}.decimals"), "18 at most", values.decimals));
    }
    let mut stacks = BTreeSet::new();
    for (at, &(stack, value, samples)) in values.rows.iter().enumerate() {
        let place = format_args!("{place}.rows[{at}]");
        // What was subtracted from a heap may leave less than nothing, but no samples then.
        if value < 0 && samples.is_some_and(|samples| samples > 0) {
            return Err(Fault::new(place, "no samples of a negative value", value));
        }
        if !stacks.insert(stack) {
            return Err(Fault::new(place, "each stack once", "one again"));
        }
    }
    Ok(())
}

/// More do not fit into a value.
const MOST_DECIMALS: u8 = 18;

fn spread(archived: &Archived, values: &Values, captures: usize, place: &str) -> Result<(), Fault> {
    let Archived { samples, functions, .. } = archived;
    if samples.len() > captures || samples.contains(&0) {
        let found = format_args!("{samples:?}");
        return Err(Fault::new(format_args!("{place}.samples"), "those of each capture", found));
    }
    let counted = values.rows.iter().filter(|(stack, ..)| stack.is_some());
    let counted: u128 = counted.map(|&(.., samples)| u128::from(samples.unwrap_or(0))).sum();
    let sum: u128 = samples.iter().map(|&samples| u128::from(samples)).sum();
    if sum != counted {
        let found = format_args!("{sum}, where its rows have {counted}");
        return Err(Fault::new(format_args!("{place}.samples"), "the samples of all rows", found));
    }
    // Every share and every square was rounded once.
    let captures = samples.len() as f64;
    let mut whole = 0.0;
    for (name, moments) in functions {
        let (sum, squares) = Archived::moments(moments);
        let least = sum * sum / captures;
        let is_possible = sum <= captures + captures * SHARE
            && squares >= least * (1.0 - 1e-9) - captures * (SHARE + SQUARE)
            && squares <= sum * (1.0 + 1e-9) + captures * (SHARE + SQUARE);
        if !is_possible {
            let found = format_args!("{moments:?}");
            let place = format_args!("{place}.functions[{name:?}]");
            return Err(Fault::new(place, "a sum of shares and that of their squares", found));
        }
        whole += sum;
    }
    if (whole - captures).abs() > captures * (1e-9 + functions.len() as f64 * SHARE) {
        let found = format_args!("a sum of {whole}");
        return Err(Fault::new(format_args!("{place}.functions"), "shares of 1 for each capture", found));
    }
    Ok(())
}
