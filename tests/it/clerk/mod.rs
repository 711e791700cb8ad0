//! Signing in through Clerk, against an instance of the tests' own: keys, tokens, webhooks and the backend API over their real wire formats.

mod mirror;
mod pages;
mod sessions;
mod webhook;

use crate::support::*;
use axum::{
    Json, Router,
    extract::{Path, State},
    http::HeaderMap,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::server_fn::ServerFn;
use my21staff::{
    error::AppError,
    server::{clock::Clock, webhooks::svix::SigningKey},
};
use reqwest::{RequestBuilder, Response, StatusCode, header};
use ring::signature::KeyPair;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

/// Signs the webhooks of the tests' instance.
const WEBHOOK: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SECRET_KEY: &str = "sk_test_secret";

/// A signing key of the instance: `one`, or `two` after it rotated. They were made for the tests and have signed nothing else.
pub struct Key {
    pair: ring::signature::RsaKeyPair,
    kid: String,
}

impl Key {
    fn named(name: &str) -> Self {
        let der = std::fs::read(root().join(format!("tests/fixtures/clerk/keys/{name}.pk8"))).expect("a key of the tests");
        Self { pair: ring::signature::RsaKeyPair::from_pkcs8(&der).expect("RSA"), kid: format!("ins_test_{name}") }
    }

    fn jwk(&self) -> Value {
        let public: ring::signature::RsaPublicKeyComponents<Vec<u8>> = self.pair.public_key().into();
        let [n, e] = [&public.n, &public.e].map(|part| URL_SAFE_NO_PAD.encode(part));
        json!({ "use": "sig", "kty": "RSA", "kid": self.kid, "alg": "RS256", "n": n, "e": e })
    }

    fn sign(&self, header: &Value, claims: &Value) -> String {
        let message = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let mut signature = vec![0; self.pair.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        self.pair.sign(&ring::signature::RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).expect("a signature");
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What the instance is asked and answers.
#[derive(Clone, Default)]
struct Api {
    keys: Arc<Mutex<Vec<Value>>>,
    /// Sessions that the server asked to revoke, with the key it showed.
    revoked: Arc<Mutex<Vec<(String, String)>>>,
}

async fn jwks(State(api): State<Api>) -> Json<Value> {
    Json(json!({ "keys": *api.keys.lock().expect("not poisoned") }))
}

async fn revoke(State(api): State<Api>, Path(session): Path<String>, headers: HeaderMap) -> Json<Value> {
    let key = headers["authorization"].to_str().expect("text").to_owned();
    api.revoked.lock().expect("not poisoned").push((session.clone(), key));
    Json(json!({ "object": "session", "id": session, "status": "revoked" }))
}

/// A server that signs people in through the tests' instance of Clerk.
pub struct ClerkApp {
    pub app: TestApp,
    api: Api,
    issuer: String,
    key: Key,
    sent: Mutex<u32>,
}

impl std::ops::Deref for ClerkApp {
    type Target = TestApp;
    fn deref(&self) -> &TestApp {
        &self.app
    }
}

impl ClerkApp {
    pub async fn start() -> Self {
        Self::at(Clock::System).await
    }

    pub async fn at(clock: Clock) -> Self {
        let api = Api::default();
        let key = Key::named("one");
        api.keys.lock().expect("not poisoned").push(key.jwk());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let host = listener.local_addr().expect("an address").to_string();
        let router = Router::new()
            .route("/.well-known/jwks.json", get(jwks))
            .route("/v1/sessions/{session}/revoke", post(revoke))
            .with_state(api.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let issuer = format!("http://{host}");
        let app = TestApp::configured(clock, |env| env.extend(variables(&host))).await;
        app.sql("update workspace set ari_enabled = false").await;
        Self { app, api, issuer, key, sent: Mutex::new(0) }
    }

    /// A further process with the same instance of Clerk.
    pub async fn second(&self) -> TestApp {
        let host = self.issuer.trim_start_matches("http://").to_owned();
        let own = self.app.base.clone();
        TestApp::on_database(self.database.clone(), self.database_url.clone(), self.app.app.clock.clone(), |env| {
            env.extend(variables(&host));
            env.insert("CLERK_AUTHORIZED_PARTIES".into(), own);
        })
        .await
    }

    fn now(&self) -> i64 {
        self.app.app.clock.millis() / 1000
    }

    fn suffix(&self) -> String {
        my21staff::auth::server::clerk::keys::cookie_suffix(&publishable_key(self.issuer.trim_start_matches("http://")))
    }

    /// What Clerk would put into a token of this user's session now.
    fn claims(&self, user: &str, session: &str) -> Value {
        let now = self.now();
        json!({
            "azp": self.base, "exp": now + 60, "fva": [0, -1], "iat": now, "iss": self.issuer, "jti": "1", "nbf": now - 10, "sid": session,
            "sts": "active", "sub": user, "v": 2,
        })
    }

    fn header(&self) -> Value {
        json!({ "alg": "RS256", "cat": "cl_B7d4PD111AAA", "kid": self.key.kid, "typ": "JWT" })
    }

    fn token(&self, user: &str, session: &str) -> String {
        self.key.sign(&self.header(), &self.claims(user, session))
    }

    /// The cookies of a browser that is signed in.
    fn cookies(&self, token: &str) -> String {
        let suffix = self.suffix();
        format!("__session_{suffix}={token}; __client_uat_{suffix}={}", self.now() - 100)
    }

    /// A browser with a token of now.
    fn browser(&self, user: &str, session: &str) -> Browser {
        Browser { base: self.base.clone(), http: self.http.clone(), cookie: self.cookies(&self.token(user, session)) }
    }

    /// Delivers an event as Svix does, with an id of its own.
    async fn event(&self, body: &Value) {
        let number = {
            let mut sent = self.sent.lock().expect("not poisoned");
            *sent += 1;
            *sent
        };
        let answer = self.deliver_as(&format!("msg_{number}"), &serde_json::to_vec_pretty(body).expect("JSON")).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", body["type"]);
    }

    async fn deliver_as(&self, id: &str, body: &[u8]) -> Response {
        self.signed(id, self.now(), body).send().await.expect("an answer")
    }

    fn signed(&self, id: &str, at: i64, body: &[u8]) -> RequestBuilder {
        let signature = SigningKey::parse(WEBHOOK).expect("a secret").sign(id, at, body);
        self.http
            .post(self.url("/api/webhook/clerk"))
            .header("content-type", "application/json")
            .header("svix-id", id)
            .header("svix-timestamp", at.to_string())
            .header("svix-signature", signature)
            .body(body.to_vec())
    }

    fn revoked(&self) -> Vec<(String, String)> {
        self.api.revoked.lock().expect("not poisoned").clone()
    }
}

fn publishable_key(host: &str) -> String {
    format!("pk_test_{}", STANDARD.encode(format!("{host}$")))
}

fn variables(host: &str) -> HashMap<String, String> {
    [
        ("CLERK_PUBLISHABLE_KEY", publishable_key(host)),
        ("CLERK_SECRET_KEY", SECRET_KEY.into()),
        ("CLERK_WEBHOOK_SECRET", WEBHOOK.into()),
        ("CLERK_JWT_ISSUER_DOMAIN", format!("http://{host}")),
        ("CLERK_API_URL", format!("http://{host}")),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

/// Somebody's browser.
struct Browser {
    base: String,
    http: reqwest::Client,
    cookie: String,
}

impl Browser {
    async fn get(&self, path: &str) -> Response {
        self.http.get(format!("{}{path}", self.base)).header(header::COOKIE, &self.cookie).send().await.expect("an answer")
    }

    /// As the address bar does.
    async fn visit(&self, path: &str) -> Response {
        let request = self.http.get(format!("{}{path}", self.base)).header(header::COOKIE, &self.cookie);
        request.header("sec-fetch-dest", "document").header("accept", "text/html").send().await.expect("an answer")
    }

    async fn status(&self, path: &str) -> u16 {
        self.get(path).await.status().as_u16()
    }

    /// Posts a server function as our own script does; gives why it was refused.
    async fn call<F: ServerFn>(&self, form: &[(&str, &str)]) -> Option<AppError> {
        let request = self.http.post(format!("{}{}", self.base, F::PATH)).header(header::COOKIE, &self.cookie).form(form);
        let answer = request.header("accept", "application/json").header("sec-fetch-site", "same-origin").send().await.expect("an answer");
        match answer.status().is_success() {
            true => None,
            false => Some(answer.json().await.expect("a reason")),
        }
    }

    async fn live(&self, workspace: &str) -> LiveStream {
        let answer = self.get(&format!("/api/{workspace}/live")).await;
        assert_eq!(answer.status(), StatusCode::OK, "the stream opens");
        LiveStream::new(answer)
    }
}

/// Milliseconds of the fixtures' own time.
const T: i64 = 1_795_184_701_000;

fn user(kind: &str, id: &str, name: &str, email: &str, updated: i64) -> Value {
    let email_id = format!("idn_{id}");
    json!({
        "object": "event", "type": kind, "timestamp": updated,
        "data": {
            "object": "user", "id": id, "primary_email_address_id": email_id, "first_name": name, "last_name": null, "username": null,
            "email_addresses": [{ "id": email_id, "email_address": email, "verification": { "status": "verified" } }],
            "banned": false, "created_at": T, "updated_at": updated,
        }
    })
}

fn organization(kind: &str, id: &str, name: &str, slug: &str, creator: &str, updated: i64) -> Value {
    json!({
        "object": "event", "type": kind, "timestamp": updated,
        "data": { "object": "organization", "id": id, "name": name, "slug": slug, "created_by": creator, "created_at": T, "updated_at": updated }
    })
}

/// `organization` is an event about it, whose data is embedded.
fn membership(kind: &str, id: &str, organization: &Value, user: &str, role: &str, updated: i64) -> Value {
    json!({
        "object": "event", "type": kind, "timestamp": updated,
        "data": {
            "object": "organization_membership", "id": id, "role": role, "organization": organization["data"],
            "public_user_data": { "user_id": user, "first_name": format!("Nama {user}"), "last_name": "", "identifier": "x" },
            "created_at": T, "updated_at": updated,
        }
    })
}

fn deleted(kind: &str, id: &str) -> Value {
    json!({ "object": "event", "type": kind, "timestamp": T, "data": { "id": id, "deleted": true } })
}

fn session(kind: &str, id: &str, user: &str) -> Value {
    json!({ "object": "event", "type": kind, "timestamp": T, "data": { "object": "session", "id": id, "user_id": user, "status": "ended" } })
}

/// The organisation `toko` with an owner (`user_ayu`) and a member (`user_budi`).
async fn toko(app: &ClerkApp) {
    let toko = organization("organization.created", "org_toko", "Toko Ayu", "toko-ayu", "user_ayu", T);
    app.event(&user("user.created", "user_ayu", "Ayu", "ayu@example.test", T)).await;
    app.event(&user("user.created", "user_budi", "Budi", "budi@example.test", T)).await;
    app.event(&toko).await;
    app.event(&membership("organizationMembership.created", "orgmem_ayu", &toko, "user_ayu", "org:admin", T)).await;
    app.event(&membership("organizationMembership.created", "orgmem_budi", &toko, "user_budi", "org:member", T)).await;
}

/// Who belongs to a workspace, as `user_id:role`, sorted.
async fn members(app: &ClerkApp, slug: &str) -> String {
    app.value(&format!(
        "select coalesce(string_agg(coalesce(p.clerk_id, p.email) || ':' || m.role, ' ' order by p.clerk_id, p.email), '')
         from membership m join person p on p.id = m.person_id join workspace w on w.id = m.workspace_id where w.slug = '{slug}'"
    ))
    .await
}
