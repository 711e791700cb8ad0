//! `/{workspace}/settings/audit`: who changed what.

use super::*;
use crate::workspace::server::trail::{self, Filter, Trail};

/// The log with its filter.
#[component]
pub fn AuditPage() -> impl IntoView {
    let filter = Filter { person: asked("person"), action: asked("action"), from: asked("from"), to: asked("to"), before: asked("before") };
    settings_page(Part::Audit, async move |app, scope, say| {
        let found = trail::page(&app, &scope, &filter).await?;
        Ok(card(say.team.audit.into(), content(say, &scope, &filter, found)))
    })
}

fn content(say: Say, scope: &Scope, filter: &Filter, found: Trail) -> AnyView {
    let team = say.team;
    let query = |before: Option<String>| {
        let before = before.unwrap_or_default();
        super::query(&[
            ("person", &filter.person),
            ("action", &filter.action),
            ("from", &filter.from),
            ("to", &filter.to),
            ("before", &before),
        ])
    };
    let option = |value: String, name: String, chosen: &str| {
        let selected = value == chosen;
        view! {
            <option value=value selected=selected>
                {name}
            </option>
        }
    };
    let people = found.people.iter().map(|(id, name)| option(id.to_string(), name.clone(), &filter.person)).collect_view();
    let actions =
        found.actions.iter().map(|action| option(action.clone(), say.locale.action(action).to_owned(), &filter.action)).collect_view();
    let older = found.lines.last().filter(|_| found.more).map(|line| {
        view! {
            <a class="btn" data-variant="outline" data-size="sm" href=format!("?{}", query(Some(line.id.to_string()))) rel="external">
                {team.older}
            </a>
        }
    });
    let empty = found.lines.is_empty().then(|| view! { <p class="muted">{team.audit_empty}</p> });
    let offset = found.offset;
    let rows = found
        .lines
        .into_iter()
        .map(|line| {
            view! {
                <tr>
                    <td class="num">{moment(say, line.at, offset)}</td>
                    <td>{line.actor.unwrap_or_else(|| team.the_product.into())}</td>
                    <td title=line.action.clone()>{say.locale.action(&line.action).to_owned()}</td>
                    <td>{line.target}</td>
                    <td class="cap detail">{readable(&line.detail)}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <form method="get" class="filter">
            <select class="input" name="person" aria-label=team.person>
                <option value="">{team.everybody}</option>
                {people}
            </select>
            <select class="input" name="action" aria-label=team.action>
                <option value="">{team.every_action}</option>
                {actions}
            </select>
            <label class="cap">
                {team.from}
                <input class="input" type="date" name="from" value=filter.from.clone()/>
            </label>
            <label class="cap">
                {team.to}
                <input class="input" type="date" name="to" value=filter.to.clone()/>
            </label>
            <button class="btn" data-size="sm" data-variant="outline">
                {team.filter}
            </button>
            <a class="btn" data-size="sm" data-variant="outline" href=format!("/api/{}/audit.csv?{}", scope.slug, query(None)) rel="external" download="">
                {icon("download")}
                {team.export}
            </a>
        </form>
        {empty}
        <table class="grid-t">
            <thead>
                <tr>
                    <th scope="col">{team.when}</th>
                    <th scope="col">{team.person}</th>
                    <th scope="col">{team.action}</th>
                    <th scope="col">{team.about}</th>
                    <th scope="col">{team.detail}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        {older}
    }
    .into_any()
}

/// `name: old → new, …`
fn readable(detail: &serde_json::Value) -> String {
    let Some(fields) = detail.as_object() else { return String::new() };
    let plain = |value: &serde_json::Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let line = |(name, value): (&String, &serde_json::Value)| match value.as_array().map(Vec::as_slice) {
        Some([old, new]) if old == new => None,
        Some([old, new]) => Some(format!("{name}: {} → {}", plain(old), plain(new))),
        _ => Some(format!("{name}: {}", plain(value))),
    };
    fields.iter().filter_map(line).collect::<Vec<_>>().join(", ")
}
