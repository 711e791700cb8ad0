//! `/{workspace}/inbox/{conversation}/contact`: what the team calls a contact, and what it keeps in its own fields. A plain page: it works without script and costs
//! the inbox nothing.

use super::{
    contact_fields::{self, Field, Kind, MAX_NAME, MAX_VALUE, Written},
    masking, plain, reading, unsent, views,
};
use crate::{
    error::{AppError, Conflict},
    ids::ConversationId,
    inbox::{api::SaveContact, model::*},
    server::{request, scope::Scope, state::App},
    ui::{
        avatar::avatar,
        banner::{Tone, banner},
        icon::icon,
    },
    words::{
        Words,
        server::{ContactWords, fill},
        use_words,
    },
    workspace::Permission,
};
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};
use std::collections::HashMap;
use uuid::Uuid;

/// Everything a part of the page is made of.
struct Page {
    say: &'static ContactWords,
    words: &'static Words,
    slug: String,
    conversation: ConversationId,
    contact: ContactView,
    fields: Vec<Field>,
    /// What stands in each field, and what stands in the form.
    shown: HashMap<Uuid, String>,
    values: HashMap<Uuid, String>,
    name: String,
    may_arrange: bool,
    /// Why the form did not go.
    refused: Option<AppError>,
}

/// The page.
#[component]
pub fn ContactPage() -> impl IntoView {
    let (workspace, conversation) = use_params_map().with_untracked(|params| {
        (params.get("workspace").unwrap_or_default(), params.get("conversation").and_then(|id| id.parse::<ConversationId>().ok()))
    });
    let refused =
        use_location().query.with_untracked(|query| query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error)));
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            load(&app, &scope, conversation.ok_or(AppError::NotFound)?, refused, words).await
        };
        match request::answered(work).await {
            Ok(page) => page.view(),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

async fn load(app: &App, scope: &Scope, id: ConversationId, refused: Option<AppError>, words: &'static Words) -> Result<Page, AppError> {
    scope.require(Permission::Reply)?;
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = reading::visible(&mut tx, scope, id).await?;
    let mut contact = views::contact(&mut tx, scope.workspace, conversation.contact_id).await?.ok_or(AppError::NotFound)?;
    let fields = contact_fields::list(&mut tx, scope.workspace).await?;
    let known = contact_fields::values(&mut tx, scope.workspace, contact.id.0).await?;
    let mask = masking::for_conversations(&mut tx, scope, &[id.0]).await?;
    if let Some(mask) = &mask {
        masking::contact(mask, scope, &mut contact);
    }
    let shown: HashMap<Uuid, String> =
        fields.iter().map(|field| (field.id, contact_fields::in_form(field, known.get(&field.id), mask.as_ref(), words.locale))).collect();
    let mut values = shown.clone();
    let mut name = contact.given_name.clone().unwrap_or_default();
    // What was written and refused stands there again.
    let kept = match refused {
        None => None,
        Some(_) => unsent::kept_in(&mut tx, scope, id, unsent::Kind::Contact).await?,
    };
    if let Some(written) = kept.and_then(|kept| serde_json::from_str::<Written>(&kept).ok()) {
        name = written.name.unwrap_or_default();
        values.extend(written.values.into_iter().filter_map(|(key, text)| Some((contact_fields::field_of(&key)?, text))));
    }
    Ok(Page {
        say: words.locale.contact(),
        words,
        slug: scope.slug.clone(),
        conversation: id,
        shown,
        values,
        name,
        contact,
        fields,
        may_arrange: scope.permissions.has(Permission::ManageLabels),
        refused,
    })
}

impl Page {
    fn view(&self) -> AnyView {
        let say = self.say;
        let shown = self.contact.profile_name.clone().or_else(|| self.contact.phone.clone());
        let hint = shown.map(|shown| view! { <p id="name-hint" class="cap muted">{fill(say.name_hint, &[&shown])}</p> });
        let fields = self.fields.iter().map(|field| self.field(field)).collect_view();
        let none = self.fields.is_empty().then(|| view! { <p class="muted">{say.no_fields}</p> });
        let arrange = self.may_arrange.then(|| {
            view! {
                <a class="panel-link" href=format!("/{}/settings/fields", self.slug) rel="external">
                    {say.arrange}
                </a>
            }
        });
        let content = view! {
            <h1>{say.title}</h1>
            <p class="contact-who">
                {avatar(avatar_colour(self.contact.id.0), initials(&self.contact.display_name), "m")}
                {self.contact.display_name.clone()}
            </p>
            {self.refused.as_ref().map(|error| banner(Tone::Danger, "circle-alert", self.problem(error).into_any()))}
            <form method="post" action=SaveContact::url() class="card form">
                <input type="hidden" name="workspace" value=self.slug.clone()/>
                <input type="hidden" name="conversation" value=self.conversation.to_string()/>
                <input type="hidden" name="was_name" value=format!("={}", self.contact.given_name.as_deref().unwrap_or_default())/>
                <div class="field">
                    <label for="name">{say.name}</label>
                    <input
                        id="name"
                        class="input"
                        name="name"
                        value=self.name.clone()
                        maxlength=MAX_NAME.to_string()
                        autocomplete="off"
                        aria-describedby=hint.is_some().then_some("name-hint")
                    />
                    {hint}
                </div>
                {fields}
                {none}
                <div class="actions">
                    <button class="btn">
                        {icon("check")}
                        {say.save}
                    </button>
                    {arrange}
                </div>
            </form>
        };
        let back = format!("/{}/inbox/{}?panel=contact", self.slug, self.conversation);
        plain::page(say.title.into(), back, say.to_conversation, "plain-main", content.into_any())
    }

    fn problem(&self, error: &AppError) -> String {
        let say = self.say;
        match error {
            AppError::Invalid { field, rule: crate::error::Rule::Malformed } => {
                let kind = self.fields.iter().find(|known| known.name == *field).map(|field| field.kind);
                let how = match kind {
                    Some(Kind::Number) => say.write_number,
                    Some(Kind::Date) => say.write_date,
                    _ => say.write_other,
                };
                format!("{field}: {how}")
            }
            AppError::Conflict(Conflict::Refused(key)) if key == "contact_moved" => say.moved.to_owned(),
            AppError::Conflict(Conflict::Refused(key)) if key == "number_hidden" => say.number_hidden.to_owned(),
            AppError::Invalid { field, .. } if field != "name" => format!("{field}: {}", self.words.error(error)),
            error => self.words.error(error),
        }
    }

    fn field(&self, field: &Field) -> AnyView {
        let id = format!("f-{}", field.id);
        let name = format!("values[{}]", contact_fields::key(field.id));
        let value = self.values.get(&field.id).cloned().unwrap_or_default();
        let control = match field.kind {
            Kind::Text => view! {
                <input id=id.clone() class="input" name=name value=value maxlength=MAX_VALUE.to_string() autocomplete="off"/>
            }
            .into_any(),
            Kind::Number => view! {
                <input id=id.clone() class="input" name=name value=value inputmode="decimal" maxlength="40" autocomplete="off"/>
            }
            .into_any(),
            Kind::Date => view! { <input id=id.clone() class="input" type="date" name=name value=value/> }.into_any(),
            Kind::Choice => {
                let options = field.choices.iter().map(|(choice, name)| {
                    let choice = choice.to_string();
                    let selected = choice == value;
                    view! {
                        <option value=choice selected=selected>
                            {name.clone()}
                        </option>
                    }
                });
                view! {
                    <select id=id.clone() class="input" name=name>
                        <option value="">{self.say.nothing_chosen}</option>
                        {options.collect_view()}
                    </select>
                }
                .into_any()
            }
        };
        let was = format!("was[{}]", contact_fields::key(field.id));
        view! {
            <div class="field">
                <label for=id>{field.name.clone()}</label>
                {control}
                <input type="hidden" name=was value=self.shown.get(&field.id).cloned().unwrap_or_default()/>
            </div>
        }
        .into_any()
    }
}
