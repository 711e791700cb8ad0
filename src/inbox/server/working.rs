//! Closing, reopening, snoozing, assigning, marking as urgent: what people do with a conversation beside answering it.
//!
//! Each takes the row lock first and looks at what is there only then, so of two people who do the same at once the second finds it done, and of two who do
//! different things both stand in the thread in the order in which they happened (so the time, too, is read under the lock). What the customer's message ends is in `apply::write`.

use super::{
    holding::{self, Locked},
    record,
    record::{Happened, NewEvent},
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, PersonId, WorkspaceId},
    inbox::{
        model::*,
        working::{MAX_REASON, SnoozeUntil, line_of},
    },
    server::{
        clock, db,
        jobs::{self, NewJob, Outcome},
        scope::Scope,
        state::App,
    },
    time::{DAY, LocalTime, Millis},
    workspace::Permission,
};
use chrono::{DateTime, NaiveDateTime, Utc};
use sqlx::PgConnection;
use std::time::Duration;

/// The longest time that something can be put off.
const LONGEST_SNOOZE: Millis = 366 * DAY;

type Tx = sqlx::Transaction<'static, sqlx::Postgres>;

/// A conversation that the caller sees, locked. Whether it is theirs is asked under the lock: a colleague may just have given it away.
async fn locked(app: &App, scope: &Scope, id: ConversationId) -> Result<(Tx, Locked), AppError> {
    let mut tx = app.db.begin(scope).await?;
    let locked = holding::lock(&mut tx, scope.workspace, id).await?.ok_or(AppError::NotFound)?;
    match scope.only_assigned_to() {
        Some(people) if locked.assignee.is_none_or(|assignee| !people.contains(&assignee)) => Err(AppError::NotFound),
        _ => Ok((tx, locked)),
    }
}

/// Refuses to put away what the customer said after the event up to which the caller had seen the thread.
async fn refuse_unseen(tx: &mut PgConnection, locked: &Locked, seen: Option<i64>) -> Result<(), AppError> {
    let Some(seen) = seen else { return Ok(()) };
    let wrote = sqlx::query_scalar!(
        r#"
        select exists (
            select from event where workspace_id = $1 and seq > $2 and conversation_id = $3 and kind = 'message_received'
        ) as "wrote!"
        "#,
        locked.workspace.0,
        seen,
        locked.id.0
    )
    .fetch_one(tx)
    .await?;
    if wrote { Err(AppError::Conflict(Conflict::CustomerWrote)) } else { Ok(()) }
}

fn changed(locked: &Locked) -> NewEvent {
    NewEvent::new(locked.workspace, Happened::ConversationChanged, locked.id)
}

/// The conversation is done. `seen` is the event up to which the caller had seen the thread: if the customer wrote since, nothing is closed.
///
/// # Errors
/// `Invalid` for a reason that is too long, `Conflict(CustomerWrote)`.
pub async fn close(app: &App, scope: &Scope, id: ConversationId, reason: &str, seen: Option<i64>) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let reason = one_line(reason)?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    let mut events = Vec::new();
    if locked.state != "closed" {
        refuse_unseen(&mut tx, &locked, seen).await?;
        // What ARI has not sent yet is withdrawn with the turn.
        sqlx::query!(
            "update conversation set state = 'closed', snoozed_until = null, turn = turn + 1 where workspace_id = $1 and id = $2",
            scope.workspace.0,
            id.0
        )
        .execute(&mut *tx)
        .await?;
        events.push(changed(&locked));
        holding::system_line(&mut tx, &locked, "closed", Some(scope.person.0), &reason, now, &mut events).await?;
    }
    holding::finish(app, scope, tx, id, now, events).await
}

/// A closed or snoozed conversation is open again. One that was closed is the team's: ARI answers what the customer says, and here nobody said anything.
///
/// # Errors
/// `Conflict(OpenElsewhere)` when the contact has another one that is not closed.
pub async fn reopen(app: &App, scope: &Scope, id: ConversationId) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    let mut events = Vec::new();
    let line = match locked.state.as_str() {
        "closed" => "reopened",
        "snoozed" => "woken",
        _ => return holding::finish(app, scope, tx, id, now, events).await,
    };
    let opened = sqlx::query!(
        r#"
        update conversation set state = 'open', snoozed_until = null,
            holder = case when state = 'closed' then 'team' else holder end,
            turn = turn + case when state = 'closed' then 1 else 0 end
        where workspace_id = $1 and id = $2
        "#,
        scope.workspace.0,
        id.0
    )
    .execute(&mut *tx)
    .await;
    match opened {
        Err(sqlx::Error::Database(error)) if error.constraint() == Some("conversation_one_open") => {
            return Err(AppError::Conflict(Conflict::OpenElsewhere));
        }
        opened => opened?,
    };
    events.push(changed(&locked));
    holding::system_line(&mut tx, &locked, line, Some(scope.person.0), "", now, &mut events).await?;
    holding::finish(app, scope, tx, id, now, events).await
}

/// Gives the conversation to somebody of the team, who answers it from now on, or to nobody.
///
/// # Errors
/// `Forbidden` without the right to give to others; `NotFound` for somebody who does not belong here.
pub async fn assign(app: &App, scope: &Scope, id: ConversationId, to: Option<PersonId>) -> Result<ConversationView, AppError> {
    let mine = to == Some(scope.person);
    scope.require(if mine { Permission::Reply } else { Permission::Assign })?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    let mut events = Vec::new();
    let name = match to {
        None => String::new(),
        Some(person) => sqlx::query_scalar!(
            "select p.name from membership m join person p on p.id = m.person_id where m.workspace_id = $1 and m.person_id = $2",
            scope.workspace.0,
            person.0
        )
        .fetch_optional(&mut *tx)
        .await?
        .ok_or(AppError::NotFound)?,
    };
    let holder = if to.is_some() { Holder::Team } else { locked.holder };
    let to = to.map(|person| person.0);
    if locked.assignee != to || locked.holder != holder {
        // The turn is ARI's: it goes on where only a name is taken off.
        sqlx::query!(
            r#"
            update conversation set assignee_id = $3, holder = $4, turn = turn + case when holder <> $4 then 1 else 0 end
            where workspace_id = $1 and id = $2
            "#,
            scope.workspace.0,
            id.0,
            to,
            holder.as_str()
        )
        .execute(&mut *tx)
        .await?;
        events.push(changed(&locked).was_assigned_to(locked.assignee.filter(|was| Some(*was) != to)));
        let (line, name) = match (mine, to) {
            (true, _) => ("took_over", ""),
            (false, Some(_)) => ("assigned", name.as_str()),
            (false, None) => ("unassigned", ""),
        };
        holding::system_line(&mut tx, &locked, line, Some(scope.person.0), name, now, &mut events).await?;
    }
    holding::finish(app, scope, tx, id, now, events).await
}

/// Marks the conversation as more urgent than others, or takes the mark off.
pub async fn prioritise(app: &App, scope: &Scope, id: ConversationId, high: bool) -> Result<ConversationView, AppError> {
    scope.require(Permission::Reply)?;
    let (mut tx, locked) = locked(app, scope, id).await?;
    let now = app.clock.now();
    let mut events = Vec::new();
    let moved = sqlx::query!(
        "update conversation set priority = $3 where workspace_id = $1 and id = $2 and priority <> $3",
        scope.workspace.0,
        id.0,
        i16::from(high)
    )
    .execute(&mut *tx)
    .await?;
    if moved.rows_affected() > 0 {
        let line = if high { "priority_raised" } else { "priority_lowered" };
        events.push(changed(&locked));
        holding::system_line(&mut tx, &locked, line, Some(scope.person.0), "", now, &mut events).await?;
    }
    holding::finish(app, scope, tx, id, now, events).await
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
    if locked.state == "closed" {
        return Err(AppError::Conflict(Conflict::ConversationClosed));
    }
    refuse_unseen(&mut tx, &locked, seen).await?;
    let until = instant(&mut tx, scope, until, at, now).await?;
    sqlx::query!(
        "update conversation set state = 'snoozed', snoozed_until = $3 where workspace_id = $1 and id = $2",
        scope.workspace.0,
        id.0,
        until
    )
    .execute(&mut *tx)
    .await?;
    let mut events = vec![changed(&locked)];
    let text = line_of(until.timestamp_millis());
    holding::system_line(&mut tx, &locked, "snoozed", Some(scope.person.0), &text, now, &mut events).await?;
    let delay = (until - now).to_std().unwrap_or(Duration::ZERO);
    jobs::put(&mut tx, now, NewJob::wake_conversation(scope.workspace, id, delay)).await?;
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
fn own(at: &str) -> Option<(i64, i64)> {
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
    let mut events = vec![changed(&locked)];
    holding::system_line(&mut tx, &locked, "woke_up", None, "", now, &mut events).await?;
    if let Some(line) = events.last().and_then(|event| event.message) {
        holding::set_last_message(&mut tx, workspace, id, line, now).await?;
    }
    record::record(&mut tx, now, &events).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(Outcome::Done)
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
    fn a_time_of_ones_own_is_a_day_and_a_minute() {
        assert_eq!(own("2026-11-20T08:30"), Some((20_777, 510)));
        assert_eq!(own(" 2026-11-20T08:30:59 "), Some((20_777, 510)));
        for wrong in ["", "besok", "2026-13-20T08:30", "2026-11-20 08:30", "2026-11-20T08", "2026-11-2é0T08:30"] {
            assert_eq!(own(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_reason_is_one_line() {
        assert_eq!(one_line("  sudah\r\n bayar\t ").as_deref(), Ok("sudah bayar"));
        assert_eq!(one_line(&"é".repeat(MAX_REASON)).map(|text| text.chars().count()), Ok(MAX_REASON));
        assert!(one_line(&"é".repeat(MAX_REASON + 1)).is_err());
    }
}
