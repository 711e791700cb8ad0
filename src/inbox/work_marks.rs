//! Marks of how a conversation is worked on, in its row and in its head: urgent, put off until, whose it is.

use super::{model::*, store::Inbox, work_menu::work};
use crate::{time::Millis, ui::icon::icon};
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
