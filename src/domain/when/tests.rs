use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;

const LONDON: Tz = Tz::Europe__London;

/// A Wednesday, 10:30 in London.
fn now() -> UtcMs {
    UtcMs::parse_rfc3339("2026-11-25T10:30:00Z").unwrap()
}

fn start(text: &str) -> String {
    parse(text, now(), LONDON, Edge::Start).map_or_else(|error| error, |at| at.to_string())
}

#[test]
fn what_people_say_is_understood() {
    for (text, meant) in [
        ("now", "2026-11-25T10:30:00.000Z"),
        ("+90min", "2026-11-25T12:00:00.000Z"),
        ("+2h", "2026-11-25T12:30:00.000Z"),
        ("-1h", "2026-11-25T09:30:00.000Z"),
        ("+ 3 days", "2026-11-28T10:30:00.000Z"),
        ("+1w", "2026-12-02T10:30:00.000Z"),
        ("14:00", "2026-11-25T14:00:00.000Z"),
        ("9:15", "2026-11-25T09:15:00.000Z"),
        ("24:00", "2026-11-26T00:00:00.000Z"),
        ("today 18:00", "2026-11-25T18:00:00.000Z"),
        ("Tomorrow", "2026-11-26T00:00:00.000Z"),
        ("yesterday 18:00", "2026-11-24T18:00:00.000Z"),
        ("thu 14:00", "2026-11-26T14:00:00.000Z"),
        ("THURSDAY", "2026-11-26T00:00:00.000Z"),
        ("tues 9:00", "2026-12-01T09:00:00.000Z"),
        ("wed", "2026-11-25T00:00:00.000Z"),
        ("wed 10:30", "2026-11-25T10:30:00.000Z"),
        ("wed 10:29", "2026-12-02T10:29:00.000Z"),
        ("4 dec", "2026-12-04T00:00:00.000Z"),
        ("4. Dec, 14:00", "2026-12-04T14:00:00.000Z"),
        ("dec 4", "2026-12-04T00:00:00.000Z"),
        ("4 jun 14:00", "2027-06-04T13:00:00.000Z"),
        ("24 nov", "2027-11-24T00:00:00.000Z"),
        ("25 nov", "2026-11-25T00:00:00.000Z"),
        ("24 nov 2026", "2026-11-24T00:00:00.000Z"),
        ("29 feb", "2028-02-29T00:00:00.000Z"),
        ("2026-12-04", "2026-12-04T00:00:00.000Z"),
        (" 2026-12-04 14:00 ", "2026-12-04T14:00:00.000Z"),
        ("2026-12-04T14:00", "2026-12-04T14:00:00.000Z"),
        ("2026-12-04T14:00:30", "2026-12-04T14:00:30.000Z"),
        ("2026-12-04T14:00:00+01:00", "2026-12-04T13:00:00.000Z"),
        ("2026-12-04T14:00:00z", "2026-12-04T14:00:00.000Z"),
    ] {
        assert_eq!(start(text), meant, "{text}");
    }
}

#[test]
fn an_end_without_a_time_includes_its_day() {
    let end = |text| parse(text, now(), LONDON, Edge::End).unwrap().to_string();
    assert_eq!(end("thu"), "2026-11-27T00:00:00.000Z");
    assert_eq!(end("today"), "2026-11-26T00:00:00.000Z");
    assert_eq!(end("2026-12-31"), "2027-01-01T00:00:00.000Z");
    assert_eq!(end("2026-12-31 00:00"), "2026-12-31T00:00:00.000Z");
    assert_eq!(end("+3d"), "2026-11-28T10:30:00.000Z");
}

#[test]
fn days_from_now_on_keep_the_time_on_the_wall() {
    let before = UtcMs::parse_rfc3339("2026-10-24T09:00:00Z").unwrap();
    let at = |text| parse(text, before, LONDON, Edge::Start).unwrap().to_string();
    assert_eq!(at("+1d"), "2026-10-25T10:00:00.000Z");
    assert_eq!(at("+24h"), "2026-10-25T09:00:00.000Z");
}

#[test]
fn a_time_that_is_left_out_is_refused_with_those_around_it_and_one_that_is_twice_is_the_first() {
    assert_eq!(
        start("2027-03-28 01:30"),
        "\"2027-03-28 01:30\" does not exist: on 28 Mar 2027 the clocks of Europe/London go from 01:00 straight to \
         02:00. Say 00:59 or 02:00"
    );
    assert_eq!(start("2027-10-31 01:30"), "2027-10-31T00:30:00.000Z");
    let samoa = parse("2011-12-30", now(), Tz::Pacific__Apia, Edge::Start).unwrap_err();
    assert!(samoa.contains("does not exist"), "{samoa}");
}

#[test]
fn what_is_no_time_is_refused_in_a_sentence_that_shows_what_can_be_said() {
    let not_understood = format!("\"soon\" is not a time that is understood. {EXAMPLES}");
    assert_eq!(start("soon"), not_understood);
    for (text, part) in [
        ("", "no time was given"),
        ("+3", "expected min, h, d or w"),
        ("+3m", "expected min, h, d or w"),
        ("+d", "not a time that is understood"),
        ("25:00", "\"25:00\" in \"25:00\" is not a time of the day"),
        ("thu 14:60", "is not a time of the day"),
        ("thu 14:0", "is not a time of the day"),
        ("24:01", "is not a time of the day"),
        ("12:00:99", "is not a time of the day"),
        ("t 14:00", "not a time that is understood"),
        ("th 14:00", "not a time that is understood"),
        ("14", "not a time that is understood"),
        ("31.12.2026", "not a time that is understood"),
        ("4 smarch", "not a time that is understood"),
        ("31 feb", "a date that does not exist"),
        ("2026-02-30", "a date that does not exist"),
        ("4 dec 26", "not a time that is understood"),
        ("0206-12-31 14:00", "outside of the calendar"),
        ("0206-12-31T14:00:00Z", "outside of the calendar"),
        ("+9999999w", "outside of the calendar"),
        ("next thu 14:00", "not a time that is understood"),
        ("ägäischer Abend 18:00", "not a time that is understood"),
    ] {
        let found = start(text);
        assert!(found.contains(part), "{text}: {found}");
    }
    let long = start(&"thu ".repeat(10_000));
    assert!(long.len() < 300, "{long}");
}

proptest! {
    #[test]
    fn any_text_at_any_moment_is_a_moment_of_the_calendar_or_a_sentence(
        text in prop_oneof![
            any::<String>(),
            "[+-]?[0-9]{0,12} ?(min|h|d|w|x)?",
            "(today|thu|wed|yesterday|4 dec|dec 31|29 feb|2026-03-29|9999-12-31)? ?[0-9]{1,2}(:[0-9]{2}){0,3}",
        ],
        now in any::<i64>(),
        zone in prop::sample::select(chrono_tz::TZ_VARIANTS.to_vec()),
        end in any::<bool>(),
    ) {
        let edge = if end { Edge::End } else { Edge::Start };
        match parse(&text, UtcMs(now), zone, edge) {
            Ok(at) => prop_assert!((wall::FIRST..=wall::LAST).contains(&at), "{at:?}"),
            Err(sentence) => prop_assert!(sentence.len() > 20, "{sentence}"),
        }
    }
}
