//! What stands around the inbox: the rail on the left, the tab bar on phones, the account menu. Only what exists has a place in it.

use super::{
    alerts::AlertSettings,
    drafts,
    later::UndoSetting,
    model::{avatar_colour, initials},
    page::CUSTOMER_PHONE,
    store::Inbox,
};
use crate::ui::{
    avatar::avatar,
    browser,
    icon::{brand_mark, icon},
    preferences::PreferencesForms,
};
use leptos::prelude::*;

/// The id of the account menu, which both navigations open.
const ACCOUNT_MENU: &str = "account-menu";

/// How an unread count is written: 99+ at most.
pub fn shown(count: i64) -> String {
    match count {
        ..=99 => count.to_string(),
        _ => "99+".to_owned(),
    }
}

fn unread_badge(inbox: Inbox) -> AnyView {
    (move || {
        let unread = inbox.unread.get();
        (unread > 0).then(|| {
            view! {
                <span class="count" role="img" aria-label=(inbox.words.unread)(unread)>
                    {shown(unread)}
                </span>
            }
        })
    })
    .into_any()
}

fn links(inbox: Inbox) -> AnyView {
    let words = inbox.words;
    let sandbox = inbox.viewer.with_value(|viewer| viewer.sandbox).then(|| {
        view! {
            <li>
                <a href=CUSTOMER_PHONE rel="external" target="_blank">
                    {icon("smartphone")}
                    <span>{words.customer_phone}</span>
                </a>
            </li>
        }
    });
    view! {
        <li>
            <a href=format!("/{}/inbox", inbox.slug()) aria-current="page">
                {icon("inbox")}
                <span>{words.messages}</span>
                {unread_badge(inbox)}
            </a>
        </li>
        <li>
            <a href=format!("/{}/inbox/tasks", inbox.slug()) rel="external">
                {icon("list-checks")}
                <span>{words.locale.work().tasks.title}</span>
                {tasks_badge(inbox)}
            </a>
        </li>
        {sandbox}
    }
    .into_any()
}

/// How many tasks of the one who looks are due.
fn tasks_badge(inbox: Inbox) -> AnyView {
    (move || {
        let due = inbox.totals.with(|totals| totals.tasks);
        (due > 0).then(|| {
            view! {
                <span class="count" role="img" aria-label=(inbox.words.locale.work().tasks.badge)(due)>
                    {shown(due)}
                </span>
            }
        })
    })
    .into_any()
}

/// The rail of wide screens.
#[component]
pub fn Rail(inbox: Inbox) -> impl IntoView {
    let words = inbox.words;
    let (colour, name) = inbox.viewer.with_value(|viewer| (avatar_colour(viewer.person.id.0), viewer.person.name.clone()));
    view! {
        <nav class="rail" aria-label=words.main_navigation>
            <a class="brand" href=format!("/{}/inbox", inbox.slug()) aria-label="my21staff">
                {brand_mark("30")}
            </a>
            <ul>{links(inbox)}</ul>
            <div class="flex-1"></div>
            <button class="r" type="button" popovertarget=ACCOUNT_MENU aria-label=(words.account_of)(&name)>
                {avatar(colour, initials(&name), "m")}
            </button>
        </nav>
    }
    .into_any()
}

/// The bar at the bottom of phones.
#[component]
pub fn TabBar(inbox: Inbox) -> impl IntoView {
    let words = inbox.words;
    view! {
        <nav class="tabbar" aria-label=words.main_navigation>
            <ul>
                {links(inbox)} <li>
                    <button type="button" popovertarget=ACCOUNT_MENU>
                        {icon("user-round")}
                        <span>{words.account}</span>
                    </button>
                </li>
            </ul>
        </nav>
    }
    .into_any()
}

/// Who is signed in, language, theme, the way out. A popover of the browser's: opens without script.
#[component]
pub fn AccountMenu(inbox: Inbox, #[prop(into)] back: Signal<String>) -> impl IntoView {
    let words = inbox.words;
    let viewer = inbox.viewer.get_value();
    let role = (words.role)(&viewer.role);
    view! {
        <div id=ACCOUNT_MENU popover="auto" class="pop account-menu" role="dialog" aria-label=words.account>
            <div class="menu-group">
                <p class="menu-name">{viewer.person.name}</p>
                <p class="cap muted">{viewer.email}</p>
                <p class="cap muted">{viewer.workspace_name} " · " {role}</p>
            </div>
            <div class="menu-group">
                <a class="mi" href=format!("/{}/settings", viewer.workspace_slug) rel="external">
                    {words.settings}
                </a>
                <a class="mi" href="/workspaces" rel="external">
                    {words.switch_workspace}
                </a>
                <a class="mi" href="/account" rel="external">
                    {icon("user-round")}
                    {words.account}
                </a>
                <button type="button" class="mi" popovertarget=super::keys::SHEET>
                    {words.locale.work().keys_title}
                </button>
            </div>
            <UndoSetting inbox=inbox/>
            <KeepingSetting inbox=inbox/>
            <AlertSettings inbox=inbox/>
            <PreferencesForms back=back/>
            <form method="post" action="/sign-out" class="menu-group" on:submit=|_| drafts::forget()>
                <button class="mi">{icon("log-out")} {words.sign_out}</button>
            </form>
        </div>
    }
    .into_any()
}

/// Whether what one reads is kept here.
#[component]
fn KeepingSetting(inbox: Inbox) -> impl IntoView {
    let keeps = RwSignal::new(true);
    Effect::new(move |_| keeps.set(browser::keeps_on()));
    view! {
        <label class="check menu-group">
            <input type="checkbox" prop:checked=keeps on:change:target=move |event| {
                let on = event.target().checked();
                browser::set_keeps(on);
                keeps.set(on);
            }/>
            {inbox.words.locale.work().keeping_setting}
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_badge_stops_counting_at_99() {
        assert_eq!((shown(1).as_str(), shown(99).as_str(), shown(100).as_str()), ("1", "99", "99+"));
    }
}
