//! What was sent and is not answered yet. A thread's replies go one after another, in the order in which they were written, however often the connection breaks; and
//! what a page could not send before it was closed or loaded anew is kept by the browser (`drafts.js`), and sent by another page under the same id, so once. Browser only.

use super::{
    api, drafts,
    later::Leaves,
    model::{MessageView, Quote},
    store::{Going, InLine, Inbox, Outgoing, Returned, Thread, Writing},
    working::SnoozeUntil,
};
use crate::{
    error::{AppError, Conflict},
    ids::ConversationId,
    live::feed::Connection,
    time::{HOUR, Millis},
    ui::browser,
};
use leptos::{prelude::*, task::spawn_local};
use serde::{Deserialize, Serialize};
use std::{collections::VecDeque, time::Duration};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

/// After so long what another page left is not sent unasked: it goes back to where it was written.
const STALE: Millis = 12 * HOUR;
/// Between tries, and between those after the first few while the stream says that there is a server.
pub(super) const BETWEEN_TRIES: Duration = Duration::from_millis(1_500);
const BETWEEN_LATER_TRIES: Duration = Duration::from_secs(10);
pub(super) const TRIES_WHILE_CONNECTED: u32 = 3;
/// How often something is tried that is answered with what nobody understands: a proxy's page while the server is started anew.
const TRIES_OF_THE_UNKNOWN: u32 = 20;

/// Something written, as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Kept {
    conversation: ConversationId,
    client_id: Uuid,
    text: String,
    note: bool,
    quote: Option<Quote>,
    seen: i64,
    undo: bool,
    until: Option<SnoozeUntil>,
    at: Option<String>,
    #[serde(default)]
    due: String,
    /// It was to go after files, which only the page knows that they were chosen in.
    after_files: bool,
    /// When it was sent.
    written: Millis,
}

impl Kept {
    fn of(conversation: ConversationId, written: &Outgoing, after_files: bool, now: Millis) -> Self {
        let (undo, until, at) = written.leaves.fields();
        Self {
            conversation,
            client_id: written.client_id,
            text: written.text.clone(),
            note: written.writing == Writing::Note,
            quote: written.quote.clone(),
            seen: written.seen,
            undo,
            until,
            at,
            due: written.due.clone(),
            after_files,
            written: now,
        }
    }

    /// Whether it makes sense without the page that sent it, and now.
    fn may_go(&self, now: Millis) -> bool {
        self.until.is_none() && !self.after_files && now - self.written < STALE
    }

    fn outgoing(self) -> Outgoing {
        Outgoing {
            client_id: self.client_id,
            text: self.text,
            writing: if self.note { Writing::Note } else { Writing::Reply },
            quote: self.quote,
            seen: self.seen,
            leaves: Leaves::of(self.undo, self.until, self.at),
            due: self.due,
        }
    }
}

/// One try.
pub(super) async fn post(slug: String, conversation: ConversationId, written: &Outgoing) -> Result<MessageView, AppError> {
    let (client_id, text) = (written.client_id, written.text.clone());
    match written.writing {
        Writing::Reply => {
            let quoted = written.quote.as_ref().and_then(|quote| quote.id);
            let (undo, until, at) = written.leaves.fields();
            api::send_message(slug, conversation, client_id, text, written.seen, quoted, undo, until, at).await
        }
        Writing::Note => api::add_note(slug, conversation, client_id, text, Some(written.due.clone())).await,
    }
}

/// Whether an error leaves open if what was sent arrived.
fn is_open(error: &AppError) -> bool {
    match error {
        AppError::Offline => true,
        // Ours has a reference.
        AppError::Internal(reference) => reference.is_empty(),
        _ => false,
    }
}

impl Inbox {
    /// Keeps something that is on its way.
    fn put_out(self, thread: &Thread, written: &Outgoing) {
        let after_files = thread.line.with_value(|line| line.iter().any(|next| matches!(next, InLine::File(_))))
            || thread.files.with_untracked(|files| files.iter().any(|file| !file.is_chosen()));
        let kept = Kept::of(thread.row.id, written, after_files, self.now.get_untracked());
        if let Ok(json) = serde_json::to_string(&kept) {
            drafts::put_out(&self.out_key(written.client_id), &json);
        }
        self.waiting.update(|waiting| *waiting += 1);
    }

    /// It was answered.
    pub(super) fn take_out(self, client_id: Uuid) {
        self.waiting.update(|waiting| *waiting = waiting.saturating_sub(1));
        drafts::take_out(&self.out_key(client_id));
    }

    fn out_key(self, client_id: Uuid) -> String {
        format!("{}{client_id}", drafts::prefix(self))
    }

    /// Shows something at once and sends it. A reply goes after those that were written before it.
    pub(super) fn dispatch(self, thread: &Thread, written: Outgoing) {
        let later = matches!(written.leaves, Leaves::Later(..));
        if written.writing == Writing::Note || later {
            self.put_out(thread, &written);
            if !later {
                self.add_local(thread, written.clone());
            }
            return self.transmit(thread.clone(), written, false, 1);
        }
        // What another page left of this conversation is older. While some of it is being sent, this goes after it.
        let line_is_empty = thread.line.with_value(VecDeque::is_empty) && !thread.line_moves.get_value();
        let moves =
            |moves: &Option<(ConversationId, Outgoing)>| moves.as_ref().is_some_and(|(conversation, _)| *conversation == thread.row.id);
        if line_is_empty && self.left_moves.with_value(moves) {
            self.put_out(thread, &written);
            self.add_local(thread, written.clone());
            self.left.update_value(|left| left.push_back((thread.row.id, written)));
            return;
        }
        let mut left = VecDeque::new();
        self.left.update_value(|all| {
            let (theirs, others) = std::mem::take(all).into_iter().partition(|(conversation, _)| *conversation == thread.row.id);
            (left, *all) = (theirs, others);
        });
        for (_, older) in left {
            self.go_on(thread, older);
        }
        self.put_out(thread, &written);
        self.line_up(thread, written);
    }

    /// What another page left of a conversation that is shown now stands in it.
    pub(super) fn show_left(self, thread: &Thread) {
        let mut theirs: Vec<Outgoing> = Vec::new();
        let mut take = |(conversation, written): &(ConversationId, Outgoing)| {
            if *conversation == thread.row.id {
                theirs.push(written.clone());
            }
        };
        self.left_moves.with_value(|moves| moves.iter().for_each(&mut take));
        self.left.with_value(|left| left.iter().for_each(&mut take));
        for written in theirs {
            if !thread.has(written.client_id) {
                self.add_local(thread, written);
            }
        }
    }

    /// Sends what another page left of a conversation that is open. A note stands in no line: what is refused there never comes back with it.
    fn go_on(self, thread: &Thread, left: Outgoing) {
        if left.writing == Writing::Reply {
            return self.line_up(thread, left);
        }
        if !thread.has(left.client_id) {
            self.add_local(thread, left.clone());
        }
        self.transmit(thread.clone(), left, false, 1);
    }

    fn line_up(self, thread: &Thread, written: Outgoing) {
        if !thread.has(written.client_id) {
            self.add_local(thread, written.clone());
        }
        thread.line.update_value(|line| line.push_back(InLine::Reply(written)));
        self.next_in_line(thread.clone());
    }

    /// Whether a send that ended so is tried again, and after which pause.
    pub(super) fn tries_again(self, error: &AppError, attempt: u32) -> Option<Duration> {
        let connected = self.connection.get_untracked() == Connection::Connected;
        let goes_on = is_open(error) && (*error == AppError::Offline || attempt < TRIES_OF_THE_UNKNOWN);
        goes_on.then_some(if connected && attempt >= TRIES_WHILE_CONNECTED { BETWEEN_LATER_TRIES } else { BETWEEN_TRIES })
    }

    /// The number of the try after this one. Those without a connection do not count.
    pub(super) fn attempt_after(self, attempt: u32) -> u32 {
        if self.connection.get_untracked() == Connection::Connected { attempt + 1 } else { attempt }
    }

    /// What was refused, with all that was to go after it: that must not arrive without it, so all of it comes back together.
    pub(super) fn with_those_after(self, thread: &Thread, first: Outgoing, error: &AppError) -> Outgoing {
        // It may have arrived, and is to be known by its id when that is told.
        if is_open(error) || matches!(error, AppError::Internal(_)) {
            return first;
        }
        let mut all = first.clone();
        let behind = thread.line.try_update_value(std::mem::take).unwrap_or_default();
        for next in behind {
            match next {
                InLine::Reply(next) => {
                    self.take_out(next.client_id);
                    thread.forget(next.client_id);
                    all.text =
                        [all.text.as_str(), next.text.as_str()].into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n");
                }
                InLine::File(id) => thread.files.with_untracked(|files| {
                    files.iter().filter(|file| file.id == id).for_each(|file| file.going.set(Going::Chosen));
                }),
            }
        }
        if all.text != first.text {
            thread.forget(first.client_id);
            all.client_id = browser::fresh_id();
        }
        all
    }

    /// Goes on with what other pages did not see answered, now and whenever that may have become possible.
    pub(super) fn follow_left(self) {
        let adopt = move |lines: String| {
            if self.alive() {
                self.adopt(&lines);
            }
        };
        // As long as the page.
        drafts::follow_left(&drafts::prefix(self), Closure::<dyn FnMut(String)>::new(adopt).into_js_value());
    }

    fn adopt(self, lines: &str) {
        let now = self.now.get_untracked();
        for kept in lines.lines().filter_map(|line| serde_json::from_str::<Kept>(line).ok()) {
            let (conversation, may_go) = (kept.conversation, kept.may_go(now));
            let written = kept.outgoing();
            self.waiting.update(|waiting| *waiting += 1);
            match self.thread(conversation) {
                Some(thread) if thread.has_gone(written.client_id) => self.take_out(written.client_id),
                Some(thread) if may_go => match written.writing {
                    // After those that are older.
                    Writing::Reply if self.leaves_older(conversation) => {
                        self.left.update_value(|left| left.push_back((conversation, written)));
                        self.show_left(&thread);
                    }
                    _ => self.go_on(&thread, written),
                },
                None if may_go => self.left.update_value(|left| left.push_back((conversation, written))),
                _ => {
                    self.take_out(written.client_id);
                    self.bring_home(conversation, written, AppError::Offline);
                }
            }
        }
        self.next_left(1);
    }

    /// Whether something of a conversation that another page left is still to be sent.
    pub(super) fn leaves_older(self, conversation: ConversationId) -> bool {
        let of = |(other, _): &(ConversationId, Outgoing)| *other == conversation;
        self.left.with_value(|left| left.iter().any(of)) || self.left_moves.with_value(|moves| moves.iter().any(of))
    }

    /// Sends what other pages left of conversations that are not open here, one after another.
    fn next_left(self, attempt: u32) {
        if self.left_moves.with_value(Option::is_some) {
            return;
        }
        let Some((conversation, written)) = self.left.try_update_value(VecDeque::pop_front).flatten() else { return };
        self.left_moves.set_value(Some((conversation, written.clone())));
        spawn_local(async move {
            let sent = post(self.slug(), conversation, &written).await;
            if !self.alive() {
                return;
            }
            if let Err(error) = &sent
                && let Some(pause) = self.tries_again(error, attempt)
            {
                // Where its conversation is opened meanwhile, what is written there goes after it.
                self.left.update_value(|left| left.push_front((conversation, written)));
                let again = move || {
                    if self.alive() {
                        self.left_moves.set_value(None);
                        self.next_left(self.attempt_after(attempt));
                    }
                };
                return set_timeout(again, pause);
            }
            self.left_moves.set_value(None);
            self.take_out(written.client_id);
            if let (Ok(message), Some(thread)) = (&sent, self.thread(conversation)) {
                self.confirm(&thread, message.clone(), None);
            }
            let has_gone = self.thread(conversation).is_some_and(|thread| thread.has_gone(written.client_id));
            if let Err(error) = sent
                && !has_gone
            {
                let mut all = written;
                // Those that were written after it come back with it; but what may have arrived keeps its id, and they go on.
                let together = !is_open(&error) && !matches!(error, AppError::Internal(_));
                self.left.update_value(|left| {
                    let (with_it, others): (VecDeque<_>, VecDeque<_>) = std::mem::take(left)
                        .into_iter()
                        .partition(|(other, later)| together && *other == conversation && later.writing == all.writing);
                    *left = others;
                    for (_, later) in with_it {
                        self.take_out(later.client_id);
                        if let Some(thread) = self.thread(conversation) {
                            thread.forget(all.client_id);
                            thread.forget(later.client_id);
                        }
                        all.text = format!("{}\n{}", all.text, later.text);
                        all.client_id = browser::fresh_id();
                        if all.due.is_empty() {
                            all.due = later.due;
                        }
                    }
                });
                if let (AppError::Conflict(Conflict::Unseen { seq, .. }), Some(thread)) = (&error, self.thread(conversation))
                    && self.held(&thread, *seq)
                {
                    self.fetch_thread(conversation);
                }
                self.bring_home(conversation, all, error);
            }
            // Where its conversation is open by now, the rest of it need not wait for others.
            if let Some(thread) = self.thread(conversation) {
                let mut rest = VecDeque::new();
                self.left.update_value(|left| {
                    let (theirs, others) = std::mem::take(left).into_iter().partition(|(other, _)| *other == conversation);
                    (rest, *left) = (theirs, others);
                });
                for (_, next) in rest {
                    self.go_on(&thread, next);
                }
            }
            self.next_left(1);
        });
    }

    /// Something of another page's did not go: it stands where it was written.
    fn bring_home(self, conversation: ConversationId, written: Outgoing, error: AppError) {
        let writing = written.writing;
        if let Some(thread) = self.thread(conversation) {
            self.give_back(&thread, Returned { written, error, with_file: false });
            return self.keep_draft(&thread, writing);
        }
        drafts::keep_text(self, conversation, &written);
        let name = self.name_of(conversation).unwrap_or_else(|| format!("“{}”", written.text.chars().take(40).collect::<String>()));
        self.toasts.failed((self.words.not_sent_to)(&name, &self.words.error(&error)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inbox::model::Sender;

    #[test]
    fn what_is_kept_is_what_was_written() {
        let quote = Quote { id: None, sender: Sender::Contact, sender_name: None, kind: "text".into(), text: "Halo\n\"?\"".into() };
        let reply = Outgoing {
            client_id: Uuid::from_u128(7),
            text: "baris satu\nbaris dua".into(),
            writing: Writing::Reply,
            quote: Some(quote),
            seen: 12,
            leaves: Leaves::AfterAMoment,
            due: String::new(),
        };
        let note = Outgoing { writing: Writing::Note, quote: None, leaves: Leaves::Now, due: "2026-12-01T08:00".into(), ..reply.clone() };
        let later = Outgoing { leaves: Leaves::Later(SnoozeUntil::Own, "2026-12-01T08:00".into()), ..reply.clone() };
        for written in [reply, note, later] {
            let json = serde_json::to_string(&Kept::of(Uuid::from_u128(1).into(), &written, false, 5)).unwrap();
            assert!(!json.contains('\n'), "a line each");
            assert_eq!(serde_json::from_str::<Kept>(&json).unwrap().outgoing(), written);
        }
    }

    #[test]
    fn what_makes_no_sense_any_more_does_not_go_unasked() {
        let reply = Outgoing {
            client_id: Uuid::from_u128(7),
            text: "halo".into(),
            writing: Writing::Reply,
            quote: None,
            seen: 12,
            leaves: Leaves::Now,
            due: String::new(),
        };
        let kept = |written: &Outgoing, after_files| Kept::of(Uuid::from_u128(1).into(), written, after_files, 1_000);
        assert!(kept(&reply, false).may_go(1_000 + STALE - 1));
        assert!(!kept(&reply, false).may_go(1_000 + STALE), "of yesterday");
        assert!(!kept(&reply, true).may_go(1_000), "without its file");
        let later = Outgoing { leaves: Leaves::Later(SnoozeUntil::Tomorrow, String::new()), ..reply };
        assert!(!kept(&later, false).may_go(1_000), "tomorrow is another day by then");
    }
}
