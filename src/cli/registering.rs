//! What the verbs that register things share: what is known of a thing, and what it is to be from now on.

use super::Failure;
use super::hand::Hand;
use crate::control::ScanShown;
use crate::domain::command::Command;
use crate::domain::fact::{Body, Subject};
use crate::domain::id::NotAnId;

/// The id of a thing that is new, as a subject; a no where it is there already.
pub fn fresh<T>(
    hand: &Hand<'_>,
    text: &str,
    parse: impl Fn(&str) -> Result<T, NotAnId>,
    subject: impl Fn(T) -> Subject,
) -> anyhow::Result<Subject> {
    let subject = subject(parse(text).map_err(|error| Failure::Wrong(error.to_string()))?);
    if hand.reader.registered(&subject)?.is_some() {
        let kind = subject.kind();
        return Err(Failure::No(format!("There is {subject} already: `{kind} set` it")).into());
    }
    Ok(subject)
}

/// Registers a thing as it is to be.
pub fn register(hand: &mut Hand<'_>, subject: Subject, body: Body) -> anyhow::Result<ScanShown> {
    hand.order(Command::Register { subject, body: Box::new(body) }, false)
}

/// What is known of a thing, or that nothing is.
pub fn known(hand: &Hand<'_>, subject: &Subject) -> anyhow::Result<Body> {
    let body = hand.reader.registered(subject)?;
    Ok(body.ok_or_else(|| Failure::No(format!("Nothing is registered as {subject}")))?)
}
