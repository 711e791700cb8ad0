//! Workspaces on the server: who belongs where, and the demo's seed.

pub mod seed;

use crate::{
    auth::server::{MUST_CHANGE, clerk, signed_in},
    error::AppError,
    ids::{PersonId, WorkspaceId},
    inbox::model::{PersonRef, Viewer},
    server::{
        clock::offset_minutes,
        scope::Scope,
        state::{App, AppState},
    },
    workspace::{Permissions, Role},
};
use axum::{extract::State, http::HeaderMap, response::Redirect};

/// A workspace that somebody belongs to.
#[derive(Clone, Debug)]
pub struct Membership {
    pub workspace: WorkspaceId,
    pub slug: String,
    pub role: Role,
    pub permissions: Permissions,
}

/// The workspaces of a person, by name.
pub async fn memberships(app: &App, person: PersonId) -> Result<Vec<Membership>, AppError> {
    let rows = sqlx::query!(r#"select workspace_id as "id!", slug as "slug!", role as "role!" from workspaces_of($1)"#, person.0)
        .fetch_all(&app.db.app)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|row| {
            let role = Role::parse(&row.role)?;
            Some(Membership { workspace: WorkspaceId(row.id), slug: row.slug, role, permissions: Permissions::of(role) })
        })
        .collect())
}

/// Who looks at the screen, and how.
pub async fn viewer(app: &App, scope: &Scope) -> Result<Viewer, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let row = sqlx::query!(
        r#"
        select w.name, w.slug, w.time_zone, w.ari_enabled, p.name as person_name, coalesce(p.email, '') as "email!"
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
    let mine = memberships(&state.app, somebody.person).await?;
    if let Some(clerk) = &state.app.clerk {
        // Where the browser's organisation switcher points; without any, where one is chosen or made.
        let active = clerk.active_workspace(&state.app, &headers).await?;
        return Ok(Redirect::to(&clerk::pages::after_sign_in(&active, &mine)));
    }
    let first = mine.into_iter().next().ok_or(AppError::NotFound)?;
    Ok(Redirect::to(&format!("/{}/inbox", first.slug)))
}
