//! A push service (RFC 8030), as the makers of browsers run them: takes what is encrypted for a browser, from whoever proves to be who the browser subscribed to.
//! Nothing is delivered; what was taken can be read back. Checks what real services check (RFC 8188 and 8291: the form of the body; RFC 8292: the proof).

use crate::server::clock::Clock;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Messages kept for a browser.
const KEPT: usize = 100;

#[derive(Clone)]
struct Service {
    origin: String,
    clock: Clock,
    browsers: Arc<Mutex<HashMap<String, Browser>>>,
}

#[derive(Clone, Default)]
struct Browser {
    /// The only key that may write to it, once it is said.
    key: Option<String>,
    /// Answered instead of taking anything.
    status: Option<u16>,
    retry_after: Option<u64>,
    taken: Vec<Taken>,
}

/// A message as it came.
#[derive(Clone, Serialize)]
struct Taken {
    topic: String,
    ttl: String,
    urgency: String,
    /// Who answers for the sender, as the proof says.
    contact: String,
    /// The proof's token.
    token: String,
    /// base64
    body: String,
}

/// What a test wants of a browser's address.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Orders {
    key: Option<String>,
    status: Option<u16>,
    retry_after: Option<u64>,
}

/// Everything under `/sandbox/push`. `origin` is where this is reached, which a proof must be made out for.
pub fn router(origin: String, clock: Clock) -> Router {
    let service = Service { origin, clock, browsers: Arc::default() };
    Router::new().route("/sandbox/push/{id}", post(take).get(list)).route("/sandbox/push/{id}/orders", post(order)).with_state(service)
}

impl Service {
    fn with<T>(&self, id: &str, work: impl FnOnce(&mut Browser) -> T) -> T {
        work(self.browsers.lock().unwrap_or_else(PoisonError::into_inner).entry(id.to_owned()).or_default())
    }
}

async fn list(State(service): State<Service>, Path(id): Path<String>) -> Json<Vec<Taken>> {
    Json(service.with(&id, |browser| browser.taken.clone()))
}

async fn order(State(service): State<Service>, Path(id): Path<String>, Json(orders): Json<Orders>) -> StatusCode {
    service.with(&id, |browser| {
        *browser = Browser { key: orders.key, status: orders.status, retry_after: orders.retry_after, taken: browser.taken.clone() };
    });
    StatusCode::NO_CONTENT
}

async fn take(State(service): State<Service>, Path(id): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let browser = service.with(&id, |browser| browser.clone());
    if let Some(status) = browser.status.and_then(|status| StatusCode::from_u16(status).ok()) {
        let retry_after = browser.retry_after.map(|seconds| [(header::RETRY_AFTER, seconds.to_string())]);
        return (status, retry_after.map(IntoResponse::into_response).unwrap_or_default()).into_response();
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let (contact, token) = match proven(&text("authorization"), &service, browser.key.as_deref()) {
        Ok(proof) => proof,
        Err((status, why)) => return (status, why).into_response(),
    };
    if let Err(why) = well_formed(&text("content-encoding"), &text("ttl"), &text("topic"), &body) {
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    let taken = Taken { topic: text("topic"), ttl: text("ttl"), urgency: text("urgency"), contact, token, body: STANDARD.encode(&body) };
    service.with(&id, |browser| {
        if browser.taken.len() < KEPT {
            browser.taken.push(taken);
        }
    });
    (StatusCode::CREATED, [(header::LOCATION, format!("{}/sandbox/push/{id}/message", service.origin))]).into_response()
}

/// Who answers for the sender, and the token that says so, if the proof is theirs, for us, and in time.
fn proven(authorization: &str, service: &Service, key: Option<&str>) -> Result<(String, String), (StatusCode, &'static str)> {
    const NO: StatusCode = StatusCode::UNAUTHORIZED;
    let pairs = authorization.strip_prefix("vapid ").ok_or((NO, "no proof"))?;
    let part = |name: &str| pairs.split(',').find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='));
    let (token, public) = part("t").zip(part("k")).ok_or((NO, "half a proof"))?;
    if key.is_some_and(|key| key != public) {
        return Err((StatusCode::FORBIDDEN, "the browser subscribed to another key"));
    }
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| (NO, "not base64url"));
    let (signed, signature) = token.rsplit_once('.').ok_or((NO, "not a token"))?;
    let (head, claims) = signed.split_once('.').ok_or((NO, "not a token"))?;
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, decode(public)?)
        .verify(signed.as_bytes(), &decode(signature)?)
        .map_err(|_| (NO, "the signature is not of this key"))?;
    let json = |text: &str| serde_json::from_slice::<serde_json::Value>(&decode(text)?).map_err(|_| (NO, "not JSON"));
    let (head, claims) = (json(head)?, json(claims)?);
    // A day at most (RFC 8292, section 2).
    let now = service.clock.now().timestamp();
    let lasts = claims["exp"].as_i64().is_some_and(|until| until > now && until <= now + 86_400);
    let contact = claims["sub"].as_str().filter(|contact| contact.starts_with("mailto:") || contact.starts_with("https://"));
    match (head["alg"] == "ES256", claims["aud"] == service.origin, lasts, contact) {
        (true, true, true, Some(contact)) => Ok((contact.to_owned(), token.to_owned())),
        (false, ..) => Err((NO, "not ES256")),
        (_, false, ..) => Err((NO, "made out for another service")),
        (_, _, false, _) => Err((NO, "too old, or good for more than a day")),
        (_, _, _, None) => Err((NO, "nobody answers for it")),
    }
}

fn well_formed(encoding: &str, ttl: &str, topic: &str, body: &[u8]) -> Result<(), &'static str> {
    let in_base64url = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if encoding != "aes128gcm" {
        return Err("not aes128gcm");
    }
    if ttl.parse::<u32>().is_err() {
        return Err("no TTL");
    }
    if topic.len() > 32 || !in_base64url(topic) {
        return Err("not a topic");
    }
    // Salt, size of a record, length of the key's id, and the id: an uncompressed point.
    match (body.get(16..20), body.get(20), body.get(21)) {
        _ if body.len() > 4096 => Err("too long"),
        (Some(size), Some(65), Some(4)) if size != [0, 0, 0, 0] && body.len() >= 86 + 17 => Ok(()),
        _ => Err("not a message of RFC 8291"),
    }
}
