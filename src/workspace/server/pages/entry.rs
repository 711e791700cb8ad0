//! The way in: a first workspace, the choice among several, an invitation, the first three steps.

use super::*;
use crate::workspace::{
    api::{AcceptInvitation, CreateWorkspace},
    server::{ZONES, admin, invitations, memberships, settings},
};
use leptos::server_fn::ServerFn;

/// `/onboarding`: creates the first workspace.
#[component]
pub fn OnboardingPage() -> impl IntoView {
    let say = say();
    let outcome = outcome(say, &[]);
    reading(async move {
        let (app, somebody) = request::caller().await?;
        // Where Clerk is the way in, workspaces are its organisations; the dashboard knows where those are chosen.
        if app.clerk.is_some() || !memberships(&app, somebody.person).await?.is_empty() {
            leptos_axum::redirect("/dashboard");
            return Ok(().into_any());
        }
        let content = view! {
            <p class="muted">{say.team.onboarding_text}</p>
            {outcome}
            <form method="post" action=CreateWorkspace::url() class="signin-form">
                {field("ws-name".into(), say.team.workspace_name.into(), "text", "name", String::new(), true, None)}
                {zones(say, "Asia/Jakarta")}
                <button class="btn tall">{say.team.create}</button>
            </form>
            <p class="cap muted">{fill(say.team.waiting_invitation, &[&somebody.email])}</p>
            {way_out(say)}
        };
        Ok(column(say.team.onboarding_title, content.into_any()))
    })
}

/// The choice of a time zone.
pub(super) fn zones(say: Say, current: &str) -> AnyView {
    let known = ZONES.iter().any(|(zone, _)| *zone == current);
    let other = (!known).then(|| {
        view! {
            <option value=current.to_owned() selected>
                {format!("{} ({current})", say.team.other_zone)}
            </option>
        }
    });
    let options = ZONES
        .map(|(zone, short)| {
            view! {
                <option value=zone selected=zone == current>
                    {format!("{short} ({zone})")}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for="ws-zone">{say.team.time_zone}</label>
            <select id="ws-zone" class="input" name="time_zone">
                {other}
                {options}
            </select>
        </div>
    }
    .into_any()
}

fn way_out(say: Say) -> AnyView {
    view! {
        <form method="post" action="/sign-out" class="plain-out">
            <button class="btn" data-variant="outline" data-size="sm">
                {icon("log-out")}
                {say.team.sign_out}
            </button>
        </form>
    }
    .into_any()
}

/// `/workspaces`: all that somebody belongs to.
#[component]
pub fn WorkspacesPage() -> impl IntoView {
    let say = say();
    reading(async move {
        let (app, somebody) = request::caller().await?;
        let all = memberships(&app, somebody.person).await?;
        let operator = admin::is_super_admin(&app, somebody.person).await?;
        let count = all.len().to_string();
        let closed = all.iter().any(|membership| membership.suspended);
        let rows = all
            .into_iter()
            .map(|membership| {
                let role = membership.custom_role.unwrap_or_else(|| role_name(say, membership.role.as_str()));
                match membership.suspended {
                    false => view! {
                        <li>
                            <a class="choice" href=format!("/{}/inbox", membership.slug) rel="external">
                                <span class="choice-name">{membership.name}</span>
                                <span class="cap muted">{role}</span>
                            </a>
                        </li>
                    }
                    .into_any(),
                    true => view! {
                        <li>
                            <span class="choice barred">
                                <span class="choice-name">{membership.name}</span>
                                <span class="mark-bad">{say.team.suspended}</span>
                            </span>
                        </li>
                    }
                    .into_any(),
                }
            })
            .collect_view();
        let content = view! {
            <p class="muted">{fill(say.team.workspaces_text, &[&count])}</p>
            {closed.then(|| view! { <p class="banner off" role="status">{say.team.suspended_text}</p> })}
            <ul class="choices">{rows}</ul>
            {operator
                .then(|| {
                    view! {
                        <a class="btn" data-variant="outline" data-size="sm" href="/admin" rel="external">
                            {say.team.clients}
                        </a>
                    }
                })}
            {way_out(say)}
        };
        Ok(column(say.team.workspaces_title, content.into_any()))
    })
}

/// `/invitation?token=`: what is offered, and the button that accepts it.
#[component]
pub fn InvitationPage() -> impl IntoView {
    let say = say();
    let (token, outcome, refused) = (asked("token"), outcome(say, &[]), !asked("__err").is_empty());
    reading(async move {
        let app = request::app()?;
        let to_dashboard = || {
            view! {
                <a class="btn tall" data-variant="outline" href="/dashboard" rel="external">
                    {say.team.to_dashboard}
                </a>
            }
            .into_any()
        };
        let offer = match invitations::look(&app, &token).await {
            Ok(offer) => offer,
            Err(error @ (AppError::Conflict(_) | AppError::Suspended)) => {
                let sentence = match error {
                    AppError::Suspended => say.team.suspended_text.to_owned(),
                    error => problem(say, &error),
                };
                let content = view! {
                    <p class="banner err" role="alert">{sentence}</p>
                    {to_dashboard()}
                };
                return Ok(column(say.team.invitation_title, content.into_any()));
            }
            Err(error) => return Err(error),
        };
        let inviter = offer.inviter.as_deref().unwrap_or(say.team.somebody);
        let text = fill(say.team.invitation_text, &[inviter, &offer.workspace, &role_name(say, &offer.role)]);
        let sign_in = format!("/sign-in?{}", query(&[("back", &format!("/invitation?token={token}"))]));
        let next = match request::caller().await {
            Err(AppError::SignedOut) => view! {
                <p class="muted">{say.team.sign_in_first}</p>
                <div class="actions">
                    <a class="btn tall" href=sign_in rel="external">
                        {say.team.sign_in}
                    </a>
                    <a class="btn tall" data-variant="outline" href="/sign-up" rel="external">
                        {say.team.sign_up}
                    </a>
                </div>
            }
            .into_any(),
            Err(error) => return Err(error),
            Ok((_, somebody)) if somebody.email != offer.email => {
                let sentence = (!refused).then(|| view! { <p class="banner err" role="alert">{say.team.email_mismatch}</p> });
                view! {
                    {sentence}
                    {way_out(say)}
                }
                .into_any()
            }
            Ok(_) => view! {
                <form method="post" action=AcceptInvitation::url() class="signin-form">
                    {hidden("token", token)}
                    <button class="btn tall">{say.team.accept}</button>
                </form>
            }
            .into_any(),
        };
        let content = view! {
            {outcome}
            <p>{text}</p>
            <p class="cap muted">{fill(say.team.invitation_for, &[&offer.email])}</p>
            {next}
        };
        Ok(column(say.team.invitation_title, content.into_any()))
    })
}

/// `/{workspace}/start`: three steps, until they are done.
#[component]
pub fn StartPage() -> impl IntoView {
    let (say, slug) = (say(), slug());
    reading(async move {
        let (app, scope) = request::scope(&slug).await?;
        let done = settings::checklist(&app, &scope).await?;
        let count = done.iter().filter(|done| **done).count();
        let team = say.team;
        let steps = [
            (team.start_whatsapp, team.start_whatsapp_text, Some(format!("/{slug}/settings/whatsapp"))),
            (team.start_contact, team.start_contact_text, None),
            (team.start_conversation, team.start_conversation_text, None),
        ];
        let steps = steps
            .into_iter()
            .zip(done)
            .map(|((title, text, href), done)| {
                let name = match href.filter(|_| !done && scope.permissions.has(Permission::Settings)) {
                    Some(href) => view! { <a href=href rel="external">{title}</a> }.into_any(),
                    None => title.into_any(),
                };
                view! {
                    <li class="step" data-done=done.to_string()>
                        {icon(if done { "check" } else { "circle-dashed" })}
                        <span>
                            <span class="choice-name">{name}</span>
                            <span class="sr-only">{format!(": {}", if done { team.done } else { team.open })}</span>
                            <span class="cap muted block">{text}</span>
                        </span>
                    </li>
                }
            })
            .collect_view();
        let progress = fill(team.start_progress, &[&count.to_string()]);
        let list = (count < 3).then(|| {
            view! {
                <p class="muted">{progress.clone()}</p>
                <progress max="3" value=count.to_string() aria-label=progress></progress>
                <ol class="choices">{steps}</ol>
            }
        });
        let finished = (count == 3).then(|| view! { <p class="banner info" role="status">{team.start_done}</p> });
        let content = view! {
            {list}
            {finished}
            <a class="btn tall" href=format!("/{slug}/inbox") rel="external">
                {team.to_inbox}
            </a>
        };
        Ok(column(team.start_title, content.into_any()))
    })
}
