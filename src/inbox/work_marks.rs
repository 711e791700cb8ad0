//! Marks of how a conversation is worked on, in its row and in its head: urgent, put off until, whose it is, by when something is promised.

use super::{list_view::Sort, model::*, store::Inbox, work_menu::work};
use crate::{
    time::{MINUTE, Millis},
    ui::icon::icon,
};
use leptos::prelude::*;

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
        {blocked(inbox, view)}
        {urgent(inbox, view)}
        {snoozed(inbox, view)}
        {initials}
    }
    .into_any()
}

/// Less than so many minutes before a promised time it is high time.
const HIGH_TIME: i64 = 10;

/// What a promise clock shows, with minutes.
#[derive(Clone, Copy, PartialEq)]
enum Promise {
    Answer(i64),
    Resolve(i64),
    AnswerLate(i64),
    ResolveLate(i64),
    /// Nothing is promised; in the list of those who wait that is asked.
    Waits(i64),
}

/// Minutes that are overdue, beginning with one.
fn late(left: Millis) -> i64 {
    (-left / MINUTE).max(1)
}

/// How long until what is promised next, or since when it is overdue. Where nothing is promised, how long the customer waits, if the list goes by that.
pub fn promise_clock(inbox: Inbox, view: ArcRwSignal<ConversationView>) -> AnyView {
    let promised = Memo::new(move |_| view.with(|view| (view.due(), view.due() == view.answer_due, view.waiting_since)));
    let by_waiting = move || inbox.view.with(|list| list.sort == Sort::Waiting);
    // Only who is promised something follows the clock.
    let promise = Memo::new(move |_| {
        let (due, is_answer, since) = promised.get();
        match (due, since) {
            (Some(due), _) => Some(match due - inbox.now.get() {
                left if left <= 0 && is_answer => Promise::AnswerLate(late(left)),
                left if left <= 0 => Promise::ResolveLate(late(left)),
                left if is_answer => Promise::Answer((left + MINUTE - 1) / MINUTE),
                left => Promise::Resolve((left + MINUTE - 1) / MINUTE),
            }),
            (None, Some(since)) if by_waiting() => Some(Promise::Waits((inbox.now.get() - since).max(0) / MINUTE)),
            _ => None,
        }
    });
    (move || {
        let words = work(inbox);
        let (class, say, minutes) = match promise.get()? {
            Promise::AnswerLate(minutes) => ("clock late", words.answer_late, minutes),
            Promise::ResolveLate(minutes) => ("clock late", words.resolve_late, minutes),
            Promise::Answer(minutes) if minutes < HIGH_TIME => ("clock soon", words.answer_within, minutes),
            Promise::Answer(minutes) => ("clock", words.answer_within, minutes),
            Promise::Resolve(minutes) if minutes < HIGH_TIME => ("clock soon", words.resolve_within, minutes),
            Promise::Resolve(minutes) => ("clock", words.resolve_within, minutes),
            Promise::Waits(minutes) => ("clock", words.waits, minutes),
        };
        let brief = inbox.words.lasting(minutes);
        let text = say(&brief);
        // Where there is no room for the words, they stay for screen readers.
        Some(view! {
            <span class=class data-promise="">
                {icon("hourglass")}
                <span class="said">{text}</span>
                <span class="brief" aria-hidden="true">
                    {brief}
                </span>
            </span>
        })
    })
    .into_any()
}

/// The marks under the customer's name.
pub fn head_marks(inbox: Inbox, view: ArcRwSignal<ConversationView>) -> AnyView {
    (move || view.with(|view| view! { {blocked(inbox, view)} {urgent(inbox, view)} {snoozed(inbox, view)} }.into_any())).into_any()
}

fn blocked(inbox: Inbox, view: &ConversationView) -> Option<AnyView> {
    view.blocked.then(|| {
        let label = work(inbox).blocked;
        view! { <span class="mark grey" role="img" title=label aria-label=label>{icon("ban")}</span> }.into_any()
    })
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
