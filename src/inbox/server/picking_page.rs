//! `/{workspace}/inbox/pick`: conversations are chosen and worked on together. A plain page: one form, no script. The inbox takes the form's bar from here
//! (`?bar=1`) when the first row is picked, so that none of it weighs on the page before.

use super::plain;
use crate::{
    error::AppError,
    inbox::{
        api::{BulkWork, UndoBulkWork},
        bulk::{MAX_PICKED, Picked, Refusal},
        conversation_list::more_label,
        labels::Labels,
        list_view::ListView,
        model::*,
        working::{MAX_REASON, SnoozeUntil, earliest_own, field_value, shown_as},
    },
    server::request,
    ui::{
        avatar::avatar,
        banner::{Tone, banner},
        icon::icon,
        load::blank,
    },
    words::{
        self, Words,
        server::{PickingWords, fill},
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
use uuid::Uuid;

/// What stands in the address after a form without script: what was done with how many, and with how many not.
#[derive(Clone, Default)]
struct Reported {
    did: Option<String>,
    done: usize,
    refused: Vec<usize>,
    /// What can be undone.
    action: Option<Uuid>,
    error: Option<AppError>,
}

/// Everything a part of the page is made of.
struct Page {
    say: &'static PickingWords,
    words: &'static Words,
    viewer: Viewer,
    may_reply: bool,
    labels: Labels,
    view: ListView,
}

/// The page.
#[component]
pub fn PickingPage() -> impl IntoView {
    let workspace = use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let (view, before, bar_only, reported) = use_location().query.with_untracked(|query| {
        let refused = query.get("left").unwrap_or_default();
        let reported = Reported {
            did: query.get("did"),
            done: query.get("done").and_then(|count| count.parse().ok()).unwrap_or(0),
            refused: refused.split('.').map(|count| count.parse().unwrap_or(0)).collect(),
            action: query.get("action").and_then(|id| id.parse().ok()),
            error: query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error)),
        };
        let before = query.get("page").and_then(|cursor| cursor.parse::<ListCursor>().ok());
        (ListView::read(|name| query.get(name)), before, query.get("bar").is_some(), reported)
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            let may_reply = scope.permissions.has(Permission::Reply);
            let labels = super::labels::list(&mut *app.db.snapshot(&scope).await?, &scope).await?;
            let page = Page { say: words.locale.picking(), words, viewer, may_reply, labels, view };
            let rows = match bar_only {
                true => None,
                false => Some(super::list(&app, &scope, &page.view, before).await?),
            };
            Ok((page, rows))
        };
        match request::answered(work).await {
            Ok((page, None)) => page.bar(true),
            Ok((page, Some(rows))) => page.view(rows, &reported),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

impl Page {
    fn view(&self, rows: ConversationPage, reported: &Reported) -> AnyView {
        let say = self.say;
        let inbox = format!("/{}/inbox", self.viewer.workspace_slug);
        let none = rows
            .rows
            .is_empty()
            .then(|| blank(2, "inbox", self.words.view_empty_title.into(), self.words.view_empty_text.into(), ().into_any()));
        let more = rows.next.map(|cursor| {
            view! {
                <a class="more" href=self.view.here(&format!("page={cursor}")) rel="external">
                    {more_label(self.words, &self.view)}
                    {icon("chevron-down")}
                </a>
            }
        });
        let content = view! {
            <h1>{say.title}</h1>
            {self.notice(reported)}
            {none}
            {self.bar(false)}
            <ul class="found-part">{rows.rows.iter().map(|row| self.row(row, rows.seq)).collect_view()}</ul>
            {more}
        };
        plain::page(say.title.into(), self.view.address(&inbox, ""), say.to_inbox, "plain-main found picking", content.into_any())
    }

    fn notice(&self, reported: &Reported) -> Option<AnyView> {
        if let Some(error) = &reported.error {
            return Some(banner(Tone::Danger, "circle-alert", self.words.error(error).into_any()));
        }
        let did = reported.did.as_deref()?;
        let left = |why| Refusal::ALL.iter().position(|one| *one == why).and_then(|place| reported.refused.get(place)).copied();
        let said = self.say.count(did, reported.done, |why| left(why).unwrap_or(0));
        let undo = reported.action.map(|action| {
            view! {
                <form method="post" action=UndoBulkWork::url()>
                    <input type="hidden" name="workspace" value=self.viewer.workspace_slug.clone()/>
                    <input type="hidden" name="action" value=action.to_string()/>
                    <button class="btn" data-size="sm" data-variant="outline">
                        {self.say.undo}
                    </button>
                </form>
            }
        });
        let text = view! {
            <div class="actions">
                <span role="status">{said}</span>
                {undo}
            </div>
        };
        Some(banner(Tone::Info, "check", text.into_any()))
    }

    fn row(&self, row: &ConversationView, seq: i64) -> AnyView {
        let at = words::local(row.last_at, self.viewer.offset_minutes);
        let now = words::local(self.viewer.now, self.viewer.offset_minutes);
        let last = row.last.as_ref().map(|last| self.words.preview(last, last.sender_id == Some(self.viewer.person.id)));
        view! {
            <li>
                <label class="row">
                    {avatar(avatar_colour(row.contact_id.0), initials(&row.name), "")}
                    <input type="checkbox" class="pick" form="bulk" name="picked[]" value=Picked { seen: seq, id: row.id }.to_string()/>
                    <span class="row-text">
                        <span class="l1">
                            <span class="name">{row.name.clone()}</span>
                            <span class="t">{self.words.row_time(at, now)}</span>
                        </span>
                        <span class="l2">
                            <span class="p">{last}</span>
                        </span>
                    </span>
                </label>
            </li>
        }
        .into_any()
    }

    /// What can be done with those that are picked. With `scripted` as the inbox shows it: `picking.js` fills it in and sends it.
    fn bar(&self, scripted: bool) -> AnyView {
        let say = self.say;
        let head = scripted.then(|| {
            view! {
                <div class="bulk-head">
                    <span class="bulk-count" role="status" data-words=say.picked></span>
                    <button type="button" class="btn" data-size="xs" data-variant="outline" data-bulk="all">
                        {say.all}
                    </button>
                    <button type="button" class="tool" data-bulk="clear" title=say.clear aria-label=say.clear>
                        {icon("x")}
                    </button>
                </div>
            }
        });
        let replying = self.may_reply.then(|| {
            view! {
                {button("close", "check", say.close)}
                {menu("snooze", "alarm-clock", say.snooze, self.snoozing())}
            }
        });
        let labelling = self.may_reply.then(|| menu("labels", "tag", say.labels, self.labelling()));
        let assigning =
            (self.may_reply || !self.viewer.team.is_empty()).then(|| menu("assign", "user-round", say.assign, self.assigning()));
        view! {
            <form
                id="bulk"
                class="bulk"
                method="post"
                action=BulkWork::url()
                data-undo=scripted.then(UndoBulkWork::url)
                data-most=scripted.then(|| MAX_PICKED.to_string())
                data-too-many=scripted.then(|| fill(say.most, &[&MAX_PICKED.to_string()]))
                data-failed=scripted.then_some(say.failed)
                data-undo-label=scripted.then_some(say.undo)
                data-dismiss=scripted.then_some(say.dismiss)
            >
                // The first button is what Enter in a field presses: none.
                <button disabled hidden></button>
                <input type="hidden" name="workspace" value=self.viewer.workspace_slug.clone()/>
                <input type="hidden" name="action" value=Uuid::new_v4().to_string()/>
                {head}
                <div class="bulk-tools" role="toolbar" aria-label=say.bar>
                    {replying}
                    {assigning}
                    {labelling}
                    {menu("more", "ellipsis", say.more, self.others())}
                </div>
            </form>
        }
        .into_any()
    }

    fn snoozing(&self) -> AnyView {
        let say = self.say;
        let work = self.words.locale.work();
        let offset = self.viewer.offset_minutes;
        let now = words::local(self.viewer.now, offset);
        let presets = SnoozeUntil::PRESETS.into_iter().filter_map(|preset| Some((preset, preset.wall(now)?)));
        let presets = presets.map(|(preset, wall)| {
            let name = match preset {
                SnoozeUntil::Tomorrow => work.tomorrow,
                SnoozeUntil::Monday => work.monday,
                _ => work.later_today,
            };
            view! {
                <button class="mi" name="deed" value=preset.as_str()>
                    <span>{name}</span>
                    <span class="work-when">{self.words.moment(shown_as(wall), now)}</span>
                </button>
            }
        });
        view! {
            <div class="menu-group" role="group" aria-label=say.snooze>
                <p class="menu-title">{say.snooze}</p>
                {presets.collect_view()}
                <div class="work-form">
                    <label>
                        <span class="menu-title">{say.own_time}</span>
                        <input class="input" type="datetime-local" name="at" value=field_value(earliest_own(self.viewer.now, offset))/>
                    </label>
                    <button class="btn" data-size="sm" data-variant="outline" name="deed" value=SnoozeUntil::Own.as_str()>
                        {icon("alarm-clock")}
                        {say.snooze}
                    </button>
                </div>
            </div>
        }
        .into_any()
    }

    fn assigning(&self) -> AnyView {
        let say = self.say;
        let people = (!self.viewer.team.is_empty()).then(|| {
            let people = self.viewer.team.iter().map(|person| {
                let mine = person.id == self.viewer.person.id;
                let name = if mine { format!("{} ({})", person.name, self.words.you) } else { person.name.clone() };
                view! { <option value=person.id.to_string()>{name}</option> }
            });
            view! {
                <div class="work-form">
                    <label>
                        <span class="menu-title">{say.assignee}</span>
                        <select class="input" name="assignee">
                            <option value="">{say.nobody}</option>
                            {people.collect_view()}
                        </select>
                    </label>
                    <button class="btn" data-size="sm" data-variant="outline" name="deed" value="assign">
                        {icon("user-round")}
                        {say.assign}
                    </button>
                </div>
            }
        });
        let take = self.may_reply.then(|| choice("take", say.take));
        view! { <div class="menu-group" role="group" aria-label=say.assign>{take} {people}</div> }.into_any()
    }

    fn labelling(&self) -> AnyView {
        let say = self.say;
        let stages = self.labels.stages.iter().map(|stage| view! { <option value=stage.id.to_string()>{stage.name.clone()}</option> });
        let tags = self.labels.tags.iter().map(|tag| view! { <option value=tag.id.to_string()>{tag.name.clone()}</option> });
        let tagging = match self.labels.tags.is_empty() {
            true => view! { <p class="muted">{say.no_tags}</p> }.into_any(),
            false => view! {
                <div class="work-form">
                    <label>
                        <span class="menu-title">{say.tag}</span>
                        <select class="input" name="tag">
                            {tags.collect_view()}
                        </select>
                    </label>
                    <div class="actions">
                        <button class="btn" data-size="sm" data-variant="outline" name="deed" value="tag">
                            {icon("tag")}
                            {say.put_on}
                        </button>
                        <button class="btn" data-size="sm" data-variant="outline" name="deed" value="untag">
                            {say.take_off}
                        </button>
                    </div>
                </div>
            }
            .into_any(),
        };
        view! {
            <div class="menu-group" role="group" aria-label=say.tag>
                {tagging}
            </div>
            <div class="menu-group" role="group" aria-label=say.stage>
                <div class="work-form">
                    <label>
                        <span class="menu-title">{say.stage}</span>
                        <select class="input" name="stage">
                            {stages.collect_view()}
                            <option value="">{say.no_stage}</option>
                        </select>
                    </label>
                    <button class="btn" data-size="sm" data-variant="outline" name="deed" value="stage">
                        {say.move_to_stage}
                    </button>
                </div>
            </div>
        }
        .into_any()
    }

    fn others(&self) -> AnyView {
        let say = self.say;
        let replying = self.may_reply.then(|| {
            view! {
                <div class="menu-group" role="group" aria-label=say.close_with_reason>
                    <div class="work-form">
                        <label>
                            <span class="menu-title">{say.reason}</span>
                            <input class="input" name="reason" maxlength=MAX_REASON.to_string() autocomplete="off"/>
                        </label>
                        <button class="btn" data-size="sm" name="deed" value="close">
                            {icon("check")}
                            {say.close_with_reason}
                        </button>
                    </div>
                </div>
            }
        });
        let states = self.may_reply.then(|| {
            view! {
                {choice("raise", say.raise)}
                {choice("lower", say.lower)}
                {choice("reopen", say.reopen)}
            }
        });
        view! {
            <div class="menu-group" role="group" aria-label=say.more>
                {states}
                {choice("read", say.read)}
                {choice("unread", say.unread)}
            </div>
            {replying}
        }
        .into_any()
    }
}

/// A button of the bar itself.
fn button(deed: &'static str, icon_name: &'static str, label: &'static str) -> AnyView {
    view! {
        <button class="btn" data-size="sm" data-variant="outline" name="deed" value=deed>
            {icon(icon_name)}
            {label}
        </button>
    }
    .into_any()
}

/// One line of a menu.
fn choice(deed: &'static str, label: &'static str) -> AnyView {
    view! {
        <button class="mi" name="deed" value=deed>
            {label}
        </button>
    }
    .into_any()
}

fn menu(name: &'static str, icon_name: &'static str, label: &'static str, content: AnyView) -> AnyView {
    view! {
        <details class="work-menu bulk-menu" name="bulk-menu" data-menu=name>
            <summary class="tool" title=label aria-label=label>
                {icon(icon_name)}
            </summary>
            <div class="pop work-pop">{content}</div>
        </details>
    }
    .into_any()
}

/// After the form without script: back to this page and the list it showed, with what became of it.
pub fn back(workspace: &str, did: &str, answer: &crate::inbox::bulk::BulkAnswer) {
    let left = Refusal::ALL.map(|why| answer.refused.iter().filter(|(_, refusal)| *refusal == why).count().to_string());
    let action = if answer.undoable { format!("&action={}", answer.action) } else { String::new() };
    let said = format!("did={did}&done={}&left={}{action}", answer.done.len(), left.join("."));
    let view = ListView::parse(&request::query_before().unwrap_or_default());
    request::back_to_page_without_script(&view.address(&format!("/{workspace}/inbox/pick"), &said));
}
