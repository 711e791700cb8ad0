//! A reply written without knowing what others wrote meanwhile is held (F207): the customer, a colleague, ARI. Whoever has seen it sends.

use crate::support::*;
use futures::future::join_all;
use my21staff::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::model::*,
};
use reqwest::{Response, StatusCode};
use uuid::Uuid;

const PHONE: &str = "6281234567890";

/// What a reply was held for.
async fn held(answer: Response) -> (i64, Vec<MessageId>) {
    match refused_as(answer, StatusCode::CONFLICT).await {
        AppError::Conflict(Conflict::Unseen { seq, messages }) => (seq, messages),
        other => panic!("refused for another reason: {other:?}"),
    }
}

async fn newest(actor: &Actor, id: ConversationId) -> MessageView {
    actor.thread(id).await.messages.pop().expect("a message")
}

async fn replies(app: &TestApp) -> i64 {
    app.value("select count(*) from message where sender = 'teammate' and direction = 'outbound'").await
}

#[tokio::test]
async fn what_the_customer_wrote_meanwhile_holds_a_reply_until_it_is_seen() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Dua kamar, ya").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let seen = owner.thread(id).await.seq;
    app.customer_says(PHONE, "Eh, tiga").await;
    let client_id = Uuid::new_v4();
    let (seq, messages) = held(owner.try_send_having_seen(seen, "demo", id, client_id, "Siap, dua").await).await;
    let arrived = newest(&owner, id).await;
    assert_eq!((messages.as_slice(), arrived.text.as_str()), (&[arrived.id][..], "Eh, tiga"));
    assert_eq!(replies(&app).await, 0, "nothing is stored");
    assert!(app.value::<bool>("select assignee_id is null from conversation").await, "and nothing taken over");
    assert_eq!(app.value::<i64>("select count(*) from job where kind = 'send_message'").await, 0);

    // With what is known now it goes, under the id it had; and once.
    for _ in 0..2 {
        let sent: MessageView = good(owner.try_send_having_seen(seq, "demo", id, client_id, "Siap, dua").await).await;
        assert_eq!(sent.client_id, Some(client_id));
    }
    // The repetition of one that went out is no new reply, whatever was seen.
    good::<MessageView>(owner.try_send_having_seen(0, "demo", id, client_id, "Siap, dua").await).await;
    assert_eq!(replies(&app).await, 1);
}

#[tokio::test]
async fn at_most_three_are_named_and_the_oldest_first() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "nol").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let seen = owner.thread(id).await.seq;
    for text in ["satu", "dua", "tiga", "empat"] {
        app.customer_says(PHONE, text).await;
    }
    let (seq, messages) = held(owner.try_send_having_seen(seen, "demo", id, Uuid::new_v4(), "ya").await).await;
    let thread = owner.thread(id).await.messages;
    assert_eq!(messages, thread[1..4].iter().map(|message| message.id).collect::<Vec<_>>());
    good::<MessageView>(owner.try_send_having_seen(seq, "demo", id, Uuid::new_v4(), "ya").await).await;
}

#[tokio::test]
async fn of_replies_sent_at_one_moment_one_goes_out_and_the_others_are_held_for_it() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let id = app.only_conversation().await;
    let people = [app.owner().await, app.sign_in("admin@demo.test").await];
    let seen = people[0].thread(id).await.seq;
    for round in 0..5 {
        let texts: Vec<String> = (0..people.len()).map(|who| format!("jawaban {round} dari {who}")).collect();
        let before = people[0].thread(id).await.seq;
        let seen = if round == 0 { seen } else { before };
        let answers =
            join_all(people.iter().zip(&texts).map(|(person, text)| person.try_send_having_seen(seen, "demo", id, Uuid::new_v4(), text)))
                .await;
        let (mut sent, mut waiting) = (Vec::new(), Vec::new());
        for answer in answers {
            match answer.status() {
                StatusCode::OK => sent.push(good::<MessageView>(answer).await.id),
                _ => waiting.push(held(answer).await),
            }
        }
        assert_eq!(sent.len(), 1, "round {round}");
        assert!(waiting.iter().all(|(_, messages)| *messages == sent), "round {round}: {waiting:?}");
    }
    assert_eq!(replies(&app).await, 5);
}

#[tokio::test]
async fn what_is_ones_own_or_elsewhere_or_for_the_team_holds_nothing() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let admin = app.sign_in("admin@demo.test").await;
    let seen = owner.thread(id).await.seq;
    // One's own, a note of a colleague's, reports about what was sent, a change of hands, and other customers, here and in another workspace.
    good::<MessageView>(owner.try_send_having_seen(seen, "demo", id, Uuid::new_v4(), "pertama").await).await;
    let note = [("workspace", "demo"), ("conversation", &id.to_string()), ("client_id", &Uuid::new_v4().to_string()), ("text", "catatan")];
    good::<MessageView>(admin.post(<my21staff::inbox::api::AddNote as leptos::server_fn::ServerFn>::PATH, &note).await).await;
    eventually("it is delivered", async || (status_of(&owner, id, "pertama").await >= Some(Status::Delivered)).then_some(())).await;
    admin.take_over(id).await;
    app.customer_says("6281200000001", "Saya orang lain").await;
    app.deliver(inbound_text(OTHER_NUMBER, PHONE, &wamid(), "Di toko sebelah", app.app.clock.millis())).await;
    good::<MessageView>(owner.try_send_having_seen(seen, "demo", id, Uuid::new_v4(), "kedua").await).await;
    // A colleague's reply does.
    let said = admin.send(id, "dari saya juga").await;
    let (_, messages) = held(owner.try_send_having_seen(seen, "demo", id, Uuid::new_v4(), "ketiga").await).await;
    assert_eq!(messages, [said.id]);
}

async fn status_of(actor: &Actor, id: ConversationId, text: &str) -> Option<Status> {
    actor.thread(id).await.messages.into_iter().find(|message| message.text == text).and_then(|message| message.status)
}

#[tokio::test]
async fn an_answer_of_aris_that_went_out_holds_one_that_did_not_yet_holds_nothing() {
    let app = TestApp::with_ari().await;
    app.customer_says(PHONE, "Buka jam berapa?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let seen = owner.thread(id).await.seq;
    // All is reported, and the job that carried it has ended: nothing changes it any more.
    let answer = eventually("ARI's answer is delivered", async || {
        let messages = owner.thread(id).await.messages;
        messages.into_iter().find(|message| message.sender == Sender::Assistant && message.status == Some(Status::Delivered))
    })
    .await;
    let carrying = "select count(*) from job where kind = 'send_message'";
    eventually("its job has ended", async || (app.value::<i64>(carrying).await == 0).then_some(())).await;
    let before = app.value::<i64>("select min(seq) from event where kind = 'message_received'").await.min(seen);
    let (seq, messages) = held(owner.try_send_having_seen(before, "demo", id, Uuid::new_v4(), "Jam 8").await).await;
    assert_eq!(messages, [answer.id]);
    // As if it had not been handed to the gateway yet: whoever takes over withdraws it (F227).
    app.sql(&format!("update message set status = 'pending', provider_message_id = null where id = '{}'", answer.id)).await;
    good::<MessageView>(owner.try_send_having_seen(before, "demo", id, Uuid::new_v4(), "Jam 8").await).await;
    assert!(seq > before);
}

#[tokio::test]
async fn a_form_without_script_comes_back_with_what_arrived_and_its_text() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    let seen = page.split("name=\"seen_seq\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).expect("the form tells what was seen");
    let seen = seen.split('"').next().expect("a number").to_owned();
    app.customer_says(PHONE, "Satu lagi").await;
    let path = <my21staff::inbox::api::SendMessage as leptos::server_fn::ServerFn>::PATH;
    let post = async |seen: &str| {
        let form = [
            ("workspace", "demo"),
            ("conversation", &*id.to_string()),
            ("client_id", &*Uuid::new_v4().to_string()),
            ("seen_seq", seen),
            ("text", "tanpa <skrip>"),
        ];
        let answer = app
            .http
            .post(app.url(path))
            .header("cookie", &owner.cookie)
            .header("accept", "text/html")
            .header("referer", app.url(&format!("/demo/inbox/{id}")))
            .form(&form)
            .send()
            .await;
        let answer = answer.expect("an answer");
        assert!(answer.status().is_redirection());
        answer.headers()["location"].to_str().expect("an address").to_owned()
    };
    let back = post(&seen).await;
    assert!(!back.contains("Satu"), "no URL carries what somebody wrote: {back}");
    assert_eq!(replies(&app).await, 0);
    let page =
        owner.get(&format!("/demo/inbox/{id}?{}", back.split_once('?').map_or("", |(_, query)| query))).await.text().await.expect("a page");
    assert!(page.contains("Satu lagi") && page.contains("Ada pesan baru"), "{back}");
    let typed = page.split("<textarea").nth(1).and_then(|rest| rest.split("</textarea>").next()).expect("a box");
    assert!(typed.ends_with(">tanpa &lt;skrip>"), "what was typed is not lost: {typed}");
    let now = owner.thread(id).await.seq;
    let back = post(&now.to_string()).await;
    assert_eq!(back, format!("/demo/inbox/{id}"));
    assert_eq!(replies(&app).await, 1);
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    assert!(page.contains("></textarea>") && !page.contains("skrip></textarea>"), "what was sent does not stand there again");
}
