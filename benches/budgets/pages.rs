//! The list and a thread over HTTP against the bare SQL of the same page, and proof that no table is read from end to end.

use super::{
    recorded::{Bare, Page, Recorder},
    seed::{CONVERSATIONS, Seed},
    server::{Database, Server},
    stats::{Finding, Limit, millis, percentile},
    wire,
};
use anyhow::{Result, anyhow, ensure};
use leptos::server_fn::ServerFn;
use my21staff::inbox::api::{ListConversations, LoadThread};
use sqlx::PgConnection;
use std::time::{Duration, Instant};
use uuid::Uuid;

pub(super) type Moment = chrono::DateTime<chrono::Utc>;

/// One conversation in many: id, contact, last message.
pub(super) type Place = (Uuid, Uuid, Moment);

/// So many conversations from anywhere, but for the end of the list, where a page is not full.
pub(super) async fn places(admin: &mut PgConnection, seed: &Seed, count: i64) -> Result<Vec<Place>> {
    Ok(sqlx::query_as(
        "select id, contact_id, last_message_at from conversation where workspace_id = $1 and last_message_at < now() - interval '1 day' \
         and last_message_at > (select last_message_at from conversation where workspace_id = $1 order by last_message_at offset 100 limit 1) \
         order by md5(id::text) limit $2",
    )
    .bind(seed.workspace)
    .bind(count)
    .fetch_all(admin)
    .await?)
}

/// Conversations whose pages are asked for, in turns.
const PLACES: usize = 200;

/// What is asked of each place: the list's first page, the list from there, its thread.
pub(super) fn asked(cookie: &str, place: &Place) -> [Vec<u8>; 3] {
    let (id, _, at) = place;
    let (list, thread) = (ListConversations::PATH, LoadThread::PATH);
    [
        wire::get(&format!("{list}?workspace=demo"), cookie),
        wire::get(&format!("{list}?workspace=demo&before={}.{id}", at.timestamp_millis()), cookie),
        wire::get(&format!("{thread}?workspace=demo&conversation={id}"), cookie),
    ]
}

/// The statements of each page of these places.
pub(super) async fn record(database: &Database, server: &Server, cookie: &str, places: &[Place]) -> Result<Vec<[Page; 3]>> {
    let mut http = server.connect().await?;
    let mut recorder = Recorder::start(database).await?;
    let mut recorded = Vec::new();
    for place in places {
        let mut pages = Vec::new();
        for request in asked(cookie, place) {
            recorder.begin().await?;
            let (status, answer) = http.exchange(&request).await?;
            ensure!(status == 200 && answer.len() > 2_000, "a page is answered {status}");
            pages.push(recorder.page().await?);
        }
        recorded.push(pages.try_into().map_err(|_| anyhow!("three pages"))?);
    }
    recorder.finish().await?;
    Ok(recorded)
}

/// Rounds of page over HTTP and page by SQL, each of a conversation of its own choosing, in alternating order.
pub async fn pages(database: &Database, server: &Server, seed: &Seed, samples: usize) -> Result<Vec<Finding>> {
    let cookie = server.sign_in("owner@demo.test").await?;
    let mut http = server.connect().await?;
    let mut admin = database.admin().await?;
    let places = places(&mut admin, seed, PLACES as i64).await?;
    let recorded = record(database, server, &cookie, &places).await?;
    let mut bare = Bare::prepare(database.app().await?, &recorded.concat()).await?;
    let scans_before = scans(&mut admin).await?;
    let mut times: [Vec<f64>; 6] = Default::default();
    let warm_up = samples / 10;
    for n in 0..samples + warm_up {
        let (one, other) = (n % places.len(), (n + places.len() / 2) % places.len());
        let requests = asked(&cookie, &places[one]);
        for step in 0..6 {
            // HTTP first in even rounds, SQL first in odd ones.
            let kind = if n % 2 == 0 { step } else { step ^ 1 };
            let began = Instant::now();
            if kind % 2 == 0 {
                let (status, answer) = http.exchange(&requests[kind / 2]).await?;
                ensure!(status == 200 && answer.len() > 2_000, "page {kind} is answered {status}");
            } else {
                bare.run(&recorded[other][kind / 2]).await?;
            }
            if n >= warm_up {
                times[kind].push(millis(began.elapsed()));
            }
        }
    }
    let finding = |what, of: usize| {
        let (page, sql) = (percentile(&times[of], 0.95), percentile(&times[of + 1], 0.95));
        let (page_half, sql_half) = (percentile(&times[of], 0.5), percentile(&times[of + 1], 0.5));
        let context = format!("{page:.2} ms against {sql:.2} ms; p50 {page_half:.2} against {sql_half:.2}");
        Finding::new(what, page / sql, "×", Limit::AtMost(2.0), format!("{samples} pairs"), context)
    };
    let mut findings = vec![
        finding("conversation list, first page, p95 against its bare SQL", 0),
        finding("… a page from anywhere in the list", 2),
        finding("thread page, p95 against its bare SQL", 4),
    ];
    // Sessions report their counters when they have been idle for a while.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let read = scans(&mut admin).await?;
    findings.push(Finding::new(
        "sequential scans of message and conversation meanwhile",
        (read.0 - scans_before.0) as f64,
        "",
        Limit::AtMost(0.0),
        format!("{} index scans", read.1 - scans_before.1),
        format!("{} messages in {CONVERSATIONS} conversations", seed.messages),
    ));
    Ok(findings)
}

/// Sequential and index scans of the two big tables, as Postgres counts them.
async fn scans(admin: &mut PgConnection) -> Result<(i64, i64)> {
    Ok(sqlx::query_as(
        "select sum(seq_scan)::bigint, sum(idx_scan)::bigint from pg_stat_user_tables where relname in ('message', 'conversation')",
    )
    .fetch_one(admin)
    .await?)
}
