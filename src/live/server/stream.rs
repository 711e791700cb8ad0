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
        request,
        scope::Scope,
        state::{App, AppState},
    },
};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response, Sse, sse::Event},
};
use futures::{Stream, stream};
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
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
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let scope = request::scope_of(&state.app, &headers, &workspace).await?;
    let subscription = state.app.hub.subscribe(&scope, cursor(&headers, &query)).await?;
    let events = Sse::new(events(state.app, scope, subscription));
    // A proxy that buffers would hold every message back.
    Ok(([(header::CACHE_CONTROL, "no-store"), (header::HeaderName::from_static("x-accel-buffering"), "no")], events).into_response())
}

/// What is held here is held by everybody who has a page open and waits.
fn events(app: Arc<App>, scope: Scope, subscription: Subscription) -> impl Stream<Item = Result<Event, Infallible>> {
    struct Streaming {
        app: Arc<App>,
        only: Option<Arc<[Uuid]>>,
        workspace: WorkspaceId,
        sees_numbers: bool,
        person: Uuid,
        subscription: Subscription,
        ping: tokio::time::Interval,
        waiting: std::collections::VecDeque<Event>,
        over: bool,
    }
    let mut ping = tokio::time::interval_at(tokio::time::Instant::now() + PING, PING);
    ping.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let only = scope.sees.clone();
    // An immediate first event tells the browser that it is connected.
    let hello = Event::default().event("ping").data(SOMETHING).retry(Duration::from_millis(500));
    let (workspace, sees_numbers, person) = (scope.workspace, scope.sees_numbers(), scope.person.0);
    let streaming = Streaming { app, only, workspace, sees_numbers, person, subscription, ping, waiting: [hello].into(), over: false };
    stream::unfold(streaming, |mut s| async move {
        loop {
            if let Some(event) = s.waiting.pop_front() {
                return Some((Ok(event), s));
            }
            if s.over {
                return None;
            }
            tokio::select! {
                () = s.app.stopping.cancelled() => {
                    // Spread over a second, so that a restart is not met by everybody at once.
                    let retry = Duration::from_millis(300 + u64::from(crate::server::crypto::random_bytes::<1>()[0]) * 4);
                    s.waiting.push_back(Event::default().event("bye").data("restart").retry(retry));
                    s.over = true;
                }
                _ = s.ping.tick() => s.waiting.push_back(Event::default().event("ping").data(SOMETHING)),
                next = s.subscription.next() => match next {
                    Ok(hub::Next::Frames(frames)) => {
                        let visible = frames::for_viewer(&frames, s.only.as_deref());
                        let visible = match s.sees_numbers {
                            true => Ok(visible),
                            false => Box::pin(frames::masked(&s.app.db.system, s.workspace, &frames, visible)).await,
                        };
                        match visible {
                            Ok(visible) => {
                                s.waiting.extend(visible.into_iter().map(|(seq, json)| Event::default().id(seq.to_string()).data(&*json)));
                            }
                            Err(_) => s.over = true,
                        }
                    }
                    Ok(hub::Next::Told(told)) => {
                        let event = match &*told {
                            Told::Here(sighting) if sighting.is_for(s.person, s.only.as_deref()) => {
                                Event::default().event("here").json_data(&sighting.here).ok()
                            }
                            // Nobody else's, whatever they may see.
                            Told::Drafted(drafted) if drafted.person == s.person => {
                                Event::default().event("draft").json_data(&drafted.written).ok()
                            }
                            _ => None,
                        };
                        s.waiting.extend(event);
                    }
                    Ok(hub::Next::Reset) => {
                        s.waiting.push_back(Event::default().event("reset").data(SOMETHING));
                        s.over = true;
                    }
                    Ok(hub::Next::Ended) => {
                        s.waiting.push_back(Event::default().event("bye").data("signed_out"));
                        s.over = true;
                    }
                    // The database is away: end, and let the browser come back with its cursor.
                    Err(_) => s.over = true,
                },
            }
        }
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
