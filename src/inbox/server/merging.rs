//! Two contacts that somebody says are one person (F80, F81). What a merge does to both is in [`merge`](super::merge); here is what a person decides of it. It can be undone:
//! [`splitting`](super::splitting).

use super::{
    contact_fields, holding,
    merge::{self, ByHand, UNDOABLE_DAYS},
    reading, record,
    record::NewEvent,
    search::{self, FoundContact},
    views, working,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ContactId, ConversationId, MessageId, WorkspaceId},
    inbox::model::*,
    server::{
        audit::{self, Entry},
        crypto::new_id,
        error,
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use serde_json::json;
use sqlx::PgConnection;
use std::collections::BTreeMap;
use uuid::Uuid;

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// What a form says is to be taken of the contact that goes: `name`, `stage` and the keys of fields, each with `other`. Of all else the contact that stays keeps what it
/// has, and gets what it has not.
pub type Taken = BTreeMap<String, String>;

/// How often two transactions that wait for each other are tried again.
pub(super) const TRIES: u32 = 3;

/// Makes one contact of a conversation's and `other`, which goes. Gives the conversation in which all is that both said.
///
/// # Errors
/// `Forbidden`; `NotFound` where one of them, or one of their conversations, is out of sight; `Invalid` for the same contact twice; `Conflict` where one of them is blocked and the
/// other is not.
pub async fn merge(app: &App, scope: &Scope, id: ConversationId, other: ContactId, taken: &Taken) -> Result<ConversationId, AppError> {
    scope.require(Permission::Reply)?;
    for _ in 0..TRIES {
        if let Some(done) = settled(merged(app, scope, id, other.0, taken).await) {
            return done;
        }
    }
    Err(given_up())
}

/// What a try came to; none where another transaction was in the way.
pub(super) fn settled<T>(tried: Result<T, Failed>) -> Option<Result<T, AppError>> {
    match tried {
        Err(Failed::Collided) => None,
        Err(Failed::Refused(error)) => Some(Err(error)),
        Ok(done) => Some(Ok(done)),
    }
}

pub(super) fn given_up() -> AppError {
    error::internal("transactions that waited for each other again and again")
}

pub(super) enum Failed {
    /// Another transaction was in the way.
    Collided,
    Refused(AppError),
}

impl From<AppError> for Failed {
    fn from(error: AppError) -> Self {
        Self::Refused(error)
    }
}

impl From<sqlx::Error> for Failed {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) if database.code().is_some_and(|code| code.starts_with("40")) => Self::Collided,
            // Merged away while we looked.
            sqlx::Error::RowNotFound => Self::Refused(AppError::NotFound),
            _ => Self::Refused(error.into()),
        }
    }
}

/// The conversations of these contacts, locked in the order in which ingest locks them. None of them may be out of the caller's sight.
pub(super) async fn lock_all(tx: &mut PgConnection, scope: &Scope, contacts: &[Uuid]) -> Result<Vec<(Uuid, Uuid)>, Failed> {
    let rows = sqlx::query!(
        "select id, contact_id, assignee_id from conversation where workspace_id = $1 and contact_id = any($2) order by id for update",
        scope.workspace.0,
        contacts
    )
    .fetch_all(tx)
    .await?;
    match rows.iter().all(|row| working::sees(scope, row.assignee_id)) {
        true => Ok(rows.into_iter().map(|row| (row.id, row.contact_id)).collect()),
        false => Err(Failed::Refused(AppError::NotFound)),
    }
}

/// What is decided about when two become one.
pub(super) struct Known {
    name: Option<String>,
    stage: Option<Uuid>,
    blocked: bool,
}

pub(super) async fn known(tx: &mut PgConnection, workspace: WorkspaceId, contact: Uuid) -> Result<Known, Failed> {
    let row = sqlx::query!(
        r#"
        select coalesce(k.name, k.profile_name) as name, s.id as "stage?", k.blocked_at is not null as "blocked!"
        from contact k left join stage s on s.workspace_id = k.workspace_id and s.id = k.stage_id
        where k.workspace_id = $1 and k.id = $2 for no key update of k
        "#,
        workspace.0,
        contact
    )
    .fetch_optional(tx)
    .await?
    .ok_or(AppError::NotFound)?;
    Ok(Known { name: row.name.map(|name| name.chars().take(contact_fields::MAX_NAME).collect()), stage: row.stage, blocked: row.blocked })
}

async fn merged(app: &App, scope: &Scope, id: ConversationId, other: Uuid, taken: &Taken) -> Result<ConversationId, Failed> {
    let mut tx = app.db.begin(scope).await?;
    let keep = reading::visible(&mut tx, scope, id).await?.contact_id.0;
    if keep == other {
        return Err(AppError::invalid("other", Rule::Malformed).into());
    }
    let theirs = lock_all(&mut tx, scope, &[keep, other]).await?;
    // Whoever sees only what is theirs sees no contact without a conversation.
    if !theirs.contains(&(id.0, keep)) || (scope.only_assigned_to().is_some() && theirs.iter().all(|(_, contact)| *contact != other)) {
        return Err(AppError::NotFound.into());
    }
    let (first, second) = (keep.min(other), keep.max(other));
    let (first, second) = (known(&mut tx, scope.workspace, first).await?, known(&mut tx, scope.workspace, second).await?);
    let (this, that) = if keep < other { (first, second) } else { (second, first) };
    if this.blocked != that.blocked {
        return Err(AppError::Conflict(Conflict::ContactBlocked).into());
    }
    let gone = views::contact(&mut tx, scope.workspace, ContactId(other)).await?.ok_or(AppError::NotFound)?;
    let values = contact_fields::values(&mut tx, scope.workspace, other).await?;
    let now = app.clock.now();
    let by_hand = ByHand { merge: new_id(), person: scope.person.0 };
    let mut events = Vec::new();
    let into =
        merge::contacts(&mut tx, scope.workspace, (keep, other), Some(by_hand), now, &mut events).await?.ok_or(AppError::NotFound)?;
    let takes = |what: &str| taken.get(what).is_some_and(|side| side == "other");
    // Where one shows by the name that WhatsApp gives, that is the name that was chosen.
    if taken.contains_key("name") {
        let name = if takes("name") { that.name } else { this.name };
        sqlx::query!("update contact set name = $3 where workspace_id = $1 and id = $2", scope.workspace.0, keep, name)
            .execute(&mut *tx)
            .await?;
    }
    if takes("stage") {
        sqlx::query!("update contact set stage_id = $3 where workspace_id = $1 and id = $2", scope.workspace.0, keep, that.stage)
            .execute(&mut *tx)
            .await?;
    }
    for (field, value) in values.iter().filter(|(field, _)| takes(&contact_fields::key(**field))) {
        contact_fields::put(&mut tx, scope, keep, *field, Some(value)).await?;
    }
    sqlx::query!(
        "update contact_merge set made = contact_as_json($1, $3) where workspace_id = $1 and id = $2",
        scope.workspace.0,
        by_hand.merge,
        keep
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        update merged_conversation w set made = to_jsonb(c) || jsonb_build_object('drafts', (
            select coalesce(jsonb_agg(to_jsonb(d)), '[]') from draft d where d.workspace_id = $1 and d.conversation_id = c.id and d.body <> ''))
        from conversation c
        where w.workspace_id = $1 and w.merge_id = $2 and w.id = $3 and c.workspace_id = $1 and c.id = $3
        "#,
        scope.workspace.0,
        by_hand.merge,
        into.0
    )
    .execute(&mut *tx)
    .await?;
    line(&mut tx, scope, into, "contacts_merged", &gone.display_name, now, &mut events).await?;
    let detail = json!({ "with": other });
    audit::record(&mut tx, now, scope, Entry { action: "contact.merged", target: Some(("contact", keep)), detail }).await?;
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(into)
}

pub(super) async fn line(
    tx: &mut Tx,
    scope: &Scope,
    id: ConversationId,
    kind: &str,
    name: &str,
    now: DateTime<Utc>,
    events: &mut Vec<NewEvent>,
) -> Result<(), Failed> {
    let locked = holding::lock(tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    holding::system_line(tx, &locked, kind, Some(scope.person.0), name, now, events).await?;
    Ok(())
}

/// A message that a merge brought into a conversation.
pub(super) struct Came {
    pub id: MessageId,
    pub sender: Option<Uuid>,
    pub inbound: bool,
}

/// What a merge by hand brought into the conversation after the event `seen`, and was said on the day before the merge: whoever saw the thread as of that event
/// saw none of it.
pub(super) async fn came_since(
    tx: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    seen: i64,
) -> sqlx::Result<Vec<Came>> {
    let first = sqlx::query_scalar!(
        "select min(at) from event where workspace_id = $1 and seq > $2 and conversation_id = $3 and kind = 'thread_changed'",
        workspace.0,
        seen,
        conversation.0
    )
    .fetch_one(&mut *tx)
    .await?;
    let Some(first) = first else { return Ok(Vec::new()) };
    let rows = sqlx::query!(
        r#"
        select m.id, m.sender_id, m.direction = 'inbound' as "inbound!"
        from conversation c
        join contact_merge k on k.workspace_id = c.workspace_id and k.kept_id = c.contact_id and k.merged_at >= $3
        join merged_conversation w on w.workspace_id = k.workspace_id and w.merge_id = k.id
        join message m on m.workspace_id = w.workspace_id and m.id = any(w.messages) and m.conversation_id = c.id
        where c.workspace_id = $1 and c.id = $2 and m.direction <> 'system' and m.sent_at > k.merged_at - interval '1 day'
            and coalesce(m.status, '') not in ('scheduled', 'held', 'cancelled') and not (m.sender = 'assistant' and m.status is not distinct from 'pending')
        order by m.sent_at, m.id
        "#,
        workspace.0,
        conversation.0,
        first
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| Came { id: MessageId(row.id), sender: row.sender_id, inbound: row.inbound }).collect())
}

/// The conversation that this one became part of, as long as that is known, if the caller may see it.
pub async fn went_into(app: &App, scope: &Scope, id: ConversationId) -> Result<Option<ConversationId>, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let newest = sqlx::query!(
        r#"
        with recursive led as (
            select m.kept_id, m.merged_at, 1 as hop
            from merged_conversation w join contact_merge m on m.workspace_id = w.workspace_id and m.id = w.merge_id
            where w.workspace_id = $1 and w.id = $2 and not exists (select from conversation s where s.workspace_id = $1 and s.id = $2)
            union all
            -- And on from there, where that contact is part of another in turn.
            select m.kept_id, m.merged_at, led.hop + 1 from led join contact_merge m on m.workspace_id = $1 and m.gone_id = led.kept_id where led.hop < 10
        )
        select c.id, c.assignee_id from led join conversation c on c.workspace_id = $1 and c.contact_id = led.kept_id
        order by led.hop desc, led.merged_at desc, c.last_message_at desc, c.id desc limit 1
        "#,
        scope.workspace.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    Ok(newest.filter(|row| working::sees(scope, row.assignee_id)).map(|row| ConversationId(row.id)))
}

/// Contacts that may be the same person: those that are called so.
pub async fn suggested(app: &App, scope: &Scope, contact: &ContactView) -> Result<Vec<FoundContact>, AppError> {
    let name = contact.given_name.as_deref().or(contact.profile_name.as_deref()).unwrap_or_default();
    // A number that stands in place of a name, or a letter alone, says nothing.
    if name.chars().filter(|c| c.is_alphabetic()).count() < 2 {
        return Ok(Vec::new());
    }
    match search::contacts_called(app, scope, name, contact.id).await {
        // They are a help, and not what was asked for.
        Err(AppError::TooMany(_)) => Ok(Vec::new()),
        found => found,
    }
}

/// Forgets merges that are too old to be undone. Run every hour.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    sqlx::query!("delete from contact_merge where merged_at < $1::timestamptz - make_interval(days => $2)", app.clock.now(), UNDOABLE_DAYS)
        .execute(&app.db.system)
        .await?;
    Ok(())
}
