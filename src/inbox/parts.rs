//! Small marks that rows, thread and contact share.

use super::{model::*, store::Inbox};
use crate::{
    time::{Millis, Remaining},
    ui::icon::{icon, icon_of},
};
use leptos::prelude::*;

/// A point in time with its machine-readable form.
pub fn time_of(inbox: Inbox, at: Millis, class: &'static str, text: String) -> AnyView {
    let local = inbox.local(at);
    let offset = inbox.offset();
    let sign = if offset < 0 { '-' } else { '+' };
    let (hours, minutes) = (offset.abs() / 60, offset.abs() % 60);
    let machine =
        format!("{:04}-{:02}-{:02}T{:02}:{:02}{sign}{hours:02}:{minutes:02}", local.year, local.month, local.day, local.hour, local.minute);
    view! {
        <time class=class datetime=machine>
            {text}
        </time>
    }
    .into_any()
}

/// When a message was sent; a link to it, which a click copies (`browser.js`). What the server does not know yet has none.
pub fn link_to(inbox: Inbox, view: &MessageView) -> AnyView {
    let time = time_of(inbox, view.at, "", inbox.words.time(inbox.local(view.at)));
    if view.client_id == Some(view.id.0) {
        return time;
    }
    let words = inbox.words.locale.work();
    let href = format!("/{}/inbox/{}?at={}", inbox.slug(), view.conversation_id, view.id);
    view! {
        <a class="permalink" href=href rel="external" title=words.copy_message data-copies=words.copied>
            <span>{time}</span>
        </a>
    }
    .into_any()
}

/// Who answers: ARI, a person by name, or nobody yet.
pub fn holder_mark(inbox: Inbox, view: &ConversationView) -> AnyView {
    let words = inbox.words;
    let (class, icon_name, text) = if view.closed {
        ("mark grey", "check", words.closed_conversation.to_owned())
    } else {
        match (view.holder, &view.assignee) {
            (Holder::Ari, _) => ("mark ari", "sparkles", "ARI".to_owned()),
            (Holder::Team, None) => ("mark none", "circle-dashed", words.unowned.to_owned()),
            (Holder::Team, Some(person)) => ("mark human", "user-round", name_for_me(inbox, person)),
        }
    };
    view! { <span class=class>{icon(icon_name)} {text}</span> }.into_any()
}

/// "Anda", or a teammate's first name.
pub fn name_for_me(inbox: Inbox, person: &PersonRef) -> String {
    match inbox.is_me(Some(person.id)) {
        true => inbox.words.you.to_owned(),
        false => crate::words::first_word(&person.name).to_owned(),
    }
}

/// How long free text is still allowed, ticking. `label` stands before the time where there is room for a sentence.
pub fn window_clock(inbox: Inbox, view: ArcRwSignal<ConversationView>, label: Option<&'static str>) -> AnyView {
    let words = inbox.words;
    let closes = Memo::new(move |_| view.with(|view| view.window_closes));
    let left = Memo::new(move |_| inbox.minutes_left(closes.get()));
    (move || match left.get() {
        None => view! { <span class="clock shut">{icon("lock")} {words.window_shut}</span> }.into_any(),
        Some(minutes) => {
            let text = words.remaining(Remaining { hours: minutes / 60, minutes: minutes % 60 });
            let soon = minutes < SOON;
            let (class, icon_name) = if soon { ("clock soon", "clock-alert") } else { ("clock", "clock") };
            let text = match label {
                Some(label) => view! { <span class="lbl">{label}</span> {text} }.into_any(),
                None if soon => (words.closes_in)(&text).into_any(),
                None => text.into_any(),
            };
            view! { <span class=class>{icon(icon_name)} {text}</span> }.into_any()
        }
    })
    .into_any()
}

/// How far a message got, as an icon; its name is for screen readers.
pub fn tick(inbox: Inbox, status: Status) -> AnyView {
    let (class, name) = match status {
        Status::Scheduled => ("i", "alarm-clock"),
        Status::Pending | Status::Sending => ("i", "clock"),
        Status::Unknown => ("i", "clock-alert"),
        Status::Sent => ("i", "check"),
        Status::Delivered => ("i", "check-check"),
        Status::Read => ("i read", "check-check"),
        Status::Failed | Status::Held => ("i text-danger", "circle-alert"),
        Status::Cancelled => ("i", "x"),
    };
    view! {
        {icon_of(name, class)}
        <span class="sr-only">{inbox.words.status(status)}</span>
    }
    .into_any()
}

/// The icon of a message without words.
pub fn kind_icon(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "image" | "sticker" => "image",
        "video" => "play",
        "audio" | "voice" => "mic",
        "document" => "file-text",
        "location" => "map-pin",
        "contacts" => "user-round",
        "order" => "shopping-cart",
        _ => return None,
    })
}
