//! Who changed what (F188). An entry is written in the transaction of its change, so that neither exists without the other.

use super::{crypto::new_id, scope::Scope};
use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

/// What is remembered of a change, beside who and when.
pub struct Entry<'a> {
    /// A past-tense name from the list in `docs/ARCHITECTURE.md`: `member.removed`.
    pub action: &'a str,
    /// The kind and id of what was changed: `("person", id)`.
    pub target: Option<(&'a str, Uuid)>,
    /// What changed, small and without secrets: `{"role": ["member", "admin"]}`.
    pub detail: Value,
}

/// Remembers a change by the scope's person.
pub async fn record(connection: &mut PgConnection, now: DateTime<Utc>, scope: &Scope, entry: Entry<'_>) -> sqlx::Result<()> {
    record_as(connection, now, scope.workspace.0, Some(scope.person.0), entry).await
}

/// Remembers a change of the product's own doing (a webhook, a job), or of somebody without a scope in the workspace (super-admin).
pub async fn record_as(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    workspace: Uuid,
    actor: Option<Uuid>,
    entry: Entry<'_>,
) -> sqlx::Result<()> {
    let (kind, id) = entry.target.unzip();
    sqlx::query!(
        "insert into audit_entry (workspace_id, id, at, actor_id, action, target_kind, target_id, detail) values ($1, $2, $3, $4, $5, $6, $7, $8)",
        workspace,
        new_id(),
        now,
        actor,
        entry.action,
        kind,
        id,
        entry.detail
    )
    .execute(connection)
    .await?;
    Ok(())
}
