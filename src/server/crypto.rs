//! Random bytes, token hashes and sealed secrets.

use super::config::Secret;
use aes_gcm::{
    Aes256Gcm, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// Bytes from the operating system. A machine without them cannot do anything safely, so this is one of the few places that may stop
/// the process.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).unwrap_or_else(|error| panic!("the operating system gives no random bytes: {error}"));
    bytes
}

/// The same for `ring`, which takes its own.
pub fn chance() -> impl ring::rand::SecureRandom {
    ring::rand::SystemRandom::new()
}

/// A fresh identifier; UUIDv7, so that ids sort by creation.
#[allow(clippy::disallowed_methods)]
pub fn new_id() -> uuid::Uuid {
    uuid::Uuid::now_v7()
}

/// What is stored of a token whose bearer we only need to recognise.
pub fn token_hash(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

/// Seals workspace secrets with AES-256-GCM. The associated data ties a value to its place, so that a sealed value copied to another row
/// does not open.
///
/// Layout: version (1 byte) · nonce (12) · ciphertext and tag.
#[derive(Clone)]
pub struct Sealer {
    current: Aes256Gcm,
    /// Opens what was sealed before the key was changed; seals nothing.
    previous: Option<Aes256Gcm>,
}

/// Where a sealed value lives.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub table: &'a str,
    pub column: &'a str,
    pub workspace: uuid::Uuid,
    pub row: uuid::Uuid,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}\0{}\0{}\0{}", self.table, self.column, self.workspace, self.row).into_bytes()
    }
}

const VERSION: u8 = 1;

impl Sealer {
    /// From the configured key; None when it is not 32 bytes in base64 (the configuration has checked that).
    pub fn new(key: &Secret) -> Option<Self> {
        Some(Self { current: cipher(key)?, previous: None })
    }

    /// The same, which also opens what another key sealed.
    pub fn with_previous(self, key: Option<&Secret>) -> Option<Self> {
        match key {
            Some(key) => Some(Self { previous: Some(cipher(key)?), ..self }),
            None => Some(self),
        }
    }

    /// Whether something may be left to seal again.
    pub fn has_previous(&self) -> bool {
        self.previous.is_some()
    }

    /// The value sealed again, if it opens with the previous key only.
    pub fn renewed(&self, place: Place<'_>, sealed: &[u8]) -> Option<Vec<u8>> {
        if open(&self.current, place, sealed).is_some() {
            return None;
        }
        let plain = open(self.previous.as_ref()?, place, sealed)?;
        self.seal(place, plain.expose())
    }

    pub fn seal(&self, place: Place<'_>, plain: &str) -> Option<Vec<u8>> {
        let nonce = random_bytes::<12>();
        let sealed = self.current.encrypt(Nonce::from_slice(&nonce), Payload { msg: plain.as_bytes(), aad: &place.bytes() }).ok()?;
        Some([&[VERSION][..], &nonce, &sealed].concat())
    }

    /// None when the value was sealed with another key, for another place, or altered.
    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Secret> {
        open(&self.current, place, sealed).or_else(|| open(self.previous.as_ref()?, place, sealed))
    }
}

fn cipher(key: &Secret) -> Option<Aes256Gcm> {
    Aes256Gcm::new_from_slice(&STANDARD.decode(key.expose()).ok()?).ok()
}

fn open(cipher: &Aes256Gcm, place: Place<'_>, sealed: &[u8]) -> Option<Secret> {
    let (version, rest) = sealed.split_first()?;
    if *version != VERSION || rest.len() < 12 {
        return None;
    }
    let (nonce, sealed) = rest.split_at(12);
    let plain = cipher.decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: &place.bytes() }).ok()?;
    String::from_utf8(plain).ok().map(Secret::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_sealed_value_opens_only_in_its_place_and_unaltered() {
        let sealer = Sealer::new(&Secret::new(STANDARD.encode([7; 32]))).unwrap();
        let place = Place { table: "whatsapp_number", column: "api_key_sealed", workspace: Uuid::from_u128(1), row: Uuid::from_u128(2) };
        let sealed = sealer.seal(place, "rahasia").unwrap();
        assert_ne!(sealed, sealer.seal(place, "rahasia").unwrap(), "a nonce is never used twice");
        assert_eq!(sealer.open(place, &sealed).unwrap().expose(), "rahasia");
        assert!(sealer.open(Place { workspace: Uuid::from_u128(3), ..place }, &sealed).is_none());
        assert!(sealer.open(Place { column: "other", ..place }, &sealed).is_none());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(sealer.open(place, &altered).is_none(), "byte {at}");
        }
        assert!(sealer.open(place, &[]).is_none());
        let other = Sealer::new(&Secret::new(STANDARD.encode([8; 32]))).unwrap();
        assert!(other.open(place, &sealed).is_none());
    }

    #[test]
    fn a_value_of_the_previous_key_opens_and_is_renewed_once() {
        let (old, new) = (Secret::new(STANDARD.encode([7; 32])), Secret::new(STANDARD.encode([8; 32])));
        let place = Place { table: "t", column: "c", workspace: Uuid::from_u128(1), row: Uuid::from_u128(2) };
        let sealed = Sealer::new(&old).unwrap().seal(place, "rahasia").unwrap();
        let both = Sealer::new(&new).unwrap().with_previous(Some(&old)).unwrap();
        assert_eq!(both.open(place, &sealed).unwrap().expose(), "rahasia");
        let renewed = both.renewed(place, &sealed).unwrap();
        assert!(both.renewed(place, &renewed).is_none());
        assert_eq!(Sealer::new(&new).unwrap().open(place, &renewed).unwrap().expose(), "rahasia");
        assert!(both.renewed(Place { column: "d", ..place }, &sealed).is_none(), "not from another place");
    }
}
