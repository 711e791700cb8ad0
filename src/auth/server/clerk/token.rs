//! Session tokens: what is read before the signature, the signature, and what is checked after it.
//!
//! `jsonwebtoken` takes the token apart and compares signatures, through ring and for RS256 alone: no other algorithm exists in this process, so
//! none can be slipped in. The claims are checked here, in the order and with the reasons of Clerk's own library, because the clock is ours to set
//! and a claim of the wrong type must refuse.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    Algorithm, DecodingKey, DecodingKeyKind, EncodingKey, Validation,
    crypto::{CryptoProvider, JwtVerifier, KeyUtils},
    errors::ErrorKind,
    signature::{self, Verifier},
};
use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use serde_json::{Map, Value};

/// A cookie holds 4 KB; a header a little more.
const MAX_TOKEN: usize = 8 * 1024;
/// Milliseconds by which clocks may differ.
const SKEW: i64 = 5_000;
/// The category of session tokens; old tokens have none.
const SESSION: &str = "cl_B7d4PD111AAA";
/// Tokens between machines.
const MACHINE: &str = "cl_B7d4PD333AAA";

/// Why somebody is not signed in. The names are Clerk's, for whoever compares logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    SessionTokenAndUatMissing,
    ClientUatButNoSessionToken,
    SessionTokenButNoClientUat,
    SessionTokenIatBeforeClientUat,
    Expired,
    NotActiveYet,
    IatInTheFuture,
    Invalid,
    InvalidAlgorithm,
    InvalidSignature,
    InvalidAuthorizedParties,
    InvalidIssuer,
    TypeMismatch,
    VerificationFailed,
    KidMismatch,
    KeysFailedToLoad,
    /// The session has unfinished tasks, such as choosing an organisation.
    Pending,
}

impl Reason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionTokenAndUatMissing => "session-token-and-uat-missing",
            Self::ClientUatButNoSessionToken => "client-uat-but-no-session-token",
            Self::SessionTokenButNoClientUat => "session-token-but-no-client-uat",
            Self::SessionTokenIatBeforeClientUat => "session-token-iat-before-client-uat",
            Self::Expired => "token-expired",
            Self::NotActiveYet => "token-not-active-yet",
            Self::IatInTheFuture => "token-iat-in-the-future",
            Self::Invalid => "token-invalid",
            Self::InvalidAlgorithm => "token-invalid-algorithm",
            Self::InvalidSignature => "token-invalid-signature",
            Self::InvalidAuthorizedParties => "token-invalid-authorized-parties",
            Self::InvalidIssuer => "token-invalid-issuer",
            Self::TypeMismatch => "token-type-mismatch",
            Self::VerificationFailed => "token-verification-failed",
            Self::KidMismatch => "jwk-kid-mismatch",
            Self::KeysFailedToLoad => "jwk-failed-to-load",
            Self::Pending => "session-pending",
        }
    }
}

/// A verified session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// `user_…`
    pub user: String,
    /// The active organisation, `org_…`. Only for choosing where to go: what somebody may do is in our own tables.
    pub organization: Option<String>,
}

/// What tokens of this instance must say.
#[derive(Clone, Debug)]
pub struct Rules {
    pub issuer: String,
    /// Origins that tokens may have been made for.
    pub authorized_parties: Vec<String>,
}

/// A token whose form is right and whose signature nobody has looked at.
pub struct Unverified<'a> {
    token: &'a str,
    pub kid: String,
    claims: Map<String, Value>,
}

impl<'a> Unverified<'a> {
    /// Looks at form, type, algorithm and category.
    pub fn parse(token: &'a str) -> Result<Self, Reason> {
        if token.len() > MAX_TOKEN {
            return Err(Reason::Invalid);
        }
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { return Err(Reason::Invalid) };
        let header = object(header).ok_or(Reason::Invalid)?;
        let claims = object(claims).ok_or(Reason::Invalid)?;
        if URL_SAFE_NO_PAD.decode(signature).is_err() {
            return Err(Reason::Invalid);
        }
        // Extensions that must be understood (RFC 7515 §4.1.11), and we understand none.
        if header.get("typ").is_some_and(|typ| typ != "JWT") || header.contains_key("crit") {
            return Err(Reason::Invalid);
        }
        if header.get("alg").and_then(Value::as_str) != Some("RS256") {
            return Err(Reason::InvalidAlgorithm);
        }
        match header.get("cat").map(Value::as_str) {
            None | Some(Some(SESSION)) => {}
            Some(Some(MACHINE)) => return Err(Reason::Invalid),
            Some(_) => return Err(Reason::TypeMismatch),
        }
        let kid = header.get("kid").and_then(Value::as_str).ok_or(Reason::KidMismatch)?.to_owned();
        Ok(Self { token, kid, claims })
    }

    /// Unverified: only for choosing between cookies.
    pub fn issuer(&self) -> Option<&str> {
        self.claims.get("iss").and_then(Value::as_str)
    }

    /// Unverified: Unix seconds, only for noticing that a token is older than the last change of the client.
    pub fn issued_at(&self) -> Option<i64> {
        seconds(&self.claims, "iat")
    }

    /// Verifies signature and claims at `now` (Unix milliseconds).
    pub fn verify(self, key: &DecodingKey, rules: &Rules, now: i64) -> Result<Session, Reason> {
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_nbf = false;
        validation.validate_aud = false;
        let verified = jsonwebtoken::decode::<Map<String, Value>>(self.token, key, &validation).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => Reason::InvalidSignature,
            ErrorKind::InvalidAlgorithm => Reason::InvalidAlgorithm,
            _ => Reason::Invalid,
        })?;
        check(&verified.claims, rules, now)
    }
}

pub(super) fn check(claims: &Map<String, Value>, rules: &Rules, now: i64) -> Result<Session, Reason> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let user = text("sub").ok_or(Reason::VerificationFailed)?;
    if !text("azp").is_some_and(|azp| rules.authorized_parties.iter().any(|allowed| allowed == azp)) {
        return Err(Reason::InvalidAuthorizedParties);
    }
    if text("iss") != Some(&rules.issuer) {
        return Err(Reason::InvalidIssuer);
    }
    // Absent is fine for these two, another type is not.
    let optional = |name: &str| match claims.contains_key(name) {
        true => seconds(claims, name).map(Some).ok_or(Reason::VerificationFailed),
        false => Ok(None),
    };
    let expires = seconds(claims, "exp").ok_or(Reason::VerificationFailed)?;
    if expires.saturating_mul(1000) <= now - SKEW {
        return Err(Reason::Expired);
    }
    let ahead = |at: Option<i64>| at.is_some_and(|at| at.saturating_mul(1000) > now + SKEW);
    if ahead(optional("nbf")?) {
        return Err(Reason::NotActiveYet);
    }
    if ahead(optional("iat")?) {
        return Err(Reason::IatInTheFuture);
    }
    let id = text("sid").ok_or(Reason::VerificationFailed)?;
    if text("sts") == Some("pending") {
        return Err(Reason::Pending);
    }
    // Version 2 speaks of the organisation in `o` alone; what else is there is nobody's word.
    let organization = match claims.get("v").and_then(Value::as_i64) {
        Some(2) => claims.get("o").and_then(|o| o.get("id")).and_then(Value::as_str),
        _ => text("org_id"),
    };
    Ok(Session { id: id.into(), user: user.into(), organization: organization.map(str::to_owned) })
}

/// A JSON object in base64url.
fn object(part: &str) -> Option<Map<String, Value>> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// A NumericDate (RFC 7519 §2), whole seconds.
fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name)?.as_f64().filter(|at| at.is_finite()).map(|at| at.floor() as i64)
}

/// Makes ring the process's one way to check a token. Harmless when it is already.
pub fn install() {
    // An error only says that it was installed before.
    let _ = RING.install_default();
}

static RING: CryptoProvider = CryptoProvider {
    signer_factory: |_: &Algorithm, _: &EncodingKey| Err(ErrorKind::InvalidAlgorithm.into()),
    verifier_factory: |algorithm, key| match (algorithm, key.kind()) {
        (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => Ok(Box::new(Rs256 { n: n.clone(), e: e.clone() })),
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    },
    key_utils: KeyUtils::new_unimplemented(),
};

/// RSASSA-PKCS1-v1_5 with SHA-256 and 2,048 to 8,192 bits.
struct Rs256 {
    n: Vec<u8>,
    e: Vec<u8>,
}

impl Verifier<Vec<u8>> for Rs256 {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        RsaPublicKeyComponents { n: &self.n, e: &self.e }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for Rs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::RS256
    }
}
