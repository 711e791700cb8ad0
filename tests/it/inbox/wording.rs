//! Other words for a text, by a model: a reply that is being written, and a message in another language.

use crate::support::*;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::model::*,
    server::clock::Clock,
};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

const PHONE: &str = "6281234567890";
const ASKED: &str = "Do you have piano lessons? Call me at +62 812-9999-8888";

async fn asked() -> (TestApp, FakeModel, Actor, ConversationId) {
    let model = FakeModel::start().await;
    let app = TestApp::configured(Clock::System, |env| model.as_grok(env)).await;
    app.deliver(inbound_text(NUMBER, PHONE, &wamid(), ASKED, app.app.clock.millis())).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    owner.take_over(id).await;
    eventually("the card was tried", async || {
        (app.value::<i64>("select count(*) from job where kind in ('handover_card', 'ari_reply')").await == 0).then_some(())
    })
    .await;
    app.sql("delete from model_call").await;
    (app, model, owner, id)
}

async fn wording(app: &TestApp, actor: &Actor, workspace: &str, id: ConversationId, question: Value) -> Response {
    let request = app.http.post(app.url(&format!("/api/{workspace}/conversations/{id}/wording"))).header(header::COOKIE, actor.cookie());
    request.header("sec-fetch-site", "same-origin").json(&question).send().await.unwrap()
}

async fn worded(answer: Response) -> String {
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json::<Value>().await.unwrap()["text"].as_str().expect("a text").to_owned()
}

#[tokio::test]
async fn a_reply_that_is_being_written_comes_back_in_other_words() {
    let (app, model, owner, id) = asked().await;
    model.replies("\"Harganya Rp1,500,000 sebulan, Kak.\"");
    let text = "harga nya rp 1.500.000 sebulan kak";
    let answer = wording(&app, &owner, "demo", id, json!({ "way": "better", "text": format!(" {text}\n") })).await;
    assert_eq!(worded(answer).await, "Harganya Rp1,500,000 sebulan, Kak.");
    let request = model.requests().pop().expect("a request");
    assert_eq!(request["messages"][1]["content"], text);
    assert!(request["messages"][0]["content"].as_str().unwrap().contains("Perbaiki ejaan"), "{request}");
    assert_eq!(app.value::<i64>("select count(*) from model_call where outcome = 'answered'").await, 1, "it stands in the books");
    assert_eq!(app.value::<i64>("select count(*) from message where sender = 'teammate'").await, 0, "nothing is sent");
    // Another price: nothing comes back, and what it cost is known.
    model.replies("Harganya Rp1.400.000 sebulan, Kak.");
    let refused = wording(&app, &owner, "demo", id, json!({ "way": "warmer", "text": text })).await;
    let error = refused_as(refused, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::Refused("wording_differs".into())));
    assert_eq!(app.value::<i64>("select count(*) from model_call where outcome = 'discarded'").await, 1);
}

#[tokio::test]
async fn a_message_is_translated_as_whoever_asks_may_see_it() {
    let (app, model, owner, id) = asked().await;
    let message = owner.thread(id).await.messages.iter().find(|message| message.direction == Direction::Inbound).unwrap().id;
    let question = json!({ "way": "to_indonesian", "message": message });
    model.replies("Apakah ada les piano? Telepon +62 812-9999-8888");
    assert_eq!(worded(wording(&app, &owner, "demo", id, question.clone()).await).await, "Apakah ada les piano? Telepon +62 812-9999-8888");
    assert_eq!(model.requests().pop().unwrap()["messages"][1]["content"], ASKED);
    // Who may not see numbers has none read to them.
    app.member_without_numbers().await;
    let member = app.sign_in("member@demo.test").await;
    app.sql("update conversation set assignee_id = (select id from person where email = 'member@demo.test')").await;
    model.replies("Apakah ada les piano?");
    let differs = wording(&app, &member, "demo", id, question.clone()).await;
    let said = model.requests().pop().unwrap()["messages"][1]["content"].as_str().unwrap().to_owned();
    assert!(said.starts_with("Do you have piano lessons?") && !said.contains("9999"), "{said}");
    assert_eq!(differs.status(), StatusCode::CONFLICT, "what is left of the number is missing");
    model.replies(&said.replace("Do you have piano lessons? Call me at", "Ada les piano? Telepon saya di"));
    let translated = worded(wording(&app, &member, "demo", id, question.clone()).await).await;
    assert!(translated.starts_with("Ada les piano?") && !translated.contains("9999"), "{translated}");
    // Nobody else's: by neither name, nor under a conversation of their own.
    let stranger = app.stranger().await;
    for workspace in ["demo", "other"] {
        let answer = wording(&app, &stranger, workspace, id, question.clone()).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{workspace}");
    }
    app.deliver(inbound_text(NUMBER, "6281398765432", &wamid(), "Halo", app.app.clock.millis())).await;
    let other: uuid::Uuid = app.value(&format!("select id from conversation where id <> '{id}'")).await;
    let answer = wording(&app, &owner, "demo", other.into(), question).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND, "a message belongs to its conversation");
}

#[tokio::test]
async fn what_cannot_be_is_said() {
    let (app, model, owner, id) = asked().await;
    let refused = async |question: Value, status: StatusCode| refused_as(wording(&app, &owner, "demo", id, question).await, status).await;
    let unprocessable = StatusCode::UNPROCESSABLE_ENTITY;
    assert_eq!(refused(json!({ "way": "better", "text": " \n" }), unprocessable).await, AppError::invalid("text", Rule::Missing));
    let long = "é".repeat(MAX_TEXT + 1);
    assert_eq!(refused(json!({ "way": "better", "text": long }), unprocessable).await, AppError::invalid("text", Rule::TooLong(4096)));
    assert_eq!(refused(json!({ "way": "ruder", "text": "halo" }), unprocessable).await, AppError::invalid("request", Rule::Malformed));
    let asked = model.requests().len();
    app.sql("update workspace set ari_enabled = false where slug = 'demo'").await;
    let error = refused(json!({ "way": "better", "text": "halo" }), StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::Refused("ari_off".into())));
    assert_eq!(model.requests().len(), asked, "no model reads where ARI is off");
    app.sql("update workspace set ari_enabled = true where slug = 'demo'").await;
    model.fails(Some(400));
    let error = refused(json!({ "way": "better", "text": "halo" }), StatusCode::BAD_GATEWAY).await;
    assert!(matches!(error, AppError::Upstream(_)), "{error:?}");
    // Without the right to reply there is nothing to put better, but there is something to read.
    app.sql(
        "insert into role (workspace_id, id, name, permissions, created_at)
             select id, '00000000-0000-0000-0000-00000000000a', 'Pembaca', '{leads:view_all}', now() from workspace where slug = 'demo';
         update membership m set custom_role_id = '00000000-0000-0000-0000-00000000000a' from person p
             where p.id = m.person_id and p.email = 'member@demo.test'",
    )
    .await;
    let reader = app.sign_in("member@demo.test").await;
    let answer = wording(&app, &reader, "demo", id, json!({ "way": "better", "text": "halo" })).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}
