//! From the form through the mail to an account (F1), without telling anybody who has one.

use super::*;
use my21staff::server::clock::Clock;
use std::time::{Duration, Instant};

const NEW: &str = "wening@toko.test";

fn form<'a>(email: &'a str, password: &'a str) -> [(&'static str, &'a str); 3] {
    [("name", "Wening Sari"), ("email", email), ("password", password)]
}

async fn people(app: &TestApp, email: &str) -> i64 {
    app.value(&format!("select count(*) from person where email = '{email}'")).await
}

#[tokio::test]
async fn a_visitor_signs_up_and_the_link_in_the_mail_opens_the_account() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let answer = browser.post("/sign-up", &form(" Wening@Toko.test ", PASSWORD)).await;
    assert_eq!(location(&answer), "/sign-up?done=sent");
    assert_eq!(people(&app, NEW).await, 0, "nobody yet: the address is not shown to be theirs");
    assert_eq!(location(&browser.post("/sign-in", &[("email", NEW), ("password", PASSWORD)]).await), "/sign-in?problem=credentials");

    let link = link_in(&app, &mail(&app, NEW, "verify_email").await);
    for _ in 0..2 {
        let page = browser.page(&link).await;
        assert!(!page.contains("type=\"password\""), "the browser that signed up needs only a button");
    }
    assert_eq!(people(&app, NEW).await, 0, "mail programs open links: that alone does nothing");
    let answer = browser.post("/verify", &[("token", token_of(&link))]).await;
    assert_eq!(location(&answer), "/dashboard");
    assert!(browser.is_in().await);
    let (name, locale): (String, String) = (
        app.value(&format!("select name from person where email = '{NEW}'")).await,
        app.value(&format!("select locale from person where email = '{NEW}'")).await,
    );
    assert_eq!((name.as_str(), locale.as_str()), ("Wening Sari", "id"));
    assert_eq!(location(&browser.post("/verify", &[("token", token_of(&link))]).await), "/verify?problem=link", "once");
    Browser::of(&app, NEW, PASSWORD).await;
}

#[tokio::test]
async fn a_stranger_who_signs_up_with_somebodys_address_gets_no_share_of_the_account() {
    let app = TestApp::start().await;
    Browser::new(&app).post("/sign-up", &form(NEW, PASSWORD)).await;
    let link = link_in(&app, &mail(&app, NEW, "verify_email").await);
    // The owner of the address follows the link out of curiosity, in their own browser.
    let mut owner = Browser::new(&app);
    assert!(owner.page(&link).await.contains("type=\"password\""), "another browser is asked for the password");
    for guess in ["", OTHER_PASSWORD] {
        let answer = owner.post("/verify", &[("token", token_of(&link).as_str()), ("password", guess)]).await;
        assert!(location(&answer).ends_with("&problem=password"), "{}", location(&answer));
    }
    assert_eq!(people(&app, NEW).await, 0);
    // Somebody who signed up on the computer and opens the mail on the phone knows it.
    let answer = owner.post("/verify", &[("token", token_of(&link).as_str()), ("password", PASSWORD)]).await;
    assert_eq!(location(&answer), "/dashboard");
}

#[tokio::test]
async fn signing_up_tells_nobody_who_has_an_account() {
    let app = TestApp::start().await;
    give_password(&app, "owner@demo.test", PASSWORD).await;
    let mut seen = Vec::new();
    for email in [NEW, "owner@demo.test"] {
        let began = Instant::now();
        let answer = Browser::new(&app).post("/sign-up", &form(email, OTHER_PASSWORD)).await;
        let took = began.elapsed();
        assert!(took >= Duration::from_millis(400), "no answer before the work could be done: {took:?}");
        let cookies: Vec<String> = answer
            .headers()
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|cookie| {
                let text = cookie.to_str().expect("text");
                format!("{}…{}", text.split('=').next().expect("a name"), text.split_once(';').expect("attributes").1)
            })
            .collect();
        seen.push((answer.status(), location(&answer), cookies, answer.text().await.expect("a body")));
    }
    assert_eq!(seen[0], seen[1]);
    // The mailbox alone learns it, and nothing was changed.
    let mail = mail(&app, "owner@demo.test", "already_registered").await;
    assert!(!mail["text"].as_str().expect("text").contains("token="));
    Browser::of(&app, "owner@demo.test", PASSWORD).await;
    assert_eq!(people(&app, "owner@demo.test").await, 1);
    let mails: Vec<String> = mails_to(&app, NEW).await.iter().map(|mail| mail["template"].to_string()).collect();
    assert_eq!(mails, ["\"verify_email\""]);
}

#[tokio::test]
async fn a_mailbox_is_not_flooded_and_the_answer_does_not_say_so() {
    let app = TestApp::start().await;
    for _ in 0..7 {
        assert_eq!(location(&Browser::new(&app).post("/sign-up", &form(NEW, PASSWORD)).await), "/sign-up?done=sent");
    }
    let mails: i64 = app.value(&format!("select count(*) from mail where recipient = '{NEW}'")).await;
    assert_eq!(mails, 4);
}

#[tokio::test]
async fn what_cannot_be_an_account_is_refused_with_its_reason() {
    let app = TestApp::start().await;
    for (name, email, password, problem) in [
        ("", NEW, PASSWORD, "name"),
        ("Wening", "bukan alamat", PASSWORD, "email"),
        ("Wening", "a@b.test\r\nBcc: semua@toko.test", PASSWORD, "email"),
        ("Wening", NEW, "7 huruf", "short"),
        ("Wening", NEW, "password123", "common"),
        ("Wening", NEW, NEW, "common"),
    ] {
        let mut browser = Browser::new(&app);
        let answer = browser.post("/sign-up", &[("name", name), ("email", email), ("password", password)]).await;
        assert_eq!(location(&answer), format!("/sign-up?problem={problem}"));
        assert!(browser.page(&location(&answer)).await.contains("role=\"alert\""));
    }
    assert_eq!(app.value::<i64>("select count(*) from sign_up").await, 0);
}

#[tokio::test]
async fn tokens_are_whole_or_nothing_and_last_a_day() {
    let now = 1_795_184_701_000;
    let app = TestApp::configured(Clock::fixed(now), |_| {}).await;
    let mut browser = Browser::new(&app);
    browser.post("/sign-up", &form(NEW, PASSWORD)).await;
    let link = link_in(&app, &mail(&app, NEW, "verify_email").await);
    for token in no_tokens(&token_of(&link)) {
        let answer = browser.post("/verify", &[("token", token.as_str()), ("password", PASSWORD)]).await;
        assert_eq!(location(&answer), "/verify?problem=link", "{token:?}");
    }
    app.app.clock.set(now + 24 * 3_600_000 + 1);
    let answer = browser.post("/verify", &[("token", token_of(&link).as_str()), ("password", PASSWORD)]).await;
    assert_eq!(location(&answer), "/verify?problem=link", "a day later");
    assert_eq!(people(&app, NEW).await, 0);
}
