use proptest::prelude::*;

use super::*;
use crate::wire::decode::parse_hex;

fn decoded(hex: &str) -> Result<Tag, Rejected> {
    decode(&parse_hex("tag", hex).unwrap())
}

#[test]
fn a_tag_reads_as_the_standards_say() {
    for (hex, tag, pure, element) in [
        (
            "3074257bf7194e4000001a85",
            "urn:epc:tag:sgtin-96:3.0614141.812345.6789",
            "urn:epc:id:sgtin:0614141.812345.6789",
            "(01)80614141123458(21)6789",
        ),
        (
            "3300393243ff740000000000",
            "urn:epc:tag:grai-96:0.061414113245..0",
            "urn:epc:id:grai:061414113245..0",
            "(8003)006141411324540",
        ),
        (
            "3876451fd59b2c2bf10000000000000000000000000000000000",
            "urn:epc:tag:giai-202:3.9521141.32a%2Fb",
            "urn:epc:id:giai:9521141.32a%2Fb",
            "(8004)952114132a/b",
        ),
    ] {
        let Ok(Tag::Epc(epc, scheme, filter)) = decoded(hex) else { panic!("{hex}") };
        assert_eq!(epc.tag_uri(scheme, filter), tag);
        assert_eq!(epc.pure_uri(), pure);
        assert_eq!(epc.element_string(), element);
        assert_eq!(from_uri(tag), Some(Ok((epc.clone(), Some((scheme, filter))))));
        assert_eq!(from_uri(pure), Some(Ok((epc.clone(), None))));
        assert_eq!(epc.encode(scheme, filter).unwrap(), parse_hex("tag", hex).unwrap());
        assert!(Epc::of_key(&epc.key()).contains(&epc));
    }
}

#[test]
fn what_no_scheme_is_named_for_is_opaque() {
    for hex in ["E28011606000020000000001", "00", "e200", "3500000000000000", "BB3000"] {
        assert_eq!(decoded(hex), Ok(Tag::Opaque), "{hex}");
    }
    assert_eq!(decode(&[]), Ok(Tag::Opaque));
}

#[test]
fn what_is_impossible_says_why() {
    for (hex, kind, part) in [
        ("341c00000000000000000000", RejectKind::Absurd, "partition 7"),
        ("3403fffffffffc0000000000", RejectKind::Absurd, "company prefix"),
        ("301800003fffffc000000001", RejectKind::Absurd, "item"),
        ("34000000", RejectKind::Damaged, "32 bits for giai-96: expected 96"),
        ("3474257bf40000000000162e0001", RejectKind::Absurd, "bits behind its 96"),
        ("3876451fd400000000000000000000000000000000000000000000", RejectKind::Absurd, "empty serial"),
        ("3876451fd41b2c2bf10000000000000000000000000000000000", RejectKind::Absurd, "character"),
    ] {
        let no = decoded(hex).unwrap_err();
        assert_eq!(no.kind, kind, "{hex} {no}");
        assert!(no.reason.contains(part), "{no}");
    }
    for uri in ["urn:epc:id:giai:0614141.", "urn:epc:id:sgtin:0614141.1.2", "urn:epc:id:giai:1.2"] {
        assert!(from_uri(uri).unwrap().is_err(), "{uri}");
    }
    for text in ["", "urn:epc:id:sscc:0614141.1234567890", "urn:epc:tag:giai-96:9.0614141.1", "giai:1"] {
        assert_eq!(from_uri(text), None, "{text}");
    }
}

fn any_giai() -> impl Strategy<Value = Epc> {
    (6usize..=12).prop_flat_map(|digits| {
        let company = prop::string::string_regex(&format!("[0-9]{{{digits}}}")).unwrap();
        let reference = prop_oneof!["[1-9][0-9]{0,11}", "0", "[!-\"%-?A-Z_a-z]{1,18}"];
        (company, reference).prop_map(|(company, serial)| epc(Kind::Giai, &company, "", &serial))
    })
}

proptest! {
    #[test]
    fn a_giai_meets_itself_in_tag_barcode_and_uri(giai in any_giai()) {
        let ways: Vec<_> = giai.encodings().collect();
        prop_assert!(ways.len() >= 8);
        for (scheme, filter, bytes) in ways {
            prop_assert_eq!(decode(&bytes), Ok(Tag::Epc(giai.clone(), scheme, filter)));
        }
        let barcode = gs1::element_string(&format!("8004{}{}", giai.company, giai.serial)).unwrap();
        prop_assert_eq!(gs1::keys(&barcode), [giai.key()]);
        prop_assert_eq!(from_uri(&giai.pure_uri()), Some(Ok((giai.clone(), None))));
        prop_assert!(Epc::of_key(&giai.key()).contains(&giai));
    }

    #[test]
    fn grai_and_sgtin_meet_themselves(
        digits in "[0-9]{13}", company in 6usize..=12, serial in prop_oneof!["[1-9][0-9]{0,10}", "[A-Za-z0-9/%]{1,16}"]
    ) {
        let grai = grai(&format!("{digits}{serial}"), company).unwrap();
        let sgtin = sgtin(&format!("{digits}0.{serial}"), company).unwrap();
        for epc in [grai, sgtin] {
            for (scheme, filter, bytes) in epc.encodings() {
                prop_assert_eq!(decode(&bytes), Ok(Tag::Epc(epc.clone(), scheme, filter)));
            }
            let barcode = gs1::printed(&epc.element_string()).unwrap();
            prop_assert_eq!(gs1::keys(&barcode), [epc.key()]);
        }
    }

    #[test]
    fn no_bytes_and_no_text_stop_it(header in prop_oneof![0x30u8..=0x38, any::<u8>()], rest in prop::collection::vec(any::<u8>(), 0..40), text in any::<String>()) {
        let bytes: Vec<u8> = std::iter::once(header).chain(rest).collect();
        if let Ok(Tag::Epc(epc, scheme, filter)) = decode(&bytes) {
            let again = epc.encode(scheme, filter);
            prop_assert!(again.is_some_and(|again| bytes.starts_with(&again) || again.starts_with(&bytes)));
        }
        let _ = from_uri(&format!("urn:epc:id:{text}"));
        let _ = from_uri(&format!("urn:epc:tag:giai-96:{text}"));
        let _ = Epc::of_key(&format!("giai:{text}"));
        let _ = Epc::of_key(&format!("sgtin:{text}"));
        let _ = Epc::of_key(&format!("grai:{text}"));
    }
}
