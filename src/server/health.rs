//! `/healthz` (the process lives) and `/readyz` (it can do its work).

use super::state::{App, AppState};
use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Serialize;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

/// A listener that was not heard for this long is no listener.
const LISTENER: i64 = 20_000;
/// A dispatcher that did not look for this long is stuck.
const DISPATCHER: i64 = 15_000;
/// A due job that waits this long means that the queue does not keep up.
const QUEUE_LAG: i64 = 60;

/// Signs of life of the background tasks, in the clock of the process (milliseconds since it began).
#[derive(Clone)]
pub struct Health(Arc<Signs>);

struct Signs {
    began: tokio::time::Instant,
    listener: AtomicI64,
    dispatcher: AtomicI64,
}

impl Default for Health {
    fn default() -> Self {
        let never = i64::MIN / 2;
        Self(Arc::new(Signs { began: tokio::time::Instant::now(), listener: AtomicI64::new(never), dispatcher: AtomicI64::new(never) }))
    }
}

impl Health {
    fn now(&self) -> i64 {
        self.0.began.elapsed().as_millis() as i64
    }
    /// The LISTEN connection brought something.
    pub fn listener_heard(&self) {
        self.0.listener.store(self.now(), Ordering::Relaxed);
    }
    /// The dispatcher looked into the queue.
    pub fn queue_looked_at(&self) {
        self.0.dispatcher.store(self.now(), Ordering::Relaxed);
    }
}

/// What `/readyz` says; each part is `ok` or the reason why not.
#[derive(Debug, Serialize)]
pub struct Readiness {
    pub ready: bool,
    pub database: String,
    pub migrations: String,
    pub listener: String,
    pub queue: String,
}

/// The process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// 200 when all parts are well, else 503 with the parts.
pub async fn ready(State(state): State<AppState>) -> Response {
    let readiness = check(&state.app).await;
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(readiness)).into_response()
}

/// Looks at each part.
pub async fn check(app: &App) -> Readiness {
    let ok = || "ok".to_owned();
    let asked = tokio::time::timeout(Duration::from_secs(3), database(app)).await;
    let (database, migrations, queue) = match asked {
        Ok(Ok((migrations, lag))) => {
            let queue = if lag > QUEUE_LAG { format!("oldest due job waits {lag} s") } else { ok() };
            (ok(), migrations, queue)
        }
        Ok(Err(error)) => (super::error::kind(&error), "unknown".into(), "unknown".into()),
        Err(_) => ("no answer in 3 s".into(), "unknown".into(), "unknown".into()),
    };
    let age = |sign: &AtomicI64| app.health.now() - sign.load(Ordering::Relaxed);
    let listener = if age(&app.health.0.listener) < LISTENER { ok() } else { "not heard".into() };
    let queue = if queue == "ok" && age(&app.health.0.dispatcher) > DISPATCHER { "dispatcher does not look".into() } else { queue };
    let ready = [&database, &migrations, &listener, &queue].iter().all(|part| *part == "ok") && !app.stopping.is_cancelled();
    Readiness { ready, database, migrations, listener, queue }
}

async fn database(app: &App) -> sqlx::Result<(String, i64)> {
    let applied: i64 = sqlx::query_scalar("select count(*) from _sqlx_migrations where success").fetch_one(&app.db.system).await?;
    let expected = super::db::MIGRATOR.iter().count() as i64;
    let migrations = if applied >= expected { "ok".to_owned() } else { format!("{applied} of {expected} applied: run my21staff migrate") };
    let lag = sqlx::query_scalar!(
        r#"select coalesce(extract(epoch from $1::timestamptz - min(run_at)), 0)::bigint as "lag!" from job where state = 'waiting' and lane is null"#,
        app.clock.now()
    )
    .fetch_one(&app.db.system)
    .await?;
    Ok((migrations, lag))
}
