//! What a delivery leaves in the database.

use crate::support::*;
use serde_json::json;

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
    let reply = inbound(NUMBER, PHONE, "wamid.reply", at, json!({ "type": "text", "text": { "body": "yang ini" }, "context": { "id": "wamid.first" } }));
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
        inbound(NUMBER, PHONE, &wamid(), at, json!({ "type": "reaction", "reaction": { "message_id": "wamid.first", "emoji": emoji } })).to_string()
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
    let counts = "select (select count(*) from message) * 1000000 + (select count(*) from contact) * 1000 + (select count(*) from message_status)";
    for file in &files {
        app.deliver(std::fs::read(file).unwrap()).await;
    }
    let once: i64 = app.value(counts).await;
    for file in files.iter().rev() {
        app.deliver(std::fs::read(file).unwrap()).await;
    }
    assert_eq!(app.value::<i64>(counts).await, once, "a second delivery adds nothing");
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome = 'quarantined'").await, 0);
    assert!(app.value::<i64>("select count(*) from message").await > 40);
}
