//! Answering one message: the way to it at each bubble, and what stands above the box until the reply is sent.

use super::{
    model::*,
    store::{Inbox, Thread, Writing},
};
use crate::{
    ids::MessageId,
    ui::{browser, icon::icon},
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// How much of a message the buttons beside it repeat, in characters.
const EXCERPT: usize = 40;

/// The quoted message's author and words.
pub fn quoted_words(inbox: Inbox, thread: &Thread, quote: &Quote) -> AnyView {
    let words = inbox.words;
    let name = match quote.sender {
        Sender::Contact => thread.row.view.with_untracked(|view| view.name.clone()),
        sender => {
            let mine = inbox.viewer.with_value(|viewer| quote.sender_name.as_ref() == Some(&viewer.person.name));
            words.sender(sender, quote.sender_name.as_deref(), mine).unwrap_or_default()
        }
    };
    let text = match quote.text.is_empty() {
        true => words.placeholder(&quote.kind),
        false if quote.kind == REVOKED => format!("{}: {}", words.placeholder(REVOKED), quote.text),
        false => quote.text.clone(),
    };
    view! {
        <b>{name}</b>
        <span>{text}</span>
    }
    .into_any()
}

/// The beginning of a message, by which what is beside it is told from the same beside others.
pub fn excerpt(inbox: Inbox, view: &MessageView) -> String {
    inbox.words.spoken(view).chars().take(EXCERPT).collect()
}

/// Beside a bubble: answers it. Without script the page comes back with the quote above the box.
pub fn reply_link(inbox: Inbox, thread: &Thread, view: &ArcRwSignal<MessageView>) -> AnyView {
    let (thread, view) = (thread.clone(), view.clone());
    let (to, name) = (view.clone(), view.clone());
    view! {
        <a
            class="act reply-act"
            href=move || to.with(|view| inbox.view.get_untracked().here(&format!("reply={}", view.id)))
            aria-label=move || name.with(|view| (inbox.words.reply_to_message)(&excerpt(inbox, view)))
            title=inbox.words.reply_tab
            on:click=move |event| {
                event.prevent_default();
                begin(&thread, thread.quotable(view.with_untracked(|view| view.id)));
            }
        ></a>
    }
    .into_any()
}

/// A reply begins, to a message where there is one.
fn begin(thread: &Thread, quote: Option<Quote>) {
    thread.writing.set(Writing::Reply);
    thread.quoting.set(quote);
    browser::focus_on("reply");
}

/// `r` answers the message that has the focus, else the customer's newest; `n` begins a note. Answers whether it was one of them.
pub fn keys(thread: &Thread, event: &web_sys::KeyboardEvent) -> bool {
    match event.key().as_str() {
        "r" => {
            let focused = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let item = focused.and_then(|element| element.closest("li[id]").ok().flatten());
            let id = item.and_then(|item| item.id().strip_prefix("m-")?.parse::<MessageId>().ok());
            let quote = id.and_then(|id| thread.quotable(id)).or_else(|| thread.newest_inbound());
            begin(thread, quote);
        }
        "n" => {
            thread.writing.set(Writing::Note);
            browser::focus_on("note");
        }
        _ => return false,
    }
    true
}

/// Above the box: which message the reply answers, and the way to answer none.
pub fn quote_bar(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = inbox.words;
    let thread = thread.clone();
    (move || {
        let quote = thread.quoting.get()?;
        let id = quote.id?;
        let quoting = thread.quoting.clone();
        Some(view! {
            <div class="quoting" role="group" aria-label=words.quoting>
                <div class="quote">{quoted_words(inbox, &thread, &quote)}</div>
                <input type="hidden" name="reply_to" value=id.to_string()/>
                <a
                    class="tool"
                    href=inbox.view.get_untracked().here("")
                    aria-label=words.cancel_quote
                    on:click=move |event| {
                        event.prevent_default();
                        quoting.set(None);
                        browser::focus_on("reply");
                    }
                >
                    {icon("x")}
                </a>
            </div>
        })
    })
    .into_any()
}
