//! Two workers, each with its own half of the orders: parse, validate, price, encode, pack, hash.

use crate::change::Change;
use crate::digest::Digests;
use crate::encode::{encode_batch, encode_order};
use crate::input::{order_line, Random};
use crate::pack::pack_block;
use crate::parse::parse_batch;
use crate::price::{PriceBook, PricedOrder};
use crate::report::{add_totals, merge, Summary};
use crate::risk::RiskModel;
use crate::validate::{validate_batch, SeenIds};

const WORKERS: usize = 2;
const BATCH: usize = 200;

/// What every worker reads and none writes.
struct Shared {
    model: RiskModel,
    book: PriceBook,
    digests: Digests,
    change: Change,
}

/// Runs `orders` orders through the pipeline.
pub fn run(change: Change, orders: usize, seed: u64) -> Summary {
    let mut random = Random::new(seed);
    let (model, book) = (RiskModel::new(&mut random), PriceBook::new(&mut random));
    let shared = Shared { model, book, digests: Digests::new(), change };
    let mut total = Summary::default();
    std::thread::scope(|scope| {
        let start = |worker: usize| {
            let shared = &shared;
            let builder = std::thread::Builder::new().name(format!("intake-{worker}"));
            builder
                .spawn_scoped(scope, move || run_worker(shared, orders / WORKERS, seed + 1 + worker as u64))
        };
        let workers: Vec<_> = (0..WORKERS).map(start).collect();
        for worker in workers {
            let handle = worker.expect("the system has room for two threads");
            merge(&mut total, handle.join().expect("a worker aborts rather than unwinds"));
        }
    });
    total
}

#[inline(never)]
fn run_worker(shared: &Shared, orders: usize, seed: u64) -> Summary {
    let mut random = Random::new(seed);
    let mut seen = SeenIds::with_room_for(orders);
    let mut summary = Summary::default();
    let mut spare = (shared.change == Change::AllSlower).then(|| Spare::new(orders, seed));
    let mut id = 0;
    while id < orders {
        let lines = receive_lines(&mut random, id, BATCH.min(orders - id));
        id += lines.len();
        handle_batch(shared, &lines, &mut seen, &mut summary);
        if let Some(spare) = &mut spare {
            if id / BATCH % 2 == 0 {
                spare.repeat(shared, id - lines.len(), lines.len());
            }
        }
    }
    summary
}

/// What `all-slower` handles once more, for nothing.
struct Spare {
    random: Random,
    seen: SeenIds,
    summary: Summary,
}

impl Spare {
    fn new(orders: usize, seed: u64) -> Self {
        Spare { random: Random::new(seed), seen: SeenIds::with_room_for(orders), summary: Summary::default() }
    }

    fn repeat(&mut self, shared: &Shared, first_id: usize, count: usize) {
        let lines = receive_lines(&mut self.random, first_id, count);
        handle_batch(shared, &lines, &mut self.seen, &mut self.summary);
    }
}

#[inline(never)]
fn receive_lines(random: &mut Random, first_id: usize, count: usize) -> Vec<String> {
    (first_id..first_id + count).map(|id| order_line(random, id)).collect()
}

#[inline(never)]
fn handle_batch(shared: &Shared, lines: &[String], seen: &mut SeenIds, summary: &mut Summary) {
    let orders = validate_batch(parse_batch(lines), seen, &shared.model, shared.change);
    let priced = shared.book.price_batch(orders, shared.change);
    add_totals(summary, &priced);
    if shared.change == Change::AuditTrail {
        append_audit(shared, &priced, summary);
    }
    let block = encode_batch(&priced);
    if shared.change == Change::EarlyChecksum {
        summary.checksum ^= shared.digests.crc32(&block);
    }
    seal_block(shared, &block, summary);
}

/// Compresses a block and chains its digest to the one before.
#[inline(never)]
fn seal_block(shared: &Shared, block: &[u8], summary: &mut Summary) {
    let mut packed = pack_block(block, shared.change);
    summary.packed_bytes += packed.len();
    if shared.change != Change::EarlyChecksum {
        summary.checksum ^= shared.digests.crc32(block);
    }
    packed.extend_from_slice(&summary.digest);
    summary.digest = shared.digests.sha256(&packed);
}

/// What `audit-trail` adds: each order rendered on its own, hashed, and chained.
#[inline(never)]
fn append_audit(shared: &Shared, orders: &[PricedOrder], summary: &mut Summary) {
    let mut record = Vec::new();
    for order in orders {
        record.clear();
        record.extend_from_slice(&summary.digest);
        encode_order(order, &mut record);
        summary.digest = shared.digests.sha256(&record);
    }
}
