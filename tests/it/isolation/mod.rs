//! Who must see nothing, sees nothing: every endpoint, tried by everybody it is not for, with ids that are right.
//!
//! The table of [`endpoints`] is complete by test ([`complete`]).

mod asking;
mod complete;
mod endpoints;
mod endpoints_people;
mod fuzz;
mod hostile;
mod http;
mod https;
mod masked;
mod roles;

use crate::support::*;
use endpoints::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    ids::{ContactId, ConversationId, MediaId, MessageId, PersonId, WorkspaceId},
    inbox::{api::LoadThread, model::LiveFrame},
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use std::time::Duration;

/// What the customer of the workspace `demo` said, is called, and can be reached at.
const TEXT: &str = "rahasia kenari tujuh";
const NAME: &str = "Kenari Tersembunyi";
const PHONE: &str = "6287712340099";
/// None of these may reach anybody else. The number in the three ways people write it, without what comes before.
const CANARIES: [&str; 5] = [TEXT, NAME, "87712340099", "877-1234-0099", "877 1234 0099"];

fn assert_silent(said: &str, what: &str) {
    for canary in CANARIES {
        assert!(!said.contains(canary), "{what} tells {canary:?}: {said}");
    }
}

/// What exists in the workspace `demo`.
#[derive(Clone, Copy)]
struct Ids {
    conversation: ConversationId,
    /// A failed message of ours, which could be sent again.
    message: MessageId,
    media: MediaId,
    /// A note about which something is to be done.
    note: MessageId,
    /// Whose conversation it is.
    contact: ContactId,
    /// Somebody who belongs there.
    member: PersonId,
}

/// A conversation with everything in it that could leak: texts, a name, a number, a file with a telling name.
async fn secrets(app: &TestApp) -> Ids {
    let content = json!({ "type": "text", "text": { "body": TEXT } });
    let mut delivery = inbound(NUMBER, PHONE, &wamid(), app.app.clock.millis(), content);
    delivery["conversation"]["contact_name"] = json!(NAME);
    app.deliver(delivery.to_string()).await;
    let conversation = app.only_conversation().await;
    let (message, media) = (MessageId(my21staff::server::crypto::new_id()), MediaId(my21staff::server::crypto::new_id()));
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at, status)
             select workspace_id, '{message}', id, 'outbound', 'assistant', 'text', '{TEXT}', now(), now(), 'failed' from conversation;
         insert into media (workspace_id, id, message_id, mime, file_name, state)
             select workspace_id, '{media}', id, 'text/plain', '{NAME}.txt', 'stored' from message where direction = 'inbound'"
    ))
    .await;
    let note = task_in(app, conversation, TEXT).await;
    let workspace = WorkspaceId(app.value("select id from workspace where slug = 'demo'").await);
    app.app.store.put(workspace, media, bytes::Bytes::from_static(TEXT.as_bytes())).await.expect("a stored file");
    let member = PersonId(app.value("select id from person where email = 'member@demo.test'").await);
    let contact = ContactId(app.value(&format!("select contact_id from conversation where id = '{conversation}'")).await);
    Ids { conversation, contact, message, media, note, member }
}

/// A note about which something is to be done.
async fn task_in(app: &TestApp, conversation: ConversationId, text: &str) -> MessageId {
    let note = MessageId(my21staff::server::crypto::new_id());
    app.sql(&format!(
        "insert into message (workspace_id, id, conversation_id, direction, sender, kind, body, sent_at, created_at)
             select workspace_id, '{note}', id, 'system', 'teammate', 'note', '{text}', now() - interval '20 seconds', now() from conversation where id = '{conversation}';
         insert into task (workspace_id, message_id, due_at) select workspace_id, '{note}', now() from conversation where id = '{conversation}'"
    ))
    .await;
    note
}

/// Makes a call with somebody's cookie (none: nobody's) and further headers.
async fn make(app: &TestApp, call: Call, cookie: Option<&str>, headers: &[(&str, &str)]) -> Response {
    let mut request = match call {
        Call::Get(path) => app.http.get(app.url(&path)),
        Call::Post(path, form) => app.http.post(app.url(&path)).form(&form),
        Call::Upload(path, fields) => {
            let form = fields.into_iter().fold(reqwest::multipart::Form::new(), |form, (name, value)| form.text(name, value));
            app.http.post(app.url(&path)).multipart(form)
        }
    };
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.expect("an answer")
}

/// Headers and body of an answer; of a stream what it says within half a second.
async fn everything(answer: Response) -> String {
    everything_with(answer, |_| true).await
}

/// As [`everything`], of an answer that must tell something: a stream is listened to until it has, and half a second longer.
async fn everything_with(answer: Response, told: impl Fn(&str) -> bool) -> String {
    let streams = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let headers = format!("{:?}\n", answer.headers());
    let body = if streams {
        said_until(&mut LiveStream::new(answer), told, Duration::from_millis(500)).await
    } else {
        String::from_utf8_lossy(&answer.bytes().await.expect("a body")).into_owned()
    };
    headers + &body
}

/// What a stream says until it has told what it must, at most ten seconds, and for a while longer.
async fn said_until(stream: &mut LiveStream, told: impl Fn(&str) -> bool, time: Duration) -> String {
    let mut said = String::new();
    let _ = tokio::time::timeout(Duration::from_secs(10), async {
        while !told(&said)
            && let Some(event) = stream.event().await
        {
            said.push_str(&format!("{event:?}\n"));
        }
    })
    .await;
    said + &said_within(stream, time).await
}

/// All names and data of a stream's events for a while.
async fn said_within(stream: &mut LiveStream, time: Duration) -> String {
    let mut said = String::new();
    let _ = tokio::time::timeout(time, async {
        while let Some(event) = stream.event().await {
            said.push_str(&format!("{event:?}\n"));
        }
    })
    .await;
    said
}

/// A fingerprint of everything that people can change in `demo`.
async fn fingerprint(app: &TestApp) -> String {
    app.value(
        "select md5(string_agg(line, '|' order by line)) from (
             select m::text line from message m union all select c::text from conversation c union all select e::text from event e
             union all select k::text from contact k union all select i::text from identity i union all select f::text from media f
             union all select n::text from mention n union all select q::text from quick_reply q union all select a::text from macro a
             union all select g::text from stage g union all select t::text from tag t union all select b::text from contact_tag b union all select d::text from contact_field d
             union all select o::text from field_choice o union all select v::text from contact_value v union all select x::text from contact_merge x union all select y::text from merged_conversation y
             union all select j::text from task j
             union all select l::text from service_level l union all select p::text from working_period p union all select h::text from holiday h
             union all select s::text from membership s union all select w::text from workspace w) everything",
    )
    .await
}

async fn cookies(app: &TestApp, outsider: Outsider) -> (Option<String>, &'static str) {
    match outsider {
        Outsider::SignedOut => (None, "demo"),
        Outsider::StrangerAtHome => (Some(app.stranger().await.cookie), "other"),
        Outsider::StrangerAbroad => (Some(app.stranger().await.cookie), "demo"),
        Outsider::Member => (Some(app.sign_in("member@demo.test").await.cookie), "demo"),
    }
}

/// What stands in the attributes of a page that a browser goes to, asks for or keeps in its history.
fn addresses(page: &str) -> Vec<&str> {
    let starts = ["href=\"", "src=\"", "action=\"", "formaction=\""];
    starts.into_iter().flat_map(|start| page.split(start).skip(1).filter_map(|rest| rest.split('"').next())).collect()
}

/// Addresses are written into logs, histories and the referrers of proxies: ids may stand there, people not.
#[tokio::test]
async fn no_address_carries_anybodys_data() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let mut seen = 0;
    for endpoint in ENDPOINTS.iter() {
        // Some of the calls end sessions.
        let owner = app.owner().await;
        // Mail addresses are of people too; the form that asks for one is posted.
        let answer = make(&app, (endpoint.call)("demo", &ids), Some(&owner.cookie), &[("accept", "text/html,*/*;q=0.8")]).await;
        let location = answer.headers().get(header::LOCATION).map(|to| to.to_str().expect("ASCII").to_owned());
        let page = match answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
            true => answer.text().await.expect("a page"),
            false => String::new(),
        };
        for address in addresses(&page).into_iter().chain(location.as_deref()) {
            seen += 1;
            let plain = address.replace('+', " ").replace("%20", " ");
            assert_silent(&plain, endpoint.name);
            let own = !address.starts_with("data:") && !address.starts_with("https://");
            assert!(!own || !plain.contains(['@']) && !plain.contains("%40"), "{}: {address}", endpoint.name);
        }
    }
    assert!(seen > 300, "pages were read: {seen} addresses");
}

#[tokio::test]
async fn nobody_else_gets_a_byte_by_any_endpoint() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    app.is_ready().await;
    let before = fingerprint(&app).await;
    for (place, outsider) in OUTSIDERS.into_iter().enumerate() {
        let (cookie, slug) = cookies(&app, outsider).await;
        for endpoint in ENDPOINTS.iter() {
            let what = format!("{} for {outsider:?}", endpoint.name);
            let is_page = endpoint.name.starts_with("page ");
            // As a browser asks that follows a link or posts a form: errors of a form travel in a redirect.
            let answer = make(&app, (endpoint.call)(slug, &ids), cookie.as_deref(), &[("accept", "text/html,*/*;q=0.8")]).await;
            let status = answer.status();
            assert!(!status.is_success() || endpoint.answers[place] == 200, "{what}, asked by a browser: {status}");
            assert!(!is_page || status.as_u16() == endpoint.answers[place], "{what}: {status}");
            assert_silent(&everything(answer).await, &what);
            if is_page || endpoint.name == "POST /sign-out" {
                continue;
            }
            // As our own script asks.
            let answer = make(&app, (endpoint.call)(slug, &ids), cookie.as_deref(), &[("accept", "application/json")]).await;
            assert_eq!(answer.status().as_u16(), endpoint.answers[place], "{what}, asked by a script");
            assert_silent(&everything(answer).await, &what);
        }
    }
    assert_eq!(fingerprint(&app).await, before, "nothing was changed");
    assert!(app.sent_by_gateway().await.is_empty(), "nothing was sent");

    let owner = app.owner().await;
    for endpoint in ENDPOINTS.iter() {
        let answer = make(&app, (endpoint.call)("demo", &ids), Some(&owner.cookie), &[("accept", "application/json")]).await;
        let status = answer.status();
        let shows = |said: &str| !endpoint.shows || CANARIES.iter().any(|canary| said.contains(canary));
        let said = everything_with(answer, shows).await;
        if endpoint.shows {
            assert_eq!(status, StatusCode::OK, "{} for the owner: {said}", endpoint.name);
            assert!(shows(&said), "{} shows the owner what it must not show others: {said}", endpoint.name);
        }
    }
    assert_ne!(fingerprint(&app).await, before, "the same calls do something for the owner");
}

#[tokio::test]
async fn an_id_of_ones_own_opens_no_door_for_the_id_beside_it() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    app.deliver(inbound_text(OTHER_NUMBER, "6281100000001", &wamid(), "milik sendiri", app.app.clock.millis())).await;
    let own = "select c.id from conversation c join workspace w on w.id = c.workspace_id where w.slug = 'other'";
    let own = ConversationId(app.value(own).await);
    let stranger = app.stranger().await;
    assert_eq!(stranger.try_thread("other", own, None).await.status(), 200, "the stranger has a conversation");
    let before = fingerprint(&app).await;
    for (workspace, conversation, message) in
        [("other", own, ids.message), ("other", ids.conversation, ids.message), ("demo", own, ids.message)]
    {
        let answer = stranger.try_resend(workspace, conversation, message).await;
        assert_eq!(answer.status(), 404);
        assert_silent(&everything(answer).await, "resend");
    }
    assert_eq!(fingerprint(&app).await, before);

    // A workspace in the body twice: whichever counts, it is checked.
    let thread = |query: String| make(&app, Call::Get(format!("{}?{query}", LoadThread::PATH)), Some(&stranger.cookie), &[]);
    for query in [
        format!("workspace=other&workspace=demo&conversation={}", ids.conversation),
        format!("workspace=demo&workspace=other&conversation={}", ids.conversation),
        format!("workspace=other%00demo&conversation={}", ids.conversation),
        format!("workspace=OTHER&conversation={}", ids.conversation),
        format!("workspace=other'or'1'='1&conversation={}", ids.conversation),
    ] {
        let answer = thread(query.clone()).await;
        assert!(!answer.status().is_success(), "{query}");
        assert_silent(&everything(answer).await, &query);
    }
}

#[tokio::test]
async fn a_strangers_stream_is_silent_about_others_and_alive() {
    let app = TestApp::start().await;
    let stranger = app.stranger().await;
    let mut stream = stranger.live("other", Some(0)).await;
    let second = app.second_process().await;
    let mut elsewhere = LiveStream::new(make(&second, Call::Get("/api/other/live?after=0".into()), Some(&stranger.cookie), &[]).await);
    let ids = secrets(&app).await;
    app.customer_says(PHONE, TEXT).await;
    let owner = app.owner().await;
    owner.send(ids.conversation, TEXT).await;
    owner.mark_read(ids.conversation).await;
    // Longer than the sweep that looks without being told.
    let (said, said_elsewhere) =
        tokio::join!(said_within(&mut stream, Duration::from_millis(1_500)), said_within(&mut elsewhere, Duration::from_millis(1_500)));
    for said in [said, said_elsewhere] {
        assert!(!said.contains("data: \"{"), "not a frame: {said}");
        assert_silent(&said, "the stranger's stream");
    }
    app.deliver(inbound_text(OTHER_NUMBER, "6281100000001", &wamid(), "milik sendiri", app.app.clock.millis())).await;
    for stream in [&mut stream, &mut elsewhere] {
        let frames = stream.until(|frame| frame.kind == "message_received").await;
        assert_eq!(frames.last().and_then(|frame| frame.message.as_ref()).map(|message| message.text.as_str()), Some("milik sendiri"));
        assert_silent(&format!("{frames:?}"), "the stranger's stream");
    }
}

/// Gives a conversation to somebody, as the assigning of later issues will.
async fn assign(app: &TestApp, conversation: ConversationId, email: &str) {
    app.sql(&format!(
        "update conversation set holder = 'team', assignee_id = (select id from person where email = '{email}') where id = '{conversation}'"
    ))
    .await;
}

async fn conversation_with(app: &TestApp, phone: &str) -> ConversationId {
    ConversationId(
        app.value(&format!(
            "select c.id from conversation c join identity i on i.workspace_id = c.workspace_id and i.contact_id = c.contact_id where i.value = '+{phone}'"
        ))
        .await,
    )
}

#[tokio::test]
async fn a_member_has_what_is_assigned_to_them_and_loses_it_with_the_assignment() {
    let app = TestApp::start().await;
    let secret = secrets(&app).await;
    let phone = "6281100000001";
    app.customer_says(phone, "untuk sekar").await;
    let mine = conversation_with(&app, phone).await;
    assign(&app, mine, "member@demo.test").await;
    let (member, owner) = (app.sign_in("member@demo.test").await, app.owner().await);

    let page = member.list(None).await;
    assert_eq!(page.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [mine]);
    assert_eq!(page.unread_total, 1, "what others have unread does not count");
    assert_eq!(member.thread(mine).await.messages.len(), 1);
    let answer = member.try_resend("demo", mine, secret.message).await;
    assert_eq!(answer.status(), 404, "a message of a conversation that is not theirs, under one that is");
    assert_silent(&everything(answer).await, "resend");

    let mut stream = member.live("demo", Some(page.seq)).await;
    app.customer_says(PHONE, TEXT).await;
    owner.send(secret.conversation, TEXT).await;
    assert!(stream.is_silent_for(Duration::from_millis(1_500)).await, "another's conversation is not heard");
    app.customer_says(phone, "masih untuk sekar").await;
    let heard = stream.frame().await;
    assert_eq!(heard.message.map(|message| message.text).as_deref(), Some("masih untuk sekar"));
    assert_eq!(heard.unread_delta, 1);

    // Somebody else takes it.
    owner.take_over(mine).await;
    let frames = stream.until(|frame| frame.gone.is_some()).await;
    let gone = frames.last().expect("a frame");
    assert_eq!((gone.gone, &gone.conversation, &gone.message), (Some(mine), &None, &None));
    assert_eq!(gone.unread_delta, -2, "their unread messages go along");
    app.customer_says(phone, TEXT).await;
    owner.send(mine, TEXT).await;
    let said = said_within(&mut stream, Duration::from_millis(1_500)).await;
    assert!(!said.contains(&mine.to_string()), "nothing more of it: {said}");
    assert_silent(&said, "the member's stream");

    // Nor afterwards, by going back: from memory, from the database, from another process.
    let second = app.second_process().await;
    for (app, what) in [(&app, "this process"), (&second, "another process")] {
        for path in ["live", "events"] {
            let call = Call::Get(format!("/api/demo/{path}?after={}", page.seq));
            let told = |said: &str| said.contains("gone") && said.contains(&mine.to_string());
            let said = everything_with(make(app, call, Some(&member.cookie), &[]).await, told).await;
            assert!(!said.contains("untuk sekar"), "{path} of {what}: {said}");
            assert!(told(&said), "{path} of {what} says that it is gone: {said}");
            assert_silent(&said, path);
        }
        let answer = make(app, Call::Get(format!("/api/demo/events?after={}", page.seq)), Some(&member.cookie), &[]).await;
        let frames: Vec<LiveFrame> = good(answer).await;
        let total = page.unread_total + frames.iter().map(|frame| i64::from(frame.unread_delta)).sum::<i64>();
        assert_eq!(total, 0, "the badge comes out right: {frames:?}");
    }
    assert_eq!(member.try_thread("demo", mine, None).await.status(), 404);
    assert_eq!(member.try_send("demo", mine, uuid::Uuid::new_v4(), "halo").await.status(), 404);
    let page = member.list(None).await;
    assert!(page.rows.is_empty() && page.unread_total == 0);
}
