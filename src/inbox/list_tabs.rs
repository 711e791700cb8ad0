//! Above the list: searching, whose conversations it shows with how many there are, and which of them. Links, so that each list has an
//! address and works without script.

use super::{
    frame::shown,
    list_view::{ListView, Which, Whose, written},
    store::Inbox,
    views_menu::filter_bar,
};
use crate::ui::icon::icon;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// Search field, tabs and filters.
#[component]
pub fn ListTabs(inbox: Inbox) -> impl IntoView {
    let words = inbox.words;
    let mentions = words.locale.work().mentions;
    let at_me = move || Some(inbox.totals.with(|totals| totals.mentions)).filter(|count| *count > 0).map(shown);
    let named = move || at_me().map_or_else(|| mentions.to_owned(), |count| format!("{mentions}: {count}"));
    let tabs = Whose::ALL.map(|whose| {
        let name = match whose {
            Whose::Mine => words.view_mine,
            Whose::Unassigned => words.unowned,
            Whose::All => words.view_all,
        };
        let count = move || inbox.totals.with(|totals| written(totals.of(whose)));
        let label = view! { {name} " " <span class="tab-n">{count}</span> }.into_any();
        view! { <li>{link(inbox, "tab", move |view| view.whose == whose, move |view| ListView { whose, ..view }, label)}</li> }
    });
    let states = Which::ALL.map(|which| {
        let name = match which {
            Which::Active => words.view_active,
            Which::Snoozed => words.view_snoozed,
            Which::Closed => words.closed_conversation,
            Which::All => words.view_all,
        };
        view! { <li>{link(inbox, "chip", move |view| view.which == which, move |view| ListView { which, ..view }, name.into_any())}</li> }
    });
    let to_unread = |view: ListView| ListView { unread_only: !view.unread_only, ..view };
    let unread = link(inbox, "chip", |view| view.unread_only, to_unread, words.view_unread.into_any());
    view! {
        <form method="get" action=format!("/{}/inbox/search", inbox.slug()) role="search" class="list-search">
            {icon("search")}
            <input class="input" type="search" name="q" aria-label=words.search placeholder=words.search maxlength="200" autocomplete="off"/>
        </form>
        <nav class="views" aria-label=words.views>
            <ul class="tabs">
                {tabs} <li class="apart">
                    <a class="chip sort" href=format!("/{}/inbox/mentions", inbox.slug()) rel="external" title=mentions aria-label=named>
                        "@"
                        {move || at_me().map(|count| view! { <span class="count">{count}</span> })}
                    </a>
                </li>
            </ul>
            <ul class="chips">{states} <li class="apart">{unread}</li></ul>
            {filter_bar(inbox)}
        </nav>
    }
    .into_any()
}

/// A link to another list, beside whatever is open.
pub fn link(
    inbox: Inbox,
    class: &'static str,
    is_on: impl Fn(&ListView) -> bool + Copy + Send + Sync + 'static,
    to: impl Fn(ListView) -> ListView + Copy + Send + Sync + 'static,
    label: AnyView,
) -> AnyView {
    let path = use_location().pathname;
    view! {
        <a
            class=class
            href=move || to(inbox.view.get()).address(&path.get(), "")
            data-noscroll=""
            aria-current=move || inbox.view.with(is_on).then_some("true")
        >
            {label}
        </a>
    }
    .into_any()
}
