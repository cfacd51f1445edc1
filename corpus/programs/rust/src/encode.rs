//! Priced orders as JSON lines.

use crate::price::{PricedItem, PricedOrder};

#[inline(never)]
pub fn encode_batch(orders: &[PricedOrder]) -> Vec<u8> {
    let mut out = Vec::with_capacity(orders.len() * 384);
    for order in orders {
        encode_order(order, &mut out);
    }
    out
}

#[inline(never)]
pub fn encode_order(priced: &PricedOrder, out: &mut Vec<u8>) {
    let order = &priced.order;
    out.extend_from_slice(b"{\"id\":");
    write_integer(order.id as i64, out);
    out.extend_from_slice(b",\"time\":");
    write_integer(order.time_s, out);
    let texts = [
        ("customer", &order.customer),
        ("name", &order.name),
        ("address", &order.address),
        ("note", &order.note),
    ];
    for (key, text) in texts {
        out.push(b',');
        write_string(key, out);
        out.push(b':');
        write_string(text, out);
    }
    out.extend_from_slice(b",\"items\":[");
    for (index, item) in priced.items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        encode_item(item, out);
    }
    out.extend_from_slice(b"],\"total\":");
    write_amount(priced.total_cents, out);
    out.extend_from_slice(b"}\n");
}

#[inline(never)]
fn encode_item(item: &PricedItem, out: &mut Vec<u8>) {
    for (key, value) in
        [(&b"{\"sku\":"[..], i64::from(item.sku)), (b",\"quantity\":", i64::from(item.quantity))]
    {
        out.extend_from_slice(key);
        write_integer(value, out);
    }
    for (key, cents) in [(&b",\"net\":"[..], item.net_cents), (b",\"tax\":", item.tax_cents)] {
        out.extend_from_slice(key);
        write_amount(cents, out);
    }
    out.push(b'}');
}

#[inline(never)]
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            0..=31 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[inline(never)]
fn write_integer(value: i64, out: &mut Vec<u8>) {
    let mut digits = [0u8; 20];
    let mut at = digits.len();
    let mut rest = value.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if value < 0 {
        out.push(b'-');
    }
    out.extend_from_slice(&digits[at..]);
}

#[inline(never)]
fn write_amount(cents: i64, out: &mut Vec<u8>) {
    write_integer(cents / 100, out);
    out.extend_from_slice(&[b'.', b'0' + (cents / 10 % 10) as u8, b'0' + (cents % 10) as u8]);
}
