//! Ids of scans, drawn before the first attempt to record one, from a seed that comes in as an argument.

/// A stream of ids that does not repeat: two SplitMix64 generators side by side.
#[derive(Debug, Clone)]
pub struct Ids {
    state: [u64; 2],
}

impl Ids {
    /// Ids from 128 bits of seed.
    pub fn new(seed: [u8; 16]) -> Self {
        let (left, right) = seed.split_at(8);
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word: u64, byte| (word << 8) | u64::from(*byte));
        Self { state: [word(left), word(right)] }
    }

    /// The next id: 32 hex digits.
    pub fn next_id(&mut self) -> String {
        let [left, right] = &mut self.state;
        format!("{:016x}{:016x}", split_mix(left), split_mix(right))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): a counter and two multiplications.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_differ_and_follow_the_seed() {
        let draw =
            |seed| (0..1_000).scan(Ids::new(seed), |ids, _| Some(ids.next_id())).collect::<BTreeSet<_>>();
        assert_eq!(draw([7; 16]).len(), 1_000);
        assert_eq!(draw([7; 16]), draw([7; 16]));
        assert!(draw([7; 16]).is_disjoint(&draw([8; 16])));
    }
}
