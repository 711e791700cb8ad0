//! Who is calling: through [`clerk`] where its keys are configured, else by a local account.
//!
//! Local accounts: password check, sessions, the cookie, and the demo's one-click sign-in. The cookie holds 32 random bytes; the database holds their SHA-256. Answers and timing are the same for unknown people and wrong passwords.

pub mod clerk;
pub mod page;
mod password;
mod routes;
mod sessions;

pub use password::hash;
pub use routes::{demo_sign_in, sign_in, sign_out};
pub use sessions::{COOKIE, SignedIn, token_from};

use crate::{error::AppError, server::state::App};
use axum::http::HeaderMap;

/// Who sent the request.
///
/// # Errors
/// `SignedOut` without a valid session.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<SignedIn, AppError> {
    match &app.clerk {
        Some(clerk) => clerk.signed_in(app, headers).await,
        None => sessions::signed_in(app, headers).await,
    }
}
