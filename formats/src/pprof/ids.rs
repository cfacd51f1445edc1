//! From the ids of a file, any `u64`, sparse or dense, to positions in a table.

use hashbrown::HashMap;

/// A map from id to position. Dense ids, the rule, are an array.
#[derive(Debug)]
pub(crate) enum IdMap {
    /// Position + 1 by id; 0 where there is none.
    Dense(Vec<u32>),
    Sparse(HashMap<u64, u32>),
}

impl IdMap {
    /// Maps `ids` to their positions; `duplicate` gets each position whose id stood before, which is not mapped.
    pub(crate) fn new(ids: &[u64], mut duplicate: impl FnMut(usize)) -> IdMap {
        let highest = ids.iter().copied().max().unwrap_or(0);
        let mut map = if highest <= 4 * ids.len() as u64 + 1024 {
            IdMap::Dense(vec![0; highest as usize + 1])
        } else {
            IdMap::Sparse(HashMap::new())
        };
        for (position, &id) in ids.iter().enumerate() {
            // A record takes at least two bytes, so 2^32 of them take a file of 8 GiB, the limit of what is read.
            let Ok(number) = u32::try_from(position + 1) else { break };
            let known = match &mut map {
                IdMap::Dense(positions) => {
                    let slot = &mut positions[id as usize];
                    let known = *slot != 0;
                    if !known {
                        *slot = number;
                    }
                    known
                }
                IdMap::Sparse(positions) => {
                    let known = positions.contains_key(&id);
                    if !known {
                        positions.insert(id, number);
                    }
                    known
                }
            };
            if known {
                duplicate(position);
            }
        }
        map
    }

    /// The position of `id`.
    #[inline]
    pub(crate) fn get(&self, id: u64) -> Option<usize> {
        let number = match self {
            IdMap::Dense(positions) => usize::try_from(id).ok().and_then(|id| positions.get(id)).copied(),
            IdMap::Sparse(positions) => positions.get(&id).copied(),
        };
        number.and_then(|number| (number as usize).checked_sub(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_and_sparse_ids_agree() {
        for ids in [vec![3, 1, 2], vec![u64::MAX, 1 << 63, 7]] {
            let map = IdMap::new(&ids, |_| panic!("no duplicates"));
            for (position, &id) in ids.iter().enumerate() {
                assert_eq!(map.get(id), Some(position));
            }
            assert_eq!((map.get(0), map.get(99)), (None, None));
        }
    }

    #[test]
    fn the_first_of_equal_ids_wins() {
        let mut duplicates = Vec::new();
        let map = IdMap::new(&[5, 6, 5], |position| duplicates.push(position));
        assert_eq!((map.get(5), duplicates), (Some(0), vec![2]));
    }
}
