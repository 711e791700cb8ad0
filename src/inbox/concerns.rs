//! Whom a change concerns (F233): the one rule by which open pages call somebody, and by which the server calls those whose pages are closed. What concerns a
//! person is a customer of theirs or of nobody's who waits for the team, or longer than was promised; one that was given to them; ARI handing one over; and
//! a note that names them.

use super::model::*;
use crate::{
    ids::{ConversationId, PersonId},
    time::Millis,
    words::Words,
};
use serde::{Deserialize, Serialize};

/// As much of a message as a notice shows, in characters.
const EXCERPT: usize = 140;

/// Why somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A customer of theirs waits.
    Mine,
    /// A customer of nobody's waits.
    Nobodys,
    /// One was given to them.
    Given,
    /// ARI handed one over.
    Handover,
    /// A note names them.
    Named,
    /// A promised time went by.
    Late,
    /// What they wrote to go later did not go. Not to be switched off: nobody else would notice.
    Held,
}

impl Cause {
    /// Those that one can do without, in the order in which they are offered.
    pub const CHOICES: [Self; 6] = [Self::Mine, Self::Nobodys, Self::Given, Self::Handover, Self::Named, Self::Late];

    /// Its place in [`Deaf`].
    fn bit(self) -> i16 {
        Self::CHOICES.iter().position(|choice| *choice == self).map_or(0, |place| 1 << place)
    }
}

/// What somebody does not want to be called for: a bit for each of [`Cause::CHOICES`]. Stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Deaf(pub i16);

impl Deaf {
    /// All of these.
    pub fn to(causes: impl IntoIterator<Item = Cause>) -> Self {
        Self(causes.into_iter().fold(0, |bits, cause| bits | cause.bit()))
    }

    pub fn is_to(self, cause: Cause) -> bool {
        self.0 & cause.bit() != 0
    }
}

/// What somebody is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub conversation: ConversationId,
    pub cause: Cause,
    pub title: String,
    pub text: String,
}

/// Somebody who may be called.
pub struct Listener<'a> {
    pub id: PersonId,
    /// As notes name them.
    pub name: &'a str,
    pub words: &'static Words,
    pub deaf: Deaf,
    /// What is older calls nobody any more.
    pub since: Millis,
}

impl Listener<'_> {
    /// What of a change they must be told who do not look at the conversation.
    pub fn alert_of(&self, frame: &LiveFrame) -> Option<Alert> {
        let row = frame.conversation.as_ref()?;
        let assignee = row.assignee.as_ref().map(|person| person.id);
        let (cause, text) = match LATE.iter().position(|kind| *kind == frame.kind) {
            Some(late) => {
                let due = [row.answer_due, row.resolve_due][late]?;
                let concerned = due > self.since && assignee.is_none_or(|id| id == self.id);
                concerned.then(|| (Cause::Late, self.words.locale.work().late[late].to_owned()))?
            }
            None => self.said(row, frame.message.as_ref()?, frame.unread_delta)?,
        };
        let text = text.chars().take(EXCERPT).collect();
        (!self.deaf.is_to(cause)).then(|| Alert { conversation: row.id, cause, title: row.name.clone(), text })
    }

    fn said(&self, row: &ConversationView, message: &MessageView, unread_delta: i32) -> Option<(Cause, String)> {
        if message.at < self.since {
            return None;
        }
        let words = self.words;
        let is_me = |person: Option<PersonId>| person == Some(self.id);
        let assignee = row.assignee.as_ref().map(|person| person.id);
        let waits = row.holder == Holder::Team && !row.closed && (assignee.is_none() || is_me(assignee));
        let line = |who: &str| words.system_line(&message.kind, who, &message.text);
        match (message.direction, message.kind.as_str()) {
            (Direction::Inbound, _) if waits && unread_delta > 0 => {
                Some((if assignee.is_none() { Cause::Nobodys } else { Cause::Mine }, words.spoken(message)))
            }
            (Direction::System, "auto_assigned") if is_me(assignee) => Some((Cause::Given, line(words.team))),
            // By hand, and not by oneself: the line names whom it was given to.
            (Direction::System, "assigned") if is_me(assignee) && message.text == self.name && !is_me(message.sender_id) => {
                let who = message.sender_name.as_deref().unwrap_or(words.team);
                Some((Cause::Given, words.system_line("assigned", who, words.you)))
            }
            (Direction::System, NOTE) if !is_me(message.sender_id) && message.mentions.iter().any(|name| name == self.name) => {
                let who = message.sender_name.as_deref().unwrap_or(words.team);
                Some((Cause::Named, format!("{who}: {}", message.text)))
            }
            (Direction::System, "later_held") if is_me(message.sender_id) => Some((Cause::Held, line(words.you))),
            (Direction::System, "ari_handed_over" | "ari_failed") if waits => Some((Cause::Handover, line(words.team))),
            _ => None,
        }
    }
}
