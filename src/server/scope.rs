//! Who is calling, in which workspace, with which role: the first argument of everything that touches tenant data.

use crate::{
    ids::{PersonId, WorkspaceId},
    workspace::Role,
};

/// Made only by `server::request` (and by tests): holding one proves the membership.
#[derive(Clone, Debug)]
pub struct Scope {
    pub person: PersonId,
    pub workspace: WorkspaceId,
    pub role: Role,
    pub slug: String,
    /// SHA-256 of the session token; a stream ends with its session.
    pub session: [u8; 32],
}

impl Scope {
    /// The assignee that rows are restricted to: none for roles that see everything.
    pub fn only_assigned_to(&self) -> Option<uuid::Uuid> {
        (!self.role.sees_all()).then_some(self.person.0)
    }
}
