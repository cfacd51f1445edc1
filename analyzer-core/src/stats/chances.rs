//! One comparison among many: how likely noise makes as sure a change.

/// How likely noise alone makes any row of a comparison change as surely as the surest one did, all its tests together.
/// Among many comparisons without change no more than a share p have p or less, so false discoveries among them can be
/// controlled; one comparison by itself is judged by its tiers, which are not as strict.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chances {
    /// Of growth, 0 to 1.
    pub grew: f64,
    /// Of shrinkage, 0 to 1.
    pub shrank: f64,
}

impl Chances {
    /// Where nothing changed.
    pub(crate) const NOTHING: Chances = Chances { grew: 1.0, shrank: 1.0 };

    /// Takes account of one change in the direction of `sign`.
    pub(crate) fn meet(&mut self, sign: f64, p_value: f64) {
        let chance = if sign > 0.0 { &mut self.grew } else { &mut self.shrank };
        *chance = chance.min(p_value);
    }
}
