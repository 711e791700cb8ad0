//! People, sessions and signing in with a local account.

use serde::{Deserialize, Serialize};

pub mod api;
#[cfg(feature = "ssr")]
pub mod server;

/// What the sign-in page offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInOptions {
    /// One-click sign-in to the demo workspaces.
    pub demo: bool,
}
