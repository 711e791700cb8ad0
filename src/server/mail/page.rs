//! `/{workspace}/mail`: what this workspace sent by mail, what failed and why, and sending that again.

use super::{MailRow, recent, resend};
use crate::{
    auth::server::page::settings,
    error::{AppError, Conflict},
    server::{clock::offset_minutes, request, state::AppState},
    time::LocalTime,
    ui::load::blank,
    words::{server::MailWords, use_words},
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use leptos::prelude::*;
use leptos_router::{
    components::Redirect as LeadAway,
    hooks::{use_location, use_params_map},
};
use uuid::Uuid;

struct Shown {
    mails: Vec<MailRow>,
    now: LocalTime,
    offset: i32,
}

async fn load(workspace: &str) -> Result<Shown, AppError> {
    request::answered(async {
        let (app, scope) = request::scope(workspace).await?;
        let mails = recent(&app, &scope).await?;
        let now = app.clock.now();
        let offset = offset_minutes(&scope_zone(&app, &scope).await?, now);
        Ok(Shown { mails, now: LocalTime::new(now.timestamp_millis(), offset), offset })
    })
    .await
}

async fn scope_zone(app: &crate::server::state::App, scope: &crate::server::scope::Scope) -> Result<String, AppError> {
    let mut tx = app.db.begin(scope).await?;
    let zone = sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(&mut *tx).await?;
    Ok(zone)
}

/// The page.
#[component]
pub fn MailPage() -> impl IntoView {
    let workspace = use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let body = move || {
        let workspace = workspace.clone();
        Suspend::new(async move {
            let words = use_words();
            match load(&workspace).await {
                Ok(shown) => page(&workspace, &shown),
                Err(AppError::SignedOut) => view! { <LeadAway path="/sign-in"/> }.into_any(),
                Err(error) => {
                    let title = match error {
                        AppError::NotFound => words.not_found_title,
                        AppError::Forbidden(_) => words.forbidden_title,
                        _ => words.list_failed,
                    };
                    let home = view! { <a class="btn" data-size="sm" href="/dashboard" rel="external">{words.home}</a> }.into_any();
                    let blank = blank(1, "lock", title.into(), words.error(&error), home);
                    view! { <main id="utama" class="alone" tabindex="-1">{blank}</main> }.into_any()
                }
            }
        })
    };
    view! { <Suspense>{body}</Suspense> }.into_any()
}

fn page(workspace: &str, shown: &Shown) -> AnyView {
    let words = use_words().locale.mail();
    let notice =
        use_location().query.with_untracked(|query| query.get("done").or(query.get("problem"))).and_then(|code| match code.as_str() {
            "resent" => Some(words.page_resent),
            "not_failed" => Some(words.page_not_failed),
            _ => None,
        });
    let rows = shown.mails.iter().map(|mail| row(words, workspace, shown, mail)).collect_view();
    let list = match shown.mails.is_empty() {
        true => blank(2, "send-horizontal", words.page_empty_title.into(), words.page_empty_text.into(), ().into_any()),
        false => view! { <ul class="settings-list">{rows}</ul> }.into_any(),
    };
    let body = view! {
        <p class="muted">{words.page_text}</p>
        {notice.map(|text| view! { <p role="status" class="banner info notice">{text}</p> })}
        {list}
    };
    settings(words.page_title, body.into_any())
}

fn row(words: &'static MailWords, workspace: &str, shown: &Shown, mail: &MailRow) -> AnyView {
    let at = use_words().moment(LocalTime::new(mail.created_at.timestamp_millis(), shown.offset), shown.now);
    let failed = mail.state == "failed";
    let again = failed.then(|| {
        view! {
            <form method="post" action=format!("/api/{workspace}/mail/{}/resend", mail.id)>
                <button class="btn" data-variant="outline" data-size="sm" aria-label=format!("{}: {}", words.page_resend, mail.subject)>
                    {words.page_resend}
                </button>
            </form>
        }
    });
    view! {
        <li class="settings-row">
            <div>
                <b>{mail.subject.clone()}</b>
                <p class="muted">{mail.recipient.clone()} " · " {at}</p>
                {mail.reason.as_deref().map(|reason| view! { <p class="problem">{(words.page_why)(reason)}</p> })}
            </div>
            <span class="tag">{(words.state)(&mail.state)}</span>
            {again}
        </li>
    }
    .into_any()
}

/// `POST /api/{workspace}/mail/{id}/resend`.
pub async fn send_again(
    State(state): State<AppState>,
    Path((workspace, mail)): Path<(String, Uuid)>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let scope = request::scope_of(&state.app, &headers, &workspace).await?;
    let outcome = match resend(&state.app, &scope, mail).await {
        Ok(()) => "done=resent",
        Err(AppError::Conflict(Conflict::NotFailed)) => "problem=not_failed",
        Err(error) => return Err(error),
    };
    Ok(Redirect::to(&format!("/{}/mail?{outcome}", scope.slug)).into_response())
}
