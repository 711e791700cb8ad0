//! Signing up. The answer is the same whether or not the address has an account; the mail says which. A person exists only once the link in the mail
//! was used, and a browser that did not sign up must know the password to use it: else a stranger could sign up with somebody's address, wait for the
//! click, and share the account.

use super::{
    password,
    sessions::{cookie, cookie_value},
    signing_in::welcome,
    wire::{done, email_of, fresh_token, name_of, problem, stored_token, throttled, unhurried},
};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        crypto::{new_id, random_bytes, token_hash},
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
    http::{HeaderMap, header},
    response::Response,
};
use chrono::Duration;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use tokio::time::Instant;

/// Hours that the link in the mail is good for.
const LINK_HOURS: i64 = 24;
/// Holds the browser to its sign-up.
const COOKIE: &str = "my21_sign_up";

/// Who wants an account.
#[derive(Deserialize)]
pub struct NewAccount {
    name: String,
    email: String,
    password: String,
}

/// `POST /sign-up`.
pub async fn sign_up(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<NewAccount>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let began = Instant::now();
    let app = &state.app;
    let (Some(name), Some(email)) = (name_of(&form.name), email_of(&form.email)) else {
        return Ok(problem("/sign-up", if name_of(&form.name).is_none() { "name" } else { "email" }));
    };
    if let Err(weak) = password::acceptable(&form.password, &email) {
        return Ok(problem("/sign-up", weak.code()));
    }
    if let Some(refusal) = throttled(limits::take(app, &limits::MAIL_ADDRESS, &address.key()).await, &headers, "/sign-up")? {
        return Ok(refusal);
    }
    let browser = random_bytes::<32>();
    let hash = password::hash(form.password).await?;
    // Somebody's mailbox is not flooded: from the fourth on, the answer is the same and nothing is sent.
    match limits::take(app, &limits::MAIL_ACCOUNT, &email).await {
        Ok(()) => {
            let locale = request::preferences_of(&headers).locale;
            put(app, &NewPerson { name: &name, email: &email, hash: &hash, browser: token_hash(&browser), locale }).await?;
        }
        Err(AppError::TooMany(_)) => {}
        Err(error) => return Err(error),
    }
    unhurried(began).await;
    let mut response = done("/sign-up", "sent");
    response.headers_mut().append(header::SET_COOKIE, cookie(app, COOKIE, &browser, LINK_HOURS * 3_600));
    Ok(response)
}

struct NewPerson<'a> {
    name: &'a str,
    email: &'a str,
    hash: &'a str,
    browser: [u8; 32],
    locale: Locale,
}

/// The same statements in both cases; only the mail differs, and whether anybody learns the token.
async fn put(app: &App, new: &NewPerson<'_>) -> Result<(), AppError> {
    let now = app.clock.now();
    let (token, token_hash) = fresh_token();
    let mut tx = db::begin(&app.db.system).await?;
    let known = sqlx::query!("select name, locale from person where email = $1", new.email).fetch_optional(&mut *tx).await?;
    sqlx::query!(
        r#"
        insert into sign_up (token_hash, browser_hash, email, name, password_hash, locale, created_at, expires_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        &token_hash[..],
        &new.browser[..],
        new.email,
        new.name,
        new.hash,
        new.locale.as_str(),
        now,
        now + Duration::hours(LINK_HOURS)
    )
    .execute(&mut *tx)
    .await?;
    let (verify, sign_in) = (format!("{}/verify?token={token}", app.config.public_url), format!("{}/sign-in", app.config.public_url));
    let (template, locale) = match &known {
        None => (Template::VerifyEmail { name: new.name, link: &verify }, new.locale),
        Some(person) => {
            let locale = person.locale.as_deref().and_then(Locale::parse).unwrap_or(new.locale);
            (Template::AlreadyRegistered { name: &person.name, link: &sign_in }, locale)
        }
    };
    mail::put(&mut tx, now, NewMail { workspace: None, to: new.email, locale, template }).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}

/// What the page of the link shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// This browser signed up: one button.
    Ready,
    /// Another browser: the password is asked.
    AskPassword,
    /// Used, too old, or never given out.
    Dead,
}

/// What a link is worth in this browser. Changes nothing: mail programs open links on their own.
pub async fn examine(app: &App, headers: &HeaderMap, token: &str) -> Result<Link, AppError> {
    let Some(hash) = stored_token(token) else { return Ok(Link::Dead) };
    let browser =
        sqlx::query_scalar!("select browser_hash from sign_up where token_hash = $1 and expires_at > $2", &hash[..], app.clock.now())
            .fetch_optional(&app.db.app)
            .await?;
    Ok(browser.map_or(Link::Dead, |browser| if is_browser(app, headers, &browser) { Link::Ready } else { Link::AskPassword }))
}

fn is_browser(app: &App, headers: &HeaderMap, stored: &[u8]) -> bool {
    cookie_value(headers, COOKIE, app.config.https()).is_some_and(|token| token_hash(&token).ct_eq(stored).into())
}

/// The button of the link's page.
#[derive(Deserialize)]
pub struct Confirmation {
    token: String,
    #[serde(default)]
    password: String,
}

/// `POST /verify`: the person comes to be and is signed in.
pub async fn confirm(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<Confirmation>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let now = app.clock.now();
    let Some(hash) = stored_token(&form.token) else { return Ok(problem("/verify", "link")) };
    let row =
        sqlx::query!("select email, browser_hash, password_hash from sign_up where token_hash = $1 and expires_at > $2", &hash[..], now)
            .fetch_optional(&app.db.app)
            .await?;
    let Some(row) = row else { return Ok(problem("/verify", "link")) };
    if !is_browser(app, &headers, &row.browser_hash) {
        let page = format!("/verify?token={}", form.token);
        if let Some(refusal) = throttled(limits::take(app, &limits::SIGN_IN_ACCOUNT, &row.email).await, &headers, &page)? {
            return Ok(refusal);
        }
        if !password::verify(form.password, Some(row.password_hash)).await? {
            return Ok(problem(&page, "password"));
        }
    }
    let mut tx = db::begin(&app.db.system).await?;
    let new = sqlx::query!("delete from sign_up where token_hash = $1 returning email, name, password_hash, locale", &hash[..])
        .fetch_optional(&mut *tx)
        .await?;
    let Some(new) = new else { return Ok(problem("/verify", "link")) };
    let person = sqlx::query_scalar!(
        "insert into person (id, email, name, password_hash, locale, created_at) values ($1, $2, $3, $4, $5, $6) on conflict (email) do nothing returning id",
        new_id(),
        new.email,
        new.name,
        new.password_hash,
        new.locale,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    sqlx::query!("delete from sign_up where email = $1", new.email).execute(&mut *tx).await?;
    tx.commit().await?;
    // Meanwhile somebody invited them, or another link of theirs was used.
    let Some(person) = person else { return Ok(done("/sign-in", "known")) };
    let mut response = welcome(app, PersonId(person), &headers, address, "/dashboard").await?;
    response.headers_mut().append(header::SET_COOKIE, cookie(app, COOKIE, &[], 0));
    Ok(response)
}
