//! What can be done, found by typing (`inbox/palette.js`): its frame, asleep in the page, and what waits for its keys.

use super::scripts;
use crate::{ui::icon::icon, words::Words};
use leptos::prelude::*;

/// The parts of the page's head.
pub fn parts(words: &'static Words) -> AnyView {
    let say = words.locale.palette();
    view! {
        <template id="palette">
            <dialog
                class="palette"
                aria-label=say.title
                data-search=say.search
                data-conversation=say.conversation
                data-list=say.list
                data-go=say.go
                data-open=say.open
            >
                <div class="palette-field">
                    {icon("search")}
                    <input
                        class="input"
                        type="text"
                        role="combobox"
                        aria-expanded="true"
                        aria-controls="palette-list"
                        aria-autocomplete="list"
                        aria-label=say.field
                        placeholder=say.field
                        autocomplete="off"
                        spellcheck="false"
                        maxlength="200"
                        autofocus
                    />
                </div>
                <ul role="listbox" id="palette-list" aria-label=say.title></ul>
                <p class="muted" data-empty="" hidden>
                    {say.none}
                </p>
            </dialog>
        </template>
        {scripts::PALETTE.wait()}
    }
    .into_any()
}
