//! Pages of a thread, each read at one moment together with the event sequence that a stream continues from.

use super::{around, contact_fields, handover, masking, outbound, views};
use crate::{
    error::AppError,
    ids::{ContactId, ConversationId, MessageId, WorkspaceId},
    inbox::model::*,
    server::{
        audit::{self, Entry},
        clock::from_millis,
        limits, request,
        scope::Scope,
        state::App,
        whatsapp::phone,
    },
    workspace::Permission,
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// One page of a thread, oldest message first; the newest page unless `before` says where to go on.
/// With `at` the page has that message in its middle, and if that is not too far back everything newer too.
pub async fn thread(
    app: &App,
    scope: &Scope,
    id: ConversationId,
    before: Option<ListCursor>,
    at: Option<MessageId>,
    unsent: bool,
) -> Result<ThreadPage, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = visible(&mut tx, scope, id).await?;
    let mut contact = contact(&mut tx, scope.workspace, conversation.contact_id).await?;
    let (mut unsent_reply, mut unsent_note) = super::drafts::begun(&mut tx, scope, id).await?;
    if unsent {
        let (reply, note) = super::unsent::kept(&mut tx, scope, id).await?;
        (unsent_reply, unsent_note) = (reply.or(unsent_reply), note.or(unsent_note));
    }
    // It stands above the thread, whatever part of that is shown; older messages are added to a page that has it.
    let mut handover = if before.is_none() { handover::card(&mut tx, scope.workspace, id).await? } else { None };
    if let Some(card) = &mut handover
        && let Some(mask) = masking::for_conversations(&mut tx, scope, &[id.0]).await?
    {
        masking::handover(&mask, card);
    }
    let around = match at {
        Some(at) => around::page(&mut tx, scope.workspace, id, at).await?,
        None => None,
    };
    if let Some(around) = around {
        let messages = messages(&mut tx, scope, id, &around.ids, &mut contact).await?;
        let seq = sequence(&mut tx, scope.workspace).await?;
        let (older, sliced, next_client_id) = (around.older, around.sliced, uuid::Uuid::new_v4());
        return Ok(ThreadPage {
            conversation,
            contact,
            messages,
            older,
            sliced,
            seq,
            next_client_id,
            handover,
            kept: false,
            unsent_reply,
            unsent_note,
        });
    }
    let (before_at, before_id) = before.map(|cursor| (from_millis(cursor.at), cursor.id)).unzip();
    let found = sqlx::query!(
        r#"
        select id, sent_at from message
        where workspace_id = $1 and conversation_id = $2 and ($3::timestamptz is null or (sent_at, id) < ($3, $4))
        order by sent_at desc, id desc
        limit $5
        "#,
        scope.workspace.0,
        id.0,
        before_at,
        before_id,
        THREAD_PAGE + 1
    )
    .fetch_all(&mut *tx)
    .await?;
    let more = found.len() as i64 > THREAD_PAGE;
    let page = &found[..found.len().min(THREAD_PAGE as usize)];
    let ids: Vec<Uuid> = page.iter().map(|row| row.id).collect();
    let messages = messages(&mut tx, scope, id, &ids, &mut contact).await?;
    let older = page.last().filter(|_| more).map(|row| ListCursor { at: row.sent_at.timestamp_millis(), id: row.id });
    let seq = sequence(&mut tx, scope.workspace).await?;
    let next_client_id = uuid::Uuid::new_v4();
    Ok(ThreadPage {
        conversation,
        contact,
        messages,
        older,
        sliced: false,
        seq,
        next_client_id,
        handover,
        kept: false,
        unsent_reply,
        unsent_note,
    })
}

/// These messages, given newest first, in the thread's order, they and the contact as the caller may see them.
async fn messages(
    connection: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    ids: &[Uuid],
    contact: &mut ContactView,
) -> sqlx::Result<Vec<MessageView>> {
    let mut views: HashMap<Uuid, _> =
        views::messages(connection, scope.workspace, ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    if let Some(mask) = masking::for_conversations(connection, scope, &[conversation.0]).await? {
        masking::contact(&mask, scope, contact);
        views.values_mut().for_each(|view| masking::message(&mask, view));
    }
    Ok(ids.iter().rev().filter_map(|id| views.remove(id)).collect())
}

/// The conversation if the caller may see it; otherwise it does not exist.
pub async fn visible(connection: &mut PgConnection, scope: &Scope, id: ConversationId) -> Result<ConversationView, AppError> {
    let mut view = views::conversations(connection, scope.workspace, &[id.0]).await?.pop().ok_or(AppError::NotFound)?;
    if let Some(mask) = masking::for_conversations(connection, scope, &[id.0]).await? {
        masking::conversation(&mask, &mut view);
    }
    match scope.only_assigned_to() {
        Some(people) if view.assignee.as_ref().is_none_or(|assignee| !people.contains(&assignee.id.0)) => Err(AppError::NotFound),
        _ => Ok(view),
    }
}

/// The newest messages that the customer knows of, oldest first, as the caller may see them.
pub(super) async fn said_last(
    connection: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    most: i64,
) -> Result<Vec<MessageView>, AppError> {
    let ids = sqlx::query_scalar!(
        r#"
        select id from message
        where workspace_id = $1 and conversation_id = $2 and direction <> 'system' and coalesce(status, '') not in ('scheduled', 'held', 'cancelled')
        order by sent_at desc, id desc limit $3
        "#,
        scope.workspace.0,
        conversation.0,
        most
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut said = views::messages(connection, scope.workspace, &ids).await?;
    said.sort_by_key(MessageView::cursor);
    if let Some(mask) = masking::for_conversations(connection, scope, &[conversation.0]).await? {
        said.iter_mut().for_each(|message| masking::message(&mask, message));
    }
    Ok(said)
}

/// What a message says, as the caller may see it.
///
/// # Errors
/// `NotFound` for what is no message of the conversation, or has no words.
pub async fn text_of(
    connection: &mut PgConnection,
    scope: &Scope,
    conversation: ConversationId,
    message: MessageId,
) -> Result<String, AppError> {
    let view = outbound::view(connection, scope, message).await?;
    let found = view.conversation_id == conversation && !view.text.is_empty();
    if found { Ok(view.text) } else { Err(AppError::NotFound) }
}

/// The customer's number, for somebody who sees it masked. That it was shown is written down.
///
/// # Errors
/// `Forbidden`; `NotFound` for a conversation out of sight and for a customer who hides the number; `TooMany`, since this is for one and not for all.
pub async fn reveal_number(app: &App, scope: &Scope, id: ConversationId) -> Result<String, AppError> {
    let mut tx = app.db.begin(scope).await?;
    visible(&mut tx, scope, id).await?;
    scope.require(Permission::RevealNumber)?;
    limits::take(app, &limits::REVEAL, &scope.person.to_string()).await?;
    let (contact, number) = masking::number(&mut tx, scope, id).await?.ok_or(AppError::NotFound)?;
    let entry = Entry { action: "contact.number_revealed", target: Some(("contact", contact.0)), detail: serde_json::json!({}) };
    audit::record(&mut tx, app.clock.now(), scope, entry).await?;
    tx.commit().await?;
    Ok(phone::pretty(&number))
}

/// A contact with what the workspace keeps of them.
async fn contact(connection: &mut PgConnection, workspace: WorkspaceId, id: ContactId) -> Result<ContactView, AppError> {
    let view = views::contact(connection, workspace, id).await?.ok_or(AppError::NotFound)?;
    let words = request::preferences().locale.words();
    let fields = contact_fields::shown(connection, workspace, id.0, words).await?;
    Ok(ContactView { fields, ..view })
}

/// The number of the workspace's newest event.
pub(super) async fn sequence(connection: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<i64> {
    let seq = sqlx::query_scalar!("select last_seq from workspace_sequence where workspace_id = $1", workspace.0)
        .fetch_optional(connection)
        .await?;
    Ok(seq.unwrap_or(0))
}
