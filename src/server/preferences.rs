//! `POST /preferences`: language and theme, kept in cookies so that the next page is right from its first byte.

use crate::{
    error::AppError,
    ui::preferences::Theme,
    words::Locale,
};
use axum::{
    Form,
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
pub async fn change(Form(change): Form<Change>) -> Result<Response, AppError> {
    let cookie = |name: &str, value: &str| {
        // Both values come from our own lists.
        HeaderValue::from_str(&format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax")).ok().map(|value| (header::SET_COOKIE, value))
    };
    let locale = change.locale.as_deref().and_then(Locale::parse).and_then(|locale| cookie("locale", locale.as_str()));
    let theme = change.theme.as_deref().and_then(Theme::parse).and_then(|theme| cookie("theme", theme.as_str()));
    let cookies: Vec<_> = locale.into_iter().chain(theme).collect();
    Ok((AppendHeaders(cookies), Redirect::to(own_path(change.back.as_deref()))).into_response())
}

/// Only a path of this site; anything that a browser might read as another host leads home.
fn own_path(back: Option<&str>) -> &str {
    match back {
        Some(path) if path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n', '\t']) => path,
        _ => "/",
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn a_redirect_never_leaves_the_site() {
        assert_eq!(own_path(Some("/demo/inbox?x=1")), "/demo/inbox?x=1");
        for foreign in [None, Some(""), Some("https://evil.test"), Some("//evil.test"), Some("/\\evil.test"), Some("/\t/evil.test"), Some("javascript:x")] {
            assert_eq!(own_path(foreign), "/");
        }
    }
}
