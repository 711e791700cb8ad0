//! What exists only on the server and belongs to no slice.

pub mod clock;
pub mod config;
pub mod crypto;
pub mod db;
pub mod error;
#[cfg(test)]
pub mod fake_upstream;
pub mod fetch;
pub mod http;
pub mod jobs;
pub mod llm;
pub mod request;
pub mod router;
pub mod scope;
pub mod state;
pub mod storage;
pub mod webhooks;
pub mod whatsapp;
