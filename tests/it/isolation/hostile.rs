//! What customers write stays text: in pages, in the data within them, in headers.

use super::{everything, roles::conversation_in};
use crate::support::*;
use serde_json::json;

/// Texts that would run somewhere, each with the part that must not stand in a page as it is.
const CORPUS: [(&str, &str); 12] = [
    ("<script>alert(1)</script>", "<script>alert"),
    ("</script><script>alert(2)</script>", "</script><script>alert"),
    ("<img src=x onerror=alert(3)>", "<img src=x"),
    ("\"><svg onload=alert(4)>", "<svg onload"),
    ("'><iframe srcdoc=x>", "<iframe"),
    ("</title></textarea><details open ontoggle=alert(6)>", "<details open"),
    ("<!--<script>alert(7)//-->", "<!--<script>alert"),
    ("\u{2028}<b onmouseover=alert(8)>\u{2029}", "<b onmouseover"),
    ("]]><math><mtext></mtext></math>", "<math>"),
    ("<a href=javascript:alert(10)>x</a>", "<a href=javascript"),
    ("<\u{0}script>alert(11)</script>", "script>alert(11)</"),
    ("\u{202e}<style>*{display:none}</style>", "<style>*{"),
];

#[tokio::test]
async fn what_customers_write_is_inert_in_every_page_and_in_the_data_within() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for (n, (text, raw)) in CORPUS.into_iter().enumerate() {
        let phone = format!("62811000000{n:02}");
        let at = app.app.clock.millis();
        let advert = json!({ "type": "text", "text": { "body": "halo" },
            "referral": { "headline": text, "body": text, "source_url": format!("javascript:alert({n})//{text}") } });
        for content in [
            json!({ "type": "text", "text": { "body": text } }),
            json!({ "type": "document", "document": { "id": format!("m{n}"), "mime_type": "text/html", "filename": text, "caption": text } }),
            json!({ "type": "contacts", "contacts": [{ "name": { "formatted_name": text }, "phones": [{ "phone": text }] }] }),
            advert,
        ] {
            let mut delivery = inbound(NUMBER, &phone, &wamid(), at, content);
            // The name is shown in lists, headings and the page's title.
            delivery["conversation"]["contact_name"] = json!(text);
            app.deliver(delivery.to_string()).await;
        }
        let id: uuid::Uuid = app
            .value(&format!(
                "select c.id from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id where i.value = '+{phone}'"
            ))
            .await;
        for path in ["/demo/inbox".to_owned(), format!("/demo/inbox/{id}?panel=contact")] {
            let answer = owner.get(&path).await;
            assert_eq!(answer.status(), 200, "{path}");
            let page = answer.text().await.expect("HTML");
            let around = page.find(raw).map(|at| page[..at].chars().rev().take(200).collect::<String>().chars().rev().collect::<String>());
            assert_eq!(around, None, "{path} has {raw} as it is");
            assert!(!page.contains("href=\"javascript:") && !page.contains("href=\"data:"), "{path} links to a script");
            // Everything that is a script of ours says so by its nonce; a script that was broken out of would leave one without.
            for (at, _) in page.match_indices("<script") {
                let tag = &page[at..at + page[at..].find('>').expect("a whole tag")];
                assert!(tag.contains(" nonce=\""), "{path}: {tag}");
            }
        }
    }
    // The other ways out of the server are JSON and say so, and browsers are told not to guess.
    for path in ["/api/demo/events?after=0".to_owned()] {
        let answer = owner.get(&path).await;
        assert_eq!(answer.headers()["content-type"], "application/json");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
    }
}

#[tokio::test]
async fn fields_that_nobody_asked_for_change_nothing() {
    let app = TestApp::start().await;
    let ids = conversation_in(&app, "demo", NUMBER, "6281100000001", "halo").await;
    let owner = app.owner().await;
    let client = uuid::Uuid::new_v4().to_string();
    let (conversation, other) = (ids.conversation.to_string(), uuid::Uuid::new_v4().to_string());
    let form = [
        ("workspace", "demo"),
        ("conversation", &conversation),
        ("client_id", &client),
        ("text", "dari saya"),
        ("seen_seq", "1000000000"),
        ("sender", "system"),
        ("sender_id", &other),
        ("status", "read"),
        ("id", &other),
        ("workspace_id", &other),
        ("role", "owner"),
    ];
    let answer = owner.post(<my21staff::inbox::api::SendMessage as leptos::server_fn::ServerFn>::PATH, &form).await;
    assert!(answer.status().is_success(), "{}", everything(answer).await);
    let stored: String = app
        .value("select m.sender || ' ' || p.email || ' ' || (m.status <> 'read') from message m join person p on p.id = m.sender_id where m.body = 'dari saya'")
        .await;
    assert_eq!(stored, "teammate owner@demo.test true");
}

#[tokio::test]
async fn no_variant_of_a_token_is_a_token() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let (name, token) = owner.cookie.split_once('=').expect("a cookie");
    let swapped: String =
        token.chars().map(|c| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() }).collect();
    let variants =
        ["", " ", "null", "undefined", "0", &"A".repeat(43), &token[1..], &swapped, &format!("{token}A"), &format!("%20{token}")];
    for variant in variants {
        let request = app.http.get(app.url("/api/demo/events?after=0")).header("cookie", format!("{name}={variant}"));
        assert_eq!(request.send().await.expect("an answer").status(), 401, "{variant:?}");
    }
    assert_eq!(owner.get("/api/demo/events?after=0").await.status(), 200);
    app.sql("update session set expires_at = now() - interval '1 second'").await;
    assert_eq!(owner.get("/api/demo/events?after=0").await.status(), 401, "a session ends by itself");
}
