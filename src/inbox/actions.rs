//! What a person can do on the screen: each asks the server and tells the store. Browser only.

use super::{
    api,
    labels::CONTACT_CHANGED,
    later::Leaves,
    list_view::ListView,
    model::{ConversationView, HANDOVER_MADE, ListCursor, LiveFrame, MAX_TEXT, MessageView, THREAD_CHANGED, ThreadPage, Viewer},
    outbox,
    store::{Attached, Current, Fetching, Inbox, Outgoing, Returned, Row, Thread, Writing},
};
use crate::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    live::feed::{Connection, LiveFeed},
    ui::browser,
};
use leptos::{prelude::*, task::spawn_local};
use std::{future::Future, pin::Pin, time::Duration};
use uuid::Uuid;

const BETWEEN_RELOADS: Duration = Duration::from_secs(3);
/// Before a thread that could not be had, although there is a connection, is asked for again.
const BETWEEN_RENEWALS: Duration = Duration::from_secs(15);

/// Pages of a list that are loaded anew each minute where time changes it.
const PAGES_RENEWED: usize = 10;

/// The newest messages of a conversation as the server has them now.
async fn fresh_thread(slug: String, id: ConversationId) -> Result<ThreadPage, AppError> {
    // No place in a thread, so that it is the newest page; the service worker, which keeps that one, leaves all others alone, however long they take.
    api::load_thread(slug, id, Some("now".to_owned()), None, false).await
}

impl Inbox {
    /// False once the page is gone: answers that arrive later have nobody to tell.
    pub(super) fn alive(&self) -> bool {
        self.rows.try_with_untracked(|_| ()).is_some()
    }

    /// Loads the newest messages of a conversation.
    pub fn fetch_thread(self, id: ConversationId) {
        let request = api::load_thread(self.slug(), id, None, None, false);
        spawn_local(async move {
            let page = request.await;
            if !self.alive() {
                return;
            }
            let behind = match &page {
                Ok(page) => page.kept,
                Err(error) => *error == AppError::Offline,
            };
            let seq = page.as_ref().map_or(i64::MAX, |page| page.seq);
            self.loaded(id, page);
            if let Some(thread) = self.thread(id) {
                self.show_left(&thread);
                // It was not there yet when that was told.
                let recent = self.recent_about(id, seq);
                if recent.iter().any(|frame| frame.kind == CONTACT_CHANGED) {
                    self.see_beside(thread);
                }
                if recent.iter().any(|frame| frame.kind == THREAD_CHANGED) {
                    self.thread_changed(id);
                }
            }
            if behind {
                self.is_behind(id);
            }
        });
    }

    /// A thread that is shown may lack something, or could not be had: it is loaded when there is a connection.
    fn is_behind(self, id: ConversationId) {
        self.behind.update_value(|behind| {
            behind.retain(|known| *known != id);
            behind.push(id);
        });
        if self.behind_waits.get_value() {
            return;
        }
        self.behind_waits.set_value(true);
        let again = move || {
            if self.alive() {
                self.behind_waits.set_value(false);
                if self.connection.get_untracked() == Connection::Connected {
                    self.catch_up();
                }
            }
        };
        set_timeout(again, BETWEEN_RENEWALS);
    }

    /// There is a connection: what was shown without one, or could not be shown, is loaded.
    pub fn catch_up(self) {
        for id in self.behind.try_update_value(std::mem::take).unwrap_or_default() {
            if self.thread(id).is_none() {
                // Nobody waits for what is not shown.
                if self.current.with_untracked(|current| matches!(current, Current::Failed(failed, _) if *failed == id)) {
                    self.current.set(Current::Loading(id));
                    self.fetch_thread(id);
                }
                continue;
            }
            let request = fresh_thread(self.slug(), id);
            spawn_local(async move {
                let page = request.await;
                if !self.alive() {
                    return;
                }
                match page {
                    Ok(page) if self.knows_since(page.seq) => self.replace_thread(page),
                    Err(AppError::NotFound | AppError::Forbidden(_)) => self.lose(id),
                    page @ Err(AppError::Conflict(Conflict::MergedInto(_))) => self.loaded(id, page),
                    _ => self.is_behind(id),
                }
            });
        }
    }

    /// A page that was kept has a connection: whoever looks may be allowed something else by now, and then all is loaded anew.
    pub fn see_who_looks(self) {
        if self.kept_until.get_untracked() == 0 {
            return;
        }
        let request = api::load_viewer(self.slug());
        spawn_local(async move {
            let viewer = request.await;
            if !self.alive() {
                return;
            }
            let Ok(viewer) = viewer else {
                let again = move || {
                    if self.alive() && self.connection.get_untracked() == Connection::Connected {
                        self.see_who_looks();
                    }
                };
                return set_timeout(again, BETWEEN_RENEWALS);
            };
            let same = self.viewer.with_value(|known| known.rights == viewer.rights && known.person.id == viewer.person.id);
            if !same {
                if browser::reloads_once() {
                    let _ = window().location().reload();
                }
                return;
            }
            self.kept_until.set(0);
            self.viewer.update_value(|known| *known = Viewer { now: known.now, ..viewer });
        });
    }

    /// A frame may tell that there is something new to know about a conversation that is remembered, which no frame carries.
    pub fn something_new(self, frame: &LiveFrame) {
        // One that became part of another is read there: the server knows the way.
        if let Some(gone) = frame.gone.filter(|gone| self.current.with_untracked(|current| current.id() == Some(*gone))) {
            self.fetch_thread(gone);
        }
        let Some(id) = frame.conversation.as_ref().map(|view| view.id) else { return };
        let Some(thread) = self.thread(id) else { return };
        match frame.kind.as_str() {
            CONTACT_CHANGED | HANDOVER_MADE => self.see_beside(thread),
            THREAD_CHANGED => self.thread_changed(id),
            _ => {}
        }
    }

    /// A remembered thread has other messages than before: it is loaded anew, at once if that is possible.
    fn thread_changed(self, id: ConversationId) {
        self.behind.update_value(|behind| {
            behind.retain(|known| *known != id);
            behind.push(id);
        });
        self.catch_up();
    }

    /// Loads what stands beside a thread: the contact, and the handover card.
    fn see_beside(self, thread: Thread) {
        let request = fresh_thread(self.slug(), thread.row.id);
        spawn_local(async move {
            // No more of the page than that: nobody asked for it, so nothing of it counts as seen.
            if let Ok(page) = request.await
                && self.alive()
            {
                thread.see_handover(page.handover, page.seq);
                thread.see_contact(page.contact, page.seq);
            }
        });
    }

    /// Loads the newest messages in place of those that are shown, then goes to `reveal`.
    pub fn refetch_thread(self, id: ConversationId, reveal: Option<MessageId>) {
        let request = fresh_thread(self.slug(), id);
        spawn_local(async move {
            if let Ok(page) = request.await
                && self.alive()
            {
                self.replace_thread(page);
                self.reveal_in(id, reveal);
            }
        });
    }

    /// Goes to a message of a conversation that is loaded.
    pub fn reveal_in(self, id: ConversationId, message: Option<MessageId>) {
        if let (Some(thread), Some(message)) = (self.thread(id), message) {
            // After the paint: what was loaded must stand there.
            set_timeout(
                move || {
                    if self.alive() {
                        self.reveal(thread, message);
                    }
                },
                Duration::from_millis(50),
            );
        }
    }

    /// Loads older messages, if there are any and none are on their way.
    pub fn fetch_older(self, thread: &Thread) {
        let Some(before) = thread.older.get_untracked() else { return };
        if thread.fetching.get_untracked() == Fetching::Busy {
            return;
        }
        thread.fetching.set(Fetching::Busy);
        let thread = thread.clone();
        let request = api::load_thread(self.slug(), thread.row.id, Some(before.to_string()), None, false);
        spawn_local(async move {
            let page = request.await;
            if !self.alive() {
                return;
            }
            thread.fetching.set(match page {
                Ok(page) => {
                    self.prepend(&thread, page);
                    Fetching::Idle
                }
                Err(error) => Fetching::Failed(error),
            });
        });
    }

    /// Goes to a quoted message, loading older ones until it is there.
    pub fn reveal(self, thread: Thread, message: MessageId) {
        let whole = thread.shown.get_untracked() == usize::MAX;
        if browser::reveal(&format!("m-{message}")) || (whole && thread.older.get_untracked().is_none()) {
            return;
        }
        if !whole {
            // It may be among those that do not stand in the page yet.
            set_timeout(
                move || {
                    if self.alive() {
                        self.reveal(thread, message)
                    }
                },
                Duration::from_millis(20),
            );
            return;
        }
        self.fetch_older(&thread);
        set_timeout(
            move || {
                if self.alive() && !matches!(thread.fetching.get_untracked(), Fetching::Failed(_)) {
                    self.reveal(thread, message);
                }
            },
            Duration::from_millis(150),
        );
    }

    /// Loads the next page of the list.
    pub fn fetch_more(self) {
        let Some(after) = self.next.get_untracked() else { return };
        if self.fetching.get_untracked() == Fetching::Busy {
            return;
        }
        self.fetching.set(Fetching::Busy);
        let view = self.view.get_untracked();
        let request = api::list_conversations(self.slug(), Some(view.to_string()), Some(after.to_string()));
        spawn_local(async move {
            let page = request.await;
            // Another list may have been chosen, or everything loaded anew.
            if !self.alive() || self.view.get_untracked() != view || self.next.get_untracked() != Some(after) {
                return;
            }
            self.fetching.set(match page {
                Ok(page) => {
                    self.extend(page);
                    Fetching::Idle
                }
                Err(error) => Fetching::Failed(error),
            });
        });
    }

    /// Shows another list.
    pub fn choose(self, view: ListView) {
        self.switch(view.clone());
        self.fetch_view(view);
    }

    /// A minute went by, which may change what is in the list and how much is in the named views.
    pub fn minute_passed(self) {
        let now = self.now.get_untracked();
        if self.totals.with_untracked(|totals| !totals.saved.is_empty() || totals.next_task.is_some_and(|at| at <= now)) {
            self.recount.update(|times| *times = times.wrapping_add(1));
        }
        if !self.view.with_untracked(ListView::is_timed) || self.switching.get_untracked() {
            return;
        }
        self.sweep();
        self.renew_list();
    }

    /// What stages, tags and choices there are is something else: a list that goes by them may have what it had not, and says it in other words.
    pub fn labels_changed(self, frame: &LiveFrame) {
        if frame.labels.is_none() {
            return;
        }
        // A field may be called something else, or be gone.
        if let Current::Open(thread) = self.current.get_untracked() {
            self.see_beside(thread);
        }
        if self.view.with_untracked(|view| view.filter.asks_names()) && !self.switching.get_untracked() {
            self.renew_list();
        }
    }

    /// Loads the list anew as far as it is loaded.
    fn renew_list(self) {
        let view = self.view.get_untracked();
        spawn_local(async move {
            let mut after: Option<ListCursor> = None;
            for _ in 0..PAGES_RENEWED {
                let before = after.map(|after| after.to_string());
                let page = api::list_conversations(self.slug(), Some(view.to_string()), before).await;
                let Ok(page) = page else {
                    let again = move || {
                        if self.alive() && self.view.get_untracked() == view {
                            self.renew_list();
                        }
                    };
                    return set_timeout(again, BETWEEN_RENEWALS);
                };
                if !self.alive() || self.view.with_untracked(|shown| *shown != view) || self.switching.get_untracked() {
                    return;
                }
                // The next minute renews what was read before the stream was connected anew.
                if !self.knows_since(page.seq) {
                    return;
                }
                after = page.next;
                self.merge(page);
                // As far as the list is loaded.
                let more = match (after, self.next.get_untracked()) {
                    (Some(after), Some(next)) => view.ahead(after, next),
                    (after, None) => after.is_some(),
                    (None, _) => false,
                };
                if !more {
                    return;
                }
            }
        });
    }

    /// Loads the first page of a list that was chosen.
    pub fn fetch_view(self, view: ListView) {
        self.fetching.set(Fetching::Busy);
        let request = api::list_conversations(self.slug(), Some(view.to_string()), None);
        spawn_local(async move {
            let page = request.await;
            if !self.alive() || self.view.get_untracked() != view || !self.switching.get_untracked() {
                return;
            }
            match page {
                Ok(page) => match self.show(&view, page) {
                    true => self.fetching.set(Fetching::Idle),
                    false => self.fetch_view(view),
                },
                Err(error) => self.fetching.set(Fetching::Failed(error)),
            }
        });
    }

    /// Has the totals counted anew; again after a while if that fails.
    pub fn fetch_totals(self) {
        let request = api::count_conversations(self.slug());
        spawn_local(async move {
            let totals = request.await;
            if !self.alive() {
                return;
            }
            match totals {
                Ok(totals) => self.see_totals(totals),
                Err(_) => set_timeout(
                    move || {
                        self.recount.try_update(|times| *times = times.wrapping_add(1));
                    },
                    BETWEEN_RELOADS,
                ),
            }
        });
    }

    /// Loads list and open thread anew, then lets the stream continue. Tries until it succeeds.
    pub fn reload(self, feed: LiveFeed) {
        let open = self.current.with_untracked(Current::id);
        let slug = self.slug();
        let view = self.view.get_untracked();
        spawn_local(async move {
            let list = api::list_conversations(slug.clone(), Some(view.to_string()), None).await;
            let thread = match open {
                Some(id) => Some((id, fresh_thread(slug, id).await)),
                None => None,
            };
            if !self.alive() {
                return;
            }
            if self.view.get_untracked() != view {
                // Another list was chosen meanwhile: the stream must not go on before that one is loaded.
                self.reload(feed);
                return;
            }
            // A thread that cannot be had for now is waited for as well: the stream goes on where both are known.
            let unsettled = |error: &AppError| {
                let merged = matches!(error, AppError::Conflict(Conflict::MergedInto(_)));
                !merged && !matches!(error, AppError::SignedOut | AppError::Forbidden(_) | AppError::NotFound)
            };
            let waits = matches!(&thread, Some((_, Err(error))) if unsettled(error));
            let list = match list {
                Ok(list) if !waits => list,
                Err(error) if !unsettled(&error) => {
                    let _ = window().location().reload();
                    return;
                }
                _ => {
                    set_timeout(
                        move || {
                            if self.alive() {
                                self.reload(feed)
                            }
                        },
                        BETWEEN_RELOADS,
                    );
                    return;
                }
            };
            let mut seq = list.seq;
            self.replace(list);
            self.fetching.set(Fetching::Idle);
            if let Some((id, page)) = thread {
                if let Ok(page) = &page {
                    seq = seq.min(page.seq);
                }
                match page {
                    Ok(page) if self.thread(id).is_some() => self.replace_thread(page),
                    page => self.loaded(id, page),
                }
                if let Some(thread) = self.thread(id) {
                    self.show_left(&thread);
                }
            }
            feed.resume(seq);
        });
    }

    /// Sends the draft, or adds it as a note: its bubble appears at once and the box is free for the next. What waits for its time appears when the server has
    /// said which that is.
    pub fn send(self, thread: &Thread, writing: Writing, leaves: Leaves) {
        if writing == Writing::Reply && thread.files.with_untracked(|files| files.iter().any(Attached::is_chosen)) {
            return self.send_files(thread, leaves);
        }
        let draft = thread.draft_of(writing);
        let text = draft.with_untracked(|draft| draft.trim().to_owned());
        if text.is_empty() || text.chars().count() > MAX_TEXT {
            return;
        }
        let quote = match writing {
            Writing::Reply => thread.quoting.get_untracked(),
            Writing::Note => None,
        };
        // The same text again after a failure is the same message: it may have gone out after all.
        let client_id = match thread.returned.get_untracked() {
            Some(Returned { written, with_file: false, .. })
                if written.writing == writing && written.text == text && written.quote == quote && written.leaves == leaves =>
            {
                written.client_id
            }
            _ => thread.client_id.get_untracked(),
        };
        thread.client_id.set(browser::fresh_id());
        thread.returned.set(None);
        draft.set(String::new());
        let mut due = String::new();
        match writing {
            Writing::Reply => thread.quoting.set(None),
            Writing::Note => thread.due.update(|field| due = std::mem::take(field)),
        }
        self.keep_draft(thread, writing);
        let seen = self.seen(thread);
        self.typed.set(None);
        thread.reach_end();
        self.dispatch(thread, Outgoing { client_id, text, writing, quote, seen, leaves, due });
    }

    /// `in_line`: others of the thread's line wait for this one.
    pub(super) fn transmit(self, thread: Thread, written: Outgoing, in_line: bool, attempt: u32) {
        let (slug, id) = (self.slug(), thread.row.id);
        spawn_local(async move {
            let sent = outbox::post(slug, id, &written).await;
            if !self.alive() {
                return;
            }
            if let Err(error) = &sent
                && let Some(pause) = self.tries_again(error, attempt)
            {
                set_timeout(
                    move || {
                        if self.alive() {
                            self.transmit(thread, written, in_line, self.attempt_after(attempt))
                        }
                    },
                    pause,
                );
                return;
            }
            self.take_out(written.client_id);
            match sent {
                Ok(message) => self.confirm(&thread, message, None),
                // A frame was faster than the answer, which was lost.
                Err(_) if thread.has_gone(written.client_id) => {}
                Err(error) => {
                    let written = if in_line { self.with_those_after(&thread, written, &error) } else { written };
                    if let AppError::Conflict(Conflict::Unseen { seq, .. }) = &error
                        && self.held(&thread, *seq)
                    {
                        self.fetch_thread(id);
                    }
                    let writing = written.writing;
                    self.give_back(&thread, Returned { written, error, with_file: false });
                    self.keep_draft(&thread, writing);
                }
            }
            if in_line {
                self.line_moved_on(thread);
            }
        });
    }

    /// Does what a macro says with a conversation.
    pub fn run_macro(self, thread: Thread, id: Uuid, client_id: Uuid) {
        let row = thread.row.clone();
        // What was written before it goes before it.
        let moves = !thread.line.with_value(std::collections::VecDeque::is_empty) || thread.line_moves.get_value();
        if moves || self.leaves_older(row.id) {
            self.toasts.failed(self.words.locale.work().still_sending.to_owned());
            return;
        }
        let (seen, undo) = (self.seen(&thread), self.undoes.get_untracked());
        // Under one id until it is known what became of it, however often it is asked for.
        let key = (row.id, id);
        let client_id = self.macro_ids.try_update_value(|ids| *ids.entry(key).or_insert_with(browser::fresh_id)).unwrap_or(client_id);
        let request = api::run_macro(self.slug(), row.id, id, client_id, seen, undo);
        self.change(&row, async move {
            let answer = request.await;
            // Of anything else it may be that it was done before.
            if matches!(answer, Ok(_) | Err(AppError::Conflict(_))) {
                self.macro_ids.try_update_value(|ids| ids.remove(&key));
            }
            answer
        });
    }

    /// Loads the texts kept ready; those known meanwhile stay in use.
    pub fn fetch_quick_replies(self) {
        let request = api::list_quick_replies(self.slug());
        spawn_local(async move {
            let all = request.await;
            if !self.alive() {
                return;
            }
            match all {
                Ok(all) => self.quick_replies.set(Some(all)),
                // What cannot be had is treated as none: the box must go on taking what is typed.
                Err(_) => self.quick_replies.update(|known| *known = Some(known.take().unwrap_or_default())),
            }
        });
    }

    /// Sends a failed message again.
    pub fn resend(self, thread: Thread, message: MessageId) {
        let request = api::resend_message(self.slug(), thread.row.id, message);
        self.settle(thread, message, request, |_| ());
    }

    /// Shows what the server made of a message of ours, says why it did not, and goes on with the message as it was answered.
    pub(super) fn settle(
        self,
        thread: Thread,
        message: MessageId,
        request: impl Future<Output = Result<MessageView, AppError>> + 'static,
        then: impl FnOnce(&MessageView) + 'static,
    ) {
        let asked_at = thread.seq_of(message);
        self.settled(thread, asked_at, Box::pin(request), Box::new(then));
    }

    fn settled(
        self,
        thread: Thread,
        asked_at: Option<i64>,
        request: Pin<Box<dyn Future<Output = Result<MessageView, AppError>>>>,
        then: Box<dyn FnOnce(&MessageView)>,
    ) {
        spawn_local(async move {
            let answer = request.await;
            if !self.alive() {
                return;
            }
            match answer {
                Ok(view) => {
                    self.confirm(&thread, view.clone(), asked_at);
                    then(&view);
                }
                Err(error) => {
                    if let AppError::Conflict(Conflict::Unseen { seq, .. }) = &error
                        && self.held(&thread, *seq)
                    {
                        self.fetch_thread(thread.row.id);
                    }
                    self.toasts.failed(self.words.error(&error));
                }
            }
        });
    }

    /// Has the customer's whole number shown, for as long as the thread is open.
    pub fn reveal_number(self, thread: Thread) {
        let request = api::reveal_number(self.slug(), thread.row.id);
        spawn_local(async move {
            let number = request.await;
            if !self.alive() {
                return;
            }
            match number {
                Ok(number) => thread.contact.update(|contact| {
                    contact.phone = Some(number);
                    contact.may_reveal = false;
                }),
                Err(error) => self.toasts.failed(self.words.error(&error)),
            }
        });
    }

    pub fn take_over(self, row: &Row) {
        self.change(row, api::take_over(self.slug(), row.id));
    }

    pub fn hand_back(self, row: &Row) {
        self.change(row, api::hand_back(self.slug(), row.id));
    }

    pub(super) fn change(self, row: &Row, request: impl Future<Output = Result<ConversationView, AppError>> + 'static) {
        self.changed(self.seq_of(row), Box::pin(request));
    }

    /// Not made anew for each kind of request: that weighed more than the requests.
    fn changed(self, asked_at: i64, request: Pin<Box<dyn Future<Output = Result<ConversationView, AppError>>>>) {
        spawn_local(async move {
            let changed = request.await;
            if !self.alive() {
                return;
            }
            match changed {
                Ok(view) => self.answer(view, asked_at),
                Err(error) => self.toasts.failed(self.words.error(&error)),
            }
        });
    }

    /// The thread was seen. What that changes comes back as a frame.
    pub fn mark_read(self, id: ConversationId) {
        let request = api::mark_read(self.slug(), id);
        browser::after_paint(move || {
            spawn_local(async move {
                if let Err(error) = request.await {
                    leptos::logging::debug_warn!("not marked as read: {error}");
                }
            });
        });
    }
}
