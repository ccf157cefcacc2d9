//! What is said on each topic: topics and JSON of values, nothing else. Pure.
//!
//! These are the public contract: the snapshots at the end of this file are its examples. People are opaque ids;
//! a name stands at most in the text of a signal, and only where the configuration allows names.

use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::config::ReaderConfig;
use crate::control::CalendarStatus;
use crate::domain::fact::Subject;
use crate::domain::id::{
    AssetId, BookingId, DaemonId, KitId, PersonId, ProductionId, ReaderId, RoomId, SiteId, StationId,
};
use crate::domain::verdict::Telling;
use crate::io::readers::{Health, State};
use crate::ledger::question::{StockState, Summary, ThingState};
use crate::time::UtcMs;
use crate::writer::Answer;

/// The names of the topics of one daemon of one site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    site: SiteId,
    daemon: DaemonId,
}

impl Topics {
    /// Topics under `cagekeeper/v1/<site>/`.
    pub fn new(site: &SiteId, daemon: &DaemonId) -> Self {
        Self { site: site.clone(), daemon: daemon.clone() }
    }

    /// A topic under the root.
    pub fn under_root(&self, rest: &str) -> String {
        format!("cagekeeper/v1/{}/{rest}", self.site)
    }

    /// `online` or `offline`, retained.
    pub fn status(&self) -> String {
        self.under_root(&format!("daemon/{}/status", self.daemon))
    }

    /// How this daemon is, retained.
    pub fn info(&self) -> String {
        self.under_root(&format!("daemon/{}/info", self.daemon))
    }

    /// What a lamp at this station shows.
    pub fn signal(&self, station: &StationId) -> String {
        self.under_root(&format!("station/{station}/signal"))
    }

    /// The place of a reader: its scans, its results and its will are under it.
    pub fn reader(&self, reader: &ReaderId) -> String {
        self.under_root(&format!("reader/{reader}"))
    }

    /// Events of this kind.
    pub fn event(&self, kind: &str) -> String {
        self.under_root(&format!("event/{kind}"))
    }

    /// The state of an asset, kit or stock, retained.
    pub fn thing(&self, subject: &Subject) -> String {
        self.under_root(&subject.to_string())
    }

    /// The studio in numbers, retained.
    pub fn summary(&self) -> String {
        self.under_root("summary")
    }

    /// Where others ask for events again.
    pub fn replay(&self) -> String {
        self.under_root("replay")
    }

    /// Where locks ask, of every room.
    pub fn door_requests(&self) -> String {
        self.under_root("door/+/request")
    }

    /// The room at whose door a message on this topic asks; `None` for any other topic.
    pub fn room_of_request(&self, topic: &str) -> Option<RoomId> {
        let rest = topic.strip_prefix(&self.under_root("door/"))?;
        RoomId::parse(rest.strip_suffix("/request")?).ok()
    }

    /// Where a door answers.
    pub fn door_answer(&self, room: &RoomId) -> String {
        self.under_root(&format!("door/{room}/answer"))
    }
}

fn thing(subject: &Subject) -> (Option<&AssetId>, Option<&KitId>) {
    match subject {
        Subject::Asset(id) => (Some(id), None),
        Subject::Kit(id) => (None, Some(id)),
        _ => (None, None),
    }
}

/// The state of an asset or kit. What does not apply is null, so that a display need not guess.
#[derive(Serialize)]
struct StatePayload<'a> {
    state: &'static str,
    custody: Option<&'a PersonId>,
    room: Option<&'a RoomId>,
    production: Option<&'a ProductionId>,
    booking: Option<&'a BookingId>,
    due: Option<UtcMs>,
    since: Option<UtcMs>,
    condition: &'static str,
    maintenance: &'static str,
    recalled_by: Option<UtcMs>,
    name: &'a str,
    seq: i64,
    returning_since: Option<UtcMs>,
    left_since: Option<UtcMs>,
}

/// The retained state of an asset or kit. `room` is where it is: the room it went to, or at home its own; nobody knows
/// where a missing thing is, and whoever had it last is still in `custody`. `returning_since`: a gate saw it come in, and nobody
/// has confirmed that; `left_since`: a gate saw it leave without a loan.
pub fn state(thing: &ThingState) -> Vec<u8> {
    let custody = thing.custody.as_ref();
    let held = custody.filter(|custody| custody.out);
    json(&StatePayload {
        state: thing.state_name(),
        custody: held.and_then(|custody| custody.person.as_ref()),
        room: match held {
            Some(custody) => custody.room.as_ref(),
            None => thing.home.as_ref().filter(|_| !thing.is_lost && thing.missing_since.is_none()),
        },
        production: held.and_then(|custody| custody.production.as_ref()),
        booking: held.and_then(|custody| custody.booking.as_ref()),
        due: held.and_then(|custody| custody.due),
        since: custody.map(|custody| custody.since),
        condition: thing.condition.name(),
        maintenance: thing.maintenance.name(),
        recalled_by: thing.recalled_by,
        name: &thing.name,
        seq: thing.seq,
        returning_since: thing.returning,
        left_since: thing.left,
    })
}

#[derive(Serialize)]
struct StockPayload<'a> {
    name: &'a str,
    count: u32,
    out: u32,
    available: u32,
    seq: i64,
}

/// The retained numbers of a stock. `count` is what the studio has, or of what is consumed what is left.
pub fn stock(stock: &StockState) -> Vec<u8> {
    let StockState { name, count, out, seq } = stock;
    json(&StockPayload { name, count: *count, out: *out, available: count.saturating_sub(*out), seq: *seq })
}

#[derive(Serialize)]
struct SummaryPayload {
    total: i64,
    out: i64,
    overdue: i64,
    missing: i64,
    maintenance_due: i64,
    unknown_tags: i64,
    seq: i64,
}

/// The studio in flat numbers.
pub fn summary(summary: &Summary) -> Vec<u8> {
    let Summary { total, out, overdue, missing, maintenance_due, unknown_tags, seq } = *summary;
    json(&SummaryPayload { total, out, overdue, missing, maintenance_due, unknown_tags, seq })
}

/// A reader and its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderReport {
    /// The reader.
    pub id: ReaderId,
    /// Where it stands.
    pub station: StationId,
    /// What it is doing.
    pub state: State,
    /// The device it reads, or read last.
    pub device: Option<String>,
    /// Why it does not read; while it reads, what is odd about it.
    pub reason: Option<String>,
}

/// How everything is that the daemon reads from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reports {
    /// Its readers.
    pub readers: Vec<ReaderReport>,
    /// Its calendars.
    pub calendars: Vec<CalendarStatus>,
}

impl ReaderReport {
    /// What there is to say of a reader.
    pub fn new(reader: &ReaderConfig, health: &Health) -> Self {
        Self {
            id: reader.id.clone(),
            station: reader.station.clone(),
            state: health.state,
            device: health.device.clone(),
            reason: health.oddities(),
        }
    }
}

/// The form of the retained states of things. Another number makes a daemon tell all of them anew: the broker holds
/// what an earlier program said.
pub const STATES_FORM: u32 = 3;

/// How the daemon is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Info<'a> {
    /// Of the program.
    pub version: &'a str,
    /// When it started.
    pub started_at: UtcMs,
    /// The epoch of its ledger.
    pub origin: &'a str,
    /// The fact up to which the broker has confirmed the retained state of every thing.
    pub head_seq: i64,
    /// The form of those states: [`STATES_FORM`].
    pub states_form: u32,
    /// Facts whose events the broker has not confirmed.
    pub backlog: i64,
    /// Its readers.
    pub readers: &'a [ReaderReport],
    /// The calendars from which bookings come.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub calendars: &'a [CalendarStatus],
}

/// The retained `info`.
pub fn info(info: &Info<'_>) -> Vec<u8> {
    json(info)
}

/// What an `info` of an earlier connection says of the retained state that the broker holds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct InfoBefore {
    /// The epoch of the ledger that it is about.
    pub origin: String,
    /// Up to which fact.
    pub head_seq: i64,
    /// In which form; programs before the second did not say.
    #[serde(default)]
    pub states_form: u32,
}

impl InfoBefore {
    /// Reads a retained `info`; `None` for anything else.
    pub fn parse(payload: &[u8]) -> Option<Self> {
        serde_json::from_slice(payload).ok()
    }

    /// From which fact on the broker's state has to be brought up to date; 0 for everything.
    pub fn told(this: Option<&Self>, origin: &str, head: i64) -> i64 {
        this.filter(|info| info.origin == origin && info.states_form == STATES_FORM)
            .filter(|info| (0..=head).contains(&info.head_seq))
            .map_or(0, |info| info.head_seq)
    }
}

#[derive(Serialize)]
struct SignalPayload<'a> {
    level: &'static str,
    code: &'static str,
    text: String,
    tone: &'static str,
    asset: Option<&'a AssetId>,
    kit: Option<&'a KitId>,
    person: Option<&'a PersonId>,
}

/// What a lamp, a door display or a kiosk shows of an answer. Where `names` is false its text names nobody.
pub fn signal(answer: &Answer, names: bool, zone: Tz) -> Vec<u8> {
    let (asset, kit) = answer.verdict.what().map_or((None, None), |what| thing(&what.subject));
    json(&SignalPayload {
        level: answer.level().name(),
        code: answer.verdict.code(),
        text: answer.verdict.text(&Telling { names, zone, now: answer.at }),
        tone: answer.level().tone(),
        asset,
        kit,
        person: answer.person.as_ref(),
    })
}

/// A request for events that were told before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplayRequest {
    /// The first fact.
    pub from: i64,
    /// The last fact.
    pub to: i64,
}

impl ReplayRequest {
    /// Reads a request, or says what was expected.
    pub fn parse(payload: &[u8]) -> Result<Self, String> {
        let expected =
            "expected {\"from\":SEQ,\"to\":SEQ}, two whole numbers of which the first is not the larger";
        let request: Self =
            serde_json::from_slice(payload).map_err(|error| format!("{error}; {expected}"))?;
        if request.from < 0 || request.from > request.to {
            return Err(format!("from {} to {} is no span; {expected}", request.from, request.to));
        }
        Ok(request)
    }
}

/// These values are structs with text keys: their JSON cannot fail.
pub(super) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::custody::{Custody, LastMove, MoveKind};
    use crate::domain::fact::Condition;
    use crate::domain::verdict::{Verdict, What, Who};
    use crate::ledger::question::Maintenance;

    const AT: UtcMs = UtcMs(1_795_424_043_512);

    fn site() -> SiteId {
        SiteId::parse("studio").unwrap()
    }

    fn person(text: &str) -> PersonId {
        PersonId::parse(text).unwrap()
    }

    fn custody() -> Custody {
        Custody {
            out: true,
            person: Some(person("p-7f3a")),
            production: Some(ProductionId::parse("spring-spot").unwrap()),
            booking: Some(BookingId::parse("b-12").unwrap()),
            room: Some(RoomId::parse("studio-b").unwrap()),
            due: Some(AT.plus(86_400_000)),
            kit: None,
            since: AT,
            last: LastMove {
                fact: "s1.0".into(),
                kind: MoveKind::CheckedOut,
                station: None,
                actor: None,
                at: AT,
            },
        }
    }

    fn at_home() -> ThingState {
        ThingState {
            name: "FX6".into(),
            home: RoomId::parse("cage").ok(),
            custody: None,
            condition: Condition::Ok,
            maintenance: Maintenance::None,
            recalled_by: None,
            is_lost: false,
            missing_since: None,
            is_retired: false,
            seq: 9,
            returning: None,
            left: None,
        }
    }

    fn text(payload: Vec<u8>) -> String {
        let value: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert!(value.is_object());
        String::from_utf8(payload).unwrap()
    }

    #[test]
    fn topics_stand_under_the_root() {
        let topics = Topics::new(&site(), &DaemonId::parse("main").unwrap());
        let said = [
            topics.status(),
            topics.info(),
            topics.signal(&StationId::parse("cage").unwrap()),
            topics.event("checked-out"),
            topics.thing(&Subject::parse("kit/kit-1").unwrap()),
            topics.thing(&Subject::parse("stock/xlr").unwrap()),
            topics.summary(),
            topics.replay(),
        ];
        insta::assert_snapshot!(said.join("\n"), @r#"
cagekeeper/v1/studio/daemon/main/status
cagekeeper/v1/studio/daemon/main/info
cagekeeper/v1/studio/station/cage/signal
cagekeeper/v1/studio/event/checked-out
cagekeeper/v1/studio/kit/kit-1
cagekeeper/v1/studio/stock/xlr
cagekeeper/v1/studio/summary
cagekeeper/v1/studio/replay
"#);
    }

    #[test]
    fn a_thing_at_home_is_in_its_room_and_one_that_is_out_where_it_went() {
        insta::assert_snapshot!(text(state(&at_home())), @r#"{"state":"home","custody":null,"room":"cage","production":null,"booking":null,"due":null,"since":null,"condition":"ok","maintenance":"none","recalled_by":null,"name":"FX6","seq":9,"returning_since":null,"left_since":null}"#);
        let recalled_by = Some(AT.plus(3_600_000));
        let out = ThingState { custody: Some(custody()), recalled_by, ..at_home() };
        insta::assert_snapshot!(text(state(&out)), @r#"{"state":"out","custody":"p-7f3a","room":"studio-b","production":"spring-spot","booking":"b-12","due":"2026-11-24T08:54:03.512Z","since":"2026-11-23T08:54:03.512Z","condition":"ok","maintenance":"none","recalled_by":"2026-11-23T09:54:03.512Z","name":"FX6","seq":9,"returning_since":null,"left_since":null}"#);
        let coming = ThingState { returning: Some(AT.plus(60_000)), ..out };
        assert!(
            text(state(&coming))
                .ends_with(r#""returning_since":"2026-11-23T08:55:03.512Z","left_since":null}"#)
        );
        let returned = Custody { out: false, ..custody() };
        let damaged = ThingState {
            custody: Some(returned),
            condition: Condition::Damaged,
            maintenance: Maintenance::Block,
            ..at_home()
        };
        insta::assert_snapshot!(text(state(&damaged)), @r#"{"state":"home","custody":null,"room":"cage","production":null,"booking":null,"due":null,"since":"2026-11-23T08:54:03.512Z","condition":"damaged","maintenance":"block","recalled_by":null,"name":"FX6","seq":9,"returning_since":null,"left_since":null}"#);
    }

    #[test]
    fn what_is_lost_is_missing_from_wherever_it_was_and_what_is_retired_is_that_first() {
        let lost = ThingState { is_lost: true, ..at_home() };
        let said = text(state(&lost));
        assert!(said.contains(r#""state":"missing","custody":null,"room":null"#), "{said}");
        let missed = text(state(&ThingState { missing_since: Some(UtcMs(0)), ..at_home() }));
        assert!(missed.contains(r#""state":"missing","custody":null,"room":null"#), "{missed}");
        let with_somebody = text(state(&ThingState { custody: Some(custody()), ..lost.clone() }));
        assert!(with_somebody.contains(r#""state":"missing","custody":"p-7f3a""#), "{with_somebody}");
        let retired = text(state(&ThingState { is_retired: true, ..lost }));
        assert!(retired.contains(r#""state":"retired""#), "{retired}");
    }

    #[test]
    fn a_stock_says_both_numbers() {
        let xlr = StockState { name: "XLR 5 m".into(), count: 24, out: 6, seq: 12 };
        insta::assert_snapshot!(text(stock(&xlr)), @r#"{"name":"XLR 5 m","count":24,"out":6,"available":18,"seq":12}"#);
        let short = text(stock(&StockState { count: 4, ..xlr }));
        assert!(short.contains(r#""out":6,"available":0"#), "counted while some were out: {short}");
    }

    #[test]
    fn the_summary_and_info_are_flat() {
        let numbers = Summary {
            total: 60,
            out: 7,
            overdue: 2,
            missing: 1,
            maintenance_due: 3,
            unknown_tags: 1,
            seq: 41,
        };
        insta::assert_snapshot!(text(summary(&numbers)), @r#"{"total":60,"out":7,"overdue":2,"missing":1,"maintenance_due":3,"unknown_tags":1,"seq":41}"#);
        let readers = [ReaderReport {
            id: ReaderId::parse("gun").unwrap(),
            station: StationId::parse("cage").unwrap(),
            state: State::Gone,
            device: Some("/dev/ttyUSB0".into()),
            reason: Some("unplugged".into()),
        }];
        let said = info(&Info {
            version: "0.1.0",
            started_at: AT,
            origin: "0123456789ab",
            head_seq: 41,
            states_form: STATES_FORM,
            backlog: 0,
            readers: &readers,
            calendars: &[],
        });
        insta::assert_snapshot!(text(said.clone()), @r#"{"version":"0.1.0","started_at":"2026-11-23T08:54:03.512Z","origin":"0123456789ab","head_seq":41,"states_form":3,"backlog":0,"readers":[{"id":"gun","station":"cage","state":"gone","device":"/dev/ttyUSB0","reason":"unplugged"}]}"#);
        let before = InfoBefore::parse(&said).unwrap();
        assert_eq!(InfoBefore::told(Some(&before), "0123456789ab", 50), 41);
        assert_eq!(InfoBefore::told(Some(&before), "ba9876543210", 50), 0, "another ledger");
        assert_eq!(InfoBefore::told(Some(&before), "0123456789ab", 40), 0, "a ledger that went back");
        let older = InfoBefore::parse(br#"{"origin":"0123456789ab","head_seq":41}"#).unwrap();
        assert_eq!(InfoBefore::told(Some(&older), "0123456789ab", 50), 0, "states of another form");
        assert_eq!(InfoBefore::parse(b"online"), None);
        assert_eq!(InfoBefore::parse(br#"{"origin":7}"#), None);
    }

    #[test]
    fn a_signal_names_people_only_where_that_is_allowed() {
        let holder = Who { id: person("p-11aa"), name: Some("Ada".into()) };
        let subject = Subject::parse("asset/fx6").unwrap();
        let answer = Answer {
            scan: Some("s1".into()),
            station: StationId::parse("cage").unwrap(),
            reader: None,
            verdict: Verdict::AlreadyOutToOther { what: What { subject, name: "FX6".into() }, holder },
            person: Some(person("p-7f3a")),
            seq: None,
            idle_ms: None,
            confirm_ms: None,
            turn: 1,
            at: AT,
        };
        insta::assert_snapshot!(text(signal(&answer, false, Tz::UTC)), @r#"{"level":"ask","code":"already-out-to-other","text":"Hand over? CONFIRM. FX6 is out…","tone":"two-equal","asset":"fx6","kit":null,"person":"p-7f3a"}"#);
        let hello = Answer {
            verdict: Verdict::CodeIsPerson {
                who: Who { id: person("p-7f3a"), name: Some("Ada".into()) },
                bookings: 0,
                overdue: 0,
                recalled: 0,
                clock_doubtful: false,
            },
            ..answer
        };
        assert!(!text(signal(&hello, false, Tz::UTC)).contains("Ada"));
        insta::assert_snapshot!(text(signal(&hello, true, Tz::UTC)), @r#"{"level":"done","code":"code-is-person","text":"Hello Ada: scan gear","tone":"rising","asset":null,"kit":null,"person":"p-7f3a"}"#);
    }

    #[test]
    fn a_replay_is_a_span() {
        assert_eq!(ReplayRequest::parse(br#"{"from":3,"to":9}"#), Ok(ReplayRequest { from: 3, to: 9 }));
        for bad in [
            "",
            "3-9",
            "{}",
            r#"{"from":3}"#,
            r#"{"from":9,"to":3}"#,
            r#"{"from":-1,"to":3}"#,
            r#"{"from":1,"to":2,"x":1}"#,
        ] {
            let problem = ReplayRequest::parse(bad.as_bytes()).unwrap_err();
            assert!(problem.contains("expected {\"from\":SEQ,\"to\":SEQ}"), "{bad}: {problem}");
        }
    }
}
