//! Sampled profiles: stacks, their weights, and the samples they stand for.

use super::elements::Elements;
use super::load::{DocumentLoader, FRAME, Flaw, TOO_LARGE, Target};
use super::record::{self, Counts, ProfileRecord};
use crate::StackId;
use crate::json::{BrokenJson, Cursor, Value};

const NO_SAMPLE: Flaw = ("sample_missing", "weights without a sample, left out");
const NO_WEIGHT: Flaw = ("weight_missing", "samples without a weight, left out");
const NO_COUNT: Flaw = ("count_unread", "samples whose number in \"counts\" is missing or unfit, left out");
const SAMPLE: Flaw = ("sample_unread", "samples expected to be lists of frame numbers, left out");
const WEIGHT: Flaw = ("weight_unread", "weights expected to be numbers, left out with their samples");
const NO_ENTRY: Flaw =
    ("entry_missing", "samples that \"counts\" numbers, but that have no sample and weight, left out");

/// The sum of all counts stays below, so that no sum of records wraps.
const MOST: u64 = 1 << 63;

impl<'a> DocumentLoader<'a> {
    /// Reads the samples of a profile with their weights.
    pub(super) fn sampled(&mut self, profile: &ProfileRecord<'a>, target: &Target) {
        let list = if let Counts::List(at) = profile.counts { Some(at) } else { None };
        let [mut samples, mut weights, mut counts] =
            [profile.samples, profile.weights, list].map(|start| Elements::of(self.input, start));
        let each = match profile.counts {
            Counts::One => Some(1),
            Counts::Unsaid if !target.precision.is_open => Some(1),
            Counts::Unsaid | Counts::Unknown | Counts::List(_) => None,
        };
        let start = profile.start.filter(|_| target.precision.is_time);
        let mut time_ns = start.and_then(|start| start.fixed(target.precision.places)).unwrap_or(0);
        loop {
            let sample = samples.next(|cursor| self.stack(cursor));
            let weight = weights.next(Cursor::value);
            let listed = counts.next(Cursor::value);
            let count = match (list, &listed) {
                (None, _) => Ok(each),
                (Some(_), Some((_, count))) => self.count(count).map(Some).ok_or(NO_COUNT),
                (Some(_), None) => Err(NO_COUNT),
            };
            let entry = match (sample, weight, listed) {
                (None, None, None) => break,
                (None, None, Some((byte, _))) => Err((NO_ENTRY, byte)),
                (None, Some((byte, _)), _) => Err((NO_SAMPLE, byte)),
                (Some((byte, _)), None, _) => Err((NO_WEIGHT, byte)),
                (Some((byte, Err(flaw))), ..) => Err((flaw, byte)),
                (Some((byte, Ok(stack))), Some((at, weight)), _) => {
                    match (self.weight(weight, target, at), count) {
                        (Err(flaw), _) => Err((flaw, at)),
                        (_, Err(flaw)) => Err((flaw, byte)),
                        (Ok(value), Ok(count)) => Ok((stack, count, value)),
                    }
                }
            };
            match entry {
                Ok((stack, count, value)) => {
                    let time = if target.precision.is_time { time_ns } else { 0 };
                    time_ns = time_ns.saturating_add(value);
                    self.add(target, stack, count, value, time);
                }
                // An entry of which nobody says how many samples it stands for is one record.
                Err((flaw, byte)) => self.left_out(flaw, count.ok().flatten().unwrap_or(1), byte),
            }
        }
        self.end(samples.broken);
        self.end(weights.broken);
        self.end(counts.broken);
    }

    fn weight(&mut self, weight: Value<'_>, target: &Target, byte: usize) -> Result<i64, Flaw> {
        let number = record::number(weight).ok_or(WEIGHT)?;
        self.fixed(number, target.precision, byte).ok_or(TOO_LARGE)
    }

    /// A sample count; `None` where it is none, or the sum of all would be too large.
    fn count(&mut self, count: &Value<'_>) -> Option<u64> {
        let Value::Number(_) = count else { return None };
        let count = count.int().and_then(|count| u64::try_from(count).ok())?;
        let sum = self.counted.checked_add(count).filter(|&sum| sum < MOST)?;
        self.counted = sum;
        Some(count)
    }

    /// Reads a sample.
    fn stack(&mut self, cursor: &mut Cursor<'a>) -> Result<Result<Option<StackId>, Flaw>, BrokenJson> {
        if cursor.peek() != Some(b'[') {
            cursor.value()?;
            return Ok(Err(SAMPLE));
        }
        let start = cursor.at;
        // No sample that was read holds a bracket, so the first one ends it, if this one was met before.
        let end = memchr::memchr(b']', &self.input[start..]).map(|ahead| start + ahead + 1);
        let text = end.map(|end| &self.input[start..end]);
        if let Some(stack) = text.and_then(|text| self.stacks.get(&text)) {
            cursor.at = start + text.map_or(0, <[u8]>::len);
            return Ok(Ok(stack));
        }
        self.path.clear();
        let mut flaw = None;
        let mut first = true;
        cursor.at += 1;
        while cursor.element(&mut first)? {
            let index = match cursor.value()? {
                number @ Value::Number(_) => number.int(),
                _ => None,
            };
            let Some(index) = index else {
                flaw = Some(SAMPLE);
                continue;
            };
            match usize::try_from(index).ok().and_then(|index| self.frames.get(index)) {
                Some(&frame) => self.path.push(frame),
                None => flaw = flaw.or(Some(FRAME)),
            }
        }
        if let Some(flaw) = flaw {
            return Ok(Err(flaw));
        }
        let builder = &mut self.loaded.builder;
        let stack = self.path.iter().fold(None, |parent, &frame| Some(builder.stack(parent, frame)));
        if let Some(text) = text {
            self.stacks.insert(text, stack);
        }
        Ok(Ok(stack))
    }
}
