//! The inbox: what customers wrote, what was answered, and who answers next.
//!
//! A *conversation* is the exchange with one contact over one WhatsApp number; at most one per contact is not closed. It is held by ARI or by
//! the team, and within the team by an assignee or by nobody yet. Messages are append-only and ordered by the provider's
//! timestamp. Everything that changes a conversation goes through `server`, which writes the change and its event in one
//! transaction and wakes the live feed after the commit.

pub mod api;
pub mod bulk;
pub mod concerns;
pub mod files;
pub mod filter;
pub mod labels;
pub mod later;
pub mod list_view;
pub mod model;
pub mod page;
pub mod store;
pub mod working;

mod actions;
mod alerts;
mod attaching;
mod bubble;
mod composer;
mod contact_panel;
mod contacts;
mod conversation_list;
mod drafts;
mod frame;
mod handover;
mod held;
mod keys;
mod labelling;
mod list_tabs;
mod notes;
mod outbox;
mod parts;
mod picking;
mod presence;
mod quick_replies;
mod quoting;
mod reacting;
mod row;
mod rows_window;
mod sending_files;
mod snoozing;
mod thread;
mod views_menu;
mod work_marks;
mod work_menu;
mod writing_box;

#[cfg(feature = "ssr")]
pub mod server;
