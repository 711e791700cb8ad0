//! From the webhook to a subscriber's socket, against a bare insert-commit that wakes a listener.

use super::{
    payloads::{unique, webhook},
    seed::NUMBER,
    server::{Database, Server},
    stats::{Finding, Limit, median, millis, percentile},
    wire::Stream,
};
use anyhow::{Result, ensure};
use sqlx::postgres::PgListener;
use std::time::{Duration, Instant};

/// Alternates one probe and one delivery, at rest between them: the probe is one statement that inserts, commits and notifies.
pub async fn latency(database: &Database, server: &Server, samples: usize, now: i64) -> Result<Vec<Finding>> {
    let cookie = server.sign_in("owner@demo.test").await?;
    let mut stream = Stream::open(server.address, "/api/demo/live", &cookie).await?;
    let mut gateway = server.connect().await?;
    let mut writer = database.admin().await?;
    let mut listener = PgListener::connect(&database.url).await?;
    listener.listen("bench_probe").await?;
    let (mut probes, mut events) = (Vec::with_capacity(samples), Vec::with_capacity(samples));
    let warm_up = samples / 10;
    for n in 0..samples + warm_up {
        rest(n).await;
        let began = Instant::now();
        sqlx::query(
            "with written as (insert into bench_probe (id, body) values (bench_id(), $1) returning id) select pg_notify('bench_probe', id::text) from written",
        )
        .bind("Halo, apakah masih ada kamar untuk dua orang minggu depan?")
        .execute(&mut writer)
        .await?;
        listener.recv().await?;
        let probe = began.elapsed();

        rest(n + 1).await;
        let text = format!("Halo, kabar nomor {} mark", unique());
        let phone = format!("62811{:08}", (n * 7919) % 20_000);
        let request = webhook(NUMBER, &phone, &format!("wamid.live.{}", unique()), &text, now);
        stream.forget();
        let began = Instant::now();
        let (arrived, answer) = tokio::join!(stream.until(&text), async { gateway.exchange(&request).await.map(|(status, _)| status) });
        ensure!(answer? == 200, "the delivery is accepted");
        let event = arrived?.duration_since(began);
        if n >= warm_up {
            probes.push(millis(probe));
            events.push(millis(event));
        }
    }
    let at = |share: f64| {
        let (event, probe) = (percentile(&events, share), percentile(&probes, share));
        (event / probe, format!("{event:.2} ms against {probe:.2} ms"))
    };
    let ((half, half_context), (most, most_context)) = (at(0.5), at(0.95));
    let paired: Vec<f64> = events.iter().zip(&probes).map(|(event, probe)| event / probe).collect();
    let samples = format!("{samples} pairs");
    let half_context = format!("{half_context}; median of the pairs' ratios {:.2}", median(&paired));
    Ok(vec![
        Finding::new("webhook in → event on a subscriber's socket, p50", half, "×", Limit::AtMost(1.5), samples.clone(), half_context),
        Finding::new("… p95", most, "×", Limit::AtMost(2.0), samples, most_context),
    ])
}

/// Long enough for the server's trailing NOTIFY to be over, and never in step with anything.
async fn rest(n: usize) {
    tokio::time::sleep(Duration::from_micros(8_000 + (n as u64 * 7_919) % 6_000)).await;
}
