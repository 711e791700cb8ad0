//! `/{workspace}/inbox/search?q=…`: contacts and messages that were found. A plain page: links and one form, no script.

use super::{
    plain,
    search::{self, Found, FoundContact, FoundMessage, Has, Question, Who},
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::*,
    server::{request, scope::Scope},
    time::{DAY, LocalTime, Millis},
    ui::{avatar::avatar, icon::icon, load::blank, title::in_title},
    words::{
        self, Words,
        server::{SearchWords, fill},
        use_words,
    },
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
        text: plain::written("q").unwrap_or_default(),
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
            return view! {
                {self.understood()}
                {blank(2, "search", say.idle_title.into(), say.idle_text.into(), ().into_any())}
                {narrowing(say)}
            }
            .into_any();
        }
        let covered = match self.scope.only_assigned_to() {
            _ if self.found.asked.is_filtered() => say.covered_conditions,
            None => say.covered_all,
            Some(_) => say.covered_some,
        };
        let masked = (!self.scope.sees_numbers()).then(|| view! { <p class="cap muted">{say.covered_masked}</p> });
        let is_later = self.question.before.is_some() || self.question.contacts_before.is_some();
        let first = is_later.then(|| view! { <a class="more" href=self.address("", "") rel="external">{say.first_page}</a> });
        let nothing = (self.found.contacts.is_empty() && self.found.messages.is_empty() && self.found.walked_to.is_none())
            .then(|| blank(2, "search", say.none_title.into(), say.none_text.into(), ().into_any()));
        view! {
            <p class="cap muted" role="status">
                {covered}
            </p>
            {masked}
            {self.understood()}
            {first}
            {nothing}
            {(!self.found.contacts.is_empty()).then(|| self.contacts())}
            {(!self.found.messages.is_empty()).then(|| self.messages())}
            {self.further()}
            {self.found.messages.is_empty().then(|| narrowing(say))}
        }
        .into_any()
    }

    /// How the question was taken, where that is more than its words.
    fn understood(&self) -> AnyView {
        let (say, asked) = (self.say, &self.found.asked);
        let any = |of: Vec<String>| of.join(say.or);
        let quoted = |name: &str| format!("“{name}”");
        let from = asked.from.iter().map(|who| match who {
            Who::Customer => say.the_customer.to_owned(),
            Who::Team => say.the_team.to_owned(),
            Who::Ari => "ARI".to_owned(),
            Who::Me => say.me.to_owned(),
            Who::Named(name) => quoted(name),
        });
        let has = asked.has.iter().map(|has| carried(say, *has).to_owned());
        let mut conditions = Vec::new();
        let mut add = |sentence: &str, what: String| {
            if !what.is_empty() {
                conditions.push(fill(sentence, &[&what]));
            }
        };
        add(say.from, any(from.collect()));
        add(say.inside, any(asked.inside.iter().map(|name| quoted(name)).collect()));
        add(say.tagged, any(asked.tags.iter().map(|name| quoted(name)).collect()));
        add(say.staged, any(asked.stages.iter().map(|name| quoted(name)).collect()));
        add(say.with, any(has.collect()));
        add(say.since, asked.since.map_or_else(String::new, |day| self.date(day * DAY, 0)));
        add(say.until, asked.before.map_or_else(String::new, |day| self.date(day * DAY, 0)));
        if asked.notes {
            conditions.push(say.notes_only.to_owned());
        }
        let conditions = (!conditions.is_empty()).then(|| {
            view! {
                <p class="cap conditions">
                    {say.understood} " "
                    {conditions.into_iter().map(|condition| view! { <span class="mark">{condition}</span> " " }).collect_view()}
                </p>
            }
        });
        let odd = (!asked.odd.is_empty()).then(|| view! { <p class="cap warn-text">{fill(say.odd, &[&asked.odd.join(", ")])}</p> });
        let corrected = self.found.corrected.iter().map(|(written, meant)| {
            view! { <p class="corrected">{fill(say.corrected, &[written, meant])}</p> }
        });
        view! {
            {conditions}
            {odd}
            {corrected.collect_view()}
        }
        .into_any()
    }

    /// How far it was looked back, and the way on.
    fn further(&self) -> AnyView {
        let say = self.say;
        let Some(cursor) = self.found.walked_to else { return ().into_any() };
        view! {
            <p class="cap muted">{fill(say.walked_to, &[&self.date(cursor.at, self.viewer.offset_minutes)])}</p>
            <a class="more" href=self.address("before", &cursor.to_string()) rel="external">
                {say.further}
                {icon("chevron-down")}
            </a>
        }
        .into_any()
    }

    fn date(&self, at: Millis, offset: i32) -> String {
        self.words.short_date(LocalTime::new(at, offset), LocalTime::new(self.viewer.now, self.viewer.offset_minutes))
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

    /// This page with the same question, going on somewhere. What was corrected is asked for as it was found.
    fn address(&self, name: &str, value: &str) -> String {
        let mut text = self.question.text.clone();
        for (written, meant) in &self.found.corrected {
            text = replaced(&text, written, meant);
        }
        let mut query = plain::query(&[("q", &text)]);
        if !name.is_empty() {
            query = format!("{query}&{name}={value}");
        }
        format!("?{query}")
    }
}

/// How a question is narrowed down.
fn narrowing(say: &'static SearchWords) -> AnyView {
    let ways = [
        (say.narrow_exact, say.narrow_exact_is),
        (say.narrow_from, say.narrow_from_is),
        (say.narrow_in, say.narrow_in_is),
        (say.narrow_label, say.narrow_label_is),
        (say.narrow_has, say.narrow_has_is),
        (say.narrow_days, say.narrow_days_is),
    ];
    view! {
        <section class="narrowing" aria-labelledby="narrowing">
            <h2 id="narrowing">{say.narrow}</h2>
            <dl>
                {ways.map(|(way, what)| view! {
                    <dt>{way.split(", ").map(|way| view! { <code>{way}</code> " " }).collect_view()}</dt>
                    <dd>{what}</dd>
                })
                    .collect_view()}
            </dl>
        </section>
    }
    .into_any()
}

fn carried(say: &'static SearchWords, has: Has) -> &'static str {
    match has {
        Has::Picture => say.picture,
        Has::Video => say.video,
        Has::Sound => say.sound,
        Has::Document => say.document,
        Has::Sticker => say.sticker,
        Has::Place => say.place,
        Has::Contact => say.contact_card,
        Has::Link => say.link,
    }
}

/// A question with one of its words put in another's place, however it was written.
fn replaced(question: &str, written: &str, meant: &str) -> String {
    question.split_inclusive(|c: char| !c.is_alphanumeric()).fold(String::new(), |text, part| {
        let word = part.trim_end_matches(|c: char| !c.is_alphanumeric());
        match word.to_lowercase() == written {
            true => text + meant + &part[word.len()..],
            false => text + part,
        }
    })
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

#[cfg(test)]
mod tests {
    use super::replaced;

    #[test]
    fn only_the_word_is_replaced() {
        assert_eq!(replaced("Hagra, dari:hagraku (hagra)", "hagra", "harga"), "harga, dari:hagraku (harga)");
    }
}
