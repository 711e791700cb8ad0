//! Message templates: what gets through when the window is shut (F49). They are kept by the provider; nothing of them is stored here but what was sent.

use super::{
    holding,
    outbound::{Leaving, Outbound},
    reading, replying,
    send::number_key,
    unsent,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::model::*,
    server::{
        limits,
        scope::Scope,
        state::App,
        whatsapp::{
            client::{Kapso, SendError},
            templates::{Template, Unfit},
        },
    },
    workspace::Permission,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// How long a page waits for the provider.
const PATIENCE: Duration = Duration::from_secs(10);
/// Under this key a message of ours keeps the `template` object that is sent. Not the provider's own key: its text is the message's.
pub const SENT: &str = "sent_template";

/// What somebody chose and filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    pub name: String,
    pub language: String,
    /// By the keys of the template's gaps.
    pub values: BTreeMap<String, String>,
}

/// The number that a conversation is over, and the way to the provider with it.
struct Line {
    id: Uuid,
    phone_number_id: String,
    account: Option<String>,
    kapso: Kapso,
}

/// The templates of a conversation's number that a person may send, by name.
///
/// # Errors
/// `Forbidden` for whoever may not reply, `NotFound` for a conversation out of sight, `Upstream` when the provider cannot be asked.
pub async fn list(app: &App, scope: &Scope, conversation: ConversationId) -> Result<Vec<Template>, AppError> {
    scope.require(Permission::Reply)?;
    let mut tx = app.db.snapshot(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    let row = sqlx::query!(
        r#"
        select n.id, n.phone_number_id, n.api_key_sealed, n.business_account_id
        from conversation c join whatsapp_number n on n.workspace_id = c.workspace_id and n.id = c.number_id
        where c.workspace_id = $1 and c.id = $2
        "#,
        scope.workspace.0,
        conversation.0
    )
    .fetch_one(&mut *tx)
    .await?;
    drop(tx);
    limits::take(app, &limits::TEMPLATES, &scope.person.to_string()).await?;
    let key = number_key(app, scope.workspace, row.id, row.api_key_sealed.as_deref()).ok_or_else(unreachable)?;
    let kapso = Kapso::new(app.http.clone(), app.config.kapso.api_base_url.clone(), key.expose()).with_timeout(PATIENCE);
    let line = Line { id: row.id, phone_number_id: row.phone_number_id, account: row.business_account_id, kapso };
    let account = account(app, scope, &line).await?;
    let listed = line.kapso.templates(&account).await.map_err(|error| refused(&error))?;
    let mut templates: Vec<Template> = listed.iter().filter_map(Template::read).collect();
    templates.sort_by(|a, b| (&a.name, &a.language).cmp(&(&b.name, &b.language)));
    Ok(templates)
}

/// The business account of a number, asked once.
async fn account(app: &App, scope: &Scope, line: &Line) -> Result<String, AppError> {
    if let Some(known) = &line.account {
        return Ok(known.clone());
    }
    let account = line.kapso.business_account(&line.phone_number_id).await.map_err(|error| refused(&error))?.ok_or_else(unreachable)?;
    sqlx::query!(
        "update whatsapp_number set business_account_id = $3 where workspace_id = $1 and id = $2",
        scope.workspace.0,
        line.id,
        account
    )
    .execute(&app.db.system)
    .await?;
    Ok(account)
}

fn unreachable() -> AppError {
    AppError::Upstream("WhatsApp".into())
}

fn refused(error: &SendError) -> AppError {
    tracing::warn!(%error, "the templates cannot be had");
    unreachable()
}

/// Sends a template with its gaps filled, whether the window is open or not. As a reply it takes the conversation over, happens once for a `client_id`, and is
/// held when others wrote something unseen.
///
/// # Errors
/// Those of a reply but for the window; `Invalid` with the key of a gap that is empty or too long; `NotFound` for a template that is not there, not approved any
/// more, or beyond us.
pub async fn send(
    app: &App,
    scope: &Scope,
    conversation: ConversationId,
    client_id: Uuid,
    choice: &Choice,
    seen: i64,
) -> Result<MessageView, AppError> {
    let chosen = |template: &Template| template.name == choice.name && template.language == choice.language && !template.beyond_us;
    let template = list(app, scope, conversation).await?.into_iter().find(chosen).ok_or(AppError::NotFound)?;
    let filled = template.fill(&choice.values).map_err(|(key, unfit)| {
        let rule = match unfit {
            Unfit::Missing => Rule::Missing,
            Unfit::TooLong(most) => Rule::TooLong(most as u32),
        };
        AppError::invalid(&key, rule)
    })?;
    limits::take(app, &limits::SEND, &scope.person.to_string()).await?;
    let mut tx = app.db.begin(scope).await?;
    reading::visible(&mut tx, scope, conversation).await?;
    let locked = holding::lock(&mut tx, scope.workspace, conversation).await?.ok_or(AppError::NotFound)?;
    let outbound = Outbound {
        client_id,
        kind: "template",
        text: &filled.text,
        detail: Some(serde_json::json!({ SENT: filled.wire })),
        file: None,
        quoted: None,
        written_in: Some(unsent::Kind::Template),
    };
    if let Some(stored) = outbound.repeated(&mut tx, scope, conversation).await? {
        return Ok(stored);
    }
    if locked.state == "closed" {
        return Err(AppError::Conflict(Conflict::ConversationClosed));
    }
    replying::nothing_unseen(&mut tx, scope, conversation, seen).await?;
    outbound.store(app, tx, scope, &locked, Leaving::In(Duration::ZERO)).await
}
