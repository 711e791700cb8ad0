//! When the team is there, what it promises (F226) and who gets what nobody has (F222): working hours, holidays, and how long customers wait at most. By when something is promised follows in
//! the database (migration 0029), for each conversation as it changes and for all of them when this does.

mod assignment;
mod form;
mod holidays;
mod hours;

pub use assignment::{Assignment, LARGEST_CAPACITY, Mode, is_away, read_assignment, save_assignment, set_away};
pub use form::{Written, add_written, assignment_written, holiday_query, remove_written, save_written};
pub use holidays::{Holiday, national};
pub use hours::{Week, pattern, read_periods, write_periods};

use super::guard;
use crate::{
    error::{AppError, Rule},
    server::{
        audit::{self, Entry},
        jobs::{self, NewJob},
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use chrono::NaiveDate;
use serde_json::json;

/// Longest answer that can be promised (minutes of working time).
pub const LONGEST_ANSWER: i32 = 60_000;
/// Longest time until a conversation is closed (hours).
pub const LONGEST_RESOLUTION: i32 = 10_000;
/// Holidays that are kept: those of ten years.
const MOST_HOLIDAYS: i64 = 400;

/// How long a customer waits at most. None: nothing is promised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Promises {
    /// Until a person's first answer in a conversation that was opened (minutes).
    pub first_answer: Option<i32>,
    /// Until each later one (minutes).
    pub next_answer: Option<i32>,
    /// Until the conversation is closed (hours).
    pub resolution: Option<i32>,
    /// What is overdue becomes urgent.
    pub raise_late: bool,
}

/// What is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    pub promises: Promises,
    pub week: Week,
    pub holidays: Vec<Holiday>,
}

/// What is set. Everybody in the workspace may know it.
pub async fn read(app: &App, scope: &Scope) -> Result<Service, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let level = sqlx::query!(
        "select first_answer, next_answer, resolution, raise_late from service_level where workspace_id = $1",
        scope.workspace.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    let periods = sqlx::query!(
        "select weekday, begins, ends from working_period where workspace_id = $1 order by weekday, begins",
        scope.workspace.0
    )
    .fetch_all(&mut *tx)
    .await?;
    let mut week = Week::default();
    for period in periods {
        if let Some(day) = usize::try_from(period.weekday - 1).ok().and_then(|day| week.get_mut(day)) {
            day.push((period.begins, period.ends));
        }
    }
    let holidays = sqlx::query_as!(Holiday, "select day, name from holiday where workspace_id = $1 order by day", scope.workspace.0)
        .fetch_all(&mut *tx)
        .await?;
    let promises = level.map_or_else(Promises::default, |level| Promises {
        first_answer: level.first_answer,
        next_answer: level.next_answer,
        resolution: level.resolution.map(|minutes| minutes / 60),
        raise_late: level.raise_late,
    });
    Ok(Service { promises, week, holidays })
}

/// Sets hours and promises. Those of conversations that wait change with them.
///
/// # Errors
/// `Invalid` with the field; `Conflict` where the working hours of a year do not reach what is promised.
pub async fn save(app: &App, scope: &Scope, promises: Promises, week: &Week) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let within = |field, value: Option<i32>, most| match value {
        Some(value) if !(1..=most).contains(&value) => Err(AppError::invalid(field, Rule::Malformed)),
        value => Ok(value),
    };
    let first = within("first_answer", promises.first_answer, LONGEST_ANSWER)?;
    let next = within("next_answer", promises.next_answer, LONGEST_ANSWER)?;
    let resolution = within("resolution", promises.resolution, LONGEST_RESOLUTION)?.map(|hours| hours * 60);
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    sqlx::query!(
        r#"
        insert into service_level (workspace_id, first_answer, next_answer, resolution, raise_late) values ($1, $2, $3, $4, $5)
        on conflict (workspace_id) do update
            set first_answer = excluded.first_answer, next_answer = excluded.next_answer, resolution = excluded.resolution,
                raise_late = excluded.raise_late
        "#,
        scope.workspace.0,
        first,
        next,
        resolution,
        promises.raise_late
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!("delete from working_period where workspace_id = $1", scope.workspace.0).execute(&mut *tx).await?;
    let periods: Vec<(i16, (i16, i16))> =
        (1..).zip(week).flat_map(|(weekday, periods)| periods.iter().map(move |period| (weekday, *period))).collect();
    sqlx::query!(
        "insert into working_period (workspace_id, weekday, begins, ends) select $1, * from unnest($2::int2[], $3::int2[], $4::int2[])",
        scope.workspace.0,
        &periods.iter().map(|(weekday, _)| *weekday).collect::<Vec<_>>(),
        &periods.iter().map(|(_, (begins, _))| *begins).collect::<Vec<_>>(),
        &periods.iter().map(|(_, (_, ends))| *ends).collect::<Vec<_>>()
    )
    .execute(&mut *tx)
    .await?;
    // A promise that no working time ever reaches would be none.
    let kept = sqlx::query_scalar!(
        r#"
        select count(*) = 0 as "kept!" from unnest($2::int[]) minutes
        where minutes is not null and due_after($1, $3, minutes) is null
        "#,
        scope.workspace.0,
        &[first, next, resolution] as &[Option<i32>],
        app.clock.now()
    )
    .fetch_one(&mut *tx)
    .await?;
    if !kept {
        return Err(guard::refused("promise_too_long"));
    }
    let detail =
        json!({ "first_answer": first, "next_answer": next, "resolution": resolution, "raise_late": promises.raise_late, "week": week });
    promised_anew(app, tx, scope, "service.changed", detail).await
}

/// Adds holidays; those that are there keep their day and get the new name.
///
/// # Errors
/// `Invalid` for a name that is empty or too long, `Conflict` when there are too many.
pub async fn add_holidays(app: &App, scope: &Scope, days: &[Holiday]) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    let names: Result<Vec<String>, AppError> = days.iter().map(|holiday| guard::name(&holiday.name, "holiday", 80)).collect();
    let names = names?;
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    sqlx::query!(
        r#"
        insert into holiday (workspace_id, day, name) select $1, * from unnest($2::date[], $3::text[])
        on conflict (workspace_id, day) do update set name = excluded.name
        "#,
        scope.workspace.0,
        &days.iter().map(|holiday| holiday.day).collect::<Vec<_>>(),
        &names
    )
    .execute(&mut *tx)
    .await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from holiday where workspace_id = $1"#, scope.workspace.0)
        .fetch_one(&mut *tx)
        .await?;
    if count > MOST_HOLIDAYS {
        return Err(guard::refused("too_many_holidays"));
    }
    let detail = json!({ "holidays": days.iter().map(|holiday| holiday.day.to_string()).collect::<Vec<_>>() });
    promised_anew(app, tx, scope, "service.holidays_added", detail).await
}

/// Takes a holiday off and answers what it was; none where there is none.
pub async fn remove_holiday(app: &App, scope: &Scope, day: NaiveDate) -> Result<Option<Holiday>, AppError> {
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    let removed =
        sqlx::query_as!(Holiday, "delete from holiday where workspace_id = $1 and day = $2 returning day, name", scope.workspace.0, day)
            .fetch_optional(&mut *tx)
            .await?;
    if removed.is_some() {
        promised_anew(app, tx, scope, "service.holiday_removed", json!({ "holidays": [day.to_string()] })).await?;
    }
    Ok(removed)
}

/// Ends a transaction that changed what is promised. Conversations follow.
async fn promised_anew(
    app: &App,
    mut tx: sqlx::Transaction<'static, sqlx::Postgres>,
    scope: &Scope,
    action: &'static str,
    detail: serde_json::Value,
) -> Result<(), AppError> {
    let now = app.clock.now();
    audit::record(&mut tx, now, scope, Entry { action, target: None, detail }).await?;
    jobs::put(&mut tx, now, NewJob::promise_anew(scope.workspace, None)).await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(())
}
