//! The inbox on the server. The functions re-exported here are all that other slices may call.
//!
//! * [`ingest`] takes signed deliveries in, many to a transaction; `apply` is what that transaction does, `people` finds whom they are
//!   about and `merge` makes one contact of two that turn out to be one person
//! * `masking` takes phone numbers out for those who may not see them
//! * `views_list` answers pages of the list, by `views_order` and `views_walk`; `saved_views` keeps those that have a name, `views_page` is where filters
//!   are put together, by `views_form`; `reading` and `around` those of a thread, `search` those of what was found; `views` are the rows
//!   they are made of
//! * `replying` and `holding` are what people do; `send` is the job that carries a reply out; `notes` are what stays among the team, `quick_replies`
//!   texts kept ready, `macros` several things that are done together
//! * `outbound` is how what people send is stored; `later` lets go, holds or takes back what has not left
//! * `promises` looks up anew who waits and what is promised, `late` tells of promised times that went by, `auto_assign` gives out what nobody has
//! * `reacting` is what people do with an emoji, `send_reaction` the job that carries it; `reach` is what every send needs to know
//! * `files` takes in what people send beside words
//! * `templates` sends what gets through when the window is shut, `template_page` is where one is chosen
//! * `choices` sends a text with something to tap under it, `choices_page` is where one is written
//! * `gallery` finds a contact's pictures, files and links (`links`), `gallery_page` shows them, `lightbox` a picture large
//! * `plain` is what the pages without script have in common, `scripts` what is fetched when it is needed, `palette` and `wording` two of them
//! * `presence` tells the team where somebody is
//! * `drafts` keeps what is being written, for its writer's other devices
//! * `unsent` keeps what was written without script and refused
//! * `working` closes, snoozes, assigns and wakes conversations, `bulk` many at once; `deeds` is what both do, `picking_page` where many are chosen without script
//! * `contact_fields` are what a workspace keeps of contacts in fields of its own, `contact_page` is where they are filled in
//!   (`numbers` reads what is a number there)
//! * `merging` makes one contact of two because somebody says so, and `splitting` two again; `merge_page` is where they are compared. `blocking` keeps contacts quiet
//! * `labels` are the stages and tags that there are, `labelling` says of contacts which they have
//! * `handover` keeps what a model told about a conversation that ARI gave to the team
//! * `record` is how every change becomes an event

mod apply;
pub mod around;
pub mod auto_assign;
pub mod blocking;
pub mod bulk;
pub mod choices;
pub mod choices_page;
pub mod contact_fields;
pub mod contact_page;
mod deeds;
pub mod drafts;
mod emoji;
pub mod field_terms;
pub mod files;
mod gallery;
pub mod gallery_page;
pub mod handover;
pub mod holding;
pub mod ingest;
pub mod labelling;
pub mod labels;
pub mod late;
pub mod later;
pub mod lightbox;
mod links;
pub mod macros;
pub mod masking;
pub mod media;
pub mod mentions_page;
mod merge;
pub mod merge_page;
pub mod merging;
pub mod notes;
pub mod numbers;
mod outbound;
pub mod pace;
pub mod palette;
mod past;
pub mod past_page;
mod people;
pub mod picking_page;
mod plain;
pub mod presence;
pub mod promises;
pub mod quick_replies;
mod reach;
pub mod reacting;
mod reading;
pub mod reconcile;
pub mod record;
pub mod recorder;
mod replying;
pub mod saved_views;
pub mod score_page;
pub mod scoring;
pub mod scripts;
pub mod search;
pub mod search_page;
pub mod send;
pub mod send_reaction;
pub mod splitting;
pub mod tasks;
pub mod tasks_page;
pub mod template_page;
pub mod templates;
pub mod unsent;
pub mod views;
pub mod views_form;
mod views_list;
mod views_order;
pub mod views_page;
mod views_walk;
pub mod wording;
pub mod working;

pub use holding::{hand_back, hand_over, mark_read, take_over};
pub use plain::written;
pub use reacting::react;
pub use reading::{reveal_number, text_of, thread, visible};
pub use replying::{Reply, resend, send};
pub use views_list::{back, list, totals};
pub use working::{assign, close, prioritise, reopen, snooze};
