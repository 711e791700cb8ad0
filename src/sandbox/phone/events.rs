//! The phone page's live stream: every message of the chat once, then each change.

use super::{
    super::{
        state::{Change, Sandbox},
        world::Chat,
    },
    Place, Setting, bubble, page, read,
};
use axum::{
    extract::{Query, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures::stream::unfold;
use serde_json::json;
use std::{collections::VecDeque, convert::Infallible};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// `GET /sandbox/phone/events`. Events: `message` with `{id, html}`, `ready` after the first load, `reset` when all was forgotten.
/// While a stream is open the customer counts as looking at the chat.
pub async fn stream(State(sandbox): State<Sandbox>, Query(place): Query<Place>, headers: HeaderMap) -> Response {
    let setting = place.settle(&sandbox, &headers);
    // Listening starts before the first load, so that nothing falls between the two.
    let changes = sandbox.changes();
    let viewer = Viewer::new(&sandbox, &setting.chat);
    read(&sandbox, &setting.chat);
    let mut watch = Watch { sandbox, setting, changes, pending: VecDeque::new(), _viewer: viewer };
    watch.load();
    let events = unfold(watch, async |mut watch| {
        let event = watch.next().await?;
        Some((Ok::<_, Infallible>(event), watch))
    });
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

struct Watch {
    sandbox: Sandbox,
    setting: Setting,
    changes: Receiver<Change>,
    pending: VecDeque<Event>,
    _viewer: Viewer,
}

impl Watch {
    fn load(&mut self) {
        let texts = self.setting.texts;
        self.pending = self.sandbox.world(|world| {
            let shown = page::last_messages(world, &self.setting.chat);
            shown.into_iter().map(|message| event(message.ord, &bubble::item(world, message, texts))).collect()
        });
        self.pending.push_back(Event::default().event("ready").data("1"));
    }

    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some(event);
            }
            let stopping = &self.sandbox.config().stopping;
            let change = tokio::select! {
                () = stopping.cancelled() => return None,
                change = self.changes.recv() => change,
            };
            match change {
                Ok(Change::Message(chat, ord)) if chat == self.setting.chat => {
                    let texts = self.setting.texts;
                    let item = self.sandbox.world(|world| {
                        let message = world.messages.get(&ord).filter(|message| !message.is_change())?;
                        Some(bubble::item(world, message, texts))
                    });
                    self.pending.extend(item.map(|item| event(ord, &item)));
                }
                Ok(Change::Message(..)) => {}
                Ok(Change::Reset) => return Some(Event::default().event("reset").data("1")),
                Err(RecvError::Lagged(_)) => self.load(),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

fn event(ord: u64, html: &str) -> Event {
    Event::default().event("message").data(json!({ "id": format!("m{ord}"), "html": html }).to_string())
}

/// Somebody looking at a chat, for as long as this lives.
struct Viewer {
    sandbox: Sandbox,
    chat: Chat,
}

impl Viewer {
    fn new(sandbox: &Sandbox, chat: &Chat) -> Self {
        sandbox.world(|world| *world.viewers.entry(chat.clone()).or_default() += 1);
        Self { sandbox: sandbox.clone(), chat: chat.clone() }
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.sandbox.world(|world| {
            if let Some(viewers) = world.viewers.get_mut(&self.chat) {
                *viewers -= 1;
                if *viewers == 0 {
                    world.viewers.remove(&self.chat);
                }
            }
        });
    }
}
