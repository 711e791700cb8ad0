//! Passkeys: verifying registrations and sign-ins as the W3C's Web Authentication Level 2 says (<https://www.w3.org/TR/webauthn-2/>, §7.1 and §7.2),
//! for discoverable credentials with user verification and without attestation.
//!
//! Our own on `ring`, which is compiled for TLS already: what is asked of a relying party that wants no attestation is one structure to read and one
//! signature to check. Of the crates, the well-kept one brings a certificate parser, three encoders and a second set of curves for attestation that we
//! do not ask for; the narrow ones are months old or come with an RSA implementation that has an open timing advisory.

mod cbor;
#[cfg(test)]
mod tests;

use cbor::Value;
use ring::signature;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// ECDSA with P-256 and SHA-256.
pub const ES256: i32 = -7;
/// RSASSA-PKCS1-v1_5 with SHA-256: Windows Hello on older machines.
pub const RS256: i32 = -257;
/// The longest credential id that the standard allows.
const MAX_CREDENTIAL_ID: usize = 1_023;

/// Who we are to authenticators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelyingParty {
    /// The host name.
    pub id: String,
    /// Scheme, host and port, as browsers write it.
    pub origin: String,
}

impl RelyingParty {
    /// From `PUBLIC_URL`. None when that has no host. A relying party is a name and never a number, so the demo's is `localhost`: opened under that
    /// name, the demo has passkeys.
    pub fn of(public_url: &str) -> Option<Self> {
        let mut url = reqwest::Url::parse(public_url).ok()?;
        if matches!(url.host_str(), Some("127.0.0.1" | "[::1]")) {
            url.set_host(Some("localhost")).ok()?;
        }
        Some(Self { id: url.host_str()?.to_owned(), origin: url.origin().ascii_serialization() })
    }
}

/// Why a passkey was not accepted; for the log, people are told that it did not work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not in the form of the standard.
    Malformed,
    /// Made for another ceremony (registering instead of signing in, or the other way round).
    WrongType,
    WrongChallenge,
    /// Made on a page of another site, or inside another site's frame.
    WrongOrigin,
    /// Made for another relying party.
    WrongRelyingParty,
    /// Nobody touched the authenticator, or it did not ask who it is (PIN, finger, face).
    NotVerified,
    /// An algorithm that was not offered.
    Algorithm,
    BadSignature,
    /// The counter went back: there may be a copy of the authenticator.
    Counter,
    /// The user handle names somebody else.
    WrongPerson,
}

/// A credential as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub id: Vec<u8>,
    /// [`ES256`] or [`RS256`].
    pub algorithm: i32,
    /// As `ring` wants it: an uncompressed point, or a PKCS#1 `RSAPublicKey`.
    pub public_key: Vec<u8>,
    pub sign_count: u32,
}

/// What the browser says about the page that asked.
#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(rename = "crossOrigin", default)]
    cross_origin: bool,
}

fn client_data(json: &[u8], kind: &str, challenge: &[u8], party: &RelyingParty) -> Result<(), Refusal> {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let data: ClientData = serde_json::from_slice(json).map_err(|_| Refusal::Malformed)?;
    if data.kind != kind {
        return Err(Refusal::WrongType);
    }
    let given = URL_SAFE_NO_PAD.decode(&data.challenge).map_err(|_| Refusal::Malformed)?;
    if challenge.is_empty() || !bool::from(given.ct_eq(challenge)) {
        return Err(Refusal::WrongChallenge);
    }
    if data.origin != party.origin || data.cross_origin {
        return Err(Refusal::WrongOrigin);
    }
    Ok(())
}

/// Authenticator data (§6.1): the relying party's hash, flags, the counter, and on registration the credential.
struct AuthenticatorData<'a> {
    sign_count: u32,
    /// After the fixed part: credential and extensions.
    rest: &'a [u8],
    has_credential: bool,
}

const PRESENT: u8 = 0x01;
const VERIFIED: u8 = 0x04;
const HAS_CREDENTIAL: u8 = 0x40;

fn authenticator_data<'a>(data: &'a [u8], party: &RelyingParty) -> Result<AuthenticatorData<'a>, Refusal> {
    let (party_hash, rest) = data.split_at_checked(32).ok_or(Refusal::Malformed)?;
    let (&flags, rest) = rest.split_first().ok_or(Refusal::Malformed)?;
    let (count, rest) = rest.split_first_chunk::<4>().ok_or(Refusal::Malformed)?;
    if !bool::from(party_hash.ct_eq(&Sha256::digest(party.id.as_bytes())[..])) {
        return Err(Refusal::WrongRelyingParty);
    }
    if flags & PRESENT == 0 || flags & VERIFIED == 0 {
        return Err(Refusal::NotVerified);
    }
    Ok(AuthenticatorData { sign_count: u32::from_be_bytes(*count), rest, has_credential: flags & HAS_CREDENTIAL != 0 })
}

/// §7.1: takes a new credential. Its attestation is not looked at: we ask for none and would trust any maker.
pub fn register(party: &RelyingParty, challenge: &[u8], client_data_json: &[u8], attestation_object: &[u8]) -> Result<Credential, Refusal> {
    client_data(client_data_json, "webauthn.create", challenge, party)?;
    let (object, after) = cbor::read(attestation_object).ok_or(Refusal::Malformed)?;
    let data = object.get(&Value::Text("authData")).and_then(Value::bytes).filter(|_| after.is_empty()).ok_or(Refusal::Malformed)?;
    let data = authenticator_data(data, party)?;
    if !data.has_credential {
        return Err(Refusal::Malformed);
    }
    // The authenticator's model (16 bytes), the id's length, the id, the key.
    let rest = data.rest.get(16..).ok_or(Refusal::Malformed)?;
    let (length, rest) = rest.split_first_chunk::<2>().ok_or(Refusal::Malformed)?;
    let length = usize::from(u16::from_be_bytes(*length));
    if length == 0 || length > MAX_CREDENTIAL_ID {
        return Err(Refusal::Malformed);
    }
    let (id, rest) = rest.split_at_checked(length).ok_or(Refusal::Malformed)?;
    let (key, _extensions) = cbor::read(rest).ok_or(Refusal::Malformed)?;
    let (algorithm, public_key) = public_key(&key)?;
    Ok(Credential { id: id.to_vec(), algorithm, public_key, sign_count: data.sign_count })
}

/// A COSE key (RFC 9053) in the form that `ring` verifies with.
fn public_key(key: &Value<'_>) -> Result<(i32, Vec<u8>), Refusal> {
    let integer = |label: i128| key.get(&Value::Integer(label)).and_then(Value::integer);
    let bytes = |label: i128| key.get(&Value::Integer(label)).and_then(Value::bytes);
    match (integer(1), integer(3)) {
        // Two coordinates on P-256 (curve 1).
        (Some(2), Some(-7)) if integer(-1) == Some(1) => {
            let (x, y) = bytes(-2).zip(bytes(-3)).filter(|(x, y)| x.len() == 32 && y.len() == 32).ok_or(Refusal::Malformed)?;
            Ok((ES256, [&[4][..], x, y].concat()))
        }
        // Modulus and exponent.
        (Some(3), Some(-257)) => {
            let (n, e) = bytes(-1).zip(bytes(-2)).filter(|(n, e)| n.len() <= 1_024 && e.len() <= 8).ok_or(Refusal::Malformed)?;
            if n.len() < 256 {
                return Err(Refusal::Algorithm);
            }
            Ok((RS256, der(0x30, &[der_integer(n), der_integer(e)].concat())))
        }
        _ => Err(Refusal::Algorithm),
    }
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut encoded = vec![tag];
    match length {
        0..=0x7f => encoded.push(length as u8),
        0x80..=0xff => encoded.extend([0x81, length as u8]),
        _ => encoded.extend([0x82, (length >> 8) as u8, length as u8]),
    }
    encoded.extend(content);
    encoded
}

/// A positive integer: no needless zeros in front, one where the first bit would make it negative.
fn der_integer(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let mut content = bytes[start..].to_vec();
    if content.first().is_none_or(|first| first & 0x80 != 0) {
        content.insert(0, 0);
    }
    der(2, &content)
}

/// What the browser sends to sign in.
#[derive(Clone, Debug)]
pub struct Assertion {
    pub client_data_json: Vec<u8>,
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
}

/// §7.2: whether somebody signs in with this credential. `owner` is whom it belongs to, as bytes. Gives the new counter.
pub fn verify(
    party: &RelyingParty,
    challenge: &[u8],
    credential: &Credential,
    owner: &[u8],
    assertion: &Assertion,
) -> Result<u32, Refusal> {
    // A discoverable credential names its person; one that does not, or names another, is not what was registered.
    if assertion.user_handle.as_deref() != Some(owner) {
        return Err(Refusal::WrongPerson);
    }
    client_data(&assertion.client_data_json, "webauthn.get", challenge, party)?;
    let data = authenticator_data(&assertion.authenticator_data, party)?;
    let signed = [&assertion.authenticator_data[..], &Sha256::digest(&assertion.client_data_json)].concat();
    let algorithm: &dyn signature::VerificationAlgorithm = match credential.algorithm {
        ES256 => &signature::ECDSA_P256_SHA256_ASN1,
        RS256 => &signature::RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Refusal::Algorithm),
    };
    signature::UnparsedPublicKey::new(algorithm, &credential.public_key)
        .verify(&signed, &assertion.signature)
        .map_err(|_| Refusal::BadSignature)?;
    // Authenticators that sync between devices do not count and say 0.
    let counts = data.sign_count != 0 || credential.sign_count != 0;
    if counts && data.sign_count <= credential.sign_count {
        return Err(Refusal::Counter);
    }
    Ok(data.sign_count)
}
