//! WhatsApp as the wire speaks it, through Kapso or straight from Meta.
//!
//! Nothing here touches the database. [`client`] speaks to Kapso, [`signature`] says whether a delivery is genuine, [`payload`] turns its bytes into a few plain
//! types that ingest understands, [`phone`] brings numbers into one form, [`mask`] hides them, and [`detail`] reduces what a message has beyond text and
//! file to what a bubble shows. Whatever comes from outside is treated as hostile: every text is cleaned and cut, every field may be
//! absent or of another type, and nothing makes the reader fail.

pub mod choices;
pub mod client;
pub mod detail;
pub mod mask;
pub mod payload;
pub mod phone;
pub mod signature;
pub mod templates;
