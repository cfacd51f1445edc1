//! Benches: inputs made from the corpus, rivals run beside `plateau`, answers checked before times are told.
//!
//! `cargo bench -p benches` runs criterion groups over the libraries; `cargo run --release -p benches --bin rivals`
//! runs whole processes against other tools; `--bin page` opens the report in a browser. README.md of this folder says what is measured and how.

pub mod answer;
pub mod bar;
pub mod floor;
pub mod generate;
pub mod groups;
pub mod measure;
pub mod page;
pub mod record;
pub mod suite;
pub mod task;
pub mod tools;

pub use generate::corpus;
