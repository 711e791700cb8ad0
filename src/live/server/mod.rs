//! From a committed event to every socket that may see it.
//!
//! [`Wake`] says *look*: to this process at once, to the others by a coalesced NOTIFY after the commit. [`Hub`] looks: it reads the event
//! table after its cursor, loads the views, and hands ready-made frames to its subscribers. Nothing depends on a wake-up having
//! arrived; a sweep looks every second. Who is where ([`presence`]) goes the same ways, but is no event and is forgotten at once.

pub(crate) mod frames;
mod hub;
mod listener;
pub mod presence;
pub mod stream;
mod wake;

pub use frames::{Frame, load as load_frames};
pub use hub::{Hub, Next, Subscription};
pub use listener::listen;
pub use wake::Wake;
