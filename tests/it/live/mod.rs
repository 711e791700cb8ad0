//! The live stream: every frame once, in order, whatever breaks in between, and only for as long as somebody may listen.

mod ends;
mod resume;
mod totals;
mod wires;

use crate::support::*;
use my21staff::inbox::model::LiveFrame;
use reqwest::{Response, header};
use std::time::Duration;

/// Asks for a path with somebody's cookie at any of the processes.
async fn ask(app: &TestApp, cookie: &str, path: &str, last_event_id: Option<&str>) -> Response {
    let mut request = app.http.get(app.url(path)).header(header::COOKIE, cookie);
    if let Some(id) = last_event_id {
        request = request.header("last-event-id", id);
    }
    request.send().await.expect("an answer")
}

/// Opens the stream of `demo`.
async fn open(app: &TestApp, cookie: &str, query: &str, last_event_id: Option<&str>) -> LiveStream {
    let answer = ask(app, cookie, &format!("/api/demo/live{query}"), last_event_id).await;
    assert_eq!(answer.status(), 200, "the stream opens");
    LiveStream::new(answer)
}

/// The event number of `demo` so far.
async fn last_seq(app: &TestApp) -> i64 {
    app.value("select last_seq from workspace_sequence s join workspace w on w.id = s.workspace_id where w.slug = 'demo'").await
}

/// Lets `count` messages of a few customers come in, many to a delivery.
async fn flood(app: &TestApp, count: usize) {
    let bodies: Vec<String> = (0..count)
        .map(|n| inbound_text(NUMBER, &format!("62811000000{:02}", n % 5), &wamid(), &format!("pesan {n}"), app.app.clock.millis()))
        .collect();
    for part in bodies.chunks(100) {
        app.deliver(batch(part)).await;
    }
}

/// Frames up to one with this number.
async fn frames_until(stream: &mut LiveStream, seq: i64) -> Vec<LiveFrame> {
    stream.until(|frame| frame.seq >= seq).await
}

fn seqs(frames: &[LiveFrame]) -> Vec<i64> {
    frames.iter().map(|frame| frame.seq).collect()
}

/// Numbers that look random and are the same each time (xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

#[tokio::test]
async fn the_first_thing_said_is_a_ping_with_a_hint_when_to_come_back() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut stream = owner.live("demo", None).await;
    let hello = tokio::time::timeout(Duration::from_secs(2), stream.event()).await.expect("at once").expect("an event");
    assert_eq!((hello.name.as_deref(), hello.id, hello.retry), (Some("ping"), None, Some(500)));
    app.customer_says("6281100000001", "halo").await;
    let frame = stream.frame().await;
    assert_eq!((frame.seq, frame.kind.as_str(), frame.unread_delta), (1, "message_received", 1));
    assert_eq!(frame.message.map(|message| message.text).as_deref(), Some("halo"));
}

#[tokio::test]
async fn a_silent_stream_pings_every_quarter_of_a_minute() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut stream = owner.live("demo", None).await;
    stream.event().await.expect("the first ping");
    let began = tokio::time::Instant::now();
    let ping =
        tokio::time::timeout(Duration::from_secs(17), stream.event()).await.expect("within sixteen seconds or so").expect("an event");
    assert_eq!(ping.name.as_deref(), Some("ping"));
    assert!(began.elapsed() > Duration::from_secs(10), "not a busy line either: {:?}", began.elapsed());
}

#[tokio::test]
async fn a_stream_says_how_it_wants_to_be_carried() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let answer = ask(&app, &owner.cookie, "/api/demo/live", None).await;
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    assert!(header("content-type").starts_with("text/event-stream"));
    assert_eq!((header("cache-control").as_str(), header("x-accel-buffering").as_str()), ("no-store", "no"));
    assert_eq!(header("content-encoding"), "", "not held back to be compressed");
}

#[tokio::test]
async fn a_message_at_one_process_is_heard_at_the_other_at_once() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    let owner = app.owner().await;
    let mut stream = open(&second, &owner.cookie, "?after=0", None).await;
    let mut fastest = Duration::MAX;
    for n in 1..=8 {
        let began = tokio::time::Instant::now();
        app.customer_says("6281100000001", &format!("pesan {n}")).await;
        assert_eq!(stream.frame().await.seq, n);
        fastest = fastest.min(began.elapsed());
    }
    // The sweep alone would take half a second on average: this came by NOTIFY.
    assert!(fastest < Duration::from_millis(250), "{fastest:?}");
}

#[tokio::test]
async fn messages_arrive_while_listener_connections_are_cut() {
    let app = TestApp::start().await;
    let second = app.second_process().await;
    let owner = app.owner().await;
    let mut here = open(&app, &owner.cookie, "?after=0", None).await;
    let mut there = open(&second, &owner.cookie, "?after=0", None).await;
    let listeners = "from pg_stat_activity where datname = current_database() and query ilike 'listen %'";
    for n in 1..=4 {
        eventually("both processes listen", async || (app.value::<i64>(&format!("select count(*) {listeners}")).await >= 2).then_some(()))
            .await;
        let cut: i64 = app.value(&format!("select count(pg_terminate_backend(pid)) {listeners}")).await;
        assert!(cut >= 2, "{cut} connections were cut");
        app.customer_says("6281100000001", &format!("pesan {n}")).await;
        for stream in [&mut here, &mut there] {
            let frame = tokio::time::timeout(Duration::from_secs(2), stream.frame()).await.expect("within two seconds");
            assert_eq!(frame.seq, n, "none lost, none twice");
        }
    }
}
