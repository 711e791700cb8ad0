//! Delivery reports, and the messages they move on.

use super::{Batch, write::Stored};
use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        model::Direction,
        server::record::{Happened, NewEvent},
    },
    server::clock::from_millis,
};
use sqlx::PgConnection;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use uuid::Uuid;

/// Delivery reports, kept even when they are ahead of their message, and the messages they move on. Gives the conversations of those that failed.
pub async fn statuses(
    connection: &mut PgConnection,
    batch: &Batch<'_>,
    stored: &[Stored<'_>],
    events: &mut Vec<NewEvent>,
) -> sqlx::Result<Vec<(WorkspaceId, ConversationId)>> {
    /// Earliest time, and the failure that came with it.
    type Report<'a> = (i64, Option<&'a (i32, String)>);
    let mut reports: BTreeMap<(Uuid, &str, &str), Report<'_>> = BTreeMap::new();
    for (route, status) in &batch.statuses {
        let report =
            reports.entry((route.workspace.0, &status.provider_id, &status.status)).or_insert((status.at, status.failure.as_ref()));
        if (status.at, status.failure.as_ref()) < *report {
            *report = (status.at, status.failure.as_ref());
        }
    }
    reports.retain(|(_, _, status), _| matches!(*status, "sent" | "delivered" | "read" | "played" | "failed"));
    if !reports.is_empty() {
        sqlx::query!(
            r#"
            insert into message_status (workspace_id, provider_message_id, status, at, failure_code, failure_reason)
            select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::int[], $6::text[])
            on conflict (workspace_id, provider_message_id, status) do update
                set at = excluded.at, failure_code = excluded.failure_code, failure_reason = excluded.failure_reason
                where (excluded.at, coalesce(excluded.failure_code, -1), coalesce(excluded.failure_reason, ''))
                    < (message_status.at, coalesce(message_status.failure_code, -1), coalesce(message_status.failure_reason, ''))
            "#,
            &reports.keys().map(|key| key.0).collect::<Vec<_>>(),
            &reports.keys().map(|key| key.1.to_owned()).collect::<Vec<_>>(),
            &reports.keys().map(|key| key.2.to_owned()).collect::<Vec<_>>(),
            &reports.values().map(|report| from_millis(report.0)).collect::<Vec<_>>(),
            &reports.values().map(|report| report.1.map(|failure| failure.0)).collect::<Vec<_>>() as &[Option<i32>],
            &reports.values().map(|report| report.1.map(|failure| failure.1.clone())).collect::<Vec<_>>() as &[Option<String>]
        )
        .execute(&mut *connection)
        .await?;
    }
    let mut touched: BTreeSet<(Uuid, &str)> = reports.keys().map(|key| (key.0, key.1)).collect();
    touched.extend(
        stored.iter().filter(|m| m.wire.direction == Direction::Outbound).map(|m| (m.route.workspace.0, m.wire.provider_id.as_str())),
    );
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let (workspaces, ids): (Vec<Uuid>, Vec<String>) = touched.into_iter().map(|(workspace, id)| (workspace, id.to_owned())).unzip();
    let moved = move_on(connection, &workspaces, &ids).await?;
    let failed = moved.iter().filter(|moved| moved.failed).map(|moved| (moved.workspace, moved.conversation)).collect();
    let fresh: HashSet<MessageId> = stored.iter().map(|message| message.id).collect();
    events.extend(
        moved
            .into_iter()
            // A new message's own event already shows where it stands.
            .filter(|moved| !fresh.contains(&moved.message))
            .map(|moved| NewEvent::new(moved.workspace, Happened::MessageStatusChanged, moved.conversation).message(moved.message)),
    );
    Ok(failed)
}

/// Makes transactions about the same outbound messages, or about what was done to the same messages, wait for each other. A report and its message may arrive at two processes at once; without
/// this, neither would see the other's rows, and the message would stay behind its report. The message itself cannot be locked: it may not be there.
pub async fn take_turns(connection: &mut PgConnection, messages: BTreeSet<(Uuid, &str)>) -> sqlx::Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let (workspaces, ids): (Vec<Uuid>, Vec<String>) = messages.into_iter().map(|(workspace, id)| (workspace, id.to_owned())).unzip();
    // In the order of the locks, so that two batches cannot wait for each other in a circle.
    sqlx::query!(
        r#"
        select pg_advisory_xact_lock(t.lock) as locked from (
            select distinct hashtextextended(m.workspace_id::text || m.provider_message_id, 0) as lock
            from unnest($1::uuid[], $2::text[]) m(workspace_id, provider_message_id) order by 1
        ) t
        "#,
        &workspaces,
        &ids
    )
    .fetch_all(connection)
    .await?;
    Ok(())
}

/// A message of ours that stands further than before.
pub struct Moved {
    pub workspace: WorkspaceId,
    pub conversation: ConversationId,
    pub message: MessageId,
    /// It did not get there: whoever was thought to be answered waits still.
    pub failed: bool,
}

/// Moves outbound messages to the furthest status reported for them. Gives those that moved.
pub async fn move_on(connection: &mut PgConnection, workspaces: &[Uuid], provider_ids: &[String]) -> sqlx::Result<Vec<Moved>> {
    let rows = sqlx::query!(
        r#"
        update message m set status = best.status, failure_code = best.failure_code, failure_reason = best.failure_reason
        from (
            select distinct on (s.workspace_id, s.provider_message_id)
                s.workspace_id, s.provider_message_id, case when s.status = 'played' then 'read' else s.status end as status,
                s.failure_code, s.failure_reason
            from unnest($1::uuid[], $2::text[]) t(workspace_id, provider_message_id)
            join message_status s on s.workspace_id = t.workspace_id and s.provider_message_id = t.provider_message_id
            order by s.workspace_id, s.provider_message_id, status_rank(case when s.status = 'played' then 'read' else s.status end) desc
        ) best
        where m.workspace_id = best.workspace_id and m.provider_message_id = best.provider_message_id and m.direction = 'outbound'
          and (status_rank(best.status) > status_rank(m.status)
              -- The first of two failures tells the reason.
              or best.status = 'failed' and m.status = 'failed'
                  and (best.failure_code, best.failure_reason) is distinct from (m.failure_code, m.failure_reason))
        returning m.workspace_id, m.conversation_id, m.id, m.status = 'failed' as "failed!"
        "#,
        workspaces,
        provider_ids
    )
    .fetch_all(connection)
    .await?;
    let moved = rows.into_iter().map(|row| Moved {
        workspace: WorkspaceId(row.workspace_id),
        conversation: ConversationId(row.conversation_id),
        message: MessageId(row.id),
        failed: row.failed,
    });
    Ok(moved.collect())
}
