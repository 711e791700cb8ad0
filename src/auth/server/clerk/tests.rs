//! Every published token and request, judged as Clerk's own library judges it, and the cache of keys against a server that misbehaves.

use super::*;
use crate::server::{config::Secret, http::http_client};
use axum::{Router, http::StatusCode};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::HeaderValue;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

const DEV: &str = "pk_test_aGFwcHktb3R0ZXItMTIuY2xlcmsuYWNjb3VudHMuZGV2JA==";
const LIVE: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/clerk/jwt/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn json_fixture(name: &str) -> Value {
    serde_json::from_slice(&fixture(name)).unwrap()
}

/// A frontend API that serves whatever it was last told to, and counts.
#[derive(Clone)]
struct Api {
    url: String,
    answer: Arc<Mutex<(StatusCode, Vec<u8>, Duration)>>,
    asked: Arc<AtomicUsize>,
}

impl Api {
    async fn serving(body: Vec<u8>) -> Self {
        let answer = Arc::new(Mutex::new((StatusCode::OK, body, Duration::ZERO)));
        let asked = Arc::new(AtomicUsize::new(0));
        let (given, counted) = (answer.clone(), asked.clone());
        let handler = move || {
            let (status, body, pause) = given.lock().unwrap().clone();
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                tokio::time::sleep(pause).await;
                (status, body)
            }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, answer, asked }
    }

    fn now_serves(&self, status: u16, body: Vec<u8>) {
        *self.answer.lock().unwrap() = (StatusCode::from_u16(status).unwrap(), body, Duration::ZERO);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn clerk(&self, key: &str, clock: &Clock) -> Clerk {
        let config = ClerkConfig {
            publishable_key: key.into(),
            secret_key: Secret::new("sk_test_x"),
            webhook_secret: Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
            issuer: format!("https://{}", keys::frontend_host(key).unwrap()),
            authorized_parties: vec!["https://app.example.com".into()],
            api_url: String::new(),
        };
        Clerk::with_keys_at(self.url.clone(), config, http_client(), clock.clone())
    }
}

#[tokio::test]
async fn every_published_token_is_judged_as_clerk_judges_it() {
    let file = json_fixture("vectors.json");
    let vectors = file["vectors"].as_array().unwrap();
    assert!(vectors.len() >= 37, "{}", vectors.len());
    for vector in vectors {
        let name = vector["name"].as_str().unwrap();
        let now = vector["now"].as_i64().unwrap() * 1000;
        let clock = Clock::fixed(now);
        let api = Api::serving(fixture("jwks.json")).await;
        let clerk = api.clerk(DEV, &clock);
        let mut verdict = clerk.verify(vector["token"].as_str().unwrap(), now).await;
        if vector["expect"] == "accept-after-jwks-refetch" {
            assert_eq!(verdict, Err(Reason::KidMismatch), "{name}");
            api.now_serves(200, fixture("jwks-both.json"));
            clock.set(now + 10_000);
            verdict = clerk.verify(vector["token"].as_str().unwrap(), now).await;
        }
        match vector["expect"].as_str().unwrap() {
            "accept" | "accept-after-jwks-refetch" => assert!(verdict.is_ok(), "{name}: {verdict:?}"),
            "reject-as-signed-out" => assert_eq!(verdict, Err(Reason::Pending), "{name}"),
            "reject" => {
                let reason = verdict.expect_err(name);
                // Where Clerk's low-level call refuses too, the reason is the same; where it does not, its request-level call does.
                match vector["clerk_backend_verifyToken"].as_str().unwrap().strip_prefix("reject:") {
                    Some(theirs) => assert_eq!(reason.as_str(), theirs, "{name}"),
                    None => assert!(matches!(reason, Reason::KidMismatch | Reason::TypeMismatch), "{name}: {reason:?}"),
                }
            }
            other => panic!("{name}: {other}"),
        }
    }
}

#[tokio::test]
async fn the_active_organisation_is_read_by_the_tokens_own_version() {
    let file = json_fixture("vectors.json");
    let now = file["config"]["now"].as_i64().unwrap() * 1000;
    let api = Api::serving(fixture("jwks.json")).await;
    let clerk = api.clerk(DEV, &Clock::fixed(now));
    let mut seen = 0;
    for vector in file["vectors"].as_array().unwrap() {
        let token = vector["token"].as_str().unwrap();
        let Ok(session) = clerk.verify(token, now).await else { continue };
        let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap();
        let wanted = if claims["v"] == 2 { &claims["o"]["id"] } else { &claims["org_id"] };
        assert_eq!(session.organization.as_deref(), wanted.as_str(), "{}", vector["name"]);
        assert_eq!((Some(session.id.as_str()), Some(session.user.as_str())), (claims["sid"].as_str(), claims["sub"].as_str()));
        seen += usize::from(session.organization.is_some());
    }
    assert!(seen >= 3, "{seen}");
}

/// What `<token:…>` stands for in the matrix.
fn tokens() -> HashMap<String, String> {
    let file = json_fixture("vectors.json");
    let lists = [&file["vectors"], &file["live_instance_tokens"]];
    let all = lists.into_iter().flat_map(|list| list.as_array().unwrap());
    let mut tokens: HashMap<_, _> =
        all.map(|vector| (vector["name"].as_str().unwrap().to_owned(), vector["token"].as_str().unwrap().to_owned())).collect();
    // The matrix was observed with a token that is not among the fixtures; any expired one of that instance is judged alike.
    tokens.insert("expired-1h".into(), tokens["exp-5s-ago-boundary"].clone());
    tokens
}

fn spelled_out(text: &str, tokens: &HashMap<String, String>) -> String {
    let Some((before, rest)) = text.split_once("<token:") else { return text.into() };
    let (name, after) = rest.split_once('>').unwrap();
    format!("{before}{}{after}", tokens[name])
}

#[tokio::test]
async fn every_observed_request_is_answered_like_clerks_backend() {
    let matrix = json_fixture("authenticate-request-matrix.json");
    let tokens = tokens();
    let now = matrix["now"].as_i64().unwrap() * 1000;
    let clock = Clock::fixed(now);
    // Both instances of the fixtures sign with one key.
    let api = Api::serving(fixture("jwks.json")).await;
    let (dev, live) = (api.clerk(DEV, &clock), api.clerk(LIVE, &clock));
    let cases = matrix["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 50);
    for case in cases {
        let instance = case["instance"].as_str().unwrap();
        let name = format!("{instance}: {}", case["name"].as_str().unwrap());
        let (clerk, suffix) = if instance == "dev" { (&dev, &dev.suffix) } else { (&live, &live.suffix) };
        let mut headers = HeaderMap::new();
        for (header, value) in case["request_headers"].as_object().unwrap() {
            let value = spelled_out(value.as_str().unwrap(), &tokens);
            headers.insert(http::HeaderName::try_from(header).unwrap(), HeaderValue::from_str(&value).unwrap());
        }
        let cookies = case["cookies"].as_object().unwrap().iter();
        let cookies: Vec<String> = cookies
            .map(|(name, value)| format!("{}={}", name.replace("{sfx}", suffix), spelled_out(value.as_str().unwrap(), &tokens)))
            .collect();
        if !cookies.is_empty() {
            headers.insert("cookie", HeaderValue::from_str(&cookies.join("; ")).unwrap());
        }
        let method: Method = case["method"].as_str().unwrap().parse().unwrap();
        let state = clerk.state(&method, &headers, now).await;
        // A pending session is signed in to Clerk's request check and signed out to everything that uses it.
        let pending = name.contains("pending");
        // A browser that Clerk's development instance has never seen is sent to be registered; ours simply signs in.
        let unregistered = case["reason"] == "dev-browser-missing";
        match (case["status"].as_str().unwrap(), &state) {
            ("signed-in", State::SignedIn(_)) => assert!(!pending, "{name}"),
            ("signed-in", State::SignedOut(Reason::Pending)) => assert!(pending, "{name}"),
            ("handshake", State::Refresh(reason)) | ("signed-out", State::SignedOut(reason)) => {
                let theirs = case["reason"].as_str().unwrap();
                // Clerk adds why its own refreshing was not tried, which we do not do.
                let same = theirs == reason.as_str()
                    || (theirs.starts_with("session-token-expired") && *reason == Reason::Expired)
                    || unregistered;
                assert!(same, "{name}: {theirs}, here {}", reason.as_str());
            }
            ("handshake", State::SignedOut(Reason::SessionTokenAndUatMissing)) => assert!(unregistered, "{name}"),
            (theirs, ours) => panic!("{name}: {theirs}, here {ours:?}"),
        }
    }
}

/// A token of the fixtures that is good at this time, and its key's id.
fn good_token() -> (String, i64) {
    let file = json_fixture("vectors.json");
    let vector = file["vectors"].as_array().unwrap().iter().find(|vector| vector["name"] == "long-lived-2100").unwrap().clone();
    (vector["token"].as_str().unwrap().to_owned(), vector["now"].as_i64().unwrap() * 1000)
}

#[tokio::test]
async fn keys_are_fetched_once_for_all_who_wait_and_kept_for_five_minutes() {
    let (token, now) = good_token();
    let clock = Clock::fixed(now);
    let api = Api::serving(fixture("jwks.json")).await;
    api.answer.lock().unwrap().2 = Duration::from_millis(100);
    let clerk = api.clerk(DEV, &clock);
    let all = futures::future::join_all((0..50).map(|_| clerk.verify(&token, now))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(api.asked(), 1);
    clock.set(now + 300_000);
    assert!(clerk.verify(&token, now).await.is_ok());
    assert_eq!(api.asked(), 1);
    clock.set(now + 300_001);
    assert!(clerk.verify(&token, now).await.is_ok());
    assert_eq!(api.asked(), 2);
}

#[tokio::test]
async fn a_key_that_rotated_in_is_found_and_invented_ones_do_not_storm() {
    let (token, now) = good_token();
    let clock = Clock::fixed(now);
    let api = Api::serving(fixture("jwks.json")).await;
    let clerk = api.clerk(DEV, &clock);
    assert!(clerk.verify(&token, now).await.is_ok());
    let rotated = tokens().remove("rotated-key").unwrap();
    api.now_serves(200, fixture("jwks-both.json"));
    let invented = |n: usize| {
        let header = URL_SAFE_NO_PAD.encode(json!({ "alg": "RS256", "typ": "JWT", "kid": format!("ins_{n}") }).to_string());
        let (_, rest) = token.split_once('.').unwrap();
        format!("{header}.{rest}")
    };
    for n in 0..200 {
        assert_eq!(clerk.verify(&invented(n), now).await, Err(Reason::KidMismatch));
    }
    assert_eq!(api.asked(), 1, "the first fetch was a moment ago");
    clock.set(now + 10_000);
    assert!(clerk.verify(&rotated, now).await.is_ok());
    for n in 0..200 {
        assert_eq!(clerk.verify(&invented(n), now).await, Err(Reason::KidMismatch));
    }
    assert_eq!(api.asked(), 2);
    assert!(clerk.verify(&token, now).await.is_ok(), "the old key is still listed");
    api.now_serves(200, fixture("jwks-after-rotation.json"));
    clock.set(now + 310_001);
    assert_eq!(clerk.verify(&token, now).await, Err(Reason::KidMismatch), "withdrawn");
}

#[tokio::test]
async fn stale_keys_serve_for_a_day_while_clerk_is_down() {
    let (token, now) = good_token();
    let clock = Clock::fixed(now);
    let api = Api::serving(fixture("jwks.json")).await;
    let clerk = api.clerk(DEV, &clock);
    assert!(clerk.verify(&token, now).await.is_ok());
    for (status, body) in
        [(500, fixture("jwks.json")), (200, b"<html>".to_vec()), (200, fixture("jwks-empty.json")), (200, vec![b' '; 100_000])]
    {
        let (asked, later) = (api.asked(), clock.millis() + 400_000);
        api.now_serves(status, body);
        clock.set(later);
        for _ in 0..20 {
            assert!(clerk.verify(&token, now).await.is_ok());
        }
        assert_eq!(api.asked(), asked + 1, "one attempt, however many ask");
    }
    clock.set(now + 24 * 3_600_000 + 1);
    assert_eq!(clerk.verify(&token, now).await, Err(Reason::KeysFailedToLoad));
    api.now_serves(200, fixture("jwks.json"));
    clock.set(clock.millis() + 10_000);
    assert!(clerk.verify(&token, now).await.is_ok(), "and it recovers");
}

#[tokio::test]
async fn a_token_does_not_choose_its_own_key() {
    let (token, now) = good_token();
    let api = Api::serving(fixture("jwks.json")).await;
    let clerk = api.clerk(DEV, &Clock::fixed(now));
    let (header, rest) = token.split_once('.').unwrap();
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap();
    let other = &json_fixture("jwks-after-rotation.json")["keys"][0];
    for (name, value) in [
        ("jwk", other.clone()),
        ("jku", json!("https://evil.test/jwks.json")),
        ("x5u", json!("https://evil.test/cert.pem")),
        ("x5c", json!(["AAAA"])),
        ("crit", json!(["exp"])),
        ("alg", json!("none")),
        ("alg", json!("RS512")),
        ("alg", json!("PS256")),
        ("alg", json!("ES256")),
        ("alg", json!(7)),
        ("alg", json!("rs256")),
        ("typ", json!("at+jwt")),
        ("cat", json!("cl_B7d4PD222AAA")),
        ("cat", json!(1)),
        ("kid", json!("")),
        ("kid", json!(["ins_2testPrimaryInstance00000000"])),
    ] {
        let mut header = header.clone();
        header[name] = value.clone();
        let forged = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()));
        assert!(clerk.verify(&forged, now).await.is_err(), "{name} {value}");
    }
    assert_eq!(api.asked(), 1, "nothing but the instance's own keys was fetched");
    for at in 0..token.len() {
        let mut altered = token.clone().into_bytes();
        altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(altered).unwrap();
        // The last character of the signature carries bits that mean nothing; base64 that is not canonical is refused as well.
        assert!(clerk.verify(&altered, now).await.is_err(), "character {at}");
    }
}

#[test]
fn a_token_that_is_too_long_is_not_even_read() {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = |padding: usize| {
        format!("{}.{}.AAAA", part(json!({ "alg": "RS256", "kid": "ins_1" })), part(json!({ "sub": "user_1", "pad": "x".repeat(padding) })))
    };
    assert!(token::Unverified::parse(&token(1_000)).is_ok());
    assert!(matches!(token::Unverified::parse(&token(8 * 1024)), Err(token::Reason::Invalid)));
}

#[test]
fn a_header_that_asks_for_more_than_we_know_is_refused() {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let read = |more: Value| {
        let mut header = json!({ "alg": "RS256", "kid": "ins_1", "typ": "JWT" });
        header.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        token::Unverified::parse(&format!("{}.{}.AAAA", part(header), part(json!({ "sub": "user_1" })))).map(|_| ())
    };
    assert!(read(json!({})).is_ok());
    for more in [json!({ "crit": ["exp"] }), json!({ "crit": [] }), json!({ "typ": "JWE" }), json!({ "typ": 1 })] {
        assert!(matches!(read(more.clone()), Err(token::Reason::Invalid)), "{more}");
    }
}

#[test]
fn each_claim_is_asked_for_whatever_signed_it() {
    use token::Reason;
    let rules = token::Rules { issuer: "https://a.clerk.test".into(), authorized_parties: vec!["https://app.test".into()] };
    let whole = json!({
        "sub": "user_1", "sid": "sess_1", "azp": "https://app.test", "iss": "https://a.clerk.test", "exp": 1_060, "nbf": 990, "iat": 1_000,
    });
    let judged = |name: &str, value: Value| {
        let mut claims = whole.as_object().unwrap().clone();
        match value {
            Value::Null => claims.remove(name),
            value => claims.insert(name.into(), value),
        };
        token::check(&claims, &rules, 1_000_000).map(|session| session.user)
    };
    assert!(matches!(judged("extra", json!(1)), Ok(user) if user == "user_1"));
    for (name, value, reason) in [
        ("iss", json!("https://b.clerk.test"), Reason::InvalidIssuer),
        ("iss", Value::Null, Reason::InvalidIssuer),
        ("azp", json!("https://b.test"), Reason::InvalidAuthorizedParties),
        ("azp", Value::Null, Reason::InvalidAuthorizedParties),
        ("sub", json!(""), Reason::VerificationFailed),
        ("sid", Value::Null, Reason::VerificationFailed),
        ("exp", Value::Null, Reason::VerificationFailed),
        ("exp", json!("1060"), Reason::VerificationFailed),
        ("exp", json!(990), Reason::Expired),
        ("nbf", json!(1_010), Reason::NotActiveYet),
        ("nbf", json!("x"), Reason::VerificationFailed),
        ("iat", json!(1_010), Reason::IatInTheFuture),
        ("sts", json!("pending"), Reason::Pending),
    ] {
        let judgement = judged(name, value.clone());
        assert_eq!(judgement.expect_err(name).as_str(), reason.as_str(), "{name}: {value}");
    }
    for (name, value) in [("nbf", Value::Null), ("iat", Value::Null), ("exp", json!(997)), ("iat", json!(1_003)), ("sts", json!("active"))]
    {
        assert!(judged(name, value.clone()).is_ok(), "{name}: {value}, within five seconds or optional");
    }
}

#[test]
fn a_bearer_token_of_another_scheme_is_none_and_cookies_count_then() {
    let headers = HeaderMap::from_iter([
        (http::header::AUTHORIZATION, HeaderValue::from_static("Basic dTpw")),
        (http::header::COOKIE, HeaderValue::from_static("a=b; __client_uat=12; __session=x.y.z; __session_other=q")),
    ]);
    let found = request::carried(&headers, "abcdefgh", "https://clerk.example.com");
    assert_eq!(found, Carried::Cookies { session: Some("x.y.z".into()), client_uat: 12 });
    let found = request::carried(&headers, "other", "https://clerk.example.com");
    assert_eq!(found, Carried::Cookies { session: Some("q".into()), client_uat: 0 }, "the suffixed set counts as a whole");
}

#[test]
fn only_a_browser_that_wants_a_page_is_sent_to_refresh() {
    let wants = |pairs: &[(&'static str, &'static str)], method: Method| {
        let headers = pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect();
        request::wants_document(&method, &headers)
    };
    assert!(wants(&[("sec-fetch-dest", "document"), ("accept", "*/*")], Method::GET));
    assert!(wants(&[("accept", "text/html,application/xhtml+xml")], Method::GET));
    assert!(!wants(&[("sec-fetch-dest", "empty"), ("accept", "text/html")], Method::GET));
    assert!(wants(&[("sec-fetch-dest", "empty"), ("x-keeps", "page")], Method::GET), "the page that a service worker keeps");
    assert!(!wants(&[("sec-fetch-dest", "document")], Method::POST));
    assert!(!wants(&[("accept", "application/json")], Method::GET));
    assert!(!wants(&[], Method::GET));
}
