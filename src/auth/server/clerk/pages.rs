//! The pages that Clerk's components live on, and what every page of somebody who is signed in needs so that the session goes on.
//!
//! Any plain page may hold `<div data-clerk="user-button">` or `<div data-clerk="organization-switcher">`: `clerk.js` mounts what is named there.

use super::{Clerk, session::Active};
use crate::{
    app::MoreHead,
    auth::server::page::{language_choice, side},
    server::{headers::Sources, request},
    ui::icon::brand_mark,
    words::{server::ClerkWords, use_words},
    workspace::server::{Membership, memberships},
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::Title;
use leptos_router::hooks::use_location;
use std::sync::Arc;

/// Loads Clerk's script, keeps the session going, mounts components.
const SCRIPT: &str = include_str!("clerk.js");
/// Where a browser with an old token is led.
const REFRESH: &str = "/sign-in/refresh";
/// Where somebody without a workspace chooses or makes one.
pub const ORGANIZATION: &str = "/sign-in/organization";

/// Marks a request for a page as somebody's who is signed in.
#[derive(Clone, Copy)]
pub struct OfSomebody;

/// The address that refreshes the token and goes to `wanted`, a path of ours with its query.
pub fn refresh_address(wanted: &str) -> String {
    let mut address = format!("{REFRESH}?next=");
    for byte in wanted.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => address.push(char::from(byte)),
            _ => address.push_str(&format!("%{byte:02X}")),
        }
    }
    address
}

/// A path that may be gone to: one of ours, whatever it was meant to be.
fn own_path(wanted: Option<String>) -> String {
    let own = |path: &String| {
        path.starts_with('/') && !path[1..].starts_with(['/', '\\']) && path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
    };
    wanted.filter(own).unwrap_or_else(|| "/dashboard".into())
}

/// Where signing in leads: the workspace of the active organisation, else the first of one's own, else to choosing an organisation.
pub fn after_sign_in(active: &Active, mine: &[Membership]) -> String {
    let belongs = |slug: &String| mine.iter().any(|membership| &membership.slug == slug);
    let slug = match active {
        Active::Workspace(slug) if belongs(slug) => Some(slug),
        Active::OnItsWay => None,
        _ => mine.first().map(|membership| &membership.slug),
    };
    slug.map_or_else(|| ORGANIZATION.to_owned(), |slug| format!("/{slug}/inbox"))
}

/// Puts Clerk's scripts into the page being answered, if it needs them, and gives what its policy must allow.
pub fn prepare() -> Option<Sources> {
    let state = request::state().ok()?;
    let clerk = state.app.clerk.as_ref()?;
    let parts = use_context::<http::request::Parts>()?;
    let path = parts.uri.path();
    let mounts = path.starts_with("/sign-in") || path.starts_with("/sign-up");
    if !mounts && parts.extensions.get::<OfSomebody>().is_none() {
        return None;
    }
    let (api, key) = (clerk.config.issuer.clone(), clerk.config.publishable_key.clone());
    let test = key.starts_with("pk_test_");
    provide_context(MoreHead(Arc::new(move || scripts(&api, &key, mounts && path_has_components()))));
    Some(sources(clerk, test))
}

/// The refreshing page has nothing to mount.
fn path_has_components() -> bool {
    use_context::<http::request::Parts>().is_some_and(|parts| parts.uri.path() != REFRESH)
}

/// By Clerk's list (<https://clerk.com/docs/guides/secure/best-practices/csp-headers>). Scripts are allowed by the page's nonce and what those load.
fn sources(clerk: &Clerk, test: bool) -> Sources {
    let telemetry = if test { " https://clerk-telemetry.com" } else { "" };
    Sources {
        connect: format!(" {} https://*.protect.clerk.com:*{telemetry}", clerk.config.issuer),
        images: " https://img.clerk.com".into(),
        workers: " blob:".into(),
        rest: "; frame-src https://challenges.cloudflare.com https://*.protect.clerk.com".into(),
    }
}

/// Clerk's own scripts, from its frontend API, and ours.
fn scripts(api: &str, key: &str, components: bool) -> AnyView {
    let nonce = use_nonce();
    let ui_source = format!("{api}/npm/@clerk/ui@1/dist/ui.browser.js");
    let ui = components.then(|| view! { <script defer crossorigin="anonymous" nonce=nonce.clone() src=ui_source.clone()></script> });
    view! {
        {ui}
        <script
            defer
            crossorigin="anonymous"
            nonce=nonce.clone()
            data-clerk-publishable-key=key.to_owned()
            src=format!("{api}/npm/@clerk/clerk-js@6/dist/clerk.browser.js")
        ></script>
        <script nonce=nonce data-ui=ui_source>
            {SCRIPT}
        </script>
    }
    .into_any()
}

/// Clerk's form in place of the local one; none where people have local accounts. `component` is `sign-in` or `sign-up`.
pub fn instead(component: &'static str) -> Option<AnyView> {
    request::app().ok()?.clerk.as_ref()?;
    let words = use_words().locale.clerk();
    let title = if component == "sign-up" { words.sign_up_title } else { words.sign_in_title };
    let body = view! {
        <div class="signin">
            <main id="utama" class="signin-main" tabindex="-1">
                <div class="signin-column">
                    <div class="signin-brand">{brand_mark("34")} <span class="h">"my21staff"</span></div>
                    <h1 class="sr-only">{title}</h1>
                    {component_place(words, component)}
                    {language_choice()}
                </div>
            </main>
            {side(use_words().locale.front_door())}
        </div>
    };
    Some(view! { <Title text=format!("{title} · my21staff")/> {body} }.into_any())
}

/// Where a component appears, with what is shown before and instead.
fn component_place(words: &'static ClerkWords, component: &'static str) -> AnyView {
    view! {
        <div data-clerk=component>
            <p class="muted" role="status">
                {words.loading}
            </p>
        </div>
        {trouble(words)}
    }
    .into_any()
}

fn trouble(words: &'static ClerkWords) -> AnyView {
    view! {
        <noscript>
            <p class="problem">{words.needs_script}</p>
        </noscript>
        <div data-clerk-trouble hidden role="alert">
            <p class="problem">{words.trouble}</p>
            <a class="btn tall" href="" rel="external">
                {words.try_again}
            </a>
        </div>
    }
    .into_any()
}

/// Where Clerk is the way in, pages about local accounts lead away: to Clerk's form, and for one's own account to where Clerk's button is.
pub fn elsewhere(path: &'static str) -> Option<AnyView> {
    request::app().ok()?.clerk.as_ref()?;
    leptos_axum::redirect(path);
    Some(().into_any())
}

/// `/sign-in/refresh?next=…`: shows nothing of anybody's; `clerk.js` gets a new token and goes on.
#[component]
pub fn RefreshPage() -> impl IntoView {
    let words = use_words().locale.clerk();
    let next = own_path(use_location().query.with_untracked(|query| query.get("next")));
    if request::app().is_ok_and(|app| app.clerk.is_none()) {
        leptos_axum::redirect(&next);
    }
    view! {
        <Title text=format!("{} · my21staff", words.refreshing_title)/>
        <main id="utama" class="alone" tabindex="-1" data-clerk-refresh=next>
            <div class="blank">
                {brand_mark("56")}
                <h1 class="blank-title">{words.refreshing_title}</h1>
                <p class="blank-text" role="status">
                    {words.refreshing_text}
                </p>
                {trouble(words)}
                <a class="btn" data-variant="outline" href="/sign-in" rel="external">
                    {words.sign_in_again}
                </a>
            </div>
        </main>
    }
    .into_any()
}

/// `/sign-in/organization`: for whoever is signed in and has no workspace, or wants another one.
#[component]
pub fn OrganizationPage() -> impl IntoView {
    view! { <Suspense>{Suspend::new(organization_page())}</Suspense> }.into_any()
}

async fn organization_page() -> AnyView {
    let words = use_words().locale.clerk();
    let Ok((app, headers)) = request::app().and_then(|app| Ok((app, request::headers()?))) else { return ().into_any() };
    let (Some(clerk), Ok(somebody)) = (&app.clerk, crate::auth::server::signed_in(&app, &headers).await) else {
        leptos_axum::redirect("/sign-in");
        return ().into_any();
    };
    let mine = memberships(&app, somebody.person).await.unwrap_or_default();
    let active = clerk.active_workspace(&app, &headers).await.unwrap_or(Active::None);
    // Clerk's organisation is there at once; its workspace comes with the webhook.
    let waits = match &active {
        Active::OnItsWay => true,
        Active::Workspace(slug) => !mine.iter().any(|membership| &membership.slug == slug),
        Active::None => false,
    };
    let (title, text) = match waits {
        true => (words.on_its_way_title, words.on_its_way_text),
        false => (words.organization_title, words.organization_text),
    };
    let component = (!waits).then(|| component_place(words, "organization-list"));
    let links = (!mine.is_empty()).then(|| workspaces(words, &mine));
    view! {
        <Title text=format!("{title} · my21staff")/>
        <main id="utama" class="alone" tabindex="-1">
            <div class="blank" data-clerk-wait=waits.then_some("/dashboard")>
                <div data-clerk="user-button" role="group" aria-label=words.account></div>
                <div data-clerk="organization-switcher"></div>
                <h1 class="blank-title">{title}</h1>
                <p class="blank-text" role="status">
                    {text}
                </p>
                {component}
                {links}
                <form method="post" action="/sign-out">
                    <button class="btn" data-variant="outline" data-size="sm">
                        {words.sign_out}
                    </button>
                </form>
            </div>
        </main>
    }
    .into_any()
}

fn workspaces(words: &'static ClerkWords, mine: &[Membership]) -> AnyView {
    let links = mine
        .iter()
        .map(|membership| {
            view! {
                <li>
                    <a href=format!("/{}/inbox", membership.slug) rel="external">
                        {membership.slug.clone()}
                    </a>
                </li>
            }
        })
        .collect_view();
    view! {
        <nav aria-label=words.your_workspaces>
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::WorkspaceId,
        workspace::{Permissions, Role},
    };

    #[test]
    fn only_paths_of_ours_are_gone_to() {
        for path in ["/demo/inbox", "/demo/inbox/1?before=2&panel=contact", "/"] {
            assert_eq!(own_path(Some(path.into())), path);
        }
        for path in ["", "//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "/a\\b", "/a b", "/\u{9}/evil.test"] {
            assert_eq!(own_path(Some(path.into())), "/dashboard", "{path}");
        }
        assert_eq!(own_path(None), "/dashboard");
    }

    #[test]
    fn a_wanted_page_survives_as_a_parameter() {
        assert_eq!(refresh_address("/demo/inbox?a=1&b=%20"), "/sign-in/refresh?next=/demo/inbox%3Fa%3D1%26b%3D%2520");
    }

    #[test]
    fn signing_in_leads_to_the_active_workspace_if_one_belongs_to_it() {
        let membership = |slug: &str| Membership {
            workspace: WorkspaceId(uuid::Uuid::nil()),
            slug: slug.into(),
            name: slug.into(),
            role: Role::Member,
            custom_role: None,
            permissions: Permissions::of(Role::Member),
            sees: None,
            suspended: false,
            rights: String::new(),
        };
        let mine = [membership("satu"), membership("dua")];
        assert_eq!(after_sign_in(&Active::None, &mine), "/satu/inbox");
        assert_eq!(after_sign_in(&Active::Workspace("dua".into()), &mine), "/dua/inbox");
        assert_eq!(after_sign_in(&Active::Workspace("asing".into()), &mine), "/satu/inbox");
        assert_eq!(after_sign_in(&Active::OnItsWay, &mine), ORGANIZATION);
        assert_eq!(after_sign_in(&Active::None, &[]), ORGANIZATION);
    }
}
