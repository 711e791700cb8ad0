//! Whether a webhook delivery was made by somebody who knows the secret.
//!
//! Kapso sends the lower-case hex of HMAC-SHA256 over the raw body in `X-Webhook-Signature`; Meta sends the same with `sha256=` in
//! front in `X-Hub-Signature-256`. Only the bytes as received count: the same JSON written differently has another signature.
//! Neither signs a time, so a replay is recognised by the message id, not here.

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Whether `given` is the signature of `body`. The prefix `sha256=` and upper-case hex are accepted; the comparison takes the same
/// time wherever the difference is. An empty secret verifies nothing: a missing setting must refuse, not accept.
pub fn verify(secret: &[u8], body: &[u8], given: &str) -> bool {
    if secret.is_empty() {
        return false;
    }
    let Ok(given) = hex::decode(given.strip_prefix("sha256=").unwrap_or(given)) else { return false };
    mac(secret, body).is_some_and(|mac| mac.verify_slice(&given).is_ok())
}

/// The signature of `body` as Kapso sends it: 64 lower-case hex digits.
pub fn sign(secret: &[u8], body: &[u8]) -> String {
    mac(secret, body).map(|mac| hex::encode(mac.finalize().into_bytes())).unwrap_or_default()
}

/// HMAC takes keys of any length, so this is never none.
fn mac(secret: &[u8], body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(body);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_STANDARD};
    use serde_json::Value;

    const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kapso/");

    fn vectors() -> Value {
        serde_json::from_slice(&std::fs::read(format!("{FIXTURES}signature-vectors.json")).unwrap()).unwrap()
    }

    fn body(vector: &Value) -> Vec<u8> {
        if let Some(encoded) = vector["body_base64"].as_str() {
            BASE64_STANDARD.decode(encoded).unwrap()
        } else if let Some(file) = vector["body_file"].as_str() {
            std::fs::read(format!("{FIXTURES}{file}")).unwrap()
        } else {
            assert_eq!(vector["name"], "one-mib");
            vec![b'a'; 1_048_576]
        }
    }

    #[test]
    fn every_published_vector_is_signed_and_verified() {
        let vectors = vectors();
        let valid = vectors["valid"].as_array().unwrap();
        assert_eq!(valid.len(), 16);
        for vector in valid {
            let (name, secret, body) = (&vector["name"], vector["secret"].as_str().unwrap().as_bytes(), body(vector));
            let given = vector["x_webhook_signature"].as_str().unwrap();
            assert_eq!(body.len() as u64, vector["body_len"].as_u64().unwrap(), "{name}");
            assert_eq!(sign(secret, &body), given, "{name}");
            assert!(verify(secret, &body, given), "{name}");
            assert!(verify(secret, &body, vector["x_hub_signature_256"].as_str().unwrap()), "{name}");
            assert!(!verify(b"another secret", &body, given), "{name}");
        }
    }

    #[test]
    fn every_forged_vector_is_refused() {
        let vectors = vectors();
        let secret = b"kapso_test_secret_0001";
        let negative = vectors["negative"].as_array().unwrap();
        assert_eq!(negative.len(), 8);
        for vector in negative {
            assert_eq!(vector["base"], "minimal-json");
            let accepted = verify(secret, vector["body_utf8"].as_str().unwrap().as_bytes(), vector["header"].as_str().unwrap_or_default());
            // Two vectors leave the choice to the receiver; both carry the right 32 bytes.
            let lenient = matches!(vector["name"].as_str(), Some("uppercase-hex" | "sha256-prefix-on-kapso-header"));
            assert_eq!(accepted, lenient, "{}", vector["name"]);
        }
    }

    #[test]
    fn an_empty_secret_verifies_nothing() {
        assert!(!verify(b"", b"{}", &sign(b"", b"{}")));
    }
}
