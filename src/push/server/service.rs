//! Handing a message to a push service (RFC 8030).

use super::{
    keys,
    message::{MOST_PLAIN, Recipient, encrypt},
};
use crate::server::{fetch::FetchError, state::App};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::Url;
use sha2::{Digest, Sha256};
use std::time::Duration;

/// How long a service keeps what it cannot deliver (seconds): as long as it is worth telling. Whoever signed out or lost a right since is not told later than that.
const KEPT: &str = "7200";
/// The shortest pause before it is asked again, and the longest that is believed when it asks for one (seconds).
const SHORTEST_PAUSE: u64 = 5;
const LONGEST_PAUSE: u64 = 3600;

/// A browser as its push service knows it.
pub struct Address {
    pub endpoint: String,
    pub p256dh: Vec<u8>,
    pub auth: Vec<u8>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    Taken,
    /// The browser is not there any more, or will not be reached by us: its address is worth nothing.
    Gone,
    /// Not now; later perhaps, after this pause if the service named one.
    Later(String, Option<Duration>),
    /// Never, though the address may be good.
    Refused(String),
}

/// Hands a text over. Of several with the same `topic` that wait at the service only the newest stays.
pub async fn hand_over(app: &App, to: &Address, text: &str, topic: &str) -> sqlx::Result<Handed> {
    // The text's fault, not the address's.
    if text.len() > MOST_PLAIN {
        return Ok(Handed::Refused("the text is too long".into()));
    }
    let Ok(body) = encrypt(text.as_bytes(), Recipient { p256dh: &to.p256dh, auth: &to.auth }) else { return Ok(Handed::Gone) };
    let Ok(url) = Url::parse(&to.endpoint) else { return Ok(Handed::Gone) };
    let pair = app.push.keys.get(app).await?;
    let audience = url.origin().ascii_serialization();
    let Some(proof) = pair.proof(&audience, &keys::contact(app), app.clock.now().timestamp()) else {
        return Ok(Handed::Refused("a proof could not be signed".into()));
    };
    let topic = topic_of(topic);
    let headers = [
        ("authorization", proof.as_str()),
        ("content-encoding", "aes128gcm"),
        ("content-type", "application/octet-stream"),
        ("ttl", KEPT),
        ("urgency", "high"),
        ("topic", topic.as_str()),
    ];
    Ok(match app.fetcher.post(&to.endpoint, &headers, body).await {
        Ok(answer) => judge(answer.status, answer.retry_after),
        Err(FetchError::Refused(_)) => Handed::Gone,
        Err(error) => Handed::Later(error.to_string(), None),
    })
}

fn judge(status: u16, retry_after: Option<u64>) -> Handed {
    match status {
        200..=299 => Handed::Taken,
        // Not 401 and 403, which speak of our proof: a clock that is wrong must not cost anybody their devices.
        404 | 410 => Handed::Gone,
        408 | 425 | 429 | 500.. => {
            let pause = retry_after.map(|seconds| Duration::from_secs(seconds.clamp(SHORTEST_PAUSE, LONGEST_PAUSE)));
            Handed::Later(format!("HTTP {status}"), pause)
        }
        _ => Handed::Refused(format!("HTTP {status}")),
    }
}

/// At most 32 characters of base64url (RFC 8030, section 5.4), and nothing that says what it is about.
fn topic_of(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(text)[..24])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_service_answers_decides_what_becomes_of_the_address() {
        assert_eq!(judge(201, None), Handed::Taken);
        for gone in [404, 410] {
            assert_eq!(judge(gone, None), Handed::Gone, "{gone}");
        }
        assert_eq!(judge(429, Some(7)), Handed::Later("HTTP 429".into(), Some(Duration::from_secs(7))));
        assert_eq!(judge(503, Some(1_000_000)), Handed::Later("HTTP 503".into(), Some(Duration::from_secs(LONGEST_PAUSE))));
        assert_eq!(judge(429, Some(0)), Handed::Later("HTTP 429".into(), Some(Duration::from_secs(SHORTEST_PAUSE))));
        assert_eq!(judge(403, None), Handed::Refused("HTTP 403".into()));
        assert_eq!(judge(413, None), Handed::Refused("HTTP 413".into()));
        assert_eq!(judge(301, None), Handed::Refused("HTTP 301".into()));
    }

    #[test]
    fn a_topic_is_one_that_services_take() {
        let topic = topic_of("0192f7c0-0000-7000-8000-000000000000");
        assert!(topic.len() == 32 && topic.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{topic}");
    }
}
