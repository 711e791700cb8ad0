//! `POST /api/webhook/clerk`: users, organisations, memberships, invitations and sessions as Clerk sends them, signed by Svix.
//!
//! Whatever comes leaves a row in `clerk_delivery` (F6) with its type, what became of it and why; never its content. The delivery's id recognises
//! repeats. What is signed and understood is applied and its row committed in one transaction; what the database refuses is answered 500 and
//! sent again by Svix.

use super::svix::SigningKey;
use crate::{
    auth::server::clerk::{
        events::{self, Event, Malformed},
        mirror,
    },
    server::{
        db,
        error::kind,
        state::{App, AppState},
    },
};
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// Far above any event of Clerk's.
const MAX_BODY: usize = 512 * 1024;

/// One delivery.
pub async fn receive(State(state): State<AppState>, request: Request<Body>) -> Response {
    let app = &state.app;
    let secret = app.clerk.as_ref().and_then(|clerk| SigningKey::parse(clerk.config.webhook_secret.expose()));
    let Some(secret) = secret else {
        tracing::error!("webhook refused: CLERK_WEBHOOK_SECRET is not set, so nothing can be verified");
        return (StatusCode::SERVICE_UNAVAILABLE, "Webhook is not configured").into_response();
    };
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return (StatusCode::PAYLOAD_TOO_LARGE, "Body is larger than 512 KB or was cut off").into_response();
    };
    let id = match secret.verify(&parts.headers, &body, app.clock.millis() / 1000) {
        Ok(id) => id,
        Err(why) => {
            if let Err(error) = refused(app, why.as_str()).await {
                tracing::warn!(error = kind(&error), "a refused delivery could not be recorded");
            }
            return (StatusCode::UNAUTHORIZED, "Invalid signature").into_response();
        }
    };
    let parsed = events::parse(&body);
    match take(app, id, &parsed).await {
        Ok(answer) => answer.into_response(),
        Err(error) => {
            let error = kind(&error);
            tracing::error!(error, "a delivery of Clerk's could not be applied; it will be sent again");
            let event = parsed.as_ref().map_or("", |(event, _)| event.as_str());
            // Best effort: when the database is away, so is the record.
            let _ = note(app, id, event, "failed", Some(&error)).await;
            (StatusCode::INTERNAL_SERVER_ERROR, "Not stored, send it again").into_response()
        }
    }
}

/// Applies a signed delivery unless it was applied before.
async fn take(app: &App, id: &str, parsed: &Result<(String, Event), Malformed>) -> sqlx::Result<(StatusCode, &'static str)> {
    let (event_type, event) = match parsed {
        Ok(parsed) => parsed,
        Err(Malformed(why)) => {
            note(app, id, "", "failed", Some(why)).await?;
            return Ok((StatusCode::BAD_REQUEST, "Not an event that can be read"));
        }
    };
    let mut tx = db::begin(&app.db.system).await?;
    mirror::take_turn(&mut tx).await?;
    let now = app.clock.now();
    let before = sqlx::query_scalar!(
        "update clerk_delivery set attempts = attempts + 1, last_at = $2 where id = $1 and status in ('applied', 'ignored') returning status",
        id,
        now
    )
    .fetch_optional(&mut *tx)
    .await?;
    if before.is_some() {
        tx.commit().await?;
        return Ok((StatusCode::OK, "Known"));
    }
    let after = mirror::apply(&mut tx, now, event).await?;
    let status = if *event == Event::Other { "ignored" } else { "applied" };
    sqlx::query!(
        r#"
        insert into clerk_delivery as known (id, first_at, last_at, type, status) values ($1, $2, $2, $3, $4)
        on conflict (id) do update
        set attempts = known.attempts + 1, last_at = excluded.last_at, type = excluded.type, status = excluded.status, error = null
        "#,
        id,
        now,
        event_type,
        status
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    after.tell(&app.wake);
    tracing::info!(event_type, status, "webhook of Clerk's");
    Ok((StatusCode::OK, "OK"))
}

/// Records an attempt that did not succeed.
async fn note(app: &App, id: &str, event_type: &str, status: &str, error: Option<&str>) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        insert into clerk_delivery as known (id, first_at, last_at, type, status, error) values ($1, $2, $2, $3, $4, $5)
        on conflict (id) do update
        set attempts = known.attempts + 1, last_at = excluded.last_at, type = excluded.type, status = excluded.status, error = excluded.error
        where known.status not in ('applied', 'ignored')
        "#,
        id,
        app.clock.now(),
        event_type,
        status,
        error
    )
    .execute(&app.db.system)
    .await?;
    Ok(())
}

/// Counts a delivery that nobody need believe: one row a minute and reason, so that strangers cannot fill the table.
async fn refused(app: &App, why: &str) -> sqlx::Result<()> {
    tracing::warn!(why, "webhook of Clerk's refused");
    let minute = app.clock.millis() / 60_000;
    note(app, &format!("refused:{minute}:{why}"), "", "signature_failed", Some(why)).await
}

/// Forgets what is old: ended sessions after a day (their tokens live a minute), the record of deliveries after ninety days.
pub async fn forget_old(app: &App) -> sqlx::Result<()> {
    let now = app.clock.now();
    sqlx::query!("delete from clerk_session_end where ended_at < $1::timestamptz - interval '1 day'", now).execute(&app.db.system).await?;
    sqlx::query!("delete from clerk_delivery where last_at < $1::timestamptz - interval '90 days'", now).execute(&app.db.system).await?;
    Ok(())
}
