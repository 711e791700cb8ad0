//! What the sandbox remembers: chats, messages, files, and the orders given through the control route.

use super::{
    control::{Fault, ModelOrders},
    delivery::{Delivery, DeliveryRecord},
    state::Change,
};
use bytes::Bytes;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use uuid::Uuid;

/// Unix milliseconds.
pub type Millis = i64;

/// How long after the customer's last message a business may answer freely.
pub const SERVICE_WINDOW: Millis = 24 * 60 * 60 * 1000;
/// Memory is bounded because the sandbox also stands opposite load tests. The oldest goes first.
const MESSAGES_KEPT: usize = 20_000;
const RECORDS_KEPT: usize = 50_000;
const MEDIA_BYTES_KEPT: usize = 256 * 1024 * 1024;

/// One customer talking to one business number.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Chat {
    pub phone_number_id: String,
    /// Digits of the customer's number, or a business-scoped user id.
    pub customer: String,
}

impl Chat {
    /// Kapso's conversation id. Derived from the pair, so that it stays the same when the sandbox starts anew.
    pub fn id(&self) -> Uuid {
        Uuid::new_v5(&Uuid::NAMESPACE_URL, format!("sandbox:{}:{}", self.phone_number_id, self.customer).as_bytes())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the customer to the business.
    Inbound,
    Outbound,
}

/// How far a message has come. The first four are the customer's side, the others the business's; both end in `Read`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The webhook has not been tried yet.
    Waiting,
    /// The product's endpoint did not take it; it will be tried again.
    Refused,
    /// Every attempt failed.
    Lost,
    /// The product answered 200.
    Received,
    Accepted,
    Sent,
    Delivered,
    Failed,
    Read,
}

/// What the customer did to a message after it was sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fate {
    #[default]
    Stands,
    /// What it says since then. The provider's list has it as it was.
    Edited(String),
    Revoked,
}

#[derive(Clone, Debug)]
pub struct Message {
    /// Grows with every message of the sandbox; the order of history.
    pub ord: u64,
    /// `wamid.…`
    pub id: String,
    pub chat: Chat,
    pub direction: Direction,
    pub at: Millis,
    pub kind: String,
    /// The object under the key `kind`, as Meta writes it.
    pub content: Value,
    /// The message this one answers, as Meta writes it: `{from?, id}`.
    pub context: Option<Value>,
    /// Kapso's rendering as text.
    pub text: String,
    pub media: Option<String>,
    pub transcript: Option<String>,
    pub callback_data: Option<String>,
    pub progress: Progress,
    pub fate: Fate,
    /// Meta's status objects so far.
    pub statuses: Vec<Value>,
}

#[derive(Clone, Debug)]
pub struct Conversation {
    pub contact_name: Option<String>,
    pub ended: bool,
    pub created_at: Millis,
    pub first: u64,
    pub last: u64,
    pub messages: u64,
    pub last_inbound_at: Option<Millis>,
    pub last_outbound_at: Option<Millis>,
}

#[derive(Clone, Debug)]
pub struct Media {
    pub bytes: Bytes,
    pub mime: String,
    pub filename: String,
    /// Base64, as Meta gives it.
    pub sha256: String,
}

/// A message the gateway took, for tests that ask whether something went out exactly once.
#[derive(Clone, Debug, Serialize)]
pub struct SendRecord {
    pub id: String,
    pub number: String,
    pub to: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub body: String,
    /// Of choices: all that was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interactive: Option<Value>,
    pub callback_data: Option<String>,
    pub at: Millis,
}

#[derive(Default)]
pub struct World {
    /// Counts the resets: work begun before one must not touch what came after.
    pub generation: u64,
    next_ord: u64,
    pub messages: BTreeMap<u64, Message>,
    ords: HashMap<String, u64>,
    pub chats: HashMap<Chat, Conversation>,
    /// Chats whose window was closed by order.
    pub shut: HashSet<Chat>,
    pub media: HashMap<String, Media>,
    media_order: VecDeque<String>,
    media_bytes: usize,
    /// Phone pages open on a chat.
    pub viewers: HashMap<Chat, usize>,
    pub sends: VecDeque<SendRecord>,
    pub deliveries: VecDeque<DeliveryRecord>,
    pub faults: Vec<Fault>,
    pub model: ModelOrders,
    /// URL and secret that replace the configured endpoint.
    pub endpoint: Option<(String, String)>,
    /// Webhooks waiting for their turn, per chat.
    pub lines: HashMap<Chat, VecDeque<Delivery>>,
    /// The outbox: lines that need a worker, and changes to announce. Emptied by [`super::state::Sandbox::world`].
    pub idle_lines: Vec<(Chat, u64)>,
    pub changes: Vec<Change>,
}

impl Message {
    /// Whether it only tells what was done to another one: it is no bubble.
    pub fn is_change(&self) -> bool {
        matches!(self.kind.as_str(), "edit" | "revoke")
    }

    /// Whether the customer can write it anew or take it back.
    pub fn is_changeable(&self) -> bool {
        self.direction == Direction::Inbound && self.fate != Fate::Revoked && matches!(self.kind.as_str(), "text" | "image")
    }
}

impl World {
    /// Back to the start, in the next generation.
    pub fn reset(&mut self) {
        *self = Self {
            generation: self.generation + 1,
            next_ord: self.next_ord,
            viewers: std::mem::take(&mut self.viewers),
            changes: vec![Change::Reset],
            ..Self::default()
        };
    }

    pub fn message(&self, id: &str) -> Option<&Message> {
        self.messages.get(self.ords.get(id)?)
    }

    /// Files a message: allots its place, updates its conversation, announces it. True when the conversation is new.
    pub fn file(&mut self, mut message: Message) -> (u64, bool) {
        let ord = self.next_ord;
        self.next_ord += 1;
        message.ord = ord;
        let is_new = !self.chats.contains_key(&message.chat);
        let conversation = self.chats.entry(message.chat.clone()).or_insert_with(|| Conversation {
            contact_name: None,
            ended: false,
            created_at: message.at,
            first: ord,
            last: ord,
            messages: 0,
            last_inbound_at: None,
            last_outbound_at: None,
        });
        conversation.ended = false;
        conversation.last = ord;
        conversation.messages += 1;
        match message.direction {
            Direction::Inbound => {
                conversation.last_inbound_at = Some(message.at);
                self.shut.remove(&message.chat);
            }
            Direction::Outbound => conversation.last_outbound_at = Some(message.at),
        }
        self.changes.push(Change::Message(message.chat.clone(), ord));
        self.ords.insert(message.id.clone(), ord);
        self.messages.insert(ord, message);
        if self.messages.len() > MESSAGES_KEPT
            && let Some((_, oldest)) = self.messages.pop_first()
        {
            self.ords.remove(&oldest.id);
        }
        (ord, is_new)
    }

    /// A message of a customer to which they can still do something.
    pub fn changeable(&self, chat: &Chat, id: &str) -> Option<&Message> {
        let fits = |message: &&Message| message.chat == *chat && message.is_changeable();
        self.message(id).filter(fits)
    }

    /// Changes a message and announces it.
    pub fn amend(&mut self, ord: u64, change: impl FnOnce(&mut Message)) {
        if let Some(message) = self.messages.get_mut(&ord) {
            change(message);
            self.changes.push(Change::Message(message.chat.clone(), ord));
        }
    }

    pub fn ord(&self, id: &str) -> Option<u64> {
        self.ords.get(id).copied()
    }

    /// The messages of a chat, oldest first.
    pub fn thread<'a>(&'a self, chat: &'a Chat) -> impl DoubleEndedIterator<Item = &'a Message> {
        self.messages.values().filter(move |message| message.chat == *chat)
    }

    /// Whether the business may write freely. A customer the sandbox has not heard of since its start counts as open: Kapso would know
    /// the history, the sandbox forgets it with every restart, and the demo's seeded conversations must stay answerable.
    pub fn window_open(&self, chat: &Chat, now: Millis) -> bool {
        !self.shut.contains(chat)
            && self.chats.get(chat).and_then(|conversation| conversation.last_inbound_at).is_none_or(|at| now - at < SERVICE_WINDOW)
    }

    /// The customer looks at the chat: what has arrived there is read from now on.
    pub fn unread_by_customer(&self, chat: &Chat) -> Vec<u64> {
        let unread = |message: &&Message| message.direction == Direction::Outbound && message.progress == Progress::Delivered;
        self.thread(chat).filter(unread).map(|message| message.ord).collect()
    }

    pub fn is_watched(&self, chat: &Chat) -> bool {
        self.viewers.get(chat).is_some_and(|viewers| *viewers > 0)
    }

    /// Keeps a file and returns its id: digits, as Meta's are.
    pub fn keep_media(&mut self, media: Media) -> String {
        let id = (Uuid::new_v4().as_u128() % 1_000_000_000_000_000 + 1_000_000_000_000_000).to_string();
        self.media_bytes += media.bytes.len();
        self.media.insert(id.clone(), media);
        self.media_order.push_back(id.clone());
        while self.media_bytes > MEDIA_BYTES_KEPT
            && let Some(oldest) = self.media_order.pop_front()
        {
            self.drop_media(&oldest);
        }
        id
    }

    /// False when there is no such file.
    pub fn drop_media(&mut self, id: &str) -> bool {
        let dropped = self.media.remove(id);
        self.media_bytes -= dropped.as_ref().map_or(0, |media| media.bytes.len());
        dropped.is_some()
    }

    pub fn record_send(&mut self, record: SendRecord) {
        self.sends.push_back(record);
        if self.sends.len() > RECORDS_KEPT {
            self.sends.pop_front();
        }
    }

    pub fn record_delivery(&mut self, record: DeliveryRecord) {
        self.deliveries.push_back(record);
        if self.deliveries.len() > RECORDS_KEPT {
            self.deliveries.pop_front();
        }
    }
}
