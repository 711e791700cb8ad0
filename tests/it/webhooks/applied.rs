//! What a delivery leaves in the database.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict},
    inbox::{api::CloseConversation, model::Sender},
};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

#[tokio::test]
async fn a_first_text_creates_contact_identity_conversation_and_message() {
    let app = TestApp::start().await;
    let id = app.customer_says(PHONE, "Halo, masih ada kamar?").await;
    assert_eq!(app.value::<String>("select value from identity where kind = 'phone'").await, "+6281234567890");
    assert_eq!(app.value::<String>("select profile_name from contact").await, format!("Customer {PHONE}"));
    assert_eq!(app.value::<Option<String>>("select name from contact").await, None, "the given name is not the profile name");
    assert_eq!(app.value::<i32>("select unread_count from conversation").await, 1);
    let owner = app.owner().await;
    let page = owner.list(None).await;
    assert_eq!(page.rows.len(), 1);
    assert_eq!(page.unread_total, 1);
    assert_eq!(page.rows[0].last.as_ref().unwrap().text, "Halo, masih ada kamar?");
    let thread = owner.thread(page.rows[0].id).await;
    assert_eq!(thread.messages.len(), 1);
    assert_eq!(thread.messages[0].text, "Halo, masih ada kamar?");
    assert_eq!(app.value::<String>("select provider_message_id from message").await, id);
}

#[tokio::test]
async fn the_same_message_fifty_times_at_once_is_one_message() {
    let app = TestApp::start().await;
    let body = inbound_text(NUMBER, PHONE, "wamid.once", "halo", app.app.clock.millis());
    futures::future::join_all((0..50).map(|_| app.deliver(body.clone()))).await;
    assert_eq!(app.value::<i64>("select count(*) from message").await, 1);
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 1);
    assert_eq!(app.value::<i32>("select unread_count from conversation").await, 1);
    assert_eq!(app.value::<i64>("select count(*) from event").await, 1);
    assert_eq!(app.value::<i64>("select count(*) from delivery").await, 50, "every delivery is kept");
}

#[tokio::test]
async fn five_first_messages_of_one_new_customer_at_two_processes_make_one_contact() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    let at = app.app.clock.millis();
    let sends = (0..20).map(|n| {
        let to = if n % 2 == 0 { &app } else { &second };
        let body = inbound_text(NUMBER, &format!("62812345678{:02}", n / 5), &format!("wamid.{n}"), "halo", at + i64::from(n) * 1000);
        to.deliver(body)
    });
    futures::future::join_all(sends).await;
    assert_eq!(app.value::<i64>("select count(*) from message").await, 20);
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 4);
    assert_eq!(app.value::<i64>("select count(*) from conversation").await, 4);
    assert_eq!(app.value::<i64>("select sum(unread_count)::bigint from conversation").await, 20);
}

#[tokio::test]
async fn one_bad_item_in_a_batch_harms_no_neighbour() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis();
    let good = |n: i32| inbound_text(NUMBER, PHONE, &format!("wamid.{n}"), &format!("pesan {n}"), at + i64::from(n) * 1000);
    let bad = json!({ "message": { "id": 7, "type": ["x"] }, "phone_number_id": NUMBER }).to_string();
    app.deliver(batch(&[good(1), bad, good(2), good(1), good(3)])).await;
    assert_eq!(app.value::<i64>("select count(*) from message").await, 3);
}

#[tokio::test]
async fn a_delivery_that_the_database_refuses_is_quarantined_and_its_neighbours_stored() {
    let app = TestApp::start().await;
    // Something we did not think of: the database says no to one text.
    app.sql("alter table message add constraint no_poison check (body <> 'racun')").await;
    let at = app.app.clock.millis();
    let bodies: Vec<_> = (0..30)
        .map(|n| inbound_text(NUMBER, &format!("62812000000{n:02}"), &format!("wamid.{n}"), if n == 13 { "racun" } else { "halo" }, at))
        .collect();
    futures::future::join_all(bodies.into_iter().map(|body| app.deliver(body))).await;
    assert_eq!(app.value::<i64>("select count(*) from message").await, 29);
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome = 'quarantined'").await, 1);
    let reason: String = app.value("select reason from delivery where outcome = 'quarantined'").await;
    assert!(reason.contains("no_poison"), "{reason}");
    app.sql("alter table message drop constraint no_poison").await;
    my21staff::inbox::server::ingest::retry_kept(&app.app.db.system, &app.app.clock, &app.app.wake).await.unwrap();
    assert_eq!(app.value::<i64>("select count(*) from message").await, 30, "and applied once the cause is gone");
}

#[tokio::test]
async fn statuses_before_their_message_and_out_of_order_end_at_the_furthest() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis();
    let id = wamid();
    let only_status = |status: &str, at: i64| {
        json!({ "object": "whatsapp_business_account", "entry": [{ "id": "1", "changes": [{ "field": "messages", "value": {
            "messaging_product": "whatsapp", "metadata": { "display_phone_number": "1", "phone_number_id": NUMBER },
            "statuses": [{ "id": id, "status": status, "timestamp": (at / 1000).to_string(), "recipient_id": PHONE }] } }] }] })
        .to_string()
    };
    app.deliver(only_status("read", at + 3000)).await;
    app.deliver(only_status("delivered", at + 2000)).await;
    app.deliver(outbound(NUMBER, PHONE, &id, "dari ponsel", "business_app", &[("sent", at)])).await;
    assert_eq!(app.value::<String>("select status from message").await, "read");
    app.deliver(only_status("sent", at)).await;
    assert_eq!(app.value::<String>("select status from message").await, "read");
    assert_eq!(app.value::<i64>("select count(*) from message_status").await, 3);
}

#[tokio::test]
async fn what_somebody_typed_in_the_whatsapp_app_is_outbound_and_stops_ari() {
    let app = TestApp::with_ari().await;
    let at = app.app.clock.millis();
    app.deliver(outbound(NUMBER, PHONE, &wamid(), "kami hubungi besok", "business_app", &[("sent", at)])).await;
    let owner = app.owner().await;
    let row = owner.list(None).await.rows.remove(0);
    assert_eq!(row.last.as_ref().unwrap().sender, my21staff::inbox::model::Sender::Phone);
    assert_eq!(row.holder, my21staff::inbox::model::Holder::Team);
    assert_eq!(row.window_closes, None, "our own words do not open the window");
    assert_eq!(row.unread, 0);
}

#[tokio::test]
async fn an_older_message_that_arrives_late_takes_its_place_without_changing_the_preview() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis();
    for (id, text, at) in [("wamid.2", "kedua", at), ("wamid.1", "pertama", at - 60_000)] {
        app.deliver(inbound_text(NUMBER, PHONE, id, text, at)).await;
    }
    let owner = app.owner().await;
    let row = owner.list(None).await.rows.remove(0);
    assert_eq!(row.last.as_ref().unwrap().text, "kedua");
    let texts: Vec<_> = owner.thread(row.id).await.messages.into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["pertama", "kedua"]);
}

#[tokio::test]
async fn a_quote_is_kept_as_a_reference_even_before_its_message() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis();
    let reply = inbound(
        NUMBER,
        PHONE,
        "wamid.reply",
        at,
        json!({ "type": "text", "text": { "body": "yang ini" }, "context": { "id": "wamid.first" } }),
    );
    app.deliver(reply.to_string()).await;
    let owner = app.owner().await;
    let id = app.only_conversation().await;
    assert_eq!(owner.thread(id).await.messages[0].quote.as_ref().unwrap().id, None);
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "pilih yang mana?", at - 1000)).await;
    let thread = owner.thread(id).await;
    let quote = thread.messages[1].quote.as_ref().unwrap();
    assert_eq!((quote.id, quote.text.as_str()), (Some(thread.messages[0].id), "pilih yang mana?"));
}

#[tokio::test]
async fn a_reaction_shows_on_its_message_and_can_be_taken_back() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis();
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "oke", at)).await;
    let reaction = |emoji: &str, at: i64| {
        inbound(NUMBER, PHONE, &wamid(), at, json!({ "type": "reaction", "reaction": { "message_id": "wamid.first", "emoji": emoji } }))
            .to_string()
    };
    app.deliver(reaction("👍", at + 2000)).await;
    app.deliver(reaction("❤️", at + 1000)).await;
    let owner = app.owner().await;
    let id = app.only_conversation().await;
    let thread = owner.thread(id).await;
    assert_eq!(thread.messages.len(), 1, "a reaction is not a message");
    assert_eq!(thread.messages[0].reactions, ["👍"], "the later one, though it came first");
    app.deliver(reaction("", at + 3000)).await;
    assert!(owner.thread(id).await.messages[0].reactions.is_empty());
}

#[tokio::test]
async fn what_a_customer_wrote_anew_or_took_back_changes_its_message_and_nothing_else() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    let at = app.app.clock.millis() / 1_000 * 1_000;
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "besok jam 3 ya", at)).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    owner.mark_read(id).await;
    let form = [("workspace", "demo"), ("conversation", &*id.to_string())];
    assert!(owner.post(CloseConversation::PATH, &form).await.status().is_success());
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    // The later edit comes first, and twice.
    let newest = change_of(PHONE, "wamid.first", Some("besok jam 5 ya"), at + 60_000);
    app.deliver(newest.clone()).await;
    app.deliver(change_of(PHONE, "wamid.first", Some("besok jam 4 ya"), at + 30_000)).await;
    app.deliver(newest).await;
    let frames = stream.until(|frame| frame.message.as_ref().is_some_and(|message| message.earlier.len() == 2)).await;
    assert!(frames.iter().all(|frame| frame.kind == "message_edited" && frame.unread_delta == 0), "{frames:?}");
    let thread = owner.thread(id).await;
    let [message] = &thread.messages.iter().filter(|message| message.sender == Sender::Contact).collect::<Vec<_>>()[..] else {
        panic!("an edit is not a message: {:?}", thread.messages)
    };
    let earlier: Vec<_> = message.earlier.iter().map(|earlier| (earlier.text.as_str(), earlier.until)).collect();
    assert_eq!(message.text, "besok jam 5 ya");
    assert_eq!(earlier, [("besok jam 3 ya", at + 30_000), ("besok jam 4 ya", at + 60_000)]);
    assert!(message.revoked.is_none() && thread.conversation.closed && thread.conversation.unread == 0, "nothing is opened by it");
    let row = owner.view("demo", "state=closed", None).await.rows.remove(0);
    assert_eq!(row.last.map(|last| last.text).as_deref(), Some("besok jam 5 ya"));
    let found: i64 = app
        .value("select count(*) from message_words where words @@ to_tsquery('simple', '5') and not words @@ to_tsquery('simple', '3')")
        .await;
    assert_eq!(found, 1, "what it says now is what is looked for");

    app.deliver(change_of(PHONE, "wamid.first", None, at + 90_000)).await;
    let message = owner.thread(id).await.messages.into_iter().find(|message| message.sender == Sender::Contact).unwrap();
    assert_eq!(
        (message.revoked, message.text.as_str(), message.earlier.len()),
        (Some(at + 90_000), "besok jam 5 ya", 2),
        "what it said stays"
    );
    assert!(!message.quotable());
    let last = owner.view("demo", "state=closed", None).await.rows.remove(0).last.unwrap();
    assert_eq!((last.kind.as_str(), last.text.as_str()), ("revoked", "besok jam 5 ya"));
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(page.contains("diedit") && page.contains("Dihapus pengirimnya") && page.contains("besok jam 3 ya"));
}

#[tokio::test]
async fn only_its_own_side_changes_a_message_and_one_that_is_not_here_yet_is_asked_for() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    let at = app.app.clock.millis() / 1_000 * 1_000;
    // Before the message that it is about: that was missed, so the provider's list is read.
    let read = async || {
        let read = "select coalesce(synced_until > '2020-01-02', false) from whatsapp_number where phone_number_id = '123456789012345'";
        let tried = async {
            while !app.value::<bool>(read).await {
                tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), tried).await.is_ok()
    };
    assert!(read().await, "as at every start");
    app.sql("update whatsapp_number set synced_until = '2020-01-01'").await;
    app.deliver(change_of(PHONE, "wamid.first", Some("jam 4"), at + 1_000)).await;
    assert!(read().await, "and once more");
    app.deliver(change_of(PHONE, "wamid.first", None, at + 2_000)).await;
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "jam 3", at)).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let message = owner.thread(id).await.messages.remove(0);
    assert_eq!((message.text.as_str(), message.earlier.len(), message.revoked), ("jam 4", 1, Some(at + 2_000)));
    // Another workspace's customer, and our own phone, change nothing of it.
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.second", "dua", at + 3_000)).await;
    let own = json!({ "type": "edit", "edit": { "original_message_id": "wamid.second", "message": { "type": "text", "text": { "body": "palsu" } } } });
    app.deliver(inbound(OTHER_NUMBER, PHONE, &wamid(), at + 4_000, own.clone()).to_string()).await;
    let mut echo = inbound(NUMBER, PHONE, &wamid(), at + 5_000, own);
    echo["message"]["kapso"]["direction"] = json!("outbound");
    app.deliver(echo.to_string()).await;
    let thread = owner.thread(id).await;
    let second = thread.messages.iter().find(|message| message.text == "dua").expect("as it was written");
    assert!(second.earlier.is_empty() && second.revoked.is_none());
    assert_eq!(thread.messages.len(), 2);
}

#[tokio::test]
async fn a_reply_written_before_an_edit_was_seen_is_held() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    let at = app.app.clock.millis() / 1_000 * 1_000;
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.first", "untuk 2 orang", at)).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let seen = owner.thread(id).await.seq;
    app.deliver(change_of(PHONE, "wamid.first", Some("untuk 3 orang"), at + 1_000)).await;
    let now = owner.thread(id).await;
    let error = refused_as(owner.try_send_having_seen(seen, "demo", id, Uuid::new_v4(), "Baik, 2 orang").await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::Unseen { seq: now.seq, messages: vec![now.messages[0].id] }));
    let sent = owner.try_send_having_seen(now.seq, "demo", id, Uuid::new_v4(), "Baik, 3 orang").await;
    assert_eq!(sent.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_person_without_a_number_is_a_contact_by_user_id_and_stays_one_when_the_number_shows() {
    let app = TestApp::start().await;
    app.deliver(std::fs::read("tests/fixtures/kapso/webhooks/v2-message-received-bsuid-no-phone.json").unwrap()).await;
    assert_eq!(app.value::<String>("select kind from identity").await, "bsuid");
    // The same person's later message carries both.
    app.deliver(std::fs::read("tests/fixtures/kapso/webhooks/v2-message-received-text.json").unwrap()).await;
    assert_eq!(app.value::<i64>("select count(*) from contact").await, 1);
    assert_eq!(app.value::<i64>("select count(*) from identity").await, 2);
    assert_eq!(app.value::<i64>("select count(*) from message").await, 2);
}

/// Every recorded webhook goes through the whole way: signed, answered 200, kept.
#[tokio::test]
async fn every_recorded_webhook_is_accepted_twice_and_stored_once() {
    let app = TestApp::start().await;
    let mut files = Vec::new();
    for folder in ["kapso/webhooks", "whatsapp/inbound", "whatsapp/statuses", "whatsapp/templates"] {
        for entry in std::fs::read_dir(format!("tests/fixtures/{folder}")).unwrap() {
            files.push(entry.unwrap().path());
        }
    }
    files.sort();
    assert!(files.len() > 100, "{} recordings", files.len());
    let counts =
        "select (select count(*) from message) * 1000000 + (select count(*) from contact) * 1000 + (select count(*) from message_status)";
    for file in &files {
        app.deliver(std::fs::read(file).unwrap()).await;
    }
    let once: i64 = app.value(counts).await;
    for file in files.iter().rev() {
        app.deliver(std::fs::read(file).unwrap()).await;
    }
    assert_eq!(app.value::<i64>(counts).await, once, "a second delivery adds nothing");
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome = 'quarantined'").await, 0);
    assert!(app.value::<i64>("select count(*) from message").await >= 10);
}
