//! `/{workspace}/inbox/{conversation}/choices`: a text with choices under it is written and sent. A plain page: one form, no script.

use super::{choices::Written, drafts, plain, reading, unsent};
use crate::{
    error::{AppError, Conflict, Rule},
    ids::ConversationId,
    inbox::{
        api::SendChoices,
        model::{ConversationView, Direction, MAX_TEXT, MessageView, Offered, window_open},
    },
    server::{
        request,
        scope::Scope,
        state::App,
        whatsapp::choices::{MAX_DESCRIPTION, MAX_LABEL, MAX_TITLE, MOST, MOST_BUTTONS},
    },
    ui::{
        banner::{Tone, banner},
        icon::icon,
        load::blank,
        title::in_title,
    },
    words::{
        Words,
        server::{ChoiceWords, fill},
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

/// As many of the newest messages stand above the form.
const SHOWN: i64 = 3;

/// Everything a part of the page is made of.
struct Page {
    say: &'static ChoiceWords,
    words: &'static Words,
    slug: String,
    conversation: ConversationView,
    /// Whether the 24-hour window is open.
    open: bool,
    /// Why the form did not go.
    refused: Option<AppError>,
    /// What stands in the form: what did not go, else the reply that was begun.
    written: Written,
    /// What was said last, oldest first: whoever writes knows it, and nothing before it holds what they send.
    said: Vec<MessageView>,
    seq: i64,
}

/// The page.
#[component]
pub fn ChoicesPage() -> impl IntoView {
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
    let kept = match refused {
        None => None,
        Some(_) => unsent::kept_in(&mut tx, scope, id, unsent::Kind::Choices).await?.and_then(|kept| serde_json::from_str(&kept).ok()),
    };
    let written = match kept {
        Some(written) => written,
        None => Written { text: drafts::begun(&mut tx, scope, id).await?.0.unwrap_or_default(), ..Written::default() },
    };
    let said = reading::said_last(&mut tx, scope, id, SHOWN).await?;
    let seq = reading::sequence(&mut tx, scope.workspace).await?;
    let open = window_open(conversation.window_closes, app.clock.now().timestamp_millis());
    Ok(Page { say: words.locale.choices(), words, slug: scope.slug.clone(), conversation, open, refused, written, said, seq })
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
        let Some(error) = &self.refused else { return ().into_any() };
        let say = self.say;
        let why = match error {
            AppError::Invalid { field, rule } => match (field.as_str(), rule) {
                ("text", Rule::Missing) => say.e_no_text.to_owned(),
                ("choices", Rule::Missing) => say.e_no_choice.to_owned(),
                ("title", Rule::Missing) => say.e_no_title.to_owned(),
                ("title", Rule::Malformed) => say.e_same.to_owned(),
                ("title", Rule::TooLong(most)) => fill(say.e_title, &[&most.to_string()]),
                ("description", Rule::TooLong(most)) => fill(say.e_description, &[&most.to_string()]),
                ("label", Rule::TooLong(most)) => fill(say.e_label, &[&most.to_string()]),
                _ => self.words.error(error),
            },
            error => self.words.error(error),
        };
        banner(Tone::Danger, "circle-alert", fill(say.not_sent, &[&why]).into_any())
    }

    fn content(&self) -> AnyView {
        let say = self.say;
        let refusal = match (self.conversation.closed, self.open) {
            (true, _) => Some(("check", say.closed, (self.thread(), say.back))),
            (false, false) => Some(("lock", say.shut, (format!("{}/template", self.thread()), self.words.locale.work().send_template))),
            (false, true) => None,
        };
        match refusal {
            Some((icon_name, why, (to, text))) => {
                let next = view! {
                    <a class="btn" data-size="sm" href=to rel="external">
                        {text}
                    </a>
                };
                blank(2, icon_name, why.to_owned(), String::new(), next.into_any())
            }
            None => self.form(),
        }
    }

    fn form(&self) -> AnyView {
        let say = self.say;
        let held = matches!(self.refused, Some(AppError::Conflict(Conflict::Unseen { .. })));
        let filled = self.written.choices.iter().rposition(|choice| *choice != Offered::default()).map_or(0, |last| last + 1);
        let more = (MOST_BUTTONS..MOST).map(|at| self.choice(at)).collect_view();
        view! {
            <form method="post" action=SendChoices::url() class="template-form" aria-label=say.title>
                <input type="hidden" name="workspace" value=self.slug.clone()/>
                <input type="hidden" name="conversation" value=self.conversation.id.to_string()/>
                <input type="hidden" name="client_id" value=uuid::Uuid::new_v4().to_string()/>
                <input type="hidden" name="seen_seq" value=self.seq.to_string()/>
                {self.said()}
                <label class="field">
                    <span class="lbl">{say.text}</span>
                    <textarea class="input choices-text" name="text" rows="3" required maxlength=MAX_TEXT.to_string()>
                        {self.written.text.clone()}
                    </textarea>
                </label>
                <fieldset class="choices-set">
                    <legend class="lbl">{say.choices}</legend>
                    <p class="cap muted">{say.how}</p>
                    {(0..MOST_BUTTONS).map(|at| self.choice(at)).collect_view()}
                    <details open=filled.gt(&MOST_BUTTONS)>
                        <summary>{say.more}</summary>
                        {more}
                        <label class="field">
                            <span class="lbl">{say.label}</span>
                            <input
                                class="input"
                                name="label"
                                value=self.written.label.clone()
                                placeholder=say.label_default
                                maxlength=MAX_LABEL.to_string()
                                autocomplete="off"
                            />
                        </label>
                    </details>
                </fieldset>
                <div class="form-end">
                    <a class="btn" data-variant="outline" href=self.thread() rel="external">
                        {say.cancel}
                    </a>
                    <button class="btn">{if held { say.send_anyway } else { say.send }} {icon("send-horizontal")}</button>
                </div>
            </form>
        }
        .into_any()
    }

    /// What was said last, as far as it has words.
    fn said(&self) -> AnyView {
        let line = |message: &MessageView| {
            let who =
                self.words.sender(message.sender, message.sender_name.as_deref(), false).unwrap_or_else(|| self.conversation.name.clone());
            let text = if message.text.is_empty() { self.words.placeholder(&message.kind) } else { message.text.clone() };
            let class = if message.direction == Direction::Inbound { "" } else { "muted" };
            view! {
                <li class=class>
                    <b>{who}</b>
                    " "
                    {text}
                </li>
            }
        };
        let lines = self.said.iter().map(line).collect_view();
        view! {
            <ol class="said-last" aria-label=self.say.said_last>
                {lines}
            </ol>
        }
        .into_any()
    }

    /// What one choice is filled in with.
    fn choice(&self, at: usize) -> AnyView {
        let say = self.say;
        let Offered { title, description } = self.written.choices.get(at).cloned().unwrap_or_default();
        let number = (at + 1).to_string();
        view! {
            <div class="choice-row">
                <input
                    class="input"
                    name=format!("choices[{at}][title]")
                    value=title
                    placeholder=say.examples.split('|').nth(at).unwrap_or_default()
                    maxlength=MAX_TITLE.to_string()
                    autocomplete="off"
                    aria-label=fill(say.choice, &[&number])
                />
                <input
                    class="input"
                    name=format!("choices[{at}][description]")
                    value=description
                    placeholder=say.description
                    maxlength=MAX_DESCRIPTION.to_string()
                    autocomplete="off"
                    aria-label=fill(say.description_of, &[&number])
                />
            </div>
        }
        .into_any()
    }
}
