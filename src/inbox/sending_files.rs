//! Files on their way: taken over from the browser, posted one after another, and given back when they cannot go. Browser only.

use super::{
    files::{FileKind, MAX_CAPTION},
    later::Leaves,
    model::{LiveFrame, MAX_TEXT, MessageView, Quote},
    outbox::{BETWEEN_TRIES, TRIES_WHILE_CONNECTED},
    store::{Attached, Going, InLine, Inbox, Outgoing, Returned, Thread, Writing},
    working::SnoozeUntil,
};
use crate::{
    error::{AppError, Conflict, Rule},
    live::feed::Connection,
    ui::browser,
};
use leptos::{prelude::*, task::spawn_local};
use std::collections::VecDeque;
use uuid::Uuid;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

#[wasm_bindgen(module = "/src/inbox/files.js")]
extern "C" {
    #[wasm_bindgen(js_name = take)]
    fn take_files(source: &JsValue) -> js_sys::Promise;
    #[wasm_bindgen(js_name = post)]
    fn post_file(
        id: &str,
        address: &str,
        client: &str,
        seen: &str,
        reply_to: &str,
        text: &str,
        undo: bool,
        until: &str,
        at: &str,
        progress: &Closure<dyn FnMut(f64)>,
    ) -> js_sys::Promise;
    #[wasm_bindgen(js_name = letGo)]
    fn let_go(id: &str);
}

impl Attached {
    /// A line of what the browser took over: id, size, type, picture, name.
    fn read(line: &str) -> Option<Self> {
        let mut parts = line.splitn(5, '\t');
        let mut next = || parts.next().map(str::to_owned);
        Some(Self {
            id: next()?.parse().ok()?,
            size: next()?.parse().ok()?,
            mime: next()?,
            picture: next().filter(|address| !address.is_empty()),
            name: next()?,
            going: ArcRwSignal::new(Going::Chosen),
            written: ArcStoredValue::new(None),
        })
    }
}

/// What the server said about a posted file.
fn answered(answer: &str) -> Result<MessageView, AppError> {
    let (status, body) = answer.split_once('\n').unwrap_or((answer, ""));
    let error = |body| serde_json::from_str::<AppError>(body).ok();
    match status {
        "0" => Err(AppError::Offline),
        "200" => serde_json::from_str(body).map_err(|_| AppError::Internal(String::new())),
        // A proxy before us has a limit of its own, and does not say which.
        "413" => Err(error(body).unwrap_or(AppError::invalid("file", Rule::TooLarge(0)))),
        _ => Err(error(body).unwrap_or(AppError::Internal(String::new()))),
    }
}

impl Inbox {
    /// Takes files over from a chooser, a paste or a drop. What is plainly too large is said at once.
    pub(super) fn attach(self, thread: &Thread, source: &JsValue) {
        let thread = thread.clone();
        // Asked at once: an event forgets its files when its handlers are done.
        let taken = JsFuture::from(take_files(source));
        spawn_local(async move {
            let lines = taken.await.ok().and_then(|lines| lines.as_string()).unwrap_or_default();
            if !self.alive() || lines.is_empty() {
                return;
            }
            for file in lines.lines().filter_map(Attached::read) {
                let kind = FileKind::of(&file.mime);
                // Pictures are made to fit before they go.
                if kind != FileKind::Image && kind.is_exceeded_by(usize::try_from(file.size).unwrap_or(usize::MAX)) {
                    let_go(&file.id.to_string());
                    let error = AppError::invalid("file", Rule::TooLarge(kind.most_megabytes()));
                    self.toasts.failed(format!("{}: {}", file.name, self.words.error(&error)));
                    continue;
                }
                thread.files.update(|files| files.push(file));
            }
            browser::focus_on("reply");
        });
    }

    /// Takes a file away again, and stops it if it is on its way. Words that were to stand under it come back.
    pub(super) fn detach(self, thread: &Thread, id: Uuid) {
        let Some(file) = thread.files.with_untracked(|files| files.iter().find(|file| file.id == id).cloned()) else { return };
        self.drop_file(thread, id);
        if !file.is_chosen()
            && let Some(written) = file.written.get_value()
        {
            // It may have gone at this very moment; then a frame says so, and the words go from the box.
            thread.cancelled.set_value(Some(written.clone()));
            self.bring_back(thread, written.text, written.quote);
        }
        if thread.returned.with_untracked(|returned| returned.as_ref().is_some_and(|returned| returned.written.client_id == id)) {
            thread.returned.set(None);
        }
        browser::focus_on("reply");
    }

    /// Words that were taken back stand in the box again, before what is there.
    pub(super) fn bring_back(self, thread: &Thread, text: String, quote: Option<Quote>) {
        if !text.is_empty() {
            thread.draft.update(|draft| match draft.is_empty() {
                true => *draft = text,
                false => *draft = format!("{text}\n{draft}"),
            });
        }
        if thread.quoting.with_untracked(Option::is_none) {
            thread.quoting.set(thread.still_there(quote));
        }
        self.keep_draft(thread, Writing::Reply);
    }

    /// A frame may tell that a file went of which no answer came: it is above the box no longer.
    pub(super) fn file_arrived(self, frame: &LiveFrame) {
        let Some(message) = &frame.message else { return };
        let (Some(id), Some(thread)) = (message.client_id, self.thread(message.conversation_id)) else { return };
        let rests = |file: &Attached| file.id == id && file.is_chosen();
        if thread.files.with_untracked(|files| files.iter().any(rests)) {
            self.drop_file(&thread, id);
        }
    }

    /// Sends the files above the box, one after another, with the draft under the first, or ahead of it where it does not fit there.
    pub(super) fn send_files(self, thread: &Thread, leaves: Leaves) {
        let text = thread.draft.with_untracked(|draft| draft.trim().to_owned());
        let files: Vec<Attached> = thread.files.get_untracked().into_iter().filter(Attached::is_chosen).collect();
        let Some(first) = files.first().filter(|_| text.chars().count() <= MAX_TEXT) else { return };
        // What a page that is gone left goes first, and a file must not overtake it.
        if self.leaves_older(thread.row.id) {
            self.toasts.failed(self.words.locale.work().still_sending.to_owned());
            return;
        }
        // Nothing written is nothing to send ahead.
        let under = text.is_empty() || FileKind::of(&first.mime).has_caption() && text.chars().count() <= MAX_CAPTION;
        let mut quote = thread.quoting.get_untracked();
        let seen = self.seen(thread);
        thread.returned.set(None);
        thread.quoting.set(None);
        thread.draft.set(String::new());
        self.keep_draft(thread, Writing::Reply);
        self.typed.set(None);
        thread.reach_end();
        let mut text = Some(text);
        if !under && let Some(text) = text.take() {
            let client_id = browser::fresh_id();
            let written = Outgoing {
                client_id,
                text,
                writing: Writing::Reply,
                quote: quote.take(),
                seen,
                leaves: leaves.clone(),
                due: String::new(),
            };
            self.dispatch(thread, written);
        }
        for file in files {
            let text = text.take().unwrap_or_default();
            let written = Outgoing {
                client_id: file.id,
                text,
                writing: Writing::Reply,
                quote: quote.take(),
                seen,
                leaves: leaves.clone(),
                due: String::new(),
            };
            file.written.set_value(Some(written));
            file.going.set(Going::Queued);
            thread.line.update_value(|line| line.push_back(InLine::File(file.id)));
        }
        self.next_in_line(thread.clone());
    }

    /// Sends what is next in a thread's line, unless something of it is on its way.
    pub(super) fn next_in_line(self, thread: Thread) {
        if thread.line_moves.get_value() {
            return;
        }
        while let Some(next) = thread.line.try_update_value(VecDeque::pop_front).flatten() {
            let queued = |id: Uuid| {
                let is_it = |file: &&Attached| file.id == id && file.going.get_untracked() == Going::Queued;
                thread.files.with_untracked(|files| files.iter().find(is_it).cloned())
            };
            match next {
                InLine::Reply(written) => {
                    thread.line_moves.set_value(true);
                    return self.transmit(thread, written, true, 1);
                }
                InLine::File(id) => {
                    if let Some(file) = queued(id) {
                        thread.line_moves.set_value(true);
                        file.going.set(Going::Sending(0));
                        return self.post(thread, file, 1, false);
                    }
                }
            }
        }
    }

    /// What was on its way has arrived, come back or been cancelled.
    pub(super) fn line_moved_on(self, thread: Thread) {
        thread.line_moves.set_value(false);
        self.next_in_line(thread);
    }

    fn post(self, thread: Thread, file: Attached, attempt: u32, waits: bool) {
        let Some(written) = file.written.get_value() else { return };
        let address = format!("/api/{}/conversations/{}/messages", self.slug(), thread.row.id);
        spawn_local(async move {
            let id = file.id.to_string();
            let progress = Closure::new({
                let going = file.going.clone();
                move |percent: f64| {
                    let now = Going::Sending(percent as u8);
                    if going.try_get_untracked().is_some_and(|before| before != now) {
                        going.set(now);
                    }
                }
            });
            let quoted = written.quote.as_ref().and_then(|quote| quote.id).map(|id| id.to_string()).unwrap_or_default();
            let (undo, until, at) = written.leaves.fields();
            let (seen, until, at) = (written.seen.to_string(), until.map_or("", SnoozeUntil::as_str), at.unwrap_or_default());
            let answer = post_file(&id, &address, &id, &seen, &quoted, &written.text, undo, until, &at, &progress);
            let answer = JsFuture::from(answer).await.ok().and_then(|answer| answer.as_string()).unwrap_or_default();
            if !self.alive() {
                return;
            }
            let wanted = thread.files.with_untracked(|files| files.iter().any(|known| known.id == file.id));
            let sent = answered(&answer);
            let connected = self.connection.get_untracked() == Connection::Connected;
            if wanted && sent == Err(AppError::Offline) && (!connected || attempt < TRIES_WHILE_CONNECTED) {
                if !waits {
                    self.waiting.update(|waiting| *waiting += 1);
                }
                let attempt = if connected { attempt + 1 } else { attempt };
                set_timeout(
                    move || {
                        if self.alive() {
                            self.post(thread, file, attempt, true);
                        }
                    },
                    BETWEEN_TRIES,
                );
                return;
            }
            if waits {
                self.waiting.update(|waiting| *waiting = waiting.saturating_sub(1));
            }
            match sent {
                Ok(message) => {
                    self.drop_file(&thread, file.id);
                    self.confirm(&thread, message, None);
                }
                // Cancelled.
                Err(_) if !wanted => {}
                // A frame was faster than the answer, which was lost.
                Err(_) if thread.has_gone(file.id) => self.drop_file(&thread, file.id),
                Err(error) => self.return_files(&thread, &file, written, error),
            }
            self.line_moved_on(thread);
        });
    }

    /// A file did not go: it and those after it stay above the box, and its words return to where they were written.
    fn return_files(self, thread: &Thread, file: &Attached, written: Outgoing, error: AppError) {
        let id = thread.row.id;
        file.going.set(Going::Refused);
        for later in thread.files.get_untracked().iter().filter(|later| !later.is_chosen()) {
            later.going.set(Going::Chosen);
        }
        if let AppError::Conflict(Conflict::Unseen { seq, .. }) = &error
            && self.held(thread, *seq)
        {
            self.fetch_thread(id);
        }
        let written = self.with_those_after(thread, written, &error);
        self.give_back(thread, Returned { written, error, with_file: true });
        self.keep_draft(thread, Writing::Reply);
    }

    fn drop_file(self, thread: &Thread, id: Uuid) {
        thread.files.update(|files| files.retain(|file| file.id != id));
        let_go(&id.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_from_its_line() {
        let id = Uuid::from_u128(7);
        let file = Attached::read(&format!("{id}\t2048\timage/png\tblob:x\tfoto\u{a0}1.png")).expect("a file");
        assert_eq!((file.id, file.size, file.mime.as_str(), file.name.as_str()), (id, 2048, "image/png", "foto\u{a0}1.png"));
        assert_eq!(file.picture.as_deref(), Some("blob:x"));
        let plain = Attached::read(&format!("{id}\t1\t\t\ta")).expect("a file");
        assert_eq!((plain.picture, plain.mime.as_str()), (None, ""));
        assert!(Attached::read("x\t1\t\t\ta").is_none() && Attached::read("").is_none());
    }

    #[test]
    fn an_answer_that_is_none_of_ours_is_an_error() {
        assert_eq!(answered("0"), Err(AppError::Offline));
        assert_eq!(answered("413\n<html>"), Err(AppError::invalid("file", Rule::TooLarge(0))));
        assert_eq!(
            answered("422\n{\"Invalid\":{\"field\":\"file\",\"rule\":\"Unsupported\"}}"),
            Err(AppError::invalid("file", Rule::Unsupported))
        );
        assert_eq!(answered("401\n\"SignedOut\""), Err(AppError::SignedOut));
        assert_eq!(answered("502\nBad Gateway"), Err(AppError::Internal(String::new())));
    }
}
