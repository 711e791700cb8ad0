//! `/{workspace}/settings/fields`: what the workspace keeps of contacts in fields of its own. Everybody reads them; who changes them is a permission.

use super::*;
use crate::inbox::{
    api::{DeleteField, SaveField},
    labels::MAX_LABEL,
    server::{
        contact_fields::{self, Field, Kind, Wanted},
        written,
    },
};
use crate::words::server::ContactWords;
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// Each with its form, and one for the next.
#[component]
pub fn FieldsPage() -> impl IntoView {
    let words = say().locale.contact();
    let outcome = outcome(say(), &[("deleted", words.deleted)]);
    let said = |name: &str| written(name).unwrap_or_default();
    // What was refused stands there again.
    let refused = (asked("__path") == SaveField::PATH).then(|| Wanted {
        id: said("id").parse().ok(),
        name: said("name"),
        kind: said("kind"),
        choices: said("choices"),
        ..Wanted::default()
    });
    settings_page(Part::Fields, async move |app, scope, say| {
        let all = contact_fields::list(&mut *app.db.snapshot(&scope).await?, scope.workspace).await?;
        let words = say.locale.contact();
        let may = scope.permissions.has(Permission::ManageLabels);
        let of = |id| refused.as_ref().filter(|refused| refused.id == id);
        let none = all.is_empty().then(|| view! { <p class="muted">{words.none}</p> });
        let fields = all.iter().map(|field| one(say, words, &scope, field, of(Some(field.id)), may)).collect_view();
        let content = view! {
            <p class="muted">{words.fields_text}</p>
            {none}
            {fields}
        };
        let next = of(None).cloned().unwrap_or_default();
        let adding = match may {
            true => card(words.new_field.into(), form(say, words, &scope, &next, &[])),
            false => view! { <p class="cap muted">{why_not(say, Permission::ManageLabels.key())}</p> }.into_any(),
        };
        Ok(view! {
            {outcome}
            {card(words.fields.into(), content.into_any())}
            {adding}
        }
        .into_any())
    })
}

fn kind_word(words: &ContactWords, kind: Kind) -> &'static str {
    match kind {
        Kind::Text => words.kind_text,
        Kind::Number => words.kind_number,
        Kind::Date => words.kind_date,
        Kind::Choice => words.kind_choice,
    }
}

fn one(say: Say, words: &'static ContactWords, scope: &Scope, field: &Field, refused: Option<&Wanted>, may: bool) -> AnyView {
    let names: Vec<&str> = field.choices.iter().map(|(_, name)| name.as_str()).collect();
    let what = match names.is_empty() {
        true => kind_word(words, field.kind).to_owned(),
        false => names.join(", "),
    };
    let line = view! { {field.name.clone()} " · " <span class="muted">{what}</span> };
    if !may {
        return view! { <p>{line}</p> }.into_any();
    }
    let mut written = refused.cloned().unwrap_or_else(|| Wanted { name: field.name.clone(), ..Wanted::default() });
    (written.id, written.kind) = (Some(field.id), field.kind.as_str().into());
    let fields = view! {
        {hidden("workspace", scope.slug.clone())}
        {hidden("id", field.id.to_string())}
    };
    let text = fill(words.delete_text, &[&field.name]);
    view! {
        <details class="fold" open=refused.is_some()>
            <summary>{line}</summary>
            {form(say, words, scope, &written, &field.choices)}
            {confirmed(say.team.delete, text, fields.into_any(), DeleteField::url(), say.team.delete_yes)}
        </details>
    }
    .into_any()
}

/// The form of a field, or of the next one. What a field holds it holds for good.
fn form(say: Say, words: &'static ContactWords, scope: &Scope, written: &Wanted, known: &[(Uuid, String)]) -> AnyView {
    let key = written.id.map_or_else(|| "new".into(), |id| id.to_string());
    let kinds = written.id.is_none().then(|| {
        let options = Kind::ALL
            .map(|kind| {
                view! {
                    <option value=kind.as_str() selected=kind.as_str() == written.kind>
                        {kind_word(words, kind)}
                    </option>
                }
            })
            .collect_view();
        view! {
            <div class="field">
                <label for=format!("kind-{key}")>{words.kind}</label>
                <select id=format!("kind-{key}") class="input" name="kind">
                    {options}
                </select>
            </div>
        }
    });
    let known = (!known.is_empty()).then(|| {
        let inputs = known.iter().enumerate().map(|(at, (id, name))| {
            let (field, key) = (format!("names[{}]", contact_fields::choice_key(*id)), format!("choice-{id}"));
            let name = crate::inbox::server::written(&field).filter(|_| asked("__path") == SaveField::PATH).unwrap_or_else(|| name.clone());
            view! {
                <div class="field">
                    <label for=key.clone()>{fill(words.one_choice, &[&(at + 1).to_string()])}</label>
                    <input id=key class="input" name=field value=name maxlength=MAX_LABEL.to_string() autocomplete="off"/>
                </div>
            }
        });
        view! {
            {inputs.collect_view()}
            <p class="cap muted">{words.renaming}</p>
        }
    });
    let adds = if written.id.is_some() { words.more_choices } else { words.choices };
    let hint = written.id.is_none().then_some(words.choices_hint);
    let choices = (written.id.is_none() || written.kind == Kind::Choice.as_str()).then(|| {
        view! {
            <div class="field">
                <label for=format!("choices-{key}")>{adds}</label>
                <textarea id=format!("choices-{key}") class="input tall-text" name="choices" rows="4" aria-describedby=format!("hint-{key}")>
                    {quick_replies::inert(&written.choices)}
                </textarea>
                <p id=format!("hint-{key}") class="cap muted">
                    {hint}
                </p>
            </div>
        }
    });
    view! {
        <form method="post" action=SaveField::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            {written.id.map(|id| hidden("id", id.to_string()))}
            <div class="field">
                <label for=format!("name-{key}")>{words.field_name}</label>
                <input
                    id=format!("name-{key}")
                    class="input"
                    name="name"
                    value=written.name.clone()
                    required
                    maxlength=MAX_LABEL.to_string()
                    autocomplete="off"
                />
            </div>
            {kinds}
            {known}
            {choices}
            {button(say, scope, Permission::ManageLabels, say.team.save, false)}
        </form>
    }
    .into_any()
}
