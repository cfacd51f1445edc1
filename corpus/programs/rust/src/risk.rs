//! The risk score of an order: how near its address is to a blocked one, and how odd its texts look.

use crate::change::Change;
use crate::input::{address, Random};
use crate::parse::Order;

/// Rows of the edit-distance table kept on the stack; longer addresses are cut.
const WIDTH: usize = 48;

/// The blocked addresses by length, and the letter-pair weights of usual text.
pub struct RiskModel {
    blocked_by_length: Vec<Vec<Vec<u8>>>,
    pair_weights: Vec<u16>,
}

impl RiskModel {
    pub fn new(random: &mut Random) -> Self {
        let mut blocked_by_length = vec![Vec::new(); WIDTH + 1];
        for _ in 0..32 {
            let text = normalise_address(&address(random));
            blocked_by_length[text.len()].push(text);
        }
        let pair_weights = (0..65_536).map(|_| random.below(64) as u16).collect();
        RiskModel { blocked_by_length, pair_weights }
    }

    /// 0 (usual) to 1000 (blocked).
    #[inline(never)]
    pub fn score_order(&self, order: &Order, change: Change) -> u32 {
        let address = normalise_address(&order.address);
        let distance = self.nearest_blocked(&address, change);
        let oddness = self.score_text(order.name.as_bytes()) + self.score_text(order.note.as_bytes());
        let velocity = score_velocity(order);
        if distance == 0 {
            1000
        } else {
            (oddness + velocity) / (distance as u32 + 1)
        }
    }

    /// The distance to the nearest blocked address of a similar length, 4 when none is nearer.
    #[inline(never)]
    fn nearest_blocked(&self, address: &[u8], change: Change) -> usize {
        let near = address.len().saturating_sub(1)..=(address.len() + 1).min(WIDTH);
        let candidates = near.flat_map(|length| &self.blocked_by_length[length]);
        candidates.map(|blocked| match_blocklist(address, blocked, change)).min().unwrap_or(4).min(4)
    }

    /// The mean weight of the letter pairs of `text`.
    #[inline(never)]
    fn score_text(&self, text: &[u8]) -> u32 {
        let mut sum = 0;
        for _ in 0..4 {
            for pair in text.windows(2) {
                sum += u32::from(self.pair_weights[usize::from(pair[0]) << 8 | usize::from(pair[1])]);
            }
        }
        sum / (4 * text.len() as u32 + 1)
    }
}

/// Lower case, without punctuation, one space between words.
#[inline(never)]
fn normalise_address(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(WIDTH);
    for byte in text.bytes().take(WIDTH) {
        match byte {
            b'A'..=b'Z' => bytes.push(byte.to_ascii_lowercase()),
            b'a'..=b'z' | b'0'..=b'9' => bytes.push(byte),
            _ if bytes.last() != Some(&b' ') => bytes.push(b' '),
            _ => {}
        }
    }
    bytes
}

/// The edit distance of two addresses within a band of two, and 4 as soon as it cannot be below that.
///
/// With `blocklist-band` the comparison goes on for some rows after the answer is known.
#[inline(never)]
fn match_blocklist(left: &[u8], right: &[u8], change: Change) -> usize {
    let patience = if change == Change::BlocklistBand { 13 } else { 0 };
    let mut previous = [0u8; WIDTH + 1];
    for (column, cell) in previous.iter_mut().enumerate() {
        *cell = column as u8;
    }
    let mut hopeless = 0;
    for (row, &wanted) in left.iter().enumerate() {
        let from = row.saturating_sub(2);
        let to = (row + 3).min(right.len());
        let mut diagonal = previous[from];
        previous[from] = if from == 0 { row as u8 + 1 } else { 99 };
        let mut best = previous[from];
        for column in from..to {
            let above = if column + 1 > row + 2 { 99 } else { previous[column + 1] };
            let same = u8::from(wanted != right[column]);
            let cell = (diagonal + same).min(above + 1).min(previous[column] + 1);
            diagonal = previous[column + 1];
            previous[column + 1] = cell;
            best = best.min(cell);
        }
        hopeless += usize::from(best >= 4);
        if hopeless > patience {
            return 4;
        }
    }
    usize::from(previous[right.len()])
}

/// Points for many items of one kind at an unusual hour.
#[inline(never)]
fn score_velocity(order: &Order) -> u32 {
    let hour = order.time_s.rem_euclid(86_400) / 3600;
    let quantity: u32 = order.items.iter().map(|item| item.quantity).sum();
    if hour < 5 {
        quantity * 4
    } else {
        quantity
    }
}
