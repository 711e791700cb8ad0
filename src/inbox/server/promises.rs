//! Since when customers wait, and by when they are promised something, looked up anew (F226): where it does not follow from what just happened, or where what is
//! promised changed. Jobs, because it is done under each conversation's lock and nobody waits for it.

use super::{
    holding, record,
    record::{Happened, NewEvent},
};
use crate::{
    ids::{ConversationId, WorkspaceId},
    server::{
        db,
        jobs::{self, NewJob, Outcome},
        state::App,
    },
};
use uuid::Uuid;

/// Conversations that are promised something anew in one transaction.
const AT_A_TIME: i64 = 500;
/// Such transactions in one run of the job.
const IN_ONE_JOB: usize = 20;

/// The job: an answer failed after all, or went out after all, or earlier than was thought.
pub async fn settle(app: &App, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<Outcome> {
    let mut tx = db::begin(&app.db.system).await?;
    // A conversation that was merged into another was settled with it.
    if holding::lock(&mut tx, workspace, id).await?.is_none() {
        return Ok(Outcome::Done);
    }
    if holding::settle_waiting(&mut tx, workspace, id).await? {
        record::record(&mut tx, app.clock.now(), &[NewEvent::new(workspace, Happened::WaitingChanged, id)]).await?;
        tx.commit().await?;
        app.wake.workspaces([workspace]);
    }
    Ok(Outcome::Done)
}

/// The job: working hours, holidays, promises or the zone changed. What is overdue by the new promise already is nobody's broken one.
pub async fn promise_anew(app: &App, workspace: WorkspaceId, after: Option<ConversationId>) -> sqlx::Result<Outcome> {
    let mut after = after.map_or(Uuid::nil(), |after| after.0);
    for _ in 0..IN_ONE_JOB {
        let now = app.clock.now();
        let mut tx = db::begin(&app.db.system).await?;
        // Locked first, so that the statement after it sees what others did meanwhile.
        let ids = sqlx::query_scalar!(
            "select id from conversation where workspace_id = $1 and id > $2 and state <> 'closed' order by id limit $3 for update",
            workspace.0,
            after,
            AT_A_TIME
        )
        .fetch_all(&mut *tx)
        .await?;
        let Some(last) = ids.last().copied() else { return Ok(Outcome::Done) };
        after = last;
        let moved = sqlx::query_scalar!(
            r#"
            with anew as materialized (
                select o.id,
                    due_after(o.workspace_id, o.waiting_since,
                        case when o.first_answered_at is null then l.first_answer else l.next_answer end) as answer,
                    due_after(o.workspace_id, coalesce(o.opened_at, o.created_at), l.resolution) as resolution
                from conversation o left join service_level l on l.workspace_id = o.workspace_id
                where o.workspace_id = $1 and o.id = any($2)
            )
            update conversation c set answer_due_at = anew.answer, resolve_due_at = anew.resolution,
                answer_told = case when anew.answer <= $3 then anew.answer else c.answer_told end,
                resolve_told = case when anew.resolution <= $3 then anew.resolution else c.resolve_told end
            from anew
            where c.workspace_id = $1 and c.id = anew.id
                and (c.answer_due_at, c.resolve_due_at) is distinct from (anew.answer, anew.resolution)
            returning c.id
            "#,
            workspace.0,
            &ids,
            now
        )
        .fetch_all(&mut *tx)
        .await?;
        let events: Vec<NewEvent> =
            moved.into_iter().map(|id| NewEvent::new(workspace, Happened::WaitingChanged, ConversationId(id))).collect();
        record::record(&mut tx, now, &events).await?;
        tx.commit().await?;
        app.wake.workspaces([workspace]);
    }
    // Far within its lease; whoever takes the next one goes on here.
    let mut tx = db::begin(&app.db.system).await?;
    jobs::put(&mut tx, app.clock.now(), NewJob::promise_anew(workspace, Some(ConversationId(after)))).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(Outcome::Done)
}
