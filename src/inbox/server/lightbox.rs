//! A picture large, on top of everything. A script does it (`inbox/lightbox.js`), which is fetched when the first picture is pressed; until then, and
//! without script, the picture is a link that opens the original. The page brings what the script shows itself with, in its language.

use crate::{
    app::MoreHead,
    error::AppError,
    ui::{icon::icon, preferences::preferences},
    words::{Words, server::GalleryWords},
};
use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use leptos::{nonce::use_nonce, prelude::*};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

const SCRIPT: &str = include_str!("../lightbox.js");
/// Waits for a picture to be pressed. Modifier keys go on meaning what they mean on links.
const WAITING: &str = include_str!("../lightbox_waiting.js");

/// The script's file name: it carries a hash of the content, so that browsers keep it for good.
static NAME: LazyLock<String> = LazyLock::new(|| format!("lightbox.{}.js", &hex::encode(Sha256::digest(SCRIPT))[..16]));

/// `GET /scripts/{name}`: the script under its present name only.
///
/// # Errors
/// `NotFound` for every other name.
pub async fn script(Path(name): Path<String>) -> Result<Response, AppError> {
    if name != *NAME {
        return Err(AppError::NotFound);
    }
    let mut response = SCRIPT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(response)
}

/// Puts it into the head of the page being answered, beside what is there already.
pub fn prepare() {
    let others = use_context::<MoreHead>();
    let words = preferences().locale.words();
    provide_context(MoreHead(Arc::new(move || {
        view! {
            {others.as_ref().map(|others| (others.0)())}
            {parts(words)}
        }
        .into_any()
    })));
}

/// The dialog, asleep, and what waits for a picture to be pressed.
pub fn parts(words: &'static Words) -> AnyView {
    let say = words.locale.gallery();
    view! {
        <template id="lightbox">{dialog(say)}</template>
        <script nonce=use_nonce() data-module=format!("/scripts/{}", *NAME) inner_html=WAITING></script>
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
