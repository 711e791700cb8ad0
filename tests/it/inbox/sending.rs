//! Replies: once, within the window, and with their ticks.

use crate::support::*;
use futures::future::join_all;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    inbox::{
        api::{CloseConversation, SendMessage},
        model::*,
    },
    server::clock::Clock,
    time::WINDOW,
};
use reqwest::{StatusCode, header};
use serde_json::json;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

#[tokio::test]
async fn twenty_clicks_at_once_send_once() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id, client_id) = (app.owner().await, app.only_conversation().await, Uuid::new_v4());
    let answers = join_all((0..20).map(|_| owner.try_send("demo", id, client_id, "Halo, ada yang bisa dibantu?"))).await;
    let mut messages = Vec::new();
    for answer in answers {
        messages.push(good::<MessageView>(answer).await.id);
    }
    messages.dedup();
    assert_eq!(messages.len(), 1, "every click is answered with the one message");
    eventually("it is sent", async || (!app.sent_by_gateway().await.is_empty()).then_some(())).await;
    // However long it takes until the browser tries again.
    assert_eq!(good::<MessageView>(owner.try_send("demo", id, client_id, "Halo, ada yang bisa dibantu?").await).await.id, messages[0]);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    assert_eq!(app.sent_by_gateway().await.len(), 1);
    let outbound = owner.thread(id).await.messages.into_iter().filter(|message| message.direction == Direction::Outbound).count();
    assert_eq!(outbound, 1);
}

#[tokio::test]
async fn a_client_id_stands_for_one_text_in_one_conversation() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id, client_id) = (app.owner().await, app.only_conversation().await, Uuid::new_v4());
    app.customer_says("6281234567899", "Halo juga").await;
    let other = owner.list(None).await.rows.into_iter().find(|row| row.id != id).unwrap().id;
    assert_eq!(owner.try_send("demo", id, client_id, "satu").await.status(), StatusCode::OK);
    for (conversation, text) in [(id, "dua"), (other, "satu")] {
        let error = refused_as(owner.try_send("demo", conversation, client_id, text).await, StatusCode::CONFLICT).await;
        assert_eq!(error, AppError::Conflict(Conflict::ClientIdReused));
    }
    // White space around does not make another text.
    assert_eq!(owner.try_send("demo", id, client_id, " satu\r\n").await.status(), StatusCode::OK);
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 1);
}

#[tokio::test]
async fn the_window_is_open_to_its_last_millisecond() {
    let opened = 1_795_184_701_000;
    let clock = Clock::fixed(opened);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "Halo?").await;
    let id = app.only_conversation().await;
    assert_eq!(app.owner().await.thread(id).await.conversation.window_closes, Some(opened + WINDOW));
    clock.set(opened + WINDOW - 1);
    let owner = app.owner().await;
    owner.send(id, "tepat waktu").await;
    clock.set(opened + WINDOW);
    let error = refused_as(owner.try_send("demo", id, Uuid::new_v4(), "terlambat").await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::WindowClosed(Some(opened + WINDOW))));
    let thread = owner.thread(id).await;
    assert!(thread.messages.iter().all(|message| message.text != "terlambat"), "nothing is stored");
    // The customer opens it again.
    app.deliver(inbound_text(NUMBER, PHONE, &wamid(), "masih di sana?", opened + WINDOW)).await;
    owner.send(id, "selalu").await;
}

#[tokio::test]
async fn nobody_wrote_so_there_is_no_window() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis();
    app.deliver(outbound(NUMBER, PHONE, &wamid(), "kami hubungi besok", "business_app", &[("sent", at)])).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let error = refused_as(owner.try_send("demo", id, Uuid::new_v4(), "halo").await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::WindowClosed(None)));
}

#[tokio::test]
async fn texts_that_whatsapp_would_not_take_are_refused_with_the_rule() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let long = "é".repeat(MAX_TEXT + 1);
    for (text, rule) in [("", Rule::Missing), (" \n\t ", Rule::Missing), (long.as_str(), Rule::TooLong(MAX_TEXT as u32))] {
        let error = refused_as(owner.try_send("demo", id, Uuid::new_v4(), text).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(error, AppError::invalid("text", rule));
    }
    let longest = "é".repeat(MAX_TEXT);
    assert_eq!(owner.send(id, &longest).await.text, longest);
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 1);
}

#[tokio::test]
async fn the_ticks_follow_the_phone() {
    let app = TestApp::start().await;
    let phone = app.http.clone();
    let said = phone.post(app.url("/sandbox/phone/messages")).json(&json!({ "as": PHONE, "name": "Ayu", "text": "Halo?" })).send();
    assert_eq!(said.await.unwrap().json::<serde_json::Value>().await.unwrap()["delivered"], json!(true));
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    let sent = owner.send(id, "Ada, Kak").await;
    assert_eq!(sent.status, Some(Status::Pending));
    let about = |frame: &LiveFrame, status: Status| frame.message.as_ref().is_some_and(|m| m.id == sent.id && m.status == Some(status));
    let mut frames = stream.until(|frame| about(frame, Status::Delivered)).await;
    // The customer looks at the chat.
    let page = phone.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("Ada, Kak"));
    frames.extend(stream.until(|frame| about(frame, Status::Read)).await);
    let mut ticks: Vec<Status> =
        frames.iter().filter_map(|frame| frame.message.as_ref()).filter(|m| m.id == sent.id).filter_map(|message| message.status).collect();
    assert!(ticks.is_sorted(), "they never go back: {ticks:?}");
    ticks.dedup();
    assert!(ticks.ends_with(&[Status::Delivered, Status::Read]), "{ticks:?}");
}

#[tokio::test]
async fn a_failed_message_is_sent_again_once_and_only_while_it_is_failed() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    app.sandbox(json!({ "fail_next": [{ "status": 400, "code": 131_026 }] })).await;
    let sent = owner.send(id, "halo").await;
    eventually("it fails", async || {
        (owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status == Some(Status::Failed))).then_some(())
    })
    .await;
    let answers = join_all((0..10).map(|_| owner.try_resend("demo", id, sent.id))).await;
    let taken = answers.iter().filter(|answer| answer.status() == StatusCode::OK).count();
    assert_eq!(taken, 1, "one of ten clicks");
    assert!(answers.iter().all(|answer| matches!(answer.status(), StatusCode::OK | StatusCode::CONFLICT)));
    eventually("it is sent", async || {
        (owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status >= Some(Status::Sent) && m.failure.is_none()))
            .then_some(())
    })
    .await;
    let error = refused_as(owner.try_resend("demo", id, sent.id).await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::NotFailed));
    assert_eq!(app.sent_by_gateway().await.len(), 1);
}

#[tokio::test]
async fn a_form_without_script_leads_back_to_the_conversation_and_sends_once() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    let field = page.split("name=\"client_id\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).expect("the form has a client id");
    let client_id = &field[..36];
    let path = format!("/api/demo/conversations/{id}/messages");
    assert!(page.contains(&format!("action=\"{path}\"")), "the form posts there");
    // Reload and resubmit: the browser posts the same form twice.
    for _ in 0..2 {
        let answer = app
            .http
            .post(app.url(&path))
            .header(header::COOKIE, &owner.cookie)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .multipart(
                reqwest::multipart::Form::new()
                    .text("client_id", client_id.to_owned())
                    .text("seen_seq", "1000000")
                    .text("text", "tanpa skrip"),
            )
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_redirection(), "{}", answer.status());
        assert_eq!(answer.headers()[header::LOCATION], format!("/demo/inbox/{id}"));
    }
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(page.contains("tanpa skrip"));
    assert_eq!(app.value::<i64>("select count(*) from message where body = 'tanpa skrip'").await, 1);
}

#[tokio::test]
async fn arguments_that_cannot_be_read_are_the_callers_fault() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await.to_string());
    let client_id = Uuid::new_v4().to_string();
    for seen in ["abc", "99999999999999999999999", "1.5", "-"] {
        let reply = [("workspace", "demo"), ("conversation", &id), ("client_id", &client_id), ("text", "halo"), ("seen_seq", seen)];
        let closing = [("workspace", "demo"), ("conversation", &id), ("seen_seq", seen)];
        for (path, form) in [(SendMessage::PATH, &reply[..]), (CloseConversation::PATH, &closing[..])] {
            for accept in ["application/json", "*/*"] {
                let request =
                    || app.http.post(app.url(path)).header(header::COOKIE, owner.cookie()).header(header::ACCEPT, accept).form(form);
                // What makes bodies small must not hide from us what they say.
                let small = request().header(header::ACCEPT_ENCODING, "gzip").send().await.unwrap();
                assert_eq!(small.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path} {seen} {accept}");
                let error = refused_as(request().send().await.unwrap(), StatusCode::UNPROCESSABLE_ENTITY).await;
                assert_eq!(error, AppError::invalid("request", Rule::Malformed), "{path} {seen} {accept}");
            }
        }
    }
}
