//! `/api/webhook/kapso`: WhatsApp messages and statuses, from Kapso (its v2 and v1 formats) or from Meta.
//!
//! Signatures: `X-Webhook-Signature` or `X-Kapso-Signature`, HMAC-SHA256 hex of the raw body with Kapso's webhook secret; `X-Hub-Signature-256`
//! with Meta's app secret. A number whose workspace gave a secret of its own may be signed with that one instead, which then speaks for that number
//! alone. Everything that is signed is answered 200 once it is durable, understood or not; the provider would only send it again.

use crate::{
    error::AppError,
    inbox::server::ingest,
    server::{
        config::{KapsoConfig, Secret},
        crypto::new_id,
        limits::{self, ClientAddress},
        state::{App, AppState},
        whatsapp::signature,
    },
    workspace::server::numbers::webhook_secrets,
};
use axum::{
    body::{Body, to_bytes},
    extract::{Query, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::collections::BTreeSet;
use subtle::ConstantTimeEq;

/// Kapso's two names for its signature.
const KAPSO_HEADERS: [&str; 2] = ["x-webhook-signature", "x-kapso-signature"];
/// A batch is of one project, which has few numbers.
const MAX_NUMBERS: usize = 20;
/// Meta's largest body; Kapso's are smaller.
const MAX_BODY: usize = 3 * 1024 * 1024;

/// The headers that signatures come in.
const SIGNATURES: [&str; 3] = ["x-webhook-signature", "x-kapso-signature", "x-hub-signature-256"];

/// The verification request's parameters.
#[derive(Deserialize)]
pub struct Hub {
    #[serde(rename = "hub.mode")]
    mode: Option<String>,
    #[serde(rename = "hub.challenge")]
    challenge: Option<String>,
    #[serde(rename = "hub.verify_token")]
    verify_token: Option<String>,
}

/// `GET`: echoes the challenge to whom knows the verify token; says that it is ready to a plain look.
pub async fn verify(State(state): State<AppState>, Query(hub): Query<Hub>) -> Response {
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::X_CONTENT_TYPE_OPTIONS, "nosniff")];
    if hub.mode.is_none() && hub.challenge.is_none() && hub.verify_token.is_none() {
        return (text, "my21staff webhook ready").into_response();
    }
    let expected = state.app.config.kapso.webhook_verify_token.as_ref();
    let right = match (expected, &hub.verify_token) {
        (Some(expected), Some(given)) => bool::from(expected.expose().as_bytes().ct_eq(given.as_bytes())),
        _ => false,
    };
    match (right, hub.challenge) {
        (true, Some(challenge)) => (text, challenge).into_response(),
        _ => {
            let why = if expected.is_none() { "KAPSO_WEBHOOK_VERIFY_TOKEN is not set" } else { "the verify token is wrong" };
            tracing::warn!(why, "webhook verification refused");
            (StatusCode::FORBIDDEN, text, "Forbidden").into_response()
        }
    }
}

/// `POST`: one delivery.
pub async fn receive(State(state): State<AppState>, request: Request<Body>) -> Response {
    let (parts, body) = request.into_parts();
    let announced = parts.headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > MAX_BODY) {
        return (StatusCode::PAYLOAD_TOO_LARGE, "Body is larger than 3 MB").into_response();
    }
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "Body is larger than 3 MB or was cut off").into_response();
    };
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).map(|value| value.chars().take(200).collect());
    let event: Option<String> = text("x-webhook-event");
    let delivery = ingest::delivery(new_id(), state.app.clock.now(), event, text("x-idempotency-key"), body.clone());
    let verdict = match check(&state.app.config.kapso, &parts.headers, &body) {
        Signature::Right => Signature::Right,
        refused => match own_secrets(&state.app, &parts.headers, &delivery.numbers()).await {
            Ok(Some(secrets)) => check_own(&secrets, &parts.headers, &body),
            Ok(None) => refused,
            Err(error) => {
                tracing::warn!(error = crate::server::error::kind(&error), "webhook secrets cannot be read");
                return not_stored();
            }
        },
    };
    match verdict {
        Signature::Right => {}
        Signature::Wrong => {
            if SIGNATURES.iter().any(|name| parts.headers.contains_key(*name)) {
                // Not only a stranger who looks around: `doctor` tells of it. Failing to count is no reason to answer otherwise.
                let _ = limits::take(&state.app, &limits::REFUSED_SIGNATURES, "all").await;
            }
            let address = parts.extensions.get::<ClientAddress>().map(|address| address.key()).unwrap_or_default();
            return match limits::take(&state.app, &limits::BAD_SIGNATURE, &address).await {
                Err(AppError::TooMany(seconds)) => AppError::TooMany(seconds).into_response(),
                // Counting is no condition for refusing.
                _ => (StatusCode::UNAUTHORIZED, "Invalid signature").into_response(),
            };
        }
        Signature::NoSecret => {
            tracing::error!("webhook refused: KAPSO_WEBHOOK_SECRET is not set, so nothing can be verified");
            return (StatusCode::SERVICE_UNAVAILABLE, "Webhook is not configured").into_response();
        }
    }
    match state.app.ingest.deliver(delivery).await {
        Ok(()) => (StatusCode::OK, "OK").into_response(),
        Err(ingest::NotStored) => not_stored(),
    }
}

fn not_stored() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, "10")], "Not stored, send it again").into_response()
}

/// The own secrets of all numbers that a delivery is about. None unless each of them has one: a secret speaks for no other number. Asked only when
/// the process's secret did not match, and never for a request without a signature.
async fn own_secrets(app: &App, headers: &HeaderMap, numbers: &BTreeSet<&str>) -> sqlx::Result<Option<Vec<Secret>>> {
    if numbers.is_empty() || numbers.len() > MAX_NUMBERS || !KAPSO_HEADERS.iter().any(|name| headers.contains_key(*name)) {
        return Ok(None);
    }
    webhook_secrets(app, numbers).await
}

/// Every signature that came must be right by every one of these secrets. Meta's header is not for them: it is signed with Meta's.
fn check_own(secrets: &[Secret], headers: &HeaderMap, body: &[u8]) -> Signature {
    let given: Vec<&str> =
        KAPSO_HEADERS.iter().flat_map(|name| headers.get_all(*name)).map(|value| value.to_str().unwrap_or_default()).collect();
    let fits = |secret: &Secret| given.iter().all(|given| signature::verify(secret.expose().as_bytes(), body, given));
    let right = !given.is_empty() && !secrets.is_empty() && !headers.contains_key("x-hub-signature-256") && secrets.iter().all(fits);
    if right { Signature::Right } else { Signature::Wrong }
}

#[derive(Debug, PartialEq, Eq)]
enum Signature {
    Right,
    Wrong,
    NoSecret,
}

/// Every signature header that came and whose secret we have must be right, and there must be one: a wrong one is never outvoted.
fn check(config: &KapsoConfig, headers: &HeaderMap, body: &[u8]) -> Signature {
    if config.webhook_secret.is_none() && config.meta_app_secret.is_none() {
        return Signature::NoSecret;
    }
    let header = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let pairs = [
        (header("x-webhook-signature"), &config.webhook_secret),
        (header("x-kapso-signature"), &config.webhook_secret),
        (header("x-hub-signature-256"), &config.meta_app_secret),
    ];
    let mut right = false;
    for (given, secret) in pairs {
        let (Some(given), Some(secret)) = (given, secret) else { continue };
        if !signature::verify(secret.expose().as_bytes(), body, given) {
            return Signature::Wrong;
        }
        right = true;
    }
    if right { Signature::Right } else { Signature::Wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(kapso: Option<&str>, meta: Option<&str>) -> KapsoConfig {
        KapsoConfig {
            api_key: None,
            api_base_url: String::new(),
            webhook_secret: kapso.map(Secret::new),
            webhook_verify_token: None,
            meta_app_secret: meta.map(Secret::new),
        }
    }

    fn headers(pairs: &[(&'static str, String)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn each_header_is_checked_with_its_own_secret() {
        let body = b"{}";
        let kapso = signature::sign(b"k", body);
        let meta = format!("sha256={}", signature::sign(b"m", body));
        let both = config(Some("k"), Some("m"));
        for (name, value) in [("x-webhook-signature", &kapso), ("x-kapso-signature", &kapso), ("x-hub-signature-256", &meta)] {
            assert_eq!(check(&both, &headers(&[(name, value.clone())]), body), Signature::Right, "{name}");
        }
        assert_eq!(check(&both, &headers(&[("x-hub-signature-256", kapso.clone())]), body), Signature::Wrong);
        assert_eq!(
            check(&both, &headers(&[("x-webhook-signature", kapso.clone()), ("x-hub-signature-256", kapso.clone())]), body),
            Signature::Wrong
        );
        assert_eq!(check(&config(Some("k"), None), &headers(&[("x-hub-signature-256", meta)]), body), Signature::Wrong);
        assert_eq!(check(&both, &headers(&[]), body), Signature::Wrong);
        assert_eq!(check(&config(None, None), &headers(&[("x-webhook-signature", kapso)]), body), Signature::NoSecret);
    }

    #[test]
    fn an_own_secret_must_fit_every_signature_that_came() {
        let body = b"{}";
        let (own, other) = (signature::sign(b"own", body), signature::sign(b"other", body));
        let secrets = [Secret::new("own")];
        let check = |secrets: &[Secret], pairs: &[(&'static str, String)]| check_own(secrets, &headers(pairs), body);
        assert_eq!(check(&secrets, &[("x-webhook-signature", own.clone())]), Signature::Right);
        assert_eq!(check(&secrets, &[("x-kapso-signature", own.clone())]), Signature::Right);
        assert_eq!(check(&secrets, &[("x-webhook-signature", other.clone())]), Signature::Wrong);
        assert_eq!(check(&secrets, &[("x-webhook-signature", own.clone()), ("x-kapso-signature", other)]), Signature::Wrong);
        assert_eq!(check(&secrets, &[("x-webhook-signature", own.clone()), ("x-hub-signature-256", own.clone())]), Signature::Wrong);
        assert_eq!(check(&[Secret::new("own"), Secret::new("second")], &[("x-webhook-signature", own.clone())]), Signature::Wrong);
        assert_eq!(check(&secrets, &[]), Signature::Wrong);
        assert_eq!(check(&[], &[("x-webhook-signature", own)]), Signature::Wrong);
        assert_eq!(check(&[Secret::new("")], &[("x-webhook-signature", signature::sign(b"", body))]), Signature::Wrong);
    }
}
