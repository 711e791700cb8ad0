//! Who is calling, in which workspace, with which role: the first argument of everything that touches tenant data.

use crate::{
    error::AppError,
    ids::{PersonId, WorkspaceId},
    workspace::{Permission, Permissions, Role},
};
use std::sync::Arc;
use uuid::Uuid;

/// Made only by `server::request` (and by tests): holding one proves the membership.
#[derive(Clone, Debug)]
pub struct Scope {
    pub person: PersonId,
    pub workspace: WorkspaceId,
    pub role: Role,
    pub permissions: Permissions,
    /// The name of the workspace's own role that gives these permissions, where one does.
    pub custom_role: Option<String>,
    /// Whose conversations are seen, the person included; none: everybody's, and those of nobody.
    pub sees: Option<Arc<[Uuid]>>,
    /// Stands for everything above that can change while a stream is open (`rights_of` in the database).
    pub rights: String,
    pub slug: String,
    /// The workspace's name.
    pub name: String,
    /// SHA-256 of the session token; a stream ends with its session.
    pub session: [u8; 32],
}

impl Scope {
    /// The assignees that rows are restricted to: none for roles that see everything.
    pub fn only_assigned_to(&self) -> Option<&[Uuid]> {
        self.sees.as_deref()
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
