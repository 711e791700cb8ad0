//! Picking rows of the list to work on them together (F195). What is picked is what stands ticked in the list: a row that moves keeps its tick, and one that
//! leaves takes it along, so nothing is ever done with what does not show. The rest is `picking.js`, with a bar that the server renders.

use super::store::{Inbox, Row};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/inbox/picking.js")]
extern "C" {
    #[wasm_bindgen(js_name = follow)]
    fn follow_list(bar: &str);
}

/// Has the list's boxes heard.
pub fn follow(inbox: Inbox) {
    Effect::new(move |_| follow_list(&format!("/{}/inbox/pick?bar=1", inbox.slug())));
}

/// The box of a row. Its value is a [`super::bulk::Picked`]: how far this screen shows the conversation whenever it changes.
pub fn pick_box(inbox: Inbox, row: &Row) -> AnyView {
    let (id, view) = (row.id, row.view.clone());
    let name = {
        let view = view.clone();
        move || view.with(|view| view.name.clone())
    };
    let value = move || {
        view.track();
        format!("{}.{id}", inbox.seen_of(id))
    };
    view! { <input type="checkbox" class="pick" autocomplete="off" aria-label=name value=value/> }.into_any()
}
