//! The list of conversations: newest first, growing as one scrolls.

use super::{
    list_tabs::ListTabs,
    list_view::{ListView, Sort},
    row::conversation_row,
    rows_window::{Item, RowsWindow},
    store::{Current, Fetching, Inbox},
    views_menu::views_menu,
};
use crate::{
    ids::ConversationId,
    live::feed::Connection,
    ui::{
        banner::{Tone, banner},
        each::each,
        icon::icon,
        load::{blank, skeleton_rows},
    },
    words::Words,
};
use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Pixels from the end of the list at which more is fetched.
const NEAR_END: i32 = 600;

/// The left pane. `paged`: the page begins somewhere below the newest conversation (only without script).
#[component]
pub fn ConversationList(inbox: Inbox, paged: bool) -> impl IntoView {
    let words = inbox.words;
    let newest = paged.then(|| {
        view! {
            <a class="more" href=move || inbox.address(None, "")>
                {icon("chevron-up")} {words.newest_conversations}
            </a>
        }
    });
    let pick = inbox.may_reply().then(|| {
        let (slug, label) = (inbox.slug(), words.locale.work().pick);
        let page = move || inbox.view.get().address(&format!("/{slug}/inbox/pick"), "");
        view! {
            <a class="tool pick-start" href=page rel="external" title=label aria-label=label>
                {icon("list-checks")}
            </a>
        }
    });
    follow_chosen(inbox);
    let window = RowsWindow::new();
    let scrolled = move |event: web_sys::Event| {
        let Some(list) = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else { return };
        if list.scroll_height() - list.scroll_top() - list.client_height() < NEAR_END
            && !matches!(inbox.fetching.get_untracked(), Fetching::Failed(_))
        {
            inbox.fetch_more();
        }
        window.scrolled(inbox);
    };
    let item = move |item: Item| match item {
        Item::Row(row) => conversation_row(inbox, row),
        Item::Gap { rows, .. } => view! { <li class="gap" aria-hidden="true" style:height=window.height(rows)></li> }.into_any(),
    };
    view! {
        <section class="pane pane-list" aria-label=words.conversations>
            <header class="list-head">
                <h2>{words.messages}</h2>
                {connection_indicator(inbox)}
                {views_menu(inbox)}
                {pick}
            </header>
            <ListTabs inbox=inbox/>
            {connection_banner(inbox)}
            <div class="rows" on:scroll=scrolled>
                {newest}
                <ul aria-label=words.conversations>
                    {each(move || window.items(inbox), Item::key, item)}
                </ul>
                {move || nothing(inbox)}
                {move || list_end(inbox)}
            </div>
        </section>
    }
    .into_any()
}

/// Marks the row of the conversation in the middle.
fn follow_chosen(inbox: Inbox) {
    Effect::new(move |before: Option<Option<ConversationId>>| {
        let now = inbox.current.with(Current::id);
        let before = before.flatten();
        if before != now {
            for id in [before, now].into_iter().flatten() {
                inbox.choose_row(id, now == Some(id));
            }
        }
        now
    });
}

/// In place of rows: a list that is on its way, or one without any.
fn nothing(inbox: Inbox) -> Option<AnyView> {
    if !inbox.rows.with(Vec::is_empty) {
        return None;
    }
    match (inbox.switching.get(), inbox.fetching.get()) {
        (true, Fetching::Failed(_)) => None,
        (true, _) => Some(skeleton_rows(inbox.words.loading, 8)),
        // All that were loaded left the list; the rest of it comes.
        (false, _) if inbox.next.get().is_some() => None,
        (false, _) => Some(empty(inbox)),
    }
}

fn empty(inbox: Inbox) -> AnyView {
    let words = inbox.words;
    if inbox.view.get() != ListView::default() {
        let all = view! {
            <a class="btn" data-size="sm" data-variant="outline" href=format!("/{}/inbox", inbox.slug())>
                {words.view_reset}
            </a>
        }
        .into_any();
        return blank(2, "inbox", words.view_empty_title.into(), words.view_empty_text.into(), all);
    }
    let next = match inbox.viewer.with_value(|viewer| viewer.sandbox) {
        true => view! {
            <a class="btn" data-size="sm" href=super::page::CUSTOMER_PHONE rel="external" target="_blank">
                {words.open_customer_phone}
            </a>
        }
        .into_any(),
        false => ().into_any(),
    };
    blank(2, "message-circle", words.no_conversations_title.into(), words.no_conversations_text.into(), next)
}

/// A link to the next page, which works without script; with it the list grows by itself.
fn list_end(inbox: Inbox) -> AnyView {
    let words = inbox.words;
    let failed = match inbox.fetching.get() {
        Fetching::Failed(error) => Some(banner(Tone::Danger, "cloud-alert", words.error(&error).into_any())),
        Fetching::Idle | Fetching::Busy => None,
    };
    let Some(next) = inbox.next.get() else {
        // A list that was chosen and could not be loaded.
        return failed
            .map(|failed| {
                view! {
                    {failed}
                    <a class="more" href=inbox.address(None, "") rel="external">
                        {words.try_again}
                    </a>
                }
            })
            .into_any();
    };
    view! {
        {failed}
        <a
            class="more"
            href=inbox.address(None, &format!("page={next}"))
            rel="external"
            aria-busy=(inbox.fetching.get() == Fetching::Busy).to_string()
            on:click=move |event| {
                event.prevent_default();
                inbox.fetch_more();
            }
        >
            {inbox.view.with(|view| more_label(words, view))}
            {icon("chevron-down")}
        </a>
    }
    .into_any()
}

/// What the next page of a list is called.
pub fn more_label(words: &Words, view: &ListView) -> &'static str {
    match view.sort {
        Sort::Newest => words.older_conversations,
        Sort::Oldest => words.newer_conversations,
        Sort::Priority | Sort::Window | Sort::Waiting => words.locale.work().more_conversations,
    }
}

/// Tells whether this screen is live. Without script it never is, and says so.
fn connection_indicator(inbox: Inbox) -> AnyView {
    let words = inbox.words;
    let text = move || match inbox.connection.get() {
        Connection::Connecting => words.connecting,
        Connection::Connected => words.connected,
        Connection::Reconnecting => words.reconnecting,
        Connection::Offline => words.offline,
    };
    view! {
        <span class="live" role="status" data-state=move || inbox.connection.get().as_str()>
            {text}
        </span>
        <span class="live without-script" data-state="offline">
            {words.reload_for_new}
        </span>
    }
    .into_any()
}

/// While the stream is down: one may go on writing, and sees how much waits.
fn connection_banner(inbox: Inbox) -> AnyView {
    let words = inbox.words;
    (move || {
        let kept = Some(inbox.kept_until.get()).filter(|at| *at > 0);
        let title = match inbox.connection.get() {
            Connection::Connected => return None,
            Connection::Connecting if kept.is_none() => return None,
            Connection::Connecting | Connection::Reconnecting => words.reconnecting,
            Connection::Offline => words.offline,
        };
        let waiting = move || (words.keep_writing)(inbox.waiting.get());
        let as_of = kept.map(|at| (words.locale.work().kept_as_of)(&words.moment(inbox.local(at), inbox.today.get())));
        let text = view! { <b>{title}</b> " " {as_of} " " {waiting} }.into_any();
        Some(view! { <div class="list-notice">{banner(Tone::Attention, "wifi-off", text)}</div> })
    })
    .into_any()
}
