use super::*;
use crate::domain::command::Actor;
use crate::domain::fact::{Body, NewFact, Subject};
use crate::domain::person::Roles;
use crate::domain::plan::book::{book, cancel};
use crate::domain::plan::conflict::Why;
use crate::domain::verdict::{Telling, Verdict};
use crate::time::{MonoMs, Now};

const HOUR_MS: i64 = 3_600_000;

fn utc(text: &str) -> UtcMs {
    UtcMs::parse_rfc3339(text).unwrap()
}

fn now() -> Now {
    Now { mono: MonoMs(0), utc: utc("2026-11-23T09:00:00Z"), trusted: true }
}

fn ledger() -> Connection {
    let conn = Connection::open_in_memory().unwrap();
    conn.execute_batch(include_str!("../schema/0001_initial.sql")).unwrap();
    conn.execute_batch(include_str!("../schema/0002_the_plan.sql")).unwrap();
    conn.execute_batch(
        "INSERT INTO room (id, name) VALUES ('a', 'Studio A'), ('b', 'Studio B'), ('c', 'Studio C');
         INSERT INTO kit (id, name, within) VALUES ('fx6', 'FX6 kit', 'truck'), ('truck', 'Truck', 'fx6');
         INSERT INTO asset (id, name, model, kit) VALUES ('lav-1', 'Lav 1', 'lav', NULL),
           ('lav-2', 'Lav 2', 'lav', NULL), ('lav-3', 'Lav 3', 'lav', NULL), ('fx6-body', 'FX6 body', NULL, 'fx6');
         INSERT INTO person (id, role) VALUES ('p1', 'crew'), ('p2', 'crew');
         INSERT INTO identity (person, handle, name) VALUES ('p1', 'ada', 'Ada'), ('p2', 'bo', 'Bo');
         INSERT INTO production (id, title, stage, starts_ms, ends_ms, crew) VALUES ('mara', 'Mara', 'production', 0, 0, '[]');
         INSERT INTO stock (id, name, use, count, registered, out) VALUES ('tape', 'Tape', 'lent', 10, 10, 0);",
    )
    .unwrap();
    conn
}

/// What the fold makes of a booking.
fn keep(conn: &Connection, facts: &[NewFact]) {
    for fact in facts {
        let Subject::Booking(id) = &fact.subject else { panic!("a fact of something else") };
        conn.execute("DELETE FROM booking WHERE id = ?1", [id]).unwrap();
        conn.execute("DELETE FROM claim WHERE booking = ?1", [id]).unwrap();
        let Body::BookingMade(plan) = &fact.body else { continue };
        let sql = "INSERT INTO booking (id, production, starts_ms, ends_ms, status, plan, series)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let text = serde_json::to_string(plan).unwrap();
        let BookingMade { production, starts, ends, status, series, .. } = plan;
        conn.execute(sql, params![id, production, starts, ends, status, text, series]).unwrap();
        let names = plan.rooms.iter().map(|id| (format!("room/{id}"), 1));
        let names = names.chain(plan.assets.iter().map(|id| (format!("asset/{id}"), 1)));
        let names = names.chain(plan.kits.iter().map(|id| (format!("kit/{id}"), 1)));
        let names = names.chain(plan.crew.iter().map(|id| (format!("person/{id}"), 1)));
        let names = names.chain(plan.models.iter().map(|line| (format!("model/{}", line.of), line.count)));
        let names = names.chain(plan.stock.iter().map(|line| (format!("stock/{}", line.of), line.count)));
        let (from, until) = plan.taken();
        for (name, count) in names {
            let sql = "INSERT INTO claim (resource, until_ms, booking, from_ms, count, confirmed)
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
            conn.execute(sql, params![name, until, id, from, count, plan.is_confirmed()]).unwrap();
        }
    }
}

fn plan(resources: &[(&str, u32)], hour: i64, hours: i64) -> BookingMade {
    let starts = utc("2026-11-24T00:00:00Z").plus(hour * HOUR_MS);
    let mut plan = nothing((starts, starts.plus(hours * HOUR_MS)));
    for (resource, count) in resources {
        let one = plan_of(&Resource::parse(resource).unwrap(), *count, (starts, starts));
        plan.rooms.extend(one.rooms);
        plan.assets.extend(one.assets);
        plan.kits.extend(one.kits);
        plan.crew.extend(one.crew);
        plan.models.extend(one.models);
        plan.stock.extend(one.stock);
    }
    plan
}

/// Makes a booking, or changes the one of that id.
fn try_book(conn: &Connection, id: &str, plan: &BookingMade) -> Verdict {
    let id = BookingId::parse(id).unwrap();
    let wanted = Wanted { booking: &id, plan, repeats: None, exists: false };
    let rules = HouseRules::default();
    let loaded = load_booking(conn, &wanted, &rules, now().utc).unwrap();
    let wanted = Wanted { exists: loaded.old.is_some(), ..wanted };
    let actor = Actor { person: None, roles: Roles::NONE };
    let (verdict, facts) = book(&wanted, &loaded, &actor, false, &rules, &now());
    keep(conn, &facts);
    verdict
}

fn say(verdict: &Verdict) -> String {
    verdict.sentence(&Telling { names: true, zone: chrono_tz::Tz::UTC, now: now().utc })
}

#[test]
fn a_room_that_is_promised_is_refused_with_who_has_it_until_when_and_what_is_free_instead() {
    let conn = ledger();
    let mut first = plan(&[("room/b", 1)], 9, 8);
    first.production = Some(crate::domain::id::ProductionId::parse("mara").unwrap());
    assert!(matches!(try_book(&conn, "one", &first), Verdict::Booked { .. }));
    assert_eq!(
        say(&try_book(&conn, "two", &plan(&[("room/b", 1)], 16, 2))),
        "two cannot be booked: Studio B is promised to Mara from Tue 09:00 to Tue 17:00. Free instead: Studio A, \
         Studio C. Free from Tue 17:00"
    );
    assert!(matches!(try_book(&conn, "two", &plan(&[("room/b", 1)], 17, 2)), Verdict::Booked { .. }));
    let moved = plan(&[("room/b", 1)], 8, 9);
    assert!(matches!(try_book(&conn, "one", &moved), Verdict::Booked { .. }), "its own time is no obstacle");
    let free: Vec<String> =
        free_rooms(&conn, moved.taken()).unwrap().into_iter().map(|(_, name)| name).collect();
    assert_eq!(free, ["Studio A", "Studio C"]);
}

#[test]
fn a_kit_and_what_belongs_in_it_are_taken_with_each_other_also_where_cases_make_a_circle() {
    let conn = ledger();
    assert!(matches!(try_book(&conn, "one", &plan(&[("asset/fx6-body", 1)], 9, 8)), Verdict::Booked { .. }));
    let refused = say(&try_book(&conn, "two", &plan(&[("kit/fx6", 1)], 9, 2)));
    assert!(refused.contains("FX6 body of FX6 kit is promised to one"), "{refused}");
    assert!(matches!(try_book(&conn, "one", &plan(&[("kit/truck", 1)], 9, 8)), Verdict::Booked { .. }));
    let refused = say(&try_book(&conn, "two", &plan(&[("asset/fx6-body", 1)], 9, 2)));
    assert!(refused.contains("FX6 body in Truck is promised to one"), "{refused}");
}

#[test]
fn units_that_are_promised_by_number_cannot_be_taken_by_name_and_others_are_named() {
    let conn = ledger();
    try_book(&conn, "one", &plan(&[("asset/lav-1", 1)], 9, 8));
    let Verdict::BookingConflict { conflicts, .. } =
        try_book(&conn, "two", &plan(&[("asset/lav-1", 1)], 9, 8))
    else {
        panic!("it was booked twice")
    };
    assert_eq!(conflicts.first().unwrap().instead, ["Lav 2", "Lav 3"]);
    try_book(&conn, "two", &plan(&[("model/lav", 2)], 9, 8));
    let refused = say(&try_book(&conn, "three", &plan(&[("asset/lav-2", 1)], 9, 8)));
    assert_eq!(
        refused,
        "three cannot be booked: 1 lav wanted, 0 of 3 left at Tue 09:00, the others are promised to two, one. Free from \
         Tue 17:00"
    );
    let span = plan(&[], 9, 8).taken();
    let model = ModelId::parse("lav").unwrap();
    assert_eq!(free_units(&conn, &model, span, now().utc).unwrap(), []);
    let later = plan(&[], 17, 8).taken();
    assert_eq!(free_units(&conn, &model, later, now().utc).unwrap().len(), 3);
}

#[test]
fn what_is_out_retired_blocked_or_lost_is_said() {
    let conn = ledger();
    conn.execute_batch(
        "INSERT INTO custody (subject, out, person, due_ms, since_ms, last_fact, last_kind, last_at_ms)
           VALUES ('asset/lav-1', 1, 'p1', NULL, 0, 'f', 'checked-out', 0);
         UPDATE asset SET retired = 1 WHERE id = 'lav-2';
         INSERT INTO job (fact, subject, blocks, since_ms) VALUES ('f', 'asset/lav-3', 1, 0);",
    )
    .unwrap();
    let refused = say(&try_book(&conn, "one", &plan(&[("asset/lav-1", 1), ("asset/lav-3", 1)], 9, 8)));
    assert!(refused.contains("Lav 1 is out to Ada without a due time; Lav 3 is in maintenance"), "{refused}");
    let span = plan(&[], 9, 8).taken();
    let retired = Resource::parse("asset/lav-2").unwrap();
    let answer = free(&conn, &retired, 1, span, now().utc).unwrap().unwrap();
    assert_eq!(answer.conflicts.first().unwrap().why, Why::Unavailable { because: "retired".into() });
    let lavs = Resource::parse("model/lav").unwrap();
    let answer = free(&conn, &lavs, 1, span, now().utc).unwrap().unwrap();
    assert!(matches!(answer.conflicts.first().unwrap().why, Why::TooFew { left: 0, of: 1, .. }));
    let unknown = Resource::parse("room/z").unwrap();
    assert_eq!(free(&conn, &unknown, 1, span, now().utc).unwrap(), None);
}

#[test]
fn pieces_are_counted_with_those_that_are_out() {
    let conn = ledger();
    try_book(&conn, "one", &plan(&[("stock/tape", 6)], 9, 8));
    conn.execute_batch(
        "INSERT INTO stock_out (stock, person, production, booking, count, since_ms) VALUES ('tape', 'p1', '', '', 3, 0)",
    )
    .unwrap();
    let refused = say(&try_book(&conn, "two", &plan(&[("stock/tape", 2)], 10, 2)));
    assert!(refused.contains("2 Tape wanted, 1 of 10 left"), "{refused}");
    assert!(matches!(try_book(&conn, "two", &plan(&[("stock/tape", 1)], 10, 2)), Verdict::Booked { .. }));
}

#[test]
fn what_is_not_known_is_said_with_what_may_have_been_meant() {
    let conn = ledger();
    for (resource, said) in [
        ("asset/lav-11", "Not found: asset/lav-11. Did you mean asset/lav-1?"),
        ("model/laf", "Not found: model/laf, no asset is of that model. Did you mean model/lav?"),
        ("person/nobody", "Not found: person/nobody"),
    ] {
        let verdict = try_book(&conn, "one", &plan(&[(resource, 1)], 9, 8));
        assert_eq!(say(&verdict), said);
    }
    let id = BookingId::parse("one").unwrap();
    let loaded = load_cancelling(&conn, &id).unwrap();
    let (verdict, facts) = cancel(&id, true, &loaded, &Actor { person: None, roles: Roles::NONE });
    assert_eq!((say(&verdict).as_str(), facts.len()), ("Not found: booking/one", 0));
}
