//! Calling people whose pages are closed (F233): the browser shows a notice although nothing of ours is open in it.
//!
//! A browser that somebody chose to be called in is a *device* (`devices`): an address at its maker's push service and two keys. What happens is followed in the
//! event table (`follow`), and whoever is concerned by the rule that open pages go by too ([`crate::inbox::concerns`]) gets a job for each device
//! (`call`). When it runs, it looks whether there still is something to tell: nobody is called who looks at the inbox, for what was read or answered meanwhile, or at a
//! quiet hour (`rules`). What is said is encrypted for the browser alone (`message`, RFC 8291) and handed to the push service, which knows us by our key (`keys`, RFC
//! 8292). `worker.js` shows it.

#[cfg(feature = "ssr")]
pub mod server;
