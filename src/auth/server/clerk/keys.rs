//! Publishable keys: where an instance's frontend API is, and how its cookies are told apart from another instance's.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD},
    },
};

/// Padding may be missing.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

/// The host of the frontend API in `pk_test_…` or `pk_live_…`: base64 of the host and a dollar sign. None for anything else.
pub fn frontend_host(publishable_key: &str) -> Option<String> {
    let encoded = publishable_key.strip_prefix("pk_test_").or_else(|| publishable_key.strip_prefix("pk_live_"))?;
    if encoded.contains('_') {
        return None;
    }
    let text = String::from_utf8(LENIENT.decode(encoded).ok()?).ok()?;
    let host = text.strip_suffix('$')?;
    // The host becomes part of addresses and of a content security policy.
    let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':'));
    (plain && host.contains('.')).then(|| host.to_ascii_lowercase())
}

/// What cookies of this instance are suffixed with: the first eight characters of base64url(SHA-1(key)). SHA-1 is Clerk's choice; nothing rests on
/// it but a name.
pub fn cookie_suffix(publishable_key: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, publishable_key.as_bytes());
    let mut suffix = URL_SAFE_NO_PAD.encode(digest);
    suffix.truncate(8);
    suffix
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn fixture(name: &str) -> Value {
        let path = format!("{}/tests/fixtures/clerk/jwt/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
    }

    #[test]
    fn publishable_keys_name_their_frontend_api_or_are_refused() {
        let keys = fixture("publishable-keys.json");
        for valid in keys["valid"].as_array().unwrap() {
            assert_eq!(frontend_host(valid["key"].as_str().unwrap()).as_deref(), valid["frontend_api"].as_str(), "{valid}");
        }
        for invalid in keys["invalid"].as_array().unwrap() {
            assert_eq!(frontend_host(invalid.as_str().unwrap()), None, "{invalid}");
        }
        let hostile = format!("pk_live_{}", LENIENT.encode("evil.test; script-src *$"));
        assert_eq!(frontend_host(&hostile), None, "what would break out of a policy");
    }

    #[test]
    fn the_suffix_is_the_one_that_clerk_computes() {
        let matrix = fixture("authenticate-request-matrix.json");
        for instance in ["dev", "live"] {
            let key = matrix["publishable_keys"][instance].as_str().unwrap();
            assert_eq!(cookie_suffix(key), matrix["cookie_suffix"][instance].as_str().unwrap());
        }
    }
}
