//! UHF modules that frame with BB … 7E: M100, QM100, YRM100, R200, JRD-4035, the M5Stack UHF unit.
//!
//! ```text
//! BB  type  cmd  PLhi PLlo  data…                              sum  7E
//! BB   02   22    00   11   rssi  PC PC  EPC·12  CRC CRC       0A   7E     a tag (notice)
//! BB   01   07    00   01   00                                 09   7E     answer to a command
//! BB   01   FF    00   01   15                                 16   7E     no tag: the answer to an empty poll
//! type: 00 from the host · 01 answer · 02 notice       sum: type … data, modulo 256
//! ```
//!
//! - `rssi` is a signed byte in dBm and stands before the PC: the EPC begins at byte 8 and not at 5.
//! - The EPC is as long as the PC says, (PC >> 11) words. The tag's own CRC over PC and EPC follows, a second check:
//!   where it is wrong the frame is *damaged*, because the air was.
//! - BB and 7E occur inside EPCs: the length frames, and 7E is only looked for where the length says.
//! - Timing: 115200 8N1. One notice for each tag and round; error 15 answers *every* round without a tag and is no fault.
//! - Notices of command 27 (many rounds) carry command 22 as well; M5Stack's document shows them with 27. Both are read.
//! - Holds at most [`FRAME_BYTES`] bytes. A length above that is *absurd*.
//!
//! Verified with bytes of devices: JRD-4035 in the M5Stack unit, YRM100, R200. Only documented: EPCs of other lengths
//! than twelve bytes, error codes other than 15. Not handled: XPC words (PC bit 0200) inside the EPC.
//! Source: makers' M100/R200 user protocol V2.3.3; device captures in `hardware/captures`.

use serde_json::Value;

use super::framed::{Framing, Look, absurd, answer, hex};
use super::{Carrier, Decoded, Read, RejectKind, Rejected, crc};

/// The most bytes of a frame.
pub const FRAME_BYTES: usize = OVERHEAD + DATA_MAX;

const OVERHEAD: usize = 7;
/// PC, EPC and the whole memory of a tag in one answer of 255 words.
const DATA_MAX: usize = 580;

const BEGIN: u8 = 0xbb;
const END: u8 = 0x7e;

const COMMAND: u8 = 0x00;
const ANSWER: u8 = 0x01;
const NOTICE: u8 = 0x02;

const INVENTORY: u8 = 0x22;
const ROUNDS: u8 = 0x27;
const FAILED: u8 = 0xff;
const NO_TAG: u8 = 0x15;

/// The framing of these modules.
#[derive(Debug)]
pub struct M100;

impl Framing for M100 {
    fn start(&self) -> &'static str {
        "BB"
    }

    fn look(&self, bytes: &[u8]) -> Look {
        match *bytes {
            [BEGIN] => Look::Begun(OVERHEAD),
            [BEGIN, COMMAND | ANSWER | NOTICE, _, high, low, ..] => {
                whole(bytes, usize::from(u16::from_be_bytes([high, low])))
            }
            [BEGIN, COMMAND | ANSWER | NOTICE, ..] => Look::Begun(OVERHEAD),
            _ => Look::Foreign,
        }
    }

    fn command(&self, frame: &[u8]) -> Option<u16> {
        match frame {
            [_, ANSWER, FAILED, ..] | [_, COMMAND, ..] => None,
            [_, NOTICE, INVENTORY | ROUNDS, ..] => Some(INVENTORY.into()),
            [_, _, command, ..] => Some(u16::from(*command)),
            _ => None,
        }
    }

    fn judge(&self, frame: &[u8]) -> Vec<Decoded> {
        let [_, kind, command, _, _, data @ .., _, _] = frame else { return Vec::new() };
        vec![match (*kind, *command) {
            (NOTICE, INVENTORY | ROUNDS) => tag(data),
            (ANSWER, FAILED) => failed(data),
            (COMMAND, _) => of_host(*command),
            _ => of_set_up(*command, data),
        }]
    }
}

fn whole(bytes: &[u8], len: usize) -> Look {
    if len > DATA_MAX {
        return Look::absurd(5, format!("a frame of {len} bytes of data: expected {DATA_MAX} at most"));
    }
    let size = OVERHEAD + len;
    let Some([_, checked @ .., check, end]) = bytes.get(..size) else { return Look::Begun(size) };
    let sum = checked.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    match (sum == *check, *end) {
        (true, END) => Look::Whole(size),
        (false, END) => Look::damaged(size, format!("checksum {check:02X}, but the bytes make {sum:02X}")),
        _ => Look::damaged(size, format!("{end:02X} where the frame should end: expected 7E")),
    }
}

fn tag(data: &[u8]) -> Decoded {
    let [rssi, tag @ ..] = data else { return absurd("a tag without data".to_owned()) };
    let ([pc_high, pc_low, epc @ .., crc_high, crc_low], checked) =
        (tag, tag.get(..tag.len().saturating_sub(2)).unwrap_or_default())
    else {
        return absurd(format!("a tag of {} bytes: expected PC, EPC and CRC", tag.len()));
    };
    let (sent, made) = (u16::from_be_bytes([*crc_high, *crc_low]), crc::of_tag(checked));
    if sent != made {
        let reason = format!("the tag's own CRC is {sent:04X}, but its bytes make {made:04X}");
        return Decoded::Rejected(Rejected { kind: RejectKind::Damaged, reason });
    }
    let words = usize::from(pc_high >> 3);
    if epc.is_empty() || epc.len() != 2 * words {
        return absurd(format!("an EPC of {} bytes, but its PC says {}", epc.len(), 2 * words));
    }
    let payload = hex(epc);
    let fields = vec![
        ("epc", Value::from(payload.as_str())),
        ("pc", Value::from(hex(&[*pc_high, *pc_low]))),
        ("rssi_dbm", Value::from(i8::from_be_bytes([*rssi]))),
        ("tag_crc", Value::from(format!("{sent:04X}"))),
    ];
    Decoded::Read(Read { carrier: Carrier::Uhf, payload, aim: None, terminated: true, fields })
}

fn failed(data: &[u8]) -> Decoded {
    let code = data.first().copied().unwrap_or_default();
    let meaning = match code {
        NO_TAG => "inventory failed: no tag or CRC error",
        0x09 => "reading the tag failed",
        0x0a => "reading the tag failed: its memory ends before",
        0x10 => "writing the tag failed",
        0x16 => "wrong access password",
        0x17 => "wrong command or parameter",
        0x20 => "no free channel: frequency hopping timed out",
        _ => "refused",
    };
    let fields = vec![("error_code", Value::from(format!("{code:02X}"))), ("meaning", Value::from(meaning))];
    answer(None, code == NO_TAG, fields)
}

fn called(command: u8) -> String {
    let name = match command {
        0x03 => " module information",
        0x07 => " set region",
        0x08 => " get region",
        0x0c => " select parameter",
        0x0e => " set query",
        0x22 => " inventory",
        0x27 => " inventory of many rounds",
        0x28 => " stop inventory",
        0x39 => " read memory",
        0xaa => " get channel",
        0xab => " set channel",
        0xad => " set frequency hopping",
        0xb6 => " set power",
        0xb7 => " get power",
        _ => "",
    };
    format!("{command:02X}{name}")
}

fn of_host(command: u8) -> Decoded {
    let fields = vec![("direction", Value::from("host->module")), ("cmd", Value::from(called(command)))];
    answer(None, true, fields)
}

fn of_set_up(command: u8, data: &[u8]) -> Decoded {
    let ok = !matches!((command, data), (0x07 | 0x0e | 0xab | 0xad | 0xb6 | 0x27 | 0x28, [1..=0xff]));
    let mut fields = vec![("cmd", Value::from(called(command))), ("ok", Value::from(ok))];
    match (command, data) {
        (0x03, [_kind, text @ ..]) => fields.push(("text", Value::from(String::from_utf8_lossy(text)))),
        (0xb7, [high, low]) => {
            let centi_dbm = f64::from(u16::from_be_bytes([*high, *low]));
            fields.push(("power_dbm", Value::from(centi_dbm / 100.0)));
        }
        (_, [] | [0]) => {}
        _ => fields.push(("data", Value::from(hex(data)))),
    }
    answer(Some(command.into()), ok, fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::framed::tests::{all, assert_robust, bytes, decoder, field, read, short};
    use super::*;
    use crate::time::MonoMs;
    use crate::wire::Protocol;

    const TAG: &str = "bb02220011cf3000e280699500005009f1286992620a6d7e";
    const OTHER: &str = "bb02220011d63400e28011704000021d35ae4008d444c47e";
    const EMPTY: &str = "bb01ff000115167e";

    fn frame(body: &str) -> String {
        let body = bytes(body);
        let sum = body.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
        format!("bb{}{sum:02x}7e", hex(&body))
    }

    /// The notice of a tag.
    fn notice(pc_epc: &str) -> String {
        let tag = bytes(pc_epc);
        frame(&format!("0222{:04x}c8{}{:04x}", tag.len() + 3, hex(&tag), crc::of_tag(&tag)))
    }

    fn said(hex: &str) -> Vec<Decoded> {
        all(Protocol::M100, &[&bytes(hex)])
    }

    #[test]
    fn tags_give_their_epc_and_signal() {
        let read = read(Protocol::M100, TAG);
        assert_eq!((read.carrier, read.payload.as_str()), (Carrier::Uhf, "E280699500005009F1286992"));
        assert_eq!(field(&read.fields, "rssi_dbm"), json!(-49));
        assert_eq!(field(&read.fields, "pc"), json!("3000"));
    }

    #[test]
    fn epcs_of_any_length_may_hold_marks_and_whole_frames() {
        assert_eq!(short(&said(&notice("1000bb7e7ebb"))), ["BB7E7EBB"]);
        let inner = format!("6800{TAG}7ebb");
        assert_eq!(short(&said(&notice(&inner))), [inner[4..].to_uppercase().as_str()]);
    }

    #[test]
    fn a_tag_of_many_rounds_may_name_either_command() {
        let named_27 = frame("02270011c9340030751feb705c5904e3d50d703a76");
        assert_eq!(short(&said(&named_27)), ["30751FEB705C5904E3D50D70"]);
        let mut decoder = decoder(Protocol::M100);
        decoder.awaiting(Some(0x22));
        assert_eq!(short(&decoder.handle(&bytes(&named_27), MonoMs(0))), ["30751FEB705C5904E3D50D70"]);
    }

    #[test]
    fn empty_polls_between_tags_are_no_fault() {
        let stream = [TAG, EMPTY, EMPTY, OTHER].concat();
        let expected = ["E280699500005009F1286992", "answer", "answer", "E28011704000021D35AE4008"];
        assert_eq!(short(&said(&stream)), expected);
        assert_eq!(short(&said(&frame("01ff000117"))), ["error"]);
        assert_eq!(short(&said(&frame("0107000101"))), ["error"]);
    }

    #[test]
    fn wrong_sums_ends_lengths_and_tag_crcs_are_told_apart() {
        let wrong_sum = TAG.replace("6d7e", "6e7e");
        assert_eq!(short(&said(&[&wrong_sum, OTHER].concat())), ["damaged", "E28011704000021D35AE4008"]);
        assert_eq!(short(&said(&TAG.replace("6d7e", "6d7f"))), ["damaged"]);
        assert_eq!(short(&said(&TAG.replace("cf3000e2", "ce3000e3"))), ["damaged"], "the sum is right");
        assert_eq!(short(&said(&notice("3000e280"))), ["absurd"]);
        assert_eq!(short(&said(&notice("0000"))), ["absurd"]);
        assert_eq!(short(&said(&format!("bb0222ffff{TAG}"))), ["absurd", "E280699500005009F1286992"]);
        assert_eq!(short(&said(&frame("02220000"))), ["absurd"]);
        assert_eq!(short(&said(&format!("0d0a{TAG}"))), ["not-mine", "E280699500005009F1286992"]);
    }

    #[test]
    fn a_late_tag_is_stale_while_a_set_up_answer_is_awaited() {
        let mut decoder = decoder(Protocol::M100);
        decoder.awaiting(Some(0x07));
        let stream = bytes(&[TAG, EMPTY, "bb0107000100097e"].concat());
        assert_eq!(short(&decoder.handle(&stream, MonoMs(0))), ["stale", "answer", "answer"]);
    }

    #[test]
    fn any_bytes_in_any_chunks_do_no_harm() {
        assert_robust(Protocol::M100, &[TAG, OTHER]);
    }
}
