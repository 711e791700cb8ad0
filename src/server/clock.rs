//! The only way to the time. Tests set it.

use crate::time::Millis;
use chrono::{DateTime, Offset, TimeZone, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The system's clock, or one that stands where it was put.
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    /// Unix milliseconds, moved with [`Clock::set`].
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    pub fn fixed(at: Millis) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at)))
    }

    /// Whole milliseconds, so that a time survives its way through the browser and back as a cursor.
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[allow(clippy::disallowed_methods)]
            Self::System => from_millis(Utc::now().timestamp_millis()),
            Self::Fixed(at) => from_millis(at.load(Ordering::SeqCst)),
        }
    }

    pub fn millis(&self) -> Millis {
        self.now().timestamp_millis()
    }

    /// Moves a fixed clock; the system's cannot be moved.
    pub fn set(&self, to: Millis) {
        if let Self::Fixed(at) = self {
            at.store(to, Ordering::SeqCst);
        }
    }
}

/// A timestamp for the database. Out-of-range values (a hostile payload) become the epoch.
pub fn from_millis(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

/// How far east of UTC an IANA zone is at `at`, in minutes. An unknown zone counts as Asia/Jakarta, the product's default.
pub fn offset_minutes(zone: &str, at: DateTime<Utc>) -> i32 {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Asia::Jakarta);
    zone.offset_from_utc_datetime(&at.naive_utc()).fix().local_minus_utc() / 60
}

/// The instant at which clocks in a zone show `minute` of the day `day` (days since 1970). Where the clock is put forward over it, an hour later;
/// none outside of the calendar.
pub fn instant(zone: &str, day: i64, minute: i64) -> Option<DateTime<Utc>> {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Asia::Jakarta);
    let shown = DateTime::from_timestamp(day.checked_mul(86_400)?.checked_add(minute.checked_mul(60)?)?, 0)?.naive_utc();
    let found = zone.from_local_datetime(&shown).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(shown + chrono::Duration::hours(1))).earliest())?;
    Some(found.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jakarta_is_seven_hours_ahead_and_the_default() {
        let at = from_millis(1_795_184_701_000);
        assert_eq!(offset_minutes("Asia/Jakarta", at), 420);
        assert_eq!(offset_minutes("Asia/Jayapura", at), 540);
        assert_eq!(offset_minutes("Nowhere/Else", at), 420);
    }

    #[test]
    fn a_clock_on_the_wall_is_an_instant() {
        // 20 November 2026 is day 20 777.
        let eight = |zone| instant(zone, 20_777, 8 * 60).map(|at| at.to_rfc3339());
        assert_eq!(eight("Asia/Jakarta").as_deref(), Some("2026-11-20T01:00:00+00:00"));
        assert_eq!(eight("Asia/Jayapura").as_deref(), Some("2026-11-19T23:00:00+00:00"));
        // 29 March 2026, when Berlin has no 02.30.
        assert_eq!(instant("Europe/Berlin", 20_541, 150).map(|at| at.to_rfc3339()).as_deref(), Some("2026-03-29T01:30:00+00:00"));
        assert_eq!(instant("Asia/Jakarta", i64::MAX, 0), None);
    }
}
