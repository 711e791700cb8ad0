//! `GET /api/{workspace}/live`, the stream, and `GET /api/{workspace}/events`, the same frames once.
//!
//! Server-sent events as of the HTML standard (<https://html.spec.whatwg.org/multipage/server-sent-events.html>). Beside frames (no event
//! name, `id:` = seq) there are `reset` (the cursor names no place in history, or the caller's rights changed: load anew), `bye` (`signed_out` or `restart`, with a retry hint),
//! `here` (where a colleague is; [`Here`](crate::inbox::model::Here), without an id because it is no event), `draft` (the listener's own draft was written;
//! [`WrittenAt`](super::presence::WrittenAt)) and `ping` (the connection lives; every 15 s).

use super::{Subscription, frames, hub, presence::Told};
use crate::{
    error::AppError,
    ids::WorkspaceId,
    server::{
        connection::{self, Way},
        request,
        scope::Scope,
        state::{App, AppState},
    },
};
use axum::{
    extract::{Path, Query, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::{Stream, stream};
use serde::{Deserialize, Serialize};
use std::{fmt::Write, sync::Arc, time::Duration};
use uuid::Uuid;

/// Browsers dispatch no event without data, and an empty text is written as none.
const SOMETHING: &str = "-";
/// How often a stream says that it lives.
const PING: Duration = Duration::from_secs(15);
/// The most frames one catch-up request answers; a tab further behind loads anew.
const CATCH_UP: i64 = 1000;

/// Where to resume.
#[derive(Deserialize)]
pub struct After {
    after: Option<i64>,
}

/// `Last-Event-ID` (what a reconnecting browser sends) wins over `?after=` (what the page was rendered with).
fn cursor(headers: &HeaderMap, query: &After) -> Option<i64> {
    headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok()).or(query.after)
}

/// The stream of everything that happens in the workspace and the caller may see.
pub async fn live(
    State(state): State<AppState>,
    Path(workspace): Path<String>,
    Query(query): Query<After>,
    asked: Request,
) -> Result<Response, AppError> {
    let scope = request::scope_of(&state.app, asked.headers(), &workspace).await?;
    let subscription = state.app.hub.subscribe(&scope, cursor(asked.headers(), &query)).await?;
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // A proxy that buffers would hold every message back.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    let open = state.app.open.subscribe();
    Ok(connection::streamed(Way::of(&asked), headers, events(state.app, scope, subscription), open))
}

/// Events as they are written. Data is one line each: JSON or a word of ours.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn frame(&mut self, seq: i64, json: &str) {
        let _ = write!(self.0, "id: {seq}\ndata: {json}\n\n");
    }

    fn named(&mut self, name: &str, data: &str) {
        let _ = write!(self.0, "event: {name}\ndata: {data}\n\n");
    }

    /// What cannot be written is not told: a browser asks again for whatever it lacks.
    fn json(&mut self, name: &str, data: &impl Serialize) {
        if let Ok(json) = serde_json::to_string(data) {
            self.named(name, &json);
        }
    }

    /// With how long to wait before coming back, should the stream end.
    fn retry(&mut self, name: &str, data: &str, retry: Duration) {
        let _ = write!(self.0, "event: {name}\ndata: {data}\nretry: {}\n\n", retry.as_millis());
    }
}

/// What is held here is held by everybody who has a page open and waits. What happens at once is given at once.
fn events(app: Arc<App>, scope: Scope, subscription: Subscription) -> impl Stream<Item = Bytes> {
    struct Streaming {
        app: Arc<App>,
        only: Option<Arc<[Uuid]>>,
        workspace: WorkspaceId,
        sees_numbers: bool,
        person: Uuid,
        subscription: Subscription,
        ping: tokio::time::Interval,
        new: bool,
        over: bool,
    }
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let only = scope.sees.clone();
    let (workspace, sees_numbers, person) = (scope.workspace, scope.sees_numbers(), scope.person.0);
    let streaming = Streaming { app, only, workspace, sees_numbers, person, subscription, ping, new: true, over: false };
    stream::unfold(streaming, |mut s| async move {
        let mut lines = Lines::default();
        if s.over {
            return None;
        }
        if std::mem::take(&mut s.new) {
            // An immediate first event tells the browser that it is connected.
            lines.retry("ping", SOMETHING, Duration::from_millis(500));
        }
        while lines.0.is_empty() && !s.over {
            tokio::select! {
                () = s.app.stopping.cancelled() => {
                    // Spread over a second, so that a restart is not met by everybody at once.
                    let retry = Duration::from_millis(300 + u64::from(crate::server::crypto::random_bytes::<1>()[0]) * 4);
                    lines.retry("bye", "restart", retry);
                    s.over = true;
                }
                _ = s.ping.tick() => lines.named("ping", SOMETHING),
                next = s.subscription.next() => match next {
                    Ok(hub::Next::Frames(frames)) => {
                        let visible = frames::for_viewer(&frames, s.only.as_deref());
                        let visible = match s.sees_numbers {
                            true => Ok(visible),
                            false => Box::pin(frames::masked(&s.app.db.system, s.workspace, &frames, visible)).await,
                        };
                        match visible {
                            Ok(visible) => visible.iter().for_each(|(seq, json)| lines.frame(*seq, json)),
                            Err(_) => s.over = true,
                        }
                    }
                    Ok(hub::Next::Told(told)) => match &*told {
                        Told::Here(sighting) if sighting.is_for(s.person, s.only.as_deref()) => lines.json("here", &sighting.here),
                        // Nobody else's, whatever they may see.
                        Told::Drafted(drafted) if drafted.person == s.person => lines.json("draft", &drafted.written),
                        _ => {}
                    },
                    Ok(hub::Next::Reset) => {
                        lines.named("reset", SOMETHING);
                        s.over = true;
                    }
                    Ok(hub::Next::Ended) => {
                        lines.named("bye", "signed_out");
                        s.over = true;
                    }
                    // The database is away: end, and let the browser come back with its cursor.
                    Err(_) => s.over = true,
                },
            }
        }
        Some((lines.0.into(), s))
    })
}

/// The frames after a cursor as a JSON array, for a tab that joins a connection which other tabs share. 410 when the cursor is too far behind, with the event that it is now (`seq`).
pub async fn catch_up(
    State(state): State<AppState>,
    Path(workspace): Path<String>,
    Query(query): Query<After>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let scope = request::scope_of(&state.app, &headers, &workspace).await?;
    let after = query.after.ok_or_else(|| AppError::invalid("after", crate::error::Rule::Missing))?;
    let pool = &state.app.db.system;
    let frames = frames::load(pool, scope.workspace, after, CATCH_UP + 1).await?;
    if frames.len() as i64 > CATCH_UP || hub::pruned(pool, scope.workspace, after).await? {
        // Whoever begins anew begins there.
        let now = sqlx::query_scalar!("select last_seq from workspace_sequence where workspace_id = $1", scope.workspace.0)
            .fetch_optional(pool)
            .await?
            .unwrap_or_default();
        return Ok((axum::http::StatusCode::GONE, axum::Json(serde_json::json!({ "seq": now }))).into_response());
    }
    let only = scope.only_assigned_to();
    let visible = frames::for_viewer(&frames, only);
    let visible = match scope.sees_numbers() {
        true => visible,
        false => frames::masked(pool, scope.workspace, &frames, visible).await?,
    };
    let visible: Vec<_> = visible.into_iter().map(|(_, json)| json).collect();
    let body = format!("[{}]", visible.join(","));
    Ok(([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body).into_response())
}
