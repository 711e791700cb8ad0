//! Signing in through Clerk (<https://clerk.com>), where its keys are configured.
//!
//! Clerk's components in the browser keep a signed token of one minute in the cookie `__session`; every request is judged by it ([`token`],
//! [`request`], [`jwks`]). Who belongs where is *not* read from tokens, which would let a removed member in for another minute: signed webhooks
//! keep our own tables ([`mirror`]), and those are asked each time.
//!
//! **How a stream outlives its token.** A stream is opened with a token and must not end with it a minute later. So each verified token renews a
//! lease on its Clerk session: a row in `session` under the hash of the session's id, good for five minutes. The page asks `GET /api/session` every minute, which
//! carries a fresh token and renews the lease. A stream rests on the row: it ends within two seconds when a webhook says that the session is over
//! (the row goes, and `clerk_session_end` refuses the token that is still good), and within five minutes when the browser can get no new token.
//!
//! **An expired cookie.** A browser that comes back after sleep asks for a page with an old token. Such a request is led to `/sign-in/refresh`, a page
//! without content that lets clerk-js get a new token and goes back. Calls by script are answered 401, and `clerk.js` gets a token and asks again.
//! What was typed is kept in the tab (`sessionStorage`) and put back.

pub mod events;
mod jwks;
pub mod keys;
pub mod mirror;
pub mod pages;
mod project;
mod request;
mod session;
#[cfg(test)]
mod tests;
mod token;

use crate::server::{clock::Clock, config::ClerkConfig};
use http::{HeaderMap, Method};
use jwks::Keys;
use request::Carried;

pub use session::{refresh_first, renew, sign_out};
pub use token::{Reason, Session};

/// The configured instance.
pub struct Clerk {
    pub config: ClerkConfig,
    rules: token::Rules,
    suffix: String,
    keys: Keys,
    http: reqwest::Client,
}

/// What a request is, before our own tables are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    SignedIn(Session),
    SignedOut(Reason),
    /// A browser asks for a page and can get itself a new token.
    Refresh(Reason),
}

impl Clerk {
    pub fn new(config: ClerkConfig, http: reqwest::Client, clock: Clock) -> Self {
        let keys = format!("{}/.well-known/jwks.json", config.issuer);
        Self::with_keys_at(keys, config, http, clock)
    }

    fn with_keys_at(url: String, config: ClerkConfig, http: reqwest::Client, clock: Clock) -> Self {
        token::install();
        let rules = token::Rules { issuer: config.issuer.clone(), authorized_parties: config.authorized_parties.clone() };
        let keys = Keys::new(url, http.clone(), clock);
        Self { rules, suffix: keys::cookie_suffix(&config.publishable_key), keys, http, config }
    }

    /// Judges a request at `now` (Unix milliseconds).
    pub async fn state(&self, method: &Method, headers: &HeaderMap, now: i64) -> State {
        let (verdict, refreshable) = match request::carried(headers, &self.suffix, &self.config.issuer) {
            Carried::Nothing => (Err(Reason::SessionTokenAndUatMissing), false),
            // A program that brings its own token has no clerk-js beside it.
            Carried::Bearer(token) => (self.verify(&token, now).await, false),
            Carried::Cookies { session, client_uat } => {
                let verdict = match (request::contradiction(session.as_deref(), client_uat), session) {
                    (None, Some(token)) => self.verify(&token, now).await,
                    (reason, _) => Err(reason.unwrap_or(Reason::SessionTokenAndUatMissing)),
                };
                (verdict, request::wants_document(method, headers))
            }
        };
        match verdict {
            Ok(session) => State::SignedIn(session),
            Err(reason) if refreshable && request::can_be_refreshed(reason) => State::Refresh(reason),
            Err(reason) => State::SignedOut(reason),
        }
    }

    /// Whether the instance's keys are there: for `doctor`.
    pub async fn keys_can_be_fetched(&self) -> bool {
        // No key has an empty id, so this asks the instance.
        self.keys.find("").await.err() != Some(Reason::KeysFailedToLoad)
    }

    /// Verifies a token at `now` (Unix milliseconds).
    pub async fn verify(&self, token: &str, now: i64) -> Result<Session, Reason> {
        let token = token::Unverified::parse(token)?;
        let key = self.keys.find(&token.kid).await?;
        token.verify(&key, &self.rules, now)
    }
}
