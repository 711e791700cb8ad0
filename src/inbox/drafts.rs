//! Unsent texts. Each belongs to a conversation, a person and a workspace, is kept in the browser across reloads, and goes when it is sent or somebody
//! signs out. What keeps them, and takes them to the person's other devices, is `drafts.js`. Browser only, save for the names.

use super::store::{Inbox, Outgoing, Thread, Writing};
use crate::{ids::ConversationId, ui::browser};
use leptos::{html, prelude::*};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/inbox/drafts.js")]
extern "C" {
    #[wasm_bindgen(js_name = attachDraft)]
    fn attach(key: &str, element: &web_sys::Element, brought: Option<String>) -> String;
    #[wasm_bindgen(js_name = keepDraft)]
    fn keep(key: &str, text: &str);
    #[wasm_bindgen(js_name = attachDue)]
    fn attach_due(key: &str, element: &web_sys::Element) -> String;
    #[wasm_bindgen(js_name = keepDue)]
    fn keep_due(key: &str, due: &str);
    #[wasm_bindgen(js_name = keptDrafts)]
    fn kept() -> String;
    #[wasm_bindgen(js_name = putOut)]
    pub(super) fn put_out(key: &str, json: &str);
    #[wasm_bindgen(js_name = takeOut)]
    pub(super) fn take_out(key: &str);
    #[wasm_bindgen(js_name = followLeft)]
    pub(super) fn follow_left(prefix: &str, tell: JsValue);
    #[wasm_bindgen(js_name = followDrafts)]
    fn follow_all(prefix: &str, changed: JsValue);
    /// Forgets all unsent texts: somebody leaves this browser.
    #[wasm_bindgen(js_name = forgetDrafts)]
    pub fn forget();
}

/// What the keys of drafts begin with: a person's in a workspace. Whoever signs in next at the same browser has another.
pub(super) fn prefix(inbox: Inbox) -> String {
    inbox.viewer.with_value(|viewer| format!("{}/{}/", viewer.workspace_slug, viewer.person.id))
}

/// The key of one draft; a note's ends in a mark.
fn key(inbox: Inbox, conversation: ConversationId, writing: Writing) -> String {
    let mark = match writing {
        Writing::Reply => "",
        Writing::Note => "/note",
    };
    format!("{}{conversation}{mark}", prefix(inbox))
}

/// Keeps a text of a conversation that is not open, and a note's time.
pub(super) fn keep_text(inbox: Inbox, conversation: ConversationId, written: &Outgoing) {
    let key = key(inbox, conversation, written.writing);
    keep(&key, &written.text);
    if !written.due.is_empty() {
        keep_due(&key, &written.due);
    }
}

impl Inbox {
    /// Keeps what is written under a thread, or forgets it once it is empty.
    pub(super) fn keep_draft(self, thread: &Thread, writing: Writing) {
        thread.draft_of(writing).with_untracked(|draft| keep(&key(self, thread.row.id, writing), draft));
    }

    /// Follows this person's drafts, and knows where they have some.
    pub(super) fn follow_drafts(self) {
        let find = move || {
            let mut found: Vec<ConversationId> = kept().split_whitespace().filter_map(|id| id.parse().ok()).collect();
            found.sort_unstable();
            found.dedup();
            self.drafts.try_set(found);
        };
        // As long as the page.
        follow_all(&prefix(self), Closure::<dyn FnMut()>::new(find).into_js_value());
    }
}

/// The box and its draft follow each other.
pub fn follow(inbox: Inbox, thread: &Thread, writing: Writing, box_ref: NodeRef<html::Textarea>) {
    let thread = thread.clone();
    Effect::new(move |before: Option<()>| {
        let Some(element) = box_ref.get() else { return };
        let draft = thread.draft_of(writing);
        let mut text = draft.get();
        if before.is_none() {
            let stands = attach(&key(inbox, thread.row.id, writing), &element, (!thread.kept).then(|| text.clone()));
            if stands != text {
                draft.set(stands.clone());
                text = stands;
            }
        }
        if element.value() != text {
            element.set_value(&text);
        }
        if before.is_some() {
            inbox.keep_draft(&thread, writing);
        }
        browser::grow(&element);
    });
}

/// The field for the time of a note, and what is written in it, follow each other.
pub fn follow_due(inbox: Inbox, thread: &Thread, field: NodeRef<html::Input>) {
    let thread = thread.clone();
    Effect::new(move |attached: Option<bool>| {
        let Some(element) = field.get() else { return false };
        let mut due = thread.due.get();
        let key = key(inbox, thread.row.id, Writing::Note);
        if attached == Some(true) || !due.is_empty() {
            keep_due(&key, &due);
        } else {
            due = attach_due(&key, &element);
            if !due.is_empty() {
                thread.due.set(due.clone());
            }
        }
        if element.value() != due {
            element.set_value(&due);
        }
        true
    });
}
