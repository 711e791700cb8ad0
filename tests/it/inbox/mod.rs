//! What people do in the inbox, over HTTP.

mod holding;
mod media;
mod paging;
mod sending;
mod states;
