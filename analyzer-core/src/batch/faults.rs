//! What went wrong, each file once: among peers, and in pools, one file is in many rows.

use super::row::{Failure, Row, Status};
use rustc_hash::FxHashSet;

/// What was told already.
#[derive(Debug, Default)]
pub(super) struct Faults(FxHashSet<(String, String)>);

impl Faults {
    /// Everything that failed in a row and was not told yet, by file or by pair; nothing of captures without a partner.
    pub(super) fn failures<'r>(&mut self, row: &'r Row) -> Vec<(&'r str, &'r Failure)> {
        let is_pairs_own = row.failed.is_empty() && row.status == Status::Quarantined;
        let pairs_own = row.error.iter().filter(|_| is_pairs_own);
        self.untold(row, row.failed.iter().chain(pairs_own))
    }

    /// What is missing of captures that were compared and was not told yet, by file.
    pub(super) fn losses<'r>(&mut self, row: &'r Row) -> Vec<(&'r str, &'r Failure)> {
        self.untold(row, row.losses.iter())
    }

    fn untold<'r>(
        &mut self,
        row: &'r Row,
        faults: impl Iterator<Item = &'r Failure>,
    ) -> Vec<(&'r str, &'r Failure)> {
        let named = faults.map(|fault| (fault.file.as_deref().unwrap_or(&row.pair), fault));
        named.filter(|(name, fault)| self.0.insert(((*name).to_owned(), fault.text.clone()))).collect()
    }
}
