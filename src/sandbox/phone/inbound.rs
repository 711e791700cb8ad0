//! What the customer sends, from the button pressed to the webhook in its line.

use super::{
    super::{
        delivery::{Delivery, Item},
        samples,
        state::Sandbox,
        wire,
        world::{Direction, Fate, Media, Message, Progress, World},
    },
    Setting,
    bubble::offered,
    texts::Texts,
};
use serde_json::{Value, json};
use tokio::sync::oneshot;

/// WhatsApp's limit for a text.
const TEXT_LIMIT: usize = 4096;

/// A message ready to be sent.
pub enum Inbound {
    Text(String),
    /// A sample photo with this caption, which may be empty.
    Image(String),
    /// A sample voice note with what a transcriber would hear.
    Voice(String),
    Location {
        name: String,
        address: String,
    },
    /// One of the choices of a message of the business: the kind of reply, and the choice as it was offered.
    Tap {
        kind: &'static str,
        choice: Value,
    },
    /// What a message of theirs, a text or a photo's caption, shall say instead.
    Edit {
        id: String,
        kind: String,
        text: String,
    },
    /// A message of theirs is taken back.
    Revoke(String),
}

impl Inbound {
    /// From the form's `kind` and text. None for an empty text or an unknown kind.
    pub fn new(kind: &str, text: &str, texts: &Texts) -> Option<Self> {
        let text: String = text.trim().chars().take(TEXT_LIMIT).collect();
        match kind {
            "" | "text" => (!text.is_empty()).then_some(Self::Text(text)),
            "image" => Some(Self::Image(if text.is_empty() { texts.sample_caption.into() } else { text })),
            "voice" => Some(Self::Voice(texts.sample_transcript.into())),
            "location" => Some(Self::Location { name: texts.sample_place.into(), address: texts.sample_address.into() }),
            _ => None,
        }
    }

    /// A choice of `message` by its id. None for one that it does not offer.
    pub fn tap(message: &Message, id: &str) -> Option<Self> {
        let choice = offered(&message.content).find(|choice| choice["id"] == id)?.clone();
        let kind = if message.content["type"] == "list" { "list_reply" } else { "button_reply" };
        Some(Self::Tap { kind, choice })
    }

    /// What the customer does to `message`: another text, or taking it back where there is none.
    pub fn change(message: &Message, text: Option<&str>) -> Option<Self> {
        let id = message.id.clone();
        let Some(text) = text else { return Some(Self::Revoke(id)) };
        let text: String = text.trim().chars().take(TEXT_LIMIT).collect();
        (!text.is_empty()).then(|| Self::Edit { id, kind: message.kind.clone(), text })
    }

    /// Files the message and puts its webhook in line. The receiver hears whether the first attempt succeeded.
    pub fn send(self, sandbox: &Sandbox, setting: &Setting, reply_to: Option<&str>) -> (String, oneshot::Receiver<bool>) {
        let now = sandbox.now();
        let id = wire::new_wamid(&setting.chat.customer, Direction::Inbound);
        let display = sandbox.business(&setting.chat.phone_number_id).map(|business| business.display_phone_number.as_str());
        let business: String = display.unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        let (tell, first_attempt) = oneshot::channel();
        sandbox.world(|world| {
            self.changes(world);
            let Parts { kind, mut content, text, media, transcript } = self.parts(world.messages.len() as u64);
            let media = media.map(|media| {
                content["mime_type"] = media.mime.clone().into();
                content["sha256"] = media.sha256.clone().into();
                let id = world.keep_media(media);
                content["id"] = id.clone().into();
                id
            });
            let (ord, is_new) = world.file(Message {
                ord: 0,
                id: id.clone(),
                chat: setting.chat.clone(),
                direction: Direction::Inbound,
                at: now,
                kind: kind.to_owned(),
                content,
                context: reply_to.map(|quoted| json!({ "from": business, "id": quoted })),
                text,
                media,
                transcript,
                callback_data: None,
                progress: Progress::Waiting,
                fate: Fate::Stands,
                statuses: Vec::new(),
            });
            if let Some(conversation) = world.chats.get_mut(&setting.chat) {
                conversation.contact_name = Some(setting.name.clone());
            }
            if let Some(payload) = wire::payload(world, ord, is_new, &sandbox.config().base_url) {
                let item = Item { message_id: id.clone(), payload, first_attempt: Some(tell) };
                world.queue(&setting.chat, Delivery::received(item));
            }
        });
        (id, first_attempt)
    }

    /// Does to the message that it is about what it says.
    fn changes(&self, world: &mut World) {
        match self {
            Self::Edit { id, text, .. } => {
                let Some(ord) = world.ord(id) else { return };
                world.amend(ord, |message| message.fate = Fate::Edited(text.clone()));
            }
            Self::Revoke(id) => {
                let Some(ord) = world.ord(id) else { return };
                world.amend(ord, |message| message.fate = Fate::Revoked);
            }
            _ => {}
        }
    }

    fn parts(self, variant: u64) -> Parts {
        match self {
            Self::Text(text) => Parts { kind: "text", content: json!({ "body": text }), text, media: None, transcript: None },
            Self::Image(caption) => Parts {
                kind: "image",
                text: format!("{caption} Image attached (photo.png)"),
                content: json!({ "caption": caption }),
                media: Some(Media::new(samples::photo(variant).into(), "image/png", "photo.png")),
                transcript: None,
            },
            Self::Voice(transcript) => Parts {
                kind: "audio",
                content: json!({ "voice": true }),
                text: format!("[Audio attached] (voice.ogg)\nTranscript: {transcript}"),
                media: Some(Media::new(samples::voice().into(), "audio/ogg; codecs=opus", "voice.ogg")),
                transcript: Some(transcript),
            },
            Self::Tap { kind, choice } => Parts {
                kind: "interactive",
                text: choice["title"].as_str().unwrap_or_default().to_owned(),
                content: json!({ "type": kind, kind: choice }),
                media: None,
                transcript: None,
            },
            Self::Edit { id, kind, text } => {
                let content = if kind == "text" { json!({ "body": text }) } else { json!({ "caption": text, "mime_type": "image/png" }) };
                let message = json!({ "type": kind, kind: content });
                Parts {
                    kind: "edit",
                    text,
                    content: json!({ "original_message_id": id, "message": message }),
                    media: None,
                    transcript: None,
                }
            }
            Self::Revoke(id) => {
                Parts { kind: "revoke", text: String::new(), content: json!({ "original_message_id": id }), media: None, transcript: None }
            }
            Self::Location { name, address } => Parts {
                kind: "location",
                text: format!("Location: {name}, {address}"),
                content: json!({ "latitude": -7.2575, "longitude": 112.7521, "name": name, "address": address }),
                media: None,
                transcript: None,
            },
        }
    }
}

struct Parts {
    kind: &'static str,
    content: Value,
    text: String,
    media: Option<Media>,
    transcript: Option<String>,
}
