//! The switchable changes: one build, one `--change NAME`, so that BEFORE and AFTER differ in nothing else.
//!
//! | name              | what it does                                                       | truth                |
//! |-------------------|--------------------------------------------------------------------|----------------------|
//! | `none`            | the program as it should be                                        |                      |
//! | `blocklist-band`  | the blocklist comparison loses its early exit (the corpus's plant)  | self of `match_blocklist` |
//! | `tax-twice`       | a line's tax is computed for the estimate and again for the total  | calls of `compute_tax` |
//! | `audit-trail`     | every order is rendered and hashed into an audit chain             | new path `append_audit` |
//! | `no-dedupe`       | the duplicate check is gone                                        | vanished `is_duplicate` |
//! | `pricing-wrapper` | a frame appears between the pipeline and `price_order`, at no cost | none: `price_guarded` only wraps |
//! | `wrapper-leaf`    | that frame, and promotions are also matched twice                  | `matches_rule`, not `price_guarded` |
//! | `match-10`, `-20`, `-30` | so many in a hundred matches are measured twice             | self of `match_length` |
//! | `early-checksum`  | a block's checksum is computed before it is sealed, not in there   | none: `crc32` moves |
//! | `all-slower`      | half of the batches are received and handled twice                 | none: everything takes 1.5 times as long |
//!
//! To add one: a variant, a row in `TABLE`, and one `if change == ...` where it acts.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Change {
    None,
    BlocklistBand,
    TaxTwice,
    AuditTrail,
    NoDedupe,
    PricingWrapper,
    WrapperLeaf,
    Match10,
    Match20,
    Match30,
    EarlyChecksum,
    AllSlower,
}

/// Name and variant of every change, in the order of the table above.
pub const TABLE: &[(&str, Change)] = &[
    ("none", Change::None),
    ("blocklist-band", Change::BlocklistBand),
    ("tax-twice", Change::TaxTwice),
    ("audit-trail", Change::AuditTrail),
    ("no-dedupe", Change::NoDedupe),
    ("pricing-wrapper", Change::PricingWrapper),
    ("wrapper-leaf", Change::WrapperLeaf),
    ("match-10", Change::Match10),
    ("match-20", Change::Match20),
    ("match-30", Change::Match30),
    ("early-checksum", Change::EarlyChecksum),
    ("all-slower", Change::AllSlower),
];

/// The change called `name`.
pub fn find(name: &str) -> Option<Change> {
    TABLE.iter().find(|(known, _)| *known == name).map(|&(_, change)| change)
}
