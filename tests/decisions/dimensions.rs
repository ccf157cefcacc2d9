//! What a decision depends on: the desk, the thing, who has it, what is planned, and the policy.

use cagekeeper::domain::custody::Custody;
use cagekeeper::domain::fact::{Gear, StockUse, Subject};
use cagekeeper::domain::loaded::{Found, Loaded};
use cagekeeper::domain::person::Person;
use cagekeeper::domain::plan::{Claim, Pool, Resource, Unit};
use cagekeeper::domain::policy::{Answerer, Policy, Rule, Situation};
use cagekeeper::domain::rules::DoorRules;
use cagekeeper::domain::session::{Mode, Question, Session};

use super::house::{
    PIECES, ana, anas_booking, anas_claim, asset, bo, camera, claim, code, gear_with, home, hours, just, kim,
    kit, lamp, loaded, member, out_to, resource, roll_call, rules, session, stock,
};

/// An enum of which every variant has words, in the order of the tables.
macro_rules! dimension {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $words:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name { $($variant),+ }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            pub fn words(self) -> &'static str {
                match self { $(Self::$variant => $words),+ }
            }
        }
    };
}

dimension!(
    /// The table of the house.
    House {
        Default = "the policy as it comes",
        Asks = "every objection asks, and anybody may answer",
        Refuses = "every objection refuses",
        Waves = "every objection is waved through",
    }
);

dimension!(
    /// What a station remembers when the scan comes.
    Desk {
        NobodyWithBadges = "nobody's session, at a desk that needs badges",
        NobodyWithout = "nobody's session, at a desk that needs no badges",
        Ana = "Ana's session",
        ReturnNobody = "RETURN, and no badge",
        ReturnAna = "RETURN in Ana's session",
        ExtendNobody = "EXTEND, and no badge",
        ExtendAna = "EXTEND in Ana's session",
        Learn = "LEARN in Kim's session",
        Learned = "LEARN in Kim's session, and a new code",
        Pending = "Ana's session, and a question about a lamp waits",
    }
);

dimension!(
    /// What is on the reader.
    Thing {
        Asset = "asset",
        Member = "member of a kit, alone",
        Kit = "kit of three, one of them out elsewhere",
        RollCall = "roll-call: a kit, two of its three, a stranger",
        Lent = "stock that is lent",
        Consumed = "stock that is used up",
    }
);

dimension!(
    /// Who has it.
    Held {
        NeverMoved = "never moved",
        Home = "home",
        JustHome = "home, by Ana a moment ago",
        LostHome = "given up as lost, home",
        OutToAna = "out to Ana",
        JustOut = "out to Ana, a moment ago",
        OutToBo = "out to Bo",
        OutToNobody = "out to nobody",
    }
);

dimension!(
    /// What is planned.
    Plan {
        Nothing = "nothing planned",
        Names = "Ana's booking now, naming it",
        NamesOthers = "Ana's booking now, naming other things",
        NamesNext = "Ana's booking in five hours, naming it",
        PromisedNow = "promised to Unit B now",
        PromisedNext = "promised to Unit B in five hours",
        PromisedFixed = "the same, and Ana's booking says when it is due",
        Held = "on hold for Unit B now",
        ModelPromised = "all of its model promised to Unit B",
    }
);

impl House {
    pub fn policy(self) -> Policy {
        let rule = match self {
            Self::Default => return Policy::default(),
            Self::Asks => Rule::Ask(Answerer::Anybody),
            Self::Refuses => Rule::Refused,
            Self::Waves => Rule::Done,
        };
        every(rule)
    }

    pub fn file(self) -> &'static str {
        match self {
            Self::Default => "default.md",
            Self::Asks => "everything-asks.md",
            Self::Refuses => "everything-refused.md",
            Self::Waves => "everything-done.md",
        }
    }
}

/// The table in which every row says the same.
pub fn every(rule: Rule) -> Policy {
    let mut policy = Policy::default();
    for situation in Situation::ALL {
        policy.set(situation, rule);
    }
    policy
}

impl Desk {
    /// The desks at which a mode is on: a new mode needs one.
    pub fn of(mode: Mode) -> &'static [Self] {
        match mode {
            Mode::Toggle => &[Self::NobodyWithBadges, Self::NobodyWithout, Self::Ana, Self::Pending],
            Mode::Return => &[Self::ReturnNobody, Self::ReturnAna],
            Mode::Extend => &[Self::ExtendNobody, Self::ExtendAna],
            Mode::Learn => &[Self::Learn, Self::Learned],
        }
    }

    pub fn person(self) -> Option<Person> {
        match self {
            Self::NobodyWithBadges | Self::NobodyWithout | Self::ReturnNobody | Self::ExtendNobody => None,
            Self::Ana | Self::ReturnAna | Self::ExtendAna | Self::Pending => Some(ana()),
            Self::Learn | Self::Learned => Some(kim()),
        }
    }

    pub fn session(self) -> Session {
        let mode = |mode| session(self.person().as_ref(), mode);
        match self {
            Self::NobodyWithBadges | Self::NobodyWithout => Session::default(),
            Self::Ana => mode(Mode::Toggle),
            Self::ReturnNobody | Self::ReturnAna => mode(Mode::Return),
            Self::ExtendNobody | Self::ExtendAna => mode(Mode::Extend),
            Self::Learn => mode(Mode::Learn),
            Self::Learned => Session { learned: Some(code("NEW-CODE")), ..mode(Mode::Learn) },
            Self::Pending => super::house::asked(Question::AllTheSame, Answerer::Anybody),
        }
    }

    pub fn rules(self, policy: &Policy) -> DoorRules {
        DoorRules { person_required: self != Self::NobodyWithout, ..rules(policy) }
    }

    /// What is loaded for any scan here.
    pub fn loaded(self, found: Found) -> Loaded {
        let pending = (self == Self::Pending).then(|| Found::Asset(Box::new(lamp())));
        Loaded { pending, ..loaded(found, self.person()) }
    }
}

impl Thing {
    pub fn subject(self) -> Subject {
        match self {
            Self::Asset => Subject::Asset(camera().id),
            Self::Member => Subject::Asset(member("tx", "Transmitter").id),
            Self::Kit | Self::RollCall => Subject::Kit(kit().id),
            Self::Lent => Subject::Stock(stock(StockUse::Lent).id),
            Self::Consumed => Subject::Stock(stock(StockUse::Consumed).id),
        }
    }

    pub fn is_stock(self) -> bool {
        matches!(self, Self::Lent | Self::Consumed)
    }

    pub fn found(self, held: Held, plan: Plan) -> Found {
        let (custody, holder) = (held.custody(plan), held.holder());
        let lost_since = held.lost_since();
        let single = |mut asset: cagekeeper::domain::loaded::Asset| {
            asset.standing.lost_since = lost_since;
            Found::Asset(Box::new(cagekeeper::domain::loaded::Asset {
                custody: custody.clone(),
                holder: holder.clone(),
                ..asset
            }))
        };
        let case = || {
            let mut kit = kit();
            kit.standing.lost_since = lost_since;
            let with_it = custody.clone().map(|custody| Custody { kit: Some(kit.id.clone()), ..custody });
            kit.members.iter_mut().for_each(|member| member.custody.clone_from(&with_it));
            kit.custody.clone_from(&with_it);
            kit.holder.clone_from(&holder);
            kit
        };
        match self {
            Self::Asset => single(camera()),
            Self::Member => single(member("tx", "Transmitter")),
            Self::Kit => {
                let mut kit = case();
                let last = kit.members.last_mut().unwrap();
                last.custody = Some(out_to(Some(&person_elsewhere())));
                Found::Kit(Box::new(kit))
            }
            Self::RollCall => Found::Burst(Box::new(roll_call(case(), 2))),
            Self::Lent => Found::Stock(Box::new(stock(StockUse::Lent))),
            Self::Consumed => Found::Stock(Box::new(stock(StockUse::Consumed))),
        }
    }
}

/// Whoever has the missing member.
fn person_elsewhere() -> Person {
    Person { name: Some("Cleo".into()), ..Person { id: super::house::person_id("cleo"), ..bo() } }
}

impl Held {
    pub fn is_out(self) -> bool {
        matches!(self, Self::OutToAna | Self::JustOut | Self::OutToBo | Self::OutToNobody)
    }

    fn holder(self) -> Option<Person> {
        match self {
            Self::OutToAna | Self::JustOut => Some(ana()),
            Self::OutToBo => Some(bo()),
            _ => None,
        }
    }

    fn lost_since(self) -> Option<cagekeeper::time::UtcMs> {
        (self == Self::LostHome).then(|| hours(-48))
    }

    fn custody(self, plan: Plan) -> Option<Custody> {
        let custody = match self {
            Self::NeverMoved => return None,
            Self::Home | Self::LostHome => home(),
            Self::JustHome => just(home()),
            Self::JustOut => just(out_to(Some(&ana()))),
            Self::OutToAna | Self::OutToBo | Self::OutToNobody => out_to(self.holder().as_ref()),
        };
        // What Ana has of a thing that her booking names, she has for the booking.
        let booking = anas_booking(Gear::default());
        let for_booking = plan == Plan::Names && matches!(self, Self::OutToAna | Self::JustOut);
        Some(if for_booking {
            Custody { booking: Some(booking.id), due: Some(booking.ends), ..custody }
        } else {
            custody
        })
    }
}

/// Everything that is loaded for one row and column.
pub fn load(desk: Desk, thing: Thing, held: Held, plan: Plan) -> Loaded {
    let mut loaded = desk.loaded(thing.found(held, plan));
    let anas = desk.person().is_some_and(|person| person.id == ana().id);
    loaded.bookings = plan.gear(thing).filter(|_| anas).map(anas_booking).into_iter().collect();
    let named = resource(&thing.subject());
    if thing.is_stock() {
        let claims = plan.claims(&named, PIECES);
        loaded.outlook.pools =
            vec![Pool { resource: named, name: "Shelf".into(), claims, units: Vec::new() }];
        return loaded;
    }
    loaded.outlook.claims = plan.claims(&named, 1);
    if plan == Plan::ModelPromised {
        loaded.outlook.pools = vec![pool(held)];
    }
    loaded
}

/// Two cameras of a model, both promised; the other one is here.
fn pool(held: Held) -> Pool {
    let fx6 = Resource::parse("model/fx6").unwrap();
    let unit = |asset: cagekeeper::domain::loaded::Asset, out_until| Unit {
        asset: asset.id,
        name: asset.name,
        out_until,
        booking: None,
        claims: Vec::new(),
    };
    Pool {
        resource: fx6.clone(),
        name: "FX6".into(),
        claims: vec![claim(fx6, 2, (-1, 4))],
        units: vec![unit(camera(), held.is_out().then(|| hours(22))), unit(asset("cam-2", "FX6 2"), None)],
    }
}

impl Plan {
    /// What Ana's booking names, where she has one; a list without a line names nothing in particular.
    fn gear(self, thing: Thing) -> Option<Gear> {
        match self {
            Self::Names => Some(gear_with(&thing.subject())),
            Self::NamesOthers => Some(gear_with(&Subject::Asset(lamp().id))),
            Self::PromisedFixed => Some(Gear::default()),
            Self::Nothing
            | Self::NamesNext
            | Self::PromisedNow
            | Self::PromisedNext
            | Self::Held
            | Self::ModelPromised => None,
        }
    }

    /// Who was promised the thing.
    fn claims(self, thing: &Resource, count: u32) -> Vec<Claim> {
        let by_unit_b = |span| claim(thing.clone(), count, span);
        match self {
            Self::Names => vec![anas_claim(thing.clone())],
            Self::NamesNext => {
                let (from, until) = (hours(5), hours(9));
                vec![Claim { from, until, starts: from, ends: until, ..anas_claim(thing.clone()) }]
            }
            Self::PromisedNow => vec![by_unit_b((-1, 4))],
            Self::PromisedNext | Self::PromisedFixed => vec![by_unit_b((5, 9))],
            Self::Held => vec![Claim { confirmed: false, ..by_unit_b((-1, 4)) }],
            Self::Nothing | Self::NamesOthers | Self::ModelPromised => Vec::new(),
        }
    }
}

/// A combination that has no meaning.
pub struct Meaningless {
    pub things: &'static [Thing],
    /// Every one where empty.
    pub held: &'static [Held],
    /// Every one where empty.
    pub plans: &'static [Plan],
    pub why: &'static str,
}

pub const MEANINGLESS: [Meaningless; 3] = [
    Meaningless {
        things: &[Thing::Lent, Thing::Consumed],
        held: &[
            Held::NeverMoved,
            Held::JustHome,
            Held::LostHome,
            Held::OutToAna,
            Held::JustOut,
            Held::OutToBo,
            Held::OutToNobody,
        ],
        plans: &[],
        why: "pieces are counted and not followed one by one: the shelf is always home",
    },
    Meaningless {
        things: &[Thing::Member, Thing::Kit, Thing::RollCall],
        held: &[],
        plans: &[Plan::ModelPromised],
        why: "a kit has no model, and a unit that belongs in a kit is not counted among its model",
    },
    Meaningless {
        things: &[Thing::Lent, Thing::Consumed],
        held: &[],
        plans: &[Plan::ModelPromised],
        why: "a shelf is its own model: the columns of what is promised to Unit B say it",
    },
];

impl Meaningless {
    pub fn holds(&self, thing: Thing, held: Held, plan: Plan) -> bool {
        self.things.contains(&thing)
            && (self.held.is_empty() || self.held.contains(&held))
            && (self.plans.is_empty() || self.plans.contains(&plan))
    }
}

/// Whether a combination means anything.
pub fn has_meaning(thing: Thing, held: Held, plan: Plan) -> bool {
    !MEANINGLESS.iter().any(|none| none.holds(thing, held, plan))
}
