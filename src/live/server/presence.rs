//! What is told beside events. Who is where is stored nowhere: a telling that is lost is repeated by the browser that told it within seconds. That a draft was
//! written is told to its writer's own pages only, which then read it; one that did not hear of it reads when it is connected again.

use crate::{
    ids::{ConversationId, WorkspaceId},
    inbox::model::Here,
    server::scope::Scope,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A colleague was seen somewhere. Also what processes tell each other by NOTIFY.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Sighting {
    /// The process that was told; it has told its own streams already.
    pub process: Uuid,
    pub workspace: WorkspaceId,
    /// Whose conversation it is, for those who see only some.
    pub assignee: Option<Uuid>,
    pub here: Here,
    #[serde(default)]
    pub presence: Presence,
}

/// What a telling says of the person themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// They look at the page.
    #[default]
    Looks,
    /// The page stands open, and they do something else: nothing new of when they were there.
    Away,
    /// The page is out of sight.
    Gone,
}

impl Sighting {
    /// Whether somebody is told: colleagues who may see the conversation, not the person.
    pub fn is_for(&self, scope_person: Uuid, only: Option<&[Uuid]>) -> bool {
        let visible =
            self.here.conversation.is_none() || only.is_none_or(|people| self.assignee.is_some_and(|assignee| people.contains(&assignee)));
        self.here.person.0 != scope_person && visible
    }

    pub fn new(scope: &Scope, assignee: Option<Uuid>, here: Here) -> Self {
        Self { process: Uuid::nil(), workspace: scope.workspace, assignee, here, presence: Presence::Looks }
    }
}

/// Somebody's draft is another now (F197). Without its words, which are nobody else's. Also what processes tell each other by NOTIFY.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Drafted {
    /// As of a [`Sighting`].
    pub process: Uuid,
    pub workspace: WorkspaceId,
    pub person: Uuid,
    pub written: WrittenAt,
}

/// As a page is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenAt {
    pub conversation: ConversationId,
    /// The page that wrote it, which need not hear of it.
    pub page: Option<Uuid>,
}

impl Drafted {
    pub fn new(scope: &Scope, conversation: ConversationId, page: Option<Uuid>) -> Self {
        Self { process: Uuid::nil(), workspace: scope.workspace, person: scope.person.0, written: WrittenAt { conversation, page } }
    }
}

/// What streams are told without its being an event.
#[derive(Clone, Debug)]
pub enum Told {
    Here(Sighting),
    Drafted(Drafted),
}

impl Told {
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Here(sighting) => sighting.workspace,
            Self::Drafted(drafted) => drafted.workspace,
        }
    }

    /// The process that was told first.
    pub fn process(&mut self) -> &mut Uuid {
        match self {
            Self::Here(sighting) => &mut sighting.process,
            Self::Drafted(drafted) => &mut drafted.process,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::PersonId;

    #[test]
    fn only_who_sees_the_conversation_is_told_who_is_in_it() {
        let [sekar, rani, budi] = [1, 2, 3].map(Uuid::from_u128);
        let here = |conversation: Option<u128>| Here {
            person: PersonId(sekar),
            name: "Sekar".into(),
            conversation: conversation.map(|id| Uuid::from_u128(id).into()),
            typing: false,
        };
        let sighting = |assignee, conversation| Sighting {
            process: Uuid::nil(),
            workspace: WorkspaceId(Uuid::nil()),
            assignee,
            here: here(conversation),
            presence: Presence::Looks,
        };
        let in_ranis = sighting(Some(rani), Some(7));
        assert!(in_ranis.is_for(budi, None));
        assert!(in_ranis.is_for(rani, Some(&[rani])) && !in_ranis.is_for(budi, Some(&[budi])));
        assert!(!in_ranis.is_for(sekar, None), "nobody is told of themselves");
        assert!(!sighting(None, Some(7)).is_for(budi, Some(&[budi])), "what nobody has is not seen by who sees only theirs");
        assert!(sighting(None, None).is_for(budi, Some(&[budi])), "that somebody is there at all is for everybody");
    }
}
