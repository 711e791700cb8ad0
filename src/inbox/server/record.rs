//! How a change becomes an event: the last statements of every writing transaction.

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::{
        labels::{CONTACT_CHANGED, LABELS_CHANGED},
        model::{HANDOVER_MADE, LATE, THREAD_CHANGED},
    },
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What happened, in the past tense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    MessageReceived,
    MessageSent,
    MessageStatusChanged,
    MessageChanged,
    /// Whoever sent it wrote it anew or took it back.
    MessageEdited,
    ConversationChanged,
    ConversationRead,
    MediaStored,
    /// Since when the customer waits, or what is promised, is another than was thought.
    WaitingChanged,
    /// There is something new to know for whoever takes over.
    HandoverMade,
    /// A promised time went by.
    AnswerLate,
    ResolutionLate,
    /// What stages and tags there are.
    LabelsChanged,
    /// What the team calls a contact, and keeps of them.
    ContactChanged,
    /// What was said in another conversation is in this one now, or the other way round.
    ThreadChanged,
}

impl Happened {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MessageReceived => "message_received",
            Self::MessageSent => "message_sent",
            Self::MessageStatusChanged => "message_status_changed",
            Self::MessageChanged => "message_changed",
            Self::MessageEdited => "message_edited",
            Self::ConversationChanged => "conversation_changed",
            Self::ConversationRead => "conversation_read",
            Self::MediaStored => "media_stored",
            Self::WaitingChanged => "waiting_changed",
            Self::HandoverMade => HANDOVER_MADE,
            Self::AnswerLate => LATE[0],
            Self::ResolutionLate => LATE[1],
            Self::LabelsChanged => LABELS_CHANGED,
            Self::ContactChanged => CONTACT_CHANGED,
            Self::ThreadChanged => THREAD_CHANGED,
        }
    }
}

/// An event about to be recorded.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent {
    pub workspace: WorkspaceId,
    pub happened: Happened,
    pub conversation: Option<ConversationId>,
    pub message: Option<MessageId>,
    pub was_assignee: Option<Uuid>,
    pub unread_delta: i32,
}

impl NewEvent {
    pub fn new(workspace: WorkspaceId, happened: Happened, conversation: ConversationId) -> Self {
        Self { workspace, happened, conversation: Some(conversation), message: None, was_assignee: None, unread_delta: 0 }
    }

    /// What concerns no conversation, and everybody in the workspace.
    pub fn for_all(workspace: WorkspaceId, happened: Happened) -> Self {
        Self { workspace, happened, conversation: None, message: None, was_assignee: None, unread_delta: 0 }
    }

    pub fn message(mut self, message: MessageId) -> Self {
        self.message = Some(message);
        self
    }

    pub fn unread(mut self, delta: i32) -> Self {
        self.unread_delta = delta;
        self
    }

    pub fn was_assigned_to(mut self, person: Option<Uuid>) -> Self {
        self.was_assignee = person;
        self
    }
}

/// Allots sequence numbers and stores the events. Must come last in its transaction: it locks the workspace's counter until the commit, which
/// is what makes commit order equal to sequence order.
pub async fn record(connection: &mut PgConnection, at: DateTime<Utc>, events: &[NewEvent]) -> sqlx::Result<()> {
    if events.is_empty() {
        return Ok(());
    }
    let mut counts: BTreeMap<Uuid, i64> = BTreeMap::new();
    let places: Vec<i64> = events
        .iter()
        .map(|event| {
            let count = counts.entry(event.workspace.0).or_insert(0);
            *count += 1;
            *count
        })
        .collect();
    // Counters are locked in one order, so that two transactions about the same workspaces wait for each other instead of deadlocking. A row
    // that had to be waited for is read as it is after the wait.
    sqlx::query!(
        r#"
        with counter as materialized (
            select workspace_id, last_seq from workspace_sequence where workspace_id = any($1) order by workspace_id for update
        ), counted as (
            update workspace_sequence s set last_seq = c.last_seq + n.amount
            from counter c join unnest($1::uuid[], $2::bigint[]) n(workspace_id, amount) on n.workspace_id = c.workspace_id
            where s.workspace_id = c.workspace_id
        )
        insert into event (workspace_id, seq, kind, conversation_id, message_id, was_assignee_id, unread_delta, at)
        select e.workspace_id, c.last_seq + e.place, e.kind, e.conversation_id, e.message_id, e.was_assignee_id, e.unread_delta, $10
        from unnest($3::uuid[], $4::bigint[], $5::text[], $6::uuid[], $7::uuid[], $8::uuid[], $9::int[])
            e(workspace_id, place, kind, conversation_id, message_id, was_assignee_id, unread_delta)
        join counter c on c.workspace_id = e.workspace_id
        "#,
        &counts.keys().copied().collect::<Vec<_>>(),
        &counts.values().copied().collect::<Vec<_>>(),
        &events.iter().map(|event| event.workspace.0).collect::<Vec<_>>(),
        &places,
        &events.iter().map(|event| event.happened.as_str().to_owned()).collect::<Vec<_>>(),
        &events.iter().map(|event| event.conversation.map(|id| id.0)).collect::<Vec<_>>() as &[Option<Uuid>],
        &events.iter().map(|event| event.message.map(|id| id.0)).collect::<Vec<_>>() as &[Option<Uuid>],
        &events.iter().map(|event| event.was_assignee).collect::<Vec<_>>() as &[Option<Uuid>],
        &events.iter().map(|event| event.unread_delta).collect::<Vec<_>>(),
        at
    )
    .execute(connection)
    .await?;
    Ok(())
}
