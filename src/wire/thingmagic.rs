//! UHF modules of ThingMagic (JADAK): M6e Nano and kin, in continuous reading or asked for their tag buffer.
//!
//! ```text
//! FF len op [status·2] data…  crc_hi crc_lo           len: data alone; status only from the module
//! FF 28  22   0000     10 001B 01FF 01  tag           56 1D     continuous reading: option, search flags, metadata flags, 01
//! FF ..  29   0000     01FF 00 count tags…                      tag buffer: metadata flags, options, count
//! FF 00  22   0400     …                                        keep-alive, each second
//!
//! tag, as far as the metadata flags say: 0001 reads · 0002 rssi · 0004 antenna · 0008 kHz·3 · 0010 ms·4 · 0020 phase·2
//!      0080 bits·2 data… · 0040 protocol (stands before the data) · 0100 GPIO · 0200 Q · 0400 link · 0800 target
//!      and then always bits·2  PC·2  EPC…  CRC·2       bits: of PC, EPC and CRC
//! ```
//!
//! - The CRC is ThingMagic's own ([`crc::thingmagic`]), over all behind FF. CCITT fails on every frame.
//! - The tag's own CRC over PC and EPC is a second check: where it is wrong, that tag is *damaged*.
//! - `antenna` is two digits, transmitting and receiving.
//! - Status 0400 is "no tag", 0504 too hot (it pauses by itself), 0505 high return loss: is the antenna connected?
//! - Commands of the host, heard back, are told by their length: they have no status.
//! - Timing: 115200 8N1. In continuous reading the module speaks without being asked, and a tag repeats in each round.
//! - Holds at most 255 bytes.
//!
//! Verified with bytes of a device: M6e Nano, one tag in continuous reading. Only documented: tag buffer, tag data, the
//! flags from 0200 on, statuses. Tags of other air protocols than Gen2 are *absurd*: nothing here knows their layout.
//! Source: the maker's published Mercury API; device captures in `hardware/captures`.

use serde_json::Value;

use super::framed::{Framing, Look, absurd, answer, hex};
use super::{Carrier, Decoded, Read, RejectKind, Rejected, crc};

const BEGIN: u8 = 0xff;
/// FF, length, opcode and CRC; what the module sends has a status too.
const HOST_OVERHEAD: usize = 5;
const OVERHEAD: usize = 7;
const LEN_MAX: u8 = 0xf8;

const READ_MULTIPLE: u8 = 0x22;
const GET_TAG_BUFFER: u8 = 0x29;

/// In the option byte: metadata flags follow.
const WITH_METADATA: u8 = 0x10;
/// Kind of a message in continuous reading: a tag.
const STREAMED_TAG: u8 = 0x01;
const GEN2: u8 = 0x05;

const DATA: u16 = 0x0080;
const KNOWN_FLAGS: u16 = 0x0fff;

/// The framing of these modules.
#[derive(Debug)]
pub struct ThingMagic;

impl Framing for ThingMagic {
    fn start(&self) -> &'static str {
        "FF and a length"
    }

    fn look(&self, bytes: &[u8]) -> Look {
        let len = match *bytes {
            [BEGIN] => return Look::Begun(HOST_OVERHEAD),
            [BEGIN, len @ ..=LEN_MAX, ..] => usize::from(len),
            _ => return Look::Foreign,
        };
        if may_be_of_host(bytes)
            && bytes.get(..len + HOST_OVERHEAD).is_some_and(|frame| checks(frame).is_ok())
        {
            return Look::Whole(len + HOST_OVERHEAD);
        }
        let size = len + OVERHEAD;
        let Some(frame) = bytes.get(..size) else { return Look::Begun(size) };
        match checks(frame) {
            Ok(()) => Look::Whole(size),
            Err(reason) => Look::damaged(size, reason),
        }
    }

    fn command(&self, frame: &[u8]) -> Option<u16> {
        frame.get(2).filter(|_| !is_of_host(frame)).map(|command| u16::from(*command))
    }

    fn judge(&self, frame: &[u8]) -> Vec<Decoded> {
        if let ([_, _, command, data @ .., _, _], true) = (frame, is_of_host(frame)) {
            return vec![of_host(*command, data)];
        }
        let [_, _, command, high, low, data @ .., crc_high, crc_low] = frame else { return Vec::new() };
        let status = u16::from_be_bytes([*high, *low]);
        let head = vec![
            ("opcode", Value::from(format!("{command:02X}"))),
            ("status", Value::from(format!("{status:04X}"))),
            ("crc", Value::from(hex(&[*crc_high, *crc_low]))),
        ];
        match (*command, status, data) {
            (READ_MULTIPLE, 0, [option, _, _, high, low, STREAMED_TAG, tag @ ..])
                if option & WITH_METADATA != 0 && !tag.is_empty() =>
            {
                tags(&head, u16::from_be_bytes([*high, *low]), 1, tag)
            }
            (GET_TAG_BUFFER, 0, [high, low, _options, count, rest @ ..]) => {
                tags(&head, u16::from_be_bytes([*high, *low]), *count, rest)
            }
            _ => vec![of_status(*command, status, head, data)],
        }
    }
}

/// Whether the frame at hand can be a command. What the module says of tags begins with status 0000, and
/// no command does that has data there.
fn may_be_of_host(bytes: &[u8]) -> bool {
    !matches!(bytes, [_, 0, _, 0, 0, ..] | [_, _, READ_MULTIPLE | GET_TAG_BUFFER, 0, 0, ..])
}

fn is_of_host(frame: &[u8]) -> bool {
    frame.get(1).is_some_and(|len| frame.len() == usize::from(*len) + HOST_OVERHEAD)
}

fn checks(frame: &[u8]) -> Result<(), String> {
    let [_, checked @ .., high, low] = frame else { return Err("no check".to_owned()) };
    let (sent, made) = (u16::from_be_bytes([*high, *low]), crc::thingmagic(checked));
    if sent == made { Ok(()) } else { Err(format!("CRC {sent:04X}, but the bytes make {made:04X}")) }
}

fn of_host(command: u8, data: &[u8]) -> Decoded {
    let mut fields =
        vec![("direction", Value::from("host->module")), ("opcode", Value::from(format!("{command:02X}")))];
    if let (0x21..=0x28, [high, low, ..]) = (command, data) {
        fields.push(("timeout_ms", Value::from(u16::from_be_bytes([*high, *low]))));
    }
    answer(None, true, fields)
}

fn of_status(command: u8, status: u16, mut fields: Head, data: &[u8]) -> Decoded {
    let (ok, meaning) = match status {
        0x0000 => (true, "done"),
        0x0400 => (true, "no tag"),
        0x0100 => (false, "wrong number of bytes in the command"),
        0x0101 => (false, "no such command"),
        0x0105 => (false, "wrong parameter"),
        0x0504 => (false, "too hot: reading pauses"),
        0x0505 => (false, "high return loss: is the antenna connected?"),
        _ => (false, "refused"),
    };
    fields.extend([("ok", Value::from(ok)), ("meaning", Value::from(meaning))]);
    fields.extend((!data.is_empty()).then(|| ("data", Value::from(hex(data)))));
    answer(Some(command.into()), ok, fields)
}

/// Fields that all tags of a frame share.
type Head = Vec<(&'static str, Value)>;

/// So many tags that use up all bytes.
fn tags(head: &Head, flags: u16, count: u8, bytes: &[u8]) -> Vec<Decoded> {
    let mut rest = bytes;
    let mut said = Vec::new();
    for _ in 0..count {
        match tag(head, flags, rest) {
            Some((decoded, behind)) => {
                said.push(decoded);
                rest = behind;
            }
            None => break,
        }
    }
    if said.len() == usize::from(count) && rest.is_empty() && flags & !KNOWN_FLAGS == 0 {
        return said;
    }
    vec![absurd(format!("{count} tags with metadata {flags:04X} do not fit into {} bytes", bytes.len()))]
}

fn tag<'a>(head: &Head, flags: u16, bytes: &'a [u8]) -> Option<(Decoded, &'a [u8])> {
    let mut fields = head.clone();
    let (gen2, rest) = metadata(flags, bytes, &mut fields)?;
    let (tag, rest) = sized(rest)?;
    let [pc_high, pc_low, epc @ .., crc_high, crc_low] = tag else { return None };
    if !gen2 {
        return Some((absurd("a tag of an air protocol other than Gen2".to_owned()), rest));
    }
    if epc.is_empty() {
        return Some((absurd("a tag with an empty EPC: nothing tells it from another".to_owned()), rest));
    }
    let (sent, made) = (
        u16::from_be_bytes([*crc_high, *crc_low]),
        crc::of_tag(tag.get(..tag.len() - 2).unwrap_or_default()),
    );
    if sent != made {
        let reason = format!("the tag's own CRC is {sent:04X}, but its bytes make {made:04X}");
        return Some((Decoded::Rejected(Rejected { kind: RejectKind::Damaged, reason }), rest));
    }
    let payload = hex(epc);
    fields.extend([
        ("epc", Value::from(payload.as_str())),
        ("pc", Value::from(hex(&[*pc_high, *pc_low]))),
        ("tag_crc", Value::from(format!("{sent:04X}"))),
    ]);
    let read = Read { carrier: Carrier::Uhf, payload, aim: None, terminated: true, fields };
    Some((Decoded::Read(read), rest))
}

/// Takes what the flags announce, and says whether the tag is Gen2.
fn metadata<'a>(flags: u16, bytes: &'a [u8], fields: &mut Head) -> Option<(bool, &'a [u8])> {
    let mut rest = bytes;
    let mut gen2 = true;
    // The order on the wire: that of the flags.
    for flag in (0..16).map(|bit| flags & 1 << bit).filter(|flag| *flag != 0) {
        if flag == DATA {
            let (data, behind) = sized(rest)?;
            fields.extend((!data.is_empty()).then(|| ("data", Value::from(hex(data)))));
            rest = behind;
            continue;
        }
        let (value, behind) = rest.split_at_checked(metadata_bytes(flag))?;
        let number = value.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        match (flag, value) {
            (0x0001, _) => fields.push(("reads", Value::from(number))),
            (0x0002, [rssi]) => fields.push(("rssi_dbm", Value::from(i8::from_be_bytes([*rssi])))),
            (0x0004, _) => fields.push(("antenna", Value::from(format!("{number:02X}")))),
            (0x0008, _) => fields.push(("freq_khz", Value::from(number))),
            (0x0010, _) => fields.push(("timestamp_ms", Value::from(number))),
            (0x0020, _) => fields.push(("phase", Value::from(number))),
            (0x0040, [protocol]) => gen2 = *protocol == GEN2,
            _ => {}
        }
        rest = behind;
    }
    Some((gen2, rest))
}

fn metadata_bytes(flag: u16) -> usize {
    match flag {
        0x0008 => 3,
        0x0010 => 4,
        0x0020 => 2,
        _ => 1,
    }
}

/// Two bytes of a length in bits, and what they measure.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let [high, low, rest @ ..] = bytes else { return None };
    rest.split_at_checked(usize::from(u16::from_be_bytes([*high, *low])).div_ceil(8))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::framed::tests::{all, assert_robust, bytes, decoder, field, read, short};
    use super::*;
    use crate::time::MonoMs;
    use crate::wire::Protocol;

    const TAG: &str =
        "ff2822000010001b01ff0101c4110e16400000012700000500000f00803000000000000000000000001545e94a561d";
    const EPC: &str = "000000000000000000001545";

    /// A frame of the module: opcode and status, and data.
    fn frame(op_status: &str, data: &str) -> Vec<u8> {
        let data = bytes(data);
        let mut frame = bytes(&format!("ff{:02x}{op_status}{}", data.len(), hex(&data)));
        frame.extend(crc::thingmagic(&frame[1..]).to_be_bytes());
        frame
    }

    /// PC, EPC and CRC behind their length.
    fn epc(pc_epc: &str) -> String {
        let tag = bytes(pc_epc);
        format!("{:04x}{}{:04x}", 8 * (tag.len() + 2), hex(&tag), crc::of_tag(&tag))
    }

    fn said(frame: &[u8]) -> Vec<Decoded> {
        all(Protocol::ThingMagic, &[frame])
    }

    #[test]
    fn a_streamed_tag_gives_its_metadata() {
        let read = read(Protocol::ThingMagic, TAG);
        assert_eq!((read.carrier, read.payload.as_str()), (Carrier::Uhf, EPC));
        let expected =
            json!({ "rssi_dbm": -60, "freq_khz": 923_200, "timestamp_ms": 295, "reads": 1, "antenna": "11" });
        for (name, value) in expected.as_object().unwrap() {
            assert_eq!(&field(&read.fields, name), value, "{name}");
        }
    }

    #[test]
    fn a_tag_buffer_holds_several_tags_with_and_without_data() {
        let two = format!("0082 00 02 c4 0010 aabb {} c5 0000 {}", epc("0800aaaa"), epc("1000bbbbbbbb"));
        let said = said(&frame("290000", &two));
        assert_eq!(short(&said), ["AAAA", "BBBBBBBB"]);
        let Decoded::Read(first) = &said[0] else { panic!() };
        assert_eq!(field(&first.fields, "data"), json!("AABB"));
    }

    #[test]
    fn one_bad_tag_of_two_is_damaged_alone() {
        let bad = epc("0800aaaa").replace("aaaa", "aaab").replace("AAAA", "AAAB");
        let said = said(&frame("290000", &format!("0002 00 02 c4 {bad} c5 {}", epc("1000bbbbbbbb"))));
        assert_eq!(short(&said), ["damaged", "BBBBBBBB"]);
    }

    #[test]
    fn what_does_not_fit_is_absurd() {
        assert_eq!(short(&said(&frame("290000", &format!("0002 00 02 c4 {}", epc("0800aaaa"))))), ["absurd"]);
        assert_eq!(short(&said(&frame("290000", &format!("8002 00 01 c4 {}", epc("0800aaaa"))))), ["absurd"]);
        assert_eq!(short(&said(&frame("290000", &format!("0040 00 01 03 {}", epc("0800aaaa"))))), ["absurd"]);
        assert_eq!(short(&said(&frame("290000", &format!("0002 00 01 c4 {}", epc("0000"))))), ["absurd"]);
    }

    #[test]
    fn keep_alives_are_no_fault_and_throttling_is_said() {
        let stream = [frame("220400", ""), bytes(TAG), frame("220504", ""), frame("970000", "")].concat();
        assert_eq!(short(&said(&stream)), ["answer", EPC, "error", "answer"]);
        assert_eq!(short(&said(&frame("220000", "10001b01ff00"))), ["answer"], "the end of reading");
    }

    #[test]
    fn no_answer_without_data_passes_for_a_command() {
        for (command, status) in (0..=0xff_u8).flat_map(|command| [(command, "0000"), (command, "0400")]) {
            let frame = frame(&format!("{command:02x}{status}"), "");
            assert_eq!(ThingMagic.look(&frame), Look::Whole(7), "{command:02x} {status}");
            assert!(!is_of_host(&frame));
        }
    }

    #[test]
    fn commands_heard_back_are_no_fault() {
        let write = bytes("ff0a2403e800000000000300ee589d");
        assert_eq!(short(&said(&[write, bytes(TAG)].concat())), ["answer", EPC]);
    }

    #[test]
    fn wrong_crcs_are_damaged_once_and_what_follows_is_read() {
        let ccitt = bytes(&TAG.replace("561d", "f542"));
        assert_eq!(short(&said(&[ccitt, bytes(TAG)].concat())), ["damaged", EPC]);
        assert_eq!(short(&said(&bytes(&TAG[..40]))), ["damaged"]);
        assert_eq!(short(&said(&[&[0xff; 20][..], &bytes(TAG)].concat())), ["not-mine", EPC]);
    }

    #[test]
    fn a_late_tag_is_stale() {
        let mut decoder = decoder(Protocol::ThingMagic);
        decoder.awaiting(Some(0x97));
        assert_eq!(short(&decoder.handle(&bytes(TAG), MonoMs(0))), ["stale"]);
    }

    #[test]
    fn any_bytes_in_any_chunks_do_no_harm() {
        assert_robust(Protocol::ThingMagic, &[TAG]);
    }
}
