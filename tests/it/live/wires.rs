//! The stream on the wire: it leaves HTTP's machinery once its head is out, and nobody can tell.

use super::*;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// A client that knows no HTTP but what is written here.
struct Raw {
    socket: TcpStream,
    heard: String,
}

impl Raw {
    async fn connect(app: &TestApp) -> Self {
        let address: SocketAddr = app.base.trim_start_matches("http://").parse().expect("an address");
        Self { socket: TcpStream::connect(address).await.expect("a connection"), heard: String::new() }
    }

    async fn ask(&mut self, method: &str, path: &str, version: &str, cookie: &str) {
        let request = format!("{method} {path} HTTP/{version}\r\nhost: localhost\r\ncookie: {cookie}\r\n\r\n");
        self.socket.write_all(request.as_bytes()).await.expect("it can be asked");
    }

    /// Reads on until it has heard this.
    async fn hears(&mut self, text: &str) {
        let mut bytes = [0; 4096];
        while !self.heard.contains(text) {
            let read = tokio::time::timeout(Duration::from_secs(5), self.socket.read(&mut bytes)).await;
            let read = read.unwrap_or_else(|_| panic!("{text:?} is not in {:?}", self.heard)).expect("bytes");
            assert!(read > 0, "it ended without {text:?}: {:?}", self.heard);
            self.heard.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
    }

    /// Reads to the end. What it hears of a body in chunks, put together; a chunk that is not as long as it says fails.
    async fn body(mut self) -> String {
        let mut rest = Vec::new();
        tokio::time::timeout(Duration::from_secs(5), self.socket.read_to_end(&mut rest)).await.expect("it ends").expect("bytes");
        self.heard.push_str(&String::from_utf8(rest).expect("text"));
        let (_, mut chunks) = self.heard.split_once("\r\n\r\n").expect("a head");
        let mut body = String::new();
        loop {
            let (length, rest) = chunks.split_once("\r\n").expect("a chunk's length");
            let length = usize::from_str_radix(length, 16).expect("a number");
            let (chunk, rest) = rest.split_at(length);
            body.push_str(chunk);
            chunks = rest.strip_prefix("\r\n").expect("a chunk's end");
            if length == 0 {
                assert_eq!(chunks, "", "nothing after the end");
                return body;
            }
        }
    }
}

#[tokio::test]
async fn the_answer_is_whole_on_a_connection_that_was_used_before() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut raw = Raw::connect(&app).await;
    raw.ask("GET", "/healthz", "1.1", &owner.cookie).await;
    raw.hears("\r\n\r\n").await;
    raw.ask("GET", "/api/demo/live", "1.1", &owner.cookie).await;
    raw.hears("event: ping").await;
    let head = raw.heard[raw.heard.rfind("HTTP/1.1 200").expect("a second answer")..].to_lowercase();
    for header in [
        "content-type: text/event-stream",
        "transfer-encoding: chunked",
        "x-content-type-options: nosniff",
        "content-security-policy",
        "date: ",
        "connection: close",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    raw.heard = head;
    // What is said meanwhile is no request.
    raw.ask("GET", "/healthz", "1.1", &owner.cookie).await;
    flood(&app, 120).await;
    raw.hears(&format!("id: {}\n", last_seq(&app).await)).await;
    app.app.stopping.cancel();
    let body = raw.body().await;
    assert!(body.contains("event: bye\ndata: restart\nretry: "), "{}", &body[body.len().saturating_sub(200)..]);
    assert_eq!(body.matches("message_received").count(), 120);
    assert_eq!(body.matches("http/1.1").count() + body.matches("HTTP/1.1").count(), 0);
}

#[tokio::test]
async fn who_reads_slowly_gets_everything() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut raw = Raw::connect(&app).await;
    raw.ask("GET", "/api/demo/live?after=0", "1.1", &owner.cookie).await;
    raw.hears("event: ping").await;
    // More than sockets hold for somebody who does not read.
    let long = "panjang ".repeat(400);
    for n in 0..12 {
        let bodies: Vec<String> =
            (0..100).map(|k| inbound_text(NUMBER, "6281100000001", &format!("wamid.{n}.{k}"), &long, app.app.clock.millis())).collect();
        app.deliver(batch(&bodies)).await;
    }
    let last = last_seq(&app).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    raw.hears(&format!("id: {last}\n")).await;
    app.app.stopping.cancel();
    let body = raw.body().await;
    let seqs: Vec<i64> = body.lines().filter_map(|line| line.strip_prefix("id: ")?.parse().ok()).collect();
    assert_eq!(seqs, (1..=last).collect::<Vec<_>>(), "each once, in order");
}

#[tokio::test]
async fn other_kinds_of_clients_get_it_as_any_answer() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    // An old one, which knows no chunks.
    let mut raw = Raw::connect(&app).await;
    raw.ask("GET", "/api/demo/live", "1.0", &owner.cookie).await;
    raw.hears("event: ping").await;
    assert!(!raw.heard.to_lowercase().contains("chunked"), "{}", raw.heard);
    app.customer_says("6281100000001", "halo").await;
    raw.hears("message_received").await;
    // One that only wants the head, and goes on with the connection.
    let mut raw = Raw::connect(&app).await;
    raw.ask("HEAD", "/api/demo/live", "1.1", &owner.cookie).await;
    raw.hears("\r\n\r\n").await;
    raw.heard.clear();
    raw.ask("GET", "/healthz", "1.1", &owner.cookie).await;
    raw.hears("HTTP/1.1 200").await;
    // One that may not.
    let mut raw = Raw::connect(&app).await;
    raw.ask("GET", "/api/demo/live", "1.1", "my21_session=none").await;
    raw.hears("HTTP/1.1 401").await;
}

#[tokio::test]
async fn what_else_a_client_says_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    // All at once: a request before, a body that was not asked for, and one behind.
    let mut raw = Raw::connect(&app).await;
    let before = "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let more = "content-length: 5\r\nexpect: 100-continue\r\nupgrade: x";
    let live = format!("GET /api/demo/live HTTP/1.1\r\nhost: localhost\r\n{more}\r\ncookie: {}\r\n\r\nhalo!", owner.cookie);
    raw.socket.write_all(format!("{before}{live}{before}").as_bytes()).await.expect("it can be asked");
    raw.hears("event: ping").await;
    app.customer_says("6281100000001", "halo").await;
    raw.hears("message_received").await;
    assert_eq!(raw.heard.matches("HTTP/1.1 200").count(), 2, "one answer before, and none behind: {}", raw.heard);
    // Who will say no more does not listen either; as before the socket was taken.
    raw.socket.shutdown().await.expect("half of it is closed");
    eventually("it is let go", async || (app.app.hub.subscribers() == 0).then_some(())).await;
    // Who does not stop talking is cut off, and holds nobody up meanwhile.
    let mut raw = Raw::connect(&app).await;
    raw.ask("GET", "/api/demo/live", "1.1", &owner.cookie).await;
    raw.hears("event: ping").await;
    let flood = vec![b'x'; 1024 * 1024];
    let _ = tokio::time::timeout(Duration::from_secs(5), raw.socket.write_all(&flood)).await.expect("it is told at once");
    eventually("it is let go", async || (app.app.hub.subscribers() == 0).then_some(())).await;
}

#[tokio::test]
async fn a_client_that_goes_away_is_let_go() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for _ in 0..5 {
        let mut raw = Raw::connect(&app).await;
        raw.ask("GET", "/api/demo/live", "1.1", &owner.cookie).await;
        raw.hears("event: ping").await;
    }
    // Those that did not even wait for the head.
    for _ in 0..5 {
        Raw::connect(&app).await.ask("GET", "/api/demo/live", "1.1", &owner.cookie).await;
    }
    eventually("nobody is there", async || (app.app.hub.subscribers() == 0 && app.app.open.receiver_count() == 0).then_some(())).await;
}

#[tokio::test]
async fn the_server_stops_when_the_last_word_is_said() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let mut streams = vec![owner.live("demo", None).await, owner.live("demo", None).await];
    for stream in &mut streams {
        stream.event().await.expect("a ping");
    }
    assert_eq!(app.app.open.receiver_count(), 2, "held by both");
    app.app.stopping.cancel();
    tokio::time::timeout(Duration::from_secs(2), app.app.open.closed()).await.expect("both have ended");
    for stream in &mut streams {
        assert_eq!(stream.ending().await.expect("the last word").name.as_deref(), Some("bye"));
    }
}
