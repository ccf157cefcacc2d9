//! Each objection alone, under each outcome that the policy can give it, and what CONFIRM makes of it.

use std::sync::Arc;

use cagekeeper::domain::fact::{Body, Condition, Gear, Loan, Movement, StockUse, Subject};
use cagekeeper::domain::loaded::{Asset, Booking, Found, Job, Kit, Loaded, Production, Recall, Taken};
use cagekeeper::domain::person::{Holding, Person, Role, Roles, Suspension};
use cagekeeper::domain::plan::{Claim, Pool, Resource, Unit};
use cagekeeper::domain::policy::{Answerer, Policy, Rule, Situation};
use cagekeeper::domain::rules::{DoorRules, HouseRules};
use cagekeeper::domain::session::{Mode, Session};
use cagekeeper::domain::verdict::{Level, Raised, Telling, Verdict};

use super::conversation::{Talk, production};
use super::dimensions::every;
use super::house::{
    NOW, PIECES, ana, anas_booking, anas_claim, asset, bo, camera, claim, gear_of_model, gear_with, hours,
    kim, kit, lamp, loaded, member, model, out_to, production_id, resource, roll_call, rules, session, stock,
};
use super::table::{cell, head, only_seen, row};

/// A house in which one objection can be raised and no other is listened to.
struct Scene {
    words: &'static str,
    loaded: Loaded,
    session: Session,
    house: HouseRules,
}

fn scene(words: &'static str, found: Found) -> Scene {
    Scene {
        words,
        loaded: loaded(found, Some(ana())),
        session: session(Some(&ana()), Mode::Toggle),
        house: HouseRules::default(),
    }
}

fn of_camera(words: &'static str, change: impl FnOnce(&mut Asset)) -> Scene {
    let mut camera = camera();
    change(&mut camera);
    scene(words, Found::Asset(Box::new(camera)))
}

impl Scene {
    fn person(mut self, change: impl FnOnce(&mut Person)) -> Self {
        change(self.loaded.holder.as_mut().unwrap());
        self
    }

    fn house(mut self, change: impl FnOnce(&mut HouseRules)) -> Self {
        change(&mut self.house);
        self
    }

    fn production(mut self, change: impl FnOnce(&mut Production)) -> Self {
        let mut production = production();
        change(&mut production);
        self.session.production = Some(production.id.clone());
        self.loaded.productions.push(production);
        self
    }

    fn booking(mut self, gear: Gear, change: impl FnOnce(&mut Booking)) -> Self {
        let mut booking = anas_booking(gear);
        change(&mut booking);
        self.loaded.bookings.push(booking);
        self
    }

    fn promised(mut self, claim: Claim) -> Self {
        self.loaded.outlook.claims.push(claim);
        self
    }

    fn pool(mut self, pool: Pool) -> Self {
        self.loaded.outlook.pools.push(pool);
        self
    }
}

/// How each objection is raised: a new one needs a scene.
fn raise(situation: Situation) -> Scene {
    match situation {
        Situation::PersonExpired
        | Situation::PersonSuspended
        | Situation::HasOverdue
        | Situation::OverLimit
        | Situation::NotCertified => of_person(situation),
        Situation::NotOnProduction | Situation::OverBudget | Situation::WrongStage => {
            of_production(situation)
        }
        Situation::Retired
        | Situation::NotForLoan
        | Situation::Restricted
        | Situation::MaintenanceBlock
        | Situation::MaintenanceFlag
        | Situation::InspectionOverdue
        | Situation::Incomplete
        | Situation::MarkedLost
        | Situation::Recalled
        | Situation::AlreadyOutToOther => of_thing(situation),
        Situation::PartOfKit
        | Situation::KitMemberUnavailable
        | Situation::StrangerInKit
        | Situation::StockShort => of_many(situation),
        Situation::BookedToOther
        | Situation::BookedToOtherNext
        | Situation::DueClashesNextBooking
        | Situation::HeldByOther
        | Situation::PoolExhausted
        | Situation::DueAfterSubhire
        | Situation::OutOfHours => of_promise(situation),
        Situation::NotOnThisBooking
        | Situation::WrongModel
        | Situation::ExtraOnThisBooking
        | Situation::BookedForYouEarly => of_booking(situation),
    }
}

fn of_person(situation: Situation) -> Scene {
    let plain = |words| of_camera(words, |_| ());
    match situation {
        Situation::PersonExpired => {
            plain("Ana's time is over since yesterday").person(|ana| ana.active_until = Some(hours(-24)))
        }
        Situation::PersonSuspended => plain("Ana is suspended until tomorrow")
            .person(|ana| ana.suspended = Some(Suspension { until: Some(hours(24)) })),
        Situation::HasOverdue => plain("Ana has two things that should be back")
            .person(|ana| ana.holding = Holding { assets: 2, overdue: 2, recalled: 0 }),
        Situation::OverLimit => plain("Ana has three things, and three are allowed")
            .person(|ana| ana.holding = Holding { assets: 3, overdue: 0, recalled: 0 })
            .house(|house| house.assets_max = vec![(Role::Crew, 3)]),
        _ => of_camera("Ana was not trained for it", |camera| {
            camera.standing.certificate = Some("steadicam".into());
        }),
    }
}

fn of_production(situation: Situation) -> Scene {
    let plain = |words| of_camera(words, |_| ());
    match situation {
        Situation::NotOnProduction => {
            plain("Bo is crew of the production, Ana is not").production(|night| night.crew = vec![bo().id])
        }
        Situation::OverBudget => plain("The production has spent more than it may").production(|night| {
            night.budget_cents = Some(100_000);
            night.spent_cents = 120_000;
        }),
        _ => plain("The production is wrapped").production(|night| night.stage = "wrap".into()),
    }
}

fn of_thing(situation: Situation) -> Scene {
    let job = |blocks| Job { fact: "scan-0.0".into(), blocks, because: None, since: hours(-24) };
    match situation {
        Situation::Retired => of_camera("It was retired", |camera| camera.standing.retired = true),
        Situation::NotForLoan => {
            of_camera("It stays in the house", |camera| camera.standing.loan = Loan::NotForLoan)
        }
        Situation::Restricted => of_camera("It is for Bo only", |camera| {
            camera.standing.loan = Loan::Restricted;
            camera.standing.restricted_to = vec![bo().id];
        }),
        Situation::MaintenanceBlock => {
            of_camera("A job keeps it in", |camera| camera.standing.jobs = vec![job(true)])
        }
        Situation::MaintenanceFlag => {
            of_camera("A job is open, and it may go", |camera| camera.standing.jobs = vec![job(false)])
        }
        Situation::InspectionOverdue => of_camera("Its inspection was due yesterday", |camera| {
            camera.standing.inspection_due = Some(hours(-24));
        }),
        Situation::Incomplete => of_camera("A part of it is missing", |camera| {
            camera.standing.condition = Condition::PartMissing;
        }),
        Situation::MarkedLost => of_camera("It was given up two days ago", |camera| {
            camera.standing.lost_since = Some(hours(-48));
        }),
        Situation::Recalled => of_camera("Bo has it, and it is recalled", |camera| {
            out_to_bo(camera);
            camera.standing.recall =
                Some(Recall { wanted_by: hours(3), wanted_for: Some(production_id()), title: None });
        }),
        _ => of_camera("Bo has it", out_to_bo),
    }
}

fn out_to_bo(camera: &mut Asset) {
    camera.custody = Some(out_to(Some(&bo())));
    camera.holder = Some(bo());
}

fn of_many(situation: Situation) -> Scene {
    match situation {
        Situation::PartOfKit => {
            scene("A member of a kit, alone", Found::Asset(Box::new(member("tx", "Transmitter"))))
        }
        Situation::KitMemberUnavailable => {
            let mut kit: Kit = kit();
            kit.members[2].custody = Some(out_to(Some(&bo())));
            scene("A kit, and one of its three is out", Found::Kit(Box::new(kit)))
        }
        Situation::StrangerInKit => {
            scene("A kit read together with a lamp", Found::Burst(Box::new(roll_call(kit(), 3))))
        }
        _ => {
            let mut short = scene("Eleven pieces of ten", Found::Stock(Box::new(stock(StockUse::Lent))));
            short.loaded.count = Some(PIECES + 1);
            short
        }
    }
}

fn of_promise(situation: Situation) -> Scene {
    let plain = |words| of_camera(words, |_| ());
    let this = || resource(&Subject::Asset(camera().id));
    match situation {
        Situation::BookedToOther => plain("Unit B has it booked now").promised(claim(this(), 1, (-1, 4))),
        Situation::BookedToOtherNext => {
            plain("Unit B has it booked in five hours").promised(claim(this(), 1, (5, 9)))
        }
        Situation::DueClashesNextBooking => plain("Unit B has it in five hours, Ana's booking ends in eight")
            .booking(Gear::default(), |_| ())
            .promised(claim(this(), 1, (5, 9))),
        Situation::HeldByOther => {
            plain("Unit B holds it").promised(Claim { confirmed: false, ..claim(this(), 1, (-1, 4)) })
        }
        Situation::PoolExhausted => plain("Unit B has the only one of its model booked").pool(only_unit()),
        Situation::DueAfterSubhire => of_camera("It goes back to its owner in ten hours", |camera| {
            camera.standing.owner = Some("Rental House".into());
            camera.standing.owner_due = Some(hours(10));
        }),
        _ => plain("It would be due in the morning, and the house opens at noon").house(|house| {
            let week: [Vec<(u16, u16)>; 7] = std::array::from_fn(|_| vec![(12 * 60, 20 * 60)]);
            house.hours.weekly = week;
        }),
    }
}

fn only_unit() -> Pool {
    let fx6 = Resource::Model(model("fx6"));
    let (asset, name) = (camera().id, camera().name);
    let unit = Unit { asset, name, out_until: None, booking: None, claims: Vec::new() };
    Pool {
        name: "FX6".into(),
        claims: vec![claim(fx6.clone(), 1, (-1, 4))],
        resource: fx6,
        units: vec![unit],
    }
}

fn of_booking(situation: Situation) -> Scene {
    let plain = |words| of_camera(words, |_| ());
    match situation {
        Situation::NotOnThisBooking => {
            plain("Ana's booking names a lamp").booking(gear_with(&Subject::Asset(lamp().id)), |_| ())
        }
        Situation::WrongModel => {
            plain("Ana's booking names another camera").booking(gear_of_model("fx9", 1), |_| ())
        }
        Situation::ExtraOnThisBooking => plain("Ana's booking names one of it, and one is out").booking(
            gear_of_model("fx6", 1),
            |booking| {
                let subject = Subject::Asset(asset("cam-2", "FX6 2").id);
                booking.taken = vec![Taken { subject, model: Some(model("fx6")), count: 1 }];
            },
        ),
        _ => {
            let this = resource(&Subject::Asset(camera().id));
            let claim = Claim { from: hours(6), starts: hours(6), ..anas_claim(this) };
            plain("Ana's own booking of it begins in six hours").promised(claim)
        }
    }
}

// The table ----------------------------------------------------------------------------------------------------------

/// What the policy can say, as the table shows it.
fn outcomes() -> [Rule; 5] {
    let counter = Answerer::Only(Roles::of(&[Role::Attendant]));
    [Rule::Done, Rule::Notice, Rule::Ask(Answerer::Anybody), Rule::Ask(counter), Rule::Refused]
}

fn said(situation: Situation, rule: Rule) -> Talk {
    let Scene { loaded, session, house, .. } = raise(situation);
    let mut policy: Policy = every(Rule::Done);
    policy.set(situation, rule);
    let rules = rules(&policy);
    Talk::begin(loaded, &session, DoorRules { house: Arc::new(HouseRules { policy, ..house }), ..rules })
}

fn sentence(talk: &Talk) -> String {
    let telling = Telling { names: true, zone: chrono_tz::Tz::UTC, now: NOW.utc };
    talk.decision.verdict.sentence(&telling)
}

pub fn written() -> String {
    let mut text = String::from(
        "Each section is one objection, raised alone: what stands beside its name raises it. A row is what the policy says \
         of it, and shows what the scan says, and what comes of CONFIRM at once, after the badge of Kim, who is attendant, \
         and after the badge of Bo, who is crew. A cell has the level, the code and how many facts are added, with `seen` \
         where all they say is that a thing was seen.\n",
    );
    for situation in Situation::ALL {
        text += &format!("\n## {}\n\n{}.\n\n", situation.name(), raise(situation).words);
        text += &head(&[
            "policy",
            "the scan says",
            "in words",
            "CONFIRM by Ana",
            "Kim's badge, then CONFIRM",
            "Bo's badge, then CONFIRM",
        ]);
        for rule in outcomes() {
            let talk = said(situation, rule);
            text += &row(&[
                rule.written(),
                cell(&talk.decision),
                sentence(&talk),
                cell(&talk.confirm().decision),
                cell(&talk.confirm_after(kim()).decision),
                cell(&talk.confirm_after(bo()).decision),
            ]);
        }
    }
    text
}

// What must hold -----------------------------------------------------------------------------------------------------

fn raised(verdict: &Verdict) -> Vec<Situation> {
    let of = |raised: &[Raised]| raised.iter().map(|raised| raised.concern.situation()).collect();
    match verdict {
        Verdict::CheckedOut { notices, .. }
        | Verdict::HandedOver { notices, .. }
        | Verdict::StockTaken { notices, .. } => of(notices),
        Verdict::Objection { raised, .. } | Verdict::Refusal { raised, .. } => of(raised),
        Verdict::AlreadyOutToOther { .. } => vec![Situation::AlreadyOutToOther],
        _ => Vec::new(),
    }
}

/// The movement of what went, where something went.
fn gone(talk: &Talk) -> Option<&Movement> {
    talk.decision.facts.iter().find_map(|fact| match &fact.body {
        Body::CheckedOut(movement) | Body::HandedOver(movement) | Body::StockTaken(movement) => {
            Some(movement)
        }
        _ => None,
    })
}

#[test]
fn each_objection_can_be_raised_and_alone() {
    for situation in Situation::ALL {
        for rule in [Rule::Notice, Rule::Ask(Answerer::Anybody), Rule::Refused] {
            let talk = said(situation, rule);
            assert_eq!(
                raised(&talk.decision.verdict),
                [situation],
                "{}: {}",
                situation.name(),
                rule.written()
            );
            assert_eq!(talk.decision.verdict.level(), rule.level(), "{}", situation.name());
            assert_eq!(talk.decision.verdict.code(), situation.name());
        }
        let quiet = said(situation, Rule::Done);
        assert_eq!(raised(&quiet.decision.verdict), [], "{}", situation.name());
        assert_eq!(quiet.decision.verdict.level(), Level::Done, "{}", situation.name());
    }
}

#[test]
fn what_the_policy_lets_through_goes_unasked_and_what_it_refuses_goes_with_no_badge() {
    for situation in Situation::ALL {
        for rule in [Rule::Done, Rule::Notice] {
            let movement = gone(&said(situation, rule)).cloned().unwrap();
            assert_eq!(
                (movement.overrides, movement.confirmed_by),
                (Vec::new(), None),
                "{}",
                situation.name()
            );
        }
        let refused = said(situation, Rule::Refused);
        let after = [refused.confirm(), refused.confirm_after(kim()), refused.confirm_after(bo())];
        for talk in [&refused].into_iter().chain(&after) {
            assert_eq!(gone(talk), None, "{}", situation.name());
            assert!(talk.decision.facts.is_empty() || only_seen(&talk.decision), "{}", situation.name());
        }
    }
}

#[test]
fn a_question_is_answered_by_whoever_may_and_the_fact_names_them() {
    let [_, _, anybody, counter, _] = outcomes();
    for situation in Situation::ALL {
        let answered =
            |talk: Talk| gone(&talk).map(|gone| (gone.overrides.clone(), gone.confirmed_by.clone()));
        let by = |person: Person| Some((vec![situation], Some(person.id)));
        let name = situation.name();
        assert_eq!(answered(said(situation, anybody).confirm()), by(ana()), "{name}");
        assert_eq!(answered(said(situation, anybody).confirm_after(kim())), by(kim()), "{name}");
        assert_eq!(answered(said(situation, anybody).confirm_after(bo())), None, "{name}");
        assert_eq!(answered(said(situation, counter).confirm_after(kim())), by(kim()), "{name}");
        assert_eq!(answered(said(situation, counter).confirm_after(bo())), None, "{name}");
        let not_hers = said(situation, counter).confirm();
        assert_eq!(not_hers.decision.verdict.code(), "needs-countersign", "{name}");
        assert!(not_hers.decision.facts.is_empty() && not_hers.decision.session.pending.is_some(), "{name}");
        // Kim may still come: the question waits.
        assert_eq!(answered(not_hers.confirm_after(kim())), by(kim()), "{name}");
    }
}
