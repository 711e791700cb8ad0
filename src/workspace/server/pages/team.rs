//! `/{workspace}/settings/team`: who belongs, who is invited.

use super::*;
use crate::{
    inbox::model::{avatar_colour, initials},
    ui::avatar::avatar,
    workspace::{
        Role,
        api::{CancelInvitation, ChangeRole, HandOverOwnership, InviteMember, RemoveMember, ResendInvitation},
        server::{
            invitations::{self, State},
            members::{self, Member},
            roles::{self, OwnRole},
            trail,
        },
    },
};
use leptos::server_fn::ServerFn;

/// Members, invitations, ownership.
#[component]
pub fn TeamPage() -> impl IntoView {
    let words = say().team;
    let outcome = outcome(say(), &[("invited", words.invited), ("removed", words.removed)]);
    settings_page(Part::Team, async move |app, scope, say| {
        let people = members::list(&app, &scope).await?;
        let own = roles::list(&app, &scope).await?;
        let offset = trail::offset(&app, &scope).await?;
        let waiting = match scope.permissions.has(Permission::InviteTeam) {
            true => Some(invitations::list(&app, &scope).await?),
            false => None,
        };
        // Clerk decides who belongs; own roles are given here all the same.
        let at_clerk = members::at_clerk(&app, &scope).await?;
        let handing = (scope.role == Role::Owner && people.len() > 1 && !at_clerk).then(|| hand_over(say, &scope, &people));
        let rows = people.into_iter().map(|member| row(say, &scope, &own, member, offset, at_clerk)).collect_view();
        let table = view! {
            <table class="grid-t">
                <thead>
                    <tr>
                        <th scope="col">{say.team.member}</th>
                        <th scope="col">{say.team.role}</th>
                        <th scope="col">{say.team.joined}</th>
                        <th>
                            <span class="sr-only">{say.team.action}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        };
        Ok(view! {
            {outcome}
            {card(say.team.team.into(), table.into_any())}
            {match at_clerk {
                true => view! { <p class="muted">{say.team.at_clerk}</p> }.into_any(),
                false => card(say.team.invite.into(), invite(say, &scope, &own)),
            }}
            {waiting.map(|waiting| card(say.team.invitations.into(), invited(say, &scope, waiting, offset)))}
            {handing.map(|handing| card(say.team.hand_over.into(), handing))}
        }
        .into_any())
    })
}

fn row(say: Say, scope: &Scope, own: &[OwnRole], member: Member, offset: i32, at_clerk: bool) -> AnyView {
    let team = say.team;
    let id = member.person.to_string();
    let mine = member.person == scope.person;
    let role = match member.role {
        Role::Owner => view! {
            {role_name(say, "owner")}
            <span class="cap muted block">{team.owner_fixed}</span>
        }
        .into_any(),
        Role::Admin if at_clerk => role_name(say, "admin").into_any(),
        _ => {
            let current = member.custom.as_ref().map_or_else(|| member.role.as_str().to_owned(), |(id, _)| id.to_string());
            let label = format!("{}: {}", team.role, member.name);
            view! {
                <form method="post" action=ChangeRole::url() class="actions">
                    {hidden("workspace", scope.slug.clone())}
                    {hidden("person", id.clone())}
                    {choice(say, scope, own, &current, format!("role-{id}"), label, at_clerk)}
                    {button(say, scope, Permission::ChangeRole, team.change, true)}
                </form>
            }
            .into_any()
        }
    };
    let remove = match (member.role, scope.permissions.has(Permission::RemoveTeam)) {
        (Role::Owner, _) => ().into_any(),
        _ if at_clerk => ().into_any(),
        (_, false) => button(say, scope, Permission::RemoveTeam, team.remove, true),
        (_, true) => {
            let fields = view! {
                {hidden("workspace", scope.slug.clone())}
                {hidden("person", id)}
            };
            confirmed(team.remove, fill(team.remove_text, &[&member.name]), fields.into_any(), RemoveMember::url(), team.remove_yes)
        }
    };
    view! {
        <tr>
            <th scope="row">
                <span class="who-cell">
                    {avatar(avatar_colour(member.person.0), initials(&member.name), "m")}
                    <span>
                        <span class="choice-name">{member.name} {mine.then(|| format!(" ({})", team.you))}</span>
                        <span class="cap muted block">{member.email}</span>
                    </span>
                </span>
            </th>
            <td>{role}</td>
            <td class="num">{moment(say, member.joined, offset)}</td>
            <td>{remove}</td>
        </tr>
    }
    .into_any()
}

/// The roles that may be given; those with more than the giver has, and those that Clerk gives, are shown and cannot be chosen.
fn choice(say: Say, scope: &Scope, own: &[OwnRole], current: &str, id: String, label: String, at_clerk: bool) -> AnyView {
    let built_in = [Role::Admin, Role::Member]
        .map(|role| (role.as_str().to_owned(), role_name(say, role.as_str()), crate::workspace::Permissions::of(role)));
    let own = own.iter().map(|role| (role.id.to_string(), role.name.clone(), role.permissions));
    let options = built_in
        .into_iter()
        .chain(own)
        .map(|(value, name, permissions)| {
            let selected = value == current;
            let barred = (!permissions.within(scope.permissions) || (at_clerk && value == Role::Admin.as_str())) && !selected;
            view! {
                <option value=value selected=selected disabled=barred>
                    {name}
                </option>
            }
        })
        .collect_view();
    view! {
        <select id=id class="input" name="role" aria-label=label>
            {options}
        </select>
    }
    .into_any()
}

fn invite(say: Say, scope: &Scope, own: &[OwnRole]) -> AnyView {
    let team = say.team;
    view! {
        <form method="post" action=InviteMember::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            {field("invite-name".into(), team.name.into(), "text", "name", String::new(), true, None)}
            {field("invite-email".into(), team.email.into(), "email", "email", String::new(), true, None)}
            <div class="field">
                <label for="invite-role">{team.role}</label>
                {choice(say, scope, own, "member", "invite-role".into(), team.role.into(), false)}
            </div>
            {button(say, scope, Permission::InviteTeam, team.send_invitation, false)}
        </form>
    }
    .into_any()
}

fn invited(say: Say, scope: &Scope, all: Vec<invitations::Invitation>, offset: i32) -> AnyView {
    let team = say.team;
    if all.is_empty() {
        return view! { <p class="muted">{team.no_invitations}</p> }.into_any();
    }
    let rows = all
        .into_iter()
        .map(|one| {
            let state = match one.state {
                State::Pending => team.pending,
                State::Expired => team.expired,
                State::Accepted => team.accepted,
                State::Cancelled => team.cancelled,
                State::Replaced => team.replaced,
            };
            let open = matches!(one.state, State::Pending | State::Expired).then(|| {
                let form = |action: &'static str, name: &'static str| {
                    view! {
                        <form method="post" action=action>
                            {hidden("workspace", scope.slug.clone())}
                            {hidden("invitation", one.id.to_string())}
                            <button class="btn" data-size="sm" data-variant="outline" aria-label=format!("{name}: {}", one.email)>
                                {name}
                            </button>
                        </form>
                    }
                };
                view! {
                    <div class="actions">
                        {form(ResendInvitation::url(), team.resend)}
                        {form(CancelInvitation::url(), team.cancel)}
                    </div>
                }
            });
            view! {
                <tr>
                    <th scope="row">
                        <span class="choice-name">{one.name.clone()}</span>
                        <span class="cap muted block">{one.email.clone()}</span>
                    </th>
                    <td>{role_name(say, &one.role)}</td>
                    <td>{state}</td>
                    <td class="num">{moment(say, one.expires, offset)}</td>
                    <td>{open}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="grid-t">
            <thead>
                <tr>
                    <th scope="col">{team.name}</th>
                    <th scope="col">{team.role}</th>
                    <th scope="col">{team.state}</th>
                    <th scope="col">{team.expires}</th>
                    <th>
                        <span class="sr-only">{team.action}</span>
                    </th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn hand_over(say: Say, scope: &Scope, people: &[Member]) -> AnyView {
    let team = say.team;
    let options = people
        .iter()
        .filter(|member| member.role != Role::Owner)
        .map(|member| {
            view! {
                <option value=member.person.to_string()>{format!("{} ({})", member.name, member.email)}</option>
            }
        })
        .collect_view();
    view! {
        <p class="muted">{team.hand_over_text}</p>
        <form method="post" action=HandOverOwnership::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            <div class="field">
                <label for="heir">{team.hand_over_to}</label>
                <select id="heir" class="input" name="person">
                    {options}
                </select>
            </div>
            {field("heir-confirm".into(), fill(team.hand_over_confirm, &[&scope.name]), "text", "confirmation", String::new(), true, None)}
            <button class="btn danger" data-size="sm">
                {team.hand_over_yes}
            </button>
        </form>
    }
    .into_any()
}
