//! People who may not see phone numbers get none, in no form and by no way (F219).

use super::{Ids, endpoints::*, everything, everything_with, make, roles::give_role, said_until};
use crate::support::*;
use my21staff::{
    ids::{ContactId, ConversationId, MediaId, MessageId, PersonId, WorkspaceId},
    server::crypto::new_id,
    workspace::{Permission, Permissions},
};
use serde_json::json;
use std::time::Duration;

const PHONE: &str = "6281234567890";
/// The six usual forms, and what is common to those with groups.
const FORMS: [&str; 6] = ["+6281234567890", "6281234567890", "081234567890", "+62 812-3456-7890", "0812.3456.7890", "(0812) 3456 7890"];
/// What none of the forms can do without.
const TRACES: [&str; 5] = ["1234567890", "3456-7890", "3456.7890", "3456 7890", "34567890"];

fn assert_masked(said: &str, what: &str) {
    for trace in TRACES.iter().chain(&FORMS) {
        assert!(!said.contains(trace), "{what} tells {trace}: {said}");
    }
}

/// A conversation in which the customer's number stands wherever one can stand.
async fn everywhere(app: &TestApp) -> Ids {
    let at = app.app.clock.millis();
    let deliver = async |id: &str, at: i64, content: serde_json::Value| {
        let mut delivery = inbound(NUMBER, PHONE, id, at, content);
        delivery["conversation"]["contact_name"] = json!("Wening 0812-3456-7890");
        app.deliver(delivery.to_string()).await;
    };
    let quoted = wamid();
    for (n, form) in FORMS.iter().enumerate() {
        let id = if n == 0 { quoted.clone() } else { wamid() };
        deliver(&id, at - 60_000 + n as i64 * 1000, json!({ "type": "text", "text": { "body": format!("WA saya {form}, ya") } })).await;
    }
    let quoting = json!({ "type": "text", "text": { "body": "itu nomornya" }, "context": { "id": quoted } });
    deliver(&wamid(), at - 40_000, quoting).await;
    let card = json!({ "type": "contacts", "contacts": [
        { "name": { "formatted_name": "Wening (0812) 3456 7890" }, "phones": [{ "phone": "+62 812-3456-7890", "wa_id": PHONE }] }] });
    deliver(&wamid(), at - 30_000, card).await;
    let advert = json!({ "type": "text", "text": { "body": "dari iklan" },
        "referral": { "headline": "Chat 081234567890", "body": "wa.me/6281234567890", "source_url": "https://wa.me/6281234567890" } });
    deliver(&wamid(), at - 20_000, advert).await;
    // The number stands where the preview cuts.
    let long = format!("{} 0812-3456-7890", "x".repeat(112));
    deliver(&wamid(), at - 1_000, json!({ "type": "text", "text": { "body": long } })).await;

    let conversation = app.only_conversation().await;
    let (message, media) = (MessageId(new_id()), MediaId(new_id()));
    app.sql(&format!(
        "update contact set name = 'Bu Wening 0812 3456 7890', username = 'u081234567890';
         insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status, failure_reason)
             select workspace_id, '{message}', id, 'outbound', 'assistant', 'text', 'kami telepon +62 812-3456-7890', now() - interval '30 seconds', now(),
                 'failed', 'Recipient 6281234567890 is unknown' from conversation;
         insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
             select workspace_id, gen_random_uuid(), id, 'system', 'system', 'ari_handed_over', 'minta ditelepon ke 0812-3456-7890',
                 now() - interval '25 seconds', now() from conversation;
         insert into media (workspace_id, id, message_id, mime, file_name, state)
             select workspace_id, '{media}', id, 'text/vcard', 'Kontak 0812-3456-7890.vcf', 'stored' from message where body = 'itu nomornya'"
    ))
    .await;
    let workspace = WorkspaceId(app.value("select id from workspace where slug = 'demo'").await);
    let card = "BEGIN:VCARD\r\nTEL;waid=6281234567890:+62 812-3456-7890\r\nEND:VCARD\r\n";
    app.app.store.put(workspace, media, bytes::Bytes::from_static(card.as_bytes())).await.expect("a stored file");
    // Not the one whose eyes the tests look through: owners remove whom the endpoints name.
    let member = PersonId(app.value("select id from person where email = 'admin@demo.test'").await);
    let contact = ContactId(app.value(&format!("select contact_id from conversation where id = '{conversation}'")).await);
    let note = super::task_in(app, conversation, "telepon balik 0812-3456-7890").await;
    Ids { conversation, contact, message, media, note, member }
}

fn without_numbers() -> Permissions {
    [Permission::ViewAll, Permission::Reply, Permission::Assign].into_iter().collect()
}

#[tokio::test]
async fn the_six_forms_of_a_number_reach_nobody_who_may_not_see_it() {
    let app = TestApp::start().await;
    let ids = everywhere(&app).await;
    give_role(&app, "demo", "member@demo.test", without_numbers()).await;
    let (masked, owner) = (app.sign_in("member@demo.test").await, app.owner().await);
    let mut seen_by_owner = 0;
    for endpoint in ENDPOINTS.iter().filter(|endpoint| endpoint.name != "POST /sign-out") {
        for accept in ["text/html,*/*;q=0.8", "application/json"] {
            app.sql("update message set status = 'failed' where failure_reason is not null; truncate rate_limit").await;
            let answer = make(&app, (endpoint.call)("demo", &ids), Some(&masked.cookie), &[("accept", accept)]).await;
            assert_masked(&everything(answer).await, endpoint.name);
        }
        let answer = make(&app, (endpoint.call)("demo", &ids), Some(&owner.cookie), &[("accept", "application/json")]).await;
        let traces = |said: &str| TRACES.iter().any(|trace| said.contains(trace));
        seen_by_owner += usize::from(traces(&everything_with(answer, traces).await));
    }
    assert!(seen_by_owner >= 8, "the owner sees numbers by {seen_by_owner} ways, so there is something to mask");

    app.sql(
        "update conversation set holder = 'team', state = 'open', snoozed_until = null;
         insert into handover_line (workspace_id, conversation_id, place, field, body, message_id, made_at)
             select workspace_id, conversation_id, 0, 'wants', 'ditelepon ke 0812-3456-7890', id, now() + interval '1 minute' from message where body = 'itu nomornya'",
    )
    .await;
    let card = masked.thread(ids.conversation).await.handover.expect("a card");
    assert_eq!(card.lines[0].text, "ditelepon ke •••• 890");

    // Names and the last three digits stay, so that people can tell customers apart.
    let thread = masked.thread(ids.conversation).await;
    assert_eq!(thread.contact.phone.as_deref(), Some("•••• 890"));
    assert_eq!(thread.contact.display_name, "Bu Wening •••• 890");
    assert!(!thread.contact.may_reveal);
    let bodies: Vec<&str> = thread.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(bodies.iter().filter(|body| **body == "WA saya •••• 890, ya").count(), 5, "{bodies:?}");
    assert!(bodies.contains(&"WA saya (•••• 890, ya"), "{bodies:?}");
}

#[tokio::test]
async fn frames_are_masked_from_memory_and_from_the_database_for_each_as_they_may() {
    let app = TestApp::start().await;
    give_role(&app, "demo", "member@demo.test", without_numbers()).await;
    let (masked, owner) = (app.sign_in("member@demo.test").await, app.owner().await);
    let (mut theirs, mut owners) = (masked.live("demo", Some(0)).await, owner.live("demo", Some(0)).await);
    let ids = everywhere(&app).await;
    owner.send(ids.conversation, "kami hubungi 0812-3456-7890 sore ini").await;
    let told = |said: &str| said.contains("WA saya") && said.contains("kami hubungi •••• 890 sore ini");
    let said = said_until(&mut theirs, told, Duration::from_millis(1_500)).await;
    assert!(told(&said), "{said}");
    assert_masked(&said, "the stream");
    let whole = |said: &str| said.contains("0812-3456-7890");
    assert!(whole(&said_until(&mut owners, whole, Duration::ZERO).await), "the owner's is not");
    let second = app.second_process().await;
    for (app, what) in [(&app, "this process"), (&second, "another process")] {
        for path in ["live", "events"] {
            let call = || Call::Get(format!("/api/demo/{path}?after=0"));
            let masks = |said: &str| said.contains("•••• 890");
            let said = everything_with(make(app, call(), Some(&masked.cookie), &[]).await, masks).await;
            assert!(masks(&said), "{path} of {what} says something: {said}");
            assert_masked(&said, what);
            let said = everything_with(make(app, call(), Some(&owner.cookie), &[]).await, whole).await;
            assert!(whole(&said), "{path} of {what} is whole for the owner");
        }
    }
}

#[tokio::test]
async fn one_number_is_shown_to_those_who_may_and_that_is_written_down() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "halo").await;
    let id: ConversationId = app.only_conversation().await;
    let member = app.sign_in("member@demo.test").await;
    let reveal = async |actor: &Actor| {
        let form = [("workspace", "demo".to_owned()), ("conversation", id.to_string())];
        actor.post(<my21staff::inbox::api::RevealNumber as leptos::server_fn::ServerFn>::PATH, &form).await
    };
    give_role(&app, "demo", "member@demo.test", without_numbers()).await;
    assert_eq!(reveal(&member).await.status(), 403);
    give_role(&app, "demo", "member@demo.test", without_numbers().with(Permission::RevealNumber)).await;
    assert!(member.thread(id).await.contact.may_reveal);
    assert_eq!(member.thread(id).await.contact.phone.as_deref(), Some("•••• 890"), "masked until it is asked for");
    assert_eq!(good::<String>(reveal(&member).await).await, "+62 812-3456-7890");
    let written = "select count(*) from audit_entry a join person p on p.id = a.actor_id
                   where a.action = 'contact.number_revealed' and p.email = 'member@demo.test' and a.target_kind = 'contact'";
    assert_eq!(app.value::<i64>(written).await, 1);
    let detail: String = app.value("select detail::text from audit_entry where action = 'contact.number_revealed'").await;
    assert!(!detail.contains("7890"), "the entry does not hold the number: {detail}");
    // For one, not for a whole address book.
    let mut last = 200;
    for _ in 0..30 {
        last = reveal(&member).await.status().as_u16();
    }
    assert_eq!(last, 429);
}
