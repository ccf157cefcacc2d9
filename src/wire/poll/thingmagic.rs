//! How modules of ThingMagic are asked. Their frames: [`crate::wire::thingmagic`].
//!
//! ```text
//! FF len op data… crc·2
//! 2F 0000 02               stop                 of whoever used it before; answered or not, it is left a moment
//! 0C                       which program        1 in the lowest two bits: the boot loader
//! 04                       boot the application only from the boot loader
//! 93 0005                  protocol Gen2
//! 71                       which regions        a byte each
//! 97 region                region               the first that it has: EU 8 7 2, US 1 13, China 6 and 10, Korea 9 3, Japan 5
//! 91 02 (port port)…       ports to search      sending and receiving port of each antenna
//! 62 01                    power and its limits 01 now·2 highest·2 lowest·2, in hundredths of a dBm
//! 92 power·2               power to read with
//! 9A 01 0C 00              no filter            a tag that stays is told again and again, which is how its going is noticed
//! 2F 0000 01 22 0000 05 07 22 10 001B 03E8 0046 continuous reading, with signal, antenna and protocol of each tag
//! 61 05                    which are connected  after 0505 or 0503
//! ```
//!
//! - Signs of life in continuous reading are tags and 22 0400, each second. Without either for 2.5 s it is set up afresh: a
//!   module that had no power does not know its region any more.
//! - 0504: too hot. The module is left alone for 10 s, and then set up afresh, since some lose their power then.
//! - 0503 and 0505: an antenna is not connected, or sends its power back. Where there are several, the module is asked which.
//! - Timing: 115200 8N1 unless it was told otherwise. A tag with 12 bytes takes 34: at most 338 reads a second at 115200; 700
//!   need 230400. `rssi_dbm` is the module's own.
//!
//! Checked against: the maker's published Mercury API (opcodes, options, regions, statuses), a public library for the M6e Nano
//! (continuous reading, stop, filter, as seen on the wire). Seen on no device here: 0C, 61, 62, 71.

use super::{Ask, Dialect, Heard, PollSetup, Region, data_of, field, meaning_of};
use crate::wire::{Answer, Decoded, crc};

const BEGIN: u8 = 0xff;
const BOOT_APPLICATION: u8 = 0x04;
const CURRENT_PROGRAM: u8 = 0x0c;
const READ_MULTIPLE: u8 = 0x22;
const MULTI_PROTOCOL: u8 = 0x2f;
const ANTENNAS_CONNECTED: u8 = 0x61;
const GET_POWER: u8 = 0x62;
const GET_REGIONS: u8 = 0x71;
const SET_PORTS: u8 = 0x91;
const SET_POWER: u8 = 0x92;
const SET_PROTOCOL: u8 = 0x93;
const SET_REGION: u8 = 0x97;
const SET_OPTION: u8 = 0x9a;

const STOP: [u8; 3] = [0, 0, 2];
/// Continuous reading of Gen2: the configured ports, many tags, signs of life, 1 s for each of them; signal, antenna, protocol.
const START: [u8; 16] = [0, 0, 1, 0x22, 0, 0, 5, 7, 0x22, 0x10, 0, 0x1b, 0x03, 0xe8, 0, 0x46];

/// Port numbers are four bits wide where tags say theirs.
const ANTENNAS: u8 = 15;
const POWER_MAX_DBM: u8 = 33;
const ANSWER_MS: u64 = 1_000;
const BOOT_MS: u64 = 3_000;
/// What was on its way when the reading was stopped.
const STOPPED_MS: u64 = 300;
const ROUND_MS: u64 = 2_500;
const COOL_MS: u64 = 10_000;
const ANTENNA_MS: u64 = 5_000;

/// Asks a module of ThingMagic.
#[derive(Debug)]
pub(super) struct ThingMagic {
    setup: PollSetup,
}

impl ThingMagic {
    pub(super) fn new(setup: &PollSetup) -> Self {
        Self { setup: setup.clone() }
    }

    fn regions(&self, has: &[u8]) -> Heard {
        let Some(region) = self.setup.region else { return Heard::Answered };
        match numbers(region).iter().find(|number| has.contains(number)) {
            Some(number) => Heard::Next(vec![ask("set region", SET_REGION, &[*number], ANSWER_MS)]),
            None => {
                let offered = Region::ALL.iter().filter(|it| numbers(**it).iter().any(|it| has.contains(it)));
                let offered: Vec<&str> = offered.map(|region| region.name()).collect();
                Heard::Refused(format!(
                    "this module has no region {}; it has {}",
                    region.name(),
                    super::listed(&offered)
                ))
            }
        }
    }

    fn power(&self, limits: &[u8]) -> Heard {
        let Some(wanted) = self.setup.power_dbm else { return Heard::Answered };
        let centi_dbm = u16::from(wanted) * 100;
        if let [_, _, _, max_high, max_low, min_high, min_low, ..] = *limits {
            let max = u16::from_be_bytes([max_high, max_low]);
            let min = u16::from_be_bytes([min_high, min_low]);
            if !(min..=max).contains(&centi_dbm) {
                let (min, max) = (min.div_ceil(100), max / 100);
                return Heard::Refused(format!(
                    "this module sends with {min} to {max} dBm, not with {wanted}"
                ));
            }
        }
        Heard::Next(vec![ask("set power", SET_POWER, &centi_dbm.to_be_bytes(), ANSWER_MS)])
    }

    /// Which antennas are not connected, of those that are to be.
    fn antennas(&self, answer: &Answer) -> Heard {
        let found = data_of(&answer.fields);
        let missing: Vec<u8> = found
            .get(1..)
            .unwrap_or_default()
            .chunks_exact(2)
            .filter_map(|pair| match pair {
                [port, 0] if self.setup.antennas.contains(port) => Some(*port),
                _ => None,
            })
            .collect();
        self.antenna(if missing.is_empty() { &self.setup.antennas } else { &missing })
    }

    fn antenna(&self, suspects: &[u8]) -> Heard {
        let names: Vec<String> = suspects.iter().map(u8::to_string).collect();
        Heard::RestAfresh(
            format!(
                "its power comes back: antenna {} is not connected, or damaged; do not let it send without one",
                names.join(" or ")
            ),
            ANTENNA_MS,
        )
    }

    fn round_heard(&self, answer: &Answer) -> Heard {
        let status = field(&answer.fields, "status").and_then(|status| status.as_str()).unwrap_or_default();
        let of_reading = answer.command == Some(READ_MULTIPLE.into());
        if !of_reading && answer.command != Some(MULTI_PROTOCOL.into()) {
            return Heard::Aside;
        }
        match status {
            "0000" if of_reading && data_of(&answer.fields).get(5) == Some(&0) => Heard::Answered,
            "0000" | "0400" => Heard::More,
            "0504" => Heard::RestAfresh("it is too hot; let air to it".to_owned(), COOL_MS),
            "0503" | "0505" if self.setup.antennas.len() > 1 => {
                Heard::Next(vec![ask("which antennas are connected", ANTENNAS_CONNECTED, &[5], ANSWER_MS)])
            }
            "0503" | "0505" => self.antenna(&self.setup.antennas),
            _ => Heard::Refused(meaning_of(&answer.fields)),
        }
    }

    fn answer(&self, asked: &Ask, answer: &Answer) -> Heard {
        match asked.bytes.get(2) {
            Some(&CURRENT_PROGRAM) if data_of(&answer.fields).first().is_some_and(|it| it & 3 == 1) => {
                Heard::Next(vec![ask("boot the application", BOOT_APPLICATION, &[], BOOT_MS)])
            }
            // Modules without a boot loader do not know it; one that is up says no.
            Some(&(CURRENT_PROGRAM | BOOT_APPLICATION)) => Heard::Answered,
            Some(&ANTENNAS_CONNECTED) => self.antennas(answer),
            _ if !answer.ok => Heard::Refused(meaning_of(&answer.fields)),
            Some(&GET_REGIONS) => self.regions(&data_of(&answer.fields)),
            Some(&GET_POWER) => self.power(&data_of(&answer.fields)),
            _ => Heard::Answered,
        }
    }
}

impl Dialect for ThingMagic {
    fn set_up(&self, setup: &PollSetup) -> Result<Vec<Ask>, String> {
        super::within(setup, &Region::ALL, POWER_MAX_DBM, ANTENNAS)?;
        let mut ports = vec![2];
        ports.extend(setup.antennas.iter().flat_map(|antenna| [*antenna, *antenna]));
        Ok(vec![
            Ask { answer_ms: 0, pause_ms: STOPPED_MS, ..ask("stop", MULTI_PROTOCOL, &STOP, 0) },
            ask("which program runs", CURRENT_PROGRAM, &[], ANSWER_MS),
            ask("set protocol", SET_PROTOCOL, &[0, 5], ANSWER_MS),
            ask("which regions it has", GET_REGIONS, &[], ANSWER_MS),
            ask("set antennas", SET_PORTS, &ports, ANSWER_MS),
            ask("which power it has", GET_POWER, &[1], ANSWER_MS),
            ask("set filter", SET_OPTION, &[1, 0x0c, 0], ANSWER_MS),
        ])
    }

    fn round(&self, _: &PollSetup, _: u32) -> Ask {
        Ask { command: None, ..ask("read", MULTI_PROTOCOL, &START, ROUND_MS) }
    }

    fn hear(&self, asked: &Ask, heard: &Decoded) -> Heard {
        match heard {
            Decoded::Read(_) if asked.command.is_none() => Heard::More,
            Decoded::Answer(answer) if asked.command.is_none() => self.round_heard(answer),
            Decoded::Answer(answer) if !answer.stale && answer.command == asked.command => {
                self.answer(asked, answer)
            }
            _ => Heard::Aside,
        }
    }

    fn ends_in_silence(&self, asked: &Ask) -> bool {
        asked.command.is_none()
    }
}

/// The module's numbers for a region, the best first.
fn numbers(region: Region) -> &'static [u8] {
    match region {
        Region::Eu => &[8, 7, 2],
        Region::Us => &[1, 13],
        Region::Cn920 => &[6],
        Region::Cn840 => &[10],
        Region::Kr => &[9, 3],
        Region::Jp => &[5],
    }
}

fn ask(what: &'static str, opcode: u8, data: &[u8], answer_ms: u64) -> Ask {
    let mut bytes = vec![BEGIN, u8::try_from(data.len()).unwrap_or(u8::MAX), opcode];
    bytes.extend(data);
    let check = crc::thingmagic(bytes.get(1..).unwrap_or_default());
    bytes.extend(check.to_be_bytes());
    Ask { what, bytes, command: Some(opcode.into()), answer_ms, pause_ms: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_that_the_maker_publishes() {
        let setup = PollSetup { region: Some(Region::Eu), power_dbm: Some(20), antennas: vec![1, 3] };
        let dialect = ThingMagic::new(&setup);
        let commands = dialect.set_up(&setup).unwrap();
        assert_eq!(commands[0].bytes, [0xff, 3, 0x2f, 0, 0, 2, 0x5e, 0x86]);
        assert!(commands.iter().any(|ask| ask.bytes.starts_with(&[0xff, 5, 0x91, 2, 1, 1, 3, 3])));
        let round = dialect.round(&setup, 0).bytes;
        assert_eq!(round[..5], [0xff, 16, 0x2f, 0, 0]);
    }

    #[test]
    fn the_best_number_of_a_region_is_taken() {
        let module = |region| ThingMagic::new(&PollSetup { region: Some(region), ..PollSetup::default() });
        let Heard::Next(asks) = module(Region::Eu).regions(&[1, 2, 8]) else { panic!() };
        assert_eq!(asks[0].bytes[..4], [0xff, 1, 0x97, 8]);
        let Heard::Next(asks) = module(Region::Us).regions(&[13, 8]) else { panic!() };
        assert_eq!(asks[0].bytes[..4], [0xff, 1, 0x97, 13]);
        let Heard::Refused(why) = module(Region::Kr).regions(&[1, 8]) else { panic!() };
        assert!(why.ends_with("it has eu, us"), "{why}");
    }
}
