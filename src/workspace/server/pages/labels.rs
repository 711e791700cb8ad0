//! `/{workspace}/settings/labels`: the stages that contacts go through, and tags. Everybody reads them; who changes them is a permission.

use super::*;
use crate::inbox::{
    api::{DeleteLabel, OrderStage, SaveLabel},
    labels::{MAX_LABEL, Stage, TEMPERATURES},
    list_view::written as counted,
    server::{
        labels::{self, FEWEST_STAGES, Kind},
        written,
    },
};
use leptos::server_fn::ServerFn;
use std::collections::HashMap;
use uuid::Uuid;

/// What a form was refused with: it stands there again.
#[derive(Clone)]
struct Refused {
    kind: String,
    id: String,
    name: String,
    temperature: String,
}

struct Page<'a> {
    say: Say,
    scope: &'a Scope,
    may: bool,
    used: HashMap<Uuid, i64>,
    refused: Option<Refused>,
}

/// Stages and tags, each with its form, and one for the next.
#[component]
pub fn LabelsPage() -> impl IntoView {
    let team = say().team;
    let outcome = outcome(say(), &[("deleted", team.label_deleted)]);
    let said = |name: &str| written(name).unwrap_or_default();
    let refused = (asked("__path") == SaveLabel::PATH).then(|| Refused {
        kind: said("kind"),
        id: said("id"),
        name: said("name"),
        temperature: said("temperature"),
    });
    settings_page(Part::Labels, async move |app, scope, say| {
        let mut tx = app.db.snapshot(&scope).await?;
        let all = labels::list(&mut tx, &scope).await?;
        let used = labels::used(&mut tx, &scope).await?;
        drop(tx);
        let may = scope.permissions.has(Permission::ManageLabels);
        let page = Page { say, scope: &scope, may, used, refused };
        let team = say.team;
        let last = all.stages.len().saturating_sub(1);
        let few = all.stages.len() as i64 <= FEWEST_STAGES;
        let stages = view! {
            <p class="muted">{team.stages_text}</p>
            <ol class="label-list">
                {all.stages.iter().enumerate().map(|(at, stage)| page.stage(stage, at == 0, at == last, few)).collect_view()}
            </ol>
            {page.adding(Kind::Stage, team.new_stage)}
        };
        let none = all.tags.is_empty().then(|| view! { <p class="muted">{team.no_tags}</p> });
        let tags = view! {
            <p class="muted">{team.tags_text}</p>
            {none}
            <ul class="label-list">{all.tags.iter().map(|tag| page.tag(tag.id, &tag.name)).collect_view()}</ul>
            {page.adding(Kind::Tag, team.new_tag)}
        };
        Ok(view! {
            {outcome}
            {card(team.stages.into(), stages.into_any())}
            {card(team.tags.into(), tags.into_any())}
        }
        .into_any())
    })
}

impl Page<'_> {
    /// What stood in the form of this one, or in that of the next, when it was refused.
    fn refused(&self, kind: Kind, id: &str) -> Option<&Refused> {
        self.refused.as_ref().filter(|refused| refused.kind == kind.as_str() && refused.id == id)
    }

    fn stage(&self, stage: &Stage, first: bool, last: bool, few: bool) -> AnyView {
        let dot = view! {
            <span class="stage" data-temperature=stage.temperature.clone()>
                {stage.name.clone()}
            </span>
        };
        let moves = self.may.then(|| {
            view! {
                <form method="post" action=OrderStage::url() class="label-moves">
                    {hidden("workspace", self.scope.slug.clone())}
                    {hidden("id", stage.id.to_string())}
                    {self.step(&stage.name, true, first)}
                    {self.step(&stage.name, false, last)}
                </form>
            }
        });
        view! {
            <li>
                {moves}
                {self.fold(Kind::Stage, stage.id, &stage.name, &stage.temperature, dot.into_any(), few)}
            </li>
        }
        .into_any()
    }

    fn step(&self, name: &str, up: bool, disabled: bool) -> AnyView {
        let team = self.say.team;
        let (words, turned) = if up { (team.stage_up, "up") } else { (team.stage_down, "") };
        let label = fill(words, &[name]);
        view! {
            <button class="tool" name="up" value=up.to_string() title=label.clone() aria-label=label.clone() disabled=disabled data-turned=turned>
                {icon("chevron-down")}
            </button>
        }
        .into_any()
    }

    fn tag(&self, id: Uuid, name: &str) -> AnyView {
        let mark = view! { <span class="tag-mark">{name.to_owned()}</span> };
        view! { <li>{self.fold(Kind::Tag, id, name, "", mark.into_any(), false)}</li> }.into_any()
    }

    /// One with how many have it; opened, what can be done with it.
    fn fold(&self, kind: Kind, id: Uuid, name: &str, temperature: &str, mark: AnyView, stays: bool) -> AnyView {
        let team = self.say.team;
        let count = self.used.get(&id).copied().unwrap_or(0);
        let count = fill(team.label_used, &[&counted(count)]);
        let line = view! { {mark} <span class="muted num">{count.clone()}</span> };
        if !self.may {
            return view! { <div class="label-one">{line}</div> }.into_any();
        }
        let refused = self.refused(kind, &id.to_string());
        let (shown, said) = refused.map_or((name, temperature), |refused| (&refused.name, &refused.temperature));
        let fields = view! {
            {hidden("workspace", self.scope.slug.clone())}
            {hidden("kind", kind.as_str().into())}
            {hidden("id", id.to_string())}
        };
        let text = if kind == Kind::Stage { team.delete_stage_text } else { team.delete_tag_text };
        let deleting = match stays {
            true => view! { <p class="cap muted">{team.too_few_stages}</p> }.into_any(),
            false => confirmed(team.delete, fill(text, &[name, &count]), fields.into_any(), DeleteLabel::url(), team.delete_yes),
        };
        view! {
            <details class="fold" open=refused.is_some()>
                <summary>{line}</summary>
                {self.form(kind, Some(id), shown, said)}
                {deleting}
            </details>
        }
        .into_any()
    }

    fn adding(&self, kind: Kind, title: &'static str) -> AnyView {
        if !self.may {
            return view! { <p class="cap muted">{why_not(self.say, Permission::ManageLabels.key())}</p> }.into_any();
        }
        let refused = self.refused(kind, "");
        let (name, temperature) = refused.map_or(("", ""), |refused| (&refused.name, &refused.temperature));
        view! {
            <h3>{title}</h3>
            {self.form(kind, None, name, temperature)}
        }
        .into_any()
    }

    fn form(&self, kind: Kind, of: Option<Uuid>, name: &str, temperature: &str) -> AnyView {
        let team = self.say.team;
        let key = format!("{}-{}", kind.as_str(), of.map_or_else(|| "new".into(), |of| of.to_string()));
        let dots = (kind == Kind::Stage).then(|| {
            let options = TEMPERATURES
                .map(|value| {
                    view! {
                        <option value=value selected=value == temperature>
                            {team.temperature(value)}
                        </option>
                    }
                })
                .collect_view();
            view! {
                <div class="field">
                    <label for=format!("dot-{key}")>{team.stage_dot}</label>
                    <select id=format!("dot-{key}") class="input" name="temperature">
                        {options}
                    </select>
                </div>
            }
        });
        view! {
            <form method="post" action=SaveLabel::url() class="form">
                {hidden("workspace", self.scope.slug.clone())}
                {hidden("kind", kind.as_str().into())}
                {of.map(|of| hidden("id", of.to_string()))}
                <div class="field">
                    <label for=format!("name-{key}")>{team.name}</label>
                    <input
                        id=format!("name-{key}")
                        class="input"
                        name="name"
                        value=name.to_owned()
                        required
                        maxlength=MAX_LABEL.to_string()
                        autocomplete="off"
                    />
                </div>
                {dots}
                {button(self.say, self.scope, Permission::ManageLabels, team.save, false)}
            </form>
        }
        .into_any()
    }
}
