//! `POST /api/{workspace}/conversations/{conversation}/messages`: the form under a thread, words and files.

use super::{INTAKE, NewFile, Sending, Unsent, send_all};
use crate::{
    error::{AppError, Rule},
    ids::{ConversationId, MessageId},
    inbox::{
        api::SendMessage,
        later::Leaves,
        list_view::ListView,
        model::{MAX_TEXT, MessageView},
        server::{drafts, reading, replying::Reply, unsent},
        working::SnoozeUntil,
    },
    server::{
        limits, request,
        scope::Scope,
        state::{App, AppState},
    },
    workspace::Permission,
};
use axum::{
    Json,
    extract::{
        Multipart, Path, State,
        multipart::{Field, MultipartError, MultipartRejection},
    },
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
};
use leptos::server_fn::ServerFn;
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// The largest form: one document at WhatsApp's limit, and room for what is around it.
pub const MAX_FORM: usize = 101 << 20;
/// A text at WhatsApp's limit has four bytes a character; sixteen times that is room to be told that it is too long and to shorten it.
const MAX_WORDS: usize = 64 * MAX_TEXT;
/// How long a form may take to arrive: the largest at 1.5 Mbit/s.
const PATIENCE: Duration = Duration::from_secs(600);

/// What the form held.
#[derive(Default)]
struct Filled {
    client_id: Option<Uuid>,
    seen: Option<i64>,
    to: Option<MessageId>,
    text: String,
    undo: bool,
    until: Option<SnoozeUntil>,
    at: Option<String>,
    files: Vec<NewFile>,
    /// Why a file cannot be sent. Said when all is read, so that the words are not lost.
    refused: Option<AppError>,
}

/// Answers a script with the message or the error as JSON; a form without script leads back to the page, which says what went wrong.
pub async fn receive(
    State(state): State<AppState>,
    Path((workspace, conversation)): Path<(String, ConversationId)>,
    headers: HeaderMap,
    form: Result<Multipart, MultipartRejection>,
) -> Response {
    let app = &state.app;
    let mut filled = Filled::default();
    let work = async {
        let scope = request::scope_of(app, &headers, &workspace).await?;
        let sent = send(app, &scope, conversation, form, &mut filled).await;
        if matches!(&sent, Err(Unsent { words_went: false, .. })) && request::wants_page(&headers) {
            unsent::keep_for_page(app, &scope, conversation, unsent::Kind::Reply, &filled.text).await;
        }
        if sent.is_ok() && request::wants_page(&headers) {
            drafts::sent_by_form(app, &scope, conversation, unsent::Kind::Reply).await;
        }
        sent.map_err(|unsent| unsent.error)
    };
    let sent = work.await;
    if !request::wants_page(&headers) {
        return sent.map(Json).into_response();
    }
    let view = ListView::parse(&request::query_before_of(&headers).unwrap_or_default());
    let page = view.address(&format!("/{workspace}/inbox/{conversation}"), "");
    back(&page, sent.err())
}

/// To the page (303), with what it shall say.
fn back(page: &str, error: Option<AppError>) -> Response {
    match request::page_with(page, SendMessage::PATH, error.as_ref()) {
        Some(page) => Redirect::to(&page).into_response(),
        None => StatusCode::BAD_REQUEST.into_response(),
    }
}

impl From<AppError> for Unsent {
    fn from(error: AppError) -> Self {
        Self { error, words_went: false }
    }
}

async fn send(
    app: &Arc<App>,
    scope: &Scope,
    conversation: ConversationId,
    form: Result<Multipart, MultipartRejection>,
    filled: &mut Filled,
) -> Result<MessageView, Unsent> {
    scope.require(Permission::Reply)?;
    limits::take(app, &limits::UPLOAD, &scope.person.to_string()).await?;
    // Before a hundred megabytes are read for nothing.
    let mut tx = app.db.snapshot(scope).await.map_err(AppError::from)?;
    reading::visible(&mut tx, scope, conversation).await?;
    drop(tx);
    let malformed = || AppError::invalid("request", Rule::Malformed);
    let form = form.map_err(|_| malformed())?;
    let _permit = INTAKE.acquire().await.map_err(|_| malformed())?;
    tokio::time::timeout(PATIENCE, read(form, filled)).await.unwrap_or_else(|_| Err(malformed()))?;
    if let Some(refused) = filled.refused.take() {
        return Err(refused.into());
    }
    let reply = Reply {
        conversation,
        client_id: filled.client_id.ok_or_else(malformed)?,
        text: filled.text.clone(),
        seen: filled.seen.ok_or_else(malformed)?,
        to: filled.to,
        choices: None,
        file: None,
        leaves: Leaves::of(filled.undo, filled.until, filled.at.take()),
    };
    send_all(app, scope, Sending { reply, files: std::mem::take(&mut filled.files) }).await
}

async fn read(mut form: Multipart, filled: &mut Filled) -> Result<(), AppError> {
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name().unwrap_or_default() {
            "client_id" => filled.client_id = text(field).await?.trim().parse().ok(),
            "seen_seq" => filled.seen = text(field).await?.trim().parse().ok(),
            "reply_to" => {
                let to = text(field).await?;
                filled.to = match to.trim() {
                    "" => None,
                    id => Some(id.parse().map_err(|_| AppError::NotFound)?),
                };
            }
            "text" => filled.text = text(field).await?,
            "undo" => filled.undo = text(field).await?.trim() == "true",
            "until" => {
                let until = text(field).await?;
                filled.until = match until.trim() {
                    "" => None,
                    until => Some(SnoozeUntil::parse(until).ok_or_else(|| AppError::invalid("until", Rule::Malformed))?),
                };
            }
            "at" => filled.at = Some(text(field).await?),
            "file" => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let bytes = field.bytes().await.map_err(unreadable)?;
                // A chooser in which nothing was chosen.
                if name.is_empty() && bytes.is_empty() {
                    continue;
                }
                // Looking through a hundred megabytes is no work for those who serve streams.
                let judged = tokio::task::spawn_blocking(move || NewFile::judge(bytes, &name)).await;
                match judged.unwrap_or_else(|_| Err(crate::server::error::internal("judging a file panicked"))) {
                    Ok(file) => filled.files.push(file),
                    Err(error) => filled.refused = filled.refused.take().or(Some(error)),
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A field of words. No more of it is read than can be of use.
async fn text(mut field: Field<'_>) -> Result<String, AppError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(unreadable)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MAX_WORDS {
            return Err(AppError::invalid("text", Rule::TooLong(MAX_TEXT as u32)));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// A form that breaks off, or is larger than anything WhatsApp takes.
fn unreadable(error: MultipartError) -> AppError {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            AppError::invalid("file", Rule::TooLarge(crate::inbox::files::FileKind::Document.most_megabytes()))
        }
        _ => AppError::invalid("request", Rule::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::header;

    #[test]
    fn the_way_back_says_what_went_wrong() {
        let to = |error| back("/demo/inbox/x?view=mine", error).headers()[header::LOCATION].to_str().unwrap().to_owned();
        assert_eq!(to(None), "/demo/inbox/x?view=mine");
        let told = to(Some(AppError::NotFound));
        assert!(told.starts_with("/demo/inbox/x?view=mine&__path=") && told.contains("&__err="), "{told}");
    }
}
