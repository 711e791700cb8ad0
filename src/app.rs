//! The document around every page, and the part of the site that comes alive in the browser.
//!
//! Pages are of two kinds. The inbox is hydrated: [`App`] is compiled twice and its WASM is loaded. Everything else is plain: rendered by the server
//! from `server/site.rs`, made of links and forms, and no script is needed or sent.

use crate::{
    inbox::page::InboxPage,
    ui::preferences::{THEME_SCRIPT, Theme, preferences},
    words::use_words,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The HTML document of the hydrated pages.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let scripts = view! {
        <AutoReload options=options.clone()/>
        <HydrationScripts options=options.clone()/>
    }
    .into_any();
    document(options, scripts, view! { <App/> }.into_any())
}

/// More for the head of the page that is being answered, put into the context by whoever answers.
#[derive(Clone)]
pub struct MoreHead(pub std::sync::Arc<dyn Fn() -> AnyView + Send + Sync>);

/// Around every page's body. Language and theme are in it before any script runs.
pub fn document(options: LeptosOptions, scripts: AnyView, body: AnyView) -> AnyView {
    let preferences = preferences();
    let nonce = use_nonce();
    view! {
        <!DOCTYPE html>
        <html
            lang=preferences.locale.as_str()
            data-theme=preferences.theme.as_str()
            class=if preferences.theme == Theme::Dark { "dark" } else { "" }
        >
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width,initial-scale=1,viewport-fit=cover,interactive-widget=resizes-content"/>
                <script nonce=nonce>{THEME_SCRIPT}</script>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icon-192.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="preload" href="/fonts/inter-latin-wght-normal.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <HashedStylesheet options=options id="leptos"/>
                {scripts}
                {use_context::<MoreHead>().map(|more| (more.0)())}
                <MetaTags/>
            </head>
            <body>{body}</body>
        </html>
    }
    .into_any()
}

/// What every page starts with: its language, and a way past the navigation.
pub fn beginnings() -> AnyView {
    provide_meta_context();
    provide_context(preferences().locale);
    view! {
        <Title text="my21staff"/>
        <a class="skip" href="#utama" rel="external">
            {use_words().skip_to_content}
        </a>
    }
    .into_any()
}

/// The hydrated pages by their address. Loaded wholly on the server, so that all are readable without script.
#[component]
pub fn App() -> impl IntoView {
    view! {
        {beginnings()}
        <Router>
            <FlatRoutes fallback=|| ()>
                <Route path=path!("/:workspace/inbox/:conversation?") view=InboxPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
    .into_any()
}
