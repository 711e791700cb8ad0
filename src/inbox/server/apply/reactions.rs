//! Reactions that were delivered, the customer's and ours.

use super::Batch;
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        model::Status,
        server::{
            record::{Happened, NewEvent},
            send_reaction::{self, wish_named},
        },
    },
    server::clock::from_millis,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// The newest reaction of each side to a message. What we sent ourselves comes back too: it says nothing new, unless the answer to the send is missing.
pub async fn reactions(
    connection: &mut PgConnection,
    now: DateTime<Utc>,
    batch: &Batch<'_>,
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<()> {
    for (route, reaction) in &batch.reactions {
        let ours = reaction.callback_data.as_deref().filter(|_| !reaction.by_contact).and_then(wish_named);
        let changed = match ours {
            Some(wish) => send_reaction::came_back(connection, now, route.workspace, wish, &reaction.target, &reaction.provider_id).await?,
            None => {
                // Somebody else than us: what we knew about who put it there and how is over. An echo that does not say whose it is, is known by its id.
                let rows = sqlx::query!(
                    r#"
                    insert into reaction (workspace_id, target, by_contact, emoji, at) values ($1, $2, $3, $4, $5)
                    on conflict (workspace_id, target, by_contact) do update
                    set emoji = excluded.emoji, at = excluded.at, person_id = null, provider_message_id = null, replaced = null
                    where (excluded.at, coalesce(excluded.emoji, '')) > (reaction.at, coalesce(reaction.emoji, ''))
                      and reaction.provider_message_id is distinct from $6
                    "#,
                    route.workspace.0,
                    reaction.target,
                    reaction.by_contact,
                    reaction.emoji,
                    from_millis(reaction.at),
                    reaction.provider_id
                )
                .execute(&mut *connection)
                .await?;
                rows.rows_affected() > 0
            }
        };
        if !changed {
            continue;
        }
        let target = sqlx::query!(
            "select id, conversation_id from message where workspace_id = $1 and provider_message_id = $2",
            route.workspace.0,
            reaction.target
        )
        .fetch_optional(&mut *connection)
        .await?;
        if let Some(target) = target {
            events.push(
                NewEvent::new(route.workspace, Happened::MessageChanged, ConversationId(target.conversation_id))
                    .message(MessageId(target.id)),
            );
        }
    }
    Ok(())
}

/// Reports that a reaction of ours did not get there after all.
pub async fn failed(connection: &mut PgConnection, batch: &Batch<'_>, events: &mut Vec<NewEvent>) -> sqlx::Result<()> {
    for (route, status) in batch.statuses.iter().filter(|(_, status)| status.status == Status::Failed.as_str()) {
        if let Some(undone) = undone(connection, route.workspace, &status.provider_id).await? {
            events.push(undone);
        }
    }
    Ok(())
}

/// If the reaction that WhatsApp calls so is reported as failed, what stood there before stands there again, and the thread says why. Gives the event.
pub async fn undone(connection: &mut PgConnection, workspace: WorkspaceId, provider_id: &str) -> sqlx::Result<Option<NewEvent>> {
    let undone = sqlx::query!(
        r#"
        with gone as materialized (
            select r.target, r.emoji, r.person_id, s.failure_code, s.failure_reason, m.id, m.conversation_id
            from reaction r
            join message_status s on s.workspace_id = r.workspace_id and s.provider_message_id = r.provider_message_id and s.status = 'failed'
            join message m on m.workspace_id = r.workspace_id and m.provider_message_id = r.target
            where r.workspace_id = $1 and r.provider_message_id = $2 and not r.by_contact and r.person_id is not null
            for update of r
        ), back as (
            update reaction r set emoji = r.replaced, person_id = null, provider_message_id = null, replaced = null
            from gone where r.workspace_id = $1 and r.target = gone.target and not r.by_contact
        ), told as (
            -- Somebody may have changed their mind since: that is on its way.
            insert into reaction_wish (workspace_id, message_id, id, emoji, person_id, failure_code, failure_reason)
            select $1, id, gen_random_uuid(), emoji, person_id, coalesce(failure_code, 0), coalesce(failure_reason, '') from gone
            on conflict do nothing
        )
        select id, conversation_id from gone
        "#,
        workspace.0,
        provider_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(undone.map(|row| NewEvent::new(workspace, Happened::MessageChanged, ConversationId(row.conversation_id)).message(MessageId(row.id))))
}
