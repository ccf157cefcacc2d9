//! What a host tells a scanner: its beeper, its lights, and to leave both to the host.
//!
//! ```text
//! E6 BEEP     code: 00-04 one to five short high · 05-09 short low · 0A-0E long high · 0F-13 long low · 14-1A melodies
//! E7 LED_ON   bits: 01 green (decode), 02 red · E8 LED_OFF the same, FF all
//! C6 PARAM_SEND  FF (no beep), EE 01 (decode data in packets), 38 00 (no beep at decode); status 00: until it loses power
//! ```
//!
//! Each is acknowledged (D0) or refused (D1) by the scanner; one command at a time. Opcodes as in the manuals of the DS9908
//! and MP72; beep codes, light bits and parameters as several public hosts send them.

use super::packet;
use crate::wire::Outgoing;

const PARAM_SEND: u8 = 0xc6;
const BEEP: u8 = 0xe6;
const LED_ON: u8 = 0xe7;
const LED_OFF: u8 = 0xe8;

const NO_BEEP: u8 = 0xff;
const PACKETS: u8 = 0xee;
const BEEP_AT_DECODE: u8 = 0x38;

const GREEN: u8 = 0x01;
const RED: u8 = 0x02;
const ALL_LIGHTS: u8 = 0xff;

/// One to five beeps at once; more are five.
pub fn beep(count: u8, is_long: bool, is_low: bool) -> Outgoing {
    let kind = match (is_long, is_low) {
        (false, false) => 0x00,
        (false, true) => 0x05,
        (true, false) => 0x0a,
        (true, true) => 0x0f,
    };
    Outgoing::Bytes(packet(BEEP, &[kind + count.clamp(1, 5) - 1]))
}

/// Lights go on and stay on; both together are amber.
pub fn lights_on(green: bool, red: bool) -> Outgoing {
    let bits = if green { GREEN } else { 0 } | if red { RED } else { 0 };
    Outgoing::Bytes(packet(LED_ON, &[bits]))
}

/// All lights that the host has switched on go off.
pub fn lights_off() -> Outgoing {
    Outgoing::Bytes(packet(LED_OFF, &[ALL_LIGHTS]))
}

/// Codes come in packets, and the scanner does not beep by itself at a read: not kept over a loss of power.
pub fn host_driven() -> Outgoing {
    Outgoing::Bytes(packet(PARAM_SEND, &[NO_BEEP, PACKETS, 1, BEEP_AT_DECODE, 0]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(outgoing: &Outgoing) -> String {
        outgoing.bytes().iter().map(|byte| format!("{byte:02X}")).collect()
    }

    #[test]
    fn beeps_and_lights_are_packets_of_the_host() {
        // len opcode source status data, and the two's complement of their sum.
        assert_eq!(hex(&beep(2, false, false)), "05E6040001FF10");
        assert_eq!(hex(&beep(4, true, true)), "05E6040012FEFF");
        assert_eq!(hex(&beep(9, false, true)), "05E6040009FF08");
        assert_eq!(hex(&lights_on(true, false)), "05E7040001FF0F");
        assert_eq!(hex(&lights_off()), "05E80400FFFE10");
    }

    #[test]
    fn the_host_takes_the_beeper_until_the_scanner_loses_power() {
        assert_eq!(hex(&host_driven()), "09C60400FFEE013800FD07");
    }
}
