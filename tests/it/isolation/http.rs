//! What HTTP itself keeps out: requests that another site causes, scripts that slipped into a page, copies kept on the way.

use super::{assert_silent, endpoints::*, everything, fingerprint, make, secrets};
use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::inbox::api::LoadViewer;
use reqwest::{StatusCode, header};
use std::collections::BTreeSet;

#[tokio::test]
async fn requests_that_another_site_causes_are_refused() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let owner = app.owner().await;
    let before = fingerprint(&app).await;
    let mut tried = 0;
    for endpoint in ENDPOINTS.iter() {
        // The webhook is called by programs, which prove themselves by signature.
        if endpoint.name.starts_with("POST /api/webhook/") || matches!((endpoint.call)("demo", &ids), Call::Get(_)) {
            continue;
        }
        tried += 1;
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.test")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("accept", "text/html")],
        ] {
            let answer = make(&app, (endpoint.call)("demo", &ids), Some(&owner.cookie), headers).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{} with {headers:?}", endpoint.name);
            assert!(!answer.headers().contains_key(header::SET_COOKIE), "{}", endpoint.name);
            assert_silent(&everything(answer).await, endpoint.name);
        }
        // A link or an image of another site makes GET requests, which browsers send with cookies.
        if let Call::Post(path, form) | Call::Upload(path, form) = (endpoint.call)("demo", &ids) {
            let query: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = make(&app, Call::Get(format!("{path}?{}", query.join("&"))), Some(&owner.cookie), &[]).await;
            let is_page = ENDPOINTS.iter().any(|endpoint| endpoint.name == format!("page {path}"));
            assert!(!answer.status().is_success() || is_page, "GET {path}: {}", answer.status());
        }
    }
    assert_eq!(tried, 99, "all that changes something");
    assert_eq!(fingerprint(&app).await, before, "nothing was changed");
    assert_eq!(owner.try_viewer("demo").await.status(), 200, "the session goes on");
    let own_origin = [("origin", app.base.as_str())];
    let call = (ENDPOINTS.iter().find(|endpoint| endpoint.name == "fn take_over").expect("in the table").call)("demo", &ids);
    assert_eq!(make(&app, call, Some(&owner.cookie), &own_origin).await.status(), 200, "our own page may");
}

/// The value of a directive of a content security policy.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find_map(|part| part.strip_prefix(name)?.strip_prefix(' '))
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let owner = app.owner().await;
    for path in [
        "/".to_owned(),
        "/sign-in".into(),
        "/demo/inbox".into(),
        format!("/demo/inbox/{}", ids.conversation),
        "/demo/inbox/bukan-id".into(),
        "/tidak/ada/di/sini".into(),
        "/dashboard".into(),
        "/healthz".into(),
        "/api/webhook/kapso".into(),
        "/api/demo/live".into(),
        "/api/demo/events?after=0".into(),
        "/api/lain/events?after=0".into(),
        format!("/api/demo/media/{}", ids.media),
        format!("{}?workspace=demo", LoadViewer::PATH),
        "/sandbox/phone".into(),
    ] {
        let answer = make(&app, Call::Get(path.clone()), Some(&owner.cookie), &[]).await;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        let policy = header("content-security-policy");
        let scripts = directive(&policy, "script-src").or(directive(&policy, "default-src")).unwrap_or_default().to_owned();
        assert!(
            !scripts.is_empty() && !scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'") && !scripts.contains('*'),
            "{path}: {policy}"
        );
        let cached = header("cache-control");
        let private = cached.contains("no-store") || (path.contains("/media/") && cached.starts_with("private"));
        assert!(private, "{path} may be kept by no proxy: {cached}");
    }
}

/// Browsers ask for the files of a page while the next page is being made, and both may be made on one thread.
#[tokio::test]
async fn a_file_takes_nothing_of_a_page_that_is_being_made() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for (path, status) in [("/demo/inbox", 200), ("/demo/inbox/bukan-id", 404)].into_iter().cycle().take(12) {
        let files = (0..12).map(|_| owner.get("/icons.svg"));
        let (page, files) = futures::future::join(owner.get(path), futures::future::join_all(files)).await;
        assert_eq!(page.status(), status, "{path}");
        let policy = page.headers()["content-security-policy"].to_str().expect("text");
        assert!(directive(policy, "script-src").is_some_and(|scripts| scripts.contains("nonce-")), "{path}: {policy}");
        for file in files {
            assert_eq!(file.status(), 200);
            assert_eq!(
                file.headers()["content-security-policy"].to_str().expect("text").matches("nonce").count(),
                0,
                "a file has no script"
            );
        }
    }
}

#[tokio::test]
async fn scripts_of_a_page_run_by_a_nonce_that_is_new_each_time() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let owner = app.owner().await;
    let mut nonces = BTreeSet::new();
    let pages = [
        "/".to_owned(),
        "/sign-in".into(),
        "/sign-up".into(),
        "/sign-in/second".into(),
        "/account".into(),
        "/reset?token=x".into(),
        "/demo/inbox".into(),
        format!("/demo/inbox/{}", ids.conversation),
        "/tidak/ada/di/sini".into(),
    ];
    for path in pages.iter().cycle().take(pages.len() * 2) {
        let answer = owner.get(path).await;
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        let scripts = directive(&policy, "script-src").unwrap_or_else(|| panic!("{path} has a policy for scripts: {policy}"));
        let nonce = scripts.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map(|(nonce, _)| nonce).expect("a nonce");
        assert!(nonce.len() >= 16, "long enough not to be guessed: {nonce}");
        for (name, wanted) in [("object-src", "'none'"), ("base-uri", "'none'"), ("frame-ancestors", "'none'"), ("form-action", "'self'")] {
            assert_eq!(directive(&policy, name), Some(wanted), "{path}");
        }
        let html = answer.text().await.expect("HTML");
        let scripts: Vec<&str> =
            html.match_indices("<script").map(|(at, _)| &html[at..at + html[at..].find('>').expect("a whole tag")]).collect();
        assert!(!scripts.is_empty(), "{path}");
        for script in scripts {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{path}: {script} with nonce {nonce}");
        }
        for handler in [" onclick=", " onload=", " onerror=", " onsubmit=", "javascript:"] {
            assert!(!html.contains(handler), "{path} has {handler}, which the policy forbids");
        }
        nonces.insert(nonce.to_owned());
    }
    assert_eq!(nonces.len(), pages.len() * 2);
}

#[tokio::test]
async fn the_sandbox_and_its_sign_in_exist_in_demo_mode_only() {
    let production = TestApp::configured(my21staff::server::clock::Clock::System, |env| {
        env.insert("DEV_MODE".into(), "false".into());
        env.insert("KAPSO_API_BASE_URL".into(), "http://127.0.0.1:9".into());
        env.insert("ENCRYPTION_KEY".into(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into());
    })
    .await;
    for path in ["/sandbox", "/sandbox/phone", "/sandbox/log", "/sandbox/kapso/meta/whatsapp/v24.0/123456789012345/messages"] {
        let answer = make(&production, Call::Get(path.into()), None, &[]).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    for path in ["/sandbox/control", "/sandbox/reset", "/sandbox/phone/messages", "/api/dev/sign-in"] {
        let answer = make(&production, Call::Post(path.into(), vec![("email", "owner@demo.test".into())]), None, &[]).await;
        assert!([404, 405].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
        assert!(!answer.headers().contains_key(header::SET_COOKIE), "{path}");
    }
    for (app, offered) in [(&production, false), (&TestApp::start().await, true)] {
        let page = app.http.get(app.url("/sign-in")).send().await.expect("an answer").text().await.expect("a page");
        assert_eq!(page.contains("/api/dev/sign-in"), offered);
    }
}
