//! How long sessions live, who ends them, and what ends with them.

use super::*;
use my21staff::{auth::server::end_all_of, ids::PersonId, server::clock::Clock};
use std::time::{Duration, Instant};

const OWNER: &str = "owner@demo.test";
const NOW: i64 = 1_795_184_701_000;
const DAY: i64 = 86_400_000;

async fn standing_clock() -> TestApp {
    TestApp::configured(Clock::fixed(NOW), |_| {}).await
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends_after_a_week() {
    let app = standing_clock().await;
    let owner = app.owner().await;
    for (day, status) in [(6, 200), (12, 200), (19, 401)] {
        app.app.clock.set(NOW + day * DAY + 1);
        assert_eq!(owner.try_viewer("demo").await.status(), status, "day {day}");
    }
    app.app.clock.set(NOW + 19 * DAY - 60_000);
    let owner = app.owner().await;
    app.app.clock.set(NOW + 26 * DAY - 60_000);
    assert_eq!(owner.try_viewer("demo").await.status(), 401, "exactly a week");
}

#[tokio::test]
async fn a_session_ends_after_a_month_however_much_it_is_used() {
    let app = standing_clock().await;
    let owner = app.owner().await;
    for day in 1..30 {
        app.app.clock.set(NOW + day * DAY);
        assert_eq!(owner.try_viewer("demo").await.status(), 200, "day {day}");
    }
    app.app.clock.set(NOW + 30 * DAY - 1);
    assert_eq!(owner.try_viewer("demo").await.status(), 200);
    app.app.clock.set(NOW + 30 * DAY);
    assert_eq!(owner.try_viewer("demo").await.status(), 401);
}

#[tokio::test]
async fn use_is_noted_coarsely() {
    let app = standing_clock().await;
    let owner = app.owner().await;
    let version = "select xmin::text from session";
    let fresh: String = app.value(version).await;
    for minutes in [1, 2, 4] {
        app.app.clock.set(NOW + minutes * 60_000);
        owner.try_viewer("demo").await;
        assert_eq!(app.value::<String>(version).await, fresh, "minute {minutes}: nothing is written");
    }
    app.app.clock.set(NOW + 5 * 60_000);
    owner.try_viewer("demo").await;
    assert_ne!(app.value::<String>(version).await, fresh);
}

#[tokio::test]
async fn somebody_who_is_removed_has_no_session_and_no_stream_two_seconds_later() {
    let app = TestApp::start().await;
    let member = app.sign_in("member@demo.test").await;
    let owner = app.owner().await;
    let second = app.second_process().await;
    let mut streams = [member.live("demo", None).await, member.at(&second.base).live("demo", None).await];
    let mut others = owner.live("demo", None).await;
    tokio::join!(app.is_ready(), second.is_ready());

    // As removing does it: with the membership, in one transaction.
    let began = Instant::now();
    let person = PersonId(app.value("select id from person where email = 'member@demo.test'").await);
    let mut tx = my21staff::server::db::begin(&app.app.db.system).await.expect("a transaction");
    let ended = end_all_of(&mut tx, person, None).await.expect("sessions");
    tx.commit().await.expect("committed");
    ended.announce(&app.app);
    for stream in &mut streams {
        let bye = stream.ending().await.expect("a last event");
        assert_eq!((bye.name.as_deref(), bye.data.as_str()), (Some("bye"), "signed_out"));
    }
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for base in [&app.base, &second.base] {
        assert_eq!(member.at(base).try_viewer("demo").await.status(), 401);
    }
    assert_eq!(owner.try_viewer("demo").await.status(), 200, "others stay");
    assert!(others.is_silent_for(Duration::from_millis(300)).await, "others stay connected");
}

#[tokio::test]
async fn sessions_are_listed_with_device_and_address_and_ended_one_by_one_or_together() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let agents = [
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
        "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
        "<script>alert(1)</script>",
    ];
    let mut browsers = Vec::new();
    for agent in agents {
        let mut browser = Browser::new(&app);
        let request =
            app.http.post(app.url("/sign-in")).header(header::USER_AGENT, agent).form(&[("email", OWNER), ("password", PASSWORD)]);
        browser.keep(&request.send().await.expect("an answer"));
        browsers.push(browser);
    }
    let [mut phone, mut desktop, mut unknown] = <[Browser; 3]>::try_from(browsers).ok().expect("three");
    let page = desktop.page("/account").await;
    for part in ["Chrome · Android", "Firefox · Linux", "Perangkat tidak dikenal", "127.0.0.1", "Sesi ini"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(!page.contains("alert(1)"));

    let of_phone: uuid::Uuid = app.value("select id from session where device = 'Chrome · Android'").await;
    let form = [("session", of_phone.to_string())];
    let mut stranger = Browser::new(&app);
    stranger.keep(&app.http.post(app.url("/api/dev/sign-in")).form(&[("email", "owner@other.test")]).send().await.expect("an answer"));
    assert_eq!(stranger.post("/account/sessions/end", &form).await.status(), 404, "somebody else's");
    assert!(phone.is_in().await);
    let mut stream = phone.actor(&app).live("demo", None).await;
    assert_eq!(location(&desktop.post("/account/sessions/end", &form).await), "/account?done=session");
    stream.ending().await.expect("the stream says goodbye");
    assert!(!phone.is_in().await && unknown.is_in().await);
    assert_eq!(location(&desktop.post("/account/sessions/end-others", &[("", "")]).await), "/account?done=sessions");
    assert!(!unknown.is_in().await && desktop.is_in().await && stranger.is_in().await);
}

#[tokio::test]
async fn signing_out_forgets_everything_and_signing_in_leaves_no_old_session() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut browser = Browser::of(&app, OWNER, PASSWORD).await;
    let mut old = browser.clone();
    browser.post("/sign-in", &[("email", OWNER), ("password", PASSWORD)]).await;
    assert!(browser.is_in().await && !old.is_in().await, "a cookie that was planted before is worth nothing after");
    let mut copy = browser.clone();
    let answer = browser.post("/sign-out", &[("", "")]).await;
    assert_eq!(location(&answer), "/sign-in");
    assert_eq!(answer.headers()["clear-site-data"], "\"cache\", \"storage\"");
    assert!(!browser.is_in().await && !copy.is_in().await);
}

#[tokio::test]
async fn over_https_cookies_are_bound_to_the_host() {
    let app = TestApp::configured(Clock::System, |env| {
        env.insert("PUBLIC_URL".into(), "https://my21staff.test".into());
    })
    .await;
    let answer = app.http.post(app.url("/api/dev/sign-in")).form(&[("email", OWNER)]).send().await.expect("an answer");
    let cookie = answer.headers()[header::SET_COOKIE].to_str().expect("text");
    assert!(cookie.starts_with("__Host-my21_session="), "{cookie}");
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure"] {
        assert!(cookie.split("; ").any(|part| part == attribute), "{attribute} in {cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn a_profile_is_changed_by_its_owner_and_the_language_comes_along() {
    let app = TestApp::start().await;
    give_password(&app, OWNER, PASSWORD).await;
    let mut browser = Browser::of(&app, OWNER, PASSWORD).await;
    let answer = browser.post("/account/profile", &[("name", " Rani  <b>Prameswari</b> "), ("locale", "en")]).await;
    assert_eq!(location(&answer), "/account?done=profile");
    let page = browser.page("/account?done=profile").await;
    assert!(page.contains("lang=\"en\"") && page.contains("Profile saved.") && page.contains("Rani &lt;b&gt;Prameswari&lt;/b&gt;"));
    for (name, locale, problem) in [("", "en", "name"), ("Rani", "xx", "locale")] {
        assert_eq!(
            location(&browser.post("/account/profile", &[("name", name), ("locale", locale)]).await),
            format!("/account?problem={problem}")
        );
    }
    let mut fresh = Browser::of(&app, OWNER, PASSWORD).await;
    assert!(fresh.page("/account").await.contains("lang=\"en\""), "another browser speaks it after signing in");
}
