//! Contacts from whom the team does not want to hear.

use super::{bulk, views};
use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict},
    ids::ConversationId,
    inbox::{
        api::{BlockContact, ReopenConversation},
        bulk::Refusal,
        model::*,
    },
};
use reqwest::{Response, StatusCode};
use uuid::Uuid;

const PHONE: &str = "6281234567890";

async fn ask(who: &Actor, id: ConversationId, blocked: bool) -> Response {
    let (id, blocked) = (id.to_string(), blocked.to_string());
    who.post(BlockContact::PATH, &[("workspace", "demo"), ("conversation", &*id), ("blocked", &*blocked)]).await
}

async fn set(who: &Actor, id: ConversationId, blocked: bool) -> ConversationView {
    good(ask(who, id, blocked).await).await
}

async fn reopen(who: &Actor, id: ConversationId) -> Response {
    who.post(ReopenConversation::PATH, &[("workspace", "demo"), ("conversation", &*id.to_string())]).await
}

#[tokio::test]
async fn what_the_blocked_write_is_kept_and_bothers_nobody() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Pinjol cepat!!").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let admin = app.sign_in("admin@demo.test").await;
    let mut stream = admin.live("demo", Some(owner.list(None).await.seq)).await;
    let row = set(&owner, id, true).await;
    assert_eq!((row.blocked, row.closed, row.unread), (true, true, 0));
    let frames = stream.until(|frame| frame.message.is_some()).await;
    assert_eq!(frames.iter().map(|frame| frame.unread_delta).sum::<i32>(), -1);
    let line = frames.last().and_then(|frame| frame.message.clone()).expect("a line");
    assert_eq!((line.kind.as_str(), line.sender_name.as_deref()), ("contact_blocked", Some("Rani Prameswari")));
    // Once.
    set(&owner, id, true).await;
    app.customer_says(PHONE, "Masih ada promo!!").await;
    let frame = stream.until(|frame| frame.kind == "message_received").await.pop().expect("a frame");
    let row = frame.conversation.expect("its row");
    assert_eq!((frame.unread_delta, row.unread, row.closed, row.blocked), (0, 0, true, true));
    let thread = owner.thread(id).await;
    let mut lines: Vec<_> = thread.messages.iter().map(|m| m.kind.as_str()).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["contact_blocked", "text", "text"], "all is kept, and nothing opens");
    let page = owner.list(None).await;
    assert_eq!(page.unread_total, 0);
    assert!(page.rows.iter().all(|row| row.id != id || row.closed));
    let said: String =
        app.value("select string_agg(action || coalesce(detail::text, ''), ' ') from audit_entry where action like 'contact.%'").await;
    assert_eq!(said, "contact.blocked{}");
}

#[tokio::test]
async fn lists_show_whom_the_team_blocked_and_whom_not() {
    let app = TestApp::start().await;
    let ids = views::five(&app).await;
    let owner = app.owner().await;
    set(&owner, ids[1], true).await;
    set(&owner, ids[4], true).await;
    let shown = async |view: &str| {
        let mut places: Vec<_> = views::shown(&owner, view).await.iter().map(|id| ids.iter().position(|known| known == id)).collect();
        places.sort_unstable();
        places
    };
    assert_eq!(shown("state=all&filter=blocked:yes").await, [Some(1), Some(4)]);
    assert_eq!(shown("state=closed&filter=blocked:no").await, [Some(3)]);
    assert_eq!(shown("filter=blocked:yes").await, [], "none of them is somebody's work");
    set(&owner, ids[4], false).await;
    assert_eq!(shown("state=all&filter=blocked:yes").await, [Some(1)]);
    assert_eq!(shown("state=all&filter=blocked:no~blocked:yes;unread:no").await.len(), 5);
}

#[tokio::test]
async fn ari_does_not_answer_the_blocked() {
    let app = TestApp::with_ari().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    eventually("ARI answers", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    set(&owner, id, true).await;
    let calls = "select count(*) from model_call";
    let before: i64 = app.value(calls).await;
    app.customer_says(PHONE, "Jam buka?").await;
    tokio::time::sleep(std::time::Duration::from_millis(800)).await;
    assert_eq!(app.sent_by_gateway().await.len(), 1);
    assert_eq!(app.value::<i64>(calls).await, before, "nor was a model asked");
    // Let through, they are answered again.
    assert!(!set(&owner, id, false).await.blocked);
    app.customer_says(PHONE, "Jam buka?").await;
    eventually("ARI answers again", async || (app.sent_by_gateway().await.len() == 2).then_some(())).await;
    assert!(!owner.thread(id).await.conversation.closed);
}

#[tokio::test]
async fn nothing_is_sent_to_the_blocked_until_they_are_let_through() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    set(&owner, id, true).await;
    let refused = refused_as(owner.try_send("demo", id, Uuid::new_v4(), "Halo").await, StatusCode::CONFLICT).await;
    assert_eq!(refused, AppError::Conflict(Conflict::ConversationClosed));
    assert_eq!(refused_as(reopen(&owner, id).await, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::ContactBlocked));
    assert_eq!(bulk::done(&owner, &[id], "reopen", &[]).await.refused, [(id, Refusal::Blocked)]);
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(page.contains("Kontak ini diblokir"));
    // What they wrote meanwhile has opened WhatsApp's window.
    app.sql(&format!("update conversation set last_inbound_at = last_inbound_at - interval '2 days' where id = '{id}'")).await;
    app.customer_says(PHONE, "Maaf tadi").await;
    let row = set(&owner, id, false).await;
    assert_eq!((row.blocked, row.closed), (false, true));
    assert_eq!(reopen(&owner, id).await.status(), StatusCode::OK);
    owner.send(id, "Tidak apa-apa").await;
    eventually("it is sent", async || (app.sent_by_gateway().await.len() == 1).then_some(())).await;
    let kinds: Vec<_> = owner.thread(id).await.messages.into_iter().filter(|m| m.direction == Direction::System).map(|m| m.kind).collect();
    assert_eq!(kinds[..3], ["contact_blocked", "contact_unblocked", "reopened"]);
}

#[tokio::test]
async fn the_same_number_elsewhere_is_not_blocked_and_who_may_not_reply_blocks_nobody() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let member = app.sign_in("member@demo.test").await;
    assert_eq!(ask(&member, id, true).await.status(), StatusCode::NOT_FOUND, "out of sight");
    assert_eq!(ask(&app.stranger().await, id, true).await.status(), StatusCode::NOT_FOUND);
    set(&owner, id, true).await;
    app.deliver(inbound_text(OTHER_NUMBER, PHONE, &wamid(), "Halo toko", 1_795_184_700)).await;
    let abroad: (bool, i32) = {
        let open: bool =
            app.value("select state = 'open' from conversation where workspace_id = (select id from workspace where slug = 'other')").await;
        let unread: i32 =
            app.value("select unread_count from conversation where workspace_id = (select id from workspace where slug = 'other')").await;
        (open, unread)
    };
    assert_eq!(abroad, (true, 1));
}

/// Whatever comes in at the moment in which somebody blocks them: all of it is kept, and nothing is open afterwards.
#[tokio::test]
async fn what_comes_in_while_somebody_blocks_them_opens_nothing_for_good() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    for round in 0..8 {
        let writing = futures::future::join_all((0..6).map(|n| {
            let app = &app;
            async move {
                tokio::time::sleep(std::time::Duration::from_millis(n * 7)).await;
                app.customer_says(PHONE, &format!("Pesan {round}.{n}")).await;
            }
        }));
        let blocking = async {
            tokio::time::sleep(std::time::Duration::from_millis(12 + round)).await;
            set(&owner, id, true).await
        };
        tokio::join!(writing, blocking);
        let row = owner.thread(id).await.conversation;
        assert_eq!((row.blocked, row.closed, row.unread), (true, true, 0), "round {round}");
        set(&owner, id, false).await;
    }
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'inbound'").await, 49);
}
