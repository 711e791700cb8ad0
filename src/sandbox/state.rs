//! The one handle every handler of the sandbox holds.

use super::{
    Business, SandboxConfig,
    world::{Chat, Millis, World},
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{Notify, broadcast};

/// What the phone pages are told about.
#[derive(Clone, Debug)]
pub enum Change {
    /// A message is new or has another state.
    Message(Chat, u64),
    /// Everything was forgotten.
    Reset,
}

#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    config: SandboxConfig,
    world: Mutex<World>,
    changes: broadcast::Sender<Change>,
    let_go: Notify,
}

impl Sandbox {
    pub fn new(config: SandboxConfig) -> Self {
        let (changes, _) = broadcast::channel(1024);
        Self { shared: Arc::new(Shared { config, world: Mutex::default(), changes, let_go: Notify::new() }) }
    }

    pub fn config(&self) -> &SandboxConfig {
        &self.shared.config
    }

    pub fn now(&self) -> Millis {
        self.shared.config.clock.millis()
    }

    pub fn business(&self, phone_number_id: &str) -> Option<&Business> {
        self.shared.config.businesses.iter().find(|business| business.phone_number_id == phone_number_id)
    }

    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.shared.changes.subscribe()
    }

    /// Keeps a call waiting for so long, or until [`Sandbox::let_go`].
    pub async fn stall(&self, delay: Duration) {
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = self.shared.let_go.notified() => {}
        }
    }

    /// Ends every delay that is going on. Later calls wait as ordered.
    pub fn let_go(&self) {
        self.shared.let_go.notify_waiters();
    }

    /// Reads or changes the world under its lock. What `act` left in the world's outbox happens once the lock is free again.
    pub fn world<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        let (result, changes, idle_lines) = {
            // A panic elsewhere leaves at worst one half-written demo message; refusing to go on would be the greater harm.
            let mut world = self.shared.world.lock().unwrap_or_else(PoisonError::into_inner);
            let result = act(&mut world);
            (result, std::mem::take(&mut world.changes), std::mem::take(&mut world.idle_lines))
        };
        for change in changes {
            // An error means that no phone page is open.
            let _ = self.shared.changes.send(change);
        }
        for (chat, generation) in idle_lines {
            tokio::spawn(self.clone().work_off(chat, generation));
        }
        result
    }
}
