//! `/account`: a person's name and language, password, second factors and sessions. Forms and links; only adding a passkey needs script.

use super::{
    account::{self, Profile},
    entry::headers,
    factors::{self, Factors, Totp},
    page::{field, notices, passkey_script, settings},
    passkeys::{self, PasskeyRow},
    sessions::{self, SessionRow, signed_in},
    totp,
};
use crate::{
    error::AppError,
    server::{clock::offset_minutes, request, state::App},
    time::LocalTime,
    ui::load::blank,
    words::{Locale, server::AccountWords, use_words},
};
use axum::http::HeaderMap;
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_router::components::Redirect;

/// Everything that the page shows.
struct Shown {
    profile: Profile,
    factors: Factors,
    passkeys: Vec<PasskeyRow>,
    sessions: Vec<SessionRow>,
    /// Recovery codes that were just made.
    codes: Vec<String>,
    /// The present, in the zone that times are shown in.
    now: LocalTime,
    offset: i32,
}

async fn load(app: &App, headers: &HeaderMap) -> Result<Shown, AppError> {
    let somebody = signed_in(app, headers).await?;
    let now = app.clock.now();
    // A person has no zone of their own, and workspaces may differ.
    let offset = offset_minutes("Asia/Jakarta", now);
    Ok(Shown {
        profile: account::profile(app, somebody.person).await?,
        factors: factors::state_of(app, &somebody).await?,
        passkeys: passkeys::list(app, somebody.person).await?,
        sessions: sessions::list(app, &somebody).await?,
        codes: factors::to_read(app, &somebody, headers).await?,
        now: LocalTime::new(now.timestamp_millis(), offset),
        offset,
    })
}

impl Shown {
    fn moment(&self, at: DateTime<Utc>) -> String {
        use_words().moment(LocalTime::new(at.timestamp_millis(), self.offset), self.now)
    }
}

/// The page.
#[component]
pub fn AccountPage() -> impl IntoView {
    if let Some(view) = super::clerk::pages::elsewhere(super::clerk::pages::ORGANIZATION) {
        return view;
    }
    let headers = headers();
    let body = move || {
        let headers = headers.clone();
        Suspend::new(async move {
            let shown = match request::app() {
                Ok(app) => load(&app, &headers).await,
                Err(error) => Err(error),
            };
            match shown {
                Ok(shown) => page(&shown),
                Err(AppError::SignedOut) => view! { <Redirect path="/sign-in?back=/account"/> }.into_any(),
                Err(AppError::Forbidden(key)) if key == sessions::MUST_CHANGE => view! { <Redirect path="/change-password"/> }.into_any(),
                Err(error) => {
                    let words = use_words();
                    let home = view! { <a class="btn" data-size="sm" href="/" rel="external">{words.home}</a> }.into_any();
                    view! { <main id="utama" class="alone" tabindex="-1">{blank(1, "cloud-alert", words.forbidden_title.into(), words.error(&error), home)}</main> }
                        .into_any()
                }
            }
        })
    };
    view! { <Suspense>{body}</Suspense> }.into_any()
}

fn page(shown: &Shown) -> AnyView {
    let words = use_words().locale.account();
    let body = view! {
        <p class="muted">{shown.profile.email.clone()}</p>
        {notices(words)}
        {codes(words, &shown.codes)}
        {profile(words, &shown.profile)}
        {password(words, &shown.profile)}
        {second_factors(words, shown)}
        {session_list(words, shown)}
        {passkey_script()}
    };
    settings(words.account, body.into_any())
}

fn section(id: &'static str, title: &'static str, text: &'static str, body: AnyView) -> AnyView {
    let (heading, labelled) = (format!("{id}-title"), format!("{id}-title"));
    view! {
        <section id=id class="settings-part" aria-labelledby=labelled>
            <h2 id=heading>{title}</h2>
            {(!text.is_empty()).then(|| view! { <p class="muted">{text}</p> })}
            {body}
        </section>
    }
    .into_any()
}

/// A button that opens the password's field, which is the confirmation.
fn asks_password(id: &'static str, action: &'static str, label: &'static str, words: &'static AccountWords) -> AnyView {
    view! {
        <details class="settings-more">
            <summary class="btn" data-variant="outline" data-size="sm">
                {label}
            </summary>
            <form method="post" action=action class="settings-form">
                {password_field(id, words)}
                <button class="btn">{label}</button>
            </form>
        </details>
    }
    .into_any()
}

fn password_field(id: &'static str, words: &'static AccountWords) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{words.current_password}</label>
            <input id=id class="input" type="password" name="password" autocomplete="current-password" maxlength="500" required/>
        </div>
    }
    .into_any()
}

fn codes(words: &'static AccountWords, codes: &[String]) -> Option<AnyView> {
    let list = codes.iter().map(|code| view! { <li><code>{code.clone()}</code></li> }).collect_view();
    (!codes.is_empty()).then(|| {
        let body = view! {
            <ul class="settings-codes">{list}</ul>
            <form method="post" action="/account/recovery/read">
                <button class="btn">{words.recovery_read_done}</button>
            </form>
        };
        section("codes", words.recovery_read_title, words.recovery_read_text, body.into_any())
    })
}

fn profile(words: &'static AccountWords, profile: &Profile) -> AnyView {
    let chosen = profile.locale.as_deref().and_then(Locale::parse).unwrap_or(use_words().locale);
    let options = [(Locale::Id, "Bahasa Indonesia"), (Locale::En, "English")]
        .map(|(locale, name)| view! { <option value=locale.as_str() lang=locale.as_str() selected=locale == chosen>{name}</option> })
        .collect_view();
    let body = view! {
        <form method="post" action="/account/profile" class="settings-form">
            <div class="field">
                <label for="profile-name">{words.name}</label>
                <input id="profile-name" class="input" type="text" name="name" autocomplete="name" maxlength="100" required value=profile.name.clone()/>
            </div>
            <div class="field">
                <label for="profile-locale">{words.language}</label>
                <select id="profile-locale" class="input" name="locale">
                    {options}
                </select>
            </div>
            <button class="btn">{words.save}</button>
        </form>
    };
    section("profile", words.profile, "", body.into_any())
}

fn password(words: &'static AccountWords, profile: &Profile) -> AnyView {
    if !profile.has_password {
        let next = view! { <a class="btn" data-variant="outline" data-size="sm" href="/forgot" rel="external">{words.forgot_title}</a> };
        return section("password", words.change_password, words.no_password_text, next.into_any());
    }
    let body = view! {
        <form method="post" action="/account/password" class="settings-form">
            {field("current", words.current_password, "password", "current-password", None)}
            {field("new", words.new_password, "password", "new-password", Some(words.password_hint))}
            <button class="btn">{words.change_password}</button>
        </form>
    };
    section("password", words.change_password, words.change_password_text, body.into_any())
}

fn second_factors(words: &'static AccountWords, shown: &Shown) -> AnyView {
    let has_any = shown.factors.totp == Totp::On || !shown.passkeys.is_empty();
    let recovery = has_any.then(|| {
        view! {
            <h3>{words.recovery}</h3>
            <p class="muted">{(words.recovery_left)(shown.factors.codes_left)}</p>
            {asks_password("recovery-password", "/account/recovery", words.recovery_new, words)}
        }
    });
    let body = view! {
        {generator(words, &shown.factors.totp)}
        {passkey_list(words, shown)}
        {recovery}
    };
    section("totp", words.factors, words.factors_text, body.into_any())
}

fn generator(words: &'static AccountWords, state: &Totp) -> AnyView {
    let (standing, body) = match state {
        Totp::Off => (words.totp_off, asks_password("totp-password", "/account/totp/start", words.totp_start, words)),
        Totp::On => (words.totp_on, asks_password("totp-password", "/account/totp/remove", words.totp_remove, words)),
        Totp::SettingUp { secret, address } => (words.totp_off, setting_up(words, secret, address)),
    };
    view! {
        <h3>{words.totp} <span class="tag">{standing}</span></h3>
        {body}
    }
    .into_any()
}

fn setting_up(words: &'static AccountWords, secret: &str, address: &str) -> AnyView {
    let picture = totp::qr_path(address).map(|(path, size)| {
        view! {
            <svg class="qr" role="img" aria-label=words.totp_qr viewBox=format!("0 0 {size} {size}") shape-rendering="crispEdges">
                <path fill="#fff" d=format!("M0,0h{size}v{size}h-{size}z")></path>
                <path fill="#000" d=path></path>
            </svg>
        }
    });
    let grouped = secret.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ");
    view! {
        <p>{words.totp_scan}</p>
        {picture}
        <p class="muted">{words.totp_secret} " " <code>{grouped}</code></p>
        <p>
            <a href=address.to_owned()>{words.totp_open}</a>
        </p>
        <form method="post" action="/account/totp/confirm" class="settings-form">
            {field("code", words.totp_code, "text", "one-time-code", None)}
            <button class="btn">{words.totp_confirm}</button>
        </form>
    }
    .into_any()
}

fn passkey_list(words: &'static AccountWords, shown: &Shown) -> AnyView {
    let rows = shown
        .passkeys
        .iter()
        .map(|passkey| {
            let used = passkey.last_used_at.map_or_else(|| words.never_used.to_owned(), |at| (words.last_used)(&shown.moment(at)));
            let id = format!("remove-{}", passkey.id);
            view! {
                <li class="settings-row">
                    <div>
                        <b>{passkey.name.clone()}</b>
                        <p class="muted">{(words.added)(&shown.moment(passkey.created_at))} " · " {used}</p>
                    </div>
                    <details class="settings-more">
                        <summary class="btn" data-variant="outline" data-size="sm" aria-label=(words.passkey_remove_of)(&passkey.name)>
                            {words.passkey_remove}
                        </summary>
                        <form method="post" action="/account/passkeys/remove" class="settings-form">
                            <input type="hidden" name="passkey" value=passkey.id.to_string()/>
                            <div class="field">
                                <label for=id.clone()>{words.current_password}</label>
                                <input id=id class="input" type="password" name="password" autocomplete="current-password" maxlength="500" required/>
                            </div>
                            <button class="btn">{(words.passkey_remove_of)(&passkey.name)}</button>
                        </form>
                    </details>
                </li>
            }
        })
        .collect_view();
    view! {
        <h3>{words.passkeys}</h3>
        <p class="muted">{words.passkeys_text}</p>
        {if shown.passkeys.is_empty() {
            view! { <p class="muted">{words.passkeys_none}</p> }.into_any()
        } else {
            view! { <ul class="settings-list">{rows}</ul> }.into_any()
        }}
        <noscript>
            <p class="muted">{words.passkey_no_script}</p>
        </noscript>
        <form class="settings-form" data-passkey="register" hidden>
            <div class="field">
                <label for="passkey-name">{words.passkey_name}</label>
                <input id="passkey-name" class="input" type="text" name="name" maxlength="60" required placeholder=words.passkey_name_hint/>
            </div>
            {password_field("passkey-password", words)}
            <button class="btn">{words.passkey_add}</button>
            <p role="alert" class="problem" hidden data-refused=words.passkey_refused data-throttled=words.passkey_throttled></p>
        </form>
    }
    .into_any()
}

fn session_list(words: &'static AccountWords, shown: &Shown) -> AnyView {
    let rows = shown
        .sessions
        .iter()
        .map(|session| {
            let device = if session.device.is_empty() { words.unknown_device.to_owned() } else { session.device.clone() };
            let used = session.last_seen_at.map(|at| (words.last_used)(&shown.moment(at)));
            let details: Vec<String> = used.into_iter().chain((!session.address.is_empty()).then(|| session.address.clone())).collect();
            let end = match session.current {
                true => view! { <span class="tag">{words.this_session}</span> }.into_any(),
                false => view! {
                    <form method="post" action="/account/sessions/end">
                        <input type="hidden" name="session" value=session.id.to_string()/>
                        <button class="btn" data-variant="outline" data-size="sm" aria-label=(words.end_session_of)(&device)>
                            {words.end_session}
                        </button>
                    </form>
                }
                .into_any(),
            };
            view! {
                <li class="settings-row">
                    <div>
                        <b>{device}</b>
                        <p class="muted">{details.join(" · ")}</p>
                    </div>
                    {end}
                </li>
            }
        })
        .collect_view();
    let others = (shown.sessions.len() > 1).then(|| {
        view! {
            <details class="settings-more">
                <summary class="btn" data-variant="outline" data-size="sm">
                    {words.end_others}
                </summary>
                <form method="post" action="/account/sessions/end-others" class="settings-form">
                    <button class="btn">{words.end_others_sure}</button>
                </form>
            </details>
        }
    });
    let body = view! {
        <ul class="settings-list">{rows}</ul>
        {others}
    };
    section("sessions", words.sessions, words.sessions_text, body.into_any())
}
