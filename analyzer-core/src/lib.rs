//! Compares two captures.

pub mod spans;
