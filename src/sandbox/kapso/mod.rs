//! The gateway's REST API: Meta's Cloud API behind Kapso's proxy, Kapso's history on top, and the list of numbers.

mod history;
mod media;
mod paging;
mod people;
mod send;
mod validate;

use super::{errors::Refusal, state::Sandbox};
use axum::{
    Router,
    extract::{DefaultBodyLimit, RawPathParams, Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};

/// The largest document WhatsApp takes, and room for the form around it.
const UPLOAD_LIMIT: usize = 101 * 1024 * 1024;

pub fn router(sandbox: &Sandbox) -> Router<Sandbox> {
    public().merge(guarded().route_layer(from_fn_with_state(sandbox.clone(), guard)))
}

/// Links that carry their own permission.
fn public() -> Router<Sandbox> {
    Router::new()
        .route("/sandbox/kapso/meta/whatsapp/media_download", get(media::download))
        .route("/sandbox/kapso/media/{id}/{filename}", get(media::hosted))
}

fn guarded() -> Router<Sandbox> {
    const META: &str = "/sandbox/kapso/meta/whatsapp/{version}";
    let meta = |path: &str| format!("{META}{path}");
    Router::new()
        .route(&meta("/{id}"), get(media::show).delete(media::delete))
        .route(&meta("/{id}/messages"), get(history::list).post(send::send))
        .route(&meta("/{id}/messages/{message}"), get(history::show))
        .route(&meta("/{id}/media"), post(media::upload).layer(DefaultBodyLimit::max(UPLOAD_LIMIT)))
        .route(&meta("/{id}/conversations"), get(people::conversations))
        .route(&meta("/{id}/conversations/{conversation}"), get(people::conversation_of_number))
        .route(&meta("/conversations/{conversation}"), get(people::conversation).patch(people::set_conversation_status))
        .route(&meta("/{id}/contacts"), get(people::contacts))
        .route(&meta("/{id}/contacts/{customer}"), get(people::contact))
        .route(&meta("/{id}/message_templates"), get(people::templates))
        .route("/sandbox/kapso/lookaside", get(media::lookaside))
        .route("/sandbox/kapso/platform/v1/whatsapp/phone_numbers", get(people::phone_numbers))
        .route("/sandbox/kapso/platform/v1/whatsapp/phone_numbers/{id}", get(people::phone_number))
}

/// Lets in whoever holds the key and names a Graph version that could exist.
async fn guard(State(sandbox): State<Sandbox>, params: RawPathParams, request: Request, next: Next) -> Response {
    let Some(key) = request.headers().get("x-api-key") else {
        return Refusal::missing_key().into_response();
    };
    if key.as_bytes() != sandbox.config().api_key.as_bytes() {
        return Refusal::wrong_key().into_response();
    }
    if let Some((_, version)) = params.iter().find(|(name, _)| *name == "version")
        && !is_graph_version(version)
    {
        return Refusal::graph(100, &format!("Unknown version {version}")).into_response();
    }
    next.run(request).await
}

fn is_graph_version(version: &str) -> bool {
    version
        .strip_prefix('v')
        .and_then(|version| version.split_once('.'))
        .is_some_and(|(major, minor)| [major, minor].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())))
}
