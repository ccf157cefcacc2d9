//! What a payload says.

use serde_json::{Map, Value};

use super::super::card::joined_pairs;
use super::super::{Answer, Carrier, Decoded, Read, RejectKind, Rejected, rdm6300, text};
use super::{PAYLOAD_BYTES_MAX, Preset, Setup, json};

/// Readers that Tasmota knows, by the name under which it tells their UID.
const TASMOTA_READERS: [&str; 4] = ["RDM6300", "PN532", "RC522", "Wiegand"];
/// Members that say when.
const DATES: [&str; 3] = ["ts", "time", "Time"];

/// What a payload says, and whether a time in it tells it from others.
pub(super) struct Body {
    pub(super) decoded: Vec<Decoded>,
    pub(super) dated: bool,
}

impl Body {
    fn one(decoded: Decoded) -> Self {
        Self { decoded: vec![decoded], dated: false }
    }
}

fn rejected(kind: RejectKind, reason: String) -> Rejected {
    Rejected { kind, reason }
}

/// Reads a payload from a topic of scans.
pub(super) fn read(setup: &Setup, payload: &[u8]) -> Body {
    match text_of(payload) {
        Ok("") => Body::one(Decoded::Answer(Answer::of(vec![("empty", Value::Bool(true))]))),
        Ok(text) => of_text(setup, text).unwrap_or_else(|no| Body::one(Decoded::Rejected(no))),
        Err(no) => Body::one(Decoded::Rejected(no)),
    }
}

fn text_of(payload: &[u8]) -> Result<&str, Rejected> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        let reason =
            format!("a payload of {} bytes: at most {PAYLOAD_BYTES_MAX} are looked into", payload.len());
        return Err(rejected(RejectKind::Absurd, reason));
    }
    let text = std::str::from_utf8(payload).map_err(|error| {
        rejected(RejectKind::Damaged, format!("the payload is not UTF-8 ({error}): expected text or JSON"))
    })?;
    Ok(text.trim_matches([' ', '\r', '\n', '\t']))
}

fn of_text(setup: &Setup, text: &str) -> Result<Body, Rejected> {
    let may_be_bare = matches!(setup.preset, Preset::Plain | Preset::EspHome);
    if may_be_bare && !text.starts_with('{') {
        let bare = if setup.preset == Preset::Plain { typed(text) } else { card(text)? };
        return Ok(Body::one(bare));
    }
    let value = json::parse(text)?;
    let decoded = match setup.preset {
        Preset::Plain => named(object(&value)?, &["tag"])?,
        Preset::EspHome => named(object(&value)?, &["tag", "uid"])?,
        Preset::Tasmota => tasmota(object(&value)?)?,
        Preset::EspRfid => esp_rfid(setup, object(&value)?)?,
        Preset::Pointer => vec![pointed(setup, &value)?],
    };
    let dated = value.as_object().is_some_and(|object| DATES.iter().any(|name| object.contains_key(*name)));
    Ok(Body { decoded, dated })
}

fn object(value: &Value) -> Result<&Map<String, Value>, Rejected> {
    value.as_object().ok_or_else(|| {
        rejected(RejectKind::Absurd, format!("the payload is {}: expected a JSON object", what(value)))
    })
}

fn what(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number that is no whole one from 0 on",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// The text of a tag, as text or as a whole number.
fn tag_text(name: &str, value: &Value) -> Result<String, Rejected> {
    match value {
        Value::String(text) => Ok(text.trim().to_owned()),
        Value::Number(number) if number.is_u64() => Ok(number.to_string()),
        other => {
            let reason = format!("{name} is {}: expected the text or the number of a tag", what(other));
            Err(rejected(RejectKind::Absurd, reason))
        }
    }
}

/// The first of `names` that is there. `tech` says how it was read, where it is no printed code.
fn named(object: &Map<String, Value>, names: &[&str]) -> Result<Vec<Decoded>, Rejected> {
    let Some((name, value)) = names.iter().find_map(|name| Some((*name, object.get(*name)?))) else {
        let reason = format!("no member {}: expected the tag there", names.join(" or "));
        return Err(rejected(RejectKind::NotMine, reason));
    };
    let text = tag_text(name, value)?;
    let is_printed = match object.get("tech").map(Value::as_str) {
        None => name == "tag",
        Some(tech) => tech.is_none_or(|tech| ["barcode", "qr", "text"].contains(&tech)),
    };
    Ok(vec![if is_printed { typed(&text) } else { card(&text)? }])
}

/// A code as it stands.
fn typed(text: &str) -> Decoded {
    text::judge_checked(text.as_bytes(), None, Vec::new())
}

/// The number of a card. Hex pairs with something between are joined; nothing else is changed.
fn card(text: &str) -> Result<Decoded, Rejected> {
    let payload = joined_pairs(text).unwrap_or_else(|| text.to_owned());
    if !payload.is_empty() && payload.bytes().all(|byte| byte == b'0') {
        return Err(rejected(RejectKind::Absurd, "all zero: no card has this number".to_owned()));
    }
    Ok(match typed(&payload) {
        Decoded::Read(read) => Decoded::Read(Read { carrier: Carrier::Hf, ..read }),
        other => other,
    })
}

fn no_scan(object: &Map<String, Value>) -> Decoded {
    let names: Vec<&str> = object.keys().map(String::as_str).take(8).collect();
    Decoded::Answer(Answer::of(vec![("told", Value::from(names.join(" ")))]))
}

fn tasmota(told: &Map<String, Value>) -> Result<Vec<Decoded>, Rejected> {
    let cards: Result<Vec<Decoded>, Rejected> = TASMOTA_READERS
        .iter()
        .filter_map(|name| Some((name, told.get(*name)?)))
        .map(|(name, reader)| tasmota_card(name, object(reader)?))
        .collect();
    let serial = ["SSerialReceived", "SerialReceived"].into_iter().filter_map(|name| told.get(name));
    let mut decoded = cards?;
    for value in serial {
        decoded.push(tasmota_serial(value)?);
    }
    Ok(if decoded.is_empty() { vec![no_scan(told)] } else { decoded })
}

fn tasmota_card(name: &str, reader: &Map<String, Value>) -> Result<Decoded, Rejected> {
    if matches!(reader.get("Size").and_then(Value::as_u64), Some(4 | 8)) {
        return Ok(Decoded::Answer(Answer::of(vec![("keypad", Value::Bool(true))])));
    }
    let Some(uid) = reader.get("UID") else {
        return Err(rejected(
            RejectKind::Absurd,
            format!("{name} has no UID: expected the number of a card"),
        ));
    };
    let text = tag_text("UID", uid)?;
    card(if name == "Wiegand" { text.strip_suffix('h').unwrap_or(&text) } else { &text })
}

/// Text of a serial scanner, or the frame of a serial card reader as text.
fn tasmota_serial(value: &Value) -> Result<Decoded, Rejected> {
    if value.is_object() || value.is_array() {
        return Ok(Decoded::Answer(Answer::of(vec![("serial", Value::Bool(true))])));
    }
    let text = tag_text("the serial text", value)?;
    if !text.starts_with('\u{2}') {
        return Ok(typed(&text));
    }
    let mut frames = rdm6300::Decoder::default();
    let mut decoded = frames.handle(text.as_bytes());
    decoded.extend(frames.finish());
    Ok(match decoded.into_iter().next() {
        Some(Decoded::Read(read)) => Decoded::Read(Read { carrier: Carrier::Hf, ..read }),
        Some(other) => other,
        None => Decoded::Rejected(rejected(RejectKind::Damaged, "a serial frame without an end".to_owned())),
    })
}

fn esp_rfid(setup: &Setup, told: &Map<String, Value>) -> Result<Vec<Decoded>, Rejected> {
    let text = |name: &str| told.get(name).and_then(Value::as_str);
    let host = text("door").or(text("hostname"));
    if let (Some(wanted), Some(host)) = (&setup.device, host)
        && wanted != host
    {
        return Ok(Vec::new());
    }
    let is_access = text("type").map_or(told.contains_key("access"), |kind| kind == "access");
    if !is_access {
        return Ok(vec![no_scan(told)]);
    }
    let Some(uid) = told.get("uid") else {
        return Err(rejected(RejectKind::Absurd, "an access without a uid: expected the card's".to_owned()));
    };
    let uid = tag_text("uid", uid)?;
    // What a command has opened is told as an access by nobody.
    Ok(vec![if uid.is_empty() { no_scan(told) } else { card(&uid)? }])
}

fn pointed(setup: &Setup, value: &Value) -> Result<Decoded, Rejected> {
    let pointer = setup.tag_pointer.as_deref().unwrap_or_default();
    let Some(found) = value.pointer(pointer) else {
        return Err(rejected(RejectKind::NotMine, format!("nothing at {pointer}: expected the tag there")));
    };
    card(&tag_text(pointer, found)?)
}
