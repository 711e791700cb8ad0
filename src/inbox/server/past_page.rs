//! `/{workspace}/inbox/{conversation}/past?at=2026-11-20T21:25`: a conversation as it looked at that minute by the workspace's clocks (F213). A plain page that is only
//! looked at: the messages are rendered as in the inbox, for somebody who may do nothing, by a clock that stands then.

use super::{
    lightbox,
    past::{self, Past},
    plain, working,
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::{
        bubble,
        list_view::{ListView, Totals},
        model::*,
        store::{Current, Inbox},
    },
    server::{clock, request, scope::Scope, state::App},
    time::{LocalTime, MINUTE, Millis},
    ui::{
        banner::{Tone, banner},
        icon::icon,
        load::blank,
        title::in_title,
    },
    words::{
        self, Words,
        server::{PastWords, fill},
        use_words,
    },
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};
use uuid::Uuid;

/// Everything a part of the page is made of.
struct Page {
    say: &'static PastWords,
    words: &'static Words,
    /// As if they looked then, and might do nothing.
    viewer: Viewer,
    id: ConversationId,
    /// When the minute begins.
    begin: Millis,
    /// The present minute.
    now: Millis,
    /// What was asked for is no time.
    wrong: bool,
    /// It does not begin with the newest messages of then.
    goes_on: bool,
    past: Past,
}

/// The page.
#[component]
pub fn PastPage() -> impl IntoView {
    let (workspace, conversation) = use_params_map().with_untracked(|params| {
        (params.get("workspace").unwrap_or_default(), params.get("conversation").and_then(|id| id.parse::<ConversationId>().ok()))
    });
    let (at, before) = use_location().query.with_untracked(|query| {
        (query.get("at").unwrap_or_default(), query.get("before").and_then(|cursor| cursor.parse::<ListCursor>().ok()))
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let id = conversation.ok_or(AppError::NotFound)?;
            Page::new(&app, &scope, words, id, &at, before).await
        };
        match request::answered(work).await {
            Ok(page) => page.view(),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

/// The minute that an address names, if it is one that has begun.
fn minute(at: &str, zone: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (day, minute) = working::own(at)?;
    clock::instant(zone, day, minute).filter(|at| *at <= now)
}

impl Page {
    async fn new(
        app: &App,
        scope: &Scope,
        words: &'static Words,
        id: ConversationId,
        at: &str,
        before: Option<ListCursor>,
    ) -> Result<Self, AppError> {
        let mut viewer = crate::workspace::server::viewer(app, scope).await?;
        let zone = {
            let mut tx = app.db.snapshot(scope).await?;
            sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(&mut *tx).await?
        };
        let now = app.clock.now();
        let asked = minute(at, &zone, now);
        let begin = asked.unwrap_or_else(|| clock::from_millis(now.timestamp_millis().div_euclid(MINUTE) * MINUTE));
        let end = begin + chrono::Duration::milliseconds(MINUTE);
        let past = past::page(app, scope, id, begin, end, before).await?;
        viewer.offset_minutes = clock::offset_minutes(&zone, begin);
        viewer.now = end.timestamp_millis() - 1;
        (viewer.may_reply, viewer.may_label) = (false, false);
        let wrong = asked.is_none() && !at.is_empty();
        let (begin, now) = (begin.timestamp_millis(), now.timestamp_millis());
        Ok(Self { say: words.locale.past(), words, viewer, id, begin, now, wrong, goes_on: before.is_some(), past })
    }

    fn address(&self, at: Millis, more: &str) -> String {
        format!("/{}/inbox/{}/past?at={}{more}", self.viewer.workspace_slug, self.id, self.field(at))
    }

    /// A time as its field writes it, down to the minute.
    fn field(&self, at: Millis) -> String {
        let LocalTime { year, month, day, hour, minute, .. } = words::local(at, self.viewer.offset_minutes);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}")
    }

    fn moment(&self, at: Millis) -> String {
        let local = words::local(at, self.viewer.offset_minutes);
        format!("{} {}", self.words.date_of(local.day.into(), u32::from(local.month) - 1, local.year), self.words.time(local))
    }

    fn view(&self) -> AnyView {
        let say = self.say;
        let name = &self.past.conversation.name;
        let title = fill(say.title, &[name]);
        let notice = self.wrong.then(|| banner(Tone::Danger, "circle-alert", say.wrong_time.into_any()));
        let grew = self.past.grew.then(|| banner(Tone::Info, "git-merge", say.grew.into_any()));
        let step = |at: Option<Millis>, label: &'static str, sign: &'static str| {
            let inside = match sign {
                "chevron-left" => view! { {icon(sign)} {label} }.into_any(),
                _ => view! { {label} {icon(sign)} }.into_any(),
            };
            match at {
                Some(at) => view! {
                    <a class="btn" data-size="sm" data-variant="outline" href=self.address(at, "") rel="external">
                        {inside}
                    </a>
                }
                .into_any(),
                None => view! {
                    <span class="btn" data-size="sm" data-variant="outline" aria-disabled="true">
                        {inside}
                    </span>
                }
                .into_any(),
            }
        };
        let content = view! {
            <h1>{title.clone()}</h1>
            {notice}
            <section class="card past-when">
                <form method="get" class="filter-row">
                    <label>
                        {say.when}
                        <input
                            class="input"
                            type="datetime-local"
                            name="at"
                            required
                            value=self.field(self.begin)
                            max=self.field(self.now)
                        />
                    </label>
                    <button class="btn" data-size="sm">
                        {say.show}
                    </button>
                </form>
                <nav class="actions" aria-label=say.steps>
                    {step(self.past.previous, say.previous, "chevron-left")}
                    {step(self.past.next, say.next, "chevron-right")}
                </nav>
            </section>
            {grew}
            {self.stood()}
            {self.messages()}
            <p class="cap muted">{say.not_kept}</p>
            {lightbox::parts(self.words)}
        };
        let back = format!("/{}/inbox/{}", self.viewer.workspace_slug, self.id);
        plain::page(in_title(&title), back, self.words.back_to_conversation, "plain-main past", content.into_any())
    }

    /// How the conversation stood, by what was last done with it.
    fn stood(&self) -> AnyView {
        let lines = self.past.stood.iter().map(|line| {
            let who = match Some(self.viewer.person.id) == line.sender_id {
                true => self.words.you,
                false => line.sender_name.as_deref().map_or(self.words.team, words::first_word),
            };
            let detail = match line.kind.as_str() {
                "snoozed" => crate::inbox::working::until_of(&line.text).map(|at| self.moment(at)).unwrap_or_default(),
                _ => line.text.clone(),
            };
            view! { <li>{self.words.system_line(&line.kind, who, &detail)} <span class="muted">" · " {self.moment(line.at)}</span></li> }
        });
        let window = match self.past.window_closes {
            None => self.say.no_window.to_owned(),
            Some(at) if at > self.viewer.now => fill(self.say.window_open, &[&self.moment(at)]),
            Some(at) => fill(self.say.window_shut, &[&self.moment(at)]),
        };
        view! {
            <section class="card past-stood" aria-label=self.say.stood>
                <h2>{fill(self.say.at, &[&self.moment(self.begin)])}</h2>
                <ul>
                    {lines.collect_view()}
                    <li>{window}</li>
                </ul>
            </section>
        }
        .into_any()
    }

    fn messages(&self) -> AnyView {
        let say = self.say;
        if self.past.messages.is_empty() {
            return blank(2, "message-circle", say.nothing_title.into(), say.nothing_text.into(), ().into_any());
        }
        let page = ThreadPage {
            conversation: self.past.conversation.clone(),
            contact: self.past.contact.clone(),
            messages: self.past.messages.clone(),
            older: None,
            sliced: false,
            seq: 0,
            next_client_id: Uuid::nil(),
            handover: None,
            kept: false,
            unsent_reply: None,
            unsent_note: None,
        };
        let empty = ConversationPage {
            rows: Vec::new(),
            next: None,
            unread_total: 0,
            totals: Totals::default(),
            filter: None,
            labels: None,
            seq: 0,
        };
        let inbox = Inbox::new(self.viewer.clone(), ListView::default(), empty, None, Some((self.id, Ok(page))), self.words);
        let Current::Open(thread) = inbox.current.get_untracked() else { return ().into_any() };
        let today = words::local(self.viewer.now, self.viewer.offset_minutes);
        let mut day = None;
        let mut items = Vec::new();
        for entry in thread.entries.get_untracked() {
            let local = entry.view.with_untracked(|view| inbox.local(view.at));
            if day.replace(local.day_number) != Some(local.day_number) {
                items.push(view! { <li class="day"><span>{self.words.day(local, today)}</span></li> }.into_any());
            }
            items.push(bubble::message(inbox, thread.clone(), entry));
        }
        let older = self.past.older.map(|cursor| {
            view! {
                <a class="more" href=self.address(self.begin, &format!("&before={cursor}")) rel="external">
                    {say.older}
                </a>
            }
        });
        let newest = self.goes_on.then(|| view! { <a class="more" href=self.address(self.begin, "") rel="external">{say.newest}</a> });
        view! {
            <section class="thread no-react" aria-label=self.words.thread>
                {older}
                <ol>{items}</ol>
                {newest}
            </section>
        }
        .into_any()
    }
}
