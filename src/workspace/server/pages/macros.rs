//! `/{workspace}/settings/macros`: what is often done together, under a name. Everybody reads them; who changes them is a permission.

use super::*;
use crate::{
    ids::PersonId,
    inbox::{
        api::{DeleteMacro, SaveMacro},
        labels::Labels,
        model::{MAX_QUICK_REPLY, PersonRef},
        server::{
            labels,
            macros::{self, Assign, MAX_NAME, Macro, Written},
            written,
        },
        working::MAX_REASON,
    },
};
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// What may be chosen.
struct Names {
    people: Vec<PersonRef>,
    labels: Labels,
}

/// Each with its form, and one for the next.
#[component]
pub fn MacrosPage() -> impl IntoView {
    let team = say().team;
    let outcome = outcome(say(), &[("deleted", team.macro_deleted)]);
    // What was refused stands there again: in the form of the macro that it was to change, or in that of the next.
    let refused = (asked("__path") == SaveMacro::PATH).then(|| (written("id").unwrap_or_default(), Written::read()));
    settings_page(Part::Macros, async move |app, scope, say| {
        let mut tx = app.db.snapshot(&scope).await?;
        let all = macros::list(&mut tx, &scope).await?;
        let people = sqlx::query!(
            r#"
            select p.id, p.name from membership m join person p on p.id = m.person_id
            where m.workspace_id = $1 order by lower(p.name), p.id limit 200
            "#,
            scope.workspace.0
        )
        .fetch_all(&mut *tx)
        .await?;
        let labels = labels::list(&mut tx, &scope).await?;
        drop(tx);
        let people: Vec<PersonRef> = people.into_iter().map(|row| PersonRef { id: PersonId(row.id), name: row.name }).collect();
        let names = Names { people, labels };
        let may = scope.permissions.has(Permission::ManageQuickReplies);
        let typed = |id: &str| refused.as_ref().filter(|(of, _)| of == id).map(|(_, typed)| typed.clone());
        let none = all.is_empty().then(|| view! { <p class="muted">{say.team.no_macros}</p> });
        let content = view! {
            <p class="muted">{say.team.macros_text}</p>
            {none}
            {all.iter().map(|made| one(say, &scope, &names, made, typed(&made.id.to_string()), may)).collect_view()}
        };
        Ok(view! {
            {outcome}
            {card(say.team.macros.into(), content.into_any())}
            {may.then(|| card(say.team.new_macro.into(), form(say, &scope, &names, None, &typed("").unwrap_or_default())))}
        }
        .into_any())
    })
}

fn one(say: Say, scope: &Scope, names: &Names, made: &Macro, refused: Option<Written>, may: bool) -> AnyView {
    let team = say.team;
    let open = refused.is_some();
    let typed = refused.unwrap_or_else(|| Written::of(made));
    let changes = may.then(|| {
        let fields = view! {
            {hidden("workspace", scope.slug.clone())}
            {hidden("id", made.id.to_string())}
        };
        let text = fill(team.delete_macro_text, &[&made.name]);
        view! {
            {form(say, scope, names, Some(made.id), &typed)}
            {confirmed(team.delete, text, fields.into_any(), DeleteMacro::url(), team.delete_yes)}
        }
    });
    let text = (!may && !made.text.is_empty()).then(|| view! { <p class="kept-text">{made.text.clone()}</p> });
    view! {
        <details class="fold" open=open>
            <summary>{made.name.clone()} " · " <span class="muted">{told(say, names, made)}</span></summary>
            {text}
            {changes}
        </details>
    }
    .into_any()
}

/// What it does, in a line.
fn told(say: Say, names: &Names, made: &Macro) -> String {
    let team = say.team;
    let reply = (!made.text.is_empty()).then(|| team.macro_reply.to_owned());
    let assign = made.assign.map(|assign| match assign {
        Assign::Me => team.macro_me.to_owned(),
        Assign::Nobody => team.macro_nobody.to_owned(),
        Assign::Person(id) => name_of(say, names, id),
    });
    let assign = assign.map(|who| format!("{}: {who}", team.macro_assign));
    let high = made.high.map(|high| format!("{}: {}", team.macro_priority, if high { team.macro_high } else { team.macro_normal }));
    let stage = names.labels.stage(made.stage).map(|stage| format!("{}: {}", team.macro_stage, stage.name));
    let tag = made.tag.and_then(|tag| names.labels.tag(tag)).map(|tag| format!("{}: {}", team.macro_tag, tag.name));
    let ending = made.ending.map(|ending| ending_word(say, ending.as_str()).to_owned());
    let all = [reply, assign, high, stage, tag, ending].into_iter().flatten().collect::<Vec<_>>();
    if all.is_empty() { team.macro_nothing.to_owned() } else { all.join(", ") }
}

fn name_of(say: Say, names: &Names, id: PersonId) -> String {
    names.people.iter().find(|person| person.id == id).map_or_else(|| say.team.macro_gone.to_owned(), |person| person.name.clone())
}

fn ending_word(say: Say, ending: &str) -> &'static str {
    let team = say.team;
    match ending {
        "close" => team.macro_close,
        "later_today" => team.macro_later,
        "tomorrow" => team.macro_tomorrow,
        "monday" => team.macro_monday,
        _ => team.macro_stays,
    }
}

fn form(say: Say, scope: &Scope, names: &Names, of: Option<Uuid>, typed: &Written) -> AnyView {
    let team = say.team;
    let key = of.map_or_else(|| "new".into(), |of| of.to_string());
    let id = |field: &str| format!("{field}-{key}");
    let Written { name, text, assign, priority, stage, tag, ending, reason } = typed.clone();
    let none = || (String::new(), team.unchanged.to_owned());
    let stages = [none()].into_iter().chain(names.labels.stages.iter().map(|stage| (stage.id.to_string(), stage.name.clone()))).collect();
    let tags = [none()].into_iter().chain(names.labels.tags.iter().map(|tag| (tag.id.to_string(), tag.name.clone()))).collect();
    let mut whom = vec![
        (String::new(), team.unchanged.to_owned()),
        ("me".to_owned(), team.macro_me.to_owned()),
        ("nobody".to_owned(), team.macro_nobody.to_owned()),
    ];
    whom.extend(names.people.iter().map(|person| (person.id.to_string(), person.name.clone())));
    if !whom.iter().any(|(known, _)| *known == assign) {
        whom.push((assign.clone(), team.macro_gone.to_owned()));
    }
    let priorities = [("", team.unchanged), ("high", team.macro_high), ("normal", team.macro_normal)];
    let endings = ["", "close", "later_today", "tomorrow", "monday"].map(|ending| (ending, ending_word(say, ending)));
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(value, word)| ((*value).to_owned(), (*word).to_owned())).collect::<Vec<_>>();
    view! {
        <form method="post" action=SaveMacro::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            {of.map(|of| hidden("id", of.to_string()))}
            <div class="field">
                <label for=id("name")>{team.name}</label>
                <input id=id("name") class="input" name="name" value=name required maxlength=MAX_NAME.to_string() autocomplete="off"/>
            </div>
            <div class="field">
                <label for=id("text")>{team.macro_text}</label>
                <textarea
                    id=id("text")
                    class="input tall-text"
                    name="text"
                    rows="3"
                    maxlength=MAX_QUICK_REPLY.to_string()
                    aria-describedby=id("hint")
                >
                    {quick_replies::inert(&text)}
                </textarea>
                <p id=id("hint") class="cap muted">
                    {team.quick_reply_hint} " " {team.macro_at_once}
                </p>
            </div>
            {choice(team.macro_assign, id("assign"), "assign", &assign, whom)}
            {choice(team.macro_priority, id("priority"), "priority", &priority, owned(&priorities))}
            {choice(team.macro_stage, id("stage"), "stage", &stage, stages)}
            {choice(team.macro_tag, id("tag"), "tag", &tag, tags)}
            {choice(team.macro_ending, id("ending"), "ending", &ending, owned(&endings))}
            <div class="field">
                <label for=id("reason")>{team.macro_reason}</label>
                <input id=id("reason") class="input" name="reason" value=reason maxlength=MAX_REASON.to_string() autocomplete="off"/>
            </div>
            {button(say, scope, Permission::ManageQuickReplies, team.save, false)}
        </form>
    }
    .into_any()
}

fn choice(label: &'static str, id: String, name: &'static str, chosen: &str, options: Vec<(String, String)>) -> AnyView {
    let options = options
        .into_iter()
        .map(|(value, word)| {
            let selected = value == chosen;
            view! {
                <option value=value selected=selected>
                    {word}
                </option>
            }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select id=id class="input" name=name>
                {options}
            </select>
        </div>
    }
    .into_any()
}
