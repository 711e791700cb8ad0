//! How fast one WhatsApp number may send.
//!
//! WhatsApp allows a number 80 messages a second and answers 130429 above; a number that was told to slow down is left alone for as long as the
//! provider said. The pace is kept per process; several processes share a number rarely and then the provider's answer corrects them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use uuid::Uuid;

/// Between two sends of one number.
const GAP: Duration = Duration::from_micros(1_000_000 / 80);

/// A clone is the same pace.
#[derive(Clone, Default)]
pub struct Pace(Arc<Mutex<HashMap<Uuid, Instant>>>);

impl Pace {
    /// Waits for the number's next free moment, at most `patience`; else says how long it would have been.
    pub async fn wait(&self, number: Uuid, patience: Duration) -> Result<(), Duration> {
        let now = Instant::now();
        let at = {
            let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let slot = next.entry(number).or_insert(now);
            let at = (*slot).max(now);
            if at - now > patience {
                return Err(at - now);
            }
            *slot = at + GAP;
            at
        };
        tokio::time::sleep_until(at).await;
        Ok(())
    }

    /// The provider said to leave the number alone.
    pub fn pause(&self, number: Uuid, pause: Duration) {
        let until = Instant::now() + pause;
        let mut next = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.entry(number).or_insert(until);
        *slot = (*slot).max(until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn eighty_a_second_and_a_pause_is_kept() {
        let pace = Pace::default();
        let number = Uuid::from_u128(1);
        let start = Instant::now();
        for _ in 0..81 {
            pace.wait(number, Duration::from_secs(5)).await.unwrap();
        }
        assert!(start.elapsed() >= Duration::from_secs(1), "{:?}", start.elapsed());
        pace.pause(number, Duration::from_secs(60));
        assert!(pace.wait(number, Duration::from_secs(5)).await.unwrap_err() > Duration::from_secs(55));
        assert!(pace.wait(Uuid::from_u128(2), Duration::ZERO).await.is_ok(), "another number is not held back");
    }
}
