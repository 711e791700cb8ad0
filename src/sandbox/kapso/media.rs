//! Files: uploaded by the product or attached by the customer, and the several links they can be had by.

use super::{
    super::{
        control::Route,
        errors::Refusal,
        state::Sandbox,
        wire,
        world::{Media, Millis},
    },
    paging::Filters,
    validate::takes,
};
use axum::{
    Json,
    extract::{
        Multipart, Path, Query, State,
        multipart::{MultipartError, MultipartRejection},
    },
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long Meta's link lives, and how long Kapso's.
const META_LINK: Millis = 5 * 60 * 1000;
const KAPSO_LINK: Millis = 4 * 60 * 1000;
const MB: usize = 1024 * 1024;

impl Media {
    pub fn new(bytes: Bytes, mime: &str, filename: &str) -> Self {
        // The name goes into links: nothing but plain characters.
        let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
        let filename: String = filename.chars().map(|character| if plain(character) { character } else { '_' }).take(120).collect();
        let filename = if filename.trim_matches('.').is_empty() { "file".into() } else { filename };
        Self { sha256: STANDARD.encode(Sha256::digest(&bytes)), bytes, mime: mime.to_owned(), filename }
    }

    /// The kind of message this file's type belongs to, and the largest size of that kind.
    fn kind(&self) -> Option<(&'static str, usize)> {
        let kinds = [("image", 5 * MB), ("video", 16 * MB), ("audio", 16 * MB), ("sticker", MB / 2), ("document", 100 * MB)];
        kinds.into_iter().find(|(kind, _)| takes(kind, &self.mime))
    }
}

/// `POST /{phone number}/media`, a form with `messaging_product`, `type` and `file`.
pub async fn upload(
    State(sandbox): State<Sandbox>,
    Path((_, number)): Path<(String, String)>,
    form: Result<Multipart, MultipartRejection>,
) -> Result<Json<Value>, Refusal> {
    check_faults(&sandbox).await?;
    if sandbox.business(&number).is_none() {
        return Err(Refusal::unknown_object(&number));
    }
    let mut form = form.map_err(|_| Refusal::graph(100, "The request is not a multipart form"))?;
    let (mut product, mut media) = (None, None);
    while let Some(field) = form.next_field().await.map_err(unreadable)? {
        match field.name() {
            Some("messaging_product") => product = Some(field.text().await.map_err(unreadable)?),
            Some("file") => {
                let mime = field.content_type().unwrap_or("application/octet-stream").to_owned();
                let filename = field.file_name().unwrap_or("file").to_owned();
                media = Some(Media::new(field.bytes().await.map_err(unreadable)?, &mime, &filename));
            }
            _ => {}
        }
    }
    if product.as_deref() != Some("whatsapp") {
        return Err(Refusal::graph(100, "messaging_product must be whatsapp"));
    }
    let media = media.ok_or_else(|| Refusal::missing("file"))?;
    match media.kind() {
        None => Err(Refusal::graph(100, &format!("Param file must be a file with one of the supported types. Received: {}", media.mime))),
        Some((kind, limit)) if media.bytes.len() > limit => Err(Refusal::graph(131_053, &format!("{kind}: the file is too large"))),
        Some(_) => Ok(Json(json!({ "id": sandbox.world(|world| world.keep_media(media)) }))),
    }
}

fn unreadable(_: MultipartError) -> Refusal {
    Refusal::graph(100, "The form could not be read")
}

/// `GET /{media}?phone_number_id=`: size, type and links.
pub async fn show(
    State(sandbox): State<Sandbox>,
    Path((_, id)): Path<(String, String)>,
    Query(filters): Query<Filters>,
) -> Result<Json<Value>, Refusal> {
    check_faults(&sandbox).await?;
    let number = filters.get("phone_number_id").ok_or_else(|| Refusal::missing("phone_number_id"))?;
    let media = sandbox.world(|world| world.media.get(&id).cloned()).filter(|_| sandbox.business(number).is_some());
    let media = media.ok_or_else(|| Refusal::unknown_object(&id))?;
    let (now, base_url) = (sandbox.now(), &sandbox.config().base_url);
    Ok(Json(json!({
        "messaging_product": "whatsapp",
        "url": format!("{base_url}/sandbox/kapso/lookaside?mid={id}&ext={}", (now + META_LINK) / 1000),
        "mime_type": media.mime,
        "sha256": media.sha256,
        "file_size": media.bytes.len().to_string(),
        "id": id,
        "download_url": format!("{base_url}/sandbox/kapso/meta/whatsapp/media_download?token={id}.{}", (now + KAPSO_LINK) / 1000),
        "download_url_expires_at": wire::iso(now + KAPSO_LINK),
    })))
}

/// `DELETE /{media}?phone_number_id=`.
pub async fn delete(State(sandbox): State<Sandbox>, Path((_, id)): Path<(String, String)>) -> Result<Json<Value>, Refusal> {
    let dropped = sandbox.world(|world| world.drop_media(&id));
    if dropped { Ok(Json(json!({ "success": true }))) } else { Err(Refusal::unknown_object(&id)) }
}

/// Meta's link: needs the key, lives five minutes.
pub async fn lookaside(State(sandbox): State<Sandbox>, Query(filters): Query<Filters>) -> Result<Response, Refusal> {
    let expires = filters.get("ext").and_then(|seconds| seconds.parse().ok());
    serve_until(&sandbox, filters.get("mid").map(String::as_str), expires).await
}

/// Kapso's link: needs no key, lives four minutes.
pub async fn download(State(sandbox): State<Sandbox>, Query(filters): Query<Filters>) -> Result<Response, Refusal> {
    let token = filters.get("token").and_then(|token| token.split_once('.'));
    serve_until(&sandbox, token.map(|(id, _)| id), token.and_then(|(_, seconds)| seconds.parse().ok())).await
}

/// The link in `media_data.url` of webhooks.
pub async fn hosted(State(sandbox): State<Sandbox>, Path((id, _)): Path<(String, String)>) -> Result<Response, Refusal> {
    serve_until(&sandbox, Some(&id), Some(i64::MAX)).await
}

async fn serve_until(sandbox: &Sandbox, id: Option<&str>, expires: Option<i64>) -> Result<Response, Refusal> {
    check_faults(sandbox).await?;
    let alive = expires.is_some_and(|expires| sandbox.now() / 1000 < expires);
    let media = id.filter(|_| alive).and_then(|id| sandbox.world(|world| world.media.get(id).cloned()));
    media.map(|media| attachment(&media)).ok_or_else(|| Refusal::not_found("Media"))
}

/// The bytes as a download: whatever they are, no browser shows them as part of this site.
pub fn attachment(media: &Media) -> Response {
    let mime = HeaderValue::from_str(&media.mime).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let headers = [
        (header::CONTENT_TYPE, mime),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=240")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment")),
    ];
    (StatusCode::OK, headers, media.bytes.clone()).into_response()
}

async fn check_faults(sandbox: &Sandbox) -> Result<(), Refusal> {
    if let Some(fault) = sandbox.world(|world| world.take_fault(Route::Media, None)) {
        sandbox.stall(fault.delay()).await;
        return fault.refusal().map_or(Ok(()), Err);
    }
    Ok(())
}
