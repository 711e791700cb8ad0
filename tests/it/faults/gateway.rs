//! A gateway that refuses, stalls, breaks off and lies. However it behaves, a message ends sent exactly once, or failed with the reason.

use super::*;
use my21staff::ids::ConversationId;
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpSocket;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

/// A customer who wrote and a person who will answer.
async fn asked() -> (TestApp, Actor, ConversationId) {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    (app, owner, id)
}

/// The gateway's reports do not reach us, so what becomes of a message must be found out by asking.
fn silent() -> Value {
    json!({ "url": "http://127.0.0.1:9/nowhere", "secret": "-" })
}

async fn message(owner: &Actor, conversation: ConversationId, id: MessageId) -> MessageView {
    owner.thread(conversation).await.messages.into_iter().find(|message| message.id == id).expect("the message is in the thread")
}

/// Waits until the message has left, at most so many seconds.
async fn leaves(owner: &Actor, conversation: ConversationId, id: MessageId, seconds: u64) -> MessageView {
    eventually_within(seconds, "the message leaves", async || {
        Some(message(owner, conversation, id).await).filter(|m| m.status >= Some(Status::Sent))
    })
    .await
}

async fn nothing_left_to_send(app: &TestApp) {
    eventually("the queue is empty", async || {
        (app.value::<i64>("select count(*) from job where kind = 'send_message'").await == 0).then_some(())
    })
    .await;
}

/// The gateway took the message once, and the thread shows it once, under the gateway's id.
async fn assert_sent_once(app: &TestApp, owner: &Actor, conversation: ConversationId, id: MessageId, text: &str) {
    let sends: Vec<Value> = app.sent_by_gateway().await.into_iter().filter(|send| send["body"] == text).collect();
    assert_eq!(sends.len(), 1, "{sends:?}");
    assert_eq!(sends[0]["callback_data"], json!(id.to_string()));
    let bubbles: Vec<_> = owner.whole_thread(conversation).await.into_iter().filter(|message| message.text == text).collect();
    assert_eq!(bubbles.len(), 1, "{bubbles:?}");
    assert_eq!(bubbles[0].sender, Sender::Teammate);
    let provider_id = app.value::<String>(&format!("select provider_message_id from message where id = '{id}'")).await;
    assert_eq!(sends[0]["id"], json!(provider_id));
}

#[tokio::test]
async fn a_number_that_is_told_to_slow_down_waits_as_long_as_it_was_told() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "status": 429, "retry_after": 2 }] })).await;
    let began = tokio::time::Instant::now();
    let sent = owner.send(id, "sebentar ya").await;
    let left = leaves(&owner, id, sent.id, 10).await;
    assert!(began.elapsed() >= Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(left.failure, None);
    assert_sent_once(&app, &owner, id, sent.id, "sebentar ya").await;
}

#[tokio::test]
async fn server_errors_are_tried_again_and_sent_once() {
    let (app, owner, id) = asked().await;
    for status in [500, 502, 503] {
        app.sandbox(json!({ "fail_next": [{ "status": status }] })).await;
        let text = format!("setelah {status}");
        let sent = owner.send(id, &text).await;
        leaves(&owner, id, sent.id, 10).await;
        assert_sent_once(&app, &owner, id, sent.id, &text).await;
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_settled_by_asking() {
    let (app, owner, id) = asked().await;
    // Asking fails once, too.
    app.sandbox(json!({ "endpoint": silent(), "fail_next": [{ "drop_after_accept": true }, { "on": "list", "status": 503 }] })).await;
    let sent = owner.send(id, "sampai?").await;
    eventually("people are told that it is not known", async || {
        (message(&owner, id, sent.id).await.status == Some(Status::Unknown)).then_some(())
    })
    .await;
    leaves(&owner, id, sent.id, 15).await;
    assert_sent_once(&app, &owner, id, sent.id, "sampai?").await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_settled_by_the_gateways_own_report_too() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "drop_after_accept": true }, { "on": "list", "status": 500 }, { "on": "list", "status": 500 }] }))
        .await;
    let sent = owner.send(id, "sampai?").await;
    leaves(&owner, id, sent.id, 10).await;
    assert_sent_once(&app, &owner, id, sent.id, "sampai?").await;
}

#[tokio::test]
async fn an_answer_that_says_nothing_sensible_is_settled_by_asking() {
    let (app, owner, id) = asked().await;
    for (text, body) in [("satu", json!("<html>ok</html>")), ("dua", json!({ "messages": [] })), ("tiga", json!([1, 2]))] {
        app.sandbox(json!({ "endpoint": silent(), "fail_next": [{ "status": 200, "body": body }] })).await;
        let sent = owner.send(id, text).await;
        leaves(&owner, id, sent.id, 10).await;
        assert_sent_once(&app, &owner, id, sent.id, text).await;
    }
}

#[tokio::test]
async fn what_the_gateway_never_took_is_sent_again_after_asking() {
    let (app, owner, id) = asked().await;
    // A time-out behind the gateway: it may have been sent or not. It was not.
    app.sandbox(json!({ "endpoint": silent(), "fail_next": [{ "status": 504 }] })).await;
    let sent = owner.send(id, "halo lagi").await;
    leaves(&owner, id, sent.id, 25).await;
    assert_sent_once(&app, &owner, id, sent.id, "halo lagi").await;
}

#[tokio::test]
async fn a_gateway_that_takes_a_message_and_never_answers_is_asked() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "endpoint": silent(), "fail_next": [{ "delay_ms": 33_000 }] })).await;
    let sent = owner.send(id, "masih di sana?").await;
    leaves(&owner, id, sent.id, 45).await;
    assert_sent_once(&app, &owner, id, sent.id, "masih di sana?").await;
}

#[tokio::test]
async fn reports_that_are_faster_than_the_answer_find_their_message() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "delay_ms": 20_000 }] })).await;
    let sent = owner.send(id, "cepat").await;
    eventually("delivered before it is answered", async || {
        (message(&owner, id, sent.id).await.status == Some(Status::Delivered)).then_some(())
    })
    .await;
    app.sandbox(json!({ "let_go": true })).await;
    nothing_left_to_send(&app).await;
    assert_sent_once(&app, &owner, id, sent.id, "cepat").await;
    assert_eq!(message(&owner, id, sent.id).await.status, Some(Status::Delivered), "the answer does not take it back");
}

#[tokio::test]
async fn the_same_words_twice_are_two_messages_also_when_the_second_is_in_doubt() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "endpoint": silent() })).await;
    let first = owner.send(id, "ok").await;
    leaves(&owner, id, first.id, 10).await;
    app.sandbox(json!({ "fail_next": [{ "status": 504 }] })).await;
    let second = owner.send(id, "ok").await;
    leaves(&owner, id, second.id, 25).await;
    let sends = app.sent_by_gateway().await;
    assert_eq!(sends.len(), 2, "{sends:?}");
    let thread: Vec<_> = owner.thread(id).await.messages.into_iter().filter(|message| message.text == "ok").map(|m| m.id).collect();
    assert_eq!(thread, [first.id, second.id], "neither took the other's place");
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_tried_until_it_can() {
    // The port is ours, and nobody listens there yet: it refuses.
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port");
    let port = socket.local_addr().expect("an address").port();
    let app = TestApp::configured(my21staff::server::clock::Clock::System, |env| {
        env.insert("KAPSO_API_BASE_URL".into(), format!("http://127.0.0.1:{port}/sandbox/kapso"));
    })
    .await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let sent = owner.send(id, "halo").await;
    eventually("an attempt failed", async || {
        let error = "select coalesce(max(last_error), '') from job where kind = 'send_message'";
        app.value::<String>(error).await.contains("no connection").then_some(())
    })
    .await;
    assert_eq!(message(&owner, id, sent.id).await.status, Some(Status::Pending), "nothing was sent, and that is known");
    let gateway: SocketAddr = app.base.trim_start_matches("http://").parse().unwrap();
    let _wire = Proxy::listening(socket.listen(1024).expect("it listens"), gateway);
    leaves(&owner, id, sent.id, 15).await;
    assert_sent_once(&app, &owner, id, sent.id, "halo").await;
}

#[tokio::test]
async fn a_message_that_never_gets_through_fails_with_the_last_reason() {
    let (app, owner, id) = asked().await;
    app.holds_retries().await;
    app.sandbox(json!({ "fail_next": [{ "status": 500 }, { "status": 500 }] })).await;
    let sent = owner.send(id, "tolong").await;
    app.is_tried("send_message").await;
    app.sql("update job set attempts = 11 where kind = 'send_message'").await;
    app.goes_on().await;
    let failed = eventually("it is given up", async || {
        Some(message(&owner, id, sent.id).await).filter(|message| message.status == Some(Status::Failed))
    })
    .await;
    assert!(failed.failure.as_ref().is_some_and(|failure| failure.reason.contains("131000")), "{:?}", failed.failure);
    assert!(app.sent_by_gateway().await.is_empty());
}

#[tokio::test]
async fn final_refusals_are_shown_with_their_code_and_not_repeated() {
    let (app, owner, id) = asked().await;
    for (status, code) in [(422, 131_047), (400, 131_026), (403, 131_031)] {
        app.sandbox(json!({ "fail_next": [{ "status": status, "code": code }] })).await;
        let sent = owner.send(id, &format!("kode {code}")).await;
        let failed = eventually("it fails", async || {
            Some(message(&owner, id, sent.id).await).filter(|message| message.status == Some(Status::Failed))
        })
        .await;
        let failure = failed.failure.expect("a reason");
        assert_eq!(failure.code, code);
        assert!(!failure.reason.is_empty());
    }
    nothing_left_to_send(&app).await;
    assert!(app.sent_by_gateway().await.is_empty());
}

#[tokio::test]
async fn replies_of_a_conversation_keep_their_order_when_the_first_must_wait_and_others_do_not_wait_for_it() {
    let (app, owner, id) = asked().await;
    app.customer_says("6281234567899", "Halo juga").await;
    let other = owner.list(None).await.rows.into_iter().find(|row| row.id != id).expect("another conversation").id;
    app.sandbox(json!({ "fail_next": [{ "status": 500 }, { "status": 503 }] })).await;
    let mut sent = Vec::new();
    for text in ["satu", "dua", "tiga"] {
        sent.push(owner.send(id, text).await);
    }
    eventually("the first was refused", async || {
        (app.value::<i64>("select count(*) from job where kind = 'send_message' and last_error is not null").await > 0).then_some(())
    })
    .await;
    let elsewhere = owner.send(other, "empat").await;
    leaves(&owner, other, elsewhere.id, 10).await;
    leaves(&owner, id, sent[2].id, 20).await;
    let bodies: Vec<String> = app.sent_by_gateway().await.iter().map(|send| send["body"].as_str().unwrap().to_owned()).collect();
    let own: Vec<&str> = bodies.iter().map(String::as_str).filter(|body| *body != "empat").collect();
    assert_eq!(own, ["satu", "dua", "tiga"]);
    assert_eq!(bodies.len(), 4);
}

#[tokio::test]
async fn a_worker_whose_lease_ran_out_and_the_one_after_it_send_once() {
    let (app, owner, id) = asked().await;
    let second = app.second_worker(|_| {}).await;
    for (text, fault) in [
        ("diterima", json!({ "delay_ms": 29_000 })),
        ("ditolak", json!({ "delay_ms": 29_000, "status": 500 })),
        ("hilang", json!({ "delay_ms": 29_000, "drop_after_accept": true })),
    ] {
        app.sandbox(json!({ "endpoint": silent(), "fail_next": [fault] })).await;
        let sent = owner.send(id, text).await;
        eventually("a worker has it", async || {
            (app.value::<i64>("select count(*) from job where kind = 'send_message' and state = 'running'").await == 1).then_some(())
        })
        .await;
        eventually("the gateway has its call", async || (app.sandbox_log().await["faults_waiting"] == 0).then_some(())).await;
        // The worker is slow, and the queue believes it dead. Both processes look for work.
        app.sql("update job set locked_until = now() - interval '1 second' where kind = 'send_message'").await;
        second.app.jobs.bell.notify_one();
        leaves(&owner, id, sent.id, 25).await;
        // Now the slow one hears from the gateway.
        app.sandbox(json!({ "let_go": true })).await;
        nothing_left_to_send(&app).await;
        assert_sent_once(&app, &owner, id, sent.id, text).await;
    }
}

/// The gateway's report about an attempt, as Kapso sends it: with the whole message.
fn report(wamid: &str, id: MessageId, text: &str, at: i64, reports: &[&str]) -> String {
    let statuses: Vec<Value> = reports
        .iter()
        .enumerate()
        .map(|(nth, status)| {
            let mut value = json!({ "id": wamid, "status": status, "timestamp": (at / 1000 + nth as i64).to_string(), "recipient_id": PHONE,
                "biz_opaque_callback_data": id.to_string() });
            if *status == "failed" {
                value["errors"] = json!([{ "code": 131_026, "title": "Message undeliverable" }]);
            }
            value
        })
        .collect();
    json!({
        "message": {
            "id": wamid, "timestamp": (at / 1000).to_string(), "type": "text", "to": PHONE, "text": { "body": text },
            "kapso": { "direction": "outbound", "status": reports.last(), "origin": "cloud_api", "has_media": false, "statuses": statuses },
        },
        "conversation": { "phone_number": PHONE, "phone_number_id": NUMBER },
        "phone_number_id": NUMBER,
    })
    .to_string()
}

#[tokio::test]
async fn late_reports_of_an_attempt_that_failed_do_not_reach_the_next_attempt() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "fail_later": 131_026 }] })).await;
    let sent = owner.send(id, "coba").await;
    let failed = eventually("it fails at the provider", async || {
        Some(message(&owner, id, sent.id).await).filter(|message| message.status == Some(Status::Failed))
    })
    .await;
    assert_eq!(failed.failure.map(|failure| failure.code), Some(131_026));
    let first = app.value::<String>(&format!("select provider_message_id from message where id = '{}'", sent.id)).await;

    // The next attempt hangs, and meanwhile the provider repeats itself about the first.
    app.sandbox(json!({ "endpoint": silent(), "fail_next": [{ "delay_ms": 20_000 }] })).await;
    assert_eq!(owner.try_resend("demo", id, sent.id).await.status(), StatusCode::OK);
    eventually("the next attempt is on its way", async || {
        (app.value::<String>(&format!("select status from message where id = '{}'", sent.id)).await == "sending").then_some(())
    })
    .await;
    eventually("the gateway has its call", async || (app.sandbox_log().await["faults_waiting"] == 0).then_some(())).await;
    let at = app.app.clock.millis();
    for reports in [&["sent", "failed"][..], &["sent"], &["failed"]] {
        app.deliver(report(&first, sent.id, "coba", at, reports)).await;
    }
    app.sandbox(json!({ "let_go": true })).await;
    assert_eq!(leaves(&owner, id, sent.id, 10).await.status, Some(Status::Sent));
    app.deliver(report(&first, sent.id, "coba", at, &["sent", "failed"])).await;
    let thread: Vec<_> = owner.thread(id).await.messages.into_iter().filter(|message| message.text == "coba").collect();
    assert_eq!(thread.len(), 1, "no second bubble: {thread:?}");
    assert_eq!(thread[0].status, Some(Status::Sent));
    assert_eq!(app.sent_by_gateway().await.len(), 2, "one for each attempt");
}

#[tokio::test]
async fn the_late_answer_to_an_attempt_that_failed_does_not_end_the_next_attempt() {
    let (app, owner, id) = asked().await;
    // The reports are faster than the answer, and so is the person who reads them.
    app.sandbox(json!({ "fail_next": [{ "delay_ms": 20_000, "fail_later": 131_026 }] })).await;
    let sent = owner.send(id, "coba").await;
    eventually("it fails at the provider", async || (message(&owner, id, sent.id).await.status == Some(Status::Failed)).then_some(()))
        .await;
    assert_eq!(owner.try_resend("demo", id, sent.id).await.status(), StatusCode::OK);
    app.sandbox(json!({ "let_go": true })).await;
    leaves(&owner, id, sent.id, 10).await;
    nothing_left_to_send(&app).await;
    let sends = app.sent_by_gateway().await;
    assert_eq!(sends.len(), 2, "one for each attempt");
    assert_eq!(app.value::<String>("select provider_message_id from message where direction = 'outbound'").await, sends[1]["id"]);
}

#[tokio::test]
async fn a_message_that_was_given_up_and_is_reported_after_all_was_sent() {
    let (app, owner, id) = asked().await;
    app.sandbox(json!({ "fail_next": [{ "status": 422, "code": 131_047 }] })).await;
    let sent = owner.send(id, "terkirim juga").await;
    eventually("it fails", async || (message(&owner, id, sent.id).await.status == Some(Status::Failed)).then_some(())).await;
    app.deliver(report("wamid.after-all", sent.id, "terkirim juga", app.app.clock.millis(), &["sent", "delivered"])).await;
    let thread = owner.thread(id).await.messages;
    let shown: Vec<_> = thread.iter().filter(|message| message.text == "terkirim juga").collect();
    assert_eq!(shown.len(), 1);
    assert_eq!((shown[0].id, shown[0].status, &shown[0].failure), (sent.id, Some(Status::Delivered), &None));
    let resend = owner.try_resend("demo", id, sent.id).await;
    assert_eq!(resend.status(), StatusCode::CONFLICT, "there is nothing to send again");
}

#[tokio::test]
async fn a_crash_between_the_mark_and_the_call_is_settled_by_asking() {
    let (app, owner, id) = asked().await;
    // What a process leaves that died right after marking the message: no one knows whether it was sent. It was not.
    app.sql(&format!(
        "with m as (insert into message (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, sent_at, created_at, status)
           select c.workspace_id, gen_random_uuid(), c.id, 'outbound', 'teammate', (select id from person where email = 'owner@demo.test'), 'text',
             'dari sebelum', now(), now(), 'sending' from conversation c where c.id = '{id}' returning workspace_id, id)
         insert into job (workspace_id, id, kind, lane, payload, run_at, attempts, state, locked_until, locked_by, created_at)
           select workspace_id, '{}', 'send_message', '{id}', jsonb_build_object('kind', 'send_message', 'message', id), now(), 1, 'running',
             now() - interval '1 second', gen_random_uuid(), now() from m",
        Uuid::from_u128(1)
    ))
    .await;
    let left = eventually_within(25, "it leaves", async || {
        let thread = owner.thread(id).await.messages;
        thread.into_iter().find(|message| message.text == "dari sebelum" && message.status >= Some(Status::Sent))
    })
    .await;
    assert_sent_once(&app, &owner, id, left.id, "dari sebelum").await;
}
