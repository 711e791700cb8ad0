//! Promises that were not kept (F226): when an answer or the end of a conversation is overdue, that is written down once and the screens of those whom it
//! concerns are told. By when something is promised stands in the conversation's row, kept by trigger (migration 0029).

use super::{
    deeds, holding, record,
    record::{Happened, NewEvent},
};
use crate::{
    ids::{ConversationId, WorkspaceId},
    server::{db, error, state::App},
};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Conversations told at a time; what remains is told the next time.
const AT_A_TIME: i64 = 200;

/// Tells of everything that is overdue and was not told. Any number of processes may do it at once.
pub async fn tell(app: &App) -> sqlx::Result<()> {
    let overdue = sqlx::query!(
        r#"
        (select workspace_id as "workspace_id!", id as "id!" from conversation
            where answer_due_at <= $1 and answer_due_at is not null and answer_due_at is distinct from answer_told
            order by answer_due_at limit $2)
        union
        (select workspace_id, id from conversation
            where resolve_due_at <= $1 and resolve_due_at is not null and resolve_due_at is distinct from resolve_told
            order by resolve_due_at limit $2)
        "#,
        app.clock.now(),
        AT_A_TIME
    )
    .fetch_all(&app.db.system)
    .await?;
    for row in overdue {
        if let Err(error) = one(app, WorkspaceId(row.workspace_id), ConversationId(row.id)).await {
            tracing::warn!(error = error::kind(&error), "what is overdue could not be told; it comes round again");
        }
    }
    Ok(())
}

async fn one(app: &App, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<()> {
    let mut tx = db::begin(&app.db.system).await?;
    let Some(locked) = holding::lock(&mut tx, workspace, id).await? else { return Ok(()) };
    let now = app.clock.now();
    let dues = sqlx::query!(
        r#"
        select answer_due_at as answer, resolve_due_at as resolution, answer_due_at is distinct from answer_told as "answer_new!",
            resolve_due_at is distinct from resolve_told as "resolution_new!"
        from conversation where workspace_id = $1 and id = $2
        "#,
        workspace.0,
        id.0
    )
    .fetch_one(&mut *tx)
    .await?;
    let passed = |due: Option<DateTime<Utc>>, new: bool| due.filter(|due| new && *due <= now);
    let answer = passed(dues.answer, dues.answer_new);
    let resolution = passed(dues.resolution, dues.resolution_new);
    if answer.is_none() && resolution.is_none() {
        return Ok(());
    }
    sqlx::query!(
        r#"
        update conversation set answer_told = coalesce($3, answer_told), resolve_told = coalesce($4, resolve_told)
        where workspace_id = $1 and id = $2
        "#,
        workspace.0,
        id.0,
        answer,
        resolution
    )
    .execute(&mut *tx)
    .await?;
    let mut events = Vec::with_capacity(4);
    for (kind, due, happened) in [("answer", answer, Happened::AnswerLate), ("resolution", resolution, Happened::ResolutionLate)] {
        let Some(due) = due else { continue };
        // What was promised anew for the same moment was told already.
        let kept = breach(&mut tx, workspace, id, kind, due, now, locked.assignee).await?;
        if kept {
            events.push(NewEvent::new(workspace, happened, id));
        }
    }
    if !events.is_empty() && raised(&mut tx, workspace, id).await? {
        events.push(deeds::changed(&locked));
        holding::system_line(&mut tx, &locked, "raised_when_late", None, "", now, &mut events).await?;
    }
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(())
}

/// Makes it urgent, if the workspace wants that of what is overdue. Answers whether it was not.
async fn raised(connection: &mut sqlx::PgConnection, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<bool> {
    let raised = sqlx::query!(
        r#"
        update conversation c set priority = 1 from service_level l
        where c.workspace_id = $1 and c.id = $2 and c.priority = 0 and l.workspace_id = $1 and l.raise_late
        "#,
        workspace.0,
        id.0
    )
    .execute(connection)
    .await?;
    Ok(raised.rows_affected() > 0)
}

async fn breach(
    connection: &mut sqlx::PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    kind: &str,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
    assignee: Option<Uuid>,
) -> sqlx::Result<bool> {
    let kept = sqlx::query!(
        r#"
        insert into service_breach (workspace_id, conversation_id, kind, due_at, noticed_at, assignee_id) values ($1, $2, $3, $4, $5, $6)
        on conflict do nothing
        "#,
        workspace.0,
        conversation.0,
        kind,
        due,
        now,
        assignee
    )
    .execute(connection)
    .await?;
    Ok(kept.rows_affected() > 0)
}
