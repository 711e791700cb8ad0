//! Notes: seen by the team and by nobody else, whatever goes wrong.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    inbox::{
        api::{AddNote, CountConversations},
        list_view::Totals,
        model::*,
    },
    server::{clock::Clock, crypto::new_id},
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

async fn try_note(actor: &Actor, workspace: &str, id: ConversationId, client_id: Uuid, text: &str) -> Response {
    let form = [("workspace", workspace), ("conversation", &id.to_string()), ("client_id", &client_id.to_string()), ("text", text)];
    actor.post(AddNote::PATH, &form).await
}

async fn note(actor: &Actor, id: ConversationId, text: &str) -> MessageView {
    good(try_note(actor, "demo", id, Uuid::new_v4(), text).await).await
}

/// Puts the job that would send a message, as a mistake might.
async fn order_to_send(app: &TestApp, id: MessageId) {
    app.sql(&format!(
        "insert into job (workspace_id, id, kind, lane, payload, run_at, created_at)
         select workspace_id, '{}', 'send_message', conversation_id, jsonb_build_object('kind', 'send_message', 'message', id), now(), now() from message where id = '{id}'",
        new_id()
    ))
    .await;
}

#[tokio::test]
async fn a_note_is_shown_to_the_team_at_once_and_changes_nothing_else() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, id) = (app.owner().await, app.sign_in("admin@demo.test").await, app.only_conversation().await);
    let before = owner.list(None).await;
    let mut stream = admin.live("demo", Some(before.seq)).await;
    let written = note(&owner, id, "Pelanggan lama, beri harga khusus").await;
    assert!(written.is_note() && written.status.is_none() && written.sender == Sender::Teammate);
    let frame = stream.frame().await;
    assert_eq!(frame.message.as_ref(), Some(&written), "as everybody sees it");
    assert_eq!(frame.unread_delta, 0);
    let after = owner.list(None).await;
    assert_eq!((&after.rows, after.unread_total), (&before.rows, before.unread_total), "window, unread, last message and holder stay");
    let thread = admin.thread(id).await;
    assert_eq!(thread.messages.last().map(|message| message.text.as_str()), Some("Pelanggan lama, beri harga khusus"));
    assert_eq!(thread.messages.last().and_then(|message| message.sender_name.clone()).as_deref(), Some("Rani Prameswari"));
}

#[tokio::test]
async fn nothing_can_make_a_note_leave() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let written = note(&owner, id, "rahasia tim").await;
    // A send job for it, which nothing puts, finds no message to send.
    order_to_send(&app, written.id).await;
    eventually("the job is done", async || {
        (app.value::<i64>("select count(*) from job where kind = 'send_message'").await == 0).then_some(())
    })
    .await;
    // Sending it again is refused.
    assert_eq!(owner.try_resend("demo", id, written.id).await.status(), StatusCode::CONFLICT);
    // Its client id is not a reply's.
    let client_id = Uuid::new_v4();
    let first: MessageView = good(try_note(&owner, "demo", id, client_id, "sama").await).await;
    let again: MessageView = good(try_note(&owner, "demo", id, client_id, "sama").await).await;
    assert_eq!(first.id, again.id, "twice is once");
    let refused = owner.try_send("demo", id, client_id, "sama").await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(refused.json::<AppError>().await.unwrap(), AppError::Conflict(Conflict::ClientIdReused));
    let client_id = Uuid::new_v4();
    good::<MessageView>(owner.try_send("demo", id, client_id, "balasan").await).await;
    assert_eq!(try_note(&owner, "demo", id, client_id, "balasan").await.status(), StatusCode::CONFLICT);
    // The table itself refuses what the sending worker could pick up.
    let mut connection = connect_to(&app.database_url).await;
    for change in ["status = 'pending'", "provider_message_id = 'wamid.x'", "direction = 'system', status = 'sent'"] {
        let statement = format!("update message set {change} where id = '{}'", written.id);
        let refused = sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap_err();
        assert_eq!(refused.as_database_error().and_then(|error| error.constraint()), Some("message_system_stays"), "{change}");
    }
    eventually("the reply is sent", async || (!app.sent_by_gateway().await.is_empty()).then_some(())).await;
    let sent: Vec<String> = app.sent_by_gateway().await.iter().map(|send| send["body"].to_string()).collect();
    assert_eq!(sent, ["\"balasan\""]);
}

#[tokio::test]
async fn a_note_is_written_outside_the_window_and_under_what_is_closed() {
    let clock = Clock::fixed(1_795_184_701_000);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.sql("update workspace set ari_enabled = false").await;
    app.customer_says(PHONE, "Halo?").await;
    let id = app.only_conversation().await;
    clock.set(1_795_184_701_000 + 3 * my21staff::time::WINDOW);
    let owner = app.owner().await;
    assert_eq!(owner.try_send("demo", id, Uuid::new_v4(), "halo").await.status(), StatusCode::CONFLICT);
    note(&owner, id, "telepon saja").await;
    app.sql("update conversation set state = 'closed'").await;
    note(&owner, id, "selesai").await;
    assert_eq!(owner.thread(id).await.conversation.window_closes, Some(1_795_184_701_000 + my21staff::time::WINDOW));
}

#[tokio::test]
async fn names_are_resolved_to_people_of_the_workspace_and_kept() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let written = note(&owner, id, "@budi dan @Sekar Ayu, tolong cek. Bukan @Dimas, bukan a@rani.test").await;
    let mut labels = written.mentions.clone();
    labels.sort();
    assert_eq!(labels, ["Sekar Ayu", "budi"]);
    let named: String = app
        .value(&format!(
            "select string_agg(p.email, ' ' order by p.email) from mention m join person p on p.id = m.person_id where m.message_id = '{}'",
            written.id
        ))
        .await;
    assert_eq!(named, "admin@demo.test member@demo.test", "nobody of the other workspace");
    let page = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(page.contains("<b class=\"at\">@budi<"), "shown as a name: {page}");
    assert_eq!(page.matches("class=\"at\"").count(), 2);
    // Who leaves is named no more; the text stays.
    app.sql("delete from membership where person_id = (select id from person where email = 'admin@demo.test')").await;
    let thread = owner.thread(id).await;
    assert_eq!(thread.messages.last().map(|message| message.mentions.clone()), Some(vec!["Sekar Ayu".to_owned()]));
}

#[tokio::test]
async fn ari_never_reads_a_note() {
    let model = FakeModel::start().await;
    let app = TestApp::configured(Clock::System, |env| model.as_grok(env)).await;
    app.customer_says(PHONE, "Jam berapa buka?").await;
    let quiet = async || {
        eventually_within(20, "everything is done", async || {
            (app.value::<i64>("select count(*) from job where kind in ('ari_reply', 'send_message') and state <> 'dead'").await == 0)
                .then_some(())
        })
        .await;
    };
    quiet().await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    // More than ARI reads, so that notes cannot push the customer's words out of sight either.
    for n in 0..25 {
        note(&owner, id, &format!("catatan rahasia {n}")).await;
    }
    assert_eq!(owner.thread(id).await.conversation.holder, Holder::Ari, "a note takes nothing over");
    app.customer_says(PHONE, "Dan hari Minggu?").await;
    quiet().await;
    let requests = model.requests();
    assert_eq!(requests.len(), 2, "ARI still answers");
    let last = requests.last().unwrap().to_string();
    assert!(last.contains("Jam berapa buka?") && last.contains("Dan hari Minggu?"), "{last}");
    assert!(!last.contains("rahasia"), "{last}");
}

#[tokio::test]
async fn a_wish_for_a_person_is_still_heard_after_a_note() {
    let model = FakeModel::start().await;
    model.thinks(Duration::from_secs(30));
    let app = TestApp::configured(Clock::System, |env| model.as_grok(env)).await;
    let wish = inbound_text(NUMBER, PHONE, &wamid(), "Saya mau bicara dengan manusia", app.app.clock.millis());
    // The note lies between the wish and ARI's look at it.
    app.sql("update workspace set ari_enabled = false").await;
    app.deliver(wish).await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    note(&owner, id, "siapa yang ambil?").await;
    app.sql("update workspace set ari_enabled = true").await;
    app.sql("update conversation set holder = 'ari'").await;
    app.customer_says(PHONE, "ok?").await;
    eventually("it is handed over", async || {
        owner.thread(id).await.messages.iter().any(|message| message.kind == "ari_handed_over").then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_does_not_see_a_conversation_notes_nothing_there() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, member, stranger) = (app.owner().await, app.sign_in("member@demo.test").await, app.stranger().await);
    let id = app.only_conversation().await;
    for (actor, workspace) in [(&member, "demo"), (&stranger, "demo"), (&stranger, "other")] {
        assert_eq!(try_note(actor, workspace, id, Uuid::new_v4(), "x").await.status(), StatusCode::NOT_FOUND);
    }
    assert_eq!(app.value::<i64>("select count(*) from message where kind = 'note'").await, 0);
    app.sql("update conversation set holder = 'team', assignee_id = (select id from person where email = 'member@demo.test')").await;
    let mut stream = member.live("demo", Some(member.list(None).await.seq)).await;
    note(&member, id, "punya saya").await;
    let heard = stream.until(|frame| frame.message.is_some()).await;
    assert!(heard.last().and_then(|frame| frame.message.as_ref()).is_some_and(MessageView::is_note));
    // It is somebody else's now: notes there are not heard.
    app.sql("update conversation set assignee_id = (select id from person where email = 'admin@demo.test')").await;
    note(&owner, id, "bukan untuk semua").await;
    assert!(stream.is_silent_for(Duration::from_millis(1_500)).await);
}

#[tokio::test]
async fn a_number_in_a_note_is_masked_for_those_who_may_not_see_it() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    note(&owner, id, "telepon 0812-3456-7890").await;
    app.member_without_numbers().await;
    let blind = app.sign_in("member@demo.test").await;
    let text = blind.thread(id).await.messages.last().map(|message| message.text.clone()).unwrap();
    assert!(text.starts_with("telepon ") && !text.contains("3456"), "{text}");
}

#[tokio::test]
async fn a_note_is_a_form_without_script() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let reply = owner.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(reply.contains("href=\"?write=note\"") && !reply.contains("action=\"/api/add_note"), "the way there");
    let page = owner.get(&format!("/demo/inbox/{id}?write=note")).await.text().await.unwrap();
    assert!(!page.contains("action=\"/api/send_message"), "one box at a time");
    let field = page.split("name=\"client_id\"").nth(1).and_then(|rest| rest.split("value=\"").nth(1)).expect("the form has a client id");
    let path = page.split("action=\"/api/add_note").nth(1).map(|rest| format!("/api/add_note{}", rest.split('"').next().unwrap()));
    for _ in 0..2 {
        let answer = app
            .http
            .post(app.url(path.as_deref().expect("the form posts to the server function")))
            .header(header::COOKIE, &owner.cookie)
            .header(header::ACCEPT, "text/html,application/xhtml+xml")
            .form(&json!({ "workspace": "demo", "conversation": id, "client_id": &field[..36], "text": "tanpa skrip" }))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.headers()[header::LOCATION], format!("/demo/inbox/{id}?write=note"));
    }
    assert_eq!(app.value::<i64>("select count(*) from message where kind = 'note'").await, 1);
}

#[tokio::test]
async fn the_page_of_mentions_has_the_notes_that_name_one_and_may_be_seen() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, member) = (app.owner().await, app.sign_in("admin@demo.test").await, app.sign_in("member@demo.test").await);
    let id = app.only_conversation().await;
    let name: String = app.value("select name from person where email = 'admin@demo.test'").await;
    let of_member: String = app.value("select name from person where email = 'member@demo.test'").await;
    let page = |actor: &Actor, query: &str| {
        let (actor, path) = (actor.clone(), format!("/demo/inbox/mentions{query}"));
        async move { actor.get(&path).await.text().await.expect("a page") }
    };
    assert!(page(&admin, "").await.contains("Belum ada yang menyebut Anda"));
    for n in 0..22 {
        note(&owner, id, &format!("@{name} urutan-{n:02}")).await;
    }
    note(&owner, id, &format!("@{of_member} untuk anggota")).await;
    // Those that nobody looked at are counted at the list, for whom they name and where they may be seen; looking ends that.
    let counted = |actor: &Actor| {
        let actor = actor.clone();
        async move { actor.list(None).await.totals.mentions }
    };
    assert_eq!((counted(&admin).await, counted(&owner).await, counted(&member).await), (22, 0, 0));
    assert_eq!(good::<Totals>(app.stranger().await.get(&format!("{}?workspace=other", CountConversations::PATH)).await).await.mentions, 0);
    let first = page(&admin, "").await;
    assert_eq!(counted(&admin).await, 0);
    note(&owner, id, &format!("@{name} satu-lagi")).await;
    assert_eq!(counted(&admin).await, 1);
    page(&admin, "?before=1.00000000-0000-0000-0000-000000000000").await;
    assert_eq!(counted(&admin).await, 1, "older ones do not end it");
    for n in 2..22 {
        assert!(first.contains(&format!("urutan-{n:02}")), "{n}");
    }
    assert!(!first.contains("urutan-01") && !first.contains("untuk anggota"));
    let older = first.split("href=\"?before=").nth(1).and_then(|rest| rest.split('"').next()).expect("there are older ones").to_owned();
    let second = page(&admin, &format!("?before={older}")).await;
    assert!(second.contains("urutan-01") && second.contains("urutan-00") && !second.contains("urutan-02") && !second.contains("?before="));
    assert!(!page(&owner, "").await.contains("urutan-"), "whoever writes it is not named by it");
    // A member sees it once the conversation is theirs to see.
    assert!(!page(&member, "").await.contains("untuk anggota"));
    app.sql("update conversation set assignee_id = (select id from person where email = 'member@demo.test')").await;
    assert_eq!(counted(&member).await, 1);
    assert!(page(&member, "").await.contains("untuk anggota"));
    assert_eq!(counted(&member).await, 0);
}
