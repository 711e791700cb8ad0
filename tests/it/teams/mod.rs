//! Workspaces, their people and what these may do.

mod admin;
mod audit;
mod invitations;
mod members;
mod numbers;
mod onboarding;
mod rights;

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::error::{AppError, Conflict};
use reqwest::Response;

/// Makes somebody who belongs nowhere yet and signs in.
async fn newcomer(app: &TestApp, email: &str, name: &str) -> Actor {
    app.sql(&format!("insert into person (id, email, name, created_at) values (gen_random_uuid(), '{email}', '{name}', now())")).await;
    app.sign_in(email).await
}

/// The id of somebody as forms carry it.
async fn person(app: &TestApp, email: &str) -> String {
    app.value::<uuid::Uuid>(&format!("select id from person where email = '{email}'")).await.to_string()
}

/// A form posted by our own script, which is answered with data.
async fn post<F: ServerFn>(actor: &Actor, form: &[(&str, &str)]) -> Response {
    actor.post(F::PATH, &form).await
}

/// The same, which must succeed.
async fn done<F: ServerFn>(actor: &Actor, form: &[(&str, &str)]) {
    let answer = post::<F>(actor, form).await;
    let status = answer.status();
    assert!(status.is_success(), "{}: {status} {}", F::PATH, answer.text().await.unwrap_or_default());
}

/// The same, which must be refused with this.
async fn refused<F: ServerFn>(actor: &Actor, form: &[(&str, &str)]) -> AppError {
    let answer = post::<F>(actor, form).await;
    assert!(!answer.status().is_success(), "{} is refused", F::PATH);
    answer.json().await.expect("an error of ours")
}

fn rule(key: &str) -> AppError {
    AppError::Conflict(Conflict::Refused(key.into()))
}

/// The mails of a template to somebody that have arrived in the demo's folder, oldest first.
async fn mails(app: &TestApp, to: &str, template: &str) -> Vec<String> {
    let all: serde_json::Value = app.http.get(app.url("/sandbox/mail.json")).send().await.expect("an answer").json().await.expect("JSON");
    let mut mails: Vec<(String, String)> = all
        .as_array()
        .expect("a list")
        .iter()
        .filter(|mail| mail["to"] == to && mail["template"] == template)
        .map(|mail| (mail["id"].to_string(), mail["text"].as_str().expect("a text").to_owned()))
        .collect();
    mails.sort();
    mails.into_iter().map(|(_, text)| text).collect()
}

/// Waits for the nth mail of a template to somebody.
async fn mail(app: &TestApp, to: &str, template: &str, nth: usize) -> String {
    eventually("the mail", async || mails(app, to, template).await.get(nth - 1).cloned()).await
}

/// The token of the invitation link in a mail.
fn token(mail: &str) -> String {
    let rest = mail.split("/invitation?token=").nth(1).expect("a link");
    rest.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_')).next().expect("a token").to_owned()
}

/// How many entries of an action `demo` has.
async fn entries(app: &TestApp, action: &str) -> i64 {
    app.value(&format!(
        "select count(*) from audit_entry a join workspace w on w.id = a.workspace_id where w.slug = 'demo' and a.action = '{action}'"
    ))
    .await
}
