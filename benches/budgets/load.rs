//! How much can be written: acks against pgbench on the same cores, and what live updates cost.

use super::{
    payloads::{unique, webhook},
    seed::{CONVERSATIONS, NUMBER, TENANT_CUSTOMERS, TENANTS, tenant_number, tenant_phone},
    server::{Database, Server},
    stats::{Finding, Limit, median, percentile},
    wire::Stream,
};
use anyhow::{Context, Result, ensure};
use sqlx::{Executor, PgConnection};
use std::{
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

const CLIENTS: usize = 32;
/// More acks per second than two cores can give: so many requests are prepared.
const CEILING: u64 = 14_000;

/// Where a load goes.
#[derive(Clone, Copy)]
enum Spread {
    /// All to the workspace `demo`.
    One,
    /// Over all tenants.
    Tenants,
}

/// Deliveries of known customers, and in every fifty a burst of five first messages of somebody new, which the clients deliver at once.
fn requests(spread: Spread, seconds: u64, now: i64) -> Vec<Vec<u8>> {
    let mut burst = 0;
    (0..CEILING * seconds)
        .map(|_| {
            let n = unique();
            if n.is_multiple_of(50) {
                burst = n;
            }
            let tenant = n % TENANTS;
            let newcomer = burst != 0 && n < burst + 5;
            let (number, phone) = match (spread, newcomer) {
                (Spread::One, true) => (NUMBER.to_owned(), format!("62833{burst:09}")),
                (Spread::One, false) => (NUMBER.to_owned(), format!("62811{:08}", (n * 7919) % CONVERSATIONS as u64)),
                (Spread::Tenants, true) => (tenant_number(burst % TENANTS), format!("62833{burst:09}")),
                (Spread::Tenants, false) => (tenant_number(tenant), tenant_phone(tenant, (n * 7919 / TENANTS) % TENANT_CUSTOMERS)),
            };
            webhook(&number, &phone, &format!("wamid.load.{n}"), &format!("Halo, pesan nomor {n}: masih ada kamar?"), now)
        })
        .collect()
}

/// Acks per second with 32 clients that each wait for their answer before they go on, and how many there were.
async fn acks(server: &Server, spread: Spread, seconds: u64, now: i64) -> Result<(f64, usize)> {
    let requests = Arc::new(requests(spread, seconds, now));
    let next = Arc::new(AtomicUsize::new(0));
    let mut connections = Vec::new();
    for _ in 0..CLIENTS {
        connections.push(server.connect().await?);
    }
    let began = Instant::now();
    let until = began + Duration::from_secs(seconds);
    let clients = connections.into_iter().map(|mut connection| {
        let (requests, next) = (requests.clone(), next.clone());
        tokio::spawn(async move {
            let mut done = 0;
            while Instant::now() < until {
                let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) else { break };
                let (status, _) = connection.exchange(request).await?;
                ensure!(status == 200, "a delivery was answered {status}");
                done += 1;
            }
            Ok::<usize, anyhow::Error>(done)
        })
    });
    let mut done = 0;
    for client in futures::future::join_all(clients).await {
        done += client??;
    }
    Ok((done as f64 / began.elapsed().as_secs_f64(), done))
}

/// Transactions per second of a pgbench script at 32 clients.
async fn pgbench(database: &Database, script: &str, seconds: u64) -> Result<f64> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches").join(script);
    let output = tokio::process::Command::new(std::env::var("PGBENCH").unwrap_or_else(|_| "pgbench".into()))
        .args(["-n", "-M", "prepared", "-j", "2", "-c", &CLIENTS.to_string(), "-T", &seconds.to_string(), "-f"])
        .arg(file)
        .arg(&database.url)
        .stdin(Stdio::null())
        .output()
        .await
        .context("pgbench cannot be started")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let tps = text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok());
    tps.with_context(|| format!("pgbench says: {text}{}", String::from_utf8_lossy(&output.stderr)))
}

async fn checkpoint(admin: &mut PgConnection) -> Result<()> {
    admin.execute("checkpoint").await?;
    tokio::time::sleep(Duration::from_millis(500)).await;
    Ok(())
}

async fn count(admin: &mut PgConnection, query: &'static str) -> Result<i64> {
    Ok(sqlx::query_scalar(query).fetch_one(admin).await?)
}

/// Rounds of: pgbench with the ingest's statements, our acks, pgbench with bare inserts. Ratios are per round.
pub async fn throughput(database: &Database, server: &Server, rounds: usize, seconds: u64, now: i64) -> Result<Vec<Finding>> {
    let mut admin = database.admin().await?;
    let (mut to_ingest, mut to_bare) = (Vec::new(), Vec::new());
    let (mut ours, mut ingest, mut bare) = (Vec::new(), Vec::new(), Vec::new());
    let mut single = Vec::new();
    let mut accepted = 0;
    for round in 0..=rounds {
        checkpoint(&mut admin).await?;
        let statements = pgbench(database, "ingest.pgbench", seconds).await?;
        checkpoint(&mut admin).await?;
        let (spread, done) = acks(server, Spread::Tenants, seconds, now).await?;
        checkpoint(&mut admin).await?;
        let (one, also) = acks(server, Spread::One, seconds, now).await?;
        checkpoint(&mut admin).await?;
        let inserts = pgbench(database, "insert.pgbench", seconds).await?;
        accepted += done + also;
        // The first round warms everything up.
        if round > 0 {
            to_ingest.push(spread / statements);
            to_bare.push(spread / inserts);
            ours.push(spread);
            single.push(one);
            ingest.push(statements);
            bare.push(inserts);
        }
    }
    let stored = count(&mut admin, "select count(*) from message where provider_message_id like 'wamid.load.%'").await?;
    ensure!(stored == accepted as i64, "accepted {accepted}, stored {stored}");
    let doubled = count(
        &mut admin,
        "select count(*) from (select from conversation c where c.state <> 'closed' group by workspace_id, contact_id having count(*) > 1) d",
    )
    .await?;
    ensure!(doubled == 0, "{doubled} customers have two open conversations");
    let orphans = count(
        &mut admin,
        "select count(*) from contact k where not exists (select from identity i where i.workspace_id = k.workspace_id and i.contact_id = k.id)",
    )
    .await?;
    ensure!(orphans == 0, "{orphans} contacts without identity: a race lost");
    let n = format!("{rounds} rounds of {seconds} s");
    let context = format!(
        "{:.0} acks/s (32 tenants), {:.0} (one tenant); pgbench {:.0}; {accepted} accepted = stored, no customer twice",
        median(&ours),
        median(&single),
        median(&ingest)
    );
    let context_bare = format!("pgbench {:.0} inserts/s", median(&bare));
    Ok(vec![
        Finding::new(
            "durable webhook acks/s, 32 clients, against the ingest's statements one transaction each",
            median(&to_ingest),
            "×",
            Limit::AtLeast(2.0),
            n.clone(),
            context,
        ),
        Finding::new("… against bare single-row inserts", median(&to_bare), "×", Limit::AtLeast(0.5), n, context_bare),
    ])
}

/// Rounds of acks with no stream open, with 50 streams of another workspace, and with 50 of the workspace that is written to.
pub async fn live_tax(database: &Database, server: &Server, rounds: usize, seconds: u64, now: i64) -> Result<Vec<Finding>> {
    const STREAMS: usize = 50;
    let mut admin = database.admin().await?;
    let (here, elsewhere) = (server.sign_in("owner@demo.test").await?, server.sign_in("owner@other.test").await?);
    let (mut quiet, mut other, mut same) = (Vec::new(), Vec::new(), Vec::new());
    let mut spread = Vec::new();
    for round in 0..=rounds {
        // Each order comes equally often.
        let order = [[0, 1, 2], [1, 2, 0], [2, 0, 1]][round % 3];
        let mut found = [0.0; 3];
        for who in order {
            let mut readers = tokio::task::JoinSet::new();
            for _ in 0..STREAMS {
                let stream = match who {
                    0 => break,
                    1 => Stream::open(server.address, "/api/other/live", &elsewhere).await?,
                    _ => Stream::open(server.address, "/api/demo/live", &here).await?,
                };
                readers.spawn(stream.drain());
            }
            checkpoint(&mut admin).await?;
            found[who] = acks(server, Spread::One, seconds, now).await?.0;
            readers.shutdown().await;
            // The server notices closed sockets when it next writes to them.
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        if round > 0 {
            quiet.push(found[0]);
            other.push((1.0 - found[1] / found[0]) * 100.0);
            same.push((1.0 - found[2] / found[0]) * 100.0);
            spread.push(found[2]);
        }
    }
    let n = format!("{rounds} rounds of {seconds} s");
    let context = |taxes: &[f64]| {
        let (low, high) = (percentile(taxes, 0.25), percentile(taxes, 0.75));
        format!("quartiles {low:.1} to {high:.1} %; {:.0} acks/s with nobody listening", median(&quiet))
    };
    let same_context = format!("{}; {:.0} events/s to each of 50", context(&same), median(&spread));
    Ok(vec![
        Finding::new(
            "live-update tax on writes: 50 streams of another workspace",
            median(&other),
            " %",
            Limit::AtMost(8.0),
            n.clone(),
            context(&other),
        ),
        Finding::new(
            "… 50 streams of the same workspace, the clients on the same cores",
            median(&same),
            " %",
            Limit::AtMost(8.0),
            n,
            same_context,
        ),
    ])
}
