//! ARI, the assistant who answers first and hands over to people.

#[cfg(feature = "ssr")]
pub mod server;
