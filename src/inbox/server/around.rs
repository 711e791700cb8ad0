//! The page of a thread that has one message in its middle: what a link to a message opens.

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::model::ListCursor,
};
use sqlx::PgConnection;
use uuid::Uuid;

/// Messages before the one asked for, and after it where those up to the newest are too many.
const BESIDE: usize = 25;
/// So many newer messages come along, so that the page ends at the newest and goes on live.
const TO_THE_END: usize = 200;

/// Which messages a page has, newest first.
pub(super) struct Around {
    pub ids: Vec<Uuid>,
    /// Where older ones continue.
    pub older: Option<ListCursor>,
    /// There are newer ones.
    pub sliced: bool,
}

/// None when the conversation has no such message.
pub(super) async fn page(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    at: MessageId,
) -> sqlx::Result<Option<Around>> {
    let Some(sent_at) = sqlx::query_scalar!(
        "select sent_at from message where workspace_id = $1 and id = $2 and conversation_id = $3",
        workspace.0,
        at.0,
        conversation.0
    )
    .fetch_optional(&mut *connection)
    .await?
    else {
        return Ok(None);
    };
    let mut newer = sqlx::query_scalar!(
        "select id from message where workspace_id = $1 and conversation_id = $2 and (sent_at, id) >= ($3, $4) order by sent_at, id limit $5",
        workspace.0,
        conversation.0,
        sent_at,
        at.0,
        TO_THE_END as i64 + 1
    )
    .fetch_all(&mut *connection)
    .await?;
    let sliced = newer.len() > TO_THE_END;
    if sliced {
        newer.truncate(BESIDE);
    }
    let mut older = sqlx::query!(
        r#"
        select id, sent_at from message where workspace_id = $1 and conversation_id = $2 and (sent_at, id) < ($3, $4)
        order by sent_at desc, id desc limit $5
        "#,
        workspace.0,
        conversation.0,
        sent_at,
        at.0,
        BESIDE as i64 + 1
    )
    .fetch_all(connection)
    .await?;
    let more = older.len() > BESIDE;
    older.truncate(BESIDE);
    let last = older.last().map_or((sent_at, at.0), |row| (row.sent_at, row.id));
    let ids = newer.into_iter().rev().chain(older.iter().map(|row| row.id)).collect();
    let older = more.then(|| ListCursor { at: last.0.timestamp_millis(), id: last.1 });
    Ok(Some(Around { ids, older, sliced }))
}
