//! Many calls as somebody of one workspace, with ids, slugs, headers and bodies of the other and of nobody, bent in all ways: no byte of the other
//! workspace comes back, nothing of it changes, and nothing of it gets into what the caller's workspace keeps or what the log says.
//!
//! 2,000 calls with the tests; `make fuzz` makes 100,000, `make fuzz CALLS=1000000` a million. `FUZZ_SEED` repeats a run.

use super::{Call, Ids, endpoints::*, roles::conversation_in};
use crate::support::*;
use axum::{
    Router,
    body::Body,
    http::{HeaderName, HeaderValue, Method, Request},
};
use futures::StreamExt;
use leptos::config::LeptosOptions;
use my21staff::server::{router::router, state::AppState};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tower::ServiceExt;

/// What was said in, and who is of, the workspace that must not be seen.
const SECRETS: [&str; 6] =
    ["rahasia kenari tujuh", "87712340099", "877-1234-0099", "pemilik.rahasia@demo.test", "Rani Prameswari", "Kenari Tersembunyi"];
const TEXT: &str = SECRETS[0];
const PHONE: &str = "6287712340099";

/// Numbers that look random and are the same each time (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn roll(&mut self, sides: usize) -> usize {
        (self.next() % sides as u64) as usize
    }

    fn one_in(&mut self, sides: usize) -> bool {
        self.roll(sides) == 0
    }

    fn word(&mut self, words: &[&'static str]) -> &'static str {
        words[self.roll(words.len())]
    }

    fn of<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.roll(list.len())]
    }
}

/// All that a call may be made of.
struct World {
    router: Router,
    cookie: String,
    own: Ids,
    foreign: Ids,
    /// Every id of the other workspace: rows, people, the workspace itself.
    foreign_ids: Vec<String>,
}

/// Written lines of the log.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn bent(dice: &mut Dice, text: &str) -> String {
    match dice.roll(12) {
        0 => String::new(),
        1 => text.to_uppercase(),
        2 => format!("{text}%00"),
        3 => format!("{text}'or'1'='1"),
        4 => format!("../{text}"),
        5 => text.chars().rev().collect(),
        6 => format!("{text},{text}"),
        7 => text.replace('-', ""),
        8 => "%".into(),
        9 => "00000000-0000-0000-0000-000000000000".into(),
        10 => "9".repeat(dice.roll(60)),
        _ => format!(" {text} "),
    }
}

/// A call out of the table, bent: path, method, headers, body.
fn request(world: &World, dice: &mut Dice) -> Request<Body> {
    // Pages are slow to render and streams slow to listen to: they are tried, and not most of the time.
    let endpoint = loop {
        let endpoint = dice.of(&ENDPOINTS);
        let slow = endpoint.name.starts_with("page ") || endpoint.name.contains("/live") || endpoint.name.contains("sign-in");
        // Signing out would end the caller's session, the demo's sign-in would make another caller of it.
        if endpoint.name != "POST /sign-out" && endpoint.name != "POST /api/dev/sign-in" && (!slow || dice.one_in(12)) {
            break endpoint;
        }
    };
    let slug = *dice.of(&["other", "other", "demo", "demo", "nobody", "DEMO", "demo%00", "other%2F..%2Fdemo", ".."]);
    let mut ids = Ids { ..world.foreign };
    if dice.one_in(4) {
        ids.conversation = world.own.conversation;
    }
    if dice.one_in(4) {
        ids.message = world.own.message;
    }
    if dice.one_in(4) {
        ids.media = world.own.media;
    }
    let (mut method, mut path, mut form) = match (endpoint.call)(slug, &ids) {
        Call::Get(path) => (Method::GET, path, Vec::new()),
        Call::Post(path, form) | Call::Upload(path, form) => (Method::POST, path, form),
    };
    let uploads = matches!((endpoint.call)(slug, &ids), Call::Upload(..));
    if dice.one_in(6) {
        let id = dice.of(&world.foreign_ids).clone();
        let id = if dice.one_in(3) { bent(dice, &id) } else { id };
        for own in [ids.conversation.to_string(), ids.message.to_string(), ids.media.to_string()] {
            path = path.replace(&own, &id);
            form.iter_mut().for_each(|(_, value)| *value = value.replace(&own, &id));
        }
    }
    if dice.one_in(5) {
        let more =
            ["workspace", "workspace_id", "conversation", "message", "person", "role", "after", "before", "page", "q", "id", "assignee_id"];
        let value =
            if dice.one_in(2) { dice.of(&world.foreign_ids).clone() } else { (*dice.of(&["demo", "0", "-1", "*", "true"])).to_owned() };
        form.push((*dice.of(&more), value.clone()));
        let mark = if path.contains('?') { '&' } else { '?' };
        path = format!("{path}{mark}{}={value}", dice.of(&more));
    }
    if !form.is_empty() && dice.one_in(6) {
        let place = dice.roll(form.len());
        form[place].1 = bent(dice, &form[place].1.clone());
    }
    if dice.one_in(15) {
        method = dice.of(&[Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS]).clone();
    }
    let encoded = form.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect::<Vec<_>>().join("&");
    let fields: String =
        form.iter().map(|(name, value)| format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")).collect();
    let (kind, body) = match dice.roll(10) {
        2.. if uploads => ("multipart/form-data; boundary=x", format!("{fields}--x--\r\n")),
        0 => {
            let fields = form.iter().map(|(name, value)| ((*name).to_owned(), serde_json::Value::String(value.clone()))).collect();
            ("application/json", serde_json::Value::Object(fields).to_string())
        }
        1 => (
            "multipart/form-data; boundary=x",
            format!("--x\r\ncontent-disposition: form-data; name=\"workspace\"\r\n\r\ndemo\r\n{fields}--x--\r\n{encoded}"),
        ),
        _ => ("application/x-www-form-urlencoded", encoded),
    };
    let path: String = path.chars().map(|c| if c.is_ascii_graphic() { c } else { '_' }).collect();
    let path = if path.starts_with('/') { path } else { format!("/{path}") };
    let mut request = Request::new(Body::from(body));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().unwrap_or_else(|_| "/".parse().expect("a path"));
    let headers = request.headers_mut();
    let mut set = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.append(HeaderName::from_static(name), value);
        }
    };
    set("host", dice.word(&["app.test", "app.test", "app.test", "demo.app.test"]));
    set("content-type", kind);
    set("accept", dice.word(&["application/json", "application/json", "text/html", "*/*"]));
    match dice.roll(20) {
        0 => {}
        1 => set("cookie", "my21_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
        2 => set("cookie", &format!("{}; workspace=demo; my21_session=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", world.cookie)),
        _ => set("cookie", &world.cookie),
    }
    if dice.one_in(4) {
        let workspace = dice.of(&world.foreign_ids).clone();
        match dice.roll(9) {
            0 => set("x-workspace-id", &workspace),
            1 => set("last-event-id", dice.word(&["0", "-1", "9999999", "x"])),
            2 => set("x-forwarded-for", "127.0.0.1"),
            3 => set("x-http-method-override", "DELETE"),
            4 => set("x-original-url", "/api/demo/events?after=0"),
            5 => set("authorization", &format!("Bearer {workspace}")),
            6 => set("referer", "http://app.test/demo/inbox"),
            7 => set("x-forwarded-host", "demo.app.test"),
            _ => set("if-none-match", "*"),
        }
    }
    request
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Makes one call; gives what went wrong.
async fn call(world: &World, seed: u64, number: u64) -> Result<u16, String> {
    let request = request(world, &mut Dice(seed ^ number.wrapping_mul(0x2545_F491_4F6C_DD1D)));
    let what = format!("call {number}: {} {}", request.method(), request.uri());
    let (parts, body) = request.into_parts();
    let sent_body = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| error.to_string())?;
    let sent = format!("{} {:?} {}", parts.uri, parts.headers, String::from_utf8_lossy(&sent_body)).to_lowercase();
    let request = Request::from_parts(parts, Body::from(sent_body));
    let answer = world.router.clone().oneshot(request).await.map_err(|error| error.to_string())?;
    let status = answer.status().as_u16();
    let headers = format!("{:?}", answer.headers());
    let said = format!("{headers}\n{}", String::from_utf8_lossy(&read(answer.into_body()).await));
    for secret in SECRETS {
        if said.contains(secret) {
            return Err(format!("{what} tells {secret:?}: {said}"));
        }
    }
    // An id is the same with and without its dashes.
    let plain = |text: &str| text.replace("%2d", "").replace('-', "");
    let sent = plain(&sent);
    for id in &world.foreign_ids {
        // What the caller said may come back to it.
        if said.contains(id.as_str()) && !sent.contains(&plain(id)) {
            return Err(format!("{what} tells the id {id}: {said}"));
        }
    }
    // Whether we are ready is asked while the parts come up; without its secret Clerk's webhook refuses everything.
    if status >= 500 && !what.contains("/readyz") && !what.contains("/api/webhook/clerk") {
        return Err(format!("{what} made us fail: {said}"));
    }
    Ok(status)
}

/// The whole body; of a stream what it says at once.
async fn read(body: Body) -> Vec<u8> {
    let mut parts = body.into_data_stream();
    let mut bytes = Vec::new();
    // A stream begins with a ping, and then would be waited for.
    let patience =
        |bytes: &[u8]| Duration::from_millis(if bytes.starts_with(b"event: ping") || bytes.starts_with(b"retry:") { 3 } else { 5_000 });
    while let Ok(Some(Ok(part))) = tokio::time::timeout(patience(&bytes), parts.next()).await {
        bytes.extend_from_slice(&part);
    }
    bytes
}

/// All rows of a workspace, table by table, as one text.
async fn rows_of(app: &TestApp, workspace: &str) -> String {
    let tables: Vec<String> = sqlx::query_scalar(
        "select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'workspace_id' and not a.attisdropped
         where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace order by 1",
    )
    .fetch_all(&mut connect_to(&app.database_url).await)
    .await
    .expect("the catalogue");
    assert!(tables.len() > 14, "{tables:?}");
    let parts: Vec<String> = tables
        .iter()
        .map(|table| {
            format!("select '{table} ' || x::text as line from {table} x where x.workspace_id = (select id from workspace where slug = '{workspace}')")
        })
        .collect();
    app.value(&format!("select coalesce(string_agg(line, chr(10) order by line), '') from ({}) everything", parts.join(" union all ")))
        .await
}

/// Names and texts of all files below a folder.
fn files_below(folder: &std::path::Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push((path.to_string_lossy().into_owned(), std::fs::read(&path).unwrap_or_default()));
        }
    }
}

fn number_from(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_of_one_workspace_gets_a_byte_of_the_other() {
    let calls = number_from("FUZZ_CALLS", 2_000);
    let seed = number_from("FUZZ_SEED", 21);
    let lines = Lines::default();
    let writer = lines.clone();
    let filter = tracing_subscriber::EnvFilter::new("debug,sqlx=warn,hyper=info");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || writer.clone()).with_ansi(false).finish();
    tracing::subscriber::set_global_default(log).expect("each test has a process of its own");

    let app = TestApp::start().await;
    let foreign = conversation_in(&app, "demo", NUMBER, PHONE, TEXT).await;
    let own = conversation_in(&app, "other", OTHER_NUMBER, "6281100000001", "milik sendiri").await;
    app.sql(
        "update contact k set name = 'Kenari Tersembunyi' from workspace w where w.id = k.workspace_id and w.slug = 'demo';
         update person set email = 'pemilik.rahasia@demo.test' where email = 'owner@demo.test';
         update workspace set ari_enabled = false",
    )
    .await;
    let cookie = app.stranger().await.cookie;
    let demo = "(select id from workspace where slug = 'demo')";
    let ids = format!(
        "select string_agg(distinct id::text, ',') from (
             select {demo} id union all select id from conversation where workspace_id = {demo} union all select id from message where workspace_id = {demo}
             union all select id from media where workspace_id = {demo} union all select id from contact where workspace_id = {demo}
             union all select id from whatsapp_number where workspace_id = {demo} union all select person_id from membership where workspace_id = {demo}) ids"
    );
    let foreign_ids: Vec<String> = app.value::<String>(&ids).await.split(',').map(str::to_owned).collect();
    assert!(foreign_ids.len() >= 8);
    // What starting puts in motion has begun and ended first: each number is compared with the provider's list.
    let going_on = "select (select count(*) from job) + (select count(*) from whatsapp_number where synced_until is null)";
    eventually("all jobs are done", async || (app.value::<i64>(going_on).await == 0).then_some(())).await;
    let before = rows_of(&app, "demo").await;
    let leptos = LeptosOptions::builder()
        .output_name("my21staff")
        .site_root(concat!(env!("CARGO_MANIFEST_DIR"), "/public"))
        .site_addr(([127, 0, 0, 1], 3000))
        .build();
    let world = World { router: router(AppState { leptos, app: app.app.clone() }), cookie, own, foreign, foreign_ids };

    let began = Instant::now();
    let mut statuses = std::collections::BTreeMap::<u16, u64>::new();
    let world = &world;
    let mut answers = futures::stream::iter(0..calls).map(|number| call(world, seed, number)).buffer_unordered(8);
    let mut done = 0u64;
    while let Some(answer) = answers.next().await {
        let status = answer.unwrap_or_else(|wrong| panic!("FUZZ_SEED={seed} {wrong}"));
        *statuses.entry(status).or_default() += 1;
        done += 1;
        if done.is_multiple_of(500) {
            // Limits would answer everything that comes after.
            app.sql("truncate rate_limit").await;
        }
    }
    drop(answers);
    let seconds = began.elapsed().as_secs_f64();
    println!("{calls} calls in {seconds:.1} s, {:.0} a second; seed {seed}; by status {statuses:?}", calls as f64 / seconds);
    let own_ones = statuses.get(&200).copied().unwrap_or(0);
    assert!(own_ones * 20 > calls, "calls reach handlers and the caller's own things: {statuses:?}");
    assert!(statuses.get(&404).copied().unwrap_or(0) * 20 > calls, "and are refused others': {statuses:?}");

    assert_eq!(rows_of(&app, "demo").await, before, "nothing of the other workspace was changed, counted, queued or logged");
    let kept = rows_of(&app, "other").await;
    let mut files = Vec::new();
    files_below(&app.app.config.data_dir, &mut files);
    let home: String = app.value("select id::text from workspace where slug = 'other'").await;
    let log = String::from_utf8_lossy(&lines.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned();
    assert!(log.len() > 10_000, "the log was listened to");
    for secret in SECRETS {
        assert!(!kept.contains(secret), "{secret:?} is kept in the caller's workspace");
        // Nobody's texts, names and addresses get into a log, one's own neither.
        assert!(!log.contains(secret), "{secret:?} is in the log");
        for (name, bytes) in &files {
            assert!(!name.contains(secret), "{name}");
            assert!(!name.contains(&home) || !String::from_utf8_lossy(bytes).contains(secret), "{name} holds {secret:?}");
        }
    }
    // What the caller wrote itself may hold an id it guessed; rows that point to one may not.
    for id in &world.foreign_ids {
        for line in kept.lines().filter(|line| !line.starts_with("message ")) {
            assert!(!line.contains(id.as_str()), "{id} stands in {line}");
        }
    }
}
