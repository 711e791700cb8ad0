//! kill -9 at each step of a delivery, with the real program.

use super::*;
use std::net::SocketAddr;
use std::time::Duration;

const PHONE: &str = "6281234567890";

/// The program, its way to Postgres in our hands, and somebody who watches.
struct Stage {
    proxy: Proxy,
    server: Server,
    http: reqwest::Client,
    database_url: String,
    owner: Actor,
    stream: Option<LiveStream>,
    frames: Vec<LiveFrame>,
    accepted: BTreeSet<String>,
    at: i64,
}

impl Stage {
    /// With one message accepted, one stream open, and nothing going on.
    async fn set() -> Self {
        let (database, database_url) = fresh_database().await;
        let postgres: SocketAddr = host_of(&database_url).parse().expect("the cluster's address is numeric");
        let proxy = Proxy::start(postgres).await;
        let through = database_url.replace(&host_of(&database_url), &format!("127.0.0.1:{}", proxy.port));
        let server = Server::start(&through).await;
        let http = http_client();
        let owner = Actor::sign_in(&http, &server.base, "owner@demo.test").await;
        let at = my21staff::server::clock::Clock::System.millis() / 1000 * 1000 - 60_000;
        let mut stage = Self { proxy, server, http, database_url, owner, stream: None, frames: Vec::new(), accepted: BTreeSet::new(), at };
        sql(&database, "update workspace set ari_enabled = false").await;
        stage.stream = Some(stage.owner.live("demo", Some(0)).await);
        assert!(stage.deliver(0).await);
        stage.watch(1).await;
        let idle = async || (count(&stage.database_url, "select count(*) from job").await == 0).then_some(());
        eventually("the start's own work is done", idle).await;
        stage
    }

    fn body(&self, n: i64) -> String {
        inbound_text(NUMBER, PHONE, &format!("wamid.{n}"), &format!("pesan {n}"), self.at + n * 1000)
    }

    /// One attempt of the provider's. True when it was accepted.
    async fn deliver(&mut self, n: i64) -> bool {
        let accepted = post_signed(&self.http, &self.server.base, self.body(n), WEBHOOK_SECRET).await.is_ok_and(|a| a.status() == 200);
        if accepted {
            self.accepted.insert(format!("wamid.{n}"));
        }
        accepted
    }

    /// An attempt whose end nobody waits for yet.
    fn begin_delivery(&self, n: i64) -> tokio::task::JoinHandle<bool> {
        let (http, base, body) = (self.http.clone(), self.server.base.clone(), self.body(n));
        tokio::spawn(async move { post_signed(&http, &base, body, WEBHOOK_SECRET).await.is_ok_and(|a| a.status() == 200) })
    }

    async fn held(&self) {
        eventually("the wire holds it", async || (self.proxy.held() > 0).then_some(())).await;
    }

    async fn is_stored(&self, n: i64) -> bool {
        stored(&self.database_url).await.values().any(|id| *id == format!("wamid.{n}"))
    }

    /// Reads the stream on, reconnecting like a browser where it broke off.
    async fn watch(&mut self, messages: usize) {
        let last = self.frames.last().map_or(0, |frame| frame.seq);
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.owner.live("demo", Some(last)).await,
        };
        read_messages(&mut stream, messages, &mut self.frames).await;
        self.stream = Some(stream);
    }

    async fn crash(&mut self) {
        self.server.kill();
        self.stream = None;
        self.proxy.hold(Hold::Nothing);
    }

    async fn check(&self) {
        assert_none_lost_none_twice(&self.database_url, &self.owner, &self.accepted, &self.frames).await;
    }
}

fn host_of(url: &str) -> String {
    let server = url.rsplit_once('/').expect("a database").0;
    server.rsplit_once('@').map_or_else(|| server.rsplit_once('/').expect("a host").1, |(_, host)| host).to_owned()
}

async fn sql(database: &str, statement: &'static str) {
    sqlx::query(statement).execute(&mut admin_connection(database).await).await.expect(statement);
}

async fn count(url: &str, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&mut connect_to(url).await).await.expect(query)
}

#[tokio::test]
async fn killed_before_the_commit_nothing_was_accepted_and_the_retry_is_stored_once() {
    let mut stage = Stage::set().await;
    stage.proxy.hold(Hold::Commit);
    let attempt = stage.begin_delivery(1);
    stage.held().await;
    stage.crash().await;
    assert!(!attempt.await.unwrap(), "it was not accepted");
    assert!(!stage.is_stored(1).await, "and left nothing");
    stage.server.restart().await;
    assert!(stage.deliver(1).await);
    stage.watch(1).await;
    stage.check().await;
}

#[tokio::test]
async fn killed_after_the_commit_and_before_the_answer_the_retry_adds_nothing() {
    let mut stage = Stage::set().await;
    stage.proxy.hold(Hold::CommitAnswer);
    let attempt = stage.begin_delivery(1);
    stage.held().await;
    eventually("it is durable", async || stage.is_stored(1).await.then_some(())).await;
    assert!(!attempt.is_finished(), "and not yet answered");
    stage.crash().await;
    assert!(!attempt.await.unwrap());
    stage.server.restart().await;
    // The provider knows nothing of that, and sends it again.
    assert!(stage.deliver(1).await);
    assert!(stage.deliver(1).await);
    stage.watch(1).await;
    stage.check().await;
    assert_eq!(count(&stage.database_url, "select unread_count::bigint from conversation").await, 2, "nor is it counted twice");
}

#[tokio::test]
async fn killed_after_the_answer_and_before_the_wake_up_another_process_shows_it_all_the_same() {
    let mut stage = Stage::set().await;
    let clock = my21staff::server::clock::Clock::System;
    let other = TestApp::on_database(String::new(), stage.database_url.clone(), clock, |_| {}).await;
    let last = stage.frames.last().map(|frame| frame.seq);
    let mut elsewhere = stage.owner.at(&other.base).live("demo", last).await;
    assert!(elsewhere.is_silent_for(Duration::from_millis(300)).await);
    stage.proxy.hold(Hold::WakeUp);
    assert!(stage.deliver(1).await);
    stage.held().await;
    stage.crash().await;
    let mut frames = Vec::new();
    read_messages(&mut elsewhere, 1, &mut frames).await;
    assert_eq!(frames.last().and_then(|frame| frame.message.as_ref()).map(|message| message.text.as_str()), Some("pesan 1"));
    // The browser that was connected to the dead process goes on at this one.
    stage.owner = stage.owner.at(&other.base);
    stage.watch(1).await;
    stage.check().await;
}

#[tokio::test]
async fn killed_at_any_moment_under_load_what_was_answered_is_there_and_the_rest_can_be_sent_again() {
    let mut stage = Stage::set().await;
    let mut next = 1;
    for round in 0..4_u64 {
        let attempts: Vec<_> = (next..next + 30).map(|n| (n, stage.begin_delivery(n))).collect();
        tokio::time::sleep(Duration::from_millis(3 + round * 9)).await;
        stage.crash().await;
        let mut refused = Vec::new();
        for (n, attempt) in attempts {
            if attempt.await.unwrap() {
                assert!(stage.is_stored(n).await, "{n} was accepted in round {round}");
                stage.accepted.insert(format!("wamid.{n}"));
            } else {
                refused.push(n);
            }
        }
        stage.server.restart().await;
        for n in refused {
            assert!(stage.deliver(n).await);
        }
        stage.watch(30).await;
        next += 30;
    }
    stage.check().await;
}

#[tokio::test]
async fn asked_to_stop_under_load_it_answers_what_it_took_and_says_goodbye_to_streams() {
    let mut stage = Stage::set().await;
    let attempts: Vec<_> = (1..=40).map(|n| (n, stage.begin_delivery(n))).collect();
    tokio::time::sleep(Duration::from_millis(10)).await;
    let mut stream = stage.stream.take().unwrap();
    stage.server.terminate().await;
    // Before the next start has work of its own.
    assert_eq!(count(&stage.database_url, "select count(*) from job where state = 'running'").await, 0);
    let mut refused = Vec::new();
    for (n, attempt) in attempts {
        if attempt.await.unwrap() {
            stage.accepted.insert(format!("wamid.{n}"));
        } else {
            refused.push(n);
        }
    }
    let mut bye = false;
    while let Some(event) = stream.event().await {
        bye |= event.name.as_deref() == Some("bye");
        if event.name.is_none() && !event.data.is_empty() {
            stage.frames.push(serde_json::from_str(&event.data).unwrap());
        }
    }
    assert!(bye, "the stream was told");
    stage.server.restart().await;
    for n in refused {
        assert!(stage.deliver(n).await);
    }
    let seen = stage.frames.iter().filter(|frame| frame.kind == "message_received").count();
    stage.watch(41 - seen).await;
    stage.check().await;
}
