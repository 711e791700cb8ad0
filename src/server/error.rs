//! From what failed to what may be said about it. The cause is logged here, once, under the reference that the person sees.

use crate::error::AppError;
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

impl From<sqlx::Error> for AppError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::RowNotFound => Self::NotFound,
            sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Io(_) => {
                internal(&format!("database out of reach: {}", kind(&error)));
                Self::Upstream("database".into())
            }
            _ => internal(&kind(&error)),
        }
    }
}

/// Logs a cause and gives the reference to show. `cause` must not hold personal data.
pub fn internal(cause: &str) -> AppError {
    let reference = uuid::Uuid::new_v4().simple().to_string()[..8].to_owned();
    tracing::error!(reference, cause, "request failed");
    AppError::Internal(reference)
}

/// A database error without the row values that Postgres puts into its `detail`.
pub fn kind(error: &sqlx::Error) -> String {
    match error.as_database_error() {
        Some(database) => format!("{} {}", database.code().unwrap_or_default(), database.constraint().unwrap_or(database.message())),
        None => match error {
            sqlx::Error::Io(io) => format!("io: {}", io.kind()),
            sqlx::Error::ColumnDecode { index, .. } => format!("column {index} cannot be decoded"),
            other => other.to_string(),
        },
    }
}

impl IntoResponse for AppError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let wait = match &self {
            Self::TooMany(seconds) => Some([(header::RETRY_AFTER, seconds.to_string())]),
            _ => None,
        };
        (status, wait, Json(self)).into_response()
    }
}

/// A panic in one request harms no other: it is answered like any internal error.
pub fn panicked(_: Box<dyn std::any::Any + Send + 'static>) -> Response {
    // The panic hook has logged where; the payload may hold input, so it is not.
    internal("a handler panicked").into_response()
}
