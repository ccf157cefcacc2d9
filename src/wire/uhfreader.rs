//! UHF readers of Chafon: UHFReader18, and UHFReader288 with its kin (288M, 288MP).
//!
//! ```text
//! len adr cmd status data…                                       crc_lo crc_hi      len: all bytes after itself
//! 13  00  01   03    01  0C EPC·12                                 3F     39        18: count, then length and EPC each
//! 15  00  01   03    01  01  0C EPC·12 6B                          B1     A5        288: antenna, count, then an RSSI each
//! 05  00  01   FB                                                  ..     ..        no tag
//! ```
//!
//! - CRC-16 polynomial 8408, initial FFFF, over everything before it, low byte first.
//! - The two kinds are framed alike and differ in the antenna and RSSI bytes: the frame does not say which it is. Ask with
//!   command 21 (reader type), and name the right protocol in the configuration; the wrong one is *absurd* here.
//! - Status 01: done, 02: time was up, 03: more frames follow, 04: the reader's memory is full. All may hold tags.
//! - `rssi` is the reader's own scale, not dBm. Bit 80 of a length in 288 frames: the last 12 bytes are the TID.
//! - Command 33 sounds the buzzer: on for, silent for (both in steps of 50 ms), how many times.
//! - EPCs of 4 bytes are as real as those of 12.
//! - There is no start byte. A byte is taken for a length only if command and status behind it can be; silence
//!   ends what that lets through. Answers to earlier commands come late with a good CRC: see `awaiting`.
//! - Timing: 57600 8N1. The reader speaks when asked, or without being asked in its real-time mode (288: command EE).
//! - Holds at most 256 bytes.
//!
//! Verified with bytes that public projects keep as test data: inventories of 18 and 288M, reader information.
//! Only documented: TID behind the EPC, command 0F (one tag), real-time mode, error statuses.
//! Source: makers' UHFReader18 and UHFReader288 user manuals; captures in `hardware/captures`.

use serde_json::Value;

use super::framed::{Framing, Look, absurd, answer, hex};
use super::{Carrier, Decoded, Outgoing, Read, crc};

/// Buzzer and LED.
const BUZZ: u8 = 0x33;
const BUZZ_STEP_MS: u64 = 50;
/// Every reader answers to it.
const ANY_ADDRESS: u8 = 0xff;

const INVENTORY: u8 = 0x01;
const INVENTORY_OF_ONE: u8 = 0x0f;
const REAL_TIME: u8 = 0xee;
const READER_INFORMATION: u8 = 0x21;

const TID_BYTES: usize = 12;
const WITH_TID: u8 = 0x80;
const WITH_PHASE: u8 = 0x40;
/// Phase and frequency behind the RSSI.
const PHASE_BYTES: usize = 7;

/// Buzzer and LED are on so many times for so long, with silences between, in milliseconds: rounded up to steps of 50, and
/// cut at 12,750.
pub fn buzz(long_ms: u64, silent_ms: u64, times: u8) -> Outgoing {
    let steps = |ms: u64| u8::try_from(ms.div_ceil(BUZZ_STEP_MS)).unwrap_or(u8::MAX);
    let mut bytes = vec![7, ANY_ADDRESS, BUZZ, steps(long_ms), steps(silent_ms).max(1), times];
    let check = crc::chafon(&bytes);
    bytes.extend(check.to_le_bytes());
    Outgoing::Bytes(bytes)
}

/// The framing of these readers, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UhfReader {
    /// UHFReader18: no antenna, no RSSI.
    Plain18,
    /// UHFReader288, 288M, 288MP: antenna and RSSI.
    Antennas288,
}

impl Framing for UhfReader {
    fn start(&self) -> &'static str {
        "a length, an address, a command and a status"
    }

    fn look(&self, bytes: &[u8]) -> Look {
        let plausible = match *bytes {
            [0..5, ..] => false,
            [_, _, command, status, ..] => {
                is_command(command) && matches!(status, 0..=0x2f | 0xee | 0xf8..=0xff)
            }
            [_, _, command] => is_command(command),
            _ => true,
        };
        let (true, Some(len)) = (plausible, bytes.first()) else { return Look::Foreign };
        let size = usize::from(*len) + 1;
        let Some([checked @ .., low, high]) = bytes.get(..size) else { return Look::Begun(size) };
        let (sent, made) = (u16::from_le_bytes([*low, *high]), crc::chafon(checked));
        if sent != made {
            return Look::damaged(size, format!("CRC {sent:04X}, but the bytes make {made:04X}"));
        }
        Look::Whole(size)
    }

    fn command(&self, frame: &[u8]) -> Option<u16> {
        frame.get(2).map(|command| u16::from(*command))
    }

    fn judge(&self, frame: &[u8]) -> Vec<Decoded> {
        let [len, addr, command, status, data @ .., _, _] = frame else { return Vec::new() };
        let mut head = vec![
            ("len", Value::from(*len)),
            ("addr", Value::from(*addr)),
            ("cmd", Value::from(*command)),
            ("status", Value::from(*status)),
        ];
        match (*command, *status, data) {
            (INVENTORY | INVENTORY_OF_ONE, 1..=4, [_, ..]) => self.inventory(head, *command, data),
            (REAL_TIME, 0, [_, ..]) if *self == Self::Antennas288 => self.one(head, data),
            (READER_INFORMATION, 0, data) => vec![information(&head, data)],
            (_, status, data) => {
                let (ok, meaning) = meaning(status);
                head.retain(|(name, _)| *name != "status" && *name != "cmd");
                head.push(("cmd", Value::from(format!("{command:02X}"))));
                head.push(("status", Value::from(format!("{status:02X}"))));
                head.extend([("ok", Value::from(ok)), ("meaning", Value::from(meaning))]);
                head.push(("data", Value::from(hex(data))));
                vec![answer(Some((*command).into()), ok, head)]
            }
        }
    }
}

/// Commands have small numbers, but for real-time mode and what answers a command that is none.
fn is_command(command: u8) -> bool {
    matches!(command, 0..=0x9f | REAL_TIME | 0xfe | 0xff)
}

/// Fields that all tags of a frame share.
type Head = Vec<(&'static str, Value)>;

impl UhfReader {
    fn inventory(self, mut head: Head, command: u8, data: &[u8]) -> Vec<Decoded> {
        let data = match (self, data) {
            (Self::Antennas288, [antenna, rest @ ..]) => {
                head.push(("antenna", Value::from(antenna_number(*antenna))));
                rest
            }
            _ => data,
        };
        let Some((&count, tags)) = data.split_first() else {
            return vec![absurd("an inventory without a count of tags: is this the right protocol?".into())];
        };
        if count == 0 && tags.is_empty() {
            head.push(("tags", Value::Array(Vec::new())));
            return vec![answer(Some(command.into()), true, head)];
        }
        self.tags(&head, count, tags).unwrap_or_else(|| {
            let name = if self == Self::Plain18 { "uhfreader288" } else { "uhfreader18" };
            vec![absurd(format!("{count} tags do not fit into {} bytes: is it protocol {name}?", tags.len()))]
        })
    }

    /// The tag of a frame in real-time mode, which has no count.
    fn one(self, mut head: Head, data: &[u8]) -> Vec<Decoded> {
        let read = data.split_first().and_then(|(antenna, tag)| {
            head.push(("antenna", Value::from(antenna_number(*antenna))));
            self.tags(&head, 1, tag)
        });
        read.unwrap_or_else(|| vec![absurd(format!("a tag does not fit into {} bytes", data.len()))])
    }

    /// So many tags that use up all bytes.
    fn tags(self, head: &Head, count: u8, bytes: &[u8]) -> Option<Vec<Decoded>> {
        let mut rest = bytes;
        let mut reads = Vec::new();
        for _ in 0..count {
            let (read, behind) = self.tag(head, rest)?;
            reads.push(read);
            rest = behind;
        }
        rest.is_empty().then_some(reads)
    }

    fn tag<'a>(self, head: &Head, bytes: &'a [u8]) -> Option<(Decoded, &'a [u8])> {
        let (&len, rest) = bytes.split_first()?;
        if self == Self::Plain18 {
            let (epc, rest) = rest.split_at_checked(usize::from(len))?;
            return Some((read(head, epc, Vec::new()), rest));
        }
        let (id, rest) = rest.split_at_checked(usize::from(len & !(WITH_TID | WITH_PHASE)))?;
        let (rssi, mut rest) = rest.split_first()?;
        if len & WITH_PHASE != 0 {
            rest = rest.get(PHASE_BYTES..)?;
        }
        let tid_bytes = if len & WITH_TID == 0 { 0 } else { TID_BYTES };
        let (epc, tid) = id.split_at_checked(id.len().checked_sub(tid_bytes)?)?;
        let mut more = vec![("rssi", Value::from(*rssi))];
        more.extend((!tid.is_empty()).then(|| ("tid", Value::from(hex(tid)))));
        Some((read(head, epc, more), rest))
    }
}

/// One bit for each antenna; where several are set, the bits as they came.
fn antenna_number(bits: u8) -> u8 {
    if bits.is_power_of_two() { u8::try_from(bits.trailing_zeros() + 1).unwrap_or(bits) } else { bits }
}

fn read(head: &Head, epc: &[u8], more: Head) -> Decoded {
    if epc.is_empty() {
        return absurd("a tag with an empty EPC: nothing tells it from another".to_owned());
    }
    let payload = hex(epc);
    let mut fields = head.clone();
    fields.push(("epc", Value::from(payload.as_str())));
    fields.extend(more);
    Decoded::Read(Read { carrier: Carrier::Uhf, payload, aim: None, terminated: true, fields })
}

/// Whether a status without tags is well, and what it says.
fn meaning(status: u8) -> (bool, &'static str) {
    match status {
        0x00 => (true, "done"),
        0x01..=0x04 => (true, "inventory done"),
        0x26 => (true, "statistics of an inventory"),
        0x28 => (true, "heartbeat"),
        0xfb => (true, "no tag"),
        0x05 => (false, "wrong access password"),
        0xf8 => (false, "antenna not connected"),
        0xf9 => (false, "the command failed"),
        0xfa => (false, "a tag is there but answers too weakly"),
        0xfc => (false, "the tag refuses"),
        0xfd => (false, "wrong length of the command"),
        0xfe => (false, "no such command in this state"),
        0xff => (false, "wrong parameter"),
        _ => (false, "refused"),
    }
}

/// Name, lowest frequency and step of a band, in kHz.
fn band(number: u8) -> Option<(&'static str, u32, u32)> {
    Some(match number {
        1 => ("China 2", 920_125, 250),
        2 => ("US", 902_750, 500),
        3 => ("Korea", 917_100, 200),
        4 => ("EU", 865_100, 200),
        8 => ("China 1", 840_125, 250),
        _ => return None,
    })
}

fn information(head: &Head, data: &[u8]) -> Decoded {
    let command = Some(u16::from(READER_INFORMATION));
    let &[major, minor, kind, _protocols, highest, lowest, power, scan_time, ..] = data else {
        return absurd(format!("reader information of {} bytes: expected 8 or more", data.len()));
    };
    let mut fields = head.clone();
    fields.retain(|(name, _)| *name != "cmd");
    fields.extend([
        ("cmd", Value::from("21 reader info")),
        ("firmware", Value::from(format!("{major}.{minor}"))),
        ("reader_type", Value::from(format!("{kind:02X}"))),
        ("power_dbm", Value::from(power)),
        ("scan_time_ms", Value::from(u32::from(scan_time) * 100)),
        ("data", Value::from(hex(data))),
    ]);
    if let Some((name, base_khz, step_khz)) = band((highest >> 6) << 2 | lowest >> 6) {
        let mhz = |steps: u8| Value::from(f64::from(base_khz + u32::from(steps & 0x3f) * step_khz) / 1000.0);
        fields.extend([("band", Value::from(name)), ("fmin", mhz(lowest)), ("fmax", mhz(highest))]);
    }
    answer(command, true, fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::framed::tests::{all, assert_robust, bytes, decoder, field, read, short};
    use super::*;
    use crate::time::MonoMs;
    use crate::wire::Protocol::{UhfReader18, UhfReader288};

    const TWO: &str = "20000103020c0000000000000000000003130c0000000000000000000003149ac9";
    const ONE_288: &str = "1500010301010c0000000000000000000003136bb1a5";
    const SHORT_288: &str = "0d000103010104003230386da3d2";
    const NONE_288: &str = "0700010101001e4b";

    /// A frame of everything between length and CRC.
    fn frame(body: &str) -> Vec<u8> {
        let body = bytes(body);
        let mut frame = [&[u8::try_from(body.len() + 2).unwrap()][..], &body].concat();
        frame.extend(crc::chafon(&frame).to_le_bytes());
        frame
    }

    #[test]
    fn two_tags_in_one_frame_are_two_reads() {
        let said = all(UhfReader18, &[&bytes(TWO)]);
        assert_eq!(short(&said), ["000000000000000000000313", "000000000000000000000314"]);
        let two = frame("00 01 03 04 02 04 11223344 50 02 aabb 51");
        let said = all(UhfReader288, &[&two]);
        assert_eq!(short(&said), ["11223344", "AABB"]);
        let Some(Decoded::Read(second)) = said.last() else { panic!() };
        assert_eq!(field(&second.fields, "antenna"), json!(3), "the antenna of bit 04");
        assert_eq!(field(&second.fields, "rssi"), json!(0x51));
    }

    #[test]
    fn the_frames_of_one_kind_are_absurd_to_the_other() {
        assert_eq!(read(UhfReader288, SHORT_288).payload, "00323038");
        assert_eq!(short(&all(UhfReader18, &[&bytes(SHORT_288)])), ["absurd"]);
        assert_eq!(short(&all(UhfReader288, &[&bytes(TWO)])), ["absurd"]);
    }

    #[test]
    fn a_tid_behind_the_epc_is_a_field() {
        let tid = "e28011702000112233445566";
        let said = all(UhfReader288, &[&frame(&format!("00 01 01 01 01 90 11223344 {tid} 50"))]);
        assert_eq!(short(&said), ["11223344"]);
        let Decoded::Read(read) = &said[0] else { panic!() };
        assert_eq!(field(&read.fields, "tid"), json!(tid.to_uppercase()));
        assert_eq!(short(&all(UhfReader288, &[&frame("00 01 01 01 01 84 11223344 50")])), ["absurd"]);
    }

    #[test]
    fn real_time_mode_gives_a_tag_a_frame_and_heartbeats() {
        let said = all(UhfReader288, &[&frame("00 ee 00 01 04 11223344 50"), &frame("00 ee 28")]);
        assert_eq!(short(&said), ["11223344", "answer"]);
    }

    #[test]
    fn nothing_in_the_field_is_no_fault_and_faults_are_said() {
        assert_eq!(short(&all(UhfReader288, &[&bytes(NONE_288), &frame("00 01 fb")])), ["answer", "answer"]);
        assert_eq!(short(&all(UhfReader18, &[&frame("00 01 fb"), &frame("00 01 f8")])), ["answer", "error"]);
        assert_eq!(short(&all(UhfReader18, &[&frame("00 01 01 01 00")])), ["absurd"], "an empty EPC");
    }

    #[test]
    fn wrong_crcs_are_damaged_once_and_what_follows_is_read() {
        let spoilt = bytes(&ONE_288.replace("b1a5", "b1a6"));
        let said = all(UhfReader288, &[&spoilt, &bytes(SHORT_288)]);
        assert_eq!(short(&said), ["damaged", "00323038"]);
        assert_eq!(short(&all(UhfReader18, &[&spoilt])), ["damaged"]);
        assert_eq!(short(&all(UhfReader18, &[&bytes(&TWO[..30])])), ["damaged"]);
    }

    #[test]
    fn late_answers_are_stale() {
        let mut decoder = decoder(UhfReader18);
        decoder.awaiting(Some(0x21));
        assert_eq!(short(&decoder.handle(&bytes(TWO), MonoMs(0))), ["stale"]);
        let information = bytes("1100210000160c034e001e0a01000000e651");
        assert_eq!(short(&decoder.handle(&information, MonoMs(0))), ["answer"]);
    }

    #[test]
    fn any_bytes_in_any_chunks_do_no_harm() {
        assert_robust(UhfReader18, &[TWO]);
        assert_robust(UhfReader288, &[ONE_288, SHORT_288]);
    }
}
