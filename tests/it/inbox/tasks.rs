//! Notes about which something is to be done.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::{
        api::{AddNote, FinishTask, SetTask},
        model::*,
    },
    time::{HOUR, Millis},
    workspace::api::RemoveMember,
};
use reqwest::{Response, StatusCode, header};
use uuid::Uuid;

const PHONE: &str = "6281234567890";
/// [`FRIDAY`] shows 21.25 in Jakarta.
const TOMORROW: &str = "2026-11-21T09:00";
const TOMORROW_MS: Millis = 1_795_226_400_000;

async fn ask<F: ServerFn>(who: &Actor, id: ConversationId, more: &[(&str, &str)]) -> Response {
    let id = id.to_string();
    let mut form = vec![("workspace", "demo"), ("conversation", id.as_str())];
    form.extend(more);
    who.post(F::PATH, &form).await
}

async fn try_note(who: &Actor, id: ConversationId, text: &str, due: &str) -> Response {
    ask::<AddNote>(who, id, &[("client_id", &Uuid::new_v4().to_string()), ("text", text), ("due", due)]).await
}

async fn task(who: &Actor, id: ConversationId, text: &str, due: &str) -> MessageView {
    good(try_note(who, id, text, due).await).await
}

async fn finish(who: &Actor, id: ConversationId, task: MessageId, client_id: Uuid, text: &str) -> Response {
    ask::<FinishTask>(who, id, &[("message", &task.to_string()), ("client_id", &client_id.to_string()), ("text", text)]).await
}

async fn set(who: &Actor, id: ConversationId, task: MessageId, due: &str) -> Response {
    ask::<SetTask>(who, id, &[("message", &task.to_string()), ("due", due)]).await
}

async fn page(who: &Actor, query: &str) -> String {
    who.get(&format!("/demo/inbox/tasks{query}")).await.text().await.expect("a page")
}

#[tokio::test]
async fn a_note_with_a_time_is_a_task_until_somebody_says_what_came_of_it() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let admin = app.sign_in("admin@demo.test").await;
    let mut stream = admin.live("demo", Some(owner.list(None).await.seq)).await;
    let written = task(&owner, id, "Telepon balik soal beasiswa", TOMORROW).await;
    let me = written.task.as_ref().and_then(|task| task.assignee.clone()).expect("the one who wrote it");
    assert_eq!(written.task, Some(Task { due: TOMORROW_MS, assignee: Some(me.clone()), done: None }));
    assert_eq!(me.name, "Rani Prameswari");
    assert_eq!(stream.frame().await.message.as_ref(), Some(&written), "everybody sees it at once");
    let totals = owner.list(None).await.totals;
    assert_eq!((totals.tasks, totals.next_task), (0, Some(TOMORROW_MS)));
    assert!(page(&owner, "").await.contains("Tenggat Sab 21 Nov 09.00"), "{}", page(&owner, "").await);
    assert!(!page(&admin, "").await.contains("Telepon balik") && page(&admin, "?whose=all").await.contains("Telepon balik"));
    clock.set(TOMORROW_MS);
    let totals = owner.list(None).await.totals;
    assert_eq!((totals.tasks, totals.next_task), (1, None));
    assert_eq!(admin.list(None).await.totals.tasks, 0);
    assert!(page(&owner, "").await.contains("Terlewat"));
    // Whoever is there may do it.
    let client_id = Uuid::new_v4();
    for _ in 0..2 {
        let done: MessageView = good(finish(&admin, id, written.id, client_id, "Sudah ditelepon, minta brosur").await).await;
        assert_eq!(done.task.and_then(|task| task.done), Some(TOMORROW_MS));
    }
    let frames = stream.until(|frame| frame.message.as_ref().is_some_and(|message| message.text.starts_with("Sudah"))).await;
    assert!(
        frames
            .iter()
            .any(|frame| frame.message.as_ref().is_some_and(|m| m.id == written.id && m.task.as_ref().is_some_and(|t| t.done.is_some())))
    );
    let said: Vec<(String, String)> = owner.thread(id).await.messages.into_iter().skip(2).map(|m| (m.kind, m.text)).collect();
    let line = ("task_done".to_owned(), "Telepon balik soal beasiswa".to_owned());
    assert_eq!(said, [line, ("note".to_owned(), "Sudah ditelepon, minta brosur".to_owned())], "once");
    assert_eq!(owner.list(None).await.totals.tasks, 0);
    // A colleague who was slower loses nothing.
    good::<MessageView>(finish(&owner, id, written.id, Uuid::new_v4(), "Saya juga sudah").await).await;
    assert_eq!(
        app.value::<String>("select string_agg(p.email, ' ') from task t join person p on p.id = t.done_by").await,
        "admin@demo.test"
    );
    assert_eq!(owner.thread(id).await.messages.last().map(|m| m.text.clone()).as_deref(), Some("Saya juga sudah"));
}

#[tokio::test]
async fn it_is_whose_name_stands_in_it_and_its_time_can_be_changed_and_taken_away() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let (admin, member) = (app.sign_in("admin@demo.test").await, app.sign_in("member@demo.test").await);
    let (budi, sekar): (String, String) = (
        app.value("select name from person where email = 'admin@demo.test'").await,
        app.value("select name from person where email = 'member@demo.test'").await,
    );
    let written = task(&owner, id, &format!("@{sekar} dan @{budi}: kirim invoice"), TOMORROW).await;
    let whose = |view: &MessageView| view.task.as_ref().and_then(|task| task.assignee.as_ref()).map(|person| person.name.clone());
    assert_eq!(whose(&written), Some(sekar.clone()), "the first one");
    // She does not see the conversation yet.
    clock.set(TOMORROW_MS + HOUR);
    assert_eq!(member.list(None).await.totals.tasks, 0);
    assert!(!page(&member, "?whose=all").await.contains("invoice"));
    assert_eq!(page(&member, &format!("?task={}", written.id)).await.matches("invoice").count(), 0);
    app.sql("update conversation set assignee_id = (select id from person where email = 'member@demo.test')").await;
    assert_eq!(member.list(None).await.totals.tasks, 1);
    assert!(page(&member, "").await.contains("invoice"));
    let moved: MessageView = good(set(&member, id, written.id, "2026-11-21T10:30").await).await;
    assert_eq!(moved.task.as_ref().map(|task| task.due), Some(TOMORROW_MS + 3 * HOUR / 2));
    assert_eq!(member.list(None).await.totals.tasks, 0);
    good::<MessageView>(finish(&admin, id, written.id, Uuid::new_v4(), "terkirim").await).await;
    let lines = async |kind: &str| app.value::<i64>(&format!("select count(*) from message where kind = '{kind}'")).await;
    let again: MessageView = good(set(&owner, id, written.id, "again").await).await;
    assert_eq!((lines("task_done").await, lines("task_reopened").await, lines("task_dropped").await), (1, 1, 0));
    assert_eq!(again.task.map(|task| (task.due, task.done)), Some((TOMORROW_MS + 3 * HOUR / 2, None)), "it was not done after all");
    let none: MessageView = good(set(&owner, id, written.id, "").await).await;
    assert_eq!((none.task, lines("task_dropped").await), (None, 1));
    assert!(!page(&owner, "?whose=all").await.contains("invoice"));
    assert_eq!(finish(&owner, id, written.id, Uuid::new_v4(), "terlambat").await.status(), StatusCode::NOT_FOUND);
    // Whoever leaves leaves it to nobody, and screens hear of it.
    set(&owner, id, written.id, "2026-11-22T09:00").await;
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    let sekar: Uuid = app.value("select id from person where email = 'member@demo.test'").await;
    let answer = owner.post(RemoveMember::PATH, &[("workspace", "demo"), ("person", &*sekar.to_string())]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    stream
        .until(|frame| frame.message.as_ref().is_some_and(|m| m.id == written.id && m.task.as_ref().is_some_and(|t| t.assignee.is_none())))
        .await;
    let thread = owner.thread(id).await;
    let left = thread.messages.iter().find(|m| m.id == written.id).and_then(|m| m.task.clone()).expect("a task");
    assert_eq!(left.assignee, None);
    assert!(page(&owner, "?whose=all").await.contains("belum ada yang menangani"));
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_nothing_is_lost() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    for wrong in ["2026-11-20T21:25", "2020-01-01T00:00", "2029-01-01T00:00", "besok", "2026-13-40T99:99"] {
        let answer = try_note(&owner, id, "catatan", wrong).await;
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    assert_eq!(app.value::<i64>("select count(*) from message where kind = 'note'").await, 0);
    let written = task(&owner, id, "catatan", TOMORROW).await;
    let no_task = task(&owner, id, "tanpa tenggat", "").await;
    assert_eq!(no_task.task, None);
    let inbound = owner.thread(id).await.messages[0].id;
    for (message, status) in
        [(no_task.id, StatusCode::NOT_FOUND), (inbound, StatusCode::NOT_FOUND), (MessageId(Uuid::new_v4()), StatusCode::NOT_FOUND)]
    {
        assert_eq!(finish(&owner, id, message, Uuid::new_v4(), "sudah").await.status(), status);
    }
    assert_eq!(set(&owner, id, inbound, TOMORROW).await.status(), StatusCode::NOT_FOUND, "not everything is a note");
    for text in ["", "   "] {
        assert_eq!(finish(&owner, id, written.id, Uuid::new_v4(), text).await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    }
    let client_id = Uuid::new_v4();
    good::<MessageView>(finish(&owner, id, written.id, client_id, "sudah").await).await;
    let answer = finish(&owner, id, written.id, client_id, "lain").await;
    assert_eq!(refused_as(answer, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::ClientIdReused));
    // From a form without script the words stand there again, also where a colleague took the time away meanwhile.
    set(&owner, id, written.id, TOMORROW).await;
    let long = format!("jangan hilang {}", "x".repeat(MAX_TEXT));
    let form =
        [("workspace", "demo".to_owned()), ("message", written.id.to_string()), ("client_id", Uuid::new_v4().to_string()), ("text", long)];
    let answer = app
        .http
        .post(app.url(FinishTask::PATH))
        .header(header::COOKIE, &owner.cookie)
        .header(header::ACCEPT, "text/html,application/xhtml+xml")
        .header(header::REFERER, app.url("/demo/inbox/tasks?whose=all"))
        .form(&form)
        .send()
        .await
        .unwrap();
    let to = answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    assert!(to.starts_with(&format!("/demo/inbox/tasks?task={}&__", written.id)) && !to.contains("hilang"), "{to}");
    let read = async || owner.get(&to).await.text().await.unwrap();
    assert!(read().await.contains("jangan hilang xxx"));
    set(&owner, id, written.id, "").await;
    let page = read().await;
    assert!(page.contains("jangan hilang xxx") && page.contains("Tidak ada lagi yang harus dikerjakan"));
    set(&owner, id, written.id, TOMORROW).await;
    good::<MessageView>(finish(&owner, id, written.id, Uuid::new_v4(), "pendek").await).await;
    assert_eq!(app.value::<i64>("select count(*) from unsent").await, 0, "it was kept in the end");
}

#[tokio::test]
async fn a_long_list_goes_on_without_gap_or_repeat() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    app.sql(
        "insert into message (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, sent_at, created_at)
             select c.workspace_id, gen_random_uuid(), c.id, 'system', 'teammate', p.id, 'note', 'nomor-' || lpad(n::text, 3, '0') || '.', now(), now()
             from conversation c, person p, generate_series(1, 120) n where p.email = 'owner@demo.test';
         insert into task select m.workspace_id, m.id, timestamptz '2026-11-21' + (right(rtrim(m.body, '.'), 3)::int / 3) * interval '1 minute', m.sender_id
             from message m where m.kind = 'note'",
    )
    .await;
    let (mut seen, mut query) = (Vec::new(), String::new());
    for _ in 0..3 {
        let page = page(&owner, &query).await;
        seen.extend((1..=120).filter(|n| page.contains(&format!("nomor-{n:03}."))));
        query = page
            .split("/demo/inbox/tasks?after=")
            .nth(1)
            .map_or_else(String::new, |rest| format!("?after={}", rest.split('"').next().unwrap()));
    }
    assert!(query.is_empty(), "three pages");
    seen.sort_unstable();
    assert_eq!(seen, (1..=120).collect::<Vec<_>>());
    assert_eq!(owner.list(None).await.totals.tasks, 0);
    let _ = id;
}
