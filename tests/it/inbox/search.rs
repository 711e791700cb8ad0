//! Search: what is found, for whom, and that nobody finds out by it what they may not see.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    ids::{ConversationId, MessageId},
    inbox::{api::*, model::*},
};
use reqwest::StatusCode;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

pub(super) async fn find(who: &Actor, workspace: &str, question: &str) -> String {
    let mut url = reqwest::Url::parse("http://localhost/").expect("an address");
    url.query_pairs_mut().append_pair("q", question);
    let answer = who.get(&format!("/{workspace}/inbox/search?{}", url.query().unwrap_or_default())).await;
    assert_eq!(answer.status(), StatusCode::OK, "{question}");
    answer.text().await.expect("a page")
}

/// The links to messages and to contacts that a page has.
pub(super) fn hits(page: &str) -> (usize, usize) {
    let messages = page.matches("?at=").count();
    (messages, page.matches("class=\"row\"").count() - messages)
}

/// Messages on all pages of what was found, none of them twice.
async fn all_messages(who: &Actor, word: &str) -> usize {
    let mut seen = std::collections::BTreeSet::new();
    let mut address = format!("/demo/inbox/search?q={word}");
    for _ in 0..40 {
        let page = who.get(&address).await.text().await.expect("a page");
        for part in page.split("?at=").skip(1) {
            assert!(seen.insert(part[..36].to_owned()), "once");
        }
        let Some(before) = page.split("before=").nth(1).and_then(|rest| rest.split('"').next()) else { break };
        address = format!("/demo/inbox/search?q={word}&before={before}");
    }
    seen.len()
}

pub(super) async fn note(who: &Actor, id: ConversationId, text: &str) {
    let form = [("workspace", "demo"), ("conversation", &id.0.to_string()), ("client_id", &Uuid::new_v4().to_string()), ("text", text)];
    assert!(who.post(AddNote::PATH, &form).await.status().is_success());
}

#[tokio::test]
async fn words_of_messages_notes_and_names_are_found_by_how_they_begin() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "Berapa HARGA kamar-dua <b>orang</b>?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    owner.send(id, "Harganya lima ratus ribu").await;
    note(&owner, id, "tawari potongan harga").await;
    // A line of the system carries data, not words.
    let close = [("workspace", "demo"), ("conversation", &id.0.to_string()), ("reason", "harga cocok")];
    assert!(owner.post(CloseConversation::PATH, &close).await.status().is_success());
    for (question, expected) in [
        ("harga", (3, 0)),
        ("  HARGA, kamar ", (1, 0)),
        ("kam dua", (1, 0)),
        ("potongan", (1, 0)),
        ("cocok", (0, 0)),
        ("rga", (0, 0)),
        ("harga & | ! ' :* \\", (3, 0)),
        ("0812-3456", (0, 1)),
        ("+62 812 3456 7890", (0, 1)),
        ("0813", (0, 0)),
        ("b", (0, 0)),
    ] {
        assert_eq!(hits(&find(&owner, "demo", question).await), expected, "{question}");
    }
    let page = find(&owner, "demo", "orang").await;
    assert!(page.contains("&lt;b>") || page.contains("&lt;b&gt;"), "a customer's text is inert: {page}");
    assert!(page.contains("<mark>orang"), "what was found is marked");
    let page = find(&owner, "demo", "</title><script>alert(1)</script>").await;
    assert!(!page.contains("<script>alert"), "the question is inert");
    assert_eq!(hits(&find(&owner, "demo", "").await), (0, 0));
}

#[tokio::test]
async fn a_question_stands_in_its_field_as_it_was_asked() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for question in ["diskon 50%", "diskon 50%25", "a+b", "%00", "x&y=z"] {
        let page = find(&owner, "demo", question).await;
        assert!(page.contains(&format!("value=\"{}\"", question.replace('&', "&amp;"))), "{question}: {page}");
    }
}

#[tokio::test]
async fn only_what_somebody_may_see_is_found() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "rahasia satu").await;
    let id = app.only_conversation().await;
    app.customer_says("6281100000002", "rahasia dua").await;
    app.sql(&format!(
        "update conversation set assignee_id = (select id from person where email = 'member@demo.test'), holder = 'team' where id <> '{}'",
        id.0
    ))
    .await;
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    assert_eq!(hits(&find(&owner, "demo", "rahasia").await).0, 2);
    let page = find(&member, "demo", "rahasia").await;
    assert_eq!(hits(&page).0, 1);
    assert!(page.contains("dua") && !page.contains("satu"));
    assert_eq!(hits(&find(&member, "demo", "081234567890").await), (0, 0), "nor its contact");
    assert_eq!(hits(&find(&stranger, "other", "rahasia").await), (0, 0));
    assert_eq!(hits(&find(&stranger, "other", "081234567890").await), (0, 0));
    assert_eq!(stranger.get("/demo/inbox/search?q=rahasia").await.status(), StatusCode::NOT_FOUND);
    // A name that is the other workspace's id finds nothing of it either.
    let other: Uuid = app.value("select id from workspace where slug = 'demo'").await;
    assert_eq!(hits(&find(&stranger, "other", &other.to_string()).await), (0, 0));
}

#[tokio::test]
async fn who_may_not_see_numbers_cannot_find_one_out() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "WA saya 0812-3456-7890 ya").await;
    app.member_without_numbers().await;
    let (owner, member) = (app.owner().await, app.sign_in("member@demo.test").await);
    assert_eq!(hits(&find(&owner, "demo", "3456").await).0, 1);
    for question in ["3456", "0812", "081234567890", "+6281234567890", "7890", "81234567890"] {
        let page = find(&member, "demo", question).await;
        assert_eq!(hits(&page), (0, 0), "{question}");
    }
    let page = find(&member, "demo", "wa saya").await;
    assert_eq!(hits(&page).0, 1, "the rest is found");
    assert!(!page.contains("3456"), "and masked");
}

#[tokio::test]
async fn a_message_that_was_found_is_opened_where_it_stands() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "jarum").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let found: Uuid = app.value("select id from message where body = 'jarum'").await;
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
         select c.workspace_id, gen_random_uuid(), c.id, 'inbound', 'contact', 'text', 'jerami ' || n, c.last_message_at + n * interval '1 second', now()
         from conversation c, generate_series(1, 400) n where c.id = '{}'",
        id.0
    ))
    .await;
    let page = find(&owner, "demo", "jarum").await;
    assert!(page.contains(&format!("/demo/inbox/{}?at={found}#m-{found}", id.0)));
    let path = format!("{}?workspace=demo&conversation={}&at={found}", LoadThread::PATH, id.0);
    let thread: ThreadPage = good(owner.get(&path).await).await;
    assert!(thread.sliced && thread.messages.iter().any(|message| message.id == MessageId(found)));
    assert!(owner.get(&format!("/demo/inbox/{}?at={found}", id.0)).await.text().await.expect("a page").contains("jarum"));
    assert_eq!(all_messages(&owner, "jerami").await, 400);
}

#[tokio::test]
async fn a_message_that_turns_out_to_be_older_is_found_once_at_its_place() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "halo").await;
    let owner = app.owner().await;
    let at = app.app.clock.millis() - 6 * 3_600_000;
    // Typed on the phone; the twenty-first is reported again with the time at which it was really sent, an hour before all others.
    let typed = |n: i64, at: i64| outbound(NUMBER, PHONE, &format!("wamid.jerami{n}"), "jerami", "business_app", &[("sent", at)]);
    for n in 1..=40 {
        app.deliver(typed(n, at + n * 60_000)).await;
    }
    app.deliver(typed(21, at - 3_600_000)).await;
    assert_eq!(all_messages(&owner, "jerami").await, 40);
}

#[tokio::test]
async fn what_is_rare_is_found_by_the_index_however_old_it_is_and_by_nobody_else() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "jarum").await;
    let id = app.only_conversation().await;
    // More messages and contacts than are walked.
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
         select c.workspace_id, gen_random_uuid(), c.id, 'inbound', 'contact', 'text', 'jerami', c.last_message_at + n * interval '1 second', now()
         from conversation c, generate_series(1, 20100) n where c.id = '{0}';
         with made as (
             insert into contact (workspace_id, id, profile_name, created_at)
             select c.workspace_id, ('f' || lpad(n::text, 7, '0') || '-0000-7000-8000-000000000000')::uuid, 'Orang', now()
             from conversation c, generate_series(1, 2100) n where c.id = '{0}' returning workspace_id, id
         )
         insert into conversation (workspace_id, id, contact_id, number_id, state, holder, last_message_at, created_at)
         select m.workspace_id, gen_random_uuid(), m.id, (select id from whatsapp_number where workspace_id = m.workspace_id limit 1), 'open', 'team', now(), now()
         from made m;
         update contact set profile_name = 'Kenari' where id = (select contact_id from conversation where id = '{0}');
         analyze",
        id.0
    ))
    .await;
    let (owner, member) = (app.owner().await, app.sign_in("member@demo.test").await);
    let scans =
        async |index: &str| app.value::<i64>(&format!("select idx_scan from pg_stat_user_indexes where indexrelname = '{index}'")).await;
    let before = (scans("message_words_found").await, scans("contact_words").await);
    assert_eq!(hits(&find(&owner, "demo", "jarum").await), (1, 0));
    assert_eq!(hits(&find(&owner, "demo", "kenari").await), (0, 1));
    assert_eq!(hits(&find(&owner, "demo", "081234567890").await), (0, 1));
    assert_eq!(hits(&find(&owner, "demo", "jerami").await).0, 20, "what is frequent fills its page");
    assert!(find(&owner, "demo", "orang").await.contains("contacts="), "and goes on");
    // A connection tells its figures when it has been idle for ten seconds at the latest.
    eventually_within(40, "both are looked up", async || {
        (scans("message_words_found").await > before.0 && scans("contact_words").await > before.1).then_some(())
    })
    .await;
    for question in ["jarum", "kenari", "081234567890", "jerami", "orang"] {
        assert_eq!(hits(&find(&member, "demo", question).await), (0, 0), "{question} is not theirs to see");
    }
    app.sql(&format!(
        "update conversation set assignee_id = (select id from person where email = 'member@demo.test') where id = '{}'",
        id.0
    ))
    .await;
    for (question, expected) in [("jarum", (1, 0)), ("kenari", (0, 1)), ("081234567890", (0, 1)), ("orang", (0, 0))] {
        assert_eq!(hits(&find(&member, "demo", question).await), expected, "{question}");
    }
}

#[tokio::test]
async fn a_place_that_is_none_is_the_beginning() {
    let app = TestApp::start().await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "jarum").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    app.deliver(inbound_text(OTHER_NUMBER, "6281100000009", &wamid(), "milik tetangga", app.app.clock.millis())).await;
    let foreign: Uuid = app.value("select id from message where body = 'milik tetangga'").await;
    for at in [foreign.to_string(), Uuid::nil().to_string()] {
        let thread: ThreadPage = good(owner.get(&format!("{}?workspace=demo&conversation={}&at={at}", LoadThread::PATH, id.0)).await).await;
        assert!(!thread.sliced && thread.messages.iter().any(|message| message.text == "jarum"), "{at}");
        assert!(thread.messages.iter().all(|message| message.text != "milik tetangga"), "{at}");
    }
    for query in ["?at=x", "?before=x&page=x", "?view=x&state=x&sort=x", "?at=%00", "?at="] {
        let page = owner.get(&format!("/demo/inbox/{}{query}", id.0)).await;
        assert!(page.status().is_success() && page.text().await.expect("a page").contains("jarum"), "{query}");
    }
    for query in ["?q=jarum&before=x", "?q=jarum&contacts=x", "?q=jarum&before=", "?q=%00jarum"] {
        let page = owner.get(&format!("/demo/inbox/search{query}")).await;
        assert!(page.status().is_success() && hits(&page.text().await.expect("a page")).0 == 1, "{query}");
    }
}
