//! Conditions on the conversations of a list, beyond whose they are and in which state (F193). The address, the server and the browser's store all go by
//! this one rule.
//!
//! ```text
//! filter    = group *( "~" group )          a conversation of any group
//! group     = condition *( ";" condition )  that meets all its conditions
//! condition = field ":" value *( "," value ), each met by any of its values; "tags" by all of them
//! ```
//!
//! Fields are those of [`FIELDS`], and `own.` with the id of one that the workspace made, of which is asked
//!
//! ```text
//! own   = id                        of what was chosen
//!       | "any" | "none"            whether something stands in it
//!       | "*" part                  what it contains, as the server writes texts that are compared
//!       | [ bound ] ".." [ bound ]  from one to the other, both included
//! bound = number | date             12.5, 2026-11-30
//!       | "today" [ days ]          today, today7, today-30
//! ```
//!
//! A filter stays the text that it is in the address and is read where it is asked: in the browser that weighs least.

use super::{
    list_view::is_active,
    model::{ConversationView, Holder, SOON, window_open},
};
use crate::{
    ids::PersonId,
    time::{DAY, HOUR, LocalTime, MINUTE, Millis},
};
use std::{cmp::Ordering, fmt};
use uuid::Uuid;

/// Groups of a filter.
pub const MAX_GROUPS: usize = 4;
/// Characters of a filter: room for [`MOST_TERMS`] of those that are ids.
pub const LONGEST: usize = 8_000;
/// Values that a filter may name. A form that names more is refused.
pub const MOST_TERMS: u32 = 150;
/// Hours that are as long as a condition may reach back: a year.
const LONGEST_AGO: Millis = 366 * 24;

/// What can be asked of a conversation, and the words among which the answer is; none where it is an id or a number of hours.
pub const FIELDS: [(&str, &[&str]); 14] = [
    ("state", &["open", "snoozed", "closed"]),
    ("assignee", &["me", "none"]),
    ("priority", &["high", "normal"]),
    ("unread", &["yes", "no"]),
    // Whether the customer waits for an answer; whether what was promised is overdue.
    ("waiting", &["yes", "late", "no"]),
    ("window", &["open", "soon", "shut"]),
    ("holder", &["ari", "team"]),
    // Of its contact: the stage, any of these tags, all of these tags.
    ("stage", &["none"]),
    ("tag", &["none"]),
    ("tags", &[]),
    // Whether the team wants to hear from them no more; such conversations are closed.
    ("blocked", &["yes", "no"]),
    ("number", &[]),
    // Its last message is at most, or at least, so many hours old.
    ("within", &[]),
    ("older", &[]),
];

/// How a field begins that the workspace made: its id follows.
pub const OWN: &str = "own.";
/// How a value begins that asks what a field contains.
pub const PART: char = '*';
/// What stands between the bounds of a range.
pub const RANGE: &str = "..";
/// How a bound begins that is so many days from today.
pub const TODAY: &str = "today";
/// Characters of what a field shall contain.
pub const LONGEST_PART: usize = 200;

/// A filter that holds nothing but what is understood. The default lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter(String);

/// What filters ask of a conversation.
#[derive(Clone, Debug)]
pub struct Facts {
    pub state: &'static str,
    pub assignee: Option<PersonId>,
    pub high_priority: bool,
    pub unread: bool,
    pub window_closes: Option<Millis>,
    pub holder: Holder,
    pub number: Option<Uuid>,
    pub stage: Option<Uuid>,
    pub tags: Vec<Uuid>,
    /// What stands in its contact's own fields: the id of a field, a colon, and an equals sign with the id of what was chosen, or the text as it is compared.
    pub values: Vec<String>,
    /// Its contact is blocked.
    pub blocked: bool,
    pub last_at: Millis,
    pub waiting_since: Option<Millis>,
    /// What is promised next: [`ConversationView::due`].
    pub due: Option<Millis>,
}

/// Who looks at a list, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    pub me: PersonId,
    pub now: Millis,
    /// Of the workspace's zone, east of UTC.
    pub offset_minutes: i32,
}

impl From<&ConversationView> for Facts {
    fn from(view: &ConversationView) -> Self {
        let state = match (is_active(view), view.closed) {
            (true, _) => "open",
            (_, true) => "closed",
            _ => "snoozed",
        };
        Self {
            state,
            assignee: view.assignee.as_ref().map(|person| person.id),
            high_priority: view.high_priority,
            unread: view.unread > 0,
            window_closes: view.window_closes,
            holder: view.holder,
            number: view.number,
            stage: view.stage,
            tags: view.tags.clone(),
            values: view.values.clone(),
            blocked: view.blocked,
            last_at: view.last_at,
            waiting_since: view.waiting_since,
            due: view.due(),
        }
    }
}

/// Whether a value can be asked for in a field.
fn is_understood(field: &str, value: &str) -> bool {
    if let Some(field) = field.strip_prefix(OWN) {
        return Uuid::parse_str(field).is_ok() && is_of_field(value);
    }
    let Some((_, values)) = FIELDS.iter().find(|(known, _)| *known == field) else { return false };
    match field {
        "within" | "older" => value.parse().is_ok_and(|hours: Millis| (1..=LONGEST_AGO).contains(&hours)),
        _ => {
            values.contains(&value) || (matches!(field, "assignee" | "number" | "stage" | "tag" | "tags") && Uuid::parse_str(value).is_ok())
        }
    }
}

/// Whether it can be asked of a field that the workspace made.
fn is_of_field(value: &str) -> bool {
    if let Some(part) = value.strip_prefix(PART) {
        return (1..=LONGEST_PART).contains(&part.len())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@*".contains(&byte));
    }
    if let Some((from, to)) = value.split_once(RANGE) {
        return value != RANGE && is_bound(from) && is_bound(to);
    }
    matches!(value, "any" | "none") || Uuid::parse_str(value).is_ok()
}

fn is_bound(bound: &str) -> bool {
    match bound.strip_prefix(TODAY) {
        Some("") => true,
        Some(days) => days.parse().is_ok_and(|days: i64| days.abs() < 10_000),
        None => bound.len() <= 30 && !bound.contains(RANGE) && bound.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte)),
    }
}

impl Filter {
    /// From an address. What is not understood counts as not given.
    pub fn read(text: &str) -> Self {
        if text.len() > LONGEST {
            return Self::default();
        }
        let condition = |text: &str| {
            let (field, values) = text.split_once(':')?;
            let values = joined(values.split(',').filter(|value| is_understood(field, value)), ",");
            (!values.is_empty()).then(|| format!("{field}:{values}"))
        };
        let groups = text.split('~').map(|group| joined(group.split(';').filter_map(condition), ";"));
        Self(joined(groups.filter(|group| !group.is_empty()).take(MAX_GROUPS), "~"))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As in the address.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its groups, each as fields with their values.
    pub fn groups(&self) -> impl Iterator<Item = Vec<(&str, Vec<&str>)>> {
        let condition = |text| str::split_once(text, ':').map(|(field, values)| (field, values.split(',').collect()));
        self.0.split('~').filter(|group| !group.is_empty()).map(move |group| group.split(';').filter_map(condition).collect())
    }

    /// Whether it asks for what is said of the contact.
    pub fn asks_labels(&self) -> bool {
        ["stage:", "tag:", "tags:"].iter().any(|field| self.0.contains(field))
    }

    /// The fields of the workspace's own that it asks for.
    pub fn own_fields(&self) -> impl Iterator<Item = Uuid> {
        self.0.split(['~', ';']).filter_map(|condition| Uuid::parse_str(condition.strip_prefix(OWN)?.split_once(':')?.0).ok())
    }

    /// Whether what stages, tags, fields and choices there are says something of it.
    pub fn asks_names(&self) -> bool {
        self.asks_labels() || self.own_fields().next().is_some()
    }

    /// Whether it asks if contacts are blocked.
    pub fn asks_blocked(&self) -> bool {
        self.0.contains("blocked:")
    }

    /// Whether time alone changes what it lets through.
    pub fn is_timed(&self) -> bool {
        ["late", "window:", "within:", "older:", TODAY].iter().any(|field| self.0.contains(field))
    }

    /// Whether days count, which begin when they do in the workspace's zone.
    pub fn asks_days(&self) -> bool {
        self.0.contains(TODAY)
    }

    /// Whether the one who asks is shown the conversation.
    pub fn lets(&self, facts: &Facts, by: Asker) -> bool {
        let meets = |condition: &str| {
            let (field, values) = condition.split_once(':').unwrap_or_default();
            let met = |value| is_met(field, value, facts, by);
            if field == "tags" { values.split(',').all(met) } else { values.split(',').any(met) }
        };
        self.0.is_empty() || self.0.split('~').any(|group| group.split(';').all(meets))
    }
}

fn is_met(field: &str, value: &str, facts: &Facts, by: Asker) -> bool {
    let Asker { me, now, .. } = by;
    let named = |id: Option<Uuid>| id.is_some() && id == Uuid::parse_str(value).ok();
    let ago = || now - value.parse().unwrap_or(0) * HOUR;
    let open = window_open(facts.window_closes, now);
    let yes = matches!(value, "high" | "yes" | "ari");
    match field {
        "state" => facts.state == value,
        "assignee" => match value {
            "me" => facts.assignee == Some(me),
            "none" => facts.assignee.is_none(),
            _ => named(facts.assignee.map(|person| person.0)),
        },
        "priority" => facts.high_priority == yes,
        "unread" => facts.unread == yes,
        "blocked" => facts.blocked == yes,
        "holder" => (facts.holder == Holder::Ari) == yes,
        "window" => match value {
            "open" => open,
            "shut" => !open,
            // As rows count what is left: in minutes that have begun.
            _ => open && facts.window_closes.is_some_and(|closes| (closes - now + MINUTE - 1) / MINUTE < SOON),
        },
        "waiting" => match value {
            "late" => facts.due.is_some_and(|due| due <= now),
            _ => facts.waiting_since.is_some() == yes,
        },
        "number" => named(facts.number),
        "stage" if value == "none" => facts.stage.is_none(),
        "stage" => named(facts.stage),
        "tag" if value == "none" => facts.tags.is_empty(),
        "tag" | "tags" => facts.tags.iter().any(|tag| named(Some(*tag))),
        "within" => facts.last_at > ago(),
        "older" => facts.last_at <= ago(),
        _ => field.strip_prefix(OWN).is_some_and(|own| stands(own, value, &facts.values, by)),
    }
}

/// Whether in a field that the workspace made stands what is asked for.
fn stands(field: &str, asked: &str, values: &[String], by: Asker) -> bool {
    let Some(text) = values.iter().find_map(|value| value.strip_prefix(field)?.strip_prefix(':')) else { return asked == "none" };
    if let Some(part) = asked.strip_prefix(PART) {
        return text.contains(part);
    }
    match asked.split_once(RANGE) {
        Some((from, to)) => {
            let meets = |bound: &str, beyond| bound.is_empty() || in_order(text, &on_day(bound, by)) != beyond;
            // What is hidden from somebody is no number.
            is_bound(text) && meets(from, Ordering::Less) && meets(to, Ordering::Greater)
        }
        None => asked == "any" || text.strip_prefix('=') == Some(asked),
    }
}

/// A bound as fields have it: what is so many days from today as a date.
fn on_day(bound: &str, by: Asker) -> String {
    let Some(days) = bound.strip_prefix(TODAY) else { return bound.to_owned() };
    let day = LocalTime::new(by.now + days.parse().unwrap_or(0) * DAY, by.offset_minutes);
    format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)
}

/// Two numbers as they are kept, or two dates, in their order. Digits are compared as they are written: a number with more of them before its point is greater.
fn in_order(one: &str, other: &str) -> Ordering {
    fn key(text: &str) -> (usize, &str, &str) {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        (whole.len(), whole, fraction)
    }
    match (one.strip_prefix('-'), other.strip_prefix('-')) {
        (Some(one), Some(other)) => key(other).cmp(&key(one)),
        (None, None) => key(one).cmp(&key(other)),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
    }
}

fn joined(parts: impl Iterator<Item = impl AsRef<str>>, between: &str) -> String {
    let mut text = String::new();
    for part in parts {
        if !text.is_empty() {
            text.push_str(between);
        }
        text.push_str(part.as_ref());
    }
    text
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_000 * HOUR;

    fn me() -> PersonId {
        PersonId(Uuid::from_u128(7))
    }

    fn by(now: Millis) -> Asker {
        Asker { me: me(), now, offset_minutes: 420 }
    }

    fn facts() -> Facts {
        Facts {
            state: "open",
            assignee: None,
            high_priority: false,
            unread: false,
            window_closes: None,
            holder: Holder::Team,
            number: Some(Uuid::from_u128(1)),
            stage: None,
            tags: Vec::new(),
            values: Vec::new(),
            blocked: false,
            last_at: NOW - HOUR,
            waiting_since: None,
            due: None,
        }
    }

    fn lets(filter: &str, facts: impl std::borrow::Borrow<Facts>) -> bool {
        let read = Filter::read(filter);
        assert_eq!(read.as_str(), filter, "is understood whole");
        read.lets(facts.borrow(), by(NOW))
    }

    #[test]
    fn what_is_not_understood_counts_as_not_given() {
        for (written, read) in [
            ("", ""),
            ("priority:high", "priority:high"),
            ("priority:high,urgent;colour:red", "priority:high"),
            ("priority:urgent~unread:yes", "unread:yes"),
            ("~~;;:,", ""),
            ("within:0,24,-3,x,99999999999999999999", "within:24"),
            ("assignee:rani", ""),
            ("a:b~unread:yes~unread:no~window:soon~window:shut~holder:ari", "unread:yes~unread:no~window:soon~window:shut"),
        ] {
            let filter = Filter::read(written);
            assert_eq!(filter.as_str(), read, "{written}");
            assert_eq!(Filter::read(filter.as_str()), filter);
        }
        assert!(Filter::read(&"unread:yes~".repeat(1_000)).is_empty());
    }

    #[test]
    fn who_waits_and_what_is_overdue() {
        let waits = Facts { waiting_since: Some(NOW - 5 * MINUTE), ..facts() };
        let late = Facts { due: Some(NOW), ..waits.clone() };
        assert!(lets("waiting:yes", &waits) && !lets("waiting:no", &waits) && !lets("waiting:late", &waits));
        assert!(lets("waiting:late", late) && !lets("waiting:late", Facts { due: Some(NOW + 1), ..waits }));
        // Nobody waits for an answer, and yet it was to be closed by now.
        assert!(lets("waiting:late", Facts { due: Some(NOW), ..facts() }) && lets("waiting:no", facts()));
        assert!(Filter::read("waiting:yes,late").is_timed() && !Filter::read("waiting:yes").is_timed());
    }

    #[test]
    fn any_group_all_its_conditions_any_of_their_values() {
        let high = Facts { high_priority: true, ..facts() };
        let unread = Facts { unread: true, ..facts() };
        assert!(lets("priority:high;unread:no", &high) && !lets("priority:high;unread:yes", &high));
        assert!(lets("priority:high~unread:yes", &high) && lets("priority:high~unread:yes", &unread));
        assert!(!lets("priority:high~unread:yes", facts()));
        assert!(lets("state:snoozed,open", facts()) && !lets("state:snoozed,closed", facts()));
        assert!(Filter::default().lets(&facts(), by(NOW)));
    }

    #[test]
    fn each_field_asks_what_it_says() {
        let mine = Facts { assignee: Some(me()), ..facts() };
        let theirs = Facts { assignee: Some(PersonId(Uuid::from_u128(8))), ..facts() };
        for (filter, of_nobody, of_mine, of_theirs) in [
            ("assignee:me", false, true, false),
            ("assignee:none", true, false, false),
            ("assignee:me,none", true, true, false),
            ("assignee:00000000-0000-0000-0000-000000000008", false, false, true),
        ] {
            assert_eq!((lets(filter, facts()), lets(filter, &mine), lets(filter, &theirs)), (of_nobody, of_mine, of_theirs), "{filter}");
        }
        assert!(lets("holder:team", facts()) && !lets("holder:ari", facts()));
        assert!(lets("holder:ari", Facts { holder: Holder::Ari, ..facts() }));
        assert!(lets("number:00000000-0000-0000-0000-000000000001", facts()));
        assert!(!lets("number:00000000-0000-0000-0000-000000000002", facts()));
        assert!(!lets("number:00000000-0000-0000-0000-000000000001", Facts { number: None, ..facts() }));
        assert!(lets("priority:normal", facts()) && lets("unread:no", facts()));
        let blocked = Facts { blocked: true, ..facts() };
        assert!(
            lets("blocked:no", facts()) && !lets("blocked:yes", facts()) && lets("blocked:yes", &blocked) && !lets("blocked:no", blocked)
        );
        let (one, two) = ("00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000002");
        let staged = Facts { stage: Some(Uuid::from_u128(1)), tags: vec![Uuid::from_u128(1), Uuid::from_u128(3)], ..facts() };
        for field in ["stage", "tag"] {
            assert!(lets(&format!("{field}:{one}"), &staged) && !lets(&format!("{field}:{two}"), &staged), "{field}");
            assert!(lets(&format!("{field}:{one},{two}"), &staged) && !lets(&format!("{field}:{one}"), facts()), "{field}");
            assert!(lets(&format!("{field}:none"), facts()) && !lets(&format!("{field}:none"), &staged), "{field}");
            assert!(lets(&format!("{field}:none,{one}"), facts()) && lets(&format!("{field}:none,{one}"), &staged), "{field}");
        }
        assert!(!lets(&format!("tags:{one},{two}"), &staged) && lets(&format!("tag:{one},{two}"), &staged), "all of them, any of them");
        assert!(lets(&format!("tags:{one},00000000-0000-0000-0000-000000000003"), &staged) && lets(&format!("tags:{one}"), &staged));
        assert!(Filter::read("tags:none").is_empty());
        let chosen = Facts { values: vec![format!("{two}:={one}")], ..facts() };
        let own = |field: &str, value: &str| format!("own.{field}:{value}");
        assert!(lets(&own(two, one), &chosen) && !lets(&own(two, two), &chosen) && lets(&own(two, &format!("{two},{one}")), &chosen));
        assert!(!lets(&format!("{};{}", own(two, one), own(one, two)), &chosen), "fields of their own are conditions of their own");
        assert!(lets(&own(two, "any"), &chosen) && !lets(&own(two, "none"), &chosen) && lets(&own(one, "none,any"), &chosen));
        for wrong in ["own.:x", "own.kota:bandung", &own("x", one), &own(one, "*"), &own(one, ".."), &own(one, "*a b"), &own(one, "x..y")] {
            assert!(Filter::read(wrong).is_empty(), "{wrong}");
        }
        assert!(Filter::read("tag:none").asks_labels() && !Filter::read("state:open").asks_labels());
    }

    #[test]
    fn fields_of_the_workspace_are_compared_as_what_they_hold() {
        let field = Uuid::from_u128(1);
        let holds = |text: &str| Facts { values: vec![format!("{}:x", Uuid::from_u128(2)), format!("{field}:{text}")], ..facts() };
        let own = |asked: &str| format!("own.{field}:{asked}");
        for (text, asked, meets) in [
            ("kota_bandung", "*bandung", true),
            ("kota_bandung", "*jakarta", false),
            ("kota_bandung", "*jakarta,*kota", true),
            ("10", "9..", true),
            ("9", "10..", false),
            ("10", "10..10", true),
            ("10.5", "..10", false),
            ("10.25", "10.3..", false),
            ("10.3", "10.25..", true),
            ("-5", "..0", true),
            ("-5", "-4..", false),
            ("-10", "-5..", false),
            ("-10", "..-5", true),
            ("0", "-5..", true),
            ("2026-11-30", "2026-11-30..2026-12-01", true),
            ("2026-12-02", "2026-11-30..2026-12-01", false),
            ("2026-12-02", "2026-12-01..", true),
        ] {
            assert_eq!(lets(&own(asked), holds(text)), meets, "{text} {asked}");
        }
        assert!(!lets(&own("9.."), facts()) && !lets(&own("*a"), facts()) && lets(&own("none"), facts()), "nothing stands in it");
    }

    #[test]
    fn days_begin_where_the_workspace_is() {
        let field = Uuid::from_u128(1);
        // The last hour of 1 December 2026 in UTC: it is the second where the workspace is.
        let now = 1_796_167_800_000;
        let lets = |asked: &str, date: &str| {
            let facts = Facts { values: vec![format!("{field}:{date}")], ..facts() };
            let filter = Filter::read(&format!("own.{field}:{asked}"));
            assert!(filter.is_timed() && filter.asks_days());
            filter.lets(&facts, by(now))
        };
        assert!(lets("today..today", "2026-12-02") && !lets("today..today", "2026-12-01") && !lets("today..today", "2026-12-03"));
        assert!(lets("today..today30", "2027-01-01") && !lets("today..today30", "2027-01-02"));
        assert!(lets("today-2..today", "2026-11-30") && !lets("today-2..today", "2026-11-29") && lets("..today-1", "2026-12-01"));
    }

    #[test]
    fn windows_and_ages_go_by_the_clock() {
        let closes = |at| Facts { window_closes: Some(at), ..facts() };
        assert!(lets("window:shut", facts()) && !lets("window:open", facts()) && !lets("window:soon", facts()));
        assert!(lets("window:open", closes(NOW + 1)) && lets("window:soon", closes(NOW + 1)));
        assert!(lets("window:shut", closes(NOW)) && !lets("window:open", closes(NOW)));
        let soon = SOON * MINUTE;
        assert!(lets("window:soon", closes(NOW + soon - MINUTE)) && !lets("window:soon", closes(NOW + soon)));
        // The last message is an hour old.
        assert!(!lets("within:1", facts()) && lets("within:2", facts()));
        assert!(lets("older:1", facts()) && !lets("older:2", facts()));
        assert!(Filter::read("older:2").is_timed() && !Filter::read("unread:yes").is_timed());
    }
}
