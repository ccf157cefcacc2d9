//! Days and times in a zone: the moments they mean, and how far apart they are.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta};
use chrono_tz::Tz;

use super::written::Length;
use super::zone::Zone;
use crate::time::UtcMs;

/// A day, or a time in a zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum When {
    Day(NaiveDate),
    Time(NaiveDateTime, Zone),
}

impl When {
    /// The moment: of a day its beginning in the zone of the house.
    pub fn utc(&self, house: Tz) -> UtcMs {
        match self {
            Self::Day(day) => Zone::Named(house).utc(day.and_time(NaiveTime::MIN)),
            Self::Time(local, zone) => zone.utc(*local),
        }
    }

    /// The local time, of a day its beginning.
    pub fn local(&self) -> NaiveDateTime {
        match self {
            Self::Day(day) => day.and_time(NaiveTime::MIN),
            Self::Time(local, _) => *local,
        }
    }

    /// The same kind at another local time.
    pub fn at(&self, local: NaiveDateTime) -> Self {
        match self {
            Self::Day(_) => Self::Day(local.date()),
            Self::Time(_, zone) => Self::Time(local, zone.clone()),
        }
    }

    /// Whether it is a whole day.
    pub fn is_day(&self) -> bool {
        matches!(self, Self::Day(_))
    }

    /// The end of what begins here and is so long; never before the beginning.
    pub fn end(&self, length: Length, house: Tz) -> UtcMs {
        let later = self.local().checked_add_days(Days::new(length.days)).unwrap_or(NaiveDateTime::MAX);
        self.at(later).utc(house).plus(length.ms).max(self.utc(house))
    }

    /// How long it is until `end`: in days between days, exactly between times.
    ///
    /// # Errors
    ///
    /// A sentence's beginning, where `end` is before or one is a day and the other a time.
    pub fn until(&self, end: &Self, house: Tz) -> Result<Length, String> {
        match (self, end) {
            (Self::Day(from), Self::Day(to)) => {
                match u64::try_from(to.signed_duration_since(*from).num_days()) {
                    // Some programs write the last day where the RFC wants the day after it.
                    Ok(days) => Ok(Length { days: days.max(1), ms: 0 }),
                    Err(_) => Err(format!("it ends on {to}, before it begins on {from}")),
                }
            }
            (Self::Time(..), Self::Time(..)) => {
                let ms = end.utc(house).since(self.utc(house));
                let before =
                    || format!("it ends at {}, before it begins at {}", end.utc(house), self.utc(house));
                if ms < 0 { Err(before()) } else { Ok(Length { days: 0, ms }) }
            }
            _ => Err("one of its beginning and end is a day, the other a time".to_owned()),
        }
    }
}

/// The distance of two local times.
pub(super) fn apart(from: NaiveDateTime, to: NaiveDateTime) -> TimeDelta {
    to.signed_duration_since(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> NaiveDateTime {
        NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").unwrap()
    }

    #[test]
    fn an_end_is_after_its_beginning_or_said_to_be_wrong() {
        let day = |text: &str| When::Day(at(text).date());
        let berlin = Zone::Named(Tz::Europe__Berlin);
        let time = |text: &str| When::Time(at(text), berlin.clone());
        let zone = Tz::Europe__Berlin;
        assert_eq!(day("20260105T000000").until(&day("20260105T000000"), zone), Ok(Length::DAY));
        // The night in which clocks go forward has one hour less.
        let night = time("20260329T000000").until(&time("20260329T060000"), zone);
        assert_eq!(night, Ok(Length { days: 0, ms: 5 * 3_600_000 }));
        assert!(time("20260105T090000").until(&time("20260105T080000"), zone).is_err());
        assert!(time("20260105T090000").until(&day("20260105T080000"), zone).is_err());
    }

    #[test]
    fn a_day_by_the_calendar_may_have_23_hours() {
        let start = When::Time(at("20260328T120000"), Zone::Named(Tz::Europe__Berlin));
        let end = start.end(Length { days: 1, ms: 3_600_000 }, Tz::UTC);
        assert_eq!(end.since(start.utc(Tz::UTC)), 24 * 3_600_000);
    }
}
