use proptest::prelude::*;

use super::*;

fn pairs(elements: &[Element]) -> Vec<(&str, &str)> {
    elements.iter().map(|element| (element.ai.as_str(), element.value.as_str())).collect()
}

fn reason(no: Result<Vec<Element>, Rejected>) -> String {
    no.unwrap_err().reason
}

#[test]
fn an_element_string_is_cut_where_lengths_and_separators_say() {
    let wanted = [("01", "12312312312333"), ("10", "ABC123"), ("99", "TESTING")];
    assert_eq!(pairs(&element_string("011231231231233310ABC123\u{1d}99TESTING").unwrap()), wanted);
    assert_eq!(pairs(&element_string("011231231231233310ABC123\u{1d}99TESTING\u{1d}").unwrap()), wanted);
    assert_eq!(pairs(&element_string("0112312312312333\u{1d}10ABC123\u{1d}99TESTING").unwrap()), wanted);
    assert_eq!(pairs(&printed("(01)12312312312333(10)ABC123(99)TESTING").unwrap()), wanted);
    assert_eq!(pairs(&printed("(8004)0614141(x)1").unwrap()), [("8004", "0614141(x)1")]);
    let several = element_string("119912253103000123310012345637").map(|_| ());
    assert!(several.is_err(), "(37) without its count");
    assert_eq!(pairs(&element_string("1199122531030001233712").unwrap())[1], ("3103", "000123"));
}

#[test]
fn what_is_wrong_is_named() {
    for (data, part) in [
        ("", "empty GS1 data"),
        ("0112312312312334", "(01) has a wrong check digit: it should be 3"),
        ("011231231231", "(01) has 10 characters: expected 14"),
        ("0112312312312333^10ABC", "caret in AI data"),
        ("10", "(10) is empty"),
        ("10ABC\u{1d}\u{1d}21X", "begins with no AI"),
        ("05123", "begins with no AI of GS1"),
        ("10123456789012345678901", "(10) has 21 characters: expected 1 to 20"),
        ("111A0101", "(11) has something else among its digits"),
        ("11991325", "(11) is no date: 991325"),
        ("10A#B", "(10) holds '#'"),
        ("10A\u{1d}10B", "(10) stands there twice"),
        ("800310614141123452400", "(8003) lacks its filler 0"),
        ("800300614141123453400", "(8003) has a wrong check digit: it should be 2"),
        ("8004Größe", "(8004) holds 'ö'"),
    ] {
        let said = reason(element_string(data));
        assert!(said.contains(part), "{data:?}: {said}");
    }
    assert!(reason(printed("(01)1")).contains("(01) has 1 characters"));
    assert!(reason(printed("(")).contains("no AI in brackets"));
}

#[test]
fn a_digital_link_has_any_host_and_its_key_as_far_right_as_can_be() {
    let gtin = ("01", "12312312312333");
    for (uri, wanted) in [
        ("https://example.com/01/12312312312333?99=TEST", vec![gtin, ("99", "TEST")]),
        ("HTTPS://EXAMPLE.COM/01/12312312312333", vec![gtin]),
        ("http://id.gs1.org/01/12312312312333/10/L%2F1/21/S?linkType=x&17=991231#top", {
            vec![gtin, ("10", "L/1"), ("21", "S"), ("17", "991231")]
        }),
        ("https://a.b:8443/some/01/path/8004/0614141A%2fb/", vec![("8004", "0614141A/b")]),
        ("https://a.b/8003/00614141123452400", vec![("8003", "00614141123452400")]),
        ("https://a.b/414/2112345678900/254/7", vec![("414", "2112345678900"), ("254", "7")]),
    ] {
        assert_eq!(pairs(&digital_link(uri).unwrap().unwrap()), wanted, "{uri}");
    }
    for uri in [
        "HtTps://example.com/01/12312312312333",
        "ftp://example.com/01/12312312312333",
        "https:///01/12312312312333",
        "https://example.com",
        "https://example.com/assets/17",
        "https://example.com/10/ABC",
        "https://example.com/01/12312312312333/21/S/10/L",
    ] {
        assert_eq!(digital_link(uri), None, "{uri}");
    }
    assert!(reason(digital_link("https://a.b/01/12312312312334").unwrap()).contains("check digit"));
    assert!(reason(digital_link("https://a.b/01/2112345678900").unwrap()).contains("expected 14"));
    assert!(reason(digital_link("https://a.b/8004/a%2").unwrap()).contains("percent-encoding"));
    assert!(reason(digital_link("https://a.b/8004/a%FF").unwrap()).contains("percent-encoding"));
    assert!(reason(digital_link("https://a.b/8004/a?05=1").unwrap()).contains("(05) is no AI"));
}

#[test]
fn the_symbology_says_whether_it_is_gs1_at_all() {
    let element = "800406141415678";
    assert!(matches!(read(element, Some("C1")), Ok(Meaning::Elements(_))));
    assert!(matches!(read(element, None), Ok(Meaning::Elements(_))));
    assert!(matches!(read("\u{1d}800406141415678", None), Ok(Meaning::Elements(_))));
    assert_eq!(read(element, Some("C0")), Ok(Meaning::Text));
    assert_eq!(read(element, Some("Q1")), Ok(Meaning::Text));
    assert_eq!(read("^TESTING", Some("Q1")), Ok(Meaning::Text));
    assert!(matches!(read("https://a.b/8004/06141415678", Some("d1")), Ok(Meaning::Link(_))));
    assert!(read("https://a.b/8004/06141415678", Some("C1")).is_err());
    assert_eq!(read("02345673", Some("E4")), Ok(Meaning::Ean("02345673".to_owned(), vec![])));
    let composite = read("2112345678900|]e099COMPOSITE\u{1d}98XYZ", Some("E0")).unwrap();
    assert!(matches!(composite, Meaning::Ean(_, elements) if elements.len() == 2));
    for (ean, aim, part) in [
        ("123456789012", "E0", "12 digits for EAN-13"),
        ("12345678901234", "E0", "14 digits for EAN-13"),
        ("1234ABC890123", "E0", "not of digits"),
        ("2112345678901", "E0", "should be 0"),
        ("02345674", "E4", "should be 3"),
        ("", "E4", "0 digits for EAN-8"),
    ] {
        let no = read(ean, Some(aim)).unwrap_err();
        assert!(no.reason.contains(part), "{no}");
    }
}

#[test]
fn a_key_names_the_thing_and_a_gtin_alone_its_sort() {
    let keys_of = |data: &str| keys(&printed(data).unwrap());
    assert_eq!(keys_of("(8004)06141415678"), ["giai:06141415678"]);
    assert_eq!(keys_of("(8003)00614141123452400"), ["grai:0614141123452400"]);
    assert_eq!(keys_of("(01)80614141123458(21)6789"), ["sgtin:80614141123458.6789"]);
    assert_eq!(keys_of("(01)80614141123458(10)L"), ["gtin:80614141123458"]);
    assert!(keys_of("(10)L").is_empty());
}

#[test]
fn every_run_of_the_table_is_of_one_length_and_in_order() {
    for (first, last, shape) in TABLE {
        assert!(first.len() == last.len() && first <= last);
        let predefined = PREDEFINED.iter().any(|start| first.starts_with(start));
        assert!(!predefined || shape.more == (0, 0), "{first}");
    }
    assert!(TABLE.windows(2).all(|pair| pair[0].1 < pair[1].0));
}

proptest! {
    #[test]
    fn no_text_stops_it(text in any::<String>(), start in "(01|10|8003|8004|\\(8004\\)|https://a/8004/|https://a/01/|)") {
        let text = start + &text;
        for aim in [None, Some("C1"), Some("Q1"), Some("E0"), Some("E4"), Some("A0")] {
            let _ = read(&text, aim);
        }
    }

    #[test]
    fn what_was_joined_comes_apart(
        giai in "[!-\"%-?A-Z_a-z]{1,30}", lot in "[A-Za-z0-9]{1,20}", count in 1u32..99_999_999
    ) {
        let data = format!("8004{giai}\u{1d}10{lot}\u{1d}37{count}");
        let elements = element_string(&data).unwrap();
        let count = count.to_string();
        prop_assert_eq!(pairs(&elements), [("8004", giai.as_str()), ("10", &lot), ("37", &count)]);
    }
}
