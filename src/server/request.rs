//! From a request to a [`Scope`], and what pages need to know about it.

use super::{
    limits::ClientAddress,
    scope::Scope,
    state::{App, AppState},
};
use crate::{
    auth::server::{MUST_CHANGE, SignedIn, signed_in},
    error::AppError,
    ids::{PersonId, WorkspaceId},
    ui::preferences::{Preferences, Theme},
    words::Locale,
    workspace::server::{Membership, memberships},
};
use axum::http::{HeaderMap, HeaderValue, header};
use leptos::{prelude::use_context, server_fn::error::ServerFnUrlError};
use std::sync::Arc;

/// The scope of a server function's caller in the workspace with this slug.
///
/// # Errors
/// `SignedOut` without a session; `NotFound` for a workspace the caller does not belong to, existing or not; `Suspended`.
pub async fn scope(slug: &str) -> Result<(Arc<App>, Scope), AppError> {
    let state = state()?;
    let headers = headers()?;
    let scope = scope_of(&state.app, &headers, slug).await.inspect_err(lead_to_new_password)?;
    Ok((state.app, scope))
}

/// Who calls a server function that is about no workspace, or about all.
///
/// # Errors
/// `SignedOut` without a session.
pub async fn caller() -> Result<(Arc<App>, SignedIn), AppError> {
    let state = state()?;
    let somebody = signed_in(&state.app, &headers()?).await.inspect_err(lead_to_new_password)?;
    Ok((state.app, somebody))
}

/// Whoever has a temporary password is led to the page that replaces it, from every page and form.
fn lead_to_new_password(error: &AppError) {
    if is_about_password(error) {
        leptos_axum::redirect("/change-password");
    }
}

fn is_about_password(error: &AppError) -> bool {
    matches!(error, AppError::Forbidden(key) if key == MUST_CHANGE)
}

/// As [`scope`], for plain axum handlers.
pub async fn scope_of(app: &App, headers: &HeaderMap, slug: &str) -> Result<Scope, AppError> {
    let somebody = signed_in(app, headers).await?;
    scope_in(app, somebody.person, somebody.session, |membership| membership.slug == slug).await
}

/// What somebody may do in a workspace right now, for what is done in their name while they are not there.
///
/// # Errors
/// `NotFound` for somebody who does not belong there (any more); `Suspended`.
pub async fn scope_of_person(app: &App, person: PersonId, workspace: WorkspaceId) -> Result<Scope, AppError> {
    scope_in(app, person, [0; 32], |membership| membership.workspace == workspace).await
}

async fn scope_in(app: &App, person: PersonId, session: [u8; 32], is_it: impl Fn(&Membership) -> bool) -> Result<Scope, AppError> {
    let membership = memberships(app, person).await?.into_iter().find(is_it).ok_or(AppError::NotFound)?;
    if membership.suspended {
        return Err(AppError::Suspended);
    }
    Ok(Scope {
        person,
        workspace: membership.workspace,
        role: membership.role,
        permissions: membership.permissions,
        custom_role: membership.custom_role,
        sees: membership.sees,
        rights: membership.rights,
        slug: membership.slug,
        name: membership.name,
        session,
    })
}

/// The state of the running server function or page.
pub fn state() -> Result<AppState, AppError> {
    use_context::<AppState>().ok_or_else(|| super::error::internal("no state in context"))
}

/// The product, for server functions that nobody needs to be signed in for.
pub fn app() -> Result<Arc<App>, AppError> {
    state().map(|state| state.app)
}

/// Runs a server function's work and gives the answer (or the page being rendered around it) the status of its error. A form posted without
/// JavaScript keeps its redirect, which carries the error back to the page.
pub async fn answered<T>(work: impl Future<Output = Result<T, AppError>>) -> Result<T, AppError> {
    let outcome = work.await;
    if let Err(error) = &outcome
        && let Some(parts) = use_context::<http::request::Parts>()
        && let Some(response) = use_context::<leptos_axum::ResponseOptions>()
        && !(parts.method == http::Method::POST && wants_page(&parts.headers))
        // Led to another page already.
        && !(is_about_password(error) && wants_page(&parts.headers))
        && let Ok(status) = http::StatusCode::from_u16(error.status())
    {
        response.set_status(status);
        if let AppError::TooMany(seconds) = error {
            response.insert_header(header::RETRY_AFTER, HeaderValue::from(*seconds));
        }
    }
    outcome
}

/// Whether a browser asks that shows what it gets, and not our script.
pub fn wants_page(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value: &HeaderValue| value.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// The headers of the request being answered.
pub fn headers() -> Result<HeaderMap, AppError> {
    use_context::<http::request::Parts>().map(|parts| parts.headers).ok_or_else(|| super::error::internal("no request in context"))
}

/// Whom the running server function's request comes from.
pub fn client_address() -> Result<ClientAddress, AppError> {
    use_context::<http::request::Parts>()
        .and_then(|parts| parts.extensions.get::<ClientAddress>().copied())
        .ok_or_else(|| super::error::internal("no address in context"))
}

/// Language and theme as the browser's cookies say; the language else by `Accept-Language`, else Indonesian.
pub fn preferences() -> Preferences {
    preferences_of(&headers().unwrap_or_default())
}

/// As [`preferences`], from headers.
pub fn preferences_of(headers: &HeaderMap) -> Preferences {
    let cookie = |wanted: &str| {
        headers
            .get_all(header::COOKIE)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(name, value)| (name == wanted).then(|| value.to_owned()))
    };
    let accepted =
        headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).and_then(|value| Locale::parse(value.get(..2)?));
    Preferences {
        locale: cookie("locale").and_then(|value| Locale::parse(&value)).or(accepted).unwrap_or_default(),
        theme: cookie("theme").and_then(|value| Theme::parse(&value)).unwrap_or_default(),
    }
}

/// Refuses posts that another site made the browser send (CSRF): by Fetch Metadata, else by comparing Origin with Host. Requests with neither come
/// from programs, which have no ambient cookies.
pub fn same_origin(headers: &HeaderMap) -> Result<(), AppError> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let fine = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = text("host").unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, from)| !host.is_empty() && from == host)
        }
        (None, None) => true,
    };
    if fine { Ok(()) } else { Err(AppError::Forbidden("same-origin".into())) }
}

/// `path` if it is one of this site, else `/`: for every redirect whose target came with a request. Whatever a browser, or a proxy that decodes
/// once more, might read as another host is none: `//`, a backslash, control characters, and their encoded forms.
pub fn own_path(path: &str) -> &str {
    let suspicious = |text: &str| {
        let stem = text.split(['?', '#']).next().unwrap_or_default();
        !stem.starts_with('/')
            || stem.contains("//")
            || text.contains('\\')
            || text.chars().any(char::is_control)
            || text.contains("/../")
            || text.contains("/./")
    };
    let mut text = path.to_owned();
    // Twice encoded, in case something between decodes.
    for _ in 0..3 {
        if suspicious(&text) {
            return "/";
        }
        text = decoded(&text);
    }
    if suspicious(&text) || path.len() > 2_000 { "/" } else { path }
}

/// The path of a text with its percent-encoded bytes decoded; what is no UTF-8 then becomes a replacement character. The query stays as it is.
fn decoded(text: &str) -> String {
    let (path, query) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let hex = tail.get(..2).filter(|_| *first == b'%').and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match hex {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    format!("{}{query}", String::from_utf8_lossy(&bytes))
}

/// The query of the page on which the request was made, as the browser tells it: only for what anybody may write there.
pub fn query_before() -> Option<String> {
    query_before_of(&headers().ok()?)
}

/// As [`query_before`], for plain axum handlers.
pub fn query_before_of(headers: &HeaderMap) -> Option<String> {
    let (_, query) = headers.get(header::REFERER)?.to_str().ok()?.split_once('?')?;
    Some(query.split('#').next().unwrap_or_default().to_owned())
}

/// After a form post without JavaScript: back to the page (303). A call from our script is answered with data.
pub fn back_to_page_without_script(path: &str) {
    if headers().is_ok_and(|headers| wants_page(&headers)) {
        leptos_axum::redirect(path);
    }
}

/// A page of ours with what went wrong in its address, as pages find it there after a form without script to the function at `path`.
pub fn page_with(page: &str, path: &str, error: Option<&AppError>) -> Option<String> {
    let page = own_path(page);
    let Some(error) = error else { return Some(page.to_owned()) };
    // The address needs a host to be one; only what follows it is used.
    let told = ServerFnUrlError::new(path, error.clone()).to_url(&format!("http://localhost{page}")).ok()?;
    Some(format!("{}?{}", told.path(), told.query().unwrap_or_default()))
}

/// After a form without script that was refused: to this page instead of the one that it was sent from.
pub fn back_with_error(page: &str, path: &str, error: &AppError) {
    if let Some(page) = page_with(page, path, Some(error)) {
        back_to_page_without_script(&page);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (http::HeaderName::from_static(name), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn posts_from_other_sites_are_refused() {
        for fine in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://a.test"), ("host", "a.test")],
            &[("host", "a.test")],
        ] {
            assert!(same_origin(&headers(fine)).is_ok(), "{fine:?}");
        }
        for foreign in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "cross-site"), ("origin", "https://a.test"), ("host", "a.test")],
            &[("origin", "https://b.test"), ("host", "a.test")],
            &[("origin", "https://evil-a.test"), ("host", "a.test")],
            &[("origin", "https://a.test:8080"), ("host", "a.test")],
            &[("origin", "https://")],
            &[("origin", "null"), ("host", "a.test")],
        ] {
            assert!(same_origin(&headers(foreign)).is_err(), "{foreign:?}");
        }
    }

    #[test]
    fn a_redirect_never_leaves_the_site() {
        for own in
            ["/", "/demo/inbox?x=1", "/demo/inbox?back=https%3A%2F%2Fa.test//x", "/a%20b", "/demo/inbox/0192?page=1.2#utama", "/caf%C3%A9"]
        {
            assert_eq!(own_path(own), own);
        }
        for foreign in [
            "",
            "demo",
            "https://evil.test",
            "//evil.test",
            "///evil.test",
            "/\\evil.test",
            "\\\\evil.test",
            "/\t/evil.test",
            "/\r\nset-cookie: a=b",
            "/%2Fevil.test",
            "/%2fevil.test",
            "/%5Cevil.test",
            "/%252Fevil.test",
            "%2F%2Fevil.test",
            "/%09/evil.test",
            "/%0d%0aset-cookie:%20a=b",
            "/.//evil.test",
            "/x/..//evil.test",
            "/x/%2e%2e//evil.test",
            "javascript:alert(1)",
            "@evil.test",
        ] {
            assert_eq!(own_path(foreign), "/", "{foreign}");
        }
        assert_eq!(own_path(&format!("/{}", "x".repeat(3_000))), "/");
    }

    #[test]
    fn the_cookie_beats_the_browsers_language() {
        let both = preferences_of(&headers(&[("cookie", "theme=dark; locale=id"), ("accept-language", "en-GB,en")]));
        assert_eq!((both.locale, both.theme), (Locale::Id, Theme::Dark));
        assert_eq!(preferences_of(&headers(&[("accept-language", "en-GB,en")])).locale, Locale::En);
        assert_eq!(preferences_of(&headers(&[("accept-language", "fr")])).locale, Locale::Id);
        assert_eq!(preferences_of(&headers(&[("cookie", "locale=xx")])).locale, Locale::Id);
    }
}
