use super::*;

fn at(text: &str) -> NaiveDateTime {
    NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap()
}

/// The instances of a rule from its start until the end of 2040, and the steps they cost.
fn all(rule: &str, start: &str) -> (Vec<String>, u64) {
    within_years(rule, start, 1..2041)
}

fn within_years(rule: &str, start: &str, years: Range<i32>) -> (Vec<String>, u64) {
    let new_year = |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap().and_time(NaiveTime::MIN);
    let mut budget = Budget(1_000_000);
    let span = new_year(years.start)..new_year(years.end);
    let found = expand(&Rule::parse(rule).unwrap(), at(start), span, &mut budget).unwrap();
    (found.iter().map(|at| at.format("%Y%m%dT%H%M").to_string()).collect(), 1_000_000 - budget.0)
}

#[test]
fn the_examples_of_the_rfc() {
    for (rule, start, expected) in [
        (
            "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3",
            "19970904T090000",
            vec!["19970904T0900", "19971007T0900", "19971106T0900"],
        ),
        (
            "FREQ=YEARLY;INTERVAL=4;COUNT=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
            "19961105T090000",
            vec!["19961105T0900", "20001107T0900"],
        ),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=4",
            "20070115T090000",
            vec!["20070115T0900", "20070130T0900", "20070215T0900", "20070315T0900"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
            "19970805T090000",
            vec!["19970805T0900", "19970810T0900", "19970819T0900", "19970824T0900"],
        ),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
            "19970805T090000",
            vec!["19970805T0900", "19970817T0900", "19970819T0900", "19970831T0900"],
        ),
        (
            "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO;COUNT=3",
            "19970512T090000",
            vec!["19970512T0900", "19980511T0900", "19990517T0900"],
        ),
        (
            "FREQ=MINUTELY;INTERVAL=90;COUNT=3",
            "19970902T090000",
            vec!["19970902T0900", "19970902T1030", "19970902T1200"],
        ),
    ] {
        assert_eq!(all(rule, start).0, expected, "{rule}");
    }
}

#[test]
fn weekdays_with_and_without_ordinal_are_united() {
    let (found, _) = all("FREQ=MONTHLY;BYDAY=1TU,FR;COUNT=5", "20260101T090000");
    assert_eq!(found, ["20260102T0900", "20260106T0900", "20260109T0900", "20260116T0900", "20260123T0900"]);
}

#[test]
fn the_first_days_of_a_year_may_be_in_the_last_week_of_the_one_before() {
    let (found, _) = all("FREQ=YEARLY;BYWEEKNO=52;BYDAY=SA,SU;COUNT=4", "20211220T090000");
    assert_eq!(found, ["20220101T0900", "20220102T0900", "20221231T0900", "20230101T0900"]);
}

#[test]
fn months_without_the_day_are_passed_over() {
    let (found, _) = all("FREQ=MONTHLY;COUNT=3", "20260131T090000");
    assert_eq!(found, ["20260131T0900", "20260331T0900", "20260531T0900"]);
    let (found, _) = all("FREQ=YEARLY;COUNT=2", "20240229T090000");
    assert_eq!(found, ["20240229T0900", "20280229T0900"]);
}

#[test]
fn a_rule_that_never_matches_ends_soon() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31;COUNT=5",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=4;BYMONTHDAY=31",
        "FREQ=HOURLY;INTERVAL=2;BYHOUR=1",
        "FREQ=WEEKLY;BYSETPOS=300",
        "FREQ=YEARLY;INTERVAL=4294967295;BYMONTH=2;BYMONTHDAY=30",
    ] {
        let (found, steps) = all(rule, "20260101T000000");
        assert_eq!(found, Vec::<String>::new(), "{rule}");
        assert!(steps < 20_000 + 24 * 6_000, "{rule}: {steps} steps");
    }
}

#[test]
fn a_rule_without_end_is_taken_up_shortly_before_the_span() {
    for rule in
        ["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY", "FREQ=DAILY;INTERVAL=3;BYSETPOS=1"]
    {
        let (late, steps) = within_years(rule, "19010101T000000", 2026..2028);
        assert!(steps < 4_000, "{rule}: {steps} steps");
        let whole = within_years(rule, "19010101T000000", 1..2028).0;
        let expected: Vec<_> = whole.into_iter().filter(|at| at.as_str() >= "2026").collect();
        assert_eq!(late, expected, "{rule}");
    }
}

#[test]
fn too_many_and_too_slow_are_refused() {
    let day = |day| NaiveDate::from_ymd_opt(2026, 1, day).unwrap().and_time(NaiveTime::MIN);
    let secondly = Rule::every(Frequency::Secondly);
    assert_eq!(expand(&secondly, day(1), day(1)..day(2), &mut Budget(1_000_000)), Err(TooMuch));
    let rule = Rule::parse("FREQ=YEARLY;COUNT=4000000000;BYMONTH=2;BYMONTHDAY=30").unwrap();
    assert_eq!(expand(&rule, day(1), day(1)..NaiveDateTime::MAX, &mut Budget(10_000)), Err(TooMuch));
}
