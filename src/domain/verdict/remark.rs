//! What is odd about gear that comes back. It is said and never refused.

use super::{Members, Telling, Who};
use crate::domain::words::{span, when};
use crate::time::UtcMs;

use super::concern::Promise;

/// One remark, in the order in which they are said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields say what the variant is about")]
pub enum Remark {
    /// Somebody waits for it: it is not shelved.
    WantedNext { to: Promise },
    /// A recall brought it back.
    RecallFilled { wanted_by: UtcMs, wanted_for: Option<String> },
    /// It goes back to its owner.
    SubhireBack { owner: String, due: Option<UtcMs> },
    /// Maintenance keeps it in: it goes to the bench.
    ToTheBench { since: UtcMs },
    /// Members of the kit did not come with it.
    KitIncomplete { members: Members },
    /// Things that do not belong in the kit came with it.
    StrangersInKit { names: Vec<String> },
    /// It was given up.
    WasLost { since: UtcMs },
    /// It was out of service.
    WasRetired,
    /// It belongs elsewhere.
    GoesTo { room: String },
    /// It is late.
    Late { ms: i64 },
    /// It was out to somebody else.
    OtherPerson { holder: Who },
    /// It came back earlier than it was entered.
    BackDated { at: UtcMs },
    /// One of these about a member of the kit that came back.
    OfMember { name: String, remark: Box<Remark> },
}

impl Remark {
    /// The code that programs read; `None` for what is said by the way.
    pub fn code(&self) -> Option<&'static str> {
        Some(match self {
            Self::WantedNext { .. } => "wanted-next",
            Self::RecallFilled { .. } => "recall-filled",
            Self::SubhireBack { .. } => "subhire-back",
            Self::ToTheBench { .. } => "to-the-bench",
            Self::KitIncomplete { .. } => "kit-incomplete",
            Self::StrangersInKit { .. } => "stranger-in-kit",
            Self::WasLost { .. } => "was-lost",
            Self::WasRetired => "was-retired",
            Self::GoesTo { .. } => "wrong-room",
            Self::Late { .. } => "late",
            Self::OtherPerson { .. } => "returned-by-other-person",
            Self::BackDated { .. } => "backdated-return",
            Self::OfMember { remark, .. } => return remark.code(),
        })
    }

    /// What it is, in a few words.
    pub fn say(&self, telling: &Telling) -> String {
        let at = |moment: UtcMs| when(moment, telling.now, telling.zone);
        match self {
            Self::WantedNext { to } => {
                format!("do not shelve: {} needs it {}", to.called(telling), at(to.from))
            }
            Self::RecallFilled { wanted_for: Some(title), .. } => {
                format!("recalled for {title}: do not shelve")
            }
            Self::RecallFilled { wanted_for: None, .. } => "recalled: do not shelve".into(),
            Self::SubhireBack { owner, due: Some(due) } => format!("goes to {owner} by {}", at(*due)),
            Self::SubhireBack { owner, due: None } => format!("goes to {owner}"),
            Self::ToTheBench { since } => format!("to the bench: in maintenance since {}", at(*since)),
            Self::KitIncomplete { members } => members.say(),
            Self::StrangersInKit { names } => format!("does not belong in it: {}", names.join(", ")),
            Self::WasLost { since } => format!("was lost since {}", at(*since)),
            Self::WasRetired => "was retired".into(),
            Self::GoesTo { room } => format!("goes to {room}"),
            Self::Late { ms } => format!("{} late", span(*ms)),
            Self::OtherPerson { holder } => format!("was out to {}", holder.called(telling.names)),
            Self::BackDated { at: moment } => format!("dated {}", at(*moment)),
            Self::OfMember { name, remark } => format!("{} ({name})", remark.say(telling)),
        }
    }
}
