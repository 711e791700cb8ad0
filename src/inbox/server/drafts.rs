//! What somebody writes and has not sent, kept so that it follows them to another device (F197). It is theirs alone: every query names the person, and
//! streams of nobody else are told.
//!
//! Pages of several devices write one draft, and their requests come late. A page says from which revision it goes on, and is refused when another page
//! wrote since; what it wrote itself it may overwrite, in the order of its own numbers. What is sent stays for a day as an empty draft with a newer revision:
//! a write on its way then comes too late.

use super::{reading, unsent::Kind};
use crate::{
    error::{AppError, Rule},
    ids::{ConversationId, WorkspaceId},
    inbox::model::MAX_TEXT,
    live::server::presence::Drafted,
    server::{
        limits, request,
        scope::Scope,
        state::{App, AppState},
    },
    workspace::Permission,
};
use axum::{
    Form, Json,
    extract::{
        Path, Query, State,
        rejection::{FormRejection, QueryRejection},
    },
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use uuid::Uuid;

/// How long an empty one is kept. No request is on its way that long.
const EMPTY_KEPT_HOURS: i32 = 24;
/// So many are told at once; older ones are found when their conversation is opened.
const MOST: i64 = 200;

/// A draft as its writer's pages get it.
#[derive(Serialize)]
pub struct Draft {
    conversation: Uuid,
    kind: String,
    body: String,
    /// What was sent, of one that is empty because of that.
    sent: Option<String>,
    revision: i64,
    /// The page that wrote it; none where it was sent.
    page: Option<Uuid>,
}

/// What a page writes.
#[derive(Deserialize)]
pub struct Written {
    kind: Kind,
    body: String,
    /// The newest revision that the page knows.
    base: i64,
    page: Uuid,
    /// Goes up with each write of the page.
    number: i64,
}

/// Whether it was kept, and what is there now.
#[derive(Serialize)]
pub struct Kept {
    kept: bool,
    draft: Draft,
}

/// Of which conversation.
#[derive(Deserialize)]
pub struct Of {
    conversation: Option<ConversationId>,
}

/// `POST /api/{workspace}/conversations/{conversation}/draft`
pub async fn write(
    State(state): State<AppState>,
    Path((workspace, conversation)): Path<(String, ConversationId)>,
    headers: HeaderMap,
    written: Result<Form<Written>, FormRejection>,
) -> Result<Json<Kept>, AppError> {
    let scope = request::scope_of(&state.app, &headers, &workspace).await?;
    scope.require(Permission::Reply)?;
    let Form(written) = written.map_err(|_| AppError::invalid("request", Rule::Malformed))?;
    keep(&state.app, &scope, conversation, written).await.map(Json)
}

/// `GET /api/{workspace}/drafts`: one's own, the newest first. Of one conversation also the empty ones, which say that there is nothing any more.
pub async fn list(
    State(state): State<AppState>,
    Path(workspace): Path<String>,
    of: Result<Query<Of>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let scope = request::scope_of(&state.app, &headers, &workspace).await?;
    let Query(of) = of.map_err(|_| AppError::invalid("request", Rule::Malformed))?;
    let mut tx = state.app.db.snapshot(&scope).await?;
    let drafts = sqlx::query_as!(
        Draft,
        r#"
        select d.conversation_id as conversation, d.kind, d.body, d.sent, d.revision, d.page
        from draft d join conversation c on c.workspace_id = d.workspace_id and c.id = d.conversation_id
        where d.workspace_id = $1 and d.person_id = $2
            and case when $3::uuid is null then d.body <> '' else d.conversation_id = $3 end
            and ($4::uuid[] is null or c.assignee_id = any($4))
        order by d.updated_at desc limit $5
        "#,
        scope.workspace.0,
        scope.person.0,
        of.conversation.map(|id| id.0),
        scope.only_assigned_to(),
        MOST
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(drafts)).into_response())
}

/// Keeps what a page wrote, unless another page wrote since.
async fn keep(app: &App, scope: &Scope, conversation: ConversationId, written: Written) -> Result<Kept, AppError> {
    limits::take(app, &limits::DRAFT, &scope.person.to_string()).await?;
    if !matches!(written.kind, Kind::Reply | Kind::Note) {
        return Err(AppError::invalid("kind", Rule::Malformed));
    }
    let body = match written.body.replace("\r\n", "\n").replace('\0', "") {
        body if body.trim().is_empty() => String::new(),
        body => body,
    };
    if body.chars().count() > MAX_TEXT {
        return Err(AppError::invalid("body", Rule::TooLong(MAX_TEXT as u32)));
    }
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    let kept = sqlx::query_as!(
        Draft,
        r#"
        insert into draft as known (workspace_id, person_id, conversation_id, kind, body, revision, page, number, updated_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        on conflict (workspace_id, person_id, conversation_id, kind) do update set
            body = excluded.body, sent = null, revision = greatest(known.revision + 1, excluded.revision), page = excluded.page,
            number = excluded.number, updated_at = excluded.updated_at
        where case when known.page = excluded.page then known.number < excluded.number else known.revision <= $10 end
        returning conversation_id as conversation, kind, body, sent, revision, page
        "#,
        scope.workspace.0,
        scope.person.0,
        conversation.0,
        written.kind.as_str(),
        body,
        now.timestamp_millis(),
        written.page,
        written.number,
        now,
        written.base
    )
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(draft) = kept {
        tx.commit().await?;
        app.wake.drafted(Drafted::new(scope, conversation, Some(written.page)));
        return Ok(Kept { kept: true, draft });
    }
    let draft = sqlx::query_as!(
        Draft,
        r#"
        select conversation_id as conversation, kind, body, sent, revision, page from draft
        where workspace_id = $1 and person_id = $2 and conversation_id = $3 and kind = $4
        "#,
        scope.workspace.0,
        scope.person.0,
        conversation.0,
        written.kind.as_str()
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(Kept { kept: false, draft })
}

/// What the caller has begun of a reply and of a note.
pub async fn begun(tx: &mut PgConnection, scope: &Scope, conversation: ConversationId) -> sqlx::Result<(Option<String>, Option<String>)> {
    let rows = sqlx::query!(
        "select kind, body from draft where workspace_id = $1 and person_id = $2 and conversation_id = $3 and body <> ''",
        scope.workspace.0,
        scope.person.0,
        conversation.0
    )
    .fetch_all(tx)
    .await?;
    let of = |kind: Kind| rows.iter().find(|row| row.kind == kind.as_str()).map(|row| row.body.clone());
    Ok((of(Kind::Reply), of(Kind::Note)))
}

/// A text was sent: the draft that it was, or the beginning of it, is empty from now on. What is something else stays: it was begun elsewhere, or after
/// this one was sent. Answers whom to tell after the commit, if there was a draft.
pub(super) async fn sent(
    tx: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    kind: Kind,
    text: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Drafted>> {
    let kind = match kind {
        Kind::Template => return Ok(None),
        // The text of the box went along.
        Kind::Choices => Kind::Reply,
        kind => kind,
    };
    if text.is_empty() {
        return Ok(None);
    }
    let was_begun = sqlx::query_scalar!(
        r#"
        with before as (
            select body <> '' as begun from draft where workspace_id = $1 and person_id = $2 and conversation_id = $3 and kind = $4
        )
        insert into draft as known (workspace_id, person_id, conversation_id, kind, body, sent, revision, updated_at)
        values ($1, $2, $3, $4, '', $5, $6, $7)
        on conflict (workspace_id, person_id, conversation_id, kind) do update set
            body = '', sent = excluded.sent, revision = greatest(known.revision + 1, excluded.revision), page = null, number = 0,
            updated_at = excluded.updated_at
        where starts_with(excluded.sent, btrim(known.body, E' \t\r\n'))
        returning coalesce((select begun from before), false) as "begun!"
        "#,
        scope.workspace.0,
        scope.person.0,
        conversation.0,
        kind.as_str(),
        text,
        now.timestamp_millis(),
        now
    )
    .fetch_optional(tx)
    .await?;
    Ok(was_begun.filter(|begun| *begun).map(|_| Drafted::new(scope, conversation, None)))
}

/// A form without script was sent. Its box held the draft, so whatever became of the words, nothing is left of it. That it was sent is answered, whatever
/// becomes of this.
pub async fn sent_by_form(app: &App, scope: &Scope, conversation: ConversationId, kind: Kind) {
    if let Err(error) = empty(app, scope, conversation, kind).await {
        tracing::warn!(%error, "the draft of what was sent could not be emptied");
    }
}

async fn empty(app: &App, scope: &Scope, conversation: ConversationId, kind: Kind) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let emptied = sqlx::query!(
        r#"
        update draft set body = '', revision = greatest(revision + 1, $5), page = null, number = 0, updated_at = $6
        where workspace_id = $1 and person_id = $2 and conversation_id = $3 and kind = $4 and body <> ''
        "#,
        scope.workspace.0,
        scope.person.0,
        conversation.0,
        kind.as_str(),
        now.timestamp_millis(),
        now
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    if emptied.rows_affected() > 0 {
        app.wake.drafted(Drafted::new(scope, conversation, None));
    }
    Ok(())
}

/// Two conversations became one: what was begun in the one is gone on with in the other, below what was begun there.
pub(super) async fn moved(connection: &mut PgConnection, workspace: WorkspaceId, into: Uuid, from: Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into draft as known (workspace_id, person_id, conversation_id, kind, body, revision, updated_at)
        select workspace_id, person_id, $2, kind, body, revision, updated_at from draft
        where workspace_id = $1 and conversation_id = $3 and body <> ''
        on conflict (workspace_id, person_id, conversation_id, kind) do update set
            body = left(case when known.body = '' then excluded.body else known.body || E'\n\n' || excluded.body end, $4), sent = null, revision = greatest(known.revision + 1, excluded.revision), page = null, number = 0,
            updated_at = excluded.updated_at
        "#,
        workspace.0,
        into,
        from,
        MAX_TEXT as i32
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets those that have been empty for long.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    sqlx::query!(
        "delete from draft where body = '' and updated_at < $1::timestamptz - make_interval(hours => $2)",
        app.clock.now(),
        EMPTY_KEPT_HOURS
    )
    .execute(&app.db.system)
    .await?;
    Ok(())
}
