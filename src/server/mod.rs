//! What exists only on the server and belongs to no slice.

pub mod audit;
pub mod clock;
pub mod config;
pub mod connection;
pub mod crypto;
pub mod db;
pub mod doctor;
pub mod error;
#[cfg(test)]
mod fake_upstream;
pub mod fetch;
pub mod headers;
pub mod health;
pub mod http;
pub mod jobs;
pub mod limits;
pub mod llm;
pub mod mail;
pub mod preferences;
pub mod ranges;
pub mod request;
pub mod router;
pub mod run;
pub mod scope;
pub mod site;
pub mod state;
pub mod storage;
pub mod webhooks;
pub mod whatsapp;
