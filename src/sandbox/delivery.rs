//! Signed webhooks, as Kapso sends them: one line per conversation, retries after a refusal, and a bounded wait for those behind.

use super::{
    state::Sandbox,
    world::{Chat, Direction, Progress, World},
};
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::Sha256;
use std::{collections::VecDeque, time::Duration};
use tokio::sync::oneshot;
use uuid::Uuid;

const RECEIVED: &str = "whatsapp.message.received";
/// Kapso's limit for one answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// How long a conversation waits for a refused webhook before later ones overtake it.
const HOLD_LINE_FOR: Duration = Duration::from_secs(30);
/// Kapso's default upper limit of messages in one batch.
const BATCH_LIMIT: usize = 50;

/// A webhook to be sent, or several received messages that go out as one batch.
pub struct Delivery {
    pub event: &'static str,
    pub items: Vec<Item>,
    /// May leave together with its neighbours.
    batchable: bool,
}

/// One v2 payload.
pub struct Item {
    pub message_id: String,
    pub payload: Value,
    /// Told whether the endpoint took it at the first attempt.
    pub first_attempt: Option<oneshot::Sender<bool>>,
}

/// One attempt, for tests.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord {
    pub event: &'static str,
    pub message_ids: Vec<String>,
    pub idempotency_key: String,
    /// From 1.
    pub attempt: usize,
    /// The endpoint's answer; null when there was none.
    pub status: Option<u16>,
    pub at: i64,
}

impl Delivery {
    /// A status of a message.
    pub fn status(event: &'static str, message_id: &str, payload: Value) -> Self {
        Self { event, items: vec![Item { message_id: message_id.into(), payload, first_attempt: None }], batchable: false }
    }

    /// A message of a customer.
    pub fn received(item: Item) -> Self {
        Self { event: RECEIVED, items: vec![item], batchable: true }
    }

    fn ids(&self) -> Vec<String> {
        self.items.iter().map(|item| item.message_id.clone()).collect()
    }

    fn body(&self) -> Vec<u8> {
        let body = match &self.items[..] {
            [only] => only.payload.clone(),
            several => json!({
                "type": self.event,
                "batch": true,
                "data": several.iter().map(|item| &item.payload).collect::<Vec<_>>(),
                "batch_info": { "size": several.len(), "window_ms": 5000 },
            }),
        };
        body.to_string().into_bytes()
    }
}

impl World {
    /// Puts a webhook at the end of its conversation's line.
    pub fn queue(&mut self, chat: &Chat, delivery: Delivery) {
        let generation = self.generation;
        self.lines
            .entry(chat.clone())
            .or_insert_with(|| {
                self.idle_lines.push((chat.clone(), generation));
                VecDeque::new()
            })
            .push_back(delivery);
    }

    /// The next webhook of a line. Received messages that had to wait behind one another leave together as a batch.
    fn next_in_line(&mut self, chat: &Chat, generation: u64) -> Option<Delivery> {
        if generation != self.generation {
            return None;
        }
        let line = self.lines.get_mut(chat)?;
        let Some(mut delivery) = line.pop_front() else {
            self.lines.remove(chat);
            return None;
        };
        while delivery.batchable
            && delivery.items.len() < BATCH_LIMIT
            && line.front().is_some_and(|next| next.batchable)
            && let Some(next) = line.pop_front()
        {
            delivery.items.extend(next.items);
        }
        Some(delivery)
    }

    /// What an attempt meant for the customer's messages in it.
    fn settle(&mut self, ids: &[String], to: Progress) {
        for ord in ids.iter().filter_map(|id| self.ord(id)).collect::<Vec<_>>() {
            self.amend(ord, |message| {
                if message.direction == Direction::Inbound && message.progress != Progress::Read {
                    message.progress = to;
                }
            });
        }
    }
}

/// A webhook with its bytes and key settled: both stay the same over all attempts.
struct Parcel {
    chat: Chat,
    event: &'static str,
    ids: Vec<String>,
    body: bytes::Bytes,
    key: String,
    generation: u64,
}

impl Sandbox {
    /// Sends what waits in a chat's line, one after the other, until the line is empty or the world was reset.
    pub async fn work_off(self, chat: Chat, generation: u64) {
        while let Some(mut delivery) = self.world(|world| world.next_in_line(&chat, generation)) {
            let parcel = Parcel {
                chat: chat.clone(),
                event: delivery.event,
                ids: delivery.ids(),
                body: delivery.body().into(),
                key: Uuid::new_v4().to_string(),
                generation,
            };
            let taken = self.attempt(&parcel, 1).await;
            for waiting in delivery.items.iter_mut().filter_map(|item| item.first_attempt.take()) {
                // Whoever asked may have gone.
                let _ = waiting.send(taken);
            }
            if !taken {
                self.insist(delivery, parcel).await;
            }
        }
    }

    /// The retries. While they fit into [`HOLD_LINE_FOR`] the line waits; the rest happens beside it.
    async fn insist(&self, delivery: Delivery, parcel: Parcel) {
        let delays = self.config().retry_delays.clone();
        let mut waited = Duration::ZERO;
        for (done, delay) in delays.iter().enumerate() {
            waited += *delay;
            if waited > HOLD_LINE_FOR {
                tokio::spawn(self.clone().insist_aside(delivery, parcel, done));
                return;
            }
            tokio::time::sleep(*delay).await;
            if self.attempt(&parcel, done + 2).await {
                return;
            }
        }
        self.give_up(delivery, &parcel);
    }

    async fn insist_aside(self, delivery: Delivery, parcel: Parcel, done: usize) {
        for (done, delay) in self.config().retry_delays.clone().into_iter().enumerate().skip(done) {
            tokio::time::sleep(delay).await;
            if self.attempt(&parcel, done + 2).await {
                return;
            }
        }
        self.give_up(delivery, &parcel);
    }

    /// A batch that failed for good is tried again message by message, under new keys; a single webhook is lost.
    fn give_up(&self, delivery: Delivery, parcel: &Parcel) {
        self.world(|world| {
            if parcel.generation != world.generation {
                return;
            }
            if delivery.items.len() == 1 {
                world.settle(&parcel.ids, Progress::Lost);
                return;
            }
            for item in delivery.items {
                world.queue(&parcel.chat, Delivery { event: delivery.event, items: vec![item], batchable: false });
            }
        });
    }

    /// One request. True only for a 200 in time; after a reset nothing is sent any more and the answer is true, to end the retries.
    async fn attempt(&self, parcel: &Parcel, attempt: usize) -> bool {
        let Some(endpoint) = self.world(|world| (world.generation == parcel.generation).then(|| world.endpoint.clone())) else {
            return true;
        };
        let (url, secret) = endpoint.unwrap_or_else(|| (self.config().webhook_url.clone(), self.config().webhook_secret.clone()));
        let mut request = self
            .config()
            .http
            .post(url)
            .timeout(ANSWER_WITHIN)
            .header("content-type", "application/json")
            .header("x-webhook-event", parcel.event)
            .header("x-webhook-signature", signature(secret.as_bytes(), &parcel.body))
            .header("x-idempotency-key", &parcel.key)
            .header("x-webhook-payload-version", "v2");
        if parcel.ids.len() > 1 {
            request = request.header("x-webhook-batch", "true").header("x-batch-size", parcel.ids.len());
        }
        let status = request.body(parcel.body.clone()).send().await.ok().map(|response| response.status().as_u16());
        let taken = status == Some(200);
        let at = self.now();
        self.world(|world| {
            if world.generation != parcel.generation {
                return;
            }
            world.record_delivery(DeliveryRecord {
                event: parcel.event,
                message_ids: parcel.ids.clone(),
                idempotency_key: parcel.key.clone(),
                attempt,
                status,
                at,
            });
            if parcel.event == RECEIVED {
                world.settle(&parcel.ids, if taken { Progress::Received } else { Progress::Refused });
            }
        });
        taken
    }
}

/// Lowercase hex HMAC-SHA256. Written here on its own, so that an error in the product's signature code cannot hide behind itself.
fn signature(secret: &[u8], body: &[u8]) -> String {
    // HMAC takes keys of every length, so there is no error to meet.
    Hmac::<Sha256>::new_from_slice(secret).map(|mac| hex::encode(mac.chain_update(body).finalize().into_bytes())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::signature;

    #[test]
    fn the_signature_is_kapsos() {
        assert_eq!(signature(b"key", b"hello"), "9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b");
    }
}
