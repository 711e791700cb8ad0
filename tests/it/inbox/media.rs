//! Files that customers send: fetched, kept, and shown without trusting them.

use crate::support::*;
use my21staff::inbox::model::*;
use reqwest::{StatusCode, header};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PHONE: &str = "6281234567890";

/// The only file of the only conversation, once it is no longer waited for.
async fn settled(app: &TestApp, owner: &Actor) -> MediaView {
    let id = app.only_conversation().await;
    eventually("the file is settled", async || {
        let message = owner.thread(id).await.messages.pop()?;
        message.media.filter(|media| media.state != MediaState::Waiting)
    })
    .await
}

fn image(id: &str, image: Value, kapso: Value) -> String {
    let mut body = inbound(NUMBER, PHONE, id, 1_795_184_701_000, json!({ "type": "image", "image": image }));
    for (key, value) in kapso.as_object().expect("an object") {
        body["message"]["kapso"][key] = value.clone();
    }
    body.to_string()
}

#[tokio::test]
async fn a_photo_from_the_phone_is_fetched_kept_and_shown_safely() {
    let app = TestApp::start().await;
    let said = json!({ "as": PHONE, "kind": "image", "text": "ini fotonya" });
    app.http.post(app.url("/sandbox/phone/messages")).json(&said).send().await.unwrap();
    let owner = app.owner().await;
    let mut stream = owner.live("demo", Some(0)).await;
    stream.until(|frame| frame.kind == "media_stored").await;
    let media = settled(&app, &owner).await;
    assert_eq!((media.state, media.mime.as_str()), (MediaState::Stored, "image/png"));
    let path = format!("/api/demo/media/{}", media.id);
    let answer = owner.get(&path).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert_eq!(header("content-type"), "image/png");
    assert_eq!(header("content-disposition"), "inline");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
    assert!(header("cache-control").starts_with("private"));
    let bytes = answer.bytes().await.unwrap();
    assert!(bytes.starts_with(b"\x89PNG"));
    assert_eq!(media.size, Some(bytes.len() as i64));
    assert_eq!(app.stranger().await.get(&path).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.stranger().await.get(&path.replace("demo", "other")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(app.http.get(app.url(&path)).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn addresses_inside_our_own_network_are_not_gone_to() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let inside = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = inside.local_addr().unwrap().port();
    let urls = [
        format!("http://127.0.0.1:{port}/secret"),
        format!("https://127.0.0.1:{port}/secret"),
        format!("https://[::1]:{port}/secret"),
        format!("https://2130706433:{port}/secret"),
        format!("https://localhost:{port}/secret"),
        "https://169.254.169.254/latest/meta-data/".to_owned(),
        "http://10.0.0.1/".to_owned(),
    ];
    for (n, url) in urls.iter().enumerate() {
        let data = json!({ "media_data": { "url": url, "filename": "x.png", "content_type": "image/png", "byte_size": 7 } });
        app.deliver(image(&format!("wamid.{n}"), json!({ "caption": "lihat" }), data)).await;
    }
    let id = app.only_conversation().await;
    let files = eventually("all are settled", async || {
        let files: Vec<MediaView> = owner.thread(id).await.messages.into_iter().filter_map(|message| message.media).collect();
        (files.len() == urls.len() && files.iter().all(|file| file.state == MediaState::Failed)).then_some(files)
    })
    .await;
    assert_eq!(owner.get(&format!("/api/demo/media/{}", files[0].id)).await.status(), StatusCode::NOT_FOUND);
    let reasons: Vec<String> =
        sqlx::query_scalar("select failure from media").fetch_all(&mut connect_to(&app.database_url).await).await.unwrap();
    assert!(reasons.iter().all(|reason| reason.starts_with("refused")), "{reasons:?}");
    let visitor = tokio::time::timeout(std::time::Duration::from_millis(100), inside.accept()).await;
    assert!(visitor.is_err(), "nobody came");
}

/// Uploads a file to the gateway, whatever it claims to be. Gives its id there.
async fn uploaded(app: &TestApp, bytes: &str, mime: &str) -> String {
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x.png\"\r\nContent-Type: {mime}\r\n\r\n{bytes}\r\n--b--\r\n"
    );
    let answer = app
        .http
        .post(app.url(&format!("/sandbox/kapso/meta/whatsapp/v24.0/{NUMBER}/media")))
        .header("x-api-key", "sandbox")
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=b")
        .body(form)
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    answer["id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

#[tokio::test]
async fn a_page_that_calls_itself_a_picture_is_only_ever_downloaded() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = uploaded(&app, "<html><script>alert(document.cookie)</script></html>", "image/png").await;
    app.deliver(image("wamid.1", json!({ "id": id, "mime_type": "image/png" }), json!({}))).await;
    let media = settled(&app, &owner).await;
    assert_eq!(media.state, MediaState::Stored);
    let answer = owner.get(&format!("/api/demo/media/{}", media.id)).await;
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "application/octet-stream");
    assert!(answer.headers()[header::CONTENT_DISPOSITION].to_str().unwrap().starts_with("attachment"));
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
}

#[tokio::test]
async fn a_player_is_given_the_part_it_asks_for() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    // Longer than what is read at once.
    let film = format!("\0\0\0\u{18}ftypmp42{}", "0123456789".repeat(150_000));
    let id = uploaded(&app, &film, "video/mp4").await;
    app.deliver(image("wamid.1", json!({ "id": id, "mime_type": "video/mp4" }), json!({}))).await;
    let media = settled(&app, &owner).await;
    let path = format!("/api/demo/media/{}", media.id);
    let size = film.len();
    let part = async |actor: &Actor, range: &str| {
        let asked = app.http.get(app.url(&path)).header(header::COOKIE, &actor.cookie);
        asked.header(header::RANGE, range).header(header::ACCEPT_ENCODING, "gzip, br").send().await.unwrap()
    };
    let whole = owner.get(&path).await;
    assert_eq!((whole.status(), whole.content_length()), (StatusCode::OK, Some(size as u64)));
    assert_eq!(whole.headers()[header::ACCEPT_RANGES], "bytes");
    assert!(whole.text().await.unwrap() == film);
    for (range, first, last) in
        [("bytes=0-", 0, size - 1), ("bytes=12-21", 12, 21), ("bytes=-7", size - 7, size - 1), ("bytes=100-1300000", 100, 1_300_000)]
    {
        let answer = part(&owner, range).await;
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(answer.headers()[header::CONTENT_RANGE], format!("bytes {first}-{last}/{size}"));
        assert_eq!(answer.headers()[header::CONTENT_TYPE], "video/mp4");
        assert_eq!(answer.headers()[header::CONTENT_SECURITY_POLICY], "default-src 'none'; sandbox");
        assert_eq!(answer.content_length(), Some((last - first + 1) as u64), "{range}");
        assert!(answer.text().await.unwrap() == film[first..=last], "{range}");
    }
    let beyond = part(&owner, &format!("bytes={size}-")).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()[header::CONTENT_RANGE], format!("bytes */{size}"));
    let foreign = part(&app.stranger().await, "bytes=0-3").await;
    assert_eq!((foreign.status(), foreign.headers().get(header::CONTENT_RANGE)), (StatusCode::NOT_FOUND, None));
}

#[tokio::test]
async fn a_gateway_that_stumbles_over_a_file_is_asked_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = uploaded(&app, "\u{89}not really a picture", "image/png").await;
    app.sandbox(json!({ "fail_next": [{ "on": "media", "status": 503 }, { "on": "media", "status": 500 }] })).await;
    app.deliver(image("wamid.1", json!({ "id": id, "mime_type": "image/png" }), json!({}))).await;
    assert_eq!(settled(&app, &owner).await.state, MediaState::Stored);
}

#[tokio::test]
async fn a_file_the_gateway_does_not_know_is_shown_as_failed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.deliver(image("wamid.1", json!({ "id": "1003383421387256", "mime_type": "image/png" }), json!({}))).await;
    assert_eq!(settled(&app, &owner).await.state, MediaState::Failed);
}
