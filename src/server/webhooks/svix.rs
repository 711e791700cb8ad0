//! The signature scheme of Svix and Standard Webhooks (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>),
//! by which Clerk and Resend sign.
//!
//! HMAC-SHA256 over `id.timestamp.body`, base64, as one of the space-separated `v1,…` entries of `svix-signature`. The crate `svix` is not used: its
//! verifier reads the system's clock, which tests cannot set, and brings an HTTP client with it.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use http::HeaderMap;
use sha2::Sha256;

/// Seconds that a delivery may be old, or ahead of our clock.
const TOLERANCE: i64 = 300;
/// Longer than any id that Svix gives.
const MAX_ID: usize = 200;

/// The key out of an endpoint's `whsec_…` secret. The prefix may be missing.
#[derive(Clone)]
pub struct SigningKey(Vec<u8>);

/// Why a delivery is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    MissingHeader,
    /// Not a number of seconds.
    Timestamp,
    TooOld,
    TooNew,
    Signature,
}

impl Refused {
    /// For the record of deliveries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingHeader => "a header is missing",
            Self::Timestamp => "the timestamp is no time",
            Self::TooOld => "the timestamp is too old",
            Self::TooNew => "the timestamp is in the future",
            Self::Signature => "no signature matches",
        }
    }
}

impl SigningKey {
    /// None unless the secret is base64 of at least one byte.
    pub fn parse(secret: &str) -> Option<Self> {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap_or(secret)).ok()?;
        (!key.is_empty()).then_some(Self(key))
    }

    /// Checks a delivery at `now` (Unix seconds). Gives its id, which stays the same when it is sent again.
    ///
    /// # Errors
    /// The first thing that is wrong: headers, then the time, then the signature.
    pub fn verify<'a>(&self, headers: &'a HeaderMap, body: &[u8], now: i64) -> Result<&'a str, Refused> {
        let header = |branded: &str, plain: &str| {
            let value = headers.get(branded).or_else(|| headers.get(plain))?.to_str().ok()?;
            (!value.is_empty()).then_some(value)
        };
        let id = header("svix-id", "webhook-id").filter(|id| id.len() <= MAX_ID).ok_or(Refused::MissingHeader)?;
        let signatures = header("svix-signature", "webhook-signature").ok_or(Refused::MissingHeader)?;
        let sent = header("svix-timestamp", "webhook-timestamp").ok_or(Refused::MissingHeader)?;
        let at: i64 = sent.parse().ok().filter(|at| *at >= 0).ok_or(Refused::Timestamp)?;
        if at < now.saturating_sub(TOLERANCE) {
            return Err(Refused::TooOld);
        }
        if at > now.saturating_add(TOLERANCE) {
            return Err(Refused::TooNew);
        }
        let mac = self.mac(id, sent, body).ok_or(Refused::Signature)?;
        let right = signatures
            .split(' ')
            .filter_map(|entry| entry.strip_prefix("v1,"))
            .filter_map(|signature| STANDARD.decode(signature).ok())
            // In constant time.
            .any(|signature| mac.clone().verify_slice(&signature).is_ok());
        if right { Ok(id) } else { Err(Refused::Signature) }
    }

    /// The header `svix-signature` of a delivery.
    pub fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mac = self.mac(id, &timestamp.to_string(), body);
        mac.map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))).unwrap_or_default()
    }

    /// HMAC takes keys of any length, so this is never none.
    fn mac(&self, id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
            mac.update(part);
        }
        Some(mac)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/");

    fn fixture(path: &str) -> Value {
        serde_json::from_slice(&std::fs::read(format!("{FIXTURES}{path}")).unwrap()).unwrap()
    }

    fn headers(vector: &Value) -> HeaderMap {
        let pairs = vector["headers"].as_object().unwrap().iter();
        pairs.map(|(name, value)| (http::HeaderName::try_from(name).unwrap(), value.as_str().unwrap().parse().unwrap())).collect()
    }

    #[test]
    fn every_published_vector_is_judged_as_the_libraries_do() {
        let file = fixture("svix/vectors.json");
        let vectors = file["vectors"].as_array().unwrap();
        assert_eq!(vectors.len(), 26);
        for vector in vectors {
            let key = SigningKey::parse(vector["secret"].as_str().unwrap()).unwrap();
            let body = STANDARD.decode(vector["body_base64"].as_str().unwrap()).unwrap();
            let headers = headers(vector);
            let now = vector["now"].as_i64().unwrap();
            let verdict = key.verify(&headers, &body, now);
            let accepted = vector["expect"].as_str().unwrap().starts_with("accept");
            assert_eq!(verdict.is_ok(), accepted, "{}: {verdict:?}", vector["name"]);
            if let Some(error) = vector["rust_error"].as_str() {
                let wanted = match error {
                    "TimestampTooOldError" => Refused::TooOld,
                    "FutureTimestampError" => Refused::TooNew,
                    "InvalidTimestamp" => Refused::Timestamp,
                    "InvalidSignature" if headers.get("svix-signature").is_some_and(|value| value.is_empty()) => Refused::MissingHeader,
                    "InvalidSignature" => Refused::Signature,
                    _ => Refused::MissingHeader,
                };
                assert_eq!(verdict, Err(wanted), "{}", vector["name"]);
            }
            if accepted {
                // One bit anywhere, another key, another time: nothing of it is believed.
                let other = SigningKey::parse("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd").unwrap();
                assert_eq!(other.verify(&headers, &body, now), Err(Refused::Signature), "{}", vector["name"]);
                for at in 0..body.len() {
                    let mut altered = body.clone();
                    altered[at] ^= 1;
                    assert_eq!(key.verify(&headers, &altered, now), Err(Refused::Signature), "{} byte {at}", vector["name"]);
                }
                assert_eq!(key.verify(&headers, &body, now + 601), Err(Refused::TooOld), "{}", vector["name"]);
                assert_eq!(key.verify(&headers, &body, now - 601), Err(Refused::TooNew), "{}", vector["name"]);
            }
        }
    }

    #[test]
    fn whole_fixture_files_verify_in_their_own_bytes() {
        for vector in fixture("svix/file-vectors.json").as_array().unwrap() {
            let Some(file) = vector["body_file"].as_str().unwrap().strip_prefix("../clerk/") else { continue };
            let body = std::fs::read(format!("{FIXTURES}clerk/{file}")).unwrap();
            let key = SigningKey::parse(vector["secret"].as_str().unwrap()).unwrap();
            assert!(key.verify(&headers(vector), &body, vector["now"].as_i64().unwrap()).is_ok(), "{file}");
        }
    }

    #[test]
    fn secrets_must_be_base64_and_not_empty() {
        let file = fixture("svix/vectors.json");
        let cases = file["secret_construction"].as_array().unwrap();
        assert_eq!(cases.len(), 6);
        for case in cases {
            assert_eq!(SigningKey::parse(case["secret"].as_str().unwrap()).is_some(), case["expect"] == "ok", "{case}");
        }
    }

    #[test]
    fn what_is_signed_here_is_what_the_libraries_sign() {
        for known in fixture("svix/vectors.json")["sign_known_answers"].as_array().unwrap() {
            let key = SigningKey::parse(known["secret"].as_str().unwrap()).unwrap();
            let body = known["body_utf8"].as_str().unwrap().as_bytes();
            assert_eq!(
                key.sign(known["id"].as_str().unwrap(), known["timestamp"].as_i64().unwrap(), body),
                known["signature"].as_str().unwrap()
            );
        }
    }
}
