use chrono_tz::Tz;

use super::*;

const HOUSE: Tz = Tz::Europe__Berlin;

fn calendar(lines: &str) -> Calendar {
    read(format!("BEGIN:VCALENDAR\n{lines}\nEND:VCALENDAR\n").as_bytes(), HOUSE).unwrap()
}

fn event(lines: &str) -> Calendar {
    calendar(&format!("BEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT"))
}

fn at(text: &str) -> UtcMs {
    UtcMs::parse_rfc3339(text).unwrap()
}

/// What takes place in 2026, a line each.
fn in_2026(calendar: &Calendar) -> Vec<String> {
    let (found, problems) = calendar.occurrences(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    assert_eq!(problems, []);
    found.iter().map(said).collect()
}

fn said(occurrence: &Occurrence) -> String {
    let span =
        [occurrence.starts, occurrence.ends].map(|at| at.to_chrono().format("%m-%dT%H:%M").to_string());
    let status = match occurrence.status {
        Status::Confirmed => "",
        Status::Tentative => " tentative",
        Status::Cancelled => " cancelled",
    };
    let place = occurrence.instance.as_deref().unwrap_or("-");
    format!("{} to {} {place} {}{status}", span[0], span[1], occurrence.summary)
}

fn only_problem(calendar: &Calendar) -> &str {
    let [problem] = calendar.problems.as_slice() else { panic!("{:?}", calendar.problems) };
    &problem.what
}

fn refused(bytes: &[u8]) -> String {
    read(bytes, HOUSE).unwrap_err().to_string()
}

// -- whole files -------------------------------------------------------------------------------------------------

#[test]
fn what_is_no_calendar_is_named() {
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"\xef\xbb\xbf \r\n", "empty"),
        (b"<!DOCTYPE html><html>Sign in</html>", "this is HTML or XML, not iCalendar"),
        (b"{\"error\":\"not found\"}", "JSON"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"\xff\xfeB\x00", "UTF-16"),
        (b"title,starts\nShoot,1\n", "it begins with \"title,starts\""),
        (b"BEGIN:VCARD\nEND:VCARD\n", "no BEGIN:VCALENDAR"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMM", "breaks off: VEVENT, begun at line 2"),
        (b"BEGIN:VCALENDAR\nVERSION:2.0\n", "breaks off"),
        (b"BEGIN:VCALENDAR\nBEGIN:VCALENDAR\nEND:VCALENDAR\n", "breaks off before line 2"),
    ] {
        let sentence = refused(bytes);
        assert!(sentence.contains(expected), "{sentence}");
        assert!(sentence.to_lowercase().contains("nothing of it was taken"), "{sentence}");
    }
}

#[test]
fn too_large_too_many_and_too_deep_are_refused() {
    assert!(refused(&vec![b'x'; 50_000_000]).contains("the calendar has 50 MB, and at most 16 MB"));
    let many = "BEGIN:VEVENT\nEND:VEVENT\n".repeat(50_001);
    assert!(refused(format!("BEGIN:VCALENDAR\n{many}").as_bytes()).contains("more than 50000 events"));
    let deep = "BEGIN:X\n".repeat(17);
    assert!(refused(format!("BEGIN:VCALENDAR\n{deep}").as_bytes()).contains("more than 16 deep"));
}

#[test]
fn problems_end_somewhere() {
    let calendar = calendar(&"BEGIN:VEVENT\nUID:1\nEND:VEVENT\n".repeat(3_000));
    assert_eq!(calendar.problems.len(), 1_001);
    assert!(calendar.problems.last().unwrap().what.contains("more than 1000"));
}

#[test]
fn several_calendars_have_their_own_zones() {
    let zone = |offset: &str| {
        format!(
            "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\n\
             TZOFFSETTO:{offset}\nEND:STANDARD\nEND:VTIMEZONE"
        )
    };
    let event = |uid: &str| format!("BEGIN:VEVENT\nUID:{uid}\nDTSTART;TZID=Ours:20260105T120000\nEND:VEVENT");
    let text = format!(
        "BEGIN:VCALENDAR\n{}\n{}\nEND:VCALENDAR\nBEGIN:VCALENDAR\n{}\n{}\nEND:VCALENDAR",
        event("a"),
        zone("+0300"),
        zone("-0500"),
        event("b")
    );
    let calendar = read(text.as_bytes(), HOUSE).unwrap();
    assert_eq!(in_2026(&calendar), ["01-05T09:00 to 01-05T09:00 - ", "01-05T17:00 to 01-05T17:00 - "]);
}

#[test]
fn an_event_that_does_not_end_takes_no_other_with_it() {
    let calendar = calendar(
        "BEGIN:VEVENT\nUID:lost\nDTSTART:20260105\nBEGIN:VEVENT\nUID:kept\nDTSTART:20260106\nSUMMARY:Kept\n\
         END:VEVENT\nEND:VTODO",
    );
    assert_eq!(in_2026(&calendar), ["01-05T23:00 to 01-06T23:00 - Kept"]);
    assert_eq!(calendar.problems.len(), 2, "{:?}", calendar.problems);
}

// -- one event ---------------------------------------------------------------------------------------------------

#[test]
fn times_are_in_their_zones() {
    for (lines, expected) in [
        ("DTSTART:20260701T090000Z\nDTEND:20260701T100000Z", "07-01T09:00 to 07-01T10:00"),
        ("DTSTART:20260701T090000\nDURATION:PT90M", "07-01T07:00 to 07-01T08:30"),
        ("DTSTART;TZID=Eastern Standard Time:20260701T090000", "07-01T13:00 to 07-01T13:00"),
        (
            "DTSTART;TZID=\"/mozilla.org/20050126_1/Asia/Kolkata\":20260701T090000",
            "07-01T03:30 to 07-01T03:30",
        ),
        ("DTSTART;VALUE=DATE:20260328\nDTEND;VALUE=DATE:20260330", "03-27T23:00 to 03-29T22:00"),
        ("DTSTART:20260105", "01-04T23:00 to 01-05T23:00"),
        ("DTSTART:20260105\nDTEND:20260105", "01-04T23:00 to 01-05T23:00"),
        (
            "DTSTART:20260105T000000\nDTEND:20260107T000000\nX-MICROSOFT-CDO-ALLDAYEVENT:TRUE",
            "01-04T23:00 to 01-06T23:00",
        ),
    ] {
        let calendar = event(lines);
        assert_eq!(calendar.problems, [], "{lines}");
        assert_eq!(in_2026(&calendar), [format!("{expected} - ")], "{lines}");
    }
}

#[test]
fn floating_times_are_in_the_calendars_zone_where_it_says_one() {
    let text = "X-WR-TIMEZONE:America/New_York\nBEGIN:VEVENT\nUID:1\nDTSTART:20260701T090000\nEND:VEVENT";
    assert_eq!(in_2026(&calendar(text)), ["07-01T13:00 to 07-01T13:00 - "]);
    let unknown = calendar(&text.replace("America/New_York", "Mars"));
    assert_eq!(in_2026(&unknown), ["07-01T07:00 to 07-01T07:00 - "]);
    assert!(only_problem(&unknown).contains("taken in the zone of the house"));
}

#[test]
fn what_cannot_be_understood_is_left_out_with_a_sentence() {
    for (lines, expected) in [
        ("DTSTART;TZID=Mars/Olympus:20260105T090000", "the time zone \"Mars/Olympus\" is neither"),
        ("DTSTART:20260105T090000\nDTEND;TZID=Mars:20260105T090000", "DTEND: the time zone \"Mars\""),
        (
            "DTSTART:20260105T090000\nRRULE:FREQ=DAILY\nEXDATE;TZID=Mars:20260106T090000",
            "EXDATE: the time zone",
        ),
        ("SUMMARY:no start", "no DTSTART"),
        ("DTSTART:tomorrow", "\"tomorrow\" is no day or time"),
        ("DTSTART:20260105T090000\nDTEND:20260105T080000", "before it begins"),
        ("DTSTART:20260105T090000\nDTEND:20260105", "a day, the other a time"),
        ("DTSTART:20260105\nDTEND:21260105", "lasts 36524 days"),
        ("DTSTART:20260105\nDURATION:P99999999W", "more than 1096 are not believed"),
        ("DTSTART:20260105\nRRULE:FREQ=SOMETIMES", "RRULE: the rule's FREQ is \"SOMETIMES\""),
        ("DTSTART:20260105\nRDATE;VALUE=PERIOD:20260106T000000Z/P9999D", "RDATE: it lasts more than"),
    ] {
        let calendar = event(lines);
        assert!(only_problem(&calendar).contains(expected), "{lines}: {}", only_problem(&calendar));
        assert!(only_problem(&calendar).contains("left out"), "{}", only_problem(&calendar));
        assert_eq!(in_2026(&calendar), Vec::<String>::new());
    }
    let dates = format!("DTSTART:20260105\nRDATE:{}", "20260106,".repeat(10_001));
    assert!(only_problem(&event(&dates)).contains("more than 10000 dates"));
    let properties = format!("DTSTART:20260105\n{}", "RESOURCES:x\n".repeat(2_001));
    assert!(only_problem(&event(&properties)).contains("more than 2000 properties"));
}

#[test]
fn people_rooms_and_states_are_told_apart() {
    let calendar = event(
        "DTSTART:20260105\nSUMMARY:Shoot\\, day 1\nCATEGORIES:Prep,Shoot\\, ext\nCATEGORIES:B\nLOCATION:Studio B\n\
         RESOURCES:C300\nORGANIZER;CN=Ana:MAILTO:Ana@Example.com\nATTENDEE:mailto:ana@example.com\n\
         ATTENDEE;EMAIL=bo@example.com:urn:uuid:1\nATTENDEE;PARTSTAT=DECLINED:mailto:cy@example.com\n\
         ATTENDEE;CUTYPE=ROOM;CN=\"Studio B\":mailto:b@resource.example.com\n\
         STATUS:TENTATIVE\nTRANSP:TRANSPARENT\nSEQUENCE:4\nLAST-MODIFIED:20260101T000000Z\nDTSTAMP:20260102T000000Z",
    );
    let (found, _) = calendar.occurrences(UtcMs(0), UtcMs(i64::MAX));
    let found = &found[0];
    assert_eq!(found.summary, "Shoot, day 1");
    assert_eq!(found.categories, ["Prep", "Shoot, ext", "B"]);
    assert_eq!(found.people, ["ana@example.com", "bo@example.com"]);
    assert_eq!(found.resources, ["C300", "Studio B", "b@resource.example.com"]);
    assert_eq!((found.status, found.transparent, found.sequence), (Status::Tentative, true, 4));
    assert_eq!((found.modified, found.line), (Some(at("2026-01-01T00:00:00Z")), 2));
}

#[test]
fn outlook_says_free_and_tentative_in_its_own_words() {
    let busy = |state: &str| event(&format!("DTSTART:20260105\nX-MICROSOFT-CDO-BUSYSTATUS:{state}"));
    let first = |calendar: Calendar| calendar.occurrences(UtcMs(0), UtcMs(i64::MAX)).0.remove(0);
    assert!(first(busy("FREE")).transparent);
    assert_eq!(first(busy("TENTATIVE")).status, Status::Tentative);
    assert_eq!(
        first(calendar("METHOD:CANCEL\nBEGIN:VEVENT\nUID:1\nDTSTART:20260105\nEND:VEVENT")).status,
        Status::Cancelled
    );
}

#[test]
fn an_event_without_uid_is_known_by_its_beginning_and_title() {
    let calendar = calendar("BEGIN:VEVENT\nDTSTART:20260105T090000Z\nSUMMARY:Shoot\nEND:VEVENT");
    assert!(only_problem(&calendar).contains("no UID"));
    assert_eq!(
        calendar.occurrences(UtcMs(0), UtcMs(i64::MAX)).0[0].uid,
        "without-uid 2026-01-05T09:00:00.000Z Shoot"
    );
}

// -- series ------------------------------------------------------------------------------------------------------

/// Mondays at 9 in Berlin, four of them from 5 January, with other events of the same series.
fn mondays(more: &str, others: &str) -> Calendar {
    calendar(&format!(
        "BEGIN:VEVENT\nUID:m\nSUMMARY:Monday\nDTSTART;TZID=Europe/Berlin:20260105T090000\n\
         DTEND;TZID=Europe/Berlin:20260105T100000\nRRULE:FREQ=WEEKLY;COUNT=4\n{more}\nEND:VEVENT\n{others}"
    ))
}

fn changed(lines: &str) -> String {
    format!("BEGIN:VEVENT\nUID:m\n{lines}\nEND:VEVENT\n")
}

#[test]
fn local_times_hold_across_a_change_of_clocks() {
    let calendar = event(
        "DTSTART;TZID=Europe/Berlin:20260328T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:Night",
    );
    assert_eq!(
        in_2026(&calendar),
        [
            "03-28T01:30 to 03-28T02:30 20260328T013000Z Night",
            "03-29T01:30 to 03-29T02:30 20260329T013000Z Night",
            "03-30T00:30 to 03-30T01:30 20260330T003000Z Night",
        ]
    );
}

#[test]
fn instances_are_left_out_added_moved_and_cancelled() {
    let calendar = mondays(
        "EXDATE;TZID=Europe/Berlin:20260112T090000\nRDATE;VALUE=PERIOD:20260201T080000Z/PT2H",
        &(changed(
            "RECURRENCE-ID;TZID=Europe/Berlin:20260119T090000\nDTSTART:20260120T120000Z\nDURATION:PT1H\nSUMMARY:Moved",
        ) + &changed(
            "RECURRENCE-ID:20260126T080000Z\nDTSTART:20260126T080000Z\nSTATUS:CANCELLED\nSUMMARY:Off",
        )),
    );
    assert_eq!(
        in_2026(&calendar),
        [
            "01-05T08:00 to 01-05T09:00 20260105T080000Z Monday",
            "01-20T12:00 to 01-20T13:00 20260119T080000Z Moved",
            "01-26T08:00 to 01-26T08:00 20260126T080000Z Off cancelled",
            "02-01T08:00 to 02-01T10:00 20260201T080000Z Monday",
        ]
    );
}

#[test]
fn an_instance_moved_out_of_the_time_asked_about_is_not_in_it() {
    let moved = changed("RECURRENCE-ID:20260119T080000Z\nDTSTART:20260301T080000Z\nSUMMARY:Moved");
    let calendar = mondays("", &moved);
    let (found, _) = calendar.occurrences(at("2026-01-19T00:00:00Z"), at("2026-01-20T00:00:00Z"));
    assert_eq!(found, []);
    let (found, _) = calendar.occurrences(at("2026-03-01T00:00:00Z"), at("2026-03-02T00:00:00Z"));
    assert_eq!(
        found.iter().map(said).collect::<Vec<_>>(),
        ["03-01T08:00 to 03-01T08:00 20260119T080000Z Moved"]
    );
}

#[test]
fn an_instance_whose_change_cannot_be_read_is_not_where_it_was() {
    let lost = changed("RECURRENCE-ID:20260112T080000Z\nDTSTART;TZID=Mars:20260113T090000\nSUMMARY:Lost");
    let cancelled = changed("RECURRENCE-ID;TZID=Europe/Berlin:20260119T090000\nSTATUS:CANCELLED");
    let calendar = mondays("", &(lost + &cancelled));
    assert_eq!(
        in_2026(&calendar),
        [
            "01-05T08:00 to 01-05T09:00 20260105T080000Z Monday",
            "01-26T08:00 to 01-26T09:00 20260126T080000Z Monday",
        ]
    );
    assert_eq!(calendar.problems.len(), 2, "{:?}", calendar.problems);
}

#[test]
fn this_and_future_moves_all_that_follow() {
    let since = changed(
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20260112T090000\n\
         DTSTART;TZID=Europe/Berlin:20260113T110000\nDURATION:PT2H\nSUMMARY:Tuesday",
    );
    let single = changed("RECURRENCE-ID:20260119T080000Z\nDTSTART:20260119T080000Z\nSUMMARY:Once");
    assert_eq!(
        in_2026(&mondays("", &(since + &single))),
        [
            "01-05T08:00 to 01-05T09:00 20260105T080000Z Monday",
            "01-13T10:00 to 01-13T12:00 20260112T080000Z Tuesday",
            "01-19T08:00 to 01-19T08:00 20260119T080000Z Once",
            "01-27T10:00 to 01-27T12:00 20260126T080000Z Tuesday",
        ]
    );
}

#[test]
fn a_day_names_the_instance_of_that_day_and_a_time_the_day() {
    assert_eq!(in_2026(&mondays("EXDATE;VALUE=DATE:20260105,20260112,20260119", "")).len(), 1);
    let days = event(
        "DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;COUNT=3\nEXDATE:20260105T230000Z,20260107T000000Z",
    );
    assert_eq!(in_2026(&days), ["01-04T23:00 to 01-05T23:00 20260105 "]);
}

#[test]
fn until_is_the_last_moment_or_the_last_day() {
    for (rule, count) in [
        ("DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;UNTIL=20260107T080000Z", 3),
        ("DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;UNTIL=20260107T075959Z", 2),
        ("DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;UNTIL=20260107T090000", 3),
        ("DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;UNTIL=20260107", 3),
        ("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;UNTIL=20260107", 3),
        ("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;UNTIL=20260107T000000Z", 3),
        ("DTSTART;VALUE=DATE:20260105\nRRULE:FREQ=DAILY;UNTIL=20260106T230000Z", 3),
        ("DTSTART;TZID=Europe/Berlin:20260105T090000\nRRULE:FREQ=DAILY;UNTIL=20250101", 0),
    ] {
        assert_eq!(in_2026(&event(rule)).len(), count, "{rule}");
    }
}

#[test]
fn of_two_versions_the_newer_is_taken_and_copies_are_nothing_to_speak_of() {
    let version = |sequence: u8, hour: u8| {
        format!("BEGIN:VEVENT\nUID:1\nSEQUENCE:{sequence}\nDTSTART:20260105T0{hour}0000Z\nEND:VEVENT\n")
    };
    let newer_first = calendar(&(version(2, 8) + &version(1, 7)));
    assert_eq!(in_2026(&newer_first), ["01-05T08:00 to 01-05T08:00 - "]);
    assert!(only_problem(&newer_first).contains("written twice, at line 2"));
    assert_eq!(calendar(&version(1, 7).repeat(2)).problems, []);
}

#[test]
fn a_changed_instance_may_stand_without_its_series() {
    let calendar =
        calendar(&changed("RECURRENCE-ID:20260112T080000Z\nDTSTART:20260112T090000Z\nSUMMARY:Alone"));
    assert_eq!(in_2026(&calendar), ["01-12T09:00 to 01-12T09:00 20260112T080000Z Alone"]);
}

#[test]
fn a_first_day_that_its_rule_does_not_name_is_said() {
    let calendar = event("DTSTART:20260106T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=1");
    assert!(only_problem(&calendar).contains("does not name"));
    assert_eq!(in_2026(&calendar).len(), 1);
    let excluded = event("DTSTART:20260106T090000Z\nRRULE:FREQ=DAILY;COUNT=2\nEXRULE:FREQ=DAILY;COUNT=1");
    assert!(only_problem(&excluded).contains("EXRULE"));
    assert_eq!(in_2026(&excluded).len(), 2);
}

#[test]
fn a_series_that_is_too_much_is_left_out_whole_and_takes_no_other_with_it() {
    let calendar = calendar(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Ticks\nDTSTART:20260105T090000Z\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:2\nSUMMARY:Counted\nDTSTART:20000105T090000Z\n\
         RRULE:FREQ=SECONDLY;COUNT=900000000\nEND:VEVENT\n\
         BEGIN:VEVENT\nUID:3\nSUMMARY:Shoot\nDTSTART:20260105T090000Z\nRRULE:FREQ=WEEKLY\nEND:VEVENT",
    );
    let (found, problems) = calendar.occurrences(at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
    assert!(found.iter().all(|occurrence| occurrence.uid == "3") && found.len() == 52, "{}", found.len());
    let said: Vec<_> = problems.iter().map(|problem| problem.what.as_str()).collect();
    assert!(said.len() == 2 && said[0].contains("\"Ticks\"") && said[1].contains("\"Counted\""), "{said:?}");
}
