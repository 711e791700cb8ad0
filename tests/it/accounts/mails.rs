//! The outbox: carried by a job through the provider's real wire, seen when it fails, sent again by those who may (F187).

use super::*;
use axum::{Json, Router, extract::State, http::HeaderMap, routing::post};
use my21staff::{
    error::{AppError, Conflict},
    ids::WorkspaceId,
    server::{
        clock::Clock,
        db,
        mail::{self, MailRow, NewMail, Template},
        request,
        scope::Scope,
    },
    words::Locale,
};
use reqwest::StatusCode;
use serde_json::json;
use std::sync::{Arc, Mutex};

/// A mail provider that answers with what it is told to, and remembers idempotency keys and bodies.
#[derive(Clone, Default)]
struct Provider {
    /// Statuses and error names of the next answers; then everything is taken.
    answers: Arc<Mutex<Vec<(u16, &'static str)>>>,
    seen: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Provider {
    async fn start(answers: &[(u16, &'static str)]) -> (Self, String) {
        let provider = Self { answers: Arc::new(Mutex::new(answers.to_vec())), ..Self::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().route("/emails", post(answer)).with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (provider, base)
    }

    fn seen(&self) -> Vec<(String, Value)> {
        self.seen.lock().expect("the lock").clone()
    }
}

async fn answer(State(provider): State<Provider>, headers: HeaderMap, Json(body): Json<Value>) -> (axum::http::StatusCode, Json<Value>) {
    let key = headers["idempotency-key"].to_str().expect("text").to_owned();
    provider.seen.lock().expect("the lock").push((key, body));
    let mut answers = provider.answers.lock().expect("the lock");
    if answers.is_empty() {
        return (axum::http::StatusCode::OK, Json(json!({ "id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794" })));
    }
    let (status, name) = answers.remove(0);
    let body = json!({ "statusCode": status, "name": name, "message": "not for sekar@toko.test today" });
    (axum::http::StatusCode::from_u16(status).expect("a status"), Json(body))
}

async fn through(base: &str) -> TestApp {
    TestApp::configured(Clock::System, |env| {
        env.insert("RESEND_API_KEY".into(), "test".into());
        env.insert("RESEND_BASE_URL".into(), base.into());
        env.insert("MAIL_FROM".into(), "my21staff <halo@my21staff.test>".into());
    })
    .await
}

/// Puts an invitation of the workspace `demo`.
async fn put(app: &TestApp) -> uuid::Uuid {
    let workspace = WorkspaceId(app.value("select id from workspace where slug = 'demo'").await);
    let template =
        Template::Invitation { inviter: "Rani", workspace: "Demo", role: "member", link: "https://my21staff.test/invitation", days: 7 };
    let mail = NewMail { workspace: Some(workspace), to: "sekar@toko.test", locale: Locale::Id, template };
    let mut tx = app.app.db.begin(&scope(app, "owner@demo.test", "demo").await).await.expect("a transaction");
    let id = mail::put(&mut tx, app.app.clock.now(), mail).await.expect("put by the role that serves requests");
    tx.commit().await.expect("committed");
    app.app.wake.jobs();
    id
}

async fn scope(app: &TestApp, email: &str, workspace: &str) -> Scope {
    let actor = app.sign_in(email).await;
    let headers = HeaderMap::from_iter([(header::COOKIE, actor.cookie.parse().expect("a header"))]);
    request::scope_of(&app.app, &headers, workspace).await.expect("a member")
}

async fn settled(app: &TestApp, id: uuid::Uuid, state: &str) -> MailRow {
    let owner = scope(app, "owner@demo.test", "demo").await;
    let found = || async {
        let rows = mail::recent(&app.app, &owner).await.expect("a list");
        rows.into_iter().find(|row| row.id == id && row.state == state)
    };
    eventually(state, found).await
}

#[tokio::test]
async fn a_mail_that_the_provider_takes_late_is_one_mail() {
    let (provider, base) =
        Provider::start(&[(500, "internal_server_error"), (429, "rate_limit_exceeded"), (409, "concurrent_idempotent_requests")]).await;
    let app = through(&base).await;
    let id = put(&app).await;
    let row = settled(&app, id, "sent").await;
    assert_eq!((row.template.as_str(), row.reason, row.settled_at.is_some()), ("invitation", None, true));
    let seen = provider.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|(key, body)| *key == seen[0].0 && *body == seen[0].1), "the same key and the same body: {seen:?}");
    assert!(seen[0].1["html"].as_str().expect("HTML").contains("https://my21staff.test/invitation"));
    let left: i64 = app.value("select count(*) from mail where html is not null or body is not null").await;
    assert_eq!(left, 0, "what was sent holds no link any more");
    // The mail is settled before its job goes.
    let jobs = "select count(*) from job where kind = 'deliver_mail'";
    eventually("its job is gone", async || (app.value::<i64>(jobs).await == 0).then_some(())).await;
}

#[tokio::test]
async fn a_refused_mail_is_seen_with_its_reason_and_sent_again_by_those_who_may() {
    let (provider, base) = Provider::start(&[(422, "invalid_from_address")]).await;
    let app = through(&base).await;
    let id = put(&app).await;
    let row = settled(&app, id, "failed").await;
    let reason = row.reason.expect("a reason");
    assert!(reason.contains("invalid_from_address") && !reason.contains("sekar@"), "{reason}");
    assert_eq!(provider.seen().len(), 1, "not tried again by itself");

    let (member, stranger) = (scope(&app, "member@demo.test", "demo").await, scope(&app, "owner@other.test", "other").await);
    assert_eq!(mail::recent(&app.app, &member).await, Err(AppError::Forbidden("team:invite".into())));
    assert_eq!(mail::resend(&app.app, &member, id).await, Err(AppError::Forbidden("team:invite".into())));
    assert_eq!(mail::recent(&app.app, &stranger).await, Ok(Vec::new()));
    assert_eq!(mail::resend(&app.app, &stranger, id).await, Err(AppError::NotFound));

    let owner = scope(&app, "owner@demo.test", "demo").await;
    assert_eq!(mail::resend(&app.app, &owner, id).await, Ok(()));
    settled(&app, id, "sent").await;
    let keys: Vec<String> = provider.seen().into_iter().map(|(key, _)| key).collect();
    assert_ne!(keys[0], keys[1], "sent again is another sending");
    assert_eq!(mail::resend(&app.app, &owner, id).await, Err(AppError::Conflict(Conflict::NotFailed)));
    assert_eq!(app.value::<i64>("select count(*) from audit_entry where action = 'mail.resent'").await, 1);
}

#[tokio::test]
async fn personal_mails_are_seen_by_no_workspace() {
    let app = TestApp::start().await;
    Browser::new(&app).post("/forgot", &[("email", "owner@demo.test")]).await;
    super::mail(&app, "owner@demo.test", "password_reset").await;
    let owner = scope(&app, "owner@demo.test", "demo").await;
    assert_eq!(mail::recent(&app.app, &owner).await, Ok(Vec::new()));
    let template = Template::PasswordReset { name: "Rani", link: "https://my21staff.test/reset" };
    let personal = NewMail { workspace: None, to: "a@b.test", locale: Locale::En, template };
    let mut tx = app.app.db.begin(&owner).await.expect("a transaction");
    assert!(mail::put(&mut tx, app.app.clock.now(), personal).await.is_err(), "nor put from inside one");
}

#[tokio::test]
async fn jobs_and_mails_go_with_their_workspace() {
    let (_, base) = Provider::start(&[(422, "invalid_from_address")]).await;
    let app = through(&base).await;
    let id = put(&app).await;
    settled(&app, id, "failed").await;
    let dead = "select count(*) from job where state = 'dead'";
    eventually("its job is dead", async || (app.value::<i64>(dead).await == 1).then_some(())).await;
    app.sql("delete from workspace where slug = 'demo'").await;
    assert_eq!(app.value::<i64>("select (select count(*) from mail) + (select count(*) from job where state = 'dead')").await, 0);
}

#[tokio::test]
async fn the_demo_shows_its_mails_and_nothing_in_them_runs() {
    let app = TestApp::start().await;
    app.sql("update person set name = '<script>alert(1)</script> menang di evil.test' where email = 'owner@demo.test'").await;
    Browser::new(&app).post("/forgot", &[("email", "owner@demo.test")]).await;
    let mail = super::mail(&app, "owner@demo.test", "password_reset").await;
    let link = link_in(&app, &mail);
    let mut browser = Browser::new(&app);
    let list = browser.page("/sandbox/mail").await;
    assert!(list.contains(&format!("href=\"{}{link}\"", app.base)), "{list}");
    let answer = browser.get(&format!("/sandbox/mail/{}", mail["id"].as_str().expect("an id"))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(answer.headers()["content-security-policy"].to_str().expect("text").contains("default-src 'none'"));
    let html = answer.text().await.expect("HTML");
    for text in [&list, &html] {
        assert!(!text.contains("<script") && !text.contains("evil.test"), "{text}");
    }
    for path in ["/sandbox/mail/..%2f..%2fENCRYPTION_KEY", "/sandbox/mail/00000000-0000-0000-0000-000000000000", "/sandbox/mail/x"] {
        assert_eq!(browser.get(path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn without_a_mail_server_mails_fail_in_plain_sight() {
    let app = TestApp::configured(Clock::System, |env| {
        env.insert("DEV_MODE".into(), "false".into());
        env.insert("KAPSO_API_BASE_URL".into(), "http://127.0.0.1:9".into());
        env.insert("ENCRYPTION_KEY".into(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into());
    })
    .await;
    let workspace = WorkspaceId(app.value("select id from workspace where slug = 'demo'").await);
    let template = Template::Removed { name: "Sekar", workspace: "Demo", by: "Rani" };
    let mut tx = db::begin(&app.app.db.system).await.expect("a transaction");
    mail::put(&mut tx, app.app.clock.now(), NewMail { workspace: Some(workspace), to: "a@b.test", locale: Locale::Id, template })
        .await
        .expect("put");
    tx.commit().await.expect("committed");
    let reason = "select reason from mail where state = 'failed'";
    let count = format!("select count(*) from ({reason}) failed");
    eventually("failed", async || (app.value::<i64>(&count).await == 1).then_some(())).await;
    assert!(app.value::<String>(reason).await.contains("RESEND_API_KEY"));
}
