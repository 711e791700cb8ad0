//! Saying something of a contact, from a conversation with them (F77, F103, F104): moving them to a stage, putting a tag on or taking it off. These are deeds like
//! those in [`deeds`](super::deeds), inside the transaction that has the conversation locked; what changes shows in all conversations with the contact.

use super::{
    deeds::Deed,
    holding::{self, Locked},
    labels::{self, Kind},
    record::{Happened, NewEvent},
    working,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::model::ConversationView,
    server::{scope::Scope, state::App},
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// Tags that a contact may have (F103).
pub const MOST_OF_CONTACT: i64 = 20;
/// Conversations with one contact that are told of a change, the newest: far more than there are.
pub(super) const MOST_TOLD: i64 = 200;

type Events = Result<Vec<NewEvent>, AppError>;

/// Moves the contact to a stage, or to none.
///
/// # Errors
/// `Forbidden`; `NotFound` for a conversation out of sight or a stage that is not this workspace's.
pub async fn move_to(app: &App, scope: &Scope, id: ConversationId, stage: Option<Uuid>) -> Result<ConversationView, AppError> {
    working::alone(app, scope, id, &Deed::Stage(stage), None).await
}

/// Puts a tag on the contact, or takes it off. `tag` is an id or a name; a name that there is none of yet becomes a tag, if the caller may make one.
///
/// # Errors
/// `Invalid` for a name that is none; `Forbidden`; `NotFound` for a conversation out of sight or an id that is not this workspace's; `Conflict` where the contact
/// has too many tags, or the workspace.
pub async fn tag(app: &App, scope: &Scope, id: ConversationId, tag: &str, on: bool) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let (mut tx, locked) = working::locked(app, scope, id).await?;
    let now = app.clock.now();
    let mut events = Vec::new();
    let tag = match tag.trim().parse() {
        Ok(known) => known,
        Err(_) => {
            let name = labels::clean(tag).map_err(|error| match error {
                AppError::Invalid { field, rule } if field == "name" => AppError::Invalid { field: "tag".into(), rule },
                error => error,
            })?;
            // Whoever makes the same one at the same moment comes before or after.
            labels::one_after_the_other(&mut tx, scope).await?;
            let known =
                sqlx::query_scalar!("select id from tag where workspace_id = $1 and lower(name) = lower($2)", scope.workspace.0, name)
                    .fetch_optional(&mut *tx)
                    .await?;
            match known {
                Some(known) => known,
                None if !on || !scope.permissions.has(Permission::ManageLabels) => {
                    return Err(AppError::invalid("tag", Rule::Malformed));
                }
                None => {
                    let made = labels::made(&mut tx, scope, Kind::Tag, &name, "", now).await?;
                    // Before what shows it.
                    events.push(labels::changed(scope));
                    made
                }
            }
        }
    };
    let deed = if on { Deed::Tag(tag) } else { Deed::Untag(tag) };
    events.extend(deed.done(&mut tx, scope, &locked, None, now).await?);
    holding::finish(app, scope, tx, id, now, events).await
}

/// The stage of the contact, whose row is locked against everybody else who says something of them. After the conversation's lock, as in ingest.
async fn lock_contact(tx: &mut PgConnection, locked: &Locked) -> Result<Option<Uuid>, AppError> {
    let contact = sqlx::query!(
        r#"
        select s.id as "stage_id?" from contact k left join stage s on s.workspace_id = k.workspace_id and s.id = k.stage_id
        where k.workspace_id = $1 and k.id = $2 for no key update of k
        "#,
        locked.workspace.0,
        locked.contact_id
    )
    .fetch_optional(tx)
    .await?;
    Ok(contact.ok_or(AppError::NotFound)?.stage_id)
}

/// All conversations with the contact have changed.
pub(super) async fn shown(tx: &mut PgConnection, locked: &Locked) -> sqlx::Result<Vec<NewEvent>> {
    let ids = sqlx::query_scalar!(
        r#"
        select id from conversation where workspace_id = $1 and contact_id = $2 and id <> $3
        order by last_message_at desc, id desc limit $4
        "#,
        locked.workspace.0,
        locked.contact_id,
        locked.id.0,
        MOST_TOLD
    )
    .fetch_all(tx)
    .await?;
    let changed = |id| NewEvent::new(locked.workspace, Happened::ConversationChanged, id);
    // The one at hand last, as its line follows.
    Ok(ids.into_iter().map(ConversationId).chain([locked.id]).map(changed).collect())
}

pub(super) async fn stage(tx: &mut PgConnection, scope: &Scope, locked: &Locked, to: Option<Uuid>, now: DateTime<Utc>) -> Events {
    let name = match to {
        None => String::new(),
        // Held, so that it is still there at the end.
        Some(stage) => {
            sqlx::query_scalar!("select name from stage where workspace_id = $1 and id = $2 for key share", locked.workspace.0, stage)
                .fetch_optional(&mut *tx)
                .await?
                .ok_or(AppError::NotFound)?
        }
    };
    if lock_contact(tx, locked).await? == to {
        return Ok(Vec::new());
    }
    sqlx::query!("update contact set stage_id = $3 where workspace_id = $1 and id = $2", locked.workspace.0, locked.contact_id, to)
        .execute(&mut *tx)
        .await?;
    let mut events = shown(tx, locked).await?;
    let line = if to.is_some() { "stage_changed" } else { "stage_cleared" };
    holding::system_line(tx, locked, line, Some(scope.person.0), &name, now, &mut events).await?;
    Ok(events)
}

pub(super) async fn put_on(tx: &mut PgConnection, scope: &Scope, locked: &Locked, tag: Uuid, now: DateTime<Utc>) -> Events {
    let known = sqlx::query_scalar!("select id from tag where workspace_id = $1 and id = $2 for key share", locked.workspace.0, tag)
        .fetch_optional(&mut *tx)
        .await?;
    known.ok_or(AppError::NotFound)?;
    lock_contact(tx, locked).await?;
    let there = sqlx::query!(
        r#"
        select count(*) as "count!", count(*) filter (where tag_id = $3) > 0 as "has!"
        from contact_tag where workspace_id = $1 and contact_id = $2
        "#,
        locked.workspace.0,
        locked.contact_id,
        tag
    )
    .fetch_one(&mut *tx)
    .await?;
    if there.has {
        return Ok(Vec::new());
    }
    if there.count >= MOST_OF_CONTACT {
        return Err(AppError::Conflict(Conflict::TooManyTags));
    }
    sqlx::query!(
        "insert into contact_tag (workspace_id, contact_id, tag_id, added_by, added_at) values ($1, $2, $3, $4, $5)",
        locked.workspace.0,
        locked.contact_id,
        tag,
        scope.person.0,
        now
    )
    .execute(&mut *tx)
    .await?;
    Ok(shown(tx, locked).await?)
}

pub(super) async fn take_off(tx: &mut PgConnection, locked: &Locked, tag: Uuid) -> Events {
    lock_contact(tx, locked).await?;
    let gone = sqlx::query!(
        "delete from contact_tag where workspace_id = $1 and contact_id = $2 and tag_id = $3",
        locked.workspace.0,
        locked.contact_id,
        tag
    )
    .execute(&mut *tx)
    .await?;
    if gone.rows_affected() == 0 { Ok(Vec::new()) } else { Ok(shown(tx, locked).await?) }
}
