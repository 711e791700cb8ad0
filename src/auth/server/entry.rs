//! The pages on the way in, beside signing in itself: signing up, the link in the mail, forgotten passwords, the second step, temporary passwords.

use super::{
    clerk::pages::{elsewhere, instead},
    page::{entry, field, notices},
    resetting, sessions,
    signing_up::{self, Link},
};
use crate::{
    error::AppError,
    server::request,
    words::{server::AccountWords, use_words},
};
use axum::http::HeaderMap;
use leptos::prelude::*;
use leptos_router::{components::Redirect, hooks::use_location};

fn words() -> &'static AccountWords {
    use_words().locale.account()
}

/// A parameter of the page's address.
pub(super) fn parameter(name: &str) -> Option<String> {
    use_location().query.with_untracked(|query| query.get(name))
}

/// The headers that the page was asked with.
pub(super) fn headers() -> HeaderMap {
    use_context::<http::request::Parts>().map(|parts| parts.headers).unwrap_or_default()
}

/// Instead of a form: what happened, and where to go.
fn told(title: &'static str, text: &'static str, next: AnyView) -> AnyView {
    let body = view! { <div class="signin-form">{next}</div> }.into_any();
    entry(title, text, body)
}

fn link(href: &'static str, label: &'static str) -> AnyView {
    view! {
        <p class="entry-link">
            <a href=href rel="external">
                {label}
            </a>
        </p>
    }
    .into_any()
}

/// The demo's mails are a click away.
fn demo_mail() -> Option<AnyView> {
    let demo = request::app().is_ok_and(|app| matches!(app.config.mail.route, crate::server::config::MailRoute::Folder(_)));
    demo.then(|| {
        view! {
            <a class="btn tall" data-variant="outline" href="/sandbox/mail" rel="external">
                {words().demo_mail}
            </a>
        }
        .into_any()
    })
}

fn failed(error: &AppError) -> AnyView {
    let words = use_words();
    told(words.forbidden_title, "", view! { <p>{words.error(error)}</p> }.into_any())
}

/// `/sign-up`.
#[component]
pub fn SignUpPage() -> impl IntoView {
    if let Some(view) = instead("sign-up") {
        return view;
    }
    let words = words();
    if parameter("done").is_some() {
        let next = view! {
            {demo_mail()}
            {link("/sign-in", words.back_to_sign_in)}
        };
        return told(words.sign_up_sent_title, words.sign_up_sent_text, next.into_any());
    }
    let body = view! {
        {notices(words)}
        <form method="post" action="/sign-up" class="signin-form">
            {field("name", words.name, "text", "name", None)}
            {field("email", words.email, "email", "username", None)}
            {field("password", words.password, "password", "new-password", Some(words.password_hint))}
            <button class="btn tall">{words.sign_up}</button>
        </form>
        {link("/sign-in", words.have_account)}
    };
    entry(words.sign_up_title, words.sign_up_subtitle, body.into_any())
}

/// `/verify`, where the link in the mail leads. Opening it changes nothing; the button does.
#[component]
pub fn VerifyPage() -> impl IntoView {
    if let Some(view) = elsewhere("/sign-in") {
        return view;
    }
    let token = parameter("token").unwrap_or_default();
    let headers = headers();
    let body = move || {
        let (token, headers) = (token.clone(), headers.clone());
        Suspend::new(async move {
            let words = words();
            let looked = match request::app() {
                Ok(app) => signing_up::examine(&app, &headers, &token).await,
                Err(error) => Err(error),
            };
            let asks = match looked {
                Ok(Link::Ready) => false,
                Ok(Link::AskPassword) => true,
                Ok(Link::Dead) => {
                    let next = link("/sign-in", words.back_to_sign_in);
                    return told(words.verify_dead_title, words.verify_dead_text, next);
                }
                Err(error) => return failed(&error),
            };
            let body = view! {
                {notices(words)}
                <form method="post" action="/verify" class="signin-form">
                    <input type="hidden" name="token" value=token/>
                    {asks.then(|| field("password", words.password, "password", "current-password", None))}
                    <button class="btn tall">{words.verify}</button>
                </form>
            };
            entry(words.verify_title, if asks { words.verify_password } else { words.verify_text }, body.into_any())
        })
    };
    view! { <Suspense>{body}</Suspense> }.into_any()
}

/// `/forgot`.
#[component]
pub fn ForgotPage() -> impl IntoView {
    if let Some(view) = elsewhere("/sign-in") {
        return view;
    }
    let words = words();
    if parameter("done").is_some() {
        let next = view! {
            {demo_mail()}
            {link("/sign-in", words.back_to_sign_in)}
        };
        return told(words.forgot_sent_title, words.forgot_sent_text, next.into_any());
    }
    let body = view! {
        {notices(words)}
        <form method="post" action="/forgot" class="signin-form">
            {field("email", words.email, "email", "username", None)}
            <button class="btn tall">{words.forgot}</button>
        </form>
        {link("/sign-in", words.back_to_sign_in)}
    };
    entry(words.forgot_title, words.forgot_subtitle, body.into_any())
}

/// `/reset`, where the link in the mail leads.
#[component]
pub fn ResetPage() -> impl IntoView {
    if let Some(view) = elsewhere("/sign-in") {
        return view;
    }
    let token = parameter("token").unwrap_or_default();
    let body = move || {
        let token = token.clone();
        Suspend::new(async move {
            let words = words();
            let works = match request::app() {
                Ok(app) => resetting::works(&app, &token).await,
                Err(error) => Err(error),
            };
            match works {
                Ok(true) => {}
                Ok(false) => return told(words.reset_dead_title, words.reset_dead_text, link("/forgot", words.reset_again)),
                Err(error) => return failed(&error),
            }
            let body = view! {
                {notices(words)}
                <form method="post" action="/reset" class="signin-form">
                    <input type="hidden" name="token" value=token/>
                    {field("password", words.new_password, "password", "new-password", Some(words.password_hint))}
                    <button class="btn tall">{words.reset}</button>
                </form>
            };
            entry(words.reset_title, words.reset_subtitle, body.into_any())
        })
    };
    view! { <Suspense>{body}</Suspense> }.into_any()
}

/// `/sign-in/second`.
#[component]
pub fn SecondStepPage() -> impl IntoView {
    if let Some(view) = elsewhere("/sign-in") {
        return view;
    }
    let words = words();
    let body = view! {
        {notices(words)}
        <form method="post" action="/sign-in/second" class="signin-form">
            {field("code", words.second_code, "text", "one-time-code", Some(words.second_hint))}
            <button class="btn tall">{words.second}</button>
        </form>
        {super::page::passkey_form(words, None)}
        {link("/sign-in", words.cancel)}
        {super::page::passkey_script()}
    };
    entry(words.second_title, words.second_subtitle, body.into_any())
}

/// `/change-password`: the one page that a temporary password opens.
#[component]
pub fn ChangePasswordPage() -> impl IntoView {
    if let Some(view) = elsewhere("/sign-in") {
        return view;
    }
    let headers = headers();
    let body = move || {
        let headers = headers.clone();
        Suspend::new(async move {
            let words = words();
            let somebody = match request::app() {
                Ok(app) => sessions::anybody(&app, &headers).await,
                Err(error) => Err(error),
            };
            match somebody {
                Ok((_, true)) => {}
                Ok((_, false)) => return view! { <Redirect path="/account"/> }.into_any(),
                Err(AppError::SignedOut) => return view! { <Redirect path="/sign-in"/> }.into_any(),
                Err(error) => return failed(&error),
            }
            let body = view! {
                {notices(words)}
                <form method="post" action="/change-password" class="signin-form">
                    {field("new", words.new_password, "password", "new-password", Some(words.password_hint))}
                    <button class="btn tall">{words.must}</button>
                </form>
                <form method="post" action="/sign-out" class="entry-link">
                    <button class="linkish">{use_words().sign_out}</button>
                </form>
            };
            entry(words.must_title, words.must_subtitle, body.into_any())
        })
    };
    view! { <Suspense>{body}</Suspense> }.into_any()
}
