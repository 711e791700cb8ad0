//! Sending later, and taking back what has not left: the menu beside "send", what stands under a waiting message, and the moment in which a reply can
//! be undone.

use super::{
    api::{self, SendWaiting, TakeBack},
    model::*,
    snoozing::shown_to_millis,
    store::{Inbox, Thread},
    work_menu::{Menu, escape, shut},
    working::{SnoozeUntil, earliest_own, field_value, shown_as},
};
use crate::{
    ids::MessageId,
    time::LocalTime,
    ui::{
        browser,
        icon::{icon, icon_of},
    },
};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use wasm_bindgen::JsCast;

/// What can be chosen without naming a time.
const PRESETS: [SnoozeUntil; 2] = [SnoozeUntil::LaterToday, SnoozeUntil::Tomorrow];

/// When a reply leaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Leaves {
    #[default]
    Now,
    /// After a moment ([`UNDO`]) in which it can be taken back (F209).
    AfterAMoment,
    /// At a time, if nobody writes before (F210); with the value of a field for a local time where it is one's own.
    Later(SnoozeUntil, String),
}

impl Leaves {
    /// As the fields of a form say it.
    pub fn of(undo: bool, until: Option<SnoozeUntil>, at: Option<String>) -> Self {
        match (until, undo) {
            (Some(until), _) => Self::Later(until, at.unwrap_or_default()),
            (None, true) => Self::AfterAMoment,
            (None, false) => Self::Now,
        }
    }

    /// The inverse of [`Self::of`].
    pub fn fields(&self) -> (bool, Option<SnoozeUntil>, Option<String>) {
        match self {
            Self::Now => (false, None, None),
            Self::AfterAMoment => (true, None, None),
            Self::Later(until, at) => (false, Some(*until), Some(at.clone())),
        }
    }

    /// What "send" means in this browser.
    pub fn as_chosen(inbox: Inbox) -> Self {
        if inbox.undoes.get_untracked() { Self::AfterAMoment } else { Self::Now }
    }

    /// What a form was sent with: the button that was pressed, and its field for a time.
    pub fn pressed(inbox: Inbox, event: &web_sys::SubmitEvent) -> Self {
        let until = event.submitter().and_then(|button| SnoozeUntil::parse(&button.get_attribute("value")?));
        let Some(until) = until else { return Self::as_chosen(inbox) };
        let form = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let field = form.and_then(|form| form.query_selector("[name=at]").ok().flatten());
        let at = field.and_then(|field| field.dyn_into::<web_sys::HtmlInputElement>().ok()).map(|field| field.value());
        Self::Later(until, at.unwrap_or_default())
    }
}

impl Inbox {
    /// Takes back what has not left; its words stand in the box again.
    pub fn take_back(self, thread: Thread, message: MessageId) {
        let request = api::take_back(self.slug(), thread.row.id, message);
        self.settle(thread.clone(), message, request, move |view| {
            self.bring_back(&thread, view.text.clone(), view.quote.clone());
            self.announcement.set(self.words.locale.work().taken_back.to_owned());
            browser::focus_on("reply");
        });
    }

    /// Sends now what waits for its time or was held.
    pub fn send_waiting(self, thread: Thread, message: MessageId) {
        let request = api::send_waiting(self.slug(), thread.row.id, message, self.seen(&thread));
        self.settle(thread, message, request, |_| ());
    }

    /// Takes back one's newest reply that still can be, if there is one.
    pub(super) fn undo_newest(self, thread: &Thread) -> bool {
        let newest = thread.entries.with_untracked(|entries| {
            entries.iter().rev().find_map(|entry| entry.view.with_untracked(|view| self.may_undo(view).then_some(view.id)))
        });
        newest.inspect(|id| self.take_back(thread.clone(), *id)).is_some()
    }

    /// Whether a message is one's own, stored, and has not left. Follows the clock.
    fn may_undo(self, view: &MessageView) -> bool {
        let stored = view.client_id.is_some_and(|client_id| client_id != view.id.0);
        stored && view.status == Some(Status::Pending) && self.is_me(view.sender_id) && self.now.get() < view.at + UNDO
    }
}

/// In the bubble of what was just sent: the way to undo it, as long as there is one.
pub fn undo(inbox: Inbox, thread: &Thread, view: &MessageView) -> Option<AnyView> {
    if view.status != Some(Status::Pending) || !inbox.is_me(view.sender_id) {
        return None;
    }
    let (thread, view) = (thread.clone(), view.clone());
    let undo = move || {
        if !inbox.undoes.get() || !inbox.may_undo(&view) {
            return None;
        }
        let (thread, id) = (thread.clone(), view.id);
        Some(view! {
            <button type="button" class="undo" on:click=move |_| inbox.take_back(thread.clone(), id)>
                {inbox.words.locale.work().undo}
            </button>
        })
    };
    Some(undo.into_any())
}

/// Under a message that waits for its time, or was held when it came: when or why, and what can be done.
pub fn waiting(inbox: Inbox, thread: &Thread, view: &MessageView) -> Option<AnyView> {
    let work = inbox.words.locale.work();
    let (icon_name, text) = match view.status {
        Some(Status::Scheduled) => {
            let when = inbox.words.moment(inbox.local(view.at), inbox.today.get_untracked());
            ("alarm-clock", (work.later_goes)(&when))
        }
        Some(Status::Held) => {
            let why = view.failure.as_ref().map(|failure| (work.later_reason)(&failure.reason)).unwrap_or_default();
            ("circle-alert", (work.later_held)(why))
        }
        _ => return None,
    };
    let held = view.status == Some(Status::Held);
    let act = |action: &'static str, label: &'static str, seen: bool, act: fn(Inbox, Thread, MessageId)| {
        let (thread, id) = (thread.clone(), view.id);
        let row = thread.row.id;
        let seen = seen.then(|| view! { <input type="hidden" name="seen_seq" value=inbox.seen(&thread).to_string()/> });
        view! {
            <form
                method="post"
                action=action
                on:submit=move |event| {
                    event.prevent_default();
                    act(inbox, thread.clone(), id);
                }
            >
                <input type="hidden" name="workspace" value=inbox.slug()/>
                <input type="hidden" name="conversation" value=row.to_string()/>
                <input type="hidden" name="message" value=id.to_string()/>
                {seen}
                <button class="btn" data-size="xs" data-variant="outline">
                    {label}
                </button>
            </form>
        }
    };
    let acts = inbox.may_reply().then(|| {
        view! {
            {act(SendWaiting::url(), work.send_now, true, Inbox::send_waiting)}
            {act(TakeBack::url(), work.take_back, false, Inbox::take_back)}
        }
    });
    let waiting = view! {
        <div class="failure later" class:held=held>
            {icon_of(icon_name, "i")}
            <span>{text}</span>
            {acts}
        </div>
    };
    Some(waiting.into_any())
}

/// Beside "send": the times at which a reply can leave instead. Buttons of the reply's own form, so that they work without script.
pub fn menu(inbox: Inbox, thread: &Thread) -> (Menu, AnyView) {
    let work = inbox.words.locale.work();
    let menu = Menu::new();
    let view = thread.row.view.clone();
    let closes = Memo::new(move |_| view.with(|view| view.window_closes));
    let offset = inbox.offset();
    let walls = Memo::new(move |_| PRESETS.map(|preset| preset.wall(LocalTime::new(inbox.now.get(), offset))));
    let presets = move || {
        let known = PRESETS.into_iter().zip(walls.get()).filter_map(|(preset, wall)| Some((preset, wall?)));
        known
            .map(|(preset, wall)| {
                let fits = window_open(closes.get(), shown_to_millis(wall.0, wall.1, offset));
                let name = if preset == SnoozeUntil::Tomorrow { work.tomorrow } else { work.later_today };
                let when = inbox.words.moment(shown_as(wall), inbox.today.get());
                view! {
                    <button class="mi" type="submit" name="until" value=preset.as_str() disabled=!fits>
                        <span>{name}</span>
                        <span class="work-when">{(!fits).then(|| icon("lock"))} {when}</span>
                    </button>
                }
            })
            .collect_view()
    };
    // Without script, Enter in a field would press the form's first button.
    let scripted = RwSignal::new(false);
    Effect::new(move |_| scripted.set(true));
    let own = move || {
        scripted.get().then(|| {
            let value = field_value(earliest_own(inbox.now.get_untracked(), offset));
            let enter = move |event: ev::KeyboardEvent| {
                if event.key() == "Enter" {
                    event.prevent_default();
                    browser::press(".later-menu button[value=own]");
                }
            };
            view! {
                <div class="work-form">
                    <label>
                        <span class="menu-title">{work.own_time} " · " {work.own_time_hint}</span>
                        <input class="input" type="datetime-local" name="at" value=value on:keydown=enter/>
                    </label>
                    <button class="btn" data-size="sm" data-variant="outline" type="submit" name="until" value=SnoozeUntil::Own.as_str()>
                        {icon("alarm-clock")}
                        {work.schedule}
                    </button>
                </div>
            }
        })
    };
    let hint = move || {
        let closes = closes.get()?;
        let when = inbox.words.moment(inbox.local(closes), inbox.today.get());
        Some(view! { <p class="work-hint">{icon("lock")} {(work.later_hint)(&when)}</p> })
    };
    Effect::new(move |_| {
        let clicks = window_event_listener(ev::click, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            if menu.get_untracked().is_some_and(|element| !element.contains(target.as_ref())) {
                shut(menu);
            }
        });
        on_cleanup(move || clicks.remove());
    });
    let group = move || {
        view! {
            <div class="menu-group" role="group" aria-label=work.send_later>
                <p class="menu-title">{work.send_later}</p>
                {presets}
                {own}
                {hint}
            </div>
        }
    };
    let painted = thread.painted.clone();
    let shown = view! {
        <details class="work-menu later-menu" node_ref=menu on:keydown=move |event| escape(menu, &event)>
            <summary class="tool" title=work.send_later aria-label=work.send_later>
                {icon("alarm-clock")}
            </summary>
            <div class="pop work-pop">{move || painted.get().then(|| untrack(group))}</div>
        </details>
    }
    .into_any();
    (menu, shown)
}

/// Whether what is sent waits for a moment in this browser. Part of the account menu.
#[component]
pub fn UndoSetting(inbox: Inbox) -> impl IntoView {
    Effect::new(move |_| inbox.undoes.set(browser::undo_on()));
    view! {
        <label class="check menu-group">
            <input type="checkbox" prop:checked=inbox.undoes on:change:target=move |event| {
                let on = event.target().checked();
                browser::set_undo(on);
                inbox.undoes.set(on);
            }/>
            {inbox.words.locale.work().undo_setting}
        </label>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_says_when_a_reply_leaves() {
        for leaves in [Leaves::Now, Leaves::AfterAMoment, Leaves::Later(SnoozeUntil::Own, "2026-11-20T12:45".into())] {
            let (undo, until, at) = leaves.fields();
            assert_eq!(Leaves::of(undo, until, at), leaves);
        }
        assert_eq!(Leaves::of(true, Some(SnoozeUntil::Tomorrow), None), Leaves::Later(SnoozeUntil::Tomorrow, String::new()));
    }
}
