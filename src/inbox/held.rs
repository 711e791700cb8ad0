//! A reply that was held because others wrote meanwhile (F207): what came in, and that it can go nevertheless.

use super::{
    model::MessageView,
    quoting::quoted_words,
    store::{Entry, Inbox, Thread},
};
use crate::{
    error::{AppError, Conflict},
    ids::MessageId,
    ui::icon::icon,
};
use leptos::prelude::*;

/// Whether what stands in the box was held and not changed since. Sending it once more sends it.
pub fn is_held(thread: &Thread) -> bool {
    let held = thread.returned.with(|returned| match returned {
        Some(returned) if matches!(returned.error, AppError::Conflict(Conflict::Unseen { .. })) => Some(returned.written.text.clone()),
        _ => None,
    });
    held.is_some_and(|text| thread.draft.with(|draft| draft.trim() == text))
}

/// Says what came in. The messages are those of the thread: one that is on its way appears with it.
pub fn held(inbox: Inbox, thread: &Thread, messages: Vec<MessageId>) -> AnyView {
    let thread = thread.clone();
    let lines = move || {
        let arrived = thread.entries.with(|entries| {
            let found = |id: &MessageId| entries.iter().find(|entry| entry.view.with_untracked(|view| view.id == *id)).cloned();
            messages.iter().filter_map(found).collect::<Vec<_>>()
        });
        let line = |entry: Entry| view! { <li>{quoted_words(inbox, &thread, &entry.view.with(MessageView::as_quote))}</li> };
        arrived.into_iter().map(line).collect_view()
    };
    let work = inbox.words.locale.work();
    view! {
        <div class="composer-notice banner off held" role="alert">
            {icon("message-circle")}
            <div class="flex-1">
                <p>{work.held}</p>
                <ul>{lines}</ul>
                <p>{work.held_then}</p>
            </div>
        </div>
    }
    .into_any()
}
