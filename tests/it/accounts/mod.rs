//! Local accounts as browsers meet them: signing up and in, passwords, sessions, second factors, passkeys, and the mails behind them.

mod factors;
mod mails;
mod passkeys;
mod passwords;
mod sessions;
mod signing_up;

use crate::support::*;
use my21staff::auth::server::hash;
use reqwest::{Response, header};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// A good password.
const PASSWORD: &str = "kopi tubruk tiga gelas";
/// Another one.
const OTHER_PASSWORD: &str = "hujan di bulan juni";

/// A browser: it keeps cookies, and follows no redirect by itself.
#[derive(Clone)]
struct Browser {
    http: reqwest::Client,
    base: String,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new(app: &TestApp) -> Self {
        Self { http: app.http.clone(), base: app.base.clone(), cookies: BTreeMap::new() }
    }

    /// One in which somebody is signed in.
    async fn of(app: &TestApp, email: &str, password: &str) -> Self {
        let mut browser = Self::new(app);
        let answer = browser.post("/sign-in", &[("email", email), ("password", password)]).await;
        assert_eq!(location(&answer), "/dashboard", "{email} signs in");
        browser
    }

    fn cookie(&self) -> String {
        self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep(&mut self, answer: &Response) {
        for cookie in answer.headers().get_all(header::SET_COOKIE) {
            let text = cookie.to_str().expect("text");
            let (name, value) = text.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            match text.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }

    async fn get(&mut self, path: &str) -> Response {
        let path = path.strip_prefix(&self.base).unwrap_or(path).to_owned();
        let request =
            self.http.get(format!("{}{path}", self.base)).header(header::COOKIE, self.cookie()).header(header::ACCEPT, "text/html");
        let answer = request.send().await.expect("an answer");
        self.keep(&answer);
        answer
    }

    async fn page(&mut self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.text().await.expect("a page")
    }

    async fn post(&mut self, path: &str, form: &impl Serialize) -> Response {
        let request =
            self.http.post(format!("{}{path}", self.base)).header(header::COOKIE, self.cookie()).header(header::ACCEPT, "text/html");
        let answer = request.form(form).send().await.expect("an answer");
        self.keep(&answer);
        answer
    }

    async fn post_json(&mut self, path: &str, body: &Value) -> Response {
        let request = self.http.post(format!("{}{path}", self.base)).header(header::COOKIE, self.cookie()).json(body);
        let answer = request.send().await.expect("an answer");
        self.keep(&answer);
        answer
    }

    /// Whether the session opens anything.
    async fn is_in(&mut self) -> bool {
        self.get("/account").await.status() == 200
    }

    fn actor(&self, app: &TestApp) -> Actor {
        Actor::with_cookie(&app.http, &app.base, &self.cookie())
    }
}

/// Where a redirect leads; empty for none.
fn location(answer: &Response) -> String {
    answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("text").to_owned()).unwrap_or_default()
}

/// Gives somebody a password.
async fn give_password(app: &TestApp, email: &str, password: &str) {
    let hash = hash(password.into()).await.expect("a hash");
    app.sql(&format!("update person set password_hash = '{hash}' where email = '{email}'")).await;
}

/// The mails to an address, newest first.
async fn mails_to(app: &TestApp, to: &str) -> Vec<Value> {
    let mails: Vec<Value> = app.http.get(app.url("/sandbox/mail.json")).send().await.expect("an answer").json().await.expect("JSON");
    mails.into_iter().filter(|mail| mail["to"] == to).collect()
}

/// The newest mail of a template to an address, once it is there.
async fn mail(app: &TestApp, to: &str, template: &str) -> Value {
    eventually(&format!("a mail {template}"), async || mails_to(app, to).await.into_iter().find(|mail| mail["template"] == template)).await
}

/// The link that a mail has on a line of its own, as a path.
fn link_in(app: &TestApp, mail: &Value) -> String {
    let text = mail["text"].as_str().expect("text");
    let link = text.lines().find_map(|line| line.strip_prefix(&app.base)).unwrap_or_else(|| panic!("a link of ours in {text}"));
    link.to_owned()
}

fn token_of(link: &str) -> String {
    link.split_once("token=").expect("a token").1.to_owned()
}

/// Every way to write a token that is none.
fn no_tokens(good: &str) -> Vec<String> {
    let swapped: String =
        good.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
    vec![
        String::new(),
        " ".into(),
        "null".into(),
        "undefined".into(),
        "0".into(),
        "%".into(),
        "'or'1'='1".into(),
        swapped,
        format!("{good} "),
        format!(" {good}"),
        format!("{good}="),
        good[..good.len() - 1].to_owned(),
        "A".repeat(43),
    ]
}
