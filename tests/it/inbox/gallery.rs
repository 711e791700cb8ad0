//! A contact's pictures, files and links: each found once, by those who may see it, and nothing of what strangers wrote comes alive.

use crate::support::*;
use my21staff::ids::ConversationId;
use reqwest::{StatusCode, header};
use std::collections::BTreeSet;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

/// A conversation with a customer, on whose contact's page nothing stands yet.
async fn with_customer(app: &TestApp) -> ConversationId {
    app.customer_says(PHONE, "halo").await;
    app.only_conversation().await
}

/// An earlier conversation with the same contact.
async fn earlier(app: &TestApp, with: ConversationId) -> ConversationId {
    let id = Uuid::new_v4();
    app.sql(&format!(
        "insert into conversation (workspace_id, id, contact_id, number_id, state, holder, last_message_at, created_at)
         select workspace_id, '{id}', contact_id, number_id, 'closed', 'team', now() - interval '1 year', now() from conversation where id = '{with}'"
    ))
    .await;
    ConversationId(id)
}

/// Puts messages with files into a conversation, two at a time, `first` hours ago and before.
async fn files(app: &TestApp, id: ConversationId, kind: &str, mime: &str, count: usize, first: usize) {
    app.sql(&format!(
        "with made as (
             insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
             select workspace_id, gen_random_uuid(), id, 'inbound', 'contact', '{kind}', '', date_trunc('second', now()) - (n / 2 + {first}) * interval '1 hour', now()
             from conversation, generate_series(1, {count}) n where id = '{id}' returning workspace_id, id)
         insert into media (workspace_id, id, message_id, mime, file_name, state, byte_size)
         select workspace_id, gen_random_uuid(), id, '{mime}', 'berkas', 'stored', 311900 from made"
    ))
    .await;
}

/// A text of the customer's.
async fn text(app: &TestApp, id: ConversationId, body: &str) {
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
         select workspace_id, gen_random_uuid(), id, 'inbound', 'contact', 'text', '{}', date_trunc('second', now()), now() from conversation where id = '{id}'",
        body.replace('\'', "''")
    ))
    .await;
}

async fn page(who: &Actor, workspace: &str, id: ConversationId, query: &str) -> String {
    let answer = who.get(&format!("/{workspace}/inbox/{id}/media?{query}")).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    answer.text().await.expect("a page")
}

/// What follows each occurrence of a beginning, up to the quotation mark.
fn after<'a>(page: &'a str, beginning: &str) -> Vec<&'a str> {
    page.split(beginning).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Everything of a kind, page by page, and on how many pages.
async fn all(who: &Actor, id: ConversationId, kind: &str, beginning: &str) -> (Vec<String>, usize) {
    let (mut found, mut pages, mut query) = (Vec::new(), 0, format!("kind={kind}"));
    loop {
        let page = page(who, "demo", id, &query).await;
        found.extend(after(&page, beginning).into_iter().map(str::to_owned));
        pages += 1;
        match after(&page, "before=").first() {
            Some(before) => query = format!("kind={kind}&before={before}"),
            None => return (found, pages),
        }
        assert!(pages < 20, "it ends");
    }
}

const FILE: &str = "href=\"/api/demo/media/";

#[tokio::test]
async fn everything_of_a_contact_is_found_exactly_once_page_by_page() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    let before = earlier(&app, id).await;
    for (conversation, first) in [(id, 1), (before, 20)] {
        files(&app, conversation, "image", "image/png", 43, first).await;
        files(&app, conversation, "document", "application/pdf", 38, first).await;
        // None of the kinds: what is said and stuck on.
        files(&app, conversation, "sticker", "image/webp", 5, first).await;
    }
    app.sql("update message set detail = '{\"voice\": true}' where id in (select id from message where kind = 'document' limit 6)").await;
    app.sql("update message set kind = 'audio' where detail->>'voice' = 'true'").await;
    app.sql("update message set direction = 'outbound', sender = 'assistant', status = 'cancelled' where id in (select id from message where kind = 'image' limit 1)")
        .await;
    for n in 0..64 {
        text(&app, if n % 2 == 0 { id } else { before }, &format!("lihat https://toko.test/{n}, ya")).await;
    }
    let owner = app.owner().await;
    // From either of the conversations: it is about the contact.
    for from in [id, before] {
        for (kind, beginning, expected) in [("media", FILE, 85), ("files", FILE, 70), ("links", "href=\"https://toko.test/", 64)] {
            let (found, pages) = all(&owner, from, kind, beginning).await;
            assert_eq!(found.len(), expected, "{kind}");
            assert_eq!(found.iter().collect::<BTreeSet<_>>().len(), expected, "{kind}: each once");
            assert_eq!(pages, 3, "{kind}");
        }
    }
    let newest = page(&owner, "demo", id, "kind=files").await;
    assert!(newest.contains("312 KB") && newest.contains("Dokumen"), "{newest}");
    assert!(!newest.contains("Ke yang terbaru"));
    let second = page(&owner, "demo", id, &format!("kind=files&before={}", after(&newest, "before=")[0])).await;
    assert!(second.contains("Ke yang terbaru"), "the way back");
    // A place that is none is the beginning, a kind that is none the first.
    assert_eq!(after(&page(&owner, "demo", id, "kind=x&before=x").await, FILE).len(), 30);
}

#[tokio::test]
async fn each_thing_leads_to_its_message_in_its_own_conversation() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    let before = earlier(&app, id).await;
    files(&app, before, "image", "image/png", 1, 5).await;
    let owner = app.owner().await;
    let message: Uuid = app.value("select id from message where kind = 'image'").await;
    let page = page(&owner, "demo", id, "kind=media").await;
    let place = format!("/demo/inbox/{before}?at={message}#m-{message}");
    assert!(page.contains(&place), "{page}");
    let thread = owner.get(&format!("/demo/inbox/{before}?at={message}")).await.text().await.expect("a page");
    assert!(thread.contains(&format!("id=\"m-{message}\"")));
    // And the ways here.
    let inbox = owner.get(&format!("/demo/inbox/{id}")).await.text().await.expect("a page");
    assert_eq!(inbox.matches(&format!("href=\"/demo/inbox/{id}/media\"")).count(), 2, "from the menu and from the contact");
}

#[tokio::test]
async fn nothing_that_a_stranger_wrote_becomes_a_link_but_web_addresses() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    let owner = app.owner().await;
    for body in [
        "javascript:alert('https://x')//",
        "data:text/html;base64,PHNjcmlwdD4=#http://",
        "vbscript:msgbox(1) file:///etc/passwd https:",
        "lihat https://toko.test/\"onmouseover=\"alert(1)\" <a href=\"javascript:alert(1)\">https://dua.test/<script>alert(1)</script></a>",
        "https://bank.example:rahasia@penipu.test/masuk",
        "https://аррӏе.test/masuk",
        "\u{202e}https://toko.test/gpj.\u{202e}exe",
    ] {
        text(&app, id, body).await;
    }
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
         select workspace_id, gen_random_uuid(), id, 'system', 'system', 'note', 'catatan https://hanya-tim.test/', now(), now() from conversation where id = '{id}'"
    ))
    .await;
    let page = page(&owner, "demo", id, "kind=links").await;
    let addresses: BTreeSet<&str> = after(&page, "href=\"").into_iter().filter(|to| !to.starts_with(['/', '?', '#'])).collect();
    assert!(addresses.iter().all(|to| to.starts_with("https://") || to.starts_with("http://")), "{addresses:?}");
    for expected in ["https://toko.test/", "https://dua.test/", "https://penipu.test/masuk"] {
        assert!(addresses.contains(expected), "{expected}: {addresses:?}");
    }
    assert!(addresses.iter().any(|to| to.starts_with("https://xn--")), "{addresses:?}");
    assert!(!page.contains("bank.example") && !page.contains("rahasia"), "a name before the host is not shown as one");
    assert!(!page.contains("hanya-tim"), "what the team says to itself is none of the contact's");
    for tag in page.split("<a ").skip(1).filter_map(|rest| rest.split('>').next()).filter(|tag| tag.contains("href=\"http")) {
        assert!(tag.contains("noopener noreferrer nofollow") && tag.contains("target=\"_blank\""), "{tag}");
    }
    assert!(!page.contains("onmouseover=") && !page.contains("<script>alert"), "{page}");
}

#[tokio::test]
async fn a_member_sees_of_a_contact_what_is_theirs_and_a_stranger_nothing() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    let before = earlier(&app, id).await;
    files(&app, id, "image", "image/png", 2, 1).await;
    files(&app, before, "image", "image/png", 3, 1).await;
    text(&app, before, "https://rahasia.test/").await;
    // The neighbours know the same customer.
    app.deliver(inbound_text(OTHER_NUMBER, PHONE, &wamid(), "https://tetangga.test/", app.app.clock.millis())).await;
    let theirs: Uuid = app.value("select c.id from conversation c join workspace w on w.id = c.workspace_id where w.slug = 'other'").await;
    let theirs = ConversationId(theirs);
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    for kind in ["media", "files", "links"] {
        let path = |workspace: &str, id: ConversationId| format!("/{workspace}/inbox/{id}/media?kind={kind}");
        assert_eq!(member.get(&path("demo", id)).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(stranger.get(&path("demo", id)).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(stranger.get(&path("other", id)).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(owner.get(&path("demo", theirs)).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(owner.get(&path("demo", ConversationId(Uuid::new_v4()))).await.status(), StatusCode::NOT_FOUND);
        assert_eq!(owner.get(&format!("/demo/inbox/bukan-id/media?kind={kind}")).await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(after(&page(&owner, "demo", id, "kind=media").await, FILE).len(), 5);
    let neighbours = page(&stranger, "other", theirs, "kind=links").await;
    assert!(neighbours.contains("tetangga.test") && !neighbours.contains("rahasia.test"));
    assert!(after(&page(&stranger, "other", theirs, "kind=media").await, "/media/").is_empty(), "nothing of the other workspace's");

    app.sql(&format!(
        "update conversation set holder = 'team', assignee_id = (select id from person where email = 'member@demo.test') where id = '{id}'"
    ))
    .await;
    assert_eq!(after(&page(&member, "demo", id, "kind=media").await, FILE).len(), 2, "of this conversation, not of the other");
    assert!(!page(&member, "demo", id, "kind=links").await.contains("rahasia.test"));
    assert_eq!(member.get(&format!("/demo/inbox/{before}/media")).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_sees_no_numbers_finds_none_in_names_captions_and_links() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    files(&app, id, "document", "text/vcard", 1, 1).await;
    files(&app, id, "image", "image/png", 1, 2).await;
    app.sql(
        "update media set file_name = 'Kontak 0812-3456-7890.vcf'; update message set body = 'WA saya 0812 3456 7890' where kind = 'image'",
    )
    .await;
    app.sql("update contact set name = 'Wening 081234567890'").await;
    text(&app, id, "https://wa.me/6281234567890?text=halo dan https://aman.test/paket").await;
    text(&app, id, "https://wa.me/6281234567890").await;
    let owner = app.owner().await;
    assert!(
        page(&owner, "demo", id, "kind=links").await.contains("href=\"https://wa.me/6281234567890?text=halo\""),
        "there is something to hide"
    );
    app.member_without_numbers().await;
    let masked = app.sign_in("member@demo.test").await;
    for kind in ["media", "files", "links"] {
        let page = page(&masked, "demo", id, &format!("kind={kind}")).await;
        for trace in ["1234567890", "3456-7890", "3456 7890", "wa.me"] {
            assert!(!page.contains(trace), "{kind} tells {trace}: {page}");
        }
        assert!(page.contains("Wening •••• 890"), "{kind}");
    }
    assert!(page(&masked, "demo", id, "kind=links").await.contains("href=\"https://aman.test/paket\""), "the rest is found");
    assert!(page(&masked, "demo", id, "kind=files").await.contains("Kontak •••• 890.vcf"));
}

#[tokio::test]
async fn days_are_those_of_the_workspaces_clocks() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    files(&app, id, "image", "image/png", 2, 1).await;
    // Friday evening in London; in Jakarta one is before midnight and one after.
    app.sql(
        "update message set sent_at = '2026-11-20T16:30:00Z' where id = (select id from message where kind = 'image' order by id limit 1)",
    )
    .await;
    app.sql("update message set sent_at = '2026-11-20T17:30:00Z' where id = (select id from message where kind = 'image' order by id desc limit 1)").await;
    let owner = app.owner().await;
    let here = page(&owner, "demo", id, "").await;
    assert!(here.contains(">Sab 21 Nov") && here.contains(">Jum 20 Nov"), "{here}");
    app.sql("update workspace set time_zone = 'UTC'").await;
    let there = page(&owner, "demo", id, "").await;
    assert!(!there.contains("21 Nov") && there.contains(">Jum 20 Nov"), "{there}");
}

#[tokio::test]
async fn what_is_empty_says_so_and_what_is_under_way_too() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    let owner = app.owner().await;
    for (kind, says) in [("media", "Belum ada foto atau video"), ("files", "Belum ada dokumen"), ("links", "Belum ada tautan")] {
        let page = page(&owner, "demo", id, &format!("kind={kind}")).await;
        assert!(page.contains(says), "{kind}: {page}");
        assert_eq!(page.matches("aria-current=\"true\"").count(), 1, "{kind}");
    }
    let english = app
        .http
        .get(app.url(&format!("/demo/inbox/{id}/media")))
        .header(header::COOKIE, format!("{}; locale=en", owner.cookie))
        .send()
        .await
        .expect("an answer");
    assert!(english.text().await.expect("a page").contains("No photos or videos yet"));
    files(&app, id, "image", "image/png", 2, 1).await;
    app.sql("update media set state = 'waiting' where id = (select id from media order by id limit 1)").await;
    app.sql("update media set state = 'failed' where id = (select id from media order by id desc limit 1)").await;
    let page = page(&owner, "demo", id, "kind=media").await;
    assert!(page.contains("Sedang diambil") && page.contains("Tidak bisa diambil") && after(&page, FILE).is_empty(), "{page}");
}

#[tokio::test]
async fn the_script_that_shows_pictures_large_is_kept_under_its_name_and_runs_by_the_nonce() {
    let app = TestApp::start().await;
    let id = with_customer(&app).await;
    let owner = app.owner().await;
    for path in [format!("/demo/inbox/{id}"), format!("/demo/inbox/{id}/media")] {
        let page = owner.get(&path).await.text().await.expect("a page");
        let script = after(&page, "data-module=\"").first().expect("a script").to_string();
        assert!(page.contains("<template id=\"lightbox\">"), "{path}: what it shows itself with");
        let answer = app.http.get(app.url(&script)).send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        let header = |name: header::HeaderName| answer.headers()[name].to_str().expect("text").to_owned();
        assert_eq!(header(header::CONTENT_TYPE), "text/javascript; charset=utf-8");
        assert_eq!(header(header::CACHE_CONTROL), "public, max-age=31536000, immutable");
        assert!(answer.text().await.expect("a script").contains("showModal"));
        let other = app.http.get(app.url(&script.replace("lightbox.", "lightbox.0"))).send().await.expect("an answer");
        assert_eq!(other.status(), StatusCode::NOT_FOUND);
        assert!(other.headers()[header::CACHE_CONTROL].to_str().expect("text").contains("no-store"), "what is not there may come");
    }
}
