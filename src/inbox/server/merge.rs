//! Two contacts that turn out to be one person: a customer wrote once with the number hidden and once with it, and now a delivery names both.
//!
//! Everything of the one moves to the other. Whoever works on the one meanwhile finds it gone (a foreign key or a row missing) and reads
//! again: ingest repeats its transaction, jobs run again, screens are told.

use super::{
    drafts, handover, holding, labelling,
    record::{Happened, NewEvent},
};
use crate::{
    ids::{ConversationId, WorkspaceId},
    server::jobs::{self, NewJob},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Moves identities and conversations of `other` to `keep`, and forgets `other`.
///
/// # Errors
/// `RowNotFound` when one of them is gone already: read again.
pub async fn contacts(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    keep: Uuid,
    other: Uuid,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    // The lock holds back every transaction that is about to commit something of theirs, and lets those before be seen.
    let both = sqlx::query_scalar!(
        "select id from contact where workspace_id = $1 and id in ($2, $3) order by id for update",
        workspace.0,
        keep,
        other
    )
    .fetch_all(&mut *connection)
    .await?;
    if both.len() < 2 {
        return Err(sqlx::Error::RowNotFound);
    }
    sqlx::query!(
        r#"
        update contact k set
            name = coalesce(k.name, o.name),
            profile_name = case when (o.profile_name_at, o.profile_name) > (k.profile_name_at, k.profile_name) or k.profile_name is null
                then o.profile_name else k.profile_name end,
            profile_name_at = greatest(k.profile_name_at, o.profile_name_at),
            username = case when (o.username_at, o.username) > (k.username_at, k.username) or k.username is null
                then o.username else k.username end,
            username_at = greatest(k.username_at, o.username_at),
            stage_id = coalesce((select s.id from stage s where s.workspace_id = $1 and s.id = k.stage_id), o.stage_id),
            created_at = least(k.created_at, o.created_at)
        from contact o
        where k.workspace_id = $1 and k.id = $2 and o.workspace_id = $1 and o.id = $3
        "#,
        workspace.0,
        keep,
        other
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!("update identity set contact_id = $2 where workspace_id = $1 and contact_id = $3", workspace.0, keep, other)
        .execute(&mut *connection)
        .await?;
    // Both have their reasons, even where there are more of them than one may have otherwise.
    sqlx::query!(
        r#"
        insert into contact_tag (workspace_id, contact_id, tag_id, added_by, added_at)
        select workspace_id, $2, tag_id, added_by, added_at from contact_tag where workspace_id = $1 and contact_id = $3
        on conflict do nothing
        "#,
        workspace.0,
        keep,
        other
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"
        insert into contact_value (workspace_id, contact_id, field_id, value, choice_id)
        select workspace_id, $2, field_id, value, choice_id from contact_value where workspace_id = $1 and contact_id = $3
        on conflict do nothing
        "#,
        workspace.0,
        keep,
        other
    )
    .execute(&mut *connection)
    .await?;
    let found = sqlx::query!(
        r#"
        select id, contact_id, assignee_id from conversation
        where workspace_id = $1 and contact_id in ($2, $3) and state <> 'closed'
        order by id for update
        "#,
        workspace.0,
        keep,
        other
    )
    .fetch_all(&mut *connection)
    .await?;
    let open = |contact: Uuid| found.iter().find(|row| row.contact_id == contact);
    if let (Some(into), Some(from)) = (open(keep), open(other)) {
        conversations(connection, workspace, into.id, from.id, now).await?;
        // The one that is left has changed; of the other, streams say that it is gone.
        events.push(NewEvent::new(workspace, Happened::ConversationChanged, ConversationId(into.id)));
        events.push(NewEvent::new(workspace, Happened::ConversationChanged, ConversationId(from.id)).was_assigned_to(from.assignee_id));
    } else {
        events.extend(found.iter().map(|row| NewEvent::new(workspace, Happened::ConversationChanged, ConversationId(row.id))));
    }
    // What is closed has another stage now, perhaps, or other tags.
    let closed = sqlx::query_scalar!(
        r#"
        select id from conversation where workspace_id = $1 and contact_id in ($2, $3) and state = 'closed'
        order by last_message_at desc, id desc limit $4
        "#,
        workspace.0,
        keep,
        other,
        labelling::MOST_TOLD
    )
    .fetch_all(&mut *connection)
    .await?;
    events.extend(closed.iter().map(|id| NewEvent::new(workspace, Happened::ConversationChanged, ConversationId(*id))));
    // What stands beside them is the one's and the other's.
    let open = open(keep).or(open(other)).map(|row| row.id);
    events.extend(open.into_iter().chain(closed).map(|id| NewEvent::new(workspace, Happened::ContactChanged, ConversationId(id))));
    sqlx::query!("update conversation set contact_id = $2 where workspace_id = $1 and contact_id = $3", workspace.0, keep, other)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from contact where workspace_id = $1 and id = $2", workspace.0, other).execute(connection).await?;
    Ok(())
}

/// Makes one of two open conversations, both locked. People stay in charge where they were in one of them.
async fn conversations(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    into: Uuid,
    from: Uuid,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!("update message set conversation_id = $2 where workspace_id = $1 and conversation_id = $3", workspace.0, into, from)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("update model_call set conversation_id = $2 where workspace_id = $1 and conversation_id = $3", workspace.0, into, from)
        .execute(&mut *connection)
        .await?;
    drafts::moved(connection, workspace, into, from).await?;
    // A change of hands for one of them withdraws what ARI has not sent yet.
    let holder = sqlx::query_scalar!(
        r#"
        update conversation c set
            unread_count = c.unread_count + o.unread_count,
            last_message_id = case when newer.is_other then o.last_message_id else c.last_message_id end,
            last_message_at = case when newer.is_other then o.last_message_at else c.last_message_at end,
            number_id = case when o.last_inbound_at > c.last_inbound_at or c.last_inbound_at is null then o.number_id else c.number_id end,
            last_inbound_at = greatest(c.last_inbound_at, o.last_inbound_at),
            holder = case when 'team' in (c.holder, o.holder) then 'team' else 'ari' end,
            assignee_id = coalesce(c.assignee_id, o.assignee_id),
            turn = greatest(c.turn, o.turn) + case when c.holder <> o.holder then 1 else 0 end,
            apologised = c.apologised or o.apologised,
            -- What one of them still waits for is open. Two that rest both come back with this one.
            state = case when 'open' in (c.state, o.state) then 'open' else c.state end,
            snoozed_until = case when 'open' in (c.state, o.state) then null else c.snoozed_until end,
            priority = greatest(c.priority, o.priority),
            opened_at = least(coalesce(c.opened_at, c.created_at), coalesce(o.opened_at, o.created_at))
        from conversation o, lateral (
            select o.last_message_id is not null and (s.last_message_id is null
                or (o.last_message_at, o.last_message_id) > (s.last_message_at, s.last_message_id)) as is_other
            from conversation s where s.workspace_id = $1 and s.id = $2
        ) newer
        where c.workspace_id = $1 and c.id = $2 and o.workspace_id = $1 and o.id = $3
        returning c.holder
        "#,
        workspace.0,
        into,
        from
    )
    .fetch_one(&mut *connection)
    .await?;
    // Both may have been due at one moment; what stays goes with its conversation.
    sqlx::query!(
        r#"
        update service_breach b set conversation_id = $2
        where workspace_id = $1 and conversation_id = $3 and not exists (
            select from service_breach o
            where o.workspace_id = $1 and o.conversation_id = $2 and o.kind = b.kind and o.due_at = b.due_at)
        "#,
        workspace.0,
        into,
        from
    )
    .execute(&mut *connection)
    .await?;
    handover::merged(connection, workspace, from, into).await?;
    holding::settle_waiting(connection, workspace, ConversationId(into)).await?;
    sqlx::query!("update job set lane = $2 where workspace_id = $1 and lane = $3", workspace.0, into, from)
        .execute(&mut *connection)
        .await?;
    // One that runs finds its conversation gone and ends.
    let asked = sqlx::query_scalar!(
        "select kind from job where workspace_id = $1 and kind = 'ari_reply' and dedupe_key = $2 limit 1",
        workspace.0,
        from.to_string()
    )
    .fetch_optional(&mut *connection)
    .await?;
    sqlx::query!(
        "delete from job where workspace_id = $1 and kind = 'ari_reply' and dedupe_key = $2 and state = 'waiting'",
        workspace.0,
        from.to_string()
    )
    .execute(&mut *connection)
    .await?;
    if asked.is_some() && holder == "ari" {
        jobs::put(connection, now, NewJob::ari_reply(workspace, ConversationId(into))).await?;
    }
    sqlx::query!("delete from conversation where workspace_id = $1 and id = $2", workspace.0, from).execute(connection).await?;
    Ok(())
}
