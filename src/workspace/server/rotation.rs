//! A new encryption key: what the previous one sealed is sealed again in the background.

use super::numbers::place;
use crate::{auth::server::factors, ids::WorkspaceId, push, server::state::App};

/// Rows looked at between two commits.
const BATCH: i64 = 200;

/// Seals again whatever opens only with the previous key. Gives how many values; running it twice does nothing the second time.
pub async fn run(app: &App) -> sqlx::Result<u64> {
    if !app.sealer.has_previous() {
        return Ok(0);
    }
    let (mut done, mut lost) = (0, 0);
    let mut after = (uuid::Uuid::nil(), uuid::Uuid::nil());
    loop {
        let rows = sqlx::query!(
            r#"
            select workspace_id, id, api_key_sealed, webhook_secret_sealed from whatsapp_number
            where (workspace_id, id) > ($1, $2) and (api_key_sealed is not null or webhook_secret_sealed is not null)
            order by workspace_id, id limit $3
            "#,
            after.0,
            after.1,
            BATCH
        )
        .fetch_all(&app.db.system)
        .await?;
        let Some(last) = rows.last() else { break };
        after = (last.workspace_id, last.id);
        for row in &rows {
            let again = |column: &'static str, sealed: &Option<Vec<u8>>| {
                let place = place(column, WorkspaceId(row.workspace_id), row.id);
                sealed.as_deref().map(|sealed| (app.sealer.renewed(place, sealed), app.sealer.open(place, sealed).is_none()))
            };
            let (key, key_lost) = again("api_key_sealed", &row.api_key_sealed).unwrap_or_default();
            let (secret, secret_lost) = again("webhook_secret_sealed", &row.webhook_secret_sealed).unwrap_or_default();
            lost += u64::from(key_lost) + u64::from(secret_lost);
            if key.is_none() && secret.is_none() {
                continue;
            }
            // Only what is still there as it was read: somebody may just have entered a new one.
            let changed = sqlx::query!(
                r#"
                update whatsapp_number set api_key_sealed = coalesce($3, api_key_sealed), webhook_secret_sealed = coalesce($4, webhook_secret_sealed)
                where workspace_id = $1 and id = $2
                  and api_key_sealed is not distinct from $5 and webhook_secret_sealed is not distinct from $6
                "#,
                row.workspace_id,
                row.id,
                key,
                secret,
                row.api_key_sealed,
                row.webhook_secret_sealed
            )
            .execute(&app.db.system)
            .await?;
            done += changed.rows_affected();
        }
    }
    let people = sqlx::query!("select person_id, secret_sealed from totp").fetch_all(&app.db.system).await?;
    for row in people {
        let place = factors::place("totp", "secret_sealed", row.person_id);
        lost += u64::from(app.sealer.open(place, &row.secret_sealed).is_none());
        let Some(renewed) = app.sealer.renewed(place, &row.secret_sealed) else { continue };
        let changed = sqlx::query!(
            "update totp set secret_sealed = $2 where person_id = $1 and secret_sealed = $3",
            row.person_id,
            renewed,
            row.secret_sealed
        )
        .execute(&app.db.system)
        .await?;
        done += changed.rows_affected();
    }
    done += push::server::renew(app).await?;
    if lost > 0 {
        tracing::error!(
            lost,
            "sealed secrets open neither with ENCRYPTION_KEY nor with ENCRYPTION_KEY_PREVIOUS: they must be entered again"
        );
    }
    tracing::info!(done, "secrets sealed with the previous key were sealed again");
    Ok(done)
}
