//! Putting a conversation off: presets and a time of one's own, with a word where the window closes before it.

use super::{
    api::{self, SnoozeConversation},
    model::*,
    store::{Inbox, Row},
    work_menu::{Menu, bring_back, shut, work, work_form},
    working::*,
};
use crate::{
    time::{LocalTime, MINUTE, Millis},
    ui::icon::icon,
};
use leptos::{html, prelude::*, server_fn::ServerFn};

fn snooze(inbox: Inbox, row: &Row, until: SnoozeUntil, at: Option<String>, menu: Menu) {
    shut(menu);
    inbox.change(row, api::snooze_conversation(inbox.slug(), row.id, until, at, Some(inbox.seen_of(row.id))));
}

/// What one can put it off to, and bringing back what is put off.
pub fn snooze_group(inbox: Inbox, row: Row, state: Memo<WorkState>, menu: Menu) -> AnyView {
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
            choices.filter_map(|(preset, wall)| wall.map(|wall| choice(inbox, &row, preset, wall, window.get(), menu))).collect_view()
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
        move || (state.get() == WorkState::Snoozed).then(|| bring_back(inbox, &row, WorkState::Snoozed, "mi", Some(menu)))
    };
    let earliest = move || field_value(earliest_own(inbox.now.get_untracked(), offset));
    let inside = view! {
        <input type="hidden" name="until" value=SnoozeUntil::Own.as_str()/>
        <label>
            <span class="menu-title">{words.own_time} " · " {words.own_time_hint}</span>
            <input class="input" type="datetime-local" name="at" required value=earliest node_ref=own/>
        </label>
        <button class="btn" data-size="sm" data-variant="outline">
            {icon("alarm-clock")}
            {words.snooze}
        </button>
    };
    let act = move |row: &Row| snooze(inbox, row, SnoozeUntil::Own, own.get_untracked().map(|field| field.value()), menu);
    let own_time = work_form(inbox, &row, "work-form", SnoozeConversation::url(), true, inside.into_any(), act);
    view! {
        <div class="menu-group" role="group" aria-label=words.snooze>
            <p class="menu-title">{words.snooze}</p>
            {presets}
            {back}
            {own_time}
            {move || outlasted().then(warning)}
        </div>
    }
    .into_any()
}

/// The instant of a clock on the wall, as far as the browser can tell: the server knows when clocks change.
pub fn shown_to_millis(day: i64, minute: i64, offset_minutes: i32) -> Millis {
    (day * 24 * 60 + minute - i64::from(offset_minutes)) * MINUTE
}

/// One preset with its time, and a sign where the window closes before it.
fn choice(inbox: Inbox, row: &Row, preset: SnoozeUntil, wall: (i64, i64), window: Option<Millis>, menu: Menu) -> AnyView {
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
    let inside = view! {
        <input type="hidden" name="until" value=preset.as_str()/>
        <button class="mi">
            <span>{name}</span>
            <span class="work-when">{late} {when}</span>
        </button>
    };
    work_form(inbox, row, "", SnoozeConversation::url(), true, inside.into_any(), move |row| snooze(inbox, row, preset, None, menu))
}
