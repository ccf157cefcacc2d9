//! Who a Unix user is in the studio, and what they may do and see.

#![allow(clippy::disallowed_methods, reason = "it asks whose the ledger file is")]

use std::os::unix::fs::MetadataExt;

use nix::unistd::{Uid, User, geteuid};

use crate::config::Config;
use crate::domain::command::Actor;
use crate::domain::loaded::Found;
use crate::domain::person::{Role, Roles};
use crate::domain::policy::Answerer;
use crate::domain::rights::{Right, Rights};
use crate::domain::verdict::{Telling, Verdict};
use crate::ledger::Reader;
use crate::time::UtcMs;

/// The user of this process.
pub fn own_uid() -> u32 {
    geteuid().as_raw()
}

/// Whose the ledger is: the owner of its file, which is whoever runs the daemon. Without a file it would be the
/// user of this process who makes one.
pub fn keeper(config: &Config) -> u32 {
    std::fs::metadata(&config.ledger.path).map_or_else(|_| own_uid(), |meta| meta.uid())
}

/// Who the user `uid` is: the person whom `[control.actors]` names for them; without one an admin where they are root
/// or `keeper`, whose the ledger is, else an attendant. The error is a sentence: the configuration names nobody.
pub fn actor(
    config: &Config,
    reader: Option<&Reader>,
    uid: u32,
    keeper: u32,
    now: UtcMs,
) -> Result<Actor, String> {
    let actors = &config.control.actors;
    let user = if actors.is_empty() { None } else { User::from_uid(Uid::from_raw(uid)).ok().flatten() };
    let Some((user, handle)) = user.and_then(|user| actors.get_key_value(&user.name)) else {
        let role = if uid == 0 || uid == keeper { Role::Admin } else { Role::Attendant };
        return Ok(Actor { person: None, roles: Roles::of(&[role]) });
    };
    let who = format!("`[control.actors]` says that the user {user} is {handle}");
    let found = reader.map(|reader| named_person(reader, handle.as_str())).transpose();
    let found = found.map_err(|error| format!("{who}, and the ledger cannot be asked: {error}"))?;
    match found.flatten() {
        // The first people have to be enrolled by somebody.
        None if (uid == 0 || uid == keeper) && reader.is_none_or(is_empty) => {
            Ok(Actor { person: None, roles: Roles::of(&[Role::Admin]) })
        }
        None => Err(format!("{who}, but nobody has that id: mend the configuration, or enrol them")),
        Some(person) if person.expired_at(now) || person.suspended_at(now).is_some() => {
            Err(format!("{who}, whose time is over or who is suspended: ask an administrator"))
        }
        Some(person) => Ok(Actor { person: Some(person.id), roles: person.roles }),
    }
}

fn is_empty(reader: &Reader) -> bool {
    reader.counts().is_ok_and(|[_, _, people, ..]| people == 0)
}

fn named_person(
    reader: &Reader,
    handle: &str,
) -> Result<Option<crate::domain::person::Person>, crate::ledger::LedgerError> {
    let Some(id) = reader.person_called(handle)? else { return Ok(None) };
    Ok(match reader.person(&id)? {
        Found::Person(person) => Some(person),
        _ => None,
    })
}

/// Says that an actor lacks a right, and who has it; `None` where they have it.
pub fn lacks(rights: &Rights, actor: &Actor, right: Right) -> Option<String> {
    if rights.allow(actor.roles, right) {
        return None;
    }
    let verdict = Verdict::NoRight { right, who: Answerer::Only(rights.who_may(right)) };
    Some(verdict.sentence(&Telling { names: false, zone: chrono_tz::Tz::UTC, now: UtcMs(0) }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Defaults;

    fn config(text: &str) -> Config {
        let path = std::path::PathBuf::from("/nowhere/ledger.db");
        let defaults = Defaults { timezone: chrono_tz::Tz::UTC, ledger: path.clone(), control: path };
        Config::parse(&format!("[[station]]\nid = \"cage\"\n{text}"), None, &defaults).unwrap()
    }

    #[test]
    fn root_and_whose_the_ledger_is_are_admins_and_others_attendants() {
        let config = config("");
        let roles = |uid| actor(&config, None, uid, 1000, UtcMs(0)).unwrap().roles;
        assert_eq!(roles(0), Roles::of(&[Role::Admin]));
        assert_eq!(roles(1000), Roles::of(&[Role::Admin]));
        assert_eq!(roles(1001), Roles::of(&[Role::Attendant]));
        assert_eq!(keeper(&config), own_uid());
    }

    #[test]
    fn a_named_handle_that_nobody_has_is_said_also_to_root_once_anybody_is_enrolled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let mut ledger = crate::ledger::Ledger::open(&path, "0123456789ab").unwrap();
        let config = config("[control.actors]\nroot = \"ana\"\n");
        let reader = ledger.reader().unwrap();
        let by_root = || actor(&config, Some(&reader), 0, 0, UtcMs(0));
        assert!(by_root().unwrap().roles.has(Role::Admin));
        let fact = crate::domain::fact::NewFact {
            subject: crate::domain::fact::Subject::parse("person/p-1").unwrap(),
            actor: None,
            body: serde_json::from_str(r#"{"kind":"person-enrolled","body":{"role":"crew"}}"#).unwrap(),
        };
        let station = crate::domain::id::StationId::parse("control").unwrap();
        let now = crate::time::Now { mono: crate::time::MonoMs(0), utc: UtcMs(0), trusted: true };
        let occasion = crate::ledger::append::Occasion { scan_id: "s", station: &station, now: &now };
        ledger.transaction(|ledger| ledger.append(&occasion, 0, vec![fact])).unwrap();
        let error = by_root().unwrap_err();
        assert!(error.contains("the user root is ana, but nobody has that id"), "{error}");
    }

    #[test]
    fn who_lacks_a_right_hears_who_has_it() {
        let attendant = Actor { person: None, roles: Roles::of(&[Role::Attendant]) };
        let rights = Rights::default();
        assert_eq!(lacks(&rights, &attendant, Right::Book), None);
        assert_eq!(
            lacks(&rights, &attendant, Right::Import).unwrap(),
            "Not allowed: import is for studio-manager"
        );
    }
}
