//! Passwords: what may be one, and hashing with argon2id at the library's recommended cost. Slow on purpose, so always off the async threads.

use argon2::{Argon2, PasswordHash, PasswordHasher, PasswordVerifier, password_hash::SaltString};

use crate::{error::AppError, server::crypto::random_bytes, server::error::internal};

/// Characters that a password has at least (F18).
pub const SHORTEST: usize = 8;
/// Bytes that a password has at most, so that nobody has megabytes hashed.
const LONGEST: usize = 1_000;
/// What is guessed first. Compared in small letters, without what stands around the letters and digits.
const COMMON: &[&str] = &[
    "12345678",
    "123456789",
    "1234567890",
    "11111111",
    "00000000",
    "87654321",
    "12341234",
    "123123123",
    "11223344",
    "88888888",
    "password",
    "password1",
    "password12",
    "password123",
    "passw0rd",
    "p@ssw0rd",
    "p@ssword",
    "qwertyui",
    "qwertyuiop",
    "qwerty123",
    "qwerty12345",
    "1q2w3e4r",
    "1qaz2wsx",
    "asdfghjkl",
    "abcd1234",
    "abc12345",
    "abcdefgh",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "letmein1",
    "welcome1",
    "welcome123",
    "admin123",
    "administrator",
    "changeme",
    "rahasia123",
    "rahasiaku",
    "katasandi",
    "katasandi123",
    "sayangku",
    "sayang123",
    "bismillah",
    "bismillah123",
    "indonesia",
    "indonesia123",
    "indonesia1",
    "merdeka45",
    "merdeka17",
    "jakarta123",
    "persija1928",
    "persib1933",
    "surabaya",
    "bandung123",
    "alhamdulillah",
    "anakku123",
    "cintaku123",
    "semangat45",
    "my21staff",
    "my21staff123",
    "whatsapp",
    "whatsapp123",
];

/// Why something cannot be a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weak {
    TooShort,
    TooLong,
    /// Among the first that are guessed, or the person's own address.
    Common,
}

impl Weak {
    /// As pages know it.
    pub fn code(self) -> &'static str {
        match self {
            Self::TooShort => "short",
            Self::TooLong => "long",
            Self::Common => "common",
        }
    }
}

/// Whether this may be a password of somebody with this address.
pub fn acceptable(password: &str, email: &str) -> Result<(), Weak> {
    if password.chars().count() < SHORTEST {
        return Err(Weak::TooShort);
    }
    if password.len() > LONGEST {
        return Err(Weak::TooLong);
    }
    let small = password.to_lowercase();
    let core = small.trim_matches(|c: char| !c.is_alphanumeric());
    let mut characters = small.chars();
    let first = characters.next();
    let all_alike = characters.all(|c| Some(c) == first);
    let own = small == email || email.split('@').next().is_some_and(|name| name == core);
    if all_alike || own || COMMON.contains(&core) || COMMON.contains(&small.as_str()) { Err(Weak::Common) } else { Ok(()) }
}

/// A password for somebody else's account, to be replaced at the first sign-in (`person.must_change_password`): sixty bits, easy to read out.
pub fn temporary() -> String {
    let code = super::totp::base32(&random_bytes::<8>());
    format!("{}-{}-{}", &code[..4], &code[4..8], &code[8..12])
}

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
    if password.len() > LONGEST {
        return Ok(false);
    }
    blocking(move || {
        let known = hash.is_some();
        // Of a random password nobody has.
        let hash = hash
            .unwrap_or_else(|| "$argon2id$v=19$m=19456,t=2,p=1$V2FycGVkU2FsdDEyMzQ1Ng$2P1nGQIeFEyVy4Dl1FZ5SElr5kx5PZ7VbLXXq0bxJzA".into());
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

    #[test]
    fn temporary_passwords_are_passwords_and_differ() {
        let (one, other) = (temporary(), temporary());
        assert_eq!((one.len(), acceptable(&one, "a@b.test")), (14, Ok(())));
        assert_ne!(one, other);
    }

    #[test]
    fn what_is_guessed_first_is_no_password() {
        let email = "sekar.ayu@toko.test";
        for good in ["kopi tubruk tiga", "x7$Kq!2p", "12345678a9", "𝒶𝒷𝒸𝒹𝑒𝒻𝑔𝒽!"] {
            assert_eq!(acceptable(good, email), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", Weak::TooShort),
            ("a1b2c3d", Weak::TooShort),
            ("        ", Weak::Common),
            ("ßßßßßßßß", Weak::Common),
            ("Password123", Weak::Common),
            ("RAHASIA123!!", Weak::Common),
            ("sekar.ayu@toko.test", Weak::Common),
            ("Sekar.Ayu!", Weak::Common),
            (&"a".repeat(1_001), Weak::TooLong),
        ] {
            assert_eq!(acceptable(bad, email), Err(why), "{bad}");
        }
    }
}
