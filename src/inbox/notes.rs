//! Notes: what the team says to itself in a thread, and what its box says. Yellow, dashed and with a lock, so that nobody takes one for a
//! message.

use super::{
    api::AddNote,
    drafts,
    model::*,
    parts::{link_to, name_for_me},
    presence::others,
    store::{Inbox, Thread, Writing},
    writing_box::{WritingBox, writing_form},
};
use crate::ui::{browser, icon::icon};
use leptos::{html, prelude::*, server_fn::ServerFn};

/// The choice between answering the customer and a note. Links, so that it works without script.
pub fn modes(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = inbox.words;
    let tab = |writing: Writing, more: &'static str, icon_name: &'static str, name: &'static str, field: &'static str| {
        let chosen = thread.writing.clone();
        let choice = thread.writing.clone();
        view! {
            <a
                href=inbox.view.get_untracked().here(more)
                aria-current=move || (chosen.get() == writing).then_some("true")
                on:click=move |event| {
                    event.prevent_default();
                    choice.set(writing);
                    browser::focus_on(field);
                }
            >
                {icon(icon_name)}
                {name}
            </a>
        }
    };
    view! {
        <div class="mode-row">
            <div class="mode" role="group" aria-label=words.write_what>
                {tab(Writing::Reply, "", "corner-up-left", words.reply_tab, "reply")}
                {tab(Writing::Note, "write=note", "lock", words.note_tab, "note")}
            </div>
            {others(inbox, thread.row.id)}
        </div>
    }
    .into_any()
}

/// A note in the thread.
pub fn note(inbox: Inbox, view: &MessageView) -> AnyView {
    let words = inbox.words;
    let name = match inbox.is_me(view.sender_id) {
        true => words.you,
        false => view.sender_name.as_deref().unwrap_or(words.team),
    };
    let text = marked(&view.text, &view.mentions)
        .into_iter()
        .map(|(is_name, part)| match is_name {
            true => view! { <b class="at">{part.to_owned()}</b> }.into_any(),
            false => part.to_owned().into_any(),
        })
        .collect_view();
    view! {
        <div class="bubble">
            <div class="who">{icon("lock")} {name.to_owned()} <span class="only-team">" · " {words.only_team}</span></div>
            <span class="text">{text}</span>
            <span class="meta">{link_to(inbox, view)}</span>
            {view.task.as_ref().map(|task| to_do(inbox, view, task))}
        </div>
    }
    .into_any()
}

/// Under a note: by when something is to be done about it, by whom, and the way to say that it is done; or that it is.
fn to_do(inbox: Inbox, view: &MessageView, task: &Task) -> AnyView {
    let words = inbox.words.locale.work().tasks;
    let moment = |at| inbox.words.moment(inbox.local(at), inbox.today.get());
    if let Some(at) = task.done {
        let text = (words.was_done)(&moment(at));
        return view! { <span class="to-do">{icon("check")} {text}</span> }.into_any();
    }
    let (due, when) = (task.due, moment(task.due));
    let late = Memo::new(move |_| inbox.now.get() >= due);
    let whose = task.assignee.as_ref().map(|person| format!(" · {}", name_for_me(inbox, person)));
    let finish = inbox.may_reply().then(|| {
        let href = format!("/{}/inbox/tasks?task={}", inbox.slug(), view.id);
        view! {
            <a href=href rel="external">
                {words.finish}
            </a>
        }
    });
    view! {
        <span class="to-do" class:late=late>
            {icon("hourglass")}
            <span>{move || if late.get() { (words.late)(&when) } else { (words.due_at)(&when) }} {whose}</span>
            {finish}
        </span>
    }
    .into_any()
}

/// By when something is to be done about the note that is written, if that is so.
fn due_field(inbox: Inbox, thread: &Thread) -> AnyView {
    let (due, field) = (thread.due.clone(), NodeRef::new());
    drafts::follow_due(inbox, thread, field);
    view! {
        <label class="due-field">
            {icon("hourglass")}
            <span>{inbox.words.locale.work().tasks.due}</span>
            <input
                type="datetime-local"
                name="due"
                node_ref=field
                on:input:target=move |event| due.set(event.target().value())
            />
        </label>
    }
    .into_any()
}

/// A text in parts: which of them are somebody's name with its `@`.
fn marked<'a>(text: &'a str, names: &[String]) -> Vec<(bool, &'a str)> {
    let mut parts = Vec::new();
    let mut rest = text;
    let mut from = 0;
    while let Some(at) = rest[from..].find('@').map(|at| from + at) {
        let name = names.iter().filter(|name| rest[at + 1..].starts_with(name.as_str())).max_by_key(|name| name.len());
        let Some(name) = name else {
            from = at + 1;
            continue;
        };
        let end = at + 1 + name.len();
        parts.extend((at > 0).then_some((false, &rest[..at])));
        parts.push((true, &rest[at..end]));
        (rest, from) = (&rest[end..], 0);
    }
    parts.extend((!rest.is_empty()).then_some((false, rest)));
    parts
}

/// The box for a note. Open whether or not the customer can be written to.
pub fn note_form(inbox: Inbox, thread: &Thread, scroller: NodeRef<html::Div>) -> AnyView {
    let words = inbox.words;
    let what = WritingBox {
        writing: Writing::Note,
        class: "composer noting",
        action: AddNote::url().to_owned(),
        attaching: None,
        name: words.write_note,
        id: "note",
        label: words.note_about,
        placeholder: Signal::stored(words.note_here),
        hint: words.note_hint,
        not_sent: words.note_not_saved,
        button: Signal::stored(words.save_note),
        icon: "lock",
        above: due_field(inbox, thread),
        picker: None,
        later: None,
    };
    writing_form(inbox, thread, scroller, what)
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn names_are_marked_where_they_stand() {
        let names = ["Rani".to_owned(), "Rani Prameswari".into()];
        assert_eq!(marked("tanpa", &names), [(false, "tanpa")]);
        assert_eq!(marked("@Rani cek", &names), [(true, "@Rani"), (false, " cek")]);
        assert_eq!(marked("cek @ini, @Rani Prameswari", &names), [(false, "cek @ini, "), (true, "@Rani Prameswari")]);
        assert_eq!(marked("@Rani@Rani", &names), [(true, "@Rani"), (true, "@Rani")]);
        assert!(marked("", &names).is_empty());
    }
}
