//! What a team says of contacts: the stage that somebody is in, and tags. Conversations carry their ids; what those are called stands once on the screen
//! and is renewed by a frame of its own ([`LABELS_CHANGED`]).

use super::model::ConversationView;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Longest name of a stage or a tag, in characters.
pub const MAX_LABEL: usize = 50;
/// The kind of the frame that tells that something is kept of a contact that was not.
pub const CONTACT_CHANGED: &str = "contact_changed";
/// The kind of the frame that tells what stages and tags there are.
pub const LABELS_CHANGED: &str = "labels_changed";
/// What a stage's dot may say, from nothing to a client.
pub const TEMPERATURES: [&str; 5] = ["", "cold", "warm", "hot", "won"];

/// A stage on the way to becoming a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub id: Uuid,
    pub name: String,
    /// One of [`TEMPERATURES`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub temperature: String,
}

/// A tag of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub id: Uuid,
    pub name: String,
}

/// What can be said of contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// From the first to the last.
    pub stages: Vec<Stage>,
    /// By name.
    pub tags: Vec<Tag>,
    /// What can be chosen in fields of the workspace's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Uuid>,
}

impl Labels {
    pub fn stage(&self, id: Option<Uuid>) -> Option<&Stage> {
        self.stages.iter().find(|stage| Some(stage.id) == id)
    }

    pub fn tag(&self, id: Uuid) -> Option<&Tag> {
        self.tags.iter().find(|tag| tag.id == id)
    }

    /// Takes out of a row what there is no more. Answers whether there was something.
    pub fn strip(&self, view: &mut ConversationView) -> bool {
        let was = (view.stage, view.tags.len(), view.choices.len());
        view.stage = view.stage.filter(|id| self.stage(Some(*id)).is_some());
        view.tags.retain(|id| self.tag(*id).is_some());
        view.choices.retain(|id| self.choices.contains(id));
        was != (view.stage, view.tags.len(), view.choices.len())
    }
}
