//! What the inbox's screen knows: filled by the server's page, patched by live frames, never polled.
//!
//! Frames arrive in order and each once, but answers to our own requests race with them. Every view therefore remembers the event it is
//! as new as, and an older one never overwrites a newer one; message statuses besides only move forward. The signals are `Arc` signals:
//! they are made in event handlers and must outlive the row that made them.

use super::model::*;
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId},
    live::feed::Connection,
    time::{LocalTime, MINUTE, Millis},
    ui::{browser, toast::Toasts},
    words::{self, Words},
};
use leptos::prelude::*;
use std::collections::VecDeque;
use uuid::Uuid;

/// Threads kept in memory, so that going back to one paints at once.
const KEPT_THREADS: usize = 24;
/// Frames kept for answers that were read before them and arrive after them.
const KEPT_FRAMES: usize = 256;

/// A conversation wherever it is shown.
#[derive(Clone)]
pub struct Row {
    pub id: ConversationId,
    pub view: ArcRwSignal<ConversationView>,
    /// The event that `view` is as new as.
    seq: ArcStoredValue<i64>,
}

/// One message on the screen.
#[derive(Clone)]
pub struct Entry {
    /// Stays the same when the server's message takes the place of the optimistic one.
    pub key: Uuid,
    pub view: ArcRwSignal<MessageView>,
    seq: ArcStoredValue<i64>,
    /// Not yet confirmed by the server.
    local: ArcStoredValue<bool>,
}

/// Whether something is being fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetching {
    Idle,
    Busy,
    Failed(AppError),
}

/// A text that did not go out and went back into the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returned {
    pub client_id: Uuid,
    pub text: String,
    pub error: AppError,
}

/// An open or remembered thread.
#[derive(Clone)]
pub struct Thread {
    pub row: Row,
    pub contact: ArcRwSignal<ContactView>,
    pub entries: ArcRwSignal<Vec<Entry>>,
    pub older: ArcRwSignal<Option<ListCursor>>,
    pub fetching: ArcRwSignal<Fetching>,
    /// The first message that was unread when the thread was opened, and how many there were.
    pub new_from: ArcRwSignal<Option<(Uuid, usize)>>,
    /// New messages below what is being read.
    pub missed: ArcRwSignal<usize>,
    /// Whether the newest message is in view.
    pub at_end: ArcRwSignal<bool>,
    pub draft: ArcRwSignal<String>,
    pub returned: ArcRwSignal<Option<Returned>>,
    pub client_id: ArcRwSignal<Uuid>,
}

/// What the middle of the screen shows.
#[derive(Clone)]
pub enum Current {
    Nothing,
    Loading(ConversationId),
    Failed(ConversationId, AppError),
    Open(Thread),
}

impl Current {
    /// Changes when the pane must be made anew.
    pub fn key(&self) -> (u8, Uuid) {
        match self {
            Self::Nothing => (0, Uuid::nil()),
            Self::Loading(id) => (1, id.0),
            Self::Failed(id, _) => (2, id.0),
            Self::Open(thread) => (3, thread.row.id.0),
        }
    }

    pub fn id(&self) -> Option<ConversationId> {
        match self {
            Self::Nothing => None,
            Self::Loading(id) | Self::Failed(id, _) => Some(*id),
            Self::Open(thread) => Some(thread.row.id),
        }
    }
}

/// The inbox of one workspace.
#[derive(Clone, Copy)]
pub struct Inbox {
    pub viewer: StoredValue<Viewer>,
    pub words: &'static Words,
    /// The server's time, moving each second in the browser.
    pub now: RwSignal<Millis>,
    /// The day it is in the workspace.
    pub today: Memo<LocalTime>,
    pub rows: RwSignal<Vec<Row>>,
    /// Where the list continues.
    pub next: RwSignal<Option<ListCursor>>,
    pub fetching: RwSignal<Fetching>,
    pub unread: RwSignal<i64>,
    pub current: RwSignal<Current>,
    pub connection: RwSignal<Connection>,
    /// Sends that wait for a connection.
    pub waiting: RwSignal<usize>,
    /// Read out by screen readers: who wrote what.
    pub announcement: RwSignal<String>,
    pub toasts: Toasts,
    /// The event up to which the list and the unread total are known.
    list_seq: StoredValue<i64>,
    /// The event after which the page's stream begins.
    pub starts_after: i64,
    recent: StoredValue<VecDeque<LiveFrame>>,
    /// The list begins below this row when a later page was asked for.
    starts_below: StoredValue<Option<ListCursor>>,
    threads: StoredValue<Vec<Thread>>,
}

impl Row {
    fn new(view: ConversationView, seq: i64) -> Self {
        Self { id: view.id, view: ArcRwSignal::new(view), seq: ArcStoredValue::new(seq) }
    }

    fn cursor(&self) -> ListCursor {
        self.view.with_untracked(ConversationView::cursor)
    }

    /// Takes over `view` unless something newer is known.
    fn see(&self, view: ConversationView, seq: i64) {
        if seq < self.seq.get_value() {
            return;
        }
        self.seq.set_value(seq);
        if self.view.with_untracked(|known| *known != view) {
            self.view.set(view);
        }
    }
}

impl Entry {
    fn new(view: MessageView, seq: i64) -> Self {
        Self { key: view.id.0, view: ArcRwSignal::new(view), seq: ArcStoredValue::new(seq), local: ArcStoredValue::new(false) }
    }

    fn is(&self, other: &MessageView) -> bool {
        self.view.with_untracked(|view| view.id == other.id || (other.client_id.is_some() && view.client_id == other.client_id))
    }

    /// Takes over the server's `view` unless something newer is known. Answers whether its place may have changed.
    fn see(&self, mut view: MessageView, seq: i64) -> bool {
        let was_local = self.local.get_value();
        if !was_local && seq < self.seq.get_value() {
            return false;
        }
        self.local.set_value(false);
        self.seq.update_value(|known| *known = seq.max(*known));
        let moved = self.view.with_untracked(|known| known.cursor() != view.cursor());
        self.view.with_untracked(|known| {
            if let (false, Some(before), Some(after)) = (was_local, known.status, view.status)
                && before != after
                && !may_follow(before, after)
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

/// Statuses move forward; a failed message that is sent again starts over.
fn may_follow(before: Status, after: Status) -> bool {
    before.may_become(after) || (before == Status::Failed && matches!(after, Status::Pending | Status::Sending))
}

impl Thread {
    fn new(page: ThreadPage, row: Row) -> Self {
        let unread = usize::try_from(page.conversation.unread).unwrap_or_default();
        let entries: Vec<Entry> = page.messages.into_iter().map(|view| Entry::new(view, page.seq)).collect();
        let new_from = first_unread(&entries, unread);
        Self {
            row,
            contact: ArcRwSignal::new(page.contact),
            entries: ArcRwSignal::new(entries),
            older: ArcRwSignal::new(page.older),
            fetching: ArcRwSignal::new(Fetching::Idle),
            new_from: ArcRwSignal::new(new_from),
            missed: ArcRwSignal::new(0),
            at_end: ArcRwSignal::new(true),
            draft: ArcRwSignal::new(String::new()),
            returned: ArcRwSignal::new(None),
            client_id: ArcRwSignal::new(page.next_client_id),
        }
    }

    /// Adds messages or renews known ones; answers which are new here.
    fn see(&self, messages: Vec<MessageView>, seq: i64) -> Vec<MessageView> {
        let mut unsorted = false;
        let mut added = Vec::new();
        let known = self.entries.get_untracked();
        for message in messages {
            match known.iter().find(|entry| entry.is(&message)) {
                Some(entry) => unsorted |= entry.see(message, seq),
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

    /// Takes a message out of a frame; answers whether it is new here. One older than what is loaded waits for its page.
    fn see_live(&self, message: MessageView, seq: i64) -> bool {
        let known = self.entries.with_untracked(|entries| entries.iter().any(|entry| entry.is(&message)));
        let first = self.entries.with_untracked(|entries| entries.first().map(|entry| entry.view.with_untracked(MessageView::cursor)));
        if !known && self.older.with_untracked(Option::is_some) && first.is_some_and(|first| message.cursor() < first) {
            return false;
        }
        !self.see(vec![message], seq).is_empty()
    }

    /// Replaces what is known by a page loaded anew; messages that are still on their way out stay.
    fn replace(&self, page: ThreadPage) {
        let kept: Vec<Entry> = self.entries.get_untracked();
        self.row.see(page.conversation, page.seq);
        self.contact.set(page.contact);
        self.older.set(page.older);
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

    fn forget(&self, key: Uuid) {
        self.entries.update(|entries| entries.retain(|entry| entry.key != key));
    }

    fn is_idle(&self) -> bool {
        self.draft.with_untracked(String::is_empty)
            && self.entries.with_untracked(|entries| !entries.iter().any(|entry| entry.local.get_value()))
    }

    /// The reader goes: the divider above new messages has done its work.
    fn leave(&self) {
        self.new_from.set(None);
        self.missed.set(0);
        self.at_end.set(true);
    }
}

/// The divider's place: before the last `unread` messages of the customer.
fn first_unread(entries: &[Entry], unread: usize) -> Option<(Uuid, usize)> {
    let inbound = entries.iter().rev().filter(|entry| entry.view.with_untracked(|view| view.direction == Direction::Inbound));
    inbound.take(unread).last().map(|entry| (entry.key, unread))
}

impl Inbox {
    /// Makes the store out of what the server's page was made of; both halves do this with the same values.
    pub fn new(
        viewer: Viewer,
        page: ConversationPage,
        starts_below: Option<ListCursor>,
        opened: Option<(ConversationId, Result<ThreadPage, AppError>)>,
        words: &'static Words,
    ) -> Self {
        let now = RwSignal::new(viewer.now);
        let offset = viewer.offset_minutes;
        let rows: Vec<Row> = page.rows.into_iter().map(|view| Row::new(view, page.seq)).collect();
        let inbox = Self {
            viewer: StoredValue::new(viewer),
            words,
            now,
            today: Memo::new(move |_| {
                let local = words::local(now.get(), offset);
                LocalTime { hour: 0, minute: 0, ..local }
            }),
            rows: RwSignal::new(rows),
            next: RwSignal::new(page.next),
            fetching: RwSignal::new(Fetching::Idle),
            unread: RwSignal::new(page.unread_total),
            current: RwSignal::new(Current::Nothing),
            connection: RwSignal::new(Connection::Connecting),
            waiting: RwSignal::new(0),
            announcement: RwSignal::new(String::new()),
            toasts: Toasts::new(),
            list_seq: StoredValue::new(page.seq),
            starts_after: match &opened {
                Some((_, Ok(thread))) => page.seq.min(thread.seq),
                _ => page.seq,
            },
            recent: StoredValue::new(VecDeque::new()),
            starts_below: StoredValue::new(starts_below),
            threads: StoredValue::new(Vec::new()),
        };
        match opened {
            None => {}
            Some((id, Err(error))) => inbox.current.set(Current::Failed(id, error)),
            Some((_, Ok(page))) => {
                let thread = inbox.remember(page);
                inbox.current.set(Current::Open(thread));
            }
        }
        inbox
    }

    pub fn slug(&self) -> String {
        self.viewer.with_value(|viewer| viewer.workspace_slug.clone())
    }

    pub fn offset(&self) -> i32 {
        self.viewer.with_value(|viewer| viewer.offset_minutes)
    }

    /// `at` in the workspace's zone.
    pub fn local(&self, at: Millis) -> LocalTime {
        words::local(at, self.offset())
    }

    /// Whether `person` is the one who looks.
    pub fn is_me(&self, person: Option<crate::ids::PersonId>) -> bool {
        person.is_some() && self.viewer.with_value(|viewer| person == Some(viewer.person.id))
    }

    /// The row of a conversation: the list's, else that of a remembered thread.
    fn row(&self, id: ConversationId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).cloned()).or_else(|| self.thread(id).map(|thread| thread.row))
    }

    /// A remembered thread.
    pub fn thread(&self, id: ConversationId) -> Option<Thread> {
        self.threads.with_value(|threads| threads.iter().find(|thread| thread.row.id == id).cloned())
    }

    /// The row with a view as new as `seq`, made if need be. The list is left alone.
    fn see_conversation(&self, view: ConversationView, seq: i64) -> Row {
        match self.row(view.id) {
            Some(row) => {
                row.see(view, seq);
                row
            }
            None => {
                let row = Row::new(view, seq);
                for frame in self.recent_about(row.id, seq) {
                    if let Some(view) = frame.conversation {
                        row.see(view, frame.seq);
                    }
                }
                row
            }
        }
    }

    /// Kept frames about a conversation that are newer than what was read at `seq`.
    fn recent_about(&self, id: ConversationId, seq: i64) -> Vec<LiveFrame> {
        let about = |frame: &&LiveFrame| {
            let message = frame.message.as_ref().map(|message| message.conversation_id);
            let conversation = frame.conversation.as_ref().map(|conversation| conversation.id);
            frame.seq > seq && [message, conversation, frame.gone].contains(&Some(id))
        };
        self.recent.with_value(|recent| recent.iter().filter(about).cloned().collect())
    }

    /// Remembers a loaded thread, forgetting the one that was opened longest ago.
    fn remember(&self, page: ThreadPage) -> Thread {
        let (id, seq) = (page.conversation.id, page.seq);
        let row = self.see_conversation(page.conversation.clone(), seq);
        let thread = Thread::new(page, row);
        for frame in self.recent_about(id, seq) {
            if let Some(message) = frame.message {
                thread.see_live(message, frame.seq);
            }
        }
        self.threads.update_value(|threads| {
            if threads.len() >= KEPT_THREADS
                && let Some(oldest) = threads.iter().position(Thread::is_idle)
            {
                threads.remove(oldest);
            }
            threads.push(thread.clone());
        });
        thread
    }

    /// Shows another conversation: at once when it is remembered. Answers whether it must be fetched (again).
    pub fn open(&self, id: Option<ConversationId>) -> bool {
        if self.current.with_untracked(|current| current.id() == id && !matches!(current, Current::Failed(..))) {
            return false;
        }
        self.current.with_untracked(|current| {
            if let Current::Open(thread) = current {
                thread.leave();
            }
        });
        let Some(id) = id else {
            self.current.set(Current::Nothing);
            return false;
        };
        match self.thread(id) {
            Some(thread) => {
                let unread = thread.row.view.with_untracked(|view| usize::try_from(view.unread).unwrap_or_default());
                thread.new_from.set(thread.entries.with_untracked(|entries| first_unread(entries, unread)));
                self.current.set(Current::Open(thread));
            }
            None => self.current.set(Current::Loading(id)),
        }
        true
    }

    /// A thread was fetched for the conversation that may still be open.
    pub fn loaded(&self, id: ConversationId, page: Result<ThreadPage, AppError>) {
        let still_open = self.current.with_untracked(|current| current.id() == Some(id));
        match (self.thread(id), page) {
            (Some(thread), Ok(page)) => {
                thread.row.see(page.conversation, page.seq);
                thread.contact.set(page.contact);
                thread.see(page.messages, page.seq);
            }
            (None, Ok(page)) => {
                let thread = self.remember(page);
                if still_open {
                    self.current.set(Current::Open(thread));
                }
            }
            (Some(_), Err(AppError::NotFound | AppError::Forbidden(_))) => self.lose(id),
            // What is remembered stays readable; the connection indicator tells the rest.
            (Some(_), Err(_)) => {}
            (None, Err(error)) if still_open => self.current.set(Current::Failed(id, error)),
            (None, Err(_)) => {}
        }
    }

    /// Older messages arrived.
    pub fn prepend(&self, thread: &Thread, page: ThreadPage) {
        thread.see(page.messages, page.seq);
        thread.older.set(page.older);
    }

    /// More rows of the list arrived.
    pub fn extend(&self, page: ConversationPage) {
        self.next.set(page.next);
        let seq = page.seq;
        for view in page.rows {
            let row = self.see_conversation(view, seq);
            self.place(row, true);
        }
    }

    /// The list was loaded anew: it is exactly this now. Threads are forgotten but the open one.
    pub fn replace(&self, page: ConversationPage) {
        let seq = page.seq;
        let rows = page.rows.into_iter().map(|view| self.see_conversation(view, seq)).collect();
        self.rows.set(rows);
        self.next.set(page.next);
        self.unread.set(page.unread_total);
        self.list_seq.set_value(seq);
        self.starts_below.set_value(None);
        let open = self.current.with_untracked(Current::id);
        self.threads.update_value(|threads| threads.retain(|thread| Some(thread.row.id) == open || !thread.is_idle()));
    }

    /// The open thread was loaded anew.
    pub fn replace_thread(&self, page: ThreadPage) {
        if let Some(thread) = self.thread(page.conversation.id) {
            thread.replace(page);
        }
    }

    /// Applies a committed change. `attended`: somebody is looking at the page.
    pub fn apply(&self, frame: LiveFrame, attended: bool) {
        let seq = frame.seq;
        if seq > self.list_seq.get_value() {
            self.list_seq.set_value(seq);
            if frame.unread_delta != 0 {
                self.unread.update(|unread| *unread = (*unread + i64::from(frame.unread_delta)).max(0));
            }
        }
        self.recent.update_value(|recent| {
            if recent.len() == KEPT_FRAMES {
                recent.pop_front();
            }
            recent.push_back(frame.clone());
        });
        if let Some(id) = frame.gone {
            self.lose(id);
        }
        if let Some(view) = frame.conversation {
            let row = self.see_conversation(view, seq);
            self.place(row, false);
        }
        if let Some(message) = frame.message {
            self.see_message(message, seq, attended);
        }
    }

    fn see_message(&self, message: MessageView, seq: i64, attended: bool) {
        let Some(thread) = self.thread(message.conversation_id) else { return };
        let inbound = message.direction == Direction::Inbound;
        let key = message.id.0;
        let text = self.words.spoken(&message);
        if let Some(client_id) = message.client_id {
            self.arrived_after_all(&thread, client_id);
        }
        if !thread.see_live(message, seq) || !inbound {
            return;
        }
        let open = self.current.with_untracked(|current| matches!(current, Current::Open(open) if open.row.id == thread.row.id));
        let at_end = thread.at_end.get_untracked();
        if open && !at_end {
            thread.missed.update(|missed| *missed += 1);
        }
        if open && (!attended || !at_end) {
            thread.new_from.update(|new_from| match new_from {
                Some((_, count)) => *count += 1,
                None => *new_from = Some((key, 1)),
            });
        }
        if open {
            let name = thread.row.view.with_untracked(|view| view.name.clone());
            self.announcement.set((self.words.says)(words::first_word(&name), &text));
        }
    }

    /// A text that we believed lost was sent: it must not stand in the box as well.
    fn arrived_after_all(&self, thread: &Thread, client_id: Uuid) {
        let Some(returned) = thread.returned.get_untracked().filter(|returned| returned.client_id == client_id) else { return };
        thread.returned.set(None);
        if thread.draft.with_untracked(|draft| *draft == returned.text) {
            thread.draft.set(String::new());
            thread.client_id.set(browser::fresh_id());
        }
    }

    /// A conversation left this person's sight.
    fn lose(&self, id: ConversationId) {
        if self.rows.with_untracked(|rows| rows.iter().any(|row| row.id == id)) {
            self.rows.update(|rows| rows.retain(|row| row.id != id));
        }
        self.threads.update_value(|threads| threads.retain(|thread| thread.row.id != id));
        if self.current.with_untracked(|current| current.id() == Some(id)) {
            self.current.set(Current::Failed(id, AppError::NotFound));
        }
    }

    /// Puts a row where it belongs. One that lies beyond the loaded rows is left out unless it was loaded for its place.
    fn place(&self, row: Row, loaded: bool) {
        let cursor = row.cursor();
        let (at, in_place) = self.rows.with_untracked(|rows| {
            let at = rows.iter().position(|known| known.id == row.id);
            let in_place = at.is_some_and(|at| {
                (at == 0 || rows[at - 1].cursor() > cursor) && rows.get(at + 1).is_none_or(|below| below.cursor() < cursor)
            });
            (at, in_place)
        });
        if in_place {
            return;
        }
        let above = self.starts_below.get_value().is_some_and(|start| cursor >= start);
        let beyond = !loaded
            && self.next.get_untracked().is_some()
            && self.rows.with_untracked(|rows| {
                rows.iter().filter(|known| known.id != row.id).next_back().is_none_or(|last| cursor < last.cursor())
            });
        self.rows.update(|rows| {
            if let Some(at) = at {
                rows.remove(at);
            }
            if !above && !beyond {
                let place = rows.partition_point(|known| known.cursor() > cursor);
                rows.insert(place, row);
            }
        });
    }

    /// Shows a reply before the server has it.
    pub fn add_local(&self, thread: &Thread, client_id: Uuid, text: String) {
        let viewer = self.viewer.get_value();
        let newest = thread.entries.with_untracked(|entries| entries.last().map_or(0, |entry| entry.view.with_untracked(|view| view.at)));
        let view = MessageView {
            id: MessageId(client_id),
            conversation_id: thread.row.id,
            client_id: Some(client_id),
            direction: Direction::Outbound,
            sender: Sender::Teammate,
            sender_id: Some(viewer.person.id),
            sender_name: Some(viewer.person.name),
            kind: "text".into(),
            text,
            detail: None,
            media: None,
            quote: None,
            reactions: Vec::new(),
            at: self.now.get_untracked().max(newest + 1),
            status: Some(Status::Pending),
            failure: None,
        };
        let entry = Entry { key: client_id, view: ArcRwSignal::new(view), seq: ArcStoredValue::new(-1), local: ArcStoredValue::new(true) };
        thread.entries.update(|entries| entries.push(entry));
    }

    /// The server has the reply. A frame that said so earlier is newer.
    pub fn confirm(&self, thread: &Thread, message: MessageView) {
        let known =
            thread.entries.with_untracked(|entries| entries.iter().find(|entry| entry.is(&message)).map(|entry| entry.seq.get_value()));
        thread.see(vec![message], known.unwrap_or(-1));
    }

    /// A reply did not go out: its bubble goes and its text returns to where it was written, unless something new stands there.
    pub fn give_back(&self, thread: &Thread, returned: Returned) {
        // A frame may have said meanwhile that it did go out.
        let confirmed = thread.entries.with_untracked(|entries| {
            entries
                .iter()
                .any(|entry| !entry.local.get_value() && entry.view.with_untracked(|view| view.client_id == Some(returned.client_id)))
        });
        if confirmed {
            return;
        }
        thread.forget(returned.client_id);
        thread.draft.update(|draft| match draft.is_empty() {
            true => draft.clone_from(&returned.text),
            false => *draft = format!("{}\n{draft}", returned.text),
        });
        let open = self.current.with_untracked(|current| current.id() == Some(thread.row.id));
        if !open {
            let name = thread.row.view.with_untracked(|view| view.name.clone());
            self.toasts.failed((self.words.not_sent_to)(&name, &self.words.error(&returned.error)));
        }
        thread.returned.set(Some(returned));
    }

    /// What the answer to a request says about a conversation, unless a frame spoke since the request (`asked_at` of [`Self::seq_of`]).
    pub fn answer(&self, view: ConversationView, asked_at: i64) {
        if let Some(row) = self.row(view.id)
            && row.seq.get_value() == asked_at
        {
            row.see(view, asked_at);
        }
    }

    /// The event that a row is as new as.
    pub fn seq_of(&self, row: &Row) -> i64 {
        row.seq.get_value()
    }

    /// What is left of a window, in whole minutes, following the clock.
    pub fn minutes_left(&self, closes: Option<Millis>) -> Option<i64> {
        let left = closes? - self.now.get();
        (left > 0).then(|| (left + MINUTE - 1) / MINUTE)
    }
}
