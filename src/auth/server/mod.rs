//! Who is calling: through [`clerk`] where its keys are configured, else by a local account.
//!
//! Local accounts: signing up and in, passwords, sessions and their cookie, second factors, passkeys, and the demo's one-click sign-in.
//!
//! Local accounts: password check, sessions, the cookie, and the demo's one-click sign-in. The cookie holds 32 random bytes; the database holds their SHA-256. Answers and timing are the same for unknown people and wrong passwords.

pub mod account;
pub mod account_page;
mod challenge;
pub mod clerk;
pub(crate) mod device;
pub mod entry;
pub mod factors;
pub mod page;
pub mod passkeys;
mod password;
pub mod resetting;
mod sessions;
pub mod signing_in;
pub mod signing_up;
mod totp;
mod webauthn;
mod wire;

pub use password::{Weak, acceptable, hash, temporary};
pub use sessions::{COOKIE, Ended, MUST_CHANGE, SignedIn, end_all_of, token_from};
pub use signing_in::welcome;

use crate::{error::AppError, server::state::App};
use axum::http::HeaderMap;

/// Who sent the request.
///
/// # Errors
/// `SignedOut` without a valid session; `Forbidden` with [`MUST_CHANGE`] while a temporary password waits to be replaced.
pub async fn signed_in(app: &App, headers: &HeaderMap) -> Result<SignedIn, AppError> {
    match &app.clerk {
        Some(clerk) => clerk.signed_in(app, headers).await,
        None => sessions::signed_in(app, headers).await,
    }
}

/// Forgets what is too old to be finished; called by the minute's chores.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    let now = app.clock.now();
    sqlx::query!("delete from session where expires_at < $1", now).execute(&app.db.system).await?;
    sqlx::query!("delete from sign_up where expires_at < $1", now).execute(&app.db.system).await?;
    sqlx::query!("delete from password_reset where expires_at < $1", now).execute(&app.db.system).await?;
    sqlx::query!("delete from challenge where expires_at < $1", now).execute(&app.db.system).await?;
    Ok(())
}
