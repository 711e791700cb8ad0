//! `/{workspace}/inbox/views`: a filter put together, and the views that have a name (F193). A plain page; the inbox shows its form in a dialog
//! (`filtering.js`).
//!
//! A form says of each group everything that can be asked: what is not ticked is not asked. What it says becomes an address of the list.

use super::{
    contact_fields::{self, Field, Kind},
    field_terms::{self, Typed, unfolded},
    plain,
    saved_views::{self, MAX_NAME, Names, SHARING, Wanted},
    views_form::{Asked, GROUPS, gathered, spread},
};
use crate::{
    error::{AppError, Conflict, Rule},
    inbox::{
        api::{DeleteView, ShapeView},
        filter::{FIELDS, MOST_TERMS, OWN, PART, RANGE, TODAY},
        list_view::{ListView, SavedView, Sort},
        model::Viewer,
    },
    server::{request, scope::Scope, state::App},
    ui::{
        banner::{Tone, banner},
        icon::icon,
    },
    words::{
        Words,
        server::{ViewWords, fill},
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
use std::collections::BTreeMap;
use uuid::Uuid;

/// Characters that an address carries of what was typed and refused.
const MOST_TYPED: usize = 2_000;
/// Days from today that can be chosen.
const DAYS: [&str; 7] = ["today..today", "today..today7", "today..today30", "today-7..today", "today-30..today", "..today-1", "today1.."];
/// Ages that can be chosen, in hours.
const AGES: [i64; 7] = [1, 4, 12, 24, 72, 168, 720];

/// What stands in the address beside the list.
#[derive(Clone, Default)]
struct Beside {
    edit: Option<Uuid>,
    name: Option<String>,
    shared: bool,
    /// What was typed of fields and refused, by [`Typed::key`].
    typed: BTreeMap<String, String>,
    /// A view that was deleted: [`Self::name`] and this are what it was.
    gone: Option<String>,
    error: Option<AppError>,
}

struct Page {
    say: &'static ViewWords,
    words: &'static Words,
    viewer: Viewer,
    may_share: bool,
    /// What that which can be ticked is called.
    names: Names,
    saved: Vec<SavedView>,
}

/// The page.
#[component]
pub fn ViewsPage() -> impl IntoView {
    let workspace = use_params_map().with_untracked(|params| params.get("workspace")).unwrap_or_default();
    let (view, beside) = use_location().query.with_untracked(|query| {
        let beside = Beside {
            edit: query.get("edit").and_then(|id| id.parse().ok()),
            name: plain::written("name").map(|name| name.chars().take(2 * MAX_NAME).collect()),
            shared: query.get("shared").is_some(),
            typed: plain::written("typed").map(|typed| plain::pairs(&typed)).unwrap_or_default(),
            gone: query.get("gone"),
            error: query.get("__err").map(|error| ServerFnUrlError::<AppError>::decode_err(&error)),
        };
        (ListView::read(|name| query.get(name)), beside)
    });
    let words = use_words();
    let content = Suspend::new(async move {
        let work = async {
            let (app, scope) = request::scope(&workspace).await?;
            let viewer = crate::workspace::server::viewer(&app, &scope).await?;
            Page::new(&app, &scope, words, viewer).await
        };
        match request::answered(work).await {
            Ok(page) => page.view(view, &beside),
            Err(AppError::SignedOut) => view! { <Redirect path="/sign-in"/> }.into_any(),
            Err(error) => plain::failed(words, &error),
        }
    });
    view! { <Suspense fallback=|| ()>{content}</Suspense> }.into_any()
}

impl Page {
    async fn new(app: &App, scope: &Scope, words: &'static Words, viewer: Viewer) -> Result<Self, AppError> {
        let mut tx = app.db.snapshot(scope).await?;
        let saved = saved_views::counted(&mut tx, scope, app.clock.now()).await?;
        let names = saved_views::names(&mut tx, scope).await?;
        let may_share = scope.permissions.has(SHARING);
        Ok(Self { say: words.locale.views(), words, viewer, may_share, names, saved })
    }

    fn inbox(&self, view: &ListView) -> String {
        view.address(&format!("/{}/inbox", self.viewer.workspace_slug), "")
    }

    fn said(&self, view: &ListView) -> String {
        self.say.view(view, self.words.locale.work(), |id| self.names.of(id))
    }

    fn view(&self, asked: ListView, beside: &Beside) -> AnyView {
        let say = self.say;
        let edited = beside.edit.and_then(|id| self.saved.iter().find(|saved| saved.id == id)).filter(|saved| self.may_change(saved));
        // After a refusal the address has what was written; else the view is as it was saved.
        let shown = match edited {
            Some(saved) if beside.error.is_none() => ListView::parse(&saved.view),
            _ => asked.clone(),
        };
        let content = view! {
            <div class="dialog-head">
                <h1 id="filtering-title">{say.title}</h1>
                <button type="button" class="tool" data-close="" title=say.close aria-label=say.close hidden>
                    {icon("x")}
                </button>
            </div>
            {self.notice(beside)}
            <div data-failed="" hidden>
                {banner(Tone::Danger, "wifi-off", say.failed.into_any())}
            </div>
            {self.form(&shown, edited, beside)}
            <section class="card">
                <h2>{say.saved}</h2>
                {self.saved.is_empty().then(|| view! { <p class="muted">{say.none_saved}</p> })}
                <ul class="saved-views">{self.saved.iter().map(|saved| self.saved(saved)).collect_view()}</ul>
            </section>
        };
        plain::page(say.title.into(), self.inbox(&asked), say.to_inbox, "plain-main filtering", content.into_any())
    }

    fn may_change(&self, saved: &SavedView) -> bool {
        self.may_share || !saved.shared
    }

    fn notice(&self, beside: &Beside) -> Option<AnyView> {
        let say = self.say;
        if let Some(error) = &beside.error {
            let text = match error {
                AppError::Conflict(Conflict::Refused(key)) => say.refusal(key),
                AppError::Invalid { field, rule: Rule::Malformed | Rule::TooLong(_) }
                    if self.names.fields.iter().any(|known| known.name == *field) =>
                {
                    return Some(banner(Tone::Danger, "circle-alert", fill(say.wrong_value, &[field]).into_any()));
                }
                AppError::Invalid { field, .. } if field == "name" => Some(say.no_name),
                AppError::Forbidden(_) => Some(say.may_not_share),
                _ => None,
            };
            let text = text.map_or_else(|| self.words.error(error), str::to_owned);
            return Some(banner(Tone::Danger, "circle-alert", text.into_any()));
        }
        let (gone, name) = (beside.gone.as_ref()?, beside.name.clone().unwrap_or_default());
        let undo = view! {
            <div class="actions">
                <span role="status">{fill(say.deleted, &[&name])}</span>
                <form method="post" action=ShapeView::url()>
                    {self.hidden("workspace", self.viewer.workspace_slug.clone())}
                    {self.hidden("view", ListView::parse(gone).to_string())}
                    {self.hidden("name", name)}
                    {beside.shared.then(|| self.hidden("shared", "true".into()))}
                    <button class="btn" data-size="sm" data-variant="outline" name="deed" value="restore">
                        {say.undo}
                    </button>
                </form>
            </div>
        };
        Some(banner(Tone::Info, "check", undo.into_any()))
    }

    fn hidden(&self, name: &'static str, value: String) -> AnyView {
        view! { <input type="hidden" name=name value=value/> }.into_any()
    }

    fn form(&self, shown: &ListView, edited: Option<&SavedView>, beside: &Beside) -> AnyView {
        let say = self.say;
        let groups = spread(shown);
        let name = beside.name.clone().filter(|_| beside.gone.is_none()).or_else(|| edited.map(|saved| saved.name.clone()));
        let shared = if beside.error.is_some() { beside.shared } else { edited.is_some_and(|saved| saved.shared) };
        let sorts = Sort::ALL.map(|sort| {
            view! {
                <option value=sort.as_str() selected=sort == shown.sort>
                    {self.words.locale.work().order(sort)}
                </option>
            }
        });
        let share = self.may_share.then(|| {
            view! {
                <label class="check">
                    <input type="checkbox" name="shared" value="true" checked=shared/>
                    {say.shared}
                </label>
            }
        });
        let naming = match edited {
            Some(saved) => fill(say.change, &[&saved.name]),
            None => say.keep.to_owned(),
        };
        view! {
            <form id="filtering" class="card filtering-form" method="post" action=ShapeView::url()>
                // What Enter in a field presses.
                <button name="deed" value="enter" hidden></button>
                {self.hidden("workspace", self.viewer.workspace_slug.clone())}
                {edited.map(|saved| self.hidden("id", saved.id.to_string()))}
                <p class="muted">{say.explain}</p>
                {(0..GROUPS).map(|place| self.group(place, groups.get(place), &beside.typed)).collect_view()}
                <div class="filter-row">
                    <label>
                        {say.sort}
                        <select class="input" name="sort">
                            {sorts}
                        </select>
                    </label>
                    <button class="btn" name="deed" value="show">
                        {icon("list-filter")}
                        {say.show}
                    </button>
                </div>
                <fieldset class="naming">
                    <legend>{naming}</legend>
                    <div class="filter-row">
                        <input
                            class="input"
                            name="name"
                            aria-label=say.name
                            placeholder=say.name
                            maxlength=MAX_NAME.to_string()
                            autocomplete="off"
                            value=name.unwrap_or_default()
                        />
                        {share}
                        <button class="btn" data-variant="outline" name="deed" value="save">
                            {if edited.is_some() { say.save_changes } else { say.save }}
                        </button>
                    </div>
                </fieldset>
            </form>
        }
        .into_any()
    }

    /// The conditions of one group. The first stands open; the others while they ask something.
    fn group(&self, place: usize, asked: Option<&Asked>, typed: &BTreeMap<String, String>) -> AnyView {
        let say = self.say;
        let is_on = |field: &str, value: &str| {
            asked.is_some_and(|asked| asked.iter().any(|(known, values)| known == field && values.iter().any(|known| known == value)))
        };
        let lines = FIELDS
            .iter()
            .filter(|(field, _)| match *field {
                "number" => self.names.numbers.len() > 1,
                "tag" => !self.names.tags.is_empty(),
                "tags" => self.names.tags.len() > 1,
                _ => true,
            })
            .map(|(field, values)| match *field {
                "within" | "older" => self.age(place, field, is_on),
                _ => {
                    let mut values: Vec<&str> = values.to_vec();
                    let more: &[(String, String)] = match *field {
                        "assignee" => &self.names.people,
                        "number" => &self.names.numbers,
                        "stage" => &self.names.stages,
                        "tag" | "tags" => &self.names.tags,
                        _ => &[],
                    };
                    // "me" is there already.
                    let me = self.viewer.person.id.to_string();
                    values.extend(more.iter().map(|(id, _)| id.as_str()).filter(|id| *id != me));
                    self.line(place, field, &values, is_on)
                }
            })
            .collect_view();
        let own = self
            .names
            .fields
            .iter()
            .map(|field| {
                let key = format!("{OWN}{}", field.id);
                let asked = asked.and_then(|asked| asked.iter().find(|(known, _)| *known == key)).map(|(_, values)| &values[..]);
                self.own(place, field, asked.unwrap_or_default(), typed)
            })
            .collect_view();
        let lines = view! {
            {lines}
            {own}
        };
        let is_of_place = |key: &String| key.get(1..).is_some_and(|rest| rest.starts_with(&format!("{place}-")));
        let is_open = asked.is_some_and(|asked| !asked.is_empty()) || typed.keys().any(is_of_place);
        match place {
            0 => view! {
                <fieldset class="filter-group">
                    <legend>{say.which_match}</legend>
                    {lines}
                </fieldset>
            }
            .into_any(),
            _ => view! {
                <details class="fold" open=is_open>
                    <summary>{say.or_match}</summary>
                    <div class="filter-group">{lines}</div>
                </details>
            }
            .into_any(),
        }
    }

    fn line(&self, place: usize, field: &'static str, values: &[&str], is_on: impl Fn(&str, &str) -> bool) -> AnyView {
        self.line_of(place, field, self.say.field(field), values, is_on)
    }

    fn line_of(&self, place: usize, field: &str, label: &str, values: &[&str], is_on: impl Fn(&str, &str) -> bool) -> AnyView {
        let boxes = values.iter().map(|value| self.tick(place, field, value, is_on(field, value))).collect_view();
        named(label, boxes.into_any())
    }

    fn tick(&self, place: usize, field: &str, value: &str, is_on: bool) -> AnyView {
        view! {
            <label class="check">
                <input type="checkbox" name="terms[]" value=format!("{place}:{field}:{value}") checked=is_on/>
                {self.say.value(field, value, |id| self.names.of(id))}
            </label>
        }
        .into_any()
    }

    /// A field that the workspace made, of which these values are asked: what can be typed of it or chosen in it, and whether it holds anything. What else is
    /// asked can be unticked.
    fn own(&self, place: usize, field: &Field, asked: &[String], typed: &BTreeMap<String, String>) -> AnyView {
        let say = self.say;
        let name = format!("{OWN}{}", field.id);
        let mut rest: Vec<&str> = asked.iter().map(String::as_str).collect();
        let mut take = |is: &dyn Fn(&str) -> bool| rest.iter().position(|value| is(value)).map(|at| rest.remove(at).to_owned());
        let written = |what: Typed, shown: String| typed.get(&what.key(place, field.id)).cloned().unwrap_or(shown);
        let entry = |what: Typed, label: &'static str, kind: &'static str, shown: String| {
            view! {
                <label class="filter-entry">
                    {label}
                    <input
                        class="input"
                        type=kind
                        inputmode=(field.kind == Kind::Number).then_some("decimal")
                        name=format!("typed[{}]", what.key(place, field.id))
                        maxlength=(kind == "text").then_some("200")
                        autocomplete="off"
                        value=written(what, shown)
                    />
                </label>
            }
        };
        let fixed = |value: &str| value.split(RANGE).all(|bound| !bound.starts_with(TODAY));
        let bounds = |range: Option<String>| {
            let (from, to) = range.as_deref().and_then(|range| range.split_once(RANGE)).map_or(("", ""), |both| both);
            let shown = |bound: &str| if field.kind == Kind::Number { say.bound(bound) } else { bound.to_owned() };
            (shown(from), shown(to))
        };
        let entries = match field.kind {
            Kind::Choice => {
                let all = field.choices.iter().map(|(id, _)| id.to_string());
                let boxes = all.map(|id| {
                    let is_on = take(&|value| value == id).is_some();
                    self.tick(place, &name, &id, is_on)
                });
                boxes.collect_view().into_any()
            }
            Kind::Text => {
                let part = take(&|value| value.starts_with(PART))
                    .map(|part| unfolded(part.strip_prefix(PART).unwrap_or(&part)))
                    .unwrap_or_default();
                entry(Typed::Part, say.contains, "text", part).into_any()
            }
            Kind::Number => {
                let (from, to) = bounds(take(&|value| value.contains(RANGE) && fixed(value)));
                view! {
                    {entry(Typed::From, say.from, "text", from)}
                    {entry(Typed::To, say.to, "text", to)}
                }
                .into_any()
            }
            Kind::Date => {
                let chosen = take(&|value| DAYS.contains(&value));
                let (from, to) = bounds(take(&|value| value.contains(RANGE) && fixed(value)));
                let options = DAYS.map(|days| {
                    view! {
                        <option value=format!("{place}:{name}:{days}") selected=chosen.as_deref() == Some(days)>
                            {say.value(&name, days, |id| self.names.of(id))}
                        </option>
                    }
                });
                view! {
                    <select class="input" name="terms[]" aria-label=say.days_away>
                        <option value="">{say.any_time}</option>
                        {options}
                    </select>
                    {entry(Typed::From, say.from, "date", from)}
                    {entry(Typed::To, say.to, "date", to)}
                }
                .into_any()
            }
        };
        let holds = ["any", "none"].map(|value| {
            let is_on = take(&|known| known == value).is_some();
            self.tick(place, &name, value, is_on)
        });
        let more = rest.iter().map(|value| self.tick(place, &name, value, true)).collect_view();
        let content = view! {
            {entries}
            {holds}
            {more}
        };
        named(&field.name, content.into_any())
    }

    fn age(&self, place: usize, field: &'static str, is_on: impl Fn(&str, &str) -> bool) -> AnyView {
        let options = AGES.map(|hours| {
            let value = hours.to_string();
            view! {
                <option value=format!("{place}:{field}:{value}") selected=is_on(field, &value)>
                    {self.say.duration(hours)}
                </option>
            }
        });
        view! {
            <label class="filter-line">
                <span class="filter-field">{self.say.field(field)}</span>
                <select class="input" name="terms[]">
                    <option value="">{self.say.any_time}</option>
                    {options}
                </select>
            </label>
        }
        .into_any()
    }

    fn saved(&self, saved: &SavedView) -> AnyView {
        let say = self.say;
        let view = ListView::parse(&saved.view);
        let unread = (saved.unread > 0).then(|| {
            view! {
                <span class="badge-n" role="img" aria-label=(self.words.unread)(saved.unread)>
                    {crate::inbox::list_view::written(saved.unread)}
                </span>
            }
        });
        let changing = self.may_change(saved).then(|| {
            view! {
                <a class="btn" data-size="sm" data-variant="outline" href=format!("?edit={}", saved.id) rel="external" data-edit="">
                    {say.edit}
                    <span class="sr-only">" " {saved.name.clone()}</span>
                </a>
                <form method="post" action=DeleteView::url()>
                    {self.hidden("workspace", self.viewer.workspace_slug.clone())}
                    {self.hidden("id", saved.id.to_string())}
                    <button class="btn" data-size="sm" data-variant="outline">
                        {say.delete}
                        <span class="sr-only">" " {saved.name.clone()}</span>
                    </button>
                </form>
            }
        });
        view! {
            <li>
                <div class="saved-view">
                    <a href=self.inbox(&view) rel="external">
                        {saved.name.clone()}
                    </a>
                    " "
                    <span class="mark grey">{if saved.shared { say.for_all } else { say.own }}</span>
                    " "
                    {unread}
                    <span class="muted">{self.said(&view)}</span>
                </div>
                <div class="actions">{changing}</div>
            </li>
        }
        .into_any()
    }
}

/// A line of a form.
fn named(label: &str, content: AnyView) -> AnyView {
    let label = label.to_owned();
    view! {
        <div class="filter-line" role="group" aria-label=label.clone()>
            <span class="filter-field">{label.clone()}</span>
            <div class="filter-values">{content}</div>
        </div>
    }
    .into_any()
}

/// What a form asked for.
pub struct Shaped {
    pub terms: Vec<String>,
    /// By [`Typed::key`].
    pub typed: BTreeMap<String, String>,
    pub sort: String,
    /// A list as an address has it, which wins over all of that.
    pub view: Option<ListView>,
    pub deed: String,
    pub name: String,
    pub shared: bool,
    pub id: Option<Uuid>,
}

/// Saves what shall be saved, and answers the address of the list. A form without script is led there; or back to the page with all that was written.
pub async fn shape(app: &App, scope: &Scope, workspace: &str, shaped: Shaped) -> Result<String, AppError> {
    let Shaped { mut terms, typed, sort, view, deed, name, shared, id } = shaped;
    let refused = |view: &ListView, error: AppError| {
        let typed: Vec<_> = typed.iter().filter(|(_, text)| !text.is_empty()).map(|(key, text)| (key.as_str(), text.as_str())).collect();
        let typed = plain::query(&typed).chars().take(MOST_TYPED).collect::<String>();
        let mut said = vec![("name", name.as_str()), ("typed", &typed)];
        let id = id.map(|id| id.to_string());
        said.extend(id.as_deref().map(|id| ("edit", id)));
        said.extend(shared.then_some(("shared", "1")));
        let page = view.address(&format!("/{workspace}/inbox/views"), &plain::query(&said));
        request::back_with_error(&page, ShapeView::PATH, &error);
        error
    };
    let view = match view {
        Some(view) => view,
        None => {
            if typed.values().any(|text| !text.trim().is_empty()) {
                let mut tx = app.db.snapshot(scope).await?;
                let fields = contact_fields::list(&mut tx, scope.workspace).await?;
                match field_terms::terms(&fields, GROUPS, &typed) {
                    Ok(more) => terms.extend(more),
                    Err(error) => return Err(refused(&gathered(&terms, &sort).unwrap_or_default(), error)),
                }
            }
            let too_much = || AppError::invalid("filter", Rule::TooMany(MOST_TERMS));
            gathered(&terms, &sort).ok_or_else(|| refused(&ListView::default(), too_much()))?
        }
    };
    let saves = match deed.as_str() {
        "save" | "restore" => true,
        "enter" => !name.trim().is_empty(),
        _ => false,
    };
    if saves {
        let wanted = Wanted { id, name: name.clone(), view: view.clone(), shared };
        if let Err(error) = saved_views::save(app, scope, wanted).await {
            return Err(refused(&view, error));
        }
    }
    let page = match deed.as_str() {
        "restore" => format!("/{workspace}/inbox/views"),
        _ => view.address(&format!("/{workspace}/inbox"), ""),
    };
    request::back_to_page_without_script(&page);
    Ok(page)
}

/// After a view was deleted: the page, with what was deleted, so that it can be put back.
pub fn deleted(workspace: &str, gone: &SavedView) {
    let mut said = vec![("name", gone.name.as_str()), ("gone", gone.view.as_str())];
    said.extend(gone.shared.then_some(("shared", "1")));
    request::back_to_page_without_script(&format!("/{workspace}/inbox/views?{}", plain::query(&said)));
}
