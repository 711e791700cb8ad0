//! How the list is ordered, the views that have a name, and the way to a filter; and above the rows what is filtered. Links in a `details`, so all of it
//! works without script.

use super::{
    list_tabs::link,
    list_view::{ListView, SavedView, Sort, written},
    store::Inbox,
    work_menu::{Menu, escape, shut},
};
use crate::ui::{each::each, icon::icon};
use leptos::{ev, prelude::*};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

/// The address of the page where filters are put together, beginning with this list.
fn filter_page(inbox: Inbox) -> String {
    inbox.view.get().address(&format!("/{}/inbox/views", inbox.slug()), "")
}

/// The button in the list's head, with what it opens.
pub fn views_menu(inbox: Inbox) -> AnyView {
    let words = inbox.words.locale.work();
    let menu = Menu::new();
    let sorts = Sort::ALL
        .map(|sort| link(inbox, "mi", move |view| view.sort == sort, move |view| ListView { sort, ..view }, words.order(sort).into_any()));
    let saved = Memo::new(move |_| inbox.totals.with(|totals| totals.saved.clone()));
    let changed = move || inbox.view.with(|view| view.sort != Sort::Newest || !view.filter.is_empty()).then_some("true");
    Effect::new(move |_| {
        // A link that was followed, or a click beside it.
        let clicks = window_event_listener(ev::click, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let inside = menu.get_untracked().is_some_and(|element| element.contains(target.as_deref()));
            let follows = target.is_some_and(|target| target.closest("a").is_ok_and(|link| link.is_some()));
            if !inside || follows {
                shut(menu);
            }
        });
        // The dialog of filters saved or deleted one.
        let changes = window_event_listener_untyped("views-changed", move |_| inbox.fetch_totals());
        on_cleanup(move || {
            clicks.remove();
            changes.remove();
        });
    });
    view! {
        <details class="work-menu views-menu" node_ref=menu on:keydown=move |event| escape(menu, &event)>
            <summary class="tool" title=words.views_menu aria-label=words.views_menu data-on=changed>
                {icon("list-filter")}
            </summary>
            <div class="pop work-pop">
                <div class="menu-group" role="group" aria-label=words.saved_views hidden=move || saved.with(Vec::is_empty)>
                    <p class="menu-title">{words.saved_views}</p>
                    // Counts change beside the links, which keep the focus.
                    {each(
                        move || saved.get(),
                        |saved| (saved.id, saved.name.clone(), saved.view.clone()),
                        move |saved| saved_link(inbox, &saved),
                    )}
                </div>
                <div class="menu-group">
                    <a class="mi to-filter" href=move || filter_page(inbox) rel="external">
                        {icon("list-filter")}
                        {words.filter}
                    </a>
                </div>
                <div class="menu-group" role="group" aria-label=words.sort>
                    <p class="menu-title">{words.sort}</p>
                    {sorts}
                </div>
            </div>
        </details>
    }
    .into_any()
}

fn saved_link(inbox: Inbox, saved: &SavedView) -> AnyView {
    let view = ListView::parse(&saved.view);
    let path = use_location().pathname;
    let href = {
        let view = view.clone();
        move || view.address(&path.get(), "")
    };
    let id = saved.id;
    let unread = move || {
        let unread = inbox.totals.with(|totals| totals.saved.iter().find(|saved| saved.id == id).map_or(0, |saved| saved.unread));
        (unread > 0).then(|| {
            view! {
                <span class="badge-n" role="img" aria-label=(inbox.words.unread)(unread)>
                    {written(unread)}
                </span>
            }
        })
    };
    view! {
        <a class="mi" href=href data-noscroll="" aria-current=move || inbox.view.with(|shown| *shown == view).then_some("true")>
            <span class="saved-name">{saved.name.clone()}</span>
            {unread}
        </a>
    }
    .into_any()
}

/// What is filtered, in words, with the ways to change it and to be rid of it.
pub fn filter_bar(inbox: Inbox) -> AnyView {
    let words = inbox.words.locale.work();
    let path = use_location().pathname;
    (move || {
        if inbox.view.with(|view| view.filter.is_empty()) {
            return None;
        }
        let view = inbox.view.get();
        let name = name_of(inbox, view.clone());
        let without = ListView { filter: Default::default(), ..view }.address(&path.get(), "");
        Some(view! {
            <div class="filter-bar">
                <a class="to-filter" href=filter_page(inbox) rel="external" title=words.filter>
                    {icon("list-filter")}
                    <span>
                        {move || name.get().map(|name| view! { <b>{name} ": "</b> })}
                        {move || inbox.filter.get()}
                    </span>
                </a>
                <a class="tool" href=without data-noscroll="" title=words.no_filter aria-label=words.no_filter>
                    {icon("x")}
                </a>
            </div>
        })
    })
    .into_any()
}

/// What a list is called, if somebody gave it a name.
fn name_of(inbox: Inbox, view: ListView) -> Memo<Option<String>> {
    let is_it = move |saved: &&SavedView| ListView::parse(&saved.view) == view;
    Memo::new(move |_| inbox.totals.with(|totals| totals.saved.iter().find(&is_it).map(|saved| saved.name.clone())))
}
