//! Who gets what nobody has (F73, F222): how a workspace wants it, and who wants nothing for now. The giving is the inbox's.

use super::super::guard;
use crate::{
    error::{AppError, Rule},
    server::{
        audit::{self, Entry},
        db::constraint,
        scope::Scope,
        state::App,
    },
    workspace::Permission,
};
use serde_json::json;
use uuid::Uuid;

/// The most conversations that one person may be given to hold.
pub const LARGEST_CAPACITY: i32 = 10_000;

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    RoundRobin,
    LeastBusy,
}

impl Mode {
    pub const ALL: [Self; 2] = [Self::RoundRobin, Self::LeastBusy];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::LeastBusy => "least_busy",
        }
    }

    /// The inverse of [`Self::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }
}

/// How a workspace gives out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    pub mode: Mode,
    /// Only to who looks at the inbox right now.
    pub online_only: bool,
    /// Whoever has so many open conversations gets no more.
    pub capacity: Option<i32>,
    /// Only to these; none: to everybody who may answer.
    pub team: Option<Uuid>,
}

/// What is set; none: nothing is given out. With the teams that could be chosen.
pub async fn read_assignment(app: &App, scope: &Scope) -> Result<(Option<Assignment>, Vec<(Uuid, String)>), AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let rule = sqlx::query!("select mode, online_only, capacity, team_id from assignment_rule where workspace_id = $1", scope.workspace.0)
        .fetch_optional(&mut *tx)
        .await?;
    let teams = sqlx::query!("select id, name from team where workspace_id = $1 order by lower(name)", scope.workspace.0)
        .fetch_all(&mut *tx)
        .await?;
    let rule = rule.and_then(|row| {
        let mode = Mode::parse(&row.mode)?;
        Some(Assignment { mode, online_only: row.online_only, capacity: row.capacity, team: row.team_id })
    });
    Ok((rule, teams.into_iter().map(|team| (team.id, team.name)).collect()))
}

/// Sets how nobody's conversations are given out; none: they are not.
///
/// # Errors
/// `Invalid` for a capacity out of range, `NotFound` for a team that is not this workspace's.
pub async fn save_assignment(app: &App, scope: &Scope, wanted: Option<&Assignment>) -> Result<(), AppError> {
    scope.require(Permission::Settings)?;
    if wanted.and_then(|wanted| wanted.capacity).is_some_and(|capacity| !(1..=LARGEST_CAPACITY).contains(&capacity)) {
        return Err(AppError::invalid("capacity", Rule::Malformed));
    }
    let now = app.clock.now();
    let mut tx = guard::alone(app, scope, Permission::Settings).await?;
    let detail = match wanted {
        None => {
            sqlx::query!("delete from assignment_rule where workspace_id = $1", scope.workspace.0).execute(&mut *tx).await?;
            json!({ "mode": null })
        }
        Some(wanted) => {
            let saved = sqlx::query!(
                r#"
                insert into assignment_rule (workspace_id, mode, online_only, capacity, team_id) values ($1, $2, $3, $4, $5)
                on conflict (workspace_id) do update
                    set mode = excluded.mode, online_only = excluded.online_only, capacity = excluded.capacity, team_id = excluded.team_id
                "#,
                scope.workspace.0,
                wanted.mode.as_str(),
                wanted.online_only,
                wanted.capacity,
                wanted.team
            )
            .execute(&mut *tx)
            .await;
            match saved {
                Err(error) if constraint(&error) == Some("assignment_rule_of_team") => return Err(AppError::NotFound),
                saved => saved?,
            };
            json!({ "mode": wanted.mode.as_str(), "online_only": wanted.online_only, "capacity": wanted.capacity, "team": wanted.team })
        }
    };
    audit::record(&mut tx, now, scope, Entry { action: "service.assignment_changed", target: None, detail }).await?;
    tx.commit().await?;
    Ok(())
}

/// Whether the caller wants nothing given for now.
pub async fn is_away(app: &App, scope: &Scope) -> Result<bool, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let away =
        sqlx::query_scalar!("select away from availability where workspace_id = $1 and person_id = $2", scope.workspace.0, scope.person.0)
            .fetch_optional(&mut *tx)
            .await?;
    Ok(away.unwrap_or(false))
}

/// The caller wants nothing given for now, or does again. What they have they keep.
pub async fn set_away(app: &App, scope: &Scope, away: bool) -> Result<(), AppError> {
    scope.require(Permission::Reply)?;
    let mut tx = app.db.begin(scope).await?;
    sqlx::query!(
        r#"
        insert into availability (workspace_id, person_id, away) values ($1, $2, $3)
        on conflict (workspace_id, person_id) do update set away = excluded.away
        "#,
        scope.workspace.0,
        scope.person.0,
        away
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(())
}
