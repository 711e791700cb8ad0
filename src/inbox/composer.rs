//! Where replies are written. One draft per conversation; what is typed for one never stands under another. Notes have a box of their own (`notes`).

use super::{
    api::SendMessage,
    drafts,
    model::*,
    notes::{modes, note_form},
    quick_replies::{LIST, Picker},
    quoting::quote_bar,
    store::{Inbox, Thread, Writing},
};
use crate::ui::{
    banner::{Tone, banner},
    browser,
    icon::icon,
};
use leptos::{html, prelude::*, server_fn::ServerFn};

/// The count appears when this few characters are left.
const COUNT_FROM: i64 = 200;

/// What stands under the thread.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Note,
    Closed,
    Shut,
    Reply,
}

/// The form, or why there is none: the window is shut, or the conversation is closed. It changes at the second the window closes. A note can always be
/// written.
pub fn composer(inbox: Inbox, thread: Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let view = thread.row.view.clone();
    let shown = {
        let (view, writing) = (view.clone(), thread.writing.clone());
        Memo::new(move |_| match (writing.get(), view.with(|view| view.closed)) {
            (Writing::Note, _) => Shown::Note,
            (Writing::Reply, true) => Shown::Closed,
            (Writing::Reply, false) if window_open(view.with(|view| view.window_closes), inbox.now.get()) => Shown::Reply,
            (Writing::Reply, false) => Shown::Shut,
        })
    };
    (move || match shown.get() {
        Shown::Note => note_form(inbox, thread.clone(), scroller),
        Shown::Closed => shut(inbox, &thread, "check", inbox.words.conversation_is_closed.to_owned(), None),
        Shown::Shut => {
            let words = inbox.words;
            let when = view.with(|view| view.window_closes).map(|at| words.moment(inbox.local(at), inbox.today.get()));
            let why = when.map_or_else(|| words.window_never_opened.to_owned(), |when| (words.window_closed_at)(&when));
            shut(inbox, &thread, "lock", why, Some(words.window_reopens))
        }
        Shown::Reply => form(inbox, thread.clone(), scroller),
    })
    .into_any()
}

fn shut(inbox: Inbox, thread: &Thread, icon_name: &'static str, why: String, then: Option<&'static str>) -> AnyView {
    let draft = thread.draft.clone();
    let kept = move || draft.with(|draft| !draft.trim().is_empty()).then(|| format!(" {}", inbox.words.draft_kept));
    let text = view! {
        {why}
        " "
        {then}
        {kept}
    }
    .into_any();
    view! {
        <div class="composer">
            <div class="composer-in">{modes(inbox, thread)} {banner(Tone::Info, icon_name, text)}</div>
        </div>
    }
    .into_any()
}

fn form(inbox: Inbox, thread: Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let words = inbox.words;
    let id = thread.row.id;
    let view = thread.row.view.clone();
    let draft = thread.draft.clone();
    let box_ref = NodeRef::<html::Textarea>::new();
    drafts::follow(inbox, &thread, Writing::Reply, box_ref);
    let picker = Picker::new(inbox, &thread);
    let send = {
        let thread = thread.clone();
        move || {
            inbox.send(&thread, Writing::Reply);
            if let Some(element) = scroller.get_untracked() {
                element.set_scroll_top(0);
            }
        }
    };
    let ari_holds = {
        let view = view.clone();
        Memo::new(move |_| view.with(|view| view.holder == Holder::Ari))
    };
    let left = {
        let draft = draft.clone();
        Memo::new(move |_| MAX_TEXT as i64 - draft.with(|draft| draft.trim().chars().count()) as i64)
    };
    let label = move || view.with(|view| (words.message_to)(&view.name));
    let returned = {
        let thread = thread.clone();
        move || {
            let returned = thread.returned.get().filter(|returned| returned.written.writing == Writing::Reply)?;
            let text = (words.not_sent)(&words.error(&returned.error));
            Some(view! { <div class="composer-notice">{banner(Tone::Danger, "circle-alert", text.into_any())}</div> })
        }
    };
    let count = move || (left.get() <= COUNT_FROM).then(|| (words.characters_left)(left.get()));
    let client_id = thread.client_id.clone();
    let pressed = {
        let (send, picker, quoting) = (send.clone(), picker.clone(), thread.quoting.clone());
        move |event: web_sys::KeyboardEvent| {
            if picker.takes(&event) {
                return;
            }
            if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && browser::enter_sends() {
                event.prevent_default();
                send();
            } else if event.key() == "Escape" && quoting.with_untracked(Option::is_some) {
                quoting.set(None);
            }
        }
    };
    let (is_open, active) = {
        let (open, active) = (picker.clone(), picker.clone());
        (move || open.is_open().then_some(LIST), move || active.active())
    };
    let submit = {
        let send = send.clone();
        move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            send();
        }
    };
    view! {
        <form
            class="composer"
            method="post"
            action=SendMessage::url()
            aria-label=words.compose
            on:submit=submit
        >
            <input type="hidden" name="workspace" value=inbox.slug()/>
            <input type="hidden" name="conversation" value=id.to_string()/>
            <input type="hidden" name="client_id" value=move || client_id.get().to_string()/>
            <div class="composer-in">
                {modes(inbox, &thread)} {returned} {quote_bar(inbox, &thread)} {picker.view()}
                <div class="box">
                    <label class="sr-only" for="reply">
                        {label}
                    </label>
                    <textarea
                        id="reply"
                        class="ta"
                        name="text"
                        rows="1"
                        required
                        placeholder=move || if ari_holds.get() { words.writing_stops_ari } else { words.write_here }
                        aria-describedby="reply-hint"
                        aria-autocomplete="list"
                        aria-controls=is_open
                        aria-activedescendant=active
                        node_ref=box_ref
                        on:input:target=move |event| draft.set(event.target().value())
                        on:keydown=pressed
                    ></textarea>
                    <div class="tools">
                        <span id="reply-hint" class="sendhint lbl">
                            {words.send_hint}
                        </span>
                        <span class="sendhint count" class:text-danger=move || left.get() < 0 aria-live="polite">
                            {count}
                        </span>
                        <span class="flex-1"></span>
                        {picker.link()}
                        <button
                            class="btn send"
                            data-size="sm"
                            type="submit"
                            disabled=move || left.get() < 0
                            aria-label=move || if ari_holds.get() { words.take_over_and_send } else { words.send }
                        >
                            <span class="send-label">
                                {move || if ari_holds.get() { words.take_over_and_send } else { words.send }}
                            </span>
                            {icon("send-horizontal")}
                        </button>
                    </div>
                </div>
            </div>
        </form>
    }
    .into_any()
}
