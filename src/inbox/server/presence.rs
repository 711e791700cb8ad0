//! Telling the team where somebody is.

use super::reading;
use crate::{
    error::AppError,
    ids::ConversationId,
    inbox::model::Here,
    live::server::presence::Sighting,
    server::{limits, scope::Scope, state::App},
};

/// Tells the colleagues who may see it that the caller looks at a conversation, or at none, and whether they write.
///
/// # Errors
/// `NotFound` for a conversation out of sight, `TooMany` for who tells all the time.
pub async fn tell(app: &App, scope: &Scope, conversation: Option<ConversationId>, typing: bool) -> Result<(), AppError> {
    limits::take(app, &limits::HERE, &scope.person.to_string()).await?;
    let mut tx = app.db.snapshot(scope).await?;
    let assignee = match conversation {
        Some(id) => reading::visible(&mut tx, scope, id).await?.assignee.map(|person| person.id.0),
        None => None,
    };
    let name = sqlx::query_scalar!("select name from person where id = $1", scope.person.0).fetch_one(&mut *tx).await?;
    let here = Here { person: scope.person, name, conversation, typing: typing && conversation.is_some() };
    app.wake.here(Sighting::new(scope, assignee, here));
    Ok(())
}
