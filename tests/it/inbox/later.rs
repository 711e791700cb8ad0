//! Replies that wait for their time, and those that are taken back before they leave (F209, F210).

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, MessageId},
    inbox::{api::*, model::*},
    server::clock::Clock,
    time::{HOUR, MINUTE, Millis},
};
use reqwest::{Response, StatusCode};
use uuid::Uuid;

const PHONE: &str = "6281234567890";
const TEN: &str = "2026-11-20T22:00";
const TEN_MS: Millis = FRIDAY + 35 * MINUTE;

async fn try_write(who: &Actor, id: ConversationId, client_id: Uuid, text: &str, more: &[(&str, &str)]) -> Response {
    let (id, client_id, seen) = (id.to_string(), client_id.to_string(), EVERYTHING.to_string());
    let mut form = vec![("workspace", "demo"), ("conversation", &*id), ("client_id", &*client_id), ("text", text)];
    form.extend_from_slice(more);
    if more.iter().all(|(name, _)| *name != "seen_seq") {
        form.push(("seen_seq", &*seen));
    }
    who.post(SendMessage::PATH, &form).await
}

/// Written to go at ten, by somebody who has seen all that is there.
async fn at_ten(who: &Actor, id: ConversationId, text: &str) -> MessageView {
    let seen = who.thread(id).await.seq.to_string();
    let answer = try_write(who, id, Uuid::new_v4(), text, &[("until", "own"), ("at", TEN), ("seen_seq", &seen)]).await;
    good(answer).await
}

async fn soon(who: &Actor, id: ConversationId, text: &str) -> MessageView {
    good(try_write(who, id, Uuid::new_v4(), text, &[("undo", "true")]).await).await
}

async fn try_take_back(who: &Actor, workspace: &str, id: ConversationId, message: MessageId) -> Response {
    who.post(TakeBack::PATH, &[("workspace", workspace), ("conversation", &id.to_string()), ("message", &message.to_string())]).await
}

async fn try_send_now(who: &Actor, workspace: &str, id: ConversationId, message: MessageId, seen: i64) -> Response {
    let (id, message, seen) = (id.to_string(), message.to_string(), seen.to_string());
    who.post(SendWaiting::PATH, &[("workspace", workspace), ("conversation", &*id), ("message", &*message), ("seen_seq", &*seen)]).await
}

async fn status(who: &Actor, id: ConversationId, message: MessageId) -> Option<Status> {
    who.thread(id).await.messages.into_iter().find(|view| view.id == message)?.status
}

/// Waits for a status. What was sent may have been delivered and read meanwhile.
async fn becomes(who: &Actor, id: ConversationId, message: MessageId, wanted: Status) -> MessageView {
    let is_there = |now: Status| now == wanted || (wanted == Status::Sent && matches!(now, Status::Delivered | Status::Read));
    eventually(&format!("it is {}", wanted.as_str()), async || {
        who.thread(id).await.messages.into_iter().find(|view| view.id == message && view.status.is_some_and(is_there))
    })
    .await
}

#[tokio::test]
async fn a_reply_waits_for_its_time_at_the_end_of_the_thread_and_goes_then() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let before = owner.list(None).await;
    let mut colleague = owner.live("demo", Some(before.seq)).await;
    let waiting = at_ten(&owner, id, "Sudah kami siapkan, Kak").await;
    assert_eq!((waiting.status, waiting.at), (Some(Status::Scheduled), TEN_MS));
    let frames = colleague.until(|frame| frame.message.as_ref().is_some_and(|message| message.id == waiting.id)).await;
    assert_eq!(frames.last().map(|frame| frame.kind.as_str()), Some("message_changed"), "everybody sees it wait");
    let rows = owner.list(None).await.rows;
    assert_eq!(
        (&rows, app.sent_by_gateway().await.len()),
        (&before.rows, 0),
        "the list does not move, nothing is taken over, nothing goes"
    );

    // What is sent meanwhile neither waits for it nor goes behind it, and does not count as something unseen.
    let now = owner.send(id, "Sebentar ya").await;
    becomes(&owner, id, now.id, Status::Sent).await;
    assert_eq!(owner.thread(id).await.messages.last().map(|message| message.id), Some(waiting.id));
    app.customer_says("6281234567899", "Yang lain").await;

    clock.set(TEN_MS - 1);
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert_eq!(status(&owner, id, waiting.id).await, Some(Status::Scheduled), "not a millisecond early");
    clock.set(TEN_MS);
    let sent = becomes(&owner, id, waiting.id, Status::Sent).await;
    assert_eq!(sent.at, TEN_MS);
    assert_eq!(owner.list(None).await.rows[0].last.as_ref().map(|last| last.text.as_str()), Some("Sudah kami siapkan, Kak"));
    let texts: Vec<_> = app.sent_by_gateway().await.iter().map(|sent| sent["body"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(texts, ["Sebentar ya", "Sudah kami siapkan, Kak"]);
    // Found by when it went, not by when it was written.
    assert!(app.value::<bool>("select bool_and(w.sent_at = m.sent_at) from message_words w join message m on m.id = w.message_id").await);
}

#[tokio::test]
async fn it_is_stored_once_and_not_for_a_time_at_which_it_cannot_go() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    let client_id = Uuid::new_v4();
    let mut stored = Vec::new();
    for _ in 0..3 {
        let view: MessageView = good(try_write(&owner, id, client_id, "Nanti", &[("until", "tomorrow")]).await).await;
        stored.push((view.id, view.at));
    }
    stored.dedup();
    assert_eq!(stored, [(stored[0].0, FRIDAY - FRIDAY.rem_euclid(24 * HOUR) + 25 * HOUR)], "tomorrow at eight in Jakarta, once");
    for (until, at, error) in [
        ("own", "2026-11-20T21:25", AppError::invalid("at", Rule::Malformed)),
        ("own", "", AppError::invalid("at", Rule::Missing)),
        ("monday", "", AppError::invalid("at", Rule::AfterWindow)),
        ("own", "2026-11-21T21:25", AppError::invalid("at", Rule::AfterWindow)),
        ("besok", "", AppError::invalid("request", Rule::Malformed)),
    ] {
        let answer = try_write(&owner, id, Uuid::new_v4(), "Terlalu lambat", &[("until", until), ("at", at)]).await;
        assert_eq!(refused_as(answer, StatusCode::UNPROCESSABLE_ENTITY).await, error, "{until} {at}");
    }
    good::<MessageView>(try_write(&owner, id, Uuid::new_v4(), "Tepat", &[("until", "own"), ("at", "2026-11-21T21:24")]).await).await;
    assert_eq!(app.value::<i64>("select count(*) from message where status = 'scheduled'").await, 2);
}

#[tokio::test]
async fn it_is_held_if_somebody_writes_first_and_says_so() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let waiting = at_ten(&owner, id, "Jadi dipesan?").await;
    clock.set(FRIDAY + MINUTE);
    app.customer_says(PHONE, "Batal, Kak").await;
    clock.set(TEN_MS);
    let held = becomes(&owner, id, waiting.id, Status::Held).await;
    assert_eq!(held.failure.map(|failure| failure.reason).as_deref(), Some("somebody_wrote"));
    let thread = owner.thread(id).await;
    let line = thread.messages.iter().find(|message| message.kind == "later_held").expect("a line says it");
    assert_eq!((line.text.as_str(), line.sender_id), ("somebody_wrote", waiting.sender_id));
    assert_eq!(thread.conversation.last.map(|last| last.kind).as_deref(), Some("later_held"), "and the list");
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    let why = "Balasan terjadwal ditahan (Anda): ada pesan baru sebelum waktunya";
    assert_eq!(page.matches(why).count(), 2, "in the list and in the thread, in words");
    assert!(app.sent_by_gateway().await.is_empty());

    // Somebody looks, and sends it after all: held once more while there is something unseen, and only once however often it is clicked.
    let error = refused_as(try_send_now(&owner, "demo", id, waiting.id, 0).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::Unseen { .. })), "{error:?}");
    for _ in 0..2 {
        good::<MessageView>(try_send_now(&owner, "demo", id, waiting.id, thread.seq).await).await;
    }
    let sent = becomes(&owner, id, waiting.id, Status::Sent).await;
    assert_eq!((sent.at, sent.failure), (TEN_MS, None));
    assert_eq!(app.sent_by_gateway().await.len(), 1);
}

#[tokio::test]
async fn it_is_held_where_its_writer_could_not_send_it() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    for (reason, change) in [
        ("window_closed", "update conversation set last_inbound_at = last_inbound_at - interval '23 hours 30 minutes'"),
        ("conversation_closed", "update conversation set state = 'closed'"),
    ] {
        clock.set(FRIDAY);
        let waiting = at_ten(&owner, id, reason).await;
        app.sql(change).await;
        clock.set(TEN_MS);
        let held = becomes(&owner, id, waiting.id, Status::Held).await;
        assert_eq!(held.failure.map(|failure| failure.reason).as_deref(), Some(reason));
        app.sql(&format!("update conversation set state = 'open', last_inbound_at = to_timestamp({FRIDAY} / 1000.0)")).await;
    }
    // A member who was let go.
    clock.set(FRIDAY);
    let member = app.sign_in("member@demo.test").await;
    app.sql("update conversation set holder = 'team', assignee_id = (select id from person where email = 'member@demo.test')").await;
    let waiting = at_ten(&member, id, "dari yang sudah pergi").await;
    app.sql("delete from membership where person_id = (select id from person where email = 'member@demo.test')").await;
    clock.set(TEN_MS);
    let held = becomes(&owner, id, waiting.id, Status::Held).await;
    assert_eq!(held.failure.map(|failure| failure.reason).as_deref(), Some("writer_gone"));
    assert!(app.sent_by_gateway().await.is_empty());
    // Nothing of it is lost: it is taken back, text and all, by somebody else.
    let back: MessageView = good(try_take_back(&owner, "demo", id, waiting.id).await).await;
    assert_eq!((back.status, back.text.as_str()), (Some(Status::Cancelled), "dari yang sudah pergi"));
}

#[tokio::test]
async fn what_was_just_sent_can_be_taken_back_for_a_moment() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    clock.set(FRIDAY + 1_000);
    let page = owner.list(None).await;
    let mut stream = owner.live("demo", Some(page.seq)).await;
    let sent = soon(&owner, id, "Salah kirim").await;
    assert_eq!(sent.status, Some(Status::Pending));
    // What comes after it waits for it.
    let next = owner.send(id, "Yang benar").await;
    clock.set(FRIDAY + 1_000 + UNDO - 1);
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    assert!(app.sent_by_gateway().await.is_empty(), "nothing leaves in the moment");
    for _ in 0..2 {
        let back: MessageView = good(try_take_back(&owner, "demo", id, sent.id).await).await;
        assert_eq!((back.status, back.text.as_str()), (Some(Status::Cancelled), "Salah kirim"));
    }
    stream.until(|frame| frame.message.as_ref().is_some_and(|message| message.status == Some(Status::Cancelled))).await;
    clock.set(FRIDAY + 1_000 + UNDO);
    becomes(&owner, id, next.id, Status::Sent).await;
    let texts: Vec<_> = app.sent_by_gateway().await.iter().map(|sent| sent["body"].as_str().unwrap_or_default().to_owned()).collect();
    assert_eq!(texts, ["Yang benar"]);
    assert_eq!(
        refused_as(try_take_back(&owner, "demo", id, next.id).await, StatusCode::CONFLICT).await,
        AppError::Conflict(Conflict::HasLeft)
    );
    // It is nowhere: not found, nothing that a colleague has to know of, and the list shows what is there.
    assert_eq!(
        app.value::<i64>("select count(*) from message_words w join message m on m.id = w.message_id where m.status = 'cancelled'").await,
        0
    );
    let last = soon(&owner, id, "Salah lagi").await;
    assert_eq!(owner.list(None).await.rows[0].last.as_ref().map(|last| last.text.as_str()), Some("Salah lagi"));
    good::<MessageView>(try_take_back(&owner, "demo", id, last.id).await).await;
    assert_eq!(owner.list(None).await.rows[0].last.as_ref().map(|last| last.text.as_str()), Some("Yang benar"));
    let admin = app.sign_in("admin@demo.test").await;
    assert_eq!(
        admin.try_send_having_seen(owner.thread(id).await.seq, "demo", id, Uuid::new_v4(), "Saya bantu").await.status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn it_leaves_by_itself_when_the_moment_is_over() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let sent = soon(&owner, id, "Halo, Kak").await;
    clock.set(FRIDAY + UNDO);
    becomes(&owner, id, sent.id, Status::Sent).await;
    assert_eq!(app.sent_by_gateway().await.len(), 1);
}

#[tokio::test]
async fn taking_back_and_letting_go_at_one_moment_end_in_one_of_the_two() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    for round in 0..8 {
        clock.set(FRIDAY + round * HOUR);
        let sent = soon(&owner, id, &format!("ke-{round}")).await;
        clock.set(FRIDAY + round * HOUR + UNDO);
        app.app.wake.jobs();
        let answer = try_take_back(&owner, "demo", id, sent.id).await;
        let taken = answer.status() == StatusCode::OK;
        if !taken {
            becomes(&owner, id, sent.id, Status::Sent).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        let went = app.sent_by_gateway().await.iter().any(|sent| sent["body"] == format!("ke-{round}"));
        assert_eq!(went, !taken, "round {round}");
    }
}

#[tokio::test]
async fn nobody_takes_back_what_is_not_theirs_or_out_of_sight() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    let waiting = at_ten(&owner, id, "rahasia-nanti").await;
    let sent = soon(&owner, id, "rahasia-sekarang").await;
    // A colleague may not undo what somebody else just said, but may take care of what waits.
    let admin = app.sign_in("admin@demo.test").await;
    assert_eq!(
        refused_as(try_take_back(&admin, "demo", id, sent.id).await, StatusCode::CONFLICT).await,
        AppError::Conflict(Conflict::HasLeft)
    );
    let (stranger, member) = (app.stranger().await, app.sign_in("member@demo.test").await);
    for (who, workspace) in [(&stranger, "demo"), (&stranger, "other"), (&member, "demo")] {
        for message in [waiting.id, sent.id] {
            for answer in [try_take_back(who, workspace, id, message).await, try_send_now(who, workspace, id, message, EVERYTHING).await] {
                assert_eq!(answer.status(), StatusCode::NOT_FOUND);
                assert!(!answer.text().await.unwrap_or_default().contains("rahasia"));
            }
        }
    }
    assert_eq!(status(&owner, id, waiting.id).await, Some(Status::Scheduled));
    good::<MessageView>(try_take_back(&admin, "demo", id, waiting.id).await).await;
    assert_eq!(
        refused_as(try_send_now(&owner, "demo", id, waiting.id, EVERYTHING).await, StatusCode::CONFLICT).await,
        AppError::Conflict(Conflict::TakenBack)
    );
}

#[tokio::test]
async fn ari_does_not_hear_of_what_was_not_said() {
    let model = FakeModel::start().await;
    model.replies("Baik, Kak.");
    let clock = Clock::fixed(FRIDAY);
    let app = TestApp::configured(clock.clone(), |env| model.as_grok(env)).await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let answers = || app.value::<i64>("select count(*) from message where sender = 'assistant'");
    eventually("ARI answers", async || (answers().await == 1).then_some(())).await;
    at_ten(&owner, id, "jangan-terbaca").await;
    clock.set(FRIDAY + MINUTE);
    app.customer_says(PHONE, "Berapa harganya?").await;
    eventually("ARI answers although something waits", async || (answers().await == 2).then_some(())).await;
    assert!(model.requests().iter().all(|request| !request.to_string().contains("jangan-terbaca")));
}

#[tokio::test]
async fn without_script_the_form_schedules_and_what_is_taken_back_stands_in_the_box() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    let page = |answer: Response| async { answer.text().await.expect("a page") };
    let shown = page(owner.get(&format!("/demo/inbox/{id}")).await).await;
    assert!(shown.contains(r#"name="until" value="tomorrow""#), "the times are buttons of the form");
    let form = reqwest::multipart::Form::new()
        .text("client_id", Uuid::new_v4().to_string())
        .text("seen_seq", EVERYTHING.to_string())
        .text("text", "Sampai besok")
        .text("until", "tomorrow");
    let answer = app
        .http
        .post(app.url(&format!("/api/demo/conversations/{id}/messages")))
        .header("cookie", owner.cookie())
        .header("accept", "text/html")
        .multipart(form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    let waiting = owner.thread(id).await.messages.pop().expect("a message");
    assert_eq!((waiting.status, waiting.text.as_str()), (Some(Status::Scheduled), "Sampai besok"));
    let shown = page(owner.get(&format!("/demo/inbox/{id}")).await).await;
    assert!(shown.contains("Akan dikirim"), "the thread says when it goes");
    let form = [("workspace", "demo".to_owned()), ("conversation", id.to_string()), ("message", waiting.id.to_string())];
    let answer = app
        .http
        .post(app.url(TakeBack::PATH))
        .header("cookie", owner.cookie())
        .header("accept", "text/html")
        .form(&form)
        .send()
        .await
        .expect("an answer");
    let back = answer.headers()["location"].to_str().expect("an address").to_owned();
    let shown = page(owner.get(&back).await).await;
    assert!(shown.contains("Sampai besok</textarea>"), "its words stand in the box again");
}
