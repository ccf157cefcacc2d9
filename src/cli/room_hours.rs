//! `room hours`: for how long rooms were used, against how long they were booked.

use std::collections::BTreeSet;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::Failure;
use super::hand::Look;
use super::naming;
use super::screen::Screen;
use crate::config::Config;
use crate::domain::id::{BookingId, ProductionId, RoomId};
use crate::domain::stay::{BookedSpan, Counting, Hours, Stay, hours};
use crate::domain::when::Edge;
use crate::time::UtcMs;

/// The period where none is said: so many days until now.
const DAYS: i64 = 30;
const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Which rooms, and when.
#[derive(Debug, Args)]
pub struct HoursOf {
    /// The room; without it all of them
    room: Option<String>,
    /// From when; 30 days before the end where it is not said
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    from: Option<String>,
    /// Until when; now where it is not said
    #[arg(long, value_name = "WHEN", allow_hyphen_values = true)]
    to: Option<String>,
}

/// What happened in a period.
struct Period {
    counting: Counting,
    booked: Vec<BookedSpan>,
    stays: Vec<Stay>,
}

/// Prints the hours of each room by booking, and of each production.
pub fn show(config: &Config, screen: &mut Screen, of: &HoursOf) -> anyhow::Result<ExitCode> {
    let look = Look::open(config)?;
    let room = of.room.as_deref().map(|text| naming::room(&look.reader, text)).transpose()?;
    let to = look.moment_if(of.to.as_deref(), Edge::End)?.unwrap_or(look.now);
    let from = look.moment_if(of.from.as_deref(), Edge::Start)?.unwrap_or(to.plus(-DAYS * DAY_MS));
    if from >= to {
        return Err(Failure::Wrong("a period ends after it begins: mend --from or --to".to_owned()).into());
    }
    let period = Period {
        counting: Counting { now: look.now, longest_ms: config.house.longest_stay_ms, within: (from, to) },
        booked: look.reader.booked_spans(room.as_ref(), (from, to))?,
        stays: look.reader.stays(room.as_ref(), (from, to))?,
    };
    if screen.is_json() {
        let rooms: Vec<Value> = period.rooms().iter().map(|room| period.value(room)).collect();
        let productions: Vec<Value> =
            period.productions().iter().map(|id| period.of_production(id)).collect();
        screen.json(&json!({ "from": from, "to": to, "rooms": rooms, "productions": productions }))?;
        return look.end(screen);
    }
    print(&look, screen, &period)
}

fn print(look: &Look<'_>, screen: &mut Screen, period: &Period) -> anyhow::Result<ExitCode> {
    let (from, to) = period.counting.within;
    screen.line(&format!("{}:", look.span(from, to)))?;
    let rows: Vec<Vec<String>> = period.rooms().iter().flat_map(|room| period.rows(room)).collect();
    let productions = period.productions();
    if productions.is_empty() {
        let headings = ["ROOM", "BOOKING", "FOR", "BOOKED", "USED", "PERSON HOURS"];
        return look.print(screen, (&headings, &rows), "No room was booked or used.");
    }
    screen.table(&["ROOM", "BOOKING", "FOR", "BOOKED", "USED", "PERSON HOURS"], &rows)?;
    let row = |id: &ProductionId| {
        let mut row = vec![id.to_string()];
        row.extend(words(period.hours(|_, production| production == Some(id), |_| true)));
        row
    };
    let rows: Vec<Vec<String>> = productions.iter().map(row).collect();
    look.print(screen, (&["PRODUCTION", "BOOKED", "USED", "PERSON HOURS"], &rows), "")
}

impl Period {
    /// Rooms that were booked or used.
    fn rooms(&self) -> BTreeSet<RoomId> {
        let booked = self.booked.iter().map(|booked| booked.room.clone());
        booked.chain(self.stays.iter().map(|stay| stay.room.clone())).collect()
    }

    fn productions(&self) -> BTreeSet<ProductionId> {
        self.booked.iter().filter_map(|booked| booked.production.clone()).collect()
    }

    /// Bookings of a room, also those that were used and stand no longer.
    fn bookings(&self, room: &RoomId) -> BTreeSet<BookingId> {
        let booked = self.booked.iter().filter(|booked| booked.room == *room);
        let used = self.stays.iter().filter(|stay| stay.room == *room);
        booked
            .map(|booked| booked.booking.clone())
            .chain(used.filter_map(|stay| stay.booking.clone()))
            .collect()
    }

    fn production(&self, booking: Option<&BookingId>) -> Option<&ProductionId> {
        let of = self.booked.iter().find(|booked| Some(&booked.booking) == booking)?;
        of.production.as_ref()
    }

    /// The hours of those bookings and rooms.
    fn hours(
        &self,
        is_meant: impl Fn(Option<&BookingId>, Option<&ProductionId>) -> bool,
        room: impl Fn(&RoomId) -> bool,
    ) -> Hours {
        let booked = self.booked.iter().filter(|booked| {
            room(&booked.room) && is_meant(Some(&booked.booking), booked.production.as_ref())
        });
        let stays = self.stays.iter().filter(|stay| {
            let booking = stay.booking.as_ref();
            room(&stay.room) && is_meant(booking, self.production(booking))
        });
        hours(booked, stays, &self.counting)
    }

    fn value(&self, room: &RoomId) -> Value {
        let all = self.hours(|_, _| true, |of| of == room);
        let without = self.hours(|booking, _| booking.is_none(), |of| of == room);
        let bookings = self.bookings(room).into_iter().map(|id| {
            let of = self.hours(|booking, _| booking == Some(&id), |of| of == room);
            with(of, &json!({ "booking": id, "production": self.production(Some(&id)) }))
        });
        let bookings: Vec<Value> = bookings.collect();
        let used_ms = without.used_ms;
        with(all, &json!({ "room": room, "bookings": bookings, "used_without_booking_ms": used_ms }))
    }

    fn of_production(&self, id: &ProductionId) -> Value {
        let of = self.hours(|_, production| production == Some(id), |_| true);
        with(of, &json!({ "production": id }))
    }

    fn rows(&self, room: &RoomId) -> Vec<Vec<String>> {
        let row = |booking: &str, of: &str, hours: Hours| {
            let mut row = vec![room.to_string(), booking.to_owned(), of.to_owned()];
            row.extend(words(hours));
            row
        };
        let mut rows: Vec<Vec<String>> = self
            .bookings(room)
            .into_iter()
            .map(|id| {
                let of = self.production(Some(&id)).map(ToString::to_string).unwrap_or_default();
                row(id.as_str(), &of, self.hours(|booking, _| booking == Some(&id), |of| of == room))
            })
            .collect();
        let without = self.hours(|booking, _| booking.is_none(), |of| of == room);
        if without.person_ms > 0 {
            rows.push(row("none", "", without));
        }
        rows.push(row("all", "", self.hours(|_, _| true, |of| of == room)));
        rows
    }
}

/// The three numbers beside what they are of.
pub fn with(hours: Hours, of: &Value) -> Value {
    let Hours { booked_ms, used_ms, person_ms } = hours;
    let mut value = json!({ "booked_ms": booked_ms, "used_ms": used_ms, "person_ms": person_ms });
    if let (Some(map), Some(of)) = (value.as_object_mut(), of.as_object()) {
        map.extend(of.clone());
    }
    value
}

fn words(hours: Hours) -> [String; 3] {
    [hours.booked_ms, hours.used_ms, hours.person_ms].map(in_hours)
}

/// `2.5 h`, rounded down.
pub fn in_hours(ms: i64) -> String {
    format!("{}.{} h", ms / HOUR_MS, ms % HOUR_MS / (HOUR_MS / 10))
}

/// The hours of a production in rooms, of all time.
pub fn of_production(look: &Look<'_>, id: &ProductionId) -> anyhow::Result<Hours> {
    let always = (UtcMs(0), UtcMs(i64::MAX));
    let counting = Counting { now: look.now, longest_ms: look.config.house.longest_stay_ms, within: always };
    let booked = look.reader.booked_spans(None, always)?;
    let booked = booked.iter().filter(|booked| booked.production.as_ref() == Some(id));
    Ok(hours(booked, look.reader.stays_of(id)?.iter(), &counting))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_have_one_decimal() {
        assert_eq!([0, HOUR_MS * 5 / 2, HOUR_MS - 1].map(in_hours), ["0.0 h", "2.5 h", "0.9 h"]);
    }
}
