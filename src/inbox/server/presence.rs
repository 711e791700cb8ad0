//! Telling the team where somebody is.

use super::reading;
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::Here,
    live::server::presence::{Presence, Sighting},
    server::{
        limits, request,
        scope::Scope,
        state::{App, AppState},
    },
};
use axum::{
    extract::{Path, State},
    http::HeaderMap,
};

/// Tells the colleagues who may see it that the caller looks at a conversation, or at none, and whether they write.
///
/// # Errors
/// `NotFound` for a conversation out of sight, `TooMany` for who tells all the time.
pub async fn tell(app: &App, scope: &Scope, conversation: Option<ConversationId>, typing: bool, away: bool) -> Result<(), AppError> {
    limits::take(app, &limits::HERE, &scope.person.to_string()).await?;
    let sighting = sighting(app, scope, conversation, typing).await?;
    app.wake.here(Sighting { presence: if away { Presence::Away } else { Presence::Looks }, ..sighting });
    Ok(())
}

/// `POST /api/{workspace}/gone`: the caller's page went out of sight. Colleagues need not wait to see that, and what comes now calls the caller at their devices.
///
/// # Errors
/// As of [`tell`].
pub async fn leave(State(state): State<AppState>, Path(workspace): Path<String>, headers: HeaderMap) -> Result<(), AppError> {
    let scope = request::scope_of(&state.app, &headers, &workspace).await?;
    limits::take(&state.app, &limits::HERE, &scope.person.to_string()).await?;
    let sighting = sighting(&state.app, &scope, None, false).await?;
    state.app.wake.here(Sighting { presence: Presence::Gone, ..sighting });
    Ok(())
}

async fn sighting(app: &App, scope: &Scope, conversation: Option<ConversationId>, typing: bool) -> Result<Sighting, AppError> {
    let mut tx = app.db.snapshot(scope).await?;
    let assignee = match conversation {
        Some(id) => reading::visible(&mut tx, scope, id).await?.assignee.map(|person| person.id.0),
        None => None,
    };
    let name = sqlx::query_scalar!("select name from person where id = $1", scope.person.0).fetch_one(&mut *tx).await?;
    let here = Here { person: scope.person, name, conversation, typing: typing && conversation.is_some() };
    Ok(Sighting::new(scope, assignee, here))
}
