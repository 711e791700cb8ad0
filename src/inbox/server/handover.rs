//! What whoever takes over from ARI should know (F214): kept and read. It is made by `assistant::server::card`.

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::model::*,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;

/// Keeps what was read at a time in place of what was there, unless that is newer. Under the conversation's lock.
pub async fn keep(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    lines: &[HandoverLine],
    read_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    let newer = sqlx::query_scalar!(
        r#"select exists (select from handover_line where workspace_id = $1 and conversation_id = $2 and made_at > $3) as "newer!""#,
        workspace.0,
        conversation.0,
        read_at
    )
    .fetch_one(&mut *connection)
    .await?;
    if newer {
        return Ok(());
    }
    sqlx::query!("delete from handover_line where workspace_id = $1 and conversation_id = $2", workspace.0, conversation.0)
        .execute(&mut *connection)
        .await?;
    // A message may have been taken away since it was read.
    sqlx::query!(
        r#"
        insert into handover_line (workspace_id, conversation_id, place, field, body, message_id, made_at)
        select $1, $2, l.place - 1, l.field, l.body, m.id, $6
        from unnest($3::text[], $4::text[], $5::uuid[]) with ordinality l(field, body, message_id, place)
        join message m on m.workspace_id = $1 and m.id = l.message_id
        "#,
        workspace.0,
        conversation.0,
        &lines.iter().map(|line| line.field.as_str().to_owned()).collect::<Vec<_>>(),
        &lines.iter().map(|line| line.text.clone()).collect::<Vec<_>>(),
        &lines.iter().map(|line| line.message.0).collect::<Vec<_>>(),
        read_at
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// The card of a conversation that the team works on; none where there is nothing to say, and where ARI has answered since. It is new until a person has.
pub async fn card(connection: &mut PgConnection, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<Option<Handover>> {
    let rows = sqlx::query!(
        r#"
        select l.field, l.body, l.message_id, not exists (
            select from message m
            where m.workspace_id = l.workspace_id and m.conversation_id = l.conversation_id and m.sender in ('teammate', 'phone')
                and m.direction = 'outbound' and m.status not in ('scheduled', 'held', 'cancelled', 'failed')
                -- What was typed on the phone has whole seconds.
                and m.sent_at >= date_trunc('second', l.made_at)) as "fresh!"
        from handover_line l join conversation c on c.workspace_id = l.workspace_id and c.id = l.conversation_id
        where l.workspace_id = $1 and l.conversation_id = $2 and c.holder = 'team' and c.state <> 'closed'
            and not exists (
                select from message m
                where m.workspace_id = l.workspace_id and m.conversation_id = l.conversation_id and m.sender = 'assistant'
                    and m.created_at > l.made_at and m.status <> 'cancelled')
        order by l.place
        "#,
        workspace.0,
        id.0
    )
    .fetch_all(connection)
    .await?;
    let fresh = rows.first().is_some_and(|row| row.fresh);
    let line = |row: _| {
        let (field, text, message): (String, String, _) = row;
        Some(HandoverLine { field: HandoverField::parse(&field)?, text, message: MessageId(message) })
    };
    let lines: Vec<_> = rows.into_iter().filter_map(|row| line((row.field, row.body, row.message_id))).collect();
    Ok((!lines.is_empty()).then_some(Handover { lines, fresh }))
}

/// One conversation became part of another: the newer card stays.
pub(super) async fn merged(connection: &mut PgConnection, workspace: WorkspaceId, from: uuid::Uuid, into: uuid::Uuid) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from handover_line l
        where l.workspace_id = $1 and l.conversation_id = $2 and exists (
            select from handover_line o where o.workspace_id = $1 and o.conversation_id = $3 and o.made_at > l.made_at)
        "#,
        workspace.0,
        into,
        from
    )
    .execute(&mut *connection)
    .await?;
    sqlx::query!(
        r#"
        update handover_line set conversation_id = $2
        where workspace_id = $1 and conversation_id = $3 and not exists (
            select from handover_line o where o.workspace_id = $1 and o.conversation_id = $2)
        "#,
        workspace.0,
        into,
        from
    )
    .execute(connection)
    .await?;
    Ok(())
}
