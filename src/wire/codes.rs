//! Under which codes one thing may be known: what its label, its tag and its list entry have in common.
//!
//! ```text
//! 8004 06141415678                          GS1-128       ┐
//! (8004)06141415678                         printed       │
//! https://any.host/8004/06141415678         Digital Link  ├─  giai:06141415678
//! 3474257BF40000000000162E                  UHF tag       │
//! urn:epc:id:giai:0614141.5678              URI           ┘
//! ```
//!
//! - [`codes`] goes from any of them to what they have in common; [`written`] goes back, to every form in which it can
//!   have been written down somewhere. A Digital Link may have any host: [`link_needle`] is what such a one holds.
//! - A card number has its spellings as well ([`super::card`]).
//! - Everything here is a guess that only counts where a code names nothing as it stands.

use super::epc::{self, Epc, Tag};
use super::gs1::{self, Element, Meaning};
use super::{Rejected, card};

/// The most bytes of a code that is looked into.
const PAYLOAD_BYTES_MAX: usize = 512;

/// The fewest hex digits that a tag with a product code has.
const EPC_HEX_MIN: usize = 24;
/// The most: the EPC memory of a tag has at most 31 words.
const EPC_HEX_MAX: usize = 124;

/// The resolver that GS1 runs: links without a host of their own are written with it.
const RESOLVER: &str = "https://id.gs1.org";

/// The codes under which the thing may be known, most exact first: its keys (`giai:…`, `grai:…`, `sgtin:…`, …), then
/// the payload itself. `aim` is the AIM identifier without its `]`, `None` where it is not known.
pub fn codes(payload: &str, aim: Option<&str>) -> Vec<String> {
    let mut codes = keys(payload, aim).unwrap_or_default();
    codes.push(payload.to_owned());
    codes
}

fn keys(payload: &str, aim: Option<&str>) -> Result<Vec<String>, Rejected> {
    if payload.len() > PAYLOAD_BYTES_MAX {
        return Ok(Vec::new());
    }
    if let Some(found) = epc::from_uri(payload) {
        return found.map(|(epc, _)| vec![epc.key()]);
    }
    if aim.is_none()
        && let Some(bytes) = epc_bytes(payload)
    {
        return Ok(match epc::decode(&bytes)? {
            Tag::Epc(epc, ..) => vec![epc.key()],
            Tag::Opaque => Vec::new(),
        });
    }
    Ok(match gs1::read(payload, aim)? {
        Meaning::Elements(elements) | Meaning::Link(elements) => gs1::keys(&elements),
        Meaning::Ean(ean, _) => vec![format!("gtin:{ean:0>14}")],
        Meaning::Text => Vec::new(),
    })
}

/// The bytes of a text that has the looks of a tag with a product code.
fn epc_bytes(text: &str) -> Option<Vec<u8>> {
    let fits = (EPC_HEX_MIN..=EPC_HEX_MAX).contains(&text.len()) && text.len().is_multiple_of(4);
    // Tags begin with 3; AIs of as many digits that do so are weights and counts, which name nothing.
    let looks = fits && text.starts_with('3') && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let pairs = looks.then(|| text.as_bytes().chunks_exact(2))?;
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// Every other form in which the code of this thing may have been written down, with the payload left out. A few
/// hundred at most; none for a code that says nothing but itself.
pub fn written(payload: &str) -> Vec<String> {
    let mut forms: Vec<String> =
        keys(payload, None).unwrap_or_default().iter().flat_map(|key| forms_of(key)).collect();
    forms.extend(card::written(payload));
    forms.sort();
    forms.dedup();
    forms.retain(|form| form != payload);
    forms
}

/// The six hex digits in which the number of a card ends of which this code has no more than that: what is stored with
/// ten is the same card. `None` for every other code.
pub fn card_ending(payload: &str) -> Option<String> {
    card::ends_in(payload)
}

/// What a Digital Link of the thing holds in its path, whatever its host: `/8004/06141415678`, up to the first
/// character that is percent-encoded, because that can be written in two ways.
pub fn link_needle(payload: &str) -> Option<String> {
    let key = keys(payload, None).ok()?.into_iter().next()?;
    let elements = elements_of(&key)?;
    let path = path_of(elements.get(..1)?);
    Some(path.split_once('%').map_or(path.clone(), |(plain, _)| plain.to_owned()))
}

fn forms_of(key: &str) -> Vec<String> {
    let mut forms = vec![key.to_owned()];
    if let Some(elements) = elements_of(key) {
        forms.push(gs1::printed_form(&elements));
        forms.push(elements.iter().map(|element| format!("{}{}", element.ai, element.value)).collect());
        forms.push(format!("{RESOLVER}{}", path_of(&elements)));
    }
    let epcs = Epc::of_key(key);
    // An asset's number is printed alone, too. Without a company prefix it is not told from any other.
    forms.extend(key.strip_prefix("giai:").filter(|_| !epcs.is_empty()).map(str::to_owned));
    for epc in epcs {
        forms.push(epc.pure_uri());
        for (scheme, filter, bytes) in epc.encodings() {
            forms.push(bytes.iter().map(|byte| format!("{byte:02X}")).collect());
            forms.push(epc.tag_uri(scheme, filter));
        }
    }
    forms
}

/// A key as the elements of a label.
fn elements_of(key: &str) -> Option<Vec<Element>> {
    let (name, value) = key.split_once(':')?;
    let one = |ai: &str| vec![(ai.to_owned(), value.to_owned())];
    let two = |first: &str, second: &str| {
        let (front, back) = value.split_once('.')?;
        Some(vec![(first.to_owned(), front.to_owned()), (second.to_owned(), back.to_owned())])
    };
    let elements = match name {
        "giai" => one("8004"),
        "grai" => vec![("8003".to_owned(), format!("0{value}"))],
        "sgtin" => two("01", "21")?,
        "itip" => two("8006", "21")?,
        "sscc" => one("00"),
        "gsrn" => one("8018"),
        "gsrnp" => one("8017"),
        "gdti" => one("253"),
        "sgln" => two("414", "254")?,
        "gln" => one("414"),
        "gtin" => one("01"),
        _ => return None,
    };
    Some(elements.into_iter().map(|(ai, value)| Element { ai, value }).collect())
}

fn path_of(elements: &[Element]) -> String {
    elements.iter().map(|element| format!("/{}/{}", element.ai, percent_encoded(&element.value))).collect()
}

fn percent_encoded(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let part = |c: char| if plain(c) { c.to_string() } else { format!("%{:02X}", u32::from(c)) };
    text.chars().map(part).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FORMS: [&str; 8] = [
        "800406141415678",
        "(8004)06141415678",
        "giai:06141415678",
        "https://id.gs1.org/8004/06141415678",
        "3474257BF40000000000162E",
        "3434257BF40000000000162E",
        "urn:epc:id:giai:0614141.5678",
        "06141415678",
    ];

    #[test]
    fn label_link_tag_and_uri_have_one_key() {
        for form in FORMS.iter().filter(|form| !form.starts_with(['g', '0'])) {
            assert_eq!(codes(form, None), ["giai:06141415678", form], "{form}");
            let others = written(form);
            assert!(FORMS.iter().all(|other| other == form || others.iter().any(|o| o == other)), "{form}");
            assert!(others.len() < 400, "{}", others.len());
        }
        assert_eq!(codes("https://other.host/a/8004/06141415678", None)[0], "giai:06141415678");
        assert_eq!(link_needle("800406141415678").unwrap(), "/8004/06141415678");
        assert_eq!(link_needle("8004A/1").unwrap(), "/8004/A");
        assert_eq!(codes("3074257bf7194e4000001a85", None)[0], "sgtin:80614141123458.6789");
        assert_eq!(codes("33b4257bf40c0e4000000190", None)[0], "grai:0614141123452400");
        assert_eq!(codes("2112345678900", Some("E0"))[0], "gtin:02112345678900");
    }

    #[test]
    fn what_says_nothing_but_itself_is_itself() {
        for text in
            ["CAM-1", "E28011606000020000000001", "341c00000000000000000000", "CK:DONE", "06141415678"]
        {
            assert_eq!(codes(text, None), [text]);
            assert_eq!(link_needle(text), None, "{text}");
        }
        assert!(written("CAM-1").is_empty());
        assert!(!written("8004123").contains(&"123".to_owned()), "no company prefix");
        assert_eq!(codes("800406141415678", Some("C0")), ["800406141415678"], "Code 128 carries no GS1");
    }

    proptest! {
        #[test]
        fn a_giai_as_tag_and_as_barcode_meet(
            company in "[0-9]{6,12}", reference in prop_oneof!["[1-9][0-9]{0,11}", "[A-Za-z0-9/%-]{1,18}"]
        ) {
            let uri = format!("urn:epc:id:giai:{company}.{}", percent_encoded(&reference));
            let Some(Ok((giai, _))) = epc::from_uri(&uri) else { panic!("{uri}") };
            let barcode = format!("8004{company}{reference}");
            let (_, _, tag) = giai.encodings().next().unwrap();
            let tag: String = tag.iter().map(|byte| format!("{byte:02X}")).collect();
            prop_assert_eq!(&codes(&tag, None)[0], &codes(&barcode, Some("C1"))[0]);
            prop_assert!(written(&tag).contains(&barcode));
        }

        #[test]
        fn no_text_stops_it(text in any::<String>(), start in "(8004|01|https://a/8004/|urn:epc:id:giai:0614141.|3[0-9A-F]{23}|)") {
            let text = start + &text;
            prop_assert!(written(&text).len() <= 1_000);
            let codes = codes(&text, None);
            prop_assert_eq!(codes.last(), Some(&text));
        }
    }
}
