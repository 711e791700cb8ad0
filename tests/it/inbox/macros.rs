//! Macros: what is often done together with a conversation (F198), all of it or nothing.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{
        api::{DeleteLabel, DeleteMacro, RunMacro, SaveLabel, SaveMacro},
        model::*,
    },
};
use reqwest::{Response, StatusCode, header};
use uuid::Uuid;

const PHONE: &str = "6281234567890";

async fn asked(app: &TestApp) -> (Actor, ConversationId) {
    app.deliver(inbound_text(NUMBER, PHONE, &wamid(), "Pesanan saya sudah sampai", app.app.clock.millis())).await;
    (app.owner().await, app.only_conversation().await)
}

async fn save(actor: &Actor, fields: &[(&str, &str)]) -> Response {
    actor.post(SaveMacro::PATH, &[&[("workspace", "demo")], fields].concat()).await
}

/// Makes one and answers its id.
async fn made(app: &TestApp, actor: &Actor, name: &str, fields: &[(&str, &str)]) -> Uuid {
    let answer = save(actor, &[&[("name", name)], fields].concat()).await;
    assert_eq!(answer.status(), StatusCode::OK, "{}", answer.text().await.unwrap_or_default());
    app.value(&format!("select id from macro where name = '{name}'")).await
}

async fn try_run(actor: &Actor, workspace: &str, conversation: ConversationId, id: Uuid, client_id: Uuid, seen: i64) -> Response {
    let form = [
        ("workspace", workspace.to_owned()),
        ("conversation", conversation.to_string()),
        ("id", id.to_string()),
        ("client_id", client_id.to_string()),
        ("seen_seq", seen.to_string()),
    ];
    actor.post(RunMacro::PATH, &form).await
}

const SEEN: i64 = 1_000_000_000;

#[tokio::test]
async fn a_macro_answers_gives_away_raises_and_closes_at_once() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let member: Uuid = app.value("select id from person where email = 'member@demo.test'").await;
    let fields = [
        ("text", "Terima kasih, Kak {{name}}. Salam, {{agent}}."),
        ("assign", &*member.to_string()),
        ("priority", "high"),
        ("ending", "close"),
        ("reason", "selesai  dikirim"),
    ];
    let thanks = made(&app, &owner, "Terima kasih", &fields).await;
    let mut stream = owner.live("demo", Some(owner.list(None).await.seq)).await;
    let client_id = Uuid::new_v4();
    // A double click: both at once.
    let (one, other) =
        tokio::join!(try_run(&owner, "demo", id, thanks, client_id, SEEN), try_run(&owner, "demo", id, thanks, client_id, SEEN));
    good::<ConversationView>(one).await;
    good::<ConversationView>(other).await;
    let view = owner.thread(id).await.conversation;
    assert!(view.closed && view.high_priority);
    assert_eq!(view.assignee.map(|person| person.id.0), Some(member));
    stream.until(|frame| frame.conversation.as_ref().is_some_and(|row| row.closed)).await;
    // Once more does nothing.
    let again: ConversationView = good(try_run(&owner, "demo", id, thanks, client_id, SEEN).await).await;
    assert!(again.closed);
    eventually("it is delivered", async || {
        owner.thread(id).await.messages.iter().any(|m| m.kind == "text" && m.status >= Some(Status::Delivered)).then_some(())
    })
    .await;
    let thread = owner.thread(id).await;
    let own: Vec<_> = thread.messages.iter().filter(|message| message.sender == Sender::Teammate && message.kind == "text").collect();
    assert_eq!(own.len(), 1);
    assert!(own[0].text.starts_with("Terima kasih, Kak") && own[0].text.ends_with("."), "{}", own[0].text);
    assert!(!own[0].text.contains("{{"), "{}", own[0].text);
    // In the order in which it was done, whatever the clock says.
    let order: Vec<_> = thread.messages.iter().filter(|m| m.direction != Direction::Inbound).map(|m| m.kind.as_str()).collect();
    assert_eq!(order, ["took_over", "text", "priority_raised", "assigned", "closed"]);
    let lines: Vec<_> =
        thread.messages.iter().filter(|m| m.direction == Direction::System).map(|m| (m.kind.as_str(), m.text.as_str())).collect();
    assert!(lines.contains(&("closed", "selesai dikirim")), "{lines:?}");
    assert_eq!(lines.iter().filter(|(kind, _)| *kind == "closed").count(), 1);
    // A fresh look shows the same.
    assert_eq!(owner.view("demo", "state=closed", None).await.rows.len(), 1);
}

#[tokio::test]
async fn what_one_part_cannot_do_no_part_does() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let member: Uuid = app.value("select id from person where email = 'member@demo.test'").await;
    let give = made(&app, &owner, "Ke gudang", &[("text", "Kami cek dulu"), ("priority", "high"), ("assign", &member.to_string())]).await;
    let before = app.value::<String>("select md5(string_agg(c::text, '')) from conversation c").await;
    let nothing_happened = async |what: &str| {
        assert_eq!(app.value::<String>("select md5(string_agg(c::text, '')) from conversation c").await, before, "{what}");
        assert_eq!(app.value::<i64>("select count(*) from message where direction <> 'inbound'").await, 0, "{what}");
        assert_eq!(app.value::<i64>("select count(*) from job where kind = 'send_message'").await, 0, "{what}");
    };
    // The colleague has left.
    app.sql(&format!("delete from membership where person_id = '{member}'")).await;
    assert_eq!(try_run(&owner, "demo", id, give, Uuid::new_v4(), SEEN).await.status(), StatusCode::NOT_FOUND);
    nothing_happened("a colleague who left").await;
    let page = owner.get("/demo/settings/macros").await.text().await.unwrap();
    assert!(page.contains("(sudah keluar)"), "{page}");
    // Somebody wrote meanwhile.
    let close = made(&app, &owner, "Tutup", &[("text", "Selesai ya"), ("ending", "close")]).await;
    let error = refused_as(try_run(&owner, "demo", id, close, Uuid::new_v4(), 0).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::Unseen { .. })), "{error:?}");
    nothing_happened("something unseen").await;
    // Not in sight, or not of this workspace.
    let stranger = app.stranger().await;
    for workspace in ["demo", "other"] {
        assert_eq!(try_run(&stranger, workspace, id, close, Uuid::new_v4(), SEEN).await.status(), StatusCode::NOT_FOUND, "{workspace}");
    }
    let theirs = [("workspace", "other"), ("name", "Tutup"), ("ending", "close")];
    assert_eq!(stranger.post(SaveMacro::PATH, &theirs).await.status(), StatusCode::OK, "each workspace has its own");
    let foreign: Uuid = app.value("select m.id from macro m join workspace w on w.id = m.workspace_id where w.slug = 'other'").await;
    assert_eq!(try_run(&owner, "demo", id, foreign, Uuid::new_v4(), SEEN).await.status(), StatusCode::NOT_FOUND);
    nothing_happened("another workspace's").await;
    // A shut window: nothing of it, not even the end.
    app.sql("update conversation set last_inbound_at = last_inbound_at - interval '25 hours'").await;
    let error = refused_as(try_run(&owner, "demo", id, close, Uuid::new_v4(), SEEN).await, StatusCode::CONFLICT).await;
    assert!(matches!(error, AppError::Conflict(Conflict::WindowClosed(Some(_)))), "{error:?}");
    assert_eq!(app.value::<String>("select state from conversation").await, "open");
    // Without a reply it goes.
    let later = made(&app, &owner, "Besok", &[("assign", "me"), ("ending", "tomorrow")]).await;
    let view: ConversationView = good(try_run(&owner, "demo", id, later, Uuid::new_v4(), SEEN).await).await;
    assert!(view.snoozed_until.is_some() && view.assignee.is_some());
}

#[tokio::test]
async fn who_may_not_do_a_part_does_none_of_it_and_who_may_not_manage_changes_none() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let admin: Uuid = app.value("select id from person where email = 'admin@demo.test'").await;
    let give = made(&app, &owner, "Ke admin", &[("text", "Sebentar"), ("assign", &admin.to_string())]).await;
    app.member_without_numbers().await;
    let member = app.sign_in("member@demo.test").await;
    // Replies, and gives nothing away.
    assert_eq!(try_run(&member, "demo", id, give, Uuid::new_v4(), SEEN).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(app.value::<i64>("select count(*) from message where direction = 'outbound'").await, 0);
    let mine = made(&app, &owner, "Saya", &[("text", "Saya bantu"), ("assign", "me")]).await;
    app.sql(&format!("update conversation set assignee_id = '{admin}'")).await;
    let view: ConversationView = good(try_run(&member, "demo", id, mine, Uuid::new_v4(), SEEN).await).await;
    let own: Uuid = app.value("select id from person where email = 'member@demo.test'").await;
    assert_eq!(view.assignee.map(|person| person.id.0), Some(own), "whoever uses it");
    assert_eq!(save(&member, &[("name", "Baru"), ("ending", "close")]).await.status(), StatusCode::FORBIDDEN);
    let form = [("workspace", "demo"), ("id", &*mine.to_string())];
    assert_eq!(member.post(DeleteMacro::PATH, &form).await.status(), StatusCode::FORBIDDEN);
    let page = member.get("/demo/settings/macros").await.text().await.unwrap();
    assert!(page.contains("Ke admin") && !page.contains("Makro baru"), "{page}");
    assert_eq!(owner.post(DeleteMacro::PATH, &form).await.status(), StatusCode::OK);
    assert_eq!(app.value::<i64>("select count(*) from macro where name = 'Saya'").await, 0);
    assert_eq!(app.value::<i64>("select count(*) from audit_entry where action like 'macro.%'").await, 3);
}

#[tokio::test]
async fn what_makes_no_macro_is_refused() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let long = "é".repeat(51);
    for (fields, error) in [
        (&[("name", " "), ("ending", "close")][..], AppError::invalid("name", Rule::Missing)),
        (&[("name", &*long), ("ending", "close")], AppError::invalid("name", Rule::TooLong(50))),
        (&[("name", "Kosong"), ("text", " \n")], AppError::invalid("macro", Rule::Missing)),
        (&[("name", "Aneh"), ("ending", "own")], AppError::invalid("ending", Rule::Malformed)),
        (&[("name", "Aneh"), ("assign", "siapa")], AppError::invalid("assign", Rule::Malformed)),
        (&[("name", "Aneh"), ("priority", "sedang")], AppError::invalid("priority", Rule::Malformed)),
        (&[("name", "Aneh"), ("stage", "panas")], AppError::invalid("stage", Rule::Malformed)),
        (&[("name", "Asing"), ("tag", "00000000-0000-0000-0000-00000000000a")], AppError::NotFound),
        (&[("name", "Asing"), ("stage", "00000000-0000-0000-0000-00000000000a")], AppError::NotFound),
        (&[("name", "Asing"), ("assign", "00000000-0000-0000-0000-00000000000a")], AppError::NotFound),
    ] {
        let status = StatusCode::from_u16(error.status()).unwrap();
        assert_eq!(refused_as(save(&owner, fields).await, status).await, error, "{fields:?}");
    }
    let id = made(&app, &owner, "Tutup", &[("ending", "close"), ("reason", "beres")]).await;
    let taken = refused_as(save(&owner, &[("name", "tutup"), ("ending", "close")]).await, StatusCode::CONFLICT).await;
    assert_eq!(taken, AppError::Conflict(Conflict::Refused("macro_taken".into())));
    // Changed, and what belongs to closing goes with it.
    let changed = save(&owner, &[("id", &id.to_string()), ("name", "Besok"), ("ending", "tomorrow"), ("reason", "beres")]).await;
    assert_eq!(changed.status(), StatusCode::OK);
    assert_eq!(app.value::<String>("select name || ending || reason from macro").await, "Besoktomorrow");
}

#[tokio::test]
async fn what_was_refused_stands_there_again() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = made(&app, &owner, "Tutup", &[("ending", "close")]).await;
    made(&app, &owner, "Besok", &[("ending", "tomorrow")]).await;
    let refused = async |fields: &[(&str, &str)]| {
        let fields = [&[("workspace", "demo")], fields].concat();
        let request = app.http.post(app.url(SaveMacro::PATH)).header(header::COOKIE, owner.cookie());
        let from = app.url("/demo/settings/macros");
        let answer = request.header(header::ACCEPT, "text/html").header(header::REFERER, from).form(&fields).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{}", answer.status());
        let back = answer.headers()[header::LOCATION].to_str().unwrap().replace(&app.url(""), "");
        owner.get(&back).await.text().await.unwrap()
    };
    let page = refused(&[("name", "besok"), ("text", "Sampai <b>besok</b> & 50 %25"), ("priority", "high"), ("ending", "monday")]).await;
    assert!(page.contains("Makro lain sudah bernama begini"), "{page}");
    for kept in [
        "value=\"besok\"",
        "Sampai &lt;b>besok&lt;/b> &amp; 50 %25</textarea>",
        "<option value=\"monday\" selected",
        "<option value=\"high\" selected",
    ] {
        assert!(page.contains(kept), "{kept}: {page}");
    }
    // In the form of the macro that was to be changed, which is open, and in no other.
    let page = refused(&[("id", &id.to_string()), ("name", "BESOK"), ("reason", "beres"), ("ending", "close")]).await;
    assert_eq!(page.matches("value=\"BESOK\"").count(), 1, "{page}");
    assert_eq!(page.matches("<details open class=\"fold\"").count(), 1, "{page}");
}

#[tokio::test]
async fn a_macro_says_something_of_the_contact_too() {
    let app = TestApp::start().await;
    let (owner, id) = asked(&app).await;
    let form = [("workspace", "demo"), ("kind", "tag"), ("name", "Sudah bayar")];
    assert_eq!(owner.post(SaveLabel::PATH, &form).await.status(), StatusCode::OK);
    let labels = owner.list(None).await.labels.expect("with the first page");
    let (client, paid) = (labels.stages[3].id, labels.tags[0].id);
    let done = made(&app, &owner, "Lunas", &[("stage", &client.to_string()), ("tag", &paid.to_string()), ("ending", "close")]).await;
    let view: ConversationView = good(try_run(&owner, "demo", id, done, Uuid::new_v4(), SEEN).await).await;
    assert_eq!((view.stage, view.tags, view.closed), (Some(client), vec![paid], true));
    let page = owner.get("/demo/settings/macros").await.text().await.unwrap();
    assert!(page.contains("Tahap kontak: Klien, Tag yang diberikan: Sudah bayar, Selesai"), "{page}");
    // What is not there any more is left out, and the rest is done.
    for (kind, label) in [("tag", paid), ("stage", client)] {
        let form = [("workspace", "demo"), ("kind", kind), ("id", &*label.to_string())];
        assert_eq!(owner.post(DeleteLabel::PATH, &form).await.status(), StatusCode::OK);
    }
    app.customer_says(PHONE, "Terima kasih").await;
    let view: ConversationView = good(try_run(&owner, "demo", id, done, Uuid::new_v4(), SEEN).await).await;
    assert_eq!((view.stage, view.tags, view.closed), (None, vec![], true));
    // One of which nothing is left says so.
    let form = [("workspace", "demo"), ("kind", "tag"), ("name", "Sebentar")];
    assert_eq!(owner.post(SaveLabel::PATH, &form).await.status(), StatusCode::OK);
    let soon = owner.list(None).await.labels.expect("labels").tags[0].id;
    let only = made(&app, &owner, "Hanya tag", &[("tag", &soon.to_string())]).await;
    let form = [("workspace", "demo"), ("kind", "tag"), ("id", &*soon.to_string())];
    assert_eq!(owner.post(DeleteLabel::PATH, &form).await.status(), StatusCode::OK);
    assert_eq!(try_run(&owner, "demo", id, only, Uuid::new_v4(), SEEN).await.status(), StatusCode::NOT_FOUND);
    assert!(owner.get("/demo/settings/macros").await.text().await.unwrap().contains("Tidak menjalankan apa-apa lagi"));
}
