//! Reading without a connection what was open, in the browser that it was open in.
//!
//! A service worker (`worker.js`) keeps, of each workspace that somebody reads in a browser, the inbox's page, the frames of the stream since, and the newest
//! messages of the conversations that were open; pages tell it what they hear (`keeping.js`). It answers in the server's stead only where the server cannot be
//! reached. The page that it gives then is one of ours like any other: it shows from when it is, what is written in it waits to be sent
//! ([`crate::inbox::outbox`]), and once there is a connection it goes on from where it ended.
//!
//! What is kept goes with the session, with the person's rights in the workspace, after a week, and when somebody does not want it there (account menu).

#[cfg(feature = "ssr")]
pub mod server;
