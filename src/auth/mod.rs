//! People, sessions and signing in with a local account.

pub mod api;
#[cfg(feature = "ssr")]
pub mod server;
