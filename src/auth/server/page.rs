//! The sign-in page: one column, plain forms, no script needed.

use crate::{
    server::request,
    ui::{
        icon::{brand_mark, icon, icon_of},
        preferences::Theme,
    },
    words::{Locale, server::FrontDoor, use_words},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

/// Who may sign in with one click in demo mode: role, workspace, e-mail.
const DEMO_PEOPLE: [(&str, &str, &str); 4] = [
    ("owner", "demo", "owner@demo.test"),
    ("admin", "demo", "admin@demo.test"),
    ("member", "demo", "member@demo.test"),
    ("owner", "other", "owner@other.test"),
];

/// `/sign-in`. A refused attempt comes back with `?error=credentials` or `?error=throttled`.
#[component]
pub fn SignInPage() -> impl IntoView {
    if let Some(view) = super::clerk::pages::instead("sign-in") {
        return view;
    }
    let words = use_words().locale.front_door();
    let error = use_location().query.with_untracked(|query| query.get("error"));
    let problem = error.map(|error| match error.as_str() {
        "throttled" => words.throttled,
        _ => words.wrong_credentials,
    });
    let demo = request::app().is_ok_and(|app| app.config.demo);
    view! {
        <Title text=format!("{} · my21staff", words.sign_in)/>
        <div class="signin">
            <main id="utama" class="signin-main" tabindex="-1">
                <div class="signin-column">
                    <div class="signin-brand">{brand_mark("34")} <span class="h">"my21staff"</span></div>
                    <h1>{words.sign_in_title}</h1>
                    <p class="muted">{words.sign_in_subtitle}</p>
                    {sign_in_form(words, problem)}
                    {demo.then(|| demo_people(words))}
                    {language_choice()}
                </div>
            </main>
            {side(words)}
        </div>
    }
    .into_any()
}

fn sign_in_form(words: &'static FrontDoor, problem: Option<&'static str>) -> AnyView {
    let invalid = problem.map(|_| "true");
    let message = problem.map(|problem| {
        view! {
            <p id="sign-in-problem" role="alert" class="problem">
                {icon_of("circle-alert", "i size-3.5")}
                {problem}
            </p>
        }
    });
    view! {
        <form method="post" action="/sign-in" class="signin-form">
            <div class="field">
                <label for="email">{words.email}</label>
                <input
                    id="email"
                    class="input"
                    type="email"
                    name="email"
                    autocomplete="username"
                    required
                    aria-invalid=invalid
                    aria-describedby=invalid.map(|_| "sign-in-problem")
                />
            </div>
            <div class="field">
                <label for="password">{words.password}</label>
                <input
                    id="password"
                    class="input"
                    type="password"
                    name="password"
                    autocomplete="current-password"
                    required
                    aria-invalid=invalid
                    aria-describedby=invalid.map(|_| "sign-in-problem")
                />
                {message}
            </div>
            <button class="btn tall">{words.sign_in}</button>
        </form>
    }
    .into_any()
}

fn demo_people(words: &'static FrontDoor) -> AnyView {
    let buttons = DEMO_PEOPLE
        .map(|(role, workspace, email)| {
            view! {
                <form method="post" action="/api/dev/sign-in">
                    <button class="btn tall" data-variant="outline" name="email" value=email>
                        {icon("user-round")}
                        {(words.demo_as)((use_words().role)(role), workspace)}
                    </button>
                </form>
            }
        })
        .collect_view();
    view! {
        <section class="demo" aria-labelledby="demo-title">
            <h2 id="demo-title" class="rule">
                {words.demo_title}
            </h2>
            {buttons}
        </section>
    }
    .into_any()
}

pub(super) fn language_choice() -> AnyView {
    view! {
        <form method="post" action="/preferences" class="languages">
            <input type="hidden" name="back" value="/sign-in"/>
            <button class="hit" name="locale" value=Locale::Id.as_str() lang="id">
                "Bahasa Indonesia"
            </button>
            <button class="hit" name="locale" value=Locale::En.as_str() lang="en">
                "English"
            </button>
        </form>
        <form method="post" action="/preferences" class="languages">
            <input type="hidden" name="back" value="/sign-in"/>
            {theme_choice()}
        </form>
    }
    .into_any()
}

fn theme_choice() -> AnyView {
    let words = use_words();
    [(Theme::Light, words.theme_light), (Theme::Dark, words.theme_dark), (Theme::System, words.theme_system)]
        .map(|(theme, name)| {
            view! {
                <button class="hit" name="theme" value=theme.as_str()>
                    {name}
                </button>
            }
        })
        .collect_view()
        .into_any()
}

/// Decoration: what the product does, as a conversation.
pub(super) fn side(words: &'static FrontDoor) -> AnyView {
    view! {
        <aside class="side" aria-hidden="true">
            <div class="side-in">
                <p class="h side-title">
                    {words.tagline_first}
                    <br/>
                    {words.tagline_second}
                </p>
                <div class="msg in">
                    <div class="bubble">{words.example_question}</div>
                </div>
                <div class="msg out ari">
                    <div class="bubble">
                        <div class="who">{icon("sparkles")} "ARI"</div>
                        {words.example_answer}
                        <span class="meta">{icon_of("check-check", "i read")}</span>
                    </div>
                </div>
                <p class="side-note">{words.example_handover}</p>
                <div class="msg out">
                    <div class="bubble">
                        <div class="who">"Sekar"</div>
                        {words.example_reply}
                        <span class="meta">{icon("check-check")}</span>
                    </div>
                </div>
            </div>
        </aside>
    }
    .into_any()
}
