//! A person answers.

use super::{
    blocking,
    files::NewFile,
    holding::{self, Locked},
    merging,
    outbound::{self, Leaving, Outbound},
    reading,
    record::{Happened, NewEvent},
    templates::SENT,
    unsent, working,
};
use crate::{
    error::{AppError, Conflict, Rule, UNSEEN_NAMED},
    ids::{ConversationId, MediaId, MessageId},
    inbox::{files::MAX_CAPTION, later::Leaves, model::*},
    server::{
        jobs, limits,
        scope::Scope,
        state::App,
        whatsapp::choices::{Choices, OFFERED},
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use std::time::Duration;
use uuid::Uuid;

/// A reply as it came from the browser.
pub struct Reply {
    pub conversation: ConversationId,
    pub client_id: Uuid,
    pub text: String,
    /// The event up to which the writer had seen the thread.
    pub seen: i64,
    /// The message that it quotes.
    pub to: Option<MessageId>,
    /// What the customer may tap in place of an answer.
    pub choices: Option<Choices>,
    /// What it carries; then the text stands under it, if there is one.
    pub file: Option<NewFile>,
    pub leaves: Leaves,
}

/// Stores a reply and the job that sends it, and takes the conversation over, all in one transaction. The same `client_id` again gives the
/// message that is already there.
///
/// # Errors
/// `Invalid` for an empty or too long text, `NotFound` for a conversation out of sight and for a `reply_to` that is no message of it, `Conflict` when the
/// window is closed, the client id was used for something else, the quoted message has not left yet or others wrote something that the writer had not seen.
/// Nothing is stored then.
pub async fn send(app: &App, scope: &Scope, reply: Reply) -> Result<MessageView, AppError> {
    send_with(app, scope, reply, None).await
}

/// As [`send`], with a file whose bytes are in the media store as `media`.
pub(super) async fn send_with(app: &App, scope: &Scope, reply: Reply, media: Option<MediaId>) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    let Reply { conversation, client_id, seen, to: reply_to, .. } = reply;
    let file = reply.file.zip(media);
    let (kind, text) = match (&file, &reply.choices) {
        (Some((file, _)), _) => (file.kind.as_str(), caption(&reply.text)?),
        (None, Some(_)) => ("interactive", clean(&reply.text)?),
        (None, None) => ("text", clean(&reply.text)?),
    };
    let detail = match (&file, &reply.choices) {
        (Some((file, _)), _) => file.voice.then(|| serde_json::json!({ "voice": true })),
        (None, choices) => choices.as_ref().map(|choices| serde_json::json!({ OFFERED: choices.wire(&text) })),
    };
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    let locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    let now = app.clock.now();
    let mut outbound = Outbound {
        client_id,
        kind,
        text: &text,
        detail,
        file: file.as_ref().map(|(file, id)| (file, *id)),
        quoted: None,
        written_in: Some(if reply.choices.is_some() { unsent::Kind::Choices } else { unsent::Kind::Reply }),
    };
    if let Some(stored) = outbound.repeated(&mut tx, scope, conversation).await? {
        return Ok(stored);
    }
    open_for_text(&locked, now)?;
    let leaving = match reply.leaves {
        Leaves::Now => Leaving::In(Duration::ZERO),
        Leaves::AfterAMoment => Leaving::In(Duration::from_millis(UNDO.unsigned_abs())),
        Leaves::Later(until, at) => Leaving::At { at: working::instant(&mut tx, scope, until, &at, now).await?, seen },
    };
    let closes = window_closes(locked.last_inbound_at.map(|at| at.timestamp_millis()));
    if let Leaving::At { at, .. } = leaving
        && !window_open(closes, at.timestamp_millis())
    {
        // It could never go: whatever opens the window again is something to read first.
        return Err(AppError::invalid("at", Rule::AfterWindow));
    }
    nothing_unseen(&mut tx, scope, conversation, seen).await?;
    if let Some(id) = reply_to {
        outbound.quoted = Some(quoted(&mut tx, scope, conversation, id).await?);
    }
    outbound.store(app, tx, scope, &locked, leaving).await
}

/// Whether a text may go now.
///
/// # Errors
/// `Conflict` when the conversation is closed or its window is.
pub(super) fn open_for_text(locked: &Locked, now: DateTime<Utc>) -> Result<(), AppError> {
    if locked.state == "closed" {
        return Err(AppError::Conflict(Conflict::ConversationClosed));
    }
    let closes = window_closes(locked.last_inbound_at.map(|at| at.timestamp_millis()));
    if window_open(closes, now.timestamp_millis()) { Ok(()) } else { Err(AppError::Conflict(Conflict::WindowClosed(closes))) }
}

/// Puts a failed message back into the queue.
pub async fn resend(app: &App, scope: &Scope, id: MessageId) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    let found = sqlx::query!(
        r#"select conversation_id, coalesce(detail ? $3, false) as "template!" from message where workspace_id = $1 and id = $2"#,
        scope.workspace.0,
        id.0,
        SENT
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let conversation = ConversationId(found.conversation_id);
    reading::visible(&mut tx, scope, conversation).await?;
    let locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    if blocking::is_blocked(&mut tx, &locked).await? {
        return Err(AppError::Conflict(Conflict::ContactBlocked));
    }
    let closes = window_closes(locked.last_inbound_at.map(|at| at.timestamp_millis()));
    // Templates get through at any time.
    if !found.template && !window_open(closes, now.timestamp_millis()) {
        return Err(AppError::Conflict(Conflict::WindowClosed(closes)));
    }
    // The provider's id of the failed attempt goes with it: its late reports must not reach the new one.
    let changed = sqlx::query!(
        r#"
        update message set status = 'pending', failure_code = null, failure_reason = null, provider_message_id = null
        where workspace_id = $1 and id = $2 and direction = 'outbound' and status = 'failed'
        "#,
        scope.workspace.0,
        id.0
    )
    .execute(&mut *tx)
    .await?;
    if changed.rows_affected() == 0 {
        return Err(AppError::Conflict(Conflict::NotFailed));
    }
    holding::settle_waiting(&mut tx, scope.workspace, conversation).await?;
    // A file goes to the provider anew: what it made of the first may be why it failed, or be gone by now.
    sqlx::query!("update media set provider_media_id = null where workspace_id = $1 and message_id = $2", scope.workspace.0, id.0)
        .execute(&mut *tx)
        .await?;
    jobs::put(&mut tx, now, jobs::NewJob::send(scope.workspace, conversation, id)).await?;
    let event = NewEvent::new(scope.workspace, Happened::MessageStatusChanged, conversation).message(id);
    outbound::finish(app, tx, scope, id, now, &[event]).await
}

/// Holds a reply that was written without knowing what others wrote after the event `seen` (F207). Both who writes and what comes in lock the
/// conversation, so of two replies sent at one moment the second one finds the first. What the customer wrote anew or took back counts as written. What ARI has not sent yet holds nothing: the reply withdraws it.
/// Nor does what was taken back. What was said in a conversation that has become
/// part of this one does: it goes by where messages are now, not by where they came.
pub(super) async fn nothing_unseen(
    tx: &mut sqlx::PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    seen: i64,
) -> Result<(), AppError> {
    let came = merging::came_since(tx, scope.workspace, conversation, seen).await?;
    let came = came.into_iter().filter(|came| came.sender != Some(scope.person.0)).map(|came| came.id).collect();
    nothing_said(tx, scope, conversation, seen, came).await
}

/// As [`nothing_unseen`], of what waited for its time: its writer may have seen what a merge brought since, for it may have come with that. `came`: what they did not
/// see besides.
pub(super) async fn nothing_said(
    tx: &mut sqlx::PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    seen: i64,
    came: Vec<MessageId>,
) -> Result<(), AppError> {
    let unseen = sqlx::query!(
        r#"
        select m.id, e.seq from event e join message m on m.workspace_id = e.workspace_id and m.id = e.message_id
        where e.workspace_id = $1 and e.seq > $2 and m.conversation_id = $3
            and (e.kind in ('message_received', 'message_sent') or e.kind = 'message_edited' and m.direction = 'inbound')
            and m.direction <> 'system' and m.sender_id is distinct from $4
            and m.status is distinct from 'cancelled' and not (m.sender = 'assistant' and m.status = 'pending')
        order by e.seq limit $5
        "#,
        scope.workspace.0,
        seen,
        conversation.0,
        scope.person.0,
        UNSEEN_NAMED as i64
    )
    .fetch_all(&mut *tx)
    .await?;
    let newest = unseen.last().map_or(seen, |row| row.seq);
    let mut messages: Vec<MessageId> = Vec::new();
    for id in unseen.into_iter().map(|row| MessageId(row.id)).chain(came) {
        if !messages.contains(&id) && messages.len() < UNSEEN_NAMED {
            messages.push(id);
        }
    }
    if messages.is_empty() {
        return Ok(());
    }
    // No event of this conversation can be added before the end of this transaction.
    let seq = sqlx::query_scalar!(
        "select max(seq) from event where workspace_id = $1 and seq > $2 and conversation_id = $3",
        scope.workspace.0,
        seen,
        conversation.0
    )
    .fetch_one(tx)
    .await?;
    let seq = seq.unwrap_or(newest).max(newest);
    Err(AppError::Conflict(Conflict::Unseen { seq, messages }))
}

/// What the provider calls the message that a reply answers. Notes and system lines are not among what a customer could be shown.
async fn quoted(tx: &mut sqlx::PgConnection, scope: &Scope, conversation: ConversationId, id: MessageId) -> Result<String, AppError> {
    sqlx::query_scalar!(
        r#"
        select provider_message_id from message
        where workspace_id = $1 and id = $2 and conversation_id = $3 and direction <> 'system' and revoked_at is null
        "#,
        scope.workspace.0,
        id.0,
        conversation.0
    )
    .fetch_optional(tx)
    .await?
    .ok_or(AppError::NotFound)?
    .ok_or_else(|| AppError::Conflict(Conflict::Refused("not_quotable".into())))
}

/// The text as it will be sent: browsers' line ends made one kind, no surrounding blank lines, nothing Postgres cannot store.
pub(super) fn trimmed(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\0', "").trim_matches(char::is_whitespace).to_owned()
}

/// A text that stands by itself.
pub(super) fn clean(text: &str) -> Result<String, AppError> {
    match trimmed(text) {
        text if text.is_empty() => Err(AppError::invalid("text", Rule::Missing)),
        text => no_longer_than(MAX_TEXT, text),
    }
}

/// A text under a file, which may be none.
fn caption(text: &str) -> Result<String, AppError> {
    no_longer_than(MAX_CAPTION, trimmed(text))
}

fn no_longer_than(most: usize, text: String) -> Result<String, AppError> {
    match text.chars().count() > most {
        true => Err(AppError::invalid("text", Rule::TooLong(most as u32))),
        false => Ok(text),
    }
}

/// What [`holding::lock`] found, seen from here.
impl Locked {
    /// Whether ARI may say something. That the team put it off does not keep ARI from answering.
    pub fn is_with_ari(&self) -> bool {
        self.holder == Holder::Ari && self.state != "closed"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cleaned_before_it_is_counted() {
        assert_eq!(clean("  halo\r\nlagi \n").unwrap(), "halo\nlagi");
        assert_eq!(clean("a\0b").unwrap(), "ab");
        assert_eq!(clean(" \n\t "), Err(AppError::invalid("text", Rule::Missing)));
        assert!(clean(&"é".repeat(MAX_TEXT)).is_ok());
        assert_eq!(clean(&"é".repeat(MAX_TEXT + 1)), Err(AppError::invalid("text", Rule::TooLong(4096))));
    }
}
