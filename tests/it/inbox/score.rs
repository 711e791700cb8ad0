//! The chat score: what customers' messages come to, whatever happens to them afterwards.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    ids::ConversationId,
    inbox::api::{AddNote, MergeContacts, SplitContact},
    time::DAY,
};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

const OLD: &str = "6281234567890";
const NEW: &str = "6289876543210";

/// As the list has it now.
async fn score(who: &Actor, id: ConversationId) -> Option<u8> {
    who.list(None).await.rows.into_iter().find(|row| row.id == id).expect("the row").chat_score
}

/// As its page says it, with the page.
async fn page(who: &Actor, id: ConversationId) -> (u8, String) {
    let answer = who.get(&format!("/demo/inbox/{id}/score")).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = answer.text().await.unwrap();
    let total = page.split("class=\"total\"").nth(1).expect("a total");
    let digits = total.split("class=\"num\"").nth(1).expect("a number").split('>').nth(1).expect("its text");
    (digits.split('<').next().unwrap().trim().parse().expect("a number"), page)
}

#[tokio::test]
async fn a_score_is_made_of_what_the_customer_wrote_and_says_why() {
    let (app, _, owner, id) = on_friday(OLD).await;
    let now = FRIDAY;
    assert_eq!(score(&owner, id).await, Some(5), "a day of writing");
    let says = async |id: &str, at: i64, content: serde_json::Value| {
        app.deliver(inbound(NUMBER, OLD, id, at, content).to_string()).await;
    };
    let text = |text: &str| json!({ "type": "text", "text": { "body": text } });
    says("wamid.a", now - 3 * DAY, text("Halo kak")).await;
    assert_eq!(score(&owner, id).await, Some(12), "two");
    let mut live = owner.live("demo", None).await;
    says("wamid.b", now - 2 * DAY, text("Berapa biayanya, dan kapan mulai?")).await;
    let heard = live.until(|frame| frame.kind == "message_received").await;
    let row = heard.last().and_then(|frame| frame.conversation.clone()).expect("the row");
    assert_eq!(row.chat_score, Some(18 + 12 + 8), "the frame that tells of the message tells of the score");
    says("wamid.c", now - DAY, json!({ "type": "document", "document": { "id": "9", "filename": "paspor.pdf" } })).await;
    says("wamid.d", now, text("Surel saya nadia@contoh.id. Saya mau daftar")).await;
    // The same again, and what others say, adds nothing.
    says("wamid.b", now - 2 * DAY, text("Berapa biayanya, dan kapan mulai?")).await;
    says("wamid.e", now, text("biaya kapan")).await;
    app.deliver(outbound(NUMBER, OLD, "wamid.f", "Ada brosur, katalog dan info lain", "business_app", &[("sent", now)])).await;
    owner.take_over(id).await;
    owner.send(id, "Ini detail dan paketnya").await;
    let note =
        [("workspace", "demo"), ("conversation", &id.to_string()), ("client_id", &Uuid::new_v4().to_string()), ("text", "minta syarat")];
    assert!(owner.post(AddNote::PATH, &note).await.status().is_success());
    let expected = 25 + (12 + 8 + 15) + (8 + 6);
    assert_eq!(score(&owner, id).await, Some(expected));
    let (said, page) = page(&owner, id).await;
    assert_eq!(said, expected, "the page counts the same");
    for (message, reason) in [("wamid.b", "biaya"), ("wamid.b", "kapan"), ("wamid.c", "Mengirim gambar"), ("wamid.d", "mau daftar")] {
        let of: Uuid = app.value(&format!("select id from message where provider_message_id = '{message}'")).await;
        let line = page.split("<li>").skip(1).find(|line| line.contains(reason) && line.contains("href")).expect(reason);
        assert!(line.contains(&format!("/demo/inbox/{id}?at={of}#m-{of}")), "{reason} leads to its message: {line}");
    }
    let (why, missing) = page.split_once("id=\"missing\"").expect("what is not there yet");
    assert!(!why.contains("Meminta informasi") && missing.contains("Meminta informasi") && missing.contains("Mengisi formulir"));
    assert!(page.contains("Hangat") || page.contains("Panas"), "the degree in a word");

    // Another workspace has neither the page nor any of it.
    let stranger = app.stranger().await;
    assert_eq!(stranger.get(&format!("/demo/inbox/{id}/score")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&format!("/other/inbox/{id}/score")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_written_anew_or_taken_back_counts_as_it_stands() {
    let (app, _, owner, id) = on_friday(OLD).await;
    let now = FRIDAY;
    app.deliver(inbound_text(NUMBER, OLD, "wamid.a", "berapa harga paketnya", now)).await;
    app.deliver(inbound_text(NUMBER, OLD, "wamid.b", "saya mau pesan", now)).await;
    assert_eq!(score(&owner, id).await, Some(5 + 12 + 15));
    let mut live = owner.live("demo", None).await;
    app.deliver(change_of(OLD, "wamid.a", Some("halo, kapan buka"), now)).await;
    // It is heard by whoever has the page open, not only by whoever loads it anew.
    let heard = async |live: &mut LiveStream, wanted: u8| {
        live.until(|frame| frame.conversation.as_ref().is_some_and(|row| row.chat_score == Some(wanted))).await;
    };
    heard(&mut live, 5 + 8 + 15).await;
    assert_eq!(page(&owner, id).await.0, 5 + 8 + 15);
    app.deliver(change_of(OLD, "wamid.b", None, now)).await;
    heard(&mut live, 5 + 8).await;
    assert_eq!((score(&owner, id).await, page(&owner, id).await.0), (Some(13), 13));
    // An edit of what was taken back brings nothing back.
    app.deliver(change_of(OLD, "wamid.b", Some("saya mau pesan sekarang"), now)).await;
    eventually("it was looked at", async || {
        (app.value::<i64>("select count(*) from job where kind = 'count_marks'").await == 0).then_some(())
    })
    .await;
    assert_eq!(score(&owner, id).await, Some(13));
}

#[tokio::test]
async fn merged_they_count_together_and_apart_again_each_for_itself() {
    let (app, _, owner, _) = on_friday(OLD).await;
    app.customer_says(OLD, "berapa harga").await;
    app.customer_says(NEW, "kirim katalog dong").await;
    let (old, new) = (talk(&app, OLD).await, talk(&app, NEW).await);
    assert_eq!((score(&owner, old).await, score(&owner, new).await), (Some(17), Some(10)));
    let other: Uuid = app.value(&format!("select contact_id from conversation where id = '{new}'")).await;
    let form = [("workspace", "demo"), ("conversation", &*old.to_string()), ("other", &*other.to_string())];
    let into: ConversationId = good(owner.post(MergeContacts::PATH, &form).await).await;
    assert_eq!(score(&owner, into).await, Some(22));
    assert_eq!(page(&owner, into).await.0, 22);
    app.customer_says(OLD, "saya mau beli").await;
    assert_eq!(score(&owner, into).await, Some(37));
    let form = [("workspace", "demo"), ("conversation", &*into.to_string())];
    let _: ConversationId = good(owner.post(SplitContact::PATH, &form).await).await;
    let (old, new) = (talk(&app, OLD).await, talk(&app, NEW).await);
    for id in [old, new] {
        assert_eq!(score(&owner, id).await, Some(page(&owner, id).await.0), "at once as its messages have it");
    }
    assert_eq!(score(&owner, old).await.unwrap() + score(&owner, new).await.unwrap(), 37 + 5);
}

#[tokio::test]
async fn what_was_there_before_scores_were_is_counted_in_the_background() {
    let (app, _, owner, id) = on_friday(OLD).await;
    app.customer_says(OLD, "berapa harga").await;
    app.sql("update conversation set chat_marks = null").await;
    // What comes in meanwhile does not count it half.
    app.customer_says(OLD, "mau beli").await;
    eventually("it has a score", async || (score(&owner, id).await == Some(5 + 12 + 15)).then_some(())).await;
}

#[tokio::test]
async fn what_was_to_be_counted_anew_is_when_the_contacts_became_one_before() {
    let (app, _, owner, _) = on_friday(OLD).await;
    app.deliver(inbound_text(NUMBER, NEW, "wamid.n", "berapa harga", FRIDAY)).await;
    let (old, new) = (talk(&app, OLD).await, talk(&app, NEW).await);
    app.sql(
        "create function hold() returns trigger language plpgsql as $$ begin new.run_at := '2999-01-01'; return new; end $$;
         create trigger hold before insert on job for each row when (new.kind = 'count_marks') execute function hold()",
    )
    .await;
    app.deliver(change_of(NEW, "wamid.n", None, FRIDAY)).await;
    assert_eq!(score(&owner, new).await, Some(17), "the job waits");
    let other: Uuid = app.value(&format!("select contact_id from conversation where id = '{new}'")).await;
    let form = [("workspace", "demo"), ("conversation", &*old.to_string()), ("other", &*other.to_string())];
    let into: ConversationId = good(owner.post(MergeContacts::PATH, &form).await).await;
    eventually("it is counted", async || (score(&owner, into).await == Some(5)).then_some(())).await;
}
