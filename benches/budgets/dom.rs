//! From the webhook to the row in a browser: measured in Chromium by `end2end/dom-latency.mjs`.

use super::{
    server::{Server, WEBHOOK_SECRET},
    stats::{Finding, Limit, percentile},
};
use anyhow::{Context, Result, ensure};
use std::process::Stdio;

/// Runs the script against the server; it prints one latency in milliseconds per line.
pub async fn dom(server: &Server, samples: usize) -> Result<Vec<Finding>> {
    let output = tokio::process::Command::new("node")
        .arg("end2end/dom-latency.mjs")
        .arg(samples.to_string())
        .env("BASE_URL", format!("http://{}", server.address))
        .env("KAPSO_WEBHOOK_SECRET", WEBHOOK_SECRET)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .await
        .context("node cannot be started")?;
    ensure!(output.status.success(), "end2end/dom-latency.mjs failed");
    let times: Vec<f64> = String::from_utf8_lossy(&output.stdout).lines().filter_map(|line| line.parse().ok()).collect();
    ensure!(times.len() == samples, "{} of {samples} messages were seen", times.len());
    let context = format!(
        "p50 {:.1} ms, p99 {:.1} ms; server, database and browser on the same cores",
        percentile(&times, 0.5),
        percentile(&times, 0.99)
    );
    Ok(vec![Finding::new(
        "webhook in → row in another browser's DOM, p95",
        percentile(&times, 0.95),
        " ms",
        Limit::AtMost(33.0),
        samples.to_string(),
        context,
    )])
}
