//! `POST /preferences`: language and theme, kept in cookies so that the next page is right from its first byte.

use super::{request, state::AppState};
use crate::{error::AppError, ui::preferences::Theme, words::Locale};
use axum::{
    Form,
    extract::State,
    http::{HeaderValue, header},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use serde::Deserialize;

/// Either may be left out.
#[derive(Deserialize)]
pub struct Change {
    locale: Option<String>,
    theme: Option<String>,
    /// The page to go back to; a path of ours.
    back: Option<String>,
}

/// Sets the cookies and goes back.
pub async fn change(State(state): State<AppState>, Form(change): Form<Change>) -> Result<Response, AppError> {
    let secure = if state.app.config.https() { "; Secure" } else { "" };
    let cookie = |name: &str, value: &str| {
        // Both values come from our own lists.
        HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax{secure}"))
            .ok()
            .map(|value| (header::SET_COOKIE, value))
    };
    let locale = change.locale.as_deref().and_then(Locale::parse).and_then(|locale| cookie("locale", locale.as_str()));
    let theme = change.theme.as_deref().and_then(Theme::parse).and_then(|theme| cookie("theme", theme.as_str()));
    let cookies: Vec<_> = locale.into_iter().chain(theme).collect();
    Ok((AppendHeaders(cookies), Redirect::to(request::own_path(change.back.as_deref().unwrap_or("/")))).into_response())
}
