//! Who must see nothing, sees nothing: every endpoint, tried by everybody it is not for, with ids that are right.
//!
//! The table [`ENDPOINTS`] is complete by test: an endpoint that is not in it fails `every_endpoint_stands_in_the_table`.

use crate::support::*;
use leptos::server_fn::ServerFn;
use my21staff::{
    auth::api::LoadSignIn,
    ids::{ConversationId, MediaId, MessageId, WorkspaceId},
    inbox::{api::*, model::*},
    server::health,
};
use reqwest::{Response, StatusCode, header};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

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
struct Ids {
    conversation: ConversationId,
    /// A failed message of ours, which could be sent again.
    message: MessageId,
    media: MediaId,
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
    let workspace = WorkspaceId(app.value("select id from workspace where slug = 'demo'").await);
    app.app.store.put(workspace, media, bytes::Bytes::from_static(TEXT.as_bytes())).await.expect("a stored file");
    Ids { conversation, message, media }
}

/// A request as a page makes it.
enum Call {
    Get(String),
    Post(String, Vec<(&'static str, String)>),
}

/// One way to ask, and what everybody is answered.
struct Endpoint {
    /// As found in the sources: `GET /path`, `fn name` of a server function, `page /path`.
    name: &'static str,
    /// With the slug of a workspace and the ids of `demo`.
    call: fn(&str, &Ids) -> Call,
    /// The status for each of [`Outsider`], in order.
    answers: [u16; 4],
    /// Whether the owner of the conversation sees it there: the table would prove nothing with calls that show nobody anything.
    shows: bool,
}

/// Those who must not see the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outsider {
    SignedOut,
    /// Owner of `other`, in `other`, with ids of `demo`.
    StrangerAtHome,
    /// The same in `demo`.
    StrangerAbroad,
    /// A member of `demo` to whom the conversation is not assigned.
    Member,
}

const OUTSIDERS: [Outsider; 4] = [Outsider::SignedOut, Outsider::StrangerAtHome, Outsider::StrangerAbroad, Outsider::Member];

fn query<F: ServerFn>(parameters: &[(&str, String)]) -> Call {
    let query: Vec<String> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    Call::Get(format!("{}?{}", F::PATH, query.join("&")))
}

fn about_the_conversation(workspace: &str, ids: &Ids) -> Vec<(&'static str, String)> {
    vec![("workspace", workspace.to_owned()), ("conversation", ids.conversation.to_string())]
}

fn post<F: ServerFn>(workspace: &str, ids: &Ids, more: &[(&'static str, &str)]) -> Call {
    let mut form = about_the_conversation(workspace, ids);
    form.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Call::Post(F::PATH.to_owned(), form)
}

/// A place in a list that everything comes after.
fn far_future() -> String {
    ListCursor { at: 9_000_000_000_000, id: uuid::Uuid::max() }.to_string()
}

const ENDPOINTS: &[Endpoint] = &[
    // ── what shows conversations ─────────────────────────────────────────────────────────────────────────────────
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox")),
        answers: [302, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, _| Call::Get(format!("/{workspace}/inbox?page={}", far_future())),
        answers: [302, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}", ids.conversation)),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "page /:workspace/inbox/:conversation?",
        call: |workspace, ids| Call::Get(format!("/{workspace}/inbox/{}?before={}&panel=contact", ids.conversation, far_future())),
        answers: [302, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn list_conversations",
        call: |workspace, _| query::<ListConversations>(&[("workspace", workspace.into())]),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "fn list_conversations",
        call: |workspace, _| query::<ListConversations>(&[("workspace", workspace.into()), ("before", far_future())]),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "fn load_thread",
        call: |workspace, ids| query::<LoadThread>(&about_the_conversation(workspace, ids)),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "GET /api/{workspace}/live",
        call: |workspace, _| Call::Get(format!("/api/{workspace}/live?after=0")),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "GET /api/{workspace}/events",
        call: |workspace, _| Call::Get(format!("/api/{workspace}/events?after=0")),
        answers: [401, 200, 404, 200],
        shows: true,
    },
    Endpoint {
        name: "GET /api/{workspace}/media/{id}",
        call: |workspace, ids| Call::Get(format!("/api/{workspace}/media/{}", ids.media)),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    // ── what changes them ────────────────────────────────────────────────────────────────────────────────────────
    Endpoint {
        name: "fn send_message",
        call: |workspace, ids| {
            let client_id = uuid::Uuid::new_v4().to_string();
            post::<SendMessage>(workspace, ids, &[("client_id", &client_id), ("text", "halo")])
        },
        answers: [401, 404, 404, 404],
        shows: false,
    },
    Endpoint {
        name: "fn resend_message",
        call: |workspace, ids| post::<ResendMessage>(workspace, ids, &[("message", &ids.message.to_string())]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn take_over",
        call: |workspace, ids| post::<TakeOver>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn hand_back",
        call: |workspace, ids| post::<HandBack>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: true,
    },
    Endpoint {
        name: "fn mark_read",
        call: |workspace, ids| post::<MarkRead>(workspace, ids, &[]),
        answers: [401, 404, 404, 404],
        shows: false,
    },
    // ── what is about the workspace or the person ────────────────────────────────────────────────────────────────
    Endpoint {
        name: "fn load_viewer",
        call: |workspace, _| query::<LoadViewer>(&[("workspace", workspace.into())]),
        answers: [401, 200, 404, 200],
        shows: false,
    },
    Endpoint { name: "GET /dashboard", call: |_, _| Call::Get("/dashboard".into()), answers: [303; 4], shows: false },
    // ── what is for everybody ────────────────────────────────────────────────────────────────────────────────────
    Endpoint { name: "page /", call: |_, _| Call::Get("/".into()), answers: [200; 4], shows: false },
    Endpoint { name: "page /sign-in", call: |_, _| Call::Get("/sign-in".into()), answers: [200; 4], shows: false },
    Endpoint { name: "fn load_sign_in", call: |_, _| Call::Get(LoadSignIn::PATH.into()), answers: [200; 4], shows: false },
    Endpoint { name: "GET /healthz", call: |_, _| Call::Get("/healthz".into()), answers: [200; 4], shows: false },
    Endpoint { name: "GET /readyz", call: |_, _| Call::Get("/readyz".into()), answers: [200; 4], shows: false },
    Endpoint { name: "GET /api/webhook/kapso", call: |_, _| Call::Get("/api/webhook/kapso".into()), answers: [200; 4], shows: false },
    Endpoint {
        name: "POST /api/webhook/kapso",
        call: |_, _| Call::Post("/api/webhook/kapso".into(), vec![("phone_number_id", NUMBER.into())]),
        answers: [401; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /preferences",
        call: |workspace, _| Call::Post("/preferences".into(), vec![("locale", "en".into()), ("back", format!("/{workspace}/inbox"))]),
        answers: [303; 4],
        shows: false,
    },
    Endpoint {
        name: "POST /sign-in",
        call: |_, _| Call::Post("/sign-in".into(), vec![("email", "owner@demo.test".into()), ("password", "salah".into())]),
        answers: [303; 4],
        shows: false,
    },
    // In demo mode anybody may be anybody who exists; nobody else may.
    Endpoint {
        name: "POST /api/dev/sign-in",
        call: |_, _| Call::Post("/api/dev/sign-in".into(), vec![("email", "nobody@demo.test".into())]),
        answers: [303; 4],
        shows: false,
    },
    // Last: it ends the caller's session.
    Endpoint { name: "POST /sign-out", call: |_, _| Call::Post("/sign-out".into(), Vec::new()), answers: [303; 4], shows: false },
];

/// Makes a call with somebody's cookie (none: nobody's) and further headers.
async fn make(app: &TestApp, call: Call, cookie: Option<&str>, headers: &[(&str, &str)]) -> Response {
    let mut request = match call {
        Call::Get(path) => app.http.get(app.url(&path)),
        Call::Post(path, form) => app.http.post(app.url(&path)).form(&form),
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
    let streams = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    let headers = format!("{:?}\n", answer.headers());
    let body = if streams {
        said_within(&mut LiveStream::new(answer), Duration::from_millis(500)).await
    } else {
        String::from_utf8_lossy(&answer.bytes().await.expect("a body")).into_owned()
    };
    headers + &body
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

#[tokio::test]
async fn nobody_else_gets_a_byte_by_any_endpoint() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    eventually("ready", async || health::check(&app.app).await.ready.then_some(())).await;
    let before = fingerprint(&app).await;
    for (place, outsider) in OUTSIDERS.into_iter().enumerate() {
        let (cookie, slug) = cookies(&app, outsider).await;
        for endpoint in ENDPOINTS {
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
    for endpoint in ENDPOINTS {
        let answer = make(&app, (endpoint.call)("demo", &ids), Some(&owner.cookie), &[("accept", "application/json")]).await;
        let status = answer.status();
        let said = everything(answer).await;
        if endpoint.shows {
            assert_eq!(status, StatusCode::OK, "{} for the owner: {said}", endpoint.name);
            assert!(
                CANARIES.iter().any(|canary| said.contains(canary)),
                "{} shows the owner what it must not show others: {said}",
                endpoint.name
            );
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
            let said = everything(make(app, call, Some(&member.cookie), &[]).await).await;
            assert!(!said.contains("untuk sekar"), "{path} of {what}: {said}");
            assert!(said.contains("gone") && said.contains(&mine.to_string()), "{path} of {what} says that it is gone: {said}");
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

#[tokio::test]
async fn requests_that_another_site_causes_are_refused() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let owner = app.owner().await;
    let before = fingerprint(&app).await;
    let mut tried = 0;
    for endpoint in ENDPOINTS {
        // The webhook is called by programs, which prove themselves by signature.
        if endpoint.name == "POST /api/webhook/kapso" || !matches!((endpoint.call)("demo", &ids), Call::Post(..)) {
            continue;
        }
        tried += 1;
        for headers in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.test")],
            &[("origin", "null")],
            &[("sec-fetch-site", "cross-site"), ("accept", "text/html")],
        ] {
            let answer = make(&app, (endpoint.call)("demo", &ids), Some(&owner.cookie), headers).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{} with {headers:?}", endpoint.name);
            assert!(!answer.headers().contains_key(header::SET_COOKIE), "{}", endpoint.name);
            assert_silent(&everything(answer).await, endpoint.name);
        }
        // A link or an image of another site makes GET requests, which browsers send with cookies.
        if let Call::Post(path, form) = (endpoint.call)("demo", &ids) {
            let query: Vec<String> = form.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = make(&app, Call::Get(format!("{path}?{}", query.join("&"))), Some(&owner.cookie), &[]).await;
            assert!(!answer.status().is_success() || path == "/sign-in", "GET {path}: {}", answer.status());
        }
    }
    assert_eq!(tried, 9, "all that changes something");
    assert_eq!(fingerprint(&app).await, before, "nothing was changed");
    assert_eq!(owner.try_viewer("demo").await.status(), 200, "the session goes on");
    let own_origin = [("origin", app.base.as_str())];
    let call = (ENDPOINTS.iter().find(|endpoint| endpoint.name == "fn take_over").expect("in the table").call)("demo", &ids);
    assert_eq!(make(&app, call, Some(&owner.cookie), &own_origin).await.status(), 200, "our own page may");
}

/// The value of a directive of a content security policy.
fn directive<'a>(policy: &'a str, name: &str) -> Option<&'a str> {
    policy.split(';').map(str::trim).find_map(|part| part.strip_prefix(name)?.strip_prefix(' '))
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let owner = app.owner().await;
    for path in [
        "/".to_owned(),
        "/sign-in".into(),
        "/demo/inbox".into(),
        format!("/demo/inbox/{}", ids.conversation),
        "/demo/inbox/bukan-id".into(),
        "/tidak/ada/di/sini".into(),
        "/dashboard".into(),
        "/healthz".into(),
        "/api/webhook/kapso".into(),
        "/api/demo/live".into(),
        "/api/demo/events?after=0".into(),
        "/api/lain/events?after=0".into(),
        format!("/api/demo/media/{}", ids.media),
        format!("{}?workspace=demo", LoadViewer::PATH),
        "/sandbox/phone".into(),
    ] {
        let answer = make(&app, Call::Get(path.clone()), Some(&owner.cookie), &[]).await;
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        assert_eq!(header("x-frame-options"), "DENY", "{path}");
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "strict-origin-when-cross-origin", "{path}");
        let policy = header("content-security-policy");
        let scripts = directive(&policy, "script-src").or(directive(&policy, "default-src")).unwrap_or_default().to_owned();
        assert!(
            !scripts.is_empty() && !scripts.contains("unsafe-inline") && !scripts.contains("'unsafe-eval'") && !scripts.contains('*'),
            "{path}: {policy}"
        );
        let cached = header("cache-control");
        let private = cached.contains("no-store") || (path.contains("/media/") && cached.starts_with("private"));
        assert!(private, "{path} may be kept by no proxy: {cached}");
    }
}

#[tokio::test]
async fn scripts_of_a_page_run_by_a_nonce_that_is_new_each_time() {
    let app = TestApp::start().await;
    let ids = secrets(&app).await;
    let owner = app.owner().await;
    let mut nonces = BTreeSet::new();
    let pages =
        ["/".to_owned(), "/sign-in".into(), "/demo/inbox".into(), format!("/demo/inbox/{}", ids.conversation), "/tidak/ada/di/sini".into()];
    for path in pages.iter().cycle().take(pages.len() * 2) {
        let answer = owner.get(path).await;
        let policy = answer.headers()["content-security-policy"].to_str().expect("text").to_owned();
        let scripts = directive(&policy, "script-src").unwrap_or_else(|| panic!("{path} has a policy for scripts: {policy}"));
        let nonce = scripts.split_once("'nonce-").and_then(|(_, rest)| rest.split_once('\'')).map(|(nonce, _)| nonce).expect("a nonce");
        assert!(nonce.len() >= 16, "long enough not to be guessed: {nonce}");
        for (name, wanted) in [("object-src", "'none'"), ("base-uri", "'none'"), ("frame-ancestors", "'none'"), ("form-action", "'self'")] {
            assert_eq!(directive(&policy, name), Some(wanted), "{path}");
        }
        let html = answer.text().await.expect("HTML");
        let scripts: Vec<&str> =
            html.match_indices("<script").map(|(at, _)| &html[at..at + html[at..].find('>').expect("a whole tag")]).collect();
        assert!(!scripts.is_empty(), "{path}");
        for script in scripts {
            assert!(script.contains(&format!("nonce=\"{nonce}\"")), "{path}: {script} with nonce {nonce}");
        }
        for handler in [" onclick=", " onload=", " onerror=", " onsubmit=", "javascript:"] {
            assert!(!html.contains(handler), "{path} has {handler}, which the policy forbids");
        }
        nonces.insert(nonce.to_owned());
    }
    assert_eq!(nonces.len(), pages.len() * 2);
}

// ── the table is complete ────────────────────────────────────────────────────────────────────────────────────────

/// The endpoints that the sources define: routes of the router, server functions, pages.
fn endpoints(router: &str, site_map: &str, others: &[(String, String)]) -> BTreeSet<String> {
    let router = router.split("#[cfg(test)]").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for part in router.split(".route(").skip(1) {
        let path = part.split('"').nth(1).expect("a path");
        // Up to the bracket that closes `.route(`.
        let mut depth = 1;
        let end = part.find(|c| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let handlers = &part[..end.expect("a whole call")];
        for method in ["get", "post", "put", "patch", "delete", "head", "options", "trace", "any", "on"] {
            let call = format!("{method}(");
            let calls = handlers.match_indices(&call).any(|(at, _)| !handlers[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_'));
            if calls {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    for part in site_map.split("path!(").skip(1) {
        found.insert(format!("page {}", part.split('"').nth(1).expect("a path")));
    }
    for (path, text) in others {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        for part in text.split("#[server").skip(1) {
            assert!(path.ends_with("/api.rs"), "{path}: server functions stand in api.rs");
            let name = part.split("fn ").nth(1).and_then(|rest| rest.split(['(', '<']).next()).expect("a function");
            found.insert(format!("fn {name}"));
        }
    }
    found
}

#[test]
fn every_endpoint_stands_in_the_table() {
    let router = source("src/server/router.rs");
    let found = endpoints(&router, &source("src/app.rs"), &rust_files("src"));
    let listed: BTreeSet<String> = ENDPOINTS.iter().map(|endpoint| endpoint.name.to_owned()).collect();
    assert_eq!(found, listed, "left: what the sources have; right: what the table has. A new endpoint needs a row that says who gets what");
    for (path, text) in rust_files("src") {
        let text = text.split("#[cfg(test)]").next().unwrap_or_default();
        // The sandbox stands in for the outside world: it knows what its customers said, and is not mounted outside demo mode.
        if path == "src/server/router.rs" || path.starts_with("src/sandbox/") {
            continue;
        }
        for way in [".route(", ".nest(", ".route_service(", ".nest_service(", ".fallback_service("] {
            assert!(!text.contains(way), "{path}: routes stand in src/server/router.rs");
        }
    }
    let router = router.split("#[cfg(test)]").next().unwrap_or_default();
    for way in [".nest(", ".route_service(", ".nest_service(", ".fallback_service(", ".method_not_allowed_fallback("] {
        assert!(!router.contains(way), "the test cannot see what {way} adds: teach it first");
    }
    assert_eq!(router.matches(".merge(").count(), 1, "only the sandbox is merged");
    assert!(router.contains(".merge(sandbox::router("));
}

#[test]
fn a_new_endpoint_is_noticed() {
    let router = r#"Router::new().route("/a", get(a::b).post(c)).route(
        "/api/{workspace}/export", put(d))"#;
    let api = r#"#[server(input = GetUrl)] pub async fn export_all(workspace: String) -> X {} #[server] pub async fn erase() {}"#;
    let found = endpoints(router, r#"<Route path=path!("/:workspace/export") view=X/>"#, &[("src/x/api.rs".into(), api.into())]);
    let wanted = ["GET /a", "POST /a", "PUT /api/{workspace}/export", "fn erase", "fn export_all", "page /:workspace/export"];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn the_sandbox_and_its_sign_in_exist_in_demo_mode_only() {
    let production = TestApp::configured(my21staff::server::clock::Clock::System, |env| {
        env.insert("DEV_MODE".into(), "false".into());
        env.insert("KAPSO_API_BASE_URL".into(), "http://127.0.0.1:9".into());
        env.insert("ENCRYPTION_KEY".into(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=".into());
    })
    .await;
    for path in ["/sandbox", "/sandbox/phone", "/sandbox/log", "/sandbox/kapso/meta/whatsapp/v24.0/123456789012345/messages"] {
        let answer = make(&production, Call::Get(path.into()), None, &[]).await;
        assert_eq!(answer.status(), 404, "{path}");
    }
    for path in ["/sandbox/control", "/sandbox/reset", "/sandbox/phone/messages", "/api/dev/sign-in"] {
        let answer = make(&production, Call::Post(path.into(), vec![("email", "owner@demo.test".into())]), None, &[]).await;
        assert!([404, 405].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
        assert!(!answer.headers().contains_key(header::SET_COOKIE), "{path}");
    }
    let answer = production.http.get(production.url(LoadSignIn::PATH)).send().await.expect("an answer");
    assert_eq!(answer.json::<serde_json::Value>().await.expect("JSON")["demo"], false);
}
