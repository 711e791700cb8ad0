//! How a conversation is worked on: open, with ARI, put off until a time, closed. What both sides know about it; `server::working` changes it.
//!
//! The thread has a line for each change, by its kind: `closed` (text: the reason), `reopened`, `reopened_by_customer`, `assigned` (text: to whom),
//! `unassigned`, `priority_raised`, `priority_lowered`, `stage_changed` (text: its name), `stage_cleared`, `snoozed` (text: until when, see [`line_of`]), `woken`, `woken_by_customer`, `woke_up`, `undone`.

use super::model::*;
use crate::time::{DAY, HOUR, LocalTime, MINUTE, Millis};
use serde::{Deserialize, Serialize};

/// Characters that the reason of a closing may have.
pub const MAX_REASON: usize = 200;
/// The hour at which mornings begin.
const MORNING: i64 = 8 * 60;
/// The minutes of a day.
const DAY_MINUTES: i64 = 24 * 60;

/// Where a conversation stands (F192).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkState {
    Open,
    /// ARI holds it.
    Pending,
    Snoozed,
    Closed,
}

impl ConversationView {
    /// Where the conversation stands.
    pub fn state(&self) -> WorkState {
        match (self.closed, self.snoozed_until, self.holder) {
            (true, ..) => WorkState::Closed,
            (_, Some(_), _) => WorkState::Snoozed,
            (_, _, Holder::Ari) => WorkState::Pending,
            _ => WorkState::Open,
        }
    }
}

/// When a snoozed conversation comes back, in the workspace's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnoozeUntil {
    /// In three hours, if that is still today.
    LaterToday,
    /// Tomorrow at eight.
    Tomorrow,
    /// The next Monday at eight; never today.
    Monday,
    /// A time of one's own.
    Own,
}

impl SnoozeUntil {
    /// Those with a time of their own.
    pub const PRESETS: [Self; 3] = [Self::LaterToday, Self::Tomorrow, Self::Monday];

    /// As sent over the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LaterToday => "later_today",
            Self::Tomorrow => "tomorrow",
            Self::Monday => "monday",
            Self::Own => "own",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::LaterToday, Self::Tomorrow, Self::Monday, Self::Own].into_iter().find(|until| until.as_str() == text)
    }

    /// The day (as [`LocalTime::day_number`]) and the minute of it. None for a time of one's own, and when today is nearly over.
    pub fn wall(self, now: LocalTime) -> Option<(i64, i64)> {
        match self {
            Self::LaterToday => {
                // The next quarter of an hour after three hours.
                let minute = i64::from(now.hour) * 60 + i64::from(now.minute);
                let later = (minute + 3 * 60 + 14) / 15 * 15;
                (later < DAY_MINUTES).then_some((now.day_number, later))
            }
            Self::Tomorrow => Some((now.day_number + 1, MORNING)),
            Self::Monday => {
                let ahead = (8 - i64::from(now.weekday)) % 7;
                Some((now.day_number + if ahead == 0 { 7 } else { ahead }, MORNING))
            }
            Self::Own => None,
        }
    }
}

/// A time as a screen shows it that clocks in the workspace's zone show.
pub fn shown_as((day, minute): (i64, i64)) -> LocalTime {
    LocalTime::new(day * DAY + minute * MINUTE, 0)
}

/// The value of a field for a local time.
pub fn field_value(at: LocalTime) -> String {
    format!("{:04}-{:02}-{:02}T{:02}:{:02}", at.year, at.month, at.day, at.hour, at.minute)
}

/// What a line says about the time until which something is put off. Minutes, so that it cannot be taken for a phone number.
pub fn line_of(until: Millis) -> String {
    (until / MINUTE).to_string()
}

/// The inverse of [`line_of`].
pub fn until_of(line: &str) -> Option<Millis> {
    line.parse::<i64>().ok()?.checked_mul(MINUTE)
}

/// Whether the window closes before a conversation comes back: what is then said must be a template.
pub fn outlasts_window(until: Millis, closes: Option<Millis>, now: Millis) -> bool {
    closes.is_some_and(|closes| now < closes && closes < until)
}

/// The earliest time that a field offers: an hour from now is what people mean by "not now".
pub fn earliest_own(now: Millis, offset_minutes: i32) -> LocalTime {
    LocalTime::new(now + HOUR, offset_minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Friday, 20 November 2026, in Jakarta.
    fn friday(hour: i64, minute: i64) -> LocalTime {
        LocalTime::new(20_777 * DAY + hour * HOUR + minute * MINUTE, 0)
    }

    #[test]
    fn presets_are_times_of_the_workspaces_day() {
        let at = |until: SnoozeUntil, now| until.wall(now).map(|wall| field_value(shown_as(wall)));
        assert_eq!(at(SnoozeUntil::LaterToday, friday(9, 41)).as_deref(), Some("2026-11-20T12:45"));
        assert_eq!(at(SnoozeUntil::LaterToday, friday(9, 45)).as_deref(), Some("2026-11-20T12:45"));
        assert_eq!(at(SnoozeUntil::LaterToday, friday(20, 45)).as_deref(), Some("2026-11-20T23:45"));
        assert_eq!(at(SnoozeUntil::LaterToday, friday(20, 46)), None, "that would be tomorrow");
        assert_eq!(at(SnoozeUntil::Tomorrow, friday(23, 59)).as_deref(), Some("2026-11-21T08:00"));
        assert_eq!(at(SnoozeUntil::Monday, friday(9, 0)).as_deref(), Some("2026-11-23T08:00"));
        assert_eq!(at(SnoozeUntil::Own, friday(9, 0)), None);
    }

    #[test]
    fn monday_is_never_today() {
        let weekdays = (0..7).map(|day| {
            let now = LocalTime::new((20_777 + day) * DAY + 7 * HOUR, 0);
            let (monday, _) = SnoozeUntil::Monday.wall(now).expect("always");
            assert_eq!(shown_as((monday, MORNING)).weekday, 1);
            monday - now.day_number
        });
        assert_eq!(weekdays.collect::<Vec<_>>(), [3, 2, 1, 7, 6, 5, 4], "from a Friday on");
    }

    #[test]
    fn a_line_keeps_the_time() {
        assert_eq!(until_of(&line_of(1_795_184_700_000)), Some(1_795_184_700_000));
        assert_eq!(until_of("besok"), None);
        assert_eq!(until_of(&i64::MAX.to_string()), None);
    }

    #[test]
    fn a_window_is_outlasted_only_while_it_is_open() {
        assert!(outlasts_window(30, Some(20), 10));
        assert!(!outlasts_window(20, Some(20), 10), "open until then");
        assert!(!outlasts_window(30, Some(10), 10), "shut already");
        assert!(!outlasts_window(30, None, 10));
    }
}
