//! Registrations and sign-ins as a browser makes them, and each thing that may be wrong with them.

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    rand as chance,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::{Value as Json, json};

const CHALLENGE: [u8; 32] = [7; 32];
const OWNER: [u8; 16] = [3; 16];
/// Signed once by another program (Python's cryptography) with a key that was thrown away.
const RSA_MODULUS: &str = "d27f12ca1b57846af81cf686666568a803a5b73d5d508ff6ed8250fcde7dbec4794aeaec2e66cd25ee92713260dc02a2cb891058099cb2f57e24752bf9c651b36167ed242768e77599c62836ea061a073cdb1201a44c6d06876787bae8f753d810300e8ac71c073d012ee0648c40e190b794bac73f21d7cf0d6f7f525d6a8203f54cd624b4c4a3cd98983e7c1dfb151446e68542f79f1aa32b5df010046610b08634293a5be268117976bdef7cd534b7a550373a761bbd56104e938fb2cd2d4e951ce67d9ea3a0a4e5112248470fefd1ff41c8b4e406e3038468d7a88843e61d40db52396a0b00b672eba853553577845daea48697a37a82aa6c4670953b8741";
const RSA_SIGNATURE: &str = "51ce8685290b017658089d2a617771f17dda8cabf2fd50892f19bce14875cbcee68b6692a276cf09528379842fd5f2a192c07a298e856f6c8d028cfcd20279c36fc8a07333fd65fe80b2e0d359e828fd2b7ae7b0d2268803d59821fb01efaadf4b9aa90709d89cb8763c8838b6f3abfdfa70694efafc68539fb5e6d5b02701301cf39e839960e146e949b982bd353e36b791912ad2fe7ed3bc12dae0bc42aa7a103a0c277a4e77029861f6ba046bf1462a5bab2b1c8c6dbefad4f4e36de2eb6590187ad999fd98a82a34a8bcf1e8a5cefe5360dc48da0d212e60aa02279543f62468ac66c7514554380ad330008df5e62e0d544101cee2fff29c772b206448a1";

fn party() -> RelyingParty {
    RelyingParty::of("https://my21staff.test").unwrap()
}

fn client_data(kind: &str) -> Json {
    json!({ "type": kind, "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE), "origin": "https://my21staff.test", "crossOrigin": false })
}

fn with(mut data: Json, key: &str, value: Json) -> Vec<u8> {
    data[key] = value;
    data.to_string().into_bytes()
}

fn authenticator_data(id: &str, flags: u8, count: u32) -> Vec<u8> {
    [&Sha256::digest(id.as_bytes())[..], &[flags], &count.to_be_bytes()].concat()
}

fn key_pair() -> EcdsaKeyPair {
    let random = chance::SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

/// A COSE key: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
fn cose(point: &[u8]) -> Vec<u8> {
    [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..], &point[1..33], &[0x22, 0x58, 0x20], &point[33..]].concat()
}

/// {"fmt": "none", "attStmt": {}, "authData": …}
fn attestation(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &length, data].concat()
}

fn new_credential(id: &[u8], key: &[u8], flags: u8) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    attestation(&[&authenticator_data("my21staff.test", flags, 0)[..], &[0; 16], &length, id, key].concat())
}

const ALL: u8 = PRESENT | VERIFIED | HAS_CREDENTIAL;

#[test]
fn a_registration_gives_the_credential() {
    let pair = key_pair();
    let object = new_credential(b"kunci satu", &cose(pair.public_key().as_ref()), ALL);
    let data = client_data("webauthn.create").to_string().into_bytes();
    let credential = register(&party(), &CHALLENGE, &data, &object).unwrap();
    assert_eq!(credential.id, b"kunci satu");
    assert_eq!((credential.algorithm, credential.sign_count), (ES256, 0));
    assert_eq!(credential.public_key, pair.public_key().as_ref());
}

#[test]
fn a_registration_made_for_something_else_is_refused() {
    let key = cose(key_pair().public_key().as_ref());
    let object = new_credential(b"kunci", &key, ALL);
    let data = || client_data("webauthn.create");
    let plain = data().to_string().into_bytes();
    let refused = |data: &[u8], object: &[u8]| register(&party(), &CHALLENGE, data, object).unwrap_err();
    assert_eq!(refused(&with(data(), "type", json!("webauthn.get")), &object), Refusal::WrongType);
    assert_eq!(refused(&with(data(), "challenge", json!(URL_SAFE_NO_PAD.encode([8; 32]))), &object), Refusal::WrongChallenge);
    assert_eq!(refused(&with(data(), "challenge", json!("")), &object), Refusal::WrongChallenge);
    for origin in ["https://evil.test", "http://my21staff.test", "https://my21staff.test:8443", "https://my21staff.test/", "null", ""] {
        assert_eq!(refused(&with(data(), "origin", json!(origin)), &object), Refusal::WrongOrigin, "{origin}");
    }
    assert_eq!(refused(&with(data(), "crossOrigin", json!(true)), &object), Refusal::WrongOrigin);
    assert_eq!(refused(b"not json", &object), Refusal::Malformed);
    assert_eq!(refused(&plain, &new_credential(b"kunci", &key, PRESENT | HAS_CREDENTIAL)), Refusal::NotVerified);
    assert_eq!(refused(&plain, &new_credential(b"kunci", &key, VERIFIED | HAS_CREDENTIAL)), Refusal::NotVerified);
    assert_eq!(refused(&plain, &new_credential(b"kunci", &key, PRESENT | VERIFIED)), Refusal::Malformed);
    assert_eq!(refused(&plain, &new_credential(b"", &key, ALL)), Refusal::Malformed);
    assert_eq!(refused(&plain, &new_credential(&[1; 1_024], &key, ALL)), Refusal::Malformed);
    assert_eq!(refused(&plain, &[&object[..], &[0]].concat()), Refusal::Malformed, "something follows");
    for end in 0..object.len() {
        assert!(register(&party(), &CHALLENGE, &plain, &object[..end]).is_err(), "cut off after {end}");
    }
    let elsewhere = attestation(&[&authenticator_data("evil.test", ALL, 0)[..], &[0; 16], &[0, 1, 1], &key].concat());
    assert_eq!(refused(&plain, &elsewhere), Refusal::WrongRelyingParty);
    assert_eq!(
        register(&party(), &[], &with(data(), "challenge", json!("")), &object).unwrap_err(),
        Refusal::WrongChallenge,
        "no challenge is none"
    );
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let data = client_data("webauthn.create").to_string().into_bytes();
    let refused = |key: &[u8]| register(&party(), &CHALLENGE, &data, &new_credential(b"kunci", key, ALL)).unwrap_err();
    let good = cose(key_pair().public_key().as_ref());
    // EdDSA, P-384, a key type that does not go with the algorithm.
    let changed = |at: usize, byte: u8| {
        let mut key = good.clone();
        key[at] = byte;
        key
    };
    assert_eq!(refused(&changed(4, 0x27)), Refusal::Algorithm);
    assert_eq!(refused(&changed(6, 0x02)), Refusal::Algorithm);
    assert_eq!(refused(&changed(2, 0x03)), Refusal::Algorithm);
    assert_eq!(refused(&[0xa0]), Refusal::Algorithm);
    // RSA with 1024 bits.
    let small = [&[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x58, 0x80][..], &[0xff; 128], &[0x21, 0x43, 1, 0, 1]].concat();
    assert_eq!(refused(&small), Refusal::Algorithm);
}

/// A key that has been registered, and what it says to sign in.
struct Signer {
    pair: EcdsaKeyPair,
    credential: Credential,
}

impl Signer {
    fn new() -> Self {
        let pair = key_pair();
        let public_key = pair.public_key().as_ref().to_vec();
        Self { pair, credential: Credential { id: b"kunci".to_vec(), algorithm: ES256, public_key, sign_count: 4 } }
    }

    fn says(&self, client_data_json: Vec<u8>, authenticator_data: Vec<u8>) -> Assertion {
        let signed = [&authenticator_data[..], &Sha256::digest(&client_data_json)].concat();
        let signature = self.pair.sign(&chance::SystemRandom::new(), &signed).unwrap().as_ref().to_vec();
        Assertion { client_data_json, authenticator_data, signature, user_handle: Some(OWNER.to_vec()) }
    }

    fn good(&self) -> Assertion {
        self.says(client_data("webauthn.get").to_string().into_bytes(), authenticator_data("my21staff.test", PRESENT | VERIFIED, 5))
    }

    fn verdict(&self, assertion: &Assertion) -> Result<u32, Refusal> {
        verify(&party(), &CHALLENGE, &self.credential, &OWNER, assertion)
    }
}

#[test]
fn a_sign_in_is_accepted_and_moves_the_counter() {
    let signer = Signer::new();
    assert_eq!(signer.verdict(&signer.good()), Ok(5));
}

#[test]
fn a_sign_in_made_for_something_else_is_refused() {
    let signer = Signer::new();
    let data = || client_data("webauthn.get");
    let verified = || authenticator_data("my21staff.test", PRESENT | VERIFIED, 5);
    let said = |data: Vec<u8>, authenticator: Vec<u8>| signer.verdict(&signer.says(data, authenticator)).unwrap_err();
    assert_eq!(said(with(data(), "type", json!("webauthn.create")), verified()), Refusal::WrongType);
    assert_eq!(said(with(data(), "challenge", json!(URL_SAFE_NO_PAD.encode([8; 32]))), verified()), Refusal::WrongChallenge);
    assert_eq!(said(with(data(), "origin", json!("https://evil.test")), verified()), Refusal::WrongOrigin);
    let plain = || data().to_string().into_bytes();
    assert_eq!(said(plain(), authenticator_data("evil.test", PRESENT | VERIFIED, 5)), Refusal::WrongRelyingParty);
    assert_eq!(said(plain(), authenticator_data("my21staff.test", PRESENT, 5)), Refusal::NotVerified);
    assert_eq!(said(plain(), authenticator_data("my21staff.test", VERIFIED, 5)), Refusal::NotVerified);
    for count in [0, 3, 4] {
        assert_eq!(said(plain(), authenticator_data("my21staff.test", PRESENT | VERIFIED, count)), Refusal::Counter, "{count}");
    }
    assert_eq!(said(plain(), vec![0; 36]), Refusal::Malformed);
}

#[test]
fn a_sign_in_that_was_altered_is_refused() {
    let signer = Signer::new();
    let good = signer.good();
    for at in 0..good.signature.len() {
        let mut altered = good.clone();
        altered.signature[at] ^= 1;
        assert_eq!(signer.verdict(&altered), Err(Refusal::BadSignature), "byte {at}");
    }
    let mut counted = good.clone();
    *counted.authenticator_data.last_mut().unwrap() = 200;
    assert_eq!(signer.verdict(&counted), Err(Refusal::BadSignature), "what was signed is the authenticator's data");
    assert_eq!(signer.verdict(&Assertion { signature: Vec::new(), ..good.clone() }), Err(Refusal::BadSignature));
    assert_eq!(signer.verdict(&Signer::new().good()), Err(Refusal::BadSignature), "another key");
    for handle in [None, Some(vec![]), Some(vec![4; 16])] {
        assert_eq!(signer.verdict(&Assertion { user_handle: handle, ..good.clone() }), Err(Refusal::WrongPerson));
    }
}

#[test]
fn an_authenticator_that_does_not_count_stays_welcome() {
    let mut signer = Signer::new();
    signer.credential.sign_count = 0;
    let data = client_data("webauthn.get").to_string().into_bytes();
    let assertion = signer.says(data, authenticator_data("my21staff.test", PRESENT | VERIFIED, 0));
    assert_eq!(signer.verdict(&assertion), Ok(0));
}

#[test]
fn rsa_keys_of_other_programs_are_understood() {
    let modulus = hex::decode(RSA_MODULUS).unwrap();
    let key = [&[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00][..], &modulus, &[0x21, 0x43, 1, 0, 1]].concat();
    let data = client_data("webauthn.create").to_string().into_bytes();
    let credential = register(&party(), &CHALLENGE, &data, &new_credential(b"hello", &key, ALL)).unwrap();
    assert_eq!(credential.algorithm, RS256);
    let challenge = URL_SAFE_NO_PAD.encode(CHALLENGE);
    let client_data_json =
        format!(r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"https://my21staff.test","crossOrigin":false}}"#)
            .into_bytes();
    let mut assertion = Assertion {
        client_data_json,
        authenticator_data: authenticator_data("my21staff.test", PRESENT | VERIFIED, 9),
        signature: hex::decode(RSA_SIGNATURE).unwrap(),
        user_handle: Some(OWNER.to_vec()),
    };
    assert_eq!(verify(&party(), &CHALLENGE, &credential, &OWNER, &assertion), Ok(9));
    assertion.signature[100] ^= 1;
    assert_eq!(verify(&party(), &CHALLENGE, &credential, &OWNER, &assertion), Err(Refusal::BadSignature));
}

#[test]
fn the_relying_party_is_what_browsers_call_us() {
    for (url, id, origin) in [
        ("https://app.my21staff.test", "app.my21staff.test", "https://app.my21staff.test"),
        ("https://my21staff.test:443", "my21staff.test", "https://my21staff.test"),
        ("http://localhost:3000", "localhost", "http://localhost:3000"),
        ("http://127.0.0.1:3000", "localhost", "http://localhost:3000"),
        ("http://[::1]:3000", "localhost", "http://localhost:3000"),
    ] {
        assert_eq!(RelyingParty::of(url), Some(RelyingParty { id: id.into(), origin: origin.into() }));
    }
    assert_eq!(RelyingParty::of("nowhere"), None);
}
