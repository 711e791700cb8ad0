//! Who answers a conversation: ARI, a person, nobody yet. And what has been read.
//!
//! Every change of hands raises the conversation's `turn` under the row lock. ARI's answer carries the turn it was asked in; when it comes to
//! store or send the answer, it takes the same lock and drops the answer if the turn has moved on (F227). So for any interleaving there is one order,
//! and in it ARI says nothing after a person has taken over.

use super::{
    masking, reading, record,
    record::{Happened, NewEvent},
    views,
};
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::model::*,
    server::{
        crypto::new_id,
        jobs::{self, NewJob},
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// A conversation whose row is locked until the transaction ends.
#[derive(Debug)]
pub struct Locked {
    pub workspace: WorkspaceId,
    pub id: ConversationId,
    pub number_id: Uuid,
    pub contact_id: Uuid,
    pub state: String,
    pub holder: Holder,
    pub assignee: Option<Uuid>,
    pub turn: i64,
    pub apologised: bool,
    pub unread: i32,
    pub last_inbound_at: Option<DateTime<Utc>>,
}

/// Locks a conversation. All writers of a conversation start here, so they are one after another.
pub async fn lock(connection: &mut PgConnection, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<Option<Locked>> {
    let row = sqlx::query!(
        r#"
        select number_id, contact_id, state, holder, assignee_id, turn, apologised, unread_count, last_inbound_at
        from conversation where workspace_id = $1 and id = $2 for update
        "#,
        workspace.0,
        id.0
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| Locked {
        workspace,
        id,
        number_id: row.number_id,
        contact_id: row.contact_id,
        state: row.state,
        holder: Holder::parse(&row.holder).unwrap_or(Holder::Team),
        assignee: row.assignee_id,
        turn: row.turn,
        apologised: row.apologised,
        unread: row.unread_count,
        last_inbound_at: row.last_inbound_at,
    }))
}

/// The caller takes the conversation; unless it is theirs already.
pub async fn take_over(app: &App, scope: &Scope, id: ConversationId) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, id).await?;
    let locked = lock(&mut tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    let mut events = Vec::new();
    if locked.holder != Holder::Team || locked.assignee != Some(scope.person.0) {
        change_hands(&mut tx, &locked, Holder::Team, Some(scope.person.0), &mut events).await?;
        system_line(&mut tx, &locked, "took_over", Some(scope.person.0), "", now, &mut events).await?;
        if locked.holder == Holder::Ari {
            jobs::put(&mut tx, now, NewJob::handover_card(scope.workspace, id)).await?;
        }
    }
    let view = finish(app, scope, tx, id, now, events).await?;
    app.wake.jobs();
    Ok(view)
}

/// ARI answers again, from the next message on. Nobody is the assignee then.
pub async fn hand_back(app: &App, scope: &Scope, id: ConversationId) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let before = reading::visible(&mut tx, scope, id).await?;
    let locked = lock(&mut tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    let mut events = Vec::new();
    if locked.holder != Holder::Ari {
        // A member keeps what he hands back, else it would leave his sight (F10).
        let keeper = scope.only_assigned_to().and(before.assignee.map(|person| person.id.0));
        change_hands(&mut tx, &locked, Holder::Ari, keeper, &mut events).await?;
        system_line(&mut tx, &locked, "handed_back", Some(scope.person.0), "", now, &mut events).await?;
    }
    finish(app, scope, tx, id, now, events).await
}

/// The messages were seen.
pub async fn mark_read(app: &App, scope: &Scope, id: ConversationId) -> Result<(), AppError> {
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, id).await?;
    let locked = lock(&mut tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    if locked.unread == 0 {
        return Ok(());
    }
    sqlx::query!("update conversation set unread_count = 0 where workspace_id = $1 and id = $2", scope.workspace.0, id.0)
        .execute(&mut *tx)
        .await?;
    let event = NewEvent::new(scope.workspace, Happened::ConversationRead, id).unread(-locked.unread);
    record::record(&mut tx, now, &[event]).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(())
}

pub(super) async fn finish(
    app: &App,
    scope: &Scope,
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    id: ConversationId,
    now: DateTime<Utc>,
    events: Vec<NewEvent>,
) -> Result<ConversationView, AppError> {
    record::record(&mut tx, now, &events).await?;
    let mut view = views::conversations(&mut tx, scope.workspace, &[id.0]).await?.pop().ok_or(AppError::NotFound)?;
    if let Some(mask) = masking::for_conversations(&mut tx, scope, &[id.0]).await? {
        masking::conversation(&mask, &mut view);
    }
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    Ok(view)
}

/// A person who replies holds the conversation: the first one becomes its assignee, and ARI stops.
pub async fn take(
    connection: &mut PgConnection,
    scope: &Scope,
    locked: &Locked,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    if locked.holder == Holder::Team && locked.assignee.is_some() {
        return Ok(());
    }
    let assignee = locked.assignee.unwrap_or(scope.person.0);
    change_hands(connection, locked, Holder::Team, Some(assignee), events).await?;
    system_line(connection, locked, "took_over", Some(scope.person.0), "", now, events).await
}

/// When a model is asked again after none answered.
const AFTER_FAILURE: Duration = Duration::from_secs(60);

/// ARI gives the conversation to the team, with a line in the thread that says why (`reason` is a key, never customer text).
pub async fn hand_over(
    connection: &mut PgConnection,
    locked: &Locked,
    kind: &'static str,
    reason: &str,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    change_hands(connection, locked, Holder::Team, locked.assignee, events).await?;
    // What ARI answered last was that somebody will come.
    sqlx::query!(
        "update conversation set waiting_since = coalesce(waiting_since, $3) where workspace_id = $1 and id = $2 and state <> 'closed'",
        locked.workspace.0,
        locked.id.0,
        now
    )
    .execute(&mut *connection)
    .await?;
    // Where no model answered, not the same models at once.
    let delay = if kind == "ari_failed" { AFTER_FAILURE } else { Duration::ZERO };
    jobs::put(&mut *connection, now, NewJob::handover_card(locked.workspace, locked.id).after(delay)).await?;
    system_line(connection, locked, kind, None, reason, now, events).await
}

async fn change_hands(
    connection: &mut PgConnection,
    locked: &Locked,
    holder: Holder,
    assignee: Option<Uuid>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update conversation set holder = $3, assignee_id = $4, turn = turn + 1, let_go_by = case when $4::uuid is null then let_go_by end
        where workspace_id = $1 and id = $2
        "#,
        locked.workspace.0,
        locked.id.0,
        holder.as_str(),
        assignee
    )
    .execute(connection)
    .await?;
    let was = locked.assignee.filter(|was| Some(*was) != assignee);
    events.push(NewEvent::new(locked.workspace, Happened::ConversationChanged, locked.id).was_assigned_to(was));
    Ok(())
}

/// A line in the thread about what happened.
pub(super) async fn system_line(
    connection: &mut PgConnection,
    locked: &Locked,
    kind: &str,
    by: Option<Uuid>,
    reason: &str,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    let id = new_id();
    sqlx::query!(
        r#"
        insert into message (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, sent_at, created_at)
        values ($1, $2, $3, 'system', 'system', $4, $5, $6, $7, $7)
        "#,
        locked.workspace.0,
        id,
        locked.id.0,
        by,
        kind,
        reason,
        now
    )
    .execute(connection)
    .await?;
    events.push(NewEvent::new(locked.workspace, Happened::MessageSent, locked.id).message(MessageId(id)));
    Ok(())
}

/// Makes an answer the message that lists show, unless a newer one is. The customer waits no longer; a person's first answer is kept as such.
pub async fn answered(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
    by: Sender,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update conversation set
            last_message_id = case when last_message_id is null or (last_message_at, last_message_id) < ($4, $3) then $3 else last_message_id end,
            last_message_at = case when last_message_id is null or (last_message_at, last_message_id) < ($4, $3) then $4 else last_message_at end,
            waiting_since = null,
            first_answered_at = case when $5 then coalesce(first_answered_at, $4) else first_answered_at end
        where workspace_id = $1 and id = $2
        "#,
        workspace.0,
        conversation.0,
        message.0,
        at,
        by != Sender::Assistant
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Looks up since when the customer waits: an answer failed, was taken back or withdrawn, or two conversations became one. Answers whether that is another
/// time than before. The caller holds the conversation's lock.
pub async fn settle_waiting(connection: &mut PgConnection, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<bool> {
    let settled = sqlx::query!(
        r#"
        update conversation c set waiting_since = s.waiting, first_answered_at = s.answered
        from (select unanswered_since($1, $2) as waiting, first_answered($1, $2) as answered) s
        where c.workspace_id = $1 and c.id = $2 and c.state <> 'closed'
            and (c.waiting_since, c.first_answered_at) is distinct from (s.waiting, s.answered)
        "#,
        workspace.0,
        id.0
    )
    .execute(connection)
    .await?;
    Ok(settled.rows_affected() > 0)
}

/// Makes a message that is no answer the one that lists show, unless a newer one is.
pub async fn set_last_message(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    message: MessageId,
    at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        update conversation set last_message_id = $3, last_message_at = $4
        where workspace_id = $1 and id = $2 and (last_message_id is null or (last_message_at, last_message_id) < ($4, $3))
        "#,
        workspace.0,
        conversation.0,
        message.0,
        at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// What ARI was about to answer was withdrawn with the turn: the question still stands there if nothing came after it.
pub(super) async fn ask_ari_again(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    id: ConversationId,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    let asked = sqlx::query_scalar!(
        r#"
        select m.direction = 'inbound' as "asked!" from conversation c
        join message m on m.workspace_id = c.workspace_id and m.id = c.last_message_id
        where c.workspace_id = $1 and c.id = $2
        "#,
        workspace.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    if asked == Some(true) {
        jobs::put(tx, now, NewJob::ari_reply(workspace, id)).await?;
    }
    Ok(())
}
