//! Saying *look* after a commit.

use super::{
    Hub,
    presence::{Drafted, Sighting, Told},
};
use crate::ids::WorkspaceId;
use sqlx::PgPool;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::sync::{Notify, mpsc};
use uuid::Uuid;

/// NOTIFY channel: workspace ids separated by commas.
pub const WORKSPACES: &str = "my21_wake";
/// NOTIFY channel: the hex hash of a session that ended, or [`SEATS`].
pub const SESSIONS: &str = "my21_session";
/// Instead of a hash: somebody left a workspace or has another role.
pub const SEATS: &str = "seats";

/// NOTIFY channel: a [`Sighting`] as JSON.
pub const HERE: &str = "my21_here";
/// NOTIFY channel: a [`Drafted`] as JSON.
pub const DRAFT: &str = "my21_draft";

/// How long wake-ups are gathered before one NOTIFY carries them: NOTIFY takes a lock over the whole cluster at commit, so
/// its rate is what must be bounded.
const GATHER: Duration = Duration::from_millis(3);
/// A NOTIFY payload holds 8,000 bytes; a UUID and a comma take 37.
const PER_NOTIFY: usize = 200;

/// Call after the commit, never inside the transaction.
#[derive(Clone)]
pub struct Wake {
    hub: Hub,
    jobs: Arc<Notify>,
    others: mpsc::UnboundedSender<Message>,
}

enum Message {
    Workspace(WorkspaceId),
    SessionEnded([u8; 32]),
    SeatsChanged,
    Told(Box<Told>),
}

impl Wake {
    /// Starts the notifier task, which ends when the last `Wake` is dropped.
    pub fn start(hub: Hub, jobs: Arc<Notify>, pool: PgPool) -> Self {
        let (others, inbox) = mpsc::unbounded_channel();
        tokio::spawn(notify_others(inbox, pool));
        Self { hub, jobs, others }
    }

    /// These workspaces have new events.
    pub fn workspaces(&self, workspaces: impl IntoIterator<Item = WorkspaceId>) {
        for workspace in workspaces {
            self.hub.look(workspace);
            // Fails only while the process ends; the sweep covers it.
            let _ = self.others.send(Message::Workspace(workspace));
        }
    }

    /// There are new jobs. Other processes find them by their own polling.
    pub fn jobs(&self) {
        self.jobs.notify_one();
    }

    /// Streams of this session must end, in every process.
    pub fn session_ended(&self, token_hash: [u8; 32]) {
        self.hub.end_session(token_hash);
        let _ = self.others.send(Message::SessionEnded(token_hash));
    }

    /// Somebody left a workspace or has another role in it: streams that rested on it must end, in every process.
    pub fn seats_changed(&self) {
        self.hub.seats_changed();
        let _ = self.others.send(Message::SeatsChanged);
    }

    /// A colleague was seen: streams that may know are told, in every process.
    pub fn here(&self, sighting: Sighting) {
        self.tell(Told::Here(sighting));
    }

    /// Somebody's draft was written: their own streams are told, in every process.
    pub fn drafted(&self, drafted: Drafted) {
        self.tell(Told::Drafted(drafted));
    }

    fn tell(&self, told: Told) {
        let told = self.hub.tell(told);
        let _ = self.others.send(Message::Told(Box::new(told)));
    }
}

async fn notify_others(mut inbox: mpsc::UnboundedReceiver<Message>, pool: PgPool) {
    while let Some(first) = inbox.recv().await {
        tokio::time::sleep(GATHER).await;
        let mut workspaces = BTreeSet::<Uuid>::new();
        let mut seats = false;
        let mut told = BTreeMap::new();
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Workspace(workspace) => {
                    workspaces.insert(workspace.0);
                }
                Message::SessionEnded(hash) => notify(&pool, SESSIONS, &hex::encode(hash)).await,
                Message::SeatsChanged => seats = true,
                // Of what one person tells in a moment, or one page of a draft, the last counts.
                Message::Told(this) => match *this {
                    Told::Here(sighting) => {
                        let key = (sighting.workspace.0, sighting.here.person.0, None);
                        told.insert(key, (HERE, serde_json::to_string(&sighting)));
                    }
                    Told::Drafted(drafted) => {
                        let key = (drafted.workspace.0, drafted.person, Some((drafted.written.conversation.0, drafted.written.page)));
                        told.insert(key, (DRAFT, serde_json::to_string(&drafted)));
                    }
                },
            }
            next = inbox.try_recv().ok();
        }
        if seats {
            notify(&pool, SESSIONS, SEATS).await;
        }
        for (channel, payload) in told.values() {
            if let Ok(payload) = payload {
                notify(&pool, channel, payload).await;
            }
        }
        let workspaces: Vec<String> = workspaces.iter().map(Uuid::to_string).collect();
        for part in workspaces.chunks(PER_NOTIFY) {
            notify(&pool, WORKSPACES, &part.join(",")).await;
        }
    }
}

/// A failed NOTIFY is not an error: the sweeps of the other processes look anyway.
async fn notify(pool: &PgPool, channel: &str, payload: &str) {
    if let Err(error) = sqlx::query("select pg_notify($1, $2)").bind(channel).bind(payload).execute(pool).await {
        tracing::warn!(channel, error = crate::server::error::kind(&error), "notify failed, sweeps will cover it");
    }
}
