//! What is begun in one request and finished in a later one of the same browser: the second step of signing in, a passkey's challenge, recovery codes
//! to be read once. The browser holds 32 random bytes in a cookie of its own; the row holds their hash and what belongs to it.

use super::sessions::{cookie, cookie_value};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        crypto::{random_bytes, token_hash},
        state::App,
    },
};
use axum::http::{HeaderMap, HeaderValue};
use chrono::Duration;

/// Wrong answers until a challenge is over.
const MAX_ATTEMPTS: i32 = 5;

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The password was right; a code is missing.
    SecondStep,
    PasskeySignIn,
    PasskeyRegister,
    /// Recovery codes that their owner has not put away yet.
    RecoveryCodes,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::SecondStep => "second_step",
            Self::PasskeySignIn => "passkey_sign_in",
            Self::PasskeyRegister => "passkey_register",
            Self::RecoveryCodes => "recovery_codes",
        }
    }

    fn cookie(self) -> &'static str {
        match self {
            Self::SecondStep => "my21_second",
            Self::PasskeySignIn => "my21_passkey",
            Self::PasskeyRegister => "my21_new_passkey",
            Self::RecoveryCodes => "my21_codes",
        }
    }

    fn minutes(self) -> i64 {
        match self {
            Self::SecondStep | Self::RecoveryCodes => 10,
            Self::PasskeySignIn | Self::PasskeyRegister => 5,
        }
    }
}

/// A challenge that the browser holds.
#[derive(Clone, Debug)]
pub struct Begun {
    pub person: Option<PersonId>,
    pub payload: Vec<u8>,
}

/// Begins something; gives the cookie.
pub async fn begin(app: &App, kind: Kind, person: Option<PersonId>, payload: &[u8]) -> Result<HeaderValue, AppError> {
    let token = random_bytes::<32>();
    let lifetime = Duration::minutes(kind.minutes());
    sqlx::query!(
        "insert into challenge (token_hash, kind, person_id, payload, expires_at) values ($1, $2, $3, $4, $5)",
        &token_hash(&token)[..],
        kind.as_str(),
        person.map(|person| person.0),
        payload,
        app.clock.now() + lifetime
    )
    .execute(&app.db.app)
    .await?;
    Ok(cookie(app, kind.cookie(), &token, lifetime.num_seconds()))
}

/// What the browser has begun, if it is not over. Does not end it.
pub async fn look(app: &App, kind: Kind, headers: &HeaderMap) -> Result<Option<Begun>, AppError> {
    let Some(token) = cookie_value(headers, kind.cookie(), app.config.https()) else { return Ok(None) };
    let hash = token_hash(&token);
    let row = sqlx::query!(
        "select person_id, payload from challenge where token_hash = $1 and kind = $2 and expires_at > $3 and attempts < $4",
        &hash[..],
        kind.as_str(),
        app.clock.now(),
        MAX_ATTEMPTS
    )
    .fetch_optional(&app.db.app)
    .await?;
    Ok(row.map(|row| Begun { person: row.person_id.map(PersonId), payload: row.payload }))
}

/// Takes an attempt at what the browser has begun: counted before the answer is looked at, so that many at once do not get more.
pub async fn attempt(app: &App, kind: Kind, headers: &HeaderMap) -> Result<Option<Begun>, AppError> {
    let Some(token) = cookie_value(headers, kind.cookie(), app.config.https()) else { return Ok(None) };
    let hash = token_hash(&token);
    let row = sqlx::query!(
        r#"
        update challenge set attempts = attempts + 1
        where token_hash = $1 and kind = $2 and expires_at > $3 and attempts < $4 returning person_id, payload
        "#,
        &hash[..],
        kind.as_str(),
        app.clock.now(),
        MAX_ATTEMPTS
    )
    .fetch_optional(&app.db.app)
    .await?;
    Ok(row.map(|row| Begun { person: row.person_id.map(PersonId), payload: row.payload }))
}

/// Ends what the browser has begun and gives it: nobody gets it twice.
pub async fn finish(app: &App, kind: Kind, headers: &HeaderMap) -> Result<Option<Begun>, AppError> {
    let Some(token) = cookie_value(headers, kind.cookie(), app.config.https()) else { return Ok(None) };
    let hash = token_hash(&token);
    let row = sqlx::query!(
        "delete from challenge where token_hash = $1 and kind = $2 and expires_at > $3 returning person_id, payload",
        &hash[..],
        kind.as_str(),
        app.clock.now()
    )
    .fetch_optional(&app.db.app)
    .await?;
    Ok(row.map(|row| Begun { person: row.person_id.map(PersonId), payload: row.payload }))
}

/// The cookie that forgets it.
pub fn forgotten(app: &App, kind: Kind) -> HeaderValue {
    cookie(app, kind.cookie(), &[], 0)
}
