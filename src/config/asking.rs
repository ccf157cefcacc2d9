//! The keys of `[[reader]]` that say how a device is asked, what of its reads counts, and how it is made to sound.

use super::reading::Reading;
use super::section::{Section, Setting, one_of};
use crate::wire::Protocol;
use crate::wire::card::CardFormat;
use crate::wire::feel::Buzzer;
use crate::wire::poll::{PollSetup, Poller, Region};

/// Antennas that the largest of these readers have.
const ANTENNAS_MAX: i64 = 16;
const RADIO_KEYS: [&str; 3] = ["region", "power_dbm", "antennas"];

/// How a reader is asked: `None` where it speaks unasked, or is only listened to.
pub(super) fn asking(
    section: &Section<'_>,
    on_a_line: bool,
    protocol: Protocol,
    reading: &mut Reading<'_>,
) -> Option<PollSetup> {
    let can_be = on_a_line && Poller::asks(protocol);
    let problems = &mut reading.problems;
    if !can_be {
        section.misplaced("ask", "it only on serial readers that can be asked", problems);
    }
    let asked = can_be && section.truth("ask", problems).unwrap_or(true);
    if !(asked && protocol.is_radio()) {
        for key in RADIO_KEYS {
            section.misplaced(key, "it only on UHF readers that are asked (`ask`)", problems);
        }
        return asked.then(PollSetup::default);
    }
    let names = Region::ALL.map(Region::name);
    let region = section.setting("region");
    let expected = one_of(region.and_then(Setting::text).unwrap_or_default(), &names);
    let expected = format!("{expected}: the law of the place decides, so nothing is assumed");
    let region = section.require("region", &expected, problems, |it| Region::parse(it.text()?));
    let expected = "a whole number of dBm from 0 to 33, as the law of the place allows";
    let power = section.require("power_dbm", expected, problems, |it| {
        u8::try_from(it.integer()?).ok().filter(|power| *power <= 33)
    });
    let antennas = antennas(section, reading);
    Some(PollSetup { region: Some(region?), power_dbm: Some(power?), antennas })
}

fn antennas(section: &Section<'_>, reading: &mut Reading<'_>) -> Vec<u8> {
    let each = format!("the number of an antenna from 1 to {ANTENNAS_MAX}");
    let listed = section.list("antennas", "a list of antennas such as [1, 2]", &mut reading.problems, |it| {
        let number = it.integer().filter(|number| (1..=ANTENNAS_MAX).contains(number));
        number.and_then(|number| u8::try_from(number).ok()).ok_or_else(|| each.clone())
    });
    if section.setting("antennas").and_then(Setting::items).is_some_and(|items| items.is_empty()) {
        section.wrong("antennas", "at least one antenna", &mut reading.problems);
    }
    match listed {
        Some(antennas) if !antennas.is_empty() => antennas,
        _ => vec![1],
    }
}

/// Makers whose HID POS scanners take Honeywell's commands and send nothing until they are switched on: Honeywell, Youjie.
const HONEYWELLS: [u16; 2] = [0x0c2e, 0x23d0];

/// Which way a reader is made to sound: Zebra's packets bring their own, and so do Honeywell's reports.
pub(super) fn feedback(
    section: &Section<'_>,
    (on_hid, vendor): (bool, Option<u16>),
    protocol: Option<Protocol>,
    reading: &mut Reading<'_>,
) -> Buzzer {
    let names = Buzzer::ALL.map(Buzzer::name);
    let said = section.choice("feedback", &names, &mut reading.problems, Buzzer::parse);
    let Some(protocol) = protocol else { return Buzzer::None };
    let fits = match said.unwrap_or_default() {
        Buzzer::None => true,
        Buzzer::Ssi => protocol == Protocol::Ssi,
        Buzzer::Honeywell => protocol == Protocol::Line && !on_hid,
        Buzzer::HidPos => protocol == Protocol::HidPos,
        Buzzer::UhfReader => matches!(protocol, Protocol::UhfReader18 | Protocol::UhfReader288),
    };
    if !fits {
        let expected = format!("a way that a reader with protocol {} understands", protocol.name());
        section.wrong("feedback", &expected, &mut reading.problems);
    }
    said.unwrap_or(match protocol {
        Protocol::Ssi => Buzzer::Ssi,
        Protocol::HidPos if vendor.is_some_and(|vendor| HONEYWELLS.contains(&vendor)) => Buzzer::HidPos,
        _ => Buzzer::None,
    })
}

/// A whole number from `min` to `max` in `unit`, where it is set.
pub(super) fn whole(
    section: &Section<'_>,
    key: &str,
    (min, max): (u32, u32),
    unit: &str,
    reading: &mut Reading<'_>,
) -> Option<u32> {
    let expected = format!("a whole number of {unit} from {min} to {max}");
    section.read(key, &expected, &mut reading.problems, |it| {
        u32::try_from(it.integer()?).ok().filter(|number| (min..=max).contains(number))
    })
}

/// The weakest signal that counts.
pub(super) fn signal(
    section: &Section<'_>,
    protocol: Option<Protocol>,
    reading: &mut Reading<'_>,
) -> Option<i32> {
    let says_dbm = |protocol| matches!(protocol, Protocol::M100 | Protocol::Cf | Protocol::ThingMagic);
    if protocol.is_some_and(|protocol| !says_dbm(protocol)) {
        let expected = "it only with protocols m100, cf and thingmagic, whose readers say dBm";
        section.misplaced("rssi_min_dbm", expected, &mut reading.problems);
    }
    section.read("rssi_min_dbm", "a whole number of dBm from -120 to 0", &mut reading.problems, |it| {
        i32::try_from(it.integer()?).ok().filter(|dbm| (-120..=0).contains(dbm))
    })
}

/// How a reader writes the numbers of cards. What tags and bits say is not theirs to spell, and would all be refused.
pub(super) fn card_format(
    section: &Section<'_>,
    protocol: Option<Protocol>,
    reading: &mut Reading<'_>,
) -> Option<CardFormat> {
    if protocol.is_some_and(|protocol| protocol.is_radio() || protocol == Protocol::Wiegand) {
        let expected =
            "it only on readers that write card numbers: UHF tags have none, and wiegand is one already";
        section.misplaced("card_format", expected, &mut reading.problems);
    }
    let names = CardFormat::ALL.map(CardFormat::name);
    section.choice("card_format", &names, &mut reading.problems, CardFormat::parse)
}
