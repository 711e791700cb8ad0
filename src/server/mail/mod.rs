//! Mails: put into the outbox in the transaction that makes them necessary, carried away by a job, seen when they fail.
//!
//! A mail about a workspace belongs to it, behind the wall like everything else. A mail about a person alone (verification, password reset) belongs to
//! nobody's workspace ([`PERSONAL`]): only the system role can put or read it.

mod carrier;
mod folder;
pub mod page;
mod resend;
mod smtp;
mod template;
#[cfg(test)]
mod tests;

pub use carrier::Carrier;
pub use template::{Rendered, Template, inert};

use super::{
    audit,
    crypto::new_id,
    jobs::{self, NewJob, Outcome},
    scope::Scope,
    state::App,
};
use crate::{
    error::{AppError, Conflict},
    ids::WorkspaceId,
    words::Locale,
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// Whose mails those about a person alone are: no workspace has the nil UUID.
pub const PERSONAL: WorkspaceId = WorkspaceId(Uuid::nil());
/// How many mails [`recent`] gives.
const SHOWN: i64 = 100;

/// A mail about to be put.
#[derive(Clone, Copy, Debug)]
pub struct NewMail<'a> {
    /// Whose it is. None for mails about a person alone, which need a connection of the system role.
    pub workspace: Option<WorkspaceId>,
    /// One address, as the person gave it.
    pub to: &'a str,
    pub locale: Locale,
    pub template: Template<'a>,
}

/// A mail as it goes out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub id: Uuid,
    /// The same for every attempt at the same sending, another one when somebody has it sent again.
    pub idempotency_key: String,
    pub template: String,
    pub to: String,
    pub subject: String,
    pub html: String,
    pub text: String,
    pub put_at: DateTime<Utc>,
}

/// What became of an attempt. Reasons are shown to the team and logged, so they hold no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// Taken by the provider, under its id if it gave one.
    Sent(Option<String>),
    /// Not an attempt: come back after this pause.
    Later(Duration),
    /// Try again.
    Again(String),
    /// Will never work.
    Refused(String),
}

/// Puts a mail into the outbox and the job that carries it, both in the caller's transaction. Call `app.wake.jobs()` after the commit for speed.
pub async fn put(connection: &mut PgConnection, now: DateTime<Utc>, mail: NewMail<'_>) -> sqlx::Result<Uuid> {
    let id = new_id();
    let workspace = mail.workspace.unwrap_or(PERSONAL);
    let Rendered { subject, html, text } = mail.template.render(mail.locale);
    sqlx::query!(
        "insert into mail (workspace_id, id, template, recipient, locale, subject, html, body, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        workspace.0,
        id,
        mail.template.name(),
        mail.to,
        mail.locale.as_str(),
        subject,
        html,
        text,
        now
    )
    .execute(&mut *connection)
    .await?;
    jobs::put(connection, now, NewJob::deliver_mail(workspace, id)).await?;
    Ok(id)
}

/// The job: carries one mail.
pub async fn run(app: &App, workspace: WorkspaceId, mail: Uuid) -> sqlx::Result<Outcome> {
    let row = sqlx::query!(
        "select template, recipient, subject, html, body, resent, created_at from mail where workspace_id = $1 and id = $2 and state = 'waiting'",
        workspace.0,
        mail
    )
    .fetch_optional(&app.db.system)
    .await?;
    let Some(row) = row else { return Ok(Outcome::Done) };
    let letter = Letter {
        id: mail,
        idempotency_key: format!("my21staff-{mail}-{}", row.resent),
        template: row.template,
        to: row.recipient,
        subject: row.subject,
        html: row.html.unwrap_or_default(),
        text: row.body.unwrap_or_default(),
        put_at: row.created_at,
    };
    match app.mail.carry(&letter).await {
        Carried::Sent(provider_id) => {
            sqlx::query!(
                r#"
                update mail set state = 'sent', provider_id = $3, settled_at = $4, reason = null, html = null, body = null
                where workspace_id = $1 and id = $2
                "#,
                workspace.0,
                mail,
                provider_id,
                app.clock.now()
            )
            .execute(&app.db.system)
            .await?;
            tracing::info!(%mail, template = letter.template, "mail sent");
            Ok(Outcome::Done)
        }
        Carried::Later(pause) => Ok(Outcome::Postpone(pause)),
        Carried::Again(reason) => {
            sqlx::query!("update mail set reason = $3 where workspace_id = $1 and id = $2", workspace.0, mail, reason)
                .execute(&app.db.system)
                .await?;
            Ok(Outcome::Retry(reason, None))
        }
        Carried::Refused(reason) => Ok(Outcome::Dead(reason)),
    }
}

/// The job has given up: the mail stays, with the reason, until somebody has it sent again.
pub async fn give_up(app: &App, workspace: WorkspaceId, mail: Uuid, reason: &str) -> sqlx::Result<()> {
    sqlx::query!(
        "update mail set state = 'failed', reason = $3, settled_at = $4 where workspace_id = $1 and id = $2 and state = 'waiting'",
        workspace.0,
        mail,
        reason,
        app.clock.now()
    )
    .execute(&app.db.system)
    .await?;
    Ok(())
}

/// A mail of a workspace, as its team sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRow {
    pub id: Uuid,
    pub template: String,
    pub recipient: String,
    pub subject: String,
    /// `waiting`, `sent` or `failed`.
    pub state: String,
    /// Why the last attempt failed.
    pub reason: Option<String>,
    pub created_at: DateTime<Utc>,
    pub settled_at: Option<DateTime<Utc>>,
}

/// The workspace's newest mails, newest first.
///
/// # Errors
/// `Forbidden` without `team:invite`.
pub async fn recent(app: &App, scope: &Scope) -> Result<Vec<MailRow>, AppError> {
    scope.require(Permission::InviteTeam)?;
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query_as!(
        MailRow,
        r#"
        select id, template, recipient, subject, state, reason, created_at, settled_at from mail
        where workspace_id = $1 order by created_at desc, id desc limit $2
        "#,
        scope.workspace.0,
        SHOWN
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows)
}

/// Sends a failed mail again.
///
/// # Errors
/// `Forbidden` without `team:invite`, `NotFound` for a mail of another workspace, `Conflict(NotFailed)` for one that is waiting or was sent.
pub async fn resend(app: &App, scope: &Scope, mail: Uuid) -> Result<(), AppError> {
    scope.require(Permission::InviteTeam)?;
    let mut tx = app.db.begin(scope).await?;
    let state = sqlx::query_scalar!("select state from mail where workspace_id = $1 and id = $2 for update", scope.workspace.0, mail)
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?;
    if state != "failed" {
        return Err(AppError::Conflict(Conflict::NotFailed));
    }
    let now = app.clock.now();
    sqlx::query!(
        "update mail set state = 'waiting', reason = null, settled_at = null, resent = resent + 1 where workspace_id = $1 and id = $2",
        scope.workspace.0,
        mail
    )
    .execute(&mut *tx)
    .await?;
    jobs::put(&mut tx, now, NewJob::deliver_mail(scope.workspace, mail)).await?;
    let entry = audit::Entry { action: "mail.resent", target: Some(("mail", mail)), detail: serde_json::json!({}) };
    audit::record(&mut tx, now, scope, entry).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}
