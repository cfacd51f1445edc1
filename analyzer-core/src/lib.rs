//! Compares two captures.
