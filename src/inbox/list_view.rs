//! Which conversations a list shows, and in what order. The address, the server's queries and the browser's store all go by this one rule.

use super::{
    filter::{Asker, Facts, Filter},
    model::{ConversationView, ListCursor, window_open},
};
use crate::time::Millis;
use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Up to here conversations are counted; more are "999+". So a total costs the same however many there are.
pub const COUNTED: i64 = 1_000;

/// Whose conversations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Whose {
    /// Assigned to the one who looks.
    Mine,
    /// Assigned to nobody, whoever answers them.
    Unassigned,
    #[default]
    All,
}

/// Conversations in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Those that are somebody's work now.
    #[default]
    Active,
    /// Put off until a time.
    Snoozed,
    Closed,
    All,
}

/// What comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// What was said last.
    #[default]
    Newest,
    /// What was said longest ago.
    Oldest,
    /// What is more urgent than others; each in the order of the newest.
    Priority,
    /// Whose window closes next. Those whose window is shut are not in it: nobody can answer them with words of their own.
    Window,
    /// Who waits longest for an answer. Who waits for none is not in it.
    Waiting,
}

/// A list: whose conversations, which of them, in what order. The default is what an address without parameters shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListView {
    pub whose: Whose,
    pub which: Which,
    pub unread_only: bool,
    pub sort: Sort,
    pub filter: Filter,
}

/// Added to the place of what is urgent: beyond any time (ms).
pub const URGENT: Millis = 10_000_000_000_000;

impl Whose {
    pub const ALL: [Self; 3] = [Self::Mine, Self::Unassigned, Self::All];

    fn as_str(self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Unassigned => "unassigned",
            Self::All => "all",
        }
    }
}

impl Which {
    pub const ALL: [Self; 4] = [Self::Active, Self::Snoozed, Self::Closed, Self::All];

    fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }
}

impl Sort {
    pub const ALL: [Self; 5] = [Self::Newest, Self::Oldest, Self::Priority, Self::Window, Self::Waiting];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::Oldest => "oldest",
            Self::Priority => "priority",
            Self::Window => "window",
            Self::Waiting => "waiting",
        }
    }

    /// The smallest place first.
    fn ascends(self) -> bool {
        matches!(self, Self::Oldest | Self::Window | Self::Waiting)
    }
}

/// Whether a conversation is somebody's work now: neither closed nor put off. `views_list` says the same in SQL.
pub fn is_active(row: &ConversationView) -> bool {
    !row.closed && row.snoozed_until.is_none()
}

impl ListView {
    /// From an address's parameters. What is not understood counts as not given.
    pub fn read(parameter: impl Fn(&str) -> Option<String>) -> Self {
        let is = |name: &str, value: &str| parameter(name).as_deref() == Some(value);
        Self {
            whose: Whose::ALL.into_iter().find(|whose| is("view", whose.as_str())).unwrap_or_default(),
            which: Which::ALL.into_iter().find(|which| is("state", which.as_str())).unwrap_or_default(),
            unread_only: is("unread", "1"),
            sort: Sort::ALL.into_iter().find(|sort| is("sort", sort.as_str())).unwrap_or_default(),
            filter: parameter("filter").map(|text| Filter::read(&text)).unwrap_or_default(),
        }
    }

    /// From a query as [`fmt::Display`] writes it.
    pub fn parse(query: &str) -> Self {
        Self::read(|name| {
            query.split('&').filter_map(|pair| pair.split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value.to_owned())
        })
    }

    /// `path` with these parameters and one more, if any.
    pub fn address(&self, path: &str, more: &str) -> String {
        let own = self.to_string();
        match (own.is_empty(), more.is_empty()) {
            (true, true) => path.to_owned(),
            (false, true) => format!("{path}?{own}"),
            (true, false) => format!("{path}?{more}"),
            (false, false) => format!("{path}?{own}&{more}"),
        }
    }

    /// The page one is on with these parameters and one more, if any, and without all others.
    pub fn here(&self, more: &str) -> String {
        match self.address("", more) {
            // An empty address would keep what is there.
            address if address.is_empty() => "?".into(),
            address => address,
        }
    }

    /// Whether a conversation belongs in the list of the one who asks.
    pub fn holds(&self, row: &ConversationView, by: Asker) -> bool {
        self.lets(&Facts::from(row), by)
    }

    /// As [`Self::holds`], from what is known of a conversation.
    pub fn lets(&self, facts: &Facts, by: Asker) -> bool {
        let whose = match self.whose {
            Whose::Mine => facts.assignee == Some(by.me),
            Whose::Unassigned => facts.assignee.is_none(),
            Whose::All => true,
        };
        let which = match self.which {
            Which::Active => facts.state == "open",
            Which::Snoozed => facts.state == "snoozed",
            Which::Closed => facts.state == "closed",
            Which::All => true,
        };
        let sorted = match self.sort {
            Sort::Window => window_open(facts.window_closes, by.now),
            Sort::Waiting => facts.waiting_since.is_some(),
            _ => true,
        };
        whose && which && (!self.unread_only || facts.unread) && sorted && self.filter.lets(facts, by)
    }

    /// Whether time alone changes what is in the list.
    pub fn is_timed(&self) -> bool {
        self.sort == Sort::Window || self.filter.is_timed()
    }

    /// Where a conversation stands in the list.
    pub fn place(&self, row: &ConversationView) -> ListCursor {
        let at = match self.sort {
            Sort::Newest | Sort::Oldest => row.last_at,
            Sort::Priority if row.high_priority => row.last_at + URGENT,
            Sort::Priority => row.last_at,
            Sort::Window => row.window_closes.unwrap_or(0),
            Sort::Waiting => row.waiting_since.unwrap_or(0),
        };
        ListCursor { at, id: row.id.0 }
    }

    /// Whether the place `one` comes before `other`.
    pub fn ahead(&self, one: ListCursor, other: ListCursor) -> bool {
        if self.sort.ascends() { one < other } else { one > other }
    }

    /// The place that everything comes after.
    pub fn beginning(&self) -> ListCursor {
        match self.sort.ascends() {
            true => ListCursor { at: 0, id: Uuid::nil() },
            // Far beyond any message.
            false => ListCursor { at: 2 * URGENT, id: Uuid::max() },
        }
    }
}

/// The parameters of an address; those that are as by default are left out.
impl fmt::Display for ListView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let pairs = [
            (self.whose != default.whose, "view", self.whose.as_str()),
            (self.which != default.which, "state", self.which.as_str()),
            (self.unread_only, "unread", "1"),
            (self.sort != default.sort, "sort", self.sort.as_str()),
            (!self.filter.is_empty(), "filter", self.filter.as_str()),
        ];
        for (nth, (_, name, value)) in pairs.into_iter().filter(|(said, ..)| *said).enumerate() {
            write!(f, "{}{name}={value}", if nth == 0 { "" } else { "&" })?;
        }
        Ok(())
    }
}

/// A view that somebody gave a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    pub id: Uuid,
    pub name: String,
    /// A [`ListView`] as it is written in addresses.
    pub view: String,
    /// The whole workspace has it, not only who made it.
    pub shared: bool,
    /// Conversations in it with something unread, at most [`COUNTED`].
    pub unread: i64,
}

/// How many active conversations each view has for the one who asks, at most [`COUNTED`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    pub mine: i64,
    pub unassigned: i64,
    pub all: i64,
    /// Notes that name the person and that they have not looked at.
    #[serde(default)]
    pub mentions: i64,
    /// Tasks of the person that are due.
    #[serde(default)]
    pub tasks: i64,
    /// When their next one will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_task: Option<Millis>,
    /// Unread messages over all conversations the person may see, active or not.
    #[serde(default)]
    pub unread: i64,
    /// The views that have a name, by that name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<SavedView>,
    /// The workspace's newest event when this was counted.
    pub seq: i64,
}

impl Totals {
    pub fn of(&self, whose: Whose) -> i64 {
        match whose {
            Whose::Mine => self.mine,
            Whose::Unassigned => self.unassigned,
            Whose::All => self.all,
        }
    }
}

/// How a total is written.
pub fn written(total: i64) -> String {
    if total < COUNTED { total.to_string() } else { format!("{}+", COUNTED - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_survives_its_address() {
        for whose in Whose::ALL {
            for which in Which::ALL {
                for sort in Sort::ALL {
                    for (unread_only, filter) in [(false, ""), (true, "priority:high;assignee:me,none~window:soon"), (false, "older:24")] {
                        let list = ListView { whose, which, unread_only, sort, filter: Filter::read(filter) };
                        assert_eq!(ListView::parse(&list.to_string()), list);
                    }
                }
            }
        }
        assert_eq!(ListView::default().to_string(), "");
        assert_eq!(ListView::parse("view=nobody&state=&unread=yes&sort=x"), ListView::default());
    }

    #[test]
    fn an_address_gets_what_it_needs() {
        let mine = ListView { whose: Whose::Mine, ..ListView::default() };
        assert_eq!(ListView::default().address("/demo/inbox", ""), "/demo/inbox");
        assert_eq!(mine.address("/demo/inbox", ""), "/demo/inbox?view=mine");
        assert_eq!(mine.address("", "panel=contact"), "?view=mine&panel=contact");
        assert_eq!(ListView::default().address("", "panel=contact"), "?panel=contact");
        assert_eq!((ListView::default().here(""), mine.here("reply=1")), ("?".into(), "?view=mine&reply=1".into()));
    }

    #[test]
    fn totals_stop_counting_at_999() {
        assert_eq!((written(0), written(999), written(1_000)), ("0".into(), "999".into(), "999+".into()));
    }
}
