//! From a request's headers to the one token that counts, as Clerk's own backends choose it.
//!
//! `Authorization: Bearer` wins over cookies. Among cookies the set with this instance's suffix wins; without it the plain set counts, unless its
//! token is another instance's (several applications on one host in development). Beside the token there is `__client_uat`, the second of the
//! last sign-in or sign-out in this browser: a token from before it is over.

use super::token::{Reason, Unverified};
use http::{HeaderMap, Method, header};

/// What a request carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    Nothing,
    Bearer(String),
    Cookies {
        session: Option<String>,
        /// Unix seconds; 0 is signed out.
        client_uat: i64,
    },
}

/// Finds it. `suffix` and `issuer` are this instance's.
pub fn carried(headers: &HeaderMap, suffix: &str, issuer: &str) -> Carried {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| {
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
    });
    if let Some(token) = bearer {
        return Carried::Bearer(token);
    }
    let (mut session, mut uat) = (cookie(headers, &format!("__session_{suffix}")), cookie(headers, &format!("__client_uat_{suffix}")));
    if session.is_none() && uat.is_none() {
        (session, uat) = (cookie(headers, "__session"), cookie(headers, "__client_uat"));
        let foreign =
            session.as_deref().and_then(|token| Unverified::parse(token).ok()).is_some_and(|token| token.issuer() != Some(issuer));
        if foreign {
            return Carried::Nothing;
        }
    }
    let client_uat = uat.and_then(|uat| uat.parse().ok()).unwrap_or(0);
    if session.is_none() && client_uat == 0 { Carried::Nothing } else { Carried::Cookies { session, client_uat } }
}

/// What the cookies alone say against the session; none when the token has the word.
pub fn contradiction(session: Option<&str>, client_uat: i64) -> Option<Reason> {
    match (session, client_uat > 0) {
        (None, true) => Some(Reason::ClientUatButNoSessionToken),
        (None, false) => Some(Reason::SessionTokenAndUatMissing),
        (Some(_), false) => Some(Reason::SessionTokenButNoClientUat),
        (Some(token), true) => {
            let issued = Unverified::parse(token).ok().and_then(|token| token.issued_at());
            issued.is_some_and(|issued| issued < client_uat).then_some(Reason::SessionTokenIatBeforeClientUat)
        }
    }
}

/// Whether clerk-js in a browser can be expected to mend this: the session may well go on, only the token is not there or no longer good.
pub fn can_be_refreshed(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::ClientUatButNoSessionToken
            | Reason::SessionTokenButNoClientUat
            | Reason::SessionTokenIatBeforeClientUat
            | Reason::Expired
            | Reason::NotActiveYet
            | Reason::IatInTheFuture
    )
}

/// Whether a browser asks for a page to show.
pub fn wants_document(method: &Method, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    method == Method::GET
        && match text("sec-fetch-dest") {
            Some("document" | "iframe") => true,
            // Our service worker asks for the page that it keeps.
            Some(_) => text("x-keeps") == Some("page"),
            None => text("accept").is_some_and(|accept| accept.starts_with("text/html")),
        }
}

fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, value)| *name == wanted && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}
