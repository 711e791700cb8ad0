//! The card for whoever takes over from ARI: made once it is needed, of nothing that cannot be looked up, and gone when ARI answers again.

use crate::support::*;
use my21staff::{ids::ConversationId, inbox::model::*, server::clock::Clock};
use reqwest::StatusCode;

const PHONE: &str = "6281234567890";
const CARD: &str = "INGIN | 1 | biaya les piano\nHARGA | 2 | Rp300.000 sebulan\nHARGA | 2 | Rp250.000 sebulan\nJANJI | 9 | diskon";

/// A customer asked, ARI answered with a price, and the model will sum up.
async fn talked() -> (TestApp, FakeModel, Actor, ConversationId) {
    let model = FakeModel::start().await;
    let app = TestApp::configured(Clock::System, |env| model.as_grok(env)).await;
    model.replies("Biayanya Rp300.000 sebulan, Kak.");
    app.customer_says(PHONE, "Berapa biaya les piano?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    eventually("ARI answers", async || (owner.thread(id).await.messages.len() == 2).then_some(())).await;
    model.replies(CARD);
    (app, model, owner, id)
}

/// Waits until no card is being made.
async fn settled(app: &TestApp) {
    eventually_within(20, "the cards are made", async || {
        (app.value::<i64>("select count(*) from job where kind in ('handover_card', 'ari_reply')").await == 0).then_some(())
    })
    .await;
}

async fn card(actor: &Actor, id: ConversationId) -> Option<Handover> {
    actor.thread(id).await.handover
}

#[tokio::test]
async fn whoever_takes_over_is_told_what_stands_in_the_conversation() {
    let (app, model, owner, id) = talked().await;
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    app.customer_says(PHONE, "Mau bicara dengan manusia dong").await;
    let frames = stream.until(|frame| frame.kind == HANDOVER_MADE).await;
    assert_eq!(frames.last().and_then(|frame| frame.conversation.as_ref()).map(|row| (row.id, row.holder)), Some((id, Holder::Team)));
    let thread = owner.thread(id).await;
    let made = thread.handover.expect("a card");
    let lines: Vec<_> = made.lines.iter().map(|line| (line.field, line.text.as_str(), line.message)).collect();
    let said_by = |sender| thread.messages.iter().find(|message| message.sender == sender).map(|message| message.id).expect("a message");
    let (asked, told) = (said_by(Sender::Contact), said_by(Sender::Assistant));
    // A price that nobody named and a message that is not there are no lines.
    assert_eq!(lines, [(HandoverField::Wants, "biaya les piano", asked), (HandoverField::Price, "Rp300.000 sebulan", told)]);
    assert!(made.fresh);
    let request = model.requests().pop().expect("a request");
    let said = request["messages"][1]["content"].as_str().expect("a text");
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(said.starts_with("1 | pelanggan | Berapa biaya les piano?\n2 | asisten | Biayanya"), "{said}");
    assert_eq!(app.value::<i64>("select count(*) from model_call where outcome = 'answered'").await, 2, "both stand in the books");
    // Nobody else's.
    let stranger = app.stranger().await;
    assert_eq!(stranger.get(&format!("/other/inbox/{id}")).await.status(), StatusCode::NOT_FOUND);
    // Once somebody has answered it is no news any more; with ARI again there is none.
    owner.send(id, "Saya bantu, Kak").await;
    assert_eq!(card(&owner, id).await.map(|card| card.fresh), Some(false));
    owner.hand_back(id).await;
    assert_eq!(card(&owner, id).await, None);
}

#[tokio::test]
async fn a_person_who_takes_over_by_hand_gets_one_and_who_answers_needs_none() {
    let (app, model, owner, id) = talked().await;
    model.replies("Ada lagi, Kak?");
    app.customer_says(PHONE, "Hari apa saja?").await;
    settled(&app).await;
    model.replies(CARD);
    let asked = model.requests().len();
    owner.take_over(id).await;
    let made = eventually("a card", async || card(&owner, id).await).await;
    assert_eq!(made.lines.len(), 2);
    owner.take_over(id).await;
    settled(&app).await;
    // There and back with nothing said: what is known is known.
    owner.hand_back(id).await;
    owner.take_over(id).await;
    settled(&app).await;
    assert_eq!(model.requests().len(), asked + 1, "once");
    assert_eq!(card(&owner, id).await.map(|card| card.lines), Some(made.lines));
    // What there was to know then is replaced by what there is now, and is not shown as that until then.
    owner.hand_back(id).await;
    model.replies("Sabtu bisa, Kak.");
    app.customer_says(PHONE, "Kalau Sabtu?").await;
    settled(&app).await;
    model.holds();
    model.replies("INGIN | 5 | hari Sabtu");
    let owner_id = owner.thread(id).await.conversation.assignee;
    assert_eq!(owner_id, None);
    let admin = app.sign_in("admin@demo.test").await;
    let asked = model.requests().len();
    admin.take_over(id).await;
    assert_eq!(card(&owner, id).await, None, "what was known is out of date");
    // Where somebody answers before it is asked there is nothing to know.
    eventually("the model thinks", async || (model.requests().len() > asked).then_some(())).await;
    // Whoever answers while the model thinks has read it.
    owner.send(id, "Sabtu pagi ada, Kak").await;
    model.lets_go();
    let anew = eventually("another", async || card(&owner, id).await).await;
    assert_eq!((anew.lines.len(), anew.lines[0].text.as_str(), anew.fresh), (1, "hari Sabtu", false));
    // And by nothing, where the model finds nothing.
    owner.hand_back(id).await;
    model.replies("Sama-sama, Kak.");
    app.customer_says(PHONE, "Terima kasih").await;
    settled(&app).await;
    model.replies("KOSONG");
    owner.take_over(id).await;
    settled(&app).await;
    assert_eq!(card(&owner, id).await, None);
    assert_eq!(app.value::<i64>("select count(*) from handover_line").await, 0);
    // Switched off, no model reads anything.
    owner.hand_back(id).await;
    app.customer_says(PHONE, "Satu lagi").await;
    settled(&app).await;
    app.sql("update workspace set ari_enabled = false").await;
    let asked = model.requests().len();
    owner.take_over(id).await;
    settled(&app).await;
    assert_eq!(model.requests().len(), asked);
    app.sql("update workspace set ari_enabled = true").await;
    owner.hand_back(id).await;
    let asked = model.requests().len();
    owner.send(id, "Saya bantu, Kak").await;
    settled(&app).await;
    assert_eq!(model.requests().len(), asked, "who answers has read it");
}

#[tokio::test]
async fn without_a_model_there_is_no_card_and_the_job_ends() {
    let (app, model, owner, id) = talked().await;
    model.fails(Some(400));
    app.customer_says(PHONE, "Mau bicara dengan manusia dong").await;
    eventually("the team holds it", async || (owner.thread(id).await.conversation.holder == Holder::Team).then_some(())).await;
    settled(&app).await;
    assert_eq!(card(&owner, id).await, None);
    assert_eq!(app.value::<i64>("select count(*) from model_call where outcome = 'failed'").await, 1);
    assert_eq!(app.value::<i64>("select count(*) from job where state = 'dead'").await, 0);
}

#[tokio::test]
async fn the_newer_card_goes_along_when_two_conversations_become_one() {
    for (own, expected) in [(false, "dari yang muda"), (true, "dari yang muda")] {
        let app = TestApp::configured(Clock::System, |_| {}).await;
        app.sql("update workspace set ari_enabled = false").await;
        let at = app.app.clock.millis() / 1000 * 1000 - 60_000;
        let says = |wamid: &str, text: &str, at: i64, phone: bool| {
            let mut body = inbound(NUMBER, PHONE, wamid, at, serde_json::json!({ "type": "text", "text": { "body": text } }));
            body["message"]["from_user_id"] = "ID.13491208655302741918".into();
            if !phone {
                body["message"].as_object_mut().unwrap().remove("from");
                body["conversation"].as_object_mut().unwrap().remove("phone_number");
            }
            body.to_string()
        };
        // What stays is the older contact, which has no number yet.
        app.deliver(says("wamid.1", "tanpa nomor", at, false)).await;
        app.deliver(inbound_text(NUMBER, PHONE, "wamid.2", "dengan nomor", at + 1000)).await;
        let put = |text: &str, body: &str, minutes: i32| {
            format!(
                "insert into handover_line (workspace_id, conversation_id, place, field, body, message_id, made_at)
                 select workspace_id, conversation_id, 0, 'wants', '{body}', id, now() - {minutes} * interval '1 minute' from message where body = '{text}';"
            )
        };
        app.sql(&put("dengan nomor", "dari yang muda", 1)).await;
        if own {
            app.sql(&put("tanpa nomor", "dari yang tua", 2)).await;
        }
        app.deliver(says("wamid.3", "dengan keduanya", at + 2000, true)).await;
        let left = app.only_conversation().await;
        let lines = card(&app.owner().await, left).await.map(|card| card.lines).unwrap_or_default();
        assert_eq!(lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>(), [expected], "with one of its own: {own}");
    }
}
