//! `/{workspace}/inbox/mentions`: the notes that name the one who looks, newest first. A plain page of links, no script.

use super::{plain, search, search_page::found_message};
use crate::{
    error::AppError,
    inbox::model::ListCursor,
    server::request,
    ui::{icon::icon, load::blank},
    words::use_words,
};
use leptos::prelude::*;
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};

/// The page.
#[component]
pub fn MentionsPage() -> impl IntoView {
    let workspace = use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let before = use_location().query.with_untracked(|query| query.get("before").and_then(|cursor| cursor.parse::<ListCursor>().ok()));
    let words = use_words();
    let say = words.locale.search();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            let found = search::mentions(&app, &scope, before).await?;
            Ok((viewer, found))
        };
        let (viewer, (notes, next)) = match request::answered(work).await {
            Ok(found) => found,
            Err(AppError::SignedOut) => return view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => return plain::failed(words, &error),
        };
        let none =
            notes.is_empty().then(|| blank(2, "message-circle", say.no_mentions_title.into(), say.no_mentions_text.into(), ().into_any()));
        let older = next.map(|cursor| {
            view! {
                <a class="more" href=format!("?before={cursor}") rel="external">
                    {say.older}
                    {icon("chevron-down")}
                </a>
            }
        });
        let content = view! {
            <h1>{say.mentions}</h1>
            {none}
            <ul class="found-part">{notes.iter().map(|note| found_message(say, words, &viewer, note)).collect_view()}</ul>
            {older}
        };
        let inbox = format!("/{}/inbox", viewer.workspace_slug);
        plain::page(say.mentions.into(), inbox, say.to_inbox, "plain-main found", content.into_any())
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}
