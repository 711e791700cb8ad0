//! Scripts that the inbox fetches when somebody first needs them, each under a name that carries a hash of its content, so that browsers keep it for good.
//! Until then a few lines in the page's head wait for what calls for it.

use crate::{app::MoreHead, error::AppError};
use axum::{
    extract::Path,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use leptos::{nonce::use_nonce, prelude::*};
use sha2::{Digest, Sha256};
use std::sync::{Arc, LazyLock};

/// A script, and what waits for it.
pub struct Script {
    name: &'static str,
    content: &'static str,
    waiting: &'static str,
}

/// A picture large.
pub static LIGHTBOX: Script =
    Script { name: "lightbox", content: include_str!("../lightbox.js"), waiting: include_str!("../lightbox_waiting.js") };
/// The form of filters as a dialog.
pub static FILTERING: Script =
    Script { name: "filtering", content: include_str!("../filtering.js"), waiting: include_str!("../filtering_waiting.js") };

/// The palette of commands.
pub static PALETTE: Script =
    Script { name: "palette", content: include_str!("../palette.js"), waiting: include_str!("../palette_waiting.js") };
/// What records voice messages.
pub static RECORDER: Script =
    Script { name: "recorder", content: include_str!("../recorder.js"), waiting: include_str!("../recorder_waiting.js") };

/// Other words for a text.
pub static WORDING: Script =
    Script { name: "wording", content: include_str!("../wording.js"), waiting: include_str!("../wording_waiting.js") };
/// What tells the service worker what to keep, for reading without a connection.
pub static KEEPING: Script = Script {
    name: "keeping",
    content: include_str!("../../offline/keeping.js"),
    waiting: include_str!("../../offline/keeping_waiting.js"),
};

/// All of them, by file name.
static FILES: LazyLock<[(String, &'static str); 6]> =
    LazyLock::new(|| [&LIGHTBOX, &FILTERING, &PALETTE, &RECORDER, &WORDING, &KEEPING].map(|script| (script.file(), script.content)));

impl Script {
    fn file(&self) -> String {
        format!("{}.{}.js", self.name, &hex::encode(Sha256::digest(self.content))[..16])
    }

    /// What waits in the head for somebody to need the script.
    pub fn wait(&self) -> AnyView {
        self.wait_with(None)
    }

    /// As [`Self::wait`]; it is told a path.
    pub fn wait_with(&self, path: Option<&'static str>) -> AnyView {
        let module = format!("/scripts/{}", self.file());
        view! { <script nonce=use_nonce() data-module=module data-path=path inner_html=self.waiting></script> }.into_any()
    }
}

/// `GET /scripts/{name}`: a script under its present name only.
///
/// # Errors
/// `NotFound` for every other name.
pub async fn script(Path(name): Path<String>) -> Result<Response, AppError> {
    let (_, content) = FILES.iter().find(|(known, _)| *known == name).ok_or(AppError::NotFound)?;
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/javascript; charset=utf-8"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    Ok(response)
}

/// Puts something into the head of the page being answered, beside what is there already.
pub fn prepare(parts: impl Fn() -> AnyView + Send + Sync + 'static) {
    let others = use_context::<MoreHead>();
    provide_context(MoreHead(Arc::new(move || {
        view! {
            {others.as_ref().map(|others| (others.0)())}
            {parts()}
        }
        .into_any()
    })));
}
