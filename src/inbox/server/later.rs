//! What was written and has not left: messages that wait for their time (F210), and those that may be taken back for a moment (F209).
//!
//! A waiting message is a message of the thread with the status `scheduled` and its time as `sent_at`. When the time comes the job lets it go as its
//! writer would by pressing "send" then: with the writer's rights, inside the window, and not if somebody wrote meanwhile. What stands against it makes it
//! `held`, with a line in the thread, until a person sends it or takes it back. Nothing of it is ever dropped.

use super::{
    holding,
    holding::Locked,
    outbound, reading, record,
    record::{Happened, NewEvent},
    replying,
    templates::SENT,
};
use crate::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId, PersonId, WorkspaceId},
    inbox::model::*,
    server::{
        db,
        jobs::{self, NewJob, Outcome},
        limits, request,
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;

/// A suspended workspace's messages wait; how long until it is looked at again.
const WHILE_SUSPENDED: Duration = Duration::from_secs(300);

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// A message of ours whose conversation is locked.
struct Unsent {
    conversation: Locked,
    id: MessageId,
    status: Status,
    by: Option<PersonId>,
    at: DateTime<Utc>,
    seen: i64,
    is_template: bool,
}

/// A message that the caller sees, its conversation locked.
async fn locked(tx: &mut PgConnection, scope: &Scope, id: MessageId) -> Result<Unsent, AppError> {
    let conversation =
        sqlx::query_scalar!("select conversation_id from message where workspace_id = $1 and id = $2", scope.workspace.0, id.0)
            .fetch_optional(&mut *tx)
            .await?
            .ok_or(AppError::NotFound)?;
    reading::visible(tx, scope, ConversationId(conversation)).await?;
    let conversation = holding::lock(tx, scope.workspace, ConversationId(conversation)).await?.ok_or(AppError::NotFound)?;
    let row = sqlx::query!(
        r#"
        select status as "status!", sender, sender_id, sent_at, seen_seq, coalesce(detail ? $3, false) as "is_template!"
        from message where workspace_id = $1 and id = $2 and direction = 'outbound' and status is not null
        "#,
        scope.workspace.0,
        id.0,
        SENT
    )
    .fetch_optional(tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(Unsent {
        conversation,
        id,
        status: Status::parse(&row.status).unwrap_or(Status::Sent),
        by: row.sender_id.filter(|_| row.sender == Sender::Teammate.as_str()).map(PersonId),
        at: row.sent_at,
        seen: row.seen_seq.unwrap_or(0),
        is_template: row.is_template,
    })
}

/// Takes back what has not left: one's own reply in its moment, or what anybody of the team scheduled. It is withdrawn, as if it had not been written; that
/// it took the conversation over stays.
///
/// # Errors
/// `NotFound` for a message out of sight; `Conflict` when it has left, or is a colleague's that is about to.
pub async fn take_back(app: &App, scope: &Scope, id: MessageId) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    let mut tx = app.db.begin(scope).await?;
    let message = locked(&mut tx, scope, id).await?;
    let now = app.clock.now();
    match message.status {
        // The same click again.
        Status::Cancelled if message.by == Some(scope.person) => return outbound::view(&mut tx, scope, id).await,
        Status::Scheduled | Status::Held => {}
        Status::Pending if message.by == Some(scope.person) => {}
        _ => return Err(AppError::Conflict(Conflict::HasLeft)),
    }
    sqlx::query!("update message set status = 'cancelled' where workspace_id = $1 and id = $2", scope.workspace.0, id.0)
        .execute(&mut *tx)
        .await?;
    // Nobody finds what is not there.
    sqlx::query!("delete from message_words where workspace_id = $1 and message_id = $2", scope.workspace.0, id.0)
        .execute(&mut *tx)
        .await?;
    let mut events = vec![NewEvent::new(scope.workspace, Happened::MessageChanged, message.conversation.id).message(id)];
    if message.status == Status::Pending {
        holding::settle_waiting(&mut tx, scope.workspace, message.conversation.id).await?;
    }
    if unlist(&mut tx, &message).await? {
        events.push(NewEvent::new(scope.workspace, Happened::ConversationChanged, message.conversation.id));
    }
    outbound::finish(app, tx, scope, id, now, &events).await
}

/// Where lists show this message they show the one before it. Answers whether they did.
async fn unlist(connection: &mut PgConnection, message: &Unsent) -> sqlx::Result<bool> {
    let changed = sqlx::query!(
        r#"
        update conversation c set last_message_id = before.id, last_message_at = before.sent_at
        from (
            select id, sent_at from message
            where workspace_id = $1 and conversation_id = $2 and coalesce(status, '') not in ('scheduled', 'held', 'cancelled')
                and (direction <> 'system' or kind in ('woke_up', 'later_held'))
            order by sent_at desc, id desc limit 1
        ) before
        where c.workspace_id = $1 and c.id = $2 and c.last_message_id = $3
        "#,
        message.conversation.workspace.0,
        message.conversation.id.0,
        message.id.0
    )
    .execute(connection)
    .await?;
    Ok(changed.rows_affected() > 0)
}

/// Sends a waiting or a held message now. `seen` as for a reply.
///
/// # Errors
/// Those of a reply; `Conflict` when it waits no longer.
pub async fn send_now(app: &App, scope: &Scope, id: MessageId, seen: i64) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let mut tx = app.db.begin(scope).await?;
    let message = locked(&mut tx, scope, id).await?;
    let now = app.clock.now();
    match message.status {
        Status::Scheduled | Status::Held => {}
        // The same click again, or its time had come.
        Status::Cancelled => return Err(AppError::Conflict(Conflict::TakenBack)),
        _ => return outbound::view(&mut tx, scope, id).await,
    }
    may_go(&mut tx, scope, &message, seen, now).await?;
    let events = let_go(&mut tx, scope, &message, now).await?;
    outbound::finish(app, tx, scope, id, now, &events).await
}

/// What stands against sending it now.
async fn may_go(tx: &mut Tx, scope: &Scope, message: &Unsent, seen: i64, now: DateTime<Utc>) -> Result<(), AppError> {
    let conversation = &message.conversation;
    if conversation.state == "closed" {
        return Err(AppError::Conflict(Conflict::ConversationClosed));
    }
    let closes = window_closes(conversation.last_inbound_at.map(|at| at.timestamp_millis()));
    // Templates get through at any time.
    if !message.is_template && !window_open(closes, now.timestamp_millis()) {
        return Err(AppError::Conflict(Conflict::WindowClosed(closes)));
    }
    replying::nothing_said(tx, scope, conversation.id, seen, Vec::new()).await
}

/// From here on it is a message like any other that is sent now.
async fn let_go(tx: &mut Tx, scope: &Scope, message: &Unsent, now: DateTime<Utc>) -> Result<Vec<NewEvent>, AppError> {
    let mut events = Vec::with_capacity(3);
    holding::take(tx, scope, &message.conversation, now, &mut events).await?;
    sqlx::query!(
        r#"
        update message set status = 'pending', sent_at = $3, created_at = $3, written_at = created_at, failure_code = null, failure_reason = null, seen_seq = null
        where workspace_id = $1 and id = $2
        "#,
        scope.workspace.0,
        message.id.0,
        now
    )
    .execute(&mut **tx)
    .await?;
    sqlx::query!("update message_words set sent_at = $3 where workspace_id = $1 and message_id = $2", scope.workspace.0, message.id.0, now)
        .execute(&mut **tx)
        .await?;
    holding::answered(tx, scope.workspace, message.conversation.id, message.id, Sender::Teammate, now).await?;
    jobs::put(tx, now, NewJob::send(scope.workspace, message.conversation.id, message.id)).await?;
    events.push(NewEvent::new(scope.workspace, Happened::MessageSent, message.conversation.id).message(message.id));
    Ok(events)
}

/// The job: the time of a waiting message has come.
pub async fn run(app: &App, workspace: WorkspaceId, id: MessageId) -> sqlx::Result<Outcome> {
    let writer = sqlx::query_scalar!(
        "select sender_id from message where workspace_id = $1 and id = $2 and status = 'scheduled'",
        workspace.0,
        id.0
    )
    .fetch_optional(&app.db.system)
    .await?;
    // Sent by hand, taken back.
    let Some(writer) = writer else { return Ok(Outcome::Done) };
    let released = match writer {
        None => Err(AppError::NotFound),
        Some(writer) => match request::scope_of_person(app, PersonId(writer), workspace).await {
            Ok(scope) => release(app, &scope, id).await,
            Err(error) => Err(error),
        },
    };
    let why = match released {
        Ok(outcome) => return Ok(outcome),
        Err(AppError::Suspended) => return Ok(Outcome::Postpone(WHILE_SUSPENDED)),
        Err(AppError::Conflict(Conflict::ConversationClosed)) => "conversation_closed",
        Err(AppError::Conflict(Conflict::WindowClosed(_))) => "window_closed",
        Err(AppError::Conflict(_)) => "somebody_wrote",
        Err(AppError::NotFound | AppError::Forbidden(_)) => "writer_gone",
        Err(error) => return Ok(Outcome::Retry(error.to_string(), None)),
    };
    hold(app, workspace, id, why).await?;
    Ok(Outcome::Done)
}

/// The job is dead: a person has to look.
pub async fn give_up(app: &App, workspace: WorkspaceId, id: MessageId) -> sqlx::Result<()> {
    hold(app, workspace, id, "not_possible").await
}

async fn release(app: &App, scope: &Scope, id: MessageId) -> Result<Outcome, AppError> {
    scope.require(Permission::Reply)?;
    let mut tx = app.db.begin(scope).await?;
    let message = locked(&mut tx, scope, id).await?;
    let now = app.clock.now();
    if message.status != Status::Scheduled {
        return Ok(Outcome::Done);
    }
    if let Ok(early) = (message.at - now).to_std()
        && !early.is_zero()
    {
        return Ok(Outcome::Postpone(early));
    }
    may_go(&mut tx, scope, &message, message.seen, now).await?;
    let events = let_go(&mut tx, scope, &message, now).await?;
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(Outcome::Done)
}

/// It was not sent, and the thread and the list say so: somebody has to look.
async fn hold(app: &App, workspace: WorkspaceId, id: MessageId, why: &'static str) -> sqlx::Result<()> {
    let mut tx = db::begin(&app.db.system).await?;
    let conversation = sqlx::query_scalar!("select conversation_id from message where workspace_id = $1 and id = $2", workspace.0, id.0)
        .fetch_optional(&mut *tx)
        .await?;
    let Some(conversation) = conversation.map(ConversationId) else { return Ok(()) };
    // A conversation merged into another takes its messages along: this one is looked for again.
    let locked = holding::lock(&mut tx, workspace, conversation).await?.ok_or(sqlx::Error::RowNotFound)?;
    let now = app.clock.now();
    let held = sqlx::query_scalar!(
        r#"
        update message set status = 'held', failure_reason = $3 where workspace_id = $1 and id = $2 and status = 'scheduled'
        returning sender_id
        "#,
        workspace.0,
        id.0,
        why
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(writer) = held else { return Ok(()) };
    let mut events = vec![NewEvent::new(workspace, Happened::MessageChanged, conversation).message(id)];
    holding::system_line(&mut tx, &locked, "later_held", writer, why, now, &mut events).await?;
    if let Some(line) = events.last().and_then(|event| event.message) {
        holding::set_last_message(&mut tx, workspace, conversation, line, now).await?;
    }
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(())
}
