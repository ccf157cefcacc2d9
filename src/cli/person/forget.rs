//! `person forget`: who somebody was is erased; what happened stays.

use std::process::ExitCode;

use crate::cli::hand::Hand;
use crate::cli::screen::Screen;
use crate::config::Config;
use crate::control::Forgetting;
use crate::ledger::Reader;

/// Says what would be erased, or erases it. Exits 1 where something is in the way.
pub(super) fn forget(
    config: &Config,
    screen: &mut Screen,
    (text, yes, even_so): (&str, bool, bool),
) -> anyhow::Result<ExitCode> {
    let mut hand = Hand::open(config)?;
    let done = asked(&mut hand, text, (yes, even_so));
    hand.close()?;
    let (shown, user) = done?;
    if screen.is_json() {
        screen.json(&shown)?;
    } else {
        for line in lines(&shown, user.as_deref(), even_so) {
            screen.line(&line)?;
        }
    }
    screen.flush()?;
    let refused = yes && !shown.done;
    Ok(ExitCode::from(u8::from(refused)))
}

/// What came of it, and the user of this machine that the configuration says they are.
fn asked(
    hand: &mut Hand<'_>,
    text: &str,
    (yes, even_so): (bool, bool),
) -> anyhow::Result<(Forgetting, Option<String>)> {
    let (person, _) = super::known(&hand.reader, text)?;
    let user = user_of(hand.config, &hand.reader, &person)?;
    Ok((hand.forget(person, even_so, yes)?, user))
}

fn user_of(
    config: &Config,
    reader: &Reader,
    person: &crate::domain::id::PersonId,
) -> anyhow::Result<Option<String>> {
    let handle = reader.named(person)?.handle;
    let mut actors = config.control.actors.iter();
    Ok(actors
        .find(|(_, actor)| handle.as_ref().is_some_and(|handle| handle.as_str() == actor.as_str()))
        .map(|(user, _)| user.clone()))
}

fn lines(shown: &Forgetting, user: Option<&str>, even_so: bool) -> Vec<String> {
    let person = &shown.person;
    let stays = format!("What happened stays, with {person} for who it was");
    let mut lines = match (shown.done, shown.in_the_way().filter(|_| !even_so)) {
        (true, _) => vec![format!("Forgotten: {person}. {stays}")],
        (false, Some(sentence)) => vec![sentence],
        (false, None) => vec![format!("To be forgotten: {person}. {stays}")],
    };
    for (heading, count, what) in [
        ("identity", usize::from(shown.identity), "name, id of the studio's list, contacts"),
        ("badges", shown.badges as usize, "codes"),
        ("log", shown.scans as usize, "scans whose code is a badge of theirs"),
        ("notes", shown.notes, "that they wrote, or that name them"),
        ("stations", shown.sessions.len(), "whose conversation ends"),
    ] {
        if count > 0 {
            lines.push(format!("{heading:<9} {count} {what}"));
        }
    }
    if !shown.titles.is_empty() {
        let titles = shown.titles.join(", ");
        lines.push(format!("stays     titles of {titles} name them: facts are never edited"));
    }
    if let Some(user) = user {
        lines.push(format!("yours     [control.actors] names them for the user {user}: take that line out"));
    }
    lines.push(
        "yours     take them out of lists and calendars that are read again: the next import makes a new person of them"
            .to_owned(),
    );
    lines.push("yours     backups that were made before hold them until they are gone".to_owned());
    if !shown.done {
        lines.push("Nothing was erased. The same with --yes does it; it cannot be taken back".to_owned());
    }
    lines
}
