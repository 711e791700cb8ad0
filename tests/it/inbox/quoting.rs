//! Replies to one message: the provider is told which, and only what belongs to the conversation can be quoted.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    ids::{ConversationId, MessageId},
    inbox::{api::SendMessage, model::*},
};
use reqwest::{Response, StatusCode};
use uuid::Uuid;

const PHONE: &str = "6281234567890";

async fn try_reply(actor: &Actor, workspace: &str, id: ConversationId, text: &str, to: &str) -> Response {
    let (id, client_id) = (id.to_string(), Uuid::new_v4().to_string());
    let form = [
        ("workspace", workspace),
        ("conversation", &*id),
        ("client_id", &*client_id),
        ("text", text),
        ("seen_seq", "1000000000"),
        ("reply_to", to),
    ];
    actor.post(SendMessage::PATH, &form).await
}

async fn first_message(actor: &Actor, id: ConversationId) -> MessageId {
    actor.thread(id).await.messages.first().expect("a message").id
}

#[tokio::test]
async fn a_quoted_message_is_named_to_the_provider_and_shown() {
    let app = TestApp::start().await;
    // Said on the demo's phone, which shows what it was answered.
    let said = serde_json::json!({ "as": PHONE, "name": "Ayu", "text": "Ada kamar untuk Sabtu?" });
    app.http.post(app.url("/sandbox/phone/messages")).json(&said).send().await.expect("an answer");
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let asked = first_message(&owner, id).await;
    let sent: MessageView = good(try_reply(&owner, "demo", id, "Ada, Kak", &asked.to_string()).await).await;
    let quote = sent.quote.expect("a quote");
    assert_eq!((quote.id, quote.sender, quote.text.as_str()), (Some(asked), Sender::Contact, "Ada kamar untuk Sabtu?"));
    let wamid: String = app.value(&format!("select provider_message_id from message where id = '{asked}'")).await;
    assert_eq!(app.value::<String>("select reply_to from message where direction = 'outbound'").await, wamid);
    let page = eventually("it is on the phone", async || {
        let page = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.ok()?.text().await.ok()?;
        page.contains("Ada, Kak").then_some(page)
    })
    .await;
    assert!(page.contains("<blockquote>Ada kamar untuk Sabtu?</blockquote>"), "the gateway was told the context");
    // Our own, once it was sent, can be quoted too.
    let ours = eventually("it is sent", async || {
        owner.thread(id).await.messages.into_iter().find(|message| message.id == sent.id && message.quotable())
    })
    .await;
    let second: MessageView = good(try_reply(&owner, "demo", id, "Masih berlaku", &ours.id.to_string()).await).await;
    assert_eq!(second.quote.and_then(|quote| quote.id), Some(sent.id));
}

#[tokio::test]
async fn what_is_not_of_the_conversation_is_not_there() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    app.customer_says("6281234567899", "Halo juga").await;
    let other = owner.list(None).await.rows.into_iter().find(|row| row.id != id).expect("another").id;
    let at = app.app.clock.millis();
    app.deliver(inbound_text(OTHER_NUMBER, "6281100000001", &wamid(), "ruang lain", at)).await;
    let foreign: Uuid = app.value("select id from message where body = 'ruang lain'").await;
    let theirs = first_message(&owner, other).await;
    for message in [theirs.to_string(), foreign.to_string(), Uuid::new_v4().to_string()] {
        assert_eq!(try_reply(&owner, "demo", id, "x", &message).await.status(), StatusCode::NOT_FOUND);
    }
    // Nor the other way round: the stranger quotes nothing of ours in a conversation of his own.
    let own = ConversationId(app.value("select conversation_id from message where body = 'ruang lain'").await);
    let ours = first_message(&owner, id).await;
    let stranger = app.stranger().await;
    assert_eq!(try_reply(&stranger, "other", own, "x", &ours.to_string()).await.status(), StatusCode::NOT_FOUND);
    // A member quotes nothing in what he does not see.
    let member = app.sign_in("member@demo.test").await;
    assert_eq!(try_reply(&member, "demo", id, "x", &ours.to_string()).await.status(), StatusCode::NOT_FOUND);
    assert!(!try_reply(&owner, "demo", id, "x", "bukan-id").await.status().is_success());
    assert_eq!(
        app.value::<i64>("select count(*) from message where direction <> 'inbound'").await,
        0,
        "nothing was stored, nobody took over"
    );
}

#[tokio::test]
async fn what_the_customer_never_got_cannot_be_quoted() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    owner.take_over(id).await;
    let (line, failed): (Uuid, Uuid) = (app.value("select id from message where kind = 'took_over'").await, Uuid::new_v4());
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status)
         select workspace_id, '{failed}', id, 'outbound', 'teammate', 'text', 'gagal', now(), now(), 'failed' from conversation"
    ))
    .await;
    assert_eq!(try_reply(&owner, "demo", id, "x", &line.to_string()).await.status(), StatusCode::NOT_FOUND, "a line of the thread");
    assert_eq!(try_reply(&owner, "demo", id, "x", &failed.to_string()).await.status(), StatusCode::CONFLICT);
}

#[tokio::test]
async fn without_script_a_link_puts_the_quote_into_the_form() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Ada <b>promo</b>?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let asked = first_message(&owner, id).await;
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(page.contains(&format!("href=\"?reply={asked}\"")) && !page.contains("name=\"reply_to\""));
    let page = owner.get(&format!("/demo/inbox/{id}?reply={asked}")).await.text().await.unwrap();
    assert!(page.contains(&format!("name=\"reply_to\" value=\"{asked}\"")), "{page}");
    assert!(!page.contains("<b>promo</b>"), "inert");
    for nonsense in ["x", &Uuid::new_v4().to_string()] {
        let page = owner.get(&format!("/demo/inbox/{id}?reply={nonsense}")).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert!(!page.text().await.unwrap().contains("name=\"reply_to\""));
    }
}
