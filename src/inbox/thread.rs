//! The middle pane: one conversation, its newest message in view.
//!
//! The scroller is `column-reverse`, so the end shows without script and older messages added above move nothing.

use super::{
    api::{HandBack, TakeOver},
    attaching, bubble,
    composer::composer,
    handover,
    model::*,
    parts::{holder_mark, name_for_me, window_clock},
    reacting,
    store::{Current, Entry, Fetching, Inbox, Thread},
    work_marks::{head_marks, promise_clock},
    work_menu::work_menu,
};
use crate::{
    error::AppError,
    live::feed::Connection,
    time::LocalTime,
    ui::{
        avatar::avatar,
        banner::{Tone, banner},
        browser,
        each::each,
        icon::{icon, icon_of},
        load::{blank, skeleton_bubbles},
    },
};
use leptos::{html, prelude::*, server_fn::ServerFn};
use std::time::Duration;
use uuid::Uuid;

/// Pixels from the newest message within which one counts as reading it.
const AT_END: i32 = 100;
/// Pixels from the oldest loaded message at which older ones are fetched.
const NEAR_START: i32 = 800;
/// Messages that are made at once when a conversation is opened: what fills the screen, and no more than this. The rest comes later, in steps that leave room for
/// whatever is pressed meanwhile.
const AT_ONCE: usize = 24;
/// What a window has beside the thread; a message of one line with what is around it, each further line, and how long a line is at most: in pixels and in letters,
/// rather too little of heights than too much.
const AROUND: usize = 200;
const LOWEST: usize = 36;
const LINE: usize = 20;
const WIDEST: usize = 90;
/// A picture or film, as low as they are made.
const PICTURE: usize = 120;
/// When the rest begins, after the first ones were painted.
const REST_AFTER: Duration = Duration::from_millis(150);

/// The pane. `sliced`: the page shows older messages only (without script); `refused` is why a form without script failed.
#[component]
pub fn ThreadPane(inbox: Inbox, sliced: RwSignal<bool>, refused: Option<AppError>) -> impl IntoView {
    let refused = StoredValue::new(refused);
    let over = RwSignal::new(false);
    let shown = move |current| match current {
        Current::Nothing => nothing(inbox),
        Current::Loading(_) => loading(inbox),
        Current::Failed(id, error) => unavailable(inbox, id.0, &error),
        Current::Open(thread) => conversation(inbox, thread, sliced, refused.get_value()),
    };
    view! {
        <section
            class="pane pane-thread"
            class:dropping=over
            data-drop=inbox.words.locale.work().drop_here
            aria-label=move || label(inbox)
            on:dragover=move |event| attaching::dragged(inbox, over, &event)
            on:dragleave=move |event| attaching::left(over, &event)
            on:drop=move |event| attaching::dropped(inbox, over, &event)
        >
            {each(move || [inbox.current.get()], Current::key, shown)}
        </section>
    }
    .into_any()
}

fn label(inbox: Inbox) -> String {
    inbox.current.with(|current| match current {
        Current::Open(thread) => (inbox.words.conversation_with)(&thread.row.view.with(|view| view.name.clone())),
        _ => inbox.words.thread.to_owned(),
    })
}

fn nothing(inbox: Inbox) -> AnyView {
    blank(2, "message-circle", inbox.words.pick_title.into(), inbox.words.pick_text.into(), ().into_any())
}

fn loading(inbox: Inbox) -> AnyView {
    view! {
        <header class="thread-head">{back_link(inbox)} <span class="sk sk-title"></span></header>
        {skeleton_bubbles(inbox.words.loading)}
    }
    .into_any()
}

fn unavailable(inbox: Inbox, id: Uuid, error: &AppError) -> AnyView {
    let words = inbox.words;
    let list = move || inbox.address(None, "");
    let (icon_name, title, text) = match error {
        AppError::NotFound => ("message-circle", words.conversation_gone_title, words.conversation_gone_text.to_owned()),
        AppError::Forbidden(_) => ("lock", words.forbidden_title, words.error(error)),
        // Loaded as soon as there is a connection.
        AppError::Offline => ("wifi-off", words.thread_failed, words.locale.work().not_kept.to_owned()),
        _ => ("cloud-alert", words.thread_failed, words.error(error)),
    };
    let next = match error {
        AppError::NotFound | AppError::Forbidden(_) => view! {
            <a class="btn" data-size="sm" data-variant="outline" href=list>
                {words.back_to_messages}
            </a>
        }
        .into_any(),
        _ => view! {
            <a
                class="btn"
                data-size="sm"
                href=move || inbox.address(Some(id.into()), "")
                on:click=move |event| {
                    event.prevent_default();
                    let id = id.into();
                    inbox.current.set(Current::Loading(id));
                    inbox.fetch_thread(id);
                }
            >
                {icon("rotate-cw")}
                {words.try_again}
            </a>
        }
        .into_any(),
    };
    view! {
        <header class="thread-head only-phone">{back_link(inbox)}</header>
        {blank(2, icon_name, title.into(), text, next)}
    }
    .into_any()
}

/// To the list; on phones only, where it is another view.
fn back_link(inbox: Inbox) -> AnyView {
    view! {
        <a
            class="ib only-phone"
            href=move || inbox.address(None, "")
            aria-label=move || (inbox.words.back_to_list)(inbox.unread.get())
        >
            {icon("chevron-left")}
        </a>
    }
    .into_any()
}

fn conversation(inbox: Inbox, thread: Thread, sliced: RwSignal<bool>, refused: Option<AppError>) -> AnyView {
    let refused = refused.map(|error| {
        let text = (inbox.words.refused)(&inbox.words.error(&error));
        view! { <div class="thread-notice">{banner(Tone::Danger, "circle-alert", text.into_any())}</div> }
    });
    let scroller = NodeRef::<html::Div>::new();
    view! {
        {head(inbox, &thread)}
        {handover::strip(inbox, &thread)}
        {messages(inbox, thread.clone(), scroller, sliced)}
        {refused}
        {composer(inbox, thread, scroller)}
    }
    .into_any()
}

fn head(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = inbox.words;
    let row = thread.row.clone();
    let view = row.view.clone();
    let heading = NodeRef::<html::H2>::new();
    // On a phone the list is gone: the focus goes where reading begins.
    Effect::new(move |_| {
        if let Some(heading) = heading.get()
            && browser::narrow()
            && inbox.connection.get_untracked() != Connection::Connecting
        {
            let _ = heading.focus();
        }
    });
    let name = {
        let view = view.clone();
        move || view.with(|view| view.name.clone())
    };
    let contact_label = {
        let view = view.clone();
        move || view.with(|view| (words.open_contact)(&view.name))
    };
    let mark = {
        let view = view.clone();
        move || view.with(|view| holder_mark(inbox, view))
    };
    view! {
        <header class="thread-head">
            {back_link(inbox)}
            {
                let view = view.clone();
                move || view.with(|view| avatar(avatar_colour(view.contact_id.0), initials(&view.name), ""))
            }
            <div class="thread-title">
                <h2 tabindex="-1" node_ref=heading>
                    {name}
                </h2>
                <div class="thread-sub">
                    <span class="only-phone">{mark}</span>
                    {window_clock(inbox, view.clone(), Some(words.window_closes_in))}
                    {promise_clock(inbox, view.clone())}
                    {head_marks(inbox, view.clone())}
                </div>
            </div>
            {who_answers(inbox, thread)}
            {work_menu(inbox, thread)}
            <a class="tool contact-link" href=move || inbox.view.get().address("", "panel=contact") data-noscroll="" aria-label=contact_label>
                {icon("info")}
            </a>
        </header>
    }
    .into_any()
}

/// Who answers, and the two ways to change it.
fn who_answers(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = inbox.words;
    let row = thread.row.clone();
    let view = row.view.clone();
    let state = Memo::new(move |_| view.with(|view| (view.closed, view.holder, view.assignee.clone())));
    (move || {
        let (closed, holder, assignee) = state.get();
        if closed {
            return None;
        }
        let hidden_fields = move || {
            view! {
                <input type="hidden" name="workspace" value=inbox.slug()/>
                <input type="hidden" name="conversation" value=row.id.to_string()/>
            }
        };
        let mine = assignee.as_ref().is_some_and(|person| inbox.is_me(Some(person.id)));
        let ari_held = holder == Holder::Ari;
        let ari_enabled = inbox.viewer.with_value(|viewer| viewer.ari_enabled);
        let ari = match (ari_held, ari_enabled) {
            (true, _) => {
                view! { <span class="seg-on" aria-current="true">{icon_of("sparkles", "i size-3.5")} <span class="lbl">"ARI"</span></span> }
                    .into_any()
            }
            (false, false) => ().into_any(),
            (false, true) => {
                let row = row.clone();
                view! {
                    <form
                        method="post"
                        action=HandBack::url()
                        on:submit=move |event| {
                            event.prevent_default();
                            inbox.hand_back(&row);
                        }
                    >
                        {hidden_fields()}
                        <button title=words.hand_back aria-label=words.hand_back>
                            {icon_of("sparkles", "i size-3.5")}
                            <span class="lbl">"ARI"</span>
                        </button>
                    </form>
                }
                .into_any()
            }
        };
        let team = (!ari_held).then(|| {
            let name = assignee.as_ref().map_or_else(|| words.team.to_owned(), |person| name_for_me(inbox, person));
            view! { <span class="seg-on" aria-current="true">{icon_of("user-round", "i size-3.5")} {name}</span> }
        });
        let take_over = (!mine || ari_held).then(|| {
            let row = row.clone();
            view! {
                <form
                    method="post"
                    action=TakeOver::url()
                    on:submit=move |event| {
                        event.prevent_default();
                        inbox.take_over(&row);
                    }
                >
                    {hidden_fields()}
                    <button title=words.take_over>{icon_of("user-round", "i size-3.5")} <span class="lbl-take">{words.take_over}</span></button>
                </form>
            }
        });
        Some(view! { <div class="seg" role="group" aria-label=words.who_answers>{ari} {team} {take_over}</div> })
    })
    .into_any()
}

/// What stands in the thread, one after the other.
#[derive(Clone)]
enum Item {
    Day(LocalTime),
    /// The divider above what was unread.
    New,
    Message(Entry),
}

impl Item {
    fn key(&self) -> (u8, i64, Uuid) {
        match self {
            Self::Day(day) => (0, day.day_number, Uuid::nil()),
            Self::New => (1, 0, Uuid::nil()),
            Self::Message(entry) => (2, 0, entry.key),
        }
    }
}

fn items(inbox: Inbox, thread: &Thread) -> Vec<Item> {
    let new_from = thread.new_from.get().map(|(key, _)| key);
    let mut day = None;
    let mut items = Vec::new();
    let entries = thread.entries.get();
    let skipped = entries.len().saturating_sub(thread.shown.get());
    for entry in entries.into_iter().skip(skipped) {
        let local = entry.view.with_untracked(|view| inbox.local(view.at));
        if day != Some(local.day_number) {
            day = Some(local.day_number);
            items.push(Item::Day(local));
        }
        if new_from == Some(entry.key) {
            items.push(Item::New);
        }
        items.push(Item::Message(entry));
    }
    items
}

fn messages(inbox: Inbox, thread: Thread, scroller: NodeRef<html::Div>, sliced: RwSignal<bool>) -> AnyView {
    let words = inbox.words;
    let scrolled = {
        let thread = thread.clone();
        move |_| {
            let Some(element) = scroller.get_untracked() else { return };
            // In a reversed column the end is at zero and the start is negative.
            let from_end = -element.scroll_top();
            let from_start = element.scroll_height() - element.client_height() - from_end;
            let at_end = from_end < AT_END;
            if thread.at_end.get_untracked() != at_end {
                thread.at_end.set(at_end);
            }
            if at_end {
                thread.reach_end();
            }
            let whole = thread.shown.get_untracked() == usize::MAX;
            if whole && from_start < NEAR_START && !matches!(thread.fetching.get_untracked(), Fetching::Failed(_)) {
                inbox.fetch_older(&thread);
            }
        }
    };
    let newest = {
        let id = thread.row.id;
        let href = move || inbox.address(Some(id), "");
        move || {
            sliced.get().then(|| {
                view! {
                    <a class="more" href=href rel="external">
                        {words.newest_messages}
                        {icon("chevron-down")}
                    </a>
                }
            })
        }
    };
    show_in_steps(inbox, &thread);
    let offered = reacting::offered(inbox, &thread);
    let children = {
        let thread = thread.clone();
        move |item: Item| match item {
            Item::Day(at) => view! { <li class="day"><span>{move || words.day(at, inbox.today.get())}</span></li> }.into_any(),
            Item::New => {
                let new_from = thread.new_from.clone();
                let count = move || new_from.get().map(|(_, count)| (words.new_messages)(count));
                view! { <li class="day new"><span>{count}</span></li> }.into_any()
            }
            Item::Message(entry) => bubble::message(inbox, thread.clone(), entry),
        }
    };
    view! {
        <div class="thread-frame">
            <div
                class="thread"
                class:no-react=move || !offered.get()
                role="log"
                aria-live="off"
                aria-label=words.thread
                tabindex="0"
                node_ref=scroller
                on:scroll=scrolled
            >
                {newest}
                <ol>
                    {each({let thread = thread.clone(); move || items(inbox, &thread)}, Item::key, children)}
                </ol>
                {start(inbox, thread.clone())}
            </div>
            {jump_pill(inbox, thread.clone(), scroller)}
            {reacting::picker(inbox, thread, offered)}
        </div>
    }
    .into_any()
}

/// Shows what one looks at first, and the rest after the paint: what stands in closed menus at once, older messages a little later, for whoever goes
/// through conversations by keys need not wait for what they do not look at. What the server rendered is there as a whole already.
fn show_in_steps(inbox: Inbox, thread: &Thread) {
    // What is not seen is not painted, and would wait for that.
    if inbox.connection.get_untracked() == Connection::Connecting || !browser::is_attended() {
        return;
    }
    thread.painted.set(false);
    let all = thread.entries.with_untracked(Vec::len);
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).map_or(usize::MAX, |height| height as usize);
    // However low the window: the newest message.
    let mut free = height.saturating_sub(AROUND).max(1);
    let mut fits = |entry: &&Entry| {
        let fits = free > 0;
        free = free.saturating_sub(entry.view.with_untracked(lowest));
        fits
    };
    let at_once = thread.entries.with_untracked(|entries| entries.iter().rev().take(AT_ONCE).take_while(&mut fits).count());
    thread.shown.set(if all <= at_once { usize::MAX } else { at_once });
    let thread = thread.clone();
    browser::after_paint(move || {
        // A key may have been faster.
        if !thread.painted.get_untracked() {
            thread.painted.set(true);
        }
        set_timeout(move || show_more(inbox, thread), REST_AFTER);
    });
}

/// How low a message can be.
fn lowest(view: &MessageView) -> usize {
    // It is not shown.
    if view.status == Some(Status::Cancelled) {
        return 0;
    }
    if view.direction == Direction::System && !view.is_note() {
        return LINE;
    }
    let stands = view.media.as_ref().is_some_and(|media| media.state == MediaState::Stored);
    let picture = if stands && matches!(view.kind.as_str(), "image" | "video") { PICTURE } else { 0 };
    LOWEST + picture + view.text.chars().count() / WIDEST * LINE
}

fn show_more(inbox: Inbox, thread: Thread) {
    let shown = thread.shown.get_untracked();
    if shown == usize::MAX {
        return;
    }
    if !inbox.alive() || shown >= thread.entries.with_untracked(Vec::len) {
        return thread.shown.set(usize::MAX);
    }
    thread.shown.set(shown + AT_ONCE);
    browser::after_paint(move || show_more(inbox, thread));
}

/// Above the oldest message: the way to older ones, which works without script; with it they come by themselves.
fn start(inbox: Inbox, thread: Thread) -> AnyView {
    let words = inbox.words;
    (move || {
        if thread.shown.get() != usize::MAX {
            return ().into_any();
        }
        let Some(before) = thread.older.get() else {
            return view! { <p class="thread-start">{words.thread_start}</p> }.into_any();
        };
        let fetching = thread.fetching.get();
        let failed = matches!(fetching, Fetching::Failed(_)).then(|| view! { <span class="text-danger">{words.older_failed}</span> });
        let thread = thread.clone();
        view! {
            <a
                class="more"
                href=inbox.view.get().address("", &format!("before={before}"))
                rel="external"
                aria-busy=(fetching == Fetching::Busy).to_string()
                on:click=move |event| {
                    event.prevent_default();
                    inbox.fetch_older(&thread);
                }
            >
                {failed}
                {if matches!(fetching, Fetching::Failed(_)) { words.try_again } else { words.older_messages }}
            </a>
        }
        .into_any()
    })
    .into_any()
}

/// Shown while one reads further up: how much came meanwhile, and the way to it.
fn jump_pill(inbox: Inbox, thread: Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let words = inbox.words;
    (move || {
        if thread.at_end.get() {
            return None;
        }
        let label = match thread.missed.get() {
            0 => words.newest_messages.to_owned(),
            missed => (words.new_messages)(missed),
        };
        Some(view! {
            <button
                type="button"
                class="jump"
                on:click=move |_| {
                    if let Some(element) = scroller.get_untracked() {
                        element.set_scroll_top(0);
                    }
                }
            >
                {icon("arrow-down")}
                {label}
            </button>
        })
    })
    .into_any()
}
