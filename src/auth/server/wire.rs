//! What the handlers of accounts have in common: redirects that carry an outcome, tokens in links, addresses, and answers that take their time.

use crate::{
    error::AppError,
    server::{
        crypto::{random_bytes, token_hash},
        request,
    },
};
use axum::{
    http::HeaderMap,
    response::{IntoResponse, Redirect, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::time::Duration;
use tokio::time::Instant;

/// How long an answer takes at least that must not tell by its time whether an account exists. Longer than the work behind it.
const FLOOR: Duration = Duration::from_millis(400);
/// Characters of a person's name.
const MAX_NAME: usize = 100;

/// Back to a page, which says what is wrong. `code` is one of the page's.
pub fn problem(path: &str, code: &str) -> Response {
    outcome(path, "problem", code)
}

/// Back to a page, which says what was done.
pub fn done(path: &str, code: &str) -> Response {
    outcome(path, "done", code)
}

fn outcome(path: &str, what: &str, code: &str) -> Response {
    let mark = if path.contains('?') { '&' } else { '?' };
    Redirect::to(&format!("{path}{mark}{what}={code}")).into_response()
}

/// A form that came too often goes back to its page; programs are told by the status. None where it was allowed.
pub fn throttled(allowed: Result<(), AppError>, headers: &HeaderMap, path: &str) -> Result<Option<Response>, AppError> {
    match allowed {
        Ok(()) => Ok(None),
        Err(AppError::TooMany(_)) if request::wants_page(headers) => Ok(Some(problem(path, "throttled"))),
        Err(error) => Err(error),
    }
}

/// Where to go after signing in: a path of this site, else the dashboard.
pub fn back_path(back: &str) -> &str {
    match request::own_path(back) {
        "/" => "/dashboard",
        path => path,
    }
}

/// An address that mail can be sent to, in small letters.
pub fn email_of(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let plain = !email.chars().any(|c| c.is_control() || c.is_whitespace()) && email.len() <= 254;
    // The database and the mail provider see the same text, so nothing but the plain form is taken.
    (plain && email.parse::<lettre::Address>().is_ok() && !email.contains(['"', '<', '>', ','])).then_some(email)
}

/// A person's name: not empty, not too long, one line.
pub fn name_of(text: &str) -> Option<String> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control)).then_some(name)
}

/// A fresh token for a link: its text and the hash to store.
pub fn fresh_token() -> (String, [u8; 32]) {
    let token = random_bytes::<32>();
    (URL_SAFE_NO_PAD.encode(token), token_hash(&token))
}

/// The hash of a link's token. None for anything but 32 bytes in the one way that we write them: an empty or shortened token is none.
pub fn stored_token(text: &str) -> Option<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 32)?;
    Some(token_hash(&bytes))
}

/// Waits until the answer may be given.
pub async fn unhurried(began: Instant) {
    tokio::time::sleep_until(began + FLOOR).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_one_form() {
        let (text, hash) = fresh_token();
        assert_eq!(stored_token(&text), Some(hash));
        let other_case: String =
            text.chars().map(|c| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect();
        assert_ne!(stored_token(&other_case), Some(hash));
        for wrong in
            ["", " ", "%00", "null", &format!(" {text}"), &format!("{text} "), &format!("{text}="), &text[..42], &format!("{text}A")]
        {
            assert_eq!(stored_token(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn addresses_are_plain() {
        assert_eq!(email_of("  Sekar@Toko.Test ").as_deref(), Some("sekar@toko.test"));
        assert_eq!(email_of("a.b+c@toko.co.id").as_deref(), Some("a.b+c@toko.co.id"));
        let long = format!("{}@toko.test", "a".repeat(250));
        for wrong in
            ["", "sekar", "@toko.test", "sekar@", "a@b.test\r\nBcc: x@y.test", "a b@toko.test", "<a@b.test>", "a@b.test,c@d.test", &long]
        {
            assert_eq!(email_of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn names_are_one_line() {
        assert_eq!(name_of(" Ni  Luh\nKetut ").as_deref(), Some("Ni Luh Ketut"));
        for wrong in ["", " \t ", &"a".repeat(101), "a\u{0}b"] {
            assert_eq!(name_of(wrong), None, "{wrong:?}");
        }
    }

    #[test]
    fn signing_in_leads_to_a_page_of_ours() {
        assert_eq!(back_path("/demo/inbox?x=1"), "/demo/inbox?x=1");
        for away in ["", "/", "https://evil.test", "//evil.test", "/\\evil.test", "/%2f/evil.test", "/%5cevil.test", "javascript:alert(1)"]
        {
            assert_eq!(back_path(away), "/dashboard", "{away}");
        }
    }
}
