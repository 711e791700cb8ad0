//! Templates: what gets through when the window is shut.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{
        api::{CloseConversation, SendTemplate},
        model::*,
    },
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

const PHONE: &str = "6281234567890";
const LONG_AGO: i64 = 25 * 3_600_000;

/// A conversation whose window has shut.
async fn shut(app: &TestApp) -> (Actor, ConversationId) {
    app.deliver(inbound_text(NUMBER, PHONE, &wamid(), "Besok saya kabari", app.app.clock.millis() - LONG_AGO)).await;
    (app.owner().await, app.only_conversation().await)
}

async fn try_template(
    actor: &Actor,
    workspace: &str,
    id: ConversationId,
    client_id: Uuid,
    (name, language): (&str, &str),
    values: &[(&'static str, &str)],
) -> Response {
    try_template_having_seen(1_000_000_000, actor, workspace, id, client_id, (name, language), values).await
}

async fn try_template_having_seen(
    seen: i64,
    actor: &Actor,
    workspace: &str,
    id: ConversationId,
    client_id: Uuid,
    (name, language): (&str, &str),
    values: &[(&'static str, &str)],
) -> Response {
    let mut form = vec![
        ("workspace", workspace.to_owned()),
        ("conversation", id.to_string()),
        ("client_id", client_id.to_string()),
        ("seen_seq", seen.to_string()),
        ("name", name.to_owned()),
        ("language", language.to_owned()),
    ];
    form.extend(values.iter().map(|(key, value)| (*key, (*value).to_owned())));
    actor.post(SendTemplate::PATH, &form).await
}

const GREETING: (&str, &str) = ("lanjut_percakapan", "id");

#[tokio::test]
async fn a_template_gets_through_when_the_window_is_shut() {
    let app = TestApp::start().await;
    let (owner, id) = shut(&app).await;
    let refused = refused_as(owner.try_send("demo", id, Uuid::new_v4(), "Halo").await, StatusCode::CONFLICT).await;
    assert!(matches!(refused, AppError::Conflict(Conflict::WindowClosed(Some(_)))), "{refused:?}");
    let client_id = Uuid::new_v4();
    let sent: MessageView = good(try_template(&owner, "demo", id, client_id, GREETING, &[("values[b_1]", " Dewi\n Lestari ")]).await).await;
    let text = "Halo Dewi Lestari, kami ingin melanjutkan percakapan kita. Balas pesan ini bila masih perlu bantuan.";
    assert_eq!((sent.kind.as_str(), sent.text.as_str(), sent.detail), ("template", text, None));
    // A double click.
    let again: MessageView = good(try_template(&owner, "demo", id, client_id, GREETING, &[("values[b_1]", "Dewi Lestari")]).await).await;
    assert_eq!(again.id, sent.id);
    let other = try_template(&owner, "demo", id, client_id, GREETING, &[("values[b_1]", "Bayu")]).await;
    assert_eq!(refused_as(other, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::ClientIdReused));
    eventually("it is delivered", async || {
        owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status >= Some(Status::Delivered)).then_some(())
    })
    .await;
    let taken = app.sent_by_gateway().await;
    assert_eq!((taken.len(), taken[0]["type"].as_str()), (1, Some("template")));
    let phone = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.unwrap().text().await.unwrap();
    assert!(phone.contains("Halo Dewi Lestari, kami ingin"), "{phone}");
    let thread = owner.thread(id).await;
    assert_eq!(thread.conversation.assignee.map(|person| person.id), sent.sender_id, "who writes holds the conversation");
    assert!(thread.messages.iter().any(|message| message.kind == "took_over"));
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 1, "reports make no second one");
}

#[tokio::test]
async fn named_gaps_are_sent_by_name() {
    let app = TestApp::start().await;
    let (owner, id) = shut(&app).await;
    let values = [("values[b_nama]", "Bayu"), ("values[b_nomor]", "TL-7")];
    let sent: MessageView = good(try_template(&owner, "demo", id, Uuid::new_v4(), ("pesanan_dikirim", "id"), &values).await).await;
    assert_eq!(sent.text, "Halo Bayu, pesanan TL-7 sudah kami kirim hari ini.");
    let phone = eventually("it is on the phone", async || {
        let page = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.ok()?.text().await.ok()?;
        page.contains("Halo Bayu").then_some(page)
    })
    .await;
    assert!(phone.contains("Halo Bayu, pesanan TL-7 sudah kami kirim hari ini."));
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_stores_nothing() {
    let app = TestApp::start().await;
    let (owner, id) = shut(&app).await;
    let long = "é".repeat(501);
    for (chosen, values, error) in [
        (GREETING, &[][..], AppError::invalid("b_1", Rule::Missing)),
        (GREETING, &[("values[b_1]", " \n ")], AppError::invalid("b_1", Rule::Missing)),
        (GREETING, &[("values[b_1]", &*long)], AppError::invalid("b_1", Rule::TooLong(500))),
        (("lanjut_percakapan", "en_US"), &[("values[b_1]", "Dewi")], AppError::NotFound),
        (("promo_akhir_tahun", "id"), &[("values[b_1]", "Dewi")], AppError::NotFound),
    ] {
        let answer = try_template(&owner, "demo", id, Uuid::new_v4(), chosen, values).await;
        let status = StatusCode::from_u16(error.status()).unwrap();
        assert_eq!(refused_as(answer, status).await, error);
    }
    let stranger = app.stranger().await;
    for workspace in ["demo", "other"] {
        let answer = try_template(&stranger, workspace, id, Uuid::new_v4(), GREETING, &[("values[b_1]", "Dewi")]).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{workspace}");
    }
    // Something came in that its writer had not seen.
    let answer = try_template_having_seen(0, &owner, "demo", id, Uuid::new_v4(), GREETING, &[("values[b_1]", "Dewi")]).await;
    let error = refused_as(answer, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::Unseen { .. })), "{error:?}");
    let close = [("workspace", "demo"), ("conversation", &*id.to_string())];
    assert!(owner.post(CloseConversation::PATH, &close).await.status().is_success());
    let answer = try_template(&owner, "demo", id, Uuid::new_v4(), GREETING, &[("values[b_1]", "Dewi")]).await;
    assert_eq!(refused_as(answer, StatusCode::CONFLICT).await, AppError::Conflict(Conflict::ConversationClosed));
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 0);
}

#[tokio::test]
async fn a_failed_template_is_sent_again_although_the_window_is_shut() {
    let app = TestApp::start().await;
    let (owner, id) = shut(&app).await;
    app.sandbox(json!({ "fail_next": [{ "status": 400, "code": 131_026 }] })).await;
    let sent: MessageView = good(try_template(&owner, "demo", id, Uuid::new_v4(), GREETING, &[("values[b_1]", "Dewi")]).await).await;
    eventually("it fails", async || {
        owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status == Some(Status::Failed)).then_some(())
    })
    .await;
    good::<MessageView>(owner.try_resend("demo", id, sent.id).await).await;
    eventually("it is sent", async || (!app.sent_by_gateway().await.is_empty()).then_some(())).await;
}

#[tokio::test]
async fn the_page_lists_asks_and_keeps_what_was_filled_in() {
    let app = TestApp::start().await;
    let (owner, id) = shut(&app).await;
    let page = |query: &'static str| {
        let owner = owner.clone();
        async move {
            let answer = owner.get(&format!("/demo/inbox/{id}/template{query}")).await;
            assert_eq!(answer.status(), StatusCode::OK);
            answer.text().await.unwrap()
        }
    };
    let list = page("").await;
    for name in ["lanjut_percakapan", "pesanan_dikirim", "order_ready"] {
        assert!(list.contains(name), "{name}");
    }
    assert!(!list.contains("promo_akhir_tahun"), "not approved");
    let found = page("?q=PESANAN").await;
    assert!(found.contains("pesanan_dikirim") && !found.contains("order_ready"));
    assert!(page("?q=zebra").await.contains("Tidak ada yang cocok"));
    assert!(page("?name=tiada&language=id").await.contains("Templat ini tidak ada lagi"));
    let form = page("?name=pesanan_dikirim&language=id").await;
    for part in ["name=\"values[b_nama]\"", "name=\"values[b_nomor]\"", "placeholder=\"TL-1042\"", "Contoh: Dewi"] {
        assert!(form.contains(part), "{part}");
    }
    // Posted without script, with a gap that is only spaces: back on the page, with the other value still there.
    let fields = [
        ("workspace", "demo"),
        ("conversation", &*id.to_string()),
        ("client_id", &*Uuid::new_v4().to_string()),
        ("seen_seq", "1000000000"),
        ("name", "pesanan_dikirim"),
        ("language", "id"),
        ("values[b_nama]", "Bayu <b>"),
        ("values[b_nomor]", " "),
    ];
    let from = app.url(&format!("/demo/inbox/{id}/template?name=pesanan_dikirim&language=id"));
    let post = |fields: Vec<(&'static str, String)>| {
        let request = app.http.post(app.url(SendTemplate::PATH)).header(header::COOKIE, owner.cookie());
        request.header(header::ACCEPT, "text/html").header(header::REFERER, &from).form(&fields).send()
    };
    let owned = |fields: &[(&'static str, &str)]| fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect::<Vec<_>>();
    let answer = post(owned(&fields)).await.unwrap();
    assert!(answer.status().is_redirection());
    let back = answer.headers()[header::LOCATION].to_str().unwrap().replace(&app.url(""), "");
    assert!(!back.contains("Bayu"), "no address carries what was written: {back}");
    let again = owner.get(&back).await.text().await.unwrap();
    assert!(again.contains("Masih ada isian yang kosong") && again.contains("value=\"Bayu &lt;b&gt;\""), "{again}");
    let mut complete = owned(&fields);
    complete[7].1 = "TL-9".into();
    let answer = post(complete).await.unwrap();
    assert_eq!(answer.headers()[header::LOCATION].to_str().unwrap(), format!("/demo/inbox/{id}"));
    assert_eq!(app.value::<i64>("select count(*) from unsent").await, 0);
    assert_eq!(
        app.value::<String>("select body from message where kind = 'template'").await,
        "Halo Bayu <b>, pesanan TL-9 sudah kami kirim hari ini."
    );
}

#[tokio::test]
async fn a_provider_out_of_reach_is_said_and_can_be_tried_again() {
    let app = TestApp::start().await;
    let (owner, id) = shut(&app).await;
    app.sql("update whatsapp_number set business_account_id = 'unknown'").await;
    let page = owner.get(&format!("/demo/inbox/{id}/template")).await.text().await.unwrap();
    assert!(page.contains("Daftar templat tidak bisa diambil dari WhatsApp"), "{page}");
    let answer = try_template(&owner, "demo", id, Uuid::new_v4(), GREETING, &[("values[b_1]", "Dewi")]).await;
    assert_eq!(refused_as(answer, StatusCode::BAD_GATEWAY).await, AppError::Upstream("WhatsApp".into()));
}
