//! `/{workspace}/settings/notices`: the reader's devices, what they are called for, and when not.

use super::*;
use crate::{
    inbox::{
        concerns::{Cause, Deaf},
        server::written,
    },
    push::server::{self as push, Device},
    words::server::NoticeWords,
    workspace::{
        api::{RemoveDevice, SaveNotices, TestNotice},
        server::settings,
    },
};
use leptos::server_fn::ServerFn;

/// The page.
#[component]
pub fn NoticesPage() -> impl IntoView {
    let say_here = say();
    let words = say_here.locale.notices();
    let refused =
        use_location().query.with_untracked(|query| query.get("__err")).map(|error| ServerFnUrlError::<AppError>::decode_err(&error));
    let typed = matches!(&refused, Some(AppError::Invalid { .. })).then(Typed::read);
    let told = match (refused, asked("done").as_str()) {
        (Some(AppError::Invalid { field, .. }), _) if field == "quiet" => alert(words.bad_quiet.into()),
        (Some(AppError::Invalid { field, .. }), _) if field == "digest" => alert(words.bad_digest.into()),
        (None, "none") => alert(words.none.into()),
        (None, "unreached") => alert(words.unreached.into()),
        _ => outcome(say_here, &[("removed", words.removed), ("called", words.called)]),
    };
    settings_page(Part::Notices, async move |app, scope, say| {
        let zone = settings::read(&app, &scope).await?.time_zone;
        let offset = crate::server::clock::offset_minutes(&zone, app.clock.now());
        let now = LocalTime::new(app.clock.millis(), offset);
        let moment = |at: DateTime<Utc>| say.words.moment(LocalTime::new(at.timestamp_millis(), offset), now);
        let list = push::list(&app, &scope).await?;
        let rule = push::read(&app, &scope).await?;
        Ok(view! {
            {told}
            {devices(words, &scope, &list, moment)}
            {choices(words, &scope, &typed.unwrap_or_else(|| Typed::of(rule)), &zone)}
        }
        .into_any())
    })
}

/// What stands in the form.
struct Typed {
    deaf: Deaf,
    quiet_from: String,
    quiet_until: String,
    digest: String,
}

impl Typed {
    fn of(rule: push::Rule) -> Self {
        let time = |minute: Option<i16>| minute.map(|minute| format!("{:02}:{:02}", minute / 60, minute % 60)).unwrap_or_default();
        Self {
            deaf: rule.deaf,
            quiet_from: time(rule.quiet.map(|quiet| quiet.from)),
            quiet_until: time(rule.quiet.map(|quiet| quiet.until)),
            digest: time(rule.digest),
        }
    }

    /// As somebody wrote it who was refused.
    fn read() -> Self {
        let said = |name: &str| written(name).unwrap_or_default();
        Self {
            deaf: Deaf(said("deaf").parse().unwrap_or_default()),
            quiet_from: said("quiet_from"),
            quiet_until: said("quiet_until"),
            digest: said("digest"),
        }
    }
}

fn devices(words: &'static NoticeWords, scope: &Scope, list: &[Device], moment: impl Fn(DateTime<Utc>) -> String) -> AnyView {
    let rows = list
        .iter()
        .map(|device| {
            let name = if device.label.is_empty() { words.unknown_device.to_owned() } else { device.label.clone() };
            let about = match device.reached_at {
                Some(at) => fill(words.reached, &[&moment(at)]),
                None => fill(words.since, &[&moment(device.created_at)]),
            };
            view! {
                <li>
                    <span>
                        <b>{name.clone()}</b>
                        {device.here.then(|| format!(" ({})", words.this_one))}
                        " "
                        <span class="muted">{about}</span>
                    </span>
                    <form method="post" action=RemoveDevice::url()>
                        {hidden("workspace", scope.slug.clone())}
                        {hidden("device", device.id.to_string())}
                        <button class="btn" data-size="sm" data-variant="outline">
                            {words.remove}
                            <span class="sr-only">" " {name}</span>
                        </button>
                    </form>
                </li>
            }
        })
        .collect_view();
    let shown = match list.is_empty() {
        true => view! {
            <p>{words.no_devices}</p>
            <p>
                <a class="btn" data-size="sm" data-variant="outline" href=format!("/{}/inbox", scope.slug) rel="external">
                    {words.to_inbox}
                </a>
            </p>
        }
        .into_any(),
        false => view! {
            <ul class="holidays">{rows}</ul>
            <form method="post" action=TestNotice::url()>
                {hidden("workspace", scope.slug.clone())}
                <button class="btn" data-size="sm">
                    {words.try_it}
                </button>
            </form>
        }
        .into_any(),
    };
    let content = view! {
        <p class="muted">{words.devices_text}</p>
        {shown}
    };
    card(words.devices.into(), content.into_any())
}

fn choices(words: &'static NoticeWords, scope: &Scope, typed: &Typed, zone: &str) -> AnyView {
    let boxes = Cause::CHOICES
        .map(|cause| {
            let (name, label) = words.choice(cause);
            view! {
                <label class="check">
                    <input type="checkbox" name=name value="on" checked=!typed.deaf.is_to(cause)/>
                    {label}
                </label>
            }
        })
        .collect_view();
    let time = |id: &'static str, label: &'static str, value: &str, hint: &'static str| {
        view! {
            <div class="field">
                <label for=id>{label}</label>
                <input id=id class="input short" type="time" name=id value=value.to_owned() aria-describedby=hint/>
            </div>
        }
    };
    let form = view! {
        <form method="post" action=SaveNotices::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            <p class="muted">{words.choices_text}</p>
            {boxes}
            <fieldset class="week">
                <legend>{words.quiet}</legend>
                <p id="quiet-hint" class="cap muted">
                    {fill(words.quiet_text, &[zone])}
                </p>
                {time("quiet_from", words.quiet_from, &typed.quiet_from, "quiet-hint")}
                {time("quiet_until", words.quiet_until, &typed.quiet_until, "quiet-hint")}
            </fieldset>
            <fieldset class="week">
                <legend>{words.digest}</legend>
                <p id="digest-hint" class="cap muted">
                    {fill(words.digest_text, &[zone])}
                </p>
                {time("digest", words.digest_at, &typed.digest, "digest-hint")}
            </fieldset>
            <button class="btn" data-size="sm">
                {words.save}
            </button>
        </form>
    };
    card(words.choices.into(), form.into_any())
}
