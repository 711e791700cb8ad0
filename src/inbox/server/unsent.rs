//! What was written in a form without script and refused: kept for the page that says so. A browser with script keeps its drafts itself.

use super::reading;
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::MAX_TEXT,
    server::{scope::Scope, state::App},
};
use serde::Deserialize;
use sqlx::PgConnection;

/// How long it is kept.
const KEPT_HOURS: i32 = 24;
/// No more than this many characters are kept: room to shorten what was too long, and for all of a contact's fields.
const MOST: usize = 8 * MAX_TEXT;

/// In which box it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Reply,
    Note,
    /// As JSON: what was chosen and filled in.
    Template,
    /// As JSON: the text and the choices under it.
    Choices,
    /// As JSON: what a contact's page said.
    Contact,
    /// What came of a task.
    Task,
}

impl Kind {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Note => "note",
            Self::Template => "template",
            Self::Choices => "choices",
            Self::Contact => "contact",
            Self::Task => "task",
        }
    }
}

/// Keeps a text that was refused, if it came from a form without script. Answers what was to be answered: that it was refused, whatever becomes of this.
pub async fn keep<T>(
    app: &App,
    scope: &Scope,
    conversation: ConversationId,
    kind: Kind,
    text: &str,
    outcome: Result<T, AppError>,
) -> Result<T, AppError> {
    if outcome.is_err() && crate::server::request::headers().is_ok_and(|headers| crate::server::request::wants_page(&headers)) {
        keep_for_page(app, scope, conversation, kind, text).await;
    }
    outcome
}

/// Keeps a text for the page that will say why it was refused.
pub async fn keep_for_page(app: &App, scope: &Scope, conversation: ConversationId, kind: Kind, text: &str) {
    if let Err(error) = store(app, scope, conversation, kind, text).await {
        tracing::warn!(%error, "a refused text could not be kept");
    }
}

async fn store(app: &App, scope: &Scope, conversation: ConversationId, kind: Kind, text: &str) -> Result<(), AppError> {
    let text: String = text.replace("\r\n", "\n").replace('\0', "").trim().chars().take(MOST).collect();
    if text.is_empty() {
        return Ok(());
    }
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    sqlx::query!(
        r#"
        insert into unsent (workspace_id, conversation_id, person_id, kind, body, kept_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (workspace_id, conversation_id, person_id, kind) do update set body = excluded.body, kept_at = excluded.kept_at
        "#,
        scope.workspace.0,
        conversation.0,
        scope.person.0,
        kind.as_str(),
        text,
        app.clock.now()
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}

/// What was kept in one box.
pub async fn kept_in(tx: &mut PgConnection, scope: &Scope, conversation: ConversationId, kind: Kind) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar!(
        "select body from unsent where workspace_id = $1 and conversation_id = $2 and person_id = $3 and kind = $4",
        scope.workspace.0,
        conversation.0,
        scope.person.0,
        kind.as_str()
    )
    .fetch_optional(tx)
    .await
}

/// What was kept of a reply and of a note.
pub async fn kept(tx: &mut PgConnection, scope: &Scope, conversation: ConversationId) -> sqlx::Result<(Option<String>, Option<String>)> {
    let rows = sqlx::query!(
        "select kind, body from unsent where workspace_id = $1 and conversation_id = $2 and person_id = $3",
        scope.workspace.0,
        conversation.0,
        scope.person.0
    )
    .fetch_all(tx)
    .await?;
    let of = |kind: Kind| rows.iter().find(|row| row.kind == kind.as_str()).map(|row| row.body.clone());
    Ok((of(Kind::Reply), of(Kind::Note)))
}

/// It was sent: nothing is left to send.
pub async fn forget(tx: &mut PgConnection, scope: &Scope, conversation: ConversationId, kind: Kind) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from unsent where workspace_id = $1 and conversation_id = $2 and person_id = $3 and kind = $4",
        scope.workspace.0,
        conversation.0,
        scope.person.0,
        kind.as_str()
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Forgets the old ones.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    sqlx::query!("delete from unsent where kept_at < $1::timestamptz - make_interval(hours => $2)", app.clock.now(), KEPT_HOURS)
        .execute(&app.db.system)
        .await?;
    Ok(())
}
