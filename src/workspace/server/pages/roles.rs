//! `/{workspace}/settings/roles`: the workspace's own roles, and its groups.

use super::*;
use crate::workspace::{
    Permissions,
    api::{DeleteRole, DeleteTeam, SaveRole, SaveTeam},
    server::{
        members::{self, Member},
        roles::{self, OwnRole, Team as Group},
    },
};
use leptos::server_fn::ServerFn;

/// Own roles and groups.
#[component]
pub fn RolesPage() -> impl IntoView {
    let outcome = outcome(say(), &[]);
    settings_page(Part::Roles, async move |app, scope, say| {
        let (own, groups) = (roles::list(&app, &scope).await?, roles::teams(&app, &scope).await?);
        let people = members::list(&app, &scope).await?;
        let team = say.team;
        let none = |empty: bool, text: &'static str| empty.then(|| view! { <p class="muted">{text}</p> });
        let role_forms = view! {
            <p class="muted">{team.own_roles_text}</p>
            {none(own.is_empty(), team.no_roles)}
            {own.iter().map(|role| role_form(say, &scope, Some(role))).collect_view()}
            {role_form(say, &scope, None)}
        };
        let group_forms = view! {
            <p class="muted">{team.groups_text}</p>
            {none(groups.is_empty(), team.no_groups)}
            {groups.iter().map(|group| group_form(say, &scope, &people, Some(group))).collect_view()}
            {group_form(say, &scope, &people, None)}
        };
        Ok(view! {
            {outcome}
            {card(team.own_roles.into(), role_forms.into_any())}
            {card(team.groups.into(), group_forms.into_any())}
        }
        .into_any())
    })
}

fn role_form(say: Say, scope: &Scope, role: Option<&OwnRole>) -> AnyView {
    let team = say.team;
    let key = role.map_or_else(|| "new".into(), |role| role.id.to_string());
    let given = role.map_or(Permissions::NONE, |role| role.permissions);
    let boxes = Permission::ALL
        .iter()
        .map(|permission| {
            let barred = !scope.permissions.has(*permission);
            let name = team.permission(permission.key()).unwrap_or(permission.key());
            view! {
                <label class="check">
                    <input type="checkbox" name="permissions[]" value=permission.key() checked=given.has(*permission) disabled=barred/>
                    {name}
                    {barred.then(|| view! { <span class="cap muted">{team.lacking}</span> })}
                </label>
            }
        })
        .collect_view();
    let title = match role {
        Some(role) => format!("{} · {}", role.name, fill(team.members_count, &[&role.members.to_string()])),
        None => team.new_role.to_owned(),
    };
    let delete = role.filter(|_| scope.permissions.has(Permission::ManageRoles)).map(|role| {
        let fields = view! {
            {hidden("workspace", scope.slug.clone())}
            {hidden("role", role.id.to_string())}
        };
        confirmed(team.delete, role.name.clone(), fields.into_any(), DeleteRole::url(), team.delete_yes)
    });
    view! {
        <details class="fold">
            <summary>{title}</summary>
            <form method="post" action=SaveRole::url() class="form">
                {hidden("workspace", scope.slug.clone())}
                {role.map(|role| hidden("role", role.id.to_string()))}
                {field(
                    format!("role-{key}"),
                    team.name.into(),
                    "text",
                    "name",
                    role.map(|role| role.name.clone()).unwrap_or_default(),
                    true,
                    None,
                )}
                <fieldset class="checks">{boxes}</fieldset>
                {button(say, scope, Permission::ManageRoles, team.save, false)}
            </form>
            {delete}
        </details>
    }
    .into_any()
}

fn group_form(say: Say, scope: &Scope, people: &[Member], group: Option<&Group>) -> AnyView {
    let team = say.team;
    let key = group.map_or_else(|| "new".into(), |group| group.id.to_string());
    let boxes = people
        .iter()
        .map(|member| {
            let inside = group.is_some_and(|group| group.people.contains(&member.person.0));
            view! {
                <label class="check">
                    <input type="checkbox" name="people[]" value=member.person.to_string() checked=inside/>
                    {member.name.clone()}
                </label>
            }
        })
        .collect_view();
    let title = match group {
        Some(group) => format!("{} · {}", group.name, fill(team.members_count, &[&group.people.len().to_string()])),
        None => team.new_group.to_owned(),
    };
    let delete = group.filter(|_| scope.permissions.has(Permission::ChangeRole)).map(|group| {
        let fields = view! {
            {hidden("workspace", scope.slug.clone())}
            {hidden("team", group.id.to_string())}
        };
        confirmed(team.delete, group.name.clone(), fields.into_any(), DeleteTeam::url(), team.delete_yes)
    });
    view! {
        <details class="fold">
            <summary>{title}</summary>
            <form method="post" action=SaveTeam::url() class="form">
                {hidden("workspace", scope.slug.clone())}
                {group.map(|group| hidden("team", group.id.to_string()))}
                {field(
                    format!("group-{key}"),
                    team.name.into(),
                    "text",
                    "name",
                    group.map(|group| group.name.clone()).unwrap_or_default(),
                    true,
                    None,
                )}
                <fieldset class="checks">{boxes}</fieldset>
                {button(say, scope, Permission::ChangeRole, team.save, false)}
            </form>
            {delete}
        </details>
    }
    .into_any()
}
