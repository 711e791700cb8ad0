//! The forms of the sign-in page. Plain posts with redirects, so they work without JavaScript.

use super::{password, sessions};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{request, state::AppState},
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderName, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// E-mail and password.
#[derive(Deserialize)]
pub struct Credentials {
    email: String,
    password: String,
}

/// `POST /sign-in`.
pub async fn sign_in(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<Credentials>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    if state.app.clerk.is_some() {
        return Ok(Redirect::to("/sign-in").into_response());
    }
    let email = form.email.trim().to_lowercase();
    let found = sqlx::query!("select id, password_hash from person where email = $1", email).fetch_optional(&state.app.db.app).await?;
    let (person, hash) = found.map(|row| (PersonId(row.id), row.password_hash)).unzip();
    let right = password::verify(form.password, hash.flatten()).await?;
    match person.filter(|_| right) {
        Some(person) => welcome(&state, person).await,
        None => Ok(Redirect::to("/sign-in?error=credentials").into_response()),
    }
}

/// The demo's button.
#[derive(Deserialize)]
pub struct DemoPerson {
    email: String,
}

/// `POST /api/dev/sign-in`: routed in demo mode only.
pub async fn demo_sign_in(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<DemoPerson>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let email = form.email.trim().to_lowercase();
    let person = sqlx::query_scalar!("select id from person where email = $1", email).fetch_optional(&state.app.db.app).await?;
    match person {
        Some(person) => welcome(&state, PersonId(person)).await,
        None => Ok(Redirect::to("/sign-in?error=credentials").into_response()),
    }
}

async fn welcome(state: &AppState, person: PersonId) -> Result<Response, AppError> {
    let cookie = sessions::start(&state.app, person).await?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Redirect::to("/dashboard")).into_response())
}

/// `POST /sign-out`: ends the session, its streams, and what the browser kept.
pub async fn sign_out(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    if let Some(clerk) = &state.app.clerk {
        return super::clerk::sign_out(&state.app, clerk, &headers).await;
    }
    let cookie = sessions::end(&state.app, &headers).await?;
    let clear = (HeaderName::from_static("clear-site-data"), header::HeaderValue::from_static("\"cache\", \"storage\""));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie), clear]), Redirect::to("/sign-in")).into_response())
}
