//! Events made ready to send.

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        model::LiveFrame,
        server::views::{self, Audience},
    },
};
use sqlx::PgPool;
use std::{collections::HashMap, sync::Arc};
use uuid::Uuid;

/// One event, rendered once for all who may see it.
#[derive(Debug)]
pub struct Frame {
    pub seq: i64,
    /// Who holds the conversation now; None when nobody does or the event has no conversation.
    assignee: Option<Uuid>,
    was_assignee: Option<Uuid>,
    json: Arc<str>,
    /// What somebody is told who could see the conversation and no longer can.
    gone: Option<Arc<str>>,
}

impl Frame {
    /// The frame as somebody may see it who is restricted to `only` their own conversations (None: not restricted).
    pub fn for_viewer(&self, only: Option<Uuid>) -> Option<Arc<str>> {
        match only {
            None => Some(self.json.clone()),
            Some(person) if self.assignee == Some(person) => Some(self.json.clone()),
            Some(person) if self.was_assignee == Some(person) => self.gone.clone(),
            Some(_) => None,
        }
    }
}

/// The frames of a workspace after `after`, in order, at most `limit`. Views are loaded once per conversation and message.
pub async fn load(pool: &PgPool, workspace: WorkspaceId, after: i64, limit: i64) -> sqlx::Result<Vec<Frame>> {
    let events = sqlx::query!(
        r#"
        select seq, kind, conversation_id, message_id, was_assignee_id, unread_delta
        from event
        where workspace_id = $1 and seq > $2
        order by seq
        limit $3
        "#,
        workspace.0,
        after,
        limit
    )
    .fetch_all(pool)
    .await?;
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let mut connection = pool.acquire().await?;
    let ids: Vec<Uuid> = distinct(events.iter().filter_map(|event| event.conversation_id));
    let conversations: HashMap<ConversationId, _> =
        views::conversations(&mut connection, workspace, &ids).await?.into_iter().map(|view| (view.id, view)).collect();
    let ids: Vec<Uuid> = distinct(events.iter().filter_map(|event| event.message_id));
    let messages: HashMap<MessageId, _> = match ids.is_empty() {
        true => HashMap::new(),
        false => views::messages(&mut connection, workspace, &ids).await?.into_iter().map(|view| (view.id, view)).collect(),
    };
    Ok(events
        .into_iter()
        .map(|event| {
            let conversation = event.conversation_id.and_then(|id| conversations.get(&ConversationId(id)));
            let frame = LiveFrame {
                seq: event.seq,
                kind: event.kind,
                conversation: conversation.cloned(),
                message: event.message_id.and_then(|id| messages.get(&MessageId(id))).cloned(),
                // Merged into another, or deleted.
                gone: event.conversation_id.filter(|_| conversation.is_none()).map(ConversationId),
                unread_delta: event.unread_delta,
            };
            let gone = event.was_assignee_id.and(event.conversation_id).map(|id| {
                let gone = LiveFrame {
                    seq: event.seq,
                    kind: frame.kind.clone(),
                    conversation: None,
                    message: None,
                    gone: Some(ConversationId(id)),
                    unread_delta: -conversation.map_or(0, |view| view.unread),
                };
                json(&gone)
            });
            Frame {
                seq: event.seq,
                assignee: conversation.and_then(Audience::assignee),
                was_assignee: event.was_assignee_id,
                json: json(&frame),
                gone,
            }
        })
        .collect())
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    ids.collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

fn json(frame: &LiveFrame) -> Arc<str> {
    // A LiveFrame has no map with odd keys and no failing serializer, so this cannot fail; an empty frame would only be skipped.
    serde_json::to_string(frame).unwrap_or_default().into()
}
