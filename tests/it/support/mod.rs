//! What every test needs: a running server, people, customers, streams.

mod app;
mod database;
mod live;
mod model;
mod payloads;
mod process;
mod proxy;
mod sources;

pub use app::{
    Actor, EVERYTHING, FRIDAY, NUMBER, OTHER_NUMBER, TestApp, WEBHOOK_SECRET, good, http_client, on_friday, post_signed, refused_as, talk,
};
pub use database::{admin as admin_connection, connect as connect_to, fresh as fresh_database, remove as remove_database};
pub use live::LiveStream;
pub use model::FakeModel;
pub use payloads::*;
pub use process::{Server, free_port};
pub use proxy::{Hold, Proxy};
pub use sources::{root, rust_files, source};

use std::{future::Future, time::Duration};

/// Waits until `look` finds something; fails the test with `what` after ten seconds.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, look: impl FnMut() -> F) -> T {
    eventually_within(10, what, look).await
}

/// As [`eventually`], for what takes longer. `seconds` is the limit.
pub async fn eventually_within<T, F: Future<Output = Option<T>>>(seconds: u64, what: &str, mut look: impl FnMut() -> F) -> T {
    let until = tokio::time::Instant::now() + Duration::from_secs(seconds);
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < until, "never happened: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
