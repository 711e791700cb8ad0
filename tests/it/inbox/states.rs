//! Closing, reopening, snoozing, assigning, priority: what people do and what the customer's next message ends.

use crate::support::*;
use futures::future::join_all;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{api::*, model::*, working::WorkState},
    time::{DAY, HOUR, MINUTE},
};
use reqwest::{Response, StatusCode};

const PHONE: &str = "6281234567890";

async fn ask<F: ServerFn>(who: &Actor, workspace: &str, id: ConversationId, more: &[(&str, &str)]) -> Response {
    let id = id.to_string();
    let mut form = vec![("workspace", workspace), ("conversation", id.as_str())];
    form.extend(more);
    who.post(F::PATH, &form).await
}

async fn done<F: ServerFn>(who: &Actor, id: ConversationId, more: &[(&str, &str)]) -> ConversationView {
    good(ask::<F>(who, "demo", id, more).await).await
}

async fn refused<F: ServerFn>(who: &Actor, id: ConversationId, more: &[(&str, &str)]) -> AppError {
    let answer = ask::<F>(who, "demo", id, more).await;
    let (status, text) = (answer.status(), answer.text().await.expect("a body"));
    assert!(status.is_client_error(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

/// The thread's lines: kind, who, text.
async fn lines(who: &Actor, id: ConversationId) -> Vec<(String, String, String)> {
    let of_system = |m: &MessageView| m.direction == Direction::System;
    let line = |m: MessageView| (m.kind, m.sender_name.unwrap_or_default(), m.text);
    who.thread(id).await.messages.into_iter().filter(of_system).map(line).collect()
}

async fn kinds(who: &Actor, id: ConversationId) -> Vec<String> {
    lines(who, id).await.into_iter().map(|(kind, ..)| kind).collect()
}

async fn person(app: &TestApp, email: &str) -> String {
    app.value::<uuid::Uuid>(&format!("select id from person where email = '{email}'")).await.to_string()
}

#[tokio::test]
async fn a_closed_conversation_says_who_and_why_on_every_screen_and_is_reopened() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, id) = (app.owner().await, app.sign_in("admin@demo.test").await, app.only_conversation().await);
    let mut stream = admin.live("demo", Some(admin.list(None).await.seq)).await;
    let closed = done::<CloseConversation>(&owner, id, &[("reason", " sudah\n bayar ")]).await;
    assert_eq!(closed.state(), WorkState::Closed);
    let frames = stream.until(|frame| frame.message.is_some()).await;
    let last = frames.last().expect("a frame");
    assert_eq!(last.conversation.as_ref().map(|row| row.closed), Some(true));
    assert_eq!(last.message.as_ref().map(|line| (line.kind.as_str(), line.text.as_str())), Some(("closed", "sudah bayar")));
    // Once more changes nothing, and nobody writes into it by mistake.
    done::<CloseConversation>(&admin, id, &[]).await;
    let late = owner.try_send("demo", id, uuid::Uuid::new_v4(), "halo").await;
    assert_eq!(late.status(), StatusCode::CONFLICT);
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 0);
    assert_eq!(refused::<SnoozeConversation>(&owner, id, &[("until", "tomorrow")]).await, AppError::Conflict(Conflict::ConversationClosed));

    let open = done::<ReopenConversation>(&admin, id, &[]).await;
    assert_eq!((open.state(), open.assignee), (WorkState::Open, None));
    done::<ReopenConversation>(&owner, id, &[]).await;
    let line = |kind: &str, who: &str, text: &str| (kind.to_owned(), who.to_owned(), text.to_owned());
    assert_eq!(lines(&owner, id).await, [line("closed", "Rani Prameswari", "sudah bayar"), line("reopened", "Budi Hartono", "")]);
    assert_eq!(
        refused::<CloseConversation>(&owner, id, &[("reason", &"x".repeat(201))]).await,
        AppError::invalid("reason", Rule::TooLong(200))
    );
}

#[tokio::test]
async fn what_the_customer_writes_reopens_and_what_comes_twice_does_not() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() - HOUR;
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "Halo?", at)).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    owner.send(id, "Halo, Kak").await;
    eventually("the reply leaves", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    eventually("and is read", async || {
        let thread = owner.thread(id).await.messages;
        thread.iter().any(|message| message.status >= Some(Status::Delivered)).then_some(())
    })
    .await;
    done::<CloseConversation>(&owner, id, &[]).await;

    // The same again, a message from before that was never delivered and is only listed, a report: none of it is news from the customer.
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "Halo?", at)).await;
    app.deliver(outbound(NUMBER, PHONE, "wamid.echo", "dari ponsel", "business_app", &[("sent", at + MINUTE)])).await;
    assert_eq!(app.value::<i64>("select count(*) from conversation").await, 1, "nothing else was opened");
    assert_eq!(owner.thread(id).await.conversation.state(), WorkState::Closed);
    assert!(owner.thread(id).await.messages.iter().any(|message| message.text == "dari ponsel"), "it stands where it belongs");

    let before = owner.list(None).await;
    let mut stream = owner.live("demo", Some(before.seq)).await;
    // The provider has whole seconds: some later, so that it stands below what the team did.
    app.deliver(inbound_text(NUMBER, PHONE, &wamid(), "Satu lagi, Kak", app.app.clock.millis() + 3_000)).await;
    assert_eq!(app.only_conversation().await, id);
    let thread = owner.thread(id).await;
    assert_eq!(thread.conversation.state(), WorkState::Open);
    assert_eq!(thread.conversation.assignee.map(|person| person.name), Some("Rani Prameswari".into()), "it comes back to who had it");
    let order: Vec<_> = thread.messages.iter().rev().take(2).map(|message| message.kind.as_str()).collect();
    assert_eq!(order, ["text", "reopened_by_customer"], "the line stands above the message");
    let frames = stream.until(|frame| frame.kind == "message_received").await;
    let line = frames.iter().find_map(|frame| frame.message.as_ref().filter(|message| message.direction == Direction::System));
    assert_eq!(line.map(|line| line.kind.as_str()), Some("reopened_by_customer"));
    assert_eq!(frames.last().and_then(|frame| frame.conversation.as_ref()).map(ConversationView::state), Some(WorkState::Open));
    assert_eq!(owner.list(None).await.unread_total, before.unread_total + 1);
}

#[tokio::test]
async fn a_question_in_a_closed_conversation_is_answered_by_ari() {
    let app = TestApp::with_ari().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    owner.send(id, "Halo, Kak").await;
    done::<CloseConversation>(&owner, id, &[]).await;
    app.sandbox(serde_json::json!({ "model": { "reply": "Dengan senang hati." } })).await;
    app.customer_says(PHONE, "Boleh tanya lagi?").await;
    assert_eq!(owner.thread(id).await.conversation.state(), WorkState::Pending);
    eventually("ARI answers", async || {
        let thread = owner.thread(id).await.messages;
        thread.iter().any(|message| message.sender == Sender::Assistant && message.text == "Dengan senang hati.").then_some(())
    })
    .await;
}

#[tokio::test]
async fn closing_keeps_ari_silent() {
    let app = TestApp::with_ari().await;
    app.sandbox(serde_json::json!({ "model": { "delay_ms": 60_000 } })).await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    eventually("ARI is asked", async || {
        (app.value::<i64>("select count(*) from job where kind = 'ari_reply' and state = 'running'").await == 1).then_some(())
    })
    .await;
    done::<CloseConversation>(&owner, id, &[]).await;
    // The answer may still be on its way to the model when it is let go: again, until it is done.
    eventually("ARI has thought", async || {
        app.sandbox(serde_json::json!({ "let_go": true })).await;
        (app.value::<i64>("select count(*) from job").await == 0).then_some(())
    })
    .await;
    assert!(app.sent_by_gateway().await.is_empty());
    assert_eq!(kinds(&owner, id).await, ["closed"]);
}

#[tokio::test]
async fn nobody_closes_what_the_customer_has_just_written() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() / 1000 * 1000 - 10_000;
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.1", "Halo?", at)).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let seen = owner.thread(id).await.seq.to_string();
    // In the same second, as times on the wire go.
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.2", "Tunggu dulu", at)).await;
    for error in [
        refused::<CloseConversation>(&owner, id, &[("seen_seq", &seen)]).await,
        refused::<SnoozeConversation>(&owner, id, &[("seen_seq", &seen), ("until", "tomorrow")]).await,
    ] {
        assert_eq!(error, AppError::Conflict(Conflict::CustomerWrote));
    }
    assert_eq!(owner.thread(id).await.conversation.state(), WorkState::Open);
    let seen = owner.thread(id).await.seq.to_string();
    assert!(done::<CloseConversation>(&owner, id, &[("seen_seq", &seen)]).await.closed);
}

#[tokio::test]
async fn closing_while_the_customer_writes_ends_open_in_every_order() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    for round in 0..10 {
        // Most of these carry the second of the one before.
        let at = app.app.clock.millis();
        let seen = owner.thread(id).await.seq.to_string();
        let form = [("seen_seq", seen.as_str())];
        let closing = ask::<CloseConversation>(&owner, "demo", id, &form);
        let writing = app.deliver(inbound_text(NUMBER, PHONE, &wamid(), "Masih ada?", at));
        let (closed, ()) = tokio::join!(closing, writing);
        assert!(matches!(closed.status(), StatusCode::OK | StatusCode::CONFLICT), "{}", closed.status());
        assert_eq!(owner.thread(id).await.conversation.state(), WorkState::Open, "round {round}");
    }
    assert_eq!(app.only_conversation().await, id);
    let (unread, said): (i32, i64) = (
        app.value("select unread_count from conversation").await,
        app.value("select count(*) from message where direction = 'inbound'").await,
    );
    assert_eq!((unread, said), (11, 11));
}

#[tokio::test]
async fn two_who_close_or_assign_at_once_do_it_once_and_in_order() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, id) = (app.owner().await, app.sign_in("admin@demo.test").await, app.only_conversation().await);
    let both = join_all([&owner, &admin].map(|who| ask::<CloseConversation>(who, "demo", id, &[]))).await;
    assert!(both.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(kinds(&owner, id).await, ["closed"]);
    done::<ReopenConversation>(&owner, id, &[]).await;

    let (sekar, budi) = (person(&app, "member@demo.test").await, person(&app, "admin@demo.test").await);
    let to = [[("assignee", sekar.as_str())], [("assignee", budi.as_str())]];
    let both = join_all(to.iter().map(|to| ask::<AssignConversation>(&owner, "demo", id, to))).await;
    assert!(both.iter().all(|answer| answer.status() == StatusCode::OK));
    let lines = lines(&owner, id).await;
    let given: Vec<_> = lines.iter().filter(|(kind, ..)| kind == "assigned").map(|(.., name)| name.clone()).collect();
    assert_eq!(given.len(), 2, "{lines:?}");
    assert_eq!(owner.thread(id).await.conversation.assignee.map(|person| person.name), given.last().cloned(), "the last of them has it");
    // The same to all at once is one line.
    let all = join_all((0..5).map(|_| ask::<AssignConversation>(&owner, "demo", id, &[("assignee", "")]))).await;
    assert!(all.iter().all(|answer| answer.status() == StatusCode::OK));
    assert_eq!(kinds(&owner, id).await.iter().filter(|kind| *kind == "unassigned").count(), 1);
}

#[tokio::test]
async fn a_conversation_is_given_to_somebody_of_the_team_or_to_nobody() {
    let app = TestApp::with_ari().await;
    app.sandbox(serde_json::json!({ "model": { "delay_ms": 60_000 } })).await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, member, id) = (app.owner().await, app.sign_in("member@demo.test").await, app.only_conversation().await);
    let (rani, sekar) = (person(&app, "owner@demo.test").await, person(&app, "member@demo.test").await);
    assert_eq!(member.try_thread("demo", id, None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(ask::<AssignConversation>(&member, "demo", id, &[("assignee", &sekar)]).await.status(), StatusCode::NOT_FOUND);

    let mut stream = member.live("demo", Some(member.list(None).await.seq)).await;
    let given = done::<AssignConversation>(&owner, id, &[("assignee", &sekar)]).await;
    assert_eq!((given.holder, given.assignee.map(|person| person.name)), (Holder::Team, Some("Sekar Ayu".into())), "ARI stops");
    assert_eq!(stream.frame().await.conversation.map(|row| row.id), Some(id), "it comes into her sight");
    assert_eq!(member.thread(id).await.conversation.id, id);
    // She works on it; to give it away is not hers.
    assert!(done::<PrioritiseConversation>(&member, id, &[("high", "true")]).await.high_priority);
    for to in ["", rani.as_str()] {
        let error = refused::<AssignConversation>(&member, id, &[("assignee", to)]).await;
        assert_eq!(error, AppError::Forbidden("conversations:assign".into()));
    }
    let theirs = person(&app, "owner@other.test").await;
    for nobody in [theirs.as_str(), "siapa", "00000000-0000-0000-0000-000000000000"] {
        assert_eq!(refused::<AssignConversation>(&owner, id, &[("assignee", nobody)]).await, AppError::NotFound);
    }
    done::<AssignConversation>(&owner, id, &[("assignee", "")]).await;
    assert_eq!(stream.until(|frame| frame.gone.is_some()).await.last().and_then(|frame| frame.gone), Some(id), "and leaves it");
    let mine = done::<AssignConversation>(&owner, id, &[("assignee", &rani)]).await;
    assert_eq!(mine.assignee.map(|person| person.name), Some("Rani Prameswari".into()));
    let line = |kind: &str, who: &str, text: &str| (kind.to_owned(), who.to_owned(), text.to_owned());
    assert_eq!(
        lines(&owner, id).await,
        [
            line("assigned", "Rani Prameswari", "Sekar Ayu"),
            line("priority_raised", "Sekar Ayu", ""),
            line("unassigned", "Rani Prameswari", ""),
            line("took_over", "Rani Prameswari", ""),
        ]
    );
    // What a screen may offer follows from the role.
    let offered = async |who: &Actor| {
        let viewer: Viewer = good(who.try_viewer("demo").await).await;
        (viewer.may_reply, viewer.team.into_iter().map(|person| person.name).collect::<Vec<_>>())
    };
    assert_eq!(offered(&member).await, (true, Vec::new()));
    assert_eq!(offered(&owner).await, (true, vec!["Budi Hartono".into(), "Rani Prameswari".into(), "Sekar Ayu".into()]));
}

#[tokio::test]
async fn who_takes_only_a_name_off_leaves_ari_its_answer() {
    let app = TestApp::with_ari().await;
    app.sandbox(serde_json::json!({ "model": { "delay_ms": 60_000, "reply": "Bisa, Kak." } })).await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    app.sql("update conversation set assignee_id = (select id from person where email = 'member@demo.test')").await;
    let free = done::<AssignConversation>(&owner, id, &[("assignee", "")]).await;
    assert_eq!((free.holder, free.assignee, free.unread), (Holder::Ari, None, 1));
    eventually("ARI answers", async || {
        app.sandbox(serde_json::json!({ "let_go": true })).await;
        (app.sent_by_gateway().await.len() == 1).then_some(())
    })
    .await;
}

#[tokio::test]
async fn priority_is_a_mark_with_a_line_each_time_it_changes() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    for high in ["true", "true", "false", "false"] {
        assert_eq!(done::<PrioritiseConversation>(&owner, id, &[("high", high)]).await.high_priority, high == "true");
    }
    assert_eq!(kinds(&owner, id).await, ["priority_raised", "priority_lowered"]);
    assert_eq!(ask::<PrioritiseConversation>(&owner, "demo", id, &[("high", "sangat")]).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn presets_are_times_in_the_workspaces_zone() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let monday = FRIDAY - FRIDAY.rem_euclid(DAY) + 3 * DAY + HOUR;
    assert_eq!(done::<SnoozeConversation>(&owner, id, &[("until", "monday")]).await.snoozed_until, Some(monday), "08.00 in Jakarta");
    let tomorrow = monday - 2 * DAY;
    let view = done::<SnoozeConversation>(&owner, id, &[("until", "tomorrow")]).await;
    assert_eq!((view.state(), view.snoozed_until), (WorkState::Snoozed, Some(tomorrow)), "anew, for shorter");
    // 21.25 is too late for later today.
    assert_eq!(refused::<SnoozeConversation>(&owner, id, &[("until", "later_today")]).await, AppError::invalid("until", Rule::Malformed));
    clock.set(FRIDAY - 4 * HOUR);
    let later = done::<SnoozeConversation>(&owner, id, &[("until", "later_today")]).await.snoozed_until;
    assert_eq!(later, Some(FRIDAY - HOUR + 5 * MINUTE), "three hours, to the quarter");
    clock.set(FRIDAY);
    let own = done::<SnoozeConversation>(&owner, id, &[("until", "own"), ("at", "2026-11-20T21:40")]).await.snoozed_until;
    assert_eq!(own, Some(FRIDAY + 15 * MINUTE));
    for (at, rule) in [
        ("", Rule::Missing),
        ("besok", Rule::Malformed),
        ("2026-11-20T21:25", Rule::Malformed),
        ("2026-11-19T08:00", Rule::Malformed),
        ("2028-01-01T08:00", Rule::Malformed),
    ] {
        assert_eq!(refused::<SnoozeConversation>(&owner, id, &[("until", "own"), ("at", at)]).await, AppError::invalid("at", rule), "{at}");
    }
    // Elsewhere eight o'clock is another time.
    app.sql("update workspace set time_zone = 'Asia/Jayapura'").await;
    let there = done::<SnoozeConversation>(&owner, id, &[("until", "monday")]).await.snoozed_until;
    assert_eq!(there, Some(monday - 2 * HOUR));
}

#[tokio::test]
async fn a_snoozed_conversation_wakes_at_its_time_on_every_screen() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    // A job that comes too early, because it was put off anew for longer, waits on.
    done::<SnoozeConversation>(&owner, id, &[("until", "own"), ("at", "2026-11-20T21:30")]).await;
    let until =
        done::<SnoozeConversation>(&owner, id, &[("until", "own"), ("at", "2026-11-20T22:30")]).await.snoozed_until.expect("a time");
    assert_eq!(app.value::<i64>("select count(*) from job where kind = 'wake_conversation'").await, 1);
    clock.set(FRIDAY + 10 * MINUTE);
    eventually("the early job waits on", async || {
        let at: i64 = app.value("select (extract(epoch from run_at) * 1000)::bigint from job where kind = 'wake_conversation'").await;
        (at == until).then_some(())
    })
    .await;
    assert_eq!(owner.thread(id).await.conversation.state(), WorkState::Snoozed);
    app.customer_says("6281234567899", "Yang lain").await;
    let page = owner.list(None).await;
    assert_ne!(page.rows[0].id, id);
    let mut stream = owner.live("demo", Some(page.seq)).await;
    clock.set(until);
    let frames = stream.until(|frame| frame.message.is_some()).await;
    let last = frames.last().expect("a frame");
    assert_eq!(last.message.as_ref().map(|line| line.kind.as_str()), Some("woke_up"));
    assert_eq!(last.conversation.as_ref().map(ConversationView::state), Some(WorkState::Open));
    assert_eq!(owner.list(None).await.rows[0].id, id, "it is at the top");
    assert_eq!(kinds(&owner, id).await, ["snoozed", "snoozed", "woke_up"]);
    eventually("the job is done", async || {
        (app.value::<i64>("select count(*) from job where kind = 'wake_conversation'").await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_snoozed_conversation_wakes_when_the_customer_writes_or_somebody_ends_it() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    done::<SnoozeConversation>(&owner, id, &[("until", "monday")]).await;
    clock.set(FRIDAY + MINUTE);
    // A reaction of the team's own does not count; a message does.
    app.deliver(outbound(NUMBER, PHONE, "wamid.echo", "dari ponsel", "business_app", &[("sent", FRIDAY)])).await;
    assert_eq!(owner.thread(id).await.conversation.state(), WorkState::Snoozed);
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    app.customer_says(PHONE, "Bagaimana?").await;
    let frames = stream.until(|frame| frame.kind == "message_received").await;
    assert_eq!(frames.last().and_then(|frame| frame.conversation.as_ref()).map(ConversationView::state), Some(WorkState::Open));
    assert_eq!(kinds(&owner, id).await, ["snoozed", "woken_by_customer"]);

    clock.set(FRIDAY + 2 * MINUTE);
    done::<SnoozeConversation>(&owner, id, &[("until", "tomorrow")]).await;
    clock.set(FRIDAY + 3 * MINUTE);
    assert_eq!(done::<ReopenConversation>(&owner, id, &[]).await.state(), WorkState::Open);
    // Its time comes, and nothing is left to wake.
    clock.set(FRIDAY + 4 * DAY);
    eventually("the job is done", async || {
        (app.value::<i64>("select count(*) from job where kind = 'wake_conversation'").await == 0).then_some(())
    })
    .await;
    assert_eq!(kinds(&owner, id).await, ["snoozed", "woken_by_customer", "snoozed", "woken"]);
}

#[tokio::test]
async fn only_the_workspaces_own_people_work_on_it() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (id, stranger, member, owner) =
        (app.only_conversation().await, app.stranger().await, app.sign_in("member@demo.test").await, app.owner().await);
    for (who, workspace) in [(&stranger, "demo"), (&stranger, "other"), (&member, "demo")] {
        let answers = [
            ask::<CloseConversation>(who, workspace, id, &[]).await,
            ask::<ReopenConversation>(who, workspace, id, &[]).await,
            ask::<PrioritiseConversation>(who, workspace, id, &[("high", "true")]).await,
            ask::<SnoozeConversation>(who, workspace, id, &[("until", "monday")]).await,
            ask::<AssignConversation>(who, workspace, id, &[("assignee", &person(&app, "member@demo.test").await)]).await,
        ];
        assert!(answers.iter().all(|answer| answer.status() == StatusCode::NOT_FOUND), "{answers:?}");
    }
    assert!(lines(&owner, id).await.is_empty());
    // A contact's other conversation stays closed while one is open.
    app.sql(
        "insert into conversation (workspace_id, id, contact_id, number_id, state, holder, last_message_at, created_at)
         select workspace_id, gen_random_uuid(), contact_id, number_id, 'closed', 'team', last_message_at - interval '1 day', created_at from conversation",
    )
    .await;
    let old = ConversationId(app.value("select id from conversation where state = 'closed'").await);
    assert_eq!(refused::<ReopenConversation>(&owner, old, &[]).await, AppError::Conflict(Conflict::OpenElsewhere));
    app.customer_says(PHONE, "Lagi").await;
    assert_eq!(owner.thread(id).await.conversation.unread, 2, "what is open gets the message");
}

#[tokio::test]
async fn without_script_the_forms_lead_back_to_the_conversation() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    for action in [CloseConversation::PATH, SnoozeConversation::PATH, AssignConversation::PATH, PrioritiseConversation::PATH] {
        assert!(page.contains(action), "{action} is a form of the page");
    }
    let form = [("workspace", "demo"), ("conversation", &id.to_string()), ("reason", "beres")];
    let answer = app
        .http
        .post(app.url(CloseConversation::PATH))
        .header("cookie", &owner.cookie)
        .header("accept", "text/html")
        .header("referer", app.url(&format!("/demo/inbox/{id}?view=mine&write=note&state=%0d%0ax")))
        .form(&form)
        .send()
        .await
        .expect("an answer");
    assert_eq!(
        (answer.status().as_u16() / 100, answer.headers()["location"].to_str().expect("text")),
        (3, format!("/demo/inbox/{id}?view=mine").as_str()),
        "beside the list that was chosen"
    );
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    assert!(page.contains(ReopenConversation::PATH) && page.contains("menyelesaikan percakapan ini: beres"), "{page}");
}
