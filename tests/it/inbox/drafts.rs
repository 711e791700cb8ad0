//! Drafts follow their writer to another device, and nobody else.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    error::{AppError, Rule},
    ids::ConversationId,
    inbox::{api::AddNote, model::MAX_TEXT},
    server::clock::Clock,
};
use reqwest::{Response, StatusCode, header};
use serde_json::Value;
use std::time::Duration;
use uuid::Uuid;

const PHONE: &str = "6281234567890";

/// An open page of somebody's, on some device.
struct Page {
    actor: Actor,
    conversation: ConversationId,
    kind: &'static str,
    id: Uuid,
    number: i64,
    /// The newest revision that it knows.
    base: i64,
}

impl Page {
    fn of(actor: &Actor, conversation: ConversationId) -> Self {
        Self { actor: actor.clone(), conversation, kind: "reply", id: Uuid::new_v4(), number: 0, base: 0 }
    }

    async fn post(&self, workspace: &str, number: i64, body: &str) -> Response {
        let form = [
            ("kind", self.kind.to_owned()),
            ("body", body.to_owned()),
            ("base", self.base.to_string()),
            ("page", self.id.to_string()),
            ("number", number.to_string()),
        ];
        self.actor.post(&format!("/api/{workspace}/conversations/{}/draft", self.conversation), &form).await
    }

    /// Writes as the `number`th of this page; answers whether it was kept, and what is there.
    async fn write_as(&mut self, number: i64, body: &str) -> (bool, String) {
        let answer: Value = good(self.post("demo", number, body).await).await;
        self.base = answer["draft"]["revision"].as_i64().expect("a revision");
        (answer["kept"] == true, answer["draft"]["body"].as_str().expect("a text").to_owned())
    }

    async fn write(&mut self, body: &str) {
        self.number += 1;
        assert_eq!(self.write_as(self.number, body).await, (true, body.to_owned()));
    }
}

/// What somebody is told of all their drafts, or of those of one conversation.
async fn told(actor: &Actor, workspace: &str, of: Option<ConversationId>) -> Vec<Value> {
    let of = of.map(|id| format!("?conversation={id}")).unwrap_or_default();
    good(actor.get(&format!("/api/{workspace}/drafts{of}")).await).await
}

async fn words(actor: &Actor) -> Vec<String> {
    told(actor, "demo", None).await.iter().map(|draft| draft["body"].as_str().expect("a text").to_owned()).collect()
}

/// The next telling on a stream that a draft was written, which must come within ten seconds.
async fn heard(stream: &mut LiveStream) -> Value {
    let next = async {
        loop {
            let event = stream.event().await.expect("the stream goes on");
            if event.name.as_deref() == Some("draft") {
                assert_eq!(event.id, None, "it moves no cursor");
                return serde_json::from_str(&event.data).expect("JSON");
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), next).await.expect("a telling within ten seconds")
}

/// Posts a form as a browser without script does.
async fn as_form(app: &TestApp, actor: &Actor, path: &str, fields: &[(&'static str, &str)], multipart: bool) -> Response {
    let request = app.http.post(app.url(path)).header(header::COOKIE, actor.cookie()).header(header::ACCEPT, "text/html");
    match multipart {
        true => {
            let form = fields.iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(*name, (*value).to_owned()));
            request.multipart(form)
        }
        false => request.form(fields),
    }
    .send()
    .await
    .expect("an answer")
}

#[tokio::test]
async fn what_is_written_on_one_device_stands_on_the_other_and_is_told_to_the_writer_alone() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let laptop = app.owner().await;
    let admin = app.sign_in("admin@demo.test").await;
    let mut here = laptop.live("demo", None).await;
    let mut there = laptop.at(&second.base).live("demo", None).await;
    let mut colleagues = admin.live("demo", None).await;
    let mut others = app.stranger().await.live("other", None).await;
    let mut phone = Page::of(&owner, id);
    phone.write("Baik, Kak <b>& \"besok\"").await;
    for stream in [&mut here, &mut there] {
        let telling = heard(stream).await;
        assert_eq!((&telling["conversation"], &telling["page"]), (&id.to_string().into(), &phone.id.to_string().into()));
        assert!(!telling.to_string().contains("besok"), "what was written is asked for, not told");
    }
    assert!(colleagues.is_silent_for(Duration::from_millis(500)).await);
    assert!(others.is_silent_for(Duration::from_millis(100)).await);
    assert_eq!(words(&laptop).await, ["Baik, Kak <b>& \"besok\""]);
    assert_eq!(
        laptop.thread(id).await.unsent_reply.as_deref(),
        Some("Baik, Kak <b>& \"besok\""),
        "and in the thread, for pages without script"
    );
    // A note is a draft of its own.
    let mut note = Page { kind: "note", ..Page::of(&laptop, id) };
    note.write("harga khusus").await;
    let thread = owner.thread(id).await;
    assert_eq!((thread.unsent_reply.is_some(), thread.unsent_note.as_deref()), (true, Some("harga khusus")));
    // The page without script has it in its box, as words.
    let html = laptop.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap();
    assert!(html.contains("Baik, Kak &lt;b>&amp; \"besok\"</textarea>"), "{html}");
    // A colleague, whoever they are, sees none of it.
    assert_eq!(words(&admin).await, [""; 0]);
    let theirs = admin.thread(id).await;
    assert_eq!((theirs.unsent_reply, theirs.unsent_note), (None, None));
    assert!(!admin.get(&format!("/demo/inbox/{id}")).await.text().await.unwrap().contains("besok"));
    // Their own draft is another.
    Page::of(&admin, id).write("Halo dari admin").await;
    assert_eq!((words(&admin).await, words(&owner).await.len()), (vec!["Halo dari admin".to_owned()], 2));
}

#[tokio::test]
async fn a_write_that_comes_late_changes_nothing() {
    let (app, _, owner, id) = on_friday(PHONE).await;
    let (mut phone, mut laptop) = (Page::of(&owner, id), Page::of(&owner, id));
    // Of one page the later number counts, in whichever order they come.
    assert!(phone.write_as(2, "Halo Kak").await.0);
    assert_eq!(phone.write_as(1, "Halo").await, (false, "Halo Kak".into()));
    assert!(phone.write_as(3, "Halo Kak, ini").await.0);
    // Another page must know what is there.
    assert_eq!(laptop.write_as(1, "Selamat").await, (false, "Halo Kak, ini".into()), "it has not seen it");
    laptop.number = 1;
    laptop.write("Halo Kak, ini daftarnya").await;
    // What the first one still had on its way comes too late now.
    let stale = phone.base;
    assert_eq!(phone.write_as(4, "Halo Kak, ini ya").await, (false, "Halo Kak, ini daftarnya".into()));
    assert!(phone.base > stale, "the clock stands, the revision goes up");
    phone.number = 4;
    phone.write("Halo Kak, ini daftarnya:").await;
    assert_eq!(words(&owner).await, ["Halo Kak, ini daftarnya:"]);
    assert_eq!(app.value::<i64>("select count(*) from draft").await, 1);
}

#[tokio::test]
async fn what_was_sent_stands_nowhere_any_more_and_nothing_late_brings_it_back() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let mut phone = Page::of(&owner, id);
    phone.write("Sudah kami").await;
    let mut stream = app.owner().await.live("demo", None).await;
    owner.send(id, "Sudah kami kirim, Kak").await;
    let telling = heard(&mut stream).await;
    assert_eq!((&telling["conversation"], &telling["page"]), (&id.to_string().into(), &Value::Null), "every page is told");
    assert_eq!(words(&owner).await, [""; 0]);
    assert_eq!(owner.thread(id).await.unsent_reply, None);
    let left = told(&owner, "demo", Some(id)).await;
    assert_eq!(
        (&left[0]["body"], &left[0]["sent"]),
        (&"".into(), &"Sudah kami kirim, Kak".into()),
        "a device that slept can know its words again"
    );
    // Still on its way when the reply was sent.
    assert_eq!(phone.write_as(2, "Sudah kami kirim").await, (false, String::new()));
    assert_eq!(words(&owner).await, [""; 0]);
    // The page knows that now, and begins anew.
    phone.number = 2;
    phone.write("Ada lagi?").await;
    assert_eq!(words(&owner).await, ["Ada lagi?"]);

    // The same where nothing had arrived before.
    let dewi = "6281234567891";
    app.customer_says(dewi, "Halo?").await;
    let other = owner.list(None).await.rows.iter().map(|row| row.id).find(|row| *row != id).expect("two conversations");
    owner.send(other, "Halo juga").await;
    assert_eq!(Page::of(&owner, other).write_as(1, "Halo ju").await, (false, String::new()));
    assert_eq!(words(&owner).await, ["Ada lagi?"]);
}

#[tokio::test]
async fn what_is_something_else_stays_when_a_reply_is_sent() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, id) = (app.owner().await, app.sign_in("admin@demo.test").await, app.only_conversation().await);
    let mut phone = Page::of(&owner, id);
    phone.write("Yang biru masih ada").await;
    Page { kind: "note", ..Page::of(&owner, id) }.write("Halo").await;
    Page::of(&admin, id).write("Halo").await;
    owner.send(id, "Halo juga").await;
    let mut left = words(&owner).await;
    left.sort();
    assert_eq!(left, ["Halo", "Yang biru masih ada"], "begun on another device, or for the team");
    assert_eq!(words(&admin).await, ["Halo"], "a colleague's is their own");
    // A note empties the note's.
    let note =
        [("workspace", "demo"), ("conversation", &id.to_string()), ("client_id", &Uuid::new_v4().to_string()), ("text", "Halo semua")];
    assert_eq!(owner.post(AddNote::PATH, &note).await.status(), StatusCode::OK);
    assert_eq!(words(&owner).await, ["Yang biru masih ada"]);
}

#[tokio::test]
async fn a_form_without_script_empties_it_whatever_became_of_the_words() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let (id_text, client_id) = (id.to_string(), Uuid::new_v4().to_string());
    Page::of(&owner, id).write("Selamat siang").await;
    Page { kind: "note", ..Page::of(&owner, id) }.write("cek stok").await;
    let reply = [("client_id", &*client_id), ("text", "Maaf, sudah habis"), ("seen_seq", "1000000000")];
    let answer = as_form(&app, &owner, &format!("/api/demo/conversations/{id}/messages"), &reply, true).await;
    assert_eq!(answer.status(), StatusCode::SEE_OTHER);
    assert_eq!(words(&owner).await, ["cek stok"]);
    let client_id = Uuid::new_v4().to_string();
    let note = [("workspace", "demo"), ("conversation", &*id_text), ("client_id", &*client_id), ("text", "stok habis")];
    assert!(as_form(&app, &owner, AddNote::PATH, &note, false).await.status().is_redirection());
    assert_eq!(words(&owner).await, [""; 0]);
    // One that is refused leaves the draft, and its own words stand on the page that says so.
    Page::of(&owner, id).write_as(1, "Besok").await;
    let mut again = Page::of(&owner, id);
    again.base = told(&owner, "demo", Some(id)).await.iter().filter_map(|draft| draft["revision"].as_i64()).max().expect("a revision");
    again.write("Besok").await;
    app.sql("update conversation set state = 'closed'").await;
    let client_id = Uuid::new_v4().to_string();
    let reply = [("client_id", &*client_id), ("text", "Besok pagi, Kak"), ("seen_seq", "1000000000")];
    let refused = as_form(&app, &owner, &format!("/api/demo/conversations/{id}/messages"), &reply, true).await;
    assert!(refused.headers()[header::LOCATION].to_str().unwrap().contains("__err="));
    assert_eq!(words(&owner).await, ["Besok"]);
}

#[tokio::test]
async fn a_conversation_out_of_sight_has_no_draft_and_takes_none() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (member, id) = (app.sign_in("member@demo.test").await, app.only_conversation().await);
    let mut page = Page::of(&member, id);
    assert_eq!(page.post("demo", 1, "rahasia").await.status(), StatusCode::NOT_FOUND, "nobody's is not theirs");
    let give = |to: &str| format!("update conversation set assignee_id = (select id from person where email = '{to}')");
    app.sql(&give("member@demo.test")).await;
    page.write("Saya cek dulu").await;
    assert_eq!(words(&member).await, ["Saya cek dulu"]);
    app.sql(&give("admin@demo.test")).await;
    assert_eq!(words(&member).await, [""; 0], "not shown while it is not theirs");
    assert_eq!(told(&member, "demo", Some(id)).await.len(), 0);
    assert_eq!(page.post("demo", 2, "lagi").await.status(), StatusCode::NOT_FOUND);
    app.sql(&give("member@demo.test")).await;
    assert_eq!(words(&member).await, ["Saya cek dulu"]);

    // Of another workspace, as if there were none.
    let stranger = app.stranger().await;
    let abroad = Page::of(&stranger, id);
    assert_eq!(abroad.post("other", 1, "x").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(abroad.post("demo", 1, "x").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(told(&stranger, "other", Some(id)).await.len(), 0);
    assert_eq!(stranger.get("/api/demo/drafts").await.status(), StatusCode::NOT_FOUND);
    assert_eq!(stranger.get("/api/other/drafts?conversation=x").await.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(told(&stranger, "other", None).await.len(), 0);
    assert_eq!(app.value::<i64>("select count(*) from draft").await, 1);
}

#[tokio::test]
async fn it_goes_with_the_membership_and_with_the_conversation() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, admin, id) = (app.owner().await, app.sign_in("admin@demo.test").await, app.only_conversation().await);
    Page::of(&owner, id).write("satu").await;
    Page::of(&admin, id).write("dua").await;
    app.sql("delete from membership using person p where p.id = person_id and p.email = 'admin@demo.test'").await;
    assert_eq!(app.value::<i64>("select count(*) from draft").await, 1);
    app.sql("update conversation set last_message_id = null; delete from message_words; delete from message; delete from conversation")
        .await;
    assert_eq!(app.value::<i64>("select count(*) from draft").await, 0);
}

#[tokio::test]
async fn where_two_conversations_become_one_it_is_gone_on_with() {
    let app = TestApp::start().await;
    let at = app.app.clock.millis() / 1000 * 1000 - 60_000;
    let says = |id: &str, text: &str, at: i64, phone: bool| {
        let mut body = inbound(NUMBER, PHONE, id, at, serde_json::json!({ "type": "text", "text": { "body": text } }));
        body["message"]["from_user_id"] = "ID.13491208655302741918".into();
        if !phone {
            body["message"].as_object_mut().unwrap().remove("from");
            body["conversation"].as_object_mut().unwrap().remove("phone_number");
        }
        body.to_string()
    };
    app.deliver(inbound_text(NUMBER, PHONE, "wamid.1", "dengan nomor", at)).await;
    app.deliver(says("wamid.2", "tanpa nomor", at + 1000, false)).await;
    let (owner, admin) = (app.owner().await, app.sign_in("admin@demo.test").await);
    let both: Vec<ConversationId> = owner.list(None).await.rows.iter().map(|row| row.id).collect();
    let [one, other] = both[..] else { panic!("two conversations: {both:?}") };
    Page::of(&owner, one).write("dari pemilik").await;
    Page::of(&admin, other).write("dari admin").await;
    for id in [one, other] {
        Page { kind: "note", ..Page::of(&owner, id) }.write(&format!("catatan {id}")).await;
    }
    app.deliver(says("wamid.3", "dengan keduanya", at + 2000, true)).await;
    let left = app.only_conversation().await;
    assert_eq!(admin.thread(left).await.unsent_reply.as_deref(), Some("dari admin"));
    let thread = owner.thread(left).await;
    assert_eq!(thread.unsent_reply.as_deref(), Some("dari pemilik"));
    let gone = if left == one { other } else { one };
    assert_eq!(thread.unsent_note, Some(format!("catatan {left}\n\ncatatan {gone}")), "nothing that was begun is lost");
}

#[tokio::test]
async fn what_is_too_long_is_no_draft_nor_what_is_none() {
    let app = TestApp::start().await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    let mut page = Page::of(&owner, id);
    page.write(&"é".repeat(MAX_TEXT)).await;
    let refused = refused_as(page.post("demo", 2, &"é".repeat(MAX_TEXT + 1)).await, StatusCode::UNPROCESSABLE_ENTITY).await;
    assert_eq!(refused, AppError::invalid("body", Rule::TooLong(4096)));
    assert_eq!(words(&owner).await, ["é".repeat(MAX_TEXT)], "what was there stays");
    for kind in ["template", "surat"] {
        let page = Page { kind, ..Page::of(&owner, id) };
        assert_eq!(page.post("demo", 1, "x").await.status(), StatusCode::UNPROCESSABLE_ENTITY, "{kind}");
    }
    // White space is nothing, and what Postgres cannot store is left out.
    page.number = 2;
    assert_eq!(page.write_as(3, " \r\n\t").await, (true, String::new()));
    assert_eq!(page.write_as(4, "a\0b\r\nc ").await, (true, "ab\nc ".into()));
    let mut refused = false;
    for number in 5..186 {
        refused |= page.post("demo", number, "lagi").await.status() == StatusCode::TOO_MANY_REQUESTS;
    }
    assert!(refused, "three a second are enough");
}

#[tokio::test]
async fn an_empty_one_is_forgotten_after_a_day_and_words_never() {
    let clock = Clock::fixed(FRIDAY);
    let app = TestApp::configured(clock.clone(), |_| {}).await;
    app.customer_says(PHONE, "Halo?").await;
    let (owner, id) = (app.owner().await, app.only_conversation().await);
    Page::of(&owner, id).write("catatan").await;
    let mut note = Page { kind: "note", ..Page::of(&owner, id) };
    note.write("x").await;
    note.write("").await;
    my21staff::inbox::server::drafts::sweep(&app.app).await.unwrap();
    assert_eq!(app.value::<i64>("select count(*) from draft").await, 2);
    clock.set(FRIDAY + 25 * 60 * my21staff::time::MINUTE);
    my21staff::inbox::server::drafts::sweep(&app.app).await.unwrap();
    assert_eq!(app.value::<String>("select string_agg(body, ',') from draft").await, "catatan");
}
