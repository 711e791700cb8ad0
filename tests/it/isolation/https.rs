//! What browsers are told where they reach us by https, on whatever answer; and what is not served at all.

use super::roles::conversation_in;
use crate::support::*;
use my21staff::server::clock::Clock;
use reqwest::{Method, Response, StatusCode, header};

async fn behind_tls() -> TestApp {
    TestApp::configured(Clock::System, |env| {
        env.insert("PUBLIC_URL".into(), "https://my21staff.example".into());
    })
    .await
}

fn text<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[tokio::test]
async fn every_answer_says_https_only_errors_and_refusals_too() {
    let app = behind_tls().await;
    let requests = [
        (Method::GET, "/", StatusCode::OK),
        (Method::GET, "/tidak/ada", StatusCode::NOT_FOUND),
        (Method::GET, "/api/demo/live", StatusCode::UNAUTHORIZED),
        (Method::GET, "/demo/inbox", StatusCode::UNAUTHORIZED),
        (Method::POST, "/api/webhook/kapso", StatusCode::UNAUTHORIZED),
        (Method::PUT, "/sign-out", StatusCode::METHOD_NOT_ALLOWED),
        (Method::TRACE, "/", StatusCode::METHOD_NOT_ALLOWED),
        (Method::GET, "/pkg/none.js", StatusCode::NOT_FOUND),
    ];
    for (method, path, status) in requests {
        let answer = app.http.request(method.clone(), app.url(path)).send().await.expect("an answer");
        assert_eq!(answer.status(), status, "{method} {path}");
        let told = text(&answer, "strict-transport-security");
        let seconds: u64 = told.strip_prefix("max-age=").and_then(|rest| rest.split(';').next()?.parse().ok()).unwrap_or(0);
        assert!(seconds >= 365 * 86_400, "{method} {path}: {told:?}");
        assert_eq!(text(&answer, "cross-origin-opener-policy"), "same-origin", "{method} {path}");
        assert_eq!(text(&answer, "cross-origin-resource-policy"), "same-origin", "{method} {path}");
        assert!(text(&answer, "server").is_empty() && text(&answer, "x-powered-by").is_empty(), "{method} {path}");
    }
    let cross = app.http.post(app.url("/sign-out")).header("sec-fetch-site", "cross-site").send().await.expect("an answer");
    assert_eq!((cross.status(), text(&cross, "x-frame-options")), (StatusCode::FORBIDDEN, "DENY"));
    assert!(!text(&cross, "strict-transport-security").is_empty());
}

#[tokio::test]
async fn the_session_is_in_a_cookie_for_this_host_alone_and_nothing_of_it_is_left_afterwards() {
    let app = behind_tls().await;
    let request = app.http.post(app.url("/api/dev/sign-in")).form(&[("email", "owner@demo.test")]);
    let answer = request.send().await.expect("an answer");
    let cookie = text(&answer, "set-cookie").to_owned();
    assert!(cookie.starts_with("__Host-my21_session="), "{cookie}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let ask = |cookie: String| app.http.get(app.url("/api/demo/events?after=0")).header(header::COOKIE, cookie).send();
    assert_eq!(ask(cookie.clone()).await.expect("an answer").status(), 200);
    let unprefixed = cookie.trim_start_matches("__Host-").to_owned();
    assert_eq!(ask(unprefixed).await.expect("an answer").status(), 401, "a neighbour below our domain could set that one");

    let out = app.http.post(app.url("/sign-out")).header(header::COOKIE, &cookie).send().await.expect("an answer");
    assert_eq!(text(&out, "clear-site-data"), "\"cache\", \"storage\"");
    assert!(text(&out, "set-cookie").contains("Max-Age=0"));
    assert_eq!(ask(cookie).await.expect("an answer").status(), 401);

    let chosen = app.http.post(app.url("/preferences")).form(&[("locale", "en"), ("back", "//evil.test")]).send().await.expect("an answer");
    assert_eq!(text(&chosen, "location"), "/");
    assert!(text(&chosen, "set-cookie").contains("; Secure"));
}

#[tokio::test]
async fn no_other_site_may_read_embed_or_listen() {
    let app = TestApp::start().await;
    let ids = conversation_in(&app, "demo", NUMBER, "6281100000001", "halo").await;
    let owner = app.owner().await;
    for path in ["/api/demo/live?after=0".to_owned(), "/api/demo/events?after=0".into(), format!("/api/demo/media/{}", ids.media)] {
        for headers in [[("sec-fetch-site", "cross-site")], [("sec-fetch-site", "same-site")], [("origin", "https://evil.test")]] {
            let mut request = app.http.get(app.url(&path)).header(header::COOKIE, &owner.cookie);
            for (name, value) in headers {
                request = request.header(name, value);
            }
            let answer = request.send().await.expect("an answer");
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{path} {headers:?}");
            assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")), "{path}");
        }
        let own = app.http.get(app.url(&path)).header(header::COOKIE, &owner.cookie).header("sec-fetch-site", "same-origin");
        assert_eq!(own.send().await.expect("an answer").status(), 200, "{path} for our own page");
    }
    let preflight = app.http.request(Method::OPTIONS, app.url("/api/demo/events")).header("origin", "https://evil.test");
    let answer = preflight.header("access-control-request-method", "GET").send().await.expect("an answer");
    assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")));
    let file = owner.get(&format!("/api/demo/media/{}", ids.media)).await;
    assert!(text(&file, "content-security-policy").contains("sandbox"));
    assert!(text(&file, "content-disposition").starts_with("attachment"), "text is not shown in place");
    assert_eq!((text(&file, "cross-origin-resource-policy"), text(&file, "x-content-type-options")), ("same-origin", "nosniff"));
}

#[tokio::test]
async fn nothing_but_the_site_is_served() {
    let app = TestApp::start().await;
    for path in [
        "/.git/config",
        "/.env",
        "/Cargo.toml",
        "/pkg/",
        "/fonts/",
        "/../Cargo.toml",
        "/%2e%2e/Cargo.toml",
        "/pkg/..%2f..%2fCargo.toml",
        "/pkg/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/metrics",
        "/debug/pprof",
        "/server-status",
        "/api/",
    ] {
        let answer = app.http.get(app.url(path)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        let said = answer.text().await.unwrap_or_default();
        assert!(!said.contains("[package]") && !said.contains("root:") && !said.contains("Index of"), "{path}: {said}");
    }
}

#[tokio::test]
async fn a_broken_policy_is_reported_without_telling_anything() {
    let app = TestApp::start().await;
    let page = app.http.get(app.url("/")).send().await.expect("an answer");
    assert!(text(&page, "content-security-policy").contains("report-uri /api/csp-report"));
    let report =
        |body: String| app.http.post(app.url("/api/csp-report")).header("content-type", "application/csp-report").body(body).send();
    let good = r#"{"csp-report":{"effective-directive":"script-src","blocked-uri":"https://evil.test/"}}"#;
    assert_eq!(report(good.into()).await.expect("an answer").status(), StatusCode::NO_CONTENT);
    assert_eq!(report("no".into()).await.expect("an answer").status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(report("x".repeat(20_000)).await.expect("an answer").status(), StatusCode::UNPROCESSABLE_ENTITY);
    let mut last = StatusCode::OK;
    for _ in 0..30 {
        last = report(good.into()).await.expect("an answer").status();
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
