//! What is answered, before anything is understood.

use crate::support::*;
use my21staff::server::whatsapp::signature;
use reqwest::StatusCode;

#[tokio::test]
async fn verification_echoes_the_challenge_for_the_right_token_only() {
    let app = TestApp::start().await;
    let get = |query: &str| app.http.get(app.url(&format!("/api/webhook/kapso{query}"))).send();
    let right = get("?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=verify%20me").await.unwrap();
    assert_eq!((right.status(), right.text().await.unwrap().as_str()), (StatusCode::OK, "1158201444"));
    for query in ["?hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong", "?hub.mode=subscribe&hub.challenge=1", "?hub.verify_token="] {
        let wrong = get(query).await.unwrap();
        assert_eq!(wrong.status(), StatusCode::FORBIDDEN, "{query}");
        assert!(!wrong.text().await.unwrap().contains('1'));
    }
    let ready = get("").await.unwrap();
    assert_eq!(ready.status(), StatusCode::OK);
    assert!(ready.text().await.unwrap().contains("ready"));
    let script = get("?hub.mode=subscribe&hub.challenge=%3Cscript%3E&hub.verify_token=verify%20me").await.unwrap();
    assert!(script.headers()["content-type"].to_str().unwrap().starts_with("text/plain"), "a challenge is never a page");
}

#[tokio::test]
async fn a_missing_or_wrong_signature_is_401_and_keeps_nothing() {
    let app = TestApp::start().await;
    let body = inbound_text(NUMBER, "6281234567890", &wamid(), "halo", app.app.clock.millis());
    let unsigned = app.http.post(app.url("/api/webhook/kapso")).body(body.clone()).send().await.unwrap();
    assert_eq!((unsigned.status(), unsigned.text().await.unwrap().as_str()), (StatusCode::UNAUTHORIZED, "Invalid signature"));
    assert_eq!(app.deliver_signed(body.clone(), "another secret").await.status(), StatusCode::UNAUTHORIZED);
    let mut altered = body.clone().into_bytes();
    altered[10] ^= 1;
    let signature = signature::sign(WEBHOOK_SECRET.as_bytes(), body.as_bytes());
    let altered = app.http.post(app.url("/api/webhook/kapso")).header("x-kapso-signature", signature).body(altered).send().await.unwrap();
    assert_eq!(altered.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(app.value::<i64>("select count(*) from delivery").await, 0);
}

#[tokio::test]
async fn both_header_names_are_accepted() {
    let app = TestApp::start().await;
    for header in ["x-webhook-signature", "x-kapso-signature"] {
        let body = inbound_text(NUMBER, "6281234567890", &wamid(), header, app.app.clock.millis());
        let signature = signature::sign(WEBHOOK_SECRET.as_bytes(), body.as_bytes());
        let answer = app.http.post(app.url("/api/webhook/kapso")).header(header, signature).body(body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{header}");
    }
    assert_eq!(app.value::<i64>("select count(*) from message").await, 2);
}

#[tokio::test]
async fn metas_signature_counts_where_its_secret_is_set() {
    let body = std::fs::read("tests/fixtures/whatsapp/inbound/text.json").unwrap();
    let signature = format!("sha256={}", signature::sign(b"app secret", &body));
    let with = TestApp::configured(my21staff::server::clock::Clock::System, |env| {
        env.insert("META_APP_SECRET".into(), "app secret".into());
    })
    .await;
    let post = |app: &TestApp| app.http.post(app.url("/api/webhook/kapso")).header("x-hub-signature-256", signature.clone()).body(body.clone()).send();
    assert_eq!(post(&with).await.unwrap().status(), StatusCode::OK);
    let without = TestApp::start().await;
    assert_eq!(post(&without).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_body_over_three_megabytes_is_413_with_and_without_a_length() {
    let app = TestApp::start().await;
    let large = vec![b' '; 3 * 1024 * 1024 + 1];
    assert_eq!(app.deliver_signed(large.clone(), WEBHOOK_SECRET).await.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let chunks = futures::stream::iter(large.chunks(65_536).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>());
    let streamed = app.http.post(app.url("/api/webhook/kapso")).body(reqwest::Body::wrap_stream(chunks)).send().await.unwrap();
    assert_eq!(streamed.status(), StatusCode::PAYLOAD_TOO_LARGE);
    let fits = vec![b' '; 3 * 1024 * 1024];
    assert_eq!(app.deliver_signed(fits, WEBHOOK_SECRET).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn what_nobody_understands_is_kept_with_the_reason() {
    let app = TestApp::start().await;
    for body in [&b"not json"[..], b"", b"[]", b"{\"hello\":1}", b"\xff\xfe\x00"] {
        app.deliver(body).await;
    }
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome = 'ignored' and length(reason) > 0").await, 5);
    assert_eq!(app.value::<i64>("select count(*) from delivery where body = '\\xfffe00'").await, 1, "in its own bytes");
}

#[tokio::test]
async fn a_number_without_a_workspace_is_kept_and_applied_once_it_has_one() {
    let app = TestApp::start().await;
    app.deliver(inbound_text("999000999000999", "6281234567890", &wamid(), "halo", app.app.clock.millis())).await;
    let reason: String = app.value("select reason from delivery where outcome = 'unknown_number'").await;
    assert!(reason.contains("No workspace for phone_number_id 999000999000999"), "{reason}");
    assert_eq!(app.value::<i64>("select count(*) from message").await, 0);
    app.sql(
        "insert into whatsapp_number (workspace_id, id, phone_number_id, created_at) select id, gen_random_uuid(), '999000999000999', now() from workspace where slug = 'demo';
         insert into number_route select n.phone_number_id, n.workspace_id, n.id from whatsapp_number n where n.phone_number_id = '999000999000999'",
    )
    .await;
    my21staff::inbox::server::ingest::retry_kept(&app.app.db.system, &app.app.clock, &app.app.wake).await.unwrap();
    assert_eq!(app.value::<i64>("select count(*) from message").await, 1);
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome = 'applied'").await, 1);
}
