//! What a person sends to a customer, as it is stored: with the taking over, the job that carries it, and the events that tell of it.

use super::{drafts, files::NewFile, holding, holding::Locked, masking, record, record::Happened, record::NewEvent, unsent, views};
use crate::{
    error::{AppError, Conflict},
    ids::{ConversationId, MediaId, MessageId},
    inbox::model::*,
    live::server::presence::Drafted,
    server::{crypto::new_id, jobs, scope::Scope, state::App, whatsapp::choices::OFFERED},
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// A message about to be stored.
pub(super) struct Outbound<'a> {
    pub client_id: Uuid,
    /// See [`MessageView::kind`].
    pub kind: &'a str,
    pub text: &'a str,
    /// What goes over the wire in place of the text.
    pub detail: Option<serde_json::Value>,
    /// With the id under which its bytes are in the media store.
    pub file: Option<(&'a NewFile, MediaId)>,
    /// What the provider calls the message that it quotes.
    pub quoted: Option<String>,
    /// The box that it was written in, if it was in one: nothing is left in it.
    pub written_in: Option<unsent::Kind>,
}

/// A message that is stored, in a transaction that goes on.
pub(super) struct Stored {
    pub message: MessageId,
    /// What is to be told of it.
    pub events: Vec<NewEvent>,
    /// Whom to tell after the commit that a draft is gone.
    pub emptied: Option<Drafted>,
}

/// When a message leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaving {
    /// After this time, in which it can be taken back. Those after it wait for it.
    In(Duration),
    /// At a time, if nobody wrote after the event `seen`. Nothing waits for it, and the conversation is taken over when it goes.
    At { at: DateTime<Utc>, seen: i64 },
}

impl Outbound<'_> {
    /// What was stored under the same client id before: a double click, a retry of the browser, a form sent twice.
    ///
    /// # Errors
    /// `Conflict` when the client id was used for something else.
    pub async fn repeated(
        &self,
        connection: &mut PgConnection,
        scope: &Scope,
        conversation: ConversationId,
    ) -> Result<Option<MessageView>, AppError> {
        let found = sqlx::query!(
            r#"
            select m.id, m.conversation_id, m.direction, m.kind, m.body, m.detail, f.sha256 as "sha256?"
            from message m left join media f on f.workspace_id = m.workspace_id and f.message_id = m.id
            where m.workspace_id = $1 and m.client_id = $2
            "#,
            scope.workspace.0,
            self.client_id
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(found) = found else { return Ok(None) };
        let same_place =
            found.conversation_id == conversation.0 && found.direction == Direction::Outbound.as_str() && found.kind == self.kind;
        let same_file = found.sha256.as_deref() == self.file.map(|(file, _)| file.sha256.as_str());
        let offered = |detail: &Option<serde_json::Value>| detail.as_ref().and_then(|detail| detail.get(OFFERED)).cloned();
        let same_choices = offered(&found.detail) == offered(&self.detail);
        if !same_place || !same_file || !same_choices || found.body.unwrap_or_default() != self.text {
            return Err(AppError::Conflict(Conflict::ClientIdReused));
        }
        view(connection, scope, MessageId(found.id)).await.map(Some)
    }

    /// Stores it, ends the transaction and sets to work what must happen then. The caller holds the conversation's lock and has found nothing against it.
    pub async fn store(self, app: &App, mut tx: Tx, scope: &Scope, locked: &Locked, leaving: Leaving) -> Result<MessageView, AppError> {
        let now = app.clock.now();
        let Stored { message, events, emptied } = self.put(&mut tx, scope, locked, leaving, now).await?;
        let view = finish(app, tx, scope, message, now, &events).await?;
        if let Some(emptied) = emptied {
            app.wake.drafted(emptied);
        }
        Ok(view)
    }

    /// As [`Self::store`], within a transaction in which more is done at `now`; what it answers is the caller's to tell.
    pub async fn put(
        self,
        tx: &mut PgConnection,
        scope: &Scope,
        locked: &Locked,
        leaving: Leaving,
        now: DateTime<Utc>,
    ) -> Result<Stored, AppError> {
        let (status, at, seen) = match leaving {
            Leaving::In(_) => (Status::Pending, now, None),
            Leaving::At { at, seen } => (Status::Scheduled, at, Some(seen)),
        };
        let mut events = Vec::with_capacity(3);
        if status == Status::Pending {
            holding::take(tx, scope, locked, now, &mut events).await?;
        }
        // Ids order what has one time: whoever takes over does so before they answer.
        let message = MessageId(new_id());
        sqlx::query!(
            r#"
            insert into message
                (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, detail, client_id, sent_at, created_at, status, reply_to,
                 seen_seq)
            values ($1, $2, $3, 'outbound', 'teammate', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
            "#,
            scope.workspace.0,
            message.0,
            locked.id.0,
            scope.person.0,
            self.kind,
            self.text,
            self.detail,
            self.client_id,
            at,
            now,
            status.as_str(),
            self.quoted,
            seen
        )
        .execute(&mut *tx)
        .await?;
        if let Some((file, id)) = self.file {
            sqlx::query!(
                r#"
                insert into media (workspace_id, id, message_id, mime, file_name, byte_size, sha256, state)
                values ($1, $2, $3, $4, $5, $6, $7, 'stored')
                "#,
                scope.workspace.0,
                id.0,
                message.0,
                file.mime,
                file.name,
                file.bytes.len() as i64,
                file.sha256
            )
            .execute(&mut *tx)
            .await?;
        }
        let emptied = match self.written_in {
            None => None,
            Some(kind) => {
                unsent::forget(tx, scope, locked.id, kind).await?;
                drafts::sent(tx, scope, locked.id, kind, self.text, now).await?
            }
        };
        let (job, happened) = match leaving {
            Leaving::In(delay) => {
                holding::answered(tx, scope.workspace, locked.id, message, Sender::Teammate, now).await?;
                (jobs::NewJob::send(scope.workspace, locked.id, message).after(delay), Happened::MessageSent)
            }
            // Nobody has to know of it before they write: it is no message yet.
            Leaving::At { at, .. } => {
                let delay = (at - now).to_std().unwrap_or_default();
                (jobs::NewJob::release_message(scope.workspace, message, delay), Happened::MessageChanged)
            }
        };
        jobs::put(tx, now, job).await?;
        events.push(NewEvent::new(scope.workspace, happened, locked.id).message(message));
        Ok(Stored { message, events, emptied })
    }
}

/// Records what happened, ends the transaction and tells of it. Answers with the message as it is then.
pub(super) async fn finish(
    app: &App,
    mut tx: Tx,
    scope: &Scope,
    message: MessageId,
    now: DateTime<Utc>,
    events: &[NewEvent],
) -> Result<MessageView, AppError> {
    record::record(&mut tx, now, events).await?;
    let view = view(&mut tx, scope, message).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(view)
}

/// A message as the caller may see it.
pub(super) async fn view(connection: &mut PgConnection, scope: &Scope, id: MessageId) -> Result<MessageView, AppError> {
    let mut view = views::messages(connection, scope.workspace, &[id.0]).await?.pop().ok_or(AppError::NotFound)?;
    if let Some(mask) = masking::for_conversations(connection, scope, &[view.conversation_id.0]).await? {
        masking::message(&mask, &mut view);
    }
    Ok(view)
}
