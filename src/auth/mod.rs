//! People, sessions and signing in with a local account. All of it is plain forms and pages that the server renders.

#[cfg(feature = "ssr")]
pub mod server;
