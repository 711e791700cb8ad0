//! Files: fetched from the provider by a job, kept in the media store, served to those who may see the conversation.

use super::{
    masking, reading,
    record::{self, Happened, NewEvent},
    send::number_key,
};
use crate::{
    error::AppError,
    ids::{ConversationId, MediaId, MessageId, WorkspaceId},
    server::{
        db,
        fetch::{FetchError, Fetched},
        jobs::Outcome,
        limits,
        ranges::Asked,
        request,
        state::{App, AppState},
        storage::safe_inline_type,
        whatsapp::client::{Kapso, SendError},
    },
};
use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use uuid::Uuid;

/// WhatsApp's largest file (documents): 100 MB.
const MAX_BYTES: usize = 100 * 1024 * 1024;

/// One run of the job. The provider's short-lived URLs are asked for anew each time; one that came with the webhook is tried first.
pub async fn run(app: &App, workspace: WorkspaceId, id: Uuid) -> sqlx::Result<Outcome> {
    let file = sqlx::query!(
        r#"
        select f.message_id, f.provider_media_id, f.source_url, f.state, m.conversation_id, n.id as number_id, n.phone_number_id, n.api_key_sealed
        from media f
        join message m on m.workspace_id = f.workspace_id and m.id = f.message_id
        join conversation c on c.workspace_id = m.workspace_id and c.id = m.conversation_id
        join whatsapp_number n on n.workspace_id = c.workspace_id and n.id = c.number_id
        where f.workspace_id = $1 and f.id = $2
        "#,
        workspace.0,
        id
    )
    .fetch_optional(&app.db.system)
    .await?;
    let Some(file) = file.filter(|file| file.state == "waiting") else { return Ok(Outcome::Done) };
    let message = (ConversationId(file.conversation_id), MessageId(file.message_id));
    let Some(key) = number_key(app, workspace, file.number_id, file.api_key_sealed.as_deref()) else {
        return Ok(Outcome::Retry("no API key for this number".into(), None));
    };
    let kapso = Kapso::new(app.http.clone(), app.config.kapso.api_base_url.clone(), key.expose());
    let fetched = match (&file.source_url, &file.provider_media_id) {
        (Some(url), _) => fetch(app, &kapso, url).await,
        (None, Some(_)) => Err(FetchError::Status(404)),
        (None, None) => return settled(app, workspace, id, message, Err("no address came with it".into())).await,
    };
    let fetched = match (fetched, &file.provider_media_id) {
        (Ok(fetched), _) => Ok(fetched),
        (Err(_), Some(media_id)) => match kapso.media_url(media_id, &file.phone_number_id).await {
            Ok(at) => fetch(app, &kapso, &at.url).await,
            Err(SendError::Final { code, reason }) => return settled(app, workspace, id, message, Err(format!("{code} {reason}"))).await,
            Err(_) => return Ok(Outcome::Retry("the provider does not give an address".into(), None)),
        },
        (Err(error), None) => Err(error),
    };
    let stored = match fetched {
        Ok(fetched) => {
            let size = fetched.bytes.len() as i64;
            match app.store.put(workspace, MediaId(id), fetched.bytes).await {
                Ok(()) => Ok((size, fetched.content_type)),
                Err(error) => return Ok(Outcome::Retry(format!("media store: {error}"), None)),
            }
        }
        Err(error) if !error.retryable() => Err(error.to_string()),
        Err(error) => return Ok(Outcome::Retry(error.to_string(), None)),
    };
    settled(app, workspace, id, message, stored).await
}

/// Fetches a file. Kapso's links may lead to its storage: one redirect is followed, judged like any address and without our key.
async fn fetch(app: &App, kapso: &Kapso, url: &str) -> Result<Fetched, FetchError> {
    match app.fetcher.get(url, &kapso.headers_for(url), MAX_BYTES).await {
        Err(FetchError::Redirected(Some(target))) => app.fetcher.get(&target, &[], MAX_BYTES).await,
        fetched => fetched,
    }
}

async fn settled(
    app: &App,
    workspace: WorkspaceId,
    id: Uuid,
    (conversation, message): (ConversationId, MessageId),
    outcome: Result<(i64, Option<String>), String>,
) -> sqlx::Result<Outcome> {
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    match &outcome {
        Ok((size, content_type)) => {
            sqlx::query!(
                "update media set state = 'stored', byte_size = $3, mime = coalesce(mime, $4), failure = null where workspace_id = $1 and id = $2",
                workspace.0,
                id,
                size,
                content_type.as_deref()
            )
            .execute(&mut *tx)
            .await?;
        }
        Err(reason) => {
            sqlx::query!("update media set state = 'failed', failure = $3 where workspace_id = $1 and id = $2", workspace.0, id, reason)
                .execute(&mut *tx)
                .await?;
        }
    }
    record::record(&mut tx, now, &[NewEvent::new(workspace, Happened::MediaStored, conversation).message(message)]).await?;
    tx.commit().await?;
    app.wake.workspaces([workspace]);
    Ok(Outcome::Done)
}

/// `GET /api/{workspace}/media/{id}`. Only types that browsers cannot run are shown in place, and only when the bytes are what the type says;
/// everything else is a download. Given in parts to players, which jump within a film and ask for its end first.
pub async fn serve(
    State(state): State<AppState>,
    Path((workspace, id)): Path<(String, MediaId)>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let app = &state.app;
    let scope = request::scope_of(app, &headers, &workspace).await?;
    limits::take(app, &limits::MEDIA, &scope.person.to_string()).await?;
    let mut tx = app.db.snapshot(&scope).await?;
    let file = sqlx::query!(
        r#"
        select f.mime, f.file_name, f.state, m.conversation_id
        from media f join message m on m.workspace_id = f.workspace_id and m.id = f.message_id
        where f.workspace_id = $1 and f.id = $2
        "#,
        scope.workspace.0,
        id.0
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(AppError::NotFound)?;
    reading::visible(&mut tx, &scope, ConversationId(file.conversation_id)).await?;
    let mut name = file.file_name;
    let mask = masking::file(&mut tx, &scope, ConversationId(file.conversation_id), &mut name).await?;
    drop(tx);
    if file.state != "stored" {
        return Err(AppError::NotFound);
    }
    let broken = |error| crate::server::error::internal(&format!("media store: {error}"));
    let (size, head) = app.store.beginning(scope.workspace, id).await.map_err(broken)?.ok_or(AppError::NotFound)?;
    let inline = safe_inline_type(&head, file.mime.as_deref().unwrap_or_default());
    let disposition = match inline {
        Some(_) => "inline".to_owned(),
        None => format!("attachment; filename*=UTF-8''{}", encode_file_name(name.as_deref().unwrap_or("file"))),
    };
    let tag = format!("\"{id}\"");
    // Whatever may be text is read for numbers.
    let plays = inline.is_some_and(|mime| mime.starts_with("audio/") || mime.starts_with("video/"));
    let mut response = match mask {
        Some(mask) if !plays => {
            let bytes = app.store.get(scope.workspace, id).await.map_err(broken)?.ok_or(AppError::NotFound)?;
            // Another length than the file has, so it is never given in parts.
            let hidden = std::str::from_utf8(&bytes).ok().and_then(|text| mask.hidden(text, false));
            hidden.map_or_else(|| bytes.into_response(), IntoResponse::into_response)
        }
        _ => {
            let (status, part) = match Asked::of(&headers, size, &tag) {
                Asked::Whole => (StatusCode::OK, 0..size),
                Asked::Part(part) => (StatusCode::PARTIAL_CONTENT, part),
                Asked::Nowhere => {
                    return Ok((StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, format!("bytes */{size}"))]).into_response());
                }
            };
            let body = match part.is_empty() {
                true => Body::empty(),
                false => Body::from_stream(app.store.part(scope.workspace, id, part.clone()).await.map_err(broken)?),
            };
            let about = [
                (header::CONTENT_LENGTH, (part.end - part.start).to_string()),
                (header::ACCEPT_RANGES, "bytes".into()),
                (header::ETAG, tag),
            ];
            let mut response = (status, about, body).into_response();
            if status == StatusCode::PARTIAL_CONTENT {
                let range = format!("bytes {}-{}/{size}", part.start, part.end - 1);
                let range = HeaderValue::try_from(range).map_err(|_| crate::server::error::internal("a range is no header"))?;
                response.headers_mut().insert(header::CONTENT_RANGE, range);
            }
            response
        }
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(inline.unwrap_or("application/octet-stream")));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).unwrap_or(HeaderValue::from_static("attachment")));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=86400, immutable"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"));
    Ok(response)
}

/// RFC 5987: everything but letters, digits and a few marks as percent-encoded UTF-8.
fn encode_file_name(name: &str) -> String {
    name.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            out.push(byte as char);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_header() {
        assert_eq!(encode_file_name("a b\"\r\nX: y.pdf"), "a%20b%22%0D%0AX%3A%20y.pdf");
        assert_eq!(encode_file_name("é.pdf"), "%C3%A9.pdf");
    }
}
