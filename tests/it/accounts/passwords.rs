//! Wrong, forgotten, changed and temporary passwords.

use super::*;
use my21staff::server::clock::Clock;
use std::time::{Duration, Instant};

const OWNER: &str = "owner@demo.test";

async fn attempt(app: &TestApp, email: &str, password: &str) -> String {
    location(&Browser::new(app).post("/sign-in", &[("email", email), ("password", password)]).await)
}

/// What it takes when nothing else goes on: a busy machine makes times longer, never shorter.
fn shortest(times: Vec<Duration>) -> Duration {
    times.into_iter().min().expect("some were taken")
}

#[tokio::test]
async fn an_unknown_address_looks_like_a_wrong_password_and_takes_as_long() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    // A person without a password (invited, or of the demo) is the third kind.
    let emails = [OWNER, "nobody@demo.test", "admin@demo.test"];
    for _ in 0..5 {
        for (email, times) in emails.iter().zip(&mut times) {
            let began = Instant::now();
            assert_eq!(attempt(&app, email, OTHER_PASSWORD).await, "/sign-in?problem=credentials");
            times.push(began.elapsed());
        }
    }
    let [known, unknown, without] = times.map(shortest);
    for other in [unknown, without] {
        let ratio = other.as_secs_f64() / known.as_secs_f64();
        assert!((0.5..2.0).contains(&ratio), "{known:?} {unknown:?} {without:?}");
    }
}

#[tokio::test]
async fn guessing_is_slowed_down_per_account_and_only_there() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    give_password(&app, "admin@demo.test", PASSWORD).await;
    for _ in 0..10 {
        assert_eq!(attempt(&app, OWNER, OTHER_PASSWORD).await, "/sign-in?problem=credentials");
    }
    assert_eq!(attempt(&app, OWNER, PASSWORD).await, "/sign-in?problem=throttled", "not even with the right one");
    assert_eq!(attempt(&app, "OWNER@demo.test ", PASSWORD).await, "/sign-in?problem=throttled", "however it is written");
    assert_eq!(attempt(&app, "admin@demo.test", PASSWORD).await, "/dashboard");
    let second = app.second_process().await;
    assert_eq!(attempt(&second, OWNER, PASSWORD).await, "/sign-in?problem=throttled", "in every process");
    let answer = app.http.post(app.url("/sign-in")).form(&[("email", OWNER), ("password", PASSWORD)]).send().await.expect("an answer");
    assert_eq!(answer.status(), 429);
    assert!(answer.headers().contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn signing_in_leads_back_to_where_one_was_and_never_away() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    for (back, to) in [
        ("/demo/inbox", "/demo/inbox"),
        ("/account", "/account"),
        ("//evil.test", "/dashboard"),
        ("/\\evil.test", "/dashboard"),
        ("/%2Fevil.test", "/dashboard"),
        ("/%5Cevil.test", "/dashboard"),
        ("https://evil.test/", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
    ] {
        let answer = Browser::new(&app).post("/sign-in", &[("email", OWNER), ("password", PASSWORD), ("back", back)]).await;
        assert_eq!(location(&answer), to, "{back}");
    }
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_the_link_and_every_session_and_stream_ends() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut elsewhere = Browser::of(&app, OWNER, PASSWORD).await;
    let mut stream = elsewhere.actor(&app).live("demo", None).await;
    let second = app.second_process().await;
    let mut stream_of_another_process = elsewhere.actor(&second).live("demo", None).await;
    tokio::join!(app.is_ready(), second.is_ready());

    let mut browser = Browser::new(&app);
    assert_eq!(location(&browser.post("/forgot", &[("email", OWNER)]).await), "/forgot?done=sent");
    let link = link_in(&app, &mail(&app, OWNER, "password_reset").await);
    for token in no_tokens(&token_of(&link)) {
        let answer = browser.post("/reset", &[("token", token.as_str()), ("password", OTHER_PASSWORD)]).await;
        assert_eq!(location(&answer), "/forgot?problem=link", "{token:?}");
    }
    assert!(browser.page(&link).await.contains("autocomplete=\"new-password\""));
    let weak = browser.post("/reset", &[("token", token_of(&link).as_str()), ("password", "12345678")]).await;
    assert!(location(&weak).ends_with("&problem=common"), "the link is not used up by it");
    assert!(elsewhere.is_in().await);

    let began = Instant::now();
    let answer = browser.post("/reset", &[("token", token_of(&link).as_str()), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(location(&answer), "/sign-in?done=reset");
    for stream in [&mut stream, &mut stream_of_another_process] {
        let bye = stream.ending().await.expect("a last event");
        assert_eq!((bye.name.as_deref(), bye.data.as_str()), (Some("bye"), "signed_out"));
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(!elsewhere.is_in().await);
    assert_eq!(attempt(&app, OWNER, PASSWORD).await, "/sign-in?problem=credentials");
    assert_eq!(attempt(&app, OWNER, OTHER_PASSWORD).await, "/dashboard");
    let again = browser.post("/reset", &[("token", token_of(&link).as_str()), ("password", PASSWORD)]).await;
    assert_eq!(location(&again), "/forgot?problem=link", "once");
    mail(&app, OWNER, "security_changed").await;
    assert_eq!(app.value::<i64>("select count(*) from audit_entry where action = 'person.password_reset'").await, 1);
}

#[tokio::test]
async fn a_link_lasts_an_hour_and_its_token_is_not_in_the_database() {
    let now = 1_795_184_701_000;
    let app = TestApp::configured(Clock::fixed(now), |_| {}).await;
    let mut browser = Browser::new(&app);
    browser.post("/forgot", &[("email", OWNER)]).await;
    let link = link_in(&app, &mail(&app, OWNER, "password_reset").await);
    let token = token_of(&link);
    let sent = "select count(*) from mail where state = 'sent'";
    eventually("the mail is settled", async || (app.value::<i64>(sent).await == 1).then_some(())).await;
    let kept: i64 = app
        .value(&format!(
            "select (select count(*) from password_reset r where r::text like '%{token}%') + (select count(*) from mail m where m::text like '%{token}%')
             + (select count(*) from job j where j::text like '%{token}%')"
        ))
        .await;
    assert_eq!(kept, 0);
    app.app.clock.set(now + 3_600_000 - 1_000);
    assert!(browser.page(&link).await.contains("new-password"));
    app.app.clock.set(now + 3_600_000);
    assert!(!browser.page(&link).await.contains("new-password"));
    let late = browser.post("/reset", &[("token", token.as_str()), ("password", OTHER_PASSWORD)]).await;
    assert_eq!(location(&late), "/forgot?problem=link");
}

#[tokio::test]
async fn asking_for_a_link_tells_nobody_who_has_an_account() {
    let app = TestApp::start().await;
    let mut seen = Vec::new();
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..3 {
        for (email, times) in [OWNER, "nobody@demo.test"].iter().zip(&mut times) {
            let began = Instant::now();
            let answer = Browser::new(&app).post("/forgot", &[("email", email)]).await;
            times.push(began.elapsed());
            let answer = (answer.status(), location(&answer), answer.headers().len());
            seen.push(answer);
        }
    }
    assert!(seen.iter().all(|answer| *answer == seen[0]), "{seen:?}");
    let [known, unknown] = times.map(shortest);
    assert!(known.abs_diff(unknown) < Duration::from_millis(60), "{known:?} {unknown:?}");
    assert!(mails_to(&app, "nobody@demo.test").await.is_empty());
}

#[tokio::test]
async fn changing_the_password_ends_every_other_session_and_all_streams() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut here = Browser::of(&app, OWNER, PASSWORD).await;
    let mut elsewhere = Browser::of(&app, OWNER, PASSWORD).await;
    let mut stream = elsewhere.actor(&app).live("demo", None).await;
    let stolen = here.clone();
    for (current, new, problem) in
        [(OTHER_PASSWORD, OTHER_PASSWORD, "current"), ("", OTHER_PASSWORD, "current"), (PASSWORD, "pendek", "short")]
    {
        let answer = here.post("/account/password", &[("current", current), ("new", new)]).await;
        assert_eq!(location(&answer), format!("/account?problem={problem}"));
    }
    assert!(elsewhere.is_in().await);
    let began = Instant::now();
    let answer = here.post("/account/password", &[("current", PASSWORD), ("new", OTHER_PASSWORD)]).await;
    assert_eq!(location(&answer), "/account?done=password");
    stream.ending().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert!(here.is_in().await, "with a new cookie");
    assert!(!elsewhere.is_in().await && !stolen.clone().is_in().await, "old cookies are worth nothing, this browser's included");
    assert_eq!(attempt(&app, OWNER, PASSWORD).await, "/sign-in?problem=credentials");
    assert_eq!(attempt(&app, OWNER, OTHER_PASSWORD).await, "/dashboard");
    assert_eq!(app.value::<i64>("select count(*) from audit_entry where action = 'person.password_changed'").await, 1);
}

#[tokio::test]
async fn a_temporary_password_opens_only_the_page_that_replaces_it() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    app.sql(&format!("update person set must_change_password = true where email = '{OWNER}'")).await;
    let mut browser = Browser::of(&app, OWNER, PASSWORD).await;
    for path in ["/dashboard", "/demo/inbox", "/account"] {
        let answer = browser.get(path).await;
        assert_eq!(location(&answer), "/change-password", "{path}: {}", answer.status());
    }
    let actor = browser.actor(&app);
    assert_eq!(actor.try_list("demo", None).await.status(), 403);
    assert_eq!(actor.get("/api/demo/live").await.status(), 403);
    assert_eq!(actor.get("/api/demo/events?after=0").await.status(), 403);
    let refused = browser.post("/account/profile", &[("name", "Lain"), ("locale", "id")]).await;
    assert_eq!(refused.status(), 403);

    assert!(browser.page("/change-password").await.contains("name=\"new\""));
    for (new, problem) in [(PASSWORD, "same"), ("pendek", "short"), ("rahasia123", "common")] {
        assert_eq!(location(&browser.post("/change-password", &[("new", new)]).await), format!("/change-password?problem={problem}"));
    }
    assert_eq!(location(&browser.post("/change-password", &[("new", OTHER_PASSWORD)]).await), "/dashboard");
    assert_eq!(browser.get("/demo/inbox").await.status(), 200);
    // The page is no way around the current password afterwards.
    let answer = browser.post("/change-password", &[("new", "sesuatu yang lain lagi")]).await;
    assert_eq!(location(&answer), "/account?problem=current");
    assert_eq!(attempt(&app, OWNER, OTHER_PASSWORD).await, "/dashboard");
}
