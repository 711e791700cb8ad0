//! Reading without a connection what was open, in the browser that it was open in.
//!
//! A service worker (`worker.js`) keeps, of each workspace that somebody reads in a browser, the inbox's page, the frames of the stream since, and the newest
//! messages of the conversations that were open; pages tell it what they hear (`keeping.js`). It answers in the server's stead only where the server cannot be
//! reached. The page that it gives then is one of ours like any other: it shows from when it is, what is written in it waits to be sent
//! ([`crate::inbox::outbox`]), and once there is a connection it goes on from where it ended.
//!
//! What is kept goes with the session, with the person's rights in the workspace, after a week, and when somebody does not want it there (account menu).

#[cfg(feature = "ssr")]
mod serving {
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
}

#[cfg(feature = "ssr")]
pub use serving::{prepare, worker};
