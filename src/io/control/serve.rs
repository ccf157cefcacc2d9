//! What the daemon answers at its control socket.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::mpsc::Sender;

use super::{calendars, who};
use crate::control::{
    DaemonState, Enrolment, Forgetting, GateStatus, Imported, LedgerStatus, NotEnrolled, ReaderStatus,
    Request, Response, ScanShown, Status, asked, batches,
};
use crate::domain::command::{Actor, Command};
use crate::domain::fact::CONTROL_STATION;
use crate::domain::id::{PersonId, StationId};
use crate::domain::rights::Right;
use crate::import::{Asked, Brought, bring};
use crate::io::entropy;
use crate::io::readers::State;
use crate::io::standing::{GateState, LampState, ReaderState, Shared};
use crate::ledger::question::Named;
use crate::ledger::{LedgerError, Reader};
use crate::nearest::nearest;
use crate::station::passage::PassageCounts;
use crate::writer::{Forget, Input, Order, Reply, Scan};

/// The answer is no.
const EXIT_NO: u8 = 1;
/// The call is wrong.
const EXIT_CALL: u8 = 2;
/// While a scan waits to be recorded, so often is looked whether anything can be.
const LOOK: Duration = Duration::from_millis(200);
/// The storage cannot be reached.
const EXIT_STORAGE: u8 = 3;

/// Answers one request; the last line said has `"done":true`. `uid` is who asks, as the kernel says.
pub async fn answer(shared: &Arc<Shared>, uid: u32, line: &[u8], say: Sender<Value>) {
    let response = match serde_json::from_slice::<Request>(line) {
        Ok(Request::Scan { station, code, also }) => scan(shared, uid, station, (code, also)).await,
        Ok(Request::Status) => blocking(shared, status).await,
        Ok(Request::Import { kind, map, file, bytes, dry_run }) => {
            match allowed(shared, uid, Some(Right::Import)).await {
                Ok(actor) => {
                    let asked = asked(kind, map);
                    import(shared, Wanted { asked, file, bytes, dry_run, actor }, &say).await
                }
                Err(response) => *response,
            }
        }
        Ok(Request::Order { command, confirm }) => order(shared, uid, *command, confirm).await,
        Ok(Request::Person(enrolment)) => enrol(shared, uid, *enrolment).await,
        Ok(Request::Calendar { calendar, confirm, dry_run, bytes }) => {
            match allowed(shared, uid, Some(Right::Import)).await {
                Ok(_) => calendars::read(shared, (&calendar, bytes), (confirm, dry_run), &say).await,
                Err(response) => *response,
            }
        }
        Ok(Request::Forget { person, even_so, yes }) => forget(shared, uid, person, (even_so, yes)).await,
        // Served before it comes here: it has no last line of its own.
        Ok(Request::Tap { .. }) => Response::refused(EXIT_CALL, vec!["a tap is asked for alone".to_owned()]),
        Err(error) => Response::refused(EXIT_CALL, vec![format!("the request is not understood: {error}")]),
    };
    // Who asked may have gone away; what was recorded stays.
    let _ = say.send(line_of(&response)).await;
}

fn line_of(response: &Response) -> Value {
    serde_json::to_value(response).unwrap_or(Value::Null)
}

fn storage(error: &LedgerError) -> Response {
    Response::refused(EXIT_STORAGE, vec![error.to_string()])
}

/// Runs a question on a thread of its own: the loop never waits for one.
async fn blocking(
    shared: &Arc<Shared>,
    question: impl FnOnce(&Shared) -> Result<Response, LedgerError> + Send + 'static,
) -> Response {
    let asked = Arc::clone(shared);
    match tokio::task::spawn_blocking(move || question(&asked)).await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => storage(&error),
        Err(error) => {
            Response::refused(EXIT_STORAGE, vec![format!("the question was not answered: {error}")])
        }
    }
}

async fn scan(
    shared: &Arc<Shared>,
    uid: u32,
    station: StationId,
    (code, also): (String, Vec<String>),
) -> Response {
    let id = match entropy::id() {
        Ok(id) => id,
        Err(error) => return Response::refused(EXIT_STORAGE, vec![error.to_string()]),
    };
    tracing::debug!(%station, uid, "a code was typed");
    let scan = Scan { id, station, reader: None, payload: code, also, now: shared.now() };
    if let (Some(trouble), _, _) = shared.sentences() {
        return Response::refused(EXIT_STORAGE, vec![trouble]);
    }
    match recorded(shared, Input::Scan(scan)).await {
        Ok(Reply::NoSuchStation(station)) => no_station(shared, &station),
        Ok(reply) => blocking(shared, move |shared| shown(shared, &reply, true)).await,
        Err(sentence) => Response::refused(EXIT_STORAGE, vec![sentence]),
    }
}

/// Who asks, if they have the right; else why not.
pub(super) async fn allowed(
    shared: &Arc<Shared>,
    uid: u32,
    right: Option<Right>,
) -> Result<Actor, Box<Response>> {
    let asked = Arc::clone(shared);
    let look = move || {
        let config = &asked.config;
        let reader = Reader::open(&config.ledger.path).map_err(|error| Box::new(storage(&error)))?;
        let no = |sentence| Box::new(Response::refused(EXIT_NO, vec![sentence]));
        let actor = who::actor(config, Some(&reader), uid, who::own_uid(), asked.now().utc).map_err(no)?;
        match right.and_then(|right| who::lacks(&config.house.rights, &actor, right)) {
            Some(sentence) => Err(no(sentence)),
            None => Ok(actor),
        }
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_else(|error| {
        Err(Box::new(Response::refused(
            EXIT_STORAGE,
            vec![format!("the question was not answered: {error}")],
        )))
    })
}

/// Something done by hand: the writer itself says who may.
async fn order(shared: &Arc<Shared>, uid: u32, command: Command, confirm: bool) -> Response {
    let by = match allowed(shared, uid, None).await {
        Ok(by) => by,
        Err(response) => return *response,
    };
    let id = match entropy::id() {
        Ok(id) => id,
        Err(error) => return Response::refused(EXIT_STORAGE, vec![error.to_string()]),
    };
    if let (Some(trouble), _, _) = shared.sentences() {
        return Response::refused(EXIT_STORAGE, vec![trouble]);
    }
    tracing::info!(id, uid, "something is asked for by hand");
    let sees = shared.config.house.rights.allow(by.roles, Right::SeePeople);
    let order = Order { id, by, command, confirm, now: shared.now() };
    match recorded(shared, Input::Order(Box::new(order))).await {
        Ok(reply) => blocking(shared, move |shared| shown(shared, &reply, sees)).await,
        Err(sentence) => Response::refused(EXIT_STORAGE, vec![sentence]),
    }
}

/// Enrols somebody, or says otherwise who they are. Two at once could take the same badge.
async fn enrol(shared: &Arc<Shared>, uid: u32, enrolment: Enrolment) -> Response {
    let by = match allowed(shared, uid, Some(Right::People)).await {
        Ok(by) => by,
        Err(response) => return *response,
    };
    let _alone = shared.importing.lock().await;
    let asked = Arc::clone(shared);
    let batch = tokio::task::spawn_blocking(move || {
        let failed = |error: entropy::NoEntropy| NotEnrolled::Wrong(error.to_string());
        let reader = Reader::open(&asked.config.ledger.path)?;
        let (fresh, id) = (entropy::person().map_err(failed)?, entropy::id().map_err(failed)?);
        enrolment.batch(&reader, &by, fresh, id, asked.now())
    });
    let (batch, person) = match batch.await {
        Ok(Ok(batch)) => batch,
        Ok(Err(NotEnrolled::Wrong(sentence))) => return Response::refused(EXIT_CALL, vec![sentence]),
        Ok(Err(NotEnrolled::Ledger(error))) => return storage(&error),
        Err(error) => return Response::refused(EXIT_STORAGE, vec![error.to_string()]),
    };
    let id = batch.id.clone();
    match recorded(shared, Input::Batch(batch)).await {
        Ok(_) => blocking(shared, move |shared| enrolled(shared, id, &person)).await,
        Err(sentence) => Response::refused(EXIT_STORAGE, vec![sentence]),
    }
}

/// Says what would be erased of somebody, or erases it. An import that was planned before would bring them back.
async fn forget(shared: &Arc<Shared>, uid: u32, person: PersonId, (even_so, yes): (bool, bool)) -> Response {
    let by = match allowed(shared, uid, Some(Right::People)).await {
        Ok(by) => by,
        Err(response) => return *response,
    };
    if !yes {
        return blocking(shared, move |shared| {
            let reader = Reader::open(&shared.config.ledger.path)?;
            let (traces, ties) = (reader.traces(&person)?, reader.ties(&person, shared.now().utc)?);
            Ok(Response::forgetting(Forgetting::plan(person, traces, ties)))
        })
        .await;
    }
    let id = match entropy::id() {
        Ok(id) => id,
        Err(error) => return Response::refused(EXIT_STORAGE, vec![error.to_string()]),
    };
    let _alone = shared.importing.lock().await;
    let forget = Forget { id, person: person.clone(), by: by.person, even_so, now: shared.now() };
    match recorded(shared, Input::Forget(Box::new(forget))).await {
        Ok(Reply::Forgotten(forgotten)) => Response::forgetting(Forgetting::of(person, *forgotten)),
        Ok(_) => Response::refused(EXIT_STORAGE, vec!["what was asked was not answered".into()]),
        Err(sentence) => Response::refused(EXIT_STORAGE, vec![sentence]),
    }
}

fn enrolled(shared: &Shared, id: String, person: &PersonId) -> Result<Response, LedgerError> {
    let named = Reader::open(&shared.config.ledger.path)?.named(person)?;
    let station =
        StationId::parse(CONTROL_STATION).map_err(|error| LedgerError::Failed(error.to_string()))?;
    Ok(Response::scan(ScanShown::enrolled(id, station, named)))
}

/// Waits until an input is recorded, or until it is clear that it will not be for now.
async fn recorded(shared: &Shared, input: Input) -> Result<Reply, String> {
    let mut asked = pin!(shared.writer.ask(input));
    loop {
        tokio::select! {
            reply = &mut asked => return reply.map_err(|error| error.to_string()),
            () = tokio::time::sleep(LOOK) => {}
        }
        if let (Some(trouble), _, _) = shared.sentences() {
            return Err(format!("{trouble}. What was asked waits and counts then; do not ask again"));
        }
    }
}

fn no_station(shared: &Shared, station: &StationId) -> Response {
    let known: Vec<&str> = shared.config.stations.iter().map(|station| station.id.as_str()).collect();
    let hint = nearest(station.as_str(), known.iter().copied())
        .map(|near| format!("; did you mean {near:?}?"))
        .unwrap_or_default();
    let sentence = format!("no station is called {station:?}: there is {}{hint}", known.join(", "));
    Response::refused(EXIT_CALL, vec![sentence])
}

/// The reply to whoever sees the names of people, or does not.
fn shown(shared: &Shared, reply: &Reply, sees: bool) -> Result<Response, LedgerError> {
    let ledger = Reader::open(&shared.config.ledger.path)?;
    let nobody = |person: &PersonId| Named::by_id(person.clone());
    let named = |person: &PersonId| match sees {
        true => ledger.named(person).unwrap_or_else(|_| nobody(person)),
        false => nobody(person),
    };
    let shown = ScanShown::of_reply(reply, &named, (shared.config.timezone, sees));
    Ok(shown.map_or_else(
        || Response::refused(EXIT_STORAGE, vec!["what was asked was not answered".into()]),
        Response::scan,
    ))
}

fn status(shared: &Shared) -> Result<Response, LedgerError> {
    let ledger = Reader::open(&shared.config.ledger.path)?;
    let now = shared.now();
    let (trouble, doubt, broker) = shared.sentences();
    let words = |sentence: Option<String>| sentence.map(|sentence| vec![sentence]).unwrap_or_default();
    Ok(Response {
        errors: words(trouble.clone()).into_iter().chain(words(doubt)).collect(),
        ..Response::status(Status {
            daemon: DaemonState::Running,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            site: shared.config.site.clone(),
            ledger: Some(LedgerStatus::of(&ledger, now.utc)?),
            started_at: Some(shared.started_at),
            recording: Some(trouble.is_none()),
            clock_trusted: Some(now.trusted),
            broker,
            backlog: Some(ledger.head_seq()? - shared.told()),
            readers: shared.readers().into_iter().map(reader_status).collect(),
            unbound: shared.unbound(),
            lamps: shared.lamps().into_iter().map(lamp_status).collect(),
            trouble: blind_gates(shared),
            calendars: shared.calendars.all(),
            web: shared.web(),
            gates: shared.gates().into_iter().map(gate_status).collect(),
        })
    })
}

fn blind_gates(shared: &Shared) -> Vec<String> {
    let gates = shared.gates();
    let blind = gates.iter().flat_map(|(gate, state)| state.blind.iter().map(move |reader| (gate, reader)));
    blind
        .map(|(gate, reader)| {
            format!("gate {gate} is blind: {reader} reads nothing, and what passes is not noticed")
        })
        .collect()
}

fn gate_status((station, state): (StationId, GateState)) -> GateStatus {
    let PassageCounts { there, strays, passed, uncertain, forgotten } = state.counts;
    let (unknown, blind) = (state.unknown, state.blind);
    GateStatus { station, there, strays, passed, uncertain, unknown, forgotten, blind }
}

fn reader_status(reader: ReaderState) -> ReaderStatus {
    let state = match reader.health.state {
        State::Waiting => "waiting",
        State::Reading => "reading",
        State::Gone => "gone",
        State::Failed => "failed",
    };
    let counts = reader.counts;
    let kinds = [
        (counts.unread(), "not read"),
        (counts.retained, "retained and no scans"),
        (counts.told_again, "told again and no scans"),
    ];
    let seen = kinds.iter().filter(|(count, _)| *count > 0);
    let others: String = seen.map(|(count, what)| format!(", {count} {what}")).collect();
    // What is odd about a device that is there does not hide which it is.
    let oddities = reader.health.oddities();
    let device = reader.health.device.filter(|_| oddities.is_none() || reader.health.state == State::Reading);
    let about: Vec<String> = [device, oddities, reader.health.keys].into_iter().flatten().collect();
    let scans = if counts.scans == 1 { "1 scan".to_owned() } else { format!("{} scans", counts.scans) };
    ReaderStatus {
        id: reader.id.to_string(),
        station: reader.station,
        state: state.to_owned(),
        detail: format!("{} ({scans}{others})", about.join("; ")),
    }
}

fn lamp_status(lamp: LampState) -> ReaderStatus {
    let LampState { id, station, health } = lamp;
    let state = if health.is_held { "held" } else { "waiting" };
    ReaderStatus { id: id.to_string(), station, state: state.to_owned(), detail: health.detail }
}

struct Wanted {
    asked: Asked,
    file: String,
    bytes: Vec<u8>,
    dry_run: bool,
    actor: Actor,
}

async fn import(shared: &Arc<Shared>, wanted: Wanted, say: &Sender<Value>) -> Response {
    let (file, dry_run) = (wanted.file.clone(), wanted.dry_run);
    let tells = dry_run || !matches!(wanted.asked, Asked::Own(_));
    let _alone = shared.importing.lock().await;
    let asked = Arc::clone(shared);
    let planned = tokio::task::spawn_blocking(move || plan(&asked, &wanted)).await;
    let (brought, by) = match planned {
        Ok(Ok(planned)) => planned,
        Ok(Err(response)) => return *response,
        Err(error) => {
            return Response::refused(EXIT_STORAGE, vec![format!("the file was not read: {error}")]);
        }
    };
    let mut done = Imported::of(&brought, &file, dry_run, tells);
    if dry_run {
        return Response::import(done);
    }
    let id = match entropy::id() {
        Ok(id) => id,
        Err(error) => return Response::refused(EXIT_STORAGE, vec![error.to_string()]),
    };
    let (of, mut rows) = (brought.plan.new + brought.plan.changed, 0);
    for (mut batch, portion) in batches(brought.plan, &id, shared.now()) {
        batch.facts.iter_mut().for_each(|fact| fact.actor.clone_from(&by));
        match shared.writer.ask(Input::Batch(batch)).await {
            Ok(Reply::Imported { facts, refused, .. }) => {
                done.facts += facts;
                done.refused.extend(refused);
            }
            Ok(_) => {}
            Err(error) => return Response::refused(EXIT_STORAGE, vec![error.to_string()]),
        }
        rows += portion;
        // Who asked may have gone away: the import goes on all the same.
        let _ = say.send(line_of(&Response::progress(rows, of))).await;
    }
    let by = by.map(tracing::field::display);
    tracing::info!(kind = done.kind.name(), facts = done.facts, by, "imported");
    Response::import(done)
}

fn plan(shared: &Shared, wanted: &Wanted) -> Result<(Brought, Option<PersonId>), Box<Response>> {
    let failed = |error: LedgerError| Box::new(storage(&error));
    let ledger = Reader::open(&shared.config.ledger.path).map_err(failed)?;
    let known = ledger.known().map_err(failed)?;
    let by = wanted.actor.person.clone();
    let mut ids = std::iter::from_fn(|| entropy::person().ok());
    let brought = bring(&wanted.asked, &wanted.file, &wanted.bytes, &shared.config.house, &known, &mut ids)
        .map_err(|errors| Box::new(Response::refused(EXIT_CALL, errors)))?;
    Ok((brought, by))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Defaults};
    use crate::io::clock::Clock;
    use crate::io::writing;
    use crate::ledger::Ledger;
    use crate::time::Timekeeper;
    use crate::writer::Writer;

    fn shared(path: &std::path::Path) -> Arc<Shared> {
        let defaults =
            Defaults { timezone: chrono_tz::Tz::UTC, ledger: path.to_owned(), control: path.to_owned() };
        let config = Config::parse("[[station]]\nid = \"cage\"\nkind = \"desk\"\n", None, &defaults).unwrap();
        let ledger = Ledger::open(path, "0123456789ab").unwrap();
        let (notices, _unheard) = tokio::sync::mpsc::unbounded_channel();
        let clock = Clock::start(config.clock_trusted);
        let (writer, _thread) = writing::spawn(Writer::new(ledger, &config), 0, notices).unwrap();
        Arc::new(Shared::new(config, clock, Timekeeper::new(None), writer))
    }

    async fn asked(shared: &Arc<Shared>, uid: u32, request: &str) -> Response {
        let (say, mut said) = tokio::sync::mpsc::channel(16);
        answer(shared, uid, request.as_bytes(), say).await;
        serde_json::from_value(said.recv().await.unwrap()).unwrap()
    }

    #[tokio::test]
    async fn what_is_done_by_hand_is_done_as_whoever_the_kernel_says() {
        let folder = tempfile::tempdir().unwrap();
        let shared = shared(&folder.path().join("ledger.db"));
        let asset = r#"{"kind":"asset-registered","body":{"name":"FX6"}}"#;
        let register = format!(
            r#"{{"verb":"order","command":{{"do":"register","subject":"asset/cam-1","body":{asset}}}}}"#
        );
        let done = asked(&shared, who::own_uid(), &register).await.scan.unwrap();
        assert_eq!((done.level.as_str(), done.station.as_str(), done.seq), ("done", "control", Some(1)));
        let enrol =
            r#"{"verb":"person","handle":"ana","name":"Ana","badges":["B-1"],"body":{"role":"crew"}}"#;
        let stranger = who::own_uid() + 54_321;
        let refused = asked(&shared, stranger, enrol).await;
        assert_eq!(refused.exit, Some(EXIT_NO));
        assert_eq!(refused.errors, ["Not allowed: people is for studio-manager"]);
        let import = r#"{"verb":"import","kind":"rooms","file":"r.csv","bytes":"69640a","dry_run":true}"#;
        assert_eq!(asked(&shared, stranger, import).await.exit, Some(EXIT_NO));
        let enrolled = asked(&shared, who::own_uid(), enrol).await.scan.unwrap();
        assert_eq!((enrolled.code.as_str(), enrolled.person_name.as_deref()), ("registered", Some("Ana")));
        let twice = asked(&shared, who::own_uid(), &enrol.replace("ana", "eve")).await;
        assert_eq!(twice.errors, ["B-1 is on person/ana already: a badge is one person's alone"]);
        let lost = r#"{"verb":"order","command":{"do":"mark-lost","thing":"asset/cam-9"}}"#;
        assert_eq!(asked(&shared, 0, lost).await.scan.unwrap().level, "refused");
    }

    #[tokio::test]
    async fn a_typed_code_that_cannot_be_recorded_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let shared = shared(&path);
        let holding = rusqlite::Connection::open(&path).unwrap();
        holding.execute_batch("BEGIN IMMEDIATE").unwrap();
        let code = scan(&shared, 0, StationId::parse("cage").unwrap(), ("CAM-1".to_owned(), Vec::new()));
        let refusing = async { shared.set_trouble(Some("the disk is full".to_owned())) };
        let (response, _) = tokio::join!(code, refusing);
        assert_eq!((response.ok, response.exit), (Some(false), Some(EXIT_STORAGE)));
        assert!(
            response.errors.concat().starts_with("the disk is full. What was asked waits"),
            "{response:?}"
        );
    }
}
