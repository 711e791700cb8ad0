//! A picture large, on top of everything. A script does it (`inbox/lightbox.js`), which is fetched when the first picture is pressed; until then, and
//! without script, the picture is a link that opens the original. The page brings what the script shows itself with, in its language.

use super::scripts;
use crate::{
    ui::icon::icon,
    words::{Words, server::GalleryWords},
};
use leptos::prelude::*;

/// The dialog, asleep, and what waits for a picture to be pressed.
pub fn parts(words: &'static Words) -> AnyView {
    let say = words.locale.gallery();
    view! {
        <template id="lightbox">{dialog(say)}</template>
        {scripts::LIGHTBOX.wait()}
    }
    .into_any()
}

fn dialog(say: &'static GalleryWords) -> AnyView {
    let button = |act: &'static str, icon_name: &'static str, label: &'static str, keys: &'static str| {
        view! {
            <button type="button" class="lightbox-button" data-act=act title=label aria-label=label aria-keyshortcuts=keys>
                {icon(icon_name)}
            </button>
        }
    };
    view! {
        <dialog class="lightbox" aria-label=say.picture data-count=say.count>
            <header class="lightbox-head">
                <p class="lightbox-about">
                    <b data-part="who"></b>
                    <span data-part="when"></span>
                </p>
                <span class="lightbox-count num" data-part="count"></span>
                <div class="lightbox-tools">
                    {button("out", "minus", say.zoom_out, "-")}
                    <button type="button" class="lightbox-button num" data-act="whole" title=say.zoom_reset aria-keyshortcuts="0">
                        <span data-part="level"></span>
                        <span class="sr-only">{say.zoom_reset}</span>
                    </button>
                    {button("in", "plus", say.zoom_in, "+")}
                    <a class="lightbox-button" data-part="download" download title=say.download aria-label=say.download>
                        {icon("download")}
                    </a>
                    <a class="lightbox-button" data-part="original" target="_blank" rel="noopener" title=say.original aria-label=say.original>
                        {icon("external-link")}
                    </a>
                    <button type="button" class="lightbox-button" data-act="close" title=say.close aria-label=say.close autofocus>
                        {icon("x")}
                    </button>
                </div>
            </header>
            <div class="lightbox-frame">
                <div class="lightbox-stage" tabindex="0" role="group" aria-label=say.picture>
                    <img data-part="picture" alt="" draggable="false" decoding="async"/>
                    <p class="lightbox-failed" data-part="failed" role="alert" hidden>
                        {say.not_loaded}
                    </p>
                </div>
                {button("previous", "chevron-left", say.previous, "ArrowLeft")}
                {button("next", "chevron-right", say.next, "ArrowRight")}
            </div>
            <p class="lightbox-caption" data-part="caption"></p>
            <p class="sr-only" data-part="said" aria-live="polite"></p>
        </dialog>
    }
    .into_any()
}
