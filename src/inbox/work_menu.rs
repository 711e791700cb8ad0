//! What people do with a conversation beside answering it: close, snooze, assign, mark as urgent. Forms in `details`, so all of it works without script.

use super::{
    api::{self, AssignConversation, BlockContact, CloseConversation, PrioritiseConversation, ReopenConversation, RunMacro},
    contact_panel::gallery_address,
    keys,
    model::*,
    snoozing::snooze_group,
    store::{Inbox, Row, Thread},
    working::*,
};
use crate::{
    ui::icon::{icon, icon_of},
    words::WorkWords,
};
use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen::JsCast;

/// A `details` that opens below its button.
pub type Menu = NodeRef<html::Details>;

/// The words of all this.
pub fn work(inbox: Inbox) -> &'static WorkWords {
    inbox.words.locale.work()
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
    let painted = thread.painted.clone();
    follow_keys(inbox, thread, state, snooze_menu, more_menu);
    let quick = may_reply.then(|| {
        let row = row.clone();
        view! { <div class="work-wide">{move || quick(inbox, &row, state.get())}</div> }
    });
    let snooze = may_reply.then(|| {
        let row = row.clone();
        let label = move || if state.get() == WorkState::Snoozed { words.snooze_anew } else { words.snooze };
        let painted = painted.clone();
        let group = move || painted.get().then(|| untrack(|| snooze_group(inbox, row.clone(), state, snooze_menu)));
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
                <div class="pop work-pop">{group}</div>
            </details>
        }
    });
    let for_macros = thread.clone();
    let groups = move || {
        let closing = may_reply.then(|| closing_group(inbox, row.clone(), state, more_menu));
        let snoozing = may_reply.then(|| {
            let row = row.clone();
            view! {
                <div class="work-narrow" hidden=move || state.get() == WorkState::Closed>
                    {snooze_group(inbox, row, state, more_menu)}
                </div>
            }
        });
        let macros = may_reply.then(|| macro_group(inbox, &for_macros, more_menu));
        let assigning = may_assign.then(|| assign_group(inbox, &row, more_menu));
        let priority = may_reply.then(|| priority_group(inbox, &row, more_menu));
        // A page of its own, which weighs nothing here.
        let choices = may_reply.then(|| {
            let href = format!("/{}/inbox/{}/choices", inbox.slug(), row.id);
            view! {
                <a class="mi" href=href rel="external">
                    {icon_of("list-checks", "i size-4")}
                    {words.send_choices}
                </a>
            }
        });
        let merging = may_reply.then(|| {
            let href = format!("/{}/inbox/{}/merge", inbox.slug(), row.id);
            view! {
                <a class="mi" href=href rel="external">
                    {icon_of("git-merge", "i size-4")}
                    {words.merge_contact}
                </a>
            }
        });
        let blocking = may_reply.then(|| block_form(inbox, &row, more_menu));
        // `wording.js` does it.
        let translate = inbox.viewer.with_value(|viewer| viewer.ari_enabled).then(|| {
            view! {
                <button type="button" class="mi" data-translate="">
                    {icon_of("languages", "i size-4")}
                    {words.translate_all}
                </button>
            }
        });
        let gallery = gallery_address(inbox, row.id);
        let link = format!("/{}/inbox/{}", inbox.slug(), row.id);
        view! {
            {macros}
            {assigning}
            {priority}
            {snoozing}
            {closing}
            <div class="menu-group">
                {choices}
                {translate}
                <a class="mi" href=gallery rel="external">
                    {icon_of("image", "i size-4")}
                    {words.gallery}
                </a>
                {merging}
                // Copied by `browser.js`; without script it is the link itself.
                <a class="mi" href=link rel="external" data-copies=words.copied>
                    {icon_of("link", "i size-4")}
                    <span aria-live="polite">{words.copy_link}</span>
                </a>
                <form class="work-form to-day" method="get" action=format!("/api/{}/conversations/{}/on", inbox.slug(), row.id)>
                    <label>
                        <span class="menu-title">{words.to_day}</span>
                        <input class="input" type="date" name="date" required/>
                    </label>
                    <button class="btn" data-size="sm" data-variant="outline">
                        {words.go}
                    </button>
                </form>
            </div>
            {blocking}
        }
    };
    view! {
        {quick}
        {snooze}
        <details class="work-menu" node_ref=more_menu on:keydown=move |event| escape(more_menu, &event)>
            <summary class="tool" title=words.menu aria-label=words.menu>
                {icon("ellipsis")}
            </summary>
            <div class="pop work-pop">{move || painted.get().then(|| untrack(&groups))}</div>
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

/// How far this screen shows it, for a form without script: what came after that is not put away.
fn seen_field(inbox: Inbox, row: &Row) -> AnyView {
    view! { <input type="hidden" name="seen_seq" value=inbox.seen_of(row.id).to_string()/> }.into_any()
}

fn close(inbox: Inbox, row: &Row, reason: Option<String>) {
    inbox.change(row, api::close_conversation(inbox.slug(), row.id, reason, Some(inbox.seen_of(row.id))));
}

/// A form about the conversation: sent by `act` with script, posted without. `tells_seen` adds how far this screen shows it.
pub fn work_form(
    inbox: Inbox,
    row: &Row,
    class: &'static str,
    action: &'static str,
    tells_seen: bool,
    inside: AnyView,
    act: impl Fn(&Row) + Send + Sync + 'static,
) -> AnyView {
    let submit = {
        let row = row.clone();
        move |event: ev::SubmitEvent| {
            event.prevent_default();
            act(&row);
        }
    };
    view! {
        <form class=(!class.is_empty()).then_some(class) method="post" action=action on:submit=submit>
            {fields(inbox, row)}
            {tells_seen.then(|| seen_field(inbox, row))}
            {inside}
        </form>
    }
    .into_any()
}

/// The button beside the menus: closes, or brings back.
fn quick(inbox: Inbox, row: &Row, state: WorkState) -> AnyView {
    if matches!(state, WorkState::Closed | WorkState::Snoozed) {
        return bring_back(inbox, row, state, "btn", None);
    }
    let button = view! {
        <button class="btn" data-size="sm" data-variant="outline">
            {icon("check")}
            {work(inbox).close}
        </button>
    };
    work_form(inbox, row, "", CloseConversation::url(), true, button.into_any(), move |row| close(inbox, row, None))
}

/// Reopens what is closed, wakes what is snoozed.
pub fn bring_back(inbox: Inbox, row: &Row, state: WorkState, class: &'static str, menu: Option<Menu>) -> AnyView {
    let words = work(inbox);
    let button = view! {
        <button class=class data-size="sm" data-variant="outline">
            {icon("rotate-cw")}
            {if state == WorkState::Closed { words.reopen } else { words.wake }}
        </button>
    };
    let act = move |row: &Row| {
        menu.into_iter().for_each(shut);
        inbox.change(row, api::reopen_conversation(inbox.slug(), row.id));
    };
    work_form(inbox, row, "", ReopenConversation::url(), false, button.into_any(), act)
}

fn closing_group(inbox: Inbox, row: Row, state: Memo<WorkState>, menu: Menu) -> AnyView {
    let words = work(inbox);
    let reason = NodeRef::<html::Input>::new();
    // That ARI and the team change places leaves a reason alone that is being typed.
    let closed = Memo::new(move |_| state.get() == WorkState::Closed);
    (move || {
        let back = closed.get().then(|| {
            view! { <div class="work-narrow">{bring_back(inbox, &row, WorkState::Closed, "mi", Some(menu))}</div> }
        });
        let closing = (!closed.get()).then(|| {
            let inside = view! {
                <label>
                    <span class="menu-title">{words.reason}</span>
                    <input class="input" name="reason" maxlength=MAX_REASON.to_string() autocomplete="off" node_ref=reason/>
                </label>
                <button class="btn" data-size="sm">
                    {icon("check")}
                    {words.close}
                </button>
            };
            let act = move |row: &Row| {
                shut(menu);
                close(inbox, row, reason.get_untracked().map(|field| field.value()));
            };
            work_form(inbox, &row, "work-form", CloseConversation::url(), true, inside.into_any(), act)
        });
        view! { <div class="menu-group" role="group" aria-label=words.close_with_reason>{back} {closing}</div> }
    })
    .into_any()
}

/// What is often done together, each by its name.
fn macro_group(inbox: Inbox, thread: &Thread, menu: Menu) -> AnyView {
    let words = work(inbox);
    let macros = inbox.viewer.with_value(|viewer| viewer.macros.clone());
    if macros.is_empty() {
        return ().into_any();
    }
    let form = |MacroRef { id, name }: MacroRef| {
        // Once for each macro and each reply, however often it is clicked.
        let client_id = {
            let next = thread.client_id.clone();
            move || Uuid::from_u128(next.get().as_u128() ^ id.as_u128())
        };
        let shown = client_id.clone();
        let inside = view! {
            <input type="hidden" name="id" value=id.to_string()/>
            <input type="hidden" name="client_id" value=move || shown().to_string()/>
            <button class="mi">{icon_of("zap", "i size-4")} {name}</button>
        };
        let of_macro = thread.clone();
        let act = move |_: &Row| {
            shut(menu);
            inbox.run_macro(of_macro.clone(), id, untrack(&client_id));
        };
        work_form(inbox, &thread.row, "", RunMacro::url(), true, inside.into_any(), act)
    };
    let forms = macros.into_iter().map(form).collect_view();
    view! {
        <div class="menu-group" role="group" aria-label=words.macros>
            <p class="menu-title">{words.macros}</p>
            {forms}
        </div>
    }
    .into_any()
}

fn assign_group(inbox: Inbox, row: &Row, menu: Menu) -> AnyView {
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
    let inside = view! {
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
    };
    let act = move |row: &Row| {
        shut(menu);
        let to = select.get_untracked().map(|field| field.value()).unwrap_or_default();
        inbox.change(row, api::assign_conversation(inbox.slug(), row.id, to));
    };
    work_form(inbox, row, "menu-group work-form", AssignConversation::url(), false, inside.into_any(), act)
}

fn priority_group(inbox: Inbox, row: &Row, menu: Menu) -> AnyView {
    let words = work(inbox);
    let high = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.high_priority))
    };
    let inside = view! {
        <input type="hidden" name="high" value=move || (!high.get()).to_string()/>
        <button class="mi">
            {icon_of("chevrons-up", "i size-4")}
            {move || if high.get() { words.lower_priority } else { words.raise_priority }}
        </button>
    };
    let act = move |row: &Row| {
        shut(menu);
        inbox.change(row, api::prioritise_conversation(inbox.slug(), row.id, !high.get_untracked()));
    };
    work_form(inbox, row, "menu-group", PrioritiseConversation::url(), false, inside.into_any(), act)
}

/// Does not want to hear from the contact any more, or does again.
fn block_form(inbox: Inbox, row: &Row, menu: Menu) -> AnyView {
    let words = work(inbox);
    let blocked = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.blocked))
    };
    let inside = view! {
        <input type="hidden" name="blocked" value=move || (!blocked.get()).to_string()/>
        <button class="mi">
            {icon_of("ban", "i size-4")}
            {move || if blocked.get() { words.unblock } else { words.block }}
        </button>
    };
    let act = move |row: &Row| {
        shut(menu);
        inbox.change(row, api::block_contact(inbox.slug(), row.id, !blocked.get_untracked()));
    };
    work_form(inbox, row, "menu-group", BlockContact::url(), false, inside.into_any(), act)
}

pub fn shut(menu: Menu) {
    if let Some(menu) = menu.get_untracked() {
        let _ = menu.remove_attribute("open");
    }
}

/// Escape shuts a menu and gives the focus back to what opened it.
pub fn escape(menu: Menu, event: &web_sys::KeyboardEvent) {
    let Some(element) = menu.get_untracked() else { return };
    if event.key() == "Escape" && element.has_attribute("open") {
        event.prevent_default();
        shut(menu);
        focus(&element, "summary");
    }
}

pub fn focus(within: &web_sys::Element, selector: &str) {
    let found = within.query_selector(selector).ok().flatten();
    if let Some(found) = found.and_then(|found| found.dyn_into::<web_sys::HtmlElement>().ok()) {
        let _ = found.focus();
    }
}

/// The keys of a conversation: assign, to me, snooze, close. And menus shut when one clicks beside them.
fn follow_keys(inbox: Inbox, thread: &Thread, state: Memo<WorkState>, snooze_menu: Menu, more_menu: Menu) {
    let (row, painted) = (thread.row.clone(), thread.painted.clone());
    Effect::new(move |_| {
        let (row, painted) = (row.clone(), painted.clone());
        let open = move |menu: Menu, first: &'static str| {
            let Some(element) = menu.get_untracked() else { return };
            let _ = element.set_attribute("open", "");
            match painted.get_untracked() {
                true => focus(&element, first),
                // A key that was faster than the screen: its menu is made now.
                false => {
                    painted.set(true);
                    set_timeout(move || focus(&element, first), Duration::ZERO);
                }
            }
        };
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.repeat() || !keys::is_key(&event) {
                return;
            }
            let may_reply = inbox.may_reply();
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
