//! The box in which something is written, a reply or a note: draft, count, sending, and what came back unsent. What differs is handed in.

use super::{
    attaching::Attaching,
    drafts,
    held::held,
    later::Leaves,
    model::MAX_TEXT,
    notes::modes,
    quick_replies::{LIST, Picker},
    store::{Inbox, Thread, Writing},
    work_menu::{Menu, shut},
};
use crate::{
    error::{AppError, Conflict},
    ui::{
        banner::{Tone, banner},
        browser,
        icon::icon,
    },
};
use leptos::{html, prelude::*};

/// The count appears when this few characters are left.
const COUNT_FROM: i64 = 200;

/// What a reply and a note do not have in common.
pub struct WritingBox {
    pub writing: Writing,
    pub class: &'static str,
    /// Where the form is posted without script.
    pub action: String,
    /// The way to add files, where there is one.
    pub attaching: Option<Attaching>,
    /// The form's name.
    pub name: &'static str,
    /// The id of the box, which has the focus when one begins to write.
    pub id: &'static str,
    /// The label of the box, made of the customer's name.
    pub label: fn(&str) -> String,
    pub placeholder: Signal<&'static str>,
    pub hint: &'static str,
    /// Says that it was not sent, made of the reason.
    pub not_sent: fn(&str) -> String,
    pub button: Signal<&'static str>,
    pub icon: &'static str,
    /// What stands between the choice of what to write and the box.
    pub above: AnyView,
    /// The list of texts kept ready, where it is offered.
    pub picker: Option<Picker>,
    /// The menu of times to send it at, where there is one.
    pub later: Option<(Menu, AnyView)>,
}

/// The form.
pub fn writing_form(inbox: Inbox, thread: &Thread, scroller: NodeRef<html::Div>, what: WritingBox) -> AnyView {
    let words = inbox.words;
    let work = words.locale.work();
    let view = thread.row.view.clone();
    let draft = thread.draft_of(what.writing).clone();
    let (later_menu, later) = what.later.unzip();
    let box_ref = NodeRef::<html::Textarea>::new();
    drafts::follow(inbox, thread, what.writing, box_ref);
    let send = {
        let thread = thread.clone();
        move |leaves: Leaves| {
            inbox.send(&thread, what.writing, leaves);
            if let Some(element) = scroller.get_untracked() {
                element.set_scroll_top(0);
            }
        }
    };
    let submit = {
        let send = send.clone();
        move |event: web_sys::SubmitEvent| {
            event.prevent_default();
            send(Leaves::pressed(inbox, &event));
            if let Some(menu) = later_menu {
                shut(menu);
            }
        }
    };
    let pressed = {
        let (picker, thread) = (what.picker.clone(), thread.clone());
        let replies = what.writing == Writing::Reply;
        move |event: web_sys::KeyboardEvent| {
            if picker.as_ref().is_some_and(|picker| picker.takes(&event)) {
                return;
            }
            if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && browser::enter_sends() {
                event.prevent_default();
                send(Leaves::as_chosen(inbox));
            } else if replies && event.key() == "Escape" && thread.quoting.with_untracked(Option::is_some) {
                thread.quoting.set(None);
            } else if replies
                && event.key() == "z"
                && (event.ctrl_key() || event.meta_key())
                && thread.draft.with_untracked(String::is_empty)
            {
                // The browser has its own undoing for what stands in the box.
                if inbox.undo_newest(&thread) {
                    event.prevent_default();
                }
            }
        }
    };
    let pasted = {
        let attaching = what.attaching.clone();
        move |event: web_sys::ClipboardEvent| {
            if let Some(attaching) = &attaching {
                attaching.pasted(&event);
            }
        }
    };
    let left = {
        let draft = draft.clone();
        Memo::new(move |_| MAX_TEXT as i64 - draft.with(|draft| draft.trim().chars().count()) as i64)
    };
    let count = move || (left.get() <= COUNT_FROM).then(|| (words.characters_left)(left.get()));
    let returned = {
        let thread = thread.clone();
        move || {
            let returned = thread.returned.get().filter(|returned| returned.written.writing == what.writing)?;
            Some(match &returned.error {
                AppError::Conflict(Conflict::Unseen { messages, .. }) => held(inbox, &thread, messages.clone()),
                error => {
                    let text = (what.not_sent)(&words.error(error));
                    view! { <div class="composer-notice">{banner(Tone::Danger, "circle-alert", text.into_any())}</div> }.into_any()
                }
            })
        }
    };
    // For a form that is posted without script, as the page was made.
    let seen =
        (what.writing == Writing::Reply).then(|| view! { <input type="hidden" name="seen_seq" value=inbox.seen(thread).to_string()/> });
    let label = move || view.with(|view| (what.label)(&view.name));
    let client_id = thread.client_id.clone();
    let (is_open, active) = {
        let (open, active) = (what.picker.clone(), what.picker.clone());
        (move || open.as_ref().is_some_and(Picker::is_open).then_some(LIST), move || active.as_ref().and_then(Picker::active))
    };
    // What could not be sent without script stands there again. As the box's markup, because its value is none of the server's.
    let contents = draft.with_untracked(|draft| (!draft.is_empty()).then(|| draft.replace('&', "&amp;").replace('<', "&lt;")));
    let id = thread.row.id;
    let hint_id = format!("{}-hint", what.id);
    view! {
        <form
            class=what.class
            method="post"
            action=what.action
            enctype=what.attaching.is_some().then_some("multipart/form-data")
            aria-label=what.name
            on:submit=submit
        >
            <input type="hidden" name="workspace" value=inbox.slug()/>
            <input type="hidden" name="conversation" value=thread.row.id.to_string()/>
            <input type="hidden" name="client_id" value=move || client_id.get().to_string()/>
            {seen}
            <div class="composer-in">
                {modes(inbox, thread)} {returned} {what.above}
                // `drafts.js` shows it.
                <div role="status">
                    <p class="composer-notice other-draft" data-other-draft="" hidden>
                        <span>{work.other_draft}</span>
                        <button type="button" class="btn" data-variant="outline" data-size="sm" data-use-draft="">
                            {work.use_draft}
                        </button>
                    </p>
                </div>
                {what.picker.as_ref().map(Picker::view)}
                <div class="box">
                    {what.attaching.as_ref().map(Attaching::tray)}
                    <label class="sr-only" for=what.id>
                        {label}
                    </label>
                    <textarea
                        id=what.id
                        class="ta"
                        name="text"
                        rows="1"
                        // A reply may be a file without words.
                        required=what.attaching.is_none()
                        placeholder=move || what.placeholder.get()
                        aria-describedby=hint_id.clone()
                        aria-autocomplete=what.picker.is_some().then_some("list")
                        aria-controls=is_open
                        aria-activedescendant=active
                        node_ref=box_ref
                        inner_html=contents
                        on:input:target=move |event| {
                            draft.set(event.target().value());
                            // What came from another device was not typed here.
                            if event.is_trusted() {
                                inbox.types(id);
                            }
                        }
                        on:keydown=pressed
                        on:paste=pasted
                    ></textarea>
                    <div class="tools">
                        <span id=hint_id class="sendhint lbl">
                            {what.hint}
                        </span>
                        <span class="sendhint count" class:text-danger=move || left.get() < 0 aria-live="polite">
                            {count}
                        </span>
                        <span class="flex-1"></span>
                        {what.attaching.as_ref().map(Attaching::chooser)}
                        {what.attaching.as_ref().map(Attaching::recorder)}
                        {what.attaching.as_ref().and_then(Attaching::wording)}
                        {what.picker.as_ref().map(Picker::link)}
                        {later}
                        <button
                            class="btn send"
                            data-size="sm"
                            type="submit"
                            disabled=move || left.get() < 0
                            aria-label=move || what.button.get()
                        >
                            <span class="send-label">{move || what.button.get()}</span>
                            {icon(what.icon)}
                        </button>
                    </div>
                </div>
            </div>
        </form>
    }
    .into_any()
}
