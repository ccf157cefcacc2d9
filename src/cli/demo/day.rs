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
            Self::ToWatch => 1_350,
            Self::Fast => 350,
        }
    }

    /// Before the next person steps up.
    fn pause_ms(self) -> u64 {
        match self {
            Self::ToWatch => 700,
            Self::Fast => 0,
        }
    }
}

use Device::{Cards, Gun, Wedge};

/// Device, code, the verdict that is meant, and what to say of it.
const SCRIPT: [(Device, &str, &str, &str); 30] = [
    (
        Cards,
        "4500B8F01D",
        "code-is-person",
        "Tomasz lays his badge on the card reader. He has one booking now, so it is taken.",
    ),
    (Gun, "cam-fx6-01", "checked-out", "The first FX6 goes out, due when his booking ends."),
    (Gun, "lens-fe2470-01", "checked-out", "A lens with it."),
    (
        Gun,
        "lens-fe2470-01",
        "duplicate-scan",
        "The trigger bounced. The same thing again is never a second fact.",
    ),
    (Gun, "kit-camera-a", "checked-out", "One label on the case takes its five members along."),
    (
        Wedge,
        "CK:DONE",
        "session-closed",
        "A printed card ends his turn, read by a scanner that types like a keyboard.",
    ),
    (Gun, "cam-c300-01", "no-session", "Somebody grabs the C300 without a badge. Red: badge first."),
    (Cards, "0A00D41B93", "code-is-person", "Leila, for the sound."),
    (
        Gun,
        "TW-K-0021",
        "kit-member-unavailable",
        "Her sound bag goes out, but one microphone is still with Priya. It says which.",
    ),
    (
        Gun,
        "9771234567003",
        "unknown-code",
        "She scanned a magazine. Unknown codes are kept for the attendant, not forgotten.",
    ),
    (Gun, "rec-633-01", "checked-out", "Her recorder."),
    (Gun, "cam-a7s3-01", "checked-out", "And a camera that she did not want."),
    (Wedge, "CK:UNDO", "undone", "UNDO takes the last scan back."),
    (Wedge, "CK:DONE", "session-closed", "Done."),
    (Cards, "0A00F2C458", "code-is-person", "Mateo brings yesterday's light back."),
    (Wedge, "CK:RETURN", "return-mode", "RETURN: until DONE everything comes in."),
    (Gun, "light-sky60-01", "late", "It is late, and it says how late."),
    (
        Gun,
        "stand-c-01",
        "not-out",
        "This stand was never out. A thing that is here is here: seen, and noted.",
    ),
    (Wedge, "CK:DONE", "session-closed", "Done."),
    (
        Cards,
        "2E0091C3E5",
        "person-expired",
        "Sinéad's contract is over and her badge with it. She may take nothing more.",
    ),
    (Gun, "ff-nucleus-01", "returned", "But what she still had comes back. A return is never refused."),
    (Cards, "2E00917A0B", "code-is-person", "Yuki has two bookings at this hour."),
    (Wedge, "cam-gfx100-01", "several-bookings", "So the station asks which one the camera is for."),
    (Wedge, "BK:hc-stills", "checked-out", "The card of a booking is the answer."),
    (Gun, "lens-fe2470-01", "already-out-to-other", "Tomasz still has this lens. Hand it over?"),
    (Wedge, "CK:CONFIRM", "handed-over", "CONFIRM: it is Yuki's now, with a new due time."),
    (Cards, "4500B8F01D", "code-is-person", "Tomasz is back. His badge ends Yuki's turn and begins his."),
    (Wedge, "CK:RETURN", "return-mode", "He returns."),
    (Gun, "cam-fx6-01", "returned", "The camera is home, in time."),
    (Wedge, "CK:DONE", "session-closed", "The day is over. Some gear is still out: ask `out`."),
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
