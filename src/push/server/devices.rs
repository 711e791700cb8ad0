//! Browsers that may be called: how they say so, and how they are forgotten. A device belongs to a session: whoever signs out is not called there any more.

use crate::{
    auth::server::{device, signed_in},
    error::{AppError, Conflict, Rule},
    server::{
        crypto::new_id,
        db, limits, request,
        scope::Scope,
        state::{App, AppState},
    },
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    http::{HeaderMap, StatusCode, header},
};
use base64::{
    Engine,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Devices of one person; who adds another loses the one that was seen longest ago.
const MOST: i64 = 20;
/// A browser in which no page of ours was open for so many days is called no more, should nothing else have said that somebody signed out there.
const UNSEEN_DAYS: i32 = 7;

/// That a device was stopped is remembered for so many days: its browser may still think that it is one.
const STOPPED_DAYS: i32 = 400;

/// A subscription as browsers write it (Push API, `PushSubscription.toJSON`).
#[derive(Deserialize)]
pub struct Subscription {
    endpoint: String,
    keys: SubscriptionKeys,
    /// Somebody just asked for it, and it is not only a page that was opened again.
    #[serde(default)]
    asked: bool,
    /// The address that the browser had before: what was true of that is true of this one.
    replaces: Option<String>,
}

#[derive(Deserialize)]
struct SubscriptionKeys {
    p256dh: String,
    auth: String,
}

/// The public key that browsers subscribe to.
#[derive(Serialize)]
pub struct PublicKey {
    key: String,
}

/// A browser that is to be called no more.
#[derive(Deserialize)]
pub struct Forgotten {
    endpoint: String,
}

/// A device as its owner sees it.
pub struct Device {
    pub id: Uuid,
    pub label: String,
    pub created_at: DateTime<Utc>,
    pub reached_at: Option<DateTime<Utc>>,
    /// It is the browser that asks.
    pub here: bool,
}

/// `GET /api/push-key`
pub async fn key(State(state): State<AppState>, headers: HeaderMap) -> Result<Json<PublicKey>, AppError> {
    signed_in(&state.app, &headers).await?;
    Ok(Json(PublicKey { key: state.app.push.keys.get(&state.app).await?.public.clone() }))
}

/// `POST /api/push-devices`: the caller is to be called in this browser. Again with each page, which moves it to whoever is signed in there now.
///
/// # Errors
/// `Invalid` for an address that is none of the public internet, and for keys that are none; `Conflict` for a device that its owner stopped from elsewhere.
pub async fn register(
    State(state): State<AppState>,
    headers: HeaderMap,
    subscription: Result<Json<Subscription>, JsonRejection>,
) -> Result<StatusCode, AppError> {
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    limits::take(app, &limits::PUSH, &somebody.person.to_string()).await?;
    let wrong = |field: &str| AppError::invalid(field, Rule::Malformed);
    let Json(Subscription { endpoint, keys, asked, replaces }) = subscription.map_err(|_| wrong("request"))?;
    if endpoint.len() > 2000 {
        return Err(AppError::invalid("endpoint", Rule::TooLong(2000)));
    }
    app.fetcher.judge(&endpoint).map_err(|_| wrong("endpoint"))?;
    let p256dh = decoded(&keys.p256dh).ok_or_else(|| wrong("p256dh"))?;
    let auth = decoded(&keys.auth).filter(|auth| auth.len() == 16).ok_or_else(|| wrong("auth"))?;
    // A point that is not on the curve would be found out with the first call only.
    let to = super::message::Recipient { p256dh: &p256dh, auth: &auth };
    super::message::encrypt(b"", to).map_err(|_| wrong("p256dh"))?;
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let locale = request::preferences_of(&headers).locale;
    let mut tx = db::begin(&app.db.system).await?;
    // Where nobody could be called before, what happened before is not told.
    sqlx::query!(
        r#"
        insert into push_cursor (workspace_id, seq)
        select s.workspace_id, s.last_seq from membership m join workspace_sequence s on s.workspace_id = m.workspace_id
        where m.person_id = $1 and not exists (
            select from membership o join push_device d on d.person_id = o.person_id
            where o.workspace_id = m.workspace_id and d.stopped_at is null)
        on conflict (workspace_id) do update set seq = greatest(push_cursor.seq, excluded.seq)
        "#,
        somebody.person.0
    )
    .execute(&mut *tx)
    .await?;
    let put = sqlx::query!(
        r#"
        insert into push_device (id, person_id, session_hash, endpoint, p256dh, auth, locale, label, created_at, seen_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        on conflict (endpoint) do update
            set person_id = excluded.person_id, session_hash = excluded.session_hash, p256dh = excluded.p256dh, auth = excluded.auth,
                locale = excluded.locale, label = excluded.label, seen_at = excluded.seen_at, stopped_at = null,
                created_at = case when push_device.person_id = excluded.person_id then push_device.created_at else excluded.created_at end
            where $10 or push_device.stopped_at is null or push_device.person_id <> excluded.person_id
        "#,
        new_id(),
        somebody.person.0,
        &somebody.session[..],
        endpoint,
        p256dh,
        auth,
        locale.as_str(),
        device::in_words(agent),
        app.clock.now(),
        asked
    )
    .execute(&mut *tx)
    .await?;
    if put.rows_affected() == 0 {
        return Err(AppError::Conflict(Conflict::Refused("stopped".into())));
    }
    sqlx::query!(
        r#"
        update push_device d set stopped_at = o.stopped_at from push_device o
        where d.endpoint = $1 and o.endpoint = $2 and o.person_id = d.person_id and d.person_id = $3
        "#,
        endpoint,
        replaces,
        somebody.person.0
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        r#"
        delete from push_device where id in (
            select id from push_device where person_id = $1 and endpoint <> $2 order by seen_at desc offset $3)
        "#,
        somebody.person.0,
        endpoint,
        MOST - 1
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /api/push-forgotten`: the caller is not to be called in this browser any more.
pub async fn forget(
    State(state): State<AppState>,
    headers: HeaderMap,
    forgotten: Result<Json<Forgotten>, JsonRejection>,
) -> Result<StatusCode, AppError> {
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    let Json(Forgotten { endpoint }) = forgotten.map_err(|_| AppError::invalid("request", Rule::Malformed))?;
    sqlx::query!("delete from push_device where person_id = $1 and endpoint = $2", somebody.person.0, endpoint)
        .execute(&app.db.system)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Browsers write base64url, with padding or without.
fn decoded(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// Somebody's devices, the one that asks first.
pub async fn list(app: &App, scope: &Scope) -> sqlx::Result<Vec<Device>> {
    sqlx::query_as!(
        Device,
        r#"
        select id, label, created_at, reached_at, session_hash = $2 as "here!"
        from push_device where person_id = $1 and stopped_at is null order by session_hash = $2 desc, created_at desc
        "#,
        scope.person.0,
        &scope.session[..]
    )
    .fetch_all(&app.db.system)
    .await
}

/// Somebody does not want to be called at a device of theirs any more, whatever the pages there say. Nothing happens to another's, and to one that is gone already.
pub async fn remove(app: &App, scope: &Scope, id: Uuid) -> sqlx::Result<()> {
    sqlx::query!("update push_device set stopped_at = $3 where person_id = $1 and id = $2", scope.person.0, id, app.clock.now())
        .execute(&app.db.system)
        .await?;
    Ok(())
}

/// A session is over: nobody is called in its browser.
pub async fn remove_of_session(connection: &mut sqlx::PgConnection, session: [u8; 32]) -> sqlx::Result<()> {
    sqlx::query!("delete from push_device where session_hash = $1", &session[..]).execute(connection).await?;
    Ok(())
}

/// Forgets devices that nobody can be called at.
pub async fn sweep(app: &App) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from push_device d
        where d.seen_at < $1::timestamptz - make_interval(days => case when d.stopped_at is null then $2::int else $4::int end)
            -- A session of our own that ended. One of the identity provider's ends with its webhook: its row here is a lease of minutes.
            or (not $3 and d.stopped_at is null and not exists (select from session s where s.token_hash = d.session_hash))
        "#,
        app.clock.now(),
        UNSEEN_DAYS,
        app.clerk.is_some(),
        STOPPED_DAYS
    )
    .execute(&app.db.system)
    .await?;
    Ok(())
}
