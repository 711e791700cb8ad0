//! The queue: what must happen after a commit, whatever happens to the process.
//!
//! A job is a row written in the transaction that makes it necessary. Any process may take it; a lease (`locked_until`) gives it to somebody else
//! when that process dies. Jobs of one *lane* run one at a time in the order they were put, which keeps a conversation's replies in
//! order. Handlers must be safe to repeat.
//!
//! Our own rather than a crate's: the known Postgres queues announce each job by NOTIFY inside the inserting transaction, which serialises all
//! commits of the cluster; here the wake-up follows the commit.

mod run;

pub use run::{Outcome, Queue, dispatch, release};

use crate::{
    ids::{ConversationId, MessageId, WorkspaceId},
    push::server::Call,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

/// What a job does, with all it needs to know. Stored as JSON; changing a field means old rows must still be readable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Carry a message to the provider.
    SendMessage { message: MessageId },
    /// Carry the team's reaction to a message to the provider.
    SendReaction { message: MessageId },
    /// ARI answers the newest message of a conversation.
    AriReply { conversation: ConversationId },
    /// A model tells what whoever took over from ARI should know.
    HandoverCard { conversation: ConversationId },
    /// Fetch a file's bytes into the media store.
    FetchMedia { media: Uuid },
    /// Compare a number's messages with the provider's list.
    Reconcile { number: Uuid },
    /// Carry a mail out of the outbox.
    DeliverMail { mail: Uuid },
    /// A snoozed conversation's time has come.
    WakeConversation { conversation: ConversationId },
    /// The time of a message that waited for it has come.
    ReleaseMessage { message: MessageId },
    /// Look up since when a conversation's customer waits.
    SettleWaiting { conversation: ConversationId },
    /// Count anew what a conversation's chat score is made of.
    CountMarks { conversation: ConversationId },
    /// Promise what is promised now in every conversation that is not closed, from the one after this.
    PromiseAnew { after: Option<ConversationId> },
    /// Somebody may have to be called: at all their devices, or at this one.
    Push { call: Call },
}

impl Work {
    fn name(&self) -> &'static str {
        match self {
            Self::SendMessage { .. } => "send_message",
            Self::SendReaction { .. } => "send_reaction",
            Self::AriReply { .. } => "ari_reply",
            Self::HandoverCard { .. } => "handover_card",
            Self::FetchMedia { .. } => "fetch_media",
            Self::Reconcile { .. } => "reconcile",
            Self::DeliverMail { .. } => "deliver_mail",
            Self::WakeConversation { .. } => "wake_conversation",
            Self::ReleaseMessage { .. } => "release_message",
            Self::SettleWaiting { .. } => "settle_waiting",
            Self::CountMarks { .. } => "count_marks",
            Self::PromiseAnew { .. } => "promise_anew",
            Self::Push { .. } => "push",
        }
    }

    /// After this many attempts a job is dead: kept, not tried again.
    fn max_attempts(&self) -> i32 {
        match self {
            Self::SendMessage { .. } => 12,
            // Half a minute. Replies of the same conversation wait behind it, and a late reaction is worth little.
            Self::SendReaction { .. } => 6,
            Self::AriReply { .. } | Self::HandoverCard { .. } => 4,
            Self::FetchMedia { .. } => 8,
            Self::Reconcile { .. } => 5,
            // About an hour.
            Self::DeliverMail { .. } => 13,
            Self::WakeConversation { .. } => 13,
            Self::ReleaseMessage { .. } => 13,
            Self::SettleWaiting { .. } | Self::CountMarks { .. } | Self::PromiseAnew { .. } => 13,
            // As long as there is something to tell, which the job looks at.
            Self::Push { .. } => 20,
        }
    }
}

/// A job about to be put.
#[derive(Clone, Debug)]
pub struct NewJob {
    workspace: WorkspaceId,
    work: Work,
    lane: Option<Uuid>,
    dedupe: Option<String>,
    delay: Duration,
}

impl NewJob {
    /// Sends of one conversation go out in order.
    pub fn send(workspace: WorkspaceId, conversation: ConversationId, message: MessageId) -> Self {
        Self { workspace, work: Work::SendMessage { message }, lane: Some(conversation.0), dedupe: None, delay: Duration::ZERO }
    }

    /// Not before this time has passed.
    pub fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// In order with what the conversation's replies say. One that waits carries whatever is wished when it runs.
    pub fn send_reaction(workspace: WorkspaceId, conversation: ConversationId, message: MessageId) -> Self {
        let dedupe = Some(message.to_string());
        Self { workspace, work: Work::SendReaction { message }, lane: Some(conversation.0), dedupe, delay: Duration::ZERO }
    }

    /// One waiting answer per conversation: a second message while ARI has not begun is answered together with the first.
    pub fn ari_reply(workspace: WorkspaceId, conversation: ConversationId) -> Self {
        let dedupe = Some(conversation.to_string());
        Self { workspace, work: Work::AriReply { conversation }, lane: None, dedupe, delay: Duration::ZERO }
    }

    /// One that waits reads what is there when it runs. One at a time in a workspace: models are slow, and messages come first.
    pub fn handover_card(workspace: WorkspaceId, conversation: ConversationId) -> Self {
        let (lane, dedupe) = (Some(Uuid::new_v5(&workspace.0, b"handover_card")), Some(conversation.to_string()));
        Self { workspace, work: Work::HandoverCard { conversation }, lane, dedupe, delay: Duration::ZERO }
    }

    pub fn fetch_media(workspace: WorkspaceId, media: Uuid) -> Self {
        Self { workspace, work: Work::FetchMedia { media }, lane: None, dedupe: Some(media.to_string()), delay: Duration::ZERO }
    }

    pub fn reconcile(workspace: WorkspaceId, number: Uuid) -> Self {
        Self { workspace, work: Work::Reconcile { number }, lane: Some(number), dedupe: Some(number.to_string()), delay: Duration::ZERO }
    }

    /// One per conversation. Where it was snoozed anew for longer, the job that comes too early waits on.
    pub fn wake_conversation(workspace: WorkspaceId, conversation: ConversationId, delay: Duration) -> Self {
        let dedupe = Some(conversation.to_string());
        Self { workspace, work: Work::WakeConversation { conversation }, lane: None, dedupe, delay }
    }

    /// In no lane: what is sent meanwhile does not wait for it.
    pub fn release_message(workspace: WorkspaceId, message: MessageId, delay: Duration) -> Self {
        Self { workspace, work: Work::ReleaseMessage { message }, lane: None, dedupe: Some(message.to_string()), delay }
    }

    /// One that waits looks at what is there when it runs.
    pub fn settle_waiting(workspace: WorkspaceId, conversation: ConversationId) -> Self {
        let dedupe = Some(conversation.to_string());
        Self { workspace, work: Work::SettleWaiting { conversation }, lane: None, dedupe, delay: Duration::ZERO }
    }

    /// One that waits counts what is there when it runs.
    pub fn count_marks(workspace: WorkspaceId, conversation: ConversationId) -> Self {
        let dedupe = Some(conversation.to_string());
        Self { workspace, work: Work::CountMarks { conversation }, lane: None, dedupe, delay: Duration::ZERO }
    }

    /// One at a time in a workspace. One that goes on and one that begins anew are two: each does its part.
    pub fn promise_anew(workspace: WorkspaceId, after: Option<ConversationId>) -> Self {
        let dedupe = Some(after.map(|after| after.to_string()).unwrap_or_default());
        Self { workspace, work: Work::PromiseAnew { after }, lane: Some(workspace.0), dedupe, delay: Duration::ZERO }
    }

    /// One per person or device, conversation and kind of news: it tells the newest.
    pub fn push(workspace: WorkspaceId, call: Call) -> Self {
        // What the customer says and what else there is are told apart: one may be wanted or known, and the other not.
        let about = if call.customer { "customer" } else { "team" };
        let dedupe = Some(format!("{}:{}:{about}", call.device.unwrap_or(call.person.0), call.conversation));
        Self { workspace, work: Work::Push { call }, lane: None, dedupe, delay: Duration::ZERO }
    }

    pub fn deliver_mail(workspace: WorkspaceId, mail: Uuid) -> Self {
        Self { workspace, work: Work::DeliverMail { mail }, lane: None, dedupe: Some(mail.to_string()), delay: Duration::ZERO }
    }
}

/// Puts a job, to be run after the caller's commit (call `Wake::jobs` then). A waiting job with the same dedupe key stays and moves to this time.
pub async fn put(connection: &mut PgConnection, now: DateTime<Utc>, job: NewJob) -> sqlx::Result<()> {
    put_all(connection, now, vec![job]).await
}

/// As [`put`], but one that waits already keeps its time: it pauses after an attempt that failed, and a new wish is no reason to try sooner. Whoever lets
/// the job's run begin with a lock that the caller holds can be sure that it sees what the caller writes.
pub async fn put_unless_waiting(connection: &mut PgConnection, now: DateTime<Utc>, job: NewJob) -> sqlx::Result<()> {
    let waits = sqlx::query_scalar!(
        r#"select exists (select from job where workspace_id = $1 and kind = $2 and dedupe_key = $3 and state = 'waiting') as "waits!""#,
        job.workspace.0,
        job.work.name(),
        job.dedupe
    )
    .fetch_one(&mut *connection)
    .await?;
    if waits { Ok(()) } else { put(connection, now, job).await }
}

/// As [`put`], many in one statement. No two may have the same kind and dedupe key.
pub async fn put_all(connection: &mut PgConnection, now: DateTime<Utc>, jobs: Vec<NewJob>) -> sqlx::Result<()> {
    if jobs.is_empty() {
        return Ok(());
    }
    let payloads: Result<Vec<_>, _> = jobs.iter().map(|job| serde_json::to_value(&job.work)).collect();
    sqlx::query!(
        r#"
        insert into job (workspace_id, id, kind, lane, dedupe_key, payload, run_at, created_at)
        select j.workspace_id, j.id, j.kind, j.lane, j.dedupe_key, j.payload, j.run_at, $8
        from unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::jsonb[], $7::timestamptz[])
            j(workspace_id, id, kind, lane, dedupe_key, payload, run_at)
        on conflict (workspace_id, kind, dedupe_key) where state = 'waiting' and dedupe_key is not null do update
            -- A push service that asked for a pause gets it, whatever else there is to tell meanwhile.
            set run_at = case when job.kind = 'push' and job.attempts > 0 then job.run_at else least(job.run_at, excluded.run_at) end,
                -- Of two calls the newer is told, whichever is put last.
                payload = case
                    when job.kind = 'push' and (job.payload->'call'->>'event')::bigint > (excluded.payload->'call'->>'event')::bigint then job.payload
                    else excluded.payload
                end
        "#,
        &jobs.iter().map(|job| job.workspace.0).collect::<Vec<_>>(),
        &jobs.iter().map(|_| super::crypto::new_id()).collect::<Vec<_>>(),
        &jobs.iter().map(|job| job.work.name().to_owned()).collect::<Vec<_>>(),
        &jobs.iter().map(|job| job.lane).collect::<Vec<_>>() as &[Option<Uuid>],
        &jobs.iter().map(|job| job.dedupe.clone()).collect::<Vec<_>>() as &[Option<String>],
        &payloads.map_err(|error| sqlx::Error::Encode(error.into()))?,
        &jobs.iter().map(|job| now + job.delay).collect::<Vec<_>>(),
        now
    )
    .execute(connection)
    .await?;
    Ok(())
}
