//! `/{workspace}/settings`: name, zone, ARI.

use super::{entry::zones, *};
use crate::workspace::{api::SaveSettings, server::settings};
use leptos::server_fn::ServerFn;

/// The settings' first page.
#[component]
pub fn GeneralPage() -> impl IntoView {
    let outcome = outcome(say(), &[]);
    settings_page(Part::General, async move |app, scope, say| {
        let set = settings::read(&app, &scope).await?;
        let form = view! {
            <form method="post" action=SaveSettings::url() class="form">
                {hidden("workspace", scope.slug.clone())}
                {field("set-name".into(), say.team.workspace_name.into(), "text", "name", set.name, true, None)}
                <p class="cap muted">{say.team.address} ": /" {set.slug}</p>
                {zones(say, &set.time_zone)}
                <label class="check">
                    <input type="checkbox" name="ari_enabled" value="on" checked=set.ari_enabled/>
                    {say.team.ari}
                </label>
                {button(say, &scope, Permission::Settings, say.team.save, false)}
            </form>
        };
        Ok(view! {
            {outcome}
            {card(say.team.general.into(), form.into_any())}
        }
        .into_any())
    })
}
