//! Forgotten passwords. The answer is the same, and takes the same time, whether or not anybody has the address.

use super::{
    account, password,
    sessions::end_all_of,
    wire::{done, email_of, fresh_token, problem, stored_token, throttled, unhurried},
};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        db,
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
    http::HeaderMap,
    response::Response,
};
use chrono::Duration;
use serde::Deserialize;
use tokio::time::Instant;

/// Hours that the link is good for (F19).
const LINK_HOURS: i64 = 1;

/// Whose password is forgotten.
#[derive(Deserialize)]
pub struct Forgotten {
    email: String,
}

/// `POST /forgot`.
pub async fn forgot(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<Forgotten>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let began = Instant::now();
    let app = &state.app;
    let Some(email) = email_of(&form.email) else { return Ok(problem("/forgot", "email")) };
    if let Some(refusal) = throttled(limits::take(app, &limits::MAIL_ADDRESS, &address.key()).await, &headers, "/forgot")? {
        return Ok(refusal);
    }
    match limits::take(app, &limits::MAIL_ACCOUNT, &email).await {
        Ok(()) => put(app, &email, request::preferences_of(&headers).locale).await?,
        Err(AppError::TooMany(_)) => {}
        Err(error) => return Err(error),
    }
    unhurried(began).await;
    Ok(done("/forgot", "sent"))
}

async fn put(app: &App, email: &str, locale: Locale) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    let person = sqlx::query!("select id, name, locale from person where email = $1", email).fetch_optional(&mut *tx).await?;
    let Some(person) = person else { return Ok(()) };
    let (token, token_hash) = fresh_token();
    sqlx::query!(
        "insert into password_reset (token_hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)",
        &token_hash[..],
        person.id,
        now,
        now + Duration::hours(LINK_HOURS)
    )
    .execute(&mut *tx)
    .await?;
    let link = format!("{}/reset?token={token}", app.config.public_url);
    let locale = person.locale.as_deref().and_then(Locale::parse).unwrap_or(locale);
    let template = Template::PasswordReset { name: &person.name, link: &link };
    mail::put(&mut tx, now, NewMail { workspace: None, to: email, locale, template }).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// Whether a link still works. Changes nothing.
pub async fn works(app: &App, token: &str) -> Result<bool, AppError> {
    let Some(hash) = stored_token(token) else { return Ok(false) };
    let found =
        sqlx::query_scalar!("select person_id from password_reset where token_hash = $1 and expires_at > $2", &hash[..], app.clock.now())
            .fetch_optional(&app.db.app)
            .await?;
    Ok(found.is_some())
}

/// The new password.
#[derive(Deserialize)]
pub struct NewPassword {
    token: String,
    password: String,
}

/// `POST /reset`: replaces the password and ends every session. A second factor stays, and signing in asks for it.
pub async fn reset(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<NewPassword>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    if let Some(refusal) = throttled(limits::take(app, &limits::SIGN_IN_ADDRESS, &address.key()).await, &headers, "/forgot")? {
        return Ok(refusal);
    }
    let now = app.clock.now();
    let Some(hash) = stored_token(&form.token) else { return Ok(problem("/forgot", "link")) };
    let email = sqlx::query_scalar!(
        r#"select p.email as "email!" from password_reset r join person p on p.id = r.person_id where r.token_hash = $1 and r.expires_at > $2"#,
        &hash[..],
        now
    )
    .fetch_optional(&app.db.app)
    .await?;
    let Some(email) = email else { return Ok(problem("/forgot", "link")) };
    if let Err(weak) = password::acceptable(&form.password, &email) {
        return Ok(problem(&format!("/reset?token={}", form.token), weak.code()));
    }
    let new_hash = password::hash(form.password).await?;
    let mut tx = db::begin(&app.db.system).await?;
    // Deleting is what makes it work once: of two at the same time the second finds nothing.
    let person =
        sqlx::query_scalar!("delete from password_reset where token_hash = $1 and expires_at > $2 returning person_id", &hash[..], now)
            .fetch_optional(&mut *tx)
            .await?;
    let Some(person) = person.map(PersonId) else { return Ok(problem("/forgot", "link")) };
    account::store_password(&mut tx, person, &new_hash).await?;
    let ended = end_all_of(&mut tx, person, None).await?;
    account::tell_and_note(app, &mut tx, person, "person.password_reset").await?;
    tx.commit().await?;
    ended.announce(app);
    app.wake.jobs();
    limits::forget(app, &limits::SIGN_IN_ACCOUNT, &email).await?;
    Ok(done("/sign-in", "reset"))
}
