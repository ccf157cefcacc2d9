//! UHF readers of the CF series and "UHF Prime" modules (E710 and kin): frames that begin with CF.
//!
//! ```text
//! CF adr cmd_hi cmd_lo len status data…                                       crc_hi crc_lo
//! CF 00    00    01    12    00   FD8A 01 00 0C EPC·12                           50     57      a tag
//! CF 00    00    01    01    12                                                  42     1D      no tag now
//! CF FF    00    01    05    (from the host: no status) 00 00 00 00 00           F5     B5
//!                                 rssi·2 antenna channel length EPC              len: status and data
//! ```
//!
//! - CRC-16 polynomial 8408, initial FFFF, over everything before it, *high* byte first.
//! - `rssi` is a signed 16-bit number in tenths of a dBm: FD8A is -63.0.
//! - Status 12 ends a round without (more) tags: the idle message of continuous inventory, no fault.
//! - Address FF is everybody: only the host says it. Five bytes of data behind command 0001 are the host's too.
//! - Timing: 115200 8N1, or TCP port 2022. In continuous inventory the reader speaks without being asked.
//! - Holds at most 262 bytes.
//!
//! Verified with bytes of devices: tag, idle message, answer to set power. Only documented: stop inventory, other
//! statuses, EPCs of other lengths than twelve bytes.
//! Source: makers' UHF reader communication interface manual; device captures in `hardware/captures`.

use serde_json::Value;

use super::framed::{Framing, Look, absurd, answer, hex};
use super::{Carrier, Decoded, Read, crc};

const BEGIN: u8 = 0xcf;
const EVERYBODY: u8 = 0xff;
const OVERHEAD: usize = 7;

const INVENTORY: u16 = 0x0001;
const OK: u8 = 0x00;
const IDLE: u8 = 0x12;

/// The framing of these readers.
#[derive(Debug)]
pub struct Cf;

impl Framing for Cf {
    fn start(&self) -> &'static str {
        "CF"
    }

    fn look(&self, bytes: &[u8]) -> Look {
        match *bytes {
            // Command numbers are small: a high byte of them is 00 in all that is documented, and so 0F is generous.
            [BEGIN, _, 0x10..=0xff, ..] => Look::Foreign,
            [BEGIN, _, _, _, len, ..] => whole(bytes, OVERHEAD + usize::from(len)),
            [BEGIN, ..] => Look::Begun(OVERHEAD),
            _ => Look::Foreign,
        }
    }

    fn command(&self, frame: &[u8]) -> Option<u16> {
        match frame {
            [_, addr, high, low, ..] if *addr != EVERYBODY => Some(u16::from_be_bytes([*high, *low])),
            _ => None,
        }
    }

    fn judge(&self, frame: &[u8]) -> Vec<Decoded> {
        let [_, addr, high, low, _, data @ .., _, _] = frame else { return Vec::new() };
        let command = u16::from_be_bytes([*high, *low]);
        vec![match (*addr, command, data) {
            (EVERYBODY, ..) | (_, INVENTORY, [_, _, _, _, _]) | (_, _, []) => of_host(command),
            (_, INVENTORY, [OK, tag @ ..]) if !tag.is_empty() => self::tag(command, *addr, tag),
            (_, _, [status, data @ ..]) => of_status(command, *status, data),
        }]
    }
}

fn whole(bytes: &[u8], size: usize) -> Look {
    let Some([checked @ .., high, low]) = bytes.get(..size) else { return Look::Begun(size) };
    let (sent, made) = (u16::from_be_bytes([*high, *low]), crc::chafon(checked));
    if sent == made {
        return Look::Whole(size);
    }
    Look::damaged(size, format!("CRC {sent:04X}, but the bytes make {made:04X}"))
}

fn called(command: u16) -> String {
    let name = match command {
        0x0001 => " inventory",
        0x0002 => " stop inventory",
        0x0053 => " set power",
        _ => "",
    };
    format!("{command:04X}{name}")
}

fn of_host(command: u16) -> Decoded {
    let meaning = if command == INVENTORY { "continuous inventory".to_owned() } else { called(command) };
    let fields = vec![("direction", Value::from("host->reader")), ("meaning", Value::from(meaning))];
    answer(None, true, fields)
}

fn tag(command: u16, addr: u8, data: &[u8]) -> Decoded {
    let [rssi_high, rssi_low, antenna, channel, len, epc @ ..] = data else {
        return absurd(format!("a tag of {} bytes: expected signal, antenna, channel and EPC", data.len()));
    };
    if epc.is_empty() || epc.len() != usize::from(*len) {
        return absurd(format!("an EPC of {} bytes, but its length says {len}", epc.len()));
    }
    let payload = hex(epc);
    let deci_dbm = i16::from_be_bytes([*rssi_high, *rssi_low]);
    let fields = vec![
        ("epc", Value::from(payload.as_str())),
        ("cmd", Value::from(format!("{command:04X}"))),
        ("addr", Value::from(addr)),
        ("status", Value::from(OK)),
        ("rssi_dbm", Value::from(f64::from(deci_dbm) / 10.0)),
        ("antenna", Value::from(*antenna)),
        ("channel", Value::from(*channel)),
    ];
    Decoded::Read(Read { carrier: Carrier::Uhf, payload, aim: None, terminated: true, fields })
}

fn of_status(command: u16, status: u8, data: &[u8]) -> Decoded {
    let (ok, meaning) = match (command, status) {
        (_, OK) => (true, "done"),
        (INVENTORY, IDLE) => (true, "inventory round idle"),
        (_, 0x01) => (false, "wrong parameter or value out of range"),
        (_, 0x02) => (false, "the command failed inside the reader"),
        (_, 0x14) => (false, "the tag did not answer in time"),
        _ => (false, "refused"),
    };
    let mut fields = vec![
        ("cmd", Value::from(called(command))),
        ("status", Value::from(format!("{status:02X}"))),
        ("ok", Value::from(ok)),
        ("meaning", Value::from(meaning)),
    ];
    fields.extend((!data.is_empty()).then(|| ("data", Value::from(hex(data)))));
    answer(Some(command), ok, fields)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::framed::tests::{all, assert_robust, bytes, decoder, field, read, short};
    use super::*;
    use crate::time::MonoMs;
    use crate::wire::Protocol;

    const TAG: &str = "cf0000011200fd8a01000ce280691500004020ed9648b35057";
    const IDLE: &str = "cf0000010112421d";

    fn frame(body: &str) -> Vec<u8> {
        let mut frame = bytes(&format!("cf{body}"));
        frame.extend(crc::chafon(&frame).to_be_bytes());
        frame
    }

    #[test]
    fn a_tag_gives_its_epc_signal_and_antenna() {
        let read = read(Protocol::Cf, TAG);
        assert_eq!((read.carrier, read.payload.as_str()), (Carrier::Uhf, "E280691500004020ED9648B3"));
        assert_eq!(field(&read.fields, "rssi_dbm"), json!(-63.0));
        assert_eq!(field(&read.fields, "antenna"), json!(1));
    }

    #[test]
    fn epcs_have_any_length_that_their_length_says() {
        assert_eq!(short(&all(Protocol::Cf, &[&frame("0000010a00fd8a010004cf0000cf")])), ["CF0000CF"]);
        assert_eq!(short(&all(Protocol::Cf, &[&frame("0000010a00fd8a010003cf0000cf")])), ["absurd"]);
        assert_eq!(short(&all(Protocol::Cf, &[&frame("0000010600fd8a010000")])), ["absurd"]);
        assert_eq!(short(&all(Protocol::Cf, &[&frame("0000010300fd8a")])), ["absurd"]);
    }

    #[test]
    fn idle_messages_and_the_host_are_no_fault() {
        let stream = [IDLE, TAG, "cfff0001050000000000f5b5", "cf000053010047d5", IDLE].concat();
        let expected = ["answer", "E280691500004020ED9648B3", "answer", "answer", "answer"];
        assert_eq!(short(&all(Protocol::Cf, &[&bytes(&stream)])), expected);
        assert_eq!(short(&all(Protocol::Cf, &[&frame("0000530101")])), ["error"]);
    }

    #[test]
    fn wrong_crcs_are_damaged_once_and_what_follows_is_read() {
        let spoilt = bytes(&TAG.replace("5057", "5750"));
        let said = all(Protocol::Cf, &[&spoilt, &bytes(TAG), &bytes(&TAG[..30])]);
        assert_eq!(short(&said), ["damaged", "E280691500004020ED9648B3", "damaged"]);
        assert_eq!(
            short(&all(Protocol::Cf, &[b"OK\r\n", &bytes(TAG)])),
            ["not-mine", "E280691500004020ED9648B3"]
        );
    }

    #[test]
    fn a_late_tag_is_stale() {
        let mut decoder = decoder(Protocol::Cf);
        decoder.awaiting(Some(0x53));
        let stream = bytes(&[TAG, "cf000053010047d5"].concat());
        assert_eq!(short(&decoder.handle(&stream, MonoMs(0))), ["stale", "answer"]);
    }

    #[test]
    fn any_bytes_in_any_chunks_do_no_harm() {
        assert_robust(Protocol::Cf, &[TAG]);
    }
}
