//! Calling somebody at a device: whether there still is something to tell is looked at when it is told.

use super::{
    rules,
    service::{Address, Handed, hand_over},
};
use crate::{
    error::AppError,
    ids::{ConversationId, PersonId, WorkspaceId},
    inbox::{
        concerns::{Alert, Cause, Listener},
        model::LiveFrame,
    },
    live::server::frames,
    server::{
        jobs::{self, NewJob, Outcome},
        limits, request,
        scope::Scope,
        state::App,
    },
    time::{HOUR, MINUTE, Millis},
    words::Locale,
};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

/// What is older calls nobody any more: a push service that cannot be reached is tried that long.
pub(super) const LASTS: Millis = 2 * HOUR;
/// Whoever looks at the inbox this long after has seen it there.
const SEEN_AT_THE_INBOX: Millis = 3 * MINUTE;
/// How soon it is looked again whether somebody still looks at the inbox.
const LOOK_AGAIN: Duration = Duration::from_secs(8);
/// As much of a name as a notice shows, in characters.
const LONGEST_TITLE: usize = 100;
/// How soon there may be room for another call.
const NO_ROOM: Duration = Duration::from_secs(2);

/// Somebody may have to be called for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Call {
    pub person: PersonId,
    /// None: at all of theirs.
    pub device: Option<Uuid>,
    pub conversation: ConversationId,
    pub event: i64,
    /// It is what a customer says.
    pub customer: bool,
    /// When it happened, or was noticed.
    pub at: Millis,
}

struct Reached {
    person: PersonId,
    name: String,
    locale: Locale,
    address: Address,
}

/// One run of the job.
pub async fn run(app: &App, workspace: WorkspaceId, call: Call) -> sqlx::Result<Outcome> {
    match call.device {
        None => at_all(app, workspace, call).await,
        Some(device) => at(app, workspace, call, device).await,
    }
}

/// Waits until they do not look at the inbox, and then goes to each of their devices.
async fn at_all(app: &App, workspace: WorkspaceId, call: Call) -> sqlx::Result<Outcome> {
    // Known without asking the database, and so for as long as they sit there.
    if app.hub.may_look(workspace, call.person.0) {
        let seen = call.at < app.clock.millis() - SEEN_AT_THE_INBOX;
        return Ok(if seen { Outcome::Done } else { Outcome::Postpone(LOOK_AGAIN) });
    }
    let name = sqlx::query_scalar!("select name from person where id = $1", call.person.0).fetch_optional(&app.db.system).await?;
    let Some(name) = name else { return Ok(Outcome::Done) };
    if told(app, workspace, call, &name, Locale::default()).await?.is_none() {
        return Ok(Outcome::Done);
    }
    let devices = sqlx::query_scalar!("select id from push_device where person_id = $1 and stopped_at is null", call.person.0)
        .fetch_all(&app.db.system)
        .await?;
    let calls = devices.into_iter().map(|device| NewJob::push(workspace, Call { device: Some(device), ..call })).collect();
    jobs::put_all(&mut *app.db.system.acquire().await?, app.clock.now(), calls).await?;
    app.wake.jobs();
    Ok(Outcome::Done)
}

async fn at(app: &App, workspace: WorkspaceId, call: Call, device: Uuid) -> sqlx::Result<Outcome> {
    let Ok(_room) = app.push.rooms.try_acquire() else { return Ok(Outcome::Postpone(NO_ROOM)) };
    let Some(to) = find(app, device).await?.filter(|to| to.person == call.person) else { return Ok(Outcome::Done) };
    let Some((slug, alert)) = told(app, workspace, call, &to.name, to.locale).await? else { return Ok(Outcome::Done) };
    let text = json!({
        "title": alert.title.chars().take(LONGEST_TITLE).collect::<String>(),
        "body": alert.text,
        "workspace": slug,
        "conversation": alert.conversation,
        "event": call.event,
    });
    match hand_over(app, &to.address, &text.to_string(), &call.conversation.to_string()).await? {
        Handed::Taken => reached(app, device).await?,
        Handed::Gone => lost(app, device, &to.address).await?,
        Handed::Later(reason, pause) => return Ok(Outcome::Retry(reason, pause)),
        Handed::Refused(reason) => tracing::warn!(%device, reason, "a push service takes nothing from us"),
    }
    Ok(Outcome::Done)
}

/// What somebody is to be told, and the workspace's slug; none where they may not see it, do not want to hear it, or know it already.
async fn told(app: &App, workspace: WorkspaceId, call: Call, name: &str, locale: Locale) -> sqlx::Result<Option<(String, Alert)>> {
    let scope = match request::scope_of_person(app, call.person, workspace).await {
        Ok(scope) => scope,
        // No longer one of the team, or nothing is told of a workspace that is suspended.
        Err(AppError::NotFound | AppError::Suspended) => return Ok(None),
        Err(_) => return Err(sqlx::Error::Decode("somebody's rights cannot be read".into())),
    };
    let now = app.clock.now();
    let Some(deaf) = rules::hears(app, &scope, now).await? else { return Ok(None) };
    let Some(frame) = seen_by(app, &scope, call.event).await? else { return Ok(None) };
    let listener = Listener { id: call.person, name, words: locale.words(), deaf, since: now.timestamp_millis() - LASTS };
    let Some(alert) = listener.alert_of(&frame).filter(|alert| alert.conversation == call.conversation) else { return Ok(None) };
    let row = frame.conversation.as_ref();
    let known = match alert.cause {
        // What customers say is read or not.
        Cause::Mine | Cause::Nobodys => row.is_none_or(|row| row.unread == 0),
        // Of everything else an open page has told them at once, if they looked at one since.
        _ => app.hub.looked_since(workspace, call.person.0, call.at),
    };
    Ok((!known).then_some((scope.slug, alert)))
}

/// The device, if whoever it belongs to is still signed in there.
async fn find(app: &App, device: Uuid) -> sqlx::Result<Option<Reached>> {
    let row = sqlx::query!(
        r#"
        select d.person_id, p.name, d.locale, d.endpoint, d.p256dh, d.auth
        from push_device d join person p on p.id = d.person_id
        where d.id = $1 and d.stopped_at is null and p.removed_at is null
            -- See devices::sweep.
            and ($2 or exists (select from session s where s.token_hash = d.session_hash and s.expires_at > $3))
        "#,
        device,
        app.clerk.is_some(),
        app.clock.now()
    )
    .fetch_optional(&app.db.system)
    .await?;
    Ok(row.map(|row| Reached {
        person: PersonId(row.person_id),
        name: row.name,
        locale: Locale::parse(&row.locale).unwrap_or_default(),
        address: Address { endpoint: row.endpoint, p256dh: row.p256dh, auth: row.auth },
    }))
}

/// An event as somebody may see it; none if they may not, or it is no more.
async fn seen_by(app: &App, scope: &Scope, event: i64) -> sqlx::Result<Option<LiveFrame>> {
    let frames = frames::load(&app.db.system, scope.workspace, event - 1, 1).await?;
    let mut visible = frames::for_viewer(&frames, scope.only_assigned_to());
    if !scope.sees_numbers() {
        visible = frames::masked(&app.db.system, scope.workspace, &frames, visible).await?;
    }
    let frame = visible.into_iter().find(|(seq, _)| *seq == event);
    Ok(frame.and_then(|(_, json)| serde_json::from_str(&json).ok()))
}

async fn reached(app: &App, device: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update push_device set reached_at = $2 where id = $1", device, app.clock.now()).execute(&app.db.system).await?;
    Ok(())
}

/// Forgets the device, unless the browser said meanwhile that it is somewhere else.
async fn lost(app: &App, device: Uuid, address: &Address) -> sqlx::Result<()> {
    tracing::info!(%device, "a device is not reached by its push service any more");
    sqlx::query!("delete from push_device where id = $1 and p256dh = $2", device, address.p256dh).execute(&app.db.system).await?;
    Ok(())
}

/// Calls somebody at all their devices at once, so that they see what it is like. Answers at how many, and how many there are.
///
/// # Errors
/// `TooMany` for somebody who does it again and again; the database's.
pub async fn test(app: &App, scope: &Scope) -> Result<(usize, usize), AppError> {
    limits::take(app, &limits::PUSH, &format!("test {}", scope.person)).await?;
    let devices = sqlx::query_scalar!("select id from push_device where person_id = $1 and stopped_at is null", scope.person.0)
        .fetch_all(&app.db.system)
        .await?;
    let calls = devices.iter().map(async |device| {
        let Some(to) = find(app, *device).await? else { return Ok(false) };
        let words = to.locale.notices();
        let text = json!({ "title": words.test_title, "body": words.test_body, "workspace": scope.slug, "test": true });
        match hand_over(app, &to.address, &text.to_string(), "test").await? {
            Handed::Taken => reached(app, *device).await.map(|()| true),
            Handed::Gone => lost(app, *device, &to.address).await.map(|()| false),
            Handed::Later(..) | Handed::Refused(_) => Ok::<_, sqlx::Error>(false),
        }
    });
    let outcomes: Result<Vec<bool>, sqlx::Error> = join_all(calls).await.into_iter().collect();
    Ok((outcomes?.into_iter().filter(|taken| *taken).count(), devices.len()))
}
