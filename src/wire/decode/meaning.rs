//! What codes mean, one line of JSON for each.

use serde_json::{Map, Value, json};

use super::{NotHex, parse_hex, rejection};
use crate::wire::aim::{self, Gs1};
use crate::wire::epc::{self, Epc, Scheme, Tag};
use crate::wire::gs1::{self, Element, Meaning};
use crate::wire::{RejectKind, Rejected};

const URI: &str = "urn:epc:";

fn accepted(value: &str, fields: Map<String, Value>) -> Value {
    json!({ "ok": true, "value": value, "confirmed": true, "terminated": true, "fields": fields })
}

/// Hex of text is that text; whatever is no hex, or hex of no text, is text as it stands.
fn text_of(argument: &str) -> String {
    let is_text = |byte: &u8| matches!(byte, 0x20..=0x7e | 0x1c..=0x1f | 0x04);
    let bytes = parse_hex("", argument).ok().filter(|bytes| bytes.iter().all(is_text));
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| argument.to_owned())
}

pub(super) fn gs1(argument: &str) -> Value {
    let text = text_of(argument);
    let (aim, data) = aim::split(&text);
    let mut fields = Map::new();
    fields.insert("text".to_owned(), Value::from(data));
    fields.extend(aim.map(|aim| ("aim".to_owned(), Value::from(format!("]{aim}")))));
    match meant(data, aim) {
        Ok(meaning) => {
            add(&mut fields, &meaning);
            accepted(data, fields)
        }
        Err(rejected) => rejection(&rejected),
    }
}

fn meant(data: &str, aim: Option<&str>) -> Result<Meaning, Rejected> {
    let no = |kind, reason| Err(Rejected { kind, reason });
    match aim {
        Some(aim) if aim::gs1(aim) == Gs1::None => {
            no(RejectKind::NotMine, format!("]{aim} carries no GS1 data: it is text"))
        }
        Some(aim) if data.is_empty() && aim::gs1(aim) == Gs1::MayBeLink => {
            no(RejectKind::Absurd, format!("nothing follows the AIM identifier ]{aim}: expected a code"))
        }
        _ => gs1::read(data, aim),
    }
}

fn add(fields: &mut Map<String, Value>, meaning: &Meaning) {
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    let elements: &[Element] = match meaning {
        Meaning::Elements(elements) => elements,
        Meaning::Link(elements) => {
            put("digital_link", Value::from(true));
            elements
        }
        Meaning::Ean(ean, elements) => {
            put(if ean.len() == 8 { "ean8" } else { "ean13" }, Value::from(ean.as_str()));
            elements
        }
        Meaning::Text => {
            put("digital_link", Value::from(false));
            &[]
        }
    };
    if elements.is_empty() {
        return;
    }
    put("ais", elements.iter().map(|element| json!([element.ai, element.value])).collect());
    put("element_string", Value::from(gs1::printed_form(elements)));
    put("codes", Value::from(gs1::keys(elements)));
}

pub(super) fn epc(what: &str, argument: &str) -> Result<Value, NotHex> {
    if argument.starts_with(URI) {
        return of_uri(what, argument);
    }
    let bytes = parse_hex(what, argument)?;
    match String::from_utf8(bytes) {
        Ok(text) if text.starts_with(URI) => of_uri(what, &text),
        Ok(text) => Ok(of_bytes(text.as_bytes())),
        Err(error) => Ok(of_bytes(error.as_bytes())),
    }
}

fn of_uri(what: &str, uri: &str) -> Result<Value, NotHex> {
    // urn:epc:raw:96.x3474…: the bits as hex.
    if let Some((_, hex)) = uri.strip_prefix("urn:epc:raw:").and_then(|raw| raw.split_once(".x")) {
        return Ok(of_bytes(&parse_hex(what, hex)?));
    }
    Ok(match epc::from_uri(uri) {
        Some(Ok((epc, way))) => accepted(uri, parts(&epc, way)),
        Some(Err(rejected)) => rejection(&rejected),
        None => {
            let reason = "no URI of an SGTIN, GRAI or GIAI".to_owned();
            rejection(&Rejected { kind: RejectKind::NotMine, reason })
        }
    })
}

fn of_bytes(bytes: &[u8]) -> Value {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    match epc::decode(bytes) {
        Ok(Tag::Epc(epc, scheme, filter)) => accepted(&hex, parts(&epc, Some((scheme, filter)))),
        Ok(Tag::Opaque) => {
            let mut fields = Map::new();
            fields.insert("opaque".to_owned(), Value::from(true));
            fields.insert("tid".to_owned(), Value::from(hex.starts_with("E2")));
            accepted(&hex, fields)
        }
        Err(rejected) => rejection(&rejected),
    }
}

fn parts(epc: &Epc, way: Option<(Scheme, u8)>) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| drop(fields.insert(name.to_owned(), value));
    put("pure_uri", Value::from(epc.pure_uri()));
    put("element_string", Value::from(epc.element_string()));
    put("codes", json!([epc.key()]));
    if let Some((scheme, filter)) = way {
        put("scheme", Value::from(scheme.name()));
        put("filter", Value::from(filter));
        put("tag_uri", Value::from(epc.tag_uri(scheme, filter)));
    }
    fields
}
