//! Ids of scans, drawn before the first attempt to record one, from a seed that comes in as an argument.

/// A stream of ids that does not repeat and goes upwards: a counter, and beside it a SplitMix64 generator.
///
/// Upwards, because the ledger finds scans and facts by their ids: new ones then stand together at the end of each index,
/// and a scan does not write a page of its own in each.
#[derive(Debug, Clone)]
pub struct Ids {
    count: u64,
    state: u64,
}

impl Ids {
    /// Ids from 128 bits of seed. The first half is where the count begins: it may begin with the time, so that later
    /// starts go on above. The second is to be random.
    pub fn new(seed: [u8; 16]) -> Self {
        let (left, right) = seed.split_at(8);
        let word = |bytes: &[u8]| bytes.iter().fold(0, |word: u64, byte| (word << 8) | u64::from(*byte));
        Self { count: word(left), state: word(right) }
    }

    /// The next id: 32 hex digits.
    pub fn next_id(&mut self) -> String {
        self.count = self.count.wrapping_add(1);
        format!("{:016x}{:016x}", self.count, split_mix(&mut self.state))
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

    #[test]
    fn later_ids_come_after_earlier_ones() {
        let mut ids = Ids::new([7; 16]);
        let drawn: Vec<String> = (0..1_000).map(|_| ids.next_id()).collect();
        assert!(drawn.is_sorted() && drawn.iter().all(|id| id.len() == 32));
    }
}
