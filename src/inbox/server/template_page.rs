//! `/{workspace}/inbox/{conversation}/template`: a template is chosen, filled in and sent. A plain page: links and forms, no script. The form is the
//! message itself with boxes for its gaps, so that what one fills in is what one sees.

use super::{
    plain, reading,
    templates::{self, Choice},
    unsent,
};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{api::SendTemplate, model::ConversationView},
    server::{
        request,
        scope::Scope,
        state::App,
        whatsapp::templates::{MAX_VALUE, Piece, Place, Run, Template},
    },
    ui::{
        banner::{Tone, banner},
        icon::icon,
        load::blank,
        title::in_title,
    },
    words::{
        Words,
        server::{TemplateWords, fill},
        use_words,
    },
};
use leptos::{
    prelude::*,
    server_fn::{ServerFn, error::ServerFnUrlError},
};
use leptos_router::{
    components::Redirect,
    hooks::{use_location, use_params_map},
};
use std::collections::{BTreeMap, BTreeSet};

/// What the address asks for.
#[derive(Default)]
struct Asked {
    /// Words that a template shall have.
    find: String,
    /// Name and language of the chosen one.
    chosen: Option<(String, String)>,
    /// Why the form did not go.
    refused: Option<AppError>,
}

/// Everything a part of the page is made of.
struct Page {
    say: &'static TemplateWords,
    words: &'static Words,
    slug: String,
    conversation: ConversationView,
    /// The name of whoever fills it in, who often is in it.
    me: String,
    asked: Asked,
    /// What was filled in and did not go.
    kept: Option<Choice>,
    seq: i64,
    templates: Result<Vec<Template>, AppError>,
}

/// The page.
#[component]
pub fn TemplatePage() -> impl IntoView {
    let (workspace, conversation) = use_params_map().with_untracked(|params| {
        (params.get("workspace").unwrap_or_default(), params.get("conversation").and_then(|id| id.parse::<ConversationId>().ok()))
    });
    let asked = use_location().query.with_untracked(|query| Asked {
        find: query.get("q").unwrap_or_default().trim().chars().take(200).collect(),
        chosen: query.get("name").zip(query.get("language")),
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
    let viewer = crate::workspace::server::viewer(app, scope).await?;
    let mut tx = app.db.snapshot(scope).await?;
    let conversation = reading::visible(&mut tx, scope, id).await?;
    let kept = match asked.refused {
        None => None,
        Some(_) => unsent::kept_in(&mut tx, scope, id, unsent::Kind::Template).await?.and_then(|kept| serde_json::from_str(&kept).ok()),
    };
    let seq = reading::sequence(&mut tx, scope.workspace).await?;
    drop(tx);
    let templates = match templates::list(app, scope, id).await {
        // The page can be looked at, and tried again.
        Err(error @ (AppError::Upstream(_) | AppError::TooMany(_))) => Err(error),
        listed => Ok(listed?),
    };
    let say = words.locale.templates();
    Ok(Page { say, words, slug: viewer.workspace_slug, conversation, me: viewer.person.name, asked, kept, seq, templates })
}

impl Page {
    fn view(&self) -> AnyView {
        let (say, name) = (self.say, &self.conversation.name);
        let content = view! {
            <h1>{say.title}</h1>
            <p class="muted">{fill(say.to, &[name])}</p>
            {self.refusal()}
            {self.content()}
        };
        let title = in_title(&format!("{} · {name}", say.title));
        plain::page(title, self.thread(), say.back, "plain-main templates", content.into_any())
    }

    fn thread(&self) -> String {
        format!("/{}/inbox/{}", self.slug, self.conversation.id)
    }

    /// Why the form did not go.
    fn refusal(&self) -> AnyView {
        let Some(error) = &self.asked.refused else { return ().into_any() };
        let why = match error {
            AppError::Invalid { rule: Rule::Missing, .. } => self.say.e_missing.to_owned(),
            AppError::Invalid { rule: Rule::TooLong(most), .. } => fill(self.say.e_too_long, &[&most.to_string()]),
            AppError::NotFound => self.say.gone_title.to_owned(),
            error => self.words.error(error),
        };
        banner(Tone::Danger, "circle-alert", fill(self.say.not_sent, &[&why]).into_any())
    }

    fn content(&self) -> AnyView {
        let say = self.say;
        if self.conversation.closed {
            return blank(2, "check", say.closed.to_owned(), String::new(), self.link(self.thread(), say.back));
        }
        let templates = match &self.templates {
            Ok(templates) => templates,
            Err(error) => {
                let text = match error {
                    AppError::Upstream(_) => say.out_of_reach.to_owned(),
                    error => self.words.error(error),
                };
                return blank(2, "cloud-alert", text, String::new(), self.link(self.address(), self.words.try_again));
            }
        };
        let Some((name, language)) = &self.asked.chosen else { return self.list(templates) };
        let chosen = |template: &&Template| template.name == *name && template.language == *language && !template.beyond_us;
        match templates.iter().find(chosen) {
            Some(template) => self.form(template),
            None => blank(2, "file-text", say.gone_title.into(), say.gone_text.into(), self.link(self.address(), say.all)),
        }
    }

    /// This page without anything chosen.
    fn address(&self) -> String {
        format!("{}/template", self.thread())
    }

    fn link(&self, to: String, text: &'static str) -> AnyView {
        view! {
            <a class="btn" data-size="sm" href=to rel="external">
                {text}
            </a>
        }
        .into_any()
    }

    fn list(&self, templates: &[Template]) -> AnyView {
        let say = self.say;
        if templates.is_empty() {
            return blank(2, "file-text", say.none_title.into(), say.none_text.into(), ().into_any());
        }
        let find = self.asked.find.to_lowercase();
        let fits =
            |template: &&Template| template.name.to_lowercase().contains(&find) || template.beginning().to_lowercase().contains(&find);
        let found: Vec<&Template> = templates.iter().filter(fits).collect();
        let none = found
            .is_empty()
            .then(|| blank(2, "search", say.no_match_title.into(), say.no_match_text.into(), self.link(self.address(), say.all)));
        view! {
            <p class="cap muted">{say.why}</p>
            <form method="get" action=self.address() role="search" class="search-form">
                <input
                    class="input"
                    type="search"
                    name="q"
                    value=self.asked.find.clone()
                    aria-label=say.find
                    placeholder=say.find
                    maxlength="200"
                    autocomplete="off"
                />
                <button class="btn">{icon("search")} {say.go}</button>
            </form>
            {none}
            <ul class="template-list">{found.into_iter().map(|template| self.item(template)).collect_view()}</ul>
        }
        .into_any()
    }

    fn item(&self, template: &Template) -> AnyView {
        let kind = match template.category.as_str() {
            "MARKETING" => self.say.marketing,
            "AUTHENTICATION" => self.say.authentication,
            _ => self.say.utility,
        };
        let head = view! {
            <span class="l1">
                <b>{template.name.clone()}</b>
                <small>{kind} " · " {template.language.clone()}</small>
            </span>
            <span class="says">{template.beginning()}</span>
        };
        match template.beyond_us {
            true => view! {
                <li class="beyond">
                    {head}
                    <small>{icon("lock")} {self.say.beyond_us}</small>
                </li>
            }
            .into_any(),
            false => {
                let query = plain::query(&[("name", &template.name), ("language", &template.language)]);
                view! {
                    <li>
                        <a href=format!("{}?{query}", self.address()) rel="external">
                            {head}
                        </a>
                    </li>
                }
                .into_any()
            }
        }
    }

    fn form(&self, template: &Template) -> AnyView {
        let say = self.say;
        let kept = self.kept.as_ref().filter(|kept| kept.name == template.name && kept.language == template.language);
        let nothing = BTreeMap::new();
        let values = kept.map_or(&nothing, |kept| &kept.values);
        let mut seen = BTreeSet::new();
        let pieces = template.pieces.iter().map(|piece| self.piece(piece, values, &mut seen)).collect_view();
        let held = matches!(self.asked.refused, Some(AppError::Conflict(Conflict::Unseen { .. })));
        view! {
            <form method="post" action=SendTemplate::url() class="template-form" aria-label=template.name.clone()>
                <input type="hidden" name="workspace" value=self.slug.clone()/>
                <input type="hidden" name="conversation" value=self.conversation.id.to_string()/>
                <input type="hidden" name="client_id" value=uuid::Uuid::new_v4().to_string()/>
                <input type="hidden" name="seen_seq" value=self.seq.to_string()/>
                <input type="hidden" name="name" value=template.name.clone()/>
                <input type="hidden" name="language" value=template.language.clone()/>
                <datalist id="known">
                    <option value=self.conversation.name.clone()></option>
                    <option value=self.me.clone()></option>
                </datalist>
                <div class="msg out">
                    <div class="bubble">{pieces}</div>
                </div>
                <div class="form-end">
                    <a class="btn" data-variant="outline" href=self.address() rel="external">
                        {say.other}
                    </a>
                    <button class="btn">{if held { say.send_anyway } else { say.send }} {icon("send-horizontal")}</button>
                </div>
            </form>
        }
        .into_any()
    }

    /// A piece with boxes for its gaps. One that comes again is not asked again.
    fn piece(&self, piece: &Piece, values: &BTreeMap<String, String>, seen: &mut BTreeSet<String>) -> AnyView {
        let runs = piece
            .runs
            .iter()
            .map(|run| match run {
                Run::Text(text) => text.clone().into_any(),
                Run::Gap { key, name, .. } if !seen.insert(key.clone()) => view! { <i class="again">{format!("[{name}]")}</i> }.into_any(),
                Run::Gap { key, name, example } => self.gap(piece.place, key, name, example, values.get(key)),
            })
            .collect_view();
        match piece.place {
            Place::Header => view! { <p class="part head">{runs}</p> }.into_any(),
            Place::Body => view! { <p class="part">{runs}</p> }.into_any(),
            Place::Footer => view! { <p class="part foot">{runs}</p> }.into_any(),
            Place::Button(_) => view! { <p class="part button">{runs}</p> }.into_any(),
        }
    }

    fn gap(&self, place: Place, key: &str, name: &str, example: &str, value: Option<&String>) -> AnyView {
        let say = self.say;
        let mut label = match place {
            Place::Button(_) => fill(say.link_end, &[name]),
            _ => fill(say.gap, &[name]),
        };
        if !example.is_empty() {
            label = format!("{label}. {}", fill(say.example, &[example]));
        }
        let hint = if example.is_empty() { name } else { example };
        view! {
            <input
                class="gap"
                name=format!("values[{key}]")
                value=value.cloned().unwrap_or_default()
                placeholder=hint.to_owned()
                size=hint.chars().count().clamp(8, 40).to_string()
                maxlength=MAX_VALUE.to_string()
                required
                list="known"
                autocomplete="off"
                title=label.clone()
                aria-label=label
            />
        }
        .into_any()
    }
}
