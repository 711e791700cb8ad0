//! The mail a day with what waits for somebody (F233): once, at their time, with numbers and nothing else.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Rule},
    ids::ConversationId,
    inbox::api::AddNote,
    push::server::send_digests,
    server::clock::Clock,
    time::{DAY, HOUR, MINUTE},
    workspace::api::SaveNotices,
};
use reqwest::StatusCode;
use serde_json::Value;

const PHONE: &str = "6281234567890";
/// Friday, 20 November 2026, 7.25 in Jakarta.
const BEGAN: i64 = 1_795_134_300_000;

/// A server whose clock stands there, without ARI, and a conversation that just began.
async fn morning() -> (TestApp, Clock, Actor, ConversationId) {
    let clock = Clock::fixed(BEGAN);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    (app, clock, owner, id)
}

async fn asks(actor: &Actor, at: &str) -> reqwest::Response {
    actor.post(SaveNotices::PATH, &[("workspace", "demo"), ("mine", "on"), ("digest", at)]).await
}

/// Texts of the digests that somebody got, oldest first.
async fn got(app: &TestApp, to: &str, many: usize) -> Vec<String> {
    let count = format!("select count(*) from mail where template = 'digest' and recipient = '{to}'");
    eventually("they are carried away", async || (app.value::<i64>(&format!("{count} and state <> 'sent'")).await == 0).then_some(()))
        .await;
    assert_eq!(app.value::<i64>(&count).await, many as i64, "{to}");
    let all: Vec<Value> = app.http.get(app.url("/sandbox/mail.json")).send().await.unwrap().json().await.unwrap();
    let mine = all.iter().filter(|mail| mail["to"] == to && mail["template"] == "digest");
    mine.map(|mail| format!("{} {}", mail["subject"].as_str().unwrap(), mail["text"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn it_comes_once_a_day_at_ones_time_with_what_waits() {
    let (app, clock, owner, id) = morning().await;
    owner.take_over(id).await;
    app.customer_says(PHONE, "rahasia pelanggan").await;
    app.customer_says("6281234567891", "Halo, ada orang?").await;
    app.sql("update conversation set holder = 'team'").await;
    for (text, due) in [("rahasia: telepon balik", "2026-11-20T15:00"), ("nanti saja", "2026-11-21T09:00")] {
        let (id, client_id) = (id.to_string(), uuid::Uuid::new_v4().to_string());
        let task = [("workspace", "demo"), ("conversation", &id), ("client_id", &client_id), ("text", text), ("due", due)];
        assert_eq!(owner.post(AddNote::PATH, &task).await.status(), StatusCode::OK);
    }
    assert_eq!(asks(&owner, "08:00").await.status(), StatusCode::OK);
    let send = async || send_digests(&app.app).await.expect("looked");
    clock.set(BEGAN + 34 * MINUTE);
    send().await;
    got(&app, "owner@demo.test", 0).await;
    clock.set(BEGAN + 35 * MINUTE);
    // Several processes at the same moment.
    let other = app.second_process().await;
    let (one, two) = tokio::join!(send_digests(&app.app), send_digests(&other.app));
    one.and(two).expect("looked");
    send().await;
    let texts = got(&app, "owner@demo.test", 1).await;
    let text = &texts[0];
    assert!(text.contains("Yang menunggu Anda di Demo"), "{text}");
    assert!(text.contains("• 1 pelanggan Anda menunggu balasan") && text.contains("• 1 percakapan Anda belum dibaca"), "{text}");
    assert!(text.contains("• 1 pelanggan tanpa pemilik menunggu balasan") && text.contains("/demo/inbox"), "{text}");
    assert!(text.contains("• 1 tugas Anda jatuh tempo sampai akhir hari ini"), "{text}");
    for said in ["rahasia", "6281234567890", "567890", "ada orang"] {
        assert!(!text.contains(said), "{said}: {text}");
    }
    app.sql("delete from task").await;
    // Another time of the same day is for tomorrow; and what was missed comes when there is a process again.
    assert_eq!(asks(&owner, "09:00").await.status(), StatusCode::OK);
    clock.set(BEGAN + 3 * HOUR);
    send().await;
    got(&app, "owner@demo.test", 1).await;
    clock.set(BEGAN + DAY + 5 * HOUR);
    send().await;
    got(&app, "owner@demo.test", 2).await;
    // Where nothing waits nothing is said.
    app.sql("update conversation set state = 'closed', waiting_since = null, unread_count = 0").await;
    clock.set(BEGAN + 2 * DAY + 5 * HOUR);
    send().await;
    got(&app, "owner@demo.test", 2).await;
    assert!(app.value::<bool>("select digested_on = '2026-11-22'::date - '1970-01-01'::date from notice_rule").await, "it was looked");
}

#[tokio::test]
async fn it_says_no_more_than_one_may_see_and_nothing_to_who_did_not_ask_or_has_left() {
    let (app, clock, _owner, id) = morning().await;
    app.sql("update conversation set holder = 'team'").await;
    let member = app.sign_in("member@demo.test").await;
    let english = app.http.post(app.url(SaveNotices::PATH)).header("cookie", format!("{}; locale=en", member.cookie()));
    let answer = english.form(&[("workspace", "demo"), ("digest", "08.00")]).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    clock.set(BEGAN + HOUR);
    send_digests(&app.app).await.expect("looked");
    // What is nobody's is out of a member's sight.
    got(&app, "member@demo.test", 0).await;
    got(&app, "owner@demo.test", 0).await;
    app.sql(&format!("update conversation set assignee_id = (select id from person where email = 'member@demo.test') where id = '{id}'"))
        .await;
    clock.set(BEGAN + DAY + HOUR);
    send_digests(&app.app).await.expect("looked");
    let texts = got(&app, "member@demo.test", 1).await;
    assert!(
        texts[0].contains("What waits for you in Demo") && texts[0].contains("customers of yours who wait for an answer: 1"),
        "{texts:?}"
    );
    assert!(!texts[0].contains("nobody"), "{texts:?}");
    // A suspended workspace tells nothing, and who has left is told nothing.
    app.sql("update workspace set status = 'suspended', suspended_at = now() where slug = 'demo'").await;
    clock.set(BEGAN + 2 * DAY + HOUR);
    send_digests(&app.app).await.expect("looked");
    got(&app, "member@demo.test", 1).await;
    app.sql(
        "update workspace set status = 'active', suspended_at = null where slug = 'demo'; delete from membership where role = 'member'",
    )
    .await;
    send_digests(&app.app).await.expect("looked");
    got(&app, "member@demo.test", 1).await;
}

#[tokio::test]
async fn a_time_that_is_none_is_refused_with_what_was_written() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let refused = refused_as(asks(&owner, "pagi").await, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused, AppError::invalid("digest", Rule::Malformed));
    assert_eq!(asks(&owner, "7.30").await.status(), StatusCode::OK);
    let page = owner.get("/demo/settings/notices").await.text().await.unwrap();
    assert!(page.contains("value=\"07:30\"") && page.contains("Ringkasan lewat email"));
    assert_eq!(asks(&owner, "").await.status(), StatusCode::OK);
    assert_eq!(app.value::<i64>("select count(*) from notice_rule where digest_at is not null").await, 0);
}
