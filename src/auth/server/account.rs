//! What somebody changes about their own account: name, language, password, sessions. Whatever would let a thief of an open browser stay asks for the
//! password again.

use super::{
    password,
    sessions::{self, SignedIn, anybody, end_all_of, signed_in},
    signing_in::{locale_cookie, welcome},
    wire::{done, name_of, problem, throttled},
};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        audit, db,
        limits::{self, ClientAddress},
        mail::{self, NewMail, Template},
        request,
        state::{App, AppState},
    },
    words::Locale,
};
use axum::{
    Form,
    extract::{Extension, State},
    http::{HeaderMap, header},
    response::Response,
};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// What the account's page shows of the person.
#[derive(Clone, Debug)]
pub struct Profile {
    pub name: String,
    pub email: String,
    pub locale: Option<String>,
    pub has_password: bool,
}

/// A person's own profile.
pub async fn profile(app: &App, person: PersonId) -> Result<Profile, AppError> {
    let row = sqlx::query!(
        "select name, coalesce(email, '') as \"email!\", locale, password_hash is not null as \"has_password!\" from person where id = $1",
        person.0
    )
    .fetch_optional(&app.db.app)
    .await?
    .ok_or(AppError::SignedOut)?;
    Ok(Profile { name: row.name, email: row.email, locale: row.locale, has_password: row.has_password })
}

/// Whether this is the person's password; slowed down like signing in.
///
/// # Errors
/// `TooMany` after too many wrong ones.
pub async fn is_password_of(app: &App, somebody: &SignedIn, given: String) -> Result<bool, AppError> {
    // A form sent without one is no attempt.
    if given.is_empty() {
        return Ok(false);
    }
    let key = somebody.person.to_string();
    limits::take(app, &limits::OWN_PASSWORD, &key).await?;
    let hash = sqlx::query_scalar!("select password_hash from person where id = $1", somebody.person.0).fetch_optional(&app.db.app).await?;
    let right = password::verify(given, hash.flatten()).await?;
    if right {
        limits::forget(app, &limits::OWN_PASSWORD, &key).await?;
    }
    Ok(right)
}

/// Replaces the password. Links to reset it that are still about are void.
pub async fn store_password(connection: &mut PgConnection, person: PersonId, hash: &str) -> sqlx::Result<()> {
    sqlx::query!("update person set password_hash = $2, must_change_password = false where id = $1", person.0, hash)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from password_reset where person_id = $1", person.0).execute(connection).await?;
    Ok(())
}

/// Tells the person by mail that the ways to sign in have changed, and notes it in the audit log of each of their workspaces. `connection` is the
/// system role's.
pub async fn tell_and_note(app: &App, connection: &mut PgConnection, person: PersonId, action: &str) -> sqlx::Result<()> {
    let now = app.clock.now();
    let row =
        sqlx::query!(r#"select name, email as "email!", locale from person where id = $1"#, person.0).fetch_one(&mut *connection).await?;
    let link = format!("{}/forgot", app.config.public_url);
    let locale = row.locale.as_deref().and_then(Locale::parse).unwrap_or_default();
    let template = Template::SecurityChanged { name: &row.name, link: &link };
    mail::put(connection, now, NewMail { workspace: None, to: &row.email, locale, template }).await?;
    note(connection, now, person, action).await
}

async fn note(connection: &mut PgConnection, now: chrono::DateTime<chrono::Utc>, person: PersonId, action: &str) -> sqlx::Result<()> {
    let workspaces =
        sqlx::query_scalar!("select workspace_id from membership where person_id = $1", person.0).fetch_all(&mut *connection).await?;
    for workspace in workspaces {
        let entry = audit::Entry { action, target: Some(("person", person.0)), detail: serde_json::json!({}) };
        audit::record_as(connection, now, workspace, Some(person.0), entry).await?;
    }
    Ok(())
}

/// Name and language.
#[derive(Deserialize)]
pub struct NewProfile {
    name: String,
    locale: String,
}

/// `POST /account/profile`.
pub async fn change_profile(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<NewProfile>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    let Some(name) = name_of(&form.name) else { return Ok(problem("/account", "name")) };
    let Some(locale) = Locale::parse(&form.locale) else { return Ok(problem("/account", "locale")) };
    let mut tx = db::begin(&app.db.system).await?;
    sqlx::query!("update person set name = $2, locale = $3 where id = $1", somebody.person.0, name, locale.as_str())
        .execute(&mut *tx)
        .await?;
    if name != somebody.name {
        note(&mut tx, app.clock.now(), somebody.person, "person.renamed").await?;
    }
    tx.commit().await?;
    let mut response = done("/account", "profile");
    if let Some(cookie) = locale_cookie(app, locale) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The old password and the new one.
#[derive(Deserialize)]
pub struct PasswordChange {
    current: String,
    new: String,
}

/// `POST /account/password`: every session ends, and this browser gets a new one.
pub async fn change_password(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<PasswordChange>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    if let Err(weak) = password::acceptable(&form.new, &somebody.email) {
        return Ok(problem("/account", weak.code()));
    }
    let right = match is_password_of(app, &somebody, form.current).await {
        Err(error @ AppError::TooMany(_)) => {
            return throttled(Err(error), &headers, "/account").map(|refusal| refusal.unwrap_or_else(|| problem("/account", "throttled")));
        }
        right => right?,
    };
    if !right {
        return Ok(problem("/account", "current"));
    }
    replace(app, &somebody, form.new).await?;
    welcome(app, somebody.person, &headers, address, "/account?done=password").await
}

async fn replace(app: &App, somebody: &SignedIn, new: String) -> Result<(), AppError> {
    let hash = password::hash(new).await?;
    let mut tx = db::begin(&app.db.system).await?;
    store_password(&mut tx, somebody.person, &hash).await?;
    let ended = end_all_of(&mut tx, somebody.person, None).await?;
    tell_and_note(app, &mut tx, somebody.person, "person.password_changed").await?;
    tx.commit().await?;
    ended.announce(app);
    app.wake.jobs();
    Ok(())
}

/// The password that replaces a temporary one.
#[derive(Deserialize)]
pub struct FirstPassword {
    new: String,
}

/// `POST /change-password`: for somebody who signed in with a temporary password, and for nobody else.
pub async fn replace_temporary(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<FirstPassword>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let (somebody, must_change) = anybody(app, &headers).await?;
    if !must_change {
        return Ok(problem("/account", "current"));
    }
    if let Err(weak) = password::acceptable(&form.new, &somebody.email) {
        return Ok(problem("/change-password", weak.code()));
    }
    let old = sqlx::query_scalar!("select password_hash from person where id = $1", somebody.person.0).fetch_one(&app.db.app).await?;
    if password::verify(form.new.clone(), old).await? {
        return Ok(problem("/change-password", "same"));
    }
    replace(app, &somebody, form.new).await?;
    welcome(app, somebody.person, &headers, address, "/dashboard").await
}

/// Which session.
#[derive(Deserialize)]
pub struct SessionChoice {
    session: Uuid,
}

/// `POST /account/sessions/end`: one of one's own.
pub async fn end_session(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<SessionChoice>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let somebody = signed_in(&state.app, &headers).await?;
    sessions::end_one(&state.app, somebody.person, form.session).await?;
    Ok(done("/account", "session"))
}

/// `POST /account/sessions/end-others`: all but the one that asks.
pub async fn end_other_sessions(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    let mut tx = db::begin(&app.db.system).await?;
    let ended = end_all_of(&mut tx, somebody.person, Some(&somebody.session)).await?;
    note(&mut tx, app.clock.now(), somebody.person, "person.sessions_ended").await?;
    tx.commit().await?;
    ended.announce(app);
    Ok(done("/account", "sessions"))
}
