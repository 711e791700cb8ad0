//! Working on many conversations at once, and taking it back: each is done or said to be left, by itself.

use crate::support::*;
use futures::future::join_all;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Rule},
    ids::ConversationId,
    inbox::{
        api::*,
        bulk::{BulkAnswer, MAX_PICKED, Refusal},
        model::*,
        working::WorkState,
    },
    time::DAY,
};
use reqwest::{Response, StatusCode};
use uuid::Uuid;

/// The conversation of a new customer, who says one thing.
async fn talk(app: &TestApp, nth: u32) -> ConversationId {
    app.customer_says(&format!("62812000000{nth:02}"), &format!("Halo dari {nth}")).await;
    ConversationId(app.value("select id from conversation order by created_at desc, id desc limit 1").await)
}

async fn three(app: &TestApp) -> [ConversationId; 3] {
    [talk(app, 1).await, talk(app, 2).await, talk(app, 3).await]
}

async fn person(app: &TestApp, email: &str) -> String {
    app.value::<Uuid>(&format!("select id from person where email = '{email}'")).await.to_string()
}

/// A request with everything seen up to an event.
pub(super) async fn ask(
    who: &Actor,
    workspace: &str,
    action: Uuid,
    ids: &[ConversationId],
    seen: i64,
    deed: &str,
    more: &[(&str, &str)],
) -> Response {
    let action = action.to_string();
    let mut form: Vec<(&str, String)> = vec![("workspace", workspace.into()), ("action", action), ("deed", deed.into())];
    form.extend(ids.iter().map(|id| ("picked[]", format!("{seen}.{id}"))));
    form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    who.post(BulkWork::PATH, &form).await
}

pub(super) async fn done(who: &Actor, ids: &[ConversationId], deed: &str, more: &[(&str, &str)]) -> BulkAnswer {
    good(ask(who, "demo", Uuid::new_v4(), ids, EVERYTHING, deed, more).await).await
}

async fn try_undo(who: &Actor, workspace: &str, action: Uuid) -> Response {
    who.post(UndoBulkWork::PATH, &[("workspace", workspace), ("action", &action.to_string())]).await
}

pub(super) async fn undo(who: &Actor, action: Uuid) -> BulkAnswer {
    good(try_undo(who, "demo", action).await).await
}

async fn one<F: ServerFn>(who: &Actor, id: ConversationId, more: &[(&str, &str)]) -> ConversationView {
    let id = id.to_string();
    let mut form = vec![("workspace", "demo"), ("conversation", id.as_str())];
    form.extend(more);
    good(who.post(F::PATH, &form).await).await
}

async fn views(who: &Actor, ids: &[ConversationId]) -> Vec<ConversationView> {
    join_all(ids.iter().map(async |id| who.thread(*id).await.conversation)).await
}

/// The kinds of the thread's lines.
async fn lines(who: &Actor, id: ConversationId) -> Vec<String> {
    let messages = who.thread(id).await.messages;
    messages.into_iter().filter(|message| message.direction == Direction::System).map(|message| message.kind).collect()
}

#[tokio::test]
async fn many_are_closed_at_once_and_put_back_exactly_as_they_were() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    one::<AssignConversation>(&owner, ids[0], &[("assignee", &person(&app, "member@demo.test").await)]).await;
    one::<PrioritiseConversation>(&owner, ids[0], &[("high", "true")]).await;
    one::<SnoozeConversation>(&owner, ids[1], &[("until", "monday")]).await;
    let before = views(&owner, &ids).await;
    assert!(before[0].high_priority && before[1].snoozed_until.is_some() && before[2].assignee.is_none());
    let known = [lines(&owner, ids[0]).await, lines(&owner, ids[1]).await, lines(&owner, ids[2]).await];

    let mut stream = admin.live("demo", Some(admin.list(None).await.seq)).await;
    let action = Uuid::new_v4();
    let closing =
        async || good::<BulkAnswer>(ask(&owner, "demo", action, &ids, EVERYTHING, "close", &[("reason", " sudah\n beres ")]).await).await;
    let answer = closing().await;
    assert_eq!((answer.done.as_slice(), answer.refused.as_slice(), answer.undoable), (&ids[..], &[][..], true));
    assert_eq!(answer.said, "3 percakapan selesai");
    assert!(views(&owner, &ids).await.iter().all(|view| view.state() == WorkState::Closed));
    let told = std::cell::Cell::new(0);
    stream
        .until(|frame| {
            let closed = frame.message.as_ref().is_some_and(|line| line.kind == "closed" && line.text == "sudah beres");
            told.set(told.get() + usize::from(closed));
            told.get() == 3
        })
        .await;
    // The same request once more, in another's answer that was lost: nothing happens twice, not even after somebody opened one again.
    one::<ReopenConversation>(&admin, ids[2], &[]).await;
    assert_eq!(closing().await.done, ids);
    assert_eq!(owner.thread(ids[2]).await.conversation.state(), WorkState::Open);
    one::<CloseConversation>(&admin, ids[2], &[]).await;

    let undone = undo(&owner, action).await;
    assert_eq!(
        (undone.done.as_slice(), undone.refused.as_slice()),
        (&ids[..2], &[(ids[2], Refusal::Changed)][..]),
        "what others did since stays"
    );
    assert_eq!(undone.said, "2 percakapan dikembalikan · 1 dibiarkan, sudah berubah lagi");
    assert!(!undone.undoable);
    assert_eq!(views(&owner, &ids[..2]).await, before[..2]);
    for (place, id) in ids[..2].iter().enumerate() {
        let added = &lines(&owner, *id).await[known[place].len()..];
        assert_eq!(added, ["closed", "undone"]);
    }
    let waits: bool = app
        .value(&format!(
            "select exists (select from job j join conversation c on c.id = '{}' where j.kind = 'wake_conversation' and j.run_at = c.snoozed_until
             and j.dedupe_key = c.id::text)",
            ids[1]
        ))
        .await;
    assert!(waits, "it comes back at its time");
    // Once is enough.
    assert_eq!(undo(&owner, action).await.done, ids[..2]);
    assert_eq!(lines(&owner, ids[0]).await.len(), known[0].len() + 2);
}

#[tokio::test]
async fn giving_putting_off_and_marking_are_done_and_undone_for_each() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let owner = app.owner().await;
    one::<AssignConversation>(&owner, ids[1], &[("assignee", &person(&app, "member@demo.test").await)]).await;
    let before = views(&owner, &ids).await;
    let budi = person(&app, "admin@demo.test").await;
    type Deed<'a> = (&'a str, Vec<(&'a str, &'a str)>, fn(&ConversationView) -> bool);
    let deeds: [Deed; 8] = [
        ("assign", vec![("assignee", budi.as_str())], |view| view.assignee.as_ref().is_some_and(|person| person.name == "Budi Hartono")),
        ("assign", vec![("assignee", "")], |view| view.assignee.is_none()),
        ("take", vec![], |view| view.assignee.as_ref().is_some_and(|person| person.name == "Rani Prameswari")),
        ("tomorrow", vec![], |view| view.state() == WorkState::Snoozed),
        ("own", vec![("at", "2099-01-01T08:00")], |_| true),
        ("raise", vec![], |view| view.high_priority),
        ("read", vec![], |view| view.unread == 0),
        ("close", vec![], |view| view.closed),
    ];
    for (deed, more, shows) in deeds {
        if deed == "own" {
            // A year and more ahead is no time: then nothing is done at all.
            let error =
                refused_as(ask(&owner, "demo", Uuid::new_v4(), &ids, EVERYTHING, deed, &more).await, StatusCode::UNPROCESSABLE_ENTITY)
                    .await;
            assert_eq!(error, AppError::invalid("at", Rule::Malformed));
            continue;
        }
        let answer = done(&owner, &ids, deed, &more).await;
        assert_eq!(answer.done, ids, "{deed}");
        assert!(views(&owner, &ids).await.iter().all(shows), "{deed}");
        let undone = undo(&owner, answer.action).await;
        assert_eq!(undone.refused, [], "{deed}");
        assert_eq!(views(&owner, &ids).await, before, "{deed} undone");
    }
    let again = done(&owner, &ids, "lower", &[]).await;
    assert_eq!((again.done.as_slice(), again.undoable), (&ids[..], false), "what is so already is done, and there is nothing to undo");
}

#[tokio::test]
async fn what_is_marked_unread_counts_everywhere_and_reading_stands_in_no_other_way() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    for id in ids {
        owner.mark_read(id).await;
    }
    let before = admin.list(None).await;
    assert_eq!(before.unread_total, 0);
    let mut stream = admin.live("demo", Some(before.seq)).await;
    let marked = done(&owner, &ids, "unread", &[]).await;
    assert_eq!(marked.said, "3 percakapan ditandai belum dibaca");
    let frames = stream.until(|frame| frame.conversation.as_ref().map(|row| row.id) == Some(ids[2])).await;
    assert_eq!(frames.iter().map(|frame| frame.unread_delta).sum::<i32>(), 3);
    assert_eq!(admin.list(None).await.unread_total, 3);
    assert_eq!(admin.view("demo", "unread=1", None).await.rows.len(), 3);
    // Somebody has read one: that one is left, for it is about reading.
    admin.mark_read(ids[0]).await;
    let undone = undo(&owner, marked.action).await;
    assert_eq!((undone.done.as_slice(), undone.refused.as_slice()), (&ids[1..], &[(ids[0], Refusal::Changed)][..]));
    assert_eq!(admin.list(None).await.unread_total, 0);
    assert!(lines(&owner, ids[1]).await.is_empty(), "the thread says nothing of it");

    app.customer_says("6281200000001", "Lagi").await;
    let given = done(&owner, &ids, "take", &[]).await;
    admin.mark_read(ids[0]).await;
    assert_eq!(undo(&owner, given.action).await.done, ids, "that it was read is no change of what was done");
    assert_eq!(owner.thread(ids[0]).await.conversation.unread, 0, "and stays so");
}

#[tokio::test]
async fn undoing_leaves_alone_what_customers_and_colleagues_said_since() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let given = done(&owner, &ids, "assign", &[("assignee", &person(&app, "admin@demo.test").await)]).await;
    admin.send(ids[0], "Saya bantu, Kak").await;
    app.customer_says("6281200000002", "Terima kasih").await;
    let undone = undo(&owner, given.action).await;
    assert_eq!((undone.done.as_slice(), undone.refused.len()), (&ids[2..], 2));
    let names: Vec<_> = views(&owner, &ids).await.into_iter().map(|view| view.assignee.map(|person| person.name)).collect();
    assert_eq!(names, [Some("Budi Hartono".into()), Some("Budi Hartono".into()), None]);
}

#[tokio::test]
async fn a_message_that_was_not_seen_holds_its_conversation_and_no_other() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() / 1000 * 1000 - 10_000;
    for nth in 1..=3 {
        app.deliver(inbound_text(NUMBER, &format!("628120000000{nth}"), &wamid(), "Halo?", at)).await;
    }
    let owner = app.owner().await;
    let page = owner.list(None).await;
    let ids: Vec<ConversationId> = page.rows.iter().map(|row| row.id).collect();
    // In the same second, as times on the wire go.
    app.deliver(inbound_text(NUMBER, "6281200000002", &wamid(), "Tunggu dulu", at)).await;
    let held = owner.list(None).await.rows.into_iter().find(|row| row.unread == 2).expect("it is unread").id;
    for deed in ["tomorrow", "close"] {
        let answer: BulkAnswer = good(ask(&owner, "demo", Uuid::new_v4(), &ids, page.seq, deed, &[]).await).await;
        assert_eq!(answer.refused, [(held, Refusal::CustomerWrote)], "{deed}");
        assert_eq!(answer.done.len(), 2, "{deed}");
        assert!(answer.said.ends_with(" · 1 ditahan, pelanggannya baru menulis"), "{}", answer.said);
        assert_eq!(owner.thread(held).await.conversation.state(), WorkState::Open, "{deed}");
    }
    // What is closed cannot be put off; what was looked at again can.
    let seen = owner.list(None).await.seq;
    let answer: BulkAnswer = good(ask(&owner, "demo", Uuid::new_v4(), &ids, seen, "tomorrow", &[]).await).await;
    assert_eq!(answer.done, [held]);
    assert!(answer.refused.iter().all(|(_, why)| *why == Refusal::Closed) && answer.refused.len() == 2, "{answer:?}");
}

#[tokio::test]
async fn conversations_of_others_are_not_found_and_nothing_of_them_changes() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    app.deliver(inbound_text(OTHER_NUMBER, "6281299999999", &wamid(), "Halo", app.app.clock.millis())).await;
    let theirs =
        ConversationId(app.value("select c.id from conversation c join workspace w on w.id = c.workspace_id where w.slug = 'other'").await);
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let (stranger, member) = (app.stranger().await, app.sign_in("member@demo.test").await);
    assert_eq!(ask(&stranger, "demo", Uuid::new_v4(), &ids, EVERYTHING, "close", &[]).await.status(), StatusCode::NOT_FOUND);
    let nowhere = ConversationId(Uuid::new_v4());
    // Their own is done; those of the other workspace are like one that does not exist.
    let mixed = [ids[0], theirs, nowhere];
    let answer: BulkAnswer = good(ask(&stranger, "other", Uuid::new_v4(), &mixed, EVERYTHING, "close", &[]).await).await;
    assert_eq!(
        (answer.done.as_slice(), answer.refused.as_slice()),
        (&[theirs][..], &[(ids[0], Refusal::NotFound), (nowhere, Refusal::NotFound)][..])
    );

    // A member sees what is hers.
    one::<AssignConversation>(&owner, ids[1], &[("assignee", &person(&app, "member@demo.test").await)]).await;
    for deed in ["raise", "unread", "read", "tomorrow", "close"] {
        let answer = done(&member, &[ids[0], ids[1], nowhere], deed, &[]).await;
        assert_eq!(answer.done, [ids[1]], "{deed}");
        assert_eq!(answer.refused, [(ids[0], Refusal::NotFound), (nowhere, Refusal::NotFound)], "{deed}");
    }
    assert!(lines(&owner, ids[0]).await.is_empty());
    assert_eq!(owner.thread(ids[0]).await.conversation.unread, 1);
    let unseen: i64 = app.value(&format!("select count(*) from bulk_undo where conversation_id = '{}'", ids[0])).await;
    assert_eq!(unseen, 0, "nothing was kept about it");

    // What somebody did is theirs to undo, in their workspace.
    let closed = done(&owner, &ids[2..], "close", &[]).await;
    for (who, workspace) in [(&admin, "demo"), (&member, "demo"), (&stranger, "other"), (&stranger, "demo")] {
        assert_eq!(try_undo(who, workspace, closed.action).await.status(), StatusCode::NOT_FOUND);
    }
    assert!(owner.thread(ids[2]).await.conversation.closed);
    assert_eq!(undo(&owner, closed.action).await.done, ids[2..]);
}

#[tokio::test]
async fn what_is_given_out_of_sight_can_be_taken_back_by_whoever_gave_it() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let (owner, member) = (app.owner().await, app.sign_in("member@demo.test").await);
    for deed in ["assign", "take"] {
        let error = ask(&member, "demo", Uuid::new_v4(), &ids, EVERYTHING, deed, &[("assignee", "")]).await;
        assert_eq!(error.status(), if deed == "assign" { StatusCode::FORBIDDEN } else { StatusCode::OK }, "{deed}");
    }
    assert!(views(&owner, &ids).await.iter().all(|view| view.assignee.is_none()), "not hers to take");
    // A role of the workspace's own: sees what is hers, and may give it away.
    app.sql(
        "with made as (
             insert into role (workspace_id, id, name, permissions, created_at)
             select id, gen_random_uuid(), 'Pembagi', array['conversations:reply', 'conversations:assign'], now() from workspace where slug = 'demo'
             returning workspace_id, id)
         update membership m set custom_role_id = made.id from made, person p
         where m.workspace_id = made.workspace_id and m.person_id = p.id and p.email = 'member@demo.test'",
    )
    .await;
    let sekar = person(&app, "member@demo.test").await;
    done(&owner, &ids, "assign", &[("assignee", &sekar)]).await;
    let action = Uuid::new_v4();
    let give = async || good::<BulkAnswer>(ask(&member, "demo", action, &ids, EVERYTHING, "assign", &[("assignee", "")]).await).await;
    assert_eq!(give().await.done, ids);
    assert_eq!(member.try_thread("demo", ids[0], None).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(give().await.done, ids, "the same request again");
    assert_eq!(undo(&member, action).await.done, ids);
    assert_eq!(member.thread(ids[0]).await.conversation.assignee.map(|person| person.name), Some("Sekar Ayu".into()));

    // The right is gone meanwhile, and with it the undoing.
    let again = done(&member, &ids, "assign", &[("assignee", "")]).await;
    app.sql("update role set permissions = array['conversations:reply'] where name = 'Pembagi'").await;
    assert_eq!(try_undo(&member, "demo", again.action).await.status(), StatusCode::FORBIDDEN);
    assert!(views(&owner, &ids).await.iter().all(|view| view.assignee.is_none()));
}

#[tokio::test]
async fn two_hundred_are_taken_and_no_more() {
    let app = TestApp::start().await;
    let id = talk(&app, 1).await;
    let owner = app.owner().await;
    let mut ids = vec![id; 2];
    ids.extend((0..MAX_PICKED - 2).map(|_| ConversationId(Uuid::new_v4())));
    let answer = done(&owner, &ids, "raise", &[]).await;
    assert_eq!((answer.done.as_slice(), answer.refused.len()), (&[id][..], MAX_PICKED - 2), "what is named twice counts once");
    ids.push(ConversationId(Uuid::new_v4()));
    let invalid = async |ids: &[ConversationId], deed: &str| {
        refused_as(ask(&owner, "demo", Uuid::new_v4(), ids, EVERYTHING, deed, &[]).await, StatusCode::UNPROCESSABLE_ENTITY).await
    };
    assert_eq!(invalid(&ids, "close").await, AppError::invalid("picked", Rule::TooMany(200)));
    assert_eq!(invalid(&[], "close").await, AppError::invalid("picked", Rule::Missing));
    assert_eq!(invalid(&[id], "erase").await, AppError::invalid("deed", Rule::Malformed));
    let form = [("workspace", "demo"), ("action", &Uuid::new_v4().to_string()), ("deed", "close"), ("picked[]", &id.to_string())];
    let answer = owner.post(BulkWork::PATH, &form).await;
    assert_eq!(refused_as(answer, StatusCode::UNPROCESSABLE_ENTITY).await, AppError::invalid("picked", Rule::Malformed));
    assert_eq!(lines(&owner, id).await, ["priority_raised"], "nothing was closed");
}

#[tokio::test]
async fn several_who_work_on_the_same_at_once_do_it_once() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let reversed: Vec<_> = ids.iter().rev().copied().collect();
    let (one, other) = tokio::join!(done(&owner, &ids, "close", &[]), done(&admin, &reversed, "close", &[]));
    assert_eq!((one.done.len(), other.done.len()), (3, 3));
    for id in ids {
        assert_eq!(lines(&owner, id).await, ["closed"]);
    }
    // Each can take back what they did, and nothing of the other's.
    let (action, other_action) = (one.action, other.action);
    let undone = if one.undoable { undo(&owner, action).await.done.len() } else { 0 };
    let other_undone = if other.undoable { undo(&admin, other_action).await.done.len() } else { 0 };
    assert_eq!(undone + other_undone, 3);
    assert!(views(&owner, &ids).await.iter().all(|view| !view.closed));
}

#[tokio::test]
async fn undoing_closes_nothing_twice_and_opens_nothing_beside_an_open_one() {
    let app = TestApp::start().await;
    let id = talk(&app, 1).await;
    let owner = app.owner().await;
    let closed = done(&owner, &[id], "close", &[]).await;
    // The contact's next conversation.
    app.sql(
        "insert into conversation (workspace_id, id, contact_id, number_id, state, holder, last_message_at, created_at)
         select workspace_id, gen_random_uuid(), contact_id, number_id, 'open', 'team', last_message_at, created_at from conversation",
    )
    .await;
    assert_eq!(undo(&owner, closed.action).await.refused, [(id, Refusal::OpenElsewhere)]);
    assert_eq!(done(&owner, &[id], "reopen", &[]).await.refused, [(id, Refusal::OpenElsewhere)]);
    assert!(owner.thread(id).await.conversation.closed);
}

#[tokio::test]
async fn a_question_that_ari_was_about_to_answer_is_answered_after_undoing() {
    let app = TestApp::with_ari().await;
    app.sandbox(serde_json::json!({ "model": { "delay_ms": 60_000 } })).await;
    let id = talk(&app, 1).await;
    let owner = app.owner().await;
    eventually("ARI is asked", async || {
        (app.value::<i64>("select count(*) from job where kind = 'ari_reply' and state = 'running'").await == 1).then_some(())
    })
    .await;
    let before = owner.thread(id).await.conversation;
    assert_eq!(before.state(), WorkState::Pending);
    let closed = done(&owner, &[id], "close", &[]).await;
    assert_eq!(undo(&owner, closed.action).await.done, [id]);
    assert_eq!(owner.thread(id).await.conversation, before);
    app.sandbox(serde_json::json!({ "model": { "delay_ms": 0, "reply": "Tentu, Kak." } })).await;
    eventually("ARI answers after all", async || {
        app.sandbox(serde_json::json!({ "let_go": true })).await;
        owner.thread(id).await.messages.iter().any(|message| message.sender == Sender::Assistant).then_some(())
    })
    .await;
    let answers = owner.thread(id).await.messages.iter().filter(|message| message.sender == Sender::Assistant).count();
    assert_eq!(answers, 1, "once");
}

#[tokio::test]
async fn what_was_done_long_ago_is_not_taken_back() {
    let (app, clock, owner, id) = on_friday("6281200000001").await;
    let closed = done(&owner, &[id], "close", &[]).await;
    clock.set(FRIDAY + DAY / 48);
    assert_eq!(try_undo(&owner, "demo", closed.action).await.status(), StatusCode::NOT_FOUND);
    done(&owner, &[id], "raise", &[]).await;
    assert_eq!(app.value::<i64>("select count(*) from bulk_undo").await, 1, "it is forgotten");
}

#[tokio::test]
async fn without_script_a_page_has_boxes_buttons_and_a_way_back() {
    let app = TestApp::start().await;
    let ids = three(&app).await;
    let owner = app.owner().await;
    let page = async |path: &str| owner.get(path).await.text().await.expect("a page");
    let first = page("/demo/inbox/pick").await;
    for id in ids {
        assert!(first.contains(&format!(".{id}\"")), "a box for each");
    }
    assert!(first.contains(BulkWork::PATH) && first.contains("Selesai"), "{first}");
    let bar = page("/demo/inbox/pick?bar=1").await;
    assert!(bar.contains("id=\"bulk\"") && !bar.contains(&ids[0].to_string()), "the bar alone: {bar}");

    let posted = async |path: &str, form: Vec<(&str, String)>| {
        let request = app.http.post(app.url(path)).header("cookie", &owner.cookie).header("accept", "text/html");
        let answer =
            request.header("referer", app.url("/demo/inbox/pick?view=unassigned&did=x")).form(&form).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16() / 100, 3);
        let to = answer.headers()["location"].to_str().expect("text");
        to.strip_prefix(&app.base).unwrap_or(to).to_owned()
    };
    let action = Uuid::new_v4().to_string();
    let mut form =
        vec![("workspace", "demo".to_owned()), ("action", action.clone()), ("deed", "close".into()), ("assignee", String::new())];
    form.extend([("reason", String::new()), ("at", "2026-11-20T08:00".into())]);
    form.extend(ids[..2].iter().map(|id| ("picked[]", format!("{EVERYTHING}.{id}"))));
    let to = posted(BulkWork::PATH, form.clone()).await;
    assert_eq!(to, format!("/demo/inbox/pick?view=unassigned&did=closed&done=2&left=0.0.0.0.0.0.0.0&action={action}"));
    let said = page(&to).await;
    assert!(said.contains("2 percakapan selesai") && said.contains(UndoBulkWork::PATH), "{said}");
    assert!(said.contains(&ids[2].to_string()) && !said.contains(&format!(".{}\"", ids[0])), "the list it showed");

    let to = posted(UndoBulkWork::PATH, vec![("workspace", "demo".into()), ("action", action)]).await;
    let said = page(&to).await;
    assert!(said.contains("2 percakapan dikembalikan") && !said.contains(UndoBulkWork::PATH), "{to}: {said}");
    // Nothing was ticked.
    form.truncate(6);
    let said = page(&posted(BulkWork::PATH, form).await).await;
    assert!(said.contains("role=\"alert\""), "{said}");
}
