//! Workspaces on the server: who belongs where, and the demo's seed.

mod people;
pub mod seed;

pub use people::{Membership, memberships};

use crate::{
    auth::server::{MUST_CHANGE, signed_in},
    error::AppError,
    inbox::model::{PersonRef, Viewer},
    server::{
        clock::offset_minutes,
        scope::Scope,
        state::{App, AppState},
    },
};
use axum::{extract::State, http::HeaderMap, response::Redirect};

/// Who looks at the screen, and how.
pub async fn viewer(app: &App, scope: &Scope) -> Result<Viewer, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let row = sqlx::query!(
        r#"
        select w.name, w.slug, w.time_zone, w.ari_enabled, p.name as person_name, p.email
        from workspace w join person p on p.id = $2
        where w.id = $1
        "#,
        scope.workspace.0,
        scope.person.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let now = app.clock.now();
    Ok(Viewer {
        person: PersonRef { id: scope.person, name: row.person_name },
        email: row.email,
        workspace_slug: row.slug,
        workspace_name: row.name,
        role: scope.role.as_str().into(),
        offset_minutes: offset_minutes(&row.time_zone, now),
        now: now.timestamp_millis(),
        ari_enabled: row.ari_enabled,
        sandbox: app.config.demo,
    })
}

/// `GET /dashboard`: where signing in leads. To the first workspace's inbox, or to the sign-in page.
pub async fn dashboard(State(state): State<AppState>, headers: HeaderMap) -> Result<Redirect, AppError> {
    let somebody = match signed_in(&state.app, &headers).await {
        Err(AppError::SignedOut) => return Ok(Redirect::to("/sign-in")),
        Err(AppError::Forbidden(key)) if key == MUST_CHANGE => return Ok(Redirect::to("/change-password")),
        somebody => somebody?,
    };
    let first = memberships(&state.app, somebody.person).await?.into_iter().next().ok_or(AppError::NotFound)?;
    Ok(Redirect::to(&format!("/{}/inbox", first.slug)))
}
