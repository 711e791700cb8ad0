//! What a browser does around somebody's deed: what it shows before the server answers, and what it makes of the answer.

use super::Screen;
use leptos::prelude::{Set, WithUntracked};
use my21staff::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::{
        later::Leaves,
        model::*,
        store::{Outgoing, Returned, Writing},
    },
};
use uuid::Uuid;

/// What the server answered to somebody's deed.
pub enum Answer {
    Changed(Asked, Box<ConversationView>),
    /// A message arrived; or is sent again, with the event that it was as new as when that was asked for.
    Message(Box<MessageView>, Option<i64>),
}

/// The conversation whose row was asked for a change, and the event that the row was as new as.
pub type Asked = Option<(ConversationId, i64)>;

impl Screen {
    /// The row is about to be asked for a change.
    pub fn ask(&self, id: ConversationId) -> Asked {
        self.look(|screen| {
            let inbox = screen.inbox();
            let row = inbox.rows.with_untracked(|rows| rows.iter().find(|row| row.id == id).cloned());
            let row = row.or_else(|| inbox.thread(id).map(|thread| thread.row))?;
            Some((id, inbox.seq_of(&row)))
        })
    }

    /// The event that a message of the thread is as new as, if it is there.
    pub fn seq_of(&self, id: ConversationId, message: MessageId) -> Option<i64> {
        self.look(|screen| screen.inbox().thread(id).and_then(|thread| thread.seq_of(message)))
    }

    /// The server answered; `late`: the stream is faster.
    pub fn answered(&mut self, answer: Answer, late: bool) {
        match late {
            true => self.late.push(answer),
            false => self.take(answer),
        }
    }

    pub(super) fn take(&self, answer: Answer) {
        self.owner.with(|| {
            let inbox = self.inbox();
            match answer {
                Answer::Changed(Some((_, at)), view) => inbox.answer(*view, at),
                Answer::Changed(None, _) => {}
                Answer::Message(message, asked_at) => {
                    if let Some(thread) = inbox.thread(message.conversation_id) {
                        inbox.confirm(&thread, *message, asked_at);
                    }
                }
            }
        });
    }

    /// Something is on its way out of the open conversation.
    pub fn writes(&self, id: ConversationId, client_id: Uuid, text: &str, writing: Writing) {
        if self.current() == Some(id) {
            self.owner.with(|| {
                let inbox = self.inbox();
                if let Some(thread) = inbox.thread(id) {
                    let written = Outgoing {
                        client_id,
                        text: text.into(),
                        writing,
                        quote: None,
                        seen: inbox.seen(&thread),
                        leaves: Leaves::Now,
                        due: String::new(),
                    };
                    inbox.add_local(&thread, written);
                }
            });
        }
    }

    /// It was refused. The text is taken out of the box again, as somebody does who gives up. Answers whether the conversation was read because of that.
    pub async fn refused(&mut self, id: ConversationId, client_id: Uuid, text: &str, writing: Writing, error: AppError) -> bool {
        let inbox = self.inbox();
        let Some(thread) = self.look(|_| inbox.thread(id)) else { return false };
        let unseen = match &error {
            AppError::Conflict(Conflict::Unseen { seq, .. }) => Some(*seq),
            _ => None,
        };
        let fetch = self.owner.with(|| unseen.is_some_and(|seq| inbox.held(&thread, seq)));
        if fetch {
            let page = self.thread(id).await;
            self.owner.with(|| inbox.loaded(id, page));
        }
        if self.current() == Some(id) {
            self.owner.with(|| {
                let written =
                    Outgoing { client_id, text: text.into(), writing, quote: None, seen: 0, leaves: Leaves::Now, due: String::new() };
                inbox.give_back(&thread, Returned { written, error, with_file: false });
                thread.draft_of(writing).set(String::new());
                thread.returned.set(None);
            });
        }
        unseen.is_some()
    }
}
