//! The inbox's server functions: find out who calls, delegate, answer.
//!
//! Each is a public HTTP endpoint; `server::request::scope` is what refuses strangers. `workspace` is the slug in the address.

use super::{
    list_view::{ListView, Totals},
    model::*,
};
use crate::{
    error::AppError,
    ids::{ConversationId, MessageId},
};
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};
use uuid::Uuid;

/// Who is looking, for the page around everything.
#[server(input = GetUrl, output = Json)]
pub async fn load_viewer(workspace: String) -> Result<Viewer, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        crate::workspace::server::viewer(&app, &scope).await
    })
    .await
}

/// One page of the conversation list in a view (as [`ListView`] is written in addresses); `before` is the last row already shown.
#[server(input = GetUrl, output = Json)]
pub async fn list_conversations(workspace: String, view: Option<String>, before: Option<String>) -> Result<ConversationPage, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = ListView::parse(&view.unwrap_or_default());
        super::server::list(&app, &scope, view, before.and_then(|cursor| cursor.parse().ok())).await
    })
    .await
}

/// How many active conversations each view has.
#[server(input = GetUrl, output = Json)]
pub async fn count_conversations(workspace: String) -> Result<Totals, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::totals(&app, &scope).await
    })
    .await
}

/// One page of a thread, its newest messages unless `before` says where to continue or `at` which message it must have.
#[server(input = GetUrl, output = Json)]
pub async fn load_thread(
    workspace: String,
    conversation: ConversationId,
    before: Option<String>,
    at: Option<MessageId>,
) -> Result<ThreadPage, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::thread(&app, &scope, conversation, before.and_then(|cursor| cursor.parse().ok()), at).await
    })
    .await
}

/// The number of a customer whose number is masked for the caller. Written down.
#[server]
pub async fn reveal_number(workspace: String, conversation: ConversationId) -> Result<String, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::reveal_number(&app, &scope, conversation).await
    })
    .await
}

/// Sends a reply. `client_id` makes it happen once, however often the request is repeated (F208); without JavaScript the form carries one
/// that the page was rendered with. Replying takes the conversation over from ARI.
#[server]
pub async fn send_message(workspace: String, conversation: ConversationId, client_id: Uuid, text: String) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let sent = super::server::send(&app, &scope, conversation, client_id, text).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox/{conversation}"));
        Ok(sent)
    })
    .await
}

/// Sends a failed message again.
#[server]
pub async fn resend_message(workspace: String, conversation: ConversationId, message: MessageId) -> Result<MessageView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let sent = super::server::resend(&app, &scope, message).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox/{conversation}"));
        Ok(sent)
    })
    .await
}

/// The caller holds the conversation from now on; a pending answer of ARI's is dropped.
#[server]
pub async fn take_over(workspace: String, conversation: ConversationId) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::take_over(&app, &scope, conversation).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox/{conversation}"));
        Ok(view)
    })
    .await
}

/// ARI answers again.
#[server]
pub async fn hand_back(workspace: String, conversation: ConversationId) -> Result<ConversationView, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let view = super::server::hand_back(&app, &scope, conversation).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/inbox/{conversation}"));
        Ok(view)
    })
    .await
}

/// The thread was seen: clears its unread count for the workspace.
#[server]
pub async fn mark_read(workspace: String, conversation: ConversationId) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::mark_read(&app, &scope, conversation).await
    })
    .await
}
