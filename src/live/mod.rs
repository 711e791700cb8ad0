//! What changed, on every open screen, without loss.
//!
//! The server's half turns committed events into frames and streams them (`GET /api/{workspace}/live`, server-sent events whose `id` is
//! the event's sequence number); the browser's half keeps one connection for all tabs and resumes where it stopped.

pub mod feed;

#[cfg(feature = "ssr")]
pub mod server;
