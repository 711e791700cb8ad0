//! What was said by us and comes back: our own sends, reported by the provider, and what somebody typed on the phone.

use super::{
    Batch,
    find::{ConversationKey, Open},
    write::Stored,
};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        model::Direction,
        server::{
            people::{Contacts, contact_of},
            record::{Happened, NewEvent},
        },
    },
    server::{clock::from_millis, whatsapp::payload::Origin},
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// Our own sends come back as `message.sent` events, sometimes before the answer to the send itself. They must meet the message they are about
/// instead of becoming a second one: by the callback data we sent along (the message's id), else by the same text in the same conversation.
/// Gives those of our messages that the batch names by callback data, and the conversations of those that went out after all.
pub async fn adopt_echoes(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    contacts: &Contacts,
    conversations: &BTreeMap<ConversationKey, Open>,
) -> sqlx::Result<Adopted> {
    let mut named: BTreeMap<(Uuid, Uuid), String> = BTreeMap::new();
    let reports = batch.statuses.iter().map(|(route, status)| (route, &status.provider_id, &status.callback_data));
    let echoes = batch.messages.iter().map(|(route, message)| (route, &message.provider_id, &message.callback_data));
    for (route, provider_id, callback) in reports.chain(echoes) {
        if let Some(id) = message_named(callback.as_deref()) {
            named.insert((route.workspace.0, id), provider_id.clone());
        }
    }
    let mut adopted = Adopted::default();
    if !named.is_empty() {
        let (workspaces, ids): (Vec<Uuid>, Vec<Uuid>) = named.keys().copied().unzip();
        // A message that we gave up (failed, cancelled) was sent after all when the provider reports it. Except by a report about an attempt
        // that failed at the provider: that one was given up rightly, and what is in flight under the same message now is the next attempt.
        let revived = sqlx::query!(
            r#"
            update message m set
                provider_message_id = n.provider_message_id,
                status = case when m.status in ('failed', 'cancelled') then 'sent' else m.status end,
                failure_code = null, failure_reason = null
            from unnest($1::uuid[], $2::uuid[], $3::text[]) n(workspace_id, id, provider_message_id)
                join message was on was.workspace_id = n.workspace_id and was.id = n.id
            where m.workspace_id = n.workspace_id and m.id = n.id and m.direction = 'outbound' and m.provider_message_id is null
              and not exists (
                  select from message o where o.workspace_id = n.workspace_id and o.provider_message_id = n.provider_message_id)
              and not exists (
                  select from message_status s
                  where s.workspace_id = n.workspace_id and s.provider_message_id = n.provider_message_id and s.status = 'failed')
            returning m.workspace_id, m.conversation_id, n.provider_message_id as "provider_message_id!",
                was.status in ('failed', 'cancelled') as "revived!"
            "#,
            &workspaces,
            &ids,
            &named.values().cloned().collect::<Vec<_>>()
        )
        .fetch_all(&mut *connection)
        .await?;
        adopted.named.extend(revived.iter().map(|row| (row.workspace_id, row.provider_message_id.clone())));
        let revived = revived.into_iter().filter(|row| row.revived);
        adopted.revived.extend(revived.map(|row| (WorkspaceId(row.workspace_id), ConversationId(row.conversation_id))));
        let rows = sqlx::query!(
            r#"
            select m.workspace_id, m.id from unnest($1::uuid[], $2::uuid[]) n(workspace_id, id)
            join message m on m.workspace_id = n.workspace_id and m.id = n.id and m.direction = 'outbound'
            "#,
            &workspaces,
            &ids
        )
        .fetch_all(&mut *connection)
        .await?;
        adopted.ours.extend(rows.into_iter().map(|row| (row.workspace_id, row.id)));
    }
    for (route, message) in &batch.messages {
        let anonymous = message_named(message.callback_data.as_deref()).is_none();
        let by_program = message.direction == Direction::Outbound && message.origin == Origin::CloudApi && anonymous;
        let (true, Some(contact)) = (by_program, contact_of(contacts, route.workspace, &message.contact)) else { continue };
        let Some(open) = conversations.get(&(route.workspace.0, contact)) else { continue };
        sqlx::query!(
            r#"
            update message m set provider_message_id = $4
            where m.workspace_id = $1 and m.id = (
                select f.id from message f
                where f.workspace_id = $1 and f.conversation_id = $2 and f.status in ('sending', 'unknown')
                  and f.provider_message_id is null and f.body = $3
                order by f.id limit 1)
              and not exists (select from message o where o.workspace_id = $1 and o.provider_message_id = $4)
            "#,
            route.workspace.0,
            open.id.0,
            message.body,
            message.provider_id
        )
        .execute(&mut *connection)
        .await?;
    }
    Ok(adopted)
}

/// What a batch tells of messages of ours.
#[derive(Default)]
pub struct Adopted {
    /// Workspace and message.
    pub ours: HashSet<(Uuid, Uuid)>,
    /// Given up before, and sent after all.
    pub revived: Vec<(WorkspaceId, ConversationId)>,
    /// Those that the provider's id is known of only now: workspace and that id.
    pub named: Vec<(Uuid, String)>,
}

/// The message that callback data names, if they are ours.
pub fn message_named(callback: Option<&str>) -> Option<Uuid> {
    Uuid::parse_str(callback?).ok()
}

/// Each report about a message typed on the phone repeats the message with a time of its own; the earliest is when it was sent.
/// Gives the conversations in which that was so.
pub async fn sent_earlier(
    connection: &mut PgConnection,
    known: &[Stored<'_>],
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<Vec<(WorkspaceId, ConversationId)>> {
    let echoes: Vec<_> = known.iter().filter(|message| message.wire.direction == Direction::Outbound).collect();
    if echoes.is_empty() {
        return Ok(Vec::new());
    }
    let moved = sqlx::query!(
        r#"
        with moved as (
            update message m set sent_at = e.at
            from unnest($1::uuid[], $2::text[], $3::timestamptz[]) e(workspace_id, provider_message_id, at)
            where m.workspace_id = e.workspace_id and m.provider_message_id = e.provider_message_id and m.sender = 'phone' and e.at < m.sent_at
            returning m.workspace_id, m.conversation_id, m.id, m.sent_at
        ), found_there as (
            -- The search has the time, too.
            update message_words w set sent_at = moved.sent_at from moved where w.workspace_id = moved.workspace_id and w.message_id = moved.id
        )
        select workspace_id, conversation_id, id from moved
        "#,
        &echoes.iter().map(|m| m.route.workspace.0).collect::<Vec<_>>(),
        &echoes.iter().map(|m| m.wire.provider_id.clone()).collect::<Vec<_>>(),
        &echoes.iter().map(|m| from_millis(m.wire.at)).collect::<Vec<_>>()
    )
    .fetch_all(&mut *connection)
    .await?;
    if moved.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query!(
        r#"
        update conversation c set last_message_id = l.id, last_message_at = l.sent_at
        from unnest($1::uuid[], $2::uuid[]) t(workspace_id, id), lateral (
            select m.id, m.sent_at from message m
            where m.workspace_id = t.workspace_id and m.conversation_id = t.id and m.direction <> 'system'
                and coalesce(m.status, '') not in ('scheduled', 'held', 'cancelled')
            order by m.sent_at desc, m.id desc limit 1
        ) l
        where c.workspace_id = t.workspace_id and c.id = t.id
        "#,
        &moved.iter().map(|row| row.workspace_id).collect::<Vec<_>>(),
        &moved.iter().map(|row| row.conversation_id).collect::<Vec<_>>()
    )
    .execute(connection)
    .await?;
    events.extend(moved.iter().map(|row| {
        let workspace = WorkspaceId(row.workspace_id);
        NewEvent::new(workspace, Happened::MessageChanged, ConversationId(row.conversation_id)).message(MessageId(row.id))
    }));
    Ok(moved.into_iter().map(|row| (WorkspaceId(row.workspace_id), ConversationId(row.conversation_id))).collect())
}
