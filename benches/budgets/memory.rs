//! What an idle server and an idle client weigh.

use super::{
    server::{Database, Server},
    stats::{Finding, Limit},
    wire::Stream,
};
use anyhow::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::time::Duration;

const CLIENTS: usize = 10_000;
const SETTLE: Duration = Duration::from_secs(5);

/// Reads the resident memory of a fresh server, and again with ten thousand idle streams, each of a session of its own.
pub async fn memory(database: &Database) -> Result<Vec<Finding>> {
    let server = Server::start(database).await?;
    let mut admin = database.admin().await?;
    let mut cookies = Vec::with_capacity(CLIENTS);
    for _ in 0..CLIENTS {
        let token = my21staff::server::crypto::random_bytes::<32>();
        sqlx::query(
            "insert into session (token_hash, person_id, created_at, expires_at) \
             select sha256($1), id, now(), now() + interval '1 day' from person where email = 'owner@demo.test'",
        )
        .bind(&token[..])
        .execute(&mut admin)
        .await?;
        cookies.push(format!("my21_session={}", URL_SAFE_NO_PAD.encode(token)));
    }
    tokio::time::sleep(SETTLE).await;
    let idle = server.resident()?;
    let mut streams = Vec::with_capacity(CLIENTS);
    for cookie in &cookies {
        streams.push(Stream::open(server.address, "/api/demo/live", cookie).await?);
    }
    tokio::time::sleep(SETTLE).await;
    let crowded = server.resident()?;
    let (megabytes, kilobytes) = (idle as f64 / 1e6, crowded.saturating_sub(idle) as f64 / CLIENTS as f64 / 1e3);
    Ok(vec![
        Finding::new(
            "idle server memory (resident)",
            megabytes,
            " MB",
            Limit::AtMost(30.0),
            "1".into(),
            "release build, ready and at rest".into(),
        ),
        Finding::new(
            "… per idle live client",
            kilobytes,
            " kB",
            Limit::AtMost(12.0),
            format!("{CLIENTS} streams"),
            format!("{:.1} MB with all of them", crowded as f64 / 1e6),
        ),
    ])
}
