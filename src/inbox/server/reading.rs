//! Pages: the list and a thread, each read at one moment together with the event sequence that a stream continues from.

use super::{masking, views};
use crate::{
    error::AppError,
    ids::{ContactId, ConversationId, WorkspaceId},
    inbox::model::*,
    server::{
        audit::{self, Entry},
        clock::from_millis,
        limits,
        scope::Scope,
        state::App,
        whatsapp::phone,
    },
    workspace::Permission,
};
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// One page of the conversations that the caller may see, newest first.
pub async fn list(app: &App, scope: &Scope, before: Option<ListCursor>) -> Result<ConversationPage, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let only = scope.only_assigned_to();
    let (before_at, before_id) = before.map(|cursor| (from_millis(cursor.at), cursor.id)).unzip();
    let ids = match only {
        None => {
            sqlx::query_scalar!(
                r#"
                select id from conversation
                where workspace_id = $1 and ($2::timestamptz is null or (last_message_at, id) < ($2, $3))
                order by last_message_at desc, id desc
                limit $4
                "#,
                scope.workspace.0,
                before_at,
                before_id,
                LIST_PAGE + 1
            )
            .fetch_all(&mut *tx)
            .await?
        }
        // A page of each of them by the index, then the newest of those: what is read does not grow with what is there.
        Some(people) => {
            sqlx::query_scalar!(
                r#"
                select newest.id as "id!" from unnest($5::uuid[]) person(id)
                cross join lateral (
                    select c.id, c.last_message_at from conversation c
                    where c.workspace_id = $1 and c.assignee_id = person.id and ($2::timestamptz is null or (c.last_message_at, c.id) < ($2, $3))
                    order by c.last_message_at desc, c.id desc
                    limit $4
                ) newest
                order by newest.last_message_at desc, newest.id desc
                limit $4
                "#,
                scope.workspace.0,
                before_at,
                before_id,
                LIST_PAGE + 1,
                people
            )
            .fetch_all(&mut *tx)
            .await?
        }
    };
    let more = ids.len() as i64 > LIST_PAGE;
    let ids = &ids[..ids.len().min(LIST_PAGE as usize)];
    let mut views: HashMap<Uuid, _> =
        views::conversations(&mut tx, scope.workspace, ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    if let Some(mask) = masking::for_conversations(&mut tx, scope, ids).await? {
        views.values_mut().for_each(|view| masking::conversation(&mask, view));
    }
    let rows: Vec<_> = ids.iter().filter_map(|id| views.remove(id)).collect();
    let unread_total = sqlx::query_scalar!(
        r#"
        select coalesce(sum(unread_count), 0)::bigint as "total!" from conversation
        where workspace_id = $1 and unread_count > 0 and ($2::uuid[] is null or assignee_id = any($2))
        "#,
        scope.workspace.0,
        only as Option<&[Uuid]>
    )
    .fetch_one(&mut *tx)
    .await?;
    let seq = sequence(&mut tx, scope.workspace).await?;
    let next = rows.last().filter(|_| more).map(ConversationView::cursor);
    Ok(ConversationPage { rows, next, unread_total, seq })
}

/// One page of a thread, oldest message first; the newest page unless `before` says where to go on.
pub async fn thread(app: &App, scope: &Scope, id: ConversationId, before: Option<ListCursor>) -> Result<ThreadPage, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = visible(&mut tx, scope, id).await?;
    let mut contact = contact(&mut tx, scope.workspace, conversation.contact_id).await?;
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
    let mut views: HashMap<Uuid, _> =
        views::messages(&mut tx, scope.workspace, &ids).await?.into_iter().map(|view| (view.id.0, view)).collect();
    if let Some(mask) = masking::for_conversations(&mut tx, scope, &[id.0]).await? {
        masking::contact(&mask, scope, &mut contact);
        views.values_mut().for_each(|view| masking::message(&mask, view));
    }
    let messages = ids.iter().rev().filter_map(|id| views.remove(id)).collect();
    let older = page.last().filter(|_| more).map(|row| ListCursor { at: row.sent_at.timestamp_millis(), id: row.id });
    let seq = sequence(&mut tx, scope.workspace).await?;
    Ok(ThreadPage { conversation, contact, messages, older, seq, next_client_id: uuid::Uuid::new_v4() })
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

async fn contact(connection: &mut PgConnection, workspace: WorkspaceId, id: ContactId) -> Result<ContactView, AppError> {
    views::contact(connection, workspace, id).await?.ok_or(AppError::NotFound)
}

async fn sequence(connection: &mut PgConnection, workspace: WorkspaceId) -> sqlx::Result<i64> {
    let seq = sqlx::query_scalar!("select last_seq from workspace_sequence where workspace_id = $1", workspace.0)
        .fetch_optional(connection)
        .await?;
    Ok(seq.unwrap_or(0))
}
