//! `decode`: bytes given by hand, through the decoders of the readers.

use std::process::ExitCode;

use super::Failure;
use super::screen::Screen;
use crate::wire::Protocol;
use crate::wire::decode::{decode as frames, parse_hex};

/// Prints one JSON object a frame. Exits 0 if anything was read, 1 if not.
pub fn decode(
    screen: &mut Screen,
    protocol: Protocol,
    descriptor: Option<&str>,
    hex: &[String],
) -> anyhow::Result<ExitCode> {
    let wrong = |error: crate::wire::decode::NotHex| Failure::Wrong(error.to_string());
    if descriptor.is_some() && protocol != Protocol::Keyboard {
        let name = protocol.name();
        let sentence = format!("--descriptor has no meaning for {name}: only HID readers have one");
        return Err(Failure::Wrong(sentence).into());
    }
    let descriptor = descriptor.map(|text| parse_hex("--descriptor", text)).transpose().map_err(wrong)?;
    let input = hex
        .iter()
        .enumerate()
        .map(|(at, text)| parse_hex(&format!("argument {}", at + 1), text))
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong)?;
    let decoding = frames(protocol, descriptor.as_deref(), &input);
    for line in &decoding.lines {
        screen.json(line)?;
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!decoding.any_read)))
}
