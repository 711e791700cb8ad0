//! Reacting to a message (F201): the way to it beside each bubble, one picker for the thread, and what became of it.
//!
//! The picker is a form that works without script; the address says for which message. With script it is a popover beside the message.

use super::{
    api::{self, ReactToMessage},
    model::*,
    quoting::excerpt,
    store::{Inbox, Thread},
};
use crate::{
    ids::MessageId,
    ui::icon::{icon, icon_of},
};
use leptos::{html, prelude::*, server_fn::ServerFn};
use wasm_bindgen::prelude::*;

/// What is one click away.
const QUICK: [&str; 6] = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
/// As much as the longest emoji takes in a field.
const LONGEST: u32 = 35;

#[wasm_bindgen(module = "/src/inbox/reacting.js")]
extern "C" {
    #[wasm_bindgen(js_name = offer)]
    fn offer(picker: &web_sys::HtmlElement, message: &str);
    #[wasm_bindgen(js_name = chosen)]
    fn chosen(event: &web_sys::Event) -> String;
}

/// Whether one can react in a thread now: to whom one can reply.
pub fn offered(inbox: Inbox, thread: &Thread) -> Memo<bool> {
    let view = thread.row.view.clone();
    let may_reply = inbox.may_reply();
    Memo::new(move |_| may_reply && view.with(|view| !view.closed && window_open(view.window_closes, inbox.now.get())))
}

/// Beside a bubble: opens the picker. Where nobody can react the thread hides it (see [`offered`]).
pub fn react_link(inbox: Inbox, thread: &Thread, view: &ArcRwSignal<MessageView>) -> AnyView {
    let work = inbox.words.locale.work();
    let (reacting, view) = (thread.reacting.clone(), view.clone());
    let (to, name) = (view.clone(), view.clone());
    view! {
        <a
            class="act react-act"
            href=move || to.with(|view| inbox.view.get_untracked().here(&format!("react={}", view.id)))
            aria-label=move || name.with(|view| (work.react_to)(&excerpt(inbox, view)))
            title=work.react
            on:click=move |event| {
                event.prevent_default();
                reacting.set(Some(view.with_untracked(|view| view.id)));
            }
        ></a>
    }
    .into_any()
}

/// The emoji at a bubble's edge, with who of the team gave ours.
pub fn chip(inbox: Inbox, view: &MessageView) -> Option<AnyView> {
    if view.reactions.is_empty() {
        return None;
    }
    let work = inbox.words.locale.work();
    let own = view.own_reaction.as_ref().filter(|own| !own.emoji.is_empty());
    let mut said = view.reactions.clone();
    if let (Some(own), Some(last)) = (own, said.last_mut()) {
        let by = own.by.as_ref();
        let sender = if by.is_some() { Sender::Teammate } else { Sender::Phone };
        let who = inbox.words.sender(sender, by.map(|by| by.name.as_str()), inbox.is_me(by.map(|by| by.id))).unwrap_or_default();
        *last = (work.reacted_by)(last, &who);
        if own.waits {
            *last = format!("{last} ({})", work.reaction_waits);
        }
    }
    let class = if own.is_some_and(|own| own.waits) { "react waits" } else { "react" };
    let said = format!("{}: {}", inbox.words.reactions, said.join(", "));
    let chip = view! {
        <span class=class role="img" title=said.clone() aria-label=said>
            {view.reactions.join(" ")}
        </span>
    };
    Some(chip.into_any())
}

/// Why a reaction did not get there, with the two ways on: once more, or leaving it.
pub fn failed(inbox: Inbox, thread: &Thread, view: &MessageView) -> Option<AnyView> {
    let (own, failure) = view.own_reaction.as_ref().and_then(|own| Some((own, own.failure.as_ref()?)))?;
    let (words, work) = (inbox.words, inbox.words.locale.work());
    let (thread, id) = (thread.clone(), view.id);
    let way = |wanted: &str, label: &'static str, variant: &'static str| {
        let (fields, thread, emoji) = (about(inbox, &thread, id), thread.clone(), wanted.to_owned());
        view! {
            <form
                method="post"
                action=ReactToMessage::url()
                on:submit=move |event| {
                    event.prevent_default();
                    inbox.react(thread.clone(), id, emoji.clone());
                }
            >
                {fields}
                <input type="hidden" name="emoji" value=wanted.to_owned()/>
                <button class="btn" data-size="xs" data-variant=variant>
                    {label}
                </button>
            </form>
        }
        .into_any()
    };
    let failed = view! {
        <div class="failure">
            {icon_of("circle-alert", "i")} <span>{(work.reaction_failed)(&own.failed, words.failure_reason(failure))}</span>
            {way(&own.failed, words.resend, "outline")} {way(&own.emoji, work.let_be, "ghost")}
        </div>
    };
    Some(failed.into_any())
}

/// Which message a form is about.
fn about(inbox: Inbox, thread: &Thread, message: MessageId) -> AnyView {
    view! {
        <input type="hidden" name="workspace" value=inbox.slug()/>
        <input type="hidden" name="conversation" value=thread.row.id.to_string()/>
        <input type="hidden" name="message" value=message.to_string()/>
    }
    .into_any()
}

/// The picker, for the message it was asked for.
pub fn picker(inbox: Inbox, thread: Thread, offered: Memo<bool>) -> AnyView {
    (move || {
        let id = thread.reacting.get().filter(|_| offered.get())?;
        let view = thread.reactable(id)?;
        Some(picker_for(inbox, thread.clone(), id, view))
    })
    .into_any()
}

fn picker_for(inbox: Inbox, thread: Thread, id: MessageId, view: ArcRwSignal<MessageView>) -> AnyView {
    let work = inbox.words.locale.work();
    let own = Signal::derive(move || view.with(|view| view.own_reaction.as_ref().map(|own| own.emoji.clone()).unwrap_or_default()));
    let shown = own.get_untracked();
    // Another one that is there can be taken back like the six.
    let other = (!shown.is_empty() && !QUICK.iter().any(|quick| same(quick, &shown))).then_some(shown);
    let buttons = QUICK
        .iter()
        .map(|quick| (*quick).to_owned())
        .chain(other)
        .map(|emoji| {
            let pressed = {
                let emoji = emoji.clone();
                Signal::derive(move || own.with(|own| same(own, &emoji)))
            };
            let value = {
                let emoji = emoji.clone();
                move || if pressed.get() { String::new() } else { emoji.clone() }
            };
            view! {
                <button name="emoji" value=value aria-pressed=move || pressed.get().to_string()>
                    {emoji}
                </button>
            }
        })
        .collect_view();
    let node = NodeRef::<html::Div>::new();
    Effect::new(move |_| {
        if let Some(node) = node.get() {
            offer(&node, &format!("m-{id}"));
        }
    });
    let close = {
        let reacting = thread.reacting.clone();
        // Another message may have been chosen since.
        move || reacting.update(|now| *now = now.take().filter(|now| *now != id))
    };
    let submit = {
        let (thread, close) = (thread.clone(), close.clone());
        move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            let emoji = chosen(&event);
            close();
            let emoji = if own.with_untracked(|own| same(own, &emoji)) { String::new() } else { emoji };
            inbox.react(thread.clone(), id, emoji);
        }
    };
    let closed = close.clone();
    // `wording.js` does it.
    let translate = inbox.viewer.with_value(|viewer| viewer.ari_enabled).then(|| {
        view! {
            <button type="button" class="tool" data-translate=id.to_string() title=work.translate aria-label=work.translate>
                {icon("languages")}
            </button>
        }
    });
    view! {
        <div class="picker pop" role="dialog" aria-label=work.react node_ref=node on:submit=submit on:close=move |_| closed()>
            <form method="post" action=ReactToMessage::url() class="emojis">
                {about(inbox, &thread, id)}
                {buttons}
            </form>
            <form method="post" action=ReactToMessage::url() class="other-emoji">
                {about(inbox, &thread, id)}
                <input class="input" name="emoji" required maxlength=LONGEST autocomplete="off" placeholder=work.other_emoji aria-label=work.other_emoji/>
                <button class="btn" data-size="sm" data-variant="outline">
                    {work.give_emoji}
                </button>
                {translate}
                <a
                    class="tool"
                    href=inbox.view.get_untracked().here("")
                    aria-label=work.let_be
                    on:click=move |event| {
                        event.prevent_default();
                        close();
                    }
                >
                    {icon("x")}
                </a>
            </form>
        </div>
    }
    .into_any()
}

/// Whether two are one emoji: phones leave out that it is meant as a picture.
fn same(one: &str, other: &str) -> bool {
    one.trim_end_matches('\u{fe0f}') == other.trim_end_matches('\u{fe0f}')
}

impl Inbox {
    /// Wants an emoji to stand at a message, or none.
    fn react(self, thread: Thread, message: MessageId, emoji: String) {
        let request = api::react_to_message(self.slug(), thread.row.id, message, emoji);
        self.settle(thread, message, request, |_| ());
    }
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn a_heart_is_a_heart() {
        assert!(same("❤️", "❤") && same("👍", "👍"));
        assert!(!same("👍", "👍🏽") && !same("", "❤️"));
    }
}
