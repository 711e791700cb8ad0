//! What a team says of a contact, in the contact's pane: the stage and the tags. Forms in `details`, so all of it works without script.

use super::{
    api::{self, MoveToStage, TagContact},
    keys,
    labels::{MAX_LABEL, Stage, Tag},
    model::*,
    store::{Inbox, Row, Thread},
    work_menu::{Menu, escape, focus, shut, work, work_form},
};
use crate::ui::{browser, each::each, icon::icon};
use leptos::{ev, html, prelude::*, server_fn::ServerFn};
use std::time::Duration;
use uuid::Uuid;
use wasm_bindgen::JsCast;

/// The id of the field in which tags are looked for.
const FIND: &str = "find-tag";

/// A stage by its dot and its name.
pub fn stage_mark(stage: &Stage) -> AnyView {
    view! {
        <span class="stage" data-temperature=stage.temperature.clone()>
            {stage.name.clone()}
        </span>
    }
    .into_any()
}

/// The stage of a row's contact, where there is one.
pub fn stage_of(inbox: Inbox, view: &ConversationView) -> Option<AnyView> {
    view.stage?;
    inbox.labels.with(|labels| labels.stage(view.stage).map(stage_mark))
}

/// What is said of the contact, and saying something else.
pub fn labelling(inbox: Inbox, thread: &Thread) -> AnyView {
    let words = work(inbox);
    let row = thread.row.clone();
    let may = inbox.may_reply();
    let stage = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.stage))
    };
    let tags = {
        let view = row.view.clone();
        Memo::new(move |_| view.with(|view| view.tags.clone()))
    };
    let in_stage = move || {
        inbox.labels.with(|labels| match labels.stage(stage.get()) {
            Some(stage) => stage_mark(stage),
            None => view! { <span class="muted">{words.no_stage}</span> }.into_any(),
        })
    };
    let given = move || {
        inbox.labels.with(|labels| tags.with(|tags| labels.tags.iter().filter(|tag| tags.contains(&tag.id)).cloned().collect::<Vec<_>>()))
    };
    if !may {
        let given = move || match given() {
            none if none.is_empty() => view! { <span class="muted">{words.no_tags}</span> }.into_any(),
            given => given.into_iter().map(|tag| view! { <span class="tag-mark">{tag.name}</span> }).collect_view().into_any(),
        };
        return view! {
            <section class="sec labels">
                <dl class="kv">
                    <dt>{words.stage}</dt>
                    <dd>{in_stage}</dd>
                    <dt>{words.tags}</dt>
                    <dd class="tag-marks">{given}</dd>
                </dl>
            </section>
        }
        .into_any();
    }
    let (stage_menu, tag_menu) = (Menu::new(), Menu::new());
    let painted = thread.painted.clone();
    follow(stage_menu, tag_menu, painted.clone());
    let stages = {
        let (row, painted) = (row.clone(), painted.clone());
        move || painted.get().then(|| stages(inbox, &row, stage, stage_menu))
    };
    let finder = {
        let row = row.clone();
        move || painted.get().then(|| untrack(|| finder(inbox, &row, tags, tag_menu)))
    };
    view! {
        <section class="sec labels">
            <div class="label-line">
                <span class="label-name">{words.stage}</span>
                <details class="work-menu" node_ref=stage_menu on:keydown=move |event| escape(stage_menu, &event)>
                    <summary class="label-choice">
                        <span class="sr-only">{words.stage} ": "</span>
                        {in_stage}
                        {icon("chevron-down")}
                    </summary>
                    <div class="pop work-pop">{stages}</div>
                </details>
            </div>
            <div class="label-line">
                <span class="label-name">{words.tags}</span>
                <div class="tag-marks" role="group" aria-label=words.tags>
                    {each(given, |tag| (tag.id, tag.name.clone()), move |tag| given_tag(inbox, &row, tag, tag_menu))}
                    <details
                        class="work-menu"
                        node_ref=tag_menu
                        on:toggle=move |_| opened(tag_menu)
                        on:keydown=move |event| escape(tag_menu, &event)
                    >
                        <summary class="tag-mark add" title=words.add_tag aria-label=words.add_tag>
                            {icon("plus")}
                            {words.tag}
                        </summary>
                        <div class="pop work-pop">{finder}</div>
                    </details>
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn stages(inbox: Inbox, row: &Row, stage: Memo<Option<Uuid>>, menu: Menu) -> AnyView {
    let words = work(inbox);
    let choice = |of: Option<Stage>| {
        let id = of.as_ref().map(|stage| stage.id);
        let name = match &of {
            Some(stage) => stage_mark(stage),
            None => words.no_stage.into_any(),
        };
        let inside = view! {
            <input type="hidden" name="stage" value=id.map(|id| id.to_string()).unwrap_or_default()/>
            <button class="mi" aria-current=move || (stage.get() == id).then_some("true")>
                {name}
            </button>
        };
        let act = move |row: &Row| {
            done(menu);
            let stage = id.map(|id| id.to_string()).unwrap_or_default();
            inbox.change(row, api::move_to_stage(inbox.slug(), row.id, stage));
        };
        work_form(inbox, row, "", MoveToStage::url(), false, inside.into_any(), act)
    };
    let choices = inbox.labels.with(|labels| labels.stages.iter().cloned().map(Some).chain([None]).map(choice).collect_view());
    view! {
        <div class="menu-group" role="group" aria-label=words.stage>
            {choices}
        </div>
    }
    .into_any()
}

fn put_on(inbox: Inbox, row: &Row, tag: String, on: bool) {
    inbox.change(row, api::tag_contact(inbox.slug(), row.id, tag, on));
}

/// A tag that the contact has, with a way to take it off.
fn given_tag(inbox: Inbox, row: &Row, tag: Tag, menu: Menu) -> AnyView {
    let id = tag.id.to_string();
    let label = (work(inbox).untag)(&tag.name);
    let inside = view! {
        <input type="hidden" name="tag" value=id.clone()/>
        {tag.name}
        <button class="untag" title=label.clone() aria-label=label.clone()>
            {icon("x")}
        </button>
    };
    let act = move |row: &Row| {
        // The button goes with the tag.
        done(menu);
        put_on(inbox, row, id.clone(), false);
    };
    work_form(inbox, row, "tag-mark", TagContact::url(), false, inside.into_any(), act)
}

/// Where a tag is found by typing, or made.
fn finder(inbox: Inbox, row: &Row, given: Memo<Vec<Uuid>>, menu: Menu) -> AnyView {
    let words = work(inbox);
    let may_make = inbox.viewer.with_value(|viewer| viewer.may_label);
    let field = NodeRef::<html::Input>::new();
    let typed = RwSignal::new(String::new());
    let fits = move |tag: &&Tag| {
        given.with(|given| !given.contains(&tag.id)) && typed.with(|typed| tag.name.to_lowercase().contains(&typed.trim().to_lowercase()))
    };
    let named = move || typed.with(|typed| inbox.labels.with(|labels| labels.tags.iter().any(|tag| is_called(tag, typed))));
    let add = move |row: &Row, tag: String| {
        done(menu);
        typed.set(String::new());
        put_on(inbox, row, tag, true);
    };
    // Enter takes the tag that is called so; else the only one that fits, for whoever cannot make one. It is the marked one.
    let taken = Memo::new(move |_| {
        typed.with(|typed| {
            inbox.labels.with(|labels| {
                let called = labels.tags.iter().find(|tag| is_called(tag, typed));
                let mut fitting = labels.tags.iter().filter(fits);
                let only = fitting.next().filter(|_| !may_make && !typed.trim().is_empty() && fitting.next().is_none());
                called.or(only).map(|tag| tag.id)
            })
        })
    });
    let act = move |row: &Row| {
        let text = typed.get_untracked().trim().to_owned();
        if !text.is_empty() {
            add(row, taken.get_untracked().map_or(text, |tag| tag.to_string()));
        }
    };
    let inside = view! {
        <input type="hidden" name="on" value="true"/>
        <input
            id=FIND
            class="input"
            name="tag"
            aria-label=words.find_tag
            placeholder=words.find_tag
            maxlength=MAX_LABEL.to_string()
            autocomplete="off"
            required
            node_ref=field
            prop:value=typed
            on:input:target=move |event| typed.set(event.target().value())
        />
    };
    let find = work_form(inbox, row, "tag-find", TagContact::url(), false, inside.into_any(), act);
    let choice = {
        let row = row.clone();
        move |value: String, name: AnyView, marked: Signal<bool>| {
            let chosen = value.clone();
            let inside = view! {
                <input type="hidden" name="on" value="true"/>
                <input type="hidden" name="tag" value=value/>
                <button class="mi" data-enter=move || marked.get().then_some("")>
                    {name}
                </button>
            };
            work_form(inbox, &row, "", TagContact::url(), false, inside.into_any(), move |row| add(row, chosen.clone()))
        }
    };
    let make = {
        let choice = choice.clone();
        move || {
            let text = typed.with(|typed| typed.trim().to_owned());
            let makes = may_make && !text.is_empty() && !named();
            makes.then(|| choice(text.clone(), view! { {icon("plus")} {(words.make_tag)(&text)} }.into_any(), Signal::derive(|| true)))
        }
    };
    let choices = move || {
        let fitting: Vec<Tag> = inbox.labels.with(|labels| labels.tags.iter().filter(fits).cloned().collect());
        let none = fitting.is_empty() && (!may_make || typed.with(|typed| typed.trim().is_empty()));
        let none = none.then(|| view! { <p class="muted">{if may_make { words.no_tag_yet } else { words.no_tag_fits }}</p> });
        view! {
            {fitting.into_iter().map(|tag| choice(tag.id.to_string(), tag.name.into_any(), Signal::derive(move || taken.get() == Some(tag.id)))).collect_view()}
            {none}
        }
    };
    view! {
        <div class="menu-group">{find}</div>
        <div class="menu-group tag-list" role="group" aria-label=words.tag>
            {choices}
            {make}
        </div>
    }
    .into_any()
}

fn is_called(tag: &Tag, name: &str) -> bool {
    tag.name.to_lowercase() == name.trim().to_lowercase()
}

/// Something was chosen: the menu shuts, and the focus is where it was opened.
fn done(menu: Menu) {
    shut(menu);
    if let Some(menu) = menu.get_untracked() {
        focus(&menu, "summary");
    }
}

/// Puts the cursor where tags are looked for.
fn find(menu: Menu) -> bool {
    let Some(element) = menu.get_untracked().filter(|menu| menu.client_width() > 0) else { return false };
    let _ = element.set_attribute("open", "");
    focus(&element, "input.input");
    true
}

/// A tag can be typed as soon as the menu is open.
fn opened(menu: Menu) {
    if menu.get_untracked().is_some_and(|menu| menu.has_attribute("open")) {
        find(menu);
    }
}

/// The key for tags; and menus shut when one clicks beside them.
fn follow(stage_menu: Menu, tag_menu: Menu, painted: ArcRwSignal<bool>) {
    Effect::new(move |_| {
        let painted = painted.clone();
        let keys = window_event_listener(ev::keydown, move |event| {
            if event.key() != "t" || event.repeat() || !keys::is_key(&event) {
                return;
            }
            event.prevent_default();
            // A key that was faster than the screen: the menu is made now.
            if !painted.get_untracked() {
                painted.set(true);
            }
            // Where the pane is not beside the thread it is opened first.
            if !find(tag_menu) && browser::press(".contact-link") {
                let opened = move || {
                    find(tag_menu);
                };
                set_timeout(opened, Duration::from_millis(50));
            }
        });
        let clicks = window_event_listener(ev::click, move |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
            for menu in [stage_menu, tag_menu] {
                if menu.get_untracked().is_some_and(|element| !element.contains(target.as_ref())) {
                    shut(menu);
                }
            }
        });
        on_cleanup(move || {
            keys.remove();
            clicks.remove();
        });
    });
}
