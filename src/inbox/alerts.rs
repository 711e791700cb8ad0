//! Calling somebody who is not looking: what concerns them, and how they want to be called (F233 in part). What concerns a person is a customer of
//! theirs or of nobody's who waits for the team, or longer than was promised; one that was given to them; ARI handing one over; and a note that names them.

use super::{
    model::*,
    store::{Current, Inbox},
};
use crate::{ids::ConversationId, time::MINUTE};
use leptos::{prelude::*, task::spawn_local};
use leptos_router::{NavigateOptions, hooks::use_navigate};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// What is older came while this page was asleep: it shows, and calls nobody any more.
const STALE: i64 = 10 * MINUTE;
/// As much of a message as a notice shows, in characters.
const EXCERPT: usize = 140;
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
    fn raise(title: &str, text: &str, tag: &str, workspace: &str, event: f64, looking: bool, open: &Closure<dyn FnMut(String)>);
}

/// What somebody is called for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub conversation: ConversationId,
    pub title: String,
    pub text: String,
}

impl Inbox {
    /// What of a change somebody must be told who does not look at the conversation.
    pub fn alert_of(&self, frame: &LiveFrame) -> Option<Alert> {
        let row = frame.conversation.as_ref()?;
        if let Some(late) = LATE.iter().position(|kind| *kind == frame.kind) {
            return self.late_alert_of(row, late);
        }
        let message = frame.message.as_ref()?;
        if message.at < self.now.get_untracked() - STALE {
            return None;
        }
        let for_me = row.assignee.as_ref().is_none_or(|person| self.is_me(Some(person.id)));
        let waits = row.holder == Holder::Team && !row.closed && for_me;
        let text = match message.direction {
            Direction::Inbound if waits && frame.unread_delta > 0 => self.words.spoken(message),
            Direction::System if message.kind == "auto_assigned" && self.is_me(row.assignee.as_ref().map(|person| person.id)) => {
                self.words.system_line(&message.kind, self.words.team, &message.text)
            }
            Direction::System if message.is_note() && !self.is_me(message.sender_id) && self.names_me(message) => {
                let who = message.sender_name.as_deref().unwrap_or(self.words.team);
                format!("{who}: {}", message.text)
            }
            Direction::System if message.kind == "later_held" && self.is_me(message.sender_id) => {
                self.words.system_line("later_held", self.words.you, &message.text)
            }
            Direction::System if waits && matches!(message.kind.as_str(), "ari_handed_over" | "ari_failed") => {
                self.words.system_line(&message.kind, self.words.team, &message.text)
            }
            _ => return None,
        };
        Some(Alert { conversation: row.id, title: row.name.clone(), text: text.chars().take(EXCERPT).collect() })
    }

    /// A promised time went by: of an answer, or of the end.
    fn late_alert_of(&self, row: &ConversationView, late: usize) -> Option<Alert> {
        let due = [row.answer_due, row.resolve_due][late]?;
        let mine = row.assignee.as_ref().is_none_or(|person| self.is_me(Some(person.id)));
        let fresh = due > self.now.get_untracked() - STALE;
        let text = self.words.locale.work().late[late].to_owned();
        (mine && fresh).then(|| Alert { conversation: row.id, title: row.name.clone(), text })
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
    Effect::new(move |_| {
        if attended.get() {
            calm();
        }
    });
    move |frame| {
        let Some(alert) = inbox.alert_of(frame) else { return };
        let looking = attended.get_untracked();
        let shown = matches!(inbox.current.get_untracked(), Current::Open(thread) if thread.row.id == alert.conversation);
        let (workspace, event) = (inbox.slug(), frame.seq as f64);
        if looking && shown {
            return seen(&workspace, event);
        }
        raise(&alert.title, &alert.text, &alert.conversation.to_string(), &workspace, event, looking, &open);
    }
}

/// How one wants to be called at this machine. Part of the account menu.
#[component]
pub fn AlertSettings(inbox: Inbox) -> impl IntoView {
    let work = inbox.words.locale.work();
    let (sound, repeat, notices) = (RwSignal::new(String::new()), RwSignal::new(false), RwSignal::new(false));
    let denied = RwSignal::new(false);
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
            let allowed = answer.await.is_ok_and(|allowed| allowed.is_truthy());
            if notices.try_set(allowed).is_none() {
                denied.set(wanted && !allowed);
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
            {move || denied.get().then(|| view! { <p class="cap text-danger" role="alert">{work.alert_denied}</p> })}
        </div>
    }
    .into_any()
}
