//! Closing, reopening, snoozing, assigning, marking as urgent: what people do with one conversation beside answering it. What that changes is in
//! [`deeds`](super::deeds); with many at once it is done by [`bulk`](super::bulk).
//!
//! Each takes the row lock first and looks at what is there only then, so of two people who do the same at once the second finds it done, and of two who do
//! different things both stand in the thread in the order in which they happened (so the time, too, is read under the lock). What the customer's message ends is in `apply::write`.

use super::{
    deeds::{self, Deed},
    holding::{self, Locked},
    record,
    record::{Happened, NewEvent},
};
use crate::{
    error::{AppError, Rule},
    ids::{ConversationId, PersonId, WorkspaceId},
    inbox::{model::*, working::SnoozeUntil},
    server::{clock, db, jobs::Outcome, scope::Scope, state::App},
    time::{DAY, LocalTime, Millis},
    workspace::Permission,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

/// The longest time that something can be put off.
const LONGEST_SNOOZE: Millis = 366 * DAY;

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// A conversation that the caller sees, locked. Whether it is theirs is asked under the lock: a colleague may just have given it away.
pub(super) async fn locked(app: &App, scope: &Scope, id: ConversationId) -> Result<(Tx, Locked), AppError> {
    let mut tx = app.db.begin(scope).await?;
    let locked = holding::lock(&mut tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    if sees(scope, locked.assignee) { Ok((tx, locked)) } else { Err(AppError::NotFound) }
}

/// Whether the caller sees what is this person's.
pub(super) fn sees(scope: &Scope, assignee: Option<Uuid>) -> bool {
    scope.only_assigned_to().is_none_or(|people| assignee.is_some_and(|assignee| people.contains(&assignee)))
}

/// One deed about one conversation, as its page asks for it.
pub(super) async fn alone(
    app: &App,
    scope: &Scope,
    id: ConversationId,
    deed: &Deed,
    seen: Option<i64>,
) -> Result<ConversationView, AppError> {
    deed.allowed(scope)?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    let events = deed.done(&mut tx, scope, &locked, seen, now).await?;
    holding::finish(app, scope, tx, id, now, events).await
}

/// The conversation is done. `seen` is the event up to which the caller had seen the thread: if the customer wrote since, nothing is closed.
///
/// # Errors
/// `Invalid` for a reason that is too long, `Conflict(CustomerWrote)`.
pub async fn close(app: &App, scope: &Scope, id: ConversationId, reason: &str, seen: Option<i64>) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    alone(app, scope, id, &Deed::close(reason)?, seen).await
}

/// A closed or snoozed conversation is open again.
///
/// # Errors
/// `Conflict(OpenElsewhere)` when the contact has another one that is not closed.
pub async fn reopen(app: &App, scope: &Scope, id: ConversationId) -> Result<ConversationView, AppError> {
    alone(app, scope, id, &Deed::Reopen, None).await
}

/// Gives the conversation to somebody of the team, who answers it from now on, or to nobody.
///
/// # Errors
/// `Forbidden` without the right to give to others; `NotFound` for somebody who does not belong here.
pub async fn assign(app: &App, scope: &Scope, id: ConversationId, to: Option<PersonId>) -> Result<ConversationView, AppError> {
    alone(app, scope, id, &Deed::Assign(to), None).await
}

/// Marks the conversation as more urgent than others, or takes the mark off.
pub async fn prioritise(app: &App, scope: &Scope, id: ConversationId, high: bool) -> Result<ConversationView, AppError> {
    alone(app, scope, id, &Deed::Prioritise(high), None).await
}

/// Puts the conversation off until a time, `at` (`2026-11-26T08:00`, by the workspace's clocks) if it is one's own. It comes back then, or as soon as the
/// customer writes. `seen` as for [`close`].
///
/// # Errors
/// `Invalid` for a time that is over, or none; `Conflict` when the conversation is closed or the customer wrote.
pub async fn snooze(
    app: &App,
    scope: &Scope,
    id: ConversationId,
    until: SnoozeUntil,
    at: &str,
    seen: Option<i64>,
) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    // A time that cannot be is no news where nothing can be put off.
    deeds::refuse_closed(&locked)?;
    let deed = Deed::Snooze(instant(&mut tx, scope, until, at, now).await?);
    let events = deed.done(&mut tx, scope, &locked, seen, now).await?;
    holding::finish(app, scope, tx, id, now, events).await
}

/// The instant that a preset or a time of one's own (`at`) means by the workspace's clocks.
///
/// # Errors
/// `Invalid` for a time that is over, more than a year ahead, or none.
pub(super) async fn instant(
    tx: &mut PgConnection,
    scope: &Scope,
    until: SnoozeUntil,
    at: &str,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, AppError> {
    let zone = sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(tx).await?;
    let (field, wall) = match until {
        SnoozeUntil::Own if at.trim().is_empty() => return Err(AppError::invalid("at", Rule::Missing)),
        SnoozeUntil::Own => ("at", own(at)),
        preset => ("until", preset.wall(LocalTime::new(now.timestamp_millis(), clock::offset_minutes(&zone, now)))),
    };
    let wrong = || AppError::invalid(field, Rule::Malformed);
    let (day, minute) = wall.ok_or_else(wrong)?;
    let until = clock::instant(&zone, day, minute).ok_or_else(wrong)?;
    let ahead = until.timestamp_millis() - now.timestamp_millis();
    if ahead > 0 && ahead <= LONGEST_SNOOZE { Ok(until) } else { Err(wrong()) }
}

/// Day and minute of what a field for a local time gave.
pub(super) fn own(at: &str) -> Option<(i64, i64)> {
    let at = NaiveDateTime::parse_from_str(at.trim().get(..16)?, "%Y-%m-%dT%H:%M").ok()?.and_utc().timestamp();
    Some((at.div_euclid(86_400), at.rem_euclid(86_400) / 60))
}

/// The job: a conversation whose time has come is open again and stands at the top of the list.
pub async fn run(app: &App, workspace: WorkspaceId, id: ConversationId) -> sqlx::Result<Outcome> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    let Some(locked) = holding::lock(&mut tx, workspace, id).await? else { return Ok(Outcome::Done) };
    let until = sqlx::query_scalar!(
        "select snoozed_until from conversation where workspace_id = $1 and id = $2 and state = 'snoozed'",
        workspace.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    // Woken, closed: nothing is left to do.
    let Some(until) = until.flatten() else { return Ok(Outcome::Done) };
    if let Ok(early) = (until - now).to_std()
        && !early.is_zero()
    {
        return Ok(Outcome::Postpone(early));
    }
    sqlx::query!("update conversation set state = 'open', snoozed_until = null where workspace_id = $1 and id = $2", workspace.0, id.0)
        .execute(&mut *tx)
        .await?;
    let mut events = vec![NewEvent::new(workspace, Happened::ConversationChanged, id)];
    holding::system_line(&mut tx, &locked, "woke_up", None, "", now, &mut events).await?;
    if let Some(line) = events.last().and_then(|event| event.message) {
        holding::set_last_message(&mut tx, workspace, id, line, now).await?;
    }
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(Outcome::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_ones_own_is_a_day_and_a_minute() {
        assert_eq!(own("2026-11-20T08:30"), Some((20_777, 510)));
        assert_eq!(own(" 2026-11-20T08:30:59 "), Some((20_777, 510)));
        for wrong in ["", "besok", "2026-13-20T08:30", "2026-11-20 08:30", "2026-11-20T08", "2026-11-2é0T08:30"] {
            assert_eq!(own(wrong), None, "{wrong}");
        }
    }
}
