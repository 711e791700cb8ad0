//! Postgres goes away and comes back, in a cluster of the test's own (a durable one: a crash must cost nothing).

use super::*;
use futures::future::join_all;
use my21staff::server::{
    clock::Clock,
    db::{self, Db},
};
use reqwest::StatusCode;
use sqlx::{Connection, Row};
use std::{
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

struct Cluster {
    dir: PathBuf,
    port: u16,
    url: String,
}

impl Cluster {
    async fn start() -> Self {
        let dir = std::env::temp_dir().join(format!("my21_cluster_{}", uuid::Uuid::new_v4().simple()));
        let port = free_port();
        let mut cluster = Self { dir, port, url: String::new() };
        cluster.url = cluster.run("start");
        let db = Db::connect(&cluster.url, 1).expect("a database URL");
        db.migrate().await.expect("the migrations run");
        cluster
    }

    /// Blocks; what runs meanwhile runs on the test's other threads.
    fn run(&self, verb: &str) -> String {
        let output = Command::new("scripts/postgres").arg(verb).arg(&self.dir).arg(self.port.to_string()).output().expect("it runs");
        assert!(output.status.success(), "{verb}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// One of its processes is killed; the postmaster throws everybody out and recovers.
    async fn crash(&self) {
        // It may still be recovering from the crash before, and throw this connection out as well before its process is killed.
        eventually("a process of the cluster is killed", async || {
            let mut connection = sqlx::PgConnection::connect(&self.url).await.ok()?;
            let process: i32 = sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut connection).await.ok()?;
            // The connection is held meanwhile: its process would end with it.
            let killed = Command::new("kill").args(["-KILL", &process.to_string()]).status().expect("kill runs");
            drop(connection);
            killed.success().then_some(())
        })
        .await;
    }

    async fn app(&self) -> TestApp {
        let app = TestApp::on_database("my21_own_cluster".into(), self.url.clone(), Clock::System, |_| {}).await;
        app.sql("update workspace set ari_enabled = false").await;
        app
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new("scripts/postgres").arg("remove").arg(&self.dir).output();
    }
}

fn body(app: &TestApp, n: i64) -> String {
    let at = app.app.clock.millis() / 1000 * 1000 - 60_000;
    inbound_text(NUMBER, &format!("62812345678{:02}", n % 7), &format!("wamid.{n}"), &format!("pesan {n}"), at + n * 1000)
}

/// Delivers until each is accepted, as the provider does. Nothing but 200 and 503 may be answered.
async fn insist(app: &TestApp, n: i64) -> String {
    let body = body(app, n);
    for _ in 0..20 {
        match app.deliver_signed(body.clone(), WEBHOOK_SECRET).await.status() {
            StatusCode::OK => return format!("wamid.{n}"),
            StatusCode::SERVICE_UNAVAILABLE => tokio::time::sleep(Duration::from_millis(500)).await,
            other => panic!("{other}"),
        }
    }
    panic!("never accepted");
}

/// The frames of a stream that breaks off and is opened again, until `count` messages came.
async fn follow(owner: &Actor, count: usize) -> Vec<LiveFrame> {
    let mut frames: Vec<LiveFrame> = Vec::new();
    let received = |frames: &[LiveFrame]| frames.iter().filter(|frame| frame.kind == "message_received").count();
    while received(&frames) < count {
        let mut stream = owner.live("demo", Some(frames.last().map_or(0, |frame| frame.seq))).await;
        let next = async |stream: &mut LiveStream| stream.event().await;
        while received(&frames) < count
            && let Ok(Some(event)) = tokio::time::timeout(Duration::from_secs(10), next(&mut stream)).await
        {
            if event.name.is_none() && !event.data.is_empty() {
                frames.push(serde_json::from_str(&event.data).expect("a frame"));
            }
        }
    }
    frames
}

#[tokio::test(flavor = "multi_thread")]
async fn postgres_crashing_under_load_loses_nothing_that_was_accepted() {
    let cluster = Cluster::start().await;
    let app = cluster.app().await;
    let owner = app.owner().await;
    let load = join_all((0..90).map(|n| {
        let app = &app;
        async move {
            tokio::time::sleep(Duration::from_millis(n as u64 * 25)).await;
            insist(app, n).await
        }
    }));
    let crashes = async {
        for _ in 0..2 {
            tokio::time::sleep(Duration::from_millis(600)).await;
            cluster.crash().await;
        }
    };
    let (accepted, ()) = tokio::join!(load, crashes);
    let frames = follow(&owner, 90).await;
    assert_none_lost_none_twice(&app.database_url, &owner, &accepted.into_iter().collect(), &frames).await;
    assert_eq!(app.value::<i64>("select count(*) from delivery where outcome = 'quarantined'").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_postgres_is_away_deliveries_are_refused_and_afterwards_everything_goes_on_by_itself() {
    let cluster = Cluster::start().await;
    let app = cluster.app().await;
    let owner = app.owner().await;
    let mut accepted: BTreeSet<String> = [insist(&app, 0).await].into();
    cluster.run("stop");
    let waited = tokio::time::Instant::now();
    let refused = app.deliver_signed(body(&app, 1), WEBHOOK_SECRET).await;
    assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers().contains_key("retry-after"));
    assert!(waited.elapsed() < Duration::from_secs(10), "within the provider's patience: {:?}", waited.elapsed());
    let alive = app.http.get(app.url("/healthz")).send().await.unwrap();
    assert_eq!(alive.status(), StatusCode::OK, "the process lives");
    let ready = app.http.get(app.url("/readyz")).send().await.unwrap();
    assert_eq!(ready.status(), StatusCode::SERVICE_UNAVAILABLE, "and says that it cannot work");
    // One that arrives during the outage and is over soon enough is accepted without the provider noticing.
    let patient = app.deliver_signed(body(&app, 2), WEBHOOK_SECRET);
    let back = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        tokio::task::block_in_place(|| cluster.run("start"));
    };
    let (patient, ()) = tokio::join!(patient, back);
    if patient.status() == StatusCode::OK {
        accepted.insert("wamid.2".into());
    } else {
        accepted.insert(insist(&app, 2).await);
    }
    accepted.insert(insist(&app, 1).await);
    let frames = follow(&owner, 3).await;
    assert_none_lost_none_twice(&app.database_url, &owner, &accepted, &frames).await;
    // The queue works again, too.
    let conversation = owner.whole_list().await[0].id;
    let sent = owner.send(conversation, "kami kembali").await;
    let status = format!("select status from message where id = '{}'", sent.id);
    eventually("it is sent", async || (app.value::<String>(&status).await != "pending").then_some(())).await;
    let ready = async || {
        let readiness = my21staff::server::health::check(&app.app).await;
        readiness.ready.then_some(()).ok_or(readiness)
    };
    for _ in 0..250 {
        if ready().await.is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("not ready again: {:?}", ready().await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_given_up_while_it_begins_leaves_no_transaction_open() {
    let (name, url) = fresh_database().await;
    let db = Db::connect(&url, 1).expect("a database URL");
    // Given up at every moment between asking for a connection and the answer to BEGIN.
    for round in 0..400 {
        // (The runtime's timers know milliseconds only.)
        let until = Instant::now() + Duration::from_micros(5 * (round % 80));
        let impatience = async {
            while Instant::now() < until {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = db::begin(&db.app) => {}
            () = impatience => {}
        }
        // Within a transaction time stands still at its beginning.
        let row = sqlx::raw_sql("select now() = statement_timestamp()").fetch_one(&db.app).await.expect("an answer");
        let outside: bool = row.get(0);
        assert!(outside, "round {round}: the pool's connection came back inside a transaction");
    }
    drop(db);
    remove_database(&name).await;
}
