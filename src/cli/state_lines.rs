//! What `where` says of a thing besides its place: its state, who wants it, and since when that is known.

use serde::Serialize;

use super::hand::Look;
use crate::domain::fact::{Condition, Subject};
use crate::domain::id::{BookingId, ProductionId};
use crate::domain::plan::Resource;
use crate::ledger::listing::{ClaimRow, JobRow, StandingRow};
use crate::time::UtcMs;

/// Bookings to come that are shown.
const NEXT_MAX: u32 = 5;

/// The state of a thing. What nothing is known of is absent.
#[derive(Debug, Default, Serialize)]
pub struct State {
    #[serde(skip_serializing_if = "Option::is_none")]
    condition: Option<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    condition_since: Option<UtcMs>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    maintenance: Vec<Job>,
    #[serde(skip_serializing_if = "Option::is_none")]
    lost_since: Option<UtcMs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_since: Option<UtcMs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    inspection_due: Option<UtcMs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recalled_by: Option<UtcMs>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recalled_for: Option<ProductionId>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    next: Vec<Next>,
}

#[derive(Debug, Serialize)]
struct Job {
    blocks: bool,
    because: Option<Condition>,
    since: UtcMs,
    note: Option<String>,
}

#[derive(Debug, Serialize)]
struct Next {
    booking: BookingId,
    from: UtcMs,
    until: UtcMs,
    confirmed: bool,
}

impl State {
    /// The state of an asset or a kit.
    pub fn of(look: &Look<'_>, subject: &Subject) -> anyhow::Result<Self> {
        let StandingRow {
            condition,
            condition_at,
            lost_since,
            missing_since,
            inspection_due,
            recall_by,
            recall_for,
            ..
        } = look.reader.standing(subject)?.unwrap_or_default();
        let job = |job: JobRow| Job {
            blocks: job.blocks,
            because: job.because,
            since: job.since,
            note: look.private(job.note),
        };
        let noted = condition != Condition::Ok;
        Ok(Self {
            condition: noted.then_some(condition),
            condition_since: condition_at.filter(|_| noted),
            maintenance: look.reader.jobs(Some(subject))?.into_iter().map(job).collect(),
            lost_since,
            missing_since,
            inspection_due,
            recalled_by: recall_by,
            recalled_for: recall_for,
            next: next(look, subject)?,
        })
    }

    /// The same in lines for people.
    pub fn lines(&self, look: &Look<'_>) -> Vec<String> {
        let say = |at: UtcMs| look.say(at);
        let since = self.condition_since.map(|at| format!(" since {}", say(at))).unwrap_or_default();
        let condition = self.condition.map(|one| format!("{}{since}", one.name().replace('-', " ")));
        let wanted_for = self.recalled_for.as_ref().map(|id| format!(" for {id}")).unwrap_or_default();
        let recall = self.recalled_by.map(|by| format!("recalled, wanted {}{wanted_for}", say(by)));
        let inspection = self.inspection_due.map(|due| match due < look.now {
            true => format!("inspection was due {}", say(due)),
            false => format!("inspection due {}", say(due)),
        });
        let lost = self.lost_since.map(|at| format!("given up as lost since {}", say(at)));
        let missing =
            self.missing_since.map(|at| format!("missing since {}: a count did not find it", say(at)));
        let jobs = self.maintenance.iter().map(|job| {
            let what = if job.blocks { "in maintenance, stays in" } else { "maintenance noted" };
            let note = job.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            format!("{what}, since {}{note}", say(job.since))
        });
        let next = self.next.iter().map(|next| {
            let word = if next.confirmed { "booked" } else { "held" };
            format!("{word} {} for {}", look.span(next.from, next.until), next.booking)
        });
        let lines = [lost, missing, condition].into_iter().flatten().chain(jobs);
        lines.chain([recall, inspection].into_iter().flatten()).chain(next).collect()
    }
}

/// Bookings that name it, or the kit that it belongs in, from now on.
fn next(look: &Look<'_>, subject: &Subject) -> anyhow::Result<Vec<Next>> {
    let Some(resource) = Resource::parse(&subject.to_string()) else { return Ok(Vec::new()) };
    let mut claims = look.reader.claims_on(&resource, look.now, NEXT_MAX)?;
    if let Some(crate::domain::fact::Body::AssetRegistered(asset)) = look.reader.registered(subject)?
        && let Some(kit) = asset.kit
    {
        claims.extend(look.reader.claims_on(&Resource::Kit(kit), look.now, NEXT_MAX)?);
    }
    claims.sort_by_key(|claim| claim.from);
    let next = |ClaimRow { booking, from, until, confirmed, .. }| Next { booking, from, until, confirmed };
    Ok(claims.into_iter().map(next).collect())
}
