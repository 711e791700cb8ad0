//! The site map, and the document around every page.

use crate::{
    auth::page::SignInPage,
    inbox::page::InboxPage,
    ui::{
        icon::brand_mark,
        load::blank,
        preferences::{THEME_SCRIPT, Theme, preferences},
    },
    words::use_words,
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, MetaTags, Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The HTML document. Language and theme are in it before any script runs.
pub fn shell(options: LeptosOptions) -> impl IntoView {
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
                <link rel="preload" href="/fonts/inter-latin-wght-normal.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <HashedStylesheet options=options.clone() id="leptos"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}

/// Every page by its address. Loaded wholly on the server, so that all are readable without script.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_context(preferences().locale);
    let words = use_words();
    view! {
        <Title text="my21staff"/>
        <a class="skip" href="#utama" rel="external">
            {words.skip_to_content}
        </a>
        <Router>
            <FlatRoutes fallback=NotFoundPage>
                <Route path=path!("/") view=LandingPage ssr=SsrMode::Async/>
                <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async/>
                <Route path=path!("/:workspace/inbox/:conversation?") view=InboxPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
    .into_any()
}

/// `/`: what this is, and the way in.
#[component]
fn LandingPage() -> impl IntoView {
    let words = use_words();
    view! {
        <main id="utama" class="alone" tabindex="-1">
            <div class="blank">
                {brand_mark("56")}
                <h1 class="landing-title">"my21staff"</h1>
                <p class="blank-text">{words.tagline}</p>
                <a class="btn tall" href="/sign-in" rel="external">
                    {words.sign_in}
                </a>
            </div>
        </main>
    }
    .into_any()
}

#[component]
fn NotFoundPage() -> impl IntoView {
    let words = use_words();
    let home = view! {
        <a class="btn" data-size="sm" href="/" rel="external">
            {words.home}
        </a>
    }
    .into_any();
    view! {
        <Title text=words.not_found_title/>
        <main id="utama" class="alone" tabindex="-1">
            {blank(1, "circle-help", words.not_found_title.into(), words.not_found_text.into(), home)}
        </main>
    }
    .into_any()
}
