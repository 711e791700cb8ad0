//! People, sessions and signing in with a local account.

pub mod api;
pub mod page;

#[cfg(feature = "ssr")]
pub mod server;
