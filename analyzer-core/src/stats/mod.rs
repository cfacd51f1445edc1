//! Statistics of comparisons: distributions, and how sure a difference is.

mod beta_binomial;
pub(crate) mod captures;
mod chances;
pub mod fisher;
pub mod noise;
pub mod normal;
pub mod reference;
pub mod replicates;
pub mod student;

pub use chances::Chances;
