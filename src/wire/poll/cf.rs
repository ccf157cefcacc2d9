//! How readers of the CF series are asked. Their frames: [`crate::wire::cf`].
//!
//! ```text
//! CF FF cmd·2 len data… crc·2                   FF: whoever is on the line
//! 0002                stop inventory            of whoever used it before, until it is answered
//! 0072                get all parameters        25 bytes, below
//! 0071 parameters·25  set them                  only if they differ, then 0072 again: some take and do not apply
//! 0001 00 00000000    continuous inventory      tags until it is stopped, status 12 when there is none
//!
//! addr protocol MODE interface baud wiegand ANT REGION MHz·2 kHz·2 step·2 channels POWER AREA q session addr len FILTER trigger buzzer interval
//! 0    1        2    3         4    5       6   7      8     10    12     14       15    16   17            21
//! ```
//!
//! - What is set: mode 0 (works when asked), protocol 0 (Gen2), antennas as bits, the region with its channels, power in dBm,
//!   area 1 (EPC), filter 0 (a tag that stays is told again and again, which is how its going is noticed).
//! - The answer to a stop may come late; an inventory begun before it is stopped by it. So the stop is waited for.
//! - Power is set here and not with 0053: a device answered 0053 with "done" and switched its antenna off.
//! - Japan's band in these readers is the old one at 952 MHz, which is no longer Japan's: it is not offered.
//! - Timing: 115200 8N1. A tag with 12 bytes takes 25 bytes: at most 460 reads a second at 115200.
//! - Signs of life in continuous inventory are tags and status 12. Without either for 1.5 s it is set up afresh.
//!
//! Checked against: two sets of notes taken from devices (stop, get and set all parameters, with their bytes; 0053), the
//! maker's header files (layout, region numbers, channels). Only from the header files: regions other than EU and US.

use super::{Ask, Dialect, Heard, PollSetup, Region, data_of, field, meaning_of};
use crate::wire::{Answer, Decoded, crc};

const BEGIN: u8 = 0xcf;
const EVERYBODY: u8 = 0xff;
const INVENTORY: u16 = 0x0001;
const STOP: u16 = 0x0002;
const SET_ALL: u16 = 0x0071;
const GET_ALL: u16 = 0x0072;

/// From the header files: the channel count may differ by one from reader to reader, so it is left out of comparisons.
const FREQUENCIES: std::ops::Range<usize> = 7..14;
const PARAMETERS: usize = 25;
const POWER_MAX_DBM: u8 = 33;
const ANTENNAS: u8 = 8;
const REGIONS: [Region; 5] = [Region::Eu, Region::Us, Region::Cn920, Region::Cn840, Region::Kr];

const ANSWER_MS: u64 = 1_000;
/// Parameters are written into flash, and the radio is set anew.
const SETTLE_MS: u64 = 300;
const ROUND_MS: u64 = 1_500;
const CHECK: &str = "check parameters";

/// Asks a reader of the CF series.
#[derive(Debug)]
pub(super) struct Cf {
    setup: PollSetup,
}

impl Cf {
    pub(super) fn new(setup: &PollSetup) -> Self {
        Self { setup: setup.clone() }
    }

    /// Its parameters as they should be.
    fn wanted(&self, parameters: &[u8]) -> Vec<u8> {
        let mut wanted = parameters.to_vec();
        let antennas = self
            .setup
            .antennas
            .iter()
            .fold(0, |mask, antenna| mask | 1_u8 << (antenna.saturating_sub(1) & 7));
        let mut set = |at: usize, value: u8| {
            if let Some(byte) = wanted.get_mut(at) {
                *byte = value;
            }
        };
        [(1, 0), (2, 0), (6, antennas), (16, 1), (21, 0)].into_iter().for_each(|(at, value)| set(at, value));
        self.setup.power_dbm.into_iter().for_each(|power| set(15, power));
        let Some(frequencies) = self.setup.region.and_then(frequencies) else { return wanted };
        if parameters.get(FREQUENCIES) != frequencies.get(..FREQUENCIES.len()) {
            (FREQUENCIES.start..).zip(frequencies).for_each(|(at, value)| set(at, value));
        }
        wanted
    }

    fn parameters(&self, asked: &Ask, parameters: &[u8]) -> Heard {
        if parameters.len() < PARAMETERS {
            return Heard::Refused(format!(
                "parameters of {} bytes: expected {PARAMETERS}; is it another kind of reader?",
                parameters.len()
            ));
        }
        let wanted = self.wanted(parameters);
        if wanted == parameters {
            return Heard::Answered;
        }
        if asked.what == CHECK {
            return Heard::Refused(self.not_taken(parameters));
        }
        Heard::Next(vec![Ask { pause_ms: SETTLE_MS, ..ask("set parameters", SET_ALL, &wanted, ANSWER_MS) }])
    }

    /// Why a reader that was told its parameters still has others.
    fn not_taken(&self, parameters: &[u8]) -> String {
        let (power, wanted) = (parameters.get(15).copied(), self.setup.power_dbm);
        match (power, wanted) {
            (Some(power), Some(wanted)) if power != wanted => {
                format!(
                    "the reader keeps {power} dBm and does not take {wanted}: set `power_dbm` to what it has"
                )
            }
            _ => format!(
                "the reader does not take region {} with its antennas: its maker sells it for another",
                self.setup.region.map(Region::name).unwrap_or_default()
            ),
        }
    }

    fn answer(&self, asked: &Ask, answer: &Answer) -> Heard {
        let status = field(&answer.fields, "status").and_then(|status| status.as_str());
        match asked.command {
            Some(GET_ALL) if answer.ok => self.parameters(asked, &data_of(&answer.fields)),
            Some(SET_ALL) if status == Some("01") => Heard::Refused(format!(
                "the reader does not have region {}, {} dBm and these antennas together",
                self.setup.region.map(Region::name).unwrap_or_default(),
                self.setup.power_dbm.unwrap_or_default()
            )),
            // Nothing to be stopped is as good as stopped.
            Some(STOP) => Heard::Answered,
            Some(INVENTORY) if answer.ok => Heard::More,
            _ if answer.ok => Heard::Answered,
            _ => Heard::Refused(meaning_of(&answer.fields)),
        }
    }
}

impl Dialect for Cf {
    fn set_up(&self, setup: &PollSetup) -> Result<Vec<Ask>, String> {
        super::within(setup, &REGIONS, POWER_MAX_DBM, ANTENNAS)?;
        Ok(vec![
            ask("stop inventory", STOP, &[], ANSWER_MS),
            ask("get parameters", GET_ALL, &[], ANSWER_MS),
            ask(CHECK, GET_ALL, &[], ANSWER_MS),
        ])
    }

    fn round(&self, _: &PollSetup, _: u32) -> Ask {
        ask("inventory", INVENTORY, &[0; 5], ROUND_MS)
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        match heard {
            Decoded::Read(_) if asked.command == Some(INVENTORY) => Heard::More,
            Decoded::Answer(answer) if !answer.stale && answer.command == asked.command => {
                self.answer(asked, answer)
            }
            _ => Heard::Aside,
        }
    }

    fn ends_in_silence(&self, asked: &Ask) -> bool {
        asked.command == Some(INVENTORY)
    }
}

/// Region, lowest frequency, step and channels, as they stand in the parameters.
fn frequencies(region: Region) -> Option<[u8; 8]> {
    let (number, khz, step_khz, channels): (u8, u32, u16, u8) = match region {
        Region::Us => (1, 902_750, 500, 50),
        Region::Kr => (2, 917_100, 200, 15),
        Region::Eu => (3, 865_100, 200, 15),
        Region::Cn840 => (7, 840_125, 250, 20),
        Region::Cn920 => (8, 920_125, 250, 20),
        Region::Jp => return None,
    };
    let [_, _, mhz_high, mhz_low] = (khz / 1_000).to_be_bytes();
    let [_, _, khz_high, khz_low] = (khz % 1_000).to_be_bytes();
    let [step_high, step_low] = step_khz.to_be_bytes();
    Some([number, mhz_high, mhz_low, khz_high, khz_low, step_high, step_low, channels])
}

fn ask(what: &'static str, command: u16, data: &[u8], answer_ms: u64) -> Ask {
    let [high, low] = command.to_be_bytes();
    let mut bytes = vec![BEGIN, EVERYBODY, high, low, u8::try_from(data.len()).unwrap_or(u8::MAX)];
    bytes.extend(data);
    bytes.extend(crc::chafon(&bytes).to_be_bytes());
    Ask { what, bytes, command: Some(command), answer_ms, pause_ms: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_the_bytes_that_devices_took() {
        let setup = PollSetup { region: Some(Region::Eu), power_dbm: Some(20), antennas: vec![1] };
        let dialect = Cf::new(&setup);
        let commands = dialect.set_up(&setup).unwrap();
        assert_eq!(commands[0].bytes, [0xcf, 0xff, 0, 2, 0, 0xe7, 0x61]);
        assert_eq!(commands[1].bytes, [0xcf, 0xff, 0, 0x72, 0, 0x17, 0xa5]);
        assert_eq!(dialect.round(&setup, 0).bytes, [0xcf, 0xff, 0, 1, 5, 0, 0, 0, 0, 0, 0xf5, 0xb5]);
    }

    #[test]
    fn only_what_must_differ_is_changed_and_a_channel_more_or_less_is_left() {
        // As a device said them: it sends unasked, US with 49 channels, 33 dBm.
        let said =
            [0, 0, 1, 0x80, 4, 0, 1, 1, 3, 0x86, 2, 0xee, 1, 0xf4, 0x31, 0x21, 1, 4, 0, 0, 0x0c, 0, 3, 1, 5];
        let told = |region, antennas: &[u8]| {
            let antennas = antennas.to_vec();
            Cf::new(&PollSetup { region: Some(region), power_dbm: Some(30), antennas }).wanted(&said)
        };
        let us = told(Region::Us, &[1]);
        let changed: Vec<usize> = (0..25).filter(|at| us[*at] != said[*at]).collect();
        assert_eq!(changed, [2, 15]);
        let eu = told(Region::Eu, &[1, 3]);
        assert_eq!((eu[6], &eu[7..15]), (5, [3, 3, 0x61, 0, 100, 0, 200, 15].as_slice()));
    }
}
