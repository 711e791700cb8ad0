//! Name, time zone, ARI's switch, and what the checklist counts.

use super::guard;
use crate::{
    error::AppError,
    server::{
        audit::{self, Entry},
        jobs::{self, NewJob},
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use serde_json::json;

/// The workspace as its settings show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    pub name: String,
    pub slug: String,
    pub time_zone: String,
    pub ari_enabled: bool,
}

/// What is set. Everybody in the workspace may know it.
pub async fn read(app: &App, scope: &Scope) -> Result<Settings, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    sqlx::query_as!(Settings, "select name, slug, time_zone, ari_enabled from workspace where id = $1", scope.workspace.0)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)
}

/// Sets name, zone and ARI.
pub async fn save(app: &App, scope: &Scope, name: &str, time_zone: &str, ari_enabled: bool) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let name = guard::name(name, "name", 100)?;
    let before = read(app, scope).await?;
    // A zone from elsewhere may stay, but not be chosen.
    let time_zone = if time_zone == before.time_zone { time_zone } else { guard::zone(time_zone)? };
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    sqlx::query!(
        "update workspace set name = $2, time_zone = $3, ari_enabled = $4 where id = $1",
        scope.workspace.0,
        name,
        time_zone,
        ari_enabled
    )
    .execute(&mut *tx)
    .await?;
    let detail = json!({ "name": [before.name, name], "time_zone": [before.time_zone, time_zone], "ari_enabled": [before.ari_enabled, ari_enabled] });
    audit::record(&mut tx, now, scope, Entry { action: "settings.changed", target: None, detail }).await?;
    let zone_moved = before.time_zone != time_zone;
    if zone_moved {
        // Working hours are other moments now.
        jobs::put(&mut tx, now, NewJob::promise_anew(scope.workspace, None)).await?;
    }
    tx.commit().await?;
    if zone_moved {
        app.wake.jobs();
    }
    Ok(())
}

/// What a new workspace still has to do (F24), in order: a number, a contact, a conversation.
pub async fn checklist(app: &App, scope: &Scope) -> Result<[bool; 3], AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let row = sqlx::query!(
        r#"
        select exists (select from whatsapp_number where workspace_id = $1 and disconnected_at is null) as "number!",
            exists (select from contact where workspace_id = $1) as "contact!",
            exists (select from conversation where workspace_id = $1) as "conversation!"
        "#,
        scope.workspace.0
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok([row.number, row.contact, row.conversation])
}
