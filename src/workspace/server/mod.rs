//! Workspaces on the server.
//!
//! * `people` says who belongs where with which rights; `founding` begins a workspace, `members`, `roles` and `invitations` change who does what in it,
//!   all of them through `guard`, one at a time
//! * `settings`, `service` and `numbers` are what can be set; `rotation` seals secrets again after a change of the key
//! * `trail` reads the audit log; `admin` is the operator's view of all workspaces
//! * `pages` renders all of it; `seed` makes the demo's

pub mod admin;
mod founding;
mod guard;
pub mod invitations;
pub mod members;
pub mod numbers;
mod pages;
mod people;
pub mod roles;
pub mod rotation;
pub mod seed;
pub mod service;
pub mod settings;
pub mod trail;

pub use founding::{ZONES, numbered, onboard, slug_of};
pub use pages::*;
pub use people::{Membership, memberships};

use crate::{
    auth::server::{MUST_CHANGE, clerk, signed_in},
    error::AppError,
    ids::PersonId,
    inbox::{
        model::{MacroRef, PersonRef, Viewer},
        server::macros,
    },
    push,
    server::{
        clock::offset_minutes,
        scope::Scope,
        state::{App, AppState},
    },
    workspace::Permission,
};
use axum::{extract::State, http::HeaderMap, response::Redirect};

/// People that a menu can offer.
const LARGEST_TEAM: i64 = 200;

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
    let team = match scope.permissions.has(Permission::Assign) {
        false => Vec::new(),
        true => sqlx::query!(
            r#"
            select p.id, p.name from membership m join person p on p.id = m.person_id
            where m.workspace_id = $1
            order by lower(p.name), p.id limit $2
            "#,
            scope.workspace.0,
            LARGEST_TEAM
        )
        .fetch_all(&mut *tx)
        .await?
        .into_iter()
        .map(|row| PersonRef { id: PersonId(row.id), name: row.name })
        .collect(),
    };
    let macros = macros::list(&mut tx, scope).await?.into_iter().map(|made| MacroRef { id: made.id, name: made.name }).collect();
    let deaf = push::server::deaf_of(&mut tx, scope).await?;
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
        may_reply: scope.permissions.has(Permission::Reply),
        team,
        deaf,
        macros,
        may_label: scope.permissions.has(Permission::ManageLabels),
        rights: scope.rights.clone(),
    })
}

/// `GET /dashboard`: where signing in leads. Open invitations for the caller's address, which signing in has verified, are accepted on the way (F15).
/// Then: to the one workspace's inbox, to the choice among several, to onboarding without any.
pub async fn dashboard(State(state): State<AppState>, headers: HeaderMap) -> Result<Redirect, AppError> {
    let app = &state.app;
    let somebody = match signed_in(app, &headers).await {
        Err(AppError::SignedOut) => return Ok(Redirect::to("/sign-in")),
        Err(AppError::Forbidden(key)) if key == MUST_CHANGE => return Ok(Redirect::to("/change-password")),
        somebody => somebody?,
    };
    // Only an address that was shown to be theirs is in `somebody`: by the mail of a local account, or verified by Clerk.
    invitations::join_waiting(app, &somebody).await?;
    let all = memberships(app, somebody.person).await?;
    if let Some(clerk) = &app.clerk {
        if all.is_empty() && admin::is_super_admin(app, somebody.person).await? {
            return Ok(Redirect::to("/admin"));
        }
        // Where the browser's organisation switcher points; without any, where one is chosen or made.
        let active = clerk.active_workspace(app, &headers).await?;
        return Ok(Redirect::to(&clerk::pages::after_sign_in(&active, &all)));
    }
    Ok(match all.as_slice() {
        [] if admin::is_super_admin(app, somebody.person).await? => Redirect::to("/admin"),
        [] => Redirect::to("/onboarding"),
        [only] if !only.suspended => Redirect::to(&format!("/{}/inbox", only.slug)),
        _ => Redirect::to("/workspaces"),
    })
}
