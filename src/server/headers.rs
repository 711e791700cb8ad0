//! What every answer carries and every request is checked for.

use super::{request, state::AppState};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Security headers on every answer (F179, F180), and no state-changing request from another site.
pub async fn protect(State(state): State<AppState>, request: Request<Body>, next: Next) -> Response {
    let changing = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let path = request.uri().path();
    // Webhooks and the sandbox's fake provider are called by programs that prove themselves otherwise.
    let by_program = path.starts_with("/api/webhook/") || path.starts_with("/sandbox/");
    if changing
        && !by_program
        && let Err(error) = request::same_origin(request.headers())
    {
        return error.into_response();
    }
    let fixed = path.starts_with("/pkg/") || path.starts_with("/fonts/");
    let mut response = next.run(request).await;
    let https = state.app.config.public_url.starts_with("https://");
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    };
    set("x-frame-options", "DENY");
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "strict-origin-when-cross-origin");
    set("cross-origin-opener-policy", "same-origin");
    set("permissions-policy", "camera=(), geolocation=(), microphone=(self)");
    // Pages set a stricter one with their nonce; this covers everything else.
    set("content-security-policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'");
    if https {
        set("strict-transport-security", "max-age=63072000; includeSubDomains");
    }
    // File names under /pkg carry a hash of their content.
    set("cache-control", if fixed { "public, max-age=31536000, immutable" } else { "no-store" });
    response
}

/// The policy of a page being rendered: scripts run only with this page's nonce, so text that slipped into the HTML would stay text.
/// `wasm-unsafe-eval` allows compiling WebAssembly and nothing else; `strict-dynamic` lets the nonced loader import its module.
///
/// `more` is what Clerk's script needs on the pages that load it.
pub fn page_policy(more: Option<&Sources>) {
    let (Some(nonce), Some(response)) = (leptos::nonce::use_nonce(), leptos::prelude::use_context::<leptos_axum::ResponseOptions>()) else {
        return;
    };
    let none = Sources::default();
    let Sources { connect, images, rest } = more.unwrap_or(&none);
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:{images}; \
         media-src 'self' blob:; connect-src 'self'{connect}; font-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'{rest}"
    );
    if let Ok(value) = HeaderValue::from_str(&policy) {
        response.insert_header(axum::http::header::CONTENT_SECURITY_POLICY, value);
    }
}

/// What a page may reach beyond this server. Each begins with a space, the last with a semicolon, and all are made by the program, not by input.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    pub connect: String,
    pub images: String,
    /// Further directives.
    pub rest: String,
}

/// One line per request: what, how, how long. No addresses, names, texts or tokens; the route pattern, not the path.
pub async fn log(request: Request<Body>, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "(file)".to_owned(), |path| path.as_str().to_owned());
    let began = tokio::time::Instant::now();
    let response = next.run(request).await;
    let status = response.status().as_u16();
    let micros = began.elapsed().as_micros() as u64;
    if status >= 500 {
        tracing::warn!(%method, route, status, micros, "request");
    } else {
        tracing::debug!(%method, route, status, micros, "request");
    }
    response
}
