//! `decode`: bytes given by hand, through the decoders of the readers.

use std::process::ExitCode;

use super::Failure;
use super::screen::Screen;
use crate::wire::Protocol;
use crate::wire::decode::{Decoding, NotHex, Way, decode as frames, decode_epc, decode_gs1, parse_hex};

/// Prints one JSON object a frame, or one an argument where it is asked what a code means. Exits 0 if anything was
/// read, 1 if not.
pub fn decode(
    screen: &mut Screen,
    way: Way,
    descriptor: Option<&str>,
    arguments: &[String],
) -> anyhow::Result<ExitCode> {
    let in_reports = matches!(way, Way::Reader(protocol) if protocol.in_reports());
    if descriptor.is_some() && !in_reports {
        let name = way.name();
        let sentence = format!("--descriptor has no meaning for {name}: only HID readers have one");
        return Err(Failure::Wrong(sentence).into());
    }
    let decoding = match way {
        Way::Reader(protocol) => of_reader(protocol, descriptor, arguments),
        Way::Gs1 => Ok(decode_gs1(arguments)),
        Way::Epc => decode_epc(arguments),
    };
    let decoding = decoding.map_err(|error| Failure::Wrong(error.to_string()))?;
    for line in &decoding.lines {
        screen.json(line)?;
    }
    screen.flush()?;
    Ok(ExitCode::from(u8::from(!decoding.any_read)))
}

fn of_reader(protocol: Protocol, descriptor: Option<&str>, arguments: &[String]) -> Result<Decoding, NotHex> {
    let descriptor = descriptor.map(|text| parse_hex("--descriptor", text)).transpose()?;
    let input =
        arguments.iter().enumerate().map(|(at, text)| parse_hex(&format!("argument {}", at + 1), text));
    let input = input.collect::<Result<Vec<_>, _>>()?;
    Ok(frames(protocol, descriptor.as_deref(), &input))
}
