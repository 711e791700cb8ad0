//! Passkeys of people: registering, signing in, taking away. The browser's part is `auth/passkeys.js`, which speaks JSON with these handlers.

use super::{
    account::{is_password_of, tell_and_note},
    challenge::{self, Kind},
    factors,
    sessions::{SignedIn, signed_in},
    signing_in::welcome,
    webauthn::{self, Assertion, Credential, ES256, RS256, RelyingParty},
    wire::{back_path, done, problem},
};
use crate::{
    error::{AppError, Rule},
    ids::PersonId,
    server::{
        crypto::{new_id, random_bytes},
        db,
        error::internal,
        limits::{self, ClientAddress},
        request,
        state::{App, AppState},
    },
};
use axum::{
    Form, Json,
    extract::{Extension, State},
    http::{HeaderMap, header},
    response::{AppendHeaders, IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

/// How many one person may have.
const MOST: i64 = 20;
/// Characters of a passkey's name.
const MAX_NAME: usize = 60;
/// How long the browser may ask its person, in milliseconds.
const PATIENCE: u32 = 120_000;

fn party(app: &App) -> Result<RelyingParty, AppError> {
    RelyingParty::of(&app.config.public_url).ok_or_else(|| internal("PUBLIC_URL has no host"))
}

fn bytes(field: &str, text: &str) -> Result<Vec<u8>, AppError> {
    URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).map_err(|_| AppError::invalid(field, Rule::Malformed))
}

/// A passkey in its owner's list.
#[derive(Clone, Debug)]
pub struct PasskeyRow {
    pub id: Uuid,
    pub name: String,
    pub created_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
}

/// The passkeys of somebody, oldest first.
pub async fn list(app: &App, person: PersonId) -> Result<Vec<PasskeyRow>, AppError> {
    let rows = sqlx::query_as!(
        PasskeyRow,
        "select id, name, created_at, last_used_at from passkey where person_id = $1 order by created_at, id",
        person.0
    )
    .fetch_all(&app.db.app)
    .await?;
    Ok(rows)
}

/// The password, before a new way in is made.
#[derive(Deserialize)]
pub struct Wish {
    password: String,
}

/// `POST /api/passkey/register/options`: what `navigator.credentials.create` is to be asked.
pub async fn registration_options(State(state): State<AppState>, headers: HeaderMap, Json(wish): Json<Wish>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    if !is_password_of(app, &somebody, wish.password).await? {
        return Err(AppError::invalid("password", Rule::Malformed));
    }
    let challenge = random_bytes::<32>();
    let cookie = challenge::begin(app, Kind::PasskeyRegister, Some(somebody.person), &challenge).await?;
    let known =
        sqlx::query_scalar!("select credential_id from passkey where person_id = $1", somebody.person.0).fetch_all(&app.db.app).await?;
    let exclude: Vec<_> = known.iter().map(|id| json!({ "type": "public-key", "id": URL_SAFE_NO_PAD.encode(id) })).collect();
    let options = json!({
        "challenge": URL_SAFE_NO_PAD.encode(challenge),
        "rp": { "id": party(app)?.id, "name": "my21staff" },
        "user": { "id": URL_SAFE_NO_PAD.encode(somebody.person.0.as_bytes()), "name": somebody.email, "displayName": somebody.name },
        "pubKeyCredParams": [{ "type": "public-key", "alg": ES256 }, { "type": "public-key", "alg": RS256 }],
        "authenticatorSelection": { "residentKey": "required", "requireResidentKey": true, "userVerification": "required" },
        "excludeCredentials": exclude,
        "attestation": "none",
        "timeout": PATIENCE,
    });
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(options)).into_response())
}

/// What `navigator.credentials.create` gave; bytes in base64url.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    name: String,
    client_data: String,
    attestation_object: String,
}

/// `POST /api/passkey/register`: keeps a new passkey.
pub async fn register(State(state): State<AppState>, headers: HeaderMap, Json(given): Json<Registration>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    let begun = challenge::finish(app, Kind::PasskeyRegister, &headers).await?.filter(|begun| begun.person == Some(somebody.person));
    let begun = begun.ok_or_else(|| AppError::invalid("passkey", Rule::Malformed))?;
    let (data, object) = (bytes("clientData", &given.client_data)?, bytes("attestationObject", &given.attestation_object)?);
    let credential =
        webauthn::register(&party(app)?, &begun.payload, &data, &object).map_err(|refusal| refused(refusal, "registration"))?;
    let codes = keep(app, &somebody, &given.name, &credential).await?;
    let mut response = Json(json!({ "to": "/account?done=passkey" })).into_response();
    if let Some(cookie) = factors::kept_for_reading(app, somebody.person, &codes).await? {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response.headers_mut().append(header::SET_COOKIE, challenge::forgotten(app, Kind::PasskeyRegister));
    Ok(response)
}

fn refused(refusal: webauthn::Refusal, what: &str) -> AppError {
    tracing::warn!(?refusal, what, "a passkey was not accepted");
    AppError::invalid("passkey", Rule::Malformed)
}

async fn keep(app: &App, somebody: &SignedIn, name: &str, credential: &Credential) -> Result<Vec<String>, AppError> {
    let name: String = name.split_whitespace().collect::<Vec<_>>().join(" ").chars().filter(|c| !c.is_control()).take(MAX_NAME).collect();
    let now = app.clock.now();
    let mut tx = db::begin(&app.db.system).await?;
    // One writer per person, so that the count below holds.
    sqlx::query!("select id from person where id = $1 for update", somebody.person.0).fetch_one(&mut *tx).await?;
    let count = sqlx::query_scalar!(r#"select count(*) as "count!" from passkey where person_id = $1"#, somebody.person.0)
        .fetch_one(&mut *tx)
        .await?;
    if count >= MOST {
        return Err(AppError::invalid("passkey", Rule::TooLong(MOST as u32)));
    }
    let kept = sqlx::query!(
        r#"
        insert into passkey (id, person_id, credential_id, algorithm, public_key, sign_count, name, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        "#,
        new_id(),
        somebody.person.0,
        credential.id,
        credential.algorithm,
        credential.public_key,
        i64::from(credential.sign_count),
        if name.is_empty() { "Passkey" } else { &name },
        now
    )
    .execute(&mut *tx)
    .await;
    match kept {
        // Somebody's already, maybe another person's: it does not change hands.
        Err(error) if db::constraint(&error) == Some("passkey_credential") => return Err(AppError::invalid("passkey", Rule::Malformed)),
        kept => kept?,
    };
    let codes = factors::ensure_codes(&mut tx, somebody.person).await?;
    tell_and_note(app, &mut tx, somebody.person, "person.passkey_added").await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(codes)
}

/// `POST /api/passkey/sign-in/options`: what `navigator.credentials.get` is to be asked. Tells nobody who has a passkey: the browser knows its own.
pub async fn sign_in_options(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    limits::take(app, &limits::SIGN_IN_ADDRESS, &address.key()).await?;
    let challenge = random_bytes::<32>();
    let cookie = challenge::begin(app, Kind::PasskeySignIn, None, &challenge).await?;
    let options = json!({
        "challenge": URL_SAFE_NO_PAD.encode(challenge),
        "rpId": party(app)?.id,
        "allowCredentials": [],
        "userVerification": "required",
        "timeout": PATIENCE,
    });
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(options)).into_response())
}

/// What `navigator.credentials.get` gave; bytes in base64url.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Given {
    id: String,
    client_data: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
    #[serde(default)]
    back: String,
}

/// `POST /api/passkey/sign-in`: a passkey with its own PIN, finger or face is both factors in one, so no second step follows. Unknown and wrong passkeys
/// get the same answer.
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(address): Extension<ClientAddress>,
    headers: HeaderMap,
    Json(given): Json<Given>,
) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    limits::take(app, &limits::SIGN_IN_ADDRESS, &address.key()).await?;
    let no = || AppError::invalid("passkey", Rule::Malformed);
    let begun = challenge::finish(app, Kind::PasskeySignIn, &headers).await?.ok_or_else(no)?;
    let id = bytes("id", &given.id)?;
    let row = sqlx::query!("select id, person_id, algorithm, public_key, sign_count from passkey where credential_id = $1", id)
        .fetch_optional(&app.db.app)
        .await?
        .ok_or_else(no)?;
    let credential = Credential {
        id,
        algorithm: row.algorithm,
        public_key: row.public_key,
        sign_count: u32::try_from(row.sign_count).unwrap_or(u32::MAX),
    };
    let assertion = Assertion {
        client_data_json: bytes("clientData", &given.client_data)?,
        authenticator_data: bytes("authenticatorData", &given.authenticator_data)?,
        signature: bytes("signature", &given.signature)?,
        user_handle: given.user_handle.as_deref().map(|handle| bytes("userHandle", handle)).transpose()?,
    };
    let count = webauthn::verify(&party(app)?, &begun.payload, &credential, row.person_id.as_bytes(), &assertion)
        .map_err(|refusal| refused(refusal, "sign-in"))?;
    // Of two copies of an authenticator that answer at once, one finds that the counter has moved.
    let moved = sqlx::query!(
        "update passkey set sign_count = $2, last_used_at = $3 where id = $1 and (sign_count < $2 or ($2 = 0 and sign_count = 0))",
        row.id,
        i64::from(count),
        app.clock.now()
    )
    .execute(&app.db.app)
    .await?;
    if moved.rows_affected() == 0 {
        return Err(no());
    }
    // The body says where to; a redirect would be followed by the script and not by the page.
    let to = back_path(&given.back).to_owned();
    let welcomed = welcome(app, PersonId(row.person_id), &headers, address, &to).await?;
    let mut response = Json(json!({ "to": to })).into_response();
    for cookie in welcomed.headers().get_all(header::SET_COOKIE) {
        response.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    for kind in [Kind::PasskeySignIn, Kind::SecondStep] {
        response.headers_mut().append(header::SET_COOKIE, challenge::forgotten(app, kind));
    }
    Ok(response)
}

/// Which passkey, and the password.
#[derive(Deserialize)]
pub struct Removal {
    passkey: Uuid,
    password: String,
}

/// `POST /account/passkeys/remove`.
pub async fn remove(State(state): State<AppState>, headers: HeaderMap, Form(form): Form<Removal>) -> Result<Response, AppError> {
    request::same_origin(&headers)?;
    let app = &state.app;
    let somebody = signed_in(app, &headers).await?;
    match is_password_of(app, &somebody, form.password).await {
        Ok(true) => {}
        Ok(false) => return Ok(problem("/account", "current")),
        Err(AppError::TooMany(_)) if request::wants_page(&headers) => return Ok(problem("/account", "throttled")),
        Err(error) => return Err(error),
    }
    let mut tx = db::begin(&app.db.system).await?;
    let removed =
        sqlx::query!("delete from passkey where id = $1 and person_id = $2", form.passkey, somebody.person.0).execute(&mut *tx).await?;
    if removed.rows_affected() == 0 {
        return Err(AppError::NotFound);
    }
    factors::forget_codes_of_nothing(&mut tx, somebody.person).await?;
    tell_and_note(app, &mut tx, somebody.person, "person.passkey_removed").await?;
    tx.commit().await?;
    app.wake.jobs();
    Ok(done("/account", "passkey_off"))
}
