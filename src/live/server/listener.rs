//! One connection per process that LISTENs.

use super::{
    Hub,
    presence::Told,
    wake::{DRAFT, HERE, SEATS, SESSIONS, WORKSPACES},
};
use crate::{
    ids::WorkspaceId,
    server::{crypto::new_id, db::Db, health::Health},
};
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the listener calls itself, to notice a connection that is dead without having said so.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Silence after which the connection is given up.
const PATIENCE: Duration = Duration::from_secs(15);

/// Runs until `stopping`. Whatever happens to the connection, it comes back, and then every feed is read again from its cursor.
pub async fn listen(db: Db, hub: Hub, health: Health, stopping: CancellationToken) {
    let mut pause = Duration::from_millis(100);
    while !stopping.is_cancelled() {
        let outcome = tokio::select! {
            () = stopping.cancelled() => return,
            outcome = session(&db, &hub, &health, &mut pause) => outcome,
        };
        if let Err(error) = outcome {
            tracing::warn!(error = crate::server::error::kind(&error), "listener lost its connection");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = (pause * 2).min(Duration::from_secs(2));
    }
}

/// One connection's life. Returns when it is lost or silent.
async fn session(db: &Db, hub: &Hub, health: &Health, pause: &mut Duration) -> sqlx::Result<()> {
    // LISTEN belongs to a connection, so this one is kept out of the pools (and of PgBouncer).
    let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(PATIENCE).connect_with(db.options.clone()).await?;
    let mut listener = PgListener::connect_with(&pool).await?;
    let own = format!("my21_heartbeat_{}", new_id().simple());
    listener.listen_all([WORKSPACES, SESSIONS, HERE, DRAFT, own.as_str()]).await?;
    *pause = Duration::from_millis(100);
    health.listener_heard();
    // Anything may have happened before LISTEN took hold.
    hub.look_everywhere();
    let mut heartbeat = tokio::time::interval(HEARTBEAT);
    let mut heard = tokio::time::Instant::now();
    loop {
        tokio::select! {
            _ = heartbeat.tick() => {
                if heard.elapsed() > PATIENCE {
                    return Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()));
                }
                sqlx::query("select pg_notify($1, '')").bind(&own).execute(&db.system).await?;
            }
            notification = listener.try_recv() => {
                // None: the connection was lost and notifications with it.
                let Some(notification) = notification? else { return Ok(()) };
                heard = tokio::time::Instant::now();
                health.listener_heard();
                match notification.channel() {
                    WORKSPACES => notification.payload().split(',').filter_map(|id| id.parse().ok()).for_each(|id: WorkspaceId| hub.look(id)),
                    HERE => {
                        if let Ok(sighting) = serde_json::from_str(notification.payload()) {
                            hub.heard_of(Told::Here(sighting));
                        }
                    }
                    DRAFT => {
                        if let Ok(drafted) = serde_json::from_str(notification.payload()) {
                            hub.heard_of(Told::Drafted(drafted));
                        }
                    }
                    SESSIONS if notification.payload() == SEATS => hub.seats_changed(),
                    SESSIONS => {
                        if let Ok(Ok(hash)) = hex::decode(notification.payload()).map(<[u8; 32]>::try_from) {
                            hub.end_session(hash);
                        }
                    }
                    _ => {}
                }
            }
        }
    }
}
