//! Where replies are written. One draft per conversation; what is typed for one never stands under another.

use super::{
    api::SendMessage,
    model::*,
    store::{Inbox, Thread},
};
use crate::ui::{
    banner::{Tone, banner},
    browser,
    icon::icon,
};
use leptos::{html, prelude::*, server_fn::ServerFn};

/// The count appears when this few characters are left.
const COUNT_FROM: i64 = 200;

/// The form, or why there is none: the window is shut, or the conversation is closed. It changes at the second the window closes.
pub fn composer(inbox: Inbox, thread: Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let view = thread.row.view.clone();
    let closed = {
        let view = view.clone();
        Memo::new(move |_| view.with(|view| view.closed))
    };
    let open = {
        let view = view.clone();
        Memo::new(move |_| window_open(view.with(|view| view.window_closes), inbox.now.get()))
    };
    (move || match (closed.get(), open.get()) {
        (true, _) => shut(inbox, &thread, "check", inbox.words.conversation_is_closed.to_owned(), None),
        (false, false) => {
            let words = inbox.words;
            let when = view.with(|view| view.window_closes).map(|at| words.moment(inbox.local(at), inbox.today.get()));
            let why = when.map_or_else(|| words.window_never_opened.to_owned(), |when| (words.window_closed_at)(&when));
            shut(inbox, &thread, "lock", why, Some(words.window_reopens))
        }
        (false, true) => form(inbox, thread.clone(), scroller),
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
            <div class="composer-in">{banner(Tone::Info, icon_name, text)}</div>
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
    // The box and the draft follow each other. What was typed before this code ran is taken over, not wiped.
    Effect::new({
        let draft = draft.clone();
        move |before: Option<()>| {
            let Some(element) = box_ref.get() else { return };
            let text = draft.get();
            let typed = element.value();
            if before.is_none() && text.is_empty() && !typed.is_empty() {
                draft.set(typed);
            } else if typed != text {
                element.set_value(&text);
            }
            browser::grow(&element);
        }
    });
    let send = {
        let thread = thread.clone();
        move || {
            inbox.send(&thread);
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
            thread.returned.get().map(|returned| {
                let text = (words.not_sent)(&words.error(&returned.error));
                view! { <div class="composer-notice">{banner(Tone::Danger, "circle-alert", text.into_any())}</div> }
            })
        }
    };
    let count = move || (left.get() <= COUNT_FROM).then(|| (words.characters_left)(left.get()));
    let client_id = thread.client_id.clone();
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
                {returned}
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
                        node_ref=box_ref
                        on:input:target=move |event| draft.set(event.target().value())
                        on:keydown=move |event| {
                            if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && browser::enter_sends() {
                                event.prevent_default();
                                send();
                            }
                        }
                    ></textarea>
                    <div class="tools">
                        <span id="reply-hint" class="sendhint lbl">
                            {words.send_hint}
                        </span>
                        <span class="sendhint count" class:text-danger=move || left.get() < 0 aria-live="polite">
                            {count}
                        </span>
                        <span class="flex-1"></span>
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
