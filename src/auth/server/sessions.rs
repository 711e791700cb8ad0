//! Sessions, their cookie and their age.
//!
//! The cookie holds 32 random bytes; the database holds their SHA-256. A session ends a week after its last use and a month after its beginning.

use super::device;
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        crypto::{random_bytes, token_hash},
        limits::ClientAddress,
        state::App,
    },
};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The cookie's name over plain HTTP (demo, tests). Over https it carries the `__Host-` prefix, which browsers give to no other path or host.
pub const COOKIE: &str = "my21_session";
/// Days until a session ends whatever happens.
const LIFETIME_DAYS: i64 = 30;
/// Days without a request until a session ends.
const IDLE_DAYS: i64 = 7;
/// How coarsely the last use is noted: one write in so many minutes, not one per request.
const NOTED_EVERY: Duration = Duration::minutes(5);
/// The permission's key in the refusal that somebody with a temporary password gets everywhere but on the page that replaces it.
pub const MUST_CHANGE: &str = "password:change";

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
pub fn token_from(headers: &HeaderMap, https: bool) -> Option<Vec<u8>> {
    cookie_value(headers, COOKIE, https)
}

/// The 32 bytes of one of our cookies. Over https only the cookie with the prefix counts: the other one could come from a neighbouring host that
/// wants us to use a session of its own.
pub(super) fn cookie_value(headers: &HeaderMap, wanted: &str, https: bool) -> Option<Vec<u8>> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| if https { name.strip_prefix("__Host-") == Some(wanted) } else { *name == wanted })
        .find_map(|(_, value)| URL_SAFE_NO_PAD.decode(value).ok())
        .filter(|token| token.len() == 32)
}

/// Who sent the request.
///
/// # Errors
/// `SignedOut` without a valid session; `Forbidden` with [`MUST_CHANGE`] while a temporary password waits to be replaced.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<SignedIn, AppError> {
    match anybody(app, headers).await? {
        (_, true) => Err(AppError::Forbidden(MUST_CHANGE.into())),
        (somebody, false) => Ok(somebody),
    }
}

/// As [`signed_in`], and whether the password must be changed before anything else: for the pages that help with that.
pub async fn anybody(app: &App, headers: &HeaderMap) -> Result<(SignedIn, bool), AppError> {
    let token = token_from(headers, app.config.https()).ok_or(AppError::SignedOut)?;
    let hash = token_hash(&token);
    let now = app.clock.now();
    let row = sqlx::query!(
        r#"
        select p.id, p.name, coalesce(p.email, '') as "email!", p.must_change_password, s.last_seen_at
        from session s join person p on p.id = s.person_id
        where s.token_hash = $1 and s.expires_at > $2 and p.removed_at is null
        "#,
        &hash[..],
        now
    )
    .fetch_optional(&app.db.app)
    .await?
    .ok_or(AppError::SignedOut)?;
    if row.last_seen_at.is_none_or(|seen| now - seen >= NOTED_EVERY) {
        note_use(app, hash, now).await?;
    }
    let somebody = SignedIn { person: PersonId(row.id), name: row.name, email: row.email, session: hash };
    Ok((somebody, row.must_change_password))
}

async fn note_use(app: &App, session: [u8; 32], now: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update session set last_seen_at = $2, expires_at = least(created_at + make_interval(days => $3), $2::timestamptz + make_interval(days => $4))
        where token_hash = $1
        "#,
        &session[..],
        now,
        LIFETIME_DAYS as i32,
        IDLE_DAYS as i32
    )
    .execute(&app.db.app)
    .await?;
    Ok(())
}

/// Starts a session and gives the cookie that carries it. A session that the browser had before is over.
pub async fn start(app: &App, person: PersonId, headers: &HeaderMap, address: ClientAddress) -> Result<HeaderValue, AppError> {
    end(app, headers).await?;
    let token = random_bytes::<32>();
    let now = app.clock.now();
    let device = device::in_words(headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default());
    sqlx::query!(
        r#"
        insert into session (token_hash, person_id, created_at, expires_at, last_seen_at, device, address) values ($1, $2, $3, $4, $3, $5, $6)
        "#,
        &token_hash(&token)[..],
        person.0,
        now,
        now + Duration::days(IDLE_DAYS),
        device,
        address.0.to_string()
    )
    .execute(&app.db.app)
    .await?;
    Ok(cookie(app, COOKIE, &token, LIFETIME_DAYS * 86_400))
}

/// Ends a session everywhere: its row and its open streams. Gives the cookie that forgets it.
pub async fn end(app: &App, headers: &HeaderMap) -> Result<HeaderValue, AppError> {
    if let Some(token) = token_from(headers, app.config.https()) {
        let hash = token_hash(&token);
        sqlx::query!("delete from session where token_hash = $1", &hash[..]).execute(&app.db.app).await?;
        app.wake.session_ended(hash);
    }
    Ok(cookie(app, COOKIE, &[], 0))
}

/// Sessions whose rows are gone and whose streams are still open: to be told after the commit.
#[must_use = "the streams of these sessions stay open until somebody calls `announce`"]
#[derive(Debug, Default)]
pub struct Ended(Vec<[u8; 32]>);

impl Ended {
    /// Ends the streams, in every process. Call after the commit.
    pub fn announce(self, app: &App) {
        for session in self.0 {
            app.wake.session_ended(session);
        }
    }
}

/// Ends all sessions of a person, but for one.
pub async fn end_all_of(connection: &mut PgConnection, person: PersonId, except: Option<&[u8; 32]>) -> sqlx::Result<Ended> {
    let hashes = sqlx::query_scalar!(
        "delete from session where person_id = $1 and token_hash is distinct from $2 returning token_hash",
        person.0,
        except.map(|hash| &hash[..])
    )
    .fetch_all(connection)
    .await?;
    Ok(Ended(hashes.into_iter().filter_map(|hash| hash.try_into().ok()).collect()))
}

/// Ends one session of a person's own.
///
/// # Errors
/// `NotFound` for a session of somebody else.
pub async fn end_one(app: &App, person: PersonId, session: Uuid) -> Result<(), AppError> {
    let hash = sqlx::query_scalar!("delete from session where person_id = $1 and id = $2 returning token_hash", person.0, session)
        .fetch_optional(&app.db.app)
        .await?
        .ok_or(AppError::NotFound)?;
    Ended(hash.try_into().into_iter().collect()).announce(app);
    Ok(())
}

/// A session in its owner's list.
#[derive(Clone, Debug)]
pub struct SessionRow {
    pub id: Uuid,
    /// `Chrome · Android`; empty when the browser did not say.
    pub device: String,
    pub address: String,
    pub last_seen_at: Option<DateTime<Utc>>,
    /// The one that asks.
    pub current: bool,
}

/// A person's sessions, the asking one first, then the latest used.
pub async fn list(app: &App, somebody: &SignedIn) -> Result<Vec<SessionRow>, AppError> {
    let rows = sqlx::query_as!(
        SessionRow,
        r#"
        select id, device, address, last_seen_at, token_hash = $2 as "current!" from session
        where person_id = $1 and expires_at > $3 order by token_hash = $2 desc, last_seen_at desc nulls last, id
        "#,
        somebody.person.0,
        &somebody.session[..],
        app.clock.now()
    )
    .fetch_all(&app.db.app)
    .await?;
    Ok(rows)
}

/// A cookie of ours with these bytes, for so many seconds; none and 0 to forget it.
pub(super) fn cookie(app: &App, name: &str, bytes: &[u8], seconds: i64) -> HeaderValue {
    let value = URL_SAFE_NO_PAD.encode(bytes);
    let secure = app.config.https();
    let (prefix, flag) = if secure { ("__Host-", "; Secure") } else { ("", "") };
    let text = format!("{prefix}{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{flag}");
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
        assert_eq!(token_from(&headers(format!("theme=dark; {COOKIE}={token}")), false), Some(vec![9; 32]));
        assert_eq!(token_from(&headers(format!("theme=dark; __Host-{COOKIE}={token}")), true), Some(vec![9; 32]));
        assert_eq!(token_from(&headers(format!("{COOKIE}={token}")), true), None, "anybody below our domain could have set it");
        assert_eq!(token_from(&headers(format!("__Host-{COOKIE}={token}")), false), None);
        let short = URL_SAFE_NO_PAD.encode([9; 31]);
        for https in [true, false] {
            assert_eq!(token_from(&headers(format!("x{COOKIE}={token}")), https), None);
            for broken in [short.as_str(), "short"] {
                assert_eq!(token_from(&headers(format!("{COOKIE}={broken}; __Host-{COOKIE}={broken}")), https), None);
            }
            assert_eq!(token_from(&HeaderMap::new(), https), None);
        }
    }
}
