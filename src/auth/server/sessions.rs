//! Sessions and their cookie.

use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        crypto::{random_bytes, token_hash},
        state::App,
    },
};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Duration;

/// The cookie's name over plain HTTP (demo, tests). Over https it carries the `__Host-` prefix, which browsers give to no other path or host.
pub const COOKIE: &str = "my21_session";
/// Days until a session ends by itself.
const LIFETIME_DAYS: i64 = 30;

/// Somebody with a valid session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub person: PersonId,
    pub name: String,
    /// Empty while nobody has said or proved it.
    pub email: String,
    pub session: [u8; 32],
}

/// The session token among the request's cookies.
pub fn token_from(headers: &HeaderMap) -> Option<Vec<u8>> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE || name.strip_prefix("__Host-") == Some(COOKIE))
        .find_map(|(_, value)| URL_SAFE_NO_PAD.decode(value).ok())
        .filter(|token| token.len() == 32)
}

/// Who sent the request.
///
/// # Errors
/// `SignedOut` without a valid session.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<SignedIn, AppError> {
    let token = token_from(headers).ok_or(AppError::SignedOut)?;
    let hash = token_hash(&token);
    let row = sqlx::query!(
        r#"
        select p.id, p.name, coalesce(p.email, '') as "email!" from session s join person p on p.id = s.person_id
        where s.token_hash = $1 and s.expires_at > $2 and p.removed_at is null
        "#,
        &hash[..],
        app.clock.now()
    )
    .fetch_optional(&app.db.app)
    .await?
    .ok_or(AppError::SignedOut)?;
    Ok(SignedIn { person: PersonId(row.id), name: row.name, email: row.email, session: hash })
}

/// Starts a session and gives the cookie that carries it.
pub async fn start(app: &App, person: PersonId) -> Result<HeaderValue, AppError> {
    let token = random_bytes::<32>();
    let now = app.clock.now();
    sqlx::query!(
        "insert into session (token_hash, person_id, created_at, expires_at) values ($1, $2, $3, $4)",
        &token_hash(&token)[..],
        person.0,
        now,
        now + Duration::days(LIFETIME_DAYS)
    )
    .execute(&app.db.app)
    .await?;
    Ok(cookie(app, &URL_SAFE_NO_PAD.encode(token), LIFETIME_DAYS * 86_400))
}

/// Ends a session everywhere: its row and its open streams. Gives the cookie that forgets it.
pub async fn end(app: &App, headers: &HeaderMap) -> Result<HeaderValue, AppError> {
    if let Some(token) = token_from(headers) {
        let hash = token_hash(&token);
        sqlx::query!("delete from session where token_hash = $1", &hash[..]).execute(&app.db.app).await?;
        app.wake.session_ended(hash);
    }
    Ok(cookie(app, "", 0))
}

fn cookie(app: &App, value: &str, seconds: i64) -> HeaderValue {
    let secure = app.config.public_url.starts_with("https://");
    let (prefix, flag) = if secure { ("__Host-", "; Secure") } else { ("", "") };
    let text = format!("{prefix}{COOKIE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{flag}");
    // Letters, digits and the marks above: always a valid header.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others_and_must_be_whole() {
        let token = URL_SAFE_NO_PAD.encode([9; 32]);
        let headers = |text: String| HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(&text).unwrap())]);
        assert_eq!(token_from(&headers(format!("theme=dark; {COOKIE}={token}"))), Some(vec![9; 32]));
        assert_eq!(token_from(&headers(format!("__Host-{COOKIE}={token}"))), Some(vec![9; 32]));
        assert_eq!(token_from(&headers(format!("x{COOKIE}={token}"))), None);
        assert_eq!(token_from(&headers(format!("{COOKIE}=short"))), None);
        assert_eq!(token_from(&HeaderMap::new()), None);
    }
}
