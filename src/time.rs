//! Times as people read them, computed the same way on both sides.
//!
//! Everything crosses the wire as Unix milliseconds together with the workspace's offset from UTC, so that the browser needs no
//! time-zone database. The server computes the offset (`server::clock`).

use serde::{Deserialize, Serialize};

/// Unix time in milliseconds.
pub type Millis = i64;

pub const MINUTE: Millis = 60_000;
pub const HOUR: Millis = 60 * MINUTE;
pub const DAY: Millis = 24 * HOUR;

/// How long free text may be sent after the customer's last message (WhatsApp's customer service window).
pub const WINDOW: Millis = DAY;

/// A moment in the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalTime {
    pub year: i32,
    pub month: u8,
    pub day: u8,
    /// 0 = Sunday
    pub weekday: u8,
    pub hour: u8,
    pub minute: u8,
    /// Days since 1 January 1970 in that zone; equal for moments of the same day.
    pub day_number: i64,
}

impl LocalTime {
    /// `at` as seen in a zone `offset_minutes` east of UTC.
    ///
    /// The civil date is computed by Howard Hinnant's `civil_from_days` (<https://howardhinnant.github.io/date_algorithms.html>).
    pub fn new(at: Millis, offset_minutes: i32) -> Self {
        let local = at + i64::from(offset_minutes) * MINUTE;
        let day_number = local.div_euclid(DAY);
        let of_day = local.rem_euclid(DAY);
        let shifted = day_number + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_index + 2) / 5 + 1;
        let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Self {
            year: year as i32,
            month: month as u8,
            day: day as u8,
            weekday: (day_number + 4).rem_euclid(7) as u8,
            hour: (of_day / HOUR) as u8,
            minute: (of_day % HOUR / MINUTE) as u8,
            day_number,
        }
    }
}

/// What is left of a duration, in the two coarsest units that matter: `5 h 12 m`, `48 m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    pub hours: i64,
    pub minutes: i64,
}

impl Remaining {
    /// Rounded up to the minute, so that "0 m" is never shown while time is left. None when nothing is left.
    pub fn until(deadline: Millis, now: Millis) -> Option<Self> {
        let left = deadline - now;
        (left > 0).then(|| {
            let minutes = (left + MINUTE - 1) / MINUTE;
            Self { hours: minutes / 60, minutes: minutes % 60 }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_in_jakarta_is_seven_hours_ahead() {
        // 2026-11-20T14:25:01Z
        let local = LocalTime::new(1_795_184_701_000, 420);
        assert_eq!((local.year, local.month, local.day, local.hour, local.minute), (2026, 11, 20, 21, 25));
        assert_eq!(local.weekday, 5, "a Friday");
    }

    #[test]
    fn dates_before_1970_and_leap_days_are_right() {
        let local = LocalTime::new(-1, 0);
        assert_eq!((local.year, local.month, local.day, local.hour, local.minute, local.weekday), (1969, 12, 31, 23, 59, 3));
        let leap = LocalTime::new(1_709_164_800_000, 0);
        assert_eq!((leap.year, leap.month, leap.day), (2024, 2, 29));
    }

    #[test]
    fn what_is_left_is_rounded_up_and_ends_at_the_deadline() {
        assert_eq!(Remaining::until(100, 100), None);
        assert_eq!(Remaining::until(101, 100), Some(Remaining { hours: 0, minutes: 1 }));
        assert_eq!(Remaining::until(DAY, 0), Some(Remaining { hours: 24, minutes: 0 }));
        assert_eq!(Remaining::until(61 * MINUTE, 0), Some(Remaining { hours: 1, minutes: 1 }));
    }
}
