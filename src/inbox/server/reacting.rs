//! Somebody of the team reacts to a message (F201).
//!
//! WhatsApp counts the number, not the person: there is one reaction from our side to a message, and colleagues replace each other's. `reaction` says
//! what stands there, `reaction_wish` what somebody wants to stand there instead, until it does or was refused. However often people change their
//! minds there is one wish for a message, so only the newest is carried (`send_reaction`), and one that is back where it began is carried by nobody.
//!
//! A reaction is no reply: it takes nothing over from ARI, answers nobody, moves no row.

use super::{
    emoji, holding, outbound, reading,
    record::{self, Happened, NewEvent},
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ConversationId, MessageId},
    inbox::model::*,
    server::{crypto::new_id, jobs, limits, scope::Scope, state::App},
    workspace::Permission,
};

/// What was wanted so far.
struct Wish {
    emoji: Option<String>,
    failed: bool,
    may_have_left: bool,
}

/// What is to be done about what somebody wants.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// It stands there already, or is on its way.
    Nothing,
    /// It stands there, and what was wanted since is not wanted any more.
    Forget,
    Carry,
}

/// Wants an emoji to stand at a message from our side, or with none that nothing does. The same again changes nothing.
///
/// # Errors
/// `Invalid` for what is no emoji, `NotFound` for a conversation out of sight and a message of another one, `Conflict` when the window is shut, the
/// conversation closed, or WhatsApp does not have the message.
pub async fn react(
    app: &App,
    scope: &Scope,
    conversation: ConversationId,
    message: MessageId,
    emoji: &str,
) -> Result<MessageView, AppError> {
    scope.require(Permission::Reply)?;
    let wanted = match emoji.trim() {
        "" => None,
        text => Some(emoji::one(text).ok_or_else(|| AppError::invalid(EMOJI, Rule::Malformed))?),
    };
    limits::take(app, &limits::REACT, &scope.person.to_string()).await?;
    let now = app.clock.now();
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    let locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    // Lines of the thread and notes are not among what a customer could be shown.
    let target = sqlx::query!(
        r#"
        select provider_message_id, status from message
        where workspace_id = $1 and id = $2 and conversation_id = $3 and direction <> 'system' and revoked_at is null
        "#,
        scope.workspace.0,
        message.0,
        conversation.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    let target = target
        .provider_message_id
        .filter(|_| target.status.as_deref() != Some(Status::Failed.as_str()))
        .ok_or_else(|| AppError::Conflict(Conflict::Refused("not_reactable".into())))?;
    let standing = sqlx::query_scalar!(
        "select emoji from reaction where workspace_id = $1 and target = $2 and not by_contact",
        scope.workspace.0,
        target
    )
    .fetch_optional(&mut *tx)
    .await?
    .flatten();
    let wish = sqlx::query_as!(
        Wish,
        r#"
        select emoji, failure_code is not null as "failed!", may_have_left from reaction_wish where workspace_id = $1 and message_id = $2
        "#,
        scope.workspace.0,
        message.0
    )
    .fetch_optional(&mut *tx)
    .await?;
    match step(wanted, standing.as_deref(), wish.as_ref()) {
        Step::Nothing => return outbound::view(&mut tx, scope, message).await,
        Step::Forget => {
            sqlx::query!("delete from reaction_wish where workspace_id = $1 and message_id = $2", scope.workspace.0, message.0)
                .execute(&mut *tx)
                .await?;
        }
        Step::Carry => {
            if locked.state == "closed" {
                return Err(AppError::Conflict(Conflict::ConversationClosed));
            }
            let closes = window_closes(locked.last_inbound_at.map(|at| at.timestamp_millis()));
            if !window_open(closes, now.timestamp_millis()) {
                return Err(AppError::Conflict(Conflict::WindowClosed(closes)));
            }
            sqlx::query!(
                r#"
                insert into reaction_wish (workspace_id, message_id, id, emoji, person_id) values ($1, $2, $3, $4, $5)
                on conflict (workspace_id, message_id) do update
                set id = excluded.id, emoji = excluded.emoji, person_id = excluded.person_id, failure_code = null, failure_reason = null
                "#,
                scope.workspace.0,
                message.0,
                new_id(),
                wanted,
                scope.person.0
            )
            .execute(&mut *tx)
            .await?;
            jobs::put_unless_waiting(&mut tx, now, jobs::NewJob::send_reaction(scope.workspace, conversation, message)).await?;
        }
    }
    record::record(&mut tx, now, &[NewEvent::new(scope.workspace, Happened::MessageChanged, conversation).message(message)]).await?;
    let view = outbound::view(&mut tx, scope, message).await?;
    tx.commit().await?;
    app.wake.workspaces([scope.workspace]);
    app.wake.jobs();
    Ok(view)
}

fn step(wanted: Option<&str>, standing: Option<&str>, wish: Option<&Wish>) -> Step {
    match wish {
        // A double click, or two of one mind.
        Some(wish) if !wish.failed && wish.emoji.as_deref() == wanted => Step::Nothing,
        // What is on its way may change what stands there.
        Some(wish) if wish.may_have_left => Step::Carry,
        Some(_) if wanted == standing => Step::Forget,
        None if wanted == standing => Step::Nothing,
        _ => Step::Carry,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_carried() {
        let wish = |emoji: Option<&str>, failed, may_have_left| Some(Wish { emoji: emoji.map(Into::into), failed, may_have_left });
        let (up, heart) = (Some("👍"), Some("❤️"));
        for (wanted, standing, wish, expected) in [
            (up, None, None, Step::Carry),
            (up, up, None, Step::Nothing),
            (None, up, None, Step::Carry),
            (None, None, None, Step::Nothing),
            (up, None, wish(up, false, false), Step::Nothing),
            (heart, None, wish(up, false, false), Step::Carry),
            // Taken back before it went.
            (None, None, wish(up, false, false), Step::Forget),
            (up, up, wish(None, false, false), Step::Forget),
            // It may have gone: then taking it back must go, too.
            (None, None, wish(up, false, true), Step::Carry),
            (up, None, wish(up, false, true), Step::Nothing),
            // Tried again, and let be.
            (up, None, wish(up, true, false), Step::Carry),
            (None, None, wish(up, true, false), Step::Forget),
        ] {
            assert_eq!(step(wanted, standing, wish.as_ref()), expected, "{wanted:?} where {standing:?} stands");
        }
    }
}
