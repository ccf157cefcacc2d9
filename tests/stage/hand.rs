//! Commands in the words of a story: `return cam-1 by ana at 08:00`, `book b-9 asset cam-1 from 09:00 to 18:00`.

use cagekeeper::domain::code::Code;
use cagekeeper::domain::command::{Command, Every, Repeats};
use cagekeeper::domain::fact::{
    AssetRegistered, Body, BookingMade, Condition, KitRegistered, ProductionRegistered, Quantity, Subject,
};
use cagekeeper::domain::id::{AssetId, BookingId, KitId, ModelId, PersonId, ProductionId, RoomId};

use super::{Pairs, moment, person, span_ms, subject};

/// The thing as `asset/cam-1`; without a kind an asset.
fn thing(text: &str) -> Subject {
    if text.contains('/') { subject(text) } else { subject(&format!("asset/{text}")) }
}

fn booking(id: &str) -> BookingId {
    BookingId::parse(id).unwrap()
}

fn production(id: &str) -> ProductionId {
    ProductionId::parse(id).unwrap()
}

/// `M*3` as three of M.
fn quantities(of: Vec<&str>) -> Vec<Quantity> {
    let one = |text: &str| {
        let (of, count) = text.split_once('*').unwrap_or((text, "1"));
        Quantity { of: of.to_owned(), count: count.parse().unwrap() }
    };
    of.into_iter().map(one).collect()
}

fn span(more: &Pairs, key: &str) -> i64 {
    more.one(key).map_or(0, |text| i64::try_from(span_ms(text)).unwrap())
}

/// What a booking says, from the words of a story.
pub fn plan(more: &Pairs) -> BookingMade {
    BookingMade {
        production: more.one("production").map(production),
        client: more.one("client").map(str::to_owned),
        person: more.one("person").map(person),
        rooms: more.all("room").into_iter().map(|id| RoomId::parse(id).unwrap()).collect(),
        assets: more.all("asset").into_iter().map(|id| AssetId::parse(id).unwrap()).collect(),
        kits: more.all("kit").into_iter().map(|id| KitId::parse(id).unwrap()).collect(),
        models: quantities(more.all("model")),
        stock: quantities(more.all("stock")),
        crew: more.all("crew").into_iter().map(person).collect(),
        starts: moment(more.one("from").or(more.one("starts")).unwrap()),
        ends: moment(more.one("to").or(more.one("ends")).unwrap()),
        status: more.one("status").unwrap_or("confirmed").into(),
        title: more.one("title").map(str::to_owned),
        prepare_ms: span(more, "prepare"),
        clean_up_ms: span(more, "clean-up"),
        series: None,
        overrides: Vec::new(),
        confirmed_by: None,
    }
}

fn repeats(more: &Pairs) -> Option<Repeats> {
    let every = Every::parse(more.one("every")?).unwrap();
    let times = more.one("times").map(|times| times.parse().unwrap());
    Some(Repeats { every, until: more.one("until").map(moment), times })
}

fn counted(room: &str) -> Option<RoomId> {
    (room != "-").then(|| RoomId::parse(room).unwrap())
}

/// The command of a line's words, and whether whoever asks has confirmed.
pub fn command(words: &[String]) -> (Command, bool) {
    let confirm = words.last().is_some_and(|word| word == "confirm");
    let words = if confirm { &words[..words.len() - 1] } else { words };
    let (verb, of) = (words[0].as_str(), words[1].as_str());
    let rest = |from: usize| Pairs::new(&words[from..]);
    let count = |more: &Pairs| more.one("count").map(|count| count.parse().unwrap());
    let command = match verb {
        "checkout" => {
            let more = rest(2);
            Command::CheckOut {
                thing: thing(of),
                person: more.one("to").map(person),
                booking: more.one("booking").map(booking),
                production: more.one("production").map(production),
                room: more.one("room").map(|id| RoomId::parse(id).unwrap()),
                until: more.one("until").map(moment),
                count: count(&more),
                hand_over: more.one("hand-over").is_some(),
            }
        }
        "return" => {
            let more = rest(2);
            let at = more.one("at").map(moment);
            Command::Return { thing: thing(of), person: more.one("by").map(person), at, count: count(&more) }
        }
        "extend" => Command::Extend { thing: thing(of), until: rest(2).one("until").map(moment) },
        "recall" => Command::Recall {
            thing: thing(of),
            wanted_by: moment(rest(2).one("wanted").unwrap()),
            wanted_for: rest(2).one("for").map(production),
        },
        "unrecall" => Command::WithdrawRecall { thing: thing(of) },
        "learn" => Command::Learn { code: Code::canonical(of).unwrap(), thing: thing(&words[2]) },
        "unlearn" => Command::Unlearn { code: Code::canonical(of).unwrap(), thing: thing(&words[2]) },
        "book" => {
            let more = rest(2);
            let plan = Box::new(plan(&more));
            Command::Book { booking: booking(of), plan, repeats: repeats(&more), exists: false }
        }
        "move" => {
            let plan = Box::new(plan(&rest(2)));
            Command::Book { booking: booking(of), plan, repeats: None, exists: true }
        }
        "cancel" => Command::CancelBooking { booking: booking(of), series: rest(2).one("series").is_some() },
        "undo" => Command::Undo { scan: of.to_owned() },
        "register" => register(of, &words[2], &rest(3)),
        // `begin-count cage`; `-` is everything that is home.
        "begin-count" => Command::BeginCount { room: counted(of) },
        "end-count" => Command::EndCount { room: counted(of) },
        "cancel-count" => Command::CancelCount { room: counted(of) },
        _ => of_state(verb, thing(of), words, &rest),
    };
    (command, confirm)
}

fn of_state(verb: &str, thing: Subject, words: &[String], rest: &dyn Fn(usize) -> Pairs) -> Command {
    match verb {
        "condition" => {
            Command::NoteCondition { thing, condition: Condition::parse(&words[2]).unwrap(), note: None }
        }
        "maintenance" => Command::OpenMaintenance { thing, blocks: words[2] == "block", note: None },
        "mended" => Command::CloseMaintenance { thing },
        "inspect" => Command::Inspect { thing, next_due: rest(2).one("next").map(moment) },
        "lost" => Command::MarkLost { thing },
        "count" => Command::CountStock { thing, count: words[2].parse().unwrap() },
        _ => panic!("{verb}: nobody can ask for that"),
    }
}

fn register(of: &str, name: &str, more: &Pairs) -> Command {
    let subject = thing(of);
    let body = match &subject {
        Subject::Kit(_) => Body::KitRegistered(KitRegistered {
            name: name.to_owned(),
            within: more.one("within").map(|id| KitId::parse(id).unwrap()),
        }),
        Subject::Production(_) => Body::ProductionRegistered(ProductionRegistered {
            title: name.to_owned(),
            client: None,
            stage: more.one("stage").unwrap_or("production").to_owned(),
            starts: moment("2026-11-01T00:00"),
            ends: moment("2026-12-31T00:00"),
            budget_cents: None,
            crew: more.all("crew").into_iter().map(person).collect::<Vec<PersonId>>(),
            crew_roles: std::collections::BTreeMap::new(),
            gear: cagekeeper::domain::fact::Gear::default(),
        }),
        _ => Body::AssetRegistered(AssetRegistered {
            name: name.to_owned(),
            model: more.one("model").map(|id| ModelId::parse(id).unwrap()),
            kit: more.one("kit").map(|id| KitId::parse(id).unwrap()),
            retired: more.one("retired").is_some(),
            ..AssetRegistered::default()
        }),
    };
    Command::Register { subject, body: Box::new(body) }
}
