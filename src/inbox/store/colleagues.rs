//! Who else is here, and what is told of the person who looks.

use super::{Current, Inbox};
use crate::{
    ids::ConversationId,
    inbox::model::Here,
    time::{MINUTE, Millis},
};
use leptos::prelude::*;

/// How long somebody counts as being where they said; they say it again three times meanwhile.
const STAYS: Millis = 50_000;
/// How long somebody counts as typing, and how long after the last key one tells so.
const TYPES: Millis = 6_000;
const PAUSES: Millis = 4_000;
/// How often one tells where one is, and that one still types.
const REPEATS: Millis = MINUTE / 4;
const REPEATS_TYPING: Millis = 3_000;

/// A colleague, and when they were heard of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub here: Here,
    at: Millis,
}

/// What was told last, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Telling {
    conversation: Option<ConversationId>,
    typing: bool,
    /// Whether somebody looked at the page.
    attended: bool,
    at: Option<Millis>,
}

impl Inbox {
    /// A colleague told where they are. Answers whether they may not know where we are: they were not there before.
    pub fn see_colleague(&self, here: Here) -> bool {
        if self.is_me(Some(here.person)) {
            return false;
        }
        let now = self.now.get_untracked();
        let is_new = self.colleagues.with_untracked(|all| all.iter().all(|known| known.here.person != here.person));
        self.colleagues.update(|all| {
            all.retain(|known| known.here.person != here.person);
            all.push(Colleague { here, at: now });
            all.sort_by(|a, b| a.here.name.cmp(&b.here.name).then(a.here.person.0.cmp(&b.here.person.0)));
        });
        is_new
    }

    /// Forgets who went without a word, and who stopped typing.
    pub fn forget_colleagues(&self) {
        let now = self.now.get_untracked();
        let gone = |known: &Colleague| now - known.at > STAYS;
        let paused = |known: &Colleague| known.here.typing && now - known.at > TYPES;
        if self.colleagues.with_untracked(|all| all.iter().any(|known| gone(known) || paused(known))) {
            self.colleagues.update(|all| {
                all.retain(|known| !gone(known));
                for known in all.iter_mut().filter(|known| paused(known)) {
                    known.here.typing = false;
                }
            });
        }
    }

    /// The names of those who look at a conversation, or who write in it.
    pub fn names_at(&self, id: ConversationId, typing: bool) -> Vec<String> {
        self.colleagues.with(|all| {
            let there = all.iter().filter(|known| known.here.conversation == Some(id) && (known.here.typing || !typing));
            there.map(|known| known.here.name.clone()).collect()
        })
    }

    /// A key was pressed in a box of this conversation.
    pub fn types(&self, id: ConversationId) {
        let now = self.now.get_untracked();
        // Each second is enough, as the clock goes.
        if self.typed.get_untracked() != Some((id, now)) {
            self.typed.set(Some((id, now)));
        }
    }

    /// What is to be told now, if anything. Follows what is open, what is typed and the clock.
    pub fn telling(&self, attended: bool, told: &Telling) -> Option<Telling> {
        let now = self.now.get();
        let open = self.current.with(|current| match current {
            Current::Open(thread) => Some(thread.row.id),
            _ => None,
        });
        let conversation = open.filter(|_| attended);
        let typing = conversation.is_some() && self.typed.get().is_some_and(|(id, at)| Some(id) == conversation && now - at < PAUSES);
        let repeats = if typing { REPEATS_TYPING } else { REPEATS };
        let moved = told.conversation != conversation || told.typing != typing || told.attended != attended;
        let due = match told.at {
            None => attended,
            Some(at) => moved || (attended && now - at >= repeats),
        };
        due.then_some(Telling { conversation, typing, attended, at: Some(now) })
    }
}

impl Telling {
    pub fn is_attended(&self) -> bool {
        self.attended
    }

    pub fn place(&self) -> (Option<ConversationId>, bool) {
        (self.conversation, self.typing)
    }
}
