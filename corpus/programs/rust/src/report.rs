//! Totals per customer, and the line printed at the end.

use crate::price::PricedOrder;
use std::collections::BTreeMap;

/// What a worker has to say about its share of the orders.
#[derive(Default)]
pub struct Summary {
    pub orders: usize,
    pub packed_bytes: usize,
    pub checksum: u32,
    pub spent_cents: BTreeMap<String, i64>,
    pub digest: [u8; 32],
}

#[inline(never)]
pub fn add_totals(summary: &mut Summary, orders: &[PricedOrder]) {
    for priced in orders {
        *summary.spent_cents.entry(priced.order.customer.clone()).or_insert(0) += priced.total_cents;
    }
    summary.orders += orders.len();
}

/// The `limit` customers who spent the most.
#[inline(never)]
pub fn top_customers(summary: &Summary, limit: usize) -> Vec<(i64, &str)> {
    let mut ranked: Vec<(i64, &str)> =
        summary.spent_cents.iter().map(|(name, &cents)| (cents, name.as_str())).collect();
    ranked.sort_unstable_by(|left, right| right.cmp(left));
    ranked.truncate(limit);
    ranked
}

/// Adds the summary of another worker.
pub fn merge(into: &mut Summary, other: Summary) {
    into.orders += other.orders;
    into.packed_bytes += other.packed_bytes;
    into.checksum ^= other.checksum;
    for (slot, byte) in into.digest.iter_mut().zip(other.digest) {
        *slot ^= byte;
    }
    for (customer, cents) in other.spent_cents {
        *into.spent_cents.entry(customer).or_insert(0) += cents;
    }
}

pub fn print(summary: &Summary) {
    let digest: String = summary.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    println!(
        "orders {} packed {} crc {:08x} sha256 {digest}",
        summary.orders, summary.packed_bytes, summary.checksum
    );
    for (cents, customer) in top_customers(summary, 3) {
        println!("  {customer} {}.{:02}", cents / 100, cents % 100);
    }
}
