//! Tokens at the door, the lease of streams, and how both end.

use super::*;
use std::time::Duration;

async fn ends(stream: &mut LiveStream, name: &str, data: &str) {
    let end = tokio::time::timeout(Duration::from_secs(2), stream.ending()).await.unwrap_or_else(|_| panic!("{name} {data} within 2 s"));
    let end = end.expect("a last word");
    assert_eq!((end.name.as_deref(), end.data.as_str()), (Some(name), data));
}

#[tokio::test]
async fn cookies_and_bearer_tokens_open_the_door_and_nothing_else_does() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let token = app.token("user_ayu", "sess_1");
    let suffix = app.suffix();
    let uat = app.now() - 100;
    let ask = async |name: header::HeaderName, value: String| {
        app.http.get(app.url("/api/toko-ayu/events?after=0")).header(name, value).send().await.unwrap().status().as_u16()
    };
    let good = [
        (header::AUTHORIZATION, format!("Bearer {token}")),
        (header::COOKIE, format!("__session={token}; __client_uat={uat}")),
        (header::COOKIE, format!("__session_{suffix}={token}; __client_uat_{suffix}={uat}")),
        (header::COOKIE, format!("__session=old; __client_uat=0; __session_{suffix}={token}; __client_uat_{suffix}={uat}")),
    ];
    for (name, value) in good {
        assert_eq!(ask(name, value.clone()).await, 200, "{value}");
    }
    let changed = |change: fn(&mut Value, &mut Value)| {
        let (mut header, mut claims) = (app.header(), app.claims("user_ayu", "sess_1"));
        change(&mut header, &mut claims);
        app.key.sign(&header, &claims)
    };
    let two = Key::named("two");
    let mut own_key = app.header();
    own_key["jwk"] = two.jwk();
    let bad = [
        ("expired", changed(|_, claims| claims["exp"] = (claims["iat"].as_i64().unwrap() - 6).into())),
        ("not yet", changed(|_, claims| claims["nbf"] = (claims["iat"].as_i64().unwrap() + 60).into())),
        ("another party", changed(|_, claims| claims["azp"] = "https://evil.test".into())),
        ("no party", changed(|_, claims| claims["azp"] = Value::Null)),
        ("another issuer", changed(|_, claims| claims["iss"] = "https://clerk.evil.test".into())),
        ("no session", changed(|_, claims| claims["sid"] = Value::Null)),
        ("unfinished", changed(|_, claims| claims["sts"] = "pending".into())),
        ("a template's token", changed(|header, _| header["cat"] = "cl_B7d4PD222AAA".into())),
        ("an unknown key", two.sign(&json!({ "alg": "RS256", "kid": two.kid, "typ": "JWT" }), &app.claims("user_ayu", "sess_1"))),
        ("another key under this name", two.sign(&app.header(), &app.claims("user_ayu", "sess_1"))),
        ("a key of its own", two.sign(&own_key, &app.claims("user_ayu", "sess_1"))),
        ("nothing", String::new()),
    ];
    for (what, token) in bad {
        assert_eq!(ask(header::AUTHORIZATION, format!("Bearer {token}")).await, 401, "{what}");
        assert_eq!(ask(header::COOKIE, format!("__session={token}; __client_uat={uat}")).await, 401, "{what} as a cookie");
    }
    for cookies in [
        format!("__session={token}"),
        format!("__session={token}; __client_uat=0"),
        format!("__session={token}; __client_uat={}", app.now() + 1),
        format!("__session={token}; __client_uat={uat}; __client_uat_{suffix}=0"),
        format!("__client_uat={uat}"),
    ] {
        assert_eq!(ask(header::COOKIE, cookies.clone()).await, 401, "{cookies}");
    }
}

#[tokio::test]
async fn local_accounts_are_shut_where_clerk_is_the_way_in() {
    let local = TestApp::start().await;
    let cookie = local.owner().await.cookie;
    let app = ClerkApp::start().await;
    for path in ["/api/dev/sign-in", "/sign-in"] {
        let answer = app.http.post(app.url(path)).form(&[("email", "owner@demo.test"), ("password", "x")]).send().await.unwrap();
        assert!(!answer.headers().contains_key(header::SET_COOKIE), "{path}");
    }
    for path in [
        "/sign-in/second",
        "/sign-up",
        "/verify",
        "/forgot",
        "/reset",
        "/change-password",
        "/account/password",
        "/api/passkey/sign-in/options",
    ] {
        let answer = app.http.post(app.url(path)).form(&[("email", "owner@demo.test")]).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 404 | 405), "{path}: {}", answer.status());
    }
    for (path, to) in [("/forgot", "/sign-in"), ("/reset", "/sign-in"), ("/verify", "/sign-in"), ("/account", "/sign-in/organization")] {
        let answer = app.http.get(app.url(path)).header(header::ACCEPT, "text/html").send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()[header::LOCATION].to_str().unwrap()), (302, to), "{path}");
    }
    // A session of before, carried over.
    app.sql(
        "insert into session (token_hash, person_id, created_at, expires_at)
             select sha256('\\x0909'), id, now(), now() + interval '1 day' from person where email = 'owner@demo.test'",
    )
    .await;
    let answer = app.http.get(app.url("/api/session")).header(header::COOKIE, cookie).send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

#[tokio::test]
async fn a_key_that_rotated_in_signs_people_in() {
    let app = ClerkApp::at(Clock::fixed(T)).await;
    assert_eq!(app.browser("user_ayu", "sess_1").status("/api/session").await, 200);
    let two = Key::named("two");
    app.api.keys.lock().unwrap().push(two.jwk());
    app.app.app.clock.set(T + 15_000);
    let token = two.sign(&json!({ "alg": "RS256", "kid": two.kid, "typ": "JWT" }), &app.claims("user_ayu", "sess_1"));
    let answer = app.http.get(app.url("/api/session")).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_token_that_is_faster_than_its_webhook_makes_one_person() {
    let app = ClerkApp::start().await;
    let browser = app.browser("user_ayu", "sess_1");
    let all = futures::future::join_all((0..10).map(|_| browser.status("/api/session"))).await;
    assert!(all.iter().all(|status| *status == 200), "{all:?}");
    assert_eq!(app.value::<i64>("select count(*) from person where clerk_id = 'user_ayu' and email is null").await, 1);
    app.event(&user("user.created", "user_ayu", "Ayu", "ayu@example.test", T)).await;
    let name: String = app.value("select name || ' ' || email from person where clerk_id = 'user_ayu'").await;
    assert_eq!(name, "Ayu ayu@example.test");
}

#[tokio::test]
async fn who_was_deleted_or_banned_does_not_come_in_by_a_token_that_is_still_good() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let (ayu, unseen) = (app.browser("user_ayu", "sess_1"), app.browser("user_unseen", "sess_2"));
    assert_eq!(ayu.status("/api/session").await, 200);
    let mut stream = ayu.live("toko-ayu").await;
    app.event(&deleted("user.deleted", "user_ayu")).await;
    app.event(&deleted("user.deleted", "user_unseen")).await;
    ends(&mut stream, "bye", "signed_out").await;
    assert_eq!((ayu.status("/api/session").await, unseen.status("/api/session").await), (401, 401));
    assert_eq!(app.value::<i64>("select count(*) from person where clerk_id = 'user_unseen'").await, 0);
    let budi = app.browser("user_budi", "sess_3");
    let mut stream = budi.live("toko-ayu").await;
    let mut banned = user("user.updated", "user_budi", "Budi", "budi@example.test", T + 1);
    banned["data"]["banned"] = true.into();
    app.event(&banned).await;
    ends(&mut stream, "bye", "signed_out").await;
    assert_eq!(budi.status("/api/session").await, 401);
    app.event(&user("user.updated", "user_budi", "Budi", "budi@example.test", T + 2)).await;
    assert_eq!(budi.status("/api/session").await, 200, "and a ban can be lifted");
}

#[tokio::test]
async fn a_session_that_ends_at_clerk_ends_here_with_its_streams_in_every_process() {
    for kind in ["session.ended", "session.removed", "session.revoked"] {
        let app = ClerkApp::start().await;
        toko(&app).await;
        let other = app.second().await;
        let (ending, staying) = (app.browser("user_ayu", "sess_1"), app.browser("user_ayu", "sess_2"));
        let at_other = Browser { base: other.base.clone(), http: app.http.clone(), cookie: ending.cookie.clone() };
        let mut streams = [ending.live("toko-ayu").await, at_other.live("toko-ayu").await];
        let mut stays = staying.live("toko-ayu").await;
        eventually("both processes listen", async || {
            let (one, two) = tokio::join!(my21staff::server::health::check(&app.app.app), my21staff::server::health::check(&other.app));
            (one.ready && two.ready).then_some(())
        })
        .await;
        app.event(&session(kind, "sess_1", "user_ayu")).await;
        for stream in &mut streams {
            ends(stream, "bye", "signed_out").await;
        }
        assert_eq!((ending.status("/api/session").await, at_other.status("/api/session").await), (401, 401), "{kind}");
        assert!(stays.is_silent_for(Duration::from_millis(300)).await, "her other session goes on");
        assert_eq!(staying.status("/api/session").await, 200);
    }
}

#[tokio::test]
async fn who_leaves_an_organisation_loses_its_stream_within_two_seconds_despite_the_token() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let other = app.second().await;
    let budi = app.browser("user_budi", "sess_1");
    let at_other = Browser { base: other.base.clone(), http: app.http.clone(), cookie: budi.cookie.clone() };
    let org = organization("organization.created", "org_toko", "Toko Ayu", "toko-ayu", "user_ayu", T);
    eventually("both processes listen", async || {
        let (one, two) = tokio::join!(my21staff::server::health::check(&app.app.app), my21staff::server::health::check(&other.app));
        (one.ready && two.ready).then_some(())
    })
    .await;
    let mut streams = [budi.live("toko-ayu").await, at_other.live("toko-ayu").await];
    app.event(&membership("organizationMembership.updated", "orgmem_budi", &org, "user_budi", "org:admin", T + 1)).await;
    for stream in &mut streams {
        ends(stream, "reset", "-").await;
    }
    assert_eq!(budi.status("/api/toko-ayu/events?after=0").await, 200, "in the new role");
    let mut streams = [budi.live("toko-ayu").await, at_other.live("toko-ayu").await];
    app.event(&membership("organizationMembership.deleted", "orgmem_budi", &org, "user_budi", "org:admin", T + 2)).await;
    for stream in &mut streams {
        ends(stream, "reset", "-").await;
    }
    assert_eq!(budi.status("/api/toko-ayu/events?after=0").await, 404);
    assert_eq!(budi.status("/api/session").await, 200, "signed in all the same");
}

#[tokio::test]
async fn a_stream_outlives_its_token_for_as_long_as_new_ones_come() {
    let app = ClerkApp::at(Clock::fixed(T)).await;
    toko(&app).await;
    let mut stream = app.browser("user_ayu", "sess_1").live("toko-ayu").await;
    // Four minutes on, the token is long over; a new one renews the lease.
    app.app.app.clock.set(T + 240_000);
    assert_eq!(app.browser("user_ayu", "sess_1").status("/api/session").await, 200);
    app.app.app.clock.set(T + 480_000);
    app.app.app.wake.seats_changed();
    assert!(stream.is_silent_for(Duration::from_millis(500)).await, "the lease holds");
    app.app.app.clock.set(T + 541_000);
    app.app.app.wake.seats_changed();
    ends(&mut stream, "bye", "signed_out").await;
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_at_clerk() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let ayu = app.browser("user_ayu", "sess_1");
    let mut stream = ayu.live("toko-ayu").await;
    let answer = app.http.post(app.url("/sign-out")).header(header::COOKIE, &ayu.cookie).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, "/sign-in"));
    assert!(answer.headers()["clear-site-data"].to_str().unwrap().contains("storage"));
    let cookies: Vec<&str> = answer.headers().get_all(header::SET_COOKIE).iter().map(|value| value.to_str().unwrap()).collect();
    assert!(
        cookies.iter().all(|cookie| cookie.starts_with("__session") && cookie.contains("Max-Age=0")) && cookies.len() == 2,
        "{cookies:?}"
    );
    ends(&mut stream, "bye", "signed_out").await;
    assert_eq!(ayu.status("/api/session").await, 401, "the token is still good, and refused");
    assert_eq!(app.revoked(), [("sess_1".to_owned(), format!("Bearer {SECRET_KEY}"))]);
    let again = app.http.post(app.url("/sign-out")).send().await.unwrap();
    assert_eq!(again.status(), 303, "nobody can sign out too");
}

#[tokio::test]
async fn an_organisation_of_the_token_gives_no_rights() {
    let app = ClerkApp::start().await;
    toko(&app).await;
    let mut claims = app.claims("user_mallory", "sess_1");
    claims["o"] = json!({ "id": "org_toko", "slg": "toko-ayu", "rol": "admin" });
    let token = app.key.sign(&app.header(), &claims);
    let mallory = Browser { base: app.base.clone(), http: app.http.clone(), cookie: app.cookies(&token) };
    assert_eq!(mallory.status("/api/toko-ayu/events?after=0").await, 404);
    assert_eq!(mallory.visit("/dashboard").await.headers()["location"], "/sign-in/organization");
}
