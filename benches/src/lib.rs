//! Benches of plateau.
