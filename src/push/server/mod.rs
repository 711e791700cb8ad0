//! See [`crate::push`].

mod call;
mod devices;
mod digest;
mod follow;
mod keys;
mod message;
mod rules;
mod service;

pub use call::{Call, run, test};
pub use devices::{Device, forget, key, list, register, remove, remove_of_session, sweep};
pub use digest::send_due as send_digests;
pub use follow::follow_all;
pub use keys::renew;
pub use rules::{Quiet, Rule, Written, deaf_of, read, save_written};

use tokio::sync::Semaphore;

/// Calls that are handed over at once in this process. Fewer than the queue has workers: a push service that does not answer must not hold up replies.
const AT_ONCE: usize = 4;

/// What calling people needs in a process.
pub struct Push {
    /// By which push services know this installation.
    keys: keys::Keys,
    rooms: Semaphore,
}

impl Default for Push {
    fn default() -> Self {
        Self { keys: keys::Keys::default(), rooms: Semaphore::new(AT_ONCE) }
    }
}
