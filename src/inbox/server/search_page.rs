//! `/{workspace}/inbox/search?q=…`: contacts and messages that were found. A plain page: links and one form, no script.

use super::{
    plain,
    search::{self, Found, FoundContact, FoundMessage, Question},
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::*,
    server::{request, scope::Scope},
    time::{LocalTime, Millis},
    ui::{avatar::avatar, icon::icon, load::blank, title::in_title},
    words::{self, Words, server::SearchWords, use_words},
};
use leptos::prelude::*;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};

/// Everything a part of the page is made of.
struct Page {
    say: &'static SearchWords,
    words: &'static Words,
    viewer: Viewer,
    question: Question,
    scope: Scope,
    found: Found,
}

/// The page.
#[component]
pub fn SearchPage() -> impl IntoView {
    let workspace = use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let question = use_location().query.with_untracked(|query| Question {
        text: query.get("q").unwrap_or_default(),
        before: query.get("before").and_then(|cursor| cursor.parse().ok()),
        contacts_before: query.get("contacts").and_then(|id| id.parse().ok()),
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            let found = search::search(&app, &scope, &question).await?;
            Ok(Page { say: words.locale.search(), words, viewer, question, scope, found })
        };
        match request::answered(work).await {
            Ok(page) => page.view(),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

impl Page {
    fn view(&self) -> AnyView {
        let (say, slug) = (self.say, &self.viewer.workspace_slug);
        let title = match self.question.text.trim() {
            "" => say.title.to_owned(),
            text => in_title(&format!("{text} · {}", say.title)),
        };
        let content = view! {
            <h1>{say.title}</h1>
            <form method="get" action=format!("/{slug}/inbox/search") role="search" class="search-form">
                <input
                    class="input"
                    type="search"
                    name="q"
                    value=self.question.text.clone()
                    aria-label=say.field
                    placeholder=say.hint
                    maxlength="200"
                    autocomplete="off"
                    autofocus=self.found.idle
                />
                <button class="btn">{icon("search")} {say.go}</button>
            </form>
            {self.results()}
        };
        plain::page(title, format!("/{slug}/inbox"), say.to_inbox, "plain-main found", content.into_any())
    }

    fn results(&self) -> AnyView {
        let say = self.say;
        if self.found.idle {
            return blank(2, "search", say.idle_title.into(), say.idle_text.into(), ().into_any());
        }
        let covered = match self.scope.only_assigned_to() {
            None => say.covered_all,
            Some(_) => say.covered_some,
        };
        let masked = (!self.scope.sees_numbers()).then(|| view! { <p class="cap muted">{say.covered_masked}</p> });
        let is_later = self.question.before.is_some() || self.question.contacts_before.is_some();
        let first = is_later.then(|| view! { <a class="more" href=self.address("", "") rel="external">{say.first_page}</a> });
        let nothing = (self.found.contacts.is_empty() && self.found.messages.is_empty())
            .then(|| blank(2, "search", say.none_title.into(), say.none_text.into(), ().into_any()));
        view! {
            <p class="cap muted" role="status">
                {covered}
            </p>
            {masked}
            {first}
            {nothing}
            {(!self.found.contacts.is_empty()).then(|| self.contacts())}
            {(!self.found.messages.is_empty()).then(|| self.messages())}
        }
        .into_any()
    }

    fn contacts(&self) -> AnyView {
        let say = self.say;
        let more = self.found.more_contacts.map(|id| {
            view! {
                <a class="more" href=self.address("contacts", &id.to_string()) rel="external">
                    {say.more_contacts}
                </a>
            }
        });
        view! {
            <section class="found-part" aria-labelledby="found-contacts">
                <h2 id="found-contacts">{say.contacts}</h2>
                <ul>{self.found.contacts.iter().map(|contact| self.contact(contact)).collect_view()}</ul>
                {more}
            </section>
        }
        .into_any()
    }

    fn contact(&self, found: &FoundContact) -> AnyView {
        let contact = &found.contact;
        let user_name = contact.username.as_ref().map(|name| format!("@{name}"));
        let known_as = [contact.phone.clone(), contact.profile_name.clone(), user_name];
        let known_as: Vec<String> = known_as.into_iter().flatten().filter(|name| *name != contact.display_name).collect();
        view! {
            <li>
                <a class="row" href=self.conversation(found.conversation) rel="external">
                    {avatar(avatar_colour(contact.id.0), initials(&contact.display_name), "")}
                    <span class="row-text">
                        <span class="l1">
                            <span class="name">{contact.display_name.clone()}</span>
                        </span>
                        <span class="l2">
                            <span class="p">{known_as.join(" · ")}</span>
                        </span>
                    </span>
                </a>
            </li>
        }
        .into_any()
    }

    fn messages(&self) -> AnyView {
        let say = self.say;
        let older = self.found.older.map(|cursor| {
            view! {
                <a class="more" href=self.address("before", &cursor.to_string()) rel="external">
                    {say.older}
                    {icon("chevron-down")}
                </a>
            }
        });
        view! {
            <section class="found-part" aria-labelledby="found-messages">
                <h2 id="found-messages">{say.messages}</h2>
                <ul>{self.found.messages.iter().map(|message| found_message(say, self.words, &self.viewer, message)).collect_view()}</ul>
                {older}
            </section>
        }
        .into_any()
    }

    fn conversation(&self, id: ConversationId) -> String {
        conversation_address(&self.viewer, id)
    }

    /// This page with the same question, going on somewhere.
    fn address(&self, name: &str, value: &str) -> String {
        let mut query = plain::query(&[("q", &self.question.text)]);
        if !name.is_empty() {
            query = format!("{query}&{name}={value}");
        }
        format!("?{query}")
    }
}

/// A message that was found, in a line that leads to it.
pub(super) fn found_message(say: &'static SearchWords, words: &'static Words, viewer: &Viewer, found: &FoundMessage) -> AnyView {
    let message = &found.message;
    let id = message.id;
    let href = format!("{}?at={id}#m-{id}", conversation_address(viewer, message.conversation_id));
    let at = |at: Millis| words::local(at, viewer.offset_minutes);
    let now: LocalTime = at(viewer.now);
    let who = match message.direction {
        Direction::Inbound => None,
        _ => Some(message.sender_name.clone().unwrap_or_else(|| match message.sender {
            Sender::Assistant => "ARI".into(),
            _ => say.from_us.into(),
        })),
    };
    let note = message.is_note().then(|| view! { <span class="mark note">{icon("lock")} {words.note_tab}</span> " " });
    // Text nodes, whatever the customer wrote.
    let text = found.snippet.iter().cloned().map(|(hit, text)| match hit {
        true => view! { <mark>{text}</mark> }.into_any(),
        false => text.into_any(),
    });
    view! {
        <li>
            <a class="row" href=href rel="external">
                {avatar(avatar_colour(found.contact.0), initials(&found.name), "")}
                <span class="row-text">
                    <span class="l1">
                        <span class="name">{found.name.clone()}</span>
                        <span class="t">{words.moment(at(message.at), now)}</span>
                    </span>
                    <span class="snippet">{note} {who.map(|who| format!("{who}: "))} {text.collect_view()}</span>
                </span>
            </a>
        </li>
    }
    .into_any()
}

fn conversation_address(viewer: &Viewer, id: ConversationId) -> String {
    format!("/{}/inbox/{id}", viewer.workspace_slug)
}
