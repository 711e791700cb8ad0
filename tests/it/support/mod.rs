//! What every test needs: a running server, people, customers, streams.

mod app;
mod database;
mod live;
mod payloads;
mod sources;

pub use app::{Actor, NUMBER, OTHER_NUMBER, TestApp, WEBHOOK_SECRET, good};
pub use database::{admin as admin_connection, fresh as fresh_database};
pub use live::LiveStream;
pub use payloads::*;
pub use sources::{root, rust_files, source};

use std::{future::Future, time::Duration};

/// Waits until `look` finds something; fails the test with `what` after ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let until = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
