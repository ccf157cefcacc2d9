#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test that finds something else stops, and it keeps its tables in files"
)]
//! Every decision at the door, written down: session, thing, custody, plan and policy, as tables in `tests/decisions/`.
//!
//! With `CAGEKEEPER_REWRITE` set the tables are written as they come; else a difference fails.

#[path = "decisions/conversation.rs"]
mod conversation;
#[path = "decisions/dimensions.rs"]
mod dimensions;
#[path = "decisions/house.rs"]
mod house;
#[path = "decisions/objections.rs"]
mod objections;
#[path = "decisions/table.rs"]
mod table;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::LazyLock;

use cagekeeper::domain::code::Card;
use cagekeeper::domain::decide::{Decision, decide};
use cagekeeper::domain::fact::Body;
use cagekeeper::domain::loaded::Found;
use cagekeeper::domain::session::Mode;
use cagekeeper::domain::verdict::{Level, Verdict};

use conversation::{KINDS, all_said, asking, is_talk, kind};
use dimensions::{Desk, Held, House, Plan, Thing, has_meaning, load};
use house::NOW;
use table::{Place, all_places, cell, decided, only_seen, places, read_back, read_none};

fn snapshot(name: &str, came: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/decisions").join(name);
    if std::env::var("CAGEKEEPER_REWRITE").is_ok() {
        std::fs::write(&path, came).unwrap();
        return;
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some(different) = first_difference(name, &kept, came) {
        panic!("{different}\nIf it is meant: CAGEKEEPER_REWRITE=1 cargo test --test decisions");
    }
}

/// The file and the first row in which two tables differ, with the section it stands in.
fn first_difference(name: &str, kept: &str, came: &str) -> Option<String> {
    let lines = kept.lines().count().max(came.lines().count());
    let at = (0..lines).find(|at| kept.lines().nth(*at) != came.lines().nth(*at))?;
    let of = |text: &str| text.lines().nth(at).unwrap_or("(nothing)").to_owned();
    let section =
        came.lines().take(at + 1).filter(|line| line.starts_with('#')).last().unwrap_or("").to_owned();
    Some(format!(
        "tests/decisions/{name}:{} under {section:?}\n  kept  {}\n  came  {}",
        at + 1,
        of(kept),
        of(came)
    ))
}

/// What each file tells a reader before its tables.
fn opening(house: House) -> String {
    format!(
        "Policy: {}.\n\nFind what the station remembers (a heading), what is on the reader and who has it (a row), and \
         what is planned (a column). The cell says what the light shows (done is green, notice green and amber, ask amber, \
         refused red, again neutral), the code that the verdict has, and how many facts are added to the ledger, with \
         `seen` where all they say is that things were seen. A cell is what this program does today; a change of the \
         rules changes it here, and {NONE_WORDS}.\n",
        house.words()
    )
}

const NONE_WORDS: &str = "`–` stands where the list below says that the combination has no meaning";

fn file(house: House) -> String {
    format!("{}{}{}", opening(house), table::written(house), conversation::written(house))
}

#[test]
fn every_decision_is_as_written_down() {
    for house in House::ALL {
        snapshot(house.file(), &file(*house));
    }
}

#[test]
fn every_objection_is_as_written_down() {
    snapshot("objections.md", &objections::written());
}

#[test]
fn a_table_that_differs_is_named_with_its_first_row() {
    let said = first_difference("x.md", "# A\n| 1 |\n| 2 |\n", "# A\n| 1 |\n| 3 |\n| 4 |\n").unwrap();
    assert_eq!(said, "tests/decisions/x.md:3 under \"# A\"\n  kept  | 2 |\n  came  | 3 |");
    assert_eq!(first_difference("x.md", "a\n", "a\n"), None);
}

#[test]
fn every_combination_is_shown_or_listed_as_meaningless_and_none_is_both() {
    for house in House::ALL {
        let text = file(*house);
        let shown: BTreeSet<Place> = read_back(&text).into_keys().collect();
        let left_out = read_none(&text);
        assert!(!left_out.is_empty());
        for place in all_places() {
            assert_ne!(shown.contains(&place), left_out.contains(&place), "{}: {place:?}", house.file());
        }
    }
}

#[test]
fn what_is_listed_as_meaningless_decides_nothing() {
    for (desk, thing, held, plan) in
        all_places().filter(|(_, thing, held, plan)| !has_meaning(*thing, *held, *plan))
    {
        let meant = if thing.is_stock() { Held::Home } else { held };
        let neutral = if plan == Plan::ModelPromised { Plan::Nothing } else { plan };
        for house in House::ALL {
            let came = decided(*house, (desk, thing, held, plan));
            assert_eq!(
                came,
                decided(*house, (desk, thing, meant, neutral)),
                "{:?}",
                (desk, thing, held, plan)
            );
        }
    }
}

#[test]
fn every_mode_every_kind_of_code_every_card_and_every_question_is_in_a_table() {
    let modes = [Mode::Toggle, Mode::Return, Mode::Extend, Mode::Learn];
    let desks: BTreeSet<Desk> = modes.iter().flat_map(|mode| Desk::of(*mode)).copied().collect();
    assert_eq!(desks, Desk::ALL.iter().copied().collect());
    assert!(modes.iter().all(|mode| Desk::of(*mode).iter().all(|desk| desk.session().mode == *mode)));
    let gear = Thing::ALL.iter().map(|thing| kind(&thing.found(Held::Home, Plan::Nothing)));
    let kinds: BTreeSet<&str> = gear.chain(all_said().iter().map(|said| kind(&said.found))).collect();
    assert_eq!(kinds, KINDS.into_iter().collect());
    let cards: BTreeSet<Card> = all_said()
        .iter()
        .filter_map(|said| if let Found::Card(card) = said.found { Some(card) } else { None })
        .collect();
    assert_eq!(cards, Card::ALL.into_iter().collect());
    for question in conversation::QUESTIONS {
        let (words, talk) = asking(House::Default, question);
        let asked = talk.decision.session.pending.map(|ask| ask.question);
        assert_eq!(asked, Some(question), "{words}");
    }
}

/// Every decision of the tables, with words that find it again.
static ALL_DECISIONS: LazyLock<Vec<(String, Desk, Decision)>> = LazyLock::new(|| {
    let mut all = Vec::new();
    for house in House::ALL {
        for place in places() {
            all.push((format!("{}: {place:?}", house.file()), place.0, decided(*house, place)));
        }
        for desk in Desk::ALL {
            for said in all_said().into_iter().filter(|said| said.has_meaning(*desk)) {
                let words = format!("{}: {desk:?}, {}", house.file(), said.words);
                all.push((words, *desk, conversation::decided(*house, *desk, &said)));
            }
        }
    }
    all
});

#[test]
fn green_is_a_fact_or_mere_talk_and_nothing_else_adds_one_but_that_a_thing_was_seen() {
    for (words, _, decision) in ALL_DECISIONS.iter() {
        let green = matches!(decision.verdict.level(), Level::Done | Level::Notice);
        let (facts, talk) = (!decision.facts.is_empty(), is_talk(&decision.verdict));
        if green {
            assert!(facts != talk, "{words}: {}", cell(decision));
        } else {
            assert!(!facts || only_seen(decision), "{words}: {}", cell(decision));
        }
    }
}

#[test]
fn what_does_not_go_is_recorded_as_seen_only_where_it_is_out_to_somebody_else() {
    let mut seen = BTreeSet::new();
    for house in House::ALL {
        for place in places() {
            let decision = decided(*house, place);
            let (desk, thing, held, _) = place;
            let stays = matches!(decision.verdict.level(), Level::Ask | Level::Refused | Level::Again);
            let elsewhere = held == Held::OutToBo && matches!(desk, Desk::Ana | Desk::Pending);
            assert_eq!(stays && only_seen(&decision), stays && elsewhere && !thing.is_stock(), "{place:?}");
            seen.extend((stays && only_seen(&decision)).then_some((desk, thing)));
        }
    }
    let gear = [Thing::Asset, Thing::Member, Thing::Kit, Thing::RollCall];
    let expected = [Desk::Ana, Desk::Pending].into_iter().flat_map(|desk| gear.map(|thing| (desk, thing)));
    assert_eq!(seen, expected.collect());
}

/// Whether the place is a return: a thing that is out under RETURN, on the reader of whoever has it, or at a desk where
/// nobody has a session; not one that was scanned a moment ago.
fn is_return((desk, thing, held, _): Place) -> bool {
    let fresh = held == Held::JustOut;
    match desk {
        Desk::ReturnNobody | Desk::ReturnAna => held.is_out() || thing.is_stock(),
        Desk::Ana | Desk::Pending => matches!(held, Held::OutToAna | Held::OutToNobody) && !fresh,
        Desk::NobodyWithBadges => held.is_out(),
        Desk::NobodyWithout => held.is_out() && !fresh,
        Desk::ExtendNobody | Desk::ExtendAna | Desk::Learn | Desk::Learned => false,
    }
}

#[test]
fn a_return_is_never_refused_whatever_the_policy_and_ends_the_custody_of_all_that_came() {
    let mut returns = 0;
    for house in House::ALL {
        for place in places().filter(|place| is_return(*place)) {
            let decision = decided(*house, place);
            let came = matches!(decision.verdict, Verdict::Returned { .. } | Verdict::StockReturned { .. });
            assert!(came, "{}: {place:?}: {}", house.file(), cell(&decision));
            let head = &decision.facts[0];
            assert_eq!(head.subject, place.1.subject());
            assert!(matches!(head.body, Body::Returned(_) | Body::StockReturned(_)));
            returns += 1;
        }
    }
    assert!(returns > 500, "only {returns}");
}

#[test]
fn a_question_waits_and_a_refusal_leaves_none() {
    for house in House::ALL {
        for place in places() {
            let decision = decided(*house, place);
            let pending = decision.session.pending.as_ref();
            match decision.verdict.level() {
                Level::Ask => assert_eq!(pending.map(|ask| ask.code.as_str()), Some("LABEL"), "{place:?}"),
                Level::Again => assert_eq!(pending, place.0.session().pending.as_ref(), "{place:?}"),
                Level::Refused | Level::Done | Level::Notice => assert_eq!(pending, None, "{place:?}"),
            }
        }
    }
}

/// What was misread, or is no answer, leaves the question as it was.
#[test]
fn a_question_outlasts_what_says_nothing_about_it() {
    let outlasts: BTreeSet<&str> = all_said()
        .iter()
        .filter(|said| {
            let decision = conversation::decided(House::Default, Desk::Pending, said);
            decision.session.pending == Desk::Pending.session().pending
        })
        .map(|said| kind(&said.found))
        .collect();
    let told = [
        "ambiguous",
        "booking",
        "burst",
        "card",
        "malformed",
        "nobody",
        "person",
        "production",
        "room",
        "unknown",
    ];
    assert_eq!(outlasts, told.into_iter().collect());
}

#[test]
fn the_same_is_decided_twice() {
    for house in House::ALL {
        for place in places() {
            let (desk, thing, held, plan) = place;
            let (loaded, session, rules) =
                (load(desk, thing, held, plan), desk.session(), desk.rules(&house.policy()));
            let decide = || decide(&loaded, &session, &rules, &NOW);
            assert_eq!(decide(), decide(), "{place:?}");
        }
    }
}

/// The kinds of the facts that are added at these desks, whatever is scanned and under every policy.
fn kinds_at(desks: &[Desk]) -> BTreeSet<&'static str> {
    let all = ALL_DECISIONS.iter().filter(|(_, desk, _)| desks.contains(desk));
    all.flat_map(|(_, _, decision)| decision.facts.iter().map(|fact| fact.body.kind())).collect()
}

#[test]
fn nothing_goes_out_or_comes_back_while_it_is_extended_or_learned() {
    let moves = ["checked-out", "returned", "handed-over", "stock-taken", "stock-returned"];
    let kinds = kinds_at(&[Desk::ExtendNobody, Desk::ExtendAna, Desk::Learn, Desk::Learned]);
    assert!(kinds.contains("extended") && kinds.contains("tag-assigned"));
    assert!(moves.iter().all(|kind| !kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn without_a_badge_nothing_leaves_or_stays_out_longer_at_a_desk_that_needs_one() {
    let kinds = kinds_at(&[Desk::NobodyWithBadges, Desk::ReturnNobody, Desk::ExtendNobody]);
    assert!(kinds.contains("returned") && kinds.contains("stock-returned"));
    let leaves = ["checked-out", "handed-over", "extended", "stock-taken"];
    assert!(leaves.iter().all(|kind| !kinds.contains(kind)), "{kinds:?}");
}

#[test]
fn nobody_is_kept_from_what_is_promised_to_themselves() {
    for place in places() {
        let (desk, thing, held, plan) = place;
        let hers =
            matches!(plan, Plan::Names | Plan::NamesNext) && matches!(desk, Desk::Ana | Desk::ExtendAna);
        if hers && matches!(held, Held::NeverMoved | Held::Home | Held::OutToAna) && thing != Thing::Member {
            let verdict = decided(House::Default, place).verdict;
            assert_ne!(verdict.level(), Level::Ask, "{place:?}: {}", verdict.code());
        }
    }
}
