//! Building the running product out of its configuration, and stopping it.

use super::{
    clock::Clock,
    config::Config,
    connection::{Connections, Peer},
    crypto::Sealer,
    db::Db,
    fetch::Fetcher,
    health::Health,
    http::http_client,
    jobs, limits,
    llm::{Model, Models, Provider},
    mail::Carrier,
    router::router,
    state::{App, AppState},
    storage::MediaStore,
};
use crate::{
    auth::{self, server::clerk::Clerk},
    inbox::server::{auto_assign, drafts, ingest, ingest::Ingest, late, merging, pace::Pace, reconcile, scoring, unsent},
    live::server::{Hub, Wake, listen},
    push,
    workspace::server::{rotation, seed},
};
use anyhow::{Context, anyhow};
use leptos::config::LeptosOptions;
use std::{sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle, time::MissedTickBehavior};
use tokio_util::sync::CancellationToken;

/// How often numbers are compared with the provider's list.
const RECONCILE: Duration = Duration::from_secs(3600);
/// How often quarantined deliveries are tried again and old events are forgotten.
const CHORES: Duration = Duration::from_secs(60);
/// How often it is looked for promised times that went by, and for what can be given out.
const MOMENT: Duration = Duration::from_secs(2);
/// Events are kept this long for streams to resume from.
const EVENTS_KEPT_DAYS: i32 = 7;
/// How long one model may think.
const MODEL_PATIENCE: Duration = Duration::from_secs(60);
/// How long open requests and jobs may take to finish when the process stops.
const DRAIN: Duration = Duration::from_secs(20);

/// Everything wired together, with no task running but those that the parts own.
pub fn build(config: Config, clock: Clock) -> anyhow::Result<Arc<App>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let db = Db::connect(config.database_url.expose(), config.pool_size).context("DATABASE_URL cannot be read")?;
    let stopping = CancellationToken::new();
    let hub = Hub::start(db.system.clone(), clock.clone(), stopping.clone());
    let queue = jobs::Queue::default();
    let wake = Wake::start(hub.clone(), queue.bell.clone(), db.system.clone());
    let ingest = Ingest::start(db.system.clone(), clock.clone(), wake.clone());
    let sealer = Sealer::new(&config.encryption_key)
        .and_then(|sealer| sealer.with_previous(config.encryption_key_previous.as_ref()))
        .ok_or_else(|| anyhow!("ENCRYPTION_KEY or ENCRYPTION_KEY_PREVIOUS is not 32 bytes in base64"))?;
    let folder = config.data_dir.join("media");
    let store = MediaStore::open(config.media_url.as_deref().unwrap_or(&folder.to_string_lossy()))?;
    // In demo mode the fake provider's files are on this machine.
    let own = if config.demo { vec![config.site_addr.to_string()] } else { Vec::new() };
    let http = http_client();
    Ok(Arc::new(App {
        models: models(&config, &http),
        clerk: config.clerk.clone().map(|clerk| Clerk::new(clerk, http.clone(), clock.clone())),
        mail: Carrier::new(&config, &http)?,
        fetcher: Fetcher::new(own),
        health: Health::default(),
        pace: Pace::default(),
        jobs: queue,
        push: push::server::Push::default(),
        config,
        clock,
        db,
        http,
        store,
        sealer,
        hub,
        wake,
        ingest,
        open: watch::Sender::new(()),
        stopping,
    }))
}

/// The models that are configured, in the order they are asked: Grok, Sea-Lion, Ollama (F110, F111).
fn models(config: &Config, http: &reqwest::Client) -> Models {
    let given = &config.models;
    let mut models = Vec::new();
    let mut add = |provider, base: &str, key: Option<&str>, model: &str| {
        models.push(Model::new(provider, http.clone(), base.to_owned(), key.map(str::to_owned), model.to_owned(), MODEL_PATIENCE));
    };
    if let Some(key) = &given.grok_api_key {
        add(Provider::Grok, &given.grok_base_url, Some(key.expose()), &given.grok_model);
    }
    if let Some(key) = &given.sealion_api_key {
        add(Provider::SeaLion, &given.sealion_base_url, Some(key.expose()), &given.sealion_model);
    }
    if let Some(base) = &given.ollama_base_url {
        add(Provider::Ollama, base, None, &given.ollama_model);
    }
    Models(models)
}

/// The background tasks of a serving process.
pub fn start_tasks(app: &Arc<App>) -> Vec<JoinHandle<()>> {
    vec![
        tokio::spawn(listen(app.db.clone(), app.hub.clone(), app.health.clone(), app.stopping.clone())),
        tokio::spawn(jobs::dispatch(app.clone())),
        tokio::spawn(chores(app.clone())),
        tokio::spawn(push::server::follow_all(app.clone())),
    ]
}

async fn chores(app: Arc<App>) {
    let mut reconcile = tokio::time::interval(RECONCILE);
    let mut minute = tokio::time::interval(CHORES);
    let mut moment = tokio::time::interval(MOMENT);
    moment.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let outcome = tokio::select! {
            () = app.stopping.cancelled() => return,
            _ = reconcile.tick() => every_hour(&app).await,
            _ = minute.tick() => every_minute(&app).await,
            _ = moment.tick() => every_moment(&app).await,
        };
        if let Err(error) = outcome {
            tracing::warn!(error = super::error::kind(&error), "a chore failed; it comes round again");
        }
    }
}

async fn every_moment(app: &App) -> sqlx::Result<()> {
    let given = auto_assign::give_out(app).await;
    late::tell(app).await?;
    scoring::sweep(app).await?;
    given
}

async fn every_hour(app: &App) -> sqlx::Result<()> {
    rotation::run(app).await?;
    reconcile::put_all(app).await?;
    merging::sweep(app).await?;
    Ok(())
}

async fn every_minute(app: &App) -> sqlx::Result<()> {
    ingest::retry_kept(&app.db.system, &app.clock, &app.wake).await?;
    sqlx::query!("delete from event where at < $1::timestamptz - make_interval(days => $2)", app.clock.now(), EVENTS_KEPT_DAYS)
        .execute(&app.db.system)
        .await?;
    super::webhooks::clerk::forget_old(app).await?;
    limits::sweep(app).await?;
    auth::server::sweep(app).await?;
    unsent::sweep(app).await?;
    drafts::sweep(app).await?;
    push::server::sweep(app).await?;
    push::server::send_digests(app).await?;
    Ok(())
}

/// `my21staff serve`: until SIGINT or SIGTERM.
pub async fn serve(config: Config, leptos: LeptosOptions) -> anyhow::Result<()> {
    let addr = config.site_addr;
    let public_url = config.public_url.clone();
    let demo = config.demo;
    let app = build(config, Clock::System)?;
    app.db.migrate().await.context("the database cannot be migrated")?;
    if demo {
        seed::demo(&app).await.context("the demo workspaces cannot be created")?;
    }
    let listener = TcpListener::bind(addr).await.with_context(|| format!("{addr} cannot be listened on: is another my21staff running?"))?;
    let router = router(AppState { leptos, app: app.clone() });
    let tasks = start_tasks(&app);
    tracing::info!(%addr, public_url, demo, "my21staff is ready");
    let stopping = app.stopping.clone();
    tokio::spawn(async move {
        stop_signal().await;
        tracing::info!("stopping: no new requests, open ones are finished");
        stopping.cancel();
    });
    let stopped = app.stopping.clone();
    let server = axum::serve(Connections(listener), router.into_make_service_with_connect_info::<Peer>())
        .with_graceful_shutdown(async move { stopped.cancelled().await });
    let drained = async {
        server.await?;
        app.open.closed().await;
        for task in tasks {
            let _ = task.await;
        }
        anyhow::Ok(())
    };
    tokio::select! {
        outcome = drained => outcome?,
        () = async { app.stopping.cancelled().await; tokio::time::sleep(DRAIN).await } => tracing::warn!("not everything finished in time"),
    }
    let released = jobs::release(&app).await.unwrap_or(0);
    tracing::info!(released, "stopped");
    app.db.app.close().await;
    app.db.system.close().await;
    Ok(())
}

async fn stop_signal() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
