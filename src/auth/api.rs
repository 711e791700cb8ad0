//! What the sign-in page needs to know. Signing in itself is a plain form post to `/sign-in`.

use crate::error::AppError;
use leptos::prelude::*;
use leptos::server_fn::codec::{GetUrl, Json};
use serde::{Deserialize, Serialize};

/// The ways in that this server offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInOptions {
    /// Demo mode: the seeded people sign in with one click.
    pub demo: bool,
}

/// Asked by visitors who are not signed in.
#[server(input = GetUrl, output = Json)]
pub async fn load_sign_in() -> Result<SignInOptions, AppError> {
    let app = crate::server::request::app()?;
    Ok(crate::auth::server::sign_in_options(&app))
}
