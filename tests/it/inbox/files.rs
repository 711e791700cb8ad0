//! Files that people send: judged by their bytes, sent once, and on the customer's phone as they were.

use crate::support::*;
use futures::future::join_all;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{files::MAX_CAPTION, model::*},
    server::clock::Clock,
    time::WINDOW,
};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

const PHONE: &str = "6281234567890";
const PDF: &[u8] = b"%PDF-1.7\n% daftar harga\n";

/// The smallest picture: one pixel.
fn png() -> Vec<u8> {
    hex::decode(concat!(
        "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02",
        "0000000b4944415478da6364600000000600023081d02f0000000049454e44ae426082"
    ))
    .expect("hex")
}

async fn asked(app: &TestApp) -> (Actor, ConversationId) {
    app.customer_says(PHONE, "Ada daftar harganya?").await;
    (app.owner().await, app.only_conversation().await)
}

async fn try_file(actor: &Actor, id: ConversationId, client_id: Uuid, text: &str, files: &[(&str, &[u8])]) -> Response {
    actor.post_reply("demo", id, &[("client_id", &client_id.to_string()), ("seen_seq", "1000000000"), ("text", text)], files).await
}

async fn file(actor: &Actor, id: ConversationId, text: &str, name: &str, bytes: &[u8]) -> MessageView {
    good(try_file(actor, id, Uuid::new_v4(), text, &[(name, bytes)]).await).await
}

/// What the gateway took, once it is so many messages.
async fn taken(app: &TestApp, count: usize) -> Vec<Value> {
    eventually("the gateway has it", async || {
        let sent = app.sent_by_gateway().await;
        (sent.len() >= count).then_some(sent)
    })
    .await
}

/// How many files lie in the media store.
fn stored(app: &TestApp) -> usize {
    fn count(folder: &std::path::Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
        entries.flatten().map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    count(&app.app.config.data_dir.join("media"))
}

/// Three seconds as a browser records them.
const RECORDED: &[u8] = include_bytes!("../../../src/inbox/server/files/voice.webm");

#[tokio::test]
async fn a_recording_goes_out_once_as_a_voice_message() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let client_id = Uuid::new_v4();
    let send = async || good::<MessageView>(try_file(&owner, id, client_id, "", &[("Pesan suara.webm", RECORDED)]).await).await;
    let (first, again) = (send().await, send().await);
    assert_eq!(first.id, again.id, "the same recording again is the same message");
    let media = first.media.expect("a file");
    assert_eq!((first.kind.as_str(), media.mime.as_str(), media.file_name.as_deref()), ("audio", "audio/ogg", Some("Pesan suara.ogg")));
    let bytes = owner.get(&format!("/api/demo/media/{}", media.id)).await.bytes().await.unwrap();
    assert!(bytes.starts_with(b"OggS") && bytes.windows(8).any(|window| window == b"OpusHead"));
    assert_eq!(taken(&app, 1).await.len(), 1);
    // A song is none.
    file(&owner, id, "", "lagu.mp3", b"ID3\x03\0").await;
    assert!(taken(&app, 2).await.iter().all(|sent| sent["type"] == "audio"));
    let page = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.unwrap().text().await.unwrap();
    assert_eq!((page.matches("<audio class=\"voice\"").count(), page.matches("<audio class=\"sound\"").count()), (1, 1));
    // A film is refused, and what was written stays.
    let mut film = RECORDED.to_vec();
    let codec = film.windows(6).position(|window| window == b"A_OPUS").expect("the codec");
    film[codec..codec + 6].copy_from_slice(b"V_VP8\0");
    let refused = try_file(&owner, id, Uuid::new_v4(), "", &[("film.webm", &film)]).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json::<AppError>().await.unwrap(), AppError::invalid("file", Rule::Unsupported));
}

#[tokio::test]
async fn a_picture_and_a_document_reach_the_phone_as_they_were() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let picture = file(&owner, id, " Ini kamarnya ", "kamar.bin", &png()).await;
    let document = file(&owner, id, "", "Daftar harga.pdf", PDF).await;
    assert_eq!((picture.kind.as_str(), picture.text.as_str(), picture.status), ("image", "Ini kamarnya", Some(Status::Pending)));
    assert_eq!((document.kind.as_str(), document.text.as_str()), ("document", ""));
    let media = picture.media.expect("a file");
    assert_eq!((media.state, media.mime.as_str(), media.size), (MediaState::Stored, "image/png", Some(png().len() as i64)));
    assert_eq!(media.file_name.as_deref(), Some("kamar.bin.png"), "a phone goes by the ending");
    // The team sees it at once.
    let answer = owner.get(&format!("/api/demo/media/{}", media.id)).await;
    assert_eq!((answer.status(), answer.headers()[header::CONTENT_TYPE].to_str().unwrap()), (StatusCode::OK, "image/png"));
    assert_eq!(answer.bytes().await.unwrap(), png());
    assert_eq!(app.stranger().await.get(&format!("/api/other/media/{}", media.id)).await.status(), StatusCode::NOT_FOUND);
    // And the customer.
    let sent = taken(&app, 2).await;
    assert_eq!(sent.iter().map(|sent| sent["type"].as_str().unwrap()).collect::<Vec<_>>(), ["image", "document"], "in order");
    let page = app.http.get(app.url(&format!("/sandbox/phone?as={PHONE}"))).send().await.unwrap().text().await.unwrap();
    let source = page.split("<img src=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the picture");
    assert_eq!(app.http.get(app.url(source)).send().await.unwrap().bytes().await.unwrap(), png());
    assert!(page.contains("Ini kamarnya") && page.contains(">Daftar harga.pdf</a>"), "{page}");
    eventually("it is delivered", async || {
        let messages = owner.thread(id).await.messages;
        messages.iter().filter(|message| message.status >= Some(Status::Delivered)).count().eq(&2).then_some(())
    })
    .await;
    // What the gateway reports about our own files makes no message and no file of its own.
    assert_eq!(app.value::<i64>("select count(*) from media").await, 2);
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 2);
}

#[tokio::test]
async fn the_same_form_ten_times_sends_once() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let client_id = Uuid::new_v4();
    let picture = png();
    let files: [(&str, &[u8]); 1] = [("a.png", &picture)];
    let answers = join_all((0..10).map(|_| try_file(&owner, id, client_id, "ini", &files))).await;
    let mut ids = Vec::new();
    for answer in answers {
        ids.push(good::<MessageView>(answer).await.id);
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    taken(&app, 1).await;
    assert_eq!(stored(&app), 1, "bytes of forms that came again are not kept");
    // Another file, or other words, under the same id is another message.
    for (text, bytes) in [("ini", PDF), ("itu", &picture)] {
        let error = refused_as(try_file(&owner, id, client_id, text, &[("a.png", bytes)]).await, StatusCode::CONFLICT).await;
        assert_eq!(error, AppError::Conflict(Conflict::ClientIdReused));
    }
    assert_eq!((stored(&app), app.sent_by_gateway().await.len()), (1, 1));
}

#[tokio::test]
async fn words_that_do_not_fit_under_a_file_go_ahead_of_it() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let asked = owner.thread(id).await.messages[0].id.to_string();
    let opus = b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x13OpusHead\x01\x01";
    let client_id = Uuid::new_v4().to_string();
    let fields = [("client_id", client_id.as_str()), ("seen_seq", "1000000000"), ("text", "Dengarkan"), ("reply_to", &asked)];
    let last: MessageView = good(owner.post_reply("demo", id, &fields, &[("a.ogg", opus), ("b.pdf", PDF)]).await).await;
    assert_eq!(last.kind, "document");
    let said: Vec<(String, String, bool)> = owner
        .thread(id)
        .await
        .messages
        .into_iter()
        .filter(|message| message.direction == Direction::Outbound)
        .map(|message| (message.kind, message.text, message.quote.is_some()))
        .collect();
    let wanted = [("text", "Dengarkan", true), ("audio", "", false), ("document", "", false)];
    assert_eq!(said, wanted.map(|(kind, text, quoted)| (kind.to_owned(), text.to_owned(), quoted)));
    // The whole form again: nothing more.
    good::<MessageView>(owner.post_reply("demo", id, &fields, &[("a.ogg", opus), ("b.pdf", PDF)]).await).await;
    let sent = taken(&app, 3).await;
    assert_eq!(sent.iter().map(|sent| sent["type"].as_str().unwrap()).collect::<Vec<_>>(), ["text", "audio", "document"]);
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_and_nothing_of_it_stays() {
    let clock = Clock::fixed(1_795_184_701_000);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    let (owner, id) = asked(&app).await;
    let mut large = png();
    large.resize((5 << 20) + 1, 0);
    for (text, name, bytes, field, rule) in [
        ("", "a.pdf", &b"MZ\x90\0"[..], "file", Rule::Unsupported),
        ("", "a.jpg", b"RIFF\x10\0\0\0WEBPVP8 ", "file", Rule::Unsupported),
        ("", "a.png", &large, "file", Rule::TooLarge(5)),
        ("", "a.pdf", b"", "file", Rule::Missing),
    ] {
        let error = refused_as(try_file(&owner, id, Uuid::new_v4(), text, &[(name, bytes)]).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(error, AppError::invalid(field, rule), "{name}");
    }
    // Neither words nor a file; and a form that lacks what makes it safe to repeat.
    let error = refused_as(try_file(&owner, id, Uuid::new_v4(), " ", &[]).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(error, AppError::invalid("text", Rule::Missing));
    for fields in [&[("text", "halo"), ("seen_seq", "1")][..], &[("text", "halo"), ("client_id", "x"), ("seen_seq", "1")]] {
        let error = refused_as(owner.post_reply("demo", id, fields, &[("a.pdf", PDF)]).await, StatusCode::UNPROCESSABLE_ENTITY).await;
        assert_eq!(error, AppError::invalid("request", Rule::Malformed));
    }
    // The customer wrote meanwhile.
    let fields = [("client_id", &*Uuid::new_v4().to_string()), ("seen_seq", "0"), ("text", "ini")];
    let error = refused_as(owner.post_reply("demo", id, &fields, &[("a.pdf", PDF)]).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::Unseen { .. })), "{error:?}");
    // Too late.
    clock.set(1_795_184_701_000 + WINDOW);
    let owner = app.owner().await;
    let error = refused_as(try_file(&owner, id, Uuid::new_v4(), "", &[("a.pdf", PDF)]).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::WindowClosed(_))), "{error:?}");
    assert_eq!((stored(&app), app.value::<i64>("select count(*) from message where direction = 'outbound'").await), (0, 0));
}

#[tokio::test]
async fn only_those_who_see_the_conversation_send_files_there() {
    let app = TestApp::start().await;
    let (_, id) = asked(&app).await;
    let form = |workspace: &'static str| async move { (workspace, Uuid::new_v4().to_string()) };
    for (actor, workspace, status) in [
        (app.stranger().await, "demo", StatusCode::NOT_FOUND),
        (app.stranger().await, "other", StatusCode::NOT_FOUND),
        (Actor::with_cookie(&app.http, &app.url(""), "session=none"), "demo", StatusCode::UNAUTHORIZED),
    ] {
        let (workspace, client_id) = form(workspace).await;
        let fields = [("client_id", client_id.as_str()), ("seen_seq", "1000000000"), ("text", "")];
        assert_eq!(actor.post_reply(workspace, id, &fields, &[("a.pdf", PDF)]).await.status(), status);
    }
    assert_eq!((stored(&app), app.value::<i64>("select count(*) from media").await), (0, 0));
}

#[tokio::test]
async fn an_upload_that_fails_is_tried_again_and_a_refused_one_can_be_sent_again() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    app.sandbox(json!({ "fail_next": [{ "on": "media", "status": 503 }] })).await;
    let sent = file(&owner, id, "", "a.pdf", PDF).await;
    taken(&app, 1).await;
    app.sandbox(json!({ "fail_next": [{ "on": "media", "status": 400, "code": 131_053 }] })).await;
    let refused = file(&owner, id, "lagi", "b.pdf", PDF).await;
    let failure = eventually("it fails", async || {
        owner.thread(id).await.messages.into_iter().find(|m| m.id == refused.id && m.status == Some(Status::Failed))?.failure
    })
    .await;
    assert_eq!(failure.code, 131_053);
    good::<MessageView>(owner.try_resend("demo", id, refused.id).await).await;
    taken(&app, 2).await;
    let uploads = app.value::<i64>("select count(distinct provider_media_id) from media").await;
    assert_eq!(uploads, 2, "{} and {} are two files there", sent.id, refused.id);
}

#[tokio::test]
async fn a_send_whose_answer_was_lost_is_not_made_twice() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    app.sandbox(json!({ "fail_next": [{ "drop_after_accept": true }] })).await;
    let sent = file(&owner, id, "", "a.pdf", PDF).await;
    eventually("it is known to be sent", async || {
        owner.thread(id).await.messages.iter().any(|m| m.id == sent.id && m.status >= Some(Status::Sent)).then_some(())
    })
    .await;
    assert_eq!(app.sent_by_gateway().await.len(), 1);
}

#[tokio::test]
async fn without_script_the_form_leads_back_and_keeps_what_was_refused() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    let action = format!("/api/demo/conversations/{id}/messages");
    assert!(page.contains(&format!("action=\"{action}\"")) && page.contains("enctype=\"multipart/form-data\""), "the page's own form");
    assert!(page.contains("type=\"file\"") && page.contains("name=\"file\""));
    let browser = |text: String, files: Vec<(&'static str, Vec<u8>)>| {
        let mut form =
            reqwest::multipart::Form::new().text("client_id", Uuid::new_v4().to_string()).text("seen_seq", "1000000000").text("text", text);
        for (name, bytes) in files {
            form = form.part("file", reqwest::multipart::Part::bytes(bytes).file_name(name));
        }
        let request = app.http.post(app.url(&action)).header(header::COOKIE, owner.cookie()).header(header::ACCEPT, "text/html,*/*");
        async move { request.multipart(form).send().await.unwrap() }
    };
    let to = |answer: &Response| answer.headers()[header::LOCATION].to_str().unwrap().to_owned();
    // A chooser in which nothing was chosen is an empty file without a name.
    let answer = browser("Halo".into(), vec![("", Vec::new())]).await;
    assert_eq!((answer.status(), to(&answer)), (StatusCode::SEE_OTHER, format!("/demo/inbox/{id}")));
    let answer = browser("Ini".into(), vec![("a.png", png()), ("b.pdf", PDF.to_vec())]).await;
    assert_eq!(to(&answer), format!("/demo/inbox/{id}"));
    let refused = browser("é".repeat(MAX_CAPTION), vec![("a.exe", b"MZ\x90\0".to_vec())]).await;
    assert_eq!(refused.status(), StatusCode::SEE_OTHER);
    let page = owner.get(&to(&refused)).await.text().await.unwrap();
    assert!(page.contains(&"é".repeat(MAX_CAPTION)), "the words stand in the box again");
    assert!(page.contains("WhatsApp tidak menerima jenis berkas ini"), "and why it was not sent");
    let sent = taken(&app, 3).await;
    assert_eq!(sent.iter().map(|sent| sent["type"].as_str().unwrap()).collect::<Vec<_>>(), ["text", "image", "document"]);
}

#[tokio::test]
async fn an_upload_that_never_ended_is_not_taken_for_somebody_elses_picture() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    app.holds_retries().await;
    app.sandbox(json!({ "fail_next": [{ "on": "media", "status": 503 }] })).await;
    let sent = file(&owner, id, "", "a.png", &png()).await;
    app.is_tried("send_message").await;
    // Meanwhile another program sends a picture to the same customer, and of ours it looks as if a process had died during the upload.
    let other =
        json!({ "messaging_product": "whatsapp", "to": PHONE, "type": "image", "image": { "link": "https://files.example.com/a.png" } });
    let url = app.url(&format!("/sandbox/kapso/meta/whatsapp/v24.0/{NUMBER}/messages"));
    let answer = app.http.post(url).header("x-api-key", "sandbox").json(&other).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    app.sql("update message set status = 'sending' where sender = 'teammate' and kind = 'image' and status = 'pending'").await;
    app.goes_on().await;
    let taken = taken(&app, 2).await;
    let called: Vec<Option<&str>> = taken.iter().map(|sent| sent["callback_data"].as_str()).collect();
    assert_eq!(called, [None, Some(&*sent.id.to_string())], "ours went as well");
}
