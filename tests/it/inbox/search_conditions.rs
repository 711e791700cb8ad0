//! Search with conditions and with typing errors: what each condition keeps, and that none of them tells anybody more than they may see.

use super::search::{find, hits, note};
use crate::support::*;
use my21staff::{ids::ConversationId, server::clock::Clock};
use serde_json::json;
use uuid::Uuid;

/// 20 November 2026, 07:25 in Jakarta.
const NOW: i64 = 1_795_134_301_000;
const DAY: i64 = 86_400_000;
const AYU: &str = "6281234567890";
const BAYU: &str = "6281234567891";

/// Ayu and Bayu wrote on several days, people and ARI answered.
async fn talked() -> (TestApp, Actor, ConversationId) {
    let app = TestApp::configured(Clock::fixed(NOW), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    for (phone, name, text, at) in [
        (AYU, "Ayu Lestari", "harga kamar sepuluh hari lalu", NOW - 10 * DAY),
        (AYU, "Ayu Lestari", "harga kamar kemarin https://contoh.id/kamar", NOW - DAY + 3_600_000),
        (BAYU, "Bayu Saputra", "harga villa hari ini", NOW - 60_000),
    ] {
        app.deliver(named(inbound(NUMBER, phone, &wamid(), at, json!({ "type": "text", "text": { "body": text } })), name)).await;
    }
    for (kind, more) in
        [("image", json!({ "caption": "denah kamar" })), ("document", json!({ "filename": "harga.pdf" })), ("location", json!({}))]
    {
        let mut content = json!({ "id": "987654321", "mime_type": "image/jpeg", "latitude": -6.2, "longitude": 106.8 });
        content.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let message = json!({ "type": kind, kind: content });
        app.deliver(named(inbound(NUMBER, AYU, &wamid(), NOW - 2 * DAY, message), "Ayu Lestari")).await;
    }
    let owner = app.owner().await;
    let id = ConversationId(
        app.value("select c.id from conversation c join contact k on k.id = c.contact_id where k.profile_name like 'Ayu%'").await,
    );
    owner.send(id, "harga dari tim").await;
    note(&owner, id, "tawari harga teman").await;
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
         select workspace_id, gen_random_uuid(), id, 'outbound', 'assistant', 'text', 'harga dari ari', last_message_at, now()
         from conversation where id = '{}'",
        id.0
    ))
    .await;
    (app, owner, id)
}

fn named(mut message: serde_json::Value, name: &str) -> String {
    message["conversation"]["contact_name"] = json!(name);
    message.to_string()
}

#[tokio::test]
async fn each_condition_keeps_what_meets_it() {
    let (_app, owner, _) = talked().await;
    for (question, expected) in [
        ("harga", 6),
        ("harga dari:pelanggan", 3),
        ("harga from:team", 2),
        ("harga dari:ari", 1),
        ("harga from:me", 2),
        ("harga dari:\"Rani Prameswari\"", 2),
        ("harga dari:ayu", 2),
        ("harga dari:ayu dari:ari", 3),
        ("harga dari:siapa", 0),
        ("harga di:bayu", 1),
        ("harga di:\"Ayu Lestari\"", 5),
        ("harga di:0812-3456-7890", 5),
        ("harga di:catatan", 1),
        ("in:notes", 1),
        ("harga ada:tautan", 1),
        ("ada:foto", 1),
        ("denah ada:foto", 1),
        ("harga ada:foto", 0),
        ("ada:dokumen dari:pelanggan", 1),
        ("has:attachment", 3),
        ("has:attachment in:bayu", 0),
        ("has:media has:link", 2),
        ("harga pada:kemarin", 1),
        ("harga sebelum:2026-11-19", 1),
        ("harga sampai:19/11/2026", 2),
        ("harga sesudah:19/11 dari:pelanggan", 1),
        ("since:2026-11-18 until:2026-11-18", 1),
        ("pada:18/11 ada:lampiran", 3),
        ("pada:17/11", 0),
    ] {
        let page = find(&owner, "demo", question).await;
        assert_eq!(hits(&page).0, expected, "{question}");
    }
    let page = find(&owner, "demo", "harga dari:pelanggan ada:tautan sejak:2026-11-01").await;
    for condition in ["dari pelanggan", "dengan tautan", "sejak 1 Nov"] {
        assert!(page.contains(condition), "{condition} is understood: {page}");
    }
    let page = find(&owner, "demo", "harga sejak:kapan ada:<script>").await;
    assert!(page.contains("Tidak dimengerti") && page.contains("sejak:kapan") && !page.contains("ada:<script>"), "{page}");
    assert_eq!(hits(&page).0, 6, "what is not understood is left out");
    let page = find(&owner, "demo", "").await;
    assert!(page.contains("dari:pelanggan"), "the page tells what can be asked");
}

#[tokio::test]
async fn a_slip_of_the_finger_finds_what_was_meant() {
    let (_app, owner, _) = talked().await;
    let page = find(&owner, "demo", "hagra vlila").await;
    assert_eq!(hits(&page).0, 1, "{page}");
    assert!(page.contains("Tidak ada “hagra”") && page.contains("“villa”"));
    assert_eq!(hits(&find(&owner, "demo", "leestari").await), (0, 1), "names too");
    assert_eq!(hits(&find(&owner, "demo", "hagra dari:ari").await).0, 1, "with conditions too");
    for question in ["hagra kursi", "xyzzy", "hagra di:bayu pada:17/11"] {
        let page = find(&owner, "demo", question).await;
        assert_eq!(hits(&page), (0, 0), "{question}");
        assert!(!page.contains("Tidak ada “"), "nothing is offered that finds nothing");
    }
}

#[tokio::test]
async fn conditions_tell_nobody_more_than_they_may_see() {
    let (app, owner, id) = talked().await;
    app.deliver(inbound_text(OTHER_NUMBER, AYU, &wamid(), "harga rahasia tetangga", NOW)).await;
    let stranger = app.stranger().await;
    for question in ["harga", "harga dari:pelanggan", "sejak:2026-11-01", "dari:pelanggan"] {
        assert_eq!(hits(&find(&stranger, "other", question).await).0, 1, "{question}");
        assert!(!find(&owner, "demo", question).await.contains("tetangga"), "{question}");
    }
    for question in ["ada:lampiran", "di:bayu", "harga dari:rani", "di:catatan", "rahaisa di:bayu"] {
        assert_eq!(hits(&find(&stranger, "other", question).await).0, 0, "{question}");
    }
    // A word that only the other workspace has is not offered.
    assert!(!find(&stranger, "other", "denha").await.contains("denah"));
    assert!(find(&owner, "demo", "denha").await.contains("<mark>denah"));
    // Who sees only their own.
    app.sql(&format!(
        "update conversation set assignee_id = (select id from person where email = 'member@demo.test'), holder = 'team' where id = '{}'",
        id.0
    ))
    .await;
    let member = app.sign_in("member@demo.test").await;
    for (question, expected) in
        [("harga", 5), ("ada:lampiran", 3), ("di:bayu", 0), ("dari:bayu", 0), ("pada:hari-ini dari:pelanggan", 0), ("vlila", 0)]
    {
        let page = find(&member, "demo", question).await;
        assert_eq!(hits(&page).0, expected, "{question}");
        assert!(!page.contains("villa"), "{question}");
    }
    // Who sees no numbers finds none by a condition either.
    app.member_without_numbers().await;
    app.sql("update contact set profile_name = '0812 3456 7890' where profile_name like 'Ayu%'").await;
    let masked = app.sign_in("member@demo.test").await;
    assert!(hits(&find(&masked, "demo", "harga dari:pelanggan").await).0 > 0, "they see the messages");
    for question in ["harga di:0812", "harga di:\"0812 3456 7890\"", "harga dari:0812", "harga di:7890", "ada:foto di:3456"] {
        assert_eq!(hits(&find(&masked, "demo", question).await).0, 0, "{question}");
        assert!(hits(&find(&owner, "demo", question).await).0 > 0, "{question} is something the owner finds");
    }
}

#[tokio::test]
async fn a_search_by_conditions_says_how_far_it_looked_and_goes_on_from_there() {
    let (app, owner, id) = talked().await;
    let long_ago: Uuid = app.value("select id from message where body = 'denah kamar'").await;
    app.sql(&format!("update message set sent_at = '2026-01-05 03:00Z' where id = '{long_ago}'")).await;
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
         select workspace_id, gen_random_uuid(), id, 'inbound', 'contact', 'sticker', 'jerami', '2026-06-01 03:00Z'::timestamptz + n * interval '1 second', now()
         from conversation, generate_series(1, 20100) n where id = '{}'",
        id.0
    ))
    .await;
    let page = find(&owner, "demo", "ada:foto").await;
    assert_eq!(hits(&page).0, 0);
    assert!(page.contains("Sejauh ini dicari sampai 1 Jun"), "{page}");
    let next = page.split("before=").nth(1).and_then(|rest| rest.split('"').next()).expect("the way on");
    let page = owner.get(&format!("/demo/inbox/search?q=ada:foto&before={next}")).await.text().await.expect("a page");
    assert!(page.contains(&format!("?at={long_ago}")), "{page}");
    assert!(!page.contains("Sejauh ini"), "that was all");

    // A word that many have is walked for as well; a rare one is looked up.
    let of_the_team = Uuid::new_v4();
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status)
         select workspace_id, '{of_the_team}', id, 'outbound', 'teammate', 'text', 'jerami kenari', '2026-01-05 04:00Z', now(), 'sent'
         from conversation where id = '{}'",
        id.0
    ))
    .await;
    let page = find(&owner, "demo", "jerami dari:tim").await;
    assert!(!page.contains(&format!("?at={of_the_team}")) && page.contains("Sejauh ini dicari sampai 1 Jun"), "{page}");
    let next = page.split("before=").nth(1).and_then(|rest| rest.split('"').next()).expect("the way on");
    let page = owner.get(&format!("/demo/inbox/search?q=jerami+dari:tim&before={next}")).await.text().await.expect("a page");
    assert!(page.contains(&format!("?at={of_the_team}")) && !page.contains("Sejauh ini"), "{page}");
    let page = find(&owner, "demo", "kenari dari:tim").await;
    assert!(page.contains(&format!("?at={of_the_team}")) && !page.contains("Sejauh ini"), "{page}");
}

#[tokio::test]
async fn words_in_quotes_are_found_as_they_stand() {
    let (_app, owner, _) = talked().await;
    for (question, found) in [
        ("\"harga kamar\"", 2),
        ("\"kamar harga\"", 0),
        ("\"HARGA, kamar!\"", 2),
        ("\"harga kamar kemarin\" ada:tautan", 1),
        ("\"harga kamar\" kemar", 1),
        ("\"kama\"", 0),
        ("kama", 3),
        ("\"harga kamar\" dari:tim", 0),
    ] {
        let page = find(&owner, "demo", question).await;
        assert_eq!(hits(&page).0, found, "{question}");
    }
    let page = find(&owner, "demo", "\"harga kamar\"").await;
    assert!(page.contains("<mark>harga"), "{page}");
}
