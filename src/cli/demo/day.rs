//! A day at the cage as data: who scans what with which device, when, and what to watch for. Pure.

use super::device::Device;
use crate::io::readers::replay::Line;

/// One scan of the day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When, in milliseconds since the beginning.
    pub at_ms: u64,
    /// With which device.
    pub device: Device,
    /// What is scanned.
    pub code: &'static str,
    /// What the device sends: pieces with the time of each in milliseconds since `at_ms`.
    pub pieces: Vec<(u64, Vec<u8>)>,
    /// The verdict that is meant, by its code.
    pub verdict: &'static str,
    /// One sentence for the person watching.
    pub say: &'static str,
}

/// How fast the day goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pace {
    /// To be watched: under a minute.
    #[default]
    ToWatch,
    /// As fast as three devices can take turns without overtaking each other.
    Fast,
}

impl Pace {
    /// Readers are still settling before this.
    fn begin_ms(self) -> u64 {
        match self {
            Self::ToWatch => 1_500,
            Self::Fast => 600,
        }
    }

    /// A code takes the wedge up to 60 ms and a card 65 ms; the rest is for a machine that is busy.
    fn gap_ms(self) -> u64 {
        match self {
            Self::ToWatch => 1_250,
            Self::Fast => 350,
        }
    }

    /// Before the next person steps up.
    fn pause_ms(self) -> u64 {
        match self {
            Self::ToWatch => 600,
            Self::Fast => 0,
        }
    }
}

use Device::{Cards, Gun, Wedge};

/// Device, code, the verdict that is meant, and what to say of it.
const SCRIPT: [(Device, &str, &str, &str); 39] = [
    (
        Cards,
        "4500B8F01D",
        "code-is-person",
        "Tomasz lays his badge on the card reader. He has one booking now, so it is taken.",
    ),
    (Gun, "cam-fx6-01", "checked-out", "The first FX6 goes out, due when his booking ends."),
    (Gun, "lens-fe2470-01", "checked-out", "The lens that his booking names with it."),
    (
        Gun,
        "lens-fe2470-01",
        "duplicate-scan",
        "The trigger bounced. The same thing again is never a second fact.",
    ),
    (Gun, "TW-S-0001*6", "stock-taken", "Six cables: one label on the shelf, and both numbers are said."),
    (
        Gun,
        "mon-smallhd-01",
        "not-on-this-booking",
        "This monitor is not on his list. It asks instead of guessing.",
    ),
    (
        Wedge,
        "CK:CONFIRM",
        "checked-out",
        "CONFIRM, a printed card read by a scanner that types like a keyboard: it goes all the same.",
    ),
    (Wedge, "CK:DONE", "session-closed", "DONE ends his turn."),
    (Gun, "cam-c300-01", "no-session", "Somebody grabs the C300 without a badge. Red: badge first."),
    (Cards, "0A00D41B93", "code-is-person", "Leila, for the sound."),
    (
        Gun,
        "TW-K-0021",
        "kit-member-unavailable",
        "Her sound bag goes out as one, but a microphone of it is still with Priya. It says which.",
    ),
    (
        Gun,
        "9771234567003",
        "unknown-code",
        "She scanned a magazine. Unknown codes are kept for the attendant, not forgotten.",
    ),
    (Gun, "kit-lav-a", "checked-out", "The case of wireless microphones: one label, four members."),
    (Wedge, "CK:UNDO", "undone", "Not that one. UNDO takes back the whole case."),
    (Wedge, "CK:EXTEND", "extend-mode", "EXTEND: what she has may stay out longer."),
    (
        Gun,
        "rec-h6-01",
        "extended",
        "Yesterday's recorder: nobody waits for it, so it is hers for another day.",
    ),
    (Wedge, "CK:DONE", "session-closed", "Done."),
    (Cards, "0A00F2C458", "code-is-person", "Mateo brings yesterday's light back."),
    (Wedge, "CK:RETURN", "return-mode", "RETURN: until DONE everything comes in."),
    (Gun, "light-sky60-01", "late", "It is late, and it says how late."),
    (
        Wedge,
        "CK:DAMAGED",
        "condition-noted",
        "And it is broken. The card DAMAGED sends it to the bench, where it stays until it is mended.",
    ),
    (Wedge, "CK:DONE", "session-closed", "Done."),
    (
        Cards,
        "2E0091C3E5",
        "person-expired",
        "Sinéad's contract is over and her badge with it. She may take nothing more.",
    ),
    (Gun, "ff-nucleus-01", "returned", "But what she still had comes back. A return is never refused."),
    (
        Cards,
        "4500B8E36C",
        "code-is-person",
        "Priya has no booking now: what she takes is lent until this time tomorrow.",
    ),
    (
        Gun,
        "lens-cn7-01",
        "booked-to-other-next",
        "But another production needs this zoom in a few hours, so it is due back by then.",
    ),
    (Gun, "light-sky60-01", "maintenance-block", "The broken light stays in. Red, whoever asks."),
    (
        Gun,
        "cam-c300-01",
        "booked-to-other",
        "The C300 is promised to another production now. That takes the attendant's word.",
    ),
    (Cards, "0D0031A4F7", "countersigned", "Jonas behind the counter lays his badge on the reader."),
    (Wedge, "CK:CONFIRM", "checked-out", "And CONFIRM: it goes, and the ledger holds who allowed it."),
    (
        Cards,
        "2E00917A0B",
        "code-is-person",
        "Yuki has two bookings at this hour. Her badge ends Priya's turn and begins hers.",
    ),
    (
        Gun,
        "light-b10-01",
        "several-bookings",
        "Both bookings name a flash of this model, so the station asks which one it is for.",
    ),
    (Wedge, "BK:hc-stills", "checked-out", "The card of a booking is the answer."),
    (
        Gun,
        "mon-smallhd-01",
        "already-out-to-other",
        "Tomasz still has this monitor, and it is not on her list either. Hand it over?",
    ),
    (Wedge, "CK:CONFIRM", "handed-over", "CONFIRM: it is Yuki's now, with a new due time."),
    (Cards, "4500B8F01D", "code-is-person", "Tomasz is back."),
    (Wedge, "CK:RETURN", "return-mode", "He returns."),
    (Gun, "cam-fx6-01", "returned", "The camera is home, in time."),
    (
        Wedge,
        "CK:DONE",
        "still-out",
        "DONE says what of his booking is still out, and since when. The day is over: ask `out`.",
    ),
];

/// The day at this pace. Times rise from step to step, and no step begins before the one before it is sent.
pub fn steps(pace: Pace) -> Vec<Step> {
    let mut at_ms = pace.begin_ms();
    let step = |(device, code, verdict, say): (Device, &'static str, &'static str, &'static str)| {
        at_ms += pace.gap_ms() + if device == Cards { pace.pause_ms() } else { 0 };
        Step { at_ms, device, code, pieces: device.send(code), verdict, say }
    };
    SCRIPT.into_iter().map(step).collect()
}

/// The recording of one device's part of the day, as JSON lines; its first line stands at 0 so that the waits
/// count from the beginning of the day.
pub fn recording(steps: &[Step], device: Device) -> String {
    let Ok(reader) = device.reader() else { return String::new() };
    let pieces = steps
        .iter()
        .filter(|step| step.device == device)
        .flat_map(|step| step.pieces.iter().map(|(after_ms, bytes)| (step.at_ms + after_ms, bytes.clone())));
    // An empty keyboard report presses nothing.
    let begin = std::iter::once((0, vec![0; 8]));
    let line = |(at_ms, bytes)| serde_json::to_string(&Line { at_ms, reader: reader.clone(), bytes });
    begin.chain(pieces).filter_map(|piece| line(piece).ok()).map(|line| line + "\n").collect()
}
