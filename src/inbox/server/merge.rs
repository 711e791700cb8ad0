//! Two contacts that turn out to be one person: a customer wrote once with the number hidden and once with it, and now a delivery names both.
//!
//! Everything of the one moves to the other. So it is, too, where somebody says that they are one person (`merging`). Whoever works on the one meanwhile finds it gone (a foreign key or a row missing) and reads
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

/// How long a merge by hand can be undone, in days.
pub const UNDOABLE_DAYS: i32 = 30;

/// Who merges by hand: what was is kept then, under this id, so that it can be undone.
#[derive(Clone, Copy, Debug)]
pub struct ByHand {
    pub merge: Uuid,
    pub person: Uuid,
}

/// A conversation of one of the two.
struct Theirs {
    id: Uuid,
    contact: Uuid,
    is_open: bool,
    assignee: Option<Uuid>,
    last_at: DateTime<Utc>,
}

/// Moves identities and conversations of `other` to `keep`, and forgets `other`. Two conversations that are not closed become one. By hand all of them do, under the
/// id of the one that `keep` had; ingest, behind which other customers wait, leaves closed ones as they are. Gives the conversation that is left.
///
/// # Errors
/// `RowNotFound` when one of them is gone already: read again.
pub async fn contacts(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    (keep, other): (Uuid, Uuid),
    by_hand: Option<ByHand>,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<Option<ConversationId>> {
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
    let theirs = sqlx::query!(
        r#"
        select id, contact_id, assignee_id, state, last_message_at from conversation
        where workspace_id = $1 and contact_id in ($2, $3) and (state <> 'closed' or $4)
        order by id for update
        "#,
        workspace.0,
        keep,
        other,
        by_hand.is_some()
    )
    .fetch_all(&mut *connection)
    .await?;
    let theirs: Vec<Theirs> = theirs
        .into_iter()
        .map(|row| Theirs {
            id: row.id,
            contact: row.contact_id,
            is_open: row.state != "closed",
            assignee: row.assignee_id,
            last_at: row.last_message_at,
        })
        .collect();
    let into = theirs.iter().max_by_key(|c| (c.contact == keep, c.is_open, c.last_at, c.id)).map(|c| (c.id, c.assignee));
    let from: Vec<&Theirs> = theirs.iter().filter(|c| Some(c.id) != into.map(|(id, _)| id)).collect();
    if let Some(by_hand) = by_hand {
        remember(connection, workspace, (keep, other), by_hand, into.map(|(id, _)| id), now).await?;
    }
    // Where it is not known from which number they wrote last it is the one to which replies went so far.
    sqlx::query!(
        r#"
        update conversation c set address = (
            select i.value from identity i where i.workspace_id = $1 and i.contact_id = c.contact_id order by i.kind desc, i.value limit 1)
        where c.workspace_id = $1 and c.id = any($2) and c.address is null
        "#,
        workspace.0,
        &theirs.iter().map(|c| c.id).collect::<Vec<_>>()
    )
    .execute(&mut *connection)
    .await?;
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
            -- What somebody works on is not put away behind their back: of a blocked and an open one the block ends.
            blocked_at = case when not $4 then coalesce(k.blocked_at, o.blocked_at) end,
            blocked_by = case when $4 then null when k.blocked_at is not null then k.blocked_by else o.blocked_by end,
            created_at = least(k.created_at, o.created_at)
        from contact o
        where k.workspace_id = $1 and k.id = $2 and o.workspace_id = $1 and o.id = $3
        "#,
        workspace.0,
        keep,
        other,
        theirs.iter().any(|c| c.is_open)
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
    // A choice that is deleted and not swept out yet is nothing.
    sqlx::query!(
        r#"
        insert into contact_value as known (workspace_id, contact_id, field_id, value, choice_id)
        select workspace_id, $2, field_id, value, choice_id from contact_value where workspace_id = $1 and contact_id = $3
        on conflict (workspace_id, contact_id, field_id) do update set value = excluded.value, choice_id = excluded.choice_id
        where known.choice_id is not null
            and not exists (select from field_choice c where c.workspace_id = known.workspace_id and c.id = known.choice_id)
        "#,
        workspace.0,
        keep,
        other
    )
    .execute(&mut *connection)
    .await?;
    for one in &from {
        if let Some((into, _)) = into {
            conversations(connection, workspace, into, one.id, now).await?;
        }
    }
    sqlx::query!("update conversation set contact_id = $2 where workspace_id = $1 and contact_id = $3", workspace.0, keep, other)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("delete from contact where workspace_id = $1 and id = $2", workspace.0, other).execute(&mut *connection).await?;
    // What is closed has another stage now, perhaps, or other tags, and other things stand beside it.
    let closed = sqlx::query_scalar!(
        r#"
        select id from conversation where workspace_id = $1 and contact_id = $2 and state = 'closed' and id is distinct from $3
        order by last_message_at desc, id desc limit $4
        "#,
        workspace.0,
        keep,
        into.map(|(id, _)| id),
        labelling::MOST_TOLD
    )
    .fetch_all(&mut *connection)
    .await?;
    for id in closed {
        events.push(NewEvent::new(workspace, Happened::ConversationChanged, ConversationId(id)));
        events.push(NewEvent::new(workspace, Happened::ContactChanged, ConversationId(id)));
    }
    let Some((into, was)) = into else { return Ok(None) };
    let assignee = sqlx::query_scalar!("select assignee_id from conversation where workspace_id = $1 and id = $2", workspace.0, into)
        .fetch_one(connection)
        .await?;
    let into = ConversationId(into);
    // The one that is left has changed; of the others, streams say that they are gone.
    events.push(NewEvent::new(workspace, Happened::ConversationChanged, into).was_assigned_to(was.filter(|was| Some(*was) != assignee)));
    events.extend(
        from.iter().map(|c| NewEvent::new(workspace, Happened::ConversationChanged, ConversationId(c.id)).was_assigned_to(c.assignee)),
    );
    // What stands beside it is the one's and the other's, and what stands in it too.
    events.push(NewEvent::new(workspace, if from.is_empty() { Happened::ContactChanged } else { Happened::ThreadChanged }, into));
    Ok(Some(into))
}

/// Keeps what both were before one becomes part of the other, and which messages were in which of the conversations that become part of `into`.
async fn remember(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    (keep, other): (Uuid, Uuid),
    by_hand: ByHand,
    into: Option<Uuid>,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into contact_merge (workspace_id, id, kept_id, gone_id, merged_by, merged_at, kept, gone)
        select $1, $2, $3, $4, $5, $6, contact_as_json($1, $3), contact_as_json($1, $4)
        "#,
        workspace.0,
        by_hand.merge,
        keep,
        other,
        by_hand.person,
        now
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"
        insert into merged_conversation (workspace_id, merge_id, id, was, drafts, messages)
        select $1, $2, c.id, to_jsonb(c), (
            select coalesce(jsonb_agg(to_jsonb(d)), '[]') from draft d
            where d.workspace_id = $1 and d.conversation_id = c.id and d.body <> ''
        ), case when c.id = $3 then '{}' else array(
            select m.id from message m where m.workspace_id = $1 and m.conversation_id = c.id) end
        from conversation c where c.workspace_id = $1 and c.contact_id in ($4, $5)
        "#,
        workspace.0,
        by_hand.merge,
        into,
        keep,
        other
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Makes one of two conversations, both locked. Of an open and a closed one it is worked on as the open one was; of two open ones people stay in charge where they
/// were in one of them.
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
    let merged = sqlx::query!(
        r#"
        update conversation c set
            unread_count = c.unread_count + o.unread_count,
            last_message_id = case when newer.is_other then o.last_message_id else c.last_message_id end,
            last_message_at = case when newer.is_other then o.last_message_at else c.last_message_at end,
            number_id = case when o.last_inbound_at > c.last_inbound_at or c.last_inbound_at is null then o.number_id else c.number_id end,
            address = case when o.last_inbound_at > c.last_inbound_at or c.last_inbound_at is null then o.address else c.address end,
            last_inbound_at = greatest(c.last_inbound_at, o.last_inbound_at),
            -- What was to be counted anew in the one that goes is counted in this one.
            chat_marks = case when not exists (
                select from job j where j.workspace_id = $1 and j.kind = 'count_marks' and j.dedupe_key = $3::uuid::text
            ) then c.chat_marks | o.chat_marks end,
            holder = case
                when alone.other then o.holder when alone.this then c.holder
                when 'team' in (c.holder, o.holder) then 'team' else 'ari' end,
            assignee_id = case when alone.other then o.assignee_id when alone.this then c.assignee_id
                else coalesce(c.assignee_id, o.assignee_id) end,
            turn = greatest(c.turn, o.turn) + case when alone.other or c.holder <> o.holder then 1 else 0 end,
            apologised = case when alone.other then o.apologised when alone.this then c.apologised else c.apologised or o.apologised end,
            -- What one of them still waits for is open. Two that rest both come back with this one.
            state = case when 'open' in (c.state, o.state) then 'open' when 'snoozed' in (c.state, o.state) then 'snoozed' else 'closed' end,
            snoozed_until = case when 'open' not in (c.state, o.state) then coalesce(c.snoozed_until, o.snoozed_until) end,
            priority = case when alone.other then o.priority when alone.this then c.priority else greatest(c.priority, o.priority) end,
            opened_at = case
                when alone.other then coalesce(o.opened_at, o.created_at) when alone.this then coalesce(c.opened_at, c.created_at)
                else least(coalesce(c.opened_at, c.created_at), coalesce(o.opened_at, o.created_at)) end,
            let_go_by = case when alone.other then o.let_go_by else c.let_go_by end,
            let_go_at = case when alone.other then o.let_go_at else c.let_go_at end
        from conversation o, lateral (
            select o.last_message_id is not null and (s.last_message_id is null
                or (o.last_message_at, o.last_message_id) > (s.last_message_at, s.last_message_id)) as is_other
            from conversation s where s.workspace_id = $1 and s.id = $2
        ) newer, lateral (
            select s.state = 'closed' and o.state <> 'closed' as other, s.state <> 'closed' and o.state = 'closed' as this
            from conversation s where s.workspace_id = $1 and s.id = $2
        ) alone
        where c.workspace_id = $1 and c.id = $2 and o.workspace_id = $1 and o.id = $3
        returning c.holder, c.snoozed_until, alone.other as "withdrawn!"
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
    if let Some(until) = merged.snoozed_until {
        let delay = (until - now).to_std().unwrap_or_default();
        jobs::put(connection, now, NewJob::wake_conversation(workspace, ConversationId(into), delay)).await?;
    }
    if merged.holder == "ari" {
        match asked {
            Some(_) => jobs::put(connection, now, NewJob::ari_reply(workspace, ConversationId(into))).await?,
            // What it had ready went with the turn.
            None if merged.withdrawn => holding::ask_ari_again(connection, workspace, ConversationId(into), now).await?,
            None => {}
        }
    }
    sqlx::query!("delete from conversation where workspace_id = $1 and id = $2", workspace.0, from).execute(connection).await?;
    Ok(())
}
