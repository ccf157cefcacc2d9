//! Files against what is known already: the new columns, circles of cases, and things promised twice.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Kind, Plan, prepare};
use crate::domain::fact::{AssetRegistered, Body, BookingMade, KitRegistered, Loan, NewFact, Subject};
use crate::domain::id::{AssetId, BookingId, KitId, PersonId, StockId};
use crate::domain::known::{Known, Pieces};
use crate::domain::rules::HouseRules;
use crate::time::UtcMs;

/// What is known after the files that were brought so far.
#[derive(Default)]
struct Studio {
    known: Known,
    house: HouseRules,
    people: usize,
}

impl Studio {
    fn plan(&mut self, kind: Kind, text: &str) -> Result<Plan, Vec<String>> {
        let mut ids = (self.people..).filter_map(|n| PersonId::parse(&format!("p-{n}")).ok());
        prepare(kind, "f.csv", text.as_bytes(), &self.house, &self.known, &mut ids)
            .map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    fn try_bring(&mut self, kind: Kind, text: &str) -> Result<Plan, Vec<String>> {
        let plan = self.plan(kind, text)?;
        for portion in &plan.portions {
            for NewFact { subject, body, .. } in portion.facts.clone() {
                match (&subject, &body) {
                    (Subject::Tag(code), Body::TagAssigned(of)) => {
                        self.known.tags.entry(code.clone()).or_default().insert(of.thing.clone());
                    }
                    (Subject::Tag(_), _) => {}
                    _ => drop(self.known.registered.insert(subject, body)),
                }
            }
            for identity in &portion.identities {
                self.people += 1;
                self.known.people.insert(identity.handle.clone(), identity.clone());
            }
        }
        Ok(plan)
    }

    fn bring(&mut self, kind: Kind, text: &str) -> Plan {
        let plan = self.try_bring(kind, text).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let again = self.plan(kind, text).unwrap();
        assert_eq!((again.portions.len(), again.same), (0, plan.new + plan.changed + plan.same), "{text}");
        plan
    }

    fn refused(&mut self, kind: Kind, text: &str) -> Vec<String> {
        self.plan(kind, text).expect_err(text)
    }

    fn asset(&self, id: &str) -> AssetRegistered {
        match &self.known.registered[&Subject::parse(&format!("asset/{id}")).unwrap()] {
            Body::AssetRegistered(asset) => asset.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn booking(&self, id: &str) -> BookingMade {
        match &self.known.registered[&Subject::parse(&format!("booking/{id}")).unwrap()] {
            Body::BookingMade(made) => made.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn person(&self, handle: &str) -> crate::domain::fact::PersonEnrolled {
        let identity =
            self.known.people.values().find(|identity| identity.handle.as_str() == handle).unwrap();
        match &self.known.registered[&Subject::Person(identity.person.clone())] {
            Body::PersonEnrolled(person) => person.clone(),
            other => panic!("{other:?}"),
        }
    }
}

/// A studio with a little of everything.
fn studio() -> Studio {
    let mut studio = Studio::default();
    studio.bring(Kind::Rooms, "id,name\nstudio-a,Studio A\ncage,Cage\n");
    studio.bring(Kind::People, "id,name\nana,Ana Λίμα\nbob,Bob\n");
    studio.bring(Kind::Kits, "id,name,within\ncase-a,Case A,\nbag-a,Bag A,case-a\ncase-b,Case B,\n");
    studio.bring(
        Kind::Assets,
        "id,name,model,kit,loan,retired\ncam-1,Camera 1,fx6,,,\ncam-2,Camera 2,fx6,,,\ncam-3,Camera 3,fx6,case-a,,\n\
         cam-4,Camera 4,fx6,,not-for-loan,\ncam-5,Camera 5,fx6,,,yes\nlav-1,Lav,lav,bag-a,,\n",
    );
    studio.bring(Kind::Stock, "id,name,count\naa,AA cells,10\n");
    studio.bring(Kind::Productions, "id,title,starts,ends\nfilm,Night Bus,2026-11-01,2026-12-31\n");
    studio
}

fn at(text: &str) -> Option<UtcMs> {
    UtcMs::parse_rfc3339(text)
}

#[test]
fn an_asset_says_whether_it_leaves_who_may_and_when_it_is_looked_at() {
    let mut studio = studio();
    studio.bring(
        Kind::Assets,
        "id,name,loan,restricted_to,certificate,inspect_every_days,inspection_due,owner,owner_due,retired\n\
         drone,Дрон,restricted,ana;bob,drone,365,2026-12-31,Hire & Co,2026-12-04 17:00,no\n",
    );
    let drone = studio.asset("drone");
    assert_eq!((drone.name.as_str(), drone.loan, drone.restricted_to.len()), ("Дрон", Loan::Restricted, 2));
    assert_eq!((drone.certificate.as_deref(), drone.inspect_every_days), (Some("drone"), Some(365)));
    assert_eq!(drone.inspection_due, at("2027-01-01T00:00:00Z"), "the day is included");
    assert_eq!((drone.owner.as_deref(), drone.owner_due), (Some("Hire & Co"), at("2026-12-04T17:00:00Z")));

    studio.bring(Kind::Assets, "id,name\ndrone,Drone\n");
    assert_eq!(
        studio.asset("drone"),
        AssetRegistered { name: "Drone".to_owned(), ..drone },
        "a file says only its columns"
    );
    studio.bring(Kind::Assets, "id,name,retired,loan,restricted_to\ndrone,Drone,yes,,\n");
    let drone = studio.asset("drone");
    assert_eq!((drone.retired, drone.loan, drone.restricted_to), (true, Loan::Free, vec![]));
}

#[test]
fn what_is_wrong_with_the_new_columns_of_an_asset_is_said() {
    let text = "id,name,loan,restricted_to,inspect_every_days,inspection_due,owner_due,retired\n\
                a,A,reserved,,0,soon,2026-13-01,true\nb,B,free,ana,,,,\nc,C,restricted,anna,,,,\n";
    let errors = studio().refused(Kind::Assets, text);
    let time = "expected a date (2026-12-31), a time (2026-12-31 14:00) or a time with its offset (2026-12-31T14:00:00+01:00)";
    assert_eq!(
        errors,
        [
            "f.csv:2: column loan: found \"reserved\", expected one of free, not-for-loan, restricted".to_owned(),
            "f.csv:2: column inspect_every_days: found \"0\", expected a whole number of days from 1 to 36500".to_owned(),
            format!("f.csv:2: column inspection_due: found \"soon\", {time}"),
            format!("f.csv:2: column owner_due: found \"2026-13-01\", {time}"),
            "f.csv:2: column retired: found \"true\", expected yes or no".to_owned(),
        ]
    );
    let errors =
        studio().refused(Kind::Assets, "id,name,loan,restricted_to\nb,B,free,ana\nc,C,restricted,anna\n");
    assert_eq!(
        errors,
        [
            "f.csv:2: column restricted_to: found \"ana\", expected nobody, or restricted in the column loan: it is free",
            "f.csv:3: column restricted_to: found \"anna\", expected the id of a person that is known; did you mean \"ana\"?",
        ]
    );
}

#[test]
fn a_circle_of_cases_is_named_once() {
    let mut studio = studio();
    assert_eq!(
        studio.refused(Kind::Kits, "id,name,within\ncase-a,Case A,case-b\ncase-b,Case B,case-a\n"),
        [
            "f.csv:2: column within: found \"case-b\", expected a case that is not within itself: case-a in case-b in case-a"
        ]
    );
    assert_eq!(
        studio.refused(
            Kind::Kits,
            "id,name,within\ncase-c,Case C,case-a\ncase-b,Case B,bag-a\ncase-a,Case A,case-b\n"
        ),
        ["f.csv:2: column within: found \"case-a\", expected a case that is not within itself: \
          case-a in case-b in bag-a in case-a"],
        "with what the ledger knows"
    );
    assert_eq!(
        studio.refused(Kind::Kits, "id,name,within\nx,X,x\ny,Y,case-q\n"),
        [
            "f.csv:2: column within: found \"x\", expected a case that is not within itself: x in x",
            "f.csv:3: column within: found \"case-q\", expected the id of a kit that is known; did you mean \"case-a\"?",
        ]
    );
    studio
        .bring(Kind::Kits, "id,name,within\nouter,Outer,\ncase-a,Case A,outer\ninner,Inner,new\nnew,New,\n");
    studio.bring(Kind::Kits, "id,name\nbag-a,Bag\n");
    let bag = Subject::Kit(KitId::parse("bag-a").unwrap());
    let within = KitId::parse("case-a").ok();
    assert_eq!(
        studio.known.registered[&bag],
        Body::KitRegistered(KitRegistered { name: "Bag".to_owned(), within })
    );
}

#[test]
fn stock_has_a_count_and_a_use() {
    let mut studio = studio();
    studio.bring(
        Kind::Stock,
        "id,name,tags,use,count,category,home,rate\ngaffer,Gaffer,S-1,consumed,24,tape,cage,4.50\n",
    );
    studio.bring(Kind::Stock, "id,name,count\ngaffer,Gaffer tape,30\n");
    let Body::StockRegistered(gaffer) = &studio.known.registered[&Subject::parse("stock/gaffer").unwrap()]
    else {
        panic!()
    };
    assert_eq!((gaffer.name.as_str(), gaffer.count, gaffer.use_.name()), ("Gaffer tape", 30, "consumed"));
    assert_eq!((gaffer.rate_cents, gaffer.category.as_deref()), (Some(450), Some("tape")));
    assert_eq!(
        studio.refused(Kind::Stock, "id,name,use,count,home\na,A,sold,-1,cage\n"),
        [
            "f.csv:2: column use: found \"sold\", expected one of lent, consumed",
            "f.csv:2: column count: found \"-1\", expected a whole number of pieces from 0 to 1000000",
        ]
    );
    assert_eq!(
        studio.refused(Kind::Stock, "id,name,home\na,A,cave\n"),
        [
            "f.csv:2: column home: found \"cave\", expected the id of a room that is known; did you mean \"cage\"?",
            "f.csv:2: column count: found \"\", expected a whole number of pieces from 0 to 1000000",
        ]
    );
}

#[test]
fn somebody_may_be_several_things_trained_and_suspended() {
    let mut studio = studio();
    let both = "id,name,role,certificates,suspended,suspended_until\n\
                ana,Ana,production-manager; studio-manager,drone;rigging,yes,2026-12-31\n";
    studio.bring(Kind::People, both);
    let ana = studio.person("ana");
    assert_eq!((ana.role.name(), ana.also.len(), ana.certificates.len()), ("production-manager", 1, 2));
    assert_eq!(ana.suspended.unwrap().until, at("2027-01-01T00:00:00Z"));
    studio.bring(Kind::People, "id,name\nana,Ana\n");
    assert_eq!(studio.person("ana"), ana);
    studio.bring(Kind::People, "id,name,suspended\nana,Ana,yes\nbob,Bob,yes\n");
    assert_eq!(studio.person("ana"), ana, "until when stands in another column");
    assert_eq!(studio.person("bob").suspended.unwrap().until, None);
    studio.bring(Kind::People, "id,name,suspended_until\nana,Ana,\nbob,Bob,2026-12-04 12:00\n");
    assert_eq!(studio.person("ana").suspended, None);
    assert_eq!(studio.person("bob").suspended.unwrap().until, at("2026-12-04T12:00:00Z"));
    studio.bring(Kind::People, "id,name,suspended,role\nbob,Bob,no,\n");
    assert_eq!((studio.person("bob").suspended, studio.person("bob").role.name()), (None, "crew"));

    let wrong = "id,name,role,certificates,suspended,suspended_until\n\
                 cy,Cy,crew;crew;kurator,a;a,no,2026-12-31\ndi,Di,,,maybe,\n";
    let roles = "one of crew, attendant, production-manager, studio-manager, admin";
    assert_eq!(
        studio.refused(Kind::People, wrong),
        [
            "f.csv:2: column role: found \"crew\", expected each of this cell once".to_owned(),
            format!("f.csv:2: column role: found \"kurator\", expected {roles}"),
            "f.csv:2: column certificates: found \"a\", expected each of this cell once".to_owned(),
            "f.csv:2: column suspended_until: found \"2026-12-31\", expected nothing, or yes in the column suspended: it is no".to_owned(),
            "f.csv:3: column suspended: found \"maybe\", expected yes or no".to_owned(),
        ]
    );
}

#[test]
fn a_production_has_a_gear_list_and_a_crew_with_roles() {
    let mut studio = studio();
    let text = "id,title,starts,ends,crew,assets,kits,models,stock\n\
                ad,The Ad,2026-11-01,2026-11-30,ana:gaffer;bob,cam-1,case-a,fx6:2,aa:4\n";
    studio.bring(Kind::Productions, text);
    studio.bring(Kind::Productions, "id,title,starts,ends\nad,The Ad,2026-11-01,2026-12-01\n");
    let Body::ProductionRegistered(ad) = &studio.known.registered[&Subject::parse("production/ad").unwrap()]
    else {
        panic!()
    };
    assert_eq!(ad.crew.len(), 2);
    assert_eq!(ad.crew_roles, BTreeMap::from([(ad.crew[0].clone(), "gaffer".to_owned())]));
    assert_eq!(
        (ad.gear.assets.len(), ad.gear.kits.len(), ad.gear.models[0].count, ad.gear.stock[0].count),
        (1, 1, 2, 4)
    );

    let text = "id,title,starts,ends,crew,assets,kits,models,stock\n\
                ad,The Ad,2026-11-01,2026-11-30,bob;anna:best boy,cam-9,case-q,fx7,ab\n";
    assert_eq!(
        studio.refused(Kind::Productions, text),
        [
            "f.csv:2: column crew: found \"anna\", expected the id of a person that is known; did you mean \"ana\"?",
            "f.csv:2: column assets: found \"cam-9\", expected the id of an asset that is known; did you mean \"cam-1\"?",
            "f.csv:2: column kits: found \"case-q\", expected the id of a kit that is known; did you mean \"case-a\"?",
            "f.csv:2: column models: found \"fx7\", expected a model that an asset has; did you mean \"fx6\"?",
            "f.csv:2: column stock: found \"ab\", expected the id of a stock that is known: import stock first",
        ]
    );
    let wrong = "id,title,starts,ends,crew\nad,The Ad,2026-11-01,2026-11-30,ana:;bob;bob:grip;B C:x\n";
    let messages = studio.refused(Kind::Productions, wrong);
    assert_eq!(
        messages[0],
        "f.csv:2: column crew: found \"ana:\", expected what ana does after the colon, such as ana:gaffer"
    );
    assert_eq!(messages[1], "f.csv:2: column crew: found \"bob:grip\", expected each of this cell once");
    assert!(
        messages[2].starts_with("f.csv:2: column crew: found \"B C\", expected an id: 1 to 63"),
        "{messages:?}"
    );
}

#[test]
fn a_new_booking_has_the_houses_times_to_prepare_and_an_old_one_keeps_its_own() {
    let mut studio = studio();
    (studio.house.prepare_ms, studio.house.clean_up_ms) = (30 * 60_000, 60 * 60_000);
    let head = "id,starts,ends,title,kits";
    let row = "b1,2026-11-23 09:00,2026-11-23 18:00,Prêt,case-b";
    studio.bring(Kind::Bookings, &format!("{head},prepare_min\n{row},5\n"));
    let made = studio.booking("b1");
    assert_eq!((made.title.as_deref(), made.kits.len()), (Some("Prêt"), 1));
    assert_eq!((made.prepare_ms, made.clean_up_ms), (5 * 60_000, 60 * 60_000));
    studio.house.clean_up_ms = 0;
    studio.bring(Kind::Bookings, &format!("{head}\n{row}\n"));
    studio.bring(Kind::Bookings, "id,starts,ends\nb1,2026-11-23 09:00,2026-11-23 18:00\n");
    assert_eq!(studio.booking("b1"), made);
    studio.bring(Kind::Bookings, "id,starts,ends,prepare_min,clean_up_min\nb1,2026-11-23,2026-11-23,,0\n");
    let made = studio.booking("b1");
    assert_eq!((made.prepare_ms, made.clean_up_ms), (30 * 60_000, 0), "an empty cell is the house's");
    let wrong = "id,starts,ends,prepare_min,clean_up_min,kits\nb2,2026-11-23,2026-11-23,-5,10081,case-z\n";
    assert_eq!(
        studio.refused(Kind::Bookings, wrong),
        [
            "f.csv:2: column prepare_min: found \"-5\", expected a whole number of minutes from 0 to 10080",
            "f.csv:2: column clean_up_min: found \"10081\", expected a whole number of minutes from 0 to 10080",
        ]
    );
}

#[test]
fn a_room_asset_kit_or_person_is_promised_once() {
    let mut studio = studio();
    let head = "id,production,title,rooms,assets,kits,crew,starts,ends,status,clean_up_min";
    let span = "2026-11-23 09:00,2026-11-23 18:00";
    studio.bring(Kind::Bookings, &format!("{head}\nb1,film,,studio-a,cam-1,case-a,ana,{span},,30\n"));
    let later = "2026-11-23 18:15,2026-11-23 20:00";
    let text = format!(
        "{head}\nb2,,,studio-a,cam-1;cam-2,,ana;bob,{later},,\nb3,,Grade,,cam-2,bag-a,,{later},,\nb4,,,,cam-3,,,{later},,\n\
         b5,,,studio-a,cam-1,case-a,ana,{later},hold,\nb6,,,studio-a,cam-1,case-a,ana,2026-11-23 20:00,2026-11-23 21:00,,\n"
    );
    let had = "promised to Night Bus (b1) from 2026-11-23 09:00 to 2026-11-23 18:30, expected a time at which it is free";
    assert_eq!(
        studio.refused(Kind::Bookings, &text),
        [
            format!("f.csv:2: column assets: found \"cam-1\", which is {had}"),
            format!("f.csv:2: column rooms: found \"studio-a\", which is {had}"),
            "f.csv:2: column crew: found \"ana\", who is booked for Night Bus (b1) from 2026-11-23 09:00 to \
             2026-11-23 18:30, expected a time at which they are free"
                .to_owned(),
            "f.csv:3: column assets: found \"cam-2\", which is promised to b2 from 2026-11-23 18:15 to \
             2026-11-23 20:00, expected a time at which it is free"
                .to_owned(),
            format!("f.csv:3: column kits: found \"bag-a\", of which lav-1 is {had}"),
            format!("f.csv:4: column assets: found \"cam-3\", which is {had}"),
        ]
    );
    // Moved away by the same file, it is in nobody's way, and it never is in its own.
    let moved = format!(
        "{head}\nb1,film,,studio-a,cam-1,case-a,ana,2026-11-24,2026-11-24,,30\nb2,,,studio-a,cam-1,,ana,{later},,\n"
    );
    studio.bring(Kind::Bookings, &moved);
    studio.bring(
        Kind::Bookings,
        "id,assets,kits,starts,ends\nboth,cam-3;lav-1,case-a;bag-a,2026-11-27,2026-11-27\n",
    );
    assert_eq!(
        studio.refused(Kind::Bookings, "id,starts,ends\nb2,2026-11-24 10:00,2026-11-24 11:00\n")[0],
        "f.csv:2: column starts: found \"cam-1\", which is promised to Night Bus (b1) from 2026-11-24 00:00 to \
         2026-11-25 00:30, expected a time at which it is free"
    );
}

#[test]
fn of_a_model_or_a_stock_no_more_is_promised_than_there_is() {
    let mut studio = studio();
    let head = "id,models,assets,stock,starts,ends,status";
    let span = "2026-11-23 09:00,2026-11-23 18:00";
    let hold = format!("h,fx6:9,,aa:99,{span},hold\n");
    studio.bring(Kind::Bookings, &format!("{head}\n{hold}b1,fx6,,aa:7,{span},\n"));
    let text = format!(
        "{head}\nb2,fx6:2,,aa:4,{span},\nb3,,cam-1,aa:3,{span},\nb4,,cam-2,,{span},\nb5,fx6:2,,,2026-11-24,2026-11-24,\n\
         b6,fx6:3,,aa:11,2026-11-25,2026-11-25,\nb7,lav,,,2026-11-25,2026-11-25,\nb8,fx6:2,cam-1,,2026-11-26,2026-11-26,\n"
    );
    assert_eq!(
        studio.refused(Kind::Bookings, &text),
        [
            "f.csv:2: column models: found \"fx6:2\", expected at most 1: 1 of 2 are promised at 2026-11-23 09:00, to b1",
            "f.csv:2: column stock: found \"aa:4\", expected at most 3: 7 of 10 are promised at 2026-11-23 09:00, to b1",
            "f.csv:4: column assets: found \"cam-2\", and 2 of 2 fx6 are promised at 2026-11-23 09:00, to b1, b3, \
             expected a time at which one of them is free",
            "f.csv:6: column models: found \"fx6:3\", expected at most 2: there are no more",
            "f.csv:6: column stock: found \"aa:11\", expected at most 10: there are no more",
            "f.csv:7: column models: found \"lav:1\", expected a model of which units can be booked: every lav \
             belongs in a kit, is retired or not for loan",
            "f.csv:8: column models: found \"fx6:2\", expected at most 2: there are no more",
        ]
    );
    assert_eq!(
        studio.refused(Kind::Bookings, &format!("{head}\nb9,fx66,,ab,{span},\n")),
        [
            "f.csv:2: column models: found \"fx66\", expected a model that an asset has; did you mean \"fx6\"?",
            "f.csv:2: column stock: found \"ab\", expected the id of a stock that is known: import stock first",
        ]
    );
}

#[test]
fn what_the_ledger_has_promised_twice_already_is_not_the_fault_of_a_row_that_says_so_again() {
    let mut studio = studio();
    studio.bring(Kind::Bookings, "id,assets,starts,ends\nb1,cam-1,2026-11-23,2026-11-23\n");
    let mut twice = studio.booking("b1");
    twice.title = Some("Twice".to_owned());
    studio.known.registered.insert(Subject::parse("booking/b2").unwrap(), Body::BookingMade(twice));
    let same = "id,assets,starts,ends\nb1,cam-1,2026-11-23,2026-11-23\nb2,cam-1,2026-11-23,2026-11-23\n";
    assert_eq!(studio.plan(Kind::Bookings, same).unwrap().same, 2);
    assert_eq!(studio.refused(Kind::Bookings, "id,starts,ends\nb1,2026-11-23,2026-11-24\n").len(), 1);
}

#[test]
fn twenty_thousand_bookings_are_compared_with_each_other() {
    let mut studio = studio();
    let hour = |n: i64| UtcMs(1_800_000_000_000 + n * 3_600_000);
    let row = |n: i64| format!("b-{n},studio-a,cam-1,case-a,fx6,{},{}\n", hour(n), hour(n + 1));
    let rows: String = (0..20_000).map(row).collect();
    let text = format!("id,rooms,assets,kits,models,starts,ends\n{rows}");
    assert_eq!(studio.plan(Kind::Bookings, &text).unwrap().new, 20_000);
    let late = format!("{text}late,studio-a,,,,{},{}\n", hour(0), hour(20_000));
    assert_eq!(studio.refused(Kind::Bookings, &late).len(), 1, "the last row is in the way of all others");
}

proptest! {
    #[test]
    fn a_file_is_taken_where_no_moment_has_more_promised_than_there_is(
        rows in prop::collection::vec((0..12_i64, 1..6_i64, 0..4_usize, 0..3_u32, any::<bool>(), 0..4_usize), 1..8),
        split in 0..8_usize,
    ) {
        const ASSETS: [&str; 4] = ["", "cam-1", "cam-2", "cam-3"];
        const KITS: [&str; 4] = ["", "case-a", "bag-a", "case-b"];
        let day = |n: i64| UtcMs(1_800_000_000_000 + n * 86_400_000);
        let line = |(n, (from, days, asset, fx6, hold, kit)): (usize, &(i64, i64, usize, u32, bool, usize))| {
            let models = if *fx6 == 0 { String::new() } else { format!("fx6:{fx6}") };
            let status = if *hold { "hold" } else { "" };
            let (asset, kit) = (ASSETS[*asset], KITS[*kit]);
            format!("b-{n},{asset},{kit},{models},{},{},{status}\n", day(*from), day(from + days))
        };
        let lines: Vec<String> = rows.iter().enumerate().map(line).collect();
        let (before, after) = lines.split_at(split.min(lines.len()));
        let file = |lines: &[String]| format!("id,assets,kits,models,starts,ends,status\n{}", lines.concat());
        let mut studio = studio();
        let taken = studio.try_bring(Kind::Bookings, &file(before)).is_ok()
            && studio.try_bring(Kind::Bookings, &file(after)).is_ok();

        let fits = (0..20).all(|day| {
            let now: Vec<_> = rows.iter().filter(|row| !row.4 && row.0 <= day && day < row.0 + row.1).collect();
            let has = |asset: &str, kit: &str| now.iter().filter(|row| ASSETS[row.2] == asset || KITS[row.5] == kit).count();
            let units: usize = now.iter().map(|row| row.3 as usize + usize::from((1..3).contains(&row.2))).sum();
            let inner = now.iter().filter(|row| (1..3).contains(&row.5)).count();
            has("cam-1", "-") <= 1 && has("cam-2", "-") <= 1 && has("cam-3", "case-a") <= 1
                && inner <= 1 && has("-", "case-b") <= 1 && units <= 2
        });
        prop_assert_eq!(taken, fits, "{}", lines.concat());
    }
}

#[test]
fn what_is_used_up_is_promised_once_for_all_and_what_is_kept_in_is_no_unit() {
    let mut studio = studio();
    let pieces = Pieces { count: 10, used: Some([(BookingId::parse("old").unwrap(), 3)].into()) };
    studio.known.pieces.insert(StockId::parse("gaffer").unwrap(), pieces);
    studio.bring(Kind::Stock, "id,name,use,count\ngaffer,Gaffer,consumed,10\n");
    studio.bring(Kind::Bookings, "id,stock,starts,ends\nold,gaffer:5,2026-11-23,2026-11-23\n");
    // Of the five, three are used already, so two are promised still: eight more are all that is left.
    let eight = "id,stock,starts,ends\nb8,gaffer:8,2026-12-24,2026-12-24\n";
    studio.bring(Kind::Bookings, eight);
    let one_more = "id,stock,starts,ends\nb9,gaffer:1,2027-01-24,2027-01-24\n";
    assert_eq!(studio.refused(Kind::Bookings, one_more).len(), 1);
    studio.known.kept_in.insert(AssetId::parse("loose-1").unwrap());
    studio.bring(Kind::Assets, "id,name,model\nloose-1,Loose 1,loose\nloose-2,Loose 2,loose\n");
    let two = "id,models,starts,ends\nb10,loose:2,2026-11-28,2026-11-28\n";
    assert_eq!(studio.refused(Kind::Bookings, two).len(), 1);
    studio.bring(Kind::Bookings, "id,models,starts,ends\nb10,loose:1,2026-11-28,2026-11-28\n");
}
