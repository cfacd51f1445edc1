//! Folders of captures: which are compared with which, and what is told of all comparisons together.
//!
//! Nothing here reads or writes files. Names of captures come in, relative to their folder with `/` between the parts;
//! rows go out.
//!
//! | file | holds |
//! |---|---|
//! | `pattern.rs` | keys of a capture by its path: `{service}/{date}/{host}.pb.gz`, `service=api/host=h1/cpu.pb.gz` |
//! | `named.rs` | a capture by its name, what its keys mean |
//! | `template.rs` | names, and the places in them that a deploy may change |
//! | `sides.rs` | both sides of one folder |
//! | `pairing.rs` | which captures of before belong to which of after |
//! | `peers.rs` | each host with the others of its group |
//! | `odd.rs` | captures of a group that measure something else than the others |
//! | `row.rs` | one pair as a line of `results.jsonl` |
//! | `order.rs` | which growth stands among so many pairs, and the order to look at them |
//! | `counts.rs` | how many pairs there are of each sort; the manifest |
//! | `faults.rs` | what went wrong, each file once |
//! | `index.rs`, `page.rs`, `text.rs` | the index as Markdown, as a page, and its first rows for a terminal |

mod counts;
mod faults;
mod index;
mod named;
mod odd;
mod order;
mod page;
mod pairing;
mod pattern;
mod peers;
mod row;
mod sides;
mod template;
mod text;

pub use counts::{Counter, Counts, MANIFEST_SCHEMA, Manifest, Results};
pub use index::{About, markdown};
pub use named::{KeyValue, Named};
pub use odd::odd;
pub use order::{FALSE_DISCOVERIES, Placed, Standing, order};
pub use page::page;
pub use pairing::{By, Pair, Pairing, Unpaired, pair};
pub use pattern::{Keys, PathPattern, PatternError, hive_keys};
pub use peers::peers;
pub use row::{
    AlsoGrew, Chance, Code, Failure, File, ROW_SCHEMA, Row, RowVerdict, Status, Top, TopGrown, TopGrowth,
    TopSide, Unread,
};
pub use sides::{PairingError, Sides, sides_by_key};
pub use text::text;
