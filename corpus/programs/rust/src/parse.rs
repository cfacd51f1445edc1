//! From an order line to an [`Order`]: fields, timestamps, amounts and items.

/// One item of an order; amounts in cents.
#[derive(Clone, Debug)]
pub struct Item {
    pub sku: u32,
    pub quantity: u32,
    pub unit_cents: i64,
}

/// One order as written by the customer.
#[derive(Clone, Debug)]
pub struct Order {
    pub time_s: i64,
    pub id: u64,
    pub customer: String,
    pub currency: String,
    pub name: String,
    pub address: String,
    pub items: Vec<Item>,
    pub note: String,
}

/// Parses every line; a line that is no order is left out.
#[inline(never)]
pub fn parse_batch(lines: &[String]) -> Vec<Order> {
    lines.iter().filter_map(|line| parse_order(line)).collect()
}

#[inline(never)]
fn parse_order(line: &str) -> Option<Order> {
    let fields = split_fields(line);
    let [time, id, customer, currency, name, address, items, note] = fields.as_slice() else { return None };
    Some(Order {
        time_s: parse_timestamp(time)?,
        id: parse_digits(id)?,
        customer: (*customer).to_owned(),
        currency: (*currency).to_owned(),
        name: (*name).to_owned(),
        address: (*address).to_owned(),
        items: parse_items(items)?,
        note: (*note).to_owned(),
    })
}

#[inline(never)]
fn split_fields(line: &str) -> Vec<&str> {
    let mut fields = Vec::with_capacity(8);
    let mut start = 0;
    for (index, byte) in line.bytes().enumerate() {
        if byte == b'|' {
            fields.push(&line[start..index]);
            start = index + 1;
        }
    }
    fields.push(&line[start..]);
    fields
}

#[inline(never)]
fn parse_digits(text: &str) -> Option<u64> {
    let mut value = 0u64;
    for byte in text.bytes() {
        value = value.checked_mul(10)?.checked_add(u64::from(byte.wrapping_sub(b'0')))?;
        if !byte.is_ascii_digit() {
            return None;
        }
    }
    Some(value)
}

/// Seconds since 1970 of `YYYY-MM-DDThh:mm:ssZ`.
#[inline(never)]
fn parse_timestamp(text: &str) -> Option<i64> {
    let part =
        |range: std::ops::Range<usize>| text.get(range).and_then(parse_digits).map(|value| value as i64);
    let days = days_from_civil(part(0..4)?, part(5..7)?, part(8..10)?);
    Some(days * 86_400 + part(11..13)? * 3600 + part(14..16)? * 60 + part(17..19)?)
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + day_of_year - 719_468
}

#[inline(never)]
fn parse_items(text: &str) -> Option<Vec<Item>> {
    text.split(';').map(parse_item).collect()
}

#[inline(never)]
fn parse_item(text: &str) -> Option<Item> {
    let (sku, rest) = text.strip_prefix("SKU")?.split_once('*')?;
    let (quantity, price) = rest.split_once('@')?;
    Some(Item {
        sku: parse_digits(sku)? as u32,
        quantity: parse_digits(quantity)? as u32,
        unit_cents: parse_amount(price)?,
    })
}

#[inline(never)]
fn parse_amount(text: &str) -> Option<i64> {
    let (whole, cents) = text.split_once('.')?;
    Some(parse_digits(whole)? as i64 * 100 + parse_digits(cents)? as i64)
}
