//! A person answers.

use super::{
    files::NewFile,
    holding::{self, Locked},
    masking, reading, record,
    record::{Happened, NewEvent},
    templates::SENT,
    unsent, views,
};
use crate::{
    error::{AppError, Conflict, Rule, UNSEEN_NAMED},
    ids::{ConversationId, MediaId, MessageId},
    inbox::{files::MAX_CAPTION, model::*},
    server::{crypto::new_id, jobs, limits, scope::Scope, state::App},
    workspace::Permission,
};
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
    /// What it carries; then the text stands under it, if there is one.
    pub file: Option<NewFile>,
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
    let Reply { conversation, client_id, seen, to: reply_to, file, .. } = reply;
    let file = file.zip(media);
    let (kind, text) = match &file {
        None => ("text", clean(&reply.text)?),
        Some((file, _)) => (file.kind.as_str(), caption(&reply.text)?),
    };
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    let locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    if let Some(sent) = sqlx::query!(
        r#"
        select m.id, m.conversation_id, m.direction, m.body, f.sha256 as "sha256?"
        from message m left join media f on f.workspace_id = m.workspace_id and f.message_id = m.id
        where m.workspace_id = $1 and m.client_id = $2
        "#,
        scope.workspace.0,
        client_id
    )
    .fetch_optional(&mut *tx)
    .await?
    {
        // A double click, a retry of the browser, a form sent twice.
        let same_place = sent.conversation_id == conversation.0 && sent.direction == Direction::Outbound.as_str();
        let same_file = sent.sha256.as_deref() == file.as_ref().map(|(file, _)| file.sha256.as_str());
        if !same_place || !same_file || sent.body.unwrap_or_default() != text {
            return Err(AppError::Conflict(Conflict::ClientIdReused));
        }
        return view(&mut tx, scope, MessageId(sent.id)).await;
    }
    if locked.state == "closed" {
        return Err(AppError::Conflict(Conflict::ConversationClosed));
    }
    let closes = window_closes(locked.last_inbound_at.map(|at| at.timestamp_millis()));
    if !window_open(closes, now.timestamp_millis()) {
        return Err(AppError::Conflict(Conflict::WindowClosed(closes)));
    }
    nothing_unseen(&mut tx, scope, conversation, seen).await?;
    let quoted = match reply_to {
        Some(id) => Some(quoted(&mut tx, scope, conversation, id).await?),
        None => None,
    };
    let mut events = Vec::with_capacity(3);
    holding::take(&mut tx, scope, &locked, now, &mut events).await?;
    // Ids order what has one time: whoever takes over does so before they answer.
    let message = MessageId(new_id());
    sqlx::query!(
        r#"
        insert into message
            (workspace_id, id, conversation_id, direction, sender, sender_id, kind, body, client_id, sent_at, created_at, status, reply_to)
        values ($1, $2, $3, 'outbound', 'teammate', $4, $5, $6, $7, $8, $8, 'pending', $9)
        "#,
        scope.workspace.0,
        message.0,
        conversation.0,
        scope.person.0,
        kind,
        text,
        client_id,
        now,
        quoted
    )
    .execute(&mut *tx)
    .await?;
    if let Some((file, id)) = &file {
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
    holding::set_last_message(&mut tx, scope.workspace, conversation, message, now).await?;
    unsent::forget(&mut tx, scope, conversation, unsent::Kind::Reply).await?;
    jobs::put(&mut tx, now, jobs::NewJob::send(scope.workspace, conversation, message)).await?;
    events.push(NewEvent::new(scope.workspace, Happened::MessageSent, conversation).message(message));
    record::record(&mut tx, now, &events).await?;
    let sent = view(&mut tx, scope, message).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(sent)
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
    // A file goes to the provider anew: what it made of the first may be why it failed, or be gone by now.
    sqlx::query!("update media set provider_media_id = null where workspace_id = $1 and message_id = $2", scope.workspace.0, id.0)
        .execute(&mut *tx)
        .await?;
    jobs::put(&mut tx, now, jobs::NewJob::send(scope.workspace, conversation, id)).await?;
    record::record(&mut tx, now, &[NewEvent::new(scope.workspace, Happened::MessageStatusChanged, conversation).message(id)]).await?;
    let sent = view(&mut tx, scope, id).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(sent)
}

/// Holds a reply that was written without knowing what others wrote after the event `seen` (F207). Both who writes and what comes in lock the
/// conversation, so of two replies sent at one moment the second one finds the first. What ARI has not sent yet holds nothing: the reply withdraws it.
pub(super) async fn nothing_unseen(
    tx: &mut sqlx::PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    seen: i64,
) -> Result<(), AppError> {
    let messages = sqlx::query_scalar!(
        r#"
        select m.id from event e join message m on m.workspace_id = e.workspace_id and m.id = e.message_id
        where e.workspace_id = $1 and e.seq > $2 and e.conversation_id = $3 and e.kind in ('message_received', 'message_sent')
            and m.direction <> 'system' and m.sender_id is distinct from $4
            and not (m.sender = 'assistant' and m.status in ('pending', 'cancelled'))
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
    if messages.is_empty() {
        return Ok(());
    }
    // No event of this conversation can be added before the end of this transaction.
    let seq = sqlx::query_scalar!(
        r#"select max(seq) as "seq!" from event where workspace_id = $1 and seq > $2 and conversation_id = $3"#,
        scope.workspace.0,
        seen,
        conversation.0
    )
    .fetch_one(tx)
    .await?;
    Err(AppError::Conflict(Conflict::Unseen { seq, messages: messages.into_iter().map(MessageId).collect() }))
}

/// What the provider calls the message that a reply answers. Notes and system lines are not among what a customer could be shown.
async fn quoted(tx: &mut sqlx::PgConnection, scope: &Scope, conversation: ConversationId, id: MessageId) -> Result<String, AppError> {
    sqlx::query_scalar!(
        r#"
        select provider_message_id from message
        where workspace_id = $1 and id = $2 and conversation_id = $3 and direction <> 'system'
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

pub(super) async fn view(tx: &mut sqlx::PgConnection, scope: &Scope, id: MessageId) -> Result<MessageView, AppError> {
    let mut view = views::messages(tx, scope.workspace, &[id.0]).await?.pop().ok_or(AppError::NotFound)?;
    if let Some(mask) = masking::for_conversations(tx, scope, &[view.conversation_id.0]).await? {
        masking::message(&mask, &mut view);
    }
    Ok(view)
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
