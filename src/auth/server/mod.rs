//! Local accounts: password check, sessions, the cookie, and the demo's one-click sign-in.
//!
//! The cookie holds 32 random bytes; the database holds their SHA-256. Answers and timing are the same for unknown people and wrong passwords.

mod device;
pub mod page;
mod password;
mod routes;
mod sessions;

pub use password::hash;
pub use routes::{demo_sign_in, sign_in, sign_out};
pub use sessions::{COOKIE, Ended, MUST_CHANGE, SignedIn, end_all_of, signed_in, token_from};
