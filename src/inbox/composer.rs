//! Where replies are written. One draft per conversation; what is typed for one never stands under another. Notes have a box of their own (`notes`).

use super::{
    attaching::Attaching,
    held::is_held,
    later,
    model::*,
    notes::{modes, note_form},
    quick_replies::Picker,
    quoting::quote_bar,
    store::{Inbox, Thread, Writing},
    writing_box::{WritingBox, writing_form},
};
use crate::ui::{
    banner::{Tone, banner},
    each::each,
    icon::icon,
};
use leptos::{html, prelude::*};

/// What stands under the thread.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Shown {
    Note,
    Blocked,
    Closed,
    Shut,
    Reply,
}

/// The form, or why there is none: the window is shut, or the conversation is closed. It changes at the second the window closes. A note can always be
/// written.
pub fn composer(inbox: Inbox, thread: Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let view = thread.row.view.clone();
    let shown = {
        let (view, writing) = (view.clone(), thread.writing.clone());
        Memo::new(move |_| match (writing.get(), view.with(|view| view.closed)) {
            (Writing::Note, _) => Shown::Note,
            (Writing::Reply, true) if view.with(|view| view.blocked) => Shown::Blocked,
            (Writing::Reply, true) => Shown::Closed,
            (Writing::Reply, false) if window_open(view.with(|view| view.window_closes), inbox.now.get()) => Shown::Reply,
            (Writing::Reply, false) => Shown::Shut,
        })
    };
    let under = move |shown| match shown {
        Shown::Note => note_form(inbox, &thread, scroller),
        Shown::Blocked => shut(inbox, &thread, "ban", inbox.words.locale.work().contact_is_blocked.to_owned(), None),
        Shown::Closed => shut(inbox, &thread, "check", inbox.words.conversation_is_closed.to_owned(), None),
        Shown::Shut => {
            let words = inbox.words;
            let when = view.with(|view| view.window_closes).map(|at| words.moment(inbox.local(at), inbox.today.get()));
            let why = when.map_or_else(|| words.window_never_opened.to_owned(), |when| (words.window_closed_at)(&when));
            shut(inbox, &thread, "lock", why, Some(words.window_reopens))
        }
        Shown::Reply => form(inbox, &thread, scroller),
    };
    // Keyed, so that a note's box is never the reply's box anew: it would still hold what was meant for the customer, or the other way round.
    each(move || [shown.get()], |shown| *shown, under)
}

fn shut(inbox: Inbox, thread: &Thread, icon_name: &'static str, why: String, then: Option<&'static str>) -> AnyView {
    let draft = thread.draft.clone();
    let kept = move || draft.with(|draft| !draft.trim().is_empty()).then(|| format!(" {}", inbox.words.draft_kept));
    let text = view! {
        {why}
        " "
        {then}
        {kept}
    }
    .into_any();
    // What gets through when the window is shut; a page of its own, which weighs nothing here.
    let template = (then.is_some() && inbox.may_reply()).then(|| {
        let href = format!("/{}/inbox/{}/template", inbox.slug(), thread.row.id);
        view! {
            <a class="btn template" data-size="sm" href=href rel="external">
                {icon("file-text")}
                {inbox.words.locale.work().send_template}
            </a>
        }
    });
    view! {
        <div class="composer">
            <div class="composer-in">
                {modes(inbox, thread)} {Attaching::new(inbox, thread).tray()} <div class="shut">{banner(Tone::Info, icon_name, text)} {template}</div>
            </div>
        </div>
    }
    .into_any()
}

fn form(inbox: Inbox, thread: &Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let words = inbox.words;
    let view = thread.row.view.clone();
    let ari_holds = Memo::new(move |_| view.with(|view| view.holder == Holder::Ari));
    let by_holder =
        move |with_ari: &'static str, without: &'static str| Signal::derive(move || if ari_holds.get() { with_ari } else { without });
    let button = {
        let (thread, button) = (thread.clone(), by_holder(words.take_over_and_send, words.send));
        Signal::derive(move || if is_held(&thread) { words.locale.work().send_anyway } else { button.get() })
    };
    let what = WritingBox {
        writing: Writing::Reply,
        class: "composer",
        action: format!("/api/{}/conversations/{}/messages", inbox.slug(), thread.row.id),
        attaching: Some(Attaching::new(inbox, thread)),
        name: words.compose,
        id: "reply",
        label: words.message_to,
        placeholder: by_holder(words.writing_stops_ari, words.write_here),
        hint: words.send_hint,
        not_sent: words.not_sent,
        button,
        icon: "send-horizontal",
        above: quote_bar(inbox, thread),
        picker: Some(Picker::new(inbox, thread)),
        later: Some(later::menu(inbox, thread)),
    };
    writing_form(inbox, thread, scroller, what)
}
