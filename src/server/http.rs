//! How this server speaks to other servers: one client, bodies read up to a limit, and foreign error texts made fit for a log.

use bytes::{Bytes, BytesMut};
use reqwest::{Client, ClientBuilder, redirect::Policy};
use std::time::Duration;

/// How long a connection, its TLS handshake included, may take to come about.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Characters of a foreign error text that are kept.
const MAX_REASON: usize = 300;
/// From this many digits on, a number could be a telephone number or a user id.
const LONG_NUMBER: usize = 7;

/// The client that providers are called with. It is cheap to clone and pools its connections; make one per process.
///
/// Redirects are not followed (an API that redirects is misconfigured, and would get our keys), and proxies named in the
/// environment are not used.
///
/// # Panics
/// At start-up, when the system has root certificates and none of them is usable.
pub fn http_client() -> Client {
    client_builder().build().expect("the system's root certificates are unusable")
}

/// What all outgoing clients have in common.
pub(crate) fn client_builder() -> ClientBuilder {
    // An error only says that the process has its provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .no_proxy()
        .user_agent(concat!("my21staff/", env!("CARGO_PKG_VERSION")))
}

/// How a request failed below HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The URL or a header cannot be sent at all.
    Malformed,
    /// No connection came about: nothing of the request was sent.
    NotConnected,
    /// The request went out, wholly or in part, and no complete answer came in time.
    TimedOut,
    /// The connection broke after the request went out, wholly or in part.
    Lost,
    /// The answer is longer than allowed.
    TooLarge,
}

impl Broken {
    pub fn of(error: &reqwest::Error) -> Self {
        if error.is_builder() {
            Self::Malformed
        } else if error.is_connect() {
            Self::NotConnected
        } else if error.is_timeout() {
            Self::TimedOut
        } else {
            Self::Lost
        }
    }

    /// For logs and failure records. The error's own text is not used: it holds the URL, and with it ids and tokens.
    pub fn words(self) -> &'static str {
        match self {
            Self::Malformed => "the request cannot be built: check the base URL and the key",
            Self::NotConnected => "no connection",
            Self::TimedOut => "no answer in time",
            Self::Lost => "the connection broke before the answer was complete",
            Self::TooLarge => "the answer is too large",
        }
    }
}

/// The whole body, as long as it has at most `max` bytes. Reading stops at the first byte too many.
pub async fn read_body(mut response: reqwest::Response, max: usize) -> Result<Bytes, Broken> {
    let announced = response.content_length().unwrap_or(0);
    if announced > max as u64 {
        return Err(Broken::TooLarge);
    }
    // The announcement is a stranger's: it may save copies, not reserve memory without end.
    let mut body = BytesMut::with_capacity(announced.min(1 << 20) as usize);
    while let Some(chunk) = response.chunk().await.map_err(|error| Broken::of(&error))? {
        if body.len() + chunk.len() > max {
            return Err(Broken::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// A provider's error text as it may be logged and stored: one line, at most 300 characters, without `secret` and without anything that
/// could be a telephone number (seven digits or more, also when written in groups; ISO dates stay).
pub fn scrub(text: &str, secret: Option<&str>) -> String {
    let mut text: String =
        text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    if let Some(secret) = secret.filter(|secret| !secret.is_empty()) {
        text = text.replace(secret, "…");
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let run = number(&rest[start..]);
        clean.push_str(&rest[..start]);
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        clean.push_str(if digits >= LONG_NUMBER && !is_date(run) { "…" } else { run });
        rest = &rest[start + run.len()..];
    }
    clean.push_str(rest);
    clean.chars().take(MAX_REASON).collect()
}

/// The digits that `text` begins with, with single separators between them.
fn number(text: &str) -> &str {
    let mut end = 0;
    let mut separators = 0;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => (end, separators) = (at + 1, 0),
            ' ' | '-' | '.' | '(' | ')' if separators < 2 => separators += 1,
            _ => break,
        }
    }
    &text[..end]
}

/// `2026-11-20`
fn is_date(text: &str) -> bool {
    text.len() == 10 && text.bytes().enumerate().all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn telephone_numbers_and_keys_do_not_get_into_reasons() {
        assert_eq!(scrub("Recipient 6281234567890 is not\n on WhatsApp", None), "Recipient … is not on WhatsApp");
        assert_eq!(scrub("+62 812-3456-7890, (0361) 123 456.", None), "+…, (….");
        assert_eq!(scrub("user US.13491208655302741918", None), "user US.…");
        assert_eq!(scrub("Incorrect key xai-secret given", Some("xai-secret")), "Incorrect key … given");
    }

    #[test]
    fn codes_dates_and_short_numbers_stay() {
        let text = "(#131056) pair rate limit hit on 2025-09-15, 2 of 1024 characters";
        assert_eq!(scrub(text, Some("")), text);
    }

    #[test]
    fn reasons_end_after_three_hundred_characters() {
        assert_eq!(scrub(&"é".repeat(1_000), None).chars().count(), 300);
    }
}
