//! `door/<room>/request` and `door/<room>/answer`: what is asked at a door over the network, and what is answered. Pure.
//!
//! ```text
//! {"badge":"04A1B2C3","id":"7"}          to go in; `tag` is the same, `id` comes back, "way":"out" is to go out
//! 04A1B2C3                               the same as bare text
//! {"id":"7","granted":true,"way":"in","code":"access-granted","reason":null,"text":"Come in until 18:00: Studio B",
//!  "room":"studio-b","booking":"b-1","person":"p-…","until":"2026-11-23T18:00:00.000Z"}
//! ```

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::payload::json;
use crate::domain::id::{BookingId, PersonId, ReaderId, RoomId};
use crate::domain::verdict::door::{Admission, AtDoor};
use crate::domain::verdict::{Telling, Verdict};
use crate::domain::way::Way;
use crate::time::UtcMs;
use crate::wire::card::joined_pairs;

/// A request is no longer than this, in bytes.
pub const REQUEST_BYTES_MAX: usize = 1_024;

/// The id that comes back is no longer than this, in characters.
const ID_CHARS_MAX: usize = 64;

const EXPECTED: &str = "expected {\"badge\":\"04A1B2C3\"} or the badge as bare text; \"id\" is a text of at most 64 \
                        characters or a number, \"way\" is \"in\" or \"out\"";

/// Somebody asks at a door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The code of the badge, or of whatever was held to the reader.
    pub code: String,
    /// What the answer is to carry, so that whoever asked knows it.
    pub id: Option<Value>,
    /// Which way they want to go.
    pub way: Way,
}

#[derive(Deserialize)]
struct Body {
    badge: Option<Value>,
    tag: Option<Value>,
    id: Option<Value>,
    way: Option<Way>,
}

impl Asked {
    /// Reads a request of at most [`REQUEST_BYTES_MAX`] bytes; otherwise a sentence that quotes nothing of it, with the id
    /// that is to come back where there is one. `None` for an empty request, with which retained messages are taken back.
    pub fn parse(payload: &[u8]) -> Option<Result<Self, (Option<Value>, String)>> {
        let Ok(text) = std::str::from_utf8(payload) else {
            return Some(Err((None, format!("the request is not UTF-8; {EXPECTED}"))));
        };
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        if !text.starts_with(['{', '[', '"']) {
            return Some(Ok(Self { code: number_of(text), id: None, way: Way::In }));
        }
        let body: Option<Body> = serde_json::from_str(text).ok();
        let no_request = || (id_of(text), format!("this is no request; {EXPECTED}"));
        Some(body.and_then(Self::of_body).ok_or_else(no_request))
    }

    fn of_body(body: Body) -> Option<Self> {
        let code = match body.badge.or(body.tag)? {
            Value::String(text) => number_of(text.trim()),
            Value::Number(number) if number.is_u64() => number.to_string(),
            _ => return None,
        };
        let fits = body.id.as_ref().is_none_or(is_id);
        (fits && !code.is_empty()).then_some(Self { code, id: body.id, way: body.way.unwrap_or(Way::In) })
    }
}

/// The number of a card as it is on record: firmware writes hex pairs with something between them.
fn number_of(text: &str) -> String {
    joined_pairs(text).unwrap_or_else(|| text.to_owned())
}

fn is_id(id: &Value) -> bool {
    match id {
        Value::String(text) => text.chars().count() <= ID_CHARS_MAX,
        other => other.is_number(),
    }
}

/// The id of something that is no request.
fn id_of(text: &str) -> Option<Value> {
    let object: Value = serde_json::from_str(text).ok()?;
    object.get("id").filter(|id| is_id(id)).cloned()
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessAnswer {
    /// As it was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Value>,
    /// The device, where one of the station's own read the badge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<ReaderId>,
    /// Whether they may go the way they want to go.
    pub granted: bool,
    /// Which way, where it is granted.
    pub way: Option<Way>,
    /// The code of the verdict.
    pub code: String,
    /// Why it is not granted, in a word.
    pub reason: Option<String>,
    /// The sentence for people.
    pub text: String,
    /// The room.
    pub room: RoomId,
    /// The booking by which they are let in.
    pub booking: Option<BookingId>,
    /// Who, by the id that says nothing.
    pub person: Option<PersonId>,
    /// Until when the room is theirs.
    pub until: Option<UtcMs>,
}

impl AccessAnswer {
    /// A refusal without a verdict.
    pub fn refused(room: RoomId, id: Option<Value>, reason: &str, text: &str) -> Self {
        Self {
            id,
            reader: None,
            granted: false,
            way: None,
            code: "access-refused".to_owned(),
            reason: Some(reason.to_owned()),
            text: text.to_owned(),
            room,
            booking: None,
            person: None,
            until: None,
        }
    }

    /// A committed verdict in answer to somebody who wants to go that way.
    ///
    /// *Again* is granted: the door's own last answer to this badge, a moment ago, was that it may.
    pub fn of(
        room: RoomId,
        asked: (Option<Value>, Option<Way>),
        verdict: &Verdict,
        telling: &Telling,
    ) -> Self {
        let (id, way) = asked;
        let text = verdict.sentence(telling);
        let code = verdict.code();
        let person = match verdict {
            Verdict::AtDoor(said) => said.who().map(|who| who.id.clone()),
            _ => None,
        };
        let refused = Self { code: code.to_owned(), person, ..Self::refused(room, id, code, &text) };
        let granted = |way| Self { granted: true, way, reason: None, ..refused.clone() };
        match verdict {
            Verdict::AtDoor(said) => match said.as_ref() {
                AtDoor::Granted { by, .. } => {
                    let (booking, until) = match by {
                        Admission::Staff => (None, None),
                        Admission::Booking { to } => (Some(to.booking.clone()), Some(to.until)),
                    };
                    Self { booking, until, ..granted(Some(Way::In)) }
                }
                AtDoor::Left { .. } => granted(Some(Way::Out)),
                AtDoor::Refused { why, .. } => Self { reason: Some(why.name().to_owned()), ..refused },
                AtDoor::Seen { .. } | AtDoor::NotHere { .. } => {
                    Self { reason: Some("not-a-badge".to_owned()), ..refused }
                }
            },
            Verdict::DuplicateScan { what: None } => granted(way),
            _ => refused,
        }
    }

    /// The JSON of the topic.
    pub fn payload(&self) -> Vec<u8> {
        json(self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    type Said = (Option<Value>, String);

    fn asked(payload: &str) -> Result<(String, Option<Value>, Way), Said> {
        Asked::parse(payload.as_bytes()).unwrap().map(|asked| (asked.code, asked.id, asked.way))
    }

    #[test]
    fn a_request_is_a_badge_as_text_number_or_json() {
        let plain = |code: &str| Ok((code.to_owned(), None, Way::In));
        assert_eq!(asked(" 04A1B2C3\n"), plain("04A1B2C3"));
        assert_eq!(asked(r#"{"badge":"04A1B2C3"}"#), plain("04A1B2C3"));
        assert_eq!(asked(r#"{"tag":77,"time":1}"#), plain("77"));
        assert_eq!(asked("04:a1:B2:c3"), plain("04A1B2C3"));
        assert_eq!(asked(r#"{"badge":"04-A1-B2-C3"}"#), plain("04A1B2C3"));
        assert_eq!(asked("B-ANA"), plain("B-ANA"));
        assert_eq!(
            asked(r#"{"badge":"A","id":"7","way":"out"}"#),
            Ok(("A".to_owned(), Some(json!("7")), Way::Out))
        );
        assert_eq!(Asked::parse(b""), None);
    }

    #[test]
    fn what_is_no_request_is_said_without_quoting_it() {
        let long = format!(r#"{{"badge":"S3CRET","id":"{}"}}"#, "x".repeat(65));
        let no = [
            r#"{"badge":"S3CRET""#,
            r#"{"badge":["S3CRET"]}"#,
            r#"{"badge":"S3CRET","badge":"b"}"#,
            r#"{"badge":"S3CRET","way":"up"}"#,
            r#"{"badge":"S3CRET","id":{}}"#,
            r#"["S3CRET"]"#,
            r#""S3CRET""#,
            r#"{"id":1}"#,
            r#"{"badge":""}"#,
            &long,
        ];
        for payload in no {
            let (_, said) = asked(payload).unwrap_err();
            assert!(said.contains("expected") && !said.contains("S3CRET"), "{payload}: {said}");
        }
        assert!(Asked::parse(b"\xff").unwrap().is_err());
        let wrong_way = asked(r#"{"badge":"A","id":"9","way":"up"}"#);
        assert_eq!(wrong_way.unwrap_err().0, Some(json!("9")), "whoever asked knows the answer by it");
        assert_eq!(asked(&long).unwrap_err().0, None);
    }

    #[test]
    fn only_what_lets_somebody_through_is_granted() {
        let telling = Telling { names: false, zone: chrono_tz::Tz::UTC, now: UtcMs(0) };
        let room = RoomId::parse("studio-b").unwrap();
        let answer = |verdict: Verdict| {
            AccessAnswer::of(room.clone(), (Some(json!(1)), Some(Way::In)), &verdict, &telling)
        };
        let again = answer(Verdict::DuplicateScan { what: None });
        assert!(again.granted && again.way == Some(Way::In) && again.id == Some(json!(1)));
        for verdict in [Verdict::NotRecorded, Verdict::UnknownCode { reserved: false }, Verdict::Cancelled] {
            let answer = answer(verdict);
            assert!(!answer.granted && answer.reason.is_some() && answer.way.is_none());
        }
    }
}
