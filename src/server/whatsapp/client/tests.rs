//! The gateway's recorded answers and failures, over HTTP.

use super::*;
use crate::server::{
    fake_upstream::{Upstream, closed, hanging_up_after, hanging_up_on_the_second, silent},
    http::http_client,
};

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/kapso/rest/", $name, ".json"))
    };
}

const NUMBER: &str = "123456789012345";
const QUOTED: &str = "wamid.HBgLMTU1NTEyMzQ1NjcVAgASGBRDQTBERjJDOTVBQTE0NEMxRDBGRgA=";

fn kapso(base: &str) -> Kapso {
    Kapso::new(http_client(), base, "test-key")
}

fn budi() -> Recipient {
    Recipient::Phone("+15551234567".into())
}

async fn send(base: &str) -> Result<Accepted, SendError> {
    kapso(base).send(NUMBER, &budi(), &Content::Text("Hello!"), None, "m1").await
}

/// Sends against a server that answers like this, and gives the error.
async fn refused(status: u16, headers: &[(&'static str, &str)], body: &'static str) -> SendError {
    let upstream = Upstream::answering(status, headers, body).await;
    let error = send(&upstream.base).await.expect_err("an error");
    let text = error.to_string();
    assert!(!text.contains("test-key") && text.chars().count() < 350, "{text}");
    error
}

/// What to do, and under which number; the words are looked at where they matter.
#[derive(Debug, PartialEq)]
enum Told {
    /// code, whole number, seconds
    Retry(i32, bool, Option<u64>),
    Final(i32),
    Unknown,
}

impl From<&SendError> for Told {
    fn from(error: &SendError) -> Self {
        match error {
            SendError::Retry { after, code, pause_number, .. } => Self::Retry(*code, *pause_number, after.map(|after| after.as_secs())),
            SendError::Final { code, .. } => Self::Final(*code),
            SendError::Unknown { .. } => Self::Unknown,
        }
    }
}

macro_rules! recorded_errors {
    ($($test:ident: $file:literal, $status:literal => $told:expr, $words:literal;)*) => {$(
        #[tokio::test]
        async fn $test() {
            let error = refused($status, &[], fixture!($file)).await;
            assert_eq!(Told::from(&error), $told, "{error}");
            assert!(error.to_string().contains($words), "{error}");
        }
    )*};
}

recorded_errors! {
    a_throttled_number_is_paused_although_the_status_is_400:
        "error-400-130429-throttled.response", 400 => Told::Retry(130429, true, None), "Rate limit hit";
    a_bad_parameter_value_is_final:
        "error-400-131009.response", 400 => Told::Final(131009), "Button title length invalid";
    the_pair_limit_waits_without_stopping_the_number:
        "error-400-131056-pair-rate.response", 400 => Told::Retry(131056, false, Some(6)), "pair rate limit hit";
    a_wrong_number_of_template_parameters_is_final:
        "error-400-132000-param-count.response", 400 => Told::Final(132000), "expected number of params (2)";
    an_invalid_parameter_is_final:
        "error-400-invalid-parameter.response", 400 => Told::Final(100), "Invalid parameter";
    an_expired_token_is_final_and_says_what_to_do:
        "error-401-190-token.response", 401 => Told::Final(190), "connect the number again";
    a_wrong_key_is_final_and_says_so:
        "error-401-invalid-key.response", 401 => Told::Final(401), "does not accept the API key: Invalid API key";
    a_missing_key_is_final_and_says_so:
        "error-401-missing-key.response", 401 => Told::Final(401), "Missing X-API-Key header";
    spent_credits_are_final_and_say_so:
        "error-402-insufficient-credits.response", 402 => Told::Final(402), "no credits left: Insufficient credits";
    a_locked_account_is_final:
        "error-403-131031-locked.response", 403 => Told::Final(131031), "Business Account locked";
    a_missing_template_is_final:
        "error-404-132001-template-missing.response", 404 => Told::Final(132001), "does not exist in en_US";
    an_unknown_message_is_final:
        "error-404-message-not-found.response", 404 => Told::Final(404), "Message not found";
    a_closed_window_is_final_with_metas_code:
        "error-422-131047-window.response", 422 => Told::Final(131047), "outside the 24-hour window";
    stopped_marketing_is_final_with_metas_code:
        "error-422-marketing-stopped.response", 422 => Told::Final(131050), "stopped marketing";
    kapsos_own_limit_pauses_the_number:
        "error-429-kapso-rate-limit.response", 429 => Told::Retry(429, true, None), "Rate limit exceeded";
    metas_internal_error_is_tried_again:
        "error-500-131000.response", 500 => Told::Retry(131000, false, None), "Something went wrong";
    a_bad_gateway_is_tried_again:
        "error-502-media-download.response", 502 => Told::Retry(502, false, None), "Media download failed";
    a_proxy_timeout_leaves_the_outcome_unknown:
        "error-504-proxy-timeout.response", 504 => Told::Unknown, "Kapso proxy timeout";
}

#[tokio::test]
async fn retry_after_is_honoured_within_reason() {
    let body = fixture!("error-429-kapso-rate-limit.response");
    let error = refused(429, &[("Retry-After", "60"), ("X-RateLimit-Remaining", "0")], body).await;
    assert_eq!(Told::from(&error), Told::Retry(429, true, Some(60)));
    let error = refused(429, &[("Retry-After", "99999999")], body).await;
    assert_eq!(Told::from(&error), Told::Retry(429, true, Some(3_600)));
    let error = refused(503, &[("Retry-After", "Wed, 21 Oct 2026 07:28:00 GMT")], "").await;
    assert_eq!(Told::from(&error), Told::Retry(503, false, None));
}

#[tokio::test]
async fn a_message_in_flight_is_waited_for() {
    let error = refused(409, &[], r#"{"error":"Another message is already in-flight for this conversation"}"#).await;
    assert_eq!(Told::from(&error), Told::Retry(409, false, Some(1)));
}

#[tokio::test]
async fn every_throttling_code_waits_whatever_the_status() {
    for (code, pause) in [(4, true), (80007, true), (130429, true), (131048, true), (131056, false)] {
        for status in [400, 429, 500, 504, 200] {
            let body = format!(r#"{{"error":{{"message":"m","code":{code}}}}}"#);
            let error = failure::classify(status, None, body.as_bytes(), "k");
            assert!(
                matches!(&error, SendError::Retry { code: told, pause_number, .. } if *told == code && *pause_number == pause),
                "{status} {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_code_without_a_rule_leaves_the_decision_to_the_status() {
    let body = br#"{"error":{"message":"m","code":"987654"}}"#;
    assert_eq!(Told::from(&failure::classify(400, None, body, "k")), Told::Final(987654));
    assert_eq!(Told::from(&failure::classify(500, None, body, "k")), Told::Retry(987654, false, None));
    assert_eq!(Told::from(&failure::classify(504, None, body, "k")), Told::Unknown);
}

#[tokio::test]
async fn gateway_pages_are_judged_by_their_status_and_not_quoted() {
    let page = "<html><h1>502 Bad Gateway</h1> call +62 812 3456 7890</html>";
    assert_eq!(
        refused(502, &[], page).await,
        SendError::Retry { after: None, code: 502, reason: "HTTP 502 without details".into(), pause_number: false }
    );
    assert_eq!(Told::from(&refused(413, &[], page).await), Told::Final(413));
    assert_eq!(Told::from(&refused(520, &[], page).await), Told::Unknown);
}

#[tokio::test]
async fn redirects_are_not_followed_with_the_key_in_hand() {
    let elsewhere = Upstream::answering(200, &[], fixture!("send.response")).await;
    let upstream = Upstream::answering(307, &[("location", elsewhere.base.as_str())], "").await;
    let error = send(&upstream.base).await.expect_err("an error");
    assert_eq!(Told::from(&error), Told::Final(307));
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn reasons_name_no_customer_and_no_key() {
    let error = refused(400, &[], r#"{"error":{"message":"6281234567890 with key test-key is not on WhatsApp","code":131026}}"#).await;
    assert_eq!(error, SendError::Final { code: 131026, reason: "… with key … is not on WhatsApp".into() });
}

#[tokio::test]
async fn a_success_that_cannot_be_understood_is_unknown() {
    for body in ["", "OK", "[]", "{}", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, r#"{"error":"later"}"#] {
        let upstream = Upstream::answering(200, &[], body).await;
        assert_eq!(Told::from(&send(&upstream.base).await.expect_err(body)), Told::Unknown, "{body}");
    }
}

#[tokio::test]
async fn a_timeout_is_unknown_for_a_message_and_harmless_for_a_question() {
    let kapso = kapso(&silent().await).with_timeout(Duration::from_millis(50));
    let error = kapso.send(NUMBER, &budi(), &Content::Text("Hello!"), None, "").await.expect_err("an error");
    assert_eq!(error, SendError::Unknown { reason: "no answer in time".into() });
    let asked = kapso.list_messages(NUMBER, None, None, None, None, 20).await.expect_err("an error");
    assert_eq!(Told::from(&asked), Told::Retry(0, false, None));
    let marked = kapso.mark_read(NUMBER, QUOTED, false).await.expect_err("an error");
    assert_eq!(Told::from(&marked), Told::Retry(0, false, None));
}

#[tokio::test]
async fn a_connection_lost_mid_answer_is_unknown() {
    for half in [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"messages\":[", b"nonsense\r\n\r\n"] {
        let error = send(&hanging_up_after(half).await).await.expect_err("an error");
        assert_eq!(Told::from(&error), Told::Unknown, "{half:?}");
    }
    let error = send(&hanging_up_after(b"HTTP/1.1 500 Oops\r\ncontent-length: 500\r\n\r\n{").await).await.expect_err("an error");
    assert_eq!(Told::from(&error), Told::Retry(500, false, None), "the status is known");
}

#[tokio::test]
async fn a_message_is_never_sent_twice_by_the_client_itself() {
    const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 26\r\n\r\n{\"messages\":[{\"id\":\"w1\"}]}";
    let (base, requests) = hanging_up_on_the_second(OK).await;
    let kapso = kapso(&base);
    assert_eq!(kapso.send(NUMBER, &budi(), &Content::Text("one"), None, "").await, Ok(Accepted { provider_id: "w1".into() }));
    // Over the same, kept connection, which breaks after the request was read.
    let error = kapso.send(NUMBER, &budi(), &Content::Text("two"), None, "").await.expect_err("an error");
    assert_eq!(Told::from(&error), Told::Unknown);
    assert_eq!(requests.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_refused_connection_is_tried_again() {
    assert_eq!(Told::from(&send(&closed().await).await.expect_err("an error")), Told::Retry(0, false, None));
}

#[tokio::test]
async fn what_cannot_be_sent_at_all_is_final() {
    for (base, number) in [("not a url", NUMBER), ("mailto:a@b", NUMBER), ("http://127.0.0.1:1", ""), ("http://127.0.0.1:1", "..")] {
        let error = kapso(base).send(number, &budi(), &Content::Text("Hello!"), None, "").await.expect_err(base);
        assert_eq!(Told::from(&error), Told::Final(0), "{base} {number}");
    }
    let error =
        Kapso::new(http_client(), "http://127.0.0.1:1", "line\nbreak").mark_read(NUMBER, QUOTED, false).await.expect_err("an error");
    assert_eq!(Told::from(&error), Told::Final(0));
}

#[tokio::test]
async fn a_text_is_sent_as_documented() {
    let upstream = Upstream::answering(200, &[], fixture!("send.response")).await;
    let accepted = send(&format!("{}/", upstream.base)).await.unwrap();
    assert_eq!(accepted.provider_id, "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBIxQkVGQkMyNzQ0QzM2Mzc3QUEA");
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/meta/whatsapp/v24.0/123456789012345/messages"));
    assert_eq!(seen.header("x-api-key"), Some("test-key"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
    let mut expected: Value = serde_json::from_str(fixture!("send-text.request")).unwrap();
    expected["biz_opaque_callback_data"] = "m1".into();
    assert_eq!(seen.json(), expected);
}

#[tokio::test]
async fn a_reply_names_the_message_it_answers() {
    let upstream = Upstream::answering(200, &[], fixture!("send.response")).await;
    kapso(&upstream.base).send(NUMBER, &budi(), &Content::Text("Thanks for your message!"), Some(QUOTED), "").await.unwrap();
    let mut expected: Value = serde_json::from_str(fixture!("send-text-reply.request")).unwrap();
    // The documented default, which we always say.
    expected["text"]["preview_url"] = false.into();
    assert_eq!(upstream.only().json(), expected);
}

#[tokio::test]
async fn a_file_is_named_by_its_id_with_what_its_kind_may_carry() {
    let sent = |content: Content<'static>| async move {
        let upstream = Upstream::answering(200, &[], fixture!("send.response")).await;
        kapso(&upstream.base).send(NUMBER, &budi(), &content, None, "").await.unwrap();
        upstream.only().json()
    };
    let file = |kind, name| Content::File { kind, id: "1003383421387256", caption: Some("Photo"), name: Some(name), voice: false };
    let expected: Value = serde_json::from_str(fixture!("send-image-id.request")).unwrap();
    assert_eq!(sent(file(FileKind::Image, "a.jpg")).await, expected);
    let mut expected: Value = serde_json::from_str(fixture!("send-document.request")).unwrap();
    expected["document"] = json!({ "id": "1003383421387256", "filename": "report.pdf", "caption": "Report" });
    let document =
        Content::File { kind: FileKind::Document, id: "1003383421387256", caption: Some("Report"), name: Some("report.pdf"), voice: true };
    assert_eq!(sent(document).await, expected);
    let mut expected: Value = serde_json::from_str(fixture!("send-audio.request")).unwrap();
    expected["audio"] = json!({ "id": "1003383421387256" });
    assert_eq!(sent(file(FileKind::Audio, "a.ogg")).await, expected, "sound has neither words nor a name");
    let voice = Content::File { kind: FileKind::Audio, id: "1908647269898587", caption: None, name: None, voice: true };
    let expected: Value = serde_json::from_str(fixture!("send-audio-voice.request")).unwrap();
    assert_eq!(sent(voice).await["audio"], expected["audio"], "a voice message says so");
    let empty = Content::File { kind: FileKind::Video, id: "1", caption: Some(""), name: None, voice: false };
    assert_eq!(sent(empty).await["video"], json!({ "id": "1" }));
}

#[tokio::test]
async fn a_file_is_uploaded_as_a_form_and_never_unknown() {
    let upstream = Upstream::answering(200, &[], fixture!("media-upload.response")).await;
    let upload = |base: String| async move {
        kapso(&base).upload(NUMBER, Bytes::from_static(b"%PDF-1.7"), "application/pdf", "Daftar \"harga\".pdf").await
    };
    assert_eq!(upload(upstream.base.clone()).await.as_deref(), Ok("1003383421387256"));
    let seen = upstream.only();
    assert_eq!((seen.method.as_str(), seen.uri.path()), ("POST", "/meta/whatsapp/v24.0/123456789012345/media"));
    assert!(seen.header("content-type").is_some_and(|kind| kind.starts_with("multipart/form-data; boundary=")));
    let body = String::from_utf8_lossy(&seen.body).into_owned();
    for part in ["name=\"messaging_product\"\r\n\r\nwhatsapp\r\n", "name=\"type\"\r\n\r\napplication/pdf\r\n", "\r\n\r\n%PDF-1.7\r\n"] {
        assert!(body.contains(part), "{part} in {body}");
    }
    assert!(body.contains("filename=\"Daftar \\\"harga\\\".pdf\"") && body.contains("Content-Type: application/pdf"), "{body}");
    for answer in ["{}", "OK", r#"{"id":""}"#] {
        let upstream = Upstream::answering(200, &[], answer).await;
        assert_eq!(Told::from(&upload(upstream.base.clone()).await.expect_err(answer)), Told::Retry(0, false, None), "{answer}");
    }
}

#[tokio::test]
async fn a_customer_without_a_number_is_reached_by_id() {
    let upstream = Upstream::answering(200, &[], fixture!("send-bsuid.response")).await;
    let to = Recipient::Bsuid("US.13491208655302741918".into());
    let accepted = kapso(&upstream.base).send(NUMBER, &to, &Content::Text("Hello!"), None, &"x".repeat(600)).await.unwrap();
    assert_eq!(accepted.provider_id, "wamid.HBgLMTU1NTEyMzQ1NjcVAgARGBIwMTlFRDBERUNDMEMyNDZBMjEA");
    let body = upstream.only().json();
    assert_eq!(body["recipient"], "US.13491208655302741918");
    assert!(body.get("to").is_none());
    assert_eq!(body["biz_opaque_callback_data"].as_str().map(str::len), Some(512));
}

#[tokio::test]
async fn reading_is_marked_with_and_without_typing() {
    for (typing, expected) in [(false, fixture!("mark-read.request")), (true, fixture!("mark-read-typing.request"))] {
        let upstream = Upstream::answering(200, &[], fixture!("mark-read.response")).await;
        kapso(&upstream.base).mark_read(NUMBER, QUOTED, typing).await.unwrap();
        assert_eq!(upstream.only().json(), serde_json::from_str::<Value>(expected).unwrap());
    }
}

#[tokio::test]
async fn messages_are_listed_page_by_page() {
    let upstream = Upstream::answering(200, &[], fixture!("messages-list.response")).await;
    let direction = Some(ListedDirection::Outbound);
    let page = kapso(&upstream.base)
        .list_messages(NUMBER, Some(1_795_184_701_500), Some(1_795_184_701_500), direction, Some("a=="), 500)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 3);
    assert_eq!(page.items[0]["kapso"]["status"], "read");
    let next = page.next.as_deref().expect("another page");
    assert!(next.starts_with("eyJ2YWx1ZXMi"));
    let seen = upstream.only();
    assert_eq!(seen.uri.path(), "/meta/whatsapp/v24.0/123456789012345/messages");
    let query: Vec<_> = seen.uri.query().unwrap_or_default().split('&').collect();
    assert_eq!(
        query,
        [
            "fields=kapso%28*%29",
            "limit=100",
            "since=2026-11-20T14%3A25%3A01Z",
            "until=2026-11-20T14%3A25%3A02Z",
            "direction=outbound",
            "after=a%3D%3D"
        ]
    );
    let again = kapso(&upstream.base).list_messages(NUMBER, None, None, None, Some(next), 20).await.unwrap();
    assert_eq!(again.next, None, "a page that leads to itself is the last");
}

#[tokio::test]
async fn the_last_page_has_no_next() {
    let upstream = Upstream::answering(200, &[], fixture!("messages-list-empty.response")).await;
    let page = kapso(&upstream.base).list_messages(NUMBER, None, None, None, None, 20).await.unwrap();
    assert_eq!(page, MessagePage { items: vec![], next: None });
    let strange = Upstream::answering(200, &[], r#"{"messages":[]}"#).await;
    let error = kapso(&strange.base).list_messages(NUMBER, None, None, None, None, 20).await.expect_err("an error");
    assert_eq!(Told::from(&error), Told::Retry(0, false, None));
}

#[tokio::test]
async fn a_file_is_found_under_kapsos_own_address_first() {
    let upstream = Upstream::answering(200, &[], fixture!("media-get.response")).await;
    let media = kapso(&upstream.base).media_url("1003383421387256", NUMBER).await.unwrap();
    assert_eq!(
        media,
        MediaUrl {
            url: "https://api.kapso.ai/meta/whatsapp/media_download?token=eyJexample".into(),
            mime: Some("image/jpeg".into()),
            size: Some(204_800),
            sha256: Some("spgUz1eS5oTNddan/OemehGIfjEvh8oqwkltgfNl/3I=".into()),
        }
    );
    assert_eq!(upstream.only().uri.to_string(), "/meta/whatsapp/v24.0/1003383421387256?phone_number_id=123456789012345");
    let escaped = kapso(&upstream.base).media_url("../x?y", NUMBER).await;
    assert!(escaped.is_ok());
    assert_eq!(upstream.seen()[1].uri.path(), "/meta/whatsapp/v24.0/..%2Fx%3Fy");
}

#[test]
fn the_key_goes_to_kapso_only() {
    let kapso = kapso("https://api.kapso.ai");
    assert_eq!(kapso.headers_for("https://api.kapso.ai/media/9c1f/photo.jpg"), [("X-API-Key", "test-key")]);
    for url in [
        "https://lookaside.fbsbx.com/x",
        "http://api.kapso.ai/x",
        "https://api.kapso.ai.evil.example/x",
        "https://api.kapso.ai:8443/",
        "nonsense",
    ] {
        assert!(kapso.headers_for(url).is_empty(), "{url}");
    }
    assert!(!format!("{kapso:?}").contains("test-key"));
}
