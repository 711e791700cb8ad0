//! The inbox's page: what the server loads for it, and what brings it to life in the browser.
//!
//! Everything the first paint needs is awaited on the server, so the HTML is complete and readable without script. The same values
//! make the store in the browser; from then on frames keep it, and nothing is fetched twice.

use super::{
    alerts, api, attaching,
    contact_panel::ContactPanel,
    conversation_list::ConversationList,
    frame::{AccountMenu, Rail, TabBar},
    keys::{self, KeySheet},
    list_view::ListView,
    model::*,
    picking, presence,
    store::{Current, Fetching, Inbox, Writing},
    thread::ThreadPane,
};
use crate::{
    error::{AppError, Conflict},
    ids::{ConversationId, MessageId},
    live::feed::{Connection, Following, LiveFeed},
    time::MINUTE,
    ui::{
        browser,
        icon::icon,
        load::{blank, skeleton_rows},
        title::in_title,
        toast::Toaster,
    },
    words::{Words, use_words},
};
use leptos::{prelude::*, server_fn::error::ServerFnUrlError};
use leptos_meta::Title;
use leptos_router::{
    NavigateOptions,
    components::Redirect,
    hooks::{use_location, use_navigate, use_params_map},
};
use std::time::Duration;
use uuid::Uuid;

/// How long changes are gathered before the totals are counted anew.
const BETWEEN_COUNTS: Duration = Duration::from_millis(250);
/// With fewer rows, which may not fill the pane, more are fetched without being scrolled to.
const FEW_ROWS: usize = 20;

/// Where one plays the customer in demo mode.
pub const CUSTOMER_PHONE: &str = "/sandbox/phone";

/// What the address opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Opened {
    List,
    Conversation(ConversationId),
    /// Not an id at all.
    Nowhere,
}

impl Opened {
    fn of(segment: Option<String>) -> Self {
        match segment.as_deref() {
            None | Some("") => Self::List,
            Some(text) => text.parse().map_or(Self::Nowhere, Self::Conversation),
        }
    }
}

/// `/{workspace}/inbox` and `/{workspace}/inbox/{conversation}`.
#[component]
pub fn InboxPage() -> impl IntoView {
    let words = use_words();
    let params = use_params_map();
    let query = use_location().query;
    let opened = Memo::new(move |_| Opened::of(params.with(|params| params.get("conversation"))));
    let workspace = params.with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let list_view = Memo::new(move |_| query.with(|query| ListView::read(|name| query.get(name))));
    let (page, before, at, refused, taken_back, write, reply, react) = query.with_untracked(|query| {
        let refused = query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error));
        let id = |name: &str| query.get(name).and_then(|id| id.parse::<MessageId>().ok());
        (query.get("page"), query.get("before"), id("at"), refused, query.get("taken-back"), query.get("write"), id("reply"), id("react"))
    });
    let first_view = list_view.get_untracked();
    let starts_below = page.as_deref().and_then(|cursor| cursor.parse::<ListCursor>().ok());
    let sliced = before.is_some();
    // Something was refused, or taken back: its words stand in the box again.
    let unsent = refused.is_some() || taken_back.is_some();

    let viewer = OnceResource::new_blocking(api::load_viewer(workspace.clone()));
    let list = OnceResource::new_blocking(api::list_conversations(workspace.clone(), Some(first_view.to_string()), page));
    let first = opened.get_untracked();
    let load = async move |id| (id, api::load_thread(workspace, id, before, at, unsent).await);
    let thread = OnceResource::new_blocking(async move {
        match first {
            Opened::List => None,
            // Asked for all the same, so that the answer's status is that of what is not there.
            Opened::Nowhere => Some(load(Uuid::nil().into()).await),
            Opened::Conversation(id) => Some(load(id).await),
        }
    });

    view! {
        <Suspense fallback=move || {
            skeleton_rows(words.loading, 8)
        }>
            {move || {
                let (refused, first_view) = (refused.clone(), first_view.clone());
                let notes = write.as_deref() == Some("note");
                Suspend::new(async move {
                    let viewer = viewer.await;
                    let list = list.await;
                    let thread = thread.await;
                    match (viewer, list) {
                        (Ok(viewer), Ok(list)) => {
                            let sliced = sliced || matches!(&thread, Some((_, Ok(page))) if page.sliced);
                            let inbox = Inbox::new(viewer, first_view, list, starts_below, thread, words);
                            begin_writing(inbox, notes, reply, react);
                            follow_view(inbox, list_view);
                            view! { <InboxView inbox=inbox opened=opened sliced=sliced at=at refused=refused/> }.into_any()
                        }
                        (Err(error), _) | (_, Err(error)) => unavailable(words, &error),
                    }
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// What the address asks to be written: links do it without script, and a page that is loaded again keeps it.
fn begin_writing(inbox: Inbox, note: bool, reply: Option<MessageId>, react: Option<MessageId>) {
    inbox.current.with_untracked(|current| {
        let Current::Open(thread) = current else { return };
        if note {
            thread.writing.set(Writing::Note);
        }
        thread.quoting.set(reply.and_then(|id| thread.quotable(id)));
        thread.reacting.set(react);
    });
}

/// Instead of the inbox: signed out, not a member, or out of reach.
fn unavailable(words: &'static Words, error: &AppError) -> AnyView {
    let (icon_name, title) = match error {
        AppError::SignedOut => return view! { <Redirect path="/sign-in"/> }.into_any(),
        AppError::NotFound => ("message-circle", words.not_found_title),
        AppError::Forbidden(_) => ("lock", words.forbidden_title),
        _ => ("cloud-alert", words.list_failed),
    };
    let next = match error {
        AppError::NotFound | AppError::Forbidden(_) => view! {
            <a class="btn" data-size="sm" data-variant="outline" href="/" rel="external">
                {words.home}
            </a>
        }
        .into_any(),
        _ => view! {
            <a class="btn" data-size="sm" href="" rel="external">
                {icon("rotate-cw")}
                {words.try_again}
            </a>
        }
        .into_any(),
    };
    view! {
        <Title text=title/>
        <main id="utama" class="alone">
            {blank(1, icon_name, title.into(), words.error(error), next)}
        </main>
    }
    .into_any()
}

#[component]
fn InboxView(inbox: Inbox, opened: Memo<Opened>, sliced: bool, at: Option<MessageId>, refused: Option<AppError>) -> impl IntoView {
    let words = inbox.words;
    let location = use_location();
    let contact_open = Memo::new(move |_| location.query.with(|query| query.get("panel").as_deref() == Some("contact")));
    let shown = move || match (inbox.current.with(|current| current.id().is_some()), contact_open.get()) {
        (false, _) => "list",
        (true, false) => "thread",
        (true, true) => "contact",
    };
    let title = move || {
        let unread = inbox.unread.get();
        let name = inbox.current.with(|current| match current {
            Current::Open(thread) => thread.row.view.with(|view| in_title(&view.name)),
            _ => words.messages.to_owned(),
        });
        match unread {
            0 => format!("{name} · my21staff"),
            unread => format!("({unread}) {name} · my21staff"),
        }
    };
    // The server writes the title when the page is done, and the store is gone by then: what it reads must live by itself.
    let shown_title = ArcRwSignal::new(untrack(title));
    Effect::new({
        let shown_title = shown_title.clone();
        move |_| shown_title.set(title())
    });
    let sliced = RwSignal::new(sliced);
    follow_address(inbox, opened, sliced, at);
    follow_totals(inbox);
    follow_clock(inbox);
    follow_minutes(inbox);
    follow_events(inbox);
    keys::follow(inbox);
    picking::follow(inbox);
    let back = move || location.pathname.get();
    let heading = inbox.viewer.with_value(|viewer| format!("{} · {}", words.messages, viewer.workspace_name));
    view! {
        <Title text=move || shown_title.get()/>
        <div class="app" data-view=shown>
            <Rail inbox=inbox/>
            <main id="utama" class="inbox" tabindex="-1">
                <h1 class="sr-only">{heading}</h1>
                <p class="sr-only" aria-live="polite">
                    {move || inbox.announcement.get()}
                </p>
                <ConversationList inbox=inbox paged=location.query.with_untracked(|query| query.get("page").is_some())/>
                <ThreadPane inbox=inbox sliced=sliced refused=refused/>
                <ContactPanel inbox=inbox/>
            </main>
            <TabBar inbox=inbox/>
            <AccountMenu inbox=inbox back=Signal::derive(back)/>
            <KeySheet inbox=inbox/>
            <Toaster toasts=inbox.toasts label=words.notices close=words.close/>
        </div>
    }
    .into_any()
}

/// Opens what the address says, without leaving the page.
fn follow_address(inbox: Inbox, opened: Memo<Opened>, sliced: RwSignal<bool>, at: Option<MessageId>) {
    let navigate = use_navigate();
    let pathname = use_location().pathname;
    let lead = navigate.clone();
    Effect::new(move |_| {
        let into = inbox.current.with(|current| match current {
            Current::Failed(_, AppError::Conflict(Conflict::MergedInto(into))) => Some(*into),
            _ => None,
        });
        if let Some(into) = into {
            lead(&untrack(|| inbox.address(Some(into), "")), NavigateOptions { replace: true, scroll: false, ..Default::default() });
        }
    });
    Effect::new(move |before: Option<Opened>| {
        let opened = opened.get();
        match (before, opened) {
            // The server's page showed a slice of older messages: with script one reads from the newest on.
            (None, Opened::Conversation(id)) if sliced.get_untracked() => {
                sliced.set(false);
                inbox.refetch_thread(id, at);
                let address = inbox.view.get_untracked().address(&pathname.get_untracked(), "");
                navigate(&address, NavigateOptions { replace: true, scroll: false, ..Default::default() });
            }
            (None, Opened::Conversation(id)) => inbox.reveal_in(id, at),
            (None, _) => {
                let path = browser::leads_to();
                if !path.is_empty() {
                    navigate(&path, NavigateOptions { replace: true, scroll: false, ..Default::default() });
                }
            }
            (Some(before), opened) if before == opened => {}
            (Some(_), Opened::List) => {
                inbox.open(None);
            }
            (Some(_), Opened::Nowhere) => inbox.current.set(Current::Failed(Uuid::nil().into(), AppError::NotFound)),
            (Some(_), Opened::Conversation(id)) => {
                if inbox.open(Some(id)) {
                    open_anew(inbox, id);
                }
            }
        }
        opened
    });
}

/// Loads a conversation that was just opened; one that is remembered after it was painted, if it still is the one that one looks at then.
fn open_anew(inbox: Inbox, id: ConversationId) {
    let remembered = inbox.current.with_untracked(|current| matches!(current, Current::Open(_)));
    if !remembered {
        return inbox.fetch_thread(id);
    }
    browser::after_paint(move || {
        if inbox.alive() && inbox.current.with_untracked(|current| current.id() == Some(id)) {
            inbox.fetch_thread(id);
        }
    });
}

/// Shows the list that the address says.
fn follow_view(inbox: Inbox, list_view: Memo<ListView>) {
    Effect::new(move |_| {
        let view = list_view.get();
        if inbox.view.with_untracked(|shown| *shown != view) {
            inbox.choose(view);
        }
    });
}

/// Keeps the totals right, asking once for all that happens at a time; and the list full while rows leave it.
fn follow_totals(inbox: Inbox) {
    let waiting = StoredValue::new(false);
    Effect::new(move |before: Option<u32>| {
        let times = inbox.recount.get();
        if before.is_some_and(|before| before != times) && !waiting.get_value() {
            waiting.set_value(true);
            set_timeout(
                move || {
                    if waiting.try_set_value(false).is_none() {
                        inbox.fetch_totals();
                    }
                },
                BETWEEN_COUNTS,
            );
        }
        times
    });
    Effect::new(move |_| {
        let few = inbox.rows.with(Vec::len) < FEW_ROWS;
        if few && inbox.next.get().is_some() && inbox.fetching.get() == Fetching::Idle {
            inbox.fetch_more();
        }
    });
}

/// The server's clock goes on, each second, from when the page was made.
fn follow_clock(inbox: Inbox) {
    Effect::new(move |_| {
        let ahead = inbox.viewer.with_value(|viewer| viewer.now) + browser::page_age() - browser::now();
        inbox.now.set(browser::now() + ahead);
        inbox.kept_until.set(browser::kept_until().map_or(0, |at| at + ahead));
        let ticking = set_interval_with_handle(
            move || {
                inbox.now.try_set(browser::now() + ahead);
            },
            Duration::from_secs(1),
        );
        if let Ok(ticking) = ticking {
            on_cleanup(move || ticking.clear());
        }
    });
}

/// What changes by time alone.
fn follow_minutes(inbox: Inbox) {
    let minute = Memo::new(move |_| inbox.now.get() / MINUTE);
    Effect::new(move |before: Option<i64>| {
        let minute = minute.get();
        if before.is_some_and(|before| before != minute) {
            inbox.minute_passed();
        }
        minute
    });
}

/// The stream, and telling the server what was seen and colleagues where one is.
fn follow_events(inbox: Inbox) {
    let attended = browser::attention();
    let newcomers = presence::tell(inbox, attended);
    attaching::guard();
    Effect::new(move |_| {
        inbox.follow_drafts();
        inbox.follow_left();
    });
    Effect::new(move |_| {
        if inbox.connection.get() == Connection::Connected {
            inbox.catch_up();
            inbox.see_who_looks();
        }
    });
    Effect::new(move |_| {
        let from = inbox.viewer.with_value(|viewer| Following {
            workspace: viewer.workspace_slug.clone(),
            person: viewer.person.id.to_string(),
            rights: viewer.rights.clone(),
            after: inbox.starts_after,
        });
        let call = alerts::caller(inbox, attended);
        LiveFeed::open(
            &from,
            inbox.connection,
            move |frame| {
                browser::hold_view(".thread");
                call(&frame);
                inbox.file_arrived(&frame);
                inbox.something_new(&frame);
                inbox.labels_changed(&frame);
                inbox.apply(frame, attended.get_untracked());
            },
            move |here| {
                if inbox.see_colleague(here) {
                    newcomers.update(|times| *times = times.wrapping_add(1));
                }
            },
            move |feed| inbox.reload(feed),
        );
    });
    Effect::new(move |_| {
        let Current::Open(thread) = inbox.current.get() else { return };
        let unread = thread.row.view.with(|view| view.unread);
        if attended.get() && thread.at_end.get() && unread > 0 {
            inbox.mark_read(thread.row.id);
            alerts::is_read(&thread.row.id.to_string());
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_opens_the_list_a_conversation_or_nothing() {
        assert_eq!(Opened::of(None), Opened::List);
        assert_eq!(Opened::of(Some("keluar".into())), Opened::Nowhere);
        let id = Uuid::from_u128(7);
        assert_eq!(Opened::of(Some(id.to_string())), Opened::Conversation(id.into()));
    }
}
