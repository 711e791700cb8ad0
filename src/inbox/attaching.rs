//! Files that go along with a reply: chosen, pasted or dropped, and shown above the box until they have gone. Without script the chooser itself is
//! the whole of it, and the form takes what it holds.

use super::{
    bubble::extension,
    files::ACCEPTED,
    model::window_open,
    store::{Attached, Current, Going, Inbox, Thread, Writing},
};
use crate::ui::{each::each, icon::icon};
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast, prelude::*};

#[wasm_bindgen(module = "/src/inbox/files.js")]
extern "C" {
    #[wasm_bindgen(js_name = bringsFiles)]
    fn brings_files(event: &JsValue) -> bool;
    #[wasm_bindgen(js_name = guardLeaving)]
    fn guard_leaving() -> js_sys::Function;
}

/// Adding files to the reply that is being written.
#[derive(Clone)]
pub struct Attaching {
    inbox: Inbox,
    thread: Thread,
}

impl Attaching {
    pub fn new(inbox: Inbox, thread: &Thread) -> Self {
        Self { inbox, thread: thread.clone() }
    }

    /// The button that lets one choose. It is the chooser's label, so that it works before and without script.
    pub fn chooser(&self) -> AnyView {
        let Self { inbox, thread } = self.clone();
        let work = inbox.words.locale.work();
        let input = NodeRef::<html::Input>::new();
        // What was chosen before this code ran.
        Effect::new({
            let thread = thread.clone();
            move |_| {
                if let Some(input) = input.get() {
                    inbox.attach(&thread, input.as_ref());
                }
            }
        });
        view! {
            <label class="tool attach" title=work.attach>
                {icon("paperclip")}
                <span class="sr-only">{work.attach}</span>
                <input
                    type="file"
                    name="file"
                    multiple
                    accept=ACCEPTED
                    node_ref=input
                    on:change:target=move |event| inbox.attach(&thread, event.target().as_ref())
                />
            </label>
        }
        .into_any()
    }

    /// The button that records a voice message. `recorder.js` does it, and hands the recording to the chooser.
    pub fn recorder(&self) -> AnyView {
        let record = self.inbox.words.locale.work().record;
        view! {
            <button type="button" class="tool" data-record="" title=record aria-label=record>
                {icon("mic")}
            </button>
        }
        .into_any()
    }

    /// The button that finds other words for what is being written. `wording.js` does it.
    pub fn wording(&self) -> Option<AnyView> {
        let reword = self.inbox.words.locale.work().reword;
        self.inbox.viewer.with_value(|viewer| viewer.ari_enabled).then(|| {
            view! {
                <button type="button" class="tool" data-wording="" title=reword aria-label=reword aria-haspopup="dialog">
                    {icon("sparkles")}
                </button>
            }
            .into_any()
        })
    }

    /// Takes files out of what is being pasted.
    pub fn pasted(&self, event: &web_sys::ClipboardEvent) {
        if brings_files(event) {
            event.prevent_default();
            self.inbox.attach(&self.thread, event);
        }
    }

    /// The files above the box.
    pub fn tray(&self) -> AnyView {
        let Self { inbox, thread } = self.clone();
        let (files, none) = (thread.files.clone(), thread.files.clone());
        let children = move |file: Attached| chip(inbox, thread.clone(), file);
        view! {
            <ul class="tray" hidden=move || none.with(Vec::is_empty) aria-label=inbox.words.locale.work().attached>
                {each(move || files.get(), |file| file.id, children)}
            </ul>
        }
        .into_any()
    }
}

fn chip(inbox: Inbox, thread: Thread, file: Attached) -> AnyView {
    let words = inbox.words;
    let work = words.locale.work();
    let Attached { id, name, size, mime, picture, going, .. } = file;
    let heard = picture.is_some() && mime.starts_with("audio/");
    let sign = match picture {
        Some(source) if mime.starts_with("audio/") => {
            view! { <audio controls preload="metadata" src=source aria-label=name.clone()></audio> }.into_any()
        }
        Some(source) => view! { <img class="ic" src=source alt=""/> }.into_any(),
        None => view! { <span class="ic" aria-hidden="true">{extension(&name, &mime)}</span> }.into_any(),
    };
    let (refused, percent, busy) = (going.clone(), going.clone(), going.clone());
    let state = move || match going.get() {
        Going::Chosen => words.size(size),
        Going::Refused => format!("{} · {}", words.size(size), work.file_refused),
        Going::Queued => work.file_waits.to_owned(),
        Going::Sending(percent) => (work.uploading)(percent),
    };
    let progress = move || match percent.get() {
        Going::Sending(percent) => Some(view! { <progress max="100" value=percent.to_string() aria-hidden="true"></progress> }),
        _ => None,
    };
    let label = {
        let name = name.clone();
        move || match busy.get() {
            Going::Queued | Going::Sending(_) => (work.cancel_file)(&name),
            Going::Chosen | Going::Refused => (work.remove_file)(&name),
        }
    };
    view! {
        <li class="file" class:heard=heard class:refused=move || refused.get() == Going::Refused>
            {sign}
            <span class="file-name">
                <b>{name}</b>
                <small>{state}</small>
                {progress}
            </span>
            <button type="button" class="tool hit" aria-label=label on:click=move |_| inbox.detach(&thread, id)>
                {icon("x")}
            </button>
        </li>
    }
    .into_any()
}

/// The open thread, if a file could be sent there now. It is the reply's then.
fn target(inbox: Inbox) -> Option<Thread> {
    let Current::Open(thread) = inbox.current.get_untracked() else { return None };
    let open = thread.row.view.with_untracked(|view| !view.closed && window_open(view.window_closes, inbox.now.get_untracked()));
    open.then_some(thread)
}

/// Something is dragged over the thread.
pub fn dragged(inbox: Inbox, over: RwSignal<bool>, event: &web_sys::DragEvent) {
    if brings_files(event) && target(inbox).is_some() {
        event.prevent_default();
        if !over.get_untracked() {
            over.set(true);
        }
    }
}

/// It left the thread again, and not for something within it.
pub fn left(over: RwSignal<bool>, event: &web_sys::DragEvent) {
    let node = |target: Option<web_sys::EventTarget>| target.and_then(|target| target.dyn_into::<web_sys::Node>().ok());
    let inside = node(event.current_target()).is_some_and(|pane| pane.contains(node(event.related_target()).as_ref()));
    if !inside {
        over.set(false);
    }
}

/// It was let go over the thread.
pub fn dropped(inbox: Inbox, over: RwSignal<bool>, event: &web_sys::DragEvent) {
    over.set(false);
    if !brings_files(event) {
        return;
    }
    if let Some(thread) = target(inbox) {
        event.prevent_default();
        thread.writing.set(Writing::Reply);
        inbox.attach(&thread, event);
    }
}

/// A file dropped beside its place does not take the page's, and leaving with files that have not gone is asked about. Until the page goes.
pub fn guard() {
    Effect::new(move || {
        #[expect(clippy::disallowed_methods, reason = "an effect: only the browser runs it")]
        let stop = StoredValue::new_local(guard_leaving());
        on_cleanup(move || {
            stop.try_with_value(|stop| {
                let _ = stop.call0(&JsValue::NULL);
            });
        });
    });
}
