//! What every answer carries and every request is checked for.

use super::{
    connection::Peer,
    limits::{self, ClientAddress},
    request,
    state::AppState,
};
use crate::error::{AppError, Rule};
use axum::{
    body::Body,
    extract::{ConnectInfo, Extension, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// What is no page and no script may do nothing at all, should a browser show it.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
/// The customer's phone of the demo, which is made of files of its own.
const SANDBOX: &str = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'";

/// What is drawn everywhere, under names without a hash.
const DRAWN: [&str; 7] =
    ["/icons.svg", "/favicon.svg", "/icon-192.png", "/icon-512.png", "/icon-maskable.png", "/badge.png", "/manifest.webmanifest"];

/// Security headers on every answer (F179, F180), refusals and panics included, and no request that another site caused.
pub async fn protect(State(state): State<AppState>, mut request: Request<Body>, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0.address);
    let address = limits::client_address(&state.app, request.headers(), peer);
    request.extensions_mut().insert(address);
    let path = request.uri().path();
    let fixed = path.starts_with("/pkg/") || path.starts_with("/fonts/");
    let drawn = DRAWN.contains(&path);
    let in_sandbox = path.starts_with("/sandbox/");
    let function = path.starts_with("/api/").then(|| host(&request).to_owned());
    let mut response = match refusal(&request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    if let Some(host) = function {
        keep_at_home(&mut response, &host);
    }
    let https = state.app.config.https();
    let headers = response.headers_mut();
    let mut set = |name: &'static str, value: &'static str| {
        headers.entry(HeaderName::from_static(name)).or_insert(HeaderValue::from_static(value));
    };
    set("x-frame-options", "DENY");
    set("x-content-type-options", "nosniff");
    set("referrer-policy", "strict-origin-when-cross-origin");
    set("cross-origin-opener-policy", "same-origin");
    // No other site may show our files and pictures as its own.
    set("cross-origin-resource-policy", "same-origin");
    set("permissions-policy", "camera=(), geolocation=(), microphone=(self)");
    // Pages set one with their nonce; this covers everything else.
    set("content-security-policy", if in_sandbox { SANDBOX } else { NOTHING });
    if https {
        set("strict-transport-security", "max-age=63072000; includeSubDomains");
    }
    // File names under /pkg carry a hash of their content.
    set(
        "cache-control",
        match (fixed, drawn) {
            (true, _) => "public, max-age=31536000, immutable",
            // A page that lost its connection still needs them, and one that is made anew asks for them again.
            (_, true) => "public, max-age=60, stale-while-revalidate=604800",
            _ => "no-store",
        },
    );
    response
}

/// Whether a request is not to reach any handler.
fn refusal(request: &Request<Body>) -> Option<Response> {
    let (method, path) = (request.method(), request.uri().path());
    if matches!(*method, Method::TRACE | Method::CONNECT) || method.as_str() == "TRACK" {
        return Some(StatusCode::METHOD_NOT_ALLOWED.into_response());
    }
    // Webhooks and the sandbox's fake provider are called by programs that prove themselves otherwise.
    if path.starts_with("/api/webhook/") || path.starts_with("/sandbox/") {
        return None;
    }
    let changing = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    // Streams, files and data: no other site shows them, listens to them, or measures them.
    let private = path.starts_with("/api/");
    match changing || private {
        true => request::same_origin(request.headers()).err().map(IntoResponse::into_response),
        false => None,
    }
}

/// A server function whose arguments cannot be read is answered 500 by the framework, though the fault is the caller's: the error in the body knows better.
/// Inside whatever compresses bodies: this one is read.
pub async fn honest(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !response.headers().contains_key("serverfnerror") {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, MAX_REPORT).await.unwrap_or_default();
    if let Ok(error) = serde_json::from_slice::<AppError>(&body)
        && let Ok(status) = StatusCode::from_u16(error.status())
    {
        parts.status = status;
    }
    Response::from_parts(parts, Body::from(body))
}

fn host(request: &Request<Body>) -> &str {
    request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default()
}

/// A form that was posted without script is sent back to where it says it came from, which only a page of ours may say truly.
fn keep_at_home(response: &mut Response, host: &str) {
    let away = response.headers().get(header::LOCATION).is_some_and(|to| {
        let to = to.to_str().unwrap_or_default();
        let path = match to.split_once("://").map(|(_, rest)| rest.split_at(rest.find('/').unwrap_or(rest.len()))) {
            Some((theirs, path)) if theirs == host && !host.is_empty() => path,
            Some(_) => return true,
            None => to,
        };
        !path.is_empty() && request::own_path(path) != path
    });
    if away {
        response.headers_mut().insert(header::LOCATION, HeaderValue::from_static("/"));
    }
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
    let Sources { connect, images, workers, rest } = more.unwrap_or(&none);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:{images}; \
         media-src 'self' blob:; connect-src 'self'{connect}; font-src 'self'; object-src 'none'; worker-src 'self'{workers}; manifest-src 'self'; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'{rest}; report-uri {REPORTS}"
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
    pub workers: String,
    /// Further directives.
    pub rest: String,
}

/// Where browsers report what a page tried against its policy.
pub const REPORTS: &str = "/api/csp-report";
/// A report is about a kilobyte.
const MAX_REPORT: usize = 16 * 1024;

/// `POST /api/csp-report`: which rule of the policy was broken goes to the log. Addresses do not: they may hold ids, or be anybody's invention.
pub async fn policy_broken(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    body: Body,
) -> Result<StatusCode, AppError> {
    limits::take(&state.app, &limits::REPORT, &address.key()).await?;
    let body = axum::body::to_bytes(body, MAX_REPORT).await.map_err(|_| AppError::invalid("report", Rule::TooLong(MAX_REPORT as u32)))?;
    let report: serde_json::Value = serde_json::from_slice(&body).map_err(|_| AppError::invalid("report", Rule::Malformed))?;
    let report = &report["csp-report"];
    let directive = report["effective-directive"].as_str().or_else(|| report["violated-directive"].as_str()).unwrap_or_default();
    let directive: String = directive.chars().take_while(|c| c.is_ascii_lowercase() || *c == '-').take(40).collect();
    if !directive.is_empty() {
        tracing::warn!(directive, "a page broke its content security policy");
    }
    Ok(StatusCode::NO_CONTENT)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn location_after(to: &'static str) -> String {
        let mut response = (StatusCode::FOUND, [(header::LOCATION, to)]).into_response();
        keep_at_home(&mut response, "a.test:3000");
        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }

    #[test]
    fn a_form_is_sent_back_to_our_own_pages_only() {
        for own in ["/demo/inbox", "/demo/inbox?__err=x&__path=%2Fapi%2Fsend", "http://a.test:3000/demo/inbox?x=1", "https://a.test:3000"] {
            assert_eq!(location_after(own), own);
        }
        for foreign in [
            "https://evil.test/",
            "//evil.test",
            "/\\evil.test",
            "http://a.test:3000@evil.test/",
            "http://a.test:3000//evil.test",
            "javascript:x",
            "evil",
        ] {
            assert_eq!(location_after(foreign), "/", "{foreign}");
        }
    }

    #[tokio::test]
    async fn the_status_of_a_function_is_that_of_its_error() {
        let failed =
            |error: AppError| (StatusCode::INTERNAL_SERVER_ERROR, [("serverfnerror", "/api/x")], axum::Json(error)).into_response();
        let answer = honest(failed(AppError::invalid("request", Rule::Malformed))).await;
        assert_eq!(answer.status(), 422);
        let body = axum::body::to_bytes(answer.into_body(), 1_000).await.unwrap();
        assert_eq!(serde_json::from_slice::<AppError>(&body).unwrap(), AppError::invalid("request", Rule::Malformed));
        assert_eq!(honest(failed(AppError::Internal("abc".into()))).await.status(), 500);
        assert_eq!(honest(StatusCode::INTERNAL_SERVER_ERROR.into_response()).await.status(), 500);
    }

    #[test]
    fn what_another_site_caused_reaches_no_handler() {
        let refused = |method: &str, path: &str, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri(path);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            refusal(&request.body(Body::empty()).unwrap()).map(|response| response.status().as_u16())
        };
        for method in ["TRACE", "TRACK", "CONNECT"] {
            assert_eq!(refused(method, "/", &[]), Some(405), "{method}");
        }
        let cross = [("sec-fetch-site", "cross-site")];
        let foreign_origin = [("origin", "https://evil.test"), ("host", "a.test")];
        for headers in [&cross[..], &foreign_origin] {
            assert_eq!(refused("POST", "/sign-out", headers), Some(403));
            assert_eq!(refused("GET", "/api/demo/live", headers), Some(403));
            assert_eq!(refused("GET", "/api/demo/media/1", headers), Some(403));
            assert_eq!(refused("GET", "/demo/inbox", headers), None, "a link may lead here");
            assert_eq!(refused("POST", "/api/webhook/kapso", headers), None);
        }
        assert_eq!(refused("GET", "/api/demo/live", &[("sec-fetch-site", "same-origin")]), None);
        assert_eq!(refused("GET", "/api/demo/media/1", &[("sec-fetch-site", "none")]), None);
    }
}
