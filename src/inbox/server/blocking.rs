//! Contacts from whom the team does not want to hear (F217). What they write is kept and stands in their thread, but nobody is bothered with it: it opens no
//! conversation, counts as unread nowhere and is answered by nobody. So all conversations of who is blocked are closed, which is what ingest and sending go by.

use super::{
    holding::{self, Locked},
    labelling, reading,
    record::{Happened, NewEvent},
    working,
};
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::ConversationView,
    server::{
        audit::{self, Entry},
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// Blocks the contact of a conversation, which is closed with it, or lets them through again. Does nothing where it is so already.
///
/// # Errors
/// `Forbidden`; `NotFound` for a conversation out of sight.
pub async fn set(app: &App, scope: &Scope, id: ConversationId, blocked: bool) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    let mut events = Vec::new();
    if is_blocked(&mut tx, &locked).await? != blocked {
        match blocked {
            true => block(&mut tx, scope, &locked, now, &mut events).await?,
            false => let_through(&mut tx, &locked).await?,
        }
        // What stands of them in other conversations has changed, too.
        events.extend(labelling::shown(&mut tx, &locked).await?);
        let (line, action) = if blocked { ("contact_blocked", "contact.blocked") } else { ("contact_unblocked", "contact.unblocked") };
        holding::system_line(&mut tx, &locked, line, Some(scope.person.0), "", now, &mut events).await?;
        let entry = Entry { action, target: Some(("contact", locked.contact_id)), detail: serde_json::json!({}) };
        audit::record(&mut tx, now, scope, entry).await?;
    }
    holding::finish(app, scope, tx, id, now, events).await
}

/// The conversation, locked with all others that the contact has, in the order in which ingest locks them. None of them may be out of the caller's sight.
async fn locked(app: &App, scope: &Scope, id: ConversationId) -> Result<(Tx, Locked), AppError> {
    let mut tx = app.db.begin(scope).await?;
    let contact = reading::visible(&mut tx, scope, id).await?.contact_id;
    let theirs = sqlx::query!(
        "select id, assignee_id from conversation where workspace_id = $1 and contact_id = $2 order by id for update",
        scope.workspace.0,
        contact.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let locked = holding::lock(&mut tx, scope.workspace, id).await?.filter(|locked| locked.contact_id == contact.0);
    match locked {
        Some(locked) if theirs.iter().all(|row| working::sees(scope, row.assignee_id)) => Ok((tx, locked)),
        _ => Err(AppError::NotFound),
    }
}

/// Under the contact's lock, which comes after the conversation's.
pub(super) async fn is_blocked(tx: &mut PgConnection, locked: &Locked) -> Result<bool, AppError> {
    let blocked = sqlx::query_scalar!(
        r#"select blocked_at is not null as "blocked!" from contact where workspace_id = $1 and id = $2 for no key update"#,
        locked.workspace.0,
        locked.contact_id
    )
    .fetch_optional(tx)
    .await?;
    blocked.ok_or(AppError::NotFound)
}

async fn block(
    tx: &mut PgConnection,
    scope: &Scope,
    locked: &Locked,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> Result<(), AppError> {
    sqlx::query!(
        "update contact set blocked_at = $3, blocked_by = $4 where workspace_id = $1 and id = $2",
        locked.workspace.0,
        locked.contact_id,
        now,
        scope.person.0
    )
    .execute(&mut *tx)
    .await?;
    // At most one of the others is not closed, and some may have been left unread.
    let unread = sqlx::query!(
        r#"
        with theirs as (
            select id, unread_count from conversation
            where workspace_id = $1 and contact_id = $2 and (state <> 'closed' or unread_count > 0)
            order by id for update
        )
        update conversation c set state = 'closed', snoozed_until = null, turn = c.turn + 1, waiting_since = null, let_go_by = null, unread_count = 0
        from theirs t where c.workspace_id = $1 and c.id = t.id
        returning c.id, t.unread_count
        "#,
        locked.workspace.0,
        locked.contact_id
    )
    .fetch_all(tx)
    .await?;
    let read = |id: Uuid, count: i32| NewEvent::new(locked.workspace, Happened::ConversationRead, ConversationId(id)).unread(-count);
    events.extend(unread.into_iter().filter(|row| row.unread_count > 0).map(|row| read(row.id, row.unread_count)));
    Ok(())
}

/// The conversation stays closed until somebody opens it, or the contact writes. When that was last is known again: WhatsApp's window has been open since.
async fn let_through(tx: &mut PgConnection, locked: &Locked) -> sqlx::Result<()> {
    sqlx::query!(
        "update contact set blocked_at = null, blocked_by = null where workspace_id = $1 and id = $2",
        locked.workspace.0,
        locked.contact_id
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        update conversation c set last_inbound_at = greatest(c.last_inbound_at, (
            select max(m.sent_at) from message m
            where m.workspace_id = $1 and m.conversation_id = c.id and m.direction = 'inbound'
                -- Copied from the phone's history: it opened no window here.
                and m.sent_at > m.created_at - interval '2 days'))
        where c.workspace_id = $1 and c.contact_id = $2
        "#,
        locked.workspace.0,
        locked.contact_id
    )
    .execute(tx)
    .await?;
    Ok(())
}
