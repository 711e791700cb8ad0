//! What changes the store: addresses opened, answers to requests, frames of the stream, replies on their way.

use super::{Counted, Current, Entry, Fetching, Inbox, Outgoing, Returned, Row, Thread, Writing, counted, thread::first_unread};
use crate::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::{
        filter::Asker,
        labels::{CONTACT_CHANGED, Labels},
        list_view::{ListView, Totals},
        model::*,
    },
    ui::browser,
    words,
};
use leptos::prelude::*;
use uuid::Uuid;

/// Frames kept for answers that were read before them and arrive after them.
const KEPT_FRAMES: usize = 256;
/// Conversations of which is remembered what they count as.
const KEPT_COUNTS: usize = 10_000;

impl Inbox {
    /// Kept frames about a conversation that are newer than what was read at `seq`.
    pub(in crate::inbox) fn recent_about(&self, id: ConversationId, seq: i64) -> Vec<LiveFrame> {
        let about = |frame: &&LiveFrame| {
            let message = frame.message.as_ref().map(|message| message.conversation_id);
            let conversation = frame.conversation.as_ref().map(|conversation| conversation.id);
            frame.seq > seq && [message, conversation, frame.gone].contains(&Some(id))
        };
        self.recent.with_value(|recent| recent.iter().filter(about).cloned().collect())
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
            // What was heard since it was loaded is more than what was kept.
            (Some(thread), Ok(page)) if page.kept => {
                if still_open && !self.current.with_untracked(|current| matches!(current, Current::Open(_))) {
                    self.current.set(Current::Open(thread));
                }
            }
            (Some(thread), Ok(mut page)) => {
                self.strip_old(&mut page.conversation, page.seq);
                thread.row.see(page.conversation, page.seq);
                thread.see_contact(page.contact, page.seq);
                thread.see_handover(page.handover, page.seq);
                thread.see(page.messages, page.seq);
                thread.knows(page.seq);
                self.place(thread.row.clone(), false);
                if still_open && !self.current.with_untracked(|current| matches!(current, Current::Open(_))) {
                    self.current.set(Current::Open(thread));
                }
            }
            (None, Ok(page)) => {
                let thread = self.remember(page);
                if still_open {
                    self.current.set(Current::Open(thread));
                }
            }
            (Some(_), Err(AppError::NotFound | AppError::Forbidden(_))) => self.lose(id),
            // Whoever looks at it is led there.
            (Some(_), Err(error @ AppError::Conflict(Conflict::MergedInto(_)))) => {
                self.lose(id);
                if still_open {
                    self.current.set(Current::Failed(id, error));
                }
            }
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

    /// What stages and tags there are as of an event. Rows forget what there is no more.
    fn see_labels(&self, labels: Labels, seq: i64) {
        if seq < self.labels_seq.get_value() {
            return;
        }
        self.labels_seq.set_value(seq);
        if self.labels.with_untracked(|known| *known == labels) {
            return;
        }
        let mut rows = self.rows.get_untracked();
        self.threads.with_value(|threads| rows.extend(threads.iter().map(|thread| thread.row.clone())));
        for row in rows {
            let mut view = row.view.get_untracked();
            if labels.strip(&mut view) {
                row.view.set(view);
                self.place(row, false);
            }
        }
        self.labels.set(labels);
    }

    /// More rows of the list arrived.
    pub fn extend(&self, page: ConversationPage) {
        self.next.set(page.next);
        self.merge(page);
    }

    /// Rows that were loaded, put where they belong.
    pub fn merge(&self, page: ConversationPage) {
        self.see_totals(page.totals);
        let seq = page.seq;
        if let Some(labels) = page.labels {
            self.see_labels(labels, seq);
        }
        if self.filter.with_untracked(|said| *said != page.filter) {
            self.filter.set(page.filter);
        }
        for view in page.rows {
            if self.recent_about(view.id, seq).last().is_some_and(|frame| frame.gone.is_some()) {
                continue;
            }
            self.note(&view, seq);
            let row = self.see_conversation(view, seq);
            self.place(row, true);
        }
    }

    /// Another list was chosen: its rows are on their way.
    pub fn switch(&self, view: ListView) {
        self.switching.set(true);
        self.filter.set(None);
        self.view.set(view);
        self.rows.set(Vec::new());
        self.next.set(None);
        self.starts_below.set_value(None);
        self.fetching.set(Fetching::Idle);
    }

    /// The first page of `view` arrived. Answers whether it is of use: if not and it is still wanted, it must be asked for again.
    pub fn show(&self, view: &ListView, page: ConversationPage) -> bool {
        if self.view.with_untracked(|shown| shown != view) || !self.switching.get_untracked() {
            return true;
        }
        let seq = page.seq;
        if !self.knows_since(seq) || (view.filter.asks_names() && seq < self.labels_seq.get_value()) {
            return false;
        }
        self.switching.set(false);
        self.extend(page);
        let since: Vec<ConversationId> = self.recent.with_value(|recent| {
            recent.iter().filter(|frame| frame.seq > seq).filter_map(|frame| frame.conversation.as_ref().map(|view| view.id)).collect()
        });
        for id in since {
            let newest = self.recent_about(id, seq).into_iter().rfind(|frame| frame.conversation.is_some() || frame.gone.is_some());
            if let Some(LiveFrame { seq, conversation: Some(view), gone: None, .. }) = newest {
                let row = self.see_conversation(view, seq);
                self.place(row, false);
            }
        }
        true
    }

    /// Whether all that happened since a page was read is at hand: without it the list would fall back to what was.
    pub fn knows_since(&self, seq: i64) -> bool {
        seq >= self.heard_from.get_value() && !self.has_forgotten_since(seq)
    }

    /// Whether frames of events after `seq` are not kept any more.
    fn has_forgotten_since(&self, seq: i64) -> bool {
        self.recent.with_value(|recent| recent.len() == KEPT_FRAMES && recent.front().is_some_and(|oldest| oldest.seq > seq + 1))
    }

    /// Everything was loaded anew: it is exactly this now. Threads are forgotten but the open one.
    pub fn replace(&self, page: ConversationPage) {
        let seq = page.seq;
        let heard = self.list_seq.get_value();
        self.counted.update_value(std::collections::HashMap::clear);
        self.totals.set(page.totals);
        self.heard_from.set_value(seq);
        self.switching.set(false);
        let rows = page
            .rows
            .into_iter()
            .map(|view| {
                self.note(&view, seq);
                self.see_conversation(view, seq)
            })
            .collect();
        self.rows.set(rows);
        self.next.set(page.next);
        self.filter.set(page.filter);
        self.unread.set(page.unread_total);
        self.list_seq.set_value(seq);
        self.unread_seq.set_value(seq);
        self.starts_below.set_value(None);
        if let Some(labels) = page.labels {
            // Another database, perhaps: whatever was known is not newer.
            self.labels_seq.set_value(seq);
            self.see_labels(labels, seq);
        }
        let open = self.current.with_untracked(Current::id);
        self.threads.update_value(|threads| threads.retain(|thread| Some(thread.row.id) == open || !thread.is_idle()));
        // What stays has not heard what happened in between, until it is loaded anew too.
        self.threads.with_value(|threads| {
            for thread in threads {
                thread.unseen_from.update_value(|first| *first = first.or(Some(heard + 1)));
            }
            let others = threads.iter().map(|thread| thread.row.id).filter(|id| Some(*id) != open);
            self.behind.update_value(|behind| {
                for id in others {
                    if !behind.contains(&id) {
                        behind.push(id);
                    }
                }
            });
        });
    }

    /// A thread was loaded anew. What frames told since it was read stays.
    pub fn replace_thread(&self, page: ThreadPage) {
        let (id, seq) = (page.conversation.id, page.seq);
        if let Some(thread) = self.thread(id) {
            // What came while its reader was elsewhere in it is not seen because it was loaded.
            let elsewhere = !thread.at_end.get_untracked();
            let unseen = thread.unseen_from.get_value().unwrap_or_else(|| thread.known.get_value().max(self.list_seq.get_value()) + 1);
            thread.replace(page);
            if elsewhere {
                thread.unseen_from.set_value(Some(unseen));
            }
            for frame in self.recent_about(id, seq) {
                if let Some(message) = frame.message {
                    thread.see_live(message, frame.seq);
                }
            }
            self.place(thread.row, false);
        }
    }

    /// Applies a committed change. `attended`: somebody is looking at the page.
    pub fn apply(&self, frame: LiveFrame, attended: bool) {
        let seq = frame.seq;
        if seq > self.list_seq.get_value() {
            self.list_seq.set_value(seq);
            if frame.unread_delta != 0 && seq > self.unread_seq.get_value() {
                self.unread.update(|unread| *unread = (*unread + i64::from(frame.unread_delta)).max(0));
            }
        }
        self.recent.update_value(|recent| {
            if recent.len() == KEPT_FRAMES {
                recent.pop_front();
            }
            recent.push_back(frame.clone());
        });
        self.weigh(&frame);
        if let Some(labels) = frame.labels {
            self.see_labels(labels, seq);
        }
        if let Some(id) = frame.gone {
            self.lose(id);
        }
        if let Some(view) = frame.conversation {
            if frame.kind == THREAD_CHANGED
                && let Some(thread) = self.thread(view.id)
            {
                // There is something else in it than before, which is not there yet.
                thread.unseen_from.update_value(|first| *first = first.or(Some(seq)));
            }
            let row = self.see_conversation(view, seq);
            self.place(row, false);
        }
        if let Some(message) = frame.message {
            self.see_message(message, seq, attended, frame.kind == "message_edited");
        }
    }

    /// The event up to which the person has seen a thread: what came later, or stands out of view, they do not know when they write.
    pub fn seen(&self, thread: &Thread) -> i64 {
        match thread.unseen_from.get_value() {
            Some(first) => first - 1,
            None => self.list_seq.get_value().max(thread.known.get_value()),
        }
    }

    /// As [`Self::seen`], of a conversation whose thread may not be loaded.
    pub fn seen_of(&self, id: ConversationId) -> i64 {
        self.thread(id).map_or_else(|| self.list_seq.get_value(), |thread| self.seen(&thread))
    }

    /// A reply was held because of what is there up to the event `seq`, which the person is shown now. Answers whether it must be fetched.
    pub fn held(&self, thread: &Thread, seq: i64) -> bool {
        thread.knows(seq);
        self.list_seq.get_value() < seq
    }

    /// `edited`: whoever sent it did something to it.
    fn see_message(&self, message: MessageView, seq: i64, attended: bool, edited: bool) {
        if let Some(client_id) = message.client_id {
            // A macro whose answer was lost was used: the next time is another one.
            self.macro_ids.update_value(|ids| ids.retain(|_, known| *known != client_id));
        }
        let Some(thread) = self.thread(message.conversation_id) else { return };
        let inbound = message.direction == Direction::Inbound;
        let of_others = inbound || (message.direction == Direction::Outbound && !self.is_me(message.sender_id));
        let key = message.id.0;
        let text = match (message.revoked, edited) {
            (Some(_), _) => self.words.placeholder(REVOKED),
            (None, true) => format!("{}: {}", self.words.edited, self.words.spoken(&message)),
            (None, false) => self.words.spoken(&message),
        };
        if let Some(client_id) = message.client_id {
            self.arrived_after_all(&thread, client_id);
        }
        let is_new = thread.see_live(message, seq);
        if !of_others || !(is_new || (edited && inbound)) {
            return;
        }
        let open = self.current.with_untracked(|current| matches!(current, Current::Open(open) if open.row.id == thread.row.id));
        let at_end = thread.at_end.get_untracked();
        if open && !at_end {
            thread.unseen_from.update_value(|first| *first = first.or(Some(seq)));
        }
        if !inbound {
            return;
        }
        if open && !at_end && is_new {
            thread.missed.update(|missed| *missed += 1);
        }
        if open && is_new && (!attended || !at_end) {
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
        let is_it = |written: &Outgoing| written.client_id == client_id;
        let returned = thread.returned.get_untracked().map(|returned| returned.written).filter(is_it);
        let Some(written) = returned.clone().or(thread.cancelled.get_value().filter(is_it)) else { return };
        if returned.is_some() {
            thread.returned.set(None);
        }
        let draft = thread.draft_of(written.writing);
        if draft.with_untracked(|draft| *draft == written.text) {
            draft.set(String::new());
            self.keep_draft(thread, written.writing);
            if thread.quoting.with_untracked(|quoting| *quoting == written.quote) {
                thread.quoting.set(None);
            }
            if !written.due.is_empty() && thread.due.with_untracked(|due| *due == written.due) {
                thread.due.set(String::new());
            }
            thread.client_id.set(browser::fresh_id());
        }
    }

    /// Counts that were made anew, unless newer ones are known.
    ///
    /// A conversation that comes into sight brings unread messages along that no frame tells of: what was said of it before was for others. So
    /// the unread total is taken from here, too, with what frames say of later events.
    pub fn see_totals(&self, totals: Totals) {
        if totals.seq < self.totals.with_untracked(|known| known.seq) {
            return;
        }
        let (seq, unread) = (totals.seq, totals.unread);
        if self.totals.with_untracked(|known| *known != totals) {
            self.totals.set(totals);
        }
        if self.has_forgotten_since(seq) {
            // Not all that was said since is at hand.
            self.recount.update(|times| *times = times.wrapping_add(1));
            return;
        }
        let later: i64 =
            self.recent.with_value(|recent| recent.iter().filter(|frame| frame.seq > seq).map(|frame| i64::from(frame.unread_delta)).sum());
        self.unread_seq.set_value(seq);
        let unread = (unread + later).max(0);
        if self.unread.get_untracked() != unread {
            self.unread.set(unread);
        }
    }

    /// Whether the totals may have moved. A frame says how a conversation is, not how it was: one that was not seen before may be new, so the
    /// server is asked. A conversation that changed and changed back between two frames is not missed, because each
    /// change of hands and each closing is an event of its own kind.
    fn weigh(&self, frame: &LiveFrame) {
        let now = frame.conversation.as_ref().map(|view| (view.id, counted(view)));
        // Only a named view asks who waits.
        let asks = self.totals.with_untracked(|totals| totals.saved.iter().any(|saved| saved.view.contains("waiting")));
        let same = |known: Counted, now: Counted| (known.0, known.1) == (now.0, now.1) && (!asks || known.2 == now.2);
        let known = now.and_then(|(id, now)| self.counted.with_value(|all| all.get(&id).map(|known| same(*known, now))));
        // A note that names one, or about which something is, or was, to be done.
        let noted = frame.message.as_ref().is_some_and(|message| {
            self.names_me(message) || message.task.is_some() || (message.is_note() && frame.kind == "message_changed")
        });
        // How many of a named view have something unread.
        let counts = frame.unread_delta != 0 && self.totals.with_untracked(|totals| !totals.saved.is_empty());
        let moved = counts
            || frame.labels.is_some()
            || frame.gone.is_some()
            || matches!(frame.kind.as_str(), "conversation_changed" | CONTACT_CHANGED)
            || noted
            || (now.is_some() && known != Some(true));
        if moved && frame.seq > self.totals.with_untracked(|totals| totals.seq) {
            self.recount.update(|times| *times = times.wrapping_add(1));
        }
        self.counted.update_value(|all| {
            if all.len() >= KEPT_COUNTS {
                all.clear();
            }
            if let Some((id, now)) = now {
                all.insert(id, now);
            }
            if let Some(gone) = frame.gone {
                all.remove(&gone);
            }
        });
    }

    /// Remembers what the totals count a conversation as, if they are as new as what was read.
    fn note(&self, view: &ConversationView, seq: i64) {
        if seq <= self.totals.with_untracked(|totals| totals.seq) {
            self.counted.update_value(|all| {
                all.entry(view.id).or_insert_with(|| counted(view));
            });
        }
    }

    /// A conversation left this person's sight.
    pub fn lose(&self, id: ConversationId) {
        if self.rows.with_untracked(|rows| rows.iter().any(|row| row.id == id)) {
            self.rows.update(|rows| rows.retain(|row| row.id != id));
        }
        self.threads.update_value(|threads| threads.retain(|thread| thread.row.id != id));
        if self.current.with_untracked(|current| current.id() == Some(id)) {
            self.current.set(Current::Failed(id, AppError::NotFound));
        }
    }

    /// Puts a row where it belongs, which may be nowhere in this list. One that lies beyond the loaded rows is left out unless it was loaded for
    /// its place. Whoever renews a row calls it: among rows that are out of order the next one would not find its place.
    pub(super) fn place(&self, row: Row, loaded: bool) {
        if self.switching.get_untracked() {
            return;
        }
        let list = self.view.get_untracked();
        let cursor = row.place_in(&list);
        let belongs = row.view.with_untracked(|view| list.holds(view, self.asker()));
        let (at, in_place) = self.rows.with_untracked(|rows| {
            let at = rows.iter().position(|known| known.id == row.id);
            let in_place = at.is_some_and(|at| {
                (at == 0 || list.ahead(rows[at - 1].place_in(&list), cursor))
                    && rows.get(at + 1).is_none_or(|below| list.ahead(cursor, below.place_in(&list)))
            });
            (at, in_place)
        });
        if (belongs && in_place) || (!belongs && at.is_none()) {
            return;
        }
        let above = self.starts_below.get_value().is_some_and(|start| !list.ahead(start, cursor));
        let beyond = !loaded && self.next.get_untracked().is_some_and(|next| list.ahead(next, cursor));
        self.rows.update(|rows| {
            if let Some(at) = at {
                rows.remove(at);
            }
            if belongs && !above && !beyond {
                let place = rows.partition_point(|known| list.ahead(known.place_in(&list), cursor));
                rows.insert(place, row);
            }
        });
    }

    /// Who looks at the list now.
    fn asker(&self) -> Asker {
        Asker { me: self.me(), now: self.now.get_untracked(), offset_minutes: self.offset() }
    }

    /// Takes out of the list what time took out of it.
    pub fn sweep(&self) {
        let (list, by) = (self.view.get_untracked(), self.asker());
        let holds = |row: &Row| row.view.with_untracked(|view| list.holds(view, by));
        if !self.rows.with_untracked(|rows| rows.iter().all(holds)) {
            self.rows.update(|rows| rows.retain(holds));
        }
    }

    /// Shows a reply or a note before the server has it.
    pub fn add_local(&self, thread: &Thread, written: Outgoing) {
        let Outgoing { client_id, text, writing, quote, .. } = written;
        let (direction, kind, status) = match writing {
            Writing::Reply => (Direction::Outbound, "text", Some(Status::Pending)),
            Writing::Note => (Direction::System, NOTE, None),
        };
        let viewer = self.viewer.get_value();
        // What waits for its time stays below.
        let sent = |entry: &&Entry| entry.view.with_untracked(|view| view.status != Some(Status::Scheduled));
        let newest = thread
            .entries
            .with_untracked(|entries| entries.iter().rev().find(sent).map_or(0, |entry| entry.view.with_untracked(|view| view.at)));
        let view = MessageView {
            id: MessageId(client_id),
            conversation_id: thread.row.id,
            client_id: Some(client_id),
            direction,
            sender: Sender::Teammate,
            sender_id: Some(viewer.person.id),
            sender_name: Some(viewer.person.name),
            kind: kind.into(),
            text,
            detail: None,
            media: None,
            quote,
            reactions: Vec::new(),
            own_reaction: None,
            earlier: Vec::new(),
            revoked: None,
            mentions: Vec::new(),
            task: None,
            at: self.now.get_untracked().max(newest + 1),
            status,
            failure: None,
        };
        let entry = Entry { key: client_id, view: ArcRwSignal::new(view), seq: ArcStoredValue::new(-1), local: ArcStoredValue::new(true) };
        thread.entries.update(|entries| {
            let below = entries.iter().rev().take_while(|entry| !sent(entry)).count();
            entries.insert(entries.len() - below, entry);
        });
    }

    /// The server has the reply; or sends it again, which it was asked for at `asked_at` (of [`Thread::seq_of`]). A frame that spoke since is newer.
    pub fn confirm(&self, thread: &Thread, message: MessageView, asked_at: Option<i64>) {
        let known = thread.entries.with_untracked(|entries| {
            entries.iter().find(|entry| entry.is(&message)).map(|entry| (entry.local.get_value(), entry.seq.get_value()))
        });
        match known {
            Some((false, seq)) if asked_at != Some(seq) => {}
            Some((_, seq)) => drop(thread.see(vec![message], seq)),
            None => drop(thread.see(vec![message], -1)),
        }
    }

    /// A reply did not go out: its bubble goes and its text returns to where it was written, unless something new stands there.
    pub fn give_back(&self, thread: &Thread, returned: Returned) {
        let Outgoing { client_id, text, writing, quote, due, .. } = returned.written.clone();
        // A frame may have said meanwhile that it did go out.
        if thread.has_gone(client_id) {
            return;
        }
        thread.forget(client_id);
        thread.draft_of(writing).update(|draft| match draft.is_empty() {
            true => *draft = text,
            // A file had no words under it.
            false if text.is_empty() => {}
            false => *draft = format!("{text}\n{draft}"),
        });
        if thread.quoting.with_untracked(Option::is_none) {
            thread.quoting.set(thread.still_there(quote));
        }
        if !due.is_empty() && thread.due.with_untracked(String::is_empty) {
            thread.due.set(due);
        }
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
            self.place(row, false);
        }
    }
}
