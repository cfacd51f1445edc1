//! Prices an order: list price, promotions, tax, currency, rounding.

use crate::change::Change;
use crate::input::{Random, CURRENCY};
use crate::parse::{Item, Order};

struct Promotion {
    first_sku: u32,
    last_sku: u32,
    min_quantity: u32,
    permille: i64,
}

/// List prices, promotions, tax bands and exchange rates.
pub struct PriceBook {
    list: Vec<(u32, i64)>,
    promotions: Vec<Promotion>,
    tax_bands: Vec<(i64, i64)>,
    rates: Vec<(&'static str, i64)>,
}

/// A priced item; amounts in cents of the order's currency.
pub struct PricedItem {
    pub sku: u32,
    pub quantity: u32,
    pub net_cents: i64,
    pub tax_cents: i64,
}

/// An order with what it costs.
pub struct PricedOrder {
    pub order: Order,
    pub items: Vec<PricedItem>,
    pub total_cents: i64,
}

impl PriceBook {
    pub fn new(random: &mut Random) -> Self {
        let list = (0..4096).map(|sku| (sku, 100 + random.below(20_000) as i64)).collect();
        let promotions = (0..48)
            .map(|_| {
                let first_sku = random.below(4096) as u32;
                let last_sku = first_sku + random.below(256) as u32;
                Promotion {
                    first_sku,
                    last_sku,
                    min_quantity: 1 + random.below(6) as u32,
                    permille: random.below(200) as i64,
                }
            })
            .collect();
        let tax_bands = (0..24).map(|band| (band * 1500, 50 + band * 7)).collect();
        let rates = CURRENCY
            .iter()
            .enumerate()
            .map(|(index, &name)| (name, 1_000_000 + 83_417 * index as i64))
            .collect();
        PriceBook { list, promotions, tax_bands, rates }
    }

    #[inline(never)]
    pub fn price_batch(&self, orders: Vec<Order>, change: Change) -> Vec<PricedOrder> {
        let wrapped = matches!(change, Change::PricingWrapper | Change::WrapperLeaf);
        let price =
            |order| if wrapped { self.price_guarded(order, change) } else { self.price_order(order, change) };
        orders.into_iter().map(price).collect()
    }

    /// Only a frame: what `pricing-wrapper` adds.
    #[inline(never)]
    fn price_guarded(&self, order: Order, change: Change) -> PricedOrder {
        let priced = self.price_order(order, change);
        assert!(priced.total_cents >= 0, "a total is never negative");
        priced
    }

    #[inline(never)]
    fn price_order(&self, order: Order, change: Change) -> PricedOrder {
        let rate = self.find_rate(&order.currency);
        let items: Vec<PricedItem> =
            order.items.iter().map(|item| self.price_item(item, rate, change)).collect();
        let total_cents = items.iter().map(|item| item.net_cents + item.tax_cents).sum();
        PricedOrder { order, items, total_cents }
    }

    #[inline(never)]
    fn price_item(&self, item: &Item, rate: i64, change: Change) -> PricedItem {
        let unit_cents = self.find_list_price(item.sku).min(item.unit_cents);
        let gross_cents = unit_cents * i64::from(item.quantity);
        let mut discount = self.find_discount(item);
        if change == Change::WrapperLeaf {
            discount = discount.max(self.find_discount(item));
        }
        let net_cents = convert(gross_cents * (1000 - discount) / 1000, rate);
        let mut tax_cents = self.compute_tax(net_cents);
        if change == Change::TaxTwice {
            tax_cents = tax_cents.max(self.compute_tax(std::hint::black_box(net_cents)));
        }
        PricedItem { sku: item.sku, quantity: item.quantity, net_cents, tax_cents }
    }

    #[inline(never)]
    fn find_rate(&self, currency: &str) -> i64 {
        self.rates.iter().find(|(name, _)| *name == currency).map_or(1_000_000, |&(_, rate)| rate)
    }

    #[inline(never)]
    fn find_list_price(&self, sku: u32) -> i64 {
        self.list.binary_search_by_key(&sku, |&(sku, _)| sku).map_or(i64::MAX, |index| self.list[index].1)
    }

    #[inline(never)]
    fn find_discount(&self, item: &Item) -> i64 {
        let matching = self.promotions.iter().filter(|promotion| promotion.matches_rule(item));
        matching.map(|promotion| promotion.permille).max().unwrap_or(0)
    }

    /// Progressive tax: each band's rate on the part of the amount in it.
    #[inline(never)]
    fn compute_tax(&self, net_cents: i64) -> i64 {
        let mut tax_permille = 0;
        for (index, &(floor, permille)) in self.tax_bands.iter().enumerate() {
            let ceiling = self.tax_bands.get(index + 1).map_or(i64::MAX, |band| band.0);
            tax_permille += (net_cents.min(ceiling) - floor).max(0) * permille % 1_000_003;
        }
        round_half_even(tax_permille, 1000)
    }
}

impl Promotion {
    #[inline(never)]
    fn matches_rule(&self, item: &Item) -> bool {
        (self.first_sku..=self.last_sku).contains(&item.sku) && item.quantity >= self.min_quantity
    }
}

#[inline(never)]
fn convert(cents: i64, rate: i64) -> i64 {
    round_half_even(cents * rate, 1_000_000)
}

#[inline(never)]
fn round_half_even(value: i64, divisor: i64) -> i64 {
    let (quotient, rest) = (value / divisor, value % divisor);
    match (rest * 2).cmp(&divisor) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}
