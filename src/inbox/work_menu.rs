//! What people do with a conversation beside answering it: close, snooze, assign, mark as urgent. Forms in `details`, so all of it works without script.

use super::{
    api::{self, AssignConversation, CloseConversation, PrioritiseConversation, ReopenConversation, SnoozeConversation},
    model::*,
    store::{Inbox, Row, Thread},
    working::*,
};
use crate::{
    time::{LocalTime, MINUTE, Millis},
    ui::icon::{icon, icon_of},
    words::WorkWords,
};
use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use wasm_bindgen::JsCast;

type Menu = NodeRef<html::Details>;

fn work(inbox: Inbox) -> &'static WorkWords {
    inbox.words.locale.work()
}

/// When something comes back, for a mark: the time alone if it is today.
fn back_at(inbox: Inbox, at: Millis) -> String {
    let (at, today) = (inbox.local(at), inbox.today.get());
    if at.day_number == today.day_number { inbox.words.time(at) } else { inbox.words.moment(at, today) }
}

/// The marks of a row beside who answers: urgent, snoozed, and whose it is where that does not stand there already.
pub fn row_marks(inbox: Inbox, view: &ConversationView) -> AnyView {
    let named = !view.closed && view.holder == Holder::Team;
    let initials = view.assignee.as_ref().filter(|_| !named).map(|person| {
        let label = (work(inbox).assigned_to)(&person.name);
        view! {
            <span class="mark grey initials" role="img" title=label.clone() aria-label=label.clone()>
                {initials(&person.name)}
            </span>
        }
    });
    view! {
        {urgent(inbox, view)}
        {snoozed(inbox, view)}
        {initials}
    }
    .into_any()
}

/// The marks under the customer's name.
pub fn head_marks(inbox: Inbox, view: ArcRwSignal<ConversationView>) -> AnyView {
    (move || view.with(|view| view! { {urgent(inbox, view)} {snoozed(inbox, view)} }.into_any())).into_any()
}

fn urgent(inbox: Inbox, view: &ConversationView) -> Option<AnyView> {
    view.high_priority.then(|| {
        let label = work(inbox).high_priority;
        view! { <span class="mark urgent" role="img" title=label aria-label=label>{icon("chevrons-up")}</span> }.into_any()
    })
}

fn snoozed(inbox: Inbox, view: &ConversationView) -> Option<AnyView> {
    view.snoozed_until.map(|at| {
        let when = back_at(inbox, at);
        let label = (work(inbox).snoozed_until)(&when);
        view! {
            <span class="mark grey" title=label.clone()>
                {icon("alarm-clock")}
                <span class="sr-only">{label.clone()}</span>
                <span aria-hidden="true">{when}</span>
            </span>
        }
        .into_any()
    })
}

/// The head's controls. Nothing for somebody who may only look.
pub fn work_menu(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = work(inbox);
    let (may_reply, may_assign) = inbox.viewer.with_value(|viewer| (viewer.may_reply, !viewer.team.is_empty()));
    if !may_reply && !may_assign {
        return ().into_any();
    }
    let row = thread.row.clone();
    let state = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(ConversationView::state))
    };
    let (snooze_menu, more_menu) = (Menu::new(), Menu::new());
    follow_keys(inbox, row.clone(), state, snooze_menu, more_menu);
    let quick = may_reply.then(|| {
        let row = row.clone();
        view! { <div class="work-wide">{move || quick(inbox, row.clone(), state.get())}</div> }
    });
    let snooze = may_reply.then(|| {
        let row = row.clone();
        let label = move || if state.get() == WorkState::Snoozed { words.snooze_anew } else { words.snooze };
        view! {
            <details
                class="work-menu work-wide"
                hidden=move || state.get() == WorkState::Closed
                node_ref=snooze_menu
                on:keydown=move |event| escape(snooze_menu, &event)
            >
                <summary class="tool" title=label aria-label=label>
                    {icon("alarm-clock")}
                </summary>
                <div class="pop work-pop">{snooze_group(inbox, row, state, snooze_menu)}</div>
            </details>
        }
    });
    let groups = {
        let row = row.clone();
        let closing = may_reply.then(|| closing_group(inbox, row.clone(), state, more_menu));
        let snoozing = may_reply.then(|| {
            let row = row.clone();
            view! {
                <div class="work-narrow" hidden=move || state.get() == WorkState::Closed>
                    {snooze_group(inbox, row, state, more_menu)}
                </div>
            }
        });
        let assigning = may_assign.then(|| assign_group(inbox, row.clone(), more_menu));
        let priority = may_reply.then(|| priority_group(inbox, row.clone(), more_menu));
        view! {
            {assigning}
            {priority}
            {snoozing}
            {closing}
        }
    };
    view! {
        {quick}
        {snooze}
        <details class="work-menu" node_ref=more_menu on:keydown=move |event| escape(more_menu, &event)>
            <summary class="tool" title=words.menu aria-label=words.menu>
                {icon("ellipsis")}
            </summary>
            <div class="pop work-pop">{groups}</div>
        </details>
    }
    .into_any()
}

/// The fields that say which conversation is meant.
fn fields(inbox: Inbox, row: &Row) -> AnyView {
    view! {
        <input type="hidden" name="workspace" value=inbox.slug()/>
        <input type="hidden" name="conversation" value=row.id.to_string()/>
    }
    .into_any()
}

/// The newest message on this screen: what came after it is not put away.
fn seen_field(row: &Row) -> AnyView {
    let view = row.view.clone();
    view! { <input type="hidden" name="seen" value=move || view.with(|view| view.last_at.to_string())/> }.into_any()
}

fn seen(row: &Row) -> Option<Millis> {
    Some(row.view.with_untracked(|view| view.last_at))
}

fn close(inbox: Inbox, row: &Row, reason: Option<String>) {
    inbox.change(row, api::close_conversation(inbox.slug(), row.id, reason, seen(row)));
}

/// The button beside the menus: closes, or brings back.
fn quick(inbox: Inbox, row: Row, state: WorkState) -> AnyView {
    if matches!(state, WorkState::Closed | WorkState::Snoozed) {
        return bring_back(inbox, row, state, "btn", None);
    }
    let label = work(inbox).close;
    view! {
        <form
            method="post"
            action=CloseConversation::url()
            on:submit={
                let row = row.clone();
                move |event| {
                    event.prevent_default();
                    close(inbox, &row, None);
                }
            }
        >
            {fields(inbox, &row)}
            {seen_field(&row)}
            <button class="btn" data-size="sm" data-variant="outline">
                {icon("check")}
                {label}
            </button>
        </form>
    }
    .into_any()
}

/// Reopens what is closed, wakes what is snoozed.
fn bring_back(inbox: Inbox, row: Row, state: WorkState, class: &'static str, menu: Option<Menu>) -> AnyView {
    let words = work(inbox);
    let label = if state == WorkState::Closed { words.reopen } else { words.wake };
    view! {
        <form
            method="post"
            action=ReopenConversation::url()
            on:submit={
                let row = row.clone();
                move |event| {
                    event.prevent_default();
                    menu.into_iter().for_each(shut);
                    inbox.change(&row, api::reopen_conversation(inbox.slug(), row.id));
                }
            }
        >
            {fields(inbox, &row)}
            <button class=class data-size="sm" data-variant="outline">
                {icon("rotate-cw")}
                {label}
            </button>
        </form>
    }
    .into_any()
}

fn closing_group(inbox: Inbox, row: Row, state: Memo<WorkState>, menu: Menu) -> AnyView {
    let words = work(inbox);
    let reason = NodeRef::<html::Input>::new();
    // That ARI and the team change places leaves a reason alone that is being typed.
    let closed = Memo::new(move |_| state.get() == WorkState::Closed);
    (move || {
        let back = closed.get().then(|| {
            view! { <div class="work-narrow">{bring_back(inbox, row.clone(), WorkState::Closed, "mi", Some(menu))}</div> }
        });
        let closing = (!closed.get()).then(|| {
            let row = row.clone();
            view! {
                <form
                    class="work-form"
                    method="post"
                    action=CloseConversation::url()
                    on:submit={
                        let row = row.clone();
                        move |event| {
                            event.prevent_default();
                            shut(menu);
                            close(inbox, &row, reason.get_untracked().map(|field| field.value()));
                        }
                    }
                >
                    {fields(inbox, &row)}
                    {seen_field(&row)}
                    <label>
                        <span class="menu-title">{words.reason}</span>
                        <input class="input" name="reason" maxlength=MAX_REASON.to_string() autocomplete="off" node_ref=reason/>
                    </label>
                    <button class="btn" data-size="sm">
                        {icon("check")}
                        {words.close}
                    </button>
                </form>
            }
        });
        view! { <div class="menu-group" role="group" aria-label=words.close_with_reason>{back} {closing}</div> }
    })
    .into_any()
}

fn snooze(inbox: Inbox, row: &Row, until: SnoozeUntil, at: Option<String>, menu: Menu) {
    shut(menu);
    inbox.change(row, api::snooze_conversation(inbox.slug(), row.id, until, at, seen(row)));
}

fn snooze_group(inbox: Inbox, row: Row, state: Memo<WorkState>, menu: Menu) -> AnyView {
    let words = work(inbox);
    let own = NodeRef::<html::Input>::new();
    let offset = inbox.offset();
    // Changes with the quarters of an hour, not with the seconds.
    let walls = Memo::new(move |_| {
        let now = LocalTime::new(inbox.now.get(), offset);
        SnoozeUntil::PRESETS.map(|preset| preset.wall(now))
    });
    let window = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.window_closes).filter(|closes| window_open(Some(*closes), inbox.now.get())))
    };
    let presets = {
        let row = row.clone();
        move || {
            let choices = SnoozeUntil::PRESETS.into_iter().zip(walls.get());
            choices
                .filter_map(|(preset, wall)| wall.map(|wall| choice(inbox, row.clone(), preset, wall, window.get(), menu)))
                .collect_view()
        }
    };
    let warning = move || {
        let closes = window.get()?;
        let when = inbox.words.moment(inbox.local(closes), inbox.today.get());
        Some(view! { <p class="work-hint">{icon("clock-alert")} {(words.window_ends_before)(&when)}</p> })
    };
    let outlasted = move || {
        let ends = |(day, minute): (i64, i64)| shown_to_millis(day, minute, offset);
        walls.get().into_iter().flatten().any(|wall| outlasts_window(ends(wall), window.get(), inbox.now.get_untracked()))
    };
    let back = {
        let row = row.clone();
        move || (state.get() == WorkState::Snoozed).then(|| bring_back(inbox, row.clone(), WorkState::Snoozed, "mi", Some(menu)))
    };
    let earliest = move || field_value(earliest_own(inbox.now.get_untracked(), offset));
    view! {
        <div class="menu-group" role="group" aria-label=words.snooze>
            <p class="menu-title">{words.snooze}</p>
            {presets}
            {back}
            <form
                class="work-form"
                method="post"
                action=SnoozeConversation::url()
                on:submit={
                    let row = row.clone();
                    move |event| {
                        event.prevent_default();
                        snooze(inbox, &row, SnoozeUntil::Own, own.get_untracked().map(|field| field.value()), menu);
                    }
                }
            >
                {fields(inbox, &row)}
                {seen_field(&row)}
                <input type="hidden" name="until" value=SnoozeUntil::Own.as_str()/>
                <label>
                    <span class="menu-title">{words.own_time} " · " {words.own_time_hint}</span>
                    <input class="input" type="datetime-local" name="at" required value=earliest node_ref=own/>
                </label>
                <button class="btn" data-size="sm" data-variant="outline">
                    {icon("alarm-clock")}
                    {words.snooze}
                </button>
            </form>
            {move || outlasted().then(warning)}
        </div>
    }
    .into_any()
}

/// The instant of a clock on the wall, as far as the browser can tell: the server knows when clocks change.
fn shown_to_millis(day: i64, minute: i64, offset_minutes: i32) -> Millis {
    (day * 24 * 60 + minute - i64::from(offset_minutes)) * MINUTE
}

/// One preset with its time, and a sign where the window closes before it.
fn choice(inbox: Inbox, row: Row, preset: SnoozeUntil, wall: (i64, i64), window: Option<Millis>, menu: Menu) -> AnyView {
    let words = work(inbox);
    let name = match preset {
        SnoozeUntil::LaterToday => words.later_today,
        SnoozeUntil::Tomorrow => words.tomorrow,
        SnoozeUntil::Monday => words.monday,
        SnoozeUntil::Own => words.own_time,
    };
    let at = shown_as(wall);
    let when = match preset {
        SnoozeUntil::LaterToday => inbox.words.time(at),
        _ => inbox.words.moment(at, inbox.today.get()),
    };
    let until = shown_to_millis(wall.0, wall.1, inbox.offset());
    let late = outlasts_window(until, window, inbox.now.get_untracked()).then(|| {
        view! {
            <span class="clock soon">
                {icon("lock")}
                <span class="sr-only">{inbox.words.window_shut}</span>
            </span>
        }
    });
    view! {
        <form
            method="post"
            action=SnoozeConversation::url()
            on:submit={
                let row = row.clone();
                move |event| {
                    event.prevent_default();
                    snooze(inbox, &row, preset, None, menu);
                }
            }
        >
            {fields(inbox, &row)}
            {seen_field(&row)}
            <input type="hidden" name="until" value=preset.as_str()/>
            <button class="mi">
                <span>{name}</span>
                <span class="work-when">{late} {when}</span>
            </button>
        </form>
    }
    .into_any()
}

fn assign_group(inbox: Inbox, row: Row, menu: Menu) -> AnyView {
    let words = work(inbox);
    let select = NodeRef::<html::Select>::new();
    let assignee = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.assignee.clone()))
    };
    let options = move || {
        let held = assignee.get();
        let held = held.as_ref();
        let mut team = inbox.viewer.with_value(|viewer| viewer.team.clone());
        // Somebody beyond the longest list still shows as who holds it.
        if let Some(person) = held.filter(|held| team.iter().all(|person| person.id != held.id)) {
            team.insert(0, person.clone());
        }
        let people = team.into_iter().map(|person| {
            let name = if inbox.is_me(Some(person.id)) { format!("{} ({})", person.name, inbox.words.you) } else { person.name };
            view! {
                <option value=person.id.to_string() selected=held.is_some_and(|held| held.id == person.id)>
                    {name}
                </option>
            }
        });
        view! {
            <option value="" selected=held.is_none()>
                {words.nobody}
            </option>
            {people.collect_view()}
        }
    };
    view! {
        <form
            class="menu-group work-form"
            method="post"
            action=AssignConversation::url()
            on:submit={
                let row = row.clone();
                move |event| {
                    event.prevent_default();
                    shut(menu);
                    let to = select.get_untracked().map(|field| field.value()).unwrap_or_default();
                    inbox.change(&row, api::assign_conversation(inbox.slug(), row.id, to));
                }
            }
        >
            {fields(inbox, &row)}
            <label>
                <span class="menu-title">{words.assignee}</span>
                <select class="input" name="assignee" node_ref=select>
                    {options}
                </select>
            </label>
            <button class="btn" data-size="sm" data-variant="outline">
                {icon("user-round")}
                {words.assign}
            </button>
        </form>
    }
    .into_any()
}

fn priority_group(inbox: Inbox, row: Row, menu: Menu) -> AnyView {
    let words = work(inbox);
    let high = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.high_priority))
    };
    view! {
        <form
            class="menu-group"
            method="post"
            action=PrioritiseConversation::url()
            on:submit={
                let row = row.clone();
                move |event| {
                    event.prevent_default();
                    shut(menu);
                    inbox.change(&row, api::prioritise_conversation(inbox.slug(), row.id, !high.get_untracked()));
                }
            }
        >
            {fields(inbox, &row)}
            <input type="hidden" name="high" value=move || (!high.get()).to_string()/>
            <button class="mi">
                {icon_of("chevrons-up", "i size-4")}
                {move || if high.get() { words.lower_priority } else { words.raise_priority }}
            </button>
        </form>
    }
    .into_any()
}

fn shut(menu: Menu) {
    if let Some(menu) = menu.get_untracked() {
        let _ = menu.remove_attribute("open");
    }
}

/// Escape shuts a menu and gives the focus back to what opened it.
fn escape(menu: Menu, event: &web_sys::KeyboardEvent) {
    let Some(element) = menu.get_untracked() else { return };
    if event.key() == "Escape" && element.has_attribute("open") {
        event.prevent_default();
        shut(menu);
        focus(&element, "summary");
    }
}

fn focus(within: &web_sys::Element, selector: &str) {
    let found = within.query_selector(selector).ok().flatten();
    if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// Whether what is typed belongs into a field.
fn in_field(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
    target.is_some_and(|target| target.is_content_editable() || matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// The keys of a conversation: assign, to me, snooze, close. And menus shut when one clicks beside them.
fn follow_keys(inbox: Inbox, row: Row, state: Memo<WorkState>, snooze_menu: Menu, more_menu: Menu) {
    Effect::new(move |_| {
        let row = row.clone();
        let open = move |menu: Menu, first: &str| {
            let Some(element) = menu.get_untracked() else { return };
            let _ = element.set_attribute("open", "");
            focus(&element, first);
        };
        let keys = window_event_listener(ev::keydown, move |event| {
            let chord = event.ctrl_key() || event.meta_key() || event.alt_key();
            if chord || event.repeat() || event.default_prevented() || in_field(&event) {
                return;
            }
            let may_reply = inbox.viewer.with_value(|viewer| viewer.may_reply);
            match event.key().as_str() {
                "a" => open(more_menu, "select"),
                "i" if may_reply => inbox.take_over(&row),
                "s" if may_reply && state.get_untracked() != WorkState::Closed => {
                    let narrow = snooze_menu.get_untracked().is_none_or(|menu| menu.client_width() == 0);
                    open(if narrow { more_menu } else { snooze_menu }, "button");
                }
                "e" if may_reply && state.get_untracked() != WorkState::Closed => close(inbox, &row, None),
                _ => return,
            }
            event.prevent_default();
        });
        let clicks = window_event_listener(ev::click, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            for menu in [snooze_menu, more_menu] {
                if menu.get_untracked().is_some_and(|element| !element.contains(target.as_ref())) {
                    shut(menu);
                }
            }
        });
        on_cleanup(move || {
            keys.remove();
            clicks.remove();
        });
    });
}
