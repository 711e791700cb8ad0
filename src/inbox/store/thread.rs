//! One thread: its messages in order, and what is being written under them.

use super::{Fetching, Row};
use crate::{
    error::AppError,
    ids::MessageId,
    inbox::{later::Leaves, model::*},
};
use leptos::prelude::*;
use std::collections::VecDeque;
use uuid::Uuid;

/// One message on the screen.
#[derive(Clone)]
pub struct Entry {
    /// Stays the same when the server's message takes the place of the optimistic one.
    pub key: Uuid,
    pub view: ArcRwSignal<MessageView>,
    pub(super) seq: ArcStoredValue<i64>,
    /// Not yet confirmed by the server.
    pub(super) local: ArcStoredValue<bool>,
}

/// What is being written under a thread. Each has a draft of its own, so that what is meant for the team never stands in the box that sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writing {
    Reply,
    Note,
}

/// Something written, on its way to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    pub client_id: Uuid,
    pub text: String,
    pub writing: Writing,
    /// The message that a reply answers.
    pub quote: Option<Quote>,
    /// The event up to which the thread had been seen when it was sent.
    pub seen: i64,
    pub leaves: Leaves,
    /// By when something is to be done about a note: the value of a field for a local time, empty for nothing.
    pub due: String,
}

/// A file above the box.
#[derive(Clone)]
pub struct Attached {
    /// What the browser knows the file by, and the client id of the message it becomes: however often it is tried, it is sent once.
    pub id: Uuid,
    pub name: String,
    /// bytes
    pub size: i64,
    /// What the browser takes it for; may be empty.
    pub mime: String,
    /// Where the browser has it, if it is a picture or a sound that it can show.
    pub picture: Option<String>,
    pub going: ArcRwSignal<Going>,
    /// What it is sent with, from when it was sent.
    pub(crate) written: ArcStoredValue<Option<Outgoing>>,
}

/// How far a file above the box is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Going {
    /// Not sent yet.
    Chosen,
    /// It was sent and came back.
    Refused,
    /// Sent; others are before it.
    Queued,
    /// On its way, so many per cent.
    Sending(u8),
}

impl Attached {
    /// Whether it goes along with the next reply.
    pub fn is_chosen(&self) -> bool {
        self.going.with_untracked(|going| matches!(going, Going::Chosen | Going::Refused))
    }
}

/// A text that did not go out and went back into the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    pub written: Outgoing,
    pub error: AppError,
    /// It was under a file, or the file was all there was.
    pub with_file: bool,
}

/// An open or remembered thread.
#[derive(Clone)]
pub struct Thread {
    pub row: Row,
    pub contact: ArcRwSignal<ContactView>,
    /// The event that it is as new as.
    contact_seq: ArcStoredValue<i64>,
    pub handover: ArcRwSignal<Option<Handover>>,
    /// Where that was read.
    handover_seq: ArcStoredValue<i64>,
    pub entries: ArcRwSignal<Vec<Entry>>,
    /// How many of them, the newest, stand in the page: all but for the first moments.
    pub shown: ArcRwSignal<usize>,
    /// Whether it has been painted since it was opened. What stands in closed menus is made after that.
    pub painted: ArcRwSignal<bool>,
    pub older: ArcRwSignal<Option<ListCursor>>,
    /// It was first read from what the browser keeps, which knows nothing of drafts.
    pub kept: bool,
    pub fetching: ArcRwSignal<Fetching>,
    /// The first message that was unread when the thread was opened, and how many there were.
    pub new_from: ArcRwSignal<Option<(Uuid, usize)>>,
    /// New messages below what is being read.
    pub missed: ArcRwSignal<usize>,
    /// Whether the newest message is in view.
    pub at_end: ArcRwSignal<bool>,
    /// The event up to which the thread is known by what the server said about it, frames aside.
    pub(super) known: ArcStoredValue<i64>,
    /// The first event that brought something of others which did not come into view.
    pub(super) unseen_from: ArcStoredValue<Option<i64>>,
    /// What is being written now.
    pub writing: ArcRwSignal<Writing>,
    /// The reply that is being written.
    pub draft: ArcRwSignal<String>,
    /// The note that is being written.
    pub note: ArcRwSignal<String>,
    /// By when something is to be done about it, as [`Outgoing::due`].
    pub due: ArcRwSignal<String>,
    /// The message that the reply will quote.
    pub quoting: ArcRwSignal<Option<Quote>>,
    /// The message for which the picker of emoji is open.
    pub reacting: ArcRwSignal<Option<MessageId>>,
    pub returned: ArcRwSignal<Option<Returned>>,
    pub client_id: ArcRwSignal<Uuid>,
    /// The files above the box, those on their way included.
    pub files: ArcRwSignal<Vec<Attached>>,
    /// What was sent and waits for what was sent before it: files, and replies after them.
    pub(crate) line: ArcStoredValue<VecDeque<InLine>>,
    /// Something of the line is on its way.
    pub(crate) line_moves: ArcStoredValue<bool>,
    /// The last file that was taken back while it was on its way: it may have gone.
    pub(crate) cancelled: ArcStoredValue<Option<Outgoing>>,
}

/// One of what waits in a thread's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InLine {
    /// By its id; skipped when it is not queued any more.
    File(Uuid),
    Reply(Outgoing),
}

impl Entry {
    pub(super) fn new(view: MessageView, seq: i64) -> Self {
        Self { key: view.id.0, view: ArcRwSignal::new(view), seq: ArcStoredValue::new(seq), local: ArcStoredValue::new(false) }
    }

    pub(super) fn is(&self, other: &MessageView) -> bool {
        self.view.with_untracked(|view| view.id == other.id || (other.client_id.is_some() && view.client_id == other.client_id))
    }

    /// Takes over the server's `view` unless something newer is known. Answers whether its place may have changed.
    pub(super) fn see(&self, mut view: MessageView, seq: i64) -> bool {
        let was_local = self.local.get_value();
        let newer = seq > self.seq.get_value();
        if !was_local && seq < self.seq.get_value() {
            return false;
        }
        self.local.set_value(false);
        self.seq.update_value(|known| *known = seq.max(*known));
        let moved = self.view.with_untracked(|known| known.cursor() != view.cursor());
        self.view.with_untracked(|known| {
            if let (false, Some(before), Some(after)) = (was_local, known.status, view.status)
                && before != after
                && !may_follow(before, after, newer)
            {
                view.status = Some(before);
            }
        });
        if self.view.with_untracked(|known| *known != view) {
            self.view.set(view);
        }
        moved
    }
}

/// Statuses move forward; a failed message that is sent again starts over, and may have come far when the next is heard of it (`newer`).
fn may_follow(before: Status, after: Status, newer: bool) -> bool {
    before.may_become(after) || (before == Status::Failed && (newer || matches!(after, Status::Pending | Status::Sending)))
}

impl Thread {
    pub(super) fn new(page: ThreadPage, row: Row) -> Self {
        let unread = usize::try_from(page.conversation.unread).unwrap_or_default();
        let entries: Vec<Entry> = page.messages.into_iter().map(|view| Entry::new(view, page.seq)).collect();
        let new_from = first_unread(&entries, unread);
        Self {
            row,
            contact: ArcRwSignal::new(page.contact),
            contact_seq: ArcStoredValue::new(page.seq),
            handover: ArcRwSignal::new(page.handover),
            handover_seq: ArcStoredValue::new(page.seq),
            entries: ArcRwSignal::new(entries),
            shown: ArcRwSignal::new(usize::MAX),
            painted: ArcRwSignal::new(true),
            older: ArcRwSignal::new(page.older),
            kept: page.kept,
            fetching: ArcRwSignal::new(Fetching::Idle),
            new_from: ArcRwSignal::new(new_from),
            missed: ArcRwSignal::new(0),
            at_end: ArcRwSignal::new(true),
            known: ArcStoredValue::new(page.seq),
            unseen_from: ArcStoredValue::new(None),
            writing: ArcRwSignal::new(Writing::Reply),
            draft: ArcRwSignal::new(page.unsent_reply.unwrap_or_default()),
            note: ArcRwSignal::new(page.unsent_note.unwrap_or_default()),
            due: ArcRwSignal::new(String::new()),
            quoting: ArcRwSignal::new(None),
            reacting: ArcRwSignal::new(None),
            returned: ArcRwSignal::new(None),
            client_id: ArcRwSignal::new(page.next_client_id),
            files: ArcRwSignal::new(Vec::new()),
            line: ArcStoredValue::new(VecDeque::new()),
            line_moves: ArcStoredValue::new(false),
            cancelled: ArcStoredValue::new(None),
        }
    }

    /// Adds messages or renews known ones; answers which are new here.
    pub(super) fn see(&self, messages: Vec<MessageView>, seq: i64) -> Vec<MessageView> {
        let mut unsorted = false;
        let mut added = Vec::new();
        let known = self.entries.get_untracked();
        for message in messages {
            match known.iter().find(|entry| entry.is(&message)) {
                Some(entry) => {
                    unsorted |= entry.see(message, seq);
                    self.quote_anew(&known, &entry.view.get_untracked());
                }
                None => added.push(message),
            }
        }
        if unsorted || !added.is_empty() {
            self.entries.update(|entries| {
                entries.extend(added.iter().cloned().map(|view| Entry::new(view, seq)));
                entries.sort_by_cached_key(|entry| entry.view.with_untracked(MessageView::cursor));
            });
        }
        added
    }

    /// What quotes a message says what that says now.
    fn quote_anew(&self, entries: &[Entry], of: &MessageView) {
        if of.earlier.is_empty() && of.revoked.is_none() {
            return;
        }
        let (quote, quotable) = (of.as_quote(), of.quotable());
        let is_old = |known: &Option<Quote>| known.as_ref().is_some_and(|known| known.id == quote.id && *known != quote);
        for entry in entries.iter().filter(|entry| entry.view.with_untracked(|view| is_old(&view.quote))) {
            entry.view.update(|view| view.quote = Some(quote.clone()));
        }
        if self.quoting.with_untracked(is_old) {
            self.quoting.set(quotable.then_some(quote));
        }
    }

    /// Takes a message out of a frame; answers whether it is new here. One older than what is loaded waits for its page.
    pub(super) fn see_live(&self, message: MessageView, seq: i64) -> bool {
        let known = self.entries.with_untracked(|entries| entries.iter().any(|entry| entry.is(&message)));
        let first = self.entries.with_untracked(|entries| entries.first().map(|entry| entry.view.with_untracked(MessageView::cursor)));
        if !known && self.older.with_untracked(Option::is_some) && first.is_some_and(|first| message.cursor() < first) {
            self.quote_anew(&self.entries.get_untracked(), &message);
            return false;
        }
        !self.see(vec![message], seq).is_empty()
    }

    /// The contact as of an event, unless something newer is known.
    pub fn see_contact(&self, contact: ContactView, seq: i64) {
        if seq < self.contact_seq.get_value() {
            return;
        }
        self.contact_seq.set_value(seq);
        if self.contact.with_untracked(|known| *known != contact) {
            self.contact.set(contact);
        }
    }

    /// What a page read at `seq` says, unless something newer is known.
    pub fn see_handover(&self, card: Option<Handover>, seq: i64) {
        if seq < self.handover_seq.get_value() {
            return;
        }
        self.handover_seq.set_value(seq);
        if self.handover.with_untracked(|known| *known != card) {
            self.handover.set(card);
        }
    }

    /// Replaces what is known by a page loaded anew; messages that are still on their way out stay.
    pub(super) fn replace(&self, page: ThreadPage) {
        let kept: Vec<Entry> = self.entries.get_untracked();
        self.row.see(page.conversation, page.seq);
        self.see_contact(page.contact, page.seq);
        self.see_handover(page.handover, page.seq);
        self.older.set(page.older);
        self.knows(page.seq);
        let renewed = page.messages.into_iter().map(|view| match kept.iter().find(|entry| entry.is(&view)) {
            Some(entry) => {
                entry.see(view, page.seq);
                entry.clone()
            }
            None => Entry::new(view, page.seq),
        });
        let mut entries: Vec<Entry> = renewed.collect();
        let on_their_way = kept.iter().filter(|entry| entry.local.get_value());
        for entry in on_their_way {
            if !entries.iter().any(|present| present.key == entry.key) {
                entries.push(entry.clone());
            }
        }
        self.entries.set(entries);
    }

    pub(crate) fn forget(&self, key: Uuid) {
        self.entries.update(|entries| entries.retain(|entry| entry.key != key));
    }

    /// Whether the server is known to have what a browser called so.
    pub(crate) fn has_gone(&self, client_id: Uuid) -> bool {
        self.entries.with_untracked(|entries| {
            entries.iter().any(|entry| !entry.local.get_value() && entry.view.with_untracked(|view| view.client_id == Some(client_id)))
        })
    }

    /// Whether a message stands here that a browser called so.
    pub(crate) fn has(&self, client_id: Uuid) -> bool {
        self.entries
            .with_untracked(|entries| entries.iter().any(|entry| entry.view.with_untracked(|view| view.client_id == Some(client_id))))
    }

    /// The draft of a reply or of a note.
    pub fn draft_of(&self, writing: Writing) -> &ArcRwSignal<String> {
        match writing {
            Writing::Reply => &self.draft,
            Writing::Note => &self.note,
        }
    }

    /// The event that a loaded message is as new as.
    pub fn seq_of(&self, id: MessageId) -> Option<i64> {
        self.entries.with_untracked(|entries| {
            entries.iter().find(|entry| entry.view.with_untracked(|view| view.id == id)).map(|entry| entry.seq.get_value())
        })
    }

    /// A loaded message by its id, if a reply can quote it.
    pub fn quotable(&self, id: MessageId) -> Option<Quote> {
        self.entries.with_untracked(|entries| {
            entries.iter().find_map(|entry| entry.view.with_untracked(|view| (view.id == id && view.quotable()).then(|| view.as_quote())))
        })
    }

    /// A quote as it stands now: none of what was taken back meanwhile. What is not loaded stays as it was.
    pub fn still_there(&self, quote: Option<Quote>) -> Option<Quote> {
        let id = quote.as_ref()?.id?;
        let is_loaded = self.entries.with_untracked(|entries| entries.iter().any(|entry| entry.view.with_untracked(|view| view.id == id)));
        if is_loaded { self.quotable(id) } else { quote }
    }

    /// A loaded message by its id, if one can react to it: what WhatsApp knows.
    pub fn reactable(&self, id: MessageId) -> Option<ArcRwSignal<MessageView>> {
        let found = |entry: &&Entry| entry.view.with_untracked(|view| view.id == id && view.quotable());
        self.entries.with_untracked(|entries| entries.iter().find(found).map(|entry| entry.view.clone()))
    }

    /// What the customer said last.
    pub fn newest_inbound(&self) -> Option<Quote> {
        self.entries.with_untracked(|entries| {
            entries.iter().rev().find_map(|entry| {
                entry.view.with_untracked(|view| (view.direction == Direction::Inbound && view.quotable()).then(|| view.as_quote()))
            })
        })
    }

    pub(super) fn is_idle(&self) -> bool {
        self.draft.with_untracked(String::is_empty)
            && self.note.with_untracked(String::is_empty)
            && self.files.with_untracked(Vec::is_empty)
            && self.entries.with_untracked(|entries| !entries.iter().any(|entry| entry.local.get_value()))
    }

    /// Everything up to the event `seq` is shown.
    pub(super) fn knows(&self, seq: i64) {
        self.known.update_value(|known| *known = seq.max(*known));
        self.unseen_from.set_value(None);
    }

    /// The newest message came into view.
    pub fn reach_end(&self) {
        self.unseen_from.set_value(None);
        if self.missed.get_untracked() > 0 {
            self.missed.set(0);
        }
    }

    /// The reader goes: the divider above new messages has done its work.
    pub(super) fn leave(&self) {
        self.new_from.set(None);
        self.reach_end();
        self.at_end.set(true);
    }
}

/// The divider's place: before the last `unread` messages of the customer.
pub(super) fn first_unread(entries: &[Entry], unread: usize) -> Option<(Uuid, usize)> {
    let inbound = entries.iter().rev().filter(|entry| entry.view.with_untracked(|view| view.direction == Direction::Inbound));
    inbound.take(unread).last().map(|entry| (entry.key, unread))
}
