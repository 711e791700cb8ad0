//! `/{workspace}/inbox/{conversation}/merge`: the contact is looked for that is the same person (`?q=`), both are compared (`?with=`), and what was merged can be undone. A
//! plain page: it works without script and costs the inbox nothing.

use super::{
    contact_fields::{self, Field, Kind, Value},
    labels, masking, merging, plain, reading,
    search::{self, FoundContact},
    splitting::{self, Undoable},
    views,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::{ContactId, ConversationId},
    inbox::{
        api::{MergeContacts, SplitContact},
        labels::Labels,
        model::*,
    },
    server::{request, scope::Scope, state::App, whatsapp::mask::Mask},
    time::{LocalTime, Millis},
    ui::{
        avatar::avatar,
        banner::{Tone, banner},
        icon::icon,
        load::blank,
    },
    words::{
        self, Words,
        server::{ContactWords, SearchWords, fill},
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
use sqlx::PgConnection;
use std::collections::HashMap;
use uuid::Uuid;

/// One of the two.
struct Side {
    contact: ContactView,
    conversation: ConversationView,
    values: HashMap<Uuid, Value>,
}

/// What the page is about.
enum Stage {
    /// The other one is looked for: what was written, and who fits.
    Looking { text: String, found: Vec<FoundContact> },
    /// Both are compared.
    Comparing { other: Box<Side>, fields: Vec<Field>, labels: Labels },
    /// There is none like that.
    Gone,
}

/// Everything a part of the page is made of.
struct Page {
    say: &'static ContactWords,
    search: &'static SearchWords,
    words: &'static Words,
    viewer: Viewer,
    sees_numbers: bool,
    this: Side,
    mask: Option<Mask>,
    undoable: Option<Undoable>,
    stage: Stage,
    done: Option<String>,
    refused: Option<AppError>,
}

/// What the address says.
struct Asked {
    text: String,
    with: Option<String>,
    done: Option<String>,
    refused: Option<AppError>,
}

/// The page.
#[component]
pub fn MergePage() -> impl IntoView {
    let (workspace, conversation) = use_params_map().with_untracked(|params| {
        (params.get("workspace").unwrap_or_default(), params.get("conversation").and_then(|id| id.parse::<ConversationId>().ok()))
    });
    let asked = use_location().query.with_untracked(|query| Asked {
        text: plain::written("q").unwrap_or_default(),
        with: query.get("with"),
        done: query.get("done"),
        refused: query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error)),
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            load(&app, &scope, conversation.ok_or(AppError::NotFound)?, asked, words).await
        };
        match request::answered(work).await {
            Ok(page) => page.view(),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

async fn load(app: &App, scope: &Scope, id: ConversationId, asked: Asked, words: &'static Words) -> Result<Page, AppError> {
    scope.require(Permission::Reply)?;
    let viewer = crate::workspace::server::viewer(app, scope).await?;
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = reading::visible(&mut tx, scope, id).await?;
    let other = match &asked.with {
        None => None,
        Some(with) => with.parse().ok().map(ContactId).filter(|with| *with != conversation.contact_id),
    };
    let theirs = match other {
        None => None,
        Some(other) => newest_of(&mut tx, scope, other).await?,
    };
    // Both masked by the numbers of both: the one's may stand in what the other is called.
    let about: Vec<Uuid> = [id.0].into_iter().chain(theirs.as_ref().map(|theirs| theirs.id.0)).collect();
    let mask = masking::for_conversations(&mut tx, scope, &about).await?;
    let undoable = splitting::undoable(&mut tx, scope, &conversation, mask.as_ref(), app.clock.now()).await?;
    let this = side(&mut tx, scope, conversation, mask.as_ref()).await?;
    let stage = match (asked.with.is_some(), theirs) {
        (true, Some(theirs)) => Stage::Comparing {
            other: Box::new(side(&mut tx, scope, theirs, mask.as_ref()).await?),
            fields: contact_fields::list(&mut tx, scope.workspace).await?,
            labels: labels::all(&mut tx, scope.workspace).await?,
        },
        (true, None) => Stage::Gone,
        (false, _) => {
            drop(tx);
            let found = match asked.text.trim() {
                "" => merging::suggested(app, scope, &this.contact).await?,
                text => search::contacts_called(app, scope, text, this.contact.id).await?,
            };
            Stage::Looking { text: asked.text, found }
        }
    };
    Ok(Page {
        say: words.locale.contact(),
        search: words.locale.search(),
        words,
        viewer,
        sees_numbers: scope.sees_numbers(),
        this,
        mask,
        undoable,
        stage,
        done: asked.done,
        refused: asked.refused,
    })
}

/// The newest conversation of a contact that the caller may see.
async fn newest_of(tx: &mut PgConnection, scope: &Scope, contact: ContactId) -> Result<Option<ConversationView>, AppError> {
    let newest = sqlx::query_scalar!(
        r#"
        select id from conversation where workspace_id = $1 and contact_id = $2 and ($3::uuid[] is null or assignee_id = any($3))
        order by last_message_at desc, id desc limit 1
        "#,
        scope.workspace.0,
        contact.0,
        scope.only_assigned_to() as Option<&[Uuid]>
    )
    .fetch_optional(&mut *tx)
    .await?;
    match newest {
        Some(id) => reading::visible(tx, scope, ConversationId(id)).await.map(Some),
        None => Ok(None),
    }
}

async fn side(tx: &mut PgConnection, scope: &Scope, conversation: ConversationView, mask: Option<&Mask>) -> Result<Side, AppError> {
    let mut contact = views::contact(tx, scope.workspace, conversation.contact_id).await?.ok_or(AppError::NotFound)?;
    let values = contact_fields::values(tx, scope.workspace, contact.id.0).await?;
    if let Some(mask) = mask {
        masking::contact(mask, scope, &mut contact);
    }
    Ok(Side { contact, conversation, values })
}

impl Page {
    fn view(&self) -> AnyView {
        let say = self.say;
        let done = self.done.as_deref().and_then(|done| match done {
            "merged" => Some(say.merged),
            "split" => Some(say.split_done),
            _ => None,
        });
        let refused = self.refused.as_ref().map(|error| banner(Tone::Danger, "circle-alert", self.problem(error).into_any()));
        let content = view! {
            <h1>{say.merge}</h1>
            <p class="contact-who">
                {avatar(avatar_colour(self.this.contact.id.0), initials(&self.this.contact.display_name), "m")}
                {self.this.contact.display_name.clone()}
            </p>
            {done.map(|done| view! { <div role="status">{banner(Tone::Info, "check", done.into_any())}</div> })}
            {refused}
            {self.undoable.as_ref().map(|undoable| self.undoing(undoable))}
            {match &self.stage {
                Stage::Looking { text, found } => self.looking(text, found),
                Stage::Comparing { other, fields, labels } => self.comparing(other, fields, labels),
                Stage::Gone => view! { {banner(Tone::Danger, "circle-alert", say.merge_gone.into_any())} {self.again()} }.into_any(),
            }}
        };
        let back = format!("/{}/inbox/{}?panel=contact", self.viewer.workspace_slug, self.this.conversation.id);
        plain::page(say.merge.into(), back, say.to_conversation, "plain-main", content.into_any())
    }

    fn problem(&self, error: &AppError) -> String {
        match error {
            AppError::Conflict(Conflict::ContactBlocked) => self.say.merge_blocked.to_owned(),
            AppError::Invalid { rule: Rule::Malformed, .. } => self.say.merge_same.to_owned(),
            AppError::Conflict(Conflict::Refused(key)) if key == splitting::NOTHING_TO_SPLIT => self.say.split_gone.to_owned(),
            AppError::NotFound => self.say.merge_gone.to_owned(),
            error => self.words.error(error),
        }
    }

    fn address(&self) -> String {
        format!("/{}/inbox/{}/merge", self.viewer.workspace_slug, self.this.conversation.id)
    }

    fn at(&self, at: Millis) -> LocalTime {
        words::local(at, self.viewer.offset_minutes)
    }

    fn moment(&self, at: Millis) -> String {
        self.words.moment(self.at(at), self.at(self.viewer.now))
    }

    /// Which contact and which conversation a form is about.
    fn hidden(&self) -> AnyView {
        view! {
            <input type="hidden" name="workspace" value=self.viewer.workspace_slug.clone()/>
            <input type="hidden" name="conversation" value=self.this.conversation.id.to_string()/>
        }
        .into_any()
    }

    fn undoing(&self, undoable: &Undoable) -> AnyView {
        let say = self.say;
        let when = self.moment(undoable.at);
        let who = match &undoable.by {
            Some(person) => fill(say.split_by, &[&person.name, &when]),
            None => fill(say.split_when, &[&when]),
        };
        let since =
            (undoable.since > 0).then(|| view! { <p class="cap muted">{fill(say.split_since, &[&undoable.since.to_string()])}</p> });
        view! {
            <section class="card form" aria-labelledby="split">
                <h2 id="split">{fill(say.split_title, &[&undoable.name])}</h2>
                <p class="muted">{who} " " {say.split_text}</p>
                {since}
                <form method="post" action=SplitContact::url()>
                    {self.hidden()}
                    <button class="btn" data-variant="outline">
                        {icon("corner-up-left")}
                        {say.split}
                    </button>
                </form>
            </section>
        }
        .into_any()
    }

    fn looking(&self, text: &str, found: &[FoundContact]) -> AnyView {
        let say = self.say;
        let asked = !text.trim().is_empty();
        let hint = if self.sees_numbers { say.merge_hint } else { say.merge_hint_masked };
        let rows = found.iter().map(|found| {
            let contact = &found.contact;
            let beside = contact.phone.clone().or_else(|| contact.username.as_ref().map(|name| format!("@{name}")));
            let href = format!("{}?with={}", self.address(), contact.id);
            view! {
                <li>
                    <a class="row" href=href rel="external">
                        {avatar(avatar_colour(contact.id.0), initials(&contact.display_name), "")}
                        <span class="row-text">
                            <span class="l1">
                                <span class="name">{contact.display_name.clone()}</span>
                            </span>
                            <span class="l2 num">{beside}</span>
                        </span>
                    </a>
                </li>
            }
        });
        let list = (!found.is_empty()).then(|| {
            view! {
                <section aria-labelledby="others">
                    <h2 id="others">{if asked { say.merge_found } else { say.merge_suggested }}</h2>
                    <ul class="found-list">{rows.collect_view()}</ul>
                </section>
            }
        });
        let none =
            (asked && found.is_empty()).then(|| blank(2, "search", self.search.none_title.into(), say.merge_none.into(), ().into_any()));
        view! {
            <p class="muted">{say.merge_text}</p>
            <form method="get" action=self.address() role="search" class="search-form">
                <input
                    class="input"
                    type="search"
                    name="q"
                    value=text.to_owned()
                    aria-label=say.merge_find
                    placeholder=hint
                    maxlength="200"
                    autocomplete="off"
                />
                <button class="btn">{icon("search")} {say.merge_go}</button>
            </form>
            {list}
            {none}
        }
        .into_any()
    }

    fn again(&self) -> AnyView {
        view! {
            <a class="panel-link" href=self.address() rel="external">
                {self.say.merge_other_one}
            </a>
        }
        .into_any()
    }

    fn comparing(&self, other: &Side, fields: &[Field], labels: &Labels) -> AnyView {
        let say = self.say;
        let this = &self.this;
        if this.conversation.blocked != other.conversation.blocked {
            return view! { {banner(Tone::Danger, "circle-alert", say.merge_blocked.into_any())} {self.again()} }.into_any();
        }
        let stage_of = |side: &Side| {
            side.conversation.stage.and_then(|id| labels.stages.iter().find(|stage| stage.id == id)).map(|stage| stage.name.clone())
        };
        let tags_of = |side: &Side| {
            let names = side.conversation.tags.iter().filter_map(|id| labels.tags.iter().find(|tag| tag.id == *id));
            names.map(|tag| tag.name.clone()).collect::<Vec<_>>()
        };
        let numbers_of = |side: &Side| {
            let numbers: Vec<String> = side.contact.phone.iter().chain(&side.contact.more_phones).cloned().collect();
            if numbers.is_empty() { say.merge_no_number.to_owned() } else { numbers.join(", ") }
        };
        let (mine, theirs) = (tags_of(this), tags_of(other));
        let tags = (!mine.is_empty() || !theirs.is_empty()).then(|| self.told(say.merge_tags, &mine.join(", "), &theirs.join(", "), true));
        let stage = match (stage_of(this), stage_of(other)) {
            (None, None) => None,
            (mine, theirs) => Some(self.choice(say.merge_stage, "stage", mine.as_deref(), theirs.as_deref())),
        };
        let own = fields.iter().filter_map(|field| {
            let [mine, theirs] = [this, other].map(|side| self.in_field(field, side.values.get(&field.id)));
            let asked = mine.is_some() || theirs.is_some();
            asked.then(|| self.choice(&field.name, &contact_fields::key(field.id), mine.as_deref(), theirs.as_deref()))
        });
        let last = |side: &Side| self.moment(side.conversation.last_at);
        let since = |side: &Side| self.words.short_date(self.at(side.contact.since), self.at(self.viewer.now));
        view! {
            <form method="post" action=MergeContacts::url() class="card form merging">
                {self.hidden()}
                <input type="hidden" name="other" value=other.contact.id.to_string()/>
                <h2>{say.merge_compare}</h2>
                <p class="muted">{say.merge_compare_text}</p>
                // Read out with each of them.
                <div class="pair heads" aria-hidden="true">
                    <p>{say.merge_this}</p>
                    <p>{say.merge_other}</p>
                </div>
                {self.choice(say.name, "name", Some(&this.contact.display_name), Some(&other.contact.display_name))}
                {self.told(say.merge_number, &numbers_of(this), &numbers_of(other), true)}
                {stage}
                {tags}
                {own.collect_view()}
                {self.told(say.merge_last, &last(this), &last(other), false)}
                {self.told(say.merge_since, &since(this), &since(other), false)}
                <div class="actions">
                    <button class="btn">
                        {icon("git-merge")}
                        {say.merge_do}
                    </button>
                    {self.again()}
                </div>
            </form>
        }
        .into_any()
    }

    /// What stands in a field, as the caller may see it.
    fn in_field(&self, field: &Field, value: Option<&Value>) -> Option<String> {
        let mut text = match value? {
            Value::Choice(chosen) => field.choices.iter().find(|(id, _)| id == chosen)?.1.clone(),
            Value::Text(text) => contact_fields::in_words(field.kind, text, self.words),
        };
        if let Some(mask) = self.mask.as_ref().filter(|_| field.kind != Kind::Choice) {
            masking::hide_in_field(mask, &mut text);
        }
        Some(text)
    }

    /// Something that both have, or that is only told.
    fn told(&self, name: &'static str, this: &str, other: &str, both: bool) -> AnyView {
        let say = self.say;
        let of = |text: &str| if text.is_empty() { say.merge_empty.to_owned() } else { text.to_owned() };
        view! {
            <fieldset class="pair">
                <legend>{name} {both.then(|| view! { <span class="cap muted">" · " {say.merge_both}</span> })}</legend>
                <p>
                    <span class="sr-only">{say.merge_this} ": "</span>
                    {of(this)}
                </p>
                <p>
                    <span class="sr-only">{say.merge_other} ": "</span>
                    {of(other)}
                </p>
            </fieldset>
        }
        .into_any()
    }

    /// Something of which one stays. Nothing is asked where both say the same, or only one says anything: that stays.
    fn choice(&self, name: &str, key: &str, this: Option<&str>, other: Option<&str>) -> AnyView {
        let say = self.say;
        let name = name.to_owned();
        let side = |which: &'static str| view! { <span class="sr-only">{which} ": "</span> };
        let (this_one, other_one) = (side(say.merge_this), side(say.merge_other));
        let (Some(mine), Some(theirs)) = (this, other) else {
            let of = |text: Option<&str>| text.unwrap_or(say.merge_empty).to_owned();
            let (mine, theirs) = (of(this), of(other));
            return view! {
                <fieldset class="pair">
                    <legend>{name}</legend>
                    <p>{this_one} {mine}</p>
                    <p>{other_one} {theirs}</p>
                </fieldset>
            }
            .into_any();
        };
        if mine == theirs {
            let mine = mine.to_owned();
            return view! {
                <fieldset class="pair">
                    <legend>{name}</legend>
                    <p>{this_one} {mine.clone()}</p>
                    <p>{other_one} {mine}</p>
                </fieldset>
            }
            .into_any();
        }
        let field = format!("take[{key}]");
        view! {
            <fieldset class="pair">
                <legend>{name}</legend>
                <label>
                    <input type="radio" name=field.clone() value="this" checked/>
                    {this_one}
                    {mine.to_owned()}
                </label>
                <label>
                    <input type="radio" name=field value="other"/>
                    {other_one}
                    {theirs.to_owned()}
                </label>
            </fieldset>
        }
        .into_any()
    }
}
