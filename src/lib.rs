//! my21staff: the shared WhatsApp inbox, CRM and AI front desk of small teams.
//!
//! The crate is compiled twice. With `ssr` it is the server: pages, server functions, webhooks, live streams, jobs. With `hydrate`
//! it is the browser's half, entered through `frontend/`. A *slice* is one part of the business with everything it needs:
//!
//! * [`inbox`]: conversations and messages, the heart; ingest and sending live in its `server` module
//! * [`live`]: what changed, streamed to every open screen
//! * [`push`]: calling people whose pages are closed
//! * [`offline`]: reading without a connection what was open
//! * [`assistant`]: ARI, who answers first and hands over
//! * [`auth`]: people, sessions, sign-in
//! * [`workspace`]: the tenant and who belongs to it
//! * `sandbox`: the demo's customer phone, fake WhatsApp gateway and fake model, over the real wire formats
//!
//! Beside the slices: [`ui`] (the design system, no business words), [`words`] (every visible sentence, both languages),
//! [`app`] (the site map), [`error`], [`ids`], [`time`], and `server` (what exists only on the server and belongs to no slice).

#![recursion_limit = "256"]

pub mod app;
pub mod assistant;
pub mod auth;
pub mod error;
pub mod ids;
pub mod inbox;
pub mod live;
pub mod offline;
pub mod push;
pub mod time;
pub mod ui;
pub mod wire;
pub mod words;
pub mod workspace;

#[cfg(feature = "ssr")]
pub mod sandbox;
#[cfg(feature = "ssr")]
pub mod server;
