//! The sign-in page and the frame of all pages on the way in: one column, plain forms, no script needed.

use super::entry::parameter;
use crate::{
    server::request,
    ui::{
        icon::{brand_mark, icon, icon_of},
        preferences::Theme,
    },
    words::{
        Locale,
        server::{AccountWords, FrontDoor},
        use_words,
    },
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::Title;

/// Who may sign in with one click in demo mode: role, workspace, e-mail.
const DEMO_PEOPLE: [(&str, &str, &str); 4] = [
    ("owner", "demo", "owner@demo.test"),
    ("admin", "demo", "admin@demo.test"),
    ("member", "demo", "member@demo.test"),
    ("owner", "other", "owner@other.test"),
];

/// `/sign-in`. What happened comes back as `?problem=` or `?done=`.
#[component]
pub fn SignInPage() -> impl IntoView {
    if let Some(view) = super::clerk::pages::instead("sign-in") {
        return view;
    }
    let words = use_words().locale.front_door();
    let account = use_words().locale.account();
    let demo = request::app().is_ok_and(|app| app.config.demo);
    let back = parameter("back");
    let body = view! {
        {notices(account)}
        <form method="post" action="/sign-in" class="signin-form">
            {back.clone().map(|back| view! { <input type="hidden" name="back" value=back/> })}
            {field("email", words.email, "email", "username", None)}
            {field("password", words.password, "password", "current-password", None)}
            <button class="btn tall">{words.sign_in}</button>
        </form>
        {passkey_form(account, back)}
        <p class="entry-link">
            <a href="/forgot" rel="external">
                {account.to_forgot}
            </a>
        </p>
        <p class="entry-link">
            <a href="/sign-up" rel="external">
                {account.to_sign_up}
            </a>
        </p>
        {demo.then(|| demo_people(words))}
        {passkey_script()}
    };
    entry(words.sign_in_title, words.sign_in_subtitle, body.into_any())
}

/// The frame of every page on the way in.
pub(super) fn entry(title: &'static str, subtitle: &'static str, body: AnyView) -> AnyView {
    view! {
        <Title text=format!("{title} · my21staff")/>
        <div class="signin">
            <main id="utama" class="signin-main" tabindex="-1">
                <div class="signin-column">
                    <div class="signin-brand">{brand_mark("34")} <span class="h">"my21staff"</span></div>
                    <h1>{title}</h1>
                    <p class="muted">{subtitle}</p>
                    {body}
                    {language_choice()}
                </div>
            </main>
            {side(use_words().locale.front_door())}
        </div>
    }
    .into_any()
}

/// The frame of pages about oneself or the workspace: a bar, a title, sections.
pub fn settings(title: &'static str, body: AnyView) -> AnyView {
    let words = use_words();
    view! {
        <Title text=format!("{title} · my21staff")/>
        <div class="settings">
            <header class="settings-bar">
                <a class="settings-brand" href="/dashboard" rel="external">
                    {brand_mark("24")}
                    <span class="h">"my21staff"</span>
                </a>
                <a class="btn" data-variant="outline" data-size="sm" href="/dashboard" rel="external">
                    {words.locale.account().to_workspace}
                </a>
                <form method="post" action="/sign-out">
                    <button class="btn" data-variant="outline" data-size="sm">
                        {words.sign_out}
                    </button>
                </form>
            </header>
            <main id="utama" class="settings-main" tabindex="-1">
                <h1>{title}</h1>
                {body}
            </main>
        </div>
    }
    .into_any()
}

/// A required field with its name above and a hint below. `id` is also the name in the form.
pub(super) fn field(
    id: &'static str,
    label: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    hint: Option<&'static str>,
) -> AnyView {
    let refused = parameter("problem").is_some();
    let hint_id = format!("{id}-hint");
    let mut described: Vec<String> = hint.iter().map(|_| hint_id.clone()).collect();
    if refused {
        described.push("problem".into());
    }
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <input
                id=id
                class="input"
                type=kind
                name=id
                autocomplete=autocomplete
                inputmode=(autocomplete == "one-time-code").then_some("text")
                minlength=(autocomplete == "new-password").then_some("8")
                maxlength=if kind == "password" { "500" } else { "254" }
                required
                aria-invalid=refused.then_some("true")
                aria-describedby=(!described.is_empty()).then(|| described.join(" "))
            />
            {hint.map(|hint| view! { <p id=hint_id class="muted hint">{hint}</p> })}
        </div>
    }
    .into_any()
}

/// What the address of the page says of the last form.
pub(super) fn notices(words: &'static AccountWords) -> AnyView {
    let problem = parameter("problem").map(|code| {
        view! {
            <p id="problem" role="alert" class="problem notice">
                {icon_of("circle-alert", "i size-3.5")}
                {(words.problem)(&code)}
            </p>
        }
    });
    let done = parameter("done").and_then(|code| (words.done)(&code)).map(|text| {
        view! {
            <p role="status" class="banner info notice">
                {text}
            </p>
        }
    });
    view! {
        {problem}
        {done}
    }
    .into_any()
}

/// The way in with a passkey. Hidden until the script has found that the browser can.
pub(super) fn passkey_form(words: &'static AccountWords, back: Option<String>) -> AnyView {
    view! {
        <form class="signin-form" data-passkey="sign-in" hidden>
            {back.map(|back| view! { <input type="hidden" name="back" value=back/> })}
            <button class="btn tall" data-variant="outline">
                {icon("lock")}
                {words.passkey_sign_in}
            </button>
            <p role="alert" class="problem" hidden data-refused=words.passkey_refused data-throttled=words.passkey_throttled></p>
        </form>
    }
    .into_any()
}

/// The browser's half of passkeys, with the page's nonce.
pub(super) fn passkey_script() -> AnyView {
    view! { <script nonce=use_nonce() inner_html=include_str!("../passkeys.js")></script> }.into_any()
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
