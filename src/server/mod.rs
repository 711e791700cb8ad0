//! What exists only on the server and belongs to no slice.

pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
pub mod jobs;
pub mod request;
pub mod router;
pub mod scope;
pub mod state;
pub mod webhooks;
pub mod whatsapp;
