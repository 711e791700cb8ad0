//! `/{workspace}/inbox/tasks`: notes about which something is to be done, what is due first (`?whose=all` those of everybody). A plain page: forms and links,
//! no script.

use super::{
    plain,
    search::FoundMessage,
    search_page::found_message,
    tasks::{self, AGAIN, Whose},
    unsent,
};
use crate::{
    error::AppError,
    ids::MessageId,
    inbox::{
        api::{FinishTask, SetTask},
        model::*,
        working::field_value,
    },
    server::{crypto::new_id, request, scope::Scope, state::App},
    ui::{
        banner::{Tone, banner},
        icon::icon,
        load::blank,
    },
    words::{
        self, Words,
        server::{SearchWords, TaskWords, fill},
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

/// Everything a part of the page is made of.
struct Page {
    say: &'static TaskWords,
    search: &'static SearchWords,
    words: &'static Words,
    viewer: Viewer,
    whose: Whose,
    later: bool,
    found: Vec<FoundMessage>,
    next: Option<ListCursor>,
    /// It is about this one only.
    alone: bool,
    /// What was written of it and refused.
    written: Option<String>,
    /// What was just done about a note, and the note.
    done: Option<(Done, FoundMessage)>,
    refused: Option<AppError>,
}

#[derive(Clone, Copy)]
enum Done {
    Finished,
    Changed,
    Removed,
}

impl Done {
    fn parse(key: &str) -> Option<Self> {
        Some(match key {
            "finished" => Self::Finished,
            "changed" => Self::Changed,
            "removed" => Self::Removed,
            _ => return None,
        })
    }
}

/// The page.
#[component]
pub fn TasksPage() -> impl IntoView {
    let workspace = use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let (whose, after, only, done, of, refused) = use_location().query.with_untracked(|query| {
        (
            if query.get("whose").as_deref() == Some("all") { Whose::All } else { Whose::Mine },
            query.get("after").and_then(|cursor| cursor.parse::<ListCursor>().ok()),
            query.get("task").map(|id| id.parse::<MessageId>().ok()),
            query.get("done").and_then(|key| Done::parse(&key)),
            query.get("of").and_then(|id| id.parse::<MessageId>().ok()),
            query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error)),
        )
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            let alone = only.is_some();
            let (found, next) = match only {
                None => tasks::list(&app, &scope, whose, after).await?,
                Some(id) => {
                    let found = tasks::note(&app, &scope, id.ok_or(AppError::NotFound)?).await?;
                    (vec![found.ok_or(AppError::NotFound)?], None)
                }
            };
            // What was refused stands there again.
            let written = match found.first().filter(|_| alone && refused.is_some()) {
                None => None,
                Some(found) => {
                    let mut tx = app.db.snapshot(&scope).await?;
                    let kept = unsent::kept_in(&mut tx, &scope, found.message.conversation_id, unsent::Kind::Task).await?;
                    kept.and_then(|kept| tasks::kept_of(&kept, found.message.id).map(str::to_owned))
                }
            };
            let done = match done.zip(of) {
                None => None,
                Some((done, of)) => tasks::note(&app, &scope, of).await?.map(|found| (done, found)),
            };
            let (say, search) = (words.locale.tasks(), words.locale.search());
            Ok(Page { say, search, words, viewer, whose, later: after.is_some(), found, next, alone, written, done, refused })
        };
        match request::answered(work).await {
            Ok(page) => page.view(),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

/// Keeps what somebody wrote of a task in a form without script, for the page that says why it was refused.
pub async fn keep(app: &App, scope: &Scope, note: MessageId, text: &str) {
    let of = async {
        let mut tx = app.db.snapshot(scope).await?;
        tasks::conversation_of(&mut tx, scope, note).await
    };
    if request::headers().is_ok_and(|headers| request::wants_page(&headers))
        && let Ok(conversation) = of.await
    {
        unsent::keep_for_page(app, scope, conversation, unsent::Kind::Task, &tasks::to_keep(note, text)).await;
    }
}

/// After a form without script. What was refused: to the page of that task. Else to the page that it was sent from, with what came of it; from the page of one task to
/// the conversation.
pub fn back(workspace: &str, note: MessageId, path: &str, result: &Result<MessageView, AppError>) {
    let before = request::query_before().unwrap_or_default();
    let page = format!("/{workspace}/inbox/tasks");
    match result {
        Err(error) => request::back_with_error(&format!("{page}?task={note}"), path, error),
        Ok(view) if before.contains("task=") => {
            request::back_to_page_without_script(&format!("/{workspace}/inbox/{}", view.conversation_id))
        }
        Ok(view) => {
            let done = match &view.task {
                None => "removed",
                Some(Task { done: None, .. }) => "changed",
                Some(_) => "finished",
            };
            let whose = if before.contains("whose=all") { "whose=all&" } else { "" };
            request::back_to_page_without_script(&format!("{page}?{whose}done={done}&of={note}"));
        }
    }
}

impl Page {
    fn view(&self) -> AnyView {
        let say = self.say;
        let tab = |whose: Whose, name: &'static str| {
            let chosen = (whose == self.whose).then_some("true");
            view! { <li><a class="chip" href=self.address(whose) rel="external" aria-current=chosen>{name}</a></li> }
        };
        let refused = self.refused.as_ref().map(|error| banner(Tone::Danger, "circle-alert", self.problem(error).into_any()));
        let first = self.later.then(|| view! { <a class="more" href=self.address(self.whose) rel="external">{say.first}</a> });
        let more = self.next.map(|cursor| {
            let sign = if self.whose == Whose::All { '&' } else { '?' };
            view! {
                <a class="more" href=format!("{}{sign}after={cursor}", self.address(self.whose)) rel="external">
                    {say.more}
                    {icon("chevron-down")}
                </a>
            }
        });
        let none = self.found.is_empty().then(|| blank(2, "list-checks", say.none_title.into(), say.none_text.into(), ().into_any()));
        let content = view! {
            <h1>{say.title}</h1>
            {(!self.alone).then(|| view! {
                <nav class="views" aria-label=say.whose>
                    <ul class="chips">{tab(Whose::Mine, say.mine)} {tab(Whose::All, say.all)}</ul>
                </nav>
            })}
            {self.told()}
            {refused}
            {first}
            {none}
            {self.parts()}
            {more}
        };
        plain::page(
            say.title.into(),
            format!("/{}/inbox", self.viewer.workspace_slug),
            say.to_inbox,
            "plain-main found",
            content.into_any(),
        )
    }

    fn address(&self, whose: Whose) -> String {
        let more = if whose == Whose::All { "?whose=all" } else { "" };
        format!("/{}/inbox/tasks{more}", self.viewer.workspace_slug)
    }

    fn problem(&self, error: &AppError) -> String {
        match error {
            AppError::NotFound => self.say.gone.to_owned(),
            error => self.words.error(error),
        }
    }

    /// What was just done, and the way back.
    fn told(&self) -> Option<AnyView> {
        let say = self.say;
        let (done, found) = self.done.as_ref()?;
        let text: String = found.message.text.chars().take(60).collect();
        let (sentence, undoes) = match done {
            Done::Finished => (say.done, found.message.task.as_ref().is_some_and(|task| task.done.is_some())),
            Done::Changed => (say.changed, false),
            Done::Removed => (say.removed, false),
        };
        let undo = undoes.then(|| {
            view! {
                <form method="post" action=SetTask::url()>
                    {self.fields(found)}
                    <input type="hidden" name="due" value=AGAIN/>
                    <button class="btn" data-size="sm" data-variant="outline">
                        {say.undo}
                    </button>
                </form>
            }
        });
        let told = view! {
            <span class="flex-1">{fill(sentence, &[&text])}</span>
            {undo}
        };
        Some(view! { <div role="status" class="task-told">{banner(Tone::Info, "check", told.into_any())}</div> }.into_any())
    }

    /// What is overdue, what is due today, and what later.
    fn parts(&self) -> AnyView {
        let say = self.say;
        let today = words::local(self.viewer.now, self.viewer.offset_minutes).day_number;
        let part = |found: &FoundMessage| match found.message.task.as_ref().map(|task| task.due) {
            Some(due) if due <= self.viewer.now => 0,
            Some(due) if words::local(due, self.viewer.offset_minutes).day_number == today => 1,
            _ => 2,
        };
        if self.alone {
            let tasks: Vec<AnyView> = self.found.iter().map(|found| self.task(found, part(found) == 0)).collect();
            return view! { <ul class="found-part tasks">{tasks}</ul> }.into_any();
        }
        [("late", say.late), ("today", say.today), ("later", say.later)]
            .into_iter()
            .enumerate()
            .map(|(nth, (id, title))| {
                let tasks: Vec<AnyView> =
                    self.found.iter().filter(|found| part(found) == nth).map(|found| self.task(found, nth == 0)).collect();
                (!tasks.is_empty()).then(|| {
                    view! {
                        <section class="found-part tasks" aria-labelledby=id>
                            <h2 id=id>{title}</h2>
                            <ul>{tasks}</ul>
                        </section>
                    }
                })
            })
            .collect_view()
            .into_any()
    }

    fn task(&self, found: &FoundMessage, late: bool) -> AnyView {
        let say = self.say;
        let at = |at| words::local(at, self.viewer.offset_minutes);
        let now = at(self.viewer.now);
        let Some(task) = found.message.task.clone().filter(|task| task.done.is_none()) else {
            return self.no_more(found);
        };
        let whose = match &task.assignee {
            Some(person) => fill(say.of, &[&person.name]),
            None => say.of_nobody.to_owned(),
        };
        let may = self.viewer.may_reply.then(|| {
            let earliest = field_value(now);
            view! {
                <div class="task-deeds">
                    <details class="confirm" open=self.alone>
                        <summary class="btn" data-size="sm" data-variant="outline">
                            {icon("check")}
                            {say.finish}
                        </summary>
                        <form method="post" action=FinishTask::url()>
                            {self.fields(found)}
                            <input type="hidden" name="client_id" value=new_id().to_string()/>
                            <label>
                                <span>{say.what_came}</span>
                                <textarea class="input" name="text" rows="2" required maxlength=MAX_TEXT.to_string()>
                                    {self.written.clone()}
                                </textarea>
                            </label>
                            <button class="btn" data-size="sm">
                                {say.finish_go}
                            </button>
                        </form>
                    </details>
                    <details class="confirm">
                        <summary class="btn" data-size="sm" data-variant="ghost">
                            {icon("alarm-clock")}
                            {say.change}
                        </summary>
                        <form method="post" action=SetTask::url()>
                            {self.fields(found)}
                            <label>
                                <span>{say.change_to}</span>
                                <input class="input" type="datetime-local" name="due" min=earliest required/>
                            </label>
                            <button class="btn" data-size="sm">
                                {say.change_go}
                            </button>
                        </form>
                        <form method="post" action=SetTask::url()>
                            {self.fields(found)}
                            <button class="btn" data-size="sm" data-variant="ghost">
                                {say.remove}
                            </button>
                        </form>
                    </details>
                </div>
            }
        });
        let due = fill(say.due, &[&self.words.moment(at(task.due), now)]);
        view! {
            <li class="task">
                <ul>{found_message(self.search, self.words, &self.viewer, found)}</ul>
                <p class="task-due" class:late=late>
                    {icon("hourglass")}
                    {due}
                    " · "
                    {whose}
                </p>
                {may}
            </li>
        }
        .into_any()
    }

    /// A note about which nothing is to be done any more; with what somebody wrote of it all the same.
    fn no_more(&self, found: &FoundMessage) -> AnyView {
        let written = self.written.clone().map(|written| {
            view! {
                <div class="task-deeds">
                    <label>
                        <span>{self.say.written}</span>
                        <textarea class="input" rows="4" readonly>
                            {written}
                        </textarea>
                    </label>
                </div>
            }
        });
        view! {
            <li class="task">
                <ul>{found_message(self.search, self.words, &self.viewer, found)}</ul>
                <p class="task-due">{icon("check")} {self.say.no_more}</p>
                {written}
            </li>
        }
        .into_any()
    }

    fn fields(&self, found: &FoundMessage) -> AnyView {
        view! {
            <input type="hidden" name="workspace" value=self.viewer.workspace_slug.clone()/>
            <input type="hidden" name="message" value=found.message.id.to_string()/>
        }
        .into_any()
    }
}
