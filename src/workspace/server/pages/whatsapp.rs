//! `/{workspace}/settings/whatsapp`: the numbers and their keys.

use super::*;
use crate::workspace::{
    api::{ConnectNumber, DisconnectNumber, TestNumber},
    server::{
        numbers::{self, Number},
        trail,
    },
};
use leptos::server_fn::ServerFn;

/// Numbers, each with its form, and one for the next.
#[component]
pub fn WhatsappPage() -> impl IntoView {
    let words = say().team;
    let sentences = [("connected", words.connected), ("tested", words.tested), ("disconnected", words.disconnected_done)];
    let outcome = outcome(say(), &sentences);
    settings_page(Part::Whatsapp, async move |app, scope, say| {
        let all = numbers::list(&app, &scope).await?;
        let offset = trail::offset(&app, &scope).await?;
        let empty = all.is_empty().then(|| view! { <p class="muted">{say.team.no_numbers}</p> });
        let cards = all
            .into_iter()
            .map(|number| card(number.name.clone().unwrap_or_else(|| number.phone_number_id.clone()), one(say, &scope, number, offset)))
            .collect_view();
        Ok(view! {
            {outcome}
            {empty}
            {cards}
            {card(say.team.add_number.into(), form(say, &scope, None))}
        }
        .into_any())
    })
}

fn one(say: Say, scope: &Scope, number: Number, offset: i32) -> AnyView {
    let team = say.team;
    let test = match (number.tested, &number.problem) {
        (None, _) => team.test_never.to_owned(),
        (Some(at), None) => format!("{} ({})", team.test_fine, moment(say, at, offset)),
        (Some(at), Some(problem)) => format!("{} ({})", team.refusal(problem).unwrap_or(team.failed_title), moment(say, at, offset)),
    };
    let fields = || {
        view! {
            {hidden("workspace", scope.slug.clone())}
            {hidden("number", number.id.to_string())}
        }
        .into_any()
    };
    let acts = number.connected.then(|| {
        view! {
            <div class="actions">
                <form method="post" action=TestNumber::url()>
                    {fields()}
                    <button class="btn" data-size="sm" data-variant="outline">
                        {team.test}
                    </button>
                </form>
                {confirmed(team.disconnect, team.disconnect_text.into(), fields(), DisconnectNumber::url(), team.disconnect_yes)}
            </div>
        }
    });
    view! {
        <p>
            <span class=if number.connected { "mark-good" } else { "mark-bad" }>
                {if number.connected { team.is_connected } else { team.is_disconnected }}
            </span>
            <span class="num muted">" " {number.phone_number_id.clone()}</span>
        </p>
        <p class="cap muted">{test}</p>
        {form(say, scope, Some(&number))}
        {acts}
    }
    .into_any()
}

fn form(say: Say, scope: &Scope, number: Option<&Number>) -> AnyView {
    let team = say.team;
    let key = number.map_or_else(|| "new".into(), |number| number.id.to_string());
    let id = match number {
        Some(number) => hidden("phone_number_id", number.phone_number_id.clone()),
        None => field(format!("number-{key}"), team.phone_number_id.into(), "text", "phone_number_id", String::new(), true, None),
    };
    let hint = |stored: bool, needed: bool| match (stored, needed) {
        (true, _) => team.secret_stored,
        (false, true) => team.secret_new,
        (false, false) => team.secret_shared,
    };
    let (own_key, own_secret) = number.map_or((false, false), |number| (number.own_key, number.own_secret));
    let needed = number.is_none_or(|number| !number.connected);
    let name = number.and_then(|number| number.name.clone()).unwrap_or_default();
    view! {
        <form method="post" action=ConnectNumber::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            {field(format!("line-{key}"), team.number_name.into(), "text", "name", name, false, None)}
            {id}
            {field(
                format!("key-{key}"),
                team.api_key.into(),
                "password",
                "api_key",
                String::new(),
                needed,
                Some(hint(own_key, needed)),
            )}
            {field(
                format!("secret-{key}"),
                team.webhook_secret.into(),
                "password",
                "webhook_secret",
                String::new(),
                false,
                Some(hint(own_secret, false)),
            )}
            {button(say, scope, Permission::Settings, team.save_and_test, false)}
        </form>
    }
    .into_any()
}
