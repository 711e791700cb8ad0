//! What the inbox's plain pages (searching, mentions, templates) have in common.

use crate::{
    error::AppError,
    ui::{icon::brand_mark, load::blank},
    words::Words,
};
use leptos::prelude::*;
use leptos_meta::Title;
use std::collections::BTreeMap;

/// The whole page in place of one that cannot be shown.
pub fn failed(words: &'static Words, error: &AppError) -> AnyView {
    let title = match error {
        AppError::NotFound => words.not_found_title,
        AppError::Forbidden(_) => words.forbidden_title,
        _ => words.list_failed,
    };
    let home = view! {
        <a class="btn" data-size="sm" href="/dashboard" rel="external">
            {words.home}
        </a>
    }
    .into_any();
    view! {
        <Title text=title/>
        <main id="utama" class="alone" tabindex="-1">
            {blank(1, "circle-alert", title.into(), words.error(error), home)}
        </main>
    }
    .into_any()
}

/// The page: its title, the way back above it, and its content; `class` is the content's.
pub fn page(title: String, back: String, back_label: &'static str, class: &'static str, content: AnyView) -> AnyView {
    view! {
        <Title text=title/>
        <div class="plain wide">
            <header class="plain-head">
                <a class="plain-brand" href=back rel="external">
                    {brand_mark("26")}
                    {back_label}
                </a>
            </header>
            <main id="utama" class=class tabindex="-1">
                {content}
            </main>
        </div>
    }
    .into_any()
}

/// An address's parameters, encoded.
pub fn query(pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

/// The inverse of [`query`].
pub fn pairs(query: &str) -> BTreeMap<String, String> {
    let Ok(mut url) = reqwest::Url::parse("http://localhost/") else { return BTreeMap::new() };
    url.set_query(Some(query));
    url.query_pairs().into_owned().collect()
}

/// A parameter of the page's address as somebody wrote it. The router decodes twice: of "50 %25 off" it makes "50 % off".
pub fn written(name: &str) -> Option<String> {
    let parts = use_context::<http::request::Parts>()?;
    let mut url = reqwest::Url::parse("http://localhost/").ok()?;
    url.set_query(parts.uri.query());
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}
