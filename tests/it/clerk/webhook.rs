//! `POST /api/webhook/clerk`: what is believed, what is recorded, what is answered.

use super::*;

#[tokio::test]
async fn without_clerk_the_webhook_is_shut() {
    let app = TestApp::start().await;
    let answer = app.http.post(app.url("/api/webhook/clerk")).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn only_signed_deliveries_of_the_last_five_minutes_are_applied() {
    let clock = Clock::fixed(T);
    let app = ClerkApp::at(clock).await;
    let body = serde_json::to_vec(&user("user.created", "user_ayu", "Ayu", "ayu@example.test", T)).unwrap();
    let now = app.now();
    let refused = [
        ("unsigned", app.http.post(app.url("/api/webhook/clerk")).body(body.clone())),
        ("too old", app.signed("msg_old", now - 301, &body)),
        ("from the future", app.signed("msg_new", now + 301, &body)),
        ("an old signature under a new time", app.signed("msg_replayed", now - 1000, &body).header("svix-timestamp", now.to_string())),
        ("another body", app.signed("msg_other", now, &body).body("{}")),
    ];
    for (what, request) in refused {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{what}");
        assert_eq!(answer.text().await.unwrap(), "Invalid signature", "{what}");
    }
    assert_eq!(app.value::<i64>("select count(*) from clerk_user").await, 0);
    assert_eq!(app.value::<i64>("select count(*) from person where clerk_id is not null").await, 0);
    assert_eq!(app.value::<i64>("select sum(attempts) from clerk_delivery where status = 'signature_failed' and error <> ''").await, 5);
    for at in [now - 300, now + 300] {
        let answer = app.signed(&format!("msg_{at}"), at, &body).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "the window includes its ends");
    }
    assert_eq!(app.value::<i64>("select count(*) from clerk_user").await, 1);
}

#[tokio::test]
async fn strangers_cannot_fill_the_record() {
    let app = ClerkApp::at(Clock::fixed(T)).await;
    for n in 0..200 {
        let request = app.http.post(app.url("/api/webhook/clerk")).header("svix-id", format!("msg_{n}")).body("{}");
        assert_eq!(request.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(app.value::<i64>("select count(*) from clerk_delivery").await, 1);
    assert_eq!(app.value::<i32>("select attempts from clerk_delivery").await, 200);
}

#[tokio::test]
async fn every_sample_of_clerks_is_accepted_and_leaves_a_row_without_its_content() {
    let app = ClerkApp::at(Clock::fixed(T)).await;
    let mut files: Vec<_> =
        std::fs::read_dir(root().join("tests/fixtures/clerk/webhooks")).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 50);
    for (n, file) in files.iter().enumerate() {
        let answer = app.deliver_as(&format!("msg_{n}"), &std::fs::read(file).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::OK, "{}", file.display());
    }
    assert_eq!(app.value::<i64>("select count(*) from clerk_delivery").await, 50);
    assert_eq!(app.value::<i64>("select count(*) from clerk_delivery where status = 'applied'").await, 20, "what we mirror");
    assert_eq!(app.value::<i64>("select count(*) from clerk_delivery where status = 'ignored' and type <> ''").await, 30, "what we do not");
    let record: String = app.value("select string_agg(d::text, ' ') from clerk_delivery d").await;
    for private in ["ayu@example", "Ayu", "203.0.113.10", "Example Stay"] {
        assert!(!record.contains(private), "{private}");
    }
}

#[tokio::test]
async fn a_delivery_counts_once_however_often_it_comes() {
    let app = ClerkApp::start().await;
    let body = serde_json::to_vec(&user("user.created", "user_ayu", "Ayu", "ayu@example.test", T)).unwrap();
    let all = futures::future::join_all((0..10).map(|_| app.deliver_as("msg_same", &body))).await;
    assert!(all.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(app.value::<i32>("select attempts from clerk_delivery where id = 'msg_same' and status = 'applied'").await, 10);
    app.sql("update person set name = 'Diganti di sini' where clerk_id = 'user_ayu'").await;
    assert_eq!(app.deliver_as("msg_same", &body).await.status(), StatusCode::OK);
    let name: String = app.value("select name from person where clerk_id = 'user_ayu'").await;
    assert_eq!(name, "Diganti di sini", "a repeat does nothing");
}

#[tokio::test]
async fn what_cannot_be_read_or_stored_is_recorded_and_not_acknowledged() {
    let app = ClerkApp::start().await;
    for (id, body) in [("msg_1", &b""[..]), ("msg_2", b"not json"), ("msg_3", br#"{"type":"user.created","data":{}}"#)] {
        assert_eq!(app.deliver_as(id, body).await.status(), StatusCode::BAD_REQUEST, "{id}");
    }
    assert_eq!(app.value::<i64>("select count(*) from clerk_delivery where status = 'failed' and error <> ''").await, 3);
    let body = serde_json::to_vec(&user("user.created", "user_ayu", "Ayu", "ayu@example.test", T)).unwrap();
    app.sql("alter table clerk_user rename to clerk_user_away").await;
    assert_eq!(app.deliver_as("msg_4", &body).await.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(
        app.value::<i64>("select count(*) from clerk_delivery where id = 'msg_4' and status = 'failed' and type = 'user.created'").await,
        1
    );
    app.sql("alter table clerk_user_away rename to clerk_user").await;
    assert_eq!(app.deliver_as("msg_4", &body).await.status(), StatusCode::OK, "Svix sends it again");
    assert_eq!(
        app.value::<i64>("select count(*) from clerk_delivery where id = 'msg_4' and status = 'applied' and error is null").await,
        1
    );
}

#[tokio::test]
async fn a_large_body_is_refused_unread() {
    let app = ClerkApp::start().await;
    let answer = app.deliver_as("msg_1", &vec![b' '; 512 * 1024 + 1]).await;
    assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
}
