//! The workspace's WhatsApp numbers: connected with a key that is tried out first, sealed, and never shown again (F172).
//!
//! A number is connected only after its own key read its messages at the provider: that is what proves that it is the workspace's.

use super::guard::{self, refused};
use crate::{
    error::{AppError, Rule},
    ids::WorkspaceId,
    server::{
        audit::{self, Entry},
        config::Secret,
        crypto::{Place, new_id},
        scope::Scope,
        state::App,
        whatsapp::client::{Kapso, SendError},
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};
use uuid::Uuid;

/// How long the provider may take while somebody waits for the page.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest key or secret.
const LONGEST_SECRET: usize = 500;

/// A number as its settings page shows it.
#[derive(Clone, Debug)]
pub struct Number {
    pub id: Uuid,
    pub name: Option<String>,
    pub phone_number_id: String,
    pub own_key: bool,
    pub own_secret: bool,
    pub connected: bool,
    pub tested: Option<DateTime<Utc>>,
    pub problem: Option<String>,
}

/// What the form says. Empty secrets leave what is there.
pub struct Connect<'a> {
    pub name: &'a str,
    pub phone_number_id: &'a str,
    pub api_key: &'a str,
    pub webhook_secret: &'a str,
}

/// Where a number's secrets live.
pub fn place(column: &'static str, workspace: WorkspaceId, number: Uuid) -> Place<'static> {
    Place { table: "whatsapp_number", column, workspace: workspace.0, row: number }
}

/// All numbers, connected ones first.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<Number>, AppError> {
    scope.require(Permission::Settings)?;
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select id, name, phone_number_id, api_key_sealed is not null as "own_key!", webhook_secret_sealed is not null as "own_secret!",
            disconnected_at is null as "connected!", tested_at, test_problem
        from whatsapp_number where workspace_id = $1 order by disconnected_at is not null, created_at, id
        "#,
        scope.workspace.0
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Number {
            id: row.id,
            name: row.name,
            phone_number_id: row.phone_number_id,
            own_key: row.own_key,
            own_secret: row.own_secret,
            connected: row.connected,
            tested: row.tested_at,
            problem: row.test_problem,
        })
        .collect())
}

/// Connects a number, or changes one that the workspace has. A new key is tried first; if it does not work nothing is changed.
pub async fn connect(app: &App, scope: &Scope, form: Connect<'_>) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let phone_number_id: String = form.phone_number_id.chars().filter(|c| !c.is_whitespace()).collect();
    if !(5..=32).contains(&phone_number_id.len()) || !phone_number_id.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(AppError::invalid("phone_number_id", Rule::Malformed));
    }
    let name = match form.name.trim() {
        "" => None,
        name => Some(guard::name(name, "name", 50)?),
    };
    let (api_key, webhook_secret) = (secret(form.api_key, "api_key")?, secret(form.webhook_secret, "webhook_secret")?);
    let known = {
        let mut tx = app.db.snapshot(scope).await?;
        sqlx::query!(
            "select api_key_sealed, disconnected_at from whatsapp_number where workspace_id = $1 and phone_number_id = $2",
            scope.workspace.0,
            phone_number_id
        )
        .fetch_optional(&mut *tx)
        .await?
    };
    // The process's key reads every number of the project, so it proves nothing about whose a number is.
    let in_use = known.as_ref().is_some_and(|row| row.disconnected_at.is_none());
    if api_key.is_none() && !in_use {
        return Err(AppError::invalid("api_key", Rule::Missing));
    }
    if let Some(key) = &api_key
        && let Some(problem) = try_out(app, &phone_number_id, key).await
    {
        return Err(refused(problem));
    }
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    let id = sqlx::query_scalar!(
        r#"
        insert into whatsapp_number (workspace_id, id, phone_number_id, created_at) values ($1, $2, $3, $4)
        on conflict (workspace_id, phone_number_id) do update set phone_number_id = excluded.phone_number_id
        returning id
        "#,
        scope.workspace.0,
        new_id(),
        phone_number_id,
        now
    )
    .fetch_one(&mut *tx)
    .await?;
    let mine = sqlx::query_scalar!(r#"select claim_number($1, $2) as "mine!""#, phone_number_id, id).fetch_one(&mut *tx).await?;
    if !mine {
        return Err(refused("number_taken"));
    }
    let seal = |column: &'static str, secret: &Option<Secret>| match secret {
        None => Ok(None),
        Some(secret) => app
            .sealer
            .seal(place(column, scope.workspace, id), secret.expose())
            .map(Some)
            .ok_or_else(|| crate::server::error::internal("a secret cannot be sealed")),
    };
    let (key_sealed, secret_sealed) = (seal("api_key_sealed", &api_key)?, seal("webhook_secret_sealed", &webhook_secret)?);
    let tested = api_key.as_ref().map(|_| now);
    sqlx::query!(
        r#"
        update whatsapp_number set name = $3, disconnected_at = null,
            api_key_sealed = coalesce($4, api_key_sealed), webhook_secret_sealed = coalesce($5, webhook_secret_sealed),
            tested_at = coalesce($6, tested_at), test_problem = case when $6::timestamptz is null then test_problem end
        where workspace_id = $1 and id = $2
        "#,
        scope.workspace.0,
        id,
        name,
        key_sealed,
        secret_sealed,
        tested
    )
    .execute(&mut *tx)
    .await?;
    let detail = json!({
        "phone_number_id": phone_number_id, "name": name, "new_key": api_key.is_some(), "new_secret": webhook_secret.is_some()
    });
    let action = if in_use { "number.changed" } else { "number.connected" };
    audit::record(&mut tx, now, scope, Entry { action, target: Some(("number", id)), detail }).await?;
    tx.commit().await?;
    Ok(())
}

/// Tries a number's stored key again and keeps what came of it.
pub async fn test(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let row = {
        let mut tx = app.db.snapshot(scope).await?;
        sqlx::query!(
            "select phone_number_id, api_key_sealed from whatsapp_number where workspace_id = $1 and id = $2",
            scope.workspace.0,
            id
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?
    };
    let key = crate::inbox::server::send::number_key(app, scope.workspace, id, row.api_key_sealed.as_deref());
    let problem = match &key {
        Some(key) => try_out(app, &row.phone_number_id, key).await,
        None => Some("no_key"),
    };
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    sqlx::query!(
        "update whatsapp_number set tested_at = $3, test_problem = $4 where workspace_id = $1 and id = $2",
        scope.workspace.0,
        id,
        now,
        problem
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// Takes a number out of use: nothing is received or sent any more, its secrets are forgotten, its conversations stay.
pub async fn disconnect(app: &App, scope: &Scope, id: Uuid) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    let phone_number_id = sqlx::query_scalar!(
        r#"
        update whatsapp_number set disconnected_at = $3, api_key_sealed = null, webhook_secret_sealed = null
        where workspace_id = $1 and id = $2 and disconnected_at is null
        returning phone_number_id
        "#,
        scope.workspace.0,
        id,
        now
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    sqlx::query_scalar!("select release_number($1)", phone_number_id).fetch_one(&mut *tx).await?;
    let detail = json!({ "phone_number_id": phone_number_id });
    audit::record(&mut tx, now, scope, Entry { action: "number.disconnected", target: Some(("number", id)), detail }).await?;
    tx.commit().await?;
    Ok(())
}

/// The webhook secrets of these numbers, each its own. None: a number has none, or one that cannot be opened.
pub async fn webhook_secrets(app: &App, numbers: &BTreeSet<&str>) -> sqlx::Result<Option<Vec<Secret>>> {
    let wanted: Vec<String> = numbers.iter().map(|number| (*number).to_owned()).collect();
    let rows = sqlx::query!(
        r#"
        select n.workspace_id, n.id, n.webhook_secret_sealed as "sealed!"
        from number_route r join whatsapp_number n on n.workspace_id = r.workspace_id and n.id = r.number_id
        where r.phone_number_id = any($1) and n.webhook_secret_sealed is not null
        "#,
        &wanted
    )
    .fetch_all(&app.db.system)
    .await?;
    let secrets: Option<Vec<Secret>> = rows
        .into_iter()
        .map(|row| app.sealer.open(place("webhook_secret_sealed", WorkspaceId(row.workspace_id), row.id), &row.sealed))
        .collect();
    Ok(secrets.filter(|secrets| !secrets.is_empty() && secrets.len() == wanted.len()))
}

fn secret(text: &str, field: &str) -> Result<Option<Secret>, AppError> {
    match text.trim() {
        "" => Ok(None),
        // It goes into a header.
        secret if secret.len() <= LONGEST_SECRET && secret.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(Some(Secret::new(secret))),
        _ => Err(AppError::invalid(field, Rule::Malformed)),
    }
}

/// Reads one message of the number's with the key. The key of what is wrong, if anything is.
async fn try_out(app: &App, phone_number_id: &str, key: &Secret) -> Option<&'static str> {
    let kapso = Kapso::new(app.http.clone(), app.config.kapso.api_base_url.clone(), key.expose()).with_timeout(PATIENCE);
    match kapso.list_messages(phone_number_id, None, None, None, None, 1).await {
        Ok(_) => None,
        Err(SendError::Final { code: 190 | 401, .. }) => Some("key_refused"),
        Err(SendError::Final { code: 10 | 200 | 403, .. }) => Some("key_not_for_number"),
        Err(SendError::Final { .. }) => Some("number_unknown"),
        Err(SendError::Retry { .. } | SendError::Unknown { .. }) => Some("provider_unreachable"),
    }
}
