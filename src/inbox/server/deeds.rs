//! What people can do with a conversation beside answering it, inside the transaction that has it locked: one by one ([`super::working`]) and with many at
//! once ([`super::bulk`]). Each looks at what is there and does nothing where it is done already; then there are no events.

use super::{
    blocking,
    holding::{self, Locked},
    labelling, merging,
    record::{Happened, NewEvent},
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::PersonId,
    inbox::{
        model::*,
        working::{MAX_REASON, line_of},
    },
    server::{
        jobs::{self, NewJob},
        scope::Scope,
    },
    workspace::Permission,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;
use uuid::Uuid;

type Events = Result<Vec<NewEvent>, AppError>;

/// Something that is done with a conversation.
#[derive(Clone, Debug)]
pub enum Deed {
    /// With a reason, which may be empty.
    Close(String),
    Reopen,
    Assign(Option<PersonId>),
    Snooze(DateTime<Utc>),
    /// More urgent than others, or not.
    Prioritise(bool),
    /// Its messages were seen.
    Read,
    /// Somebody shall look at it again: it counts as one unread message.
    Unread,
    /// Its contact is in this stage, or in none.
    Stage(Option<Uuid>),
    /// Its contact has this tag, or has it no more.
    Tag(Uuid),
    Untag(Uuid),
}

impl Deed {
    /// # Errors
    /// `Invalid` for a reason that is too long.
    pub fn close(reason: &str) -> Result<Self, AppError> {
        one_line(reason).map(Self::Close)
    }

    /// The right that it takes; none for what everybody may who sees the conversation.
    pub fn asks(&self, scope: &Scope) -> Option<Permission> {
        match self {
            Self::Read | Self::Unread => None,
            Self::Assign(to) if *to != Some(scope.person) => Some(Permission::Assign),
            _ => Some(Permission::Reply),
        }
    }

    /// # Errors
    /// `Forbidden` without the right that it takes.
    pub fn allowed(&self, scope: &Scope) -> Result<(), AppError> {
        self.asks(scope).map_or(Ok(()), |permission| scope.require(permission))
    }

    /// Whether it is about what was read, and nothing else.
    pub fn is_mark(&self) -> bool {
        matches!(self, Self::Read | Self::Unread)
    }

    /// What it says of the contact, as it is kept for taking it back: the key, and the tag where it is one.
    pub fn label(&self) -> Option<(&'static str, Option<Uuid>)> {
        match self {
            Self::Stage(_) => Some(("stage", None)),
            Self::Tag(tag) | Self::Untag(tag) => Some(("tag", Some(*tag))),
            _ => None,
        }
    }

    /// Does it. `seen` is the event up to which the caller had seen the thread: what the customer wrote since is not put away.
    ///
    /// # Errors
    /// `Conflict` where something stands against it; `NotFound` for an assignee who does not belong here.
    pub async fn done(&self, tx: &mut PgConnection, scope: &Scope, locked: &Locked, seen: Option<i64>, now: DateTime<Utc>) -> Events {
        match self {
            Self::Close(reason) => close(tx, scope, locked, reason, seen, now).await,
            Self::Reopen => reopen(tx, scope, locked, now).await,
            Self::Assign(to) => assign(tx, scope, locked, *to, now).await,
            Self::Snooze(until) => snooze(tx, scope, locked, *until, seen, now).await,
            Self::Prioritise(high) => prioritise(tx, scope, locked, *high, now).await,
            Self::Read => mark(tx, locked, 0).await,
            // What is unread keeps its count.
            Self::Unread => mark(tx, locked, locked.unread.max(1)).await,
            Self::Stage(to) => labelling::stage(tx, scope, locked, *to, now).await,
            Self::Tag(tag) => labelling::put_on(tx, scope, locked, *tag, now).await,
            Self::Untag(tag) => labelling::take_off(tx, locked, *tag).await,
        }
    }
}

pub(super) fn changed(locked: &Locked) -> NewEvent {
    NewEvent::new(locked.workspace, Happened::ConversationChanged, locked.id)
}

/// Nothing is put off that is done.
pub(super) fn refuse_closed(locked: &Locked) -> Result<(), AppError> {
    if locked.state == "closed" { Err(AppError::Conflict(Conflict::ConversationClosed)) } else { Ok(()) }
}

/// Refuses to put away what the customer said after the event up to which the caller had seen the thread.
async fn refuse_unseen(tx: &mut PgConnection, locked: &Locked, seen: Option<i64>) -> Result<(), AppError> {
    let Some(seen) = seen else { return Ok(()) };
    let wrote = sqlx::query_scalar!(
        r#"
        select exists (
            select from event e join message m on m.workspace_id = e.workspace_id and m.id = e.message_id
            where e.workspace_id = $1 and e.seq > $2 and m.conversation_id = $3
                and (e.kind = 'message_received' or e.kind = 'message_edited' and m.direction = 'inbound')
        ) as "wrote!"
        "#,
        locked.workspace.0,
        seen,
        locked.id.0
    )
    .fetch_one(&mut *tx)
    .await?;
    let wrote = wrote || merging::came_since(tx, locked.workspace, locked.id, seen).await?.iter().any(|came| came.inbound);
    if wrote { Err(AppError::Conflict(Conflict::CustomerWrote)) } else { Ok(()) }
}

async fn close(tx: &mut PgConnection, scope: &Scope, locked: &Locked, reason: &str, seen: Option<i64>, now: DateTime<Utc>) -> Events {
    if locked.state == "closed" {
        return Ok(Vec::new());
    }
    refuse_unseen(tx, locked, seen).await?;
    // What ARI has not sent yet is withdrawn with the turn.
    sqlx::query!(
        r#"
        update conversation set state = 'closed', snoozed_until = null, turn = turn + 1, waiting_since = null, let_go_by = null
        where workspace_id = $1 and id = $2
        "#,
        locked.workspace.0,
        locked.id.0
    )
    .execute(&mut *tx)
    .await?;
    let mut events = vec![changed(locked)];
    holding::system_line(tx, locked, "closed", Some(scope.person.0), reason, now, &mut events).await?;
    Ok(events)
}

/// One that was closed is the team's: ARI answers what the customer says, and here nobody said anything.
async fn reopen(tx: &mut PgConnection, scope: &Scope, locked: &Locked, now: DateTime<Utc>) -> Events {
    let line = match locked.state.as_str() {
        // The lock on the conversation is also whoever's who blocks.
        "closed" if blocking::is_blocked(tx, locked).await? => return Err(AppError::Conflict(Conflict::ContactBlocked)),
        "closed" => "reopened",
        "snoozed" => "woken",
        _ => return Ok(Vec::new()),
    };
    let opened = sqlx::query!(
        r#"
        update conversation set state = 'open', snoozed_until = null,
            holder = case when state = 'closed' then 'team' else holder end,
            turn = turn + case when state = 'closed' then 1 else 0 end,
            -- Whom nobody answered is promised an answer from now on.
            waiting_since = case when state = 'closed' and unanswered_since(workspace_id, id) is not null then $3 else waiting_since end,
            opened_at = case when state = 'closed' then $3 else opened_at end,
            first_answered_at = case when state = 'closed' then null else first_answered_at end
        where workspace_id = $1 and id = $2
        "#,
        locked.workspace.0,
        locked.id.0,
        now
    )
    .execute(&mut *tx)
    .await;
    opened.map_err(open_elsewhere)?;
    let mut events = vec![changed(locked)];
    holding::system_line(tx, locked, line, Some(scope.person.0), "", now, &mut events).await?;
    Ok(events)
}

/// A contact has at most one conversation that is not closed.
pub(super) fn open_elsewhere(error: sqlx::Error) -> AppError {
    match error {
        sqlx::Error::Database(error) if error.constraint() == Some("conversation_one_open") => AppError::Conflict(Conflict::OpenElsewhere),
        error => error.into(),
    }
}

async fn assign(tx: &mut PgConnection, scope: &Scope, locked: &Locked, to: Option<PersonId>, now: DateTime<Utc>) -> Events {
    let name = match to {
        None => String::new(),
        Some(person) => sqlx::query_scalar!(
            "select p.name from membership m join person p on p.id = m.person_id where m.workspace_id = $1 and m.person_id = $2",
            locked.workspace.0,
            person.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?,
    };
    let mine = to == Some(scope.person);
    let holder = if to.is_some() { Holder::Team } else { locked.holder };
    let to = to.map(|person| person.0);
    if locked.assignee == to && locked.holder == holder {
        return Ok(Vec::new());
    }
    // The turn is ARI's: it goes on where only a name is taken off.
    sqlx::query!(
        r#"
        update conversation set assignee_id = $3, holder = $4, turn = turn + case when holder <> $4 then 1 else 0 end,
            let_go_by = case when $3::uuid is null then assignee_id end, let_go_at = case when $3::uuid is null then $5::timestamptz end
        where workspace_id = $1 and id = $2
        "#,
        locked.workspace.0,
        locked.id.0,
        to,
        holder.as_str(),
        now
    )
    .execute(&mut *tx)
    .await?;
    let mut events = vec![changed(locked).was_assigned_to(locked.assignee.filter(|was| Some(*was) != to))];
    let (line, name) = match (mine, to) {
        (true, _) => ("took_over", ""),
        (false, Some(_)) => ("assigned", name.as_str()),
        (false, None) => ("unassigned", ""),
    };
    holding::system_line(tx, locked, line, Some(scope.person.0), name, now, &mut events).await?;
    if locked.holder == Holder::Ari && holder == Holder::Team {
        jobs::put(tx, now, NewJob::handover_card(locked.workspace, locked.id)).await?;
    }
    Ok(events)
}

async fn prioritise(tx: &mut PgConnection, scope: &Scope, locked: &Locked, high: bool, now: DateTime<Utc>) -> Events {
    let moved = sqlx::query!(
        "update conversation set priority = $3 where workspace_id = $1 and id = $2 and priority <> $3",
        locked.workspace.0,
        locked.id.0,
        i16::from(high)
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    let line = if high { "priority_raised" } else { "priority_lowered" };
    let mut events = vec![changed(locked)];
    holding::system_line(tx, locked, line, Some(scope.person.0), "", now, &mut events).await?;
    Ok(events)
}

async fn snooze(
    tx: &mut PgConnection,
    scope: &Scope,
    locked: &Locked,
    until: DateTime<Utc>,
    seen: Option<i64>,
    now: DateTime<Utc>,
) -> Events {
    refuse_closed(locked)?;
    refuse_unseen(tx, locked, seen).await?;
    let moved = sqlx::query!(
        r#"
        update conversation set state = 'snoozed', snoozed_until = $3
        where workspace_id = $1 and id = $2 and snoozed_until is distinct from $3
        "#,
        locked.workspace.0,
        locked.id.0,
        until
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() == 0 {
        return Ok(Vec::new());
    }
    let mut events = vec![changed(locked)];
    let text = line_of(until.timestamp_millis());
    holding::system_line(tx, locked, "snoozed", Some(scope.person.0), &text, now, &mut events).await?;
    wake(tx, locked, until, now).await?;
    Ok(events)
}

/// Has it come back at its time.
pub(super) async fn wake(tx: &mut PgConnection, locked: &Locked, until: DateTime<Utc>, now: DateTime<Utc>) -> sqlx::Result<()> {
    let delay = (until - now).to_std().unwrap_or(Duration::ZERO);
    jobs::put(tx, now, NewJob::wake_conversation(locked.workspace, locked.id, delay)).await
}

/// That much of it is unread from now on. Marking as unread is a change of the conversation, so that lists and totals follow it everywhere.
pub(super) async fn mark(tx: &mut PgConnection, locked: &Locked, unread: i32) -> Events {
    let delta = unread - locked.unread;
    if delta == 0 {
        return Ok(Vec::new());
    }
    sqlx::query!("update conversation set unread_count = $3 where workspace_id = $1 and id = $2", locked.workspace.0, locked.id.0, unread)
        .execute(tx)
        .await?;
    let event = match unread {
        0 => NewEvent::new(locked.workspace, Happened::ConversationRead, locked.id),
        _ => changed(locked),
    };
    Ok(vec![event.unread(delta)])
}

/// A reason as it stands in a line.
fn one_line(text: &str) -> Result<String, AppError> {
    let text = text.replace('\0', "").split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() > MAX_REASON {
        true => Err(AppError::invalid("reason", Rule::TooLong(MAX_REASON as u32))),
        false => Ok(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("  sudah\r\n bayar\t ").as_deref(), Ok("sudah bayar"));
        assert_eq!(one_line(&"é".repeat(MAX_REASON)).map(|text| text.chars().count()), Ok(MAX_REASON));
        assert!(one_line(&"é".repeat(MAX_REASON + 1)).is_err());
    }
}
