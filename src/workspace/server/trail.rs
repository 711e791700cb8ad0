//! Reading the audit log: filtered, page by page, and as a file (F188).

use crate::{
    error::{AppError, Rule},
    server::{
        audit::{self, Entry},
        clock::offset_minutes,
        request,
        scope::Scope,
        state::{App, AppState},
    },
    workspace::Permission,
};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use chrono::{DateTime, Duration, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// Entries of a page.
pub const PAGE: i64 = 50;
/// The most entries of one file.
const FILE: i64 = 50_000;

/// Which entries: as in the address of the page and of the file. Empty counts as not given.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filter {
    pub person: String,
    pub action: String,
    /// Days in the workspace's zone, `2026-11-25`; both included.
    pub from: String,
    pub to: String,
    /// The last entry already shown.
    pub before: String,
}

/// One change.
#[derive(Clone, Debug)]
pub struct Line {
    pub id: Uuid,
    pub at: DateTime<Utc>,
    /// Who; none: the product itself, or somebody whose account is gone.
    pub actor: Option<String>,
    pub action: String,
    /// Who it was about, where that is a person.
    pub target: Option<String>,
    pub detail: Value,
}

/// A page of entries, newest first, and what can be filtered by.
pub struct Trail {
    pub lines: Vec<Line>,
    pub more: bool,
    pub actions: Vec<String>,
    pub people: Vec<(Uuid, String)>,
    /// Minutes east of UTC.
    pub offset: i32,
}

/// A page of the log.
pub async fn page(app: &App, scope: &Scope, filter: &Filter) -> Result<Trail, AppError> {
    scope.require(Permission::Audit)?;
    let offset = offset(app, scope).await?;
    let mut lines = lines(app, scope, filter, offset, PAGE + 1).await?;
    let more = lines.len() as i64 > PAGE;
    lines.truncate(PAGE as usize);
    let mut tx = app.db.snapshot(scope).await?;
    let actions = sqlx::query_scalar!("select distinct action from audit_entry where workspace_id = $1 order by action", scope.workspace.0)
        .fetch_all(&mut *tx)
        .await?;
    let people = sqlx::query!(
        r#"
        select p.id, p.name from person p
        where p.id in (select actor_id from audit_entry where workspace_id = $1) order by lower(p.name)
        "#,
        scope.workspace.0
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(Trail { lines, more, actions, people: people.into_iter().map(|row| (row.id, row.name)).collect(), offset })
}

/// `GET /api/{workspace}/audit.csv`: the filtered log as a file. That it was taken is an entry too.
pub async fn export(
    State(state): State<AppState>,
    Path(workspace): Path<String>,
    Query(filter): Query<Filter>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let app = &state.app;
    let scope = request::scope_of(app, &headers, &workspace).await?;
    scope.require(Permission::Audit)?;
    let offset = offset(app, &scope).await?;
    let lines = lines(app, &scope, &Filter { before: String::new(), ..filter }, offset, FILE).await?;
    let mut tx = app.db.begin(&scope).await?;
    let entry = Entry { action: "audit.exported", target: None, detail: json!({ "entries": lines.len() }) };
    audit::record(&mut tx, app.clock.now(), &scope, entry).await?;
    tx.commit().await?;
    // The mark in front tells spreadsheets that this is UTF-8.
    let mut csv = String::from("\u{feff}time,person,action,target,detail\r\n");
    let zone = zone(offset);
    for line in lines {
        let fields = [
            line.at.with_timezone(&zone).to_rfc3339_opts(chrono::SecondsFormat::Secs, false),
            line.actor.unwrap_or_default(),
            line.action,
            line.target.unwrap_or_default(),
            line.detail.to_string(),
        ];
        csv.push_str(&fields.map(|field| csv_field(&field)).join(","));
        csv.push_str("\r\n");
    }
    let kind = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"audit.csv\""),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((kind, csv).into_response())
}

/// A field in quotation marks; what a spreadsheet would calculate gets an apostrophe in front.
fn csv_field(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

async fn lines(app: &App, scope: &Scope, filter: &Filter, offset: i32, limit: i64) -> Result<Vec<Line>, AppError> {
    let person = given(&filter.person, |text| text.parse::<Uuid>().ok(), "person")?;
    let before = given(&filter.before, |text| text.parse::<Uuid>().ok(), "before")?;
    let from = given(&filter.from, day, "from")?.and_then(|day| start_of(day, offset));
    let until = given(&filter.to, day, "to")?.and_then(|day| start_of(day, offset)).map(|start| start + Duration::days(1));
    let action = Some(filter.action.as_str()).filter(|action| !action.is_empty());
    let mut tx = app.db.snapshot(scope).await?;
    let rows = sqlx::query!(
        r#"
        select a.id, a.at, p.name as "actor?", a.action, t.name as "target?", a.detail
        from audit_entry a
        left join person p on p.id = a.actor_id
        left join person t on a.target_kind = 'person' and t.id = a.target_id
        where a.workspace_id = $1
          and ($2::uuid is null or a.actor_id = $2) and ($3::text is null or a.action = $3)
          and ($4::timestamptz is null or a.at >= $4) and ($5::timestamptz is null or a.at < $5)
          and ($6::uuid is null or (a.at, a.id) < (select b.at, b.id from audit_entry b where b.workspace_id = $1 and b.id = $6))
        order by a.at desc, a.id desc
        limit $7
        "#,
        scope.workspace.0,
        person,
        action,
        from,
        until,
        before,
        limit
    )
    .fetch_all(&mut *tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Line { id: row.id, at: row.at, actor: row.actor, action: row.action, target: row.target, detail: row.detail })
        .collect())
}

fn given<T>(text: &str, parse: impl Fn(&str) -> Option<T>, field: &str) -> Result<Option<T>, AppError> {
    match text.trim() {
        "" => Ok(None),
        text => parse(text).map(Some).ok_or_else(|| AppError::invalid(field, Rule::Malformed)),
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// Minutes east of UTC as a zone.
pub fn zone(minutes: i32) -> FixedOffset {
    FixedOffset::east_opt(minutes * 60).unwrap_or(FixedOffset::east_opt(0).unwrap_or_else(|| chrono::Offset::fix(&Utc)))
}

fn start_of(day: NaiveDate, offset: i32) -> Option<DateTime<Utc>> {
    let start = day.and_time(NaiveTime::MIN);
    zone(offset).from_local_datetime(&start).single().map(|at| at.with_timezone(&Utc))
}

/// The workspace's zone, in minutes east of UTC.
pub async fn offset(app: &App, scope: &Scope) -> Result<i32, AppError> {
    Ok(offset_minutes(&super::settings::read(app, scope).await?.time_zone, app.clock.now()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_calculates_nothing() {
        for start in ["=", "+", "-", "@", "\t", "\r"] {
            assert_eq!(csv_field(&format!("{start}1")), format!("\"'{start}1\""));
        }
        assert_eq!(csv_field("Sekar \"Ayu\", Solo"), "\"Sekar \"\"Ayu\"\", Solo\"");
    }

    #[test]
    fn a_day_begins_where_the_workspace_is() {
        let start = start_of(day("2026-11-25").unwrap(), 420).unwrap();
        assert_eq!(start.to_rfc3339(), "2026-11-24T17:00:00+00:00");
        assert!(day("25/11/2026").is_none());
    }
}
