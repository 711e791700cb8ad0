//! The browser's entry point. Everything it shows lives in `my21staff`.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the module script in the page's head once the WASM is compiled.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(my21staff::app::App);
}
