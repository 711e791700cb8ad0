//! People, sessions and signing in with a local account.

#[cfg(feature = "ssr")]
pub mod server;
