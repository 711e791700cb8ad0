//! What every handler and job can reach.

use super::{clock::Clock, config::Config, crypto::Sealer, db::Db, fetch::Fetcher, llm::Models, mail::Carrier, storage::MediaStore};
use crate::{
    auth::server::clerk::Clerk,
    inbox::server::{ingest::Ingest, pace::Pace},
    live::server::{Hub, Wake},
};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// The running product. One per process; tests make as many as they like.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub db: Db,
    pub http: reqwest::Client,
    pub fetcher: Fetcher,
    pub store: MediaStore,
    pub models: Models,
    pub mail: Carrier,
    pub sealer: Sealer,
    /// The way in where Clerk's keys are configured; local accounts otherwise.
    pub clerk: Option<Clerk>,
    pub hub: Hub,
    pub wake: Wake,
    pub ingest: Ingest,
    pub pace: Pace,
    pub jobs: super::jobs::Queue,
    pub push: crate::push::server::Push,
    pub health: super::health::Health,
    /// What is received from it is held by every long answer until that is over.
    pub open: watch::Sender<()>,
    /// Cancelled when the process is told to stop.
    pub stopping: CancellationToken,
}

/// The router's state.
#[derive(Clone, FromRef)]
pub struct AppState {
    pub leptos: LeptosOptions,
    pub app: Arc<App>,
}
