//! What is compared: values, bins of numbers, keys.

use super::bins::{bins, magnitude};
use super::keys;
use super::labels::{Label, Value, is_epoch};
use super::scalar::{Number, Scalar};
use crate::requests::{Question, Thresholds};
use rustc_hash::FxHashSet;

/// Something that requests have or have not.
#[derive(Clone, Debug)]
pub(super) struct Item<'a> {
    /// The number of its label.
    pub(super) label: u32,
    /// What of the label.
    pub(super) what: What<'a>,
    /// The values of the label that it stands for; all, where it is the key.
    pub(super) values: Vec<u32>,
}

/// What of a label an item is.
#[derive(Clone, Debug)]
pub(super) enum What<'a> {
    /// One value.
    Value(Scalar<'a>),
    /// Numbers from one to another.
    Bin(Number, Number),
    /// The key with any value.
    Key,
    /// The key, of which only one side has any value, as it has many others: it is instrumented otherwise.
    Instrumented,
    /// Values of which the other side has none, as names are that every deployment makes up anew.
    Renewed {
        /// What they begin with, where that tells something.
        start: String,
        /// How many there are.
        count: usize,
    },
}

/// So many different numbers of a key are still taken one by one.
const FEW_NUMBERS: usize = 12;
/// More keys that one side alone has are another instrumentation.
const MANY_KEYS: usize = 5;
/// Values that are found all along a capture have this share of the requests where they are names of a deployment.
const ALL_ALONG: f64 = 0.9;

/// The items of these labels, those of a label in the order of its values.
pub(super) fn items<'a>(labels: &[Label<'a>], question: Question, thresholds: &Thresholds) -> Vec<Item<'a>> {
    let fewest = thresholds.tag_requests;
    let is_seen = |label: &Label<'_>| {
        // A service that one side alone has is a new call; its tags say no more than that.
        label.with_service.iter().all(|&requests| requests >= fewest)
            && label.requests().iter().any(|&requests| requests >= fewest)
    };
    let is_instrumented = instrumented(labels, question, &is_seen);
    let mut items = Vec::new();
    for (at, label) in (0u32..).zip(labels).filter(|(_, label)| is_seen(label)) {
        let adding = &mut Adding { label: at, items: &mut items };
        if let Some(side) = only_side(label)
            && (label.distinct() > 1 || is_instrumented[side])
        {
            let is_event = keys::is_event(label.key);
            let is_instrumented = is_instrumented[side] && !is_event;
            adding.add(if is_instrumented { What::Instrumented } else { What::Key }, Vec::new());
            // What values a key has tells nothing where the other side was not asked for it.
            if question == Question::Changed && !is_event {
                continue;
            }
        }
        if is_epoch(label) || label.is_counter {
            continue;
        }
        if is_renewed(label, question) {
            adding.renewed(label);
        } else if label.rare == [0; 2]
            && label.values.len() > FEW_NUMBERS
            && label.values.iter().all(|value| value.scalar.number().is_some())
            && !keys::is_name(label.key)
        {
            adding.bins(label);
        } else {
            adding.values(label, fewest);
        }
    }
    items
}

/// Of before and of after, whether it alone has so many keys that it is instrumented otherwise.
fn instrumented(labels: &[Label<'_>], question: Question, is_seen: &dyn Fn(&Label<'_>) -> bool) -> [bool; 2] {
    let mut keys_of: [FxHashSet<&[u8]>; 2] = Default::default();
    for label in labels.iter().filter(|label| is_seen(label) && !keys::is_event(label.key)) {
        if let Some(side) = only_side(label) {
            keys_of[side].insert(label.key);
        }
    }
    keys_of.map(|keys| question == Question::Changed && keys.len() > MANY_KEYS)
}

/// The side that alone has a label.
fn only_side(label: &Label<'_>) -> Option<usize> {
    match label.requests() {
        [0, _] => Some(1),
        [_, 0] => Some(0),
        _ => None,
    }
}

/// Whether a label has values on both sides, but none on both, each of which is there all the time: names of hosts, pods and
/// versions, not of sessions.
fn is_renewed(label: &Label<'_>, question: Question) -> bool {
    let sides = [0, 1].map(|side: usize| {
        let own: u64 = label.values.iter().map(|value| value.requests[side]).sum();
        let all_along: u64 = label.values.iter().map(|value| value.all_along[side]).sum();
        own > 0 && label.rare[side] == 0 && all_along as f64 >= ALL_ALONG * own as f64
    });
    question == Question::Changed
        && sides == [true; 2]
        && label.values.iter().all(|value| value.requests.contains(&0))
}

/// Adds the items of one label.
struct Adding<'i, 'a> {
    label: u32,
    items: &'i mut Vec<Item<'a>>,
}

impl<'a> Adding<'_, 'a> {
    fn add(&mut self, what: What<'a>, values: Vec<u32>) {
        self.items.push(Item { label: self.label, what, values });
    }

    /// Every value that enough requests have.
    fn values(&mut self, label: &Label<'a>, fewest: u64) {
        for (at, value) in (0u32..).zip(&label.values) {
            let is_time = matches!(value.scalar, Scalar::Text(text) if keys::is_time(text));
            if !is_time && value.requests.iter().any(|&requests| requests >= fewest) {
                self.add(What::Value(value.scalar), vec![at]);
            }
        }
    }

    /// The values of each side as one.
    fn renewed(&mut self, label: &Label<'a>) {
        for side in [0, 1] {
            let own: Vec<u32> = (0u32..)
                .zip(&label.values)
                .filter(|(_, value)| value.requests[side] > 0)
                .map(|(at, _)| at)
                .collect();
            let what = match own[..] {
                [one] => What::Value(label.values[one as usize].scalar),
                _ => {
                    let texts = own.iter().map(|&at| label.values[at as usize].scalar.text());
                    What::Renewed { start: common_start(texts), count: own.len() }
                }
            };
            self.add(what, own);
        }
    }

    /// Numbers in bins.
    fn bins(&mut self, label: &Label<'a>) {
        let numbers: Vec<Number> = label.values.iter().filter_map(|value| value.scalar.number()).collect();
        let ranges = if keys::is_size(label.key) {
            let mut start = 0;
            let same = numbers.chunk_by(|one, other| magnitude(one.value()) == magnitude(other.value()));
            let ranges = same.map(|same| {
                start += same.len();
                start - same.len()..start
            });
            ranges.collect()
        } else {
            let weight = |value: &Value<'_>| (value.requests[0] + value.requests[1]) as f64;
            bins(&label.values.iter().map(weight).collect::<Vec<f64>>())
        };
        for range in ranges {
            let what = What::Bin(numbers[range.start], numbers[range.end - 1]);
            self.add(what, range.map(|at| at as u32).collect());
        }
    }
}

/// What texts begin with alike; nothing where that is too short to tell.
fn common_start(mut texts: impl Iterator<Item = String>) -> String {
    /// A shorter start is chance.
    const SHORTEST: usize = 3;
    let mut start = texts.next().unwrap_or_default();
    for text in texts {
        let same = start.chars().zip(text.chars()).take_while(|(one, other)| one == other);
        let length = same.map(|(one, _)| one.len_utf8()).sum();
        start.truncate(length);
    }
    if start.chars().count() < SHORTEST { String::new() } else { start }
}

impl Item<'_> {
    /// `key=value`, or what comes nearest.
    pub(super) fn text(&self, label: &Label<'_>) -> String {
        let key = String::from_utf8_lossy(label.key);
        match &self.what {
            What::Value(value) => format!("{key}={}", value.text()),
            What::Bin(low, high) if low.order(high).is_eq() => format!("{key}={}", low.text()),
            What::Bin(low, high) => format!("{key} {}..{}", low.text(), high.text()),
            What::Key => format!("{key} (any value)"),
            What::Instrumented => key.into_owned(),
            What::Renewed { start, count } if start.is_empty() => format!("{key} ({count} others)"),
            What::Renewed { start, count } => format!("{key}={start}* ({count} values)"),
        }
    }

    /// Whether it names a process or a request and not what it is.
    pub(super) fn is_id(&self, label: &Label<'_>) -> bool {
        match &self.what {
            What::Value(Scalar::Text(text)) => keys::is_id(label.key, text),
            What::Value(Scalar::Number(_)) | What::Key | What::Instrumented => keys::is_id(label.key, b""),
            What::Renewed { start, .. } => start.is_empty() || keys::is_id(label.key, b""),
            What::Bin(..) => false,
        }
    }
}
