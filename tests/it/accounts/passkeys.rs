//! Passkeys, with an authenticator in software that speaks what a browser would hand on.

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    digest::{SHA256, digest},
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair},
};
use serde_json::json;

const OWNER: &str = "owner@demo.test";
/// Touched, and its person recognised.
const VERIFIED: u8 = 0x05;

/// A security key that counts.
struct Authenticator {
    pair: EcdsaKeyPair,
    id: Vec<u8>,
    user: String,
    count: u32,
    origin: String,
}

impl Authenticator {
    /// Answers `navigator.credentials.create`; gives itself and what the page posts.
    fn create(app: &TestApp, options: &Value, name: &str) -> (Self, Value) {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8.as_ref(), &random).unwrap();
        let id = uuid::Uuid::new_v4().as_bytes().to_vec();
        let point = pair.public_key().as_ref();
        let key =
            [&[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20][..], &point[1..33], &[0x22, 0x58, 0x20], &point[33..]].concat();
        let data =
            [&authenticator_data(options["rp"]["id"].as_str().expect("an id"), VERIFIED | 0x40, 0)[..], &[0; 16], &[0, 16], &id, &key]
                .concat();
        let length = u16::try_from(data.len()).unwrap().to_be_bytes();
        let object = [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &length, &data].concat();
        let client = client_data("webauthn.create", options, &origin(app));
        let user = options["user"]["id"].as_str().expect("a handle").to_owned();
        let posted = json!({
            "name": name,
            "clientData": URL_SAFE_NO_PAD.encode(&client),
            "attestationObject": URL_SAFE_NO_PAD.encode(object),
        });
        (Self { pair, id, user, count: 0, origin: origin(app) }, posted)
    }

    /// Answers `navigator.credentials.get`.
    fn get(&mut self, options: &Value) -> Value {
        self.count += 1;
        let data = authenticator_data(options["rpId"].as_str().expect("an id"), VERIFIED, self.count);
        let client = client_data("webauthn.get", options, &self.origin);
        let signed = [&data[..], digest(&SHA256, &client).as_ref()].concat();
        json!({
            "id": URL_SAFE_NO_PAD.encode(&self.id),
            "clientData": URL_SAFE_NO_PAD.encode(&client),
            "authenticatorData": URL_SAFE_NO_PAD.encode(data),
            "signature": URL_SAFE_NO_PAD.encode(self.pair.sign(&SystemRandom::new(), &signed).unwrap()),
            "userHandle": self.user,
        })
    }
}

/// The demo under the name that passkeys need.
fn origin(app: &TestApp) -> String {
    app.base.replace("127.0.0.1", "localhost")
}

fn authenticator_data(id: &str, flags: u8, count: u32) -> Vec<u8> {
    [digest(&SHA256, id.as_bytes()).as_ref(), &[flags], &count.to_be_bytes()].concat()
}

fn client_data(kind: &str, options: &Value, origin: &str) -> Vec<u8> {
    json!({ "type": kind, "challenge": options["challenge"], "origin": origin, "crossOrigin": false }).to_string().into_bytes()
}

async fn registration_options(browser: &mut Browser) -> Value {
    good(browser.post_json("/api/passkey/register/options", &json!({ "password": PASSWORD })).await).await
}

async fn sign_in_options(browser: &mut Browser) -> Value {
    good(browser.post_json("/api/passkey/sign-in/options", &json!({})).await).await
}

/// An owner with a password and a passkey.
async fn with_passkey() -> (TestApp, Browser, Authenticator) {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut browser = Browser::of(&app, OWNER, PASSWORD).await;
    let options = registration_options(&mut browser).await;
    let (key, posted) = Authenticator::create(&app, &options, "ponsel Rani");
    let answer: Value = good(browser.post_json("/api/passkey/register", &posted).await).await;
    assert_eq!(answer["to"], "/account?done=passkey");
    (app, browser, key)
}

#[tokio::test]
async fn a_passkey_signs_its_person_in() {
    let (app, mut browser, mut key) = with_passkey().await;
    let page = browser.page("/account").await;
    assert!(page.contains("ponsel Rani") && page.matches("<code>").count() == 10, "with recovery codes for the day it is lost");
    let mut fresh = Browser::new(&app);
    for count in 1..3 {
        let options = sign_in_options(&mut fresh).await;
        assert_eq!(options["allowCredentials"], json!([]), "nobody is told who has which");
        let mut given = key.get(&options);
        given["back"] = json!("/demo/inbox");
        let answer: Value = good(fresh.post_json("/api/passkey/sign-in", &given).await).await;
        assert_eq!(answer["to"], "/demo/inbox");
        assert!(fresh.is_in().await, "sign-in {count}");
    }
    assert_eq!(app.value::<i64>("select sign_count from passkey").await, 2);
    let options = sign_in_options(&mut fresh).await;
    let mut given = key.get(&options);
    given["back"] = json!("//evil.test");
    let answer: Value = good(fresh.post_json("/api/passkey/sign-in", &given).await).await;
    assert_eq!(answer["to"], "/dashboard");
}

#[tokio::test]
async fn with_a_passkey_the_password_alone_opens_nothing_any_more() {
    let (app, _, mut key) = with_passkey().await;
    let mut browser = Browser::new(&app);
    let answer = browser.post("/sign-in", &[("email", OWNER), ("password", PASSWORD)]).await;
    assert_eq!(location(&answer), "/sign-in/second");
    assert!(!browser.is_in().await);
    let page = browser.page("/sign-in/second").await;
    assert!(page.contains("data-passkey=\"sign-in\""));
    let options = sign_in_options(&mut browser).await;
    let _: Value = good(browser.post_json("/api/passkey/sign-in", &key.get(&options)).await).await;
    assert!(browser.is_in().await);
}

#[tokio::test]
async fn answers_that_are_old_copied_or_another_persons_are_refused() {
    let (app, _, mut key) = with_passkey().await;
    let mut browser = Browser::new(&app);
    let mut refused = async |given: &Value, what: &str| {
        let answer = browser.post_json("/api/passkey/sign-in", given).await;
        assert_eq!(answer.status(), 422, "{what}");
        assert!(!browser.clone().is_in().await, "{what}");
    };
    let mut other = Browser::new(&app);
    let options = sign_in_options(&mut other).await;
    refused(&key.get(&options), "a challenge of another browser").await;
    drop(refused);

    let options = sign_in_options(&mut browser).await;
    let given = key.get(&options);
    let mut wrong = given.clone();
    wrong["userHandle"] =
        json!(URL_SAFE_NO_PAD.encode(app.value::<uuid::Uuid>("select id from person where email = 'owner@other.test'").await.as_bytes()));
    assert_eq!(browser.post_json("/api/passkey/sign-in", &wrong).await.status(), 422, "another person's name on it");
    assert_eq!(browser.post_json("/api/passkey/sign-in", &given).await.status(), 422, "a challenge is for one answer, a wrong one too");

    let options = sign_in_options(&mut browser).await;
    let given = key.get(&options);
    let keep = browser.clone();
    assert_eq!(browser.post_json("/api/passkey/sign-in", &given).await.status(), 200);
    let mut replaying = keep.clone();
    assert_eq!(replaying.post_json("/api/passkey/sign-in", &given).await.status(), 422, "once");
    // A copy of the authenticator that has fallen behind.
    let mut browser = Browser::new(&app);
    let options = sign_in_options(&mut browser).await;
    key.count = 0;
    assert_eq!(browser.post_json("/api/passkey/sign-in", &key.get(&options)).await.status(), 422, "the counter goes forward");

    let options = sign_in_options(&mut browser).await;
    key.count = 50;
    key.origin = "https://evil.test".into();
    assert_eq!(browser.post_json("/api/passkey/sign-in", &key.get(&options)).await.status(), 422, "made on another site");
    key.origin = origin(&app);
    let options = sign_in_options(&mut browser).await;
    key.id = vec![9; 16];
    assert_eq!(browser.post_json("/api/passkey/sign-in", &key.get(&options)).await.status(), 422, "unknown");
    assert!(!browser.is_in().await);
}

#[tokio::test]
async fn a_passkey_is_made_by_its_person_with_the_password_and_once() {
    let (app, mut browser, key) = with_passkey().await;
    let mut nobody = Browser::new(&app);
    let ask = json!({ "password": PASSWORD });
    assert_eq!(nobody.post_json("/api/passkey/register/options", &ask).await.status(), 401);
    assert_eq!(browser.post_json("/api/passkey/register/options", &json!({ "password": OTHER_PASSWORD })).await.status(), 422);
    assert_eq!(browser.post_json("/api/passkey/register/options", &json!({})).await.status(), 422);

    let options = registration_options(&mut browser).await;
    assert_eq!(options["excludeCredentials"][0]["id"], json!(URL_SAFE_NO_PAD.encode(&key.id)));
    let (_, posted) = Authenticator::create(&app, &options, "kedua");
    assert_eq!(nobody.post_json("/api/passkey/register", &posted).await.status(), 401);
    // Somebody else, in whose browser the answer was slipped.
    give_password(&app, "owner@other.test", PASSWORD).await;
    let mut stranger = Browser::of(&app, "owner@other.test", PASSWORD).await;
    assert_eq!(stranger.post_json("/api/passkey/register", &posted).await.status(), 422, "without a challenge of its own");
    assert_eq!(browser.post_json("/api/passkey/register", &posted).await.status(), 200);
    assert_eq!(browser.post_json("/api/passkey/register", &posted).await.status(), 422, "a challenge is for one answer");
    assert_eq!(app.value::<i64>("select count(*) from passkey").await, 2);
}

#[tokio::test]
async fn a_removed_passkey_opens_nothing() {
    let (app, mut browser, mut key) = with_passkey().await;
    let id: uuid::Uuid = app.value("select id from passkey").await;
    let form = |password: &str| [("passkey", id.to_string()), ("password", password.to_owned())];
    give_password(&app, "owner@other.test", PASSWORD).await;
    let mut stranger = Browser::of(&app, "owner@other.test", PASSWORD).await;
    assert_eq!(stranger.post("/account/passkeys/remove", &form(PASSWORD)).await.status(), 404);
    assert_eq!(location(&browser.post("/account/passkeys/remove", &form(OTHER_PASSWORD)).await), "/account?problem=current");
    assert_eq!(location(&browser.post("/account/passkeys/remove", &form(PASSWORD)).await), "/account?done=passkey_off");
    let mut fresh = Browser::new(&app);
    let options = sign_in_options(&mut fresh).await;
    assert_eq!(fresh.post_json("/api/passkey/sign-in", &key.get(&options)).await.status(), 422);
    Browser::of(&app, OWNER, PASSWORD).await;
    assert_eq!(app.value::<i64>("select count(*) from recovery_code").await, 0);
}
