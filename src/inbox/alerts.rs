//! Calling somebody who has the inbox open and does not look (F233); whose pages are closed is called by [`crate::push`]. What they are called for stands in
//! [`super::concerns`].

use super::{
    concerns::{Alert, Listener},
    model::*,
    store::{Current, Inbox},
};
use crate::time::MINUTE;
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What is older came while this page was asleep: it shows, and calls nobody any more.
const STALE: i64 = 10 * MINUTE;
/// The sounds by name, in the order of their words.
const SOUNDS: [&str; 4] = ["off", "chime", "knock", "bell"];

#[wasm_bindgen(module = "/src/inbox/alerts.js")]
extern "C" {
    #[wasm_bindgen(js_name = chosenSound)]
    fn chosen_sound() -> String;
    #[wasm_bindgen(js_name = repeats)]
    fn repeats() -> bool;
    #[wasm_bindgen(js_name = desktop)]
    fn desktop() -> bool;
    #[wasm_bindgen(js_name = chooseSound)]
    fn choose_sound(sound: &str);
    #[wasm_bindgen(js_name = chooseRepeats)]
    fn choose_repeats(repeats: bool);
    #[wasm_bindgen(js_name = chooseDesktop)]
    fn choose_desktop(wanted: bool) -> js_sys::Promise;
    #[wasm_bindgen(js_name = calm)]
    fn calm();
    #[wasm_bindgen(js_name = seen)]
    fn seen(workspace: &str, event: f64);
    #[wasm_bindgen(js_name = raise)]
    fn raise(title: &str, text: &str, tag: &str, workspace: &str, event: f64, looking: bool);
    /// A conversation was read: nothing on the screen calls for it any more.
    #[wasm_bindgen(js_name = isRead)]
    pub(super) fn is_read(tag: &str);
    #[wasm_bindgen(js_name = whenClicked)]
    fn when_clicked(workspace: &str, open: &Closure<dyn FnMut(String)>);
}

impl Inbox {
    /// What of a change somebody must be told who does not look at the conversation.
    pub fn alert_of(&self, frame: &LiveFrame) -> Option<Alert> {
        // What a page that was kept goes through again when it starts was told before.
        let since = (self.now.get_untracked() - STALE).max(self.kept_until.get_untracked());
        self.viewer.with_value(|viewer| {
            let listener = Listener { id: viewer.person.id, name: &viewer.person.name, words: self.words, deaf: viewer.deaf, since };
            listener.alert_of(frame)
        })
    }
}

/// Calls for what a frame says; `attended`: somebody is looking at the page. Made in the browser only: what it keeps cannot be dropped
/// by another thread than the one that made it, and the server's pages change threads.
pub fn caller(inbox: Inbox, attended: RwSignal<bool>) -> impl Fn(&LiveFrame) + 'static {
    let navigate = use_navigate();
    let open = Closure::new(move |conversation: String| {
        if let Ok(id) = conversation.parse() {
            navigate(&untrack(|| inbox.address(Some(id), "")), NavigateOptions::default());
        }
    });
    when_clicked(&inbox.slug(), &open);
    Effect::new(move |_| {
        if attended.get() {
            calm();
        }
    });
    move |frame| {
        // Kept as long as there is something to click.
        let _ = &open;
        let Some(alert) = inbox.alert_of(frame) else { return };
        let looking = attended.get_untracked();
        let shown = matches!(inbox.current.get_untracked(), Current::Open(thread) if thread.row.id == alert.conversation);
        let (workspace, event) = (inbox.slug(), frame.seq as f64);
        if looking && shown {
            return seen(&workspace, event);
        }
        raise(&alert.title, &alert.text, &alert.conversation.to_string(), &workspace, event, looking);
    }
}

/// How one wants to be called at this machine. Part of the account menu.
#[component]
pub fn AlertSettings(inbox: Inbox) -> impl IntoView {
    let work = inbox.words.locale.work();
    let (sound, repeat, notices) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(false));
    let outcome = RwSignal::new("");
    Effect::new(move |_| {
        sound.set(chosen_sound());
        repeat.set(repeats());
        notices.set(desktop());
    });
    let options = SOUNDS
        .iter()
        .zip(work.alert_sounds)
        .map(|(name, words)| {
            view! {
                <option value=*name prop:selected=move || sound.get() == *name>
                    {*words}
                </option>
            }
        })
        .collect_view();
    let ask = move |wanted: bool| {
        let answer = JsFuture::from(choose_desktop(wanted));
        spawn_local(async move {
            let answer = answer.await.ok().and_then(|answer| answer.as_string()).unwrap_or_default();
            if notices.try_set(matches!(answer.as_str(), "on" | "open")).is_none() {
                outcome.set(match answer.as_str() {
                    "denied" => work.alert_denied,
                    "unknown" => work.alert_unknown,
                    "open" => work.alert_open_only,
                    _ => "",
                });
            }
        });
    };
    view! {
        <div class="menu-group alert-settings" role="group" aria-labelledby="alerts-title">
            <p class="menu-title" id="alerts-title">
                {work.alerts}
            </p>
            <label class="check">
                <span>{work.alert_sound}</span>
                <select class="input" on:change:target=move |event| {
                    choose_sound(&event.target().value());
                    sound.set(event.target().value());
                }>{options}</select>
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=repeat on:change:target=move |event| {
                    choose_repeats(event.target().checked());
                    repeat.set(event.target().checked());
                }/>
                {work.alert_repeats}
            </label>
            <label class="check">
                <input type="checkbox" prop:checked=notices on:change:target=move |event| ask(event.target().checked())/>
                {work.alert_desktop}
            </label>
            {move || {
                let outcome = outcome.get();
                (!outcome.is_empty()).then(|| view! { <p class="cap menu-note" role="alert">{outcome}</p> })
            }}
            <a class="mi" href=format!("/{}/settings/notices", inbox.slug()) rel="external">
                {work.alert_more}
            </a>
        </div>
    }
    .into_any()
}
