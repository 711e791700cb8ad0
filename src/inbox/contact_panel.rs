//! The right pane: who the customer is.

use super::{
    labelling::labelling,
    model::*,
    parts::{name_for_me, window_clock},
    store::{Current, Inbox, Thread},
};
use crate::{
    ids::ConversationId,
    ui::{avatar::avatar, each::each, icon::icon},
};
use leptos::prelude::*;

/// Beside the thread on wide screens, over it on narrow ones (`?panel=contact`).
#[component]
pub fn ContactPanel(inbox: Inbox) -> impl IntoView {
    // What one looks at first is the thread: the pane follows when that is painted, and until then stays as it was.
    let before = StoredValue::new(None::<Thread>);
    let open = move || {
        let open = inbox.current.with(|current| match current {
            Current::Open(thread) => Some(thread.clone()),
            _ => None,
        });
        if open.as_ref().is_some_and(|thread| !thread.painted.get()) {
            return before.get_value();
        }
        before.set_value(open.clone());
        open
    };
    each(open, |thread| thread.row.id, move |thread| panel(inbox, &thread))
}

fn panel(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = inbox.words;
    let id = thread.row.id;
    let back = move || inbox.address(Some(id), "");
    let contact = thread.contact.clone();
    let row = thread.row.view.clone();
    let clock = window_clock(inbox, row.clone(), None);
    let facts = {
        let thread = thread.clone();
        move || thread.contact.with(|contact| facts(inbox, &thread, contact))
    };
    let own_fields = {
        let contact = thread.contact.clone();
        move || {
            let field = |field: &FieldView| view! { <dt>{field.name.clone()}</dt> <dd>{field.text.clone()}</dd> };
            contact.with(|contact| contact.fields.iter().map(field).collect_view())
        }
    };
    let answered_by = move || {
        row.with(|row| match (row.holder, &row.assignee) {
            (Holder::Ari, _) => "ARI".to_owned(),
            (Holder::Team, None) => words.unowned.to_owned(),
            (Holder::Team, Some(person)) => match inbox.is_me(Some(person.id)) {
                true => name_for_me(inbox, person),
                false => person.name.clone(),
            },
        })
    };
    view! {
        <section class="pane pane-contact" aria-label=words.contact>
            <header class="thread-head">
                <a class="ib panel-back" href=back data-noscroll="" aria-label=words.back_to_conversation>
                    {icon("chevron-left")}
                </a>
                <h2>{words.contact}</h2>
            </header>
            <div class="panel-scroll">
                {move || contact.with(|contact| summary(inbox, id, contact))}
                {labelling(inbox, thread)}
                <section class="sec">
                    <dl class="kv">
                        {facts}
                        {own_fields}
                        <dt>{words.answered_by}</dt>
                        <dd>{answered_by}</dd>
                        <dt>{words.window}</dt>
                        <dd>{clock}</dd>
                    </dl>
                </section>
                {chat_score(inbox, thread)}
                <a class="sec panel-link" href=gallery_address(inbox, id) rel="external">
                    {icon("image")}
                    {words.locale.work().gallery}
                    {icon("chevron-right")}
                </a>
                <a class="sec panel-link" href=format!("/{}/inbox/{id}/past", inbox.slug()) rel="external">
                    {icon("clock")}
                    {words.back_in_time}
                    {icon("chevron-right")}
                </a>
            </div>
        </section>
    }
    .into_any()
}

/// What the customer's messages come to. Why stands on a page of its own.
fn chat_score(inbox: Inbox, thread: &Thread) -> impl IntoView + use<> {
    let words = inbox.words;
    let (id, row) = (thread.row.id, thread.row.view.clone());
    let stands = move || {
        row.with(|row| row.chat_score).map(|score| {
            let degree = temperature(score);
            view! {
                <b class="num">{score}</b>
                <i class="degree" data-degree=degree></i>
                <span class="muted">{words.temperatures[degree]}</span>
            }
        })
    };
    view! {
        <a class="sec panel-link" href=format!("/{}/inbox/{id}/score", inbox.slug()) rel="external">
            {icon("zap")}
            {words.chat_score}
            {stands}
            {icon("chevron-right")}
        </a>
    }
}

/// Where the contact's pictures, files and links are. A page of its own, which costs this one nothing.
pub fn gallery_address(inbox: Inbox, id: ConversationId) -> String {
    format!("/{}/inbox/{id}/media", inbox.slug())
}

fn summary(inbox: Inbox, id: ConversationId, contact: &ContactView) -> AnyView {
    let words = inbox.words;
    // A page of its own, which weighs nothing here.
    let edit = inbox.may_reply().then(|| {
        view! {
            <a class="panel-edit" href=format!("/{}/inbox/{id}/contact", inbox.slug()) rel="external">
                {icon("pencil")}
                {words.locale.work().edit_contact}
            </a>
        }
    });
    let known_as = contact
        .phone
        .clone()
        .or_else(|| contact.username.as_ref().map(|name| format!("@{name}")))
        .unwrap_or_else(|| words.hidden_number.to_owned());
    let since = (words.since)(&words.short_date(inbox.local(contact.since), inbox.today.get()));
    view! {
        <section class="sec summary">
            {avatar(avatar_colour(contact.id.0), initials(&contact.display_name), "l")}
            <h3>{contact.display_name.clone()}</h3>
            <p class="cap muted num">{known_as} " · " {since}</p>
            {edit}
        </section>
    }
    .into_any()
}

/// All numbers that the contact is known by.
fn numbers(contact: &ContactView) -> Option<String> {
    let first = contact.phone.clone()?;
    Some(contact.more_phones.iter().fold(first, |numbers, number| numbers + ", " + number))
}

fn facts(inbox: Inbox, thread: &Thread, contact: &ContactView) -> AnyView {
    let words = inbox.words;
    let source = (words.source_name)(&contact.source).map_or_else(|| contact.source.clone(), str::to_owned);
    let facts = [
        (words.phone_number, Some(numbers(contact).unwrap_or_else(|| words.hidden_number.to_owned()))),
        (words.username, contact.username.as_ref().map(|name| format!("@{name}"))),
        (words.profile_name, contact.profile_name.clone()),
        (words.source, Some(source)),
    ];
    facts
        .into_iter()
        .filter_map(|(name, value)| value.map(|value| (name, value)))
        .map(|(name, value)| {
            let reveal = (contact.may_reveal && name == words.phone_number).then(|| reveal(inbox, thread.clone()));
            view! {
                <dt>{name}</dt>
                <dd>{value} {reveal}</dd>
            }
        })
        .collect_view()
        .into_any()
}

/// Shows the masked number to those who may see it one at a time.
fn reveal(inbox: Inbox, thread: Thread) -> AnyView {
    view! {
        " "
        <button type="button" class="btn" data-size="xs" data-variant="outline" on:click=move |_| inbox.reveal_number(thread.clone())>
            {inbox.words.reveal_number}
        </button>
    }
    .into_any()
}
