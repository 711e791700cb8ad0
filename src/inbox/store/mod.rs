//! What the inbox's screen knows: filled by the server's page, patched by live frames, never polled.
//!
//! Frames arrive in order and each once, but answers to our own requests race with them. Every view therefore remembers the event it is
//! as new as, and an older one never overwrites a newer one; message statuses besides only move forward. The signals are `Arc` signals:
//! they are made in event handlers and must outlive the row that made them.

mod colleagues;
mod live;
mod thread;

#[cfg(test)]
mod tests;

pub use colleagues::{Colleague, Telling};
pub use thread::{Attached, Entry, Going, InLine, Outgoing, Returned, Thread, Writing};

use super::{
    labels::Labels,
    list_view::{self, ListView, Totals},
    model::*,
};
use crate::{
    error::AppError,
    ids::{ConversationId, PersonId},
    live::feed::Connection,
    time::{LocalTime, MINUTE, Millis},
    ui::toast::Toasts,
    words::{self, Words},
};
use leptos::prelude::*;
use std::collections::{HashMap, VecDeque};
use uuid::Uuid;

/// Threads kept in memory, so that going back to one paints at once.
const KEPT_THREADS: usize = 24;

/// A conversation wherever it is shown.
#[derive(Clone)]
pub struct Row {
    pub id: ConversationId,
    pub view: ArcRwSignal<ConversationView>,
    /// Whether it is the one in the middle. Each row has its own, so that of ten thousand only two hear that another one is opened.
    pub chosen: ArcRwSignal<bool>,
    /// The event that `view` is as new as.
    seq: ArcStoredValue<i64>,
}

/// Whether something is being fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fetching {
    Idle,
    Busy,
    Failed(AppError),
}

/// What the middle of the screen shows.
// There is one at a time; boxing the open thread would only add a step to every read.
#[allow(clippy::large_enum_variant)]
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

/// What decides in which totals a conversation is: its assignee, whether it is active; and in which named views: whether the customer waits.
type Counted = (Option<PersonId>, bool, bool);

fn counted(view: &ConversationView) -> Counted {
    (view.assignee.as_ref().map(|person| person.id), list_view::is_active(view), view.waiting_since.is_some())
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
    /// What the list shows.
    pub view: RwSignal<ListView>,
    pub rows: RwSignal<Vec<Row>>,
    /// What it filters, in words, where it does.
    pub filter: RwSignal<Option<String>>,
    /// What stages and tags there are.
    pub labels: RwSignal<Labels>,
    /// The event that they are as new as.
    labels_seq: StoredValue<i64>,
    /// Another list was chosen and is on its way.
    pub switching: RwSignal<bool>,
    /// How many active conversations each view has.
    pub totals: RwSignal<Totals>,
    /// Goes up when something happened that the totals may not know.
    pub recount: RwSignal<u32>,
    /// Where the list continues.
    pub next: RwSignal<Option<ListCursor>>,
    pub fetching: RwSignal<Fetching>,
    pub unread: RwSignal<i64>,
    pub current: RwSignal<Current>,
    pub connection: RwSignal<Connection>,
    /// Until when a page that was kept in the browser knew what happened, by the server's clock; 0 for one that the server made just now.
    pub kept_until: RwSignal<Millis>,
    /// Threads that were read from what was kept, and may lack something: they are loaded anew where there is a connection.
    pub(crate) behind: StoredValue<Vec<ConversationId>>,
    /// Whether they will be asked for again in a while.
    pub(crate) behind_waits: StoredValue<bool>,
    /// What macros were asked for under, by conversation and macro, until it is known what became of it.
    pub(crate) macro_ids: StoredValue<HashMap<(ConversationId, Uuid), Uuid>>,
    /// Sends that wait for a connection.
    pub waiting: RwSignal<usize>,
    /// What pages that are gone left on its way to conversations that are not open here, in order; and what of it is being sent.
    pub(crate) left: StoredValue<VecDeque<(ConversationId, Outgoing)>>,
    pub(crate) left_moves: StoredValue<Option<(ConversationId, Outgoing)>>,
    /// Read out by screen readers: who wrote what.
    pub announcement: RwSignal<String>,
    /// Whether what is sent from this browser waits for a moment in which it can be undone.
    pub undoes: RwSignal<bool>,
    pub toasts: Toasts,
    /// Conversations with something unsent in this browser.
    pub drafts: RwSignal<Vec<ConversationId>>,
    /// Who else is here.
    pub colleagues: RwSignal<Vec<Colleague>>,
    /// When something was typed last, and where.
    pub typed: RwSignal<Option<(ConversationId, Millis)>>,
    /// The texts kept ready; none before somebody asked for them.
    pub quick_replies: RwSignal<Option<Vec<QuickReply>>>,
    /// The event up to which the list and the unread total are known.
    list_seq: StoredValue<i64>,
    /// The event as of which the unread total was counted last; what frames say of later ones is added.
    unread_seq: StoredValue<i64>,
    /// The event after which the page's stream begins.
    pub starts_after: i64,
    recent: StoredValue<VecDeque<LiveFrame>>,
    /// The event as of which everything was last loaded. Answers older than that are of no use: what happened in between was not heard.
    heard_from: StoredValue<i64>,
    /// What the totals count a conversation as, for those that were seen.
    counted: StoredValue<HashMap<ConversationId, Counted>>,
    /// The list begins below this row when a later page was asked for.
    starts_below: StoredValue<Option<ListCursor>>,
    threads: StoredValue<Vec<Thread>>,
}

impl Row {
    fn new(view: ConversationView, seq: i64) -> Self {
        Self { id: view.id, view: ArcRwSignal::new(view), chosen: ArcRwSignal::new(false), seq: ArcStoredValue::new(seq) }
    }

    /// Where it stands in a list.
    fn place_in(&self, list: &ListView) -> ListCursor {
        self.view.with_untracked(|view| list.place(view))
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

fn page_counts(rows: &[Row]) -> HashMap<ConversationId, Counted> {
    rows.iter().map(|row| (row.id, row.view.with_untracked(counted))).collect()
}

impl Inbox {
    /// Makes the store out of what the server's page was made of; both halves do this with the same values.
    pub fn new(
        viewer: Viewer,
        view: ListView,
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
            view: RwSignal::new(view),
            filter: RwSignal::new(page.filter),
            labels: RwSignal::new(page.labels.unwrap_or_default()),
            labels_seq: StoredValue::new(page.seq),
            counted: StoredValue::new(page_counts(&rows)),
            rows: RwSignal::new(rows),
            switching: RwSignal::new(false),
            totals: RwSignal::new(page.totals),
            recount: RwSignal::new(0),
            heard_from: StoredValue::new(page.seq),
            next: RwSignal::new(page.next),
            fetching: RwSignal::new(Fetching::Idle),
            unread: RwSignal::new(page.unread_total),
            current: RwSignal::new(Current::Nothing),
            connection: RwSignal::new(Connection::Connecting),
            kept_until: RwSignal::new(0),
            behind: StoredValue::new(Vec::new()),
            behind_waits: StoredValue::new(false),
            macro_ids: StoredValue::new(HashMap::new()),
            waiting: RwSignal::new(0),
            left: StoredValue::new(VecDeque::new()),
            left_moves: StoredValue::new(None),
            announcement: RwSignal::new(String::new()),
            undoes: RwSignal::new(false),
            toasts: Toasts::new(),
            drafts: RwSignal::new(Vec::new()),
            colleagues: RwSignal::new(Vec::new()),
            typed: RwSignal::new(None),
            quick_replies: RwSignal::new(None),
            list_seq: StoredValue::new(page.seq),
            unread_seq: StoredValue::new(page.seq),
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

    /// The address of the list or a conversation, with the list that is chosen. Follows it.
    pub fn address(&self, conversation: Option<ConversationId>, more: &str) -> String {
        let path = match conversation {
            None => format!("/{}/inbox", self.slug()),
            Some(id) => format!("/{}/inbox/{id}", self.slug()),
        };
        self.view.get().address(&path, more)
    }

    /// Who looks.
    pub fn me(&self) -> PersonId {
        self.viewer.with_value(|viewer| viewer.person.id)
    }

    /// Whether whoever looks may answer customers.
    pub fn may_reply(&self) -> bool {
        self.viewer.with_value(|viewer| viewer.may_reply)
    }

    pub fn offset(&self) -> i32 {
        self.viewer.with_value(|viewer| viewer.offset_minutes)
    }

    /// `at` in the workspace's zone.
    pub fn local(&self, at: Millis) -> LocalTime {
        words::local(at, self.offset())
    }

    /// Whether a note names the one who looks.
    pub fn names_me(&self, message: &MessageView) -> bool {
        self.viewer.with_value(|viewer| message.mentions.contains(&viewer.person.name))
    }

    /// Whether `person` is the one who looks.
    pub fn is_me(&self, person: Option<PersonId>) -> bool {
        person.is_some() && self.viewer.with_value(|viewer| person == Some(viewer.person.id))
    }

    /// The row of a conversation: the list's, else that of a remembered thread.
    fn row(&self, id: ConversationId) -> Option<Row> {
        self.rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).cloned()).or_else(|| self.thread(id).map(|thread| thread.row))
    }

    /// Tells a conversation's row whether it is the one in the middle.
    pub fn choose_row(&self, id: ConversationId, chosen: bool) {
        if let Some(row) = self.row(id)
            && row.chosen.get_untracked() != chosen
        {
            row.chosen.set(chosen);
        }
    }

    /// What the customer of a conversation is called, where it is known.
    pub fn name_of(&self, id: ConversationId) -> Option<String> {
        self.row(id).map(|row| row.view.with_untracked(|view| view.name.clone()))
    }

    /// A remembered thread.
    pub fn thread(&self, id: ConversationId) -> Option<Thread> {
        self.threads.with_value(|threads| threads.iter().find(|thread| thread.row.id == id).cloned())
    }

    /// The row with a view as new as `seq`, made if need be. The list is left alone.
    fn see_conversation(&self, mut view: ConversationView, seq: i64) -> Row {
        self.strip_old(&mut view, seq);
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

    /// Takes out of a row as of an event what was deleted since.
    fn strip_old(&self, view: &mut ConversationView, seq: i64) {
        if seq < self.labels_seq.get_value() {
            self.labels.with_untracked(|labels| labels.strip(view));
        }
    }

    /// Remembers a loaded thread, forgetting the one that was opened longest ago.
    fn remember(&self, page: ThreadPage) -> Thread {
        let (id, seq) = (page.conversation.id, page.seq);
        let row = self.see_conversation(page.conversation.clone(), seq);
        self.place(row.clone(), false);
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

    /// What is left of a window, in whole minutes, following the clock.
    pub fn minutes_left(&self, closes: Option<Millis>) -> Option<i64> {
        let left = closes? - self.now.get();
        (left > 0).then(|| (left + MINUTE - 1) / MINUTE)
    }

    /// The event that a row is as new as.
    pub fn seq_of(&self, row: &Row) -> i64 {
        row.seq.get_value()
    }
}
