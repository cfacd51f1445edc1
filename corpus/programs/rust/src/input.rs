//! Order lines made from a seed: the input of the pipeline.
//!
//! A line is `time|id|customer|currency|name|address|item;item;...|note`, an item `sku*quantity@unit_price`.

/// A small deterministic generator (xorshift64*, Vigna 2016).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 33) as usize) % limit
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

const FIRST: &[&str] =
    &["Ada", "Bram", "Chidi", "Dora", "Emil", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kemi", "Lars"];
const LAST: &[&str] =
    &["Abel", "Brandt", "Costa", "Dvorak", "Eriksen", "Faust", "Gruber", "Horvat", "Ito", "Jensen"];
pub const STREET: &[&str] =
    &["Harbour", "Mill", "Station", "Orchard", "Granary", "Chapel", "Quarry", "Meadow", "Foundry"];
pub const KIND: &[&str] = &["Road", "Street", "Lane", "Square", "Row", "Yard"];
pub const TOWN: &[&str] =
    &["Aldwick", "Bexford", "Carrow", "Dunmere", "Elmstead", "Farleigh", "Greyport", "Holmby"];
const NOTE: &[&str] =
    &["leave with", "the neighbour", "ring twice", "\"fragile\"", "gift wrap", "no invoice", "rear door"];
pub const CURRENCY: &[&str] = &["EUR", "GBP", "SEK", "CHF", "PLN"];

/// An address such as `12 Mill Lane, Carrow 4711`.
pub fn address(random: &mut Random) -> String {
    let number = 1 + random.below(240);
    let (street, kind, town) = (random.pick(STREET), random.pick(KIND), random.pick(TOWN));
    format!("{number} {street} {kind}, {town} {:04}", 1000 + random.below(9000))
}

/// Appends `digit` such that the customer number passes the Luhn check.
fn customer_number(random: &mut Random) -> String {
    let body = format!("{:09}", random.below(40_000) * 977);
    let mut sum = 0;
    for (index, byte) in body.bytes().rev().enumerate() {
        let digit = u32::from(byte - b'0');
        let weighted = if index % 2 == 0 { digit * 2 } else { digit };
        sum += if weighted > 9 { weighted - 9 } else { weighted };
    }
    format!("{body}{}", (10 - sum % 10) % 10)
}

/// One order line, without its newline.
#[inline(never)]
pub fn order_line(random: &mut Random, id: usize) -> String {
    let time = format!(
        "2024-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        1 + random.below(12),
        1 + random.below(28),
        random.below(24),
        random.below(60),
        random.below(60)
    );
    let id = if random.below(50) == 0 { id / 2 } else { id };
    let name = format!("{} {}", random.pick(FIRST), random.pick(LAST));
    let mut line = format!(
        "{time}|{id}|{}|{}|{name}|{}|",
        customer_number(random),
        random.pick(CURRENCY),
        address(random)
    );
    for index in 0..2 + random.below(6) {
        let separator = if index == 0 { "" } else { ";" };
        let (sku, quantity, price) = (random.below(4096), 1 + random.below(9), 100 + random.below(20_000));
        line.push_str(&format!("{separator}SKU{sku:05}*{quantity}@{}.{:02}", price / 100, price % 100));
    }
    line.push('|');
    for _ in 0..random.below(5) {
        line.push_str(random.pick(NOTE));
        line.push(' ');
    }
    line
}
