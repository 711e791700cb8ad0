//! The few things of the browser that the pages need beyond the DOM. Callable from effects and event handlers only: the server has none
//! of them.

use crate::{ids::ConversationId, time::Millis};
use leptos::prelude::*;
use std::{collections::HashSet, time::Duration};
use uuid::Uuid;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/browser.js")]
extern "C" {
    #[wasm_bindgen(js_name = pageAge)]
    fn page_age_js() -> f64;
    #[wasm_bindgen(js_name = leadsTo)]
    fn leads_to_js() -> String;
    #[wasm_bindgen(js_name = keptUntil)]
    fn kept_until_js() -> f64;
    #[wasm_bindgen(js_name = reloadsOnce)]
    fn reloads_once_js() -> bool;
    #[wasm_bindgen(js_name = keepsOn)]
    fn keeps_on_js() -> bool;
    #[wasm_bindgen(js_name = setKeeps)]
    fn set_keeps_js(on: bool);
    #[wasm_bindgen(js_name = now)]
    fn now_js() -> f64;
    #[wasm_bindgen(js_name = freshId)]
    fn fresh_id_js() -> String;
    #[wasm_bindgen(js_name = chooseTheme)]
    fn choose_theme_js(theme: &str) -> bool;
    #[wasm_bindgen(js_name = attended)]
    fn attended_js() -> bool;
    #[wasm_bindgen(js_name = onAttention)]
    fn on_attention_js(callback: &Closure<dyn FnMut()>) -> js_sys::Function;
    #[wasm_bindgen(js_name = reveal)]
    fn reveal_js(id: &str) -> bool;
    #[wasm_bindgen(js_name = holdView)]
    fn hold_view_js(selector: &str);
    #[wasm_bindgen(js_name = narrow)]
    fn narrow_js() -> bool;
    #[wasm_bindgen(js_name = enterSends)]
    fn enter_sends_js() -> bool;
    #[wasm_bindgen(js_name = focusOn)]
    fn focus_on_js(id: &str);
    #[wasm_bindgen(js_name = intoView)]
    fn into_view_js(id: &str);
    #[wasm_bindgen(js_name = rowsSeen)]
    fn rows_seen_js(rows: usize) -> String;
    #[wasm_bindgen(js_name = holdRows)]
    fn hold_rows_js();
    #[wasm_bindgen(js_name = step)]
    fn step_js(by: i32) -> bool;
    #[wasm_bindgen(js_name = press)]
    fn press_js(selector: &str) -> bool;
    #[wasm_bindgen(js_name = focusFirst)]
    fn focus_first_js(selector: &str) -> bool;
    #[wasm_bindgen(js_name = toggle)]
    fn toggle_js(id: &str) -> bool;
    #[wasm_bindgen(js_name = lettersOn)]
    fn letters_on_js() -> bool;
    #[wasm_bindgen(js_name = setLetters)]
    fn set_letters_js(on: bool);
    #[wasm_bindgen(js_name = undoOn)]
    fn undo_on_js() -> bool;
    #[wasm_bindgen(js_name = setUndo)]
    fn set_undo_js(on: bool);
    #[wasm_bindgen(js_name = grow)]
    fn grow_js(textarea: &web_sys::Element);
}

/// This machine's clock, which may be wrong; only differences are used.
pub fn now() -> Millis {
    now_js() as Millis
}

/// How long ago the server answered with this page.
pub fn page_age() -> Millis {
    page_age_js() as Millis
}

/// Where a page that was kept in the browser was to lead, once; empty for those of the server.
pub fn leads_to() -> String {
    leads_to_js()
}

/// Until when such a page knows what happened, by this machine's clock. None for those of the server.
pub fn kept_until() -> Option<Millis> {
    Some(kept_until_js() as Millis).filter(|at| *at > 0)
}

/// Whether the page may be loaded anew by itself: not again within a minute.
pub fn reloads_once() -> bool {
    reloads_once_js()
}

/// Whether what one reads is kept in this browser, to be read without a connection.
pub fn keeps_on() -> bool {
    keeps_on_js()
}

pub fn set_keeps(on: bool) {
    set_keeps_js(on);
}

/// A new client id.
pub fn fresh_id() -> Uuid {
    Uuid::parse_str(&fresh_id_js()).unwrap_or_default()
}

/// Shows a theme at once and has it remembered. False where a form must do it.
pub fn choose_theme(theme: &str) -> bool {
    choose_theme_js(theme)
}

/// Whether somebody looks at this page: visible and focused. Follows the browser until the owner is cleaned up.
pub fn attention() -> RwSignal<bool> {
    let attended = RwSignal::new(false);
    Effect::new(move || {
        attended.set(attended_js());
        let changed = Closure::new(move || {
            let now = attended_js();
            if attended.try_get_untracked().is_some_and(|before| before != now) {
                attended.set(now);
            }
        });
        let stop = on_attention_js(&changed);
        #[expect(clippy::disallowed_methods, reason = "an effect: only the browser runs it")]
        let kept = StoredValue::new_local((changed, stop));
        on_cleanup(move || {
            kept.try_with_value(|(_, stop)| {
                let _ = stop.call0(&JsValue::NULL);
            });
        });
    });
    attended
}

/// Scrolls to an element by id and marks it for a moment. False when it is not there.
pub fn reveal(id: &str) -> bool {
    reveal_js(id)
}

/// Call before something changes by itself: what is being read in the `column-reverse` scroller stays where it is, and the focus stays on
/// a link that moves.
pub fn hold_view(selector: &str) {
    hold_view_js(selector);
}

/// Whether the layout is the phone's: one pane at a time.
pub fn narrow() -> bool {
    narrow_js()
}

/// Whether Enter sends: where there is a real keyboard. On a touch screen it starts a new line.
pub fn enter_sends() -> bool {
    enter_sends_js()
}

/// Lets a textarea be as high as its text, where CSS cannot.
pub fn grow(textarea: &web_sys::Element) {
    grow_js(textarea);
}

/// Puts the focus on an element by id, once what is changing now is on the page.
pub fn focus_on(id: &str) {
    focus_on_js(id);
}

/// Whether somebody looks at this page now.
pub fn is_attended() -> bool {
    attended_js()
}

/// Calls `then` after the next paint; at once where nobody looks, for what is not seen is not painted.
pub fn after_paint(then: impl FnOnce() + 'static) {
    // Boxed, so that it weighs what it weighs once.
    let then: Box<dyn FnOnce()> = Box::new(then);
    if !is_attended() {
        return then();
    }
    // A frame's callback comes before its paint: what is set off there comes after it.
    request_animation_frame(move || set_timeout(then, Duration::ZERO));
}

/// Scrolls a list so far that one of its items shows.
pub fn into_view(id: &str) {
    into_view_js(id);
}

/// What is seen of a list that has so many rows: the row in its middle, the height of a row in hundredths of a pixel (reading and writing
/// fractions would cost the program many kB), whether some are ticked, and which must stay in the page.
pub fn rows_seen(rows: usize) -> (usize, usize, bool, HashSet<ConversationId>) {
    let said = rows_seen_js(rows);
    let mut parts = said.split(' ');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    let (middle, height, picks) = (number(), number(), number() > 0);
    (middle, height, picks, parts.filter_map(|id| id.parse().ok()).collect())
}

/// Call before rows of the list come or go by scrolling: what is seen stays where it is.
pub fn hold_rows() {
    hold_rows_js();
}

/// Moves the focus so many rows down the list (up, if negative), from the row that has it or is open. False without rows.
pub fn step(by: i32) -> bool {
    step_js(by)
}

/// Clicks what a selector finds. False when it finds nothing.
pub fn press(selector: &str) -> bool {
    press_js(selector)
}

/// Focuses what a selector finds. False when it cannot.
pub fn focus_first(selector: &str) -> bool {
    focus_first_js(selector)
}

/// Shows or hides a popover by id. False when it is not there.
pub fn toggle(id: &str) -> bool {
    toggle_js(id)
}

/// Whether single letters are keys here.
pub fn letters_on() -> bool {
    letters_on_js()
}

/// Whether what is sent waits for a moment in which it can be taken back.
pub fn undo_on() -> bool {
    undo_on_js()
}

/// Remembers in this browser whether what is sent waits for a moment.
pub fn set_undo(on: bool) {
    set_undo_js(on);
}

/// Remembers in this browser whether single letters are keys.
pub fn set_letters(on: bool) {
    set_letters_js(on);
}
