//! Other words for what is written (`inbox/wording.js`): the menu of what a model may do with a text, asleep in the page, and what waits for its button. What
//! does it is [`crate::assistant::server::wording`].

use super::scripts;
use crate::{ui::icon::icon, words::Words};
use leptos::prelude::*;

/// The parts of the page's head.
pub fn parts(words: &'static Words) -> AnyView {
    let say = words.locale.wording();
    let ways = [
        ("better", say.better),
        ("shorter", say.shorter),
        ("warmer", say.warmer),
        ("to_english", say.to_english),
        ("to_indonesian", say.to_indonesian),
    ]
    .map(|(way, label)| {
        view! {
            <button type="button" class="mi" data-way=way>
                {label}
            </button>
        }
    });
    view! {
        <template id="wording">
            <div
                class="wording-menu pop"
                popover="auto"
                role="dialog"
                aria-label=say.title
                data-works=say.works
                data-done=say.done
                data-same=say.same
                data-differs=say.differs
                data-failed=say.failed
                data-busy=say.busy
                data-offline=say.offline
                data-translated=say.translated
                data-hide=say.hide
            >
                {ways.collect_view()}
            </div>
            <p class="composer-notice wording-notice" role="status">
                <span></span>
                <button type="button" class="btn" data-variant="outline" data-size="sm" data-back="">
                    {icon("corner-up-left")}
                    {say.back}
                </button>
            </p>
        </template>
        {scripts::WORDING.wait()}
    }
    .into_any()
}
