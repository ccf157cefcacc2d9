//! Zebra's Simple Serial Interface (SSI): serial and USB-CDC scanners of Symbol, Motorola and Zebra that want an answer.
//!
//! ```text
//! len opcode source status data… ck ck     len: bytes up to the checksum, 4 to 255
//! 07  F3     00     00     01 4E 52 FE 65  source: 00 scanner, 04 host
//! status: 01 sent again · 02 more packets follow · 08 a change is permanent; others are seen and mean nothing here
//!
//! F3 decode data     code type, text        73 segment   number, then for number 0: F3, length (4), code type, 01,
//! C6 parameters      beep, number value …                length of the text (2); then text, in each
//! 80 attributes      length (2), 02, 00, attribute …     D0 ACK · D1 NAK · 74 ACK of a segment · F6 event
//! ```
//!
//! - Check: the two's complement of the sum of all bytes, 16 bits, big-endian. Framing is by length; where no packet
//!   begins, or its check is wrong, the search goes on one byte later. A cut packet ends with [`GAP_MS`] of silence.
//! - The scanner waits for its ACK and sends again when none comes within 2 s (settable up to 9.9 s). A packet that says
//!   so and equals the one before is acknowledged and is no second scan; after damage it is the first.
//! - Long codes come as F3 packets with status 02 and a last one without, each with its code type, or as numbered
//!   segments (73). They are joined while they fit and come within [`JOIN_MS`], up to
//!   [`TEXT_BYTES_MAX`](super::text::TEXT_BYTES_MAX) bytes.
//! - The code type is not an AIM identifier; `symbology` has the table. Types of setup codes are no scans.
//! - `NR` is what a scanner sends that read nothing. It is told and never a code.
//! - `host` has what it is told: beeps, lights, and to leave them to the host.
//! - No NAK is sent: where a packet is damaged the scanner sends it again by itself.
//!
//! Verified on bytes that public projects publish for the Motorola SE3307 and the Zebra RS5100 and RS51. Only
//! documented: time-outs, F6, and code types other than 01. Sources: Zebra, Simple Serial Interface
//! Programmer's Guide (72E-40451); segments and 74 as observed by open-source drivers. Bytes in `hardware/captures`.

use serde_json::Value;

use super::{Answer, Decoded, Outgoing, RejectKind, Rejected, text};
use crate::time::MonoMs;

mod answers;
mod host;
mod symbology;

pub use host::{beep, host_driven, lights_off, lights_on};

/// Silence that ends a packet that is not whole, in milliseconds: what scanners themselves allow between bytes.
pub const GAP_MS: u64 = 200;
/// The longest wait for the next packet of a code, in milliseconds: the longest response time-out and a resend.
pub const JOIN_MS: u64 = 10_000;
/// A packet sent again comes within so many milliseconds.
const RESENT_MS: u64 = 10_000;

/// Bytes before the data.
const HEADER: usize = 4;
const CHECKSUM: usize = 2;

const DECODE_DATA: u8 = 0xf3;
const SEGMENT: u8 = 0x73;
const SEGMENT_ACK: u8 = 0x74;
const PARAMETERS: u8 = 0xc6;
const EVENT: u8 = 0xf6;
const ATTRIBUTES: u8 = 0x80;
const ACK: u8 = 0xd0;
const NAK: u8 = 0xd1;

const SCANNER: u8 = 0x00;
const HOST: u8 = 0x04;

const SENT_AGAIN: u8 = 0x01;
const MORE_FOLLOWS: u8 = 0x02;

/// A packet to the scanner: length and checksum are put around its opcode and data. Data beyond 251 bytes is cut.
pub fn packet(opcode: u8, data: &[u8]) -> Vec<u8> {
    let data = data.get(..usize::from(u8::MAX) - HEADER).unwrap_or(data);
    let len = u8::try_from(HEADER + data.len()).unwrap_or(u8::MAX);
    let mut bytes = vec![len, opcode, HOST, 0];
    bytes.extend(data);
    let check = checksum(&bytes);
    bytes.extend(check.to_be_bytes());
    bytes
}

fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0_u16, |sum, &byte| sum.wrapping_add(u16::from(byte))).wrapping_neg()
}

/// What stands at the front of the bytes.
enum Front {
    /// No packet begins here.
    Foreign(u8),
    /// A packet may begin here; it has so many bytes.
    Short(usize),
    /// As long as a packet, and its check is wrong.
    Wrong { len: usize, said: u16, made: u16 },
    /// A packet of so many bytes.
    Whole(usize),
}

fn front(bytes: &[u8]) -> Option<Front> {
    let &len = bytes.first()?;
    let source_fits = bytes.get(2).is_none_or(|&source| matches!(source, SCANNER | MORE_FOLLOWS | HOST));
    if usize::from(len) < HEADER || !source_fits {
        return Some(Front::Foreign(len));
    }
    let (body_len, len) = (usize::from(len), usize::from(len) + CHECKSUM);
    let (Some(body), Some([hi, lo])) = (bytes.get(..body_len), bytes.get(body_len..len)) else {
        return Some(Front::Short(len));
    };
    let (said, made) = (u16::from_be_bytes([*hi, *lo]), checksum(body));
    Some(if said == made { Front::Whole(len) } else { Front::Wrong { len, said, made } })
}

/// A packet without its length and checksum.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Packet {
    opcode: u8,
    source: u8,
    status: u8,
    data: Vec<u8>,
}

impl Packet {
    fn of(frame: &[u8]) -> Option<Self> {
        let body = frame.get(..frame.len().checked_sub(CHECKSUM)?)?;
        let [_, opcode, source, status, data @ ..] = body else { return None };
        Some(Self { opcode: *opcode, source: *source, status: *status, data: data.to_vec() })
    }

    fn says(&self, bit: u8) -> bool {
        self.status & bit != 0
    }

    fn header(&self) -> Vec<(&'static str, Value)> {
        vec![
            ("opcode", Value::from(format!("{:02X}", self.opcode))),
            ("source", Value::from(self.source)),
            ("status", Value::from(self.status)),
        ]
    }

    /// What the scanner waits for.
    fn reply(&self) -> Option<Decoded> {
        match self.opcode {
            _ if self.source == HOST => None,
            DECODE_DATA | PARAMETERS | EVENT => Some(Decoded::Reply(Outgoing::Bytes(packet(ACK, &[])))),
            SEGMENT => Some(Decoded::Reply(Outgoing::Bytes(packet(SEGMENT_ACK, &[])))),
            _ => None,
        }
    }
}

/// A code of which packets are still to come.
#[derive(Debug)]
struct Joined {
    header: Vec<(&'static str, Value)>,
    code_type: u8,
    text: Vec<u8>,
    packets: u32,
    /// Bytes that segments have brought, and how many they announced.
    segments: Option<(usize, usize)>,
    /// It was too long and has been said to be.
    skipping: bool,
    deadline: MonoMs,
}

impl Joined {
    fn fields(&self) -> Vec<(&'static str, Value)> {
        let mut fields = self.header.clone();
        fields.push(("symbology", Value::from(self.code_type)));
        fields.push(("data", Value::from(text::lossless(&self.text))));
        if self.packets > 1 {
            fields.push(("packets", Value::from(self.packets)));
        }
        fields
    }

    /// Adds the text of one more packet, or says that there is too much.
    fn add(&mut self, text: &[u8], at: MonoMs) -> Option<Decoded> {
        self.packets = self.packets.saturating_add(1);
        self.deadline = at.plus(JOIN_MS);
        if let Some((seen, _)) = &mut self.segments {
            *seen = seen.saturating_add(text.len());
        }
        if self.skipping {
            return None;
        }
        if self.text.len() + text.len() > text::TEXT_BYTES_MAX {
            self.text = Vec::new();
            self.skipping = true;
            return Some(text::endless_parts());
        }
        self.text.extend(text);
        None
    }

    fn judge(self) -> Option<Decoded> {
        let mut fields = self.fields();
        if self.skipping {
            return None;
        }
        if text::is_no_read(&self.text) {
            fields.push(("no_read", Value::from(true)));
            return Some(Decoded::Answer(Answer::of(fields)));
        }
        if symbology::is_setup(self.code_type) {
            return Some(Decoded::Answer(Answer::of(fields)));
        }
        Some(text::judge_checked(&self.text, symbology::aim(self.code_type), fields))
    }
}

/// The decoder of one scanner. Holds at most one packet of 257 bytes, the one before, and one code of the greatest
/// length.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// So many bytes at the front belong to what was rejected already.
    blamed: usize,
    /// The bytes before were no packet, and that has been said.
    in_noise: bool,
    /// When the last byte of a packet came that is not whole.
    heard: Option<MonoMs>,
    joined: Option<Joined>,
    before: Option<(Packet, MonoMs)>,
}

impl Decoder {
    /// Takes bytes that came at `at` in any chunking, and says of every packet that ended in them what it was.
    pub fn handle(&mut self, bytes: &[u8], at: MonoMs) -> Vec<Decoded> {
        let mut said = self.handle_timeout(at);
        for &byte in bytes {
            self.buffer.push(byte);
            self.search(false, at, &mut said);
        }
        self.heard = (!self.buffer.is_empty()).then_some(at);
        said
    }

    /// When silence ends a packet, or a code of which packets are missing.
    pub fn poll_timeout(&self) -> Option<MonoMs> {
        let joined = self.joined.as_ref().map(|joined| joined.deadline);
        [self.heard.map(|heard| heard.plus(GAP_MS)), joined].into_iter().flatten().min()
    }

    /// Ends what has been silent for too long.
    pub fn handle_timeout(&mut self, now: MonoMs) -> Vec<Decoded> {
        let mut said = Vec::new();
        if let Some(heard) = self.heard.take_if(|heard| heard.plus(GAP_MS) <= now) {
            self.search(true, heard, &mut said);
        }
        if self.joined.as_ref().is_some_and(|joined| joined.deadline <= now) {
            self.give_up("silence", &mut said);
        }
        said
    }

    /// The device is gone: what is not whole is damaged.
    pub fn finish(&mut self) -> Vec<Decoded> {
        let mut said = Vec::new();
        self.search(true, MonoMs::default(), &mut said);
        self.give_up("the end of the input", &mut said);
        *self = Self::default();
        said
    }

    /// Takes packets off the front of the bytes until more must come; with `to_the_end` nothing more will.
    fn search(&mut self, to_the_end: bool, at: MonoMs, said: &mut Vec<Decoded>) {
        while let Some(front) = front(&self.buffer) {
            match front {
                Front::Short(_) if !to_the_end => return,
                Front::Whole(len) => {
                    let frame: Vec<u8> = self.buffer.drain(..len).collect();
                    (self.blamed, self.in_noise) = (self.blamed.saturating_sub(len), false);
                    if let Some(packet) = Packet::of(&frame) {
                        self.take(packet, at, said);
                    }
                    continue;
                }
                Front::Foreign(byte) => self.blame_noise(byte, said),
                Front::Short(len) => {
                    let have = self.buffer.len();
                    self.blame(
                        have,
                        format!("packet of {have} bytes: expected {len} by its first one"),
                        said,
                    );
                }
                Front::Wrong { len, said: check, made } => {
                    let reason = format!("checksum {check:04X}, but the bytes before it make {made:04X}");
                    self.blame(len, reason, said);
                }
            }
            self.buffer.drain(..1);
            self.blamed = self.blamed.saturating_sub(1);
        }
    }

    fn blame_noise(&mut self, byte: u8, said: &mut Vec<Decoded>) {
        if self.in_noise || self.blamed > 0 {
            return;
        }
        self.in_noise = true;
        let reason = format!(
            "bytes outside a packet, the first {byte:02X}: expected a length of 04 or more, then the opcode and 00"
        );
        said.push(rejected(RejectKind::NotMine, reason));
    }

    fn blame(&mut self, bytes: usize, reason: String, said: &mut Vec<Decoded>) {
        if self.blamed > 0 {
            return;
        }
        (self.blamed, self.in_noise, self.before) = (bytes, true, None);
        said.push(rejected(RejectKind::Damaged, reason));
    }

    fn take(&mut self, packet: Packet, at: MonoMs, said: &mut Vec<Decoded>) {
        said.extend(packet.reply());
        if self.is_resent(&packet, at) {
            let mut fields = packet.header();
            fields.push(("resent", Value::from(true)));
            said.push(Decoded::Answer(Answer::of(fields)));
            return;
        }
        let is_acknowledgement = matches!(packet.opcode, ACK | NAK);
        match packet.opcode {
            DECODE_DATA if packet.source != HOST => self.decode_data(&packet, at, said),
            SEGMENT if packet.source != HOST => self.segment(&packet, at, said),
            _ => said.push(Decoded::Answer(Answer::of(told(&packet)))),
        }
        // Between a packet and its resend the scanner may acknowledge what the host told it.
        if !is_acknowledgement {
            self.before = Some((packet, at));
        }
    }

    /// Numbered segments need not say that they are sent again.
    fn is_resent(&self, packet: &Packet, at: MonoMs) -> bool {
        let Some((before, when)) = &self.before else { return false };
        let same = Packet { status: before.status, ..packet.clone() } == *before
            && (packet.status ^ before.status) & !SENT_AGAIN == 0;
        let says_so = packet.says(SENT_AGAIN) || packet.opcode == SEGMENT;
        same && says_so && at.since(*when) <= RESENT_MS
    }

    fn decode_data(&mut self, packet: &Packet, at: MonoMs, said: &mut Vec<Decoded>) {
        let Some((&code_type, text)) = packet.data.split_first() else {
            said.push(rejected(RejectKind::Absurd, "decode data without a code type".to_owned()));
            return;
        };
        let fits = |joined: &Joined| joined.code_type == code_type && joined.segments.is_none();
        if !self.joined.as_ref().is_some_and(fits) {
            self.give_up("another code", said);
        }
        let joined = self.joined.get_or_insert_with(|| begin(packet, code_type, None));
        joined.header = packet.header();
        said.extend(joined.add(text, at));
        if !packet.says(MORE_FOLLOWS) {
            said.extend(self.joined.take().and_then(Joined::judge));
        }
    }

    fn segment(&mut self, packet: &Packet, at: MonoMs, said: &mut Vec<Decoded>) {
        let text = match packet.data.as_slice() {
            [0, DECODE_DATA, _, _, _, _, code_type, _, hi, lo, text @ ..] => {
                self.give_up("another code", said);
                let announced = usize::from(u16::from_be_bytes([*hi, *lo]));
                self.joined = Some(begin(packet, *code_type, Some((0, announced))));
                text
            }
            [number, text @ ..] if self.expects(*number) => text,
            _ => {
                self.give_up("a segment that does not follow", said);
                let reason = "segment of a code whose other segments did not come".to_owned();
                said.push(rejected(RejectKind::Damaged, reason));
                return;
            }
        };
        let Some(joined) = &mut self.joined else { return };
        said.extend(joined.add(text, at));
        match joined.segments {
            Some((seen, announced)) if seen == announced => {
                said.extend(self.joined.take().and_then(Joined::judge));
            }
            Some((seen, announced)) if seen > announced => self.give_up("more text than announced", said),
            _ => {}
        }
    }

    fn expects(&self, number: u8) -> bool {
        let next = |joined: &Joined| {
            joined.segments.is_some() && joined.packets & 0xff == u32::from(number) && joined.packets > 0
        };
        self.joined.as_ref().is_some_and(next)
    }

    /// The rest of a code will not come: says what there was, and that it is none.
    fn give_up(&mut self, by: &str, said: &mut Vec<Decoded>) {
        let Some(joined) = self.joined.take().filter(|joined| !joined.skipping) else { return };
        let reason =
            format!("code of several packets cut off by {by} after {} bytes of text", joined.text.len());
        said.push(Decoded::Answer(Answer::of(joined.fields())));
        said.push(rejected(RejectKind::Damaged, reason));
    }
}

fn begin(packet: &Packet, code_type: u8, segments: Option<(usize, usize)>) -> Joined {
    Joined {
        header: packet.header(),
        code_type,
        text: Vec::new(),
        packets: 0,
        segments,
        skipping: false,
        deadline: MonoMs::default(),
    }
}

/// What a packet says that carries no code.
fn told(packet: &Packet) -> Vec<(&'static str, Value)> {
    let mut fields = packet.header();
    match packet.opcode {
        PARAMETERS => fields.extend(answers::parameters(&packet.data)),
        ATTRIBUTES => fields.extend(answers::attributes(&packet.data)),
        _ => {}
    }
    if !packet.data.is_empty() {
        fields.push(("bytes", Value::from(answers::hex(&packet.data))));
    }
    fields
}

fn rejected(kind: RejectKind, reason: String) -> Decoded {
    Decoded::Rejected(Rejected { kind, reason })
}

#[cfg(test)]
mod tests;
