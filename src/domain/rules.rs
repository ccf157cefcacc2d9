//! What a decision needs to know of the configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono_tz::Tz;

use super::fact::Condition;
use super::id::{ReaderId, RoomId, StationId};
use super::person::{Role, Roles};
use super::plan::hours::Hours;
use super::policy::Policy;
use super::rights::Rights;
use super::session::Session;
use super::way::Way;

/// What kind of conversation a station has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StationKind {
    /// People check gear out and bring it back.
    Desk,
    /// People enter and leave a room, and ask whether they may.
    Door,
    /// Gear passes, and nobody scans it.
    Gate,
    /// What is there is compared with what should be.
    Count,
}

impl StationKind {
    /// Every kind, in the order in which they are documented.
    pub const ALL: [Self; 4] = [Self::Desk, Self::Door, Self::Gate, Self::Count];

    /// The name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Door => "door",
            Self::Gate => "gate",
            Self::Count => "count",
        }
    }

    /// The kind of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The rules of one station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoorRules {
    /// The station at which the decision is made.
    pub station: StationId,
    /// What kind of conversation it has.
    pub kind: StationKind,
    /// The readers of which it is known which way somebody goes who is read by them.
    pub ways: BTreeMap<ReaderId, Way>,
    /// The room in which it stands, or to which it is the door: what belongs elsewhere is sent there.
    pub room: Option<RoomId>,
    /// Whether a badge must open a session before gear leaves.
    pub person_required: bool,
    /// A session without a scan for so long is over.
    pub session_idle_ms: i64,
    /// A question without an answer for so long lapses.
    pub confirm_ms: i64,
    /// A station that counts leaves its count after so long without a scan; the count stays open.
    pub count_idle_ms: i64,
    /// Without a badge an asset toggles again only after so long.
    pub repeat_ms: i64,
    /// What holds for the whole house.
    pub house: Arc<HouseRules>,
}

impl DoorRules {
    /// After how long a silence this session is over.
    pub fn idle_ms(&self, session: &Session) -> i64 {
        if session.counting.is_some() { self.count_idle_ms } else { self.session_idle_ms }
    }
}

/// The rules of the house.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HouseRules {
    /// How long gear is lent where no booking says.
    pub loan_ms: i64,
    /// How much longer EXTEND keeps it out.
    pub extend_ms: i64,
    /// What comes back is wanted next where a booking needs it within so long.
    pub wanted_within_ms: i64,
    /// Due times are never brought forward to less than so long from now: then it is simply promised.
    pub loan_min_ms: i64,
    /// Time before a booking in which everything in it is taken already, where the booking does not say.
    pub prepare_ms: i64,
    /// Time after a booking in which everything in it is taken still, where the booking does not say.
    pub clean_up_ms: i64,
    /// The policy table.
    pub policy: Policy,
    /// Who may do what.
    pub rights: Rights,
    /// How many assets somebody may have out, by role; the most generous of one's roles counts.
    pub assets_max: Vec<(Role, u32)>,
    /// The stages in which a production draws gear.
    pub drawing_stages: Vec<String>,
    /// Which condition opens a maintenance job, and whether it keeps the thing in.
    pub maintenance: Vec<(Condition, bool)>,
    /// When the studio is open.
    pub hours: Hours,
    /// The studio's time zone.
    pub zone: Tz,
    /// ISO 4217 code of all amounts.
    pub currency: String,
    /// The same thing that passes a gate the same way again within so long is no new alarm.
    pub gate_repeat_ms: i64,
    /// What passed a gate without a loan is settled where it is checked out within so long.
    pub gate_settle_ms: i64,
    /// Whoever went into a room and was not seen leaving is taken to have left after so long.
    pub longest_stay_ms: i64,
    /// What 03/04/2026 is in a file of somebody else's; `None` where nobody has said.
    pub date_order: Option<DateOrder>,
}

/// Which of two numbers is the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// 03/04/2026 is 3 April.
    DayFirst,
    /// 03/04/2026 is 4 March.
    MonthFirst,
}

impl DateOrder {
    /// The word of the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::DayFirst => "dmy",
            Self::MonthFirst => "mdy",
        }
    }

    /// The order of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::DayFirst, Self::MonthFirst].into_iter().find(|order| order.name() == word)
    }
}

/// How far a production can be, from first to last.
pub const STAGES: [&str; 6] =
    ["development", "pre-production", "production", "post-production", "delivery", "wrap"];

const HOUR_MS: i64 = 3_600_000;

/// The rules of a house that has configured nothing.
impl Default for HouseRules {
    fn default() -> Self {
        Self {
            loan_ms: 24 * HOUR_MS,
            extend_ms: 24 * HOUR_MS,
            wanted_within_ms: 24 * HOUR_MS,
            loan_min_ms: HOUR_MS / 2,
            prepare_ms: 0,
            clean_up_ms: 0,
            policy: Policy::default(),
            rights: Rights::default(),
            assets_max: Vec::new(),
            drawing_stages: ["pre-production", "production", "post-production"].map(str::to_owned).to_vec(),
            maintenance: vec![
                (Condition::Dirty, false),
                (Condition::PartMissing, false),
                (Condition::Damaged, true),
            ],
            hours: Hours::default(),
            zone: Tz::UTC,
            currency: "EUR".to_owned(),
            gate_repeat_ms: 60_000,
            gate_settle_ms: HOUR_MS / 4,
            longest_stay_ms: 12 * HOUR_MS,
            date_order: None,
        }
    }
}

impl HouseRules {
    /// The most assets that somebody of these roles may have out; `None` for as many as they like.
    pub fn assets_max_of(&self, roles: Roles) -> Option<u32> {
        let of = |role: Role| self.assets_max.iter().find(|(of, _)| *of == role).map(|(_, max)| *max);
        let limits: Vec<Option<u32>> = roles.iter().map(of).collect();
        if limits.iter().any(Option::is_none) { None } else { limits.into_iter().flatten().max() }
    }

    /// Whether a condition opens a maintenance job, and whether that keeps the thing in.
    pub fn maintenance_for(&self, condition: Condition) -> Option<bool> {
        self.maintenance.iter().find(|(of, _)| *of == condition).map(|(_, blocks)| *blocks)
    }
}
