//! The service worker, and what makes a page tell it what it hears. See [`crate::offline`].

use crate::inbox::{api::LoadThread, server::scripts};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use leptos::{prelude::AnyView, server_fn::ServerFn};

/// The service worker: what shows calls, and what is kept, which has names of its own.
const WORKER: &str = concat!(include_str!("../push/worker.js"), "\n(() => {\n", include_str!("worker.js"), "})();\n");

/// `GET /worker.js`. Under a name that never changes, because a browser asks for it again by that.
pub async fn worker() -> Response {
    let mut response = WORKER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; connect-src 'self'; img-src 'self'"));
    response
}

/// What waits in the inbox's head for the stream to be open.
pub fn prepare() -> AnyView {
    scripts::KEEPING.wait_with(Some(LoadThread::PATH))
}
