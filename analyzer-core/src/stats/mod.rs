//! Statistics of comparisons: distributions, and how sure a difference is.

pub mod noise;
pub mod normal;
