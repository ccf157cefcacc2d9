//! How UHFReader18 and UHFReader288 are asked. Their frames: [`crate::wire::uhfreader`].
//!
//! ```text
//! len FF cmd data… crc·2                        FF: whoever is on the line
//! 21                  reader information        its length says the kind: 8 bytes are an 18, 12 or more a 288
//! 36 (18) · 77 (288)  how it works              first bits of byte 4 (18), byte 0 (288): not 0 if it sends unasked
//! 35 (18) · 76 (288)  work when asked           only if it sends unasked
//! 22 max min          band and channels         only if it has others; band in the two highest bits of each byte
//! 2F dBm              power                     only if it has another
//! 25 03               at most 300 ms a round    18, only if it has another; a 288 is told with each round
//! 01                  a round of an 18
//! 01 04 00 00 80+n 03 a round of a 288          Q 4, session 0, target A, antenna n from 0, at most 300 ms
//! ```
//!
//! - These readers keep what they are told in flash: what is right already is not written again.
//! - A round answers with all its tags, in several frames where they do not fit into one (status 03), or with FB. So one
//!   command is one antenna; F8 says that it is not connected, and the others go on.
//! - Timing: 57600 8N1. A command may not stop for longer than 15 ms in its middle. A round of 12 byte EPCs carries at most
//!   410 reads a second at 57600 and 820 at 115200 (14 bytes each on a 288, 13 on an 18).
//! - The regions are the maker's: all channels of the band. Japan is not among them.
//! - `rssi` stays the reader's own scale: no manual says what it is in dBm, and `rssi_min_dbm` does not apply.
//!
//! Checked against: makers' manual "UHF RFID Reader UR series" 1.14 and demonstration programs (band bits, optional bytes
//! of a round, statuses, timing), two independent implementations (reader information, rounds). Only from the maker's lists
//! of commands, seen on no device: 35, 36, 76, 77.

use super::{Ask, Dialect, Fields, Heard, PollSetup, Region, data_of, field, meaning_of};
use crate::wire::{Answer, Decoded, crc};

/// Everybody on the line; one reader is.
const EVERYBODY: u8 = 0xff;
const INVENTORY: u8 = 0x01;
const INFORMATION: u8 = 0x21;
const SET_BAND: u8 = 0x22;
const SET_SCAN_TIME: u8 = 0x25;
const SET_POWER: u8 = 0x2f;
const SET_MODE_18: u8 = 0x35;
const GET_MODE_18: u8 = 0x36;
const SET_MODE_288: u8 = 0x76;
const GET_MODE_288: u8 = 0x77;

/// Where the first antenna is in the command of a round.
const ANTENNA_FIRST: u8 = 0x80;
/// A round takes so long at most, in units of 100 ms: what both kinds take.
const SCAN_TIME: u8 = 3;
/// A round's own time, its frames at 57600 baud, and a reader's 75 ms of grace.
const ROUND_MS: u64 = 1_500;
const ANSWER_MS: u64 = 500;
/// Flash is written.
const SET_MS: u64 = 1_000;

const NOT_CONNECTED: &str = "F8";
const WRONG_PARAMETER: &str = "FF";
/// A tag is there that cannot be read.
const TOO_WEAK: &str = "FA";

/// Which of them it is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// UHFReader18.
    Plain18,
    /// UHFReader288 and kin.
    Antennas288,
}

impl Kind {
    fn protocol(self) -> &'static str {
        match self {
            Self::Plain18 => "uhfreader18",
            Self::Antennas288 => "uhfreader288",
        }
    }

    fn power_max_dbm(self) -> u8 {
        match self {
            Self::Plain18 => 30,
            Self::Antennas288 => 33,
        }
    }

    fn antennas(self) -> u8 {
        match self {
            Self::Plain18 => 1,
            Self::Antennas288 => 16,
        }
    }

    fn regions(self) -> &'static [Region] {
        match self {
            Self::Plain18 => &[Region::Eu, Region::Us, Region::Cn920, Region::Kr],
            Self::Antennas288 => &[Region::Eu, Region::Us, Region::Cn920, Region::Cn840, Region::Kr],
        }
    }
}

/// Asks a reader of one of the two kinds.
#[derive(Debug)]
pub(super) struct UhfReader {
    kind: Kind,
    region: Option<Region>,
    power_dbm: Option<u8>,
}

impl UhfReader {
    pub(super) fn new(kind: Kind, setup: &PollSetup) -> Self {
        Self { kind, region: setup.region, power_dbm: setup.power_dbm }
    }

    /// What a reader that says this of itself is to be told.
    fn told(&self, information: &[u8]) -> Heard {
        let &[_, _, _, _, highest, lowest, power, scan_time, ..] = information else {
            return Heard::Refused(format!("{} bytes: expected 8 or more", information.len()));
        };
        let found = if information.len() < 12 { Kind::Plain18 } else { Kind::Antennas288 };
        if found != self.kind {
            return Heard::Refused(format!(
                "it is of another kind: set `protocol` to {:?}",
                found.protocol()
            ));
        }
        let band = self.region.and_then(band).filter(|band| *band != [highest, lowest]);
        let power = self.power_dbm.filter(|wanted| *wanted != power);
        let slow = self.kind == Kind::Plain18 && scan_time != SCAN_TIME;
        let asks = [
            band.map(|band| ask("set region", SET_BAND, &band, SET_MS)),
            power.map(|power| ask("set power", SET_POWER, &[power], SET_MS)),
            slow.then(|| ask("set time of a round", SET_SCAN_TIME, &[SCAN_TIME], SET_MS)),
        ];
        Heard::Next(asks.into_iter().flatten().collect())
    }

    /// What a reader that works in this way is to be told. One that does not say how it works is taken to answer.
    fn works(&self, parameters: &[u8]) -> Heard {
        match (self.kind, parameters) {
            (Kind::Plain18, [_, _, _, _, mode, rest @ ..]) if mode & 3 != 0 => {
                let mut data = vec![mode & !3];
                data.extend(rest.iter().take(5));
                Heard::Next(vec![ask("work when asked", SET_MODE_18, &data, SET_MS)])
            }
            (Kind::Antennas288, [mode, ..]) if *mode != 0 => {
                Heard::Next(vec![ask("work when asked", SET_MODE_288, &[0], SET_MS)])
            }
            _ => Heard::Answered,
        }
    }

    fn answer(&self, asked: &Ask, answer: &Answer) -> Heard {
        let status = field(&answer.fields, "status").and_then(|status| status.as_str()).unwrap_or_default();
        match asked.bytes.get(2) {
            Some(&INFORMATION) if answer.ok => self.told(&data_of(&answer.fields)),
            Some(&(GET_MODE_18 | GET_MODE_288)) => self.works(&data_of(&answer.fields)),
            Some(&INVENTORY) => self.round_ended(asked, answer, status),
            Some(&SET_BAND) if status == WRONG_PARAMETER => {
                let name = self.region.map(Region::name).unwrap_or_default();
                Heard::Refused(format!("this reader has no region {name}: its maker sells it for another"))
            }
            Some(&SET_POWER) if status == WRONG_PARAMETER => {
                Heard::Refused(format!("this reader has no {} dBm", self.power_dbm.unwrap_or_default()))
            }
            _ if answer.ok => Heard::Answered,
            _ => Heard::Refused(meaning_of(&answer.fields)),
        }
    }

    fn round_ended(&self, asked: &Ask, answer: &Answer, status: &str) -> Heard {
        let antenna = match (self.kind, asked.bytes.get(6)) {
            (Kind::Antennas288, Some(code)) => code.saturating_sub(ANTENNA_FIRST).saturating_add(1),
            _ => 1,
        };
        match status {
            "26" => Heard::More,
            NOT_CONNECTED => Heard::Partly(format!("antenna {antenna} is not connected")),
            WRONG_PARAMETER if self.kind == Kind::Antennas288 => {
                Heard::Partly(format!("the reader has no antenna {antenna}"))
            }
            TOO_WEAK => Heard::Answered,
            _ if answer.ok => Heard::Answered,
            _ => Heard::Refused(meaning_of(&answer.fields)),
        }
    }
}

impl Dialect for UhfReader {
    fn set_up(&self, setup: &PollSetup) -> Result<Vec<Ask>, String> {
        super::within(setup, self.kind.regions(), self.kind.power_max_dbm(), self.kind.antennas())?;
        let mode = match self.kind {
            Kind::Plain18 => GET_MODE_18,
            Kind::Antennas288 => GET_MODE_288,
        };
        Ok(vec![
            ask("reader information", INFORMATION, &[], ANSWER_MS),
            ask("get way of working", mode, &[], ANSWER_MS),
        ])
    }

    fn round(&self, setup: &PollSetup, round: u32) -> Ask {
        match self.kind {
            Kind::Plain18 => ask("inventory", INVENTORY, &[], ROUND_MS),
            Kind::Antennas288 => {
                let code = ANTENNA_FIRST.saturating_add(setup.antenna(round).saturating_sub(1));
                ask("inventory", INVENTORY, &[4, 0, 0, code, SCAN_TIME], ROUND_MS)
            }
        }
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        match heard {
            Decoded::Read(read) if asked.bytes.get(2) == Some(&INVENTORY) => tags(&read.fields),
            Decoded::Answer(answer) if !answer.stale && answer.command == asked.command => {
                self.answer(asked, answer)
            }
            _ => Heard::Aside,
        }
    }
}

/// Whether more frames follow the one that a tag came in.
fn tags(fields: &Fields) -> Heard {
    match field(fields, "status").and_then(serde_json::Value::as_u64) {
        Some(3) => Heard::More,
        _ => Heard::Answered,
    }
}

/// Band and highest channel, band and lowest channel.
fn band(region: Region) -> Option<[u8; 2]> {
    let (band, channels) = match region {
        Region::Cn920 => (1_u8, 20_u8),
        Region::Us => (2, 50),
        Region::Kr => (3, 32),
        Region::Eu => (4, 15),
        Region::Cn840 => (8, 20),
        Region::Jp => return None,
    };
    Some([(band >> 2) << 6 | (channels - 1), (band & 3) << 6])
}

fn ask(what: &'static str, command: u8, data: &[u8], answer_ms: u64) -> Ask {
    let len = u8::try_from(data.len() + 4).unwrap_or(u8::MAX);
    let mut bytes = vec![len, EVERYBODY, command];
    bytes.extend(data);
    bytes.extend(crc::chafon(&bytes).to_le_bytes());
    Ask { what, bytes, command: Some(command.into()), answer_ms, pause_ms: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(region: Region, antennas: &[u8]) -> PollSetup {
        PollSetup { region: Some(region), power_dbm: Some(26), antennas: antennas.to_vec() }
    }

    #[test]
    fn commands_are_those_of_the_manual_and_antennas_take_turns() {
        let setup = setup(Region::Eu, &[1, 4]);
        let reader = UhfReader::new(Kind::Antennas288, &setup);
        assert_eq!(reader.set_up(&setup).unwrap()[0].bytes, [4, 0xff, 0x21, 0x19, 0x95]);
        let codes = (0..4).map(|round| reader.round(&setup, round).bytes[6]);
        assert_eq!(codes.collect::<Vec<_>>(), [0x80, 0x83, 0x80, 0x83]);
        assert!(reader.set_up(&super::super::PollSetup { power_dbm: Some(34), ..setup }).is_err());
    }

    #[test]
    fn bands_are_written_as_a_device_said_them() {
        // What a device in Europe said of itself.
        assert_eq!(band(Region::Eu), Some([0x4e, 0x00]));
        assert_eq!(band(Region::Us), Some([0x31, 0x80]), "the default of the maker's program: 49 and 128");
        assert_eq!(band(Region::Jp), None);
    }

    #[test]
    fn a_reader_is_told_only_what_it_has_otherwise() {
        let reader = UhfReader::new(Kind::Antennas288, &setup(Region::Eu, &[1]));
        let told = |information: &[u8]| match reader.told(information) {
            Heard::Next(asks) => asks.iter().map(|ask| ask.bytes[2]).collect::<Vec<_>>(),
            other => panic!("{other:?}"),
        };
        assert_eq!(told(&[0, 22, 12, 3, 0x4e, 0, 26, 10, 1, 0, 0, 0]), [0; 0]);
        assert_eq!(told(&[0, 22, 12, 3, 0x31, 0x80, 30, 10, 1, 0, 0, 0]), [SET_BAND, SET_POWER]);
        assert!(matches!(reader.told(&[0, 22, 9, 3, 0x4e, 0, 26, 3]), Heard::Refused(_)));
    }
}
