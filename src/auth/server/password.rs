//! Password hashing with argon2id at the library's recommended cost. Slow on purpose, so always off the async threads.

use argon2::{
    Argon2, PasswordHash, PasswordHasher, PasswordVerifier,
    password_hash::SaltString,
};

use crate::{error::AppError, server::crypto::random_bytes, server::error::internal};

/// Hashes a new password (PHC string).
pub async fn hash(password: String) -> Result<String, AppError> {
    blocking(move || {
        let salt = SaltString::encode_b64(&random_bytes::<16>()).ok()?;
        Argon2::default().hash_password(password.as_bytes(), &salt).ok().map(|hash| hash.to_string())
    })
    .await?
    .ok_or_else(|| internal("password hashing failed"))
}

/// Whether the password belongs to the hash. Without a hash (unknown person) the same work is done and the answer is no.
pub async fn verify(password: String, hash: Option<String>) -> Result<bool, AppError> {
    blocking(move || {
        let known = hash.is_some();
        // Of a random password nobody has.
        let hash = hash.unwrap_or_else(|| "$argon2id$v=19$m=19456,t=2,p=1$V2FycGVkU2FsdDEyMzQ1Ng$2P1nGQIeFEyVy4Dl1FZ5SElr5kx5PZ7VbLXXq0bxJzA".into());
        let right = PasswordHash::new(&hash).is_ok_and(|parsed| Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok());
        known && right
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, AppError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| internal("a password thread died"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_right_password_of_a_known_person_is_right() {
        let hashed = hash("kata sandi".into()).await.unwrap();
        assert!(hashed.starts_with("$argon2id$"));
        assert!(verify("kata sandi".into(), Some(hashed.clone())).await.unwrap());
        assert!(!verify("Kata sandi".into(), Some(hashed)).await.unwrap());
        assert!(!verify("kata sandi".into(), None).await.unwrap());
    }
}
