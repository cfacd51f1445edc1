//! Many numbers in a few bins that hold about equally many requests.

/// Bins of a key: of two bins beside each other that both differ one is made.
const BINS: f64 = 10.0;

/// The ranges of places that bins hold of numbers in order, given as how often there is each.
///
/// A number that is more than a bin's share has a bin of its own.
pub(super) fn bins(weights: &[f64]) -> Vec<std::ops::Range<usize>> {
    let full = weights.iter().sum::<f64>() / BINS;
    let mut bins = Vec::new();
    let (mut start, mut held) = (0, 0.0);
    for (at, &weight) in weights.iter().enumerate() {
        if at > start && (weight >= full || held + weight / 2.0 >= full) {
            bins.push(start..at);
            (start, held) = (at, 0.0);
        }
        held += weight;
        if held >= full {
            bins.push(start..at + 1);
            (start, held) = (at + 1, 0.0);
        }
    }
    if start < weights.len() {
        bins.push(start..weights.len());
    }
    bins
}

/// The power of two that a size is counted as, and everything below twice as much.
pub(super) fn magnitude(size: f64) -> i32 {
    if size >= 1.0 { size.log2().floor().min(1100.0) as i32 } else { -1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_hold_a_tenth_each() {
        assert_eq!(bins(&[1.0; 20]), (0..10).map(|bin| 2 * bin..2 * bin + 2).collect::<Vec<_>>());
        // Of 100, 60 are one number, which stands alone.
        let mut weights = vec![2.0; 20];
        weights.insert(3, 60.0);
        let bins = bins(&weights);
        assert_eq!(bins[..2], [0..3, 3..4]);
        assert_eq!(bins.last().map(|bin| bin.end), Some(21));
        assert!(super::bins(&[]).is_empty());
    }

    #[test]
    fn sizes_count_by_their_power_of_two() {
        assert_eq!([0.0, 1.0, 120.0, 123.0, 127.0, 128.0].map(magnitude), [-1, 0, 6, 6, 6, 7]);
    }
}
