//! A conversation as it looked at a minute: what had come, what it said, how far replies had got, how it stood.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    inbox::{
        api::{AddNote, CloseConversation, FinishTask, MergeContacts, SendMessage},
        model::*,
    },
    time::{DAY, HOUR, MINUTE, Millis},
};
use reqwest::StatusCode;
use serde_json::json;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

/// Where something stands in a page, as its readers read it: without what is marked up.
fn place(page: &str, text: &str) -> Option<usize> {
    page.find(text)
}

#[tokio::test]
async fn a_conversation_is_shown_as_it_was_at_that_minute() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    // Friday, 21.25: the customer asked. Five minutes later they write, and write it anew two minutes after that.
    let at = |minutes: Millis| FRIDAY + minutes * MINUTE;
    let says = async |minutes: Millis, wamid: &str, content: serde_json::Value| {
        clock.set(at(minutes));
        app.deliver(inbound(NUMBER, PHONE, wamid, at(minutes), content).to_string()).await;
    };
    let text = |text: &str| json!({ "type": "text", "text": { "body": text } });
    says(5, "wamid.first", text("Untuk dua orang")).await;
    let edit = json!({ "original_message_id": "wamid.first", "message": text("Untuk tiga orang") });
    says(7, "wamid.edit", json!({ "type": "edit", "edit": edit })).await;
    clock.set(at(10));
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status, provider_message_id)
         select workspace_id, gen_random_uuid(), id, 'outbound', 'phone', 'text', 'Siap, tiga orang', t.at, t.at, 'read', 'wamid.reply'
         from conversation, (values (to_timestamp({} / 1000.0))) t(at);
         insert into message_status (workspace_id, provider_message_id, status, at)
         select id, 'wamid.reply', s.status, to_timestamp(s.at / 1000.0) from workspace w,
            (values ('sent', {}), ('delivered', {}), ('read', {})) s(status, at) where w.slug = 'demo'",
        at(10),
        at(10),
        at(12),
        at(14)
    ))
    .await;
    says(16, "wamid.revoke", json!({ "type": "revoke", "revoke": { "original_message_id": "wamid.first" } })).await;
    clock.set(at(20));
    let form = [("workspace", "demo"), ("conversation", &*id.to_string()), ("reason", "Sudah dipesan")];
    assert!(owner.post(CloseConversation::PATH, &form).await.status().is_success());
    clock.set(at(40));

    let look = async |minutes: Millis| {
        let minute = 21 * 60 + 25 + minutes;
        let page = owner.get(&format!("/demo/inbox/{id}/past?at=2026-11-20T{:02}:{:02}", minute / 60, minute % 60)).await;
        assert_eq!(page.status(), StatusCode::OK);
        page.text().await.unwrap()
    };
    let shows = |page: &str, texts: &[&str]| {
        texts.iter().filter(|text| place(page, text).is_none()).map(|text| (*text).to_owned()).collect::<Vec<_>>()
    };
    let none: Vec<String> = Vec::new();

    let page = look(4).await;
    assert_eq!(shows(&page, &["Halo?", "Jendela 24 jam terbuka sampai 21 Nov 2026 21.25"]), none);
    assert!(!page.contains("dua orang") && !page.contains("tiga orang"), "nothing of later");
    let page = look(5).await;
    assert!(page.contains("Untuk dua orang") && !page.contains("tiga") && !page.contains("diedit"), "before it was written anew");
    let page = look(8).await;
    assert!(page.contains("Untuk tiga orang") && page.contains("Untuk dua orang") && page.contains("diedit"), "and after");
    for (minutes, tick) in [(10, "terkirim"), (12, "sampai"), (13, "sampai"), (14, "dibaca")] {
        let page = look(minutes).await;
        let bubble = &page[place(&page, "Siap, tiga orang").expect("the reply")..];
        let bubble = &bubble[..bubble.find("</li>").unwrap()];
        assert!(bubble.contains(tick), "{minutes}: {bubble}");
    }
    assert!(!look(15).await.contains("Dihapus pengirimnya") && look(16).await.contains("Dihapus pengirimnya"));
    assert!(!look(19).await.contains("Sudah dipesan"));
    let page = look(20).await;
    assert_eq!(
        shows(&page, &["Sudah dipesan", "20 Nov 2026 21.45", "at=2026-11-20T21:35"]),
        none,
        "how it stood, and the way to what was said before"
    );
    // Nothing is done there.
    assert!(!page.contains("<form method=\"post\"") && !page.contains("name=\"reply\""), "{page}");
    // What is no time, or has not come, is said, and the present shown.
    for wrong in ["2026-13-01T00:00", "kemarin", "2026-11-21T21:25"] {
        let page = owner.get(&format!("/demo/inbox/{id}/past?at={wrong}")).await.text().await.unwrap();
        assert_eq!(shows(&page, &["Waktu itu tidak dikenali", "Sudah dipesan"]), none, "{wrong}");
    }
    clock.set(FRIDAY + 2 * DAY);
    let page = owner.get(&format!("/demo/inbox/{id}/past")).await.text().await.unwrap();
    assert_eq!(shows(&page, &["Jendela 24 jam tertutup sejak", "Sudah dipesan"]), none);
}

#[tokio::test]
async fn what_waited_and_what_was_to_be_done_is_shown_as_it_waited() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    let text = [
        ("workspace", "demo".to_owned()),
        ("conversation", id.to_string()),
        ("client_id", Uuid::new_v4().to_string()),
        ("text", "Telepon kembali".into()),
        ("due", "2026-11-20T22:00".into()),
    ];
    assert!(owner.post(AddNote::PATH, &text).await.status().is_success());
    let note: Uuid = app.value("select message_id from task").await;
    clock.set(FRIDAY + 2 * HOUR);
    let done = [("workspace", "demo"), ("message", &*note.to_string()), ("client_id", &*Uuid::new_v4().to_string()), ("text", "Sudah")];
    let answer = owner.post(FinishTask::PATH, &done).await;
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    let look = async |at: &str| owner.get(&format!("/demo/inbox/{id}/past?at=2026-11-20T{at}")).await.text().await.unwrap();
    assert!(look("21:30").await.contains("22.00") && !look("21:30").await.contains("to-do late"), "it was to be done");
    assert!(look("22:30").await.contains("to-do late"), "and overdue later");
    assert!(!look("23:26").await.contains("to-do late") && look("23:26").await.contains("Sudah"), "and done");
    // A reply that waited for its time and went then.
    clock.set(FRIDAY + 2 * HOUR + 10 * MINUTE);
    let seen = owner.thread(id).await.seq.to_string();
    let written = [
        ("workspace", "demo"),
        ("conversation", &*id.to_string()),
        ("client_id", &*Uuid::new_v4().to_string()),
        ("text", "Selamat pagi, jadi datang?"),
        ("until", "own"),
        ("at", "2026-11-21T07:00"),
        ("seen_seq", &*seen),
    ];
    let waiting: MessageView = good(owner.post(SendMessage::PATH, &written).await).await;
    clock.set(FRIDAY + 9 * HOUR + 35 * MINUTE);
    eventually("it went", async || {
        let sent = owner.thread(id).await.messages.into_iter().find(|message| message.id == waiting.id)?;
        (sent.status != Some(Status::Scheduled)).then_some(())
    })
    .await;
    clock.set(FRIDAY + 12 * HOUR);
    assert!(!look("23:30").await.contains("jadi datang"), "nobody had written it yet");
    let page = look("23:59").await;
    assert!(page.contains("msg out waiting") && page.contains("jadi datang"), "it had not gone yet");
    assert!(!owner.get(&format!("/demo/inbox/{id}/past?at=2026-11-21T08:00")).await.text().await.unwrap().contains("msg out waiting"));
}

#[tokio::test]
async fn what_was_said_elsewhere_then_is_not_there_and_whoever_sees_no_numbers_sees_none() {
    let (app, clock, owner, id) = on_friday(PHONE).await;
    const OTHER: &str = "6289876543210";
    clock.set(FRIDAY + MINUTE);
    app.customer_says(OTHER, "Nomor saya ganti, dulu 0812-3456-7890").await;
    let other: Uuid = app.value(&format!("select contact_id from identity where value = '+{OTHER}'")).await;
    let theirs: Uuid = app.value(&format!("select id from conversation where contact_id = '{other}'")).await;
    clock.set(FRIDAY + 2 * MINUTE);
    let closes = [("workspace", "demo"), ("conversation", &*theirs.to_string()), ("reason", "Salah alamat")];
    assert!(owner.post(CloseConversation::PATH, &closes).await.status().is_success());
    clock.set(FRIDAY + 10 * MINUTE);
    let merges = [("workspace", "demo"), ("conversation", &*id.to_string()), ("other", &*other.to_string())];
    assert!(owner.post(MergeContacts::PATH, &merges).await.status().is_success());
    clock.set(FRIDAY + 20 * MINUTE);
    let look = async |who: &Actor, at: &str| who.get(&format!("/demo/inbox/{id}/past?at=2026-11-20T{at}")).await.text().await.unwrap();
    let before = look(&owner, "21:30").await;
    assert!(before.contains("Halo?") && before.contains("baru digabungkan ke sini sesudahnya"), "{before}");
    assert!(!before.contains("Nomor saya ganti") && !before.contains("Salah alamat"), "neither what was said nor what was done: {before}");
    let after = look(&owner, "21:36").await;
    assert!(after.contains("Nomor saya ganti, dulu 0812-3456-7890") && !after.contains("baru digabungkan ke sini sesudahnya"), "{after}");
    app.member_without_numbers().await;
    let masked = look(&app.sign_in("member@demo.test").await, "21:36").await;
    assert!(masked.contains("Nomor saya ganti") && !masked.contains("3456-7890"), "{masked}");
}
