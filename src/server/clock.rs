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
}
