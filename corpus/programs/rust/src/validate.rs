//! The checks an order must pass before it is priced.

use crate::change::Change;
use crate::parse::Order;
use crate::risk::RiskModel;

/// The ids seen so far: an open-addressing set of fixed size.
pub struct SeenIds {
    slots: Vec<u64>,
}

impl SeenIds {
    pub fn with_room_for(orders: usize) -> Self {
        SeenIds { slots: vec![u64::MAX; (orders * 2).next_power_of_two()] }
    }

    /// Whether `id` was there already; it is afterwards.
    #[inline(never)]
    pub fn is_duplicate(&mut self, id: u64) -> bool {
        let mask = self.slots.len() - 1;
        let mut slot = (id.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40) as usize & mask;
        while self.slots[slot] != u64::MAX {
            if self.slots[slot] == id {
                return true;
            }
            slot = (slot + 1) & mask;
        }
        self.slots[slot] = id;
        false
    }
}

/// Keeps the orders that pass every check.
#[inline(never)]
pub fn validate_batch(
    orders: Vec<Order>,
    seen: &mut SeenIds,
    model: &RiskModel,
    change: Change,
) -> Vec<Order> {
    orders.into_iter().filter(|order| is_valid(order, seen, model, change)).collect()
}

#[inline(never)]
fn is_valid(order: &Order, seen: &mut SeenIds, model: &RiskModel, change: Change) -> bool {
    if change != Change::NoDedupe && seen.is_duplicate(order.id) {
        return false;
    }
    has_valid_customer(&order.customer) && has_valid_items(order) && model.score_order(order, change) < 900
}

/// The Luhn check over the customer number.
#[inline(never)]
fn has_valid_customer(customer: &str) -> bool {
    let mut sum = 0;
    for (index, byte) in customer.bytes().rev().enumerate() {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        let weighted = if index % 2 == 1 { digit * 2 } else { digit };
        sum += if weighted > 9 { weighted - 9 } else { weighted };
    }
    sum % 10 == 0
}

#[inline(never)]
fn has_valid_items(order: &Order) -> bool {
    !order.items.is_empty() && order.items.iter().all(|item| item.quantity > 0 && item.unit_cents > 0)
}
