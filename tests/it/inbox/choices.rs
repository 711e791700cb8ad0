//! Choices under a text, which a customer taps in place of an answer (F50).

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{
        api::{CloseConversation, SendChoices},
        model::*,
    },
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

const PHONE: &str = "6281234567890";
const ASKED: &str = "Jadi datang hari ini?";

async fn asked(app: &TestApp) -> (Actor, ConversationId) {
    app.deliver(inbound_text(NUMBER, PHONE, &wamid(), "Besok saya kabari", app.app.clock.millis())).await;
    (app.owner().await, app.only_conversation().await)
}

/// What a form sends: the choices by their place, with what stands under them.
fn form(workspace: &str, id: ConversationId, client_id: Uuid, seen: i64, text: &str, choices: &[(&str, &str)]) -> Vec<(String, String)> {
    let fixed = [
        ("workspace", workspace.to_owned()),
        ("conversation", id.to_string()),
        ("client_id", client_id.to_string()),
        ("seen_seq", seen.to_string()),
        ("text", text.to_owned()),
    ];
    let choices = choices.iter().enumerate().flat_map(|(at, (title, description))| {
        let named = |name: &str| format!("choices[{at}][{name}]");
        [(named("title"), (*title).to_owned()), (named("description"), (*description).to_owned())]
    });
    fixed.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(choices).collect()
}

async fn try_choices(actor: &Actor, id: ConversationId, client_id: Uuid, text: &str, choices: &[(&str, &str)]) -> Response {
    post(actor, &form("demo", id, client_id, 1_000_000_000, text, choices)).await
}

async fn post(actor: &Actor, form: &[(String, String)]) -> Response {
    let borrowed: Vec<(&str, &str)> = form.iter().map(|(name, value)| (&**name, &**value)).collect();
    actor.post(SendChoices::PATH, &borrowed).await
}

const YES_OR_LATER: &[(&str, &str)] = &[(" Ya,  jadi ", ""), ("", ""), ("Besok saja", "")];

#[tokio::test]
async fn buttons_reach_the_phone_and_what_is_tapped_comes_back() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let client_id = Uuid::new_v4();
    let sent: MessageView = good(try_choices(&owner, id, client_id, ASKED, YES_OR_LATER).await).await;
    assert_eq!((sent.kind.as_str(), sent.text.as_str()), ("interactive", ASKED));
    let offered = Detail { title: String::new(), lines: vec!["▸ Ya, jadi".into(), "▸ Besok saja".into()], link: None };
    assert_eq!(sent.detail, Some(offered));
    // A double click; and the same form with something else in it.
    let again: MessageView = good(try_choices(&owner, id, client_id, ASKED, YES_OR_LATER).await).await;
    assert_eq!(again.id, sent.id);
    let other = try_choices(&owner, id, client_id, ASKED, &[("Ya", "")]).await;
    assert_eq!(refused_as(other, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::ClientIdReused));
    eventually("it is delivered", async || {
        owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status >= Some(Status::Delivered)).then_some(())
    })
    .await;
    let taken = app.sent_by_gateway().await;
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["type"], "interactive");
    let buttons = json!([
        { "type": "reply", "reply": { "id": "1", "title": "Ya, jadi" } }, { "type": "reply", "reply": { "id": "2", "title": "Besok saja" } },
    ]);
    assert_eq!(taken[0]["interactive"], json!({ "type": "button", "body": { "text": ASKED }, "action": { "buttons": buttons } }));

    // The customer taps the second one.
    let address = format!("/sandbox/phone?as={PHONE}");
    let phone = app.http.get(app.url(&address)).send().await.unwrap().text().await.unwrap();
    let tap = phone.split("name=\"tap\" value=\"").nth(2).and_then(|rest| rest.split('"').next()).expect("a second button");
    let tapped = app.http.post(app.url("/sandbox/phone/messages")).json(&json!({ "as": PHONE, "tap": tap })).send().await.unwrap();
    assert_eq!(tapped.status(), StatusCode::OK, "{tap}");
    let answer = eventually("the tap is in the thread", async || {
        owner.thread(id).await.messages.into_iter().find(|m| m.direction == Direction::Inbound && m.text == "Besok saja")
    })
    .await;
    assert_eq!(answer.kind, "interactive");
    assert_eq!(answer.quote.and_then(|quote| quote.id), Some(sent.id), "it says what it answers");
    let phone = app.http.get(app.url(&address)).send().await.unwrap().text().await.unwrap();
    assert!(phone.contains("<p>Besok saja</p>"), "the customer sees what they tapped: {phone}");
    let nothing = app
        .http
        .post(app.url("/sandbox/phone/messages"))
        .json(&json!({ "as": PHONE, "tap": format!("{} 9", tap.split(' ').next().unwrap()) }));
    assert_eq!(nothing.send().await.unwrap().status(), StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn more_or_explained_ones_are_a_list() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let choices = [("Facial", "45 menit, Rp150.000"), ("Pijat", "60 menit, Rp200.000")];
    let sent: MessageView = good(try_choices(&owner, id, Uuid::new_v4(), "Mau yang mana?", &choices).await).await;
    assert_eq!(sent.detail.unwrap().lines, ["▸ Facial · 45 menit, Rp150.000", "▸ Pijat · 60 menit, Rp200.000"]);
    let taken = eventually("it is sent", async || app.sent_by_gateway().await.pop()).await;
    assert_eq!((&taken["interactive"]["type"], &taken["interactive"]["action"]["button"]), (&json!("list"), &json!("Lihat pilihan")));
    let phone = eventually("it is on the phone", async || {
        let page = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.ok()?.text().await.ok()?;
        page.contains("45 menit").then_some(page)
    })
    .await;
    assert!(phone.contains("60 menit, Rp200.000"));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_stores_nothing() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let (long, wide) = ("é".repeat(25), "é".repeat(73));
    let eleven: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let eleven: Vec<(&str, &str)> = eleven.iter().map(|n| (n.as_str(), "")).collect();
    for (text, choices, error) in [
        (" ", &[("Ya", "")][..], AppError::invalid("text", Rule::Missing)),
        (ASKED, &[("", ""), (" ", "")], AppError::invalid("choices", Rule::Missing)),
        (ASKED, &eleven, AppError::invalid("choices", Rule::TooMany(10))),
        (ASKED, &[(&long, "")], AppError::invalid("title", Rule::TooLong(24))),
        (ASKED, &[("Ya", &wide)], AppError::invalid("description", Rule::TooLong(72))),
        (ASKED, &[("", "nanti")], AppError::invalid("title", Rule::Missing)),
        (ASKED, &[("Ya", ""), ("ya", "")], AppError::invalid("title", Rule::Malformed)),
    ] {
        let answer = try_choices(&owner, id, Uuid::new_v4(), text, choices).await;
        let status = StatusCode::from_u16(error.status()).unwrap();
        assert_eq!(refused_as(answer, status).await, error, "{text} {choices:?}");
    }
    let stranger = app.stranger().await;
    for workspace in ["demo", "other"] {
        let form = form(workspace, id, Uuid::new_v4(), 1_000_000_000, ASKED, YES_OR_LATER);
        assert_eq!(post(&stranger, &form).await.status(), StatusCode::NOT_FOUND, "{workspace}");
        let page = stranger.get(&format!("/{workspace}/inbox/{id}/choices")).await;
        assert_eq!(page.status(), StatusCode::NOT_FOUND, "{workspace}");
    }
    // Something came in that its writer had not seen.
    let unseen = form("demo", id, Uuid::new_v4(), 0, ASKED, YES_OR_LATER);
    let error = refused_as(post(&owner, &unseen).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::Unseen { .. })), "{error:?}");
    // Only templates get through a shut window.
    app.sql("update conversation set last_inbound_at = last_inbound_at - interval '25 hours'").await;
    let error = refused_as(try_choices(&owner, id, Uuid::new_v4(), ASKED, YES_OR_LATER).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::WindowClosed(Some(_)))), "{error:?}");
    let page = owner.get(&format!("/demo/inbox/{id}/choices")).await.text().await.unwrap();
    assert!(page.contains("Jendela 24 jam sudah tutup") && !page.contains("choices[0]"), "{page}");
    let close = [("workspace", "demo"), ("conversation", &*id.to_string())];
    assert!(owner.post(CloseConversation::PATH, &close).await.status().is_success());
    let error = refused_as(try_choices(&owner, id, Uuid::new_v4(), ASKED, YES_OR_LATER).await, StatusCode::CONFLICT).await;
    assert_eq!(error, AppError::Conflict(Conflict::ConversationClosed));
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 0);
}

#[tokio::test]
async fn one_that_failed_is_sent_again_with_its_choices() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    app.sandbox(json!({ "fail_next": [{ "status": 400, "code": 131_026 }] })).await;
    let sent: MessageView = good(try_choices(&owner, id, Uuid::new_v4(), ASKED, YES_OR_LATER).await).await;
    let status = async |wanted: Status| {
        eventually("its status", async || {
            owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status >= Some(wanted)).then_some(())
        })
        .await;
    };
    eventually("it failed", async || {
        owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status == Some(Status::Failed)).then_some(())
    })
    .await;
    let form = [("workspace", "demo"), ("conversation", &*id.to_string()), ("message", &*sent.id.to_string())];
    assert!(owner.post(my21staff::inbox::api::ResendMessage::PATH, &form).await.status().is_success());
    eventually("it was sent", async || {
        app.sent_by_gateway().await.pop().filter(|taken| taken["interactive"]["action"]["buttons"][1].is_object())
    })
    .await;
    status(Status::Sent).await;
}

#[tokio::test]
async fn what_was_refused_without_script_stands_there_again_and_the_draft_goes_along() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    app.sql(&format!(
        "insert into draft (workspace_id, person_id, conversation_id, kind, body, sent, revision, updated_at)
         select c.workspace_id, p.id, c.id, 'reply', '{ASKED}', '', 1, now() from conversation c, person p where p.email = 'owner@demo.test'"
    ))
    .await;
    let address = format!("/demo/inbox/{id}/choices");
    let page = owner.get(&address).await.text().await.unwrap();
    assert!(page.contains(&format!(">{ASKED}</textarea>")), "what was begun is there: {page}");
    assert!(page.contains("Besok saya kabari"), "and what was said last: {page}");
    let send = async |choices: &[(&str, &str)]| {
        let request = app.http.post(app.url(SendChoices::PATH)).header(header::COOKIE, owner.cookie());
        let form = form("demo", id, Uuid::new_v4(), 1_000_000_000, ASKED, choices);
        request.header(header::ACCEPT, "text/html").header(header::REFERER, app.url(&address)).form(&form).send().await.unwrap()
    };
    let answer = send(&[("Ya <b>", ""), ("", "besok")]).await;
    assert!(answer.status().is_redirection());
    let back = answer.headers()[header::LOCATION].to_str().unwrap().replace(&app.url(""), "");
    assert!(!back.contains("besok"), "no address carries what was written: {back}");
    let again = owner.get(&back).await.text().await.unwrap();
    assert!(
        again.contains("Ada keterangan tanpa pilihannya") && again.contains("value=\"Ya &lt;b&gt;\"") && again.contains("value=\"besok\""),
        "{again}"
    );
    let answer = send(&[("Ya <b>", ""), ("Besok", "")]).await;
    assert_eq!(answer.headers()[header::LOCATION].to_str().unwrap(), format!("/demo/inbox/{id}"));
    assert_eq!(app.value::<i64>("select count(*) from unsent").await, 0);
    assert_eq!(app.value::<String>("select body from draft").await, "", "it was sent");
}
