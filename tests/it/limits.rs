//! How often somebody may do something: counted for all processes together, by account, address and person, and told with the time to wait.

use crate::support::*;
use my21staff::server::{
    clock::Clock,
    limits::{self, Rule},
};
use reqwest::{Response, StatusCode, header};
use std::{collections::BTreeSet, time::Duration};

/// 25 November 2026.
const NOW: i64 = 1_795_600_000_000;

async fn sign_in(app: &TestApp, email: &str, password: &str, from: Option<&str>) -> Response {
    let mut request = app.http.post(app.url("/sign-in")).form(&[("email", email), ("password", password)]);
    if let Some(from) = from {
        request = request.header("x-forwarded-for", from);
    }
    request.send().await.expect("an answer")
}

fn seconds_to_wait(answer: &Response) -> u64 {
    let wait = answer.headers().get(header::RETRY_AFTER).unwrap_or_else(|| panic!("{} says when to come back", answer.status()));
    wait.to_str().expect("text").parse().expect("seconds")
}

#[tokio::test]
async fn guessing_a_password_is_stopped_for_all_processes_and_told_when_to_go_on() {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    let second = app.second_process().await;
    let hash = my21staff::auth::server::hash("kata sandi yang benar".into()).await.expect("a hash");
    app.sql(&format!("update person set password_hash = '{hash}' where email = 'owner@demo.test'")).await;
    for n in 0..10 {
        // Each from elsewhere and at either process: it is the account that counts.
        let at = if n % 2 == 0 { &app } else { &second };
        let answer = sign_in(at, "Owner@demo.test ", "salah", Some(&format!("203.0.113.{n}"))).await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER, "attempt {n}");
    }
    for at in [&app, &second] {
        let answer = sign_in(at, "owner@demo.test", "kata sandi yang benar", Some("203.0.113.77")).await;
        assert_eq!(answer.status(), StatusCode::TOO_MANY_REQUESTS, "not even the right one");
        assert_eq!(seconds_to_wait(&answer), 900);
        assert!(!answer.headers().contains_key(header::SET_COOKIE));
    }
    // An unknown account is answered the same way, so the limit tells nobody who exists.
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        last = sign_in(&app, "nobody@demo.test", "salah", Some("203.0.113.78")).await.status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    // A browser is led back to the page, which says it in words.
    let request = app.http.post(app.url("/sign-in")).header("accept", "text/html").form(&[("email", "owner@demo.test"), ("password", "x")]);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.headers()[header::LOCATION], "/sign-in?problem=throttled");
    // The window ends.
    app.app.clock.set(NOW + 900_000);
    let answer = sign_in(&app, "owner@demo.test", "kata sandi yang benar", None).await;
    assert!(answer.headers().contains_key(header::SET_COOKIE), "{}", answer.status());
}

#[tokio::test]
async fn a_right_password_forgets_the_wrong_ones() {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    let hash = my21staff::auth::server::hash("kata sandi yang benar".into()).await.expect("a hash");
    app.sql(&format!("update person set password_hash = '{hash}' where email = 'owner@demo.test'")).await;
    for round in 0..3 {
        for _ in 0..9 {
            sign_in(&app, "owner@demo.test", "salah", Some(&format!("203.0.113.{round}"))).await;
        }
        let answer = sign_in(&app, "owner@demo.test", "kata sandi yang benar", Some(&format!("203.0.113.{round}"))).await;
        assert!(answer.headers().contains_key(header::SET_COOKIE), "round {round}: {}", answer.status());
    }
}

#[tokio::test]
async fn one_address_is_limited_over_all_accounts_and_only_a_trusted_proxy_may_name_it() {
    let trusting = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    let mut refused = BTreeSet::new();
    for n in 0..61 {
        let answer = sign_in(&trusting, &format!("somebody{n}@demo.test"), "salah", Some("198.51.100.1, 203.0.113.9")).await;
        refused.insert((n >= 60, answer.status().as_u16()));
    }
    assert_eq!(refused, BTreeSet::from([(false, 303), (true, 429)]), "sixty, whichever accounts they are for");
    assert_eq!(sign_in(&trusting, "another@demo.test", "salah", Some("203.0.113.10")).await.status(), 303, "the neighbour may");

    let distrustful = TestApp::configured(Clock::fixed(NOW), |env| {
        env.insert("TRUSTED_PROXIES".into(), "192.0.2.1".into());
    })
    .await;
    let mut last = 0;
    for n in 0..61 {
        last = sign_in(&distrustful, &format!("somebody{n}@demo.test"), "salah", Some(&format!("203.0.113.{n}"))).await.status().as_u16();
    }
    assert_eq!(last, 429, "a header that anybody can write changes nothing");
}

#[tokio::test]
async fn the_table_names_nobody_and_cleans_itself() {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    sign_in(&app, "owner@demo.test", "salah", Some("203.0.113.9")).await;
    let rows: String = app.value("select string_agg(r::text, ' ') from rate_limit r").await;
    assert!(!rows.contains("owner") && !rows.contains("203.0"), "{rows}");
    app.app.clock.set(NOW + 901_000);
    limits::sweep(&app.app).await.expect("swept");
    assert_eq!(app.value::<i64>("select count(*) from rate_limit").await, 0);
}

#[tokio::test]
async fn many_at_once_are_counted_one_by_one() {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    let second = app.second_process().await;
    let rule = Rule { name: "test", count: 20, window: Duration::from_secs(60) };
    let calls = (0..60).map(|n| {
        let at = if n % 2 == 0 { app.app.clone() } else { second.app.clone() };
        tokio::spawn(async move { limits::take(&at, &rule, "x").await })
    });
    let outcomes = futures::future::join_all(calls).await;
    let let_through = outcomes.iter().filter(|outcome| matches!(outcome, Ok(Ok(())))).count();
    assert_eq!(let_through, 20);
    assert!(limits::take(&app.app, &rule, "y").await.is_ok(), "another key is another counter");
}

#[tokio::test]
async fn replies_of_one_person_and_bad_signatures_of_one_address_are_limited() {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    app.customer_says("6281100000001", "halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let mut last = None;
    for n in 0..46 {
        last = Some(owner.try_send("demo", id, uuid::Uuid::new_v4(), &format!("pesan {n}")).await);
    }
    let last = last.expect("an answer");
    assert_eq!(last.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(seconds_to_wait(&last) <= 60);
    assert_eq!(app.value::<i64>("select count(*) from message where sender = 'teammate'").await, 45, "what was refused was not stored");
    let admin = app.sign_in("admin@demo.test").await;
    assert!(admin.try_send("demo", id, uuid::Uuid::new_v4(), "halo").await.status().is_success(), "another person may");

    let mut last = StatusCode::OK;
    for _ in 0..101 {
        last = app.deliver_signed("{}", "another secret").await.status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    app.customer_says("6281100000001", "masih bisa").await;
}
