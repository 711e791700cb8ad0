//! Who else looks at a conversation or writes in it (F75): shown where one writes and in its row, and told of the person who looks. Browser only.

use super::{
    api,
    store::{Inbox, Telling},
};
use crate::{
    ids::ConversationId,
    live::feed::Connection,
    ui::{browser, icon::icon},
};
use leptos::{prelude::*, task::spawn_local};

/// Tells where one is: when that changes, and again before others forget. Answers what to call when somebody new has come.
pub fn tell(inbox: Inbox, attended: RwSignal<bool>) -> RwSignal<u32> {
    let newcomers = RwSignal::new(0_u32);
    let told = StoredValue::new(Telling::default());
    Effect::new(move |before: Option<u32>| {
        inbox.forget_colleagues();
        let newcomers = newcomers.get();
        if before.is_some_and(|before| before != newcomers) {
            told.set_value(Telling::default());
        }
        let next = told.with_value(|told| inbox.telling(attended.get(), told));
        if inbox.connection.get() != Connection::Connected {
            return newcomers;
        }
        if let Some(next) = next {
            let (conversation, typing) = next.place();
            let request = api::be_here(inbox.slug(), conversation, typing, !next.is_attended());
            told.set_value(next.clone());
            // Nothing that one waits for; and what is not so any more by then is not told. One that fails is told again soon.
            browser::after_paint(move || {
                if told.try_with_value(|told| *told == next) == Some(true) {
                    spawn_local(async move {
                        let _ = request.await;
                    });
                }
            });
        }
        newcomers
    });
    newcomers
}

/// Beside what one writes in: who else is there. Not in the thread's head, which has no room for a name to come and go.
pub fn others(inbox: Inbox, id: ConversationId) -> AnyView {
    let words = inbox.words.locale.work();
    let names = Memo::new(move |_| (inbox.names_at(id, false), inbox.names_at(id, true)));
    (move || {
        let (there, typing) = names.get();
        if let Some(first) = typing.first() {
            let text = (words.types)(first, typing.len() - 1);
            return Some(view! { <span class="typing">{text} {dots()}</span> }.into_any());
        }
        let first = there.first()?;
        let text = (words.looks)(first, there.len() - 1);
        let label = text.clone();
        Some(view! { <span class="mark grey looks" title=label>{icon("eye")} <span>{text}</span></span> }.into_any())
    })
    .into_any()
}

/// In a row, in place of what was said last: who writes.
pub fn writes(inbox: Inbox, id: ConversationId) -> Memo<Option<String>> {
    let words = inbox.words.locale.work();
    Memo::new(move |_| {
        let names = inbox.names_at(id, true);
        names.first().map(|first| (words.types)(first, names.len() - 1))
    })
}

/// Dots that come and go.
pub fn dots() -> AnyView {
    view! {
        <span class="dots" aria-hidden="true">
            <i></i>
            <i></i>
            <i></i>
        </span>
    }
    .into_any()
}
