//! `/{workspace}/settings/service`: working hours, holidays, and how long customers wait at most. Everybody reads them.

use super::*;
use crate::{
    inbox::server::written,
    words::server::ServiceWords,
    workspace::{
        api::{AddHolidays, RemoveHoliday, SaveAssignment, SaveService, SetAway},
        server::{
            service::{self, Assignment, Holiday, Mode, Promises, Service, Week},
            settings,
        },
    },
};
use chrono::{Datelike, NaiveDate};
use leptos::server_fn::ServerFn;
use uuid::Uuid;

/// The page. After a refusal the address has what was written.
#[component]
pub fn ServicePage() -> impl IntoView {
    let say_here = say();
    let words = say_here.locale.service();
    let refused =
        use_location().query.with_untracked(|query| query.get("__err")).map(|error| ServerFnUrlError::<AppError>::decode_err(&error));
    let told = match refused.as_ref().and_then(|error| problem_of(words, error)) {
        Some(problem) => alert(problem),
        None => outcome(say_here, &[("removed", words.removed)]),
    };
    // Only the form of hours is carried along, and by itself: another one's refusal says nothing of it.
    let typed = (refused.is_some() && asked("__path") == SaveService::PATH).then(Typed::read);
    let (day, name) = (asked("day"), written("holiday").unwrap_or_default());
    settings_page(Part::Service, async move |app, scope, say| {
        let set = service::read(&app, &scope).await?;
        let zone = settings::read(&app, &scope).await?.time_zone;
        let today = today(app.clock.now(), &zone);
        let (rule, teams) = service::read_assignment(&app, &scope).await?;
        let away = match rule.is_some() && scope.permissions.has(Permission::Reply) {
            true => Some(service::is_away(&app, &scope).await?),
            false => None,
        };
        let typed = typed.unwrap_or_else(|| Typed::of(&set.promises, &set.week, say.locale));
        Ok(view! {
            {told}
            {away.map(|away| whether_away(words, &scope, away))}
            {promises(say, words, &scope, &typed, &zone)}
            {giving(say, words, &scope, rule.as_ref(), &teams)}
            {holidays(say, words, &scope, &set, today, (day, name))}
        }
        .into_any())
    })
}

fn today(now: DateTime<Utc>, zone: &str) -> NaiveDate {
    let zone: chrono_tz::Tz = zone.parse().unwrap_or(chrono_tz::Asia::Jakarta);
    now.with_timezone(&zone).date_naive()
}

fn problem_of(words: &ServiceWords, error: &AppError) -> Option<String> {
    match error {
        AppError::Invalid { field, .. } => words.problem(field),
        AppError::Conflict(Conflict::Refused(key)) if key == "too_many_holidays" => Some(words.too_many.into()),
        AppError::Conflict(Conflict::Refused(key)) if key == "promise_too_long" => Some(words.too_long.into()),
        _ => None,
    }
}

/// What stands in the form.
struct Typed {
    first_answer: String,
    next_answer: String,
    resolution: String,
    raise_late: bool,
    week: [String; 7],
}

impl Typed {
    fn of(promises: &Promises, week: &Week, locale: Locale) -> Self {
        let number = |value: Option<i32>| value.map(|value| value.to_string()).unwrap_or_default();
        Self {
            first_answer: number(promises.first_answer),
            next_answer: number(promises.next_answer),
            resolution: number(promises.resolution),
            raise_late: promises.raise_late,
            week: std::array::from_fn(|day| service::write_periods(&week[day], locale)),
        }
    }

    /// As somebody wrote it who was refused.
    fn read() -> Self {
        let said = |name: &str| written(name).unwrap_or_default();
        Self {
            first_answer: said("first_answer"),
            next_answer: said("next_answer"),
            resolution: said("resolution"),
            raise_late: !said("raise_late").is_empty(),
            week: std::array::from_fn(|day| said(&format!("week{day}"))),
        }
    }
}

fn promises(say: Say, words: &'static ServiceWords, scope: &Scope, typed: &Typed, zone: &str) -> AnyView {
    let number = |name: &'static str, label: &'static str, value: &str, most: i32, hint: Option<&'static str>| {
        let hint_id = format!("{name}-hint");
        let described = hint.map(|_| hint_id.clone());
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input
                    id=name
                    class="input short"
                    type="number"
                    inputmode="numeric"
                    name=name
                    value=value.to_owned()
                    min="1"
                    max=most.to_string()
                    autocomplete="off"
                    aria-describedby=described
                />
                {hint
                    .map(|hint| {
                        view! {
                            <p id=hint_id class="cap muted">
                                {hint}
                            </p>
                        }
                    })}
            </div>
        }
        .into_any()
    };
    let days = typed
        .week
        .iter()
        .enumerate()
        .map(|(day, periods)| {
            let id = format!("week{day}");
            view! {
                <div class="field weekday">
                    <label for=id.clone()>{words.weekday(day)}</label>
                    <input
                        id=id
                        class="input"
                        name=format!("week[{day}]")
                        value=periods.clone()
                        pattern=service::pattern()
                        maxlength="120"
                        autocomplete="off"
                        aria-describedby="hours-hint"
                    />
                </div>
            }
        })
        .collect_view();
    let form = view! {
        <form method="post" action=SaveService::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            <p class="muted">{words.promises_text}</p>
            {number("first_answer", words.first_answer, &typed.first_answer, service::LONGEST_ANSWER, Some(words.first_answer_hint))}
            {number("next_answer", words.next_answer, &typed.next_answer, service::LONGEST_ANSWER, None)}
            {number("resolution", words.resolution, &typed.resolution, service::LONGEST_RESOLUTION, None)}
            <label class="check">
                <input type="checkbox" name="raise_late" value="on" checked=typed.raise_late/>
                {words.raise_late}
            </label>
            <fieldset class="week">
                <legend>{words.hours}</legend>
                <p id="hours-hint" class="cap muted">
                    {words.hours_text}
                    " "
                    {fill(words.zone, &[zone])}
                </p>
                {days}
            </fieldset>
            {button(say, scope, Permission::Settings, words.save, false)}
        </form>
    };
    card(words.promises.into(), form.into_any())
}

/// Who gets what nobody has.
fn giving(say: Say, words: &'static ServiceWords, scope: &Scope, rule: Option<&Assignment>, teams: &[(Uuid, String)]) -> AnyView {
    let modes = [(Mode::RoundRobin, words.mode_round_robin), (Mode::LeastBusy, words.mode_least_busy)].map(|(mode, name)| {
        view! {
            <option value=mode.as_str() selected=rule.is_some_and(|rule| rule.mode == mode)>
                {name}
            </option>
        }
    });
    let teams = teams
        .iter()
        .map(|(id, name)| {
            view! {
                <option value=id.to_string() selected=rule.is_some_and(|rule| rule.team == Some(*id))>
                    {name.clone()}
                </option>
            }
        })
        .collect_view();
    let capacity = rule.and_then(|rule| rule.capacity).map(|capacity| capacity.to_string()).unwrap_or_default();
    let form = view! {
        <form method="post" action=SaveAssignment::url() class="form">
            {hidden("workspace", scope.slug.clone())}
            <p class="muted">{words.giving_text}</p>
            <div class="field">
                <label for="mode">{words.mode}</label>
                <select id="mode" class="input" name="mode">
                    <option value="">{words.mode_off}</option>
                    {modes}
                </select>
            </div>
            <div class="field">
                <label for="whom">{words.whom}</label>
                <select id="whom" class="input" name="team">
                    <option value="">{words.whom_all}</option>
                    {teams}
                </select>
            </div>
            <div class="field">
                <label for="capacity">{words.capacity}</label>
                <input
                    id="capacity"
                    class="input short"
                    type="number"
                    inputmode="numeric"
                    name="capacity"
                    value=capacity
                    min="1"
                    max=service::LARGEST_CAPACITY.to_string()
                    autocomplete="off"
                />
            </div>
            <label class="check">
                <input type="checkbox" name="online_only" value="on" checked=rule.is_some_and(|rule| rule.online_only)/>
                {words.online_only}
            </label>
            {button(say, scope, Permission::Settings, words.save, false)}
        </form>
    };
    card(words.giving.into(), form.into_any())
}

/// Whether the reader takes part, with the way to change it.
fn whether_away(words: &'static ServiceWords, scope: &Scope, away: bool) -> AnyView {
    let (is, change) = if away { (words.away_yes, words.come_back) } else { (words.away_no, words.go_away) };
    let form = view! {
        <form method="post" action=SetAway::url() class="actions">
            {hidden("workspace", scope.slug.clone())}
            {hidden("away", (!away).to_string())}
            <span>{is}</span>
            <button class="btn" data-size="sm" data-variant="outline">
                {change}
            </button>
        </form>
    };
    card(words.away_title.into(), form.into_any())
}

fn holidays(
    say: Say,
    words: &'static ServiceWords,
    scope: &Scope,
    set: &Service,
    today: NaiveDate,
    (day, name): (String, String),
) -> AnyView {
    let (past, ahead): (Vec<&Holiday>, Vec<&Holiday>) = set.holidays.iter().partition(|holiday| holiday.day < today);
    let list = |holidays: &[&Holiday]| {
        let rows = holidays.iter().map(|holiday| one(say, words, scope, holiday, today)).collect_view();
        view! { <ul class="holidays">{rows}</ul> }.into_any()
    };
    let shown = match ahead.is_empty() {
        true => view! { <p class="muted">{words.no_holidays}</p> }.into_any(),
        false => list(&ahead),
    };
    let past = (!past.is_empty()).then(|| {
        view! {
            <details class="fold">
                <summary>{fill(words.past, &[&past.len().to_string()])}</summary>
                {list(&past)}
            </details>
        }
    });
    let adding = scope.permissions.has(Permission::Settings).then(|| {
        let years = [today.year(), today.year() + 1].map(|year| national(words, scope, set, today, year));
        view! {
            <form method="post" action=AddHolidays::url() class="form holiday-form">
                {hidden("workspace", scope.slug.clone())}
                <div class="field">
                    <label for="holiday-day">{words.day}</label>
                    <input id="holiday-day" class="input" type="date" name="day" value=day required/>
                </div>
                <div class="field">
                    <label for="holiday-name">{words.holiday}</label>
                    <input id="holiday-name" class="input" name="name" value=name required maxlength="80" autocomplete="off"/>
                </div>
                <button class="btn" data-size="sm">
                    {words.add}
                </button>
            </form>
            {years}
        }
    });
    let content = view! {
        <p class="muted">{words.holidays_text}</p>
        {shown}
        {past}
        {adding}
    };
    card(words.holidays.into(), content.into_any())
}

fn one(say: Say, words: &'static ServiceWords, scope: &Scope, holiday: &Holiday, today: NaiveDate) -> AnyView {
    let local = |day: NaiveDate| LocalTime::new(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis(), 0);
    let date = say.words.date(local(holiday.day), local(today));
    let remove = scope.permissions.has(Permission::Settings).then(|| {
        view! {
            <form method="post" action=RemoveHoliday::url()>
                {hidden("workspace", scope.slug.clone())}
                {hidden("day", holiday.day.to_string())}
                <button class="btn" data-size="sm" data-variant="outline">
                    {words.remove}
                    <span class="sr-only">" " {holiday.name.clone()}</span>
                </button>
            </form>
        }
    });
    view! {
        <li>
            <span>
                <b>{holiday.name.clone()}</b>
                " "
                <time class="muted" datetime=holiday.day.to_string()>
                    {date}
                </time>
            </span>
            {remove}
        </li>
    }
    .into_any()
}

/// The way to a year's public holidays, and what is not among them; none where they are all there.
fn national(words: &'static ServiceWords, scope: &Scope, set: &Service, today: NaiveDate, year: i32) -> Option<AnyView> {
    let (known, complete) = service::national(year);
    let missing = known.iter().any(|known| known.day >= today && set.holidays.iter().all(|holiday| holiday.day != known.day));
    let year = year.to_string();
    let button = missing.then(|| {
        view! {
            <form method="post" action=AddHolidays::url()>
                {hidden("workspace", scope.slug.clone())}
                {hidden("year", year.clone())}
                <button class="btn" data-size="sm" data-variant="outline">
                    {fill(words.national, &[&year])}
                </button>
            </form>
        }
    });
    let note = (!complete).then(|| view! { <p class="cap muted">{fill(words.incomplete, &[&year])}</p> });
    (missing || !complete).then(|| view! { <div>{button} {note}</div> }.into_any())
}
