//! The page of a thread that has one message in its middle: what a link to a message opens, and the way to a day.

use super::reading;
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId, WorkspaceId},
    inbox::model::ListCursor,
    server::{
        clock::instant,
        request,
        state::{App, AppState},
    },
};
use axum::{
    extract::{Path, Query, State, rejection::QueryRejection},
    http::HeaderMap,
    response::Redirect,
};
use chrono::{Datelike, NaiveDate};
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// Messages before the one asked for, and after it where those up to the newest are too many.
const BESIDE: usize = 25;
/// So many newer messages come along, so that the page ends at the newest and goes on live.
const TO_THE_END: usize = 200;

/// Which messages a page has, newest first.
pub(super) struct Around {
    pub ids: Vec<Uuid>,
    /// Where older ones continue.
    pub older: Option<ListCursor>,
    /// There are newer ones.
    pub sliced: bool,
}

/// None when the conversation has no such message.
pub(super) async fn page(
    connection: &mut PgConnection,
    workspace: WorkspaceId,
    conversation: ConversationId,
    at: MessageId,
) -> sqlx::Result<Option<Around>> {
    let Some(sent_at) = sqlx::query_scalar!(
        "select sent_at from message where workspace_id = $1 and id = $2 and conversation_id = $3",
        workspace.0,
        at.0,
        conversation.0
    )
    .fetch_optional(&mut *connection)
    .await?
    else {
        return Ok(None);
    };
    let mut newer = sqlx::query_scalar!(
        "select id from message where workspace_id = $1 and conversation_id = $2 and (sent_at, id) >= ($3, $4) order by sent_at, id limit $5",
        workspace.0,
        conversation.0,
        sent_at,
        at.0,
        TO_THE_END as i64 + 1
    )
    .fetch_all(&mut *connection)
    .await?;
    let sliced = newer.len() > TO_THE_END;
    if sliced {
        newer.truncate(BESIDE);
    }
    let mut older = sqlx::query!(
        r#"
        select id, sent_at from message where workspace_id = $1 and conversation_id = $2 and (sent_at, id) < ($3, $4)
        order by sent_at desc, id desc limit $5
        "#,
        workspace.0,
        conversation.0,
        sent_at,
        at.0,
        BESIDE as i64 + 1
    )
    .fetch_all(connection)
    .await?;
    let more = older.len() > BESIDE;
    older.truncate(BESIDE);
    let last = older.last().map_or((sent_at, at.0), |row| (row.sent_at, row.id));
    let ids = newer.into_iter().rev().chain(older.iter().map(|row| row.id)).collect();
    let older = more.then(|| ListCursor { at: last.0.timestamp_millis(), id: last.1 });
    Ok(Some(Around { ids, older, sliced }))
}

#[derive(Deserialize)]
pub struct Day {
    /// In the workspace's zone, `2026-11-25`.
    #[serde(default)]
    date: String,
}

/// `GET /api/{workspace}/conversations/{conversation}/on?date=`: leads to what was said first on a day or after it, else to what was said last (F203).
///
/// A browser is led to the conversation's page whatever goes wrong, and told there.
///
/// # Errors
/// `NotFound` for a conversation out of sight.
pub async fn on_day(
    State(state): State<AppState>,
    Path((workspace, conversation)): Path<(String, ConversationId)>,
    day: Result<Query<Day>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Redirect, AppError> {
    let thread = format!("/{workspace}/inbox/{conversation}");
    let day = day.map(|Query(day)| day.date).unwrap_or_default();
    match first_on(&state.app, &headers, &workspace, conversation, &day).await {
        Ok(id) => Ok(Redirect::to(&id.map_or(thread.clone(), |id| format!("{thread}?at={id}#m-{id}")))),
        Err(_) if request::wants_page(&headers) => Ok(Redirect::to(request::own_path(&thread))),
        Err(error) => Err(error),
    }
}

/// The first message of a day or after it, else the last before it; none where there is none, or the day is no day.
async fn first_on(
    app: &App,
    headers: &HeaderMap,
    workspace: &str,
    conversation: ConversationId,
    day: &str,
) -> Result<Option<Uuid>, AppError> {
    let scope = request::scope_of(app, headers, workspace).await?;
    let mut tx = app.db.snapshot(&scope).await?;
    reading::visible(&mut tx, &scope, conversation).await?;
    let zone = sqlx::query_scalar!("select time_zone from workspace where id = $1", scope.workspace.0).fetch_one(&mut *tx).await?;
    let begins = day.parse::<NaiveDate>().ok().and_then(|date| {
        let days = date.num_days_from_ce() - NaiveDate::default().num_days_from_ce();
        instant(&zone, days.into(), 0)
    });
    let Some(begins) = begins else { return Ok(None) };
    let found = sqlx::query_scalar!(
        r#"
        select coalesce(
            (select id from message
             where workspace_id = $1 and conversation_id = $2 and sent_at >= $3 and status is distinct from 'cancelled'
             order by sent_at, id limit 1),
            (select id from message
             where workspace_id = $1 and conversation_id = $2 and sent_at < $3 and status is distinct from 'cancelled'
             order by sent_at desc, id desc limit 1)
        )
        "#,
        scope.workspace.0,
        conversation.0,
        begins
    )
    .fetch_one(&mut *tx)
    .await?;
    Ok(found)
}
