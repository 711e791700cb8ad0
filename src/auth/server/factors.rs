//! Second factors that are typed: the generator's codes and recovery codes. Setting one up, taking it away and new recovery codes ask for the password.

use super::{
    account::{is_password_of, tell_and_note},
    challenge::{self, Kind},
    sessions::{SignedIn, signed_in},
    totp,
    wire::{done, problem},
};
use crate::{
    error::AppError,
    ids::PersonId,
    server::{
        crypto::{Place, random_bytes, token_hash},
        db,
        error::internal,
        request,
        state::{App, AppState},
    },
};
use axum::{
    Form,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Redirect, Response},
};
use chrono::Duration;
use serde::Deserialize;
use sqlx::PgConnection;
use uuid::Uuid;

/// How many recovery codes there are at a time.
const CODES: usize = 10;
/// Minutes that setting a generator up may take; then it begins anew.
const SETUP_MINUTES: i64 = 30;
/// Bytes of one: sixteen characters of base32, which is beyond guessing, so that a plain hash suffices.
const CODE: usize = 10;

/// Where a sealed value of a person's lives.
pub fn place(table: &'static str, column: &'static str, row: Uuid) -> Place<'static> {
    Place { table, column, workspace: Uuid::nil(), row }
}

/// Whether signing in with a password has a second step: with a generator, or with passkeys.
pub async fn asked_of(app: &App, person: PersonId) -> Result<bool, AppError> {
    let asked = sqlx::query_scalar!(
        r#"
        select exists (select from totp where person_id = $1 and confirmed_at is not null)
            or exists (select from passkey where person_id = $1) as "asked!"
        "#,
        person.0
    )
    .fetch_one(&app.db.app)
    .await?;
    Ok(asked)
}

/// What the account's page shows.
#[derive(Clone, Debug)]
pub struct Factors {
    pub totp: Totp,
    /// How many recovery codes are left.
    pub codes_left: i64,
}

/// How far the generator is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Totp {
    Off,
    /// Waiting for the first code. With the secret in base32 and the address for the QR code.
    SettingUp {
        secret: String,
        address: String,
    },
    On,
}

/// The typed factors of somebody.
pub async fn state_of(app: &App, somebody: &SignedIn) -> Result<Factors, AppError> {
    let totp = match secret(app, somebody.person).await? {
        None => Totp::Off,
        Some(known) if known.confirmed => Totp::On,
        Some(known) => Totp::SettingUp { secret: totp::base32(&known.secret), address: totp::address(&known.secret, &somebody.email) },
    };
    let codes_left = sqlx::query_scalar!(r#"select count(*) as "count!" from recovery_code where person_id = $1"#, somebody.person.0)
        .fetch_one(&app.db.app)
        .await?;
    Ok(Factors { totp, codes_left })
}

struct KnownSecret {
    secret: Vec<u8>,
    confirmed: bool,
    last_step: i64,
}

async fn secret(app: &App, person: PersonId) -> Result<Option<KnownSecret>, AppError> {
    let row = sqlx::query!("select secret_sealed, confirmed_at, last_step, created_at from totp where person_id = $1", person.0)
        .fetch_optional(&app.db.app)
        .await?;
    let begun_after = app.clock.now() - Duration::minutes(SETUP_MINUTES);
    let Some(row) = row.filter(|row| row.confirmed_at.is_some() || row.created_at > begun_after) else { return Ok(None) };
    let opened = app.sealer.open(place("totp", "secret_sealed", person.0), &row.secret_sealed);
    let secret =
        opened.and_then(|secret| hex::decode(secret.expose()).ok()).ok_or_else(|| internal("a generator's secret cannot be opened"))?;
    Ok(Some(KnownSecret { secret, confirmed: row.confirmed_at.is_some(), last_step: row.last_step }))
}

/// Whether a typed code opens the account. It is used up by that.
pub async fn accept(app: &App, person: PersonId, typed: &str) -> Result<bool, AppError> {
    let code: String = typed.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_uppercase();
    if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return match secret(app, person).await? {
            Some(known) if known.confirmed => use_step(app, person, &known, &code).await,
            _ => Ok(false),
        };
    }
    let used =
        sqlx::query!("delete from recovery_code where person_id = $1 and code_hash = $2", person.0, &token_hash(code.as_bytes())[..])
            .execute(&app.db.app)
            .await?;
    Ok(used.rows_affected() == 1)
}

/// Of two requests with the same code one moves the step and the other finds it moved.
async fn use_step(app: &App, person: PersonId, known: &KnownSecret, code: &str) -> Result<bool, AppError> {
    let Some(step) = totp::matching_step(&known.secret, code, app.clock.now().timestamp(), known.last_step) else { return Ok(false) };
    let moved =
        sqlx::query!("update totp set last_step = $2 where person_id = $1 and last_step < $2", person.0, step).execute(&app.db.app).await?;
    Ok(moved.rows_affected() == 1)
}

/// The password, before something that matters.
#[derive(Deserialize)]
pub struct Again {
    password: String,
}

/// Who asks, if the password is right; else the answer.
async fn confirmed(app: &App, headers: &HeaderMap, password: String) -> Result<Result<SignedIn, Response>, AppError> {
    let somebody = signed_in(app, headers).await?;
    match is_password_of(app, &somebody, password).await {
        Ok(true) => Ok(Ok(somebody)),
        Ok(false) => Ok(Err(problem("/account", "current"))),
        Err(AppError::TooMany(_)) if request::wants_page(headers) => Ok(Err(problem("/account", "throttled"))),
        Err(error) => Err(error),
    }
}

/// `POST /account/totp/start`: a new secret, which does nothing until a code shows that a generator has it.
pub async fn start_totp(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<Again>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = match confirmed(app, &headers, form.password).await? {
        Ok(somebody) => somebody,
        Err(answer) => return Ok(answer),
    };
    let secret = hex::encode(random_bytes::<{ totp::SECRET }>());
    let sealed = app.sealer.seal(place("totp", "secret_sealed", somebody.person.0), &secret).ok_or_else(|| internal("sealing failed"))?;
    // One that is in use is not replaced by one that nobody has shown to have.
    sqlx::query!(
        r#"
        insert into totp (person_id, secret_sealed, created_at) values ($1, $2, $3)
        on conflict (person_id) do update set secret_sealed = excluded.secret_sealed, created_at = excluded.created_at
        where totp.confirmed_at is null
        "#,
        somebody.person.0,
        sealed,
        app.clock.now()
    )
    .execute(&app.db.app)
    .await?;
    Ok(Redirect::to("/account#totp").into_response())
}

/// The first code.
#[derive(Deserialize)]
pub struct FirstCode {
    code: String,
}

/// `POST /account/totp/confirm`: from now on signing in asks for a code.
pub async fn confirm_totp(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<FirstCode>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    let Some(known) = secret(app, somebody.person).await?.filter(|known| !known.confirmed) else { return Ok(problem("/account", "code")) };
    let code: String = form.code.chars().filter(char::is_ascii_digit).collect();
    if !use_step(app, somebody.person, &known, &code).await? {
        return Ok(problem("/account", "code"));
    }
    let mut tx = db::begin(&app.db.system).await?;
    sqlx::query!("update totp set confirmed_at = $2 where person_id = $1", somebody.person.0, app.clock.now()).execute(&mut *tx).await?;
    let codes = ensure_codes(&mut tx, somebody.person).await?;
    tell_and_note(app, &mut tx, somebody.person, "person.totp_added").await?;
    tx.commit().await?;
    app.wake.jobs();
    shown(app, &somebody, codes, "totp_on").await
}

/// `POST /account/totp/remove`.
pub async fn remove_totp(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<Again>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = match confirmed(app, &headers, form.password).await? {
        Ok(somebody) => somebody,
        Err(answer) => return Ok(answer),
    };
    let mut tx = db::begin(&app.db.system).await?;
    let confirmed = sqlx::query_scalar!("delete from totp where person_id = $1 returning confirmed_at", somebody.person.0)
        .fetch_optional(&mut *tx)
        .await?
        .flatten();
    forget_codes_of_nothing(&mut tx, somebody.person).await?;
    if confirmed.is_some() {
        tell_and_note(app, &mut tx, somebody.person, "person.totp_removed").await?;
    }
    tx.commit().await?;
    app.wake.jobs();
    Ok(done("/account", "totp_off"))
}

/// `POST /account/recovery`: ten new recovery codes; the old ones are void.
pub async fn renew_codes(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<Again>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = match confirmed(app, &headers, form.password).await? {
        Ok(somebody) => somebody,
        Err(answer) => return Ok(answer),
    };
    if !asked_of(app, somebody.person).await? {
        return Ok(problem("/account", "no_factor"));
    }
    let mut tx = db::begin(&app.db.system).await?;
    sqlx::query!("delete from recovery_code where person_id = $1", somebody.person.0).execute(&mut *tx).await?;
    let codes = ensure_codes(&mut tx, somebody.person).await?;
    tell_and_note(app, &mut tx, somebody.person, "person.recovery_codes_renewed").await?;
    tx.commit().await?;
    app.wake.jobs();
    shown(app, &somebody, codes, "codes").await
}

/// Ten codes for somebody who has none; none for somebody who has some.
pub(super) async fn ensure_codes(connection: &mut PgConnection, person: PersonId) -> sqlx::Result<Vec<String>> {
    let left = sqlx::query_scalar!(r#"select count(*) as "count!" from recovery_code where person_id = $1"#, person.0)
        .fetch_one(&mut *connection)
        .await?;
    if left > 0 {
        return Ok(Vec::new());
    }
    let codes: Vec<String> = (0..CODES).map(|_| totp::base32(&random_bytes::<CODE>())).collect();
    let hashes: Vec<Vec<u8>> = codes.iter().map(|code| token_hash(code.as_bytes()).to_vec()).collect();
    sqlx::query!("insert into recovery_code (person_id, code_hash) select $1, hash from unnest($2::bytea[]) hash", person.0, &hashes)
        .execute(connection)
        .await?;
    Ok(codes)
}

/// Recovery codes open what a second factor closes; without one they would only lie about.
pub(super) async fn forget_codes_of_nothing(connection: &mut PgConnection, person: PersonId) -> sqlx::Result<()> {
    sqlx::query!(
        r#"
        delete from recovery_code c where c.person_id = $1
            and not exists (select from totp where person_id = $1 and confirmed_at is not null)
            and not exists (select from passkey where person_id = $1)
        "#,
        person.0
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Keeps new codes, sealed, for the page that shows them to this browser.
pub(super) async fn kept_for_reading(app: &App, person: PersonId, codes: &[String]) -> Result<Option<HeaderValue>, AppError> {
    if codes.is_empty() {
        return Ok(None);
    }
    let sealed = app.sealer.seal(place("challenge", "payload", person.0), &codes.join(" ")).ok_or_else(|| internal("sealing failed"))?;
    challenge::begin(app, Kind::RecoveryCodes, Some(person), &sealed).await.map(Some)
}

async fn shown(app: &App, somebody: &SignedIn, codes: Vec<String>, what: &str) -> Result<Response, AppError> {
    let mut response = done("/account", what);
    if let Some(cookie) = kept_for_reading(app, somebody.person, &codes).await? {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    Ok(response)
}

/// The codes that this browser was given and has not put away, in groups of four characters.
pub async fn to_read(app: &App, somebody: &SignedIn, headers: &HeaderMap) -> Result<Vec<String>, AppError> {
    let begun = challenge::look(app, Kind::RecoveryCodes, headers).await?.filter(|begun| begun.person == Some(somebody.person));
    let opened = begun.and_then(|begun| app.sealer.open(place("challenge", "payload", somebody.person.0), &begun.payload));
    let grouped = |code: &str| code.as_bytes().chunks(4).map(String::from_utf8_lossy).collect::<Vec<_>>().join("-");
    Ok(opened.map(|codes| codes.expose().split(' ').map(grouped).collect()).unwrap_or_default())
}

/// `POST /account/recovery/read`: the codes are put away and shown no more.
pub async fn put_codes_away(State(state): State<AppState>, headers: HeaderMap) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    signed_in(app, &headers).await?;
    challenge::finish(app, Kind::RecoveryCodes, &headers).await?;
    let mut response = Redirect::to("/account").into_response();
    response.headers_mut().append(header::SET_COOKIE, challenge::forgotten(app, Kind::RecoveryCodes));
    Ok(response)
}
