//! The inbox from the keyboard: moving in the list, choosing a view, answering; and the sheet that names every key. Single letters count outside
//! fields only, and whoever speaks to the computer, or hits keys by accident, switches them off (WCAG 2.1.4).

use super::{
    quoting,
    store::{Current, Inbox},
};
use crate::ui::browser;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;

/// The id of the sheet.
pub const SHEET: &str = "keys";

/// Whether a single letter, pressed like this, is meant as a key and not as text.
pub fn is_key(event: &web_sys::KeyboardEvent) -> bool {
    let chord = event.ctrl_key() || event.meta_key() || event.alt_key();
    !chord && !event.default_prevented() && !in_field(event) && browser::letters_on()
}

/// Whether what is typed belongs into a field.
fn in_field(event: &web_sys::KeyboardEvent) -> bool {
    let target = event.target().and_then(|target| target.dyn_into::<web_sys::HtmlElement>().ok());
    target.is_some_and(|target| {
        // A box to tick takes no letters.
        let takes = match target.tag_name().as_str() {
            "INPUT" => target.get_attribute("type").as_deref() != Some("checkbox"),
            tag => matches!(tag, "TEXTAREA" | "SELECT"),
        };
        takes || target.is_content_editable()
    })
}

/// The keys that are about the whole inbox. Those of the open conversation are in `work_menu`.
pub fn follow(inbox: Inbox) {
    Effect::new(move |_| {
        let keys = window_event_listener(ev::keydown, move |event| {
            if !is_key(&event) {
                return;
            }
            let key = event.key();
            let done = match key.as_str() {
                "j" => browser::step(1),
                "k" => browser::step(-1),
                "1" | "2" | "3" => browser::press(&format!(".tabs li:nth-child({key}) a")),
                "f" => browser::press(".to-filter"),
                "/" => browser::focus_first(".list-search input"),
                "?" => browser::toggle(SHEET),
                _ => match inbox.current.get_untracked() {
                    Current::Open(thread) => quoting::keys(&thread, &event),
                    _ => false,
                },
            };
            if done {
                event.prevent_default();
            }
        });
        on_cleanup(move || keys.remove());
    });
}

/// The sheet of all keys.
#[component]
pub fn KeySheet(inbox: Inbox) -> impl IntoView {
    let work = inbox.words.locale.work();
    let letters = RwSignal::new(true);
    Effect::new(move |_| letters.set(browser::letters_on()));
    let rows = work
        .keys
        .iter()
        .map(|(keys, what)| {
            let keys = keys.split(' ').map(|key| view! { <kbd>{key}</kbd> }).collect_view();
            view! {
                <div>
                    <dt>{keys}</dt>
                    <dd>{*what}</dd>
                </div>
            }
        })
        .collect_view();
    view! {
        <div id=SHEET popover="auto" class="pop key-sheet" role="dialog" aria-labelledby="keys-title">
            <h2 id="keys-title">{work.keys_title}</h2>
            <dl>{rows}</dl>
            <label class="check">
                <input
                    type="checkbox"
                    prop:checked=letters
                    on:change:target=move |event| {
                        let on = event.target().checked();
                        letters.set(on);
                        browser::set_letters(on);
                    }
                />
                {work.keys_letters}
            </label>
        </div>
    }
    .into_any()
}
