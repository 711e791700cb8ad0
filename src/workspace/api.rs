//! What people do to the workspace, its people and its settings: find out who calls, delegate, lead back to the page.
//!
//! Each is a public HTTP endpoint that a plain form posts to. `workspace` is the slug in the address. After a success the browser is led to the page it
//! came from (303); a refusal comes back there with the error in the query.

use crate::error::AppError;
use leptos::prelude::*;
use uuid::Uuid;

/// The first workspace of somebody who has none.
#[server]
pub async fn create_workspace(name: String, time_zone: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, somebody) = crate::server::request::caller().await?;
        let slug = super::server::onboard(&app, somebody.person, &name, &time_zone).await?;
        crate::server::request::back_to_page_without_script(&format!("/{slug}/start"));
        Ok(())
    })
    .await
}

/// Accepts the invitation that a link carries.
#[server]
pub async fn accept_invitation(token: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, somebody) = crate::server::request::caller().await?;
        let slug = super::server::invitations::accept(&app, &somebody, &token).await?;
        crate::server::request::back_to_page_without_script(&format!("/{slug}/inbox"));
        Ok(())
    })
    .await
}

/// Invites somebody by mail. `role` is `admin`, `member` or the id of an own role.
#[server]
pub async fn invite_member(workspace: String, name: String, email: String, role: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let locale = crate::server::request::preferences().locale;
        super::server::invitations::invite(&app, &scope, &name, &email, &role, locale).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/team?done=invited"));
        Ok(())
    })
    .await
}

/// Sends an open invitation again, with a new link.
#[server]
pub async fn resend_invitation(workspace: String, invitation: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let locale = crate::server::request::preferences().locale;
        super::server::invitations::resend(&app, &scope, invitation, locale).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/team?done=invited"));
        Ok(())
    })
    .await
}

/// Withdraws an open invitation.
#[server]
pub async fn cancel_invitation(workspace: String, invitation: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::invitations::cancel(&app, &scope, invitation).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/team?done=saved"));
        Ok(())
    })
    .await
}

/// Gives a member another role.
#[server]
pub async fn change_role(workspace: String, person: Uuid, role: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let locale = crate::server::request::preferences().locale;
        super::server::members::change_role(&app, &scope, person.into(), &role, locale).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/team?done=saved"));
        Ok(())
    })
    .await
}

/// Ends a membership, with all sessions and streams of that person.
#[server]
pub async fn remove_member(workspace: String, person: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let locale = crate::server::request::preferences().locale;
        super::server::members::remove(&app, &scope, person.into(), locale).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/team?done=removed"));
        Ok(())
    })
    .await
}

/// Makes a member the owner and the owner an admin. `confirmation` is the workspace's name.
#[server]
pub async fn hand_over_ownership(workspace: String, person: Uuid, confirmation: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let locale = crate::server::request::preferences().locale;
        super::server::members::hand_over(&app, &scope, person.into(), &confirmation, locale).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/team?done=saved"));
        Ok(())
    })
    .await
}

/// Makes an own role, or changes the one with this id.
#[server]
pub async fn save_role(
    workspace: String,
    #[server(default)] role: Option<Uuid>,
    name: String,
    #[server(default)] permissions: Vec<String>,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::roles::save(&app, &scope, role, &name, &permissions).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/roles?done=saved"));
        Ok(())
    })
    .await
}

/// Deletes an own role that nobody has.
#[server]
pub async fn delete_role(workspace: String, role: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::roles::delete(&app, &scope, role).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/roles?done=saved"));
        Ok(())
    })
    .await
}

/// Makes a team, or changes the one with this id.
#[server]
pub async fn save_team(
    workspace: String,
    #[server(default)] team: Option<Uuid>,
    name: String,
    #[server(default)] people: Vec<Uuid>,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::roles::save_team(&app, &scope, team, &name, &people).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/roles?done=saved"));
        Ok(())
    })
    .await
}

/// Dissolves a team.
#[server]
pub async fn delete_team(workspace: String, team: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::roles::delete_team(&app, &scope, team).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/roles?done=saved"));
        Ok(())
    })
    .await
}

/// Name, zone and ARI's switch (absent: off).
#[server]
pub async fn save_settings(
    workspace: String,
    name: String,
    time_zone: String,
    #[server(default)] ari_enabled: Option<String>,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::settings::save(&app, &scope, &name, &time_zone, ari_enabled.is_some()).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings?done=saved"));
        Ok(())
    })
    .await
}

/// Connects a WhatsApp number after trying its key, or changes it. Empty secrets leave what is stored.
#[server]
pub async fn connect_number(
    workspace: String,
    #[server(default)] name: String,
    phone_number_id: String,
    #[server(default)] api_key: String,
    #[server(default)] webhook_secret: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let form = super::server::numbers::Connect {
            name: &name,
            phone_number_id: &phone_number_id,
            api_key: &api_key,
            webhook_secret: &webhook_secret,
        };
        super::server::numbers::connect(&app, &scope, form).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/whatsapp?done=connected"));
        Ok(())
    })
    .await
}

/// Tries a number's stored key again.
#[server]
pub async fn test_number(workspace: String, number: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::numbers::test(&app, &scope, number).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/whatsapp?done=tested"));
        Ok(())
    })
    .await
}

/// Takes a number out of use.
#[server]
pub async fn disconnect_number(workspace: String, number: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::numbers::disconnect(&app, &scope, number).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/whatsapp?done=disconnected"));
        Ok(())
    })
    .await
}

/// The operator founds a workspace for a client. The temporary password is shown once, on the next page.
#[server]
pub async fn create_client(name: String, email: String, business: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, somebody) = crate::server::request::caller().await?;
        let password = super::server::admin::create_client(&app, &somebody, &name, &email, &business).await?;
        super::server::show_once(&app, &somebody, password.as_deref());
        crate::server::request::back_to_page_without_script("/admin?done=created");
        Ok(())
    })
    .await
}

/// The operator closes a workspace.
#[server]
pub async fn suspend_workspace(workspace: String, reason: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, somebody) = crate::server::request::caller().await?;
        super::server::admin::suspend(&app, &somebody, &workspace, &reason).await?;
        crate::server::request::back_to_page_without_script("/admin?done=saved");
        Ok(())
    })
    .await
}

/// The operator opens a workspace again.
#[server]
pub async fn resume_workspace(workspace: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, somebody) = crate::server::request::caller().await?;
        super::server::admin::resume(&app, &somebody, &workspace).await?;
        crate::server::request::back_to_page_without_script("/admin?done=saved");
        Ok(())
    })
    .await
}

/// Sets working hours and what customers are promised. Numbers are empty where nothing is promised; `week` begins with Monday.
#[server]
pub async fn save_service(
    workspace: String,
    #[server(default)] first_answer: String,
    #[server(default)] next_answer: String,
    #[server(default)] resolution: String,
    #[server(default)] raise_late: Option<String>,
    #[server(default)] week: Vec<String>,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let form = super::server::service::Written { first_answer, next_answer, resolution, raise_late: raise_late.is_some(), week };
        if let Err(error) = super::server::service::save_written(&app, &scope, &form).await {
            let page = format!("/{workspace}/settings/service?{}", form.query());
            crate::server::request::back_with_error(&page, <SaveService as leptos::server_fn::ServerFn>::PATH, &error);
            return Err(error);
        }
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/service?done=saved"));
        Ok(())
    })
    .await
}

/// Adds a holiday, or the public ones of a year that are known.
#[server]
pub async fn add_holidays(
    workspace: String,
    #[server(default)] year: Option<i32>,
    #[server(default)] day: String,
    #[server(default)] name: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        if let Err(error) = super::server::service::add_written(&app, &scope, year, &day, &name).await {
            let page = format!("/{workspace}/settings/service?{}", super::server::service::holiday_query(&day, &name));
            crate::server::request::back_with_error(&page, <AddHolidays as leptos::server_fn::ServerFn>::PATH, &error);
            return Err(error);
        }
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/service?done=saved"));
        Ok(())
    })
    .await
}

/// Takes a holiday off.
#[server]
pub async fn remove_holiday(workspace: String, day: String) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let page = super::server::service::remove_written(&app, &scope, &day).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/service?{page}"));
        Ok(())
    })
    .await
}

/// Sets who gets what nobody has: `mode` is `round_robin`, `least_busy` or empty for nobody; `team` is empty for everybody who may answer.
#[server]
pub async fn save_assignment(
    workspace: String,
    #[server(default)] mode: String,
    #[server(default)] online_only: Option<String>,
    #[server(default)] capacity: String,
    #[server(default)] team: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::service::assignment_written(&app, &scope, &mode, online_only.is_some(), &capacity, &team).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/service?done=saved"));
        Ok(())
    })
    .await
}

/// The caller gets nothing given for now, or does again.
#[server]
pub async fn set_away(workspace: String, #[server(default)] away: bool) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        super::server::service::set_away(&app, &scope, away).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/service?done=saved"));
        Ok(())
    })
    .await
}

/// Sets what the caller is called for, and when not (times of day, `21:00`; both empty: always).
// Each is a box of the form; what the macro makes of it has them all.
#[allow(clippy::too_many_arguments)]
#[server]
pub async fn save_notices(
    workspace: String,
    #[server(default)] mine: Option<String>,
    #[server(default)] nobodys: Option<String>,
    #[server(default)] given: Option<String>,
    #[server(default)] handover: Option<String>,
    #[server(default)] named: Option<String>,
    #[server(default)] late: Option<String>,
    #[server(default)] quiet_from: String,
    #[server(default)] quiet_until: String,
    #[server(default)] digest: String,
) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let wanted = [mine, nobodys, given, handover, named, late].map(|wanted| wanted.is_some());
        let form = crate::push::server::Written { wanted, quiet_from, quiet_until, digest };
        if let Err(error) = crate::push::server::save_written(&app, &scope, &form).await {
            let page = format!("/{workspace}/settings/notices?{}", form.query());
            crate::server::request::back_with_error(&page, <SaveNotices as leptos::server_fn::ServerFn>::PATH, &error);
            return Err(error);
        }
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/notices?done=saved"));
        Ok(())
    })
    .await
}

/// The caller is not to be called at a device of theirs any more.
#[server]
pub async fn remove_device(workspace: String, device: Uuid) -> Result<(), AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        crate::push::server::remove(&app, &scope, device).await?;
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/notices?done=removed"));
        Ok(())
    })
    .await
}

/// Calls the caller at all their devices, to see what it is like. Answers at how many.
#[server]
pub async fn test_notice(workspace: String) -> Result<usize, AppError> {
    crate::server::request::answered(async move {
        let (app, scope) = crate::server::request::scope(&workspace).await?;
        let (reached, all) = crate::push::server::test(&app, &scope).await?;
        let done = if all == 0 {
            "none"
        } else if reached == all {
            "called"
        } else {
            "unreached"
        };
        crate::server::request::back_to_page_without_script(&format!("/{workspace}/settings/notices?done={done}"));
        Ok(reached)
    })
    .await
}
