//! The instance's public keys: fetched when needed, kept for five minutes, fetched again for a key that nobody has seen (rotation), and served stale
//! while Clerk cannot be reached.

use super::token::Reason;
use crate::server::{clock::Clock, http::read_body};
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Milliseconds that keys are used without asking again.
const FRESH: i64 = 5 * 60 * 1000;
/// Milliseconds that keys are used while Clerk is down. A key that was withdrawn meanwhile is believed no longer than this.
const STALE: i64 = 24 * 60 * 60 * 1000;
/// Milliseconds between two fetches, whatever asks for them: tokens with invented keys must not become requests to Clerk.
const PAUSE: i64 = 10_000;
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BODY: usize = 64 * 1024;
/// An instance has one key, and two while it rotates.
const MAX_KEYS: usize = 16;

/// The keys of one instance. A clone is the same cache.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    url: String,
    http: reqwest::Client,
    clock: Clock,
    known: Mutex<Known>,
    /// Held while fetching, so that all who wait share one fetch.
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Known {
    keys: HashMap<String, DecodingKey>,
    /// When the keys came; Unix milliseconds.
    at: Option<i64>,
    /// When somebody last began to ask.
    tried: Option<i64>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<serde_json::Value>,
}

/// An RSA key for signatures (RFC 7517). Entries of any other kind are passed over.
#[derive(Deserialize)]
struct Rsa {
    kty: String,
    kid: String,
    n: String,
    e: String,
    alg: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
}

impl Keys {
    pub fn new(url: String, http: reqwest::Client, clock: Clock) -> Self {
        Self(Arc::new(Inner { url, http, clock, known: Mutex::default(), fetching: tokio::sync::Mutex::new(()) }))
    }

    /// The key with this id.
    ///
    /// # Errors
    /// `KidMismatch` when the instance has no such key, `KeysFailedToLoad` when there are no keys to look in.
    pub async fn find(&self, kid: &str) -> Result<DecodingKey, Reason> {
        let asked = self.0.clock.millis();
        if let Some(key) = self.fresh(kid, asked) {
            return Ok(key);
        }
        let guard = self.0.fetching.lock().await;
        // Whoever held the lock before may have brought it.
        let now = self.0.clock.millis();
        if let Some(key) = self.fresh(kid, now) {
            return Ok(key);
        }
        if self.may_ask(now) {
            self.fetch(now).await;
        }
        drop(guard);
        let known = self.known();
        match known.at {
            Some(at) if now - at <= STALE => known.keys.get(kid).cloned().ok_or(Reason::KidMismatch),
            _ => Err(Reason::KeysFailedToLoad),
        }
    }

    fn fresh(&self, kid: &str, now: i64) -> Option<DecodingKey> {
        let known = self.known();
        known.at.filter(|at| (0..=FRESH).contains(&(now - at)))?;
        known.keys.get(kid).cloned()
    }

    /// At most one fetch per pause. A clock that was set back counts as a pause.
    fn may_ask(&self, now: i64) -> bool {
        let mut known = self.known();
        let may = known.tried.is_none_or(|tried| !(0..PAUSE).contains(&(now - tried)));
        if may {
            known.tried = Some(now);
        }
        may
    }

    async fn fetch(&self, now: i64) {
        match self.load().await {
            Ok(keys) => {
                let mut known = self.known();
                known.keys = keys;
                known.at = Some(now);
            }
            Err(why) => tracing::warn!(why, "Clerk's keys cannot be fetched; the ones we have go on for a day"),
        }
    }

    async fn load(&self) -> Result<HashMap<String, DecodingKey>, &'static str> {
        let request = self.0.http.get(&self.0.url).timeout(TIMEOUT).send();
        let answer = request.await.map_err(|error| crate::server::http::Broken::of(&error).words())?;
        if !answer.status().is_success() {
            return Err("the answer is not a success");
        }
        let body = read_body(answer, MAX_BODY).await.map_err(|broken| broken.words())?;
        parse(&body).ok_or("the answer holds no usable key")
    }

    /// A panic while the lock was held cannot leave these maps half-changed, so poisoning is ignored.
    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The usable keys of a key set. None without any: an empty answer is an accident at the other end, not the withdrawal of everything.
fn parse(body: &[u8]) -> Option<HashMap<String, DecodingKey>> {
    let set: Jwks = serde_json::from_slice(body).ok()?;
    let keys: HashMap<_, _> = set
        .keys
        .into_iter()
        .filter_map(|entry| serde_json::from_value::<Rsa>(entry).ok())
        .filter(|key| {
            key.kty == "RSA"
                && key.alg.as_deref().is_none_or(|alg| alg == "RS256")
                && key.usage.as_deref().is_none_or(|usage| usage == "sig")
        })
        .take(MAX_KEYS)
        .filter_map(|key| Some((key.kid, DecodingKey::from_rsa_components(&key.n, &key.e).ok()?)))
        .collect();
    (!keys.is_empty()).then_some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(format!("{}/tests/fixtures/clerk/jwt/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    #[test]
    fn entries_of_another_kind_are_passed_over_and_an_empty_set_is_none() {
        assert_eq!(parse(&fixture("jwks.json")).unwrap().len(), 1);
        assert_eq!(parse(&fixture("jwks-both.json")).unwrap().len(), 2);
        assert_eq!(parse(&fixture("jwks-with-foreign-entries.json")).unwrap().len(), 1);
        assert!(parse(&fixture("jwks-empty.json")).is_none());
        assert!(parse(b"not json").is_none());
    }

    #[test]
    fn no_more_keys_than_an_instance_can_have() {
        let key = |n: usize| serde_json::json!({ "kty": "RSA", "kid": format!("k{n}"), "n": "AQAB", "e": "AQAB" });
        let set = serde_json::json!({ "keys": (0..1000).map(key).collect::<Vec<_>>() });
        assert_eq!(parse(set.to_string().as_bytes()).unwrap().len(), MAX_KEYS);
    }
}
