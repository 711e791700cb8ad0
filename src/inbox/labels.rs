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
    /// Fields of the workspace's own, and what can be chosen in them; none from a server that does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<Uuid>>,
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
        let was = (view.stage, view.tags.len(), view.values.len());
        view.stage = view.stage.filter(|id| self.stage(Some(*id)).is_some());
        view.tags.retain(|id| self.tag(*id).is_some());
        if let Some(fields) = &self.fields {
            // The field itself, and of a choice what was chosen.
            let is_there = |id: &str| Uuid::parse_str(id).is_ok_and(|id| fields.contains(&id));
            view.values.retain(|value| {
                let (field, text) = value.split_once(':').unwrap_or_default();
                is_there(field) && text.strip_prefix('=').is_none_or(is_there)
            });
        }
        was != (view.stage, view.tags.len(), view.values.len())
    }
}
