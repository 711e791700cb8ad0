//! One row of the list. It answers four questions: who, what last, who holds it, how long the window stays open.

use super::{
    labelling::stage_of,
    model::*,
    parts::{holder_mark, kind_icon, tick, time_of, window_clock},
    picking::pick_box,
    presence::{dots, writes},
    store::{Inbox, Row},
    work_marks::{promise_clock, row_marks},
};
use crate::ui::{
    avatar::avatar,
    icon::{icon, icon_of},
};
use leptos::prelude::*;

/// A link to the conversation, live.
pub fn conversation_row(inbox: Inbox, row: Row) -> AnyView {
    let id = row.id;
    let href = move || inbox.address(Some(id), "");
    let view = row.view.clone();
    let class = {
        let view = view.clone();
        move || if view.with(|view| view.unread > 0) { "row unread" } else { "row" }
    };
    let clock = window_clock(inbox, view.clone(), None);
    let promise = promise_clock(inbox, view.clone());
    let marks = {
        let view = view.clone();
        move || view.with(|view| holder_mark(inbox, view))
    };
    let work = {
        let view = view.clone();
        move || view.with(|view| row_marks(inbox, view))
    };
    let stage = {
        let view = view.clone();
        move || view.with(|view| stage_of(inbox, view))
    };
    let writing = writes(inbox, id);
    let pick = inbox.may_reply().then(|| pick_box(inbox, &row));
    // `conversation_list` tells it from here on.
    let chosen = row.chosen.clone();
    chosen.set(inbox.current.with_untracked(|current| current.id() == Some(id)));
    let drafted = {
        let chosen = chosen.clone();
        Memo::new(move |_| inbox.drafts.with(|drafts| drafts.contains(&id)) && !chosen.get())
    };
    let draft = move || drafted.get().then(|| view! { <span class="mark note">{icon("file-text")} {inbox.words.draft}</span> });
    view! {
        <li>
            <a
                class=class
                href=href
                data-noscroll=""
                aria-current=move || chosen.get().then_some("true")
            >
                {
                    let view = view.clone();
                    move || view.with(|view| avatar(avatar_colour(view.contact_id.0), initials(&view.name), ""))
                }
                <span class="row-text">
                    {move || view.with(|view| lines(inbox, view, writing))}
                    <span class="l3">{marks} {work} {promise} {clock} {draft} {stage}</span>
                </span>
            </a>
            {pick}
        </li>
    }
    .into_any()
}

fn lines(inbox: Inbox, view: &ConversationView, writing: Memo<Option<String>>) -> AnyView {
    let words = inbox.words;
    let when = words.row_time(inbox.local(view.last_at), inbox.today.get());
    let unread = (view.unread > 0).then(|| {
        let unread = i64::from(view.unread);
        view! {
            <span class="badge-n" role="img" aria-label=(words.unread)(unread)>
                {super::frame::shown(unread)}
            </span>
        }
    });
    let last = view.last.clone();
    let said = move || match writing.get() {
        Some(who) => Some(view! { <span class="typing p">{who} {dots()}</span> }.into_any()),
        None => last.as_ref().map(|last| preview(inbox, last)),
    };
    view! {
        <span class="l1">
            <span class="name">{view.name.clone()}</span>
            {time_of(inbox, view.last_at, "t", when)}
        </span>
        <span class="l2">{said} {unread}</span>
    }
    .into_any()
}

fn preview(inbox: Inbox, last: &Preview) -> AnyView {
    let text = inbox.words.preview(last, inbox.is_me(last.sender_id));
    if last.status == Some(Status::Failed) {
        return view! {
            {icon_of("circle-alert", "i text-danger")}
            <span class="p text-danger">{text}</span>
        }
        .into_any();
    }
    let sign = match (last.sender, last.status) {
        (Sender::System, _) => Some(icon("arrow-right-left")),
        (_, Some(status)) => Some(view! { <span class="row-tick">{tick(inbox, status)}</span> }.into_any()),
        (_, None) => kind_icon(&last.kind).map(icon),
    };
    view! {
        {sign}
        <span class="p">{text}</span>
    }
    .into_any()
}
