//! Resend's API (<https://resend.com/docs/api-reference/emails/send-email>): one call, made safe to repeat by its `Idempotency-Key`.

use super::{Carried, Letter};
use crate::server::{
    config::Secret,
    http::{Broken, read_body, scrub},
};
use reqwest::{Client, header::RETRY_AFTER};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// How long Resend may take.
const TIMEOUT: Duration = Duration::from_secs(20);
const MAX_BODY: usize = 64 << 10;
/// A longer `retry-after` is cut to this.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// An account, reached with its key.
#[derive(Clone)]
pub struct Resend {
    http: Client,
    base: String,
    key: Secret,
    from: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    id: Option<String>,
    name: String,
    message: String,
}

impl Resend {
    pub fn new(http: Client, base: String, key: Secret, from: String) -> Self {
        Self { http, base, key, from }
    }

    /// One attempt.
    pub async fn send(&self, letter: &Letter) -> Carried {
        let body = json!({
            "from": self.from,
            "to": [letter.to],
            "subject": letter.subject,
            "html": letter.html,
            "text": letter.text,
            "tags": [{ "name": "template", "value": letter.template }],
        });
        let request = self
            .http
            .post(format!("{}/emails", self.base))
            .bearer_auth(self.key.expose())
            .header("idempotency-key", &letter.idempotency_key)
            .timeout(TIMEOUT)
            .json(&body);
        // Whatever broke, the key makes the next attempt the same mail.
        let answer = match request.send().await {
            Ok(answer) => answer,
            Err(error) => return broken(Broken::of(&error)),
        };
        let status = answer.status().as_u16();
        let pause = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok()).map(Duration::from_secs);
        let bytes = match read_body(answer, MAX_BODY).await {
            Ok(bytes) => bytes,
            // The status said enough.
            Err(_) if status == 200 => return Carried::Sent(None),
            Err(error) => return broken(error),
        };
        let answer: Answer = serde_json::from_slice(&bytes).unwrap_or_default();
        self.judge(status, pause, answer)
    }

    /// By status and error name (<https://resend.com/docs/api-reference/errors>).
    fn judge(&self, status: u16, pause: Option<Duration>, answer: Answer) -> Carried {
        let reason = || {
            let said = without_addresses(&scrub(&answer.message, Some(self.key.expose())));
            format!("Resend answered {status} {}: {said}", scrub(&answer.name, None))
        };
        match (status, answer.name.as_str()) {
            (200..=299, _) => Carried::Sent(answer.id),
            // A quota is not over in minutes.
            (429, "daily_quota_exceeded" | "monthly_quota_exceeded") => Carried::Refused(reason()),
            (429, _) => Carried::Later(pause.unwrap_or(Duration::from_secs(1)).min(LONGEST_PAUSE)),
            (409, "concurrent_idempotent_requests") => Carried::Again(reason()),
            (500.., _) => Carried::Again(reason()),
            _ => Carried::Refused(reason()),
        }
    }
}

fn broken(error: Broken) -> Carried {
    match error {
        Broken::Malformed => Carried::Refused(format!("Resend: {}", error.words())),
        _ => Carried::Again(format!("Resend: {}", error.words())),
    }
}

/// Leaves out every word that could be an address.
pub(super) fn without_addresses(text: &str) -> String {
    text.split(' ').map(|word| if word.contains('@') { "…" } else { word }).collect::<Vec<_>>().join(" ")
}
