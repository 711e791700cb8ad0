//! Who is calling, in which workspace, with which role: the first argument of everything that touches tenant data.

use crate::{
    error::AppError,
    ids::{PersonId, WorkspaceId},
    workspace::{Permission, Permissions, Role},
};

/// Made only by `server::request` (and by tests): holding one proves the membership.
#[derive(Clone, Debug)]
pub struct Scope {
    pub person: PersonId,
    pub workspace: WorkspaceId,
    pub role: Role,
    pub permissions: Permissions,
    pub slug: String,
    /// SHA-256 of the session token; a stream ends with its session.
    pub session: [u8; 32],
}

impl Scope {
    /// The assignee that rows are restricted to: none for roles that see everything.
    pub fn only_assigned_to(&self) -> Option<uuid::Uuid> {
        (!self.permissions.has(Permission::ViewAll)).then_some(self.person.0)
    }

    /// Whether phone numbers are left in what the caller is sent.
    pub fn sees_numbers(&self) -> bool {
        self.permissions.has(Permission::SeeNumbers)
    }

    /// Refuses an operation that the caller's role does not allow.
    ///
    /// # Errors
    /// `Forbidden` with the permission's key.
    pub fn require(&self, permission: Permission) -> Result<(), AppError> {
        if self.permissions.has(permission) { Ok(()) } else { Err(AppError::Forbidden(permission.key().into())) }
    }
}
