//! The browser's end of the stream: frames in order, each once, whatever happens to tabs, network and server.
//!
//! The protocol between tabs and with the server is in `feed.js`; this is its face in Rust.

use crate::inbox::model::{Here, LiveFrame};
use leptos::prelude::*;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/live/feed.js")]
extern "C" {
    type Feed;
    #[wasm_bindgen(js_name = openFeed)]
    fn open_feed(
        workspace: &str,
        person: &str,
        rights: &str,
        after: f64,
        on_frame: &Closure<dyn FnMut(String, f64)>,
        on_here: &Closure<dyn FnMut(String)>,
        on_state: &Closure<dyn FnMut(String)>,
        on_reset: &Closure<dyn FnMut()>,
    ) -> Feed;
    #[wasm_bindgen(method)]
    fn resume(this: &Feed, seq: f64);
    #[wasm_bindgen(method)]
    fn close(this: &Feed);
}

/// Whether this screen hears what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connection {
    /// Not yet: the page was just made.
    #[default]
    Connecting,
    Connected,
    Reconnecting,
    /// The browser has no network.
    Offline,
}

impl Connection {
    /// The value of `data-state`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Reconnecting => "reconnecting",
            Self::Offline => "offline",
        }
    }
}

struct Opened {
    feed: Feed,
    _on_frame: Closure<dyn FnMut(String, f64)>,
    _on_here: Closure<dyn FnMut(String)>,
    _on_state: Closure<dyn FnMut(String)>,
    _on_reset: Closure<dyn FnMut()>,
}

/// What a page follows.
pub struct Following {
    /// The slug in the address.
    pub workspace: String,
    pub person: String,
    /// As of [`crate::inbox::model::Viewer::rights`].
    pub rights: String,
    /// The event that the page is as new as.
    pub after: i64,
}

/// An open stream. It ends with the owner it was opened under.
#[derive(Clone, Copy)]
pub struct LiveFeed(StoredValue<Option<Opened>, LocalStorage>);

impl LiveFeed {
    /// Follows a workspace from where the page begins. `on_reset` must load everything again and call [`Self::resume`].
    ///
    /// Call it in an effect: what belongs to the browser's one thread must not be made on the server.
    pub fn open(
        from: &Following,
        connection: RwSignal<Connection>,
        on_frame: impl Fn(LiveFrame) + 'static,
        on_here: impl Fn(Here) + 'static,
        on_reset: impl Fn(LiveFeed) + 'static,
    ) -> Self {
        #[expect(clippy::disallowed_methods, reason = "an effect: only the browser runs it")]
        let this = Self(StoredValue::new_local(None));
        let on_frame = Closure::new(move |json: String, _seq: f64| match serde_json::from_str::<LiveFrame>(&json) {
            Ok(frame) => on_frame(frame),
            Err(error) => leptos::logging::error!("a live frame cannot be read: {error}"),
        });
        let on_here = Closure::new(move |json: String| {
            if let Ok(here) = serde_json::from_str::<Here>(&json) {
                on_here(here);
            }
        });
        let on_state = Closure::new(move |state: String| {
            let state = match state.as_str() {
                "connected" => Connection::Connected,
                "offline" => Connection::Offline,
                _ if connection.get_untracked() == Connection::Connecting => Connection::Connecting,
                _ => Connection::Reconnecting,
            };
            connection.set(state);
        });
        let on_reset = Closure::new(move || on_reset(this));
        let feed = open_feed(&from.workspace, &from.person, &from.rights, from.after as f64, &on_frame, &on_here, &on_state, &on_reset);
        this.0.set_value(Some(Opened { feed, _on_frame: on_frame, _on_here: on_here, _on_state: on_state, _on_reset: on_reset }));
        on_cleanup(move || {
            this.0.try_with_value(|opened| {
                if let Some(opened) = opened {
                    opened.feed.close();
                }
            });
        });
        this
    }

    /// Everything was loaded again as of `seq`; continue after it.
    pub fn resume(self, seq: i64) {
        self.0.try_with_value(|opened| {
            if let Some(opened) = opened {
                opened.feed.resume(seq as f64);
            }
        });
    }
}
