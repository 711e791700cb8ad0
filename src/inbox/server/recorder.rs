//! Voice messages (`inbox/recorder.js`): the bar that stands in place of the composer's tools, asleep in the page, and what waits for its button.

use super::scripts;
use crate::{ui::icon::icon, words::Words};
use leptos::prelude::*;

/// The parts of the page's head.
pub fn parts(words: &'static Words) -> AnyView {
    let say = words.locale.recorder();
    view! {
        <template id="recorder">
            <div
                class="recorder"
                role="group"
                aria-label=say.title
                data-file=say.file
                data-records=say.records
                data-cannot=say.cannot
                data-refused=say.refused
                data-silent=say.silent
                data-kept=say.kept
                data-open=say.open
                data-discard=say.discard
                data-short=say.short
                data-longest=say.longest
            >
                <button type="button" class="tool hit" data-way="throw" title=say.discard aria-label=say.discard>
                    {icon("x")}
                </button>
                <span class="rec-dot" aria-hidden="true"></span>
                <time role="timer">"0:00"</time>
                <span class="rec-bars" aria-hidden="true"></span>
                <span class="rec-state">{say.asks}</span>
                <button type="button" class="btn" data-variant="outline" data-size="sm" data-way="keep" title=say.keep_hint>
                    {icon("check")}
                    {say.keep}
                </button>
                <button type="button" class="btn send" data-size="sm" data-way="send" aria-label=words.send>
                    <span class="send-label">{words.send}</span>
                    {icon("send-horizontal")}
                </button>
            </div>
        </template>
        {scripts::RECORDER.wait()}
    }
    .into_any()
}
