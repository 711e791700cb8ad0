//! What may be done in a workspace, as single permissions. Every operation asks for the permission it needs and never for a role; a role is only a
//! set of them. The keys are the product's words for them (`reference.md` §1.2 of the specification): a refusal names the key.

use super::Role;
use serde::{Deserialize, Serialize};

macro_rules! permissions {
    ($($(#[$doc:meta])* $name:ident = $key:literal,)*) => {
        /// One thing that may be allowed.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Permission { $($(#[$doc])* $name,)* }

        impl Permission {
            /// All of them, in the order in which they are shown.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stored and spoken name: `team:invite`.
            pub fn key(self) -> &'static str {
                match self { $(Self::$name => $key,)* }
            }

            /// The permission with this key.
            pub fn parse(key: &str) -> Option<Self> {
                match key { $($key => Some(Self::$name),)* _ => None }
            }
        }
    };
}

permissions! {
    /// See every conversation and contact; without it only those assigned to oneself.
    ViewAll = "leads:view_all",
    /// With `ViewAll` missing: also those assigned to somebody of one's teams.
    ViewTeam = "leads:view_team",
    /// See phone numbers. Without it they are masked in everything that the person is sent.
    SeeNumbers = "contacts:see_numbers",
    /// Have one masked number shown, which is written down. For those without `SeeNumbers`.
    RevealNumber = "contacts:reveal_number",
    /// Answer customers.
    Reply = "conversations:reply",
    /// Give conversations to others.
    Assign = "conversations:assign",
    DeleteLeads = "leads:delete",
    ExportLeads = "leads:export",
    InviteTeam = "team:invite",
    RemoveTeam = "team:remove",
    /// Change what role somebody has.
    ChangeRole = "team:change_role",
    /// Make and change the workspace's own roles.
    ManageRoles = "team:manage_roles",
    /// Name, time zone, WhatsApp connection, ARI.
    Settings = "workspace:settings",
    /// Read and export who changed what.
    Audit = "workspace:audit",
    AssignTickets = "tickets:assign",
    TransitionTickets = "tickets:transition",
    SkipTicketStage = "tickets:skip_stage",
    /// Make and change the texts that are kept ready for the composer.
    ManageQuickReplies = "quick_replies:manage",
    /// Make and change the stages and tags that contacts can have.
    ManageLabels = "labels:manage",
}

/// A set of permissions. Stored as their keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Permissions(u32);

impl Permissions {
    pub const NONE: Self = Self(0);

    pub fn all() -> Self {
        Permission::ALL.iter().copied().collect()
    }

    pub fn has(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    pub fn with(self, permission: Permission) -> Self {
        Self(self.0 | bit(permission))
    }

    pub fn without(self, permission: Permission) -> Self {
        Self(self.0 & !bit(permission))
    }

    /// Whether everything in here is also in `other`: nobody may give what he does not have.
    pub fn within(self, other: Self) -> bool {
        self.0 & !other.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |permission| self.has(*permission))
    }

    /// From stored keys. A key that this program does not know gives nothing.
    pub fn from_keys<'a>(keys: impl IntoIterator<Item = &'a str>) -> Self {
        keys.into_iter().filter_map(Permission::parse).collect()
    }

    /// What a role allows where the workspace has not made one of its own.
    pub fn of(role: Role) -> Self {
        use Permission::*;
        let member: Self = [SeeNumbers, Reply].into_iter().collect();
        let admin: Self =
            [ViewAll, Assign, ExportLeads, AssignTickets, TransitionTickets, SkipTicketStage, ManageQuickReplies, ManageLabels]
                .into_iter()
                .fold(member, Self::with);
        match role {
            Role::Owner => Self::all(),
            Role::Admin => admin,
            Role::Member => member,
        }
    }
}

fn bit(permission: Permission) -> u32 {
    1 << permission as u32
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_allow_what_the_matrix_says() {
        // reference.md §1.2, column by column.
        let matrix = [
            ("leads:delete", [true, false, false]),
            ("leads:view_all", [true, true, false]),
            ("leads:export", [true, true, false]),
            ("team:invite", [true, false, false]),
            ("team:remove", [true, false, false]),
            ("team:change_role", [true, false, false]),
            ("workspace:settings", [true, false, false]),
            ("tickets:assign", [true, true, false]),
            ("tickets:transition", [true, true, false]),
            ("tickets:skip_stage", [true, true, false]),
            // Not in the reference, whose settings are the owner's alone: an admin keeps the team's texts.
            ("quick_replies:manage", [true, true, false]),
        ];
        for (key, expected) in matrix {
            let permission = Permission::parse(key).expect(key);
            for (role, allowed) in [Role::Owner, Role::Admin, Role::Member].into_iter().zip(expected) {
                assert_eq!(Permissions::of(role).has(permission), allowed, "{key} {role:?}");
            }
        }
    }

    #[test]
    fn keys_survive_storage_and_unknown_ones_give_nothing() {
        for permission in Permission::ALL {
            assert_eq!(Permission::parse(permission.key()), Some(*permission));
        }
        let some = Permissions::from_keys(["team:invite", "no:such", ""]);
        assert_eq!(some.iter().collect::<Vec<_>>(), [Permission::InviteTeam]);
    }

    #[test]
    fn a_set_is_within_another_only_if_nothing_is_left_over() {
        let (member, owner) = (Permissions::of(Role::Member), Permissions::of(Role::Owner));
        assert!(member.within(owner) && member.within(member) && Permissions::NONE.within(member));
        assert!(!owner.within(member));
        assert!(!member.with(Permission::Audit).within(member));
        assert_eq!(member.with(Permission::Audit).without(Permission::Audit), member);
    }
}
