//! After a gap: the provider's own list of messages is read from the last good point and applied through the same ingest (F236). What is
//! already there changes nothing.

use super::{apply::Delivery, ingest::NotStored, send::number_key};
use crate::{
    ids::WorkspaceId,
    server::{
        clock::from_millis,
        crypto::new_id,
        db,
        jobs::{self, NewJob, Outcome},
        state::App,
        whatsapp::client::{Kapso, SendError},
    },
};
use sqlx::PgPool;
use uuid::Uuid;

/// How far behind the last good point to begin: messages are listed by the provider's time and may be stored there late.
const OVERLAP_MS: i64 = 10 * 60_000;
/// How far back a number without a last good point is read. Older history is a matter for an import.
const FIRST_TIME_MS: i64 = 24 * 3_600_000;
/// Pages of 100 in one run; what is left continues in the next.
const PAGES: usize = 200;

/// One run of the job for one number.
pub async fn run(app: &App, workspace: WorkspaceId, number: Uuid) -> sqlx::Result<Outcome> {
    let row = sqlx::query!(
        "select phone_number_id, api_key_sealed, synced_until from whatsapp_number where workspace_id = $1 and id = $2 and disconnected_at is null",
        workspace.0,
        number
    )
    .fetch_optional(&app.db.system)
    .await?;
    let Some(row) = row else { return Ok(Outcome::Done) };
    let Some(key) = number_key(app, workspace, number, row.api_key_sealed.as_deref()) else {
        return Ok(Outcome::Dead("no API key for this number".into()));
    };
    let kapso = Kapso::new(app.http.clone(), app.config.kapso.api_base_url.clone(), key.expose());
    let started = app.clock.millis();
    let since = row.synced_until.map_or(started - FIRST_TIME_MS, |until| until.timestamp_millis()) - OVERLAP_MS;
    let mut after: Option<String> = None;
    let mut listed = 0;
    for _ in 0..PAGES {
        let page = match kapso.list_messages(&row.phone_number_id, Some(since), None, None, after.as_deref(), 100).await {
            Ok(page) => page,
            Err(SendError::Final { code, reason }) => return Ok(Outcome::Dead(format!("{code} {reason}"))),
            Err(SendError::Retry { after, code, reason, .. }) => return Ok(Outcome::Retry(format!("{code} {reason}"), after)),
            Err(SendError::Unknown { reason }) => return Ok(Outcome::Retry(reason, None)),
        };
        listed += page.items.len();
        let deliveries =
            page.items.iter().map(|item| app.ingest.deliver(Delivery::listed(new_id(), app.clock.now(), &row.phone_number_id, item)));
        for outcome in futures::future::join_all(deliveries).await {
            if outcome == Err(NotStored) {
                return Ok(Outcome::Retry("database out of reach".into(), None));
            }
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    sqlx::query!(
        "update whatsapp_number set synced_until = greatest(synced_until, $3) where workspace_id = $1 and id = $2",
        workspace.0,
        number,
        from_millis(started)
    )
    .execute(&app.db.system)
    .await?;
    tracing::info!(%number, listed, "reconciled with the provider's list");
    match after {
        Some(_) => Ok(Outcome::Retry("more pages to read".into(), None)),
        None => Ok(Outcome::Done),
    }
}

/// Puts a reconcile job for every number; at start, hourly, and by `my21staff reconcile`.
pub async fn put_all(app: &App) -> sqlx::Result<usize> {
    put_for(app, &app.db.system).await
}

async fn put_for(app: &App, pool: &PgPool) -> sqlx::Result<usize> {
    let numbers = sqlx::query!("select workspace_id, id from whatsapp_number order by workspace_id, id").fetch_all(pool).await?;
    let mut tx = db::begin(pool).await?;
    for number in &numbers {
        jobs::put(&mut tx, app.clock.now(), NewJob::reconcile(WorkspaceId(number.workspace_id), number.id)).await?;
    }
    tx.commit().await?;
    app.wake.jobs();
    Ok(numbers.len())
}
