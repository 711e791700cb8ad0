//! `/admin`: the operator's list of clients.

use super::*;
use crate::{
    auth::server::SignedIn,
    server::crypto::Place,
    workspace::{
        api::{CreateClient, ResumeWorkspace, SuspendWorkspace},
        server::admin::{self, Client},
    },
};
use axum::http::{HeaderMap, HeaderValue, header};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use leptos::server_fn::ServerFn;

/// The cookie that carries a temporary password from the form to the page: sealed, for one person, for the next look only.
const ONCE: &str = "my21_once";
/// Operators work in the product's home zone.
const OFFSET: i32 = 420;

fn place(somebody: &SignedIn) -> Place<'static> {
    Place { table: "cookie", column: ONCE, workspace: uuid::Uuid::nil(), row: somebody.person.0 }
}

/// Puts a password where the next page of the same browser shows it once.
pub fn show_once(app: &App, somebody: &SignedIn, password: Option<&str>) {
    let sealed = password.and_then(|password| app.sealer.seal(place(somebody), password));
    if let Some(sealed) = sealed {
        set_cookie(app, &URL_SAFE_NO_PAD.encode(sealed), 300);
    }
}

fn set_cookie(app: &App, value: &str, seconds: u32) {
    let secure = if app.config.public_url.starts_with("https://") { "; Secure" } else { "" };
    let text = format!("{ONCE}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
    if let (Some(response), Ok(value)) = (use_context::<leptos_axum::ResponseOptions>(), HeaderValue::from_str(&text)) {
        response.append_header(header::SET_COOKIE, value);
    }
}

/// The password, if one waits; taking it forgets it.
fn take_once(app: &App, somebody: &SignedIn, headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(';'));
    let value = cookies.filter_map(|pair| pair.trim().split_once('=')).find_map(|(name, value)| (name == ONCE).then_some(value))?;
    set_cookie(app, "", 0);
    let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
    Some(app.sealer.open(place(somebody), &sealed)?.expose().to_owned())
}

/// Totals, search, clients, and the form for a new one.
#[component]
pub fn AdminPage() -> impl IntoView {
    let say = say();
    let outcome = outcome(say, &[("created", say.team.client_created)]);
    let (search, page) = (asked("q"), asked("page").parse::<i64>().unwrap_or(0));
    let headers = use_context::<http::request::Parts>().map(|parts| parts.headers).unwrap_or_default();
    reading(async move {
        let (app, somebody) = request::caller().await?;
        let found = admin::clients(&app, &somebody, &search, page).await?;
        let team = say.team;
        let password = take_once(&app, &somebody, &headers).map(|password| {
            view! {
                <p class="banner off" role="status">{fill(team.temporary_password, &[&password])}</p>
            }
        });
        let totals = fill(team.totals, &[&found.workspaces.to_string(), &found.members.to_string(), &found.contacts.to_string()]);
        let empty = found.rows.is_empty().then(|| view! { <p class="muted">{team.no_clients}</p> });
        let turn = |to: i64, name: &'static str| {
            let query = query(&[("q", &search), ("page", &to.to_string())]);
            view! {
                <a class="btn" data-variant="outline" data-size="sm" href=format!("?{query}") rel="external">
                    {name}
                </a>
            }
        };
        let turns = view! {
            <div class="actions">
                {(page > 0).then(|| turn(page - 1, team.newer))}
                {found.more.then(|| turn(page + 1, team.older))}
            </div>
        };
        let rows = found.rows.into_iter().map(|client| row(say, client)).collect_view();
        let list = view! {
            <p class="muted">{totals}</p>
            <form method="get" class="filter" role="search">
                <input class="input" type="search" name="q" value=search.clone() aria-label=team.search placeholder=team.search/>
                <button class="btn" data-size="sm" data-variant="outline">
                    {team.search_do}
                </button>
            </form>
            {empty}
            <table class="grid-t">
                <thead>
                    <tr>
                        <th scope="col">{team.name}</th>
                        <th scope="col">{team.members}</th>
                        <th scope="col">{team.contacts}</th>
                        <th scope="col">{team.last_activity}</th>
                        <th>
                            <span class="sr-only">{team.action}</span>
                        </th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
            {turns}
        };
        let at_clerk = app.clerk.is_some();
        let create = view! {
            <form method="post" action=CreateClient::url() class="form">
                {field("client-name".into(), team.name.into(), "text", "name", String::new(), true, None)}
                {field("client-email".into(), team.email.into(), "email", "email", String::new(), true, None)}
                {field("client-business".into(), team.business.into(), "text", "business", String::new(), true, None)}
                <button class="btn" data-size="sm">
                    {team.create}
                </button>
            </form>
        };
        Ok(view! {
            <Title text=format!("{} · my21staff", team.clients)/>
            <div class="plain wide">
                <header class="plain-head">
                    <a class="plain-brand" href="/workspaces" rel="external">
                        {brand_mark("26")}
                        {team.to_dashboard}
                    </a>
                </header>
                <main id="utama" class="plain-main" tabindex="-1">
                    <h1>{team.clients}</h1>
                    {outcome}
                    {password}
                    {card(team.clients.into(), list.into_any())}
                    {match at_clerk {
                        true => view! { <p class="muted">{team.at_clerk}</p> }.into_any(),
                        false => card(team.new_client.into(), create.into_any()),
                    }}
                </main>
            </div>
        }
        .into_any())
    })
}

fn row(say: Say, client: Client) -> AnyView {
    let team = say.team;
    let id = client.id.to_string();
    let act = match &client.suspended {
        Some(_) => view! {
            <form method="post" action=ResumeWorkspace::url()>
                {hidden("workspace", id)}
                <button class="btn" data-size="sm" data-variant="outline">
                    {team.resume}
                </button>
            </form>
        }
        .into_any(),
        None => {
            let fields = view! {
                {hidden("workspace", id.clone())}
                {field(format!("reason-{id}"), team.reason.into(), "text", "reason", String::new(), true, None)}
            };
            confirmed(team.suspend, client.name.clone(), fields.into_any(), SuspendWorkspace::url(), team.suspend)
        }
    };
    let closed = client.suspended.map(|reason| view! { <span class="mark-bad">{team.suspended} ": " {reason}</span> });
    view! {
        <tr>
            <th scope="row">
                <span class="choice-name">{client.name}</span>
                <span class="cap muted block">"/" {client.slug} " · " {client.owners.join(", ")}</span>
                {closed}
            </th>
            <td class="num">{client.members}</td>
            <td class="num">{client.contacts}</td>
            <td class="num">{client.last_activity.map_or_else(|| team.never.to_owned(), |at| moment(say, at, OFFSET))}</td>
            <td>{act}</td>
        </tr>
    }
    .into_any()
}
