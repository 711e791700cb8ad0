//! `/api/webhook/kapso` over HTTP.

mod applied;
mod http;
