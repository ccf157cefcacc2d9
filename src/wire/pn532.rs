//! 13.56 MHz cards through an NXP PN532 on its high-speed UART (HSU).
//!
//! ```text
//! 00 00 FF  LEN LCS  D5 cmd+1 data…  DCS 00     answer; LEN counts D5…data, LEN + LCS = 0, D5 + … + DCS = 0 (mod 256)
//! 00 00 FF  FF FF LENhi LENlo LCS  D5 …         extended: more than 255 bytes
//! 00 00 FF  00 FF  00                           ACK          00 00 FF FF 00 00  NACK
//! 00 00 FF  01 FF  7F 81 00                     error frame: the command was malformed
//! 55 55 00 … 00 FF  LEN LCS  D4 cmd data…       from the host, with the wake-up in front
//!
//! D5 4B  n  n × ( Tg  SENS_RES·2  SAK  idlen  id…  [ATS: its length first] )   InListPassiveTarget, ISO 14443 A
//! D5 4B  n  n × ( Tg  12|14  01  IDm·8  PMm·8  [system code·2] )               the same, FeliCa
//! D5 61  n  n × ( kind  length  target as above )                              InAutoPoll
//! ```
//!
//! - Timing: 115200 8N1. Without the wake-up `55 55 00…` the chip stays in its low-power mode and says nothing. The ACK
//!   and the answer come in one read as a rule; an ACK is nothing here. One answer per question: it does not repeat by itself.
//! - `n` = 0 is "no card", not a fault.
//! - Four-byte ids beginning with 08 are drawn at random for each session (ISO 14443-3): the field `random` says so. Four
//!   bytes beginning with 88 are one half of a longer id and *absurd*.
//! - Quirks: one card's checksum stands as a constant in many listings and is no end mark. A weak field can shift a
//!   seven-byte id without an error. Cards that copy another's id cannot be told apart.
//! - An ATS is there where SAK has bit 20, unless the chip was told not to ask: both are tried, and exactly one layout fits.
//! - Holds at most [`FRAME_BYTES`] bytes; longer frames exist only for data that no reader here asks for.
//!
//! Verified with bytes of devices: PN532 v1.6 boards on CH340 and FTDI adapters, one card of four and one of seven bytes, no
//! card, SAMConfiguration, GetFirmwareVersion, the error frame. Only documented: two cards at once, ATS, FeliCa,
//! InAutoPoll, extended frames.
//! Source: NXP UM0701-02 (PN532 user manual); device captures in `hardware/captures`.

use serde_json::Value;

use super::framed::{Framing, Look, absurd, answer, hex};
use super::{Carrier, Decoded, Read};

/// The most bytes of a frame, padding before it and all.
pub const FRAME_BYTES: usize = PADDING_MAX + 8 + BODY_MAX;

const PADDING_MAX: usize = 32;
const BODY_MAX: usize = 265;

const FROM_CHIP: u8 = 0xd5;
const FROM_HOST: u8 = 0xd4;
const ERROR: u8 = 0x7f;

const GET_FIRMWARE_VERSION: u8 = 0x02;
const SAM_CONFIGURATION: u8 = 0x14;
const IN_LIST_PASSIVE_TARGET: u8 = 0x4a;
const IN_AUTO_POLL: u8 = 0x60;

/// The framing of a PN532.
#[derive(Debug)]
pub struct Pn532;

/// Where the body of a frame lies, as far as its head says.
#[derive(Debug)]
enum Head {
    /// Not enough bytes yet: so many at least.
    More(usize),
    /// ACK or NACK.
    Handshake,
    Body {
        from: usize,
        len: usize,
    },
    Wrong(String),
}

impl Framing for Pn532 {
    fn start(&self) -> &'static str {
        "00 00 FF"
    }

    fn look(&self, bytes: &[u8]) -> Look {
        let padding = padding(bytes);
        match bytes.get(padding) {
            None if padding < PADDING_MAX => return Look::Idle,
            Some(0xff) if padding > 0 && padding <= PADDING_MAX && bytes.get(padding - 1) == Some(&0) => {}
            _ if padding > 0 => return Look::Padding,
            _ => return Look::Foreign,
        }
        let head = padding + 3;
        match self::head(bytes.get(padding + 1..).unwrap_or_default()) {
            Head::More(more) => Look::Begun(padding + 1 + more),
            Head::Handshake => Look::Whole(head),
            Head::Wrong(reason) => Look::damaged(head, reason),
            Head::Body { len, .. } if len == 0 || len > BODY_MAX => {
                Look::absurd(head, format!("a frame of {len} bytes: expected 1 to {BODY_MAX}"))
            }
            Head::Body { from, len } => body(bytes, padding + 1 + from, len),
        }
    }

    fn command(&self, frame: &[u8]) -> Option<u16> {
        match message(frame) {
            [FROM_CHIP, code, ..] => Some(u16::from(code.wrapping_sub(1))),
            _ => None,
        }
    }

    fn judge(&self, frame: &[u8]) -> Vec<Decoded> {
        match message(frame) {
            [] => Vec::new(),
            [ERROR] => {
                let what = "PN532 application-level syntax error frame";
                vec![answer(None, false, vec![("error", Value::from(what))])]
            }
            [FROM_HOST, command, data @ ..] => vec![of_host(frame, *command, data)],
            [FROM_CHIP, code, data @ ..] => of_chip(code.wrapping_sub(1), data),
            [other, ..] => vec![absurd(format!("a frame from {other:02X}: expected D5, the chip"))],
        }
    }
}

/// How many bytes in front belong to the wake-up or the preamble.
fn padding(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, 0 | 0x55)).count()
}

/// The head of a frame, from behind its `FF`.
fn head(bytes: &[u8]) -> Head {
    match *bytes {
        [] | [_] => Head::More(2),
        [0x00, 0xff, ..] | [0xff, 0x00, ..] => Head::Handshake,
        [0xff, 0xff, high, low, check, ..] if sum(&[high, low, check]) == 0 => {
            Head::Body { from: 5, len: usize::from(u16::from_be_bytes([high, low])) }
        }
        [0xff, 0xff, high, low, check, ..] => {
            Head::Wrong(format!("length {high:02X}{low:02X} with check {check:02X}: expected a sum of 0"))
        }
        [0xff, 0xff, ..] => Head::More(5),
        [len, check, ..] if sum(&[len, check]) == 0 => Head::Body { from: 2, len: usize::from(len) },
        [len, check, ..] => {
            Head::Wrong(format!("length {len:02X} with check {check:02X}: expected a sum of 0"))
        }
    }
}

fn body(bytes: &[u8], from: usize, len: usize) -> Look {
    let end = from + len + 1;
    match bytes.get(from..end) {
        None => Look::Begun(end),
        Some(checked) if sum(checked) == 0 => Look::Whole(end),
        Some(checked) => {
            let reason = format!("the checksum is off by {:02X}: expected a sum of 0", sum(checked));
            Look::damaged(end, reason)
        }
    }
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum: u8, byte| sum.wrapping_add(*byte))
}

/// What stands between the head and the checksum of a whole frame; nothing in an ACK.
fn message(frame: &[u8]) -> &[u8] {
    let behind = frame.get(padding(frame) + 1..).unwrap_or_default();
    match head(behind) {
        Head::Body { from, len } => behind.get(from..from + len).unwrap_or_default(),
        _ => &[],
    }
}

fn name(command: u8) -> Option<&'static str> {
    Some(match command {
        GET_FIRMWARE_VERSION => "GetFirmwareVersion",
        SAM_CONFIGURATION => "SAMConfiguration",
        0x32 => "RFConfiguration",
        0x40 => "InDataExchange",
        IN_LIST_PASSIVE_TARGET => "InListPassiveTarget",
        0x52 => "InRelease",
        IN_AUTO_POLL => "InAutoPoll",
        _ => return None,
    })
}

fn called(command: u8) -> String {
    name(command).map_or_else(|| format!("{command:02X}"), str::to_owned)
}

/// A command that the host sent, heard back.
fn of_host(frame: &[u8], command: u8, data: &[u8]) -> Decoded {
    let mode = match (command, data) {
        (SAM_CONFIGURATION, [1, ..]) => " normal mode",
        _ => "",
    };
    let wake_up = if frame.first() == Some(&0x55) { "HSU wake-up preamble then " } else { "" };
    let meaning = format!("{wake_up}{}{mode}", called(command));
    let fields = vec![("direction", Value::from("host->PN532")), ("meaning", Value::from(meaning))];
    answer(None, true, fields)
}

fn of_chip(command: u8, data: &[u8]) -> Vec<Decoded> {
    match (command, data) {
        (IN_LIST_PASSIVE_TARGET | IN_AUTO_POLL, [0, ..]) => {
            vec![answer(Some(command.into()), true, vec![("targets", Value::from(0))])]
        }
        (IN_LIST_PASSIVE_TARGET, [count, targets @ ..]) => reads(*count, of_list(*count, targets)),
        (IN_AUTO_POLL, [count, targets @ ..]) => reads(*count, of_auto_poll(*count, targets)),
        _ => vec![of_set_up(command, data)],
    }
}

fn of_set_up(command: u8, data: &[u8]) -> Decoded {
    let mut fields = vec![("response_to", Value::from(called(command))), ("ok", Value::from(true))];
    match (command, data) {
        (GET_FIRMWARE_VERSION, [ic, version, revision, support]) => fields.extend([
            ("ic", Value::from(if *ic == 0x32 { "32 (PN532)".to_owned() } else { format!("{ic:02X}") })),
            ("version", Value::from(format!("{version}.{revision}"))),
            ("support", Value::from(*support)),
        ]),
        (_, []) => {}
        _ => fields.push(("data", Value::from(hex(data)))),
    }
    answer(Some(command.into()), true, fields)
}

/// One card: its id and what else was said of it.
type Target = (Vec<u8>, Vec<(&'static str, Value)>);

fn reads(count: u8, targets: Option<Vec<Target>>) -> Vec<Decoded> {
    let Some(targets) = targets else {
        let reason = format!("{count} cards whose data do not fit: expected ISO 14443 A or FeliCa");
        return vec![absurd(reason)];
    };
    targets.into_iter().map(|target| read(count, target)).collect()
}

fn read(count: u8, (id, rest): Target) -> Decoded {
    let payload = hex(&id);
    if matches!(id.as_slice(), [0x88, _, _, _]) || id.iter().all(|byte| *byte == 0) {
        return absurd(format!("card id {payload}: no card has it, it was read only in part"));
    }
    let mut fields = vec![("uid", Value::from(payload.as_str())), ("targets", Value::from(count))];
    fields.extend(rest);
    if matches!(id.as_slice(), [0x08, _, _, _]) {
        fields.push(("random", Value::from(true)));
    }
    Decoded::Read(Read { carrier: Carrier::Hf, payload, aim: None, terminated: true, fields })
}

/// As many targets as were counted, using up all bytes. The chip serves two at most.
fn of_list(count: u8, bytes: &[u8]) -> Option<Vec<Target>> {
    if count == 0 {
        return bytes.is_empty().then(Vec::new);
    }
    if count > 2 {
        return None;
    }
    [type_a(bytes, true), type_a(bytes, false), felica(bytes)].into_iter().flatten().find_map(
        |(target, rest)| {
            let mut targets = vec![target];
            targets.extend(of_list(count - 1, rest)?);
            Some(targets)
        },
    )
}

fn of_auto_poll(count: u8, bytes: &[u8]) -> Option<Vec<Target>> {
    let mut rest = bytes;
    let mut targets = Vec::new();
    for _ in 0..count.min(2) {
        let [_kind, len, behind @ ..] = rest else { return None };
        let (target, next) = behind.split_at_checked(usize::from(*len))?;
        targets.extend(of_list(1, target)?);
        rest = next;
    }
    (count <= 2 && rest.is_empty()).then_some(targets)
}

/// The card of ISO 14443 A in front, and the bytes behind it.
fn type_a(bytes: &[u8], with_ats: bool) -> Option<(Target, &[u8])> {
    let [_number, sens_high, sens_low, sak, id_len @ (4 | 7 | 10), rest @ ..] = bytes else { return None };
    let (id, mut rest) = rest.split_at_checked(usize::from(*id_len))?;
    let mut fields = vec![
        ("sens_res", Value::from(hex(&[*sens_high, *sens_low]))),
        ("sak", Value::from(format!("{sak:02X}"))),
    ];
    if with_ats {
        let ats_len = usize::from(*rest.first().filter(|len| sak & 0x20 != 0 && **len > 0)?);
        let (ats, behind) = rest.split_at_checked(ats_len)?;
        fields.push(("ats", Value::from(hex(ats))));
        rest = behind;
    }
    Some(((id.to_vec(), fields), rest))
}

/// The FeliCa card in front, and the bytes behind it.
fn felica(bytes: &[u8]) -> Option<(Target, &[u8])> {
    let [_number, len @ (0x12 | 0x14), 0x01, ..] = bytes else { return None };
    let (target, rest) = bytes.split_at_checked(1 + usize::from(*len))?;
    let (idm, pmm) = (target.get(3..11)?, target.get(11..19)?);
    Some(((idm.to_vec(), vec![("kind", Value::from("felica")), ("pmm", Value::from(hex(pmm)))]), rest))
}

#[cfg(test)]
mod tests;
