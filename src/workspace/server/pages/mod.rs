//! The plain pages about workspaces and their people. What they share is here: reading data while rendering, the frame of the settings, what a
//! refused form says, and controls that say why they are not for the reader.

mod admin;
mod audit;
mod entry;
mod fields;
mod general;
mod labels;
mod macros;
mod notices;
mod quick_replies;
mod roles;
mod service;
mod team;
mod whatsapp;

pub use admin::{AdminPage, show_once};
pub use audit::AuditPage;
pub use entry::{InvitationPage, OnboardingPage, StartPage, WorkspacesPage};
pub use fields::FieldsPage;
pub use general::GeneralPage;
pub use labels::LabelsPage;
pub use macros::MacrosPage;
pub use notices::NoticesPage;
pub use quick_replies::QuickRepliesPage;
pub use roles::RolesPage;
pub use service::ServicePage;
pub use team::TeamPage;
pub use whatsapp::WhatsappPage;

use crate::{
    error::{AppError, Conflict, Rule},
    server::{request, scope::Scope, state::App},
    time::LocalTime,
    ui::{
        icon::{brand_mark, icon},
        load::blank,
        title::in_title,
    },
    words::{
        Locale, Words,
        server::{Team, fill},
        use_words,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use leptos::{prelude::*, server_fn::error::ServerFnUrlError};
use leptos_meta::Title;
use leptos_router::hooks::{use_location, use_params_map};
use std::sync::Arc;

/// Both catalogues of the page's language.
#[derive(Clone, Copy)]
struct Say {
    locale: Locale,
    words: &'static Words,
    team: &'static Team,
}

fn say() -> Say {
    let locale = use_context::<Locale>().unwrap_or_default();
    Say { locale, words: use_words(), team: locale.team() }
}

/// A page whose content takes a look into the database. Its failures are pages too, with the status that fits; whoever is signed out is led to sign in.
fn reading(work: impl Future<Output = Result<AnyView, AppError>> + Send + 'static) -> AnyView {
    let say = say();
    let content = Suspend::new(async move {
        match request::answered(work).await {
            Ok(view) => view,
            Err(AppError::SignedOut) => {
                leptos_axum::redirect("/sign-in");
                ().into_any()
            }
            Err(error) => failed(say, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

fn failed(say: Say, error: &AppError) -> AnyView {
    let (title, text) = match error {
        AppError::NotFound => (say.words.not_found_title, say.words.not_found_text.to_owned()),
        AppError::Suspended => (say.team.suspended, say.team.suspended_text.to_owned()),
        error => (say.team.failed_title, problem(say, error)),
    };
    let home = view! {
        <a class="btn" data-size="sm" href="/dashboard" rel="external">
            {say.team.to_dashboard}
        </a>
    }
    .into_any();
    view! {
        <Title text=title/>
        <main id="utama" class="alone" tabindex="-1">
            {blank(1, "circle-alert", title.into(), text, home)}
        </main>
    }
    .into_any()
}

/// What went wrong, in a sentence that says what to do.
fn problem(say: Say, error: &AppError) -> String {
    match error {
        AppError::Invalid { field, .. } if field == "digits" => say.words.error(error),
        AppError::Invalid { field, rule } => {
            let field = say.team.field(field);
            match rule {
                Rule::Missing => fill(say.team.e_missing, &[field]),
                Rule::TooLong(limit) => fill(say.team.e_too_long, &[field, &limit.to_string()]),
                Rule::Malformed => fill(say.team.e_malformed, &[field]),
                Rule::TooLarge(_) | Rule::Unsupported | Rule::AfterWindow | Rule::TooMany(_) => say.words.error(error),
            }
        }
        AppError::Conflict(Conflict::Refused(key)) => say.team.refusal(key).map_or_else(|| say.words.error(error), str::to_owned),
        AppError::Forbidden(key) => why_not(say, key),
        error => say.words.error(error),
    }
}

fn why_not(say: Say, key: &str) -> String {
    fill(say.team.ask_owner, &[say.team.the_owner, say.team.permission(key).unwrap_or(key)])
}

/// What came of the form that led here: a refusal from the query, or the success that `sentences` has words for.
fn outcome(say: Say, sentences: &[(&str, &'static str)]) -> AnyView {
    let (refused, done) = use_location().query.with_untracked(|query| {
        let refused = query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error));
        (refused, query.get("done"))
    });
    match (refused, done) {
        (Some(error), _) => alert(problem(say, &error)),
        (None, Some(done)) => {
            let sentence = sentences.iter().find(|(key, _)| *key == done).map_or(say.team.saved, |(_, sentence)| sentence);
            view! {
                <p class="banner info" role="status">
                    {icon("check")}
                    {sentence}
                </p>
            }
            .into_any()
        }
        (None, None) => ().into_any(),
    }
}

/// What went wrong, above the form.
fn alert(problem: String) -> AnyView {
    view! {
        <p class="banner err" role="alert">
            {icon("circle-alert")}
            {problem}
        </p>
    }
    .into_any()
}

/// The workspace's slug in the address.
fn slug() -> String {
    use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default()
}

/// One value of the address's query.
fn asked(name: &str) -> String {
    use_location().query.with_untracked(|query| query.get(name)).unwrap_or_default()
}

/// The query of a link; empty values are left out.
fn query(pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    url.query().unwrap_or_default().to_owned()
}

/// A page of the settings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    General,
    Service,
    Notices,
    Whatsapp,
    Team,
    Roles,
    QuickReplies,
    Macros,
    Labels,
    Fields,
    Audit,
    /// Has a page of its own.
    Mail,
}

/// A page of the settings in its frame; `content` reads and renders it.
fn settings_page<F>(part: Part, content: impl FnOnce(Arc<App>, Scope, Say) -> F + Send + 'static) -> AnyView
where
    F: Future<Output = Result<AnyView, AppError>> + Send,
{
    let (say, slug) = (say(), slug());
    reading(async move {
        let (app, scope) = request::scope(&slug).await?;
        let scope_for_frame = scope.clone();
        let content = content(app, scope, say).await?;
        Ok(frame(say, part, &scope_for_frame, content))
    })
}

fn frame(say: Say, current: Part, scope: &Scope, content: AnyView) -> AnyView {
    let base = format!("/{}/settings", scope.slug);
    let team = say.team;
    let parts = [
        (Part::General, team.general, base.clone(), None),
        (Part::Service, say.locale.service().title, format!("{base}/service"), None),
        (Part::Notices, say.locale.notices().title, format!("{base}/notices"), None),
        (Part::Whatsapp, team.whatsapp, format!("{base}/whatsapp"), Some(Permission::Settings)),
        (Part::Team, team.team, format!("{base}/team"), None),
        (Part::Roles, team.roles, format!("{base}/roles"), None),
        (Part::QuickReplies, team.quick_replies, format!("{base}/quick-replies"), None),
        (Part::Macros, team.macros, format!("{base}/macros"), None),
        (Part::Labels, team.labels, format!("{base}/labels"), None),
        (Part::Fields, say.locale.contact().fields, format!("{base}/fields"), None),
        (Part::Audit, team.audit, format!("{base}/audit"), Some(Permission::Audit)),
        (Part::Mail, team.mails, format!("/{}/mail", scope.slug), Some(Permission::InviteTeam)),
    ];
    let title = parts.iter().find(|(part, ..)| *part == current).map_or(team.settings, |(_, name, ..)| name);
    let links = parts
        .into_iter()
        .filter(|(_, _, _, needed)| needed.is_none_or(|needed| scope.permissions.has(needed)))
        .map(|(part, name, href, _)| {
            view! {
                <li>
                    <a href=href rel="external" aria-current=(part == current).then_some("page")>
                        {name}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <Title text=in_title(&format!("{title} · {}", team.settings))/>
        <div class="plain">
            <header class="plain-head">
                <a class="plain-brand" href=format!("/{}/inbox", scope.slug) rel="external">
                    {brand_mark("26")}
                    {team.to_inbox}
                </a>
                <a class="btn" data-variant="outline" data-size="sm" href="/workspaces" rel="external">
                    {team.switch_workspace}
                </a>
            </header>
            <nav class="plain-nav" aria-label=team.settings>
                <ul>{links}</ul>
            </nav>
            <main id="utama" class="plain-main" tabindex="-1">
                <h1>{title}</h1>
                {content}
            </main>
        </div>
    }
    .into_any()
}

/// A page of one column for who is on the way in.
fn column(title: &'static str, content: AnyView) -> AnyView {
    view! {
        <Title text=in_title(&format!("{title} · my21staff"))/>
        <main id="utama" class="signin-main plain-column" tabindex="-1">
            <div class="signin-column">
                <div class="signin-brand">{brand_mark("34")} <span class="h">"my21staff"</span></div>
                <h1>{title}</h1>
                {content}
            </div>
        </main>
    }
    .into_any()
}

/// A card with a heading.
fn card(title: String, content: AnyView) -> AnyView {
    view! {
        <section class="card">
            <h2>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// The button of a form, or, for whom it is not, the same button disabled with the reason and whom to ask (F23).
fn button(say: Say, scope: &Scope, permission: Permission, name: &'static str, quiet: bool) -> AnyView {
    let variant = quiet.then_some("outline");
    match scope.permissions.has(permission) {
        true => view! {
            <button class="btn" data-size="sm" data-variant=variant>
                {name}
            </button>
        }
        .into_any(),
        false => {
            let reason = why_not(say, permission.key());
            view! {
                <span class="barred">
                    <button type="button" class="btn" data-size="sm" data-variant="outline" aria-disabled="true" title=reason.clone()>
                        {icon("lock")}
                        {name}
                    </button>
                    <span class="cap muted">{reason}</span>
                </span>
            }
            .into_any()
        }
    }
}

/// A destructive act behind a second look: what happens, then the button that does it.
fn confirmed(name: &'static str, text: String, fields: AnyView, action: &'static str, yes: &'static str) -> AnyView {
    view! {
        <details class="confirm">
            <summary class="btn" data-size="sm" data-variant="outline">
                {name}
            </summary>
            <form method="post" action=action>
                <p class="cap">{text}</p>
                {fields}
                <button class="btn danger" data-size="sm">
                    {yes}
                </button>
            </form>
        </details>
    }
    .into_any()
}

fn hidden(name: &'static str, value: String) -> AnyView {
    view! { <input type="hidden" name=name value=value/> }.into_any()
}

/// A field with its label. `id` must be the page's only one.
fn field(
    id: String,
    label: String,
    kind: &'static str,
    name: &'static str,
    value: String,
    required: bool,
    hint: Option<&'static str>,
) -> AnyView {
    let hint_id = format!("{id}-hint");
    let described = hint.map(|_| hint_id.clone());
    let autocomplete = if kind == "password" { "new-password" } else { "off" };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input id=id class="input" type=kind name=name value=value required=required autocomplete=autocomplete aria-describedby=described/>
            {hint
                .map(|hint| {
                    view! {
                        <p id=hint_id class="cap muted">
                            {hint}
                        </p>
                    }
                })}
        </div>
    }
    .into_any()
}

/// A moment in the workspace's zone.
fn moment(say: Say, at: DateTime<Utc>, offset: i32) -> String {
    let local = |at: DateTime<Utc>| LocalTime::new(at.timestamp_millis(), offset);
    let now = request::app().map_or(at, |app| app.clock.now());
    say.words.moment(local(at), local(now))
}

/// A role's key or own name as people call it.
fn role_name(say: Say, role: &str) -> String {
    match role {
        "owner" | "admin" | "member" => (say.words.role)(role).to_owned(),
        own => own.to_owned(),
    }
}
