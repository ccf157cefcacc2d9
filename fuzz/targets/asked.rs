//! Readers that are asked, and the lane around them: whatever a device answers, it is never asked in a hurry, and every moment
//! at which the lane wants to be called comes.
#![no_main]

use cagekeeper::station::lane::{Effect, Lane, LaneSetup};
use cagekeeper::time::MonoMs;
use cagekeeper::wire::feel::Buzzer;
use cagekeeper::wire::poll::{PollSetup, Region};
use cagekeeper::wire::{Outgoing, Protocol, Setup};
use cagekeeper_fuzz::{bounded, chunks};
use libfuzzer_sys::fuzz_target;

const ASKED: [Protocol; 6] = [
    Protocol::Pn532,
    Protocol::M100,
    Protocol::UhfReader18,
    Protocol::UhfReader288,
    Protocol::Cf,
    Protocol::ThingMagic,
];

/// Commands that may go out without time passing: a long set-up whose answers all came in one chunk.
const AT_ONCE_MAX: usize = 64;

fn sent(effects: &[Effect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Send(Outgoing::Bytes(_)))).count()
}

fuzz_target!(|data: &[u8]| {
    let [which, region, data @ ..] = data else { return };
    let protocol = ASKED[usize::from(*which) % ASKED.len()];
    let region = Region::ALL[usize::from(*region) % Region::ALL.len()];
    bounded(|| {
        let poll = PollSetup { region: Some(region), power_dbm: Some(20), antennas: vec![1, 2] };
        let setup = LaneSetup::of(Setup::of(protocol), 2_000);
        let mut lane = Lane::new(LaneSetup { poll: Some(poll), buzzer: Buzzer::None, ..setup }, [7; 16]);
        let mut now = MonoMs::default();
        let mut at_once = sent(&lane.plugged(None, now).expect("it needs no descriptor"));
        for (at, bytes) in chunks(data) {
            while let Some(due) = lane.poll_timeout().filter(|due| *due <= at) {
                at_once = if due > now { 0 } else { at_once };
                now = now.max(due);
                at_once += sent(&lane.handle_timeout(now));
                assert!(at_once <= AT_ONCE_MAX, "{protocol:?} is asked in a hurry at {now:?}");
                assert!(lane.poll_timeout().is_none_or(|next| next > now) || at_once > 0, "{protocol:?} stands still");
            }
            at_once = if at > now { 0 } else { at_once };
            now = at;
            at_once += sent(&lane.handle(bytes, now));
            assert!(at_once <= AT_ONCE_MAX * 4, "{protocol:?} is asked in a hurry at {now:?}");
        }
        lane.unplugged(false, now);
        assert_eq!(sent(&lane.handle_timeout(now.plus(100_000))), 0, "nobody is there to be asked");
    });
});
