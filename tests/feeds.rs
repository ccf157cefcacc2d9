//! Calendars through the real program: feeds that fail in every way, two that want one room, a daemon that is killed in
//! the middle, and the feeds that go out.
#![allow(clippy::disallowed_methods, reason = "the real program is waited for")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a panic is how a test says no"
)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

#[path = "real/feed_server.rs"]
mod feed_server;
#[path = "real/mosquitto.rs"]
mod mosquitto;
#[path = "real/studio.rs"]
mod studio;

use feed_server::{FeedServer, Mode};
use mosquitto::{Collector, free_port, wait_for};
use studio::Studio;

const LONG: Duration = Duration::from_secs(60);

/// A studio with two rooms, a production, Ana and a camera; `extra` is `[[calendar]]` and `[web]`.
fn studio(extra: &str) -> Studio {
    let text =
        format!("[mqtt]\nlisten = \"127.0.0.1:{}\"\n[[station]]\nid = \"cage\"\n{extra}\n", free_port());
    let studio = Studio::new(&text);
    studio.import("rooms", "id,name\nstudio-a,Studio A\nstudio-b,Studio B\n");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\n");
    studio.import("assets", "id,name,tags\nfx6,Sony FX6,C-FX6\n");
    studio.import("productions", "id,title,starts,ends\nacme,Acme Spring,2020-01-01,2099-12-30\n");
    studio
}

/// An event of an hour: its uid, in how many hours it begins, where, and what more is said of it.
type Event<'a> = (&'a str, i64, &'a str, &'a str);

fn broker_port(studio: &Studio) -> u16 {
    let text = std::fs::read_to_string(&studio.config).unwrap();
    let port = text.split("127.0.0.1:").nth(1).unwrap().split('"').next().unwrap();
    port.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}

fn stamp(in_hours: i64) -> String {
    (now() + TimeDelta::hours(in_hours)).format("%Y%m%dT%H0000Z").to_string()
}

fn stamp_of(in_hours: i64) -> String {
    (now() + TimeDelta::hours(in_hours)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn ics(events: &[Event<'_>]) -> String {
    let mut text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n".to_owned();
    for (uid, hours, location, more) in events {
        let (starts, ends) = (stamp(*hours), stamp(hours + 1));
        let summary = if more.contains("SUMMARY:") { "" } else { "SUMMARY:Shooting\r\n" };
        text.push_str(&format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nDTSTART:{starts}\r\nDTEND:{ends}\r\n\
             {summary}LOCATION:{location}\r\n{more}END:VEVENT\r\n"
        ));
    }
    text.push_str("END:VCALENDAR\r\n");
    text
}

fn feed(id: &str, server: &FeedServer) -> String {
    let port = server.port;
    format!(
        "[[calendar]]\nid = \"{id}\"\nurl = \"http://127.0.0.1:{port}/private-s3cret/{id}.ics\"\nevery_minutes = 600\n"
    )
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn sync(studio: &Studio, words: &[&str]) -> Value {
    let output = studio.verb(&[&["calendar", "sync", "--json"], words].concat());
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{words:?}: {}", out(&output)))
}

fn numbers(synced: &Value) -> [i64; 5] {
    ["made", "changed", "cancelled", "same", "refused"].map(|name| synced[name].as_i64().unwrap())
}

fn facts(studio: &Studio) -> usize {
    studio.ask(&["facts", "--json", "--limit", "100000"]).len()
}

fn bookings(studio: &Studio) -> Vec<Value> {
    studio.ask(&["booking", "list", "--json"])[0].as_array().unwrap().clone()
}

fn state(studio: &Studio, id: &str) -> Value {
    let all = studio.ask(&["calendar", "list", "--json"]);
    all[0].as_array().unwrap().iter().find(|one| one["id"] == id).unwrap().clone()
}

#[test]
fn a_calendar_becomes_bookings_checked_and_read_say_the_same_and_twice_is_once() {
    let studio = studio("");
    let day = (now() + TimeDelta::days(3)).format("%Y%m%d").to_string();
    let all_day = format!("SUMMARY:[acme] Set-up\r\nX-D:{day}\r\n");
    let tentative = "STATUS:TENTATIVE\r\nRRULE:FREQ=DAILY;COUNT=3\r\n";
    let text =
        ics(&[("a", 30, "Studio A", &all_day), ("b", 50, "studio-b", tentative), ("c", 9, "Roof", "")]);
    let path = studio.file("shoots.ics", &text);
    let path = path.to_str().unwrap();
    let checked = studio.verb(&["calendar", "check", path]);
    assert_eq!(checked.status.code(), Some(0), "{}", out(&checked));
    let before = facts(&studio);
    let read = studio.verb(&["calendar", "sync", path]);
    let dry = out(&checked).replace(". Nothing was written: this was a dry run", "");
    assert_eq!(dry, out(&read), "a dry run and the real run agree line for line");
    assert!(dry.contains("; studio-a for acme\n") && dry.contains("; studio-b, a hold\n"), "{dry}");
    assert_eq!(facts(&studio), before + 4);
    assert_eq!(numbers(&sync(&studio, &[path])), [0, 0, 0, 4, 0]);
    assert_eq!(facts(&studio), before + 4, "the same calendar again makes no fact");
    let rows = bookings(&studio);
    assert_eq!(rows.iter().filter(|row| row["status"] == "hold").count(), 3);
    let first = rows.iter().find(|row| row["production"] == "acme").unwrap();
    assert_eq!(first["title"], "Set-up");
    assert!(first["booking"].as_str().unwrap().starts_with("cal-shoots-"));
    let moved =
        studio.file("shoots.ics", &text.replace(&stamp(30), &stamp(29)).replace("COUNT=3", "COUNT=2"));
    assert_eq!(numbers(&sync(&studio, &[moved.to_str().unwrap()])), [0, 1, 1, 2, 0]);
    assert!(studio.verb(&["verify"]).status.success());
    let facts = studio.ask(&["facts", "--json", "--limit", "3"]);
    assert!(facts.iter().all(|fact| fact["station"] == "calendar"), "{facts:?}");
}

#[test]
fn a_room_that_a_calendar_booked_is_opened_to_the_crew_and_to_nobody_else() {
    let studio = studio("[[station]]\nid = \"b-door\"\nkind = \"door\"\nroom = \"studio-b\"\n");
    studio.import("people", "id,name,badges\nana,Ana Lima,B-ANA\nbo,Bo Reid,B-BO\n");
    let crew = studio.verb(&["production", "crew", "acme", "add", "ana"]);
    assert!(crew.status.success(), "{}", out(&crew));
    // Two of them, so that the room is taken also when the hour turns meanwhile.
    let set_up = "SUMMARY:[acme] Set-up\r\n";
    let text = ics(&[("now", 0, "Studio B", set_up), ("next", 1, "Studio B", set_up)]);
    let path = studio.file("shoots.ics", &text);
    assert_eq!(numbers(&sync(&studio, &[path.to_str().unwrap()])), [2, 0, 0, 0, 0]);
    let at_door = |badge: &str| out(&studio.verb(&["scan", "b-door", badge]));
    let ana = at_door("B-ANA");
    assert!(ana.contains("Come in until") && ana.contains("for Set-up"), "{ana}");
    let bo = at_door("B-BO");
    assert!(bo.contains("Booked: Studio B, Set-up until"), "{bo}");
}

#[test]
fn an_event_that_cannot_be_read_any_more_keeps_its_booking_and_days_are_the_house_s() {
    let studio = studio("");
    let day = |days: i64| (now() + TimeDelta::days(days)).format("%Y%m%d").to_string();
    let text = |zone: &str, more: &str| {
        format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:zoned\nDTSTART;TZID={zone}:{}T090000\nDURATION:PT1H\n\
             SUMMARY:Zoned\nLOCATION:Studio A\nEND:VEVENT\n{more}END:VCALENDAR\n",
            day(5)
        )
    };
    let whole = format!(
        "BEGIN:VEVENT\nUID:whole\nDTSTART;VALUE=DATE:{}\nLOCATION:Studio B\nTRANSP:TRANSPARENT\nEND:VEVENT\n",
        day(8)
    );
    let write = |text: &str| studio.file("week.ics", text).to_str().unwrap().to_owned();
    assert_eq!(numbers(&sync(&studio, &[&write(&text("Europe/Berlin", &whole))])), [2, 0, 0, 0, 0]);
    let rows = bookings(&studio);
    assert!(
        rows[0]["starts"].as_str().unwrap().ends_with("T08:00:00.000Z")
            || rows[0]["starts"].as_str().unwrap().ends_with("T07:00:00.000Z")
    );
    assert_eq!((&rows[1]["status"], &rows[1]["rooms"][0]), (&Value::from("hold"), &Value::from("studio-b")));
    let read = sync(&studio, &[&write(&text("Mars/Olympus Mons", ""))]);
    assert_eq!(
        (numbers(&read), read["left"].as_i64(), read["unread"].as_i64()),
        ([0, 0, 1, 0, 0], Some(1), Some(1)),
        "{read}"
    );
    assert!(read["lines"].to_string().contains("its event could not be read"), "{read}");
    assert_eq!(bookings(&studio).len(), 1);
}

#[test]
fn a_feed_that_is_down_or_wrong_changes_nothing_and_is_reported() {
    let server = FeedServer::start(Mode::Calendar(ics(&[("a", 30, "Studio A", "")])));
    let studio = studio(&feed("shoots", &server));
    let daemon = studio.run();
    wait_for("the first reading", LONG, || (state(&studio, "shoots")["state"] == "current").then_some(()));
    assert_eq!(bookings(&studio).len(), 1);
    let before = facts(&studio);
    let cut = ics(&[("a", 30, "Studio A", ""), ("b", 40, "Studio B", "")]);
    for (mode, exit, sentence) in [
        (Mode::Html, 2, "HTML"),
        (Mode::Status(500), 3, "answers 500"),
        (Mode::Status(404), 2, "check its url"),
        (Mode::RedirectForEver, 3, "redirects more than"),
        (Mode::CutOff(cut.clone()), 3, "Nothing is changed"),
        (Mode::Calendar(cut[..cut.len() - 40].to_owned()), 2, "END"),
        (Mode::Large, 2, "more than 16 MB"),
        (Mode::Hang, 3, "in time"),
        (Mode::Closed, 3, "Nothing is changed"),
        (Mode::Calendar(String::new()), 2, "empty"),
    ] {
        server.set(mode.clone());
        let output = studio.verb(&["calendar", "sync", "shoots"]);
        assert_eq!(output.status.code(), Some(exit), "{mode:?} {}", out(&output));
        assert!(out(&output).contains(sentence), "{mode:?}: {}", out(&output));
        assert!(out(&output).contains("shoots: "), "{mode:?}: {}", out(&output));
        let now = state(&studio, "shoots");
        assert_eq!(now["state"], "failed", "{mode:?}");
        assert!(now["read_at"].is_string(), "when it was last read is still known");
        assert_eq!(facts(&studio), before, "{mode:?}");
    }
    server.set(Mode::RedirectTo(ics(&[("a", 30, "Studio A", ""), ("b", 40, "Studio B", "")])));
    assert_eq!(numbers(&sync(&studio, &["shoots"])), [1, 0, 0, 1, 0]);
    let asked = server.not_modified();
    assert_eq!(numbers(&sync(&studio, &["shoots"])), [0, 0, 0, 2, 0]);
    assert_eq!(server.not_modified(), asked + 1, "what is the same is not sent again");
    assert_eq!(state(&studio, "shoots")["state"], "current");
    let said = daemon.log() + &out(&studio.verb(&["status"])) + &out(&studio.verb(&["calendar", "list"]));
    assert!(said.contains("127.0.0.1") && !said.contains("s3cret"), "{said}");
    let collector = Collector::start(broker_port(&studio), "wall", "cagekeeper/v1/studio/daemon/main/info");
    collector.wait("the calendar in the retained info", LONG, |got| {
        let said = got.iter().rev().map(|got| serde_json::from_slice::<Value>(&got.payload).unwrap());
        said.take(1).any(|info| info["calendars"][0]["state"] == "current")
    });
    server.set(Mode::Hang);
    let asked = server.asked();
    let mut asking = studio.command(&["calendar", "sync", "shoots"]).stderr(Stdio::null()).spawn().unwrap();
    wait_for("the server to be asked", LONG, || (server.asked() > asked).then_some(()));
    assert!(daemon.stop().success(), "a server that hangs holds nobody up");
    assert!(!asking.wait().unwrap().success());
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn two_feeds_claim_one_room_and_what_was_booked_by_hand_stands() {
    let (one, two) = (
        FeedServer::start(Mode::Calendar(ics(&[("a", 30, "Studio A", "")]))),
        FeedServer::start(Mode::Calendar(ics(&[("b", 30, "Studio A", ""), ("c", 40, "Studio B", "")]))),
    );
    let studio = studio(&(feed("one", &one) + &feed("two", &two)));
    let (from, to) = (
        (now() + TimeDelta::hours(39)).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        (now() + TimeDelta::hours(43)).format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    );
    let by_hand =
        ["booking", "add", "mine", "--room", "studio-b", "--client", "Ours", "--from", &from, "--to", &to];
    let output = studio.verb(&by_hand);
    assert!(output.status.success(), "{}", out(&output));
    assert_eq!(numbers(&sync(&studio, &["one"])), [1, 0, 0, 0, 0]);
    let second = sync(&studio, &["two"]);
    assert_eq!(numbers(&second), [0, 0, 0, 0, 2]);
    let said = second["lines"].to_string();
    assert!(said.contains("Studio A is promised to cal-one-"), "{said}");
    assert!(said.contains("Studio B is promised to mine"), "{said}");
    assert_eq!(bookings(&studio).len(), 2);
    one.set(Mode::Calendar(ics(&[])));
    assert_eq!(numbers(&sync(&studio, &["one"])), [0, 0, 1, 0, 0]);
    assert_eq!(numbers(&sync(&studio, &["two"])), [1, 0, 0, 0, 1], "the room is free now");
    let ours = bookings(&studio).iter().find(|row| row["booking"] != "mine").unwrap()["booking"].clone();
    let moved = studio.verb(&["booking", "cancel", ours.as_str().unwrap()]);
    assert!(moved.status.success(), "{}", out(&moved));
    let left = sync(&studio, &["two"]);
    assert_eq!((left["made"].as_i64(), left["left"].as_i64()), (Some(0), Some(1)), "{left}");
    assert!(studio.verb(&["verify"]).status.success());
}

#[test]
fn most_bookings_do_not_vanish_before_somebody_confirms_it() {
    let events: Vec<(String, i64)> = (0..6).map(|n| (format!("e{n}"), 20 + n * 3)).collect();
    let some = |count: usize| {
        ics(&events
            .iter()
            .take(count)
            .map(|(uid, at)| (uid.as_str(), *at, "Studio A", ""))
            .collect::<Vec<_>>())
    };
    let server = FeedServer::start(Mode::Calendar(some(6)));
    let studio = studio(&feed("shoots", &server));
    let daemon = studio.run();
    wait_for("the first reading", LONG, || (bookings(&studio).len() == 6).then_some(()));
    server.set(Mode::Calendar(some(2)));
    let held = studio.verb(&["calendar", "sync", "shoots"]);
    assert_eq!(held.status.code(), Some(1), "{}", out(&held));
    assert!(out(&held).contains("4 of its 6 upcoming bookings"), "{}", out(&held));
    assert_eq!(state(&studio, "shoots")["state"], "held-back");
    assert!(out(&studio.verb(&["status"])).contains("--confirm"));
    assert_eq!(bookings(&studio).len(), 6);
    assert_eq!(numbers(&sync(&studio, &["shoots", "--confirm"])), [0, 0, 4, 2, 0]);
    assert_eq!(bookings(&studio).len(), 2);
    assert!(daemon.stop().success());
}

#[test]
fn killed_in_the_middle_nothing_is_half_and_the_next_reading_finishes() {
    const EVENTS: usize = 300;
    let names: Vec<String> = (0..EVENTS).map(|n| format!("e{n}")).collect();
    let events: Vec<Event<'_>> =
        names.iter().zip(30..).map(|(uid, at)| (uid.as_str(), at * 2, "Studio A", "")).collect();
    let server = FeedServer::start(Mode::Calendar(ics(&events)));
    let studio = studio(&feed("shoots", &server));
    let mut daemon = studio.run();
    let made = wait_for("some of them", LONG, || Some(bookings(&studio).len()).filter(|made| *made > 0));
    daemon.kill();
    assert!(studio.verb(&["verify"]).status.success());
    println!("killed after {made} or a few more");
    let _daemon = studio.run();
    wait_for("all of them", LONG, || (bookings(&studio).len() == EVENTS).then_some(()));
    wait_for("the end of it", LONG, || (state(&studio, "shoots")["state"] == "current").then_some(()));
    assert_eq!(numbers(&sync(&studio, &["shoots"])), [0, 0, 0, 300, 0]);
    let made = studio.ask(&["facts", "--json", "--limit", "100000"]);
    let made = made.iter().filter(|fact| fact["kind"] == "booking-made").count();
    assert_eq!(made, EVENTS, "each once");
}

#[test]
fn bookings_that_stand_in_each_others_way_change_places() {
    let studio = studio("");
    let write = |events: &[Event<'_>]| studio.file("shoots.ics", &ics(events)).to_str().unwrap().to_owned();
    let path = write(&[("a", 30, "Studio A", ""), ("b", 30, "Studio B", ""), ("c", 50, "Studio A", "")]);
    assert_eq!(numbers(&sync(&studio, &[&path])), [3, 0, 0, 0, 0]);
    let (from, to) = (stamp_of(59), stamp_of(62));
    let by_hand = ["booking", "add", "mine", "--room", "studio-b", "--from", &from, "--to", &to];
    assert!(studio.verb(&by_hand).status.success());
    let path = write(&[("a", 30, "Studio B", ""), ("b", 30, "Studio A", ""), ("c", 60, "Studio B", "")]);
    assert_eq!(
        numbers(&sync(&studio, &[&path])),
        [0, 2, 0, 0, 1],
        "two change places, one is in nobody's place"
    );
    let room = |hours: i64, room: &str| {
        let from = stamp_of(hours);
        bookings(&studio)
            .iter()
            .any(|row| row["starts"].as_str().unwrap()[..13] == from[..13] && row["rooms"][0] == room)
    };
    assert!(room(30, "studio-a") && room(30, "studio-b") && room(50, "studio-a"));
    assert_eq!(numbers(&sync(&studio, &[&path])), [0, 0, 0, 2, 1]);
    assert!(studio.verb(&["verify"]).status.success());
}

/// Status line, headers and body.
fn http(port: u16, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.as_str(), ""));
    (head.to_owned(), body.to_owned())
}

fn get(port: u16, path: &str, more: &str) -> (String, String) {
    http(port, &format!("GET {path} HTTP/1.1\r\nHost: x\r\n{more}\r\n"))
}

#[test]
fn a_room_a_production_and_a_person_have_feeds_with_keys() {
    let web = free_port();
    let studio = studio(&format!("[web]\nlisten = \"127.0.0.1:{web}\"\n"));
    let at = stamp_of;
    let book = |id: &str, more: &[&str], from: i64| {
        let (from, to) = (at(from), at(from + 2));
        let words = [&["booking", "add", id, "--from", &from, "--to", &to], more].concat();
        let output = studio.verb(&words);
        assert!(output.status.success(), "{words:?} {}", out(&output));
    };
    book("shoot", &["--room", "studio-a", "--for", "acme", "--title", "Ana's day", "--person", "ana"], 30);
    book("maybe", &["--room", "studio-a", "--client", "Bob Noyce", "--hold"], 40);
    book("gone", &["--room", "studio-a", "--client", "Gone"], 50);
    assert!(studio.verb(&["booking", "cancel", "gone"]).status.success());
    let none = studio.verb(&["calendar", "show", "room/studio-a", "--url"]);
    assert!(out(&none).contains("start it once"), "{}", out(&none));
    let daemon = studio.run();
    let address = |of: &str| {
        let url =
            studio.ask(&["calendar", "show", of, "--url", "--json"])[0]["url"].as_str().unwrap().to_owned();
        url.strip_prefix(&format!("http://127.0.0.1:{web}")).unwrap().to_owned()
    };
    let room = address("room/studio-a");
    wait_for("the door to open", LONG, || TcpStream::connect(("127.0.0.1", web)).ok());
    let (head, body) = get(web, &room, "");
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("text/calendar"), "{head}");
    assert_eq!(body.matches("BEGIN:VEVENT").count(), 2, "{body}");
    assert_eq!(body.matches("STATUS:TENTATIVE").count(), 1, "{body}");
    assert!(
        body.contains("SUMMARY:Acme Spring") && !body.contains("Ana") && !body.contains("Noyce"),
        "{body}"
    );
    let shown = studio.verb(&["calendar", "show", "room/studio-a"]);
    assert_eq!(out(&shown).trim_end(), body.trim_end(), "the verb prints what the daemon serves");
    let person = get(web, &address("person/ana"), "").1;
    assert!(
        person.contains("Ana Lima") && person.contains("Ana's day") && !person.contains("Noyce"),
        "{person}"
    );
    assert!(get(web, &address("production/acme"), "").1.contains("Ana Lima"));

    let etag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap().to_owned();
    let (again, empty) = get(web, &room, &format!("If-None-Match: {etag}\r\n"));
    assert!(again.starts_with("HTTP/1.1 304") && empty.is_empty(), "{again}");
    let (path, key) = room.split_once("?key=").unwrap();
    let other = address("room/studio-b");
    let refused = get(web, &other.replace("studio-b", "studio-a"), "");
    assert!(refused.0.starts_with("HTTP/1.1 404"), "{refused:?}");
    let sameness = |answer: &(String, String)| {
        let head: Vec<&str> = answer.0.lines().filter(|line| !line.starts_with("date")).collect();
        (head.join("\n"), answer.1.clone())
    };
    for wrong in [
        format!("{path}?key={}", "0".repeat(64)),
        path.to_owned(),
        format!("/calendar/room/nowhere.ics?key={key}"),
        format!("/calendar/asset/fx6.ics?key={key}"),
        format!("/calendar/room/%2e%2e.ics?key={key}"),
    ] {
        assert_eq!(sameness(&get(web, &wrong, "")), sameness(&refused), "{wrong}");
    }
    assert!(get(web, "/", "").0.starts_with("HTTP/1.1 404"));
    let post = http(web, &format!("POST {room} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")).0;
    assert!(post.starts_with("HTTP/1.1 405"), "{post}");
    let long = get(web, &format!("/calendar/room/{}.ics", "x".repeat(60_000)), "").0;
    assert!(long.starts_with("HTTP/1.1 4"), "{long}");
    crowd(&studio, web, &room);
    assert!(!daemon.log().contains(key), "keys are not logged");
    assert!(daemon.stop().success());
}

#[test]
fn renewed_keys_end_every_address_that_was_given_out() {
    let web = free_port();
    let studio = studio(&format!("[web]\nlisten = \"127.0.0.1:{web}\"\n"));
    let address = || {
        let shown = studio.ask(&["calendar", "show", "room/studio-a", "--url", "--json"]);
        shown[0]["url"].as_str().unwrap().split_once(&web.to_string()).unwrap().1.to_owned()
    };
    let status = |path: &str| {
        wait_for("the door to open", LONG, || TcpStream::connect(("127.0.0.1", web)).ok());
        get(web, path, "").0.lines().next().unwrap().to_owned()
    };
    let daemon = studio.run();
    let before = address();
    assert_eq!(status(&before), "HTTP/1.1 200 OK");
    let running = studio.verb(&["calendar", "renew-keys"]);
    assert_eq!(running.status.code(), Some(3), "{}", out(&running));
    assert!(out(&running).contains("Stop it first"), "{}", out(&running));
    assert!(daemon.stop().success());
    let renewed = studio.verb(&["calendar", "renew-keys"]);
    assert!(renewed.status.success() && out(&renewed).contains("new keys"), "{}", out(&renewed));
    let _daemon = studio.run();
    assert_eq!(status(&before), "HTTP/1.1 404 Not Found");
    assert_eq!(status(&address()), "HTTP/1.1 200 OK");
}

#[test]
fn a_private_address_in_a_file_is_used_and_never_shown() {
    let server = FeedServer::start(Mode::Calendar(ics(&[("a", 30, "Studio A", "")])));
    let studio = studio("[[calendar]]\nid = \"shoots\"\nurl_file = \"address\"\nevery_minutes = 600\n");
    let address = format!("http://127.0.0.1:{}/private-s3cret/shoots.ics\n", server.port);
    let file = studio.file("address", &address);
    let chmod = |mode| std::fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
    chmod(0o644);
    let open = studio.verb(&["calendar", "sync", "shoots"]);
    assert!(out(&open).contains("chmod 600") && bookings(&studio).is_empty(), "{}", out(&open));
    chmod(0o600);
    let daemon = studio.run();
    wait_for("the first reading", LONG, || (bookings(&studio).len() == 1).then_some(()));
    server.set(Mode::Status(404));
    let gone = studio.verb(&["calendar", "sync", "shoots"]);
    assert!(out(&gone).contains("404"), "{}", out(&gone));
    std::fs::write(&file, "my calendar: s3cret").unwrap();
    let wrong = studio.verb(&["calendar", "sync", "shoots"]);
    assert!(out(&wrong).contains("has no address of a feed on its first line"), "{}", out(&wrong));
    let shown =
        [&gone, &wrong, &studio.verb(&["status"]), &studio.verb(&["calendar", "list"])].map(out).concat();
    assert!(!shown.contains("s3cret") && !daemon.log().contains("s3cret"), "{shown}{}", daemon.log());
    assert!(daemon.stop().success());
}

/// A hundred clients that send half a request and wait, and more that read, while somebody scans.
fn crowd(studio: &Studio, web: u16, room: &str) {
    let slow: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = TcpStream::connect(("127.0.0.1", web)).unwrap();
            stream.write_all(b"GET /calendar/room/stu").unwrap();
            stream
        })
        .collect();
    let readers: Vec<_> = (0..100)
        .map(|_| {
            let room = room.to_owned();
            std::thread::spawn(move || get(web, &room, "").0)
        })
        .collect();
    let began = std::time::Instant::now();
    let scanned = studio.ask(&["scan", "cage", "B-ANA", "--json"]);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(scanned[0]["level"], "done");
    for reader in readers {
        let head = reader.join().unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    }
    for mut stream in slow {
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut rest = Vec::new();
        // Cut off by the daemon, with or without a word.
        let _ = stream.read_to_end(&mut rest);
        assert!(!rest.starts_with(b"HTTP/1.1 200"));
    }
}
