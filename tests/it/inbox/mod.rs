//! What people do in the inbox, over HTTP.

mod bulk;
mod choices;
mod collision;
mod drafts;
mod files;
mod gallery;
mod handover;
mod holding;
mod later;
mod macros;
mod media;
mod notes;
mod pages;
mod paging;
mod quick_replies;
mod quoting;
mod reacting;
mod saved_views;
mod search;
mod search_conditions;
mod sending;
mod service_levels;
mod states;
mod templates;
mod views;
mod wording;
