//! Signing in and out with plain posts and redirects, so they work without JavaScript. Unknown people and wrong passwords get the same answer after
//! the same work.

use super::{
    challenge::{self, Kind},
    factors, password, sessions,
    wire::{back_path, problem, throttled},
};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        limits::{self, ClientAddress},
        request,
        state::{App, AppState},
    },
    words::Locale,
};
use axum::{
    Form,
    extract::{Extension, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// E-mail and password.
#[derive(Deserialize)]
pub struct Credentials {
    email: String,
    password: String,
    /// Where to go afterwards: a path of ours.
    #[serde(default)]
    back: String,
}

/// `POST /sign-in`.
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<Credentials>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let email = form.email.trim().to_lowercase();
    // Counted before anything is looked up: unknown accounts are counted like known ones.
    let allowed = match limits::take(app, &limits::SIGN_IN_ADDRESS, &address.key()).await {
        Ok(()) => limits::take(app, &limits::SIGN_IN_ACCOUNT, &email).await,
        refused => refused,
    };
    if let Some(refusal) = throttled(allowed, &headers, "/sign-in")? {
        return Ok(refusal);
    }
    let found = sqlx::query!("select id, password_hash from person where email = $1", email).fetch_optional(&app.db.app).await?;
    let (person, hash) = found.map(|row| (PersonId(row.id), row.password_hash)).unzip();
    let right = password::verify(form.password, hash.flatten()).await?;
    let Some(person) = person.filter(|_| right) else {
        return Ok(problem("/sign-in", "credentials"));
    };
    limits::forget(app, &limits::SIGN_IN_ACCOUNT, &email).await?;
    if factors::asked_of(app, person).await? {
        let cookie = challenge::begin(app, Kind::SecondStep, Some(person), back_path(&form.back).as_bytes()).await?;
        return Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/sign-in/second")).into_response());
    }
    welcome(app, person, &headers, address, back_path(&form.back)).await
}

/// The second step: six digits of the generator, or a recovery code.
#[derive(Deserialize)]
pub struct Code {
    code: String,
}

/// `POST /sign-in/second`.
pub async fn second_step(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<Code>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let Some(begun) = challenge::attempt(app, Kind::SecondStep, &headers).await? else {
        return Ok(problem("/sign-in", "expired"));
    };
    let person = begun.person.ok_or(AppError::SignedOut)?;
    // Whoever begins again and again gets no more guesses for it.
    let allowed = limits::take(app, &limits::SECOND_STEP, &person.to_string()).await;
    if let Some(refusal) = throttled(allowed, &headers, "/sign-in/second")? {
        return Ok(refusal);
    }
    if !factors::accept(app, person, &form.code).await? {
        return Ok(problem("/sign-in/second", "code"));
    }
    if challenge::finish(app, Kind::SecondStep, &headers).await?.is_none() {
        return Ok(problem("/sign-in", "expired"));
    }
    limits::forget(app, &limits::SECOND_STEP, &person.to_string()).await?;
    let back = String::from_utf8_lossy(&begun.payload).into_owned();
    let mut response = welcome(app, person, &headers, address, back_path(&back)).await?;
    response.headers_mut().append(header::SET_COOKIE, challenge::forgotten(app, Kind::SecondStep));
    Ok(response)
}

/// The demo's button.
#[derive(Deserialize)]
pub struct DemoPerson {
    email: String,
}

/// `POST /api/dev/sign-in`: routed in demo mode only.
pub async fn demo_sign_in(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Form(form): Form<DemoPerson>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let email = form.email.trim().to_lowercase();
    let person = sqlx::query_scalar!("select id from person where email = $1", email).fetch_optional(&state.app.db.app).await?;
    match person {
        Some(person) => welcome(&state.app, PersonId(person), &headers, address, "/dashboard").await,
        None => Ok(problem("/sign-in", "credentials")),
    }
}

/// Starts the session of somebody who has shown who they are, and leads on. The language they chose elsewhere comes along.
pub async fn welcome(app: &App, person: PersonId, headers: &HeaderMap, address: ClientAddress, to: &str) -> Result<Response, AppError> {
    let cookie = sessions::start(app, person, headers, address).await?;
    let locale = sqlx::query_scalar!("select locale from person where id = $1", person.0).fetch_optional(&app.db.app).await?.flatten();
    let mut response = (AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to(to)).into_response();
    if let Some(cookie) = locale.as_deref().and_then(Locale::parse).and_then(|locale| locale_cookie(app, locale)) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The cookie of a language, as `/preferences` sets it.
pub(super) fn locale_cookie(app: &App, locale: Locale) -> Option<HeaderValue> {
    let secure = if app.config.https() { "; Secure" } else { "" };
    HeaderValue::from_str(&format!("locale={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}", locale.as_str())).ok()
}

/// `POST /sign-out`: ends the session, its streams, and what the browser kept.
pub async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    if let Some(clerk) = &state.app.clerk {
        return super::clerk::sign_out(&state.app, clerk, &headers).await;
    }
    let cookie = sessions::end(&state.app, &headers).await?;
    let clear = (HeaderName::from_static("clear-site-data"), HeaderValue::from_static("\"cache\", \"storage\""));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie), clear]), Redirect::to("/sign-in")).into_response())
}
